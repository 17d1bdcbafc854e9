//! The JSON of Checkmarx One: results of several engines in one list.

use serde::Deserialize;

use super::{Item, Step, cwe};
use crate::import::entries::{each_key, results, unknown};
use crate::import::head::Head;
use crate::import::json::Walker;
use crate::import::limits::{Limits, Refusal};
use crate::import::loose::{self, Word, Words};
use crate::import::source::Source;
use crate::import::{Out, clock, names};

pub fn sniff(head: &Head<'_>) -> bool {
    let json = &head.json;
    json.item("results", &["similarityId"])
        || json.item("results", &["type", "data", "severity"])
        || (json.has("scanID") && json.has("results") && json.has("totalCount"))
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("results", 0);
    let mut walker = Walker::open(source.open(limits)?, limits);
    each_key(&mut walker, &mut |walker, key| match key {
        "results" => results(walker, out, "results", &mut |walker, raw, span, out| {
            let entry: Entry<'_> = walker.read(raw, span)?;
            entry.read().emit(span, out)
        }),
        "totalCount" | "scanID" => walker.skip(),
        other => unknown(walker, other, out),
    })?;
    out.summary.bytes = walker.offset();
    Ok(())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    similarity_id: Word<'a>,
    #[serde(borrow, rename = "type")]
    engine: Word<'a>,
    #[serde(borrow)]
    status: Word<'a>,
    #[serde(borrow)]
    state: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    description: Word<'a>,
    #[serde(borrow)]
    found_at: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    data: Data<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    vulnerability_details: Details<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Data<'a> {
    #[serde(borrow)]
    query_id: Word<'a>,
    #[serde(borrow)]
    query_name: Word<'a>,
    #[serde(borrow)]
    group: Word<'a>,
    #[serde(borrow)]
    language_name: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    nodes: Vec<Node<'a>>,
    #[serde(borrow)]
    file_name: Word<'a>,
    #[serde(borrow, alias = "filename")]
    file: Word<'a>,
    #[serde(borrow)]
    line: Word<'a>,
    #[serde(borrow)]
    value: Word<'a>,
    #[serde(borrow)]
    expected_value: Word<'a>,
    /// `Npm-left-pad-1.3.0`
    #[serde(borrow)]
    package_identifier: Word<'a>,
    #[serde(borrow)]
    package_name: Word<'a>,
    #[serde(borrow)]
    package_version: Word<'a>,
    #[serde(borrow, rename = "packageData", deserialize_with = "loose::list")]
    links: Vec<Link<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Link<'a> {
    #[serde(borrow)]
    url: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Node<'a> {
    #[serde(borrow)]
    file_name: Word<'a>,
    #[serde(borrow)]
    line: Word<'a>,
    #[serde(borrow)]
    column: Word<'a>,
    #[serde(borrow)]
    name: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Details<'a> {
    #[serde(borrow)]
    cwe_id: Word<'a>,
    #[serde(borrow)]
    cve_name: Word<'a>,
    #[serde(borrow)]
    cvss_score: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    cvss: Cvss<'a>,
    #[serde(borrow)]
    compliances: Words<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Cvss<'a> {
    #[serde(borrow, alias = "vectorString")]
    vector: Word<'a>,
}

/// A package out of `Npm-left-pad-1.3.0`: its manager, its name, its version.
pub fn package(identifier: &str) -> Option<(String, String)> {
    let (_, rest) = identifier.split_once('-')?;
    let (name, version) = rest.rsplit_once('-')?;
    Some((name.to_owned(), version.to_owned()))
}

impl Entry<'_> {
    fn read(&self) -> Item {
        let said = |word: &Word<'_>| word.text().unwrap_or_default().to_owned();
        let number = |word: &Word<'_>| word.text().and_then(|w| w.parse().ok()).filter(|n| *n > 0_u32);
        let (data, details) = (&self.data, &self.vulnerability_details);
        let mut steps: Vec<Step> = data
            .nodes
            .iter()
            .map(|n| Step {
                file: said(&n.file_name),
                line: number(&n.line),
                column: number(&n.column),
                name: said(&n.name),
                ..Step::default()
            })
            .collect();
        if let Some(file) = data.file_name.text().or(data.file.text()) {
            steps.push(Step {
                file: file.to_owned(),
                line: number(&data.line),
                name: said(&data.value),
                code: match data.expected_value.text() {
                    Some(expected) => format!("expected: {expected}"),
                    None => String::new(),
                },
                ..Step::default()
            });
        }
        let named = data
            .package_name
            .text()
            .map(|n| (n.to_owned(), said(&data.package_version)));
        let package = named.or_else(|| data.package_identifier.text().and_then(package));
        let advisory = details.cve_name.text().or(self.id.text()).filter(|_| package.is_some());
        Item {
            query: data.query_name.text().or(advisory).unwrap_or_default().to_owned(),
            query_id: said(&data.query_id),
            group: said(&data.group),
            severity: said(&self.severity),
            state: said(&self.status),
            suppressed: self
                .state
                .text()
                .is_some_and(|s| s.eq_ignore_ascii_case("NOT_EXPLOITABLE")),
            similarity: said(&self.similarity_id),
            steps,
            description: said(&self.description),
            cwe: cwe(&said(&details.cwe_id)),
            cve: names::cves(&format!("{} {}", said(&details.cve_name), said(&self.id))),
            score: details.cvss_score.number(),
            cvss: details.cvss.vector.text().map(str::to_owned).into_iter().collect(),
            tags: [self.engine.text(), data.language_name.text()]
                .into_iter()
                .flatten()
                .chain(details.compliances.iter())
                .map(str::to_owned)
                .collect(),
            references: data
                .links
                .iter()
                .filter_map(|l| l.url.text())
                .map(str::to_owned)
                .collect(),
            package,
            observed_at: self.found_at.text().and_then(clock::time),
            ..Item::default()
        }
    }
}
