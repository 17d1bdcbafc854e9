//! Ways around a rule that was kept at one door only.

use riskdesk::domain::access::Role;
use serde_json::json;

use crate::support::bench::{Answer, Bench, engines};
use crate::support::checked;
use crate::support::findings::{finding, path, step, workspace};

const BULK: &str = "/api/v1/findings/bulk";

async fn newest_act(bench: &Bench, token: &str) -> String {
    let acts = bench.get(token, "/api/v1/acts").await.ok();
    acts["items"][0]["id"].as_str().unwrap().to_owned()
}

/// What is for admins needs a token of that scope, on the way back, too.
#[tokio::test]
async fn a_narrow_token_takes_back_nothing_that_is_for_admins() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let (mut looked, mut failed) = (0, 0);
        let mut tokens = Vec::new();
        for scope in ["read", "write", "admin"] {
            let body = json!({ "name": scope, "scope": scope });
            let made = bench.post(&admin, "/api/v1/tokens", body).await.ok();
            tokens.push((scope, made["token"].as_str().unwrap().to_owned()));
        }
        let client = bench.client(&admin, "Acme", "admins_only").await;
        let at = format!("/api/v1/clients/{}/archive", client["key"].as_str().unwrap());
        let version = client["version"].as_i64();
        bench.write(&admin, "POST", &at, version, json!({})).await.ok();
        let act = newest_act(&bench, &admin).await;
        for way in ["undo", "redo"] {
            for (scope, token) in &tokens {
                let answer = bench.post(token, &format!("/api/v1/acts/{act}/{way}"), json!({})).await;
                let right = match *scope {
                    "admin" => answer.status == 200,
                    _ => answer.status == 403,
                };
                looked += 1;
                failed += usize::from(!right);
                if !right {
                    println!("{engine:?} {scope} {way}: {} {}", answer.status, answer.text);
                }
            }
        }
        checked(
            &format!("narrow tokens and the way back ({engine:?})"),
            looked,
            failed,
            6,
        );
        bench.stop().await;
    }
}

/// However an id is spelt, the version that was seen counts.
#[tokio::test]
async fn no_spelling_of_an_id_goes_around_its_version() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let project = workspace(&bench, &admin, "Acme").await;
        let (mut looked, mut failed) = (0, 0);
        let fresh = finding(&bench, &admin, &project, json!({})).await;
        let id = fresh["id"].as_str().unwrap().to_owned();
        let (key, simple) = (fresh["key"].as_str().unwrap().to_owned(), id.replace('-', ""));
        let spelt = [
            id.clone(),
            id.to_uppercase(),
            simple.clone(),
            simple.to_uppercase(),
            format!("{{{id}}}"),
            format!("urn:uuid:{id}"),
            format!(" {id} "),
            key.to_lowercase(),
            format!(" {key} "),
        ];
        step(&bench, &admin, &fresh, "in_progress", json!({})).await.ok();
        for name in spelt {
            let body = json!({
                "findings": [{ "finding": name, "version": fresh["version"] }], "change": { "triage": { "undo": true } },
            });
            let answer = bench.post(&admin, BULK, body).await;
            looked += 1;
            if !matches!(answer.status, 404 | 409 | 412) {
                failed += 1;
                println!("{engine:?} {name}: {} {}", answer.status, answer.text);
            }
        }
        checked(&format!("versions of spelt ids ({engine:?})"), looked, failed, 9);
        bench.stop().await;
    }
}

/// The history of a finding is read by whoever may open its client: it speaks of no other one.
#[tokio::test]
async fn histories_of_one_client_say_nothing_of_another() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let ana = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let project = workspace(&bench, &admin, "Acme").await;
        let hidden = bench.client(&admin, "Zebra Holding", "admins_only").await;
        let there = bench.project(&admin, "Secret", hidden["key"].as_str()).await;
        let mine = finding(&bench, &admin, &project, json!({})).await;
        let mut named = vec![json!({ "finding": mine["key"], "version": mine["version"] })];
        for _ in 0..6 {
            let theirs = finding(&bench, &admin, there["key"].as_str().unwrap(), json!({})).await;
            named.push(json!({ "finding": theirs["key"], "version": theirs["version"] }));
        }
        let (mut looked, mut failed) = (0, 0);
        let mut look = |what: &str, history: Answer| {
            looked += 1;
            let undone = history.text.contains("finding.undo") || history.text.contains("finding.redo");
            if history.status != 200 || !undone || history.text.contains("Zebra") || history.text.contains("7 findings")
            {
                failed += 1;
                println!("{engine:?} {what}: {} {}", history.status, history.text);
            }
        };
        let history = path(&mine, "/history");
        let body = json!({ "findings": named, "change": { "release": {} } });
        let many = bench.post(&admin, BULK, body).await.ok();
        for way in ["undo", "redo"] {
            let at = format!("/api/v1/acts/{}/{way}", many["act"].as_str().unwrap());
            bench.post(&admin, &at, json!({})).await.ok();
            look(way, bench.get(&ana, &history).await);
        }
        // Days of its own: a move there gives every released finding another due date, and so the way back.
        bench
            .plant("UPDATE client SET days_high = 2 WHERE name = 'Zebra Holding'")
            .await;
        let version = bench.get(&admin, &format!("/api/v1/projects/{project}")).await.ok()["version"].clone();
        let body = json!({ "projects": [{ "project": project, "version": version }], "client": hidden["key"] });
        bench.post(&admin, "/api/v1/projects/assign", body).await.ok();
        let act = newest_act(&bench, &admin).await;
        for way in ["undo", "redo", "undo"] {
            bench
                .post(&admin, &format!("/api/v1/acts/{act}/{way}"), json!({}))
                .await
                .ok();
            if way == "undo" {
                look("moved", bench.get(&ana, &history).await);
            }
        }
        checked(&format!("histories of one client ({engine:?})"), looked, failed, 4);
        bench.stop().await;
    }
}

/// A goes back to repeating B while B comes to repeat C: one of the two stands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_way_back_makes_a_duplicate_of_a_duplicate() {
    const ROUNDS: usize = 30;
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let project = workspace(&bench, &admin, "Acme").await;
        let mut failed = 0;
        for round in 0..ROUNDS {
            let mut three = Vec::new();
            for _ in 0..3 {
                three.push(finding(&bench, &admin, &project, json!({})).await);
            }
            let repeats = |of: usize| json!({ "of": three[of]["key"], "notes": "Same." });
            step(&bench, &admin, &three[0], "duplicate", repeats(1)).await.ok();
            let act = newest_act(&bench, &admin).await;
            let at = format!("/api/v1/acts/{act}/undo");
            bench.post(&admin, &at, json!({})).await.ok();
            let at = format!("/api/v1/acts/{act}/redo");
            let (back, moved) = tokio::join!(
                bench.post(&admin, &at, json!({})),
                step(&bench, &admin, &three[1], "duplicate", repeats(2)),
            );
            let chains = bench
                .number(
                    "SELECT COUNT(*) FROM finding a JOIN finding b ON b.agency_id = a.agency_id AND b.id = a.duplicate_of \
                     WHERE b.duplicate_of IS NOT NULL",
                )
                .await;
            if chains != 0 {
                failed += 1;
                println!(
                    "{engine:?} round {round}: {chains} chains; {} {}",
                    back.status, moved.status
                );
                break;
            }
        }
        checked(&format!("redo against duplicate ({engine:?})"), ROUNDS, failed, ROUNDS);
        bench.stop().await;
    }
}
