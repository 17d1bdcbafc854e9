//! Parts of a site, and scans that failed.

use crate::domain::severity::Severity;
use crate::import::tests::read as decode;

#[test]
fn parts_and_interesting_findings_are_read() {
    let (records, summary) = decode(
        r#"{"banner":{"description":"WordPress Security Scanner","version":"3.8"},"start_time":1616759450,"stop_time":1616759456,"target_url":"https://w.example/blog/","target_ip":"192.0.2.1",
        "interesting_findings":[{"url":"https://w.example/blog/xmlrpc.php","to_s":"XML-RPC seems to be enabled: https://w.example/blog/xmlrpc.php","type":"xmlrpc","references":{"url":["https://r.example/"],"metasploit":["m"]},"interesting_entries":["e"]}],
        "version":{"number":"5.6","vulnerabilities":[{"title":"WordPress < 5.7 - XXE","fixed_in":"5.7","cvss":{"score":"7.1","vector":"CVSS:3.1/x"},"references":{"cve":["2030-0001"],"wpvulndb":["abc"]}}]},
        "main_theme":{"slug":"t","location":"https://w.example/blog/wp-content/themes/t/","vulnerabilities":[{"title":"T <= 1","fixed_in":null,"references":{}}],"version":{"number":"1"}},
        "plugins":{"p":{"slug":"p","location":"https://w.example/blog/wp-content/plugins/p/","vulnerabilities":[{"title":"P <= 1","references":{"wpvulndb":["8873"]}}],"version":null}},
        "themes":[],"config_backups":{"https://w.example/wp-config.php.bak":{"found_by":"x"}},"users":{"admin":{}},"password_attack":{"admin":{"id":1,"password":"hunter22"}},"novel":1}"#,
    );
    assert_eq!(
        (summary.records(), summary.findings, summary.covers.as_slice()),
        (3, 7, &["w.example".to_owned()][..])
    );
    let of = |rule: &str| records.iter().find(|r| r.rule == rule).unwrap();
    let core = of("abc");
    assert_eq!(
        (
            core.severity,
            core.score,
            core.cve[0].as_str(),
            core.remediation.as_str()
        ),
        (Severity::High, Some(7.1), "CVE-2030-0001", "Update to 5.7.")
    );
    assert_eq!(
        (of("8873").severity, of("T <= 1").occurrence.parts.package.as_deref()),
        (Severity::Medium, Some("t"))
    );
    assert_eq!(of("xmlrpc").fingerprint.fields[2].1, "XML-RPC seems to be enabled");
    assert_eq!(
        (of("config_backups").severity, of("users").severity),
        (Severity::High, Severity::Info)
    );
    // Whose password it is has to be known, which one does not.
    assert_eq!(of("password_attack").severity, Severity::High);
    assert!(!serde_json::to_string(&records).unwrap().contains("hunter22"));
    assert_eq!(summary.left_out[0].what, "keys `novel`");
}

#[test]
fn an_aborted_scan_is_no_empty_report() {
    let mut records: Vec<crate::import::record::Record> = Vec::new();
    let text = r#"{"banner":{"description":"d","version":"3"},"scan_aborted":"The target is down","target_url":"https://w.example/"}"#;
    let refusal = crate::import::decode(
        &mut crate::import::source::Source::Memory(text.as_bytes()),
        None,
        &crate::import::limits::Limits::default(),
        &mut records,
    )
    .unwrap_err();
    assert!(refusal.to_string().contains("target is down"), "{refusal}");
}
