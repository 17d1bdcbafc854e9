//! A report whose names changed (a later version of its tool) is never taken for one that found nothing.

use std::collections::BTreeSet;

use super::writers::{Item, WRITERS};
use crate::import::decode;
use crate::import::limits::{Limits, Refusal};
use crate::import::record::{Record, Summary};
use crate::import::source::Source;

const ITEMS: [Item; 3] = [(0, 1), (1, 2), (2, 1)];

pub(super) fn tried(text: &str, wanted: Option<&str>) -> Result<(usize, Summary), Refusal> {
    let mut records: Vec<Record> = Vec::new();
    let summary = decode(
        &mut Source::Memory(text.as_bytes()),
        wanted,
        &Limits::default(),
        &mut records,
    )?;
    Ok((records.len(), summary))
}

/// Keys of JSON, elements of XML, columns of tables.
pub(super) fn names(text: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let word = |rest: &str| -> String {
        rest.chars()
            .take_while(|c| c.is_alphanumeric() || "_-@$:".contains(*c))
            .collect()
    };
    match text.trim_start().as_bytes().first() {
        Some(b'{' | b'[') => {
            for (at, _) in text.match_indices('"') {
                let name = text[at + 1..].split('"').next().unwrap();
                if text[at + 1 + name.len()..].starts_with("\":") && !name.is_empty() {
                    names.insert(name.to_owned());
                }
            }
        }
        Some(b'<') => names.extend(text.match_indices('<').map(|(at, _)| word(&text[at + 1..]))),
        _ => names.extend(
            text.lines()
                .next()
                .unwrap_or_default()
                .split([',', ';'])
                .map(|c| c.trim_matches('"').to_owned()),
        ),
    }
    names.remove("");
    names
}

fn renamed(text: &str, name: &str) -> String {
    match text.trim_start().as_bytes().first() {
        Some(b'{' | b'[') => text.replace(&format!("\"{name}\":"), &format!("\"later_{name}\":")),
        Some(b'<') => {
            let mut out = text.to_owned();
            for end in [" ", ">", "/"] {
                out = out
                    .replace(&format!("<{name}{end}"), &format!("<later_{name}{end}"))
                    .replace(&format!("</{name}{end}"), &format!("</later_{name}{end}"));
            }
            out
        }
        _ => {
            let (first, rest) = text.split_once('\n').unwrap();
            format!("{}\n{rest}", first.replace(name, &format!("later {name}")))
        }
    }
}

/// Names whose loss cannot be told from a report that has less to say, and why.
const ARGUED: [(&str, &str, &str); 7] = [
    (
        "sslyze",
        "is_vulnerable_to_heartbleed",
        "a check that was not asked for is not there",
    ),
    (
        "sslyze",
        "is_vulnerable_to_ccs_injection",
        "a check that was not asked for is not there",
    ),
    (
        "sslyze",
        "supports_secure_renegotiation",
        "a check that was not asked for is not there",
    ),
    (
        "sslyze",
        "openSslHeartbleed",
        "a check that was not asked for is not there",
    ),
    (
        "sslyze",
        "openSslCcsInjection",
        "a check that was not asked for is not there",
    ),
    (
        "sslyze",
        "sessionRenegotiation",
        "a check that was not asked for is not there",
    ),
    ("mobsf", "files", "a rule without files is about the whole app"),
];

#[test]
fn renamed_names_are_never_an_empty_report() {
    let (mut checked, mut failed) = (0, Vec::new());
    for (format, write) in WRITERS.iter().copied() {
        let text = write(&ITEMS);
        let before = tried(&text, None).unwrap().0;
        for name in names(&text) {
            let other = renamed(&text, &name);
            assert_ne!(other, text, "{format}: {name}");
            for wanted in [None, Some(format)] {
                checked += 1;
                let Ok((n, summary)) = tried(&other, wanted) else {
                    continue;
                };
                let silent = if n == 0 {
                    !summary.tools.is_empty()
                } else {
                    n < before && summary.left_out.is_empty()
                };
                if silent && !ARGUED.iter().any(|(f, k, _)| *f == format && *k == name) {
                    failed.push(format!(
                        "{format}: `{name}`: {n} of {before}, left out {:?}: {other}",
                        summary.left_out
                    ));
                }
            }
        }
    }
    println!("checked={checked} failed={}", failed.len());
    assert!(checked >= 1_500, "only {checked}");
    assert!(failed.is_empty(), "{failed:#?}");
}

/// What tools write when they found nothing: it stays an empty report that covers what it covers.
#[test]
fn what_is_really_empty_stays_so() {
    let (mut checked, mut failed) = (0, Vec::new());
    for (format, write) in WRITERS.iter().copied() {
        let text = write(&[]);
        // Lines and lists without a name around them are nobody's when they are empty, and so cover nothing.
        let bare = ["", "[]"].contains(&text.trim());
        let nobodys = NOBODYS.iter().any(|t| *t == text);
        checked += 1;
        match tried(&text, None) {
            Ok((0, summary)) if bare == summary.tools.is_empty() && !nobodys => {}
            Err(_) if nobodys => {}
            other => failed.push(format!("{format}: {text}: {other:?}")),
        }
    }
    for (format, text) in EMPTY {
        checked += 1;
        match tried(text, None) {
            Ok((0, summary)) if summary.format == format && summary.tools.len() == 1 => {}
            other => failed.push(format!("{format}: {text}: {other:?}")),
        }
    }
    println!("checked={checked} failed={}", failed.len());
    assert!(failed.is_empty(), "{failed:#?}");
}

/// Empty reports that more than one tool could have written; they are refused.
const NOBODYS: [&str; 4] = [
    r#"{"results":[],"scanID":"s"}"#,
    r#"{"Findings":[]}"#,
    r#"{"hosts":[],"command":{}}"#,
    r#"<SCAN value="scan/1"></SCAN>"#,
];

/// Empty reports as tools write them: with things nobody needs to know, or without the list of what was found.
const EMPTY: [(&str, &str); 14] = [
    (
        "semgrep",
        r#"{"version":"9","results":[],"errors":[],"paths":{"scanned":["a"]},"later":{"a":{"b":1}}}"#,
    ),
    (
        "bandit",
        r#"{"errors":[],"generated_at":"2026-01-01T00:00:00Z","metrics":{"_totals":{"loc":1}},"results":[],"later":[{"a":1}]}"#,
    ),
    (
        "trivy",
        r#"{"SchemaVersion":2,"ArtifactName":"a","ArtifactType":"filesystem","Metadata":{"ImageConfig":{"a":{}}}}"#,
    ),
    (
        "trivy",
        r#"{"SchemaVersion":2,"ArtifactName":"a","Results":[],"Later":[{"a":1}]}"#,
    ),
    (
        "trivy",
        r#"{"SchemaVersion":2,"ArtifactName":"a","Results":[{"Target":"t","Class":"lang-pkgs","Type":"npm"}]}"#,
    ),
    (
        "snyk",
        r#"{"vulnerabilities":[],"ok":true,"dependencyCount":3,"projectName":"p","later":{"a":{"b":1}}}"#,
    ),
    (
        "grype",
        r#"{"matches":[],"source":{"type":"directory","target":"."},"descriptor":{"name":"grype"},"later":[{"a":1}]}"#,
    ),
    (
        "npm-audit",
        r#"{"auditReportVersion":2,"vulnerabilities":{},"metadata":{"vulnerabilities":{}},"later":{"a":{"b":1}}}"#,
    ),
    (
        "zap",
        r#"{"@programName":"ZAP","@generated":"Sun, 22 Jun 2025 04:04:14","site":[{"@name":"http://h.example","alerts":[]}],"later":[{"a":1}]}"#,
    ),
    (
        "nessus",
        r#"<NessusClientData_v2><Policy><a b="1"/></Policy><Report name="x"><ReportHost name="h.example"><HostProperties/></ReportHost></Report></NessusClientData_v2>"#,
    ),
    (
        "nmap",
        r#"<nmaprun start="1750565054"><scaninfo type="syn"/><runstats><finished time="1"/><hosts up="0" down="1" total="1"/></runstats></nmaprun>"#,
    ),
    (
        "cyclonedx",
        r#"{"bomFormat":"CycloneDX","specVersion":"1.6","components":[{"name":"a","version":"1"}]}"#,
    ),
    (
        "dependency-check",
        r#"{"reportSchema":"1.1","scanInfo":{},"dependencies":[{"fileName":"clean.jar","evidenceCollected":{"vendorEvidence":[{"a":1}]}}]}"#,
    ),
    (
        "wpscan",
        r#"{"banner":{},"target_url":"https://h.example/","interesting_findings":[],"plugins":{"a":{"slug":"a","vulnerabilities":[]}},"themes":{}}"#,
    ),
];
