//! Findings, their occurrences, their history, and the acts on them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::correction::{Correction, Related};
use super::{Access, Endpoint, Method, Page, PersonRef, Ref};
use crate::domain::id::{FindingId, OccurrenceId};
use crate::domain::severity::Severity;
use crate::domain::status::Status;
pub use crate::domain::status::{InconclusiveReason, RoundKind};
use crate::domain::time::Time;

mod history;

pub use history::{HistoryEntry, ListHistory};

/// A CVSS rating as it stands in lists.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CvssRating {
    /// `2.0`, `3.0`, `3.1` or `4.0`.
    pub version: String,
    pub vector: String,
    pub score: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    pub id: FindingId,
    pub key: String,
    pub title: String,
    /// The effective severity: a person's where set, else the scanner's.
    pub severity: Severity,
    pub scanner_severity: Option<Severity>,
    pub cvss: Option<CvssRating>,
    /// CWE numbers.
    pub cwe: Vec<u32>,
    pub cve: Vec<String>,
    /// The scanner's and people's, each once.
    #[serde(default)]
    pub tags: Vec<String>,
    pub status: Status,
    pub assignee: Option<PersonRef>,
    pub due_at: Option<Time>,
    pub first_seen: Time,
    pub last_seen: Time,
    /// Whether the tool's latest import of the project still had it; true for one that no tool reported.
    pub seen_in_latest: bool,
    pub triaged_at: Option<Time>,
    pub released_at: Option<Time>,
    pub occurrence_count: i64,
    pub project: Ref,
    pub client: Option<Ref>,
    /// The tool that reported it, or `manual`.
    pub tool: String,
    pub version: i64,
}

/// Findings one may open, worst first unless the query says `sort:`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListFindings {
    /// The query language.
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
}

impl Endpoint for ListFindings {
    type Out = Page<Finding>;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/findings";
    const SUMMARY: &'static str = "List findings";
    const ACCESS: Access = Access::Listing;
}

/// What a list of findings is grouped by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    #[default]
    Severity,
    Status,
    Client,
    Project,
    Assignee,
    Tool,
}

/// How many findings each group of a list has.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountGroups {
    pub by: GroupBy,
    /// The query language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// Only of those that stand in the queue.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub queue: bool,
}

/// Every group that has some, in the order of their names, of severities and statuses in their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupCounts {
    pub by: GroupBy,
    pub groups: Vec<GroupCount>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupCount {
    /// The term of a query that finds the group: `client:acme`, `assignee:none`.
    pub term: String,
    /// Its name; absent for findings without a client or an assignee.
    pub name: Option<String>,
    /// `project`: the name of the client it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    pub count: i64,
}

impl Endpoint for CountGroups {
    type Out = GroupCounts;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/findings/groups";
    const SUMMARY: &'static str = "Count the groups of a list of findings";
    const ACCESS: Access = Access::Listing;
}

/// A finding with all that its detail shows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FindingDetail {
    /// Its own fields stand beside the others, so that a script reads a finding alike in a list and alone.
    #[serde(flatten)]
    pub finding: Finding,
    pub description: String,
    pub remediation: String,
    pub references: Vec<String>,
    pub own_severity: Option<Severity>,
    /// The tags that people put on it; the others are its scanner's.
    #[serde(default)]
    pub own_tags: Vec<String>,
    pub triaged_by: Option<PersonRef>,
    pub released_by: Option<PersonRef>,
    /// Why the due date is what it is.
    pub due_reason: Option<String>,
    /// `risk_accepted`: until when.
    pub accepted_until: Option<Time>,
    /// `duplicate`: of which finding.
    pub duplicate_of: Option<Ref>,
    /// The moves that are legal now, and whether each needs notes.
    pub moves: Vec<LegalMove>,
    /// Findings that became part of it, and what it was split off from, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub corrections: Vec<Correction>,
    /// Findings of other tools that may be the same problem, the first few: never merged by themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub related: Vec<Related>,
    /// How many places are in which state.
    pub occurrences_open: i64,
    pub occurrences_fixed: i64,
    /// How many of the client's own people read what is shared on it, once it is released: active ones, in a portal that is
    /// open, who may see its project. Absent where its project belongs to no client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_people: Option<i64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LegalMove {
    pub to: Status,
    pub needs_notes: bool,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowFinding {
    pub finding: String,
}

impl Endpoint for ShowFinding {
    type Out = FindingDetail;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/findings/{finding}";
    const SUMMARY: &'static str = "Show a finding";
    const ACCESS: Access = Access::Object;
}

/// Writes a finding by hand.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateFinding {
    pub project: String,
    pub title: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
    /// A CVSS vector of any version; rates the severity where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cvss: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cwe: Vec<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cve: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub remediation: String,
    /// Where it is, one text per place.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<String>,
}

impl Endpoint for CreateFinding {
    type Out = Finding;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/findings";
    const SUMMARY: &'static str = "Write a finding by hand";
    const ACCESS: Access = Access::Object;
    const STATUS: u16 = 201;
}

/// Changes what people decide about a finding besides its status.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EditFinding {
    pub finding: String,
    /// One's own severity; null returns to the scanner's.
    #[serde(default, deserialize_with = "super::double", skip_serializing_if = "Option::is_none")]
    pub severity: Option<Option<Severity>>,
    /// E-mail or user id; null: nobody.
    #[serde(default, deserialize_with = "super::double", skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Option<String>>,
    #[serde(default, deserialize_with = "super::double", skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Option<Time>>,
    #[serde(default, deserialize_with = "super::double", skip_serializing_if = "Option::is_none")]
    pub cvss: Option<Option<String>>,
    /// Tags of people's to put on it: letters, digits and `-_./+`, written small.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add_tags: Vec<String>,
    /// Tags to take off it; not those of its scanner.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove_tags: Vec<String>,
}

impl Endpoint for EditFinding {
    type Out = Finding;
    const METHOD: Method = Method::Patch;
    const PATH: &'static str = "/api/v1/findings/{finding}";
    const SUMMARY: &'static str = "Set severity, assignee, due date, CVSS or tags of a finding";
    const ACCESS: Access = Access::Object;
    const VERSIONED: bool = true;
}

/// Moves a finding to another status.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveFinding {
    pub finding: String,
    pub to: Status,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// `pending_verification`: `remediated` (default) or `retest`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<RoundKind>,
    /// `inconclusive`: why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<InconclusiveReason>,
    /// `risk_accepted`: until when, never for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Time>,
    /// `duplicate`: the key or id of another finding of the project.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<String>,
    /// `verified_fixed` in one act: what the proof is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    /// `partial`: which places are fixed and which are not. Places not named keep their state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub occurrences: Vec<OccurrenceVerdict>,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OccurrenceVerdict {
    pub occurrence: OccurrenceId,
    pub fixed: bool,
}

impl Endpoint for MoveFinding {
    type Out = Finding;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/findings/{finding}/move";
    const SUMMARY: &'static str = "Move a finding to another status";
    const ACCESS: Access = Access::Object;
    const VERSIONED: bool = true;
}

/// Says that a person has looked at it. Null in the answer's `triaged_at` after `undo`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TriageFinding {
    pub finding: String,
    /// Take it back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undo: bool,
}

impl Endpoint for TriageFinding {
    type Out = Finding;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/findings/{finding}/triage";
    const SUMMARY: &'static str = "Mark a finding as triaged";
    const ACCESS: Access = Access::Object;
    const VERSIONED: bool = true;
}

/// Releases a finding to the client; the remediation clock starts.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReleaseFinding {
    pub finding: String,
    /// Take it back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub undo: bool,
}

impl Endpoint for ReleaseFinding {
    type Out = Finding;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/findings/{finding}/release";
    const SUMMARY: &'static str = "Release a finding to the client";
    const ACCESS: Access = Access::Object;
    const VERSIONED: bool = true;
}

/// One place a finding stands at.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Occurrence {
    pub id: OccurrenceId,
    /// The place in one line: `host:port`, a URL, `path:line`, `package@version`.
    pub place: String,
    pub fixed: bool,
    /// How often the latest report repeats it exactly.
    pub repeats: i64,
    pub first_seen: Time,
    pub last_seen: Time,
    pub seen_in_latest: bool,
    /// What the scanner says at this place.
    pub detail: String,
    /// What makes it the same place again, in hexadecimal: it means nothing outside of its finding.
    #[serde(default)]
    pub place_key: String,
    #[serde(default)]
    pub host: Option<String>,
}

#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListOccurrences {
    pub finding: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Endpoint for ListOccurrences {
    type Out = Page<Occurrence>;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/findings/{finding}/occurrences";
    const SUMMARY: &'static str = "List the places of a finding";
    const ACCESS: Access = Access::Object;
}

/// The scanner's own record of a place, as its report has it, and the record of the import before.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowRecord {
    pub finding: String,
    pub occurrence: OccurrenceId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RawRecords {
    pub place: String,
    /// Absent where no report spoke of the place, or its report is no longer kept.
    pub latest: Option<RawRecord>,
    /// Absent where only one import saw the place.
    pub before: Option<RawRecord>,
}

/// A part of a report, word for word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RawRecord {
    /// The report's name.
    pub file: String,
    pub imported_at: Option<Time>,
    /// Hostile text of a scanner: escape it wherever it is shown.
    pub text: String,
    /// Whether the record is longer than what is answered.
    pub truncated: bool,
}

impl Endpoint for ShowRecord {
    type Out = RawRecords;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/findings/{finding}/occurrences/{occurrence}/record";
    const SUMMARY: &'static str = "Show the scanner's own record of a place";
    const ACCESS: Access = Access::Object;
}

/// Why is this one finding? The fields that made its fingerprint, the imports that saw it, what people corrected, and how
/// it came to where it stands.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExplainFinding {
    pub finding: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Explanation {
    pub fingerprint_version: i64,
    /// Name and value of each field, in order.
    pub fields: Vec<(String, String)>,
    pub hash: String,
    pub imports: Vec<Sighting>,
    /// What people corrected: findings that became part of it, and what it was split off from.
    #[serde(default)]
    pub corrections: Vec<Correction>,
    /// From status to status and from project to project: the latest hundred, newest first.
    #[serde(default)]
    pub moves: Vec<HistoryEntry>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Sighting {
    pub batch: crate::domain::id::BatchId,
    pub at: Time,
    pub files: Vec<String>,
    /// new, recurring, reopened, not_seen
    pub outcome: String,
}

impl Endpoint for ExplainFinding {
    type Out = Explanation;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/findings/{finding}/why";
    const SUMMARY: &'static str = "Explain what made a finding one finding";
    const ACCESS: Access = Access::Object;
}
