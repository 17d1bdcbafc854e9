//! Corrections by hand: findings that become one and places that become a finding of their own, what imports make of it
//! later, what the client sees of it, and the way back.

use serde_json::{Value, json};

use crate::support::bench::{Answer, Bench, engines};
use crate::support::checked;
use crate::support::dump::{difference, dump};
use crate::support::findings::{path, workspace};

mod related;
mod rules;

const MERGE: &str = "/api/v1/findings/merge";

/// A Nuclei line: a template that was found at a place on a day of March 2026.
fn hit(template: &str, host: &str, at: &str, day: u32) -> String {
    json!({
        "template-id": template, "info": { "name": format!("Template {template}"), "severity": "high" }, "type": "http",
        "host": host, "matched-at": format!("https://{host}{at}"), "timestamp": format!("2026-03-{day:02}T10:00:00Z"),
    })
    .to_string()
}

/// Hits of templates at `h.test`, each at these paths.
fn hits(found: &[(&str, &[&str])], day: u32) -> String {
    let lines = found
        .iter()
        .flat_map(|(t, places)| places.iter().map(|p| hit(t, "h.test", p, day)));
    lines.collect::<Vec<_>>().join("\n")
}

/// A report of another tool: rules that were broken in files.
fn sarif(found: &[(&str, &str)]) -> String {
    let results: Vec<Value> = found
        .iter()
        .map(|(rule, file)| {
            json!({
                "ruleId": rule, "level": "error", "message": { "text": format!("Broke {rule}") },
                "locations": [{ "physicalLocation": { "artifactLocation": { "uri": file }, "region": { "startLine": 3 } } }],
            })
        })
        .collect();
    json!({
        "version": "2.1.0", "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "runs": [{ "tool": { "driver": { "name": "Lintly", "rules": [] } }, "results": results }],
    })
    .to_string()
}

/// Imports a report and gives the plan's totals, its lines and the batch.
async fn import(bench: &Bench, token: &str, project: &str, report: String) -> (Value, Value) {
    let batch = bench
        .post(token, "/api/v1/imports", json!({ "project": project }))
        .await
        .ok();
    let at = format!("/api/v1/imports/{}", batch["id"].as_str().unwrap());
    let file = bench
        .request("PUT", &format!("{at}/files/0?name=report.json"))
        .bearer_auth(token);
    Bench::send(file.body(report)).await.ok();
    let plan = bench.post(token, &format!("{at}/plan"), json!({})).await.ok();
    let lines = bench.get(token, &format!("{at}/plan")).await.ok();
    let apply = json!({ "plan_id": plan["plan_id"] });
    bench.post(token, &format!("{at}/apply"), apply).await.ok();
    (plan["totals"].clone(), lines["items"].clone())
}

fn totals(new: i64, recurring: i64, not_seen: i64, unchanged: i64) -> Value {
    json!({ "new": new, "recurring": recurring, "reopened": 0, "not_seen": not_seen, "unchanged": unchanged })
}

async fn list(bench: &Bench, token: &str) -> Vec<Value> {
    let page = bench.get(token, "/api/v1/findings?q=sort%3Atitle&limit=100").await.ok();
    page["items"].as_array().unwrap().clone()
}

/// The finding of a title, as it is now.
async fn called(bench: &Bench, token: &str, title: &str) -> Value {
    let all = list(bench, token).await;
    all.into_iter()
        .find(|f| f["title"] == title)
        .unwrap_or_else(|| panic!("no finding {title}"))
}

async fn merge(bench: &Bench, token: &str, into: &Value, others: &[&Value], more: Value) -> Answer {
    let named: Vec<Value> = [into]
        .iter()
        .chain(others)
        .map(|f| json!({ "finding": f["key"], "version": f["version"] }))
        .collect();
    let mut body = json!({ "findings": named, "into": into["key"] });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    bench.post(token, MERGE, body).await
}

async fn places(bench: &Bench, token: &str, finding: &Value) -> Vec<Value> {
    let page = bench.get(token, &path(finding, "/occurrences")).await.ok();
    page["items"].as_array().unwrap().clone()
}

/// Splits off the places whose text ends so.
async fn split(bench: &Bench, token: &str, finding: &Value, ends: &[&str], more: Value) -> Answer {
    let all = places(bench, token, finding).await;
    let ids: Vec<&Value> = all
        .iter()
        .filter(|p| ends.iter().any(|e| p["place"].as_str().unwrap().ends_with(e)))
        .map(|p| &p["id"])
        .collect();
    let mut body = json!({ "occurrences": ids, "version": finding["version"] });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    bench.post(token, &path(finding, "/split"), body).await
}

/// Takes back the last correction that stands, or does the one again that was taken back last.
async fn act(bench: &Bench, token: &str, way: &str) -> Answer {
    let list = if way == "redo" {
        "/api/v1/acts?undone=true&limit=50"
    } else {
        "/api/v1/acts?limit=50"
    };
    let state = if way == "redo" { "undone" } else { "undoable" };
    let acts = bench.get(token, list).await.ok();
    let corrects = |a: &&Value| ["finding.merge", "finding.split"].iter().any(|k| a["kind"] == *k);
    let mut acts = acts["items"].as_array().unwrap().iter().filter(corrects);
    // What stands but cannot be taken back any more is asked for all the same: it says why.
    let act = acts.find(|a| a["state"] == state || (way == "undo" && a["state"] != "undone"));
    let at = format!("/api/v1/acts/{}/{way}", act.unwrap()["id"].as_str().unwrap());
    bench.post(token, &at, json!({})).await
}

async fn open_in(bench: &Bench, token: &str, project: &str) -> i64 {
    let project = bench.get(token, &format!("/api/v1/projects/{project}")).await.ok();
    let counts = project["open_findings"].as_object().unwrap();
    counts.values().filter_map(Value::as_i64).sum()
}

/// What every import after a correction must say: each finding once, none new, none gone.
async fn settled(bench: &Bench, token: &str, project: &str, reports: &[String], n: i64, when: &str) -> usize {
    for report in reports {
        let before = list(bench, token).await;
        let (said, _) = import(bench, token, project, report.clone()).await;
        assert_eq!(said["new"], 0, "{when}: {said}");
        assert_eq!(said["not_seen"], 0, "{when}: {said}");
        assert_eq!(said["recurring"], n, "{when}: {said}");
        let after = list(bench, token).await;
        let known = |all: &[Value]| -> Vec<Value> {
            let fields = [
                "key",
                "title",
                "status",
                "severity",
                "occurrence_count",
                "seen_in_latest",
            ];
            all.iter()
                .map(|f| fields.iter().map(|name| f[*name].clone()).collect())
                .collect()
        };
        assert_eq!(known(&before), known(&after), "{when}");
    }
    reports.len()
}

#[tokio::test]
async fn a_merge_is_followed_by_imports_and_taken_back() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let site = workspace(&bench, &token, "Acme").await;
        let all: [(&str, &[&str]); 3] = [("a", &["/", "/x"]), ("b", &["/"]), ("c", &["/"])];
        import(&bench, &token, &site, hits(&all, 1)).await;
        let (a, b) = (
            called(&bench, &token, "Template a").await,
            called(&bench, &token, "Template b").await,
        );
        bench
            .post(
                &token,
                &path(&b, "/comments"),
                json!({ "text": "Same as the other.", "audience": "internal" }),
            )
            .await
            .ok();
        let before = dump(&bench).await;
        let dry = merge(&bench, &token, &a, &[&b], json!({ "dry_run": true })).await.ok();
        assert_eq!((&dry["applied"], &dry["act"]), (&json!(false), &Value::Null));
        assert!(
            dry["says"][0].as_str().unwrap().contains("with 1 place and 1 comment."),
            "{dry}"
        );
        assert_eq!(dump(&bench).await, before, "a dry run writes nothing");
        let done = merge(&bench, &token, &a, &[&b], json!({})).await.ok();
        assert_eq!(done["says"], dry["says"]);
        assert_eq!(
            (&done["finding"]["key"], &done["finding"]["occurrence_count"]),
            (&a["key"], &json!(3))
        );
        assert_eq!(list(&bench, &token).await.len(), 2);
        assert_eq!(open_in(&bench, &token, &site).await, 2);
        // Its key leads to what it is part of, which says so.
        let led = bench.get(&token, &path(&b, "")).await.ok();
        assert_eq!((&led["key"], &led["corrections"][0]["key"]), (&a["key"], &b["key"]));
        let comments = bench.get(&token, &path(&a, "/comments")).await.ok();
        assert_eq!(comments["items"][0]["text"], "Same as the other.");
        let why = bench.get(&token, &path(&a, "/why")).await.ok();
        assert_eq!(
            (&why["corrections"][0]["kind"], &why["corrections"][0]["occurrences"]),
            (&json!("merged"), &json!(1))
        );
        // The same report, a later one of the same, and one in which a place more was found.
        let (said, _) = import(&bench, &token, &site, hits(&all, 1)).await;
        assert_eq!(said, totals(0, 2, 0, 2));
        let (said, lines) = import(&bench, &token, &site, hits(&all, 2)).await;
        assert_eq!(said, totals(0, 2, 0, 2));
        let line = lines
            .as_array()
            .unwrap()
            .iter()
            .find(|l| l["finding"] == a["key"])
            .unwrap();
        assert!(line["matched_by"].as_str().unwrap().contains("merged by"), "{line}");
        let undone = bench.get(&token, "/api/v1/acts?limit=5").await.ok();
        let merged = undone["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|a| a["kind"] == "finding.merge")
            .unwrap();
        // Imports that changed nothing are nothing built on it.
        let at = format!("/api/v1/acts/{}/undo", merged["id"].as_str().unwrap());
        let back = bench.post(&token, &at, json!({})).await.ok();
        assert_eq!(back["way"], "undo");
        let now = dump(&bench).await;
        assert_eq!(now, before, "{}", difference(&before, &now));
        let (said, _) = import(&bench, &token, &site, hits(&all, 2)).await;
        assert_eq!(said, totals(0, 3, 0, 3));
        let redo = format!("/api/v1/acts/{}/redo", merged["id"].as_str().unwrap());
        bench.post(&token, &redo, json!({})).await.ok();
        assert_eq!(called(&bench, &token, "Template a").await["occurrence_count"], 3);
        let grown: [(&str, &[&str]); 3] = [("a", &["/", "/x"]), ("b", &["/", "/new"]), ("c", &["/"])];
        let (said, _) = import(&bench, &token, &site, hits(&grown, 3)).await;
        assert_eq!(said, totals(0, 2, 0, 1), "the place is one of the finding that is left");
        assert_eq!(called(&bench, &token, "Template a").await["occurrence_count"], 4);
        // Only what was a's is gone: the finding is still there. Then all of it is.
        let (said, _) = import(&bench, &token, &site, hits(&[("b", &["/"]), ("c", &["/"])], 4)).await;
        assert_eq!(said, totals(0, 2, 0, 1));
        assert_eq!(called(&bench, &token, "Template a").await["seen_in_latest"], true);
        let (said, _) = import(&bench, &token, &site, hits(&[("c", &["/"])], 5)).await;
        assert_eq!(said, totals(0, 1, 1, 1));
        assert_eq!(called(&bench, &token, "Template a").await["seen_in_latest"], false);
        let (said, _) = import(&bench, &token, &site, hits(&[("b", &["/"]), ("c", &["/"])], 6)).await;
        assert_eq!(said, totals(0, 2, 0, 1));
        assert_eq!(called(&bench, &token, "Template a").await["seen_in_latest"], true);
        // Something was built on it: it stays.
        bench
            .post(&token, &at, json!({}))
            .await
            .refused(409, "undo_not_possible");
        bench.stop().await;
    }
}

#[tokio::test]
async fn two_tools_have_one_finding() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let site = workspace(&bench, &token, "Acme").await;
        import(&bench, &token, &site, hits(&[("a", &["/"]), ("b", &["/"])], 1)).await;
        import(&bench, &token, &site, sarif(&[("R1", "src/a.rs"), ("R2", "src/b.rs")])).await;
        let a = called(&bench, &token, "Template a").await;
        let all = list(&bench, &token).await;
        let r1 = all.iter().find(|f| f["tool"] == "lintly").unwrap().clone();
        merge(&bench, &token, &a, &[&r1], json!({})).await.ok();
        let seen = |report: String| import(&bench, &token, &site, report);
        assert_eq!(
            seen(hits(&[("a", &["/"]), ("b", &["/"])], 2)).await.0,
            totals(0, 2, 0, 2)
        );
        let other = if r1["title"].as_str().unwrap().contains("R1") {
            ("R2", "src/b.rs")
        } else {
            ("R1", "src/a.rs")
        };
        // One tool finds it no more, the other does: it is still there.
        let (said, _) = seen(sarif(&[other])).await;
        assert_eq!(
            said,
            totals(0, 2, 0, 1),
            "what is still there in another tool's eyes is not gone"
        );
        let now = called(&bench, &token, "Template a").await;
        assert_eq!((&now["tool"], &now["seen_in_latest"]), (&json!("nuclei"), &json!(true)));
        let (said, _) = seen(hits(&[("b", &["/"])], 3)).await;
        assert_eq!(said, totals(0, 1, 1, 1));
        let (said, _) = seen(sarif(&[("R1", "src/a.rs"), ("R2", "src/b.rs")])).await;
        assert_eq!(said, totals(0, 2, 0, 1));
        let now = called(&bench, &token, "Template a").await;
        assert_eq!((&now["tool"], &now["seen_in_latest"]), (&json!("nuclei"), &json!(true)));
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_split_is_followed_by_imports_and_taken_back() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let site = workspace(&bench, &token, "Acme").await;
        let all: [(&str, &[&str]); 2] = [("a", &["/", "/x", "/y"]), ("b", &["/"])];
        import(&bench, &token, &site, hits(&all, 1)).await;
        let a = called(&bench, &token, "Template a").await;
        let before = dump(&bench).await;
        split(&bench, &token, &a, &["/", "/x", "/y"], json!({}))
            .await
            .refused(400, "invalid_request");
        split(&bench, &token, &a, &[], json!({}))
            .await
            .refused(400, "invalid_request");
        let dry = split(&bench, &token, &a, &["/y"], json!({ "dry_run": true }))
            .await
            .ok();
        assert_eq!((&dry["applied"], &dry["made"]), (&json!(false), &Value::Null));
        assert_eq!(dump(&bench).await, before, "a dry run writes nothing");
        let done = split(&bench, &token, &a, &["/y"], json!({})).await.ok();
        let made = done["made"].clone();
        assert_eq!(
            (&made["occurrence_count"], &done["finding"]["occurrence_count"]),
            (&json!(1), &json!(2))
        );
        assert_eq!((&made["title"], &made["severity"]), (&a["title"], &a["severity"]));
        let again = [hits(&all, 1), hits(&all, 2), hits(&all, 1)];
        settled(&bench, &token, &site, &again, 3, "after a split").await;
        let why = bench.get(&token, &path(&made, "/why")).await.ok();
        assert_eq!(
            (&why["corrections"][0]["kind"], &why["corrections"][0]["key"]),
            (&json!("split"), &a["key"])
        );
        // A place that is new goes to the one it was split off from; its own place that is gone is its own matter.
        let (said, _) = import(
            &bench,
            &token,
            &site,
            hits(&[("a", &["/", "/x", "/z"]), ("b", &["/"])], 3),
        )
        .await;
        assert_eq!(said, totals(0, 2, 1, 1));
        let gone = bench.get(&token, &path(&made, "")).await.ok();
        assert_eq!(gone["seen_in_latest"], false);
        let (said, _) = import(&bench, &token, &site, hits(&all, 4)).await;
        assert_eq!((&said["new"], &said["not_seen"]), (&json!(0), &json!(0)));
        let back = bench.get(&token, &path(&made, "")).await.ok();
        assert_eq!(
            (&back["seen_in_latest"], &back["occurrence_count"]),
            (&json!(true), &json!(1))
        );
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_split_goes_back_and_forth() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let site = workspace(&bench, &token, "Acme").await;
        let all: [(&str, &[&str]); 2] = [("a", &["/", "/x", "/y"]), ("b", &["/"])];
        import(&bench, &token, &site, hits(&all, 1)).await;
        let a = called(&bench, &token, "Template a").await;
        let before = dump(&bench).await;
        let made = split(&bench, &token, &a, &["/x", "/y"], json!({})).await.ok()["made"].clone();
        let parted = dump(&bench).await;
        act(&bench, &token, "undo").await.ok();
        let now = dump(&bench).await;
        assert_eq!(now, before, "{}", difference(&before, &now));
        let led = bench.get(&token, &path(&made, "")).await.ok();
        assert_eq!(led["key"], a["key"], "a key that was given out leads somewhere");
        act(&bench, &token, "redo").await.ok();
        let now = dump(&bench).await;
        assert_eq!(now, parted, "{}", difference(&parted, &now));
        settled(&bench, &token, &site, &[hits(&all, 2)], 3, "done again").await;
        act(&bench, &token, "undo").await.ok();
        settled(&bench, &token, &site, &[hits(&all, 3)], 2, "taken back again").await;
        act(&bench, &token, "redo").await.ok();
        // A place that is not there any more was seen: something is built on it.
        import(&bench, &token, &site, hits(&[("a", &["/", "/x"]), ("b", &["/"])], 4)).await;
        act(&bench, &token, "undo").await.refused(409, "undo_not_possible");
        bench.stop().await;
    }
}

/// Merges of merged findings, splits of split ones, and both of each other: after each, nothing that is imported changes
/// anything, and taken back one by one everything is as it was.
#[tokio::test]
async fn corrections_of_corrections() {
    let mut looked = 0;
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let site = workspace(&bench, &token, "Acme").await;
        let found: [(&str, &[&str]); 4] = [
            ("a", &["/", "/x", "/y"]),
            ("b", &["/", "/x"]),
            ("c", &["/"]),
            ("d", &["/"]),
        ];
        let mut backwards = found;
        backwards.reverse();
        let reports = [hits(&found, 2), hits(&backwards, 2), hits(&found, 3)];
        import(&bench, &token, &site, hits(&found, 1)).await;
        let one = |title: &'static str| called(&bench, &token, title);
        let mut stood = vec![dump(&bench).await];
        // b into a, a into c: what was b's is c's.
        let (a, b) = (one("Template a").await, one("Template b").await);
        merge(&bench, &token, &a, &[&b], json!({})).await.ok();
        stood.push(dump(&bench).await);
        let (a, c) = (one("Template a").await, one("Template c").await);
        merge(&bench, &token, &c, &[&a], json!({})).await.ok();
        stood.push(dump(&bench).await);
        let led = bench.get(&token, &path(&b, "")).await.ok();
        assert_eq!(led["key"], c["key"]);
        // One place of what came with a, then one of those again.
        let c = one("Template c").await;
        let mixed = split(&bench, &token, &c, &["/x"], json!({})).await;
        mixed.refused(400, "invalid_request");
        let first = split(&bench, &token, &c, &["/y"], json!({})).await.ok()["made"].clone();
        assert_eq!(first["title"], "Template a", "it is what its own scanner's rule says");
        stood.push(dump(&bench).await);
        // And merged back into where it never was.
        let (d, first) = (one("Template d").await, bench.get(&token, &path(&first, "")).await.ok());
        merge(&bench, &token, &d, &[&first], json!({})).await.ok();
        let last = dump(&bench).await;
        for n in (0..stood.len()).rev() {
            act(&bench, &token, "undo").await.ok();
            let now = dump(&bench).await;
            assert_eq!(now, stood[n], "step {n} taken back: {}", difference(&stood[n], &now));
            looked += 1;
        }
        for _ in 0..stood.len() {
            act(&bench, &token, "redo").await.ok();
        }
        let now = dump(&bench).await;
        assert_eq!(now, last, "{}", difference(&last, &now));
        looked += settled(&bench, &token, &site, &reports, 2, "all of it").await;
        assert_eq!(open_in(&bench, &token, &site).await, 2);
        bench.stop().await;
    }
    checked("corrections of corrections", looked, 0, 7);
}

#[tokio::test]
async fn a_split_that_is_merged_back_is_one_finding_again() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let site = workspace(&bench, &token, "Acme").await;
        let found: [(&str, &[&str]); 1] = [("a", &["/", "/x", "/y"])];
        import(&bench, &token, &site, hits(&found, 1)).await;
        let a = called(&bench, &token, "Template a").await;
        let done = split(&bench, &token, &a, &["/x", "/y"], json!({})).await.ok();
        let (rest, made) = (&done["finding"], &done["made"]);
        let again = split(&bench, &token, made, &["/y"], json!({})).await.ok();
        settled(
            &bench,
            &token,
            &site,
            &[hits(&found, 1), hits(&found, 2)],
            3,
            "split twice",
        )
        .await;
        let rest = bench.get(&token, &path(rest, "")).await.ok();
        let others = [
            bench.get(&token, &path(&again["made"], "")).await.ok(),
            bench.get(&token, &path(made, "")).await.ok(),
        ];
        merge(&bench, &token, &rest, &[&others[0], &others[1]], json!({}))
            .await
            .ok();
        let now = bench.get(&token, &path(&a, "")).await.ok();
        assert_eq!(now["occurrence_count"], 3);
        settled(
            &bench,
            &token,
            &site,
            &[hits(&found, 2), hits(&found, 3)],
            1,
            "merged back",
        )
        .await;
        bench.stop().await;
    }
}
