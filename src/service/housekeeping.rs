//! The job that keeps an agency's database from growing for ever: stored answers, events, sessions and forgotten
//! imports go when their time is over, by the desk's clock. The audit trail stays; jobs go when they are done.

use super::{Desk, Result, import};
use crate::domain::id::AgencyId;
use crate::domain::time::Time;
use crate::store::import::undo;
use crate::store::{self, Scope, Tx, housekeeping as rows};

/// How long events are kept for streams to resume from.
const EVENT_DAYS: i64 = 7;
/// How long an ended session is kept.
const SESSION_DAYS: i64 = 30;
/// An import that nobody applied for so long is thrown away.
const ABANDONED_DAYS: i64 = 7;
/// Transactions per kind and run; what is left waits for the next run.
const STEPS: usize = 200;

/// What goes, and in which order.
#[derive(Debug, Clone, Copy)]
enum What {
    Answers,
    Events,
    Sessions,
    Imports,
    Words,
}

impl What {
    const ALL: [Self; 5] = [Self::Answers, Self::Events, Self::Sessions, Self::Imports, Self::Words];

    async fn some(self, tx: &mut Tx, now: Time) -> store::Result<i64> {
        match self {
            Self::Answers => rows::answers(tx, now.plus_days(-store::record::KEPT_DAYS)).await,
            Self::Events => rows::events(tx, now.plus_days(-EVENT_DAYS)).await,
            Self::Sessions => rows::sessions(tx, now.plus_days(-SESSION_DAYS)).await,
            // What was before imports that are too old to be taken back.
            Self::Imports => undo::forget_old(tx, now.plus_days(-undo::KEPT_DAYS), rows::AT_ONCE).await,
            Self::Words => rows::words(tx).await,
        }
    }
}

/// Takes away what is old in one agency. `true` where something is left for the next run.
pub(super) async fn run(desk: &Desk, agency: AgencyId, now: Time) -> Result<bool> {
    let scope = Scope::job(agency);
    let mut left = false;
    for what in What::ALL {
        let (mut steps, mut gone) = (0, 0);
        loop {
            let n = desk
                .store()
                .write::<_, store::Error, _>(&scope, move |tx| Box::pin(async move { what.some(tx, now).await }))
                .await?;
            (steps, gone) = (steps + 1, gone + n);
            if n < rows::AT_ONCE {
                break;
            }
            if steps == STEPS {
                left = true;
                break;
            }
        }
        if gone > 0 {
            tracing::info!(agency = %agency.0, ?what, gone, "housekeeping");
        }
    }
    left |= import::clear_abandoned(desk, agency, now.plus_days(-ABANDONED_DAYS)).await?;
    Ok(left)
}
