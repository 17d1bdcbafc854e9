//! Client accounts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::agency::SeverityCounts;
use super::project::Badges;
use super::{Access, Endpoint, Method, Page, PersonRef};
use crate::domain::access::{AgencyAccess, ClientState};
use crate::domain::id::ClientId;

/// A client account, as agency users who may open it see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Client {
    pub id: ClientId,
    pub key: String,
    pub name: String,
    pub contact_email: Option<String>,
    pub external_ref: Option<String>,
    pub notes: String,
    pub state: ClientState,
    pub account_manager: PersonRef,
    pub agency_access: AgencyAccess,
    /// Who may open it besides admins, where `agency_access` is `admins_and_selected`.
    pub selected: Vec<PersonRef>,
    pub project_count: i64,
    pub open_findings: SeverityCounts,
    /// Those of its projects rolled up: the worst state, and how many projects are in it where not all are; of fixes the
    /// sum of findings.
    pub badges: Badges,
    pub version: i64,
    /// What is worth a second look (a client of the same name, contact domain or reference): only in the answer to a write.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Clients one may open, by name.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListClients {
    /// Words that must appear in name, key, contact or reference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// One state; without it all but archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<ClientState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// Whether to count the whole list.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub count: bool,
    /// Begins at the list's end; ignored beside a cursor.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub end: bool,
    /// `name` (default), `key`, `state` or `manager`, the other way round with `-` before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
}

impl Endpoint for ListClients {
    type Out = Page<Client>;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/clients";
    const SUMMARY: &'static str = "List clients";
    const ACCESS: Access = Access::Listing;
}

/// One client, by key, id or unambiguous name.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowClient {
    pub client: String,
}

impl Endpoint for ShowClient {
    type Out = Client;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/clients/{client}";
    const SUMMARY: &'static str = "Show a client";
    const ACCESS: Access = Access::Object;
}

/// Opens a client account. Admins only.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateClient {
    pub name: String,
    /// The account manager: e-mail or user id of an active admin or analyst.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_manager: Option<String>,
    /// The key; made from the name where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact_email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_ref: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agency_access: Option<AgencyAccess>,
    /// Who else may open it (e-mails or user ids); the creator always stands on the list.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub selected: Vec<String>,
    /// Unassigned projects (keys or ids) to assign in the same act.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub projects: Vec<String>,
}

impl Endpoint for CreateClient {
    type Out = Client;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/clients";
    const SUMMARY: &'static str = "Open a client account";
    const ACCESS: Access = Access::Admin;
    const STATUS: u16 = 201;
}

/// Changes a client's own fields. Absent fields keep their value, null clears.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditClient {
    pub client: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "super::double", skip_serializing_if = "Option::is_none")]
    pub contact_email: Option<Option<String>>,
    #[serde(default, deserialize_with = "super::double", skip_serializing_if = "Option::is_none")]
    pub external_ref: Option<Option<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// `onboarding`, `active` or `paused`; archiving is an act of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<ClientState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_manager: Option<String>,
}

impl Endpoint for EditClient {
    type Out = Client;
    const METHOD: Method = Method::Patch;
    const PATH: &'static str = "/api/v1/clients/{client}";
    const SUMMARY: &'static str = "Edit a client";
    const ACCESS: Access = Access::Object;
    const VERSIONED: bool = true;
}

/// Decides which agency users may open a client. Admins only.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetClientAccess {
    pub client: String,
    pub agency_access: AgencyAccess,
    /// E-mails or user ids; kept only where `agency_access` is `admins_and_selected`.
    #[serde(default)]
    pub selected: Vec<String>,
}

impl Endpoint for SetClientAccess {
    type Out = Client;
    const METHOD: Method = Method::Put;
    const PATH: &'static str = "/api/v1/clients/{client}/access";
    const SUMMARY: &'static str = "Decide which agency users may open a client";
    const ACCESS: Access = Access::Admin;
    const VERSIONED: bool = true;
}

/// Puts a client account away: nothing in it can change any more. Admins only.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArchiveClient {
    pub client: String,
}

impl Endpoint for ArchiveClient {
    type Out = Client;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/clients/{client}/archive";
    const SUMMARY: &'static str = "Archive a client";
    const ACCESS: Access = Access::Admin;
    const VERSIONED: bool = true;
}

/// Takes an archived client back into work. Counts against the client limit again. Admins only.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreClient {
    pub client: String,
}

impl Endpoint for RestoreClient {
    type Out = Client;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/clients/{client}/restore";
    const SUMMARY: &'static str = "Restore an archived client";
    const ACCESS: Access = Access::Admin;
    const VERSIONED: bool = true;
}
