//! What may become one or be split off, whoever asks, whatever else happens at the same moment.

use riskdesk::domain::access::{PortalLevel, PortalRole, Role};
use riskdesk::service::admin;
use serde_json::{Value, json};

use super::{MERGE, act, called, hits, import, merge, places, split, totals};
use crate::support::bench::{Answer, Bench, engines};
use crate::support::checked;
use crate::support::dump::{difference, dump};
use crate::support::findings::{finding, keys, path, step, workspace};

#[tokio::test]
async fn only_what_is_one_problem_becomes_one() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let site = workspace(&bench, &token, "Acme").await;
        let elsewhere = workspace(&bench, &token, "Bolt").await;
        let places = json!({ "places": ["https://a.test/", "https://b.test/"] });
        let mut made = Vec::new();
        for project in [&site, &site, &elsewhere, &site] {
            made.push(finding(&bench, &token, project, places.clone()).await);
        }
        let [a, b, other, dup] = &made[..] else { unreachable!() };
        let refused = |answer: Answer, status: u16, code: &str| answer.refused(status, code);
        refused(
            merge(&bench, &token, a, &[other], json!({})).await,
            400,
            "invalid_request",
        );
        refused(merge(&bench, &token, a, &[], json!({})).await, 400, "invalid_request");
        refused(
            merge(&bench, &token, a, &[b, b], json!({})).await,
            400,
            "invalid_request",
        );
        refused(
            merge(&bench, &token, a, &[a, b], json!({})).await,
            400,
            "invalid_request",
        );
        let unversioned = json!({ "into": a["key"], "findings": [{ "finding": a["key"] }, { "finding": b["key"] }] });
        refused(
            bench.post(&token, MERGE, unversioned).await,
            428,
            "precondition_required",
        );
        let mut old = b.clone();
        old["version"] = json!(7);
        refused(
            merge(&bench, &token, a, &[&old], json!({})).await,
            412,
            "version_conflict",
        );
        // Whoever may not open one of them learns nothing about the others.
        let ana = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let secret = bench.client(&token, "Cobalt", "admins_only").await;
        let hidden = bench.project(&token, "Cobalt site", secret["key"].as_str()).await;
        let hidden = finding(&bench, &token, hidden["key"].as_str().unwrap(), json!({})).await;
        let beta = bench.beta_admin().await;
        let unknown = json!({ "key": "F-000000", "version": 1 });
        let none = merge(&bench, &ana, a, &[&unknown], json!({})).await;
        let seen = merge(&bench, &ana, a, &[&hidden], json!({})).await;
        assert_eq!((seen.status, seen.anonymous()), (404, none.anonymous()));
        let seen = merge(&bench, &beta, a, &[b], json!({ "dry_run": true })).await;
        assert_eq!((seen.status, seen.anonymous()), (404, none.anonymous()));
        let seen = split(&bench, &token, a, &["a.test/"], json!({ "dry_run": true })).await;
        seen.ok();
        let id = places_of(&bench, &token, other).await;
        let foreign = json!({ "occurrences": [id], "version": a["version"] });
        refused(
            bench.post(&token, &path(a, "/split"), foreign).await,
            400,
            "invalid_request",
        );
        // A verdict that is waited for is given first.
        let waits = step(
            &bench,
            &token,
            b,
            "pending_verification",
            json!({ "notes": "Look again." }),
        )
        .await
        .ok();
        refused(
            merge(&bench, &token, a, &[&waits], json!({})).await,
            422,
            "transition_not_allowed",
        );
        refused(
            merge(&bench, &token, &waits, &[a], json!({})).await,
            422,
            "transition_not_allowed",
        );
        refused(
            split(&bench, &token, &waits, &["a.test/"], json!({})).await,
            422,
            "transition_not_allowed",
        );
        // What is open does not disappear in what is fixed.
        let fixed = step(&bench, &token, &waits, "verified_fixed", json!({ "notes": "Gone." }))
            .await
            .ok();
        refused(
            merge(&bench, &token, &fixed, &[a], json!({})).await,
            422,
            "transition_not_allowed",
        );
        // A duplicate follows its original there.
        let dup = step(
            &bench,
            &token,
            dup,
            "duplicate",
            json!({ "of": a["key"], "notes": "Same." }),
        )
        .await
        .ok();
        refused(
            merge(&bench, &token, &dup, &[a], json!({})).await,
            422,
            "transition_not_allowed",
        );
        let third = finding(&bench, &token, &site, places.clone()).await;
        let a_now = bench.get(&token, &path(a, "")).await.ok();
        let before = dump(&bench).await;
        merge(&bench, &token, &third, &[&a_now], json!({})).await.ok();
        let shown = bench.get(&token, &path(&dup, "")).await.ok();
        assert_eq!(shown["duplicate_of"]["key"], third["key"]);
        act(&bench, &token, "undo").await.ok();
        let now = dump(&bench).await;
        assert_eq!(now, before, "{}", difference(&before, &now));
        act(&bench, &token, "redo").await.ok();
        // An act on what is part of another one now cannot be taken back by itself.
        let all = bench.get(&token, "/api/v1/acts?limit=50").await.ok();
        let moved = all["items"].as_array().unwrap().iter().find(|x| {
            x["kind"] == "finding.create" && x["summary"].as_str().unwrap().contains(a["key"].as_str().unwrap())
        });
        let at = format!("/api/v1/acts/{}/undo", moved.unwrap()["id"].as_str().unwrap());
        bench
            .post(&token, &at, json!({}))
            .await
            .refused(409, "undo_not_possible");
        bench.stop().await;
    }
}

async fn places_of(bench: &Bench, token: &str, finding: &Value) -> Value {
    places(bench, token, finding).await[0]["id"].clone()
}

async fn release(bench: &Bench, token: &str, finding: &Value) -> Value {
    let at = path(finding, "/release");
    let version = finding["version"].as_i64();
    bench.write(token, "POST", &at, version, json!({})).await.ok()
}

#[tokio::test]
async fn what_the_client_sees_changes_only_on_purpose() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let own = bench.client(&token, "Own", "all_users").await;
        let site = bench.project(&token, "Own site", Some("own")).await["key"]
            .as_str()
            .unwrap()
            .to_owned();
        let body = json!({ "places": ["https://a.test/", "https://b.test/"] });
        let (a, b, c) = (
            finding(&bench, &token, &site, body.clone()).await,
            finding(&bench, &token, &site, body.clone()).await,
            finding(&bench, &token, &site, body).await,
        );
        let a = release(&bench, &token, &a).await;
        // What is released does not vanish in what is not.
        merge(&bench, &token, &b, &[&a], json!({ "client_sees": true }))
            .await
            .refused(422, "transition_not_allowed");
        let dry = merge(&bench, &token, &a, &[&b], json!({ "dry_run": true })).await.ok();
        assert_eq!(dry["client_sees"].as_array().unwrap().len(), 1, "{dry}");
        merge(&bench, &token, &a, &[&b], json!({}))
            .await
            .refused(428, "precondition_required");
        let c = release(&bench, &token, &c).await;
        let done = merge(&bench, &token, &a, &[&c], json!({ "client_sees": true }))
            .await
            .ok();
        let person = admin::portal_session(
            &bench.admin_store,
            bench.alpha,
            own["id"].as_str().unwrap().parse().unwrap(),
            "col@own.test",
            PortalRole::Collaborator,
            PortalLevel::Full,
            bench.now(),
        )
        .await
        .unwrap();
        let ask = |key: String| {
            let (bench, person) = (&bench, person.clone());
            async move {
                let at = format!("/api/v1/portal/findings/{key}/comments");
                bench.post(&person, &at, json!({ "text": "And this?" })).await
            }
        };
        let key = |f: &Value| f["key"].as_str().unwrap().to_owned();
        // The key it knew leads there; that of what it never saw is nothing.
        ask(key(&c)).await.ok();
        let comments = bench.get(&token, &path(&a, "/comments")).await.ok();
        assert_eq!(comments["items"][0]["text"], "And this?");
        assert_eq!(ask(key(&b)).await.status, 404);
        let b_now = bench.get(&token, &path(&b, "")).await.ok();
        merge(
            &bench,
            &token,
            &done["finding"],
            &[&b_now],
            json!({ "client_sees": true }),
        )
        .await
        .ok();
        assert_eq!(
            ask(key(&b)).await.status,
            404,
            "a key that was never shown is never explained"
        );
        let whole = bench.get(&token, &path(&a, "")).await.ok();
        split(&bench, &token, &whole, &["none"], json!({}))
            .await
            .refused(400, "invalid_request");
        let ids: Vec<Value> = places(&bench, &token, &whole).await.into_iter().take(1).collect();
        let one = json!({ "occurrences": [ids[0]["id"]], "version": whole["version"] });
        bench
            .post(&token, &path(&whole, "/split"), one.clone())
            .await
            .refused(428, "precondition_required");
        let mut one = one;
        one["client_sees"] = json!(true);
        let made = bench.post(&token, &path(&whole, "/split"), one).await.ok()["made"].clone();
        assert!(!made["released_at"].is_null());
        ask(key(&made)).await.ok();
        // Asked about: it cannot be unmade any more.
        act(&bench, &token, "undo").await.refused(409, "undo_not_possible");
        bench.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_two_merges_at_a_time_wins() {
    const ROUNDS: usize = 8;
    let (mut looked, mut failed) = (0, 0);
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let site = workspace(&bench, &token, "Acme").await;
        for _ in 0..ROUNDS {
            let mut made = Vec::new();
            for _ in 0..3 {
                made.push(finding(&bench, &token, &site, json!({ "places": ["https://a.test/"] })).await);
            }
            let say = json!({ "text": "Look here.", "audience": "internal" });
            let comments = path(&made[1], "/comments");
            let others_before = bench.number("SELECT COUNT(*) FROM comment").await;
            let gone = [&made[1]];
            let (one, two, said) = tokio::join!(
                merge(&bench, &token, &made[0], &gone, json!({})),
                merge(&bench, &token, &made[2], &gone, json!({})),
                bench.post(&token, &comments, say),
            );
            let won = [&one, &two].iter().filter(|a| a.status == 200).count();
            let lost = bench.number("SELECT COUNT(*) FROM comment").await - others_before;
            let kept = i64::from((200..300).contains(&said.status));
            looked += 3;
            let odd = [&one, &two, &said]
                .iter()
                .filter(|a| a.status >= 500 && a.status != 503)
                .count();
            failed += usize::from(won != 1) + usize::from(lost != kept) + odd;
            if won != 1 || lost != kept || odd > 0 {
                println!("{engine:?}: {} {} {}", one.text, two.text, said.text);
            }
        }
        let counted = bench
            .number("SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM rollup WHERE n <> 0")
            .await;
        let there = bench.number("SELECT COUNT(*) FROM finding").await;
        looked += 1;
        failed += usize::from(counted != there);
        bench.stop().await;
    }
    checked("merges at the same moment", looked, failed, 3 * ROUNDS);
}

/// A plan that was made before a correction is good no more.
#[tokio::test]
async fn a_plan_made_before_is_stale() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let site = workspace(&bench, &token, "Acme").await;
        let found: [(&str, &[&str]); 2] = [("a", &["/", "/x"]), ("b", &["/"])];
        import(&bench, &token, &site, hits(&found, 1)).await;
        let batch = bench
            .post(&token, "/api/v1/imports", json!({ "project": site }))
            .await
            .ok();
        let at = format!("/api/v1/imports/{}", batch["id"].as_str().unwrap());
        let file = bench
            .request("PUT", &format!("{at}/files/0?name=report.json"))
            .bearer_auth(&token);
        Bench::send(file.body(hits(&found, 2))).await.ok();
        let plan = bench.post(&token, &format!("{at}/plan"), json!({})).await.ok();
        let (a, b) = (
            called(&bench, &token, "Template a").await,
            called(&bench, &token, "Template b").await,
        );
        merge(&bench, &token, &a, &[&b], json!({})).await.ok();
        let apply = json!({ "plan_id": plan["plan_id"] });
        bench
            .post(&token, &format!("{at}/apply"), apply)
            .await
            .refused(409, "stale_plan");
        let plan = bench.post(&token, &format!("{at}/plan"), json!({})).await.ok();
        assert_eq!(plan["totals"], totals(0, 1, 0, 1));
        assert_eq!(keys(&bench.get(&token, "/api/v1/findings").await.ok()).len(), 1);
        bench.stop().await;
    }
}

/// Whoever names many findings is led on as one who names a single one is, and what came along says whence.
#[tokio::test]
async fn keys_of_merged_findings_lead_on_everywhere() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let site = workspace(&bench, &token, "Acme").await;
        import(
            &bench,
            &token,
            &site,
            hits(&[("a", &["/"]), ("b", &["/"]), ("c", &["/"])], 1),
        )
        .await;
        let (a, b, c) = (
            called(&bench, &token, "Template a").await,
            called(&bench, &token, "Template b").await,
            called(&bench, &token, "Template c").await,
        );
        for (on, text) in [(&b, "On b."), (&a, "On a.")] {
            let body = json!({ "text": text });
            bench.post(&token, &path(on, "/comments"), body).await.ok();
        }
        let moved = json!({ "to": "in_progress" });
        bench
            .write(&token, "POST", &path(&b, "/move"), b["version"].as_i64(), moved)
            .await
            .ok();
        let b = called(&bench, &token, "Template b").await;
        merge(&bench, &token, &a, &[&b], json!({})).await.ok();
        let comments = bench.get(&token, &path(&a, "/comments")).await.ok();
        let via = |n: usize| comments["items"][n]["via"].clone();
        assert_eq!((via(0), via(1)), (b["key"].clone(), Value::Null));
        let why = bench.get(&token, &path(&b, "/why")).await.ok();
        let moves = why["moves"].as_array().unwrap();
        let of_b = moves.iter().find(|m| m["to"] == "in_progress").unwrap();
        assert_eq!((&of_b["from"], &of_b["via"]), (&json!("open"), &b["key"]));

        let at = "/api/v1/findings/bulk";
        let named = |all: &[&Value]| -> Value { all.iter().map(|n| json!({ "finding": n })).collect() };
        let change = json!({ "edit": { "add_tags": ["x"] } });
        let led = json!([{ "named": b["key"], "finding": a["key"] }]);
        for (all, count) in [
            (named(&[&b["key"]]), 1),
            (named(&[&b["key"], &c["key"]]), 2),
            (named(&[&a["id"], &b["key"]]), 1),
        ] {
            let request = json!({ "findings": all, "change": change, "dry_run": true });
            let shown = bench.post(&token, at, request).await.ok();
            assert_eq!((&shown["count"], &shown["led"]), (&json!(count), &led), "{shown}");
        }
        for twice in [named(&[&b["key"], &b["key"]]), named(&[&a["key"], &a["id"]])] {
            let request = json!({ "findings": twice, "change": change, "dry_run": true });
            bench.post(&token, at, request).await.refused(400, "invalid_request");
        }
        // By what a dry run showed, and by the version of the one it leads to.
        let mut request = json!({ "findings": named(&[&b["key"]]), "change": change, "dry_run": true });
        request["digest"] = bench.post(&token, at, request.clone()).await.ok()["digest"].clone();
        request["dry_run"] = json!(false);
        let done = bench.post(&token, at, request).await.ok();
        assert_eq!((&done["changed"], &done["led"]), (&json!(1), &led));
        let a = called(&bench, &token, "Template a").await;
        assert_eq!(a["tags"], json!(["x"]));
        let change = json!({ "edit": { "add_tags": ["y"] } });
        for (version, code) in [(b["version"].as_i64(), 412), (a["version"].as_i64(), 200)] {
            let one = json!([{ "finding": b["id"], "version": version }]);
            let answer = bench
                .post(&token, at, json!({ "findings": one, "change": change }))
                .await;
            assert_eq!(answer.status, code, "{}", answer.text);
        }
        bench.stop().await;
    }
}
