//! Folded groups: one line stands for all rows of a group. The rows are left out by the server, so that a list of any
//! length stays a window; where the line stands follows from the order of the groups, which the server has counted.

use super::{Row, Window};
use crate::domain::safe::Safe;

#[cfg(test)]
mod tests;

/// A group of the list, as the server counted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub name: Safe,
    pub count: i64,
}

/// See the module's description.
#[derive(Debug, Default)]
pub(super) struct Folds {
    /// All groups, in the order of the list.
    parts: Vec<Part>,
    folded: Vec<Safe>,
    stubs: Vec<Stub>,
    /// The line of a folded group that has the cursor.
    pub(super) chosen: Option<Safe>,
    /// A group that was unfolded: the cursor goes to its first row when it comes, unless it is moved before.
    pub(super) opened: Option<Safe>,
}

/// The line of a folded group.
#[derive(Debug)]
struct Stub {
    /// Rows loaded in front of it.
    before: usize,
    name: Safe,
}

/// What a line of the list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Slot {
    /// The row of this place among those that are loaded.
    Row(usize),
    Stub(usize),
}

impl Folds {
    pub(super) fn lines(&self) -> usize {
        self.stubs.len()
    }

    fn rank(&self, name: &Safe) -> Option<usize> {
        self.parts.iter().position(|part| part.name == *name)
    }

    pub(super) fn size(&self, name: &Safe) -> i64 {
        self.rank(name).map_or(0, |i| self.parts[i].count)
    }

    /// What stands at this place below the fixed rows.
    pub(super) fn slot(&self, place: usize) -> Slot {
        for (k, stub) in self.stubs.iter().enumerate() {
            let at = stub.before + k;
            if place == at {
                return Slot::Stub(k);
            }
            if place < at {
                return Slot::Row(place - k);
            }
        }
        Slot::Row(place - self.stubs.len())
    }

    /// Where a row stands below the fixed rows.
    pub(super) fn place_of_row(&self, row: usize) -> usize {
        row + self.stubs.iter().filter(|stub| stub.before <= row).count()
    }

    fn place_of(&self, name: &Safe) -> Option<usize> {
        let found = self.stubs.iter().enumerate().find(|(_, stub)| stub.name == *name);
        found.map(|(k, stub)| stub.before + k)
    }

    pub(super) fn name(&self, stub: usize) -> Option<&Safe> {
        self.stubs.get(stub).map(|stub| &stub.name)
    }

    /// Rows in front of this line.
    pub(super) fn rows_before(&self, place: usize) -> usize {
        match self.slot(place) {
            Slot::Row(row) => row,
            Slot::Stub(k) => self.stubs[k].before,
        }
    }
}

impl<T: Row> Window<T> {
    /// The groups there are, in the order of the list.
    pub fn know_parts(&mut self, parts: Vec<Part>) {
        self.folds.parts = parts;
        let offset = self.at.saturating_sub(self.top);
        self.place_stubs();
        self.settle(offset);
    }

    /// The name of the group the cursor is in, and whether it is folded.
    pub fn group_here(&self) -> Option<(Safe, bool)> {
        if let Some(Slot::Stub(k)) = self.slot(self.at) {
            return self.folds.name(k).map(|name| (name.clone(), true));
        }
        Some((self.group?(self.current()?), false))
    }

    pub fn is_folded(&self, name: &Safe) -> bool {
        self.folds.folded.contains(name)
    }

    pub fn has_folds(&self) -> bool {
        !self.folds.folded.is_empty()
    }

    /// One line stands for these groups from now on. Their rows go at once; the others stay where they are.
    pub fn fold(&mut self, names: &[Safe]) {
        let Some(of) = self.group else { return };
        let here = self.group_here().map(|(name, _)| name);
        let new: Vec<Safe> = names.iter().filter(|name| !self.is_folded(name)).cloned().collect();
        for leaf in &mut self.leaves {
            leaf.rows.retain(|row| !new.contains(&of(row)));
        }
        // Rows in front of what is loaded may have been theirs.
        self.exact &= self.before == 0;
        let gone: i64 = new.iter().map(|name| self.folds.size(name)).sum();
        self.count = self.count.map(|count| (count - gone).max(0));
        self.folds.folded.extend(new);
        self.folds.chosen = here.filter(|name| self.is_folded(name));
        self.refold();
    }

    /// The rows of these groups come back; the cursor goes to the first of them.
    pub fn unfold(&mut self, names: &[Safe]) {
        let back: i64 = names.iter().map(|name| self.folds.size(name)).sum();
        self.count = self.count.map(|count| count + back);
        let here = self
            .group_here()
            .filter(|(name, folded)| *folded && names.contains(name));
        self.folds.folded.retain(|name| !names.contains(name));
        self.refold();
        self.folds.opened = here.map(|(name, _)| name);
    }

    pub(super) fn folds_note(&self) -> String {
        format!("{} folded", self.folds.folded.len())
    }

    /// Another grouping has other groups.
    pub fn forget_folds(&mut self) {
        self.folds = Folds::default();
    }

    fn refold(&mut self) {
        // What all that match are has changed.
        self.marks.drop_all();
        self.refresh();
        let offset = self.at.saturating_sub(self.top);
        self.place_stubs();
        self.settle(offset);
    }

    pub(super) fn slot(&self, index: usize) -> Option<Slot> {
        (index < self.len()).then_some(())?;
        index.checked_sub(self.lead).map(|place| self.folds.slot(place))
    }

    /// Rows loaded in front of the cursor.
    pub(super) fn rows_before_cursor(&self) -> usize {
        self.rows_before(self.at)
    }

    /// Rows loaded in front of this line.
    pub(super) fn rows_before(&self, line: usize) -> usize {
        self.folds.rows_before(line.saturating_sub(self.lead))
    }

    /// The line that a loaded row has.
    pub(super) fn line_of_row(&self, row: usize) -> usize {
        self.lead + self.folds.place_of_row(row)
    }

    /// The first row of the group that was unfolded, once it is there.
    pub(super) fn first_of_opened(&mut self) -> Option<usize> {
        let (of, name) = (self.group?, self.folds.opened.as_ref()?);
        let row = self.rows().position(|row| of(row) == *name)?;
        self.folds.opened = None;
        Some(row)
    }

    /// The line that has the folded group of this name.
    pub(super) fn line_of_group(&self, name: &Safe) -> Option<usize> {
        self.folds.place_of(name).map(|place| self.lead + place)
    }

    /// Rows of a folded group that were on their way are not shown any more.
    pub(super) fn leave_out_folded(&self, rows: &mut Vec<T>) {
        if let Some(of) = self.group
            && self.has_folds()
        {
            rows.retain(|row| !self.is_folded(&of(row)));
        }
    }

    /// Finds out where the lines of folded groups stand: between the rows of the groups around them, as far as these are
    /// loaded.
    pub(super) fn place_stubs(&mut self) {
        self.folds.stubs.clear();
        let Some(of) = self.group.filter(|_| self.has_folds()) else {
            return;
        };
        let ranked = self.folds.parts.iter().enumerate();
        let mut waiting: std::collections::VecDeque<(usize, Safe)> = ranked
            .filter(|(_, part)| part.count > 0 && self.is_folded(&part.name))
            .map(|(rank, part)| (rank, part.name.clone()))
            .collect();
        let (mut stubs, mut n, mut last) = (Vec::new(), 0, None);
        for row in self.rows() {
            let name = of(row);
            if last.as_ref() != Some(&name) {
                let rank = self.folds.rank(&name).unwrap_or(0);
                while let Some((_, folded)) = waiting.pop_front_if(|(r, _)| *r < rank) {
                    // Behind rows that are not loaded it is known of the one only that was folded here.
                    if n > 0 || self.before == 0 || self.folds.chosen.as_ref() == Some(&folded) {
                        stubs.push(Stub {
                            before: n,
                            name: folded,
                        });
                    }
                }
                last = Some(name);
            }
            n += 1;
        }
        // What was folded here was loaded, and so was what stands in front of it; of the rest only the end of the list tells.
        let here = self.folds.chosen.as_ref().and_then(|name| self.folds.rank(name));
        let near = n > 0 || self.before == 0;
        let known =
            |rank: usize| !self.has_more_after() || here.is_some_and(|here| rank == here || (near && rank < here));
        let behind = waiting.into_iter().filter(|(rank, _)| known(*rank));
        stubs.extend(behind.map(|(_, name)| Stub { before: n, name }));
        self.folds.stubs = stubs;
    }
}
