//! Why this is one finding: the fields that made its fingerprint, what people corrected, the imports that saw it, and how
//! it came to where it stands.

use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::clock;
use super::super::effect::{Answer, Cx, Payload, sentence};
use super::super::ink::{Brush, Run, run, wrap};
use super::super::model::Model;
use super::super::theme::Tone;
use super::{Layer, Shape};
use crate::api::finding::{ExplainFinding, Explanation, Finding};
use crate::domain::safe::Safe;

#[derive(Debug)]
struct Told(Answer<Explanation>);

/// See the module's description.
#[derive(Debug)]
pub struct Why {
    finding: String,
    key: String,
    asked: bool,
    told: Option<Result<Explanation, Safe>>,
    scroll: usize,
    width: u16,
    height: u16,
}

impl Why {
    pub fn new(finding: &Finding) -> Self {
        Self {
            finding: finding.id.to_string(),
            key: finding.key.clone(),
            asked: false,
            told: None,
            scroll: 0,
            width: 80,
            height: 20,
        }
    }

    fn lines(&self, width: usize, model: &Model) -> Vec<Run> {
        let explanation = match &self.told {
            None => return vec![run("Loading…", Tone::Dim)],
            Some(Err(why)) => return wrap(why, width).into_iter().map(|l| run(l, Tone::Bad)).collect(),
            Some(Ok(explanation)) => explanation,
        };
        let mut out = vec![run(
            format!("Fingerprint, version {}", explanation.fingerprint_version),
            Tone::Title,
        )];
        for (name, value) in &explanation.fields {
            let text = Safe::new(&format!("{name:<12} {value}"));
            out.extend(wrap(&text, width).into_iter().map(|l| run(l, Tone::Text)));
        }
        out.push(run(format!("{:<12} {}", "hash", explanation.hash), Tone::Dim));
        if !explanation.corrections.is_empty() {
            out.push(run("", Tone::Text));
            out.push(run("Corrected by hand", Tone::Title));
        }
        for correction in &explanation.corrections {
            let text = format!(
                "{} · {} · {} places",
                correction.words(),
                correction.tool,
                correction.occurrences
            );
            let text = Safe::new(&text);
            out.extend(wrap(&text, width).into_iter().map(|l| run(l, Tone::Text)));
            for (name, value) in &correction.fields {
                let text = Safe::new(&format!("  {name:<12} {value}"));
                out.extend(wrap(&text, width).into_iter().map(|l| run(l, Tone::Dim)));
            }
        }
        out.push(run("", Tone::Text));
        out.push(run("Imports that saw it", Tone::Title));
        for sighting in &explanation.imports {
            let at = clock::moment(sighting.at, &model.zone);
            let text = Safe::new(&format!("{at}  {:<10} {}", sighting.outcome, sighting.files.join(", ")));
            out.extend(wrap(&text, width).into_iter().map(|l| run(l, Tone::Text)));
        }
        if explanation.imports.is_empty() {
            out.push(run("none: it was written by hand", Tone::Dim));
        }
        if !explanation.moves.is_empty() {
            out.push(run("", Tone::Text));
            out.push(run("Moves", Tone::Title));
        }
        for entry in &explanation.moves {
            let at = clock::moment(entry.at, &model.zone);
            let by = entry.by.as_ref().map(|p| p.name.as_str()).or(entry.rule.as_deref());
            let mut text = format!("{at}  {} · {}", entry.step().replace('_', " "), by.unwrap_or("system"));
            if let Some(via) = &entry.via {
                text.push_str(&format!(" · as {via}"));
            }
            if !entry.notes.is_empty() {
                text.push_str(&format!(": {}", entry.notes));
            }
            let text = Safe::new(&text);
            out.extend(wrap(&text, width).into_iter().map(|l| run(l, Tone::Text)));
        }
        out
    }
}

impl Layer for Why {
    fn shape(&self) -> Shape {
        Shape::Popup(90, 24)
    }

    fn set_size(&mut self, width: u16, height: u16, cx: &mut Cx) {
        (self.width, self.height) = (width, height);
        if !std::mem::replace(&mut self.asked, true) {
            let request = ExplainFinding {
                finding: self.finding.clone(),
            };
            cx.read("why", request, Told);
        }
    }

    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        let page = usize::from(self.height.saturating_sub(3)).max(1);
        let lines = self.lines(usize::from(self.width.saturating_sub(4)), cx.model).len();
        let n = count.unwrap_or(1);
        let to = match action {
            Action::Down => self.scroll + n,
            Action::Up => self.scroll.saturating_sub(n),
            Action::PageDown => self.scroll + page,
            Action::PageUp => self.scroll.saturating_sub(page),
            Action::Top => 0,
            Action::Bottom => lines,
            _ => return false,
        };
        self.scroll = to.min(lines.saturating_sub(page));
        true
    }

    fn reply(&mut self, payload: Payload, _: &mut Cx) {
        if let Ok(told) = payload.downcast::<Told>() {
            self.told = Some(told.0.map_err(|f| sentence(&f)));
        }
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Down, Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, model: &Model) {
        let title = [run(format!(" Why {} is one finding ", self.key), Tone::Focus)];
        let inside = brush.frame(area, &title, &[], true);
        let lines = self.lines(usize::from(inside.width.saturating_sub(2)), model);
        let rows = lines.iter().skip(self.scroll).take(usize::from(inside.height));
        for (i, line) in rows.enumerate() {
            brush.text(
                inside.x + 1,
                inside.y + i as u16,
                inside.width.saturating_sub(2),
                &line.text,
                line.tone,
            );
        }
    }
}
