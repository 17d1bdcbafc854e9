//! The audit trail: who did what to which object, when, from where, allowed or refused; and whether its chain holds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Access, Endpoint, Method, Page, Ref};
use crate::domain::time::Time;

/// One recorded act or refusal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AuditEvent {
    pub id: Uuid,
    pub at: Time,
    pub actor: AuditActor,
    /// `finding.move`, `client.access`, …; of a refused request that never became an act, its route.
    pub act: String,
    pub object: Option<AuditObject>,
    pub project: Option<Uuid>,
    pub client: Option<Ref>,
    pub outcome: Outcome,
    /// Why it was refused.
    pub code: Option<String>,
    pub address: Option<String>,
    /// Ties it to the answer and to the server's log.
    pub trace_id: Option<String>,
    /// What else the act says of itself.
    pub detail: serde_json::Value,
    /// Its place in the chain, from 1; none within a second of the act.
    pub position: Option<i64>,
    /// The chain's hash there, in hexadecimal: with the position a checkpoint.
    pub hash: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditActor {
    /// `user`, `portal` or `system`.
    pub kind: String,
    pub id: Option<Uuid>,
    pub name: Option<String>,
    pub email: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AuditObject {
    pub kind: String,
    pub id: Option<Uuid>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Allowed,
    Refused,
}

/// The trail, newest first: all of it for admins, for analysts what happened in the clients they may open.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListAudit {
    /// An e-mail, a user's id, or `system`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The key or id of what was acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// An act (`finding.move`), or the beginning of several (`finding.`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// A client one may open: its key, id or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// From this moment on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// Before this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub count: bool,
}

impl Endpoint for ListAudit {
    type Out = Page<AuditEvent>;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/audit";
    const SUMMARY: &'static str = "List the audit trail, newest first";
    const ACCESS: Access = Access::Staff;
}

/// Follows the chain of the whole trail. `position` and `hash` together: a checkpoint that was kept elsewhere.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyAudit {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

/// What following the chain found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Chain {
    /// Whether every row is as it was written, none is missing, and the checkpoint fits.
    pub holds: bool,
    /// Rows up to which it holds.
    pub sealed: i64,
    /// The first position at which it does not, from 1.
    pub broken_at: Option<i64>,
    /// The hash at its end: keep it elsewhere, with `sealed` as its position.
    pub head: String,
}

impl Endpoint for VerifyAudit {
    type Out = Chain;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/audit/chain";
    const SUMMARY: &'static str = "Verify the audit trail's chain";
    const ACCESS: Access = Access::Admin;
}
