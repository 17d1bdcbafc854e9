//! What can be done with a finding, the same wherever one is shown: in the findings pane, the queue, the detail.

use super::action::{Action, Can};
use super::effect::{Answer, Cx, Effect, sentence};
use super::modals::{comment, copy, correct, import, many, menu, person, place, record, status, why};
use super::model::{Chosen, Model};
use super::theme::Tone;
use super::window::Marked;
use super::words::counted;
use crate::api::finding::{Finding, ReleaseFinding, TriageFinding};
use crate::api::queue::{PutBackFinding, TakeFinding, TakeNext};
use crate::domain::access::Role;
use crate::domain::safe::Safe;

/// Does it; whether it is an act on a finding at all. `mine`: the asker holds it.
pub fn on_finding(action: Action, finding: &Finding, mine: bool, cx: &mut Cx) -> bool {
    match action {
        Action::Status => cx.open(status::PickMove::new(finding)),
        Action::Comment => cx.open(comment::new(finding, None, None, cx.model)),
        Action::Place => cx.open(place::Place::new(Many::These(vec![finding.clone()]))),
        Action::Merge => cx.open(correct::Correct::related(finding)),
        Action::Person => cx.open(person::Person::assignee(finding, cx.model)),
        Action::Edit => cx.open(many::Change::edit(Many::These(vec![finding.clone()]))),
        Action::Release => cx.open(menu::Menu::release(finding)),
        Action::Take if mine => put_back(finding, cx),
        Action::Take => take(finding, cx),
        Action::Remove => {
            const SAID: &[&str] = &[
                "Findings stay: a status closes one (false positive, out of scope, …).",
                "One that was just made or imported is taken back here.",
            ];
            cx.open(menu::Menu::put_away(
                SAID,
                &[Action::Status, Action::Release, Action::Undo],
            ));
        }
        Action::Why => cx.open(why::Why::new(finding)),
        Action::Import => cx.open(import::new(Chosen::from(&finding.project), cx.model)),
        Action::Record => cx.open(record::Record::new(finding)),
        Action::CopyMenu => cx.open(copy::CopyMenu::finding(finding)),
        Action::CopyId => cx.push(Effect::Copy(finding.key.clone())),
        Action::Pin => cx.push(Effect::Pin(finding.client.as_ref().map(Chosen::from))),
        _ => return false,
    }
    true
}

/// What an act over marks is about: the seam between a list's marks and the acts that have a meaning for many.
#[derive(Debug, Clone, PartialEq)]
pub enum Many {
    /// These, as they were last seen.
    These(Vec<Finding>),
    /// All that match this query (where one stands included); how many, once the server has said.
    All { query: Option<String>, count: Option<i64> },
}

impl Many {
    /// From a list's marks; none where nothing is marked.
    pub fn of<T>(marked: &Marked<T>, query: &str, model: &Model, finding: impl Fn(&T) -> Finding) -> Option<Self> {
        match marked {
            Marked::Nothing => None,
            Marked::These(rows) => Some(Self::These(rows.iter().map(finding).collect())),
            Marked::All(count) => Some(Self::All {
                query: model.standing.narrow(query),
                count: *count,
            }),
        }
    }
}

/// Whether the act has a meaning for many findings at once.
pub fn takes_many(action: Action) -> bool {
    matches!(
        action,
        Action::Take
            | Action::CopyId
            | Action::Status
            | Action::Person
            | Action::Place
            | Action::Merge
            | Action::Release
            | Action::Edit
    )
}

/// Does it with what is marked; whether it was done here. `mine`: the asker holds them all.
pub fn on_marked(action: Action, many: Option<&Many>, mine: bool, cx: &mut Cx) -> bool {
    let Some(many) = many else { return false };
    if action == Action::Comment {
        cx.say(Tone::Warn, "A comment is about one finding: Esc drops the marks.");
        return true;
    }
    if action == Action::Place {
        cx.open(place::Place::new(many.clone()));
        return true;
    }
    if let Some(sheet) = many::Change::new(action, many.clone(), cx.model) {
        cx.open(sheet);
        return true;
    }
    if !takes_many(action) {
        return false;
    }
    let Many::These(findings) = many else {
        cx.say(
            Tone::Warn,
            "Not all of these are loaded: mark the ones you mean (Space, v), or ask for fewer (f).",
        );
        return true;
    };
    match action {
        Action::Merge if findings.len() == 1 => cx.open(correct::Correct::related(&findings[0])),
        Action::Merge => cx.open(correct::Correct::marked(findings)),
        Action::Take if mine => put_back_all(findings, cx),
        Action::Take => take_all(findings, cx),
        _ => {
            let keys: Vec<&str> = findings.iter().map(|f| f.key.as_str()).collect();
            cx.push(Effect::Copy(keys.join(" ")));
        }
    }
    true
}

fn take_all(findings: &[Finding], cx: &mut Cx) {
    let request = |f: &Finding| TakeFinding {
        finding: f.id.to_string(),
    };
    let keys: Vec<String> = findings.iter().map(|f| f.key.clone()).collect();
    cx.act_all(findings.iter().map(request).collect(), move |answers| {
        outcome(&keys, &answers, "yours for 30 minutes")
    });
}

fn put_back_all(findings: &[Finding], cx: &mut Cx) {
    let request = |f: &Finding| PutBackFinding {
        finding: f.id.to_string(),
    };
    let keys: Vec<String> = findings.iter().map(|f| f.key.clone()).collect();
    cx.act_all(findings.iter().map(request).collect(), move |answers| {
        outcome(&keys, &answers, "back in the queue")
    });
}

/// `11 findings are yours for 30 minutes; F-7K3QX2: Ben holds it.`
fn outcome<T>(keys: &[String], answers: &[Answer<T>], done: &str) -> Vec<Effect> {
    let good = answers.iter().filter(|a| a.is_ok()).count();
    let verb = if good == 1 { "is" } else { "are" };
    let mut text = format!("{} {verb} {done}", counted(good, "finding"));
    let refused: Vec<_> = keys.iter().zip(answers).filter(|(_, a)| a.is_err()).collect();
    if let Some((key, Err(fault))) = refused.first() {
        let more = match refused.len() - 1 {
            0 => String::new(),
            n => format!(" (and {n} more)"),
        };
        text.push_str(&format!("; {key}: {}{more}", sentence(fault)));
    } else {
        text.push('.');
    }
    let tone = if refused.is_empty() { Tone::Good } else { Tone::Warn };
    vec![Effect::Unmark, Effect::Say(tone, Safe::new(&text))]
}

/// Whether an act on this finding works now; [`Can::NotHere`] where it is none.
pub fn can_on_finding(action: Action, finding: Option<&Finding>, model: &Model) -> Can {
    const ROW: &str = "There is no finding under the cursor.";
    const PINNED: &str = "Another client is pinned; acts on this one are refused. `.` unpins.";
    let writes = matches!(
        action,
        Action::Status
            | Action::Comment
            | Action::Place
            | Action::Merge
            | Action::Person
            | Action::Edit
            | Action::Remove
            | Action::Release
            | Action::Take
            | Action::Import
    );
    let reads = matches!(
        action,
        Action::Why | Action::Record | Action::CopyId | Action::CopyMenu | Action::Choose
    );
    if action == Action::Pin {
        let has = finding.is_some_and(|f| f.client.is_some()) || model.pin.is_some();
        return Can::when(has, "This finding's project has no client to pin.");
    }
    if !writes && !reads {
        return Can::NotHere;
    }
    let Some(finding) = finding else { return Can::No(ROW) };
    let elsewhere = model.pin.is_some() && model.pinned_elsewhere(finding.client.as_ref().map(|c| c.id));
    match (writes && elsewhere, writes && model.role() == Some(Role::Viewer)) {
        (true, _) => Can::No(PINNED),
        (_, true) => Can::No("Viewers see the overview only."),
        _ => Can::Yes,
    }
}

fn told<T>(answer: &Answer<T>, done: &str) -> Vec<Effect> {
    vec![match answer {
        Ok(_) => Effect::Say(Tone::Good, Safe::new(done)),
        Err(fault) => Effect::Say(Tone::Bad, sentence(fault)),
    }]
}

/// Takes a finding from the queue, or renews the lease.
pub fn take(finding: &Finding, cx: &mut Cx) {
    let key = finding.key.clone();
    let request = TakeFinding {
        finding: finding.id.to_string(),
    };
    cx.say(Tone::Dim, format!("Taking {key}…"));
    cx.act(request, None, move |answer| {
        let mut out = told(&answer, &format!("{key} is yours for 30 minutes."));
        if let Ok(holder) = &answer {
            out.push(Effect::Hold(key, Some(holder.until)));
        }
        out
    });
}

fn put_back(finding: &Finding, cx: &mut Cx) {
    let key = finding.key.clone();
    let request = PutBackFinding {
        finding: finding.id.to_string(),
    };
    cx.say(Tone::Dim, format!("Putting {key} back…"));
    cx.act(request, None, move |answer| {
        let mut out = told(&answer, &format!("{key} is back in the queue."));
        if answer.is_ok() {
            out.push(Effect::Hold(key, None));
        }
        out
    });
}

/// Takes the next finding of the queue and opens it.
pub fn take_next(query: &str, cx: &mut Cx) {
    // The next of the pinned client: one of another would be refused.
    let pinned = cx.model.pin.as_ref().map(|pin| format!("client:{}", pin.key));
    let query = match pinned {
        Some(word) if cx.model.standing.client.is_none() && cx.model.standing.project.is_none() => {
            format!("{query} {word}")
        }
        _ => query.to_owned(),
    };
    let request = TakeNext {
        q: cx.model.standing.narrow(&query),
    };
    cx.say(Tone::Dim, "Taking the next one…");
    cx.act(request, None, |answer| match answer {
        Ok(taken) => match taken.item {
            Some(item) => vec![
                Effect::Hold(item.finding.key.clone(), item.holder.as_ref().map(|h| h.until)),
                Effect::OpenFinding(item.finding.key.clone(), true),
                Effect::Say(
                    Tone::Good,
                    Safe::new(&format!("{} is yours for 30 minutes.", item.finding.key)),
                ),
            ],
            None => vec![Effect::Say(Tone::Good, Safe::new("Nothing is left to take here."))],
        },
        Err(fault) => vec![Effect::Say(Tone::Bad, sentence(&fault))],
    });
}

/// Marks as triaged, or takes it back.
pub fn triage(finding: &Finding, undo: bool, cx: &mut Cx) {
    let (key, done) = (
        finding.key.clone(),
        if undo { "is not triaged any more" } else { "is triaged" },
    );
    let request = TriageFinding {
        finding: finding.id.to_string(),
        undo,
    };
    cx.act(request, Some(finding.version), move |answer| {
        told(&answer, &format!("{key} {done}."))
    });
}

/// Releases to the client, or takes it back.
pub fn release(finding: &Finding, undo: bool, cx: &mut Cx) {
    let done = if undo {
        "is hidden from the client again"
    } else {
        "is released; the client's clock runs"
    };
    let key = finding.key.clone();
    let request = ReleaseFinding {
        finding: finding.id.to_string(),
        undo,
    };
    cx.act(request, Some(finding.version), move |answer| {
        told(&answer, &format!("{key} {done}."))
    });
}
