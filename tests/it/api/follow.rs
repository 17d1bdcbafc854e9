//! What follows for findings where an import sees them again, or their project goes to another client.

use riskdesk::domain::time::Time;
use serde_json::{Value, json};

use crate::support::bench::{Bench, engines};
use crate::support::findings::{finding, import, keys, path, step, workspace};

#[tokio::test]
async fn a_fixed_finding_that_is_seen_again_comes_back_with_its_clock_and_its_followers() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let project = workspace(&bench, &admin, "Acme").await;
        import(&bench, &admin, &project, &[0, 1], 1).await;
        let listed = bench.get(&admin, "/api/v1/findings?q=sort:title").await.ok();
        let (first, second) = (listed["items"][0].clone(), listed["items"][1].clone());
        let release = path(&first, "/release");
        let first = bench
            .write(&admin, "POST", &release, first["version"].as_i64(), json!({}))
            .await
            .ok();
        step(&bench, &admin, &second, "duplicate", json!({ "of": first["key"] }))
            .await
            .ok();
        step(&bench, &admin, &first, "verified_fixed", json!({ "notes": "Patched." }))
            .await
            .ok();
        let status = async |row: &Value| bench.get(&admin, &path(row, "")).await.ok()["status"].clone();
        assert_eq!(status(&second).await, "verified_fixed");
        // The next report has the first again, and the second no more.
        import(&bench, &admin, &project, &[0], 2).await;
        let back = bench.get(&admin, &path(&first, "")).await.ok();
        assert_eq!(
            (&back["status"], &back["occurrences_fixed"]),
            (&json!("open"), &json!(0))
        );
        let reason = back["due_reason"].as_str().unwrap();
        assert!(reason.contains("reopened on"), "{reason}");
        assert_eq!(status(&second).await, "duplicate");
        let lane = bench.get(&admin, "/api/v1/findings?q=lane:back").await.ok();
        assert_eq!(keys(&lane), [first["key"].as_str().unwrap()]);
        // The latest import is the second one.
        let last = bench.get(&admin, "/api/v1/findings?q=import:last").await.ok();
        assert_eq!(keys(&last), [first["key"].as_str().unwrap()]);
        let why = bench.get(&admin, &path(&first, "/why")).await.ok();
        let outcomes: Vec<&Value> = why["imports"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| &i["outcome"])
            .collect();
        assert_eq!(outcomes, ["reopened", "new"]);
        assert_eq!(why["imports"][0]["files"], json!(["report.jsonl"]));
        assert_eq!(why["hash"].as_str().unwrap().len(), 64);
        assert!(why["fields"].as_array().unwrap().iter().any(|f| f[1] == "t-0"), "{why}");
        let batch = why["imports"][1]["batch"].as_str().unwrap();
        let of_first = bench
            .get(&admin, &format!("/api/v1/findings?q=import:{batch}"))
            .await
            .ok();
        assert_eq!(keys(&of_first).len(), 2);
        let drift = "SELECT COUNT(*) FROM (SELECT project_id, status, severity, COUNT(*) AS n FROM finding GROUP BY project_id, status, severity) x \
                     LEFT JOIN rollup r ON r.project_id = x.project_id AND r.status = x.status AND r.severity = x.severity WHERE r.n IS NULL OR r.n <> x.n";
        assert_eq!(bench.number(drift).await, 0);
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_move_brings_the_new_clients_days_and_takes_nothing_shared_along() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let project = workspace(&bench, &admin, "Acme").await;
        bench.client(&admin, "Strict", "all_users").await;
        bench
            .plant("UPDATE client SET days_high = 2 WHERE key = 'strict'")
            .await;
        let act = async |row: &Value, below: &str, body: Value| {
            let version = row["version"].as_i64();
            bench.write(&admin, "POST", &path(row, below), version, body).await.ok()
        };
        let row = finding(&bench, &admin, &project, json!({})).await;
        let row = act(&row, "/release", json!({})).await;
        let by_hand = finding(&bench, &admin, &project, json!({})).await;
        let by_hand = act(&by_hand, "/release", json!({})).await;
        let edit = json!({ "due_at": bench.now().plus_days(99) });
        let by_hand = bench
            .write(&admin, "PATCH", &path(&by_hand, ""), by_hand["version"].as_i64(), edit)
            .await
            .ok();
        bench
            .post(
                &admin,
                &path(&row, "/comments"),
                json!({ "text": "Hello.", "audience": "shared" }),
            )
            .await
            .ok();
        bench.post(&admin, &path(&row, "/take"), json!({})).await.ok();
        let version = bench.get(&admin, &format!("/api/v1/projects/{project}")).await.ok()["version"].clone();
        let body = json!({ "projects": [{ "project": project, "version": version }], "client": "strict" });
        bench.post(&admin, "/api/v1/projects/assign", body).await.ok();
        let after = bench.get(&admin, &path(&row, "")).await.ok();
        let due = |row: &Value| Time::parse(row["due_at"].as_str().unwrap()).unwrap();
        assert!(due(&after) < due(&row));
        let reason = after["due_reason"].as_str().unwrap();
        assert!(reason.starts_with("2 days for high (agreed with Strict)"), "{reason}");
        let history = bench.get(&admin, &path(&row, "/history")).await.ok();
        let kept = history["items"][0]["notes"].as_str().unwrap();
        assert!(
            kept.ends_with(&format!("The due date was {}.", row["due_at"].as_str().unwrap())),
            "{kept}"
        );
        assert_eq!(
            bench.get(&admin, &path(&by_hand, "")).await.ok()["due_at"],
            by_hand["due_at"]
        );
        let comments = bench.get(&admin, &path(&row, "/comments")).await.ok();
        assert_eq!(comments["items"][0]["audience"], "internal");
        assert_eq!(bench.number("SELECT COUNT(*) FROM claim").await, 0);
        bench.stop().await;
    }
}
