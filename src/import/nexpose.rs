//! Nexpose and `InsightVM`: the XML reports, version 1 and 2, and the simple XML.
//!
//! - **A finding** is the vulnerability, by its id.
//! - **A place** is host, port and protocol, and the test's key where it has one (a file, an account).
//! - **Severity**: Nexpose's 1 to 10 in the bands of CVSS: critical from 9, high from 7, medium from 4, low below; 0 is
//!   info. A test whose vulnerability the report does not describe is info.
//! - Exceptions that somebody granted are suppressed.
//! - Left out and counted: tests that found nothing. That a host answers, or has an open port, is no finding.
//! - The report covers the hosts it names.

mod simple;

use std::collections::HashMap;
use std::io::Read;

use super::detail::Detail;
use super::head::Head;
use super::limits::{Kind, Limits, Refusal, clip, clip_line, text};
use super::record::{Fingerprint, Record, digest};
use super::source::Source;
use super::xml::{Node, Reader, Tag};
use super::{About, Format, Out, clock, names, place};
use crate::domain::severity::Severity;
use crate::domain::time::Time;

const TOOL: &str = "nexpose";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Nexpose;

impl Format for Nexpose {
    fn about(&self) -> &'static About {
        &About {
            name: "nexpose",
            title: "Nexpose, InsightVM (XML report 1 and 2, simple XML)",
            records: "hosts (tests are counted below them)",
            finding: "the vulnerability, by its id",
            place: "host, port and protocol, and the test's key where it has one",
            severity: "the 1 to 10 in the bands of CVSS: critical from 9, high from 7, medium from 4, low below; 0 is info; the simple XML rates nothing: medium",
            left_out: "tests that found nothing, counted; that a host answers or has an open port is no finding",
            covers: "the hosts the report names",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        head.is_root("NexposeReport") || head.is_root(simple::ROOT)
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.tool(TOOL);
        for what in ["node", "test", "vulnerable_tests"] {
            out.summary.count(what, 0);
        }
        let known = {
            let mut reader = Reader::open(source.open(limits)?, limits);
            let root = reader.root()?;
            if root.name.eq_ignore_ascii_case(simple::ROOT) {
                return simple::decode(&mut reader, out);
            }
            if !root.name.eq_ignore_ascii_case("NexposeReport") {
                return Err(reader.refuse(
                    Kind::Malformed,
                    "the root of Nexpose's XML is NexposeReport; this is something else",
                ));
            }
            let mut known = Known::default();
            known.read(&mut reader, limits)?;
            known
        };
        let mut reader = Reader::open(source.open(limits)?, limits);
        reader.root()?;
        let mut ended = None;
        while let Some(tag) = reader.child()? {
            match tag.name.as_str() {
                "scans" => {
                    let node = reader.element(tag)?;
                    let times = node.all("scan").flat_map(|s| [s.attr("endTime"), s.attr("startTime")]);
                    ended = times.flatten().filter_map(time).max();
                }
                "nodes" => {
                    while let Some(tag) = reader.child()? {
                        if tag.name == "node" {
                            host(&mut reader, &tag, &known, ended, out)?;
                        } else {
                            reader.unknown(&tag, " among hosts", out)?;
                        }
                    }
                }
                "VulnerabilityDefinitions" => reader.skip()?,
                _ => reader.unknown(&tag, "", out)?,
            }
        }
        reader.finish()?;
        out.summary.observed_at = ended;
        out.summary.bytes = reader.offset();
        Ok(())
    }
}

/// `20210211T164705486`: seconds and thousandths run together.
fn time(from: &str) -> Option<Time> {
    clock::time(from.get(..15).unwrap_or(from))
}

/// What is true of a vulnerability wherever it stands.
#[derive(Debug, Clone, Default)]
struct Definition {
    title: String,
    severity: String,
    score: Option<f64>,
    cvss: Vec<String>,
    description: String,
    solution: String,
    references: Vec<String>,
    cve: Vec<String>,
    cwe: Vec<u32>,
    tags: Vec<String>,
}

/// Vulnerabilities by id, which the report describes behind its hosts: read first.
#[derive(Debug, Default)]
struct Known {
    all: HashMap<String, Definition>,
    bytes: usize,
}

impl Known {
    /// Looks for descriptions in what is inside the current element, at any depth but that of tests.
    fn read<R: Read>(&mut self, reader: &mut Reader<R>, limits: &Limits) -> Result<(), Refusal> {
        while let Some(tag) = reader.child()? {
            match tag.name.as_str() {
                "nodes" | "node" | "VulnerabilityDefinitions" => self.read(reader, limits)?,
                "vulnerability" => {
                    let node = reader.element(tag)?;
                    let (Some(id), definition) = (node.attr("id"), definition(&node)) else {
                        continue;
                    };
                    self.bytes += 500 + definition.description.len() + definition.solution.len();
                    self.all.insert(clip_line(id, text::WORD).to_lowercase(), definition);
                    if self.all.len() > limits.table || self.bytes > limits.table_bytes {
                        let reason = format!(
                            "the report describes more than {} vulnerabilities, or in more than {}; split it",
                            limits.table,
                            super::json::size(limits.table_bytes as u64)
                        );
                        return Err(reader.refuse(Kind::Limit, reason));
                    }
                }
                _ => reader.skip()?,
            }
        }
        Ok(())
    }
}

fn definition(node: &Node) -> Definition {
    let own = |name: &str| node.attr(name).unwrap_or_default().to_owned();
    let words = |name: &str| {
        let found = node.child(name).map(Node::paragraphs).unwrap_or_default();
        clip(&found, text::PARAGRAPH)
    };
    let mut definition = Definition {
        title: clip_line(&own("title"), text::TITLE),
        severity: clip_line(&own("severity"), text::WORD),
        score: node
            .attr("cvssV3Score")
            .filter(|s| *s != "0.0")
            .or_else(|| node.attr("cvssScore"))
            .and_then(|s| s.parse().ok()),
        description: words("description"),
        solution: words("solution"),
        ..Definition::default()
    };
    for name in ["cvssV3Vector", "cvssVector"] {
        let vector = own(name);
        let vector = vector.trim().trim_matches(['(', ')']);
        if !vector.is_empty() {
            definition.cvss.push(clip_line(vector, text::WORD));
        }
    }
    for reference in node.child("references").into_iter().flat_map(|r| r.all("reference")) {
        let words = reference.words().unwrap_or_default();
        match reference.attr("source").unwrap_or_default() {
            "CVE" => definition.cve.extend(names::cves(words)),
            "CWE" => definition.cwe.extend(names::cwe(words)),
            "URL" => names::add(&mut definition.references, clip_line(words, text::PLACE)),
            other => names::add(
                &mut definition.references,
                clip_line(&format!("{other}: {words}"), text::PLACE),
            ),
        }
    }
    for tag in node.child("tags").into_iter().flat_map(|t| t.each("tag")) {
        definition.cwe.extend(names::cwes(tag));
        names::add(&mut definition.tags, clip_line(tag, text::WORD));
    }
    definition
}

/// Where tests stand.
#[derive(Debug, Clone, Default)]
struct At {
    address: String,
    names: Vec<String>,
    port: Option<u16>,
    protocol: String,
    ended: Option<Time>,
}

fn host<R: Read>(
    reader: &mut Reader<R>,
    tag: &Tag,
    known: &Known,
    ended: Option<Time>,
    out: &mut Out<'_>,
) -> Result<(), Refusal> {
    out.summary.count("node", 1);
    let mut at = At {
        address: clip_line(tag.attr("address").unwrap_or_default(), text::WORD),
        ended,
        ..At::default()
    };
    out.cover(at.address.clone());
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "names" => {
                let node = reader.element(tag)?;
                at.names = node.each("name").map(|n| clip_line(n, text::WORD)).take(20).collect();
            }
            "tests" => tests(reader, &at, known, out)?,
            "endpoints" => {
                while let Some(endpoint) = reader.child()? {
                    let mut at = at.clone();
                    at.port = endpoint.attr("port").and_then(|p| p.parse().ok());
                    endpoint
                        .attr("protocol")
                        .unwrap_or_default()
                        .clone_into(&mut at.protocol);
                    inside(reader, &at, known, out)?;
                }
            }
            "fingerprints"
            | "software"
            | "nodes"
            | "VulnerabilityDefinitions"
            | "users"
            | "groups"
            | "files"
            | "databases"
            | "policies" => reader.skip()?,
            _ => reader.unknown(&tag, " of a host", out)?,
        }
    }
    Ok(())
}

/// Services of an endpoint and what stands in them.
fn inside<R: Read>(reader: &mut Reader<R>, at: &At, known: &Known, out: &mut Out<'_>) -> Result<(), Refusal> {
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "services" | "service" => inside(reader, at, known, out)?,
            "tests" => tests(reader, at, known, out)?,
            _ => reader.skip()?,
        }
    }
    Ok(())
}

fn tests<R: Read>(reader: &mut Reader<R>, at: &At, known: &Known, out: &mut Out<'_>) -> Result<(), Refusal> {
    while let Some(tag) = reader.child()? {
        if tag.name != "test" {
            reader.unknown(&tag, " among tests", out)?;
            continue;
        }
        out.summary.count("test", 1);
        if !tag.attr("status").is_some_and(|s| s.starts_with("vulnerable")) {
            out.summary.leave_out("tests that found nothing");
            reader.skip()?;
            continue;
        }
        out.summary.count("vulnerable_tests", 1);
        let node = reader.element(tag)?;
        out.entry(reader.offset())?;
        out.record_or(
            record(&node, at, known),
            "tests without an id or a host",
            node.span.offset,
        )?;
    }
    Ok(())
}

fn severity(word: &str) -> Severity {
    match word.trim().parse::<f64>() {
        Ok(n) => Severity::from_score(n),
        Err(_) => names::rated(word),
    }
}

fn record(node: &Node, at: &At, known: &Known) -> Option<Record> {
    let id = clip_line(node.attr("id")?, text::WORD).to_lowercase();
    if at.address.is_empty() {
        return None;
    }
    let definition = known.all.get(&id).cloned().unwrap_or_default();
    let protocol = at.protocol.to_lowercase();
    let extra = if matches!(protocol.as_str(), "tcp" | "") {
        ""
    } else {
        &protocol
    };
    let mut occurrence = place::service(&at.address, Some(&at.address), at.port, extra);
    let key = node.attr("key").unwrap_or_default();
    if !key.is_empty() {
        occurrence.key = digest(&[&occurrence.key, key]);
    }
    let status = node.attr("status").unwrap_or_default();
    let mut detail = Detail::default();
    detail.add("", Some(&node.paragraphs()));
    detail.add("Key", Some(key));
    detail.add("Host name", Some(&at.names.join(", ")));
    let mut tags = definition.tags;
    if status.contains("potential") {
        tags.push("potential".to_owned());
    }
    let fields = vec![("tool", TOOL.to_owned()), ("vulnerability", id.clone())];
    let record = Record {
        title: if definition.title.is_empty() {
            id.clone()
        } else {
            definition.title
        },
        rule: id,
        description: definition.description,
        remediation: definition.solution,
        references: definition.references,
        severity: severity(&definition.severity),
        severity_word: definition.severity,
        score: definition.score,
        cvss: definition.cvss,
        cwe: definition.cwe,
        cve: definition.cve,
        tags,
        detail: detail.text(),
        suppressed: status.contains("exception"),
        observed_at: at.ended,
        ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, node.span)
    };
    Some(record.tidy())
}

#[cfg(test)]
mod tests;
