//! Which page a window asks for next, and what becomes of the answer.

use std::collections::HashSet;

use uuid::Uuid;

use super::{Row, Window};
use crate::api::Page;
use crate::domain::safe::Safe;
use crate::domain::time::Time;

/// Pages kept; those farthest from the cursor are dropped and asked for again when they are needed.
pub(super) const PAGES_MAX: usize = 6;

/// How close to the end of what is loaded the next page is asked for.
const AHEAD: usize = 25;

/// A page the window wants; `cursor` and `end` go into the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    pub cursor: Option<String>,
    /// The list's last page instead of its first.
    pub end: bool,
    place: Spot,
}

impl Want {
    /// Whether it begins the list: the request that also asks for the count.
    pub fn is_first(&self) -> bool {
        self.cursor.is_none()
    }

    fn first() -> Self {
        Self {
            cursor: None,
            end: false,
            place: Spot::First,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    /// Replaces everything.
    First,
    /// Replaces everything with the list's end.
    End,
    /// Replaces the leaf of this serial.
    Again(u64),
    After(u64),
    Before(u64),
}

#[derive(Debug)]
pub(super) struct Leaf<T> {
    serial: u64,
    from: Option<String>,
    /// Read from the list's end.
    end: bool,
    pub(super) rows: Vec<T>,
    pub(super) prev: Option<String>,
    pub(super) next: Option<String>,
    stale: bool,
}

impl<T: Row> Window<T> {
    /// The call to make now, if any. Saying so counts as making it.
    pub fn wants(&mut self) -> Option<Want> {
        if self.waiting.is_some() || self.failed.is_some() {
            return None;
        }
        let want = self.next_want()?;
        self.waiting = Some(want.place);
        self.dirty = false;
        Some(want)
    }

    fn next_want(&self) -> Option<Want> {
        let (Some(first), Some(last)) = (self.leaves.front(), self.leaves.back()) else {
            return self.fresh.then(Want::first);
        };
        if self.fresh {
            return Some(Want::first());
        }
        if self.ending {
            return Some(Want {
                cursor: None,
                end: true,
                place: Spot::End,
            });
        }
        // One more than is in view: what was unfolded at the lower end begins there.
        let from = self.rows_before(self.top);
        let to = from + self.height + 1;
        let mut start = 0;
        for leaf in &self.leaves {
            let end = start + leaf.rows.len();
            if leaf.stale && (start < to && end > from || leaf.rows.is_empty()) {
                return Some(Want {
                    cursor: leaf.from.clone(),
                    end: leaf.end,
                    place: Spot::Again(leaf.serial),
                });
            }
            start = end;
        }
        let near_end = self.top + self.height + AHEAD >= self.len();
        if near_end && last.next.is_some() && !last.stale {
            return Some(Want {
                cursor: last.next.clone(),
                end: false,
                place: Spot::After(last.serial),
            });
        }
        if self.before > 0 && self.top < self.lead + AHEAD && first.prev.is_some() {
            return Some(Want {
                cursor: first.prev.clone(),
                end: false,
                place: Spot::Before(first.serial),
            });
        }
        None
    }

    /// Another list is wanted (filter, scope, sort): old rows stay until its first page comes.
    pub fn reset(&mut self) {
        self.restart();
        self.count = None;
        self.clear_marks();
    }

    /// The same list from its first row on.
    pub(super) fn restart(&mut self) {
        self.fresh = true;
        self.ending = false;
        self.failed = None;
        self.waiting = None;
        self.dirty = false;
    }

    /// What is shown may have changed: the visible pages are asked for again, the others when they come into view.
    pub fn refresh(&mut self) {
        self.failed = None;
        self.dirty = true;
        for leaf in &mut self.leaves {
            leaf.stale = true;
        }
        if self.leaves.is_empty() {
            self.fresh = true;
        }
    }

    /// A row was made: the cursor goes to it, now or as soon as the list has it.
    pub fn await_row(&mut self, made: Uuid) {
        self.made = Some(made);
        self.settle(self.at.saturating_sub(self.top));
    }

    /// Takes the answer of the call that `want` named.
    pub fn answer(&mut self, want: &Want, answer: Result<Page<T>, Safe>, now: Time) {
        if self.waiting != Some(want.place) {
            return;
        }
        self.waiting = None;
        let mut page = match answer {
            Ok(page) => page,
            Err(why) => {
                self.ending = false;
                self.failed = Some(why);
                return;
            }
        };
        self.failed = None;
        self.as_of = Some(now);
        if page.count.is_some() {
            self.count = page.count;
        }
        self.marks.renew(&page.items);
        self.leave_out_folded(&mut page.items);
        self.serial += 1;
        let leaf = Leaf {
            serial: self.serial,
            from: want.cursor.clone(),
            end: want.end,
            rows: page.items,
            prev: page.prev,
            next: page.next.filter(|_| page.has_more),
            stale: self.dirty,
        };
        let offset = self.at.saturating_sub(self.top);
        if self.put(want.place, leaf) {
            self.trim();
            self.place_stubs();
            self.settle(offset);
        }
    }

    /// Puts a leaf where it belongs; `false` where its place has gone meanwhile.
    fn put(&mut self, place: Spot, mut leaf: Leaf<T>) -> bool {
        let known: HashSet<Uuid> = leaf.rows.iter().map(Row::id).collect();
        match place {
            Spot::First => {
                self.leaves.clear();
                (self.before, self.exact, self.fresh) = (0, true, false);
                if std::mem::take(&mut self.homing) {
                    (self.at, self.top, self.chosen) = (0, 0, None);
                }
                self.leaves.push_back(leaf);
            }
            Spot::End => {
                self.ending = false;
                let rest = usize::try_from(self.count.unwrap_or(0)).unwrap_or(0);
                let whole = leaf.prev.is_none();
                self.before = if whole {
                    0
                } else {
                    rest.saturating_sub(leaf.rows.len()).max(1)
                };
                self.exact = whole;
                self.leaves.clear();
                self.leaves.push_back(leaf);
                self.place_stubs();
                self.at = self.len().saturating_sub(1);
                self.chosen = None;
                self.top = self.at.saturating_sub(self.height.saturating_sub(1));
                self.reveal();
                return false;
            }
            Spot::Again(serial) => {
                let Some(i) = self.leaves.iter().position(|l| l.serial == serial) else {
                    return false;
                };
                self.forget(&known, Some(i));
                let next = leaf.next.clone();
                self.leaves[i] = leaf;
                match self.leaves.get_mut(i + 1) {
                    Some(after) if next.is_some() => after.from = next,
                    _ => self.leaves.truncate(i + 1),
                }
            }
            Spot::After(serial) => {
                if self.leaves.back().map(|l| l.serial) != Some(serial) {
                    return false;
                }
                self.forget(&known, None);
                self.leaves.push_back(leaf);
            }
            Spot::Before(serial) => {
                if self.leaves.front().map(|l| l.serial) != Some(serial) {
                    return false;
                }
                self.forget(&known, None);
                // A page read backwards ends where the old first one begins.
                leaf.next = None;
                let came = leaf.rows.len();
                if leaf.prev.is_some() {
                    self.before = self.before.saturating_sub(came).max(1);
                } else {
                    (self.before, self.exact) = (0, true);
                }
                self.at += came;
                self.top += came;
                self.leaves.push_front(leaf);
            }
        }
        true
    }

    /// Rows that came again elsewhere are dropped by id.
    fn forget(&mut self, known: &HashSet<Uuid>, except: Option<usize>) {
        for (i, leaf) in self.leaves.iter_mut().enumerate() {
            if Some(i) != except {
                leaf.rows.retain(|r| !known.contains(&r.id()));
            }
        }
    }

    fn trim(&mut self) {
        while self.leaves.len() > PAGES_MAX {
            let first = self.leaves.front().map_or(0, |l| l.rows.len());
            if self.at.saturating_sub(self.lead) > self.loaded() / 2 {
                self.leaves.pop_front();
                self.before += first;
                self.at = self.at.saturating_sub(first);
                self.top = self.top.saturating_sub(first);
            } else if let Some(gone) = self.leaves.pop_back()
                && let Some(last) = self.leaves.back_mut()
            {
                last.next = last.next.take().or(gone.from);
            }
        }
    }

    fn line_to_settle_on(&mut self) -> Option<usize> {
        if let Some(row) = self.first_of_opened() {
            return Some(self.line_of_row(row));
        }
        if let Some(name) = &self.folds.chosen {
            return self.line_of_group(name);
        }
        let row = self.rows().position(|r| Some(r.id()) == self.chosen)?;
        Some(self.line_of_row(row))
    }

    /// Puts the cursor back on the row it was on, at the same height of the screen where that can be.
    pub(super) fn settle(&mut self, offset: usize) {
        if let Some(made) = self.made
            && self.rows().any(|r| r.id() == made)
        {
            self.chosen = self.made.take();
        }
        if let Some(line) = self.line_to_settle_on() {
            self.at = line;
        }
        self.at = self.at.min(self.len().saturating_sub(1));
        self.top = self.at.saturating_sub(offset);
        self.reveal();
    }
}
