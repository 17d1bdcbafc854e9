//! What may be typed into a field: trimmed, bounded, without control characters. One refusal names the field.

use super::Result;
use crate::api::problem::{Code, Problem};
use crate::domain::fold::fold;

/// A one-line text: 1 to `max` characters.
pub fn line(field: &str, text: &str, max: usize) -> Result<String> {
    let text = text.trim();
    if text.is_empty() {
        return Err(
            Problem::new(Code::InvalidRequest, format!("The field {field} is empty: fill it in."))
                .field(field)
                .into(),
        );
    }
    optional(field, text, max)
}

/// A one-line text that may be empty.
pub fn optional(field: &str, text: &str, max: usize) -> Result<String> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(Problem::new(
            Code::InvalidRequest,
            format!("The field {field} has control characters: remove them."),
        )
        .field(field)
        .into());
    }
    bounded(field, text, max)
}

/// A text of several lines.
pub fn block(field: &str, text: &str, max: usize) -> Result<String> {
    let text = text.trim_end();
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err(Problem::new(
            Code::InvalidRequest,
            format!("The field {field} has control characters: remove them."),
        )
        .field(field)
        .into());
    }
    bounded(field, text, max)
}

fn bounded(field: &str, text: &str, max: usize) -> Result<String> {
    let long = text.chars().count();
    if long > max {
        let detail = format!("The field {field} has {long} characters; {max} are possible. Shorten it.");
        return Err(Problem::new(Code::InvalidRequest, detail).field(field).into());
    }
    Ok(text.to_owned())
}

/// The folded words of a search, each of which must appear.
pub fn words(field: &str, text: Option<&str>) -> Result<Vec<String>> {
    const MOST: usize = 16;
    let words: Vec<String> = fold(text.unwrap_or_default())
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    if words.len() > MOST {
        return Err(
            Problem::new(Code::InvalidRequest, format!("Search for at most {MOST} words."))
                .field(field)
                .into(),
        );
    }
    Ok(words)
}

/// What a list is ordered by, from a word with `-` before it for the other way round; the first of `known` where nothing is
/// said. Whether it is the other way round comes beside it.
pub fn order<T: Copy>(field: &str, word: Option<&str>, known: &[(&str, T)]) -> Result<(T, bool)> {
    let word = word.unwrap_or(known[0].0);
    let (bare, descending) = word.strip_prefix('-').map_or((word, false), |bare| (bare, true));
    if let Some((_, by)) = known.iter().find(|(name, _)| *name == bare) {
        return Ok((*by, descending));
    }
    let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
    let detail = format!("This list is not ordered by that. Known: {}.", names.join(", "));
    Err(Problem::new(Code::InvalidRequest, detail).field(field).into())
}

/// Refuses a list that is longer than anybody would write by hand.
pub fn at_most<T>(field: &str, list: &[T], max: usize) -> Result<()> {
    if list.len() > max {
        return Err(
            Problem::new(Code::InvalidRequest, format!("The list {field} may hold {max}."))
                .field(field)
                .into(),
        );
    }
    Ok(())
}

/// A text of several lines that may not be empty.
pub fn line_or_block(field: &str, text: &str, max: usize) -> Result<String> {
    if text.trim().is_empty() {
        let detail = format!("The field {field} is empty: write something.");
        return Err(Problem::new(Code::InvalidRequest, detail).field(field).into());
    }
    block(field, text, max)
}

/// An e-mail address in the shape mail systems take, in lower case.
pub fn email(field: &str, text: &str) -> Result<String> {
    let text = line(field, text, 254)?.to_lowercase();
    let fits = text.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && local.len() <= 64
            && !local.chars().any(|c| c.is_whitespace() || c == '@')
            && !domain.is_empty()
            && domain.split('.').all(|label| {
                !label.is_empty()
                    && label.len() <= 63
                    && label.chars().all(|c| c.is_alphanumeric() || c == '-')
                    && !label.starts_with('-')
                    && !label.ends_with('-')
            })
    });
    if fits {
        Ok(text)
    } else {
        Err(Problem::new(
            Code::InvalidRequest,
            format!("The field {field} is no e-mail address: write it as name@example.com."),
        )
        .field(field)
        .into())
    }
}
