//! The finding under the cursor beside or below its list (`p`), read without leaving the list. What the row knows shows
//! at once, the rest when it comes; a newer cursor cancels the older call.

use ratatui::layout::Rect;

use super::super::effect::{Answer, Cx, Owner, sentence};
use super::super::ink::{Brush, run};
use super::super::layout;
use super::super::modals::detail;
use super::super::panes::PaneId;
use super::super::theme::Tone;
use super::App;
use crate::api::finding::{FindingDetail, ShowFinding};
use crate::domain::safe::Safe;

/// See the module's description.
#[derive(Debug, Default)]
pub(super) struct Preview {
    pub on: bool,
    /// The key that was asked for last.
    asked: Option<String>,
    full: Option<FindingDetail>,
    failed: Option<Safe>,
}

/// What came of the question.
#[derive(Debug)]
pub(super) struct Came(Answer<FindingDetail>);

impl Preview {
    /// What is shown may be old.
    pub(super) fn refresh(&mut self) {
        self.asked = None;
    }

    pub(super) fn take(&mut self, came: Came) {
        match came.0 {
            Ok(detail) => {
                self.full = Some(detail);
                self.failed = None;
            }
            Err(fault) => self.failed = Some(sentence(&fault)),
        }
    }
}

impl App {
    /// Asks for the finding under the cursor where the preview shows another one.
    pub(super) fn ask_preview(&mut self) {
        let desk = layout::desk(self.size.0, self.size.1, self.focus, self.zoom, self.preview.on);
        if desk.preview.is_none() || self.model.who.is_none() {
            return;
        }
        let Some(key) = self.panes[self.focus.index()].finding().map(|f| f.key.clone()) else {
            return;
        };
        if self.preview.asked.as_ref() == Some(&key) {
            return;
        }
        self.preview.asked = Some(key.clone());
        self.preview.failed = None;
        let mut effects = Vec::new();
        Cx::new(&self.model, &mut effects).read("preview", ShowFinding { finding: key }, Came);
        self.effects.extend(effects.into_iter().map(|e| (Owner::App, e)));
    }

    pub(super) fn draw_preview(&self, brush: &mut Brush, frame: Rect) {
        let finding = self.panes[self.focus.index()].finding();
        let full = finding.and_then(|f| self.preview.full.as_ref().filter(|d| d.finding.key == f.key));
        let mut title = vec![run(" ", Tone::Text)];
        match finding {
            Some(f) => {
                title.push(run(&f.key, Tone::Dim));
                title.push(run(" ", Tone::Text));
                title.push(run(&f.title, Tone::Title));
                title.push(run(" ", Tone::Text));
            }
            None => title.push(run("Preview ", Tone::Title)),
        }
        let note = if full.is_none() && finding.is_some() && self.preview.failed.is_none() {
            vec![run(" loading… ", Tone::Dim)]
        } else {
            Vec::new()
        };
        let inside = brush.frame(frame, &title, &note, false);
        let inside = Rect {
            x: inside.x + 1,
            width: inside.width.saturating_sub(2),
            ..inside
        };
        let Some(finding) = finding else {
            let text = Safe::new("There is no finding under the cursor.");
            brush.text(inside.x, inside.y, inside.width, &text, Tone::Dim);
            return;
        };
        detail::preview(brush, inside, finding, full, &self.model);
        if let Some(why) = self.preview.failed.as_ref().filter(|_| full.is_none()) {
            brush.text(inside.x, inside.y + 3, inside.width, why, Tone::Bad);
        }
    }

    pub(super) fn toggle_preview(&mut self) {
        self.preview.on = !self.preview.on;
        self.preview.refresh();
        let shows = matches!(self.focus, PaneId::Findings | PaneId::Queue);
        if self.preview.on && !shows {
            self.say(Tone::Dim, "The preview shows findings: it appears in panes 3 and 4.");
        }
    }
}
