//! Qualys' reports: one QID is one finding in all of them.

use crate::domain::severity::Severity;
use crate::import::tests::read as decode;

#[test]
fn the_asset_report_takes_words_from_its_glossary() {
    let text = r#"<?xml version="1.0"?><!DOCTYPE ASSET_DATA_REPORT SYSTEM "https://q.example/asset.dtd"><ASSET_DATA_REPORT>
      <HEADER><GENERATION_DATETIME>2026-11-22T08:00:00Z</GENERATION_DATETIME></HEADER><HOST_LIST>
      <HOST><IP>192.0.2.8</IP><TRACKING_METHOD>QAGENT</TRACKING_METHOD><DNS>app.example</DNS><OPERATING_SYSTEM>x</OPERATING_SYSTEM><VULN_INFO_LIST>
       <VULN_INFO><QID id="qid_38170">38170</QID><TYPE>Vuln</TYPE><PORT>443</PORT><PROTOCOL>tcp</PROTOCOL><RESULT>said</RESULT><LAST_FOUND>2026-11-21T08:00:00Z</LAST_FOUND><VULN_STATUS>Active</VULN_STATUS></VULN_INFO>
       <VULN_INFO><QID id="qid_6">6</QID><TYPE>Ig</TYPE></VULN_INFO><VULN_INFO><QID>7</QID><VULN_STATUS>Fixed</VULN_STATUS></VULN_INFO><VULN_INFO/></VULN_INFO_LIST></HOST>
      <HOST><IP>192.0.2.9</IP><DNS>other.example</DNS></HOST></HOST_LIST>
      <GLOSSARY><VULN_DETAILS_LIST><VULN_DETAILS id="qid_38170"><QID id="qid_38170">38170</QID><TITLE>Wrong name</TITLE><SEVERITY>2</SEVERITY><CATEGORY>General remote services</CATEGORY>
       <THREAT>It &lt;P&gt;is.</THREAT><IMPACT>Bad</IMPACT><SOLUTION>Mend</SOLUTION><CVSS3_SCORE><CVSS3_BASE>5.3 (AV:N/AC:L)</CVSS3_BASE></CVSS3_SCORE>
       <CVE_ID_LIST><CVE_ID><ID>CVE-2020-0001</ID><URL>x</URL></CVE_ID></CVE_ID_LIST></VULN_DETAILS>
       <VULN_DETAILS><QID>6</QID><TITLE>DNS Host Name</TITLE><SEVERITY>3</SEVERITY></VULN_DETAILS></VULN_DETAILS_LIST></GLOSSARY></ASSET_DATA_REPORT>"#;
    let (records, summary) = decode(text);
    assert_eq!(
        (summary.format.as_str(), summary.records(), records.len()),
        ("qualys", 4, 2)
    );
    let r = &records[0];
    assert_eq!(
        (r.severity, r.score, r.occurrence.place.as_str()),
        (Severity::Low, Some(5.3), "app.example:443")
    );
    assert_eq!(
        (r.cvss.as_slice(), r.cve.as_slice()),
        (
            &["CVSS:3.0/AV:N/AC:L".to_owned()][..],
            &["CVE-2020-0001".to_owned()][..]
        )
    );
    assert_eq!(
        (r.description.as_str(), r.occurrence.parts.ip.as_deref()),
        ("It\nis.\n\nImpact: Bad", Some("192.0.2.8"))
    );
    assert_eq!(
        (records[1].severity, records[1].title.as_str()),
        (Severity::Info, "DNS Host Name")
    );
    assert_eq!(summary.covers, ["app.example", "192.0.2.9"]);
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(
        left,
        [
            "detections that Qualys calls fixed",
            "detections without a QID or a host"
        ]
    );
}

#[test]
fn the_api_says_the_same_of_hosts() {
    let text = r#"<?xml version="1.0"?><!DOCTYPE HOST_LIST_VM_DETECTION_OUTPUT SYSTEM "https://q.example/d.dtd"><HOST_LIST_VM_DETECTION_OUTPUT><RESPONSE>
      <DATETIME>2026-11-22T08:00:00Z</DATETIME><HOST_LIST><HOST><ID>1</ID><IP>192.0.2.8</IP><TRACKING_METHOD>DNS</TRACKING_METHOD><NETWORK_ID>0</NETWORK_ID>
       <OS><![CDATA[x]]></OS><DNS><![CDATA[app.example]]></DNS><DNS_DATA><HOSTNAME>app</HOSTNAME></DNS_DATA><LAST_SCAN_DATETIME>2026-11-21T09:00:00Z</LAST_SCAN_DATETIME>
       <DETECTION_LIST><DETECTION><UNIQUE_VULN_ID>5</UNIQUE_VULN_ID><QID>38170</QID><TYPE>Confirmed</TYPE><SEVERITY>2</SEVERITY><PORT>443</PORT><PROTOCOL>tcp</PROTOCOL>
        <SSL>1</SSL><RESULTS><![CDATA[said]]></RESULTS><STATUS>Re-Opened</STATUS><LAST_FOUND_DATETIME>2026-11-21T08:00:00Z</LAST_FOUND_DATETIME><IS_IGNORED>1</IS_IGNORED></DETECTION>
        <DETECTION><QID>7</QID><TYPE>Potential</TYPE><SEVERITY>4</SEVERITY><STATUS>New</STATUS></DETECTION>
        <DETECTION><QID>6</QID><TYPE>Info</TYPE><SEVERITY>3</SEVERITY></DETECTION><DETECTION><QID>8</QID><STATUS>Fixed</STATUS></DETECTION></DETECTION_LIST></HOST></HOST_LIST>
      <WARNING><CODE>1980</CODE><TEXT>t</TEXT><URL><![CDATA[https://q.example/?id_min=2]]></URL></WARNING></RESPONSE></HOST_LIST_VM_DETECTION_OUTPUT>"#;
    let (records, summary) = decode(text);
    let r = &records[0];
    assert_eq!(
        (
            r.severity,
            r.title.as_str(),
            r.occurrence.place.as_str(),
            r.detail.as_str(),
            r.suppressed
        ),
        (Severity::Low, "QID 38170", "app.example:443", "said", true)
    );
    assert_eq!(r.observed_at.unwrap().to_string(), "2026-11-21T08:00:00.000Z");
    assert_eq!(
        (records[1].severity, records[1].tags.contains(&"potential".to_owned())),
        (Severity::High, true)
    );
    assert_eq!(records[2].severity, Severity::Info);
    assert_eq!(
        (summary.covers.as_slice(), summary.records()),
        (&["app.example".to_owned()][..], 4)
    );
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(
        left,
        [
            "detections that Qualys calls fixed",
            "pages that follow this one: ask for the address in its warning"
        ]
    );
    let rows = "----BEGIN_RESPONSE_HEADER_CSV\n\"Response Datetime\"\n----END_RESPONSE_HEADER_CSV\n----BEGIN_RESPONSE_BODY_CSV\n\
        \"Host ID\",\"IP Address\",\"Tracking Method\",\"DNS Name\",\"QID\",\"Type\",\"Severity\",\"Port\",\"Protocol\",\"Status\",\"Last Found Datetime\",\"Is Ignored\"\n\
        \"1\",\"192.0.2.8\",\"DNS\",\"app.example\",\"38170\",\"Confirmed\",\"2\",\"443\",\"tcp\",\"Active\",\"46347.333333\",\"1\"\n\
        \"1\",\"192.0.2.8\",\"DNS\",\"app.example\",\"7\",\"Potential\",\"4\",\"\",\"\",\"New\",\"03/02/2026 08:00\",\"0\"\n----END_RESPONSE_BODY_CSV\n";
    let (same, summary) = decode(rows);
    assert_eq!(
        (&same[0].fingerprint, &same[0].occurrence.key),
        (&r.fingerprint, &r.occurrence.key)
    );
    // What a spreadsheet made of the times.
    assert_eq!(same[0].observed_at, r.observed_at);
    assert_eq!((same[1].observed_at, same[0].suppressed), (None, true));
    let left: Vec<_> = summary.left_out.iter().map(|c| (c.what.as_str(), c.count)).collect();
    assert_eq!(
        left,
        [
            ("lines above the header", 4),
            ("times whose day cannot be told", 1),
            ("lines around the table", 1)
        ]
    );
}

#[test]
fn tables_and_scan_results_give_the_same_finding() {
    let reports = [
        "\"Report\",\"x\"\n\"Company\"\n\n\"CVE\",\"CVSSv3.1 Base (nvd)\",\"QID\",\"Title\",\"Severity\",\"Type Detected\",\"Last Detected\",\"Protocol\",\"Port\",\"Status\",\"Asset Name\",\"Asset IPV4\",\"Ignored\"\n\
         \"CVE-2020-0002\",\"5.3\",\"38170\",\"Wrong name\",\"2\",\"Confirmed\",\"Nov 21, 2026 08:00 AM\",\"TCP\",\"443\",\"ACTIVE\",\"app.example\",\"192.0.2.8\",\"No\"\n\
         \"CVE-2020-0001\",\"5.3\",\"38170\",\"Wrong name\",\"2\",\"Confirmed\",\"Nov 21, 2026 08:00 AM\",\"TCP\",\"443\",\"ACTIVE\",\"app.example\",\"192.0.2.8\",\"No\"\n",
        "IP,DNS,Tracking Method,QID,Title,Vuln Status,Type,Severity,Port,Protocol,CVE ID,CVSS3 Base,Last Detected\n\
         192.0.2.8,app.example,DNS,38170,Wrong name,Active,Vuln,2,443,tcp,\"CVE-2020-0001, CVE-2020-0002\",5.3 (AV:N/AC:L),11/21/2026 08:00:00\n\
         192.0.2.8,app.example,DNS,9,Gone,Fixed,Vuln,2,,,,,\n",
    ];
    let mut all: Vec<_> = reports.iter().map(|r| decode(r)).collect();
    all.push(decode(
        r#"<SCAN value="scan/1"><HEADER><KEY value="DATE">2026-11-21T08:00:00Z</KEY></HEADER><IP value="app.example" name="x"><OS>y</OS><INFOS><CAT value="a"><INFO number="6" severity="1"/></CAT></INFOS>
        <VULNS><CAT value="b" port="443" protocol="tcp"><VULN number="38170" severity="2" cveid="CVE-2020-0001,CVE-2020-0002"><TITLE>Wrong name</TITLE><CVSS_BASE>5</CVSS_BASE><RESULT>r</RESULT></VULN></CAT></VULNS></IP></SCAN>"#,
    ));
    for (n, (records, summary)) in all.iter().enumerate() {
        assert_eq!(summary.format, "qualys");
        let r = &records[0];
        assert_eq!(
            (&r.fingerprint, &r.occurrence.key),
            (&all[0].0[0].fingerprint, &all[0].0[0].occurrence.key),
            "{n}"
        );
        assert_eq!(
            (r.severity, r.cve.len(), summary.findings, summary.occurrences),
            (Severity::Low, 2, 1, 1),
            "{n}"
        );
        assert_eq!(r.observed_at.unwrap().to_string(), "2026-11-21T08:00:00.000Z", "{n}");
    }
    assert_eq!(
        (all[0].1.records(), all[0].1.repeats, all[0].1.left_out[0].count),
        (4, 1, 2)
    );
    assert_eq!(
        (all[2].1.records(), all[2].1.covers.as_slice()),
        (1, &["app.example".to_owned()][..])
    );
}

#[test]
fn the_web_scanner_is_a_tool_of_its_own() {
    let text = r#"<WAS_SCAN_REPORT><HEADER><GENERATION_DATETIME>22 Nov 2026 08:00AM GMT-0000</GENERATION_DATETIME></HEADER><RESULTS><VULNERABILITY_LIST>
      <VULNERABILITY><QID>150001</QID><URL>https://shop.example/a?q=1</URL><PARAM>q</PARAM><PAYLOADS><PAYLOAD><PAYLOAD>'x</PAYLOAD><REQUEST><METHOD>GET</METHOD><URL>https://shop.example/a</URL>
       <HEADERS><HEADER><key>Host</key><value>shop.example</value></HEADER></HEADERS></REQUEST><RESPONSE><CONTENTS base64="true">SFRUUC8x</CONTENTS></RESPONSE></PAYLOAD></PAYLOADS><IGNORED>true</IGNORED></VULNERABILITY>
      <VULNERABILITY><QID>1</QID><STATUS>FIXED</STATUS></VULNERABILITY></VULNERABILITY_LIST><INFORMATION_GATHERED_LIST><INFORMATION_GATHERED><QID>6</QID><DATA base64="true">YWJj</DATA></INFORMATION_GATHERED></INFORMATION_GATHERED_LIST></RESULTS>
      <GLOSSARY><QID_LIST><QID><QID>150001</QID><TITLE>XSS</TITLE><SEVERITY>5</SEVERITY><CWE>CWE-79</CWE><CVSS_BASE>4.3</CVSS_BASE></QID><QID><QID>6</QID><SEVERITY>3</SEVERITY></QID></QID_LIST></GLOSSARY></WAS_SCAN_REPORT>"#;
    let (records, summary) = decode(text);
    let counted: Vec<_> = summary.counted.iter().map(|c| (c.what.as_str(), c.count)).collect();
    assert_eq!(counted, [("VULNERABILITY", 2), ("INFORMATION_GATHERED", 1)]);
    assert_eq!(
        (summary.format.as_str(), summary.tools.as_slice()),
        ("qualys-was", &["qualys-was".to_owned()][..])
    );
    let r = &records[0];
    assert_eq!(
        (r.severity, r.cwe.as_slice(), r.score, r.suppressed),
        (Severity::Critical, &[79][..], Some(4.3), true)
    );
    for part in [
        "Parameter: q",
        "Payload: 'x",
        "GET https://shop.example/a\nHost: shop.example",
        "Response: HTTP/1",
    ] {
        assert!(r.detail.contains(part), "{part}: {}", r.detail);
    }
    assert_eq!(
        (
            records[1].severity,
            records[1].title.as_str(),
            records[1].detail.as_str()
        ),
        (Severity::Info, "QID 6", "Data: abc")
    );
}
