//! The JSON report: as the XML, with other names.

use serde::Deserialize;

use super::entry::{Dependency, Found, Infos, V2, V3, vector};
use crate::import::Out;
use crate::import::entries::{Inside, each_key, results, unknown};
use crate::import::json::Walker;
use crate::import::limits::{Limits, Refusal, clip_line, text};
use crate::import::loose::{self, Bag, Maybe, Word, Words};
use crate::import::package;
use crate::import::record::Span;
use crate::import::source::Source;

/// What a dependency says that is no vulnerability.
const INSIDE: Inside = Inside {
    of: " of a dependency",
    known: &[
        "evidenceCollected",
        "packages",
        "relatedDependencies",
        "vulnerabilityIds",
        "vulnerabilities",
        "suppressedVulnerabilities",
        "suppressedVulnerabilityIds",
        "includedBy",
    ],
    into: &[],
};

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    let mut infos = Infos::default();
    {
        let mut walker = Walker::open(source.open(limits)?, limits);
        let mut raw = Vec::new();
        each_key(&mut walker, &mut |walker, key| {
            if !matches!(key, "scanInfo" | "projectInfo") {
                return walker.skip();
            }
            let span = walker.capture(&mut raw)?;
            let of: Maybe<Info<'_>> = walker.read(&raw, span)?;
            if let Some(version) = of.0.engine_version.text() {
                infos.version = Some(clip_line(version, text::WORD));
            }
            infos.observed_at = infos.observed_at.max(package::time(of.0.report_date.text()));
            Ok(())
        })?;
        out.summary.bytes = walker.offset();
    }
    out.summary.observed_at = out.summary.observed_at.max(infos.observed_at);
    let mut walker = Walker::open(source.open(limits)?, limits);
    each_key(&mut walker, &mut |walker, key| match key {
        "dependencies" => results(walker, out, "dependency", &mut |walker, raw, span, out| {
            let entry: Entry<'_> = walker.read(raw, span)?;
            let before = out.handed();
            entry.dependency(span).emit(&infos, out)?;
            if out.handed() == before {
                INSIDE.strange(raw, span, out);
            }
            Ok(())
        }),
        "reportSchema" | "scanInfo" | "projectInfo" => walker.skip(),
        other => unknown(walker, other, out),
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Info<'a> {
    #[serde(borrow)]
    engine_version: Word<'a>,
    #[serde(borrow)]
    report_date: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow)]
    file_name: Word<'a>,
    #[serde(borrow)]
    file_path: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    packages: Vec<Package<'a>>,
    #[serde(borrow, deserialize_with = "loose::list")]
    related_dependencies: Vec<Related<'a>>,
    #[serde(borrow)]
    project_references: Words<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    vulnerabilities: Vec<Vulnerability<'a>>,
    #[serde(borrow, deserialize_with = "loose::list")]
    suppressed_vulnerabilities: Vec<Vulnerability<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Package<'a> {
    #[serde(borrow)]
    id: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Related<'a> {
    #[serde(borrow)]
    file_name: Word<'a>,
    #[serde(borrow)]
    file_path: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    source: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    cvssv2: Bag<'a>,
    #[serde(borrow)]
    cvssv3: Bag<'a>,
    #[serde(borrow)]
    cvssv4: Bag<'a>,
    #[serde(borrow)]
    cwes: Words<'a>,
    #[serde(borrow)]
    description: Word<'a>,
    #[serde(borrow)]
    notes: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    references: Vec<Reference<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reference<'a> {
    #[serde(borrow)]
    url: Word<'a>,
    #[serde(borrow)]
    name: Word<'a>,
}

impl Entry<'_> {
    fn dependency(&self, span: Span) -> Dependency {
        let get = |w: &Word<'_>| w.text().unwrap_or_default().to_owned();
        let related = self.related_dependencies.iter();
        let open = self.vulnerabilities.iter().map(|v| v.found(false, span));
        let suppressed = self.suppressed_vulnerabilities.iter().map(|v| v.found(true, span));
        Dependency {
            file: get(&self.file_name),
            path: get(&self.file_path),
            ids: self
                .packages
                .iter()
                .filter_map(|p| p.id.text())
                .map(str::to_owned)
                .collect(),
            related: related
                .filter_map(|r| r.file_name.text().or(r.file_path.text()))
                .map(str::to_owned)
                .collect(),
            projects: self.project_references.iter().map(str::to_owned).collect(),
            found: open.chain(suppressed).collect(),
        }
    }
}

impl Vulnerability<'_> {
    fn found(&self, suppressed: bool, span: Span) -> Found {
        let get = |w: &Word<'_>| w.text().unwrap_or_default().to_owned();
        let number = |bag: &Bag<'_>, key: &str| bag.get(key).next().and_then(|t| t.parse().ok());
        let (v2, v3, v4) = (&self.cvssv2, &self.cvssv3, &self.cvssv4);
        let mut vectors: Vec<String> = v4.get("vectorString").map(str::to_owned).collect();
        let prefix = format!("CVSS:{}/", v3.get("version").next().unwrap_or("3.1"));
        vectors.extend(vector(&prefix, &V3, |name| v3.get(name).next()));
        vectors.extend(vector("", &V2, |name| v2.get(name).next()));
        Found {
            suppressed,
            name: get(&self.name),
            source: get(&self.source),
            severity: get(&self.severity),
            score: number(v4, "baseScore")
                .or_else(|| number(v3, "baseScore"))
                .or_else(|| number(v2, "score")),
            vectors,
            cwe: self.cwes.iter().map(str::to_owned).collect(),
            description: get(&self.description),
            notes: get(&self.notes),
            references: self
                .references
                .iter()
                .filter_map(|r| r.url.text().or(r.name.text()))
                .map(str::to_owned)
                .collect(),
            span,
        }
    }
}
