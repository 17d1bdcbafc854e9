//! Words to terms: which field takes which values, and what is said where it does not.

use super::field::{Field, SortField, nearest};
use super::lex::{self, Char, Word};
use super::value::{date, is_cve, span, tenths};
use super::{
    Claim, Cmp, Import, Kind, Match, Owner, Person, Query, QueryError, STARS_MAX, Score, Sort, TERMS_MAX, Term, Text,
    When,
};
use crate::domain::id::BatchId;
use crate::domain::severity::Severity;
use crate::domain::status::Status;

type Result<T> = std::result::Result<T, QueryError>;

fn error<T>(at: usize, message: impl Into<String>, suggestion: Option<String>) -> Result<T> {
    Err(QueryError {
        at,
        message: short(&message.into()),
        suggestion: suggestion.filter(|word| word.len() <= WORD),
    })
}

/// Longest suggestion, and half of the longest word that a message repeats.
const WORD: usize = 80;

/// A message whose quoted words have a length that can be read.
fn short(message: &str) -> String {
    let parts = message.split('`').map(|part| {
        let cut = part.char_indices().nth(WORD * 2).map(|(at, _)| at);
        match cut {
            Some(at) => format!("{}…", &part[..at]),
            None => part.to_owned(),
        }
    });
    parts.collect::<Vec<_>>().join("`")
}

pub(super) fn query(text: &str) -> Result<Query> {
    let mut query = Query::default();
    for word in lex::words(text)? {
        if let Some(at) = word.open_quote {
            return error(at, "This quote is not closed. Add a `\"` at its end.", None);
        }
        term(&word, &mut query)?;
    }
    Ok(query)
}

fn term(word: &Word, query: &mut Query) -> Result<()> {
    let negated = word.chars.first().is_some_and(|c| c.is('-'));
    let body = &word.chars[usize::from(negated)..];
    let Some(colon) = body.iter().position(|c| c.is(':')) else {
        if body.is_empty() {
            let what = if negated {
                "A `-` turns a term round"
            } else {
                "Nothing is quoted here"
            };
            return error(word.at, format!("{what}: write what to look for."), None);
        }
        query.terms.push(Term {
            negated,
            at: word.at,
            kind: Kind::Text(text_of(body)),
        });
        return Ok(());
    };
    let name = text_of(&body[..colon]);
    let name_at = word.at + usize::from(negated);
    let Some(field) = Field::named(&name) else {
        let message = if name.is_empty() {
            "A field's name is missing before the `:`.".to_owned()
        } else {
            format!("There is no field `{name}`. To search for the text itself, put it in quotes.")
        };
        return error(name_at, message, nearest(&name, Field::ALL.map(Field::name)));
    };
    let values = Values::new(field, &body[colon..])?;
    if field == Field::Sort {
        if negated {
            return error(
                word.at,
                "An order cannot be negated. Write `sort:-…` to turn it round.",
                None,
            );
        }
        if query.sort.is_some() {
            return error(word.at, "There can be one `sort:` only. Remove one of them.", None);
        }
        query.sort = Some(values.sort()?);
        return Ok(());
    }
    query.terms.push(Term {
        negated,
        at: word.at,
        kind: values.kind()?,
    });
    Ok(())
}

fn text_of(chars: &[Char]) -> String {
    chars.iter().map(|c| c.c).collect()
}

/// One value of a list.
struct Value<'a> {
    at: usize,
    chars: &'a [Char],
}

impl Value<'_> {
    fn text(&self) -> String {
        text_of(self.chars)
    }

    /// The value as one of a field's fixed words: lower case, `-` and `_` alike. None where quotes say "as it is".
    fn word(&self) -> Option<String> {
        let quoted = self.chars.iter().any(|c| c.quoted);
        (!quoted).then(|| self.text().to_lowercase().replace('-', "_"))
    }

    fn is_word(&self, word: &str) -> bool {
        self.word().as_deref() == Some(word)
    }

    fn glob(&self) -> Text {
        if self.chars.iter().any(|c| c.is('*')) {
            let mut pieces: Vec<String> = self.chars.split(|c| c.is('*')).map(text_of).collect();
            // `a**b` asks for the same as `a*b`; only the ends may be empty.
            let last = pieces.len() - 1;
            let mut at = 0;
            pieces.retain(|piece| {
                at += 1;
                at == 1 || at == last + 1 || !piece.is_empty()
            });
            Text::Glob(pieces)
        } else {
            Text::Exact(self.text())
        }
    }

    fn exact(&self, field: Field) -> Result<String> {
        match self.glob() {
            Text::Exact(text) => Ok(text),
            Text::Glob(_) => error(
                self.at,
                format!(
                    "`*` does not work in `{}:`. Write the whole name, or quote the star.",
                    field.name()
                ),
                None,
            ),
        }
    }
}

/// The values of one term, split and checked for emptiness.
struct Values<'a> {
    field: Field,
    cmp: Option<(usize, Cmp)>,
    list: Vec<Value<'a>>,
}

impl<'a> Values<'a> {
    /// `chars` starts with the colon.
    fn new(field: Field, chars: &'a [Char]) -> Result<Self> {
        let after_colon = chars[0].at + 1;
        let mut chars = &chars[1..];
        let mut cmp = None;
        if let Some(first) = chars.first().filter(|c| c.is('<') || c.is('>')) {
            let equal = chars.get(1).is_some_and(|c| c.is('='));
            let operator = match (first.c, equal) {
                ('<', false) => Cmp::Lt,
                ('<', true) => Cmp::Le,
                (_, false) => Cmp::Gt,
                (_, true) => Cmp::Ge,
            };
            cmp = Some((first.at, operator));
            chars = &chars[1 + usize::from(equal)..];
        }
        let name = field.name();
        let mut list = Vec::new();
        let mut at = cmp.map_or(after_colon, |(at, cmp)| at + cmp.sign().len());
        for piece in chars.split(|c| c.is(',')) {
            if piece.is_empty() {
                return error(
                    at,
                    format!("A value is missing in `{name}:`. {}.", capital(field.help())),
                    None,
                );
            }
            if piece.iter().filter(|c| c.is('*')).count() > STARS_MAX {
                return error(
                    piece[0].at,
                    format!("A value has at most {STARS_MAX} `*`. Leave some out, or quote them."),
                    None,
                );
            }
            list.push(Value {
                at: piece[0].at,
                chars: piece,
            });
            at = piece[piece.len() - 1].at + 2;
        }
        if list.len() > TERMS_MAX {
            return error(
                list[TERMS_MAX].at,
                format!("A list has at most {TERMS_MAX} values."),
                None,
            );
        }
        if let (Some((at, cmp)), false) = (
            cmp,
            matches!(
                field,
                Field::Severity | Field::Due | Field::First | Field::Last | Field::Cvss
            ),
        ) {
            return error(
                at,
                format!(
                    "`{}` does not work in `{name}:`. {}.",
                    cmp.sign(),
                    capital(field.help())
                ),
                None,
            );
        }
        if let (Some((_, cmp)), Some(second)) = (cmp, list.get(1)) {
            return error(
                second.at,
                format!("After `{}` there can be one value only.", cmp.sign()),
                None,
            );
        }
        Ok(Self { field, cmp, list })
    }

    fn each<T>(&self, read: impl Fn(&Value<'a>) -> Result<T>) -> Result<Vec<T>> {
        self.list.iter().map(read).collect()
    }

    fn one(&self) -> Result<&Value<'a>> {
        match self.list.get(1) {
            None => Ok(&self.list[0]),
            Some(second) => error(
                second.at,
                format!("`{}:` takes one value only.", self.field.name()),
                None,
            ),
        }
    }

    /// Says that a value is none of the field's words.
    fn unknown<T>(&self, value: &Value<'_>) -> Result<T> {
        let words = self.field.words();
        let text = value.text();
        error(
            value.at,
            format!(
                "`{text}` is no value of `{}:`. {}.",
                self.field.name(),
                capital(self.field.help())
            ),
            nearest(&text.replace('-', "_"), words),
        )
    }

    fn words<T: std::str::FromStr>(&self) -> Result<Vec<T>> {
        self.each(|value| match value.word().and_then(|word| word.parse().ok()) {
            Some(found) => Ok(found),
            None => self.unknown(value),
        })
    }

    fn yes(&self) -> Result<bool> {
        let value = self.one()?;
        match value.word().as_deref() {
            Some("yes" | "true") => Ok(true),
            Some("no" | "false") => Ok(false),
            _ => self.unknown(value),
        }
    }

    fn kind(&self) -> Result<Kind> {
        Ok(match self.field {
            Field::Severity => match (self.cmp, self.words::<Severity>()?) {
                (Some((_, cmp)), list) => Kind::Severity(Match::Than(cmp, list[0])),
                (None, list) => Kind::Severity(Match::Any(list)),
            },
            Field::Status => Kind::Status(self.statuses()?),
            Field::Is => {
                let value = self.one()?;
                match value.word().as_deref() {
                    Some("open") => Kind::Open(true),
                    Some("closed") => Kind::Open(false),
                    _ => return self.unknown(value),
                }
            }
            Field::Lane => Kind::Lane(self.words()?),
            Field::Client => Kind::Client(self.each(|value| {
                Ok(if value.is_word("none") {
                    Owner::None
                } else {
                    Owner::Named(value.glob())
                })
            })?),
            Field::Project => Kind::Project(self.each(|value| Ok(value.glob()))?),
            Field::Assignee => Kind::Assignee(self.each(|value| {
                Ok(match value.word().as_deref() {
                    Some("@me" | "me") => Person::Me,
                    Some("none" | "nobody") => Person::Nobody,
                    _ => Person::Named(value.exact(self.field)?),
                })
            })?),
            Field::Due => Kind::Due(self.when()?),
            Field::First => Kind::FirstSeen(self.when()?),
            Field::Last => Kind::LastSeen(self.when()?),
            Field::Seen => Kind::Seen(self.yes()?),
            Field::Import => Kind::Import(self.each(|value| {
                if value.is_word("last") {
                    return Ok(Import::Last);
                }
                match value.text().parse::<BatchId>() {
                    Ok(batch) => Ok(Import::Batch(batch)),
                    Err(_) => self.unknown(value),
                }
            })?),
            Field::Triaged => Kind::Triaged(self.yes()?),
            Field::Released => Kind::Released(self.yes()?),
            Field::Claimed => Kind::Claimed(self.each(|value| {
                Ok(match value.word().as_deref() {
                    Some("me" | "@me") => Claim::Me,
                    Some("yes") => Claim::Anyone,
                    Some("no" | "none") => Claim::Nobody,
                    _ => Claim::Named(value.exact(self.field)?),
                })
            })?),
            Field::Unread => Kind::Unread(self.yes()?),
            Field::Tool => Kind::Tool(self.each(|value| Ok(lower(value.glob())))?),
            Field::Cve => Kind::Cve(self.each(Self::cve)?),
            Field::Cwe => Kind::Cwe(self.each(|value| {
                let text = value.text().to_ascii_lowercase();
                match text.strip_prefix("cwe-").unwrap_or(&text).parse() {
                    Ok(number) => Ok(number),
                    Err(_) => self.unknown(value),
                }
            })?),
            Field::Cvss => Kind::Cvss(self.score()?),
            Field::Asset => Kind::Asset(self.each(|value| Ok(value.glob()))?),
            Field::Tag => Kind::Tag(self.each(|value| Ok(lower(value.glob())))?),
            Field::Sort => return error(self.list[0].at, "An order is no condition.", None),
        })
    }

    fn statuses(&self) -> Result<Vec<Status>> {
        let mut out = Vec::new();
        for value in &self.list {
            match value.word().as_deref() {
                Some("closed") => out.extend(Status::ALL.into_iter().filter(|s| !s.is_open())),
                Some(word) => match word.parse() {
                    Ok(status) => out.push(status),
                    Err(()) => return self.unknown(value),
                },
                None => return self.unknown(value),
            }
        }
        let mut seen = Vec::new();
        out.retain(|status| {
            let fresh = !seen.contains(status);
            seen.push(*status);
            fresh
        });
        Ok(out)
    }

    fn when(&self) -> Result<When> {
        let value = self.one()?;
        let text = value.text().to_ascii_lowercase();
        if self.field == Field::Due && self.cmp.is_none() && value.is_word("none") {
            return Ok(When::Never);
        }
        if let Some(date) = date(&text) {
            return Ok(match self.cmp {
                Some((_, cmp)) => When::Than(cmp, date),
                None => When::On(date),
            });
        }
        match (span(&text), self.cmp) {
            (Some(span), Some((_, cmp))) => Ok(When::Away(cmp, span)),
            (Some(_), None) => error(
                value.at,
                format!("Say `<{text}` or `>{text}`: {}.", self.field.help()),
                Some(format!("<{text}")),
            ),
            (None, _) => error(
                value.at,
                format!(
                    "`{}` is neither a length of time (12h, 3d, 2w, 6mo, 1y) nor a date (2026-11-30).",
                    value.text()
                ),
                None,
            ),
        }
    }

    fn score(&self) -> Result<Score> {
        let value = self.one()?;
        if self.cmp.is_none() && value.is_word("none") {
            return Ok(Score::None);
        }
        let tenths = tenths(&value.text());
        match (tenths, self.cmp) {
            (Some(score), Some((_, cmp))) => Ok(Score::Than(cmp, score)),
            (Some(score), None) => Ok(Score::Exactly(score)),
            (None, _) => error(
                value.at,
                format!("`{}` is no score between 0.0 and 10.0.", value.text()),
                None,
            ),
        }
    }

    fn cve(value: &Value<'_>) -> Result<Text> {
        let glob = match value.glob() {
            Text::Exact(text) => Text::Exact(text.to_uppercase()),
            Text::Glob(pieces) => Text::Glob(pieces.iter().map(|piece| piece.to_uppercase()).collect()),
        };
        let fits = match &glob {
            Text::Exact(text) => is_cve(text),
            Text::Glob(pieces) => pieces
                .concat()
                .chars()
                .all(|c| c.is_ascii_digit() || matches!(c, 'C' | 'V' | 'E' | '-')),
        };
        if fits {
            return Ok(glob);
        }
        let text = value.text();
        let fixed = format!(
            "CVE-{}",
            text.trim_start_matches(['c', 'v', 'e', 'C', 'V', 'E', '-', ' '])
        );
        error(
            value.at,
            format!("`{text}` is no CVE. Write it as CVE-2024-12345, with `*` for any characters."),
            is_cve(&fixed).then_some(fixed),
        )
    }

    fn sort(&self) -> Result<Sort> {
        let value = self.one()?;
        let descending = value.chars.first().is_some_and(|c| c.is('-'));
        let name = text_of(&value.chars[usize::from(descending)..]).to_lowercase();
        let name = if name == "severity" { "sev" } else { &name };
        match SortField::ALL.into_iter().find(|f| f.name() == name) {
            Some(field) => Ok(Sort { field, descending }),
            None => error(
                value.at,
                format!(
                    "A list cannot be sorted by `{name}`. There is: {}.",
                    SortField::ALL.map(SortField::name).join(", ")
                ),
                nearest(name, SortField::ALL.map(SortField::name)),
            ),
        }
    }
}

fn capital(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn lower(text: Text) -> Text {
    match text {
        Text::Exact(text) => Text::Exact(text.to_lowercase()),
        Text::Glob(pieces) => Text::Glob(pieces.iter().map(|piece| piece.to_lowercase()).collect()),
    }
}
