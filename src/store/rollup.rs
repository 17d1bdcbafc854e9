//! Counts of findings per project, status and severity, kept in the transaction that changes a finding, because lists
//! show them on every row.

use uuid::Uuid;

use super::{Result, Sql, Tx};
use crate::domain::id::{ClientId, ProjectId};
use crate::domain::severity::Severity;
use crate::domain::status::Status;

/// Adds `n` (negative: takes away) to one count.
pub async fn add(tx: &mut Tx, project: ProjectId, status: Status, severity: Severity, n: i64) -> Result<()> {
    if n == 0 {
        return Ok(());
    }
    let sql = Sql::new(
        "INSERT INTO rollup (agency_id, project_id, status, severity, n) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (agency_id, project_id, status, severity) DO UPDATE SET n = rollup.n + excluded.n",
    );
    tx.run(sql.bind(project).bind(status.name()).bind(severity).bind(n))
        .await
        .map(drop)
}

/// One count.
#[derive(Debug, Clone, Copy)]
pub struct Count {
    pub project: Uuid,
    pub status: Status,
    pub severity: Severity,
    pub n: i64,
}

/// The counts of some projects.
pub async fn of_projects(tx: &mut Tx, projects: &[Uuid]) -> Result<Vec<Count>> {
    if projects.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(
        "SELECT project_id, status, severity, n FROM rollup WHERE agency_id = $1 AND n <> 0 AND project_id IN ",
    );
    sql.push_list(projects.iter().copied());
    tx.all(sql)
        .await?
        .iter()
        .map(|row| {
            Ok(Count {
                project: row.get("project_id")?,
                status: row.word("status")?,
                severity: severity(row.get("severity")?)?,
                n: row.get("n")?,
            })
        })
        .collect()
}

/// One count of a client.
#[derive(Debug, Clone, Copy)]
pub struct OfClient {
    pub client: ClientId,
    pub status: Status,
    pub severity: Severity,
    pub n: i64,
}

/// The counts of some clients, over all their projects.
pub async fn of_clients(tx: &mut Tx, clients: &[ClientId]) -> Result<Vec<OfClient>> {
    if clients.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(
        "SELECT p.client_id, r.status, r.severity, CAST(SUM(r.n) AS BIGINT) AS n FROM rollup r \
         JOIN project p ON p.agency_id = r.agency_id AND p.id = r.project_id WHERE r.agency_id = $1 AND r.n <> 0 AND r.status IN ",
    );
    sql.push(OPEN).push(" AND p.client_id IN ");
    sql.push_list(clients.iter().copied())
        .push(" GROUP BY p.client_id, r.status, r.severity");
    tx.all(sql)
        .await?
        .iter()
        .map(|row| {
            Ok(OfClient {
                client: row.id("client_id")?,
                status: row.word("status")?,
                severity: severity(row.get("severity")?)?,
                n: row.get("n")?,
            })
        })
        .collect()
}

/// A stored rank as a severity.
pub fn severity(rank: i64) -> Result<Severity> {
    Severity::from_rank(rank).ok_or_else(|| super::Error::Corrupt(format!("severity {rank}")))
}

/// The open kinds, as a list in SQL.
pub(super) const OPEN: &str = "('open', 'in_progress', 'pending_verification', 'not_fixed', 'partial', 'inconclusive')";

/// Open findings by severity in the whole agency; what belongs to an archived client is not counted, as in the lists.
pub async fn open_by_severity(tx: &mut Tx) -> Result<Vec<(Severity, i64)>> {
    let mut sql = Sql::new(
        "SELECT r.severity, CAST(SUM(r.n) AS BIGINT) AS n FROM rollup r \
         JOIN project p ON p.agency_id = r.agency_id AND p.id = r.project_id \
         LEFT JOIN client c ON c.agency_id = p.agency_id AND c.id = p.client_id \
         WHERE r.agency_id = $1 AND (c.state IS NULL OR c.state <> 'archived') AND r.status IN ",
    );
    sql.push(OPEN).push(" GROUP BY r.severity");
    tx.all(sql)
        .await?
        .iter()
        .map(|row| Ok((severity(row.get("severity")?)?, row.get("n")?)))
        .collect()
}
