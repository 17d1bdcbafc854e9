//! The XML of `.nessus` files: hosts, their properties and their items.

use std::io::Read;

use super::{Item, vector};
use crate::domain::time::Time;
use crate::import::Out;
use crate::import::clock;
use crate::import::limits::{Limits, Refusal, clip_line, text};
use crate::import::names;
use crate::import::source::Source;
use crate::import::xml::{Node, Reader};

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("ReportHost", 0);
    out.summary.count("ReportItem", 0);
    let mut reader = Reader::open(source.open(limits)?, limits);
    reader.root()?;
    while let Some(tag) = reader.child()? {
        if tag.name != "Report" {
            if tag.name == "Policy" {
                reader.skip()?;
            } else {
                reader.unknown(&tag, "", out)?;
            }
            continue;
        }
        while let Some(tag) = reader.child()? {
            if tag.name != "ReportHost" {
                reader.unknown(&tag, " of the report", out)?;
                continue;
            }
            out.summary.count("ReportHost", 1);
            let name = tag.attr("name").unwrap_or_default().to_owned();
            host(&mut reader, &name, out)?;
        }
    }
    reader.finish()?;
    out.summary.bytes = reader.offset();
    Ok(())
}

/// What the scanner knows of a host, besides its items. Properties stand before them.
#[derive(Default)]
struct Host {
    name: String,
    ip: String,
    ended: Option<Time>,
}

fn host<R: Read>(reader: &mut Reader<R>, name: &str, out: &mut Out<'_>) -> Result<(), Refusal> {
    let mut host = Host {
        name: clip_line(name, text::PLACE),
        ..Host::default()
    };
    let covered = names::Target::parse(&host.name).map_or(host.name.clone(), |t| t.host);
    if !covered.is_empty() {
        out.cover(covered);
    }
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "HostProperties" => {
                while let Some(tag) = reader.child()? {
                    // There may be thousands, a few of which say where and when.
                    let name = tag.attr("name").unwrap_or_default().to_owned();
                    let node = reader.element(tag)?;
                    let words = node.words().unwrap_or_default();
                    match name.as_str() {
                        "host-ip" => host.ip = clip_line(words, text::WORD),
                        "HOST_END" | "HOST_END_TIMESTAMP" => host.ended = clock::time(words).or(host.ended),
                        "HOST_START" | "HOST_START_TIMESTAMP" if host.ended.is_none() => {
                            host.ended = clock::time(words);
                        }
                        _ => {}
                    }
                }
            }
            "ReportItem" => {
                out.summary.count("ReportItem", 1);
                let node = reader.element(tag)?;
                out.entry(reader.offset())?;
                match item(&node, &host) {
                    Some(item) => out.record(item.record(node.span))?,
                    None => out.unreadable("items without a plugin", node.span.offset),
                }
            }
            _ => reader.unknown(&tag, " of a host", out)?,
        }
    }
    out.summary.observed_at = out.summary.observed_at.max(host.ended);
    Ok(())
}

fn item(node: &Node, host: &Host) -> Option<Item> {
    let attr = |name: &str| node.attr(name).unwrap_or_default().to_owned();
    let get = |name: &str| node.get(name).unwrap_or_default().to_owned();
    let name = node
        .attr("pluginName")
        .map_or_else(|| get("plugin_name"), str::to_owned);
    let plugin = attr("pluginID");
    if plugin.is_empty() && name.is_empty() {
        return None;
    }
    let mut item = Item {
        plugin: clip_line(&plugin, text::WORD),
        name,
        family: attr("pluginFamily"),
        host: host.name.clone(),
        ip: host.ip.clone(),
        port: node.attr("port").and_then(|p| p.parse().ok()),
        protocol: attr("protocol"),
        severity: node.attr("severity").map_or_else(|| get("risk_factor"), str::to_owned),
        synopsis: get("synopsis"),
        description: get("description"),
        solution: get("solution"),
        output: get("plugin_output"),
        observed_at: host.ended,
        ..Item::default()
    };
    for link in node
        .each("see_also")
        .flat_map(str::lines)
        .map(str::trim)
        .filter(|l| !l.is_empty())
    {
        names::add(&mut item.references, clip_line(link, text::PLACE));
    }
    for cve in node.each("cve").flat_map(names::cves) {
        names::add(&mut item.cve, cve);
    }
    for cwe in node.each("cwe").filter_map(names::cwe) {
        names::add(&mut item.cwe, cwe);
    }
    for xref in node.each("xref") {
        if let Some(cwe) = xref.strip_prefix("CWE:").and_then(names::cwe) {
            names::add(&mut item.cwe, cwe);
        }
        for cve in names::cves(xref) {
            names::add(&mut item.cve, cve);
        }
    }
    for (field, version) in [("cvss4_vector", "4.0"), ("cvss3_vector", "3.0"), ("cvss_vector", "")] {
        let vector = node.get(field).map(|v| vector(v, version)).unwrap_or_default();
        if !vector.is_empty() {
            names::add(&mut item.cvss, vector);
        }
    }
    let scores = [
        "cvss4_base_score",
        "cvss3_base_score",
        "cvssv3",
        "cvss_base_score",
        "cvss",
    ];
    item.score = scores.iter().find_map(|s| node.get(s)?.parse().ok());
    Some(item)
}
