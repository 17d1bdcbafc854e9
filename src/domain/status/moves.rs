//! The table of moves as data, and what each of them needs.
//!
//! Services ask [`check_move`] and never decide on a status themselves. What a move changes besides the status (rounds,
//! places, clocks) is the service's work.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Status;
use crate::domain::time::Time;

/// Who wants to move a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// An agency user who may open the workspace.
    Agency,
    /// A portal manager of the client.
    PortalManager,
    /// The portal manager who asked for the round that is pending.
    PortalAsker,
    /// The system, by a rule.
    Rule(Rule),
}

/// The rules by which a status changes by itself. Their names stand in the history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// An import sees a finding again that was verified as fixed.
    SeenAgain,
    /// A risk acceptance came to its end.
    AcceptanceEnded,
    /// A duplicate follows its original.
    FollowsOriginal,
    /// The agency's saved rule closes what is not seen any more.
    AutoClose,
}

impl Rule {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SeenAgain => "rule:seen_again",
            Self::AcceptanceEnded => "rule:acceptance_ended",
            Self::FollowsOriginal => "rule:follows_original",
            Self::AutoClose => "rule:auto_close",
        }
    }
}

/// Why a round of proof is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RoundKind {
    /// Somebody says it is fixed.
    Remediated,
    /// Somebody wants it looked at again.
    Retest,
}

impl RoundKind {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Remediated => "remediated",
            Self::Retest => "retest",
        }
    }
}

/// Why a verification came to no verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InconclusiveReason {
    NotReachable,
    NoAccess,
    EnvironmentChanged,
    NotReproducible,
    Other,
}

impl InconclusiveReason {
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotReachable => "not_reachable",
            Self::NoAccess => "no_access",
            Self::EnvironmentChanged => "environment_changed",
            Self::NotReproducible => "not_reproducible",
            Self::Other => "other",
        }
    }
}

/// What a move is, beyond its two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Work begins.
    Start,
    /// A round is asked for; from `verified_fixed` only a retest.
    Ask { retest_only: bool },
    /// The pending round is withdrawn.
    Withdraw,
    /// The pending round gets its verdict.
    Verdict,
    /// Fixed and proven in one act, recorded as a round with its basis.
    Prove,
    /// Closed without a fix.
    Dismiss,
    /// Closed until a date.
    Accept,
    /// Back into work.
    Reopen,
    /// As the original went.
    Follow,
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    pub to: Status,
    pub needs_notes: bool,
    pub step: Step,
}

const fn plain(to: Status, step: Step) -> Move {
    Move {
        to,
        needs_notes: false,
        step,
    }
}

const fn noted(to: Status, step: Step) -> Move {
    Move {
        to,
        needs_notes: true,
        step,
    }
}

const START: Move = plain(Status::InProgress, Step::Start);
const ASK: Move = noted(Status::PendingVerification, Step::Ask { retest_only: false });
const RETEST: Move = noted(Status::PendingVerification, Step::Ask { retest_only: true });
const WITHDRAW: Move = plain(Status::InProgress, Step::Withdraw);
const PROVE: Move = noted(Status::VerifiedFixed, Step::Prove);
const FALSE_POSITIVE: Move = noted(Status::FalsePositive, Step::Dismiss);
const OUT_OF_SCOPE: Move = noted(Status::OutOfScope, Step::Dismiss);
const DUPLICATE: Move = plain(Status::Duplicate, Step::Dismiss);
const ACCEPT: Move = noted(Status::RiskAccepted, Step::Accept);
const REOPEN: Move = noted(Status::Open, Step::Reopen);

const FROM_OPEN: &[Move] = &[START, ASK, PROVE, FALSE_POSITIVE, OUT_OF_SCOPE, DUPLICATE, ACCEPT];
const FROM_IN_PROGRESS: &[Move] = &[ASK, PROVE, FALSE_POSITIVE, OUT_OF_SCOPE, DUPLICATE, ACCEPT];
const FROM_PENDING: &[Move] = &[
    plain(Status::VerifiedFixed, Step::Verdict),
    noted(Status::NotFixed, Step::Verdict),
    noted(Status::Partial, Step::Verdict),
    noted(Status::Inconclusive, Step::Verdict),
    WITHDRAW,
    FALSE_POSITIVE,
    OUT_OF_SCOPE,
    DUPLICATE,
    ACCEPT,
];
const FROM_FIXED: &[Move] = &[REOPEN, RETEST];
const FROM_CLOSED: &[Move] = &[REOPEN];
const BY_RULE_REOPEN: &[Move] = &[plain(Status::Open, Step::Reopen)];
const BY_RULE_CLOSE: &[Move] = &[plain(Status::VerifiedFixed, Step::Prove)];
const BY_ORIGINAL: &[Move] = &[
    plain(Status::VerifiedFixed, Step::Follow),
    plain(Status::FalsePositive, Step::Follow),
    plain(Status::OutOfScope, Step::Follow),
    plain(Status::RiskAccepted, Step::Follow),
    plain(Status::Duplicate, Step::Follow),
];

/// The moves out of a status that are open to somebody, in the order in which they are offered.
#[must_use]
pub fn legal_moves(from: Status, who: Who) -> &'static [Move] {
    use Status::{InProgress, Inconclusive, NotFixed, Open, Partial, PendingVerification, RiskAccepted, VerifiedFixed};
    match (who, from) {
        (Who::Agency, Open | NotFixed | Partial | Inconclusive) => FROM_OPEN,
        (Who::Agency, InProgress) => FROM_IN_PROGRESS,
        (Who::Agency, PendingVerification) => FROM_PENDING,
        (Who::Agency, VerifiedFixed) => FROM_FIXED,
        (Who::Agency, _) => FROM_CLOSED,

        (Who::PortalManager | Who::PortalAsker, Open | InProgress | NotFixed | Partial | Inconclusive) => &[ASK],
        (Who::PortalManager | Who::PortalAsker, VerifiedFixed) => &[RETEST],
        (Who::PortalAsker, PendingVerification) => &[WITHDRAW],
        (Who::PortalManager | Who::PortalAsker, _) => &[],

        (Who::Rule(Rule::SeenAgain), VerifiedFixed) => BY_RULE_REOPEN,
        (Who::Rule(Rule::AcceptanceEnded), RiskAccepted) => BY_RULE_REOPEN,
        (Who::Rule(Rule::AutoClose), status) if status.is_open() => BY_RULE_CLOSE,
        (Who::Rule(Rule::FollowsOriginal), status) if !status.is_open() => BY_ORIGINAL,
        (Who::Rule(_), _) => &[],
    }
}

/// What comes with a move.
#[derive(Debug, Clone, Copy, Default)]
pub struct Given<'a> {
    pub notes: &'a str,
    /// For a step that asks: [`RoundKind::Remediated`] where absent, a retest where nothing else is possible.
    pub kind: Option<RoundKind>,
    pub reason: Option<InconclusiveReason>,
    pub until: Option<Time>,
    /// Whether another finding was named as the original.
    pub of: bool,
    pub now: Time,
}

/// Why a move is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MoveError {
    /// There is no such move; these there are.
    NotAllowed {
        allowed: Vec<Status>,
    },
    NotesRequired,
    /// A field of the request is missing or wrong.
    Incomplete {
        field: &'static str,
        message: &'static str,
    },
}

/// Whether a move is legal and complete. Notes of blanks are no notes.
///
/// # Errors
/// Where the table has no such move, or something it needs is missing.
pub fn check_move(from: Status, to: Status, who: Who, given: &Given<'_>) -> Result<Move, MoveError> {
    let moves = legal_moves(from, who);
    let Some(found) = moves.iter().find(|m| m.to == to).copied() else {
        return Err(MoveError::NotAllowed {
            allowed: moves.iter().map(|m| m.to).collect(),
        });
    };
    let incomplete = |field, message| Err(MoveError::Incomplete { field, message });
    if found.needs_notes && given.notes.trim().is_empty() {
        return Err(MoveError::NotesRequired);
    }
    match (found.step, to) {
        (Step::Ask { retest_only: true }, _) if given.kind == Some(RoundKind::Remediated) => incomplete(
            "kind",
            "A finding that is verified as fixed can only be retested. Use `retest`.",
        ),
        (Step::Verdict, Status::Inconclusive) if given.reason.is_none() => {
            incomplete("reason", "Say why there is no verdict: choose a reason from the list.")
        }
        (Step::Accept, _) => match given.until {
            None => incomplete("until", "A risk is accepted until a date, never for ever. Give one."),
            Some(until) if until <= given.now => incomplete("until", "That date has passed. Give one in the future."),
            Some(until) if until > given.now.plus_days(ACCEPTED_DAYS_MAX) => incomplete(
                "until",
                "A risk is accepted for five years at most. Give an earlier date.",
            ),
            Some(_) => Ok(found),
        },
        (Step::Dismiss, Status::Duplicate) if !given.of => {
            incomplete("of", "Name the finding of the same project that this one repeats.")
        }
        _ => Ok(found),
    }
}

/// The longest risk acceptance. Longer is for ever by another name.
pub const ACCEPTED_DAYS_MAX: i64 = 5 * 366;

/// What becomes of a duplicate when its original moves: it closes with it, and is a duplicate again when that reopens.
#[must_use]
pub fn following(original: Status) -> Status {
    if original.is_open() {
        Status::Duplicate
    } else {
        original
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The product's table, written out a second time: rows from, columns to, in the order of [`Status::ALL`].
    /// `.` no move, `x` a move, `n` a move with notes.
    const AGENCY: [&str; 11] = [
        // o i p n p i v f s d r
        ". x n . . . n n n x n", // open
        ". . n . . . n n n x n", // in_progress
        ". x . n n n x n n x n", // pending_verification
        ". x n . . . n n n x n", // not_fixed
        ". x n . . . n n n x n", // partial
        ". x n . . . n n n x n", // inconclusive
        "n . n . . . . . . . .", // verified_fixed
        "n . . . . . . . . . .", // false_positive
        "n . . . . . . . . . .", // out_of_scope
        "n . . . . . . . . . .", // duplicate
        "n . . . . . . . . . .", // risk_accepted
    ];

    const PORTAL_MANAGER: [&str; 11] = [
        ". . n . . . . . . . .",
        ". . n . . . . . . . .",
        ". . . . . . . . . . .",
        ". . n . . . . . . . .",
        ". . n . . . . . . . .",
        ". . n . . . . . . . .",
        ". . n . . . . . . . .",
        ". . . . . . . . . . .",
        ". . . . . . . . . . .",
        ". . . . . . . . . . .",
        ". . . . . . . . . . .",
    ];

    fn complete() -> Given<'static> {
        Given {
            notes: "because",
            kind: None,
            reason: Some(InconclusiveReason::NoAccess),
            until: Some(Time(2)),
            of: true,
            now: Time(1),
        }
    }

    #[test]
    fn the_table_is_the_products_table() {
        let mut checked = 0;
        for (who, table) in [(Who::Agency, AGENCY), (Who::PortalManager, PORTAL_MANAGER)] {
            for (from, row) in Status::ALL.into_iter().zip(table) {
                for (to, cell) in Status::ALL.into_iter().zip(row.split(' ')) {
                    let full = check_move(from, to, who, &complete());
                    let mute = check_move(
                        from,
                        to,
                        who,
                        &Given {
                            notes: " \n",
                            ..complete()
                        },
                    );
                    match cell {
                        "." => assert!(matches!(full, Err(MoveError::NotAllowed { .. })), "{who:?} {from} {to}"),
                        "x" => assert!(full.is_ok() && mute.is_ok(), "{who:?} {from} {to}"),
                        _ => {
                            assert!(full.is_ok(), "{who:?} {from} {to}: {full:?}");
                            assert_eq!(mute, Err(MoveError::NotesRequired), "{who:?} {from} {to}");
                        }
                    }
                    checked += 1;
                }
            }
        }
        assert_eq!(checked, 2 * 11 * 11);
    }

    #[test]
    fn rules_make_only_their_own_moves() {
        let moves = |rule| {
            let mut found = Vec::new();
            for from in Status::ALL {
                found.extend(legal_moves(from, Who::Rule(rule)).iter().map(|m| (from, m.to)));
            }
            found
        };
        assert_eq!(moves(Rule::SeenAgain), [(Status::VerifiedFixed, Status::Open)]);
        assert_eq!(moves(Rule::AcceptanceEnded), [(Status::RiskAccepted, Status::Open)]);
        assert_eq!(moves(Rule::AutoClose).len(), 6);
        assert!(
            moves(Rule::AutoClose)
                .iter()
                .all(|(from, to)| from.is_open() && *to == Status::VerifiedFixed)
        );
        assert!(
            moves(Rule::FollowsOriginal)
                .iter()
                .all(|(from, to)| !from.is_open() && !to.is_open())
        );
    }

    #[test]
    fn only_the_asker_may_withdraw_in_the_portal() {
        let withdraw = |who| check_move(Status::PendingVerification, Status::InProgress, who, &Given::default());
        assert!(withdraw(Who::PortalAsker).is_ok());
        assert!(withdraw(Who::Agency).is_ok());
        assert!(withdraw(Who::PortalManager).is_err());
    }

    #[test]
    fn what_a_move_needs_is_asked_for() {
        let refused = |from, to, given: Given<'_>| match check_move(from, to, Who::Agency, &given) {
            Err(MoveError::Incomplete { field, .. }) => field,
            other => panic!("{from} {to}: {other:?}"),
        };
        let given = complete();
        let (open, pending, accepted) = (Status::Open, Status::PendingVerification, Status::RiskAccepted);
        assert_eq!(refused(open, accepted, Given { until: None, ..given }), "until");
        let past = Some(Time(1));
        assert_eq!(refused(open, accepted, Given { until: past, ..given }), "until");
        let for_ever = Some(Time(1).plus_days(ACCEPTED_DAYS_MAX + 1));
        assert_eq!(
            refused(
                open,
                accepted,
                Given {
                    until: for_ever,
                    ..given
                }
            ),
            "until"
        );
        assert_eq!(refused(open, Status::Duplicate, Given { of: false, ..given }), "of");
        assert_eq!(
            refused(pending, Status::Inconclusive, Given { reason: None, ..given }),
            "reason"
        );
        let kind = Some(RoundKind::Remediated);
        assert_eq!(refused(Status::VerifiedFixed, pending, Given { kind, ..given }), "kind");
    }

    #[test]
    fn a_duplicate_follows() {
        for status in Status::ALL {
            let expected = if status.is_open() { Status::Duplicate } else { status };
            assert_eq!(following(status), expected);
        }
    }
}
