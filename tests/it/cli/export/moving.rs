//! Findings of another desk come in with what was decided about them there, once.

use serde_json::{Value, json};

use crate::support::checked;
use crate::support::desk::{Desk, engines};

/// A page as DefectDojo's API lists findings.
fn page(findings: &[Value]) -> String {
    let results: Vec<Value> = findings
        .iter()
        .enumerate()
        .map(|(n, more)| {
            let mut one = json!({"id": n + 1, "title": format!("Found {n}"), "severity": "High", "numerical_severity": "S1", "description": "d",
                "active": true, "false_p": false, "date": "2026-01-02", "file_path": format!("f{n}.py"), "line": 3});
            for (key, value) in more.as_object().unwrap() {
                one[key] = value.clone();
            }
            one
        })
        .collect();
    json!({"count": results.len(), "next": null, "previous": null, "results": results}).to_string()
}

#[test]
fn decisions_of_defectdojo_are_set_once_and_then_are_ours() {
    for engine in engines() {
        let desk = Desk::over(&engine);
        let ann = desk.admin();
        let made = ann.run(&["project", "create", "--name", "Moved", "--json"]).json();
        let project = made["key"].as_str().unwrap();
        let import = |text: &str| {
            let ran = ann.feed(&["import", "-", "--project", project, "--yes", "--json"], text);
            assert_eq!(ran.code, 0, "{}", ran.err);
            ran.json()["totals"].clone()
        };
        let statuses = || -> Vec<(String, String)> {
            let query = format!("project:{project} sort:title");
            let all = ann.run(&["finding", "list", "-q", &query, "--all", "--json"]).json();
            let of = |f: &Value| {
                (
                    f["title"].as_str().unwrap().to_owned(),
                    f["status"].as_str().unwrap().to_owned(),
                )
            };
            all["items"].as_array().unwrap().iter().map(of).collect()
        };
        let decided = [
            json!({}),
            json!({"false_p": true, "active": false}),
            json!({"out_of_scope": true, "active": false}),
            json!({"risk_accepted": true, "active": false, "accepted_risks": [{"expiration_date": "2031-01-01T00:00:00Z"}]}),
            json!({"risk_accepted": true, "active": false, "accepted_risks": []}),
            json!({"is_mitigated": true, "active": false}),
            json!({"duplicate": true, "active": false}),
        ];
        assert_eq!(
            import(&page(&decided))["new"],
            5,
            "what is mitigated or a duplicate is not taken over"
        );
        let first = statuses();
        let words: Vec<&str> = first.iter().map(|(_, status)| status.as_str()).collect();
        assert_eq!(
            words,
            ["open", "false_positive", "out_of_scope", "risk_accepted", "open"]
        );
        // A later export, in which it was decided otherwise: what stands here stays, and nothing is gone.
        let later = [
            json!({"false_p": true, "active": false}),
            json!({"line": 4}),
            json!({"severity": "Low"}),
        ];
        let totals = import(&page(&later));
        assert_eq!(
            (&totals["new"], &totals["reopened"], &totals["not_seen"]),
            (&json!(0), &json!(0), &json!(0)),
            "{totals}"
        );
        assert_eq!(statuses(), first);
        checked("findings that came from elsewhere", first.len(), 0, 5);
    }
}
