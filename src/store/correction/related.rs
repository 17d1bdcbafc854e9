//! Findings of other tools that may be the same problem. A look at bounded numbers of rows, not a search: it is only ever a
//! suggestion.

use crate::domain::id::{FindingId, ProjectId};
use crate::store::{Result, Sql, Tx};

/// How many of a finding's places are looked at, how many rows on the way to others', and how many of those.
const OWN: i64 = 20;
const LOOKED: i64 = 5_000;
const OTHERS: i64 = 500;

/// A place of a finding.
#[derive(Debug, Clone)]
pub struct PlaceOf {
    pub finding: FindingId,
    pub host: Option<String>,
    pub place: String,
}

async fn read(tx: &mut Tx, sql: Sql) -> Result<Vec<PlaceOf>> {
    tx.all(sql)
        .await?
        .iter()
        .map(|row| {
            Ok(PlaceOf {
                finding: row.id("finding_id")?,
                host: row.get("host")?,
                place: row.get("place")?,
            })
        })
        .collect()
}

/// The first places of a finding.
pub async fn own(tx: &mut Tx, finding: FindingId) -> Result<Vec<PlaceOf>> {
    let sql = Sql::new(
        "SELECT finding_id, host, place FROM occurrence WHERE agency_id = $1 AND finding_id = $2 ORDER BY id LIMIT $3",
    );
    read(tx, sql.bind(finding).bind(OWN)).await
}

/// The other tools whose findings a project has: one step of the index for each, however many findings these are.
pub async fn other_tools(tx: &mut Tx, project: ProjectId, tool: &str) -> Result<Vec<String>> {
    let sql = Sql::new(
        "WITH RECURSIVE t(tool) AS (SELECT MIN(f.tool) FROM finding f WHERE f.agency_id = $1 AND f.project_id = $2 \
           UNION ALL SELECT (SELECT MIN(f.tool) FROM finding f WHERE f.agency_id = $1 AND f.project_id = $2 AND f.tool > t.tool) FROM t \
             WHERE t.tool IS NOT NULL) \
         SELECT tool FROM t WHERE tool IS NOT NULL AND tool <> $3",
    );
    let rows = tx.all(sql.bind(project).bind(tool)).await?;
    rows.iter().map(|row| row.get("tool")).collect()
}

/// Places at these hosts of findings of these tools of the project that have a CVE or a CWE.
pub async fn at_hosts(tx: &mut Tx, project: ProjectId, tools: &[String], hosts: &[String]) -> Result<Vec<PlaceOf>> {
    if hosts.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(
        "SELECT o.finding_id, o.host, o.place FROM (SELECT finding_id, host, place FROM occurrence WHERE agency_id = $1 AND host IN ",
    );
    sql.push_list(hosts.iter().map(String::as_str))
        .push(" LIMIT ")
        .push_bind(LOOKED);
    sql.push(") o CROSS JOIN finding f WHERE f.agency_id = $1 AND f.id = o.finding_id AND (f.cve <> '[]' OR f.cwe <> '[]') AND f.project_id = ");
    sql.push_bind(project)
        .push(" AND f.tool IN ")
        .push_list(tools.iter().map(String::as_str));
    sql.push(" LIMIT ").push_bind(OTHERS);
    read(tx, sql).await
}

/// Places without a host (files, packages) of findings of these tools of the project that have a CVE or a CWE.
pub async fn in_files(tx: &mut Tx, project: ProjectId, tools: &[String]) -> Result<Vec<PlaceOf>> {
    let mut sql = Sql::new(
        "SELECT o.finding_id, o.host, o.place FROM (SELECT id FROM finding WHERE agency_id = $1 AND (cve <> '[]' OR cwe <> '[]') AND project_id = ",
    );
    sql.push_bind(project)
        .push(" AND tool IN ")
        .push_list(tools.iter().map(String::as_str));
    sql.push(" LIMIT ").push_bind(LOOKED);
    sql.push(") f CROSS JOIN occurrence o WHERE o.agency_id = $1 AND o.finding_id = f.id AND o.host IS NULL LIMIT ");
    sql.push_bind(OTHERS);
    read(tx, sql).await
}
