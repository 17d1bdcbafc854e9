//! The way back of an import: what stands in it, what it would do, and doing it: a dozen statements over whole sets, as
//! applying is (`store/import/apply.rs`), from what was kept then (`store/import/before.rs`).

use uuid::Uuid;

use super::before::Tool;
use super::some::take_away;
use super::{BatchRow, apply};
use crate::domain::id::{ActId, BatchId, UserId};
use crate::domain::time::Time;
use crate::store::act::Again;
use crate::store::client::UserRef;
use crate::store::tx::Engine;
use crate::store::{Result, Sql, Tx};

/// How long what was before an import is kept, in days.
pub const KEPT_DAYS: i64 = 30;

/// The act that applied a batch, and who did it.
#[derive(Debug, Clone)]
pub struct AppliedBy {
    pub batch: BatchId,
    pub act: ActId,
    pub by: UserRef,
}

/// By which acts these batches were applied, where they can be taken back at all.
pub async fn acts(tx: &mut Tx, batches: &[BatchId]) -> Result<Vec<AppliedBy>> {
    if batches.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(
        "SELECT x.object_id, a.id, u.id AS user_id, u.name, u.email FROM act_change x JOIN act a ON a.agency_id = x.agency_id AND a.id = x.act_id \
         JOIN agency_user u ON u.agency_id = a.agency_id AND u.id = a.user_id \
         WHERE x.agency_id = $1 AND x.object_kind = 'import' AND a.root_id IS NULL AND a.stays IS NULL AND x.object_id IN ",
    );
    sql.push_list(batches.iter().copied());
    let rows = tx.all(sql).await?;
    rows.iter()
        .map(|row| {
            Ok(AppliedBy {
                batch: row.id("object_id")?,
                act: row.id("id")?,
                by: UserRef {
                    id: row.id("user_id")?,
                    name: row.get("name")?,
                    email: row.get("email")?,
                },
            })
        })
        .collect()
}

/// The batch that an act applied.
pub async fn batch_of(tx: &mut Tx, act: ActId) -> Result<Option<BatchId>> {
    let sql =
        Sql::new("SELECT object_id FROM act_change WHERE agency_id = $1 AND act_id = $2 AND object_kind = 'import'");
    tx.opt(sql.bind(act)).await?.map(|row| row.id("object_id")).transpose()
}

/// A later import into the same project.
#[derive(Debug, Clone)]
pub struct Later {
    pub id: BatchId,
    plan: Uuid,
    /// What its plan found out about each tool, JSON.
    pub tools: String,
    pub applied_at: Time,
}

/// The imports into the project that were applied after this one and stand, the latest first.
pub async fn later(tx: &mut Tx, batch: &BatchRow) -> Result<Vec<Later>> {
    // A plan is applied at the number it was made at, and each number once.
    let sql = Sql::new(
        "SELECT id, plan_id, tools, applied_at FROM import_batch WHERE agency_id = $1 AND project_id = $2 AND state = 'applied' \
           AND undone_at IS NULL AND base > $3 ORDER BY base DESC",
    );
    let rows = tx.all(sql.bind(batch.project.id).bind(batch.base)).await?;
    rows.iter()
        .map(|row| {
            Ok(Later {
                id: row.id("id")?,
                plan: row.get("plan_id")?,
                tools: row.get("tools")?,
                applied_at: row.time("applied_at")?,
            })
        })
        .collect()
}

/// Whether both speak of the same finding: one that people made of what two tools report, say.
pub async fn shares(tx: &mut Tx, batch: &BatchRow, later: &Later) -> Result<bool> {
    let sql = Sql::new(
        "SELECT 1 AS shared FROM import_line l WHERE l.agency_id = $1 AND l.plan_id = $2 AND EXISTS (SELECT 1 FROM import_line m \
           WHERE m.agency_id = $1 AND m.finding_id = l.finding_id AND m.plan_id = $3) LIMIT 1",
    );
    Ok(tx.opt(sql.bind(later.plan).bind(batch.plan)).await?.is_some())
}

/// A finding that is not as the import left it.
#[derive(Debug, Clone)]
pub struct Moved {
    pub finding: Option<Uuid>,
    /// None where it is gone.
    pub key: Option<String>,
    pub why: &'static str,
}

/// Findings that stand as the import made them, among those that a query gives.
macro_rules! as_made {
    () => {
        " FROM finding f JOIN import_line l ON l.agency_id = $1 AND l.finding_id = f.id AND l.plan_id = $3 AND l.batch_id = $2 \
           AND l.outcome = 'new' AND f.version = COALESCE(l.version_after, 1) WHERE f.agency_id = $1 AND f.id IN "
    };
}

/// What stands on the findings of an import, and how to find it.
const MOVED: [(&str, &str); 4] = [
    (
        "was changed since",
        " FROM import_line l LEFT JOIN finding f ON f.agency_id = l.agency_id AND f.id = l.finding_id \
         WHERE l.agency_id = $1 AND l.batch_id = $2 AND l.plan_id = $3 AND l.outcome = 'new' \
           AND COALESCE(f.version, 0) <> COALESCE(l.version_after, 1)",
    ),
    (
        "was changed since",
        " FROM import_before l LEFT JOIN finding f ON f.agency_id = l.agency_id AND f.id = l.finding_id \
         WHERE l.agency_id = $1 AND l.batch_id = $2 AND $3 IS NOT NULL AND COALESCE(f.version, 0) <> l.version_after",
    ),
    (
        "was commented on",
        concat!(
            as_made!(),
            "(SELECT k.finding_id FROM comment k WHERE k.agency_id = $1)"
        ),
    ),
    (
        "has duplicates by now",
        concat!(
            as_made!(),
            "(SELECT d.duplicate_of FROM finding d WHERE d.agency_id = $1 AND d.duplicate_of IS NOT NULL)"
        ),
    ),
];

/// What was done since on the findings of an import: how many that are, and the first few.
pub async fn moved(tx: &mut Tx, batch: &BatchRow, first: i64) -> Result<(i64, Vec<Moved>)> {
    let (mut n, mut out) = (0, Vec::new());
    for (why, from) in MOVED {
        let mut sql = Sql::new("SELECT COUNT(*) AS n").bind(batch.id).bind(batch.plan);
        sql.push(from);
        let count: i64 = tx.one(sql).await?.get("n")?;
        n += count;
        if count == 0 || out.len() as i64 >= first {
            continue;
        }
        let mut sql = Sql::new("SELECT f.id, f.key").bind(batch.id).bind(batch.plan);
        sql.push(from).push(" ORDER BY f.key LIMIT ");
        sql.push_bind(first - out.len() as i64);
        for row in tx.all(sql).await? {
            out.push(Moved {
                finding: row.get("id")?,
                key: row.get("key")?,
                why,
            });
        }
    }
    Ok((n, out))
}

/// What a finding's history tells last.
#[derive(Debug, Clone)]
pub struct Told {
    /// The status it was moved to, if it was.
    pub to: Option<String>,
    /// None: a rule.
    pub by: Option<String>,
    pub at: Time,
}

/// The last thing that was done to a finding since, other than by an import.
pub async fn last_told(tx: &mut Tx, finding: Uuid, since: Time) -> Result<Option<Told>> {
    let sql = Sql::new(
        "SELECT h.to_status, h.at, u.name FROM finding_history h LEFT JOIN agency_user u ON u.agency_id = h.agency_id AND u.id = h.user_id \
         WHERE h.agency_id = $1 AND h.finding_id = $2 AND h.at >= $3 AND h.batch_id IS NULL ORDER BY h.at DESC, h.id DESC LIMIT 1",
    );
    let row = tx.opt(sql.bind(finding).bind(since)).await?;
    row.map(|row| {
        Ok(Told {
            to: row.get("to_status")?,
            by: row.get("name")?,
            at: row.time("at")?,
        })
    })
    .transpose()
}

/// What taking an import back does, in numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Counts {
    /// Findings that go.
    pub new: i64,
    /// Findings that are closed again, and duplicates that follow.
    pub reopened: i64,
    pub followed: i64,
    /// Findings that count as seen again.
    pub not_seen: i64,
    /// Findings that get back what was known of them.
    pub facts: i64,
    /// Findings seen again by it that are back at the sightings before.
    pub seen: i64,
    /// Places of findings that stay: those that go, and those that get back what was known of them.
    pub new_places: i64,
    pub places: i64,
    /// Claims on findings that go.
    pub claims: i64,
}

pub async fn counts(tx: &mut Tx, batch: &BatchRow) -> Result<Counts> {
    let mut out = Counts::default();
    let new = Sql::new(
        "SELECT COUNT(*) AS n FROM import_line WHERE agency_id = $1 AND batch_id = $2 AND plan_id = $3 AND outcome = 'new'",
    );
    out.new = tx.one(new.bind(batch.id).bind(batch.plan)).await?.get("n")?;
    let kept = Sql::new(
        "SELECT outcome, full_row, COUNT(*) AS n FROM import_before WHERE agency_id = $1 AND batch_id = $2 GROUP BY outcome, full_row",
    );
    for row in tx.all(kept.bind(batch.id)).await? {
        let n: i64 = row.get("n")?;
        let of = match row.get::<String>("outcome")?.as_str() {
            "reopened" => &mut out.reopened,
            "follows" => &mut out.followed,
            "not_seen" => &mut out.not_seen,
            _ if row.get("full_row")? => &mut out.facts,
            _ => &mut out.seen,
        };
        *of += n;
    }
    let places = Sql::new(
        "SELECT is_new, COUNT(*) AS n FROM import_before_place WHERE agency_id = $1 AND batch_id = $2 GROUP BY is_new",
    );
    for row in tx.all(places.bind(batch.id)).await? {
        let n = row.get("n")?;
        if row.get("is_new")? {
            out.new_places = n;
        } else {
            out.places = n;
        }
    }
    let claims = Sql::new(
        "SELECT COUNT(*) AS n FROM claim k JOIN import_line l ON l.agency_id = $1 AND l.finding_id = k.finding_id AND l.batch_id = $2 \
           AND l.plan_id = $3 AND l.outcome = 'new' WHERE k.agency_id = $1",
    );
    out.claims = tx.one(claims.bind(batch.id).bind(batch.plan)).await?.get("n")?;
    Ok(out)
}

/// Takes the batch for the one who takes it back, and makes plans stale that were made from it. `false`: somebody was
/// faster. What is looked at after this moves no more.
pub async fn claim(tx: &mut Tx, batch: &BatchRow, now: Time) -> Result<bool> {
    // The project's turn first, as one who applies takes it.
    super::outdate_plans(tx, batch.project.id).await?;
    let sql = Sql::new(
        "UPDATE import_batch SET undone_at = $3, version = version + 1 WHERE agency_id = $1 AND id = $2 AND state = 'applied' AND undone_at IS NULL",
    );
    if tx.run(sql.bind(batch.id).bind(now)).await? != 1 {
        return Ok(false);
    }
    if tx.engine() == Engine::Postgres {
        // Counted there: a hundred thousand ids are of no use here.
        let new = Sql::new(
            "SELECT COUNT(*) AS n FROM (SELECT f.id FROM finding f JOIN import_line l ON l.agency_id = $1 AND l.finding_id = f.id \
               AND l.plan_id = $2 AND l.outcome = 'new' WHERE f.agency_id = $1 ORDER BY f.id FOR UPDATE OF f) held",
        );
        tx.all(new.bind(batch.plan)).await?;
        let touched = Sql::new(
            "SELECT COUNT(*) AS n FROM (SELECT f.id FROM finding f JOIN import_before l ON l.agency_id = $1 AND l.finding_id = f.id \
               AND l.batch_id = $2 WHERE f.agency_id = $1 ORDER BY f.id FOR UPDATE OF f) held",
        );
        tx.all(touched.bind(batch.id)).await?;
    }
    Ok(true)
}

/// Puts everything back. `false` where a row is not as the import left it: the transaction must not be kept then.
pub async fn restore(tx: &mut Tx, batch: &BatchRow, by: UserId, now: Time) -> Result<bool> {
    let Some(plan) = batch.plan else { return Ok(false) };
    tell(tx, batch, by, now).await?;
    let new: i64 = counts(tx, batch).await?.new;
    let gone = Sql::new(
        "DELETE FROM finding WHERE agency_id = $1 AND (id, version) IN (SELECT l.finding_id, COALESCE(l.version_after, 1) FROM import_line l \
           WHERE l.agency_id = $1 AND l.plan_id = $2 AND l.outcome = 'new')",
    );
    if tx.run(gone.bind(plan)).await? as i64 != new {
        return Ok(false);
    }
    let places = Sql::new(
        "DELETE FROM occurrence WHERE agency_id = $1 AND id IN (SELECT p.occurrence_id FROM import_before_place p \
           WHERE p.agency_id = $1 AND p.batch_id = $2 AND p.is_new)",
    );
    tx.run(places.bind(batch.id)).await?;
    tx.run(Sql::new(PLACES).bind(batch.id)).await?;
    let kept = Sql::new("SELECT COUNT(*) AS n FROM import_before WHERE agency_id = $1 AND batch_id = $2");
    let kept: i64 = tx.one(kept.bind(batch.id)).await?.get("n")?;
    if tx.run(Sql::new(FINDINGS).bind(batch.id)).await? as i64 != kept {
        return Ok(false);
    }
    let said = Sql::new(
        "UPDATE finding_merged SET facts = s.facts FROM import_before_said s WHERE finding_merged.agency_id = $1 \
           AND finding_merged.key = s.key AND s.agency_id = $1 AND s.batch_id = $2",
    );
    tx.run(said.bind(batch.id)).await?;
    for text in STAND_AGAIN {
        tx.run(Sql::new(text).bind(batch.id)).await?;
    }
    tools(tx, batch).await?;
    apply::count_project(tx, batch.project.id).await?;
    Ok(true)
}

/// `$2` batch.
const PLACES: &str = "UPDATE occurrence SET place = COALESCE(p.place, occurrence.place), detail = COALESCE(p.detail, occurrence.detail), \
       fixed = COALESCE(p.fixed, occurrence.fixed), repeats = p.repeats, first_seen = p.first_seen, last_seen = p.last_seen, seen_in_latest = p.seen_in_latest, \
       chunk_id = p.chunk_id, chunk_offset = p.chunk_offset, chunk_length = p.chunk_length, before_chunk_id = p.before_chunk_id, \
       before_chunk_offset = p.before_chunk_offset, before_chunk_length = p.before_chunk_length \
     FROM import_before_place p WHERE occurrence.agency_id = $1 AND occurrence.id = p.occurrence_id AND p.agency_id = $1 AND p.batch_id = $2 \
       AND NOT p.is_new";

/// What the import gave no new version gets none now.
const FINDINGS: &str = "UPDATE finding SET title = COALESCE(b.title, finding.title), title_fold = COALESCE(b.title_fold, finding.title_fold), \
       description = COALESCE(b.description, finding.description), remediation = COALESCE(b.remediation, finding.remediation), \
       refs = COALESCE(b.refs, finding.refs), severity = COALESCE(b.severity, finding.severity), \
       scanner_severity = CASE WHEN b.full_row THEN b.scanner_severity ELSE finding.scanner_severity END, \
       cvss_version = CASE WHEN b.full_row THEN b.cvss_version ELSE finding.cvss_version END, \
       cvss_vector = CASE WHEN b.full_row THEN b.cvss_vector ELSE finding.cvss_vector END, \
       cvss_score = CASE WHEN b.full_row THEN b.cvss_score ELSE finding.cvss_score END, \
       cwe = COALESCE(b.cwe, finding.cwe), cve = COALESCE(b.cve, finding.cve), tags = COALESCE(b.tags, finding.tags), \
       suppressed = COALESCE(b.suppressed, finding.suppressed), \
       facts = CASE WHEN b.full_row THEN b.facts ELSE finding.facts END, \
       status = b.status, reopened = b.reopened, due_at = b.due_at, due_reason = b.due_reason, verify_due_at = b.verify_due_at, \
       accepted_until = b.accepted_until, duplicate_of = b.duplicate_of, first_seen = b.first_seen, last_seen = b.last_seen, \
       seen_in_latest = b.seen_in_latest, occurrence_count = b.occurrence_count, occurrence_fixed = b.occurrence_fixed, \
       version = finding.version + CASE WHEN b.version_after > b.version_before THEN 1 ELSE 0 END \
     FROM import_before b WHERE finding.agency_id = $1 AND finding.id = b.finding_id AND finding.version = b.version_after \
       AND b.agency_id = $1 AND b.batch_id = $2";

/// Acts and imports before this one left rows as they stand again now: nothing is built on them any more.
const STAND_AGAIN: [&str; 3] = [
    "UPDATE act_change SET version_after = b.version_after + 1 FROM import_before b \
     WHERE act_change.agency_id = $1 AND act_change.object_id = b.finding_id AND act_change.version_after = b.version_before \
       AND b.agency_id = $1 AND b.batch_id = $2 AND b.version_after > b.version_before",
    "UPDATE import_before SET version_after = b.version_after + 1, \
       version_before = CASE WHEN import_before.version_before = b.version_before THEN b.version_after + 1 ELSE import_before.version_before END \
     FROM import_before b WHERE import_before.agency_id = $1 AND import_before.finding_id = b.finding_id AND import_before.version_after = b.version_before \
       AND import_before.batch_id <> b.batch_id AND b.agency_id = $1 AND b.batch_id = $2 AND b.version_after > b.version_before",
    "UPDATE import_line SET version_after = b.version_after + 1 FROM import_before b \
     WHERE import_line.agency_id = $1 AND import_line.finding_id = b.finding_id AND import_line.outcome = 'new' \
       AND COALESCE(import_line.version_after, 1) = b.version_before AND b.agency_id = $1 AND b.batch_id = $2 \
       AND b.version_after > b.version_before",
];

/// The same, where other acts were taken back.
pub async fn stand_again(tx: &mut Tx, rows: &[Again]) -> Result<()> {
    for part in rows.chunks(Sql::rows_at_once(3)) {
        for (update, tail) in [
            (
                "UPDATE import_before SET version_after = v.is_at, \
                   version_before = CASE WHEN import_before.version_before = v.was_at THEN v.is_at ELSE import_before.version_before END \
                 FROM v WHERE import_before.agency_id = $1 AND import_before.finding_id = v.object_id AND import_before.version_after = v.was_at",
                "",
            ),
            (
                "UPDATE import_line SET version_after = v.is_at FROM v WHERE import_line.agency_id = $1 \
                   AND import_line.finding_id = v.object_id AND COALESCE(import_line.version_after, 1) = v.was_at",
                " AND import_line.outcome = 'new'",
            ),
        ] {
            let mut sql = Sql::new("WITH v (agency_id, object_id, was_at, is_at) AS (VALUES ");
            sql.push_rows(
                part.iter()
                    .map(|row| vec![row.object.into(), row.was.into(), row.is.into()]),
            );
            sql.push(") ").push(update).push(tail);
            tx.run(sql).await?;
        }
    }
    Ok(())
}

/// The histories of findings whose status goes back say so.
async fn tell(tx: &mut Tx, batch: &BatchRow, by: UserId, now: Time) -> Result<()> {
    let sql = Sql::new(
        "SELECT b.finding_id, f.status AS from_status, b.status AS to_status FROM import_before b \
         JOIN finding f ON f.agency_id = b.agency_id AND f.id = b.finding_id \
         WHERE b.agency_id = $1 AND b.batch_id = $2 AND f.status <> b.status",
    );
    let rows = tx.all(sql.bind(batch.id)).await?;
    let told = rows
        .iter()
        .map(|row| Ok((row.get("finding_id")?, row.get("from_status")?, row.get("to_status")?)))
        .collect::<Result<Vec<(Uuid, String, String)>>>()?;
    for part in told.chunks(Sql::rows_at_once(10)) {
        let mut sql = Sql::new(
            "INSERT INTO finding_history (agency_id, id, finding_id, at, user_id, act, from_status, to_status, notes, batch_id) VALUES ",
        );
        sql.push_rows(part.iter().map(|(finding, from, to)| {
            vec![
                Uuid::now_v7().into(),
                (*finding).into(),
                now.into(),
                by.into(),
                "finding.undo".into(),
                from.clone().into(),
                to.clone().into(),
                "The import that opened it again was taken back.".into(),
                batch.id.into(),
            ]
        }));
        tx.run(sql).await?;
    }
    Ok(())
}

/// The latest import of each tool before this one.
pub async fn tools_before(tx: &mut Tx, batch: &BatchRow) -> Result<Vec<Tool>> {
    let sql = Sql::new("SELECT tools_before FROM import_batch WHERE agency_id = $1 AND id = $2");
    tx.one(sql.bind(batch.id)).await?.json("tools_before")
}

/// The latest import of each tool is the one before again.
async fn tools(tx: &mut Tx, batch: &BatchRow) -> Result<()> {
    let before = tools_before(tx, batch).await?;
    // Only where this one is the latest: a report older than the latest of its tool never was.
    let gone =
        Sql::new("DELETE FROM import_tool WHERE agency_id = $1 AND project_id = $2 AND batch_id = $3 RETURNING tool");
    let gone = tx.all(gone.bind(batch.project.id).bind(batch.id)).await?;
    for row in gone {
        let tool: String = row.get("tool")?;
        let Some(was) = before.iter().find(|t| t.tool == tool).cloned() else {
            continue;
        };
        let again = Sql::new(
            "INSERT INTO import_tool (agency_id, project_id, tool, batch_id, evidence, observed_at) VALUES ($1, $2, $3, $4, $5, $6)",
        );
        let again = again.bind(batch.project.id).bind(was.tool).bind(was.batch);
        tx.run(again.bind(was.evidence).bind(was.observed_at)).await?;
    }
    Ok(())
}

/// Takes away some of what an import that was taken back leaves: its reports, and what was kept for the way back.
/// Returns whether there may be more.
pub async fn sweep(tx: &mut Tx, batch: BatchId) -> Result<bool> {
    let chunks = Sql::new(
        "DELETE FROM import_chunk WHERE agency_id = $1 AND id IN (SELECT c.id FROM import_chunk c JOIN import_batch b ON b.agency_id = c.agency_id \
           AND b.id = c.batch_id AND b.undone_at IS NOT NULL WHERE c.agency_id = $1 AND c.batch_id = $2 LIMIT 20)",
    );
    let mut more = tx.run(chunks.bind(batch)).await? == 20;
    let said = Sql::new("DELETE FROM import_before_said WHERE agency_id = $1 AND batch_id = $2");
    tx.run(said.bind(batch)).await?;
    more |= forget(tx, batch).await?;
    Ok(more)
}

/// Forgets some of what was before an import.
async fn forget(tx: &mut Tx, batch: BatchId) -> Result<bool> {
    const SOME: i64 = 5_000;
    let of = [("batch_id", batch.0)];
    let findings = take_away(tx, "import_before", &of, "finding_id", SOME).await?;
    let places = take_away(tx, "import_before_place", &of, "occurrence_id", SOME).await?;
    Ok(findings + places > 0)
}

/// Forgets some of what was before imports that were applied before `before`. Says how many rows went.
pub async fn forget_old(tx: &mut Tx, before: Time, some: i64) -> Result<i64> {
    let mut gone = 0;
    let said = Sql::new(
        "DELETE FROM import_before_said WHERE agency_id = $1 AND batch_id IN (SELECT b.id FROM import_batch b \
           WHERE b.agency_id = $1 AND b.applied_at < $2)",
    );
    tx.run(said.bind(before)).await?;
    for text in [
        "DELETE FROM import_before WHERE agency_id = $1 AND (batch_id, finding_id) IN (SELECT x.batch_id, x.finding_id FROM import_batch b \
           JOIN import_before x ON x.agency_id = b.agency_id AND x.batch_id = b.id WHERE b.agency_id = $1 AND b.applied_at < $2 LIMIT $3)",
        "DELETE FROM import_before_place WHERE agency_id = $1 AND (batch_id, occurrence_id) IN (SELECT x.batch_id, x.occurrence_id \
           FROM import_batch b JOIN import_before_place x ON x.agency_id = b.agency_id AND x.batch_id = b.id \
           WHERE b.agency_id = $1 AND b.applied_at < $2 LIMIT $3)",
    ] {
        gone = gone.max(tx.run(Sql::new(text).bind(before).bind(some)).await? as i64);
    }
    Ok(gone)
}
