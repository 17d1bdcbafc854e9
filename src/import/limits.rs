//! What a report may cost, and the one sentence that says why it was refused.
//!
//! Every number here is a cap on something a hostile report controls. Decoders take them from [`Limits`]; none has a
//! cap of its own. Reaching one is a [`Refusal`]: nothing of the report is kept.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Caps for one report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Bytes of text, after decompression.
    pub bytes: u64,
    /// How many times larger than the compressed bytes the text may be, once it is larger than 16 MiB.
    pub ratio: u64,
    /// Nested objects and arrays.
    pub depth: usize,
    /// Bytes of one entry of the report, or of one of its tables' entries.
    pub record: usize,
    /// Entries, counted with the ones left out.
    pub records: u64,
    /// Entries of a table that is held in memory (rules, artifacts).
    pub table: usize,
    /// Bytes of all tables together.
    pub table_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 1 << 30,
            ratio: 200,
            depth: 96,
            record: 8 << 20,
            records: 1_000_000,
            table: 200_000,
            table_bytes: 64 << 20,
        }
    }
}

/// Longest texts kept from a report, in bytes. What is longer ends in an ellipsis; the raw record stays whole.
pub mod text {
    pub const WORD: usize = 200;
    pub const TITLE: usize = 300;
    pub const PLACE: usize = 2_000;
    pub const PARAGRAPH: usize = 16_000;
    pub const DETAIL: usize = 8_000;
    pub const EXCERPT: usize = 2_000;
    /// Entries of a list (tags, references, CVEs).
    pub const LIST: usize = 100;
}

/// Why a report was not taken: where, what, and what to do. Display is the whole sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub struct Refusal {
    /// Line of the text, from 1, where one can be named.
    pub line: Option<u64>,
    /// Byte of the text, from 0, where one can be named.
    pub byte: Option<u64>,
    pub reason: String,
    pub kind: Kind,
}

/// What sort of refusal, for those who branch on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The content is not what it should be.
    Malformed,
    /// A cap was reached.
    Limit,
    /// No format knows this content.
    UnknownFormat,
    /// Reading or the machinery failed; the report itself may be fine.
    Machinery,
}

impl Refusal {
    pub fn new(kind: Kind, reason: impl Into<String>) -> Self {
        Self {
            line: None,
            byte: None,
            reason: reason.into(),
            kind,
        }
    }

    #[must_use]
    pub fn at(mut self, line: u64, byte: u64) -> Self {
        self.line = Some(line);
        self.byte = Some(byte);
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.byte) {
            (Some(line), Some(byte)) => write!(f, "line {line} (byte {byte}): {}", self.reason),
            (Some(line), None) => write!(f, "line {line}: {}", self.reason),
            (None, Some(byte)) => write!(f, "byte {byte}: {}", self.reason),
            (None, None) => f.write_str(&self.reason),
        }
    }
}

/// A scanner's text made storable: at most `max` bytes on a character boundary (an ellipsis shows the cut), no NUL
/// (PostgreSQL has no place for one), line ends as `\n`, no blank ends.
#[must_use]
pub fn clip(text: &str, max: usize) -> String {
    let text = text.trim();
    let cut = if text.len() > max {
        let mut end = max.saturating_sub('…'.len_utf8());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        &text[..end]
    } else {
        text
    };
    let mut out = String::with_capacity(cut.len() + 3);
    let mut rest = cut;
    while let Some(at) = memchr::memchr2(0, b'\r', rest.as_bytes()) {
        let (before, after) = rest.split_at(at);
        out.push_str(before);
        rest = &after[1..];
        if after.starts_with('\0') {
            out.push('\u{FFFD}');
        } else if !rest.starts_with('\n') {
            out.push('\n');
        }
    }
    out.push_str(rest);
    if cut.len() < text.len() {
        out.push('…');
    }
    // What stands for a NUL is longer than it; a second time there is none.
    if out.len() > max && cut.contains('\0') {
        return clip(&out, max);
    }
    out
}

/// [`clip`] for what must stand on one line: every run of white space becomes one space.
#[must_use]
pub fn clip_line(text: &str, max: usize) -> String {
    let mut flat = String::with_capacity(text.len().min(max + 4));
    for word in text.split_whitespace() {
        if !flat.is_empty() {
            flat.push(' ');
        }
        flat.push_str(word);
        if flat.len() > max {
            break;
        }
    }
    clip(&flat, max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clipping_keeps_characters_whole_and_shows_the_cut() {
        assert_eq!(clip("  ab\0c\r\nd\re ", 100), "ab\u{FFFD}c\nd\ne");
        assert_eq!(clip("ééééé", 8), "éé…");
        assert_eq!(clip("abcdef\0g", 8), "abcde…");
        assert_eq!(clip(&"\0".repeat(9), 8), "\u{FFFD}…");
        assert_eq!(clip("ééééé", 10), "ééééé");
        assert_eq!(clip_line("a\n\t b   c", 100), "a b c");
        assert!(clip_line(&"word ".repeat(100_000), 50).len() <= 50);
    }

    #[test]
    fn a_refusal_reads_as_a_sentence_with_its_place() {
        let r = Refusal::new(Kind::Limit, "nested deeper than 96 levels").at(3, 120);
        assert_eq!(r.to_string(), "line 3 (byte 120): nested deeper than 96 levels");
    }
}
