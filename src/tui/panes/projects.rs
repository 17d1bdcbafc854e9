//! The projects of the chosen client, or all one may open. Enter narrows findings and queue to one; `m` gives it a client.

use ratatui::layout::Rect;
use uuid::Uuid;

use super::super::action::{Action, Can};
use super::super::effect::{Answer, Cx, Effect, Payload, sentence};
use super::super::ink::{Brush, Run, run};
use super::super::modals::{assign, import, project_form};
use super::super::model::{Chosen, Model};
use super::super::theme::Tone;
use super::super::widgets::{badge, table};
use super::super::window::{PAGE, Row, Want, Window};
use super::{Named, Note, Pane, PaneId, What};
use crate::api::Page;
use crate::api::event::Topic;
use crate::api::project::{ListProjects, Project};
use crate::domain::safe::Safe;

#[derive(Debug)]
enum Msg {
    Page(Want, Answer<Page<Project>>),
}

impl Row for Project {
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn words(&self) -> String {
        let client = self.client.as_ref().map_or("unassigned", |c| c.name.as_str());
        format!("{} {} {client}", self.key, self.name)
    }
}

/// See the module's description.
#[derive(Debug)]
pub struct Projects {
    window: Window<Project>,
    started: bool,
}

impl Default for Projects {
    fn default() -> Self {
        Self {
            window: Window::new(0),
            started: false,
        }
    }
}

impl Projects {
    fn load(&mut self, cx: &mut Cx) {
        if !self.started {
            return;
        }
        if let Some(want) = self.window.wants() {
            let request = ListProjects {
                client: cx.model.standing.client.as_ref().map(|c| c.key.clone()),
                limit: Some(PAGE),
                cursor: want.cursor.clone(),
                count: want.is_first(),
                ..ListProjects::default()
            };
            cx.read("page", request, move |answer| Msg::Page(want, answer));
        }
    }
}

fn chosen(project: &Project) -> Chosen {
    Chosen {
        id: project.id.0,
        key: project.key.clone(),
        name: Safe::new(&project.name),
    }
}

impl Pane for Projects {
    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        if self.window.act(action, count) {
            self.load(cx);
            return true;
        }
        let current = self.window.current();
        match (action, current) {
            (Action::Choose, Some(project)) => {
                let owner = project.client.as_ref().map(Chosen::from);
                cx.push(Effect::ChooseProject(Some(chosen(project)), owner));
                cx.push(Effect::Focus(PaneId::Findings));
            }
            (Action::New, _) => cx.open(project_form::new(cx.model)),
            (Action::Edit | Action::Person, Some(project)) => {
                let mut sheet = project_form::edit(project, cx.model);
                if action == Action::Person {
                    sheet.form.focus("lead");
                }
                cx.open(sheet);
            }
            (Action::Place, Some(_)) => {
                let projects = self.window.targets().into_iter().cloned().collect();
                cx.open(assign::Assign::new(projects));
            }
            (Action::Import, Some(project)) => cx.open(import::new(chosen(project), cx.model)),
            (Action::CopyId, Some(project)) => cx.push(Effect::Copy(project.key.clone())),
            (Action::Pin, Some(project)) => cx.push(Effect::Pin(project.client.as_ref().map(Chosen::from))),
            (Action::Back, _) => return self.window.back(),
            _ => return false,
        }
        true
    }

    fn reply(&mut self, payload: Payload, cx: &mut Cx) {
        let Ok(msg) = payload.downcast::<Msg>() else { return };
        let Msg::Page(want, answer) = *msg;
        self.window
            .answer(&want, answer.map_err(|f| sentence(&f)), cx.model.now);
        self.load(cx);
    }

    fn note(&mut self, note: Note, cx: &mut Cx) {
        match note {
            Note::Start => self.started = true,
            Note::Standing => {
                // Another client, another list; the project of a standing is only a place in this one.
                self.window.reset();
            }
            Note::Resync => self.window.refresh(),
            Note::Change(event) => match event.topic {
                Topic::Client | Topic::Project | Topic::Finding | Topic::Import => self.window.refresh(),
                _ => return,
            },
            Note::Find(text) => {
                if !self.window.find(text) {
                    cx.say(Tone::Warn, "No project loaded here matches.");
                }
            }
            _ => return,
        }
        self.load(cx);
    }

    fn can(&self, action: Action, model: &Model) -> Can {
        const ROW: &str = "Put the cursor on a project first.";
        let row = self.window.current();
        match action {
            Action::New => Can::Yes,
            Action::Choose | Action::Edit | Action::CopyId | Action::Person => Can::when(row.is_some(), ROW),
            Action::Place | Action::Import => match row {
                None => Can::No(ROW),
                Some(project) => Can::when(
                    model.pin.is_none() || !model.pinned_elsewhere(project.client.as_ref().map(|c| c.id)),
                    "Another client is pinned; acts on this one are refused. `.` unpins.",
                ),
            },
            Action::Pin => Can::when(
                row.is_some_and(|p| p.client.is_some()) || model.pin.is_some(),
                "This project has no client to pin.",
            ),
            action if super::moves(action) => Can::Yes,
            Action::FindNext | Action::FindPrev => Can::when(self.window.is_finding(), "Find something first."),
            _ => Can::NotHere,
        }
    }

    fn hints(&self) -> &'static [Action] {
        &[
            Action::Choose,
            Action::New,
            Action::Place,
            Action::Import,
            Action::Edit,
            Action::Mark,
            Action::Find,
        ]
    }

    fn set_size(&mut self, _width: u16, height: u16, cx: &mut Cx) {
        self.window.set_height(usize::from(height.saturating_sub(1)));
        self.load(cx);
    }

    fn title(&self, model: &Model) -> Vec<Run> {
        let mut out = Vec::new();
        if let Some(client) = &model.standing.client {
            out.push(run(format!("of {} ", client.name), Tone::Dim));
        }
        if self.window.is_finding() {
            out.push(run(format!("/{} ", self.window.needle()), Tone::Key));
        }
        out
    }

    fn position(&self) -> Safe {
        self.window.position()
    }

    fn draw(&self, brush: &mut Brush, area: Rect, focused: bool, model: &Model) {
        const COLUMNS: [table::Column; 4] = [
            table::column("key", 6, 0),
            table::column("project", 0, 0),
            table::column("client", 16, 2),
            table::column("work", 10, 1),
        ];
        let narrowed = model.standing.client.is_some();
        let wide = area.width >= 70;
        let mut columns = COLUMNS.to_vec();
        if narrowed {
            columns.remove(2);
        }
        if let Some(badges) = columns.last_mut().filter(|_| wide) {
            badges.width = 24;
        }
        let new = model.keymap.first(Action::New);
        let what = if narrowed {
            "No project of this client yet. "
        } else {
            "No project yet that you may open. "
        };
        let empty = vec![run(what, Tone::Dim), run(new, Tone::Key), run(" makes one.", Tone::Dim)];
        table::draw(
            brush,
            area,
            &self.window,
            &columns,
            focused,
            model,
            None,
            &empty,
            |project| {
                let mut name = Vec::new();
                if model.standing.project.as_ref().is_some_and(|p| p.id == project.id.0) {
                    name.push(run("● ", Tone::Key));
                }
                name.push(run(&project.name, Tone::Text));
                let mut cells = vec![vec![run(&project.key, Tone::Dim)], name];
                if !narrowed {
                    cells.push(vec![match &project.client {
                        Some(client) => run(&client.name, Tone::Text),
                        None => run("unassigned", Tone::Warn),
                    }]);
                }
                cells.push(if wide {
                    badge::badges(&project.badges)
                } else {
                    badge::fix(&project.badges)
                });
                cells
            },
        );
    }

    fn names(&self) -> Vec<Named> {
        let named = |p: &Project| Named {
            what: What::Project,
            chosen: chosen(p),
            client: p.client.as_ref().map(Chosen::from),
        };
        self.window.rows().map(named).collect()
    }
}
