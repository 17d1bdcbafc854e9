//! The palette: every command that works here, the clients, projects and findings that are loaded, all by name; and
//! command lines such as `findings acme sev:>=high`.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::super::action::{Action, Where};
use super::super::effect::{Cx, Effect};
use super::super::ink::{Brush, run};
use super::super::model::Model;
use super::super::panes::{Named, PaneId, What};
use super::super::stage;
use super::super::theme::Tone;
use super::picker::{Item, Picker};
use super::{Layer, Shape};
use crate::domain::query::Query;
use crate::domain::safe::Safe;

#[derive(Debug, Clone)]
enum Pick {
    Act(Action),
    Go(Named),
}

/// See the module's description.
#[derive(Debug)]
pub struct Palette {
    names: Vec<Named>,
    picker: Option<Picker<Pick>>,
    error: Option<Safe>,
    /// The next look panics.
    trap: bool,
}

impl Palette {
    pub fn new(names: Vec<Named>) -> Self {
        Self {
            names,
            picker: None,
            error: None,
            trap: false,
        }
    }

    fn items(&self, model: &Model) -> Vec<Item<Pick>> {
        let acts = Action::ALL
            .iter()
            .filter(|a| a.place() == Where::Lists)
            .map(|action| Item {
                value: Pick::Act(*action),
                left: Safe::new(&model.keymap.first(*action)),
                label: Safe::new(action.summary()),
                note: Safe::new(action.name()),
                enabled: true,
            });
        let names = self.names.iter().map(|named| Item {
            value: Pick::Go(named.clone()),
            left: Safe::new(match named.what {
                What::Client => "client",
                What::Project => "project",
                What::Finding => "finding",
            }),
            label: named.chosen.name.clone(),
            note: match &named.client {
                Some(client) => Safe::new(&format!("{} · {}", named.chosen.key, client.name)),
                None => Safe::new(&named.chosen.key),
            },
            enabled: true,
        });
        acts.chain(names).collect()
    }

    fn go(named: &Named, cx: &mut Cx) {
        match named.what {
            What::Client => cx.push(Effect::ChooseClient(Some(named.chosen.clone()))),
            What::Project => {
                cx.push(Effect::ChooseClient(named.client.clone()));
                cx.push(Effect::ChooseProject(Some(named.chosen.clone()), named.client.clone()));
                cx.push(Effect::Focus(PaneId::Findings));
            }
            What::Finding => cx.push(Effect::OpenFinding(named.chosen.key.clone(), false)),
        }
    }

    /// Proves that a panic while drawing gives the terminal back: only in builds for development.
    #[cfg(debug_assertions)]
    fn is_trap(text: &str) -> bool {
        text.trim() == "panic while drawing"
    }

    #[cfg(not(debug_assertions))]
    fn is_trap(_: &str) -> bool {
        false
    }

    /// A command line: a pane's name, maybe a client, maybe a query. Whether it was one.
    fn command(&mut self, text: &str, cx: &mut Cx) -> bool {
        let text = text.trim().trim_start_matches(':');
        let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let pane = match word {
            "clients" => PaneId::Clients,
            "projects" => PaneId::Projects,
            "findings" => PaneId::Findings,
            "queue" => PaneId::Queue,
            "view" if !rest.trim().is_empty() => {
                cx.push(Effect::View(rest.trim().to_owned()));
                return true;
            }
            "demo" if !rest.is_empty() => {
                cx.close();
                stage::order(rest.trim(), cx);
                return true;
            }
            _ => {
                let Some(action) = Action::named(word).filter(|a| rest.is_empty() && a.place() != Where::Text) else {
                    return false;
                };
                cx.push(Effect::Run(action));
                return true;
            }
        };
        let rest = rest.trim();
        // A first word that names a client chooses it.
        let (first, query) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        let client = self
            .names
            .iter()
            .find(|n| n.what == What::Client && !first.is_empty() && n.chosen.key == first);
        let query = match client {
            Some(named) => {
                cx.push(Effect::ChooseClient(Some(named.chosen.clone())));
                query.trim()
            }
            None => rest,
        };
        if matches!(pane, PaneId::Clients | PaneId::Projects) {
            cx.push(Effect::Focus(pane));
            if !query.is_empty() {
                cx.push(Effect::Find(query.to_owned()));
            }
            return true;
        }
        if query.is_empty() {
            cx.push(Effect::Focus(pane));
            return true;
        }
        match Query::parse(query) {
            Ok(_) => cx.push(Effect::Query(pane, query.to_owned())),
            Err(error) => {
                let hint = error
                    .suggestion
                    .map(|s| format!(" Did you mean `{s}`?"))
                    .unwrap_or_default();
                self.error = Some(Safe::new(&format!("{}{hint}", error.message)));
            }
        }
        true
    }

    fn choose(&mut self, cx: &mut Cx) {
        let Some(picker) = &self.picker else { return };
        let text = picker.text().to_owned();
        if Self::is_trap(&text) {
            self.trap = true;
            return;
        }
        let exact = text.contains(char::is_whitespace) || Action::named(text.trim()).is_some();
        if exact && self.command(&text, cx) {
            return;
        }
        let Some(picker) = &self.picker else { return };
        match picker.current().map(|i| i.value.clone()) {
            Some(Pick::Act(action)) => cx.push(Effect::Run(action)),
            Some(Pick::Go(named)) => {
                cx.close();
                Self::go(&named, cx);
            }
            None => {
                self.error = Some(Safe::new(
                    "No command, client, project or finding loaded here has that name. `findings WORDS` asks the server.",
                ));
            }
        }
    }
}

impl Layer for Palette {
    fn shape(&self) -> Shape {
        Shape::Popup(90, 22)
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
        self.error = None;
        if event.code == KeyCode::Enter {
            self.choose(cx);
            return true;
        }
        self.picker.as_mut().is_some_and(|p| p.key(event))
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
        assert!(!self.trap, "the trap was sprung: a panic while drawing, asked for");
        let note = [run(" findings acme sev:>=high · clients · queue · quit ", Tone::Dim)];
        let inside = brush.frame(area, &[run(" Go or do ", Tone::Focus)], &note, true);
        let inside = Rect::new(inside.x + 1, inside.y, inside.width.saturating_sub(2), inside.height);
        if let Some(picker) = &self.picker {
            picker.draw(brush, inside, ": ", 8);
        }
        if let Some(error) = &self.error {
            brush.text(inside.x, inside.y + 1, inside.width, error, Tone::Bad);
        }
    }
}
