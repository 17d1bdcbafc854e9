//! What a write leaves behind besides its rows: the stored answer for a repeated send, and the way back (undo).

use uuid::Uuid;

use super::{Result, Sql, Tx};
use crate::domain::id::{ActId, UserId};
use crate::domain::time::Time;

/// How long a repeated send gets the first answer.
pub const KEPT_DAYS: i64 = 30;

/// A stored answer.
#[derive(Debug, Clone)]
pub struct Stored {
    pub request_hash: Vec<u8>,
    pub body: String,
    /// The workspace of the act: who may no longer open it is not told again.
    pub project: Option<Uuid>,
    pub client: Option<Uuid>,
    /// Every project the answer speaks of, where there are several.
    pub places: Vec<Uuid>,
}

/// The answer to an earlier send with this key.
pub async fn stored(tx: &mut Tx, user: Uuid, key: &str) -> Result<Option<Stored>> {
    let sql = Sql::new(
        "SELECT request_hash, body, project_id, client_id, places FROM idempotency WHERE agency_id = $1 AND user_id = $2 AND key = $3",
    );
    let row = tx.opt(sql.bind(user).bind(key)).await?;
    row.map(|row| {
        Ok(Stored {
            request_hash: row.get("request_hash")?,
            body: row.get("body")?,
            project: row.get("project_id")?,
            client: row.get("client_id")?,
            places: row.json("places")?,
        })
    })
    .transpose()
}

/// Reserves the key. `false` where another send holds it: on PostgreSQL that waits for the other's transaction first.
pub async fn reserve(tx: &mut Tx, user: Uuid, key: &str, request_hash: [u8; 32], now: Time) -> Result<bool> {
    let sql = Sql::new(
        "INSERT INTO idempotency (agency_id, user_id, key, request_hash, body, created_at) VALUES ($1, $2, $3, $4, '', $5) \
         ON CONFLICT (agency_id, user_id, key) DO NOTHING",
    );
    Ok(tx.run(sql.bind(user).bind(key).bind(request_hash).bind(now)).await? == 1)
}

/// Stores the answer under a reserved key.
pub async fn answer(
    tx: &mut Tx,
    user: Uuid,
    key: &str,
    body: String,
    (project, client, places): (Option<Uuid>, Option<Uuid>, &[Uuid]),
) -> Result<()> {
    let places = serde_json::to_string(places).map_err(|e| super::Error::Corrupt(e.to_string()))?;
    let sql = Sql::new(
        "UPDATE idempotency SET body = $4, project_id = $5, client_id = $6, places = $7 WHERE agency_id = $1 AND user_id = $2 AND key = $3",
    );
    tx.run(
        sql.bind(user)
            .bind(key)
            .bind(body)
            .bind(project)
            .bind(client)
            .bind(places),
    )
    .await
    .map(drop)
}

/// A row as it was before an act, and the version the act left it with.
#[derive(Debug, Clone)]
pub struct Change {
    pub object_kind: &'static str,
    pub object: Uuid,
    /// JSON; `null` where there was no such row, or where only its version changed.
    pub before: String,
    pub version_before: i64,
    /// 0: the act left no such row.
    pub version_after: i64,
}

/// An act as it is kept for its way back.
#[derive(Debug, Clone)]
pub struct NewAct {
    pub id: ActId,
    pub user: Option<UserId>,
    pub kind: &'static str,
    pub words: String,
    /// The act that this one takes back or does again.
    pub root: Option<ActId>,
    /// In the order in which they were made.
    pub changes: Vec<Change>,
    /// Projects all of whose findings got a new version.
    pub touched: Vec<Uuid>,
    pub projects: Vec<Uuid>,
    pub clients: Vec<Uuid>,
}

pub async fn act(tx: &mut Tx, new: NewAct, now: Time) -> Result<()> {
    let id = new.id;
    let sql = Sql::new(
        "INSERT INTO act (agency_id, id, at, user_id, kind, words, root_id) VALUES ($1, $2, $3, $4, $5, $6, $7)",
    );
    let sql = sql.bind(id).bind(now).bind(new.user).bind(new.kind);
    tx.run(sql.bind(new.words).bind(new.root)).await?;
    let numbered: Vec<(i64, Change)> = (0..).zip(new.changes).collect();
    for part in numbered.chunks(Sql::rows_at_once(7)) {
        let mut sql = Sql::new(
            "INSERT INTO act_change (agency_id, act_id, object_kind, object_id, before, version_before, version_after, n) VALUES ",
        );
        sql.push_rows(part.iter().map(|(n, c)| {
            vec![
                id.into(),
                c.object_kind.into(),
                c.object.into(),
                c.before.clone().into(),
                c.version_before.into(),
                c.version_after.into(),
                (*n).into(),
            ]
        }));
        tx.run(sql).await?;
    }
    for project in new.touched {
        // What was decided anew in the same act had been touched before.
        let sql = Sql::new(
            "UPDATE act_change SET version_before = version_before - 1 WHERE agency_id = $1 AND act_id = $2 AND object_kind = 'finding' \
             AND object_id IN (SELECT f.id FROM finding f WHERE f.agency_id = $1 AND f.project_id = $3)",
        );
        tx.run(sql.bind(id).bind(project)).await?;
        let sql = Sql::new(
            "INSERT INTO act_change (agency_id, act_id, object_kind, object_id, before, version_before, version_after, n) \
             SELECT $1, $2, 'finding', f.id, 'null', f.version - 1, f.version, $4 FROM finding f \
             WHERE f.agency_id = $1 AND f.project_id = $3 \
             ON CONFLICT (agency_id, act_id, object_kind, object_id) DO NOTHING",
        );
        tx.run(sql.bind(id).bind(project).bind(numbered.len() as i64)).await?;
    }
    let places = new.projects.into_iter().map(|p| ("project", p));
    let places: Vec<_> = places.chain(new.clients.into_iter().map(|c| ("client", c))).collect();
    for part in places.chunks(Sql::rows_at_once(3)) {
        let mut sql = Sql::new("INSERT INTO act_place (agency_id, act_id, kind, object_id) VALUES ");
        sql.push_rows(
            part.iter()
                .map(|(kind, object)| vec![id.into(), (*kind).into(), (*object).into()]),
        );
        tx.run(sql).await?;
    }
    Ok(())
}
