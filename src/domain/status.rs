//! The life of a finding: its statuses and which moves between them are legal.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod moves;

pub use moves::{
    ACCEPTED_DAYS_MAX, Given, InconclusiveReason, Move, MoveError, RoundKind, Rule, Step, Who, check_move, following,
    legal_moves,
};

/// Where a finding stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Open,
    InProgress,
    PendingVerification,
    NotFixed,
    Partial,
    Inconclusive,
    VerifiedFixed,
    FalsePositive,
    OutOfScope,
    Duplicate,
    RiskAccepted,
}

impl Status {
    pub const ALL: [Self; 11] = [
        Self::Open,
        Self::InProgress,
        Self::PendingVerification,
        Self::NotFixed,
        Self::Partial,
        Self::Inconclusive,
        Self::VerifiedFixed,
        Self::FalsePositive,
        Self::OutOfScope,
        Self::Duplicate,
        Self::RiskAccepted,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InProgress => "in_progress",
            Self::PendingVerification => "pending_verification",
            Self::NotFixed => "not_fixed",
            Self::Partial => "partial",
            Self::Inconclusive => "inconclusive",
            Self::VerifiedFixed => "verified_fixed",
            Self::FalsePositive => "false_positive",
            Self::OutOfScope => "out_of_scope",
            Self::Duplicate => "duplicate",
            Self::RiskAccepted => "risk_accepted",
        }
    }

    /// Open kinds still ask for work; closed kinds do not.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(
            self,
            Self::Open
                | Self::InProgress
                | Self::PendingVerification
                | Self::NotFixed
                | Self::Partial
                | Self::Inconclusive
        )
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Status {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|s| s.name() == text).ok_or(())
    }
}
