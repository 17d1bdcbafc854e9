//! The query language: one grammar for the console, the command line and the API's `q`.
//!
//! ```text
//! query = { term }                         all terms must hold
//! term  = ["-"] ( field ":" values | text )  "-" turns a term round
//! values = [ "<" | "<=" | ">" | ">=" ] value { "," value }   a list means any of
//! text  = word | '"' phrase '"'              inside quotes only \" and \\ are special
//! ```
//!
//! An unknown field or value is an error that points at the character and names the nearest word; nothing is ignored.
//! A [`Query`] is plain data: the store turns it into SQL, [`std::fmt::Display`] writes the form that parses back to the
//! same query. Relative times and `@me` are kept as typed, and mean what they mean when the query runs.

use std::fmt;

use super::id::BatchId;
use super::lane::Lane;
use super::severity::Severity;
use super::status::Status;

mod complete;
mod field;
mod lex;
mod parse;
mod print;
mod value;

pub use complete::{Candidate, complete, complete_with};
pub use field::{Field, SortField, nearest};

/// The longest query, in characters.
pub const LENGTH_MAX: usize = 4_096;

/// The most terms of one query, and values of one list.
pub const TERMS_MAX: usize = 64;

/// The most `*` of one value: what each of them may stand for multiplies.
pub const STARS_MAX: usize = 8;

/// What somebody looks for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Query {
    pub terms: Vec<Term>,
    /// None: the list's own order.
    pub sort: Option<Sort>,
}

impl Query {
    /// Reads a query. The empty text is the query that everything matches.
    ///
    /// # Errors
    /// Where the text is not of the grammar: where, what is wrong, and the nearest word that would have been right.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        parse::query(text)
    }

    /// Whether it narrows nothing down: bulk acts refuse such a query.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }
}

/// One condition.
#[derive(Debug, Clone, PartialEq)]
pub struct Term {
    pub negated: bool,
    /// Where it starts, in characters from 0: for errors found later (a client nobody knows).
    pub at: usize,
    pub kind: Kind,
}

/// What a term asks for. Every list means "any of".
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    Severity(Match<Severity>),
    Status(Vec<Status>),
    /// True: one of the open kinds.
    Open(bool),
    Lane(Vec<Lane>),
    Client(Vec<Owner>),
    /// Keys or names.
    Project(Vec<Text>),
    Assignee(Vec<Person>),
    Due(When),
    FirstSeen(When),
    LastSeen(When),
    /// Seen in the latest import of its tool.
    Seen(bool),
    Import(Vec<Import>),
    Triaged(bool),
    Released(bool),
    Claimed(Vec<Claim>),
    /// Has texts the asker has not seen.
    Unread(bool),
    Tool(Vec<Text>),
    Cve(Vec<Text>),
    Cwe(Vec<u32>),
    Cvss(Score),
    Asset(Vec<Text>),
    Tag(Vec<Text>),
    /// Must appear in key, title, or a place, whatever its case and accents.
    Text(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cmp {
    Lt,
    Le,
    Gt,
    Ge,
}

impl Cmp {
    #[must_use]
    pub fn sign(self) -> &'static str {
        match self {
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match<T> {
    Any(Vec<T>),
    Than(Cmp, T),
}

/// A value as text: exact, or with `*` for any run of characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text {
    Exact(String),
    /// The pieces between the stars: `a*b` is `["a", "b"]`, `*` is `["", ""]`.
    Glob(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// No client at all: an unassigned project.
    None,
    Named(Text),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Person {
    Me,
    Nobody,
    /// E-mail, name or user id.
    Named(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    Me,
    Anyone,
    Nobody,
    Named(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Import {
    /// The latest one of the finding's project.
    Last,
    Batch(BatchId),
}

/// A condition on an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// There is none (`due:none`).
    Never,
    /// Distance from now. Ahead for what is to come (`due:<3d`: within three days, or overdue), back for what was
    /// (`first:<1d`: less than a day ago).
    Away(Cmp, Span),
    /// Before or after a day, in the agency's time zone.
    Than(Cmp, jiff::civil::Date),
    /// Within that day.
    On(jiff::civil::Date),
}

/// A length of time as people type it. Months count 30 days, years 365.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub count: u32,
    pub unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Hour,
    Day,
    Week,
    Month,
    Year,
}

impl Unit {
    const ALL: [Self; 5] = [Self::Hour, Self::Day, Self::Week, Self::Month, Self::Year];

    fn name(self) -> &'static str {
        match self {
            Self::Hour => "h",
            Self::Day => "d",
            Self::Week => "w",
            Self::Month => "mo",
            Self::Year => "y",
        }
    }
}

impl Span {
    #[must_use]
    pub fn ms(self) -> i64 {
        let hours = match self.unit {
            Unit::Hour => 1,
            Unit::Day => 24,
            Unit::Week => 7 * 24,
            Unit::Month => 30 * 24,
            Unit::Year => 365 * 24,
        };
        i64::from(self.count).saturating_mul(hours * 3_600_000)
    }
}

/// A condition on a CVSS score, in tenths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Score {
    /// Not rated.
    None,
    Exactly(u16),
    Than(Cmp, u16),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    pub field: SortField,
    /// `-`: worst, highest or latest first. What has no value comes last either way.
    pub descending: bool,
}

/// Why a text is not a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// The character it stands at, from 0.
    pub at: usize,
    pub message: String,
    /// The word that was probably meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for QueryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(word) = &self.suggestion {
            write!(f, " Did you mean `{word}`?")?;
        }
        Ok(())
    }
}

impl std::error::Error for QueryError {}

#[cfg(test)]
mod tests;
