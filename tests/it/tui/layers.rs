//! The layers of the desk: drafts, the copy menu, undo, inbox, handover, the log of calls, putting away, the lock, the
//! editor, the mouse.

use riskdesk::api::act::{
    Act, ActChange, ActDone, ActObject, ActPreview, ActRefusal, ActState, ListActs, ShowAct, UndoAct, Way,
};
use riskdesk::api::agency::ListUsers;
use riskdesk::api::client::ArchiveClient;
use riskdesk::api::finding::{RawRecord, RawRecords, ShowRecord};
use riskdesk::api::session::{RevokeSession, WhoAmI};
use riskdesk::domain::id::ActId;
use riskdesk::tui::harness::{SigningIn, users, who};
use riskdesk::tui::input::Mouse;

use super::*;

pub fn act(n: u128, summary: &str, state: ActState) -> Act {
    Act {
        id: ActId(Uuid::from_u128(700 + n)),
        kind: "finding.move".into(),
        summary: summary.into(),
        at: NOON.plus_ms(-600_000),
        objects: vec![object()],
        object_count: 1,
        state,
        reason: None,
        undone_at: None,
    }
}

fn object() -> ActObject {
    ActObject {
        kind: "finding".into(),
        id: Uuid::from_u128(300),
        key: "F-7K3QX2".into(),
        name: "SQL injection in the order form".into(),
    }
}

pub fn preview(act: Act) -> ActPreview {
    ActPreview {
        import: None,
        act,
        way: Way::Undo,
        changes: vec![ActChange {
            object: object(),
            field: "status".into(),
            from: "in progress".into(),
            to: "open".into(),
        }],
        change_count: 1,
        also: vec!["The due date is computed again.".into()],
        not_undone: Vec::new(),
        refused: None,
    }
}

#[test]
fn sheets_opened_before_the_people_have_come_offer_them_when_they_do() {
    let mut desk = Harness::new(80, 24).starting();
    desk.reply::<WhoAmI>(who(Role::Admin));
    desk.press("1<ctrl-n>Dunes Ltd");
    assert!(!desk.screen().contains("Ada Admin"), "{}", desk.screen());
    desk.reply::<ListUsers>(users());
    assert!(
        desk.screen().contains("‹ Ada Admin <ada@agency.test> ›"),
        "{}",
        desk.screen()
    );
    desk.press("<ctrl-s>");
    assert_eq!(
        desk.expect_call::<CreateClient>().account_manager.as_deref(),
        Some("ada@agency.test")
    );
}

#[test]
fn the_status_sheet_opens_at_once_and_works_without_a_server() {
    let mut desk = desk(80, 24);
    desk.press("3s");
    let screen = desk.screen();
    assert!(
        screen.contains("in progress") && screen.contains("risk accepted"),
        "{screen}"
    );
    desk.refuse::<ShowFinding>(Fault::Unreachable("connection refused".into()));
    insta::assert_snapshot!("legal_moves_offline", desk.screen());
    desk.press("p<ctrl-s>");
    desk.refuse::<MoveFinding>(Fault::Unreachable("connection refused".into()));
    assert!(desk.screen().contains("1 unsent"), "{}", desk.screen());
    desk.press("<esc>")
        .link(Incoming::Down("gone".into()))
        .link(Incoming::Up);
    assert_eq!(desk.expect_call::<MoveFinding>().to, Status::InProgress);
    desk.reply::<MoveFinding>(finding(0, "F-7K3QX2", "SQL", Severity::Critical, Status::InProgress));
    assert!(!desk.screen().contains("unsent"), "{}", desk.screen());
}

#[test]
fn control_u_clears_to_the_start_of_the_line_in_several_lines_too() {
    let mut desk = desk(80, 24);
    desk.press("3cfirst line<enter>second<ctrl-u>other<ctrl-s>");
    assert_eq!(desk.expect_call::<AddComment>().text, "first line\nother");
}

#[test]
fn drafts_are_listed_opened_where_they_belong_and_thrown_away() {
    let mut desk = desk(80, 24);
    desk.press("1<ctrl-n>Dunes<esc>3cHalf a thought<esc>:drafts<enter>");
    insta::assert_snapshot!("drafts", desk.screen());
    desk.press("<enter>");
    assert!(
        desk.screen().contains("New client") && desk.screen().contains("Dunes"),
        "{}",
        desk.screen()
    );
    desk.press("<esc>:drafts<enter>j<enter>");
    desk.reply::<ShowFinding>(detail(finding(0, "F-7K3QX2", "SQL", Severity::Critical, Status::Open)));
    assert!(desk.screen().contains("Half a thought"), "{}", desk.screen());
    desk.press("<esc><esc>:drafts<enter>jxx");
    assert!(desk.screen().contains("1 draft "), "{}", desk.screen());
    assert!(!desk.saved.as_deref().unwrap().contains("Half a thought"));
}

#[test]
fn the_copy_menu_copies_and_writes_to_a_file() {
    let mut desk = desk(80, 24);
    desk.press("3Y");
    desk.reply::<ListOccurrences>(places());
    insta::assert_snapshot!("copy_menu", desk.screen());
    desk.press("p");
    assert_eq!(desk.copied.last().unwrap().lines().count(), 3);
    assert!(desk.screen().contains("sent to the terminal"), "{}", desk.screen());
    desk.press("Yv");
    assert!(desk.copied.last().unwrap().starts_with("CVSS:3.1/"));
    desk.press("Yr");
    assert_eq!(desk.copied.last().unwrap(), "riskdesk finding show F-7K3QX2");
    desk.press("Yf");
    let (name, text) = desk.exported.last().unwrap();
    assert!(name == "F-7K3QX2" && text.contains("title: SQL injection"), "{text}");
    desk.press("1jYt");
    assert_eq!(desk.copied.last().unwrap(), "ACME Corporation");
    desk.press("2Yy");
    assert_eq!(desk.copied.last().unwrap(), "P-4Q7M");
}

#[test]
fn undo_says_first_what_it_will_do() {
    for (width, height) in [(80, 24), (120, 30)] {
        let mut desk = desk(width, height);
        desk.press("3z");
        let moved = act(1, "Moved F-7K3QX2 to in progress", ActState::Undoable);
        let older = act(2, "Edited ACME Corporation", ActState::BuiltOn);
        let gone = act(0, "Moved F-A1B2C3 to open", ActState::Undone);
        desk.reply::<ListActs>(page(vec![gone, moved.clone(), older.clone()]));
        desk.reply::<ShowAct>(preview(moved.clone()));
        insta::assert_snapshot!(format!("undo_{width}"), desk.screen());
        desk.press("J");
        let mut refused = preview(older);
        refused.refused = Some(ActRefusal {
            code: Code::VersionConflict,
            detail: "Ben Analyst changed it since.".into(),
        });
        desk.reply::<ShowAct>(refused);
        desk.press("<enter>");
        assert!(desk.call::<UndoAct>().is_none(), "a refused act is not sent");
        assert!(
            desk.screen().contains("Ben Analyst changed it since."),
            "{}",
            desk.screen()
        );
        desk.press("K");
        desk.reply::<ShowAct>(preview(moved.clone()));
        desk.press("<enter>");
        assert_eq!(desk.expect_call::<UndoAct>().act, moved.id);
        desk.reply::<UndoAct>(ActDone {
            done: ActId(Uuid::from_u128(799)),
            way: Way::Undo,
            act: moved,
        });
        assert!(
            desk.screen().contains("Taken back: Moved F-7K3QX2"),
            "{}",
            desk.screen()
        );
        desk.press("<ctrl-z>");
        assert!(desk.expect_call::<ListActs>().undone);
    }
}

#[test]
fn an_act_says_how_it_is_undone() {
    let mut desk = desk(80, 24);
    desk.press("3sp<ctrl-s>");
    desk.reply::<MoveFinding>(finding(0, "F-7K3QX2", "SQL", Severity::Critical, Status::InProgress));
    assert!(desk.screen().contains("Undo with z."), "{}", desk.screen());
}

#[test]
fn the_inbox_shows_what_waits_for_an_answer_and_opens_it_at_its_comments() {
    let mut desk = desk(80, 24);
    desk.press("!");
    let mut waiting = queue();
    waiting.items.truncate(1);
    assert_eq!(desk.expect_call::<ListQueue>().q.as_deref(), Some("lane:reply"));
    desk.reply::<ListQueue>(waiting);
    desk.reply::<ListFindings>(findings());
    insta::assert_snapshot!("inbox", desk.screen());
    desk.press("<enter>");
    assert!(desk.call::<ListComments>().is_some(), "{:?}", desk.calls());
}

#[test]
fn the_handover_brief_is_read_copied_and_written() {
    let mut desk = desk(120, 30);
    desk.press("B");
    desk.reply::<ListFindings>(findings());
    desk.reply::<ListActs>(page(vec![
        act(1, "Moved F-7K3QX2 to in progress", ActState::Undoable),
        Act {
            at: NOON.plus_days(-2),
            ..act(2, "Yesterday's news", ActState::Undoable)
        },
    ]));
    desk.reply::<ListQueue>(queue());
    insta::assert_snapshot!("brief", desk.screen());
    desk.press("y");
    let copied = desk.copied.last().unwrap();
    assert!(
        copied.contains("I did today") && copied.contains("Moved F-7K3QX2"),
        "{copied}"
    );
    assert!(!copied.contains("Yesterday"), "{copied}");
    desk.press("f");
    assert_eq!(desk.exported.last().unwrap().0, "handover");
}

#[test]
fn the_log_of_calls_gives_commands() {
    let mut desk = desk(80, 24);
    desk.press("3sp<ctrl-s>").pass(40);
    desk.refuse::<MoveFinding>(problem(Code::NotesRequired, "This move needs notes."));
    desk.press("<esc>@");
    insta::assert_snapshot!("log", desk.screen());
    desk.press("y");
    assert!(
        desk.copied.last().unwrap().starts_with("riskdesk finding move ")
            && desk.copied.last().unwrap().ends_with("--to in_progress"),
        "{:?}",
        desk.copied
    );
}

#[test]
fn putting_a_client_away_takes_a_typed_word() {
    let mut desk = desk(80, 24);
    desk.press("1jD<enter>");
    assert!(desk.call::<ArchiveClient>().is_none());
    insta::assert_snapshot!("archive", desk.screen());
    desk.press("acme<enter>");
    desk.expect_call::<ArchiveClient>();
    let mut gone = client(1, "acme", "ACME Corporation");
    gone.state = ClientState::Archived;
    desk.reply::<ArchiveClient>(gone);
    assert!(
        desk.screen().contains("ACME Corporation is archived."),
        "{}",
        desk.screen()
    );
}

#[test]
fn what_one_holds_is_named_when_one_quits() {
    let mut desk = desk(80, 24);
    desk.press("3t");
    desk.reply::<TakeFinding>(Holder {
        user: ada(),
        until: NOON.plus_ms(1_800_000),
    });
    desk.press("q");
    assert!(desk.screen().contains("F-7K3QX2 taken by you"), "{}", desk.screen());
    desk.press("n").pass(1_900_000).press("q");
    assert!(desk.has_quit(), "a lease that has ended is nobody's");
}

#[test]
fn the_screen_locks_when_no_key_is_pressed_and_a_password_resumes() {
    let mut desk = desk(80, 24).locking_after(60_000);
    desk.press("1<ctrl-n>Dunes Ltd").pass(61_000);
    let screen = desk.screen();
    assert!(
        screen.contains("Locked") && !screen.contains("Dunes") && !screen.contains("ACME"),
        "{screen}"
    );
    insta::assert_snapshot!("locked", screen);
    desk.press("<esc>q:quit<enter>");
    assert!(!desk.has_quit() && desk.screen().contains("Locked"));
    assert!(desk.saved.as_deref().unwrap().contains("Dunes"));
    desk.refuse::<SigningIn>(problem(Code::InvalidCredentials, "E-mail or password are wrong."));
    assert!(desk.screen().contains("Locked"), "{}", desk.screen());
    assert!(desk.call::<RevokeSession>().is_none());
}

#[test]
fn the_editor_gets_the_text_and_gives_it_back() {
    let mut desk = desk(80, 24);
    desk.press("3cbefore<ctrl-x>");
    assert_eq!(desk.editing.as_ref().unwrap().1, "before");
    assert!(
        desk.saved.as_deref().unwrap().contains("before"),
        "the draft is safe first"
    );
    desk.edited("after\nin two lines \u{202e}x");
    assert!(desk.screen().contains("in two lines ‹U+202E›x"), "{}", desk.screen());
    desk.press("<ctrl-s>");
    assert_eq!(desk.expect_call::<AddComment>().text, "after\nin two lines ‹U+202E›x");
}

#[test]
fn the_mouse_focuses_points_and_scrolls() {
    let mut desk = desk(120, 30);
    desk.mouse(Mouse::Click, 5, 4);
    assert!(desk.screen().contains("› Clients"), "{}", desk.screen());
    assert!(desk.screen().contains(" 1 of 3 "), "{}", desk.screen());
    desk.mouse(Mouse::WheelDown, 5, 4);
    assert!(desk.screen().contains(" 3 of 3 "), "{}", desk.screen());
}

#[test]
fn what_does_not_apply_here_says_where_to_look() {
    let mut desk = desk(80, 24);
    desk.press("1W");
    let screen = desk.screen();
    assert!(
        !screen.contains("no meaning") && screen.contains("choose one in pane 3 or 4"),
        "{screen}"
    );
}

pub fn records(now: &str, before: Option<&str>) -> RawRecords {
    let record = |text: &str, days| RawRecord {
        file: "scan.jsonl".into(),
        imported_at: Some(NOON.plus_days(days)),
        text: text.into(),
        truncated: false,
    };
    RawRecords {
        place: "https://shop.acme.test/order?id=1".into(),
        latest: Some(record(now, -1)),
        before: before.map(|text| record(text, -31)),
    }
}

#[test]
fn the_raw_record_shows_what_differs() {
    let mut desk = desk(80, 24);
    desk.press("3W");
    desk.reply::<ListOccurrences>(places());
    let now = r#"{"template-id":"t-1","severity":"high","host":"a"}"#;
    let before = r#"{"template-id":"t-1","severity":"medium","host":"a"}"#;
    desk.reply::<ShowRecord>(records(now, Some(before)));
    insta::assert_snapshot!("record", desk.screen());
    desk.press("y");
    assert_eq!(desk.copied.last().unwrap(), now);
    desk.press("J");
    assert_eq!(desk.expect_call::<ShowRecord>().occurrence, places().items[1].id);
    desk.reply::<ShowRecord>(RawRecords {
        latest: None,
        ..records("", None)
    });
    assert!(desk.screen().contains("written by hand"), "{}", desk.screen());
}
