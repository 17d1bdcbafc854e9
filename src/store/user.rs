//! The agency's users, as its own acts see them.

use uuid::Uuid;

use super::{Result, Row, Sql, Tx};
use crate::domain::access::{Role, UserState};
use crate::domain::id::UserId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    pub id: UserId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub state: UserState,
    pub version: i64,
}

impl UserRow {
    fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.id("id")?,
            name: row.get("name")?,
            email: row.get("email")?,
            role: row.word("role")?,
            state: row.word("state")?,
            version: row.get("version")?,
        })
    }
}

/// All users, by e-mail. Seats bound their number.
pub async fn list(tx: &mut Tx) -> Result<Vec<UserRow>> {
    tx.all(Sql::new(
        "SELECT * FROM agency_user WHERE agency_id = $1 ORDER BY email",
    ))
    .await?
    .iter()
    .map(UserRow::read)
    .collect()
}

pub async fn get(tx: &mut Tx, id: UserId) -> Result<Option<UserRow>> {
    tx.opt(Sql::new("SELECT * FROM agency_user WHERE agency_id = $1 AND id = $2").bind(id))
        .await?
        .as_ref()
        .map(UserRow::read)
        .transpose()
}

/// A user by e-mail (folded to lower case by the caller) or id.
pub async fn find(tx: &mut Tx, wanted: &str) -> Result<Option<UserRow>> {
    let id = wanted.parse::<Uuid>().unwrap_or(Uuid::nil());
    let sql = Sql::new("SELECT * FROM agency_user WHERE agency_id = $1 AND (email = $2 OR id = $3)");
    tx.opt(sql.bind(wanted).bind(id))
        .await?
        .as_ref()
        .map(UserRow::read)
        .transpose()
}
