//! Forms: fields one under the other, a send line, what the server refused beside the field it is about. A sheet says
//! what its fields are and what sending does ([`Spec`]); everything else is the same for all and lives here: moving
//! between fields, drafts, the conflict view, the state of sending.

use std::collections::BTreeMap;
use std::fmt;

use super::super::action::Action;
use super::super::effect::{Cx, Fault, Payload, sentence};
use super::super::model::Model;
use super::super::panes::Note;
use super::super::theme::Tone;
use crate::api::problem::Code;
use crate::domain::safe::Safe;

mod clash;
mod field;
mod sheet;

use clash::Clashes;
pub use clash::{Clash, Whose};
pub use field::Field;
use field::Kind;
pub use sheet::Sheet;

/// The fields of a sheet and what is going on with them.
#[derive(Debug, Default)]
pub struct Form {
    fields: Vec<Field>,
    /// The field with the keys; one past the last is the send line.
    at: usize,
    pub note: Option<(Tone, Safe)>,
    sending: bool,
    sent: bool,
    /// Notes sent before, offered by `↑` in an empty text; and which of them is shown.
    recall: Vec<String>,
    recalled: usize,
    /// What two people changed at once; while there is any, the sheet asks whose stands.
    clashes: Clashes,
    /// Words of the sheet's own that were settled so.
    settled: Vec<(&'static str, Whose)>,
}

impl Form {
    pub fn new(fields: Vec<Field>) -> Self {
        Self {
            fields,
            ..Self::default()
        }
    }

    fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.name == name)
    }

    fn field_mut(&mut self, name: &str) -> Option<&mut Field> {
        self.fields.iter_mut().find(|f| f.name == name)
    }

    /// The trimmed value.
    pub fn value(&self, name: &str) -> String {
        self.field(name)
            .map(|f| f.value().trim().to_owned())
            .unwrap_or_default()
    }

    /// The value as typed: of passwords, where a space counts.
    pub fn raw(&self, name: &str) -> String {
        self.field(name).map(Field::value).unwrap_or_default()
    }

    /// The trimmed value, none where empty.
    pub fn some(&self, name: &str) -> Option<String> {
        Some(self.value(name)).filter(|v| !v.is_empty())
    }

    /// The values of a field for several.
    pub fn values(&self, name: &str) -> Vec<String> {
        self.value(name).lines().map(str::to_owned).collect()
    }

    /// Whether it is another than at the beginning.
    pub fn changed(&self, name: &str) -> bool {
        self.field(name).is_some_and(|f| f.value() != f.initial)
    }

    pub fn set(&mut self, name: &str, value: &str) {
        if let Some(field) = self.field_mut(name) {
            field.set(value);
        }
    }

    /// The value it begins with.
    pub fn begin(&mut self, name: &str, value: &str) {
        if let Some(field) = self.field_mut(name) {
            field.set(value);
            field.initial = field.value();
        }
    }

    /// Other options of a field for several, these of them chosen.
    pub fn set_options(&mut self, name: &str, options: Vec<(String, Safe)>, chosen: &[String]) {
        if let Some(field) = self.field_mut(name) {
            field.set_options(options, chosen);
        }
    }

    /// The options of a field have come, or changed; what is chosen stays.
    pub fn late_options(&mut self, name: &str, options: Vec<(String, Safe)>) {
        if let Some(field) = self.field_mut(name) {
            field.late_options(options);
        }
    }

    /// What `↑` brings back in an empty text.
    pub fn set_recall(&mut self, notes: &[String]) {
        self.recall = notes.to_vec();
    }

    /// Puts the next of the notes sent before into the text that has the keys, if it is empty or shows one already.
    fn recall(&mut self) -> bool {
        let Some(field) = self.fields.get_mut(self.at).filter(|f| matches!(f.kind, Kind::Area(_))) else {
            return false;
        };
        let shown = self.recalled.checked_sub(1).and_then(|i| self.recall.get(i));
        let value = field.value();
        if !(value.is_empty() || shown == Some(&value)) {
            return false;
        }
        let Some(next) = self.recall.get(self.recalled) else {
            return false;
        };
        field.set(next);
        self.recalled += 1;
        true
    }

    pub fn hide(&mut self, name: &str, hidden: bool) {
        if let Some(field) = self.field_mut(name) {
            field.hidden = hidden;
        }
    }

    /// The server's value now, after a conflict: what only the other one changed is taken over, what both changed becomes
    /// a question.
    pub fn current(&mut self, name: &str, value: &str) {
        let Some(field) = self.fields.iter_mut().find(|f| f.name == name) else {
            return;
        };
        let (was, mine) = (field.initial.clone(), field.value());
        if was == value || mine == value {
            value.clone_into(&mut field.initial);
            return;
        }
        let side = |field: &Field, value: &str| (value.to_owned(), field.reads(value));
        if mine == was {
            let taken = (field.label, field.reads(&was), field.reads(value));
            field.set(value);
            value.clone_into(&mut field.initial);
            return self.clashes.taken.push(taken);
        }
        let clash = Clash {
            name: field.name,
            label: field.label,
            was: side(field, &was),
            theirs: side(field, value),
            mine: side(field, &mine),
            chosen: Whose::Mine,
        };
        value.clone_into(&mut field.initial);
        self.clashes.all.push(clash);
    }

    /// A question that is none of a field: was, theirs, mine.
    pub fn clash(&mut self, name: &'static str, label: &'static str, [was, theirs, mine]: [&str; 3]) {
        let side = |text: &str| (text.to_owned(), Safe::new(text));
        self.clashes.all.push(Clash {
            name,
            label,
            was: side(was),
            theirs: side(theirs),
            mine: side(mine),
            chosen: Whose::Mine,
        });
    }

    /// Whose value was chosen for a question of the sheet's own.
    pub fn settled(&self, name: &str) -> Option<Whose> {
        self.settled.iter().rev().find(|(n, _)| *n == name).map(|(_, w)| *w)
    }

    /// Puts what was chosen into the fields.
    fn settle(&mut self) {
        let clashes = std::mem::take(&mut self.clashes);
        for clash in clashes.all {
            match self.fields.iter_mut().find(|f| f.name == clash.name) {
                Some(field) => field.set(clash.value()),
                None => self.settled.push((clash.name, clash.chosen)),
            }
        }
        self.note = None;
    }

    /// Says what is wrong with a field and puts the keys there.
    pub fn refuse(&mut self, name: &str, why: impl Into<Safe>) {
        let why = why.into();
        self.sending = false;
        match self.fields.iter().position(|f| f.name == name && !f.hidden) {
            Some(i) => {
                self.fields[i].error = Some(why);
                self.at = i;
            }
            None => self.note = Some((Tone::Bad, why)),
        }
    }

    /// What came back instead of success; what was typed stays.
    pub fn fault(&mut self, fault: &Fault) {
        self.sending = false;
        let text = sentence(fault);
        match fault {
            Fault::Problem(problem) if problem.code == Code::VersionConflict => {
                self.note = Some((
                    Tone::Warn,
                    Safe::new(
                        "Somebody changed this meanwhile. What you typed is kept; send again to write it over what is there now.",
                    ),
                ));
            }
            Fault::Problem(problem) => match &problem.field {
                Some(field) => {
                    let name = field.split('.').next().unwrap_or_default().to_owned();
                    self.refuse(&name, text);
                }
                None => self.note = Some((Tone::Bad, text)),
            },
            _ => self.note = Some((Tone::Bad, text)),
        }
    }

    /// The call is under way.
    pub fn sending(&mut self) {
        self.sending = true;
        self.note = None;
        for field in &mut self.fields {
            field.error = None;
        }
    }

    /// It is done: nothing of it is a draft any more.
    pub fn sent(&mut self) {
        self.sent = true;
        self.sending = false;
    }

    fn shown(&self, i: usize) -> bool {
        i >= self.fields.len() || !self.fields[i].hidden
    }

    fn go(&mut self, forward: bool) {
        let n = self.fields.len() + 1;
        loop {
            self.at = if forward {
                (self.at + 1) % n
            } else {
                (self.at + n - 1) % n
            };
            if self.shown(self.at) {
                return;
            }
        }
    }

    /// Puts the keys on this field.
    pub fn focus(&mut self, name: &str) {
        if let Some(i) = self.fields.iter().position(|f| f.name == name) {
            self.at = i;
        }
    }

    /// Puts the keys where the first answer is missing: what is chosen already need not be passed by.
    pub fn focus_missing(&mut self) {
        let missing = (0..self.fields.len()).find(|i| self.shown(*i) && self.fields[*i].value().is_empty());
        self.at = missing.unwrap_or(self.at);
    }

    fn texts(&self) -> BTreeMap<String, String> {
        let changed = self.fields.iter().filter(|f| !matches!(f.kind, Kind::Secret(_)));
        changed
            .filter(|f| f.value() != f.initial)
            .map(|f| (f.name.to_owned(), f.value()))
            .collect()
    }
}

/// What a sheet with a form is about.
pub trait Spec: Send + fmt::Debug + 'static {
    fn title(&self, model: &Model) -> Safe;
    /// What the send line says.
    fn send_line(&self, form: &Form, model: &Model) -> Safe;
    /// The name its draft is kept under.
    fn draft_key(&self) -> Option<String>;
    /// Checks and sends; [`Form::sending`] where a call was made.
    fn send(&mut self, form: &mut Form, cx: &mut Cx);
    fn reply(&mut self, payload: Payload, form: &mut Form, cx: &mut Cx);
    /// A key changed a value.
    fn edited(&mut self, _form: &mut Form, _cx: &mut Cx) {}
    /// An act of a text field that the form does not know (audience).
    fn act(&mut self, _action: Action, _form: &mut Form, _cx: &mut Cx) -> bool {
        false
    }
    /// Lines above the fields.
    fn intro(&self, _model: &Model) -> Vec<Safe> {
        Vec::new()
    }
    /// Whether Enter in the last field sends (sign-in).
    fn enter_sends(&self) -> bool {
        false
    }
    fn width(&self) -> u16 {
        74
    }
    fn is_sign_in(&self) -> bool {
        false
    }
    /// Whether it hides the screen and stays until it is answered.
    fn is_lock(&self) -> bool {
        false
    }
    fn note(&mut self, _note: Note, _form: &mut Form, _cx: &mut Cx) {}
    /// The sheet is on the screen: the time for its first questions.
    fn sized(&mut self, _form: &mut Form, _cx: &mut Cx) {}
}
