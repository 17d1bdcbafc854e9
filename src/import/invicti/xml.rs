//! The XML reports: of the desktop product (vulnerabilities inside the root, in small letters) and of Enterprise
//! (`vulnerabilities` inside it). They name their elements alike but for case and hyphens.

use std::io::Read;

use super::{Item, cover};
use crate::import::head::Head;
use crate::import::limits::{Limits, Refusal};
use crate::import::source::Source;
use crate::import::xml::{Node, Reader};
use crate::import::{Out, clock, names};

/// What the root's name begins with.
const ROOTS: [&str; 3] = ["netsparker", "invicti", "acunetix-360"];

pub fn sniff(head: &Head<'_>) -> bool {
    head.root.as_ref().is_some_and(|root| {
        let name = root.name.to_lowercase();
        ROOTS.iter().any(|r| name.starts_with(r))
    })
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    let mut reader = Reader::open(source.open(limits)?, limits);
    let root = reader.root()?;
    out.summary.observed_at = root.attr("generated").and_then(clock::time);
    vulnerabilities(&mut reader, out)?;
    reader.finish()?;
    out.summary.bytes = reader.offset();
    Ok(())
}

fn vulnerabilities<R: Read>(reader: &mut Reader<R>, out: &mut Out<'_>) -> Result<(), Refusal> {
    while let Some(tag) = reader.child()? {
        match flat(&tag.name).as_str() {
            "vulnerabilities" => vulnerabilities(reader, out)?,
            "vulnerability" => {
                out.summary.count("vulnerabilities", 1);
                let node = reader.element(tag)?;
                out.entry(reader.offset())?;
                let mut item = item(&node);
                item.observed_at = item.observed_at.or(out.summary.observed_at);
                item.emit(node.span, out)?;
            }
            "target" => {
                let node = reader.element(tag)?;
                cover(get(&node, "url"), out);
            }
            _ => reader.unknown(&tag, "", out)?,
        }
    }
    Ok(())
}

/// A name without case and hyphens.
fn flat(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

fn child<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    node.children.iter().find(|c| flat(&c.name) == name)
}

fn get<'n>(node: &'n Node, name: &str) -> &'n str {
    child(node, name).and_then(Node::words).unwrap_or_default()
}

/// The text of the first of these that has some.
fn either<'n>(node: &'n Node, names: &[&str]) -> &'n str {
    names
        .iter()
        .map(|n| get(node, n))
        .find(|t| !t.is_empty())
        .unwrap_or_default()
}

fn item(node: &Node) -> Item {
    let nothing = Node::default();
    let class = child(node, "classification").unwrap_or(&nothing);
    let request = child(node, "httprequest").unwrap_or(&nothing);
    let response = child(node, "httpresponse").unwrap_or(&nothing);
    let truth = |text: &str| text.eq_ignore_ascii_case("true");
    let own = |names: &[&str]| either(node, names).to_owned();
    let mut item = Item {
        kind: own(&["type"]),
        name: own(&["name", "title"]),
        url: own(&["url"]),
        method: either(request, &["method"]).to_owned(),
        parameter: own(&["vulnerableparameter", "parametername"]),
        severity: own(&["severity"]),
        certainty: own(&["certainty"]),
        confirmed: node.attr("confirmed").is_some_and(truth) || truth(get(node, "confirmed")),
        state: own(&["state"]),
        description: own(&["description"]),
        impact: own(&["impact"]),
        remedy: vec![
            own(&["remedialactions", "actionstotake"]),
            own(&["remedialprocedure", "remedy"]),
        ],
        references: vec![own(&["externalreferences"]), own(&["remedyreferences"])],
        cwe: get(class, "cwe").to_owned(),
        observed_at: clock::time(get(node, "lastseendate")),
        ..Item::default()
    };
    for name in ["cvss40", "cvss31", "cvss"] {
        let Some(cvss) = child(class, name) else { continue };
        let vector = get(cvss, "vector");
        if !vector.is_empty() {
            item.cvss.push(vector.to_owned());
        }
        let scores = cvss.children.iter().filter(|c| flat(&c.name) == "score");
        let base = scores
            .filter(|s| get(s, "type") == "Base")
            .find_map(|s| get(s, "value").parse().ok());
        item.score = item.score.or(base).or_else(|| get(cvss, "basescore").parse().ok());
    }
    for label in ["owasp", "wasc", "capec"] {
        let word = get(class, label);
        if !word.is_empty() {
            item.tags.push(format!("{label}:{word}"));
        }
    }
    if let Some(extra) = child(node, "extrainformation") {
        for info in &extra.children {
            let label = info.attr("name").unwrap_or_else(|| get(info, "name"));
            let value = info.words().unwrap_or_else(|| get(info, "value"));
            item.said.add(label, Some(&super::plain(value)));
        }
    }
    if let Some(known) = child(node, "knownvulnerabilities") {
        for vulnerability in &known.children {
            for part in &vulnerability.children {
                item.cve.extend(names::cves(&part.text));
            }
        }
    }
    item.cve.extend(names::cves(&item.name));
    for (label, texts) in [
        ("Request", [get(node, "rawrequest"), get(request, "content")]),
        ("Response", [get(node, "rawresponse"), get(response, "content")]),
    ] {
        if let Some(text) = texts.into_iter().find(|t| !t.is_empty()) {
            item.said.message(label, text.as_bytes());
        }
    }
    item
}
