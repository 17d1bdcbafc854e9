//! An import from the naming of the files to what is new.

use riskdesk::api::import::{
    ApplyBatch, Batch, BatchFile, BatchState, DropBatch, ListPlan, OpenBatch, PlanBatch, PlanLine, Progress, ShowBatch,
    Totals,
};
use riskdesk::domain::id::{BatchId, PlanId};
use riskdesk::tui::harness::Upload;

use super::*;

fn batch(state: BatchState) -> Batch {
    let planned = matches!(state, BatchState::Planned | BatchState::Applied);
    Batch {
        id: BatchId(Uuid::from_u128(600)),
        project: reference(101, "P-4Q7M", "Web shop"),
        state,
        files: Vec::new(),
        covers: Vec::new(),
        plan_id: planned.then(|| PlanId(Uuid::from_u128(601))),
        totals: planned.then_some(Totals {
            new: 3,
            recurring: 12,
            reopened: 1,
            not_seen: 2,
            unchanged: 10,
        }),
        scope: vec!["shop.acme.test".into()],
        created_by: ada(),
        created_at: NOON,
        applied_at: None,
        progress: Some(Progress { done: 1, total: 4 }),
        problem: None,
    }
}

fn file() -> BatchFile {
    BatchFile {
        file: "shop.jsonl".into(),
        format: "nuclei".into(),
        tool: "nuclei".into(),
        bytes: 1_000,
        records: 20,
        findings: 16,
        occurrences: 19,
        left_out: Vec::new(),
        observed_at: None,
    }
}

#[test]
fn files_are_uploaded_planned_shown_and_applied() {
    let mut desk = desk(100, 30);
    desk.press("2i/tmp/shop.jsonl<ctrl-s>");
    assert_eq!(desk.expect_call::<OpenBatch>().project, "P-4Q7M");
    desk.reply::<OpenBatch>(batch(BatchState::Open));
    desk.progress::<Upload>(500, 1_000);
    assert!(desk.screen().contains(" 50%"), "{}", desk.screen());
    desk.answer::<Upload>(Ok(Box::new(file())));
    desk.reply::<PlanBatch>(batch(BatchState::Planning));
    assert!(desk.screen().contains(" 25%"), "{}", desk.screen());
    desk.pass(1_100);
    desk.reply::<ShowBatch>(batch(BatchState::Planned));
    desk.reply::<ListPlan>(page(vec![PlanLine {
        outcome: "new".into(),
        severity: Severity::High,
        title: "Open redirect".into(),
        finding: None,
        occurrences: 2,
        matched_by: String::new(),
    }]));
    insta::assert_snapshot!(desk.screen());
    desk.press("y");
    desk.reply::<ApplyBatch>(batch(BatchState::Applied));
    assert!(desk.screen().contains("Applied."));
    desk.press("n");
    settle_until_query(&mut desk);
    assert!(desk.screen().contains("import:last triaged:no"), "{}", desk.screen());
}

fn settle_until_query(desk: &mut Harness) {
    let asked = desk.expect_call::<ListFindings>().q.clone();
    assert_eq!(asked.as_deref(), Some("import:last triaged:no project:P-4Q7M"));
}

#[test]
fn an_answer_that_was_overtaken_turns_nothing_back() {
    let mut desk = desk(80, 24);
    desk.press("2i/tmp/shop.jsonl<ctrl-s>");
    desk.reply::<OpenBatch>(batch(BatchState::Open));
    desk.answer::<Upload>(Ok(Box::new(file())));
    desk.reply::<PlanBatch>(batch(BatchState::Planned));
    desk.press("<enter>");
    desk.pass(1_100);
    assert!(desk.call::<ShowBatch>().is_some(), "a step that runs is asked for");
    desk.reply::<ApplyBatch>(batch(BatchState::Applied));
    desk.reply::<ShowBatch>(batch(BatchState::Planned));
    assert!(desk.screen().contains("Applied."), "{}", desk.screen());
}

#[test]
fn a_step_that_could_not_be_watched_goes_on() {
    let mut desk = desk(80, 24);
    desk.press("2i/tmp/shop.jsonl<ctrl-s>");
    desk.reply::<OpenBatch>(batch(BatchState::Open));
    desk.answer::<Upload>(Ok(Box::new(file())));
    desk.reply::<PlanBatch>(batch(BatchState::Planned));
    desk.press("<enter>");
    desk.pass(1_100);
    desk.refuse::<ShowBatch>(problem(Code::Unavailable, "The database does not answer."));
    assert!(desk.screen().contains("Applying"), "{}", desk.screen());
    desk.reply::<ApplyBatch>(batch(BatchState::Applied));
    assert!(desk.screen().contains("Applied."), "{}", desk.screen());
}

#[test]
fn escape_before_the_plan_is_applied_throws_it_away() {
    let mut desk = desk(80, 24);
    desk.press("2i/tmp/shop.jsonl<ctrl-s>");
    desk.reply::<OpenBatch>(batch(BatchState::Open));
    desk.answer::<Upload>(Ok(Box::new(file())));
    desk.reply::<PlanBatch>(batch(BatchState::Planned));
    desk.press("<esc>");
    assert!(desk.call::<DropBatch>().is_some());
    assert!(desk.screen().contains("thrown away"));
}

#[test]
fn a_refused_report_says_why() {
    let mut desk = desk(80, 24);
    desk.press("2i/tmp/empty.bin<ctrl-s>");
    desk.reply::<OpenBatch>(batch(BatchState::Open));
    desk.refuse::<Upload>(problem(
        Code::UnknownFormat,
        "This is no report of a known scanner. Name its format.",
    ));
    assert!(desk.screen().contains("This is no report of a known scanner."));
}

#[test]
fn a_wrong_path_is_mended_not_typed_anew() {
    let mut desk = desk(80, 24);
    desk.press("2i/tmp/shop.jsonx<tab>shop.acme.test<ctrl-s>");
    desk.reply::<OpenBatch>(batch(BatchState::Open));
    desk.refuse::<Upload>(problem(Code::InvalidRequest, "The file cannot be read."));
    assert!(
        desk.screen().contains("Enter: name the files again"),
        "{}",
        desk.screen()
    );
    desk.press("<enter>");
    assert!(desk.call::<DropBatch>().is_some());
    desk.press("<backspace>l<ctrl-s>");
    assert_eq!(desk.expect_call::<OpenBatch>().covers, ["shop.acme.test"]);
    desk.reply::<OpenBatch>(batch(BatchState::Open));
    let upload = desk.expect_call::<Upload>();
    assert_eq!(upload.path.to_str(), Some("/tmp/shop.jsonl"));
}
