//! The mark of an applied import whose places are not all written yet (`places.rs`): set by the transaction that decides,
//! moved on with each part, taken away with the last one.

use uuid::Uuid;

use super::apply::Applied;
use super::places::Part;
use crate::domain::id::{BatchId, PlanId, ProjectId};
use crate::domain::time::Time;
use crate::store::{Result, Sql, Tx};

/// What is left to do of an import.
#[derive(Debug, Clone)]
pub struct Rest {
    pub batch: BatchId,
    pub plan: PlanId,
    pub project: ProjectId,
    pub client: Option<Uuid>,
    /// The last place that was written, in the order of their ids.
    pub after: Uuid,
    pub done: i64,
    pub total: i64,
    /// When it was applied.
    pub at: Time,
}

pub async fn begin(tx: &mut Tx, a: &Applied, total: i64) -> Result<()> {
    let sql = Sql::new(
        "INSERT INTO import_rest (agency_id, batch_id, project_id, after_id, done, total) VALUES ($1, $2, $3, $4, 0, $5)",
    );
    let sql = sql.bind(a.batch).bind(a.project).bind(Uuid::nil()).bind(total);
    tx.run(sql).await.map(drop)
}

/// What is left of a batch; `None` where all of it is written.
pub async fn of(tx: &mut Tx, batch: BatchId) -> Result<Option<Rest>> {
    let sql = Sql::new(
        "SELECT r.batch_id, r.project_id, r.after_id, r.done, r.total, b.plan_id, b.applied_at, p.client_id FROM import_rest r \
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
            after: row.get("after_id")?,
            done: row.get("done")?,
            total: row.get("total")?,
            at: row.time("applied_at")?,
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

/// Notes that a part is written; the last one (`upto` is `None`) ends it.
pub async fn advance(tx: &mut Tx, rest: &Rest, part: &Part) -> Result<()> {
    if let Some(upto) = part.upto {
        let sql =
            Sql::new("UPDATE import_rest SET after_id = $3, done = done + $4 WHERE agency_id = $1 AND batch_id = $2");
        return tx
            .run(sql.bind(rest.batch).bind(upto).bind(part.places))
            .await
            .map(drop);
    }
    let gone = Sql::new("DELETE FROM import_rest WHERE agency_id = $1 AND batch_id = $2");
    tx.run(gone.bind(rest.batch)).await?;
    let batch = Sql::new("UPDATE import_batch SET version = version + 1 WHERE agency_id = $1 AND id = $2");
    tx.run(batch.bind(rest.batch)).await.map(drop)
}
