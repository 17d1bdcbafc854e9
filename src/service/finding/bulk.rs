//! One change to many findings: worked out for each as the single act would, then written together or not at all.

use std::collections::{BTreeMap, HashMap};

use sha2::{Digest as _, Sha256};

use super::decide::{By, Decision, decide, words};
use super::pen::Pen;
use super::place::{self, Target};
use super::tags::Tags;
use super::transition::{self, Order, spoken};
use super::{filter, parse};
use crate::api::Ref;
use crate::api::bulk::{BulkChange, BulkClient, BulkFindings, BulkMove, BulkOutcome, BulkReason, FINDINGS_MAX};
use crate::api::event::Topic;
use crate::api::problem::{Code, Problem};
use crate::domain::id::FindingId;
use crate::domain::status::{Status, Who};
use crate::domain::time::Time;
use crate::service::client::not_archived;
use crate::service::{Caller, Desk, Error, Note, Result, text};
use crate::store::finding::FindingRow;
use crate::store::{self, Tx};

mod named;
mod shown;

use named::{Named, named};
use shown::{refuse_all, same_as_shown};

/// How many examples stand beside each reason.
const EXAMPLES: usize = 5;

fn invalid(field: &str, detail: impl Into<String>) -> Error {
    Problem::new(Code::InvalidRequest, detail).field(field).into()
}

pub async fn change(desk: Desk, caller: Caller, request: BulkFindings) -> Result<BulkOutcome> {
    let request = checked(request)?;
    let (now, by) = (desk.now(), By::from(&caller));
    if request.dry_run {
        return desk
            .read(&caller, |tx| {
                Box::pin(async move { Ok(work(tx, &request, &by, now).await?.outcome) })
            })
            .await;
    }
    desk.act(&caller, "finding.bulk", move |tx, note| {
        Box::pin(async move {
            if let BulkChange::Move(BulkMove { of: Some(of), .. }) = &request.change {
                // A of B and B of A at the same moment: the second looks when the first is done.
                let original = super::open(tx, of).await?;
                store::project::hold_duplicates(tx, original.project.id).await?;
            }
            if let BulkChange::Place(to) = &request.change {
                let Named { rows, .. } = rows(tx, &request, &by, now).await?;
                place::hold(tx, &to.project, &rows).await?;
            }
            let worked = work(tx, &request, &by, now).await?;
            same_as_shown(tx, &request, &worked).await?;
            refuse_all(&worked)?;
            let Worked {
                pen,
                changed,
                mut outcome,
                target,
                ..
            } = worked;
            outcome.applied = true;
            if changed.is_empty() {
                return Ok(outcome);
            }
            match &target {
                Some(target) => target.told(note, &changed),
                None => told(note, &request.change, &changed),
            }
            pen.flush(tx, note).await?;
            if let Some(target) = target {
                target.leave(tx, note).await?;
            }
            outcome.act = Some(note.id());
            Ok(outcome)
        })
    })
    .await
}

/// The request with its texts tidied, if it says which findings it is about.
fn checked(mut request: BulkFindings) -> Result<BulkFindings> {
    match (&request.q, request.findings.len()) {
        (None, 0) => return Err(invalid("findings", "Name findings, or give a query.")),
        (Some(_), 1..) => return Err(invalid("q", "Name findings, or give a query: not both.")),
        (None, n) if n > FINDINGS_MAX => return Err(too_many()),
        (Some(q), _) if parse(Some(q))?.is_empty() => {
            return Err(invalid(
                "q",
                "An empty query is every finding there is. Narrow it down.",
            ));
        }
        _ => {}
    }
    match &mut request.change {
        BulkChange::Move(to) => {
            to.notes = text::block("notes", &to.notes, transition::NOTES_MAX)?;
            if let Some(basis) = &to.basis {
                to.basis = Some(text::line("basis", basis, 500)?);
            }
            if to.to == Status::Partial {
                return Err(invalid(
                    "to",
                    "Partial says which places of a finding are fixed: move one finding at a time.",
                ));
            }
        }
        BulkChange::Edit(edit) => {
            let tags = Tags::read(&edit.add_tags, &edit.remove_tags)?;
            if edit.severity.is_none() && edit.assignee.is_none() && edit.due_at.is_none() && tags.is_empty() {
                return Err(invalid(
                    "change",
                    "Say what to set: severity, assignee, due date or tags.",
                ));
            }
            (edit.add_tags, edit.remove_tags) = (tags.add, tags.remove);
        }
        _ => {}
    }
    Ok(request)
}

fn too_many() -> Error {
    let mut problem = Problem::new(
        Code::InvalidRequest,
        format!("One act changes at most {FINDINGS_MAX} findings. Narrow it down, and do it in parts."),
    );
    problem.limit = Some(FINDINGS_MAX as i64);
    problem.into()
}

/// What a change would do, and the pen that would do it.
struct Worked {
    rows: Vec<FindingRow>,
    /// Which of them each name of the request means.
    named: HashMap<String, FindingId>,
    pen: Pen,
    /// Keys and projects of the findings that change.
    changed: Vec<FindingRow>,
    refused: Vec<(String, Problem)>,
    outcome: BulkOutcome,
    /// Where they go, of a change of project.
    target: Option<Target>,
}

/// What the request is about.
async fn rows(tx: &mut Tx, request: &BulkFindings, by: &By, now: Time) -> Result<Named> {
    let Some(q) = &request.q else {
        return named(tx, &request.findings).await;
    };
    let filter = filter(tx, &parse(Some(q))?, by.user, now).await?;
    let rows = store::finding::matching(tx, &filter, FINDINGS_MAX + 1).await?;
    if rows.len() > FINDINGS_MAX {
        return Err(too_many());
    }
    Ok(Named {
        rows,
        ..Named::default()
    })
}

async fn work(tx: &mut Tx, request: &BulkFindings, by: &By, now: Time) -> Result<Worked> {
    let Named { rows, of, led } = rows(tx, request, by, now).await?;
    let mut pen = Pen::new(now);
    let (mut changed, mut refused, mut already) = (Vec::new(), Vec::new(), 0);
    let order = match &request.change {
        BulkChange::Move(to) => Some(order(tx, to, by, now).await?),
        _ => None,
    };
    let mut target = match &request.change {
        BulkChange::Place(to) => Some(Target::of(tx, &to.project, &rows, by.user).await?),
        _ => None,
    };
    let mut duplicates: HashMap<FindingId, Vec<FindingRow>> = HashMap::new();
    if order.is_some() {
        pen.prepare(tx, &rows).await?;
        let ids: Vec<FindingId> = rows.iter().map(|r| r.id).collect();
        for duplicate in store::finding::duplicates_of(tx, &ids).await? {
            if let Some(of) = duplicate.decided.duplicate_of {
                duplicates.entry(of).or_default().push(duplicate);
            }
        }
    }
    for row in &rows {
        let done = match (&order, &mut target) {
            (Some(order), _) => moved(tx, &mut pen, row, order, duplicates.get(&row.id)).await,
            (None, Some(target)) => target.place(tx, &mut pen, row).await,
            (None, None) => decided(tx, &mut pen, row, &request.change, by).await,
        };
        match done {
            Ok(true) => changed.push(row.clone()),
            Ok(false) => already += 1,
            Err(Error::Refused(problem)) => refused.push((row.key.clone(), *problem)),
            Err(error) => return Err(error),
        }
    }
    let outcome = BulkOutcome {
        applied: false,
        act: None,
        digest: digest(&request.change, &rows, now)?,
        count: rows.len() as i64,
        changed: changed.len() as i64,
        already,
        refused: refused.len() as i64,
        reasons: reasons(&refused),
        clients: clients(&changed),
        losses: match &mut target {
            Some(target) => Some(target.losses(tx).await?),
            None => None,
        },
        led,
    };
    Ok(Worked {
        rows,
        named: of,
        pen,
        changed,
        refused,
        outcome,
        target,
    })
}

async fn order(tx: &mut Tx, to: &BulkMove, by: &By, now: Time) -> Result<Order> {
    let of = match &to.of {
        Some(wanted) => Some(Box::new(transition::first(tx, wanted).await?)),
        None => None,
    };
    Ok(Order {
        who: Who::Agency,
        by: Some(by.user),
        to: to.to,
        notes: to.notes.clone(),
        kind: to.kind,
        reason: to.reason,
        until: to.until,
        of,
        basis: to.basis.clone(),
        occurrences: Vec::new(),
        now,
    })
}

fn open_for_work(row: &FindingRow) -> Result<()> {
    row.client.as_ref().map_or(Ok(()), |owner| not_archived(owner.state))
}

/// `false`: it is there already.
async fn moved(
    tx: &mut Tx,
    pen: &mut Pen,
    row: &FindingRow,
    order: &Order,
    duplicates: Option<&Vec<FindingRow>>,
) -> Result<bool> {
    open_for_work(row)?;
    let of = order.of.as_ref().map(|o| o.id);
    let same = order.to != Status::Duplicate || of.is_none() || row.decided.duplicate_of == of;
    if row.decided.status == order.to && same {
        return Ok(false);
    }
    if let Some(original) = &order.of {
        transition::may_repeat(row, original)?;
    }
    let duplicates = duplicates.map_or(&[][..], Vec::as_slice);
    transition::write(tx, pen, row, order, duplicates).await?;
    Ok(true)
}

async fn decided(tx: &mut Tx, pen: &mut Pen, row: &FindingRow, change: &BulkChange, by: &By) -> Result<bool> {
    open_for_work(row)?;
    let what = decision(change);
    let (decided, entry) = decide(tx, pen, row, &what, by).await?;
    let was = &row.decided;
    let same = match change {
        BulkChange::Triage(mark) => was.triaged_at.is_some() != mark.undo,
        BulkChange::Edit(_) => {
            // Who set a due date to the day it had already sets nothing.
            (
                decided.severity,
                decided.own_severity,
                decided.assignee,
                decided.due_at,
                &decided.own_tags,
            ) == (was.severity, was.own_severity, was.assignee, was.due_at, &was.own_tags)
        }
        _ => decided == *was,
    };
    if !same {
        pen.write(row, decided);
        pen.tell(row.id, entry);
    }
    Ok(!same)
}

fn decision(change: &BulkChange) -> Decision {
    match change {
        BulkChange::Edit(edit) => Decision::Edit {
            severity: edit.severity,
            assignee: edit.assignee.clone(),
            due_at: edit.due_at,
            cvss: None,
            // Tidied where the request was checked.
            tags: Tags {
                add: edit.add_tags.clone(),
                remove: edit.remove_tags.clone(),
            },
        },
        BulkChange::Release(mark) => Decision::Release { undo: mark.undo },
        BulkChange::Triage(mark) => Decision::Triage { undo: mark.undo },
        // Neither is decided here.
        BulkChange::Move(_) | BulkChange::Place(_) => Decision::Triage { undo: false },
    }
}

/// `count-time-hash`: the hash binds findings, versions and change; the rest is for saying what moved.
fn digest(change: &BulkChange, rows: &[FindingRow], now: Time) -> Result<String> {
    let mut hash = Sha256::new();
    let text = serde_json::to_string(change).map_err(|e| Error::Failed(e.to_string()))?;
    hash.update(text.as_bytes());
    for row in rows {
        hash.update(row.id.0.as_bytes());
        hash.update(row.version.to_le_bytes());
    }
    let hash: [u8; 32] = hash.finalize().into();
    let hash = uuid::Uuid::from_slice(&hash[..16]).unwrap_or_default().simple();
    Ok(format!("{}-{}-{hash}", rows.len(), now.0))
}

fn reasons(refused: &[(String, Problem)]) -> Vec<BulkReason> {
    let mut out: Vec<BulkReason> = Vec::new();
    for (key, problem) in refused {
        let known = out
            .iter_mut()
            .find(|r| r.code == problem.code && r.detail == problem.detail);
        match known {
            Some(reason) => {
                reason.count += 1;
                if reason.examples.len() < EXAMPLES {
                    reason.examples.push(key.clone());
                }
            }
            None => out.push(BulkReason {
                code: problem.code,
                detail: problem.detail.clone(),
                count: 1,
                examples: vec![key.clone()],
            }),
        }
    }
    out
}

fn clients(changed: &[FindingRow]) -> Vec<BulkClient> {
    let mut out: BTreeMap<Option<(String, uuid::Uuid, String)>, i64> = BTreeMap::new();
    for row in changed {
        let client = row.client.as_ref().map(|c| (c.name.clone(), c.id.0, c.key.clone()));
        *out.entry(client).or_default() += 1;
    }
    out.into_iter()
        .map(|(client, count)| BulkClient {
            client: client.map(|(name, id, key)| Ref { id, key, name }),
            count,
        })
        .collect()
}

/// One act: one audit row that says how many and which.
fn told(note: &mut Note, change: &BulkChange, changed: &[FindingRow]) {
    let on = match changed {
        [only] => only.key.clone(),
        many => format!("{} findings", many.len()),
    };
    let said = match change {
        BulkChange::Move(to) => format!("Moved {on} to {}", spoken(to.to)),
        other => words(&decision(other), &on),
    };
    let kind = match change {
        BulkChange::Move(_) => "move",
        BulkChange::Edit(_) => "edit",
        BulkChange::Triage(_) => "triage",
        BulkChange::Release(_) => "release",
        BulkChange::Place(_) => "place",
    };
    let keys: Vec<&str> = changed.iter().map(|r| r.key.as_str()).collect();
    let to = match change {
        BulkChange::Move(to) => Some(to.to),
        _ => None,
    };
    note.words(said)
        .detail(&serde_json::json!({ "change": kind, "to": to, "count": changed.len(), "findings": keys }));
    if let [only] = changed {
        note.object(Topic::Finding, only.id);
    }
    let first = &changed[0];
    if changed.iter().all(|r| r.project.id == first.project.id) {
        note.within(Some(first.project.id), first.client.as_ref().map(|c| c.id));
    }
}
