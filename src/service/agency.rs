//! The agency's overview and its people.

use super::{Caller, Desk, Result};
use crate::api::agency::{Agency, ListUsers, SeverityCounts, ShowAgency, User, Users};
use crate::domain::plan::Allowance;
use crate::domain::severity::Severity;
use crate::store;

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

pub async fn show(desk: Desk, caller: Caller, _: ShowAgency) -> Result<Agency> {
    desk.read(&caller, |tx| {
        Box::pin(async move {
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
