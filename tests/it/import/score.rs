//! Every open sample against the number of findings an independent tool gets out of it.
//!
//! The samples are not part of the repository: they are looked for beside it (`../shared/scans`) or in
//! `RISKDESK_TEST_SCANS`. Without them the test says so and passes.

use std::io::Read;

use riskdesk::import::head::Head;
use riskdesk::import::limits::Limits;
use riskdesk::import::record::Record;
use riskdesk::import::source::Source;
use riskdesk::import::{self};
use serde_json::Value;

use crate::support::scans;

/// Formats that are scored, with the name of their outermost entries: the first number of a sample's `raw`.
const FORMATS: &[(&str, &[&str])] = &[
    ("sarif", &["runs"]),
    ("nuclei", &["records"]),
    ("zap", &["site"]),
    ("tenable", &["ReportHost", "csv_rows"]),
    ("nmap", &["host"]),
    ("semgrep", &["results", "vulns"]),
    ("bandit", &["results"]),
    ("wapiti", &["vulnerability_entry"]),
    ("testssl", &["csv_rows", "lines"]),
    ("burp", &["issue"]),
    ("burp_api", &["issue_found_events"]),
    ("burp_dastardly", &["failure"]),
    ("burp_graphql", &["issues"]),
    ("burp_suite_dast", &[]),
    ("openvas", &["result", "csv_rows"]),
    ("nikto", &["vulnerabilities", "item"]),
    ("acunetix", &["ReportItem", "vulnerabilities"]),
    ("netsparker", &["vulnerabilities"]),
    ("invicti", &["vulnerabilities"]),
    ("qualys", &["VULN_INFO", "csv_rows"]),
    ("qualys_vmdr", &["csv_rows"]),
    ("qualys_webapp", &["VULNERABILITY"]),
    ("qualys_infrascan_webgui", &["IP"]),
    ("nexpose", &["node"]),
    ("sslyze", &["server_scan_results", "target"]),
    ("veracode", &["flaw", "findings"]),
    ("checkmarx", &["Query", "results"]),
    ("generic", &["findings", "csv_rows"]),
    (
        "trivy",
        &["vulnerabilities", "misconfigurations", "secrets", "licenses"],
    ),
    ("anchore_grype", &["matches"]),
    ("snyk", &["vulnerabilities"]),
    ("dependency_check", &["dependency"]),
    ("cyclonedx", &["component", "components"]),
    ("npm_audit", &["advisories"]),
    ("npm_audit_7_plus", &["vulnerabilities"]),
    ("pip_audit", &["vulns"]),
    ("cargo_audit", &["vulnerabilities"]),
    ("gitleaks", &["leaks"]),
    ("gitlab_sast", &["vulnerabilities"]),
    ("gitlab_dast", &["vulnerabilities"]),
    ("gitlab_dep_scan", &["vulnerabilities"]),
    ("gitlab_container_scan", &["vulnerabilities"]),
    ("gitlab_secret_detection_report", &["vulnerabilities"]),
    ("wpscan", &["vulnerabilities"]),
    ("mobsf", &[]),
    ("prowler", &["csv_rows", "records"]),
    ("aws_prowler", &["csv_rows", "records"]),
    ("aws_prowler_v3plus", &["records"]),
    ("asff", &["records"]),
    ("awssecurityhub", &["findings"]),
];

/// Samples whose expected count is neither our findings nor our occurrences, and why ours is better.
const ARGUED: &[(&str, &str)] = &[
    (
        "sarif/bash-report.sarif",
        "27 results repeat 12 places exactly (same rule, file, line, hash, message): a place once, with a count of repeats",
    ),
    (
        "nuclei/many_findings.json",
        "the yardstick merges per host name: two applications on two ports of one host are two places here, and one \
         matcher on three hosts is one problem",
    ),
    (
        "npm_audit_7_plus/one_vuln.json",
        "the yardstick merges a package's advisories and gives all the worst severity: each of the two is a finding with its own",
    ),
    (
        "mobsf/mobsf_3_7_9.json",
        "the yardstick does not read protections of binaries: one that is missing and one that is weak stand in the report",
    ),
    (
        "wpscan/wordpress_many_vuln.json",
        "the yardstick does not read themes: what the report says of the one in use is a finding",
    ),
    (
        "wpscan/wordpress_vuln_version.json",
        "the yardstick does not read themes: what the report says of the one in use is a finding",
    ),
    (
        "bandit/dd2.json",
        "two of its 165 results are equal in every field: one place, seen twice",
    ),
    (
        "semgrep/sca-deployments-vulns.json",
        "the yardstick takes the same line of the same file name in two repositories for one place",
    ),
    (
        "tenable/issue_9612.csv",
        "one plugin at two ports of one host and one of another: three services have to be mended",
    ),
    (
        "testssl/defectdojo_many_vuln.csv",
        "the yardstick takes what a test says (a date, a size) as part of what it is, so that four tests count twice",
    ),
    (
        "checkmarx/multiple_findings_same_query_id.xml",
        "the yardstick merges queries that share a CWE: a missing CSP header and a permissive CORS policy are two problems",
    ),
    (
        "nexpose/report_auth.xml",
        "the yardstick makes a finding of hosts that are up; four vulnerabilities are described",
    ),
    (
        "qualys_infrascan_webgui/qualys_infrascan_webgui_multiple.xml",
        "the yardstick reads confirmed vulnerabilities only; potential ones are findings too, with a tag",
    ),
    (
        "qualys_vmdr/many_vulns_cve.csv",
        "one of its five rows is FIXED: it was there once, and is not any more",
    ),
    (
        "qualys_vmdr/many_vulns_qid.csv",
        "one of its five rows is FIXED: it was there once, and is not any more",
    ),
    (
        "aws_prowler/issue4450.csv",
        "one of its four rows is a check that passed: no finding, and counted as left out",
    ),
    (
        "aws_prowler/many_vuln2.csv",
        "84 of its 214 rows are checks that passed, which the yardstick keeps as findings",
    ),
    (
        "awssecurityhub/inspector_ec2_cve.json",
        "its five records are one CVE on two machines: four differ in nothing but their ids",
    ),
    (
        "awssecurityhub/config_one_finding.json",
        "its only control passed, which the yardstick keeps as a closed finding",
    ),
    (
        "awssecurityhub/config_many_findings.json",
        "its three controls passed, which the yardstick keeps as closed findings",
    ),
    (
        "awssecurityhub/config_repeated_findings.json",
        "its control passed, which the yardstick keeps as a closed finding",
    ),
];

/// Whatever a report is, one format claims it: else the order of the list would decide what it is.
#[test]
fn every_sample_is_claimed_by_one_format() {
    let Some(dir) = scans() else {
        println!("skipped: no sample reports beside the repository (set RISKDESK_TEST_SCANS to their folder)");
        return;
    };
    let expected: Vec<Value> = serde_json::from_slice(&std::fs::read(dir.join("EXPECTED.json")).unwrap()).unwrap();
    let (mut checked, mut failed) = (0, Vec::new());
    for sample in &expected {
        let bytes = std::fs::read(dir.join(sample["file"].as_str().unwrap())).unwrap();
        let mut text = Vec::new();
        let mut source = Source::Memory(&bytes);
        let opened = source.open(&Limits::default()).unwrap();
        opened.reader.take(256 << 10).read_to_end(&mut text).unwrap();
        let head = Head::of(&text);
        let claims: Vec<_> = import::FORMATS
            .iter()
            .filter(|f| f.sniff(&head))
            .map(|f| f.name())
            .collect();
        let scored = FORMATS.iter().any(|(name, _)| sample["format"].as_str() == Some(name));
        checked += 1;
        // An empty list is nobody's.
        let nobodys = sample["raw"].is_null() && sample["expected_count"].is_null();
        if claims.len() > 1 || (claims.is_empty() && scored && !nobodys && bytes.len() > 40) {
            failed.push(format!("{}: claimed by {claims:?}", sample["file"]));
        }
    }
    println!("checked={checked} failed={}", failed.len());
    assert!(checked >= 200, "only {checked} samples");
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn samples_give_the_findings_they_should() {
    let Some(dir) = scans() else {
        println!("skipped: no sample reports beside the repository (set RISKDESK_TEST_SCANS to their folder)");
        return;
    };
    let expected: Vec<Value> = serde_json::from_slice(&std::fs::read(dir.join("EXPECTED.json")).unwrap()).unwrap();
    let (mut checked, mut failed) = (0, Vec::new());
    println!(
        "{:<66} {:>8} {:>7} {:>8} {:>7} {:>7}",
        "sample", "expected", "records", "findings", "places", "repeats"
    );
    for sample in &expected {
        let format = sample["format"].as_str().unwrap();
        let Some((_, first)) = FORMATS.iter().find(|(name, _)| *name == format) else {
            continue;
        };
        let file = sample["file"].as_str().unwrap();
        let bytes = std::fs::read(dir.join(file)).unwrap();
        let mut records: Vec<Record> = Vec::new();
        let outcome = import::decode(&mut Source::Memory(&bytes), None, &Limits::default(), &mut records);
        checked += 1;
        let summary = match outcome {
            Ok(summary) => summary,
            Err(refusal) => {
                // What is no report by anybody's count may be refused.
                let nobodys = sample["raw"].is_null() && sample["expected_count"].is_null();
                if sample["expect_error"] != Value::Bool(true) && !nobodys {
                    failed.push(format!("{file}: refused: {refusal}"));
                }
                continue;
            }
        };
        let mut complaints = Vec::new();
        let wanted = first
            .iter()
            .find_map(|key| sample["raw"][*key].as_u64())
            .unwrap_or_default();
        // Of pages nobody counted the entries.
        if summary.records() != wanted && !sample["raw"].is_null() {
            complaints.push(format!("{} records, the file has {wanted}", summary.records()));
        }
        for count in &summary.counted {
            let stated = sample["raw"].get(&count.what).and_then(Value::as_u64);
            if stated.is_some_and(|n| n != count.count) {
                complaints.push(format!("{} {}, the file has {stated:?}", count.count, count.what));
            }
        }
        // Nothing is lost without a trace: what was read is a record, and what was not is counted.
        if summary.occurrences + summary.repeats != records.len() as u64 {
            complaints.push("records and places do not add up".into());
        }
        let argued = ARGUED.iter().find(|(name, _)| *name == file);
        let mut mark = "";
        if let Some(n) = sample["expected_count"].as_u64() {
            let fits = n == summary.findings || n == summary.occurrences;
            mark = match (fits, argued) {
                (true, None) => "ok",
                (false, Some(_)) => "argued",
                (true, Some(_)) => {
                    complaints.push("argued, but it fits: strike it from the table".into());
                    "?"
                }
                (false, None) => {
                    complaints.push("neither findings nor places fit".into());
                    "LOST"
                }
            };
        }
        if file != MERGED {
            facts(sample, &records, &mut complaints);
        }
        println!(
            "{:<66} {:>8} {:>7} {:>8} {:>7} {:>7} {mark}",
            file,
            sample["expected_count"].to_string(),
            summary.records(),
            summary.findings,
            summary.occurrences,
            summary.repeats,
        );
        failed.extend(complaints.into_iter().map(|c| format!("{file}: {c}")));
    }
    for (file, why) in ARGUED {
        println!("argued: {file}: {why}");
    }
    println!("checked={checked} failed={}", failed.len());
    assert!(checked >= 20, "only {checked} samples");
    assert!(failed.is_empty(), "{failed:#?}");
}

/// Its facts are those of two advisories made one: the vector of the first, the severity of the second.
const MERGED: &str = "npm_audit_7_plus/one_vuln.json";

/// Weaknesses the yardstick gives every vulnerable component by itself; the reports do not name them.
const NOT_IN_THE_REPORT: [u64; 3] = [1032, 1035, 1395];

/// Facts that hold for another of a host's names: the yardstick calls a host by its reverse lookup, we by the name
/// somebody scanned. The other names stand in the detail.
const OTHER_NAME: [&str; 1] = ["mocha2005.mochahost.com"];

/// Formats whose line the yardstick adds another number to: Veracode's lines stand here as they stand in the report.
const OTHER_LINE: [&str; 1] = ["veracode"];

/// Formats whose tool rates nothing: its severities are the yardstick's own.
const UNRATED: [&str; 1] = ["sslyze"];

/// A vector without the version that the yardstick writes in front where the report has none.
fn bare(vector: &str) -> &str {
    vector.split_once('/').map_or(vector, |(_, metrics)| metrics)
}

/// Whether a fact is about what passed: that is no finding here.
fn passed(sample: &Value, fact: &Value) -> bool {
    let format = sample["format"].as_str().unwrap_or_default();
    let cloud = ["aws_prowler", "awssecurityhub"].contains(&format);
    let all_of_it = sample["file"]
        .as_str()
        .is_some_and(|f| f.starts_with("awssecurityhub/config_"));
    cloud && (fact["active"] == false || fact["is_mitigated"] == true || all_of_it)
}

/// Facts that are copied as they stand must be on some record: severity with title or place, path and line, CWE, score.
fn facts(sample: &Value, records: &[Record], complaints: &mut Vec<String>) {
    let format = sample["format"].as_str().unwrap_or_default();
    let facts = sample["findings"].as_array().into_iter().flatten();
    for fact in facts.filter(|fact| !passed(sample, fact)) {
        let text = |key: &str| fact[key].as_str().filter(|t| !t.is_empty());
        let number = |key: &str| fact[key].as_u64();
        let fits = |r: &Record| {
            let parts = &r.occurrence.parts;
            // Of packages the yardstick takes the way they came in for a file.
            text("file_path").is_none_or(|p| [&parts.path, &parts.symbol].iter().any(|f| f.as_deref() == Some(p)))
                && number("line").is_none_or(|n| OTHER_LINE.contains(&format) || parts.line.map(u64::from) == Some(n))
                && number("cwe").is_none_or(|n| {
                    n == 0 || NOT_IN_THE_REPORT.contains(&n) || r.cwe.iter().any(|c| u64::from(*c) == n)
                })
                && (UNRATED.contains(&format)
                    || text("severity").is_none_or(|s| r.severity.name().eq_ignore_ascii_case(s)))
                && text("vuln_id_from_tool").is_none_or(|id| r.rule == id || r.cve.iter().any(|c| c == id))
                && text("cvssv3").is_none_or(|v| r.cvss.iter().any(|c| c == v || bare(v) == *c))
                && fact["cvssv3_score"].as_f64().is_none_or(|s| r.score == Some(s))
                && fact["endpoints"].as_array().into_iter().flatten().all(|e| {
                    e["host"].as_str().is_none_or(|h| {
                        records.iter().any(|r| {
                            let p = &r.occurrence.parts;
                            let named = p.host.as_deref() == Some(h) || p.ip.as_deref() == Some(h);
                            (named || OTHER_NAME.contains(&h) && r.detail.contains(h))
                                && e["port"].as_u64().is_none_or(|n| p.port.map(u64::from) == Some(n))
                        })
                    })
                })
        };
        if !records.iter().any(fits) {
            complaints.push(format!("no record has {fact}"));
        }
    }
}
