//! Snyk's JSON: Open Source and Container (`snyk test --json`, `snyk container test --json`), of one project or of many
//! (`--all-projects`, the applications in an image), and infrastructure as code (`snyk iac test --json`). Snyk Code writes
//! SARIF.
//!
//! - **A finding** is kind of package, package and advisory (see [`super::package`]).
//! - **A place** is project, target file, version and dependency path: Snyk reports every path on its own, because each
//!   may need another dependency to be updated. The path counts without versions, so that a release of the project
//!   itself changes nothing.
//! - **Severity**: Snyk's own word, with *critical* where it has that.
//! - Of infrastructure, **a finding** is rule and file, **a place** the resource in it; that is a tool of its own, so that
//!   neither's report speaks for the other.
//! - What a policy ignored or a patch took out (`filtered`) is kept and marked as suppressed. Projects that could not
//!   be tested are counted, and nothing of them counts as gone; a report of nothing else is refused.
//! - A report covers its projects, by name; one that names none covers everything of the tool. Of infrastructure it covers
//!   its files.

mod iac;

use std::collections::BTreeMap;
use std::io::Read;

use serde::Deserialize;

use super::entries::{each_entry, unknown_of};
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
            title: "Snyk Open Source, Container and IaC (JSON; Snyk Code is SARIF)",
            records: "vulnerabilities (an entry per dependency path), of all projects together; issues of infrastructure",
            finding: "kind of package, package and advisory; rule and file of infrastructure",
            place: "project, target file, version and dependency path (without the versions in it); a resource in the file",
            severity: "Snyk's own, with critical where it has that",
            left_out: "projects that could not be tested, counted; what a policy ignored is kept and marked as suppressed",
            covers: "its projects, by name; the files of infrastructure",
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
            || json.has("infrastructureAsCodeIssues")
            || json.item("vulnerabilities", &["packageManager", "from", "id"])
            || json.item("vulnerabilities", &["packageName", "from", "id"])
            || (json.has("issues") && json.has("issuesData"))
            || (json.has("ok") && json.has("error") && json.has("path"))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        let mut projects = Vec::new();
        {
            let mut walker = Walker::open(source.open(limits)?, limits);
            let mut budget = limits.table_bytes;
            each_project(&mut walker, &mut |walker| {
                Project::read(walker, &mut budget, &mut projects)
            })?;
            walker.finish()?;
            out.summary.bytes = walker.offset();
        }
        if !projects.is_empty() && projects.iter().all(|p| !p.error.is_empty() && !p.tested) {
            let why = format!("Snyk could test nothing: {}", projects[0].error);
            return Err(Refusal::new(Kind::Malformed, why));
        }
        for project in &projects {
            if !project.tested {
                out.summary.leave_out("projects that could not be tested");
                continue;
            }
            out.tool(project.tool());
            out.cover(if project.iac { &project.file } else { &project.name }.clone());
        }
        if projects.is_empty() {
            out.tool(TOOL);
        }
        if !projects.iter().any(|p| p.iac) || projects.iter().any(|p| p.tested && !p.iac) {
            out.summary.count("vulnerabilities", 0);
        } else {
            out.summary.count("issues", 0);
        }
        // One that cannot be named leaves no way to say what was covered.
        if projects
            .iter()
            .any(|p| p.tested && if p.iac { &p.file } else { &p.name }.is_empty())
        {
            out.summary.covers.clear();
        }
        let mut walker = Walker::open(source.open(limits)?, limits);
        let mut projects = projects.iter();
        each_project(&mut walker, &mut |walker| entries(walker, &mut projects, out))?;
        walker.finish()
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
        return Ok(());
    }
    then(walker)
}

/// What belongs to all entries of a project; it stands behind them.
#[derive(Debug, Default)]
struct Project {
    name: String,
    file: String,
    manager: String,
    path: String,
    error: String,
    /// Whether there is a list of vulnerabilities, or issues.
    tested: bool,
    /// Whether it is about infrastructure.
    iac: bool,
}

impl Project {
    fn tool(&self) -> &'static str {
        if self.iac { iac::TOOL } else { TOOL }
    }

    /// Reads it and those inside of it, which follow it.
    fn read<R: Read>(walker: &mut Walker<R>, budget: &mut usize, all: &mut Vec<Self>) -> Result<(), Refusal> {
        walker.spend(budget, size_of::<Self>())?;
        let mut project = Self::default();
        let at = all.len();
        all.push(Self::default());
        if !walker.enter(b'{')? {
            return walker.skip();
        }
        let (mut first, mut raw) = (true, Vec::new());
        while let Some(key) = walker.next_key(&mut first)? {
            let field = match key.as_str() {
                "projectName" => &mut project.name,
                "displayTargetFile" => &mut project.file,
                "targetFile" if project.file.is_empty() => &mut project.file,
                "packageManager" => &mut project.manager,
                "path" => &mut project.path,
                "error" => &mut project.error,
                "vulnerabilities" | "infrastructureAsCodeIssues" => {
                    let listed = walker.peek()? == Some(b'[');
                    project.tested |= listed;
                    project.iac |= listed && key.starts_with('i');
                    walker.skip()?;
                    continue;
                }
                "applications" => {
                    each_project(walker, &mut |walker| Self::read(walker, budget, all))?;
                    continue;
                }
                _ => {
                    walker.skip()?;
                    continue;
                }
            };
            let span = walker.capture(&mut raw)?;
            let word: Word<'_> = walker.read(&raw, span)?;
            *field = clip_line(word.text().unwrap_or_default(), text::PLACE);
            walker.spend(budget, field.len())?;
        }
        if let Some(here) = all.get_mut(at) {
            *here = project;
        }
        Ok(())
    }
}

fn entries<R: Read>(
    walker: &mut Walker<R>,
    projects: &mut std::slice::Iter<'_, Project>,
    out: &mut Out<'_>,
) -> Result<(), Refusal> {
    let nothing = Project::default();
    let project: &Project = projects.next().unwrap_or(&nothing);
    if !walker.enter(b'{')? {
        out.unreadable("projects that are no objects", walker.offset());
        return walker.skip();
    }
    let mut first = true;
    while let Some(key) = walker.next_key(&mut first)? {
        match key.as_str() {
            "vulnerabilities" => list(walker, "vulnerabilities", project, out)?,
            "infrastructureAsCodeIssues" => iac::issues(walker, project, out)?,
            "applications" => each_project(walker, &mut |walker| entries(walker, projects, out))?,
            "ok" => {
                // It says by itself that nothing was found.
                if walker.peek()? == Some(b't') {
                    out.list();
                }
                walker.skip()?;
            }
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
            other => unknown_of(walker, other, "", out)?,
        }
    }
    Ok(())
}

/// Keys of which nothing is missed.
const KNOWN: [&str; 35] = [
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
    "meta",
    "targetFilePath",
    "projectType",
    "scanType",
    "advice",
    "numDependencies",
    "severityMap",
    // Of unmanaged code: the same again by id, and how it was recognised.
    "issues",
    "issuesData",
    "depGraphData",
    "depsFilePaths",
    "fileSignaturesDetails",
];

fn list<R: Read>(walker: &mut Walker<R>, what: &str, project: &Project, out: &mut Out<'_>) -> Result<(), Refusal> {
    each_entry(walker, out, what, &mut |walker, raw, span, out| {
        let entry: Entry<'_> = walker.read(raw, span)?;
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
    package_version: Word<'a>,
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
        // Unmanaged code has its version only in its path.
        let own = self.from.iter().last().and_then(|p| p.rsplit_once('@'));
        let at_end = own.filter(|(name, _)| !name.is_empty()).map(|(_, version)| version);
        let versions = [self.version.text(), self.package_version.text(), at_end];
        let version = versions.into_iter().flatten().next();
        version.unwrap_or_default().clone_into(&mut flaw.version);
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
mod tests;
