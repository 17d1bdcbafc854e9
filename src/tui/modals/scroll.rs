//! Reading: lines of text that are longer than the room there is. What every layer that only shows something has in
//! common: moving through the lines, drawing those in view, saying how many are below.

use ratatui::layout::Rect;

use super::super::action::Action;
use super::super::ink::{Brush, Run, run, wrap};
use super::super::theme::Tone;
use crate::domain::safe::Safe;

/// The lines of a layer, runs side by side.
pub type Lines = Vec<Vec<Run>>;

/// Where one reads.
#[derive(Debug, Default)]
pub struct Scroll {
    top: usize,
    size: (u16, u16),
}

impl Scroll {
    /// The area of the whole layer, its frame counted.
    pub fn set_size(&mut self, width: u16, height: u16) {
        self.size = (width, height);
    }

    /// Columns for a line.
    pub fn width(&self) -> usize {
        usize::from(self.size.0.saturating_sub(4)).max(8)
    }

    fn rows(&self) -> usize {
        usize::from(self.size.1.saturating_sub(2)).max(1)
    }

    pub fn home(&mut self) {
        self.top = 0;
    }

    /// Moves; whether the action was a move.
    pub fn act(&mut self, action: Action, count: Option<usize>, lines: usize) -> bool {
        let (n, page) = (count.unwrap_or(1), self.rows());
        let to = match action {
            Action::Down => self.top + n,
            Action::Up => self.top.saturating_sub(n),
            Action::PageDown => self.top + n * page,
            Action::PageUp => self.top.saturating_sub(n * page),
            Action::HalfDown => self.top + n * page / 2,
            Action::HalfUp => self.top.saturating_sub(n * page / 2),
            Action::Top => 0,
            Action::Bottom => lines,
            _ => return false,
        };
        self.top = to.min(lines.saturating_sub(page));
        true
    }

    /// Draws the lines in view inside a frame; the last row says what is below, where anything is.
    pub fn draw(&self, brush: &mut Brush, inside: Rect, lines: &[Vec<Run>]) {
        let (x, width) = (inside.x + 1, inside.width.saturating_sub(2));
        let rows = usize::from(inside.height);
        for (i, line) in lines.iter().skip(self.top).take(rows).enumerate() {
            brush.runs(x, inside.y + i as u16, width, line);
        }
        let below = lines.len().saturating_sub(self.top + rows);
        if below > 0 {
            let text = Safe::new(&format!(" {below} more below "));
            let wide = text.width() as u16;
            if inside.width > wide + 2 {
                brush.text(inside.right() - wide - 1, inside.bottom(), wide, &text, Tone::Dim);
            }
        }
    }
}

/// Text in one tone, wrapped.
pub fn text(out: &mut Lines, text: &Safe, tone: Tone, width: usize) {
    out.extend(wrap(text, width).into_iter().map(|line| vec![run(line, tone)]));
}

/// A heading with an empty line above it, unless it is the first.
pub fn heading(out: &mut Lines, text: &str) {
    if !out.is_empty() {
        out.push(Vec::new());
    }
    out.push(vec![run(text, Tone::Title)]);
}

/// The lines as text, for the clipboard or a file.
pub fn plain(lines: &[Vec<Run>]) -> String {
    let mut out = String::new();
    for line in lines {
        for run in line {
            out.push_str(run.text.as_str());
        }
        out.truncate(out.trim_end_matches(' ').len());
        out.push('\n');
    }
    out
}
