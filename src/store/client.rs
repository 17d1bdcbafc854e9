//! Client accounts.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::page::{self, Key, Slice, SortColumn, Window};
use super::tx::Engine;
use super::{Result, Row, Sql, Tx, name, visible};
use crate::domain::access::{AgencyAccess, ClientState};
use crate::domain::id::{ClientId, UserId};
use crate::domain::time::Time;

/// A user as other rows point to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRef {
    pub id: UserId,
    pub name: String,
    pub email: String,
}

#[derive(Debug, Clone)]
pub struct ClientRow {
    pub id: ClientId,
    pub key: String,
    pub name: String,
    pub name_fold: String,
    pub contact_email: Option<String>,
    pub external_ref: Option<String>,
    pub notes: String,
    pub state: ClientState,
    pub manager: UserRef,
    pub agency_access: AgencyAccess,
    pub project_count: i64,
    pub version: i64,
}

const SELECT: &str = "SELECT c.*, m.name AS manager_name, m.email AS manager_email, \
       (SELECT COUNT(*) FROM project p WHERE p.agency_id = $1 AND p.client_id = c.id) AS project_count \
     FROM client c JOIN agency_user m ON m.agency_id = c.agency_id AND m.id = c.manager_id WHERE c.agency_id = $1";

fn read(row: &Row) -> Result<ClientRow> {
    Ok(ClientRow {
        id: row.id("id")?,
        key: row.get("key")?,
        name: row.get("name")?,
        name_fold: row.get("name_fold")?,
        contact_email: row.get("contact_email")?,
        external_ref: row.get("external_ref")?,
        notes: row.get("notes")?,
        state: row.word("state")?,
        manager: UserRef {
            id: row.id("manager_id")?,
            name: row.get("manager_name")?,
            email: row.get("manager_email")?,
        },
        agency_access: row.word("agency_access")?,
        project_count: row.get("project_count")?,
        version: row.get("version")?,
    })
}

/// Which clients a list is about.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Folded words that must all appear in name, key, contact or reference.
    pub words: Vec<String>,
    /// One state; else all but archived.
    pub state: Option<ClientState>,
    pub by: By,
    pub descending: bool,
}

/// What clients are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum By {
    #[default]
    Name,
    Key,
    State,
    Manager,
}

fn filtered(sql: &mut Sql, tx: &Tx, filter: &Filter) {
    visible::clients(sql, tx.scope().actor());
    match filter.state {
        Some(state) => sql.push(" AND c.state = ").push_bind(name(state)),
        None => sql.push(" AND c.state <> 'archived'"),
    };
    for word in &filter.words {
        let like = like_pattern(word);
        sql.push(" AND (c.name_fold LIKE ")
            .push_bind(like.clone())
            .push(" ESCAPE '\\' OR c.key LIKE ")
            .push_bind(like.clone());
        sql.push(" ESCAPE '\\' OR LOWER(COALESCE(c.contact_email, '')) LIKE ")
            .push_bind(like.clone());
        sql.push(" ESCAPE '\\' OR LOWER(COALESCE(c.external_ref, '')) LIKE ")
            .push_bind(like)
            .push(" ESCAPE '\\')");
    }
}

/// `%word%` with the word's own wildcards made literal.
#[must_use]
pub fn like_pattern(word: &str) -> String {
    format!(
        "%{}%",
        word.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
    )
}

fn sort(filter: &Filter) -> [SortColumn; 2] {
    let column = |expr| SortColumn {
        expr,
        descending: filter.descending,
        nullable: false,
        sorted: false,
    };
    let first = match filter.by {
        By::Name => "c.name_fold",
        By::Key => "c.key",
        By::State => "c.state",
        By::Manager => "m.email",
    };
    [column(first), column("c.id")]
}

/// The sort keys of a row, for cursors.
#[must_use]
pub fn keys(filter: &Filter, row: &ClientRow) -> Vec<Key> {
    let first = match filter.by {
        By::Name => row.name_fold.clone(),
        By::Key => row.key.clone(),
        By::State => name(row.state),
        By::Manager => row.manager.email.clone(),
    };
    vec![Key::Text(first), Key::Id(row.id.0)]
}

pub async fn list(tx: &mut Tx, filter: &Filter, window: &Window) -> Result<Slice<ClientRow>> {
    let mut sql = Sql::new(SELECT);
    filtered(&mut sql, tx, filter);
    page::window(&mut sql, &sort(filter), window);
    let rows = tx.all(sql).await?.iter().map(read).collect::<Result<_>>()?;
    Ok(Slice::of(rows, window))
}

pub async fn count(tx: &mut Tx, filter: &Filter) -> Result<i64> {
    let mut sql = Sql::new("SELECT COUNT(*) AS n FROM client c WHERE c.agency_id = $1");
    filtered(&mut sql, tx, filter);
    tx.one(sql).await?.get("n")
}

/// A client that the actor may open: by key, id, or a name that only one of them has.
pub async fn find(tx: &mut Tx, wanted: &str, folded: &str) -> Result<Option<ClientRow>> {
    let mut sql = Sql::new(SELECT);
    sql.push(" AND (c.key = ")
        .push_bind(wanted)
        .push(" OR c.id = ")
        .push_bind(wanted.parse::<Uuid>().unwrap_or(Uuid::nil()));
    sql.push(" OR c.name_fold = ").push_bind(folded).push(")");
    visible::clients(&mut sql, tx.scope().actor());
    let mut rows: Vec<ClientRow> = tx.all(sql).await?.iter().map(read).collect::<Result<_>>()?;
    // A key or id is exact; a name must be unambiguous.
    if let Some(at) = rows.iter().position(|c| c.key == wanted || c.id.to_string() == wanted) {
        return Ok(Some(rows.swap_remove(at)));
    }
    Ok(if rows.len() == 1 { rows.pop() } else { None })
}

/// How many projects of each of these clients have findings of any kind: those that were scanned.
pub async fn scanned(tx: &mut Tx, clients: &[ClientId]) -> Result<Vec<(ClientId, i64)>> {
    if clients.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql =
        Sql::new("SELECT p.client_id, COUNT(*) AS n FROM project p WHERE p.agency_id = $1 AND p.client_id IN ");
    sql.push_list(clients.iter().copied()).push(
        " AND EXISTS (SELECT 1 FROM rollup r WHERE r.agency_id = $1 AND r.project_id = p.id AND r.n <> 0) GROUP BY p.client_id",
    );
    numbers(tx, sql).await
}

/// How many findings of each of these clients are overdue: read along the clocks that have run out, not through all that
/// the clients have.
pub async fn overdue(tx: &mut Tx, clients: &[ClientId], now: Time) -> Result<Vec<(ClientId, i64)>> {
    if clients.is_empty() {
        return Ok(Vec::new());
    }
    // Whose clock is the client's: all lanes but the first.
    let mut sql = Sql::new(
        "SELECT p.client_id, CAST(SUM(x.n) AS BIGINT) AS n FROM (SELECT f.project_id, COUNT(*) AS n FROM finding f",
    );
    if tx.engine() == Engine::Sqlite {
        // Left alone it reads every finding, project by project, because they are grouped so.
        sql.push(" INDEXED BY finding_by_lane");
    }
    sql.push(
        " WHERE f.agency_id = $1 AND f.lane_base IN (1, 2, 5, 6, 7, 8, 9) AND f.lane_base IS NOT NULL AND f.clock_key < ",
    );
    sql.push_bind(now).push(
        " GROUP BY f.project_id) x JOIN project p ON p.agency_id = $1 AND p.id = x.project_id WHERE p.client_id IN ",
    );
    sql.push_list(clients.iter().copied()).push(" GROUP BY p.client_id");
    numbers(tx, sql).await
}

async fn numbers(tx: &mut Tx, sql: Sql) -> Result<Vec<(ClientId, i64)>> {
    tx.all(sql)
        .await?
        .iter()
        .map(|row| Ok((row.id("client_id")?, row.get("n")?)))
        .collect()
}

/// Who stands on the lists of these clients.
pub async fn selected(tx: &mut Tx, clients: &[ClientId]) -> Result<Vec<(ClientId, UserRef)>> {
    if clients.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(
        "SELECT cu.client_id, u.id, u.name, u.email FROM client_user cu \
         JOIN agency_user u ON u.agency_id = cu.agency_id AND u.id = cu.user_id WHERE cu.agency_id = $1 AND cu.client_id IN ",
    );
    sql.push_list(clients.iter().copied()).push(" ORDER BY u.email");
    tx.all(sql)
        .await?
        .iter()
        .map(|row| {
            Ok((
                row.id("client_id")?,
                UserRef {
                    id: row.id("id")?,
                    name: row.get("name")?,
                    email: row.get("email")?,
                },
            ))
        })
        .collect()
}

/// The fields a new client is stored with.
#[derive(Debug, Clone)]
pub struct NewClient {
    pub id: ClientId,
    pub key: String,
    pub name: String,
    pub name_fold: String,
    pub contact_email: Option<String>,
    pub external_ref: Option<String>,
    pub notes: String,
    pub manager: UserId,
    pub agency_access: AgencyAccess,
    pub created_by: UserId,
}

pub async fn insert(tx: &mut Tx, new: NewClient, now: Time) -> Result<()> {
    let sql = Sql::new(
        "INSERT INTO client (agency_id, id, key, name, name_fold, contact_email, external_ref, notes, state, manager_id, agency_access, created_by, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(new.id)
    .bind(new.key)
    .bind(new.name)
    .bind(new.name_fold)
    .bind(new.contact_email)
    .bind(new.external_ref)
    .bind(new.notes)
    .bind(name(ClientState::Onboarding))
    .bind(new.manager)
    .bind(name(new.agency_access))
    .bind(new.created_by)
    .bind(now);
    tx.run(sql).await.map(drop)
}

/// Whether a key is taken by any client of the agency, seen or not.
pub async fn key_taken(tx: &mut Tx, key: &str) -> Result<bool> {
    Ok(tx
        .opt(Sql::new("SELECT 1 AS taken FROM client WHERE agency_id = $1 AND key = $2").bind(key))
        .await?
        .is_some())
}

/// Names of other visible clients that share the name, the contact's domain or the reference.
pub async fn lookalikes(tx: &mut Tx, row: &ClientRow) -> Result<Vec<(String, &'static str)>> {
    let domain = row
        .contact_email
        .as_deref()
        .and_then(|e| e.rsplit_once('@'))
        .map(|(_, d)| d.to_lowercase());
    let mut sql =
        Sql::new("SELECT c.name, c.name_fold, c.external_ref FROM client c WHERE c.agency_id = $1 AND c.id <> ");
    sql.push_bind(row.id)
        .push(" AND (c.name_fold = ")
        .push_bind(row.name_fold.clone());
    if let Some(reference) = &row.external_ref {
        sql.push(" OR c.external_ref = ").push_bind(reference.clone());
    }
    if let Some(domain) = domain {
        let like = like_pattern(&format!("@{domain}"));
        sql.push(" OR LOWER(c.contact_email) LIKE ")
            .push_bind(like.trim_end_matches('%').to_owned())
            .push(" ESCAPE '\\'");
    }
    sql.push(")");
    visible::clients(&mut sql, tx.scope().actor());
    sql.push(" ORDER BY c.name_fold LIMIT 5");
    tx.all(sql)
        .await?
        .iter()
        .map(|found| {
            let why = if found.get::<String>("name_fold")? == row.name_fold {
                "name"
            } else if row.external_ref.is_some() && found.get::<Option<String>>("external_ref")? == row.external_ref {
                "reference"
            } else {
                "contact domain"
            };
            Ok((found.get("name")?, why))
        })
        .collect()
}

/// Writes a client's own fields over the version that was seen. `false`: another version is there by now.
pub async fn update(tx: &mut Tx, row: &ClientRow, seen: i64, now: Time) -> Result<bool> {
    let sql = Sql::new(
        "UPDATE client SET name = $4, name_fold = $5, contact_email = $6, external_ref = $7, notes = $8, state = $9, manager_id = $10, \
         agency_access = $11, archived_at = CASE WHEN $9 = 'archived' THEN COALESCE(archived_at, $12) ELSE NULL END, version = version + 1 \
         WHERE agency_id = $1 AND id = $2 AND version = $3",
    )
    .bind(row.id)
    .bind(seen)
    .bind(row.name.clone())
    .bind(row.name_fold.clone())
    .bind(row.contact_email.clone())
    .bind(row.external_ref.clone())
    .bind(row.notes.clone())
    .bind(name(row.state))
    .bind(row.manager.id)
    .bind(name(row.agency_access))
    .bind(now);
    Ok(tx.run(sql).await? == 1)
}

/// How a client's row is held until the transaction ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// It stays as it is: many may hold it so at once, nobody changes it meanwhile.
    AsItIs,
    /// To change what its projects are counted by: nobody else holds it.
    Alone,
}

/// Holds a client's row. What was read of it before may be old by now: read it again.
pub async fn hold(tx: &mut Tx, client: ClientId, how: Hold) -> Result<()> {
    // SQLite has one writer: nobody changes it meanwhile.
    if tx.engine() == Engine::Postgres {
        let sql = match how {
            Hold::AsItIs => Sql::new("SELECT id FROM client WHERE agency_id = $1 AND id = $2 FOR SHARE"),
            Hold::Alone => Sql::new("SELECT id FROM client WHERE agency_id = $1 AND id = $2 FOR UPDATE"),
        };
        tx.all(sql.bind(client)).await?;
    }
    Ok(())
}

/// Replaces who stands on a client's list.
pub async fn set_selected(tx: &mut Tx, client: ClientId, users: &[UserId]) -> Result<()> {
    tx.run(Sql::new("DELETE FROM client_user WHERE agency_id = $1 AND client_id = $2").bind(client))
        .await?;
    if users.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::new("INSERT INTO client_user (agency_id, client_id, user_id) VALUES ");
    sql.push_rows(users.iter().map(|u| vec![client.into(), (*u).into()]));
    tx.run(sql).await.map(drop)
}

/// What undo puts back of a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientBefore {
    pub name: String,
    pub contact_email: Option<String>,
    pub external_ref: Option<String>,
    pub notes: String,
    pub state: ClientState,
    pub manager: UserId,
    pub agency_access: AgencyAccess,
    /// Who stood on its list.
    pub selected: Vec<UserId>,
}

impl ClientBefore {
    /// Of a row and the list beside it.
    pub async fn of(tx: &mut Tx, row: &ClientRow) -> Result<Self> {
        let selected = selected(tx, &[row.id]).await?;
        Ok(Self {
            name: row.name.clone(),
            contact_email: row.contact_email.clone(),
            external_ref: row.external_ref.clone(),
            notes: row.notes.clone(),
            state: row.state,
            manager: row.manager.id,
            agency_access: row.agency_access,
            selected: selected.into_iter().map(|(_, user)| user.id).collect(),
        })
    }
}
