//! The way back: every kind of act is done, taken back, done again and taken back once more, and the rows are compared.

use riskdesk::domain::access::Role;
use serde_json::{Value, json};

use crate::support::bench::{Answer, Bench, engines};
use crate::support::checked;
use crate::support::dump::{difference, dump};
use crate::support::findings::{finding, import, path, step, workspace};

mod cases;

use cases::{CASES, prepare, send, text};

/// The latest act of the list.
async fn latest(bench: &Bench, token: &str) -> Value {
    bench.get(token, "/api/v1/acts?limit=1").await.ok()["items"][0].clone()
}

async fn go(bench: &Bench, token: &str, act: &Value, way: &str) -> Answer {
    let path = format!("/api/v1/acts/{}/{way}", text(act));
    bench.post(token, &path, json!({})).await
}

#[tokio::test]
async fn every_act_goes_back_and_on_again() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        riskdesk::service::admin::set_plan(&bench.admin_store, &bench.alpha.to_string(), 1000, 1000, 10)
            .await
            .unwrap();
        let (mut looked, mut failed) = (0, 0);
        for case in CASES {
            let act = prepare(&bench, &admin, case).await;
            let before = dump(&bench).await;
            let answer = send(&bench, &admin, &act).await;
            assert!((200..300).contains(&answer.status), "{case}: {}", answer.text);
            let after = dump(&bench).await;
            let kept = latest(&bench, &admin).await;
            let kind = case.split(' ').next().unwrap();
            let preview = bench
                .get(&admin, &format!("/api/v1/acts/{}", text(&kept["id"])))
                .await
                .ok();
            let mut holds = |what: &str, right: bool, seen: String| {
                looked += 1;
                if !right {
                    failed += 1;
                    println!("{engine:?} {case}: {what}\n{seen}");
                }
            };
            holds("the act changed something", before != after, String::new());
            holds(
                "the list has it",
                kept["kind"] == kind && kept["state"] == "undoable" && kept["object_count"] != 0,
                kept.to_string(),
            );
            let told = preview["change_count"] != 0 || preview["also"] != json!([]);
            holds(
                "the preview tells",
                preview["way"] == "undo" && preview["refused"].is_null() && told,
                preview.to_string(),
            );
            let undone = go(&bench, &admin, &kept["id"], "undo").await;
            holds(
                "undo",
                undone.status == 200 && undone.json["act"]["state"] == "undone",
                undone.text.clone(),
            );
            let now = dump(&bench).await;
            holds("back to before", now == before, difference(&before, &now));
            let twice = go(&bench, &admin, &kept["id"], "undo").await;
            holds("not twice", twice.status == 409, twice.text);
            let again = latest(&bench, &admin).await;
            holds(
                "the list knows",
                again["id"] == kept["id"] && again["state"] == "undone" && again["reason"].is_null(),
                again.to_string(),
            );
            let redone = go(&bench, &admin, &kept["id"], "redo").await;
            holds(
                "redo",
                redone.status == 200 && redone.json["way"] == "redo",
                redone.text.clone(),
            );
            let now = dump(&bench).await;
            holds("on to after", now == after, difference(&after, &now));
            let back = go(&bench, &admin, &redone.json["done"], "undo").await;
            holds(
                "the redo taken back",
                back.status == 200 && back.json["way"] == "undo",
                back.text,
            );
            let now = dump(&bench).await;
            holds("before once more", now == before, difference(&before, &now));
        }
        checked(
            &format!("undo and redo of every act ({engine:?})"),
            looked,
            failed,
            CASES.len() * 11,
        );
        bench.stop().await;
    }
}

/// A released finding moved to in_progress; gives it, and the act.
async fn moved(bench: &Bench, token: &str, name: &str) -> (Value, Value) {
    let key = workspace(bench, token, name).await;
    let made = finding(bench, token, &key, json!({})).await;
    let made = step(bench, token, &made, "in_progress", json!({})).await.ok();
    let act = latest(bench, token).await["id"].clone();
    (made, act)
}

#[tokio::test]
async fn nothing_is_taken_back_from_under_somebody() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let analyst = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let viewer = bench.user(bench.alpha, "vera@alpha.test", Role::Viewer).await;
        // Somebody else's edit stands on it.
        let (made, act) = moved(&bench, &admin, "Foreign edit").await;
        let edit = json!({ "severity": "low" });
        bench
            .write(&analyst, "PATCH", &path(&made, ""), made["version"].as_i64(), edit)
            .await
            .ok();
        let refused = go(&bench, &admin, &act, "undo").await.refused(409, "undo_not_possible");
        assert_eq!(refused["objects"][0]["key"], made["key"]);
        assert_eq!(latest(&bench, &admin).await["state"], "built_on");
        let preview = bench.get(&admin, &format!("/api/v1/acts/{}", text(&act))).await.ok();
        assert_eq!(preview["refused"]["code"], "undo_not_possible");
        // Another's act, a made-up one, a viewer: the same as nothing.
        let never = go(&bench, &analyst, &json!(uuid::Uuid::now_v7().to_string()), "undo").await;
        let others = go(&bench, &analyst, &act, "undo").await;
        assert_eq!((others.status, others.anonymous()), (404, never.anonymous()));
        assert_eq!(go(&bench, &viewer, &act, "undo").await.status, 404);
        assert_eq!(bench.get(&viewer, "/api/v1/acts").await.ok()["items"], json!([]));
        // The client is lost: so is the act.
        let (_, act) = moved(&bench, &admin, "Lost").await;
        let (made, own) = {
            let found = bench.get(&admin, "/api/v1/findings?q=client%3Alost").await.ok();
            let made = found["items"][0].clone();
            let body = json!({});
            bench
                .write(
                    &analyst,
                    "POST",
                    &path(&made, "/triage"),
                    made["version"].as_i64(),
                    body,
                )
                .await
                .ok();
            (made, latest(&bench, &analyst).await)
        };
        assert_eq!(own["objects"][0]["key"], made["key"]);
        let access = json!({ "agency_access": "admins_only" });
        bench
            .write(&admin, "PUT", "/api/v1/clients/lost/access", Some(1), access)
            .await
            .ok();
        let lost = go(&bench, &analyst, &own["id"], "undo").await;
        assert_eq!((lost.status, lost.anonymous()), (404, never.anonymous()));
        let acts = bench.get(&analyst, "/api/v1/acts").await.ok().to_string();
        assert!(!acts.contains(&text(&made["key"])), "{acts}");
        go(&bench, &admin, &act, "undo").await.refused(409, "undo_not_possible");
        // An act of another role's.
        bench
            .plant("UPDATE agency_user SET role = 'analyst' WHERE email = 'admin@alpha.test'")
            .await;
        let open = bench.get(&admin, "/api/v1/acts?limit=200").await.ok();
        let made_client = open["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|a| a["kind"] == "client.create");
        let made_client = made_client.unwrap();
        assert_eq!(made_client["state"], "final");
        go(&bench, &admin, &made_client["id"], "undo")
            .await
            .refused(403, "forbidden");
        bench.stop().await;
    }
}

#[tokio::test]
async fn an_undo_happens_once() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let (made, act) = moved(&bench, &admin, "Race").await;
        let at = format!("/api/v1/acts/{}/undo", text(&act));
        let audited =
            || bench.number("SELECT COUNT(*) FROM audit_event WHERE act = 'act.undo' AND outcome = 'allowed'");
        let crowd = futures::future::join_all((0..8).map(|_| bench.post(&admin, &at, json!({})))).await;
        let (won, lost): (Vec<_>, Vec<_>) = crowd.into_iter().partition(|a| a.status == 200);
        assert_eq!(won.len(), 1);
        for answer in lost {
            answer.refused(409, "undo_not_possible");
        }
        assert_eq!(audited().await, 1);
        let now = bench.get(&admin, &path(&made, "")).await.ok();
        assert_eq!(
            (now["status"].as_str(), now["version"].as_i64()),
            (Some("open"), Some(3))
        );
        let history = bench.get(&admin, &path(&made, "/history")).await.ok();
        assert_eq!(history["items"][0]["act"], "finding.undo");
        assert_eq!(history["items"][0]["by"]["email"], "admin@alpha.test");
        assert_eq!(history["items"][0]["to"], "open");
        // Sent again with its key, it is answered again and done once.
        let redo = format!("/api/v1/acts/{}/redo", text(&act));
        let first = bench
            .write_as(&admin, "POST", &redo, None, json!({}), "again")
            .await
            .ok();
        let second = bench
            .write_as(&admin, "POST", &redo, None, json!({}), "again")
            .await
            .ok();
        assert_eq!(first, second);
        let now = bench.get(&admin, &path(&made, "")).await.ok();
        assert_eq!(
            (now["status"].as_str(), now["version"].as_i64()),
            (Some("in_progress"), Some(4))
        );
        // What was undone last is done again first.
        let (_, other) = moved(&bench, &admin, "Second").await;
        go(&bench, &admin, &act, "undo").await.ok();
        go(&bench, &admin, &other, "undo").await.ok();
        let undone = bench.get(&admin, "/api/v1/acts?undone=true").await.ok();
        let order: Vec<&Value> = undone["items"].as_array().unwrap().iter().map(|a| &a["id"]).collect();
        assert_eq!(order, [&other, &act]);
        bench.stop().await;
    }
}

#[tokio::test]
async fn what_stands_on_an_act_stays() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let key = workspace(&bench, &admin, "Imports").await;
        let made = finding(&bench, &admin, &key, json!({})).await;
        import(&bench, &admin, &key, &[1, 2], 1).await;
        let act = latest(&bench, &admin).await;
        assert_eq!(
            (act["kind"].as_str(), act["state"].as_str()),
            (Some("import.apply"), Some("undoable"))
        );
        assert_eq!(act["objects"][0]["key"], key.as_str());
        // What was made before a project got findings or imports stays with them.
        let acts = bench.get(&admin, "/api/v1/acts").await.ok();
        let project = acts["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|a| a["kind"] == "project.create");
        let refused = go(&bench, &admin, &project.unwrap()["id"], "undo").await;
        refused.refused(409, "undo_not_possible");
        // A comment that was answered, a finding that was commented on.
        let at = path(&made, "/comments");
        let said = bench.post(&admin, &at, json!({ "text": "One." })).await.ok();
        let first = latest(&bench, &admin).await;
        bench
            .post(&admin, &at, json!({ "text": "Two.", "reply_to": said["id"] }))
            .await
            .ok();
        let refused = go(&bench, &admin, &first["id"], "undo")
            .await
            .refused(409, "undo_not_possible");
        assert_eq!(refused["objects"][0]["key"], made["key"]);
        bench.stop().await;
    }
}

#[tokio::test]
async fn acts_on_one_thing_go_back_one_after_the_other() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        bench.client(&admin, "Other", "all_users").await;
        let key = workspace(&bench, &admin, "Stack").await;
        let mut moments = vec![dump(&bench).await];
        let made = finding(&bench, &admin, &key, json!({ "places": ["https://a.test/"] })).await;
        moments.push(dump(&bench).await);
        let at = path(&made, "");
        for n in 1..7 {
            let release = path(&made, "/release");
            let proof = json!({ "to": "verified_fixed", "notes": "Seen." });
            let (method, to, version, body) = match n {
                1 => ("POST", release, Some(1), json!({})),
                2 => ("PATCH", at.clone(), Some(2), json!({ "severity": "critical" })),
                3 => ("POST", path(&made, "/move"), Some(3), proof),
                4 => {
                    let project = json!([{ "project": key, "version": 1 }]);
                    let body = json!({ "projects": project, "client": "other" });
                    ("POST", "/api/v1/projects/assign".to_owned(), None, body)
                }
                5 => (
                    "PATCH",
                    format!("/api/v1/projects/{key}"),
                    Some(2),
                    json!({ "name": "Renamed" }),
                ),
                _ => {
                    let version = bench.get(&admin, &at).await.ok()["version"].as_i64();
                    (
                        "POST",
                        path(&made, "/move"),
                        version,
                        json!({ "to": "open", "notes": "Not so." }),
                    )
                }
            };
            bench.write(&admin, method, &to, version, body).await.ok();
            moments.push(dump(&bench).await);
        }
        // All the way back, all the way on, and back once more.
        for _ in 0..2 {
            for moment in moments.iter().rev().skip(1) {
                let acts = bench.get(&admin, "/api/v1/acts").await.ok();
                let next = acts["items"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .find(|a| a["state"] != "undone")
                    .unwrap()
                    .clone();
                let answer = go(&bench, &admin, &next["id"], "undo").await;
                assert_eq!(answer.status, 200, "{engine:?}: {next} {}", answer.text);
                let now = dump(&bench).await;
                assert_eq!(&now, moment, "{engine:?} {next}: {}", difference(moment, &now));
            }
            for moment in &moments[1..] {
                let acts = bench.get(&admin, "/api/v1/acts?undone=true&limit=1").await.ok();
                let next = acts["items"][0].clone();
                let answer = go(&bench, &admin, &next["id"], "redo").await;
                assert_eq!(answer.status, 200, "{engine:?}: {next} {}", answer.text);
                let now = dump(&bench).await;
                assert_eq!(&now, moment, "{engine:?} {next}: {}", difference(moment, &now));
            }
        }
        bench.stop().await;
    }
}
