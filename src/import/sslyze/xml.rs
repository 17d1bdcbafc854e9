//! The XML of versions 1 and 2: an element per command inside each target.

use super::TOOL;
use crate::import::limits::{Limits, Refusal, clip_line, text};
use crate::import::source::Source;
use crate::import::tls::{self, Server};
use crate::import::xml::{Node, Reader};
use crate::import::{Out, place};

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("target", 0);
    let mut reader = Reader::open(source.open(limits)?, limits);
    let root = reader.root()?;
    let version = root.attr("SSLyzeVersion").map(|v| clip_line(v, text::WORD));
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "results" => {
                while let Some(tag) = reader.child()? {
                    if tag.name != "target" {
                        reader.unknown(&tag, " of the results", out)?;
                        continue;
                    }
                    out.summary.count("target", 1);
                    let node = reader.element(tag)?;
                    out.entry(reader.offset())?;
                    target(&node, version.as_ref(), out)?;
                }
            }
            "invalidTargets" => {
                let node = reader.element(tag)?;
                for _ in &node.children {
                    out.summary.leave_out("servers that were not reached");
                }
            }
            _ => reader.unknown(&tag, "", out)?,
        }
    }
    reader.finish()?;
    out.summary.bytes = reader.offset();
    Ok(())
}

fn target(node: &Node, version: Option<&String>, out: &mut Out<'_>) -> Result<(), Refusal> {
    let Some(host) = node.attr("host").or_else(|| node.attr("ip")) else {
        out.unreadable("servers without a name", node.span.offset);
        return Ok(());
    };
    let place = place::service(
        host,
        node.attr("ip"),
        node.attr("port").and_then(|p| p.parse().ok()),
        "",
    );
    out.cover(place.place.clone());
    let mut found = Server::default();
    for command in &node.children {
        if command.child("exception").is_some() || command.attr("exception").is_some() {
            out.summary.leave_out("checks that failed");
        }
        if let Some(suites) = command.child("acceptedCipherSuites") {
            let names: Vec<&str> = suites.all("cipherSuite").filter_map(|s| s.attr("name")).collect();
            if !names.is_empty() {
                found.version(&command.name, &names);
            }
            for key in suites.all("cipherSuite").filter_map(|s| s.child("keyExchange")) {
                if key.attr("Type") == Some("DH")
                    && let Some(bits) = key.attr("GroupSize").and_then(|b| b.parse::<u32>().ok())
                    && bits < 2048
                {
                    found.add(&tls::DH, format!("{bits} bits"));
                }
            }
        }
        facts(command, &mut found);
    }
    for mut record in found.records(TOOL, &place, node.span) {
        record.tool_version = version.cloned();
        out.record(record)?;
    }
    Ok(())
}

/// What stands inside a command's element.
fn facts(command: &Node, found: &mut Server) {
    for fact in &command.children {
        let is = |name: &str, value: &str| fact.attr(name).is_some_and(|v| v.eq_ignore_ascii_case(value));
        match fact.name.as_str() {
            "openSslHeartbleed" if is("isVulnerable", "true") => found.add(&tls::HEARTBLEED, ""),
            "openSslCcsInjection" if is("isVulnerable", "true") => found.add(&tls::CCS, ""),
            "compressionMethod" if is("isSupported", "true") => found.add(&tls::COMPRESSION, ""),
            "tlsFallbackScsv" if is("isSupported", "false") => found.add(&tls::FALLBACK, ""),
            "sessionRenegotiation" if is("isSecure", "false") => {
                let may = is("canBeClientInitiated", "true");
                found.add(&tls::RENEGOTIATION, if may { "clients may renegotiate" } else { "" });
            }
            "sessionRenegotiation" if is("canBeClientInitiated", "true") => found.add(&tls::CLIENT_RENEGOTIATION, ""),
            "robotAttack" => {
                if let Some(robot) = fact.attr("resultEnum").filter(|r| r.starts_with("VULNERABLE")) {
                    found.add(&tls::ROBOT, robot);
                }
            }
            "receivedCertificateChain" => {
                if is("isChainOrderValid", "false") {
                    found.add(&tls::CHAIN, "wrong order");
                }
                let key = fact.child("certificate").and_then(|c| c.child("publicKey"));
                let bits = key
                    .filter(|k| k.attr("algorithm").is_some_and(|a| a.contains("RSA")))
                    .and_then(|k| k.attr("size")?.parse::<u32>().ok());
                if let Some(bits) = bits.filter(|b| *b < 2048) {
                    found.add(&tls::KEY, format!("{bits} bits"));
                }
            }
            "certificateValidation" => validation(fact, found),
            _ => {}
        }
    }
}

fn validation(node: &Node, found: &mut Server) {
    for fact in &node.children {
        let is = |name: &str, value: &str| fact.attr(name).is_some_and(|v| v.eq_ignore_ascii_case(value));
        match fact.name.as_str() {
            "hostnameValidation" if is("certificateMatchesServerHostname", "false") => found.add(&tls::HOSTNAME, ""),
            "pathValidation" => {
                let said = fact.attr("validationResult").or_else(|| fact.attr("error"));
                let Some(said) = said.filter(|s| !s.eq_ignore_ascii_case("ok")) else {
                    continue;
                };
                let store = fact.attr("usingTrustStore").unwrap_or_default();
                let problem = if said.contains("expired") {
                    &tls::EXPIRED
                } else {
                    &tls::UNTRUSTED
                };
                found.add(problem, clip_line(&format!("{store}: {said}"), text::PLACE));
            }
            "verifiedCertificateChain" => {
                if is("hasSha1SignedCertificate", "true") {
                    found.add(&tls::SIGNATURE, "SHA-1");
                }
                if is("isAffectedBySymantecDeprecation", "true") {
                    found.add(&tls::CHAIN, "a distrusted authority (Symantec)");
                }
            }
            _ => {}
        }
    }
}
