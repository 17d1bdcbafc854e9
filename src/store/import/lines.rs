//! The findings of an import: the lines of a plan, written into the project.
//!
//! Human decisions are left alone: the only status that changes is `verified_fixed` of what was seen again (`apply.rs`).
//!
//! On PostgreSQL, and where an import is small, the transaction that decides writes all of them. On SQLite there is one
//! writer, and everybody waits while it writes: there the deciding transaction writes what it opens again, with the
//! duplicates that follow, and all others follow it in parts, in the order of their lines, before their places
//! (`places.rs`). A part keeps what was before, writes, and moves the mark on (`rest.rs`), all in one transaction. What a
//! person does to a finding before its part comes is done to what was there, and stays.

use super::before;
use super::part::{Of, Part};
use crate::domain::id::PlanId;
use crate::store::{Result, Sql, Tx};

/// Which lines of a plan.
#[derive(Debug, Clone, Copy)]
pub enum Which<'p> {
    All,
    /// What is opened again, and its duplicates.
    Decided,
    /// Some of the others.
    Part(&'p Part<i64>),
}

impl Which<'_> {
    /// Narrows a statement over `import_line l` to these of the plan `$2`.
    pub(super) fn narrow(self, sql: &mut Sql) {
        match self {
            Self::All => {
                sql.push(" AND l.plan_id = $2");
            }
            // By what is opened again, not by the plan: SQLite would walk all of its lines for the few.
            Self::Decided => {
                sql.push(
                    " AND CASE WHEN TRUE THEN l.plan_id END = $2 AND l.finding_id IN (SELECT r.finding_id FROM import_line r \
                       WHERE r.agency_id = $1 AND r.plan_id = $2 AND r.outcome = 'reopened' \
                     UNION SELECT d.id FROM import_line r CROSS JOIN finding d \
                       WHERE r.agency_id = $1 AND r.plan_id = $2 AND r.outcome = 'reopened' AND d.agency_id = $1 AND d.duplicate_of = r.finding_id)",
                );
            }
            Self::Part(part) => {
                sql.push(" AND l.plan_id = $2");
                part.narrow("l.n", sql);
                sql.push(
                    " AND NOT EXISTS (SELECT 1 FROM import_before k WHERE k.agency_id = $1 AND k.batch_id = l.batch_id \
                       AND k.finding_id = l.finding_id AND k.decided)",
                );
            }
        }
    }
}

/// The next lines after `after`, at most `some`.
pub async fn next(tx: &mut Tx, plan: PlanId, after: i64, some: i64) -> Result<Part<i64>> {
    let sql = Sql::new(
        "SELECT n FROM import_line WHERE agency_id = $1 AND plan_id = $2 AND n > $3 ORDER BY n LIMIT 2 OFFSET $4",
    );
    let rows = tx.all(sql.bind(plan).bind(after).bind(some - 1)).await?;
    Part::ending(after, some, &rows, "n")
}

/// Writes findings, with what they were before; their places come later where this is a part.
pub async fn write(tx: &mut Tx, of: &Of, which: Which<'_>) -> Result<()> {
    let follow = matches!(which, Which::Part(_));
    before::findings(tx, of, which).await?;
    if follow {
        count(tx, of, which, -1).await?;
    }
    for text in STEPS {
        let mut sql = Sql::new(text).bind(of.plan);
        if text.contains("$3") {
            sql = sql.bind(of.at);
        }
        if text.contains("$4") {
            sql = sql.bind(of.project).bind(follow);
        }
        which.narrow(&mut sql);
        tx.run(sql).await?;
    }
    if follow {
        count(tx, of, which, 1).await?;
    }
    Ok(())
}

/// Adds the findings to what the project counts, or takes them away.
async fn count(tx: &mut Tx, of: &Of, which: Which<'_>, sign: i64) -> Result<()> {
    let mut sql = Sql::new(
        "INSERT INTO rollup (agency_id, project_id, status, severity, n) SELECT $1, f.project_id, f.status, f.severity, $3 * COUNT(*) \
           FROM import_line l JOIN finding f ON f.agency_id = l.agency_id AND f.id = l.finding_id WHERE l.agency_id = $1",
    )
    .bind(of.plan)
    .bind(sign);
    which.narrow(&mut sql);
    sql.push(
        " GROUP BY f.project_id, f.status, f.severity \
         ON CONFLICT (agency_id, project_id, status, severity) DO UPDATE SET n = rollup.n + excluded.n",
    );
    tx.run(sql).await.map(drop)
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

/// `$2` plan, `$3` when it was applied, `$4` project, `$5` whether places are counted as they come: each uses some of them.
const STEPS: [&str; 6] = [
    // New findings.
    with_record!(
        "INSERT INTO finding (agency_id, id, project_id, key, title, title_fold, description, remediation, refs, tool, severity, scanner_severity, \
           cvss_version, cvss_vector, cvss_score, cwe, cve, tags, status, first_seen, last_seen, seen_in_latest, suppressed, occurrence_count, \
           fingerprint, fingerprint_version, fingerprint_fields, facts, created_at) \
         SELECT $1, l.finding_id, $4, l.key, x.title, x.title_fold, x.description, x.remediation, x.refs, s.tool, x.severity, x.severity, \
           x.cvss_version, x.cvss_vector, x.cvss_score, x.cwe, x.cve, x.tags, 'open', COALESCE(l.first_at, $3), COALESCE(l.last_at, $3), \
           l.is_current, x.suppressed, CASE WHEN $5 THEN 0 ELSE l.places END, x.fingerprint, x.fingerprint_version, x.fingerprint_fields, x.facts, $3 FROM",
        "WHERE l.agency_id = $1 AND l.outcome = 'new'"
    ),
    // What is still there and says the same of itself: only its places differ. Texts that are written again for nothing cost
    // more than all else here.
    "UPDATE finding SET seen_in_latest = TRUE, version = finding.version + 1 FROM import_line l \
     JOIN import_staged s ON s.agency_id = l.agency_id AND s.batch_id = l.batch_id AND s.file_id = l.file_id AND s.row_n = l.row_n \
     WHERE finding.agency_id = $1 AND finding.id = l.finding_id AND l.agency_id = $1 AND l.is_current \
       AND l.outcome <> 'new' AND NOT l.unchanged AND l.via = '' AND finding.facts = s.facts",
    // Scanner facts of what is still there and changed.
    with_record!(
        "UPDATE finding SET title = x.title, title_fold = x.title_fold, description = x.description, remediation = x.remediation, refs = x.refs, \
           severity = COALESCE(finding.own_severity, x.severity), scanner_severity = x.severity, \
           cvss_version = CASE WHEN x.cvss_vector IS NULL THEN finding.cvss_version ELSE x.cvss_version END, \
           cvss_score = CASE WHEN x.cvss_vector IS NULL THEN finding.cvss_score ELSE x.cvss_score END, \
           cvss_vector = COALESCE(x.cvss_vector, finding.cvss_vector), cwe = x.cwe, cve = x.cve, tags = x.tags, suppressed = x.suppressed, \
           facts = x.facts, seen_in_latest = TRUE, version = finding.version + 1 FROM",
        "WHERE finding.agency_id = $1 AND finding.id = l.finding_id AND l.agency_id = $1 AND l.is_current \
           AND l.outcome <> 'new' AND NOT l.unchanged AND l.via = '' AND (finding.facts IS NULL OR finding.facts <> s.facts)"
    ),
    // Of one whose merged part was seen, its own facts stay as they are.
    "UPDATE finding SET seen_in_latest = TRUE, version = finding.version + 1 FROM import_line l \
     WHERE finding.agency_id = $1 AND finding.id = l.finding_id AND l.agency_id = $1 AND l.is_current AND l.via <> '' \
       AND l.row_n IS NOT NULL AND l.outcome <> 'new' AND NOT l.unchanged",
    // When it was seen: latest for what is current, earlier and later for sightings of older reports.
    "UPDATE finding SET first_seen = CASE WHEN l.first_at < finding.first_seen THEN l.first_at ELSE finding.first_seen END, \
       last_seen = CASE WHEN COALESCE(l.last_at, $3) > finding.last_seen THEN COALESCE(l.last_at, $3) ELSE finding.last_seen END \
     FROM import_line l WHERE finding.agency_id = $1 AND finding.id = l.finding_id AND l.agency_id = $1 \
       AND l.row_n IS NOT NULL AND l.outcome <> 'new' AND (l.is_current OR l.last_at IS NOT NULL)",
    // What is not there any more: a fact, not a verdict.
    "UPDATE finding SET seen_in_latest = FALSE, version = finding.version + 1 FROM import_line l \
     WHERE finding.agency_id = $1 AND finding.id = l.finding_id AND l.agency_id = $1 AND l.outcome = 'not_seen'",
];
