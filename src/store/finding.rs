//! Findings: reading them in any order and filter, and writing what people decide about them.
//!
//! Scanner facts are written by imports alone (`store/import.rs`); [`save`] leaves them as they are.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::client::UserRef;
use super::page::Key;
use super::project::Owner;
use super::query::{self, Filter};
use super::rollup::severity;
use super::{Result, Row, Sql, Tx, visible};
use crate::domain::access::{Actor, Role};
use crate::domain::clock::RemediationDays;
use crate::domain::id::{ClientId, FindingId, PlanId, ProjectId, UserId};
use crate::domain::query::SortField;
use crate::domain::severity::Severity;
use crate::domain::status::Status;
use crate::domain::time::Time;

mod decided;
pub mod export;
mod listed;
pub mod placed;

pub use decided::{
    Decided, WholeFinding, bring_back, busy_since, by_ids, by_keys, duplicates_of, matching, moved, remove, save,
};
pub(super) use listed::{GLANCE, first, holding, order_few};
pub use listed::{count, list};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Rating {
    pub version: String,
    pub vector: String,
    pub score: f64,
}

/// The project a finding stands in.
#[derive(Debug, Clone)]
pub struct Place {
    pub id: ProjectId,
    pub key: String,
    pub name: String,
    pub name_fold: String,
}

/// What people decide about a finding: the columns [`save`] writes, and what undo needs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decisions {
    pub project: ProjectId,
    /// Read only: whose project that is. A finding goes back to a project only while it is still this client's.
    pub client: Option<ClientId>,
    pub severity: Severity,
    pub own_severity: Option<Severity>,
    pub cvss: Option<Rating>,
    pub status: Status,
    pub assignee: Option<UserId>,
    pub due_at: Option<Time>,
    pub due_reason: Option<String>,
    pub reopened: bool,
    /// Read only: comments keep it.
    pub client_wrote_last: bool,
    pub triaged_at: Option<Time>,
    pub triaged_by: Option<UserId>,
    pub released_at: Option<Time>,
    pub released_by: Option<UserId>,
    pub verify_due_at: Option<Time>,
    pub accepted_until: Option<Time>,
    pub duplicate_of: Option<FindingId>,
    pub occurrence_fixed: i64,
    /// Tags of people's, beside the scanner's.
    #[serde(default)]
    pub own_tags: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct FindingRow {
    pub id: FindingId,
    pub key: String,
    pub title: String,
    pub title_fold: String,
    pub tool: String,
    pub scanner_severity: Option<Severity>,
    pub cwe: Vec<u32>,
    pub cve: Vec<String>,
    pub tags: Vec<String>,
    pub first_seen: Time,
    pub last_seen: Time,
    pub seen_in_latest: bool,
    pub occurrence_count: i64,
    pub assignee: Option<UserRef>,
    pub project: Place,
    pub client: Option<Owner>,
    pub decided: Decisions,
    pub version: i64,
}

/// What only the detail shows.
#[derive(Debug, Clone)]
pub struct Texts {
    pub description: String,
    pub remediation: String,
    pub references: Vec<String>,
}

/// Every column a row is read from; texts that only the detail shows stay where they are.
pub(super) const COLUMNS: &str = "f.id, f.key, f.title, f.title_fold, f.tool, f.severity, f.scanner_severity, f.own_severity, f.cvss_version, \
     f.cvss_vector, f.cvss_score, f.cwe, f.cve, f.tags, f.own_tags, f.status, f.assignee_id, f.due_at, f.due_reason, f.first_seen, \
     f.last_seen, f.seen_in_latest, f.reopened, f.client_wrote_last, f.triaged_at, f.triaged_by, f.released_at, \
     f.released_by, f.verify_due_at, f.accepted_until, f.duplicate_of, f.occurrence_count, f.occurrence_fixed, f.version, \
     f.project_id, p.key AS project_key, p.name AS project_name, p.name_fold AS project_fold, p.client_id, \
     c.key AS client_key, c.name AS client_name, c.state AS client_state, a.name AS assignee_name, a.email AS assignee_email";

/// The tables around a finding `f`.
pub(super) const JOINS: &str = " JOIN project p ON p.agency_id = f.agency_id AND p.id = f.project_id \
     LEFT JOIN client c ON c.agency_id = p.agency_id AND c.id = p.client_id \
     LEFT JOIN agency_user a ON a.agency_id = f.agency_id AND a.id = f.assignee_id";

pub(super) fn read(row: &Row) -> Result<FindingRow> {
    let rank = |column| row.get::<Option<i64>>(column)?.map(severity).transpose();
    let assignee: Option<UserId> = row.opt_id("assignee_id")?;
    let cvss = match row.get::<Option<String>>("cvss_vector")? {
        Some(vector) => Some(Rating {
            version: row.get("cvss_version")?,
            vector,
            score: row.get("cvss_score")?,
        }),
        None => None,
    };
    let client = match row.opt_id("client_id")? {
        Some(id) => Some(Owner {
            id,
            key: row.get("client_key")?,
            name: row.get("client_name")?,
            state: row.word("client_state")?,
        }),
        None => None,
    };
    Ok(FindingRow {
        id: row.id("id")?,
        key: row.get("key")?,
        title: row.get("title")?,
        title_fold: row.get("title_fold")?,
        tool: row.get("tool")?,
        scanner_severity: rank("scanner_severity")?,
        cwe: row.json("cwe")?,
        cve: row.json("cve")?,
        tags: row.json("tags")?,
        first_seen: row.time("first_seen")?,
        last_seen: row.time("last_seen")?,
        seen_in_latest: row.get("seen_in_latest")?,
        occurrence_count: row.get("occurrence_count")?,
        assignee: match assignee {
            Some(id) => Some(UserRef {
                id,
                name: row.get("assignee_name")?,
                email: row.get("assignee_email")?,
            }),
            None => None,
        },
        project: Place {
            id: row.id("project_id")?,
            key: row.get("project_key")?,
            name: row.get("project_name")?,
            name_fold: row.get("project_fold")?,
        },
        client,
        decided: Decisions {
            project: row.id("project_id")?,
            client: row.opt_id("client_id")?,
            severity: severity(row.get("severity")?)?,
            own_severity: rank("own_severity")?,
            cvss,
            status: row.word("status")?,
            assignee,
            due_at: row.opt_time("due_at")?,
            due_reason: row.get("due_reason")?,
            reopened: row.get("reopened")?,
            client_wrote_last: row.get("client_wrote_last")?,
            triaged_at: row.opt_time("triaged_at")?,
            triaged_by: row.opt_id("triaged_by")?,
            released_at: row.opt_time("released_at")?,
            released_by: row.opt_id("released_by")?,
            verify_due_at: row.opt_time("verify_due_at")?,
            accepted_until: row.opt_time("accepted_until")?,
            duplicate_of: row.opt_id("duplicate_of")?,
            occurrence_fixed: row.get("occurrence_fixed")?,
            own_tags: row.json("own_tags")?,
        },
        version: row.get("version")?,
    })
}

/// `SELECT columns FROM finding f …  WHERE` the agency's.
fn select() -> Sql {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS)
        .push(" FROM finding f")
        .push(JOINS)
        .push(" WHERE f.agency_id = $1");
    sql
}

/// A row's place in the filter's order, for cursors.
#[must_use]
pub fn keys(filter: &Filter, row: &FindingRow) -> Vec<Key> {
    let field = filter.sort.unwrap_or(query::DEFAULT_SORT).field;
    let mut keys = vec![sort_key(field, row)];
    if matches!(field, SortField::Client | SortField::Project) {
        keys.push(Key::Id(row.project.id.0));
    }
    keys.push(Key::Id(row.id.0));
    keys
}

pub(super) fn sort_key(field: SortField, row: &FindingRow) -> Key {
    let text = |text: Option<&str>| text.map_or(Key::Null, |t| Key::Text(t.to_owned()));
    match field {
        SortField::Severity => Key::Int(row.decided.severity.rank()),
        SortField::Cvss => row.decided.cvss.as_ref().map(|c| c.score).into(),
        SortField::Due => row.decided.due_at.map(|t| t.0).into(),
        SortField::First => Key::Int(row.first_seen.0),
        SortField::Last => Key::Int(row.last_seen.0),
        SortField::Status => Key::Int(query::status_rank(row.decided.status)),
        SortField::Title => text(Some(&row.title_fold)),
        SortField::Client => row
            .client
            .as_ref()
            .map_or(Key::Null, |c| Key::Text(crate::domain::fold::sort_key(&c.name))),
        SortField::Project => text(Some(&row.project.name_fold)),
        SortField::Assignee => text(row.assignee.as_ref().map(|a| a.email.as_str())),
        SortField::Tool => text(Some(&row.tool)),
    }
}

/// A finding that the actor may open, by key or id.
pub async fn find(tx: &mut Tx, key: &str, id: Uuid) -> Result<Option<FindingRow>> {
    let mut sql = select();
    sql.push(" AND (f.key = ")
        .push_bind(key)
        .push(" OR f.id = ")
        .push_bind(id)
        .push(")");
    visible::projects(&mut sql, tx.scope().actor());
    tx.opt(sql).await?.as_ref().map(read).transpose()
}

/// Findings whose risk acceptance has ended by `now`, a few at a time.
pub async fn ended_acceptances(tx: &mut Tx, now: Time, limit: i64) -> Result<Vec<FindingRow>> {
    let mut sql = select();
    sql.push(" AND f.status = 'risk_accepted' AND f.accepted_until <= ")
        .push_bind(now);
    sql.push(" ORDER BY f.accepted_until, f.id LIMIT ").push_bind(limit);
    tx.all(sql).await?.iter().map(read).collect()
}

/// The findings that an applied plan opened again.
pub async fn reopened_by(tx: &mut Tx, plan: PlanId) -> Result<Vec<FindingRow>> {
    let mut sql = select();
    sql.push(" AND f.id IN (SELECT l.finding_id FROM import_line l WHERE l.agency_id = $1 AND l.outcome = 'reopened' AND l.plan_id = ");
    sql.push_bind(plan).push(") ORDER BY f.id");
    tx.all(sql).await?.iter().map(read).collect()
}

/// The findings of a project whose clock runs for the client.
pub async fn released_and_due(tx: &mut Tx, project: ProjectId) -> Result<Vec<FindingRow>> {
    let mut sql = select();
    sql.push(" AND f.project_id = ").push_bind(project);
    sql.push(" AND f.released_at IS NOT NULL");
    let mut all: Vec<FindingRow> = tx.all(sql).await?.iter().map(read).collect::<Result<_>>()?;
    // As `decided::many`: for the order SQLite walks all findings of the agency.
    all.sort_by_key(|row| row.id);
    Ok(all)
}

pub async fn texts(tx: &mut Tx, id: FindingId) -> Result<Texts> {
    let sql = Sql::new("SELECT description, remediation, refs FROM finding WHERE agency_id = $1 AND id = $2");
    let row = tx.one(sql.bind(id)).await?;
    Ok(Texts {
        description: row.get("description")?,
        remediation: row.get("remediation")?,
        references: row.json("refs")?,
    })
}

/// A finding written by hand.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewFinding {
    pub id: FindingId,
    pub project: ProjectId,
    pub key: String,
    pub title: String,
    pub title_fold: String,
    pub description: String,
    pub remediation: String,
    pub severity: Severity,
    pub cvss: Option<Rating>,
    pub cwe: Vec<u32>,
    pub cve: Vec<String>,
    pub occurrences: i64,
    pub created_by: UserId,
}

pub async fn insert(tx: &mut Tx, new: NewFinding, now: Time) -> Result<()> {
    let json = |e: serde_json::Error| super::Error::Corrupt(e.to_string());
    let cwe = serde_json::to_string(&new.cwe).map_err(json)?;
    let cve = serde_json::to_string(&new.cve).map_err(json)?;
    let (version, vector, score) = parts(new.cvss);
    let sql = Sql::new(
        "INSERT INTO finding (agency_id, id, project_id, key, title, title_fold, description, remediation, tool, severity, \
           own_severity, cvss_version, cvss_vector, cvss_score, cwe, cve, status, first_seen, last_seen, triaged_at, \
           triaged_by, occurrence_count, created_by, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'manual', $9, $9, $10, $11, $12, $13, $14, 'open', $15, $15, $15, $16, \
           $17, $16, $15)",
    );
    let sql = sql
        .bind(new.id)
        .bind(new.project)
        .bind(new.key)
        .bind(new.title)
        .bind(new.title_fold)
        .bind(new.description)
        .bind(new.remediation)
        .bind(new.severity)
        .bind(version)
        .bind(vector)
        .bind(score)
        .bind(cwe)
        .bind(cve)
        .bind(now)
        .bind(new.created_by)
        .bind(new.occurrences);
    tx.run(sql).await.map(drop)
}

fn parts(cvss: Option<Rating>) -> (Option<String>, Option<String>, Option<f64>) {
    match cvss {
        Some(cvss) => (Some(cvss.version), Some(cvss.vector), Some(cvss.score)),
        None => (None, None, None),
    }
}

/// The days that hold for a project: the agency's, and its client's where it has some.
#[derive(Debug, Clone)]
pub struct Days {
    pub agency: RemediationDays,
    pub client: RemediationDays,
    pub verification: i64,
    pub zone: String,
}

pub async fn days(tx: &mut Tx, project: ProjectId) -> Result<Days> {
    let mut sql = Sql::new(DAYS);
    sql.push(
        " FROM agency g JOIN project p ON p.agency_id = g.agency_id \
         LEFT JOIN client c ON c.agency_id = p.agency_id AND c.id = p.client_id \
         WHERE g.agency_id = $1 AND p.id = ",
    );
    sql.push_bind(project);
    read_days(&tx.one(sql).await?)
}

/// The days that would hold at a client.
pub async fn days_at(tx: &mut Tx, client: ClientId) -> Result<Days> {
    let mut sql = Sql::new(DAYS);
    sql.push(" FROM agency g JOIN client c ON c.agency_id = g.agency_id WHERE g.agency_id = $1 AND c.id = ");
    sql.push_bind(client);
    read_days(&tx.one(sql).await?)
}

const DAYS: &str = "SELECT g.time_zone, g.days_verification, g.days_critical AS agency_critical, g.days_high AS agency_high, \
     g.days_medium AS agency_medium, g.days_low AS agency_low, g.days_info AS agency_info, \
     c.days_critical AS client_critical, c.days_high AS client_high, c.days_medium AS client_medium, \
     c.days_low AS client_low, c.days_info AS client_info";

fn read_days(row: &Row) -> Result<Days> {
    Ok(Days {
        agency: RemediationDays {
            critical: row.get("agency_critical")?,
            high: row.get("agency_high")?,
            medium: row.get("agency_medium")?,
            low: row.get("agency_low")?,
            info: row.get("agency_info")?,
        },
        client: RemediationDays {
            critical: row.get("client_critical")?,
            high: row.get("client_high")?,
            medium: row.get("client_medium")?,
            low: row.get("client_low")?,
            info: row.get("client_info")?,
        },
        verification: row.get("days_verification")?,
        zone: row.get("time_zone")?,
    })
}

/// Whether another user may open the project: nobody is given work that they cannot see.
pub async fn open_to(tx: &mut Tx, project: ProjectId, user: UserId, role: Role) -> Result<bool> {
    let mut sql = Sql::new(
        "SELECT 1 AS seen FROM project p LEFT JOIN client c ON c.agency_id = p.agency_id AND c.id = p.client_id \
         WHERE p.agency_id = $1 AND p.id = ",
    );
    sql.push_bind(project);
    visible::projects(&mut sql, Actor::User { id: user, role });
    Ok(tx.opt(sql).await?.is_some())
}

/// Users by id, for the names beside what they did.
pub async fn people(tx: &mut Tx, ids: &[Uuid]) -> Result<Vec<UserRef>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new("SELECT id, name, email FROM agency_user WHERE agency_id = $1 AND id IN ");
    sql.push_list(ids.iter().copied());
    tx.all(sql)
        .await?
        .iter()
        .map(|row| {
            Ok(UserRef {
                id: row.id("id")?,
                name: row.get("name")?,
                email: row.get("email")?,
            })
        })
        .collect()
}
