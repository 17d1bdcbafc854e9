//! Two people changed the same: what it was, what it is now, what was typed here, field by field; one chooses and sends
//! again. What only the other one changed is taken over and told.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::super::super::action::Action;
use super::super::super::ink::{Brush, run, wrap};
use super::super::super::theme::Tone;
use crate::domain::safe::Safe;

/// Whose value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    Was,
    Theirs,
    Mine,
}

const ALL: [(Whose, char, &str); 3] = [
    (Whose::Was, 'w', "was"),
    (Whose::Theirs, 't', "theirs"),
    (Whose::Mine, 'm', "mine"),
];

/// One thing that both changed. Values are as they go into the field; labels as people read them.
#[derive(Debug)]
pub struct Clash {
    /// The field's name, or a word of the sheet's own.
    pub name: &'static str,
    pub label: &'static str,
    pub was: (String, Safe),
    pub theirs: (String, Safe),
    pub mine: (String, Safe),
    pub chosen: Whose,
}

impl Clash {
    fn side(&self, whose: Whose) -> &(String, Safe) {
        match whose {
            Whose::Was => &self.was,
            Whose::Theirs => &self.theirs,
            Whose::Mine => &self.mine,
        }
    }

    /// The value that was chosen.
    pub fn value(&self) -> &str {
        &self.side(self.chosen).0
    }
}

/// The view over a form.
#[derive(Debug, Default)]
pub struct Clashes {
    pub all: Vec<Clash>,
    at: usize,
    /// What only the other one changed: label, was, is now.
    pub taken: Vec<(&'static str, Safe, Safe)>,
}

impl Clashes {
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Rows it needs.
    pub fn height(&self) -> u16 {
        (self.all.len() * 4 + self.taken.len() + usize::from(!self.taken.is_empty()) + 4) as u16
    }

    /// A letter chooses for the clash under the cursor; whether it was one.
    pub fn key(&mut self, event: KeyEvent) -> bool {
        let Some(clash) = self.all.get_mut(self.at) else {
            return false;
        };
        let chosen = match event.code {
            KeyCode::Char(' ') | KeyCode::Right => {
                let i = ALL.iter().position(|(w, ..)| *w == clash.chosen).unwrap_or(0);
                ALL[(i + 1) % ALL.len()].0
            }
            KeyCode::Char(c) => match ALL.iter().find(|(_, letter, _)| *letter == c) {
                Some((whose, ..)) => *whose,
                None => return false,
            },
            _ => return false,
        };
        clash.chosen = chosen;
        true
    }

    pub fn act(&mut self, action: Action) -> bool {
        match action {
            Action::Down => self.at = (self.at + 1).min(self.all.len().saturating_sub(1)),
            Action::Up => self.at = self.at.saturating_sub(1),
            _ => return false,
        }
        true
    }

    pub fn draw(&self, brush: &mut Brush, area: Rect) {
        let (x, width) = (area.x, area.width);
        let told = Safe::new("Somebody changed this meanwhile. Whose value stands?");
        brush.text(x, area.y, width, &told, Tone::Warn);
        // The clash under the cursor is always in view.
        let rows = usize::from(area.height.saturating_sub(3)) / 4;
        let from = (self.at + 1).saturating_sub(rows.max(1));
        let mut y = area.y + 2;
        let last = area.bottom().saturating_sub(1);
        for (i, clash) in self.all.iter().enumerate().skip(from) {
            if y + 3 >= last {
                break;
            }
            let tone = if i == self.at { Tone::Focus } else { Tone::Title };
            brush.text(x, y, width, &Safe::new(clash.label), tone);
            y += 1;
            for (whose, letter, word) in ALL {
                let on = clash.chosen == whose;
                let mark = if on { "(•) " } else { "( ) " };
                let text = clash.side(whose).1.clone();
                let shown = if text.as_str().is_empty() {
                    Safe::new("(nothing)")
                } else {
                    text
                };
                let runs = [
                    run(format!(" {letter} "), Tone::Key),
                    run(mark, if on { Tone::Strong } else { Tone::Dim }),
                    run(format!("{word:<7} "), Tone::Dim),
                    run(shown, if on { Tone::Strong } else { Tone::Text }),
                ];
                brush.runs(x, y, width, &runs);
                y += 1;
            }
        }
        if !self.taken.is_empty() && y < last {
            let names: Vec<_> = self
                .taken
                .iter()
                .map(|(label, was, now)| format!("{label} ({was} → {now})"))
                .collect();
            let text = Safe::new(&format!("Only they changed, and it is kept: {}", names.join(", ")));
            for line in wrap(&text, usize::from(width)) {
                if y >= last {
                    break;
                }
                brush.text(x, y, width, &line, Tone::Dim);
                y += 1;
            }
        }
        let foot = [
            run("w t m", Tone::Key),
            run(" choose  ", Tone::Dim),
            run("Enter", Tone::Key),
            run(" send again  ", Tone::Dim),
            run("Esc", Tone::Key),
            run(" back to the form", Tone::Dim),
        ];
        brush.runs(x, last, width, &foot);
    }
}
