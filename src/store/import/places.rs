//! The places of an import: there may be a hundred for each of its findings.
//!
//! On PostgreSQL, and where an import is small, they are written by the transaction that decides (`apply.rs`); else they
//! follow it in parts, after the findings (`lines.rs`), in the order of their ids. A verdict that a person gives meanwhile
//! holds for places that come after it as well. Until the end a finding counts the places that are there.

use uuid::Uuid;

use super::part::{Of, Part};
use super::{before, kept};
use crate::domain::id::PlanId;
use crate::store::{Result, Sql, Tx};

/// Narrows a statement over `import_place g`; without a part it is about all of them.
pub(super) fn narrow(part: Option<&Part<Uuid>>, sql: &mut Sql) {
    if let Some(part) = part {
        part.narrow("g.occurrence_id", sql);
    }
}

/// The next places after `after`, at most `some`.
pub async fn next(tx: &mut Tx, plan: PlanId, after: Uuid, some: i64) -> Result<Part<Uuid>> {
    let sql = Sql::new(
        "SELECT occurrence_id FROM import_place WHERE agency_id = $1 AND plan_id = $2 AND occurrence_id > $3 \
         ORDER BY occurrence_id LIMIT 2 OFFSET $4",
    );
    let rows = tx.all(sql.bind(plan).bind(after).bind(some - 1)).await?;
    Part::ending(after, some, &rows, "occurrence_id")
}

/// Writes places, with what they were before. Without a part: all of them, in the transaction that decides.
pub async fn write(tx: &mut Tx, of: &Of, part: Option<&Part<Uuid>>) -> Result<()> {
    before::places(tx, of, part).await?;
    for text in [GONE, SEEN, NEW] {
        let mut sql = Sql::new(text).bind(of.plan);
        if text.contains("$3") {
            sql = sql.bind(of.at);
        }
        narrow(part, &mut sql);
        if part.is_some() && text == NEW {
            // Nothing gets in between; if it did, there would still be no way back.
            sql.push(" ON CONFLICT DO NOTHING");
        }
        tx.run(sql).await?;
    }
    kept::places(tx, of, part).await?;
    if part.is_some() {
        follow_verdicts(tx, of, part).await?;
        count(tx, of, part).await?;
    }
    Ok(())
}

/// What is not there any more.
const GONE: &str = "UPDATE occurrence SET seen_in_latest = FALSE FROM import_place g \
     WHERE occurrence.agency_id = $1 AND occurrence.id = g.occurrence_id AND g.agency_id = $1 AND g.plan_id = $2 AND g.row_n IS NULL";

/// Places seen again. `$2` plan, `$3` when it was applied.
const SEEN: &str = "UPDATE occurrence SET \
       first_seen = CASE WHEN g.first_at < occurrence.first_seen THEN g.first_at ELSE occurrence.first_seen END, \
       last_seen = CASE WHEN COALESCE(g.last_at, $3) > occurrence.last_seen THEN COALESCE(g.last_at, $3) ELSE occurrence.last_seen END, \
       seen_in_latest = CASE WHEN g.is_current THEN TRUE ELSE occurrence.seen_in_latest END, \
       repeats = CASE WHEN g.is_current THEN g.repeats ELSE occurrence.repeats END, \
       place = CASE WHEN g.is_current THEN s.place ELSE occurrence.place END, \
       detail = CASE WHEN g.is_current THEN s.detail ELSE occurrence.detail END, \
       before_chunk_id = CASE WHEN g.is_current THEN occurrence.chunk_id ELSE occurrence.before_chunk_id END, \
       before_chunk_offset = CASE WHEN g.is_current THEN occurrence.chunk_offset ELSE occurrence.before_chunk_offset END, \
       before_chunk_length = CASE WHEN g.is_current THEN occurrence.chunk_length ELSE occurrence.before_chunk_length END, \
       chunk_id = CASE WHEN g.is_current THEN s.chunk_id ELSE occurrence.chunk_id END, \
       chunk_offset = CASE WHEN g.is_current THEN s.chunk_offset ELSE occurrence.chunk_offset END, \
       chunk_length = CASE WHEN g.is_current THEN s.chunk_length ELSE occurrence.chunk_length END \
     FROM import_place g JOIN import_staged s ON s.agency_id = g.agency_id AND s.batch_id = g.batch_id AND s.file_id = g.file_id AND s.row_n = g.row_n \
     WHERE occurrence.agency_id = $1 AND occurrence.id = g.occurrence_id AND g.agency_id = $1 AND g.plan_id = $2 AND NOT g.is_new \
       AND (g.is_current OR g.last_at IS NOT NULL)";

const NEW: &str = "INSERT INTO occurrence (agency_id, id, finding_id, place, place_key, host, repeats, first_seen, last_seen, seen_in_latest, detail, chunk_id, \
       chunk_offset, chunk_length, via) \
     SELECT $1, g.occurrence_id, g.finding_id, s.place, s.place_key, s.host, g.repeats, COALESCE(g.first_at, $3), COALESCE(g.last_at, $3), g.is_current, \
       s.detail, s.chunk_id, s.chunk_offset, s.chunk_length, g.via \
     FROM import_place g JOIN import_staged s ON s.agency_id = g.agency_id AND s.batch_id = g.batch_id AND s.file_id = g.file_id AND s.row_n = g.row_n \
     WHERE g.agency_id = $1 AND g.plan_id = $2 AND g.is_new";

/// Who found a finding fixed after the import was decided on meant its new places as well.
async fn follow_verdicts(tx: &mut Tx, of: &Of, part: Option<&Part<Uuid>>) -> Result<()> {
    let mut sql = Sql::new(
        "SELECT f.id FROM (SELECT DISTINCT g.finding_id FROM import_place g WHERE g.agency_id = $1 AND g.plan_id = $2 AND g.is_new AND g.is_current",
    )
    .bind(of.plan);
    narrow(part, &mut sql);
    sql.push(") h JOIN finding f ON f.agency_id = $1 AND f.id = h.finding_id WHERE f.status = 'verified_fixed'");
    let rows = tx.all(sql).await?;
    let findings = rows.iter().map(|row| row.get("id")).collect::<Result<Vec<Uuid>>>()?;
    for some in findings.chunks(Sql::rows_at_once(1)) {
        let mut sql = Sql::new(
            "UPDATE occurrence SET fixed = TRUE FROM import_place g WHERE occurrence.agency_id = $1 AND occurrence.id = g.occurrence_id \
               AND g.agency_id = $1 AND g.plan_id = $2 AND g.is_new AND g.is_current",
        )
        .bind(of.plan);
        narrow(part, &mut sql);
        sql.push(" AND g.finding_id IN ").push_list(some.iter().copied());
        tx.run(sql).await?;
    }
    Ok(())
}

/// Adds the new places to what their findings count. Which agency these are in is said by the places: where SQLite is told
/// as well, it walks all findings of that agency for each part.
async fn count(tx: &mut Tx, of: &Of, part: Option<&Part<Uuid>>) -> Result<()> {
    let mut sql = Sql::new(
        "UPDATE finding SET occurrence_count = finding.occurrence_count + c.n, occurrence_fixed = finding.occurrence_fixed + c.fixed \
         FROM (SELECT g.agency_id, g.finding_id, COUNT(*) AS n, SUM(CASE WHEN o.fixed THEN 1 ELSE 0 END) AS fixed FROM import_place g \
           JOIN occurrence o ON o.agency_id = g.agency_id AND o.id = g.occurrence_id WHERE g.agency_id = $1 AND g.plan_id = $2 AND g.is_new",
    )
    .bind(of.plan);
    narrow(part, &mut sql);
    sql.push(
        " GROUP BY g.agency_id, g.finding_id) c WHERE finding.agency_id = c.agency_id AND finding.id = c.finding_id",
    );
    tx.run(sql).await.map(drop)
}
