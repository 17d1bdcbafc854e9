//! Yarn's audits in lines of JSON: `yarn audit --json` of Yarn 1, and `yarn npm audit --json` of Yarn 4. What Yarn 2 and 3
//! write is npm's old form and read as [`npm_audit`](super::npm_audit).
//!
//! - **A finding** is package and advisory (see [`super::package`]). The advisory goes by its GitHub name where the line
//!   has one, so that both forms agree; a package that is only deprecated is a finding of that name.
//! - **A place** is version and dependency path of Yarn 1, the version of Yarn 4, whose dependents stand in the detail:
//!   their names change with every change around them.
//! - **Severity**: the advisory's word, *moderate* is medium.
//! - Warnings are counted. A report that says an error is refused with Yarn's reason. One that found no lock file and
//!   nothing else says so and makes nothing "not seen".
//! - The report covers everything of the tool: Yarn does not say what project it looked at.

use std::io::Read;

use serde::Deserialize;

use super::head::Head;
use super::json::Walker;
use super::limits::{Kind, Limits, Refusal, clip_line};
use super::loose::{self, Word, Words};
use super::npm_audit::{Advisory, github_name};
use super::package::Flaw;
use super::record::Span;
use super::source::Source;
use super::{About, Format, Out};

const TOOL: &str = "yarn audit";

#[derive(Debug)]
pub struct YarnAudit;

impl Format for YarnAudit {
    fn about(&self) -> &'static About {
        &About {
            name: "yarn-audit",
            title: "Yarn audit (JSON lines of Yarn 1 and 4)",
            records: "advisories: a line for each, in Yarn 1 for each dependency path",
            finding: "package and advisory",
            place: "version and dependency path (Yarn 1), or the version (Yarn 4)",
            severity: "the advisory's, moderate is medium",
            left_out: "warnings, counted; totals",
            covers: "everything of the tool: Yarn does not say what project it looked at",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let json = &head.json;
        let says = |what: &str| memchr::memmem::find(head.bytes, what.as_bytes()).is_some();
        let lines = [
            "auditAdvisory",
            "auditSummary",
            "No audit suggestions",
            "yarnpkg",
            "/yarn-error.log",
        ];
        json.first == Some(b'{')
            && ((json.has("type") && json.has("data") && lines.into_iter().any(says))
                || (json.has("value") && json.item("children", &["ID", "Issue", "Severity"])))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.summary.count("advisories", 0);
        let mut walker = Walker::open(source.open(limits)?, limits);
        let (mut raw, mut looked) = (Vec::new(), true);
        while walker.peek()?.is_some() {
            looked &= line(&mut walker, &mut raw, out)?;
        }
        if looked || out.summary.records() > 0 {
            out.tool(TOOL);
        } else {
            let note = "Yarn found no lock file and audited nothing: nothing counts as not seen any more";
            out.summary.note = Some(note.to_owned());
        }
        out.summary.bytes = walker.offset();
        Ok(())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow, rename = "type")]
    kind: Word<'a>,
    /// An object, or a message.
    #[serde(borrow)]
    data: Option<&'a serde_json::value::RawValue>,
    #[serde(borrow)]
    value: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    children: Children<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Data<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    resolution: Resolution<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    advisory: Advisory<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Resolution<'a> {
    #[serde(borrow)]
    path: Word<'a>,
    #[serde(borrow)]
    dev: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Children<'a> {
    #[serde(borrow, rename = "ID")]
    id: Word<'a>,
    #[serde(borrow, rename = "Issue")]
    issue: Word<'a>,
    #[serde(borrow, rename = "URL")]
    url: Word<'a>,
    #[serde(borrow, rename = "Severity")]
    severity: Word<'a>,
    #[serde(borrow, rename = "Vulnerable Versions")]
    vulnerable: Word<'a>,
    #[serde(borrow, rename = "Tree Versions")]
    versions: Words<'a>,
    #[serde(borrow, rename = "Dependents")]
    dependents: Words<'a>,
}

/// Reads a line; whether it says that there was something to audit.
fn line<R: Read>(walker: &mut Walker<R>, raw: &mut Vec<u8>, out: &mut Out<'_>) -> Result<bool, Refusal> {
    let span = walker.capture(raw)?;
    let read: loose::Maybe<Line<'_>> = walker.read(raw, span)?;
    let line = read.0;
    let data = line.data.map_or("", serde_json::value::RawValue::get);
    let said = || {
        let word: Word<'_> = serde_json::from_str(data).unwrap_or_default();
        clip_line(word.text().unwrap_or_default(), 200)
    };
    match line.kind.text() {
        Some("auditAdvisory") => {}
        Some("error") => return Err(walker.refuse(Kind::Malformed, format!("Yarn could audit nothing: {}", said()))),
        Some("info") => return Ok(!said().contains("No lockfile")),
        Some("auditSummary") => return Ok(true),
        Some("warning") => {
            out.summary.leave_out("warnings");
            return Ok(true);
        }
        Some(other) => {
            out.summary
                .leave_out(&format!("lines of type `{}`", clip_line(other, 60)));
            return Ok(true);
        }
        None => {}
    }
    out.entry(walker.offset())?;
    out.summary.count("advisories", 1);
    if line.kind.text().is_none() {
        line.children.emit(line.value.text().unwrap_or_default(), span, out)?;
        return Ok(true);
    }
    let read: loose::Maybe<Data<'_>> =
        serde_json::from_str(data).map_err(|e| walker.inside(span, data.as_bytes(), &e))?;
    let Data { resolution, advisory } = read.0;
    let path = resolution.path.text().unwrap_or_default();
    let version = advisory.version_at(path).unwrap_or_default();
    let mut flaw = advisory.flaw(TOOL, version, path);
    if resolution.dev.text() == Some("true") {
        flaw.tags.push("dev".to_owned());
    }
    out.record_or(flaw.record(span), "advisories without an id", span.offset)?;
    Ok(true)
}

impl Children<'_> {
    fn emit(&self, package: &str, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
        let mut versions: Vec<&str> = self.versions.iter().collect();
        if versions.is_empty() {
            versions.push("");
        }
        for version in versions {
            let record = self.flaw(package, version).record(span);
            out.record_or(record, "advisories without an id", span.offset)?;
        }
        Ok(())
    }

    fn flaw(&self, package: &str, version: &str) -> Flaw {
        let id = self.id.text().unwrap_or_default();
        let deprecated = id.ends_with("(deprecation)");
        let named = self.url.text().and_then(github_name);
        let issue = self.issue.text().unwrap_or_default();
        let mut flaw = Flaw {
            ecosystem: "npm".into(),
            package: package.to_owned(),
            version: version.to_owned(),
            advisory: if deprecated { "deprecation" } else { named.unwrap_or(id) }.to_owned(),
            title: if deprecated {
                format!("{package} is deprecated")
            } else {
                issue.to_owned()
            },
            description: issue.to_owned(),
            word: self.severity.text().unwrap_or_default().to_owned(),
            ..Flaw::of(TOOL)
        };
        if deprecated {
            flaw.tags.push("deprecated".to_owned());
        }
        flaw.reference(self.url.text());
        flaw.detail.add("Vulnerable versions", self.vulnerable.text());
        let dependents: Vec<&str> = self.dependents.iter().collect();
        flaw.detail.add("Dependents", Some(&dependents.join(", ")));
        flaw
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::severity::Severity;
    use crate::import::limits::Limits;
    use crate::import::record::Record;
    use crate::import::source::Source;
    use crate::import::tests::read as read_text;

    fn old(path: &str) -> String {
        format!(
            r#"{{"type":"auditAdvisory","data":{{"resolution":{{"id":1,"path":"{path}","dev":true}},"advisory":{{"findings":[{{"version":"1.0","paths":["a>lib"]}},
            {{"version":"2.0","paths":["b>lib"]}}],"id":1,"github_advisory_id":"GHSA-aaaa-bbbb-cccc","title":"Pollution","module_name":"lib","cves":["CVE-2030-0001"],
            "severity":"moderate","cwe":["CWE-79"],"patched_versions":">=3","url":"https://npmjs.example/1"}}}}}}"#
        )
        .replace('\n', "")
    }

    #[test]
    fn lines_of_both_versions_name_the_same_problem() {
        let text = format!(
            "{}\n{}\n{}\n{}",
            r#"{"type":"warning","data":"package.json: No license field"}"#,
            old("a>lib"),
            old("b>lib"),
            r#"{"type":"auditSummary","data":{"vulnerabilities":{}}}"#
        );
        let (records, summary) = read_text(&text);
        assert_eq!(
            (summary.format.as_str(), summary.records(), summary.findings),
            ("yarn-audit", 2, 1)
        );
        assert_eq!(summary.left_out[0].what, "warnings");
        let places: Vec<&str> = records.iter().map(|r| r.occurrence.place.as_str()).collect();
        assert_eq!(places, ["lib 1.0 (a > lib)", "lib 2.0 (b > lib)"]);
        assert_eq!(
            (records[0].severity, records[0].cwe.as_slice()),
            (Severity::Medium, &[79][..])
        );
        let new = r#"{"value":"lib","children":{"ID":7,"Issue":"Pollution","URL":"https://github.com/advisories/GHSA-aaaa-bbbb-cccc","Severity":"high",
            "Vulnerable Versions":"<3","Tree Versions":["1.0","2.0"],"Dependents":["a@npm:1"]}}
            {"value":"old","children":{"ID":"old (deprecation)","Issue":"Use new.","Severity":"moderate","Tree Versions":["1"]}}"#;
        let (four, summary) = read_text(new);
        assert_eq!((summary.records(), summary.findings, summary.occurrences), (2, 2, 3));
        assert_eq!(four[0].fingerprint, records[0].fingerprint);
        assert_eq!(
            (four[2].rule.as_str(), four[2].title.as_str()),
            ("deprecation", "old is deprecated")
        );
        let (none, summary) = read_text(
            r#"{"type":"info","name":null,"displayName":"YN0000","indent":"","data":"No audit suggestions"}"#,
        );
        assert_eq!(
            (none.len(), summary.format.as_str(), summary.tools.len()),
            (0, "yarn-audit", 1)
        );
    }

    #[test]
    fn an_audit_that_failed_is_no_empty_report() {
        let line = r#"{"type":"error","data":"An unexpected error occurred: \"https://registry.yarnpkg.com/-/npm/v1/security/audits: ECONNREFUSED\"."}"#;
        let mut records: Vec<Record> = Vec::new();
        let read = crate::import::decode(
            &mut Source::Memory(line.as_bytes()),
            None,
            &Limits::default(),
            &mut records,
        );
        let refusal = read.unwrap_err().to_string();
        assert!(refusal.contains("Yarn could audit nothing: An unexpected"), "{refusal}");
        let none = r#"{"type":"info","data":"No lockfile found."}
            {"type":"auditSummary","data":{"vulnerabilities":{}}}"#;
        let (records, summary) = read_text(none);
        assert_eq!((records.len(), summary.tools.len()), (0, 0));
        assert!(summary.note.is_some_and(|n| n.contains("no lock file")));
        let (records, summary) = read_text(&format!("{none}\n{}", old("a>lib")));
        assert_eq!((records.len(), summary.tools.len(), summary.note), (1, 1, None));
    }
}
