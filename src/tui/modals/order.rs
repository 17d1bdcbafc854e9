//! Short menus over a pane: what it is sorted by (`o`), what it is grouped by (`b`). One letter picks, so do arrows and
//! Enter; what is on now says so.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::effect::{Cx, Effect};
use super::super::ink::{Brush, run};
use super::super::model::Model;
use super::super::panes::PaneId;
use super::super::theme::Tone;
use super::{Layer, Shape, step};

/// One line of the menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub letter: char,
    /// What the pane is told.
    pub word: String,
    pub text: &'static str,
    pub note: &'static str,
}

/// See the module's description.
#[derive(Debug)]
pub struct Order {
    pane: PaneId,
    sorts: bool,
    choices: Vec<Choice>,
    at: usize,
}

impl Order {
    pub fn sorts(pane: PaneId, choices: Vec<Choice>) -> Self {
        Self::new(pane, true, choices)
    }

    pub fn groups(pane: PaneId, choices: Vec<Choice>) -> Self {
        Self::new(pane, false, choices)
    }

    fn new(pane: PaneId, sorts: bool, choices: Vec<Choice>) -> Self {
        let at = choices.iter().position(|c| !c.note.is_empty()).unwrap_or(0);
        Self {
            pane,
            sorts,
            choices,
            at,
        }
    }

    fn pick(&self, i: usize, cx: &mut Cx) {
        let Some(choice) = self.choices.get(i) else { return };
        let word = choice.word.clone();
        cx.push(if self.sorts {
            Effect::Sort(self.pane, word)
        } else {
            Effect::Group(self.pane, word)
        });
    }
}

impl Layer for Order {
    fn shape(&self) -> Shape {
        Shape::Popup(64, self.choices.len() as u16 + 2)
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        let hit = match event.code {
            KeyCode::Enter => Some(self.at),
            KeyCode::Char(c) => self.choices.iter().position(|choice| choice.letter == c),
            _ => None,
        };
        if let Some(i) = hit {
            self.pick(i, cx);
        }
        hit.is_some()
    }

    fn act(&mut self, action: Action, count: Option<usize>, _: &mut Cx) -> bool {
        step(&mut self.at, self.choices.len(), action, count)
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Down, Action::Choose, Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, _: &Model) {
        let title = if self.sorts { " Sort by " } else { " Group by " };
        let inside = brush.frame(area, &[run(title, Tone::Focus)], &[], true);
        for (i, choice) in self.choices.iter().enumerate().take(usize::from(inside.height)) {
            let y = inside.y + i as u16;
            let bar = (i == self.at).then_some(Tone::Cursor);
            if bar.is_some() {
                brush.bar(inside.x, y, inside.width, Tone::Cursor);
            }
            let runs = [
                run(format!(" {}  ", choice.letter), Tone::Key),
                run(choice.text, Tone::Text),
                run(if choice.note.is_empty() { "" } else { "  " }, Tone::Text),
                run(choice.note, Tone::Dim),
            ];
            brush.runs_on(inside.x, y, inside.width, &runs, bar);
        }
    }
}
