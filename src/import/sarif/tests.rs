//! SARIF in small: what samples of real tools do not show one at a time.

use crate::domain::severity::Severity;
use crate::import::tests::read as decode;

fn run(results: &str) -> String {
    format!(r#"{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"T"}}}},"results":[{results}]}}]}}"#)
}

#[test]
fn rules_may_stand_behind_the_results_and_in_extensions() {
    let text = r#"{"runs":[{"results":[
        {"ruleId":"R1/sub","message":{"id":"m","arguments":["x"]}},
        {"rule":{"index":0,"toolComponent":{"index":0}},"message":{"text":"plain"}},
        {"ruleIndex":1,"message":{"text":"by index"}}],
      "tool":{"driver":{"name":"T","semanticVersion":"1.2","rules":[
          {"id":"R1","messageStrings":{"m":{"text":"found {0}"}},"defaultConfiguration":{"level":"error"}},
          {"id":"R2","properties":{"security-severity":"9.8","tags":["external/cwe/cwe-089"]}}]},
        "extensions":[{"name":"E","rules":[{"id":"X1","defaultConfiguration":{"level":"note"},
          "relationships":[{"target":{"index":0,"toolComponent":{"index":0}}}]}]}]},
      "taxonomies":[{"name":"CWE","taxa":[{"id":"327"}]}]}]}"#;
    let (records, summary) = decode(text);
    let seen: Vec<_> = records
        .iter()
        .map(|r| (r.rule.as_str(), r.severity, r.title.as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            ("R1/sub", Severity::High, "found x"),
            ("X1", Severity::Info, "plain"),
            ("R2", Severity::Critical, "by index")
        ]
    );
    assert_eq!(records[1].cwe, [327]);
    assert_eq!(records[2].cwe, [89]);
    assert_eq!(records[0].tool_version.as_deref(), Some("1.2"));
    assert_eq!(summary.tools, ["T"]);
}

#[test]
fn the_raw_record_is_where_its_span_says() {
    let text = run(r#"{"ruleId":"a","message":{"text":"é"}} , {"ruleId":"b"}"#);
    for r in decode(&text).0 {
        let raw = &text.as_bytes()[r.span.offset as usize..(r.span.offset + r.span.length) as usize];
        let value: serde_json::Value = serde_json::from_slice(raw).unwrap();
        assert_eq!(value["ruleId"], r.rule);
    }
}

#[test]
fn what_is_no_failure_is_left_out_and_what_is_suppressed_is_marked() {
    let (records, summary) = decode(&run(
        r#"{"ruleId":"a","kind":"pass"},{"ruleId":"b","baselineState":"absent"},
           {"ruleId":"c","suppressions":[{"kind":"inSource"}]},{"ruleId":"d","suppressions":[{"status":"rejected"}]},
           {"ruleId":"e","suppressions":[]},null"#,
    ));
    let seen: Vec<_> = records.iter().map(|r| (r.rule.as_str(), r.suppressed)).collect();
    assert_eq!(seen, [("c", true), ("d", false), ("e", false)]);
    assert_eq!(summary.left_out.iter().map(|c| c.count).sum::<u64>(), 3);
    assert_eq!(summary.counted[1].count, 6);
}

#[test]
fn code_that_moves_is_the_same_finding() {
    let at = |line: u32, extra: &str| {
        let text = run(&format!(
            r#"{{"ruleId":"a","message":{{"text":"m"}},"locations":[{{"physicalLocation":{{
               "artifactLocation":{{"uri":"src\\x.c"}},"region":{{"startLine":{line},"startColumn":3{extra}}}}}}}]}}"#
        ));
        decode(&text).0.remove(0)
    };
    let snippet = |code: &str| format!(r#","snippet":{{"text":"{code}"}}"#);
    let (a, b) = (at(5, &snippet("x = 1;")), at(9, &snippet("  x  = 1;\\n")));
    assert_eq!(a.fingerprint, b.fingerprint);
    assert_ne!(a.occurrence.key, b.occurrence.key);
    assert_eq!(a.fingerprint.fields[2].1, "src/x.c");
    assert_ne!(a.fingerprint.hash, at(5, &snippet("y = 1;")).fingerprint.hash);
    assert_eq!(at(5, "").fingerprint, at(9, "").fingerprint);

    let hashed = |line: u32, level: &str| {
        let text = run(&format!(
            r#"{{"ruleId":"a","level":"{level}","partialFingerprints":{{"primaryLocationLineHash/v1":"abc:1"}},"locations":[
               {{"physicalLocation":{{"artifactLocation":{{"uri":"x.c"}},"region":{{"startLine":{line},"startColumn":1}}}}}},
               {{"physicalLocation":{{"artifactLocation":{{"uri":"y.c"}},"region":{{"startLine":{line}}}}}}}]}}"#
        ));
        decode(&text).0
    };
    let (old, new) = (hashed(4, "error"), hashed(40, "note"));
    assert_eq!(old.len(), 2);
    assert_eq!(old[0].fingerprint, new[0].fingerprint);
    assert_eq!(old[0].occurrence.key, new[0].occurrence.key);
    assert_eq!(old[0].fingerprint.fields[3], ("line_hash".into(), "abc:1".into()));
    assert_ne!(old[1].fingerprint.fields[3].0, "line_hash");
}

#[test]
fn artifacts_are_found_by_index_and_runs_without_results_say_nothing() {
    let text = r#"{"$schema":"sarif","runs":[
        {"tool":{"driver":{"name":"A"}},"results":null},
        {"results":[{"locations":[{"physicalLocation":{"artifactLocation":{"index":1}}}]},
                    {"locations":[{"logicalLocations":[{"fullyQualifiedName":"a.b"}]}]}],
         "artifacts":[null,{"location":{"uri":"lib/z.py"}}],"tool":null,
         "invocations":[{"endTimeUtc":"2026-01-01T00:00:00Z"},{"startTimeUtc":"2026-01-02T00:00:00Z"}]},
        {}, null]}"#;
    let (records, summary) = decode(text);
    assert_eq!(records[0].occurrence.place, "lib/z.py");
    assert_eq!(records[1].occurrence.place, "a.b");
    assert_eq!(summary.tools, ["unnamed tool"]);
    assert_eq!(summary.records(), 4);
    assert_eq!(summary.observed_at.unwrap().to_string(), "2026-01-02T00:00:00.000Z");
}

#[test]
fn bare_reports_are_read() {
    for text in [
        r#"{"runs":[]}"#,
        r#"{"runs":null}"#,
        r#"{"$schema":"https://x/sarif-2.1.0.json"}"#,
        r#"{"runs":{}}"#,
    ] {
        let (records, summary) = decode(text);
        assert_eq!((records.len(), summary.format.as_str()), (0, "sarif"), "{text}");
    }
}
