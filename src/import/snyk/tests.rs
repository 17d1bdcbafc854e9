//! Projects, applications in an image, and infrastructure.

use crate::domain::severity::Severity;
use crate::import::limits::Limits;
use crate::import::record::Record;
use crate::import::source::Source;
use crate::import::tests::read as decode;

fn project(name: &str, from: &str) -> String {
    format!(
        r#"{{"vulnerabilities":[{{"id":"SNYK-JS-A-1","packageName":"@s/a","version":"1.0","packageManager":"npm","title":"T","severity":"high","severityWithCritical":"critical",
        "from":[{from}],"upgradePath":[false,"@s/a@2.0"],"fixedIn":["2.0"],"identifiers":{{"CVE":["CVE-2030-0001"],"CWE":["CWE-79"]}},"cvssScore":9.1,"CVSSv3":"CVSS:3.1/x"}}],
        "ok":false,"dependencyCount":3,"packageManager":"npm","projectName":"{name}","displayTargetFile":"package.json",
        "filtered":{{"ignore":[{{"id":"SNYK-JS-B-1","packageName":"b","filtered":{{"ignored":[{{"reason":"not used"}}]}}}}],"patch":[]}}}}"#
    )
}

#[test]
fn every_dependency_path_is_a_place() {
    let report = format!(
        r#"[{},{},{},{{"ok":false,"error":"boom","path":"/x"}}]"#,
        project("one", r#""one@1.0","@s/a@1.0""#),
        project("one", r#""one@2.0","@s/a@1.0""#),
        project("two", r#""two@1.0","c@1","@s/a@1.0""#)
    );
    let (records, summary) = decode(&report);
    let of = |rule: &str| records.iter().filter(|r| r.rule == rule).collect::<Vec<_>>();
    let found = of("SNYK-JS-A-1");
    assert_eq!((summary.records(), summary.findings, found.len()), (3, 2, 3));
    assert_eq!(found[0].occurrence.key, found[1].occurrence.key);
    assert_eq!(
        found[2].occurrence.place,
        "two: package.json: @s/a 1.0 (two > c > @s/a)"
    );
    assert_eq!(
        (found[0].severity, found[0].score, found[0].cwe[0]),
        (Severity::Critical, Some(9.1), 79)
    );
    assert!(
        of("SNYK-JS-B-1")
            .iter()
            .all(|r| r.suppressed && r.detail.contains("not used"))
    );
    assert_eq!(summary.covers, ["one", "two"]);
    assert_eq!(summary.left_out[0].what, "projects that could not be tested");
}

#[test]
fn a_scan_that_failed_is_no_empty_report() {
    let mut records: Vec<Record> = Vec::new();
    let text = r#"{"ok":false,"error":"Could not detect supported target files","path":"/x"}"#;
    let refusal = crate::import::decode(
        &mut Source::Memory(text.as_bytes()),
        None,
        &Limits::default(),
        &mut records,
    )
    .unwrap_err();
    assert!(refusal.to_string().contains("Could not detect"), "{refusal}");
}

#[test]
fn applications_in_an_image_are_projects() {
    let image = project("image", r#""image@1","@s/a@1""#);
    let app = project("app", r#""app@1","@s/a@1""#);
    let report = format!(
        "{},\"applications\":[{app}]}}",
        image.trim_end().trim_end_matches('}').to_owned() + "}"
    );
    let (records, summary) = decode(&report);
    assert_eq!((summary.records(), summary.findings, records.len()), (2, 2, 4));
    assert_eq!(summary.covers, ["image", "app"]);
    assert!(
        records
            .iter()
            .any(|r| r.occurrence.place.starts_with("app: package.json"))
    );
    assert!(summary.left_out.is_empty(), "{:?}", summary.left_out);
}

#[test]
fn infrastructure_is_a_tool_of_its_own() {
    let file = |line: u32| {
        format!(
            r#"{{"meta":{{}},"vulnerabilities":[],"targetFile":"main.tf","projectName":"infra","packageManager":"terraformconfig","path":"main.tf","ok":false,
            "infrastructureAsCodeIssues":[{{"severity":"high","id":"SNYK-CC-TF-1","publicId":"SNYK-CC-TF-1","title":"Open","msg":"resource.x","lineNumber":{line},"isIgnored":true,
            "iacDescription":{{"issue":"Too open.","impact":"Anyone.","resolve":"Close it."}},"path":["resource","aws_s3_bucket[a]","acl"],"references":["https://r.example"],
            "documentation":"https://d.example"}},{{"severity":"low","id":"SNYK-CC-TF-1","title":"Open","lineNumber":9,"path":["resource","aws_s3_bucket[b]","acl"]}},{{"title":"?"}}]}}"#
        )
    };
    let (records, summary) = decode(&format!("[{}]", file(3)));
    assert_eq!(
        (summary.format.as_str(), summary.findings, summary.occurrences),
        ("snyk", 1, 2)
    );
    assert_eq!(
        (summary.tools.join(" "), summary.covers.join(" ")),
        ("snyk iac".into(), "main.tf".into())
    );
    assert_eq!(summary.left_out[0].what, "issues without an id");
    let first = &records[0];
    assert_eq!((first.severity, first.suppressed), (Severity::High, true));
    assert_eq!((first.remediation.as_str(), first.references.len()), ("Close it.", 2));
    assert_eq!(first.occurrence.place, "main.tf:3 (resource > aws_s3_bucket[a] > acl)");
    let (moved, _) = decode(&file(30));
    assert_eq!(
        moved[0].occurrence.key, first.occurrence.key,
        "a line more above changes nothing"
    );
}

#[test]
fn unmanaged_code_has_its_version_from_its_path() {
    let (records, summary) = decode(
        r#"[{"issues":[{"pkgName":"https://c.example|zlib","issueId":"SNYK-UNMANAGED-ZLIB-1"}],"issuesData":{"SNYK-UNMANAGED-ZLIB-1":{"id":"x"}},"depGraphData":{},
        "vulnerabilities":[{"id":"SNYK-UNMANAGED-ZLIB-1","title":"T","severity":"high","packageName":"zlib","packageManager":"Unmanaged (C/C++)","name":"https://c.example|zlib@1.2.11",
        "from":["https://c.example|zlib@1.2.11"],"identifiers":{"CVE":["CVE-2022-37434"],"CWE":["CWE-787"]}}],"dependencyCount":1,"packageManager":"Unmanaged (C/C++)","path":"src"}]"#,
    );
    let parts = &records[0].occurrence.parts;
    assert_eq!(
        (parts.package.as_deref(), parts.package_version.as_deref()),
        (Some("zlib"), Some("1.2.11"))
    );
    assert_eq!((summary.records(), summary.left_out.len()), (1, 0));
}
