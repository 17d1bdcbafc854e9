//! What is wrong with a TLS server: the problems that follow from the facts which sslscan and sslyze list. They rate
//! nothing themselves, so the catalogue, its severities and its words are ours, the same for both tools.
//!
//! Cipher suites of a version that should be off belong to that version's problem: they are gone with it.

use super::detail::Detail;
use super::record::{Fingerprint, Occurrence, Record, Span};
use crate::domain::severity::Severity;

/// Of the rule that makes fingerprints: tool and problem.
const VERSION: u32 = 1;

/// A problem that a server can have.
#[derive(Debug, PartialEq, Eq)]
pub struct Problem {
    pub id: &'static str,
    pub title: &'static str,
    pub severity: Severity,
    pub cve: &'static [&'static str],
    pub cwe: u32,
    pub what: &'static str,
    pub mend: &'static str,
}

macro_rules! problems {
    ($($name:ident: $id:literal, $title:literal, $severity:ident, $cve:expr, $cwe:literal, $what:literal, $mend:literal;)*) => {
        $(pub static $name: Problem = Problem {
            id: $id,
            title: $title,
            severity: Severity::$severity,
            cve: &$cve,
            cwe: $cwe,
            what: $what,
            mend: $mend,
        };)*
    };
}

problems! {
    SSL2: "sslv2", "SSL 2.0 is offered", Critical, ["CVE-2016-0800"], 327,
        "SSL 2.0 is broken, and its presence lets others decrypt TLS connections with the same key (DROWN).", "Turn SSL 2.0 off.";
    SSL3: "sslv3", "SSL 3.0 is offered", High, ["CVE-2014-3566"], 327,
        "SSL 3.0 is broken: parts of a connection can be decrypted (POODLE).", "Turn SSL 3.0 off.";
    TLS10: "tlsv1.0", "TLS 1.0 is offered", Medium, [], 327,
        "TLS 1.0 is deprecated (RFC 8996) and rests on SHA-1 and MD5.", "Turn TLS 1.0 off; offer TLS 1.2 and 1.3.";
    TLS11: "tlsv1.1", "TLS 1.1 is offered", Medium, [], 327,
        "TLS 1.1 is deprecated (RFC 8996) and rests on SHA-1 and MD5.", "Turn TLS 1.1 off; offer TLS 1.2 and 1.3.";
    HEARTBLEED: "heartbleed", "Heartbleed: memory of the server can be read", Critical, ["CVE-2014-0160"], 126,
        "The server's OpenSSL hands out parts of its memory: keys, passwords, sessions.",
        "Update OpenSSL, then replace the certificate's key and all passwords that went through the server.";
    CCS: "ccs-injection", "CCS injection: connections can be read and changed", High, ["CVE-2014-0224"], 326,
        "The server's OpenSSL takes a ChangeCipherSpec message too early, so that somebody in between can choose the keys.", "Update OpenSSL.";
    ROBOT: "robot", "ROBOT: an oracle for RSA decryption", High, ["CVE-2017-13099"], 203,
        "The server's answers tell whether an RSA message was padded rightly, which is enough to decrypt recorded connections.",
        "Update the TLS library; turn suites with RSA key exchange off.";
    RENEGOTIATION: "insecure-renegotiation", "Renegotiation is not secure", Medium, ["CVE-2009-3555"], 310,
        "Somebody in between can put their own request in front of a client's (RFC 5746 is missing).", "Update the TLS library, or turn renegotiation off.";
    CLIENT_RENEGOTIATION: "client-renegotiation", "Clients may renegotiate", Low, ["CVE-2011-1473"], 400,
        "A client can ask for handshakes again and again, which cost the server far more than the client.", "Turn renegotiation by clients off.";
    COMPRESSION: "compression", "TLS compression is on", Medium, ["CVE-2012-4929"], 310,
        "The size of compressed requests gives away secrets in them (CRIME).", "Turn TLS compression off.";
    FALLBACK: "fallback-scsv", "Downgrades of the protocol are not noticed", Low, [], 757,
        "TLS_FALLBACK_SCSV is missing: somebody in between can push a connection to an older version.", "Update the TLS library, or offer TLS 1.2 and 1.3 only.";
    NULL: "null-suites", "Cipher suites without encryption", High, [], 319,
        "The server offers suites that do not encrypt at all.", "Turn NULL suites off.";
    ANONYMOUS: "anonymous-suites", "Cipher suites without authentication", High, [], 287,
        "The server offers suites in which nobody proves who they are: somebody in between can take either side.", "Turn anonymous suites off.";
    EXPORT: "export-suites", "Export-grade cipher suites", High, ["CVE-2015-0204", "CVE-2015-4000"], 326,
        "The server offers suites weakened on purpose, which others can force upon a connection (FREAK, Logjam).", "Turn export suites off.";
    WEAK: "weak-suites", "Weak cipher suites", Medium, [], 327,
        "The server offers suites with broken ciphers (RC4, RC2, DES, 3DES) or MD5.", "Turn these suites off.";
    OBSOLETE: "obsolete-suites", "Cipher suites without forward secrecy or authenticated encryption", Low, [], 327,
        "The server offers suites with RSA key exchange (recorded connections can be decrypted once the key is known) or in CBC mode.",
        "Offer suites with ECDHE and AES-GCM or ChaCha20 only.";
    DH: "weak-dh", "Weak Diffie-Hellman parameters", Medium, ["CVE-2015-4000"], 326,
        "The group is smaller than 2048 bits.", "Use a group of 2048 bits or more, or ECDHE only.";
    EXPIRED: "certificate-expired", "The certificate has expired", Medium, [], 298,
        "Clients warn, and people learn to click warnings away.", "Renew the certificate.";
    UNTRUSTED: "certificate-untrusted", "The certificate is not trusted", Medium, [], 295,
        "No path leads from the certificate to an authority that clients know.", "Get the certificate from a known authority; send the whole chain.";
    HOSTNAME: "certificate-hostname", "The certificate is for another name", Medium, [], 297,
        "The certificate does not name the host.", "Get a certificate that names the host.";
    SIGNATURE: "certificate-signature", "The certificate has a weak signature", Medium, [], 328,
        "The signature rests on a hash for which collisions are known (MD5, SHA-1).", "Get a certificate that is signed with SHA-256 or better.";
    KEY: "certificate-key", "The certificate's key is short", Medium, [], 326,
        "The RSA key is shorter than 2048 bits.", "Make a key of 2048 bits or more, or an elliptic one.";
    CHAIN: "certificate-chain", "The certificate chain is in the wrong order or distrusted", Low, [], 295,
        "Some clients cannot follow the chain.", "Send the leaf first, then each certificate's issuer.";
}

/// What class of problem a suite is, by its name (OpenSSL's or IANA's).
#[must_use]
pub fn suite(name: &str) -> Option<&'static Problem> {
    let name = name.to_uppercase().replace('_', "-");
    let words: Vec<&str> = name.split('-').collect();
    let has = |word: &str| words.contains(&word);
    if has("NULL") {
        return Some(&NULL);
    }
    if has("ADH") || has("AECDH") || has("ANON") {
        return Some(&ANONYMOUS);
    }
    if has("EXP") || has("EXPORT") || has("EXPORT1024") || has("EXP1024") || has("EXPORT40") {
        return Some(&EXPORT);
    }
    if has("MD5") || has("RC4") || has("RC2") || has("DES") || has("CBC3") || has("3DES") || has("DES40") {
        return Some(&WEAK);
    }
    // Suites of TLS 1.3 name no key exchange.
    let modern = name.starts_with("TLS-AES") || name.starts_with("TLS-CHACHA20") || name.starts_with("TLS-SM4");
    let secret = ["ECDHE", "DHE", "EDH"].iter().any(|w| has(w));
    let sealed = ["GCM", "CCM", "CCM8", "POLY1305", "OCB"].iter().any(|w| has(w));
    let fine = modern || (secret && sealed);
    (!fine).then_some(&OBSOLETE)
}

/// What was found at one server.
#[derive(Debug, Default)]
pub struct Server {
    found: Vec<(&'static Problem, Vec<String>)>,
}

impl Server {
    /// A problem, and what says so.
    pub fn add(&mut self, problem: &'static Problem, said: impl Into<String>) {
        /// Lines of what says so.
        const SAID: usize = 40;
        let said = said.into();
        let known = self.found.iter().position(|(p, _)| p.id == problem.id);
        let at = known.unwrap_or_else(|| {
            self.found.push((problem, Vec::new()));
            self.found.len() - 1
        });
        let lines = &mut self.found[at].1;
        if !said.is_empty() && lines.len() < SAID && !lines.contains(&said) {
            lines.push(said);
        }
    }

    /// A version that is offered, with its suites.
    pub fn version(&mut self, version: &str, suites: &[&str]) {
        let plain: String = version
            .to_lowercase()
            .chars()
            .filter(|c| c.is_ascii_digit() || *c == 's' || *c == 't')
            .collect();
        let old = match plain.as_str() {
            "ss2" | "ss20" => Some(&SSL2),
            "ss3" | "ss30" => Some(&SSL3),
            "ts1" | "ts10" => Some(&TLS10),
            "ts11" => Some(&TLS11),
            _ => None,
        };
        if let Some(problem) = old {
            let said = if suites.is_empty() {
                String::new()
            } else {
                format!("{version}: {}", suites.join(", "))
            };
            self.add(problem, said);
            return;
        }
        let mut classes: Vec<(&'static Problem, Vec<&str>)> = Vec::new();
        for name in suites {
            let Some(problem) = suite(name) else { continue };
            match classes.iter_mut().find(|(p, _)| p.id == problem.id) {
                Some((_, names)) => names.push(name),
                None => classes.push((problem, vec![name])),
            }
        }
        for (problem, names) in classes {
            self.add(problem, format!("{version}: {}", names.join(", ")));
        }
    }

    /// One record per problem, all at the same place.
    #[must_use]
    pub fn records(self, tool: &str, place: &Occurrence, span: Span) -> Vec<Record> {
        let records = self.found.into_iter().map(|(problem, said)| {
            let fields = vec![("tool", tool.to_owned()), ("problem", problem.id.to_owned())];
            let mut detail = Detail::default();
            detail.add("", Some(&said.join("\n")));
            let record = Record {
                rule: problem.id.to_owned(),
                title: problem.title.to_owned(),
                description: problem.what.to_owned(),
                remediation: problem.mend.to_owned(),
                severity: problem.severity,
                cve: problem.cve.iter().map(|c| (*c).to_owned()).collect(),
                cwe: vec![problem.cwe],
                detail: detail.text(),
                ..Record::new(tool, Fingerprint::new(VERSION, fields), place.clone(), span)
            };
            record.tidy()
        });
        records.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_are_classed_by_their_names() {
        for (name, class) in [
            ("NULL-SHA256", Some("null-suites")),
            ("ADH-AES256-GCM-SHA384", Some("anonymous-suites")),
            ("TLS_DH_anon_WITH_AES_128_CBC_SHA", Some("anonymous-suites")),
            ("EXP-RC4-MD5", Some("export-suites")),
            ("DES-CBC3-SHA", Some("weak-suites")),
            ("TLS_RSA_WITH_3DES_EDE_CBC_SHA", Some("weak-suites")),
            ("AES256-GCM-SHA384", Some("obsolete-suites")),
            ("ECDHE-RSA-AES256-SHA384", Some("obsolete-suites")),
            ("ECDHE-RSA-AES256-GCM-SHA384", None),
            ("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", None),
            ("TLS_AES_128_GCM_SHA256", None),
        ] {
            assert_eq!(suite(name).map(|p| p.id), class, "{name}");
        }
    }

    #[test]
    fn suites_of_an_old_version_belong_to_it() {
        let mut server = Server::default();
        server.version("TLSv1.0", &["RC4-MD5"]);
        server.version("TLSv1.2", &["RC4-MD5", "AES128-SHA"]);
        server.version("TLS_1_3", &["TLS_AES_128_GCM_SHA256"]);
        let ids: Vec<_> = server.found.iter().map(|(p, _)| p.id).collect();
        assert_eq!(ids, ["tlsv1.0", "weak-suites", "obsolete-suites"]);
    }
}
