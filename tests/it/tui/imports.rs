//! An import from the naming of the files to what is new.

use riskdesk::api::PersonRef;
use riskdesk::api::act::{ActDone, ActPreview, ActState, ShowAct, UndoAct, Way};
use riskdesk::api::finding::ShowFinding;
use riskdesk::api::import::{
    ApplyBatch, Batch, BatchFile, BatchState, CompareBatches, Compared, ComparedFact, ComparedLine, ComparedPlaces,
    ComparedTotals, Comparison, DropBatch, ListBatches, ListPlan, OpenBatch, PlanBatch, PlanLine, Progress, ShowBatch,
    Totals,
};
use riskdesk::domain::id::{ActId, BatchId, PlanId};
use riskdesk::tui::harness::Upload;

use super::layers::{act, preview};
use super::*;

fn batch(state: BatchState) -> Batch {
    let planned = matches!(state, BatchState::Planned | BatchState::Applied);
    Batch {
        act: None,
        applied_by: None,
        undone_at: None,
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

/// A desk with an import's plan on the sheet.
fn planned() -> Harness {
    let mut desk = desk(80, 24);
    desk.press("2i/tmp/shop.jsonl<ctrl-s>");
    desk.reply::<OpenBatch>(batch(BatchState::Open));
    desk.answer::<Upload>(Ok(Box::new(file())));
    desk.reply::<PlanBatch>(batch(BatchState::Planned));
    desk
}

#[test]
fn files_are_uploaded_planned_shown_and_applied() {
    let mut desk = desk(100, 30);
    desk.press("2i/tmp/shop.jsonl<ctrl-s>");
    assert_eq!(desk.expect_call::<OpenBatch>().project, "P-4Q7M");
    desk.reply::<OpenBatch>(batch(BatchState::Open));
    desk.progress::<Upload>(500, 1_000);
    assert!(desk.screen().contains(" 50%"), "{}", desk.screen());
    desk.found::<Upload>(750, 1_000, (12, 7));
    let reading = "Reading shop.jsonl: 12 results, 7 findings so far";
    let screen = desk.screen();
    assert!(screen.contains(reading) && screen.contains(" 75%"), "{screen}");
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
    let mut desk = planned();
    desk.press("<enter>");
    desk.pass(1_100);
    assert!(desk.call::<ShowBatch>().is_some(), "a step that runs is asked for");
    desk.reply::<ApplyBatch>(batch(BatchState::Applied));
    desk.reply::<ShowBatch>(batch(BatchState::Planned));
    assert!(desk.screen().contains("Applied."), "{}", desk.screen());
}

#[test]
fn a_step_that_could_not_be_watched_goes_on() {
    let mut desk = planned();
    desk.press("<enter>");
    desk.pass(1_100);
    desk.refuse::<ShowBatch>(problem(Code::Unavailable, "The database does not answer."));
    assert!(desk.screen().contains("Applying"), "{}", desk.screen());
    desk.reply::<ApplyBatch>(batch(BatchState::Applied));
    assert!(desk.screen().contains("Applied."), "{}", desk.screen());
}

#[test]
fn escape_before_the_plan_is_applied_throws_it_away() {
    let mut desk = planned();
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

#[test]
fn a_projects_imports_are_listed_and_go_back() {
    let mut desk = desk(120, 30);
    desk.press("2w");
    assert_eq!(desk.expect_call::<ListBatches>().project.as_deref(), Some("P-4Q7M"));
    let mut standing = batch(BatchState::Applied);
    standing.act = Some(ActId(Uuid::from_u128(701)));
    standing.applied_by = Some(ada());
    standing.applied_at = Some(NOON);
    standing.files = vec![file()];
    let mut others = batch(BatchState::Applied);
    others.applied_by = Some(PersonRef {
        name: "Jonas\u{1b}[31m".into(),
        ..ada()
    });
    desk.reply::<ListBatches>(page(vec![standing.clone(), others, batch(BatchState::Undone)]));
    insta::assert_snapshot!("imports_of_a_project", desk.screen());
    // Another's, and one that was taken back: it says why not.
    desk.press("jz");
    assert!(
        desk.screen()
            .contains("applied this import: only they can take it back"),
        "{}",
        desk.screen()
    );
    desk.press("j<enter>");
    assert!(
        desk.screen().contains("This import was taken back."),
        "{}",
        desk.screen()
    );
    desk.press("gz");
    assert_eq!(desk.expect_call::<ShowAct>().act, ActId(Uuid::from_u128(701)));
    let mut act = act(1, "Applied an import to P-4Q7M", ActState::Undoable);
    act.kind = "import.apply".into();
    let shown = ActPreview {
        changes: Vec::new(),
        change_count: 0,
        also: vec!["3 new findings are taken away, with their places.".into()],
        ..preview(act.clone())
    };
    desk.reply::<ShowAct>(shown);
    assert!(
        desk.screen().contains("3 new findings are taken away"),
        "{}",
        desk.screen()
    );
    desk.press("<enter>");
    assert_eq!(desk.expect_call::<UndoAct>().act, act.id);
    act.state = ActState::Undone;
    act.reason = Some("Import its reports again.".into());
    desk.reply::<UndoAct>(ActDone {
        done: ActId(Uuid::from_u128(702)),
        way: Way::Undo,
        act,
    });
    assert!(
        desk.screen()
            .contains("Taken back: Applied an import to P-4Q7M. Import its reports again."),
        "{}",
        desk.screen()
    );
    standing.state = BatchState::Undone;
    standing.act = None;
    desk.reply::<ListBatches>(page(vec![standing]));
    assert!(desk.screen().contains("taken back"), "{}", desk.screen());
}

#[test]
fn two_imports_stand_side_by_side() {
    let mut desk = desk(120, 30);
    desk.press("2w");
    let mut later = batch(BatchState::Applied);
    later.applied_at = Some(NOON);
    let mut earlier = batch(BatchState::Applied);
    earlier.id = BatchId(Uuid::from_u128(650));
    earlier.applied_at = Some(NOON.plus_days(-7));
    desk.reply::<ListBatches>(page(vec![later, batch(BatchState::Undone), earlier]));
    desk.press("W");
    let asked = desk.expect_call::<CompareBatches>();
    assert_eq!((asked.batch.0.as_u128(), asked.other.0.as_u128()), (650, 600));
    let line = |stands, title: &str, this, other| ComparedLine {
        stands,
        finding: Some("F-7K3QX2".into()),
        title: title.into(),
        this_severity: this,
        other_severity: other,
        this_places: Some(1),
        other_places: Some(2),
        changed: Vec::new(),
        places: None,
    };
    let (low, high) = (Some(Severity::Low), Some(Severity::High));
    desk.reply::<CompareBatches>(Comparison {
        totals: Some(ComparedTotals {
            only_other: 1,
            only_this: 1,
            rated: 1,
            changed: 1,
            both: 40,
        }),
        page: page(vec![
            line(Compared::OnlyOther, "New \u{1b}[31mone", None, high),
            line(Compared::OnlyThis, "Gone", low, None),
            line(Compared::Rated, "Worse", low, high),
            ComparedLine {
                finding: Some("F-00000B".into()),
                changed: vec![
                    ComparedFact {
                        what: "title".into(),
                        this: Some("Old \u{1b}]0;words".into()),
                        other: Some("Otherwise".into()),
                    },
                    ComparedFact {
                        what: "description".into(),
                        this: None,
                        other: None,
                    },
                ],
                ..line(Compared::Changed, "Otherwise", low, low)
            },
            line(Compared::Both, "Same", low, low),
        ]),
    });
    insta::assert_snapshot!("two_imports_side_by_side", desk.screen());
    // Where it came to and went from, when it is asked; Enter opens it.
    desk.press("jjjW");
    let asked = desk.expect_call::<CompareBatches>();
    assert_eq!(asked.finding.as_deref(), Some("F-00000B"));
    let mut places = line(Compared::Changed, "Otherwise", low, low);
    places.places = Some(ComparedPlaces {
        only_other: vec!["https://new.test/\u{202e}a".into()],
        only_other_count: 3,
        only_this: Vec::new(),
        only_this_count: 0,
    });
    desk.reply::<CompareBatches>(Comparison {
        totals: None,
        page: page(vec![places]),
    });
    insta::assert_snapshot!("two_imports_side_by_side_places", desk.screen());
    desk.press("\n");
    assert_eq!(desk.expect_call::<ShowFinding>().finding, "F-00000B");
    desk.press("<esc>");
    assert!(desk.screen().contains("Two imports side by side"), "{}", desk.screen());
    desk.press("<esc>jW");
    assert!(
        desk.screen().contains("Only imports that stand are compared"),
        "{}",
        desk.screen()
    );
    desk.press("jW");
    assert!(desk.screen().contains("No import before this one"), "{}", desk.screen());
}
