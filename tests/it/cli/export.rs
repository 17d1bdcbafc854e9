//! Findings taken out and brought in elsewhere: nothing is lost but what is said to be.

mod moving;

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::support::binary::Home;
use crate::support::checked;
use crate::support::desk::{Desk, engines};

fn key(value: &Value) -> String {
    value["key"].as_str().unwrap().to_owned()
}

fn project(home: &Home, name: &str) -> String {
    key(&home.run(&["project", "create", "--name", name, "--json"]).json())
}

/// Nuclei lines: six templates on up to thirty hosts, the last with texts that steer terminals and spreadsheets.
fn report(day: u32, templates: std::ops::Range<u32>) -> String {
    let severities = ["low", "high", "info", "critical", "medium", "high"];
    let mut lines = String::new();
    for t in templates {
        for h in 0..if t == 1 { 40 } else { t + 1 } {
            let line = json!({
                "template-id": format!("t-{t}"),
                "info": {
                    "name": if t == 5 { "=HYPERLINK(\"http://evil.example\")\u{1b}[31m\u{202e}".to_owned() } else { format!("Template {t}") },
                    "severity": severities[t as usize],
                    "description": format!("Über {t}, \"in quotes\";\nand lines\u{0}"),
                    "tags": ["a", format!("t{t}")],
                    "reference": ["https://r.example/a b"],
                    "classification": { "cve-id": [format!("CVE-2024-000{t}")], "cwe-id": ["cwe-79"],
                      "cvss-metrics": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H" },
                },
                "type": "http", "matched-at": format!("https://h{h}.example/a"), "timestamp": format!("2026-03-{day:02}T10:00:00Z"),
                "extracted-results": [format!("found {h}")],
            });
            lines += &format!("{line}\n");
            if t == 2 {
                lines += &format!("{line}\n");
            }
        }
    }
    lines
}

const SARIF: &str = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"Linter"}},"results":[{"ruleId":"r","level":"error","message":{"text":"m"},
  "locations":[{"physicalLocation":{"artifactLocation":{"uri":"src/a b.c"},"region":{"startLine":3}}}],"suppressions":[{"kind":"inSource"}]}]}]}"#;

/// A project in which much has happened. Its key.
fn lived_in(home: &Home) -> String {
    let project = project(home, "Shop");
    let import = |text: &str| {
        let ran = home.feed(&["import", "-", "--project", &project, "--yes"], text);
        assert_eq!(ran.code, 0, "{}", ran.err);
    };
    import(&report(1, 0..6));
    import(SARIF);
    // A later report without the first template: it counts as not seen any more.
    import(&report(8, 1..6));
    let all = home
        .run(&["finding", "list", "-q", "sort:title", "--all", "--json"])
        .json();
    let of = |title: &str| {
        let found = all["items"].as_array().unwrap().iter().find(|f| f["title"] == title);
        key(found.unwrap_or_else(|| panic!("{title}: {all}")))
    };
    for (title, act) in [
        (
            "Template 0",
            &["move", "--to", "false_positive", "--notes", "Not here."][..],
        ),
        (
            "Template 1",
            &[
                "move",
                "--to",
                "risk_accepted",
                "--notes",
                "So be it.",
                "--until",
                "2031-01-01T00:00:00Z",
            ],
        ),
        (
            "Template 2",
            &[
                "move",
                "--to",
                "verified_fixed",
                "--notes",
                "Gone.",
                "--basis",
                "retest",
            ],
        ),
        ("Template 3", &["edit", "--severity", "low"]),
        ("Template 4", &["triage"]),
        ("Template 4", &["edit", "--tag", "pci"]),
    ] {
        let (verb, more) = act.split_first().unwrap();
        let ran = home.run(&[&["finding", verb, &of(title)], more].concat());
        assert_eq!(ran.code, 0, "{title}: {}", ran.err);
    }
    project
}

fn export(home: &Home, project: &str) -> Vec<Value> {
    let query = format!("project:{project} sort:title");
    let ran = home.run(&["finding", "export", "-q", &query]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    ran.out
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// An export without what is another by nature: ids, keys, versions and the project they stand in.
fn bare(mut lines: Vec<Value>) -> Vec<Value> {
    for line in &mut lines {
        let own = line.as_object_mut().unwrap();
        for name in ["id", "key", "project", "client", "version", "more_occurrences"] {
            own.remove(name);
        }
        let places = own["occurrences"].as_array_mut().unwrap();
        for place in places.iter_mut() {
            place.as_object_mut().unwrap().remove("id");
        }
    }
    // Lines that go on with one finding's places are one finding.
    let mut out: Vec<Value> = Vec::new();
    for mut line in lines {
        match out.last_mut() {
            Some(before) if before["fingerprint"] == line["fingerprint"] => {
                let more = line["occurrences"].as_array_mut().unwrap();
                before["occurrences"].as_array_mut().unwrap().append(more);
            }
            _ => out.push(line),
        }
    }
    for line in &mut out {
        let places = line["occurrences"].as_array_mut().unwrap();
        places.sort_by_key(|p| p["place_key"].as_str().unwrap().to_owned());
    }
    out
}

#[test]
fn what_is_exported_comes_back_as_it_was() {
    for engine in engines() {
        let (here, there) = (Desk::over(&engine), Desk::over(&engine));
        let (ann, ben) = (here.admin(), there.admin());
        let project_here = lived_in(&ann);
        let before = export(&ann, &project_here);
        assert_eq!(before.len(), 8, "one finding has more places than a line holds");
        let file = ann.path().join("out.jsonl");
        let path = file.to_str().unwrap();
        let take = [
            "finding",
            "export",
            "-q",
            &format!("project:{project_here}"),
            "-o",
            path,
        ];
        let done = ann.run(&[&take[..], &["--json"]].concat()).json();
        assert_eq!((&done["findings"], &done["places"]), (&json!(7), &json!(60)));
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        // What is there is not overwritten without a word.
        let again = ann.run(&take);
        assert!(again.code == 2 && again.err.contains("--force"), "{}", again.err);
        assert_eq!(ann.run(&[&take[..], &["--force"]].concat()).code, 0);
        // Elsewhere, and under another project here.
        let mut compared = 0;
        for (home, name) in [(&ben, "Elsewhere"), (&ann, "Beside")] {
            let to = project(home, name);
            let import = ["import", path, "--project", &to, "--yes", "--json"];
            let done = home.run(&import).json();
            assert_eq!(done["totals"]["new"], 7, "{done}");
            let after = export(home, &to);
            let (was, is) = (bare(before.clone()), bare(after));
            assert_eq!(was.len(), is.len());
            for (was, is) in was.iter().zip(&is) {
                assert_eq!(was, is);
                compared += was.as_object().unwrap().len() + was["occurrences"].as_array().unwrap().len() * 8;
            }
            // Again: nothing changes.
            let twice = home.run(&import).json();
            assert_eq!(
                (&twice["totals"]["new"], &twice["totals"]["unchanged"]),
                (&json!(0), &json!(7))
            );
            assert_eq!(bare(export(home, &to)), is);
            // The tool's next report goes on where the export ends.
            let ran = home.feed(&["import", "-", "--project", &to, "--yes", "--json"], &report(9, 1..6));
            let totals = &ran.json()["totals"];
            assert_eq!(
                (&totals["new"], &totals["reopened"]),
                (&json!(0), &json!(1)),
                "{totals}"
            );
        }
        checked("fields that came back", compared, 0, 800);
    }
}

#[test]
fn sarif_and_tables_are_read_by_others() {
    let desk = Desk::sqlite();
    let ann = desk.admin();
    let project_here = lived_in(&ann);
    let text = ann
        .run(&[
            "finding",
            "export",
            "--format",
            "sarif",
            "-q",
            &format!("project:{project_here}"),
        ])
        .out;
    let sarif: Value = serde_json::from_str(&text).unwrap();
    let runs = sarif["runs"].as_array().unwrap();
    let tools: Vec<&Value> = runs.iter().map(|r| &r["tool"]["driver"]["name"]).collect();
    assert_eq!(tools, [&json!("linter"), &json!("nuclei")]);
    for run in runs {
        let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
        for result in run["results"].as_array().unwrap() {
            assert_eq!(
                rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"],
                result["ruleId"]
            );
        }
    }
    let place = &runs[0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(
        (&place["artifactLocation"]["uri"], &place["region"]["startLine"]),
        (&json!("src/a%20b.c"), &json!(3))
    );
    // Our own reader takes it, with all its places.
    let other = project(&ann, "Sarif");
    let done = ann
        .feed(&["import", "-", "--project", &other, "--yes", "--json"], &text)
        .json();
    assert_eq!(done["files"][0]["occurrences"], 60, "{done}");

    let table = ann.run(&["finding", "export", "--format", "csv"]).out;
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let mut rows = 0;
    for row in reader.records() {
        let row = row.unwrap();
        assert_eq!(row.len(), 21);
        rows += 1;
        for cell in &row {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "{cell}");
        }
    }
    assert!(rows >= 7 && table.contains("'=HYPERLINK") && !table.contains('\u{1b}'));
    assert!(table.contains("and 15 more"));
    let sorted = ["finding", "export", "--format", "sarif", "-q", "sort:title"];
    assert_eq!(ann.run(&sorted).code, 2);
}
