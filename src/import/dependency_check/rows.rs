//! The CSV report: a row per vulnerability.

use super::entry::{Dependency, Found, Infos};
use crate::import::Out;
use crate::import::head::Head;
use crate::import::limits::{Limits, Refusal};
use crate::import::package;
use crate::import::source::Source;
use crate::import::table::{Row, Table};

pub fn sniff(head: &Head<'_>) -> bool {
    head.has_columns(&["dependencyname", "dependencypath", "cve"])
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    let mut table = Table::open(source.open(limits)?, limits)?;
    table.each_row(out, &mut |row, out| {
        let infos = Infos {
            observed_at: row.get(&["scandate"]).and_then(|date| package::time(Some(&date))),
            ..Infos::default()
        };
        dependency(row).emit(&infos, out)
    })
}

fn dependency(row: &Row<'_>) -> Dependency {
    let get = |names: &[&str]| row.get(names).map(std::borrow::Cow::into_owned).unwrap_or_default();
    let words = |names: &[&str]| -> Vec<String> {
        let cell = get(names);
        let words = cell
            .split([',', ' ', '\n', '|'])
            .map(str::trim)
            .filter(|w| !w.is_empty());
        words.map(str::to_owned).collect()
    };
    let score = |names: &[&str]| get(names).parse().ok();
    let found = Found {
        name: get(&["cve"]),
        source: get(&["source"]),
        severity: get(&[
            "cvssv4_baseseverity",
            "cvssv4_severity",
            "cvssv3_baseseverity",
            "cvssv3_severity",
            "severity",
            "cvssv2_severity",
        ]),
        score: score(&["cvssv4_basescore", "cvssv4_score"])
            .or_else(|| score(&["cvssv3_basescore", "cvssv3_score"]))
            .or_else(|| score(&["cvssv2_score"])),
        vectors: ["cvssv4", "cvssv3", "cvssv2"]
            .iter()
            .map(|name| get(&[name]))
            .filter(|vector| vector.contains("AV:"))
            .map(|vector| vector.trim_matches(['(', ')']).trim_start_matches('/').to_owned())
            .collect(),
        cwe: words(&["cwe"]),
        description: get(&["vulnerability"]),
        span: row.span,
        ..Found::default()
    };
    Dependency {
        file: get(&["dependencyname"]),
        path: get(&["dependencypath"]),
        ids: words(&["identifiers"]),
        projects: words(&["project"]),
        found: vec![found],
        ..Dependency::default()
    }
}
