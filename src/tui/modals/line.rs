//! One-line bars above the key line: find (`/`) and the query (`f`). A query is checked here before it is sent, with
//! the error under the character it is about, and completed with Tab.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;
use tui_input::Input;
use unicode_width::UnicodeWidthStr;

use super::super::action::Action;
use super::super::effect::{Cx, Effect};
use super::super::ink::{Brush, run};
use super::super::model::Model;
use super::super::panes::PaneId;
use super::super::theme::Tone;
use super::super::widgets::field;
use super::{Layer, Shape};
use crate::domain::query::{Candidate, Query, complete};
use crate::domain::safe::Safe;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Find,
    Query(PaneId),
}

/// Why the text is no query, and where.
#[derive(Debug)]
struct Wrong {
    at: usize,
    message: Safe,
    /// What was probably meant; empty where nobody knows.
    hint: Safe,
}

/// See the module's description.
#[derive(Debug)]
pub struct Line {
    what: What,
    input: Input,
    /// Where the query is wrong, and why.
    error: Option<Wrong>,
    candidates: Vec<Candidate>,
    picked: Option<usize>,
}

impl Line {
    pub fn find() -> Self {
        Self::new(What::Find, "")
    }

    pub fn query(pane: PaneId, text: &str) -> Self {
        let text = if text.is_empty() {
            String::new()
        } else {
            format!("{text} ")
        };
        Self::new(What::Query(pane), &text)
    }

    fn new(what: What, text: &str) -> Self {
        let mut line = Self {
            what,
            input: Input::new(text.to_owned()),
            error: None,
            candidates: Vec::new(),
            picked: None,
        };
        line.suggest();
        line
    }

    fn suggest(&mut self) {
        self.picked = None;
        self.candidates = match self.what {
            What::Query(pane) if pane.has_grammar() => complete(self.input.value(), self.input.cursor()),
            _ => Vec::new(),
        };
    }

    fn send(&mut self, cx: &mut Cx) {
        match self.what {
            What::Find => {
                cx.push(Effect::Find(self.input.value().to_owned()));
                cx.close();
            }
            What::Query(pane) if !pane.has_grammar() => {
                cx.push(Effect::Query(pane, self.input.value().trim().to_owned()));
            }
            What::Query(pane) => match Query::parse(self.input.value()) {
                Ok(_) => cx.push(Effect::Query(pane, self.input.value().trim().to_owned())),
                Err(error) => {
                    let hint = error.suggestion.map(|s| format!("Did you mean `{s}`?"));
                    self.error = Some(Wrong {
                        at: error.at,
                        message: Safe::new(&error.message),
                        hint: Safe::new(&hint.unwrap_or_default()),
                    });
                }
            },
        }
    }

    /// Puts the next (or previous) completion in.
    fn complete(&mut self, forward: bool) {
        let n = self.candidates.len();
        if n == 0 {
            return;
        }
        let next = match self.picked {
            None if forward => 0,
            None => n - 1,
            Some(i) if forward => (i + 1) % n,
            Some(i) => (i + n - 1) % n,
        };
        self.picked = Some(next);
        let candidate = &self.candidates[next];
        // The candidates were made for the text as typed: its part that is replaced is put back first.
        let chars: Vec<char> = self.input.value().chars().collect();
        let start = candidate.replace.start.min(chars.len());
        let tail = chars.get(self.input.cursor()..).unwrap_or_default();
        let mut text: String = chars[..start].iter().collect();
        text.push_str(&candidate.insert);
        let cursor = text.chars().count();
        text.extend(tail);
        self.input = Input::new(text).with_cursor(cursor);
        self.error = None;
        if n == 1 {
            self.suggest();
        }
    }
}

impl Layer for Line {
    fn shape(&self) -> Shape {
        match self.what {
            What::Find => Shape::Bar(1),
            What::Query(_) => Shape::Bar(3),
        }
    }

    fn is_typing(&self) -> bool {
        true
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        if event.code == KeyCode::Enter {
            self.send(cx);
            return true;
        }
        match event.code {
            KeyCode::Down => self.complete(true),
            KeyCode::Up => self.complete(false),
            _ => {
                let Some(request) = field::request(event) else {
                    return false;
                };
                self.input.handle(request);
                self.error = None;
                self.suggest();
            }
        }
        true
    }

    fn act(&mut self, action: Action, _: Option<usize>, cx: &mut Cx) -> bool {
        match action {
            Action::NextField => self.complete(true),
            Action::PrevField => self.complete(false),
            Action::Send => self.send(cx),
            _ => return false,
        }
        true
    }

    fn paste(&mut self, text: &str, _: &mut Cx) {
        field::insert(&mut self.input, text);
        self.error = None;
        self.suggest();
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, _: &Model) {
        let prompt = match self.what {
            What::Find => "/ ",
            What::Query(pane) if pane.has_grammar() => "query ",
            What::Query(_) => "words ",
        };
        let x = brush.text(area.x, area.y, area.width, &Safe::new(prompt), Tone::Key);
        let width = area.right().saturating_sub(x);
        field::line(brush, x, area.y, width, &self.input, true, false);
        if area.height < 3 {
            return;
        }
        if let Some(wrong) = &self.error {
            let before: String = self.input.value().chars().take(wrong.at).collect();
            let column = x + (Safe::new(&before).as_str().width() as u16).min(width.saturating_sub(1));
            brush.text(column, area.y + 1, 1, &Safe::new("^"), Tone::Bad);
            // Beside the mark, where it is never cut off: what helps most.
            let long = wrong.hint.width() as u16;
            if column + 2 + long <= area.right() {
                brush.text(column + 2, area.y + 1, long, &wrong.hint, Tone::Warn);
            } else if area.x + long < column {
                brush.text(column - 1 - long, area.y + 1, long, &wrong.hint, Tone::Warn);
            }
            brush.text(area.x, area.y + 2, area.width, &wrong.message, Tone::Bad);
            return;
        }
        let mut runs = vec![run("tab ", Tone::Key)];
        for (i, candidate) in self.candidates.iter().enumerate() {
            let tone = if self.picked == Some(i) {
                Tone::Cursor
            } else {
                Tone::Text
            };
            runs.push(run(&candidate.insert, tone));
            runs.push(run("  ", Tone::Text));
        }
        if self.candidates.is_empty() {
            runs = vec![run("Enter asks the server; Esc leaves the query as it was.", Tone::Dim)];
        }
        brush.runs(area.x, area.y + 1, area.width, &runs);
        let help = self
            .picked
            .or(Some(0))
            .and_then(|i| self.candidates.get(i))
            .map(|c| c.help);
        brush.text(
            area.x,
            area.y + 2,
            area.width,
            &Safe::new(help.unwrap_or_default()),
            Tone::Dim,
        );
    }
}
