//! The overview: numbers of the whole agency for every role, names only to those who may open what is named.

use riskdesk::domain::access::Role;
use riskdesk::domain::time::DAY_MS;
use serde_json::{Value, json};

use crate::support::bench::{Bench, engines};
use crate::support::findings::{plant, step};

async fn finding(bench: &Bench, token: &str, project: &Value, severity: &str, due_in_days: i64) -> Value {
    let body = json!({
        "project": project["key"], "severity": severity, "title": "Open redirect", "places": ["https://x.test/"],
    });
    let finding = bench.post(token, "/api/v1/findings", body).await.ok();
    let at = bench.now().plus_ms(due_in_days * DAY_MS);
    plant(bench, &finding, "due_at", vec![at.into()]).await;
    finding
}

fn names(part: &Value) -> Vec<&str> {
    let names = part
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["client"]["name"].as_str());
    names.map(|n| n.unwrap_or("-")).collect()
}

#[tokio::test]
async fn numbers_are_everybodys_and_names_are_not() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let analyst = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let viewer = bench.user(bench.alpha, "vera@alpha.test", Role::Viewer).await;
        for (name, access, severity) in [
            ("Open House", "all_users", "high"),
            ("Hidden House", "admins_only", "critical"),
        ] {
            let client = bench.client(&admin, name, access).await;
            let project = bench.project(&admin, name, client["id"].as_str()).await;
            finding(&bench, &admin, &project, severity, -1).await;
            finding(&bench, &admin, &project, "low", 3).await;
            finding(&bench, &admin, &project, "info", 10).await;
        }
        let loose = bench.project(&admin, "Loose", None).await;
        let asked = finding(&bench, &admin, &loose, "medium", 1).await;
        let notes = json!({ "notes": "asked" });
        step(&bench, &admin, &asked, "pending_verification", notes).await.ok();
        let verify_at = bench.now().plus_ms(2 * DAY_MS);
        plant(&bench, &asked, "verify_due_at", vec![verify_at.into()]).await;
        // What is put away is counted nowhere but among the put away.
        let gone = bench.client(&admin, "Gone House", "all_users").await;
        let project = bench.project(&admin, "Gone House", gone["id"].as_str()).await;
        finding(&bench, &admin, &project, "critical", -1).await;
        let path = format!("/api/v1/clients/{}/archive", gone["id"].as_str().unwrap());
        bench
            .write(&admin, "POST", &path, gone["version"].as_i64(), json!({}))
            .await
            .ok();

        let of = async |token: &str| bench.get(token, "/api/v1/agency/overview").await.ok();
        let (a, b, c) = (of(&admin).await, of(&analyst).await, of(&viewer).await);
        for one in [&a, &b, &c] {
            for part in ["agency", "clients", "due"] {
                assert_eq!(one[part], a[part], "{part} is the same for every role");
            }
        }
        let open = json!({ "critical": 1, "high": 1, "medium": 1, "low": 2, "info": 2 });
        assert_eq!(a["agency"]["open_findings"], open);
        assert_eq!(
            a["clients"],
            json!({ "onboarding": 2, "active": 0, "paused": 0, "archived": 1 })
        );
        assert_eq!(a["due"]["overdue"], json!({ "fix": 2, "verify": 0 }));
        let days = a["due"]["days"].as_array().unwrap();
        let counts: Vec<_> = days.iter().map(|d| (d["fix"].as_i64(), d["verify"].as_i64())).collect();
        let n = |fix, verify| (Some(fix), Some(verify));
        assert_eq!(
            counts,
            [n(0, 0), n(0, 0), n(0, 1), n(2, 0), n(0, 0), n(0, 0), n(0, 0)],
            "{days:?}"
        );

        assert_eq!(names(&a["worst"]), ["Hidden House", "Open House"]);
        assert_eq!(names(&b["worst"]), ["Open House"]);
        assert_eq!((&c["worst"], &c["acts"]), (&Value::Null, &Value::Null));
        assert_eq!(
            (&a["acts"][0]["act"], &a["acts"][0]["client"]["name"]),
            (&json!("client.archive"), &json!("Gone House"))
        );
        let seen = names(&b["acts"]);
        assert!(seen.contains(&"Open House") && seen.iter().all(|n| ["Open House", "Gone House"].contains(n)));

        // A week on, nothing is recent, and what was due is overdue.
        bench.clock.set_offset(8 * DAY_MS);
        let admin = bench.alpha_admin().await;
        let later = of(&admin).await;
        assert_eq!(later["acts"], json!([]));
        assert_eq!(later["due"]["overdue"], json!({ "fix": 4, "verify": 1 }));
        bench.stop().await;
    }
}
