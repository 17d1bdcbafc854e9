//! Every sheet at four sizes, as it opens; and in every theme the same words, without a colour where there are none.

use ratatui::style::Color;

use super::*;
use crate::support::checked;

const SIZES: [(u16, u16); 4] = [(60, 16), (80, 24), (120, 30), (200, 50)];

/// Each sheet, and the keys that open it from the start.
const SHEETS: &[(&str, &str)] = &[
    ("help", "?"),
    ("palette", ":"),
    ("menu", "3x"),
    ("find", "3/sql"),
    ("query", "3f"),
    ("sort", "3o"),
    ("group", "3b"),
    ("status", "3s"),
    ("move_risk", "3sr"),
    ("person", "3a"),
    ("comment", "3c"),
    ("release", "3u"),
    ("edit_finding", "3e"),
    ("why", "3w"),
    ("record", "3W"),
    ("copy", "3Y"),
    ("detail", "3<enter>"),
    ("put_away_finding", "3D"),
    ("many_moves", "3<space><space>s"),
    ("many_tags", "3<space><space>eg"),
    ("merge", "3<space><space>M"),
    ("client_new", "1<ctrl-n>"),
    ("client_edit", "1je"),
    ("client_archive", "1jD"),
    ("project_new", "2<ctrl-n>"),
    ("project_edit", "2e"),
    ("project_place", "2m"),
    ("project_import", "2i"),
    ("put_away_project", "2D"),
    ("undo", "z"),
    ("redo", "<ctrl-z>"),
    ("inbox", "!"),
    ("brief", "B"),
    ("log", "@"),
    ("overview", "O"),
    ("drafts", ":drafts<enter>"),
    ("tour", ":tour<enter>"),
    ("quit", "3chalf a thought<esc>q"),
];

fn opened(width: u16, height: u16, theme: &str, keys: &str) -> Harness {
    let mut desk = Harness::with_theme(width, height, theme).signed_in(Role::Admin);
    settle(&mut desk);
    desk.press(keys);
    desk
}

#[test]
fn every_sheet_at_four_sizes() {
    for (name, keys) in SHEETS {
        let mut all = String::new();
        for (width, height) in SIZES {
            let under = opened(
                width,
                height,
                "mono",
                &keys[..1].replace(|c: char| !c.is_ascii_digit(), ""),
            )
            .screen();
            let screen = opened(width, height, "mono", keys).screen();
            assert_ne!(screen, under, "{name} at {width}x{height} does not show");
            assert!(
                screen.lines().all(|l| l.chars().count() <= usize::from(width)),
                "{name}"
            );
            // What stands below the sheet has snapshots of its own.
            let lines = screen.lines().zip(under.lines().chain(std::iter::repeat("")));
            let new: Vec<_> = lines.filter(|(now, was)| now != was).map(|(now, _)| now).collect();
            all.push_str(&format!("-- {width}x{height}\n{}\n", new.join("\n")));
        }
        insta::assert_snapshot!(format!("sheet_{name}"), all);
    }
}

/// What a screen says it says in words: in each theme they are the same, and where there is no colour none is used.
#[test]
fn sheets_and_panes_say_the_same_in_every_theme() {
    let panes = [("clients", "1"), ("projects", "2"), ("findings", "3"), ("queue", "4")];
    let (mut looked, mut failed) = (0, 0);
    for (name, keys) in SHEETS.iter().chain(&panes) {
        for (width, height) in SIZES {
            let words = opened(width, height, "mono", keys).screen();
            for theme in ["terminal", "light", "high-contrast", "mono"] {
                let mut desk = opened(width, height, theme, keys);
                looked += 1;
                let same = desk.screen() == words;
                let plain = |c: Color| c == Color::Reset;
                let buffer = desk.draw();
                let colourless = buffer.content.iter().all(|cell| plain(cell.fg) && plain(cell.bg));
                if !same || (theme == "mono") != colourless {
                    failed += 1;
                    println!("{name} at {width}x{height} in {theme}: same words {same}, without colour {colourless}");
                }
            }
        }
    }
    checked("sheets and panes in every theme", looked, failed, 600);
}
