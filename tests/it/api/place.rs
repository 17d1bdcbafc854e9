//! Findings that go to another project: whose they are then, what they leave behind, what they meet there, and what later
//! imports make of it.

use riskdesk::domain::access::Role;
use serde_json::{Value, json};

use crate::support::bench::{Answer, Bench, engines};
use crate::support::dump::{difference, dump};
use crate::support::findings::{finding, import, keys, path, step, workspace};

const BULK: &str = "/api/v1/findings/bulk";

async fn place(bench: &Bench, token: &str, finding: &Value, project: &str) -> Answer {
    let body = json!({ "project": project });
    let version = finding["version"].as_i64();
    bench
        .write(token, "POST", &path(finding, "/place"), version, body)
        .await
}

async fn shown(bench: &Bench, token: &str, finding: &Value) -> Value {
    bench.get(token, &path(finding, "")).await.ok()
}

async fn open_in(bench: &Bench, token: &str, project: &str) -> i64 {
    let project = bench.get(token, &format!("/api/v1/projects/{project}")).await.ok();
    let counts = project["open_findings"].as_object().unwrap();
    counts.values().filter_map(Value::as_i64).sum()
}

async fn act(bench: &Bench, token: &str, way: &str) -> Answer {
    let list = if way == "redo" {
        "/api/v1/acts?undone=true&limit=1"
    } else {
        "/api/v1/acts?limit=1"
    };
    let act = bench.get(token, list).await.ok()["items"][0]["id"].clone();
    let at = format!("/api/v1/acts/{}/{way}", act.as_str().unwrap());
    bench.post(token, &at, json!({})).await
}

/// A second project beside the first one; gives its key.
async fn second(bench: &Bench, token: &str, client: &str) -> String {
    let made = bench.project(token, &format!("{client} shop"), Some(client)).await;
    made["key"].as_str().unwrap().to_owned()
}

async fn release(bench: &Bench, token: &str, finding: &Value) -> Value {
    let at = path(finding, "/release");
    let version = finding["version"].as_i64();
    bench.write(token, "POST", &at, version, json!({})).await.ok()
}

/// A finding that was released to its client, with a shared comment, a claim and an assignee.
async fn busy(bench: &Bench, token: &str, project: &str) -> Value {
    let mut made = finding(bench, token, project, json!({ "places": ["https://a.test/"] })).await;
    made = release(bench, token, &made).await;
    let say = json!({ "text": "Please look.", "audience": "shared" });
    bench.post(token, &path(&made, "/comments"), say).await.ok();
    let edit = json!({ "assignee": "ana@alpha.test" });
    let version = made["version"].as_i64();
    made = bench.write(token, "PATCH", &path(&made, ""), version, edit).await.ok();
    bench.post(token, &path(&made, "/take"), json!({})).await.ok();
    made
}

#[tokio::test]
async fn within_a_client_everything_goes_along() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let one = workspace(&bench, &token, "Acme").await;
        let two = second(&bench, &token, "acme").await;
        let made = busy(&bench, &token, &one).await;
        let due = made["due_at"].clone();
        assert!(!due.is_null());
        let before = dump(&bench).await;
        let done = place(&bench, &token, &made, &two).await.ok();
        assert_eq!((&done["project"]["key"], &done["key"]), (&json!(two), &made["key"]));
        for (field, was) in [
            ("due_at", &due),
            ("released_at", &made["released_at"]),
            ("assignee", &made["assignee"]),
        ] {
            assert_eq!(&done[field], was, "{field}");
        }
        let comments = bench.get(&token, &path(&made, "/comments")).await.ok();
        assert_eq!(comments["items"][0]["audience"], "shared");
        assert_eq!(
            bench.number("SELECT COUNT(*) FROM claim").await,
            1,
            "who works on it goes on"
        );
        assert_eq!(
            (open_in(&bench, &token, &one).await, open_in(&bench, &token, &two).await),
            (0, 1)
        );
        let history = bench.get(&token, &path(&made, "/history?limit=1")).await.ok();
        assert_eq!(
            (&history["items"][0]["act"], &history["items"][0]["notes"]),
            (&json!("finding.place"), &json!(format!("From {one} to {two}.")))
        );
        // There already, a version that is gone, and a project that is not there.
        place(&bench, &token, &done, &two).await.refused(400, "invalid_request");
        place(&bench, &token, &made, &one)
            .await
            .refused(412, "version_conflict");
        place(&bench, &token, &done, "P-0000").await.refused(404, "not_found");
        let list = bench.get(&token, "/api/v1/acts?limit=1").await.ok();
        assert_eq!(
            list["items"][0]["summary"],
            json!(format!("Moved {} to {two}", made["key"].as_str().unwrap()))
        );
        act(&bench, &token, "undo").await.ok();
        let now = dump(&bench).await;
        assert_eq!(now, before, "{}", difference(&before, &now));
        act(&bench, &token, "redo").await.ok();
        assert_eq!(shown(&bench, &token, &made).await["project"]["key"], json!(two));
        bench.stop().await;
    }
}

#[tokio::test]
async fn another_client_gets_nothing_of_the_old_one() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let ana = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let one = workspace(&bench, &token, "Acme").await;
        let made = busy(&bench, &token, &one).await;
        // Ana may open the first client, not the second one.
        bench.client(&token, "Bolt", "admins_only").await;
        let two = second(&bench, &token, "bolt").await;
        let named = json!([{ "finding": made["key"], "version": made["version"] }]);
        let change = json!({ "place": { "project": two } });
        let shown_first = json!({ "findings": named, "change": change, "dry_run": true });
        let plan = bench.post(&token, BULK, shown_first).await.ok();
        assert_eq!(
            plan["losses"],
            json!({
                "leave_their_client": 1, "comments_made_internal": 1, "rounds_made_internal": 0, "claims_ended": 1,
                "releases_taken_back": 1, "assignees_dropped": 1,
            }),
            "{plan}"
        );
        // Who may not open the target is told of neither.
        let foreign = place(&bench, &ana, &made, &two).await;
        let never = place(&bench, &ana, &made, "P-0000").await;
        assert_eq!((foreign.status, foreign.anonymous()), (404, never.anonymous()));
        let before = dump(&bench).await;
        let done = place(&bench, &token, &made, &two).await.ok();
        assert_eq!(
            (
                &done["client"]["key"],
                &done["released_at"],
                &done["due_at"],
                &done["assignee"]
            ),
            (&json!("bolt"), &Value::Null, &Value::Null, &Value::Null)
        );
        let comments = bench.get(&token, &path(&made, "/comments")).await.ok();
        assert_eq!(comments["items"][0]["audience"], "internal");
        assert_eq!(bench.number("SELECT COUNT(*) FROM claim").await, 0);
        let history = bench.get(&token, &path(&made, "/history?limit=1")).await.ok();
        let notes = history["items"][0]["notes"].as_str().unwrap();
        let due = made["due_at"].as_str().unwrap();
        assert!(
            notes.contains("another client") && notes.contains(&due[..10]),
            "{notes}"
        );
        assert!(!notes.contains(&one) && !notes.contains("Acme"), "{notes}");
        bench.get(&ana, &path(&made, "")).await.refused(404, "not_found");
        // What was said at the new client is internal again when it goes back; what the old one had shared is shared again.
        let say = json!({ "text": "For Bolt.", "audience": "shared" });
        bench.post(&token, &path(&made, "/comments"), say).await.ok();
        let list = bench.get(&token, "/api/v1/acts").await.ok();
        let placed = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|a| a["kind"] == "finding.place");
        let placed = placed.unwrap()["id"].as_str().unwrap().to_owned();
        let preview = bench.get(&token, &format!("/api/v1/acts/{placed}")).await.ok();
        assert!(preview["refused"].is_null(), "{preview}");
        assert!(
            preview["also"].to_string().contains("1 comments that are shared"),
            "{preview}"
        );
        let undo = format!("/api/v1/acts/{placed}/undo");
        bench.post(&token, &undo, json!({})).await.ok();
        let comments = bench.get(&token, &path(&made, "/comments")).await.ok();
        let audiences: Vec<&Value> = comments["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| &c["audience"])
            .collect();
        assert_eq!(audiences, ["shared", "internal"]);
        let now = dump(&bench).await;
        let off: Vec<String> = now.iter().filter(|l| !before.contains(l)).cloned().collect();
        assert!(off.len() == 1 && off[0].contains("For Bolt"), "{off:?}");
        let history = bench.get(&token, &path(&made, "/history?limit=1")).await.ok();
        let told = history["items"][0]["notes"].as_str().unwrap();
        assert!(!told.contains(&two) && !told.contains("Bolt"), "{told}");
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_way_back_that_would_leak_is_refused() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let one = workspace(&bench, &token, "Acme").await;
        let two = second(&bench, &token, "acme").await;
        bench.client(&token, "Bolt", "all_users").await;
        let made = busy(&bench, &token, &one).await;
        place(&bench, &token, &made, &two).await.ok();
        let list = bench.get(&token, "/api/v1/acts?limit=1").await.ok();
        let undo = format!("/api/v1/acts/{}/undo", list["items"][0]["id"].as_str().unwrap());
        // Where it came from is another client's by now: released as it is, it must not be seen there.
        let assign = json!({ "projects": [{ "project": one, "version": 1 }], "client": "bolt" });
        bench.post(&token, "/api/v1/projects/assign", assign).await.ok();
        let refused = bench
            .post(&token, &undo, json!({}))
            .await
            .refused(409, "undo_not_possible");
        assert!(
            refused["detail"].as_str().unwrap().contains("another client since"),
            "{refused}"
        );
        let back = json!({ "projects": [{ "project": one, "version": 2 }], "client": "acme" });
        bench.post(&token, "/api/v1/projects/assign", back).await.ok();
        bench.post(&token, &undo, json!({})).await.ok();
        assert_eq!(shown(&bench, &token, &made).await["project"]["key"], json!(one));
        // A client that is put away takes nothing in, and gives nothing away.
        let bolt = second(&bench, &token, "bolt").await;
        let client = bench.get(&token, "/api/v1/clients/bolt").await.ok();
        let archive = "/api/v1/clients/bolt/archive";
        let version = client["version"].as_i64();
        bench.write(&token, "POST", archive, version, json!({})).await.ok();
        let now = shown(&bench, &token, &made).await;
        place(&bench, &token, &now, &bolt).await.refused(409, "client_archived");
        bench.stop().await;
    }
}

#[tokio::test]
async fn what_repeats_one_another_goes_together() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let one = workspace(&bench, &token, "Acme").await;
        let two = second(&bench, &token, "acme").await;
        let first = finding(&bench, &token, &one, json!({})).await;
        let repeat = finding(&bench, &token, &one, json!({})).await;
        let repeat = step(&bench, &token, &repeat, "duplicate", json!({ "of": first["key"] }))
            .await
            .ok();
        for alone in [&first, &repeat] {
            place(&bench, &token, alone, &two)
                .await
                .refused(422, "transition_not_allowed");
        }
        let before = dump(&bench).await;
        let at = |f: &Value| json!({ "finding": f["key"], "version": f["version"] });
        let change = json!({ "place": { "project": two } });
        let alone = json!({ "findings": [at(&first)], "change": change });
        bench.post(&token, BULK, alone).await.refused(422, "bulk_refused");
        let both = json!({ "findings": [at(&first), at(&repeat)], "change": change });
        let done = bench.post(&token, BULK, both).await.ok();
        assert_eq!(
            (&done["changed"], &done["losses"]["leave_their_client"]),
            (&json!(2), &json!(0))
        );
        let there = bench
            .get(&token, &format!("/api/v1/findings?q=project%3A{two}"))
            .await
            .ok();
        assert_eq!(keys(&there).len(), 2);
        let undo = format!("/api/v1/acts/{}/undo", done["act"].as_str().unwrap());
        // What came to repeat it there would be left behind.
        let third = finding(&bench, &token, &two, json!({})).await;
        let third = step(&bench, &token, &third, "duplicate", json!({ "of": first["key"] }))
            .await
            .ok();
        bench
            .post(&token, &undo, json!({}))
            .await
            .refused(409, "undo_not_possible");
        step(&bench, &token, &third, "open", json!({ "notes": "Not the same." }))
            .await
            .ok();
        bench.post(&token, &undo, json!({})).await.ok();
        let now = dump(&bench).await;
        let off: Vec<String> = before.iter().filter(|l| !now.contains(l)).cloned().collect();
        assert!(off.iter().all(|l| l.starts_with("rollup")), "{off:?}");
        bench.stop().await;
    }
}

#[tokio::test]
async fn later_imports_know_what_stands_where() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let ana = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let one = workspace(&bench, &token, "Acme").await;
        let two = second(&bench, &token, "acme").await;
        import(&bench, &token, &one, &[1, 2], 1).await;
        let all = |project: String| {
            let (bench, token) = (&bench, token.clone());
            async move {
                let page = bench
                    .get(
                        &token,
                        &format!("/api/v1/findings?q=project%3A{project}%20sort%3Atitle"),
                    )
                    .await;
                page.ok()["items"].as_array().unwrap().clone()
            }
        };
        // A plan that was made before knows the finding at its old place: it is good no more.
        let batch = bench
            .post(&token, "/api/v1/imports", json!({ "project": one }))
            .await
            .ok();
        let at = format!("/api/v1/imports/{}", batch["id"].as_str().unwrap());
        let line = json!({
            "template-id": "t-1", "info": { "name": "Template 1", "severity": "high" }, "type": "http",
            "host": "h.test", "matched-at": "https://h.test/a", "timestamp": "2026-03-02T10:00:00Z",
        });
        let file = bench
            .request("PUT", &format!("{at}/files/0?name=report.jsonl"))
            .bearer_auth(&token);
        Bench::send(file.body(line.to_string())).await.ok();
        let plan = bench.post(&token, &format!("{at}/plan"), json!({})).await.ok();
        let moved = all(one.clone()).await[0].clone();
        place(&bench, &token, &moved, &two).await.ok();
        let apply = json!({ "plan_id": plan["plan_id"] });
        bench
            .post(&token, &format!("{at}/apply"), apply)
            .await
            .refused(409, "stale_plan");
        // The report that was imported last says nothing new.
        import(&bench, &token, &one, &[1, 2], 1).await;
        assert_eq!(all(one.clone()).await.len(), 1, "the same report changes nothing");
        // A later one that sees it makes a finding of its own there.
        import(&bench, &token, &one, &[1, 2], 5).await;
        assert_eq!(all(one.clone()).await.len(), 2);
        let stands = shown(&bench, &token, &moved).await;
        assert_eq!(
            (&stands["project"]["key"], &stands["last_seen"]),
            (&json!(two), &moved["last_seen"])
        );
        // Back it cannot go now, nor can the new one follow it.
        let acts = bench.get(&token, "/api/v1/acts").await.ok();
        let placed = acts["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|a| a["kind"] == "finding.place")
            .unwrap();
        let undo = format!("/api/v1/acts/{}/undo", placed["id"].as_str().unwrap());
        let twin = all(one.clone()).await[0].clone();
        let refused = bench
            .post(&token, &undo, json!({}))
            .await
            .refused(409, "undo_not_possible");
        assert!(
            refused["detail"]
                .as_str()
                .unwrap()
                .contains(twin["key"].as_str().unwrap()),
            "{refused}"
        );
        let refused = place(&bench, &token, &twin, &two).await.refused(409, "already_exists");
        assert!(
            refused["detail"]
                .as_str()
                .unwrap()
                .contains(moved["key"].as_str().unwrap()),
            "{refused}"
        );
        // An import into the new project knows it again, and says where it is not seen any more.
        import(&bench, &token, &two, &[1], 6).await;
        assert_eq!(all(two.clone()).await.len(), 1);
        import(&bench, &token, &two, &[3], 7).await;
        let gone = shown(&bench, &token, &moved).await;
        assert_eq!(
            (&gone["seen_in_latest"], &gone["status"]),
            (&json!(false), &json!("open"))
        );
        // Two projects' findings of one fingerprint cannot both come to a third.
        let three = bench.project(&token, "Acme mail", Some("acme")).await;
        let named = json!([
            { "finding": gone["key"], "version": gone["version"] }, { "finding": twin["key"], "version": twin["version"] },
        ]);
        let change = json!({ "place": { "project": three["key"] } });
        let both = json!({ "findings": named, "change": change, "dry_run": true });
        let shown_first = bench.post(&token, BULK, both).await.ok();
        assert_eq!(
            (&shown_first["changed"], &shown_first["reasons"][0]["code"]),
            (&json!(1), &json!("already_exists"))
        );
        // Whoever may not open the project of an import is not told of it, nor of the report's name.
        bench.client(&token, "Bolt", "all_users").await;
        let bolt = second(&bench, &token, "bolt").await;
        place(&bench, &token, &gone, &bolt).await.ok();
        let client = bench.get(&token, "/api/v1/clients/acme").await.ok();
        let access = json!({ "agency_access": "admins_only" });
        let version = client["version"].as_i64();
        bench
            .write(&token, "PUT", "/api/v1/clients/acme/access", version, access)
            .await
            .ok();
        for (who, imports, file) in [(&token, 3, "report.jsonl"), (&ana, 0, "a report of another project")] {
            let why = bench.get(who, &path(&gone, "/why")).await.ok();
            assert_eq!(why["imports"].as_array().unwrap().len(), imports, "{why}");
            let places = bench.get(who, &path(&gone, "/occurrences")).await.ok();
            let below = format!("/occurrences/{}/record", places["items"][0]["id"].as_str().unwrap());
            let record = bench.get(who, &path(&gone, &below)).await.ok();
            assert_eq!(record["latest"]["file"], file, "{record}");
        }
        bench.stop().await;
    }
}

#[tokio::test]
async fn both_ends_are_held_while_it_goes() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let one = workspace(&bench, &token, "Acme").await;
        let two = workspace(&bench, &token, "Bolt").await;
        for round in 0..6 {
            let mut made = finding(&bench, &token, &one, json!({})).await;
            made = release(&bench, &token, &made).await;
            let first = finding(&bench, &token, &one, json!({})).await;
            let say = json!({ "text": "For Acme's eyes.", "audience": "shared" });
            let at = path(&made, "/comments");
            let (placed, _, _) = tokio::join!(
                place(&bench, &token, &made, &two),
                bench.post(&token, &at, say),
                step(&bench, &token, &first, "duplicate", json!({ "of": made["key"] })),
            );
            assert!(matches!(placed.status, 200 | 412 | 422), "{round}: {}", placed.text);
        }
        let leaked = bench
            .number(
                "SELECT COUNT(*) FROM finding f JOIN project p ON p.agency_id = f.agency_id AND p.id = f.project_id JOIN client c ON c.agency_id = p.agency_id \
                 AND c.id = p.client_id WHERE c.key = 'bolt' AND f.released_at IS NOT NULL",
            )
            .await;
        assert_eq!(leaked, 0);
        let apart = bench
            .number(
                "SELECT COUNT(*) FROM finding a JOIN finding b ON b.agency_id = a.agency_id AND b.id = a.duplicate_of \
                 WHERE b.project_id <> a.project_id",
            )
            .await;
        assert_eq!(apart, 0, "duplicates stay beside their originals");
        bench.stop().await;
    }
}
