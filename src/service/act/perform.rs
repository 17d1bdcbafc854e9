//! Writes what a [`Plan`] worked out, and notes how the rows stood before: that is the way on.
//!
//! The order keeps every rule true at each step: clients that come back first, then projects, then what stands in them,
//! and clients that are put away last.

use std::collections::{BTreeSet, HashSet};

use uuid::Uuid;

use super::plan::{CorrectedBack, Plan, ProjectBack};
use crate::api::act::Way;
use crate::api::event::Topic;
use crate::api::problem::{Code, Problem};
use crate::domain::access::{Audience, ClientState};
use crate::domain::id::{ClientId, FindingId, ProjectId, RoundId, UserId};
use crate::domain::status::Status;
use crate::domain::time::Time;
use crate::service::finding::pen::Pen;
use crate::service::finding::place;
use crate::service::import::settle;
use crate::service::project::assign::{self, Left};
use crate::service::{Error, Note, Result, client};
use crate::store::act::{ActRow, Again};
use crate::store::client::{ClientBefore, ClientRow, Hold};
use crate::store::comment::CommentState;
use crate::store::finding::{Decisions, FindingRow};
use crate::store::history::NewEntry;
use crate::store::round::RoundState;
use crate::store::{self, Tx};

mod corrected;
mod made;

use made::{put_made_comment, put_made_finding, put_made_project};

/// Somebody was faster than this undo.
fn moved() -> Error {
    Problem::new(
        Code::UndoNotPossible,
        "What this is about was changed in this very moment. Look at it again.",
    )
    .into()
}

/// A row on which something came to stand in this very moment cannot be taken away.
fn stands(error: store::Error) -> Error {
    match error {
        store::Error::Reference => moved(),
        other => other.into(),
    }
}

pub(super) async fn perform(
    tx: &mut Tx,
    note: &mut Note,
    plan: Plan,
    act: &ActRow,
    way: Way,
    user: UserId,
    now: Time,
) -> Result<()> {
    let words = plan.words(act);
    // Every row goes back to what the version before the act had.
    let before = plan.before;
    let step = |object: Uuid, is: i64| Again {
        object,
        was: before.get(&object).copied().unwrap_or_default(),
        is,
    };
    let mut again: Vec<Again> = Vec::new();
    let rights = !plan.clients.is_empty() || !plan.projects.is_empty() || !plan.made_projects.is_empty();
    let (last, first): (Vec<_>, Vec<_>) = plan
        .clients
        .into_iter()
        .partition(|(_, _, _, to)| to.state == ClientState::Archived);
    for (kind, row, was, to) in first {
        again.push(step(row.id.0, row.version + 1));
        put_client(tx, note, kind, row, &was, &to, now).await?;
    }
    // What a move took out of sharing is noted after the projects themselves: its way back is after theirs, too.
    let mut left = Vec::new();
    let mut gone = Vec::new();
    for back in plan.projects {
        again.push(step(back.row.id.0, back.row.version + 1));
        if back.moved {
            gone.push(back.row.id);
        }
        left.push(put_project(tx, note, back).await?);
    }
    for back in plan.made_projects {
        again.extend(back.whole.as_ref().map(|whole| anew(back.id, whole.version)));
        put_made_project(tx, note, back).await?;
    }
    let mut pen = Pen::new(now);
    for back in plan.made_findings {
        again.extend(back.whole.as_ref().map(|whole| anew(back.id, whole.version)));
        put_made_finding(tx, note, &mut pen, back, user, way).await?;
    }
    // So do findings that go back to another client's project, one by one.
    left.push(assign::leave_alone(tx, &plan.left).await?);
    let left_alone: HashSet<FindingId> = plan.left.iter().map(|(id, _)| *id).collect();
    for left in left {
        left.note(note);
    }
    for (placed, to) in plan.comments {
        // A move made it internal a moment ago, and noted that.
        let leaves = gone.contains(&placed.project) || left_alone.contains(&placed.finding);
        let unshared = leaves && placed.audience == Audience::Shared;
        if unshared && to.audience == Audience::Internal {
            continue;
        }
        let was = CommentState {
            audience: placed.audience,
            client: placed.client,
        };
        let seen = placed.version + i64::from(unshared);
        if !store::comment::set_audience(tx, placed.id, to.audience, seen).await? {
            return Err(moved());
        }
        again.push(step(placed.id.0, seen + 1));
        note.changed("comment", placed.id, &was, seen + 1)
            .event_at(
                Topic::Comment,
                Some(placed.id.0),
                placed.project.0,
                to.client.map(|c| c.0),
            )
            .event_at(
                Topic::Finding,
                Some(placed.finding.0),
                placed.project.0,
                to.client.map(|c| c.0),
            );
    }
    for back in plan.made_comments {
        let whole = back.whole.as_ref().and_then(|made| made.whole.as_ref());
        again.extend(whole.map(|whole| anew(back.id, whole.version)));
        put_made_comment(tx, note, back).await?;
    }
    for (row, to) in &plan.findings {
        // A move gives every finding a version, and those with a new due date one more.
        let steps = 1 + i64::from(gone.contains(&row.project.id) && to.is_some());
        again.push(step(row.id.0, row.version + steps));
    }
    if !plan.homes.is_empty() {
        let mut ends: BTreeSet<ProjectId> = BTreeSet::new();
        let mut clients: BTreeSet<ClientId> = BTreeSet::new();
        for (row, home) in plan.findings.iter().filter_map(|(row, to)| {
            let home = plan.homes.get(&to.as_ref()?.project)?;
            Some((row, home)).filter(|_| home.id != row.project.id)
        }) {
            pen.knows(home.id, home.client.as_ref().map(|c| c.id));
            ends.extend([row.project.id, home.id]);
            clients.extend(row.client.iter().chain(&home.client).map(|c| c.id));
        }
        place::ended(tx, note, ends, clients).await?;
    }
    // What comes is there before anything refers to it, what goes goes when nothing does any more.
    let (goes, comes): (Vec<_>, Vec<_>) = plan.corrected.into_iter().rev().partition(CorrectedBack::goes);
    let mut corrected_in = BTreeSet::new();
    for back in comes {
        let (row, project) = corrected::come(tx, note, &mut pen, back, user, way, now).await?;
        again.push(row);
        corrected_in.insert(project);
    }
    for project in corrected_in {
        settle::settled(tx, project).await?;
        store::import::outdate_plans(tx, project).await?;
    }
    findings(tx, note, &mut pen, plan.findings, &gone, words, way, user).await?;
    for (finding, places) in plan.places {
        pen.restore_places(finding, places);
    }
    rounds(tx, &mut pen, plan.rounds, user, now).await?;
    pen.flush(tx, note).await?;
    for back in goes {
        corrected::go(tx, note, back, user, now).await?;
    }
    for (kind, row, was, to) in last {
        again.push(step(row.id.0, row.version + 1));
        put_client(tx, note, kind, row, &was, &to, now).await?;
    }
    if rights {
        store::agency::bump_access_epoch(tx).await?;
    }
    again.retain(|row| row.was > 0);
    Ok(store::act::stand_again(tx, &again).await?)
}

/// A row that is there again as it was when it went.
fn anew(object: impl Into<Uuid>, version: i64) -> Again {
    Again {
        object: object.into(),
        was: version,
        is: version + 1,
    }
}

async fn put_client(
    tx: &mut Tx,
    note: &mut Note,
    kind: &'static str,
    seen: ClientRow,
    was: &ClientBefore,
    to: &ClientBefore,
    now: Time,
) -> Result<()> {
    store::client::hold(tx, seen.id, Hold::Alone).await?;
    // Projects that went with it are counted where they are by now.
    let mut row = client::open(tx, &seen.id.to_string()).await?;
    if row.version != seen.version {
        return Err(moved());
    }
    row.name.clone_from(&to.name);
    row.name_fold = crate::domain::fold::sort_key(&to.name);
    row.contact_email.clone_from(&to.contact_email);
    row.external_ref.clone_from(&to.external_ref);
    row.notes.clone_from(&to.notes);
    row.state = to.state;
    row.manager.id = to.manager;
    row.agency_access = to.agency_access;
    if !store::client::update(tx, &row, seen.version, now).await? {
        return Err(moved());
    }
    if was.selected != to.selected {
        store::client::set_selected(tx, row.id, &to.selected).await?;
    }
    let archived = |state| state == ClientState::Archived;
    if archived(was.state) != archived(to.state) {
        client::count(tx, row.project_count, archived(to.state)).await?;
    }
    note.changed(kind, row.id, was, seen.version + 1)
        .place(None, Some(row.id.0))
        .event_in(Topic::Client, Some(row.id.0), row.id);
    Ok(())
}

async fn put_project(tx: &mut Tx, note: &mut Note, back: ProjectBack) -> Result<Left> {
    let ProjectBack {
        row,
        was,
        to,
        moved: moves,
    } = back;
    if moves {
        for end in [was.client, to.client].into_iter().flatten() {
            store::client::hold(tx, end, Hold::AsItIs).await?;
            if client::open(tx, &end.to_string()).await?.state == ClientState::Archived {
                return Err(moved());
            }
        }
    }
    if !store::project::put(tx, row.id, &to, row.version).await? {
        return Err(moved());
    }
    let mut left = Left::default();
    if moves {
        left = assign::leave(tx, note, row.id, was.client, to.client.is_none()).await?;
        note.touched(row.id);
    }
    note.changed(
        if moves { "project_moved" } else { "project" },
        row.id,
        &was,
        row.version + 1,
    )
    .place(Some(row.id.0), to.client.map(|c| c.0))
    .event_at(Topic::Project, Some(row.id.0), row.id.0, to.client.map(|c| c.0));
    if let Some(client) = to.client.filter(|_| moves) {
        note.event_in(Topic::Client, Some(client.0), client);
    }
    Ok(left)
}

/// The line of a finding's history that tells of an undo or a redo.
fn told(way: Way) -> &'static str {
    match way {
        Way::Undo => "finding.undo",
        Way::Redo => "finding.redo",
    }
}

#[expect(clippy::too_many_arguments, reason = "what an act is, once")]
async fn findings(
    tx: &mut Tx,
    note: &mut Note,
    pen: &mut Pen,
    all: Vec<(FindingRow, Option<Decisions>)>,
    gone: &[ProjectId],
    words: &str,
    way: Way,
    user: UserId,
) -> Result<()> {
    // A move gave every finding of the project its next version, and a new client.
    let touched: Vec<(FindingId, i64)> = all
        .iter()
        .filter(|(row, _)| gone.contains(&row.project.id))
        .map(|(row, _)| (row.id, row.version + 1))
        .collect();
    if !store::finding::moved(tx, &touched).await?.is_empty() {
        return Err(moved());
    }
    let again: Vec<FindingId> = touched.iter().map(|(id, _)| *id).collect();
    let fresh = store::finding::by_ids(tx, &again).await?;
    let fresh: std::collections::HashMap<FindingId, FindingRow> = fresh.into_iter().map(|r| (r.id, r)).collect();
    for (row, to) in all {
        let Some(to) = to else { continue };
        let row = fresh.get(&row.id).cloned().unwrap_or(row);
        let (from, became) = (row.decided.status, to.status);
        if let Some(until) = to.accepted_until.filter(|_| became == Status::RiskAccepted) {
            pen.ends(row.id, until);
        }
        let entry = NewEntry {
            user: Some(user),
            act: told(way),
            from: (from != became).then_some(from),
            to: (from != became).then_some(became),
            notes: words.to_owned(),
            ..NewEntry::default()
        };
        pen.tell(row.id, entry);
        note.event_at(
            Topic::Queue,
            None,
            row.project.id.0,
            row.client.as_ref().map(|c| c.id.0),
        );
        pen.write(&row, to);
    }
    Ok(())
}

/// Rounds go back to what they were; one that the act asked for counts no more.
async fn rounds(
    tx: &mut Tx,
    pen: &mut Pen,
    all: Vec<(RoundId, Option<RoundState>)>,
    user: UserId,
    now: Time,
) -> Result<()> {
    let asked: Vec<_> = all.iter().filter(|(_, to)| to.is_none()).map(|(id, _)| *id).collect();
    for (id, state) in store::round::states(tx, &asked).await? {
        let undone = RoundState {
            verdict: Some("undone".to_owned()),
            verdict_by: Some(user),
            verdict_at: Some(now),
            ..state
        };
        pen.restore_round(id, undone);
    }
    for (id, to) in all {
        if let Some(to) = to {
            pen.restore_round(id, to);
        }
    }
    Ok(())
}
