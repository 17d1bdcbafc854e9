//! Signing in and out, and who one is. What holds a secret has a `Debug` that leaves it out: it may stand in a log line.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Access, Endpoint, Method};
use crate::domain::access::Role;
use crate::domain::id::{AgencyId, SessionId, UserId};
use crate::domain::plan::AgencyKind;
use crate::domain::time::Time;

/// Signs a person in with a password.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    pub email: String,
    pub password: String,
    /// The agency's id, for a person with several memberships; else the one used last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyId>,
    /// What the session is listed as ("console on jump-1"), at most 80 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// Tokens of a session. Opaque; the server keeps hashes.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct Tokens {
    pub access_token: String,
    pub access_expires_at: Time,
    pub refresh_token: String,
    pub refresh_expires_at: Time,
    pub who: Who,
}

/// Who one is in this session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Who {
    pub session: SessionId,
    pub user: UserId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub agency: AgencyRef,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AgencyRef {
    pub id: AgencyId,
    pub name: String,
    pub kind: AgencyKind,
}

impl Endpoint for SignIn {
    type Out = Tokens;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/session";
    const SUMMARY: &'static str = "Sign in with e-mail and password";
    const ACCESS: Access = Access::Public;
    const SECRET: bool = true;
}

/// Trades a refresh token for new tokens. The old one works until the new ones have been used.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    pub refresh_token: String,
}

impl Endpoint for Refresh {
    type Out = Tokens;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/session/refresh";
    const SUMMARY: &'static str = "Renew a session";
    const ACCESS: Access = Access::Public;
    const SECRET: bool = true;
}

/// Ends this session on the server.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignOut {}

impl Endpoint for SignOut {
    type Out = ();
    const METHOD: Method = Method::Delete;
    const PATH: &'static str = "/api/v1/session";
    const SUMMARY: &'static str = "Sign out";
    const ACCESS: Access = Access::Member;
    const STATUS: u16 = 204;
}

/// Who am I?
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhoAmI {}

impl Endpoint for WhoAmI {
    type Out = Who;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/session";
    const SUMMARY: &'static str = "Who this session is";
    const ACCESS: Access = Access::Member;
}

/// One's own sessions.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListSessions {}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    pub id: SessionId,
    pub label: String,
    pub created_at: Time,
    pub last_used_at: Time,
    pub expires_at: Time,
    /// Whether it is the session that asks.
    pub current: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Sessions {
    pub items: Vec<Session>,
}

impl Endpoint for ListSessions {
    type Out = Sessions;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/sessions";
    const SUMMARY: &'static str = "List one's own sessions";
    const ACCESS: Access = Access::Member;
}

/// Ends another of one's own sessions.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RevokeSession {
    pub session: Uuid,
}

impl Endpoint for RevokeSession {
    type Out = ();
    const METHOD: Method = Method::Delete;
    const PATH: &'static str = "/api/v1/sessions/{session}";
    const SUMMARY: &'static str = "End one of one's own sessions";
    const ACCESS: Access = Access::Member;
    const STATUS: u16 = 204;
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn")
            .field("email", &self.email)
            .field("agency", &self.agency)
            .field("label", &self.label)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens")
            .field("access_expires_at", &self.access_expires_at)
            .field("refresh_expires_at", &self.refresh_expires_at)
            .field("who", &self.who)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Refresh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Refresh").finish_non_exhaustive()
    }
}

/// The agencies one belongs to.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListAgencies {}

/// One's membership in an agency.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Membership {
    pub agency: AgencyRef,
    pub role: Role,
    /// Whether this session is there.
    pub current: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Memberships {
    pub items: Vec<Membership>,
}

impl Endpoint for ListAgencies {
    type Out = Memberships;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/sessions/agencies";
    const SUMMARY: &'static str = "List the agencies one belongs to";
    const ACCESS: Access = Access::Member;
}

/// Ends this session and opens one in another agency of the same person, until the time this one would have ended.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SwitchAgency {
    /// Its id or its name.
    pub agency: String,
}

impl Endpoint for SwitchAgency {
    type Out = Tokens;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/sessions/switch";
    const SUMMARY: &'static str = "Go on in another agency of one's own";
    const ACCESS: Access = Access::Member;
    const SECRET: bool = true;
}
