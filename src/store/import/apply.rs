//! A plan becomes findings: a dozen statements over whole sets, inside one transaction that decides all there is to
//! decide. Their places follow in it, or after it in parts (`places.rs`).
//!
//! Human decisions are left alone: the only status that changes is `verified_fixed` of what was seen again, and it says
//! so in the history.

use uuid::Uuid;

use super::{places, planner, rest};
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
    let sql = Sql::new(
        "SELECT COUNT(*) AS n FROM import_line l JOIN finding f ON f.agency_id = l.agency_id AND f.id = l.finding_id \
         WHERE l.agency_id = $1 AND l.plan_id = $2 AND l.is_current AND l.row_n IS NOT NULL \
           AND ((l.outcome = 'reopened' AND f.status <> 'verified_fixed') OR (l.outcome = 'recurring' AND f.status = 'verified_fixed'))",
    );
    tx.one(sql.bind(a.plan)).await?.get("n")
}

/// The staged record behind a line, and what it says.
macro_rules! with_record {
    ($head:literal, $tail:literal) => {
        concat!(
            $head,
            " import_line l JOIN import_staged s ON s.agency_id = l.agency_id AND s.batch_id = l.batch_id AND s.file_id = l.file_id AND s.row_n = l.row_n \
             JOIN import_facts x ON x.agency_id = s.agency_id AND x.batch_id = s.batch_id AND x.file_id = s.file_id AND x.fingerprint = s.fingerprint AND x.facts = s.facts ",
            $tail
        )
    };
}

/// How many lines a plan has.
async fn number(tx: &mut Tx, plan: PlanId) -> Result<i64> {
    let sql = Sql::new("SELECT COUNT(*) AS n FROM import_line WHERE agency_id = $1 AND plan_id = $2");
    tx.one(sql.bind(plan)).await?.get("n")
}

/// What became of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Committed {
    Whole,
    /// The places follow in parts.
    Begun,
    /// A verdict moved under it: the transaction must not be kept.
    Moved,
}

/// Commits the plan; its places too, where these are no more than `most` or nobody waits for the writer.
pub async fn commit(tx: &mut Tx, a: &Applied, most: i64) -> Result<Committed> {
    let there = places::number(tx, a.plan).await?;
    let to_come = places::to_come(tx, there, most);
    let lines = number(tx, a.plan).await?;
    planner::joins(tx, lines).await?;
    super::before::keep(tx, a).await?;
    for text in STEPS {
        // Every step names the same four values in its first lines or later; unused ones would be refused by PostgreSQL.
        let mut sql = Sql::new(text).bind(a.plan);
        if text.contains("$3") {
            sql = sql.bind(a.now);
        }
        if text.contains("$4") {
            sql = sql.bind(a.project);
        }
        if text.contains("$5") {
            sql = sql.bind(to_come.is_some());
        }
        tx.run(sql).await?;
    }
    let planned = Sql::new(
        "SELECT COUNT(*) AS n FROM import_line WHERE agency_id = $1 AND plan_id = $2 AND outcome = 'reopened'",
    );
    let planned: i64 = tx.one(planned.bind(a.plan)).await?.get("n")?;
    if planned > 0 && reopened(tx, a).await? as i64 != planned {
        return Ok(Committed::Moved);
    }
    super::kept::findings(tx, a).await?;
    planner::findings_written(tx, there).await?;
    planner::joins(tx, there).await?;
    let committed = if let Some(total) = to_come {
        rest::begin(tx, a, total).await?;
        Committed::Begun
    } else {
        places::write(tx, a.into(), None).await?;
        Committed::Whole
    };
    recount(tx, a, committed).await?;
    count_project(tx, a.project).await?;
    Ok(committed)
}

/// `$2` plan, `$3` now, `$4` project, `$5` whether places are counted as they come: each step uses a prefix of them.
const STEPS: [&str; 7] = [
    // New findings.
    with_record!(
        "INSERT INTO finding (agency_id, id, project_id, key, title, title_fold, description, remediation, refs, tool, severity, scanner_severity, \
           cvss_version, cvss_vector, cvss_score, cwe, cve, tags, status, first_seen, last_seen, seen_in_latest, suppressed, occurrence_count, \
           fingerprint, fingerprint_version, fingerprint_fields, facts, created_at) \
         SELECT $1, l.finding_id, $4, l.key, x.title, x.title_fold, x.description, x.remediation, x.refs, s.tool, x.severity, x.severity, \
           x.cvss_version, x.cvss_vector, x.cvss_score, x.cwe, x.cve, x.tags, 'open', COALESCE(l.first_at, $3), COALESCE(l.last_at, $3), \
           l.is_current, x.suppressed, CASE WHEN $5 THEN 0 ELSE l.places END, x.fingerprint, x.fingerprint_version, x.fingerprint_fields, x.facts, $3 FROM",
        "WHERE l.agency_id = $1 AND l.plan_id = $2 AND l.outcome = 'new'"
    ),
    // What is still there and says the same of itself: only its places differ. Texts that are written again for nothing cost
    // more than all else here.
    "UPDATE finding SET seen_in_latest = TRUE, version = finding.version + 1 FROM import_line l \
     JOIN import_staged s ON s.agency_id = l.agency_id AND s.batch_id = l.batch_id AND s.file_id = l.file_id AND s.row_n = l.row_n \
     WHERE finding.agency_id = $1 AND finding.id = l.finding_id AND l.agency_id = $1 AND l.plan_id = $2 AND l.is_current \
       AND l.outcome <> 'new' AND NOT l.unchanged AND l.via = '' AND finding.facts = s.facts",
    // Scanner facts of what is still there and changed.
    with_record!(
        "UPDATE finding SET title = x.title, title_fold = x.title_fold, description = x.description, remediation = x.remediation, refs = x.refs, \
           severity = COALESCE(finding.own_severity, x.severity), scanner_severity = x.severity, \
           cvss_version = CASE WHEN x.cvss_vector IS NULL THEN finding.cvss_version ELSE x.cvss_version END, \
           cvss_score = CASE WHEN x.cvss_vector IS NULL THEN finding.cvss_score ELSE x.cvss_score END, \
           cvss_vector = COALESCE(x.cvss_vector, finding.cvss_vector), cwe = x.cwe, cve = x.cve, tags = x.tags, suppressed = x.suppressed, \
           facts = x.facts, seen_in_latest = TRUE, version = finding.version + 1 FROM",
        "WHERE finding.agency_id = $1 AND finding.id = l.finding_id AND l.agency_id = $1 AND l.plan_id = $2 AND l.is_current \
           AND l.outcome <> 'new' AND NOT l.unchanged AND l.via = '' AND (finding.facts IS NULL OR finding.facts <> s.facts)"
    ),
    // Of one whose merged part was seen, its own facts stay as they are.
    "UPDATE finding SET seen_in_latest = TRUE, version = finding.version + 1 FROM import_line l \
     WHERE finding.agency_id = $1 AND finding.id = l.finding_id AND l.agency_id = $1 AND l.plan_id = $2 AND l.is_current AND l.via <> '' \
       AND l.row_n IS NOT NULL AND l.outcome <> 'new' AND NOT l.unchanged",
    "UPDATE finding_merged SET facts = d.facts FROM import_said d \
     WHERE finding_merged.agency_id = $1 AND finding_merged.key = d.key AND d.agency_id = $1 AND d.plan_id = $2",
    // When it was seen: latest for what is current, earlier and later for sightings of older reports.
    "UPDATE finding SET first_seen = CASE WHEN l.first_at < finding.first_seen THEN l.first_at ELSE finding.first_seen END, \
       last_seen = CASE WHEN COALESCE(l.last_at, $3) > finding.last_seen THEN COALESCE(l.last_at, $3) ELSE finding.last_seen END \
     FROM import_line l WHERE finding.agency_id = $1 AND finding.id = l.finding_id AND l.agency_id = $1 AND l.plan_id = $2 \
       AND l.row_n IS NOT NULL AND l.outcome <> 'new' AND (l.is_current OR l.last_at IS NOT NULL)",
    // What is not there any more: a fact, not a verdict.
    "UPDATE finding SET seen_in_latest = FALSE, version = finding.version + 1 FROM import_line l \
     WHERE finding.agency_id = $1 AND finding.id = l.finding_id AND l.agency_id = $1 AND l.plan_id = $2 AND l.outcome = 'not_seen'",
];

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
