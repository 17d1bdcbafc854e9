//! Projects: made assigned or unassigned; assigned or moved later in [`assign`].

use super::client::{limit_reached, not_archived, person, worker};
use super::{Caller, Desk, Result, agency, client, conflict, cursor, not_found, text};
use crate::api::agency::SeverityCounts;
use crate::api::event::Topic;
use crate::api::project::{Badge, Badges, CreateProject, EditProject, ListProjects, Project, ShowProject};
use crate::api::{Page, Ref};
use crate::domain::fold::sort_key;
use crate::domain::id::{ProjectId, UserId};
use crate::domain::key::{Kind, key};
use crate::domain::status::Status;
use crate::domain::time::Time;
use crate::store::agency::Counter;
use crate::store::project::{By, Filter, NewProject, OfClient, Owner, ProjectRow, ProjectState, WholeProject};
use crate::store::{self, Tx};

pub mod assign;

const NAME_MAX: usize = 160;
/// The most projects one act may move.
const AT_ONCE: usize = 200;

/// The client part of a project as a reference.
fn owner_ref(owner: &Owner) -> Ref {
    Ref {
        id: owner.id.0,
        key: owner.key.clone(),
        name: owner.name.clone(),
    }
}

/// Rows as the wire shows them, with badges computed from what exists.
async fn wire(tx: &mut Tx, rows: Vec<ProjectRow>, now: Time) -> Result<Vec<Project>> {
    let ids: Vec<uuid::Uuid> = rows.iter().map(|p| p.id.0).collect();
    let counts = store::rollup::of_projects(tx, &ids).await?;
    let overdue = store::project::overdue(tx, &ids, now).await?;
    let teams = store::project::teams(tx, &ids).await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            let of_this = || counts.iter().filter(|c| c.project == row.id.0);
            let mut open_findings = SeverityCounts::default();
            for count in of_this().filter(|c| c.status.is_open()) {
                agency::tally(&mut open_findings, count.severity, count.n);
            }
            let open: i64 = of_this().filter(|c| c.status.is_open()).map(|c| c.n).sum();
            let verifying: i64 = of_this()
                .filter(|c| c.status == Status::PendingVerification)
                .map(|c| c.n)
                .sum();
            let overdue = overdue.iter().find(|o| o.project == row.id).map_or(0, |o| o.overdue);
            let scanned = of_this().next().is_some();
            Project {
                badges: badges(
                    row.client.is_some(),
                    plain(if scanned { "done" } else { "none" }),
                    &Fix {
                        open,
                        verifying,
                        overdue,
                    },
                ),
                team: teams
                    .iter()
                    .filter(|(p, _)| *p == row.id)
                    .map(|(_, u)| person(u.clone()))
                    .collect(),
                client: row.client.as_ref().map(owner_ref),
                lead: row.lead.map(person),
                id: row.id,
                key: row.key,
                name: row.name,
                open_findings,
                version: row.version,
            }
        })
        .collect())
}

/// What is to be fixed, of a project or of all that a client has.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Fix {
    pub open: i64,
    pub verifying: i64,
    pub overdue: i64,
}

fn plain(state: &str) -> Badge {
    Badge {
        state: state.to_owned(),
        count: None,
    }
}

fn counted(state: &str, n: i64) -> Badge {
    Badge {
        state: state.to_owned(),
        count: Some(n),
    }
}

fn badges(assigned: bool, scan: Badge, fix: &Fix) -> Badges {
    Badges {
        scan,
        report: plain("none"),
        // The most urgent of the three is shown.
        fix: match (fix.overdue, fix.verifying, fix.open) {
            (n, _, _) if n > 0 => counted("overdue", n),
            (_, n, _) if n > 0 => counted("verifying", n),
            (_, _, n) if n > 0 => counted("open", n),
            _ => plain("clear"),
        },
        handoff: plain(if assigned { "not_started" } else { "unassigned" }),
        monitoring: plain("off"),
    }
}

/// The badges of a client's projects as one: the worst state of each, with the number of projects that are in it where
/// not all are.
pub(super) fn rolled_up(projects: i64, scanned: i64, fix: &Fix) -> Badges {
    let scan = match (projects, scanned) {
        (_, 0) => plain("none"),
        (all, n) if n >= all => plain("done"),
        (all, n) => counted("none", all - n),
    };
    badges(true, scan, fix)
}

/// The project that the caller may open, or "not found".
pub(super) async fn open(tx: &mut Tx, wanted: &str) -> Result<ProjectRow> {
    store::project::find(tx, wanted, &sort_key(wanted))
        .await?
        .ok_or_else(not_found)
}

/// As [`open`], and its client is not put away.
pub(super) async fn open_for_work(tx: &mut Tx, wanted: &str) -> Result<ProjectRow> {
    let row = open(tx, wanted).await?;
    if let Some(owner) = &row.client {
        not_archived(owner.state)?;
    }
    Ok(row)
}

async fn shown(tx: &mut Tx, id: ProjectId, now: Time) -> Result<Project> {
    let row = open(tx, &id.to_string()).await?;
    wire(tx, vec![row], now).await?.pop().ok_or_else(not_found)
}

/// The words of `sort`.
const ORDERS: [(&str, By); 4] = [
    ("name", By::Name),
    ("key", By::Key),
    ("client", By::Client),
    ("lead", By::Lead),
];

pub async fn list(desk: Desk, caller: Caller, request: ListProjects) -> Result<Page<Project>> {
    let words = text::words("q", request.q.as_deref())?;
    let order = text::order("sort", request.sort.as_deref(), &ORDERS)?;
    let list = cursor::List::new(&caller, "projects", &format!("{words:?}{:?}{order:?}", request.client));
    let window = desk
        .cursors()
        .window_from(&list, request.limit, request.cursor.as_deref(), request.end)?;
    let (of, now) = (desk.clone(), desk.now());
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let client = match request.client.as_deref() {
                None => OfClient::Any,
                Some("none") => OfClient::None,
                Some(wanted) => OfClient::Is(client::open(tx, wanted).await?.id),
            };
            let filter = Filter {
                client,
                words,
                by: order.0,
                descending: order.1,
            };
            let slice = store::project::list(tx, &filter, &window).await?;
            let count = if request.count {
                Some(store::project::count(tx, &filter).await?)
            } else {
                None
            };
            let around = of
                .cursors()
                .around(&list, &slice, |row| store::project::keys(&filter, row));
            Ok(Page {
                items: wire(tx, slice.items, now).await?,
                count,
                ..around
            })
        })
    })
    .await
}

pub async fn show(desk: Desk, caller: Caller, request: ShowProject) -> Result<Project> {
    let now = desk.now();
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let row = open(tx, &request.project).await?;
            wire(tx, vec![row], now).await?.pop().ok_or_else(not_found)
        })
    })
    .await
}

async fn team(tx: &mut Tx, wanted: &[String]) -> Result<Vec<UserId>> {
    text::at_most("team", wanted, AT_ONCE)?;
    let mut users = Vec::new();
    for one in wanted {
        let user = worker(tx, "team", one).await?;
        if !users.contains(&user.id) {
            users.push(user.id);
        }
    }
    Ok(users)
}

pub async fn create(desk: Desk, caller: Caller, request: CreateProject) -> Result<Project> {
    let name = text::line("name", &request.name, NAME_MAX)?;
    let (now, creator) = (desk.now(), caller.user);
    desk.act(&caller, "project.create", move |tx, note| {
        Box::pin(async move {
            let owner = match request.client.as_deref() {
                Some(wanted) => Some(client::open_where_it_stays(tx, wanted).await?.id),
                None => None,
            };
            let lead = match request.lead.as_deref() {
                Some(wanted) => Some(worker(tx, "lead", wanted).await?.id),
                None => None,
            };
            let team = team(tx, &request.team).await?;
            if !store::agency::take_slots(tx, Counter::Projects, 1).await? {
                return Err(limit_reached(tx, Counter::Projects).await?);
            }
            let number = store::agency::next_numbers(tx, false, 1).await?;
            let secret = store::agency::get(tx).await?.secret;
            let id = ProjectId::fresh();
            let name_fold = sort_key(&name);
            let key = key(Kind::Project, &secret, number.cast_unsigned());
            store::project::insert(
                tx,
                NewProject {
                    id,
                    key,
                    name,
                    name_fold,
                    client: owner,
                    lead,
                    created_by: creator,
                },
                now,
            )
            .await?;
            store::project::set_team(tx, id, &team).await?;
            note.object(Topic::Project, id).within(Some(id), owner).changed(
                "project_made",
                id,
                &None::<WholeProject>,
                1,
            );
            if let Some(client) = owner {
                note.event(Topic::Client, Some(client.0));
            }
            shown(tx, id, now).await
        })
    })
    .await
}

pub async fn edit(desk: Desk, caller: Caller, request: EditProject) -> Result<Project> {
    let (seen, now) = (caller.seen_version()?, desk.now());
    desk.act(&caller, "project.edit", move |tx, note| {
        Box::pin(async move {
            let before = open_for_work(tx, &request.project).await?;
            let mut row = before.clone();
            if let Some(name) = &request.name {
                row.name = text::line("name", name, NAME_MAX)?;
                row.name_fold = sort_key(&row.name);
            }
            if let Some(lead) = &request.lead {
                row.lead = match lead.as_deref().filter(|l| !l.trim().is_empty()) {
                    Some(wanted) => Some(worker(tx, "lead", wanted).await?),
                    None => None,
                };
            }
            let team = match &request.team {
                Some(wanted) => Some(team(tx, wanted).await?),
                None => None,
            };
            let was = state(tx, row.id).await?;
            if before.version != seen || !store::project::update(tx, &row, seen).await? {
                return Err(conflict(&shown(tx, row.id, now).await?));
            }
            if let Some(team) = team {
                store::project::set_team(tx, row.id, &team).await?;
                store::agency::bump_access_epoch(tx).await?;
            }
            let client = row.client.as_ref().map(|c| c.id);
            note.object(Topic::Project, row.id)
                .within(Some(row.id), client)
                .changed("project", row.id, &was, seen + 1);
            // Whoever led an unassigned project may just have handed it over and not see it any more.
            match store::project::find(tx, &row.id.to_string(), "").await? {
                Some(row) => wire(tx, vec![row], now).await?.pop().ok_or_else(not_found),
                None => wire(
                    tx,
                    vec![ProjectRow {
                        version: seen + 1,
                        ..row
                    }],
                    now,
                )
                .await?
                .pop()
                .ok_or_else(not_found),
            }
        })
    })
    .await
}

/// What undo puts back of a project.
pub(super) async fn state(tx: &mut Tx, id: ProjectId) -> Result<ProjectState> {
    let whole = store::project::whole(tx, id).await?;
    Ok(whole.ok_or_else(not_found)?.state)
}
