//! Names inside texts: CVE and CWE numbers, hosts, ports and URLs, as scanners write them.

use super::limits::{clip_line, text};
use crate::domain::severity::Severity;

/// The CVE numbers in a text, upper case, in order, each once.
#[must_use]
pub fn cves(from: &str) -> Vec<String> {
    let mut found = Vec::new();
    let bytes = from.as_bytes();
    let mut at = 0;
    while at + 13 <= bytes.len() {
        let rest = &bytes[at..];
        let boundary = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        if !(boundary && rest[..4].eq_ignore_ascii_case(b"CVE-") && rest[8] == b'-') {
            at += 1;
            continue;
        }
        let digits = rest[9..].iter().take_while(|b| b.is_ascii_digit()).count();
        if rest[4..8].iter().all(u8::is_ascii_digit) && (4..=10).contains(&digits) {
            let name = from[at..at + 9 + digits].to_ascii_uppercase();
            if !found.contains(&name) {
                found.push(name);
            }
            at += 9 + digits;
        } else {
            at += 4;
        }
    }
    found
}

/// A CWE number: `CWE-79`, `cwe-079: …`, `external/cwe/cwe-79`, `79`. Texts without one (`nvd-cwe-other`) have none.
#[must_use]
pub fn cwe(from: &str) -> Option<u32> {
    let lower = from.trim().to_ascii_lowercase();
    let digits = |t: &str| -> Option<u32> {
        let end = t.find(|c: char| !c.is_ascii_digit()).unwrap_or(t.len());
        t[..end].parse().ok().filter(|n| (1..=99_999).contains(n))
    };
    if lower.bytes().all(|b| b.is_ascii_digit()) {
        return digits(&lower);
    }
    lower
        .match_indices("cwe")
        .find_map(|(at, _)| digits(lower[at + 3..].trim_start_matches(['-', '_', ':', ' ', '/'])))
}

/// All CWE numbers in a text that names them (`CWE-79, CWE-80: …`), in order, each once.
#[must_use]
pub fn cwes(from: &str) -> Vec<u32> {
    let mut found = Vec::new();
    let lower = from.to_ascii_lowercase();
    for (at, _) in lower.match_indices("cwe") {
        // Only what follows at once belongs to it.
        let word = lower[at..]
            .split(['<', '"', '\'', '&', ',', ';', '\n'])
            .next()
            .unwrap_or_default();
        if let Some(n) = cwe(word) {
            add(&mut found, n);
        }
    }
    found
}

/// A severity in any of the words scanners use; none for what is no word of theirs.
#[must_use]
pub fn severity(word: &str) -> Option<Severity> {
    let lower = word.trim().to_lowercase();
    let known = |word: &str| {
        Some(match word {
            "critical" | "urgent" | "blocker" | "fatal" | "veryhigh" | "very high" => Severity::Critical,
            "high" | "important" | "severe" | "serious" | "major" | "error" => Severity::High,
            "medium" | "moderate" | "warning" | "warn" => Severity::Medium,
            "low" | "minor" | "verylow" | "very low" => Severity::Low,
            "" | "info" | "information" | "informational" | "none" | "note" | "log" | "debug" | "unknown"
            | "undefined" | "unclassified" | "negligible" | "minimal" | "ok" | "good" | "secure" | "pass"
            | "passed" | "bestpractice" | "best" | "false" | "inventory" | "experiment" | "open" | "n/a" => {
                Severity::Info
            }
            _ => return None,
        })
    };
    // `High (Medium)`, `false_positive`, `Medium risk`.
    known(&lower).or_else(|| known(lower.split([' ', '(', '_', '-', ':']).next()?))
}

/// [`severity`], with info for what is no word of scanners; [`Out`](super::Out) names those.
#[must_use]
pub fn rated(word: &str) -> Severity {
    severity(word).unwrap_or(Severity::Info)
}

/// Adds what is new, up to the longest list that is kept.
pub fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if list.len() < text::LIST && !list.contains(&item) {
        list.push(item);
    }
}

/// Where a network or web finding stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Target {
    pub scheme: Option<String>,
    pub host: String,
    pub port: Option<u16>,
    /// With its leading slash; empty where none is given.
    pub path: String,
    /// Names of query parameters, in order.
    pub query: Vec<String>,
}

impl Target {
    /// Reads a URL, `host:port`, `[v6]:port` or a bare host. The host is lower case; the port is the scheme's own where
    /// none is given. None where there is no host in it (a file path, say).
    #[must_use]
    pub fn parse(from: &str) -> Option<Self> {
        let from = from.trim();
        let (scheme, rest) = match from.split_once("://") {
            Some((s, rest)) if !s.is_empty() && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)) => {
                (Some(s.to_ascii_lowercase()), rest)
            }
            _ => (None, from),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, tail) = rest.split_at(end);
        let authority = authority.rsplit_once('@').map_or(authority, |(_, a)| a);
        let (host, port) = if let Some(v6) = authority.strip_prefix('[') {
            let (host, after) = v6.split_once(']')?;
            (host, after.strip_prefix(':'))
        } else {
            match authority.split_once(':') {
                // A bare IPv6 address has more colons, and no port.
                Some((_, more)) if more.contains(':') => (authority, None),
                Some((host, port)) => (host, Some(port)),
                None => (authority, None),
            }
        };
        let plausible = |c: char| c.is_alphanumeric() || ".-_:%*".contains(c);
        if host.is_empty() || !host.chars().all(plausible) {
            return None;
        }
        let port = match port {
            Some("") | None => match scheme.as_deref() {
                Some("http" | "ws") => Some(80),
                Some("https" | "wss") => Some(443),
                _ => None,
            },
            Some(p) => Some(p.parse().ok()?),
        };
        let tail = tail.split('#').next().unwrap_or_default();
        let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
        Some(Self {
            host: clip_line(host, text::WORD).to_lowercase(),
            port,
            path: clip_line(path, text::PLACE),
            query: query
                .split('&')
                .map(|p| p.split('=').next().unwrap_or_default())
                .filter(|n| !n.is_empty())
                .take(text::LIST)
                .map(|n| clip_line(n, text::WORD))
                .collect(),
            scheme,
        })
    }

    /// Scheme, host and port as people write them (`https://a.example`); the authority where no scheme is known.
    #[must_use]
    pub fn origin(&self) -> String {
        match (self.scheme.as_deref(), self.port) {
            (Some("http"), Some(80)) | (Some("https"), Some(443)) | (Some(_), None) => {
                let bare = Self {
                    port: None,
                    host: self.host.clone(),
                    ..Self::default()
                };
                format!("{}://{}", self.scheme.as_deref().unwrap_or_default(), bare.authority())
            }
            (Some(scheme), Some(_)) => format!("{scheme}://{}", self.authority()),
            (None, _) => self.authority(),
        }
    }

    /// `host:port`, or the host where no port is known.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') {
            format!("[{}]", self.host)
        } else {
            self.host.clone()
        };
        match self.port {
            Some(port) => format!("{host}:{port}"),
            None => host,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cve_numbers_are_found_anywhere() {
        assert_eq!(cves("cve-2018-15473"), ["CVE-2018-15473"]);
        assert_eq!(cves("BDSA-2020-1 (CVE-2020-11022), CVE-2020-11022"), ["CVE-2020-11022"]);
        assert_eq!(cves("CVE-2008-0732-geronimo-jms_1.1"), ["CVE-2008-0732"]);
        assert!(cves("CVE-20-1 CVE-2020-x xCVE-2020-11022 CVE-").is_empty());
        assert_eq!(cves("é CVE-2021-44228é"), ["CVE-2021-44228"]);
    }

    #[test]
    fn severities_are_read_however_they_are_written() {
        for (word, to) in [
            ("CRITICAL", Some(Severity::Critical)),
            ("Important", Some(Severity::High)),
            ("High (Medium)", Some(Severity::High)),
            (" Moderate ", Some(Severity::Medium)),
            ("Low risk", Some(Severity::Low)),
            ("Informational", Some(Severity::Info)),
            ("false_positive", Some(Severity::Info)),
            ("Potential", None),
            ("7", None),
        ] {
            assert_eq!(severity(word), to, "{word}");
        }
    }

    #[test]
    fn cwe_numbers_are_read_however_they_are_written() {
        for (from, to) in [
            ("CWE-327: Use of a Broken or Risky Algorithm", Some(327)),
            ("cwe-79", Some(79)),
            ("external/cwe/cwe-089", Some(89)),
            ("CWE:22", Some(22)),
            ("798", Some(798)),
            ("nvd-cwe-other", None),
            ("nvd-cve-other", None),
            ("CWE-0", None),
            ("", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(cwe(from), to, "{from}");
        }
    }

    #[test]
    fn targets_are_read_however_they_are_written() {
        let t = |s: &str| Target::parse(s).map(|t| (t.authority(), t.path));
        let some = |a: &str, p: &str| Some((a.to_owned(), p.to_owned()));
        assert_eq!(
            t("https://User:pw@Example.COM/a/b?x=1#f"),
            some("example.com:443", "/a/b")
        );
        assert_eq!(t("example.com:22"), some("example.com:22", ""));
        assert_eq!(t("http://[::1]:8080/x"), some("[::1]:8080", "/x"));
        assert_eq!(t("fe80::1"), some("[fe80::1]", ""));
        assert_eq!(t("example.com"), some("example.com", ""));
        assert_eq!(t("https://example.com:99999/"), None);
        assert_eq!(t("/etc/passwd"), None);
        assert_eq!(t(""), None);
        assert_eq!(Target::parse("http://a/?b=1&c&b=2").unwrap().query, ["b", "c", "b"]);
    }
}
