//! The JSON of Checkmarx One: results of several engines in one list.

use serde::Deserialize;

use super::{Item, Step, cwe};
use crate::import::entries::{each_key, results, unknown};
use crate::import::head::Head;
use crate::import::json::Walker;
use crate::import::limits::{Limits, Refusal};
use crate::import::loose::{self, Bag, Word, Words};
use crate::import::package::image;
use crate::import::secret;
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
    recommendations: Word<'a>,
    #[serde(borrow)]
    comments: Words<'a>,
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
    #[serde(borrow)]
    recommended_version: Word<'a>,
    #[serde(borrow, rename = "scaPackageData", deserialize_with = "loose::object")]
    found: Found<'a>,
    #[serde(borrow)]
    image_name: Word<'a>,
    #[serde(borrow)]
    image_file_path: Word<'a>,
    #[serde(borrow)]
    image_tag: Word<'a>,
    #[serde(borrow)]
    rule_name: Word<'a>,
    #[serde(borrow)]
    rule_id: Word<'a>,
    #[serde(borrow)]
    rule_description: Word<'a>,
    #[serde(borrow)]
    snippet: Word<'a>,
    #[serde(borrow)]
    remediation: Word<'a>,
    #[serde(borrow)]
    remediation_link: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Found<'a> {
    #[serde(borrow)]
    fix_link: Word<'a>,
    #[serde(borrow)]
    locations: Words<'a>,
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
    #[serde(borrow)]
    cvss: Bag<'a>,
    #[serde(borrow)]
    compliances: Words<'a>,
}

/// A package out of `Npm-left-pad-1.3.0`: its manager, its name, its version, which begins with the last digit behind a
/// hyphen (`1.0.0-beta`).
pub fn package(identifier: &str) -> Option<(String, String)> {
    let (_, rest) = identifier.split_once('-')?;
    let numbered = |(at, _): &(usize, &str)| {
        let version = rest[at + 1..].trim_start_matches('v');
        version.starts_with(|c: char| c.is_ascii_digit())
    };
    let at = rest
        .rmatch_indices('-')
        .find(numbered)
        .or_else(|| rest.rmatch_indices('-').next());
    let (name, version) = rest.split_at(at?.0);
    Some((name.to_owned(), version[1..].to_owned()))
}

fn said(word: &Word<'_>) -> String {
    word.text().unwrap_or_default().to_owned()
}

fn number(word: &Word<'_>) -> Option<u32> {
    word.text()?.parse().ok().filter(|n| *n > 0)
}

impl Data<'_> {
    /// The path through the code; of infrastructure and secrets the one place.
    fn steps(&self) -> Vec<Step> {
        let nodes = self.nodes.iter().map(|n| Step {
            file: said(&n.file_name),
            line: number(&n.line),
            column: number(&n.column),
            name: said(&n.name),
            ..Step::default()
        });
        let mut steps: Vec<Step> = nodes.collect();
        if let Some(file) = self.file_name.text().or(self.file.text()) {
            let expected = self.expected_value.text().map(|e| format!("expected: {e}"));
            let masked = || self.snippet.text().map(secret::mask);
            steps.push(Step {
                file: file.to_owned(),
                line: number(&self.line),
                name: said(&self.value),
                code: expected.or_else(masked).unwrap_or_default(),
                ..Step::default()
            });
        }
        steps
    }

    fn package(&self) -> Option<(String, String)> {
        let named = self.package_name.text();
        let named = named.map(|n| (n.to_owned(), said(&self.package_version)));
        named.or_else(|| self.package_identifier.text().and_then(package))
    }

    /// Where a package was found: an image without its tag, or the first of its files by name.
    fn path(&self) -> String {
        if let Some(name) = self.image_name.text() {
            return image(name);
        }
        self.found.locations.iter().min().unwrap_or_default().to_owned()
    }
}

impl Entry<'_> {
    fn read(&self) -> Item {
        let (data, details) = (&self.data, &self.vulnerability_details);
        let package = data.package();
        let advisory = details.cve_name.text().or(self.id.text()).filter(|_| package.is_some());
        let query = data.query_name.text().or(data.rule_name.text()).or(advisory);
        let update = match (&package, data.recommended_version.text()) {
            (Some((name, _)), Some(fixed)) => Some(format!("Update {name} to {fixed}.")),
            _ => None,
        };
        let advice = [update.as_deref(), self.recommendations.text(), data.remediation.text()];
        let image = data
            .image_tag
            .text()
            .map(|tag| format!("image {}:{tag}", said(&data.image_name)));
        let remarks = image.iter().map(String::as_str).chain(data.image_file_path.text());
        let remarks: Vec<&str> = remarks.chain(self.comments.iter()).collect();
        let links = data.links.iter().filter_map(|l| l.url.text());
        let links = links
            .chain(data.found.fix_link.text())
            .chain(data.remediation_link.text());
        let state = said(&self.state).to_lowercase().replace(['_', ' '], "");
        let description = self.description.text().or(data.rule_description.text());
        Item {
            query: query.unwrap_or_default().to_owned(),
            query_id: data
                .query_id
                .text()
                .or(data.rule_id.text())
                .unwrap_or_default()
                .to_owned(),
            group: said(&data.group),
            severity: said(&self.severity),
            state: said(&self.status),
            suppressed: state == "notexploitable",
            similarity: said(&self.similarity_id),
            steps: data.steps(),
            description: description.unwrap_or_default().to_owned(),
            remedy: advice.into_iter().flatten().collect::<Vec<_>>().join("\n\n"),
            remark: remarks.join("; "),
            cwe: cwe(&said(&details.cwe_id)),
            cve: names::cves(&format!("{} {}", said(&details.cve_name), said(&self.id))),
            score: details.cvss_score.number(),
            cvss: super::sca::vector(&details.cvss).into_iter().collect(),
            tags: [self.engine.text(), data.language_name.text()]
                .into_iter()
                .flatten()
                .chain(details.compliances.iter())
                .map(str::to_owned)
                .collect(),
            references: links.map(str::to_owned).collect(),
            path: if package.is_some() { data.path() } else { String::new() },
            package,
            observed_at: self.found_at.text().and_then(clock::time),
        }
    }
}
