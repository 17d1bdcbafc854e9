//! What an export of our own brings along besides a scanner's facts: when things were seen, and what people decided.
//! Set on findings that the plan makes; what is known keeps its own.

use uuid::Uuid;

use super::apply::Applied;
use super::part::{Of, Part};
use super::places::narrow;
use crate::domain::id::{BatchId, PlanId, ProjectId};
use crate::domain::kept::Kept;
use crate::store::{Result, Sql, Tx, rollup};

/// Rows read at once.
const PAGE: i64 = 1_000;

/// Whether anything was: asked of an index that holds nothing else.
async fn any(tx: &mut Tx, batch: BatchId) -> Result<bool> {
    let sql = Sql::new(
        "SELECT 1 AS kept FROM import_staged WHERE agency_id = $1 AND batch_id = $2 AND kept IS NOT NULL LIMIT 1",
    );
    Ok(tx.opt(sql.bind(batch)).await?.is_some())
}

/// What was kept of new places, in the order of their ids.
fn of_places(plan: PlanId) -> Sql {
    Sql::new(
        "SELECT g.occurrence_id, g.finding_id, s.kept FROM import_place g \
         JOIN import_staged s ON s.agency_id = g.agency_id AND s.batch_id = g.batch_id AND s.file_id = g.file_id AND s.row_n = g.row_n \
         JOIN import_line l ON l.agency_id = g.agency_id AND l.plan_id = g.plan_id AND l.finding_id = g.finding_id \
         WHERE g.agency_id = $1 AND g.plan_id = $2 AND g.is_new AND l.outcome = 'new' AND s.kept IS NOT NULL",
    )
    .bind(plan)
}

/// Sets what was kept of places, which are written, and of their findings.
pub(super) async fn places(tx: &mut Tx, of: &Of, part: Option<&Part<Uuid>>) -> Result<()> {
    if !any(tx, of.batch).await? {
        return Ok(());
    }
    let mut after = part.map_or(Uuid::nil(), |p| p.after);
    let mut last = None;
    loop {
        let mut sql = of_places(of.plan);
        narrow(part, &mut sql);
        sql.push(" AND g.occurrence_id > ").push_bind(after);
        sql.push(" ORDER BY g.occurrence_id LIMIT ").push_bind(PAGE);
        let rows = tx.all(sql).await?;
        for row in &rows {
            after = row.get("occurrence_id")?;
            let (finding, kept): (Uuid, Kept) = (row.get("finding_id")?, row.json("kept")?);
            place(tx, of, after, &kept).await?;
            if last != Some(finding) {
                of_finding(tx, of, finding, &kept).await?;
                last = Some(finding);
            }
        }
        if rows.len() < PAGE as usize {
            return Ok(());
        }
    }
}

async fn place(tx: &mut Tx, of: &Of, id: Uuid, kept: &Kept) -> Result<()> {
    let p = &kept.place;
    let sql = Sql::new(
        "UPDATE occurrence SET fixed = $3, repeats = $4, seen_in_latest = seen_in_latest AND $5, \
           last_seen = COALESCE($6, last_seen), first_seen = COALESCE($7, first_seen) WHERE agency_id = $1 AND id = $2",
    );
    let sql = sql.bind(id).bind(p.fixed).bind(p.repeats).bind(p.in_latest);
    let last = p.last_seen.map(|t| t.min(of.at));
    let sql = sql.bind(last).bind(p.first_seen.map(|t| t.min(of.at)));
    tx.run(sql).await.map(drop)
}

/// Once for each finding, and again where its places do not lie together: the same values. What a person did to it since
/// it came stands.
async fn of_finding(tx: &mut Tx, of: &Of, id: Uuid, kept: &Kept) -> Result<()> {
    let untouched =
        Sql::new("SELECT project_id, status, severity FROM finding WHERE agency_id = $1 AND id = $2 AND version = 1");
    let Some(was) = tx.opt(untouched.bind(id)).await? else {
        return Ok(());
    };
    let status = kept.status.map(crate::store::name);
    let sql = Sql::new(
        "UPDATE finding SET status = COALESCE($3, status), own_severity = $4, severity = COALESCE($4, severity), triaged_at = $5, \
           triaged_by = $6, accepted_until = $7, first_seen = COALESCE($8, first_seen), last_seen = COALESCE($9, last_seen), \
           seen_in_latest = seen_in_latest AND $10, own_tags = $11 WHERE agency_id = $1 AND id = $2",
    );
    let at = |time: Option<crate::domain::time::Time>| time.map(|t| t.min(of.at));
    let sql = sql.bind(id).bind(status.clone()).bind(kept.own_severity);
    let sql = sql
        .bind(at(kept.triaged_at))
        .bind(kept.triaged_at.and(of.by))
        .bind(kept.accepted_until);
    let tags = serde_json::to_string(&kept.own_tags).unwrap_or_else(|_| "[]".into());
    let sql = sql
        .bind(at(kept.first_seen))
        .bind(at(kept.last_seen))
        .bind(kept.in_latest);
    tx.run(sql.bind(tags)).await?;
    let (project, from) = (ProjectId(was.get("project_id")?), was.word("status")?);
    let severity = rollup::severity(was.get("severity")?)?;
    rollup::add(tx, project, from, severity, -1).await?;
    let to = kept.status.unwrap_or(from);
    rollup::add(tx, project, to, kept.own_severity.unwrap_or(severity), 1).await?;
    let Some(status) = status else { return Ok(()) };
    let told = Sql::new(
        "INSERT INTO finding_history (agency_id, id, finding_id, at, user_id, act, from_status, to_status, notes, batch_id) \
         SELECT $1, $2, $3, $4, $5, 'finding.move', 'open', $6, 'As the export had it.', $7 \
         WHERE NOT EXISTS (SELECT 1 FROM finding_history h WHERE h.agency_id = $1 AND h.finding_id = $3)",
    );
    let told = told.bind(Uuid::now_v7()).bind(id).bind(of.at).bind(of.by).bind(status);
    tx.run(told.bind(of.batch)).await.map(drop)
}

/// Counts the places of new findings that are fixed, where they came with them.
pub(super) async fn recount(tx: &mut Tx, a: &Applied) -> Result<()> {
    if !any(tx, a.batch).await? {
        return Ok(());
    }
    let sql = Sql::new(
        "UPDATE finding SET occurrence_fixed = (SELECT COUNT(*) FROM occurrence o WHERE o.agency_id = $1 AND o.finding_id = finding.id AND o.fixed) \
         WHERE agency_id = $1 AND id IN (SELECT l.finding_id FROM import_line l WHERE l.agency_id = $1 AND l.plan_id = $2 AND l.outcome = 'new')",
    );
    tx.run(sql.bind(a.plan)).await.map(drop)
}
