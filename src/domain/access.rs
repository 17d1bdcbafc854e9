//! Who may do what: three separate axes, one effective right.
//!
//! 1. *Agency access* of a client decides which agency users may open its workspace.
//! 2. Inside, every agency user who may open it has the full workspace rights.
//! 3. The *portal* has levels and roles of its own.
//!
//! The functions here are the whole rule; services ask them and never decide on a role themselves.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::id::{ClientId, UserId};

/// A user's role in an agency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Admin,
    Analyst,
    Viewer,
}

/// Whether a membership may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserState {
    Invited,
    Active,
    Suspended,
}

/// Which agency users may open a client's workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgencyAccess {
    AllUsers,
    AdminsAndSelected,
    AdminsOnly,
}

/// Where a client account stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClientState {
    Onboarding,
    Active,
    Paused,
    Archived,
}

/// What a client's own people may reach at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PortalLevel {
    Disabled,
    ReadOnly,
    Full,
}

/// A portal user's role within one client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PortalRole {
    Viewer,
    Collaborator,
    Manager,
}

/// How far an API token reaches, within what its person may do at that moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenScope {
    /// Looks, and changes nothing.
    Read,
    /// Works in workspaces: findings, imports, projects, the queue.
    Write,
    /// Whatever the person may, but for sessions and tokens.
    Admin,
}

/// Whom a text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    Internal,
    Shared,
}

/// Who acts, as every use case sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    /// An agency user.
    User { id: UserId, role: Role },
    /// One of a client's own people.
    Portal { client: ClientId, role: PortalRole },
    /// The system itself: a job, or `admin` on the server's own machine.
    System,
}

/// Axis 1: may this user open a workspace with this access setting? `selected`: the user stands on its list.
#[must_use]
pub fn may_open(role: Role, access: AgencyAccess, selected: bool) -> bool {
    match (role, access) {
        (Role::Viewer, _) => false,
        (Role::Admin, _) => true,
        (Role::Analyst, AgencyAccess::AllUsers) => true,
        (Role::Analyst, AgencyAccess::AdminsAndSelected) => selected,
        (Role::Analyst, AgencyAccess::AdminsOnly) => false,
    }
}

/// May this user see a project that belongs to no client? `involved`: created it, leads it or is on its team.
#[must_use]
pub fn may_open_unassigned(role: Role, involved: bool) -> bool {
    match role {
        Role::Admin => true,
        Role::Analyst => involved,
        Role::Viewer => false,
    }
}

/// May one of a client's own people write comments that the agency sees?
#[must_use]
pub fn portal_may_comment(level: PortalLevel, role: PortalRole) -> bool {
    level == PortalLevel::Full && role != PortalRole::Viewer
}

/// May this user create, archive and delete clients, set access and portal levels, manage users?
#[must_use]
pub fn may_administer(role: Role) -> bool {
    role == Role::Admin
}
