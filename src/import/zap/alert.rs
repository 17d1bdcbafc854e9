//! An alert and its instances, however the report writes them, as records.

use super::{TOOL, VERSION};
use crate::domain::severity::Severity;
use crate::domain::time::Time;
use crate::import::detail::Detail;
use crate::import::limits::{clip, clip_line, text};
use crate::import::names;
use crate::import::place;
use crate::import::record::{Fingerprint, Occurrence, Record, Span};

/// A scanned site.
#[derive(Debug, Clone, Default)]
pub struct Site {
    pub name: String,
    pub host: String,
}

impl Site {
    /// The target as it is covered: the site's URL, else its host.
    pub fn covers(&self) -> Option<String> {
        let from = [&self.name, &self.host].into_iter().find(|t| !t.trim().is_empty())?;
        names::Target::parse(from).map(|_| from.trim_end_matches('/').to_owned())
    }
}

/// What all instances of an alert share.
#[derive(Debug, Clone, Default)]
pub struct Alert {
    /// Which of the report's sites it stands at.
    pub site: usize,
    pub plugin: String,
    pub name: String,
    pub risk: String,
    pub confidence: String,
    pub description: String,
    pub solution: String,
    pub other: String,
    pub references: Vec<String>,
    pub cwe: Option<u32>,
    pub tags: Vec<String>,
    pub span: Span,
    /// How many instances the report has for it.
    pub instances: u64,
    pub observed_at: Option<Time>,
    pub version: Option<String>,
}

/// One instance, as it stands.
#[derive(Debug, Clone, Default)]
pub struct Instance {
    pub uri: String,
    pub method: String,
    pub param: String,
    pub attack: String,
    pub evidence: String,
    pub other: String,
    pub request: String,
    pub response: String,
}

/// ZAP writes paragraphs as HTML; what people read is their text.
pub fn plain(html: &str) -> String {
    let mut out = String::with_capacity(html.len().min(text::PARAGRAPH));
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        out.push_str(before);
        let tag = ["p>", "/p>", "br>", "br/>", "br />", "ul>", "/ul>", "li>", "/li>"];
        let lower: String = after.chars().take(6).flat_map(char::to_lowercase).collect();
        if let Some(tag) = tag.iter().find(|t| lower.starts_with(*t)) {
            if !tag.starts_with('p') && !tag.starts_with("ul") {
                out.push('\n');
            }
            rest = &after[tag.len()..];
        } else {
            out.push('<');
            rest = after;
        }
    }
    out.push_str(rest);
    clip(&out, text::PARAGRAPH)
}

/// The links in a text of paragraphs, one each.
pub fn links(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in plain(html).lines().map(str::trim).filter(|l| !l.is_empty()) {
        names::add(&mut found, clip_line(line, text::PLACE));
    }
    found
}

/// A confidence in the words ZAP has for its numbers.
fn confidence(word: &str) -> &str {
    match word {
        "0" => "false positive",
        "1" => "low",
        "2" => "medium",
        "3" => "high",
        "4" => "confirmed",
        other => other,
    }
}

fn severity(risk: &str) -> Severity {
    match risk.trim().to_lowercase().as_str() {
        "3" => Severity::High,
        "2" => Severity::Medium,
        "1" => Severity::Low,
        "0" => Severity::Info,
        // "High (Medium)": the risk, then the confidence.
        words => {
            let word = words.split_whitespace().next().unwrap_or_default();
            names::rated(word)
        }
    }
}

impl Alert {
    pub fn bytes(&self) -> usize {
        let references: usize = self.references.iter().map(String::len).sum();
        500 + self.description.len() + self.solution.len() + self.other.len() + references
    }

    /// The record of one instance, or of the alert at its site where there is none.
    pub fn record(&self, instance: Option<&Instance>, site: Option<&Site>, span: Span) -> Record {
        let mut tags = self.tags.clone();
        let confidence = confidence(&self.confidence).to_lowercase();
        if !confidence.is_empty() {
            names::add(&mut tags, clip_line(&format!("confidence:{confidence}"), text::WORD));
        }
        let fields = vec![
            ("tool", TOOL.to_owned()),
            ("plugin", self.plugin.clone()),
            ("alert", self.name.clone()),
        ];
        let occurrence = Self::occurrence(instance, site);
        Record {
            tool_version: self.version.clone(),
            rule: self.plugin.clone(),
            title: self.name.clone(),
            description: self.description.clone(),
            remediation: self.solution.clone(),
            references: self.references.clone(),
            severity: severity(&self.risk),
            severity_word: clip_line(&self.risk, text::WORD),
            cwe: self.cwe.into_iter().collect(),
            cve: names::cves(&format!("{} {}", self.name, self.references.join(" "))),
            suppressed: confidence == "false positive",
            tags,
            detail: self.detail(instance),
            observed_at: self.observed_at,
            ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
        }
    }

    fn occurrence(instance: Option<&Instance>, site: Option<&Site>) -> Occurrence {
        let site_name = site.map(|s| if s.name.is_empty() { &s.host } else { &s.name });
        let site_name = site_name.map(String::as_str).unwrap_or_default();
        let Some(instance) = instance else {
            return place::url(site_name, &[]).unwrap_or_else(|| place::nowhere(&clip_line(site_name, text::PLACE)));
        };
        let (method, param) = (instance.method.to_uppercase(), clip_line(&instance.param, text::PLACE));
        let uri = if instance.uri.is_empty() {
            site_name
        } else {
            &instance.uri
        };
        place::url(uri, &[&method, &param]).unwrap_or_else(|| {
            let shown = clip_line(uri, text::PLACE);
            let mut place = place::nowhere(&shown);
            place.key = crate::import::record::digest(&["text", &shown, &method, &param]);
            place
        })
    }

    fn detail(&self, instance: Option<&Instance>) -> String {
        let mut detail = Detail::default();
        if let Some(i) = instance {
            let said = |t: &'_ str| if t.trim().is_empty() { None } else { Some(t.to_owned()) };
            for (label, body) in [
                ("Method", &i.method),
                ("Parameter", &i.param),
                ("Attack", &i.attack),
                ("Evidence", &i.evidence),
                ("Other", &i.other),
                ("Request", &i.request),
                ("Response", &i.response),
            ] {
                detail.add(label, said(body).as_deref());
            }
        }
        detail.add("Other information", Some(&self.other));
        detail.text()
    }
}
