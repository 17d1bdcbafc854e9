//! A list that is a window on the server's pages: cursor paging with prefetch, bounded memory, the selection kept by
//! id, marks, and finding in what is loaded. Every pane with rows owns one; nothing here draws or calls.
//!
//! The owner asks [`Window::wants`] after every change and makes the call it names; the answer comes back through
//! [`Window::answer`]. One call is under way at a time, so a storm of changes coalesces by itself.

use std::collections::{HashSet, VecDeque};

use uuid::Uuid;

use crate::api::Page;
use crate::domain::safe::Safe;
use crate::domain::time::Time;

mod moving;

/// Rows asked for at once.
pub const PAGE: u32 = 100;

/// Pages kept; those farthest from the cursor are dropped and asked for again when they are needed.
const PAGES_MAX: usize = 6;

/// How close to the end of what is loaded the next page is asked for.
const AHEAD: usize = 25;

/// What a row must tell a window.
pub trait Row {
    fn id(&self) -> Uuid;
    /// What `/` looks in.
    fn words(&self) -> String;
}

/// A page the window wants; `cursor` goes into the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    pub cursor: Option<String>,
    place: Spot,
}

impl Want {
    /// Whether it begins the list: the request that also asks for the count.
    pub fn is_first(&self) -> bool {
        self.cursor.is_none()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spot {
    /// Replaces everything.
    First,
    /// Replaces the leaf of this serial.
    Again(u64),
    After(u64),
    Before(u64),
}

#[derive(Debug)]
struct Leaf<T> {
    serial: u64,
    from: Option<String>,
    rows: Vec<T>,
    prev: Option<String>,
    next: Option<String>,
    stale: bool,
}

/// The state of a list.
#[derive(Debug)]
pub struct Window<T> {
    leaves: VecDeque<Leaf<T>>,
    serial: u64,
    /// Fixed rows above the server's ("All clients").
    lead: usize,
    /// Rows dropped in front of the first leaf.
    before: usize,
    at: usize,
    chosen: Option<Uuid>,
    /// The list that is coming starts at its first row, whatever the cursor was on.
    homing: bool,
    top: usize,
    height: usize,
    marks: HashSet<Uuid>,
    range: Option<usize>,
    waiting: Option<Spot>,
    /// Something changed while a call was under way: its answer may be old.
    dirty: bool,
    /// Another list is wanted: the rows shown are the old one's until the first page comes.
    fresh: bool,
    failed: Option<Safe>,
    as_of: Option<Time>,
    count: Option<i64>,
    needle: String,
    inverted: bool,
}

impl<T: Row> Window<T> {
    pub fn new(lead: usize) -> Self {
        Self {
            leaves: VecDeque::new(),
            serial: 0,
            lead,
            before: 0,
            at: 0,
            chosen: None,
            homing: false,
            top: 0,
            height: 20,
            marks: HashSet::new(),
            range: None,
            waiting: None,
            dirty: false,
            fresh: true,
            failed: None,
            as_of: None,
            count: None,
            needle: String::new(),
            inverted: false,
        }
    }

    // What is there ------------------------------------------------------------------------------------------------

    /// Rows loaded, the fixed ones not counted.
    pub fn loaded(&self) -> usize {
        self.leaves.iter().map(|l| l.rows.len()).sum()
    }

    fn len(&self) -> usize {
        self.lead + self.loaded()
    }

    /// All rows loaded, in order.
    pub fn rows(&self) -> impl Iterator<Item = &T> {
        self.leaves.iter().flat_map(|l| l.rows.iter())
    }

    /// The row under the cursor; none on a fixed row.
    pub fn current(&self) -> Option<&T> {
        self.at.checked_sub(self.lead).and_then(|i| self.rows().nth(i))
    }

    /// The marked rows, or the one under the cursor.
    pub fn targets(&self) -> Vec<&T> {
        if self.marks.is_empty() {
            return self.current().into_iter().collect();
        }
        self.rows().filter(|r| self.marks.contains(&r.id())).collect()
    }

    /// The rows in view: index on the screen's list, and the row (none for a fixed one).
    pub fn visible(&self) -> impl Iterator<Item = (usize, Option<&T>)> {
        let fixed = (self.top..self.lead).map(|i| (i, None));
        let skip = self.top.saturating_sub(self.lead);
        let rows = self.rows().skip(skip).enumerate();
        let rows = rows.map(move |(i, r)| (self.lead + skip + i, Some(r)));
        fixed.chain(rows).take(self.height)
    }

    pub fn is_at(&self, index: usize) -> bool {
        index == self.at
    }

    pub fn is_marked(&self, id: Uuid) -> bool {
        self.marks.contains(&id)
    }

    /// Whether the first page has come and is empty.
    pub fn is_empty(&self) -> bool {
        self.as_of.is_some() && !self.fresh && self.loaded() == 0
    }

    /// Whether nothing has come yet.
    pub fn is_blank(&self) -> bool {
        self.as_of.is_none()
    }

    /// Why the last call failed, until one succeeds.
    pub fn failed(&self) -> Option<&Safe> {
        self.failed.as_ref()
    }

    /// When what is shown was true; only where that is not now.
    pub fn as_of(&self) -> Option<Time> {
        (self.failed.is_some() || self.fresh).then_some(self.as_of).flatten()
    }

    /// `12/340`, `12/100+` where the count is not known, `0` where empty; marks in front.
    pub fn position(&self) -> Safe {
        let all = self.before + self.loaded();
        let more = self.leaves.back().is_some_and(|l| l.next.is_some());
        let total = match self.count {
            Some(count) if !self.fresh => count.max(all as i64).to_string(),
            _ if more => format!("{all}+"),
            _ => all.to_string(),
        };
        let here = (self.before + self.at + 1).saturating_sub(self.lead);
        let marks = match self.marks.len() {
            0 => String::new(),
            n => format!("{n} marked · "),
        };
        let range = if self.range.is_some() { "range · " } else { "" };
        if all == 0 || here == 0 {
            return Safe::new(&format!("{marks}{range}{total}"));
        }
        Safe::new(&format!("{marks}{range}{here}/{total}"))
    }

    // What it wants ------------------------------------------------------------------------------------------------

    /// The call to make now, if any. Saying so counts as making it.
    pub fn wants(&mut self) -> Option<Want> {
        if self.waiting.is_some() || (self.failed.is_some() && !self.fresh) {
            return None;
        }
        let want = self.next_want()?;
        self.waiting = Some(want.place);
        self.dirty = false;
        Some(want)
    }

    fn next_want(&self) -> Option<Want> {
        if self.failed.is_some() {
            return None;
        }
        let (Some(first), Some(last)) = (self.leaves.front(), self.leaves.back()) else {
            return self.fresh.then_some(Want {
                cursor: None,
                place: Spot::First,
            });
        };
        if self.fresh {
            return Some(Want {
                cursor: None,
                place: Spot::First,
            });
        }
        let (from, to) = (self.top.saturating_sub(self.lead), self.top + self.height);
        let mut start = 0;
        for leaf in &self.leaves {
            let end = start + leaf.rows.len();
            if leaf.stale && (start < to && end > from || leaf.rows.is_empty()) {
                return Some(Want {
                    cursor: leaf.from.clone(),
                    place: Spot::Again(leaf.serial),
                });
            }
            start = end;
        }
        let near_end = self.top + self.height + AHEAD >= self.len();
        if near_end && last.next.is_some() && !last.stale {
            return Some(Want {
                cursor: last.next.clone(),
                place: Spot::After(last.serial),
            });
        }
        if self.before > 0 && self.top < AHEAD && first.prev.is_some() {
            return Some(Want {
                cursor: first.prev.clone(),
                place: Spot::Before(first.serial),
            });
        }
        None
    }

    /// Another list is wanted (filter, scope, sort): old rows stay until its first page comes.
    pub fn reset(&mut self) {
        self.fresh = true;
        self.failed = None;
        self.waiting = None;
        self.dirty = false;
        self.count = None;
        self.marks.clear();
        self.range = None;
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

    /// Takes the answer of the call that `want` named.
    pub fn answer(&mut self, want: &Want, answer: Result<Page<T>, Safe>, now: Time) {
        if self.waiting != Some(want.place) {
            return;
        }
        self.waiting = None;
        let page = match answer {
            Ok(page) => page,
            Err(why) => {
                self.failed = Some(why);
                return;
            }
        };
        self.failed = None;
        self.as_of = Some(now);
        if page.count.is_some() {
            self.count = page.count;
        }
        self.serial += 1;
        let mut leaf = Leaf {
            serial: self.serial,
            from: want.cursor.clone(),
            rows: page.items,
            prev: page.prev,
            next: page.next.filter(|_| page.has_more),
            stale: self.dirty,
        };
        let offset = self.at.saturating_sub(self.top);
        let known: HashSet<Uuid> = leaf.rows.iter().map(Row::id).collect();
        match want.place {
            Spot::First => {
                self.leaves.clear();
                self.before = 0;
                self.fresh = false;
                if std::mem::take(&mut self.homing) {
                    (self.at, self.top, self.chosen) = (0, 0, None);
                }
                self.leaves.push_back(leaf);
            }
            Spot::Again(serial) => {
                let Some(i) = self.leaves.iter().position(|l| l.serial == serial) else {
                    return;
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
                    return;
                }
                self.forget(&known, None);
                self.leaves.push_back(leaf);
            }
            Spot::Before(serial) => {
                if self.leaves.front().map(|l| l.serial) != Some(serial) {
                    return;
                }
                self.forget(&known, None);
                // A page read backwards ends where the old first one begins.
                leaf.next = None;
                let came = leaf.rows.len();
                self.before = if leaf.prev.is_some() {
                    self.before.saturating_sub(came).max(1)
                } else {
                    0
                };
                self.at += came;
                self.top += came;
                self.leaves.push_front(leaf);
            }
        }
        self.trim();
        self.settle(offset);
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

    /// Puts the cursor back on the row it was on, at the same height of the screen where that can be.
    fn settle(&mut self, offset: usize) {
        let place = self.chosen.and_then(|id| self.rows().position(|r| r.id() == id));
        if let Some(i) = place {
            self.at = self.lead + i;
        }
        self.at = self.at.min(self.len().saturating_sub(1));
        self.top = self.at.saturating_sub(offset);
        let here: HashSet<Uuid> = self.rows().map(Row::id).collect();
        self.marks.retain(|id| here.contains(id));
        self.reveal();
    }

    fn reveal(&mut self) {
        self.chosen = self.current().map(Row::id);
        let height = self.height.max(1);
        if self.at < self.top {
            self.top = self.at;
        }
        if self.at >= self.top + height {
            self.top = self.at + 1 - height;
        }
        self.top = self.top.min(self.len().saturating_sub(height));
    }
}

#[cfg(test)]
mod tests {
    use super::super::action::Action;
    use super::*;

    #[derive(Debug, Clone, PartialEq)]
    struct N(u128);

    impl Row for N {
        fn id(&self) -> Uuid {
            Uuid::from_u128(self.0)
        }
        fn words(&self) -> String {
            format!("row {}", self.0)
        }
    }

    /// A server of the rows 0..n, cursors being numbers.
    fn page(n: u128, want: &Want) -> Page<N> {
        let (back, from) = match want.cursor.as_deref() {
            None => (false, 0),
            Some(c) => match c.strip_prefix('<') {
                Some(to) => (true, to.parse::<u128>().unwrap().saturating_sub(100)),
                None => (false, c.parse().unwrap()),
            },
        };
        let to = (from + 100).min(n);
        let _ = back;
        Page {
            items: (from..to).map(N).collect(),
            next: (to < n).then(|| to.to_string()),
            prev: (from > 0).then(|| format!("<{from}")),
            has_more: to < n,
            count: want.is_first().then_some(n as i64),
        }
    }

    fn pump(w: &mut Window<N>, n: u128) -> usize {
        let mut calls = 0;
        while let Some(want) = w.wants() {
            w.answer(&want, Ok(page(n, &want)), Time(calls as i64));
            calls += 1;
            assert!(calls < 50, "asks for ever");
        }
        calls
    }

    #[test]
    fn it_prefetches_near_the_end_and_keeps_a_bounded_number_of_pages() {
        let mut w = Window::new(1);
        assert_eq!(pump(&mut w, 10_000), 1);
        assert_eq!(w.position().as_str(), "10000");
        for _ in 0..40 {
            w.act(Action::Bottom, None);
            pump(&mut w, 10_000);
            assert!(w.loaded() <= 100 * PAGES_MAX);
        }
        let at = w.current().unwrap().0;
        assert!(at > 3_000, "{at}");
        assert_eq!(w.position().as_str(), format!("{}/10000", at + 1));
        for _ in 0..40 {
            w.act(Action::Top, None);
            pump(&mut w, 10_000);
        }
        assert_eq!(w.rows().next(), Some(&N(0)));
    }

    #[test]
    fn the_selection_stays_on_its_row_when_rows_come_before_it() {
        let mut w = Window::new(0);
        w.set_height(10);
        let want = w.wants().unwrap();
        let rows = |items: Vec<u128>| Page {
            items: items.into_iter().map(N).collect(),
            next: None,
            prev: None,
            has_more: false,
            count: None,
        };
        w.answer(&want, Ok(rows(vec![1, 2, 3])), Time(0));
        w.act(Action::Down, None);
        assert_eq!(w.current(), Some(&N(2)));
        w.refresh();
        let want = w.wants().unwrap();
        w.answer(&want, Ok(rows(vec![9, 8, 1, 2, 3])), Time(1));
        assert_eq!(w.current(), Some(&N(2)));
        w.refresh();
        let want = w.wants().unwrap();
        w.answer(&want, Ok(rows(vec![9, 8, 1, 3])), Time(1));
        assert_eq!(
            w.current(),
            Some(&N(3)),
            "a row that has gone leaves the cursor at its place"
        );
    }

    #[test]
    fn another_list_starts_at_its_top_even_where_the_old_row_is_in_it() {
        let mut w = Window::new(0);
        pump(&mut w, 3);
        w.act(Action::Down, None);
        w.reset();
        w.home();
        pump(&mut w, 30);
        assert_eq!(w.current(), Some(&N(0)));
        w.act(Action::Down, Some(4));
        w.refresh();
        pump(&mut w, 30);
        assert_eq!(w.current(), Some(&N(4)));
    }

    #[test]
    fn a_change_while_a_call_is_under_way_asks_again() {
        let mut w = Window::new(0);
        let want = w.wants().unwrap();
        w.refresh();
        assert_eq!(w.wants(), None, "one call at a time");
        w.answer(&want, Ok(page(10, &want)), Time(0));
        let again = w.wants().unwrap();
        w.answer(&again, Ok(page(10, &again)), Time(0));
        assert_eq!(w.wants(), None);
    }

    #[test]
    fn a_failure_keeps_the_rows_and_says_since_when() {
        let mut w = Window::new(0);
        let want = w.wants().unwrap();
        w.answer(&want, Ok(page(10, &want)), Time(5));
        w.refresh();
        let want = w.wants().unwrap();
        w.answer(&want, Err(Safe::new("unreachable")), Time(9));
        assert_eq!((w.loaded(), w.as_of(), w.wants()), (10, Some(Time(5)), None));
        w.refresh();
        assert!(w.wants().is_some());
    }

    #[test]
    fn finding_goes_round_and_inverts() {
        let mut w = Window::new(0);
        pump(&mut w, 30);
        assert!(w.find("row 2"));
        assert_eq!(w.current(), Some(&N(2)));
        w.act(Action::FindNext, None);
        assert_eq!(w.current(), Some(&N(20)));
        w.act(Action::FindPrev, None);
        w.act(Action::FindPrev, None);
        assert_eq!(w.current(), Some(&N(29)));
        assert!(w.find("!row 2"));
        assert_eq!(w.current(), Some(&N(0)));
        assert!(!w.find("nothing like it"));
    }

    #[test]
    fn marks_and_ranges() {
        let mut w = Window::new(1);
        pump(&mut w, 30);
        w.act(Action::Down, None);
        w.act(Action::Range, None);
        w.act(Action::Down, Some(5));
        w.act(Action::Range, None);
        assert_eq!(w.targets().len(), 6);
        assert!(w.back());
        assert_eq!(w.targets().len(), 1);
        assert!(!w.back());
    }
}
