//! Projects: bodies of work that belong to a client, or to none yet.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Access, Endpoint, Method, Page, PersonRef, Ref};
use crate::domain::id::ProjectId;

/// One badge: a state in the word of its field, and a number where the state counts something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Badge {
    pub state: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
}

/// Computed from what exists, never stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Badges {
    /// none, authorised, scheduled, running, done, failed, stale
    pub scan: Badge,
    /// none, draft, ready, shared, blocked
    pub report: Badge,
    /// clear, open n, overdue n, verifying n
    pub fix: Badge,
    /// unassigned, not_started, sent, acknowledged
    pub handoff: Badge,
    /// off, on, alert
    pub monitoring: Badge,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Project {
    pub id: ProjectId,
    pub key: String,
    pub name: String,
    pub client: Option<Ref>,
    pub lead: Option<PersonRef>,
    pub team: Vec<PersonRef>,
    pub badges: Badges,
    pub open_findings: super::agency::SeverityCounts,
    pub version: i64,
}

#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListProjects {
    /// A client's key or id, or `none` for unassigned projects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// Words that must appear in name or key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub count: bool,
    /// Begins at the list's end; ignored beside a cursor.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub end: bool,
    /// `name` (default), `key`, `client` or `lead`, the other way round with `-` before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
}

impl Endpoint for ListProjects {
    type Out = Page<Project>;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/projects";
    const SUMMARY: &'static str = "List projects";
    const ACCESS: Access = Access::Listing;
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowProject {
    pub project: String,
}

impl Endpoint for ShowProject {
    type Out = Project;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/projects/{project}";
    const SUMMARY: &'static str = "Show a project";
    const ACCESS: Access = Access::Object;
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateProject {
    pub name: String,
    /// A client's key or id; absent: unassigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// E-mail or user id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub team: Vec<String>,
}

impl Endpoint for CreateProject {
    type Out = Project;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/projects";
    const SUMMARY: &'static str = "Create a project";
    const ACCESS: Access = Access::Workspace;
    const STATUS: u16 = 201;
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditProject {
    pub project: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "super::double", skip_serializing_if = "Option::is_none")]
    pub lead: Option<Option<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<Vec<String>>,
}

impl Endpoint for EditProject {
    type Out = Project;
    const METHOD: Method = Method::Patch;
    const PATH: &'static str = "/api/v1/projects/{project}";
    const SUMMARY: &'static str = "Edit a project";
    const ACCESS: Access = Access::Object;
    const VERSIONED: bool = true;
}

/// Assigns or moves projects, one or many, all or nothing.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignProjects {
    pub projects: Vec<ProjectAt>,
    /// The client's key or id; null takes the projects out of every client.
    pub client: Option<String>,
    /// Only say what would happen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// A project and the version the writer saw.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProjectAt {
    pub project: String,
    /// Absent only in a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// What an assignment did, or would do.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Assignment {
    pub applied: bool,
    pub client: Option<Ref>,
    pub moves: Vec<ProjectMove>,
}

/// What one project's move takes with it: counts for the sheet that is shown before.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct ProjectMove {
    pub project: Ref,
    pub version: i64,
    pub from: Option<Ref>,
    pub findings: i64,
    /// Shared comments that become internal.
    pub comments_made_internal: i64,
    /// Rounds whose notes become internal.
    pub rounds_made_internal: i64,
    /// Claims in the queue that end.
    pub claims_ended: i64,
    /// Due dates that are recomputed on the new client's days.
    pub due_dates_recomputed: i64,
}

impl Endpoint for AssignProjects {
    type Out = Assignment;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/projects/assign";
    const SUMMARY: &'static str = "Assign or move projects";
    const ACCESS: Access = Access::Workspace;
}
