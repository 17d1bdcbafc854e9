//! The only place that puts text on the screen, and it takes nothing but [`Safe`]. Panes, sheets and widgets draw
//! through a [`Brush`]; none of them names ratatui's text types, which let reordering and invisible characters through.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::symbols::border;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::theme::{Theme, Tone};
use crate::domain::safe::Safe;

/// A run of text in one tone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub text: Safe,
    pub tone: Tone,
}

/// A run; the text becomes safe here where it is not yet.
pub fn run(text: impl Into<Safe>, tone: Tone) -> Run {
    Run {
        text: text.into(),
        tone,
    }
}

/// Columns of a line of runs.
pub fn width(runs: &[Run]) -> usize {
    runs.iter().map(|r| r.text.width()).sum()
}

/// Draws onto a part of the screen.
#[derive(Debug)]
pub struct Brush<'a> {
    buffer: &'a mut Buffer,
    theme: &'a Theme,
    /// Where a text field's cursor stands, if one has the keys.
    cursor: Option<(u16, u16)>,
}

impl<'a> Brush<'a> {
    pub fn new(buffer: &'a mut Buffer, theme: &'a Theme) -> Self {
        Self {
            buffer,
            theme,
            cursor: None,
        }
    }

    /// Where the terminal's cursor belongs.
    pub fn cursor(&self) -> Option<(u16, u16)> {
        self.cursor
    }

    pub fn set_cursor(&mut self, x: u16, y: u16) {
        self.cursor = Some((x, y));
    }

    /// Empties an area, with the tone's background.
    pub fn clear(&mut self, area: Rect, tone: Tone) {
        let style = self.theme.style(tone);
        let area = area.intersection(self.buffer.area);
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                self.buffer[(x, y)].reset();
                self.buffer[(x, y)].set_style(style);
            }
        }
    }

    /// Draws one line of text within `width` columns, cut with `…`; returns the column after it.
    pub fn text(&mut self, x: u16, y: u16, width: u16, text: &Safe, tone: Tone) -> u16 {
        let style = self.theme.style(tone);
        self.styled(x, y, width, text, style)
    }

    /// As [`Brush::text`], over a row that has a tone of its own (the cursor): the row's look wins.
    pub fn text_on(&mut self, x: u16, y: u16, width: u16, text: &Safe, tone: Tone, row: Option<Tone>) -> u16 {
        let style = self.theme.style(row.unwrap_or(tone));
        self.styled(x, y, width, text, style)
    }

    fn styled(&mut self, x: u16, y: u16, width: u16, text: &Safe, style: Style) -> u16 {
        if y < self.buffer.area.top() || y >= self.buffer.area.bottom() || width == 0 {
            return x;
        }
        let width = width.min(self.buffer.area.right().saturating_sub(x));
        let cut = text.truncate(usize::from(width));
        self.buffer.set_stringn(x, y, cut.as_str(), usize::from(width), style).0
    }

    /// Draws runs one after the other within `width` columns.
    pub fn runs(&mut self, x: u16, y: u16, width: u16, runs: &[Run]) -> u16 {
        self.runs_on(x, y, width, runs, None)
    }

    /// As [`Brush::runs`], over a row with a tone of its own.
    pub fn runs_on(&mut self, x: u16, y: u16, width: u16, runs: &[Run], row: Option<Tone>) -> u16 {
        let end = x.saturating_add(width);
        let mut at = x;
        for run in runs {
            if at >= end {
                break;
            }
            at = self.text_on(at, y, end - at, &run.text, run.tone, row);
        }
        at
    }

    /// A frame with a title on its upper edge and, at the right, a note.
    pub fn frame(&mut self, area: Rect, title: &[Run], note: &[Run], focused: bool) -> Rect {
        if area.width < 2 || area.height < 2 {
            return Rect {
                width: 0,
                height: 0,
                ..area
            };
        }
        let style = self.theme.style(if focused { Tone::Focus } else { Tone::Border });
        let set = if focused { border::THICK } else { border::PLAIN };
        let (left, top) = (area.left(), area.top());
        let (right, bottom) = (area.right() - 1, area.bottom() - 1);
        for x in left..=right {
            self.put(x, top, set.horizontal_top, style);
            self.put(x, bottom, set.horizontal_bottom, style);
        }
        for y in top..=bottom {
            self.put(left, y, set.vertical_left, style);
            self.put(right, y, set.vertical_right, style);
        }
        self.put(left, top, set.top_left, style);
        self.put(right, top, set.top_right, style);
        self.put(left, bottom, set.bottom_left, style);
        self.put(right, bottom, set.bottom_right, style);
        let room = area.width.saturating_sub(4);
        // Where one is in the list matters more than the end of a long title.
        let note_width = (width(note) as u16).min(room * 3 / 4);
        let space = room.saturating_sub(note_width + 1);
        let mut after = self.runs(left + 2, top, space, title);
        if width(title) > usize::from(space) && space > 0 {
            after = self.text(left + 1 + space, top, 1, &Safe::new("…"), Tone::Dim);
        }
        if note_width > 0 && after < right {
            self.runs(right - 1 - note_width, top, note_width, note);
        }
        Rect {
            x: left + 1,
            y: top + 1,
            width: area.width - 2,
            height: area.height - 2,
        }
    }

    fn put(&mut self, x: u16, y: u16, symbol: &'static str, style: Style) {
        if self.buffer.area.contains((x, y).into()) {
            self.buffer[(x, y)].set_symbol(symbol).set_style(style);
        }
    }

    /// Gives a whole row a tone (the cursor's bar).
    pub fn bar(&mut self, x: u16, y: u16, width: u16, tone: Tone) {
        let area = Rect { x, y, width, height: 1 }.intersection(self.buffer.area);
        self.buffer.set_style(area, self.theme.style(tone));
    }

    /// Underlines what stands there, whatever its tone: readable in every theme.
    pub fn underline(&mut self, x: u16, y: u16, width: u16) {
        let area = Rect { x, y, width, height: 1 }.intersection(self.buffer.area);
        let look = Style::new().add_modifier(Modifier::UNDERLINED | Modifier::BOLD);
        self.buffer.set_style(area, look);
    }

    /// How many rows and columns there are.
    pub fn area(&self) -> Rect {
        self.buffer.area
    }
}

/// Breaks safe text into lines of at most `width` columns, at spaces where there are any.
pub fn wrap(text: &Safe, width: usize) -> Vec<Safe> {
    let mut out = Vec::new();
    for line in text.lines() {
        wrap_line(line.as_str(), width.max(1), &mut out);
    }
    out
}

fn wrap_line(line: &str, width: usize, out: &mut Vec<Safe>) {
    let mut row = String::new();
    let mut used = 0;
    for piece in pieces(line, width) {
        let wide = piece.width();
        if used + wide > width && used > 0 {
            out.push(Safe::new(row.trim_end()));
            row.clear();
            used = 0;
            if piece.trim().is_empty() {
                continue;
            }
        }
        if wide > width {
            for cluster in piece.graphemes(true) {
                if used + cluster.width() > width && used > 0 {
                    out.push(Safe::new(&row));
                    row.clear();
                    used = 0;
                }
                row.push_str(cluster);
                used += cluster.width();
            }
        } else {
            row.push_str(piece);
            used += wide;
        }
    }
    out.push(Safe::new(row.trim_end()));
}

/// What stays together on a row: a date, a key or a word with its full stop; the parts of what is too long for one row
/// (addresses), and of scripts that need no spaces.
fn pieces(line: &str, width: usize) -> impl Iterator<Item = &str> {
    let whole = move |run: &str| run.is_ascii() && run.width() <= width;
    line.split_inclusive(' ').flat_map(move |run| {
        let word = run.trim_end();
        let (word, parts) = if whole(word) { (Some(word), "") } else { (None, word) };
        let space = &run[run.trim_end().len()..];
        word.into_iter()
            .chain(parts.split_word_bounds())
            .chain((!space.is_empty()).then_some(space))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_wraps_at_spaces_and_breaks_long_words() {
        let lines = wrap(&Safe::block("one two three\n\nabcdefghij 東京都"), 7);
        let lines: Vec<_> = lines.iter().map(Safe::as_str).collect();
        assert_eq!(lines, ["one two", "three", "", "abcdefg", "hij 東", "京都"]);
    }

    #[test]
    fn a_date_and_a_full_stop_stay_whole() {
        let lines = wrap(&Safe::new("released on 2026-10-10. https://a.example/b?c=d"), 14);
        let lines: Vec<_> = lines.iter().map(Safe::as_str).collect();
        assert_eq!(lines, ["released on", "2026-10-10.", "https://", "a.example/b?c=", "d"]);
    }
}
