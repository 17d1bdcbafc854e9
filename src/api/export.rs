//! Findings with all that is known of them, to be taken elsewhere: what `riskdesk finding export` writes, and what the
//! import format `riskdesk` reads back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::{Finding, Occurrence};
use super::{Access, Endpoint, Method, Page};
use crate::domain::severity::Severity;
use crate::domain::time::Time;

/// How many places stand with a finding; the others are listed beside it.
pub const PLACES: u32 = 25;

/// Findings in the order of the query, each whole. `limit` is at most 100.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExportFindings {
    /// The query language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Endpoint for ExportFindings {
    type Out = Page<Exported>;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/finding-exports";
    const SUMMARY: &'static str = "Take findings out, each with its texts, fingerprint and places";
    const ACCESS: Access = Access::Listing;
}

/// A finding with its texts, its fingerprint, what people decided, and its places.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Exported {
    #[serde(flatten)]
    pub finding: Finding,
    pub description: String,
    pub remediation: String,
    pub references: Vec<String>,
    /// As the scanner's reports set them.
    pub scanner_tags: Vec<String>,
    pub own_severity: Option<Severity>,
    /// The tags that people put on it.
    pub own_tags: Vec<String>,
    /// Whether the report itself calls it suppressed.
    pub suppressed: bool,
    /// `risk_accepted`: until when.
    pub accepted_until: Option<Time>,
    /// `duplicate`: the key of the finding it repeats.
    pub duplicate_of: Option<String>,
    /// Absent where it was written by hand.
    pub fingerprint: Option<ExportedFingerprint>,
    pub occurrences: Vec<Occurrence>,
    /// Where the list of its places goes on, where there are more.
    pub more_occurrences: Option<String>,
}

/// What made it one finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExportedFingerprint {
    pub version: i64,
    /// Name and value of each field, in the order that was hashed.
    pub fields: Vec<(String, String)>,
    pub hash: String,
}
