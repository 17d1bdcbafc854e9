//! The reports of Checkmarx One in JSON, new and old: results below their queries, packages and technologies.
//!
//! What is true of a query stands in front of its results; what is true of a kind of vulnerability may stand behind
//! everything, and is read first.

use std::collections::HashMap;
use std::io::Read;

use serde::Deserialize;

use super::{Item, Step, cwe};
use crate::import::entries::{each_key, keys_inside, opens, results, strange_of, unknown};
use crate::import::head::Head;
use crate::import::json::Walker;
use crate::import::limits::{Limits, Refusal, clip, clip_line, text};
use crate::import::loose::{self, Word, Words};
use crate::import::source::Source;
use crate::import::{Out, clock, names};

/// Keys of a report that count or describe what stands elsewhere in it.
const KNOWN: [&str; 23] = [
    "reportId",
    "reportCreationDate",
    "reportType",
    "reportHeader",
    "reportFilters",
    "executiveSummary",
    "scanSummary",
    "scanInformation",
    "projectAndScanTags",
    "densityGrade",
    "scannerOverview",
    "statusOverview",
    "stateOverview",
    "languageOverview",
    "technologyOverview",
    "packageOverview",
    "severityOverview",
    "vulnerabilitiesTable",
    "topTenVulnerabilities",
    "topTenVulnerableFiles",
    "topFiveOldestBySeverity",
    "categories",
    "vulnerabilityDetails",
];

pub fn sniff(head: &Head<'_>) -> bool {
    let json = &head.json;
    ["reportHeader", "reportId", "reportType", "reportCreationDate"]
        .iter()
        .any(|k| json.has(k))
        && [
            "executiveSummary",
            "scanResults",
            "scanInformation",
            "scaScanResults",
            "iacScanResults",
        ]
        .iter()
        .any(|k| json.has(k))
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("results", 0);
    let details = details(source, limits)?;
    let mut walker = Walker::open(source.open(limits)?, limits);
    let said = &details;
    each_key(&mut walker, &mut |walker, key| match key {
        "scanResults" if !opens(walker, b'{', key, out)? => Ok(()),
        "scanResults" => keys_inside(walker, &mut |walker, key| match key {
            "resultsList" if !opens(walker, b'[', key, out)? => Ok(()),
            "resultsList" => each_inside(walker, &mut |walker| query(walker, "sast", "", said, out)),
            "sast" => inside_of(walker, "languages", out, &mut |walker, out| language(walker, said, out)),
            "sca" => inside_of(walker, "packages", out, &mut |walker, out| package(walker, out)),
            "kics" => inside_of(walker, "results", out, &mut |walker, out| {
                query(walker, "kics", "", said, out)
            }),
            other => strange_of(walker, other, " of the results", out),
        }),
        "iacScanResults" => inside_of(walker, "technology", out, &mut |walker, out| {
            inside_of(walker, "queries", out, &mut |walker, out| {
                query(walker, "kics", "", said, out)
            })
        }),
        "scaScanResults" => inside_of(walker, "packages", out, &mut |walker, out| package(walker, out)),
        "resolvedVulnerabilities" => inside_of(walker, "resolvedVulnerabilities", out, &mut |walker, out| {
            out.summary.leave_out("vulnerabilities that Checkmarx calls resolved");
            walker.skip()
        }),
        known if KNOWN.contains(&known) => walker.skip(),
        other => unknown(walker, other, out),
    })?;
    out.summary.bytes = walker.offset();
    Ok(())
}

type Then<'f, R> = dyn FnMut(&mut Walker<R>) -> Result<(), Refusal> + 'f;

type With<'f, R> = dyn FnMut(&mut Walker<R>, &mut Out<'_>) -> Result<(), Refusal> + 'f;

/// Every element of a list; what is none is passed over.
fn each_inside<R: Read>(walker: &mut Walker<R>, then: &mut Then<'_, R>) -> Result<(), Refusal> {
    if !walker.enter(b'[')? {
        return walker.skip();
    }
    let mut first = true;
    while walker.next_item(&mut first)? {
        then(walker)?;
    }
    Ok(())
}

/// Every element of the list at a key of an object.
fn inside_of<R: Read>(
    walker: &mut Walker<R>,
    list: &str,
    out: &mut Out<'_>,
    then: &mut With<'_, R>,
) -> Result<(), Refusal> {
    if !opens(walker, b'{', list, out)? {
        return Ok(());
    }
    keys_inside(walker, &mut |walker, key| {
        if key == list {
            if !opens(walker, b'[', key, out)? {
                return Ok(());
            }
            each_inside(walker, &mut |walker| then(walker, out))
        } else {
            strange_of(walker, key, " of the results", out)
        }
    })
}

/// What a report says of kinds of vulnerabilities behind its results: why, and how to mend them.
#[derive(Debug, Default)]
struct Advice {
    said: String,
    remedy: String,
}

type Details = HashMap<String, Advice>;

fn details(source: &mut Source<'_>, limits: &Limits) -> Result<Details, Refusal> {
    #[derive(Debug, Default, Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Detail<'a> {
        #[serde(borrow)]
        vulnerability_name: Word<'a>,
        #[serde(borrow)]
        risk: Word<'a>,
        #[serde(borrow)]
        cause: Word<'a>,
        #[serde(borrow)]
        general_recommendations: Word<'a>,
    }
    let mut walker = Walker::open(source.open(limits)?, limits);
    let (mut found, mut raw, mut budget) = (Details::new(), Vec::new(), limits.table_bytes);
    each_key(&mut walker, &mut |walker, key| {
        if key != "vulnerabilityDetails" {
            return walker.skip();
        }
        each_inside(walker, &mut |walker| {
            let span = walker.capture_table(&mut raw, &mut budget)?;
            let read: loose::Maybe<Detail<'_>> = walker.read(&raw, span)?;
            let name = clip_line(read.0.vulnerability_name.text().unwrap_or_default(), text::TITLE);
            if found.len() < limits.table {
                let why: Vec<&str> = [&read.0.risk, &read.0.cause]
                    .into_iter()
                    .filter_map(Word::text)
                    .collect();
                let advice = Advice {
                    said: clip(&why.join("\n\n"), text::PARAGRAPH),
                    remedy: clip(
                        read.0.general_recommendations.text().unwrap_or_default(),
                        text::PARAGRAPH,
                    ),
                };
                found.insert(name, advice);
            }
            Ok(())
        })
    })?;
    Ok(found)
}

/// One text at the current place.
fn word<R: Read>(walker: &mut Walker<R>, raw: &mut Vec<u8>) -> Result<String, Refusal> {
    let span = walker.capture(raw)?;
    let word: Word<'_> = walker.read(raw, span)?;
    Ok(clip(word.text().unwrap_or_default(), text::PARAGRAPH))
}

fn language<R: Read>(walker: &mut Walker<R>, said: &Details, out: &mut Out<'_>) -> Result<(), Refusal> {
    let (mut name, mut raw) = (String::new(), Vec::new());
    keys_inside(walker, &mut |walker, key| match key {
        "languageName" => {
            name = word(walker, &mut raw)?;
            Ok(())
        }
        "queries" => each_inside(walker, &mut |walker| query(walker, "sast", &name, said, out)),
        other => strange_of(walker, other, " of a language", out),
    })
}

/// What is true of all results of a query.
#[derive(Debug, Default)]
struct Query {
    name: String,
    id: String,
    group: String,
    description: String,
    cwe: String,
    tags: Vec<String>,
}

fn query<R: Read>(
    walker: &mut Walker<R>,
    engine: &str,
    language: &str,
    said: &Details,
    out: &mut Out<'_>,
) -> Result<(), Refusal> {
    let mut raw = Vec::new();
    let mut query = Query {
        tags: vec![engine.to_owned(), language.to_owned()],
        ..Query::default()
    };
    keys_inside(walker, &mut |walker, key| {
        let field = match key {
            "queryName" => &mut query.name,
            "queryId" => &mut query.id,
            "queryPath" | "category" => &mut query.group,
            "description" => &mut query.description,
            "cweId" => &mut query.cwe,
            "vulnerabilities" | "resultsList" => {
                let query = &query;
                return results(walker, out, "results", &mut |walker, raw, span, out| {
                    let entry: Entry<'_> = walker.read(raw, span)?;
                    entry.item(query, said).emit(span, out)
                });
            }
            other => return strange_of(walker, other, " of a query", out),
        };
        *field = word(walker, &mut raw)?;
        Ok(())
    })
}

/// A package with its vulnerabilities: `Npm-left-pad-1.3.0`, or name and version. Other lists in it are named.
fn package<R: Read>(walker: &mut Walker<R>, out: &mut Out<'_>) -> Result<(), Refusal> {
    let (mut name, mut version, mut raw) = (String::new(), String::new(), Vec::new());
    keys_inside(walker, &mut |walker, key| {
        let field = match key {
            "name" | "packageName" => &mut name,
            "version" | "packageVersion" => &mut version,
            "vulnerabilities" => {
                let (name, version) = (&name, &version);
                return results(walker, out, "results", &mut |walker, raw, span, out| {
                    let entry: Entry<'_> = walker.read(raw, span)?;
                    entry.flaw(name, version).emit(span, out)
                });
            }
            other if walker.peek()? == Some(b'[') => return unknown(walker, other, out),
            _ => return walker.skip(),
        };
        *field = word(walker, &mut raw)?;
        Ok(())
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Entry<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow, alias = "similarityID")]
    similarity_id: Word<'a>,
    #[serde(borrow)]
    status: Word<'a>,
    #[serde(borrow)]
    state: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    query_name: Word<'a>,
    #[serde(borrow, alias = "queryID")]
    query_id: Word<'a>,
    #[serde(borrow)]
    group_name: Word<'a>,
    #[serde(borrow)]
    category: Word<'a>,
    #[serde(borrow)]
    description: Word<'a>,
    #[serde(borrow)]
    cwe: Word<'a>,
    #[serde(borrow, alias = "cweID")]
    cwe_id: Word<'a>,
    #[serde(borrow)]
    cve_name: Word<'a>,
    #[serde(borrow)]
    cve: Word<'a>,
    #[serde(borrow)]
    score: Word<'a>,
    #[serde(borrow)]
    version: Word<'a>,
    #[serde(borrow)]
    compliance: Words<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    nodes: Vec<At<'a>>,
    #[serde(borrow)]
    file_name: Word<'a>,
    #[serde(borrow)]
    line: Word<'a>,
    #[serde(borrow)]
    expected_value: Word<'a>,
    #[serde(borrow)]
    actual_value: Word<'a>,
    #[serde(borrow)]
    source_file_name: Word<'a>,
    #[serde(borrow)]
    source_line: Word<'a>,
    #[serde(borrow)]
    destination_file_name: Word<'a>,
    #[serde(borrow)]
    destination_line: Word<'a>,
    #[serde(borrow)]
    destination_node: Word<'a>,
    /// A text, or an object with seconds.
    #[serde(borrow, alias = "foundAt")]
    found_date: Words<'a>,
    #[serde(borrow)]
    last_detection_date: Words<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct At<'a> {
    #[serde(borrow)]
    file_name: Word<'a>,
    #[serde(borrow)]
    line: Word<'a>,
    #[serde(borrow)]
    column: Word<'a>,
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    node: Word<'a>,
    #[serde(borrow)]
    code: Word<'a>,
}

fn own(word: &Word<'_>) -> String {
    word.text().unwrap_or_default().to_owned()
}

fn number(word: &Word<'_>) -> Option<u32> {
    word.text()?.parse().ok().filter(|n| *n > 0)
}

impl Entry<'_> {
    /// What results of all engines share.
    fn common(&self) -> Item {
        let state = own(&self.state).replace([' ', '_'], "");
        let mut seen = self.found_date.iter().chain(self.last_detection_date.iter());
        Item {
            severity: own(&self.severity),
            state: own(&self.status),
            suppressed: state.eq_ignore_ascii_case("notexploitable"),
            observed_at: seen.find_map(clock::time),
            ..Item::default()
        }
    }

    /// A result that stands below no query.
    pub fn alone(&self) -> Item {
        self.item(&Query::default(), &Details::new())
    }

    fn item(&self, query: &Query, said: &Details) -> Item {
        let steps = self.nodes.iter().map(|n| Step {
            file: own(&n.file_name),
            line: number(&n.line),
            column: number(&n.column),
            name: n.name.text().or(n.node.text()).unwrap_or_default().to_owned(),
            code: own(&n.code),
        });
        let mut steps: Vec<Step> = steps.collect();
        if steps.is_empty() {
            for (file, line, name) in [
                (&self.source_file_name, &self.source_line, &Word::default()),
                (
                    &self.destination_file_name,
                    &self.destination_line,
                    &self.destination_node,
                ),
                (&self.file_name, &self.line, &self.actual_value),
            ] {
                if file.text().is_some() {
                    let expected = self.expected_value.text().map(|e| format!("expected: {e}"));
                    steps.push(Step {
                        file: own(file),
                        line: number(line),
                        name: own(name),
                        code: expected.unwrap_or_default(),
                        ..Step::default()
                    });
                }
            }
        }
        let first = |own: &Word<'_>, shared: &str| own.text().unwrap_or(shared).to_owned();
        let name = first(&self.query_name, &query.name);
        let advice = said.get(&clip_line(&name, text::TITLE));
        let description = first(&self.description, &query.description);
        let parts = [description.as_str(), advice.map_or("", |a| a.said.as_str())];
        let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
        let group = self.group_name.text().or(self.category.text());
        Item {
            query_id: first(&self.query_id, &query.id),
            group: group.unwrap_or(&query.group).to_owned(),
            // What has no such id is told apart by what was found.
            similarity: first(&self.similarity_id, self.actual_value.text().unwrap_or_default()),
            steps,
            description: parts.join("\n\n"),
            remedy: advice.map(|a| a.remedy.clone()).unwrap_or_default(),
            cwe: cwe(self.cwe_id.text().or(self.cwe.text()).unwrap_or(&query.cwe)),
            tags: query
                .tags
                .iter()
                .cloned()
                .chain(self.compliance.iter().map(str::to_owned))
                .collect(),
            query: name,
            ..self.common()
        }
    }

    fn flaw(&self, name: &str, version: &str) -> Item {
        let named = if version.is_empty() {
            super::json::package(name)
        } else {
            None
        };
        let version = self.version.text().unwrap_or(version);
        let package = named.unwrap_or_else(|| (name.to_owned(), version.to_owned()));
        let named = [&self.cve_name, &self.cve, &self.id].into_iter().find_map(Word::text);
        let advisory = named.unwrap_or_default();
        Item {
            query: advisory.to_owned(),
            group: own(&self.category),
            description: own(&self.description),
            cwe: cwe(self.cwe.text().or(self.cwe_id.text()).unwrap_or_default()),
            cve: names::cves(&format!("{advisory} {}", own(&self.id))),
            score: self.score.number(),
            tags: vec!["sca".to_owned()],
            package: Some(package),
            ..self.common()
        }
    }
}
