//! What a plan is made from, and the plan as rows.

use uuid::Uuid;

use super::some::take_away;
use crate::domain::id::{BatchId, FindingId, OccurrenceId, PlanId, ProjectId};
use crate::domain::severity::Severity;
use crate::domain::status::Status;
use crate::domain::time::Time;
use crate::store::bulk::Rows;
use crate::store::page::{self, Key, Slice, SortColumn, Window};
use crate::store::{Error, Result, Row, Sql, Tx, rollup};

/// Rows of one page when whole sets are read.
const PAGE: i64 = 5_000;

/// Rows of one transaction when whole sets are forgotten.
const SOME: i64 = 1_000;

/// Rows of one transaction when whole sets are written.
pub const WRITTEN: usize = 1_000;

fn hash(row: &Row, column: &str) -> Result<[u8; 32]> {
    let bytes: Vec<u8> = row.get(column)?;
    bytes
        .try_into()
        .map_err(|_| Error::Corrupt(format!("{column} is no digest")))
}

/// A finding that imports made.
#[derive(Debug, Clone)]
pub struct KnownRow {
    pub id: FindingId,
    pub tool: String,
    pub fingerprint: [u8; 32],
    pub facts: Option<[u8; 32]>,
    pub status: Status,
    pub severity: Severity,
    pub seen_in_latest: bool,
}

/// The project's findings of these tools.
pub async fn known(tx: &mut Tx, project: ProjectId, tools: &[String]) -> Result<Vec<KnownRow>> {
    let mut found = Vec::new();
    if tools.is_empty() {
        return Ok(found);
    }
    let mut after = Uuid::nil();
    loop {
        let mut sql = Sql::new(
            "SELECT id, tool, fingerprint, facts, status, severity, seen_in_latest FROM finding \
             WHERE agency_id = $1 AND project_id = $2 AND id > $3 AND fingerprint IS NOT NULL AND tool IN ",
        )
        .bind(project)
        .bind(after);
        sql.push_list(tools.iter().map(String::as_str))
            .push(" ORDER BY id LIMIT ")
            .push_bind(PAGE);
        let rows = tx.all(sql).await?;
        for row in &rows {
            after = row.get("id")?;
            let facts: Option<Vec<u8>> = row.get("facts")?;
            found.push(KnownRow {
                id: FindingId(after),
                tool: row.get("tool")?,
                fingerprint: hash(row, "fingerprint")?,
                facts: facts.and_then(|f| f.try_into().ok()),
                status: row.word("status")?,
                severity: rollup::severity(row.get("severity")?)?,
                seen_in_latest: row.get("seen_in_latest")?,
            });
        }
        if rows.len() < PAGE as usize {
            return Ok(found);
        }
    }
}

/// A place of a known finding.
#[derive(Debug, Clone)]
pub struct PlaceRow {
    pub id: OccurrenceId,
    pub finding: FindingId,
    pub key: [u8; 32],
    pub host: Option<String>,
    pub place: String,
    pub seen_in_latest: bool,
}

/// The places of the project's findings of these tools; where they are only where it is asked (`named`).
pub async fn places(tx: &mut Tx, project: ProjectId, tools: &[String], named: bool) -> Result<Vec<PlaceRow>> {
    let mut found = Vec::new();
    if tools.is_empty() {
        return Ok(found);
    }
    let mut sql = Sql::new(if named {
        "SELECT o.id, o.finding_id, o.place_key, o.seen_in_latest, o.host, o.place"
    } else {
        "SELECT o.id, o.finding_id, o.place_key, o.seen_in_latest"
    });
    sql.push(
        " FROM occurrence o JOIN finding f ON f.agency_id = o.agency_id AND f.id = o.finding_id \
         WHERE o.agency_id = $1 AND f.project_id = $2 AND f.fingerprint IS NOT NULL AND f.tool IN ",
    );
    let mut sql = sql.bind(project);
    sql.push_list(tools.iter().map(String::as_str));
    tx.each(sql, |row| {
        found.push(PlaceRow {
            id: row.id("id")?,
            finding: row.id("finding_id")?,
            key: hash(row, "place_key")?,
            host: if named { row.get("host")? } else { None },
            place: if named { row.get("place")? } else { String::new() },
            seen_in_latest: row.get("seen_in_latest")?,
        });
        Ok(())
    })
    .await?;
    Ok(found)
}

/// A tool's latest import into a project.
#[derive(Debug, Clone)]
pub struct LatestRow {
    pub tool: String,
    pub evidence: Vec<u8>,
    pub observed_at: Option<Time>,
}

pub async fn latest(tx: &mut Tx, project: ProjectId) -> Result<Vec<LatestRow>> {
    let sql = Sql::new("SELECT tool, evidence, observed_at FROM import_tool WHERE agency_id = $1 AND project_id = $2");
    tx.all(sql.bind(project))
        .await?
        .iter()
        .map(|row| {
            Ok(LatestRow {
                tool: row.get("tool")?,
                evidence: row.get("evidence")?,
                observed_at: row.opt_time("observed_at")?,
            })
        })
        .collect()
}

/// How many imports a project has had.
pub async fn head(tx: &mut Tx, project: ProjectId) -> Result<i64> {
    let sql = Sql::new("SELECT n FROM import_head WHERE agency_id = $1 AND project_id = $2");
    tx.opt(sql.bind(project)).await?.map_or(Ok(0), |row| row.get("n"))
}

/// A line of a plan as it is stored.
#[derive(Debug, Clone)]
pub struct NewLine {
    pub n: i64,
    pub rank: i64,
    pub outcome: &'static str,
    pub severity: Severity,
    pub finding: FindingId,
    /// The key of a finding that is new.
    pub key: Option<String>,
    /// File and row of the record that speaks for it.
    pub record: Option<(Uuid, i64)>,
    pub unchanged: bool,
    pub current: bool,
    pub places: i64,
    pub seen: Option<(Time, Time)>,
    /// The key of the merged finding whose record it is.
    pub via: String,
}

/// A place of a plan as it is stored; without a record it is gone.
#[derive(Debug, Clone)]
pub struct NewPlace {
    pub occurrence: OccurrenceId,
    pub finding: FindingId,
    pub record: Option<(Uuid, i64)>,
    pub new: bool,
    pub current: bool,
    pub repeats: i64,
    pub seen: Option<(Time, Time)>,
    pub via: String,
}

pub async fn write_lines(tx: &mut Tx, batch: BatchId, plan: PlanId, lines: Vec<NewLine>) -> Result<()> {
    let mut rows = Rows::new(
        "INSERT INTO import_line (agency_id, batch_id, plan_id, n, rank, outcome, severity, finding_id, key, file_id, row_n, unchanged, \
           is_current, places, first_at, last_at, via)",
    );
    for l in lines {
        rows.push([
            batch.into(),
            plan.into(),
            l.n.into(),
            l.rank.into(),
            l.outcome.into(),
            l.severity.into(),
            l.finding.into(),
            l.key.into(),
            l.record.map(|r| r.0).into(),
            l.record.map(|r| r.1).into(),
            l.unchanged.into(),
            l.current.into(),
            l.places.into(),
            l.seen.map(|s| s.0).into(),
            l.seen.map(|s| s.1).into(),
            l.via.into(),
        ]);
    }
    tx.insert(rows).await
}

pub async fn write_places(tx: &mut Tx, batch: BatchId, plan: PlanId, places: Vec<NewPlace>) -> Result<()> {
    let mut rows = Rows::new(
        "INSERT INTO import_place (agency_id, batch_id, plan_id, occurrence_id, finding_id, file_id, row_n, is_new, is_current, repeats, \
           first_at, last_at, via)",
    );
    for p in places {
        rows.push([
            batch.into(),
            plan.into(),
            p.occurrence.into(),
            p.finding.into(),
            p.record.map(|r| r.0).into(),
            p.record.map(|r| r.1).into(),
            p.new.into(),
            p.current.into(),
            p.repeats.into(),
            p.seen.map(|s| s.0).into(),
            p.seen.map(|s| s.1).into(),
            p.via.into(),
        ]);
    }
    tx.insert(rows).await
}

/// Begins a plan of a batch that was not applied; one that is being made already counts no more. `false` where the batch is in
/// another version than it was read in.
pub async fn begin(tx: &mut Tx, batch: BatchId, read: i64, plan: PlanId) -> Result<bool> {
    let sql = Sql::new(
        "UPDATE import_batch SET state = 'planning', planning = $3, plan_id = NULL, totals = NULL, problem = NULL, \
           progress_done = NULL, progress_total = NULL, version = version + 1 \
         WHERE agency_id = $1 AND id = $2 AND version = $4 AND state <> 'applied'",
    );
    Ok(tx.run(sql.bind(batch).bind(plan).bind(read)).await? == 1)
}

/// Ends a plan that came to nothing.
pub async fn fail(tx: &mut Tx, batch: BatchId, plan: PlanId) -> Result<()> {
    let sql = Sql::new(
        "UPDATE import_batch SET state = 'open', planning = NULL, version = version + 1 WHERE agency_id = $1 AND id = $2 AND planning = $3",
    );
    tx.run(sql.bind(batch).bind(plan)).await.map(drop)
}

/// Makes a written plan the batch's plan. `false` where a file came in, another plan was begun or the batch was applied
/// since this one was begun.
pub async fn adopt(
    tx: &mut Tx,
    batch: BatchId,
    plan: PlanId,
    base: i64,
    scope: String,
    tools: String,
    totals: String,
) -> Result<bool> {
    let sql = Sql::new(
        "UPDATE import_batch SET state = 'planned', planning = NULL, plan_id = $3, base = $4, scope = $5, tools = $6, totals = $7, problem = NULL, \
           progress_done = NULL, progress_total = NULL, version = version + 1 WHERE agency_id = $1 AND id = $2 AND planning = $3",
    );
    let sql = sql
        .bind(batch)
        .bind(plan)
        .bind(base)
        .bind(scope)
        .bind(tools)
        .bind(totals);
    Ok(tx.run(sql).await? == 1)
}

/// The plans of a batch that have rows.
pub async fn written(tx: &mut Tx, batch: BatchId) -> Result<Vec<PlanId>> {
    let sql = Sql::new(
        "SELECT plan_id FROM import_line WHERE agency_id = $1 AND batch_id = $2 \
         UNION SELECT plan_id FROM import_place WHERE agency_id = $1 AND batch_id = $2",
    );
    let rows = tx.all(sql.bind(batch)).await?;
    rows.iter().map(|row| row.id("plan_id")).collect()
}

/// Forgets some of a plan. Returns whether there may be more.
pub async fn forget(tx: &mut Tx, batch: BatchId, plan: PlanId) -> Result<bool> {
    let said = Sql::new("DELETE FROM import_said WHERE agency_id = $1 AND batch_id = $2 AND plan_id = $3");
    tx.run(said.bind(batch).bind(plan)).await?;
    let lines = take_away(tx, "import_line", &[("plan_id", plan.0)], "n", SOME).await?;
    let places = forget_places(tx, plan).await?;
    Ok(places || lines > 0)
}

/// Forgets some of a plan's places: once they are written, nobody asks for them. Returns whether there may be more.
pub async fn forget_places(tx: &mut Tx, plan: PlanId) -> Result<bool> {
    let of = [("plan_id", plan.0)];
    Ok(take_away(tx, "import_place", &of, "occurrence_id", SOME).await? > 0)
}

/// The plans of a batch whose places are still there.
pub async fn with_places(tx: &mut Tx, batch: BatchId) -> Result<Vec<PlanId>> {
    let sql = Sql::new("SELECT DISTINCT plan_id FROM import_place WHERE agency_id = $1 AND batch_id = $2");
    let rows = tx.all(sql.bind(batch)).await?;
    rows.iter().map(|row| row.id("plan_id")).collect()
}

/// A line of a plan as it is shown.
#[derive(Debug, Clone)]
pub struct LineRow {
    pub n: i64,
    pub rank: i64,
    pub outcome: String,
    pub severity: Severity,
    pub title: String,
    /// The finding's key, where it exists.
    pub finding: Option<String>,
    pub places: i64,
    pub fingerprint_version: i64,
    /// JSON.
    pub fingerprint_fields: String,
    /// The finding, where people merged or split it.
    pub corrected: Option<FindingId>,
}

const SORT: [SortColumn; 3] = [
    SortColumn::asc("l.rank"),
    SortColumn::desc("l.severity"),
    SortColumn::asc("l.n"),
];

#[must_use]
pub fn keys(row: &LineRow) -> Vec<Key> {
    vec![Key::Int(row.rank), Key::Int(row.severity.rank()), Key::Int(row.n)]
}

pub async fn lines(tx: &mut Tx, batch: BatchId, plan: PlanId, window: &Window) -> Result<Slice<LineRow>> {
    let mut sql = Sql::new(
        "SELECT l.n, l.rank, l.outcome, l.severity, l.places, COALESCE(x.title, f.title, '') AS title, f.key AS finding_key, \
           COALESCE(x.fingerprint_version, f.fingerprint_version, 0) AS version, COALESCE(x.fingerprint_fields, f.fingerprint_fields, '[]') AS fields, \
           CASE WHEN EXISTS (SELECT 1 FROM finding_merged m WHERE m.agency_id = $1 AND m.survivor_id = l.finding_id AND m.kind = 'merged') \
             OR EXISTS (SELECT 1 FROM finding_split d WHERE d.agency_id = $1 AND d.finding_id = l.finding_id) THEN l.finding_id END AS corrected \
         FROM import_line l LEFT JOIN finding f ON f.agency_id = l.agency_id AND f.id = l.finding_id \
         LEFT JOIN import_staged s ON s.agency_id = l.agency_id AND s.batch_id = l.batch_id AND s.file_id = l.file_id AND s.row_n = l.row_n \
         LEFT JOIN import_facts x ON x.agency_id = s.agency_id AND x.batch_id = s.batch_id AND x.file_id = s.file_id \
           AND x.fingerprint = s.fingerprint AND x.facts = s.facts \
         WHERE l.agency_id = $1 AND l.batch_id = $2 AND l.plan_id = $3",
    )
    .bind(batch)
    .bind(plan);
    page::window(&mut sql, &SORT, window);
    let rows = tx.all(sql).await?;
    let rows = rows
        .iter()
        .map(|row| {
            Ok(LineRow {
                n: row.get("n")?,
                rank: row.get("rank")?,
                outcome: row.get("outcome")?,
                severity: rollup::severity(row.get("severity")?)?,
                title: row.get("title")?,
                finding: row.get("finding_key")?,
                places: row.get("places")?,
                fingerprint_version: row.get("version")?,
                fingerprint_fields: row.get("fields")?,
                corrected: row.opt_id("corrected")?,
            })
        })
        .collect::<Result<_>>()?;
    Ok(Slice::of(rows, window))
}
