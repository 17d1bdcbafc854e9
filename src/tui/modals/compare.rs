//! Two imports of one project side by side (`W` on one in the project's list): what only the later one saw, what only the
//! earlier one saw, what they rate differently, what changed otherwise, and what is the same in both. Below, what changed
//! of the finding under the cursor; `W` adds where it came to and went from. Enter opens the finding.

use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::clock;
use super::super::effect::{Answer, Cx, Payload, sentence};
use super::super::ink::{Brush, Run, run, wrap};
use super::super::model::Model;
use super::super::theme::Tone;
use super::detail::Detail;
use super::{Layer, Shape, leaf};
use crate::api::import::{Batch, CompareBatches, Compared, ComparedLine, ComparedPlaces, Comparison};
use crate::domain::id::BatchId;
use crate::domain::safe::Safe;
use crate::domain::severity::Severity;
use crate::domain::time::Time;

/// Lines of one answer; more are asked for when the cursor comes near the last.
const LINES: u32 = 200;
/// Rows below the list, of the finding under the cursor.
const BELOW: u16 = 6;

#[derive(Debug)]
enum Msg {
    Told(Box<Answer<Comparison>>),
    Places(String, Box<Answer<Comparison>>),
}

/// A row: a heading, or one of the lines.
enum Item {
    Heading(String),
    Line(usize),
}

/// See the module's description.
#[derive(Debug)]
pub struct Compare {
    earlier: (BatchId, Time),
    later: (BatchId, Time),
    told: Option<Comparison>,
    failed: Option<Safe>,
    /// The line under the cursor.
    at: usize,
    rows: usize,
    asked: bool,
    asking: bool,
    /// Where findings came to and went from, as far as it was asked.
    places: Vec<(String, ComparedPlaces)>,
}

impl Compare {
    pub fn new(earlier: &Batch, later: &Batch) -> Self {
        let of = |batch: &Batch| (batch.id, batch.applied_at.unwrap_or(batch.created_at));
        Self {
            earlier: of(earlier),
            later: of(later),
            told: None,
            failed: None,
            at: 0,
            rows: 1,
            asked: false,
            asking: false,
            places: Vec::new(),
        }
    }

    fn request(&self) -> CompareBatches {
        CompareBatches {
            batch: self.earlier.0,
            other: self.later.0,
            finding: None,
            limit: Some(LINES),
            cursor: None,
        }
    }

    fn lines(&self) -> &[ComparedLine] {
        self.told.as_ref().map_or(&[], |told| &told.page.items)
    }

    /// The lines under the headings of where they stand.
    fn items(&self) -> Vec<Item> {
        let totals = self.told.as_ref().and_then(|t| t.totals).unwrap_or_default();
        let mut out = Vec::new();
        for (stands, title, n) in [
            (Compared::OnlyOther, "Only in the later one", totals.only_other),
            (Compared::OnlyThis, "Only in the earlier one", totals.only_this),
            (Compared::Rated, "Rated differently", totals.rated),
            (Compared::Changed, "Changed otherwise", totals.changed),
            (Compared::Both, "The same in both", totals.both),
        ] {
            out.push(Item::Heading(format!("{title}: {n}")));
            let lines = self.lines().iter().enumerate();
            out.extend(lines.filter(|(_, l)| l.stands == stands).map(|(i, _)| Item::Line(i)));
        }
        out
    }

    /// More of it, where the cursor comes near the end.
    fn more(&mut self, cx: &mut Cx) {
        let near = self.at + self.rows >= self.lines().len();
        let next = self.told.as_ref().and_then(|t| t.page.next.clone());
        let Some(next) = next.filter(|_| near && !self.asking) else {
            return;
        };
        self.asking = true;
        let request = CompareBatches {
            cursor: Some(next),
            ..self.request()
        };
        cx.read("compare", request, |answer| Msg::Told(Box::new(answer)));
    }

    fn ask_places(&self, cx: &mut Cx) {
        let key = self.lines().get(self.at).and_then(|l| l.finding.clone());
        let Some(key) = key else {
            cx.say(Tone::Warn, "It is not in this project any more.");
            return;
        };
        let request = CompareBatches {
            finding: Some(key.clone()),
            ..self.request()
        };
        cx.read("places", request, |answer| Msg::Places(key, Box::new(answer)));
    }

    /// What changed of the finding under the cursor.
    fn below(&self, width: usize) -> Vec<Run> {
        let Some(line) = self.lines().get(self.at) else {
            return Vec::new();
        };
        let mut out = Vec::new();
        let mut say = |text: &str, tone| out.extend(wrap(&Safe::new(text), width).into_iter().map(|l| run(l, tone)));
        for fact in &line.changed {
            let side = |side: &Option<String>| side.clone().unwrap_or_else(|| "–".to_owned());
            match (&fact.this, &fact.other) {
                (None, None) => say(&format!("{} changed", fact.what), Tone::Text),
                (this, other) => say(&format!("{}: {} → {}", fact.what, side(this), side(other)), Tone::Text),
            }
        }
        let known = line
            .finding
            .as_ref()
            .and_then(|key| self.places.iter().find(|(k, _)| k == key));
        if let Some((_, places)) = known {
            for (sign, n, named) in [
                ("+", places.only_other_count, &places.only_other),
                ("-", places.only_this_count, &places.only_this),
            ] {
                for place in named {
                    say(&format!("{sign} {place}"), Tone::Text);
                }
                let more = n - named.len() as i64;
                if more > 0 {
                    say(&format!("{sign} and {more} more"), Tone::Dim);
                }
            }
            if places.only_other_count + places.only_this_count == 0 {
                say("At the same places in both.", Tone::Dim);
            }
        }
        out
    }
}

/// Severity and places of a line, as they went from one to the other.
fn told(line: &ComparedLine) -> (String, String) {
    let word = |severity: Option<Severity>| severity.map_or_else(String::new, |s| s.to_string());
    let rated = match (line.this_severity, line.other_severity) {
        (Some(this), Some(other)) if this != other => format!("{this} → {other}"),
        (this, other) => word(other.or(this)),
    };
    let places = match (line.this_places, line.other_places) {
        (Some(this), Some(other)) if this != other => format!("{this} → {other}"),
        (this, other) => other.or(this).map_or_else(String::new, |n| n.to_string()),
    };
    (rated, places)
}

fn row(line: &ComparedLine) -> Vec<Run> {
    let (rated, places) = told(line);
    let key = line.finding.as_deref().unwrap_or("–");
    let mut out = vec![
        run(format!("  {key:<9} "), Tone::Dim),
        run(format!("{rated:<15} "), Tone::Text),
        run(format!("{places:>9}  "), Tone::Text),
        run(Safe::new(&line.title), Tone::Text),
    ];
    let names: Vec<&str> = line.changed.iter().map(|c| c.what.as_str()).collect();
    if !names.is_empty() {
        out.push(run(Safe::new(&format!("  ({})", names.join(", "))), Tone::Warn));
    }
    out
}

impl Layer for Compare {
    fn shape(&self) -> Shape {
        Shape::Popup(110, 30)
    }

    fn set_size(&mut self, _: u16, height: u16, cx: &mut Cx) {
        self.rows = usize::from(height.saturating_sub(4 + BELOW)).max(1);
        if !std::mem::replace(&mut self.asked, true) {
            self.asking = true;
            cx.read("compare", self.request(), |answer| Msg::Told(Box::new(answer)));
        }
    }

    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        match action {
            Action::Choose => match self.lines().get(self.at).map(|l| l.finding.clone()) {
                Some(Some(key)) => cx.open(Detail::new(&key)),
                Some(None) => cx.say(Tone::Warn, "It is not in this project any more."),
                None => {}
            },
            Action::Record => self.ask_places(cx),
            _ => {
                let len = self.lines().len();
                if !leaf(&mut self.at, len, self.rows, action, count) {
                    return false;
                }
            }
        }
        self.more(cx);
        true
    }

    fn reply(&mut self, payload: Payload, _: &mut Cx) {
        let Ok(msg) = payload.downcast::<Msg>() else { return };
        match *msg {
            Msg::Told(answer) => {
                self.asking = false;
                match (*answer, &mut self.told) {
                    (Ok(more), Some(told)) => {
                        told.page.items.extend(more.page.items);
                        (told.page.next, told.page.has_more) = (more.page.next, more.page.has_more);
                    }
                    (Ok(first), told) => *told = Some(first),
                    (Err(fault), _) => self.failed = Some(sentence(&fault)),
                }
            }
            Msg::Places(key, answer) => match *answer {
                Ok(found) => {
                    let places = found.page.items.into_iter().next().and_then(|line| line.places);
                    self.places.retain(|(k, _)| *k != key);
                    self.places.push((key, places.unwrap_or_default()));
                }
                Err(fault) => self.failed = Some(sentence(&fault)),
            },
        }
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Down, Action::Choose, Action::Record, Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, model: &Model) {
        let inside = brush.frame(area, &[run(" Two imports side by side ", Tone::Focus)], &[], true);
        let (x, width) = (inside.x + 1, inside.width.saturating_sub(2));
        let wide = usize::from(width);
        let at = |time| clock::moment(time, &model.zone);
        let text = format!("{} (earlier) and {} (later)", at(self.earlier.1), at(self.later.1));
        brush.runs(x, inside.y, width, &[run(text, Tone::Dim)]);
        let unknown = match (&self.failed, &self.told) {
            (Some(why), _) => Some((why.clone(), Tone::Bad)),
            (None, None) => Some((Safe::new("Comparing…"), Tone::Dim)),
            (None, Some(_)) => None,
        };
        if let Some((text, tone)) = unknown {
            for (y, line) in (inside.y + 1..inside.bottom()).zip(wrap(&text, wide)) {
                brush.text(x, y, width, &line, tone);
            }
            return;
        }
        let below = self.below(wide);
        let wanted = (below.len() as u16).clamp(1, inside.height / 2);
        let bottom = inside.bottom().saturating_sub(wanted + 1);
        let items = self.items();
        let here = items.iter().position(|i| matches!(i, Item::Line(n) if *n == self.at));
        let rows = usize::from(bottom.saturating_sub(inside.y + 1)).max(1);
        let top = (here.unwrap_or_default() + 2).min(items.len()).saturating_sub(rows);
        for (y, item) in (inside.y + 1..bottom).zip(items.iter().skip(top)) {
            match item {
                Item::Heading(text) => {
                    brush.runs(x, y, width, &[run(text, Tone::Title)]);
                }
                Item::Line(n) => {
                    let bar = (*n == self.at).then_some(Tone::Cursor);
                    if bar.is_some() {
                        brush.bar(inside.x, y, inside.width, Tone::Cursor);
                    }
                    if let Some(line) = self.lines().get(*n) {
                        brush.runs_on(x, y, width, &row(line), bar);
                    }
                }
            }
        }
        let key = model.keymap.first(Action::Record);
        let open = model.keymap.first(Action::Choose);
        let help = format!("{key} on a finding: places that came (+) and went (-). {open} opens it.");
        let below = if below.is_empty() {
            vec![run(help, Tone::Dim)]
        } else {
            below
        };
        for (y, line) in (bottom + 1..inside.bottom()).zip(&below) {
            brush.text(x, y, width, &line.text, line.tone);
        }
    }
}
