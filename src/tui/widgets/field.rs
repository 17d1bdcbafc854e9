//! Text fields: what is typed lives in tui-input (one line) or ratatui-textarea (several), and is drawn by us as
//! [`Safe`] text, so that a pasted override turns into a visible mark here as everywhere else.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::layout::Rect;
use ratatui_textarea::TextArea;
use tui_input::{Input, InputRequest};
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use super::super::ink::Brush;
use super::super::theme::Tone;
use crate::domain::safe::Safe;

/// One line's edit for this key, by the readline keys every shell has taught; none for a key that types nothing.
pub fn request(event: KeyEvent) -> Option<InputRequest> {
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let alt = event.modifiers.contains(KeyModifiers::ALT);
    Some(match (event.code, ctrl, alt) {
        (KeyCode::Char('a'), true, _) | (KeyCode::Home, ..) => InputRequest::GoToStart,
        (KeyCode::Char('e'), true, _) | (KeyCode::End, ..) => InputRequest::GoToEnd,
        (KeyCode::Char('b'), false, true) | (KeyCode::Left, true, _) => InputRequest::GoToPrevWord,
        (KeyCode::Char('f'), false, true) | (KeyCode::Right, true, _) => InputRequest::GoToNextWord,
        (KeyCode::Left, ..) => InputRequest::GoToPrevChar,
        (KeyCode::Right, ..) => InputRequest::GoToNextChar,
        (KeyCode::Char('w'), true, _) | (KeyCode::Backspace, _, true) => InputRequest::DeletePrevWord,
        (KeyCode::Char('d'), false, true) => InputRequest::DeleteNextWord,
        (KeyCode::Backspace, ..) => InputRequest::DeletePrevChar,
        (KeyCode::Delete, ..) | (KeyCode::Char('d'), true, _) => InputRequest::DeleteNextChar,
        (KeyCode::Char('u'), true, _) => InputRequest::DeleteFromStart,
        (KeyCode::Char('k'), true, _) => InputRequest::DeleteTillEnd,
        (KeyCode::Char('y'), true, _) => InputRequest::Yank,
        (KeyCode::Char(c), false, false) => InputRequest::InsertChar(c),
        _ => return None,
    })
}

/// Types text into one line; line breaks become spaces, everything hostile its mark.
pub fn insert(input: &mut Input, text: &str) {
    let text = one_line(text);
    let (before, after) = split(input.value(), input.cursor());
    let cursor = input.cursor() + text.as_str().chars().count();
    *input = Input::new(format!("{before}{text}{after}")).with_cursor(cursor);
}

fn one_line(text: &str) -> Safe {
    Safe::new(&text.trim_end_matches('\n').replace('\n', " "))
}

/// Types text into several lines, everything hostile as its mark.
pub fn insert_block(area: &mut TextArea, text: &str) {
    area.insert_str(Safe::block(text).as_str());
}

/// Draws one line with the part around the cursor in view; dots where it is secret.
pub fn line(brush: &mut Brush, x: u16, y: u16, width: u16, input: &Input, focused: bool, secret: bool) {
    brush.bar(x, y, width, Tone::Field);
    let (before, after) = split(input.value(), input.cursor());
    let shown = |text: &str| {
        if secret {
            "•".repeat(text.graphemes(true).count())
        } else {
            Safe::new(text).into_string()
        }
    };
    let (before, after) = (shown(before), shown(after));
    let room = usize::from(width).saturating_sub(1);
    let mut start = before.len();
    let mut used = 0;
    for (at, cluster) in before.grapheme_indices(true).rev() {
        used += cluster.width();
        if used > room {
            break;
        }
        start = at;
    }
    let head = Safe::new(&before[start..]);
    let at = brush.text(x, y, width, &head, Tone::Field);
    let rest = width.saturating_sub(at - x);
    brush.text(at, y, rest, &Safe::new(&after), Tone::Field);
    if focused {
        brush.set_cursor(at.min(x + width.saturating_sub(1)), y);
    }
}

fn split(text: &str, chars: usize) -> (&str, &str) {
    let at = text.char_indices().nth(chars).map_or(text.len(), |(i, _)| i);
    text.split_at(at)
}

/// Draws several lines, softly wrapped, with the cursor's line in view.
pub fn area(brush: &mut Brush, place: Rect, text: &TextArea, focused: bool) {
    let width = usize::from(place.width.max(2)) - 1;
    let cursor = text.cursor();
    let mut rows: Vec<Safe> = Vec::new();
    let mut at = (0, 0);
    for (i, line) in text.lines().iter().enumerate() {
        let mut row = String::new();
        let mut column = 0;
        for c in line.chars() {
            if (i, column) == (cursor.0, cursor.1) {
                at = (rows.len(), Safe::new(&row).width());
            }
            let mut longer = row.clone();
            longer.push(c);
            if Safe::new(&longer).width() > width && !row.is_empty() {
                rows.push(Safe::new(&row));
                row.clear();
                if (i, column) == (cursor.0, cursor.1) {
                    at = (rows.len(), 0);
                }
            }
            row.push(c);
            column += 1;
        }
        if i == cursor.0 && cursor.1 >= column {
            at = (rows.len(), Safe::new(&row).width());
        }
        rows.push(Safe::new(&row));
    }
    let height = usize::from(place.height);
    let top = (at.0 + 1).saturating_sub(height);
    for y in 0..place.height {
        brush.bar(place.x, place.y + y, place.width, Tone::Field);
        if let Some(row) = rows.get(top + usize::from(y)) {
            brush.text(place.x, place.y + y, place.width, row, Tone::Field);
        }
    }
    if focused {
        let x = place.x + (at.1 as u16).min(place.width.saturating_sub(1));
        brush.set_cursor(x, place.y + (at.0 - top) as u16);
    }
}
