//! The log of calls (`@`): what this console asked the server, what came of it, how long it took, and the trace id the
//! server's log knows it by. Each can be copied as the `riskdesk` command that does the same.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::clock;
use super::super::effect::{Cx, Effect};
use super::super::ink::{Brush, run};
use super::super::model::{Logged, Model};
use super::super::theme::Tone;
use super::{Layer, Shape, leaf};
use crate::domain::safe::Safe;

/// See the module's description.
#[derive(Debug, Default)]
pub struct Log {
    /// From the newest.
    at: usize,
    rows: usize,
}

impl Log {
    fn current<'a>(&self, model: &'a Model) -> Option<&'a Logged> {
        model.log.iter().rev().nth(self.at)
    }

    fn copy(&self, cx: &mut Cx) {
        match self.current(cx.model).map(|l| l.command.clone()) {
            Some(Some(command)) => cx.push(Effect::Copy(command)),
            Some(None) => cx.say(
                Tone::Warn,
                "No command does this yet; `t` copies its trace id, `f` writes the log to a file.",
            ),
            None => {}
        }
    }
}

fn line(logged: &Logged) -> String {
    format!(
        "{} {} {} {} ms {}{}\n",
        logged.at,
        logged.method,
        logged.path,
        logged.status,
        if logged.trace.is_empty() { "-" } else { &logged.trace },
        logged.command.as_ref().map(|c| format!("  # {c}")).unwrap_or_default(),
    )
    .replace(" ms ", &format!(" {} ms ", logged.ms))
}

impl Layer for Log {
    fn shape(&self) -> Shape {
        Shape::Full
    }

    fn set_size(&mut self, _: u16, height: u16, _: &mut Cx) {
        self.rows = usize::from(height.saturating_sub(5)).max(1);
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        match event.code {
            KeyCode::Enter | KeyCode::Char('y') => self.copy(cx),
            KeyCode::Char('t') => {
                if let Some(logged) = self.current(cx.model).filter(|l| !l.trace.is_empty()) {
                    cx.push(Effect::Copy(logged.trace.clone()));
                }
            }
            KeyCode::Char('f') => {
                let all: String = cx.model.log.iter().map(line).collect();
                cx.push(Effect::Export("calls".to_owned(), all));
            }
            _ => return false,
        }
        true
    }

    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        leaf(&mut self.at, cx.model.log.len(), self.rows, action, count)
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Down, Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, model: &Model) {
        let note = [run(format!(" {} calls ", model.log.len()), Tone::Dim)];
        let inside = brush.frame(area, &[run(" Log of calls, newest first ", Tone::Focus)], &note, true);
        let (x, width) = (inside.x + 1, inside.width.saturating_sub(2));
        let rows = usize::from(inside.height.saturating_sub(3)).max(1);
        let top = (self.at + 1).saturating_sub(rows);
        for (i, logged) in model.log.iter().rev().enumerate().skip(top).take(rows) {
            let y = inside.y + (i - top) as u16;
            let bar = (i == self.at).then_some(Tone::Cursor);
            if bar.is_some() {
                brush.bar(inside.x, y, inside.width, Tone::Cursor);
            }
            let good = logged.status.starts_with('2');
            let runs = [
                run(format!("{} ", clock::second(logged.at, &model.zone)), Tone::Dim),
                run(format!("{:<6} ", logged.method), Tone::Key),
                run(
                    format!("{:<5} ", logged.status),
                    if good { Tone::Good } else { Tone::Bad },
                ),
                run(format!("{:>6} ms  ", logged.ms), Tone::Text),
                run(Safe::new(&logged.path), Tone::Text),
            ];
            brush.runs_on(x, y, width, &runs, bar);
        }
        if let Some(logged) = self.current(model) {
            let command = logged.command.as_deref().unwrap_or("no command does this yet");
            let runs = [run("command  ", Tone::Dim), run(Safe::new(command), Tone::Strong)];
            brush.runs(x, inside.bottom().saturating_sub(2), width, &runs);
            let trace = if logged.trace.is_empty() { "none" } else { &logged.trace };
            let runs = [
                run("trace    ", Tone::Dim),
                run(Safe::new(trace), Tone::Text),
                run("  copy: ", Tone::Dim),
                run("Enter", Tone::Key),
                run(" command ", Tone::Dim),
                run("t", Tone::Key),
                run(" trace ", Tone::Dim),
                run("f", Tone::Key),
                run(" file", Tone::Dim),
            ];
            brush.runs(x, inside.bottom().saturating_sub(1), width, &runs);
        }
    }
}
