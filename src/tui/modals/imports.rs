//! The imports of a project (`w` on it), newest first: what each did, and the way back. Enter or `z` shows what taking one
//! back would do, `W` what it saw that the one before did not.

use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::clock;
use super::super::effect::{Answer, Cx, Payload, sentence};
use super::super::ink::{Brush, Run, run, wrap};
use super::super::model::{Chosen, Model};
use super::super::panes::Note;
use super::super::theme::Tone;
use super::compare::Compare;
use super::undo::Undo;
use super::{Layer, Shape, leaf};
use crate::api::Page;
use crate::api::event::Topic;
use crate::api::import::{Batch, BatchState, ListBatches};
use crate::domain::safe::Safe;

/// More than anybody looks through here; the rest is `riskdesk import list`.
const ROWS: u32 = 200;

#[derive(Debug)]
struct Listed(Answer<Page<Batch>>);

/// See the module's description.
#[derive(Debug)]
pub struct Imports {
    project: Chosen,
    page: Option<Page<Batch>>,
    failed: Option<Safe>,
    at: usize,
    rows: usize,
    asked: bool,
}

impl Imports {
    pub fn new(project: Chosen) -> Self {
        Self {
            project,
            page: None,
            failed: None,
            at: 0,
            rows: 1,
            asked: false,
        }
    }

    fn ask(&self, cx: &mut Cx) {
        let request = ListBatches {
            project: Some(self.project.key.clone()),
            limit: Some(ROWS),
            cursor: None,
        };
        cx.read("imports", request, Listed);
    }

    fn items(&self) -> &[Batch] {
        self.page.as_ref().map_or(&[], |page| &page.items)
    }

    /// Beside the one before it.
    fn compare(&self, cx: &mut Cx) {
        let Some(later) = self.items().get(self.at) else { return };
        let earlier = self.items().iter().skip(self.at + 1);
        let earlier = earlier.into_iter().find(|b| b.state == BatchState::Applied);
        match (later.state == BatchState::Applied, earlier) {
            (false, _) => cx.say(
                Tone::Warn,
                "Only imports that stand are compared: this one is not applied, or was taken back.",
            ),
            (true, None) => cx.say(Tone::Warn, "No import before this one stands in the project."),
            (true, Some(earlier)) => cx.open(Compare::new(earlier, later)),
        }
    }

    fn take_back(&self, cx: &mut Cx) {
        let Some(batch) = self.items().get(self.at) else { return };
        match batch.act {
            Some(act) => cx.open(Undo::of(act)),
            None => cx.say(Tone::Warn, Safe::new(&no_way_back(batch))),
        }
    }
}

/// Why it cannot be taken back by whoever asks.
fn no_way_back(batch: &Batch) -> String {
    match (batch.state, &batch.applied_by) {
        (BatchState::Undone, _) => "This import was taken back. Import its reports again to have it back.".to_owned(),
        (BatchState::Applied, Some(by)) => format!("{} applied this import: only they can take it back.", by.name),
        (BatchState::Applied, None) => "This import was applied before imports could be taken back.".to_owned(),
        _ => "This import was not applied: there is nothing to take back.".to_owned(),
    }
}

fn state(batch: &Batch) -> Run {
    match batch.state {
        BatchState::Applied => run("applied", Tone::Good),
        BatchState::Undone => run("taken back", Tone::Warn),
        BatchState::Failed => run("failed", Tone::Bad),
        BatchState::Open | BatchState::Planning | BatchState::Planned | BatchState::Applying => {
            run("not applied", Tone::Dim)
        }
    }
}

/// What it did, in numbers, and what it was made of.
fn line(batch: &Batch, model: &Model) -> Vec<Run> {
    let at = clock::moment(batch.applied_at.unwrap_or(batch.created_at), &model.zone);
    let mut runs = vec![run(format!("{at}  "), Tone::Dim)];
    let state = state(batch);
    let pad = 11_usize.saturating_sub(state.text.width());
    runs.push(state);
    runs.push(run(" ".repeat(pad), Tone::Text));
    if let Some(totals) = batch.totals {
        let text = format!(
            "{:>5} new {:>4} reopened {:>4} gone {:>6} recurring  ",
            totals.new, totals.reopened, totals.not_seen, totals.recurring
        );
        runs.push(run(text, Tone::Text));
    }
    let by = batch.applied_by.as_ref().unwrap_or(&batch.created_by);
    let files: Vec<&str> = batch.files.iter().map(|f| f.file.as_str()).collect();
    runs.push(run(Safe::new(&by.name).truncate(14), Tone::Key));
    runs.push(run(Safe::new(&format!("  {}", files.join(", "))), Tone::Dim));
    runs
}

impl Layer for Imports {
    fn shape(&self) -> Shape {
        Shape::Popup(110, 20)
    }

    fn set_size(&mut self, _: u16, height: u16, cx: &mut Cx) {
        self.rows = usize::from(height.saturating_sub(2)).max(1);
        if !std::mem::replace(&mut self.asked, true) {
            self.ask(cx);
        }
    }

    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        match action {
            Action::Choose | Action::Undo => self.take_back(cx),
            Action::Record => self.compare(cx),
            _ => {
                let len = self.items().len();
                return leaf(&mut self.at, len, self.rows, action, count);
            }
        }
        true
    }

    fn reply(&mut self, payload: Payload, _: &mut Cx) {
        let Ok(listed) = payload.downcast::<Listed>() else {
            return;
        };
        match listed.0 {
            Ok(page) => {
                self.at = self.at.min(page.items.len().saturating_sub(1));
                (self.page, self.failed) = (Some(page), None);
            }
            Err(fault) => self.failed = Some(sentence(&fault)),
        }
    }

    fn note(&mut self, note: Note, cx: &mut Cx) {
        let changed = match note {
            Note::Changes(events) => events.iter().any(|e| e.topic == Topic::Import),
            Note::Resync => true,
            _ => false,
        };
        if changed {
            self.ask(cx);
        }
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Down, Action::Undo, Action::Record, Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, model: &Model) {
        let more = self.page.as_ref().is_some_and(|page| page.has_more);
        let count = format!(" {}{} ", self.items().len(), if more { "+" } else { "" });
        let title = [run(
            format!(" Imports of {} {} ", self.project.key, self.project.name),
            Tone::Focus,
        )];
        let inside = brush.frame(area, &title, &[run(count, Tone::Dim)], true);
        let (x, width) = (inside.x + 1, inside.width.saturating_sub(2));
        let rows = usize::from(inside.height).max(1);
        let top = (self.at + 1).saturating_sub(rows);
        for (i, batch) in self.items().iter().enumerate().skip(top).take(rows) {
            let y = inside.y + (i - top) as u16;
            let bar = (i == self.at).then_some(Tone::Cursor);
            if bar.is_some() {
                brush.bar(inside.x, y, inside.width, Tone::Cursor);
            }
            brush.runs_on(x, y, width, &line(batch, model), bar);
        }
        let told = match (&self.failed, &self.page) {
            (Some(why), _) => Some((why.clone(), Tone::Bad)),
            (None, None) => Some((Safe::new("Asking…"), Tone::Dim)),
            (None, Some(page)) if page.items.is_empty() => {
                let key = model.keymap.first(Action::Import);
                let text = format!("Nothing was imported into this project yet. {key} on it imports.");
                Some((Safe::new(&text), Tone::Dim))
            }
            _ => None,
        };
        if let Some((text, tone)) = told {
            let from = inside.y + self.items().len().min(rows.saturating_sub(1)) as u16;
            for (y, line) in (from..inside.bottom()).zip(wrap(&text, usize::from(width))) {
                brush.text(x, y, width, &line, tone);
            }
        }
    }
}
