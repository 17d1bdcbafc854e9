//! Findings that become one and places that are split off: what is chosen, the look before it is done, and the words after.

use riskdesk::api::correction::{Correction, CorrectionDone, CorrectionKind, MergeFindings, Related, SplitFinding};

use super::*;

fn done(finding: Finding, made: Option<Finding>, applied: bool) -> CorrectionDone {
    CorrectionDone {
        applied,
        act: None,
        finding,
        made,
        says: vec!["F-A1B2C3 (high, open) becomes part of F-7K3QX2, with 1 place.".into()],
        client_sees: vec!["ACME Corporation sees 1 place more, of F-A1B2C3.".into()],
    }
}

#[test]
fn marked_findings_become_one_after_a_look() {
    let mut desk = desk(80, 24);
    desk.press("3<space><space>M");
    insta::assert_snapshot!("merge_which_stays", desk.screen());
    desk.press("j<enter>");
    let all = findings().items;
    let call = desk.expect_call::<MergeFindings>();
    assert!(call.dry_run && !call.client_sees);
    assert_eq!(call.into, all[1].id.to_string());
    assert_eq!(
        (call.findings.len(), call.findings[0].version),
        (2, Some(all[0].version))
    );
    desk.reply::<MergeFindings>(done(all[1].clone(), None, false));
    insta::assert_snapshot!("merge_plan", desk.screen());
    desk.press("<enter><enter>");
    let call = desk.expect_call::<MergeFindings>();
    // What the client will see was read before Enter.
    assert!(!call.dry_run && call.client_sees);
    desk.reply::<MergeFindings>(done(all[1].clone(), None, true));
    let screen = desk.screen();
    assert!(screen.contains("is one finding now"), "{screen}");
    assert!(!screen.contains("marked"), "{screen}");
}

#[test]
fn a_refusal_of_a_merge_is_read_in_its_sheet() {
    let mut desk = desk(80, 24);
    desk.press("3<space><space>M<enter>");
    desk.refuse::<MergeFindings>(problem(Code::TransitionNotAllowed, "F-7K3QX2 waits for a verdict."));
    assert!(desk.screen().contains("waits for a verdict"), "{}", desk.screen());
    desk.press("<enter>");
    assert!(desk.call::<MergeFindings>().is_none());
}

#[test]
fn what_is_related_is_one_key_away() {
    let mut desk = desk(80, 24);
    let all = findings().items;
    let mut shown = detail(all[0].clone());
    shown.related = vec![Related {
        finding: all[1].clone(),
        why: "CVE-2024-1234 at shop.acme.test, by trivy".into(),
    }];
    shown.corrections = vec![Correction {
        kind: CorrectionKind::Merged,
        key: "F-Z9Y8X7".into(),
        title: "The same".into(),
        tool: "zap".into(),
        hash: "00".into(),
        fingerprint_version: 1,
        fields: vec![("rule".into(), "40012".into())],
        occurrences: 2,
        by: Some("Jonas".into()),
        at: NOON,
    }];
    desk.press("3<enter>").reply::<ShowFinding>(shown.clone());
    let screen = desk.screen();
    assert!(screen.contains("F-Z9Y8X7 merged by Jonas on"), "{screen}");
    assert!(screen.contains("by trivy"), "{screen}");
    desk.press("M").reply::<ShowFinding>(shown);
    insta::assert_snapshot!("merge_related", desk.screen());
    desk.press("<enter>");
    let call = desk.expect_call::<MergeFindings>();
    assert_eq!((&call.into, call.findings.len()), (&all[0].id.to_string(), 2));
    // Nothing related: it says what to do instead.
    desk.press("<esc>M").reply::<ShowFinding>(detail(all[0].clone()));
    assert!(desk.screen().contains("Mark the findings"), "{}", desk.screen());
}

#[test]
fn marked_places_are_split_off() {
    let mut desk = desk(80, 24);
    let all = findings().items;
    desk.press("3<enter>").reply::<ShowFinding>(detail(all[0].clone()));
    desk.press("S");
    assert!(desk.call::<SplitFinding>().is_none());
    assert!(desk.screen().contains("A split begins at a place"), "{}", desk.screen());
    desk.press("l");
    let places = places();
    let ids: Vec<OccurrenceId> = places.items.iter().map(|p| p.id).collect();
    desk.reply::<ListOccurrences>(places);
    desk.press("<space><space>S");
    let call = desk.expect_call::<SplitFinding>();
    assert!(call.dry_run && call.occurrences.len() == 2 && call.occurrences.iter().all(|id| ids.contains(id)));
    desk.reply::<SplitFinding>(done(all[0].clone(), None, false));
    desk.press("<enter>");
    let call = desk.expect_call::<SplitFinding>();
    assert_eq!((call.dry_run, call.version), (false, Some(all[0].version)));
    desk.reply::<SplitFinding>(done(all[0].clone(), Some(all[1].clone()), true));
    assert!(desk.screen().contains("is split off"), "{}", desk.screen());
}
