//! SARIF 2.1.0: a run for each tool, a rule for each finding, a result for each place of it.
//!
//! Results are written as they come; the rules of a run, which are short, are gathered and stand behind them.

use serde_json::{Value, json};

use super::{Writer, json as text, words};
use crate::api::export::Exported;
use crate::api::finding::Occurrence;
use crate::cli::error::Error;
use crate::domain::severity::Severity;
use crate::domain::status::Status;

#[derive(Debug, Default)]
pub struct Sarif {
    /// The tool whose run is open.
    tool: Option<String>,
    rules: Vec<Value>,
    /// The finding of the last rule.
    last: String,
    /// Whether the open run has a result.
    some: bool,
    runs: usize,
}

impl Writer for Sarif {
    fn begin(&mut self) -> String {
        "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[".to_owned()
    }

    fn finding(&mut self, e: &Exported) -> Result<String, Error> {
        let mut out = String::new();
        if self.tool.as_deref() != Some(&e.finding.tool) {
            out += &self.close()?;
            if self.runs > 0 {
                out.push(',');
            }
            out += "\n{\"results\":[";
            self.tool = Some(e.finding.tool.clone());
            self.runs += 1;
            self.some = false;
        }
        // The places of one finding may come in several parts.
        if self.last != e.finding.key {
            self.last.clone_from(&e.finding.key);
            self.rules.push(rule(e));
        }
        let index = self.rules.len() - 1;
        let places: Vec<Option<&Occurrence>> = if e.occurrences.is_empty() {
            vec![None]
        } else {
            e.occurrences.iter().map(Some).collect()
        };
        for place in places {
            out += if self.some { ",\n" } else { "\n" };
            out += &text(&result(e, index, place))?;
            self.some = true;
        }
        Ok(out)
    }

    fn end(&mut self) -> String {
        let close = self.close().unwrap_or_default();
        format!("{close}]}}\n")
    }
}

impl Sarif {
    /// Ends the open run with its tool.
    fn close(&mut self) -> Result<String, Error> {
        let Some(tool) = self.tool.take() else {
            return Ok(String::new());
        };
        let driver = json!({ "driver": { "name": tool, "rules": std::mem::take(&mut self.rules) } });
        self.last.clear();
        Ok(format!(
            "],\n\"columnKind\":\"unicodeCodePoints\",\"tool\":{}}}",
            text(&driver)?
        ))
    }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::High => "error",
        Severity::Medium => "warning",
        Severity::Low | Severity::Info => "note",
    }
}

/// The score where there is one, else the middle of what the severity's word stands for.
fn score(e: &Exported) -> String {
    let rated = match e.finding.severity {
        Severity::Critical => 9.5,
        Severity::High => 8.0,
        Severity::Medium => 5.5,
        Severity::Low => 2.0,
        Severity::Info => 0.0,
    };
    let score = e.finding.cvss.as_ref().map(|c| c.score);
    let agrees = score.filter(|_| e.own_severity.is_none());
    format!("{:.1}", agrees.unwrap_or(rated))
}

fn rule(e: &Exported) -> Value {
    let f = &e.finding;
    let cwe = f.cwe.iter().map(|n| format!("external/cwe/cwe-{n}"));
    let tags: Vec<String> = e
        .scanner_tags
        .iter()
        .cloned()
        .chain(f.cve.iter().cloned())
        .chain(cwe)
        .collect();
    let mut rule = json!({
        "id": f.key,
        "shortDescription": { "text": f.title },
        "defaultConfiguration": { "level": level(f.severity) },
        "properties": { "tags": tags, "security-severity": score(e) },
    });
    if !e.description.is_empty() {
        rule["fullDescription"] = json!({ "text": e.description });
    }
    if !e.remediation.is_empty() {
        rule["help"] = json!({ "text": e.remediation });
    }
    if let Some(reference) = e.references.iter().find(|r| r.starts_with("https://")) {
        rule["helpUri"] = json!(uri(reference));
    }
    rule
}

fn result(e: &Exported, index: usize, place: Option<&Occurrence>) -> Value {
    let f = &e.finding;
    let message = match place.map(|p| p.detail.as_str()) {
        Some(detail) if !detail.is_empty() => format!("{}\n\n{detail}", f.title),
        _ => f.title.clone(),
    };
    let mut result = json!({
        "ruleId": f.key,
        "ruleIndex": index,
        "level": level(f.severity),
        "message": { "text": message },
        "properties": {
            "status": words(f.status),
            "severity": f.severity,
            "project": f.project.key,
            "firstSeen": place.map_or(f.first_seen, |p| p.first_seen),
            "lastSeen": place.map_or(f.last_seen, |p| p.last_seen),
        },
    });
    if let Some(cvss) = &f.cvss {
        result["properties"]["cvss"] = json!(cvss.vector);
    }
    if let Some(fingerprint) = &e.fingerprint {
        result["partialFingerprints"] = json!({ "riskdesk/v1": fingerprint.hash });
    }
    if let Some(place) = place {
        result["locations"] = json!([location(place)]);
        result["occurrenceCount"] = json!(place.repeats.max(1));
    }
    let why = match f.status {
        Status::FalsePositive => Some("false positive"),
        Status::OutOfScope => Some("out of scope"),
        Status::RiskAccepted => Some("risk accepted"),
        Status::Duplicate => Some("duplicate"),
        _ if e.suppressed => Some("suppressed by its report"),
        _ => None,
    };
    if let Some(why) = why {
        result["suppressions"] = json!([{ "kind": "external", "status": "accepted", "justification": why }]);
    }
    result
}

/// A URL or a file with its line as an artifact; anything else by its name.
fn location(place: &Occurrence) -> Value {
    let shown = place.place.as_str();
    if shown.contains("://") {
        return json!({ "physicalLocation": { "artifactLocation": { "uri": uri(shown) } } });
    }
    let line = shown
        .rsplit_once(':')
        .and_then(|(path, line)| Some((path, line.parse::<u32>().ok()?)));
    match (line, &place.host) {
        (Some((path, line)), None) if line > 0 => json!({ "physicalLocation": {
            "artifactLocation": { "uri": uri(&path.replace('\\', "/")) }, "region": { "startLine": line },
        } }),
        _ => json!({ "logicalLocations": [{ "fullyQualifiedName": shown }] }),
    }
}

/// A text as the characters that may stand in a URI reference.
fn uri(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out += &format!("%{byte:02X}");
        }
    }
    out
}
