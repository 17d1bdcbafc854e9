//! Reading the audit trail, as far as the reader may open what it speaks of. Writing and sealing it: [`super::audit`].

use uuid::Uuid;

use super::page::{self, Key, Slice, SortColumn, Window};
use super::{Result, Row, Sql, Tx, visible};
use crate::domain::id::ClientId;
use crate::domain::time::Time;

#[derive(Debug, Clone)]
pub struct TrailRow {
    pub id: Uuid,
    pub at: Time,
    pub actor_kind: String,
    pub actor: Option<Uuid>,
    pub actor_name: Option<String>,
    pub actor_email: Option<String>,
    pub act: String,
    pub object_kind: Option<String>,
    pub object: Option<Uuid>,
    pub project: Option<Uuid>,
    /// Id, key and name.
    pub client: Option<(Uuid, String, String)>,
    pub outcome: String,
    pub code: Option<String>,
    pub address: Option<String>,
    pub trace: Option<String>,
    pub detail: String,
    pub position: Option<i64>,
    pub hash: Option<Vec<u8>>,
}

/// Which rows a list is about.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// `system`, an e-mail in lower case, or an id.
    pub actor: Option<String>,
    pub object: Option<Uuid>,
    /// Exact, or with a full stop at its end the beginning of several.
    pub act: Option<String>,
    pub refused: Option<bool>,
    pub client: Option<ClientId>,
    pub since: Option<Time>,
    pub until: Option<Time>,
}

const FROM: &str = " FROM audit_event x LEFT JOIN client c ON c.agency_id = x.agency_id AND c.id = x.client_id \
     LEFT JOIN agency_user u ON u.agency_id = x.agency_id AND u.id = x.actor_id \
     LEFT JOIN portal_user w ON w.agency_id = x.agency_id AND w.id = x.actor_id WHERE x.agency_id = $1";

const SELECT: &str = "SELECT x.*, c.key AS client_key, c.name AS client_name, COALESCE(u.name, w.name) AS actor_name, \
     COALESCE(u.email, w.email) AS actor_email";

fn read(row: &Row) -> Result<TrailRow> {
    let client = match (
        row.get::<Option<Uuid>>("client_id")?,
        row.get::<Option<String>>("client_key")?,
        row.get::<Option<String>>("client_name")?,
    ) {
        (Some(id), Some(key), Some(name)) => Some((id, key, name)),
        _ => None,
    };
    Ok(TrailRow {
        id: row.get("id")?,
        at: row.time("at")?,
        actor_kind: row.get("actor_kind")?,
        actor: row.get("actor_id")?,
        actor_name: row.get("actor_name")?,
        actor_email: row.get("actor_email")?,
        act: row.get("act")?,
        object_kind: row.get("object_kind")?,
        object: row.get("object_id")?,
        project: row.get("project_id")?,
        client,
        outcome: row.get("outcome")?,
        code: row.get("code")?,
        address: row.get("address")?,
        trace: row.get("trace_id")?,
        detail: row.get("detail")?,
        position: row.get("position")?,
        hash: row.get("hash")?,
    })
}

fn filtered(sql: &mut Sql, tx: &Tx, filter: &Filter) {
    // Of a row without a client only admins learn: the predicate holds for none of the others.
    visible::clients(sql, tx.scope().actor());
    match filter.actor.as_deref() {
        Some("system") => {
            sql.push(" AND x.actor_kind = 'system'");
        }
        Some(actor) => {
            let id = actor.parse().unwrap_or(Uuid::nil());
            sql.push(" AND (u.email = ").push_bind(actor);
            sql.push(" OR w.email = ").push_bind(actor);
            sql.push(" OR x.actor_id = ").push_bind(id).push(")");
        }
        None => {}
    }
    if let Some(object) = filter.object {
        sql.push(" AND x.object_id = ").push_bind(object);
    }
    if let Some(act) = &filter.act {
        if act.ends_with('.') {
            let pattern = super::client::like_pattern(act);
            sql.push(" AND x.act LIKE ")
                .push_bind(pattern.trim_start_matches('%').to_owned())
                .push(" ESCAPE '\\'");
        } else {
            sql.push(" AND x.act = ").push_bind(act.clone());
        }
    }
    match filter.refused {
        Some(true) => sql.push(" AND x.outcome = 'refused'"),
        Some(false) => sql.push(" AND x.outcome = 'allowed'"),
        None => sql,
    };
    if let Some(client) = filter.client {
        sql.push(" AND x.client_id = ").push_bind(client);
    }
    if let Some(since) = filter.since {
        sql.push(" AND x.at >= ").push_bind(since);
    }
    if let Some(until) = filter.until {
        sql.push(" AND x.at < ").push_bind(until);
    }
}

/// Ids are made in the order of time.
const SORT: [SortColumn; 1] = [SortColumn::desc("x.id")];

#[must_use]
pub fn keys(row: &TrailRow) -> Vec<Key> {
    vec![Key::Id(row.id)]
}

pub async fn list(tx: &mut Tx, filter: &Filter, window: &Window) -> Result<Slice<TrailRow>> {
    let mut sql = Sql::new(SELECT);
    sql.push(FROM);
    filtered(&mut sql, tx, filter);
    page::window(&mut sql, &SORT, window);
    let rows = tx.all(sql).await?.iter().map(read).collect::<Result<_>>()?;
    Ok(Slice::of(rows, window))
}

pub async fn count(tx: &mut Tx, filter: &Filter) -> Result<i64> {
    let mut sql = Sql::new("SELECT COUNT(*) AS n");
    sql.push(FROM);
    filtered(&mut sql, tx, filter);
    tx.one(sql).await?.get("n")
}
