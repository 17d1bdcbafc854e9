//! Kinds of scans, and versions of the schema.

use crate::domain::severity::Severity;
use crate::import::record::Record;
use crate::import::tests::read as decode;

fn report(scan: &str, vulnerabilities: &str) -> String {
    format!(r#"{{"version":"15.0.0","vulnerabilities":[{vulnerabilities}],"remediations":[],{scan}}}"#)
}

fn scan(kind: &str, scanner: &str) -> String {
    format!(
        r#""scan":{{"type":"{kind}","status":"success","end_time":"2026-01-02T03:04:05","scanner":{{"id":"{scanner}","version":"1.2"}}}}"#
    )
}

#[test]
fn code_that_moves_is_the_same_finding() {
    let one = |line: u32, more: &str| -> Record {
        let entry = format!(
            r#"{{"id":"{line}","name":"N","description":"D","severity":"High","location":{{"file":"a.py","start_line":{line},"end_line":{line}}},
            "identifiers":[{{"type":"bandit_test_id","name":"Bandit Test ID B410","value":"B410"}},{{"type":"cwe","name":"CWE-79","value":"79"}}]{more}}}"#
        );
        decode(&report(&scan("sast", "bandit"), &entry)).0.remove(0)
    };
    let hash = r#","cve":"a.py:0123456789abcdef0123456789abcdef:B410""#;
    let (a, b) = (one(3, hash), one(9, hash));
    assert_eq!(a.fingerprint, b.fingerprint);
    assert_ne!(a.occurrence.key, b.occurrence.key);
    assert_eq!(a.fingerprint.fields[3].0, "hash");
    assert_ne!(
        a.fingerprint,
        one(3, r#","cve":"a.py:fedcba9876543210fedcba9876543210:B410""#).fingerprint
    );
    // A key with a line in it tells nothing.
    assert_eq!(
        one(3, r#","cve":"a.py:3:B410""#).fingerprint,
        one(9, r#","cve":"a.py:9:B410""#).fingerprint
    );
    assert_eq!(
        (a.tool.as_str(), a.rule.as_str(), a.cwe.as_slice(), a.severity),
        ("gitlab: bandit", "B410", &[79][..], Severity::High)
    );
    assert_eq!(a.tool_version.as_deref(), Some("1.2"));
}

#[test]
fn packages_and_images_are_read() {
    let dependency = r#"{"name":"T","severity":"Unknown","cve":"go.sum:p:gemnasium:u","solution":"Upgrade to version 2.","location":{"file":"go.sum","dependency":{"package":{"name":"p"},"version":"v1"}},
        "identifiers":[{"type":"gemnasium","name":"Gemnasium-u","value":"u","url":"https://i.example/"},{"type":"cve","value":"CVE-2030-0001"}],"links":[{"url":"https://l.example/"}],
        "cvss_vectors":[{"vendor":"NVD","vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]}"#;
    let (records, summary) = decode(&report(&scan("dependency_scanning", "gemnasium"), dependency));
    let r = &records[0];
    assert_eq!(
        (r.severity, r.cve.as_slice(), r.remediation.as_str(), r.rule.as_str()),
        (
            Severity::Critical,
            &["CVE-2030-0001".to_owned()][..],
            "Upgrade to version 2.",
            "u"
        )
    );
    assert_eq!((r.occurrence.place.as_str(), r.references.len()), ("go.sum: p v1", 2));
    assert_eq!(summary.observed_at.unwrap().to_string(), "2026-01-02T03:04:05.000Z");
    let image = |tag: &str| {
        format!(
            r#"{{"severity":"Low","location":{{"dependency":{{"package":{{"name":"apt"}},"version":"1"}},"operating_system":"debian","image":"r.example/a:{tag}"}},"identifiers":[{{"type":"cve","value":"CVE-2030-0002"}}]}}"#
        )
    };
    let (a, summary) = decode(&report(&scan("container_scanning", "trivy"), &image("1")));
    let (b, _) = decode(&report(&scan("container_scanning", "trivy"), &image("2")));
    assert_eq!(
        (&a[0].fingerprint, &a[0].occurrence.key),
        (&b[0].fingerprint, &b[0].occurrence.key)
    );
    assert_eq!(
        (summary.covers.as_slice(), a[0].title.as_str()),
        (&["r.example/a".to_owned()][..], "apt: CVE-2030-0002")
    );
}

#[test]
fn what_stands_on_the_web_is_placed_by_its_address() {
    let entry = |path: &str| {
        format!(
            r#"{{"severity":"Medium","location":{{"hostname":"http://h.example","path":"{path}","method":"GET","param":"q"}},"identifiers":[{{"type":"ZAProxy_PluginId","name":"CSP","value":"10038"}}],
            "evidence":{{"summary":"seen","request":{{"method":"GET","url":"http://h.example/a","headers":[{{"name":"Accept","value":"*"}}]}},"response":{{"status_code":200}}}}}}"#
        )
    };
    let scan = r#""@generated":"x","site":[{"@name":"http://h.example","alerts":[]}],"scan":{"type":"dast","scanner":{"id":"zaproxy"},"scanned_resources":[{"method":"GET","type":"url","url":"http://h.example/"}]}"#;
    let (records, summary) = decode(&report(scan, &format!("{},{}", entry("/a"), entry("/b"))));
    assert_eq!(
        (summary.findings, summary.occurrences, summary.covers.as_slice()),
        (1, 2, &["h.example".to_owned()][..])
    );
    assert_eq!(
        (records[0].title.as_str(), records[0].occurrence.parts.port),
        ("CSP", Some(80))
    );
    assert!(records[0].detail.contains("Accept: *"));
}

#[test]
fn secrets_are_masked_and_failed_scans_say_nothing() {
    let entry = r#"{"category":"secret_detection","name":"Token","severity":"Critical","raw_source_code_extract":"glpat-EXAMPLEEXAMPLE0000",
        "location":{"file":"a.env","start_line":1,"commit":{"sha":"0000000","author":"A"}},"identifiers":[{"type":"gitleaks_rule_id","value":"gitlab_pat"}]}"#;
    let (records, _) = decode(&report(&scan("secret_detection", "gitleaks"), entry));
    let text = serde_json::to_string(&records).unwrap();
    assert!(
        !text.contains("EXAMPLEEXAMPLE") && text.contains("glpa… (24 characters)"),
        "{text}"
    );
    let failed = r#""scan":{"type":"sast","status":"failure","scanner":{"id":"bandit"}}"#;
    let (none, summary) = decode(&report(failed, ""));
    assert!(none.is_empty() && summary.tools.is_empty() && summary.note.is_some());
    let (_, summary) = decode(r#"{"vulnerabilities":[]}"#);
    assert!(summary.tools.is_empty());
}

/// Lists from before there was an envelope, and what Clair wrote.
#[test]
fn first_layouts_are_read() {
    let sast = r#"[{"category":"sast","message":"Use of md5","cve":"src/a.py:52865813c884a507be1f152d654245af34aba8a3:B303","severity":"Medium","confidence":"High","scanner":{"id":"bandit"},
      "location":{"file":"src/a.py","start_line":3,"end_line":3},"identifiers":[{"type":"bandit_test_id","name":"B303","value":"B303","url":"https://b.example"}],"priority":"Medium","file":"src/a.py","line":3,"url":"https://b.example","tool":"bandit"},
      {"message":"Weak random","cve":"src/b.rb:12:CWE-330","priority":"High","file":"src/b.rb","line":12,"url":"https://r.example","tool":"brakeman"}]"#;
    let (records, summary) = decode(sast);
    assert_eq!((records.len(), summary.left_out.len(), summary.records()), (2, 0, 2));
    assert_eq!(summary.tools, ["gitlab: bandit", "gitlab: brakeman"]);
    let bare = &records[1];
    assert_eq!(
        (bare.occurrence.place.as_str(), bare.title.as_str(), bare.severity),
        ("src/b.rb:12", "Weak random", Severity::High)
    );
    assert_eq!(bare.references, ["https://r.example"]);

    let packages = r#"[{"tool":"gemnasium","message":"DoS in lib","url":"https://a.example","cve":"CVE-2018-0001","file":"yarn.lock","solution":"Upgrade","priority":"Unknown"},
      {"category":"dependency_scanning","name":"lib - CVE-2017-0001","message":"XSS","cve":"app/req.txt:lib@1.0:CVE-2017-0001","severity":"Unknown","scanner":{"id":"gemnasium"},"location":{"file":"app/req.txt","dependency":{"package":{"name":"lib"},"version":"1.0"}},
       "identifiers":[{"type":"gemnasium","name":"G-1","value":"1"},{"type":"cve","name":"CVE-2017-0001","value":"CVE-2017-0001"}]}]"#;
    let (records, _) = decode(packages);
    assert_eq!(
        (records[0].cve.as_slice(), records[0].remediation.as_str()),
        (&["CVE-2018-0001".to_owned()][..], "Upgrade")
    );
    assert_eq!(records[0].occurrence.place, "yarn.lock");
    assert_eq!(records[1].occurrence.parts.package.as_deref(), Some("lib"));
    assert_eq!(records[1].cve, ["CVE-2017-0001"]);

    let clair = r#"{"image":"registry.example/app:1.2","unapproved":["CVE-2017-0002"],"vulnerabilities":[{"featurename":"glibc","featureversion":"2.24-11","vulnerability":"CVE-2017-0002","namespace":"debian:9","description":"d","link":"https://d.example","severity":"Defcon1","fixedby":"2.24-12"}]}"#;
    let (records, summary) = decode(clair);
    let r = &records[0];
    assert_eq!(
        (summary.covers.as_slice(), summary.tools.as_slice()),
        (
            &["registry.example/app".to_owned()][..],
            &["gitlab: clair".to_owned()][..]
        )
    );
    assert_eq!((r.severity, r.severity_word.as_str()), (Severity::Critical, "Defcon1"));
    assert_eq!(
        (r.occurrence.place.as_str(), r.remediation.as_str()),
        ("registry.example/app: glibc 2.24-11", "Update glibc to 2.24-12.")
    );
    assert_eq!(
        (r.cve.as_slice(), r.references.as_slice()),
        (&["CVE-2017-0002".to_owned()][..], &["https://d.example".to_owned()][..])
    );
}

/// What is strange in the first entry says nothing of the others.
#[test]
fn a_vulnerability_without_identifiers_keeps_what_it_has() {
    let text = r#"{"version":"15.0.0","scan":{"type":"container_scanning","scanner":{"id":"trivy"}},"vulnerabilities":[null,{"name":"CVE-2020-0003 in lib","location":{"image":"a:1","dependency":{"package":{"name":"lib"},"version":"1"}},
      "details":{"vulnerable_package":{"type":"text","name":"Vulnerable package","value":"lib:1"}}}]}"#;
    let (records, summary) = decode(text);
    assert_eq!(
        (records.len(), summary.left_out[0].what.as_str()),
        (1, "vulnerabilities that are null")
    );
    assert!(
        records[0].detail.contains("Vulnerable package: lib:1"),
        "{}",
        records[0].detail
    );
}
