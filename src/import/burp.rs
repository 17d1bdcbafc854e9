//! Burp Suite: the issues XML and the HTML report of Professional, the JSON of its REST API and of Enterprise's GraphQL
//! API, Dastardly's JUnit file, and the HTML report of Burp Suite DAST (Enterprise).
//!
//! - **A finding** is the issue by its name: the one thing all six reports give. Type numbers would not do: all issues of
//!   extensions share one.
//! - **A place** is the URL (parameters by name, without values) and the insertion point where the report names it.
//! - **Severity**: Burp's own; *information* is info, *false positive* is info and marks the record as suppressed.
//!   Confidence is a tag.
//! - Requests and responses are decoded; the beginning of each stands in the detail.
//! - Reports of issues cover the whole tool: they do not say where Burp looked. Dastardly's names every URL it visited,
//!   the HTML report of DAST its hosts.

mod dastardly;
mod json;
mod page;
mod report;
mod xml;

use super::detail::Detail;
use super::head::Head;
use super::limits::{Limits, Refusal, clip_line, text};
use super::markup::{links, plain};
use super::record::{Fingerprint, Record, Span, digest};
use super::source::Source;
use super::{About, Format, Out, names, place};
use crate::domain::severity::Severity;
use crate::domain::time::Time;

const TOOL: &str = "burp";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Burp;

impl Format for Burp {
    fn about(&self) -> &'static About {
        &About {
            name: "burp",
            title: "Burp Suite (issues XML, REST API and GraphQL JSON, Dastardly JUnit, HTML of Professional and DAST)",
            records: "issues; issue events of the REST API; failures of Dastardly",
            finding: "the issue, by its name",
            place: "the URL (parameters by name, without values) and the insertion point where the report names one",
            severity: "Burp's own; information is info, false positive is info and suppressed",
            left_out: "issues without a name; events that are no found issue, and test cases without a failure; all counted",
            covers: "the URLs Dastardly visited, the hosts of the HTML report of DAST; the others do not say: everything of the tool",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        xml::sniff(head) || json::sniff(head) || dastardly::sniff(head) || page::sniff(head) || report::sniff(head)
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.tool(TOOL);
        if source.first_byte(limits)? == Some(b'{') {
            return json::decode(source, limits, out);
        }
        if page::is_page(source, limits)? {
            if report::sniff(&Head::of(&source.head(super::HEAD, limits)?)) {
                return report::decode(source, limits, out);
            }
            return page::decode(source, limits, out);
        }
        let root = super::xml::Reader::open(source.open(limits)?, limits)
            .with_declarations()
            .root()?;
        if root.name.starts_with("testsuite") {
            dastardly::decode(source, limits, out)
        } else {
            xml::decode(source, limits, out)
        }
    }
}

/// An issue at one place, however the report writes it. Texts may be HTML.
#[derive(Debug, Default)]
struct Issue {
    name: String,
    /// Burp's number of the issue's type, where the report has it.
    kind: String,
    /// Scheme, host and port.
    origin: String,
    path: String,
    /// The path with the insertion point behind it: `/a [id parameter]`.
    caption: String,
    severity: String,
    confidence: String,
    /// What is true of every issue of the kind, and what of this one.
    background: String,
    said: String,
    remediation: String,
    remediation_said: String,
    references: String,
    classifications: String,
    ip: String,
    messages: Detail,
    version: Option<String>,
    observed_at: Option<Time>,
}

impl Issue {
    fn record(self, span: Span) -> Option<Record> {
        let name = clip_line(&plain(&self.name), text::TITLE);
        if name.is_empty() {
            return None;
        }
        let word = self.severity.trim().to_lowercase().replace('_', " ");
        let suppressed = word == "false positive";
        let severity = match word.as_str() {
            "information" | "informational" => Severity::Info,
            other => names::rated(other),
        };
        let mut detail = Detail::default();
        detail.add("", Some(&plain(&self.said)));
        detail.add("To mend it", Some(&plain(&self.remediation_said)));
        detail.append(&self.messages);
        let links_in = format!("{}{}{}", self.references, self.background, self.remediation);
        let cwe = names::cwes(&format!("{} {}", self.classifications, self.references));
        let mut cve = Vec::new();
        for text in [&self.name, &self.said, &self.background, &self.references] {
            cve.extend(names::cves(text));
        }
        let point = insertion_point(&self.caption, &self.path);
        let url = format!("{}{}", self.origin.trim_end_matches('/'), self.path);
        let mut occurrence = place::url(&url, &[point]).unwrap_or_else(|| {
            let shown = clip_line(&url, text::PLACE);
            let mut place = place::nowhere(&shown);
            place.key = digest(&["text", &shown, point]);
            place
        });
        if !self.ip.is_empty() {
            occurrence.parts.ip = Some(clip_line(&self.ip, text::WORD));
        }
        detail.add("At", Some(point));
        let fields = vec![("tool", TOOL.to_owned()), ("issue", name.clone())];
        let confidence = self.confidence.trim().to_lowercase();
        let record = Record {
            tool_version: self.version,
            rule: if self.kind.is_empty() { name.clone() } else { self.kind },
            title: name,
            description: plain(&self.background),
            remediation: plain(&self.remediation),
            references: links(&links_in),
            severity,
            severity_word: self.severity,
            cwe,
            cve,
            tags: Some(confidence)
                .filter(|c| !c.is_empty())
                .map(|c| format!("confidence:{c}"))
                .into_iter()
                .collect(),
            detail: detail.text(),
            suppressed,
            observed_at: self.observed_at,
            ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
        };
        Some(record.tidy())
    }
}

/// What stands in brackets behind the path: `/a [id parameter]`.
fn insertion_point<'c>(caption: &'c str, path: &str) -> &'c str {
    let rest = caption.trim().strip_prefix(path.trim()).unwrap_or(caption).trim();
    rest.strip_prefix('[')
        .and_then(|r| r.strip_suffix(']'))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests;
