//! A pinned client travels with every write: an act that touches another one is refused, and nothing of it happens.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::bench::{Answer, Bench, engines};
use crate::support::checked;

async fn send(
    bench: &Bench,
    token: &str,
    method: &str,
    path: &str,
    version: Option<i64>,
    pin: &str,
    body: &Value,
) -> Answer {
    let mut request = bench
        .request(method, path)
        .bearer_auth(token)
        .header("Idempotency-Key", Uuid::new_v4().to_string())
        .header("Riskdesk-Client", pin)
        .json(body);
    if let Some(version) = version {
        request = request.header("If-Match", format!("\"{version}\""));
    }
    Bench::send(request).await
}

#[tokio::test]
async fn an_act_on_another_client_than_the_pinned_one_is_refused() {
    let (mut looked, mut failed) = (0, 0);
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let own = bench.client(&token, "Own", "all_users").await;
        let other = bench.client(&token, "Other", "all_users").await;
        let (own, other_id) = (own["id"].as_str().unwrap(), other["id"].as_str().unwrap());
        let mut findings = Vec::new();
        let mut projects = Vec::new();
        for client in [own, other_id] {
            let project = bench.project(&token, &format!("Site of {client}"), Some(client)).await;
            let body = json!({ "project": project["key"], "title": "Open redirect", "severity": "high" });
            findings.push(bench.post(&token, "/api/v1/findings", body).await.ok());
            projects.push(project["id"].as_str().unwrap().to_owned());
        }
        let path = |i: usize, rest: &str| format!("/api/v1/findings/{}{rest}", findings[i]["id"].as_str().unwrap());
        let shared = json!({ "text": "Is it fixed?", "audience": "shared" });
        let acts: Vec<(&str, String, Option<i64>, Value)> = vec![
            ("POST", path(1, "/comments"), None, shared.clone()),
            ("POST", path(1, "/comments"), None, json!({ "text": "internal" })),
            ("POST", path(1, "/move"), Some(1), json!({ "to": "in_progress" })),
            ("POST", path(1, "/triage"), Some(1), json!({})),
            ("POST", path(1, "/release"), Some(1), json!({})),
            ("POST", path(1, "/take"), None, json!({})),
            ("PATCH", path(1, ""), Some(1), json!({ "severity": "low" })),
            (
                "PATCH",
                format!("/api/v1/clients/{other_id}"),
                Some(1),
                json!({ "name": "X" }),
            ),
            (
                "POST",
                format!("/api/v1/clients/{other_id}/archive"),
                Some(1),
                json!({}),
            ),
            (
                "POST",
                "/api/v1/projects".to_owned(),
                None,
                json!({ "name": "New", "client": other_id }),
            ),
            // Out of the pinned client, and into it from another: both ends count.
            (
                "POST",
                "/api/v1/projects/assign".to_owned(),
                None,
                json!({ "projects": [{ "project": projects[0], "version": 1 }], "client": other_id }),
            ),
            (
                "POST",
                "/api/v1/projects/assign".to_owned(),
                None,
                json!({ "projects": [{ "project": projects[1], "version": 1 }], "client": own }),
            ),
        ];
        for (method, path, version, body) in &acts {
            looked += 1;
            let answer = send(&bench, &token, method, path, *version, own, body).await;
            if answer.status != 409 || !answer.text.contains("pinned_elsewhere") {
                failed += 1;
                println!("{method} {path}: {} {}", answer.status, answer.text);
            }
        }
        // Nothing of it happened.
        assert_eq!(bench.get(&token, &path(1, "/comments")).await.ok()["items"], json!([]));
        let finding = bench.get(&token, &path(1, "")).await.ok();
        assert_eq!(
            (&finding["status"], &finding["version"]),
            (&json!("open"), &findings[1]["version"])
        );
        // The same acts on the pinned one are done, and a pin that is no id is not ignored.
        send(&bench, &token, "POST", &path(0, "/comments"), None, own, &shared)
            .await
            .ok();
        send(
            &bench,
            &token,
            "POST",
            &path(0, "/move"),
            Some(1),
            own,
            &json!({ "to": "in_progress" }),
        )
        .await
        .ok();
        send(&bench, &token, "POST", &path(0, "/comments"), None, "acme", &shared)
            .await
            .refused(400, "invalid_request");
        bench.stop().await;
    }
    checked("pin: acts on another client", looked, failed, 12);
}
