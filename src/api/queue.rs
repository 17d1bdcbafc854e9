//! The remediation queue: findings that need an act now, in lanes, across every client one may open.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::Finding;
use super::{Access, Endpoint, Method, Page, PersonRef};
pub use crate::domain::lane::ClockKind;
use crate::domain::lane::Lane;
use crate::domain::time::Time;

/// One row of the queue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct QueueItem {
    pub lane: Lane,
    pub finding: Finding,
    /// The clock that runs, if one does.
    pub clock: Option<Clock>,
    /// Who works on it right now.
    pub holder: Option<Holder>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Clock {
    pub kind: ClockKind,
    pub due_at: Time,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Holder {
    pub user: PersonRef,
    pub until: Time,
}

/// The queue: by lane, then by the nearest or most breached clock, then severity.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListQueue {
    /// The query language; `lane:` narrows to lanes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// Conditions in the query language that narrow the list further. A cursor holds whatever they are: a reader may fold
    /// groups away (`-sev:low`) and go on from where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narrow: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub count: bool,
    /// Begins at the list's end; ignored beside a cursor.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub end: bool,
    /// Leaves the lanes out of the order: by `sort:` first, then by clock and severity.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub flat: bool,
}

impl Endpoint for ListQueue {
    type Out = Page<QueueItem>;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/queue";
    const SUMMARY: &'static str = "List the remediation queue";
    const ACCESS: Access = Access::Listing;
}

/// How many findings stand in each lane.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountLanes {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LaneCounts {
    pub lanes: Vec<LaneCount>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LaneCount {
    pub lane: Lane,
    pub count: i64,
}

impl Endpoint for CountLanes {
    type Out = LaneCounts;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/queue/lanes";
    const SUMMARY: &'static str = "Count the queue's lanes";
    const ACCESS: Access = Access::Listing;
}

/// Takes a finding for 30 minutes, or renews one's own lease. Refused (`claimed`) while another holds it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeFinding {
    pub finding: String,
}

impl Endpoint for TakeFinding {
    type Out = Holder;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/findings/{finding}/take";
    const SUMMARY: &'static str = "Take a finding from the queue, or renew the lease";
    const ACCESS: Access = Access::Object;
}

/// Puts a finding back.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PutBackFinding {
    pub finding: String,
}

impl Endpoint for PutBackFinding {
    type Out = ();
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/findings/{finding}/put-back";
    const SUMMARY: &'static str = "Put a taken finding back into the queue";
    const ACCESS: Access = Access::Object;
    const STATUS: u16 = 204;
}

/// Takes the next finding: nearest or most breached clock, then severity; never one that waits on the client.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeNext {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
}

/// The row that was taken; null where nothing is left.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Taken {
    pub item: Option<QueueItem>,
}

impl Endpoint for TakeNext {
    type Out = Taken;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/queue/next";
    const SUMMARY: &'static str = "Take the next finding of the queue";
    const ACCESS: Access = Access::Listing;
}
