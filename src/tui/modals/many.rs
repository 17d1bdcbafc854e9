//! One change to all that is marked: what to change (`s`, `a`, `u`, `e` over marks), the notes it needs, then a dry run
//! whose counts are shown before Enter does it. All or nothing; `z` takes all of it back.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::acts::Many;
use super::super::effect::{Answer, Cx, Effect, Payload, sentence};
use super::super::ink::{Brush, Run, run};
use super::super::model::Model;
use super::super::panes::Note;
use super::super::theme::Tone;
use super::super::window::grouped;
use super::picker::Picker;
use super::scroll::{self, Lines, Scroll};
use super::{Layer, Shape};
use crate::api::bulk::{BulkChange, BulkEdit, BulkFindings, BulkLosses, BulkOutcome, FindingAt};
use crate::domain::safe::Safe;

mod choices;
mod fields;

use choices::{Pick, Step, edits, marks, moves, people};
pub use fields::DRAFT;

#[derive(Debug)]
enum Msg {
    Shown(Box<Answer<BulkOutcome>>),
    Done(Box<Answer<BulkOutcome>>),
}

#[derive(Debug)]
enum Stage {
    Pick(Vec<Pick>, usize),
    Person(Picker<Option<String>>),
    /// The dry run and what it said.
    Plan(BulkChange, Option<BulkOutcome>),
}

/// See the module's description.
#[derive(Debug)]
pub struct Change {
    many: Many,
    title: &'static str,
    stage: Stage,
    failed: Option<Safe>,
    sending: bool,
    /// Whether the server has been asked what it would do.
    asked: bool,
    scroll: Scroll,
    /// The name under which what was typed for it is kept until it is done.
    draft: Option<String>,
}

/// What it is about, in words.
pub fn about(many: &Many) -> String {
    match many {
        Many::These(findings) => match findings.as_slice() {
            [only] => only.key.clone(),
            several => format!("{} marked", several.len()),
        },
        Many::All { count: Some(n), .. } => format!("all {} that match", grouped(*n)),
        Many::All { count: None, .. } => "all that match".to_owned(),
    }
}

/// What findings lose that go to another client's project; nothing where they stay with theirs.
fn losses(losses: &BulkLosses) -> impl Iterator<Item = (i64, &'static str)> {
    let all = [
        (losses.leave_their_client, "leave their client"),
        (losses.comments_made_internal, "shared comments become internal"),
        (losses.rounds_made_internal, "verification rounds become internal"),
        (losses.claims_ended, "claims in the queue end"),
        (
            losses.releases_taken_back,
            "releases are taken back, with their due dates",
        ),
        (
            losses.assignees_dropped,
            "lose an assignee who may not open the project",
        ),
    ];
    all.into_iter().filter(|(n, _)| *n > 0)
}

impl Change {
    /// The sheet of an act over marks; none where the act has no meaning for many.
    pub fn new(action: Action, many: Many, model: &Model) -> Option<Self> {
        if action == Action::Edit {
            return Some(Self::edit(many));
        }
        let (title, stage) = match action {
            Action::Status => (" Move what is marked ", Stage::Pick(moves(), 0)),
            Action::Release => (" Triage and release what is marked ", Stage::Pick(marks(), 0)),
            Action::Person => (" Who takes care of what is marked ", Stage::Person(people(model))),
            _ => return None,
        };
        Some(Self::at(many, title, stage, None))
    }

    /// Severity, due date and tags, of marked findings or of one.
    pub fn edit(many: Many) -> Self {
        Self::at(many, " Edit ", Stage::Pick(edits(), 0), None)
    }

    fn at(many: Many, title: &'static str, stage: Stage, draft: Option<String>) -> Self {
        Self {
            many,
            title,
            stage,
            failed: None,
            sending: false,
            asked: false,
            scroll: Scroll::default(),
            draft,
        }
    }

    /// What a change would do, to be looked at before it is done.
    pub fn planned(many: Many, change: BulkChange, draft: Option<String>) -> Self {
        Self::at(many, " What it would do ", Stage::Plan(change, None), draft)
    }

    fn take(&mut self, i: usize, cx: &mut Cx) {
        let Stage::Pick(picks, _) = &self.stage else { return };
        let Some(pick) = picks.get(i) else { return };
        match pick.step.clone() {
            Step::Change(change) => self.plan(change, cx),
            Step::Ask(ask) => {
                cx.close();
                cx.open(fields::sheet(self.many.clone(), ask, cx.model));
            }
            Step::Alone(why) => cx.say(Tone::Warn, why),
            Step::Due(days) => {
                let due_at = Some(days.map(|d| cx.model.now.plus_days(d)));
                let edit = BulkEdit {
                    due_at,
                    ..BulkEdit::default()
                };
                self.plan(BulkChange::Edit(edit), cx);
            }
        }
    }

    /// Asks what the change would do.
    fn plan(&mut self, change: BulkChange, cx: &mut Cx) {
        self.stage = Stage::Plan(change, None);
        self.failed = None;
        self.scroll.home();
        self.ask_plan(cx);
    }

    fn ask_plan(&mut self, cx: &mut Cx) {
        if let Stage::Plan(change, None) = &self.stage {
            self.asked = true;
            cx.ask("plan", self.request(change, None, true), |answer| {
                Msg::Shown(Box::new(answer))
            });
        }
    }

    fn request(&self, change: &BulkChange, digest: Option<String>, dry_run: bool) -> BulkFindings {
        let (findings, q) = match &self.many {
            Many::These(findings) => {
                let at = |f: &crate::api::finding::Finding| FindingAt {
                    finding: f.id.to_string(),
                    version: Some(f.version),
                };
                (findings.iter().map(at).collect(), None)
            }
            Many::All { query, .. } => (Vec::new(), query.clone()),
        };
        BulkFindings {
            digest: digest.filter(|_| q.is_some()),
            findings,
            q,
            change: change.clone(),
            dry_run,
        }
    }

    fn go(&mut self, cx: &mut Cx) {
        let Stage::Plan(change, Some(outcome)) = &self.stage else {
            return;
        };
        if outcome.refused > 0 {
            return cx.say(
                Tone::Warn,
                "All or nothing: leave out those that cannot change (Esc, then Space or another query).",
            );
        }
        let elsewhere = |c: &crate::api::bulk::BulkClient| cx.model.pinned_elsewhere(c.client.as_ref().map(|c| c.id));
        if outcome.clients.iter().any(elsewhere) {
            return cx.say(
                Tone::Warn,
                "Some belong to another client than the pinned one: `.` unpins.",
            );
        }
        if outcome.changed == 0 {
            cx.say(Tone::Dim, "All of them are so already: nothing was done.");
            return cx.close();
        }
        if !std::mem::replace(&mut self.sending, true) {
            let request = self.request(change, Some(outcome.digest.clone()), false);
            cx.write(request, None, |answer| Msg::Done(Box::new(answer)));
        }
    }

    fn lines(&self, model: &Model) -> Lines {
        let width = self.scroll.width();
        let mut out = Lines::new();
        let Stage::Plan(_, outcome) = &self.stage else {
            return out;
        };
        if let Some(why) = &self.failed {
            scroll::text(&mut out, why, Tone::Bad, width);
            return out;
        }
        let Some(outcome) = outcome else {
            out.push(vec![run("Asking what it would do…", Tone::Dim)]);
            return out;
        };
        for (n, text, tone) in [
            (outcome.changed, "will change", Tone::Strong),
            (outcome.already, "are so already", Tone::Dim),
            (outcome.refused, "cannot change", Tone::Bad),
        ] {
            if n > 0 || text == "will change" {
                out.push(vec![run(format!("{:>7}  ", grouped(n)), tone), run(text, tone)]);
            }
        }
        for (n, text) in outcome.losses.iter().flat_map(losses) {
            out.push(vec![
                run(format!("{:>7}  ", grouped(n)), Tone::Warn),
                run(text, Tone::Text),
            ]);
        }
        if !outcome.reasons.is_empty() {
            scroll::heading(&mut out, "Why not");
        }
        for reason in &outcome.reasons {
            let text = format!("{} · {} ({})", reason.count, reason.detail, reason.examples.join(" "));
            scroll::text(&mut out, &Safe::new(&text), Tone::Warn, width);
        }
        if !outcome.clients.is_empty() {
            scroll::heading(&mut out, "Whose findings change");
        }
        for client in &outcome.clients {
            let name = client.client.as_ref().map_or("of no client", |c| c.name.as_str());
            let elsewhere = model.pinned_elsewhere(client.client.as_ref().map(|c| c.id));
            let tone = if elsewhere { Tone::Bad } else { Tone::Text };
            out.push(vec![
                run(format!("{:>7}  ", grouped(client.count)), tone),
                run(name, tone),
                run(if elsewhere { "  not the pinned client" } else { "" }, Tone::Bad),
            ]);
        }
        out.push(Vec::new());
        let (key, does) = match outcome {
            _ if self.sending => ("Doing it…", ""),
            // All or nothing, and here it would be nothing.
            o if o.refused > 0 || o.changed == 0 => ("", ""),
            _ => ("Enter", " does it   "),
        };
        out.push(vec![
            run(key, Tone::Key),
            run(does, Tone::Text),
            run("Esc", Tone::Key),
            run(" leaves it", Tone::Text),
        ]);
        out
    }
}

impl Layer for Change {
    fn shape(&self) -> Shape {
        match &self.stage {
            Stage::Pick(picks, _) => Shape::Popup(64, picks.len() as u16 + 2),
            Stage::Person(_) => Shape::Popup(70, 16),
            Stage::Plan(..) => Shape::Popup(76, 18),
        }
    }

    fn is_typing(&self) -> bool {
        matches!(self.stage, Stage::Person(_))
    }

    fn set_size(&mut self, width: u16, height: u16, cx: &mut Cx) {
        self.scroll.set_size(width, height);
        if !self.asked {
            self.ask_plan(cx);
        }
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        match &mut self.stage {
            Stage::Pick(picks, at) => {
                let hit = match event.code {
                    KeyCode::Enter => Some(*at),
                    KeyCode::Char(c) => picks.iter().position(|p| p.letter == c),
                    _ => None,
                };
                if let Some(i) = hit {
                    self.take(i, cx);
                }
                hit.is_some()
            }
            Stage::Person(picker) => {
                if event.code != KeyCode::Enter {
                    return picker.key(event);
                }
                if let Some(item) = picker.current() {
                    let edit = BulkEdit {
                        assignee: Some(item.value.clone()),
                        ..BulkEdit::default()
                    };
                    self.plan(BulkChange::Edit(edit), cx);
                }
                true
            }
            Stage::Plan(..) => false,
        }
    }

    fn paste(&mut self, text: &str, _: &mut Cx) {
        if let Stage::Person(picker) = &mut self.stage {
            picker.paste(text);
        }
    }

    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        match (&mut self.stage, action) {
            (Stage::Pick(picks, at), Action::Down) => *at = (*at + count.unwrap_or(1)).min(picks.len() - 1),
            (Stage::Pick(_, at), Action::Up) => *at = at.saturating_sub(count.unwrap_or(1)),
            (Stage::Plan(..), Action::Choose) => self.go(cx),
            (Stage::Plan(..), _) => {
                let lines = self.lines(cx.model).len();
                return self.scroll.act(action, count, lines);
            }
            _ => return false,
        }
        true
    }

    fn reply(&mut self, payload: Payload, cx: &mut Cx) {
        let Ok(msg) = payload.downcast::<Msg>() else { return };
        match *msg {
            Msg::Shown(answer) => match *answer {
                Ok(outcome) => {
                    if let Stage::Plan(_, shown) = &mut self.stage {
                        *shown = Some(outcome);
                    }
                }
                Err(fault) => self.failed = Some(sentence(&fault)),
            },
            Msg::Done(answer) => {
                self.sending = false;
                match *answer {
                    Ok(outcome) => {
                        let (n, s) = (grouped(outcome.changed), if outcome.changed == 1 { "" } else { "s" });
                        cx.push(Effect::Unmark);
                        cx.push(Effect::Drop(self.draft.take().unwrap_or_default()));
                        cx.close();
                        let text = format!("{n} finding{s} changed in one act.");
                        cx.say(Tone::Good, Safe::new(&text));
                    }
                    Err(fault) => self.failed = Some(sentence(&fault)),
                }
            }
        }
    }

    fn note(&mut self, note: Note, cx: &mut Cx) {
        if matches!(note, Note::Kept) {
            cx.close();
        }
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Choose, Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, model: &Model) {
        let note: [Run; 1] = [run(format!(" {} ", about(&self.many)), Tone::Strong)];
        let inside = brush.frame(area, &[run(self.title, Tone::Focus)], &note, true);
        match &self.stage {
            Stage::Pick(picks, at) => {
                for (i, pick) in picks.iter().enumerate().take(usize::from(inside.height)) {
                    let y = inside.y + i as u16;
                    let bar = (i == *at).then_some(Tone::Cursor);
                    if bar.is_some() {
                        brush.bar(inside.x, y, inside.width, Tone::Cursor);
                    }
                    let runs = [
                        run(format!(" {}  ", pick.letter), Tone::Key),
                        run(pick.text, Tone::Text),
                    ];
                    brush.runs_on(inside.x, y, inside.width, &runs, bar);
                }
            }
            Stage::Person(picker) => picker.draw(brush, inside, "person ", 6),
            Stage::Plan(..) => self.scroll.draw(brush, inside, &self.lines(model)),
        }
    }
}
