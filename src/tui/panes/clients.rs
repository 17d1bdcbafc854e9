//! The client accounts one may open. The first row is "All clients"; Enter on a row narrows the other panes to it.

use ratatui::layout::Rect;
use uuid::Uuid;

use super::super::action::{Action, Can};
use super::super::effect::{Answer, Cx, Effect, Payload, sentence};
use super::super::ink::{Brush, Run, run};
use super::super::modals::client_form;
use super::super::modals::form::Sheet;
use super::super::model::{Chosen, Model};
use super::super::theme::Tone;
use super::super::widgets::{badge, table};
use super::super::window::{PAGE, Row, Want, Window};
use super::{Named, Note, Pane, What};
use crate::api::Page;
use crate::api::client::{Client, ListClients};
use crate::api::event::Topic;
use crate::domain::access::ClientState;
use crate::domain::safe::Safe;

#[derive(Debug)]
enum Msg {
    Page(Want, Answer<Page<Client>>),
}

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
#[derive(Debug)]
pub struct Clients {
    window: Window<Client>,
    started: bool,
}

impl Default for Clients {
    fn default() -> Self {
        Self {
            window: Window::new(1),
            started: false,
        }
    }
}

impl Clients {
    fn load(&mut self, cx: &mut Cx) {
        if !self.started {
            return;
        }
        if let Some(want) = self.window.wants() {
            let request = ListClients {
                limit: Some(PAGE),
                cursor: want.cursor.clone(),
                count: want.is_first(),
                ..ListClients::default()
            };
            cx.read("page", request, move |answer| Msg::Page(want, answer));
        }
    }
}

fn chosen(client: &Client) -> Chosen {
    Chosen {
        id: client.id.0,
        key: client.key.clone(),
        name: Safe::new(&client.name),
    }
}

impl Pane for Clients {
    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        if self.window.act(action, count) {
            self.load(cx);
            return true;
        }
        let current = self.window.current();
        match (action, current) {
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
            (Action::CopyId, Some(client)) => cx.push(Effect::Copy(client.key.clone())),
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
            Note::Resync => self.window.refresh(),
            Note::Change(event) => match event.topic {
                Topic::Client | Topic::Project | Topic::Finding | Topic::Import | Topic::Agency => {
                    self.window.refresh();
                }
                _ => return,
            },
            Note::Find(text) => {
                if !self.window.find(text) {
                    cx.say(Tone::Warn, "No client loaded here matches.");
                }
            }
            _ => return,
        }
        self.load(cx);
    }

    fn can(&self, action: Action, model: &Model) -> Can {
        const ROW: &str = "Put the cursor on a client first.";
        const ADMIN: &str = "Only admins open client accounts.";
        match action {
            Action::Choose => Can::Yes,
            Action::New => Can::when(model.is_admin() || model.who.is_none(), ADMIN),
            Action::Edit | Action::CopyId | Action::Person => Can::when(self.window.current().is_some(), ROW),
            Action::Pin => Can::when(self.window.current().is_some() || model.pin.is_some(), ROW),
            action if super::moves(action) => Can::Yes,
            Action::FindNext | Action::FindPrev => Can::when(self.window.is_finding(), "Find something first."),
            _ => Can::NotHere,
        }
    }

    fn hints(&self) -> &'static [Action] {
        &[
            Action::Choose,
            Action::New,
            Action::Edit,
            Action::Pin,
            Action::Find,
            Action::AllClients,
        ]
    }

    fn set_size(&mut self, _width: u16, height: u16, cx: &mut Cx) {
        self.window.set_height(usize::from(height.saturating_sub(1)));
        self.load(cx);
    }

    fn title(&self, model: &Model) -> Vec<Run> {
        let mut out = Vec::new();
        if self.window.is_finding() {
            out.push(run(format!("/{} ", self.window.needle()), Tone::Key));
        }
        if let Some(agency) = &model.agency {
            out.push(run(
                format!("{} of {} ", agency.clients.used, agency.clients.limit),
                Tone::Dim,
            ));
        }
        out
    }

    fn position(&self) -> Safe {
        self.window.position()
    }

    fn draw(&self, brush: &mut Brush, area: Rect, focused: bool, model: &Model) {
        const COLUMNS: [table::Column; 6] = [
            table::column("key", 10, 2),
            table::column("client", 0, 0),
            table::column("state", 10, 4),
            table::column("open", 14, 1),
            table::number("prj", 3, 3),
            table::column("manager", 16, 5),
        ];
        let mut columns = COLUMNS;
        columns[0].width = if area.width >= 60 { 14 } else { 10 };
        let here = if model.standing.client.is_none() { "● " } else { "  " };
        let lead = [run(here, Tone::Key), run("All clients", Tone::Strong)];
        let new = model.keymap.first(Action::New);
        let empty = vec![
            run("No client account yet that you may open. ", Tone::Dim),
            run(new, Tone::Key),
            run(" makes one.", Tone::Dim),
        ];
        table::draw(
            brush,
            area,
            &self.window,
            &columns,
            focused,
            model,
            Some(&lead),
            &empty,
            |client| {
                let mut name = Vec::new();
                if model.stands_in(client.id) {
                    name.push(run("● ", Tone::Key));
                }
                name.push(run(&client.name, Tone::Text));
                vec![
                    vec![run(&client.key, Tone::Dim)],
                    name,
                    vec![state(client.state)],
                    badge::counts(&client.open_findings),
                    vec![run(client.project_count.to_string(), Tone::Dim)],
                    vec![run(&client.account_manager.name, Tone::Dim)],
                ]
            },
        );
    }

    fn names(&self) -> Vec<Named> {
        let named = |c: &Client| Named {
            what: What::Client,
            chosen: chosen(c),
            client: None,
        };
        self.window.rows().map(named).collect()
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
