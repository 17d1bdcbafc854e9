//! The projects of the chosen client, or all one may open. Enter narrows findings and queue to one; `m` gives it a client.

use uuid::Uuid;

use super::super::action::{Action, Can};
use super::super::effect::{Cx, Effect};
use super::super::ink::{Run, run};
use super::super::modals::{assign, copy, import, imports, menu, project_form};
use super::super::model::{Chosen, Model};
use super::super::theme::Tone;
use super::super::widgets::badge;
use super::super::window::{Marked, Row};
use super::noun::{Ask, Column, Narrowed, Noun, Picked, Sort, nothing, some};
use super::{Named, PaneId, What};
use crate::api::event::Topic;
use crate::api::project::{ListProjects, Project};
use crate::api::queue::CountLanes;
use crate::domain::safe::Safe;

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
#[derive(Debug, Default)]
pub struct Projects;

const COLUMNS: &[Column<Project>] = &[
    Column::<Project>::new(&["key"], 6, 2, |project, _| vec![run(&project.key, Tone::Dim)]),
    Column::<Project>::new(&["project"], 0, 0, |project, look| {
        let standing = look.model.standing.project.as_ref();
        let here = standing
            .is_some_and(|p| p.id == project.id.0)
            .then(|| run("● ", Tone::Key));
        here.into_iter().chain([run(&project.name, Tone::Text)]).collect()
    })
    .to(21),
    Column::<Project>::new(&["client"], 9, 0, |project, _| badge::client(project.client.as_ref()))
        .to(28)
        .unless(|model| model.standing.client.is_some()),
    Column::<Project>::new(badge::BADGE_HEADS, 9, 0, |project, look| {
        badge::badges(&project.badges, look.width)
    })
    .to(58),
    Column::<Project>::new(&["open"], 12, 5, |project, look| {
        badge::counts(&project.open_findings, look.width)
    })
    .to(21),
    Column::<Project>::new(&["lead"], 8, 6, |project, look| {
        badge::person(project.lead.as_ref(), look.width)
    })
    .to(18),
];

fn chosen(project: &Project) -> Chosen {
    Chosen {
        id: project.id.0,
        key: project.key.clone(),
        name: Safe::new(&project.name),
    }
}

impl Noun for Projects {
    type Item = Project;
    type List = ListProjects;
    type Beside = CountLanes;

    const ID: PaneId = PaneId::Projects;
    const NAMES: [&'static str; 2] = ["project", "projects"];
    const NARROWED: Narrowed = Narrowed::ByClient;
    const HINTS: &'static [Action] = &[
        Action::Choose,
        Action::New,
        Action::Place,
        Action::Import,
        Action::Edit,
        Action::Mark,
        Action::Find,
        Action::Query,
        Action::Sort,
    ];
    const SORTS: &'static [Sort] = &[
        Sort::new('p', "name", "project's name", false),
        Sort::new('i', "key", "key", false),
        Sort::new('c', "client", "client", false),
        Sort::new('l', "lead", "lead", false),
    ];

    fn columns() -> &'static [Column<Project>] {
        COLUMNS
    }

    fn request(ask: Ask) -> ListProjects {
        ListProjects {
            client: ask.model.standing.client.as_ref().map(|c| c.key.clone()),
            q: some(ask.query),
            sort: some(ask.order),
            limit: ask.limit,
            cursor: ask.cursor,
            end: ask.end,
            count: ask.count,
        }
    }

    fn follows(topic: Topic) -> bool {
        matches!(topic, Topic::Client | Topic::Project | Topic::Finding | Topic::Import)
    }

    fn act(&self, action: Action, picked: &Picked<Project>, cx: &mut Cx) -> bool {
        // Moving leaks nothing only where one has seen what moves: all that match must be here.
        if action == Action::Place && matches!(picked.marked, Marked::All(_)) {
            cx.say(
                Tone::Warn,
                "Not all of these projects are loaded; mark those that move, or ask for fewer (f).",
            );
            return true;
        }
        match (action, picked.row) {
            (Action::New, _) => cx.open(project_form::new(cx.model)),
            (Action::Place, _) if !picked.rows().is_empty() => cx.open(assign::Assign::new(picked.rows())),
            (Action::Choose, Some(project)) => {
                let owner = project.client.as_ref().map(Chosen::from);
                cx.push(Effect::ChooseProject(Some(chosen(project)), owner));
                cx.push(Effect::Focus(PaneId::Findings));
            }
            (Action::Edit | Action::Person, Some(project)) => {
                let mut sheet = project_form::edit(project, cx.model);
                if action == Action::Person {
                    sheet.form.focus("lead");
                }
                cx.open(sheet);
            }
            (Action::Import, Some(project)) => cx.open(import::new(chosen(project), cx.model)),
            (Action::Why, Some(project)) => cx.open(imports::Imports::new(chosen(project))),
            (Action::CopyMenu, Some(project)) => cx.open(copy::CopyMenu::project(project)),
            (Action::Remove, Some(_)) => {
                const SAID: &[&str] = &[
                    "Projects stay: each is archived with its client (D in pane 1).",
                    "m moves one out of a client; one just made is taken back here.",
                    "w lists its imports, each with its way back.",
                ];
                cx.open(menu::Menu::put_away(SAID, &[Action::Place, Action::Why, Action::Undo]));
            }
            (Action::CopyId, Some(project)) => cx.push(Effect::Copy(project.key.clone())),
            (Action::Pin, Some(project)) => cx.push(Effect::Pin(project.client.as_ref().map(Chosen::from))),
            _ => return false,
        }
        true
    }

    fn can(&self, action: Action, row: Option<&Project>, many: bool, model: &Model) -> Can {
        const ROW: &str = "Put the cursor on a project first.";
        match action {
            Action::New => Can::Yes,
            Action::Choose
            | Action::Edit
            | Action::Why
            | Action::CopyId
            | Action::CopyMenu
            | Action::Person
            | Action::Remove => Can::when(row.is_some(), ROW),
            Action::Place if many => Can::Yes,
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
            _ => Can::NotHere,
        }
    }

    fn title(&self, model: &Model) -> Vec<Run> {
        let of = model.standing.client.as_ref();
        of.map(|client| run(format!("of {} ", client.name), Tone::Dim))
            .into_iter()
            .collect()
    }

    fn empty(&self, query: &str, model: &Model) -> Vec<Run> {
        if !query.is_empty() {
            return nothing("project", query, model);
        }
        let what = if model.standing.client.is_some() {
            "No project of this client yet. "
        } else {
            "No project yet that you may open. "
        };
        vec![
            run(what, Tone::Dim),
            run(model.keymap.first(Action::New), Tone::Key),
            run(" makes one.", Tone::Dim),
        ]
    }

    fn named(project: &Project) -> Option<Named> {
        Some(Named {
            what: What::Project,
            chosen: chosen(project),
            client: project.client.as_ref().map(Chosen::from),
        })
    }
}
