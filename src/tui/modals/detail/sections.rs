//! How the parts of a finding's detail look.

use ratatui::layout::Rect;

use super::super::super::action::Action;
use super::super::super::clock;
use super::super::super::ink::{Brush, Run, run, wrap};
use super::super::super::model::Model;
use super::super::super::theme::Tone;
use super::super::super::widgets::{badge, table};
use super::super::super::window::Window;
use crate::api::comment::Comment;
use crate::api::finding::{Finding, FindingDetail, HistoryEntry, Occurrence};
use crate::domain::access::Audience;
use crate::domain::safe::Safe;

/// Two lines that stay whatever tab is open: what it is, whose it is, what is running.
pub fn head(brush: &mut Brush, area: Rect, finding: &Finding, detail: Option<&FindingDetail>, model: &Model) {
    let mut first = vec![
        run(finding.severity.name(), Tone::Severity(finding.severity)),
        run("  ", Tone::Text),
    ];
    first.extend(badge::status(finding.status));
    if let Some(cvss) = &finding.cvss {
        first.push(run(format!("  CVSS {} {:.1}", cvss.version, cvss.score), Tone::Text));
    }
    first.push(run("  ", Tone::Text));
    match &finding.client {
        Some(client) => first.push(run(&client.name, Tone::Strong)),
        None => first.push(run("unassigned", Tone::Warn)),
    }
    first.push(run(
        format!(" › {} {}", finding.project.key, finding.project.name),
        Tone::Text,
    ));
    brush.runs(area.x, area.y, area.width, &first);
    let mut second = vec![run("with ", Tone::Dim)];
    second.extend(match &finding.assignee {
        Some(person) => vec![run(&person.name, Tone::Text)],
        None => vec![run("nobody", Tone::Warn)],
    });
    if let Some(due) = finding.due_at {
        second.push(run("  due ", Tone::Dim));
        second.extend(badge::due(Some(due), model.now));
        second.push(run(format!(" ({})", clock::date(due, &model.zone)), Tone::Dim));
    }
    let triaged = if finding.triaged_at.is_some() {
        "triaged"
    } else {
        "not triaged"
    };
    second.push(run(
        format!("  {triaged}"),
        if finding.triaged_at.is_some() {
            Tone::Dim
        } else {
            Tone::Key
        },
    ));
    let released = if finding.released_at.is_some() {
        "released"
    } else {
        "not released"
    };
    second.push(run(format!(" · {released}"), Tone::Dim));
    if let Some(detail) = detail {
        let (open, fixed) = (detail.occurrences_open, detail.occurrences_fixed);
        if fixed > 0 {
            second.push(run(format!("  {fixed} of {} places fixed", open + fixed), Tone::Good));
        }
    }
    brush.runs(area.x, area.y + 1, area.width, &second);
}

/// The lines of the facts tab, each with its tone.
pub fn body(detail: &FindingDetail, width: usize) -> Vec<Run> {
    let finding = &detail.finding;
    let mut out = Vec::new();
    let mut fact = |label: &str, value: String| {
        if !value.is_empty() {
            let text = Safe::new(&format!("{label:<12} {value}"));
            out.extend(wrap(&text, width).into_iter().map(|t| run(t, Tone::Text)));
        }
    };
    fact("tool", finding.tool.clone());
    let scanner = finding
        .scanner_severity
        .map(|s| s.name().to_owned())
        .unwrap_or_default();
    let own = detail
        .own_severity
        .map(|s| format!(", set to {s} here"))
        .unwrap_or_default();
    fact(
        "severity",
        format!("{scanner}{own}").trim_start_matches(", ").to_owned(),
    );
    fact(
        "CVSS",
        finding.cvss.as_ref().map(|c| c.vector.clone()).unwrap_or_default(),
    );
    let cwe: Vec<_> = finding.cwe.iter().map(|n| format!("CWE-{n}")).collect();
    fact("CWE", cwe.join(" "));
    fact("CVE", finding.cve.join(" "));
    fact("tags", finding.tags.join(" "));
    fact("first seen", finding.first_seen.to_string().chars().take(10).collect());
    let seen = if finding.seen_in_latest {
        ""
    } else {
        " (not in the latest import)"
    };
    let last: String = finding.last_seen.to_string().chars().take(10).collect();
    fact("last seen", format!("{last}{seen}"));
    fact("due because", detail.due_reason.clone().unwrap_or_default());
    let by = |p: &Option<crate::api::PersonRef>| p.as_ref().map(|p| p.name.clone()).unwrap_or_default();
    fact("triaged by", by(&detail.triaged_by));
    fact("released by", by(&detail.released_by));
    let until = detail.accepted_until.map(|t| t.to_string().chars().take(10).collect());
    fact("accepted to", until.unwrap_or_default());
    fact(
        "duplicate of",
        detail
            .duplicate_of
            .as_ref()
            .map(|d| format!("{} {}", d.key, d.name))
            .unwrap_or_default(),
    );
    for correction in &detail.corrections {
        fact("by hand", correction.words());
    }
    for related in &detail.related {
        let Finding { key, title, .. } = &related.finding;
        fact("related", format!("{key} {title} ({}); M merges", related.why));
    }
    for (title, text) in [
        ("Description", &detail.description),
        ("Remediation", &detail.remediation),
    ] {
        if !text.is_empty() {
            out.push(run("", Tone::Text));
            out.push(run(title, Tone::Title));
            out.extend(wrap(&Safe::block(text), width).into_iter().map(|t| run(t, Tone::Text)));
        }
    }
    if !detail.references.is_empty() {
        out.push(run("", Tone::Text));
        out.push(run("References", Tone::Title));
        for url in &detail.references {
            out.extend(wrap(&Safe::url(url), width).into_iter().map(|t| run(t, Tone::Text)));
        }
    }
    out
}

pub fn facts(brush: &mut Brush, area: Rect, detail: &FindingDetail, scroll: u16) {
    let lines = body(detail, usize::from(area.width));
    // What is below is told on a line of its own: over the text it would hide the end of a word.
    let fits = usize::from(scroll) + usize::from(area.height) >= lines.len();
    let height = usize::from(area.height).saturating_sub(usize::from(!fits));
    let rows = lines.iter().skip(usize::from(scroll)).take(height);
    for (i, line) in rows.enumerate() {
        brush.text(area.x, area.y + i as u16, area.width, &line.text, line.tone);
    }
    let left = lines.len().saturating_sub(usize::from(scroll) + height);
    if !fits && area.height > 0 {
        let more = Safe::new(&format!(" {left} more lines "));
        let width = more.width() as u16;
        brush.text(
            area.right().saturating_sub(width),
            area.bottom() - 1,
            width,
            &more,
            Tone::Dim,
        );
    }
}

pub fn places(brush: &mut Brush, area: Rect, window: &Window<Occurrence>, model: &Model) {
    const COLUMNS: [table::Column; 5] = [
        table::column("state", 6, 0),
        table::column("place", 0, 0),
        table::number("times", 5, 2),
        table::column("last seen", 10, 1),
        table::column("", 5, 3),
    ];
    let empty = vec![run("No place is recorded.", Tone::Dim)];
    table::draw(brush, area, window, &COLUMNS, true, model, None, &empty, |place| {
        let state = if place.fixed {
            run("fixed", Tone::Good)
        } else {
            run("open", Tone::Text)
        };
        let url = place.place.contains("://");
        let text = if url {
            Safe::url(&place.place)
        } else {
            Safe::new(&place.place)
        };
        vec![
            vec![state],
            vec![run(text, Tone::Text)],
            vec![run(
                if place.repeats > 1 {
                    place.repeats.to_string()
                } else {
                    String::new()
                },
                Tone::Dim,
            )],
            vec![run(clock::date(place.last_seen, &model.zone), Tone::Dim)],
            vec![run(if place.seen_in_latest { "" } else { "gone" }, Tone::Warn)],
        ]
    });
}

pub fn comments(brush: &mut Brush, area: Rect, window: &Window<Comment>, model: &Model) {
    let mut y = area.y;
    let width = usize::from(area.width.saturating_sub(4));
    for (index, row) in window.visible() {
        let Some(comment) = row else { continue };
        if y >= area.bottom() {
            break;
        }
        let here = window.is_at(index);
        let audience = match (comment.from_client, comment.audience) {
            (true, _) => run("from the client", Tone::Warn),
            (false, Audience::Internal) => run("internal", Tone::Dim),
            (false, Audience::Shared) => run("shared with the client", Tone::Key),
        };
        let indent = if comment.reply_to.is_some() { "  ↳ " } else { "" };
        let edited = if comment.edited_at.is_some() { " · edited" } else { "" };
        let head = [
            run(if here { "› " } else { "  " }, Tone::Key),
            run(
                format!("{indent}{}", comment.author.name),
                if here { Tone::Cursor } else { Tone::Strong },
            ),
            run(
                format!("  {}  ", clock::moment(comment.created_at, &model.zone)),
                Tone::Dim,
            ),
            audience,
            run(edited, Tone::Dim),
            run(
                comment
                    .via
                    .as_ref()
                    .map_or_else(String::new, |via| format!(" · on {via}")),
                Tone::Dim,
            ),
        ];
        brush.runs(area.x, y, area.width, &head);
        y += 1;
        for line in wrap(&Safe::block(&comment.text), width) {
            if y >= area.bottom() {
                break;
            }
            brush.text(area.x + 4, y, area.width.saturating_sub(4), &line, Tone::Text);
            y += 1;
        }
        y += 1;
    }
    let text = if let Some(why) = window.failed() {
        vec![run(why.clone(), Tone::Bad)]
    } else if window.is_blank() {
        vec![run("Loading…", Tone::Dim)]
    } else if window.is_empty() {
        vec![
            run("No comment yet. ", Tone::Dim),
            run(model.keymap.first(Action::Comment), Tone::Key),
            run(" writes one.", Tone::Dim),
        ]
    } else {
        return;
    };
    brush.runs(area.x, y.min(area.bottom().saturating_sub(1)), area.width, &text);
}

/// Rows below the history: the notes of the row under the cursor in full, which a column seldom has room for.
pub const NOTES: u16 = 3;

pub fn history(brush: &mut Brush, area: Rect, window: &Window<HistoryEntry>, model: &Model) {
    const COLUMNS: [table::Column; 4] = [
        table::column("when", 16, 0),
        table::column("who", 14, 0),
        table::column("what", 28, 0),
        table::column("notes", 0, 0),
    ];
    let empty = vec![run("Nothing has happened yet.", Tone::Dim)];
    let all = area;
    let area = Rect {
        height: all.height.saturating_sub(NOTES),
        ..all
    };
    if let Some(entry) = window.current() {
        let lines = wrap(&Safe::block(&entry.notes), usize::from(all.width.saturating_sub(4)));
        for (y, line) in (area.bottom()..all.bottom()).zip(&lines) {
            brush.text(all.x + 2, y, all.width.saturating_sub(4), line, Tone::Text);
        }
    }
    table::draw(brush, area, window, &COLUMNS, true, model, None, &empty, |entry| {
        let who = match (&entry.by, &entry.rule) {
            (Some(person), _) => run(&person.name, Tone::Text),
            (None, Some(rule)) => run(rule, Tone::Key),
            (None, None) => run("system", Tone::Dim),
        };
        let mut what = Vec::new();
        if let Some(via) = &entry.via {
            what.push(run(format!("{via} "), Tone::Dim));
        }
        if let Some(to) = entry.to {
            if let Some(from) = entry.from {
                what.extend(badge::status(from));
                what.push(run(" → ", Tone::Dim));
            }
            what.extend(badge::status(to));
        } else {
            let act = entry.act.strip_prefix("finding.").unwrap_or(&entry.act);
            what.push(run(act.replace('_', " "), Tone::Text));
        }
        vec![
            vec![run(clock::moment(entry.at, &model.zone), Tone::Dim)],
            vec![who],
            what,
            vec![run(entry.notes.replace('\n', " "), Tone::Text)],
        ]
    });
}
