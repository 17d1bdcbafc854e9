//! Projects and where they belong.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::client::{UserRef, like_pattern};
use super::page::{self, Key, Slice, SortColumn, Window};
use super::{Result, Row, Sql, Tx, visible};
use crate::domain::access::ClientState;
use crate::domain::id::{ClientId, ProjectId, UserId};
use crate::domain::time::Time;

/// The client a project belongs to.
#[derive(Debug, Clone)]
pub struct Owner {
    pub id: ClientId,
    pub key: String,
    pub name: String,
    pub state: ClientState,
}

#[derive(Debug, Clone)]
pub struct ProjectRow {
    pub id: ProjectId,
    pub key: String,
    pub name: String,
    pub name_fold: String,
    pub client: Option<Owner>,
    pub lead: Option<UserRef>,
    pub version: i64,
}

const FROM: &str = " FROM project p LEFT JOIN client c ON c.agency_id = p.agency_id AND c.id = p.client_id \
     LEFT JOIN agency_user l ON l.agency_id = p.agency_id AND l.id = p.lead_id WHERE p.agency_id = $1";

const SELECT: &str = "SELECT p.*, c.key AS client_key, c.name AS client_name, c.state AS client_state, l.name AS lead_name, l.email AS lead_email";

fn read(row: &Row) -> Result<ProjectRow> {
    let client = match row.opt_id("client_id")? {
        Some(id) => Some(Owner {
            id,
            key: row.get("client_key")?,
            name: row.get("client_name")?,
            state: row.word("client_state")?,
        }),
        None => None,
    };
    let lead = match row.opt_id("lead_id")? {
        Some(id) => Some(UserRef {
            id,
            name: row.get("lead_name")?,
            email: row.get("lead_email")?,
        }),
        None => None,
    };
    Ok(ProjectRow {
        id: row.id("id")?,
        key: row.get("key")?,
        name: row.get("name")?,
        name_fold: row.get("name_fold")?,
        client,
        lead,
        version: row.get("version")?,
    })
}

/// Which projects a list is about.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    pub client: OfClient,
    /// Folded words that must all appear in name or key.
    pub words: Vec<String>,
    pub by: By,
    pub descending: bool,
}

/// What projects are ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum By {
    #[default]
    Name,
    Key,
    Client,
    Lead,
}

#[derive(Debug, Clone, Copy, Default)]
pub enum OfClient {
    /// All but those of archived clients.
    #[default]
    Any,
    None,
    Is(ClientId),
}

fn filtered(sql: &mut Sql, tx: &Tx, filter: &Filter) {
    visible::projects(sql, tx.scope().actor());
    match filter.client {
        OfClient::Any => sql.push(" AND (c.state IS NULL OR c.state <> 'archived')"),
        OfClient::None => sql.push(" AND p.client_id IS NULL"),
        OfClient::Is(client) => sql.push(" AND p.client_id = ").push_bind(client),
    };
    for word in &filter.words {
        let like = like_pattern(word);
        sql.push(" AND (p.name_fold LIKE ")
            .push_bind(like.clone())
            .push(" ESCAPE '\\' OR LOWER(p.key) LIKE ")
            .push_bind(like);
        sql.push(" ESCAPE '\\')");
    }
}

fn sort(filter: &Filter) -> [SortColumn; 2] {
    let column = |expr, nullable| SortColumn {
        expr,
        descending: filter.descending,
        nullable,
        sorted: false,
    };
    let first = match filter.by {
        By::Name => column("p.name_fold", false),
        By::Key => column("p.key", false),
        By::Client => column("c.name_fold", true),
        By::Lead => column("l.email", true),
    };
    [first, column("p.id", false)]
}

#[must_use]
pub fn keys(filter: &Filter, row: &ProjectRow) -> Vec<Key> {
    let text = |text: Option<String>| text.map_or(Key::Null, Key::Text);
    let first = match filter.by {
        By::Name => text(Some(row.name_fold.clone())),
        By::Key => text(Some(row.key.clone())),
        By::Client => text(row.client.as_ref().map(|c| crate::domain::fold::sort_key(&c.name))),
        By::Lead => text(row.lead.as_ref().map(|l| l.email.clone())),
    };
    vec![first, Key::Id(row.id.0)]
}

pub async fn list(tx: &mut Tx, filter: &Filter, window: &Window) -> Result<Slice<ProjectRow>> {
    let mut sql = Sql::new(SELECT);
    sql.push(FROM);
    filtered(&mut sql, tx, filter);
    page::window(&mut sql, &sort(filter), window);
    let rows = tx.all(sql).await?.iter().map(read).collect::<Result<_>>()?;
    Ok(Slice::of(rows, window))
}

pub async fn count(tx: &mut Tx, filter: &Filter) -> Result<i64> {
    let mut sql = Sql::new("SELECT COUNT(*) AS n");
    sql.push(FROM);
    filtered(&mut sql, tx, filter);
    tx.one(sql).await?.get("n")
}

/// A project that the actor may open: by key, id, or a name that only one of them has.
pub async fn find(tx: &mut Tx, wanted: &str, folded: &str) -> Result<Option<ProjectRow>> {
    let mut sql = Sql::new(SELECT);
    sql.push(FROM);
    sql.push(" AND (p.key = ")
        .push_bind(wanted.to_uppercase())
        .push(" OR p.id = ")
        .push_bind(wanted.parse::<Uuid>().unwrap_or(Uuid::nil()));
    sql.push(" OR p.name_fold = ").push_bind(folded).push(")");
    visible::projects(&mut sql, tx.scope().actor());
    let mut rows: Vec<ProjectRow> = tx.all(sql).await?.iter().map(read).collect::<Result<_>>()?;
    if let Some(at) = rows
        .iter()
        .position(|p| p.key.eq_ignore_ascii_case(wanted) || p.id.to_string() == wanted)
    {
        return Ok(Some(rows.swap_remove(at)));
    }
    Ok(if rows.len() == 1 { rows.pop() } else { None })
}

/// The teams of these projects.
pub async fn teams(tx: &mut Tx, projects: &[Uuid]) -> Result<Vec<(ProjectId, UserRef)>> {
    if projects.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(
        "SELECT pu.project_id, u.id, u.name, u.email FROM project_user pu \
         JOIN agency_user u ON u.agency_id = pu.agency_id AND u.id = pu.user_id WHERE pu.agency_id = $1 AND pu.project_id IN ",
    );
    sql.push_list(projects.iter().copied()).push(" ORDER BY u.email");
    tx.all(sql)
        .await?
        .iter()
        .map(|row| {
            Ok((
                row.id("project_id")?,
                UserRef {
                    id: row.id("id")?,
                    name: row.get("name")?,
                    email: row.get("email")?,
                },
            ))
        })
        .collect()
}

#[derive(Debug, Clone)]
pub struct NewProject {
    pub id: ProjectId,
    pub key: String,
    pub name: String,
    pub name_fold: String,
    pub client: Option<ClientId>,
    pub lead: Option<UserId>,
    pub created_by: UserId,
}

pub async fn insert(tx: &mut Tx, new: NewProject, now: Time) -> Result<()> {
    let sql = Sql::new(
        "INSERT INTO project (agency_id, id, key, name, name_fold, client_id, lead_id, created_by, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    );
    let sql = sql
        .bind(new.id)
        .bind(new.key)
        .bind(new.name)
        .bind(new.name_fold)
        .bind(new.client)
        .bind(new.lead);
    tx.run(sql.bind(new.created_by).bind(now)).await.map(drop)
}

/// Writes name, lead and client over the version that was seen. `false`: another version is there by now.
pub async fn update(tx: &mut Tx, row: &ProjectRow, seen: i64) -> Result<bool> {
    let sql = Sql::new(
        "UPDATE project SET name = $4, name_fold = $5, lead_id = $6, client_id = $7, version = version + 1 \
         WHERE agency_id = $1 AND id = $2 AND version = $3",
    );
    let sql = sql
        .bind(row.id)
        .bind(seen)
        .bind(row.name.clone())
        .bind(row.name_fold.clone());
    Ok(tx
        .run(
            sql.bind(row.lead.as_ref().map(|l| l.id))
                .bind(row.client.as_ref().map(|c| c.id)),
        )
        .await?
        == 1)
}

pub async fn set_team(tx: &mut Tx, project: ProjectId, users: &[UserId]) -> Result<()> {
    tx.run(Sql::new("DELETE FROM project_user WHERE agency_id = $1 AND project_id = $2").bind(project))
        .await?;
    if users.is_empty() {
        return Ok(());
    }
    let mut sql = Sql::new("INSERT INTO project_user (agency_id, project_id, user_id) VALUES ");
    sql.push_rows(users.iter().map(|u| vec![project.into(), (*u).into()]));
    tx.run(sql).await.map(drop)
}

/// What leaves a workspace with a project.
#[derive(Debug, Clone, Copy, Default)]
pub struct Baggage {
    pub findings: i64,
    pub shared_comments: i64,
    pub shared_rounds: i64,
    pub claims: i64,
}

pub async fn baggage(tx: &mut Tx, project: ProjectId) -> Result<Baggage> {
    let sql = Sql::new(
        "SELECT (SELECT COUNT(*) FROM finding f WHERE f.agency_id = $1 AND f.project_id = $2) AS findings, \
           (SELECT COUNT(*) FROM comment k JOIN finding f ON f.agency_id = k.agency_id AND f.id = k.finding_id \
              WHERE k.agency_id = $1 AND f.project_id = $2 AND k.audience = 'shared') AS comments, \
           (SELECT COUNT(*) FROM round r JOIN finding f ON f.agency_id = r.agency_id AND f.id = r.finding_id \
              WHERE r.agency_id = $1 AND f.project_id = $2 AND r.audience = 'shared') AS rounds, \
           (SELECT COUNT(*) FROM claim l JOIN finding f ON f.agency_id = l.agency_id AND f.id = l.finding_id \
              WHERE l.agency_id = $1 AND f.project_id = $2) AS claims",
    );
    let row = tx.one(sql.bind(project)).await?;
    Ok(Baggage {
        findings: row.get("findings")?,
        shared_comments: row.get("comments")?,
        shared_rounds: row.get("rounds")?,
        claims: row.get("claims")?,
    })
}

/// Gives every finding of a project a new version: what was seen before is not what it is now.
pub async fn touch_findings(tx: &mut Tx, project: ProjectId) -> Result<()> {
    let sql = Sql::new("UPDATE finding SET version = version + 1 WHERE agency_id = $1 AND project_id = $2");
    tx.run(sql.bind(project)).await.map(drop)
}

/// Holds a project where it is until the transaction ends: nothing can be shared with a client it is just leaving.
pub async fn hold(tx: &mut Tx, project: ProjectId) -> Result<()> {
    if tx.engine() == super::tx::Engine::Postgres {
        // SQLite has one writer: nobody can move it meanwhile.
        tx.all(Sql::new("SELECT id FROM project WHERE agency_id = $1 AND id = $2 FOR SHARE").bind(project))
            .await?;
    }
    Ok(())
}

/// Who keeps a project while it belongs to no client: its creator, or whoever unassigned it.
pub async fn keeper(tx: &mut Tx, project: ProjectId) -> Result<UserId> {
    let sql =
        Sql::new("SELECT COALESCE(keeper_id, created_by) AS keeper FROM project WHERE agency_id = $1 AND id = $2");
    tx.one(sql.bind(project)).await?.id("keeper")
}

/// Makes every decision that findings of a project repeat one another wait for the one before it.
pub async fn hold_duplicates(tx: &mut Tx, project: ProjectId) -> Result<()> {
    if tx.engine() == super::tx::Engine::Postgres {
        let sql = Sql::new("SELECT id FROM project WHERE agency_id = $1 AND id = $2 FOR NO KEY UPDATE");
        tx.all(sql.bind(project)).await?;
    }
    Ok(())
}

/// A project leaves a client for nobody: of creator, lead and team those keep it who may open that client, and whoever
/// unassigns it keeps it where its creator may not.
pub async fn keep_insiders(tx: &mut Tx, project: ProjectId, client: ClientId, mover: Option<UserId>) -> Result<()> {
    for (statement, column) in [
        (
            "DELETE FROM project_user WHERE agency_id = $1 AND project_id = $2 AND NOT ",
            "project_user.user_id",
        ),
        (
            "UPDATE project SET lead_id = NULL WHERE agency_id = $1 AND id = $2 AND lead_id IS NOT NULL AND NOT ",
            "project.lead_id",
        ),
    ] {
        let mut sql = Sql::new(statement).bind(project);
        visible::insider(&mut sql, column, client.0);
        tx.run(sql).await?;
    }
    let mut sql = Sql::new("UPDATE project SET keeper_id = $3 WHERE agency_id = $1 AND id = $2 AND NOT ")
        .bind(project)
        .bind(mover);
    visible::insider(&mut sql, "COALESCE(project.keeper_id, project.created_by)", client.0);
    tx.run(sql).await.map(drop)
}

/// Makes what was shared with the old client internal, and ends claims: a move leaks nothing.
pub async fn unshare(tx: &mut Tx, project: ProjectId) -> Result<()> {
    for sql in [
        "UPDATE comment SET audience = 'internal', version = version + 1 WHERE agency_id = $1 AND audience = 'shared' AND finding_id IN \
         (SELECT id FROM finding WHERE agency_id = $1 AND project_id = $2)",
        "UPDATE round SET audience = 'internal' WHERE agency_id = $1 AND audience = 'shared' AND finding_id IN \
         (SELECT id FROM finding WHERE agency_id = $1 AND project_id = $2)",
        "DELETE FROM claim WHERE agency_id = $1 AND finding_id IN (SELECT id FROM finding WHERE agency_id = $1 AND project_id = $2)",
    ] {
        tx.run(Sql::new(sql).bind(project)).await?;
    }
    Ok(())
}

/// Overdue, pending and open counts of these projects, for the fix badge.
#[derive(Debug, Clone, Copy)]
pub struct FixCounts {
    pub project: ProjectId,
    pub overdue: i64,
}

pub async fn overdue(tx: &mut Tx, projects: &[Uuid], now: Time) -> Result<Vec<FixCounts>> {
    if projects.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(
        "SELECT project_id, COUNT(*) AS n FROM finding WHERE agency_id = $1 AND status IN ('open', 'in_progress', 'not_fixed', 'partial', 'inconclusive') AND due_at < ",
    );
    sql.push_bind(now)
        .push(" AND project_id IN ")
        .push_list(projects.iter().copied())
        .push(" GROUP BY project_id");
    tx.all(sql)
        .await?
        .iter()
        .map(|row| {
            Ok(FixCounts {
                project: row.id("project_id")?,
                overdue: row.get("n")?,
            })
        })
        .collect()
}

/// What undo puts back of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProjectState {
    pub name: String,
    pub client: Option<ClientId>,
    pub lead: Option<UserId>,
    pub keeper: Option<UserId>,
    pub team: Vec<UserId>,
}

/// A project whole, to be made again as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WholeProject {
    pub key: String,
    pub created_by: UserId,
    pub created_at: Time,
    pub version: i64,
    pub state: ProjectState,
}

pub async fn whole(tx: &mut Tx, project: ProjectId) -> Result<Option<WholeProject>> {
    let Some(row) = tx
        .opt(Sql::new("SELECT * FROM project WHERE agency_id = $1 AND id = $2").bind(project))
        .await?
    else {
        return Ok(None);
    };
    let sql = Sql::new("SELECT user_id FROM project_user WHERE agency_id = $1 AND project_id = $2 ORDER BY user_id");
    let team = tx.all(sql.bind(project)).await?;
    Ok(Some(WholeProject {
        key: row.get("key")?,
        created_by: row.id("created_by")?,
        created_at: row.time("created_at")?,
        version: row.get("version")?,
        state: ProjectState {
            name: row.get("name")?,
            client: row.opt_id("client_id")?,
            lead: row.opt_id("lead_id")?,
            keeper: row.opt_id("keeper_id")?,
            team: team.iter().map(|u| u.id("user_id")).collect::<Result<_>>()?,
        },
    }))
}

/// Writes a project's state over the version that was seen. `false`: another version is there by now.
pub async fn put(tx: &mut Tx, project: ProjectId, state: &ProjectState, seen: i64) -> Result<bool> {
    let sql = Sql::new(
        "UPDATE project SET name = $4, name_fold = $5, client_id = $6, lead_id = $7, keeper_id = $8, version = version + 1 \
         WHERE agency_id = $1 AND id = $2 AND version = $3",
    );
    let sql = sql.bind(project).bind(seen).bind(state.name.clone());
    let sql = sql.bind(crate::domain::fold::sort_key(&state.name)).bind(state.client);
    if tx.run(sql.bind(state.lead).bind(state.keeper)).await? != 1 {
        return Ok(false);
    }
    set_team(tx, project, &state.team).await?;
    Ok(true)
}

/// Takes away a project in which nothing is. `false`: another version is there by now.
pub async fn remove(tx: &mut Tx, project: ProjectId, seen: i64) -> Result<bool> {
    let sql = Sql::new("DELETE FROM project WHERE agency_id = $1 AND id = $2 AND version = $3");
    Ok(tx.run(sql.bind(project).bind(seen)).await? == 1)
}

/// Makes a project again that was taken away, under the next version.
pub async fn bring_back(tx: &mut Tx, project: ProjectId, whole: &WholeProject) -> Result<()> {
    let state = &whole.state;
    let sql = Sql::new(
        "INSERT INTO project (agency_id, id, key, name, name_fold, client_id, lead_id, keeper_id, created_by, created_at, version) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    );
    let sql = sql.bind(project).bind(whole.key.clone()).bind(state.name.clone());
    let sql = sql.bind(crate::domain::fold::sort_key(&state.name)).bind(state.client);
    let sql = sql.bind(state.lead).bind(state.keeper).bind(whole.created_by);
    tx.run(sql.bind(whole.created_at).bind(whole.version + 1)).await?;
    set_team(tx, project, &state.team).await
}
