//! Picking a person (`a`): who a finding is assigned to.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::effect::{Answer, Cx, Payload, sentence};
use super::super::ink::{Brush, run};
use super::super::model::Model;
use super::super::panes::Note;
use super::super::theme::Tone;
use super::picker::{Item, Picker};
use super::{Layer, Shape};
use crate::api::agency::User;
use crate::api::finding::{EditFinding, Finding};
use crate::domain::access::{Role, UserState};
use crate::domain::safe::Safe;

#[derive(Debug)]
enum Msg {
    Done(Answer<Finding>),
}

/// See the module's description.
#[derive(Debug)]
pub struct Person {
    finding: Finding,
    /// E-mails; none is nobody.
    picker: Picker<Option<String>>,
    sending: bool,
    note: Option<Safe>,
}

/// A person in a list to choose from.
pub fn label(user: &User) -> Safe {
    if user.name == user.email {
        return Safe::new(&user.email);
    }
    Safe::new(&format!("{} <{}>", user.name, user.email))
}

impl Person {
    pub fn assignee(finding: &Finding, model: &Model) -> Self {
        Self {
            finding: finding.clone(),
            picker: Picker::new(items(finding, model)),
            sending: false,
            note: None,
        }
    }
}

fn items(finding: &Finding, model: &Model) -> Vec<Item<Option<String>>> {
    let me = model.who.as_ref().map(|w| w.email.as_str());
    let mut items: Vec<Item<Option<String>>> = Vec::new();
    let active = model
        .people
        .iter()
        .filter(|u| u.state == UserState::Active && u.role != Role::Viewer);
    for user in active {
        let item = Item {
            value: Some(user.email.clone()),
            left: Safe::new(if Some(user.email.as_str()) == me { "you" } else { "" }),
            label: Safe::new(&user.name),
            note: Safe::new(&user.email),
            enabled: finding.assignee.as_ref().map(|a| a.id) != Some(user.id),
        };
        // Oneself first: the most frequent answer is one key away.
        if item.left.is_empty() {
            items.push(item);
        } else {
            items.insert(0, item);
        }
    }
    if finding.assignee.is_some() {
        items.push(Item {
            value: None,
            left: Safe::new("nobody"),
            label: Safe::new("take the assignment away"),
            note: Safe::default(),
            enabled: true,
        });
    }
    items
}

impl Layer for Person {
    fn shape(&self) -> Shape {
        Shape::Popup(70, 16)
    }

    fn is_typing(&self) -> bool {
        true
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        if event.code != KeyCode::Enter {
            return self.picker.key(event);
        }
        let Some(item) = self.picker.current().filter(|_| !self.sending) else {
            return true;
        };
        if !item.enabled {
            self.note = Some(Safe::new("That is who it is with already."));
            return true;
        }
        let request = EditFinding {
            finding: self.finding.id.to_string(),
            assignee: Some(item.value.clone()),
            ..EditFinding::default()
        };
        self.sending = true;
        cx.write(request, Some(self.finding.version), Msg::Done);
        true
    }

    fn act(&mut self, _: Action, _: Option<usize>, _: &mut Cx) -> bool {
        false
    }

    fn paste(&mut self, text: &str, _: &mut Cx) {
        self.picker.paste(text);
    }

    fn reply(&mut self, payload: Payload, cx: &mut Cx) {
        let Ok(msg) = payload.downcast::<Msg>() else { return };
        let Msg::Done(answer) = *msg;
        self.sending = false;
        match answer {
            Ok(finding) => {
                let who = finding.assignee.as_ref().map_or("nobody", |p| p.name.as_str());
                cx.say(Tone::Good, format!("{} is with {who}.", finding.key));
                cx.close();
            }
            Err(fault) => {
                let now = fault.current::<Finding>();
                self.note = Some(match now {
                    Some(now) => {
                        let who = now.assignee.as_ref().map_or("nobody", |p| p.name.as_str());
                        let text = format!(
                            "Somebody changed it meanwhile: it is with {who} now. Enter assigns it all the same."
                        );
                        self.picker.set(items(&now, cx.model));
                        self.finding = now;
                        Safe::new(&text)
                    }
                    None => sentence(&fault),
                });
            }
        }
    }

    fn note(&mut self, note: Note, cx: &mut Cx) {
        match note {
            Note::People => self.picker.set(items(&self.finding, cx.model)),
            Note::Kept => {
                self.sending = false;
                self.note = Some(Safe::new(super::KEPT));
            }
            _ => {}
        }
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, _: &Model) {
        let title = [run(
            format!(" {}: who takes care of it? ", self.finding.key),
            Tone::Focus,
        )];
        let inside = brush.frame(area, &title, &[], true);
        let inside = Rect::new(inside.x + 1, inside.y, inside.width.saturating_sub(2), inside.height);
        self.picker.draw(brush, inside, "person ", 6);
        let foot = match (&self.note, self.sending) {
            (_, true) => Some((Safe::new("Sending…"), Tone::Warn)),
            (Some(note), _) => Some((note.clone(), Tone::Bad)),
            _ => None,
        };
        if let Some((text, tone)) = foot {
            brush.text(inside.x, inside.bottom().saturating_sub(1), inside.width, &text, tone);
        }
    }
}
