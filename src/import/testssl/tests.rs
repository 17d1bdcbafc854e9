//! The three ways testssl.sh writes a report.

use crate::domain::severity::Severity;
use crate::import::tests::read as decode;

const FLAT: &str = r#"[{"id":"SSLv2","ip":"A.test/192.0.2.1","port":"443","severity":"OK","finding":"not offered"},
 {"id":"SWEET32","ip":"A.test/192.0.2.1","port":443,"severity":"LOW","cve":"CVE-2016-2183 CVE-2016-6329","cwe":"CWE-327","finding":"uses 64 bit"},
 {"id":"cert_trust","ip":"A.test/192.0.2.1","port":"443","severity":"WARN","finding":"odd"},
 {"id":"final_score","ip":"A.test/192.0.2.1","port":"443","severity":"INFO","finding":"90"}, null]"#;
const CSV: &str = "\"id\",\"fqdn/ip\",\"port\",\"severity\",\"finding\",\"cve\",\"cwe\"\n\
 \"SWEET32\",\"A.test/192.0.2.1\",\"443\",\"LOW\",\"uses 64 bit\",\"CVE-2016-2183 CVE-2016-6329\",\"CWE-327\"\n\"\",\"\",\"443\",\"LOW\",\"\",\"\",\"\"\n";
const PRETTY: &str = r#"{"Invocation":"x","at":"h","version":"3.2","openssl":"o","startTime":"1750565054","scanResult":[
 {"targetHost":"A.test","ip":"192.0.2.1","port":"443","rDNS":"r","service":"HTTP","pretest":[],
  "vulnerabilities":[{"id":"SWEET32","severity":"LOW","cve":"CVE-2016-2183 CVE-2016-6329","cwe":"CWE-327","finding":"uses 64 bit"}],
  "novel":{"x":1}}],"scanTime":9}"#;

#[test]
fn a_scan_that_failed_covers_nothing() {
    let text = "id,fqdn/ip,port,severity,finding,cve,cwe\nscanProblem,a.test/192.0.2.1,443,FATAL,no connection,,\n";
    let (records, summary) = decode(text);
    assert_eq!(records.len(), 1);
    assert_eq!(summary.covers, ["nothing of a.test (the scan failed)"]);
}

#[test]
fn three_ways_are_one_report() {
    let (flat, summary) = decode(FLAT);
    assert_eq!((summary.records(), summary.findings, summary.occurrences), (5, 3, 3));
    assert_eq!(flat[0].severity, Severity::Low);
    assert_eq!(
        (flat[0].cve.as_slice(), flat[1].cve.as_slice()),
        (&["CVE-2016-2183".to_owned()][..], &["CVE-2016-6329".to_owned()][..])
    );
    assert_eq!(
        (
            flat[0].occurrence.place.as_str(),
            flat[0].occurrence.parts.ip.as_deref()
        ),
        ("a.test:443", Some("192.0.2.1"))
    );
    assert_eq!(flat[2].severity, Severity::Info);
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(
        left,
        [
            "tests that are OK",
            "lines that rate the whole server",
            "lines that are no objects"
        ]
    );
    let (csv, rows) = decode(CSV);
    let (pretty, head) = decode(PRETTY);
    for other in [&csv, &pretty] {
        for n in 0..2 {
            assert_eq!(
                (&other[n].fingerprint, &other[n].occurrence),
                (&flat[n].fingerprint, &flat[n].occurrence)
            );
            assert_eq!(other[n].cwe, [327]);
        }
    }
    assert_eq!((rows.records(), rows.left_out.len()), (2, 1));
    assert_eq!(head.observed_at.unwrap().0, 1_750_565_054_000);
    assert_eq!(head.left_out[0].what, "keys `novel`");
    for summary in [&summary, &rows, &head] {
        assert_eq!(summary.covers, ["a.test"]);
    }
}
