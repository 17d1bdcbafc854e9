//! The XML report: its head, then dependencies, one at a time.

use super::entry::{Dependency, Found, Infos, V2, V3, vector};
use crate::import::Out;
use crate::import::limits::{Limits, Refusal, clip_line, text};
use crate::import::package;
use crate::import::source::Source;
use crate::import::xml::{Node, Reader};

/// Elements of a dependency that are no vulnerabilities, and theirs.
const KNOWN: [&str; 7] = [
    "evidenceCollected",
    "identifiers",
    "relatedDependencies",
    "projectReferences",
    "includedBy",
    "vulnerabilities",
    "analysisExceptions",
];

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    let mut reader = Reader::open(source.open(limits)?, limits);
    reader.root()?;
    let mut infos = Infos::default();
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "scanInfo" => {
                let node = reader.element(tag)?;
                infos.version = node.get("engineVersion").map(|v| clip_line(v, text::WORD));
            }
            "projectInfo" => {
                let node = reader.element(tag)?;
                infos.observed_at = package::time(node.get("reportDate"));
                out.summary.observed_at = out.summary.observed_at.max(infos.observed_at);
            }
            "dependencies" => {
                while let Some(tag) = reader.child()? {
                    if tag.name != "dependency" {
                        reader.unknown(&tag, "", out)?;
                        continue;
                    }
                    let node = reader.element(tag)?;
                    out.summary.count("dependency", 1);
                    out.entry(reader.offset())?;
                    let before = out.handed();
                    dependency(&node).emit(&infos, out)?;
                    if out.handed() == before {
                        node.strange(&KNOWN, " of a dependency", out);
                        for list in node.all("vulnerabilities") {
                            list.strange(
                                &["vulnerability", "suppressedVulnerability"],
                                " among vulnerabilities",
                                out,
                            );
                        }
                    }
                }
            }
            _ => reader.unknown(&tag, "", out)?,
        }
    }
    reader.finish()?;
    out.summary.bytes = reader.offset();
    Ok(())
}

fn said(node: &Node, name: &str) -> String {
    node.get(name).unwrap_or_default().to_owned()
}

fn dependency(node: &Node) -> Dependency {
    let mut of = Dependency {
        file: said(node, "fileName"),
        path: said(node, "filePath"),
        ..Dependency::default()
    };
    // Newer reports have `package` here, some of them nested once more; old ones have Maven's coordinates as a name.
    for list in node.all("identifiers") {
        for list in std::iter::once(list).chain(list.all("identifiers")) {
            let packages = list.all("package").filter_map(|p| p.get("id"));
            let maven = list.all("identifier").filter(|i| i.attr("type") == Some("maven"));
            of.ids
                .extend(packages.chain(maven.filter_map(|i| i.get("name"))).map(str::to_owned));
        }
    }
    for related in node.all("relatedDependencies").flat_map(|l| l.all("relatedDependency")) {
        let name = related.get("fileName").or_else(|| related.get("filePath"));
        of.related.extend(name.map(str::to_owned));
    }
    for list in node.all("projectReferences") {
        of.projects.extend(list.each("projectReference").map(str::to_owned));
    }
    for list in node.all("vulnerabilities") {
        of.found.extend(list.children.iter().filter_map(found));
    }
    of
}

fn found(node: &Node) -> Option<Found> {
    let suppressed = node.name == "suppressedVulnerability";
    if !suppressed && node.name != "vulnerability" {
        return None;
    }
    let mut of = Found {
        suppressed,
        name: said(node, "name"),
        source: node.attr("source").unwrap_or_default().to_owned(),
        severity: said(node, "severity"),
        description: said(node, "description"),
        notes: said(node, "notes"),
        span: node.span,
        ..Found::default()
    };
    of.cwe.extend(node.each("cwe").map(str::to_owned));
    of.cwe
        .extend(node.all("cwes").flat_map(|l| l.each("cwe")).map(str::to_owned));
    for reference in node.all("references").flat_map(|l| l.all("reference")) {
        of.references.extend(
            reference
                .get("url")
                .or_else(|| reference.get("name"))
                .map(str::to_owned),
        );
    }
    let number = |t: Option<&str>| t.and_then(|t| t.parse().ok());
    if let Some(v4) = node.child("cvssV4") {
        of.score = of.score.or_else(|| number(v4.get("baseScore")));
        of.vectors.extend(v4.get("vectorString").map(str::to_owned));
    }
    if let Some(v3) = node.child("cvssV3") {
        of.score = of.score.or_else(|| number(v3.get("baseScore")));
        let prefix = format!("CVSS:{}/", v3.get("version").unwrap_or("3.1"));
        of.vectors.extend(vector(&prefix, &V3, |name| v3.get(name)));
    }
    // Before there was a third version, its metrics stood beside the severity.
    let v2 = node.child("cvssV2");
    of.score = of
        .score
        .or_else(|| number(v2.and_then(|v| v.get("score"))))
        .or_else(|| number(node.get("cvssScore")));
    let old = v2.unwrap_or(node);
    of.vectors.extend(vector("", &V2, |name| old.get(name)));
    Some(of)
}
