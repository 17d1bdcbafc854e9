//! Nessus' XML, and the dialects of its CSV.

use crate::domain::severity::Severity;
use crate::import::tests::read as decode;

#[test]
fn hosts_and_items_are_read() {
    let text = r#"<?xml version="1.0" ?><NessusClientData_v2><Policy><a><b/></a></Policy>
      <Report name="r" xmlns:cm="http://www.nessus.org/cm"><ReportHost name="web.test"><HostProperties>
        <tag name="HOST_END">Sun Jun 22 04:04:14 2025</tag><tag name="host-ip">192.0.2.7</tag></HostProperties>
        <ReportItem port="443" svc_name="www" protocol="tcp" severity="3" pluginID="42873" pluginName="Weak ciphers" pluginFamily="General">
          <synopsis>Weak.</synopsis><description>Long.</description><solution>Mend.</solution><see_also>https://a.test
https://b.test</see_also><cve>CVE-2016-2183</cve><cve>CVE-2016-6329</cve><xref>CWE:327</xref><cwe>310</cwe><plugin_output>list</plugin_output>
          <cvss3_vector>CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N</cvss3_vector><cvss_vector>CVSS2#AV:N/AC:L/Au:N/C:P/I:N/A:N</cvss_vector>
          <cvss3_base_score>7.5</cvss3_base_score><cm:compliance-result>x</cm:compliance-result></ReportItem>
        <ReportItem port="0" protocol="udp" severity="0" pluginID="10287" pluginName="Traceroute"/>
        <ReportItem port="1"/><Odd/></ReportHost><ReportHost name="192.0.2.9"/></Report></NessusClientData_v2>"#;
    let (records, summary) = decode(text);
    let counted: Vec<_> = summary.counted.iter().map(|c| (c.what.as_str(), c.count)).collect();
    assert_eq!(counted, [("ReportHost", 2), ("ReportItem", 3)]);
    let r = &records[0];
    assert_eq!(
        (r.severity, r.rule.as_str(), r.occurrence.place.as_str()),
        (Severity::High, "42873", "web.test:443")
    );
    assert_eq!(
        (r.cve.as_slice(), r.cwe.as_slice()),
        (
            &["CVE-2016-2183".to_owned(), "CVE-2016-6329".to_owned()][..],
            &[310, 327][..]
        )
    );
    assert_eq!(
        r.cvss,
        [
            "CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N",
            "AV:N/AC:L/Au:N/C:P/I:N/A:N"
        ]
    );
    assert_eq!((r.score, r.references.len(), r.detail.as_str()), (Some(7.5), 2, "list"));
    assert_eq!(r.occurrence.parts.ip.as_deref(), Some("192.0.2.7"));
    assert_eq!(records[1].occurrence.place, "web.test (udp)");
    assert_eq!(summary.covers, ["web.test", "192.0.2.9"]);
    assert_eq!(summary.observed_at.unwrap().to_string(), "2025-06-22T04:04:14.000Z");
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(left, ["items without a plugin", "elements `Odd` of a host"]);
}

/// Before version 2 a plugin's text says everything, with line ends written as two characters.
#[test]
fn old_reports_are_taken_apart() {
    let said = r"\n\nSynopsis :\n\nThe server is old.\n\nDescription :\n\nIt says:\nso.\n\nSee also :\n\nhttps://a.example/x\n\nSolution :\n\nUpdate.\n\nRisk factor :\n\nCritical / CVSS Base Score : 10.0\n(CVSS2#AV:N/AC:L/Au:N/C:C/I:C/A:C)\n\nPlugin output :\n\nServer: x\n\nCVE : CVE-2006-0001, CVE-2006-0002\nBID : 1\nOther references : OSVDB:2, CWE:79\n";
    let text = format!(
        "<?xml version=\"1.0\"?><NessusClientData><Targets><Target><value>x</value></Target></Targets><Report><ReportName>r</ReportName>\
         <ReportHost><HostName>web.example</HostName><stopTime>Sun Jun 22 04:04:14 2025</stopTime><num_hi>1</num_hi>\
         <ReportItem><port>https (443/tcp)</port><severity>3</severity><pluginID>42873</pluginID><pluginName>Old server</pluginName><data>{said}</data></ReportItem>\
         <ReportItem><port>https (443/tcp)</port><severity>0</severity><pluginID>0</pluginID><data/></ReportItem></ReportHost>\
         <ReportHost><HostName>192.0.2.9</HostName></ReportHost></Report></NessusClientData>"
    );
    let (first, summary) = decode(&text);
    let r = &first[0];
    assert_eq!(
        (r.severity, r.title.as_str(), r.occurrence.place.as_str(), r.score),
        (Severity::Critical, "Old server", "web.example:443", Some(10.0))
    );
    assert_eq!(
        (r.description.as_str(), r.remediation.as_str(), r.detail.as_str()),
        ("The server is old.\n\nIt says:\nso.", "Update.", "Server: x")
    );
    assert_eq!((r.cve.len(), r.cwe.as_slice()), (2, &[79][..]));
    assert_eq!(
        (r.cvss.as_slice(), r.references.as_slice()),
        (
            &["AV:N/AC:L/Au:N/C:C/I:C/A:C".to_owned()][..],
            &["https://a.example/x".to_owned()][..]
        )
    );
    assert_eq!(summary.covers, ["web.example", "192.0.2.9"]);
    assert_eq!(summary.left_out[0].what, "ports that are only open");
    assert_eq!(summary.observed_at.unwrap().to_string(), "2025-06-22T04:04:14.000Z");

    let lines = format!(
        "timestamps|||scan_start|Sun Jun 22 03:04:14 2025|\r\nresults|example|web.example|https (443/tcp)\r\n\
         results|example|web.example|https (443/tcp)|42873|Security Hole|{said}\r\nresults|example|web.example|general/udp|9|Security Note|Just | so\r\n\
         timestamps|||scan_end|Sun Jun 22 04:04:14 2025|\r\nodd\r\n"
    );
    let (second, summary) = decode(&lines);
    assert_eq!(second[0].fingerprint, r.fingerprint);
    assert_eq!(second[0].occurrence.key, r.occurrence.key);
    assert_eq!(
        (second[0].severity, &second[0].title),
        (Severity::Critical, &"The server is old.".to_owned())
    );
    let note = &second[1];
    assert_eq!(
        (note.severity, note.occurrence.place.as_str(), note.description.as_str()),
        (Severity::Info, "web.example (udp)", "Just | so")
    );
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(left, ["ports that are only open", "lines that are no results"]);
    assert!(summary.covers.is_empty());
}

#[test]
fn the_dialects_of_the_csv_are_one_finding() {
    let reports = [
        "Plugin ID,CVE,CVSS,Risk,Host,Protocol,Port,Name,Synopsis,Description,Solution,See Also,Plugin Output\n\
         9,CVE-2020-0001,5.0,Medium,h.test,tcp,22,N,S,D,,,=1+1\n9,CVE-2020-0002,5.0,Medium,h.test,tcp,22,N,S,D,,,=1+1\n",
        "\u{FEFF}\"Plugin\",\"Plugin Name\",\"Family\",\"Severity\",\"IP Address\",\"Protocol\",\"Port\",\"DNS Name\",\"CVE\"\r\n\
         \"9\",\"N\",\"F\",\"Medium\",\"192.0.2.1\",\"TCP\",\"22\",\"h.test\",\"CVE-2020-0001,CVE-2020-0002\"\r\n",
        "definition.id;definition.name;asset.host_name;port;protocol;severity;definition.cve\n9;N;h.test;22;TCP;Medium;CVE-2020-0002,CVE-2020-0001\n",
    ];
    let decoded: Vec<_> = reports.iter().map(|r| decode(r)).collect();
    for (records, summary) in &decoded {
        assert_eq!(records[0].fingerprint, decoded[0].0[0].fingerprint);
        assert_eq!(records[0].occurrence.key, decoded[0].0[0].occurrence.key);
        assert_eq!(records[0].cve, ["CVE-2020-0001", "CVE-2020-0002"]);
        assert_eq!((records[0].severity, summary.occurrences), (Severity::Medium, 1));
        assert!(summary.covers.is_empty());
    }
    assert_eq!(decoded[0].0[0].detail, "=1+1");
    assert_eq!((decoded[0].1.records(), decoded[0].1.repeats), (2, 1));
}
