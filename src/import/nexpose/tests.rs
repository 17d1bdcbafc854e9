//! The report, and the simple XML.

use crate::domain::severity::Severity;
use crate::import::tests::read as decode;

#[test]
fn tests_take_words_from_the_definitions_behind_them() {
    let text = r#"<NexposeReport version="2.0"><scans><scan id="1" startTime="20261122T070000000" endTime="20261122T080000123" status="finished"/></scans>
      <nodes><node address="192.0.2.7" status="alive"><names><name>web.example</name></names><fingerprints/><tests>
       <test id="Weak-Mode" key="/srv/a" status="vulnerable-version"><Paragraph>Mode of<UnorderedList><ListItem>775</ListItem></UnorderedList></Paragraph></test>
       <test id="weak-mode" key="/srv/b" status="vulnerable-exception-acceptable-risk"/><test id="x" status="not-vulnerable"/><test status="vulnerable-exploited"/></tests>
       <endpoints><endpoint protocol="udp" port="161" status="open"><services><service name="SNMP"><tests><test id="snmp" status="vulnerable-potential"/></tests></service></services></endpoint></endpoints></node></nodes>
      <VulnerabilityDefinitions><vulnerability id="weak-mode" title="Weak mode" severity="7" cvssScore="6.8" cvssVector="(AV:N/AC:L)" cvssV3Score="7.1" cvssV3Vector="CVSS:3.1/AV:N">
       <description><ContainerBlockElement><Paragraph>Too open.</Paragraph></ContainerBlockElement></description><references><reference source="CVE">CVE-2020-0001</reference><reference source="URL">https://r.example</reference></references>
       <tags><tag>UNIX</tag></tags><solution><Paragraph>chmod</Paragraph></solution></vulnerability></VulnerabilityDefinitions></NexposeReport>"#;
    let (records, summary) = decode(text);
    let counted: Vec<_> = summary.counted.iter().map(|c| (c.what.as_str(), c.count)).collect();
    assert_eq!(counted, [("node", 1), ("test", 5), ("vulnerable_tests", 4)]);
    assert_eq!((summary.findings, summary.occurrences, records.len()), (2, 3, 3));
    let r = &records[0];
    assert_eq!(
        (r.severity, r.score, r.title.as_str()),
        (Severity::High, Some(7.1), "Weak mode")
    );
    assert_eq!(
        (r.cvss.as_slice(), r.cve.len()),
        (&["CVSS:3.1/AV:N".to_owned(), "AV:N/AC:L".to_owned()][..], 1)
    );
    assert_eq!((r.description.as_str(), r.remediation.as_str()), ("Too open.", "chmod"));
    assert_eq!(r.detail, "Mode of\n- 775\n\nKey: /srv/a\n\nHost name: web.example");
    assert!(records[1].suppressed && records[2].occurrence.place == "192.0.2.7:161 (udp)");
    assert_eq!(summary.observed_at.unwrap().to_string(), "2026-11-22T08:00:00.000Z");
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(left, ["tests that found nothing", "tests without an id or a host"]);
    assert_eq!(summary.covers, ["192.0.2.7"]);
}

#[test]
fn the_simple_xml_names_the_same_problems() {
    let text = r#"<?xml version="1.0"?><NeXposeSimpleXML version="1.0"><generated>20261122T080000123</generated><devices>
      <device address="192.0.2.7" id="1"><fingerprint certainty="1.00"><description>Linux</description></fingerprint>
       <vulnerabilities><vulnerability id="Weak-Mode" resultCode="VE"><id type="cve">CVE-2020-0001</id><id type="url">https://r.example</id></vulnerability></vulnerabilities>
       <services><service name="SNMP" port="161" protocol="udp"><fingerprint/><vulnerabilities><vulnerability id="snmp" resultCode="VP"/><vulnerability id="x" resultCode="NV"/>
        <vulnerability resultCode="VE"/></vulnerabilities></service></services><novel/></device></devices></NeXposeSimpleXML>"#;
    let (records, summary) = decode(text);
    let counted: Vec<_> = summary.counted.iter().map(|c| (c.what.as_str(), c.count)).collect();
    assert_eq!(counted, [("node", 1), ("test", 4), ("vulnerable_tests", 3)]);
    assert_eq!((summary.findings, summary.covers.join(" ").as_str()), (2, "192.0.2.7"));
    let first = &records[0];
    assert_eq!(
        (first.severity, first.rule.as_str(), first.cve.len()),
        (Severity::Medium, "weak-mode", 1)
    );
    assert_eq!(
        (first.references[0].as_str(), first.occurrence.place.as_str()),
        ("https://r.example", "192.0.2.7")
    );
    assert_eq!(
        (records[1].occurrence.place.as_str(), records[1].tags.join(" ").as_str()),
        ("192.0.2.7:161 (udp)", "potential")
    );
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(
        left,
        [
            "tests that found nothing",
            "tests without an id or a host",
            "elements `novel` of a host"
        ]
    );
    assert_eq!(summary.observed_at.unwrap().to_string(), "2026-11-22T08:00:00.000Z");
}
