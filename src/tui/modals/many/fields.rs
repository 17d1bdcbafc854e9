//! What a change to many needs besides itself: notes, a reason, a day, an original, tags. One set of fields stands for
//! all of them; what comes of it is shown before it is done. What was typed stays a draft until the change is done.

use super::super::super::clock;
use super::super::super::effect::{Cx, Effect, Payload};
use super::super::super::model::Model;
use super::super::form::{Field, Form, Sheet, Spec};
use super::super::status;
use super::{Change, Many, about};
use crate::api::bulk::{BulkChange, BulkEdit, BulkMove};
use crate::domain::safe::Safe;
use crate::domain::status::{RoundKind, Status};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ask {
    /// The fields of a move.
    Move(Status),
    /// A due date.
    Due,
    /// Tags to put on, and to take off.
    Tags,
}

/// See the module's description.
#[derive(Debug)]
pub(super) struct Fields {
    many: Many,
    ask: Ask,
}

/// What the name of such a draft begins with.
pub const DRAFT: &str = "marked";

fn needs_notes(to: Status) -> bool {
    to != Status::Duplicate
}

pub(super) fn sheet(many: Many, ask: Ask, model: &Model) -> Sheet<Fields> {
    let mut fields = Vec::new();
    match ask {
        Ask::Move(to) => {
            fields.extend(status::fields(to, model));
            let help = if needs_notes(to) {
                "needed: one note for all of them"
            } else {
                "one note for all of them"
            };
            fields.push(Field::area("notes", "Notes", "").help(help));
        }
        Ask::Due => {
            let day = clock::date(model.now.plus_days(30), &model.zone);
            fields.push(Field::text("due", "Due", day.as_str()).help(status::DAY));
        }
        Ask::Tags => {
            fields.push(Field::text("add", "Put on", "").help("pci external; words apart by spaces"));
            fields.push(Field::text("remove", "Take off", "").help("not those of a scanner"));
        }
    }
    let mut sheet = Sheet::new(Fields { many, ask }, Form::new(fields), model);
    sheet.form.set_recall(&model.recall);
    sheet
}

fn words(text: &str) -> Vec<String> {
    let words = text.split([' ', ',']).map(|w| w.trim_start_matches("tag:"));
    words.filter(|w| !w.is_empty()).map(str::to_owned).collect()
}

impl Fields {
    /// The change that the fields say; none where one of them is not right, and says why.
    fn change(&self, form: &mut Form, cx: &mut Cx) -> Option<BulkChange> {
        match self.ask {
            Ask::Move(to) => Self::step(to, form, cx).map(BulkChange::Move),
            Ask::Due => {
                let due = status::day("due", form, cx.model)?;
                Some(BulkChange::Edit(BulkEdit {
                    due_at: Some(Some(due)),
                    ..BulkEdit::default()
                }))
            }
            Ask::Tags => {
                let (add_tags, remove_tags) = (words(&form.value("add")), words(&form.value("remove")));
                if add_tags.is_empty() && remove_tags.is_empty() {
                    form.refuse("add", "Write a tag to put on, or one to take off.");
                    return None;
                }
                Some(BulkChange::Edit(BulkEdit {
                    add_tags,
                    remove_tags,
                    ..BulkEdit::default()
                }))
            }
        }
    }

    fn step(to: Status, form: &mut Form, cx: &mut Cx) -> Option<BulkMove> {
        let notes = form.value("notes");
        let mut change = BulkMove {
            to,
            basis: (to == Status::VerifiedFixed).then(|| notes.clone()),
            notes,
            kind: None,
            reason: None,
            until: None,
            of: None,
        };
        match to {
            Status::PendingVerification => {
                let retest = form.value("kind") == "retest";
                change.kind = Some(if retest {
                    RoundKind::Retest
                } else {
                    RoundKind::Remediated
                });
            }
            Status::Inconclusive => change.reason = Some(status::reason(form)),
            Status::RiskAccepted => change.until = Some(status::day("until", form, cx.model)?),
            Status::Duplicate => change.of = Some(status::original(form)?),
            _ => {}
        }
        if change.notes.is_empty() && needs_notes(to) {
            form.refuse("notes", "This move needs notes: say what was seen or decided.");
            return None;
        }
        Some(change)
    }
}

impl Spec for Fields {
    fn title(&self, _: &Model) -> Safe {
        Safe::new(&match self.ask {
            Ask::Move(to) => format!("{} → {}", about(&self.many), status::letter(to).1),
            Ask::Due => format!("When {} are due", about(&self.many)),
            Ask::Tags => format!("Tags of {}", about(&self.many)),
        })
    }

    fn intro(&self, _: &Model) -> Vec<Safe> {
        let text = match self.ask {
            Ask::Move(Status::Duplicate) => {
                "All of them repeat one finding. It must be of the same project as each; else none of them changes."
            }
            _ => return Vec::new(),
        };
        vec![Safe::new(text)]
    }

    fn send_line(&self, _: &Form, _: &Model) -> Safe {
        Safe::new("See what it would do")
    }

    fn draft_key(&self) -> Option<String> {
        Some(match self.ask {
            Ask::Move(to) => format!("{DRAFT} {}", to.name()),
            Ask::Due => format!("{DRAFT} due"),
            Ask::Tags => format!("{DRAFT} tags"),
        })
    }

    fn send(&mut self, form: &mut Form, cx: &mut Cx) {
        let Some(change) = self.change(form, cx) else { return };
        let notes = form.value("notes");
        if !notes.is_empty() {
            cx.push(Effect::Recall(notes));
        }
        let shown = Change::planned(self.many.clone(), change, self.draft_key());
        cx.close();
        cx.open(shown);
    }

    fn reply(&mut self, _: Payload, _: &mut Form, _: &mut Cx) {}
}
