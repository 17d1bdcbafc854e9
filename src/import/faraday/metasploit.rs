//! The export in Metasploit's XML: hosts with their services and vulnerabilities, then those of web applications. It says
//! less than the others: nothing of status, and how severe something is only of web applications.

use std::collections::HashMap;
use std::io::Read;

use super::vuln::Vuln;
use crate::import::Out;
use crate::import::head::Head;
use crate::import::limits::{Limits, Refusal, clip_line, text};
use crate::import::source::Source;
use crate::import::xml::{Node, Reader};

/// What Metasploit itself exports says first when and by whom it was made; Faraday does not.
pub fn sniff(head: &Head<'_>) -> bool {
    head.is_root("MetasploitV4") && head.has_inside("hosts") && !head.has_inside("generated")
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("vulnerabilities", 0);
    let mut reader = Reader::open(source.open(limits)?, limits);
    reader.root()?;
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "hosts" => {
                while reader.child()?.is_some() {
                    host(&mut reader, limits, out)?;
                }
            }
            "web_vulns" => {
                while let Some(tag) = reader.child()? {
                    let node = reader.element(tag)?;
                    web(&node).emit_counted(&node, reader.offset(), out)?;
                }
            }
            // Said again with the hosts, and with the vulnerabilities.
            "services" | "web_sites" => reader.skip()?,
            _ => reader.unknown(&tag, "", out)?,
        }
    }
    reader.finish()?;
    out.summary.bytes = reader.offset();
    Ok(())
}

/// Port, protocol and name.
type Service = (String, String, String);

/// One host: what it is called stands before its services, and these before its vulnerabilities.
fn host<R: Read>(reader: &mut Reader<R>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    let (mut about, mut services) = (Vuln::default(), HashMap::<String, Service>::new());
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "services" => {
                while let Some(tag) = reader.child()? {
                    let node = reader.element(tag)?;
                    let get = |name: &str| clip_line(node.get(name).unwrap_or_default(), text::WORD);
                    if services.len() < limits.table {
                        services.insert(get("id"), (get("port"), get("proto"), get("name")));
                    }
                }
            }
            "vulns" => {
                while let Some(tag) = reader.child()? {
                    if tag.name != "vuln" {
                        reader.unknown(&tag, " among vulnerabilities", out)?;
                        continue;
                    }
                    let node = reader.element(tag)?;
                    let at = node.get("service-id").and_then(|id| services.get(id));
                    vuln(&node, &about, at).emit_counted(&node, reader.offset(), out)?;
                }
            }
            "address" | "name" | "os-name" => {
                let node = reader.element(tag)?;
                let said = clip_line(node.words().unwrap_or_default(), text::PLACE);
                match node.name.as_str() {
                    "address" => about.target = said,
                    "os-name" => about.system = said,
                    _ => about.hostnames = said.split(',').map(|n| n.trim().to_owned()).collect(),
                }
            }
            known if KNOWN.contains(&known.replace('_', "-").as_str()) => reader.skip()?,
            _ => reader.strange(&tag, " of a host", out)?,
        }
    }
    Ok(())
}

/// Elements of a host that hold others, and no vulnerabilities.
const KNOWN: [&str; 10] = [
    "notes",
    "tags",
    "creds",
    "loots",
    "sessions",
    "exploit-attempts",
    "vuln-attempts",
    "host-details",
    "web-sites",
    "events",
];

fn vuln(node: &Node, about: &Vuln, at: Option<&Service>) -> Vuln {
    let get = |name: &str| node.get(name).unwrap_or_default().to_owned();
    let (port, protocol, service) = at.cloned().unwrap_or_default();
    let references: Vec<String> = node.child("refs").map_or_else(Vec::new, |refs| {
        refs.each("ref").take(text::LIST).map(str::to_owned).collect()
    });
    Vuln {
        name: get("name"),
        description: get("info"),
        severity: "unclassified".to_owned(),
        target: about.target.clone(),
        hostnames: about.hostnames.clone(),
        system: about.system.clone(),
        port,
        protocol,
        service,
        cve: references.clone(),
        references,
        ..Vuln::default()
    }
}

fn web(node: &Node) -> Vuln {
    let get = |name: &str| node.get(name).unwrap_or_default().to_owned();
    let severity = match node.get("risk") {
        // High or critical: which of them it does not say.
        Some("5") => "high",
        Some("4") => "med",
        Some("3") => "low",
        _ => "unclassified",
    };
    let secure = node.get("ssl") == Some("true");
    Vuln {
        name: get("name"),
        description: get("description"),
        severity: severity.to_owned(),
        target: get("host"),
        port: get("port"),
        service: if secure { "https" } else { "http" }.to_owned(),
        path: get("path"),
        method: get("method"),
        parameter: get("pname"),
        query: get("query"),
        request: get("request"),
        date: get("updated-at"),
        ..Vuln::default()
    }
}

impl Vuln {
    fn emit_counted(self, node: &Node, offset: u64, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.summary.count("vulnerabilities", 1);
        out.entry(offset)?;
        self.emit(node.span, out)
    }
}
