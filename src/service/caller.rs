//! Who asks, with what came along in the request's headers: an agency user, or one of a client's own people.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Result;
use crate::api::problem::{Code, Problem};
use crate::domain::access::{Actor, PortalRole, Role, TokenScope};
use crate::domain::id::{AgencyId, ClientId, PortalUserId, SessionId, UserId};
use crate::domain::plan::AgencyKind;
use crate::store::Scope;

/// A write's key, and what it stood for.
#[derive(Debug, Clone)]
pub struct Idempotency {
    pub key: String,
    pub request_hash: [u8; 32],
}

impl Idempotency {
    /// The hash covers route, path, version and body: the same key with anything else is another request.
    #[must_use]
    pub fn new(key: String, route: &str, path: &str, version: Option<i64>, body: &[u8]) -> Self {
        let mut hash = Sha256::new();
        for part in [
            route.as_bytes(),
            path.as_bytes(),
            version.unwrap_or(-1).to_string().as_bytes(),
            body,
        ] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self {
            key,
            request_hash: hash.finalize().into(),
        }
    }
}

/// An agency user in a session, with what came along in the request's headers.
#[derive(Debug, Clone)]
pub struct Caller {
    pub session: SessionId,
    pub session_expires_at: crate::domain::time::Time,
    pub user: UserId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub agency: AgencyId,
    pub agency_name: String,
    pub agency_kind: AgencyKind,
    pub scope: Scope,
    /// How far it reaches, where it is an API token and not a person at the keys.
    pub token: Option<TokenScope>,
    pub idempotency: Option<Idempotency>,
    /// The version the writer saw (`If-Match`).
    pub version: Option<i64>,
    /// The client the writer has pinned: an act on another one is refused.
    pub pin: Option<ClientId>,
    pub address: Option<String>,
    pub trace: String,
}

/// One of a client's own people in a session.
#[derive(Debug, Clone)]
pub struct PortalCaller {
    pub user: PortalUserId,
    pub client: ClientId,
    pub name: String,
    pub role: PortalRole,
    pub scope: Scope,
    pub idempotency: Option<Idempotency>,
    pub address: Option<String>,
    pub trace: String,
}

/// Whose hand performs an act: what the audit trail and stored answers need to know of a caller of either kind.
#[derive(Debug, Clone)]
pub struct Hand {
    pub(super) scope: Scope,
    /// `user` or `portal`.
    pub(super) kind: &'static str,
    pub(super) id: Uuid,
    pub(super) pin: Option<ClientId>,
    pub(super) idempotency: Option<Idempotency>,
    pub(super) address: Option<String>,
    pub(super) trace: String,
}

impl Hand {
    pub(super) fn user(&self) -> Option<UserId> {
        (self.kind == "user").then_some(UserId(self.id))
    }
}

impl From<&Caller> for Hand {
    fn from(caller: &Caller) -> Self {
        Self {
            scope: caller.scope,
            kind: "user",
            id: caller.user.0,
            pin: caller.pin,
            idempotency: caller.idempotency.clone(),
            address: caller.address.clone(),
            trace: caller.trace.clone(),
        }
    }
}

impl From<&PortalCaller> for Hand {
    fn from(caller: &PortalCaller) -> Self {
        Self {
            scope: caller.scope,
            kind: "portal",
            id: caller.user.0,
            pin: None,
            idempotency: caller.idempotency.clone(),
            address: caller.address.clone(),
            trace: caller.trace.clone(),
        }
    }
}

impl Caller {
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::User {
            id: self.user,
            role: self.role,
        }
    }

    /// The version that a versioned write must state.
    pub fn seen_version(&self) -> Result<i64> {
        self.version.ok_or_else(|| {
            Problem::new(
                Code::PreconditionRequired,
                "State the version you saw with If-Match, so that nobody's change is overwritten.",
            )
            .into()
        })
    }
}
