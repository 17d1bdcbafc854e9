//! Entries of a result: what they say, and what becomes of them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::walk::{Kind, Owner};
use super::{TOOL, VERSION};
use crate::import::Out;
use crate::import::detail::Detail;
use crate::import::json;
use crate::import::limits::{Refusal, clip, clip_line, text};
use crate::import::loose::{self, Maybe, Word, Words};
use crate::import::names;
use crate::import::package::{self, Flaw, Purl};
use crate::import::place;
use crate::import::record::{Fingerprint, Record, Span, digest};
use crate::import::secret;

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Vulnerability<'a> {
    #[serde(borrow, rename = "VulnerabilityID")]
    id: Word<'a>,
    #[serde(borrow, rename = "VendorIDs")]
    vendor_ids: Words<'a>,
    #[serde(borrow)]
    pkg_name: Word<'a>,
    #[serde(borrow)]
    pkg_path: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    pkg_identifier: Identifier<'a>,
    #[serde(borrow)]
    installed_version: Word<'a>,
    #[serde(borrow)]
    fixed_version: Word<'a>,
    #[serde(borrow)]
    status: Word<'a>,
    #[serde(borrow)]
    severity_source: Word<'a>,
    #[serde(borrow, rename = "PrimaryURL")]
    address: Word<'a>,
    #[serde(borrow)]
    title: Word<'a>,
    #[serde(borrow)]
    description: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow, rename = "CweIDs")]
    cwe: Words<'a>,
    #[serde(borrow, rename = "CVSS", deserialize_with = "loose::object")]
    cvss: BTreeMap<Cow<'a, str>, Maybe<Cvss<'a>>>,
    #[serde(borrow)]
    references: Words<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Identifier<'a> {
    #[serde(borrow, rename = "PURL")]
    purl: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Cvss<'a> {
    #[serde(borrow)]
    v2_vector: Word<'a>,
    #[serde(borrow)]
    v3_vector: Word<'a>,
    #[serde(borrow)]
    v40_vector: Word<'a>,
    #[serde(borrow)]
    v2_score: Word<'a>,
    #[serde(borrow)]
    v3_score: Word<'a>,
    #[serde(borrow)]
    v40_score: Word<'a>,
}

impl Cvss<'_> {
    fn score(&self) -> Option<f64> {
        [&self.v40_score, &self.v3_score, &self.v2_score]
            .into_iter()
            .filter_map(Word::number)
            .find(|s| *s > 0.0)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Misconfiguration<'a> {
    #[serde(borrow, rename = "ID")]
    id: Word<'a>,
    #[serde(borrow, rename = "AVDID")]
    avd: Word<'a>,
    #[serde(borrow)]
    title: Word<'a>,
    #[serde(borrow)]
    description: Word<'a>,
    #[serde(borrow)]
    message: Word<'a>,
    #[serde(borrow)]
    resolution: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow, rename = "PrimaryURL")]
    address: Word<'a>,
    #[serde(borrow)]
    references: Words<'a>,
    #[serde(borrow)]
    status: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    cause_metadata: Cause<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Cause<'a> {
    #[serde(borrow)]
    resource: Word<'a>,
    #[serde(borrow)]
    start_line: Word<'a>,
    #[serde(borrow)]
    end_line: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    code: Code<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Code<'a> {
    #[serde(borrow, deserialize_with = "loose::list")]
    lines: Vec<CodeLine<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct CodeLine<'a> {
    #[serde(borrow)]
    content: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Secret<'a> {
    #[serde(borrow, rename = "RuleID")]
    rule: Word<'a>,
    #[serde(borrow)]
    category: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    title: Word<'a>,
    #[serde(borrow)]
    start_line: Word<'a>,
    #[serde(borrow)]
    end_line: Word<'a>,
    #[serde(borrow, rename = "Match")]
    found: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct License<'a> {
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    category: Word<'a>,
    #[serde(borrow)]
    pkg_name: Word<'a>,
    #[serde(borrow)]
    file_path: Word<'a>,
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    link: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Modified<'a> {
    #[serde(borrow, rename = "Type")]
    kind: Word<'a>,
    #[serde(borrow)]
    status: Word<'a>,
    #[serde(borrow)]
    statement: Word<'a>,
    #[serde(borrow)]
    source: Word<'a>,
    #[serde(borrow)]
    finding: Option<&'a serde_json::value::RawValue>,
}

/// Reads one entry. The outer error is the text's, the inner one a cap's.
pub fn take(
    kind: Kind,
    owner: &Owner,
    raw: &[u8],
    span: Span,
    out: &mut Out<'_>,
) -> Result<Result<(), Refusal>, serde_json::Error> {
    if kind == Kind::Modified {
        let modified: Modified<'_> = json::parse(raw)?;
        return modified.take(owner, span, out);
    }
    let record = read(kind, owner, raw, span)?;
    Ok(match record {
        Entry::Passed => {
            out.summary.leave_out("checks that passed");
            Ok(())
        }
        Entry::Read(record) => out.record(*record),
        Entry::Unreadable => {
            out.unreadable(&format!("{} without an id", kind.name()), span.offset);
            Ok(())
        }
    })
}

enum Entry {
    Read(Box<Record>),
    Passed,
    Unreadable,
}

impl From<Option<Record>> for Entry {
    fn from(record: Option<Record>) -> Self {
        record.map_or(Self::Unreadable, |r| Self::Read(Box::new(r)))
    }
}

fn read(kind: Kind, owner: &Owner, raw: &[u8], span: Span) -> Result<Entry, serde_json::Error> {
    Ok(match kind {
        Kind::Vulnerability => json::parse::<Vulnerability<'_>>(raw)?.record(owner, span).into(),
        Kind::Misconfiguration => {
            let check: Misconfiguration<'_> = json::parse(raw)?;
            if check.status.text() == Some("PASS") {
                return Ok(Entry::Passed);
            }
            check.record(owner, span).into()
        }
        Kind::Secret => json::parse::<Secret<'_>>(raw)?.record(owner, span).into(),
        Kind::License => json::parse::<License<'_>>(raw)?.record(owner, span).into(),
        Kind::Modified => Entry::Unreadable,
    })
}

impl Modified<'_> {
    fn take(&self, owner: &Owner, span: Span, out: &mut Out<'_>) -> Result<Result<(), Refusal>, serde_json::Error> {
        let kind = match self.kind.text() {
            Some("vulnerability") => Kind::Vulnerability,
            Some("misconfiguration") => Kind::Misconfiguration,
            Some("secret") => Kind::Secret,
            Some("license") => Kind::License,
            _ => Kind::Modified,
        };
        let entry = match self.finding {
            Some(raw) => read(kind, owner, raw.get().as_bytes(), span)?,
            None => Entry::Unreadable,
        };
        let Entry::Read(mut record) = entry else {
            out.unreadable("suppressed findings of an unknown kind", span.offset);
            return Ok(Ok(()));
        };
        record.suppressed = true;
        let mut detail = Detail::default();
        detail.add("Suppressed as", self.status.text());
        detail.add("Because", self.statement.text());
        detail.add("By", self.source.text());
        detail.add("", Some(&record.detail));
        record.detail = detail.text();
        Ok(out.record(*record))
    }
}

impl Vulnerability<'_> {
    fn record(&self, owner: &Owner, span: Span) -> Option<Record> {
        let get = |w: &Word<'_>| w.text().unwrap_or_default().to_owned();
        let mut flaw = Flaw::of(TOOL);
        let purl = self.pkg_identifier.purl.text().and_then(Purl::parse);
        flaw.ecosystem = purl.map_or_else(|| owner.ecosystem.clone(), |p| p.kind);
        flaw.package = get(&self.pkg_name);
        flaw.version = get(&self.installed_version);
        flaw.fixed = get(&self.fixed_version);
        flaw.target = owner.scanned();
        flaw.path = match self.pkg_path.text() {
            Some(path) => path.to_owned(),
            None if owner.is_system() => String::new(),
            None => owner.target.clone(),
        };
        flaw.advisory = get(&self.id);
        for id in self.vendor_ids.iter() {
            flaw.alias(Some(id));
        }
        flaw.title = get(&self.title);
        flaw.description = get(&self.description);
        flaw.reference(self.address.text());
        for address in self.references.iter() {
            flaw.reference(Some(address));
        }
        flaw.word = get(&self.severity);
        for word in self.cwe.iter() {
            flaw.weakness(word);
        }
        // The source whose severity Trivy took speaks first.
        let chosen = self.severity_source.text().unwrap_or_default();
        let first = [chosen, "nvd", "ghsa", "redhat"];
        let first = first.iter().filter_map(|name| self.cvss.get(*name));
        for Maybe(cvss) in first.chain(self.cvss.values()) {
            flaw.score = flaw.score.or_else(|| cvss.score());
            for vector in [&cvss.v40_vector, &cvss.v3_vector, &cvss.v2_vector] {
                flaw.vector(vector.text());
            }
        }
        let status = get(&self.status);
        flaw.suppressed = status == "not_affected";
        flaw.detail.add("Status", Some(&status));
        flaw.detail.add("Target", Some(&owner.target));
        artifact(&mut flaw.detail, owner);
        flaw.record(span)
    }
}

fn artifact(detail: &mut Detail, owner: &Owner) {
    detail.add(
        "Scanned",
        Some(&owner.artifact)
            .filter(|a| **a != owner.target)
            .map(String::as_str),
    );
    detail.add("Cluster", Some(&owner.cluster));
}

/// `DS002`, `AVD-DS-0002` and `DS-0002` are one check in three versions of Trivy.
fn check_key(id: &str) -> String {
    let id = id.trim().to_uppercase();
    let id = id.strip_prefix("AVD-").unwrap_or(&id);
    let digits = id.len() - id.trim_end_matches(|c: char| c.is_ascii_digit()).len();
    let (name, number) = id.split_at(id.len() - digits);
    let (name, number) = (name.trim_end_matches('-'), number.trim_start_matches('0'));
    if name.is_empty() || digits == 0 {
        return clip_line(id, text::WORD);
    }
    clip_line(&format!("{name}-{number}"), text::WORD)
}

/// A place in a file of an image, a resource or a folder.
fn at(owner: &Owner, path: &str, start: &Word<'_>, end: &Word<'_>) -> crate::import::record::Occurrence {
    let number = |w: &Word<'_>| w.text().and_then(|t| t.parse::<u32>().ok()).filter(|n| *n > 0);
    let mut occurrence = place::code(path, number(start), number(end), None);
    let scanned = owner.scanned();
    if !scanned.is_empty() && !path.starts_with(&scanned) {
        occurrence.key = digest(&[&occurrence.key, &scanned]);
        occurrence.place = clip_line(&format!("{scanned}: {}", occurrence.place), text::PLACE);
    }
    occurrence
}

impl Misconfiguration<'_> {
    fn record(&self, owner: &Owner, span: Span) -> Option<Record> {
        let id = self.avd.text().or_else(|| self.id.text())?;
        let rule = clip_line(self.id.text().unwrap_or(id), text::WORD);
        let title = self.title.text().unwrap_or(&rule);
        let message = self.message.text().unwrap_or(title);
        let cause = &self.cause_metadata;
        let anchor = match cause.resource.text() {
            Some(resource) => ("resource", clip_line(resource, text::PLACE)),
            None => ("message", digest(&[message])[..16].to_owned()),
        };
        let fields = vec![
            ("tool", TOOL.to_owned()),
            ("check", check_key(id)),
            ("scanned", owner.scanned()),
            ("path", place::path_key(&owner.target)),
            anchor,
        ];
        let mut detail = Detail::default();
        detail.add("", Some(message));
        detail.add("Resource", cause.resource.text());
        let code: Vec<&str> = cause.code.lines.iter().filter_map(|l| l.content.0.as_deref()).collect();
        detail.add("Code", Some(&code.join("\n")));
        artifact(&mut detail, owner);
        let word = self.severity.text().unwrap_or_default();
        let occurrence = at(owner, &owner.target, &cause.start_line, &cause.end_line);
        Some(Record {
            title: clip_line(&format!("{title} ({rule})"), text::TITLE),
            description: clip(self.description.text().unwrap_or(message), text::PARAGRAPH),
            remediation: clip(self.resolution.text().unwrap_or_default(), text::PARAGRAPH),
            references: listed(self.address.text().into_iter().chain(self.references.iter())),
            severity: package::severity(word, None),
            severity_word: clip_line(word, text::WORD),
            tags: listed(["misconfiguration", owner.ecosystem.as_str()].into_iter()),
            detail: detail.text(),
            suppressed: self.status.text() == Some("EXCEPTION"),
            rule,
            ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
        })
    }
}

fn listed<'w>(words: impl Iterator<Item = &'w str>) -> Vec<String> {
    let mut found = Vec::new();
    for word in words.filter(|w| !w.is_empty()) {
        names::add(&mut found, clip_line(word, text::PLACE));
    }
    found
}

impl Secret<'_> {
    fn record(&self, owner: &Owner, span: Span) -> Option<Record> {
        let rule = clip_line(self.rule.text()?, text::WORD);
        let found = self.found.text().unwrap_or_default();
        let fields = vec![
            ("tool", TOOL.to_owned()),
            ("secret", rule.clone()),
            ("scanned", owner.scanned()),
            ("path", place::path_key(&owner.target)),
            ("match", secret::fingerprint(found)),
        ];
        let shown = if secret::is_masked(found) {
            found.to_owned()
        } else {
            secret::mask(found)
        };
        let mut detail = Detail::default();
        detail.add("Found (masked)", Some(&shown));
        detail.add("Category", self.category.text());
        artifact(&mut detail, owner);
        let word = self.severity.text().unwrap_or_default();
        let occurrence = at(owner, &owner.target, &self.start_line, &self.end_line);
        Some(Record {
            title: clip_line(&format!("Secret: {}", self.title.text().unwrap_or(&rule)), text::TITLE),
            severity: package::severity(word, None),
            severity_word: clip_line(word, text::WORD),
            tags: vec!["secret".to_owned()],
            detail: detail.text(),
            rule,
            ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
        })
    }
}

impl License<'_> {
    fn record(&self, owner: &Owner, span: Span) -> Option<Record> {
        let name = clip_line(self.name.text()?, text::WORD);
        let package = clip_line(self.pkg_name.text().unwrap_or_default(), text::WORD);
        let path = self.file_path.text().unwrap_or_default();
        let fields = vec![
            ("tool", TOOL.to_owned()),
            ("license", name.clone()),
            ("package", package.to_lowercase()),
            ("path", place::path_key(path)),
        ];
        let mut detail = Detail::default();
        detail.add("Category", self.category.text());
        detail.add("Target", Some(&owner.target));
        artifact(&mut detail, owner);
        let scanned = owner.scanned();
        let mut occurrence = place::package(&package, "", path);
        occurrence.key = digest(&[&occurrence.key, &scanned, &owner.target]);
        if !scanned.is_empty() {
            occurrence.place = clip_line(&format!("{scanned}: {}", occurrence.place), text::PLACE);
        }
        let of = if package.is_empty() { path } else { &package };
        let word = self.severity.text().unwrap_or_default();
        Some(Record {
            title: clip_line(&format!("Licence {name} of {of}"), text::TITLE),
            references: listed(self.link.text().into_iter()),
            severity: package::severity(word, None),
            severity_word: clip_line(word, text::WORD),
            tags: vec!["license".to_owned()],
            detail: detail.text(),
            rule: name,
            ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
        })
    }
}
