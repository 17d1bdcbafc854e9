//! The queue: findings that stand in a lane, and the leases on them.

use uuid::Uuid;

use super::client::UserRef;
use super::finding::{self, COLUMNS, FindingRow, GLANCE, JOINS, first, order_few, read, sort_key};
use super::page::{self, Key, Slice, SortColumn, Window};
use super::query::{self, Asker, Filter, lane_of};
use super::tx::Engine;
use super::walk::{self, Group};
use super::{Result, Row, Sql, Tx};
use crate::domain::id::{FindingId, UserId};
use crate::domain::lane::{Lane, SOON_MS};
use crate::domain::query::SortField;
use crate::domain::time::Time;

/// Who works on a finding, and until when.
#[derive(Debug, Clone)]
pub struct Holder {
    pub user: UserRef,
    pub until: Time,
}

/// `clock_key` where no clock runs.
const NEVER: i64 = i64::MAX;

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
        clock_at: Some(row.time("clock_key")?).filter(|at| at.0 != NEVER),
        finding: read(row)?,
        holder,
    })
}

/// Begins a statement over findings `f` with what their rows show. `lane`: its rank, where it is the same for all.
fn select(asker: &Asker, lane: Option<Lane>) -> Sql {
    let mut sql = Sql::new("SELECT ");
    sql.push(COLUMNS).push(", f.clock_key, ");
    if let Some(lane) = lane {
        sql.push("CAST(").push_bind(lane.rank()).push(" AS BIGINT)");
    } else {
        query::lane(&mut sql, asker);
    }
    sql.push(" AS lane, l.user_id AS holder_id, l.until AS holder_until, h.name AS holder_name, h.email AS holder_email FROM finding f");
    sql.push(JOINS)
        .push(" LEFT JOIN claim l ON l.agency_id = f.agency_id AND l.finding_id = f.id AND l.until > ")
        .push_bind(asker.now);
    sql.push(" LEFT JOIN agency_user h ON h.agency_id = l.agency_id AND h.id = l.user_id WHERE f.agency_id = $1");
    sql
}

/// Appends ` AND (f stands in this lane)`: what [`query::lane`] says of all lanes at once, in a form that an index serves.
fn stands_in(sql: &mut Sql, lane: Lane, asker: &Asker) {
    let soon = asker.now.plus_ms(SOON_MS);
    match lane {
        Lane::Verify => {
            sql.push(" AND f.lane_base = 0");
            return;
        }
        Lane::Reply => {
            // Both as one list: an OR is served by no index.
            sql.push(
                " AND COALESCE(f.lane_base, 9) > 0 AND f.id IN (SELECT y.id FROM finding y WHERE y.agency_id = $1 AND y.lane_base = 1 UNION ALL ",
            );
            query::calls(sql, asker);
            sql.push(")");
            return;
        }
        Lane::Back => {
            sql.push(" AND f.lane_base = 2");
        }
        Lane::Overdue => {
            sql.push(" AND f.lane_base >= 5 AND f.clock_key <= ")
                .push_bind(asker.now);
        }
        Lane::DueSoon => {
            sql.push(" AND f.lane_base >= 5 AND f.clock_key > ")
                .push_bind(asker.now)
                .push(" AND f.clock_key <= ")
                .push_bind(soon);
        }
        Lane::New | Lane::Gone | Lane::Unassigned | Lane::Waiting => {
            sql.push(" AND f.lane_base = ")
                .push_bind(lane.rank())
                .push(" AND f.clock_key > ")
                .push_bind(soon);
        }
    }
    sql.push(" AND NOT ");
    query::called(sql, asker);
}

/// Within a lane: by clock and severity, or as the query sorts. `flat`, over all lanes: as the query sorts, then by clock
/// and severity.
fn sort(filter: &Filter, flat: bool) -> Vec<SortColumn> {
    let by_clock = [
        SortColumn::asc("f.clock_key"),
        SortColumn::desc("f.severity"),
        SortColumn::asc("f.id"),
    ];
    match filter.sort.map(|sort| query::sort_columns(sort, filter.is_narrow())) {
        Some([first, _]) if flat => [first].into_iter().chain(by_clock).collect(),
        Some(columns) => columns.into(),
        None => by_clock.into(),
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
        keys.push(Key::Int(row.clock_at.map_or(NEVER, |t| t.0)));
        keys.push(Key::Int(row.finding.decided.severity.rank()));
    }
    keys.push(Key::Id(row.finding.id.0));
    keys
}

/// `flat`: whatever the lane. Otherwise lane by lane.
pub async fn list(tx: &mut Tx, filter: &Filter, flat: bool, window: &Window) -> Result<Slice<QueueRow>> {
    let rows = if flat {
        all_lanes(tx, filter, window).await?
    } else if tx.engine() == Engine::Sqlite && filter.counts_slowly() && filter.sort.is_none() {
        sought(tx, filter, window).await?
    } else {
        by_lane(tx, filter, window).await?
    };
    Ok(Slice::of(rows, window))
}

async fn all_lanes(tx: &mut Tx, filter: &Filter, window: &Window) -> Result<Vec<QueueRow>> {
    let sort = sort(filter, true);
    let steps = match filter.sort.map(|s| s.field) {
        Some(SortField::Severity | SortField::Assignee) if !filter.is_narrow() => {
            walk::from(tx, filter, &sort, window).await?
        }
        _ => Vec::new(),
    };
    if steps.is_empty() {
        return some(tx, filter, None, None, &sort, window).await;
    }
    let mut rows = Vec::new();
    for (group, here) in steps {
        if rows.len() > window.limit as usize {
            break;
        }
        let part = walk::step(window, 1, here, rows.len());
        let sort = sort.get(1..).unwrap_or_default();
        rows.extend(some(tx, filter, None, Some(group), sort, &part).await?);
    }
    Ok(rows)
}

/// A part of a lane, or of all: which findings first, what they show then.
async fn some(
    tx: &mut Tx,
    filter: &Filter,
    lane: Option<Lane>,
    group: Option<Group>,
    sort: &[SortColumn],
    window: &Window,
) -> Result<Vec<QueueRow>> {
    let asker = &filter.asker;
    let mut sql = select(asker, lane);
    sql.push(" AND f.id IN (");
    query::push_ids(&mut sql, tx, filter, JOINS, sort, true);
    if let Some(group) = group {
        group.push(&mut sql);
    }
    if let Some(lane) = lane {
        stands_in(&mut sql, lane, asker);
    } else {
        sql.push(" AND ");
        query::lane(&mut sql, asker);
        sql.push(" IS NOT NULL");
    }
    page::window(&mut sql, sort, window);
    sql.push(")");
    order_few(&mut sql, tx, sort, window);
    tx.all(sql).await?.iter().map(row).collect()
}

/// Those of these findings that hold the texts: rows of a lane, or of all.
async fn holding(
    tx: &mut Tx,
    filter: &Filter,
    lane: Option<Lane>,
    sort: &[SortColumn],
    window: &Window,
    ids: &[Uuid],
) -> Result<Vec<QueueRow>> {
    let mut sql = select(&filter.asker, lane);
    finding::holding(&mut sql, tx, filter, sort, window, ids);
    tx.all(sql).await?.iter().map(row).collect()
}

/// The lanes from the window's row on, and its place in the one it stands in.
fn lanes_from(filter: &Filter, window: &Window) -> Result<Vec<(Lane, Option<Vec<Key>>)>> {
    let mut lanes: Vec<Lane> = Lane::ALL.into_iter().filter(|lane| filter.admits(*lane)).collect();
    if window.backward {
        lanes.reverse();
    }
    let (from, beside) = match window.beside.as_deref() {
        Some([Key::Int(rank), rest @ ..]) => (Some(lane_of(*rank)?), Some(rest.to_vec())),
        _ => (None, None),
    };
    lanes.retain(|lane| match from {
        Some(from) if window.backward => *lane <= from,
        Some(from) => *lane >= from,
        None => true,
    });
    let here = |lane| (lane, beside.clone().filter(|_| from == Some(lane)));
    Ok(lanes.into_iter().map(here).collect())
}

/// What is left of a window when `have` rows of it were read.
fn rest(window: &Window, beside: Option<Vec<Key>>, have: usize) -> Window {
    Window {
        limit: window.limit.saturating_sub(u32::try_from(have).unwrap_or(u32::MAX)),
        beside,
        backward: window.backward,
    }
}

/// From the window's row on, until it is full: each lane is a walk along an index.
async fn by_lane(tx: &mut Tx, filter: &Filter, window: &Window) -> Result<Vec<QueueRow>> {
    let mut rows = Vec::new();
    for (lane, beside) in lanes_from(filter, window)? {
        // One more than asked for says that there is more.
        if rows.len() > window.limit as usize {
            break;
        }
        let part = rest(window, beside, rows.len());
        rows.extend(some(tx, filter, Some(lane), None, &sort(filter, false), &part).await?);
    }
    Ok(rows)
}

/// How many long lanes are walked one by one before all that is left is gone through at once: each walk finds out anew
/// which rows can hold the texts, and most pages are full by then.
const WALKS: usize = 2;

/// For texts that many rows can hold: short lanes and the beginnings of long ones are looked at row by row.
async fn sought(tx: &mut Tx, filter: &Filter, window: &Window) -> Result<Vec<QueueRow>> {
    let (mut rows, mut walks) = (Vec::new(), 0);
    let sort = sort(filter, false);
    for (lane, beside) in lanes_from(filter, window)? {
        if rows.len() > window.limit as usize {
            break;
        }
        let part = rest(window, beside, rows.len());
        let mut sql = Sql::new("");
        query::push_ids(&mut sql, tx, filter, JOINS, &sort, false);
        stands_in(&mut sql, lane, &filter.asker);
        let ids = first(tx, sql, &sort, &part, GLANCE).await?;
        let is_long = ids.len() == GLANCE as usize;
        let mut found = Vec::new();
        // The beginning of one long lane tells what to expect of the next.
        if !is_long || (walks == 0 && filter.is_everywhere()) {
            found = holding(tx, filter, Some(lane), &sort, &part, &ids).await?;
        }
        if is_long && found.len() <= part.limit as usize {
            if walks == WALKS {
                return at_once(tx, filter, window).await;
            }
            walks += 1;
            found = some(tx, filter, Some(lane), None, &sort, &part).await?;
        }
        rows.extend(found);
    }
    Ok(rows)
}

/// All lanes in one pass: which rows can hold the texts is found out once, not for each lane, and whether they do of the
/// first ones, of all where these do not fill the page.
async fn at_once(tx: &mut Tx, filter: &Filter, window: &Window) -> Result<Vec<QueueRow>> {
    let order = |of: [&'static str; 4]| {
        let [lane, clock, severity, id] = of;
        [
            SortColumn::asc(lane),
            SortColumn::asc(clock),
            SortColumn::desc(severity),
            SortColumn::asc(id),
        ]
    };
    let asker = &filter.asker;
    let mut most = window.limit.saturating_add(GLANCE);
    loop {
        let mut sql = Sql::new("SELECT x.id FROM (");
        // What is closed is in a lane only where somebody is called: apart, as in [`lanes`].
        for closed in [false, true] {
            sql.push(if closed { " UNION ALL SELECT " } else { "SELECT " });
            sql.push("f.id, f.clock_key, f.severity, ");
            query::lane(&mut sql, asker);
            sql.push(" AS lane FROM finding f WHERE f.agency_id = $1");
            if closed {
                sql.push(" AND f.lane_base IS NULL AND ");
                query::called(&mut sql, asker);
            } else {
                sql.push(" AND f.lane_base IS NOT NULL");
            }
            query::push_first(&mut sql, tx, filter);
        }
        sql.push(") x WHERE x.lane IS NOT NULL");
        let sort = order(["x.lane", "x.clock_key", "x.severity", "x.id"]);
        let ids = first(tx, sql, &sort, window, most).await?;
        let sort = order(["lane", "f.clock_key", "f.severity", "f.id"]);
        let rows = holding(tx, filter, None, &sort, window, &ids).await?;
        if rows.len() > window.limit as usize || ids.len() < most as usize {
            return Ok(rows);
        }
        most = u32::MAX;
    }
}

/// How many findings stand in each lane that has some.
pub async fn lanes(tx: &mut Tx, filter: &Filter) -> Result<Vec<(Lane, i64)>> {
    let mut counts = std::collections::BTreeMap::new();
    // What is closed is in a lane only where somebody is called: apart, so that the index of the rest holds all it needs.
    for closed in [false, true] {
        let mut sql = Sql::new("SELECT lane, COUNT(*) AS n FROM (SELECT ");
        query::lane(&mut sql, &filter.asker);
        sql.push(" AS lane")
            .push(query::from(filter))
            .push(" WHERE f.agency_id = $1");
        if closed {
            sql.push(" AND f.lane_base IS NULL AND ");
            query::called(&mut sql, &filter.asker);
        } else {
            sql.push(" AND f.lane_base IS NOT NULL");
        }
        query::push_alone(&mut sql, tx, filter);
        sql.push(") x WHERE lane IS NOT NULL GROUP BY lane");
        for row in tx.all(sql).await? {
            *counts.entry(lane_of(row.get("lane")?)?).or_default() += row.get::<i64>("n")?;
        }
    }
    Ok(counts.into_iter().collect())
}

/// The finding to take next: nobody holds it, it does not wait on the client, its clock is the nearest or most breached.
pub async fn next(tx: &mut Tx, filter: &Filter) -> Result<Option<QueueRow>> {
    let mut found: Option<QueueRow> = None;
    for lane in Lane::ALL {
        if lane == Lane::Waiting || !filter.admits(lane) {
            continue;
        }
        let mut sql = select(&filter.asker, Some(lane));
        stands_in(&mut sql, lane, &filter.asker);
        query::push(&mut sql, tx, filter);
        // A query may name an archived client to look at it; there is no work to take in it.
        sql.push(" AND (c.state IS NULL OR c.state <> 'archived')");
        sql.push(" AND l.user_id IS NULL ORDER BY f.clock_key, f.severity DESC, f.id LIMIT 1");
        let Some(first) = tx.opt(sql).await?.as_ref().map(row).transpose()? else {
            continue;
        };
        if found.as_ref().is_none_or(|best| urgency(&first) < urgency(best)) {
            found = Some(first);
        }
    }
    Ok(found)
}

/// What is taken first is smallest.
fn urgency(row: &QueueRow) -> (i64, i64, FindingId) {
    let clock = row.clock_at.map_or(NEVER, |t| t.0);
    (clock, -row.finding.decided.severity.rank(), row.finding.id)
}

/// One row, whatever its filter; none where the finding is in no lane.
pub async fn get(tx: &mut Tx, finding: FindingId, asker: &Asker) -> Result<Option<QueueRow>> {
    let mut sql = select(asker, None);
    sql.push(" AND f.id = ").push_bind(finding);
    let Some(found) = tx.opt(sql).await? else {
        return Ok(None);
    };
    match found.get::<Option<i64>>("lane")? {
        Some(_) => row(&found).map(Some),
        None => Ok(None),
    }
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
