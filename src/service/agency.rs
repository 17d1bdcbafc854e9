//! The agency's overview and its people.

use jiff::tz::TimeZone;

use super::{Caller, Desk, Result};
use crate::api::Ref;
use crate::api::agency::{
    Agency, ClientCounts, ClientLoad, Due, DueCounts, DueDay, ListUsers, Overview, RecentAct, SeverityCounts,
    ShowAgency, ShowOverview, User, Users,
};
use crate::domain::access::{ClientState, Role};
use crate::domain::clock;
use crate::domain::plan::Allowance;
use crate::domain::severity::Severity;
use crate::domain::time::Time;
use crate::store::{self, Tx};

/// Adds a count to the field of its severity.
pub(super) fn tally(counts: &mut SeverityCounts, severity: Severity, n: i64) {
    *match severity {
        Severity::Critical => &mut counts.critical,
        Severity::High => &mut counts.high,
        Severity::Medium => &mut counts.medium,
        Severity::Low => &mut counts.low,
        Severity::Info => &mut counts.info,
    } += n;
}

async fn wire(tx: &mut Tx) -> Result<Agency> {
    let row = store::agency::get(tx).await?;
    let mut open_findings = SeverityCounts::default();
    for (severity, n) in store::rollup::open_by_severity(tx).await? {
        tally(&mut open_findings, severity, n);
    }
    Ok(Agency {
        id: row.id,
        name: row.name,
        kind: row.kind,
        time_zone: row.time_zone,
        plan: row.plan_state,
        clients: Allowance {
            used: row.clients_used,
            limit: row.client_limit,
        },
        projects: Allowance {
            used: row.projects_used,
            limit: row.project_limit,
        },
        seats: Allowance {
            used: row.seats_used,
            limit: row.seat_limit,
        },
        open_findings,
    })
}

pub async fn show(desk: Desk, caller: Caller, _: ShowAgency) -> Result<Agency> {
    desk.read(&caller, |tx| Box::pin(wire(tx))).await
}

/// How many clients and acts an overview names.
const WORST: i64 = 10;
const ACTS: i64 = 20;

/// A week, today counted.
const DAYS: i64 = 7;

/// What is due, day by day on the agency's calendar. What ends at this very moment is overdue, as in the queue.
async fn due(tx: &mut Tx, zone: &TimeZone, now: Time) -> Result<Due> {
    let mut dates = Vec::new();
    let mut spans = vec![(None, now)];
    let mut date = clock::day(now, zone);
    let mut from = now;
    for _ in 0..DAYS {
        let tomorrow = date.tomorrow().unwrap_or(date);
        let end = clock::start_of(tomorrow, zone).plus_ms(-1).max(from);
        dates.push(date);
        spans.push((Some(from), end));
        (date, from) = (tomorrow, end);
    }
    let mut counts = vec![DueCounts::default(); spans.len()];
    for ending in store::overview::ending(tx, &spans).await? {
        if let Some(counts) = usize::try_from(ending.span).ok().and_then(|i| counts.get_mut(i)) {
            *if ending.verification {
                &mut counts.verify
            } else {
                &mut counts.fix
            } = ending.n;
        }
    }
    let days = dates.iter().zip(&counts[1..]).map(|(date, due)| DueDay {
        date: date.to_string(),
        due: *due,
    });
    Ok(Due {
        overdue: counts[0],
        days: days.collect(),
    })
}

async fn clients(tx: &mut Tx) -> Result<ClientCounts> {
    let mut counts = ClientCounts::default();
    for (state, n) in store::overview::clients(tx).await? {
        *match state {
            ClientState::Onboarding => &mut counts.onboarding,
            ClientState::Active => &mut counts.active,
            ClientState::Paused => &mut counts.paused,
            ClientState::Archived => &mut counts.archived,
        } = n;
    }
    Ok(counts)
}

fn reference((id, key, name): (uuid::Uuid, String, String)) -> Ref {
    Ref { id, key, name }
}

async fn worst(tx: &mut Tx) -> Result<Vec<ClientLoad>> {
    let load = |row: store::overview::Loaded| {
        let mut open_findings = SeverityCounts::default();
        for (severity, n) in Severity::ALL.into_iter().zip(row.open) {
            tally(&mut open_findings, severity, n);
        }
        ClientLoad {
            client: reference((row.id, row.key, row.name)),
            open_findings,
        }
    };
    let rows = store::overview::worst(tx, WORST).await?;
    Ok(rows.into_iter().map(load).collect())
}

async fn acts(tx: &mut Tx, now: Time) -> Result<Vec<RecentAct>> {
    let act = |row: store::overview::Done| RecentAct {
        at: row.at,
        actor: row.actor,
        act: row.act,
        client: row.client.map(reference),
    };
    let rows = store::overview::done_since(tx, now.plus_days(-DAYS), ACTS).await?;
    Ok(rows.into_iter().map(act).collect())
}

pub async fn overview(desk: Desk, caller: Caller, _: ShowOverview) -> Result<Overview> {
    let as_of = desk.now();
    let names = caller.role != Role::Viewer;
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let agency = wire(tx).await?;
            let due = due(tx, &clock::zone(&agency.time_zone), as_of).await?;
            let clients = clients(tx).await?;
            let (worst, acts) = if names {
                (Some(worst(tx).await?), Some(acts(tx, as_of).await?))
            } else {
                (None, None)
            };
            Ok(Overview {
                as_of,
                agency,
                clients,
                due,
                worst,
                acts,
            })
        })
    })
    .await
}

pub async fn users(desk: Desk, caller: Caller, _: ListUsers) -> Result<Users> {
    let rows = desk
        .read(&caller, |tx| Box::pin(async move { Ok(store::user::list(tx).await?) }))
        .await?;
    let item = |u: store::user::UserRow| User {
        id: u.id,
        name: u.name,
        email: u.email,
        role: u.role,
        state: u.state,
        version: u.version,
    };
    Ok(Users {
        items: rows.into_iter().map(item).collect(),
    })
}
