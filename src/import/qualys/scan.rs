//! The scan results of the web interface: hosts with vulnerabilities by category.

use std::io::Read;

use super::Item;
use super::glossary::kind;
use crate::domain::time::Time;
use crate::import::limits::{Limits, Refusal, clip_line, text};
use crate::import::source::Source;
use crate::import::xml::{Reader, Tag};
use crate::import::{Out, clock};

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("IP", 0);
    out.summary.count("VULN", 0);
    let mut reader = Reader::open(source.open(limits)?, limits);
    reader.root()?;
    let mut observed_at = None;
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "HEADER" => {
                let node = reader.element(tag)?;
                let date = node.all("KEY").find(|k| k.attr("value") == Some("DATE"));
                observed_at = date.and_then(|d| d.words()).and_then(clock::time);
                out.summary.observed_at = observed_at;
            }
            "IP" => {
                out.summary.count("IP", 1);
                host(&mut reader, &tag, observed_at, out)?;
            }
            "APPENDIX" => reader.skip()?,
            "ERROR" => {
                out.summary.leave_out("errors of the scan itself");
                reader.skip()?;
            }
            _ => reader.unknown(&tag, "", out)?,
        }
    }
    reader.finish()?;
    out.summary.bytes = reader.offset();
    Ok(())
}

fn host<R: Read>(
    reader: &mut Reader<R>,
    tag: &Tag,
    observed_at: Option<Time>,
    out: &mut Out<'_>,
) -> Result<(), Refusal> {
    let ip = clip_line(tag.attr("value").unwrap_or_default(), text::WORD);
    let name = tag.attr("name").map(|n| clip_line(n, text::WORD));
    if !ip.is_empty() {
        out.cover(ip.clone());
    }
    while let Some(list) = reader.child()? {
        let what = match list.name.as_str() {
            "VULNS" => "Vuln",
            "PRACTICES" => "Practice",
            "INFOS" => "information",
            "SERVICES" => "services",
            "OS" | "NETBIOS_HOSTNAME" | "OS_CPE" => {
                reader.skip()?;
                continue;
            }
            _ => {
                reader.unknown(&list, " of a host", out)?;
                continue;
            }
        };
        while let Some(category) = reader.child()? {
            if category.name != "CAT" {
                reader.unknown(&category, " of a list", out)?;
                continue;
            }
            while let Some(tag) = reader.child()? {
                if !matches!(what, "Vuln" | "Practice") {
                    out.summary.leave_out(what);
                    reader.skip()?;
                    continue;
                }
                if what == "Vuln" {
                    out.summary.count("VULN", 1);
                }
                let node = reader.element(tag)?;
                out.entry(reader.offset())?;
                let mut kind = kind(&node);
                node.attr("severity").unwrap_or_default().clone_into(&mut kind.severity);
                category
                    .attr("value")
                    .unwrap_or_default()
                    .clone_into(&mut kind.category);
                let mut item = Item {
                    qid: node.attr("number").unwrap_or_default().to_owned(),
                    ip: ip.clone(),
                    names: name.iter().cloned().collect(),
                    port: category.attr("port").and_then(|p| p.parse().ok()),
                    protocol: category.attr("protocol").unwrap_or_default().to_owned(),
                    category: what.to_owned(),
                    result: node.get("RESULT").unwrap_or_default().to_owned(),
                    observed_at,
                    ..Item::default()
                };
                item.track("IP");
                item.emit(&kind, node.span, out)?;
            }
        }
    }
    Ok(())
}
