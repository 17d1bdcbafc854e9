//! An entry of a Wapiti report, however it is written, as a record.

use super::{TOOL, VERSION};
use crate::domain::severity::Severity;
use crate::domain::time::Time;
use crate::import::Out;
use crate::import::clock;
use crate::import::detail::Detail;
use crate::import::limits::{Refusal, clip, clip_line, text};
use crate::import::names;
use crate::import::place;
use crate::import::record::{Fingerprint, Record, Span, digest};

/// What is true of the whole report.
#[derive(Debug, Clone, Default)]
pub struct Infos {
    pub target: String,
    pub version: Option<String>,
    pub observed_at: Option<Time>,
}

/// What all entries of a category share.
#[derive(Debug, Clone, Default)]
pub struct Category {
    pub name: String,
    pub description: String,
    pub solution: String,
    /// Name and address.
    pub references: Vec<(String, String)>,
}

/// The lists of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    Vulnerabilities,
    Anomalies,
    Additionals,
}

#[derive(Debug, Clone, Default)]
pub struct Entry {
    pub method: String,
    pub path: String,
    pub info: String,
    pub level: String,
    pub parameter: String,
    pub module: String,
    pub referer: String,
    pub request: String,
    pub response: String,
    pub curl: String,
    pub wstg: Vec<String>,
}

impl List {
    /// By the key or element that holds it.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "vulnerabilities" => Some(Self::Vulnerabilities),
            "anomalies" => Some(Self::Anomalies),
            "additionals" => Some(Self::Additionals),
            _ => None,
        }
    }

    fn counted(self) -> &'static str {
        match self {
            Self::Vulnerabilities => "vulnerability_entry",
            Self::Anomalies => "anomaly_entry",
            Self::Additionals => "additional_entry",
        }
    }

    fn tag(self) -> Option<&'static str> {
        match self {
            Self::Vulnerabilities => None,
            Self::Anomalies => Some("anomaly"),
            Self::Additionals => Some("additional"),
        }
    }
}

impl Infos {
    pub fn set(&mut self, name: &str, value: &str) {
        match name {
            "target" => self.target = clip_line(value, text::PLACE),
            "date" | "dateOfScan" => self.observed_at = clock::time(value),
            "version" | "generatorVersion" => {
                let version = value.trim().trim_start_matches("Wapiti").trim();
                self.version = Some(clip_line(version, text::WORD)).filter(|v| !v.is_empty());
            }
            _ => {}
        }
    }

    pub fn tell(&self, out: &mut Out<'_>) {
        out.summary.observed_at = self.observed_at;
        if names::Target::parse(&self.target).is_some() {
            out.cover(self.target.trim_end_matches('/').to_owned());
        }
    }

    /// A path of the report as a URL of its target.
    fn url(&self, path: &str) -> String {
        let whole = path.contains("://");
        match names::Target::parse(&self.target) {
            Some(target) if !whole => {
                let scheme = target.scheme.as_deref().unwrap_or("http");
                let (_, rest) = self.target.split_once("://").unwrap_or(("", &self.target));
                let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
                let slash = if path.starts_with('/') { "" } else { "/" };
                format!("{scheme}://{authority}{slash}{path}")
            }
            _ => path.to_owned(),
        }
    }
}

/// What is said, without addresses: they say where, and change with their payloads.
fn without_addresses(info: &str) -> String {
    let words = info
        .split_whitespace()
        .map(|word| if word.contains("://") { "…" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

fn severity(level: &str) -> Severity {
    match level.trim() {
        "4" => Severity::Critical,
        "3" => Severity::High,
        "2" => Severity::Medium,
        "1" => Severity::Low,
        "0" => Severity::Info,
        other => other.parse().unwrap_or(Severity::Low),
    }
}

/// Counts an entry and hands it over. `offset`: how far the text has been read.
pub fn emit(
    list: List,
    infos: &Infos,
    category: &Category,
    entry: &Entry,
    (span, offset): (Span, u64),
    out: &mut Out<'_>,
) -> Result<(), Refusal> {
    out.summary.count(list.counted(), 1);
    out.entry(offset)?;
    if category.name.is_empty() && entry.info.is_empty() {
        out.unreadable("entries without a category", span.offset);
        return Ok(());
    }
    let said = clip_line(&without_addresses(&entry.info), text::PLACE);
    let fields = vec![
        ("tool", TOOL.to_owned()),
        ("category", category.name.clone()),
        ("info", said.clone()),
    ];
    let (method, parameter) = (entry.method.to_uppercase(), clip_line(&entry.parameter, text::PLACE));
    // A parameter with its value carries the payload.
    let parameter_name = parameter.split('=').next().unwrap_or_default();
    let url = infos.url(&entry.path);
    let occurrence = place::url(&url, &[&method, parameter_name]).unwrap_or_else(|| {
        let mut nowhere = place::nowhere(&clip_line(&url, text::PLACE));
        nowhere.key = digest(&[&nowhere.key, &method, parameter_name]);
        nowhere
    });
    let title = if said.is_empty() {
        category.name.clone()
    } else {
        format!("{}: {said}", category.name)
    };
    let mut tags: Vec<String> = list.tag().map(str::to_owned).into_iter().collect();
    for tag in Some(entry.module.as_str())
        .into_iter()
        .chain(entry.wstg.iter().map(String::as_str))
    {
        if !tag.is_empty() {
            names::add(&mut tags, clip_line(tag, text::WORD).to_lowercase());
        }
    }
    let (mut references, mut cwe) = (Vec::new(), Vec::new());
    for (name, address) in &category.references {
        if let Some(number) = names::cwe(name).filter(|_| name.to_lowercase().contains("cwe")) {
            names::add(&mut cwe, number);
        }
        let shown = if address.is_empty() { name } else { address };
        names::add(&mut references, clip_line(shown, text::PLACE));
    }
    let mut detail = Detail::default();
    detail.add("", Some(&entry.info));
    detail.add("Method", Some(&entry.method));
    detail.add("Parameter", Some(&entry.parameter));
    detail.add("Referer", Some(&entry.referer));
    detail.add("Request", Some(&entry.request));
    detail.add("Response", Some(&entry.response));
    detail.add("Command", Some(&entry.curl));
    out.record(Record {
        tool_version: infos.version.clone(),
        rule: category.name.clone(),
        title: clip_line(&title, text::TITLE),
        description: clip(&category.description, text::PARAGRAPH),
        remediation: clip(&category.solution, text::PARAGRAPH),
        references,
        severity: severity(&entry.level),
        severity_word: clip_line(&entry.level, text::WORD),
        cwe,
        cve: names::cves(&format!("{} {}", category.name, entry.info)),
        tags,
        detail: detail.text(),
        observed_at: infos.observed_at,
        ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
    })
}
