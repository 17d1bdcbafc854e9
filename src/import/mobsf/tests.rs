//! Sections, old and new shapes, and secrets.

use crate::domain::severity::Severity;
use crate::import::tests::read as decode;

#[test]
fn sections_are_read() {
    let (records, summary) = decode(
        r#"{"version":"v4","file_name":"a.apk","app_name":"A","md5":"0","package_name":"com.example.a","version_name":"1.2",
        "permissions":{"android.permission.CAMERA":{"status":"dangerous","info":"i","description":"d"},"android.permission.INTERNET":{"status":"normal"}},
        "certificate_analysis":{"certificate_findings":[["info","d","Signed"],["warning","d2","Janus"],["good","x","Fine"]]},
        "manifest_analysis":{"manifest_findings":[{"rule":"r","title":"T<br>x","severity":"high","description":"d","component":["c"]}]},
        "code_analysis":{"findings":{"android_logging":{"files":{"a/B.java":"3,9"},"metadata":{"cwe":"CWE-532: x","cvss":7.5,"severity":"warning","description":"Logs","owasp-mobile":"","masvs":"M","ref":"https://r.example/"}}},"summary":{}},
        "binary_analysis":[{"name":"lib/a.so","nx":{"is_nx":false,"severity":"high","description":"d"},"pie":{"severity":"info"}}],
        "secrets":["\"api_key\" : \"AKIAEXAMPLEEXAMPLE00\""],"firebase_urls":[{"url":"https://f.example","open":true}],"strings":["x"],"novel":{}}"#,
    );
    let text = serde_json::to_string(&records).unwrap();
    assert!(!text.contains("EXAMPLEEXAMPLE"), "{text}");
    assert_eq!(
        (summary.findings, summary.occurrences, summary.covers.as_slice()),
        (8, 9, &["com.example.a".to_owned()][..])
    );
    let code = records.iter().find(|r| r.rule == "android_logging").unwrap();
    assert_eq!(
        (
            code.severity,
            code.score,
            code.cwe.as_slice(),
            code.occurrence.place.as_str()
        ),
        (Severity::Medium, Some(7.5), &[532][..], "com.example.a: a/B.java:3")
    );
    let what: Vec<&str> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(
        what,
        [
            "permissions that are not dangerous",
            "checks that passed",
            "protections of binaries that are there",
            "keys `novel`"
        ]
    );
}

#[test]
fn mobsfscan_and_old_shapes_are_read() {
    let (records, summary) = decode(
        r#"{"errors":[{}],"mobsfscan_version":"0.0.6","results":{"r":{"files":[{"file_path":"A.java","match_lines":[3,4],"match_string":"m"}],"metadata":{"cwe":"cwe-532","severity":"ERROR","description":"D"}}}}"#,
    );
    assert_eq!(
        (summary.tools.as_slice(), records[0].severity, records[0].cwe[0]),
        (&["mobsfscan".to_owned()][..], Severity::High, 532)
    );
    assert_eq!(
        (
            records[0].occurrence.place.as_str(),
            records[0].occurrence.parts.end_line
        ),
        ("A.java:3", Some(4))
    );
    let (records, _) = decode(
        r#"{"file_name":"a.ipa","app_name":"A","md5":"0","bundle_id":"org.example","manifest_analysis":[{"title":"T","stat":"high","desc":"d","name":"n","component":"c"}],
        "code_analysis":{"rule":{"files":["x.m"],"level":"info","description":"d"}},"binary_analysis":{"Uses malloc":{"detailed_desc":"d","severity":"high","cvss":2,"cwe":"CWE-789: x"}},
        "macho_analysis":{"name":"A","arc":{"severity":"warning","description":"d"}}}"#,
    );
    assert_eq!(records.len(), 4);
    assert_eq!(records[2].cwe, [789]);
}

#[test]
fn the_first_reports_are_read_too() {
    let (records, summary) = decode(
        r#"{"title":"Static Analysis","name":"App","file_name":"a.apk","md5":"0","packagename":"com.app.example","mainactivity":"M","targetsdk":"24","minsdk":"9","maxsdk":"","androvername":"1.2","androver":"1",
        "manifest_analysis":[{"title":"Debug Enabled","stat":"high","desc":"d"}],"permissions":[{"name":"android.permission.READ_SMS","status":"dangerous","info":"read","description":"x"},
        {"name":"android.permission.INTERNET","status":"normal"}],"code_analysis":{"App logs":{"metadata":{"severity":"info","description":"logs","cwe":"CWE-532"},"files":{"com/app/A.java":"3"}}}}"#,
    );
    let mut rules: Vec<_> = records.iter().map(|r| r.rule.as_str()).collect();
    rules.sort_unstable();
    assert_eq!(rules, ["App logs", "Debug Enabled", "android.permission.READ_SMS"]);
    assert_eq!(summary.covers, ["com.app.example"]);
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(left, ["permissions that are not dangerous"]);
}
