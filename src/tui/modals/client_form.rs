//! The sheets that open and edit a client account. Editing sends only what was changed; who may open the client is an
//! act of its own on the server (admins), sent after the fields.

use super::super::effect::{Answer, Cx, Effect, Fault, Payload};
use super::super::model::Model;
use super::super::panes::{Note, PaneId};
use super::super::theme::Tone;
use super::form::{Field, Form, Sheet, Spec};
use crate::api::client::{Client, CreateClient, EditClient, SetClientAccess};
use crate::api::problem::Code;
use crate::domain::access::{AgencyAccess, ClientState, Role, UserState};
use crate::domain::safe::Safe;

#[derive(Debug)]
enum Msg {
    Done(Answer<Client>),
    /// The fields are in; the access list comes after.
    Access(Answer<Client>),
}

/// A new client, or an edit of one.
#[derive(Debug)]
pub struct ClientForm {
    /// The client as it was when the edit began, or as the server has it since.
    edits: Option<Client>,
}

/// The e-mails of those who can hold an account or stand on a list, with their names.
fn people(model: &Model) -> Vec<(String, Safe)> {
    model
        .people
        .iter()
        .filter(|u| u.state == UserState::Active && u.role != Role::Viewer)
        .map(|u| (u.email.clone(), super::person::label(u)))
        .collect()
}

/// Who can hold the account; whoever holds it stands among them, come what may.
fn managers(current: &str, model: &Model) -> Vec<(String, Safe)> {
    let mut out = people(model);
    if !current.is_empty() && !out.iter().any(|(v, _)| v == current) {
        out.insert(0, (current.to_owned(), Safe::new(current)));
    }
    out
}

fn access(value: &str) -> AgencyAccess {
    match value {
        "all_users" => AgencyAccess::AllUsers,
        "admins_only" => AgencyAccess::AdminsOnly,
        _ => AgencyAccess::AdminsAndSelected,
    }
}

fn access_name(access: AgencyAccess) -> &'static str {
    match access {
        AgencyAccess::AllUsers => "all_users",
        AgencyAccess::AdminsAndSelected => "admins_and_selected",
        AgencyAccess::AdminsOnly => "admins_only",
    }
}

const STATES: [(&str, ClientState); 3] = [
    ("onboarding", ClientState::Onboarding),
    ("active", ClientState::Active),
    ("paused", ClientState::Paused),
];

fn state_name(state: ClientState) -> &'static str {
    STATES.iter().find(|(_, s)| *s == state).map_or("", |(n, _)| n)
}

fn options(words: &[(&str, &str)]) -> Vec<(String, Safe)> {
    words.iter().map(|(v, l)| ((*v).to_owned(), Safe::new(l))).collect()
}

fn fields(client: Option<&Client>, model: &Model) -> Vec<Field> {
    let optional = |v: Option<&Option<String>>| v.and_then(Clone::clone).unwrap_or_default();
    let manager = match client {
        Some(client) => client.account_manager.email.clone(),
        None => model.who.as_ref().map(|w| w.email.clone()).unwrap_or_default(),
    };
    let selected: Vec<String> = client.map_or(Vec::new(), |c| c.selected.iter().map(|p| p.email.clone()).collect());
    let managers = managers(&manager, model);
    let accesses = [
        ("admins_and_selected", "admins and selected people"),
        ("all_users", "all agency users"),
        ("admins_only", "admins only"),
    ];
    let current = client.map_or("admins_and_selected", |c| access_name(c.agency_access));
    let mut out = vec![
        Field::text("name", "Name", client.map_or("", |c| &c.name)),
        Field::text(
            "contact_email",
            "Contact e-mail",
            &optional(client.map(|c| &c.contact_email)),
        ),
        Field::text("external_ref", "Reference", &optional(client.map(|c| &c.external_ref)))
            .help("its number in your CRM or books"),
        Field::area("notes", "Notes", client.map_or("", |c| &c.notes)),
        Field::choice("account_manager", "Manager", managers, &manager),
    ];
    if let Some(client) = client {
        let states = options(&[("onboarding", "onboarding"), ("active", "active"), ("paused", "paused")]);
        out.push(Field::choice("state", "State", states, state_name(client.state)));
    }
    if client.is_none() || model.is_admin() {
        out.push(Field::choice(
            "agency_access",
            "May open it",
            options(&accesses),
            current,
        ));
        out.push(Field::many("selected", "Selected", people(model), &selected));
    }
    out
}

/// The sheet for a new client.
pub fn new(model: &Model) -> Sheet<ClientForm> {
    let mut sheet = Sheet::new(ClientForm { edits: None }, Form::new(fields(None, model)), model);
    hide_list(&mut sheet.form);
    sheet
}

/// The sheet for an existing one.
pub fn edit(client: &Client, model: &Model) -> Sheet<ClientForm> {
    let spec = ClientForm {
        edits: Some(client.clone()),
    };
    let mut sheet = Sheet::new(spec, Form::new(fields(Some(client), model)), model);
    hide_list(&mut sheet.form);
    sheet
}

fn hide_list(form: &mut Form) {
    let hidden = form.value("agency_access") != "admins_and_selected";
    form.hide("selected", hidden);
}

impl ClientForm {
    fn edit(&self, client: &Client, form: &mut Form, cx: &mut Cx) {
        let text = |name| form.changed(name).then(|| form.value(name));
        let request = EditClient {
            client: client.id.to_string(),
            name: text("name"),
            contact_email: text("contact_email").map(|v| Some(v).filter(|v| !v.is_empty())),
            external_ref: text("external_ref").map(|v| Some(v).filter(|v| !v.is_empty())),
            notes: text("notes"),
            state: text("state").and_then(|v| STATES.iter().find(|(n, _)| *n == v).map(|(_, s)| *s)),
            account_manager: text("account_manager"),
        };
        let plain = [
            "name",
            "contact_email",
            "external_ref",
            "notes",
            "state",
            "account_manager",
        ];
        let fields = plain.iter().any(|name| form.changed(name));
        let access = form.changed("agency_access") || form.changed("selected");
        form.sending();
        match (fields, access) {
            (true, true) => cx.write(request, Some(client.version), Msg::Access),
            (true, false) => cx.write(request, Some(client.version), Msg::Done),
            (false, true) => Self::set_access(client, form, cx),
            (false, false) => {
                Sheet::<Self>::finish(form, self.draft_key(), cx);
                cx.say(Tone::Dim, "Nothing was changed.");
            }
        }
    }

    fn set_access(client: &Client, form: &Form, cx: &mut Cx) {
        let request = SetClientAccess {
            client: client.id.to_string(),
            agency_access: access(&form.value("agency_access")),
            selected: form.values("selected"),
        };
        cx.write(request, Some(client.version), Msg::Done);
    }

    /// What the server has now, beside what was typed.
    fn conflict(&mut self, fault: &Fault, form: &mut Form) {
        let Fault::Problem(problem) = fault else { return };
        if problem.code != Code::VersionConflict {
            return;
        }
        let current = problem
            .current
            .clone()
            .and_then(|v| serde_json::from_value::<Client>(v).ok());
        let Some(now) = current else { return };
        form.current("name", &now.name);
        form.current("contact_email", now.contact_email.as_deref().unwrap_or_default());
        form.current("external_ref", now.external_ref.as_deref().unwrap_or_default());
        form.current("notes", &now.notes);
        form.current("state", state_name(now.state));
        form.current("account_manager", &now.account_manager.email);
        form.current("agency_access", access_name(now.agency_access));
        self.edits = Some(now);
    }
}

impl Spec for ClientForm {
    fn title(&self, _: &Model) -> Safe {
        match &self.edits {
            None => Safe::new("New client"),
            Some(client) => Safe::new(&format!("Edit {}", client.name)),
        }
    }

    fn send_line(&self, _: &Form, _: &Model) -> Safe {
        Safe::new(if self.edits.is_some() { "Save" } else { "Create client" })
    }

    fn draft_key(&self) -> Option<String> {
        Some(match &self.edits {
            None => "client new".to_owned(),
            Some(client) => format!("client {}", client.key),
        })
    }

    fn edited(&mut self, form: &mut Form, _: &mut Cx) {
        hide_list(form);
    }

    fn note(&mut self, note: Note, form: &mut Form, cx: &mut Cx) {
        if matches!(note, Note::People) {
            let current = form.value("account_manager");
            let mut options = managers(&current, cx.model);
            if let Some(who) = cx
                .model
                .who
                .as_ref()
                .filter(|_| current.is_empty() && self.edits.is_none())
                && let Some(i) = options.iter().position(|(v, _)| *v == who.email)
            {
                // Opened before it was known who opens it: the first is chosen, as always in a new form oneself.
                options[..=i].rotate_right(1);
            }
            form.late_options("account_manager", options);
            form.late_options("selected", people(cx.model));
        }
    }

    fn send(&mut self, form: &mut Form, cx: &mut Cx) {
        if form.value("name").is_empty() {
            return form.refuse("name", "A client needs a name.");
        }
        if let Some(client) = self.edits.clone() {
            return self.edit(&client, form, cx);
        }
        if form.value("account_manager").is_empty() {
            return form.refuse(
                "account_manager",
                "The agency's people are still on their way. Send again in a moment.",
            );
        }
        let access = access(&form.value("agency_access"));
        let request = CreateClient {
            name: form.value("name"),
            account_manager: form.some("account_manager"),
            contact_email: form.some("contact_email"),
            external_ref: form.some("external_ref"),
            notes: form.some("notes"),
            agency_access: Some(access),
            selected: if access == AgencyAccess::AdminsAndSelected {
                form.values("selected")
            } else {
                Vec::new()
            },
            ..CreateClient::default()
        };
        form.sending();
        cx.write(request, None, Msg::Done);
    }

    fn reply(&mut self, payload: Payload, form: &mut Form, cx: &mut Cx) {
        let Ok(msg) = payload.downcast::<Msg>() else { return };
        match *msg {
            Msg::Done(Ok(client)) => {
                Sheet::<Self>::finish(form, self.draft_key(), cx);
                let done = if self.edits.is_some() { "saved" } else { "created" };
                cx.push(Effect::Made(PaneId::Clients, client.id.0));
                if client.warnings.is_empty() {
                    cx.say(Tone::Good, format!("{} ({}) is {done}.", client.name, client.key));
                } else {
                    let warnings = client.warnings.join(" ");
                    cx.say(Tone::Warn, format!("{} is {done}. {warnings}", client.name));
                }
            }
            Msg::Access(Ok(client)) => {
                Self::set_access(&client, form, cx);
                self.edits = Some(client);
            }
            Msg::Done(Err(fault)) | Msg::Access(Err(fault)) => {
                form.fault(&fault);
                self.conflict(&fault, form);
            }
        }
    }
}
