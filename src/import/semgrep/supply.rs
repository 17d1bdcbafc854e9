//! Supply-chain findings as Semgrep's platform hands them out: an advisory that a package of a lock file matches.

use std::io::Read;

use serde::Deserialize;

use super::{Many, TOOL, VERSION, listed, severity};
use crate::import::detail::Detail;
use crate::import::json::Walker;
use crate::import::limits::{Refusal, clip, clip_line, text};
use crate::import::loose::{self, Word};
use crate::import::names;
use crate::import::place;
use crate::import::record::{Fingerprint, Record, Span, digest};
use crate::import::{Out, clock};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    title: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    advisory: Advisory<'a>,
    #[serde(borrow, rename = "matchedDependency", deserialize_with = "loose::object")]
    package: Package<'a>,
    #[serde(borrow, rename = "closestSafeDependency", deserialize_with = "loose::object")]
    safe: Package<'a>,
    #[serde(borrow, rename = "dependencyFileLocation", deserialize_with = "loose::object")]
    file: File<'a>,
    #[serde(borrow, rename = "exposureType")]
    exposure: Word<'a>,
    #[serde(borrow, rename = "repositoryName")]
    repository: Word<'a>,
    #[serde(borrow)]
    transitivity: Word<'a>,
    #[serde(borrow, rename = "openedAt")]
    opened: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    usages: Vec<Usage<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Advisory<'a> {
    #[serde(borrow, rename = "ruleId")]
    rule: Word<'a>,
    #[serde(borrow)]
    title: Word<'a>,
    #[serde(borrow)]
    description: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    ecosystem: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    references: References<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct References<'a> {
    #[serde(borrow, rename = "cveIds")]
    cve: Many<'a>,
    #[serde(borrow, rename = "cweIds")]
    cwe: Many<'a>,
    #[serde(borrow)]
    urls: Many<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Package<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow, rename = "versionSpecifier")]
    version: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct File<'a> {
    #[serde(borrow)]
    path: Word<'a>,
    #[serde(borrow, rename = "startLine")]
    line: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Usage<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    location: File<'a>,
}

pub fn take<R: Read>(walker: &Walker<R>, raw: &[u8], span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
    let entry: Entry<'_> = walker.read(raw, span)?;
    out.record_or(entry.record(span), "vulns without an advisory", span.offset)
}

impl Entry<'_> {
    fn record(&self, span: Span) -> Option<Record> {
        let advisory = &self.advisory;
        let title = self.title.text().or_else(|| advisory.title.text());
        let rule = clip_line(advisory.rule.text().or(title)?, text::WORD);
        let name = self.package.name.text().unwrap_or_default();
        let version = self.package.version.text().unwrap_or_default();
        let path = self.file.path.text().unwrap_or_default();
        let mut occurrence = place::package(name, version, path);
        if let Some(line) = self.file.line.text().and_then(|l| l.parse().ok()) {
            occurrence.parts.line = Some(line);
            occurrence.key = digest(&[&occurrence.key, &line.to_string()]);
        }
        if let Some(repository) = self.repository.text() {
            occurrence.key = digest(&[&occurrence.key, repository]);
        }
        let mut detail = Detail::default();
        detail.add("Repository", self.repository.text());
        detail.add("Exposure", self.exposure.text());
        detail.add("Transitivity", self.transitivity.text());
        let usages: Vec<String> = self
            .usages
            .iter()
            .take(text::LIST)
            .filter_map(|u| {
                Some(format!(
                    "{}:{}",
                    u.location.path.text()?,
                    u.location.line.text().unwrap_or("?")
                ))
            })
            .collect();
        detail.add("Used at", Some(&usages.join("\n")));
        let word = advisory.severity.text().unwrap_or_default();
        let mut cve = Vec::new();
        for found in advisory.references.cve.iter().flat_map(names::cves) {
            names::add(&mut cve, found);
        }
        let mut cwe = Vec::new();
        for found in advisory.references.cwe.iter().filter_map(names::cwe) {
            names::add(&mut cwe, found);
        }
        let fix = self.safe.name.text().zip(self.safe.version.text());
        let fields = vec![
            ("tool", TOOL.to_owned()),
            ("advisory", rule.clone()),
            ("package", clip_line(name, text::WORD)),
        ];
        Some(Record {
            title: clip_line(title.unwrap_or(&rule), text::TITLE),
            description: clip(advisory.description.text().unwrap_or_default(), text::PARAGRAPH),
            remediation: fix
                .map(|(name, version)| clip_line(&format!("Update {name} to {version}."), text::TITLE))
                .unwrap_or_default(),
            references: listed(advisory.references.urls.iter()),
            severity: severity(word),
            severity_word: clip_line(word, text::WORD),
            cve,
            cwe,
            tags: advisory
                .ecosystem
                .text()
                .map(|e| clip_line(e, text::WORD))
                .into_iter()
                .collect(),
            detail: detail.text(),
            observed_at: self.opened.text().and_then(clock::time),
            rule,
            ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
        })
    }
}
