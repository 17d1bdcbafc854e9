//! What was typed and not sent (`:drafts`): the list, where each belongs, opened there, copied or thrown away.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::effect::{Cx, Effect};
use super::super::ink::{Brush, run};
use super::super::model::Model;
use super::super::panes::PaneId;
use super::super::theme::Tone;
use super::{Layer, Shape, client_form, many, project_form, step};
use crate::domain::safe::Safe;

/// See the module's description.
#[derive(Debug, Default)]
pub struct Drafts {
    at: usize,
    /// `x` was pressed on this row: once more throws it away.
    sure: bool,
}

impl Drafts {
    fn current(&self, model: &Model) -> Option<String> {
        model.drafts.names().nth(self.at).map(str::to_owned)
    }

    /// Goes where the draft belongs: its sheet opens with what was typed.
    fn open(&self, cx: &mut Cx) {
        let Some(name) = self.current(cx.model) else { return };
        let (what, of) = name.split_once(' ').unwrap_or((&name, ""));
        cx.close();
        match (what, of) {
            (many::DRAFT, _) => cx.say(
                Tone::Dim,
                "This was typed for what was marked: mark findings, then s or e brings it back.",
            ),
            ("client", "new") => cx.open(client_form::new(cx.model)),
            ("project", "new") => cx.open(project_form::new(cx.model)),
            ("client", key) => {
                cx.push(Effect::Focus(PaneId::Clients));
                cx.push(Effect::Find(key.to_owned()));
                cx.push(Effect::Run(Action::Edit));
            }
            ("project", key) => {
                cx.push(Effect::Focus(PaneId::Projects));
                cx.push(Effect::Find(key.to_owned()));
                cx.push(Effect::Run(Action::Edit));
            }
            // `comment F-…`, `move F-… status`: the finding opens, and the sheet on it has the text.
            (_, rest) => {
                let key = rest.split(' ').next().unwrap_or_default();
                let then = if what == "comment" {
                    Action::Comment
                } else {
                    Action::Status
                };
                cx.push(Effect::OpenFor(key.to_owned(), then));
            }
        }
    }
}

impl Layer for Drafts {
    fn shape(&self) -> Shape {
        Shape::Popup(80, 16)
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        let sure = std::mem::take(&mut self.sure);
        match event.code {
            KeyCode::Enter => self.open(cx),
            KeyCode::Char('x') if sure => {
                if let Some(name) = self.current(cx.model) {
                    cx.push(Effect::Drop(name));
                    self.at = self
                        .at
                        .saturating_sub(usize::from(self.at + 1 >= cx.model.drafts.len()));
                    cx.say(Tone::Warn, "The draft is thrown away.");
                }
            }
            KeyCode::Char('x') => {
                self.sure = self.current(cx.model).is_some();
                if self.sure {
                    cx.say(Tone::Warn, "x again throws this draft away; any other key keeps it.");
                }
            }
            KeyCode::Char('y') => {
                if let Some(fields) = self.current(cx.model).and_then(|n| cx.model.drafts.get(&n).cloned()) {
                    let texts: Vec<_> = fields.into_values().collect();
                    cx.push(Effect::Copy(texts.join("\n")));
                }
            }
            _ => return false,
        }
        true
    }

    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        step(&mut self.at, cx.model.drafts.len(), action, count)
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Down, Action::Choose, Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, model: &Model) {
        let title = [run(" Typed and not sent ", Tone::Focus)];
        let inside = brush.frame(area, &title, &[], true);
        let rows = usize::from(inside.height.saturating_sub(1));
        let top = (self.at + 1).saturating_sub(rows);
        for (i, name) in model.drafts.names().enumerate().skip(top).take(rows) {
            let y = inside.y + (i - top) as u16;
            let bar = (i == self.at).then_some(Tone::Cursor);
            if bar.is_some() {
                brush.bar(inside.x, y, inside.width, Tone::Cursor);
            }
            let texts = model
                .drafts
                .get(name)
                .map(|f| f.values().cloned().collect::<Vec<_>>().join(" · "));
            let runs = [
                run(format!(" {name:<28} "), Tone::Key),
                run(Safe::new(&texts.unwrap_or_default().replace('\n', " ")), Tone::Text),
            ];
            brush.runs_on(inside.x, y, inside.width, &runs, bar);
        }
        if model.drafts.is_empty() {
            brush.text(
                inside.x + 1,
                inside.y,
                inside.width,
                &Safe::new("Nothing: all that was typed was sent."),
                Tone::Dim,
            );
        }
        let foot = [
            run(" Enter", Tone::Key),
            run(" open where it belongs  ", Tone::Dim),
            run("y", Tone::Key),
            run(" copy  ", Tone::Dim),
            run("x x", Tone::Key),
            run(" throw away", Tone::Dim),
        ];
        brush.runs(inside.x, inside.bottom().saturating_sub(1), inside.width, &foot);
    }
}
