//! Moving the cursor through a window: by rows, pages, groups, to both ends of the list.

use super::{Line, Row, Slot, Window};
use crate::tui::action::Action;

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

    pub(super) fn go(&mut self, to: usize) {
        self.at = to.min(self.len().saturating_sub(1));
        self.reveal();
    }

    /// The cursor goes to what stands on this line of the screen, where it can.
    pub fn point(&mut self, row: usize) {
        if let Some(Line::Fixed(i) | Line::Folded(i, _) | Line::Row(i, ..)) = self.lines().get(row) {
            let line = *i;
            self.go(line);
        }
    }

    /// Moving, marking and finding again; whether the action was one of those.
    pub fn act(&mut self, action: Action, count: Option<usize>) -> bool {
        self.made = None;
        self.folds.opened = None;
        let n = count.unwrap_or(1);
        let page = self.height.saturating_sub(usize::from(self.headed)).max(1);
        match action {
            Action::Down => self.go(self.at.saturating_add(n)),
            Action::Up => self.go(self.at.saturating_sub(n)),
            Action::Top => self.jump_to_top(),
            Action::Bottom => self.jump_to_bottom(),
            Action::PageDown => self.scroll(n.saturating_mul(page), true),
            Action::PageUp => self.scroll(n.saturating_mul(page), false),
            Action::HalfDown => self.scroll(n.saturating_mul(page.div_ceil(2)), true),
            Action::HalfUp => self.scroll(n.saturating_mul(page.div_ceil(2)), false),
            Action::FindNext => self.find_again(true),
            Action::FindPrev => self.find_again(false),
            Action::Mark => self.mark_here(),
            Action::Range => self.mark_range(),
            Action::NextRecord if self.is_grouped() => self.step_group(true),
            Action::PrevRecord if self.is_grouped() => self.step_group(false),
            _ => return false,
        }
        true
    }

    /// The page moves with the cursor, so that the eye finds it where it was.
    fn scroll(&mut self, by: usize, down: bool) {
        if down {
            self.top = self.top.saturating_add(by);
            self.go(self.at.saturating_add(by));
        } else {
            self.top = self.top.saturating_sub(by);
            self.go(self.at.saturating_sub(by));
        }
    }

    /// The list's first row; asked for where the pages before are not loaded any more.
    fn jump_to_top(&mut self) {
        self.ending = false;
        self.go(0);
        if self.before > 0 && !self.fresh {
            self.restart();
            self.homing = true;
        }
    }

    /// The list's last row, which the server is asked for where it is not loaded.
    fn jump_to_bottom(&mut self) {
        self.go(usize::MAX);
        self.ending = !self.fresh && self.has_more_after();
        if self.ending {
            self.waiting = None;
        }
    }

    /// Whether the list's end has been asked for and has not come.
    pub fn is_ending(&self) -> bool {
        self.ending
    }

    /// To the first row of the next group that is loaded, or of this one and then of the one before.
    fn step_group(&mut self, forward: bool) {
        let Some(of) = self.group else { return };
        let name = |line| match self.slot(line) {
            Some(Slot::Stub(k)) => self.folds.name(k).cloned(),
            _ => self.row(line).map(of),
        };
        let groups: Vec<_> = (self.lead..self.len()).map(name).collect();
        let here = self.at.saturating_sub(self.lead);
        let starts = |i: &usize| *i == 0 || groups[*i] != groups[*i - 1];
        let to = if forward {
            (here + 1..groups.len())
                .find(starts)
                .unwrap_or(groups.len().saturating_sub(1))
        } else {
            (0..here.min(groups.len())).rev().find(starts).unwrap_or(0)
        };
        self.go(self.lead + to);
        // The whole group comes into view, not only its first row.
        self.top = self.at.saturating_sub(1);
        self.reveal();
    }

    pub(super) fn reveal(&mut self) {
        let height = self.height.max(1);
        // Above rows that are not loaded stands no fixed row.
        let least = if self.before > 0 { self.lead } else { 0 };
        self.at = self.at.max(least).min(self.len().saturating_sub(1));
        self.chosen = self.current().map(Row::id);
        self.folds.chosen = self.group_here().filter(|(_, folded)| *folded).map(|(name, _)| name);
        self.top = self.top.min(self.len().saturating_sub(height)).max(least);
        if self.at < self.top {
            self.top = self.at;
        }
        if self.at >= self.top + height {
            self.top = self.at + 1 - height;
        }
        // Headings take lines of their own.
        while self.top < self.at && self.lines_to_cursor() > height {
            self.top += 1;
        }
    }

    /// Lines from the top of the screen to the cursor's row.
    fn lines_to_cursor(&self) -> usize {
        let rows = self.at + 1 - self.top;
        let Some(of) = self.group.filter(|_| self.headed) else {
            return rows;
        };
        let mut headings = 0;
        let mut last = None;
        for i in self.top..=self.at {
            let name = self.row(i).map(of);
            if name.is_some() && name != last {
                headings += 1;
            }
            last = name;
        }
        rows + headings
    }
}
