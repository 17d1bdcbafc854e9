//! The tour (`:tour`): the README's steps as a checklist over the desk. Enter ticks a step off and gives the desk back,
//! so that the next one can be tried; the place is kept while the console runs.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::effect::{Cx, Effect};
use super::super::ink::{Brush, run, wrap};
use super::super::model::Model;
use super::super::theme::Tone;
use super::super::tour::{Step, steps};
use super::scroll::Lines;
use super::{Layer, Shape};
use crate::domain::safe::Safe;

/// Columns before a step's sentence: tick, number, keys.
const INDENT: usize = 8;

/// See the module's description.
#[derive(Debug)]
pub struct Tour {
    steps: Vec<Step>,
    /// The step that is next.
    at: usize,
    size: (u16, u16),
}

impl Tour {
    /// With the steps before this one done.
    pub fn new(done: usize) -> Self {
        let steps = steps();
        Self {
            at: done.min(steps.len()),
            steps,
            size: (0, 0),
        }
    }

    fn go(&mut self, at: usize, cx: &mut Cx) {
        self.at = at.min(self.steps.len());
        cx.push(Effect::Toured(self.at));
    }

    /// All steps, and the line on which the next one begins and ends.
    fn lines(&self) -> (Lines, std::ops::Range<usize>) {
        let width = usize::from(self.size.0).saturating_sub(4 + INDENT).max(20);
        let (mut out, mut here) = (Lines::new(), 0..0);
        for (i, step) in self.steps.iter().enumerate() {
            let (tick, tone) = match i.cmp(&self.at) {
                std::cmp::Ordering::Less => ("[x]", Tone::Dim),
                std::cmp::Ordering::Equal => ("[ ]", Tone::Strong),
                std::cmp::Ordering::Greater => ("[ ]", Tone::Text),
            };
            let from = out.len();
            let mark = if i == self.at { "›" } else { " " };
            out.push(vec![
                run(format!("{mark}{tick} {:>2}  ", i + 1), tone),
                run(step.press.join("  "), if i < self.at { Tone::Dim } else { Tone::Key }),
            ]);
            for line in wrap(&Safe::new(&step.told), width) {
                out.push(vec![run(" ".repeat(INDENT), tone), run(line, tone)]);
            }
            if i == self.at {
                here = from..out.len();
            }
        }
        if self.at == self.steps.len() {
            here = out.len()..out.len() + 1;
            out.push(vec![run(
                " All done. The README goes on with your own report.",
                Tone::Good,
            )]);
        }
        (out, here)
    }
}

impl Layer for Tour {
    fn shape(&self) -> Shape {
        Shape::Popup(84, 40)
    }

    fn set_size(&mut self, width: u16, height: u16, _: &mut Cx) {
        self.size = (width, height);
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        match event.code {
            KeyCode::Enter | KeyCode::Char(' ') => {
                self.go(self.at + 1, cx);
                if event.code == KeyCode::Enter {
                    cx.close();
                }
            }
            _ => return false,
        }
        true
    }

    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        let n = count.unwrap_or(1);
        match action {
            Action::Down => self.go(self.at + n, cx),
            Action::Up => self.go(self.at.saturating_sub(n), cx),
            Action::Top => self.go(0, cx),
            Action::Bottom => self.go(self.steps.len(), cx),
            _ => return false,
        }
        true
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Down, Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, _: &Model) {
        let note = [
            run(" Enter", Tone::Key),
            run(" done  ", Tone::Dim),
            run("esc", Tone::Key),
            run(" to the desk ", Tone::Dim),
        ];
        let title = format!(" Tour {} of {} ", self.at, self.steps.len());
        let inside = brush.frame(area, &[run(title, Tone::Focus)], &note, true);
        let (lines, here) = self.lines();
        let rows = usize::from(inside.height);
        let most = lines.len().saturating_sub(rows);
        let top = here
            .end
            .saturating_sub(rows)
            .max(here.start.saturating_sub(rows / 3))
            .min(most);
        for (i, line) in lines.iter().skip(top).take(rows).enumerate() {
            brush.runs(inside.x + 1, inside.y + i as u16, inside.width.saturating_sub(2), line);
        }
    }
}
