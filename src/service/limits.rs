//! How much of the server one person, one agency and all together may hold at once. Numbers come from the settings; what
//! is held is counted here, in memory, per server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use uuid::Uuid;

use super::{Caller, Error, Result};
use crate::api::problem::{Code, Problem};

/// The settings' `[limits]`, in the units the code counts in.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Open event streams of one person, of one agency, of everybody.
    pub streams_per_person: u64,
    pub streams_per_agency: u64,
    pub streams: u64,
    /// Reports that are decoded at once.
    pub decoders: usize,
    /// How long an upload waits for a decoder.
    pub decoder_wait: Duration,
    /// Bytes of one upload, and of the uploads that are under way: of one agency, of everybody.
    pub upload_bytes: u64,
    pub spool_bytes_per_agency: u64,
    pub spool_bytes: u64,
    /// Requests of one person: so many a minute in the long run, so many in one go. 0 a minute: not limited.
    pub requests_per_minute: u32,
    pub requests_burst: u32,
    /// The same of one address that nobody is signed in from.
    pub visits_per_minute: u32,
    pub visits_burst: u32,
    /// Passwords that are checked at once (each takes 19 MiB while it is), and sign-ins that may wait for their turn.
    pub passwords_at_once: usize,
    pub passwords_waiting: usize,
    /// Findings and places of an import that are written in one transaction where the database has one writer.
    pub rows_at_once: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            streams_per_person: 16,
            streams_per_agency: 500,
            streams: 2000,
            decoders: 4,
            decoder_wait: Duration::from_secs(30),
            upload_bytes: 1 << 30,
            spool_bytes_per_agency: 2 << 30,
            spool_bytes: 8 << 30,
            requests_per_minute: 6000,
            requests_burst: 1000,
            visits_per_minute: 600,
            visits_burst: 200,
            passwords_at_once: 2,
            passwords_waiting: 100,
            rows_at_once: 1000,
        }
    }
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// The one who asks holds as much as one may.
    Each,
    /// Everybody together does.
    All,
}

/// So much of something that is held by many, each with a bound of its own.
#[derive(Debug)]
pub struct Places {
    each: u64,
    all: u64,
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    all: u64,
    each: HashMap<Uuid, u64>,
}

/// A part that is held until this goes.
#[derive(Debug)]
pub struct Place {
    of: Arc<Places>,
    who: Uuid,
    n: u64,
}

impl Places {
    #[must_use]
    pub fn new(each: u64, all: u64) -> Arc<Self> {
        Arc::new(Self {
            each,
            all,
            held: Mutex::new(Held::default()),
        })
    }

    pub fn take(self: &Arc<Self>, who: Uuid, n: u64) -> Result<Place, Full> {
        let mut place = Place {
            of: Arc::clone(self),
            who,
            n: 0,
        };
        place.grow(n)?;
        Ok(place)
    }

    /// How much is held in all.
    pub fn held(&self) -> u64 {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).all
    }
}

impl Place {
    pub fn grow(&mut self, n: u64) -> Result<(), Full> {
        let mut held = self.of.held.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = held.each.get(&self.who).copied().unwrap_or_default();
        if mine.saturating_add(n) > self.of.each {
            return Err(Full::Each);
        }
        if held.all.saturating_add(n) > self.of.all {
            return Err(Full::All);
        }
        held.all += n;
        held.each.insert(self.who, mine + n);
        self.n += n;
        Ok(())
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.of.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.all = held.all.saturating_sub(self.n);
        let left = held.each.get(&self.who).map_or(0, |n| n.saturating_sub(self.n));
        if left == 0 {
            held.each.remove(&self.who);
        } else {
            held.each.insert(self.who, left);
        }
    }
}

/// What is held of the server by now.
#[derive(Debug)]
pub struct Rooms {
    pub limits: Limits,
    streams_of_person: Arc<Places>,
    streams_of_agency: Arc<Places>,
    spool: Arc<Places>,
    decoders: Arc<Semaphore>,
}

/// A refusal that says when to come back: 429 where it is the asker's own doing, 503 where it is everybody's.
fn full(full: Full, seconds: u64, own: &str, all: &str) -> Error {
    let mut problem = match full {
        Full::Each => Problem::new(Code::RateLimited, own),
        Full::All => Problem::new(Code::Unavailable, all),
    };
    problem.retry_after = Some(seconds);
    problem.into()
}

impl Rooms {
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            streams_of_person: Places::new(limits.streams_per_person, u64::MAX),
            streams_of_agency: Places::new(limits.streams_per_agency, limits.streams),
            spool: Places::new(limits.spool_bytes_per_agency, limits.spool_bytes),
            decoders: Arc::new(Semaphore::new(limits.decoders)),
            limits,
        }
    }

    /// A place for an event stream.
    pub fn stream(&self, caller: &Caller) -> Result<(Place, Place)> {
        const ALL: &str = "The server has as many event streams open as it can. Try again in a while.";
        let person = self.streams_of_person.take(caller.user.0, 1).map_err(|f| {
            let own = format!(
                "You have {} event streams open, which is the limit. Close a console or a command that follows events.",
                self.limits.streams_per_person
            );
            full(f, 30, &own, ALL)
        })?;
        let agency = self.streams_of_agency.take(caller.agency.0, 1).map_err(|f| {
            let own = "Your agency has as many event streams open as it may. Close some, or ask the server's operator.";
            full(f, 30, own, ALL)
        })?;
        Ok((person, agency))
    }

    /// Reports that are being decoded right now.
    #[must_use]
    pub fn decoding(&self) -> usize {
        self.limits.decoders.saturating_sub(self.decoders.available_permits())
    }

    /// How many event streams are open.
    #[must_use]
    pub fn streams_open(&self) -> u64 {
        self.streams_of_agency.held()
    }

    /// Room for an upload that is still to grow.
    pub fn spool(&self, agency: Uuid) -> Result<Spool> {
        let place = self.spool.take(agency, 0).map_err(no_spool)?;
        Ok(Spool(place))
    }

    /// How many bytes of uploads lie in the spool.
    pub fn spooled(&self) -> u64 {
        self.spool.held()
    }

    /// A turn for a decoder, waited for not too long.
    pub async fn decoder(&self) -> Result<OwnedSemaphorePermit> {
        let turn = Arc::clone(&self.decoders).acquire_owned();
        match tokio::time::timeout(self.limits.decoder_wait, turn).await {
            Ok(turn) => turn.map_err(|e| Error::Failed(e.to_string())),
            Err(_) => Err(full(
                Full::All,
                10,
                "",
                "The server is reading as many reports as it can. Send yours again in a while.",
            )),
        }
    }
}

/// Bytes of an upload in the spool.
#[derive(Debug)]
pub struct Spool(Place);

impl Spool {
    pub fn grow(&mut self, bytes: u64) -> Result<()> {
        self.0.grow(bytes).map_err(no_spool)
    }
}

fn no_spool(f: Full) -> Error {
    full(
        f,
        30,
        "Your agency's uploads that are being read take all the room they may. Let them end, then send this one again.",
        "The server has no room for another upload right now. Send it again in a while.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_bounded_each_and_all_and_come_back() {
        let places = Places::new(2, 3);
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let first = places.take(one, 2).unwrap();
        assert_eq!(places.take(one, 1).unwrap_err(), Full::Each);
        let mut second = places.take(two, 1).unwrap();
        assert_eq!(second.grow(1).unwrap_err(), Full::All);
        assert_eq!(places.held(), 3);
        drop(first);
        second.grow(1).unwrap();
        assert_eq!(second.grow(1).unwrap_err(), Full::Each);
        drop(second);
        assert_eq!((places.held(), places.held.lock().unwrap().each.len()), (0, 0));
    }
}
