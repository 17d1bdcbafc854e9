//! A line of testssl.sh, however it is written, as records: one per CVE.

use super::{TOOL, VERSION};
use crate::domain::severity::Severity;
use crate::domain::time::Time;
use crate::import::Out;
use crate::import::detail::Detail;
use crate::import::limits::{Refusal, clip, clip_line, text};
use crate::import::names;
use crate::import::place;
use crate::import::record::{Fingerprint, Record, Span};

#[derive(Debug, Default)]
pub struct Line {
    pub id: String,
    pub host: String,
    pub ip: String,
    pub port: String,
    pub severity: String,
    pub finding: String,
    pub cve: String,
    pub cwe: String,
    pub hint: String,
    pub observed_at: Option<Time>,
}

/// Lines that sum up the others.
fn rates_the_server(id: &str) -> bool {
    id.ends_with("_score")
        || id.ends_with("_score_weighted")
        || id.starts_with("rating_")
        || id.starts_with("grade_cap_reason")
        || id.starts_with("overall_grade")
}

fn severity(word: &str) -> Severity {
    match word.to_uppercase().as_str() {
        "INFO" | "WARN" | "FATAL" | "DEBUG" | "" => Severity::Info,
        other => other.parse().unwrap_or(Severity::Low),
    }
}

impl Line {
    /// Counts the line and hands over what it says. `offset`: how far the text has been read.
    pub fn emit(&self, span: Span, offset: u64, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.entry(offset)?;
        let id = clip_line(&self.id, text::WORD);
        if id.is_empty() {
            out.unreadable("lines without an id", span.offset);
            return Ok(());
        }
        let host = clip_line(&self.host, text::WORD);
        // A scan that failed saw nothing: nothing of its host may count as gone.
        if !host.is_empty() && id == "scanProblem" {
            out.cover(format!("nothing of {} (the scan failed)", host.to_lowercase()));
        } else if !host.is_empty() && !matches!(id.as_str(), "engine_problem" | "scanTime") {
            out.cover(host.to_lowercase());
        }
        if self.severity.eq_ignore_ascii_case("OK") {
            out.summary.leave_out("tests that are OK");
            return Ok(());
        }
        if rates_the_server(&id) {
            out.summary.leave_out("lines that rate the whole server");
            return Ok(());
        }
        let mut cves = names::cves(&self.cve);
        if cves.is_empty() {
            cves.push(String::new());
        }
        for cve in cves {
            self.record(&id, &host, &cve, span, out)?;
        }
        Ok(())
    }

    fn record(&self, id: &str, host: &str, cve: &str, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
        let fields = vec![
            ("tool", TOOL.to_owned()),
            ("test", id.to_owned()),
            ("cve", cve.to_owned()),
        ];
        let ip = Some(self.ip.trim()).filter(|ip| !ip.is_empty());
        let ip = ip.or_else(|| host.parse::<std::net::IpAddr>().is_ok().then_some(host));
        let occurrence = place::service(host, ip, self.port.trim().parse().ok(), "");
        let mut detail = Detail::default();
        detail.add("", Some(&self.finding));
        detail.add("Hint", Some(&self.hint));
        let said = clip_line(&self.finding, text::TITLE);
        let title = match (cve, said.as_str()) {
            ("", "") => id.to_owned(),
            ("", said) => format!("{id}: {said}"),
            (cve, _) => format!("{id}: {cve}"),
        };
        let cwe = self.cwe.split([' ', ',']).filter_map(names::cwe).collect();
        out.record(Record {
            rule: id.to_owned(),
            title: clip_line(&title, text::TITLE),
            description: clip(&self.finding, text::PARAGRAPH),
            severity: severity(&self.severity),
            severity_word: clip_line(&self.severity, text::WORD),
            cve: Some(cve.to_owned()).into_iter().filter(|c| !c.is_empty()).collect(),
            cwe,
            detail: detail.text(),
            observed_at: self.observed_at,
            ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
        })
    }
}
