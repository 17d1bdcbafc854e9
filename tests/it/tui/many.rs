//! Acts over marks: the sheets that ask what is needed, the look before it is done, all of it or nothing.

use riskdesk::api::bulk::{BulkChange, BulkClient, BulkFindings, BulkLosses, BulkOutcome, BulkReason};
use riskdesk::api::finding::{InconclusiveReason, RoundKind};

use super::*;

fn outcome(changed: i64, refused: i64, applied: bool) -> BulkOutcome {
    let reason = BulkReason {
        code: Code::TransitionNotAllowed,
        detail: "A verified finding cannot be moved there.".into(),
        count: refused,
        examples: vec!["F-7K3QX2".into()],
    };
    BulkOutcome {
        losses: None,
        led: Vec::new(),
        applied,
        act: None,
        digest: "d1".into(),
        count: changed + refused,
        changed,
        already: 0,
        refused,
        reasons: (refused > 0).then_some(reason).into_iter().collect(),
        clients: vec![BulkClient {
            client: Some(reference(1, "acme", "ACME Corporation")),
            count: changed,
        }],
    }
}

#[test]
fn marked_findings_are_moved_in_one_act_after_a_look() {
    let mut desk = desk(80, 24);
    desk.press("3<space><space>sn");
    desk.press("still there<ctrl-s>");
    let call = desk.expect_call::<BulkFindings>();
    assert!(call.dry_run && call.q.is_none());
    assert_eq!((call.findings.len(), call.findings[0].version), (2, Some(5)));
    assert!(matches!(&call.change, BulkChange::Move(m) if m.notes == "still there"));
    desk.reply::<BulkFindings>(outcome(2, 0, false));
    insta::assert_snapshot!("marked_plan", desk.screen());
    desk.press("<enter><enter>");
    assert_eq!(desk.calls().iter().filter(|c| c.contains("bulk")).count(), 1, "once");
    assert!(!desk.expect_call::<BulkFindings>().dry_run);
    desk.reply::<BulkFindings>(outcome(2, 0, true));
    let screen = desk.screen();
    assert!(screen.contains("2 findings changed in one act."), "{screen}");
    assert!(!screen.contains("marked"), "{screen}");
}

#[test]
fn what_cannot_change_stops_all_of_it_and_says_why() {
    let mut desk = desk(80, 24);
    desk.press("3<space><space>ut");
    desk.reply::<BulkFindings>(outcome(1, 1, false));
    assert!(desk.screen().contains("cannot change"), "{}", desk.screen());
    desk.press("<enter>");
    assert!(desk.call::<BulkFindings>().is_none());
    assert!(desk.screen().contains("All or nothing"), "{}", desk.screen());
}

#[test]
fn all_that_match_go_by_query_and_digest() {
    let mut desk = Harness::new(80, 24).signed_in(Role::Admin);
    desk.press("3");
    while desk.call::<ListFindings>().is_some() {
        desk.reply::<ListFindings>(beginning(100, 489));
    }
    desk.press("*").reply::<ListFindings>(beginning(1, 489));
    desk.press("aben<enter>");
    let call = desk.expect_call::<BulkFindings>();
    assert_eq!((call.q.as_deref(), call.findings.len()), (Some("is:open"), 0));
    assert!(matches!(&call.change, BulkChange::Edit(e) if e.assignee == Some(Some("ben@agency.test".into()))));
    desk.reply::<BulkFindings>(outcome(489, 0, false));
    desk.press("<enter>");
    assert_eq!(desk.expect_call::<BulkFindings>().digest.as_deref(), Some("d1"));
    // The queue's own query stands for what is in its lanes, never for closed findings.
    let mut desk = Harness::new(80, 24).signed_in(Role::Admin);
    while desk.call::<ListQueue>().is_some() {
        let mut part = queue();
        (part.next, part.has_more, part.count) = (Some("next".into()), true, Some(489));
        desk.reply::<ListQueue>(part);
        if desk.call::<ListQueue>().is_some_and(|c| c.cursor.is_some()) {
            break;
        }
    }
    desk.press("*eh");
    let q = desk.expect_call::<BulkFindings>().q.clone().unwrap();
    assert!(q.starts_with("lane:verify,reply,back,overdue"), "{q}");
}

/// What is seen as marked is what an act is about: a range need not be closed first.
#[test]
fn an_act_in_a_range_is_about_the_range() {
    let mut desk = desk(80, 24);
    desk.press("3vj");
    assert!(desk.screen().contains("2 marked · range · 2 of"), "{}", desk.screen());
    desk.press("y");
    assert_eq!(desk.copied[0].split_whitespace().count(), 2, "{:?}", desk.copied);
    desk.press("s");
    assert!(desk.screen().contains("Move what is marked"), "{}", desk.screen());
    desk.press("<esc><esc>");
    assert!(desk.screen().contains(" 2 of"), "{}", desk.screen());
    assert!(!desk.screen().contains("marked"), "{}", desk.screen());
}

/// Every line of the sheets over marks asks what it needs and then what it would do; one that has no meaning for many
/// says why.
#[test]
fn what_is_marked_changes_with_the_fields_it_needs() {
    type Right = fn(&BulkChange) -> bool;
    let cases: [(&str, &str, Right); 7] = [
        (
            "si",
            "<right><tab>no way in",
            |c| matches!(c, BulkChange::Move(m) if m.reason == Some(InconclusiveReason::NoAccess) && m.notes == "no way in"),
        ),
        (
            "sd",
            "F-7K3QX2",
            |c| matches!(c, BulkChange::Move(m) if m.to == Status::Duplicate && m.of.as_deref() == Some("F-7K3QX2")),
        ),
        (
            "sr",
            "<tab>agreed",
            |c| matches!(c, BulkChange::Move(m) if m.until > Some(NOON) && m.notes == "agreed"),
        ),
        (
            "sf",
            "retested",
            |c| matches!(c, BulkChange::Move(m) if m.basis.as_deref() == Some("retested")),
        ),
        (
            "sv",
            "<right><tab>again",
            |c| matches!(c, BulkChange::Move(m) if m.kind == Some(RoundKind::Retest) && m.notes == "again"),
        ),
        (
            "ed",
            "<ctrl-u>14d",
            |c| matches!(c, BulkChange::Edit(e) if e.due_at == Some(Some(NOON.plus_days(14)))),
        ),
        (
            "eg",
            "pci tag:q3<tab>old",
            |c| matches!(c, BulkChange::Edit(e) if e.add_tags == ["pci", "q3"] && e.remove_tags == ["old"]),
        ),
    ];
    for (keys, typed, right) in cases {
        let mut desk = desk(80, 24);
        desk.press("3j<space><space>").press(keys).press(typed);
        insta::assert_snapshot!(format!("marked_{keys}"), desk.screen());
        assert!(desk.call::<BulkFindings>().is_none());
        desk.press("<ctrl-s>");
        let call = desk.expect_call::<BulkFindings>();
        assert!(
            call.dry_run && call.findings.len() == 2 && right(&call.change),
            "{keys}: {call:?}"
        );
        // What was typed is there until it is done.
        desk.reply::<BulkFindings>(outcome(1, 1, false)).press("<esc>");
        desk.press(keys);
        assert!(
            desk.screen().contains("Your draft is back"),
            "{keys}: {}",
            desk.screen()
        );
        desk.press("<ctrl-s>")
            .reply::<BulkFindings>(outcome(2, 0, false))
            .press("<enter>");
        desk.reply::<BulkFindings>(outcome(2, 0, true));
        assert!(!desk.screen().contains("marked"), "{keys}: {}", desk.screen());
        settle(&mut desk);
        desk.press("gj<space><space>").press(keys);
        assert!(
            !desk.screen().contains("Your draft is back"),
            "{keys}: {}",
            desk.screen()
        );
    }
    let mut desk = desk(80, 24);
    desk.press("3<space><space>sa");
    insta::assert_snapshot!("marked_partial", desk.screen());
    assert!(desk.call::<BulkFindings>().is_none());
}

/// `e` on one finding is the same sheet.
#[test]
fn one_finding_is_edited_as_many_are() {
    let mut desk = desk(80, 24);
    desk.press("3eh");
    let call = desk.expect_call::<BulkFindings>();
    assert!(matches!(&call.change, BulkChange::Edit(e) if e.severity == Some(Some(Severity::High))));
    assert_eq!(call.findings.len(), 1);
    assert!(desk.screen().contains("F-7K3QX2"), "{}", desk.screen());
}

#[test]
fn findings_go_to_another_project_after_a_look() {
    // One, from its detail; from the queue; several.
    for (keys, count) in [("3<enter>m", 1), ("4m", 1), ("3<space><space>m", 2)] {
        let mut desk = desk(80, 24);
        desk.press(keys);
        assert_eq!(desk.expect_call::<ListProjects>().limit, Some(200));
        desk.reply::<ListProjects>(projects());
        let screen = desk.screen();
        assert!(
            screen.contains("which project?") && screen.contains("Crane telemetry"),
            "{keys}: {screen}"
        );
        // Where all of them are already is no place to go.
        desk.press("web<enter>");
        assert!(desk.screen().contains("there already"), "{keys}: {}", desk.screen());
        desk.press("<ctrl-u>crane<enter>");
        let call = desk.expect_call::<BulkFindings>();
        assert!(call.dry_run && call.findings.len() == count, "{keys}");
        assert!(matches!(&call.change, BulkChange::Place(p) if p.project.len() == 36));
        let mut losing = outcome(count as i64, 0, false);
        losing.losses = Some(BulkLosses {
            leave_their_client: count as i64,
            comments_made_internal: 4,
            releases_taken_back: 1,
            ..BulkLosses::default()
        });
        desk.reply::<BulkFindings>(losing);
        let screen = desk.screen();
        for says in [
            "leave their client",
            "4  shared comments become internal",
            "1  releases are taken back",
        ] {
            assert!(screen.contains(says), "{keys}: {screen}");
        }
        assert!(!screen.contains("claims"), "{screen}");
        desk.press("<enter>");
        let call = desk.expect_call::<BulkFindings>();
        assert!(!call.dry_run && call.findings[0].version.is_some());
        desk.reply::<BulkFindings>(outcome(count as i64, 0, true));
        assert!(
            desk.screen().contains("changed in one act. Undo with z."),
            "{keys}: {}",
            desk.screen()
        );
    }
    // A pinned client is not left by it.
    let mut desk = desk(80, 24);
    desk.press("3.m");
    desk.reply::<ListProjects>(projects());
    desk.press("crane<enter>");
    assert!(desk.call::<BulkFindings>().is_none());
    assert!(desk.screen().contains("not the pinned client"), "{}", desk.screen());
}
