//! An entry of generic findings, from JSON or CSV, as records.

use serde_json::Value;

use super::VERSION;
use crate::domain::kept::Kept;
use crate::domain::severity::Severity;
use crate::import::detail::Detail;
use crate::import::limits::{Refusal, clip, clip_line, text};
use crate::import::record::{Fingerprint, Occurrence, Record, Span, digest};
use crate::import::{Out, names, place};

#[derive(Debug, Default)]
pub struct Entry {
    pub title: String,
    pub severity: String,
    pub description: String,
    pub mitigation: String,
    pub impact: String,
    pub references: Vec<String>,
    pub endpoints: Vec<String>,
    pub path: String,
    pub line: Option<u32>,
    pub component: String,
    pub component_version: String,
    pub fix_version: String,
    pub service: String,
    pub steps: String,
    pub parameter: String,
    pub payload: String,
    pub unique_id: String,
    pub rule: String,
    /// Vulnerability ids of any kind: CVE, GHSA, …
    pub ids: Vec<String>,
    pub cwe: Vec<String>,
    pub cvss: Vec<String>,
    pub score: Option<f64>,
    pub tags: Vec<String>,
    pub date: String,
    /// Requests and responses, and what else its tool says at this place.
    pub more: Detail,
    pub suppressed: bool,
}

/// Keys that are known and say nothing a finding keeps; they stay in the raw record.
pub const SILENT: [&str; 32] = [
    "verified",
    "files",
    "reporter",
    "found_by",
    "notes",
    "numerical_severity",
    "last_reviewed",
    "last_status_update",
    "mitigated",
    "mitigated_by",
    "publish_date",
    "review_requested_by",
    "reviewers",
    "sla_start_date",
    "effort_for_fixing",
    "planned_remediation_date",
    "planned_remediation_version",
    "fix_available",
    "nb_occurences",
    "scanner_confidence",
    "static_finding",
    "dynamic_finding",
    "thread_id",
    "epss_score",
    "epss_percentile",
    "sast_sink_object",
    "sast_source_object",
    "sast_source_line",
    "sast_source_file_path",
    "hash_code",
    "known_exploited",
    "ransomware_used",
];

pub fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
        _ => String::new(),
    }
}

/// The texts of a list; of objects in it (`{"vulnerability_id": …}`) their own.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::Array(list) => list.iter().flat_map(words).collect(),
        Value::Object(parts) => parts.values().map(word).filter(|w| !w.is_empty()).collect(),
        other => Some(word(other)).into_iter().filter(|w| !w.is_empty()).collect(),
    }
}

/// Requests and responses, each a text; in lists, whatever these are called.
fn messages(value: &Value, detail: &mut Detail) {
    match value {
        Value::Array(list) => list.iter().take(text::LIST).for_each(|v| messages(v, detail)),
        Value::Object(parts) => {
            for (key, value) in parts {
                match (key.as_str(), value) {
                    ("request" | "req", Value::String(text)) => detail.message("Request", text.trim().as_bytes()),
                    ("response" | "resp", Value::String(text)) => detail.message("Response", text.trim().as_bytes()),
                    (_, Value::Array(_)) => messages(value, detail),
                    _ => {}
                }
            }
        }
        _ => {}
    }
}

/// An endpoint: a text, or an object of its parts.
pub fn endpoint(value: &Value) -> Option<String> {
    let Value::Object(parts) = value else {
        return Some(word(value)).filter(|w| !w.is_empty());
    };
    let get = |name: &str| parts.get(name).map(word).filter(|w| !w.is_empty());
    let host = get("host").or_else(|| get("fqdn"))?;
    let mut url = get("protocol").map_or(String::new(), |p| format!("{p}://")) + &host;
    if let Some(port) = get("port") {
        url = format!("{url}:{port}");
    }
    if let Some(path) = get("path") {
        url = format!("{url}/{}", path.trim_start_matches('/'));
    }
    if let Some(query) = get("query") {
        url = format!("{url}?{}", query.trim_start_matches('?'));
    }
    Some(url)
}

fn severity(word: &str) -> Severity {
    match word.to_lowercase().as_str() {
        "" | "informational" | "information" | "none" | "s4" => Severity::Info,
        "s0" => Severity::Critical,
        "s1" => Severity::High,
        "s2" => Severity::Medium,
        "s3" => Severity::Low,
        other => match other.parse::<f64>() {
            Ok(score) if (0.0..=10.0).contains(&score) => Severity::from_score(score),
            _ => other.parse().unwrap_or(Severity::Low),
        },
    }
}

/// A line as people and spreadsheets write it (`12`, `12.0`); none is not a number from 1.
pub fn number(word: &str) -> Option<u32> {
    let whole = word.trim().trim_end_matches('0').trim_end_matches('.');
    let whole = if word.contains('.') { whole } else { word.trim() };
    whole.parse().ok().filter(|n| *n > 0)
}

/// Whether a cell or value says yes, in any of the ways that scripts and spreadsheets do.
pub fn is_yes(word: &str) -> bool {
    ["true", "yes", "y", "t", "1", "1.0"]
        .iter()
        .any(|w| word.trim().eq_ignore_ascii_case(w))
}

pub fn is_no(word: &str) -> bool {
    ["false", "no", "n", "f", "0", "0.0"]
        .iter()
        .any(|w| word.trim().eq_ignore_ascii_case(w))
}

impl Entry {
    pub fn of_json(value: &Value, out: &mut Out<'_>) -> Self {
        let mut entry = Self::default();
        let (mut active, mut closed) = (true, false);
        for (key, value) in value.as_object().into_iter().flatten() {
            let yes = || is_yes(&word(value));
            match key.as_str() {
                "title" => entry.title = word(value),
                "severity" => entry.severity = word(value),
                "description" => entry.description = word(value),
                "mitigation" => entry.mitigation = word(value),
                "impact" | "severity_justification" if entry.impact.is_empty() => entry.impact = word(value),
                "severity_justification" | "impact" => entry.impact = format!("{}\n\n{}", entry.impact, word(value)),
                "references" => {
                    entry.references = words(value).iter().flat_map(|w| w.lines()).map(str::to_owned).collect();
                }

                "endpoints" | "unsaved_endpoints" | "locations" => match value {
                    Value::Array(list) => entry.endpoints.extend(list.iter().filter_map(endpoint)),
                    one => entry.endpoints.extend(endpoint(one)),
                },
                "url" => entry.endpoints.extend(endpoint(value)),
                "file_path" => entry.path = word(value),
                "line" => entry.line = number(&word(value)),
                "component_name" => entry.component = word(value),
                "component_version" => entry.component_version = word(value),
                "fix_version" => entry.fix_version = word(value),
                "service" => entry.service = word(value),
                "steps_to_reproduce" => entry.steps = word(value),
                "param" => entry.parameter = word(value),
                "payload" => entry.payload = word(value),
                "unique_id_from_tool" => entry.unique_id = word(value),
                "vuln_id_from_tool" => entry.rule = word(value),
                "cve" | "vulnerability_ids" | "vulnerability_id" => entry.ids.extend(words(value)),
                "cwe" | "cwes" => entry.cwe.extend(words(value)),
                "cvssv3" | "cvssv4" | "cvss" => entry.cvss.extend(words(value)),
                "cvssv3_score" | "cvssv4_score" | "cvss_score" => {
                    entry.score = entry.score.or(word(value).parse().ok());
                }
                "tags" | "unsaved_tags" => {
                    entry.tags = words(value)
                        .iter()
                        .flat_map(|t| t.split(','))
                        .map(str::to_owned)
                        .collect();
                }
                "date" => entry.date = word(value),
                "request_response" | "request_response_pairs" => messages(value, &mut entry.more),
                "active" => active = !is_no(&word(value)),
                "false_p" | "duplicate" | "out_of_scope" | "risk_accepted" | "is_mitigated" => closed |= yes(),
                known if SILENT.contains(&known) => {}
                other => out
                    .summary
                    .leave_out(&format!("keys `{}` of findings", clip_line(other, 60))),
            }
        }
        entry.suppressed = closed || !active;
        entry
    }

    fn fields(&self, tool: &str) -> Vec<(&'static str, String)> {
        let line = |text: &str| clip_line(text, text::PLACE);
        let mut fields = vec![("tool", tool.to_owned())];
        if !self.unique_id.is_empty() {
            fields.push(("unique_id", line(&self.unique_id)));
            return fields;
        }
        fields.push(("title", line(&self.title)));
        let mut ids = self.ids.clone();
        ids.sort();
        for (name, value) in [
            ("rule", line(&self.rule)),
            ("path", place::path_key(&line(&self.path))),
            ("component", line(&self.component)),
            ("vulnerability_ids", line(&ids.join(" "))),
        ] {
            if !value.is_empty() {
                fields.push((name, value));
            }
        }
        if fields.len() == 2 && self.endpoints.is_empty() {
            fields.push(("description", digest(&[&self.description])[..16].to_owned()));
        }
        fields
    }

    fn occurrences(&self) -> Vec<Occurrence> {
        let mut found: Vec<Occurrence> = Vec::new();
        for shown in self.endpoints.iter().map(|e| clip_line(e, text::PLACE)) {
            let at = match names::Target::parse(&shown) {
                Some(target) if target.scheme.is_none() && target.path.is_empty() && target.query.is_empty() => {
                    place::service(&target.host, None, target.port, "")
                }
                Some(_) => place::url(&shown, &[]).unwrap_or_else(|| place::nowhere(&shown)),
                None => place::nowhere(&shown),
            };
            if !found.iter().any(|f| f.key == at.key) {
                found.push(at);
            }
        }
        if !found.is_empty() {
            return found;
        }
        if !self.path.is_empty() {
            let mut at = place::code(&self.path, self.line, None, None);
            at.parts.package = Some(clip_line(&self.component, text::WORD)).filter(|c| !c.is_empty());
            at.parts.package_version = Some(clip_line(&self.component_version, text::WORD)).filter(|c| !c.is_empty());
            return vec![at];
        }
        if !self.component.is_empty() {
            return vec![place::package(&self.component, &self.component_version, "")];
        }
        vec![place::nowhere(&clip_line(&self.service, text::WORD))]
    }

    pub fn emit(self, tool: &str, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
        let fingerprint = Fingerprint::new(VERSION, self.fields(tool));
        self.emit_as(tool, &fingerprint, None, span, out)
    }

    /// Records with an identity of another kind, and with what was decided.
    pub fn emit_as(
        mut self,
        tool: &str,
        fingerprint: &Fingerprint,
        kept: Option<&Kept>,
        span: Span,
        out: &mut Out<'_>,
    ) -> Result<(), Refusal> {
        if self.title.trim().is_empty() {
            out.unreadable("findings without a title", span.offset);
            return Ok(());
        }
        if self.endpoints.len() > text::LIST * 100 {
            for _ in text::LIST * 100..self.endpoints.len() {
                out.summary.leave_out("endpoints of a finding beyond 10000");
            }
            self.endpoints.truncate(text::LIST * 100);
        }
        let mut cve = Vec::new();
        for id in self.ids.iter().flat_map(|id| names::cves(id)) {
            names::add(&mut cve, id);
        }
        let mut cwe = Vec::new();
        for number in self.cwe.iter().filter_map(|c| names::cwe(c)) {
            names::add(&mut cwe, number);
        }
        let mut references: Vec<String> = Vec::new();
        for link in self.references.iter().filter(|r| !r.trim().is_empty()) {
            names::add(&mut references, clip_line(link, text::PLACE));
        }
        let mut description = self.description.clone();
        if !self.impact.is_empty() {
            description = format!("{description}\n\nImpact: {}", self.impact);
        }
        let mut remediation = self.mitigation.clone();
        if !self.fix_version.is_empty() {
            remediation = format!("{remediation}\n\nFixed in {}.", self.fix_version);
        }
        let mut detail = Detail::default();
        detail.add("Service", Some(&self.service));
        detail.add("Parameter", Some(&self.parameter));
        detail.add("Payload", Some(&self.payload));
        detail.add("Steps to reproduce", Some(&self.steps));
        let other: Vec<&str> = self
            .ids
            .iter()
            .map(String::as_str)
            .filter(|id| names::cves(id).is_empty())
            .collect();
        detail.add("Other ids", Some(&other.join(" ")));
        let mut tags = Vec::new();
        for tag in self
            .tags
            .iter()
            .map(|t| t.trim())
            .chain(other.iter().copied())
            .filter(|t| !t.is_empty())
        {
            names::add(&mut tags, clip_line(tag, text::WORD).to_lowercase());
        }
        let rule = if self.rule.is_empty() { &self.title } else { &self.rule };
        detail.append(&self.more);
        let detail = detail.text();
        let observed_at = out.time(&self.date);
        for occurrence in self.occurrences() {
            out.record(Record {
                rule: clip_line(rule, text::PLACE),
                title: clip_line(&self.title, text::TITLE),
                description: clip(&description, text::PARAGRAPH),
                remediation: clip(&remediation, text::PARAGRAPH),
                references: references.clone(),
                severity: severity(&self.severity),
                severity_word: clip_line(&self.severity, text::WORD),
                score: self.score.filter(|s| (0.0..=10.0).contains(s)),
                cvss: self
                    .cvss
                    .iter()
                    .take(text::LIST)
                    .map(|v| clip_line(v, text::WORD))
                    .collect(),
                cwe: cwe.clone(),
                cve: cve.clone(),
                tags: tags.clone(),
                detail: detail.clone(),
                suppressed: self.suppressed,
                observed_at,
                kept: kept.cloned().map(Box::new),
                ..Record::new(tool, fingerprint.clone(), occurrence, span)
            })?;
        }
        Ok(())
    }
}
