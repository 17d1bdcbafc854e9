//! The scanner's own record of a place (`W`), as the report has it, and what differs from the record of the import before.
//! `J` and `K` go through the places of the finding; `d` shows the record alone, `y` copies it, `f` writes it to a file.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::clock;
use super::super::effect::{Answer, Cx, Effect, Payload, sentence};
use super::super::ink::{Brush, run};
use super::super::model::Model;
use super::super::theme::Tone;
use super::scroll::{self, Lines, Scroll};
use super::{Layer, Shape};
use crate::api::Page;
use crate::api::finding::{Finding, ListOccurrences, Occurrence, RawRecord, RawRecords, ShowRecord};
use crate::domain::safe::Safe;

/// More lines than this are compared place by place, not as a whole: the table below grows with their product.
const COMPARED_MAX: usize = 1_500;

#[derive(Debug)]
enum Msg {
    Places(Answer<Page<Occurrence>>),
    Record(Box<Answer<RawRecords>>),
}

/// See the module's description.
#[derive(Debug)]
pub struct Record {
    finding: String,
    key: String,
    places: Option<Vec<Occurrence>>,
    at: usize,
    shown: Option<RawRecords>,
    failed: Option<Safe>,
    /// The record alone, without what differs.
    alone: bool,
    asked: bool,
    scroll: Scroll,
}

/// One line of a comparison.
#[derive(Debug, PartialEq, Eq)]
enum Change<'a> {
    Same(&'a str),
    Gone(&'a str),
    New(&'a str),
}

/// What became of each line, by their longest common part; beginning and end that agree are not compared.
fn compare<'a>(before: &[&'a str], now: &[&'a str]) -> Vec<Change<'a>> {
    let head = before.iter().zip(now).take_while(|(a, b)| a == b).count();
    let rest = before.len().min(now.len()) - head;
    let tail = (0..rest)
        .take_while(|i| before[before.len() - 1 - i] == now[now.len() - 1 - i])
        .count();
    let (a, b) = (&before[head..before.len() - tail], &now[head..now.len() - tail]);
    let mut out: Vec<Change> = now[..head].iter().map(|l| Change::Same(l)).collect();
    if a.len().max(b.len()) > COMPARED_MAX {
        out.extend(a.iter().map(|l| Change::Gone(l)));
        out.extend(b.iter().map(|l| Change::New(l)));
    } else {
        let mut common = vec![vec![0_u16; b.len() + 1]; a.len() + 1];
        for i in (0..a.len()).rev() {
            for j in (0..b.len()).rev() {
                common[i][j] = if a[i] == b[j] {
                    common[i + 1][j + 1] + 1
                } else {
                    common[i + 1][j].max(common[i][j + 1])
                };
            }
        }
        let (mut i, mut j) = (0, 0);
        while i < a.len() || j < b.len() {
            if i < a.len() && j < b.len() && a[i] == b[j] {
                out.push(Change::Same(a[i]));
                (i, j) = (i + 1, j + 1);
            } else if j >= b.len() || (i < a.len() && common[i + 1][j] >= common[i][j + 1]) {
                out.push(Change::Gone(a[i]));
                i += 1;
            } else {
                out.push(Change::New(b[j]));
                j += 1;
            }
        }
    }
    out.extend(now[now.len() - tail..].iter().map(|l| Change::Same(l)));
    out
}

/// A record as people can read it: JSON on one line becomes one value per line.
fn readable(text: &str) -> String {
    match serde_json::from_str::<serde_json::Value>(text) {
        Ok(value) => serde_json::to_string_pretty(&value).unwrap_or_else(|_| text.to_owned()),
        Err(_) => text.to_owned(),
    }
}

impl Record {
    pub fn new(finding: &Finding) -> Self {
        Self {
            finding: finding.id.to_string(),
            key: finding.key.clone(),
            places: None,
            at: 0,
            shown: None,
            failed: None,
            alone: false,
            asked: false,
            scroll: Scroll::default(),
        }
    }

    fn look(&mut self, cx: &mut Cx) {
        self.shown = None;
        self.failed = None;
        self.scroll.home();
        let Some(place) = self.places.as_ref().and_then(|p| p.get(self.at)) else {
            return;
        };
        let request = ShowRecord {
            finding: self.finding.clone(),
            occurrence: place.id,
        };
        cx.read("record", request, |answer| Msg::Record(Box::new(answer)));
    }

    fn step(&mut self, forward: bool, cx: &mut Cx) {
        let n = self.places.as_ref().map_or(0, Vec::len);
        let to = if forward {
            (self.at + 1).min(n.saturating_sub(1))
        } else {
            self.at.saturating_sub(1)
        };
        if to == self.at {
            let end = if forward {
                "This is the last place."
            } else {
                "This is the first place."
            };
            return cx.say(Tone::Dim, end);
        }
        self.at = to;
        self.look(cx);
    }

    fn source(out: &mut Lines, what: &str, record: &RawRecord, model: &Model, width: usize) {
        let when = record
            .imported_at
            .map(|t| clock::moment(t, &model.zone))
            .unwrap_or_default();
        let cut = if record.truncated {
            " · cut: it is longer than is shown"
        } else {
            ""
        };
        let text = format!("{what}: {} {when}{cut}", record.file);
        scroll::text(out, &Safe::new(&text), Tone::Dim, width);
    }

    fn lines(&self, model: &Model) -> Lines {
        let width = self.scroll.width();
        let mut out = Lines::new();
        let place = self.places.as_ref().and_then(|p| p.get(self.at));
        if let (Some(place), Some(places)) = (place, &self.places) {
            scroll::text(&mut out, &Safe::new(&place.place), Tone::Strong, width);
            if places.len() > 1 {
                out.push(vec![run(
                    format!("place {} of {}", self.at + 1, places.len()),
                    Tone::Dim,
                )]);
            }
        }
        if let Some(why) = &self.failed {
            scroll::text(&mut out, why, Tone::Bad, width);
            return out;
        }
        match (&self.places, &self.shown) {
            (Some(places), _) if places.is_empty() => {
                out.push(vec![run(
                    "This finding stands at no place, so no scanner said anything of one.",
                    Tone::Dim,
                )]);
                return out;
            }
            (_, None) => {
                out.push(vec![run("Loading…", Tone::Dim)]);
                return out;
            }
            (_, Some(_)) => {}
        }
        let Some(now) = self.shown.as_ref().and_then(|r| r.latest.as_ref()) else {
            let none = "There is no scanner's record: this place was written by hand, or its report was taken back.";
            scroll::text(&mut out, &Safe::new(none), Tone::Dim, width);
            return out;
        };
        Self::source(&mut out, "this record", now, model, width);
        let text = readable(&now.text);
        let before = self
            .shown
            .as_ref()
            .and_then(|r| r.before.as_ref())
            .filter(|_| !self.alone);
        let Some(before) = before else {
            if !self.alone {
                out.push(vec![run("No import before this one saw this place.", Tone::Dim)]);
            }
            out.push(Vec::new());
            scroll::text(&mut out, &Safe::block(&text), Tone::Text, width);
            return out;
        };
        Self::source(&mut out, "before it", before, model, width);
        let old = readable(&before.text);
        let changes = compare(&old.lines().collect::<Vec<_>>(), &text.lines().collect::<Vec<_>>());
        let same = changes.iter().all(|c| matches!(c, Change::Same(_)));
        let told = if same {
            "Nothing differs."
        } else {
            "- only in the record before, + only in this one; d shows this one alone"
        };
        out.push(vec![run(told, Tone::Warn)]);
        out.push(Vec::new());
        for change in changes {
            let (mark, line, tone) = match change {
                Change::Same(line) => ("  ", line, Tone::Text),
                Change::Gone(line) => ("- ", line, Tone::Bad),
                Change::New(line) => ("+ ", line, Tone::Good),
            };
            scroll::text(&mut out, &Safe::new(&format!("{mark}{line}")), tone, width);
        }
        out
    }
}

impl Layer for Record {
    fn shape(&self) -> Shape {
        Shape::Full
    }

    fn set_size(&mut self, width: u16, height: u16, cx: &mut Cx) {
        self.scroll.set_size(width, height);
        if !std::mem::replace(&mut self.asked, true) {
            let request = ListOccurrences {
                finding: self.finding.clone(),
                limit: Some(200),
                cursor: None,
            };
            cx.read("places", request, Msg::Places);
        }
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        let text = self
            .shown
            .as_ref()
            .and_then(|r| r.latest.as_ref())
            .map(|r| r.text.clone());
        match (event.code, text) {
            (KeyCode::Char('d'), _) if event.modifiers.is_empty() => {
                self.alone = !self.alone;
                self.scroll.home();
            }
            (KeyCode::Char('y'), Some(text)) => cx.push(Effect::Copy(text)),
            (KeyCode::Char('f'), Some(text)) => cx.push(Effect::Export(format!("{}-record", self.key), text)),
            _ => return false,
        }
        true
    }

    fn act(&mut self, action: Action, count: Option<usize>, cx: &mut Cx) -> bool {
        match action {
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
            Msg::Places(Ok(page)) => {
                self.places = Some(page.items);
                self.look(cx);
            }
            Msg::Record(answer) => match *answer {
                Ok(record) => self.shown = Some(record),
                Err(fault) => self.failed = Some(sentence(&fault)),
            },
            Msg::Places(Err(fault)) => self.failed = Some(sentence(&fault)),
        }
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Down, Action::NextRecord, Action::PrevRecord, Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, model: &Model) {
        let title = [run(format!(" {}: the scanner's record ", self.key), Tone::Focus)];
        let note = [
            run(" d", Tone::Key),
            run(" differences ", Tone::Dim),
            run("y", Tone::Key),
            run(" copy ", Tone::Dim),
            run("f", Tone::Key),
            run(" to a file ", Tone::Dim),
        ];
        let inside = brush.frame(area, &title, &note, true);
        self.scroll.draw(brush, inside, &self.lines(model));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told_line_by_line() {
        let before = ["{", "  \"host\": \"a\",", "  \"tls\": \"1.0\"", "}"];
        let now = ["{", "  \"host\": \"a\",", "  \"port\": 443,", "  \"tls\": \"1.2\"", "}"];
        let expected = vec![
            Change::Same("{"),
            Change::Same("  \"host\": \"a\","),
            Change::Gone("  \"tls\": \"1.0\""),
            Change::New("  \"port\": 443,"),
            Change::New("  \"tls\": \"1.2\""),
            Change::Same("}"),
        ];
        assert_eq!(compare(&before, &now), expected);
        assert!(compare(&now, &now).iter().all(|c| matches!(c, Change::Same(_))));
        assert_eq!(compare(&[], &["x"]), [Change::New("x")]);
        assert_eq!(compare(&["a", "a"], &["a"]), [Change::Same("a"), Change::Gone("a")]);
    }
}
