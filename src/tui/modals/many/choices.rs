//! What can be done with all that is marked: the lines of the first menu. A move that needs more than notes (a day, an
//! original, a place by place verdict) is made one finding at a time.

use super::super::super::model::Model;
use super::super::picker::{Item, Picker};
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
    /// A move that needs notes.
    Move(Status),
    /// A due date so many days from now; none takes it away.
    Due(Option<i64>),
}

pub(super) fn moves() -> Vec<Pick> {
    let pick = |letter, text, to| Pick {
        letter,
        text,
        step: Step::Move(to),
    };
    vec![
        Pick {
            letter: 'p',
            text: "in progress",
            step: Step::Change(BulkChange::Move(BulkMove {
                to: Status::InProgress,
                notes: String::new(),
                kind: None,
                reason: None,
                until: None,
                of: None,
                basis: None,
            })),
        },
        pick(
            'v',
            "to be verified: said to be remediated (notes)",
            Status::PendingVerification,
        ),
        pick('f', "verified fixed (notes)", Status::VerifiedFixed),
        pick('n', "not fixed (notes)", Status::NotFixed),
        pick('x', "false positive (notes)", Status::FalsePositive),
        pick('s', "out of scope (notes)", Status::OutOfScope),
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
        due('x', "no due date", None),
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
