//! No key waits for the server: with every answer held back, each key in each pane, over a list of 100,000, changes what
//! is on the screen at once, be it by a word that says why nothing else happens.

use riskdesk::tui::action::Action;
use riskdesk::tui::keymap::Keymap;

use super::*;
use crate::support::checked;

/// A desk over long lists, in this pane, in the middle of the first page; what is asked from here on is not answered.
fn held(pane: &str) -> Harness {
    let mut desk = Harness::new(80, 24).signed_in(Role::Admin);
    desk.reply::<ListClients>(clients());
    desk.reply::<ListProjects>(projects());
    desk.reply::<ListFindings>(beginning(100, 100_000));
    let mut part = queue();
    part.items = beginning(100, 100_000)
        .items
        .into_iter()
        .map(|finding| QueueItem {
            lane: Lane::New,
            clock: None,
            holder: None,
            finding,
        })
        .collect();
    (part.next, part.has_more, part.count) = (Some("next".into()), true, Some(100_000));
    desk.reply::<ListQueue>(part);
    desk.press(pane);
    desk.press(if pane == "1" || pane == "2" { "j" } else { "5j<pgdn>" });
    desk
}

/// Keys that change nothing where they are pressed, each with its reason.
fn is_idle(action: Action, pane: &str) -> bool {
    match action {
        // The pane that has the keys already, and all clients, which stand there already.
        Action::Clients => pane == "1",
        Action::Projects => pane == "2",
        Action::Findings => pane == "3",
        Action::Queue => pane == "4",
        Action::AllClients | Action::Back => true,
        // The last row of a short list is the last page of it, its first the first.
        _ => false,
    }
}

#[test]
fn every_key_shows_its_effect_before_any_reply() {
    let keymap = Keymap::read(None).unwrap();
    let (mut looked, mut failed) = (0, 0);
    for pane in ["1", "2", "3", "4"] {
        for action in Action::ALL {
            for key in keymap.keys(*action) {
                if keymap.in_lists(*key) != Some(*action) || is_idle(*action, pane) {
                    continue;
                }
                let mut desk = held(pane);
                let before = desk.draw().clone();
                let answered = desk.calls().len();
                let name = key.to_string();
                desk.press(&if name.chars().count() == 1 {
                    name
                } else {
                    format!("<{name}>")
                });
                looked += 1;
                if *desk.draw() == before && !desk.has_quit() {
                    failed += 1;
                    println!(
                        "pane {pane}: {key} ({}) changes nothing\n{}",
                        action.name(),
                        desk.screen()
                    );
                }
                assert!(
                    desk.calls().len() >= answered.saturating_sub(3),
                    "calls are only held back"
                );
            }
        }
    }
    checked("keys shown before any reply", looked, failed, 200);
}

/// Rows of the list before are no rows of the one that was asked for.
#[test]
fn what_is_on_its_way_is_not_acted_on() {
    let mut desk = held("3");
    desk.press("f").press("<ctrl-u>sev:critical<enter>");
    for key in ["<enter>", "s", "t", "y", "D", "e"] {
        desk.press(key);
        let screen = desk.screen();
        assert!(screen.contains("on its way"), "{key}: {screen}");
        assert!(desk.copied.is_empty());
    }
    desk.press("/sql<enter>");
    assert!(desk.screen().contains("as soon as"), "{}", desk.screen());
    while desk
        .call::<ListFindings>()
        .is_some_and(|c| c.q.as_deref() != Some("sev:critical"))
    {
        desk.reply::<ListFindings>(findings());
    }
    desk.reply::<ListFindings>(findings());
    let screen = desk.screen();
    assert!(
        screen.contains("match 1 of 1") && !screen.contains("on its way"),
        "{screen}"
    );
    desk.press("<enter>");
    assert!(desk.screen().contains("F-7K3QX2"), "{}", desk.screen());
}

/// One's own act is heard of twice, by its answer and by its events, in either order: the lists are asked for once.
#[test]
fn after_ones_own_act_each_list_is_asked_for_once() {
    let asked = |desk: &Harness| {
        let list = |call: &&String| call.ends_with("/findings") || call.ends_with("/queue");
        desk.calls().iter().filter(list).count()
    };
    let event = |topic| Event {
        topic,
        act: "queue.take".into(),
        id: None,
        project: None,
        client: None,
        at: NOON,
    };
    for events_first in [false, true] {
        let mut desk = desk(80, 24).gathering();
        desk.press("4t");
        assert_eq!(asked(&desk), 0);
        let hear = |desk: &mut Harness| {
            desk.event(event(Topic::Queue)).pass(5);
            desk.event(event(Topic::Finding)).pass(5);
        };
        let held = Holder {
            user: ada(),
            until: NOON,
        };
        if events_first {
            hear(&mut desk);
            desk.reply::<TakeFinding>(held).pass(5);
        } else {
            desk.reply::<TakeFinding>(held).pass(5);
            hear(&mut desk);
        }
        assert_eq!(asked(&desk), 0, "gathered for a moment");
        desk.pass(50);
        assert_eq!(asked(&desk), 2, "{:#?}", desk.calls());
        settle(&mut desk);
        desk.pass(10_000);
        assert_eq!(asked(&desk), 0, "{:#?}", desk.calls());
    }
    // Where no event comes, the lists are asked for all the same.
    let mut desk = desk(80, 24).gathering();
    desk.press("4t");
    let until = NOON;
    desk.reply::<TakeFinding>(Holder { user: ada(), until }).pass(10_000);
    assert_eq!(asked(&desk), 2, "{:#?}", desk.calls());
}
