//! Findings, the queue, the detail, and the acts on them.

use super::*;

fn open_first(desk: &mut Harness) {
    desk.press("3<enter>");
    let first = findings().items.remove(0);
    desk.reply::<ShowFinding>(detail(first));
}

#[test]
fn findings_at_80_by_24() {
    insta::assert_snapshot!(desk(80, 24).press("3").screen());
}

#[test]
fn the_queue_at_80_by_24() {
    insta::assert_snapshot!(desk(80, 24).screen());
}

#[test]
fn a_finding_in_full() {
    let mut desk = desk(80, 24);
    open_first(&mut desk);
    insta::assert_snapshot!("facts", desk.screen());
    desk.press("l");
    desk.reply::<ListOccurrences>(places());
    insta::assert_snapshot!("places", desk.screen());
    desk.press("l");
    desk.reply::<ListComments>(comments());
    insta::assert_snapshot!("comments", desk.screen());
    desk.press("l");
    desk.reply::<ListHistory>(history());
    insta::assert_snapshot!("history", desk.screen());
}

#[test]
fn the_detail_goes_to_its_neighbours_and_back() {
    let mut desk = desk(80, 24);
    open_first(&mut desk);
    desk.press("J");
    assert_eq!(desk.expect_call::<ShowFinding>().finding, "F-A1B2C3");
    assert!(
        desk.screen().contains("TLS 1.0 is offered"),
        "the row is there before the answer"
    );
    desk.press("K");
    assert_eq!(desk.expect_call::<ShowFinding>().finding, "F-7K3QX2");
    desk.press("K");
    assert!(desk.screen().contains("This is the first one."));
    desk.press("<esc>");
    assert!(desk.screen().contains("3 Findings"));
}

#[test]
fn the_query_is_checked_before_it_is_sent() {
    let mut desk = desk(80, 24);
    desk.press("3f<ctrl-u>sev:>=hihg<enter>");
    let screen = desk.screen();
    assert!(screen.contains('^') && screen.contains("high"), "{screen}");
    assert!(desk.call::<ListFindings>().is_none());
    desk.press("<ctrl-w><ctrl-u>sev:>=high<enter>");
    assert_eq!(desk.expect_call::<ListFindings>().q.as_deref(), Some("sev:>=high"));
}

#[test]
fn the_standing_narrows_the_query() {
    let mut desk = desk(80, 24);
    desk.press("1j<enter>");
    assert_eq!(
        desk.expect_call::<ListFindings>().q.as_deref(),
        Some("is:open client:acme")
    );
    assert_eq!(desk.expect_call::<ListQueue>().q.as_deref(), Some("client:acme"));
}

#[test]
fn sorting_replaces_the_sort_of_the_query() {
    let mut desk = desk(80, 24);
    desk.press("3od");
    assert_eq!(
        desk.expect_call::<ListFindings>().q.as_deref(),
        Some("is:open sort:due")
    );
    settle(&mut desk);
    desk.press("ov");
    assert_eq!(
        desk.expect_call::<ListFindings>().q.as_deref(),
        Some("is:open sort:-cvss")
    );
}

#[test]
fn a_palette_command_chooses_a_client_and_asks() {
    let mut desk = desk(80, 24);
    desk.press(":findings acme sev:>=high<enter>");
    assert_eq!(
        desk.expect_call::<ListFindings>().q.as_deref(),
        Some("sev:>=high client:acme")
    );
    assert!(desk.screen().contains("ACME Corporation › Findings"));
}

#[test]
fn the_status_sheet_offers_only_legal_moves() {
    let mut desk = desk(80, 24);
    desk.press("3s");
    desk.reply::<ShowFinding>(detail(findings().items.remove(0)));
    insta::assert_snapshot!("legal_moves", desk.screen());
    desk.press("n");
    assert!(
        desk.screen().contains("from open to"),
        "not fixed is no move from open: nothing happens"
    );
    desk.press("f");
    desk.press("<ctrl-s>");
    assert!(desk.screen().contains("needs notes"), "{}", desk.screen());
    desk.press("the query is bound now<ctrl-s>");
    let request = desk.expect_call::<MoveFinding>();
    assert_eq!(
        (request.to, request.notes.as_str()),
        (Status::VerifiedFixed, "the query is bound now")
    );
    let mut done = findings().items.remove(0);
    done.status = Status::VerifiedFixed;
    desk.reply::<MoveFinding>(done);
    assert!(desk.screen().contains("F-7K3QX2 is verified fixed."));
    desk.press("js");
    desk.reply::<ShowFinding>(detail(findings().items.remove(1)));
    desk.press("x<up>");
    assert!(
        desk.screen().contains("the query is bound now"),
        "the last notes come back"
    );
}

#[test]
fn a_conflict_while_moving_says_where_it_stands_now() {
    let mut desk = desk(80, 24);
    desk.press("3s");
    desk.reply::<ShowFinding>(detail(findings().items.remove(0)));
    desk.press("xnot reachable from outside<ctrl-s>");
    let mut now = findings().items.remove(0);
    now.status = Status::InProgress;
    now.version = 6;
    desk.refuse::<MoveFinding>(conflict(&now));
    insta::assert_snapshot!("conflict_while_moving", desk.screen());
    desk.press("<enter>");
    assert_eq!(desk.expect_call::<MoveFinding>().notes, "not reachable from outside");
    now.version = 7;
    now.status = Status::NotFixed;
    desk.refuse::<MoveFinding>(conflict(&now));
    desk.press("t<enter>");
    assert!(desk.call::<MoveFinding>().is_none(), "theirs stands: nothing is sent");
    assert!(desk.screen().contains("F-7K3QX2 stays not_fixed."), "{}", desk.screen());
}

#[test]
fn a_letter_that_is_no_legal_move_says_so() {
    let mut desk = desk(80, 24);
    desk.press("3s");
    desk.reply::<ShowFinding>(detail(findings().items.remove(0)));
    let before = desk.screen();
    assert!(!before.contains("not fixed  (notes)"), "{before}");
    desk.press("n");
    assert!(
        desk.screen().contains("there is no move to not fixed"),
        "{}",
        desk.screen()
    );
}

#[test]
fn a_risk_is_accepted_until_a_day_to_come() {
    let mut desk = desk(80, 24);
    desk.press("3s");
    desk.reply::<ShowFinding>(detail(findings().items.remove(0)));
    desk.press("rthe client carries it<backtab><ctrl-u>2020-01-01<ctrl-s>");
    assert!(desk.screen().contains("This day is over"));
    desk.press("<ctrl-u>30d<ctrl-s>");
    assert_eq!(desk.expect_call::<MoveFinding>().until, Some(NOON.plus_days(30)));
}

#[test]
fn the_places_of_a_partial_fix_are_marked() {
    let mut desk = desk(80, 24);
    desk.press("3s");
    let mut partial = detail(findings().items.remove(2));
    partial.moves = vec![LegalMove {
        to: Status::Partial,
        needs_notes: true,
    }];
    desk.reply::<ShowFinding>(partial);
    desk.press("a");
    desk.reply::<ListOccurrences>(places());
    insta::assert_snapshot!("partial", desk.screen());
    desk.press("<down><down> <tab>one of three<ctrl-s>");
    assert!(desk.screen().contains("Mark with space"), "{}", desk.screen());
    desk.press("<up><up> <ctrl-s>");
    let request = desk.expect_call::<MoveFinding>();
    let fixed: Vec<_> = request.occurrences.iter().map(|o| o.fixed).collect();
    assert_eq!(fixed, [true, false, false]);
}

#[test]
fn a_comment_says_who_will_read_it() {
    let mut desk = desk(80, 24);
    desk.press("3cFixed in staging.\nPlease check");
    assert!(desk.screen().contains("Internal"));
    desk.press("<ctrl-t>");
    assert!(
        desk.screen().contains("Share with ACME Corporation"),
        "{}",
        desk.screen()
    );
    // How many that are is told as soon as it is known; whoever is not there yet reads nothing.
    let mut shown = detail(findings().items.remove(0));
    for (people, released, says) in [
        (0, true, "Share with ACME Corporation (nobody there yet)"),
        (1, true, "Share with ACME Corporation (1 person)"),
        (3, false, "Share with ACME Corporation (3 people) once it is released"),
        (3, true, "Share with ACME Corporation (3 people)"),
    ] {
        shown.client_people = Some(people);
        shown.finding.released_at = released.then_some(NOON);
        let mut again = self::desk(80, 24);
        again.press("3cHm<ctrl-t>").reply::<ShowFinding>(shown.clone());
        assert!(again.screen().contains(says), "{says}\n{}", again.screen());
    }
    desk.press("<alt-enter>");
    let request = desk.expect_call::<AddComment>();
    assert_eq!(request.text, "Fixed in staging.\nPlease check");
    assert_eq!(request.audience, Some(Audience::Shared));
    desk.reply::<AddComment>(comments().items.remove(1));
    assert!(desk.screen().contains("shared with the client"));
}

#[test]
fn a_reply_keeps_its_audience() {
    let mut desk = desk(80, 24);
    open_first(&mut desk);
    desk.press("ll");
    desk.reply::<ListComments>(comments());
    desk.press("j<enter>");
    // The detail has said how many read it: nothing is asked again.
    let screen = desk.screen();
    assert!(screen.contains("Share with ACME Corporation (3 people)"), "{screen}");
    assert!(desk.call::<ShowFinding>().is_none());
    desk.press("<ctrl-t>");
    assert!(desk.screen().contains("A reply is read by"));
    desk.press("yes<ctrl-s>");
    assert!(desk.expect_call::<AddComment>().reply_to.is_some());
}

#[test]
fn somebody_takes_care_of_it() {
    let mut desk = desk(80, 24);
    desk.press("3jaben<enter>");
    let request = desk.expect_call::<EditFinding>();
    assert_eq!(request.assignee, Some(Some("ben@agency.test".into())));
    desk.reply::<EditFinding>(findings().items.remove(1));
}

#[test]
fn triage_and_release() {
    let mut desk = desk(80, 24);
    desk.press("3ju");
    desk.press("t");
    assert!(!desk.expect_call::<TriageFinding>().undo);
    desk.reply::<TriageFinding>(findings().items.remove(1));
    assert!(desk.screen().contains("F-A1B2C3 is triaged."));
    desk.press("ur");
    assert!(!desk.expect_call::<ReleaseFinding>().undo);
    desk.refuse::<ReleaseFinding>(problem(
        Code::VersionConflict,
        "Somebody changed this since you read it.",
    ));
    assert!(desk.screen().contains("Somebody changed this"));
}

#[test]
fn taking_from_the_queue() {
    let mut desk = desk(80, 24);
    desk.press("t");
    assert!(desk.call::<TakeFinding>().is_some());
    desk.refuse::<TakeFinding>(problem(Code::Claimed, "Ben Analyst has it until 12:10."));
    assert!(desk.screen().contains("Ben Analyst has it until 12:10."));
    desk.press("T");
    let item = queue().items.remove(0);
    let key = item.finding.key.clone();
    desk.reply::<TakeNext>(Taken { item: Some(item) });
    assert_eq!(desk.expect_call::<ShowFinding>().finding, key);
    assert!(desk.screen().contains(" yours "), "{}", desk.screen());
    desk.press("<esc>T");
    desk.reply::<TakeNext>(Taken { item: None });
    assert!(desk.screen().contains("Nothing is left"));
}

#[test]
fn a_change_elsewhere_shows_by_itself_and_coalesces() {
    let mut desk = desk(120, 40);
    let event = Event {
        topic: Topic::Finding,
        act: "finding.move".into(),
        id: Some(Uuid::from_u128(300)),
        project: None,
        client: None,
        at: NOON,
    };
    for _ in 0..50 {
        desk.event(event.clone());
    }
    let calls = desk.calls().iter().filter(|c| c.contains("/findings")).count();
    assert_eq!(calls, 1, "{:#?}", desk.calls());
    let mut changed = findings();
    changed.items[0].title = "Renamed elsewhere".into();
    desk.reply::<ListFindings>(changed.clone());
    desk.reply::<ListFindings>(changed);
    assert!(desk.screen().contains("Renamed elsewhere"));
    assert!(
        desk.call::<ListFindings>().is_none(),
        "and then nothing is asked any more"
    );
}

#[test]
fn a_pinned_client_refuses_acts_on_another() {
    let mut desk = desk(80, 24);
    desk.press("1jj.");
    assert!(
        desk.screen()
            .lines()
            .next()
            .unwrap()
            .contains("pinned Borealis Shipping")
    );
    desk.press("3s");
    assert!(desk.screen().contains("Another client is pinned"), "{}", desk.screen());
    assert!(desk.call::<ShowFinding>().is_none());
}

#[test]
fn copying_goes_to_the_terminal_and_says_so() {
    let mut desk = desk(80, 24);
    desk.press("3y");
    assert_eq!(desk.copied, ["F-7K3QX2"]);
    assert!(desk.screen().contains("sent to the terminal"));
}
