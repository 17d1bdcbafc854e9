//! A vulnerability of Faraday, however the export writes it, as a record.

use super::TOOL;
use crate::domain::severity::Severity;
use crate::import::detail::Detail;
use crate::import::limits::{Refusal, clip_line, text};
use crate::import::names::Target;
use crate::import::record::{Fingerprint, Occurrence, Record, Span};
use crate::import::{Out, names, place};

/// Of the rule that makes fingerprints, see the format's documentation.
const VERSION: u32 = 1;

#[derive(Debug, Default)]
pub struct Vuln {
    pub name: String,
    pub description: String,
    pub severity: String,
    pub status: String,
    pub confirmed: String,
    pub resolution: String,
    pub data: String,
    pub external_id: String,
    pub ease: String,
    /// Address or name of the host.
    pub target: String,
    pub hostnames: Vec<String>,
    pub system: String,
    pub port: String,
    pub protocol: String,
    pub service: String,
    pub website: String,
    pub path: String,
    pub method: String,
    pub parameter: String,
    pub params: String,
    pub query: String,
    pub request: String,
    pub response: String,
    pub references: Vec<String>,
    pub cve: Vec<String>,
    pub cwe: Vec<String>,
    pub cvss: Vec<String>,
    pub score: Option<f64>,
    pub tags: Vec<String>,
    pub policies: Vec<String>,
    /// The tool it came from.
    pub creator: String,
    pub date: String,
    /// What else the export says.
    pub more: Detail,
}

fn severity(word: &str) -> Severity {
    match word.trim().to_lowercase().as_str() {
        "med" => Severity::Medium,
        "" | "unclassified" | "informational" => Severity::Info,
        other => other.parse().unwrap_or(Severity::Low),
    }
}

impl Vuln {
    pub fn emit(self, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
        if self.name.trim().is_empty() {
            out.unreadable("vulnerabilities without a name", span.offset);
            return Ok(());
        }
        if self.status.eq_ignore_ascii_case("closed") {
            out.summary.leave_out("closed vulnerabilities");
            return Ok(());
        }
        let accepted = self.status.eq_ignore_ascii_case("risk-accepted");
        if accepted {
            out.summary
                .leave_out("decisions: risk accepted without an end comes back as open");
        }
        let observed_at = out.time(&self.date);
        let record = Record {
            observed_at,
            ..self.record(accepted, span)
        };
        out.record(record)
    }

    fn record(mut self, accepted: bool, span: Span) -> Record {
        let name = clip_line(&self.name, text::TITLE);
        let fields = vec![("tool", TOOL.to_owned()), ("name", name.clone())];
        let occurrence = self.occurrence();
        let mut detail = Detail::default();
        detail.add("Data", Some(&self.data));
        detail.add("Host names", Some(&self.hostnames.join(", ")));
        detail.add("System", Some(&self.system));
        detail.add("Service", Some(&self.service));
        detail.add("Parameters", Some(&self.params));
        detail.add("Query", Some(&self.query));
        detail.add("Ease of resolution", Some(&self.ease));
        detail.add("Policies violated", Some(&self.policies.join(", ")));
        detail.add("Found by", Some(&self.creator));
        detail.message("Request", self.request.as_bytes());
        detail.message("Response", self.response.as_bytes());
        detail.append(&self.more);
        for (tag, yes) in [
            ("unconfirmed", self.confirmed.eq_ignore_ascii_case("false")),
            ("re-opened", self.status.eq_ignore_ascii_case("re-opened")),
        ] {
            if yes {
                self.tags.push(tag.to_owned());
            }
        }
        let rule = if self.external_id.is_empty() {
            name.clone()
        } else {
            self.external_id
        };
        Record {
            rule,
            title: name,
            description: self.description,
            remediation: self.resolution,
            references: self.references,
            severity: severity(&self.severity),
            severity_word: self.severity,
            score: self.score,
            cvss: self.cvss,
            cwe: self.cwe.iter().filter_map(|c| names::cwe(c)).collect(),
            cve: self.cve.iter().flat_map(|c| names::cves(c)).collect(),
            tags: self.tags,
            detail: detail.text(),
            suppressed: accepted,
            ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
        }
        .tidy()
    }

    fn occurrence(&self) -> Occurrence {
        if let Some(url) = self.url() {
            let method = self.method.trim().to_uppercase();
            if let Some(at) = place::url(&url, &[&method, self.parameter.trim()]) {
                return at;
            }
        }
        let host = self.target.trim();
        let host = if host.is_empty() {
            self.hostnames.first().map_or("", String::as_str)
        } else {
            host
        };
        if host.is_empty() {
            return place::nowhere(&clip_line(&self.path, text::PLACE));
        }
        let extra = match self.protocol.trim().to_lowercase() {
            tcp if tcp == "tcp" => String::new(),
            other => other,
        };
        let ip = host.parse::<std::net::IpAddr>().ok().map(|_| host);
        place::service(host, ip, self.port.trim().parse().ok(), &extra)
    }

    /// Website and path in one, where there are such.
    fn url(&self) -> Option<String> {
        let (website, path) = (self.website.trim(), self.path.trim());
        if path.contains("://") {
            return Some(path.to_owned());
        }
        if website.is_empty() && path.is_empty() {
            return None;
        }
        let mut site = if website.is_empty() {
            self.target.trim()
        } else {
            website
        }
        .to_owned();
        if !site.contains("://") {
            let named = Target::parse(&site)?;
            let secure = self.port.trim() == "443" || self.service.to_lowercase().contains("https");
            let port = match (named.port, self.port.trim()) {
                (None, port @ ("80" | "443")) if (port == "443") == secure => String::new(),
                (None, port) if !port.is_empty() => format!(":{port}"),
                _ => String::new(),
            };
            let host = if named.host.contains(':') {
                format!("[{}]", named.host)
            } else {
                site.split('/').next().unwrap_or_default().to_owned()
            };
            let tail = site
                .split_once('/')
                .map_or(String::new(), |(_, tail)| format!("/{tail}"));
            site = format!("{}://{host}{port}{tail}", if secure { "https" } else { "http" });
        }
        let own_path = Target::parse(&site)?.path;
        if path.is_empty() || own_path.trim_end_matches('/').ends_with(path.trim_end_matches('/')) && own_path.len() > 1
        {
            return Some(site);
        }
        Some(format!(
            "{}/{}",
            site.trim_end_matches('/'),
            path.trim_start_matches('/')
        ))
    }
}
