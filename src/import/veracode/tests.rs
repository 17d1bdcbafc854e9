//! Veracode's detailed report and its JSON, by hand.

use crate::domain::severity::Severity;
use crate::import::tests::read as decode;

#[test]
fn flaws_and_components_are_read() {
    let text = r#"<?xml version="1.0" encoding="ISO-8859-1"?><detailedreport xmlns="https&#x3a;//v.example" app_id="7" last_update_time="2026-11-22 08:00:00 UTC"><static-analysis/>
      <severity level="3"><category categoryname="SQL"><desc><para text="About"/></desc><recommendations><para text="Do"><bulletitem text="this"/></para></recommendations>
      <cwe cweid="89"><description><text text="Injection"/></description><staticflaws>
      <flaw severity="3" categoryname="SQL Injection" issueid="4" type="run" description="At run" cweid="89" module="a.jar" remediation_status="Open" sourcefile="Db.java" line="12" sourcefilepath="src/" functionprototype="void run()"><mitigations><mitigation action="Note" user="x"/></mitigations></flaw>
      <flaw severity="3" categoryname="SQL Injection" issueid="5" remediation_status="Fixed" mitigation_status="accepted" sourcefile="B.java"/>
      <flaw issueid="6" remediation_status="Fixed"/><flaw/></staticflaws></cwe>
      <cwe cweid="79"><dynamicflaws><flaw severity="5" categoryname="XSS" issueid="8" cweid="79" url="https&#x3a;&#x2f;&#x2f;shop.example&#x2f;a" vuln_parameter="q"/></dynamicflaws></cwe></category></severity>
      <software_composition_analysis><vulnerable_components><component library="lib" version="1.0" file_name="lib-1.0.jar"><file_paths><file_path value="app.war#lib-1.0.jar"/></file_paths>
      <vulnerabilities><vulnerability cve_id="CVE-2020-0001" cvss_score="7.5" severity="4" cwe_id="CWE-20" cve_summary="S" mitigation="true"/></vulnerabilities></component><component library="fine"><vulnerabilities/></component></vulnerable_components></software_composition_analysis><odd/></detailedreport>"#;
    let (records, summary) = decode(text);
    let counted: Vec<_> = summary.counted.iter().map(|c| (c.what.as_str(), c.count)).collect();
    assert_eq!(counted, [("flaw", 5), ("component", 2)]);
    let r = &records[0];
    assert_eq!(
        (r.severity, r.title.as_str(), r.occurrence.place.as_str()),
        (Severity::Medium, "SQL Injection", "src/Db.java:12")
    );
    assert_eq!(
        (r.cwe.as_slice(), r.description.as_str(), r.remediation.as_str()),
        (&[89][..], "Injection\nAt run", "Do\n- this")
    );
    assert!(r.detail.contains("Module: a.jar") && r.detail.contains("Mitigation: Note, x"));
    assert!(records[1].suppressed && !r.suppressed);
    assert_eq!(
        (records[2].occurrence.place.as_str(), records[2].severity),
        ("https://shop.example/a", Severity::Critical)
    );
    let sca = &records[3];
    assert_eq!(
        (sca.title.as_str(), sca.occurrence.place.as_str()),
        ("CVE-2020-0001 in lib", "lib 1.0 (app.war#lib-1.0.jar)")
    );
    assert_eq!(
        (sca.score, sca.cwe.as_slice(), sca.suppressed),
        (Some(7.5), &[20][..], true)
    );
    assert_eq!(summary.observed_at.unwrap().to_string(), "2026-11-22T08:00:00.000Z");
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(
        left,
        [
            "findings that Veracode calls fixed or closed",
            "findings without a number or a name",
            "components without vulnerabilities",
            "elements `odd`"
        ]
    );
}

#[test]
fn the_apis_and_the_pipeline_are_read() {
    let api = r#"{"_embedded":{"findings":[
      {"issue_id":4,"scan_type":"STATIC","context_guid":"g","description":"<span>At run</span>","finding_status":{"status":"OPEN","last_seen_date":"2026-11-22T08:00:00Z"},
       "finding_details":{"severity":3,"cwe":{"id":89,"name":"x"},"finding_category":{"name":"SQL Injection"},"file_path":"src/Db.java","file_line_number":12,"procedure":"run","module":"a.jar"}},
      {"scan_type":"SCA","context_guid":"g","finding_status":{"status":"OPEN"},"finding_details":{"severity":4,"component_filename":"lib.jar","version":"1.0","component_path":[{"path":"a/lib.jar"}],
       "cve":{"name":"CVE-2020-0001","cvss":7.5,"cvss3":{"score":9.8,"vector":"CVSS:3.1/AV:N"}}}},
      {"issue_id":5,"finding_status":{"status":"CLOSED","resolution":"FIXED"}},{}]},"_links":{},"page":{}}"#;
    let (records, summary) = decode(api);
    assert_eq!(
        (summary.format.as_str(), summary.records(), records.len()),
        ("veracode", 4, 2)
    );
    let r = &records[0];
    assert_eq!(
        (r.severity, r.occurrence.place.as_str(), r.description.as_str()),
        (Severity::Medium, "src/Db.java:12", "At run")
    );
    assert_eq!(
        (records[1].score, records[1].cvss.as_slice()),
        (Some(9.8), &["CVSS:3.1/AV:N".to_owned()][..])
    );
    let pipeline = r#"{"scan_id":"s","pipeline_scan":"1","findings":[{"title":"t","issue_id":1000,"severity":4,"issue_type":"SQL Injection","cwe_id":"89","display_text":"<span>D</span>",
      "files":{"source_file":{"file":"src/Db.java","line":12,"qualified_function_name":"a.run"}}}]}"#;
    let (records, _) = decode(pipeline);
    let again = decode(&pipeline.replace("1000", "1001").replace("\"line\":12", "\"line\":14")).0;
    assert_eq!(records[0].fingerprint, again[0].fingerprint);
    assert_eq!(
        (records[0].severity, records[0].title.as_str()),
        (Severity::High, "SQL Injection")
    );
}

#[test]
fn the_agent_points_at_libraries() {
    let text = r#"{"metadata":{"requestDate":"x"},"records":[{"metadata":{},"graphs":[],"libraries":[{"name":"Lib","coordinateType":"MAVEN","coordinate1":"org.lib","coordinate2":"lib","versions":[{"version":"1.0"},{"version":"1.1"}]}],
      "vulnerabilities":[{"cve":"2020-0001","title":"Remote Code","overview":"O","language":"JAVA","cvssScore":7.5,"cvss3Score":9.8,"libraries":[{"details":[{"updateToVersion":"2.0","versionRange":"1.0-1.9","fixText":"Be careful."}],"_links":{"ref":"/records/0/libraries/0/versions/1"}}],"_links":{"html":"https://v.example/sid-7/summary"}},
       {"cve":null,"title":"T","cvssScore":0,"libraries":[{"_links":{"ref":"/records/0/libraries/0"}}],"_links":{"html":"https://v.example/sid-9/summary"}},{"title":"Nowhere"}],"novel":[{"a":1}]}]}"#;
    let (records, summary) = decode(text);
    assert_eq!((summary.records(), summary.findings, records.len()), (3, 2, 2));
    let r = &records[0];
    assert_eq!(
        (r.title.as_str(), r.occurrence.place.as_str(), r.severity),
        ("CVE-2020-0001 in org.lib:lib", "org.lib:lib 1.1", Severity::Critical)
    );
    assert_eq!(
        (r.cve.as_slice(), r.score),
        (&["CVE-2020-0001".to_owned()][..], Some(9.8))
    );
    assert_eq!(r.remediation, "Update org.lib:lib to 2.0.\n\nBe careful.");
    assert_eq!(
        (records[1].rule.as_str(), records[1].severity),
        ("SID-9", Severity::Info)
    );
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(
        left,
        ["findings without a number or a name", "keys `novel` of a record"]
    );
}
