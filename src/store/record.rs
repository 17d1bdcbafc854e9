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
    /// JSON.
    pub before: String,
    pub version_after: i64,
}

pub async fn act(
    tx: &mut Tx,
    user: Option<UserId>,
    kind: &'static str,
    changes: Vec<Change>,
    now: Time,
) -> Result<ActId> {
    let id = ActId::fresh();
    tx.run(
        Sql::new("INSERT INTO act (agency_id, id, at, user_id, kind) VALUES ($1, $2, $3, $4, $5)")
            .bind(id)
            .bind(now)
            .bind(user)
            .bind(kind),
    )
    .await?;
    for part in changes.chunks(100) {
        let mut sql = Sql::new(
            "INSERT INTO act_change (agency_id, act_id, object_kind, object_id, before, version_after) VALUES ",
        );
        sql.push_rows(part.iter().map(|c| {
            vec![
                id.into(),
                c.object_kind.into(),
                c.object.into(),
                c.before.clone().into(),
                c.version_after.into(),
            ]
        }));
        tx.run(sql).await?;
    }
    Ok(id)
}
