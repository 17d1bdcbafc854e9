//! The CSV of `CxSAST`: a row per result, with where it begins and where it ends.

use super::{Item, Step, flow};
use crate::import::head::Head;
use crate::import::limits::{Limits, Refusal};
use crate::import::source::Source;
use crate::import::table::{Row, Table};
use crate::import::{Out, clock};

pub fn sniff(head: &Head<'_>) -> bool {
    head.has_columns(&["query", "srcfilename", "destfilename"])
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    let mut table = Table::open(source.open(limits)?, limits)?;
    table.each_row(out, &mut |row, out| item(row).emit(row.span, out))
}

fn item(row: &Row<'_>) -> Item {
    let get = |name: &str| row.get(&[name]).map(std::borrow::Cow::into_owned).unwrap_or_default();
    let step = |file: &str, line: &str, column: &str, name: &str| Step {
        file: get(file),
        line: get(line).parse().ok().filter(|n| *n > 0),
        column: get(column).parse().ok(),
        name: get(name),
        ..Step::default()
    };
    let mut steps = vec![
        step("srcfilename", "line", "column", "name"),
        step("destfilename", "destline", "destcolumn", "destname"),
    ];
    steps.retain(|s| !s.file.is_empty());
    Item {
        query: get("query"),
        group: get("querypath"),
        severity: get("result severity"),
        state: get("result status"),
        suppressed: get("result state").to_lowercase().replace([' ', '_'], "") == "notexploitable",
        // A row has no id of its path.
        similarity: flow::ends(&steps),
        steps,
        remark: get("comment"),
        references: vec![get("link")],
        observed_at: clock::time(&get("detection date")),
        ..Item::default()
    }
}
