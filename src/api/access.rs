//! Why a person may, or may not, open something: the rules one by one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Access, Endpoint, Method, PersonRef, Ref};
use crate::domain::access::{Role, UserState};

/// May this person open this client, project or finding, and why? Name one object that you may open yourself.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainAccess {
    /// A user of the agency: e-mail or id.
    pub person: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
}

/// The answer, and what made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccessAnswer {
    pub person: PersonRef,
    pub role: Role,
    pub state: UserState,
    /// `client`, `project` or `finding`.
    pub kind: String,
    pub object: Ref,
    pub allowed: bool,
    /// In the order they are asked; the last one decided.
    pub rules: Vec<AccessRule>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccessRule {
    /// `membership`, `role`, `place`, `agency_access`, `unassigned`, `account_manager`.
    pub rule: String,
    /// Whether it speaks for the person; absent where it decides nothing.
    pub grants: Option<bool>,
    pub text: String,
}

impl Endpoint for ExplainAccess {
    type Out = AccessAnswer;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/access/why";
    const SUMMARY: &'static str = "Explain why a person may or may not open something";
    const ACCESS: Access = Access::Staff;
}
