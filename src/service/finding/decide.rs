//! What people decide about a finding besides its status: severity, assignee, due date, triage, release.

use super::create::rating;
use super::{open_for_work, open_where_it_stays, save, shown, touched};
use crate::api::finding::{EditFinding, Finding, ReleaseFinding, TriageFinding};
use crate::api::problem::{Code, Problem};
use crate::domain::access::{Role, UserState};
use crate::domain::clock::{self, Start, Terms};
use crate::domain::id::{ClientId, ProjectId, UserId};
use crate::domain::severity::Severity;
use crate::domain::time::Time;
use crate::service::{Caller, Desk, Note, Result, refuse};
use crate::store::finding::{Decisions, FindingRow};
use crate::store::history::NewEntry;
use crate::store::{self, Tx};

/// What a due date's reason begins with where a person set it; such a date is not computed anew.
const BY_HAND: &str = "Set by ";

/// The due date of a released finding whose clock starts at `at`, by the days that hold for its project.
pub(super) async fn due(
    tx: &mut Tx,
    row: &FindingRow,
    severity: Severity,
    start: Start,
    at: Time,
) -> Result<Option<clock::Due>> {
    let days = store::finding::days(tx, row.project.id).await?;
    let terms = Terms {
        agency: days.agency,
        client: days.client,
        client_name: row.client.as_ref().map(|c| c.name.as_str()),
    };
    Ok(clock::remediation(
        start,
        at,
        severity,
        &terms,
        &clock::zone(&days.zone),
    ))
}

pub(super) fn set_due(decided: &mut Decisions, due: Option<clock::Due>) {
    (decided.due_at, decided.due_reason) = match due {
        Some(due) => (Some(due.at), Some(due.reason)),
        None => (None, None),
    };
}

/// The findings of a project whose due dates a move to this client changes, with what they would be.
pub(crate) async fn moving(
    tx: &mut Tx,
    project: ProjectId,
    to: Option<(ClientId, &str)>,
) -> Result<Vec<(FindingRow, Decisions)>> {
    let Some((client, client_name)) = to else {
        return Ok(Vec::new());
    };
    let days = store::finding::days_at(tx, client).await?;
    let zone = clock::zone(&days.zone);
    let terms = Terms {
        agency: days.agency,
        client: days.client,
        client_name: Some(client_name),
    };
    let mut out = Vec::new();
    for row in store::finding::released_and_due(tx, project).await? {
        let by_hand = row
            .decided
            .due_reason
            .as_deref()
            .is_some_and(|r| r.starts_with(BY_HAND));
        let Some(released) = row.decided.released_at.filter(|_| !by_hand) else {
            continue;
        };
        let mut decided = row.decided.clone();
        let due = clock::remediation(Start::Released, released, decided.severity, &terms, &zone);
        set_due(&mut decided, due);
        if decided != row.decided {
            out.push((row, decided));
        }
    }
    Ok(out)
}

/// Computes the due dates of a project that went to another client anew, on that client's days; dates that a person set
/// stay. The history keeps the old ones.
pub(crate) async fn recompute(
    tx: &mut Tx,
    note: &mut Note,
    project: ProjectId,
    to: Option<(ClientId, &str)>,
    now: Time,
) -> Result<()> {
    for (row, decided) in moving(tx, project, to).await? {
        save(tx, note, &row, &decided, row.version).await?;
        let was = row.decided.due_at.map_or("none".to_owned(), |at| at.to_string());
        let entry = NewEntry {
            act: "finding.due",
            notes: format!("The project went to another client. The due date was {was}."),
            ..NewEntry::default()
        };
        store::history::insert(tx, row.id, entry, now).await?;
    }
    Ok(())
}

/// A person who can be given the finding: works here, and may open its project.
async fn assignee(tx: &mut Tx, row: &FindingRow, wanted: &str) -> Result<UserId> {
    let user = store::user::find(tx, &wanted.trim().to_lowercase()).await?;
    if let Some(user) = user.filter(|u| u.state == UserState::Active && u.role != Role::Viewer)
        && store::finding::open_to(tx, row.project.id, user.id, user.role).await?
    {
        return Ok(user.id);
    }
    let detail = "The field assignee names nobody who can: write the e-mail of an active admin or analyst who may open this project.";
    Err(Problem::new(Code::InvalidRequest, detail).field("assignee").into())
}

pub async fn edit(desk: Desk, caller: Caller, request: EditFinding) -> Result<Finding> {
    let seen = caller.seen_version()?;
    let (now, user, name) = (desk.now(), caller.user, caller.name.clone());
    desk.act(&caller, "finding.edit", move |tx, note| {
        Box::pin(async move {
            let row = open_for_work(tx, &request.finding).await?;
            let mut decided = row.decided.clone();
            let mut said: Vec<String> = Vec::new();
            if let Some(severity) = request.severity {
                let Some(effective) = severity.or(row.scanner_severity) else {
                    let detail = "No scanner rated this finding: it needs a severity of its own.";
                    return Err(Problem::new(Code::InvalidRequest, detail).field("severity").into());
                };
                decided.own_severity = severity;
                decided.severity = effective;
                said.push(format!("severity {effective}"));
                let by_hand = decided.due_reason.as_deref().is_some_and(|r| r.starts_with(BY_HAND));
                if let Some(released) = decided
                    .released_at
                    .filter(|_| !by_hand && row.decided.severity != effective)
                {
                    let due = due(tx, &row, effective, Start::Released, released).await?;
                    set_due(&mut decided, due);
                }
            }
            if let Some(wanted) = &request.assignee {
                decided.assignee = match wanted {
                    Some(wanted) => Some(assignee(tx, &row, wanted).await?),
                    None => None,
                };
                said.push(
                    wanted
                        .as_ref()
                        .map_or("assigned to nobody".into(), |_| "assigned".into()),
                );
            }
            if let Some(at) = request.due_at {
                let zone = clock::zone(&store::agency::get(tx).await?.time_zone);
                decided.due_at = at;
                decided.due_reason = Some(format!("{BY_HAND}{name} on {}.", clock::day(now, &zone)));
                said.push("due date".into());
            }
            if let Some(vector) = &request.cvss {
                decided.cvss = match vector {
                    Some(vector) => Some(rating(vector)?.0),
                    None => None,
                };
                said.push("CVSS".into());
            }
            save(tx, note, &row, &decided, seen).await?;
            let entry = NewEntry {
                user: Some(user),
                act: "finding.edit",
                notes: said.join(", "),
                ..NewEntry::default()
            };
            store::history::insert(tx, row.id, entry, now).await?;
            touched(note, &row);
            shown(tx, row.id).await
        })
    })
    .await
}

pub async fn triage(desk: Desk, caller: Caller, request: TriageFinding) -> Result<Finding> {
    let seen = caller.seen_version()?;
    let (now, user) = (desk.now(), caller.user);
    desk.act(&caller, "finding.triage", move |tx, note| {
        Box::pin(async move {
            let row = open_for_work(tx, &request.finding).await?;
            let mut decided = row.decided.clone();
            (decided.triaged_at, decided.triaged_by) = if request.undo {
                (None, None)
            } else {
                (Some(now), Some(user))
            };
            save(tx, note, &row, &decided, seen).await?;
            let entry = NewEntry {
                user: Some(user),
                act: if request.undo {
                    "finding.untriage"
                } else {
                    "finding.triage"
                },
                ..NewEntry::default()
            };
            store::history::insert(tx, row.id, entry, now).await?;
            touched(note, &row);
            shown(tx, row.id).await
        })
    })
    .await
}

pub async fn release(desk: Desk, caller: Caller, request: ReleaseFinding) -> Result<Finding> {
    let seen = caller.seen_version()?;
    let (now, user) = (desk.now(), caller.user);
    desk.act(&caller, "finding.release", move |tx, note| {
        Box::pin(async move {
            let row = open_where_it_stays(tx, &request.finding).await?;
            if row.client.is_none() && !request.undo {
                return refuse(
                    Code::ProjectUnassigned,
                    "The project belongs to no client, so there is nobody to release to. Assign it to a client first.",
                );
            }
            let mut decided = row.decided.clone();
            let by_hand = decided.due_reason.as_deref().is_some_and(|r| r.starts_with(BY_HAND));
            if request.undo {
                (decided.released_at, decided.released_by) = (None, None);
                if !by_hand {
                    set_due(&mut decided, None);
                }
            } else if decided.released_at.is_none() {
                (decided.released_at, decided.released_by) = (Some(now), Some(user));
                if !by_hand {
                    let due = due(tx, &row, decided.severity, Start::Released, now).await?;
                    set_due(&mut decided, due);
                }
            }
            save(tx, note, &row, &decided, seen).await?;
            let entry = NewEntry {
                user: Some(user),
                act: if request.undo {
                    "finding.recall"
                } else {
                    "finding.release"
                },
                notes: decided.due_reason.clone().unwrap_or_default(),
                ..NewEntry::default()
            };
            store::history::insert(tx, row.id, entry, now).await?;
            touched(note, &row);
            shown(tx, row.id).await
        })
    })
    .await
}
