//! The sheet around a form: its keys, its drawing, its draft.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::super::super::action::Action;
use super::super::super::effect::{Cx, Effect, Payload};
use super::super::super::ink::{Brush, run, wrap};
use super::super::super::model::Model;
use super::super::super::panes::Note;
use super::super::super::theme::Tone;
use super::super::super::widgets::field as typing;
use super::super::{KEPT, Layer, Shape};
use super::field::{Field, Kind, LABEL, draw_field};
use super::{Form, Spec};
use crate::domain::safe::Safe;

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
        if self.spec.is_lock() {
            return Shape::Full;
        }
        let width = self.spec.width();
        if !self.form.clashes.is_empty() {
            return Shape::Popup(width, self.form.clashes.height() + 2);
        }
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
        self.form.clashes.is_empty()
    }

    fn is_sign_in(&self) -> bool {
        self.spec.is_sign_in()
    }

    fn is_lock(&self) -> bool {
        self.spec.is_lock()
    }

    fn edited(&mut self, text: &str, cx: &mut Cx) {
        match self.form.fields.get_mut(self.form.at) {
            Some(field) if matches!(field.kind, Kind::Area(_)) => field.set(Safe::block(text).as_str()),
            Some(field) if matches!(field.kind, Kind::Text(_)) => {
                field.set(Safe::new(&text.replace('\n', " ")).as_str());
            }
            _ => return,
        }
        self.spec.edited(&mut self.form, cx);
    }

    fn set_size(&mut self, _: u16, _: u16, cx: &mut Cx) {
        self.spec.sized(&mut self.form, cx);
        let width = usize::from(self.spec.width().saturating_sub(6));
        let lines = self.spec.intro(cx.model);
        self.intro = lines.iter().map(|t| wrap(t, width).len() as u16).sum();
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        if !self.form.clashes.is_empty() {
            if event.code == KeyCode::Enter {
                self.form.settle();
                self.send(cx);
                return true;
            }
            return self.form.clashes.key(event);
        }
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
        if !self.form.clashes.is_empty() {
            if action == Action::Back {
                self.form.settle();
                return true;
            }
            return self.form.clashes.act(action);
        }
        match action {
            Action::NextField => self.form.go(true),
            Action::PrevField => self.form.go(false),
            Action::Send => self.send(cx),
            // Nothing but the answer takes the lock away.
            Action::Back => return self.spec.is_lock(),
            Action::Editor => match self.form.fields.get(self.form.at) {
                Some(field) if matches!(field.kind, Kind::Area(_) | Kind::Text(_)) => {
                    cx.push(Effect::Edit(field.value()));
                }
                _ => cx.say(
                    Tone::Warn,
                    "The editor is for fields with text; put the cursor into one.",
                ),
            },
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
            self.form.note = Some((Tone::Warn, Safe::new(KEPT)));
        }
        self.spec.note(note, &mut self.form, cx);
    }

    fn hints(&self) -> Vec<Action> {
        if !self.form.clashes.is_empty() {
            return vec![Action::Down, Action::Back];
        }
        vec![
            Action::Send,
            Action::NextField,
            Action::PrevField,
            Action::Editor,
            Action::Back,
        ]
    }

    fn draft(&self) -> Option<(String, BTreeMap<String, String>)> {
        let key = self.spec.draft_key()?;
        (!self.form.sent).then(|| (key, self.form.texts()))
    }

    fn draw(&self, brush: &mut Brush, area: Rect, model: &Model) {
        let title = [run(format!(" {} ", self.spec.title(model)), Tone::Focus)];
        let inside = brush.frame(area, &title, &[], true);
        let (x, width) = (inside.x + 2, inside.width.saturating_sub(4));
        if !self.form.clashes.is_empty() {
            return self
                .form
                .clashes
                .draw(brush, Rect::new(x, inside.y, width, inside.height));
        }
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
