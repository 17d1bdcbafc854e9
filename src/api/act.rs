//! One's own acts, and the way back: what an undo or a redo would do, and doing it.
//!
//! An act and everything that took it back or did it again stand as one line of the list, under the id of the act itself.
//! Undo is an ordinary act: audited, told to streams, with new versions. It is possible while nothing was built on what
//! the act left behind, and while its doer may still open every workspace it touched.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problem::Code;
use super::{Access, Endpoint, Method, Page};
use crate::domain::id::ActId;
use crate::domain::time::Time;

/// Whether an act can be taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActState {
    /// It stands, and can be taken back.
    Undoable,
    /// It was taken back; it can be done again unless `reason` says why not.
    Undone,
    /// It stands, and something changed since what it left behind: `reason` says what.
    BuiltOn,
    /// Acts of this kind cannot be taken back: `reason` says why.
    Final,
}

/// One of one's own acts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Act {
    pub id: ActId,
    /// `finding.move`, `finding.bulk`, `client.edit`, …
    pub kind: String,
    /// What was done, in a few words: `Moved F-7K3QX2 to in progress`.
    pub summary: String,
    pub at: Time,
    /// What it touched: the first few.
    pub objects: Vec<ActObject>,
    pub object_count: i64,
    pub state: ActState,
    /// Why it cannot be taken back, or, where it was undone, why it cannot be done again.
    pub reason: Option<String>,
    /// When it was taken back.
    pub undone_at: Option<Time>,
}

/// A client, project or finding that an act touched. A comment stands for its finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActObject {
    /// `client`, `project` or `finding`.
    pub kind: String,
    pub id: uuid::Uuid,
    pub key: String,
    pub name: String,
}

/// One's own acts, newest first; with `undone=true` only those that were taken back, the latest taken back first: the
/// order in which they are done again.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListActs {
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undone: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Endpoint for ListActs {
    type Out = Page<Act>;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/acts";
    const SUMMARY: &'static str = "List one's own acts and whether each can be taken back";
    const ACCESS: Access = Access::Listing;
}

/// What comes next for an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    Undo,
    Redo,
}

/// An act and what taking it back (or, where it was undone, doing it again) would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActPreview {
    #[serde(flatten)]
    pub act: Act,
    pub way: Way,
    /// Field by field, at most 200; `change_count` says how many there are.
    pub changes: Vec<ActChange>,
    pub change_count: i64,
    /// What else will happen, a sentence each.
    pub also: Vec<String>,
    /// What stays as it is although it belongs to the act, a sentence each.
    pub not_undone: Vec<String>,
    /// Why it would be refused; absent where it would be done.
    pub refused: Option<ActRefusal>,
    /// Of an import: what would be taken back, in numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<ImportBack>,
}

/// What taking an import back does, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ImportBack {
    /// New findings that are taken away.
    pub new: i64,
    /// Findings it opened again that are closed again.
    pub reopened: i64,
    /// Findings that count as seen in the latest import again.
    pub not_seen: i64,
    /// Findings that get back what the reports before said of them.
    pub facts: i64,
    /// Findings of which only places or times of sightings go back.
    pub sightings: i64,
    /// Places of findings that stay, which are taken away.
    pub places: i64,
}

/// One field that would change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActChange {
    pub object: ActObject,
    pub field: String,
    /// As it stands now, as people read it.
    pub from: String,
    pub to: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActRefusal {
    pub code: Code,
    pub detail: String,
}

/// An act, and what its way back would do.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowAct {
    pub act: ActId,
}

impl Endpoint for ShowAct {
    type Out = ActPreview;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/acts/{act}";
    const SUMMARY: &'static str = "Show what taking an act back, or doing it again, would do";
    const ACCESS: Access = Access::Object;
}

/// Takes an act back. Given the id of an undo, it takes that one back: the act is done again.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UndoAct {
    pub act: ActId,
}

/// What was taken back or done again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ActDone {
    /// The act this was in itself: taking it back leads the other way.
    pub done: ActId,
    pub way: Way,
    /// The act as it stands now in the list.
    pub act: Act,
}

impl Endpoint for UndoAct {
    type Out = ActDone;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/acts/{act}/undo";
    const SUMMARY: &'static str = "Take one's own act back";
    const ACCESS: Access = Access::Object;
}

/// Does again what was taken back.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RedoAct {
    pub act: ActId,
}

impl Endpoint for RedoAct {
    type Out = ActDone;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/acts/{act}/redo";
    const SUMMARY: &'static str = "Do again what was taken back";
    const ACCESS: Access = Access::Object;
}
