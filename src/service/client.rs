//! Client accounts: who may open them, whose they are, what they are called.

use super::{Caller, Desk, Error, Note, Result, agency, conflict, cursor, not_found, project, refuse, text};
use crate::api::agency::SeverityCounts;
use crate::api::client::{Client, CreateClient, EditClient, ListClients, SetClientAccess, ShowClient};
use crate::api::event::Topic;
use crate::api::problem::{Code, Problem};
use crate::api::{Page, PersonRef};
use crate::domain::access::{AgencyAccess, ClientState, Role, UserState};
use crate::domain::fold::sort_key;
use crate::domain::id::{ClientId, UserId};
use crate::domain::plan::AgencyKind;
use crate::domain::slug;
use crate::domain::status::Status;
use crate::domain::time::Time;
use crate::store::agency::Counter;
use crate::store::client::{By, ClientBefore, ClientRow, Filter, Hold, NewClient, UserRef};
use crate::store::{self, Tx};

pub mod archive;

pub(super) use archive::count;

const NAME_MAX: usize = 120;
const REFERENCE_MAX: usize = 120;
const NOTES_MAX: usize = 20_000;
/// The most people or projects one request may name.
const LIST_MAX: usize = 200;

pub(super) fn person(user: UserRef) -> PersonRef {
    PersonRef {
        id: user.id,
        name: user.name,
        email: user.email,
    }
}

/// The number of a client; 0 where it has none.
fn of(all: &[(ClientId, i64)], client: ClientId) -> i64 {
    all.iter().find(|(c, _)| *c == client).map_or(0, |(_, n)| *n)
}

/// Rows as the wire shows them, with counts, badges and lists.
async fn wire(tx: &mut Tx, rows: Vec<ClientRow>, now: Time) -> Result<Vec<Client>> {
    let ids: Vec<ClientId> = rows.iter().map(|c| c.id).collect();
    let counts = store::rollup::of_clients(tx, &ids).await?;
    let scanned = store::client::scanned(tx, &ids).await?;
    let overdue = store::client::overdue(tx, &ids, now).await?;
    let selected = store::client::selected(tx, &ids).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let mut open_findings = SeverityCounts::default();
            let mut fix = project::Fix {
                overdue: of(&overdue, row.id),
                ..project::Fix::default()
            };
            for count in counts.iter().filter(|c| c.client == row.id && c.status.is_open()) {
                agency::tally(&mut open_findings, count.severity, count.n);
                fix.open += count.n;
                if count.status == Status::PendingVerification {
                    fix.verifying += count.n;
                }
            }
            let badges = project::rolled_up(row.project_count, of(&scanned, row.id), &fix);
            Client {
                selected: selected
                    .iter()
                    .filter(|(c, _)| *c == row.id)
                    .map(|(_, u)| person(u.clone()))
                    .collect(),
                id: row.id,
                key: row.key,
                name: row.name,
                contact_email: row.contact_email,
                external_ref: row.external_ref,
                notes: row.notes,
                state: row.state,
                account_manager: person(row.manager),
                agency_access: row.agency_access,
                project_count: row.project_count,
                open_findings,
                badges,
                version: row.version,
                warnings: Vec::new(),
            }
        })
        .collect())
}

/// The client that the caller may open, or "not found".
pub(super) async fn open(tx: &mut Tx, wanted: &str) -> Result<ClientRow> {
    store::client::find(tx, wanted, &sort_key(wanted))
        .await?
        .ok_or_else(not_found)
}

/// As [`open`], held until the act is done, and not put away: whoever archives the client waits, or was first and is seen.
pub(super) async fn open_where_it_stays(tx: &mut Tx, wanted: &str) -> Result<ClientRow> {
    let row = open(tx, wanted).await?;
    store::client::hold(tx, row.id, Hold::AsItIs).await?;
    let row = open(tx, &row.id.to_string()).await?;
    not_archived(row.state)?;
    Ok(row)
}

async fn shown(tx: &mut Tx, id: ClientId, now: Time) -> Result<Client> {
    let row = open(tx, &id.to_string()).await?;
    wire(tx, vec![row], now).await?.pop().ok_or_else(not_found)
}

/// The words of `sort`.
const ORDERS: [(&str, By); 4] = [
    ("name", By::Name),
    ("key", By::Key),
    ("state", By::State),
    ("manager", By::Manager),
];

pub async fn list(desk: Desk, caller: Caller, request: ListClients) -> Result<Page<Client>> {
    let words = text::words("q", request.q.as_deref())?;
    let order = text::order("sort", request.sort.as_deref(), &ORDERS)?;
    let list = cursor::List::new(&caller, "clients", &format!("{words:?}{:?}{order:?}", request.state));
    let window = desk
        .cursors()
        .window_from(&list, request.limit, request.cursor.as_deref(), request.end)?;
    let filter = Filter {
        words,
        state: request.state,
        by: order.0,
        descending: order.1,
    };
    let (of, now) = (desk.clone(), desk.now());
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let slice = store::client::list(tx, &filter, &window).await?;
            let count = if request.count {
                Some(store::client::count(tx, &filter).await?)
            } else {
                None
            };
            let around = of
                .cursors()
                .around(&list, &slice, |row| store::client::keys(&filter, row));
            Ok(Page {
                items: wire(tx, slice.items, now).await?,
                count,
                ..around
            })
        })
    })
    .await
}

pub async fn show(desk: Desk, caller: Caller, request: ShowClient) -> Result<Client> {
    let now = desk.now();
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let row = open(tx, &request.client).await?;
            wire(tx, vec![row], now).await?.pop().ok_or_else(not_found)
        })
    })
    .await
}

/// A user who can work with clients: active, and no viewer.
pub(super) async fn worker(tx: &mut Tx, field: &str, wanted: &str) -> Result<UserRef> {
    let user = store::user::find(tx, &wanted.trim().to_lowercase()).await?;
    match user {
        Some(user) if user.state == UserState::Active && user.role != Role::Viewer => Ok(UserRef {
            id: user.id,
            name: user.name,
            email: user.email,
        }),
        _ => {
            let detail = format!(
                "The field {field} names nobody who can: write the e-mail of an active admin or analyst of the agency."
            );
            Err(Problem::new(Code::InvalidRequest, detail).field(field).into())
        }
    }
}

/// Who stands on the list of a client, each once.
async fn selection(
    tx: &mut Tx,
    access: AgencyAccess,
    wanted: &[String],
    creator: Option<UserId>,
) -> Result<Vec<UserId>> {
    if access != AgencyAccess::AdminsAndSelected {
        return Ok(Vec::new());
    }
    text::at_most("selected", wanted, LIST_MAX)?;
    let mut users: Vec<UserId> = creator.into_iter().collect();
    for one in wanted {
        let user = worker(tx, "selected", one).await?;
        if !users.contains(&user.id) {
            users.push(user.id);
        }
    }
    Ok(users)
}

fn optional_email(text: Option<&str>) -> Result<Option<String>> {
    text.map(str::trim)
        .filter(|t| !t.is_empty())
        .map(|t| text::email("contact_email", t))
        .transpose()
}

fn optional_reference(text: Option<&str>) -> Result<Option<String>> {
    text.map(str::trim)
        .filter(|t| !t.is_empty())
        .map(|t| text::line("external_ref", t, REFERENCE_MAX))
        .transpose()
}

async fn free_key(tx: &mut Tx, wanted: Option<&str>, name: &str) -> Result<String> {
    if let Some(key) = wanted {
        if let Err(why) = slug::check(key) {
            return Err(Problem::new(Code::InvalidRequest, why).field("key").into());
        }
        if store::client::key_taken(tx, key).await? {
            return Err(
                Problem::new(Code::AlreadyExists, "Another client has this key: choose another one.")
                    .field("key")
                    .into(),
            );
        }
        return Ok(key.to_owned());
    }
    let base = slug::from_name(name);
    let mut key = base.clone();
    for n in 2.. {
        if !store::client::key_taken(tx, &key).await? {
            break;
        }
        key = slug::with_number(&base, n);
    }
    Ok(key)
}

pub(super) async fn limit_reached(tx: &mut Tx, counter: Counter) -> Result<Error> {
    let row = store::agency::get(tx).await?;
    let (code, what, used, limit) = match counter {
        Counter::Clients => (Code::ClientLimitReached, "clients", row.clients_used, row.client_limit),
        Counter::Projects => (
            Code::ProjectLimitReached,
            "projects",
            row.projects_used,
            row.project_limit,
        ),
    };
    let mut problem = Problem::new(
        code,
        format!(
            "The plan has room for {limit} {what}, and {used} are in use. Archive a client, or ask for a larger plan."
        ),
    );
    (problem.used, problem.limit) = (Some(used), Some(limit));
    Ok(problem.into())
}

pub async fn create(desk: Desk, caller: Caller, request: CreateClient) -> Result<Client> {
    if caller.agency_kind == AgencyKind::Direct {
        return refuse(
            Code::AgencyAccountRequired,
            "This account looks after its own organisation and has no clients. An agency account has them.",
        );
    }
    let name = text::line("name", &request.name, NAME_MAX)?;
    let contact_email = optional_email(request.contact_email.as_deref())?;
    let external_ref = optional_reference(request.external_ref.as_deref())?;
    let notes = text::block("notes", request.notes.as_deref().unwrap_or_default(), NOTES_MAX)?;
    text::at_most("projects", &request.projects, LIST_MAX)?;
    let now = desk.now();
    let creator = caller.user;
    desk.act(&caller, "client.create", move |tx, note| {
        Box::pin(async move {
            let Some(manager) = request.account_manager.as_deref().filter(|m| !m.trim().is_empty()) else {
                return Err(Problem::new(
                    Code::AccountManagerRequired,
                    "Every client has an account manager: name an admin or analyst of the agency.",
                )
                .field("account_manager")
                .into());
            };
            let manager = worker(tx, "account_manager", manager).await?.id;
            let agency_access = request.agency_access.unwrap_or(AgencyAccess::AdminsAndSelected);
            let selected = selection(tx, agency_access, &request.selected, Some(creator)).await?;
            if !store::agency::take_slots(tx, Counter::Clients, 1).await? {
                return Err(limit_reached(tx, Counter::Clients).await?);
            }
            let key = free_key(tx, request.key.as_deref(), &name).await?;
            let id = ClientId::fresh();
            let name_fold = sort_key(&name);
            let own_name = name.clone();
            let new = NewClient {
                id,
                key,
                name,
                name_fold,
                contact_email,
                external_ref,
                notes,
                manager,
                agency_access,
                created_by: creator,
            };
            store::client::insert(tx, new, now).await.map_err(|error| {
                if error.is_unique("client", "key") {
                    Problem::new(
                        Code::AlreadyExists,
                        "Another client took this key a moment ago: choose another one.",
                    )
                    .field("key")
                    .into()
                } else {
                    Error::Store(error)
                }
            })?;
            store::client::set_selected(tx, id, &selected).await?;
            store::agency::bump_access_epoch(tx).await?;
            // Taken back, a new client is put away: its key and its number stay taken.
            let row = open(tx, &id.to_string()).await?;
            let put_away = ClientBefore {
                state: ClientState::Archived,
                ..ClientBefore::of(tx, &row).await?
            };
            note.changed("client_made", id, &put_away, 1);
            for wanted in &request.projects {
                project::assign::adopt(tx, note, wanted, (id, &own_name), now).await?;
            }
            note.object(Topic::Client, id).within(None::<uuid::Uuid>, Some(id));
            let row = open(tx, &id.to_string()).await?;
            let warnings = lookalikes(tx, &row).await?;
            let mut client = wire(tx, vec![row], now).await?.pop().ok_or_else(not_found)?;
            client.warnings = warnings;
            Ok(client)
        })
    })
    .await
}

async fn lookalikes(tx: &mut Tx, row: &ClientRow) -> Result<Vec<String>> {
    let found = store::client::lookalikes(tx, row).await?;
    Ok(found
        .into_iter()
        .map(|(name, what)| format!("{name} has the same {what}."))
        .collect())
}

/// Refuses work on a client that was put away.
pub(super) fn not_archived(state: ClientState) -> Result<()> {
    if state == ClientState::Archived {
        return refuse(
            Code::ClientArchived,
            "This client is archived. Restore it before you change anything in it.",
        );
    }
    Ok(())
}

/// Writes the row over the version the caller saw, or says what stands there now.
async fn save(tx: &mut Tx, note: &mut Note, before: &ClientRow, row: &ClientRow, seen: i64, now: Time) -> Result<()> {
    let was = ClientBefore::of(tx, before).await?;
    if before.version != seen || !store::client::update(tx, row, seen, now).await? {
        return Err(conflict(&shown(tx, row.id, now).await?));
    }
    note.object(Topic::Client, row.id)
        .within(None::<uuid::Uuid>, Some(row.id))
        .changed("client", row.id, &was, seen + 1);
    Ok(())
}

pub async fn edit(desk: Desk, caller: Caller, request: EditClient) -> Result<Client> {
    let seen = caller.seen_version()?;
    let now = desk.now();
    desk.act(&caller, "client.edit", move |tx, note| {
        Box::pin(async move {
            let before = open(tx, &request.client).await?;
            not_archived(before.state)?;
            let mut row = before.clone();
            if let Some(name) = &request.name {
                row.name = text::line("name", name, NAME_MAX)?;
                row.name_fold = sort_key(&row.name);
            }
            if let Some(email) = &request.contact_email {
                row.contact_email = optional_email(email.as_deref())?;
            }
            if let Some(reference) = &request.external_ref {
                row.external_ref = optional_reference(reference.as_deref())?;
            }
            if let Some(notes) = &request.notes {
                row.notes = text::block("notes", notes, NOTES_MAX)?;
            }
            match request.state {
                Some(ClientState::Archived) => {
                    return Err(
                        Problem::new(Code::InvalidRequest, "Archiving is an act of its own: use archive.")
                            .field("state")
                            .into(),
                    );
                }
                Some(state) => row.state = state,
                None => {}
            }
            if let Some(manager) = &request.account_manager {
                if manager.trim().is_empty() {
                    return Err(Problem::new(
                        Code::AccountManagerRequired,
                        "Every client has an account manager: name another one instead.",
                    )
                    .field("account_manager")
                    .into());
                }
                row.manager = worker(tx, "account_manager", manager).await?;
            }
            save(tx, note, &before, &row, seen, now).await?;
            let row = open(tx, &row.id.to_string()).await?;
            let warnings = lookalikes(tx, &row).await?;
            let mut client = wire(tx, vec![row], now).await?.pop().ok_or_else(not_found)?;
            client.warnings = warnings;
            Ok(client)
        })
    })
    .await
}

pub async fn set_access(desk: Desk, caller: Caller, request: SetClientAccess) -> Result<Client> {
    let seen = caller.seen_version()?;
    let now = desk.now();
    desk.act(&caller, "client.access", move |tx, note| {
        Box::pin(async move {
            let before = open(tx, &request.client).await?;
            not_archived(before.state)?;
            let mut row = before.clone();
            row.agency_access = request.agency_access;
            let users = selection(tx, request.agency_access, &request.selected, None).await?;
            save(tx, note, &before, &row, seen, now).await?;
            store::client::set_selected(tx, row.id, &users).await?;
            store::agency::bump_access_epoch(tx).await?;
            shown(tx, row.id, now).await
        })
    })
    .await
}
