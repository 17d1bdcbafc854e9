//! What an import follows: which findings are part of others, and which places were split off.

use std::collections::HashMap;

use uuid::Uuid;

use crate::domain::id::{FindingId, ProjectId};
use crate::domain::severity::Severity;
use crate::domain::status::Status;
use crate::store::import::plan::PlaceRow;
use crate::store::{Error, Result, Row, Sql, Tx, rollup};

/// A finding that is part of another one of the project.
#[derive(Debug, Clone)]
pub struct PartRow {
    pub key: String,
    pub tool: String,
    pub fingerprint: [u8; 32],
    pub facts: Option<[u8; 32]>,
    /// The finding it is part of.
    pub of: FindingId,
    /// That one's own fingerprint.
    pub own: Option<[u8; 32]>,
    pub status: Status,
    pub severity: Severity,
    pub seen_in_latest: bool,
}

fn digest(row: &Row, column: &str) -> Result<Option<[u8; 32]>> {
    let bytes: Option<Vec<u8>> = row.get(column)?;
    let broken = |_| Error::Corrupt(format!("{column} is no digest"));
    bytes.map(|b| b.try_into().map_err(broken)).transpose()
}

/// The findings of a project's that are part of others, of these tools.
pub async fn parts(tx: &mut Tx, project: ProjectId, tools: &[String]) -> Result<Vec<PartRow>> {
    if tools.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(
        "SELECT m.key, m.tool, m.fingerprint, m.facts, m.survivor_id, m.seen_in_latest, f.fingerprint AS own, f.status, f.severity FROM finding_merged m \
         JOIN finding f ON f.agency_id = m.agency_id AND f.id = m.survivor_id \
         WHERE m.agency_id = $1 AND f.project_id = $2 AND m.kind = 'merged' AND m.fingerprint IS NOT NULL AND m.tool IN ",
    )
    .bind(project);
    sql.push_list(tools.iter().map(String::as_str)).push(" ORDER BY m.key");
    let mut out = Vec::new();
    for row in tx.all(sql).await? {
        let Some(fingerprint) = digest(&row, "fingerprint")? else {
            continue;
        };
        out.push(PartRow {
            key: row.get("key")?,
            tool: row.get("tool")?,
            fingerprint,
            facts: digest(&row, "facts")?,
            of: row.id("survivor_id")?,
            own: digest(&row, "own")?,
            status: row.word("status")?,
            severity: rollup::severity(row.get("severity")?)?,
            seen_in_latest: row.get("seen_in_latest")?,
        });
    }
    Ok(out)
}

/// Which of these findings have parts, of whatever tool: their places are their parts', too.
pub async fn having_parts(tx: &mut Tx, project: ProjectId) -> Result<Vec<(FindingId, Option<[u8; 32]>)>> {
    let sql = Sql::new(
        "SELECT f.id, f.fingerprint FROM finding f WHERE f.agency_id = $1 AND f.project_id = $2 AND f.id IN \
           (SELECT m.survivor_id FROM finding_merged m WHERE m.agency_id = $1 AND m.kind = 'merged') ORDER BY f.id",
    );
    let rows = tx.all(sql.bind(project)).await?;
    rows.iter()
        .map(|row| Ok((row.id("id")?, digest(row, "fingerprint")?)))
        .collect()
}

/// The places of findings with parts, each with the key of the part that has it (none: the finding itself).
pub async fn places(tx: &mut Tx, findings: &[FindingId]) -> Result<Vec<(String, PlaceRow)>> {
    let mut out = Vec::new();
    for part in findings.chunks(Sql::rows_at_once(1)) {
        let mut sql = Sql::new(
            "SELECT id, finding_id, place_key, host, place, seen_in_latest, via FROM occurrence WHERE agency_id = $1 AND finding_id IN ",
        );
        sql.push_list(part.iter().copied()).push(" ORDER BY finding_id, id");
        for row in tx.all(sql).await? {
            let key = digest(&row, "place_key")?.ok_or_else(|| Error::Corrupt("a place without a key".to_owned()))?;
            let place = PlaceRow {
                id: row.id("id")?,
                finding: row.id("finding_id")?,
                key,
                host: row.get("host")?,
                place: row.get("place")?,
                seen_in_latest: row.get("seen_in_latest")?,
            };
            out.push((row.get("via")?, place));
        }
    }
    Ok(out)
}

/// Fingerprint and place, and the fingerprint of the finding that has the place by hand.
pub type Splits = HashMap<([u8; 32], [u8; 32]), [u8; 32]>;

/// The places of the project's that were split off.
pub async fn splits(tx: &mut Tx, project: ProjectId) -> Result<Splits> {
    let sql = Sql::new(
        "SELECT s.fingerprint, s.place_key, s.to_fingerprint, s.finding_id FROM finding_split s WHERE s.agency_id = $1 AND s.finding_id IN \
           (SELECT f.id FROM finding f WHERE f.agency_id = $1 AND f.project_id = $2 \
            UNION ALL SELECT m.id FROM finding_merged m JOIN finding f ON f.agency_id = m.agency_id AND f.id = m.survivor_id \
            WHERE m.agency_id = $1 AND f.project_id = $2) ORDER BY s.split_at, s.finding_id",
    );
    let mut out = Splits::new();
    for row in tx.all(sql.bind(project)).await? {
        let _: Uuid = row.get("finding_id")?;
        if let (Some(of), Some(place), Some(to)) = (
            digest(&row, "fingerprint")?,
            digest(&row, "place_key")?,
            digest(&row, "to_fingerprint")?,
        ) {
            out.insert((of, place), to);
        }
    }
    Ok(out)
}

/// What a plan's records say of merged findings.
pub async fn write_said(
    tx: &mut Tx,
    batch: crate::domain::id::BatchId,
    plan: crate::domain::id::PlanId,
    said: &[(String, [u8; 32])],
) -> Result<()> {
    for part in said.chunks(Sql::rows_at_once(4)) {
        let mut sql = Sql::new("INSERT INTO import_said (agency_id, batch_id, plan_id, key, facts) VALUES ");
        sql.push_rows(
            part.iter()
                .map(|(key, facts)| vec![batch.into(), plan.into(), key.as_str().into(), (*facts).into()]),
        );
        tx.run(sql).await?;
    }
    Ok(())
}
