//! What happened to a finding, newest first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::{Access, Endpoint, Method, Page, PersonRef};
use crate::domain::id::RoundId;
use crate::domain::status::Status;
use crate::domain::time::Time;

/// One line of a finding's history: a move, a round, a triage, a release, a change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistoryEntry {
    pub at: Time,
    /// Who; absent where the system did it by a rule.
    pub by: Option<PersonRef>,
    /// `rule:…` where the system did it.
    pub rule: Option<String>,
    /// `finding.move`, `finding.triage`, …
    pub act: String,
    pub from: Option<Status>,
    pub to: Option<Status>,
    pub notes: String,
    pub round: Option<RoundId>,
    /// The key of the finding it happened to, where that became part of this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<String>,
}

impl HistoryEntry {
    /// What happened, in a few words: `open → in_progress`, `place`.
    #[must_use]
    pub fn step(&self) -> String {
        match (self.from, self.to) {
            (Some(from), Some(to)) => format!("{from} → {to}"),
            (None, Some(to)) => to.to_string(),
            _ => match self.act.as_str() {
                "finding.place" => "other project".to_owned(),
                act => act.strip_prefix("finding.").unwrap_or(act).replace('_', " "),
            },
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListHistory {
    pub finding: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl Endpoint for ListHistory {
    type Out = Page<HistoryEntry>;
    const METHOD: Method = Method::Get;
    const PATH: &'static str = "/api/v1/findings/{finding}/history";
    const SUMMARY: &'static str = "List what happened to a finding, newest first";
    const ACCESS: Access = Access::Object;
}
