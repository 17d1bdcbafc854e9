//! Scanner reports on their way in: a batch is opened, files are uploaded to it, it is planned, and the plan applied.
//!
//! Uploads are raw bytes (`PUT` [`upload_path`], any content type, gzip content encoding allowed), not JSON, so that a
//! large report streams. The server decodes each file in a restricted child while it arrives.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Access, Endpoint, Method, Page, PersonRef, Ref};
use crate::domain::id::{ActId, BatchId, PlanId};
use crate::domain::time::Time;

/// Opens a batch: files given together form one import.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenBatch {
    /// The project's key or id.
    pub project: String,
    /// Targets the reports covered, where they say less or more than is true: hosts, URL prefixes, path prefixes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub covers: Vec<String>,
}

impl Endpoint for OpenBatch {
    type Out = Batch;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/imports";
    const SUMMARY: &'static str = "Open an import batch";
    const ACCESS: Access = Access::Object;
    const STATUS: u16 = 201;
}

/// Where file number `n` (from 0) of a batch is uploaded: `?name=…&format=…&from=…` (all optional; `from`: the bytes of it
/// that are there already, see [`ShowUpload`]).
#[must_use]
pub fn upload_path(batch: BatchId, n: usize) -> String {
    format!("/api/v1/imports/{batch}/files/{n}")
}

/// How far the upload of a file is: one that broke off goes on from `received` (`?from=…`), and what came of one whose
/// caller went away is told for a while.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowUpload {
    pub batch: BatchId,
    pub n: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Upload {
    /// Bytes of an upload of one's own that broke off: it can go on from there for a quarter of an hour.
    pub received: i64,
    /// All of it is here, and is being read: how far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reading: Option<Reading>,
    /// It was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<BatchFile>,
    /// It was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<super::problem::Problem>,
    /// The most bytes that one upload may have.
    pub max: i64,
}

/// How far a report is read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reading {
    /// Bytes of its text.
    pub done: i64,
    pub total: i64,
    /// What was found in them.
    pub records: i64,
    pub findings: i64,
}

impl Endpoint for ShowUpload {
    type Out = Upload;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/imports/{batch}/files/{n}";
    const SUMMARY: &'static str = "How far the upload of a file of an import is";
    const ACCESS: Access = Access::Object;
}

/// The route pattern of [`upload_path`].
pub const UPLOAD: &str = "/api/v1/imports/{batch}/files/{n}";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BatchState {
    /// Files may still be added.
    Open,
    /// The plan is being made.
    Planning,
    Planned,
    /// The plan is committed, and its places are being written.
    Applying,
    Applied,
    /// It was applied and taken back.
    Undone,
    Failed,
}

/// A batch, staged or applied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Batch {
    pub id: BatchId,
    pub project: Ref,
    pub state: BatchState,
    pub files: Vec<BatchFile>,
    pub covers: Vec<String>,
    pub plan_id: Option<PlanId>,
    /// Of the plan, or of what was applied.
    pub totals: Option<Totals>,
    /// What the reports cover, in words; from the reports or from `covers`.
    pub scope: Vec<String>,
    pub created_by: PersonRef,
    pub created_at: Time,
    pub applied_at: Option<Time>,
    /// Who applied it, where it can be taken back at all: by that person alone.
    #[serde(default)]
    pub applied_by: Option<PersonRef>,
    /// The act that applied it, where it was one's own: taking that back (`/api/v1/acts/{act}/undo`) takes the import back.
    #[serde(default)]
    pub act: Option<ActId>,
    #[serde(default)]
    pub undone_at: Option<Time>,
    /// How far the running step is, in thousandths; absent where nothing runs.
    pub progress: Option<Progress>,
    /// Why it failed, or what keeps it from going on.
    pub problem: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Progress {
    pub done: i64,
    pub total: i64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BatchFile {
    pub file: String,
    pub format: String,
    pub tool: String,
    pub bytes: i64,
    /// Entries in the report, counted without any merging.
    pub records: i64,
    pub findings: i64,
    pub occurrences: i64,
    /// What the report holds that was not understood or left out, each with a count.
    pub left_out: Vec<LeftOut>,
    /// When the report says it was made.
    pub observed_at: Option<Time>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    pub what: String,
    pub count: i64,
}

/// What an import does, in numbers of findings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Totals {
    /// Not known before.
    pub new: i64,
    /// Known and still there.
    pub recurring: i64,
    /// Known, verified fixed, and seen again.
    pub reopened: i64,
    /// Known, within the scope, and not in the reports.
    pub not_seen: i64,
    /// Of the known ones: nothing about them changed.
    pub unchanged: i64,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ShowBatch {
    pub batch: BatchId,
}

impl Endpoint for ShowBatch {
    type Out = Batch;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/imports/{batch}";
    const SUMMARY: &'static str = "Show an import batch, staged or applied, with its progress";
    const ACCESS: Access = Access::Object;
}

#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListBatches {
    /// A project's key or id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Endpoint for ListBatches {
    type Out = Page<Batch>;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/imports";
    const SUMMARY: &'static str = "List imports, newest first";
    const ACCESS: Access = Access::Listing;
}

/// Plans a batch: compares what was staged with what the project has. Writes nothing into the project.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanBatch {
    pub batch: BatchId,
}

impl Endpoint for PlanBatch {
    type Out = Batch;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/imports/{batch}/plan";
    const SUMMARY: &'static str = "Plan an import";
    const ACCESS: Access = Access::Object;
}

/// One line of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanLine {
    /// new, recurring, reopened, not_seen
    pub outcome: String,
    pub severity: crate::domain::severity::Severity,
    pub title: String,
    /// The finding's key where it is known already.
    pub finding: Option<String>,
    pub occurrences: i64,
    /// The fields that matched, in words.
    pub matched_by: String,
}

/// The lines of a batch's plan: new first, then reopened, not seen, recurring; worst first within each.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListPlan {
    pub batch: BatchId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Endpoint for ListPlan {
    type Out = Page<PlanLine>;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/imports/{batch}/plan";
    const SUMMARY: &'static str = "List what a plan would do";
    const ACCESS: Access = Access::Object;
}

/// Commits a plan in one transaction, or says what moved since (`stale_plan`). Places of a large one may follow it in
/// parts: answered when all are there, or, where something keeps them from being written, as `applying` with the problem;
/// it goes on by itself.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApplyBatch {
    pub batch: BatchId,
    pub plan_id: PlanId,
}

impl Endpoint for ApplyBatch {
    type Out = Batch;
    const METHOD: Method = Method::Post;
    const PATH: &'static str = "/api/v1/imports/{batch}/apply";
    const SUMMARY: &'static str = "Apply a planned import";
    const ACCESS: Access = Access::Object;
}

/// Throws away a batch that was not applied.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DropBatch {
    pub batch: BatchId,
}

impl Endpoint for DropBatch {
    type Out = ();
    const METHOD: Method = Method::Delete;
    const PATH: &'static str = "/api/v1/imports/{batch}";
    const SUMMARY: &'static str = "Throw away an import that was not applied";
    const ACCESS: Access = Access::Object;
    const STATUS: u16 = 204;
}

/// The report formats this server understands.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListFormats {}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Formats {
    pub items: Vec<ReportFormat>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportFormat {
    /// What `format` takes.
    pub name: String,
    pub title: String,
    /// The report's outermost entries, which are counted as its records.
    #[serde(default)]
    pub records: String,
    /// What one finding is.
    #[serde(default)]
    pub finding: String,
    /// What one occurrence is.
    #[serde(default)]
    pub occurrence: String,
    /// How severities map to ours.
    #[serde(default)]
    pub severity: String,
    /// What is left out, and why.
    #[serde(default)]
    pub left_out: String,
    /// Which targets a report covers.
    #[serde(default)]
    pub covers: String,
}

impl Endpoint for ListFormats {
    type Out = Formats;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/import-formats";
    const SUMMARY: &'static str = "List the report formats that are understood";
    const ACCESS: Access = Access::Member;
}

/// How a finding stands in two imports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// Only the other import saw it.
    OnlyOther,
    /// Only this import saw it.
    OnlyThis,
    /// Both saw it, and their reports rate it differently.
    Rated,
    /// Both saw it, rated the same; what is said of it or where it is changed between them.
    Changed,
    /// Both saw it, and nothing changed.
    Both,
}

/// A finding in two imports, side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedLine {
    pub stands: Compared,
    /// The finding's key, where it is still in the project.
    pub finding: Option<String>,
    pub title: String,
    /// As this import's reports rated it, where they held it.
    pub this_severity: Option<crate::domain::severity::Severity>,
    pub other_severity: Option<crate::domain::severity::Severity>,
    /// Places in this import's reports.
    pub this_places: Option<i64>,
    pub other_places: Option<i64>,
    /// What scanners say of it otherwise, of one that is rated differently or changed. What was said is kept for 30 days.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed: Vec<ComparedFact>,
    /// Where it came to and went from; only where one finding is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<ComparedPlaces>,
}

impl ComparedLine {
    /// What changed, in words, besides severity and number of places: `title: a → b; description`.
    #[must_use]
    pub fn words(&self) -> String {
        let one = |fact: &ComparedFact| match (&fact.this, &fact.other) {
            (None, None) => fact.what.clone(),
            (this, other) => {
                let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "–".to_owned());
                format!("{}: {} → {}", fact.what, side(this), side(other))
            }
        };
        let said: Vec<String> = self.changed.iter().map(one).collect();
        match (said.is_empty(), self.stands == Compared::Changed) {
            (true, true) if self.this_places == self.other_places => "its places, or something in between".to_owned(),
            (true, true) => "its places".to_owned(),
            _ => said.join("; "),
        }
    }
}

/// A fact that scanners tell of a finding, in two imports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedFact {
    /// title, cvss, cwe, cve, tags, suppressed, description, remediation, references
    pub what: String,
    /// As this import left it; absent of long texts, and where there is none.
    pub this: Option<String>,
    pub other: Option<String>,
}

/// The places of a finding that differ between two imports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedPlaces {
    /// The first hundred that the other import saw and this one did not.
    pub only_other: Vec<String>,
    pub only_other_count: i64,
    /// The first hundred that this import saw and the other did not.
    pub only_this: Vec<String>,
    pub only_this_count: i64,
}

/// Two imports of one project side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Comparison {
    /// Only with the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub totals: Option<ComparedTotals>,
    #[serde(flatten)]
    pub page: Page<ComparedLine>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ComparedTotals {
    pub only_other: i64,
    pub only_this: i64,
    pub rated: i64,
    pub changed: i64,
    pub both: i64,
}

/// Compares what two applied imports of one project saw: what only the other saw first, then what only this one saw, what
/// they rate differently, what changed otherwise, and what is the same in both; worst first within each.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CompareBatches {
    pub batch: BatchId,
    /// The import to compare it with: the later one, as a rule.
    pub other: BatchId,
    /// Only this finding (its key), with its places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Endpoint for CompareBatches {
    type Out = Comparison;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/imports/{batch}/compare/{other}";
    const SUMMARY: &'static str = "Compare two imports of one project";
    const ACCESS: Access = Access::Object;
}
