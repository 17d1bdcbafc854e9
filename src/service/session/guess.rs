//! Guesses at passwords: counted in the database before they are looked at, slowed down by a ladder, ended by the day's
//! last one. Called by sign-in alone.

use crate::api::problem::{Code, Problem};
use crate::domain::time::Time;
use crate::service::{Desk, Result};
use crate::store::identity::{self, Guard};

/// Guesses that cost no wait.
const FREE_GUESSES: i64 = 5;
/// Guesses at one account in 24 hours, the right one included.
const GUESSES_PER_DAY: i64 = 100;
/// The longest wait of the ladder.
const LONGEST_WAIT_MS: i64 = 30 * 60 * 1000;

/// The refusal while an account is locked.
fn locked(guard: &Guard, now: Time) -> Option<Problem> {
    let today = if now.0 - guard.day_start < crate::domain::time::DAY_MS {
        guard.day_count
    } else {
        0
    };
    let until = if today >= GUESSES_PER_DAY {
        guard.day_start + crate::domain::time::DAY_MS
    } else {
        guard.not_before
    };
    (until > now.0).then(|| {
        let seconds = (until - now.0).div_euclid(1000) + 1;
        let mut problem = Problem::new(
            Code::Locked,
            format!("Too many wrong passwords for this account. Try again in {seconds} s."),
        );
        problem.retry_after = Some(seconds.cast_unsigned());
        problem
    })
}

/// Counts a guess, or says that the account is locked. Each failure beyond the free ones doubles the wait.
pub(super) async fn reserve(
    desk: &Desk,
    account: [u8; 32],
    email: String,
    now: Time,
) -> Result<std::result::Result<Option<identity::PersonRow>, Problem>> {
    desk.store()
        .door(move |door| {
            Box::pin(async move {
                let mut guard = identity::hold_guard(door, account).await?;
                if let Some(refusal) = locked(&guard, now) {
                    return Ok(Err(refusal));
                }
                if now.0 - guard.day_start >= crate::domain::time::DAY_MS {
                    (guard.day_start, guard.day_count) = (now.0, 0);
                }
                guard.failures += 1;
                guard.day_count += 1;
                let beyond = guard.failures - FREE_GUESSES;
                if beyond >= 0 {
                    guard.not_before = now.0 + (1000_i64 << beyond.min(20)).min(LONGEST_WAIT_MS);
                }
                identity::set_guard(door, account, guard).await?;
                Ok(Ok(identity::person(door, &email).await?))
            })
        })
        .await
}
