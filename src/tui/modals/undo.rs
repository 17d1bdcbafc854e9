//! Undo and redo (`z`, `ctrl-z`): first what it will do, field by field, then Enter does it. `J` and `K` go to older and
//! newer acts of one's own.

use jiff::tz::TimeZone;
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::clock;
use super::super::effect::{Answer, Cx, Payload, sentence};
use super::super::ink::{Brush, Run, run};
use super::super::model::Model;
use super::super::panes::Note;
use super::super::theme::Tone;
use super::scroll::{self, Lines, Scroll};
use super::{Layer, Shape};
use crate::api::Page;
use crate::api::act::{Act, ActDone, ActPreview, ActState, ListActs, RedoAct, ShowAct, UndoAct, Way};
use crate::domain::id::ActId;
use crate::domain::safe::Safe;
use crate::domain::time::Time;

/// How many of one's last acts can be gone through.
const ACTS: u32 = 50;
/// Rows below the lines: one of air, one with the answer.
const FOOT: u16 = 2;

#[derive(Debug)]
enum Msg {
    Acts(Answer<Page<Act>>),
    Preview(Box<Answer<ActPreview>>),
    Done(Box<Answer<ActDone>>),
}

/// See the module's description.
#[derive(Debug)]
pub struct Undo {
    way: Way,
    /// The only act it is about, where it was chosen elsewhere.
    only: Option<ActId>,
    acts: Option<Vec<Act>>,
    at: usize,
    preview: Option<ActPreview>,
    failed: Option<Safe>,
    doing: bool,
    asked: bool,
    scroll: Scroll,
}

impl Undo {
    pub fn new(way: Way) -> Self {
        Self {
            way,
            only: None,
            acts: None,
            at: 0,
            preview: None,
            failed: None,
            doing: false,
            asked: false,
            scroll: Scroll::default(),
        }
    }

    /// Taking back this one act.
    pub fn of(act: ActId) -> Self {
        Self {
            only: Some(act),
            ..Self::new(Way::Undo)
        }
    }

    fn ask(&mut self, cx: &mut Cx) {
        if let Some(act) = self.only {
            return cx.read("act", ShowAct { act }, |answer| Msg::Preview(Box::new(answer)));
        }
        let request = ListActs {
            undone: self.way == Way::Redo,
            limit: Some(ACTS),
            cursor: None,
        };
        cx.read("acts", request, Msg::Acts);
    }

    fn look(&mut self, cx: &mut Cx) {
        self.preview = None;
        self.failed = None;
        self.scroll.home();
        if let Some(act) = self.acts.as_ref().and_then(|acts| acts.get(self.at)) {
            let act = act.id;
            cx.read("act", ShowAct { act }, |answer| Msg::Preview(Box::new(answer)));
        }
    }

    fn step(&mut self, older: bool, cx: &mut Cx) {
        let n = self.acts.as_ref().map_or(0, Vec::len);
        let to = if older {
            (self.at + 1).min(n.saturating_sub(1))
        } else {
            self.at.saturating_sub(1)
        };
        if to == self.at {
            let end = if older {
                "This is the oldest one shown."
            } else {
                "This is the latest one."
            };
            return cx.say(Tone::Dim, end);
        }
        self.at = to;
        self.look(cx);
    }

    fn go(&mut self, cx: &mut Cx) {
        let Some(preview) = &self.preview else { return };
        if let Some(refusal) = &preview.refused {
            return cx.say(Tone::Warn, Safe::new(&refusal.detail));
        }
        if std::mem::replace(&mut self.doing, true) {
            return;
        }
        let act = preview.act.id;
        let done = |answer| Msg::Done(Box::new(answer));
        match preview.way {
            Way::Undo => cx.write(UndoAct { act }, None, done),
            Way::Redo => cx.write(RedoAct { act }, None, done),
        }
    }

    fn lines(&self, model: &Model) -> Lines {
        let width = self.scroll.width();
        let mut out = Lines::new();
        if let Some(why) = &self.failed {
            scroll::text(&mut out, why, Tone::Bad, width);
            return out;
        }
        let Some(acts) = &self.acts else {
            out.push(vec![run("Asking what there is to take back…", Tone::Dim)]);
            return out;
        };
        if acts.is_empty() {
            let none = match self.way {
                Way::Undo => "You have done nothing yet that could be taken back.",
                Way::Redo => "Nothing of yours was taken back, so there is nothing to do again.",
            };
            scroll::text(&mut out, &Safe::new(none), Tone::Dim, width);
            return out;
        }
        let act = &acts[self.at];
        scroll::text(&mut out, &Safe::new(&act.summary), Tone::Strong, width);
        let when = format!(
            "{} · act {} of {}",
            clock::moment(act.at, &model.zone),
            self.at + 1,
            acts.len()
        );
        out.push(vec![run(when, Tone::Dim)]);
        let Some(preview) = &self.preview else {
            out.push(vec![run("Asking what it would do…", Tone::Dim)]);
            return out;
        };
        if let Some(refusal) = &preview.refused {
            scroll::heading(&mut out, "This cannot be done");
            scroll::text(&mut out, &Safe::new(&refusal.detail), Tone::Warn, width);
        }
        if !preview.changes.is_empty() {
            scroll::heading(&mut out, "What changes");
        }
        let mut last = None;
        for change in &preview.changes {
            if last != Some(change.object.id) {
                last = Some(change.object.id);
                let text = format!("{} {}", change.object.key, change.object.name);
                scroll::text(&mut out, &Safe::new(&text), Tone::Text, width);
            }
            let (from, to) = (shown(&change.from, &model.zone), shown(&change.to, &model.zone));
            let text = format!("  {:<14} {from} → {to}", change.field);
            scroll::text(&mut out, &Safe::new(&text), Tone::Key, width);
        }
        let more = preview.change_count - preview.changes.len() as i64;
        if more > 0 {
            out.push(vec![run(format!("  and {more} more"), Tone::Dim)]);
        }
        for (title, texts) in [("Also", &preview.also), ("Not taken back", &preview.not_undone)] {
            if !texts.is_empty() {
                scroll::heading(&mut out, title);
            }
            for text in texts {
                scroll::text(&mut out, &Safe::new(text), Tone::Warn, width);
            }
        }
        out
    }
}

/// A value as the rest of the screen would say it: times in the agency's zone, to the minute.
fn shown(value: &str, zone: &TimeZone) -> String {
    if value.is_empty() {
        return "(nothing)".to_owned();
    }
    Time::parse(value).map_or_else(|_| value.to_owned(), |time| clock::moment(time, zone).to_string())
}

/// What Enter does, always in sight below the lines: an act may change more than there is room for.
fn answer(preview: &ActPreview) -> [Run; 6] {
    let does = match preview.way {
        Way::Undo => " takes it back   ",
        Way::Redo => " does it again   ",
    };
    [
        run("Enter", Tone::Key),
        run(does, Tone::Text),
        run("J K", Tone::Key),
        run(" another act   ", Tone::Text),
        run("Esc", Tone::Key),
        run(" leaves it", Tone::Text),
    ]
}

impl Layer for Undo {
    fn shape(&self) -> Shape {
        Shape::Popup(86, 22)
    }

    fn set_size(&mut self, width: u16, height: u16, cx: &mut Cx) {
        self.scroll.set_size(width, height.saturating_sub(FOOT));
        if !std::mem::replace(&mut self.asked, true) {
            self.ask(cx);
        }
    }

    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        match action {
            Action::Choose => self.go(cx),
            Action::NextRecord => self.step(true, cx),
            Action::PrevRecord => self.step(false, cx),
            _ => {
                let lines = self.lines(cx.model).len();
                return self.scroll.act(action, count, lines);
            }
        }
        true
    }

    fn reply(&mut self, payload: Payload, cx: &mut Cx) {
        let Ok(msg) = payload.downcast::<Msg>() else { return };
        match *msg {
            Msg::Acts(Ok(page)) => {
                // The last act that stands: what was taken back already is nothing to take back again.
                let stands = |a: &Act| self.way == Way::Redo || a.state != ActState::Undone;
                self.acts = Some(page.items.into_iter().filter(stands).collect());
                self.look(cx);
            }
            Msg::Preview(answer) => match *answer {
                Ok(preview) => {
                    self.acts.get_or_insert_with(|| vec![preview.act.clone()]);
                    self.preview = Some(preview);
                }
                Err(fault) => self.failed = Some(sentence(&fault)),
            },
            Msg::Done(answer) => match *answer {
                Ok(done) => {
                    let (what, back) = match done.way {
                        Way::Undo => ("Taken back", Action::Redo),
                        Way::Redo => ("Done again", Action::Undo),
                    };
                    let key = cx.model.keymap.first(back);
                    // Where it cannot go the other way, the act says why.
                    let on = match done.act.reason.filter(|_| done.way == Way::Undo) {
                        Some(why) => why,
                        None => format!("{key}: {}.", back.short()),
                    };
                    let text = format!("{what}: {}. {on}", done.act.summary);
                    cx.say(Tone::Good, Safe::new(&text));
                    cx.close();
                }
                Err(fault) => {
                    self.doing = false;
                    self.failed = Some(sentence(&fault));
                }
            },
            Msg::Acts(Err(fault)) => self.failed = Some(sentence(&fault)),
        }
    }

    fn note(&mut self, note: Note, _: &mut Cx) {
        if matches!(note, Note::Kept) {
            self.failed = Some(Safe::new(super::KEPT));
        }
    }

    fn hints(&self) -> Vec<Action> {
        vec![
            Action::Choose,
            Action::NextRecord,
            Action::PrevRecord,
            Action::Down,
            Action::Back,
        ]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, model: &Model) {
        let title = match self.way {
            Way::Undo if self.only.is_some() => " Take this back ",
            Way::Undo => " Take back my last act ",
            Way::Redo => " Do again what I took back ",
        };
        let inside = brush.frame(area, &[run(title, Tone::Focus)], &[], true);
        // A row of air and the answer.
        let text = Rect::new(inside.x, inside.y, inside.width, inside.height.saturating_sub(FOOT));
        self.scroll.draw(brush, text, &self.lines(model));
        if let Some(preview) = self.preview.as_ref().filter(|p| p.refused.is_none()) {
            let width = inside.width.saturating_sub(2);
            brush.runs(inside.x + 1, inside.bottom().saturating_sub(1), width, &answer(preview));
        }
    }
}
