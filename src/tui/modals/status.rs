//! The status sheet (`s`): only the moves that are legal now, one letter each; then the fields that move needs: notes,
//! how long a risk is accepted, of what it is a duplicate, why a verdict is inconclusive, which places are fixed.
//!
//! The sheet never waits: the moves come from the domain's table and the row as it is known here, and the server's
//! answer only refines them.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::effect::{Answer, Cx, Effect, Fault, Payload, sentence};
use super::super::ink::{Brush, run};
use super::super::model::Model;
use super::super::theme::Tone;
use super::super::widgets::badge;
use super::form::{Field, Form, Sheet, Spec, Whose};
use super::{Layer, Shape};
use crate::api::Page;
use crate::api::finding::{
    Finding, FindingDetail, InconclusiveReason, LegalMove, ListOccurrences, MoveFinding, Occurrence, OccurrenceVerdict,
    RoundKind, ShowFinding,
};
use crate::domain::safe::Safe;
use crate::domain::status::{Status, Who, legal_moves};
use crate::domain::time::Time;

/// The letter of a status, and its name.
pub(super) fn letter(to: Status) -> (char, &'static str) {
    match to {
        Status::Open => ('o', "open"),
        Status::InProgress => ('p', "in progress"),
        Status::PendingVerification => ('v', "pending verification"),
        Status::VerifiedFixed => ('f', "verified fixed"),
        Status::NotFixed => ('n', "not fixed"),
        Status::Partial => ('a', "partly fixed"),
        Status::Inconclusive => ('i', "inconclusive"),
        Status::FalsePositive => ('x', "false positive"),
        Status::OutOfScope => ('s', "out of scope"),
        Status::Duplicate => ('d', "duplicate"),
        Status::RiskAccepted => ('r', "risk accepted"),
    }
}

/// What a move means where its status does not say it.
fn meaning(to: Status) -> &'static str {
    match to {
        Status::Open => " again",
        Status::PendingVerification => ": said fixed, or a retest",
        Status::Partial => ": the places differ",
        Status::Duplicate => " of another finding of the project",
        Status::RiskAccepted => " until a date",
        _ => "",
    }
}

#[derive(Debug)]
enum Msg {
    Detail(Box<Answer<FindingDetail>>),
}

/// Picking the move.
#[derive(Debug)]
pub struct PickMove {
    finding: Finding,
    moves: Vec<LegalMove>,
    at: usize,
    asked: bool,
    /// Why the server's own answer is missing.
    unsure: Option<Safe>,
}

/// The moves out of a status, by the domain's table.
fn known_moves(from: Status) -> Vec<LegalMove> {
    let moves = legal_moves(from, Who::Agency).iter();
    moves
        .map(|m| LegalMove {
            to: m.to,
            needs_notes: m.needs_notes,
        })
        .collect()
}

impl PickMove {
    pub fn new(finding: &Finding) -> Self {
        Self {
            finding: finding.clone(),
            moves: known_moves(finding.status),
            at: 0,
            asked: false,
            unsure: None,
        }
    }

    fn pick(&self, i: usize, cx: &mut Cx) {
        if let Some(legal) = self.moves.get(i) {
            cx.close();
            cx.open(move_sheet(&self.finding, legal, cx.model));
        }
    }
}

impl Layer for PickMove {
    fn shape(&self) -> Shape {
        Shape::Popup(76, (self.moves.len() as u16).max(3) + 4)
    }

    fn set_size(&mut self, _: u16, _: u16, cx: &mut Cx) {
        if !std::mem::replace(&mut self.asked, true) {
            let finding = self.finding.id.to_string();
            cx.read("moves", ShowFinding { finding }, |answer| Msg::Detail(Box::new(answer)));
        }
    }

    fn key(&mut self, event: KeyEvent, cx: &mut Cx) -> bool {
        let hit = match event.code {
            KeyCode::Enter => Some(self.at),
            KeyCode::Char(c) => self.moves.iter().position(|m| letter(m.to).0 == c),
            _ => None,
        };
        if let Some(i) = hit {
            self.pick(i, cx);
            return true;
        }
        let KeyCode::Char(c) = event.code else { return false };
        let Some(to) = Status::ALL.into_iter().find(|to| letter(*to).0 == c) else {
            return false;
        };
        let (name, from) = (letter(to).1, letter(self.finding.status).1);
        cx.say(
            Tone::Warn,
            format!("{}: from {from} there is no move to {name}.", self.finding.key),
        );
        true
    }

    fn act(&mut self, action: Action, _: Option<usize>, _: &mut Cx) -> bool {
        match action {
            Action::Down => self.at = (self.at + 1).min(self.moves.len().saturating_sub(1)),
            Action::Up => self.at = self.at.saturating_sub(1),
            _ => return false,
        }
        true
    }

    fn reply(&mut self, payload: Payload, _: &mut Cx) {
        let Ok(msg) = payload.downcast::<Msg>() else { return };
        let Msg::Detail(answer) = *msg;
        match *answer {
            Ok(detail) => {
                // The cursor stays on its move where that is still one.
                let on = self.moves.get(self.at).map(|m| m.to);
                self.at = detail.moves.iter().position(|m| Some(m.to) == on).unwrap_or(0);
                self.finding = detail.finding;
                self.moves = detail.moves;
                self.unsure = None;
            }
            Err(fault @ Fault::Problem(_)) => self.unsure = Some(sentence(&fault)),
            // Offline: the moves of the row as it was last seen.
            Err(_) => self.unsure = Some(Safe::new("As last seen here; the server has not confirmed it.")),
        }
    }

    fn hints(&self) -> Vec<Action> {
        vec![Action::Down, Action::Choose, Action::Back]
    }

    fn draw(&self, brush: &mut Brush, area: Rect, _: &Model) {
        let title = [run(format!(" {}: from ", self.finding.key), Tone::Focus)];
        let mut title = title.to_vec();
        title.extend(badge::status(self.finding.status));
        title.push(run(" to ", Tone::Focus));
        let inside = brush.frame(area, &title, &[], true);
        let (x, width) = (inside.x + 1, inside.width.saturating_sub(2));
        for (i, legal) in self.moves.iter().enumerate() {
            let (letter, text) = letter(legal.to);
            let y = inside.y + 1 + i as u16;
            let bar = (i == self.at).then_some(Tone::Cursor);
            if bar.is_some() {
                brush.bar(inside.x, y, inside.width, Tone::Cursor);
            }
            let needs = if legal.needs_notes { "  (notes)" } else { "" };
            let runs = [
                run(format!("{letter}  "), Tone::Key),
                run(text, Tone::Text),
                run(meaning(legal.to), Tone::Text),
                run(needs, Tone::Dim),
            ];
            brush.runs_on(x, y, width, &runs, bar);
        }
        if self.moves.is_empty() {
            let none = Safe::new("No move is allowed to you from here.");
            brush.text(x, inside.y + 1, width, &none, Tone::Dim);
        }
        if let Some(why) = &self.unsure {
            brush.text(x, inside.bottom().saturating_sub(1), width, why, Tone::Warn);
        }
    }
}

#[derive(Debug)]
enum Moved {
    Done(Box<Answer<Finding>>),
    Places(Answer<Page<Occurrence>>),
}

/// One move's fields.
#[derive(Debug)]
pub struct MoveForm {
    finding: Finding,
    to: Status,
    needs_notes: bool,
    asked: bool,
    places: Vec<Occurrence>,
}

fn options(words: &[(&str, &str)]) -> Vec<(String, Safe)> {
    words.iter().map(|(v, l)| ((*v).to_owned(), Safe::new(l))).collect()
}

/// How a day is written.
pub(super) const DAY: &str = "2027-03-31, or 90d";

/// What a move asks for, of one finding and of many alike.
pub(super) fn fields(to: Status, model: &Model) -> Vec<Field> {
    match to {
        Status::PendingVerification => {
            let kinds = options(&[
                ("remediated", "the client says it is fixed"),
                ("retest", "a retest is asked for"),
            ]);
            vec![Field::choice("kind", "Round", kinds, "remediated")]
        }
        Status::Inconclusive => {
            let reasons = options(&[
                ("not_reachable", "not reachable"),
                ("no_access", "no access"),
                ("environment_changed", "the environment changed"),
                ("not_reproducible", "cannot be reproduced"),
                ("other", "another reason"),
            ]);
            vec![Field::choice("reason", "Reason", reasons, "not_reachable")]
        }
        Status::RiskAccepted => {
            let until = super::super::clock::date(model.now.plus_days(90), &model.zone);
            vec![Field::text("until", "Until", until.as_str()).help(DAY)]
        }
        Status::Duplicate => vec![Field::text("of", "Duplicate of", "").help("F-…, of the same project")],
        _ => Vec::new(),
    }
}

/// Why a verdict is inconclusive.
pub(super) fn reason(form: &Form) -> InconclusiveReason {
    match form.value("reason").as_str() {
        "not_reachable" => InconclusiveReason::NotReachable,
        "no_access" => InconclusiveReason::NoAccess,
        "environment_changed" => InconclusiveReason::EnvironmentChanged,
        "not_reproducible" => InconclusiveReason::NotReproducible,
        _ => InconclusiveReason::Other,
    }
}

/// The finding that is repeated; none where there is no key, and the field says so.
pub(super) fn original(form: &mut Form) -> Option<String> {
    let of = form.some("of");
    if of.is_none() {
        form.refuse("of", "Of which finding? Write its key, F-…");
    }
    of
}

/// A day to come; none where the field has none, and says so.
pub(super) fn day(name: &str, form: &mut Form, model: &Model) -> Option<Time> {
    match until(&form.value(name), model) {
        Some(time) if time > model.now => return Some(time),
        Some(_) => form.refuse(name, "This day is over. Write a day to come."),
        None => form.refuse(name, "Write a day like 2027-03-31, or a number of days like 90d."),
    }
    None
}

fn move_sheet(finding: &Finding, legal: &LegalMove, model: &Model) -> Sheet<MoveForm> {
    let mut fields = fields(legal.to, model);
    if legal.to == Status::Partial {
        fields.push(Field::many("places", "Fixed places", Vec::new(), &[]));
    }
    let notes = if legal.needs_notes {
        "needed: what was seen or done"
    } else {
        ""
    };
    fields.push(Field::area("notes", "Notes", "").help(notes));
    // Behind the notes, as it may stay empty: a verdict is typed like every other move.
    if legal.to == Status::VerifiedFixed && finding.status != Status::PendingVerification {
        let basis = if finding.seen_in_latest {
            ""
        } else {
            "not seen in the latest import"
        };
        fields.push(Field::text("basis", "Basis", basis).help("what proves it; empty: the notes say so"));
    }
    let spec = MoveForm {
        finding: finding.clone(),
        to: legal.to,
        needs_notes: legal.needs_notes,
        asked: false,
        places: Vec::new(),
    };
    let mut form = Form::new(fields);
    if finding.status == Status::VerifiedFixed {
        form.begin("kind", "retest");
    }
    let mut sheet = Sheet::new(spec, form, model);
    sheet.form.set_recall(&model.recall);
    sheet.form.focus_missing();
    sheet
}

/// `90d` from now, or the end of a day in the agency's zone.
fn until(text: &str, model: &Model) -> Option<Time> {
    if let Some(days) = text.strip_suffix('d').and_then(|n| n.parse().ok()) {
        return Some(model.now.plus_days(days));
    }
    let date: jiff::civil::Date = text.parse().ok()?;
    let end = date.at(23, 59, 59, 0).to_zoned(model.zone.clone()).ok()?;
    Some(Time(end.timestamp().as_millisecond()))
}

impl MoveForm {
    fn ask_places(&mut self, cx: &mut Cx) {
        if self.to == Status::Partial && !std::mem::replace(&mut self.asked, true) {
            let request = ListOccurrences {
                finding: self.finding.id.to_string(),
                limit: Some(200),
                cursor: None,
            };
            cx.read("places", request, Moved::Places);
        }
    }
}

impl MoveForm {
    /// Somebody changed the finding since: where it stands now, and whether this move is still one.
    fn changed(&mut self, now: Finding, form: &mut Form) {
        let before = std::mem::replace(&mut self.finding, now);
        let now = &self.finding;
        if !known_moves(now.status).iter().any(|m| m.to == self.to) {
            let text = format!(
                "Somebody changed it meanwhile: it is {} now, and this move is not allowed from there. Your notes are kept as a draft.",
                now.status
            );
            form.note = Some((Tone::Warn, Safe::new(&text)));
        } else if now.status != before.status {
            let sides = [before.status.name(), now.status.name(), self.to.name()];
            form.clash(STATUS, "Status", sides);
        }
    }
}

/// The question whether the status stays as somebody else set it.
const STATUS: &str = "status";

impl Spec for MoveForm {
    fn title(&self, _: &Model) -> Safe {
        Safe::new(&format!("{} → {}", self.finding.key, letter(self.to).1))
    }

    fn intro(&self, _: &Model) -> Vec<Safe> {
        vec![Safe::new(&self.finding.title)]
    }

    fn send_line(&self, _: &Form, _: &Model) -> Safe {
        Safe::new("Move")
    }

    fn draft_key(&self) -> Option<String> {
        Some(format!("move {} {}", self.finding.key, self.to))
    }

    fn sized(&mut self, _: &mut Form, cx: &mut Cx) {
        self.ask_places(cx);
    }

    fn send(&mut self, form: &mut Form, cx: &mut Cx) {
        if matches!(form.settled(STATUS), Some(Whose::Theirs)) {
            Sheet::<Self>::finish(form, self.draft_key(), cx);
            return cx.say(
                Tone::Dim,
                format!("{} stays {}.", self.finding.key, self.finding.status),
            );
        }
        let notes = form.value("notes");
        if self.needs_notes && notes.is_empty() {
            return form.refuse("notes", "This move needs notes: what was seen or done.");
        }
        let mut request = MoveFinding {
            finding: self.finding.id.to_string(),
            to: self.to,
            notes: notes.clone(),
            kind: None,
            reason: None,
            until: None,
            of: None,
            basis: form.some("basis"),
            occurrences: Vec::new(),
        };
        match self.to {
            Status::PendingVerification => {
                let retest = form.value("kind") == "retest";
                request.kind = Some(if retest {
                    RoundKind::Retest
                } else {
                    RoundKind::Remediated
                });
            }
            Status::Inconclusive => {
                request.reason = Some(reason(form));
            }
            Status::RiskAccepted => match day("until", form, cx.model) {
                Some(time) => request.until = Some(time),
                None => return,
            },
            Status::Duplicate => match original(form) {
                Some(of) => request.of = Some(of),
                None => return,
            },
            Status::Partial => {
                let fixed = form.values("places");
                if fixed.is_empty() || fixed.len() == self.places.len() {
                    return form.refuse("places", "Mark with space which places are fixed: some, but not all.");
                }
                let verdict = |o: &Occurrence| OccurrenceVerdict {
                    occurrence: o.id,
                    fixed: fixed.contains(&o.id.to_string()),
                };
                request.occurrences = self.places.iter().map(verdict).collect();
            }
            _ => {}
        }
        if !notes.is_empty() {
            cx.push(Effect::Recall(notes));
        }
        form.sending();
        cx.write(request, Some(self.finding.version), |answer| {
            Moved::Done(Box::new(answer))
        });
    }

    fn reply(&mut self, payload: Payload, form: &mut Form, cx: &mut Cx) {
        let Ok(msg) = payload.downcast::<Moved>() else { return };
        match *msg {
            Moved::Done(answer) => match *answer {
                Ok(finding) => {
                    Sheet::<Self>::finish(form, self.draft_key(), cx);
                    cx.say(Tone::Good, format!("{} is {}.", finding.key, letter(finding.status).1));
                }
                Err(fault) => {
                    form.fault(&fault);
                    if let Some(now) = fault.current::<Finding>() {
                        self.changed(now, form);
                    }
                }
            },
            Moved::Places(Ok(page)) => {
                let label = |o: &Occurrence| (o.id.to_string(), Safe::new(&o.place));
                let fixed = page.items.iter().filter(|o| o.fixed).map(|o| o.id.to_string());
                let fixed: Vec<_> = fixed.collect();
                form.set_options("places", page.items.iter().map(label).collect(), &fixed);
                self.places = page.items;
            }
            Moved::Places(Err(fault)) => form.fault(&fault),
        }
    }
}
