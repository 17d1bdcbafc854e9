//! Moving findings between statuses: what the table of moves allows, and what each move changes besides the status.
//!
//! [`step`] is the act of a person. [`perform`] is the move itself, for the rules too: imports, the end of a risk
//! acceptance, duplicates that follow their original.

use super::decide::set_due;
use super::pen::Pen;
use super::{open, open_for_work, seen_is, shown, touched};
use crate::api::finding::{Finding, MoveFinding};
use crate::api::problem::{Code, Problem};
use crate::domain::access::Audience;
use crate::domain::clock::{self, Start};
use crate::domain::id::{OccurrenceId, PlanId, RoundId, UserId};
use crate::domain::status::{
    Given, InconclusiveReason, Move, MoveError, RoundKind, Rule, Status, Step, Who, check_move, following,
};
use crate::domain::time::Time;
use crate::service::{Caller, Desk, Error, Note, Result, text};
use crate::store::finding::{Decisions, FindingRow};
use crate::store::history::NewEntry;
use crate::store::round::{NewRound, Verdict};
use crate::store::{self, Tx};

pub(super) const NOTES_MAX: usize = 20_000;

/// A move with all that comes with it.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub who: Who,
    /// The agency user, where it is one.
    pub by: Option<UserId>,
    pub to: Status,
    pub notes: String,
    pub kind: Option<RoundKind>,
    pub reason: Option<InconclusiveReason>,
    pub until: Option<Time>,
    /// The original, of a duplicate.
    pub of: Option<Box<FindingRow>>,
    pub basis: Option<String>,
    pub occurrences: Vec<(OccurrenceId, bool)>,
    pub now: Time,
}

impl Order {
    /// A move that a rule makes by itself.
    pub(crate) fn by_rule(rule: Rule, to: Status, notes: String, now: Time) -> Self {
        Self {
            who: Who::Rule(rule),
            by: None,
            to,
            notes,
            kind: None,
            reason: None,
            until: None,
            of: None,
            basis: None,
            occurrences: Vec::new(),
            now,
        }
    }
}

fn invalid(field: &str, detail: impl Into<String>) -> Error {
    Problem::new(Code::InvalidRequest, detail).field(field).into()
}

fn refused(from: Status, to: Status, error: MoveError) -> Error {
    match error {
        MoveError::NotAllowed { allowed } => {
            let words: Vec<&str> = allowed.iter().map(|s| s.name()).collect();
            let mut problem = Problem::new(
                Code::TransitionNotAllowed,
                format!(
                    "A finding that is {from} cannot become {to}. From here it can become: {}.",
                    words.join(", ")
                ),
            );
            problem.allowed = Some(allowed);
            problem.into()
        }
        MoveError::NotesRequired => Problem::new(
            Code::NotesRequired,
            format!("To become {to} a finding needs notes: say why."),
        )
        .field("notes")
        .into(),
        MoveError::Incomplete { field, message } => invalid(field, message),
    }
}

pub async fn step(desk: Desk, caller: Caller, request: MoveFinding) -> Result<Finding> {
    let seen = caller.seen_version()?;
    let notes = text::block("notes", &request.notes, NOTES_MAX)?;
    let basis = request
        .basis
        .as_deref()
        .map(|b| text::line("basis", b, 500))
        .transpose()?;
    let (now, user) = (desk.now(), caller.user);
    desk.act(&caller, "finding.move", move |tx, note| {
        Box::pin(async move {
            let row = open_for_work(tx, &request.finding).await?;
            seen_is(tx, &row, seen).await?;
            let of = match request.of.as_deref() {
                Some(wanted) => {
                    // A of B and B of A at the same moment: the second looks when the first is done.
                    store::project::hold_duplicates(tx, row.project.id).await?;
                    Some(Box::new(original(tx, &row, wanted).await?))
                }
                None => None,
            };
            let order = Order {
                who: Who::Agency,
                by: Some(user),
                to: request.to,
                notes,
                kind: request.kind,
                reason: request.reason,
                until: request.until,
                of,
                basis,
                occurrences: request.occurrences.iter().map(|v| (v.occurrence, v.fixed)).collect(),
                now,
            };
            note.words(format!("Moved {} to {}", row.key, spoken(request.to)));
            perform(tx, note, &row, order).await?;
            touched(note, &row);
            shown(tx, row.id).await
        })
    })
    .await
}

fn unknown_original() -> Error {
    // Another project's, another client's and a made-up key are told apart by nobody.
    invalid("of", "Name another finding of the same project.")
}

/// The finding that something would be a duplicate of: not itself one.
pub(super) async fn first(tx: &mut Tx, wanted: &str) -> Result<FindingRow> {
    let found = match open(tx, wanted).await {
        Ok(found) => found,
        Err(Error::Refused(_)) => return Err(unknown_original()),
        Err(error) => return Err(error),
    };
    match found.decided.duplicate_of {
        Some(first) => store::finding::find(tx, "", first.0)
            .await?
            .ok_or_else(unknown_original),
        None => Ok(found),
    }
}

/// Whether `row` may be a duplicate of `original`: another finding of the same project.
pub(super) fn may_repeat(row: &FindingRow, original: &FindingRow) -> Result<()> {
    if original.id == row.id || original.project.id != row.project.id {
        return Err(unknown_original());
    }
    Ok(())
}

async fn original(tx: &mut Tx, row: &FindingRow, wanted: &str) -> Result<FindingRow> {
    let found = first(tx, wanted).await?;
    may_repeat(row, &found)?;
    Ok(found)
}

/// Makes a move over the row's version: status, rounds, places, clocks, history, and the duplicates that follow.
pub(crate) async fn perform(tx: &mut Tx, note: &mut Note, row: &FindingRow, order: Order) -> Result<()> {
    let mut pen = Pen::new(order.now);
    let duplicates = store::finding::duplicates_of(tx, &[row.id]).await?;
    write(tx, &mut pen, row, &order, &duplicates).await?;
    pen.flush(tx, note).await
}

/// As [`perform`], for one of many: its duplicates are known, and the pen is flushed when all are through.
pub(crate) async fn write(
    tx: &mut Tx,
    pen: &mut Pen,
    row: &FindingRow,
    order: &Order,
    duplicates: &[FindingRow],
) -> Result<()> {
    make(tx, pen, row, order).await?;
    for duplicate in duplicates {
        follow(tx, pen, row, order, duplicate).await?;
    }
    Ok(())
}

async fn make(tx: &mut Tx, pen: &mut Pen, row: &FindingRow, order: &Order) -> Result<()> {
    let mut decided = pen.decided(row);
    let from = decided.status;
    let given = Given {
        notes: &order.notes,
        kind: order.kind,
        reason: order.reason,
        until: order.until,
        of: order.of.is_some(),
        now: order.now,
    };
    let found = check_move(from, order.to, order.who, &given).map_err(|e| refused(from, order.to, e))?;
    if !order.occurrences.is_empty() && order.to != Status::Partial {
        return Err(invalid(
            "occurrences",
            "Places differ only where the verdict is partial. Leave them out, or use partial.",
        ));
    }
    decided.status = order.to;
    decided.reopened = found.step == Step::Reopen;
    let round = rounds(tx, pen, row, from, order, found, &mut decided).await?;
    places(tx, pen, row, from, order, found, round, &mut decided).await?;
    match found.step {
        Step::Accept => {
            decided.accepted_until = order.until;
            if let Some(until) = order.until {
                pen.ends(row.id, until);
            }
        }
        Step::Dismiss if order.to == Status::Duplicate => {
            decided.duplicate_of = order.of.as_ref().map(|original| original.id);
        }
        Step::Reopen => {
            (decided.accepted_until, decided.duplicate_of) = (None, None);
            if decided.released_at.is_some() {
                let again = pen.due(tx, row, decided.severity, Start::Reopened, order.now).await?;
                set_due(&mut decided, again);
            }
        }
        _ => {}
    }
    pen.write(row, decided);
    let entry = NewEntry {
        user: order.by,
        rule: rule(order.who),
        act: "finding.move",
        from: Some(from),
        to: Some(order.to),
        notes: order.notes.clone(),
        round,
    };
    pen.tell(row.id, entry);
    Ok(())
}

/// A status as people say it.
pub(crate) fn spoken(status: Status) -> String {
    status.name().replace('_', " ")
}

fn rule(who: Who) -> Option<&'static str> {
    match who {
        Who::Rule(rule) => Some(rule.name()),
        _ => None,
    }
}

/// Opens, answers or drops a round, and sets the clocks that go with it.
async fn rounds(
    tx: &mut Tx,
    pen: &mut Pen,
    row: &FindingRow,
    from: Status,
    order: &Order,
    found: Move,
    decided: &mut Decisions,
) -> Result<Option<RoundId>> {
    let new = |kind, audience| NewRound {
        id: RoundId::fresh(),
        finding: row.id,
        kind,
        asked_by: order.by,
        notes: order.notes.clone(),
        audience,
    };
    let verdict = |verdict| Verdict {
        verdict,
        by: order.by,
        notes: order.notes.clone(),
        reason: order.reason.map(InconclusiveReason::name),
        basis: None,
    };
    match found.step {
        Step::Ask { retest_only } => {
            let kind = match order.kind {
                Some(kind) => kind,
                None if retest_only => RoundKind::Retest,
                None => RoundKind::Remediated,
            };
            let audience = match order.who {
                Who::PortalManager | Who::PortalAsker => Audience::Shared,
                _ => Audience::Internal,
            };
            let round = new(kind.name(), audience);
            let id = round.id;
            pen.ask(round, None);
            decided.verify_due_at = Some(pen.verification(tx, row).await?);
            Ok(Some(id))
        }
        Step::Prove => {
            drop_pending(tx, pen, row, from, order, decided).await?;
            let round = new("direct", Audience::Internal);
            let id = round.id;
            let basis = order.basis.clone().unwrap_or_else(|| "stated in the notes".to_owned());
            let proof = Verdict {
                basis: Some(basis),
                ..verdict(Status::VerifiedFixed.name())
            };
            pen.ask(round, Some(proof));
            Ok(Some(id))
        }
        Step::Verdict | Step::Withdraw => {
            decided.verify_due_at = None;
            let Some(pending) = pen.pending(tx, row.id).await? else {
                return Ok(None);
            };
            let word = match found.step {
                Step::Withdraw => "withdrawn",
                _ => order.to.name(),
            };
            pen.close(row.id, pending.id, verdict(word));
            if let Some(at) = decided.due_at.filter(|_| order.to.is_open()) {
                // The client's clock stood still; its days go on from where they stopped.
                let zone = pen.zone(tx).await?;
                set_due(decided, Some(clock::resumed(at, pending.asked_at, order.now, &zone)));
            }
            Ok(Some(pending.id))
        }
        _ => {
            drop_pending(tx, pen, row, from, order, decided).await?;
            Ok(None)
        }
    }
}

/// Ends the round that nobody will answer any more.
async fn drop_pending(
    tx: &mut Tx,
    pen: &mut Pen,
    row: &FindingRow,
    from: Status,
    order: &Order,
    decided: &mut Decisions,
) -> Result<()> {
    decided.verify_due_at = None;
    if from == Status::PendingVerification
        && let Some(pending) = pen.pending(tx, row.id).await?
    {
        let dropped = Verdict {
            verdict: order.to.name(),
            by: order.by,
            notes: order.notes.clone(),
            reason: None,
            basis: None,
        };
        pen.close(row.id, pending.id, dropped);
    }
    Ok(())
}

/// Carries a verdict to the places of the finding.
#[expect(clippy::too_many_arguments, reason = "one move, in two steps")]
async fn places(
    tx: &mut Tx,
    pen: &mut Pen,
    row: &FindingRow,
    from: Status,
    order: &Order,
    found: Move,
    round: Option<RoundId>,
    decided: &mut Decisions,
) -> Result<()> {
    let all = match (found.step, order.to) {
        (Step::Verdict | Step::Prove | Step::Follow, Status::VerifiedFixed) => Some(true),
        (Step::Verdict, Status::NotFixed) => Some(false),
        (Step::Reopen, _) if from == Status::VerifiedFixed => Some(false),
        _ => None,
    };
    if let Some(fixed) = all {
        pen.set_places(row.id, fixed);
        decided.occurrence_fixed = if fixed { row.occurrence_count } else { 0 };
    }
    if order.to == Status::Partial {
        let named: std::collections::HashSet<_> = order.occurrences.iter().map(|(id, _)| id).collect();
        if named.len() < order.occurrences.len() {
            return Err(invalid(
                "occurrences",
                "A place is named twice. Say once of each what it is.",
            ));
        }
        pen.keep_places(tx, &[(row.id, row.occurrence_count)]).await?;
        for (occurrence, fixed) in &order.occurrences {
            if !store::occurrence::set(tx, row.id, *occurrence, *fixed).await? {
                return Err(invalid(
                    "occurrences",
                    "The finding has no such place. List its places and choose among them.",
                ));
            }
        }
        let (all, fixed) = store::occurrence::count(tx, row.id).await?;
        if fixed == 0 || fixed == all {
            return Err(invalid(
                "occurrences",
                format!(
                    "Partial means that some places are fixed and some are not; here it would be {fixed} of {all}. Say which are."
                ),
            ));
        }
        decided.occurrence_fixed = fixed;
        if let Some(round) = round {
            store::occurrence::record(tx, round, &order.occurrences).await?;
        }
    }
    Ok(())
}

/// Takes a duplicate along with its original.
async fn follow(tx: &mut Tx, pen: &mut Pen, row: &FindingRow, order: &Order, duplicate: &FindingRow) -> Result<()> {
    let decided = pen.decided(duplicate);
    if let Some(new_original) = &order.of {
        // The original turned out to repeat another one: so does this.
        let decided = Decisions {
            duplicate_of: Some(new_original.id),
            ..decided
        };
        pen.write(duplicate, decided);
        return Ok(());
    }
    let to = following(order.to);
    if decided.status == to || decided.status.is_open() || decided.duplicate_of != Some(row.id) {
        return Ok(());
    }
    let notes = format!("{} became {}.", row.key, order.to);
    let order = Order::by_rule(Rule::FollowsOriginal, to, notes, order.now);
    make(tx, pen, duplicate, &order).await
}

/// What follows where an import opened findings again: the client gets its days anew, duplicates are duplicates again.
pub(crate) async fn after_reopening(tx: &mut Tx, note: &mut Note, plan: PlanId, now: Time) -> Result<()> {
    let mut pen = Pen::new(now);
    let rows = store::finding::reopened_by(tx, plan).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let duplicates = store::finding::duplicates_of(tx, &ids).await?;
    for row in &rows {
        if row.decided.released_at.is_some() {
            let mut decided = pen.decided(row);
            let again = pen.due(tx, row, decided.severity, Start::Reopened, now).await?;
            set_due(&mut decided, again);
            pen.write(row, decided);
        }
        let order = Order::by_rule(Rule::SeenAgain, Status::Open, String::new(), now);
        for duplicate in duplicates.iter().filter(|d| d.decided.duplicate_of == Some(row.id)) {
            follow(tx, &mut pen, row, &order, duplicate).await?;
        }
    }
    pen.flush(tx, note).await
}

/// Ends a risk acceptance whose date has come. Does nothing where somebody decided otherwise meanwhile.
pub(crate) async fn end_acceptance(tx: &mut Tx, note: &mut Note, finding: uuid::Uuid, now: Time) -> Result<bool> {
    let Some(row) = store::finding::find(tx, "", finding).await? else {
        return Ok(false);
    };
    let ended = row.decided.accepted_until.is_some_and(|until| until <= now);
    if row.decided.status != Status::RiskAccepted || !ended || row.decided.duplicate_of.is_some() {
        return Ok(false);
    }
    let notes = "The risk was accepted until today.".to_owned();
    perform(
        tx,
        note,
        &row,
        Order::by_rule(Rule::AcceptanceEnded, Status::Open, notes, now),
    )
    .await?;
    touched(note, &row);
    Ok(true)
}
