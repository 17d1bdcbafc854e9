//! Findings into another project (`m`): a project is picked by typing; the look before it is done says what they lose on
//! their way and is [`super::many`]'s, for one finding as for all that is marked.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::acts::Many;
use super::super::effect::{Answer, Cx, Payload, sentence};
use super::super::ink::{Brush, run, wrap};
use super::super::model::Model;
use super::super::theme::Tone;
use super::many::{Change, about};
use super::picker::{Item, Picker};
use super::{Layer, Shape};
use crate::api::Page;
use crate::api::bulk::{BulkChange, BulkPlace};
use crate::api::project::{ListProjects, Project};
use crate::domain::safe::Safe;

/// How many projects are asked for at once; of more, what is typed finds the others.
const LOADED: u32 = 200;

#[derive(Debug)]
enum Msg {
    Projects(Answer<Page<Project>>),
}

/// See the module's description.
#[derive(Debug)]
pub struct Place {
    many: Many,
    picker: Picker<String>,
    /// Whether there are more than are loaded.
    more: bool,
    asked: bool,
    note: Option<(Tone, Safe)>,
}

const HERE: &str = "there already";
const PINNED: &str = "not the pinned client";

impl Place {
    pub fn new(many: Many) -> Self {
        Self {
            many,
            picker: Picker::new(Vec::new()),
            more: false,
            asked: false,
            note: None,
        }
    }

    fn ask(&self, cx: &mut Cx) {
        let text = self.picker.text().trim();
        let request = ListProjects {
            limit: Some(LOADED),
            q: (self.more && !text.is_empty()).then(|| text.to_owned()),
            ..ListProjects::default()
        };
        cx.read("projects", request, Msg::Projects);
    }

    /// Why none of the findings can go there.
    fn barred(&self, project: &Project, model: &Model) -> Option<&'static str> {
        if model.pin.is_some() && model.pinned_elsewhere(project.client.as_ref().map(|c| c.id)) {
            return Some(PINNED);
        }
        let here = |findings: &[crate::api::finding::Finding]| findings.iter().all(|f| f.project.id == project.id.0);
        matches!(&self.many, Many::These(findings) if here(findings)).then_some(HERE)
    }

    fn item(&self, project: &Project, model: &Model) -> Item<String> {
        let client = project.client.as_ref().map_or("no client", |c| c.name.as_str());
        let barred = self.barred(project, model);
        Item {
            value: project.id.to_string(),
            left: Safe::new(&project.key),
            label: Safe::new(&project.name),
            note: Safe::new(&match barred {
                Some(why) => format!("{client} · {why}"),
                None => client.to_owned(),
            }),
            enabled: barred.is_none(),
        }
    }

    fn choose(&mut self, cx: &mut Cx) {
        let Some(item) = self.picker.current() else { return };
        if !item.enabled {
            self.note = Some((Tone::Warn, Safe::new(&format!("{}: {}.", item.label, item.note))));
            return;
        }
        let change = BulkChange::Place(BulkPlace {
            project: item.value.clone(),
        });
        cx.close();
        cx.open(Change::planned(self.many.clone(), change, None));
    }
}

impl Layer for Place {
    fn shape(&self) -> Shape {
        Shape::Popup(72, 18)
    }

    fn is_typing(&self) -> bool {
        true
    }

    fn set_size(&mut self, _: u16, _: u16, cx: &mut Cx) {
        if !std::mem::replace(&mut self.asked, true) {
            self.ask(cx);
        }
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        if event.code == KeyCode::Enter {
            self.choose(cx);
            return true;
        }
        let before = self.picker.text().to_owned();
        let used = self.picker.key(event);
        if used {
            self.note = None;
        }
        if self.more && self.picker.text() != before {
            self.ask(cx);
        }
        used
    }

    fn act(&mut self, action: Action, _: Option<usize>, cx: &mut Cx) -> bool {
        if action == Action::Send {
            self.choose(cx);
        }
        action == Action::Send
    }

    fn paste(&mut self, text: &str, cx: &mut Cx) {
        self.picker.paste(text);
        if self.more {
            self.ask(cx);
        }
    }

    fn reply(&mut self, payload: Payload, cx: &mut Cx) {
        let Ok(msg) = payload.downcast::<Msg>() else { return };
        match *msg {
            Msg::Projects(Ok(page)) => {
                self.more |= page.has_more;
                let items = page.items.iter().map(|p| self.item(p, cx.model)).collect();
                self.picker.set(items);
            }
            Msg::Projects(Err(fault)) => self.note = Some((Tone::Bad, sentence(&fault))),
        }
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Choose, Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, _: &Model) {
        let title = run(format!(" {}: which project? ", about(&self.many)), Tone::Focus);
        let inside = brush.frame(area, &[title], &[], true);
        let inside = Rect::new(inside.x + 1, inside.y, inside.width.saturating_sub(2), inside.height);
        self.picker.draw(brush, inside, "project ", 8);
        if let Some((tone, text)) = &self.note {
            let lines = wrap(text, usize::from(inside.width));
            let top = inside.bottom().saturating_sub(lines.len() as u16);
            for (y, line) in (top..).zip(&lines) {
                brush.text(inside.x, y, inside.width, line, *tone);
            }
        }
    }
}
