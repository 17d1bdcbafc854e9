//! The client of a riskdesk server: typed calls, session renewal, retries, uploads and the event stream.
//!
//! A [`Remote`] is cheap to clone and shared by everything that talks to one server. Callers hand over a request of
//! [`crate::api`] and get its answer; which header, token, address or second try that takes is decided here and nowhere
//! else. The only module that names reqwest. Called by the console and the command line.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures::Stream;
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncSeek};

use crate::api::problem::{Code, Problem};
use crate::api::{Access, Endpoint};
use crate::config::Network;
use crate::credentials::{self, Cache, Session, Whose};

mod address;
mod probe;
mod request;
mod session;
mod stream;
mod transport;
mod upload;

pub use address::Address;
pub use probe::Probe;
pub use session::{Kept, refused_sign_in};
pub use upload::Going;

/// Why a call has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The server refused, and says why.
    #[error("{0}")]
    Problem(Box<Problem>),
    /// No server of the profile could be reached, or it went away before it answered.
    #[error("{0}")]
    Unreachable(String),
    /// There is no session, or it has ended.
    #[error("you are not signed in; run: riskdesk login")]
    SignInNeeded,
    /// What answered does not speak our language, or this machine stands in the way.
    #[error("{0}")]
    Protocol(String),
}

impl Error {
    /// The row as it is now, where a write was refused because it saw another version of it.
    #[must_use]
    pub fn current<T: DeserializeOwned>(&self) -> Option<T> {
        match self {
            Self::Problem(problem) if problem.code == Code::VersionConflict => {
                serde_json::from_value(problem.current.clone()?).ok()
            }
            _ => None,
        }
    }
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl From<credentials::Error> for Error {
    fn from(error: credentials::Error) -> Self {
        match error {
            credentials::Error::MemoryOnly | credentials::Error::Damaged { .. } => {
                Self::from(Problem::new(Code::Unauthenticated, error.to_string()))
            }
            other => Self::Protocol(other.to_string()),
        }
    }
}

/// One write: its key makes it happen once however often it is sent; its version is the one the writer saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    pub key: String,
    pub version: Option<i64>,
    /// The client the writer has pinned: the server refuses the write where it would touch another one.
    pub pin: Option<uuid::Uuid>,
}

impl Write {
    /// A write of its own, over nothing that was seen before.
    #[must_use]
    pub fn fresh() -> Self {
        Self {
            key: uuid::Uuid::new_v4().to_string(),
            version: None,
            pin: None,
        }
    }

    /// A write over a row as it was seen.
    #[must_use]
    pub fn over(version: i64) -> Self {
        Self {
            version: Some(version),
            ..Self::fresh()
        }
    }
}

/// What the event stream brings.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// The stream stands; what was shown may be old until it is asked for again after a [`Incoming::Resync`].
    Up,
    Change(crate::api::event::Event),
    /// The stream could not go on from where it was: ask for everything again.
    Resync,
    /// The stream is gone and is being reopened; why, in words.
    Down(String),
    /// The session has ended; the stream ends with this.
    SignInNeeded,
}

/// How to reach a server and where its session is kept.
#[derive(Debug, Clone)]
pub struct Options {
    /// Addresses of one server, tried in order.
    pub servers: Vec<Address>,
    /// A fixed token (`RISKDESK_TOKEN`) instead of a session.
    pub token: Option<SecretString>,
    pub cache: Cache,
    pub network: Network,
    /// Refuse every write before it is sent.
    pub read_only: bool,
    /// Told once of each call that is still without an answer after [`SLOW`].
    pub slow: Option<fn(&Address)>,
}

/// How long a person waits without a word.
pub const SLOW: Duration = Duration::from_secs(3);

/// The client of one server.
#[derive(Debug, Clone)]
pub struct Remote {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// For addresses of this machine: past every proxy.
    here: reqwest::Client,
    /// For all others: `https` alone.
    http: reqwest::Client,
    servers: Vec<Address>,
    /// Which address answered last.
    current: AtomicUsize,
    fixed: Option<SecretString>,
    cache: Cache,
    /// The session as last seen; the cache is the truth.
    session: RwLock<Option<Session>>,
    /// Whose sessions these are, since the first: the cache may come to hold somebody else's.
    whose: RwLock<Option<Whose>>,
    /// One renewal at a time within this process; the cache's lock does the same between processes.
    renewing: tokio::sync::Mutex<()>,
    network: Network,
    read_only: bool,
    slow: Option<fn(&Address)>,
}

impl Remote {
    /// Prepares a client; nothing is sent yet.
    ///
    /// # Errors
    /// Where no address is given, or the machine's TLS cannot be set up.
    pub fn new(options: Options) -> Result<Self, Error> {
        if options.servers.is_empty() {
            return Err(Error::Protocol(
                "no server is known; run: riskdesk login --server URL --email E".into(),
            ));
        }
        let network = &options.network;
        let http = || {
            reqwest::Client::builder()
                .user_agent(concat!("riskdesk/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .connect_timeout(Duration::from_secs(network.connect_seconds))
                .pool_idle_timeout(Duration::from_mins(1))
                .tcp_keepalive(Duration::from_secs(15))
        };
        let unable = |e: reqwest::Error| Error::Protocol(format!("TLS cannot be set up: {}", transport::words(&e)));
        // What never leaves this machine has no business with a proxy, whatever the other addresses are.
        let here = http().no_proxy().build().map_err(unable)?;
        let http = http().https_only(true).build().map_err(unable)?;
        Ok(Self {
            inner: Arc::new(Inner {
                here,
                http,
                servers: options.servers,
                current: AtomicUsize::new(0),
                fixed: options.token,
                cache: options.cache,
                session: RwLock::new(None),
                whose: RwLock::new(None),
                renewing: tokio::sync::Mutex::new(()),
                network: options.network,
                read_only: options.read_only,
                slow: options.slow,
            }),
        })
    }

    /// Asks. Sent again where no answer came: reading twice does no harm.
    ///
    /// # Errors
    /// [`Error`]: refused, unreachable, not signed in, or not understood.
    pub async fn call<E: Endpoint>(&self, request: &E) -> Result<E::Out, Error> {
        let parts = request::Parts::of(request, None)?;
        self.exchange(&parts, E::ACCESS != Access::Public).await
    }

    /// Writes. Sent again with the same key where no answer came, so it happens once.
    ///
    /// # Errors
    /// [`Error`]: refused (with `version_conflict`, the current row is in the problem), unreachable, not signed in.
    pub async fn write<E: Endpoint>(&self, request: &E, write: &Write) -> Result<E::Out, Error> {
        if self.inner.read_only {
            return Err(read_only());
        }
        let parts = request::Parts::of(request, Some(write))?;
        self.exchange(&parts, E::ACCESS != Access::Public).await
    }

    /// [`Remote::call`] or, with a [`Write`], [`Remote::write`]; beside the answer the trace id the server's log knows it by.
    pub async fn traced<E: Endpoint>(
        &self,
        request: &E,
        write: Option<&Write>,
    ) -> (Result<E::Out, Error>, Option<String>) {
        if write.is_some() && self.inner.read_only {
            return (Err(read_only()), None);
        }
        let answer = match request::Parts::of(request, write) {
            Ok(parts) => transport::send(self, &parts, E::ACCESS != Access::Public).await,
            Err(error) => Err(error),
        };
        match answer {
            Ok(answer) => (answer.read(), answer.trace()),
            Err(error) => (Err(error), None),
        }
    }

    /// Uploads file number `n` of a batch as a stream. `progress` is told how many bytes have gone and then how far they
    /// are read; on a second try it goes back to what the server has. The body must be able to go back too.
    ///
    /// # Errors
    /// As [`Remote::write`], and where the body cannot be read.
    pub async fn upload(
        &self,
        batch: crate::domain::id::BatchId,
        n: usize,
        name: &str,
        format: Option<&str>,
        body: impl AsyncRead + AsyncSeek + Send + Unpin + 'static,
        progress: impl Fn(Going) + Send + Sync + 'static,
    ) -> Result<crate::api::import::BatchFile, Error> {
        upload::upload(self, batch, n, (name, format), body, Arc::new(progress)).await
    }

    /// The event stream, reopened for ever until the session ends or the stream is dropped.
    pub fn events(&self) -> impl Stream<Item = Incoming> + Send + Unpin + 'static + use<> {
        stream::open(self.clone())
    }

    /// What can be said about the server without signing in.
    ///
    /// # Errors
    /// Where none of its addresses answers.
    pub async fn probe(&self) -> Result<Probe, Error> {
        probe::probe(self).await
    }

    /// The address that answered last, for people.
    #[must_use]
    pub fn server(&self) -> &Address {
        self.present().1
    }

    /// Which address answered last, as a number, and the address.
    fn present(&self) -> (usize, &Address) {
        let at = self.inner.current.load(Ordering::Relaxed) % self.inner.servers.len();
        (at, &self.inner.servers[at])
    }

    /// The address `at` let somebody down: the next try goes to the one after it. Where another call has moved on
    /// already, nothing changes: two that fail at once must not come round to the dead one again.
    fn move_on(&self, at: usize) {
        let next = (at + 1) % self.inner.servers.len();
        let _ = self
            .inner
            .current
            .compare_exchange(at, next, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Whether writes are refused before they are sent.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.inner.read_only
    }

    async fn exchange<Out: DeserializeOwned>(&self, parts: &request::Parts, signed: bool) -> Result<Out, Error> {
        let answer = transport::send(self, parts, signed).await?;
        answer.read()
    }

    fn seen_session(&self) -> Option<Session> {
        self.inner
            .session
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn see_session(&self, session: Option<Session>) {
        if let Some(session) = &session {
            self.be(Some(session.whose()));
        }
        *self.inner.session.write().unwrap_or_else(PoisonError::into_inner) = session;
    }

    /// Whose sessions are used from here on; none: the next one's, whoever that is.
    fn be(&self, whose: Option<Whose>) {
        *self.inner.whose.write().unwrap_or_else(PoisonError::into_inner) = whose;
    }

    /// Takes a session that lay in the cache. Another person's, or one in another agency, is none to go on with: what is
    /// shown here is not theirs.
    fn adopt(&self, stored: Session) -> Result<SecretString, Error> {
        let whose = self.inner.whose.read().unwrap_or_else(PoisonError::into_inner).clone();
        if whose.is_some_and(|whose| whose != stored.whose()) {
            return Err(Error::SignInNeeded);
        }
        let token = stored.access_token.clone();
        self.see_session(Some(stored));
        Ok(token)
    }
}

fn read_only() -> Error {
    let why = "This runs read-only (--read-only): nothing was sent. Leave the flag out to write.";
    Problem::new(Code::Forbidden, why).into()
}

/// Whether two tokens are the same one. Both are ours: nothing is learned from how long it takes.
fn same(a: &SecretString, b: &SecretString) -> bool {
    a.expose_secret() == b.expose_secret()
}
