//! Uploads that are under way, in this process: how far each is, so that one that broke off goes on where it stopped, and
//! what came of one whose caller went away. Kept for a while and only as long as nobody else needs the room.

use std::collections::HashMap;
use std::fs::File;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::Sha256;

use crate::api::import::{BatchFile, Reading};
use crate::api::problem::{Code, Problem};
use crate::domain::id::{AgencyId, BatchId, UserId};
use crate::service::limits::Spool;
use crate::service::{Caller, Result};

/// How long something is kept of an upload that nobody goes on with, or of its outcome.
const KEPT: Duration = Duration::from_mins(15);

/// Whose upload of which file.
pub type Key = (AgencyId, UserId, BatchId, usize);

pub fn key(caller: &Caller, batch: BatchId, n: usize) -> Key {
    (caller.agency, caller.user, batch, n)
}

/// The beginning of an upload: its bytes so far, in a file without a name.
#[derive(Debug)]
pub struct Part {
    pub file: File,
    pub bytes: u64,
    pub hash: Sha256,
    pub room: Spool,
}

/// Where an upload stands.
#[derive(Debug)]
enum Stage {
    Receiving,
    BrokenOff(Box<Part>),
    /// All of it is here, and is read.
    Reading(Reading),
    Taken(Box<BatchFile>),
    Refused(Box<Problem>),
}

/// The same, for who asks.
#[derive(Debug, Default)]
pub struct Standing {
    pub received: u64,
    pub reading: Option<Reading>,
    pub taken: Option<BatchFile>,
    pub refused: Option<Problem>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    all: HashMap<Key, (u64, Stage)>,
}

/// See the module's description.
#[derive(Debug, Clone, Default)]
pub struct Uploads(Arc<Mutex<State>>);

/// An upload's turn: a later one of the same file takes it away.
#[derive(Debug)]
pub struct Turn {
    of: Uploads,
    key: Key,
    n: u64,
}

impl Uploads {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins an upload at its first byte, or goes on with one of which `from` bytes are here.
    ///
    /// # Errors
    /// Where another number of bytes is here.
    pub fn begin(&self, key: Key, from: u64) -> Result<(Turn, Option<Part>)> {
        let mut state = self.state();
        let part = match state.all.remove(&key) {
            Some((_, Stage::BrokenOff(part))) if from > 0 && part.bytes == from => Some(*part),
            other if from > 0 => {
                let here = match &other {
                    Some((_, Stage::BrokenOff(part))) => part.bytes,
                    _ => 0,
                };
                if let Some(other) = other {
                    state.all.insert(key, other);
                }
                let detail = format!("Of this upload {here} bytes are here: go on from there (`from`).");
                let mut problem = Problem::new(Code::InvalidRequest, detail).field("from");
                problem.limit = i64::try_from(here).ok();
                return Err(problem.into());
            }
            _ => None,
        };
        state.next += 1;
        let n = state.next;
        state.all.insert(key, (n, Stage::Receiving));
        let of = self.clone();
        Ok((Turn { of, key, n }, part))
    }

    pub fn standing(&self, key: &Key) -> Standing {
        let state = self.state();
        let mut out = Standing::default();
        match state.all.get(key).map(|(_, stage)| stage) {
            None | Some(Stage::Receiving) => {}
            Some(Stage::BrokenOff(part)) => out.received = part.bytes,
            Some(Stage::Reading(at)) => out.reading = Some(*at),
            Some(Stage::Taken(file)) => out.taken = Some((**file).clone()),
            Some(Stage::Refused(problem)) => out.refused = Some((**problem).clone()),
        }
        out
    }

    /// Lets go of what is kept of uploads that broke off: somebody needs the room.
    pub fn make_room(&self) -> bool {
        let mut state = self.state();
        let before = state.all.len();
        state.all.retain(|_, (_, stage)| !matches!(stage, Stage::BrokenOff(_)));
        state.all.len() < before
    }
}

impl Turn {
    /// Whether no later upload of the same file began.
    pub fn stands(&self) -> bool {
        self.of.state().all.get(&self.key).is_some_and(|(n, _)| *n == self.n)
    }

    fn set(&self, stage: Stage, keep: bool) {
        let mut all = self.of.state();
        let Some(own) = all.all.get_mut(&self.key).filter(|(n, _)| *n == self.n) else {
            return;
        };
        own.1 = stage;
        drop(all);
        if keep && let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (of, key, n) = (self.of.clone(), self.key, self.n);
            runtime.spawn(async move {
                tokio::time::sleep(KEPT).await;
                of.forget(&key, n);
            });
        }
    }

    pub fn broke_off(&self, part: Part) {
        self.set(Stage::BrokenOff(Box::new(part)), true);
    }

    pub fn reading(&self, at: Reading) {
        self.set(Stage::Reading(at), false);
    }

    pub fn taken(&self, file: &BatchFile) {
        self.set(Stage::Taken(Box::new(file.clone())), true);
    }

    pub fn refused(&self, problem: Problem) {
        self.set(Stage::Refused(Box::new(problem)), true);
    }

    /// Nothing of it is kept.
    pub fn over(&self) {
        self.of.forget(&self.key, self.n);
    }
}

impl Uploads {
    fn forget(&self, key: &Key, n: u64) {
        let mut state = self.state();
        if state.all.get(key).is_some_and(|(own, _)| *own == n) {
            state.all.remove(key);
        }
    }
}
