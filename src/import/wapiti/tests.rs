//! Wapiti's JSON and XML.

use crate::domain::severity::Severity;
use crate::import::tests::read as decode;

const JSON: &str = r#"{"vulnerabilities":{"SQL Injection":[{"method":"GET","path":"/p?id=1%27","info":"SQL Injection via id on http://a.test/p?id=1",
   "level":4,"parameter":"id=1'","module":"sql","http_request":"GET /p","curl_command":"curl x","wstg":["WSTG-INPV-05"],"detail":{"response":"boom"}}, 7],
   "Backup file":[]},"anomalies":{"Internal Server Error":[{"method":"POST","path":"http://a.test/x","info":"500","level":"3","parameter":null}]},
  "additionals":{"Methods":[{"path":"/","level":0,"info":"GET"}]},
  "classifications":{"SQL Injection":{"desc":"D","sol":"S","ref":{"CWE-89: x":"https://cwe.test/89","OWASP":"https://o.test"}}},
  "infos":{"target":"http://a.test:8080/","date":"Sun, 22 Jun 2025 04:04:14 +0000","version":"Wapiti 3.2.3"},"novel":{}}"#;

#[test]
fn the_lists_of_the_json_are_findings() {
    let (records, summary) = decode(JSON);
    let counted: Vec<_> = summary.counted.iter().map(|c| (c.what.as_str(), c.count)).collect();
    assert_eq!(
        counted,
        [
            ("vulnerability_entry", 1),
            ("anomaly_entry", 1),
            ("additional_entry", 1)
        ]
    );
    let r = &records[0];
    assert_eq!(
        (r.severity, r.title.as_str()),
        (Severity::Critical, "SQL Injection: SQL Injection via id on …")
    );
    assert_eq!(
        (r.description.as_str(), r.remediation.as_str(), r.cwe.as_slice()),
        ("D", "S", &[89][..])
    );
    assert_eq!(r.occurrence.place, "http://a.test:8080/p?id=1%27");
    assert!(r.detail.contains("Request: GET /p") && r.detail.contains("boom"));
    assert_eq!(records[1].tags, ["anomaly"]);
    assert_eq!(records[2].severity, Severity::Info);
    assert_eq!(
        (summary.covers.as_slice(), r.tool_version.as_deref()),
        (&["http://a.test:8080".to_owned()][..], Some("3.2.3"))
    );
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(left, ["entries that are no objects", "keys `novel`"]);
}

#[test]
fn the_xml_says_the_same() {
    let text = r#"<report type="security"><report_infos><info name="target">http://a.test:8080/</info><info name="generatorVersion">Wapiti 3.0.4</info></report_infos>
      <vulnerabilities><vulnerability name="SQL Injection"><description><![CDATA[D]]></description><solution>S</solution>
      <references><reference><title>CWE-89: x</title><url>https://cwe.test/89</url></reference></references>
      <entries><entry><method>GET</method><path>/p?id=2</path><level>4</level><parameter>id=2</parameter>
       <info>SQL Injection via id on http://a.test/p?id=2</info></entry></entries></vulnerability></vulnerabilities><anomalies/></report>"#;
    let (xml, summary) = decode(text);
    let (json, _) = decode(JSON);
    assert_eq!(xml[0].fingerprint, json[0].fingerprint);
    assert_eq!(xml[0].occurrence.key, json[0].occurrence.key);
    assert_eq!(
        (xml[0].cwe.as_slice(), summary.covers.len(), summary.left_out.len()),
        (&[89][..], 1, 0)
    );
}

#[test]
fn the_first_xml_is_read_too() {
    let text = r#"<?xml version="1.0"?><report type="security"><generatedBy id="Wapiti 2.2.1"/><bugTypeList>
      <bugType name="SQL Injection"><bugList>
        <bug level="1"><timestamp>then</timestamp><url>http://a.test:8080/p?id=%27</url><peer><addr>192.0.2.4</addr><port>8080</port></peer>
          <parameter>id=%27</parameter><info>SQL Injection via id on http://a.test/p</info></bug>
        <bug level="3"><url>http://a.test:8080/q</url><parameter/><info>SQL Injection via x</info></bug></bugList>
        <description><![CDATA[D]]></description><solution>S</solution><references><reference><title>CWE-89: x</title><url>https://cwe.test/89</url></reference></references></bugType>
      <bugType name="Nothing"><bugList/></bugType></bugTypeList></report>"#;
    let (records, summary) = decode(text);
    let told: Vec<_> = records
        .iter()
        .map(|r| (r.severity, r.occurrence.place.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            (Severity::High, "http://a.test:8080/p?id=%27"),
            (Severity::Low, "http://a.test:8080/q")
        ]
    );
    let r = &records[0];
    assert_eq!(
        (
            r.description.as_str(),
            r.remediation.as_str(),
            r.cwe.as_slice(),
            r.tool_version.as_deref()
        ),
        ("D", "S", &[89][..], Some("2.2.1"))
    );
    assert_eq!((summary.records(), summary.left_out.len()), (2, 0));
}
