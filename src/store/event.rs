//! What changed, for streams: written in the act's transaction, read in commit order by the event hub.

use uuid::Uuid;

use super::tx::Engine;
use super::{Door, Result, Sql, Tx};
use crate::domain::id::AgencyId;
use crate::domain::time::Time;

#[derive(Debug, Clone)]
pub struct NewEvent {
    pub topic: String,
    pub act: &'static str,
    pub object: Option<Uuid>,
    pub project: Option<Uuid>,
    pub client: Option<Uuid>,
}

/// Writes what an act tells, at its very end. On PostgreSQL a sequence number alone is not commit order: whoever has
/// taken numbers keeps all others from taking any until its transaction is over, so that whoever sees an event sees
/// every earlier one. No more than a commit is waited for, since an act does nothing else after this; a reader never
/// waits, however long an act of another agency takes.
pub async fn write(tx: &mut Tx, events: Vec<NewEvent>, now: Time) -> Result<()> {
    if tx.engine() == Engine::Postgres && !events.is_empty() {
        let turn = Sql::new("SELECT pg_advisory_xact_lock(7211300422) WHERE $1::uuid IS NOT NULL");
        tx.all(turn).await?;
    }
    for event in events {
        let sql = Sql::new(
            "INSERT INTO event (agency_id, at, topic, act, object_id, project_id, client_id) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        );
        let sql = sql.bind(now).bind(event.topic).bind(event.act).bind(event.object);
        tx.run(sql.bind(event.project).bind(event.client)).await?;
    }
    Ok(())
}

/// A committed event with its place in the stream.
#[derive(Debug, Clone)]
pub struct EventRow {
    pub seq: i64,
    pub agency: AgencyId,
    pub at: Time,
    pub topic: String,
    pub act: String,
    pub object: Option<Uuid>,
    pub project: Option<Uuid>,
    pub client: Option<Uuid>,
}

/// Events after `seq`, oldest first, at most 500, of all agencies: the hub deals them out. In commit order: see [`write()`].
pub async fn after(door: &mut Door, seq: i64) -> Result<Vec<EventRow>> {
    let text = "SELECT seq, agency_id, at, topic, act, object_id, project_id, client_id FROM event WHERE seq > $1 ORDER BY seq LIMIT 500";
    let rows = door.all(Sql::new(text).bind(seq)).await?;
    rows.iter()
        .map(|row| {
            Ok(EventRow {
                seq: row.get("seq")?,
                agency: row.id("agency_id")?,
                at: row.time("at")?,
                topic: row.get("topic")?,
                act: row.get("act")?,
                object: row.get("object_id")?,
                project: row.get("project_id")?,
                client: row.get("client_id")?,
            })
        })
        .collect()
}

/// The number of the newest event.
pub async fn newest(door: &mut Door) -> Result<i64> {
    let row = door
        .opt(Sql::new("SELECT COALESCE(MAX(seq), 0) AS newest FROM event"))
        .await?;
    row.map_or(Ok(0), |row| row.get("newest"))
}

/// The number of the newest event that this agency's housekeeping took away; 0: none.
pub async fn purged(door: &mut Door, agency: AgencyId) -> Result<i64> {
    let sql = Sql::new("SELECT events_purged FROM agency WHERE agency_id = $1");
    let row = door.opt(sql.bind(agency)).await?;
    row.map_or(Ok(0), |row| row.get("events_purged"))
}
