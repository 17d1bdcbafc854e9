//! A list that is a window on the server's pages: cursor paging with prefetch, bounded memory, the selection kept by
//! id, marks, groups, and finding in what is loaded. Every pane with rows owns one; nothing here draws or calls.
//!
//! The owner asks [`Window::wants`] after every change and makes the call it names; the answer comes back through
//! [`Window::answer`] (`window/fetch.rs`). One call is under way at a time, so a storm of changes coalesces by itself.
//! `window/moving.rs` moves the cursor, `window/marks.rs` marks, `window/find.rs` finds.

use std::collections::VecDeque;

use uuid::Uuid;

use crate::domain::safe::Safe;
use crate::domain::time::Time;

mod fetch;
mod find;
mod fold;
mod marks;
mod moving;
#[cfg(test)]
mod tests;

pub use fetch::Want;
use fetch::{Leaf, Spot};
use find::Needle;
pub use find::spans;
pub use fold::Part;
use fold::{Folds, Slot};
pub use marks::Marked;
use marks::Marks;

/// Rows asked for at once.
pub const PAGE: u32 = 100;

/// What a row must tell a window.
pub trait Row: Clone {
    fn id(&self) -> Uuid;
    /// What `/` looks in.
    fn words(&self) -> String;
}

/// The name of the group a row belongs to.
pub type GroupOf<T> = fn(&T) -> Safe;

/// The state of a list.
#[derive(Debug)]
pub struct Window<T> {
    leaves: VecDeque<Leaf<T>>,
    serial: u64,
    /// Fixed rows above the server's ("All clients").
    lead: usize,
    /// Rows in front of the first leaf that are not loaded.
    before: usize,
    /// Whether `before` was counted row by row; not so after a jump to the end.
    exact: bool,
    at: usize,
    chosen: Option<Uuid>,
    /// A row that was just made: the cursor goes there when it comes, unless it is moved before.
    made: Option<Uuid>,
    /// The list that is coming starts at its first row, whatever the cursor was on.
    homing: bool,
    /// The list's end is wanted: the rows shown stay until it comes.
    ending: bool,
    top: usize,
    height: usize,
    marks: Marks<T>,
    waiting: Option<Spot>,
    /// Something changed while a call was under way: its answer may be old.
    dirty: bool,
    /// Another list is wanted: the rows shown are the old one's until the first page comes.
    fresh: bool,
    failed: Option<Safe>,
    as_of: Option<Time>,
    count: Option<i64>,
    needle: Needle,
    group: Option<GroupOf<T>>,
    /// Whether groups get heading lines of their own.
    headed: bool,
    folds: Folds,
}

/// A line of the screen.
#[derive(Debug)]
pub enum Line<'a, T> {
    /// A row that is always there, above the server's.
    Fixed(usize),
    /// Where a group begins, or goes on at the top of the screen.
    Heading(Heading),
    /// The line of this index stands for a whole group: its name.
    Folded(usize, Safe),
    /// The row of this index; whether it is the first of its group in view.
    Row(usize, &'a T, bool),
    /// More rows are on their way.
    Loading,
}

/// A group's heading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    pub name: Safe,
    /// Rows of it that are loaded.
    pub loaded: usize,
    /// Whether it may have more than that.
    pub more: bool,
}

impl<T: Row> Window<T> {
    pub fn new(lead: usize) -> Self {
        Self {
            leaves: VecDeque::new(),
            serial: 0,
            lead,
            before: 0,
            exact: true,
            at: 0,
            chosen: None,
            made: None,
            homing: false,
            ending: false,
            top: 0,
            height: 20,
            marks: Marks::default(),
            waiting: None,
            dirty: false,
            fresh: true,
            failed: None,
            as_of: None,
            count: None,
            needle: Needle::default(),
            group: None,
            headed: false,
            folds: Folds::default(),
        }
    }

    /// Rows loaded, the fixed ones not counted.
    pub fn loaded(&self) -> usize {
        self.leaves.iter().map(|l| l.rows.len()).sum()
    }

    fn len(&self) -> usize {
        self.lead + self.loaded() + self.folds.lines()
    }

    /// All rows loaded, in order.
    pub fn rows(&self) -> impl Iterator<Item = &T> {
        self.leaves.iter().flat_map(|l| l.rows.iter())
    }

    fn row(&self, index: usize) -> Option<&T> {
        let Some(Slot::Row(mut i)) = self.slot(index) else {
            return None;
        };
        for leaf in &self.leaves {
            match leaf.rows.get(i) {
                Some(row) => return Some(row),
                None => i -= leaf.rows.len(),
            }
        }
        None
    }

    /// The row under the cursor; none on a fixed row.
    pub fn current(&self) -> Option<&T> {
        self.row(self.at)
    }

    /// The rows in view: index on the screen's list, and the row (none for a fixed one).
    pub fn visible(&self) -> impl Iterator<Item = (usize, Option<&T>)> {
        (self.top..self.len()).take(self.height).map(|i| (i, self.row(i)))
    }

    /// The lines in view: rows, headings of groups, and whether more is on its way.
    pub fn lines(&self) -> Vec<Line<'_, T>> {
        let mut out = Vec::new();
        let mut group: Option<Safe> = None;
        for i in self.top..self.len() {
            if out.len() >= self.height {
                return out;
            }
            if let Some(Slot::Stub(k)) = self.slot(i) {
                group = self.folds.name(k).cloned();
                out.extend(group.clone().map(|name| Line::Folded(i, name)));
                continue;
            }
            let Some(row) = self.row(i) else {
                out.push(Line::Fixed(i));
                continue;
            };
            let mut first = false;
            if let Some(name) = self.group.map(|of| of(row)) {
                first = group.as_ref() != Some(&name);
                if first && self.headed {
                    out.push(Line::Heading(self.heading(name.clone())));
                }
                group = Some(name);
            }
            if out.len() < self.height {
                out.push(Line::Row(i, row, first));
            }
        }
        let last = self.leaves.back();
        if out.len() < self.height && !self.fresh && last.is_some_and(|l| l.next.is_some()) {
            out.push(Line::Loading);
        }
        out
    }

    fn heading(&self, name: Safe) -> Heading {
        let loaded = self
            .group
            .map_or(0, |of| self.rows().filter(|row| of(row) == name).count());
        let of = |row: Option<&T>| row.zip(self.group).is_some_and(|(row, of)| of(row) == name);
        let more = (self.has_more_after() && of(self.rows().last())) || (self.before > 0 && of(self.rows().next()));
        Heading { name, loaded, more }
    }

    fn has_more_after(&self) -> bool {
        self.leaves.back().is_some_and(|l| l.next.is_some())
    }

    /// How rows are grouped, and whether each group gets a heading line.
    pub fn group_by(&mut self, group: Option<GroupOf<T>>, headed: bool) {
        (self.group, self.headed) = (group, headed);
        self.forget_folds();
        self.reveal();
    }

    pub fn is_grouped(&self) -> bool {
        self.group.is_some()
    }

    pub fn is_at(&self, index: usize) -> bool {
        index == self.at
    }

    /// Whether the first page has come and is empty.
    pub fn is_empty(&self) -> bool {
        self.as_of.is_some() && !self.fresh && self.loaded() == 0 && !self.has_folds()
    }

    /// Whether nothing has come yet.
    pub fn is_blank(&self) -> bool {
        self.as_of.is_none()
    }

    /// Whether what is shown is another list than the one asked for.
    pub fn is_old(&self) -> bool {
        self.fresh && self.as_of.is_some()
    }

    /// Whether every row of the list is here.
    pub fn is_whole(&self) -> bool {
        !self.fresh && self.as_of.is_some() && self.before == 0 && !self.has_more_after()
    }

    /// Why the last call failed, until one succeeds.
    pub fn failed(&self) -> Option<&Safe> {
        self.failed.as_ref()
    }

    /// When what is shown was true; only where that is not now.
    pub fn as_of(&self) -> Option<Time> {
        (self.failed.is_some() || self.fresh).then_some(self.as_of).flatten()
    }

    /// `12 of 340`, `12 of 100+` where the count is not known, `about 48,000 of 100,000` after a jump; marks and matches
    /// in front.
    pub fn position(&self) -> Safe {
        let mut parts = Vec::new();
        parts.extend(self.marks_note());
        parts.extend(self.match_note());
        let all = self.before + self.loaded();
        let total = match self.count {
            Some(count) if !self.fresh => grouped(count.max(all as i64)),
            _ if self.has_more_after() => format!("{}+", grouped(all as i64)),
            _ => grouped(all as i64),
        };
        if self.has_folds() {
            parts.push(self.folds_note());
        }
        let on_row = matches!(self.slot(self.at), Some(Slot::Row(_)));
        let here = self.before + self.rows_before_cursor() + 1;
        parts.push(if all == 0 || !on_row {
            total
        } else {
            // The last row is the last row, wherever one came from.
            let last = !self.has_more_after() && self.at + 1 == self.len();
            let about = if self.exact || last { "" } else { "about " };
            format!("{about}{} of {total}", grouped(here as i64))
        });
        Safe::new(&parts.join(" · "))
    }
}

/// A number with its thousands apart: `48,012`.
pub fn grouped(n: i64) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if n < 0 { format!("-{out}") } else { out }
}
