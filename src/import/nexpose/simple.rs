//! The simple XML: hosts and services with the vulnerabilities found there, by id. It describes and rates nothing.

use std::io::Read;

use super::{At, Definition, Known, record, time};
use crate::import::Out;
use crate::import::limits::{Refusal, clip_line, text};
use crate::import::names;
use crate::import::xml::{Node, Reader, Tag};

pub const ROOT: &str = "NeXposeSimpleXML";

/// What everything counts as.
const UNRATED: &str = "medium";

pub fn decode<R: Read>(reader: &mut Reader<R>, out: &mut Out<'_>) -> Result<(), Refusal> {
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "generated" => {
                let node = reader.element(tag)?;
                out.summary.observed_at = node.words().and_then(time);
            }
            "devices" => {
                while let Some(tag) = reader.child()? {
                    if tag.name == "device" {
                        device(reader, &tag, out)?;
                    } else {
                        reader.unknown(&tag, " among hosts", out)?;
                    }
                }
            }
            _ => reader.unknown(&tag, "", out)?,
        }
    }
    reader.finish()?;
    out.summary.bytes = reader.offset();
    Ok(())
}

fn device<R: Read>(reader: &mut Reader<R>, tag: &Tag, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("node", 1);
    let at = At {
        address: clip_line(tag.attr("address").unwrap_or_default(), text::WORD),
        ended: out.summary.observed_at,
        ..At::default()
    };
    out.cover(at.address.clone());
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "vulnerabilities" => vulnerabilities(reader, &at, out)?,
            "services" => {
                while let Some(tag) = reader.child()? {
                    let mut at = at.clone();
                    at.port = tag.attr("port").and_then(|p| p.parse().ok());
                    tag.attr("protocol").unwrap_or_default().clone_into(&mut at.protocol);
                    while let Some(tag) = reader.child()? {
                        match tag.name.as_str() {
                            "vulnerabilities" => vulnerabilities(reader, &at, out)?,
                            "fingerprint" => reader.skip()?,
                            _ => reader.unknown(&tag, " of a service", out)?,
                        }
                    }
                }
            }
            "fingerprint" => reader.skip()?,
            _ => reader.unknown(&tag, " of a host", out)?,
        }
    }
    Ok(())
}

fn vulnerabilities<R: Read>(reader: &mut Reader<R>, at: &At, out: &mut Out<'_>) -> Result<(), Refusal> {
    while let Some(tag) = reader.child()? {
        if tag.name != "vulnerability" {
            reader.unknown(&tag, " among vulnerabilities", out)?;
            continue;
        }
        out.summary.count("test", 1);
        let node = reader.element(tag)?;
        out.entry(reader.offset())?;
        let code = node.attr("resultCode").unwrap_or_default();
        if !code.is_empty() && !code.starts_with('V') {
            out.summary.leave_out("tests that found nothing");
            continue;
        }
        out.summary.count("vulnerable_tests", 1);
        let found = found(&node, at, code);
        out.record_or(found, "tests without an id or a host", node.span.offset)?;
    }
    Ok(())
}

fn found(node: &Node, at: &At, code: &str) -> Option<crate::import::record::Record> {
    let mut definition = Definition {
        severity: UNRATED.to_owned(),
        ..Definition::default()
    };
    for id in node.all("id") {
        let words = id.words().unwrap_or_default();
        match id.attr("type").unwrap_or_default() {
            "cve" => definition.cve.extend(names::cves(words)),
            "cwe" => definition.cwe.extend(names::cwe(words)),
            "url" => definition.references.push(words.to_owned()),
            other => definition.references.push(format!("{other}: {words}")),
        }
    }
    if code == "VP" {
        definition.tags.push("potential".to_owned());
    }
    let id = node.attr("id")?.to_lowercase();
    let known = Known {
        all: std::iter::once((clip_line(&id, text::WORD), definition)).collect(),
        bytes: 0,
    };
    let mut record = record(node, at, &known)?;
    // The references stand below as ids, and are no more than that.
    record.detail.clear();
    record.severity_word.clear();
    Some(record)
}
