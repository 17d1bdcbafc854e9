//! The overview as lines: every bar stands beside its number and its word, so that nothing is told by colour alone.

use super::super::super::clock;
use super::super::super::ink::{Run, run, width as wide};
use super::super::super::theme::Tone;
use super::super::super::widgets::badge;
use super::super::scroll::{self, Lines};
use crate::api::agency::{ClientLoad, Due, DueCounts, Overview, RecentAct};
use crate::domain::plan::{AgencyKind, Allowance, PlanState};
use crate::domain::safe::Safe;
use crate::domain::severity::Severity;
use crate::domain::time::Time;

/// From this width on there are two columns.
const TWO: usize = 74;
/// Between them.
const GAP: usize = 3;

const FULL: &str = "█";
const HALF: &str = "▒";
const FREE: &str = "░";

/// What a viewer is told of what is not there.
const WHY: &str = "As a viewer you see the numbers of the whole agency and no client by name. Clients, findings and \
     queue open to analysts and admins; an admin can change your role.";

pub fn lines(shown: &Overview, width: usize, alone: bool) -> Lines {
    let two = width >= TWO;
    let column = if two { (width - GAP) / 2 } else { width };
    let plan = plan(shown, column);
    let (due, open, clients) = (due(&shown.due, column), open(shown, column), clients(shown, column));
    let worst = shown.worst.as_deref().map(|w| worst(w, column));
    let acts = shown.acts.as_deref().map(|a| acts(a, shown.as_of, column));
    let mut out = Lines::new();
    if alone {
        scroll::text(&mut out, &Safe::new(WHY), Tone::Dim, width);
        out.push(Vec::new());
    }
    if two {
        out.extend(beside(stack([Some(plan), clients]), stack([Some(due)]), column));
        out.push(Vec::new());
        out.extend(beside(stack([Some(open), worst]), stack([acts]), column));
    } else {
        out.extend(stack([Some(plan), Some(due), Some(open), clients, worst, acts]));
    }
    out
}

/// One below the other, an empty line between.
fn stack<const N: usize>(parts: [Option<Lines>; N]) -> Lines {
    let mut out = Lines::new();
    for part in parts.into_iter().flatten() {
        if !out.is_empty() {
            out.push(Vec::new());
        }
        out.extend(part);
    }
    out
}

/// Two columns side by side.
fn beside(left: Lines, right: Lines, column: usize) -> Lines {
    let rows = left.len().max(right.len());
    let mut right = right.into_iter();
    let mut out: Lines = left.into_iter().map(|line| cut(line, column)).collect();
    out.resize(rows, Vec::new());
    for line in &mut out {
        let Some(more) = right.next().filter(|m| !m.is_empty()) else {
            continue;
        };
        let room = column + GAP - wide(line).min(column);
        line.push(run(" ".repeat(room), Tone::Text));
        line.extend(cut(more, column));
    }
    out
}

fn cut(line: Vec<Run>, width: usize) -> Vec<Run> {
    let mut left = width;
    let mut out = Vec::with_capacity(line.len());
    for one in line {
        let text = one.text.truncate(left);
        left -= text.width().min(left);
        out.push(run(text, one.tone));
        if left == 0 {
            break;
        }
    }
    out
}

/// How many cells of `room` stand for `n` of `of`: anything at all has one, only all has all.
fn cells(n: i64, of: i64, room: usize) -> usize {
    if n <= 0 || of <= 0 {
        return 0;
    }
    if n >= of {
        return room;
    }
    let cells = i128::from(n) * room as i128 / i128::from(of);
    usize::try_from(cells)
        .unwrap_or(room)
        .clamp(1, room.saturating_sub(1).max(1))
}

fn title(text: &str) -> Vec<Run> {
    vec![run(text, Tone::Title)]
}

fn plan(shown: &Overview, width: usize) -> Lines {
    let agency = &shown.agency;
    let (word, tone) = match agency.plan {
        PlanState::Trial => ("trial", Tone::Key),
        PlanState::Active => ("active", Tone::Good),
        PlanState::PastDue => ("past due", Tone::Warn),
        PlanState::Ended => ("ended", Tone::Bad),
    };
    let mut out = vec![vec![run("Plan ", Tone::Title), run(word, tone)]];
    let rows = [
        ("clients", agency.clients),
        ("projects", agency.projects),
        ("seats", agency.seats),
    ];
    for (name, of) in rows {
        if name == "clients" && agency.kind == AgencyKind::Direct {
            continue;
        }
        out.push(allowance(name, of, width));
    }
    out
}

fn allowance(name: &str, of: Allowance, width: usize) -> Vec<Run> {
    let full = of.used >= of.limit;
    let close = of.used.saturating_mul(5) >= of.limit.saturating_mul(4);
    let numbers = format!(" {:>4} of {:<5}", of.used, of.limit);
    let room = width.saturating_sub(9 + numbers.len() + 4).min(40);
    let used = cells(of.used, of.limit, room);
    let tone = if close { Tone::Warn } else { Tone::Good };
    let mut out = vec![
        run(format!("{name:<9}"), Tone::Text),
        run(FULL.repeat(used), tone),
        run(FREE.repeat(room - used), Tone::Dim),
        run(numbers, Tone::Text),
    ];
    if full {
        out.push(run("full", Tone::Bad));
    }
    out
}

fn open(shown: &Overview, width: usize) -> Lines {
    let counts = &shown.agency.open_findings;
    let of = |severity| match severity {
        Severity::Critical => counts.critical,
        Severity::High => counts.high,
        Severity::Medium => counts.medium,
        Severity::Low => counts.low,
        Severity::Info => counts.info,
    };
    let most = Severity::ALL.into_iter().map(of).max().unwrap_or_default();
    let total: i64 = Severity::ALL.into_iter().map(of).sum();
    let mut out = vec![vec![
        run("Open findings ", Tone::Title),
        run(total.to_string(), Tone::Strong),
    ]];
    let room = width.saturating_sub(20).min(40);
    for severity in Severity::ALL {
        let mut line = badge::severity(severity);
        line.push(run(format!(" {:<9}{:>7} ", severity.name(), of(severity)), Tone::Text));
        line.push(run(
            FULL.repeat(cells(of(severity), most, room)),
            Tone::Severity(severity),
        ));
        out.push(line);
    }
    out
}

fn clients(shown: &Overview, width: usize) -> Option<Lines> {
    if shown.agency.kind == AgencyKind::Direct {
        return None;
    }
    let counts = shown.clients;
    let all = [
        (counts.active, "active"),
        (counts.onboarding, "onboarding"),
        (counts.paused, "paused"),
        (counts.archived, "archived"),
    ];
    let text: Vec<String> = all.iter().map(|(n, word)| format!("{n} {word}")).collect();
    let mut out = vec![title("Clients")];
    scroll::text(&mut out, &Safe::new(&text.join(" · ")), Tone::Text, width);
    Some(out)
}

/// `Mon 23`; the text as it came where it is no date.
fn day(date: &str) -> String {
    date.parse::<jiff::civil::Date>()
        .map_or_else(|_| date.to_owned(), |d| d.strftime("%a %d").to_string())
}

fn due(due: &Due, width: usize) -> Lines {
    let all = || due.days.iter().map(|d| d.due).chain([due.overdue]);
    let most = all().map(|d| d.fix.saturating_add(d.verify)).max().unwrap_or_default();
    let mut out = vec![vec![
        run("Due this week ", Tone::Title),
        run(format!("{FULL} to fix {HALF} to verify"), Tone::Dim),
    ]];
    out.push(ending("overdue", due.overdue, most, width, true));
    for (i, one) in due.days.iter().enumerate() {
        let name = if i == 0 { "today".to_owned() } else { day(&one.date) };
        out.push(ending(&name, one.due, most, width, false));
    }
    out
}

fn ending(name: &str, counts: DueCounts, most: i64, width: usize, over: bool) -> Vec<Run> {
    let numbers = format!("{:>5} fix {:>4} verify ", counts.fix, counts.verify);
    let room = width.saturating_sub(8 + numbers.len()).min(40);
    let all = cells(counts.fix.saturating_add(counts.verify), most, room);
    // One cell for both shows the larger part; the numbers stand beside it.
    let verify = match cells(counts.verify, counts.fix.saturating_add(counts.verify), all) {
        1 if all == 1 && counts.fix >= counts.verify => 0,
        verify => verify,
    };
    let late = over && counts != DueCounts::default();
    let name_tone = if late { Tone::Bad } else { Tone::Text };
    let bar_tone = if late { Tone::Warn } else { Tone::Key };
    vec![
        run(name.to_owned(), name_tone),
        run(" ".repeat(8_usize.saturating_sub(name.len())), Tone::Text),
        run(numbers, if late { Tone::Strong } else { Tone::Text }),
        run(FULL.repeat(all - verify), bar_tone),
        run(HALF.repeat(verify), bar_tone),
    ]
}

fn worst(rows: &[ClientLoad], width: usize) -> Lines {
    let mut out = vec![title("Worst open findings by client")];
    if rows.is_empty() {
        out.push(vec![run("No client you may open has any.", Tone::Dim)]);
    }
    for row in rows {
        let counts = badge::counts(&row.open_findings, (width / 2) as u16);
        let room = width.saturating_sub(wide(&counts) + 1);
        let name = Safe::new(&row.client.name).truncate(room);
        let pad = " ".repeat(width.saturating_sub(name.width() + wide(&counts)));
        let mut line = vec![run(name, Tone::Text), run(pad, Tone::Text)];
        line.extend(counts);
        out.push(line);
    }
    out
}

fn acts(rows: &[RecentAct], now: Time, width: usize) -> Lines {
    let mut out = vec![title("Done in the last seven days")];
    if rows.is_empty() {
        out.push(vec![run("Nothing in the clients you may open.", Tone::Dim)]);
    }
    for row in rows {
        let mut line = vec![
            run(format!("{:>3}  ", clock::until(now, row.at)), Tone::Dim),
            run(row.act.replace(['.', '_'], " "), Tone::Text),
        ];
        if let Some(client) = &row.client {
            line.push(run(" · ", Tone::Dim));
            line.push(run(client.name.as_str(), Tone::Strong));
        }
        line.push(run(" · ", Tone::Dim));
        line.push(run(row.actor.as_deref().unwrap_or("a rule"), Tone::Text));
        out.push(cut(line, width));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_shows_any_and_all_and_nothing_for_nothing() {
        assert_eq!(cells(0, 10, 20), 0);
        assert_eq!(cells(1, 100_000, 20), 1);
        assert_eq!(cells(99_999, 100_000, 20), 19);
        assert_eq!(cells(5, 10, 20), 10);
        assert_eq!(cells(12, 10, 20), 20);
        assert_eq!(cells(3, 0, 20), 0);
        assert_eq!(cells(i64::MAX - 1, i64::MAX, 7), 6);
        assert_eq!(cells(1, 2, 1), 1);
    }
}
