//! The XML reports: results at some depth, hosts beside them.

use std::io::Read;

use super::{Item, clip_line, text};
use crate::domain::time::Time;
use crate::import::head::Head;
use crate::import::limits::{Kind, Limits, Refusal};
use crate::import::source::Source;
use crate::import::xml::{Node, Reader};
use crate::import::{Out, clock, names};

/// Most hosts that are remembered until it is known whether all their results are there.
const HOSTS: usize = 10_000;

pub fn sniff(head: &Head<'_>) -> bool {
    let inside = ["gmp", "omp", "report_format", "nvt", "scan_run_status"];
    let known = inside.iter().any(|name| head.has_inside(name));
    ["get_reports_response", "get_results_response"]
        .iter()
        .any(|root| head.is_root(root))
        || (head.is_root("report") && (known || head.root.as_ref().is_some_and(|r| r.attr("format_id").is_some())))
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("result", 0);
    let mut reader = Reader::open(source.open(limits)?, limits);
    let root = reader.root()?;
    if let Some(status) = root.attr("status").filter(|s| !s.starts_with('2')) {
        let (status, said) = (
            clip_line(status, 20),
            clip_line(root.attr("status_text").unwrap_or_default(), 120),
        );
        let reason = format!("the server answered with an error and no report: {status} {said}");
        return Err(reader.refuse(Kind::Malformed, reason));
    }
    let mut scan = Scan::default();
    report(&mut reader, &mut scan, out)?;
    reader.finish()?;
    out.summary.bytes = reader.offset();
    out.summary.observed_at = out.summary.observed_at.max(scan.ended);
    let listed = out.summary.records();
    if scan.counted > listed {
        out.summary.leave_out_many(
            "results that the export leaves out: export all rows, with details",
            scan.counted - listed,
        );
        out.cover_nothing("the export leaves results out");
    } else {
        scan.hosts.into_iter().for_each(|host| out.cover(host));
    }
    Ok(())
}

#[derive(Default)]
struct Scan {
    /// When it ended, or began where it has not.
    ended: Option<Time>,
    /// How many results the reports say that they have, by their filter.
    counted: u64,
    hosts: Vec<String>,
}

/// What a report (or the answer around it) holds; reports stand in one another.
fn report<R: Read>(reader: &mut Reader<R>, scan: &mut Scan, out: &mut Out<'_>) -> Result<(), Refusal> {
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "report" => report(reader, scan, out)?,
            "results" => {
                while let Some(tag) = reader.child()? {
                    if tag.name == "result" {
                        let node = reader.element(tag)?;
                        result(&node, scan, reader.offset(), out)?;
                    } else {
                        reader.unknown(&tag, " among results", out)?;
                    }
                }
            }
            "result" => {
                let node = reader.element(tag)?;
                result(&node, scan, reader.offset(), out)?;
            }
            "host" => {
                let node = reader.element(tag)?;
                // Details of hosts are thousands of lines; where it stands is what is asked for.
                if let Some(ip) = node.get("ip")
                    && scan.hosts.len() < HOSTS
                {
                    scan.hosts.push(clip_line(ip, text::WORD));
                }
            }
            "result_count" => {
                let node = reader.element(tag)?;
                scan.counted += node
                    .get("filtered")
                    .and_then(|n| n.parse::<u64>().ok())
                    .unwrap_or_default();
            }
            "scan_start" | "scan_end" => {
                let node = reader.element(tag)?;
                scan.ended = node.words().and_then(clock::time).max(scan.ended);
            }
            "errors" => {
                while let Some(tag) = reader.child()? {
                    if tag.name == "error" {
                        out.summary.leave_out("errors of the scan itself");
                    }
                    reader.skip()?;
                }
            }
            "owner" | "name" | "comment" | "creation_time" | "modification_time" | "writable" | "in_use" | "task"
            | "report_format" | "gmp" | "omp" | "sort" | "filters" | "severity_class" | "scan_run_status" | "hosts"
            | "closed_cves" | "vulns" | "os" | "apps" | "ssl_certs" | "tls_certificates" | "scan" | "timestamp"
            | "timezone" | "timezone_abbrev" | "ports" | "severity" | "user_tags" | "permissions" | "delta"
            | "compliance" | "apply_overrides" | "compliance_count" | "host_start" | "host_end" | "result_filtered"
            | "report_count" | "reports" => reader.skip()?,
            _ => reader.unknown(&tag, "", out)?,
        }
    }
    Ok(())
}

fn result(node: &Node, scan: &Scan, offset: u64, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("result", 1);
    out.entry(offset)?;
    if node.get("delta") == Some("gone") {
        out.summary.leave_out("results that a delta report calls gone");
        return Ok(());
    }
    let item = item(node, scan);
    out.record_or(item.record(node.span), "results without a test", node.span.offset)
}

/// `80/tcp`, `general/tcp`, `https (443/tcp)`.
fn port(from: &str) -> (Option<u16>, &str) {
    let inside = from
        .split_once('(')
        .map_or(from, |(_, rest)| rest.trim_end_matches(')'));
    let (number, protocol) = inside.split_once('/').unwrap_or((inside, ""));
    let protocol = protocol.trim();
    let number = number.trim().parse().ok();
    // `general/…` is the host itself, whatever stands behind.
    (number, if number.is_some() { protocol } else { "" })
}

fn item(node: &Node, scan: &Scan) -> Item {
    let nothing = Node::default();
    let nvt = node.child("nvt").unwrap_or(&nothing);
    let host = node.child("host").unwrap_or(&nothing);
    let own = |from: &Node, name: &str| from.get(name).unwrap_or_default().to_owned();
    let (port, protocol) = port(node.get("port").unwrap_or_default());
    let tags = nvt.get("tags").unwrap_or_default();
    // `summary=…|insight=…`, paragraphs of the test.
    let tag = |name: &str| {
        tags.split('|')
            .find_map(|t| t.strip_prefix(name)?.strip_prefix('='))
            .map(str::trim)
            .filter(|t| !t.is_empty() && *t != "N/A")
    };
    let mut item = Item {
        oid: nvt.attr("oid").filter(|o| *o != "0").unwrap_or_default().to_owned(),
        name: nvt
            .get("name")
            .or_else(|| node.get("name"))
            .unwrap_or_default()
            .to_owned(),
        family: own(nvt, "family"),
        host: clip_line(host.words().unwrap_or_default(), text::WORD),
        host_name: own(host, "hostname"),
        port,
        protocol: protocol.to_owned(),
        threat: own(node, "threat"),
        score: node
            .get("severity")
            .or_else(|| nvt.get("cvss_base"))
            .and_then(|s| s.parse().ok()),
        qod: node.child("qod").map(|q| own(q, "value")).unwrap_or_default(),
        solution: nvt
            .get("solution")
            .or_else(|| tag("solution"))
            .unwrap_or_default()
            .to_owned(),
        said: own(node, "description"),
        observed_at: node
            .get("modification_time")
            .or_else(|| node.get("creation_time"))
            .and_then(clock::time)
            .or(scan.ended),
        ..Item::default()
    };
    for (label, name) in [
        ("", "summary"),
        ("Insight", "insight"),
        ("Impact", "impact"),
        ("Affected", "affected"),
        ("Detected by", "vuldetect"),
    ] {
        item.about.add(label, tag(name));
    }
    let vectors = nvt
        .child("severities")
        .into_iter()
        .flat_map(|s| s.all("severity").filter_map(|s| s.get("value")));
    for vector in vectors.chain(tag("cvss_base_vector")) {
        names::add(&mut item.cvss, clip_line(vector, text::WORD));
    }
    for reference in nvt.child("refs").into_iter().flat_map(|r| r.all("ref")) {
        let id = reference.attr("id").unwrap_or_default();
        match reference.attr("type") {
            Some("cve") => item.cve.extend(names::cves(id)),
            Some("url") => names::add(&mut item.references, id.to_owned()),
            Some(kind) => names::add(&mut item.references, format!("{kind}: {id}")),
            None => {}
        }
    }
    // Reports before version 9 have lists in texts.
    item.cve.extend(nvt.each("cve").flat_map(names::cves));
    for word in nvt.each("xref").flat_map(|x| x.split(',')) {
        if let Some(url) = word.trim().strip_prefix("URL:") {
            names::add(&mut item.references, url.to_owned());
        }
    }
    item
}
