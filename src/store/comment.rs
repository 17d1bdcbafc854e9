//! Texts on findings, and who has read how far.

use super::page::{self, Key, Slice, SortColumn, Window};
use super::{Result, Row, Sql, Tx, name};
use crate::domain::access::Audience;
use crate::domain::id::{CommentId, FindingId, PortalUserId, UserId};
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

#[derive(Debug, Clone)]
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

/// Gives every reply below a comment its audience, and says how many there are.
pub async fn follow_audience(tx: &mut Tx, root: CommentId, audience: Audience) -> Result<u64> {
    let sql = Sql::new(
        "WITH RECURSIVE thread (id) AS (SELECT id FROM comment WHERE agency_id = $1 AND reply_to = $2 \
           UNION SELECT k.id FROM comment k JOIN thread t ON k.reply_to = t.id WHERE k.agency_id = $1) \
         UPDATE comment SET audience = $3, version = version + 1 WHERE agency_id = $1 AND id IN (SELECT id FROM thread)",
    );
    tx.run(sql.bind(root).bind(name(audience))).await
}

/// Sets whether the client wrote last, without a new version: it is a fact about comments, not a decision.
pub async fn set_client_wrote_last(tx: &mut Tx, finding: FindingId, wrote: bool) -> Result<()> {
    let sql = Sql::new("UPDATE finding SET client_wrote_last = $3 WHERE agency_id = $1 AND id = $2");
    tx.run(sql.bind(finding).bind(wrote)).await.map(drop)
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
