//! The agency as its users see it: plan, allowances, counts, people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Access, Endpoint, Method, Ref};
use crate::domain::access::{Role, UserState};
use crate::domain::id::{AgencyId, UserId};
use crate::domain::plan::{AgencyKind, Allowance, PlanState};
use crate::domain::time::Time;

/// How many open findings there are at each severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeverityCounts {
    pub critical: i64,
    pub high: i64,
    pub medium: i64,
    pub low: i64,
    pub info: i64,
}

/// The agency: its plan, allowances and open findings.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowAgency {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Agency {
    pub id: AgencyId,
    pub name: String,
    pub kind: AgencyKind,
    pub time_zone: String,
    pub plan: PlanState,
    pub clients: Allowance,
    pub projects: Allowance,
    pub seats: Allowance,
    pub open_findings: SeverityCounts,
}

impl Endpoint for ShowAgency {
    type Out = Agency;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/agency";
    const SUMMARY: &'static str = "The agency's plan, allowances and counts";
    const ACCESS: Access = Access::Member;
}

/// The agency overview: all that a viewer sees.
///
/// Counts are those of the whole agency, the same for every role, and name nobody: no client, project or finding. What
/// has names in it is a part of its own, narrowed to the clients one may open, and absent for a viewer, who may open none.
/// What belongs to archived clients is not counted, but in `clients.archived`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowOverview {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Overview {
    /// When it was read.
    pub as_of: Time,
    pub agency: Agency,
    pub clients: ClientCounts,
    pub due: Due,
    /// The clients with the worst open findings among those one may open, at most 10; absent for a viewer.
    pub worst: Option<Vec<ClientLoad>>,
    /// What was done in the last seven days, newest first, at most 20: for admins everywhere, for analysts in the clients
    /// they may open; absent for a viewer.
    pub acts: Option<Vec<RecentAct>>,
}

/// How many clients there are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientCounts {
    pub onboarding: i64,
    pub active: i64,
    pub paused: i64,
    pub archived: i64,
}

/// Findings whose clock has ended or ends within a week.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Due {
    pub overdue: DueCounts,
    /// Seven days on the agency's calendar; the first is what is left of today.
    pub days: Vec<DueDay>,
}

/// The two clocks, never added up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DueCounts {
    /// The clients' remediation clocks.
    pub fix: i64,
    /// The agency's verification clocks.
    pub verify: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DueDay {
    /// `2026-11-22`.
    pub date: String,
    #[serde(flatten)]
    pub due: DueCounts,
}

/// A client and its open findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientLoad {
    pub client: Ref,
    pub open_findings: SeverityCounts,
}

/// Something that was done, as the trail has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecentAct {
    pub at: Time,
    /// The name of who did it; none: the system, by a rule.
    pub actor: Option<String>,
    /// `finding.move`, `client.access`, …
    pub act: String,
    pub client: Option<Ref>,
}

impl Endpoint for ShowOverview {
    type Out = Overview;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/agency/overview";
    const SUMMARY: &'static str = "The agency at a glance: plan, counts, what is due this week, recent acts";
    const ACCESS: Access = Access::Member;
}

/// The agency's people.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListUsers {}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct User {
    pub id: UserId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub state: UserState,
    pub version: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Users {
    pub items: Vec<User>,
}

impl Endpoint for ListUsers {
    type Out = Users;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/users";
    const SUMMARY: &'static str = "List the agency's users";
    const ACCESS: Access = Access::Staff;
}
