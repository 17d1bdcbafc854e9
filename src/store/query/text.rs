//! What the index of three characters in a row can tell of a term about texts (SQLite): which documents, of findings and
//! of their places, can hold it. Which of them do is asked of the rows.

use super::super::sql::Sql;
use super::super::tx::Tx;
use super::Result;
use super::predicate::lowered;
use crate::domain::fold::fold;
use crate::domain::query::{Kind, Text};

/// How many characters in a row one entry of the index has.
const GRAM: usize = 3;

/// How far from one entry to the next in a piece of text: each is read to its end, and every second one tells nearly as
/// much.
const STEP: usize = 2;

/// How many entries are asked for one piece of text: more make the answer hardly smaller.
const GRAMS: usize = 12;

/// How many entries may begin with one or two characters until these are held to be everywhere.
const BEGINNINGS: i64 = 64;

/// What the index knows of a term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    /// No row can hold it.
    Nowhere,
    /// Rows of the documents that match this expression of the index can.
    Within(String),
    /// Findings of this JSON list of ids, in hexadecimal, can.
    Among(String),
    /// Any row can.
    Anywhere,
}

/// Whether a term is about texts that are in the index.
pub(super) fn is_text(kind: &Kind) -> bool {
    matches!(
        kind,
        Kind::Text(_) | Kind::Asset(_) | Kind::Cve(_) | Kind::Cwe(_) | Kind::Tag(_)
    )
}

/// Asks the index for a term.
pub(super) async fn told(tx: &mut Tx, kind: &Kind) -> Result<Told> {
    let mut any = Vec::new();
    for pieces in alternatives(kind) {
        if let Some(all) = together(&pieces) {
            any.push(all);
            continue;
        }
        // The longest of the short ones: nothing begins with what a document has not.
        let short = pieces.iter().max_by_key(|piece| piece.chars().count());
        match short {
            Some(piece) if !piece.is_empty() && piece.is_ascii() => match beginning_with(tx, piece).await? {
                Some(grams) if grams.is_empty() => {}
                Some(grams) => any.push(joined(&grams, " OR ")),
                None => return Ok(Told::Anywhere),
            },
            _ => return Ok(Told::Anywhere),
        }
    }
    Ok(if any.is_empty() {
        Told::Nowhere
    } else {
        Told::Within(any.join(" OR "))
    })
}

/// The texts that a document must hold: all pieces of one of these.
fn alternatives(kind: &Kind) -> Vec<Vec<String>> {
    let pieces = |text: &Text| match text {
        Text::Exact(text) => vec![text.clone()],
        Text::Glob(pieces) => pieces.clone(),
    };
    match kind {
        // A title is there folded, a place is asked for its small letters, which the index makes of all of them.
        Kind::Text(text) => {
            let mut both = vec![vec![text.to_lowercase()], vec![fold(text)]];
            both.retain(|pieces| pieces.iter().any(|piece| !piece.is_empty()));
            both.dedup_by_key(|pieces| pieces.concat().to_lowercase());
            both
        }
        Kind::Asset(list) => list.iter().map(|text| pieces(&lowered(text))).collect(),
        // Lists are there as JSON: what it writes otherwise cuts a piece in two.
        Kind::Cve(list) | Kind::Tag(list) => list
            .iter()
            .map(|text| {
                let clean = |c: char| c == '"' || c == '\\' || c.is_control();
                let cut = pieces(text);
                cut.iter()
                    .flat_map(|piece| piece.split(clean))
                    .map(str::to_owned)
                    .collect()
            })
            .collect(),
        Kind::Cwe(list) => list.iter().map(|number| vec![format!(",{number},")]).collect(),
        _ => Vec::new(),
    }
}

/// An expression for documents that hold all pieces, as far as these are long enough; none where none is.
fn together(pieces: &[String]) -> Option<String> {
    let mut grams: Vec<String> = Vec::new();
    for piece in pieces {
        // A NUL is not in the index, and so neither are the characters around it side by side.
        for part in piece.split('\0') {
            let chars: Vec<char> = part.chars().collect();
            let last = chars.last_chunk::<GRAM>().map(<[char; GRAM]>::as_slice);
            let some = chars.windows(GRAM).step_by(STEP).take(GRAMS).chain(last);
            grams.extend(some.map(|gram| gram.iter().collect::<String>()));
        }
    }
    grams.sort();
    grams.dedup();
    (!grams.is_empty()).then(|| joined(&grams, " AND "))
}

fn joined(grams: &[String], with: &str) -> String {
    let quoted: Vec<String> = grams
        .iter()
        .map(|gram| format!("\"{}\"", gram.replace('"', "\"\"")))
        .collect();
    format!("({})", quoted.join(with))
}

/// The entries that begin with one or two ASCII characters; none where they are many.
async fn beginning_with(tx: &mut Tx, short: &str) -> Result<Option<Vec<String>>> {
    let from = short.to_ascii_lowercase();
    let to = format!("{from}{}", char::MAX);
    let mut sql = Sql::new("SELECT term FROM finding_gram WHERE $1 = $1 AND term >= ");
    sql.push_bind(from).push(" AND term < ").push_bind(to);
    sql.push(" LIMIT ").push_bind(BEGINNINGS + 1);
    let rows = tx.all(sql).await?;
    if rows.len() as i64 > BEGINNINGS {
        return Ok(None);
    }
    rows.iter().map(|row| row.get("term")).collect::<Result<_>>().map(Some)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(Kind::Text("Über".into()), &["(\"ber\" AND \"übe\")", "(\"ber\" AND \"ube\")"])]
    #[case(Kind::Text("XSS".into()), &["(\"xss\")"])]
    #[case(Kind::Cwe(vec![79]), &["(\",79\" AND \"79,\")"])]
    #[case(Kind::Asset(vec![Text::Glob(vec![String::new(), ".A.test".into()])]), &["(\".a.\" AND \".te\" AND \"est\")"])]
    #[case(Kind::Tag(vec![Text::Exact("a\"bcd".into())]), &["(\"bcd\")"])]
    #[case(Kind::Text("a\"b".into()), &["(\"a\"\"b\")"])]
    fn a_term_is_known_by_its_grams(#[case] kind: Kind, #[case] wanted: &[&str]) {
        let made: Vec<String> = alternatives(&kind)
            .iter()
            .filter_map(|pieces| together(pieces))
            .collect();
        assert_eq!(made, wanted);
    }

    #[test]
    fn what_is_short_has_none() {
        assert_eq!(together(&["ab".into(), String::new()]), None);
    }
}
