//! What can be done with all that is marked: the lines of the first menu. A move that needs more than itself (notes, a
//! day, an original) asks for it in `fields.rs`; one that differs from finding to finding says so here.

use super::super::super::model::Model;
use super::super::picker::{Item, Picker};
use super::fields::Ask;
use crate::api::bulk::{BulkChange, BulkEdit, BulkMark, BulkMove};
use crate::domain::access::{Role, UserState};
use crate::domain::safe::Safe;
use crate::domain::severity::Severity;
use crate::domain::status::Status;

/// Something that can be picked first.
#[derive(Debug, Clone)]
pub(super) struct Pick {
    pub letter: char,
    pub text: &'static str,
    pub step: Step,
}

#[derive(Debug, Clone)]
pub(super) enum Step {
    Change(BulkChange),
    /// It needs fields.
    Ask(Ask),
    /// A due date so many days from now; none takes it away.
    Due(Option<i64>),
    /// It has no meaning for many: why, and what works.
    Alone(&'static str),
}

/// Why many findings are not partly fixed at once.
const PARTIAL: &str =
    "Partly fixed says which places are fixed, and each finding has its own: one at a time, Enter then s.";

pub(super) fn moves() -> Vec<Pick> {
    let pick = |letter, text, to| Pick {
        letter,
        text,
        step: Step::Ask(Ask::Move(to)),
    };
    let start = BulkMove {
        to: Status::InProgress,
        notes: String::new(),
        kind: None,
        reason: None,
        until: None,
        of: None,
        basis: None,
    };
    vec![
        Pick {
            letter: 'p',
            text: "in progress",
            step: Step::Change(BulkChange::Move(start)),
        },
        pick(
            'v',
            "to be verified: remediated, or a retest (notes)",
            Status::PendingVerification,
        ),
        pick('f', "verified fixed (notes)", Status::VerifiedFixed),
        pick('n', "not fixed (notes)", Status::NotFixed),
        Pick {
            letter: 'a',
            text: "partly fixed: one at a time, the places differ",
            step: Step::Alone(PARTIAL),
        },
        pick('i', "inconclusive (a reason, notes)", Status::Inconclusive),
        pick('x', "false positive (notes)", Status::FalsePositive),
        pick('s', "out of scope (notes)", Status::OutOfScope),
        pick('d', "duplicates of one finding of their project", Status::Duplicate),
        pick('r', "risk accepted until a day (notes)", Status::RiskAccepted),
        pick('o', "open again (notes)", Status::Open),
    ]
}

pub(super) fn marks() -> Vec<Pick> {
    let pick = |letter, text, change| Pick {
        letter,
        text,
        step: Step::Change(change),
    };
    let (done, undo) = (BulkMark { undo: false }, BulkMark { undo: true });
    vec![
        pick(
            't',
            "triaged: a person has looked at them",
            BulkChange::Triage(done.clone()),
        ),
        pick(
            'r',
            "release to the client; the clocks start",
            BulkChange::Release(done),
        ),
        pick('n', "take the triage back", BulkChange::Triage(undo.clone())),
        pick('x', "take the release back", BulkChange::Release(undo)),
    ]
}

pub(super) fn edits() -> Vec<Pick> {
    let severity = |letter, text, to| Pick {
        letter,
        text,
        step: Step::Change(BulkChange::Edit(BulkEdit {
            severity: Some(to),
            ..BulkEdit::default()
        })),
    };
    let due = |letter, text, days| Pick {
        letter,
        text,
        step: Step::Due(days),
    };
    vec![
        severity('c', "severity critical", Some(Severity::Critical)),
        severity('h', "severity high", Some(Severity::High)),
        severity('m', "severity medium", Some(Severity::Medium)),
        severity('l', "severity low", Some(Severity::Low)),
        severity('i', "severity info", Some(Severity::Info)),
        severity('s', "severity as the scanner has it", None),
        due('w', "due in a week", Some(7)),
        due('t', "due in 30 days", Some(30)),
        due('q', "due in 90 days", Some(90)),
        Pick {
            letter: 'd',
            text: "due on a day…",
            step: Step::Ask(Ask::Due),
        },
        due('x', "no due date", None),
        Pick {
            letter: 'g',
            text: "tags: put on, take off…",
            step: Step::Ask(Ask::Tags),
        },
    ]
}

pub(super) fn people(model: &Model) -> Picker<Option<String>> {
    let me = model.who.as_ref().map(|w| w.email.as_str());
    let able = |u: &&crate::api::agency::User| u.state == UserState::Active && u.role != Role::Viewer;
    let mut items: Vec<_> = model.people.iter().filter(able).collect();
    items.sort_by_key(|u| Some(u.email.as_str()) != me);
    let person = |u: &crate::api::agency::User| Item {
        value: Some(u.email.clone()),
        left: Safe::new(if Some(u.email.as_str()) == me { "you" } else { "" }),
        label: Safe::new(&u.name),
        note: Safe::new(&u.email),
        enabled: true,
    };
    let nobody = Item {
        value: None,
        left: Safe::new("nobody"),
        label: Safe::new("take the assignment away"),
        note: Safe::default(),
        enabled: true,
    };
    Picker::new(items.into_iter().map(person).chain([nobody]).collect())
}
