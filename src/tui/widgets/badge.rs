//! Small marks with a meaning: severities, statuses, badges, counts per severity.

use super::super::clock;
use super::super::ink::{Run, run};
use super::super::theme::Tone;
use crate::api::PersonRef;
use crate::api::agency::SeverityCounts;
use crate::api::finding::Finding;
use crate::api::project::{Badge, Badges};
use crate::domain::severity::Severity;
use crate::domain::status::Status;
use crate::domain::time::{DAY_MS, Time};

/// The severity's letter in its tone.
pub fn severity(severity: Severity) -> Vec<Run> {
    vec![run(letter(severity), Tone::Severity(severity))]
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

/// `2C 5H 1M`: what is there, worst first; `clear` where nothing is.
pub fn counts(counts: &SeverityCounts) -> Vec<Run> {
    let all = [
        (counts.critical, Severity::Critical),
        (counts.high, Severity::High),
        (counts.medium, Severity::Medium),
        (counts.low, Severity::Low),
        (counts.info, Severity::Info),
    ];
    let mut out = Vec::new();
    for (n, severity) in all.into_iter().filter(|(n, _)| *n > 0) {
        if !out.is_empty() {
            out.push(run(" ", Tone::Text));
        }
        out.push(run(format!("{n}{}", letter(severity)), Tone::Severity(severity)));
    }
    if out.is_empty() {
        out.push(run("clear", Tone::Good));
    }
    out
}

/// The badge of the fixing alone, where there is no room for more.
pub fn fix(badges: &Badges) -> Vec<Run> {
    vec![one("", &badges.fix)]
}

/// The badges that say something, in words.
pub fn badges(badges: &Badges) -> Vec<Run> {
    let all = [
        ("", &badges.fix, ""),
        ("scan", &badges.scan, "none"),
        ("report", &badges.report, "none"),
        ("handoff", &badges.handoff, "not_started"),
        ("monitoring", &badges.monitoring, "off"),
    ];
    let mut out: Vec<Run> = Vec::new();
    for (name, badge, silent) in all {
        if badge.state == silent || (name == "handoff" && badge.state == "unassigned") {
            continue;
        }
        if !out.is_empty() {
            out.push(run(" · ", Tone::Dim));
        }
        out.push(one(name, badge));
    }
    out
}

fn one(name: &str, badge: &Badge) -> Run {
    let tone = match badge.state.as_str() {
        "overdue" | "failed" | "alert" | "blocked" => Tone::Bad,
        "stale" | "verifying" => Tone::Warn,
        "clear" | "done" | "shared" | "acknowledged" => Tone::Good,
        _ => Tone::Text,
    };
    let gap = if name.is_empty() { "" } else { " " };
    let count = badge.count.map(|n| format!(" {n}")).unwrap_or_default();
    run(format!("{name}{gap}{}{count}", badge.state.replace('_', " ")), tone)
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

/// A person's first name; a dash where there is nobody.
pub fn person(person: Option<&PersonRef>) -> Vec<Run> {
    vec![match person {
        Some(person) => run(person.name.split_whitespace().next().unwrap_or_default(), Tone::Text),
        None => run("–", Tone::Dim),
    }]
}
