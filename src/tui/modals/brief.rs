//! The handover brief (`B`): what I hold, what I did since my day began, what waits for me. Read it, copy it (`y`), write
//! it to a file (`f`).

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::clock;
use super::super::effect::{Answer, Cx, Effect, Payload, sentence};
use super::super::ink::{Brush, run};
use super::super::model::Model;
use super::super::theme::Tone;
use super::scroll::{self, Lines, Scroll};
use super::{Layer, Shape};
use crate::api::Page;
use crate::api::act::{Act, ActState, ListActs};
use crate::api::finding::{Finding, ListFindings};
use crate::api::queue::{ListQueue, QueueItem};
use crate::domain::safe::Safe;
use crate::domain::time::Time;

const ROWS: u32 = 100;

#[derive(Debug)]
enum Msg {
    Held(Answer<Page<Finding>>),
    Done(Answer<Page<Act>>),
    Waits(Answer<Page<QueueItem>>),
}

/// A part of the brief: what came, or why not.
type Part<T> = Option<Result<Page<T>, Safe>>;

/// See the module's description.
#[derive(Debug, Default)]
pub struct Brief {
    held: Part<Finding>,
    done: Part<Act>,
    waits: Part<QueueItem>,
    scroll: Scroll,
    asked: bool,
}

/// When this calendar day began where the agency is.
fn day_began(model: &Model) -> Time {
    let now = jiff::Timestamp::from_millisecond(model.now.0).unwrap_or_default();
    let day = now.to_zoned(model.zone.clone()).start_of_day();
    day.map_or(model.now, |d| Time(d.timestamp().as_millisecond()))
}

fn row(finding: &Finding) -> Safe {
    let client = finding.client.as_ref().map_or("unassigned", |c| c.name.as_str());
    Safe::new(&format!(
        "{} {} [{}] {} ({})",
        finding.key, finding.title, finding.severity, client, finding.status
    ))
}

impl Brief {
    fn part<T>(
        out: &mut Lines,
        width: usize,
        title: &str,
        part: Option<&Result<Page<T>, Safe>>,
        none: &str,
        each: impl Fn(&T) -> Safe,
    ) {
        scroll::heading(out, title);
        match part {
            None => out.push(vec![run("Asking…", Tone::Dim)]),
            Some(Err(why)) => scroll::text(out, why, Tone::Bad, width),
            Some(Ok(page)) if page.items.is_empty() => out.push(vec![run(none, Tone::Dim)]),
            Some(Ok(page)) => {
                for item in &page.items {
                    scroll::text(out, &Safe::new(&format!("- {}", each(item))), Tone::Text, width);
                }
                if page.has_more {
                    out.push(vec![run("- and more", Tone::Dim)]);
                }
            }
        }
    }

    fn lines(&self, model: &Model, width: usize) -> Lines {
        let mut out = Lines::new();
        let name = model.who.as_ref().map_or("", |w| w.name.as_str());
        let title = format!("Handover of {name}, {}", clock::moment(model.now, &model.zone));
        scroll::text(&mut out, &Safe::new(&title), Tone::Strong, width);
        Self::part(&mut out, width, "I hold", self.held.as_ref(), "nothing", row);
        Self::part(
            &mut out,
            width,
            "I did today",
            self.done.as_ref(),
            "nothing yet",
            |act| {
                let back = if act.state == ActState::Undone {
                    " (taken back)"
                } else {
                    ""
                };
                Safe::new(&format!("{} {}{back}", clock::hour(act.at, &model.zone), act.summary))
            },
        );
        Self::part(
            &mut out,
            width,
            "Waits for me",
            self.waits.as_ref(),
            "nothing",
            |item| Safe::new(&format!("{}: {}", item.lane, row(&item.finding))),
        );
        out
    }
}

impl Layer for Brief {
    fn shape(&self) -> Shape {
        Shape::Full
    }

    fn set_size(&mut self, width: u16, height: u16, cx: &mut Cx) {
        self.scroll.set_size(width, height);
        if std::mem::replace(&mut self.asked, true) {
            return;
        }
        let held = ListFindings {
            q: Some("claimed:me".to_owned()),
            limit: Some(ROWS),
            ..ListFindings::default()
        };
        cx.read("held", held, Msg::Held);
        let acts = ListActs {
            limit: Some(ROWS),
            ..ListActs::default()
        };
        cx.read("done", acts, Msg::Done);
        let waits = ListQueue {
            q: Some("assignee:@me lane:verify,reply,back,overdue,due_soon".to_owned()),
            limit: Some(ROWS),
            ..ListQueue::default()
        };
        cx.read("waits", waits, Msg::Waits);
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        // Copied text is not wrapped: it is read elsewhere.
        let text = || scroll::plain(&self.lines(cx.model, 10_000));
        match event.code {
            KeyCode::Char('y') => cx.push(Effect::Copy(text())),
            KeyCode::Char('f') => cx.push(Effect::Export("handover".to_owned(), text())),
            _ => return false,
        }
        true
    }

    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        let lines = self.lines(cx.model, self.scroll.width()).len();
        self.scroll.act(action, count, lines)
    }

    fn reply(&mut self, payload: Payload, cx: &mut Cx) {
        let Ok(msg) = payload.downcast::<Msg>() else { return };
        match *msg {
            Msg::Held(answer) => self.held = Some(answer.map_err(|f| sentence(&f))),
            Msg::Done(answer) => {
                let since = day_began(cx.model);
                self.done = Some(answer.map_err(|f| sentence(&f)).map(|mut page| {
                    let all = page.items.len();
                    page.items.retain(|a| a.at >= since);
                    page.has_more &= page.items.len() == all;
                    page
                }));
            }
            Msg::Waits(answer) => self.waits = Some(answer.map_err(|f| sentence(&f))),
        }
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Down, Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, model: &Model) {
        let note = [
            run(" y", Tone::Key),
            run(" copy ", Tone::Dim),
            run("f", Tone::Key),
            run(" to a file ", Tone::Dim),
        ];
        let inside = brush.frame(area, &[run(" Handover ", Tone::Focus)], &note, true);
        self.scroll.draw(brush, inside, &self.lines(model, self.scroll.width()));
    }
}
