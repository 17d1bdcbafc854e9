//! Forms: fields one under the other, a send line, what the server refused beside the field it is about. A sheet says
//! what its fields are and what sending does ([`Spec`]); everything else is the same for all and lives here: moving
//! between fields, drafts, the conflict view, the state of sending.

use std::collections::BTreeMap;
use std::fmt;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::effect::{Cx, Effect, Fault, Payload, sentence};
use super::super::ink::{Brush, run, wrap};
use super::super::model::Model;
use super::super::panes::Note;
use super::super::theme::Tone;
use super::super::widgets::field as typing;
use super::{Layer, Shape};
use crate::api::problem::Code;
use crate::domain::safe::Safe;

mod field;

pub use field::Field;
use field::{Kind, LABEL, draw_field};

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

    /// The server's value now, shown under what was typed.
    pub fn current(&mut self, name: &str, value: &str) {
        if let Some(field) = self.field_mut(name)
            && field.initial != value
        {
            field.current = Some(Safe::new(&format!("now on the server: {}", value.replace('\n', " "))));
            value.clone_into(&mut field.initial);
        }
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
                        "Somebody changed this meanwhile. What you typed is kept; send again to write it over the values shown.",
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
    fn note(&mut self, _note: Note, _form: &mut Form, _cx: &mut Cx) {}
    /// The sheet is on the screen: the time for its first questions.
    fn sized(&mut self, _form: &mut Form, _cx: &mut Cx) {}
}

/// A sheet with a form.
#[derive(Debug)]
pub struct Sheet<S> {
    pub spec: S,
    pub form: Form,
    /// Rows of the lines above the fields.
    intro: u16,
}

impl<S: Spec> Sheet<S> {
    /// A sheet that is never a draft.
    pub fn plain(spec: S, form: Form) -> Self {
        Self { spec, form, intro: 0 }
    }

    /// A sheet; a draft kept under its name comes back.
    pub fn new(spec: S, mut form: Form, model: &Model) -> Self {
        if let Some(draft) = spec.draft_key().and_then(|key| model.drafts.get(&key)) {
            for (name, value) in draft {
                form.set(name, value);
            }
            form.note = Some((Tone::Dim, Safe::new("Your draft is back. ctrl-u empties a field.")));
        }
        Self { spec, form, intro: 0 }
    }

    fn send(&mut self, cx: &mut Cx) {
        if !self.form.sending {
            self.spec.send(&mut self.form, cx);
        }
    }

    /// Ends the sheet after its act is done.
    pub fn finish(form: &mut Form, key: Option<String>, cx: &mut Cx) {
        form.sent();
        if let Some(key) = key {
            cx.push(Effect::Drop(key));
        }
        cx.close();
    }
}

impl<S: Spec> Layer for Sheet<S> {
    fn shape(&self) -> Shape {
        let width = self.spec.width();
        let fields: u16 = self
            .form
            .fields
            .iter()
            .filter(|f| !f.hidden)
            .map(|f| f.height((width - 6).saturating_sub(LABEL)))
            .sum();
        let note = self
            .form
            .note
            .as_ref()
            .map_or(0, |(_, t)| wrap(t, usize::from(width) - 6).len());
        // The frame, a row above the fields, the send line with a row before it.
        Shape::Popup(width, self.intro + fields + note as u16 + 5)
    }

    fn is_typing(&self) -> bool {
        true
    }

    fn is_sign_in(&self) -> bool {
        self.spec.is_sign_in()
    }

    fn set_size(&mut self, _: u16, _: u16, cx: &mut Cx) {
        self.spec.sized(&mut self.form, cx);
        let width = usize::from(self.spec.width().saturating_sub(6));
        let lines = self.spec.intro(cx.model);
        self.intro = lines.iter().map(|t| wrap(t, width).len() as u16).sum();
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        if event.code == KeyCode::Up && self.form.recall() {
            return true;
        }
        let last = self.form.at + 1 >= self.form.fields.len();
        let on_send_line = self.form.at >= self.form.fields.len();
        let in_area = self
            .form
            .fields
            .get(self.form.at)
            .is_some_and(|f| matches!(f.kind, Kind::Area(_)));
        if event.code == KeyCode::Enter && !in_area {
            if on_send_line || (last && self.spec.enter_sends()) {
                self.send(cx);
            } else {
                self.form.go(true);
            }
            return true;
        }
        let used = match self.form.fields.get_mut(self.form.at) {
            Some(field) => field.key(event),
            None => false,
        };
        if used {
            self.spec.edited(&mut self.form, cx);
            return true;
        }
        match event.code {
            KeyCode::Down => self.form.go(true),
            KeyCode::Up => self.form.go(false),
            _ => return false,
        }
        true
    }

    fn act(&mut self, action: Action, _count: Option<usize>, cx: &mut Cx) -> bool {
        match action {
            Action::NextField => self.form.go(true),
            Action::PrevField => self.form.go(false),
            Action::Send => self.send(cx),
            Action::UndoTyping => {
                if let Some(Field {
                    kind: Kind::Area(area), ..
                }) = self.form.fields.get_mut(self.form.at)
                {
                    area.undo();
                }
            }
            _ => return self.spec.act(action, &mut self.form, cx),
        }
        true
    }

    fn paste(&mut self, text: &str, cx: &mut Cx) {
        match self.form.fields.get_mut(self.form.at).map(|f| &mut f.kind) {
            Some(Kind::Text(input) | Kind::Secret(input)) => typing::insert(input, text),
            Some(Kind::Area(area)) => typing::insert_block(area, text),
            _ => {}
        }
        self.spec.edited(&mut self.form, cx);
    }

    fn reply(&mut self, payload: Payload, cx: &mut Cx) {
        self.spec.reply(payload, &mut self.form, cx);
    }

    fn note(&mut self, note: Note, cx: &mut Cx) {
        if matches!(note, Note::Kept) {
            self.form.note = Some((Tone::Warn, Safe::new(super::KEPT)));
        }
        self.spec.note(note, &mut self.form, cx);
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Send, Action::NextField, Action::PrevField, Action::Back]
    }

    fn draft(&self) -> Option<(String, BTreeMap<String, String>)> {
        let key = self.spec.draft_key()?;
        (!self.form.sent).then(|| (key, self.form.texts()))
    }

    fn draw(&self, brush: &mut Brush, area: Rect, model: &Model) {
        let title = [run(format!(" {} ", self.spec.title(model)), Tone::Focus)];
        let inside = brush.frame(area, &title, &[], true);
        let (x, width) = (inside.x + 2, inside.width.saturating_sub(4));
        let mut y = inside.y;
        for line in self.spec.intro(model).iter().flat_map(|t| wrap(t, usize::from(width))) {
            brush.text(x, y, width, &line, Tone::Text);
            y += 1;
        }
        y += 1;
        let end = inside.bottom().saturating_sub(2);
        // Fields above the one with the keys go out of view where there is no room for all.
        let heights: Vec<u16> = self
            .form
            .fields
            .iter()
            .map(|f| if f.hidden { 0 } else { f.height(width - LABEL) })
            .collect();
        let note = self
            .form
            .note
            .as_ref()
            .map(|(tone, t)| (*tone, wrap(t, usize::from(width))));
        let note_rows = note.as_ref().map_or(0, |(_, l)| l.len() as u16);
        let room = end.saturating_sub(y).saturating_sub(note_rows);
        let mut from = 0;
        while from < self.form.at.min(heights.len())
            && heights[from..=self.form.at.min(heights.len() - 1)].iter().sum::<u16>() > room
        {
            from += 1;
        }
        for (i, field) in self.form.fields.iter().enumerate().skip(from) {
            if field.hidden || y + heights[i] > end.saturating_sub(note_rows) {
                continue;
            }
            draw_field(brush, x, y, width, field, i == self.form.at);
            y += heights[i];
        }
        if let Some((tone, lines)) = note {
            for line in lines {
                brush.text(x, y, width, &line, tone);
                y += 1;
            }
        }
        let focused = self.form.at >= self.form.fields.len();
        let y = inside.bottom().saturating_sub(1);
        let mut line = vec![run(if focused { "› " } else { "  " }, Tone::Key)];
        if self.form.sending {
            line.push(run("Sending…", Tone::Warn));
        } else {
            let tone = if focused { Tone::Cursor } else { Tone::Strong };
            line.push(run(format!(" {} ", self.spec.send_line(&self.form, model)), tone));
            line.push(run(format!("  {}", model.keymap.first(Action::Send)), Tone::Key));
        }
        brush.runs(x, y, width, &line);
    }
}
