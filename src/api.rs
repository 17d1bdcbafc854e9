//! The wire contract, shared word for word by the server and by everyone who talks to it.
//!
//! A request type *is* its endpoint: it implements [`Endpoint`], so the caller needs no code per route and the server's
//! router, the OpenAPI document and the access table all read the same constants. Fields named in the path travel in
//! the path; the others in the query (`GET`, `DELETE`) or in the JSON body. Unknown fields are refused.
//!
//! Portal routes get wire types of their own; nothing here may be reused for them.

use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize};

pub mod access;
pub mod act;
pub mod agency;
pub mod audit;
pub mod bulk;
pub mod client;
pub mod comment;
pub mod correction;
pub mod event;
pub mod export;
pub mod finding;
pub mod import;
pub mod place;
pub mod portal;
pub mod problem;
pub mod project;
pub mod queue;
pub mod session;
pub mod token;

/// Where every route of ours begins.
pub const BASE: &str = "/api/v1";

/// The header that names the client its writer has pinned, by id: a write that would touch another client's workspace is
/// refused as `pinned_elsewhere`, and nothing of it happens.
pub const PIN: &str = "riskdesk-client";

/// The largest page a list answers with, whatever `limit` asks for.
pub const PAGE_MAX: u32 = 200;

/// The page where `limit` is not given.
pub const PAGE_DEFAULT: u32 = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// Whether the request's own fields travel in the query string instead of a JSON body.
    #[must_use]
    pub fn has_query(self) -> bool {
        matches!(self, Self::Get | Self::Delete)
    }
}

/// The access table: who gets through the door of an endpoint. What lies behind (this client, that finding) is decided
/// per object, and what one may not see is answered as "not found".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Nobody needs to be signed in.
    Public,
    /// Every agency user, viewers too.
    Member,
    /// Admins and analysts; a viewer is told 403.
    Staff,
    /// Admins; others are told 403.
    Admin,
    /// A list over what one may open: everybody gets an answer, a viewer an empty one.
    Listing,
    /// One object inside a client workspace (or an unassigned project): 404 for all who may not open it.
    Object,
    /// A client's own people; for everybody else there is no such route.
    Portal,
    /// Makes or moves things between workspaces: 404 for a viewer, else as [`Access::Object`] on every end.
    Workspace,
}

/// A request that knows its route and its answer.
pub trait Endpoint: Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static {
    /// What a success answers with. `()` is 204 without a body.
    type Out: Serialize + DeserializeOwned + JsonSchema + Send + 'static;
    const METHOD: Method;
    /// The whole path, with `{field}` where a field of the request stands.
    const PATH: &'static str;
    /// One line for the OpenAPI document and the log of calls.
    const SUMMARY: &'static str;
    const ACCESS: Access;
    /// The status of a success.
    const STATUS: u16 = 200;
    /// Whether the write must state the version it saw (`If-Match`; 428 without).
    const VERSIONED: bool = false;
    /// Whether the answer holds secrets: never stored for a replay, a second send is refused.
    const SECRET: bool = false;
}

/// A page of a list, keyset-paginated. Cursors are sealed: they fit only the list, filter and sort they came from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The cursor of the page after this one.
    pub next: Option<String>,
    /// The cursor of the page before this one.
    pub prev: Option<String>,
    /// Whether there is a page after this one.
    pub has_more: bool,
    /// How many rows the whole list has; only where `count=true` asked for it. Left out where more hold a text than can be
    /// counted while the page waits; `limit=1` counts them all the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
}

/// A person as others see one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonRef {
    /// The user's id (membership, not person).
    pub id: crate::domain::id::UserId,
    pub name: String,
    pub email: String,
}

/// A client or project as a reference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ref {
    pub id: uuid::Uuid,
    pub key: String,
    pub name: String,
}

/// `null` clears, a value sets, absence keeps: for fields of a `PATCH` declared as `Option<Option<T>>` with
/// `#[serde(default, deserialize_with = "api::double", skip_serializing_if = "Option::is_none")]`.
///
/// # Errors
/// Where the value is neither null nor a `T`.
pub fn double<'de, T: Deserialize<'de>, D: Deserializer<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(d).map(Some)
}
