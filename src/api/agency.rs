//! The agency as its users see it: plan, allowances, counts, people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Access, Endpoint, Method};
use crate::domain::access::{Role, UserState};
use crate::domain::id::{AgencyId, UserId};
use crate::domain::plan::{AgencyKind, Allowance, PlanState};

/// How many open findings there are at each severity.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SeverityCounts {
    pub critical: i64,
    pub high: i64,
    pub medium: i64,
    pub low: i64,
    pub info: i64,
}

/// The agency overview: all that a viewer sees.
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
