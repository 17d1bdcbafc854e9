//! Check 32 on findings, comments and the queue: repeated and altered sends, and many editors of one row.

use riskdesk::domain::access::Role;
use serde_json::{Value, json};

use crate::support::bench::{Bench, engines};
use crate::support::checked;
use crate::support::findings::{finding, path, workspace};

#[tokio::test]
async fn writes_on_findings_happen_once_and_lose_nothing() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let ana = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let project = workspace(&bench, &admin, "Acme").await;
        let (mut looked, mut failed) = (0, 0);
        let mut holds = |what: &str, right: bool| {
            looked += 1;
            if !right {
                failed += 1;
                println!("{engine:?}: {what}");
            }
        };
        let row = finding(&bench, &admin, &project, json!({ "places": ["a.test", "b.test"] })).await;
        // Every kind of write, sent three times with its key, then altered under the same key.
        let writes = [
            (
                "POST",
                "/api/v1/findings".to_owned(),
                None,
                json!({ "project": project, "title": "Twice", "severity": "low" }),
            ),
            ("POST", path(&row, "/comments"), None, json!({ "text": "Once." })),
            ("PATCH", path(&row, ""), Some(1), json!({ "severity": "low" })),
            ("POST", path(&row, "/triage"), Some(2), json!({ "undo": true })),
            ("POST", path(&row, "/release"), Some(3), json!({})),
            (
                "POST",
                path(&row, "/move"),
                Some(4),
                json!({ "to": "pending_verification", "notes": "Done." }),
            ),
            (
                "POST",
                path(&row, "/move"),
                Some(5),
                json!({ "to": "inconclusive", "notes": "Down.", "reason": "not_reachable" }),
            ),
            ("POST", path(&row, "/take"), None, json!({})),
        ];
        for (n, (method, at, version, body)) in writes.iter().enumerate() {
            let key = format!("key-{n}");
            let sends = (0..3).map(|_| bench.write_as(&admin, method, at, *version, body.clone(), &key));
            let answers = futures::future::join_all(sends).await;
            let first = answers[0].clone().ok();
            holds(
                &format!("{at}: one answer"),
                answers.iter().all(|a| a.json == first && a.status == answers[0].status),
            );
            let mut altered = body.clone();
            altered["notes"] = json!("Altered.");
            let altered = bench.write_as(&admin, method, at, *version, altered, &key).await;
            // A field that the request does not have is refused before its key is looked at.
            holds(&format!("{at}: an altered body"), matches!(altered.status, 400 | 422));
        }
        holds("two findings", bench.number("SELECT COUNT(*) FROM finding").await == 2);
        holds("one comment", bench.number("SELECT COUNT(*) FROM comment").await == 1);
        holds("one round", bench.number("SELECT COUNT(*) FROM round").await == 1);
        holds(
            "one version per write",
            bench.get(&admin, &path(&row, "")).await.ok()["version"] == 6,
        );
        holds(
            "one line per act",
            bench
                .number("SELECT COUNT(*) FROM finding_history WHERE finding_id = (SELECT finding_id FROM round)")
                .await
                == 6,
        );

        // Eight editors of one row, by three kinds of write: each version is won once.
        let mut version = 6;
        for round in 0..8 {
            let edits = (0..8).map(|n| {
                let token = if n % 2 == 0 { &admin } else { &ana };
                let (method, below, body) = match n % 3 {
                    0 => (
                        "PATCH",
                        "",
                        json!({ "severity": if round % 2 == 0 { "high" } else { "low" } }),
                    ),
                    1 => ("POST", "/triage", json!({ "undo": round % 2 == 0 })),
                    _ => ("PATCH", "", json!({ "due_at": bench.now().plus_days(n) })),
                };
                let at = path(&row, below);
                let bench = &bench;
                async move { bench.write(token, method, &at, Some(version), body).await }
            });
            let answers = futures::future::join_all(edits).await;
            let won = answers.iter().filter(|a| a.status == 200).count();
            let lost: Vec<&Value> = answers
                .iter()
                .filter(|a| a.status == 412)
                .map(|a| &a.json["current"]["version"])
                .collect();
            holds("one of eight wins", won == 1);
            holds(
                "the others see the row as it is",
                lost.len() == 7 && lost.iter().all(|v| **v == json!(version + 1)),
            );
            version += 1;
        }
        // A stale move changes neither places nor rounds.
        let stale = json!({ "to": "pending_verification", "notes": "Late." });
        let stale = bench.write(&ana, "POST", &path(&row, "/move"), Some(2), stale).await;
        holds(
            "a stale move",
            stale.status == 412 && stale.json["current"]["status"] == "inconclusive",
        );
        holds("no round of it", bench.number("SELECT COUNT(*) FROM round").await == 1);
        checked(&format!("32 on findings ({engine:?})"), looked, failed, 35);
        bench.stop().await;
    }
}
