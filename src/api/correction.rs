//! Corrections by hand: findings that are one and the same, and places that are a finding of their own. Imports to come
//! follow them, and both can be taken back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bulk::FindingAt;
use super::finding::Finding;
use super::{Access, Endpoint, Method};
use crate::domain::id::{ActId, OccurrenceId};
use crate::domain::time::Time;

/// The most findings that become one in one act.
pub const MERGED_MAX: usize = 100;
/// The most places that are split off in one act.
pub const SPLIT_MAX: usize = 1_000;

/// Makes one finding of several of a project, or (`dry_run`) says what that would do.
///
/// The one named in `into` stays, with its status, severity, assignee and clocks; places, comments, rounds, history and
/// tags of the others go to it. Their keys lead to it from then on, and the next import's sightings of them are its own.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeFindings {
    /// At most 100, with the one that stays.
    pub findings: Vec<FindingAt>,
    /// Key or id of the one of them that stays.
    pub into: String,
    /// What the client sees of them may change, as the dry run says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub client_sees: bool,
    /// Only say what would happen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// Makes a finding of its own of some places of a finding, or (`dry_run`) says what that would do.
///
/// It gets what was decided about the finding they come from: status, severity, assignee, release. The next import's
/// sightings of these places are its own.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitFinding {
    pub finding: String,
    /// The version that was seen; absent only in a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i64>,
    /// At most 1,000; not all it has.
    pub occurrences: Vec<OccurrenceId>,
    /// What the client sees of it may change, as the dry run says.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub client_sees: bool,
    /// Only say what would happen.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dry_run: bool,
}

/// What a correction did, or would do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CorrectionDone {
    pub applied: bool,
    /// The act, to take it back (`/api/v1/acts/{act}/undo`); absent in a dry run.
    pub act: Option<ActId>,
    /// The finding that stays, or that was split.
    pub finding: Finding,
    /// The finding that was split off; absent in a dry run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made: Option<Finding>,
    /// What happens, in sentences.
    pub says: Vec<String>,
    /// What changes for the client's people. While there is something, `client_sees` must be sent.
    pub client_sees: Vec<String>,
}

/// What a person corrected about a finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Correction {
    pub kind: CorrectionKind,
    /// The finding that became part of it, or that it was split off from.
    pub key: String,
    /// Of the one that became part of it.
    pub title: String,
    pub tool: String,
    /// Hexadecimal; empty where it was written by hand.
    pub hash: String,
    pub fingerprint_version: i64,
    /// Name and value of each field that made its fingerprint.
    pub fields: Vec<(String, String)>,
    /// How many places came with it, or were split off.
    pub occurrences: i64,
    pub by: Option<String>,
    pub at: Time,
}

/// A finding of another tool that may be the same problem.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Related {
    pub finding: Finding,
    /// What they have in common, in words.
    pub why: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CorrectionKind {
    Merged,
    Split,
}

impl Correction {
    /// The correction in words: `F-… merged by Jonas on 2026-11-22`.
    #[must_use]
    pub fn words(&self) -> String {
        let by = self.by.as_deref().unwrap_or("somebody");
        let day = self.at.to_string();
        let day = day.get(..10).unwrap_or(&day);
        match self.kind {
            CorrectionKind::Merged => format!("{} merged by {by} on {day}", self.key),
            CorrectionKind::Split if self.key.is_empty() => format!("split off by {by} on {day}"),
            CorrectionKind::Split => format!("split off from {} by {by} on {day}", self.key),
        }
    }
}

impl Endpoint for MergeFindings {
    type Out = CorrectionDone;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/findings/merge";
    const SUMMARY: &'static str = "Make one finding of several";
    const ACCESS: Access = Access::Object;
}

impl Endpoint for SplitFinding {
    type Out = CorrectionDone;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/findings/{finding}/split";
    const SUMMARY: &'static str = "Split places off a finding";
    const ACCESS: Access = Access::Object;
}
