//! Work that is due at a time: enqueued in the act that causes it, done by whichever server comes first.

use std::time::Duration;

use uuid::Uuid;

use super::finding::transition;
use super::{Desk, Result, housekeeping, import};
use crate::domain::id::{AgencyId, BatchId};
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
    /// Places of an applied import are still to be written; the payload is the batch. Not claimed: where there is one
    /// writer there is one server, and who applied the import is at it already, unless the server ended.
    Settle,
    /// What is too old goes ([`housekeeping`]); one job per agency, which is never done.
    Housekeeping,
}

impl Kind {
    const CLAIMED: [Self; 2] = [Self::EndAcceptance, Self::Housekeeping];

    fn name(self) -> &'static str {
        match self {
            Self::EndAcceptance => "finding.end_acceptance",
            Self::Settle => "import.settle",
            Self::Housekeeping => "housekeeping",
        }
    }
}

/// Enqueues a job about one object, within the act that causes it.
pub(super) async fn enqueue(tx: &mut Tx, kind: Kind, object: Uuid, run_at: Time) -> Result<()> {
    Ok(store::job::enqueue(tx, kind.name(), object.to_string(), run_at).await?)
}

/// Takes the jobs of a kind about one object off the list, within the act that ends them.
pub(super) async fn done(tx: &mut Tx, kind: Kind, object: Uuid) -> store::Result<()> {
    store::job::done_of(tx, kind.name(), object.to_string()).await
}

/// Runs what is due by the desk's clock, and says how many jobs that were.
pub async fn run_due(desk: &Desk) -> Result<usize> {
    let now = desk.now();
    let mut ran = 0;
    let begun = desk
        .store()
        .door_read::<_, store::Error, _>(|door| {
            Box::pin(async move { store::job::of_kind(door, Kind::Settle.name()).await })
        })
        .await?;
    for job in begun {
        if let Ok(batch) = job.payload.parse() {
            import::settle::start(desk, job.agency, BatchId(batch));
        }
    }
    let without = desk
        .store()
        .door_read::<_, store::Error, _>(|door| Box::pin(async move { store::job::without_housekeeping(door).await }))
        .await?;
    for agency in without {
        desk.store()
            .write::<_, store::Error, _>(&Scope::job(agency), move |tx| {
                Box::pin(async move { store::job::ensure(tx, Kind::Housekeeping.name(), now).await })
            })
            .await?;
    }
    loop {
        let kinds = Kind::CLAIMED.map(Kind::name);
        let jobs: Vec<JobRow> = desk
            .store()
            .door(move |door| Box::pin(async move { store::job::claim(door, &kinds, now, AT_ONCE).await }))
            .await?;
        if jobs.is_empty() {
            return Ok(ran);
        }
        for job in jobs {
            ran += 1;
            if job.kind == Kind::Housekeeping.name() {
                keep_house(desk, job, now).await?;
            } else {
                run(desk, job, now).await?;
            }
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
    match done {
        Ok(()) => Ok(()),
        Err(error) => put_off(desk, agency, (id, attempts), &error, now).await,
    }
}

/// One round of housekeeping; the next is due in an hour, or in a minute where something is left.
async fn keep_house(desk: &Desk, job: JobRow, now: Time) -> Result<()> {
    let JobRow {
        agency, id, attempts, ..
    } = job;
    let left = match housekeeping::run(desk, agency, now).await {
        Ok(left) => left,
        Err(error) => return put_off(desk, agency, (id, attempts), &error, now).await,
    };
    let again = now.plus_ms(if left { 60_000 } else { 3_600_000 });
    desk.store()
        .write(&Scope::job(agency), move |tx| {
            Box::pin(async move { Ok(store::job::again(tx, id, again).await?) })
        })
        .await
}

async fn put_off(
    desk: &Desk,
    agency: AgencyId,
    (id, attempts): (Uuid, i64),
    error: &super::Error,
    now: Time,
) -> Result<()> {
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
