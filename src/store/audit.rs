//! The audit trail: rows are written in the act's own transaction and never changed.

use uuid::Uuid;

use super::tx::Engine;
use super::{Door, Result, Sql, Tx};
use crate::domain::id::AgencyId;
use crate::domain::time::Time;

/// One recorded act or refusal.
#[derive(Debug, Clone)]
pub struct NewAudit {
    pub at: Time,
    /// `user`, `portal`, `system`.
    pub actor_kind: &'static str,
    pub actor: Option<Uuid>,
    pub act: String,
    pub object_kind: Option<String>,
    pub object: Option<Uuid>,
    pub project: Option<Uuid>,
    pub client: Option<Uuid>,
    /// The refusal's code; `None` for an act that was allowed.
    pub refused: Option<String>,
    pub address: Option<String>,
    pub trace: Option<String>,
    /// JSON.
    pub detail: String,
}

const INSERT: &str = "INSERT INTO audit_event (agency_id, id, at, actor_kind, actor_id, act, object_kind, object_id, project_id, \
     client_id, outcome, code, address, trace_id, detail) \
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";

fn bind(sql: Sql, audit: NewAudit) -> Sql {
    sql.bind(Uuid::now_v7())
        .bind(audit.at)
        .bind(audit.actor_kind)
        .bind(audit.actor)
        .bind(audit.act)
        .bind(audit.object_kind)
        .bind(audit.object)
        .bind(audit.project)
        .bind(audit.client)
        .bind(if audit.refused.is_some() { "refused" } else { "allowed" })
        .bind(audit.refused)
        .bind(audit.address)
        .bind(audit.trace)
        .bind(audit.detail)
}

pub async fn write(tx: &mut Tx, audit: NewAudit) -> Result<()> {
    tx.run(bind(Sql::new(INSERT), audit)).await.map(drop)
}

/// For what happens before a tenant's transaction exists: sign-ins and refusals of tokens.
pub async fn write_at_door(door: &mut Door, agency: AgencyId, audit: NewAudit) -> Result<()> {
    door.run(bind(Sql::new(INSERT).bind(agency), audit)).await.map(drop)
}

/// A row as the chain covers it.
#[derive(Debug, Clone)]
pub struct Link {
    pub id: Uuid,
    /// Every field that tells something, as text, in the order of the table.
    pub fields: Vec<Option<String>>,
}

fn link(row: &super::Row) -> Result<Link> {
    let id: Uuid = row.get("id")?;
    let uuid = |name: &str| Ok::<_, super::Error>(row.get::<Option<Uuid>>(name)?.map(|v| v.to_string()));
    Ok(Link {
        id,
        fields: vec![
            Some(id.to_string()),
            Some(row.get::<i64>("at")?.to_string()),
            row.get("actor_kind")?,
            uuid("actor_id")?,
            row.get("act")?,
            row.get("object_kind")?,
            uuid("object_id")?,
            uuid("project_id")?,
            uuid("client_id")?,
            row.get("outcome")?,
            row.get("code")?,
            row.get("address")?,
            row.get("trace_id")?,
            row.get("detail")?,
        ],
    })
}

/// Agencies with rows that are not sealed yet.
pub async fn unsealed(door: &mut Door) -> Result<Vec<AgencyId>> {
    let rows = door
        .all(Sql::new(
            "SELECT DISTINCT agency_id FROM audit_event WHERE position IS NULL",
        ))
        .await?;
    rows.iter().map(|row| row.id("agency_id")).collect()
}

/// The chain's end: its position (0: nothing is sealed) and hash.
pub async fn head(tx: &mut Tx) -> Result<(i64, Vec<u8>)> {
    let sql = Sql::new(
        "SELECT position, hash FROM audit_event WHERE agency_id = $1 AND position IS NOT NULL ORDER BY position DESC LIMIT 1",
    );
    match tx.opt(sql).await? {
        Some(row) => Ok((row.get("position")?, row.get("hash")?)),
        None => Ok((0, Vec::new())),
    }
}

/// The oldest rows that are not sealed.
pub async fn next(tx: &mut Tx, limit: i64) -> Result<Vec<Link>> {
    let sql = Sql::new("SELECT * FROM audit_event WHERE agency_id = $1 AND position IS NULL ORDER BY id LIMIT $2");
    tx.all(sql.bind(limit)).await?.iter().map(link).collect()
}

/// Whether it is this transaction's turn to seal. Of several servers on one PostgreSQL one seals an agency's rows at a
/// time; the others leave them to it.
pub async fn turn(tx: &mut Tx) -> Result<bool> {
    if tx.engine() == Engine::Sqlite {
        return Ok(true);
    }
    let sql = Sql::new("SELECT pg_try_advisory_xact_lock(721130, hashtext($1::text)) AS mine");
    tx.opt(sql).await?.map_or(Ok(false), |row| row.get("mine"))
}

pub async fn seal(tx: &mut Tx, id: Uuid, position: i64, hash: Vec<u8>) -> Result<()> {
    let sql = Sql::new(
        "UPDATE audit_event SET position = $3, hash = $4 WHERE agency_id = $1 AND id = $2 AND position IS NULL",
    );
    tx.run(sql.bind(id).bind(position).bind(hash)).await.map(drop)
}

/// Sealed rows after a position, in order: position, hash, row.
pub async fn sealed_after(tx: &mut Tx, position: i64, limit: i64) -> Result<Vec<(i64, Vec<u8>, Link)>> {
    let sql = Sql::new("SELECT * FROM audit_event WHERE agency_id = $1 AND position > $2 ORDER BY position LIMIT $3");
    tx.all(sql.bind(position).bind(limit))
        .await?
        .iter()
        .map(|row| Ok((row.get("position")?, row.get("hash")?, link(row)?)))
        .collect()
}
