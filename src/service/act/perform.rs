//! Writes what a [`Plan`] worked out, and notes how the rows stood before: that is the way on.
//!
//! The order keeps every rule true at each step: clients that come back first, then projects, then what stands in them,
//! and clients that are put away last.

use uuid::Uuid;

use super::plan::{MadeBack, Plan, ProjectBack};
use crate::api::act::Way;
use crate::api::event::Topic;
use crate::api::problem::{Code, Problem};
use crate::domain::access::{Audience, ClientState};
use crate::domain::id::{CommentId, FindingId, ProjectId, RoundId, UserId};
use crate::domain::status::Status;
use crate::domain::time::Time;
use crate::service::comment::Made;
use crate::service::finding::pen::Pen;
use crate::service::project::assign::{self, Left};
use crate::service::{Error, Note, Result, client, not_found};
use crate::store::act::{ActRow, Again};
use crate::store::agency::Counter;
use crate::store::client::{ClientBefore, ClientRow, Hold};
use crate::store::comment::{CommentState, NewComment, WholeComment};
use crate::store::finding::{Decisions, FindingRow, NewFinding, WholeFinding};
use crate::store::history::NewEntry;
use crate::store::project::WholeProject;
use crate::store::round::RoundState;
use crate::store::{self, Tx};

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
    for left in left {
        left.note(note);
    }
    for (placed, to) in plan.comments {
        // A move made it internal a moment ago, and noted that.
        let unshared = gone.contains(&placed.project) && placed.audience == Audience::Shared;
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
    findings(tx, note, &mut pen, plan.findings, &gone, words, way, user).await?;
    for (finding, places) in plan.places {
        pen.restore_places(finding, places);
    }
    rounds(tx, &mut pen, plan.rounds, user, now).await?;
    pen.flush(tx, note).await?;
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

async fn put_made_project(tx: &mut Tx, note: &mut Note, back: MadeBack<ProjectId, WholeProject>) -> Result<()> {
    let id = back.id;
    let client = if let Some(whole) = back.whole {
        if let Some(owner) = whole.state.client {
            client::open_where_it_stays(tx, &owner.to_string()).await?;
        }
        if !store::agency::take_slots(tx, Counter::Projects, 1).await? {
            return Err(client::limit_reached(tx, Counter::Projects).await?);
        }
        store::project::bring_back(tx, id, &whole).await?;
        note.changed("project_made", id, &None::<WholeProject>, whole.version + 1);
        whole.state.client
    } else {
        let whole = store::project::whole(tx, id).await?.ok_or_else(not_found)?;
        if !store::project::remove(tx, id, back.version_after)
            .await
            .map_err(stands)?
        {
            return Err(moved());
        }
        store::agency::give_slots(tx, Counter::Projects, 1).await?;
        note.changed("project_made", id, &Some(&whole), 0);
        whole.state.client
    };
    note.place(Some(id.0), client.map(|c| c.0))
        .event_at(Topic::Project, Some(id.0), id.0, client.map(|c| c.0));
    if let Some(client) = client {
        note.event_in(Topic::Client, Some(client.0), client);
    }
    Ok(())
}

/// The line of a finding's history that tells of an undo or a redo.
fn told(way: Way) -> &'static str {
    match way {
        Way::Undo => "finding.undo",
        Way::Redo => "finding.redo",
    }
}

async fn put_made_finding(
    tx: &mut Tx,
    note: &mut Note,
    pen: &mut Pen,
    back: MadeBack<FindingId, WholeFinding>,
    user: UserId,
    way: Way,
) -> Result<()> {
    let id = back.id;
    let project = if let Some(whole) = back.whole {
        let (project, severity) = (whole.new.project, whole.new.severity);
        store::finding::bring_back(tx, &whole).await?;
        store::rollup::add(tx, project, Status::Open, severity, 1).await?;
        let created = NewEntry {
            user: Some(whole.new.created_by),
            act: "finding.create",
            to: Some(Status::Open),
            ..NewEntry::default()
        };
        store::history::insert(tx, vec![(id, created)], whole.created_at).await?;
        let again = NewEntry {
            user: Some(user),
            act: told(way),
            notes: "Written again.".to_owned(),
            ..NewEntry::default()
        };
        pen.tell(id, again);
        note.changed("finding_made", id, &None::<WholeFinding>, whole.version + 1);
        project
    } else {
        let row = store::finding::by_ids(tx, &[id]).await?.pop().ok_or_else(not_found)?;
        let whole = whole(tx, &row).await?;
        if !store::finding::remove(tx, id, back.version_after)
            .await
            .map_err(stands)?
        {
            return Err(moved());
        }
        store::rollup::add(tx, row.project.id, row.decided.status, row.decided.severity, -1).await?;
        note.changed("finding_made", id, &Some(whole), 0);
        row.project.id
    };
    let owner = store::project::whole(tx, project).await?.and_then(|p| p.state.client);
    let client = owner.map(|c| c.0);
    note.place(Some(project.0), client)
        .event_at(Topic::Finding, Some(id.0), project.0, client)
        .event_at(Topic::Project, Some(project.0), project.0, client);
    Ok(())
}

/// A finding written by hand, as it stands before anything was decided about it.
async fn whole(tx: &mut Tx, row: &FindingRow) -> Result<WholeFinding> {
    let texts = store::finding::texts(tx, row.id).await?;
    let created_by = row.decided.triaged_by.ok_or_else(moved)?;
    Ok(WholeFinding {
        new: NewFinding {
            id: row.id,
            project: row.project.id,
            key: row.key.clone(),
            title: row.title.clone(),
            title_fold: row.title_fold.clone(),
            description: texts.description,
            remediation: texts.remediation,
            severity: row.decided.severity,
            cvss: row.decided.cvss.clone(),
            cwe: row.cwe.clone(),
            cve: row.cve.clone(),
            occurrences: row.occurrence_count,
            created_by,
        },
        created_at: row.first_seen,
        version: row.version,
        places: store::occurrence::whole(tx, row.id).await?,
    })
}

async fn put_made_comment(tx: &mut Tx, note: &mut Note, back: MadeBack<CommentId, Made>) -> Result<()> {
    let id = back.id;
    let Some(made) = back.whole else { return Ok(()) };
    let (finding, answered) = if let Some(whole) = made.whole {
        let finding = whole.new.finding;
        hold_project_of(tx, finding).await?;
        store::comment::bring_back(tx, &whole).await?;
        if made.answered && !store::comment::client_wrote_since(tx, finding, whole.created_at).await? {
            store::comment::set_client_wrote_last(tx, finding, false).await?;
        }
        let kept = Made {
            answered: made.answered,
            whole: None,
        };
        note.changed("comment_made", id, &kept, whole.version + 1);
        (finding, false)
    } else {
        let placed = store::comment::placed(tx, &[id]).await?.pop().ok_or_else(not_found)?;
        let row = store::comment::find(tx, placed.finding, id)
            .await?
            .ok_or_else(not_found)?;
        let whole = WholeComment {
            client: placed.client,
            created_at: row.created_at,
            version: row.version,
            mentions: store::comment::mentions(tx, id).await?,
            new: NewComment {
                id,
                finding: placed.finding,
                author: row.author,
                portal_author: row.portal_author,
                author_name: row.author_name,
                audience: row.audience,
                text: row.text,
                reply_to: row.reply_to,
            },
        };
        if !store::comment::remove(tx, id, back.version_after)
            .await
            .map_err(stands)?
        {
            return Err(moved());
        }
        let kept = Made {
            answered: made.answered,
            whole: Some(Box::new(whole)),
        };
        note.changed("comment_made", id, &kept, 0);
        (placed.finding, made.answered && row.audience == Audience::Shared)
    };
    if answered {
        store::comment::set_client_wrote_last(tx, finding, true).await?;
    }
    let row = store::finding::by_ids(tx, &[finding])
        .await?
        .pop()
        .ok_or_else(not_found)?;
    let (project, client) = (row.project.id.0, row.client.map(|c| c.id.0));
    note.place(Some(project), client)
        .event_at(Topic::Comment, Some(id.0), project, client)
        .event_at(Topic::Finding, Some(finding.0), project, client)
        .event_at(Topic::Queue, Some(finding.0), project, client);
    Ok(())
}

/// Nothing becomes shared in a project that is just leaving its client.
async fn hold_project_of(tx: &mut Tx, finding: FindingId) -> Result<()> {
    if let Some(row) = store::finding::by_ids(tx, &[finding]).await?.pop() {
        store::project::hold(tx, row.project.id).await?;
    }
    Ok(())
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
