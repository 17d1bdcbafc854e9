//! Characters to words: quotes, escapes and positions. Knows nothing of fields.

use super::{LENGTH_MAX, QueryError, TERMS_MAX};

/// One character of a word, with where it stood and whether quotes took its special meaning away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Char {
    pub c: char,
    pub at: usize,
    pub quoted: bool,
}

impl Char {
    /// Whether this is `c` with its special meaning.
    pub fn is(self, c: char) -> bool {
        self.c == c && !self.quoted
    }
}

/// A run of characters between unquoted blanks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub at: usize,
    pub chars: Vec<Char>,
    /// Whether the quote that was opened last, and where, is still open.
    pub open_quote: Option<usize>,
}

/// Splits a text into words. An unclosed quote is left to the caller: an error for the parser, the usual state of
/// affairs for completion.
pub(super) fn words(text: &str) -> Result<Vec<Word>, QueryError> {
    let mut words: Vec<Word> = Vec::new();
    let mut current: Option<Word> = None;
    let mut chars = text.chars().enumerate().peekable();
    let error = |at, message: String| QueryError {
        at,
        message,
        suggestion: None,
    };
    while let Some((at, c)) = chars.next() {
        if at >= LENGTH_MAX {
            return Err(error(
                at,
                format!("A query has at most {LENGTH_MAX} characters. Shorten it."),
            ));
        }
        let quote = current.as_ref().and_then(|w| w.open_quote);
        if c.is_whitespace() && quote.is_none() {
            words.extend(current.take());
            continue;
        }
        if c.is_control() {
            return Err(error(
                at,
                "A control character cannot be searched for. Remove it.".to_owned(),
            ));
        }
        let word = current.get_or_insert_with(|| Word {
            at,
            chars: Vec::new(),
            open_quote: None,
        });
        match (c, quote) {
            ('"', None) => word.open_quote = Some(at),
            ('"', Some(_)) => word.open_quote = None,
            ('\\', Some(_)) if matches!(chars.peek(), Some((_, '"' | '\\'))) => {
                if let Some((at, c)) = chars.next() {
                    word.chars.push(Char { c, at, quoted: true });
                }
            }
            _ => word.chars.push(Char {
                c,
                at,
                quoted: quote.is_some(),
            }),
        }
        if words.len() >= TERMS_MAX {
            return Err(error(
                word.at,
                format!("A query has at most {TERMS_MAX} terms. Leave some out."),
            ));
        }
    }
    words.extend(current);
    Ok(words)
}
