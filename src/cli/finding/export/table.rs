//! CSV: a finding a row, its places in one cell.

use super::{Writer, words};
use crate::api::export::Exported;
use crate::cli::error::Error;
use crate::domain::safe::Safe;

const COLUMNS: [&str; 21] = [
    "key",
    "severity",
    "status",
    "title",
    "cvss score",
    "cvss vector",
    "cwe",
    "cve",
    "tool",
    "client",
    "project",
    "assignee",
    "due",
    "first seen",
    "last seen",
    "seen in latest",
    "places",
    "where",
    "description",
    "remediation",
    "references",
];

#[derive(Debug)]
pub struct Table;

impl Writer for Table {
    fn begin(&mut self) -> String {
        row(COLUMNS.iter().map(|c| (*c).to_owned()))
    }

    /// A cell has room for a few.
    fn wants_all_places(&self) -> bool {
        false
    }

    fn finding(&mut self, e: &Exported) -> Result<String, Error> {
        let f = &e.finding;
        let text = |time: Option<crate::domain::time::Time>| time.map(|t| t.to_string()).unwrap_or_default();
        let cells = [
            f.key.clone(),
            f.severity.to_string(),
            words(f.status),
            f.title.clone(),
            f.cvss.as_ref().map(|c| c.score.to_string()).unwrap_or_default(),
            f.cvss.as_ref().map(|c| c.vector.clone()).unwrap_or_default(),
            f.cwe.iter().map(|n| format!("CWE-{n}")).collect::<Vec<_>>().join(" "),
            f.cve.join(" "),
            f.tool.clone(),
            f.client.as_ref().map(|c| c.name.clone()).unwrap_or_default(),
            f.project.name.clone(),
            f.assignee.as_ref().map(|a| a.email.clone()).unwrap_or_default(),
            text(f.due_at),
            text(Some(f.first_seen)),
            text(Some(f.last_seen)),
            f.seen_in_latest.to_string(),
            f.occurrence_count.to_string(),
            places(e),
            e.description.clone(),
            e.remediation.clone(),
            e.references.join("\n"),
        ];
        Ok(row(cells.into_iter()))
    }
}

/// The first places, and how many more there are.
fn places(e: &Exported) -> String {
    let mut lines: Vec<String> = e.occurrences.iter().map(|o| o.place.clone()).collect();
    let more = e.finding.occurrence_count - lines.len() as i64;
    if more > 0 {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n")
}

/// A line of cells, each in quotes where it needs them.
fn row(cells: impl Iterator<Item = String>) -> String {
    let cells: Vec<String> = cells.map(|cell| quoted(&harmless(&cell))).collect();
    cells.join(",") + "\r\n"
}

fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\n', '\r', ';']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// A cell that no spreadsheet takes for a formula, and no terminal for orders: what begins like a formula, behind
/// white space or in any of its lines, begins with an apostrophe.
fn harmless(cell: &str) -> String {
    let safe = Safe::block(cell);
    let lines = safe.as_str().split('\n').map(|line| {
        let bare = line.trim_start();
        let formula = bare.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
        if formula { format!("'{line}") } else { line.to_owned() }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (cell, shown) in [
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'    =1"),
            ("  =1", "'  =1"),
            ("＝1", "'＝1"),
            ("a\n=cmd|'/c calc'!A0", "a\n'=cmd|'/c calc'!A0"),
            ("a=1", "a=1"),
            ("", ""),
        ] {
            assert_eq!(harmless(cell), shown, "{cell:?}");
        }
        assert!(!harmless("\u{1b}[31m").contains('\u{1b}'));
        assert_eq!(
            row(["a,\"b".to_owned(), "=x".into()].into_iter()),
            "\"a,\"\"b\",'=x\r\n"
        );
    }
}
