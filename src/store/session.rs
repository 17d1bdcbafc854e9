//! One's own sessions, as a member of the agency.

use super::{Result, Row, Sql, Tx};
use crate::domain::access::TokenScope;
use crate::domain::id::{SessionId, UserId};
use crate::domain::time::Time;

#[derive(Debug, Clone)]
pub struct SessionRow {
    pub id: SessionId,
    pub label: String,
    pub created_at: Time,
    pub last_used_at: Time,
    pub expires_at: Time,
}

fn read(row: &Row) -> Result<SessionRow> {
    Ok(SessionRow {
        id: row.id("id")?,
        label: row.get("label")?,
        created_at: row.time("created_at")?,
        last_used_at: row.time("last_used_at")?,
        expires_at: row.time("expires_at")?,
    })
}

/// Live sessions of a user, newest first, at most 200.
pub async fn list(tx: &mut Tx, user: UserId, now: Time) -> Result<Vec<SessionRow>> {
    let sql = Sql::new(
        "SELECT * FROM session WHERE agency_id = $1 AND user_id = $2 AND scope IS NULL AND revoked_at IS NULL AND expires_at > $3 \
         ORDER BY created_at DESC, id DESC LIMIT 200",
    );
    tx.all(sql.bind(user).bind(now)).await?.iter().map(read).collect()
}

/// API tokens of a user that still work, newest first, at most 200, each with its scope.
pub async fn tokens(tx: &mut Tx, user: UserId, now: Time) -> Result<Vec<(SessionRow, TokenScope)>> {
    let sql = Sql::new(
        "SELECT * FROM session WHERE agency_id = $1 AND user_id = $2 AND scope IS NOT NULL AND revoked_at IS NULL AND expires_at > $3 \
         ORDER BY created_at DESC, id DESC LIMIT 200",
    );
    let rows = tx.all(sql.bind(user).bind(now)).await?;
    rows.iter().map(|row| Ok((read(row)?, row.word("scope")?))).collect()
}

/// Ends an API token of this user. `false` where it has none such.
pub async fn revoke_token(tx: &mut Tx, user: UserId, token: SessionId, now: Time) -> Result<bool> {
    let sql = Sql::new(
        "UPDATE session SET revoked_at = $4 WHERE agency_id = $1 AND user_id = $2 AND id = $3 AND scope IS NOT NULL AND revoked_at IS NULL",
    );
    Ok(tx.run(sql.bind(user).bind(token).bind(now)).await? == 1)
}

/// Ends a session of this user. `false` where it has none such.
pub async fn revoke(tx: &mut Tx, user: UserId, session: SessionId, now: Time) -> Result<bool> {
    let sql = Sql::new(
        "UPDATE session SET revoked_at = $4 WHERE agency_id = $1 AND user_id = $2 AND id = $3 AND revoked_at IS NULL",
    );
    Ok(tx.run(sql.bind(user).bind(session).bind(now)).await? == 1)
}
