//! Snyk Open Source's JSON (`snyk test --json`), of one project or of many (`--all-projects`). Snyk Code writes SARIF.
//!
//! - **A finding** is kind of package, package and advisory (see [`super::package`]).
//! - **A place** is project, target file, version and dependency path: Snyk reports every path on its own, because each
//!   may need another dependency to be updated. The path counts without versions, so that a release of the project
//!   itself changes nothing.
//! - **Severity**: Snyk's own word, with *critical* where it has that.
//! - What a policy ignored or a patch took out (`filtered`) is kept and marked as suppressed. Projects that could not
//!   be tested are counted, and nothing of them counts as gone; a report of nothing else is refused.
//! - A report covers its projects, by name; one that names none covers everything of the tool.

use std::collections::BTreeMap;
use std::io::Read;

use serde::Deserialize;

use super::entries::each_entry;
use super::head::Head;
use super::json::Walker;
use super::limits::{Kind, Limits, Refusal, clip_line, text};
use super::loose::{self, Word, Words};
use super::package::Flaw;
use super::record::{Record, Span};
use super::source::Source;
use super::{About, Format, Out};

const TOOL: &str = "snyk";

#[derive(Debug)]
pub struct Snyk;

impl Format for Snyk {
    fn about(&self) -> &'static About {
        &About {
            name: "snyk",
            title: "Snyk Open Source (JSON; Snyk Code is SARIF)",
            records: "vulnerabilities (an entry per dependency path), of all projects together",
            finding: "kind of package, package and advisory",
            place: "project, target file, version and dependency path (without the versions in it)",
            severity: "Snyk's own, with critical where it has that",
            left_out: "projects that could not be tested, counted; what a policy ignored is kept and marked as suppressed",
            covers: "its projects, by name",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let json = &head.json;
        let says = [
            "dependencyCount",
            "licensesPolicy",
            "uniqueCount",
            "ignoreSettings",
            "projectName",
        ];
        (json.has("vulnerabilities") && says.iter().filter(|k| json.has(k)).count() >= 2)
            || json.item("vulnerabilities", &["packageManager", "from", "id"])
            || (json.has("ok") && json.has("error") && json.has("path"))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.summary.count("vulnerabilities", 0);
        let mut projects = Vec::new();
        {
            let opened = source.open(limits)?;
            let mut walker = Walker::new(opened.reader, opened.base, limits);
            let mut budget = limits.table_bytes;
            each_project(&mut walker, &mut |walker| {
                walker.spend(&mut budget, size_of::<Project>())?;
                projects.push(Project::read(walker, &mut budget)?);
                Ok(())
            })?;
            out.summary.bytes = walker.offset();
        }
        if !projects.is_empty() && projects.iter().all(|p| !p.error.is_empty() && !p.tested) {
            let why = format!("Snyk could test nothing: {}", projects[0].error);
            return Err(Refusal::new(Kind::Malformed, why));
        }
        out.tool(TOOL);
        for project in &projects {
            if project.tested {
                out.cover(project.name.clone());
            } else {
                out.summary.leave_out("projects that could not be tested");
            }
        }
        // One that cannot be named leaves no way to say what was covered.
        if projects.iter().any(|p| p.tested && p.name.is_empty()) {
            out.summary.covers.clear();
        }
        let opened = source.open(limits)?;
        let mut walker = Walker::new(opened.reader, opened.base, limits);
        let mut projects = projects.iter();
        each_project(&mut walker, &mut |walker| {
            let nothing = Project::default();
            entries(walker, projects.next().unwrap_or(&nothing), out)
        })
    }
}

/// Calls `then` at every project: the root, or each element of it.
fn each_project<R: Read>(
    walker: &mut Walker<R>,
    then: &mut dyn FnMut(&mut Walker<R>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    if walker.enter(b'[')? {
        let mut first = true;
        while walker.next_item(&mut first)? {
            then(walker)?;
        }
    } else {
        then(walker)?;
    }
    walker.finish()
}

/// What belongs to all entries of a project; it stands behind them.
#[derive(Debug, Default)]
struct Project {
    name: String,
    file: String,
    manager: String,
    path: String,
    error: String,
    /// Whether there is a list of vulnerabilities.
    tested: bool,
}

impl Project {
    fn read<R: Read>(walker: &mut Walker<R>, budget: &mut usize) -> Result<Self, Refusal> {
        let mut project = Self::default();
        if !walker.enter(b'{')? {
            walker.skip()?;
            return Ok(project);
        }
        let (mut first, mut raw) = (true, Vec::new());
        while let Some(key) = walker.next_key(&mut first)? {
            let field = match key.as_str() {
                "projectName" => &mut project.name,
                "displayTargetFile" => &mut project.file,
                "packageManager" => &mut project.manager,
                "path" => &mut project.path,
                "error" => &mut project.error,
                "vulnerabilities" => {
                    project.tested = walker.peek()? == Some(b'[');
                    walker.skip()?;
                    continue;
                }
                _ => {
                    walker.skip()?;
                    continue;
                }
            };
            let span = walker.capture(&mut raw)?;
            let word: Word<'_> = serde_json::from_slice(&raw).map_err(|e| walker.inside(span, &raw, &e))?;
            *field = clip_line(word.text().unwrap_or_default(), text::PLACE);
            walker.spend(budget, field.len())?;
        }
        Ok(project)
    }
}

fn entries<R: Read>(walker: &mut Walker<R>, project: &Project, out: &mut Out<'_>) -> Result<(), Refusal> {
    if !walker.enter(b'{')? {
        out.unreadable("projects that are no objects", walker.offset());
        return walker.skip();
    }
    let mut first = true;
    while let Some(key) = walker.next_key(&mut first)? {
        match key.as_str() {
            "vulnerabilities" => list(walker, "vulnerabilities", project, out)?,
            "filtered" => {
                if !walker.enter(b'{')? {
                    walker.skip()?;
                    continue;
                }
                let mut start = true;
                while walker.next_key(&mut start)?.is_some() {
                    list(walker, "filtered", project, out)?;
                }
            }
            known if KNOWN.contains(&known) => walker.skip()?,
            other => {
                out.summary.leave_out(&format!("keys `{}`", clip_line(other, 60)));
                walker.skip()?;
            }
        }
    }
    Ok(())
}

/// Keys of which nothing is missed.
const KNOWN: [&str; 24] = [
    "ok",
    "dependencyCount",
    "org",
    "policy",
    "isPrivate",
    "licensesPolicy",
    "packageManager",
    "ignoreSettings",
    "summary",
    "remediation",
    "filesystemPolicy",
    "uniqueCount",
    "projectName",
    "foundProjectCount",
    "displayTargetFile",
    "hasUnknownVersions",
    "path",
    "docker",
    "error",
    "platform",
    "targetFile",
    "projectId",
    "scanResult",
    "severityThreshold",
];

fn list<R: Read>(walker: &mut Walker<R>, what: &str, project: &Project, out: &mut Out<'_>) -> Result<(), Refusal> {
    each_entry(walker, out, what, &mut |walker, raw, span, out| {
        let entry: Entry<'_> = serde_json::from_slice(raw).map_err(|e| walker.inside(span, raw, &e))?;
        let record = entry.record(project, what == "filtered", span);
        out.record_or(record, "vulnerabilities without an id", span.offset)
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    title: Word<'a>,
    #[serde(borrow)]
    description: Word<'a>,
    #[serde(borrow)]
    package_name: Word<'a>,
    #[serde(borrow)]
    module_name: Word<'a>,
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    version: Word<'a>,
    #[serde(borrow)]
    package_manager: Word<'a>,
    #[serde(borrow)]
    language: Word<'a>,
    #[serde(borrow)]
    from: Words<'a>,
    #[serde(borrow)]
    upgrade_path: Words<'a>,
    #[serde(borrow)]
    fixed_in: Words<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    severity_with_critical: Word<'a>,
    #[serde(borrow, rename = "CVSSv3")]
    cvss: Word<'a>,
    #[serde(borrow, rename = "cvssScore")]
    score: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    identifiers: BTreeMap<String, Words<'a>>,
    #[serde(borrow, deserialize_with = "loose::list")]
    references: Vec<Reference<'a>>,
    #[serde(borrow)]
    exploit: Word<'a>,
    #[serde(borrow, rename = "type")]
    kind: Word<'a>,
    #[serde(borrow)]
    filtered: Filtered<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reference<'a> {
    #[serde(borrow)]
    url: Word<'a>,
}

/// Why an entry was filtered: texts below whatever there is.
type Filtered<'a> = Words<'a>;

/// `name@1.2` without its version; a scope's at sign stands in front.
fn bare(package: &str) -> &str {
    match package.rsplit_once('@') {
        Some((name, _)) if !name.is_empty() => name,
        _ => package,
    }
}

impl Entry<'_> {
    fn record(&self, project: &Project, filtered: bool, span: Span) -> Option<Record> {
        let get = |w: &Word<'_>| w.text().unwrap_or_default().to_owned();
        let mut flaw = Flaw::of(TOOL);
        let managers = [
            self.package_manager.text(),
            Some(&*project.manager),
            self.language.text(),
        ];
        let manager = managers.into_iter().flatten().find(|w| !w.is_empty());
        manager.unwrap_or_default().clone_into(&mut flaw.ecosystem);
        let names = [&self.package_name, &self.module_name, &self.name];
        let name = names.into_iter().find_map(Word::text);
        name.unwrap_or_default().clone_into(&mut flaw.package);
        flaw.version = get(&self.version);
        flaw.target.clone_from(&project.name);
        flaw.path.clone_from(&project.file);
        flaw.through = self.from.iter().map(bare).collect::<Vec<_>>().join(" > ");
        flaw.advisory = get(&self.id);
        for (kind, ids) in &self.identifiers {
            for id in ids.iter() {
                if kind == "CWE" {
                    flaw.weakness(id);
                } else {
                    flaw.alias(Some(id));
                }
            }
        }
        flaw.title = get(&self.title);
        flaw.description = get(&self.description);
        flaw.fixed = self.fixed_in.iter().collect::<Vec<_>>().join(", ");
        self.references.iter().for_each(|r| flaw.reference(r.url.text()));
        let word = self.severity_with_critical.text().or(self.severity.text());
        word.unwrap_or_default().clone_into(&mut flaw.word);
        flaw.score = self.score.number();
        flaw.vector(self.cvss.text());
        flaw.suppressed = filtered;
        if self.kind.text() == Some("license") {
            flaw.tags.push("license".into());
        }
        let detail = &mut flaw.detail;
        detail.add(
            "Dependency path",
            Some(&self.from.iter().collect::<Vec<_>>().join(" > ")),
        );
        // Its first step is the project itself, which nobody updates.
        let steps: Vec<&str> = self.upgrade_path.iter().filter(|s| *s != "false").collect();
        detail.add("Update path", Some(&steps.join(" > ")));
        detail.add("Exploit", self.exploit.text());
        if filtered {
            detail.add(
                "Filtered because",
                Some(&self.filtered.iter().collect::<Vec<_>>().join(", ")),
            );
        }
        detail.add("Scanned", Some(&project.path));
        flaw.record(span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::severity::Severity;
    use crate::import::tests::read as decode;

    fn project(name: &str, from: &str) -> String {
        format!(
            r#"{{"vulnerabilities":[{{"id":"SNYK-JS-A-1","packageName":"@s/a","version":"1.0","packageManager":"npm","title":"T","severity":"high","severityWithCritical":"critical",
            "from":[{from}],"upgradePath":[false,"@s/a@2.0"],"fixedIn":["2.0"],"identifiers":{{"CVE":["CVE-2030-0001"],"CWE":["CWE-79"]}},"cvssScore":9.1,"CVSSv3":"CVSS:3.1/x"}}],
            "ok":false,"dependencyCount":3,"packageManager":"npm","projectName":"{name}","displayTargetFile":"package.json",
            "filtered":{{"ignore":[{{"id":"SNYK-JS-B-1","packageName":"b","filtered":{{"ignored":[{{"reason":"not used"}}]}}}}],"patch":[]}}}}"#
        )
    }

    #[test]
    fn every_dependency_path_is_a_place() {
        let report = format!(
            r#"[{},{},{},{{"ok":false,"error":"boom","path":"/x"}}]"#,
            project("one", r#""one@1.0","@s/a@1.0""#),
            project("one", r#""one@2.0","@s/a@1.0""#),
            project("two", r#""two@1.0","c@1","@s/a@1.0""#)
        );
        let (records, summary) = decode(&report);
        let of = |rule: &str| records.iter().filter(|r| r.rule == rule).collect::<Vec<_>>();
        let found = of("SNYK-JS-A-1");
        assert_eq!((summary.records(), summary.findings, found.len()), (3, 2, 3));
        assert_eq!(found[0].occurrence.key, found[1].occurrence.key);
        assert_eq!(
            found[2].occurrence.place,
            "two: package.json: @s/a 1.0 (two > c > @s/a)"
        );
        assert_eq!(
            (found[0].severity, found[0].score, found[0].cwe[0]),
            (Severity::Critical, Some(9.1), 79)
        );
        assert!(
            of("SNYK-JS-B-1")
                .iter()
                .all(|r| r.suppressed && r.detail.contains("not used"))
        );
        assert_eq!(summary.covers, ["one", "two"]);
        assert_eq!(summary.left_out[0].what, "projects that could not be tested");
    }

    #[test]
    fn a_scan_that_failed_is_no_empty_report() {
        let mut records: Vec<Record> = Vec::new();
        let text = r#"{"ok":false,"error":"Could not detect supported target files","path":"/x"}"#;
        let refusal = crate::import::decode(
            &mut Source::Memory(text.as_bytes()),
            None,
            &Limits::default(),
            &mut records,
        )
        .unwrap_err();
        assert!(refusal.to_string().contains("Could not detect"), "{refusal}");
    }
}
