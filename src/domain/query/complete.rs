//! What could be typed next: fields, then their values. For the console's query line.

use std::ops::Range;

use super::field::Field;
use super::lex::{self, Char};

/// One way to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Which characters of the text it takes the place of.
    pub replace: Range<usize>,
    /// What is put there.
    pub insert: String,
    /// One line of help; empty where the word says it all.
    pub help: &'static str,
}

/// Candidates from the language itself. `cursor` counts characters.
#[must_use]
pub fn complete(text: &str, cursor: usize) -> Vec<Candidate> {
    complete_with(text, cursor, |_| Vec::new())
}

/// As [`complete`], with values the caller knows (keys of clients, names of people) on top of a field's own words.
#[must_use]
pub fn complete_with(text: &str, cursor: usize, known: impl Fn(Field) -> Vec<String>) -> Vec<Candidate> {
    let before: String = text.chars().take(cursor).collect();
    let cursor = before.chars().count();
    let Ok(words) = lex::words(&before) else {
        return Vec::new();
    };
    let open = before.chars().last().is_some_and(|c| !c.is_whitespace())
        || words.last().is_some_and(|w| w.open_quote.is_some());
    let (chars, start): (&[Char], usize) = match words.last().filter(|_| open) {
        Some(word) => (&word.chars, word.at),
        None => (&[], cursor),
    };
    let negated = chars.first().is_some_and(|c| c.is('-'));
    let body = &chars[usize::from(negated)..];
    match body.iter().position(|c| c.is(':')) {
        None => fields(body, start + usize::from(negated)..cursor),
        Some(colon) => {
            let name: String = body[..colon].iter().map(|c| c.c).collect();
            Field::named(&name).map_or_else(Vec::new, |field| {
                values(field, &body[colon + 1..], body[colon].at + 1, cursor, &known(field))
            })
        }
    }
}

fn fields(typed: &[Char], replace: Range<usize>) -> Vec<Candidate> {
    let typed: String = typed.iter().map(|c| c.c.to_ascii_lowercase()).collect();
    Field::ALL
        .into_iter()
        .filter(|field| field.name().starts_with(&typed))
        .map(|field| Candidate {
            replace: replace.clone(),
            insert: format!("{}:", field.name()),
            help: field.help(),
        })
        .collect()
}

fn values(field: Field, typed: &[Char], start: usize, cursor: usize, known: &[String]) -> Vec<Candidate> {
    // Only the last value of a list is being typed; an operator or a sort's minus stays in front of it.
    let comma = typed.iter().rposition(|c| c.is(',')).map_or(0, |i| i + 1);
    let sign = typed[comma..]
        .iter()
        .take_while(|c| c.is('<') || c.is('>') || c.is('=') || (field == Field::Sort && c.is('-')))
        .count();
    let skip = comma + sign;
    let from = match (typed.get(skip), skip.checked_sub(1).and_then(|i| typed.get(i))) {
        (Some(first), _) => first.at - usize::from(first.quoted),
        (None, Some(last)) => last.at + 1,
        (None, None) => start,
    };
    let prefix: String = typed[skip..].iter().flat_map(|c| c.c.to_lowercase()).collect();
    let compared = typed[..skip].iter().any(|c| c.is('<') || c.is('>'));
    let own = field
        .words()
        .into_iter()
        .filter(|word| !(compared && *word == "none"))
        .map(str::to_owned);
    own.chain(known.iter().map(|word| quote(word)))
        .filter(|word| word.trim_start_matches('"').to_lowercase().starts_with(&prefix))
        .map(|insert| Candidate {
            replace: from..cursor,
            insert,
            help: "",
        })
        .collect()
}

fn quote(word: &str) -> String {
    super::Text::Exact(word.to_owned()).to_string()
}
