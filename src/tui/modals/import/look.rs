//! How an import under way looks.

use ratatui::layout::Rect;

use super::super::super::ink::{Brush, Run, run, wrap};
use super::super::super::model::Model;
use super::super::super::theme::Tone;
use super::super::super::widgets::badge;
use super::{Import, Step};
use crate::api::import::{BatchFile, PlanLine};
use crate::domain::safe::Safe;

pub(super) fn draw(import: &Import, brush: &mut Brush, area: Rect, _: &Model) {
    let title = [run(
        format!(" Import into {} {} ", import.project.key, import.project.name),
        Tone::Focus,
    )];
    let inside = brush.frame(area, &title, &[], true);
    let area = Rect::new(inside.x + 1, inside.y, inside.width.saturating_sub(2), inside.height);
    let mut y = area.y;
    y = files(import, brush, area, y);
    y += 1;
    match &import.step {
        Step::Opening => line(brush, area, y, &[run("Opening the batch…", Tone::Dim)]),
        Step::Uploading { n, far } => {
            let name = import.files.get(*n).map(|p| Import::name(p)).unwrap_or_default();
            let text = match far.found {
                None => format!("Uploading {name}"),
                Some((records, findings)) => format!("Reading {name}: {records} results, {findings} findings so far"),
            };
            line(brush, area, y, &[run(text, Tone::Text)]);
            bar(brush, area, y + 1, far.done, far.total);
        }
        Step::Planning | Step::Applying => {
            let planning = matches!(import.step, Step::Planning);
            let text = if planning {
                "Planning: nothing is written yet…"
            } else {
                "Applying…"
            };
            line(brush, area, y, &[run(text, Tone::Text)]);
            if let Some(progress) = import.batch.as_ref().and_then(|b| b.progress) {
                bar(
                    brush,
                    area,
                    y + 1,
                    progress.done.max(0) as u64,
                    progress.total.max(0) as u64,
                );
            }
            // Of one that is decided and cannot go on: it does as soon as it can.
            if let Some(problem) = import.batch.as_ref().and_then(|b| b.problem.as_deref()) {
                for text in wrap(&Safe::block(problem), usize::from(area.width)) {
                    line(brush, area, y + 3, &[run(text, Tone::Warn)]);
                    y += 1;
                }
            }
        }
        Step::Planned => planned(import, brush, area, y),
        Step::Applied => applied(import, brush, area, y),
        Step::Failed(why) => {
            for text in wrap(why, usize::from(area.width)) {
                line(brush, area, y, &[run(text, Tone::Bad)]);
                y += 1;
            }
            line(
                brush,
                area,
                y + 1,
                &[
                    run("Enter", Tone::Key),
                    run(": name the files again   ", Tone::Text),
                    run("esc", Tone::Key),
                    run(" leaves; nothing was written.", Tone::Text),
                ],
            );
        }
    }
}

fn line(brush: &mut Brush, area: Rect, y: u16, runs: &[Run]) {
    if y < area.bottom() {
        brush.runs(area.x, y, area.width, runs);
    }
}

fn files(import: &Import, brush: &mut Brush, area: Rect, mut y: u16) -> u16 {
    for (i, path) in import.files.iter().enumerate().take(6) {
        let mut runs = vec![run(format!("{} ", Import::name(path)), Tone::Strong)];
        match import.uploaded.get(i) {
            Some(file) => runs.extend(told(file)),
            None => runs.push(run("waits", Tone::Dim)),
        }
        line(brush, area, y, &runs);
        y += 1;
        let left_out = import.uploaded.get(i).into_iter().flat_map(|f| &f.left_out);
        for left in left_out.take(3) {
            line(
                brush,
                area,
                y,
                &[run(format!("    left out: {} {}", left.count, left.what), Tone::Warn)],
            );
            y += 1;
        }
    }
    if import.files.len() > 6 {
        line(
            brush,
            area,
            y,
            &[run(format!("and {} more files", import.files.len() - 6), Tone::Dim)],
        );
        y += 1;
    }
    y
}

fn told(file: &BatchFile) -> Vec<Run> {
    vec![
        run(format!("{} ", file.format), Tone::Key),
        run(
            format!(
                "{} records, {} findings at {} places",
                file.records, file.findings, file.occurrences
            ),
            Tone::Text,
        ),
    ]
}

fn bar(brush: &mut Brush, area: Rect, y: u16, done: u64, total: u64) {
    let width = u64::from(area.width.saturating_sub(8).min(60));
    let part = |of: u64| (done.min(total) * of).checked_div(total).unwrap_or(0);
    let (full, percent) = (part(width), part(100));
    let runs = [
        run("█".repeat(full as usize), Tone::Key),
        run("░".repeat((width - full) as usize), Tone::Dim),
        run(format!(" {percent:>3}%"), Tone::Text),
    ];
    line(brush, area, y, &runs);
}

fn totals(import: &Import) -> Vec<Run> {
    let Some(totals) = import.batch.as_ref().and_then(|b| b.totals) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for (n, what, tone) in [
        (totals.new, "new", Tone::Key),
        (totals.recurring, "recurring", Tone::Text),
        (totals.reopened, "reopened", Tone::Bad),
        (totals.not_seen, "not seen any more", Tone::Good),
        (totals.unchanged, "of them unchanged", Tone::Dim),
    ] {
        out.push(run(format!("{n} "), if n > 0 { Tone::Strong } else { Tone::Dim }));
        out.push(run(format!("{what}   "), if n > 0 { tone } else { Tone::Dim }));
    }
    out
}

fn planned(import: &Import, brush: &mut Brush, area: Rect, mut y: u16) {
    line(brush, area, y, &totals(import));
    y += 1;
    let scope = import.batch.as_ref().map(|b| b.scope.join(", ")).unwrap_or_default();
    if !scope.is_empty() {
        line(
            brush,
            area,
            y,
            &[run("covers ", Tone::Dim), run(Safe::new(&scope), Tone::Text)],
        );
        y += 1;
    }
    y += 1;
    let end = area.bottom().saturating_sub(2);
    for plan in import.lines.iter().skip(import.scroll) {
        if y >= end {
            break;
        }
        line(brush, area, y, &row(plan));
        y += 1;
    }
    let last = area.bottom().saturating_sub(1);
    let runs = [
        run("y", Tone::Key),
        run(" or Enter: apply   ", Tone::Text),
        run("esc", Tone::Key),
        run(" throw away", Tone::Text),
    ];
    line(brush, area, last, &runs);
}

fn row(plan: &PlanLine) -> Vec<Run> {
    let tone = match plan.outcome.as_str() {
        "new" => Tone::Key,
        "reopened" => Tone::Bad,
        "not_seen" => Tone::Good,
        _ => Tone::Dim,
    };
    let outcome = plan.outcome.replace('_', " ");
    let mut out = vec![run(format!("{outcome:<10} "), tone)];
    out.extend(badge::severity(plan.severity));
    let key = plan.finding.clone().unwrap_or_default();
    out.push(run(format!(" {key:<9}"), Tone::Dim));
    out.push(run(Safe::new(&plan.title), Tone::Text));
    let places = if plan.occurrences == 1 { "place" } else { "places" };
    out.push(run(format!("  {} {places}", plan.occurrences), Tone::Dim));
    out
}

fn applied(import: &Import, brush: &mut Brush, area: Rect, y: u16) {
    line(brush, area, y, &[run("Applied. ", Tone::Good)]);
    line(brush, area, y + 1, &totals(import));
    let runs = [
        run("n", Tone::Key),
        run(" or Enter: show what is new   ", Tone::Text),
        run("esc", Tone::Key),
        run(" back", Tone::Text),
    ];
    line(brush, area, y + 3, &runs);
}
