//! Assigning and moving projects, one or many at once. A move leaks nothing.

use super::{AT_ONCE, open, open_for_work, owner_ref, shown, state};
use crate::api::Ref;
use crate::api::event::Topic;
use crate::api::problem::{Code, Problem};
use crate::api::project::{AssignProjects, Assignment, ProjectMove};
use crate::domain::access::{Actor, ClientState};
use crate::domain::id::{ClientId, CommentId, FindingId, ProjectId, RoundId};
use crate::domain::time::Time;
use crate::service::client::not_archived;
use crate::service::{Caller, Desk, Note, Result, client, conflict, finding, refuse};
use crate::store::client::Hold;
use crate::store::comment::CommentState;
use crate::store::project::{Owner, ProjectRow};
use crate::store::round::RoundState;
use crate::store::{self, Tx};

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
    let was = state(tx, before.id).await?;
    let mut row = before.clone();
    row.client = to.map(|(id, _)| Owner {
        id,
        key: String::new(),
        name: String::new(),
        state: ClientState::Active,
    });
    if !store::project::update(tx, &row, before.version).await? {
        return Err(conflict(&shown(tx, before.id, now).await?));
    }
    let left = leave(tx, note, before.id, before.client.as_ref().map(|c| c.id), to.is_none()).await?;
    finding::decide::recompute(tx, note, before.id, to, now).await?;
    note.event(Topic::Project, Some(before.id.0))
        .place(None, to.map(|(id, _)| id.0))
        .changed("project_moved", before.id, &was, before.version + 1)
        .touched(before.id);
    left.note(note);
    Ok(())
}

/// What a move made internal, for its way back.
#[derive(Debug, Default)]
pub(crate) struct Left {
    comments: Vec<(CommentId, CommentState, i64)>,
    rounds: Vec<(RoundId, RoundState)>,
}

impl Left {
    pub(crate) fn note(self, note: &mut Note) {
        for (comment, state, version) in self.comments {
            note.changed("comment", comment, &state, version);
        }
        for (round, state) in self.rounds {
            note.changed("round", round, &Some(state), 0);
        }
    }
}

/// What every move of a project does at the client it leaves, a move back too: nothing stays shared, claims end, and
/// whoever saw a finding there must look again before releasing it elsewhere.
pub(crate) async fn leave(
    tx: &mut Tx,
    note: &mut Note,
    project: ProjectId,
    old: Option<ClientId>,
    for_nobody: bool,
) -> Result<Left> {
    store::project::touch_findings(tx, project).await?;
    let Some(old) = old else {
        return Ok(Left::default());
    };
    let shared = store::comment::shared(tx, project).await?;
    let left = Left {
        comments: shared
            .into_iter()
            .map(|(id, version, audience)| {
                let state = CommentState {
                    audience,
                    client: Some(old),
                };
                (id, state, version + 1)
            })
            .collect(),
        rounds: store::round::shared(tx, project).await?,
    };
    store::project::unshare(tx, project).await?;
    if for_nobody {
        // Whoever may not open the client any more does not get its work back by this.
        let mover = match tx.scope().actor() {
            Actor::User { id, .. } => Some(id),
            _ => None,
        };
        store::project::keep_insiders(tx, project, old, mover).await?;
    }
    note.place(None, Some(old.0))
        .event_in(Topic::Client, Some(old.0), old)
        .event_in(Topic::Project, None, old);
    Ok(left)
}

/// The same for single findings that go to another project, each with the client it leaves.
pub(crate) async fn leave_alone(tx: &mut Tx, findings: &[(FindingId, Option<ClientId>)]) -> Result<Left> {
    let (comments, rounds) = store::finding::placed::shared(tx, findings).await?;
    let ids: Vec<FindingId> = findings.iter().map(|(id, _)| *id).collect();
    store::finding::placed::unshare(tx, &ids).await?;
    let comments = comments
        .into_iter()
        .map(|(id, state, version)| (id, state, version + 1));
    Ok(Left {
        comments: comments.collect(),
        rounds,
    })
}

/// Takes an unassigned project into a client that is being made.
pub(crate) async fn adopt(
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
            let what = match only {
                Some(row) => row.key.clone(),
                None => format!("{} projects", rows.len()),
            };
            let words = match &assignment.client {
                Some(client) => format!("Moved {what} to {}", client.name),
                None => format!("Took {what} out of its client"),
            };
            note.words(words)
                .within(only.map(|r| r.id), to)
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
