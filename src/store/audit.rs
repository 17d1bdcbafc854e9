//! The audit trail: rows are written in the act's own transaction and never changed.

use uuid::Uuid;

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
