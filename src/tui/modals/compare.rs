//! Two imports of one project side by side (`W` on one in the project's list): what only the later one saw, what only the
//! earlier one saw, what they rate differently, and what both saw.

use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::clock;
use super::super::effect::{Answer, Cx, Payload, sentence};
use super::super::ink::{Brush, run};
use super::super::model::Model;
use super::super::theme::Tone;
use super::scroll::{self, Lines, Scroll};
use super::{Layer, Shape};
use crate::api::import::{Batch, CompareBatches, Compared, ComparedLine, Comparison};
use crate::domain::id::BatchId;
use crate::domain::safe::Safe;
use crate::domain::severity::Severity;
use crate::domain::time::Time;

/// More lines than anybody reads here; the rest is `riskdesk import compare`.
const LINES: u32 = 200;

#[derive(Debug)]
struct Told(Box<Answer<Comparison>>);

/// See the module's description.
#[derive(Debug)]
pub struct Compare {
    earlier: (BatchId, Time),
    later: (BatchId, Time),
    told: Option<Result<Comparison, Safe>>,
    asked: bool,
    scroll: Scroll,
}

impl Compare {
    pub fn new(earlier: &Batch, later: &Batch) -> Self {
        let of = |batch: &Batch| (batch.id, batch.applied_at.unwrap_or(batch.created_at));
        Self {
            earlier: of(earlier),
            later: of(later),
            told: None,
            asked: false,
            scroll: Scroll::default(),
        }
    }

    fn lines(&self, model: &Model) -> Lines {
        let width = self.scroll.width();
        let mut out = Lines::new();
        let found = match &self.told {
            None => {
                out.push(vec![run("Comparing…", Tone::Dim)]);
                return out;
            }
            Some(Err(why)) => {
                scroll::text(&mut out, why, Tone::Bad, width);
                return out;
            }
            Some(Ok(found)) => found,
        };
        let at = |time| clock::moment(time, &model.zone);
        let text = format!("{} (earlier) and {} (later)", at(self.earlier.1), at(self.later.1));
        out.push(vec![run(text, Tone::Dim)]);
        let totals = found.totals.unwrap_or_default();
        for (stands, title, n) in [
            (Compared::OnlyOther, "Only in the later one", totals.only_other),
            (Compared::OnlyThis, "Only in the earlier one", totals.only_this),
            (Compared::Rated, "Rated differently", totals.rated),
            (Compared::Both, "The same in both", totals.both),
        ] {
            scroll::heading(&mut out, &format!("{title}: {n}"));
            for line in found.page.items.iter().filter(|l| l.stands == stands) {
                scroll::text(&mut out, &Safe::new(&told(line)), Tone::Text, width);
            }
        }
        if found.page.has_more {
            let text = format!(
                "The first {} are shown; all of them: riskdesk import compare {} {} --all",
                found.page.items.len(),
                self.earlier.0,
                self.later.0
            );
            out.push(Vec::new());
            scroll::text(&mut out, &Safe::new(&text), Tone::Dim, width);
        }
        out
    }
}

fn told(line: &ComparedLine) -> String {
    let word = |severity: Option<Severity>| severity.map_or_else(String::new, |s| s.to_string());
    let rated = match (line.this_severity, line.other_severity) {
        (Some(this), Some(other)) if this != other => format!("{this} → {other}"),
        (this, other) => word(other.or(this)),
    };
    let key = line.finding.as_deref().unwrap_or("–");
    format!("  {key:<9} {rated:<15} {}", line.title)
}

impl Layer for Compare {
    fn shape(&self) -> Shape {
        Shape::Popup(100, 24)
    }

    fn set_size(&mut self, width: u16, height: u16, cx: &mut Cx) {
        self.scroll.set_size(width, height);
        if !std::mem::replace(&mut self.asked, true) {
            let request = CompareBatches {
                batch: self.earlier.0,
                other: self.later.0,
                limit: Some(LINES),
                cursor: None,
            };
            cx.read("compare", request, |answer| Told(Box::new(answer)));
        }
    }

    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        let lines = self.lines(cx.model).len();
        self.scroll.act(action, count, lines)
    }

    fn reply(&mut self, payload: Payload, _: &mut Cx) {
        if let Ok(told) = payload.downcast::<Told>() {
            self.told = Some((*told.0).map_err(|fault| sentence(&fault)));
        }
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Down, Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, model: &Model) {
        let inside = brush.frame(area, &[run(" Two imports side by side ", Tone::Focus)], &[], true);
        self.scroll.draw(brush, inside, &self.lines(model));
    }
}
