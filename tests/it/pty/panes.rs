//! Each pane of the built console at four sizes, in each theme: what a terminal shows, and which colours it was sent.

use super::{Console, Desk};
use crate::support::checked;

const SIZES: [(u16, u16); 4] = [(60, 16), (80, 24), (120, 30), (200, 50)];

/// Whether a sequence that sets a colour was sent: SGR 30 to 49 and 90 to 107 (39 and 49 put back what was there).
fn colours(raw: &[u8]) -> usize {
    let text = String::from_utf8_lossy(raw);
    let sequences = text.split("\x1b[").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != ';')?;
        rest[end..].starts_with('m').then(|| &rest[..end])
    });
    let sets = |code: &str| {
        let n: u32 = code.parse().unwrap_or(0);
        matches!(n, 30..=38 | 40..=48 | 90..=107)
    };
    sequences.filter(|codes| codes.split(';').any(sets)).count()
}

#[test]
fn each_pane_at_four_sizes_in_every_theme() {
    let desk = Desk::sqlite();
    let (mut looked, mut failed) = (0, 0);
    for theme in ["terminal", "light", "mono"] {
        let mut home = desk.admin();
        home.set("RISKDESK_CONSOLE_THEME", theme);
        let mut console = Console::open(&home, 80, 24);
        console.wait_for("live");
        for (width, height) in SIZES {
            console.resize(width, height);
            for (key, name) in [
                ("1", "1 Clients"),
                ("2", "2 Projects"),
                ("3", "3 Findings"),
                ("4", "4 Queue"),
            ] {
                console.press(key);
                // The pane with the keys has the heavy frame.
                console.wait(name, |screen| {
                    let lines: Vec<_> = screen.lines().collect();
                    lines.len() >= usize::from(height) - 2
                        && lines
                            .iter()
                            .any(|l| l.contains(&format!("━ {name}")) || l.contains(&format!("┏━ {name}")))
                });
                looked += 1;
            }
        }
        let coloured = colours(&console.raw());
        looked += 1;
        if (theme == "mono") != (coloured == 0) {
            failed += 1;
            println!("{theme}: {coloured} colours were sent");
        }
        console.press("q");
        assert_eq!(console.end().0, 0);
        console.is_restored();
    }
    checked("panes in a terminal", looked, failed, 51);
}
