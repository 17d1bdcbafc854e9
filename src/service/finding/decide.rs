//! What people decide about a finding besides its status: severity, assignee, due date, triage, release.

use super::create::rating;
use super::pen::Pen;
use super::tags::Tags;
use super::{open_for_work, open_where_it_stays, seen_is, shown, touched};
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
        let Some(released) = row.decided.released_at.filter(|_| !by_hand(&row.decided)) else {
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
    let mut pen = Pen::new(now);
    for (row, decided) in moving(tx, project, to).await? {
        pen.write(&row, decided);
        let was = row.decided.due_at.map_or("none".to_owned(), |at| at.to_string());
        let entry = NewEntry {
            act: "finding.due",
            notes: format!("The project went to another client. The due date was {was}."),
            ..NewEntry::default()
        };
        pen.tell(row.id, entry);
    }
    pen.flush(tx, note).await
}

/// Whether a person set the due date.
pub(super) fn by_hand(decided: &Decisions) -> bool {
    decided.due_reason.as_deref().is_some_and(|r| r.starts_with(BY_HAND))
}

/// A person who can be given the finding: works here, and may open its project.
async fn assignee(tx: &mut Tx, pen: &mut Pen, project: ProjectId, wanted: &str) -> Result<UserId> {
    let wanted = wanted.trim().to_lowercase();
    let known = pen.worker(project, &wanted);
    let found = if let Some(found) = known {
        found
    } else {
        let user = store::user::find(tx, &wanted).await?;
        let found = match user.filter(|u| u.state == UserState::Active && u.role != Role::Viewer) {
            Some(user) => store::finding::open_to(tx, project, user.id, user.role)
                .await?
                .then_some(user.id),
            None => None,
        };
        pen.know_worker(project, wanted, found);
        found
    };
    if let Some(user) = found {
        return Ok(user);
    }
    let detail = "The field assignee names nobody who can: write the e-mail of an active admin or analyst who may open this project.";
    Err(Problem::new(Code::InvalidRequest, detail).field("assignee").into())
}

/// A decision besides the status, as it is made on one finding or on many.
#[derive(Debug, Clone)]
pub(crate) enum Decision {
    Edit {
        severity: Option<Option<Severity>>,
        assignee: Option<Option<String>>,
        due_at: Option<Option<Time>>,
        cvss: Option<Option<String>>,
        tags: Tags,
    },
    Triage {
        undo: bool,
    },
    Release {
        undo: bool,
    },
}

/// Who decides.
#[derive(Debug, Clone)]
pub(crate) struct By {
    pub user: UserId,
    pub name: String,
}

impl From<&Caller> for By {
    fn from(caller: &Caller) -> Self {
        Self {
            user: caller.user,
            name: caller.name.clone(),
        }
    }
}

/// Makes a decision on a finding: what is decided then, and the line of its history.
pub(crate) async fn decide(
    tx: &mut Tx,
    pen: &mut Pen,
    row: &FindingRow,
    what: &Decision,
    by: &By,
) -> Result<(Decisions, NewEntry)> {
    let mut decided = pen.decided(row);
    let entry = |act, notes| NewEntry {
        user: Some(by.user),
        act,
        notes,
        ..NewEntry::default()
    };
    let entry = match what {
        Decision::Edit { .. } => entry("finding.edit", edited(tx, pen, row, what, by, &mut decided).await?),
        Decision::Triage { undo: true } => {
            (decided.triaged_at, decided.triaged_by) = (None, None);
            entry("finding.untriage", String::new())
        }
        Decision::Triage { undo: false } => {
            (decided.triaged_at, decided.triaged_by) = (Some(pen.now()), Some(by.user));
            entry("finding.triage", String::new())
        }
        Decision::Release { undo: true } => {
            (decided.released_at, decided.released_by) = (None, None);
            if !by_hand(&decided) {
                set_due(&mut decided, None);
            }
            entry("finding.recall", decided.due_reason.clone().unwrap_or_default())
        }
        Decision::Release { undo: false } => {
            if row.client.is_none() {
                return refuse(
                    Code::ProjectUnassigned,
                    "The project belongs to no client, so there is nobody to release to. Assign it to a client first.",
                );
            }
            if decided.released_at.is_none() {
                let now = pen.now();
                (decided.released_at, decided.released_by) = (Some(now), Some(by.user));
                if !by_hand(&decided) {
                    let due = pen.due(tx, row, decided.severity, Start::Released, now).await?;
                    set_due(&mut decided, due);
                }
            }
            entry("finding.release", decided.due_reason.clone().unwrap_or_default())
        }
    };
    Ok((decided, entry))
}

/// Sets what an edit names, and says what that was.
async fn edited(
    tx: &mut Tx,
    pen: &mut Pen,
    row: &FindingRow,
    what: &Decision,
    by: &By,
    decided: &mut Decisions,
) -> Result<String> {
    let Decision::Edit {
        severity,
        assignee: who,
        due_at,
        cvss,
        tags,
    } = what
    else {
        return Ok(String::new());
    };
    let mut said: Vec<String> = Vec::new();
    if let Some(severity) = severity {
        let Some(effective) = severity.or(row.scanner_severity) else {
            let detail = "No scanner rated this finding: it needs a severity of its own.";
            return Err(Problem::new(Code::InvalidRequest, detail).field("severity").into());
        };
        let moved = decided.severity != effective;
        decided.own_severity = *severity;
        decided.severity = effective;
        said.push(format!("severity {effective}"));
        if let Some(released) = decided.released_at.filter(|_| !by_hand(decided) && moved) {
            let due = pen.due(tx, row, effective, Start::Released, released).await?;
            set_due(decided, due);
        }
    }
    if let Some(wanted) = who {
        decided.assignee = match wanted {
            Some(wanted) => Some(assignee(tx, pen, row.project.id, wanted).await?),
            None => None,
        };
        said.push(
            wanted
                .as_ref()
                .map_or("assigned to nobody".into(), |_| "assigned".into()),
        );
    }
    if let Some(at) = due_at {
        let zone = pen.zone(tx).await?;
        decided.due_at = *at;
        decided.due_reason = Some(format!("{BY_HAND}{} on {}.", by.name, clock::day(pen.now(), &zone)));
        said.push("due date".into());
    }
    if let Some(vector) = cvss {
        decided.cvss = match vector {
            Some(vector) => Some(rating(vector)?.0),
            None => None,
        };
        said.push("CVSS".into());
    }
    if !tags.is_empty() {
        decided.own_tags = tags.on(row, &decided.own_tags)?;
        said.push(tags.words());
    }
    Ok(said.join(", "))
}

/// One decision on one finding, over the version that was seen.
async fn one(desk: Desk, caller: Caller, act: &'static str, finding: String, what: Decision) -> Result<Finding> {
    let seen = caller.seen_version()?;
    let (now, by) = (desk.now(), By::from(&caller));
    desk.act(&caller, act, move |tx, note| {
        Box::pin(async move {
            let row = match what {
                Decision::Release { .. } => open_where_it_stays(tx, &finding).await?,
                _ => open_for_work(tx, &finding).await?,
            };
            let mut pen = Pen::new(now);
            let (decided, entry) = decide(tx, &mut pen, &row, &what, &by).await?;
            seen_is(tx, &row, seen).await?;
            note.words(words(&what, &row.key));
            pen.write(&row, decided);
            pen.tell(row.id, entry);
            pen.flush(tx, note).await?;
            touched(note, &row);
            shown(tx, row.id).await
        })
    })
    .await
}

/// What was decided on what, in a few words.
pub(crate) fn words(what: &Decision, on: &str) -> String {
    match what {
        Decision::Triage { undo: true } => format!("Took back that {on} was triaged"),
        Decision::Triage { undo: false } => format!("Triaged {on}"),
        Decision::Release { undo: true } => format!("Recalled {on} from the client"),
        Decision::Release { undo: false } => format!("Released {on} to the client"),
        Decision::Edit {
            severity,
            assignee,
            due_at,
            cvss,
            tags,
        } => {
            let set = [
                (severity.is_some(), "severity"),
                (assignee.is_some(), "assignee"),
                (due_at.is_some(), "due date"),
                (cvss.is_some(), "CVSS"),
                (!tags.is_empty(), "tags"),
            ];
            let set: Vec<&str> = set.into_iter().filter(|(set, _)| *set).map(|(_, name)| name).collect();
            format!("Set {} of {on}", set.join(", "))
        }
    }
}

pub async fn edit(desk: Desk, caller: Caller, request: EditFinding) -> Result<Finding> {
    let what = Decision::Edit {
        severity: request.severity,
        assignee: request.assignee,
        due_at: request.due_at,
        cvss: request.cvss,
        tags: Tags::read(&request.add_tags, &request.remove_tags)?,
    };
    one(desk, caller, "finding.edit", request.finding, what).await
}

pub async fn triage(desk: Desk, caller: Caller, request: TriageFinding) -> Result<Finding> {
    let what = Decision::Triage { undo: request.undo };
    one(desk, caller, "finding.triage", request.finding, what).await
}

pub async fn release(desk: Desk, caller: Caller, request: ReleaseFinding) -> Result<Finding> {
    let what = Decision::Release { undo: request.undo };
    one(desk, caller, "finding.release", request.finding, what).await
}
