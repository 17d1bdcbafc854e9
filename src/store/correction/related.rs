//! Findings of other tools that may be the same problem. A look at bounded numbers of rows, not a search: it is only ever a
//! suggestion.

use crate::domain::id::{FindingId, ProjectId};
use crate::store::{Result, Sql, Tx};

/// How many of a finding's places are looked at, and how many of others'.
const OWN: i64 = 20;
const OTHERS: i64 = 2_000;

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

/// Places at these hosts of findings of other tools of the project that have a CVE or a CWE.
pub async fn at_hosts(tx: &mut Tx, project: ProjectId, tool: &str, hosts: &[String]) -> Result<Vec<PlaceOf>> {
    if hosts.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(
        "SELECT o.finding_id, o.host, o.place FROM occurrence o JOIN finding f ON f.agency_id = o.agency_id AND f.id = o.finding_id \
         WHERE o.agency_id = $1 AND f.project_id = $2 AND f.tool <> $3 AND (f.cve <> '[]' OR f.cwe <> '[]') AND o.host IN ",
    )
    .bind(project)
    .bind(tool);
    sql.push_list(hosts.iter().map(String::as_str));
    sql.push(" LIMIT ").push_bind(OTHERS);
    read(tx, sql).await
}

/// Places without a host (files, packages) of findings of other tools of the project that have a CVE or a CWE.
pub async fn in_files(tx: &mut Tx, project: ProjectId, tool: &str) -> Result<Vec<PlaceOf>> {
    let sql = Sql::new(
        "SELECT o.finding_id, o.host, o.place FROM finding f JOIN occurrence o ON o.agency_id = f.agency_id AND o.finding_id = f.id \
         WHERE f.agency_id = $1 AND f.project_id = $2 AND f.tool <> $3 AND (f.cve <> '[]' OR f.cwe <> '[]') AND o.host IS NULL LIMIT $4",
    );
    read(tx, sql.bind(project).bind(tool).bind(OTHERS)).await
}
