//! sslscan's XML (`--xml`), 1.x and 2.x.
//!
//! - **A finding** is a problem that follows from what sslscan lists: it rates nothing itself (see `tls`).
//! - **A place** is host and port.
//! - **Severity**: ours, by the problem, from SSL 2.0 (critical) to suites without forward secrecy (low).
//! - Left out and counted: what is as it should be (suites, versions, certificates), key exchange groups.
//! - The report covers the servers it reached.

use super::head::Head;
use super::limits::{Kind, Limits, Refusal, clip_line, text};
use super::source::Source;
use super::tls::{self, Server};
use super::xml::{Node, Reader};
use super::{About, Format, Out, place};

const TOOL: &str = "sslscan";

#[derive(Debug)]
pub struct Sslscan;

impl Format for Sslscan {
    fn about(&self) -> &'static About {
        &About {
            name: "sslscan",
            title: "sslscan (XML)",
            records: "tested servers",
            finding: "a problem that follows from what sslscan lists: an old version, weak suites, a certificate",
            place: "host and port",
            severity: "ours, by the problem: sslscan states none",
            left_out: "suites, versions and groups that are as they should be, and servers that were not reached; all counted",
            covers: "the servers it reached",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        head.is_root("document")
            && (head.has_inside("ssltest")
                || head
                    .root
                    .as_ref()
                    .and_then(|r| r.attr("title"))
                    .is_some_and(|t| t.to_lowercase().starts_with("sslscan")))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.tool(TOOL);
        out.summary.count("ssltest", 0);
        let mut reader = Reader::open(source.open(limits)?, limits);
        let root = reader.root()?;
        if !root.name.eq_ignore_ascii_case("document") {
            return Err(reader.refuse(
                Kind::Malformed,
                "the root of sslscan's XML is document; this is something else",
            ));
        }
        let version = root.attr("version").map(|v| clip_line(v, text::WORD));
        while let Some(tag) = reader.child()? {
            match tag.name.as_str() {
                "ssltest" => {
                    out.summary.count("ssltest", 1);
                    let node = reader.element(tag)?;
                    out.entry(reader.offset())?;
                    server(&node, version.as_ref(), out)?;
                }
                "error" => {
                    out.summary.leave_out("servers that were not reached");
                    reader.skip()?;
                }
                _ => reader.unknown(&tag, "", out)?,
            }
        }
        reader.finish()?;
        out.summary.bytes = reader.offset();
        Ok(())
    }
}

fn server(node: &Node, version: Option<&String>, out: &mut Out<'_>) -> Result<(), Refusal> {
    let host = node.attr("host").or_else(|| node.attr("sniname")).unwrap_or_default();
    if host.is_empty() {
        out.unreadable("servers without a name", node.span.offset);
        return Ok(());
    }
    let ip = host.parse::<std::net::IpAddr>().is_ok().then_some(host);
    let place = place::service(host, ip, node.attr("port").and_then(|p| p.parse().ok()), "");
    out.cover(place.place.clone());
    let mut found = Server::default();
    // Suites by version, in the order of the report; versions before 2 list no versions.
    let mut versions: Vec<(&str, Vec<&str>)> = Vec::new();
    for child in &node.children {
        let is = |name: &str, value: &str| child.attr(name) == Some(value);
        match child.name.as_str() {
            "cipher" if is("status", "rejected") || is("status", "failed") => {
                out.summary.leave_out("suites that are not accepted");
            }
            "cipher" => {
                let (version, name) = (
                    child.attr("sslversion").unwrap_or_default(),
                    child.attr("cipher").unwrap_or_default(),
                );
                match versions.iter_mut().find(|(v, _)| *v == version) {
                    Some((_, names)) => names.push(name),
                    None => versions.push((version, vec![name])),
                }
                if let Some(bits) = child.attr("dhebits").and_then(|b| b.parse::<u32>().ok())
                    && bits < 2048
                {
                    found.add(&tls::DH, format!("{bits} bits"));
                }
                if tls::suite(name).is_none() {
                    out.summary.leave_out("suites that are as they should be");
                }
            }
            "protocol" if is("enabled", "1") && child.attr("version").is_none() => {
                out.summary.leave_out("protocols without a version");
            }
            "protocol" if is("enabled", "1") => {
                let version = child.attr("version").unwrap_or_default();
                let name = format!("{}v{version}", child.attr("type").unwrap_or_default().to_uppercase());
                found.version(&name, &[]);
            }
            "heartbleed" if is("vulnerable", "1") => {
                found.add(&tls::HEARTBLEED, child.attr("sslversion").unwrap_or_default());
            }
            "renegotiation" if is("supported", "1") && is("secure", "0") => found.add(&tls::RENEGOTIATION, ""),
            "compression" if is("supported", "1") => found.add(&tls::COMPRESSION, ""),
            "fallback" if is("supported", "0") => found.add(&tls::FALLBACK, ""),
            "certificates" => {
                for certificate in child.all("certificate") {
                    self::certificate(certificate, host, &mut found);
                }
            }
            "certificate" => certificate(child, host, &mut found),
            "protocol" | "heartbleed" | "renegotiation" | "compression" | "fallback" => {
                out.summary.leave_out("checks that found nothing");
            }
            "group" | "defaultcipher" | "connection-signature-algorithm" | "ocsp" | "client-cipher" => {
                out.summary.leave_out(&format!("lines `{}`", child.name));
            }
            other => out
                .summary
                .leave_out(&format!("elements `{}` of a server", clip_line(other, 60))),
        }
    }
    for (version, suites) in versions {
        found.version(version, &suites);
    }
    for mut record in found.records(TOOL, &place, node.span) {
        record.tool_version = version.cloned();
        out.record(record)?;
    }
    Ok(())
}

fn certificate(node: &Node, host: &str, found: &mut Server) {
    // Full certificates are listed with a short one that says the same.
    let yes = |name: &str| node.get(name).is_some_and(|w| w.eq_ignore_ascii_case("true"));
    let subject = node.get("subject").unwrap_or_default();
    if yes("expired") {
        let until = node.get("not-valid-after").unwrap_or_default();
        found.add(&tls::EXPIRED, format!("valid until {until}"));
    }
    if yes("self-signed") {
        found.add(&tls::UNTRUSTED, format!("self-signed: {subject}"));
    }
    let signature = node.get("signature-algorithm").unwrap_or_default().to_lowercase();
    if signature.contains("md5") || signature.contains("sha1with") || signature.ends_with("sha1") {
        found.add(&tls::SIGNATURE, signature);
    }
    if let Some(key) = node.child("pk")
        && key.attr("type").is_some_and(|t| t.eq_ignore_ascii_case("rsa"))
        && let Some(bits) = key.attr("bits").and_then(|b| b.parse::<u32>().ok())
        && bits < 2048
    {
        found.add(&tls::KEY, format!("{bits} bits"));
    }
    // Only names can be compared; an address or a wildcard is left to those who look at it.
    let given = format!("{subject}, {}", node.get("altnames").unwrap_or_default()).to_lowercase();
    let named = host.parse::<std::net::IpAddr>().is_err() && !given.contains('*') && node.child("subject").is_some();
    if named && !given.contains(&host.to_lowercase()) {
        found.add(&tls::HOSTNAME, format!("it names {}", given.trim_matches([',', ' '])));
    }
}

#[cfg(test)]
mod tests {
    use crate::import::tests::read as decode;

    #[test]
    fn problems_follow_from_facts() {
        let text = r#"<?xml version="1.0"?><document title="SSLScan Results" version="2.1.0"><ssltest host="mail.example" sniname="mail.example" port="465">
          <protocol type="ssl" version="2" enabled="0"/><protocol type="tls" version="1.0" enabled="1"/><protocol type="tls" version="1.2" enabled="1"/>
          <fallback supported="0"/><renegotiation supported="1" secure="0"/><compression supported="0"/><heartbleed sslversion="TLSv1.2" vulnerable="1"/>
          <cipher status="accepted" sslversion="TLSv1.0" bits="128" cipher="RC4-SHA" strength="weak"/>
          <cipher status="preferred" sslversion="TLSv1.2" bits="256" cipher="ECDHE-RSA-AES256-GCM-SHA384" strength="strong"/>
          <cipher status="accepted" sslversion="TLSv1.2" bits="256" cipher="DHE-RSA-AES256-GCM-SHA384" strength="strong" dhebits="1024"/>
          <cipher status="accepted" sslversion="TLSv1.2" bits="112" cipher="DES-CBC3-SHA" strength="medium"/><group name="x25519"/>
          <certificates><certificate type="short"><signature-algorithm>sha1WithRSAEncryption</signature-algorithm><pk error="false" type="RSA" bits="1024"/>
          <subject>old.example</subject><issuer>old.example</issuer><self-signed>true</self-signed><expired>true</expired></certificate></certificates></ssltest>
          <ssltest port="1"/><error>Could not reach x</error></document>"#;
        let (records, summary) = decode(text);
        let rules: Vec<_> = records.iter().map(|r| r.rule.as_str()).collect();
        assert_eq!(
            rules,
            [
                "tlsv1.0",
                "fallback-scsv",
                "insecure-renegotiation",
                "heartbleed",
                "weak-dh",
                "certificate-expired",
                "certificate-untrusted",
                "certificate-signature",
                "certificate-key",
                "certificate-hostname",
                "weak-suites"
            ]
        );
        assert!(records.iter().all(|r| r.occurrence.place == "mail.example:465"));
        assert_eq!(
            (records[0].detail.as_str(), records[3].cve.as_slice()),
            ("TLSv1.0: RC4-SHA", &["CVE-2014-0160".to_owned()][..])
        );
        assert_eq!(
            (summary.format.as_str(), summary.records(), summary.covers.as_slice()),
            ("sslscan", 2, &["mail.example:465".to_owned()][..])
        );
        let left: Vec<_> = summary.left_out.iter().map(|c| (c.what.as_str(), c.count)).collect();
        assert_eq!(
            left,
            [
                ("checks that found nothing", 2),
                ("suites that are as they should be", 2),
                ("lines `group`", 1),
                ("servers without a name", 1),
                ("servers that were not reached", 1)
            ]
        );
    }
}
