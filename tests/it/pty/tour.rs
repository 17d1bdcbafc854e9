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
