//! Forms: fields one under the other, a send line, what the server refused beside the field it is about. A sheet says
//! what its fields are and what sending does ([`Spec`]); everything else is the same for all and lives here: moving
//! between fields, drafts, the conflict view, the state of sending.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use ratatui_textarea::TextArea;
use tui_input::Input;

use super::super::action::Action;
use super::super::effect::{Cx, Effect, Fault, Payload, sentence};
use super::super::ink::{Brush, run, wrap};
use super::super::model::Model;
use super::super::panes::Note;
use super::super::theme::Tone;
use super::super::widgets::field;
use super::{Layer, Shape};
use crate::api::problem::Code;
use crate::domain::safe::Safe;

/// What a field holds.
#[derive(Debug)]
enum Kind {
    Text(Input),
    Secret(Input),
    Area(Box<TextArea<'static>>),
    /// One of several: value and label.
    Choice(Vec<(String, Safe)>, usize),
    /// Any of several.
    Many(Vec<(String, Safe)>, BTreeSet<usize>, usize),
}

/// A field of a form.
#[derive(Debug)]
pub struct Field {
    name: &'static str,
    label: &'static str,
    help: &'static str,
    kind: Kind,
    initial: String,
    error: Option<Safe>,
    /// The server's value now, where it is another than the one the edit began with.
    current: Option<Safe>,
    hidden: bool,
}

impl Field {
    fn new(name: &'static str, label: &'static str, kind: Kind) -> Self {
        let mut field = Self {
            name,
            label,
            help: "",
            kind,
            initial: String::new(),
            error: None,
            current: None,
            hidden: false,
        };
        field.initial = field.value();
        field
    }

    pub fn text(name: &'static str, label: &'static str, value: &str) -> Self {
        Self::new(name, label, Kind::Text(Input::new(value.to_owned())))
    }

    pub fn secret(name: &'static str, label: &'static str) -> Self {
        Self::new(name, label, Kind::Secret(Input::default()))
    }

    pub fn area(name: &'static str, label: &'static str, value: &str) -> Self {
        let lines = value.split('\n').map(str::to_owned).collect();
        Self::new(name, label, Kind::Area(Box::new(TextArea::new(lines))))
    }

    pub fn choice(name: &'static str, label: &'static str, options: Vec<(String, Safe)>, value: &str) -> Self {
        let at = options.iter().position(|(v, _)| v == value).unwrap_or(0);
        Self::new(name, label, Kind::Choice(options, at))
    }

    pub fn many(name: &'static str, label: &'static str, options: Vec<(String, Safe)>, values: &[String]) -> Self {
        let on = (0..options.len()).filter(|i| values.contains(&options[*i].0)).collect();
        Self::new(name, label, Kind::Many(options, on, 0))
    }

    #[must_use]
    pub fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    /// The value as text; several are joined by line breaks.
    fn value(&self) -> String {
        match &self.kind {
            Kind::Text(input) | Kind::Secret(input) => input.value().to_owned(),
            Kind::Area(area) => area.lines().join("\n"),
            Kind::Choice(options, at) => options.get(*at).map(|(v, _)| v.clone()).unwrap_or_default(),
            Kind::Many(options, on, _) => {
                let values: Vec<_> = on
                    .iter()
                    .filter_map(|i| options.get(*i))
                    .map(|(v, _)| v.as_str())
                    .collect();
                values.join("\n")
            }
        }
    }

    fn set(&mut self, value: &str) {
        match &mut self.kind {
            Kind::Text(input) | Kind::Secret(input) => *input = Input::new(value.to_owned()),
            Kind::Area(area) => **area = TextArea::new(value.split('\n').map(str::to_owned).collect()),
            Kind::Choice(options, at) => *at = options.iter().position(|(v, _)| v == value).unwrap_or(*at),
            Kind::Many(options, on, _) => {
                let values: Vec<_> = value.split('\n').collect();
                *on = (0..options.len())
                    .filter(|i| values.contains(&options[*i].0.as_str()))
                    .collect();
            }
        }
    }

    fn height(&self, width: u16) -> u16 {
        let body = match &self.kind {
            Kind::Area(area) => (area.lines().len() as u16 + 1).clamp(3, 6),
            Kind::Many(options, ..) => (options.len() as u16).clamp(1, 5),
            _ => 1,
        };
        let notes = [self.error.as_ref(), self.current.as_ref()];
        let notes: usize = notes
            .into_iter()
            .flatten()
            .map(|s| wrap(s, usize::from(width).max(8)).len())
            .sum();
        body + notes as u16
    }

    fn key(&mut self, event: KeyEvent) -> bool {
        match &mut self.kind {
            Kind::Text(input) | Kind::Secret(input) => {
                let Some(request) = field::request(event) else {
                    return false;
                };
                input.handle(request);
            }
            Kind::Area(area) => {
                let plain = !event.modifiers.intersects(KeyModifiers::CONTROL | KeyModifiers::ALT);
                if event.code == KeyCode::Enter && plain {
                    area.insert_newline();
                } else {
                    area.input(event);
                }
            }
            Kind::Choice(options, at) => {
                let n = options.len().max(1);
                match event.code {
                    KeyCode::Left => *at = (*at + n - 1) % n,
                    KeyCode::Right | KeyCode::Char(' ') => *at = (*at + 1) % n,
                    KeyCode::Char(c) => {
                        let starts = |i: &usize| {
                            options[*i]
                                .1
                                .as_str()
                                .to_lowercase()
                                .starts_with(c.to_ascii_lowercase())
                        };
                        *at = (1..=options.len()).map(|d| (*at + d) % n).find(starts).unwrap_or(*at);
                    }
                    _ => return false,
                }
            }
            Kind::Many(options, on, at) => match event.code {
                KeyCode::Up if *at > 0 => *at -= 1,
                KeyCode::Down if *at + 1 < options.len() => *at += 1,
                KeyCode::Char(' ') => {
                    if !on.remove(at) {
                        on.insert(*at);
                    }
                }
                KeyCode::Char(c) => {
                    let n = options.len().max(1);
                    let starts = |i: &usize| {
                        options[*i]
                            .1
                            .as_str()
                            .to_lowercase()
                            .starts_with(c.to_ascii_lowercase())
                    };
                    *at = (1..=options.len()).map(|d| (*at + d) % n).find(starts).unwrap_or(*at);
                }
                _ => return false,
            },
        }
        self.error = None;
        true
    }
}

/// The fields of a sheet and what is going on with them.
#[derive(Debug, Default)]
pub struct Form {
    fields: Vec<Field>,
    /// The field with the keys; one past the last is the send line.
    at: usize,
    pub note: Option<(Tone, Safe)>,
    sending: bool,
    sent: bool,
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

    pub fn is_sending(&self) -> bool {
        self.sending
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
}

/// A sheet with a form.
#[derive(Debug)]
pub struct Sheet<S> {
    pub spec: S,
    pub form: Form,
}

impl<S: Spec> Sheet<S> {
    /// A sheet; a draft kept under its name comes back.
    pub fn new(spec: S, mut form: Form, model: &Model) -> Self {
        if let Some(draft) = spec.draft_key().and_then(|key| model.drafts.get(&key)) {
            for (name, value) in draft {
                form.set(name, value);
            }
            form.note = Some((Tone::Dim, Safe::new("Your draft is back. ctrl-u empties a field.")));
        }
        Self { spec, form }
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
            .map(|f| f.height(width - LABEL - 6))
            .sum();
        let note = self
            .form
            .note
            .as_ref()
            .map_or(0, |(_, t)| wrap(t, usize::from(width) - 6).len());
        // Frame, a row above and below, the send line with a row before it; the intro is asked for while drawing.
        Shape::Popup(width, fields + note as u16 + 6 + INTRO)
    }

    fn is_typing(&self) -> bool {
        true
    }

    fn is_sign_in(&self) -> bool {
        self.spec.is_sign_in()
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
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
            Some(Kind::Text(input) | Kind::Secret(input)) => field::insert(input, text),
            Some(Kind::Area(area)) => field::insert_block(area, text),
            _ => {}
        }
        self.spec.edited(&mut self.form, cx);
    }

    fn reply(&mut self, payload: Payload, cx: &mut Cx) {
        self.spec.reply(payload, &mut self.form, cx);
    }

    fn note(&mut self, note: Note, cx: &mut Cx) {
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

/// Columns for the labels.
const LABEL: u16 = 16;

/// Rows set aside for an intro.
const INTRO: u16 = 2;

fn draw_field(brush: &mut Brush, x: u16, y: u16, width: u16, field: &Field, focused: bool) {
    let tone = if focused { Tone::Focus } else { Tone::Dim };
    brush.text(x, y, LABEL - 1, &Safe::new(field.label), tone);
    let (x, width) = (x + LABEL, width.saturating_sub(LABEL));
    let mut below = y + 1;
    match &field.kind {
        Kind::Text(input) => {
            field::line(brush, x, y, width, input, focused, false);
            if input.value().is_empty() && !field.help.is_empty() {
                brush.text(x, y, width, &Safe::new(field.help), Tone::Dim);
            }
        }
        Kind::Secret(input) => field::line(brush, x, y, width, input, focused, true),
        Kind::Area(area) => {
            let rows = (area.lines().len() as u16 + 1).clamp(3, 6);
            field::area(brush, Rect::new(x, y, width, rows), area, focused);
            if area.is_empty() && !field.help.is_empty() {
                brush.text(x, y, width, &Safe::new(field.help), Tone::Dim);
            }
            below = y + rows;
        }
        Kind::Choice(options, at) => {
            let label = options.get(*at).map(|(_, l)| l.clone()).unwrap_or_default();
            let arrow = if focused { Tone::Key } else { Tone::Dim };
            let runs = [
                run("‹ ", arrow),
                run(label, if focused { Tone::Strong } else { Tone::Text }),
                run(" ›", arrow),
            ];
            brush.runs(x, y, width, &runs);
        }
        Kind::Many(options, on, at) => {
            let rows = options.len().clamp(1, 5);
            let top = (at + 1).saturating_sub(rows);
            for (row, (i, (_, label))) in options.iter().enumerate().skip(top).take(rows).enumerate() {
                let mark = if on.contains(&i) { "[x] " } else { "[ ] " };
                let here = focused && i == *at;
                let tone = if here { Tone::Cursor } else { Tone::Text };
                brush.runs(x, y + row as u16, width, &[run(mark, tone), run(label.clone(), tone)]);
            }
            below = y + rows as u16;
        }
    }
    for (text, tone) in [(&field.error, Tone::Bad), (&field.current, Tone::Warn)] {
        for line in text.iter().flat_map(|t| wrap(t, usize::from(width).max(8))) {
            brush.text(x, below, width, &line, tone);
            below += 1;
        }
    }
}
