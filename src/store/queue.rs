//! The queue: findings that stand in a lane, and the leases on them.

use super::client::UserRef;
use super::finding::{COLUMNS, FindingRow, JOINS, read, sort_key};
use super::page::{self, Key, Slice, SortColumn, Window};
use super::query::{self, Asker, Filter, lane_of};
use super::{Result, Row, Sql, Tx};
use crate::domain::id::{FindingId, UserId};
use crate::domain::lane::Lane;
use crate::domain::time::Time;

/// Who works on a finding, and until when.
#[derive(Debug, Clone)]
pub struct Holder {
    pub user: UserRef,
    pub until: Time,
}

#[derive(Debug, Clone)]
pub struct QueueRow {
    pub lane: Lane,
    pub finding: FindingRow,
    /// When the clock that runs ends.
    pub clock_at: Option<Time>,
    pub holder: Option<Holder>,
}

fn row(row: &Row) -> Result<QueueRow> {
    let holder = match row.opt_id("holder_id")? {
        Some(id) => Some(Holder {
            user: UserRef {
                id,
                name: row.get("holder_name")?,
                email: row.get("holder_email")?,
            },
            until: row.time("holder_until")?,
        }),
        None => None,
    };
    Ok(QueueRow {
        lane: lane_of(row.get("lane")?)?,
        clock_at: row.opt_time("clock_at")?,
        finding: read(row)?,
        holder,
    })
}

/// Appends the findings that are in a lane, each with its lane and its clock, as `f`, and what stands around them.
fn from(sql: &mut Sql, asker: &Asker) {
    sql.push(" FROM (SELECT f.*, ");
    query::lane(sql, asker);
    sql.push(" AS lane, CASE WHEN f.status = 'pending_verification' THEN f.verify_due_at WHEN f.status IN ")
        .push(query::OPEN);
    sql.push(" THEN f.due_at END AS clock_at FROM finding f WHERE f.agency_id = $1 AND (f.status IN ");
    sql.push(query::OPEN).push(" OR ");
    query::needs_reply(sql, asker);
    sql.push(")) f").push(JOINS);
}

fn select(asker: &Asker) -> Sql {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS)
        .push(", f.lane, f.clock_at, l.user_id AS holder_id, l.until AS holder_until, h.name AS holder_name, h.email AS holder_email");
    from(&mut sql, asker);
    sql.push(" LEFT JOIN claim l ON l.agency_id = f.agency_id AND l.finding_id = f.id AND l.until > ")
        .push_bind(asker.now);
    sql.push(" LEFT JOIN agency_user h ON h.agency_id = l.agency_id AND h.id = l.user_id WHERE f.agency_id = $1 AND f.lane IS NOT NULL");
    sql
}

/// By lane, then by clock and severity, or as the query sorts within each lane. `flat`: as the query sorts, then by clock
/// and severity, whatever the lane.
fn sort(filter: &Filter, flat: bool) -> Vec<SortColumn> {
    let by_clock = [
        SortColumn::asc("f.clock_at").nullable(),
        SortColumn::desc("f.severity"),
        SortColumn::asc("f.id"),
    ];
    match (filter.sort, flat) {
        (Some(sort), true) => {
            let [first, _] = query::sort_columns(sort);
            [first].into_iter().chain(by_clock).collect()
        }
        (Some(sort), false) => [SortColumn::asc("f.lane")]
            .into_iter()
            .chain(query::sort_columns(sort))
            .collect(),
        (None, true) => by_clock.into(),
        (None, false) => [SortColumn::asc("f.lane")].into_iter().chain(by_clock).collect(),
    }
}

#[must_use]
pub fn keys(filter: &Filter, flat: bool, row: &QueueRow) -> Vec<Key> {
    let mut keys = Vec::new();
    if !flat {
        keys.push(Key::Int(row.lane.rank()));
    }
    if let Some(sort) = filter.sort {
        keys.push(sort_key(sort.field, &row.finding));
    }
    if filter.sort.is_none() || flat {
        keys.push(row.clock_at.map(|t| t.0).into());
        keys.push(Key::Int(row.finding.decided.severity.rank()));
    }
    keys.push(Key::Id(row.finding.id.0));
    keys
}

pub async fn list(tx: &mut Tx, filter: &Filter, flat: bool, window: &Window) -> Result<Slice<QueueRow>> {
    let mut sql = select(&filter.asker);
    query::push(&mut sql, tx, filter);
    page::window(&mut sql, &sort(filter, flat), window);
    let rows = tx.all(sql).await?.iter().map(row).collect::<Result<_>>()?;
    Ok(Slice::of(rows, window))
}

/// How many findings stand in each lane that has some.
pub async fn lanes(tx: &mut Tx, filter: &Filter) -> Result<Vec<(Lane, i64)>> {
    let mut sql = Sql::new("SELECT f.lane, COUNT(*) AS n");
    from(&mut sql, &filter.asker);
    sql.push(" WHERE f.agency_id = $1 AND f.lane IS NOT NULL");
    query::push(&mut sql, tx, filter);
    sql.push(" GROUP BY f.lane ORDER BY f.lane");
    let rows = tx.all(sql).await?;
    rows.iter()
        .map(|row| Ok((lane_of(row.get("lane")?)?, row.get("n")?)))
        .collect()
}

/// The finding to take next: nobody holds it, it does not wait on the client, its clock is the nearest or most breached.
pub async fn next(tx: &mut Tx, filter: &Filter) -> Result<Option<QueueRow>> {
    let mut sql = select(&filter.asker);
    query::push(&mut sql, tx, filter);
    // A query may name an archived client to look at it; there is no work to take in it.
    sql.push(" AND (c.state IS NULL OR c.state <> 'archived') AND l.user_id IS NULL AND f.lane <> ")
        .push_bind(Lane::Waiting.rank());
    sql.push(" ORDER BY (f.clock_at IS NULL), f.clock_at, f.severity DESC, f.id LIMIT 1");
    tx.opt(sql).await?.as_ref().map(row).transpose()
}

/// One row, whatever its filter; none where the finding is in no lane.
pub async fn get(tx: &mut Tx, finding: FindingId, asker: &Asker) -> Result<Option<QueueRow>> {
    let mut sql = select(asker);
    sql.push(" AND f.id = ").push_bind(finding);
    tx.opt(sql).await?.as_ref().map(row).transpose()
}

/// Takes or renews a lease. `false` where another holds one that has not run out.
pub async fn take(tx: &mut Tx, finding: FindingId, user: UserId, until: Time, now: Time) -> Result<bool> {
    let sql = Sql::new(
        "INSERT INTO claim (agency_id, finding_id, user_id, until) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (agency_id, finding_id) DO UPDATE SET user_id = excluded.user_id, until = excluded.until \
         WHERE claim.user_id = excluded.user_id OR claim.until <= $5",
    );
    Ok(tx.run(sql.bind(finding).bind(user).bind(until).bind(now)).await? == 1)
}

/// Takes what nobody holds, the taker included: two sends of one person at the same moment get two findings.
pub async fn take_free(tx: &mut Tx, finding: FindingId, user: UserId, until: Time, now: Time) -> Result<bool> {
    let sql = Sql::new(
        "INSERT INTO claim (agency_id, finding_id, user_id, until) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (agency_id, finding_id) DO UPDATE SET user_id = excluded.user_id, until = excluded.until \
         WHERE claim.until <= $5",
    );
    Ok(tx.run(sql.bind(finding).bind(user).bind(until).bind(now)).await? == 1)
}

/// Ends one's own lease.
pub async fn put_back(tx: &mut Tx, finding: FindingId, user: UserId) -> Result<()> {
    let sql = Sql::new("DELETE FROM claim WHERE agency_id = $1 AND finding_id = $2 AND user_id = $3");
    tx.run(sql.bind(finding).bind(user)).await.map(drop)
}

pub async fn holder(tx: &mut Tx, finding: FindingId, now: Time) -> Result<Option<Holder>> {
    let sql = Sql::new(
        "SELECT u.id, u.name, u.email, l.until FROM claim l JOIN agency_user u ON u.agency_id = l.agency_id AND u.id = l.user_id \
         WHERE l.agency_id = $1 AND l.finding_id = $2 AND l.until > $3",
    );
    let found = tx.opt(sql.bind(finding).bind(now)).await?;
    found
        .map(|row| {
            Ok(Holder {
                user: UserRef {
                    id: row.id("id")?,
                    name: row.get("name")?,
                    email: row.get("email")?,
                },
                until: row.time("until")?,
            })
        })
        .transpose()
}
