//! Why a finding is one finding: its fingerprint, and the imports that spoke of it.

use super::{Result, Sql, Tx, visible};
use crate::domain::id::{BatchId, FindingId};
use crate::domain::time::Time;

/// What made a finding one finding.
#[derive(Debug, Clone)]
pub struct Fingerprint {
    pub version: Option<i64>,
    /// Name and value of each field.
    pub fields: Vec<(String, String)>,
    pub hash: Vec<u8>,
}

pub async fn fingerprint(tx: &mut Tx, id: FindingId) -> Result<Fingerprint> {
    let sql = Sql::new(
        "SELECT fingerprint, fingerprint_version, COALESCE(fingerprint_fields, '[]') AS fields FROM finding WHERE agency_id = $1 AND id = $2",
    );
    let row = tx.one(sql.bind(id)).await?;
    Ok(Fingerprint {
        version: row.get("fingerprint_version")?,
        fields: row.json("fields")?,
        hash: row.get::<Option<Vec<u8>>>("fingerprint")?.unwrap_or_default(),
    })
}

/// An import that had something to say about a finding.
#[derive(Debug, Clone)]
pub struct SightingRow {
    pub batch: BatchId,
    pub at: Time,
    pub files: Vec<String>,
    pub outcome: String,
}

/// The applied imports that saw a finding or what became part of it, or noticed that it was gone, and whose project the actor may open (a finding
/// may have come from another one since); newest first, the latest hundred.
pub async fn sightings(tx: &mut Tx, id: FindingId) -> Result<Vec<SightingRow>> {
    let mut sql = Sql::new(
        "SELECT b.id, b.applied_at, l.outcome FROM import_line l \
         JOIN import_batch b ON b.agency_id = l.agency_id AND b.id = l.batch_id AND b.plan_id = l.plan_id \
         JOIN project p ON p.agency_id = b.agency_id AND p.id = b.project_id \
         LEFT JOIN client c ON c.agency_id = p.agency_id AND c.id = p.client_id \
         WHERE l.agency_id = $1 AND b.state = 'applied' AND b.undone_at IS NULL AND l.finding_id IN (SELECT $2 UNION ALL \
           SELECT m.id FROM finding_merged m WHERE m.agency_id = $1 AND m.survivor_id = $2)",
    )
    .bind(id);
    visible::projects(&mut sql, tx.scope().actor());
    sql.push(" ORDER BY b.applied_at DESC, b.id DESC LIMIT 100");
    let mut out: Vec<SightingRow> = Vec::new();
    for row in tx.all(sql).await? {
        out.push(SightingRow {
            batch: row.id("id")?,
            at: row.time("applied_at")?,
            files: Vec::new(),
            outcome: row.get("outcome")?,
        });
    }
    // It and what became part of it were seen by one import.
    out.dedup_by(|a, b| a.batch == b.batch && a.outcome == b.outcome);
    if out.is_empty() {
        return Ok(out);
    }
    let mut sql = Sql::new("SELECT batch_id, name FROM import_file WHERE agency_id = $1 AND batch_id IN ");
    sql.push_list(out.iter().map(|s| s.batch)).push(" ORDER BY batch_id, n");
    for row in tx.all(sql).await? {
        let batch: BatchId = row.id("batch_id")?;
        let name: String = row.get("name")?;
        for sighting in out.iter_mut().filter(|s| s.batch == batch) {
            sighting.files.push(name.clone());
        }
    }
    Ok(out)
}
