//! What vulnerability scripts of Nmap say: `vulners`, and all that use its `vulns` library.

use crate::domain::severity::Severity;
use crate::import::limits::{clip, clip_line, text};
use crate::import::names;
use crate::import::xml::Node;

/// A vulnerability at a service.
#[derive(Debug, Default)]
pub struct Vulnerability {
    pub id: String,
    pub title: String,
    pub script: String,
    pub score: Option<f64>,
    /// Where the script states it in words.
    pub severity: Option<Severity>,
    pub word: String,
    pub cve: Vec<String>,
    pub cvss: Vec<String>,
    pub description: String,
    pub references: Vec<String>,
    pub detail: String,
}

#[derive(Debug, Default)]
pub struct Found {
    pub vulnerabilities: Vec<Vulnerability>,
    /// Vulnerabilities the script says are not there.
    pub harmless: u64,
}

fn keyed<'n>(table: &'n Node, key: &str) -> Option<&'n str> {
    table
        .all("elem")
        .find(|e| e.attr("key") == Some(key))
        .and_then(Node::words)
}

fn table<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    node.all("table").find(|t| t.attr("key") == Some(key))
}

/// What a script found; nothing for one that is about something else.
pub fn read(script: &Node) -> Found {
    let id = script.attr("id").unwrap_or_default();
    if id.contains("vulners") {
        return vulners(script, id);
    }
    let mut found = Found::default();
    for table in script.all("table") {
        if let Some(state) = keyed(table, "state") {
            library(script, id, table, state, &mut found);
        }
    }
    if found.vulnerabilities.is_empty() && found.harmless == 0 {
        plain(script, id, &mut found);
    }
    found
}

/// `vulners`: a table per product with a table per vulnerability; older ones only print lines.
fn vulners(script: &Node, id: &str) -> Found {
    let mut found = Found::default();
    for product in script.all("table") {
        let cpe = product.attr("key").unwrap_or_default();
        for entry in product.all("table") {
            if let Some(name) = keyed(entry, "id") {
                let score = keyed(entry, "cvss").and_then(|s| s.parse().ok());
                let kind = keyed(entry, "type").unwrap_or_default();
                found.vulnerabilities.push(vulner(id, name, score, kind, cpe));
            }
        }
    }
    if found.vulnerabilities.is_empty() {
        let mut cpe = "";
        for line in script.attr("output").unwrap_or_default().lines().map(str::trim) {
            if line.starts_with("cpe:") {
                cpe = line.trim_end_matches(':');
                continue;
            }
            let mut words = line.split_whitespace();
            if let (Some(name), Some(score)) = (words.next(), words.next())
                && let Ok(score) = score.parse()
            {
                found.vulnerabilities.push(vulner(id, name, Some(score), "", cpe));
            }
        }
    }
    found
}

fn vulner(script: &str, name: &str, score: Option<f64>, kind: &str, cpe: &str) -> Vulnerability {
    let name = clip_line(name, text::WORD);
    let link = format!(
        "https://vulners.com/{}/{name}",
        if kind.is_empty() { "cve" } else { kind }
    );
    // Exploits carry CVE numbers in their own ids; only an id that is one speaks of it.
    let cve = names::cves(&name)
        .into_iter()
        .filter(|c| c.eq_ignore_ascii_case(&name))
        .collect();
    Vulnerability {
        title: name.clone(),
        script: script.to_owned(),
        score: score.filter(|s: &f64| (0.0..=10.0).contains(s)),
        word: score.map(|s| s.to_string()).unwrap_or_default(),
        cve,
        description: format!(
            "Known for the version that answers there ({}).",
            clip_line(cpe, text::WORD)
        ),
        references: vec![link],
        id: name,
        ..Vulnerability::default()
    }
}

/// A table of the `vulns` library.
fn library(script: &Node, id: &str, table_of: &Node, state: &str, found: &mut Found) {
    let upper = state.to_uppercase();
    let vulnerable = upper.contains("VULNERABLE") && !upper.contains("NOT VULNERABLE");
    if !vulnerable {
        found.harmless += 1;
        return;
    }
    let key = table_of.attr("key").unwrap_or_default();
    let title = keyed(table_of, "title").unwrap_or(key);
    let ids: Vec<&str> = table(table_of, "ids")
        .map(|t| t.each("elem").collect())
        .unwrap_or_default();
    let mut cve = Vec::new();
    for text in ids.iter().copied().chain([key]) {
        for name in names::cves(text) {
            names::add(&mut cve, name);
        }
    }
    let words = keyed(table_of, "risk_factor").or_else(|| keyed(table_of, "riskfactor"));
    let severity = words
        .and_then(|w| w.parse().ok())
        .unwrap_or(if upper.contains("LIKELY") {
            Severity::Medium
        } else {
            Severity::High
        });
    let scores = table(table_of, "scores");
    let score = scores.into_iter().flat_map(|t| t.each("elem")).find_map(|s| {
        let number = s.split_whitespace().next()?;
        number.parse::<f64>().ok().filter(|s| (0.0..=10.0).contains(s))
    });
    let description = table(table_of, "description").map(|t| t.each("elem").collect::<Vec<_>>().join("\n"));
    let mut references = Vec::new();
    for link in table(table_of, "refs").into_iter().flat_map(|t| t.each("elem")) {
        names::add(&mut references, clip_line(link, text::PLACE));
    }
    found.vulnerabilities.push(Vulnerability {
        id: clip_line(
            &format!("{id}: {}", if key.is_empty() { title } else { key }),
            text::WORD,
        ),
        title: clip_line(title, text::TITLE),
        script: id.to_owned(),
        score,
        severity: Some(severity),
        word: clip_line(words.unwrap_or(state), text::WORD),
        cve,
        cvss: Vec::new(),
        description: clip(&description.unwrap_or_default(), text::PARAGRAPH),
        references,
        detail: clip(script.attr("output").unwrap_or_default(), text::DETAIL),
    });
}

/// Scripts that only print: those named for a vulnerability, and those whose text says that there is one.
fn plain(script: &Node, id: &str, found: &mut Found) {
    let output = script.attr("output").unwrap_or_default();
    if output.to_uppercase().contains("NOT VULNERABLE") {
        found.harmless += 1;
        return;
    }
    if !output.contains("VULNERABLE") {
        return;
    }
    let lines = output
        .lines()
        .map(str::trim)
        .filter(|l| !l.is_empty() && !l.starts_with("VULNERABLE"));
    let title = lines.clone().next().unwrap_or(id);
    let mut cve = Vec::new();
    for name in names::cves(output).into_iter().chain(names::cves(id)) {
        names::add(&mut cve, name);
    }
    found.vulnerabilities.push(Vulnerability {
        id: clip_line(id, text::WORD),
        title: clip_line(title, text::TITLE),
        script: id.to_owned(),
        severity: Some(if output.contains("LIKELY VULNERABLE") {
            Severity::Medium
        } else {
            Severity::High
        }),
        word: "VULNERABLE".into(),
        cve,
        detail: clip(output, text::DETAIL),
        ..Vulnerability::default()
    });
}
