//! Qualys: the asset report of Vulnerability Management (XML, CSV), the host detections of its API (XML, CSV), the CSV of VMDR (by QID or by CVE) and of PCI, and the
//! scan results of the web interface (XML).
//!
//! - **A finding** is the QID: Qualys' number of the problem. A report with a row per CVE still has one finding, with all
//!   the CVEs of its rows.
//! - **A place** is host, port and protocol. A host goes by what Qualys tracks it by: its name where an agent, DNS or
//!   NetBIOS does, its address otherwise.
//! - **Severity**: Qualys' level 1 to 5 as info, low, medium, high, critical. What it calls information gathered is info.
//!   Disabled and ignored detections are suppressed.
//! - Left out and counted: detections that Qualys calls fixed, and in scan results the information and services.
//! - Scan results cover the hosts they name, the asset report too; a CSV names only hosts with detections, so it covers
//!   the whole tool.
//!
//! The web application scanner is a tool of its own: see [`QualysWas`].

mod glossary;
mod rows;
mod scan;
mod was;
mod xml;

pub use self::was::QualysWas;
use super::detail::Detail;
use super::head::Head;
use super::limits::{Kind as Of, Limits, Refusal, clip_line, text};
use super::markup::plain;
use super::record::{Fingerprint, Record, Span};
use super::source::Source;
use super::xml::Reader;
use super::{About, Format, Out, place};
use crate::domain::severity::Severity;
use crate::domain::time::Time;

const TOOL: &str = "qualys";

/// The root of what the API says of hosts.
const HOSTS: &str = "HOST_LIST_VM_DETECTION_OUTPUT";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Qualys;

impl Format for Qualys {
    fn about(&self) -> &'static About {
        &About {
            name: "qualys",
            title: "Qualys VM, VMDR and PCI (reports and API, XML, CSV)",
            records: "detections of the asset report and of the API, hosts of scan results, rows of the CSV (with the lines above its header)",
            finding: "the QID",
            place: "host (by what Qualys tracks it by), port and protocol",
            severity: "the level 1 to 5 as info, low, medium, high, critical; information gathered is info",
            left_out: "detections called fixed, information and services of scan results, lines above a header; all counted",
            covers: "the hosts the XML names; a CSV names only hosts with detections, so it covers everything of the tool",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        head.is_root("ASSET_DATA_REPORT")
            || head.is_root(HOSTS)
            || (head.is_root("SCAN") && (head.has_inside("HEADER") || head.has_inside("IP")))
            || (!head.columns.is_empty() && rows::sniff(head.bytes))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.tool(TOOL);
        if source.first_byte(limits)? != Some(b'<') {
            return rows::decode(source, limits, out);
        }
        let root = {
            let mut reader = Reader::open(source.open(limits)?, limits);
            let root = reader.root()?.name.to_ascii_uppercase();
            if !matches!(root.as_str(), "SCAN" | "ASSET_DATA_REPORT" | HOSTS) {
                return Err(reader.refuse(
                    Of::Malformed,
                    "the root of Qualys' asset report is ASSET_DATA_REPORT; this is something else",
                ));
            }
            root
        };
        if root == "SCAN" {
            scan::decode(source, limits, out)
        } else {
            xml::decode(source, limits, out)
        }
    }
}

/// A level as Qualys writes it: a number, or a word.
fn severity(word: &str) -> Severity {
    match word.trim() {
        "5" => Severity::Critical,
        "4" => Severity::High,
        "3" => Severity::Medium,
        "2" => Severity::Low,
        "1" | "" => Severity::Info,
        "Serious" => Severity::Medium,
        "Urgent" => Severity::Critical,
        "Minimal" => Severity::Info,
        other => super::names::rated(other),
    }
}

/// A score with its vector: `8.1 (AV:N/AC:H/…)`.
fn scored(cell: &str, prefix: &str) -> (Option<f64>, Option<String>) {
    let (number, rest) = cell.split_once('(').unwrap_or((cell, ""));
    let vector = rest.trim_end().trim_end_matches(')').trim();
    let vector = if vector.starts_with("CVSS:") || prefix.is_empty() {
        vector.to_owned()
    } else {
        format!("{prefix}{vector}")
    };
    (number.trim().parse().ok(), rest.contains(':').then_some(vector))
}

/// What is true of a QID wherever it stands.
#[derive(Debug, Clone, Default)]
struct Kind {
    title: String,
    severity: String,
    category: String,
    threat: String,
    impact: String,
    solution: String,
    references: Vec<String>,
    cve: Vec<String>,
    cwe: Vec<u32>,
    cvss: Vec<String>,
    score: Option<f64>,
    tags: Vec<String>,
}

impl Kind {
    /// What a record of this QID says beside its place and what was found there, which `base` has.
    fn told(&self, qid: String, informs: bool, base: Record) -> Record {
        let mut description = Detail::default();
        description.add("", Some(&plain(&self.threat)));
        description.add("Impact", Some(&plain(&self.impact)));
        let mut tags = self.tags.clone();
        tags.push(self.category.clone());
        Record {
            title: if self.title.trim().is_empty() {
                format!("QID {qid}")
            } else {
                self.title.clone()
            },
            rule: qid,
            description: description.text(),
            remediation: plain(&self.solution),
            references: self.references.clone(),
            severity: if informs {
                Severity::Info
            } else {
                severity(&self.severity)
            },
            severity_word: self.severity.clone(),
            score: self.score,
            cvss: self.cvss.clone(),
            cwe: self.cwe.clone(),
            cve: self.cve.clone(),
            tags,
            ..base
        }
    }
}

fn fingerprint(tool: &str, version: u32, qid: &str) -> Fingerprint {
    Fingerprint::new(version, vec![("tool", tool.to_owned()), ("qid", qid.to_owned())])
}

/// One detection, however the report writes it.
#[derive(Debug, Default)]
struct Item {
    qid: String,
    host: String,
    ip: String,
    names: Vec<String>,
    port: Option<u16>,
    protocol: String,
    /// `Vuln`, `Practice` (potential) or `Ig` (information).
    category: String,
    status: String,
    suppressed: bool,
    result: String,
    observed_at: Option<Time>,
}

impl Item {
    /// By what Qualys tracks the host: its names stand in the order of [`Item::names`].
    fn track(&mut self, by: &str) {
        let by = by.to_uppercase();
        let name = self.names.iter().find(|n| !n.trim().is_empty());
        self.host = match name {
            Some(name) if ["QAGENT", "AGENT", "DNS", "NETBIOS"].iter().any(|t| by.contains(t)) => name.clone(),
            _ => self.ip.clone(),
        };
        if self.host.trim().is_empty() {
            self.host = name.cloned().unwrap_or_default();
        }
    }

    fn emit(self, kind: &Kind, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
        if self.status.trim().eq_ignore_ascii_case("fixed") {
            out.summary.leave_out("detections that Qualys calls fixed");
            return Ok(());
        }
        out.record_or(
            self.record(kind, span),
            "detections without a QID or a host",
            span.offset,
        )
    }

    fn record(self, kind: &Kind, span: Span) -> Option<Record> {
        let qid = clip_line(
            self.qid.trim_start_matches("qid_").trim_start_matches("QID-"),
            text::WORD,
        );
        if qid.is_empty() || self.host.trim().is_empty() {
            return None;
        }
        let protocol = self.protocol.trim().to_lowercase();
        let extra = if matches!(protocol.as_str(), "tcp" | "" | "-") {
            ""
        } else {
            &protocol
        };
        let ip = Some(self.ip.trim()).filter(|ip| !ip.is_empty());
        let occurrence = place::service(self.host.trim(), ip, self.port, extra);
        let kind_of = self.category.trim().to_lowercase();
        let informs = kind_of.starts_with("ig") || kind_of.starts_with("info");
        let mut detail = Detail::default();
        detail.add("", Some(&plain(&self.result)));
        for name in self.names.iter().filter(|n| n.trim() != self.host.trim()) {
            detail.add("Host name", Some(name));
        }
        let base = Record {
            detail: detail.text(),
            suppressed: self.suppressed,
            observed_at: self.observed_at,
            ..Record::new(TOOL, fingerprint(TOOL, VERSION, &qid), occurrence, span)
        };
        let mut record = kind.told(qid, informs, base);
        if kind_of.starts_with("practice") || kind_of.starts_with("potential") {
            record.tags.push("potential".to_owned());
        }
        Some(record.tidy())
    }
}

#[cfg(test)]
mod tests;
