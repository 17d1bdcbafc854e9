//! Findings for tests: made and moved over the wire, or planted in any state.

use riskdesk::domain::id::FindingId;
use riskdesk::domain::status::Status;
use riskdesk::store::{Scope, Sql, Value as Bound};
use serde_json::{Value, json};

use super::bench::{Answer, Bench};

/// A client everybody may open, with one project; gives the project's key.
pub async fn workspace(bench: &Bench, token: &str, name: &str) -> String {
    let client = bench.client(token, name, "all_users").await;
    let project = bench
        .project(token, &format!("{name} site"), client["key"].as_str())
        .await;
    project["key"].as_str().unwrap().to_owned()
}

/// A finding written by hand; gives its JSON.
pub async fn finding(bench: &Bench, token: &str, project: &str, body: Value) -> Value {
    let mut fields = json!({ "project": project, "title": "Open redirect", "severity": "high" });
    for (name, value) in body.as_object().unwrap() {
        fields[name] = value.clone();
    }
    bench.post(token, "/api/v1/findings", fields).await.ok()
}

/// The keys of a page of findings.
pub fn keys(page: &Value) -> Vec<String> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|f| f["key"].as_str().unwrap().to_owned()).collect()
}

/// The path of a finding, or of something below it.
pub fn path(finding: &Value, below: &str) -> String {
    format!("/api/v1/findings/{}{below}", finding["key"].as_str().unwrap())
}

/// Sends a move over the version in `finding`.
pub async fn step(bench: &Bench, token: &str, finding: &Value, to: &str, more: Value) -> Answer {
    let mut body = json!({ "to": to });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let version = finding["version"].as_i64();
    bench.write(token, "POST", &path(finding, "/move"), version, body).await
}

/// All that any move could need.
pub fn everything(bench: &Bench, original: &Value) -> Value {
    json!({
        "notes": "Checked by hand.",
        "reason": "no_access",
        "until": bench.now().plus_days(30),
        "of": original["key"],
    })
}

/// A fresh finding with two places, brought to a status by moves a person can make.
pub async fn in_status(bench: &Bench, token: &str, project: &str, original: &Value, status: Status) -> Value {
    let places = json!({ "places": ["https://a.test/", "https://b.test/"] });
    let finding = finding(bench, token, project, places).await;
    brought_to(bench, token, finding, original, status).await
}

/// An open finding, brought to a status by moves a person can make.
pub async fn brought_to(bench: &Bench, token: &str, mut finding: Value, original: &Value, status: Status) -> Value {
    let pending = ["pending_verification"];
    let way: &[&str] = match status {
        Status::Open => &[],
        Status::PendingVerification => &pending,
        Status::NotFixed | Status::Partial | Status::Inconclusive => &["pending_verification", status.name()],
        other => &[other.name()],
    };
    for to in way {
        let mut more = everything(bench, original);
        if *to == "partial" {
            more["occurrences"] = json!([{ "occurrence": first_place(bench, token, &finding).await, "fixed": true }]);
        }
        finding = step(bench, token, &finding, to, more).await.ok();
    }
    assert_eq!(finding["status"], status.name());
    finding
}

/// The id of a finding's first place.
pub async fn first_place(bench: &Bench, token: &str, finding: &Value) -> Value {
    let places = bench.get(token, &path(finding, "/occurrences")).await.ok();
    places["items"][0]["id"].clone()
}

/// Sets columns of a finding behind the API's back: states that take an import or another clock to reach.
pub async fn plant(bench: &Bench, finding: &Value, columns: &'static str, values: Vec<Bound>) {
    let id: FindingId = finding["id"].as_str().unwrap().parse().unwrap();
    let scope = Scope::job(bench.alpha);
    let done = bench.desk.store().write(&scope, move |tx| {
        Box::pin(async move {
            let mut sql = Sql::new("UPDATE finding SET ");
            for (n, (column, value)) in columns.split(' ').zip(values).enumerate() {
                sql.push(if n == 0 { "" } else { ", " })
                    .push(column)
                    .push(" = ")
                    .push_bind(value);
            }
            sql.push(" WHERE agency_id = $1 AND id = ").push_bind(id);
            tx.run(sql).await
        })
    });
    assert_eq!(done.await.unwrap(), 1);
}

/// Imports a report of Nuclei lines: the templates, seen at one host on a day of March 2026.
pub async fn import(bench: &Bench, token: &str, project: &str, templates: &[u32], day: u32) {
    let batch = bench
        .post(token, "/api/v1/imports", json!({ "project": project }))
        .await
        .ok();
    let at = format!("/api/v1/imports/{}", batch["id"].as_str().unwrap());
    let lines: Vec<String> = templates
        .iter()
        .map(|t| {
            json!({
                "template-id": format!("t-{t}"), "info": { "name": format!("Template {t}"), "severity": "high" }, "type": "http",
                "host": "h.test", "matched-at": "https://h.test/a", "timestamp": format!("2026-03-{day:02}T10:00:00Z"),
            })
            .to_string()
        })
        .collect();
    let file = bench
        .request("PUT", &format!("{at}/files/0?name=report.jsonl"))
        .bearer_auth(token);
    Bench::send(file.body(lines.join("\n"))).await.ok();
    let plan = bench.post(token, &format!("{at}/plan"), json!({})).await.ok();
    let apply = json!({ "plan_id": plan["plan_id"] });
    bench.post(token, &format!("{at}/apply"), apply).await.ok();
}
