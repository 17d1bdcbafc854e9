//! What an import changes, as it was: written by the transactions that apply it, over whole sets and only for rows that
//! change, so that the import can be taken back (`store/import/undo.rs`). What an import makes needs no such row: its
//! lines name the findings, and what stands in those goes with them.
//!
//! Whether a place was fixed is kept where the import decides it, by the transaction that does. Of other places it is none
//! of the import's business, whenever they are written: there it is null.

use uuid::Uuid;

use super::apply::Applied;
use super::lines::Which;
use super::part::{Of, Part};
use super::places;
use crate::domain::id::{BatchId, ProjectId};
use crate::domain::time::Time;
use crate::store::{Result, Sql, Tx};

/// Whether a line's record is written into its finding (`lines.rs` writes the same ones, under a new version).
macro_rules! written {
    () => {
        "(l.row_n IS NOT NULL AND l.is_current AND NOT l.unchanged)"
    };
}

/// A fact of a finding, where it is written over.
macro_rules! facts {
    ($($column:literal),+) => {
        concat!($(", CASE WHEN ", written!(), " THEN f.", $column, " END"),+)
    };
}

/// What an import may change besides the scanner's facts.
macro_rules! beside {
    () => {
        "f.status, f.reopened, f.due_at, f.due_reason, f.verify_due_at, f.accepted_until, f.duplicate_of, f.first_seen, f.last_seen, \
         f.seen_in_latest, f.occurrence_count, f.occurrence_fixed"
    };
}

macro_rules! into {
    ($facts:literal) => {
        concat!(
            "INSERT INTO import_before (agency_id, batch_id, finding_id, outcome, version_before, version_after, decided, full_row, \
               status, reopened, due_at, due_reason, verify_due_at, accepted_until, duplicate_of, first_seen, last_seen, seen_in_latest, \
               occurrence_count, occurrence_fixed",
            $facts,
            ")"
        )
    };
}

/// Keeps what the import changes besides findings and places. Called before anything of it is written.
pub async fn keep(tx: &mut Tx, a: &Applied) -> Result<()> {
    keep_tools(tx, a).await?;
    let said = Sql::new(
        "INSERT INTO import_before_said (agency_id, batch_id, key, facts) SELECT $1, $3, m.key, m.facts FROM import_said d \
         JOIN finding_merged m ON m.agency_id = d.agency_id AND m.key = d.key WHERE d.agency_id = $1 AND d.plan_id = $2",
    );
    tx.run(said.bind(a.plan).bind(a.batch)).await.map(drop)
}

async fn keep_tools(tx: &mut Tx, a: &Applied) -> Result<()> {
    let latest = tools(tx, a.project).await?;
    let sql = Sql::new("UPDATE import_batch SET tools_before = $3 WHERE agency_id = $1 AND id = $2");
    let text = serde_json::to_string(&latest).unwrap_or_else(|_| "[]".into());
    tx.run(sql.bind(a.batch).bind(text)).await.map(drop)
}

/// Keeps findings that were there before, and of those that the import opens again the places it only writes to
/// ([`places`](fn@places)). Called before they are written.
pub(super) async fn findings(tx: &mut Tx, of: &Of, which: Which<'_>) -> Result<()> {
    let mut known =
        Sql::new("SELECT 1 AS known FROM import_line l WHERE l.agency_id = $1 AND l.outcome <> 'new'").bind(of.plan);
    which.narrow(&mut known);
    known.push(" LIMIT 1");
    if tx.opt(known).await?.is_none() {
        return Ok(());
    }
    let decided = !matches!(which, Which::Part(_));
    let mut touched = Sql::new(concat!(
        into!(
            ", title, title_fold, description, remediation, refs, severity, scanner_severity, cvss_version, cvss_vector, cvss_score, cwe, cve, \
               tags, suppressed, facts"
        ),
        " SELECT $1, $3, f.id, l.outcome, f.version, f.version + CASE WHEN ",
        written!(),
        " OR l.outcome = 'not_seen' THEN 1 ELSE 0 END, $5, ",
        written!(),
        ", ",
        beside!(),
        facts!(
            "title",
            "title_fold",
            "description",
            "remediation",
            "refs",
            "severity",
            "scanner_severity",
            "cvss_version",
            "cvss_vector",
            "cvss_score",
            "cwe",
            "cve",
            "tags",
            "suppressed",
            "facts"
        ),
        " FROM import_line l JOIN finding f ON f.agency_id = l.agency_id AND f.id = l.finding_id \
         WHERE l.agency_id = $1 AND l.outcome <> 'new' AND (NOT l.unchanged \
           OR (l.row_n IS NOT NULL AND (l.is_current OR l.last_at IS NOT NULL) \
             AND (l.first_at < f.first_seen OR COALESCE(l.last_at, $4) > f.last_seen)))",
    ))
    .bind(of.plan)
    .bind(of.batch)
    .bind(of.at)
    .bind(decided);
    which.narrow(&mut touched);
    tx.run(touched).await?;
    if !decided {
        return Ok(());
    }
    // A finding that is opened again takes its duplicates along.
    let follow = Sql::new(concat!(
        into!(""),
        " SELECT $1, $3, f.id, 'follows', f.version, f.version, TRUE, FALSE, ",
        beside!(),
        " FROM import_line l CROSS JOIN finding f WHERE l.agency_id = $1 AND l.plan_id = $2 AND l.outcome = 'reopened' \
           AND f.agency_id = $1 AND f.duplicate_of = l.finding_id \
         ON CONFLICT (agency_id, batch_id, finding_id) DO NOTHING",
    ));
    tx.run(follow.bind(of.plan).bind(of.batch)).await?;
    keep_verdicts(tx, of).await
}

/// A place's columns in `import_before_place`, from `occurrence o` and what is said of it by now (`import_staged s`).
macro_rules! place_was {
    ($fixed:literal) => {
        concat!(
            "INSERT INTO import_before_place (agency_id, batch_id, occurrence_id, is_new, place, detail, fixed, repeats, first_seen, last_seen, \
               seen_in_latest, chunk_id, chunk_offset, chunk_length, before_chunk_id, before_chunk_offset, before_chunk_length) \
             SELECT $1, $3, o.id, FALSE, CASE WHEN g.is_current AND s.place <> o.place THEN o.place END, \
               CASE WHEN g.is_current AND s.detail <> o.detail THEN o.detail END, ",
            $fixed,
            ", o.repeats, o.first_seen, o.last_seen, o.seen_in_latest, \
               o.chunk_id, o.chunk_offset, o.chunk_length, o.before_chunk_id, o.before_chunk_offset, o.before_chunk_length "
        )
    };
}

/// The record of `import_place g`, where it has one.
macro_rules! said {
    () => {
        "LEFT JOIN import_staged s ON s.agency_id = g.agency_id AND s.batch_id = g.batch_id AND s.file_id = g.file_id AND s.row_n = g.row_n "
    };
}

/// Places of findings that are opened again, and of those that follow them.
async fn keep_verdicts(tx: &mut Tx, of: &Of) -> Result<()> {
    let decided = Sql::new(
        "SELECT finding_id FROM import_before WHERE agency_id = $1 AND batch_id = $2 \
           AND (outcome IN ('reopened', 'follows') OR duplicate_of IS NOT NULL)",
    );
    let rows = tx.all(decided.bind(of.batch)).await?;
    let decided = rows
        .iter()
        .map(|row| row.get("finding_id"))
        .collect::<Result<Vec<Uuid>>>()?;
    for some in decided.chunks(Sql::rows_at_once(1)) {
        // The findings' places first, whatever the planner thinks: the plan has all of the import's.
        let mut sql = Sql::new(concat!(
            place_was!("o.fixed"),
            "FROM occurrence o CROSS JOIN import_place g ",
            said!(),
            "WHERE o.agency_id = $1 AND g.agency_id = $1 AND g.plan_id = $2 AND g.occurrence_id = o.id AND o.finding_id IN ",
        ))
        .bind(of.plan)
        .bind(of.batch);
        sql.push_list(some.iter().copied());
        tx.run(sql).await?;
    }
    Ok(())
}

/// Keeps places. Called before they are written.
pub(super) async fn places(tx: &mut Tx, of: &Of, part: Option<&Part<Uuid>>) -> Result<()> {
    // A place whose record is another by now points elsewhere: every one that is seen again in a newer report.
    let mut changed = Sql::new(concat!(
        place_was!("CAST(NULL AS BOOLEAN)"),
        "FROM import_place g JOIN occurrence o ON o.agency_id = g.agency_id AND o.id = g.occurrence_id ",
        said!(),
        "WHERE g.agency_id = $1 AND g.plan_id = $2 AND NOT g.is_new \
           AND (g.row_n IS NULL OR g.is_current OR g.first_at < o.first_seen OR g.last_at > o.last_seen)",
    ))
    .bind(of.plan)
    .bind(of.batch);
    places::narrow(part, &mut changed);
    changed.push(" ON CONFLICT (agency_id, batch_id, occurrence_id) DO NOTHING");
    tx.run(changed).await?;
    // New places of findings that were there before; those of new findings go with them.
    let mut new = Sql::new(
        "INSERT INTO import_before_place (agency_id, batch_id, occurrence_id, is_new) SELECT $1, $3, g.occurrence_id, TRUE FROM import_place g \
         WHERE g.agency_id = $1 AND g.plan_id = $2 AND g.is_new AND EXISTS (SELECT 1 FROM import_line l WHERE l.agency_id = $1 \
           AND l.finding_id = g.finding_id AND l.plan_id = g.plan_id AND l.outcome <> 'new')",
    )
    .bind(of.plan)
    .bind(of.batch);
    places::narrow(part, &mut new);
    tx.run(new).await.map(drop)
}

/// Notes in which version what followed a reopening stands by now. Called when what decides is written.
pub async fn seal(tx: &mut Tx, a: &Applied) -> Result<()> {
    let moved = Sql::new(
        "UPDATE import_before SET version_after = f.version FROM finding f WHERE f.agency_id = $1 AND f.id = import_before.finding_id \
         AND import_before.agency_id = $1 AND import_before.batch_id = $2 AND import_before.decided \
           AND (import_before.outcome IN ('reopened', 'follows') OR import_before.duplicate_of IS NOT NULL)",
    );
    tx.run(moved.bind(a.batch)).await?;
    let still = Sql::new(
        "DELETE FROM import_before WHERE agency_id = $1 AND batch_id = $2 AND outcome = 'follows' AND version_after = version_before",
    );
    tx.run(still.bind(a.batch)).await.map(drop)
}

/// A tool's latest import, as it is kept.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct Tool {
    pub tool: String,
    pub batch: BatchId,
    pub evidence: Vec<u8>,
    pub observed_at: Option<Time>,
}

/// The latest imports into a project.
pub async fn tools(tx: &mut Tx, project: ProjectId) -> Result<Vec<Tool>> {
    let sql = Sql::new(
        "SELECT tool, batch_id, evidence, observed_at FROM import_tool WHERE agency_id = $1 AND project_id = $2 ORDER BY tool",
    );
    let rows = tx.all(sql.bind(project)).await?;
    rows.iter()
        .map(|row| {
            Ok(Tool {
                tool: row.get("tool")?,
                batch: row.id("batch_id")?,
                evidence: row.get("evidence")?,
                observed_at: row.opt_time("observed_at")?,
            })
        })
        .collect()
}
