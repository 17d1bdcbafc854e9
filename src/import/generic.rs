//! DefectDojo's generic findings: its interchange JSON, and its CSV. Many tools and scripts write them.
//!
//! - **A finding** is the tool's unique id where the entry has one; else title, the tool's id of the rule, file,
//!   component and vulnerability ids; the description where an entry has none of those.
//! - **A place** is an endpoint of the entry (URL, host, `host:port`); else line of a file; else component and version.
//! - **Severity**: critical to info in words, `S0` to `S4`, or a number from 0 to 10 as a score; none given is info, as in
//!   DefectDojo.
//! - The tool's name is the report's `type`, so that reports of different tools never speak for one another.
//! - An entry without a title is nothing that people could work on: counted as unreadable. Keys nobody knows are
//!   counted by name. Attached files stay in the raw record.
//! - The report covers the whole tool.

mod entry;

use serde_json::Value;

pub use self::entry::{Entry, endpoint, word};
use self::entry::{SILENT, is_no, is_yes, number};
use super::entries::{each_key, results, unknown};
use super::head::Head;
use super::json::Walker;
use super::limits::{Limits, Refusal, clip_line, text};
use super::loose::Word;
use super::source::Source;
use super::table::{Row, Table};
use super::{About, Format, Out};

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

/// What a tool without a name is called.
const TOOL: &str = "generic";

#[derive(Debug)]
pub struct Generic;

/// Keys of a report besides its findings.
const KEYS: [&str; 8] = [
    "name",
    "type",
    "version",
    "description",
    "static_tool",
    "dynamic_tool",
    "soc",
    "findings",
];

impl Format for Generic {
    fn about(&self) -> &'static About {
        &About {
            name: "generic",
            title: "DefectDojo generic findings (JSON, CSV)",
            records: "entries of the JSON or rows of the CSV",
            finding: "the tool's unique id; else title, rule, file, component and vulnerability ids; else title and description",
            place: "an endpoint; else a line of a file; else component and version",
            severity: "in words, critical to info, or a number as a score; none given is info",
            left_out: "entries without a title, which nobody can read; keys and columns nobody knows, counted by name",
            covers: "everything of the tool the report names as its type",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let json = &head.json;
        let bare =
            json.first == Some(b'{') && json.has("findings") && json.keys.iter().all(|k| KEYS.contains(&k.as_str()));
        json.item("findings", &["title"])
            || json.item("findings", &["severity", "description"])
            || (bare && !json.inside.iter().any(|(k, _)| k == "findings"))
            || (head.has_columns(&["title"])
                && !head.has_columns(&["seen in latest"])
                && ["severity", "description", "cweid", "mitigation"]
                    .iter()
                    .filter(|c| head.has_columns(&[c]))
                    .count()
                    >= 2)
            || (head.has_columns(&["title", "severity"])
                && !head.has_columns(&["seen in latest"])
                && head.columns.iter().filter(|c| COLUMNS.contains(&c.as_str())).count() >= 4)
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        let first = source.first_byte(limits)?;
        if first == Some(b'{') {
            findings(source, limits, out)
        } else {
            rows(source, limits, out)
        }
    }
}

/// The name of the tool: `Prisma Cloud (Generic Findings Import)` is Prisma Cloud.
fn tool(name: &str) -> String {
    let name = name.trim().trim_end_matches("(Generic Findings Import)").trim();
    if name.is_empty() || name.eq_ignore_ascii_case("Generic Findings Import") {
        TOOL.to_owned()
    } else {
        clip_line(name, text::WORD)
    }
}

fn findings(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("findings", 0);
    // The tool may be named behind its findings.
    let mut name = String::new();
    {
        let mut walker = Walker::open(source.open(limits)?, limits);
        let mut raw = Vec::new();
        each_key(&mut walker, &mut |walker, key| {
            if key != "type" {
                return walker.skip();
            }
            let span = walker.capture(&mut raw)?;
            let word: Word<'_> = walker.read(&raw, span)?;
            word.text().unwrap_or_default().clone_into(&mut name);
            Ok(())
        })?;
        out.summary.bytes = walker.offset();
    }
    let tool = tool(&name);
    out.tool(&tool);
    let mut walker = Walker::open(source.open(limits)?, limits);
    each_key(&mut walker, &mut |walker, key| match key {
        "findings" => results(walker, out, "findings", &mut |walker, raw, span, out| {
            let value: Value = walker.read(raw, span)?;
            Entry::of_json(&value, out).emit(&tool, span, out)
        }),
        known if KEYS.contains(&known) => walker.skip(),
        other => unknown(walker, other, out),
    })
}

fn rows(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.tool(TOOL);
    let mut table = Table::open(source.open(limits)?, limits)?;
    for column in table.columns() {
        let known = COLUMNS.contains(&column.as_str()) || SILENT.contains(&column.replace(' ', "_").as_str());
        if !known && !column.is_empty() {
            let column = clip_line(column, 60);
            out.summary.leave_out(&format!("columns `{column}`"));
        }
    }
    table.each_row(out, &mut |row, out| of_row(row).emit(TOOL, row.span, out))
}

/// Columns that are read.
const COLUMNS: [&str; 48] = [
    "title",
    "severity",
    "description",
    "mitigation",
    "impact",
    "references",
    "url",
    "endpoints",
    "endpoint",
    "file_path",
    "filepath",
    "file path",
    "line",
    "line number",
    "component_name",
    "componentname",
    "component name",
    "component_version",
    "componentversion",
    "component version",
    "fix_version",
    "fixversion",
    "fix version",
    "unique_id_from_tool",
    "unique id from tool",
    "vuln_id_from_tool",
    "vuln id from tool",
    "vulnerability id",
    "vulnerability ids",
    "vulnerability_ids",
    "cve",
    "cweid",
    "cwe",
    "cvssv4",
    "cvssv3",
    "cvss",
    "cvssv3_score",
    "cvssv3 score",
    "cvssv4_score",
    "tags",
    "date",
    "falsepositive",
    "false_p",
    "false positive",
    "duplicate",
    "active",
    "service",
    "steps_to_reproduce",
];

fn of_row(row: &Row<'_>) -> Entry {
    let get = |names: &[&str]| row.get(names).map(std::borrow::Cow::into_owned).unwrap_or_default();
    let listed = |names: &[&str], by: &[char]| -> Vec<String> {
        let cell = get(names);
        cell.split(by)
            .map(str::trim)
            .filter(|t| !t.is_empty())
            .map(str::to_owned)
            .collect()
    };
    Entry {
        title: get(&["title"]),
        severity: get(&["severity"]),
        description: get(&["description"]),
        mitigation: get(&["mitigation"]),
        impact: get(&["impact"]),
        references: listed(&["references"], &['\n']),
        endpoints: listed(&["url", "endpoints", "endpoint"], &['\n', ' ']),
        path: get(&["file_path", "filepath", "file path"]),
        line: number(&get(&["line", "line number"])),
        component: get(&["component_name", "componentname", "component name"]),
        component_version: get(&["component_version", "componentversion", "component version"]),
        fix_version: get(&["fix_version", "fixversion", "fix version"]),
        unique_id: get(&["unique_id_from_tool", "unique id from tool"]),
        rule: get(&["vuln_id_from_tool", "vuln id from tool"]),
        service: get(&["service"]),
        steps: get(&["steps_to_reproduce"]),
        ids: listed(
            &["vulnerability id", "vulnerability ids", "vulnerability_ids", "cve"],
            &['\n', ' ', ',', ';'],
        ),
        cwe: listed(&["cweid", "cwe"], &[',', ' ', ';', '\n']),
        cvss: listed(&["cvssv4", "cvssv3", "cvss"], &[' ', '\n']),
        score: get(&["cvssv4_score", "cvssv3_score", "cvssv3 score"]).parse().ok(),
        tags: listed(&["tags"], &[',', '\n']),
        date: get(&["date"]),
        suppressed: is_yes(&get(&["falsepositive", "false_p", "false positive"]))
            || is_yes(&get(&["duplicate"]))
            || is_no(&get(&["active"])),
        ..Entry::default()
    }
}

#[cfg(test)]
mod tests;
