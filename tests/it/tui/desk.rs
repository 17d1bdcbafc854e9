//! The desk itself: panes, choosing, levels, link, size.

use riskdesk::api::session::WhoAmI;
use riskdesk::tui::harness::who;

use super::*;

#[test]
fn all_panes_at_120_by_40() {
    insta::assert_snapshot!(desk(120, 40).screen());
}

#[test]
fn clients_at_80_by_24() {
    insta::assert_snapshot!(desk(80, 24).press("1").screen());
}

#[test]
fn a_small_window_gets_a_sentence() {
    assert_eq!(
        desk(50, 10).screen().trim_end(),
        "riskdesk needs 60 columns and 16 rows; this window
has 50 by 10."
    );
}

#[test]
fn enter_chooses_and_the_cursor_does_not() {
    let mut desk = desk(80, 24);
    desk.press("1jj");
    assert!(desk.call::<ListProjects>().is_none(), "moving asks nothing");
    desk.press("<enter>");
    assert_eq!(desk.expect_call::<ListProjects>().client.as_deref(), Some("borealis"));
    assert!(desk.screen().contains("Borealis Shipping › Clients"));
    desk.press("0");
    assert_eq!(desk.expect_call::<ListProjects>().client, None);
    assert!(desk.aborted > 0, "the newer call in the slot cancels the older");
}

#[test]
fn escape_goes_up_one_level_at_a_time_and_never_quits() {
    let mut desk = desk(120, 40);
    desk.press("1j<enter>");
    desk.reply::<ListProjects>(page(vec![project(
        1,
        "P-4Q7M",
        "Web shop",
        Some(reference(1, "acme", "ACME Corporation")),
    )]));
    desk.press("2<enter>");
    assert!(desk.screen().contains("ACME Corporation › Web shop › Findings"));
    desk.press("<esc>");
    assert!(desk.screen().contains("ACME Corporation › Findings"));
    desk.press("<esc>");
    assert!(desk.screen().contains("All clients › Findings"));
    desk.press("<esc><esc><esc>");
    assert!(!desk.has_quit());
    desk.press("q");
    assert!(desk.has_quit());
}

#[test]
fn the_link_is_always_told_true() {
    let mut desk = desk(80, 24);
    assert!(desk.screen().lines().next().unwrap().ends_with("live"));
    desk.link(Incoming::Down("reset".into()));
    assert!(desk.screen().lines().next().unwrap().ends_with("as of 12:00"));
    desk.press("r").unreachable();
    assert!(desk.screen().lines().next().unwrap().ends_with("offline since 12:00"));
    desk.press("1");
    let screen = desk.screen();
    assert!(
        screen.contains("ACME Corporation"),
        "reads go on from memory:\n{screen}"
    );
    assert!(screen.contains("as of 12:00"), "{screen}");
    desk.link(Incoming::Up);
    assert!(desk.screen().lines().next().unwrap().ends_with("live"));
    desk.expect_call::<ListClients>();
}

/// The lists wait for the event stream: nothing is asked twice, and no change in between is missed.
#[test]
fn at_the_start_every_list_is_asked_for_once() {
    let mut desk = Harness::new(80, 24).starting();
    assert!(desk.call::<ListQueue>().is_none(), "{:?}", desk.calls());
    desk.reply::<WhoAmI>(who(Role::Admin));
    desk.link(Incoming::Up);
    settle(&mut desk);
    desk.pass(1_000);
    assert!(desk.call::<ListQueue>().is_none(), "{:?}", desk.calls());
    assert!(desk.screen().contains("F-7K3QX2"), "{}", desk.screen());
}

#[test]
fn without_an_event_stream_the_lists_load_all_the_same() {
    let mut desk = Harness::new(80, 24).starting();
    desk.pass(400);
    desk.expect_call::<ListQueue>();
    let mut desk = Harness::new(80, 24).starting();
    desk.link(Incoming::Down("no streams here".into()));
    desk.expect_call::<ListQueue>();
    settle(&mut desk);
    desk.link(Incoming::Up);
    desk.expect_call::<ListQueue>();
}

#[test]
fn a_sentence_too_long_for_the_foot_takes_two_rows() {
    let mut desk = desk(80, 24);
    desk.press("3<space><space>sa");
    let screen = desk.screen();
    assert!(screen.contains("Partly fixed says which places"), "{screen}");
    assert!(screen.trim_end().ends_with("Enter then s."), "{screen}");
}

/// ctrl-c ends what hangs and asks for nothing by itself; what it ended can be asked for again.
#[test]
fn what_is_cancelled_stays_so_until_it_is_asked_for_again() {
    let mut desk = desk(80, 24);
    desk.press("3");
    let before = desk.screen();
    desk.press("fsev:high<enter>");
    desk.expect_call::<ListFindings>();
    assert!(desk.screen().contains("loading…"), "{}", desk.screen());
    desk.press("<ctrl-c>");
    assert_eq!(desk.calls(), Vec::<String>::new());
    let screen = desk.screen();
    assert!(screen.contains("Cancelled. ctrl-c again quits."), "{screen}");
    assert!(!screen.contains("loading…"), "nothing is on its way:\n{screen}");
    assert!(screen.contains("not loaded"), "the rows are the old list's:\n{screen}");
    desk.press("j");
    assert_eq!(desk.calls(), Vec::<String>::new());
    desk.press("r");
    assert!(
        desk.expect_call::<ListFindings>()
            .q
            .as_deref()
            .unwrap()
            .contains("sev:high")
    );
    settle(&mut desk);
    let screen = desk.screen();
    assert!(
        !screen.contains("not loaded") && screen.contains("sev:high"),
        "{screen}"
    );
    assert_ne!(screen, before);
    desk.press("r<ctrl-c><ctrl-c>");
    assert!(desk.has_quit(), "twice quits");
}

#[test]
fn an_idle_console_has_nothing_to_draw_and_asks_for_no_wake_up() {
    // A screen without a clock on it; with one, the next wake-up is when its text changes, a minute away at least.
    let mut desk = desk(80, 24);
    desk.press("1");
    while !desk.calls().is_empty() {
        desk.unreachable();
    }
    desk.is_dirty();
    assert!(!desk.is_dirty());
    assert_eq!(desk.app().next_wake(), None);
    desk.pass(3_600_000);
    assert!(!desk.is_dirty());
}

#[test]
fn a_paste_never_acts_outside_text_fields() {
    let mut desk = desk(80, 24);
    desk.paste(":quit\nq\n");
    assert!(!desk.has_quit());
    assert!(desk.screen().contains("nothing was done"));
}

#[test]
fn counts_move_several_rows() {
    let mut desk = Harness::new(80, 24).signed_in(Role::Admin);
    let many: Vec<_> = (0..40)
        .map(|n| client(n, &format!("c{n:02}"), &format!("Client {n:02}")))
        .collect();
    desk.reply::<ListClients>(page(many));
    desk.press("15j");
    assert!(desk.screen().contains("5 of 40"));
    desk.press("510j");
    assert!(desk.screen().contains("40 of 40"), "{}", desk.screen());
    desk.press("g");
    desk.press("5<esc>j");
    assert!(desk.screen().contains(" 1 of 40"), "{}", desk.screen());
}

#[test]
fn quitting_with_a_draft_asks() {
    let mut desk = desk(80, 24);
    desk.press("1<ctrl-n>Dunes<esc>");
    assert!(desk.screen().contains("1 draft"));
    assert!(desk.saved.as_deref().unwrap().contains("Dunes"));
    desk.press("q");
    assert!(!desk.has_quit());
    desk.press("y");
    assert!(desk.has_quit());
}

#[test]
fn hanging_up_keeps_what_is_being_typed() {
    let mut desk = desk(80, 24);
    desk.press("1<ctrl-n>Half a na").hang_up();
    assert!(desk.has_quit());
    assert!(desk.saved.as_deref().unwrap().contains("Half a na"));
}

#[test]
fn the_palette_goes_by_name_and_runs_commands() {
    let mut desk = desk(80, 24);
    desk.press(":boreal<enter>");
    assert!(desk.screen().contains("Borealis Shipping ›"), "{}", desk.screen());
    desk.press(":clients<enter>");
    assert!(desk.screen().contains("› Clients"));
    desk.press(":quit<enter>");
    assert!(desk.has_quit());
}

#[test]
fn help_says_what_works_and_why_the_rest_does_not() {
    let mut desk = desk(120, 40);
    desk.press("1?");
    insta::assert_snapshot!(desk.screen());
    desk.press("edit");
    assert!(desk.screen().contains("Put the cursor on a client first."));
    desk.press("<esc>?pin<enter>");
}

#[test]
fn an_unbound_alt_key_is_escape_and_the_key() {
    let mut desk = desk(80, 24);
    desk.press("1j<enter>");
    desk.press("<alt-k>");
    assert!(desk.screen().contains("All clients ›"));
    // Over a text field as well, where a terminal sends the two close together.
    desk.press("?");
    assert!(desk.screen().contains("What works here"));
    desk.press("<alt-2>");
    let screen = desk.screen();
    assert!(
        !screen.contains("What works here") && screen.contains("All clients › Projects"),
        "{screen}"
    );
}
