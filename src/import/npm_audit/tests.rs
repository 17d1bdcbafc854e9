//! Both forms, and a report that is none.

use crate::domain::severity::Severity;
use crate::import::tests::read as decode;

#[test]
fn both_forms_name_a_finding_alike() {
    let (old, summary) = decode(
        r#"{"actions":[],"advisories":{"9":{"findings":[{"version":"1.0","paths":["a>b","c>b"]},{"version":"1.1","paths":[]}],"id":9,"title":"T","module_name":"b",
        "cves":["CVE-2030-0001"],"severity":"moderate","cwe":"CWE-79","url":"https://github.com/advisories/GHSA-aaaa-bbbb-cccc","patched_versions":">=2",
        "references":"- [one](https://r.example/a)"}},"muted":[{}],"metadata":{}}"#,
    );
    assert_eq!(
        (
            summary.records(),
            summary.findings,
            summary.occurrences,
            summary.left_out[0].what.as_str()
        ),
        (1, 1, 3, "muted advisories")
    );
    let (new, summary) = decode(
        r#"{"auditReportVersion":2,"vulnerabilities":{"b":{"name":"b","severity":"high","via":[{"source":7,"title":"T","severity":"moderate","cwe":["CWE-79"],
        "url":"https://github.com/advisories/GHSA-aaaa-bbbb-cccc","cvss":{"score":5.3,"vectorString":"CVSS:3.1/x"},"range":"<2"},"d"],"nodes":["node_modules/b","node_modules/a/node_modules/b"],
        "fixAvailable":{"name":"a","version":"3","isSemVerMajor":true}},
        "a":{"name":"a","severity":"high","isDirect":true,"via":["b"],"nodes":["node_modules/a"],"fixAvailable":true},"odd":7},"metadata":{}}"#,
    );
    assert_eq!((summary.records(), summary.findings, summary.occurrences), (3, 2, 3));
    assert_eq!(old[0].fingerprint, new[0].fingerprint);
    assert_eq!(
        (old[0].severity, new[0].severity, new[0].score),
        (Severity::Medium, Severity::High, Some(5.3))
    );
    assert_eq!(old[0].references[1], "https://r.example/a");
    assert_eq!(new[2].title, "a depends on vulnerable versions of b");
    assert!(new[0].remediation.contains("Update a to 3 (a breaking change)"));
    assert_eq!(old[0].occurrence.place, "b 1.0 (a > b)");
}

#[test]
fn an_error_is_no_empty_report() {
    let mut records: Vec<crate::import::record::Record> = Vec::new();
    let text = r#"{"error":{"code":"ENOLOCK","summary":"This command requires an existing lockfile.","detail":""}}"#;
    let refusal = crate::import::decode(
        &mut crate::import::source::Source::Memory(text.as_bytes()),
        None,
        &crate::import::limits::Limits::default(),
        &mut records,
    )
    .unwrap_err();
    assert!(refusal.to_string().contains("existing lockfile"), "{refusal}");
}
