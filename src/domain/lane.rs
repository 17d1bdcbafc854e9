//! The queue: the lanes, the two clocks, and the order in which work is taken.
//!
//! A finding stands in the first lane that fits. The rule is here once, as a function, and once in `store/queue.rs` as
//! SQL; a test there compares the two over generated findings. In SQL's words, with `now` given:
//!
//! | lane | predicate |
//! |---|---|
//! | verify | `status = 'pending_verification'` |
//! | reply | `client_wrote_last` (or a mention of the asker that is unread), whatever the status |
//! | – | closed kinds need no other act: no lane |
//! | back | `status IN ('not_fixed', 'partial', 'inconclusive') OR reopened` |
//! | overdue | `due_at <= now` |
//! | due soon | `due_at <= now + 72 h` |
//! | new | `triaged_at IS NULL` |
//! | gone | `NOT seen_in_latest` |
//! | unassigned | `assignee_id IS NULL` |
//! | waiting | `released_at IS NOT NULL` |
//!
//! What is triaged, seen, assigned and not yet released waits for nobody and is in no lane.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::severity::Severity;
use super::status::Status;
use super::time::Time;

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

/// How far ahead a due date is "soon": 72 hours.
pub const SOON_MS: i64 = 72 * 3_600_000;

/// How long a finding is held by whoever took it, from the last renewal.
pub const LEASE_MS: i64 = 30 * 60_000;

/// What decides where a finding stands.
#[derive(Debug, Clone, Copy)]
pub struct LaneFacts {
    pub status: Status,
    /// The client wrote last, or the asker is mentioned and has not read it.
    pub needs_reply: bool,
    pub reopened: bool,
    pub due_at: Option<Time>,
    pub verify_due_at: Option<Time>,
    pub triaged: bool,
    pub seen_in_latest: bool,
    pub assigned: bool,
    pub released: bool,
}

/// The lane a finding stands in now; none where it needs no act.
#[must_use]
pub fn lane(facts: &LaneFacts, now: Time) -> Option<Lane> {
    let due_within = |ms| facts.due_at.is_some_and(|due| due <= now.plus_ms(ms));
    let back = matches!(facts.status, Status::NotFixed | Status::Partial | Status::Inconclusive) || facts.reopened;
    Some(match facts {
        f if f.status == Status::PendingVerification => Lane::Verify,
        f if f.needs_reply => Lane::Reply,
        f if !f.status.is_open() => return None,
        _ if back => Lane::Back,
        _ if due_within(0) => Lane::Overdue,
        _ if due_within(SOON_MS) => Lane::DueSoon,
        f if !f.triaged => Lane::New,
        f if !f.seen_in_latest => Lane::Gone,
        f if !f.assigned => Lane::Unassigned,
        f if f.released => Lane::Waiting,
        _ => return None,
    })
}

/// Whose clock runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClockKind {
    /// The client's.
    Remediation,
    /// The agency's.
    Verification,
}

impl fmt::Display for ClockKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Remediation => "remediation",
            Self::Verification => "verification",
        })
    }
}

/// The one clock that runs, and when it ends: the agency's while a verdict is waited for, else the client's while the
/// finding is open. Never both.
#[must_use]
pub fn clock(facts: &LaneFacts) -> Option<(ClockKind, Time)> {
    match facts.status {
        Status::PendingVerification => facts.verify_due_at.map(|due| (ClockKind::Verification, due)),
        status if status.is_open() => facts.due_at.map(|due| (ClockKind::Remediation, due)),
        _ => None,
    }
}

/// What `next` compares, smallest first: the most breached or nearest clock, then the worse severity. Without a clock
/// comes last. Findings in [`Lane::Waiting`] or held by another are not offered at all.
#[must_use]
pub fn urgency(facts: &LaneFacts, severity: Severity) -> (bool, i64, i64) {
    let due = clock(facts).map(|(_, due)| due.0);
    (due.is_none(), due.unwrap_or(0), -severity.rank())
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

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const NOW: Time = Time(1_000_000_000_000);

    /// Open, triaged, seen, assigned, unreleased: in no lane.
    fn calm() -> LaneFacts {
        LaneFacts {
            status: Status::Open,
            needs_reply: false,
            reopened: false,
            due_at: None,
            verify_due_at: None,
            triaged: true,
            seen_in_latest: true,
            assigned: true,
            released: false,
        }
    }

    #[rstest]
    #[case(calm(), None)]
    #[case(LaneFacts { released: true, ..calm() }, Some(Lane::Waiting))]
    #[case(LaneFacts { assigned: false, released: true, ..calm() }, Some(Lane::Unassigned))]
    #[case(LaneFacts { seen_in_latest: false, assigned: false, ..calm() }, Some(Lane::Gone))]
    #[case(LaneFacts { triaged: false, seen_in_latest: false, ..calm() }, Some(Lane::New))]
    #[case(LaneFacts { due_at: Some(NOW.plus_ms(SOON_MS + 1)), ..calm() }, None)]
    #[case(LaneFacts { due_at: Some(NOW.plus_ms(SOON_MS)), triaged: false, ..calm() }, Some(Lane::DueSoon))]
    #[case(LaneFacts { due_at: Some(NOW.plus_ms(1)), ..calm() }, Some(Lane::DueSoon))]
    #[case(LaneFacts { due_at: Some(NOW), ..calm() }, Some(Lane::Overdue))]
    #[case(LaneFacts { reopened: true, due_at: Some(NOW), ..calm() }, Some(Lane::Back))]
    #[case(LaneFacts { status: Status::Partial, ..calm() }, Some(Lane::Back))]
    #[case(LaneFacts { status: Status::NotFixed, needs_reply: true, ..calm() }, Some(Lane::Reply))]
    #[case(LaneFacts { status: Status::PendingVerification, needs_reply: true, ..calm() }, Some(Lane::Verify))]
    #[case(LaneFacts { status: Status::VerifiedFixed, reopened: true, triaged: false, ..calm() }, None)]
    #[case(LaneFacts { status: Status::RiskAccepted, needs_reply: true, ..calm() }, Some(Lane::Reply))]
    #[case(LaneFacts { status: Status::InProgress, due_at: Some(NOW), ..calm() }, Some(Lane::Overdue))]
    fn the_first_lane_that_fits(#[case] facts: LaneFacts, #[case] expected: Option<Lane>) {
        assert_eq!(lane(&facts, NOW), expected);
    }

    #[test]
    fn a_closed_finding_is_in_no_lane_unless_the_client_asks() {
        for status in Status::ALL.into_iter().filter(|s| !s.is_open()) {
            let facts = LaneFacts {
                status,
                triaged: false,
                seen_in_latest: false,
                due_at: Some(NOW),
                ..calm()
            };
            assert_eq!(lane(&facts, NOW), None);
            assert_eq!(
                lane(
                    &LaneFacts {
                        needs_reply: true,
                        ..facts
                    },
                    NOW
                ),
                Some(Lane::Reply)
            );
        }
    }

    #[test]
    fn the_clocks_are_never_mixed() {
        let both = LaneFacts {
            due_at: Some(Time(1)),
            verify_due_at: Some(Time(2)),
            ..calm()
        };
        assert_eq!(clock(&both), Some((ClockKind::Remediation, Time(1))));
        let pending = LaneFacts {
            status: Status::PendingVerification,
            ..both
        };
        assert_eq!(clock(&pending), Some((ClockKind::Verification, Time(2))));
        assert_eq!(
            clock(&LaneFacts {
                verify_due_at: None,
                ..pending
            }),
            None
        );
        assert_eq!(
            clock(&LaneFacts {
                status: Status::VerifiedFixed,
                ..both
            }),
            None
        );
    }

    #[test]
    fn the_most_breached_clock_comes_first_then_severity() {
        let due = |at| LaneFacts {
            due_at: Some(Time(at)),
            ..calm()
        };
        let mut order = [
            urgency(&calm(), Severity::Critical),
            urgency(&due(9), Severity::Low),
            urgency(&due(-5), Severity::Info),
            urgency(&due(9), Severity::High),
            urgency(&calm(), Severity::Info),
        ];
        order.sort_unstable();
        assert_eq!(
            order,
            [
                urgency(&due(-5), Severity::Info),
                urgency(&due(9), Severity::High),
                urgency(&due(9), Severity::Low),
                urgency(&calm(), Severity::Critical),
                urgency(&calm(), Severity::Info),
            ]
        );
    }
}
