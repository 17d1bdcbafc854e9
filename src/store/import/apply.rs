//! A plan becomes findings: inside one transaction that decides all there is to decide. The findings (`lines.rs`) and
//! their places (`places.rs`) are written in it, by a dozen statements over whole sets, or after it in parts (`rest.rs`).
//!
//! Human decisions are left alone: the only status that changes is `verified_fixed` of what was seen again, and it says
//! so in the history.

use uuid::Uuid;

use super::lines::{self, Which};
use super::part::Of;
use super::rest::Size;
use super::{before, places, planner, rest};
use crate::domain::id::{BatchId, PlanId, ProjectId, UserId};
use crate::domain::status::Rule;
use crate::domain::time::Time;
use crate::store::{Result, Sql, Tx};

/// What an application works on.
#[derive(Debug, Clone, Copy)]
pub struct Applied {
    pub batch: BatchId,
    pub plan: PlanId,
    pub project: ProjectId,
    /// How many imports the project had had when the plan was made.
    pub base: i64,
    pub now: Time,
    /// Who applies it.
    pub by: UserId,
}

/// Takes the project's turn and the batch's plan. `false` where either moved since the plan was made.
pub async fn claim(tx: &mut Tx, a: &Applied) -> Result<bool> {
    let head = Sql::new("UPDATE import_head SET n = n + 1 WHERE agency_id = $1 AND project_id = $2 AND n = $3");
    if tx.run(head.bind(a.project).bind(a.base)).await? != 1 {
        return Ok(false);
    }
    let batch = Sql::new(
        "UPDATE import_batch SET state = 'applied', applied_at = $4, progress_done = NULL, progress_total = NULL, problem = NULL, \
           version = version + 1 WHERE agency_id = $1 AND id = $2 AND plan_id = $3 AND state = 'planned'",
    );
    Ok(tx.run(batch.bind(a.batch).bind(a.plan).bind(a.now)).await? == 1)
}

/// How many findings were verified fixed, or taken back from it, since the plan was made.
pub async fn moved(tx: &mut Tx, a: &Applied) -> Result<i64> {
    // From the ends that are short: what is to be opened again, and what is verified fixed by now.
    let sql = Sql::new(
        "SELECT (SELECT COUNT(*) FROM import_line l JOIN finding f ON f.agency_id = l.agency_id AND f.id = l.finding_id \
             WHERE l.agency_id = $1 AND l.plan_id = $2 AND l.outcome = 'reopened' AND f.status <> 'verified_fixed') \
           + (SELECT COUNT(*) FROM finding f CROSS JOIN import_line l WHERE f.agency_id = $1 AND f.project_id = $3 AND f.status = 'verified_fixed' \
             AND l.agency_id = $1 AND l.plan_id = $2 AND l.finding_id = f.id AND l.outcome = 'recurring' AND l.is_current AND l.row_n IS NOT NULL) AS n",
    );
    tx.one(sql.bind(a.plan).bind(a.project)).await?.get("n")
}

/// What became of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    Whole,
    /// The rest follows in parts.
    Begun,
    /// A verdict moved under it: the transaction must not be kept.
    Moved,
}

/// Commits a plan of this size: all of it, or, where it is more than `most` rows and everybody waits for the writer, what
/// it decides.
pub async fn commit(tx: &mut Tx, a: &Applied, size: Size, most: i64) -> Result<Committed> {
    let to_come = size.to_come(tx, most);
    planner::joins(tx, size.lines).await?;
    before::keep(tx, a).await?;
    let of = Of::from(a);
    let planned = Sql::new(
        "SELECT COUNT(*) AS n FROM import_line WHERE agency_id = $1 AND plan_id = $2 AND outcome = 'reopened'",
    );
    let planned: i64 = tx.one(planned.bind(a.plan)).await?.get("n")?;
    if to_come.is_none() {
        lines::write(tx, &of, Which::All).await?;
    } else if planned > 0 {
        lines::write(tx, &of, Which::Decided).await?;
    }
    let said = Sql::new(
        "UPDATE finding_merged SET facts = d.facts FROM import_said d \
         WHERE finding_merged.agency_id = $1 AND finding_merged.key = d.key AND d.agency_id = $1 AND d.plan_id = $2",
    );
    tx.run(said.bind(a.plan)).await?;
    if planned > 0 && reopened(tx, a).await? as i64 != planned {
        return Ok(Committed::Moved);
    }
    planner::findings_written(tx, size.places).await?;
    planner::joins(tx, size.places).await?;
    let committed = if let Some(total) = to_come {
        rest::begin(tx, a, total).await?;
        Committed::Begun
    } else {
        places::write(tx, &of, None).await?;
        Committed::Whole
    };
    recount(tx, a, committed).await?;
    if committed == Committed::Whole || planned > 0 {
        count_project(tx, a.project).await?;
    }
    Ok(committed)
}

/// What is verified fixed and there again: open, with a line in its history that says which rule did it. A verdict may
/// have moved since [`moved`] looked: only what still is verified fixed at this moment is reopened, and only that is
/// told. Returns how many that were.
async fn reopened(tx: &mut Tx, a: &Applied) -> Result<usize> {
    let occurrences = Sql::new(
        "UPDATE occurrence SET fixed = FALSE WHERE agency_id = $1 AND finding_id IN (SELECT l.finding_id FROM import_line l \
             JOIN finding f ON f.agency_id = l.agency_id AND f.id = l.finding_id \
             WHERE l.agency_id = $1 AND l.plan_id = $2 AND l.outcome = 'reopened' AND f.status = 'verified_fixed') \
           AND EXISTS (SELECT 1 FROM import_place g WHERE g.agency_id = $1 AND g.plan_id = $2 AND g.occurrence_id = occurrence.id \
             AND g.row_n IS NOT NULL)",
    );
    // New places are not there yet, and never were fixed.
    tx.run(occurrences.bind(a.plan)).await?;
    // The other places keep their verdict; how many are fixed is counted below.
    let findings = Sql::new(
        "UPDATE finding SET status = 'open', reopened = TRUE, seen_in_latest = TRUE FROM import_line l \
         WHERE finding.agency_id = $1 AND finding.id = l.finding_id AND l.agency_id = $1 AND l.plan_id = $2 AND l.outcome = 'reopened' \
           AND finding.status = 'verified_fixed' RETURNING finding.id AS id",
    );
    let rows = tx.all(findings.bind(a.plan)).await?;
    let ids = rows.iter().map(|r| r.get("id")).collect::<Result<Vec<Uuid>>>()?;
    for some in ids.chunks(Sql::rows_at_once(10)) {
        let mut sql = Sql::new(
            "INSERT INTO finding_history (agency_id, id, finding_id, at, rule, act, from_status, to_status, notes, batch_id) VALUES ",
        );
        sql.push_rows(some.iter().map(|id| {
            vec![
                Uuid::now_v7().into(),
                (*id).into(),
                a.now.into(),
                Rule::SeenAgain.name().into(),
                "finding.move".into(),
                "verified_fixed".into(),
                "open".into(),
                "Seen again by an import.".into(),
                a.batch.into(),
            ]
        }));
        tx.run(sql).await?;
    }
    Ok(ids.len())
}

/// Brings the counts kept beside the rows in line with them: new places, where they did not come with their finding or
/// are to come, and all of what verdicts were taken back from.
async fn recount(tx: &mut Tx, a: &Applied, committed: Committed) -> Result<()> {
    if committed == Committed::Whole {
        let more = Sql::new(
            "UPDATE finding SET occurrence_count = finding.occurrence_count + c.n \
             FROM (SELECT g.finding_id, COUNT(*) AS n FROM import_place g WHERE g.agency_id = $1 AND g.plan_id = $2 AND g.is_new \
               AND EXISTS (SELECT 1 FROM import_line l WHERE l.agency_id = $1 AND l.plan_id = $2 AND l.finding_id = g.finding_id \
                 AND l.outcome <> 'new') GROUP BY g.finding_id) c \
             WHERE finding.agency_id = $1 AND finding.id = c.finding_id",
        );
        tx.run(more.bind(a.plan)).await?;
        super::kept::recount(tx, a).await?;
    }
    let verdicts = Sql::new(
        "UPDATE finding SET occurrence_count = (SELECT COUNT(*) FROM occurrence o WHERE o.agency_id = $1 AND o.finding_id = finding.id), \
           occurrence_fixed = (SELECT COUNT(*) FROM occurrence o WHERE o.agency_id = $1 AND o.finding_id = finding.id AND o.fixed) \
         WHERE agency_id = $1 AND id IN (SELECT l.finding_id FROM import_line l WHERE l.agency_id = $1 AND l.plan_id = $2 \
           AND l.outcome = 'reopened')",
    );
    tx.run(verdicts.bind(a.plan)).await.map(drop)
}

/// Counts the whole project: an import may touch all of it, and a count of rows cannot drift.
pub(super) async fn count_project(tx: &mut Tx, project: ProjectId) -> Result<()> {
    let clear = Sql::new("DELETE FROM rollup WHERE agency_id = $1 AND project_id = $2");
    tx.run(clear.bind(project)).await?;
    let fill = Sql::new(
        "INSERT INTO rollup (agency_id, project_id, status, severity, n) SELECT $1, project_id, status, severity, COUNT(*) FROM finding \
         WHERE agency_id = $1 AND project_id = $2 GROUP BY project_id, status, severity",
    );
    tx.run(fill.bind(project)).await.map(drop)
}

/// Makes this batch the latest import of a tool.
pub async fn set_latest(
    tx: &mut Tx,
    a: &Applied,
    tool: &str,
    evidence: Vec<u8>,
    observed_at: Option<Time>,
) -> Result<()> {
    let sql = Sql::new(
        "INSERT INTO import_tool (agency_id, project_id, tool, batch_id, evidence, observed_at) VALUES ($1, $2, $3, $4, $5, $6) \
         ON CONFLICT (agency_id, project_id, tool) DO UPDATE SET batch_id = excluded.batch_id, evidence = excluded.evidence, \
           observed_at = COALESCE(excluded.observed_at, import_tool.observed_at)",
    );
    let sql = sql.bind(a.project).bind(tool).bind(a.batch).bind(evidence);
    tx.run(sql.bind(observed_at)).await.map(drop)
}
