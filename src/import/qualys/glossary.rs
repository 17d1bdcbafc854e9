//! What a report says of its QIDs, which stands behind the detections: read first.

use std::collections::HashMap;

use super::{Kind, scored};
use crate::import::limits::{Kind as Of, Limits, Refusal, clip, clip_line, text};
use crate::import::names;
use crate::import::source::Source;
use crate::import::xml::{Node, Reader};

/// QIDs by number, within a budget.
#[derive(Debug, Default)]
pub(super) struct Glossary {
    kinds: HashMap<String, Kind>,
    bytes: usize,
}

impl Glossary {
    pub(super) fn get(&self, qid: &str) -> Option<&Kind> {
        self.kinds.get(qid.trim())
    }

    /// The glossary of a report, whose entries stand in `list`: read before the detections, which come first.
    pub(super) fn read(source: &mut Source<'_>, list: &str, limits: &Limits) -> Result<Self, Refusal> {
        let mut glossary = Self::default();
        let mut reader = Reader::open(source.open(limits)?, limits);
        reader.root()?;
        while let Some(tag) = reader.child()? {
            if tag.name != "GLOSSARY" {
                reader.skip()?;
                continue;
            }
            while let Some(tag) = reader.child()? {
                if tag.name != list {
                    reader.skip()?;
                    continue;
                }
                while let Some(tag) = reader.child()? {
                    let node = reader.element(tag)?;
                    glossary.add(&node, limits)?;
                }
            }
        }
        Ok(glossary)
    }

    fn add(&mut self, node: &Node, limits: &Limits) -> Result<(), Refusal> {
        // The web application scanner's entries are called QID and hold one.
        let Some(qid) = node.get("QID").map(|q| clip_line(q, text::WORD)) else {
            return Ok(());
        };
        let kind = kind(node);
        self.bytes += 500 + kind.threat.len() + kind.impact.len() + kind.solution.len();
        self.kinds.insert(qid, kind);
        if self.kinds.len() > limits.table || self.bytes > limits.table_bytes {
            let reason = format!(
                "the report's glossary has more than {} entries, or is larger than {}; split it",
                limits.table,
                crate::import::json::size(limits.table_bytes as u64)
            );
            return Err(Refusal::new(Of::Limit, reason));
        }
        Ok(())
    }
}

/// Any of the elements that describe a QID: of the glossaries and of scan results.
pub(super) fn kind(node: &Node) -> Kind {
    let any = |names: &[&str]| {
        let found = names.iter().find_map(|n| node.get(n)).unwrap_or_default();
        clip(found, text::PARAGRAPH)
    };
    let mut kind = Kind {
        title: clip_line(&any(&["TITLE"]), text::TITLE),
        severity: clip_line(&any(&["SEVERITY", "SEVERITY_LEVEL"]), text::WORD),
        category: clip_line(&any(&["CATEGORY"]), text::WORD),
        threat: any(&["THREAT", "DIAGNOSIS", "DESCRIPTION"]),
        impact: any(&["IMPACT", "CONSEQUENCE"]),
        solution: any(&["SOLUTION"]),
        cwe: node.each("CWE").flat_map(names::cwes).collect(),
        ..Kind::default()
    };
    let cves = node.child("CVE_ID_LIST").into_iter().flat_map(|l| l.all("CVE_ID"));
    for cve in cves {
        kind.cve.extend(cve.get("ID").into_iter().flat_map(names::cves));
    }
    kind.cve.extend(node.attr("cveid").into_iter().flat_map(names::cves));
    let mut once: Vec<String> = Vec::new();
    for cve in kind.cve.drain(..) {
        names::add(&mut once, cve);
    }
    kind.cve = once;
    for (list, item) in [
        ("VENDOR_REFERENCE_LIST", "VENDOR_REFERENCE"),
        ("BUGTRAQ_ID_LIST", "BUGTRAQ_ID"),
    ] {
        for reference in node.child(list).into_iter().flat_map(|l| l.all(item)) {
            if let Some(url) = reference.get("URL") {
                names::add(&mut kind.references, clip_line(url, text::PLACE));
            }
        }
    }
    // The newest score that is there; each with its vector where the report has one.
    let nothing = Node::default();
    let inside = |list: &str| node.child(list).unwrap_or(&nothing);
    for (cell, prefix) in [
        (inside("CVSS4_SCORE").get("CVSS4_BASE"), "CVSS:4.0/"),
        (inside("CVSS3_SCORE").get("CVSS3_BASE"), "CVSS:3.0/"),
        (node.get("CVSS3_BASE"), "CVSS:3.0/"),
        (inside("CVSS_V3").get("BASE"), "CVSS:3.0/"),
        (inside("CVSS_SCORE").get("CVSS_BASE"), ""),
        (node.get("CVSS_BASE"), ""),
    ] {
        let (score, vector) = scored(cell.unwrap_or_default(), prefix);
        kind.score = kind.score.or(score);
        kind.cvss.extend(vector);
    }
    if let Some(vector) = inside("CVSS_V3").get("ATTACK_VECTOR").filter(|v| v.contains('/')) {
        kind.cvss.push(clip_line(vector, text::WORD));
    }
    for (label, name) in [("owasp", "OWASP"), ("wasc", "WASC"), ("group", "GROUP")] {
        if let Some(words) = node.get(name) {
            kind.tags.push(clip_line(&format!("{label}:{words}"), text::WORD));
        }
    }
    kind
}
