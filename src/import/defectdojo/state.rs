//! Where a finding of DefectDojo stands: its flags, and what becomes of them here.

use crate::domain::kept::{Kept, KeptPlace};
use crate::domain::status::Status;
use crate::domain::time::Time;
use crate::import::Out;

/// Flags and times as an export says them.
#[derive(Debug, Default)]
pub struct State {
    pub inactive: bool,
    pub verified: bool,
    pub under_review: bool,
    pub false_positive: bool,
    pub out_of_scope: bool,
    pub accepted: bool,
    pub accepted_until: Option<Time>,
    pub mitigated: bool,
    pub duplicate: bool,
    pub found: Option<Time>,
    pub reviewed: Option<Time>,
    /// When its status last changed.
    pub changed: Option<Time>,
    /// How often its scanner saw it at this place.
    pub times: Option<i64>,
}

/// What is set on a finding that is new here.
#[derive(Debug)]
pub struct Decided {
    pub kept: Kept,
    pub suppressed: bool,
}

impl State {
    /// None where the finding is not taken over: that is counted.
    pub fn decided(&self, out: &mut Out<'_>) -> Option<Decided> {
        let left = if self.mitigated {
            "mitigated findings"
        } else if self.duplicate {
            "duplicates of other findings"
        } else {
            ""
        };
        if !left.is_empty() {
            out.summary.leave_out(left);
            return None;
        }
        let mut lost = "";
        let status = if self.false_positive {
            Some(Status::FalsePositive)
        } else if self.out_of_scope {
            Some(Status::OutOfScope)
        } else if self.accepted {
            if self.accepted_until.is_none() {
                lost = "decisions: risk accepted without an end comes back as open";
            }
            self.accepted_until.map(|_| Status::RiskAccepted)
        } else {
            if self.inactive {
                lost = "decisions: inactive without a reason comes back as open";
            }
            None
        };
        if !lost.is_empty() {
            out.summary.leave_out(lost);
        }
        let kept = Kept {
            status,
            triaged_at: self.reviewed.or_else(|| status.and(self.changed.or(self.found))),
            accepted_until: self.accepted_until.filter(|_| status == Some(Status::RiskAccepted)),
            first_seen: self.found,
            in_latest: true,
            place: KeptPlace {
                repeats: self.times.unwrap_or(1).max(1),
                ..KeptPlace::default()
            },
            ..Kept::default()
        };
        Some(Decided {
            kept,
            suppressed: status.is_some() || !lost.is_empty(),
        })
    }
}
