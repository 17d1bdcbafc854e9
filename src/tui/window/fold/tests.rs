//! Folding against a server of numbered rows in groups of forty.

use uuid::Uuid;

use super::super::fetch::PAGES_MAX;
use super::super::{Line, Marked, Want};
use super::*;
use crate::api::Page;
use crate::domain::time::Time;
use crate::tui::action::Action;

const OF: u128 = 40;

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

fn name(group: u128) -> Safe {
    Safe::new(&format!("g{group}"))
}

fn group(row: &N) -> Safe {
    name(row.0 / OF)
}

/// A window over the rows 0..n, and what the server leaves out.
struct Desk {
    w: Window<N>,
    n: u128,
    folded: Vec<u128>,
}

impl Desk {
    fn new(n: u128) -> Self {
        let mut w = Window::new(0);
        w.group_by(Some(group), true);
        let mut desk = Self {
            w,
            n,
            folded: Vec::new(),
        };
        desk.pump();
        let part = |g| Part {
            name: name(g),
            count: OF as i64,
        };
        desk.w.know_parts((0..n / OF).map(part).collect());
        desk
    }

    fn page(&self, want: &Want) -> Page<N> {
        let shown = |i: &u128| !self.folded.contains(&(i / OF));
        let all: Vec<u128> = (0..self.n).filter(shown).collect();
        let (from, to) = match want.cursor.as_deref() {
            None if want.end => (all.len().saturating_sub(100), all.len()),
            None => (0, all.len().min(100)),
            // A cursor names a row, be it folded meanwhile: the page lies behind or in front of it.
            Some(c) if c.starts_with('<') => {
                let to = all.partition_point(|i| *i < c[1..].parse().unwrap());
                (to.saturating_sub(100), to)
            }
            Some(c) => {
                let from = all.partition_point(|i| *i <= c.parse().unwrap());
                (from, (from + 100).min(all.len()))
            }
        };
        Page {
            items: all[from..to].iter().copied().map(N).collect(),
            next: (to < all.len()).then(|| all[to - 1].to_string()),
            prev: (from > 0).then(|| format!("<{}", all[from])),
            has_more: to < all.len(),
            count: want.is_first().then_some(all.len() as i64),
        }
    }

    fn pump(&mut self) {
        let mut calls = 0;
        while let Some(want) = self.w.wants() {
            let page = self.page(&want);
            self.w.answer(&want, Ok(page), Time(calls));
            calls += 1;
            assert!(calls < 50, "asks for ever");
            assert!(self.w.loaded() <= 100 * PAGES_MAX);
        }
    }

    fn fold(&mut self, group: u128) {
        self.w.fold(&[name(group)]);
        self.folded.push(group);
    }

    fn unfold(&mut self, group: u128) {
        self.w.unfold(&[name(group)]);
        self.folded.retain(|g| *g != group);
    }

    /// What is loaded, rows as their numbers and folded groups by name, in order.
    fn shown(&self) -> Vec<String> {
        let line = |line: Line<N>| match line {
            Line::Row(_, row, _) => Some(row.0.to_string()),
            Line::Folded(_, name) => Some(name.to_string()),
            _ => None,
        };
        let mut whole = Vec::new();
        for i in 0..self.w.len() {
            whole.push(match self.w.slot(i).unwrap() {
                Slot::Row(_) => self.w.row(i).unwrap().0.to_string(),
                Slot::Stub(k) => self.w.folds.name(k).unwrap().to_string(),
            });
        }
        let seen: Vec<String> = self.w.lines().into_iter().filter_map(line).collect();
        assert_eq!(
            whole[self.w.top..][..seen.len()],
            seen,
            "the screen shows what is there"
        );
        whole
    }

    fn down(&mut self, n: usize) {
        self.w.act(Action::Down, Some(n));
        self.pump();
    }
}

#[test]
fn a_folded_group_is_one_line_where_its_rows_were() {
    let mut desk = Desk::new(200);
    desk.down(50);
    desk.fold(1);
    let before = desk.shown();
    assert_eq!(before[39..42], ["39", "g1", "80"], "at once, before any answer");
    assert_eq!(
        desk.w.group_here(),
        Some((name(1), true)),
        "the cursor stays with the group"
    );
    assert_eq!(desk.w.current(), None);
    desk.pump();
    assert_eq!(desk.shown()[39..42], ["39", "g1", "80"]);
    assert_eq!(desk.w.group_here(), Some((name(1), true)));
    assert_eq!(desk.w.position().as_str(), "1 folded · 160");
    desk.down(1);
    assert_eq!(desk.w.current(), Some(&N(80)));
    assert_eq!(desk.w.position().as_str(), "1 folded · 41 of 160");
    desk.w.act(Action::Up, None);
    desk.unfold(1);
    assert_eq!(
        desk.w.position().as_str(),
        "41 of 200",
        "on the row behind, until its own come"
    );
    desk.pump();
    assert_eq!(desk.w.current(), Some(&N(40)), "its first row");
    let all: Vec<String> = (0..200).map(|i: u128| i.to_string()).collect();
    desk.down(199);
    assert_eq!(desk.shown(), all, "nothing is missing and nothing is there twice");
}

#[test]
fn first_last_neighbouring_and_all_groups_fold() {
    let mut desk = Desk::new(200);
    for group in [0, 4, 2, 3] {
        desk.fold(group);
        desk.pump();
    }
    let shown = desk.shown();
    assert_eq!((shown.len(), shown[0].as_str(), shown[1].as_str()), (44, "g0", "40"));
    assert_eq!(shown[40..], ["79", "g2", "g3", "g4"]);
    desk.w.act(Action::Top, None);
    assert_eq!(desk.w.group_here(), Some((name(0), true)));
    // From group to group, folded or not.
    let mut groups = Vec::new();
    for _ in 0..5 {
        groups.push(desk.w.group_here().unwrap().0.to_string());
        desk.w.act(Action::NextRecord, None);
    }
    assert_eq!(groups, ["g0", "g1", "g2", "g3", "g4"]);
    desk.fold(1);
    desk.pump();
    assert_eq!(desk.shown(), ["g0", "g1", "g2", "g3", "g4"]);
    assert!(!desk.w.is_empty(), "folded is not nothing");
    desk.w.unfold(&[0, 1, 2, 3, 4].map(name));
    desk.folded.clear();
    desk.pump();
    desk.down(500);
    assert_eq!(desk.shown().len(), 200);
}

/// The whole page may be folded away before the next one comes: the cursor stays with the group all the same.
#[test]
fn a_page_of_folded_groups_alone_keeps_their_lines() {
    let mut desk = Desk::new(10_000);
    for (group, first) in [(0, 0), (1, 40), (2, 80)] {
        assert_eq!(desk.w.current(), Some(&N(first)));
        desk.fold(group);
        assert_eq!(desk.w.group_here(), Some((name(group), true)));
        desk.w.act(Action::Down, None);
    }
    assert_eq!(desk.w.loaded(), 0);
    assert_eq!(desk.shown(), ["g0", "g1", "g2"]);
    assert_eq!(desk.w.group_here(), Some((name(2), true)));
    desk.pump();
    assert_eq!(desk.shown()[..4], ["g0", "g1", "g2", "120"]);
    assert_eq!(desk.w.group_here(), Some((name(2), true)));
}

#[test]
fn far_down_a_long_list_folding_reloads_what_is_near() {
    let mut desk = Desk::new(10_000);
    for _ in 0..600 {
        desk.down(10);
    }
    assert_eq!(desk.w.current(), Some(&N(6_000)));
    desk.fold(150);
    desk.pump();
    assert_eq!(desk.w.group_here(), Some((name(150), true)));
    let shown = desk.shown();
    let here = shown.iter().position(|line| line == "g150").unwrap();
    assert_eq!((shown[here - 1].as_str(), shown[here + 1].as_str()), ("5999", "6040"));
    desk.unfold(150);
    desk.pump();
    assert_eq!(desk.w.current(), Some(&N(6_000)));
    desk.w.act(Action::Bottom, None);
    desk.pump();
    desk.fold(249);
    desk.pump();
    assert_eq!(desk.w.group_here(), Some((name(249), true)));
    let shown = desk.shown();
    assert_eq!(shown[shown.len() - 2..], ["9959", "g249"]);
}

#[test]
fn marks_and_finding_keep_to_the_rows() {
    let mut desk = Desk::new(200);
    desk.w.act(Action::Mark, None);
    desk.fold(0);
    desk.pump();
    let Marked::These(marked) = desk.w.marked() else {
        panic!("{:?}", desk.w.marked())
    };
    assert_eq!(marked, [N(0)], "a mark stays, folded or not");
    assert!(desk.w.position().as_str().starts_with("1 marked, 1 not loaded"));
    desk.w.back();
    assert!(desk.w.find("row 100"));
    assert_eq!(desk.w.current(), Some(&N(100)));
    assert!(desk.w.position().as_str().starts_with("match 1 of 1"));
    assert!(!desk.w.find("row 17 "), "what is folded is not here");
    desk.w.back();
    desk.w.act(Action::Top, None);
    desk.w.act(Action::Range, None);
    desk.w.act(Action::Down, Some(2));
    desk.w.act(Action::Range, None);
    let Marked::These(marked) = desk.w.marked() else {
        panic!("{:?}", desk.w.marked())
    };
    assert_eq!(marked, [N(40), N(41)], "the line of a group is no row");
    desk.w.back();
    desk.w.mark_all();
    desk.unfold(0);
    assert_eq!(desk.w.marked(), Marked::Nothing, "all are others now");
}

#[test]
fn an_answer_from_before_brings_nothing_back() {
    let mut desk = Desk::new(200);
    desk.w.refresh();
    let want = desk.w.wants().unwrap();
    let late = desk.page(&want);
    desk.fold(0);
    desk.w.answer(&want, Ok(late), Time(1));
    assert_eq!(desk.shown()[..2], ["g0", "40"]);
    desk.pump();
    assert_eq!(desk.shown()[..2], ["g0", "40"]);
}
