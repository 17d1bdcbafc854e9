//! Marks: rows picked one by one, in ranges, or all that match. They are kept with what the row said, so that paging
//! and reloading do not lose them.

use std::collections::{BTreeMap, HashSet};

use uuid::Uuid;

use super::{Row, Window, grouped};

#[derive(Debug)]
pub(super) struct Marks<T> {
    rows: BTreeMap<Uuid, T>,
    /// All that match the query, loaded or not; how many, once the server has said.
    all: Option<Option<i64>>,
    /// Where a range began.
    range: Option<usize>,
}

impl<T> Default for Marks<T> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            all: None,
            range: None,
        }
    }
}

impl<T: Row> Marks<T> {
    /// What all are is something else now.
    pub(super) fn drop_all(&mut self) {
        self.all = None;
    }

    /// The rows as they are now.
    pub(super) fn renew(&mut self, rows: &[T]) {
        for row in rows {
            if let Some(mark) = self.rows.get_mut(&row.id()) {
                *mark = row.clone();
            }
        }
    }
}

/// What is marked.
#[derive(Debug, Clone, PartialEq)]
pub enum Marked<T> {
    Nothing,
    /// These, in the order of the list where they are loaded.
    These(Vec<T>),
    /// All that match the query; how many, once the server has said.
    All(Option<i64>),
}

impl<T: Row> Window<T> {
    pub fn is_marked(&self, id: Uuid) -> bool {
        self.marks.all.is_some() || self.marks.rows.contains_key(&id)
    }

    /// Whether this row of the list is marked, or in the range that is being drawn.
    pub fn is_marked_at(&self, index: usize, id: Uuid) -> bool {
        self.is_marked(id) || self.span().is_some_and(|(a, b)| (a..=b).contains(&index))
    }

    /// The range that is being drawn: from where it began to the cursor.
    fn span(&self) -> Option<(usize, usize)> {
        let from = self.marks.range?.saturating_sub(self.before).max(self.lead);
        Some((from.min(self.at), from.max(self.at)))
    }

    fn ranged(&self) -> impl Iterator<Item = &T> {
        let (a, b) = self.span().unwrap_or((1, 0));
        (a..=b).filter_map(|i| self.row(i))
    }

    pub fn marked(&self) -> Marked<T> {
        if let Some(count) = self.marks.all {
            return if self.is_whole() {
                Marked::These(self.rows().cloned().collect())
            } else {
                Marked::All(count)
            };
        }
        if !self.has_marks() {
            return Marked::Nothing;
        }
        // A range that is still being drawn counts: what is seen as marked is what an act is about.
        let ranged: HashSet<Uuid> = self.ranged().map(Row::id).collect();
        let is_marked = |r: &&T| self.is_marked(r.id()) || ranged.contains(&r.id());
        let mut these: Vec<T> = self.rows().filter(is_marked).cloned().collect();
        let here: HashSet<Uuid> = these.iter().map(Row::id).collect();
        let away = self.marks.rows.iter().filter(|(id, _)| !here.contains(id));
        these.extend(away.map(|(_, row)| row.clone()));
        Marked::These(these)
    }

    pub(super) fn mark_here(&mut self) {
        // Out of all, one is taken away: the others stay marked one by one, where they are known.
        if self.marks.all.is_some() && self.is_whole() {
            self.marks.all = None;
            let rows: Vec<T> = self.rows().cloned().collect();
            self.marks.rows = rows.into_iter().map(|r| (r.id(), r)).collect();
        }
        self.marks.all = None;
        if let Some(row) = self.current().cloned() {
            if self.marks.rows.remove(&row.id()).is_none() {
                self.marks.rows.insert(row.id(), row);
            }
            self.go(self.at + 1);
        }
    }

    pub(super) fn mark_range(&mut self) {
        if self.marks.range.is_none() {
            self.marks.range = Some(self.before + self.at);
            return;
        }
        let rows: Vec<T> = self.ranged().cloned().collect();
        self.marks.range = None;
        self.marks.rows.extend(rows.into_iter().map(|r| (r.id(), r)));
    }

    /// Marks all that match: the rows with the text that is being found, or else the whole list. Whether the server
    /// should be asked how many that are.
    pub fn mark_all(&mut self) -> bool {
        if self.is_finding() {
            let rows: Vec<T> = self.rows().filter(|r| self.matches(r)).cloned().collect();
            self.marks.rows.extend(rows.into_iter().map(|r| (r.id(), r)));
            return false;
        }
        self.clear_marks();
        self.marks.all = Some(self.count.filter(|_| self.is_whole()));
        true
    }

    /// How many all are, as the server counts.
    pub fn counted(&mut self, count: Option<i64>) {
        if let (Some(all), Some(count)) = (&mut self.marks.all, count) {
            *all = Some(count);
            self.count = Some(count);
        }
    }

    /// Whether anything is marked.
    pub fn has_marks(&self) -> bool {
        self.marks.all.is_some() || !self.marks.rows.is_empty() || self.ranged().next().is_some()
    }

    pub fn clear_marks(&mut self) {
        self.marks = Marks::default();
    }

    /// Drops range, marks, then the search; whether there was one.
    pub fn back(&mut self) -> bool {
        if self.marks.range.take().is_some() {
            return true;
        }
        if self.has_marks() {
            self.clear_marks();
            return true;
        }
        self.drop_needle()
    }

    pub(super) fn marks_note(&self) -> Vec<String> {
        let mut out = Vec::new();
        let drawn = self.ranged().filter(|r| !self.marks.rows.contains_key(&r.id())).count();
        match (self.marks.all, self.marks.rows.len() + drawn) {
            (Some(Some(n)), _) => out.push(format!("all {} that match", grouped(n))),
            (Some(None), _) => out.push("all that match".to_owned()),
            (None, 0) => {}
            (None, n) => {
                let here = self.rows().filter(|r| self.marks.rows.contains_key(&r.id())).count();
                let away = n - drawn - here;
                out.push(if away == 0 {
                    format!("{n} marked")
                } else {
                    format!("{n} marked, {away} not loaded")
                });
            }
        }
        if self.marks.range.is_some() {
            out.push("range".to_owned());
        }
        out
    }
}
