//! Checkmarx: the XML and the CSV of CxSAST; of Checkmarx One (SAST, SCA, KICS, containers, secrets) the results in JSON and the reports
//! in JSON; the JSON of `CxFlow`, of OSA and of SCA before it.
//!
//! - **A finding** is the query and the file where the data ends up (its sink): that is where it is mended. For packages
//!   it is package and advisory, for infrastructure query and file.
//! - **A place** is a path through the code by Checkmarx' similarity id, which stays when lines move; file, line and
//!   column where there is none; of `CxFlow`, whose id is of all paths of a file, and of the CSV by its two ends. It is shown as its sink. Of a package
//!   it is the version and the first file (by name) it was found in.
//! - **Severity**: the result's own. What somebody called not exploitable is suppressed.
//! - Left out and counted: results that Checkmarx calls fixed or resolved.
//! - The report covers the whole tool: it does not say by path where it looked.

mod flow;
mod json;
mod report;
mod rows;
mod sca;
mod xml;

use super::detail::Detail;
use super::head::Head;
use super::limits::{Limits, Refusal, clip_line, text};
use super::record::{Fingerprint, Record, Span, digest};
use super::source::Source;
use super::{About, Format, Out, names, place};
use crate::domain::severity::Severity;
use crate::domain::time::Time;

const TOOL: &str = "checkmarx";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Checkmarx;

impl Format for Checkmarx {
    fn about(&self) -> &'static About {
        &About {
            name: "checkmarx",
            title: "Checkmarx (CxSAST XML and CSV, Checkmarx One results and reports in JSON, CxFlow, OSA and SCA JSON)",
            records: "queries of the XML (results are counted below them), results of the JSON, or rows of the CSV",
            finding: "the query and the sink's file; package and advisory; query and file",
            place: "the path through the code, by its similarity id, else file, line and column; a package's version and file",
            severity: "the result's own; what is called not exploitable is suppressed",
            left_out: "results without a query, results that Checkmarx calls fixed or resolved, issues that CxFlow's filter took out; all counted",
            covers: "everything of the tool: the report does not say by path where it looked",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        head.is_root("CxXMLResults")
            || rows::sniff(head)
            || [json::sniff, report::sniff, flow::sniff, sca::sniff]
                .iter()
                .any(|s| s(head))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.tool(TOOL);
        if source.first_byte(limits)? == Some(b'<') {
            return xml::decode(source, limits, out);
        }
        let bytes = source.head(super::HEAD, limits)?;
        let head = Head::of(&bytes);
        if !matches!(head.json.first, Some(b'{' | b'[')) {
            return rows::decode(source, limits, out);
        }
        if report::sniff(&head) {
            report::decode(source, limits, out)
        } else if flow::sniff(&head) {
            flow::decode(source, limits, out)
        } else if sca::sniff(&head) {
            sca::decode(source, limits, out)
        } else {
            json::decode(source, limits, out)
        }
    }
}

/// A step of a path through the code.
#[derive(Debug, Clone, Default)]
struct Step {
    file: String,
    line: Option<u32>,
    column: Option<u32>,
    name: String,
    code: String,
}

/// One result, however the report writes it.
#[derive(Debug, Clone, Default)]
struct Item {
    query: String,
    query_id: String,
    /// Language and category: `Java_High_Risk`.
    group: String,
    severity: String,
    state: String,
    suppressed: bool,
    similarity: String,
    steps: Vec<Step>,
    description: String,
    remedy: String,
    remark: String,
    cwe: Vec<u32>,
    cve: Vec<String>,
    score: Option<f64>,
    cvss: Vec<String>,
    tags: Vec<String>,
    references: Vec<String>,
    /// Name and version, where it is about a package.
    package: Option<(String, String)>,
    /// The file or image a package was found in.
    path: String,
    observed_at: Option<Time>,
}

impl Item {
    fn emit(self, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
        if self.state.eq_ignore_ascii_case("fixed") {
            out.summary.leave_out("results that Checkmarx calls fixed");
            return Ok(());
        }
        out.record_or(self.record(span), "results without a query", span.offset)
    }

    fn record(self, span: Span) -> Option<Record> {
        /// Steps that are shown.
        const STEPS: usize = 12;
        let query = clip_line(&self.query.replace('_', " "), text::TITLE);
        if query.is_empty() {
            return None;
        }
        let sink = self.steps.last().cloned().unwrap_or_default();
        let path = clip_line(&sink.file, text::PLACE);
        let mut fields = vec![("tool", TOOL.to_owned())];
        let mut occurrence = match &self.package {
            Some((name, version)) => {
                fields.push(("package", clip_line(name, text::WORD)));
                place::package(name, version, &self.path)
            }
            None if path.is_empty() => place::nowhere(""),
            None => place::code(&path, sink.line, None, sink.column),
        };
        fields.push(("query", query.clone()));
        if self.package.is_none() {
            fields.push(("path", place::path_key(&path)));
            if !matches!(self.similarity.trim(), "" | "0") {
                occurrence.key = digest(&["similarity", self.similarity.trim()]);
            }
        }
        let mut detail = Detail::default();
        let shown = self.steps.len();
        for (n, step) in self.steps.iter().enumerate() {
            // The beginning and the end say most.
            if n >= STEPS - 1 && n + 1 < shown {
                continue;
            }
            let line = step.line.map(|l| format!(":{l}")).unwrap_or_default();
            let label = format!("{}. {}{line} {}", n + 1, clip_line(&step.file, text::PLACE), step.name);
            detail.add(
                label.trim(),
                Some(if step.code.trim().is_empty() { "-" } else { &step.code }),
            );
        }
        detail.add("Remark", Some(&self.remark));
        let mut tags = self.tags;
        tags.push(self.group.clone());
        tags.push(match self.state.trim() {
            "" => String::new(),
            state => format!("state:{state}"),
        });
        let title = match &self.package {
            Some((name, _)) if !name.is_empty() => clip_line(&format!("{name}: {query}"), text::TITLE),
            _ => query.clone(),
        };
        let word = self.severity.trim().to_lowercase();
        let record = Record {
            rule: if self.query_id.is_empty() {
                query.clone()
            } else {
                self.query_id
            },
            title,
            description: self.description,
            remediation: self.remedy,
            references: self.references,
            severity: match word.as_str() {
                "information" | "informational" | "info" | "" => Severity::Info,
                other => names::rated(other),
            },
            severity_word: self.severity,
            score: self.score,
            cvss: self.cvss,
            cwe: self.cwe,
            cve: self.cve,
            tags,
            detail: detail.text(),
            suppressed: self.suppressed,
            observed_at: self.observed_at,
            ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
        };
        Some(record.tidy())
    }
}

fn cwe(word: &str) -> Vec<u32> {
    names::cwe(word).into_iter().collect()
}

#[cfg(test)]
mod tests;
