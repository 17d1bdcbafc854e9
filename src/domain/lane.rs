//! The lanes of the queue: a finding stands in the first that fits.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// In the order in which they are tried and shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Lane {
    /// Pending verification.
    Verify,
    /// The client wrote last.
    Reply,
    /// Not fixed, partial, inconclusive, reopened.
    Back,
    Overdue,
    /// Due within 72 hours.
    DueSoon,
    /// Not triaged.
    New,
    /// Not seen any more: confirm.
    Gone,
    /// Nobody is assigned.
    Unassigned,
    /// On the client.
    Waiting,
}

impl Lane {
    pub const ALL: [Self; 9] = [
        Self::Verify,
        Self::Reply,
        Self::Back,
        Self::Overdue,
        Self::DueSoon,
        Self::New,
        Self::Gone,
        Self::Unassigned,
        Self::Waiting,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Verify => "verify",
            Self::Reply => "reply",
            Self::Back => "back",
            Self::Overdue => "overdue",
            Self::DueSoon => "due_soon",
            Self::New => "new",
            Self::Gone => "gone",
            Self::Unassigned => "unassigned",
            Self::Waiting => "waiting",
        }
    }

    /// 0 for the first lane.
    #[must_use]
    pub fn rank(self) -> i64 {
        self as i64
    }
}

impl fmt::Display for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Lane {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|l| l.name() == text).ok_or(())
    }
}
