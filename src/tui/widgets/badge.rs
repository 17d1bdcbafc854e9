//! Small marks with a meaning: severities, statuses, badges, counts per severity.

use super::super::clock;
use super::super::ink::{Run, run};
use super::super::theme::Tone;
use crate::api::agency::SeverityCounts;
use crate::api::finding::Finding;
use crate::api::project::{Badge, Badges};
use crate::api::{PersonRef, Ref};
use crate::domain::safe::Safe;
use crate::domain::severity::Severity;
use crate::domain::status::Status;
use crate::domain::time::{DAY_MS, Time};

/// The severity's letter in its tone.
pub fn severity(severity: Severity) -> Vec<Run> {
    vec![run(letter(severity), Tone::Severity(severity))]
}

/// The severity in words where there is room.
pub fn rated(of: Severity, width: u16) -> Vec<Run> {
    if width < 8 {
        return severity(of);
    }
    vec![run(of.name(), Tone::Severity(of))]
}

fn letter(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "C",
        Severity::High => "H",
        Severity::Medium => "M",
        Severity::Low => "L",
        Severity::Info => "I",
    }
}

/// A status in at most 9 columns.
pub fn status(status: Status) -> Vec<Run> {
    let (text, tone) = match status {
        Status::Open => ("open", Tone::Text),
        Status::InProgress => ("progress", Tone::Text),
        Status::PendingVerification => ("verify", Tone::Key),
        Status::NotFixed => ("not fixed", Tone::Bad),
        Status::Partial => ("partial", Tone::Warn),
        Status::Inconclusive => ("inconcl.", Tone::Warn),
        Status::VerifiedFixed => ("fixed", Tone::Good),
        Status::FalsePositive => ("false pos", Tone::Dim),
        Status::OutOfScope => ("out scope", Tone::Dim),
        Status::Duplicate => ("duplicate", Tone::Dim),
        Status::RiskAccepted => ("accepted", Tone::Dim),
    };
    vec![run(text, tone)]
}

/// `2C 5H 1M`: what is there, worst first; `clear` where nothing is. What has no room is added up behind a `+`: a number
/// is never cut.
pub fn counts(counts: &SeverityCounts, width: u16) -> Vec<Run> {
    let all = [
        (counts.critical, Severity::Critical),
        (counts.high, Severity::High),
        (counts.medium, Severity::Medium),
        (counts.low, Severity::Low),
        (counts.info, Severity::Info),
    ];
    let present: Vec<_> = all.into_iter().filter(|(n, _)| *n > 0).collect();
    if present.is_empty() {
        return vec![run("clear", Tone::Good)];
    }
    for shown in (0..=present.len()).rev() {
        let mut out: Vec<Run> = Vec::new();
        let mut add = |text: String, tone| {
            if !out.is_empty() {
                out.push(run(" ", Tone::Text));
            }
            out.push(run(text, tone));
        };
        for (n, severity) in &present[..shown] {
            add(format!("{n}{}", letter(*severity)), Tone::Severity(*severity));
        }
        let rest: i64 = present[shown..].iter().map(|(n, _)| n).sum();
        if rest > 0 {
            add(format!("+{rest}"), Tone::Dim);
        }
        if super::super::ink::width(&out) <= usize::from(width) || shown == 0 {
            return out;
        }
    }
    Vec::new()
}

/// Heads for [`badges`], each as wide as the form it stands over.
pub const BADGE_HEADS: &[&str] = &[
    "fix  srhm",
    "fix         s  r  h  m ",
    "fix          scan        report   handoff       monitoring",
];

/// All five badges. Where there is room in words under their heads; else the fixing in words and the others by letter;
/// else by letter and number alone. `·` is a badge with nothing to tell.
pub fn badges(badges: &Badges, width: u16) -> Vec<Run> {
    let [narrow, middle, wide]: [u16; 3] = [9, 23, 58];
    let others = [&badges.scan, &badges.report, &badges.handoff, &badges.monitoring];
    if width >= wide {
        let mut out = padded(words(&badges.fix), 13);
        for (badge, room) in others.into_iter().zip([12, 9, 14, 10]) {
            out.extend(padded(words(badge), room));
        }
        return out;
    }
    if width >= middle {
        let mut out = padded(words(&badges.fix), 12);
        for (badge, name) in others.into_iter().zip(["S", "R", "H", "M"]) {
            let state = initial(badge);
            let tone = if state.text.as_str() == "·" {
                Tone::Dim
            } else {
                state.tone
            };
            out.push(run(name, tone));
            out.push(state);
            out.push(run(" ", Tone::Text));
        }
        return out;
    }
    let fix = short(&badges.fix);
    let room = usize::from(narrow) - 4;
    let fits = fix.text.width() < room;
    let mut out = padded(fix, room);
    if fits {
        out.extend(others.into_iter().map(initial));
    }
    out
}

fn padded(text: Run, width: usize) -> Vec<Run> {
    let gap = width.saturating_sub(text.text.width());
    vec![text, run(" ".repeat(gap), Tone::Text)]
}

/// `29 open`, the number first: what is cut off by a narrow column is never a digit.
fn words(badge: &Badge) -> Run {
    let state = badge.state.replace('_', " ");
    let text = match badge.count {
        Some(n) => format!("{n} {state}"),
        None => state,
    };
    run(text, tone(badge))
}

/// `29o`, `6!`.
fn short(badge: &Badge) -> Run {
    let letter = match badge.state.as_str() {
        "clear" => "ok",
        "overdue" => "!",
        "open" => "o",
        "verifying" => "v",
        _ => "?",
    };
    let count = badge.count.map(|n| n.to_string()).unwrap_or_default();
    run(format!("{count}{letter}"), tone(badge))
}

/// A badge's state as one letter.
fn initial(badge: &Badge) -> Run {
    let letter = match badge.state.as_str() {
        "none" | "off" | "unassigned" | "not_started" => "·".to_owned(),
        "stale" => "~".to_owned(),
        "failed" | "alert" => "!".to_owned(),
        "blocked" => "x".to_owned(),
        "on" => "+".to_owned(),
        state => state.chars().take(1).collect(),
    };
    let tone = if letter == "·" { Tone::Dim } else { tone(badge) };
    run(letter, tone)
}

fn tone(badge: &Badge) -> Tone {
    match badge.state.as_str() {
        "overdue" | "failed" | "alert" | "blocked" => Tone::Bad,
        "stale" | "verifying" => Tone::Warn,
        "clear" | "done" | "shared" | "acknowledged" => Tone::Good,
        "none" | "off" | "unassigned" | "not_started" => Tone::Dim,
        _ => Tone::Text,
    }
}

/// A finding's title, with what one must not miss before it: not triaged, not seen any more.
pub fn title(finding: &Finding) -> Vec<Run> {
    let mut out = Vec::new();
    if finding.triaged_at.is_none() && finding.status.is_open() {
        out.push(run("new ", Tone::Key));
    }
    if !finding.seen_in_latest && finding.status.is_open() {
        out.push(run("gone ", Tone::Warn));
    }
    out.push(run(&finding.title, Tone::Text));
    out
}

/// Until when, in the tone of its urgency.
pub fn due(due: Option<Time>, now: Time) -> Vec<Run> {
    let Some(due) = due else { return Vec::new() };
    let tone = match due.0 - now.0 {
        left if left < 0 => Tone::Bad,
        left if left < 3 * DAY_MS => Tone::Warn,
        _ => Tone::Dim,
    };
    vec![run(clock::until(due, now), tone)]
}

/// A person's name where it fits, else the first one; a dash where there is nobody.
pub fn person(person: Option<&PersonRef>, width: u16) -> Vec<Run> {
    vec![match person {
        Some(person) if person.name.chars().count() <= usize::from(width) => run(&person.name, Tone::Text),
        Some(person) => run(person.name.split_whitespace().next().unwrap_or_default(), Tone::Text),
        None => run("–", Tone::Dim),
    }]
}

/// The client a row belongs to.
pub fn client(client: Option<&Ref>) -> Vec<Run> {
    vec![match client {
        Some(client) => run(&client.name, Tone::Text),
        None => run("unassigned", Tone::Warn),
    }]
}

/// The name of the client a finding belongs to, for headings.
pub fn client_name(finding: &Finding) -> Safe {
    Safe::new(finding.client.as_ref().map_or("unassigned", |c| c.name.as_str()))
}

/// The name of the person who takes care of a finding, for headings.
pub fn assignee_name(finding: &Finding) -> Safe {
    Safe::new(finding.assignee.as_ref().map_or("nobody", |p| p.name.as_str()))
}

/// How long ago.
pub fn ago(t: Time, now: Time) -> Vec<Run> {
    vec![run(clock::until(now, t), Tone::Dim)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(runs: &[Run]) -> String {
        runs.iter()
            .map(|r| r.text.as_str())
            .collect::<String>()
            .trim_end()
            .to_owned()
    }

    #[test]
    fn counts_never_cut_a_number() {
        let all = SeverityCounts {
            critical: 12,
            high: 340,
            medium: 1_500,
            low: 7,
            info: 0,
        };
        assert_eq!(text(&counts(&all, 30)), "12C 340H 1500M 7L");
        assert_eq!(text(&counts(&all, 14)), "12C 340H +1507");
        assert_eq!(text(&counts(&all, 3)), "+1859");
        assert_eq!(text(&counts(&SeverityCounts::default(), 3)), "clear");
    }

    #[test]
    fn all_five_badges_stand_in_every_width() {
        let badge = |state: &str, count| Badge {
            state: state.into(),
            count,
        };
        let all = Badges {
            scan: badge("done", None),
            report: badge("draft", None),
            fix: badge("overdue", Some(66)),
            handoff: badge("not_started", None),
            monitoring: badge("alert", None),
        };
        assert_eq!(text(&badges(&all, 9)), "66!  dd·!");
        assert_eq!(text(&badges(&all, 23)), "66 overdue  Sd Rd H· M!");
        assert_eq!(
            text(&badges(&all, 60)),
            "66 overdue   done        draft    not started   alert"
        );
    }
}
