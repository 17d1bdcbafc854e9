//! Pages of the API and tables, with all the ways a finding can stand.

use crate::domain::severity::Severity;
use crate::domain::status::Status;
use crate::import::tests::read;

const PAGE: &str = r#"{"count":8,"next":"https://dojo.example/api/v2/findings/?offset=8","previous":null,"results":[
  {"id":11,"title":"T","severity":"High","numerical_severity":"S1","description":"d","cwe":79,"cwes":[{"cwe":"CWE-80"}],
   "vulnerability_ids":[{"vulnerability_id":"CVE-2020-0001"},{"vulnerability_id":"GHSA-1"}],"endpoints":[7,8,9],"active":true,"verified":true,
   "false_p":false,"is_mitigated":false,"tags":["a"],"date":"2026-01-02","last_reviewed":"2026-01-03T00:00:00Z","test":3,"notes":[{"entry":"n"}],
   "request_response":{"req_resp":[{"request":"GET /a","response":"HTTP/1.1 200 OK"}]},"nb_occurences":3,"unique_id_from_tool":"u-1",
   "cvssv3":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N","cvssv3_score":7.5,"known_exploited":true,"novel":1,
   "related_fields":{"test":{"title":"weekly","test_type":{"name":"Nuclei Scan"},"engagement":{"name":"E","product":{"name":"P"}}}}},
  {"id":12,"title":"F","severity":"Low","false_p":true,"active":false,"file_path":"a.py","line":3,"date":"2026-01-02","last_status_update":"2026-01-05T00:00:00Z"},
  {"id":13,"title":"O","severity":"Low","out_of_scope":true,"active":false,"component_name":"c","component_version":"1"},
  {"id":14,"title":"A","severity":"Low","risk_accepted":true,"active":false,"accepted_risks":[{"expiration_date":"2026-05-01T00:00:00Z"},{"expiration_date":"2026-06-01T00:00:00Z"}]},
  {"id":15,"title":"B","severity":"Low","risk_accepted":true,"active":false,"accepted_risks":[{"expiration_date":null}]},
  {"id":16,"title":"I","severity":"Info","active":false},
  {"id":17,"title":"M","severity":"Low","is_mitigated":true,"active":false},
  {"id":18,"title":"D","severity":"Low","duplicate":true,"duplicate_finding":11,"active":false}],
  "prefetch":{"test":{"3":{"id":3}},"endpoints":{"7":{"id":7,"protocol":"https","host":"h.example","port":443,"path":"a"},
    "8":{"id":8,"location_type":"url","location_value":"https://i.example/b"}}}}"#;

#[test]
fn a_page_of_the_api_keeps_what_was_decided() {
    let (records, summary) = read(PAGE);
    assert_eq!(
        (summary.format.as_str(), summary.records(), summary.findings),
        ("defectdojo", 8, 6)
    );
    let left: Vec<(&str, u64)> = summary.left_out.iter().map(|c| (c.what.as_str(), c.count)).collect();
    assert_eq!(
        left,
        [
            ("pages that follow this one: ask for all findings with limit=…", 1),
            ("keys `novel` of findings", 1),
            ("notes of people", 1),
            ("endpoints that are numbers only: ask with prefetch=endpoints", 1),
            ("decisions: risk accepted without an end comes back as open", 1),
            ("decisions: inactive without a reason comes back as open", 1),
            ("mitigated findings", 1),
            ("duplicates of other findings", 1),
        ]
    );
    let first = &records[0];
    assert_eq!((first.tool.as_str(), first.severity), ("defectdojo", Severity::High));
    assert_eq!(
        (first.cwe.as_slice(), first.cve.join(" ").as_str()),
        (&[79, 80][..], "CVE-2020-0001")
    );
    assert_eq!((first.score, first.cvss.len()), (Some(7.5), 1));
    assert_eq!(first.tags, ["a", "known exploited", "verified", "ghsa-1"]);
    for part in [
        "Found by: Nuclei Scan",
        "Product: P",
        "Request: GET /a",
        "Tool's id: u-1",
    ] {
        assert!(first.detail.contains(part), "{part}: {}", first.detail);
    }
    let places: Vec<&str> = records.iter().map(|r| r.occurrence.place.as_str()).collect();
    assert_eq!(
        places[..4],
        ["https://h.example:443/a", "https://i.example/b", "a.py:3", "c 1"]
    );
    let kept = first.kept.as_deref().unwrap();
    assert_eq!((kept.status, kept.place.repeats, kept.in_latest), (None, 3, true));
    assert_eq!(kept.triaged_at.unwrap().to_string(), "2026-01-03T00:00:00.000Z");
    assert_eq!(kept.first_seen.unwrap().to_string(), "2026-01-02T00:00:00.000Z");
    let decided: Vec<_> = records[2..]
        .iter()
        .map(|r| (r.kept.as_deref().unwrap().status, r.suppressed))
        .collect();
    assert_eq!(
        decided,
        [
            (Some(Status::FalsePositive), true),
            (Some(Status::OutOfScope), true),
            (Some(Status::RiskAccepted), true),
            (None, true),
            (None, true),
        ]
    );
    let kept = records[2].kept.as_deref().unwrap();
    assert_eq!(kept.triaged_at.unwrap().to_string(), "2026-01-05T00:00:00.000Z");
    let until = records[4].kept.as_deref().unwrap().accepted_until.unwrap();
    assert_eq!(until.to_string(), "2026-06-01T00:00:00.000Z");
}

#[test]
fn an_empty_page_is_no_findings_and_a_bare_list_is_a_page() {
    let (records, summary) = read(r#"{"count":0,"next":null,"previous":null,"results":[]}"#);
    assert_eq!(
        (records.len(), summary.format.as_str(), summary.left_out.len()),
        (0, "defectdojo", 0)
    );
    let (records, summary) = read(
        r#"[{"id":1,"title":"T","severity":"Low","numerical_severity":"S3","false_p":false},{"title":"no number","notes":[]}]"#,
    );
    assert_eq!(
        (records.len(), summary.left_out[0].what.as_str()),
        (1, "findings without a number")
    );
}

#[test]
fn the_csv_says_the_same_as_far_as_it_goes() {
    let text = "active,cwe,date,description,duplicate,false_p,file_path,id,is_mitigated,line,nb_occurences,numerical_severity,risk_accepted,severity,title,\
        test,found_by,engagement_id,engagement,product_id,product,endpoints,vulnerability_ids,tags,status,notes\n\
        True,79,2026-01-02,one NEWLINE two,False,False,,11,False,,,S1,False,High,T,weekly,Nuclei Scan,1,E,1,P,https://h.example:443/a; i.example; https://cut.exam...,\
        CVE-2020-0001; GHSA-1,a; b,Active,\n\
        False,,2026-01-02,d,False,True,a.py,12,False,3,2,S3,False,Low,F,weekly,X,1,E,1,P,,,,\"Inactive, False Positive\",why\n\
        False,,2026-01-02,d,False,False,,15,False,,,S3,True,Low,B,weekly,X,1,E,1,P,,,,,\n\
        False,,2026-01-02,d,False,False,,17,True,,,S3,False,Low,M,weekly,X,1,E,1,P,,,,,\n\
        False,,2026-01-02,d,True,False,,18,False,,,S3,False,Low,D,weekly,X,1,E,1,P,,,,,\n";
    let (records, summary) = read(text);
    assert_eq!(
        (summary.format.as_str(), summary.records(), summary.findings),
        ("defectdojo", 5, 3)
    );
    let left: Vec<&str> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(
        left,
        [
            "lists of endpoints that the export cut short",
            "notes of people",
            "decisions: risk accepted without an end comes back as open",
            "mitigated findings",
            "duplicates of other findings",
        ]
    );
    let (page, _) = read(PAGE);
    assert_eq!(records[0].fingerprint, page[0].fingerprint);
    assert_eq!(records[0].occurrence.key, page[0].occurrence.key);
    assert_eq!(
        (records[0].description.as_str(), records[1].occurrence.place.as_str()),
        ("one\ntwo", "i.example")
    );
    assert_eq!(records[2].kept.as_deref().unwrap().status, Some(Status::FalsePositive));
    assert_eq!(records[2].kept.as_deref().unwrap().place.repeats, 2);
}
