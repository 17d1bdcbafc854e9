//! What an export of our own says of a finding besides its scanner's facts. Imports set it on findings that are new.

use serde::{Deserialize, Serialize};

use super::severity::Severity;
use super::status::Status;
use super::time::Time;

/// Decisions of people, and when it was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Other than open.
    pub status: Option<Status>,
    pub own_severity: Option<Severity>,
    #[serde(default)]
    pub own_tags: Vec<String>,
    pub triaged_at: Option<Time>,
    pub accepted_until: Option<Time>,
    pub first_seen: Option<Time>,
    pub last_seen: Option<Time>,
    /// Whether the latest import of its tool still had it.
    pub in_latest: bool,
    pub place: KeptPlace,
}

/// What it says of a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptPlace {
    pub fixed: bool,
    pub repeats: i64,
    pub first_seen: Option<Time>,
    pub last_seen: Option<Time>,
    pub in_latest: bool,
}

impl Default for KeptPlace {
    fn default() -> Self {
        Self {
            fixed: false,
            repeats: 1,
            first_seen: None,
            last_seen: None,
            in_latest: true,
        }
    }
}
