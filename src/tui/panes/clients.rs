//! The client accounts one may open. The first row is "All clients"; Enter on a row narrows the other panes to it.

use uuid::Uuid;

use super::super::action::{Action, Can};
use super::super::effect::{Cx, Effect};
use super::super::ink::{Run, run};
use super::super::modals::form::Sheet;
use super::super::modals::{client_form, copy, remove};
use super::super::model::{Chosen, Model};
use super::super::theme::Tone;
use super::super::widgets::badge;
use super::super::window::Row;
use super::noun::{Ask, Column, Narrowed, Noun, Picked, Sort, nothing, some};
use super::{Named, PaneId, What};
use crate::api::client::{Client, ListClients};
use crate::api::event::Topic;
use crate::api::queue::CountLanes;
use crate::domain::access::ClientState;
use crate::domain::safe::Safe;

impl Row for Client {
    fn id(&self) -> Uuid {
        self.id.0
    }
    fn words(&self) -> String {
        let contact = self.contact_email.as_deref().unwrap_or_default();
        format!("{} {} {contact} {}", self.key, self.name, self.account_manager.name)
    }
}

/// See the module's description.
#[derive(Debug, Default)]
pub struct Clients;

const COLUMNS: &[Column<Client>] = &[
    Column::<Client>::new(&["key"], 10, 2, |client, _| vec![run(&client.key, Tone::Dim)]).to(16),
    Column::<Client>::new(&["client"], 0, 0, |client, look| {
        let here = look.model.stands_in(client.id).then(|| run("● ", Tone::Key));
        here.into_iter().chain([run(&client.name, Tone::Text)]).collect()
    })
    .to(26),
    Column::<Client>::new(&["state"], 10, 4, |client, _| vec![state(client.state)]),
    Column::<Client>::new(badge::BADGE_HEADS, 9, 3, |client, look| {
        badge::badges(&client.badges, look.width)
    })
    .to(58),
    Column::<Client>::new(&["open"], 12, 1, |client, look| {
        badge::counts(&client.open_findings, look.width)
    })
    .to(24),
    Column::<Client>::new(&["prj", "projects"], 3, 4, |client, _| {
        vec![run(client.project_count.to_string(), Tone::Dim)]
    })
    .right()
    .to(8),
    Column::<Client>::new(&["manager"], 8, 6, |client, look| {
        badge::person(Some(&client.account_manager), look.width)
    })
    .to(20),
    Column::<Client>::new(&["contact"], 20, 7, |client, _| {
        vec![run(client.contact_email.as_deref().unwrap_or("–"), Tone::Dim)]
    })
    .to(30),
    Column::<Client>::new(&["reference"], 10, 8, |client, _| {
        vec![run(client.external_ref.as_deref().unwrap_or("–"), Tone::Dim)]
    })
    .to(16),
];

fn chosen(client: &Client) -> Chosen {
    Chosen {
        id: client.id.0,
        key: client.key.clone(),
        name: Safe::new(&client.name),
    }
}

impl Noun for Clients {
    type Item = Client;
    type List = ListClients;
    type Beside = CountLanes;

    const ID: PaneId = PaneId::Clients;
    const NAMES: [&'static str; 2] = ["client", "clients"];
    const LEAD: usize = 1;
    const NARROWED: Narrowed = Narrowed::Never;
    const HINTS: &'static [Action] = &[
        Action::Choose,
        Action::New,
        Action::Edit,
        Action::Pin,
        Action::Find,
        Action::Query,
        Action::Sort,
        Action::AllClients,
    ];
    const SORTS: &'static [Sort] = &[
        Sort::new('c', "name", "client's name", false),
        Sort::new('i', "key", "key", false),
        Sort::new('s', "state", "state: onboarding, active, paused", false),
        Sort::new('m', "manager", "account manager", false),
    ];

    fn columns() -> &'static [Column<Client>] {
        COLUMNS
    }

    fn request(ask: Ask) -> ListClients {
        ListClients {
            q: some(ask.query),
            sort: some(ask.order),
            limit: ask.limit,
            cursor: ask.cursor,
            end: ask.end,
            count: ask.count,
            ..ListClients::default()
        }
    }

    fn follows(topic: Topic) -> bool {
        matches!(
            topic,
            Topic::Client | Topic::Project | Topic::Finding | Topic::Import | Topic::Agency
        )
    }

    fn act(&self, action: Action, picked: &Picked<Client>, cx: &mut Cx) -> bool {
        match (action, picked.row) {
            (Action::Choose, None) => cx.push(Effect::ChooseClient(None)),
            (Action::Choose, Some(client)) => cx.push(Effect::ChooseClient(Some(chosen(client)))),
            (Action::New, _) => cx.open(client_form::new(cx.model)),
            (Action::Edit, Some(client)) => cx.open(client_form::edit(client, cx.model)),
            (Action::Person, Some(client)) => {
                let mut sheet: Sheet<_> = client_form::edit(client, cx.model);
                sheet.form.focus("account_manager");
                cx.open(sheet);
            }
            (Action::Pin, Some(client)) => cx.push(Effect::Pin(Some(chosen(client)))),
            (Action::Pin, None) => cx.push(Effect::Pin(None)),
            (Action::CopyMenu, Some(client)) => cx.open(copy::CopyMenu::client(client)),
            (Action::Remove, Some(client)) => cx.open(remove::Remove::client(client)),
            (Action::CopyId, Some(client)) => cx.push(Effect::Copy(client.key.clone())),
            _ => return false,
        }
        true
    }

    fn can(&self, action: Action, row: Option<&Client>, _: bool, model: &Model) -> Can {
        const ROW: &str = "Put the cursor on a client first.";
        const ADMIN: &str = "Only admins open client accounts.";
        match action {
            Action::Choose => Can::Yes,
            Action::New => Can::when(model.is_admin() || model.who.is_none(), ADMIN),
            Action::Remove if row.is_some() => Can::when(model.is_admin(), "Only admins put clients away."),
            Action::Edit | Action::CopyId | Action::CopyMenu | Action::Person | Action::Remove => {
                Can::when(row.is_some(), ROW)
            }
            Action::Pin => Can::when(row.is_some() || model.pin.is_some(), ROW),
            _ => Can::NotHere,
        }
    }

    fn title(&self, model: &Model) -> Vec<Run> {
        let used = model.agency.as_ref().map(|agency| {
            run(
                format!("plan {} of {} ", agency.clients.used, agency.clients.limit),
                Tone::Dim,
            )
        });
        used.into_iter().collect()
    }

    fn empty(&self, query: &str, model: &Model) -> Vec<Run> {
        if !query.is_empty() {
            return nothing("client", query, model);
        }
        vec![
            run("No client account yet that you may open. ", Tone::Dim),
            run(model.keymap.first(Action::New), Tone::Key),
            run(" makes one.", Tone::Dim),
        ]
    }

    fn lead(model: &Model) -> Vec<Run> {
        let here = if model.standing.client.is_none() { "● " } else { "  " };
        vec![run(here, Tone::Key), run("All clients", Tone::Strong)]
    }

    fn named(client: &Client) -> Option<Named> {
        Some(Named {
            what: What::Client,
            chosen: chosen(client),
            client: None,
        })
    }
}

fn state(state: ClientState) -> Run {
    match state {
        ClientState::Onboarding => run("onboarding", Tone::Warn),
        ClientState::Active => run("active", Tone::Dim),
        ClientState::Paused => run("paused", Tone::Warn),
        ClientState::Archived => run("archived", Tone::Dim),
    }
}
