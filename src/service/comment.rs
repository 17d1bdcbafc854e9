//! Comments on findings: internal or shared with the client; a thread has one audience.

use super::{Caller, Desk, Result, conflict, cursor, finding, not_found, refuse, text};
use crate::api::comment::{AddComment, Comment, ListComments, ReadComments, SetCommentAudience};
use crate::api::event::Topic;
use crate::api::problem::{Code, Problem};
use crate::api::{Page, PersonRef};
use crate::domain::access::{Audience, UserState};
use crate::domain::id::{CommentId, FindingId, UserId};
use crate::domain::mention::{called, calls};
use crate::store::comment::{CommentRow, CommentState, NewComment, WholeComment};
use crate::store::finding::FindingRow;
use crate::store::{self, Tx};

const TEXT_MAX: usize = 50_000;

/// What undo keeps of a comment that was written, or taken away.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub(super) struct Made {
    /// Whether it answered a client that had written last.
    pub answered: bool,
    /// Where it was taken away.
    pub whole: Option<Box<WholeComment>>,
}

fn wire(row: CommentRow) -> Comment {
    let id = row
        .author
        .or(row.portal_author.map(|id| UserId(id.0)))
        .unwrap_or(UserId(uuid::Uuid::nil()));
    Comment {
        id: row.id,
        author: PersonRef {
            id,
            name: row.author_name,
            email: row.author_email.unwrap_or_default(),
        },
        from_client: row.portal_author.is_some(),
        audience: row.audience,
        text: row.text,
        reply_to: row.reply_to,
        created_at: row.created_at,
        edited_at: row.edited_at,
        via: row.via,
        version: row.version,
    }
}

async fn shown(tx: &mut Tx, finding: FindingId, id: CommentId) -> Result<Comment> {
    store::comment::find(tx, finding, id)
        .await?
        .map(wire)
        .ok_or_else(not_found)
}

/// Sharing needs somebody to share with.
fn shareable(row: &FindingRow) -> Result<()> {
    if row.client.is_some() {
        return Ok(());
    }
    refuse(
        Code::ProjectUnassigned,
        "The project belongs to no client, so there is nobody to share with. Assign it to a client first.",
    )
}

pub async fn list(desk: Desk, caller: Caller, request: ListComments) -> Result<Page<Comment>> {
    let of = desk.clone();
    let who = caller.clone();
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let row = finding::open(tx, &request.finding).await?;
            let list = cursor::List::new(&who, "comments", &row.id.to_string());
            let window = of.cursors().window(&list, request.limit, request.cursor.as_deref())?;
            let slice = store::comment::list(tx, row.id, &window).await?;
            Ok(of.cursors().page(&list, slice, store::comment::keys, wire))
        })
    })
    .await
}

/// The people whom names call: those who work here and may open the finding, never the writer.
async fn mentioned(tx: &mut Tx, row: &FindingRow, names: &[String], writer: UserId) -> Result<Vec<UserId>> {
    let mut out = Vec::new();
    if names.is_empty() {
        return Ok(out);
    }
    for user in store::user::list(tx).await? {
        let called =
            user.id != writer && user.state == UserState::Active && names.iter().any(|n| calls(n, &user.email));
        if called && store::finding::open_to(tx, row.project.id, user.id, user.role).await? {
            out.push(user.id);
        }
    }
    Ok(out)
}

pub async fn add(desk: Desk, caller: Caller, request: AddComment) -> Result<Comment> {
    let words = text::line_or_block("text", &request.text, TEXT_MAX)?;
    let (now, user, name) = (desk.now(), caller.user, caller.name.clone());
    desk.act(&caller, "comment.add", move |tx, note| {
        Box::pin(async move {
            let row = finding::open_where_it_stays(tx, &request.finding).await?;
            let audience = match request.reply_to {
                Some(parent) => {
                    let parent = store::comment::find(tx, row.id, parent).await?.ok_or_else(not_found)?;
                    if request.audience.is_some_and(|wanted| wanted != parent.audience) {
                        let detail = "A reply has the audience of the comment it answers. Leave `audience` out, or start a new thread.";
                        return Err(Problem::new(Code::InvalidRequest, detail).field("audience").into());
                    }
                    parent.audience
                }
                None => request.audience.unwrap_or(Audience::Internal),
            };
            if audience == Audience::Shared {
                shareable(&row)?;
                // The client is answered.
                if row.decided.client_wrote_last {
                    store::comment::set_client_wrote_last(tx, row.id, false).await?;
                }
            }
            // Taken back, the client has written last again.
            let answered = audience == Audience::Shared && row.decided.client_wrote_last;
            let new = NewComment {
                id: CommentId::fresh(),
                finding: row.id,
                author: Some(user),
                portal_author: None,
                author_name: name,
                audience,
                text: words,
                reply_to: request.reply_to,
            };
            let id = new.id;
            let names = called(&new.text);
            store::comment::insert(tx, new, now).await?;
            let people = mentioned(tx, &row, &names, user).await?;
            store::comment::mention(tx, row.id, id, &people, now).await?;
            // Whoever writes has read what they answer.
            store::comment::mark_read(tx, row.id, user, now).await?;
            note.object(Topic::Comment, id)
                .event(Topic::Finding, Some(row.id.0))
                .within(Some(row.project.id), row.client.as_ref().map(|c| c.id))
                .words(format!("Commented on {}", row.key))
                .changed("comment_made", id, &Made { answered, whole: None }, 1)
                .detail(&serde_json::json!({"finding": row.id, "audience": audience}));
            shown(tx, row.id, id).await
        })
    })
    .await
}

pub async fn set_audience(desk: Desk, caller: Caller, request: SetCommentAudience) -> Result<Comment> {
    let seen = caller.seen_version()?;
    desk.act(&caller, "comment.audience", move |tx, note| {
        Box::pin(async move {
            let row = finding::open_where_it_stays(tx, &request.finding).await?;
            let comment = store::comment::find(tx, row.id, request.comment)
                .await?
                .ok_or_else(not_found)?;
            if comment.reply_to.is_some() {
                return refuse(
                    Code::InvalidRequest,
                    "A reply has the audience of the comment that began its thread. Change that one.",
                );
            }
            if request.audience == Audience::Shared {
                shareable(&row)?;
            }
            if !store::comment::set_audience(tx, comment.id, request.audience, seen).await? {
                return Err(conflict(&wire(comment)));
            }
            let replies = store::comment::thread(tx, comment.id).await?;
            let ids: Vec<CommentId> = replies.iter().map(|(id, ..)| *id).collect();
            store::comment::set_audiences(tx, &ids, request.audience).await?;
            let client = row.client.as_ref().map(|c| c.id);
            for (id, version, audience) in [(comment.id, seen, comment.audience)].into_iter().chain(replies) {
                note.changed("comment", id, &CommentState { audience, client }, version + 1);
            }
            let replies = ids.len();
            let words = match request.audience {
                Audience::Shared => format!("Shared a comment on {}", row.key),
                Audience::Internal => format!("Made a comment on {} internal", row.key),
            };
            note.words(words);
            note.object(Topic::Comment, comment.id)
                .event(Topic::Finding, Some(row.id.0))
                .within(Some(row.project.id), row.client.as_ref().map(|c| c.id))
                .detail(&serde_json::json!({
                    "finding": row.id, "from": comment.audience, "to": request.audience, "replies": replies,
                }));
            shown(tx, row.id, comment.id).await
        })
    })
    .await
}

pub async fn read(desk: Desk, caller: Caller, request: ReadComments) -> Result<()> {
    let (now, user) = (desk.now(), caller.user);
    desk.act(&caller, "comment.read", move |tx, note| {
        Box::pin(async move {
            let row = finding::open(tx, &request.finding).await?;
            store::comment::mark_read(tx, row.id, user, now).await?;
            finding::touched(note, &row);
            Ok(())
        })
    })
    .await
}
