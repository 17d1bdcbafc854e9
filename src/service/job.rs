//! Work that is due at a time: enqueued in the act that causes it, done by whichever server comes first.

use std::time::Duration;

use uuid::Uuid;

use super::finding::transition;
use super::{Desk, Result};
use crate::domain::time::Time;
use crate::store::job::JobRow;
use crate::store::{self, Scope, Tx};

/// How often the list is looked at where nothing wakes the runner.
const EVERY: Duration = Duration::from_secs(15);

/// How many jobs are claimed at once.
const AT_ONCE: i64 = 20;

/// What can be due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A risk acceptance ends; the payload is the finding.
    EndAcceptance,
}

impl Kind {
    const ALL: [Self; 1] = [Self::EndAcceptance];

    fn name(self) -> &'static str {
        match self {
            Self::EndAcceptance => "finding.end_acceptance",
        }
    }
}

/// Enqueues a job about one object, within the act that causes it.
pub(super) async fn enqueue(tx: &mut Tx, kind: Kind, object: Uuid, run_at: Time) -> Result<()> {
    Ok(store::job::enqueue(tx, kind.name(), object.to_string(), run_at).await?)
}

/// Runs what is due by the desk's clock, and says how many jobs that were.
pub async fn run_due(desk: &Desk) -> Result<usize> {
    let now = desk.now();
    let mut ran = 0;
    loop {
        let kinds = Kind::ALL.map(Kind::name);
        let jobs: Vec<JobRow> = desk
            .store()
            .door(move |door| Box::pin(async move { store::job::claim(door, &kinds, now, AT_ONCE).await }))
            .await?;
        if jobs.is_empty() {
            return Ok(ran);
        }
        for job in jobs {
            ran += 1;
            run(desk, job, now).await?;
        }
    }
}

async fn run(desk: &Desk, job: JobRow, now: Time) -> Result<()> {
    let JobRow {
        agency,
        id,
        payload,
        attempts,
        ..
    } = job;
    let done = desk
        .act_by_rule(agency, "finding.end_acceptance", move |tx, note| {
            Box::pin(async move {
                let finding = payload.parse().unwrap_or(Uuid::nil());
                transition::end_acceptance(tx, note, finding, now).await?;
                Ok(store::job::done(tx, id).await?)
            })
        })
        .await;
    let Err(error) = done else { return Ok(()) };
    tracing::error!(%id, %error, attempts, "a job failed");
    // Twice as long each time, up to an hour.
    let wait = 60_000_i64 << attempts.clamp(0, 6);
    let text = error.to_string();
    let again = now.plus_ms(wait.min(3_600_000));
    desk.store()
        .write(&Scope::job(agency), move |tx| {
            Box::pin(async move { Ok(store::job::failed(tx, id, text, again).await?) })
        })
        .await
}

/// Runs what is due for as long as the server does.
pub async fn keep_running(desk: Desk, mut stopping: tokio::sync::watch::Receiver<bool>) {
    loop {
        if let Err(error) = run_due(&desk).await {
            tracing::error!(%error, "the jobs that are due could not be run");
        }
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}
