//! The form of version 6: advisories by number, each with the versions and paths it was found at.

use std::io::Read;

use serde::Deserialize;

use super::{Cvss, TOOL, github_name};
use crate::import::Out;
use crate::import::entries::opens;
use crate::import::json::Walker;
use crate::import::limits::Refusal;
use crate::import::loose::{self, Word, Words};
use crate::import::package::Flaw;
use crate::import::record::Span;

pub fn advisories<R: Read>(walker: &mut Walker<R>, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("advisories", 0);
    if !opens(walker, b'{', "advisories", out)? || !walker.enter(b'{')? {
        return Ok(());
    }
    out.list();
    let (mut first, mut raw) = (true, Vec::new());
    while walker.next_key(&mut first)?.is_some() {
        let object = walker.peek()? == Some(b'{');
        let span = walker.capture(&mut raw)?;
        out.summary.count("advisories", 1);
        out.entry(walker.offset())?;
        if !object {
            out.unreadable("advisories that are no objects", span.offset);
            continue;
        }
        let advisory: Advisory<'_> = walker.read(&raw, span)?;
        advisory.emit(span, out)?;
    }
    Ok(())
}

/// An advisory, as npm and Yarn write it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Advisory<'a> {
    #[serde(borrow, deserialize_with = "loose::list")]
    findings: Vec<Found<'a>>,
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    github_advisory_id: Word<'a>,
    #[serde(borrow)]
    title: Word<'a>,
    #[serde(borrow)]
    module_name: Word<'a>,
    #[serde(borrow)]
    cves: Words<'a>,
    #[serde(borrow)]
    vulnerable_versions: Word<'a>,
    #[serde(borrow)]
    patched_versions: Word<'a>,
    #[serde(borrow)]
    overview: Word<'a>,
    #[serde(borrow)]
    recommendation: Word<'a>,
    #[serde(borrow)]
    references: Words<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    cwe: Words<'a>,
    #[serde(borrow)]
    url: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    cvss: Cvss<'a>,
    #[serde(borrow)]
    updated: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Found<'a> {
    #[serde(borrow)]
    version: Word<'a>,
    #[serde(borrow)]
    paths: Words<'a>,
}

impl Advisory<'_> {
    fn emit(&self, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
        let mut places: Vec<(&str, &str)> = Vec::new();
        for found in &self.findings {
            let version = found.version.text().unwrap_or_default();
            let paths: Vec<&str> = found.paths.iter().collect();
            if paths.is_empty() {
                places.push((version, ""));
            }
            places.extend(paths.into_iter().map(|path| (version, path)));
        }
        if places.is_empty() {
            places.push(("", ""));
        }
        for (version, path) in places {
            let record = self.flaw(TOOL, version, path).record(span);
            out.record_or(record, "advisories without an id", span.offset)?;
        }
        Ok(())
    }

    /// The version that stands at a path.
    pub fn version_at(&self, path: &str) -> Option<&str> {
        let mut at = self.findings.iter().filter(|f| f.paths.iter().any(|p| p == path));
        at.next().or(self.findings.first())?.version.text()
    }

    pub fn flaw(&self, tool: &str, version: &str, path: &str) -> Flaw {
        let get = |w: &Word<'_>| w.text().unwrap_or_default().to_owned();
        let named = self.github_advisory_id.text().or_else(|| github_name(self.url.text()?));
        let mut flaw = Flaw {
            ecosystem: "npm".into(),
            package: get(&self.module_name),
            version: version.to_owned(),
            // `express>debug` reads as other dependency paths do.
            through: path.split('>').map(str::trim).collect::<Vec<_>>().join(" > "),
            advisory: named.or(self.id.text()).unwrap_or_default().to_owned(),
            title: get(&self.title),
            description: get(&self.overview),
            // `<0.0.0` is npm's way to say that no version mends it.
            fixed: get(&self.patched_versions).replace("<0.0.0", ""),
            remedy: get(&self.recommendation),
            word: get(&self.severity),
            ..Flaw::of(tool)
        };
        flaw.alias(self.github_advisory_id.text());
        self.cves.iter().for_each(|c| flaw.alias(Some(c)));
        flaw.reference(self.url.text());
        for words in self.references.iter().flat_map(str::split_whitespace) {
            let address = words.split(['(', ')', '<', '>', ',']).find(|w| w.starts_with("http"));
            flaw.reference(address);
        }
        self.cwe.iter().for_each(|c| flaw.weakness(c));
        self.cvss.tell(&mut flaw);
        flaw.detail.add("Vulnerable versions", self.vulnerable_versions.text());
        flaw.detail.add("Advisory changed", self.updated.text());
        flaw
    }
}
