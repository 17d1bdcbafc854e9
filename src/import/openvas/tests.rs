//! Greenbone's XML, new and old, and its CSV.

use crate::domain::severity::Severity;
use crate::import::tests::read as decode;

const NEW: &str = r#"<get_reports_response status="200"><report id="a" format_id="b" content_type="text/xml"><owner><name>x</name></owner>
 <report id="a"><gmp><version>22.6</version></gmp><scan_start>2026-11-22T09:00:00+02:00</scan_start><results max="-1" start="1">
 <result id="1"><name>Old TLS</name><host>192.0.2.5<asset asset_id=""/><hostname>mail.example</hostname></host><port>443/tcp</port>
  <nvt oid="1.3.6.1.4.1.25623.1.0.1"><type>nvt</type><name>Old TLS</name><family>SSL and TLS</family><cvss_base>5.0</cvss_base>
   <severities score="5.0"><severity type="cvss_base_v3"><value>CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N</value></severity></severities>
   <tags>cvss_base_vector=CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N|summary=It speaks old TLS.|insight=|solution_type=Mitigation</tags>
   <solution type="Mitigation">Speak new TLS.</solution><refs><ref type="cve" id="CVE-2011-3389"/><ref type="url" id="https://r.example"/></refs></nvt>
  <threat>Medium</threat><severity>5.0</severity><qod><value>98</value></qod><description>TLSv1.0</description></result>
 <result id="2"><host>192.0.2.5</host><port>general/tcp</port><nvt oid="1.3.6.1.4.1.25623.1.0.2"><name>Up</name></nvt><threat>Log</threat><severity>0.0</severity></result>
 <result id="3"><host>192.0.2.6</host><port>snmp (161/udp)</port><nvt oid="1.3.6.1.4.1.25623.1.0.3"><name>S</name><cve>CVE-2020-0001, CVE-2020-0002</cve><xref>URL:https://x.example, BID:1</xref></nvt><threat>False Positive</threat><severity>-1.0</severity></result>
 <result id="4"><delta>gone</delta><host>192.0.2.6</host><nvt oid="9"><name>G</name></nvt></result><result id="5"/></results>
 <host><ip>192.0.2.5</ip><start>x</start></host><host><ip>192.0.2.7</ip></host><errors><count>1</count><error><host>192.0.2.9</host></error></errors>
 <scan_end>2026-11-22T10:00:00+02:00</scan_end><odd/></report></report></get_reports_response>"#;

#[test]
fn results_and_hosts_are_read() {
    let (records, summary) = decode(NEW);
    assert_eq!(
        (summary.format.as_str(), summary.records(), records.len()),
        ("openvas", 5, 3)
    );
    let r = &records[0];
    assert_eq!(
        (r.severity, r.score, r.occurrence.place.as_str()),
        (Severity::Medium, Some(5.0), "192.0.2.5:443")
    );
    assert_eq!(
        (r.cve.as_slice(), r.references.as_slice()),
        (&["CVE-2011-3389".to_owned()][..], &["https://r.example".to_owned()][..])
    );
    assert_eq!(r.cvss, ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"]);
    assert_eq!(
        (r.description.as_str(), r.remediation.as_str()),
        ("It speaks old TLS.", "Speak new TLS.")
    );
    assert_eq!(r.tags, ["ssl and tls", "qod:98"]);
    assert!(r.detail.contains("TLSv1.0") && r.detail.contains("mail.example"));
    assert_eq!(
        (records[1].severity, records[1].occurrence.place.as_str()),
        (Severity::Info, "192.0.2.5")
    );
    assert!(records[2].suppressed && records[2].occurrence.place == "192.0.2.6:161 (udp)");
    assert_eq!(
        (records[2].cve.len(), records[2].references.as_slice()),
        (2, &["https://x.example".to_owned()][..])
    );
    assert_eq!(summary.covers, ["192.0.2.5", "192.0.2.7"]);
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(
        left,
        [
            "results that a delta report calls gone",
            "results without a test",
            "errors of the scan itself",
            "elements `odd`"
        ]
    );
    assert_eq!(summary.observed_at.unwrap().to_string(), "2026-11-22T08:00:00.000Z");
}

#[test]
fn the_csv_is_the_same_finding() {
    let csv = "IP,Hostname,Port,Port Protocol,CVSS,Severity,QoD,Solution Type,NVT Name,Summary,Specific Result,NVT OID,CVEs,Timestamp,Solution\n\
               192.0.2.5,mail.example,443,tcp,5.0,Medium,98,\"\",\"Old TLS\",\"It speaks,\nold\",TLSv1.0,1.3.6.1.4.1.25623.1.0.1,\"CVE-2011-3389\",2026-11-22T08:00:00Z,Speak\n\
               192.0.2.5,,,,7.5,High,75,,CVE-2020-0001,S,,CVE-2020-0001,,,\n";
    let ((rows, summary), (results, _)) = (decode(csv), decode(NEW));
    assert_eq!(rows[0].fingerprint, results[0].fingerprint);
    assert_eq!(rows[0].occurrence, results[0].occurrence);
    assert_eq!(
        (summary.records(), rows[1].cve.as_slice()),
        (2, &["CVE-2020-0001".to_owned()][..])
    );
    assert!(summary.covers.is_empty());
}

/// Pages and reports without details do not hold all that their scan found.
#[test]
fn what_an_export_leaves_out_is_not_gone() {
    let counted = NEW.replace(
        "<results max",
        "<result_count>9<full>12</full><filtered>9</filtered></result_count><results max",
    );
    let (records, summary) = decode(&counted);
    assert_eq!(
        (records.len(), summary.covers.as_slice()),
        (3, &["nothing (the export leaves results out)".to_owned()][..])
    );
    let left = summary
        .left_out
        .iter()
        .find(|c| c.what.contains("the export leaves out"));
    assert_eq!(left.map(|c| c.count), Some(4));
    let bare = r#"<get_reports_response status="200"><report id="a"><name>x</name><report id="a"><gmp><version>22.6</version></gmp><result_count>3<full>3</full><filtered>3</filtered></result_count></report></report></get_reports_response>"#;
    let (none, summary) = decode(bare);
    assert!(none.is_empty() && summary.covers == ["nothing (the export leaves results out)"]);
    let refused = crate::import::decode(
        &mut crate::import::source::Source::Memory(
            br#"<get_reports_response status="404" status_text="Failed to find report 'x'"/>"#,
        ),
        None,
        &crate::import::limits::Limits::default(),
        &mut Vec::new(),
    );
    assert!(refused.unwrap_err().reason.contains("404 Failed to find report"));
}
