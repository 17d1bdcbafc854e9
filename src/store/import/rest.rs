//! The mark of an applied import that is not all written yet: set by the transaction that decides, moved on with each part
//! of its findings (`lines.rs`) and then of its places (`places.rs`), taken away with the last one.
//!
//! Once the deciding transaction is committed there is no way but forward: what could refuse the plan was looked at in it,
//! and what could get in the way (another plan, a merge, a split, a finding moved away, the import taken back) is refused
//! until the mark is gone. Moves, comments and rounds go on.

use uuid::Uuid;

use super::apply::Applied;
use super::part::Part;
use crate::domain::id::{BatchId, PlanId, ProjectId, UserId};
use crate::domain::time::Time;
use crate::store::tx::Engine;
use crate::store::{Result, Sql, Tx};

/// What is left to do of an import.
#[derive(Debug, Clone)]
pub struct Rest {
    pub batch: BatchId,
    pub plan: PlanId,
    pub project: ProjectId,
    pub client: Option<Uuid>,
    pub after: After,
    /// Findings and places that are written, of how many.
    pub done: i64,
    pub total: i64,
    /// When it was applied, and by whom.
    pub at: Time,
    pub by: Option<UserId>,
}

/// What was written last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// A line of the plan: findings are being written.
    Line(i64),
    /// A place, in the order of their ids.
    Place(Uuid),
}

/// Before the first line of a plan.
const BEFORE_ALL: i64 = -1;

/// How many rows a plan has.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    pub lines: i64,
    pub places: i64,
}

impl Size {
    pub async fn of(tx: &mut Tx, plan: PlanId) -> Result<Self> {
        let sql = Sql::new(
            "SELECT (SELECT COUNT(*) FROM import_line WHERE agency_id = $1 AND plan_id = $2) AS lines, \
               (SELECT COUNT(*) FROM import_place WHERE agency_id = $1 AND plan_id = $2) AS places",
        );
        let row = tx.one(sql.bind(plan)).await?;
        Ok(Self {
            lines: row.get("lines")?,
            places: row.get("places")?,
        })
    }

    /// How many are to be written in parts: `None` where the transaction that decides writes them itself, because they are
    /// no more than `most` or nobody waits for the writer.
    pub(super) fn to_come(self, tx: &Tx, most: i64) -> Option<i64> {
        let rows = self.lines + self.places;
        (tx.engine() == Engine::Sqlite && rows > most).then_some(rows)
    }
}

pub async fn begin(tx: &mut Tx, a: &Applied, total: i64) -> Result<()> {
    let sql = Sql::new(
        "INSERT INTO import_rest (agency_id, batch_id, project_id, applied_by, after_line, after_id, done, total) \
         VALUES ($1, $2, $3, $4, $5, $6, 0, $7)",
    );
    let sql = sql.bind(a.batch).bind(a.project).bind(a.by).bind(BEFORE_ALL);
    tx.run(sql.bind(Uuid::nil()).bind(total)).await.map(drop)
}

/// What is left of a batch; `None` where all of it is written.
pub async fn of(tx: &mut Tx, batch: BatchId) -> Result<Option<Rest>> {
    let sql = Sql::new(
        "SELECT r.batch_id, r.project_id, r.applied_by, r.after_line, r.after_id, r.done, r.total, b.plan_id, b.applied_at, p.client_id FROM import_rest r \
         JOIN import_batch b ON b.agency_id = r.agency_id AND b.id = r.batch_id \
         JOIN project p ON p.agency_id = r.agency_id AND p.id = r.project_id WHERE r.agency_id = $1 AND r.batch_id = $2",
    );
    let row = tx.opt(sql.bind(batch)).await?;
    row.map(|row| {
        Ok(Rest {
            batch: row.id("batch_id")?,
            plan: row.id("plan_id")?,
            project: row.id("project_id")?,
            client: row.get("client_id")?,
            after: match row.get("after_line")? {
                Some(n) => After::Line(n),
                None => After::Place(row.get("after_id")?),
            },
            done: row.get("done")?,
            total: row.get("total")?,
            at: row.time("applied_at")?,
            by: row.opt_id("applied_by")?,
        })
    })
    .transpose()
}

/// The import into a project whose places are still being written.
pub async fn in_project(tx: &mut Tx, project: ProjectId) -> Result<Option<BatchId>> {
    let sql = Sql::new("SELECT batch_id FROM import_rest WHERE agency_id = $1 AND project_id = $2");
    tx.opt(sql.bind(project))
        .await?
        .map(|row| row.id("batch_id"))
        .transpose()
}

/// Notes that findings are written; after the last of them come the places.
pub async fn lines_written(tx: &mut Tx, rest: &Rest, part: &Part<i64>) -> Result<()> {
    let sql = match part.upto {
        Some(upto) => {
            let some = "UPDATE import_rest SET after_line = $3, done = done + $4 WHERE agency_id = $1 AND batch_id = $2";
            Sql::new(some).bind(rest.batch).bind(upto).bind(part.rows)
        }
        None => Sql::new(
            "UPDATE import_rest SET after_line = NULL, done = (SELECT COUNT(*) FROM import_line l WHERE l.agency_id = $1 AND l.plan_id = $3) \
             WHERE agency_id = $1 AND batch_id = $2",
        )
        .bind(rest.batch)
        .bind(rest.plan),
    };
    tx.run(sql).await.map(drop)
}

/// Notes that places are written; the last of them end it.
pub async fn places_written(tx: &mut Tx, rest: &Rest, part: &Part<Uuid>) -> Result<()> {
    if let Some(upto) = part.upto {
        let sql =
            Sql::new("UPDATE import_rest SET after_id = $3, done = done + $4 WHERE agency_id = $1 AND batch_id = $2");
        return tx.run(sql.bind(rest.batch).bind(upto).bind(part.rows)).await.map(drop);
    }
    let gone = Sql::new("DELETE FROM import_rest WHERE agency_id = $1 AND batch_id = $2");
    tx.run(gone.bind(rest.batch)).await?;
    let batch = Sql::new("UPDATE import_batch SET version = version + 1 WHERE agency_id = $1 AND id = $2");
    tx.run(batch.bind(rest.batch)).await.map(drop)
}
