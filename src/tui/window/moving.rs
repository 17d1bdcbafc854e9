//! Moving the cursor through a window, marking rows, finding in what is loaded.

use super::super::action::Action;
use super::{Row, Window};
use crate::domain::safe::Safe;

impl<T: Row> Window<T> {
    /// The rows that fit.
    pub fn set_height(&mut self, height: usize) {
        self.height = height.max(1);
        self.reveal();
    }

    /// Puts the cursor on the first row, of the list that is coming where another one was asked for.
    pub fn home(&mut self) {
        self.go(0);
        self.homing = true;
    }

    fn go(&mut self, to: usize) {
        self.at = to.min(self.len().saturating_sub(1));
        self.reveal();
    }

    /// Moving, marking and finding again; whether the action was one of those.
    pub fn act(&mut self, action: Action, count: Option<usize>) -> bool {
        let n = count.unwrap_or(1);
        match action {
            Action::Down => self.go(self.at.saturating_add(n)),
            Action::Up => self.go(self.at.saturating_sub(n)),
            Action::Top => self.go(0),
            Action::Bottom => self.go(usize::MAX),
            Action::PageDown => self.go(self.at.saturating_add(n * self.height)),
            Action::PageUp => self.go(self.at.saturating_sub(n * self.height)),
            Action::HalfDown => self.go(self.at.saturating_add(n * self.height.div_ceil(2))),
            Action::HalfUp => self.go(self.at.saturating_sub(n * self.height.div_ceil(2))),
            Action::FindNext => self.find_again(true),
            Action::FindPrev => self.find_again(false),
            Action::Mark => {
                if let Some(id) = self.current().map(Row::id) {
                    if !self.marks.remove(&id) {
                        self.marks.insert(id);
                    }
                    self.go(self.at + 1);
                }
            }
            Action::Range => match self.range.take() {
                None => self.range = Some(self.at),
                Some(from) => {
                    let (a, b) = (from.min(self.at), from.max(self.at));
                    let ids: Vec<_> = self
                        .rows()
                        .skip(a.saturating_sub(self.lead))
                        .take(b + 1 - a)
                        .map(Row::id)
                        .collect();
                    self.marks.extend(ids);
                }
            },
            Action::MarkAll => {
                let ids: Vec<_> = self.rows().filter(|r| self.matches(*r)).map(Row::id).collect();
                self.marks.extend(ids);
            }
            _ => return false,
        }
        true
    }

    /// Drops range, marks, then the search; whether there was one.
    pub fn back(&mut self) -> bool {
        if self.range.take().is_some() {
            return true;
        }
        if !self.marks.is_empty() {
            self.marks.clear();
            return true;
        }
        !std::mem::take(&mut self.needle).is_empty()
    }

    // Finding ------------------------------------------------------------------------------------------------------

    /// Looks for a text from the cursor on; a leading `!` looks for rows without it. Whether there is one.
    pub fn find(&mut self, text: &str) -> bool {
        let bare = text.strip_prefix('!');
        self.inverted = bare.is_some();
        self.needle = bare.unwrap_or(text).to_lowercase();
        self.needle.is_empty() || self.step_to_match(0, true)
    }

    pub fn needle(&self) -> Safe {
        let mark = if self.inverted { "!" } else { "" };
        Safe::new(&format!("{mark}{}", self.needle))
    }

    pub fn is_finding(&self) -> bool {
        !self.needle.is_empty()
    }

    fn matches(&self, row: &T) -> bool {
        self.needle.is_empty() || row.words().to_lowercase().contains(&self.needle) != self.inverted
    }

    fn find_again(&mut self, forward: bool) {
        if !self.needle.is_empty() {
            self.step_to_match(1, forward);
        }
    }

    fn step_to_match(&mut self, skip: usize, forward: bool) -> bool {
        let n = self.loaded();
        let here = self.at.saturating_sub(self.lead);
        let found = (skip..n + skip)
            .map(|d| {
                if forward {
                    (here + d) % n
                } else {
                    (here + n - d % n) % n
                }
            })
            .find(|i| self.rows().nth(*i).is_some_and(|r| self.matches(r)));
        if let Some(i) = found {
            self.go(self.lead + i);
        }
        found.is_some()
    }
}
