//! Sheets: clients, projects, assignment, sign-in; refusals, conflicts, lost links.

use super::*;

#[test]
fn a_new_client_is_made() {
    let mut desk = desk(80, 24);
    desk.press("1<ctrl-n>Dunes Ltd<tab>it@dunes.test");
    insta::assert_snapshot!(desk.screen());
    desk.press("<ctrl-s>");
    let request = desk.expect_call::<CreateClient>();
    assert_eq!(
        (request.name.as_str(), request.contact_email.as_deref()),
        ("Dunes Ltd", Some("it@dunes.test"))
    );
    assert_eq!(request.account_manager.as_deref(), Some("ada@agency.test"));
    assert_eq!(request.agency_access, Some(AgencyAccess::AdminsAndSelected));
    desk.reply::<CreateClient>(client(9, "dunes", "Dunes Ltd"));
    assert!(desk.screen().contains("Dunes Ltd (dunes) is created."));
    desk.expect_call::<ListClients>();
    assert!(!desk.screen().contains("drafts"));
}

#[test]
fn a_refusal_stands_beside_its_field_and_nothing_typed_is_lost() {
    let mut desk = desk(80, 24);
    desk.press("1<ctrl-n>Dunes<ctrl-s>");
    let mut refusal = Problem::new(Code::InvalidRequest, "This is no e-mail address.");
    refusal.field = Some("contact_email".into());
    desk.refuse::<CreateClient>(Fault::Problem(Box::new(refusal)));
    let screen = desk.screen();
    assert!(
        screen.contains("This is no e-mail address.") && screen.contains("Dunes"),
        "{screen}"
    );
    desk.press("x@dunes.test<ctrl-s>");
    assert_eq!(
        desk.expect_call::<CreateClient>().contact_email.as_deref(),
        Some("x@dunes.test")
    );
}

#[test]
fn an_edit_sends_only_what_changed_and_a_conflict_shows_both() {
    let mut desk = desk(80, 24);
    desk.press("1je<end> Inc<ctrl-s>");
    let request = desk.expect_call::<EditClient>();
    assert_eq!(request.name.as_deref(), Some("ACME Corporation Inc"));
    assert_eq!((&request.contact_email, &request.notes), (&None, &None));
    let mut now = client(1, "acme", "ACME Corp.");
    now.version = 8;
    now.notes = "Their notes".into();
    desk.refuse::<EditClient>(conflict(now));
    insta::assert_snapshot!("conflict_three_ways", desk.screen());
    desk.press("<enter>");
    let request = desk.expect_call::<EditClient>();
    assert_eq!(request.name.as_deref(), Some("ACME Corporation Inc"));
    assert_eq!(request.notes, None, "what only they changed is left as they have it");
    let mut now = client(1, "acme", "ACME Holding");
    now.version = 9;
    desk.refuse::<EditClient>(conflict(now));
    desk.press("t<esc>");
    assert!(desk.screen().contains("ACME Holding"), "{}", desk.screen());
    desk.press("<ctrl-s>");
    assert!(desk.call::<EditClient>().is_none(), "theirs is what is there already");
    assert!(desk.screen().contains("Nothing was changed."), "{}", desk.screen());
}

#[test]
fn a_move_lists_what_it_takes_with_it() {
    let mut desk = desk(80, 24);
    desk.press("2m");
    desk.reply::<ListClients>(clients());
    insta::assert_snapshot!("place_picker", desk.screen());
    desk.press("bor<enter>");
    assert!(desk.expect_call::<AssignProjects>().dry_run);
    let plan = |applied| Assignment {
        applied,
        client: Some(reference(2, "borealis", "Borealis Shipping")),
        moves: vec![ProjectMove {
            project: reference(101, "P-4Q7M", "Web shop"),
            version: 3,
            from: Some(reference(1, "acme", "ACME Corporation")),
            findings: 41,
            comments_made_internal: 3,
            rounds_made_internal: 1,
            claims_ended: 0,
            due_dates_recomputed: 17,
        }],
    };
    desk.reply::<AssignProjects>(plan(false));
    insta::assert_snapshot!("move_sheet", desk.screen());
    desk.press("y");
    let request = desk.expect_call::<AssignProjects>();
    assert!(!request.dry_run);
    assert_eq!(
        (request.projects[0].version, request.client.as_deref()),
        (Some(3), Some("borealis"))
    );
    desk.reply::<AssignProjects>(plan(true));
    assert!(desk.screen().contains("now with Borealis Shipping"));
}

#[test]
fn a_project_nobody_has_moves_without_a_question() {
    let mut desk = desk(80, 24);
    desk.press("2Gm");
    desk.reply::<ListClients>(clients());
    desk.press("acme<enter>");
    desk.reply::<AssignProjects>(Assignment {
        applied: false,
        client: Some(reference(1, "acme", "ACME Corporation")),
        moves: vec![ProjectMove {
            project: reference(103, "P-T0C8", "Pilot"),
            version: 3,
            from: None,
            findings: 0,
            comments_made_internal: 0,
            rounds_made_internal: 0,
            claims_ended: 0,
            due_dates_recomputed: 0,
        }],
    });
    assert!(!desk.expect_call::<AssignProjects>().dry_run);
}

#[test]
fn a_session_that_ends_in_the_middle_of_an_edit_loses_nothing() {
    let mut desk = desk(80, 24);
    desk.press("1<ctrl-n>Dunes Ltd<ctrl-s>");
    desk.refuse::<CreateClient>(Fault::SignInNeeded);
    let screen = desk.screen();
    assert!(screen.contains("Your session has ended"), "{screen}");
    desk.press("<esc>");
    assert!(desk.screen().contains("Dunes Ltd"), "{}", desk.screen());
}

#[test]
fn what_was_sent_while_the_link_was_down_is_sent_once_when_it_is_back() {
    let mut desk = desk(80, 24);
    desk.press("1<ctrl-n>Dunes Ltd<ctrl-s>");
    desk.refuse::<CreateClient>(Fault::Unreachable("connection refused".into()));
    assert!(desk.screen().contains("1 unsent"), "{}", desk.screen());
    assert!(desk.call::<CreateClient>().is_none());
    desk.link(Incoming::Down("gone".into())).link(Incoming::Up);
    assert_eq!(desk.expect_call::<CreateClient>().name, "Dunes Ltd");
    desk.reply::<CreateClient>(client(9, "dunes", "Dunes Ltd"));
    assert!(!desk.screen().contains("unsent"));
    assert!(desk.call::<CreateClient>().is_none());
}

#[test]
fn without_a_session_the_sign_in_sheet_opens() {
    let mut desk = Harness::new(80, 24).signed_out();
    insta::assert_snapshot!("sign_in", desk.screen());
    let mut desk = Harness::first_run(80, 24).signed_out();
    insta::assert_snapshot!("first_run", desk.screen());
}
