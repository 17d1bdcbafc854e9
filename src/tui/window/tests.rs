//! A window against a server of numbered rows.

use super::super::action::Action;
use super::fetch::PAGES_MAX;
use super::*;
use crate::api::Page;

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
    let from = match want.cursor.as_deref() {
        None if want.end => n.saturating_sub(100),
        None => 0,
        Some(c) => match c.strip_prefix('<') {
            Some(to) => to.parse::<u128>().unwrap().saturating_sub(100),
            None => c.parse().unwrap(),
        },
    };
    let to = (from + 100).min(n);
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
    assert_eq!(w.position().as_str(), "10,000");
    for _ in 0..400 {
        w.act(Action::PageDown, None);
        pump(&mut w, 10_000);
        assert!(w.loaded() <= 100 * PAGES_MAX);
    }
    let at = w.current().unwrap().0;
    assert!(at > 3_000, "{at}");
    assert_eq!(w.position().as_str(), format!("{} of 10,000", grouped(at as i64 + 1)));
    for _ in 0..600 {
        w.act(Action::PageUp, None);
        pump(&mut w, 10_000);
    }
    assert_eq!(w.rows().next(), Some(&N(0)));
    assert_eq!(w.position().as_str(), "10,000", "on the fixed row");
}

#[test]
fn both_ends_are_one_key_away_however_long_the_list_is() {
    let mut w = Window::new(1);
    pump(&mut w, 100_000);
    w.act(Action::Bottom, None);
    assert!(w.is_ending());
    assert_eq!(pump(&mut w, 100_000), 1, "one call, not a thousand");
    assert_eq!(w.current(), Some(&N(99_999)));
    assert_eq!(w.position().as_str(), "100,000 of 100,000");
    for _ in 0..2 {
        w.act(Action::PageUp, Some(4));
        pump(&mut w, 100_000);
    }
    assert_eq!(w.current(), Some(&N(99_839)));
    assert_eq!(w.position().as_str(), "about 99,840 of 100,000");
    w.refresh();
    pump(&mut w, 100_000);
    assert_eq!(w.current(), Some(&N(99_839)), "a change elsewhere leaves it there");
    w.act(Action::Top, None);
    pump(&mut w, 100_000);
    assert_eq!(w.current(), None, "the fixed row");
    assert!(w.is_at(0));
    w.act(Action::Down, None);
    assert_eq!(w.position().as_str(), "1 of 100,000");
}

#[test]
fn a_row_that_was_made_gets_the_cursor_unless_somebody_moves_first() {
    let mut w = Window::new(0);
    pump(&mut w, 20);
    w.await_row(Uuid::from_u128(25));
    pump(&mut w, 20);
    assert_eq!(w.current(), Some(&N(0)), "it has not come yet");
    w.refresh();
    pump(&mut w, 30);
    assert_eq!(w.current(), Some(&N(25)));
    w.await_row(Uuid::from_u128(35));
    w.act(Action::Up, None);
    w.refresh();
    pump(&mut w, 40);
    assert_eq!(w.current(), Some(&N(24)));
    w.await_row(Uuid::from_u128(27));
    assert_eq!(w.current(), Some(&N(27)), "it is there already");
}

#[test]
fn a_short_list_needs_nobody_for_its_end() {
    let mut w = Window::new(0);
    pump(&mut w, 30);
    w.act(Action::Bottom, None);
    assert_eq!(pump(&mut w, 30), 0);
    assert_eq!(w.current(), Some(&N(29)));
}

#[test]
fn a_page_moves_the_screen_with_the_cursor() {
    let mut w = Window::new(0);
    w.set_height(10);
    pump(&mut w, 45);
    w.act(Action::Down, Some(3));
    w.act(Action::PageDown, None);
    assert_eq!(w.visible().next().unwrap().0, 10);
    assert_eq!(w.current(), Some(&N(13)));
    w.act(Action::PageDown, Some(9));
    assert_eq!(w.current(), Some(&N(44)));
    assert_eq!(w.visible().next().unwrap().0, 35);
    w.act(Action::PageUp, Some(9));
    assert_eq!(w.current(), Some(&N(0)));
}

#[test]
fn groups_get_headings_and_the_cursor_stays_in_view() {
    let mut w = Window::new(0);
    w.set_height(10);
    pump(&mut w, 45);
    w.group_by(Some(|n: &N| Safe::new(&format!("tens {}", n.0 / 10))), true);
    let heads = |w: &Window<N>| {
        let lines = w.lines();
        assert!(lines.len() <= 10);
        assert!(lines.iter().any(|l| matches!(l, Line::Row(i, ..) if w.is_at(*i))));
        lines.iter().filter(|l| matches!(l, Line::Heading(_))).count()
    };
    assert_eq!(heads(&w), 1);
    w.act(Action::NextRecord, None);
    assert_eq!(w.current(), Some(&N(10)));
    w.act(Action::Down, Some(3));
    assert_eq!(heads(&w), 2);
    for _ in 0..40 {
        w.act(Action::Down, None);
        heads(&w);
    }
    w.act(Action::PrevRecord, None);
    w.act(Action::PrevRecord, None);
    assert_eq!(w.current(), Some(&N(30)));
    let Some(Line::Heading(heading)) = w
        .lines()
        .into_iter()
        .find(|l| matches!(l, Line::Heading(h) if h.name.as_str() == "tens 3"))
    else {
        panic!("no heading");
    };
    assert_eq!((heading.loaded, heading.more), (10, false));
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

fn marked(w: &Window<N>) -> usize {
    match w.marked() {
        Marked::Nothing => 0,
        Marked::These(rows) => rows.len(),
        Marked::All(n) => n.map_or(usize::MAX, |n| n as usize),
    }
}

#[test]
fn marks_and_ranges() {
    let mut w = Window::new(1);
    pump(&mut w, 30);
    w.act(Action::Down, None);
    w.act(Action::Range, None);
    w.act(Action::Down, Some(5));
    assert_eq!(marked(&w), 6, "what is being drawn counts");
    assert_eq!(w.position().as_str(), "6 marked · range · 6 of 30");
    w.act(Action::Down, None);
    w.act(Action::Up, None);
    w.act(Action::Range, None);
    w.act(Action::Down, None);
    assert_eq!(marked(&w), 6, "and stays when it is drawn");
    assert!(w.back());
    assert_eq!(marked(&w), 0);
    assert!(!w.back());
}

#[test]
fn marks_survive_paging_and_reloading() {
    let mut w = Window::new(0);
    pump(&mut w, 10_000);
    w.act(Action::Mark, None);
    w.act(Action::Mark, None);
    for _ in 0..100 {
        w.act(Action::PageDown, None);
        pump(&mut w, 10_000);
    }
    w.refresh();
    pump(&mut w, 10_000);
    assert_eq!(marked(&w), 2);
    assert!(
        w.position().as_str().starts_with("2 marked, 2 not loaded"),
        "{}",
        w.position()
    );
    w.reset();
    assert_eq!(marked(&w), 0, "another list, other marks");
}

#[test]
fn all_that_match_is_what_the_server_counts() {
    let mut w = Window::new(0);
    pump(&mut w, 489);
    assert!(w.mark_all());
    assert_eq!(w.position().as_str(), "all that match · 1 of 489");
    w.counted(Some(490));
    assert_eq!(w.position().as_str(), "all 490 that match · 1 of 490");
    assert_eq!(marked(&w), 490);
    assert!(w.is_marked(Uuid::from_u128(480)));
    w.back();
    let mut w = Window::new(0);
    pump(&mut w, 30);
    w.mark_all();
    assert_eq!(marked(&w), 30, "all of them are here: these");
    w.act(Action::Mark, None);
    assert_eq!(marked(&w), 29, "all but one");
    w.back();
    w.find("row 2");
    assert!(!w.mark_all(), "what is found is marked without the server");
    assert_eq!(marked(&w), 11);
}

#[test]
fn matches_say_which_they_are() {
    let mut w = Window::new(0);
    pump(&mut w, 250);
    w.find("row 9");
    assert_eq!(w.position().as_str(), "match 1 of 11 loaded · 10 of 250");
    w.act(Action::FindNext, None);
    assert_eq!(w.position().as_str(), "match 2 of 11 loaded · 91 of 250");
    w.act(Action::Up, None);
    assert_eq!(w.position().as_str(), "11 matches loaded · 90 of 250");
}
