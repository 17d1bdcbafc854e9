//! The agency overview (`O`): plan and allowances, open findings, what is due this week, the worst clients, recent acts.
//! For a viewer it is the whole console: it lies at the bottom of the stack and stays.

use ratatui::layout::Rect;

use super::super::action::{Action, Can};
use super::super::clock;
use super::super::effect::{Answer, Cx, Effect, Payload, sentence};
use super::super::ink::{Brush, run};
use super::super::model::Model;
use super::super::panes::Note;
use super::super::theme::Tone;
use super::scroll::{Lines, Scroll};
use super::{Layer, Shape};
use crate::api::agency::{Overview as Shown, ShowOverview};
use crate::domain::safe::Safe;
use crate::domain::time::Time;

mod charts;

/// Said to a viewer who presses a key of the rest of the console.
pub const ONLY: &str = "A viewer sees the overview alone; an admin can change your role.";

/// How old it may become: not everything that moves a number is told to everybody who may read the number.
const FRESH_MS: i64 = 60_000;
/// After a change, and no more often: an import tells of each of its findings.
const SETTLE_MS: i64 = 2_000;

#[derive(Debug)]
struct Came(Answer<Shown>);

/// See the module's description.
#[derive(Debug, Default)]
pub struct Overview {
    /// There is nothing else: the reader is a viewer.
    alone: bool,
    shown: Option<Shown>,
    failed: Option<Safe>,
    scroll: Scroll,
    /// When it was asked for last.
    asked: Option<Time>,
    waiting: bool,
    /// Something changed since.
    stale: bool,
}

impl Overview {
    /// For a viewer: the only thing on the screen.
    pub fn alone() -> Self {
        Self {
            alone: true,
            ..Self::default()
        }
    }

    fn ask(&mut self, cx: &mut Cx) {
        self.asked = Some(cx.model.now);
        self.waiting = true;
        self.stale = false;
        cx.read("overview", ShowOverview {}, Came);
    }

    /// When it is to be asked for again.
    fn due(&self) -> Option<Time> {
        let wait = if self.stale { SETTLE_MS } else { FRESH_MS };
        self.asked.filter(|_| !self.waiting).map(|at| at.plus_ms(wait))
    }

    fn lines(&self, width: usize) -> Lines {
        let mut out = Lines::new();
        if let Some(why) = &self.failed {
            super::scroll::text(&mut out, why, Tone::Bad, width);
            out.push(Vec::new());
        }
        match &self.shown {
            Some(shown) => out.extend(charts::lines(shown, width, self.alone)),
            None if self.failed.is_none() => out.push(vec![run("Asking…", Tone::Dim)]),
            None => {}
        }
        out
    }

    /// Whether it leaves this to the desk, although there is nothing but itself.
    fn lets_through(action: Action) -> bool {
        matches!(
            action,
            Action::Help | Action::Palette | Action::Reload | Action::Log | Action::Lock | Action::Cancel
        )
    }

    fn moves(action: Action) -> bool {
        matches!(
            action,
            Action::Down
                | Action::Up
                | Action::PageDown
                | Action::PageUp
                | Action::HalfDown
                | Action::HalfUp
                | Action::Top
                | Action::Bottom
        )
    }
}

impl Layer for Overview {
    fn shape(&self) -> Shape {
        Shape::Full
    }

    fn set_size(&mut self, width: u16, height: u16, cx: &mut Cx) {
        self.scroll.set_size(width, height);
        if self.asked.is_none() || self.due().is_some_and(|at| at <= cx.model.now) {
            self.ask(cx);
        }
    }

    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        let lines = self.lines(self.scroll.width()).len();
        if self.scroll.act(action, count, lines) {
            return true;
        }
        match (action, self.alone) {
            (Action::Overview, false) => cx.close(),
            (Action::Quit, true) => cx.push(Effect::Quit),
            // It is the bottom: there is nothing to go back to.
            (Action::Back | Action::Overview, true) => {}
            _ => return false,
        }
        true
    }

    fn can(&self, action: Action, _: &Model) -> Can {
        match action {
            Action::Overview | Action::Quit | Action::Back => Can::Yes,
            action if Self::moves(action) => Can::Yes,
            action if self.alone && !Self::lets_through(action) => Can::No(ONLY),
            _ => Can::NotHere,
        }
    }

    fn reply(&mut self, payload: Payload, _: &mut Cx) {
        let Ok(came) = payload.downcast::<Came>() else { return };
        self.waiting = false;
        match came.0 {
            Ok(shown) => {
                self.shown = Some(shown);
                self.failed = None;
            }
            // What was read before stays, with its time.
            Err(fault) => self.failed = Some(sentence(&fault)),
        }
    }

    fn note(&mut self, note: Note, cx: &mut Cx) {
        match note {
            Note::Resync => self.ask(cx),
            Note::Changes(_) => self.stale = true,
            _ => {}
        }
    }

    fn next_change(&self, _: Time) -> Option<Time> {
        self.due()
    }

    fn hints(&self) -> Vec<Action> {
        let last = if self.alone { Action::Quit } else { Action::Back };
        vec![Action::Down, Action::Reload, last]
    }

    fn is_all(&self) -> bool {
        self.alone
    }

    fn draw(&self, brush: &mut Brush, area: Rect, model: &Model) {
        let stamp = self.shown.as_ref().map(|s| clock::hour(s.as_of, &model.zone));
        let stamp = stamp.map(|at| run(format!(" as of {at} "), Tone::Dim));
        let inside = brush.frame(area, &[run(" Overview ", Tone::Focus)], stamp.as_slice(), true);
        let lines = self.lines(usize::from(inside.width.saturating_sub(2)));
        self.scroll.draw(brush, inside, &lines);
    }
}
