//! Imports taken back: everything is as it was, and nothing is taken back from under somebody.

use riskdesk::domain::access::Role;
use riskdesk::store::{Scope, Sql};
use serde_json::{Value, json};

use super::flow::{apply, import, line, planned, report, totals};
use crate::support::bench::{Answer, Bench, engines};
use crate::support::checked;
use crate::support::dump::{difference, whole};
use crate::support::findings::{path, step, workspace};

/// The newest import of a project.
async fn newest(bench: &Bench, token: &str, project: &str) -> Value {
    let page = bench
        .get(token, &format!("/api/v1/imports?project={project}&limit=1"))
        .await;
    page.ok()["items"][0].clone()
}

async fn preview(bench: &Bench, token: &str, act: &Value) -> Value {
    let path = format!("/api/v1/acts/{}", act.as_str().unwrap());
    bench.get(token, &path).await.ok()
}

async fn go(bench: &Bench, token: &str, act: &Value, way: &str) -> Answer {
    let path = format!("/api/v1/acts/{}/{way}", act.as_str().unwrap());
    bench.post(token, &path, json!({})).await
}

/// Takes the newest import of a project back.
async fn take_back(bench: &Bench, token: &str, project: &str) -> Answer {
    let act = newest(bench, token, project).await["act"].clone();
    go(bench, token, &act, "undo").await
}

/// The finding of a template.
async fn of(bench: &Bench, token: &str, project: &str, template: u32) -> Value {
    let q = format!("/api/v1/findings?q=project:{project}%20%22Template%20{template}%22");
    let found = bench.get(token, &q).await.ok();
    let title = format!("Template {template}");
    let items = found["items"].as_array().unwrap();
    items
        .iter()
        .find(|f| f["title"] == title.as_str())
        .cloned()
        .unwrap_or_default()
}

/// All that the wire says of a project's findings, but their versions and the moves that histories keep.
async fn told(bench: &Bench, token: &str, project: &str) -> Vec<Value> {
    let list = format!("/api/v1/findings?limit=200&q=project:{project}%20sort:title");
    let list = bench.get(token, &list).await.ok();
    let mut out = Vec::new();
    for finding in list["items"].as_array().unwrap() {
        for below in ["", "/occurrences", "/why"] {
            let mut said = bench.get(token, &path(finding, below)).await.ok();
            if let Some(fields) = said.as_object_mut() {
                fields.remove("version");
                fields.remove("moves");
            }
            out.push(said);
        }
    }
    for query in ["import:last", "seen:no", "is:open"] {
        let q = format!(
            "/api/v1/findings?limit=200&q=project:{project}%20{}",
            query.replace(':', "%3A")
        );
        let found = bench.get(token, &q).await.ok();
        let keys = found["items"].as_array().unwrap().iter().map(|f| f["key"].clone());
        out.push(keys.collect());
    }
    out.push(bench.get(token, &format!("/api/v1/projects/{project}")).await.ok());
    out
}

/// A line of a Nuclei report of template `t` at a host, with the severity.
fn at(t: u32, host: &str, severity: &str, day: u32) -> String {
    line(t, 0, severity, day).replace("h0.test", host)
}

/// The second report: 0 as before at one host less and one more, 1 there, 2 rated otherwise, 3 and 4 there after their
/// fix, 5 (which repeats 3) and 6 gone, 7 without a place it had, 9 and 10 new.
fn second() -> String {
    let mut out = report([1, 3, 4], 3, 8);
    for host in ["h0.test", "h1.test", "new.test"] {
        out += &at(0, host, "medium", 8);
        out += &at(2, host, "high", 8);
    }
    out += &report([7], 2, 8);
    out += &report([9, 10], 2, 8);
    out
}

#[tokio::test]
async fn an_import_taken_back_leaves_nothing() {
    let mut looked = 0;
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let project = workspace(&bench, &token, "Shop").await;
        let nothing = whole(&bench).await;
        let first = report(0..8, 3, 1);
        assert_eq!(import(&bench, &token, &project, &[&first]).await, [8, 0, 0, 0, 0]);
        // People work: 5 repeats 3; 3 is released, and proven; 4 is proven; 1 is rated by a person.
        let original = of(&bench, &token, &project, 3).await;
        let repeats = of(&bench, &token, &project, 5).await;
        let more = json!({ "of": original["key"], "notes": "Same." });
        step(&bench, &token, &repeats, "duplicate", more).await.ok();
        let released = bench
            .write(
                &token,
                "POST",
                &path(&original, "/release"),
                original["version"].as_i64(),
                json!({}),
            )
            .await
            .ok();
        for finding in [released, of(&bench, &token, &project, 4).await] {
            let proof = json!({ "notes": "Gone.", "basis": "retest" });
            step(&bench, &token, &finding, "verified_fixed", proof).await.ok();
        }
        let rated = of(&bench, &token, &project, 1).await;
        let edit = json!({ "severity": "critical" });
        bench
            .write(&token, "PATCH", &path(&rated, ""), rated["version"].as_i64(), edit)
            .await
            .ok();
        assert_eq!(of(&bench, &token, &project, 5).await["status"], "verified_fixed");
        let (before, said) = (whole(&bench).await, told(&bench, &token, &project).await);

        let plan = planned(&bench, &token, &project, &[], &[&second()]).await;
        assert_eq!(totals(&plan), [2, 4, 2, 2, 1]);
        let lines = format!("/api/v1/imports/{}/plan", plan["id"].as_str().unwrap());
        let wanted = bench.get(&token, &lines).await.ok();
        apply(&bench, &token, &plan).await.ok();
        let after = whole(&bench).await;
        assert_eq!(of(&bench, &token, &project, 5).await["status"], "duplicate");
        assert_eq!(of(&bench, &token, &project, 6).await["seen_in_latest"], false);

        // It says what it will do first.
        let batch = newest(&bench, &token, &project).await;
        assert_eq!((&batch["state"], &batch["id"]), (&json!("applied"), &plan["id"]));
        let shown = preview(&bench, &token, &batch["act"]).await;
        assert_eq!(
            (&shown["state"], &shown["way"], &shown["refused"]),
            (&json!("undoable"), &json!("undo"), &Value::Null)
        );
        assert_eq!(
            shown["import"],
            json!({ "new": 2, "reopened": 2, "not_seen": 2, "facts": 3, "sightings": 1, "places": 2 })
        );
        assert!(
            shown["also"][0]
                .as_str()
                .unwrap()
                .starts_with("2 new findings are taken away")
        );
        assert_eq!(whole(&bench).await, after, "looking changes nothing");

        let done = go(&bench, &token, &batch["act"], "undo").await.ok();
        assert_eq!(
            (&done["way"], &done["act"]["state"]),
            (&json!("undo"), &json!("undone"))
        );
        let now = whole(&bench).await;
        assert!(now == before, "{}", difference(&before, &now));
        let again = told(&bench, &token, &project).await;
        for (was, is) in said.iter().zip(&again) {
            assert_eq!(was, is);
        }
        assert_eq!(said.len(), again.len());
        // Its history says what happened; the import is in the list, as taken back.
        let history = bench.get(&token, &path(&original, "/history")).await.ok();
        let entry = &history["items"][0];
        assert_eq!(
            (&entry["act"], &entry["from"], &entry["to"]),
            (&json!("finding.undo"), &json!("open"), &json!("verified_fixed"))
        );
        let batch = newest(&bench, &token, &project).await;
        assert_eq!((&batch["state"], &batch["act"]), (&json!("undone"), &Value::Null));
        assert!(batch["undone_at"].is_string());
        // Not twice, not on again, not applied again.
        go(&bench, &token, &done["act"]["id"], "undo")
            .await
            .refused(409, "undo_not_possible");
        for (act, way) in [(&done["act"]["id"], "redo"), (&done["done"], "undo")] {
            let refused = go(&bench, &token, act, way).await.refused(409, "undo_not_possible");
            assert!(refused["detail"].as_str().unwrap().contains("again"), "{refused}");
        }
        apply(&bench, &token, &plan).await.refused(409, "already_exists");
        let trail = bench.get(&token, "/api/v1/audit?limit=20").await.ok();
        let undone = trail["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|e| e["act"] == "act.undo");
        assert_eq!(undone.unwrap()["object"]["id"], batch["id"], "{trail}");

        // The same report gives the same plan as the first time, and does the same.
        let plan = planned(&bench, &token, &project, &[], &[&second()]).await;
        let lines = format!("/api/v1/imports/{}/plan", plan["id"].as_str().unwrap());
        assert_eq!(bench.get(&token, &lines).await.ok(), wanted);
        apply(&bench, &token, &plan).await.ok();
        take_back(&bench, &token, &project).await.ok();
        let now = whole(&bench).await;
        assert!(now == before, "{}", difference(&before, &now));
        // What people did stands on the first import; taken back one by one, it goes too.
        let list = bench
            .get(&token, &format!("/api/v1/imports?project={project}"))
            .await
            .ok();
        let oldest = list["items"].as_array().unwrap().last().unwrap()["act"].clone();
        let refused = go(&bench, &token, &oldest, "undo")
            .await
            .refused(409, "undo_not_possible");
        assert_eq!(refused["objects"].as_array().unwrap().len(), 4, "{refused}");
        loop {
            let acts = bench.get(&token, "/api/v1/acts?limit=50").await.ok();
            let acts = acts["items"].as_array().unwrap();
            let Some(next) = acts.iter().find(|a| a["state"] != "undone") else {
                panic!("the import goes before the project: {acts:?}")
            };
            go(&bench, &token, &next["id"], "undo").await.ok();
            if next["kind"] == "import.apply" {
                break;
            }
        }
        let now = whole(&bench).await;
        assert!(now == nothing, "{}", difference(&nothing, &now));
        assert_eq!(import(&bench, &token, &project, &[&first]).await, [8, 0, 0, 0, 0]);
        looked += 20;
        bench.stop().await;
    }
    checked("imports taken back", looked, 0, 20);
}

#[tokio::test]
async fn imports_go_back_one_after_the_other() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let project = workspace(&bench, &token, "Stack").await;
        let mut moments = vec![whole(&bench).await];
        let reports = [
            report(0..4, 2, 1),
            second(),
            // An older one, which only adds sightings.
            report([0, 2, 20], 5, 3),
            // The same again changes nothing but which one is the latest.
            second(),
        ];
        for report in &reports {
            import(&bench, &token, &project, &[report]).await;
            moments.push(whole(&bench).await);
        }
        // One that stands below others does not go.
        let list = bench
            .get(&token, &format!("/api/v1/imports?project={project}"))
            .await
            .ok();
        for below in 1..4 {
            let act = &list["items"][below]["act"];
            let refused = go(&bench, &token, act, "undo").await.refused(409, "undo_not_possible");
            assert!(
                refused["detail"].as_str().unwrap().contains("a later import (nuclei)"),
                "{refused}"
            );
        }
        // An act in between goes back by itself; what it left as it found it stands in nobody's way.
        let finding = of(&bench, &token, &project, 0).await;
        step(&bench, &token, &finding, "in_progress", json!({})).await.ok();
        let acts = bench.get(&token, "/api/v1/acts?limit=1").await.ok();
        go(&bench, &token, &acts["items"][0]["id"], "undo").await.ok();
        for (n, act) in list["items"].as_array().unwrap().iter().enumerate() {
            go(&bench, &token, &act["act"], "undo").await.ok();
            let (now, before) = (whole(&bench).await, &moments[reports.len() - 1 - n]);
            assert!(&now == before, "{}", difference(before, &now));
        }
        // Nothing of them is left but the list and the trail.
        let left = bench
            .number("SELECT (SELECT COUNT(*) FROM finding) + (SELECT COUNT(*) FROM occurrence) + (SELECT COUNT(*) FROM import_tool)")
            .await;
        assert_eq!(left, 0);
        bench.stop().await;
    }
}

#[tokio::test]
async fn no_import_is_taken_back_from_under_somebody() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let analyst = bench.user(bench.alpha, "jonas@alpha.test", Role::Analyst).await;
        let project = workspace(&bench, &admin, "Shop").await;
        import(&bench, &admin, &project, &[&report(0..5, 1, 1)]).await;
        let act = newest(&bench, &admin, &project).await["act"].clone();

        // Another's import: it is there, and nothing of its way back.
        let seen = newest(&bench, &analyst, &project).await;
        assert_eq!((&seen["act"], &seen["state"]), (&Value::Null, &json!("applied")));
        assert!(seen["applied_by"]["email"].is_string());
        let never = go(&bench, &analyst, &json!(uuid::Uuid::now_v7().to_string()), "undo").await;
        let others = go(&bench, &analyst, &act, "undo").await;
        assert_eq!((others.status, others.anonymous()), (404, never.anonymous()));

        // Somebody moved one, rated another, commented on a third and made a fourth repeat a fifth.
        let (moved, rated) = (
            of(&bench, &admin, &project, 0).await,
            of(&bench, &admin, &project, 1).await,
        );
        step(&bench, &analyst, &moved, "in_progress", json!({})).await.ok();
        let refused = go(&bench, &admin, &act, "undo").await.refused(409, "undo_not_possible");
        let detail = refused["detail"].as_str().unwrap();
        let wanted = format!(
            "{} was moved to in progress by jonas@alpha.test at ",
            moved["key"].as_str().unwrap()
        );
        assert!(detail.contains(&wanted) && !detail.contains("more"), "{detail}");
        assert_eq!(refused["objects"][0]["key"], moved["key"]);
        bench
            .write(
                &analyst,
                "PATCH",
                &path(&rated, ""),
                Some(1),
                json!({ "severity": "low" }),
            )
            .await
            .ok();
        let third = of(&bench, &admin, &project, 2).await;
        bench
            .post(&analyst, &path(&third, "/comments"), json!({ "text": "Look." }))
            .await
            .ok();
        let refused = go(&bench, &admin, &act, "undo").await.refused(409, "undo_not_possible");
        assert!(
            refused["detail"].as_str().unwrap().contains("; and 2 more"),
            "{refused}"
        );
        assert_eq!(refused["objects"].as_array().unwrap().len(), 3);
        let kept = bench.get(&admin, "/api/v1/acts?limit=50").await.ok();
        let kept = kept["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|a| a["id"] == act)
            .unwrap()
            .clone();
        assert_eq!(
            (&kept["state"], &kept["reason"]),
            (&json!("built_on"), &refused["detail"])
        );

        // Only a comment: it is not taken away with what it is about.
        let other = workspace(&bench, &admin, "Other").await;
        import(&bench, &admin, &other, &[&report(0..2, 1, 1)]).await;
        let finding = of(&bench, &admin, &other, 1).await;
        bench
            .post(&analyst, &path(&finding, "/comments"), json!({ "text": "Look." }))
            .await
            .ok();
        let refused = take_back(&bench, &admin, &other)
            .await
            .refused(409, "undo_not_possible");
        assert_eq!(
            refused["objects"],
            json!([{ "key": finding["key"], "why": "was commented on" }])
        );

        // An import of another tool stands on nothing of this one; access that is lost takes the way back along.
        let third = workspace(&bench, &admin, "Third").await;
        import(&bench, &analyst, &third, &[&report(0..2, 1, 1)]).await;
        let act = newest(&bench, &analyst, &third).await["act"].clone();
        let sarif = json!({ "version": "2.1.0", "runs": [{ "tool": { "driver": { "name": "Other" } }, "results": [
            { "ruleId": "r1", "level": "error", "message": { "text": "Here." },
              "locations": [{ "physicalLocation": { "artifactLocation": { "uri": "src/a.rs" }, "region": { "startLine": 1 } } }] }
        ] }] });
        import(&bench, &admin, &third, &[&sarif.to_string()]).await;
        assert_eq!(preview(&bench, &analyst, &act).await["state"], "undoable");
        let shown = bench.get(&admin, &format!("/api/v1/projects/{third}")).await.ok();
        let client = format!("/api/v1/clients/{}/access", shown["client"]["key"].as_str().unwrap());
        let version = bench.get(&admin, client.trim_end_matches("/access")).await.ok()["version"].as_i64();
        bench
            .write(
                &admin,
                "PUT",
                &client,
                version,
                json!({ "agency_access": "admins_only", "selected": [] }),
            )
            .await
            .ok();
        assert_eq!(go(&bench, &analyst, &act, "undo").await.status, 404);
        let scope = Scope::job(bench.alpha);
        let standing = bench.desk.store().read(&scope, |tx| {
            Box::pin(async move {
                let sql =
                    Sql::new("SELECT COUNT(*) AS n FROM import_batch WHERE agency_id = $1 AND undone_at IS NOT NULL");
                tx.one(sql).await?.get::<i64>("n")
            })
        });
        assert_eq!(standing.await.unwrap(), 0);
        bench.stop().await;
    }
}

/// An undo and an act on what it would take away, sent at the same moment: one of them is done, and nothing is lost.
#[tokio::test]
async fn an_undo_and_an_act_at_once() {
    let (mut looked, mut undone) = (0, 0);
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        for round in 0..10 {
            let project = workspace(&bench, &token, &format!("Race {round}")).await;
            import(&bench, &token, &project, &[&report(0..3, 1, 1)]).await;
            let second = planned(
                &bench,
                &token,
                &project,
                &[],
                &[&(at(0, "h0.test", "high", 2) + &report([1, 2, 4], 2, 2))],
            )
            .await;
            apply(&bench, &token, &second).await.ok();
            let target = of(&bench, &token, &project, if round % 2 == 0 { 4 } else { 0 }).await;
            let act = newest(&bench, &token, &project).await["act"].clone();
            let (at, comments) = (path(&target, "/move"), path(&target, "/comments"));
            let acting = async {
                if round % 4 == 2 {
                    bench.post(&token, &comments, json!({ "text": "Look." })).await
                } else {
                    let body = json!({ "to": "in_progress" });
                    bench.write(&token, "POST", &at, target["version"].as_i64(), body).await
                }
            };
            let (back, other, again) = tokio::join!(
                go(&bench, &token, &act, "undo"),
                acting,
                go(&bench, &token, &act, "undo")
            );
            let taken = [&back, &again].into_iter().filter(|a| a.status == 200).count();
            let acted = other.status / 100 == 2;
            let batch = newest(&bench, &token, &project).await;
            let there = of(&bench, &token, &project, 4).await;
            let right = taken <= 1
                && (taken == 1) == (batch["state"] == "undone")
                && (taken == 1) == there.is_null()
                && (taken == 1) != acted;
            assert!(
                right,
                "{engine:?} {round}: {} {} / {} {} / {} {}",
                back.status, back.text, again.status, again.text, other.status, other.text
            );
            looked += 1;
            undone += taken;
        }
        bench.stop().await;
    }
    println!("of {looked} races, {undone} took the import back");
    checked("an undo and an act at once", looked, 0, 10);
}
