//! The detailed report: severities, categories, CWEs, flaws; components beside them.

use std::io::Read;

use super::Item;
use crate::domain::time::Time;
use crate::import::limits::{Kind, Limits, Refusal, clip_line, text};
use crate::import::source::Source;
use crate::import::xml::{Node, Reader};
use crate::import::{Out, clock};

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("flaw", 0);
    out.summary.count("component", 0);
    let mut reader = Reader::open(source.open(limits)?, limits);
    let root = reader.root()?;
    if !root.name.eq_ignore_ascii_case("detailedreport") {
        return Err(reader.refuse(
            Kind::Malformed,
            "the root of Veracode's XML is detailedreport; this is something else",
        ));
    }
    let about = About {
        application: clip_line(
            root.attr("app_id")
                .or_else(|| root.attr("app_name"))
                .unwrap_or_default(),
            text::WORD,
        ),
        observed_at: ["last_update_time", "generation_date"]
            .iter()
            .find_map(|n| root.attr(n).and_then(clock::time)),
        ..About::default()
    };
    out.summary.observed_at = about.observed_at;
    inside(&mut reader, &about, out)?;
    reader.finish()?;
    out.summary.bytes = reader.offset();
    Ok(())
}

/// What is true of all flaws further inside.
#[derive(Debug, Clone, Default)]
struct About {
    application: String,
    observed_at: Option<Time>,
    description: String,
    remedy: String,
}

fn inside<R: Read>(reader: &mut Reader<R>, about: &About, out: &mut Out<'_>) -> Result<(), Refusal> {
    let mut about = about.clone();
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "severity"
            | "category"
            | "cwe"
            | "staticflaws"
            | "dynamicflaws"
            | "manualflaws"
            | "software_composition_analysis"
            | "vulnerable_components" => inside(reader, &about, out)?,
            "flaw" => {
                out.summary.count("flaw", 1);
                let node = reader.element(tag)?;
                out.entry(reader.offset())?;
                flaw(&node, &about).emit(node.span, out)?;
            }
            "component" => {
                out.summary.count("component", 1);
                let node = reader.element(tag)?;
                out.entry(reader.offset())?;
                component(&node, &about, out)?;
            }
            "desc" | "description" => {
                let node = reader.element(tag)?;
                about.description = words(&node);
            }
            "recommendations" => {
                let node = reader.element(tag)?;
                about.remedy = words(&node);
            }
            "static-analysis" | "dynamic-analysis" | "manual-analysis" | "flaw-status" | "customfields" | "sca"
            | "methodology" => reader.skip()?,
            _ => reader.unknown(&tag, "", out)?,
        }
    }
    Ok(())
}

/// Texts stand in attributes of what is inside.
fn words(node: &Node) -> String {
    let mut out = String::new();
    let mut open = vec![node];
    while let Some(node) = open.pop() {
        if let Some(text) = node.attr("text") {
            if !out.is_empty() {
                out.push('\n');
            }
            if node.name == "bulletitem" {
                out.push_str("- ");
            }
            out.push_str(text);
        }
        open.extend(node.children.iter().rev());
    }
    out
}

fn flaw(node: &Node, about: &About) -> Item {
    let own = |name: &str| node.attr(name).unwrap_or_default().to_owned();
    let is = |name: &str, value: &str| node.attr(name).is_some_and(|v| v.eq_ignore_ascii_case(value));
    let mut item = Item {
        application: about.application.clone(),
        number: own("issueid"),
        kind: own("type"),
        title: own("categoryname"),
        severity: own("severity"),
        cwe: own("cweid"),
        path: format!("{}{}", own("sourcefilepath"), own("sourcefile")),
        line: node.attr("line").and_then(|l| l.parse().ok()).filter(|l| *l > 0),
        function: own("functionprototype"),
        url: own("url"),
        parameter: own("vuln_parameter"),
        description: [about.description.clone(), own("description")].join("<br>"),
        remedy: about.remedy.clone(),
        // Fixed is what was there the last time; mitigated what stays, accepted.
        fixed: is("remediation_status", "fixed") && !is("mitigation_status", "accepted"),
        mitigated: is("mitigation_status", "accepted"),
        observed_at: about.observed_at,
        ..Item::default()
    };
    for (label, name) in [
        ("Module", "module"),
        ("Scope", "scope"),
        ("Note", "note"),
        ("Status", "remediation_status"),
        ("Mitigation", "mitigation_status_desc"),
    ] {
        item.said.add(label, node.attr(name));
    }
    for mitigation in node.child("mitigations").into_iter().flat_map(|m| m.all("mitigation")) {
        let parts = ["action", "user", "description"]
            .iter()
            .filter_map(|n| mitigation.attr(n));
        item.said.add("Mitigation", Some(&parts.collect::<Vec<_>>().join(", ")));
    }
    item
}

fn component(node: &Node, about: &About, out: &mut Out<'_>) -> Result<(), Refusal> {
    let own = |name: &str| node.attr(name).unwrap_or_default().to_owned();
    let found: Vec<&Node> = node
        .child("vulnerabilities")
        .into_iter()
        .flat_map(|v| v.all("vulnerability"))
        .collect();
    if found.is_empty() {
        out.summary.leave_out("components without vulnerabilities");
    }
    let path = node
        .child("file_paths")
        .and_then(|p| p.child("file_path"))
        .and_then(|p| p.attr("value"));
    for vulnerability in found {
        let of_this = |name: &str| vulnerability.attr(name).unwrap_or_default().to_owned();
        let name = node
            .attr("library")
            .or_else(|| node.attr("file_name"))
            .unwrap_or_default();
        let mut item = Item {
            advisory: of_this("cve_id"),
            severity: of_this("severity"),
            cwe: of_this("cwe_id"),
            description: of_this("cve_summary"),
            score: vulnerability.attr("cvss_score").and_then(|s| s.parse().ok()),
            package: Some((name.to_owned(), own("version"), path.unwrap_or_default().to_owned())),
            mitigated: vulnerability.attr("mitigation") == Some("true"),
            observed_at: about.observed_at,
            ..Item::default()
        };
        for (label, value) in [
            ("File", "file_name"),
            ("Vendor", "vendor"),
            ("SHA-1", "sha1"),
            ("Library", "library_id"),
        ] {
            item.said.add(label, node.attr(value));
        }
        item.emit(vulnerability.span, out)?;
    }
    Ok(())
}
