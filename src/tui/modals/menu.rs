//! Short menus: the acts on a row (`x`), the small steps behind `u`. One letter picks, so do arrows and Enter.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::super::action::{Action, Can};
use super::super::acts;
use super::super::effect::{Cx, Effect};
use super::super::ink::{Brush, run};
use super::super::keymap::Key;
use super::super::model::Model;
use super::super::theme::Tone;
use super::{Layer, Shape, step};
use crate::api::finding::Finding;
use crate::domain::safe::Safe;

#[derive(Debug, Clone)]
enum Pick {
    Act(Action, Can),
    /// What works instead of what one may look for; it does nothing.
    Said(&'static str),
    /// A change of a finding's triage or release.
    Change(char, Step),
}

/// The small steps behind `u`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Triage,
    Untriage,
    Release,
    Recall,
}

impl Step {
    fn text(self) -> &'static str {
        match self {
            Self::Triage => "triaged: a person has looked at it",
            Self::Untriage => "take the triage back",
            Self::Release => "release to the client; the remediation clock starts",
            Self::Recall => "take the release back: the client loses sight of it",
        }
    }
}

/// See the module's description.
#[derive(Debug)]
pub struct Menu {
    title: &'static str,
    finding: Option<Box<Finding>>,
    picks: Vec<Pick>,
    at: usize,
}

impl Menu {
    pub fn acts(rows: Vec<(Action, Can)>) -> Self {
        Self {
            title: " What can be done ",
            finding: None,
            picks: rows.into_iter().map(|(a, c)| Pick::Act(a, c)).collect(),
            at: 0,
        }
    }

    /// What a project or a finding has instead of an end: neither is removed, and each keeps its history.
    pub fn put_away(said: &'static [&'static str], acts: &[Action]) -> Self {
        let acts = acts.iter().map(|action| Pick::Act(*action, Can::Yes));
        Self {
            title: " Put away ",
            finding: None,
            picks: acts.chain(said.iter().map(|text| Pick::Said(text))).collect(),
            at: 0,
        }
    }

    /// Triage and release of a finding: what can be done from where it stands.
    pub fn release(finding: &Finding) -> Self {
        let triage = if finding.triaged_at.is_none() {
            Step::Triage
        } else {
            Step::Untriage
        };
        let release = if finding.released_at.is_none() {
            Step::Release
        } else {
            Step::Recall
        };
        Self {
            title: " Triage and release ",
            finding: Some(Box::new(finding.clone())),
            picks: vec![Pick::Change('t', triage), Pick::Change('r', release)],
            at: usize::from(finding.triaged_at.is_some()),
        }
    }

    fn pick(&self, i: usize, cx: &mut Cx) {
        match &self.picks[i] {
            Pick::Act(action, Can::Yes) => cx.push(Effect::Run(*action)),
            Pick::Act(_, Can::No(reason)) => cx.say(Tone::Warn, *reason),
            Pick::Act(_, Can::NotHere) => {}
            Pick::Said(text) => cx.say(Tone::Dim, *text),
            Pick::Change(_, step) => {
                if let Some(finding) = &self.finding {
                    match step {
                        Step::Triage => acts::triage(finding, false, cx),
                        Step::Untriage => acts::triage(finding, true, cx),
                        Step::Release => acts::release(finding, false, cx),
                        Step::Recall => acts::release(finding, true, cx),
                    }
                }
                cx.close();
            }
        }
    }
}

impl Layer for Menu {
    fn shape(&self) -> Shape {
        let said = self.picks.iter().any(|p| matches!(p, Pick::Said(_)));
        Shape::Popup(if said { 78 } else { 64 }, self.picks.len() as u16 + 2)
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        if event.code == KeyCode::Enter {
            self.pick(self.at, cx);
            return true;
        }
        let key = Key::from(event);
        let hit = self.picks.iter().position(|pick| match pick {
            Pick::Act(action, _) => cx.model.keymap.keys(*action).contains(&key),
            Pick::Change(letter, _) => event.code == KeyCode::Char(*letter),
            Pick::Said(_) => false,
        });
        match hit {
            Some(i) => {
                self.pick(i, cx);
                true
            }
            None => false,
        }
    }

    fn act(&mut self, action: Action, count: Option<usize>, _: &mut Cx) -> bool {
        step(&mut self.at, self.picks.len(), action, count)
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Down, Action::Choose, Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, model: &Model) {
        let inside = brush.frame(area, &[run(self.title, Tone::Focus)], &[], true);
        for (i, pick) in self.picks.iter().enumerate().take(usize::from(inside.height)) {
            let y = inside.y + i as u16;
            let bar = (i == self.at).then_some(Tone::Cursor);
            if bar.is_some() {
                brush.bar(inside.x, y, inside.width, Tone::Cursor);
            }
            let (key, text, tone) = match pick {
                Pick::Act(action, can) => {
                    let tone = if *can == Can::Yes { Tone::Text } else { Tone::Dim };
                    let text = match can {
                        Can::No(reason) => format!("{} ({reason})", action.summary()),
                        _ => action.summary().to_owned(),
                    };
                    (model.keymap.first(*action), text, tone)
                }
                Pick::Change(letter, step) => (letter.to_string(), step.text().to_owned(), Tone::Text),
                Pick::Said(text) => (String::new(), (*text).to_owned(), Tone::Dim),
            };
            let runs = [run(format!(" {key:<7} "), Tone::Key), run(Safe::new(&text), tone)];
            brush.runs_on(inside.x, y, inside.width, &runs, bar);
        }
    }
}
