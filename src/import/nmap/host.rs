//! A host of an Nmap report and its ports.

use std::io::Read;

use super::script::{self, Vulnerability};
use super::{Run, TOOL, VERSION};
use crate::domain::severity::Severity;
use crate::domain::time::Time;
use crate::import::Out;
use crate::import::detail::Detail;
use crate::import::limits::{Refusal, clip_line, text};
use crate::import::place;
use crate::import::record::{Fingerprint, Record, Span};
use crate::import::xml::{Node, Reader};

/// Ports and scripts are read as they come; names and addresses stand before them.
#[derive(Debug, Default)]
pub struct Host {
    names: Vec<(String, String)>,
    addresses: Vec<(String, String)>,
    observed_at: Option<Time>,
    offset: u64,
    covered: bool,
}

/// One service of a host.
struct Service<'p> {
    number: Option<u16>,
    protocol: &'p str,
    product: String,
    version: String,
}

impl Host {
    pub fn new(observed_at: Option<Time>, offset: u64) -> Self {
        Self {
            observed_at,
            offset,
            ..Self::default()
        }
    }

    pub fn read<R: Read>(&mut self, reader: &mut Reader<R>, run: &Run, out: &mut Out<'_>) -> Result<(), Refusal> {
        while let Some(tag) = reader.child()? {
            match tag.name.as_str() {
                "address" => {
                    let node = reader.element(tag)?;
                    let kind = node.attr("addrtype").unwrap_or("ipv4").to_owned();
                    if let Some(address) = node.attr("addr") {
                        self.addresses.push((kind, clip_line(address, text::WORD)));
                    }
                }
                "hostnames" => {
                    let node = reader.element(tag)?;
                    for name in node.all("hostname").take(text::LIST) {
                        let kind = name.attr("type").unwrap_or_default().to_owned();
                        if let Some(name) = name.attr("name") {
                            self.names.push((kind, clip_line(name, text::WORD)));
                        }
                    }
                }
                "ports" => {
                    self.cover(out);
                    while let Some(tag) = reader.child()? {
                        if tag.name == "port" {
                            let node = reader.element(tag)?;
                            self.port(&node, run, reader.offset(), out)?;
                        } else {
                            // What `extraports` counts was not looked at one by one.
                            if tag.name == "extraports" {
                                reader.skip()?;
                            } else {
                                reader.unknown(&tag, " among ports", out)?;
                            }
                        }
                    }
                }
                "hostscript" => {
                    self.cover(out);
                    let node = reader.element(tag)?;
                    out.entry(reader.offset())?;
                    let service = Service {
                        number: None,
                        protocol: "tcp",
                        product: String::new(),
                        version: String::new(),
                    };
                    node.strange(&["script"], " among host scripts", out);
                    for script in node.all("script") {
                        self.vulnerabilities(script, &service, run, node.span, out)?;
                    }
                }
                "status" | "os" | "times" | "uptime" | "distance" | "tcpsequence" | "ipidsequence"
                | "tcptssequence" | "trace" | "smurf" => reader.skip()?,
                _ => reader.unknown(&tag, " of a host", out)?,
            }
        }
        self.cover(out);
        Ok(())
    }

    fn cover(&mut self, out: &mut Out<'_>) {
        if !std::mem::replace(&mut self.covered, true) {
            out.cover(self.name().to_lowercase());
        }
    }

    /// The name it was scanned as, else its first name, else its address.
    fn name(&self) -> &str {
        let user = self
            .names
            .iter()
            .find(|(kind, _)| kind == "user")
            .or_else(|| self.names.first());
        user.map(|(_, name)| name.as_str())
            .or_else(|| self.ip())
            .unwrap_or_default()
    }

    fn ip(&self) -> Option<&str> {
        let internet = self.addresses.iter().find(|(kind, _)| kind.starts_with("ip"));
        internet
            .or_else(|| self.addresses.first())
            .map(|(_, address)| address.as_str())
    }

    fn port(&self, node: &Node, run: &Run, offset: u64, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.summary.count("port", 1);
        out.entry(offset)?;
        let state = node.child("state").and_then(|s| s.attr("state")).unwrap_or("open");
        let number = node.attr("portid").and_then(|p| p.parse::<u16>().ok());
        let Some(number) = number else {
            out.unreadable("ports without a number", node.span.offset);
            return Ok(());
        };
        if state != "open" {
            out.summary
                .leave_out(&format!("ports that are {}", clip_line(state, 40)));
            return Ok(());
        }
        out.summary.count("open_port", 1);
        let found = node.child("service");
        let of = |name: &str| found.and_then(|s| s.attr(name)).unwrap_or_default();
        let service = Service {
            number: Some(number),
            protocol: node.attr("protocol").unwrap_or("tcp"),
            product: clip_line(of("product"), text::WORD),
            version: clip_line(of("version"), text::WORD),
        };
        let mut detail = Detail::default();
        detail.add("Service", Some(of("name")));
        let product = [of("product"), of("version"), of("extrainfo")].join(" ");
        detail.add("Product", Some(product.trim()));
        if let Some(service) = found {
            detail.add("CPE", Some(&service.each("cpe").collect::<Vec<_>>().join("\n")));
        }
        let names: Vec<&str> = self.names.iter().map(|(_, name)| name.as_str()).collect();
        detail.add("Names of the host", Some(&names.join(" ")));
        for script in node.all("script") {
            detail.add(script.attr("id").unwrap_or("script"), script.attr("output"));
        }
        let port = format!("{number}/{}", service.protocol);
        let fields = vec![("tool", TOOL.to_owned()), ("port", port.clone())];
        let said = format!("A service answers at port {port}.");
        out.record(Record {
            rule: port.clone(),
            title: format!("Open port: {port}"),
            description: said,
            detail: detail.text(),
            severity_word: "open".into(),
            ..self.record(fields, &service, run, node.span)
        })?;
        for script in node.all("script") {
            self.vulnerabilities(script, &service, run, node.span, out)?;
        }
        Ok(())
    }

    fn record(&self, fields: Vec<(&'static str, String)>, service: &Service<'_>, run: &Run, span: Span) -> Record {
        let other = if service.protocol == "tcp" {
            ""
        } else {
            service.protocol
        };
        let mut occurrence = place::service(self.name(), self.ip(), service.number, other);
        occurrence.parts.package = Some(service.product.clone()).filter(|p| !p.is_empty());
        occurrence.parts.package_version = Some(service.version.clone()).filter(|v| !v.is_empty());
        Record {
            tool_version: run.version.clone(),
            observed_at: self.observed_at,
            ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
        }
    }

    fn vulnerabilities(
        &self,
        script: &Node,
        service: &Service<'_>,
        run: &Run,
        span: Span,
        out: &mut Out<'_>,
    ) -> Result<(), Refusal> {
        debug_assert!(span.offset >= self.offset);
        let found = script::read(script);
        if found.vulnerabilities.is_empty() && script.attr("id").is_some_and(|id| id.contains("vulners")) {
            script.strange(&[], " of vulners", out);
        }
        for _ in 0..found.harmless {
            out.summary
                .leave_out("vulnerabilities that a script says are not there");
        }
        for v in found.vulnerabilities {
            let Vulnerability {
                id,
                title,
                script,
                score,
                severity,
                cve,
                cvss,
                description,
                references,
                detail,
                word,
            } = v;
            let fields = vec![("tool", TOOL.to_owned()), ("vulnerability", id.clone())];
            out.record(Record {
                rule: id,
                title,
                description,
                references,
                severity: severity.unwrap_or_else(|| score.map_or(Severity::Medium, Severity::from_score)),
                severity_word: word,
                score,
                cvss,
                cve,
                tags: vec![clip_line(&script, text::WORD)],
                detail,
                ..self.record(fields, service, run, span)
            })?;
        }
        Ok(())
    }
}
