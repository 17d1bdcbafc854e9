//! Finding in what is loaded: `/`, `n`, `N`, inverted with `!`; and where the found text stands, so that it can be shown.

use super::{Row, Slot, Window};
use crate::domain::safe::Safe;

#[derive(Debug, Default)]
pub(super) struct Needle {
    text: String,
    inverted: bool,
}

impl<T: Row> Window<T> {
    /// Looks for a text from the cursor on; a leading `!` looks for rows without it. Whether there is one.
    pub fn find(&mut self, text: &str) -> bool {
        let bare = text.strip_prefix('!');
        self.needle = Needle {
            text: bare.unwrap_or(text).to_lowercase(),
            inverted: bare.is_some(),
        };
        self.needle.text.is_empty() || self.step_to_match(0, true)
    }

    pub fn needle(&self) -> Safe {
        let mark = if self.needle.inverted { "!" } else { "" };
        Safe::new(&format!("{mark}{}", self.needle.text))
    }

    /// The text to show where it stands; none while rows without it are looked for.
    pub fn shown_needle(&self) -> Option<&str> {
        (self.is_finding() && !self.needle.inverted).then_some(self.needle.text.as_str())
    }

    pub fn is_finding(&self) -> bool {
        !self.needle.text.is_empty()
    }

    pub(super) fn drop_needle(&mut self) -> bool {
        !std::mem::take(&mut self.needle).text.is_empty()
    }

    pub(super) fn matches(&self, row: &T) -> bool {
        !self.is_finding() || row.words().to_lowercase().contains(&self.needle.text) != self.needle.inverted
    }

    pub(super) fn find_again(&mut self, forward: bool) {
        if self.is_finding() {
            self.step_to_match(1, forward);
        }
    }

    fn step_to_match(&mut self, skip: usize, forward: bool) -> bool {
        let hits: Vec<bool> = self.rows().map(|r| self.matches(r)).collect();
        let n = hits.len();
        let here = self.rows_before_cursor();
        let found = (skip..n + skip)
            .map(|d| {
                if forward {
                    (here + d) % n
                } else {
                    (here + n - d % n) % n
                }
            })
            .find(|i| hits[*i]);
        if let Some(i) = found {
            self.go(self.line_of_row(i));
        }
        found.is_some()
    }

    /// `match 3 of 12 loaded`.
    pub(super) fn match_note(&self) -> Option<String> {
        if !self.is_finding() {
            return None;
        }
        let here = match self.slot(self.at) {
            Some(Slot::Row(row)) => Some(row),
            _ => None,
        };
        let (mut all, mut place) = (0, None);
        for (i, row) in self.rows().enumerate() {
            if self.matches(row) {
                all += 1;
                if Some(i) == here {
                    place = Some(all);
                }
            }
        }
        let loaded = if self.is_whole() { "" } else { " loaded" };
        Some(match (all, place) {
            (0, _) => format!("no match{loaded}"),
            (1, None) => format!("1 match{loaded}"),
            (n, None) => format!("{n} matches{loaded}"),
            (n, Some(i)) => format!("match {i} of {n}{loaded}"),
        })
    }
}

/// Where `needle` (lower case) stands in a text, whatever the case: byte ranges of the text, left to right.
pub fn spans(text: &str, needle: &str) -> Vec<(usize, usize)> {
    let mut out = Vec::new();
    if needle.is_empty() {
        return out;
    }
    let mut from = 0;
    while from < text.len() {
        let Some(rest) = text.get(from..) else { break };
        match starts_with(rest, needle) {
            Some(len) => {
                out.push((from, from + len));
                from += len;
            }
            None => from += rest.chars().next().map_or(1, char::len_utf8),
        }
    }
    out
}

/// The length in `text` of what equals `needle` in lower case.
fn starts_with(text: &str, needle: &str) -> Option<usize> {
    let mut wanted = needle.chars();
    for (at, c) in text.char_indices() {
        for lower in c.to_lowercase() {
            match wanted.next() {
                Some(w) if w == lower => {}
                Some(_) => return None,
                None => return Some(at),
            }
        }
        if wanted.as_str().is_empty() {
            return Some(at + c.len_utf8());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::spans;

    #[test]
    fn found_text_is_seen_whatever_its_case() {
        assert_eq!(spans("SQL in sqlmap", "sql"), [(0, 3), (7, 10)]);
        assert_eq!(spans("ÄRGER ärger", "ärger"), [(0, 6), (7, 13)]);
        assert_eq!(spans("aaa", "aa"), [(0, 2)]);
        assert!(spans("abc", "").is_empty() && spans("abc", "x").is_empty());
    }
}
