//! The asset report's XML: hosts with their detections, then a glossary of QIDs. Read twice, the glossary first. And the
//! API's list of hosts, which has the same under other names and no glossary.

use std::io::Read;

use super::glossary::Glossary;
use super::{Item, Kind};
use crate::import::limits::{Limits, Refusal, clip_line, text};
use crate::import::source::Source;
use crate::import::xml::{Node, Reader};
use crate::import::{Out, clock, names};

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("VULN_INFO", 0);
    let glossary = Glossary::read(source, "VULN_DETAILS_LIST", limits)?;
    let mut reader = Reader::open(source.open(limits)?, limits);
    reader.root()?;
    report(&mut reader, &glossary, out)?;
    reader.finish()?;
    out.summary.bytes = reader.offset();
    Ok(())
}

fn report<R: Read>(reader: &mut Reader<R>, glossary: &Glossary, out: &mut Out<'_>) -> Result<(), Refusal> {
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "RESPONSE" => report(reader, glossary, out)?,
            "DATETIME" => {
                let node = reader.element(tag)?;
                out.summary.observed_at = node.words().and_then(clock::time);
            }
            "WARNING" => {
                let node = reader.element(tag)?;
                // Pages end so.
                if node.get("URL").is_some() {
                    out.summary
                        .leave_out("pages that follow this one: ask for the address in its warning");
                }
            }
            "HEADER" => {
                let node = reader.element(tag)?;
                out.summary.observed_at = node.get("GENERATION_DATETIME").and_then(clock::time);
            }
            "HOST_LIST" => {
                while let Some(tag) = reader.child()? {
                    if tag.name == "HOST" {
                        host(reader, glossary, out)?;
                    } else {
                        reader.unknown(&tag, " among hosts", out)?;
                    }
                }
            }
            "GLOSSARY" | "RISK_SCORE_PER_HOST" | "APPENDICES" | "NON_RUNNING_KERNELS" => reader.skip()?,
            _ => reader.unknown(&tag, "", out)?,
        }
    }
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
            "IPV6" if host.ip.is_empty() => &mut host.ip,
            "IPV6" => {
                reader.skip()?;
                continue;
            }
            "DNS" => &mut host.dns,
            "NETBIOS" => &mut host.netbios,
            "TRACKING_METHOD" => &mut host.tracking,
            "VULN_INFO_LIST" | "DETECTION_LIST" => {
                covered = true;
                out.cover(host.item().host);
                while let Some(tag) = reader.child()? {
                    if !matches!(tag.name.as_str(), "VULN_INFO" | "DETECTION") {
                        reader.unknown(&tag, " among detections", out)?;
                        continue;
                    }
                    out.summary.count("VULN_INFO", 1);
                    let node = reader.element(tag)?;
                    out.entry(reader.offset())?;
                    let item = item(&node, &host);
                    let qid = item.qid.clone();
                    let kind = glossary.get(&qid).cloned().unwrap_or_else(|| bare(&node));
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
            | "LAST_VULN_SCAN_DATETIME"
            | "ID"
            | "NETWORK_ID"
            | "NETWORK_NAME"
            | "OS"
            | "DNS_DATA"
            | "CLOUD_SERVICE"
            | "CLOUD_RESOURCE_ID"
            | "LAST_SCAN_DATETIME"
            | "LAST_VM_SCANNED_DATE"
            | "LAST_VM_SCANNED_DURATION"
            | "LAST_VM_AUTH_SCANNED_DATE"
            | "LAST_VM_AUTH_SCANNED_DURATION"
            | "LAST_PC_SCANNED_DATE"
            | "LAST_COMPLIANCE_SCAN_DATETIME"
            | "ARS"
            | "ARS_FACTORS"
            | "TRURISK_SCORE_FACTORS"
            | "METADATA"
            | "CLOUD_PROVIDER_METADATA"
            | "TAGS"
            | "USER_DEF" => {
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

/// What a detection says of its QID where no glossary does.
fn bare(node: &Node) -> Kind {
    Kind {
        severity: clip_line(node.get("SEVERITY").unwrap_or_default(), text::WORD),
        cve: names::cves(&node.child("CVE_LIST").map(Node::paragraphs).unwrap_or_default()),
        ..Kind::default()
    }
}

fn item(node: &Node, host: &Host) -> Item {
    let get = |name: &str| node.get(name).unwrap_or_default().to_owned();
    let either = |a: &str, b: &str| node.get(a).or_else(|| node.get(b)).unwrap_or_default().to_owned();
    let mut names = host.item().names;
    names.extend(node.get("FQDN").map(|n| clip_line(n, text::WORD)));
    names.dedup();
    Item {
        names,
        qid: clip_line(&get("QID"), text::WORD),
        port: node.get("PORT").and_then(|p| p.parse().ok()),
        protocol: get("PROTOCOL"),
        category: get("TYPE"),
        status: either("VULN_STATUS", "STATUS"),
        suppressed: ["DISABLED", "IGNORED", "IS_DISABLED", "IS_IGNORED"]
            .iter()
            .any(|n| matches!(node.get(n), Some("true" | "1"))),
        result: either("RESULT", "RESULTS"),
        observed_at: clock::time(&either("LAST_FOUND", "LAST_FOUND_DATETIME")),
        ..host.item()
    }
}
