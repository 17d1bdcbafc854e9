//! Invicti and Netsparker (desktop and Enterprise) and Acunetix 360, which are one product: the JSON and XML reports.
//!
//! - **A finding** is the vulnerability by its type (its name where there is none).
//! - **A place** is the URL (parameters by name, without values), the method, and the vulnerable parameter where the
//!   report names one.
//! - **Severity**: the tool's own; *best practice* and *information* are info. What somebody accepted, ignored or called
//!   a false positive is suppressed.
//! - Left out and counted: what the tool itself calls fixed.
//! - The report covers the site it was pointed at.

mod json;
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

const TOOL: &str = "invicti";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Invicti;

impl Format for Invicti {
    fn about(&self) -> &'static About {
        &About {
            name: "invicti",
            title: "Invicti, Netsparker, Acunetix 360 (JSON, XML)",
            records: "vulnerabilities",
            finding: "the vulnerability, by its type (its name where there is none)",
            place: "the URL (parameters by name, without values), the method and the vulnerable parameter",
            severity: "the tool's own; best practice and information are info; accepted, ignored and false are suppressed",
            left_out: "vulnerabilities without a name, and those the tool itself calls fixed; all counted",
            covers: "the site the report says it was pointed at",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        json::sniff(head) || xml::sniff(head)
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.tool(TOOL);
        out.summary.count("vulnerabilities", 0);
        if source.first_byte(limits)? == Some(b'<') {
            xml::decode(source, limits, out)
        } else {
            json::decode(source, limits, out)
        }
    }
}

/// One vulnerability at one place, however the report writes it. Texts may be HTML.
#[derive(Debug, Default)]
struct Item {
    kind: String,
    name: String,
    url: String,
    method: String,
    parameter: String,
    severity: String,
    certainty: String,
    confirmed: bool,
    /// In the tool's words: `Present, Accepted Risk`.
    state: String,
    description: String,
    impact: String,
    /// Actions and procedure.
    remedy: Vec<String>,
    references: Vec<String>,
    cwe: String,
    score: Option<f64>,
    cvss: Vec<String>,
    cve: Vec<String>,
    /// Other classifications: `owasp:A5`.
    tags: Vec<String>,
    /// Extra information, request, response.
    said: Detail,
    observed_at: Option<Time>,
}

impl Item {
    fn is_fixed(&self) -> bool {
        let state = self.state.to_lowercase();
        state.contains("fixed") && !state.contains("notfixed") && !state.contains("not fixed")
    }

    fn record(self, span: Span) -> Option<Record> {
        let name = clip_line(&plain(&self.name), text::TITLE);
        let rule = [&self.kind, &name].into_iter().find(|t| !t.trim().is_empty())?;
        let rule = clip_line(rule, text::WORD);
        let state = self.state.to_lowercase().replace(' ', "");
        let suppressed = ["falsepositive", "accepted", "ignored"]
            .iter()
            .any(|s| state.contains(s));
        let severity = match self.severity.to_lowercase().replace([' ', '_'], "").as_str() {
            "information" | "informational" | "bestpractice" => Severity::Info,
            "important" => Severity::High,
            other => names::rated(other),
        };
        let method = self.method.trim().to_uppercase();
        let parameter = clip_line(&self.parameter, text::PLACE);
        let occurrence = place::url(&self.url, &[&method, &parameter]).unwrap_or_else(|| {
            let shown = clip_line(&self.url, text::PLACE);
            let mut place = place::nowhere(&shown);
            place.key = digest(&["text", &shown, &method, &parameter]);
            place
        });
        let mut detail = Detail::default();
        detail.add("Method", Some(&method));
        detail.add("Parameter", Some(&parameter));
        detail.append(&self.said);
        let mut description = Detail::default();
        description.add("", Some(&plain(&self.description)));
        description.add("Impact", Some(&plain(&self.impact)));
        let mut remedy = Detail::default();
        for part in &self.remedy {
            remedy.add("", Some(&plain(part)));
        }
        let mut tags = self.tags;
        if !self.certainty.is_empty() {
            tags.push(format!("certainty:{}", self.certainty));
        }
        if self.confirmed {
            tags.push("confirmed".to_owned());
        }
        let fields = vec![("tool", TOOL.to_owned()), ("vulnerability", rule.clone())];
        let record = Record {
            rule,
            title: name,
            description: description.text(),
            remediation: remedy.text(),
            references: self.references.iter().flat_map(|r| links(r)).collect(),
            severity,
            severity_word: self.severity,
            score: self.score,
            cvss: self.cvss,
            cwe: self.cwe.split([',', ';', ' ']).filter_map(names::cwe).collect(),
            cve: self.cve,
            tags,
            detail: detail.text(),
            suppressed,
            observed_at: self.observed_at,
            ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
        };
        Some(record.tidy())
    }

    /// Hands over what it became.
    fn emit(self, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
        if self.is_fixed() {
            out.summary.leave_out("vulnerabilities the tool calls fixed");
            return Ok(());
        }
        out.record_or(self.record(span), "vulnerabilities without a name", span.offset)
    }
}

fn cover(url: &str, out: &mut Out<'_>) {
    if let Some(target) = names::Target::parse(url) {
        out.cover(target.origin());
    }
}

#[cfg(test)]
mod tests;
