//! Generic findings, as many write them.

use crate::domain::severity::Severity;
use crate::import::tests::read as decode;

#[test]
fn entries_with_all_they_can_have() {
    let text = r#"{"findings":[{"title":"T","severity":"High","description":"D","mitigation":"M","impact":"I","references":"https://a.test\nhttps://b.test",
      "endpoints":["https://h.test/x?y=1",{"protocol":"https","host":"h.test","port":"443","path":"x","query":"y=2"},"10.0.0.1:22"],"cwe":79,"cwes":["CWE-80"],
      "vulnerability_ids":["GHSA-1","CVE-2020-0001"],"cvssv3":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","cvssv3_score":9.8,"tags":["a","B,c"],
      "date":"2025-06-22","fix_version":"2.0","false_p":true,"novel":1,"verified":true,"line":"7"}, 3],"type":"Scan X (Generic Findings Import)","name":"n"}"#;
    let (records, summary) = decode(text);
    assert_eq!((summary.records(), summary.findings, summary.occurrences), (2, 1, 2));
    let r = &records[0];
    assert_eq!(
        (r.tool.as_str(), r.severity, r.cwe.as_slice()),
        ("Scan X", Severity::High, &[79, 80][..])
    );
    assert_eq!(
        (r.cve.as_slice(), r.score, r.cvss.len()),
        (&["CVE-2020-0001".to_owned()][..], Some(9.8), 1)
    );
    assert_eq!(
        (r.tags.as_slice(), r.suppressed),
        (&["a".to_owned(), "b".into(), "c".into(), "ghsa-1".into()][..], true)
    );
    assert_eq!(r.remediation, "M\n\nFixed in 2.0.");
    assert_eq!(records[1].occurrence.place, "10.0.0.1:22");
    assert_eq!(r.observed_at.unwrap().to_string(), "2025-06-22T00:00:00.000Z");
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(left, ["keys `novel` of findings", "findings that are no objects"]);
}

#[test]
fn what_tells_entries_apart() {
    let text = r#"{"findings":[{"title":"T","severity":"Low","description":"a"},{"title":"T","severity":"High","description":"a"},
      {"title":"T","severity":"Low","description":"b"},{"title":"T","unique_id_from_tool":"1"},{"title":"U","unique_id_from_tool":1},
      {"title":"T","file_path":"a.c","line":3},{"title":"T","file_path":"./a.c","line":"9"},{"title":"T","component_name":"c","component_version":"1"}]}"#;
    let (records, summary) = decode(text);
    assert_eq!((summary.findings, summary.occurrences, summary.repeats), (5, 6, 2));
    assert_eq!(records[0].fingerprint, records[1].fingerprint);
    assert_eq!(records[3].fingerprint, records[4].fingerprint);
    assert_eq!(records[5].fingerprint, records[6].fingerprint);
}

#[test]
fn the_csv_is_read_and_formulas_are_data() {
    let text = "Date,Title,CweId,Url,Severity,Description,Mitigation,References,Active\n\
        01/15/2025,=cmd(),502,https://h.test/,High,D,M,R,TRUE\n01/15/2025,,,,,,,,\n";
    let (records, summary) = decode(text);
    assert_eq!(
        (records[0].title.as_str(), records[0].cwe.as_slice()),
        ("=cmd()", &[502][..])
    );
    assert_eq!(
        (summary.records(), summary.left_out[0].what.as_str()),
        (2, "findings without a title")
    );
    assert!(!records[0].suppressed);
}

/// Any order and case of columns, yes and no as scripts and spreadsheets write them, dates that became numbers.
#[test]
fn csv_as_spreadsheets_leave_it() {
    let text = "SEVERITY;title;Active;Line;date;False_P;cvssv3_score;Owner;vulnerability_ids;EPSS_Score\r\n\
        9.8;A;0;12.0;45672;no;9,8;bob;CVE-2020-0001;0.1\r\nS2;B;yes;-1;2025-01-15;1;;;;\r\n;C;;;;;;;;\r\n";
    let (records, summary) = decode(text);
    let told: Vec<_> = records
        .iter()
        .map(|r| (r.title.as_str(), r.severity, r.suppressed))
        .collect();
    assert_eq!(
        told,
        [
            ("A", Severity::Critical, true),
            ("B", Severity::Medium, true),
            ("C", Severity::Info, false)
        ]
    );
    assert_eq!(records[0].observed_at, records[1].observed_at);
    assert_eq!(records[0].cve, ["CVE-2020-0001"]);
    let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(left, ["columns `owner`"]);
    let with_path = decode("title,severity,description,file_path,line\nA,Low,d,a.c,12.0\nB,Low,d,a.c,0\n").0;
    let places: Vec<_> = with_path.iter().map(|r| r.occurrence.place.as_str()).collect();
    assert_eq!(places, ["a.c:12", "a.c"]);
}
