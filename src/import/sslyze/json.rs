//! The JSON: results of commands by name, since version 5 inside a `result` of each; before version 3 under other names.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::TOOL;
use crate::import::entries::{Inside, each_entry, each_key, results, unknown};
use crate::import::json::Walker;
use crate::import::limits::{Limits, Refusal, clip_line, text};
use crate::import::loose::{self, Maybe, Word};
use crate::import::record::Span;
use crate::import::source::Source;
use crate::import::tls::{self, Server};
use crate::import::{Out, clock, place};

/// What a server's results say besides those of checks.
const INSIDE: Inside = Inside {
    of: " of a server",
    known: &[
        "server_info",
        "server_location",
        "network_configuration",
        "connectivity_result",
        "scan_result",
        "scan_commands",
        "scan_commands_results",
        "scan_commands_errors",
        "scan_commands_extra_arguments",
        "commands_results",
    ],
    into: &[],
};

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("server_scan_results", 0);
    let mut walker = Walker::open(source.open(limits)?, limits);
    let mut raw = Vec::new();
    each_key(&mut walker, &mut |walker, key| match key {
        "server_scan_results" | "accepted_targets" => {
            results(walker, out, "server_scan_results", &mut |walker, raw, span, out| {
                let target: Target<'_> = walker.read(raw, span)?;
                let before = out.handed();
                target.emit(span, out)?;
                if out.handed() == before {
                    INSIDE.strange(raw, span, out);
                }
                Ok(())
            })
        }
        "date_scans_completed" | "date_scans_started" => {
            walker.capture(&mut raw)?;
            let word: Word<'_> = serde_json::from_slice(&raw).unwrap_or_default();
            out.summary.observed_at = word.text().and_then(clock::time).max(out.summary.observed_at);
            Ok(())
        }
        "server_connectivity_errors" | "invalid_server_strings" | "invalid_targets" => each_entry(
            walker,
            &mut Out::new(&mut Vec::new(), limits),
            "errors",
            &mut |_, _, _, _| {
                out.summary.leave_out("servers that were not reached");
                Ok(())
            },
        ),
        "sslyze_url" | "sslyze_version" | "total_scan_time" | "network_timeout" | "network_max_retries" => {
            walker.skip()
        }
        other => unknown(walker, other, out),
    })?;
    out.summary.bytes = walker.offset();
    Ok(())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Target<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    server_info: Info<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    server_location: Location<'a>,
    #[serde(borrow)]
    connectivity_status: Word<'a>,
    /// Before version 3.
    #[serde(borrow, deserialize_with = "loose::object")]
    commands_results: BTreeMap<String, Maybe<Facts<'a>>>,
    /// Version 3 and 4.
    #[serde(borrow, deserialize_with = "loose::object")]
    scan_commands_results: BTreeMap<String, Maybe<Facts<'a>>>,
    /// Since version 5.
    #[serde(borrow, deserialize_with = "loose::object")]
    scan_result: BTreeMap<String, Maybe<Attempt<'a>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Info<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    server_location: Location<'a>,
    /// Before version 3 it says so itself.
    #[serde(borrow)]
    hostname: Word<'a>,
    #[serde(borrow)]
    ip_address: Word<'a>,
    #[serde(borrow)]
    port: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Location<'a> {
    #[serde(borrow)]
    hostname: Word<'a>,
    #[serde(borrow)]
    ip_address: Word<'a>,
    #[serde(borrow)]
    port: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Attempt<'a> {
    #[serde(borrow)]
    result: Option<Maybe<Facts<'a>>>,
    #[serde(borrow)]
    status: Word<'a>,
}

/// What commands say; their names do not clash.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Facts<'a> {
    #[serde(borrow)]
    is_vulnerable_to_heartbleed: Word<'a>,
    #[serde(borrow)]
    is_vulnerable_to_ccs_injection: Word<'a>,
    #[serde(borrow)]
    robot_result: Word<'a>,
    #[serde(borrow)]
    accepts_client_renegotiation: Word<'a>,
    #[serde(borrow)]
    is_vulnerable_to_client_renegotiation_dos: Word<'a>,
    #[serde(borrow)]
    supports_secure_renegotiation: Word<'a>,
    #[serde(borrow)]
    supports_compression: Word<'a>,
    #[serde(borrow)]
    supports_fallback_scsv: Word<'a>,
    #[serde(borrow)]
    tls_version_used: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    accepted_cipher_suites: Vec<Accepted<'a>>,
    #[serde(borrow, deserialize_with = "loose::list")]
    certificate_deployments: Vec<Deployment<'a>>,
    /// Before version 3.
    #[serde(borrow)]
    robot_result_enum: Word<'a>,
    #[serde(borrow)]
    compression_name: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    accepted_cipher_list: Vec<Suite<'a>>,
    #[serde(borrow, alias = "certificate_matches_hostname")]
    leaf_certificate_subject_matches_hostname: Word<'a>,
    #[serde(borrow, alias = "is_certificate_chain_order_valid")]
    received_chain_has_valid_order: Word<'a>,
    #[serde(borrow, alias = "has_sha1_in_certificate_chain")]
    verified_chain_has_sha1_signature: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list", alias = "path_validation_results")]
    path_validation_result_list: Vec<Path<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Accepted<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    cipher_suite: Suite<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    ephemeral_key: Key<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Suite<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    openssl_name: Word<'a>,
    #[serde(borrow)]
    ssl_version: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Key<'a> {
    #[serde(borrow)]
    type_name: Word<'a>,
    #[serde(borrow)]
    algorithm: Word<'a>,
    #[serde(borrow)]
    size: Word<'a>,
    #[serde(borrow, rename = "key_size")]
    bits: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Deployment<'a> {
    #[serde(borrow)]
    leaf_certificate_subject_matches_hostname: Word<'a>,
    #[serde(borrow)]
    received_chain_has_valid_order: Word<'a>,
    #[serde(borrow)]
    verified_chain_has_sha1_signature: Word<'a>,
    #[serde(borrow)]
    verified_chain_has_legacy_symantec_anchor: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    path_validation_results: Vec<Path<'a>>,
    #[serde(borrow, deserialize_with = "loose::list")]
    received_certificate_chain: Vec<Certificate<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Path<'a> {
    #[serde(borrow)]
    openssl_error_string: Word<'a>,
    #[serde(borrow)]
    validation_error: Word<'a>,
    #[serde(borrow, alias = "is_certificate_trusted")]
    was_validation_successful: Word<'a>,
    /// Before version 3: `ok`, or what is wrong.
    #[serde(borrow)]
    verify_string: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    trust_store: Suite<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Certificate<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    public_key: Key<'a>,
}

fn is(word: &Word<'_>, value: bool) -> bool {
    word.text() == Some(if value { "true" } else { "false" })
}

impl Location<'_> {
    /// Name, address and port.
    fn parts(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        (self.hostname.text(), self.ip_address.text(), self.port.text())
    }
}

impl Target<'_> {
    fn emit(&self, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
        let info = &self.server_info;
        let (name, ip, port) = if self.server_location.port.text().is_some() {
            self.server_location.parts()
        } else if info.port.text().is_some() {
            (info.hostname.text(), info.ip_address.text(), info.port.text())
        } else {
            info.server_location.parts()
        };
        let Some(host) = name.or(ip) else {
            out.unreadable("servers without a name", span.offset);
            return Ok(());
        };
        if self.connectivity_status.text().is_some_and(|s| s != "COMPLETED") {
            out.summary.leave_out("servers that were not reached");
            return Ok(());
        }
        let port = port.and_then(|p| p.parse().ok());
        let place = place::service(host, ip, port, "");
        out.cover(place.place.clone());
        let mut found = Server::default();
        for attempt in self.scan_result.values() {
            match attempt.0.status.text() {
                Some("ERROR") => out.summary.leave_out("checks that failed"),
                Some("NOT_SCHEDULED") => {}
                _ if attempt.0.result.is_none() => out.unknown_inside("checks without a result", span.offset),
                _ => {}
            }
        }
        let new = self
            .scan_result
            .values()
            .filter_map(|a| a.0.result.as_ref())
            .map(|r| &r.0);
        let old = self
            .commands_results
            .values()
            .chain(self.scan_commands_results.values());
        for facts in old.map(|m| &m.0).chain(new) {
            facts.judge(&mut found);
        }
        for record in found.records(TOOL, &place, span) {
            out.record(record)?;
        }
        Ok(())
    }
}

impl Facts<'_> {
    fn judge(&self, found: &mut Server) {
        if is(&self.is_vulnerable_to_heartbleed, true) {
            found.add(&tls::HEARTBLEED, "");
        }
        if is(&self.is_vulnerable_to_ccs_injection, true) {
            found.add(&tls::CCS, "");
        }
        let robot = self.robot_result.text().or(self.robot_result_enum.text());
        if let Some(robot) = robot.filter(|r| r.starts_with("VULNERABLE")) {
            found.add(&tls::ROBOT, robot);
        }
        let may =
            is(&self.accepts_client_renegotiation, true) || is(&self.is_vulnerable_to_client_renegotiation_dos, true);
        if is(&self.supports_secure_renegotiation, false) {
            found.add(&tls::RENEGOTIATION, if may { "clients may renegotiate" } else { "" });
        } else if may {
            found.add(&tls::CLIENT_RENEGOTIATION, "");
        }
        if is(&self.supports_compression, true) || self.compression_name.text().is_some() {
            found.add(&tls::COMPRESSION, "");
        }
        if is(&self.supports_fallback_scsv, false) {
            found.add(&tls::FALLBACK, "");
        }
        let suites = self.accepted_cipher_suites.iter();
        let names: Vec<&str> = suites
            .clone()
            .filter_map(|s| s.cipher_suite.openssl_name.text().or(s.cipher_suite.name.text()))
            .collect();
        if !names.is_empty() {
            found.version(self.tls_version_used.text().unwrap_or_default(), &names);
        }
        for key in suites.map(|s| &s.ephemeral_key) {
            if key.type_name.text() == Some("DH")
                && let Some(bits) = key.size.number().filter(|b| *b < 2048.0)
            {
                found.add(&tls::DH, format!("{bits} bits"));
            }
        }
        for deployment in &self.certificate_deployments {
            deployment.judge(found);
        }
        self.judge_as_before(found);
    }

    /// What stood here before version 3.
    fn judge_as_before(&self, found: &mut Server) {
        let suites = &self.accepted_cipher_list;
        let names: Vec<&str> = suites
            .iter()
            .filter_map(|s| s.openssl_name.text().or(s.name.text()))
            .collect();
        if let Some(version) = suites.iter().find_map(|s| s.ssl_version.text()) {
            found.version(version, &names);
        }
        if is(&self.leaf_certificate_subject_matches_hostname, false) {
            found.add(&tls::HOSTNAME, "");
        }
        if is(&self.verified_chain_has_sha1_signature, true) {
            found.add(&tls::SIGNATURE, "SHA-1");
        }
        if is(&self.received_chain_has_valid_order, false) {
            found.add(&tls::CHAIN, "wrong order");
        }
        for path in &self.path_validation_result_list {
            path.judge(found);
        }
    }
}

impl Path<'_> {
    fn judge(&self, found: &mut Server) {
        let old = self.verify_string.text().filter(|v| *v != "ok");
        let error = self
            .openssl_error_string
            .text()
            .or(self.validation_error.text())
            .or(old);
        let said = error.or_else(|| is(&self.was_validation_successful, false).then_some("not trusted"));
        if let Some(said) = said {
            let store = self.trust_store.name.text().unwrap_or_default();
            let problem = if said.contains("expired") {
                &tls::EXPIRED
            } else {
                &tls::UNTRUSTED
            };
            found.add(problem, clip_line(&format!("{store}: {said}"), text::PLACE));
        }
    }
}

impl Deployment<'_> {
    fn judge(&self, found: &mut Server) {
        if is(&self.leaf_certificate_subject_matches_hostname, false) {
            found.add(&tls::HOSTNAME, "");
        }
        for path in &self.path_validation_results {
            path.judge(found);
        }
        if is(&self.verified_chain_has_sha1_signature, true) {
            found.add(&tls::SIGNATURE, "SHA-1");
        }
        if is(&self.received_chain_has_valid_order, false) {
            found.add(&tls::CHAIN, "wrong order");
        }
        if is(&self.verified_chain_has_legacy_symantec_anchor, true) {
            found.add(&tls::CHAIN, "a distrusted authority (Symantec)");
        }
        if let Some(leaf) = self.received_certificate_chain.first()
            && leaf
                .public_key
                .algorithm
                .text()
                .is_some_and(|a| a.to_uppercase().contains("RSA"))
            && let Some(bits) = leaf.public_key.bits.number().filter(|b| *b < 2048.0)
        {
            found.add(&tls::KEY, format!("{bits} bits"));
        }
    }
}
