//! Corrections by hand: which of several findings stays (`M`), or places that are a finding of their own (`S`). What it
//! would do is shown before Enter does it; `z` takes it back.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::effect::{Answer, Cx, Effect, Payload, sentence};
use super::super::ink::{Brush, run};
use super::super::model::Model;
use super::super::theme::Tone;
use super::super::words::counted;
use super::scroll::{self, Lines, Scroll};
use super::{Layer, Shape};
use crate::api::bulk::FindingAt;
use crate::api::correction::{CorrectionDone, MergeFindings, SplitFinding};
use crate::api::finding::{Finding, FindingDetail, ShowFinding};
use crate::domain::id::OccurrenceId;
use crate::domain::safe::Safe;

/// The most findings to choose from that are listed at once.
const ROWS: usize = 14;

#[derive(Debug)]
enum Msg {
    Detail(Box<Answer<FindingDetail>>),
    Shown(Box<Answer<CorrectionDone>>),
    Done(Box<Answer<CorrectionDone>>),
}

/// What is corrected, as it is sent.
#[derive(Debug, Clone)]
enum Order {
    Merge(MergeFindings),
    Split(SplitFinding),
}

#[derive(Debug)]
enum Stage {
    /// What is related to one finding is being asked for.
    Related(Box<Finding>),
    /// A finding, what stands beside it, and where the cursor is. With `this`, it stays and the chosen one goes.
    Pick {
        rows: Vec<(Finding, String)>,
        at: usize,
        this: Option<Box<Finding>>,
    },
    Plan(Box<Order>, Option<Box<CorrectionDone>>),
}

/// See the module's description.
#[derive(Debug)]
pub struct Correct {
    title: &'static str,
    stage: Stage,
    failed: Option<Safe>,
    sending: bool,
    asked: bool,
    scroll: Scroll,
}

impl Correct {
    fn at(title: &'static str, stage: Stage) -> Self {
        Self {
            title,
            stage,
            failed: None,
            sending: false,
            asked: false,
            scroll: Scroll::default(),
        }
    }

    /// Several that are marked become one: which one stays?
    pub fn marked(findings: &[Finding]) -> Self {
        let rows = findings.iter().map(|f| (f.clone(), f.tool.clone())).collect();
        let stage = Stage::Pick {
            rows,
            at: 0,
            this: None,
        };
        Self::at(" Which one stays? ", stage)
    }

    /// One finding and one that is related to it.
    pub fn related(finding: &Finding) -> Self {
        let stage = Stage::Related(Box::new(finding.clone()));
        Self::at(" Which one is the same problem? ", stage)
    }

    /// Places that become a finding of their own.
    pub fn split(finding: &Finding, occurrences: Vec<OccurrenceId>) -> Self {
        let order = Order::Split(SplitFinding {
            finding: finding.id.to_string(),
            version: Some(finding.version),
            occurrences,
            client_sees: false,
            dry_run: true,
        });
        Self::at(" What a split would do ", Stage::Plan(Box::new(order), None))
    }

    fn ask(&mut self, cx: &mut Cx) {
        match &self.stage {
            Stage::Related(finding) => {
                let finding = finding.id.to_string();
                cx.read("related", ShowFinding { finding }, |a| Msg::Detail(Box::new(a)));
            }
            Stage::Plan(order, None) => {
                let shown = |answer| Msg::Shown(Box::new(answer));
                match (**order).clone() {
                    Order::Merge(request) => cx.ask("correct", request, shown),
                    Order::Split(request) => cx.ask("correct", request, shown),
                }
            }
            Stage::Pick { .. } | Stage::Plan(..) => {}
        }
    }

    fn choose(&mut self, cx: &mut Cx) {
        let Stage::Pick { rows, at, this } = &self.stage else {
            return;
        };
        let Some((chosen, _)) = rows.get(*at) else { return };
        let (into, all): (&Finding, Vec<&Finding>) = match this {
            Some(this) => (this, vec![this, chosen]),
            None => (chosen, rows.iter().map(|(f, _)| f).collect()),
        };
        let order = Order::Merge(MergeFindings {
            findings: all
                .into_iter()
                .map(|f| FindingAt {
                    finding: f.id.to_string(),
                    version: Some(f.version),
                })
                .collect(),
            into: into.id.to_string(),
            client_sees: false,
            dry_run: true,
        });
        self.title = " What a merge would do ";
        self.stage = Stage::Plan(Box::new(order), None);
        self.scroll.home();
        self.ask(cx);
    }

    /// Does what was shown: whoever read what the client will see and pressed Enter meant it.
    fn go(&mut self, cx: &mut Cx) {
        let Stage::Plan(order, Some(shown)) = &self.stage else {
            return;
        };
        if cx.model.pinned_elsewhere(shown.finding.client.as_ref().map(|c| c.id)) {
            return cx.say(
                Tone::Warn,
                "This belongs to another client than the pinned one: `.` unpins.",
            );
        }
        if std::mem::replace(&mut self.sending, true) {
            return;
        }
        let client_sees = !shown.client_sees.is_empty();
        let done = |answer| Msg::Done(Box::new(answer));
        match (**order).clone() {
            Order::Merge(request) => {
                let request = MergeFindings {
                    client_sees,
                    dry_run: false,
                    ..request
                };
                cx.write(request, None, done);
            }
            Order::Split(request) => {
                let request = SplitFinding {
                    client_sees,
                    dry_run: false,
                    ..request
                };
                cx.write(request, None, done);
            }
        }
    }

    fn lines(&self) -> Lines {
        let width = self.scroll.width();
        let mut out = Lines::new();
        if let Some(why) = &self.failed {
            scroll::text(&mut out, why, Tone::Bad, width);
            return out;
        }
        let Stage::Plan(_, Some(shown)) = &self.stage else {
            let asking = match self.stage {
                Stage::Related(_) => "Asking what is related…",
                _ => "Asking what it would do…",
            };
            out.push(vec![run(asking, Tone::Dim)]);
            return out;
        };
        for line in &shown.says {
            scroll::text(&mut out, &Safe::new(line), Tone::Text, width);
        }
        if !shown.client_sees.is_empty() {
            scroll::heading(&mut out, "What the client sees");
            for line in &shown.client_sees {
                scroll::text(&mut out, &Safe::new(line), Tone::Warn, width);
            }
        }
        out.push(Vec::new());
        let (key, does) = if self.sending {
            ("Doing it…", "")
        } else {
            ("Enter", " does it   ")
        };
        out.push(vec![
            run(key, Tone::Key),
            run(does, Tone::Text),
            run("Esc", Tone::Key),
            run(" leaves it", Tone::Text),
        ]);
        out
    }

    fn related_are(&mut self, detail: FindingDetail) {
        if detail.related.is_empty() {
            let none = "Nothing of another tool is related to it by its CVE or CWE and its place. \
                        Mark the findings that are one problem in a list (Space), then M.";
            self.failed = Some(Safe::new(none));
            return;
        }
        let rows = detail.related.into_iter().map(|r| (r.finding, r.why)).collect();
        self.stage = Stage::Pick {
            rows,
            at: 0,
            this: Some(Box::new(detail.finding)),
        };
    }
}

impl Layer for Correct {
    fn shape(&self) -> Shape {
        match &self.stage {
            Stage::Pick { rows, .. } => Shape::Popup(78, rows.len().min(ROWS) as u16 + 2),
            _ => Shape::Popup(78, 16),
        }
    }

    fn set_size(&mut self, width: u16, height: u16, cx: &mut Cx) {
        self.scroll.set_size(width, height);
        if !std::mem::replace(&mut self.asked, true) {
            self.ask(cx);
        }
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        let picking = matches!(self.stage, Stage::Pick { .. }) && event.code == KeyCode::Enter;
        if picking {
            self.choose(cx);
        }
        picking
    }

    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        match (&mut self.stage, action) {
            (Stage::Pick { rows, at, .. }, Action::Down) => {
                *at = (*at + count.unwrap_or(1)).min(rows.len().saturating_sub(1));
            }
            (Stage::Pick { at, .. }, Action::Up) => *at = at.saturating_sub(count.unwrap_or(1)),
            (Stage::Pick { .. }, _) => return false,
            (Stage::Plan(..), Action::Choose) => self.go(cx),
            _ => {
                let lines = self.lines().len();
                return self.scroll.act(action, count, lines);
            }
        }
        true
    }

    fn reply(&mut self, payload: Payload, cx: &mut Cx) {
        let Ok(msg) = payload.downcast::<Msg>() else { return };
        match *msg {
            Msg::Detail(answer) => match *answer {
                Ok(detail) => self.related_are(detail),
                Err(fault) => self.failed = Some(sentence(&fault)),
            },
            Msg::Shown(answer) => match *answer {
                Ok(shown) => {
                    if let Stage::Plan(_, outcome) = &mut self.stage {
                        *outcome = Some(Box::new(shown));
                    }
                }
                Err(fault) => self.failed = Some(sentence(&fault)),
            },
            Msg::Done(answer) => {
                self.sending = false;
                match *answer {
                    Ok(done) => {
                        cx.push(Effect::Unmark);
                        cx.close();
                        let left = counted(done.finding.occurrence_count as usize, "place");
                        let text = match &done.made {
                            Some(made) => format!("{} is split off; {} has {left} left.", made.key, done.finding.key),
                            None => format!("{} is one finding now, with {left}.", done.finding.key),
                        };
                        cx.say(Tone::Good, Safe::new(&text));
                    }
                    Err(fault) => self.failed = Some(sentence(&fault)),
                }
            }
        }
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Choose, Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, _: &Model) {
        let inside = brush.frame(area, &[run(self.title, Tone::Focus)], &[], true);
        let Stage::Pick { rows, at, .. } = &self.stage else {
            return self.scroll.draw(brush, inside, &self.lines());
        };
        let room = usize::from(inside.height).max(1);
        let top = at.saturating_sub(room - 1);
        for (i, (finding, note)) in rows.iter().enumerate().skip(top).take(room) {
            let y = inside.y + (i - top) as u16;
            let bar = (i == *at).then_some(Tone::Cursor);
            if bar.is_some() {
                brush.bar(inside.x, y, inside.width, Tone::Cursor);
            }
            let runs = [
                run(format!(" {}  ", finding.key), Tone::Key),
                run(format!("{:<9}", finding.severity), Tone::Text),
                run(format!("{note}  "), Tone::Dim),
                run(finding.title.clone(), Tone::Text),
            ];
            brush.runs_on(inside.x, y, inside.width, &runs, bar);
        }
    }
}
