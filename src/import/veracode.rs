//! Veracode: the detailed report (XML) with static, dynamic and manual flaws and software composition, the JSON of the
//! findings API, of the pipeline scan and of the agent that looks at libraries.
//!
//! - **A finding** is the flaw, by the application and Veracode's number of it, which stays from scan to scan; for
//!   components it is package and advisory. The pipeline scan numbers flaws anew each time: there it is CWE, function and
//!   file.
//! - **A place** is the file and line, the URL, or the component in its version.
//! - **Severity**: Veracode's 5 to 0 as critical, high, medium, low, low (very low) and info; what is only scored goes by its
//!   CVSS score.
//! - Accepted mitigations are suppressed.
//! - Left out and counted: what Veracode calls fixed or closed, and components without vulnerabilities.
//! - The report covers the whole tool: one application a file.

mod agent;
mod json;
mod xml;

use super::detail::Detail;
use super::head::Head;
use super::limits::{Limits, Refusal, clip_line, text};
use super::markup::plain;
use super::record::{Fingerprint, Record, Span};
use super::source::Source;
use super::{About, Format, Out, names, place};
use crate::domain::severity::Severity;
use crate::domain::time::Time;

const TOOL: &str = "veracode";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Veracode;

impl Format for Veracode {
    fn about(&self) -> &'static About {
        &About {
            name: "veracode",
            title: "Veracode (detailed report XML; findings API, pipeline scan and agent JSON)",
            records: "flaws of the XML (components are counted beside them), findings of the JSON",
            finding: "the flaw, by application and number; package and advisory for components",
            place: "the file and line, the URL, or the component in its version",
            severity: "5 to 0 as critical, high, medium, low, low and info, else by the CVSS score; accepted mitigations are suppressed",
            left_out: "what Veracode calls fixed or closed, counted; components without vulnerabilities, counted",
            covers: "everything of the tool: a report is about one application",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        head.is_root("detailedreport") || json::sniff(head) || agent::sniff(head)
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.tool(TOOL);
        if source.first_byte(limits)? == Some(b'<') {
            return xml::decode(source, limits, out);
        }
        if agent::sniff(&Head::of(&source.head(super::HEAD, limits)?)) {
            agent::decode(source, limits, out)
        } else {
            json::decode(source, limits, out)
        }
    }
}

fn severity(word: &str) -> Severity {
    match word.trim() {
        "5" => Severity::Critical,
        "4" => Severity::High,
        "3" => Severity::Medium,
        "2" | "1" => Severity::Low,
        "0" | "" => Severity::Info,
        other => match other.to_lowercase().replace([' ', '_'], "").as_str() {
            "veryhigh" => Severity::Critical,
            "verylow" => Severity::Low,
            "informational" => Severity::Info,
            word => names::rated(word),
        },
    }
}

/// One finding, however the report writes it. Texts may be HTML.
#[derive(Debug, Default)]
struct Item {
    application: String,
    /// Veracode's number of the flaw.
    number: String,
    kind: String,
    title: String,
    severity: String,
    cwe: String,
    path: String,
    line: Option<u32>,
    function: String,
    url: String,
    parameter: String,
    /// Name, version and path of a component.
    package: Option<(String, String, String)>,
    advisory: String,
    description: String,
    remedy: String,
    said: Detail,
    score: Option<f64>,
    cvss: Vec<String>,
    tags: Vec<String>,
    fixed: bool,
    mitigated: bool,
    observed_at: Option<Time>,
}

impl Item {
    fn emit(self, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
        if self.fixed {
            out.summary.leave_out("findings that Veracode calls fixed or closed");
            return Ok(());
        }
        out.record_or(self.record(span), "findings without a number or a name", span.offset)
    }

    fn record(self, span: Span) -> Option<Record> {
        let path = clip_line(&self.path, text::PLACE);
        let mut fields = vec![("tool", TOOL.to_owned())];
        let mut title = clip_line(&self.title, text::TITLE);
        let mut occurrence = if let Some((name, version, path)) = &self.package {
            let advisory = clip_line(&self.advisory, text::WORD);
            if name.trim().is_empty() || advisory.is_empty() {
                return None;
            }
            fields.push(("package", clip_line(name, text::WORD)));
            fields.push(("advisory", advisory.clone()));
            title = format!("{advisory} in {}", clip_line(name, text::WORD));
            place::package(name, version, path)
        } else {
            if self.number.is_empty() {
                if title.is_empty() && self.cwe.is_empty() {
                    return None;
                }
                fields.push(("cwe", self.cwe.clone()));
                fields.push(("path", place::path_key(&path)));
                fields.push(("function", clip_line(&self.function, text::PLACE)));
            } else {
                fields.push(("application", clip_line(&self.application, text::WORD)));
                fields.push(("flaw", clip_line(&self.number, text::WORD)));
            }
            let url = (!self.url.is_empty()).then(|| place::url(&self.url, &[&self.parameter]));
            match url.flatten() {
                Some(url) => url,
                None if path.is_empty() => place::nowhere(&clip_line(&self.url, text::PLACE)),
                None => place::code(&path, self.line, None, None),
            }
        };
        if !self.function.is_empty() {
            occurrence.parts.symbol = Some(clip_line(&self.function, text::PLACE));
        }
        let mut detail = Detail::default();
        detail.add("Parameter", Some(&self.parameter));
        detail.append(&self.said);
        let record = Record {
            rule: [&self.advisory, &self.kind, &self.cwe]
                .into_iter()
                .find(|r| !r.trim().is_empty())
                .cloned()
                .unwrap_or_else(|| title.clone()),
            title,
            description: plain(&self.description),
            remediation: plain(&self.remedy),
            severity: match self.score {
                Some(score) if self.severity.trim().is_empty() => Severity::from_score(score),
                _ => severity(&self.severity),
            },
            severity_word: self.severity,
            score: self.score,
            cvss: self.cvss,
            cwe: names::cwe(&self.cwe).into_iter().collect(),
            cve: names::cves(&self.advisory),
            tags: self.tags,
            detail: detail.text(),
            suppressed: self.mitigated,
            observed_at: self.observed_at,
            ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
        };
        Some(record.tidy())
    }
}

#[cfg(test)]
mod tests;
