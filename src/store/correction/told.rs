//! Corrections as people are told of them.

use crate::domain::id::FindingId;
use crate::domain::time::Time;
use crate::store::{Result, Row, Sql, Tx};

/// A correction of a finding, as it is told.
#[derive(Debug, Clone)]
pub struct Told {
    pub finding: FindingId,
    /// A finding became part of it; else it was split off another one.
    pub merged: bool,
    pub key: String,
    /// Of the merged finding.
    pub title: String,
    pub tool: String,
    pub fingerprint: Vec<u8>,
    pub version: Option<i64>,
    pub fields: Vec<(String, String)>,
    /// Places that came with it, or were split off.
    pub places: i64,
    pub by: Option<String>,
    pub at: Time,
}

fn told(row: &Row, merged: bool) -> Result<Told> {
    Ok(Told {
        finding: row.id("finding_id")?,
        merged,
        key: row.get("key")?,
        title: row.get("title")?,
        tool: row.get("tool")?,
        fingerprint: row.get::<Option<Vec<u8>>>("fingerprint")?.unwrap_or_default(),
        version: row.get("fingerprint_version")?,
        fields: row.json("fields")?,
        places: row.get("places")?,
        by: row.get("name")?,
        at: row.time("at")?,
    })
}

/// The corrections that made these findings what they are, oldest first.
pub async fn of(tx: &mut Tx, findings: &[FindingId]) -> Result<Vec<Told>> {
    let mut out = Vec::new();
    for part in findings.chunks(Sql::rows_at_once(1)) {
        let mut sql = Sql::new(
            "SELECT m.survivor_id AS finding_id, m.key, m.title, m.tool, m.fingerprint, m.fingerprint_version, \
               COALESCE(m.fingerprint_fields, '[]') AS fields, u.name, m.merged_at AS at, \
               (SELECT COUNT(*) FROM occurrence o WHERE o.agency_id = $1 AND o.finding_id = m.survivor_id AND o.via = m.key) AS places \
             FROM finding_merged m LEFT JOIN agency_user u ON u.agency_id = m.agency_id AND u.id = m.merged_by \
             WHERE m.agency_id = $1 AND m.kind = 'merged' AND m.survivor_id IN ",
        );
        sql.push_list(part.iter().copied());
        for row in tx.all(sql).await? {
            out.push(told(&row, true)?);
        }
        let mut sql = Sql::new(
            // A finding that went elsewhere since names nothing of where it was.
            "SELECT s.finding_id, COALESCE((SELECT g.key FROM finding g WHERE g.agency_id = $1 AND g.key = s.from_key AND g.project_id = f.project_id), \
               (SELECT m.key FROM finding_merged m JOIN finding g ON g.agency_id = m.agency_id AND g.id = m.survivor_id \
                WHERE m.agency_id = $1 AND m.key = s.from_key AND g.project_id = f.project_id), '') AS key, '' AS title, f.tool, s.fingerprint, f.fingerprint_version, '[]' AS fields, \
               u.name, s.split_at AS at, COUNT(*) AS places \
             FROM finding_split s JOIN finding f ON f.agency_id = s.agency_id AND f.id = s.finding_id \
             LEFT JOIN agency_user u ON u.agency_id = s.agency_id AND u.id = s.split_by WHERE s.agency_id = $1 AND s.finding_id IN ",
        );
        sql.push_list(part.iter().copied());
        sql.push(" GROUP BY s.finding_id, s.from_key, s.fingerprint, f.project_id, f.tool, f.fingerprint_version, u.name, s.split_at");
        for row in tx.all(sql).await? {
            out.push(told(&row, false)?);
        }
    }
    out.sort_by_key(|t| (t.at, t.key.clone()));
    Ok(out)
}
