//! Versions of Semgrep, and its supply chain.

use super::*;
use crate::import::tests::read as decode;

fn result(line: u32, lines: &str, print: &str) -> String {
    format!(
        r#"{{"check_id":"a.b.weak-hash","path":"./src/x.py","start":{{"line":{line},"col":3}},"end":{{"line":"{line}","col":9}},
        "extra":{{"message":"Weak hash.\nMore.","severity":"ERROR","lines":"{lines}","fingerprint":"{print}","is_ignored":false,
        "metadata":{{"cwe":["CWE-327: x","CWE-328"],"references":"https://r.test","technology":["python"],"confidence":"LOW"}}}}}}"#
    )
}

#[test]
fn code_that_moves_is_the_same_finding() {
    let report =
        |line, lines: &str, print: &str| format!(r#"{{"errors":[{{}}],"results":[{}]}}"#, result(line, lines, print));
    let one = |line, lines: &str, print: &str| decode(&report(line, lines, print)).0.remove(0);
    let (a, b) = (one(3, "  md5(x)", "p_0"), one(9, "md5(x)", "q_1"));
    assert_eq!(a.fingerprint, b.fingerprint);
    assert_ne!(a.occurrence.key, b.occurrence.key);
    let (c, d) = (one(3, "requires login", "p_0"), one(9, "requires login", "p_1"));
    assert_eq!(c.fingerprint, d.fingerprint);
    assert_eq!(c.fingerprint.fields[3], ("fingerprint".into(), "p".into()));
    assert_eq!(
        (a.title.as_str(), a.severity, a.cwe.clone(), a.occurrence.parts.line),
        ("weak-hash: Weak hash.", Severity::High, vec![327, 328], Some(3))
    );
    assert_eq!(a.tags, ["python", "confidence:low"]);
    let (none, summary) = decode(r#"{"results":[],"errors":[],"paths":{"scanned":[]},"version":"1.0","novel":1}"#);
    assert!(none.is_empty());
    assert_eq!(
        (summary.tools.as_slice(), summary.left_out.len()),
        (&["semgrep".to_owned()][..], 1)
    );
}

#[test]
fn a_package_at_two_lines_is_one_finding() {
    let vuln = |line: u32| {
        format!(
            r#"{{"title":"T","advisory":{{"ruleId":"ssc-1","severity":"CRITICAL","references":{{"cveIds":["CVE-2023-1428"],
            "cweIds":["CWE-617: x"],"urls":["https://r.test"]}}}},"matchedDependency":{{"name":"grpc","versionSpecifier":"1.5"}},
            "closestSafeDependency":{{"name":"grpc","versionSpecifier":"1.6"}},"dependencyFileLocation":{{"path":"r.txt","startLine":"{line}"}}}}"#
        )
    };
    let (records, summary) = decode(&format!(
        r#"{{"vulns":[{},{},{}],"hasMore":false}}"#,
        vuln(1),
        vuln(2),
        vuln(2)
    ));
    assert_eq!(
        (
            summary.records(),
            summary.findings,
            summary.occurrences,
            summary.repeats
        ),
        (3, 1, 2, 1)
    );
    let r = &records[0];
    assert_eq!(
        (r.severity, r.cve[0].as_str(), r.cwe[0]),
        (Severity::Critical, "CVE-2023-1428", 617)
    );
    assert_eq!(r.occurrence.parts.package.as_deref(), Some("grpc"));
    assert_eq!(r.remediation, "Update grpc to 1.6.");
}
