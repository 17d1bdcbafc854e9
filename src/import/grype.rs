//! Grype's JSON (`-o json`), all versions.
//!
//! - **A finding** is kind of package, package and advisory (see [`super::package`]).
//! - **A place** is what was scanned (an image without its tag), the package's first file and its version. Grype names
//!   several files of one installed package; the others stand in the detail.
//! - **Severity**: Grype's own; *negligible* is info, *unknown* goes by the CVSS score. The score is the highest CVSS
//!   version's of the advisory itself, else of a related one; vectors of both arrive.
//! - Matches that a rule of Grype's configuration ignored (`ignoredMatches`) are kept and marked as suppressed.
//! - A report of an image covers that image, whatever its tag. Other reports cover everything of the tool.

use serde::Deserialize;

use super::entries::{each_entry, each_key, unknown};
use super::head::Head;
use super::json::Walker;
use super::limits::{Limits, Refusal, clip_line, text};
use super::loose::{self, Word, Words};
use super::package::{self, Flaw, Purl};
use super::record::{Record, Span};
use super::source::Source;
use super::{About, Format, Out};

const TOOL: &str = "grype";

#[derive(Debug)]
pub struct Grype;

impl Format for Grype {
    fn about(&self) -> &'static About {
        &About {
            name: "grype",
            title: "Grype (JSON)",
            records: "matches",
            finding: "kind of package, package and advisory",
            place: "what was scanned (an image without its tag), the package's first file and its version",
            severity: "Grype's own; negligible is info, unknown goes by the CVSS score, else info",
            left_out: "nothing; matches that a rule ignored are kept and marked as suppressed",
            covers: "the image, whatever its tag; of anything else everything of the tool",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let json = &head.json;
        json.item("matches", &["vulnerability", "artifact"])
            || json.item("ignoredMatches", &["vulnerability", "artifact"])
            || (json.has("matches") && (json.has("descriptor") || json.has("distro")))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.summary.count("matches", 0);
        out.tool(TOOL);
        let mut head = Top::default();
        {
            let mut walker = Walker::open(source.open(limits)?, limits);
            each_key(&mut walker, &mut |walker, key| head.key(walker, key))?;
            out.summary.bytes = walker.offset();
        }
        out.cover(head.image.clone());
        out.summary.observed_at = out.summary.observed_at.max(package::time(Some(&head.time)));
        let mut walker = Walker::open(source.open(limits)?, limits);
        each_key(&mut walker, &mut |walker, key| match key {
            "matches" | "ignoredMatches" => {
                if key == "matches" {
                    out.list();
                }
                each_entry(walker, out, key, &mut |walker, raw, span, out| {
                    let entry: Match<'_> = walker.read(raw, span)?;
                    let record = entry.record(&head, key == "ignoredMatches", span);
                    out.record_or(record, "matches without an advisory", span.offset)
                })
            }
            "source" | "distro" | "descriptor" | "alertsByPackage" => walker.skip(),
            other => unknown(walker, other, out),
        })
    }
}

/// What belongs to all matches; it stands behind them.
#[derive(Debug, Default)]
struct Top {
    image: String,
    scanned: String,
    version: Option<String>,
    time: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Scanned<'a> {
    #[serde(borrow, rename = "type")]
    kind: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    target: Target<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Target<'a> {
    #[serde(borrow, rename = "userInput")]
    input: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Descriptor<'a> {
    #[serde(borrow)]
    version: Word<'a>,
    #[serde(borrow)]
    timestamp: Word<'a>,
}

impl Top {
    fn key<R: std::io::Read>(&mut self, walker: &mut Walker<R>, key: &str) -> Result<(), Refusal> {
        let mut raw = Vec::new();
        let word = |w: &Word<'_>, max| clip_line(w.text().unwrap_or_default(), max);
        match key {
            "source" => {
                let span = walker.capture(&mut raw)?;
                let scanned: loose::Maybe<Scanned<'_>> = walker.read(&raw, span)?;
                if scanned.0.kind.text() == Some("image") {
                    self.scanned = word(&scanned.0.target.input, text::PLACE);
                    self.image = package::image(&self.scanned);
                }
            }
            "descriptor" => {
                let span = walker.capture(&mut raw)?;
                let of: loose::Maybe<Descriptor<'_>> = walker.read(&raw, span)?;
                self.version = Some(word(&of.0.version, text::WORD)).filter(|v| !v.is_empty());
                self.time = word(&of.0.timestamp, text::WORD);
            }
            _ => walker.skip()?,
        }
        Ok(())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Match<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    vulnerability: Vulnerability<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    related_vulnerabilities: Vec<Vulnerability<'a>>,
    #[serde(borrow, deserialize_with = "loose::object")]
    artifact: Artifact<'a>,
    #[serde(borrow, rename = "matchDetails", deserialize_with = "loose::list")]
    how: Vec<How<'a>>,
    #[serde(borrow, deserialize_with = "loose::list")]
    applied_ignore_rules: Vec<Rule<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Vulnerability<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    data_source: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    urls: Words<'a>,
    #[serde(borrow)]
    description: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    cvss: Vec<Cvss<'a>>,
    #[serde(borrow, deserialize_with = "loose::list")]
    cwes: Vec<Cwe<'a>>,
    #[serde(borrow, deserialize_with = "loose::object")]
    fix: Fix<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cvss<'a> {
    #[serde(borrow)]
    version: Word<'a>,
    #[serde(borrow)]
    vector: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    metrics: Metrics<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metrics<'a> {
    #[serde(borrow, rename = "baseScore")]
    base: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cwe<'a> {
    #[serde(borrow)]
    cwe: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fix<'a> {
    #[serde(borrow)]
    versions: Words<'a>,
    #[serde(borrow)]
    state: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Artifact<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    version: Word<'a>,
    #[serde(borrow, rename = "type")]
    kind: Word<'a>,
    #[serde(borrow)]
    purl: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    locations: Vec<Location<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Location<'a> {
    #[serde(borrow)]
    path: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct How<'a> {
    #[serde(borrow)]
    matcher: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rule<'a> {
    #[serde(borrow)]
    vulnerability: Word<'a>,
    #[serde(borrow)]
    reason: Word<'a>,
    #[serde(borrow)]
    namespace: Word<'a>,
}

impl Match<'_> {
    fn record(&self, head: &Top, ignored: bool, span: Span) -> Option<Record> {
        let get = |w: &Word<'_>| w.text().unwrap_or_default().to_owned();
        let (found, artifact) = (&self.vulnerability, &self.artifact);
        let mut flaw = Flaw::of(TOOL);
        flaw.tool_version.clone_from(&head.version);
        flaw.ecosystem = match artifact.purl.text().and_then(Purl::parse) {
            Some(purl) => purl.kind,
            None => get(&artifact.kind),
        };
        flaw.package = get(&artifact.name);
        flaw.version = get(&artifact.version);
        flaw.target.clone_from(&head.image);
        let mut paths = artifact.locations.iter().filter_map(|l| l.path.text());
        paths.next().unwrap_or_default().clone_into(&mut flaw.path);
        flaw.advisory = get(&found.id);
        flaw.fixed = found.fix.versions.iter().collect::<Vec<_>>().join(", ");
        flaw.word = get(&found.severity);
        let all = || std::iter::once(found).chain(&self.related_vulnerabilities);
        let described = all().find_map(|v| v.description.text());
        described.unwrap_or_default().clone_into(&mut flaw.description);
        for v in all() {
            flaw.alias(v.id.text());
            flaw.reference(v.data_source.text());
            v.urls.iter().for_each(|u| flaw.reference(Some(u)));
            v.cwes
                .iter()
                .filter_map(|c| c.cwe.text())
                .for_each(|c| flaw.weakness(c));
            let mut ratings: Vec<&Cvss<'_>> = v.cvss.iter().collect();
            ratings.sort_by(|a, b| b.version.text().cmp(&a.version.text()));
            for rating in ratings {
                flaw.vector(rating.vector.text());
                flaw.score = flaw.score.or_else(|| rating.metrics.base.number());
            }
        }
        flaw.suppressed = ignored;
        for rule in &self.applied_ignore_rules {
            let words = [&rule.vulnerability, &rule.namespace, &rule.reason];
            let words: Vec<&str> = words.into_iter().filter_map(Word::text).collect();
            flaw.detail.add("Ignored by the rule", Some(&words.join(" ")));
        }
        flaw.detail.add("Fix", found.fix.state.text());
        flaw.detail.add(
            "Scanned",
            Some(&head.scanned).filter(|s| **s != head.image).map(String::as_str),
        );
        flaw.detail.add(
            "Other files",
            Some(&paths.take(text::LIST).collect::<Vec<_>>().join("\n")),
        );
        let matchers: Vec<&str> = self.how.iter().filter_map(|m| m.matcher.text()).collect();
        flaw.detail.add("Matched by", Some(&matchers.join(", ")));
        flaw.record(span)
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::severity::Severity;
    use crate::import::tests::read as decode;

    #[test]
    fn matches_are_read_with_what_stands_behind_them() {
        let matched = |path: &str| {
            format!(
                r#"{{"vulnerability":{{"id":"GHSA-aaaa-bbbb-cccc","severity":"Negligible","cvss":[{{"version":"2.0","vector":"AV:N/AC:L/Au:N/C:P/I:P/A:P","metrics":{{"baseScore":7.5}}}},
                {{"version":"3.1","vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","metrics":{{"baseScore":9.8}}}}],"fix":{{"versions":["2.1"],"state":"fixed"}}}},
                "relatedVulnerabilities":[{{"id":"CVE-2030-0001","description":"D"}}],"artifact":{{"name":"Flask","version":"1.0","type":"python",
                "purl":"pkg:pypi/Flask@1.0","locations":[{{"path":"{path}"}},{{"path":"/other"}}]}}}}"#
            )
        };
        let report = |tag: &str| {
            format!(
                r#"{{"matches":[{},{}],"ignoredMatches":[{}],"source":{{"type":"image","target":{{"userInput":"app:{tag}"}}}},"distro":{{}},
                "descriptor":{{"name":"grype","version":"0.9","timestamp":"2026-01-02T03:04:05Z"}},"novel":1}}"#,
                matched("/a"),
                matched("/b"),
                matched("/c")
            )
        };
        let ((records, summary), (later, _)) = (decode(&report("1")), decode(&report("2")));
        assert_eq!((summary.records(), summary.findings, summary.occurrences), (2, 1, 3));
        assert_eq!(summary.covers, ["app"]);
        assert_eq!(summary.left_out[0].what, "keys `novel`");
        let r = &records[0];
        assert_eq!(r.occurrence.key, later[0].occurrence.key);
        assert_eq!(
            (r.severity, r.score, r.cve[0].as_str(), r.tool_version.as_deref()),
            (Severity::Info, Some(9.8), "CVE-2030-0001", Some("0.9"))
        );
        assert_eq!(r.occurrence.place, "app: /a: Flask 1.0");
        assert_eq!(records.iter().filter(|r| r.suppressed).count(), 1);
    }
}
