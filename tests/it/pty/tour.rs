//! The tour as a stranger takes it: the README's own rows, one after the other, in a terminal over the demo's desk.

use std::path::Path;

use riskdesk::tui::tour::{Step, steps};

use super::console::{Console, PATIENCE};
use crate::support::binary::Home;
use crate::support::checked;

/// What a terminal sends for what a row names.
fn keys(press: &str) -> String {
    match press {
        "Enter" => "\r".into(),
        "Esc" => "\x1b".into(),
        "Tab" => "\t".into(),
        "Ctrl-S" => "\x13".into(),
        "Ctrl-N" => "\x0e".into(),
        text => text.into(),
    }
}

fn walk(console: &mut Console, step: &Step) {
    for press in &step.press {
        console.press(&keys(press));
        if press == "Esc" {
            // With a key right behind it, it would be Alt and that key.
            console.rest();
        }
    }
    let wanted = format!("{:?} to show {:?}", step.press, step.see);
    console.wait(&wanted, |screen| {
        step.see.iter().all(|words| screen.contains(words.as_str()))
    });
}

#[test]
fn the_readmes_tour_leads_where_it_says() {
    let home = Home::new();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut console = Console::of(&home, &["demo"], repository, 80, 24);
    // Sixty days of an agency in a build for development.
    console.wait_within(PATIENCE * 6, "the demo to be ready", |screen| screen.contains("live"));
    let steps = steps();
    for step in &steps {
        walk(&mut console, step);
    }
    console.press("\x1b");
    console.rest();
    console.press("q");
    assert_eq!(console.end().0, 0);
    console.is_restored();
    assert!(!home.state().exists(), "the demo left something behind");
    checked("the README's tour", steps.len(), 0, 20);
}

/// The checklist opens by itself, keeps its place, and leaves its steps on the terminal; a colleague's work shows up
/// without a key being pressed.
#[test]
fn the_tour_is_a_checklist_and_a_colleague_is_seen_at_work() {
    let home = Home::new();
    let of = steps().len();
    let mut console = Console::of(&home, &["demo", "--tour", "--colleague"], home.path(), 100, 30);
    console.wait_within(PATIENCE * 6, "the checklist", |screen| {
        screen.contains(&format!("Tour 0 of {of}")) && screen.contains("›[ ]  1")
    });
    console.press("\r");
    console.wait("the desk", |screen| {
        !screen.contains("Tour 0 of") && screen.contains("live")
    });
    console.press(":tour\r");
    console.wait("the second step", |screen| {
        screen.contains(&format!("Tour 1 of {of}")) && screen.contains("[x]  1") && screen.contains("›[ ]  2")
    });
    console.press("G");
    console.wait_for("All done.");
    console.press("gj");
    console.wait_for(&format!("Tour 1 of {of}"));
    console.press("\x1b");
    console.rest();
    console.wait("the desk again", |screen| !screen.contains("Tour 1 of"));

    // Who works on what: the demo begins with nobody's claims but the colleague's.
    console.press("4f");
    console.wait_for("status:");
    console.press("claimed:yes\r");
    let colleague = "Tomás";
    console.wait_within(PATIENCE * 2, "the colleague's claim", |screen| {
        screen.contains(colleague) && screen.contains("claimed:yes")
    });
    console.wait_within(PATIENCE * 2, "the claim to end", |screen| !screen.contains(colleague));
    console.wait_within(PATIENCE * 2, "the next claim", |screen| screen.contains(colleague));
    // What was said and moved went through the API, as anybody's: it stands in the trail under their name.
    let trail = home.run(&[
        "--profile",
        "demo",
        "--json",
        "audit",
        "list",
        "--actor",
        "tomas@northlight.example",
    ]);
    let acts: Vec<String> = trail.json()["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["act"].as_str().unwrap().to_owned())
        .collect();
    assert!(acts.iter().any(|act| act == "queue.take"), "{acts:?}");
    console.press("\x1b");
    console.rest();
    console.press("q");
    assert_eq!(console.end().0, 0);
    console.is_restored();
    // The list was told before the console took the screen: the terminal still has its end.
    console.wait_for(&format!("[ ] {of:>2}"));
}
