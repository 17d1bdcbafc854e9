//! Semgrep's JSON: `semgrep scan --json` (all versions), and the supply-chain findings of its platform's API.
//!
//! - **A finding** is rule, file and line hash: a hash of the flagged code, so that code that moves stays the same
//!   finding; the tool's own fingerprint where the report withholds code (`requires login`), else the message. Of the
//!   supply chain it is advisory and package.
//! - **A place** is the range in the file; of the supply chain the package in its version at a line of a lock file.
//! - **Severity**: error high, warning medium, info and inventory info; newer rules say critical to low themselves.
//! - Errors are files or rules that failed, counted. What was ignored in the code is kept and marked as suppressed.
//! - The report covers the whole tool: the paths it lists are those it looked at, not those it was pointed at.

mod supply;

use serde::Deserialize;

use super::detail::Detail;
use super::entries::{each_entry, each_key, results, unknown};
use super::head::Head;
use super::json::Walker;
use super::limits::{Limits, Refusal, clip, clip_line, text};
use super::loose::{self, Bag, Word, Words};
use super::record::{Fingerprint, Record, Span, digest};
use super::source::Source;
use super::{About, Format, Out, names, place};
use crate::domain::severity::Severity;

const TOOL: &str = "semgrep";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Semgrep;

impl Format for Semgrep {
    fn about(&self) -> &'static About {
        &About {
            name: "semgrep",
            title: "Semgrep (JSON)",
            records: "results, or vulnerabilities of the supply chain",
            finding: "rule, file and a hash of the flagged code; of the supply chain advisory and package",
            place: "the range in the file; of the supply chain the package in its version at a line of a lock file",
            severity: "error high, warning medium, info info; newer rules say critical to low themselves",
            left_out: "files and rules that failed (its errors), counted; what was ignored in the code is kept as suppressed",
            covers: "everything of the tool: Semgrep does not say where it was pointed at",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let json = &head.json;
        json.item("results", &["check_id"])
            || json.item("vulns", &["advisory"])
            || json.item("vulns", &["matchedDependency"])
            || (json.has("results")
                && (json.has("paths") || json.has("interfile_languages_used") || json.has("skipped_rules")))
            || (json.has("results")
                && json.has("errors")
                && json.keys.len() <= 3
                // Of results that say something, those of Semgrep were told apart above.
                && !json.inside.iter().any(|(key, _)| key == "results")
                && !json.has("generated_at")
                && !json.item("results", &["test_id"])
                && !json.has("mobsfscan_version"))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.tool(TOOL);
        let mut walker = Walker::open(source.open(limits)?, limits);
        let mut version = Vec::new();
        each_key(&mut walker, &mut |walker, key| match key {
            "results" => {
                out.summary.count("results", 0);
                results(walker, out, "results", &mut |walker, raw, span, out| {
                    let entry: Entry<'_> = walker.read(raw, span)?;
                    out.record_or(entry.record(span), "results without a rule", span.offset)
                })
            }
            "vulns" => {
                out.summary.count("vulns", 0);
                results(walker, out, "vulns", &mut supply::take)
            }
            "version" => walker.capture(&mut version).map(drop),
            "errors" => each_entry(
                walker,
                &mut Out::new(&mut Vec::new(), limits),
                "errors",
                &mut |_, _, _, _| {
                    out.summary.leave_out("files or rules that failed (errors)");
                    Ok(())
                },
            ),
            "paths"
            | "interfile_languages_used"
            | "skipped_rules"
            | "hasMore"
            | "cursor"
            | "time"
            | "explanations"
            | "rules_by_engine"
            | "engine_requested"
            | "profiling_results"
            | "subprojects" => walker.skip(),
            other => unknown(walker, other, out),
        })?;
        if out.summary.counted.is_empty() {
            out.summary.count("results", 0);
        }
        out.summary.bytes = walker.offset();
        Ok(())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Point<'a> {
    #[serde(borrow)]
    line: Word<'a>,
    #[serde(borrow)]
    col: Word<'a>,
}

impl Point<'_> {
    fn line(&self) -> Option<u32> {
        self.line.text()?.parse().ok()
    }

    fn column(&self) -> Option<u32> {
        self.col.text()?.parse().ok()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    check_id: Word<'a>,
    #[serde(borrow)]
    path: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    start: Point<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    end: Point<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    extra: Extra<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Extra<'a> {
    #[serde(borrow)]
    message: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    lines: Word<'a>,
    #[serde(borrow)]
    fix: Word<'a>,
    #[serde(borrow)]
    fingerprint: Word<'a>,
    #[serde(borrow)]
    is_ignored: Word<'a>,
    #[serde(borrow)]
    metadata: Bag<'a>,
}

pub(super) fn severity(word: &str) -> Severity {
    match word.to_lowercase().as_str() {
        "error" => Severity::High,
        "warning" | "moderate" => Severity::Medium,
        "info" | "inventory" | "experiment" => Severity::Info,
        other => other.parse().unwrap_or(Severity::Low),
    }
}

impl Entry<'_> {
    fn record(&self, span: Span) -> Option<Record> {
        let rule = clip_line(self.check_id.text()?, text::PLACE);
        let path = clip_line(self.path.text().unwrap_or("(no file given)"), text::PLACE);
        let extra = &self.extra;
        let shown = |w: &'_ Word<'_>| w.text().filter(|t| *t != "requires login").map(str::to_owned);
        let message = extra.message.text().unwrap_or(&rule);
        let anchor = if let Some(code) = shown(&extra.lines) {
            ("code", place::code_hash(&code))
        } else if let Some(print) = shown(&extra.fingerprint) {
            // Its last part counts equal ones in the file, which are places here.
            let whole = print.rsplit_once('_').map_or(print.as_str(), |(head, _)| head);
            ("fingerprint", clip_line(whole, text::WORD))
        } else {
            ("message", digest(&[message])[..16].to_owned())
        };
        let fields = vec![
            ("tool", TOOL.to_owned()),
            ("rule", rule.clone()),
            ("path", place::path_key(&path)),
            anchor,
        ];
        let mut occurrence = place::code(&path, self.start.line(), self.end.line(), self.start.column());
        if let Some(end) = self.end.column() {
            occurrence.key = digest(&[&occurrence.key, &end.to_string()]);
        }
        let word = extra.severity.text().unwrap_or_default();
        let short = rule.rsplit('.').next().unwrap_or(&rule);
        let first = message.lines().next().unwrap_or(message);
        let mut detail = Detail::default();
        detail.add("", shown(&extra.lines).as_deref());
        detail.add("Fix", extra.fix.text());
        let metadata = &extra.metadata;
        Some(Record {
            title: clip_line(&format!("{short}: {first}"), text::TITLE),
            description: clip(message, text::PARAGRAPH),
            references: listed(metadata.get("references").chain(metadata.get("source"))),
            severity: severity(word),
            severity_word: clip_line(word, text::WORD),
            cwe: cwes(metadata),
            cve: cves(metadata, &rule),
            tags: tags(metadata),
            detail: detail.text(),
            suppressed: extra.is_ignored.text() == Some("true"),
            rule,
            ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
        })
    }
}

fn listed<'w>(words: impl Iterator<Item = &'w str>) -> Vec<String> {
    let mut found = Vec::new();
    for word in words {
        names::add(&mut found, clip_line(word, text::PLACE));
    }
    found
}

fn cwes(metadata: &Bag<'_>) -> Vec<u32> {
    let mut found = Vec::new();
    for cwe in metadata.get("cwe").filter_map(names::cwe) {
        names::add(&mut found, cwe);
    }
    found
}

fn cves(metadata: &Bag<'_>, rule: &str) -> Vec<String> {
    let mut found = Vec::new();
    for text in metadata
        .get("cve")
        .chain(metadata.get("sca-vuln-database-identifier"))
        .chain([rule])
    {
        for cve in names::cves(text) {
            names::add(&mut found, cve);
        }
    }
    found
}

fn tags(metadata: &Bag<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for (key, label) in [("category", ""), ("technology", ""), ("confidence", "confidence:")] {
        for word in metadata.get(key) {
            names::add(
                &mut found,
                clip_line(&format!("{label}{}", word.to_lowercase()), text::WORD),
            );
        }
    }
    found
}

/// For the supply chain's file: the words of any number of texts.
type Many<'a> = Words<'a>;

#[cfg(test)]
mod tests;
