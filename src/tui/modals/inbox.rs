//! The inbox (`!`): findings on which the client wrote last or somebody called one by name, and those with something
//! unread. Enter opens one at its comments.

use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::effect::{Answer, Cx, Effect, Payload, sentence};
use super::super::ink::{Brush, run, wrap};
use super::super::model::Model;
use super::super::panes::Note;
use super::super::theme::Tone;
use super::super::widgets::badge;
use super::{Layer, Shape, leaf};
use crate::api::Page;
use crate::api::finding::{Finding, ListFindings};
use crate::api::queue::{ListQueue, QueueItem};
use crate::domain::safe::Safe;

/// More than anybody answers in a day.
const ROWS: u32 = 200;

#[derive(Debug)]
enum Msg {
    Reply(Answer<Page<QueueItem>>),
    Unread(Answer<Page<Finding>>),
}

/// See the module's description.
#[derive(Debug, Default)]
pub struct Inbox {
    reply: Option<Vec<Finding>>,
    unread: Option<Vec<Finding>>,
    more: bool,
    failed: Option<Safe>,
    at: usize,
    rows: usize,
    asked: bool,
}

impl Inbox {
    fn ask(cx: &mut Cx) {
        let reply = ListQueue {
            q: Some("lane:reply".to_owned()),
            limit: Some(ROWS),
            ..ListQueue::default()
        };
        cx.read("reply", reply, Msg::Reply);
        let unread = ListFindings {
            q: Some("unread:yes sort:-last".to_owned()),
            limit: Some(ROWS),
            ..ListFindings::default()
        };
        cx.read("unread", unread, Msg::Unread);
    }

    /// Those that want an answer first, each finding once.
    fn items(&self) -> Vec<(bool, &Finding)> {
        let reply = self.reply.iter().flatten();
        let unread = self.unread.iter().flatten();
        let mut out: Vec<(bool, &Finding)> = reply.map(|f| (true, f)).collect();
        for finding in unread {
            if !out.iter().any(|(_, f)| f.id == finding.id) {
                out.push((false, finding));
            }
        }
        out
    }
}

impl Layer for Inbox {
    fn shape(&self) -> Shape {
        Shape::Full
    }

    fn set_size(&mut self, _: u16, height: u16, cx: &mut Cx) {
        self.rows = usize::from(height.saturating_sub(2)).max(1);
        if !std::mem::replace(&mut self.asked, true) {
            Self::ask(cx);
        }
    }

    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        if action == Action::Choose {
            let key = self.items().get(self.at).map(|(_, f)| f.key.clone());
            if let Some(key) = key {
                cx.push(Effect::OpenComments(key));
            }
            return true;
        }
        let len = self.items().len();
        leaf(&mut self.at, len, self.rows, action, count)
    }

    fn reply(&mut self, payload: Payload, _: &mut Cx) {
        let Ok(msg) = payload.downcast::<Msg>() else { return };
        match *msg {
            Msg::Reply(Ok(page)) => {
                self.more |= page.has_more;
                self.reply = Some(page.items.into_iter().map(|i| i.finding).collect());
            }
            Msg::Unread(Ok(page)) => {
                self.more |= page.has_more;
                self.unread = Some(page.items);
            }
            Msg::Reply(Err(fault)) | Msg::Unread(Err(fault)) => self.failed = Some(sentence(&fault)),
        }
        self.at = self.at.min(self.items().len().saturating_sub(1));
    }

    fn note(&mut self, note: Note, cx: &mut Cx) {
        if matches!(note, Note::Resync | Note::Changes(_)) {
            self.failed = None;
            Self::ask(cx);
        }
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Down, Action::Choose, Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, _: &Model) {
        let items = self.items();
        let count = format!(" {}{} ", items.len(), if self.more { "+" } else { "" });
        let inside = brush.frame(area, &[run(" Inbox ", Tone::Focus)], &[run(count, Tone::Dim)], true);
        let (x, width) = (inside.x + 1, inside.width.saturating_sub(2));
        let rows = usize::from(inside.height).max(1);
        let top = (self.at + 1).saturating_sub(rows);
        for (i, (reply, finding)) in items.iter().enumerate().skip(top).take(rows) {
            let y = inside.y + (i - top) as u16;
            let bar = (i == self.at).then_some(Tone::Cursor);
            if bar.is_some() {
                brush.bar(inside.x, y, inside.width, Tone::Cursor);
            }
            let mut runs = vec![run(
                if *reply { "answer  " } else { "unread  " },
                if *reply { Tone::Warn } else { Tone::Dim },
            )];
            runs.extend(badge::severity(finding.severity));
            let client = finding.client.as_ref().map_or("unassigned", |c| c.name.as_str());
            runs.push(run(format!(" {:<9} ", finding.key), Tone::Dim));
            runs.push(run(Safe::new(client).truncate(18), Tone::Text));
            runs.push(run("  ", Tone::Text));
            runs.push(run(Safe::new(&finding.title), Tone::Text));
            brush.runs_on(x, y, width, &runs, bar);
        }
        let told = match (&self.failed, items.is_empty()) {
            (Some(why), _) => Some((why.clone(), Tone::Bad)),
            (None, true) if self.reply.is_none() || self.unread.is_none() => Some((Safe::new("Asking…"), Tone::Dim)),
            (None, true) => Some((
                Safe::new("Nothing waits for your answer, and nothing is unread. `@name` in a comment calls somebody."),
                Tone::Dim,
            )),
            _ => None,
        };
        if let Some((text, tone)) = told {
            let from = inside.y + items.len().min(rows.saturating_sub(1)) as u16;
            for (y, line) in (from..inside.bottom()).zip(wrap(&text, usize::from(width))) {
                brush.text(x, y, width, &line, tone);
            }
        }
    }
}
