//! What an agency has bought: state, limits and features. Limits themselves are enforced by the database.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Whether the agency may work, and in which tone it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlanState {
    Trial,
    Active,
    PastDue,
    Ended,
}

/// An organisation that looks after clients, or one that looks after itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AgencyKind {
    Agency,
    Direct,
}

/// A limited thing of a plan, as people read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Allowance {
    pub used: i64,
    pub limit: i64,
}
