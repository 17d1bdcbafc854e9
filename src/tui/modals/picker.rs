//! A list to pick from by typing: what palette, help, menus and the sheets for people and places have in common.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use ratatui::layout::Rect;
use tui_input::Input;

use super::super::ink::{Brush, run};
use super::super::theme::Tone;
use super::super::widgets::field;
use crate::domain::safe::Safe;

/// What is compared, in characters: the matcher counts its points in 16 bits and overflows on longer texts.
const NEEDLE_MAX: usize = 64;
const TEXT_MAX: usize = 512;

/// Something to pick.
#[derive(Debug, Clone)]
pub struct Item<T> {
    pub value: T,
    /// Left, narrow: a key, a kind.
    pub left: Safe,
    pub label: Safe,
    /// Right or behind: a reason, a place.
    pub note: Safe,
    pub enabled: bool,
}

/// The state of picking.
#[derive(Debug)]
pub struct Picker<T> {
    input: Input,
    items: Vec<Item<T>>,
    /// Indices of the items that match, best first.
    found: Vec<usize>,
    at: usize,
}

impl<T> Picker<T> {
    pub fn new(items: Vec<Item<T>>) -> Self {
        let found = (0..items.len()).collect();
        Self {
            input: Input::default(),
            items,
            found,
            at: 0,
        }
    }

    pub fn text(&self) -> &str {
        self.input.value()
    }

    /// Replaces what can be picked; what was typed stays.
    pub fn set(&mut self, items: Vec<Item<T>>) {
        self.items = items;
        self.filter();
    }

    pub fn current(&self) -> Option<&Item<T>> {
        self.found.get(self.at).map(|i| &self.items[*i])
    }

    /// Typing and moving; whether the key was one of those.
    pub fn key(&mut self, event: KeyEvent) -> bool {
        let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
        match event.code {
            KeyCode::Down => self.step(1),
            KeyCode::Up => self.step(-1),
            KeyCode::Char('n' | 'j') if ctrl => self.step(1),
            KeyCode::Char('p' | 'k') if ctrl => self.step(-1),
            KeyCode::PageDown => self.step(10),
            KeyCode::PageUp => self.step(-10),
            _ => {
                let Some(request) = field::request(event) else {
                    return false;
                };
                self.input.handle(request);
                self.filter();
            }
        }
        true
    }

    pub fn paste(&mut self, text: &str) {
        field::insert(&mut self.input, text);
        self.filter();
    }

    fn step(&mut self, by: isize) {
        let last = self.found.len().saturating_sub(1);
        self.at = self.at.saturating_add_signed(by).min(last);
    }

    fn filter(&mut self) {
        self.at = 0;
        let needle: String = self.input.value().trim().chars().take(NEEDLE_MAX).collect();
        if needle.is_empty() {
            self.found = (0..self.items.len()).collect();
            return;
        }
        let pattern = Pattern::parse(&needle, CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut scored: Vec<(u32, usize)> = Vec::new();
        for (i, item) in self.items.iter().enumerate() {
            let text = format!("{} {} {}", item.left, item.label, item.note);
            let text: String = text.chars().take(TEXT_MAX).collect();
            if let Some(score) = pattern.score(Utf32Str::new(&text, &mut buffer), &mut matcher) {
                scored.push((score + u32::from(item.enabled), i));
            }
        }
        scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        self.found = scored.into_iter().map(|(_, i)| i).collect();
    }

    /// Draws the line that is typed into and, below it, what matches.
    pub fn draw(&self, brush: &mut Brush, area: Rect, prompt: &'static str, left: u16) {
        let x = brush.text(area.x, area.y, area.width, &Safe::new(prompt), Tone::Key);
        field::line(
            brush,
            x,
            area.y,
            area.right().saturating_sub(x),
            &self.input,
            true,
            false,
        );
        let rows = usize::from(area.height.saturating_sub(2));
        let top = (self.at + 1).saturating_sub(rows);
        let mut y = area.y + 2;
        for (i, index) in self.found.iter().enumerate().skip(top).take(rows) {
            let item = &self.items[*index];
            let bar = (i == self.at).then_some(Tone::Cursor);
            if bar.is_some() {
                brush.bar(area.x, y, area.width, Tone::Cursor);
            }
            let tone = if item.enabled { Tone::Text } else { Tone::Dim };
            brush.text_on(
                area.x,
                y,
                left,
                &item.left,
                if item.enabled { Tone::Key } else { Tone::Dim },
                bar,
            );
            let start = area.x + left + 1;
            let room = area.width.saturating_sub(left + 1);
            let note = (item.note.width() as u16).min(room / 2);
            let label = room.saturating_sub(if note > 0 { note + 1 } else { 0 });
            brush.text_on(start, y, label, &item.label, tone, bar);
            if note > 0 {
                brush.text_on(area.right() - note, y, note, &item.note, Tone::Dim, bar);
            }
            y += 1;
        }
        if self.found.is_empty() {
            let runs = [run("Nothing matches.", Tone::Dim)];
            brush.runs(area.x, y, area.width, &runs);
        }
    }
}
