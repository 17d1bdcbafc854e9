//! Projects: made assigned or unassigned, assigned or moved later. A move leaks nothing.

use super::client::{limit_reached, not_archived, person, worker};
use super::{Caller, Desk, Note, Result, agency, client, conflict, cursor, finding, not_found, refuse, text};
use crate::api::agency::SeverityCounts;
use crate::api::event::Topic;
use crate::api::problem::{Code, Problem};
use crate::api::project::{
    AssignProjects, Assignment, Badge, Badges, CreateProject, EditProject, ListProjects, Project, ProjectMove,
    ShowProject,
};
use crate::api::{Page, Ref};
use crate::domain::access::Actor;
use crate::domain::fold::sort_key;
use crate::domain::id::{ClientId, ProjectId, UserId};
use crate::domain::key::{Kind, key};
use crate::domain::status::Status;
use crate::domain::time::Time;
use crate::store::agency::Counter;
use crate::store::client::Hold;
use crate::store::project::{By, Filter, NewProject, OfClient, Owner, ProjectRow};
use crate::store::{self, Tx};

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
                badges: badges(row.client.is_some(), scanned, open, verifying, overdue),
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

fn badges(assigned: bool, scanned: bool, open: i64, verifying: i64, overdue: i64) -> Badges {
    let plain = |state: &str| Badge {
        state: state.to_owned(),
        count: None,
    };
    let counted = |state: &str, n: i64| Badge {
        state: state.to_owned(),
        count: Some(n),
    };
    Badges {
        scan: plain(if scanned { "done" } else { "none" }),
        report: plain("none"),
        // The most urgent of the three is shown.
        fix: match (overdue, verifying, open) {
            (n, _, _) if n > 0 => counted("overdue", n),
            (_, n, _) if n > 0 => counted("verifying", n),
            (_, _, n) if n > 0 => counted("open", n),
            _ => plain("clear"),
        },
        handoff: plain(if assigned { "not_started" } else { "unassigned" }),
        monitoring: plain("off"),
    }
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
            let mut wires = wire(tx, slice.items.clone(), now).await?.into_iter();
            let page = of
                .cursors()
                .page(&list, slice, |row| store::project::keys(&filter, row), |_| wires.next());
            Ok(Page {
                items: page.items.into_iter().flatten().collect(),
                next: page.next,
                prev: page.prev,
                has_more: page.has_more,
                count,
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
            note.object(Topic::Project, id).within(Some(id), owner);
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
            if before.version != seen || !store::project::update(tx, &row, seen).await? {
                return Err(conflict(&shown(tx, row.id, now).await?));
            }
            if let Some(team) = team {
                store::project::set_team(tx, row.id, &team).await?;
                store::agency::bump_access_epoch(tx).await?;
            }
            let was = serde_json::json!({ "name": before.name, "lead": before.lead.map(|l| l.id) });
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

/// Moves one project the caller may open to another client (or none) inside an act: whatever the old client shared
/// becomes internal, claims end.
async fn relocate(
    tx: &mut Tx,
    note: &mut Note,
    before: &ProjectRow,
    to: Option<(ClientId, &str)>,
    now: Time,
) -> Result<()> {
    note.also(before.id);
    let mut row = before.clone();
    row.client = to.map(|(id, _)| Owner {
        id,
        key: String::new(),
        name: String::new(),
        state: crate::domain::access::ClientState::Active,
    });
    if !store::project::update(tx, &row, before.version).await? {
        return Err(conflict(&shown(tx, before.id, now).await?));
    }
    // Whoever saw a finding at the old client must look again before releasing it to the new one.
    store::project::touch_findings(tx, before.id).await?;
    if let Some(old) = &before.client {
        store::project::unshare(tx, before.id).await?;
        if to.is_none() {
            // Whoever may not open the client any more does not get its work back by this.
            let mover = match tx.scope().actor() {
                Actor::User { id, .. } => Some(id),
                _ => None,
            };
            store::project::keep_insiders(tx, before.id, old.id, mover).await?;
        }
    }
    finding::decide::recompute(tx, note, before.id, to, now).await?;
    let was = serde_json::json!({ "client": before.client.as_ref().map(|c| c.id) });
    note.event(Topic::Project, Some(before.id.0))
        .changed("project", before.id, &was, before.version + 1);
    if let Some(old) = &before.client {
        note.event_in(Topic::Client, Some(old.id.0), old.id)
            .event_in(Topic::Project, None, old.id);
    }
    Ok(())
}

/// Takes an unassigned project into a client that is being made.
pub(super) async fn adopt(
    tx: &mut Tx,
    note: &mut Note,
    wanted: &str,
    client: (ClientId, &str),
    now: Time,
) -> Result<()> {
    let row = open(tx, wanted).await?;
    if let Some(owner) = &row.client {
        let detail = format!(
            "The project {} belongs to {} already. Move it afterwards, so that you see what the move takes with it.",
            row.key, owner.name
        );
        return Err(Problem::new(Code::InvalidRequest, detail).field("projects").into());
    }
    relocate(tx, note, &row, Some(client), now).await
}

pub async fn assign(desk: Desk, caller: Caller, request: AssignProjects) -> Result<Assignment> {
    if request.projects.is_empty() || request.projects.len() > AT_ONCE {
        return Err(
            Problem::new(Code::InvalidRequest, format!("Name 1 to {AT_ONCE} projects."))
                .field("projects")
                .into(),
        );
    }
    let now = desk.now();
    if request.dry_run {
        return desk
            .read(&caller, |tx| {
                Box::pin(async move { Ok(plan(tx, &request, false).await?.0) })
            })
            .await;
    }
    desk.act(&caller, "project.assign", move |tx, note| {
        Box::pin(async move {
            let (assignment, rows) = plan(tx, &request, true).await?;
            let to = assignment.client.as_ref().map(|c| (ClientId(c.id), c.name.as_str()));
            for (row, wanted) in rows.iter().zip(&request.projects) {
                let Some(seen) = wanted.version else {
                    return Err(
                        Problem::new(Code::PreconditionRequired, "State the version you saw of each project.")
                            .field("projects")
                            .into(),
                    );
                };
                if seen != row.version {
                    return Err(conflict(&shown(tx, row.id, now).await?));
                }
                relocate(tx, note, row, to, now).await?;
            }
            store::agency::bump_access_epoch(tx).await?;
            let only = rows.first().filter(|_| rows.len() == 1);
            if let Some(row) = only {
                note.object(Topic::Project, row.id);
            }
            let to = to.map(|(id, _)| id);
            if let Some(client) = to {
                note.event(Topic::Client, Some(client.0));
            }
            let keys: Vec<&str> = rows.iter().map(|r| r.key.as_str()).collect();
            note.within(only.map(|r| r.id), to)
                .detail(&serde_json::json!({ "projects": keys }));
            Ok(assignment)
        })
    })
    .await
}

/// What an assignment takes with it, after checking that the caller may open both ends of each move.
async fn plan(tx: &mut Tx, request: &AssignProjects, apply: bool) -> Result<(Assignment, Vec<ProjectRow>)> {
    let target = match request.client.as_deref() {
        Some(wanted) => {
            let row = if apply {
                client::open_where_it_stays(tx, wanted).await?
            } else {
                client::open(tx, wanted).await?
            };
            not_archived(row.state)?;
            Some(Ref {
                id: row.id.0,
                key: row.key,
                name: row.name,
            })
        }
        None => None,
    };
    let (mut moves, mut rows) = (Vec::new(), Vec::<ProjectRow>::new());
    for wanted in &request.projects {
        let mut row = open_for_work(tx, &wanted.project).await?;
        if let Some(owner) = row.client.as_ref().filter(|_| apply) {
            // Both ends stay: a client that is being archived counts its projects.
            store::client::hold(tx, owner.id, Hold::AsItIs).await?;
            row = open_for_work(tx, &row.id.to_string()).await?;
        }
        if rows.iter().any(|r| r.id == row.id) {
            return Err(Problem::new(Code::InvalidRequest, "A project is named twice.")
                .field("projects")
                .into());
        }
        if row.client.as_ref().map(|c| c.id.0) == target.as_ref().map(|t| t.id) {
            let what = target.as_ref().map_or("no client", |t| t.name.as_str());
            return refuse(
                Code::InvalidRequest,
                format!("The project {} belongs to {what} already.", row.key),
            );
        }
        let baggage = store::project::baggage(tx, row.id).await?;
        let leaves = i64::from(row.client.is_some());
        let to = target.as_ref().map(|t| (ClientId(t.id), t.name.as_str()));
        let due_dates = finding::decide::moving(tx, row.id, to).await?.len() as i64;
        moves.push(ProjectMove {
            project: Ref {
                id: row.id.0,
                key: row.key.clone(),
                name: row.name.clone(),
            },
            version: row.version + i64::from(apply),
            from: row.client.as_ref().map(owner_ref),
            findings: baggage.findings,
            comments_made_internal: baggage.shared_comments * leaves,
            rounds_made_internal: baggage.shared_rounds * leaves,
            claims_ended: baggage.claims * leaves,
            due_dates_recomputed: due_dates,
        });
        rows.push(row);
    }
    Ok((
        Assignment {
            applied: apply,
            client: target,
            moves,
        },
        rows,
    ))
}
