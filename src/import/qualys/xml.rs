//! The asset report's XML: hosts with their detections, then a glossary of QIDs. Read twice, the glossary first.

use std::io::Read;

use super::Item;
use super::glossary::Glossary;
use crate::import::limits::{Limits, Refusal, clip_line, text};
use crate::import::source::Source;
use crate::import::xml::{Node, Reader};
use crate::import::{Out, clock};

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("VULN_INFO", 0);
    let glossary = Glossary::read(source, "VULN_DETAILS_LIST", limits)?;
    let mut reader = Reader::open(source.open(limits)?, limits);
    reader.root()?;
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "HEADER" => {
                let node = reader.element(tag)?;
                out.summary.observed_at = node.get("GENERATION_DATETIME").and_then(clock::time);
            }
            "HOST_LIST" => {
                while let Some(tag) = reader.child()? {
                    if tag.name == "HOST" {
                        host(&mut reader, &glossary, out)?;
                    } else {
                        reader.unknown(&tag, " among hosts", out)?;
                    }
                }
            }
            "GLOSSARY" | "RISK_SCORE_PER_HOST" | "APPENDICES" | "NON_RUNNING_KERNELS" => reader.skip()?,
            _ => reader.unknown(&tag, "", out)?,
        }
    }
    reader.finish()?;
    out.summary.bytes = reader.offset();
    Ok(())
}

/// What stands in front of a host's detections.
#[derive(Debug, Default)]
struct Host {
    ip: String,
    dns: String,
    netbios: String,
    tracking: String,
}

fn host<R: Read>(reader: &mut Reader<R>, glossary: &Glossary, out: &mut Out<'_>) -> Result<(), Refusal> {
    let mut host = Host::default();
    let mut covered = false;
    while let Some(tag) = reader.child()? {
        let field = match tag.name.as_str() {
            "IP" => &mut host.ip,
            "DNS" => &mut host.dns,
            "NETBIOS" => &mut host.netbios,
            "TRACKING_METHOD" => &mut host.tracking,
            "VULN_INFO_LIST" => {
                covered = true;
                out.cover(host.item().host);
                while let Some(tag) = reader.child()? {
                    if tag.name != "VULN_INFO" {
                        reader.unknown(&tag, " among detections", out)?;
                        continue;
                    }
                    out.summary.count("VULN_INFO", 1);
                    let node = reader.element(tag)?;
                    out.entry(reader.offset())?;
                    let item = item(&node, &host);
                    let qid = item.qid.clone();
                    let kind = glossary.get(&qid).cloned().unwrap_or_default();
                    item.emit(&kind, node.span, out)?;
                }
                continue;
            }
            "OPERATING_SYSTEM"
            | "ASSET_TAGS"
            | "OS_CPE"
            | "QG_HOSTID"
            | "HOST_ID"
            | "CLOUD_PROVIDER_TAGS"
            | "CLOUD_PROVIDER"
            | "EC2_INSTANCE_ID"
            | "IP_INTERFACES"
            | "ASSET_GROUPS"
            | "ASSET_ID"
            | "ASSET_RISK_SCORE"
            | "ASSET_CRITICALITY_SCORE"
            | "TRURISK_SCORE"
            | "LAST_VULN_SCAN_DATETIME" => {
                reader.skip()?;
                continue;
            }
            _ => {
                reader.unknown(&tag, " of a host", out)?;
                continue;
            }
        };
        let node = reader.element(tag)?;
        *field = clip_line(node.words().unwrap_or_default(), text::WORD);
    }
    if !covered {
        out.cover(host.item().host);
    }
    Ok(())
}

impl Host {
    fn item(&self) -> Item {
        let mut item = Item {
            ip: self.ip.clone(),
            names: [&self.dns, &self.netbios]
                .into_iter()
                .filter(|n| !n.is_empty())
                .cloned()
                .collect(),
            ..Item::default()
        };
        item.track(&self.tracking);
        item
    }
}

fn item(node: &Node, host: &Host) -> Item {
    let get = |name: &str| node.get(name).unwrap_or_default().to_owned();
    Item {
        qid: clip_line(&get("QID"), text::WORD),
        port: node.get("PORT").and_then(|p| p.parse().ok()),
        protocol: get("PROTOCOL"),
        category: get("TYPE"),
        status: get("VULN_STATUS"),
        suppressed: ["DISABLED", "IGNORED"]
            .iter()
            .any(|n| matches!(node.get(n), Some("true" | "1"))),
        result: get("RESULT"),
        observed_at: clock::time(&get("LAST_FOUND")),
        ..host.item()
    }
}
