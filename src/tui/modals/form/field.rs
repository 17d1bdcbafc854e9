//! One field of a form: what it holds, what a key does to it, how it is drawn.

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use ratatui_textarea::{CursorMove, TextArea};
use tui_input::Input;

use super::super::super::ink::{Brush, run, wrap};
use super::super::super::theme::Tone;
use super::super::super::widgets::field;
use crate::domain::safe::Safe;

/// What a field holds.
#[derive(Debug)]
pub(super) enum Kind {
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
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) help: &'static str,
    pub(super) kind: Kind,
    pub(super) initial: String,
    pub(super) error: Option<Safe>,
    pub(super) hidden: bool,
    /// A value that is not among the options yet: it is chosen when they come.
    awaited: Option<String>,
}

/// A text to go on with: whoever comes back to one writes at its end.
fn at_end(value: &str) -> TextArea<'static> {
    let mut area = TextArea::new(value.split('\n').map(str::to_owned).collect());
    area.move_cursor(CursorMove::Bottom);
    area.move_cursor(CursorMove::End);
    area
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
            hidden: false,
            awaited: None,
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
        Self::new(name, label, Kind::Area(Box::new(at_end(value))))
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
    pub(super) fn value(&self) -> String {
        if let Some(value) = &self.awaited {
            return value.clone();
        }
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

    /// A value as people read it: an option by its label.
    pub(super) fn reads(&self, value: &str) -> Safe {
        match &self.kind {
            Kind::Choice(options, _) | Kind::Many(options, ..) => {
                let label = |v: &str| {
                    options
                        .iter()
                        .find(|(o, _)| o == v)
                        .map_or_else(|| v.to_owned(), |(_, l)| l.to_string())
                };
                Safe::new(&value.lines().map(label).collect::<Vec<_>>().join(", "))
            }
            _ => Safe::new(&value.replace('\n', " ")),
        }
    }

    pub(super) fn set(&mut self, value: &str) {
        self.awaited = None;
        match &mut self.kind {
            Kind::Text(input) | Kind::Secret(input) => *input = Input::new(value.to_owned()),
            Kind::Area(area) => **area = at_end(value),
            Kind::Choice(options, at) => match options.iter().position(|(v, _)| v == value) {
                Some(i) => *at = i,
                None => self.awaited = Some(value.to_owned()),
            },
            Kind::Many(options, on, _) => {
                let values: Vec<_> = value.split('\n').collect();
                if values.iter().any(|v| !options.iter().any(|(o, _)| o == v)) {
                    self.awaited = Some(value.to_owned());
                }
                *on = (0..options.len())
                    .filter(|i| values.contains(&options[*i].0.as_str()))
                    .collect();
            }
        }
    }

    pub(super) fn set_options(&mut self, options: Vec<(String, Safe)>, chosen: &[String]) {
        if let Kind::Many(old, on, at) = &mut self.kind {
            *on = (0..options.len()).filter(|i| chosen.contains(&options[*i].0)).collect();
            *old = options;
            *at = 0;
        }
    }

    /// The options have come late, or again: what was chosen, or was to be, stays so where it is among them.
    pub(super) fn late_options(&mut self, options: Vec<(String, Safe)>) {
        let value = self.value();
        let untouched = value == self.initial;
        self.awaited = None;
        match &mut self.kind {
            Kind::Choice(old, at) => {
                *at = options.iter().position(|(v, _)| *v == value).unwrap_or(0);
                *old = options;
            }
            Kind::Many(old, on, at) => {
                let values: Vec<_> = value.split('\n').collect();
                *on = (0..options.len())
                    .filter(|i| values.contains(&options[*i].0.as_str()))
                    .collect();
                *old = options;
                *at = 0;
            }
            Kind::Text(_) | Kind::Secret(_) | Kind::Area(_) => {}
        }
        if untouched {
            self.initial = self.value();
        }
    }

    pub(super) fn height(&self, width: u16) -> u16 {
        let body = match &self.kind {
            Kind::Area(area) => (area.lines().len() as u16 + 1).clamp(3, 6),
            Kind::Many(options, ..) => (options.len() as u16).clamp(1, 5),
            _ => 1,
        };
        let wrapped = |s: &Safe| wrap(s, usize::from(width).max(8)).len();
        let notes = self.error.as_ref().map_or(0, wrapped);
        body + notes as u16
    }

    pub(super) fn key(&mut self, event: KeyEvent) -> bool {
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
                } else if event.code == KeyCode::Char('u') && event.modifiers.contains(KeyModifiers::CONTROL) {
                    // ratatui-textarea's own meaning is "undo"; every shell has taught another.
                    area.delete_line_by_head();
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
        self.awaited = None;
        true
    }
}

/// Columns for the labels.
pub(super) const LABEL: u16 = 16;

pub(super) fn draw_field(brush: &mut Brush, x: u16, y: u16, width: u16, field: &Field, focused: bool) {
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
    for line in field.error.iter().flat_map(|t| wrap(t, usize::from(width).max(8))) {
        brush.text(x, below, width, &line, Tone::Bad);
        below += 1;
    }
}
