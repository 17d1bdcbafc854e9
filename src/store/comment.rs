//! Texts on findings, and who has read how far.

use super::page::{self, Key, Slice, SortColumn, Window};
use super::{Result, Row, Sql, Tx, name};
use serde::{Deserialize, Serialize};

use crate::domain::access::Audience;
use crate::domain::id::{ClientId, CommentId, FindingId, PortalUserId, ProjectId, UserId};
use crate::domain::time::Time;

#[derive(Debug, Clone)]
pub struct CommentRow {
    pub id: CommentId,
    pub author: Option<UserId>,
    pub portal_author: Option<PortalUserId>,
    pub author_name: String,
    pub author_email: Option<String>,
    pub audience: Audience,
    pub text: String,
    pub reply_to: Option<CommentId>,
    pub created_at: Time,
    pub edited_at: Option<Time>,
    /// The key of the merged finding it was written on.
    pub via: Option<String>,
    pub version: i64,
}

const SELECT: &str = "SELECT k.*, COALESCE(u.email, w.email) AS author_email FROM comment k \
     LEFT JOIN agency_user u ON u.agency_id = k.agency_id AND u.id = k.author_id \
     LEFT JOIN portal_user w ON w.agency_id = k.agency_id AND w.id = k.portal_author_id \
     WHERE k.agency_id = $1 AND k.finding_id = $2";

fn read(row: &Row) -> Result<CommentRow> {
    Ok(CommentRow {
        id: row.id("id")?,
        author: row.opt_id("author_id")?,
        portal_author: row.opt_id("portal_author_id")?,
        author_name: row.get("author_name")?,
        author_email: row.get("author_email")?,
        audience: row.word("audience")?,
        text: row.get("text")?,
        reply_to: row.opt_id("reply_to")?,
        created_at: row.time("created_at")?,
        edited_at: row.opt_time("edited_at")?,
        via: Some(row.get::<String>("via")?).filter(|via| !via.is_empty()),
        version: row.get("version")?,
    })
}

const SORT: [SortColumn; 2] = [SortColumn::asc("k.created_at"), SortColumn::asc("k.id")];

#[must_use]
pub fn keys(row: &CommentRow) -> Vec<Key> {
    vec![Key::Int(row.created_at.0), Key::Id(row.id.0)]
}

/// Oldest first. A reader for whom only shared things exist gets only those.
pub async fn list(tx: &mut Tx, finding: FindingId, window: &Window) -> Result<Slice<CommentRow>> {
    let mut sql = Sql::new(SELECT).bind(finding);
    if tx.scope().audience() == Audience::Shared {
        sql.push(" AND k.audience = 'shared'");
    }
    page::window(&mut sql, &SORT, window);
    let rows = tx.all(sql).await?.iter().map(read).collect::<Result<_>>()?;
    Ok(Slice::of(rows, window))
}

pub async fn find(tx: &mut Tx, finding: FindingId, id: CommentId) -> Result<Option<CommentRow>> {
    let mut sql = Sql::new(SELECT).bind(finding);
    sql.push(" AND k.id = ").push_bind(id);
    tx.opt(sql).await?.as_ref().map(read).transpose()
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewComment {
    pub id: CommentId,
    pub finding: FindingId,
    pub author: Option<UserId>,
    pub portal_author: Option<PortalUserId>,
    pub author_name: String,
    pub audience: Audience,
    pub text: String,
    pub reply_to: Option<CommentId>,
}

pub async fn insert(tx: &mut Tx, new: NewComment, now: Time) -> Result<()> {
    let sql = Sql::new(
        "INSERT INTO comment (agency_id, id, finding_id, author_id, portal_author_id, author_name, audience, text, reply_to, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    );
    let sql = sql
        .bind(new.id)
        .bind(new.finding)
        .bind(new.author)
        .bind(new.portal_author);
    let sql = sql.bind(new.author_name).bind(name(new.audience)).bind(new.text);
    tx.run(sql.bind(new.reply_to).bind(now)).await.map(drop)
}

/// Changes the audience of the first comment of a thread, over the version that was seen.
pub async fn set_audience(tx: &mut Tx, id: CommentId, audience: Audience, seen: i64) -> Result<bool> {
    let sql = Sql::new(
        "UPDATE comment SET audience = $4, version = version + 1 WHERE agency_id = $1 AND id = $2 AND version = $3",
    );
    Ok(tx.run(sql.bind(id).bind(seen).bind(name(audience))).await? == 1)
}

/// The replies below a comment, at any depth: id, version, audience.
pub async fn thread(tx: &mut Tx, root: CommentId) -> Result<Vec<(CommentId, i64, Audience)>> {
    let sql = Sql::new(
        "WITH RECURSIVE thread (id) AS (SELECT id FROM comment WHERE agency_id = $1 AND reply_to = $2 \
           UNION SELECT k.id FROM comment k JOIN thread t ON k.reply_to = t.id WHERE k.agency_id = $1) \
         SELECT id, version, audience FROM comment WHERE agency_id = $1 AND id IN (SELECT id FROM thread) ORDER BY id",
    );
    tx.all(sql.bind(root)).await?.iter().map(audience).collect()
}

/// The comments of a project that are shared with its client.
pub async fn shared(tx: &mut Tx, project: ProjectId) -> Result<Vec<(CommentId, i64, Audience)>> {
    let sql = Sql::new(
        "SELECT k.id, k.version, k.audience FROM comment k JOIN finding f ON f.agency_id = k.agency_id AND f.id = k.finding_id \
         WHERE k.agency_id = $1 AND f.project_id = $2 AND k.audience = 'shared' ORDER BY k.id",
    );
    tx.all(sql.bind(project)).await?.iter().map(audience).collect()
}

fn audience(row: &Row) -> Result<(CommentId, i64, Audience)> {
    Ok((row.id("id")?, row.get("version")?, row.word("audience")?))
}

/// Gives these comments an audience.
pub async fn set_audiences(tx: &mut Tx, comments: &[CommentId], audience: Audience) -> Result<()> {
    for part in comments.chunks(Sql::rows_at_once(1)) {
        let mut sql =
            Sql::new("UPDATE comment SET audience = $2, version = version + 1 WHERE agency_id = $1 AND id IN ")
                .bind(name(audience));
        sql.push_list(part.iter().copied());
        tx.run(sql).await?;
    }
    Ok(())
}

/// For whom a comment was, and of which client: what undo puts back. Nothing is ever shared with another client by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommentState {
    pub audience: Audience,
    pub client: Option<ClientId>,
}

/// A comment whole, to be written again as it was.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WholeComment {
    pub new: NewComment,
    pub client: Option<ClientId>,
    pub created_at: Time,
    pub version: i64,
    pub mentions: Vec<UserId>,
}

/// What an undo needs to know of a comment: its row, its finding and the client of that.
#[derive(Debug, Clone)]
pub struct Placed {
    pub id: CommentId,
    pub finding: FindingId,
    pub project: ProjectId,
    pub client: Option<ClientId>,
    pub audience: Audience,
    pub version: i64,
}

pub async fn placed(tx: &mut Tx, comments: &[CommentId]) -> Result<Vec<Placed>> {
    let mut out = Vec::new();
    for part in comments.chunks(Sql::rows_at_once(1)) {
        let mut sql = Sql::new(
            "SELECT k.id, k.finding_id, k.audience, k.version, f.project_id, p.client_id FROM comment k \
             JOIN finding f ON f.agency_id = k.agency_id AND f.id = k.finding_id \
             JOIN project p ON p.agency_id = f.agency_id AND p.id = f.project_id WHERE k.agency_id = $1 AND k.id IN ",
        );
        sql.push_list(part.iter().copied()).push(" ORDER BY k.id");
        for row in tx.all(sql).await? {
            out.push(Placed {
                id: row.id("id")?,
                finding: row.id("finding_id")?,
                project: row.id("project_id")?,
                client: row.opt_id("client_id")?,
                audience: row.word("audience")?,
                version: row.get("version")?,
            });
        }
    }
    Ok(out)
}

/// Who was called by name in a comment.
pub async fn mentions(tx: &mut Tx, comment: CommentId) -> Result<Vec<UserId>> {
    let sql = Sql::new("SELECT user_id FROM mention WHERE agency_id = $1 AND comment_id = $2 ORDER BY user_id");
    tx.all(sql.bind(comment))
        .await?
        .iter()
        .map(|row| row.id("user_id"))
        .collect()
}

/// Takes a comment away that nobody answered. `false`: another version is there by now.
pub async fn remove(tx: &mut Tx, comment: CommentId, seen: i64) -> Result<bool> {
    let sql = Sql::new("DELETE FROM comment WHERE agency_id = $1 AND id = $2 AND version = $3");
    Ok(tx.run(sql.bind(comment).bind(seen)).await? == 1)
}

/// Writes a comment again that was taken away, under the next version.
pub async fn bring_back(tx: &mut Tx, whole: &WholeComment) -> Result<()> {
    let id = whole.new.id;
    insert(tx, whole.new.clone(), whole.created_at).await?;
    let sql = Sql::new("UPDATE comment SET version = $3 WHERE agency_id = $1 AND id = $2");
    tx.run(sql.bind(id).bind(whole.version + 1)).await?;
    mention(tx, whole.new.finding, id, &whole.mentions, whole.created_at).await
}

/// Sets whether the client wrote last, without a new version: it is a fact about comments, not a decision.
pub async fn set_client_wrote_last(tx: &mut Tx, finding: FindingId, wrote: bool) -> Result<()> {
    let sql = Sql::new("UPDATE finding SET client_wrote_last = $3 WHERE agency_id = $1 AND id = $2");
    tx.run(sql.bind(finding).bind(wrote)).await.map(drop)
}

/// Whether the client wrote after `at`.
pub async fn client_wrote_since(tx: &mut Tx, finding: FindingId, at: Time) -> Result<bool> {
    let sql = Sql::new(
        "SELECT 1 AS wrote FROM comment WHERE agency_id = $1 AND finding_id = $2 AND portal_author_id IS NOT NULL AND created_at > $3 LIMIT 1",
    );
    Ok(tx.opt(sql.bind(finding).bind(at)).await?.is_some())
}

/// Remembers that a user has read everything up to now.
pub async fn mark_read(tx: &mut Tx, finding: FindingId, user: UserId, now: Time) -> Result<()> {
    let sql = Sql::new(
        "INSERT INTO finding_read (agency_id, finding_id, user_id, read_at) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (agency_id, finding_id, user_id) DO UPDATE SET read_at = excluded.read_at",
    );
    tx.run(sql.bind(finding).bind(user).bind(now)).await.map(drop)
}

/// Remembers who was called by name in a comment.
pub async fn mention(tx: &mut Tx, finding: FindingId, comment: CommentId, users: &[UserId], now: Time) -> Result<()> {
    if users.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::new("INSERT INTO mention (agency_id, comment_id, user_id, finding_id, at) VALUES ");
    sql.push_rows(
        users
            .iter()
            .map(|user| vec![comment.into(), (*user).into(), finding.into(), now.into()]),
    );
    tx.run(sql).await.map(drop)
}
