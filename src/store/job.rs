//! Work that is due at a time: rows that outlive the request, claimed by lease, done in a transaction of their tenant.

use uuid::Uuid;

use super::tx::Engine;
use super::{Door, Result, Row, Sql, Tx};
use crate::domain::id::AgencyId;
use crate::domain::time::Time;

/// How long a claimed job belongs to whoever claimed it.
const LEASE_MS: i64 = 60_000;

#[derive(Debug, Clone)]
pub struct JobRow {
    pub agency: AgencyId,
    pub id: Uuid,
    pub kind: String,
    pub payload: String,
    pub attempts: i64,
}

pub async fn enqueue(tx: &mut Tx, kind: &'static str, payload: String, run_at: Time) -> Result<()> {
    let sql = Sql::new("INSERT INTO job (agency_id, id, kind, payload, run_at) VALUES ($1, $2, $3, $4, $5)");
    tx.run(sql.bind(Uuid::now_v7()).bind(kind).bind(payload).bind(run_at))
        .await
        .map(drop)
}

/// Agencies that have no housekeeping job yet. Its id is the agency's own, so that there is one however many servers ask.
pub async fn without_housekeeping(door: &mut Door) -> Result<Vec<AgencyId>> {
    let sql = Sql::new(
        "SELECT a.agency_id FROM agency a WHERE NOT EXISTS \
         (SELECT 1 FROM job j WHERE j.agency_id = a.agency_id AND j.id = a.agency_id) LIMIT 100",
    );
    door.all(sql).await?.iter().map(|row| row.id("agency_id")).collect()
}

/// Makes the agency's housekeeping job, where it has none.
pub async fn ensure(tx: &mut Tx, kind: &'static str, run_at: Time) -> Result<()> {
    let sql = Sql::new(
        "INSERT INTO job (agency_id, id, kind, payload, run_at) VALUES ($1, $1, $2, '', $3) ON CONFLICT (agency_id, id) DO NOTHING",
    );
    tx.run(sql.bind(kind).bind(run_at)).await.map(drop)
}

/// Puts a job that is never done off to its next round.
pub async fn again(tx: &mut Tx, id: Uuid, run_at: Time) -> Result<()> {
    let sql = Sql::new(
        "UPDATE job SET last_error = NULL, attempts = 0, run_at = $3, lease_until = 0 WHERE agency_id = $1 AND id = $2",
    );
    tx.run(sql.bind(id).bind(run_at)).await.map(drop)
}

/// Claims the jobs of these kinds that are due, a few at a time, of whatever agency.
pub async fn claim(door: &mut Door, kinds: &[&'static str], now: Time, limit: i64) -> Result<Vec<JobRow>> {
    // Values start at $1: this runs before a tenant is known.
    let mut sql = Sql::new(
        "UPDATE job SET lease_until = $1, attempts = attempts + 1 WHERE (agency_id, id) IN (SELECT agency_id, id FROM job WHERE run_at <= $2 AND lease_until <= $2",
    );
    sql = sql.bind(now.plus_ms(LEASE_MS)).bind(now);
    for (n, kind) in kinds.iter().enumerate() {
        sql.push(if n == 0 { " AND (kind = " } else { " OR kind = " });
        sql.push_door_bind(*kind);
    }
    sql.push(") ORDER BY run_at LIMIT ").push_door_bind(limit);
    if door.engine() == Engine::Postgres {
        sql.push(" FOR UPDATE SKIP LOCKED");
    }
    sql.push(") RETURNING agency_id, id, kind, payload, attempts");
    door.all(sql).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<JobRow> {
    Ok(JobRow {
        agency: row.id("agency_id")?,
        id: row.get("id")?,
        kind: row.get("kind")?,
        payload: row.get("payload")?,
        attempts: row.get("attempts")?,
    })
}

/// All jobs of a kind, of whatever agency, claimed or not.
pub async fn of_kind(door: &mut Door, kind: &'static str) -> Result<Vec<JobRow>> {
    let sql = Sql::new("SELECT agency_id, id, kind, payload, attempts FROM job WHERE kind = $1 ORDER BY run_at");
    door.all(sql.bind(kind)).await?.iter().map(read).collect()
}

/// Takes the jobs of a kind about one thing off the list.
pub async fn done_of(tx: &mut Tx, kind: &'static str, payload: String) -> Result<()> {
    let sql = Sql::new("DELETE FROM job WHERE agency_id = $1 AND kind = $2 AND payload = $3");
    tx.run(sql.bind(kind).bind(payload)).await.map(drop)
}

/// Takes a job that is done off the list, in the transaction that did it.
pub async fn done(tx: &mut Tx, id: Uuid) -> Result<()> {
    let sql = Sql::new("DELETE FROM job WHERE agency_id = $1 AND id = $2");
    tx.run(sql.bind(id)).await.map(drop)
}

/// Puts a failed job off.
pub async fn failed(tx: &mut Tx, id: Uuid, error: String, again_at: Time) -> Result<()> {
    let sql = Sql::new("UPDATE job SET last_error = $3, run_at = $4, lease_until = 0 WHERE agency_id = $1 AND id = $2");
    tx.run(sql.bind(id).bind(error).bind(again_at)).await.map(drop)
}
