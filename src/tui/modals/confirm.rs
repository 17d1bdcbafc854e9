//! One question, answered with `y`; anything else leaves it. A second `q` quits as in other programs, but not where
//! something would be lost.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::effect::{Cx, Effect};
use super::super::ink::{Brush, run, wrap};
use super::super::model::Model;
use super::super::theme::Tone;
use super::{Layer, Shape};
use crate::domain::safe::Safe;

/// Whether to quit with work not sent.
#[derive(Debug)]
pub struct Confirm {
    question: Safe,
    /// Whether quitting loses nothing.
    safe: bool,
}

impl Confirm {
    pub fn quit(drafts: usize, unsent: usize, held: &[String]) -> Self {
        let mut parts = Vec::new();
        if unsent > 0 {
            parts.push(format!("{unsent} unsent (lost when you quit before the link is back)"));
        }
        if drafts > 0 {
            let drafts = if drafts == 1 {
                "1 draft".to_owned()
            } else {
                format!("{drafts} drafts")
            };
            parts.push(format!("{drafts} (kept for next time)"));
        }
        if !held.is_empty() {
            let first: Vec<_> = held.iter().take(4).map(String::as_str).collect();
            let more = if held.len() > first.len() { ", …" } else { "" };
            parts.push(format!(
                "{}{more} taken by you (back in the queue when the lease ends)",
                first.join(", ")
            ));
        }
        Self {
            question: Safe::new(&format!("There is: {}. Quit?", parts.join("; "))),
            safe: unsent == 0,
        }
    }
}

impl Layer for Confirm {
    fn shape(&self) -> Shape {
        Shape::Popup(64, 7)
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        match event.code {
            KeyCode::Char('y' | 'Y') => cx.push(Effect::Quit),
            KeyCode::Char('q') if self.safe => cx.push(Effect::Quit),
            KeyCode::Char('q') => cx.say(
                Tone::Warn,
                "What is not sent would be lost: y quits all the same, n stays.",
            ),
            KeyCode::Char('n' | 'N') => cx.close(),
            _ => return false,
        }
        true
    }

    fn act(&mut self, _: Action, _: Option<usize>, _: &mut Cx) -> bool {
        false
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, _: &Model) {
        let inside = brush.frame(area, &[run(" Quit? ", Tone::Focus)], &[], true);
        let lines = wrap(&self.question, usize::from(inside.width.saturating_sub(2)));
        for (y, line) in (inside.y + 1..).zip(&lines) {
            brush.text(inside.x + 1, y, inside.width - 2, line, Tone::Text);
        }
        let runs = [
            run(if self.safe { "y or q" } else { "y" }, Tone::Key),
            run(" quit   ", Tone::Text),
            run("n", Tone::Key),
            run(" stay", Tone::Text),
        ];
        brush.runs(inside.x + 1, inside.bottom() - 1, inside.width - 2, &runs);
    }
}
