//! OpenVAS and Greenbone: the XML reports (GMP and the older OMP, a report alone or an answer of the protocol) and the
//! CSV results.
//!
//! - **A finding** is the vulnerability test, by its OID (its name where there is none; the CVE for results of CVE
//!   scans): one problem, whatever hosts have it.
//! - **A place** is host, port and protocol. The host goes by its address: its name is what a reverse lookup said that
//!   day, and stands in the detail.
//! - **Severity**: the report's threat (with overrides applied, as Greenbone shows it); *log* and *debug* are info;
//!   *false positive* is info and marks the record as suppressed. Without a word, the score's band. The score and vectors
//!   stand beside it.
//! - The XML covers the hosts it names as scanned. A CSV names only hosts with results: it covers the whole tool.

mod rows;
mod xml;

use super::detail::Detail;
use super::head::Head;
use super::limits::{Limits, Refusal, clip_line, text};
use super::record::{Fingerprint, Record, Span};
use super::source::Source;
use super::{About, Format, Out, names, place};
use crate::domain::severity::Severity;
use crate::domain::time::Time;

const TOOL: &str = "openvas";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Openvas;

impl Format for Openvas {
    fn about(&self) -> &'static About {
        &About {
            name: "openvas",
            title: "OpenVAS, Greenbone (XML, CSV)",
            records: "results of the XML, or rows of the CSV",
            finding: "the vulnerability test, by its OID (the CVE for results of CVE scans)",
            place: "host (by its address), port and protocol",
            severity: "the threat, as Greenbone shows it: critical to low; log and debug are info; false positive is info and suppressed",
            left_out: "results without a test, which nobody can read; results that a delta report calls gone; all counted",
            covers: "the hosts the XML names as scanned, nothing where it leaves results out; a CSV names only hosts with results, so it covers everything of the tool",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        xml::sniff(head) || head.has_columns(&["nvt name", "nvt oid"])
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.tool(TOOL);
        if source.first_byte(limits)? == Some(b'<') {
            xml::decode(source, limits, out)
        } else {
            rows::decode(source, limits, out)
        }
    }
}

/// One result, however the report writes it.
#[derive(Debug, Default)]
struct Item {
    oid: String,
    name: String,
    family: String,
    host: String,
    host_name: String,
    port: Option<u16>,
    protocol: String,
    threat: String,
    score: Option<f64>,
    qod: String,
    /// Labelled paragraphs of what the test is about.
    about: Detail,
    solution: String,
    references: Vec<String>,
    cvss: Vec<String>,
    cve: Vec<String>,
    /// What the test said here.
    said: String,
    observed_at: Option<Time>,
}

impl Item {
    fn record(self, span: Span) -> Option<Record> {
        let rule = [&self.oid, &self.name].into_iter().find(|t| !t.trim().is_empty())?;
        let rule = clip_line(rule, text::WORD);
        let word = self.threat.trim().to_lowercase();
        let suppressed = word == "false positive" || self.score.is_some_and(|s| s < 0.0);
        let severity = match word.as_str() {
            "log" | "debug" | "error" | "none" | "false positive" => Severity::Info,
            "alarm" => Severity::Critical,
            // The bands Greenbone shows: high begins at 7, and nothing lies above it.
            "" => self
                .score
                .map_or(Severity::Info, |s| Severity::from_score(s).min(Severity::High)),
            other => names::rated(other),
        };
        let protocol = self.protocol.trim().to_lowercase();
        let extra = if matches!(protocol.as_str(), "tcp" | "") {
            ""
        } else {
            &protocol
        };
        let host = if self.host.is_empty() {
            &self.host_name
        } else {
            &self.host
        };
        let occurrence = if host.is_empty() {
            place::nowhere("")
        } else {
            let ip = host.parse::<std::net::IpAddr>().is_ok().then_some(host.as_str());
            place::service(host, ip, self.port, extra)
        };
        let mut detail = Detail::default();
        detail.add("", Some(&self.said));
        if self.host_name != *host {
            detail.add("Host name", Some(&self.host_name));
        }
        let fields = vec![("tool", TOOL.to_owned()), ("test", rule.clone())];
        let mut tags = vec![self.family];
        if !self.qod.trim().is_empty() {
            tags.push(format!("qod:{}", self.qod.trim()));
        }
        let mut cve = self.cve;
        cve.extend(names::cves(&self.oid));
        let record = Record {
            rule,
            title: self.name,
            description: self.about.text(),
            remediation: self.solution,
            references: self.references,
            severity,
            severity_word: self.threat,
            score: self.score,
            cvss: self.cvss,
            cve,
            tags,
            detail: detail.text(),
            suppressed,
            observed_at: self.observed_at,
            ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
        };
        Some(record.tidy())
    }
}

#[cfg(test)]
mod tests;
