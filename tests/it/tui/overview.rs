//! The agency overview: charts that read without colour, at every size; and a viewer's console, which is nothing else.

use riskdesk::api::agency::{ClientCounts, ClientLoad, Due, DueCounts, DueDay, Overview, RecentAct, ShowOverview};
use riskdesk::domain::plan::PlanState;
use riskdesk::domain::safe::Safe;
use riskdesk::tui::harness::agency;

use super::*;

const SIZES: [(u16, u16); 4] = [(60, 16), (80, 24), (120, 30), (200, 50)];

/// What an admin is answered; `name` is what its client is called.
pub fn overview(name: &str) -> Overview {
    let mut agency = agency();
    agency.clients.used = agency.clients.limit;
    agency.plan = PlanState::PastDue;
    agency.open_findings = SeverityCounts {
        critical: 7,
        high: 134,
        medium: 1_204,
        low: 310,
        info: 0,
    };
    let load = |n, name: &str, critical| ClientLoad {
        client: reference(n, "acme", name),
        open_findings: SeverityCounts {
            critical,
            high: 12,
            medium: 140,
            low: 0,
            info: 3,
        },
    };
    let act = |minutes: i64, act: &str, actor: Option<&str>, client| RecentAct {
        at: NOON.plus_ms(-minutes * 60_000),
        actor: actor.map(str::to_owned),
        act: act.into(),
        client,
    };
    let days = [(3, 1), (0, 0), (12, 4), (1, 0), (0, 2), (0, 0), (40, 0)];
    let day = |(i, (fix, verify)): (usize, &(i64, i64))| DueDay {
        date: format!("2026-11-{}", 22 + i),
        due: DueCounts {
            fix: *fix,
            verify: *verify,
        },
    };
    Overview {
        as_of: NOON,
        agency,
        clients: ClientCounts {
            onboarding: 2,
            active: 11,
            paused: 1,
            archived: 5,
        },
        due: Due {
            overdue: DueCounts { fix: 18, verify: 2 },
            days: days.iter().enumerate().map(day).collect(),
        },
        worst: Some(vec![load(1, name, 5), load(2, "Borealis Shipping", 2)]),
        acts: Some(vec![
            act(4, "finding.move", Some("Ben Analyst"), Some(reference(1, "acme", name))),
            act(
                180,
                "client.access",
                Some("Ada Admin"),
                Some(reference(2, "borealis", "Borealis Shipping")),
            ),
            act(3_000, "finding.due", None, None),
        ]),
    }
}

fn nameless() -> Overview {
    Overview {
        worst: None,
        acts: None,
        ..overview("ACME Corporation")
    }
}

fn shown(width: u16, height: u16, theme: &str) -> Harness {
    let mut desk = Harness::with_theme(width, height, theme).signed_in(Role::Admin);
    settle(&mut desk);
    desk.press("O");
    desk.reply::<ShowOverview>(overview("ACME Corporation"));
    desk
}

fn viewer(width: u16, height: u16) -> Harness {
    let mut desk = Harness::new(width, height).signed_in(Role::Viewer);
    desk.reply::<ShowOverview>(nameless());
    desk
}

#[test]
fn the_overview_at_four_sizes_says_the_same_in_every_theme() {
    for (width, height) in SIZES {
        let plain = shown(width, height, "mono").screen();
        insta::assert_snapshot!(format!("overview_{width}x{height}"), plain);
        for theme in ["terminal", "light", "high-contrast"] {
            assert_eq!(shown(width, height, theme).screen(), plain, "{theme}");
        }
    }
}

#[test]
fn a_viewer_at_four_sizes() {
    for (width, height) in SIZES {
        insta::assert_snapshot!(format!("viewer_{width}x{height}"), viewer(width, height).screen());
    }
}

#[test]
fn sixteen_colours_and_none_differ_in_looks_only() {
    let looks = |theme| {
        let mut desk = shown(120, 30, theme);
        let buffer = desk.draw();
        buffer
            .content
            .iter()
            .filter(|c| c.style().fg.is_some_and(|c| c != ratatui::style::Color::Reset))
            .count()
    };
    assert_eq!(looks("mono"), 0);
    assert!(looks("terminal") > 100);
}

#[test]
fn every_number_can_be_scrolled_to_in_the_smallest_window() {
    let mut desk = shown(60, 16, "mono");
    let mut seen = desk.screen();
    for _ in 0..60 {
        desk.press("j");
        seen.push_str(&desk.screen());
    }
    for text in [
        "past due",
        "14 of 14",
        "full",
        "overdue",
        "today",
        "Mon 23",
        "critical",
        "1204",
        "11 active",
        "ACME Corporation",
        "finding move",
        "a rule",
    ] {
        assert!(seen.contains(text), "{text} in\n{seen}");
    }
}

#[test]
fn it_follows_changes_and_says_how_old_it_is() {
    let mut desk = shown(80, 24, "mono");
    assert!(desk.screen().contains("as of 12:00"));
    let change = |topic| Event {
        topic,
        act: "finding.move".into(),
        id: Some(Uuid::from_u128(300)),
        project: None,
        client: Some(Uuid::from_u128(101)),
        at: NOON,
    };
    // A change is waited for to settle, and asked for once however many there are.
    desk.event(change(Topic::Finding));
    settle(&mut desk);
    assert!(desk.call::<ShowOverview>().is_none());
    desk.pass(2_000);
    desk.expect_call::<ShowOverview>();
    desk.event(change(Topic::Finding));
    let asked = desk.calls().iter().filter(|c| c.contains("overview")).count();
    assert_eq!(asked, 1, "{:?}", desk.calls());
    let mut later = overview("ACME Corporation");
    later.as_of = NOON.plus_ms(60_000);
    desk.reply::<ShowOverview>(later);
    assert!(desk.screen().contains("as of 12:01"));
    // Nothing was told, and a minute is over.
    desk.pass(2_000);
    desk.reply::<ShowOverview>(overview("ACME Corporation"));
    desk.pass(60_000);
    desk.expect_call::<ShowOverview>();
    // A failure leaves what was there, and says why.
    desk.refuse::<ShowOverview>(Fault::Unreachable("connection refused".into()));
    let screen = desk.screen();
    assert!(
        screen.contains("cannot be reached") && screen.contains("overdue"),
        "{screen}"
    );
    desk.press("r");
    desk.expect_call::<ShowOverview>();
    desk.press("O");
    assert!(!desk.screen().contains("Due this week"), "{}", desk.screen());
}

#[test]
fn a_viewer_gets_nothing_else_and_is_told_why() {
    let mut desk = viewer(80, 24);
    let first = desk.screen();
    assert!(first.contains("As a viewer you see"), "{first}");
    assert!(first.lines().next().unwrap().contains("Northlight Security › Overview"));
    assert!(desk.calls().is_empty(), "no pane asks for anything: {:?}", desk.calls());
    for keys in [
        "1", "4", "<tab>", "0", "f", "/", "<ctrl-n>", "i", "s", "t", "z", "!", "B", "p", "F", "-", ".", "<enter>",
    ] {
        desk.press(keys);
        let screen = desk.screen();
        assert!(screen.contains("A viewer sees the overview alone"), "{keys}:\n{screen}");
        assert!(screen.contains("Due this week"), "{keys}:\n{screen}");
        assert!(desk.calls().is_empty(), "{keys}: {:?}", desk.calls());
    }
    for line in ["findings is:open", "clients", "queue"] {
        desk.press(":").paste(line).press("<enter>");
        assert!(
            desk.screen().contains("A viewer sees the overview alone"),
            "{line}:\n{}",
            desk.screen()
        );
        desk.press("<esc><esc><esc>");
        assert!(desk.calls().is_empty(), "{line}: {:?}", desk.calls());
    }
    desk.press("<esc>");
    assert_eq!(desk.screen(), first, "Esc leaves it where it is");
    desk.link(Incoming::Resync);
    assert_eq!(desk.calls().len(), 1, "{:?}", desk.calls());
    desk.press("?");
    assert!(
        desk.screen().contains("A viewer sees the overview a…"),
        "{}",
        desk.screen()
    );
    desk.press("<esc>q");
    assert!(desk.has_quit());
}

#[test]
fn a_viewers_screen_locks_like_any_other() {
    let mut desk = viewer(80, 24).locking_after(1_000);
    desk.pass(2_000);
    desk.press("j");
    let screen = desk.screen();
    assert!(
        screen.contains("Locked") && !screen.contains("Due this week"),
        "{screen}"
    );
}

#[test]
fn hostile_names_reach_no_cell() {
    let mut count = 0;
    for text in hostile::corpus() {
        for (width, height) in [(60, 16), (120, 40)] {
            let mut desk = Harness::new(width, height).signed_in(Role::Admin);
            settle(&mut desk);
            desk.press("O");
            let mut all = overview(&text);
            all.agency.name.clone_from(&text);
            for act in all.acts.iter_mut().flatten() {
                act.act.clone_from(&text);
                act.actor = Some(text.clone());
            }
            for day in &mut all.due.days {
                day.date.clone_from(&text);
            }
            desk.reply::<ShowOverview>(all);
            for keys in ["", "G"] {
                desk.press(keys);
                let bad = hostile::offences(&mut desk);
                assert!(bad.is_empty(), "{} in {}", bad.join(" "), Safe::new(&text));
                count += 1;
            }
        }
    }
    crate::support::checked("check 8: hostile text in the overview", count, 0, 300 * 4);
}
