//! Spellings and layouts Nuclei has had.

use super::*;
use crate::import::tests::read as decode;

const NEW: &str = r#"{"template-id":"weak-cipher","info":{"name":"Weak cipher","severity":"medium","tags":["ssl","tls"],
    "reference":null,"classification":{"cve-id":null,"cwe-id":["cwe-326"],"cvss-metrics":"CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:N/A:N","cvss-score":3.7}},
    "type":"ssl","host":"shop.test","port":8443,"matched-at":"shop.test:8443","matcher-name":"tls10","extracted-results":["a\u0000b"],
    "timestamp":"2026-01-02T03:04:05.678+01:00","matcher-status":true}"#;
const OLD: &str = r#"{"templateID":"weak-cipher","info":{"name":"Weak cipher","severity":"MEDIUM","tags":"ssl, tls","reference":"- https://a.test\n- https://b.test\n"},
    "type":"ssl","host":"https://shop.test","matched":"shop.test:8443","matcher_name":"tls10"}"#;

#[test]
fn both_spellings_are_the_same_finding_at_the_same_place() {
    let (records, summary) = decode(&format!("{}\n{}\n", NEW.replace('\n', " "), OLD.replace('\n', " ")));
    assert_eq!(
        (
            summary.records(),
            summary.findings,
            summary.occurrences,
            summary.repeats
        ),
        (2, 1, 1, 1)
    );
    let new = &records[0];
    assert_eq!(new.title, "Weak cipher: tls10");
    assert_eq!(new.severity, Severity::Medium);
    assert_eq!(new.cwe, [326]);
    assert_eq!(new.occurrence.place, "shop.test:8443");
    assert_eq!(new.occurrence.parts.port, Some(8443));
    assert_eq!(new.tags, ["ssl", "tls"]);
    assert!(new.detail.contains("a\u{FFFD}b"));
    assert_eq!(new.observed_at.unwrap().to_string(), "2026-01-02T02:04:05.678Z");
    assert_eq!(records[1].references, ["https://a.test", "https://b.test"]);
    assert_eq!(new.fingerprint.hash, records[1].fingerprint.hash);
}

#[test]
fn an_array_lines_and_a_lone_object_read_alike() {
    let one = decode(NEW).0;
    let array = decode(&format!("[{NEW},\n{NEW}]")).0;
    let spans: Vec<_> = array.iter().map(|r| r.span).collect();
    assert_eq!(array.len(), 2);
    assert_eq!(array[0].fingerprint, one[0].fingerprint);
    assert_eq!(
        spans[0],
        Span {
            offset: 1,
            length: NEW.len() as u64
        }
    );
    assert_eq!(spans[1].offset, NEW.len() as u64 + 3);
}

#[test]
fn what_is_no_match_is_counted_and_left_out() {
    let text = r#"{"template-id":"a","matcher-status":false}
        {"template-id":"a","matched-at":"https://h.test/x?id=1'"}
        {"template-id":"a","matched-at":"https://h.test:443/x?id=2"}
        {"info":{}} 7"#;
    let (records, summary) = decode(text);
    assert_eq!(records.len(), 2);
    assert_eq!((summary.records(), summary.occurrences), (5, 1));
    let left: Vec<_> = summary.left_out.iter().map(|c| (c.what.as_str(), c.count)).collect();
    assert_eq!(
        left,
        [
            ("templates that did not match", 1),
            ("entries without a template", 1),
            ("entries that are no objects", 1)
        ]
    );
}

#[test]
fn odd_types_never_fail_a_report() {
    let text = r#"{"template-id":"x","info":"gone","port":"443","host":["a"],"matched-at":7,"timestamp":"yesterday","type":null}"#;
    let (records, _) = decode(text);
    assert_eq!(records[0].title, "x");
    assert_eq!(records[0].severity, Severity::Low);
}

#[test]
fn severities_outside_the_list_follow_the_score() {
    assert_eq!(severity("unknown", None), Severity::Low);
    assert_eq!(severity("unknown", Some(9.1)), Severity::Critical);
    assert_eq!(severity("High", Some(1.0)), Severity::High);
}
