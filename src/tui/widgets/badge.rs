//! Small marks with a meaning: severities, statuses, badges, counts per severity.

use super::super::ink::{Run, run};
use super::super::theme::Tone;
use crate::api::agency::SeverityCounts;
use crate::api::project::{Badge, Badges};
use crate::domain::severity::Severity;
use crate::domain::status::Status;

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

/// A status in at most 12 columns.
pub fn status(status: Status) -> Vec<Run> {
    let (text, tone) = match status {
        Status::Open => ("open", Tone::Text),
        Status::InProgress => ("in progress", Tone::Text),
        Status::PendingVerification => ("verify", Tone::Key),
        Status::NotFixed => ("not fixed", Tone::Bad),
        Status::Partial => ("partial", Tone::Warn),
        Status::Inconclusive => ("inconclusive", Tone::Warn),
        Status::VerifiedFixed => ("fixed", Tone::Good),
        Status::FalsePositive => ("false pos.", Tone::Dim),
        Status::OutOfScope => ("out of scope", Tone::Dim),
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

/// The badges that say something, in words.
pub fn badges(badges: &Badges) -> Vec<Run> {
    let all = [
        ("scan", &badges.scan, "none"),
        ("report", &badges.report, "none"),
        ("", &badges.fix, ""),
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
