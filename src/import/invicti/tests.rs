//! The JSON and the XML of Invicti, by hand.

use crate::domain::severity::Severity;
use crate::import::tests::read as decode;

#[test]
fn json_and_xml_give_the_same_finding() {
    let json = "\u{FEFF}{\"Generated\":\"22/11/2026 09:59 AM\",\"Target\":{\"ScanId\":\"x\",\"Url\":\"https://shop.example/app\"},\"Vulnerabilities\":[
      {\"Url\":\"https://shop.example/a?q=1\",\"Type\":\"Xss\",\"Name\":\"Cross-site <b>Scripting</b>\",\"Severity\":\"High\",\"Certainty\":100,\"Confirmed\":true,
       \"Classification\":{\"Owasp\":\"A3\",\"Cwe\":\"79, 80\",\"Cvss\":{\"Vector\":\"CVSS:3.0/AV:N\",\"BaseScore\":{\"Value\":\"5.7\"}},\"Cvss31\":null},
       \"HttpRequest\":{\"Method\":\"GET\",\"Content\":\"GET /a?q=1 HTTP/1.1\\r\\n\\r\\n\"},\"HttpResponse\":{\"Content\":\"HTTP/1.1 200 OK\"},
       \"ExtraInformation\":[{\"Name\":\"Identified\",\"Value\":\"x\"}],\"KnownVulnerabilities\":[{\"Title\":\"jQuery CVE-2020-0001\"}],
       \"Description\":\"<p>D</p>\",\"Impact\":\"I\",\"RemedialActions\":\"<ol><li>Do</li></ol>\",\"ExternalReferences\":\"<a href='https://r.example'>r</a>\",\"State\":\"Present\"},
      {\"Url\":\"https://shop.example/b\",\"Name\":\"Best\",\"Severity\":\"BestPractice\",\"State\":\"Present, AcceptedRisk\"},
      {\"Name\":\"Gone\",\"State\":\"Fixed\"},{}]}";
    let xml = r#"<?xml version="1.0"?><invicti-enterprise generated="22/11/2026 09:59 AM"><target><url>https://shop.example/app</url></target><vulnerabilities>
      <vulnerability><url>https://shop.example/a?q=2</url><type>Xss</type><name>Cross-site Scripting</name><severity>High</severity><certainty>90</certainty><confirmed>True</confirmed>
      <http-request><method>GET</method><content><![CDATA[GET /a]]></content></http-request><classification><cwe>79</cwe><cvss><vector>CVSS:3.0/AV:N</vector><score><type>Base</type><value>5.7</value></score></cvss></classification>
      <extra-information><info name="Identified" value="x">x</info></extra-information></vulnerability></vulnerabilities></invicti-enterprise>"#;
    let ((a, summary), (b, of_xml)) = (decode(json), decode(xml));
    assert_eq!((summary.format.as_str(), summary.records(), a.len()), ("invicti", 4, 2));
    assert_eq!((of_xml.format.as_str(), of_xml.records(), b.len()), ("invicti", 1, 1));
    assert_eq!(
        (&a[0].fingerprint, &a[0].occurrence.key),
        (&b[0].fingerprint, &b[0].occurrence.key)
    );
    for r in [&a[0], &b[0]] {
        assert_eq!(
            (r.severity, r.score, r.title.as_str()),
            (Severity::High, Some(5.7), "Cross-site Scripting")
        );
        assert_eq!(r.cvss, ["CVSS:3.0/AV:N"]);
        assert!(
            r.tags.contains(&"confirmed".to_owned()) && r.detail.contains("GET /a"),
            "{}",
            r.detail
        );
    }
    assert_eq!(
        (a[0].cwe.as_slice(), a[0].cve.as_slice()),
        (&[79, 80][..], &["CVE-2020-0001".to_owned()][..])
    );
    assert_eq!(
        (a[0].remediation.as_str(), a[0].references.as_slice()),
        ("- Do", &["https://r.example".to_owned()][..])
    );
    assert!(a[1].suppressed && a[1].severity == Severity::Info);
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(
        left,
        ["vulnerabilities the tool calls fixed", "vulnerabilities without a name"]
    );
    for summary in [&summary, &of_xml] {
        assert_eq!(summary.covers, ["https://shop.example"]);
        assert_eq!(summary.observed_at.unwrap().to_string(), "2026-11-22T09:59:00.000Z");
    }
}

/// The desktop product writes other names.
#[test]
fn the_desktop_xml_is_read() {
    let xml = r#"<netsparker generated="22/11/2026 10:00:00"><target><url>http://a.example/</url><scantime>1</scantime></target>
      <vulnerability confirmed="True"><url>http://a.example/?x=1</url><type>SqlInjection</type><severity>Critical</severity><certainty>100</certainty>
      <vulnerableparametertype>GET</vulnerableparametertype><vulnerableparameter>x</vulnerableparameter><rawrequest>GET /?x=1</rawrequest><rawresponse>HTTP/1.1 200</rawresponse>
      <classification><CWE>89</CWE></classification></vulnerability></netsparker>"#;
    let (records, summary) = decode(xml);
    assert_eq!(
        (summary.records(), records[0].severity, records[0].title.as_str()),
        (1, Severity::Critical, "SqlInjection")
    );
    assert!(records[0].detail.contains("Parameter: x") && records[0].detail.contains("Response: HTTP/1.1 200"));
}
