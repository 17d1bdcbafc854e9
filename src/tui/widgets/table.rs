//! Rows in columns, from a [`Window`]: one flexible column, the others as wide as their content may be; columns that do
//! not fit are left out from the least needed on.

use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

use super::super::clock;
use super::super::ink::{Brush, Run, run};
use super::super::model::Model;
use super::super::theme::Tone;
use super::super::window::{Heading, Line, Row, Window, grouped, spans};
use crate::domain::safe::Safe;

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub head: &'static str,
    /// Columns of the screen; 0: all that is left.
    pub width: u16,
    /// 0 stays always; the highest number goes first where room is short.
    pub spare: u8,
    pub right: bool,
    /// It grows up to so many where there is room.
    pub most: u16,
}

/// A fixed column.
pub const fn column(head: &'static str, width: u16, spare: u8) -> Column {
    Column {
        head,
        width,
        spare,
        right: false,
        most: width,
    }
}

/// A fixed column that is read from its right edge.
pub const fn number(head: &'static str, width: u16, spare: u8) -> Column {
    Column {
        head,
        width,
        spare,
        right: true,
        most: width,
    }
}

/// The flexible column never gets narrower than this while others can go.
const FLEX_MIN: u16 = 14;

/// What is enough for it, where it does not say otherwise (`most`).
const FLEX_GOOD: u16 = 36;

/// Columns with a `spare` from here on come only where all others have all they want.
const LUXURY: u8 = 5;

/// Which columns fit, with their widths.
pub fn fit(columns: &[Column], width: u16) -> Vec<(usize, u16)> {
    let good = columns.iter().find(|c| c.width == 0).map_or(0, |c| match c.most {
        0 => FLEX_GOOD,
        most => most,
    });
    let mut kept: Vec<usize> = (0..columns.len()).collect();
    loop {
        let fixed: u16 = kept.iter().map(|i| columns[*i].width).sum();
        let gaps = kept.len().saturating_sub(1) as u16;
        let least = kept.iter().copied().filter(|i| columns[*i].spare > 0);
        let least = least.max_by_key(|i| columns[*i].spare);
        let wanted = match least {
            Some(i) if columns[i].spare >= LUXURY => {
                let others = kept
                    .iter()
                    .map(|i| columns[*i])
                    .filter(|c| c.spare < LUXURY && c.width > 0);
                good + others.map(|c| c.most - c.width).sum::<u16>()
            }
            _ => FLEX_MIN.min(good),
        };
        match least {
            Some(i) if fixed + gaps + wanted > width => kept.retain(|k| *k != i),
            _ => return share(columns, kept, width.saturating_sub(fixed + gaps), good),
        }
    }
}

/// What is left goes to the flexible column first, then to those that may grow, the rest to the flexible one again.
fn share(columns: &[Column], kept: Vec<usize>, rest: u16, good: u16) -> Vec<(usize, u16)> {
    let mut spare = rest.saturating_sub(good);
    let mut widths: Vec<(usize, u16)> = kept.into_iter().map(|i| (i, columns[i].width)).collect();
    let mut flex = rest;
    let mut grown = true;
    while spare > 0 && std::mem::take(&mut grown) {
        for (i, width) in &mut widths {
            if spare > 0 && columns[*i].width > 0 && *width < columns[*i].most {
                *width += 1;
                spare -= 1;
                flex -= 1;
                grown = true;
            }
        }
    }
    for (i, width) in &mut widths {
        if columns[*i].width == 0 {
            *width = flex;
        }
    }
    widths
}

/// What an empty list says: what is missing, and which key makes it.
pub type Empty = Vec<Run>;

/// How a list looks besides its cells.
pub struct Looks<'a> {
    pub columns: &'a [Column],
    pub focused: bool,
    pub model: &'a Model,
    /// The fixed row above the others.
    pub lead: &'a [Run],
    pub empty: &'a [Run],
    /// The exact size of a group, where it is known.
    pub group_size: &'a dyn Fn(&Safe) -> Option<i64>,
}

/// Draws the rows that are in view. `cells` makes the cells of a row, in the order of the columns; `lead` those of the
/// fixed row above them.
#[expect(
    clippy::too_many_arguments,
    reason = "one call per list, each argument a part of what it looks like"
)]
pub fn draw<T: Row>(
    brush: &mut Brush,
    area: Rect,
    window: &Window<T>,
    columns: &[Column],
    focused: bool,
    model: &Model,
    lead: Option<&[Run]>,
    empty: &Empty,
    cells: impl Fn(&T) -> Vec<Vec<Run>>,
) {
    let looks = Looks {
        columns,
        focused,
        model,
        lead: lead.unwrap_or_default(),
        empty,
        group_size: &|_| None,
    };
    rows(brush, area, window, &looks, |row, _| cells(row));
}

/// As [`draw`]; `cells` also learns whether the row is the first of its group in view.
pub fn rows<T: Row>(
    brush: &mut Brush,
    area: Rect,
    window: &Window<T>,
    looks: &Looks,
    cells: impl Fn(&T, bool) -> Vec<Vec<Run>>,
) {
    if area.height < 2 || area.width < 10 {
        return;
    }
    let columns = looks.columns;
    let fitted = fit(columns, area.width - 2);
    let mut x = area.x + 2;
    for (i, width) in &fitted {
        let column = &columns[*i];
        let head = [run(column.head, Tone::Dim)];
        place(brush, x, area.y, *width, column.right, &head, None, None);
        x += width + 1;
    }
    let mut y = area.y + 1;
    for line in window.lines() {
        if y >= area.bottom() {
            break;
        }
        match line {
            Line::Heading(heading) => {
                let runs = head_line(&heading, (looks.group_size)(&heading.name));
                brush.runs(area.x, y, area.width, &runs);
            }
            Line::Folded(index, name) => {
                let bar = begin(brush, area, y, window.is_at(index), false, looks.focused);
                let size = (looks.group_size)(&name).map_or(String::new(), grouped);
                let runs = [
                    run("▸ ", Tone::Key),
                    run(name, Tone::Title),
                    run(format!(" · {size} folded"), Tone::Dim),
                ];
                brush.runs_on(area.x + 2, y, area.width - 2, &runs, bar);
            }
            Line::Loading => {
                brush.text(area.x + 2, y, area.width - 2, &Safe::new("loading more…"), Tone::Dim);
            }
            Line::Fixed(index) => {
                let bar = begin(brush, area, y, window.is_at(index), false, looks.focused);
                brush.runs_on(area.x + 2, y, area.width - 2, looks.lead, bar);
            }
            Line::Row(index, row, first) => {
                let marked = window.is_marked_at(index, row.id());
                let bar = begin(brush, area, y, window.is_at(index), marked, looks.focused);
                let cells = cells(row, first);
                let mut x = area.x + 2;
                for (i, width) in &fitted {
                    let right = columns[*i].right;
                    place(brush, x, y, *width, right, &cells[*i], bar, window.shown_needle());
                    x += width + 1;
                }
            }
        }
        y += 1;
    }
    if y < area.bottom() {
        let area = Rect::new(area.x + 2, y, area.width - 2, area.bottom() - y);
        note(brush, area, window, looks.empty);
    }
    stamp(brush, area, window, looks.model);
}

/// The row's bar and its mark.
fn begin(brush: &mut Brush, area: Rect, y: u16, here: bool, marked: bool, focused: bool) -> Option<Tone> {
    let bar = here.then_some(if focused { Tone::Cursor } else { Tone::Rest });
    if let Some(tone) = bar {
        brush.bar(area.x, y, area.width, tone);
    }
    let mark = match (here, marked) {
        (_, true) => "*",
        (true, false) => "›",
        (false, false) => " ",
    };
    brush.text_on(area.x, y, 1, &Safe::new(mark), Tone::Key, bar);
    bar
}

/// `── critical · 12 ──`; `40+` where not all of it is here.
fn head_line(heading: &Heading, exact: Option<i64>) -> Vec<Run> {
    let size = match exact {
        Some(n) => grouped(n),
        None if heading.more => format!("{}+", heading.loaded),
        None => heading.loaded.to_string(),
    };
    vec![
        run("── ", Tone::Border),
        run(heading.name.clone(), Tone::Title),
        run(format!(" · {size} "), Tone::Dim),
        run("──", Tone::Border),
    ]
}

/// Below the rows: loading, failed, or nothing there.
fn note<T: Row>(brush: &mut Brush, area: Rect, window: &Window<T>, empty: &[Run]) {
    if let Some(why) = window.failed().filter(|_| window.is_blank()) {
        for (i, line) in super::super::ink::wrap(why, usize::from(area.width)).iter().enumerate() {
            brush.text(area.x, area.y + i as u16, area.width, line, Tone::Bad);
        }
    } else if window.is_blank() {
        brush.text(area.x, area.y, area.width, &Safe::new("Loading…"), Tone::Dim);
    } else if window.is_empty() {
        let text: String = empty.iter().map(|r| r.text.as_str()).collect();
        if text.chars().count() <= usize::from(area.width) {
            brush.runs(area.x, area.y, area.width, empty);
            return;
        }
        let lines = super::super::ink::wrap(&Safe::new(&text), usize::from(area.width));
        for (y, line) in (area.y..area.bottom()).zip(&lines) {
            brush.text(area.x, y, area.width, line, Tone::Dim);
        }
    }
}

/// At the lower right, since when the rows are not known to be true.
fn stamp<T: Row>(brush: &mut Brush, area: Rect, window: &Window<T>, model: &Model) {
    let Some(at) = window.as_of().filter(|_| window.failed().is_some()) else {
        return;
    };
    let text = Safe::new(&format!(" as of {} ", clock::hour(at, &model.zone)));
    let width = text.width() as u16;
    if width < area.width {
        brush.text(area.right() - width, area.bottom() - 1, width, &text, Tone::Warn);
    }
}

/// Puts runs into a cell; what is being found is underlined.
#[expect(
    clippy::too_many_arguments,
    reason = "one cell: where, how wide, what, over what, with what found"
)]
fn place(
    brush: &mut Brush,
    x: u16,
    y: u16,
    width: u16,
    right: bool,
    runs: &[Run],
    row: Option<Tone>,
    needle: Option<&str>,
) {
    let used = (super::super::ink::width(runs) as u16).min(width);
    let shift = if right { width - used } else { 0 };
    let end = brush.runs_on(x + shift, y, width - shift, runs, row);
    let Some(needle) = needle else { return };
    let text: String = runs.iter().map(|r| r.text.as_str()).collect();
    for (from, to) in spans(&text, needle) {
        let start = x + shift + text[..from].width() as u16;
        let length = text[from..to].width() as u16;
        if start < end {
            brush.underline(start, y, length.min(end - start));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_needed_columns_go_first() {
        let columns = [
            column("key", 8, 0),
            column("title", 0, 0),
            column("who", 10, 2),
            column("due", 5, 1),
        ];
        let widths = |w| fit(&columns, w).into_iter().map(|(i, _)| i).collect::<Vec<_>>();
        assert_eq!(widths(80), [0, 1, 2, 3]);
        assert_eq!(widths(39), [0, 1, 3]);
        assert_eq!(widths(25), [0, 1]);
        assert_eq!(fit(&columns, 80)[1].1, 80 - 23 - 3);
    }

    #[test]
    fn columns_grow_once_the_flexible_one_has_enough() {
        let columns = [
            column("title", 0, 0),
            Column {
                most: 20,
                ..column("client", 10, 0)
            },
            column("tool", 8, 6),
        ];
        assert_eq!(fit(&columns, 40), [(0, 29), (1, 10)]);
        assert_eq!(
            fit(&columns, 60),
            [(0, 39), (1, 20)],
            "no luxury while others want more"
        );
        assert_eq!(fit(&columns, 66), [(0, 36), (1, 20), (2, 8)]);
        assert_eq!(fit(&columns, 100), [(0, 70), (1, 20), (2, 8)]);
    }
}
