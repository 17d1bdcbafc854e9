//! Use cases: permission, validation, transaction, audit and events of each act, in one place.
//!
//! A function here is what a route runs: `verb(desk, caller, request) -> Result<answer>`. It may not speak HTTP and may
//! not hold SQL. [`Desk`] is what all of them share; [`Desk::act`] is the one way to write: the act, its audit row, its
//! event and its stored answer stand in one transaction, or nothing does.

use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

use futures::future::BoxFuture;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::watch;
use uuid::Uuid;

use crate::api::problem::{Code, Problem};
use crate::domain::id::AgencyId;
use crate::store::{self, Scope, Store, Tx, event, record};

pub mod access;
pub mod act;
pub mod admin;
pub mod agency;
pub mod audience;
pub mod audit;
pub mod caller;
pub mod client;
pub mod clock;
pub mod comment;
pub mod cursor;
pub mod finding;
mod housekeeping;
pub mod import;
pub mod job;
pub mod limits;
pub mod note;
pub mod password;
pub mod portal;
pub mod project;
pub mod queue;
pub mod refusal;
pub mod seal;
pub mod session;
pub mod stream;
pub mod text;
pub mod token;

/// What the server tells apart of what went wrong below.
pub use crate::store::Error as StoreError;

pub use caller::{Caller, Hand, Idempotency, PortalCaller};
pub use note::Note;

/// Why a use case gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller is told this.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// The caller is told that something failed here; the log says what.
    #[error(transparent)]
    Store(#[from] store::Error),
    #[error("{0}")]
    Failed(String),
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Refused(Box::new(problem))
    }
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A refusal, in short.
pub fn refuse<T>(code: Code, detail: impl Into<String>) -> Result<T> {
    Err(Problem::new(code, detail).into())
}

/// The answer for everything that does not exist for the asker.
pub fn not_found() -> Error {
    Problem::not_found().into()
}

/// What all use cases share. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Desk {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    store: Store,
    clock: clock::Clock,
    cursors: cursor::Cursors,
    passwords: password::Passwords,
    refusals: refusal::Refusals,
    changed: watch::Sender<u64>,
    /// Turns true when the desk is being closed.
    closing: watch::Sender<bool>,
    rooms: limits::Rooms,
    uploads: import::held::Uploads,
    settling: import::settle::Settling,
    data: Option<std::path::PathBuf>,
    decoder: std::sync::OnceLock<std::path::PathBuf>,
}

impl Desk {
    /// Sets up the desk over an opened store. `data`: a folder for what does not belong into the database (uploads).
    ///
    /// # Errors
    /// Where the server's own secrets cannot be read or made.
    pub async fn new(store: Store, clock: clock::Clock, data: Option<std::path::PathBuf>) -> Result<Self> {
        Self::within(store, clock, data, limits::Limits::default()).await
    }

    /// As [`Desk::new`], with limits of its own.
    ///
    /// # Errors
    /// Where the server's own secrets cannot be read or made.
    pub async fn within(
        store: Store,
        clock: clock::Clock,
        data: Option<std::path::PathBuf>,
        limits: limits::Limits,
    ) -> Result<Self> {
        let key = store
            .door(|door| Box::pin(store::identity::server_secret(door, "cursor", rand::random())))
            .await?;
        let cursors = cursor::Cursors::new(&key)?;
        let refusals = refusal::Refusals::start(store.clone());
        let passwords = password::Passwords::new(limits.passwords_at_once, limits.passwords_waiting)?;
        let (changed, _) = watch::channel(0);
        let desk = Self {
            inner: Arc::new(Inner {
                store,
                clock,
                cursors,
                passwords,
                refusals,
                changed,
                closing: watch::Sender::new(false),
                rooms: limits::Rooms::new(limits),
                uploads: import::held::Uploads::default(),
                settling: import::settle::Settling::default(),
                data,
                decoder: std::sync::OnceLock::new(),
            }),
        };
        seal::start(&desk, desk.inner.closing.subscribe());
        Ok(desk)
    }

    #[must_use]
    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    /// The folder for spooled uploads.
    #[must_use]
    pub fn data(&self) -> Option<&std::path::Path> {
        self.inner.data.as_deref()
    }

    /// The program that decodes reports in a process of its own: this one, unless another was named.
    #[must_use]
    pub fn decoder(&self) -> &std::path::Path {
        self.inner
            .decoder
            .get_or_init(|| std::env::current_exe().unwrap_or_else(|_| "riskdesk".into()))
    }

    /// Names the program that decodes reports, where this process is another one (a benchmark).
    pub fn set_decoder(&self, program: std::path::PathBuf) {
        let _ = self.inner.decoder.set(program);
    }

    #[must_use]
    pub fn clock(&self) -> &clock::Clock {
        &self.inner.clock
    }

    #[must_use]
    pub fn now(&self) -> crate::domain::time::Time {
        self.inner.clock.now()
    }

    #[must_use]
    pub fn cursors(&self) -> &cursor::Cursors {
        &self.inner.cursors
    }

    #[must_use]
    pub fn passwords(&self) -> &password::Passwords {
        &self.inner.passwords
    }

    /// Uploads that are under way.
    pub(in crate::service) fn uploads(&self) -> &import::held::Uploads {
        &self.inner.uploads
    }

    /// What is held of the server, and how much of it may be.
    #[must_use]
    pub fn rooms(&self) -> &limits::Rooms {
        &self.inner.rooms
    }

    /// The imports whose places are being written.
    pub(in crate::service) fn settling(&self) -> &import::settle::Settling {
        &self.inner.settling
    }

    /// Changes whenever an act of this process was committed: streams look for events then.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<u64> {
        self.inner.changed.subscribe()
    }

    /// Wakes streams.
    pub fn wake(&self) {
        self.inner.changed.send_modify(|n| *n = n.wrapping_add(1));
    }

    /// Records that a caller was refused; returns at once.
    pub fn record_refusal(&self, by: impl Into<Hand>, act: &'static str, code: Code) {
        self.inner.refusals.record(by.into(), act, code, self.now());
    }

    /// Whether requests can be answered: the database answers at once, and has the schema of this program.
    ///
    /// # Errors
    /// Why not, in words that anybody may read.
    pub async fn ready(&self) -> Result<(), String> {
        const PATIENCE: std::time::Duration = std::time::Duration::from_secs(1);
        match tokio::time::timeout(PATIENCE, self.inner.store.check_schema()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(store::Error::Setup(why))) => Err(why),
            Ok(Err(error)) => {
                tracing::error!(%error, "not ready");
                Err("The database cannot be asked. The server's log has the reason.".into())
            }
            Err(_) => Err("The database does not answer within a second.".into()),
        }
    }

    /// Finishes what runs in the background and closes the database.
    pub async fn close(&self) {
        self.inner.refusals.flush().await;
        // From here on this is the only one that seals.
        self.inner.closing.send_replace(true);
        if let Err(error) = seal::all(&self.inner.store).await {
            tracing::warn!(%error, "the audit trail's last rows are sealed at the next start");
        }
        self.inner.store.close().await;
    }

    /// Reads in one snapshot of the caller's agency.
    pub async fn read<T, F>(&self, caller: &Caller, read: F) -> Result<T>
    where
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T>> + Send,
    {
        self.inner.store.read(&caller.scope, read).await
    }

    /// Performs an act: `work` writes and notes what it touched; the audit row, the events, the way back and the stored
    /// answer follow in the same transaction. Sent again with the same key it happens once, and the first answer is
    /// given again, if the caller may still see the object.
    pub async fn act<T, F>(&self, by: impl Into<Hand>, act: &'static str, work: F) -> Result<T>
    where
        T: Serialize + DeserializeOwned + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx, &'t mut Note) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        let now = self.now();
        let who: Hand = by.into();
        let scope = who.scope;
        let out = self
            .inner
            .store
            .write(&scope, move |tx| {
                Box::pin(async move {
                    if let Some(idem) = &who.idempotency
                        && !record::reserve(tx, who.id, &idem.key, idem.request_hash, now).await?
                    {
                        return replay(tx, &who, idem).await;
                    }
                    let mut note = Note::default();
                    let out = work(tx, &mut note).await?;
                    note.within_pin(who.pin)?;
                    if let Some(idem) = &who.idempotency {
                        let body = serde_json::to_string(&out).map_err(|e| Error::Failed(e.to_string()))?;
                        let places: Vec<Uuid> = note.projects.iter().copied().collect();
                        record::answer(tx, who.id, &idem.key, body, (note.project, note.client, &places)).await?;
                    }
                    leave_traces(tx, Some(&who), act, &note, now).await?;
                    Ok(out)
                })
            })
            .await;
        if out.is_ok() {
            self.wake();
        }
        out
    }
}

impl Desk {
    /// The answer to an earlier send of this very request, for acts that do something before their transaction.
    pub async fn answered<T: DeserializeOwned>(&self, caller: &Caller) -> Result<Option<T>> {
        let Some(idem) = caller.idempotency.clone() else {
            return Ok(None);
        };
        let who = Hand::from(caller);
        self.read(caller, |tx| {
            Box::pin(async move {
                match record::stored(tx, who.id, &idem.key).await? {
                    Some(_) => replay(tx, &who, &idem).await.map(Some),
                    None => Ok(None),
                }
            })
        })
        .await
    }

    /// Performs an act of the system itself, by a rule the agency set up: audited and told to streams like any other.
    pub async fn act_by_rule<T, F>(&self, agency: AgencyId, act: &'static str, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx, &'t mut Note) -> BoxFuture<'t, Result<T>> + Send + 'static,
    {
        let now = self.now();
        let out = self
            .inner
            .store
            .write(&Scope::job(agency), move |tx| {
                Box::pin(async move {
                    let mut note = Note::default();
                    let out = work(tx, &mut note).await?;
                    leave_traces(tx, None, act, &note, now).await?;
                    Ok(out)
                })
            })
            .await;
        if out.is_ok() {
            self.wake();
        }
        out
    }
}

async fn replay<T: DeserializeOwned>(tx: &mut Tx, who: &Hand, idem: &Idempotency) -> Result<T> {
    let Some(stored) = record::stored(tx, who.id, &idem.key).await? else {
        return refuse(
            Code::InProgress,
            "The same request is still being worked on. Wait for its answer.",
        );
    };
    if stored.request_hash != idem.request_hash {
        return refuse(
            Code::IdempotencyKeyReused,
            "This Idempotency-Key was used for another request. Use a new key for a new request.",
        );
    }
    // Rights may have changed since: what one may no longer open is not told again. A portal user's client never changes.
    if who.kind == "user" {
        let mut seen = audience::may_see(tx, stored.project, stored.client).await?;
        for place in stored.places {
            seen = seen && audience::may_see(tx, Some(place), None).await?;
        }
        if !seen {
            return Err(not_found());
        }
    }
    serde_json::from_str(&stored.body).map_err(|e| Error::Failed(e.to_string()))
}

async fn leave_traces(
    tx: &mut Tx,
    who: Option<&Hand>,
    act: &'static str,
    note: &Note,
    now: crate::domain::time::Time,
) -> Result<()> {
    let row = store::audit::NewAudit {
        at: now,
        actor_kind: who.map_or("system", |who| who.kind),
        actor: who.map(|who| who.id),
        act: act.to_owned(),
        object_kind: note.kind.map(str::to_owned),
        object: note.object,
        project: note.project,
        client: note.client,
        refused: None,
        address: who.and_then(|who| who.address.clone()),
        trace: who.map(|who| who.trace.clone()),
        detail: note.detail.clone().unwrap_or_else(|| "{}".to_owned()),
    };
    store::audit::write(tx, row).await?;
    if note.kept() {
        let new = record::NewAct {
            id: note.id,
            user: who.and_then(Hand::user),
            kind: act,
            words: note.words.clone().unwrap_or_default(),
            root: note.root,
            changes: note.changes.clone(),
            touched: note.touched.clone(),
            projects: note
                .projects
                .iter()
                .copied()
                .chain(note.project)
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            clients: note
                .clients
                .iter()
                .copied()
                .chain(note.client)
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
        };
        record::act(tx, new, now).await?;
    }
    // Last: from here to the end of the transaction no other act can tell anything.
    let mut told = HashSet::new();
    let mut events = Vec::new();
    for (topic, object, elsewhere) in &note.events {
        let (project, client) = elsewhere.unwrap_or((note.project, note.client));
        if !told.insert((*topic, *object, project, client)) {
            continue;
        }
        events.push(event::NewEvent {
            topic: store::name(*topic),
            act,
            object: *object,
            project,
            client,
        });
    }
    Ok(event::write(tx, events, now).await?)
}

/// The refusal of a write that saw another version: with the row as it is now.
pub fn conflict(current: &impl Serialize) -> Error {
    let mut problem = Problem::new(
        Code::VersionConflict,
        "Somebody changed this meanwhile. Look at the current version and decide again.",
    );
    problem.current = serde_json::to_value(current).ok();
    problem.into()
}
