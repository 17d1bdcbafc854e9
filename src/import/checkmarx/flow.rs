//! The JSON of `CxFlow`: issues of SAST with their paths, and what SCA, OSA and AST found beside them.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::sca::{self, Packages};
use super::{Item, Step, cwe, report};
use crate::domain::time::Time;
use crate::import::entries::{each_key, keys_inside, results, unknown};
use crate::import::head::Head;
use crate::import::json::Walker;
use crate::import::limits::{Limits, Refusal};
use crate::import::loose::{self, Word};
use crate::import::record::Span;
use crate::import::source::Source;
use crate::import::{Out, clock};

/// What is said of the scan as a whole, or again in other words.
const KNOWN: [&str; 19] = [
    "osa",
    "projectId",
    "team",
    "project",
    "link",
    "files",
    "loc",
    "scanType",
    "output",
    "version",
    "additionalDetails",
    "scanSummary",
    "reportCreationTime",
    "deepLink",
    "scanTime",
    "scanStartDate",
    "sastResults",
    "sastScanId",
    "exceedThreshold",
];

const ISSUES: [&str; 2] = ["xissues", "xIssues"];

pub fn sniff(head: &Head<'_>) -> bool {
    let json = &head.json;
    let issues = ISSUES.iter().any(|k| json.has(k));
    let about = [
        "scanType",
        "scanSummary",
        "additionalDetails",
        "unFilteredIssues",
        "sastScanId",
    ];
    (issues && about.iter().any(|k| json.has(k)))
        || ISSUES.iter().any(|k| json.item(k, &["vulnerability", "filename"]))
        || (json.has("scanSummary") && ["scaResults", "astResults"].iter().any(|k| json.has(k)))
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("results", 0);
    let (mut packages, mut scanned, mut raw) = (Packages::new(limits), None, Vec::new());
    {
        let mut walker = Walker::open(source.open(limits)?, limits);
        each_key(&mut walker, &mut |walker, key| match key {
            "scaResults" => sca::packages_of(walker, &mut packages),
            "reportCreationTime" => {
                let span = walker.capture(&mut raw)?;
                let word: Word<'_> = walker.read(&raw, span)?;
                scanned = word.text().and_then(clock::time);
                Ok(())
            }
            _ => walker.skip(),
        })?;
    }
    out.summary.observed_at = scanned;
    let (mut issues, mut unfiltered) = (0_u64, 0_u64);
    let known = &packages;
    let mut walker = Walker::open(source.open(limits)?, limits);
    each_key(&mut walker, &mut |walker, key| match key {
        key if ISSUES.contains(&key) => results(walker, out, "results", &mut |walker, raw, span, out| {
            issues += 1;
            let entry: Issue<'_> = walker.read(raw, span)?;
            entry.emit(known, scanned, span, out)
        }),
        "unFilteredIssues" => {
            if !walker.enter(b'[')? {
                return walker.skip();
            }
            let mut first = true;
            while walker.next_item(&mut first)? {
                unfiltered += 1;
                walker.skip()?;
            }
            Ok(())
        }
        "scaResults" => keys_inside(walker, &mut |walker, key| match key {
            "findings" => sca::flaws(walker, known, out),
            "packages" | "scanId" | "summary" | "webReportLink" | "output" | "sastResults" => walker.skip(),
            other => unknown(walker, other, out),
        }),
        "astResults" => keys_inside(walker, &mut |walker, key| match key {
            "findings" | "results" => results(walker, out, "results", &mut |walker, raw, span, out| {
                let entry: report::Entry<'_> = walker.read(raw, span)?;
                entry.alone().emit(span, out)
            }),
            "scanId" | "summary" | "webReportLink" | "output" => walker.skip(),
            other => unknown(walker, other, out),
        }),
        known if KNOWN.contains(&known) => walker.skip(),
        other => unknown(walker, other, out),
    })?;
    out.summary.leave_out_many(
        "issues that CxFlow's own filter took out",
        unfiltered.saturating_sub(issues),
    );
    out.summary.bytes = walker.offset();
    Ok(())
}

/// All results of one query in one source file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Issue<'a> {
    #[serde(borrow)]
    vulnerability: Word<'a>,
    #[serde(borrow)]
    vulnerability_status: Word<'a>,
    #[serde(borrow)]
    cwe: Word<'a>,
    #[serde(borrow)]
    cve: Word<'a>,
    #[serde(borrow)]
    description: Word<'a>,
    #[serde(borrow)]
    language: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    link: Word<'a>,
    #[serde(borrow)]
    filename: Word<'a>,
    #[serde(borrow)]
    query_id: Word<'a>,
    #[serde(borrow)]
    all_false_positive: Word<'a>,
    /// By line of the source.
    #[serde(borrow, deserialize_with = "loose::object")]
    details: BTreeMap<String, loose::Maybe<Line<'a>>>,
    #[serde(borrow, deserialize_with = "loose::object")]
    additional_details: More<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    sca_details: Vec<Sca<'a>>,
    #[serde(borrow, deserialize_with = "loose::list")]
    osa_details: Vec<sca::Entry<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Line<'a> {
    #[serde(borrow)]
    false_positive: Word<'a>,
    #[serde(borrow)]
    code_snippet: Word<'a>,
    #[serde(borrow)]
    comment: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct More<'a> {
    #[serde(borrow)]
    recommended_fix: Word<'a>,
    #[serde(borrow)]
    categories: Word<'a>,
    /// Steps by their number, beside `source`, `sink` and a few words.
    #[serde(borrow, deserialize_with = "loose::list")]
    results: Vec<BTreeMap<String, loose::Maybe<At<'a>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct At<'a> {
    #[serde(borrow)]
    file: Word<'a>,
    #[serde(borrow)]
    line: Word<'a>,
    #[serde(borrow)]
    column: Word<'a>,
    #[serde(borrow)]
    object: Word<'a>,
    #[serde(borrow)]
    snippet: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Sca<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    finding: sca::Entry<'a>,
}

fn own(word: &Word<'_>) -> String {
    word.text().unwrap_or_default().to_owned()
}

fn number(word: &str) -> Option<u32> {
    word.trim().parse().ok().filter(|n| *n > 0)
}

impl At<'_> {
    fn step(&self) -> Step {
        Step {
            file: own(&self.file),
            line: self.line.text().and_then(number),
            column: self.column.text().and_then(number),
            name: own(&self.object),
            code: own(&self.snippet),
        }
    }
}

/// The steps of a path in their order; its two ends where no more is said.
fn steps(path: &BTreeMap<String, loose::Maybe<At<'_>>>) -> Vec<Step> {
    let mut numbered: Vec<(u32, &At<'_>)> = path.iter().filter_map(|(k, at)| Some((number(k)?, &at.0))).collect();
    numbered.sort_by_key(|(n, _)| *n);
    let ends = ["source", "sink"]
        .iter()
        .filter_map(|end| path.get(*end).map(|at| &at.0));
    let ends: Vec<&At<'_>> = if numbered.is_empty() {
        ends.collect()
    } else {
        Vec::new()
    };
    let steps = numbered.into_iter().map(|(_, at)| at).chain(ends);
    steps.map(At::step).filter(|s| !s.file.is_empty()).collect()
}

/// What tells paths of one file apart: where they begin and end. The report's id is of all of them.
pub fn ends(steps: &[Step]) -> String {
    let at = |step: &Step| {
        let number = |n: Option<u32>| n.map(|n| n.to_string()).unwrap_or_default();
        [step.file.clone(), number(step.line), number(step.column)].join(":")
    };
    let ends: Vec<String> = [steps.first(), steps.last()].into_iter().flatten().map(at).collect();
    ends.join(" > ")
}

impl Issue<'_> {
    fn emit(&self, packages: &Packages, scanned: Option<Time>, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
        let about = self.item(scanned);
        let mut paths: Vec<Vec<Step>> = self.additional_details.results.iter().map(steps).collect();
        paths.retain(|p| !p.is_empty());
        if paths.is_empty() && self.sca_details.is_empty() && self.osa_details.is_empty() {
            let lines = self.details.iter().map(|(line, at)| Step {
                file: own(&self.filename),
                line: number(line),
                code: own(&at.0.code_snippet),
                ..Step::default()
            });
            paths = lines.map(|s| vec![s]).collect();
            if paths.is_empty() {
                let file = own(&self.filename);
                paths.push(vec![Step {
                    file,
                    ..Step::default()
                }]);
            }
        }
        for steps in paths {
            let line = steps
                .first()
                .and_then(|s| s.line)
                .map(|l| l.to_string())
                .unwrap_or_default();
            let said = self.details.get(&line).map(|at| &at.0);
            let item = Item {
                suppressed: about.suppressed || said.is_some_and(|l| l.false_positive.text() == Some("true")),
                remark: said.map(|l| own(&l.comment)).unwrap_or_default(),
                similarity: ends(&steps),
                steps,
                ..about.clone()
            };
            item.emit(span, out)?;
        }
        let found = self.sca_details.iter().map(|s| &s.finding).chain(&self.osa_details);
        for flaw in found {
            flaw.emit(packages, span, out)?;
        }
        Ok(())
    }

    fn item(&self, scanned: Option<Time>) -> Item {
        let status = own(&self.vulnerability_status);
        let categories = own(&self.additional_details.categories)
            .replace(';', ": ")
            .replace(',', "\n");
        let said = [own(&self.description), categories];
        let said: Vec<&str> = said.iter().map(String::as_str).filter(|t| !t.is_empty()).collect();
        Item {
            query: own(&self.vulnerability),
            query_id: own(&self.query_id),
            severity: own(&self.severity),
            suppressed: self.all_false_positive.text() == Some("true")
                || status.to_lowercase().replace([' ', '_'], "") == "notexploitable",
            state: status,
            description: said.join("\n\n"),
            cwe: cwe(&own(&self.cwe)),
            cve: crate::import::names::cves(&own(&self.cve)),
            tags: vec![own(&self.language)],
            references: vec![own(&self.link), own(&self.additional_details.recommended_fix)],
            observed_at: scanned,
            ..Item::default()
        }
    }
}
