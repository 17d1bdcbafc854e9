//! Nessus and Tenable: the XML of `.nessus` files (versions 1 and 2), NBE, and the CSV exports of Nessus, Tenable.io and Tenable.sc.
//!
//! - **A finding** is the plugin (its id; its name where there is none): that is one problem, whatever hosts have it.
//! - **A place** is host, port and protocol. The same plugin twice at one port (Tenable writes a row per CVE) is one
//!   place with a count of repeats; the finding has the CVEs of all rows of the file.
//! - **Severity**: the scanner's own, 0 to 4 or in words, as info, low, medium, high, critical. CVSS scores and vectors
//!   stand beside it as they are; they do not replace what the scanner (or a person, by recasting) decided.
//! - The XML covers its hosts, with or without findings. A CSV names only hosts that have some: it covers the whole tool.
//! - Before version 2 everything stands in one text of the plugin, with headings; its risk factor is the severity.
//! - Rows without a plugin's name are fragments of a broken export: counted, not read.

mod csv;
mod old;
mod xml;

use self::csv as rows;
use super::head::Head;
use super::limits::{Limits, Refusal, clip, clip_line, text};
use super::names;
use super::place;
use super::record::{Fingerprint, Record, Span};
use super::source::Source;
use super::xml::Reader;
use super::{About, Format, Out};
use crate::domain::severity::Severity;
use crate::domain::time::Time;

const TOOL: &str = "nessus";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Nessus;

impl Format for Nessus {
    fn about(&self) -> &'static About {
        &About {
            name: "nessus",
            title: "Nessus, Tenable (.nessus XML of versions 1 and 2, NBE, CSV)",
            records: "hosts of the XML (items are counted below them), lines of NBE, or rows of the CSV",
            finding: "the plugin, by its id",
            place: "host, port and protocol; several rows of one plugin there are repeats",
            severity: "the scanner's own: 0 to 4, or in words, as info, low, medium, high, critical; before version 2 the risk factor",
            left_out: "rows without a plugin, which nobody can read; scan policies; before version 2 ports that are only open",
            covers: "the hosts of the XML; a CSV or NBE names only hosts with findings, so it covers everything of the tool",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        head.is_root("NessusClientData_v2")
            || head.is_root("NessusClientData")
            || old::sniff(head.bytes)
            || rows::sniff(head)
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.tool(TOOL);
        let first = source.first_byte(limits)?;
        if first == Some(b'<') {
            let root = Reader::open(source.open(limits)?, limits).root()?;
            if root.name.eq_ignore_ascii_case("NessusClientData") {
                old::xml(source, limits, out)
            } else {
                xml::decode(source, limits, out)
            }
        } else if old::sniff(&source.head(40, limits)?) {
            old::lines(source, limits, out)
        } else {
            rows::decode(source, limits, out)
        }
    }
}

/// One plugin's result at one place, however the report writes it.
#[derive(Debug, Default)]
struct Item {
    plugin: String,
    name: String,
    family: String,
    host: String,
    ip: String,
    port: Option<u16>,
    protocol: String,
    severity: String,
    synopsis: String,
    description: String,
    solution: String,
    references: Vec<String>,
    output: String,
    cve: Vec<String>,
    cwe: Vec<u32>,
    cvss: Vec<String>,
    score: Option<f64>,
    /// Whether somebody accepted it in the scanner.
    accepted: bool,
    observed_at: Option<Time>,
}

fn severity(word: &str) -> Severity {
    match word.trim().to_lowercase().as_str() {
        "4" => Severity::Critical,
        "3" => Severity::High,
        "2" => Severity::Medium,
        "1" => Severity::Low,
        "0" | "" | "none" | "informational" => Severity::Info,
        other => names::rated(other),
    }
}

/// A vector in the form everybody reads: Nessus writes version 2 with a marker in front.
fn vector(word: &str, version: &str) -> String {
    let word = word.trim().trim_start_matches("CVSS2#");
    let word = clip_line(word.trim_matches(['(', ')']), text::WORD);
    if version.is_empty() || word.starts_with("CVSS:") || word.is_empty() {
        word
    } else {
        format!("CVSS:{version}/{word}")
    }
}

impl Item {
    fn record(self, span: Span) -> Record {
        let host = names::Target::parse(&self.host).map_or(self.host.clone(), |t| t.host);
        let ip = Some(self.ip.as_str()).filter(|ip| !ip.is_empty());
        let ip = ip.or_else(|| host.parse::<std::net::IpAddr>().is_ok().then_some(host.as_str()));
        let protocol = self.protocol.to_lowercase();
        let other = if matches!(protocol.as_str(), "tcp" | "http" | "https" | "") {
            ""
        } else {
            &protocol
        };
        let rule = if self.plugin.is_empty() {
            &self.name
        } else {
            &self.plugin
        };
        let rule = clip_line(rule, text::WORD);
        let title = if self.name.is_empty() {
            format!("Plugin {rule}")
        } else {
            clip_line(&self.name, text::TITLE)
        };
        let mut description = self.synopsis;
        if !self.description.is_empty() {
            if !description.is_empty() {
                description.push_str("\n\n");
            }
            description.push_str(&self.description);
        }
        let fields = vec![("tool", TOOL.to_owned()), ("plugin", rule.clone())];
        let fingerprint = Fingerprint::new(VERSION, fields);
        let occurrence = place::service(&host, ip, self.port, other);
        Record {
            rule,
            title,
            description: clip(&description, text::PARAGRAPH),
            remediation: clip(&self.solution, text::PARAGRAPH),
            references: self.references,
            severity: severity(&self.severity),
            severity_word: clip_line(&self.severity, text::WORD),
            score: self.score.filter(|s| (0.0..=10.0).contains(s)),
            cvss: self.cvss,
            cwe: self.cwe,
            cve: self.cve,
            tags: Some(clip_line(&self.family, text::WORD).to_lowercase())
                .into_iter()
                .filter(|t| !t.is_empty())
                .collect(),
            detail: clip(&self.output, text::DETAIL),
            suppressed: self.accepted,
            observed_at: self.observed_at,
            ..Record::new(TOOL, fingerprint, occurrence, span)
        }
    }
}

#[cfg(test)]
mod tests;
