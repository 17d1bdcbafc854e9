//! Writes again what was taken away, and takes away what was made.

use super::{moved, stands, told};
use crate::api::act::Way;
use crate::api::event::Topic;
use crate::domain::access::Audience;
use crate::domain::id::{CommentId, FindingId, ProjectId, UserId};
use crate::domain::status::Status;
use crate::service::act::plan::MadeBack;
use crate::service::comment::Made;
use crate::service::finding::pen::Pen;
use crate::service::{Note, Result, client, not_found};
use crate::store::agency::Counter;
use crate::store::comment::{NewComment, WholeComment};
use crate::store::finding::{FindingRow, NewFinding, WholeFinding};
use crate::store::history::NewEntry;
use crate::store::project::WholeProject;
use crate::store::{self, Tx};

pub(super) async fn put_made_project(
    tx: &mut Tx,
    note: &mut Note,
    back: MadeBack<ProjectId, WholeProject>,
) -> Result<()> {
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

pub(super) async fn put_made_finding(
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

pub(super) async fn put_made_comment(tx: &mut Tx, note: &mut Note, back: MadeBack<CommentId, Made>) -> Result<()> {
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
