//! One question, answered with `y`; anything else leaves it.

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
}

impl Confirm {
    pub fn quit(drafts: usize, unsent: usize) -> Self {
        let mut parts = Vec::new();
        if unsent > 0 {
            parts.push(format!("{unsent} unsent (lost when you quit before the link is back)"));
        }
        if drafts > 0 {
            parts.push(format!("{drafts} drafts (kept for next time)"));
        }
        Self {
            question: Safe::new(&format!("There are {}. Quit?", parts.join(" and "))),
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
            KeyCode::Char('n' | 'N' | 'q') => cx.close(),
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
            run("y", Tone::Key),
            run(" quit   ", Tone::Text),
            run("n", Tone::Key),
            run(" stay", Tone::Text),
        ];
        brush.runs(inside.x + 1, inside.bottom() - 1, inside.width - 2, &runs);
    }
}
