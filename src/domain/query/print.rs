//! The canonical form of a query: what saved views, breadcrumbs and logs of calls show, and what parses back to the same.

use std::fmt::{self, Display, Formatter};

use super::{Claim, Import, Kind, Match, Owner, Person, Query, Score, Span, Term, Text, When};
use crate::domain::status::Status;

impl Display for Query {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut blank = "";
        for term in &self.terms {
            write!(f, "{blank}{term}")?;
            blank = " ";
        }
        if let Some(sort) = self.sort {
            let minus = if sort.descending { "-" } else { "" };
            write!(f, "{blank}sort:{minus}{}", sort.field.name())?;
        }
        Ok(())
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.negated {
            f.write_str("-")?;
        }
        self.kind.fmt(f)
    }
}

impl Display for Kind {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Severity(Match::Any(list)) => join(f, "sev", list),
            Self::Severity(Match::Than(cmp, severity)) => write!(f, "sev:{}{severity}", cmp.sign()),
            Self::Status(list) => statuses(f, list),
            Self::Open(open) => f.write_str(if *open { "is:open" } else { "is:closed" }),
            Self::Lane(list) => join(f, "lane", list),
            Self::Client(list) => join(f, "client", list),
            Self::Project(list) => join(f, "project", list),
            Self::Assignee(list) => join(f, "assignee", list),
            Self::Due(when) => write!(f, "due:{when}"),
            Self::FirstSeen(when) => write!(f, "first:{when}"),
            Self::LastSeen(when) => write!(f, "last:{when}"),
            Self::Seen(yes) => write!(f, "seen:{}", word(*yes)),
            Self::Import(list) => join(f, "import", list),
            Self::Triaged(yes) => write!(f, "triaged:{}", word(*yes)),
            Self::Released(yes) => write!(f, "released:{}", word(*yes)),
            Self::Claimed(list) => join(f, "claimed", list),
            Self::Unread(yes) => write!(f, "unread:{}", word(*yes)),
            Self::Tool(list) => join(f, "tool", list),
            Self::Cve(list) => join(f, "cve", list),
            Self::Cwe(list) => join(f, "cwe", list),
            Self::Cvss(Score::None) => f.write_str("cvss:none"),
            Self::Cvss(Score::Exactly(score)) => write!(f, "cvss:{}.{}", score / 10, score % 10),
            Self::Cvss(Score::Than(cmp, score)) => write!(f, "cvss:{}{}.{}", cmp.sign(), score / 10, score % 10),
            Self::Asset(list) => join(f, "asset", list),
            Self::Tag(list) => join(f, "tag", list),
            Self::Text(text) => quoted(f, text, false),
        }
    }
}

fn word(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

fn join<T: Display>(f: &mut Formatter<'_>, field: &str, list: &[T]) -> fmt::Result {
    write!(f, "{field}:")?;
    for (i, value) in list.iter().enumerate() {
        if i > 0 {
            f.write_str(",")?;
        }
        value.fmt(f)?;
    }
    Ok(())
}

/// Writes `closed` where all the closed kinds stand side by side in the table's order, as reading `closed` puts them.
fn statuses(f: &mut Formatter<'_>, list: &[Status]) -> fmt::Result {
    let closed: Vec<Status> = Status::ALL.into_iter().filter(|s| !s.is_open()).collect();
    let Some(start) = list.windows(closed.len()).position(|run| run == closed) else {
        return join(f, "status", list);
    };
    let mut words: Vec<&str> = list.iter().map(|s| s.name()).collect();
    words.splice(start..start + closed.len(), ["closed"]);
    join(f, "status", &words)
}

/// Writes a text so that it reads back as itself: in quotes where anything in it, or the whole of it, means something.
fn quoted(f: &mut Formatter<'_>, text: &str, in_list: bool) -> fmt::Result {
    let special = |c: char| c.is_whitespace() || matches!(c, '"' | ':' | '*' | ',' | '<' | '>');
    let keyword = ["none", "nobody", "me", "@me", "yes", "no", "last"]
        .iter()
        .any(|k| k.eq_ignore_ascii_case(text));
    if text.is_empty() || text.starts_with('-') || text.contains(special) || (in_list && keyword) {
        write!(f, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
    } else {
        f.write_str(text)
    }
}

impl Display for Text {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(text) => quoted(f, text, true),
            Self::Glob(pieces) => {
                for (i, piece) in pieces.iter().enumerate() {
                    if i > 0 {
                        f.write_str("*")?;
                    }
                    if !piece.is_empty() {
                        quoted(f, piece, false)?;
                    }
                }
                Ok(())
            }
        }
    }
}

impl Display for Owner {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Named(text) => text.fmt(f),
        }
    }
}

impl Display for Person {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Me => f.write_str("@me"),
            Self::Nobody => f.write_str("none"),
            Self::Named(name) => quoted(f, name, true),
        }
    }
}

impl Display for Claim {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Me => f.write_str("me"),
            Self::Anyone => f.write_str("yes"),
            Self::Nobody => f.write_str("no"),
            Self::Named(name) => quoted(f, name, true),
        }
    }
}

impl Display for Import {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Last => f.write_str("last"),
            Self::Batch(id) => id.fmt(f),
        }
    }
}

impl Display for When {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Never => f.write_str("none"),
            Self::Away(cmp, span) => write!(f, "{}{span}", cmp.sign()),
            Self::Than(cmp, date) => write!(f, "{}{date}", cmp.sign()),
            Self::On(date) => date.fmt(f),
        }
    }
}

impl Display for Span {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.count, self.unit.name())
    }
}
