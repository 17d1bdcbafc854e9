//! Putting away (`D`): a menu of what fits the row, and a word typed where the act is grave.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use tui_input::Input;

use super::super::action::Action;
use super::super::effect::{Answer, Cx, Payload, sentence};
use super::super::ink::{Brush, run, wrap};
use super::super::model::Model;
use super::super::panes::Note;
use super::super::theme::Tone;
use super::super::widgets::field;
use super::{Layer, Shape};
use crate::api::client::{ArchiveClient, Client, RestoreClient};
use crate::domain::access::ClientState;
use crate::domain::safe::Safe;

#[derive(Debug)]
struct Done(Answer<Client>);

/// Archiving a client, or taking it back into work.
#[derive(Debug)]
pub struct Remove {
    client: Client,
    typed: Input,
    note: Option<(Tone, Safe)>,
    sending: bool,
}

impl Remove {
    pub fn client(client: &Client) -> Self {
        Self {
            client: client.clone(),
            typed: Input::default(),
            note: None,
            sending: false,
        }
    }

    fn archived(&self) -> bool {
        self.client.state == ClientState::Archived
    }

    fn send(&mut self, cx: &mut Cx) {
        if self.sending {
            return;
        }
        if self.typed.value().trim() != self.client.key {
            let text = format!("Type `{}` to go on; Esc leaves everything as it is.", self.client.key);
            self.note = Some((Tone::Warn, Safe::new(&text)));
            return;
        }
        self.sending = true;
        let (client, version) = (self.client.id.to_string(), Some(self.client.version));
        if self.archived() {
            cx.write(RestoreClient { client }, version, Done);
        } else {
            cx.write(ArchiveClient { client }, version, Done);
        }
    }
}

impl Layer for Remove {
    fn shape(&self) -> Shape {
        Shape::Popup(76, 13)
    }

    fn is_typing(&self) -> bool {
        true
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        if event.code == KeyCode::Enter {
            self.send(cx);
            return true;
        }
        let Some(request) = field::request(event) else {
            return false;
        };
        self.typed.handle(request);
        self.note = None;
        true
    }

    fn act(&mut self, action: Action, _: Option<usize>, cx: &mut Cx) -> bool {
        if action == Action::Send {
            self.send(cx);
            return true;
        }
        false
    }

    fn paste(&mut self, text: &str, _: &mut Cx) {
        field::insert(&mut self.typed, text);
    }

    fn reply(&mut self, payload: Payload, cx: &mut Cx) {
        let Ok(done) = payload.downcast::<Done>() else { return };
        self.sending = false;
        match done.0 {
            Ok(client) => {
                let what = if client.state == ClientState::Archived {
                    "archived"
                } else {
                    "at work again"
                };
                let undo = cx.model.keymap.first(Action::Undo);
                cx.say(
                    Tone::Good,
                    Safe::new(&format!("{} is {what}. {undo} takes it back.", client.name)),
                );
                cx.close();
            }
            Err(fault) => {
                if let Some(now) = fault.current::<Client>() {
                    self.client = now;
                    let text = "Somebody changed this client meanwhile. Look again, then Enter does it all the same.";
                    self.note = Some((Tone::Warn, Safe::new(text)));
                } else {
                    self.note = Some((Tone::Bad, sentence(&fault)));
                }
            }
        }
    }

    fn note(&mut self, note: Note, _: &mut Cx) {
        if matches!(note, Note::Kept) {
            self.note = Some((Tone::Warn, Safe::new(super::KEPT)));
        }
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Send, Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, _: &Model) {
        let title = if self.archived() {
            " Take back into work: "
        } else {
            " Archive: "
        };
        let title = [
            run(title, Tone::Focus),
            run(format!("{} ", self.client.name), Tone::Strong),
        ];
        let inside = brush.frame(area, &title, &[], true);
        let (x, width) = (inside.x + 1, inside.width.saturating_sub(2));
        let projects = match self.client.project_count {
            1 => "1 project".to_owned(),
            n => format!("{n} projects"),
        };
        let what = if self.archived() {
            format!(
                "{} and its {projects} can be worked on again. It counts for the plan again.",
                self.client.name
            )
        } else {
            format!(
                "{} and its {projects} stay readable and nothing in them can change any more. The place in the plan becomes \
                 free. It can be taken back into work.",
                self.client.name
            )
        };
        let mut y = inside.y + 1;
        for line in wrap(&Safe::new(&what), usize::from(width)) {
            brush.text(x, y, width, &line, Tone::Text);
            y += 1;
        }
        y += 1;
        let ask = format!("Type its key, {}, then Enter:", self.client.key);
        brush.text(x, y, width, &Safe::new(&ask), Tone::Warn);
        field::line(brush, x, y + 1, width.min(40), &self.typed, true, false);
        let told = match (&self.note, self.sending) {
            (Some((tone, text)), _) => Some((*tone, text.clone())),
            (None, true) => Some((Tone::Warn, Safe::new("Sending…"))),
            _ => None,
        };
        if let Some((tone, text)) = told {
            for (y, line) in (y + 3..inside.bottom()).zip(wrap(&text, usize::from(width))) {
                brush.text(x, y, width, &line, tone);
            }
        }
    }
}
