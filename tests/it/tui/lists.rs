//! What every list does: columns by width, order, groups, finding, marks, both ends, views, preview, and coming back.

use riskdesk::api::finding::{CountGroups, GroupBy, GroupCount, GroupCounts};
use riskdesk::api::queue::PutBackFinding;

use super::*;

const SIZES: [(u16, u16); 4] = [(60, 16), (80, 24), (120, 30), (200, 50)];

#[test]
fn each_pane_at_four_sizes() {
    for (width, height) in SIZES {
        for (key, name) in [("1", "clients"), ("2", "projects"), ("3", "findings"), ("4", "queue")] {
            let screen = desk(width, height).press(key).screen();
            insta::assert_snapshot!(format!("{name}_{width}x{height}"), screen);
        }
    }
}

/// Whatever the colours, the same text; and the cursor's row looks different from the others in each.
#[test]
fn every_theme_shows_the_same_words() {
    let plain = desk(80, 24).press("3").screen();
    for theme in ["terminal", "light", "high-contrast", "mono"] {
        let mut desk = Harness::with_theme(80, 24, theme).signed_in(Role::Admin);
        settle(&mut desk);
        desk.press("3/sql<enter>");
        let buffer = desk.draw().clone();
        assert_ne!(
            buffer[(12, 3)].style(),
            buffer[(12, 4)].style(),
            "{theme}: the cursor's row"
        );
        let found = (0..78).find(|x| buffer[(*x, 3)].symbol() == "S" && buffer[(*x + 1, 3)].symbol() == "Q");
        let style = buffer[(found.unwrap(), 3)].style();
        assert!(
            style.add_modifier.contains(ratatui::style::Modifier::UNDERLINED),
            "{theme}: what is found is underlined"
        );
        desk.press("<esc>");
        assert_eq!(desk.screen(), plain, "{theme}");
    }
}

#[test]
fn the_sort_menu_turns_the_direction_round() {
    let mut desk = desk(80, 24);
    desk.press("3o");
    insta::assert_snapshot!("sort_menu", desk.screen());
    desk.press("d");
    assert_eq!(
        desk.expect_call::<ListFindings>().q.as_deref(),
        Some("is:open sort:due")
    );
    settle(&mut desk);
    desk.press("o");
    assert!(
        desk.screen().contains("now ↑, again turns it round"),
        "{}",
        desk.screen()
    );
    desk.press("d");
    assert_eq!(
        desk.expect_call::<ListFindings>().q.as_deref(),
        Some("is:open sort:-due")
    );
    settle(&mut desk);
    desk.press("1om");
    assert_eq!(desk.expect_call::<ListClients>().sort.as_deref(), Some("manager"));
    settle(&mut desk);
    assert!(desk.screen().contains("sort:manager"));
    desk.press("2oc");
    assert_eq!(desk.expect_call::<ListProjects>().sort.as_deref(), Some("client"));
}

#[test]
fn groups_have_headings_with_counts_and_can_be_jumped() {
    let mut desk = desk(80, 24);
    desk.press("3b");
    insta::assert_snapshot!("group_menu", desk.screen());
    desk.press("s");
    assert_eq!(
        desk.expect_call::<ListFindings>().q.as_deref(),
        Some("is:open sort:-sev")
    );
    settle(&mut desk);
    insta::assert_snapshot!("grouped_findings", desk.screen());
    desk.press("J");
    assert!(desk.screen().contains(" 2 of 5"), "{}", desk.screen());
    desk.press("K");
    assert!(desk.screen().contains(" 1 of 5"), "{}", desk.screen());
    // Another sort scatters the groups: they go, and so does what they were sorted by.
    desk.press("od");
    assert_eq!(
        desk.expect_call::<ListFindings>().q.as_deref(),
        Some("is:open sort:due")
    );
    settle(&mut desk);
    assert!(!desk.screen().contains("── critical"));
}

#[test]
fn the_queue_is_grouped_by_lane_client_severity_or_person() {
    let mut desk = desk(80, 24);
    desk.press("bh");
    settle(&mut desk);
    insta::assert_snapshot!("lanes_with_headings", desk.screen());
    desk.press("bc");
    let call = desk.expect_call::<ListQueue>();
    assert_eq!((call.q.as_deref(), call.flat), (Some("sort:client"), true));
    settle(&mut desk);
    assert!(desk.screen().contains("── ACME Corporation · 5"), "{}", desk.screen());
    desk.press("bl");
    let call = desk.expect_call::<ListQueue>();
    assert_eq!((call.q.as_deref(), call.flat), (None, false));
}

/// What the server has counted, by severity.
fn counted() -> GroupCounts {
    let group = |severity: &str, count| GroupCount {
        term: format!("sev:{severity}"),
        name: Some(severity.to_owned()),
        client: None,
        count,
    };
    GroupCounts {
        by: GroupBy::Severity,
        groups: vec![group("critical", 1), group("high", 236), group("medium", 2)],
    }
}

#[test]
fn a_group_folds_into_a_line_and_the_server_leaves_it_out() {
    let mut desk = desk(80, 24);
    desk.press("3Z");
    assert!(desk.screen().contains("group the list first"), "{}", desk.screen());
    desk.press("bs");
    settle(&mut desk);
    desk.press("Z");
    assert!(desk.screen().contains("not been counted yet"), "{}", desk.screen());
    desk.reply::<CountGroups>(counted());
    desk.press("JZ");
    insta::assert_snapshot!("folded_group", desk.screen());
    let call = desk.expect_call::<ListFindings>();
    assert_eq!(
        (call.q.as_deref(), call.narrow.as_deref()),
        (Some("is:open sort:-sev"), Some("-sev:medium"))
    );
    settle(&mut desk);
    // Acts on all that match reach what is seen: the count is asked for without the folded group.
    desk.press("*");
    assert_eq!(
        desk.expect_call::<ListFindings>().narrow.as_deref(),
        Some("-sev:medium")
    );
    desk.press("<esc>");
    settle(&mut desk);
    // There is nothing to open: Enter unfolds.
    desk.press("<enter>");
    let call = desk.expect_call::<ListFindings>();
    assert_eq!(call.narrow, None);
    settle(&mut desk);
    assert!(desk.screen().contains("── medium · 2"), "{}", desk.screen());
    desk.press("bz");
    let screen = desk.screen();
    assert!(screen.contains("▸ critical") && screen.contains("▸ medium"), "{screen}");
    assert!(screen.contains("3 folded"), "{screen}");
    desk.press("b");
    assert!(desk.screen().contains("unfold all groups"), "{}", desk.screen());
    desk.press("z");
    settle(&mut desk);
    assert!(!desk.screen().contains("folded"), "{}", desk.screen());
}

#[test]
fn finding_says_which_match_it_is() {
    let mut desk = desk(80, 24);
    desk.press("3/se<enter>");
    let screen = desk.screen();
    assert!(screen.contains("match 1 of 2 · 4 of 5"), "{screen}");
    desk.press("n");
    assert!(desk.screen().contains("match 2 of 2 · 5 of 5"), "{}", desk.screen());
    desk.press("NN");
    assert!(desk.screen().contains("match 2 of 2"), "{}", desk.screen());
    desk.press("/!se<enter>");
    assert!(desk.screen().contains("match 1 of 3 · 1 of 5"), "{}", desk.screen());
    desk.press("/zebra<enter>");
    assert!(desk.screen().contains("No finding here matches."), "{}", desk.screen());
    desk.press("<esc>");
    assert!(!desk.screen().contains("match"), "{}", desk.screen());
}

#[test]
fn all_that_match_are_counted_by_the_server() {
    let mut desk = Harness::new(80, 24).signed_in(Role::Admin);
    desk.press("3");
    desk.reply::<ListFindings>(beginning(100, 489));
    if desk.call::<ListFindings>().is_some() {
        desk.reply::<ListFindings>(beginning(100, 489));
    }
    desk.press("*");
    assert!(desk.screen().contains("all that match · "), "{}", desk.screen());
    let call = desk.expect_call::<ListFindings>();
    assert_eq!((call.limit, call.count), (Some(1), true), "only the count is asked for");
    desk.reply::<ListFindings>(beginning(1, 490));
    assert!(desk.screen().contains("all 490 that match"), "{}", desk.screen());
    desk.press("t");
    assert!(desk.call::<TakeFinding>().is_none(), "not what one has not seen");
    assert!(
        desk.screen().contains("Not all of these are loaded"),
        "{}",
        desk.screen()
    );
    desk.press("<esc>");
    assert!(!desk.screen().contains("that match"));
}

#[test]
fn the_end_is_asked_for_by_the_shortest_way_and_rows_on_their_way_show() {
    let mut desk = Harness::new(80, 24).signed_in(Role::Admin);
    desk.press("3");
    desk.reply::<ListFindings>(beginning(10, 100_000));
    assert!(desk.screen().contains("loading more…"), "{}", desk.screen());
    desk.press("G");
    let call = desk.expect_call::<ListFindings>();
    assert!(call.end && call.cursor.is_none());
    let mut end = beginning(30, 100_000);
    (end.next, end.has_more, end.prev) = (None, false, Some("prev".into()));
    desk.reply::<ListFindings>(end);
    assert!(desk.screen().contains("100,000 of 100,000"), "{}", desk.screen());
    desk.press("k");
    assert!(desk.screen().contains("about 99,999 of 100,000"), "{}", desk.screen());
    desk.press("g");
    assert_eq!(desk.expect_call::<ListFindings>().cursor, None);
}

#[test]
fn marked_findings_are_taken_and_put_back_together() {
    let mut desk = desk(80, 24);
    desk.press("<space><space>v5j<esc>");
    assert!(desk.screen().contains("2 marked"), "{}", desk.screen());
    desk.press("t");
    assert_eq!(desk.calls().iter().filter(|c| c.contains("take")).count(), 1);
    let fine: Vec<Result<Holder, Fault>> = vec![Ok(holder()), Err(problem(Code::Claimed, "Ben holds it."))];
    desk.answer::<TakeFinding>(Ok(Box::new(fine)));
    let screen = desk.screen();
    assert!(
        screen.contains("1 finding is yours for 30 minutes; F-Q7R8S9: Ben holds it."),
        "{screen}"
    );
    assert!(!screen.contains("marked"), "what was done is not marked any more");
    assert!(desk.call::<PutBackFinding>().is_none());
}

fn holder() -> Holder {
    Holder {
        user: ada(),
        until: NOON.plus_ms(600_000),
    }
}

#[test]
fn marked_projects_move_together() {
    let mut desk = desk(80, 24);
    desk.press("2<space><space>m");
    let screen = desk.screen();
    assert!(screen.contains("2 projects"), "{screen}");
}

#[test]
fn views_lead_back_and_forth() {
    let mut desk = desk(80, 24);
    desk.press("1j<enter>");
    settle(&mut desk);
    desk.press("3");
    desk.press(":findings sev:high<enter>");
    settle(&mut desk);
    assert!(desk.screen().contains("3 Findings sev:high"), "{}", desk.screen());
    desk.press("-");
    settle(&mut desk);
    assert!(desk.screen().contains("3 Findings is:open"), "{}", desk.screen());
    desk.press("-");
    assert!(
        desk.screen().contains("ACME Corporation › Clients"),
        "{}",
        desk.screen()
    );
    desk.press("-");
    settle(&mut desk);
    assert!(desk.screen().contains("All clients › Clients"), "{}", desk.screen());
    desk.press("___");
    settle(&mut desk);
    assert!(desk.screen().contains("3 Findings sev:high"), "{}", desk.screen());
    desk.press("_");
    assert!(desk.screen().contains("This is where you were last."));
}

#[test]
fn saved_views_are_tabs() {
    let mut desk = desk(80, 24);
    desk.press("3");
    assert!(
        desk.screen().contains("[open] mine  overdue  verify  new  closed"),
        "{}",
        desk.screen()
    );
    desk.press("L");
    assert_eq!(
        desk.expect_call::<ListFindings>().q.as_deref(),
        Some("is:open assignee:@me")
    );
    settle(&mut desk);
    assert!(desk.screen().contains(" open [mine]"), "{}", desk.screen());
    desk.press("H");
    settle(&mut desk);
    desk.press(":findings tag:pci<enter>");
    settle(&mut desk);
    desk.press(":view save card data<enter>");
    assert!(desk.screen().contains("[card data]"), "{}", desk.screen());
    let kept = desk.remembered.clone().unwrap();
    assert_eq!(kept.views[0].view.query, "tag:pci");
    desk.press(":view save mine<enter>");
    assert!(desk.screen().contains("comes with riskdesk"), "{}", desk.screen());
    desk.press(":view verify<enter>");
    assert_eq!(
        desk.expect_call::<ListFindings>().q.as_deref(),
        Some("status:pending_verification")
    );
    settle(&mut desk);
    desk.press(":view drop card data<enter>");
    assert!(!desk.screen().contains("card data]"), "{}", desk.screen());
    assert!(desk.remembered.clone().unwrap().views.is_empty());
}

#[test]
fn it_opens_where_it_was_left() {
    let mut first = desk(80, 24);
    first.press("1j<enter>");
    settle(&mut first);
    first.press(":findings sev:high<enter>");
    settle(&mut first);
    first.press("q");
    assert!(first.has_quit());
    let mut again = Harness::remembering(80, 24, first.remembered.clone().unwrap()).signed_in(Role::Admin);
    assert!(
        again.screen().contains("ACME Corporation › Findings"),
        "{}",
        again.screen()
    );
    assert_eq!(
        again.expect_call::<ListFindings>().q.as_deref(),
        Some("sev:high client:acme")
    );
}

#[test]
fn the_preview_follows_the_cursor_and_cancels_what_is_old() {
    let mut desk = desk(80, 24);
    desk.press("3p");
    assert_eq!(desk.expect_call::<ShowFinding>().finding, "F-7K3QX2");
    let aborted = desk.aborted;
    desk.press("j");
    assert_eq!(desk.expect_call::<ShowFinding>().finding, "F-A1B2C3");
    assert_eq!(desk.aborted, aborted + 1);
    assert!(desk.screen().contains("loading…"), "{}", desk.screen());
    let shown = detail(findings().items[1].clone());
    desk.reply::<ShowFinding>(shown);
    insta::assert_snapshot!("preview_80x24", desk.screen());
    desk.resize(120, 30);
    insta::assert_snapshot!("preview_120x30", desk.screen());
    desk.press("p");
    assert!(!desk.screen().contains("Description"));
}

#[test]
fn words_are_asked_of_the_server_where_there_is_no_grammar() {
    let mut desk = desk(80, 24);
    desk.press("2fweb: shop<enter>");
    assert_eq!(desk.expect_call::<ListProjects>().q.as_deref(), Some("web: shop"));
    desk.reply::<ListProjects>(page(Vec::new()));
    assert!(
        desk.screen().contains("No project has web: shop in it."),
        "{}",
        desk.screen()
    );
}

#[test]
fn an_act_out_of_place_says_where_its_place_is() {
    let mut desk = desk(80, 24);
    for (keys, says) in [
        ("1i", "Import works on a project: choose one in pane 2."),
        ("1s", "This is an act on findings: choose one in pane 3 or 4."),
        (
            "1m",
            "A place is given to a project or a finding: choose one in pane 2, 3 or 4.",
        ),
        ("3J", "In a list J and K go from group to group: group it first (b)."),
        ("1b", "This list has no groups; findings (3) and queue (4) have."),
    ] {
        desk.press(keys);
        let screen = desk.screen();
        assert!(screen.contains(says), "{keys}: {screen}");
    }
}
