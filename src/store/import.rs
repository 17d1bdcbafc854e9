//! Imports: batches and the files in them. What is staged, planned and applied has a file of its own below.
//!
//! Staging happens in short transactions of a few hundred rows; a plan is rows too; applying it is one transaction of a
//! dozen statements over whole sets, or, on SQLite and where there are many, one that decides and short ones that write.

use std::ops::Range;

use uuid::Uuid;

use super::client::UserRef;
use super::page::{self, Key, Slice, SortColumn, Window};
use super::{Result, Row, Sql, Tx, visible};
use crate::domain::id::{BatchId, PlanId, ProjectId, UserId};
use crate::domain::time::Time;

pub mod apply;
pub mod before;
pub mod compact;
pub mod compare;
pub mod kept;
pub mod lines;
pub mod part;
pub mod places;
pub mod plan;
mod planner;
pub mod rest;
mod some;
pub mod staging;
pub mod undo;

/// The project of a batch, as references show it.
#[derive(Debug, Clone)]
pub struct OfProject {
    pub id: ProjectId,
    pub key: String,
    pub name: String,
    pub client: Option<Uuid>,
}

/// A batch.
#[derive(Debug, Clone)]
pub struct BatchRow {
    pub id: BatchId,
    pub project: OfProject,
    /// The wire's word.
    pub state: String,
    pub covers: Vec<String>,
    pub scope: Vec<String>,
    pub plan: Option<PlanId>,
    /// How many imports the project had had when the plan was made.
    pub base: Option<i64>,
    /// What the plan found out about each tool, JSON.
    pub tools: String,
    /// JSON of the plan's totals.
    pub totals: Option<String>,
    pub progress: Option<(i64, i64)>,
    pub problem: Option<String>,
    pub created_by: UserRef,
    pub created_at: Time,
    pub applied_at: Option<Time>,
    pub undone_at: Option<Time>,
    pub version: i64,
}

const SELECT: &str = "SELECT b.*, r.done AS rest_done, r.total AS rest_total, p.key AS project_key, p.name AS project_name, p.client_id, u.name AS user_name, u.email AS user_email \
     FROM import_batch b JOIN project p ON p.agency_id = b.agency_id AND p.id = b.project_id \
     LEFT JOIN client c ON c.agency_id = p.agency_id AND c.id = p.client_id \
     LEFT JOIN import_rest r ON r.agency_id = b.agency_id AND r.batch_id = b.id \
     JOIN agency_user u ON u.agency_id = b.agency_id AND u.id = b.created_by WHERE b.agency_id = $1";

fn read(row: &Row) -> Result<BatchRow> {
    let done: Option<i64> = row.get("progress_done")?;
    let total: Option<i64> = row.get("progress_total")?;
    let undone_at = row.opt_time("undone_at")?;
    let rest: Option<i64> = row.get("rest_done")?;
    let rest = rest.zip(row.get("rest_total")?);
    Ok(BatchRow {
        id: row.id("id")?,
        project: OfProject {
            id: row.id("project_id")?,
            key: row.get("project_key")?,
            name: row.get("project_name")?,
            client: row.get("client_id")?,
        },
        // To the tables a batch that was taken back stays one that was applied, and one whose places are still being written
        // is: none of them is ever planned again.
        state: match (undone_at, rest) {
            (Some(_), _) => "undone".to_owned(),
            (None, Some(_)) => "applying".to_owned(),
            (None, None) => row.get("state")?,
        },
        covers: row.json("covers")?,
        scope: row.json("scope")?,
        plan: row.opt_id("plan_id")?,
        base: row.get("base")?,
        tools: row.get("tools")?,
        totals: row.get("totals")?,
        progress: rest.or(done.zip(total)),
        problem: row.get("problem")?,
        created_by: UserRef {
            id: row.id("created_by")?,
            name: row.get("user_name")?,
            email: row.get("user_email")?,
        },
        created_at: row.time("created_at")?,
        applied_at: row.opt_time("applied_at")?,
        undone_at,
        version: row.get("version")?,
    })
}

pub async fn open(tx: &mut Tx, id: BatchId, project: ProjectId, covers: String, by: UserId, now: Time) -> Result<()> {
    let head = Sql::new(
        "INSERT INTO import_head (agency_id, project_id, n) VALUES ($1, $2, 0) ON CONFLICT (agency_id, project_id) DO NOTHING",
    );
    tx.run(head.bind(project)).await?;
    let sql = Sql::new(
        "INSERT INTO import_batch (agency_id, id, project_id, state, covers, created_by, created_at) VALUES ($1, $2, $3, 'open', $4, $5, $6)",
    );
    tx.run(sql.bind(id).bind(project).bind(covers).bind(by).bind(now))
        .await
        .map(drop)
}

/// Plans of this project that were made before are good no more: what it has moved by other hands than an import's.
pub async fn outdate_plans(tx: &mut Tx, project: ProjectId) -> Result<()> {
    let sql = Sql::new("UPDATE import_head SET n = n + 1 WHERE agency_id = $1 AND project_id = $2");
    tx.run(sql.bind(project)).await.map(drop)
}

/// A batch whose project the actor may open.
pub async fn find(tx: &mut Tx, id: BatchId) -> Result<Option<BatchRow>> {
    let mut sql = Sql::new(SELECT);
    sql.push(" AND b.id = ").push_bind(id);
    visible::projects(&mut sql, tx.scope().actor());
    tx.opt(sql).await?.as_ref().map(read).transpose()
}

const SORT: [SortColumn; 1] = [SortColumn::desc("b.id")];

#[must_use]
pub fn keys(row: &BatchRow) -> Vec<Key> {
    vec![Key::Id(row.id.0)]
}

/// Newest first; of one project or of all the actor may open.
pub async fn list(tx: &mut Tx, project: Option<ProjectId>, window: &Window) -> Result<Slice<BatchRow>> {
    let mut sql = Sql::new(SELECT);
    if let Some(project) = project {
        sql.push(" AND b.project_id = ").push_bind(project);
    }
    visible::projects(&mut sql, tx.scope().actor());
    page::window(&mut sql, &SORT, window);
    let rows = tx.all(sql).await?.iter().map(read).collect::<Result<_>>()?;
    Ok(Slice::of(rows, window))
}

/// A file that was read to its end.
#[derive(Debug, Clone)]
pub struct FileRow {
    pub batch: BatchId,
    pub id: Uuid,
    pub n: i64,
    pub name: String,
    pub format: String,
    pub tools: Vec<String>,
    pub bytes: i64,
    pub digest: Vec<u8>,
    pub records: i64,
    pub findings: i64,
    pub occurrences: i64,
    /// JSON.
    pub left_out: String,
    pub covers: Vec<String>,
    pub observed_at: Option<Time>,
}

/// The files of some batches, in their order.
pub async fn files(tx: &mut Tx, batches: &[BatchId]) -> Result<Vec<FileRow>> {
    if batches.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new("SELECT * FROM import_file WHERE agency_id = $1 AND batch_id IN ");
    sql.push_list(batches.iter().copied()).push(" ORDER BY batch_id, n");
    tx.all(sql)
        .await?
        .iter()
        .map(|row| {
            Ok(FileRow {
                batch: row.id("batch_id")?,
                id: row.get("id")?,
                n: row.get("n")?,
                name: row.get("name")?,
                format: row.get("format")?,
                tools: row.json("tools")?,
                bytes: row.get("bytes")?,
                digest: row.get("digest")?,
                records: row.get("records")?,
                findings: row.get("findings")?,
                occurrences: row.get("occurrences")?,
                left_out: row.get("left_out")?,
                covers: row.json("covers")?,
                observed_at: row.opt_time("observed_at")?,
            })
        })
        .collect()
}

/// Puts files into a batch, in place of the earlier ones of their numbers; a plan made before is no plan any more.
pub async fn put_files(tx: &mut Tx, batch: BatchId, numbers: Range<i64>, files: Vec<FileRow>) -> Result<()> {
    let old = Sql::new("DELETE FROM import_file WHERE agency_id = $1 AND batch_id = $2 AND n >= $3 AND n < $4");
    tx.run(old.bind(batch).bind(numbers.start).bind(numbers.end)).await?;
    for file in files {
        put_file(tx, file).await?;
    }
    reopen(tx, batch).await
}

async fn put_file(tx: &mut Tx, file: FileRow) -> Result<()> {
    let list = |list: &[String]| serde_json::to_string(list).unwrap_or_else(|_| "[]".into());
    let sql = Sql::new(
        "INSERT INTO import_file (agency_id, batch_id, id, n, name, format, tools, bytes, digest, records, findings, occurrences, left_out, covers, observed_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
    );
    let sql = sql
        .bind(file.batch)
        .bind(file.id)
        .bind(file.n)
        .bind(file.name)
        .bind(file.format)
        .bind(list(&file.tools))
        .bind(file.bytes)
        .bind(file.digest)
        .bind(file.records)
        .bind(file.findings)
        .bind(file.occurrences)
        .bind(file.left_out)
        .bind(list(&file.covers))
        .bind(file.observed_at);
    tx.run(sql).await.map(drop)
}

/// Opens a batch that was not applied again: a plan that was made, or is being made, is forgotten.
async fn reopen(tx: &mut Tx, id: BatchId) -> Result<()> {
    let sql = Sql::new(
        "UPDATE import_batch SET state = 'open', planning = NULL, plan_id = NULL, totals = NULL, problem = NULL, progress_done = NULL, \
           progress_total = NULL, version = version + 1 WHERE agency_id = $1 AND id = $2 AND state <> 'applied'",
    );
    tx.run(sql.bind(id)).await.map(drop)
}

/// How far the running step is. `false` where the batch is gone or was applied; else it stays while this transaction lasts.
pub async fn set_progress(tx: &mut Tx, id: BatchId, done: i64, total: i64) -> Result<bool> {
    let sql = Sql::new(
        "UPDATE import_batch SET progress_done = $3, progress_total = $4 WHERE agency_id = $1 AND id = $2 AND state <> 'applied'",
    );
    Ok(tx.run(sql.bind(id).bind(done).bind(total)).await? == 1)
}

/// Throws a batch away that was not applied. `false` where it was.
pub async fn delete(tx: &mut Tx, id: BatchId) -> Result<bool> {
    let sql = Sql::new("DELETE FROM import_batch WHERE agency_id = $1 AND id = $2 AND state <> 'applied'");
    if tx.run(sql.bind(id)).await? != 1 {
        return Ok(false);
    }
    // What else it has goes with it. These are not looked up one by one (`migrations/0028_statistics.sql`).
    for rows in [
        "DELETE FROM import_staged WHERE agency_id = $1 AND batch_id = $2",
        "DELETE FROM import_place WHERE agency_id = $1 AND batch_id = $2",
    ] {
        tx.run(Sql::new(rows).bind(id)).await?;
    }
    Ok(true)
}

/// Batches that nobody applied since `before`, a few at a time.
pub async fn abandoned(tx: &mut Tx, before: Time) -> Result<Vec<BatchId>> {
    let sql = Sql::new(
        "SELECT id FROM import_batch WHERE agency_id = $1 AND state <> 'applied' AND created_at < $2 ORDER BY created_at LIMIT 5",
    );
    tx.all(sql.bind(before)).await?.iter().map(|row| row.id("id")).collect()
}

/// Batches that were applied and whose staged rows are still there, because the server ended before they were swept; a few
/// at a time.
pub async fn unswept(tx: &mut Tx) -> Result<Vec<BatchId>> {
    let sql = Sql::new(
        "SELECT b.id FROM import_batch b WHERE b.agency_id = $1 AND b.applied_at IS NOT NULL \
           AND NOT EXISTS (SELECT 1 FROM import_rest r WHERE r.agency_id = b.agency_id AND r.batch_id = b.id) \
           AND EXISTS (SELECT 1 FROM import_staged s WHERE s.agency_id = b.agency_id AND s.batch_id = b.id) LIMIT 5",
    );
    tx.all(sql).await?.iter().map(|row| row.id("id")).collect()
}
