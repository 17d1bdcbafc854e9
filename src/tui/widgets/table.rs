//! Rows in columns, from a [`Window`]: one flexible column, the others as wide as their content may be; columns that do
//! not fit are left out from the least needed on.

use ratatui::layout::Rect;

use super::super::clock;
use super::super::ink::{Brush, Run, run};
use super::super::model::Model;
use super::super::theme::Tone;
use super::super::window::{Row, Window};
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
}

/// A fixed column.
pub const fn column(head: &'static str, width: u16, spare: u8) -> Column {
    Column {
        head,
        width,
        spare,
        right: false,
    }
}

/// A fixed column that is read from its right edge.
pub const fn number(head: &'static str, width: u16, spare: u8) -> Column {
    Column {
        head,
        width,
        spare,
        right: true,
    }
}

/// The flexible column never gets narrower than this while others can go.
const FLEX_MIN: u16 = 18;

/// Which columns fit, with their widths.
fn fit(columns: &[Column], width: u16) -> Vec<(usize, u16)> {
    let mut kept: Vec<usize> = (0..columns.len()).collect();
    loop {
        let fixed: u16 = kept.iter().map(|i| columns[*i].width).sum();
        let gaps = kept.len().saturating_sub(1) as u16;
        let flexible = kept.iter().any(|i| columns[*i].width == 0);
        let wanted = fixed + gaps + if flexible { FLEX_MIN } else { 0 };
        let least = kept.iter().copied().filter(|i| columns[*i].spare > 0);
        let least = least.max_by_key(|i| columns[*i].spare);
        match least {
            Some(i) if wanted > width => kept.retain(|k| *k != i),
            _ => {
                let rest = width.saturating_sub(fixed + gaps);
                return kept
                    .into_iter()
                    .map(|i| (i, if columns[i].width == 0 { rest } else { columns[i].width }))
                    .collect();
            }
        }
    }
}

/// What an empty list says: what is missing, and which key makes it.
pub type Empty = Vec<Run>;

/// Draws the rows that are in view. `cells` makes the cells of a row, in the order of the columns; `lead` those of the
/// fixed row above them.
#[expect(
    clippy::too_many_arguments,
    reason = "one call per pane, each argument a part of what it looks like"
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
    if area.height < 2 || area.width < 10 {
        return;
    }
    let fitted = fit(columns, area.width - 2);
    let mut x = area.x + 2;
    for (i, width) in &fitted {
        let column = &columns[*i];
        place(
            brush,
            x,
            area.y,
            *width,
            column.right,
            &[run(column.head, Tone::Dim)],
            None,
        );
        x += width + 1;
    }
    let mut y = area.y + 1;
    for (index, row) in window.visible() {
        if y >= area.bottom() {
            break;
        }
        let here = window.is_at(index);
        let bar = here.then_some(if focused { Tone::Cursor } else { Tone::Rest });
        if let Some(tone) = bar {
            brush.bar(area.x, y, area.width, tone);
        }
        let marked = row.is_some_and(|r| window.is_marked(r.id()));
        let mark = match (here, marked) {
            (_, true) => "*",
            (true, false) => "›",
            (false, false) => " ",
        };
        brush.text_on(area.x, y, 1, &Safe::new(mark), Tone::Key, bar);
        match row {
            None => {
                brush.runs_on(area.x + 2, y, area.width - 2, lead.unwrap_or_default(), bar);
            }
            Some(row) => {
                let cells = cells(row);
                let mut x = area.x + 2;
                for (i, width) in &fitted {
                    place(brush, x, y, *width, columns[*i].right, &cells[*i], bar);
                    x += width + 1;
                }
            }
        }
        y += 1;
    }
    if y < area.bottom() {
        note(
            brush,
            Rect::new(area.x + 2, y, area.width - 2, area.bottom() - y),
            window,
            model,
            empty,
        );
    }
    stamp(brush, area, window, model);
}

/// Below the rows: loading, failed, or nothing there.
fn note<T: Row>(brush: &mut Brush, area: Rect, window: &Window<T>, _model: &Model, empty: &Empty) {
    if let Some(why) = window.failed().filter(|_| window.is_blank()) {
        for (i, line) in super::super::ink::wrap(why, usize::from(area.width)).iter().enumerate() {
            brush.text(area.x, area.y + i as u16, area.width, line, Tone::Bad);
        }
    } else if window.is_blank() {
        brush.text(area.x, area.y, area.width, &Safe::new("Loading…"), Tone::Dim);
    } else if window.is_empty() {
        brush.runs(area.x, area.y, area.width, empty);
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

fn place(brush: &mut Brush, x: u16, y: u16, width: u16, right: bool, runs: &[Run], row: Option<Tone>) {
    let used = (super::super::ink::width(runs) as u16).min(width);
    let shift = if right { width - used } else { 0 };
    brush.runs_on(x + shift, y, width - shift, runs, row);
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
        assert_eq!(widths(40), [0, 1, 3]);
        assert_eq!(widths(30), [0, 1]);
        assert_eq!(fit(&columns, 80)[1].1, 80 - 23 - 3);
    }
}
