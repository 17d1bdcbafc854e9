//! The help: every act with its keys, what works here first, why the rest does not; typing searches, Enter runs.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::super::action::{Action, Can, Group, Where};
use super::super::effect::{Cx, Effect};
use super::super::ink::{Brush, run};
use super::super::model::Model;
use super::super::theme::Tone;
use super::picker::{Item, Picker};
use super::{Layer, Shape};
use crate::domain::safe::Safe;

/// See the module's description.
#[derive(Debug)]
pub struct Help {
    rows: Vec<(Action, Can)>,
    picker: Option<Picker<Action>>,
}

impl Help {
    /// Keys are written when the keymap is at hand: at the first look.
    pub fn new(rows: Vec<(Action, Can)>) -> Self {
        Self { rows, picker: None }
    }

    fn items(&self, model: &Model) -> Vec<Item<Action>> {
        let mut rows: Vec<_> = self.rows.iter().collect();
        let group = |a: Action| Group::ALL.iter().position(|g| *g == a.group());
        let order = |can: Can| match can {
            Can::Yes => 0,
            Can::No(_) => 1,
            Can::NotHere => 2,
        };
        rows.sort_by_key(|(a, can)| (order(*can), group(*a), *a));
        let item = |(action, can): &(Action, Can)| Item {
            value: *action,
            left: Safe::new(&model.keymap.shown(*action)),
            label: Safe::new(action.summary()),
            note: Safe::new(match can {
                Can::Yes => action.group().title(),
                Can::No(reason) => reason,
                Can::NotHere if action.place() == Where::Text => "in a text field",
                Can::NotHere => "not in this place",
            }),
            enabled: *can == Can::Yes,
        };
        rows.into_iter().map(item).collect()
    }
}

impl Layer for Help {
    fn shape(&self) -> Shape {
        Shape::Popup(100, 40)
    }

    fn is_typing(&self) -> bool {
        true
    }

    fn set_size(&mut self, _: u16, _: u16, cx: &mut Cx) {
        if self.picker.is_none() {
            self.picker = Some(Picker::new(self.items(cx.model)));
        }
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        let Some(picker) = self.picker.as_mut() else {
            return false;
        };
        if event.code == KeyCode::Enter {
            if let Some(item) = picker.current() {
                if item.enabled {
                    cx.push(Effect::Run(item.value));
                } else {
                    cx.say(Tone::Warn, item.note.clone());
                }
            }
            return true;
        }
        picker.key(event)
    }

    fn act(&mut self, _: Action, _: Option<usize>, _: &mut Cx) -> bool {
        false
    }

    fn paste(&mut self, text: &str, _: &mut Cx) {
        if let Some(picker) = self.picker.as_mut() {
            picker.paste(text);
        }
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, _: &Model) {
        let title = [run(" What works here ", Tone::Focus)];
        let note = [run(" type to search · Enter runs ", Tone::Dim)];
        let inside = brush.frame(area, &title, &note, true);
        if let Some(picker) = &self.picker {
            let inside = Rect::new(inside.x + 1, inside.y, inside.width - 2, inside.height);
            picker.draw(brush, inside, "? ", 16);
        }
    }
}
