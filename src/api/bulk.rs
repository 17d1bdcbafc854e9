//! One change to many findings: all of it or nothing, and one act to take back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problem::Code;
use super::{Access, Endpoint, Method, Ref};
use crate::domain::id::ActId;
use crate::domain::severity::Severity;
use crate::domain::status::{InconclusiveReason, RoundKind, Status};
use crate::domain::time::Time;

/// The most findings that one act may change.
pub const FINDINGS_MAX: usize = 5_000;

/// Changes many findings in one act, or (`dry_run`) says what that would do.
///
/// The findings are either named, each with the version that was seen, or found by a query together with the `digest` of
/// a dry run of the same query and change. A finding that is as wanted already is left alone.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkFindings {
    /// At most 5,000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<FindingAt>,
    /// A query instead; never an empty one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// What the dry run answered: binds the act to the findings and versions that were shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    pub change: BulkChange,
    /// Only say what would happen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// A finding and the version the writer saw.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FindingAt {
    /// Key or id.
    pub finding: String,
    /// Absent only in a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
}

/// The one change that all of them get.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BulkChange {
    /// To another status, as the table of moves allows for each.
    Move(BulkMove),
    /// What the single edit sets.
    Edit(BulkEdit),
    /// Looked at; `undo`: not yet.
    Triage(BulkMark),
    /// Released to the client; `undo`: recalled.
    Release(BulkMark),
    /// Into another project, with what repeats one another; see the single act for what that takes with it.
    Place(BulkPlace),
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkMove {
    pub to: Status,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// `pending_verification`: `remediated` (default) or `retest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<RoundKind>,
    /// `inconclusive`: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<InconclusiveReason>,
    /// `risk_accepted`: until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// `duplicate`: the key or id of another finding of the same project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// `verified_fixed` in one act: what the proof is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkEdit {
    /// One's own severity; null returns to the scanner's.
    #[serde(default, deserialize_with = "super::double", skip_serializing_if = "Option::is_none")]
    pub severity: Option<Option<Severity>>,
    /// E-mail or user id; null: nobody.
    #[serde(default, deserialize_with = "super::double", skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Option<String>>,
    #[serde(default, deserialize_with = "super::double", skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Option<Time>>,
    /// Tags to put on them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add_tags: Vec<String>,
    /// Tags to take off them; not those of a scanner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove_tags: Vec<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkMark {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undo: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkPlace {
    /// Key, id or unambiguous name of the project they go to.
    pub project: String,
}

/// What findings lose on their way into another project: counts for the sheet that is shown before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BulkLosses {
    /// How many of them go to another client, or from one project without a client to another.
    pub leave_their_client: i64,
    /// Shared comments that become internal.
    pub comments_made_internal: i64,
    /// Rounds whose notes become internal.
    pub rounds_made_internal: i64,
    /// Claims in the queue that end.
    pub claims_ended: i64,
    /// Releases that are taken back, with the due dates that came from them.
    pub releases_taken_back: i64,
    /// Assignees who may not open the project.
    pub assignees_dropped: i64,
}

/// What a bulk act did, or would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BulkOutcome {
    pub applied: bool,
    /// The act, to take all of it back at once (`/api/v1/acts/{act}/undo`); absent in a dry run and where nothing changed.
    pub act: Option<ActId>,
    /// Binds findings, versions and change: send it with the same query and change to do what is shown here.
    pub digest: String,
    /// How many findings it is about: those that change, those that are so already, those that cannot.
    pub count: i64,
    pub changed: i64,
    pub already: i64,
    pub refused: i64,
    /// Why findings cannot change. While there is one, nothing is done.
    pub reasons: Vec<BulkReason>,
    /// Whose findings change.
    pub clients: Vec<BulkClient>,
    /// Of a change of project: what that takes from them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub losses: Option<BulkLosses>,
    /// Keys that were named whose findings are part of others by now: it is about those.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub led: Vec<Led>,
}

/// A key that leads to another finding, because its own became part of that one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Led {
    /// As it was named.
    pub named: String,
    /// The key of the finding it leads to.
    pub finding: String,
}

/// Findings that cannot change for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BulkReason {
    pub code: Code,
    pub detail: String,
    pub count: i64,
    /// Keys of the first few.
    pub examples: Vec<String>,
}

/// A client whose findings change; `null`: of projects without a client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BulkClient {
    pub client: Option<Ref>,
    pub count: i64,
}

impl Endpoint for BulkFindings {
    type Out = BulkOutcome;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/findings/bulk";
    const SUMMARY: &'static str = "Change many findings in one act";
    const ACCESS: Access = Access::Object;
}
