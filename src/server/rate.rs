//! How fast one person, or one address that nobody is signed in from, may ask: a bucket each that fills with time. In
//! memory, per server: fairness, not a secret's guard (guesses at passwords are counted in the database).

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;

use axum::http::{HeaderMap, HeaderValue};
use uuid::Uuid;

use crate::api::problem::{Code, Problem};
use crate::service::limits::Limits;

/// Above so many buckets the full ones are forgotten: a full bucket says nothing.
const BUCKETS: usize = 4096;

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Who {
    Person(Uuid),
    /// An IPv6 network of 64 bits counts as one address: that is what one subscriber has.
    Address(Option<IpAddr>),
}

impl Who {
    /// The one behind an address as it is written.
    #[must_use]
    pub fn at(address: Option<&str>) -> Self {
        Self::Address(address.and_then(|a| a.parse().ok()).map(|ip| match ip {
            IpAddr::V4(ip) => IpAddr::V4(ip),
            IpAddr::V6(ip) => match ip.to_ipv4_mapped() {
                Some(ip) => IpAddr::V4(ip),
                None => IpAddr::V6((u128::from(ip) & !u128::from(u64::MAX)).into()),
            },
        }))
    }
}

/// How much of a bucket is left, for the answer's headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub limit: u32,
    pub remaining: u32,
    /// Seconds until it is full again.
    pub reset: u64,
}

/// Where a request's standing is left for the layer that writes headers.
#[derive(Debug, Clone, Default)]
pub struct Slot(Arc<OnceLock<Standing>>);

impl Slot {
    pub fn leave(&self, standing: Standing) {
        let _ = self.0.set(standing);
    }

    /// Writes `RateLimit-*`, where a bucket was asked.
    pub fn head(&self, headers: &mut HeaderMap) {
        let Some(standing) = self.0.get() else { return };
        for (name, value) in [
            ("ratelimit-limit", u64::from(standing.limit)),
            ("ratelimit-remaining", u64::from(standing.remaining)),
            ("ratelimit-reset", standing.reset),
        ] {
            headers.insert(name, HeaderValue::from(value));
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Rule {
    per_minute: f64,
    burst: f64,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

/// All buckets.
#[derive(Debug)]
pub struct Rates {
    person: Rule,
    address: Rule,
    buckets: Mutex<HashMap<Who, Bucket>>,
}

impl Rates {
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        let rule = |per_minute: u32, burst: u32| Rule {
            per_minute: f64::from(per_minute),
            burst: f64::from(burst.max(1)),
        };
        Self {
            person: rule(limits.requests_per_minute, limits.requests_burst),
            address: rule(limits.visits_per_minute, limits.visits_burst),
            buckets: Mutex::default(),
        }
    }

    /// Takes one request out of a bucket; `None`: this kind of asker is not limited.
    pub fn take(&self, who: Who, now: Instant) -> Result<Option<Standing>, Box<(Standing, Problem)>> {
        let rule = match who {
            Who::Person(_) => self.person,
            Who::Address(_) => self.address,
        };
        if rule.per_minute <= 0.0 {
            return Ok(None);
        }
        let per_second = rule.per_minute / 60.0;
        let filled = |bucket: &Bucket| {
            let since = now.saturating_duration_since(bucket.at).as_secs_f64();
            (bucket.left + since * per_second).min(rule.burst)
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= BUCKETS {
            let (person, address) = (self.person, self.address);
            buckets.retain(|who, bucket| {
                let rule = if matches!(who, Who::Person(_)) { person } else { address };
                let since = now.saturating_duration_since(bucket.at).as_secs_f64();
                bucket.left + since * rule.per_minute / 60.0 < rule.burst
            });
        }
        let bucket = buckets.entry(who).or_insert(Bucket {
            left: rule.burst,
            at: now,
        });
        let left = filled(bucket);
        let taken = left >= 1.0;
        *bucket = Bucket {
            left: if taken { left - 1.0 } else { left },
            at: now,
        };
        let standing = Standing {
            limit: rule.burst as u32,
            remaining: bucket.left as u32,
            reset: ((rule.burst - bucket.left) / per_second).ceil() as u64,
        };
        if taken {
            return Ok(Some(standing));
        }
        let wait = (((1.0 - left) / per_second).ceil() as u64).max(1);
        let what = match who {
            Who::Person(_) => "You send requests",
            Who::Address(_) => "Requests without a session come from this address",
        };
        let mut problem = Problem::new(
            Code::RateLimited,
            format!("{what} faster than the server takes them. Go on in {wait} s, and slower."),
        );
        problem.retry_after = Some(wait);
        Err(Box::new((standing, problem)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn rates() -> Rates {
        Rates::new(&Limits {
            requests_per_minute: 60,
            requests_burst: 3,
            visits_per_minute: 0,
            ..Limits::default()
        })
    }

    #[test]
    fn a_bucket_empties_fills_with_time_and_is_ones_own() {
        let (rates, start) = (rates(), Instant::now());
        let (one, other) = (Who::Person(Uuid::from_u128(1)), Who::Person(Uuid::from_u128(2)));
        for remaining in [2, 1, 0] {
            let standing = rates.take(one, start).unwrap().unwrap();
            assert_eq!(
                (standing.limit, standing.remaining, standing.reset),
                (3, remaining, u64::from(3 - remaining))
            );
        }
        let (standing, problem) = *rates.take(one, start).unwrap_err();
        assert_eq!(
            (standing.remaining, problem.status, problem.retry_after),
            (0, 429, Some(1))
        );
        assert!(rates.take(other, start).is_ok());
        assert!(rates.take(one, start + Duration::from_millis(900)).is_err());
        assert!(rates.take(one, start + Duration::from_millis(1900)).is_ok());
        assert!(rates.take(one, start + Duration::from_millis(1900)).is_err());
        // Never more than the burst, however long nothing was asked; and a clock that stands still takes nothing away.
        let later = start + Duration::from_hours(9);
        assert_eq!((0..9).filter(|_| rates.take(one, later).is_ok()).count(), 3);
        assert!(rates.take(Who::at(Some("192.0.2.1")), start).unwrap().is_none());
    }

    #[test]
    fn full_buckets_are_forgotten() {
        let (rates, start) = (rates(), Instant::now());
        for n in 0..BUCKETS as u128 {
            rates.take(Who::Person(Uuid::from_u128(n)), start).unwrap();
        }
        rates
            .take(Who::Person(Uuid::nil()), start + Duration::from_mins(1))
            .unwrap();
        assert_eq!(rates.buckets.lock().unwrap().len(), 1);
    }

    #[test]
    fn one_subscriber_is_one_address() {
        assert_eq!(Who::at(Some("2001:db8::1")), Who::at(Some("2001:db8::ffff:2")));
        assert_ne!(Who::at(Some("2001:db8::1")), Who::at(Some("2001:db8:0:1::1")));
        assert_eq!(Who::at(Some("::ffff:192.0.2.1")), Who::at(Some("192.0.2.1")));
        assert_ne!(Who::at(Some("192.0.2.1")), Who::at(Some("192.0.2.2")));
    }
}
