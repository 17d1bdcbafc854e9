//! Every kind of act, with what it needs.

use riskdesk::domain::status::Status;
use serde_json::{Value, json};

use crate::support::bench::{Answer, Bench};
use crate::support::findings::{everything, finding, first_place, in_status, path, workspace};

/// A write that is about to be made.
pub struct Write {
    method: &'static str,
    path: String,
    version: Option<i64>,
    body: Value,
}

fn write(method: &'static str, path: impl Into<String>, version: Option<i64>, body: Value) -> Write {
    Write {
        method,
        path: path.into(),
        version,
        body,
    }
}

pub async fn send(bench: &Bench, token: &str, write: &Write) -> Answer {
    bench
        .write(token, write.method, &write.path, write.version, write.body.clone())
        .await
}

pub fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

pub const CASES: &[&str] = &[
    "client.create",
    "client.create with projects",
    "client.edit",
    "client.access",
    "client.archive",
    "client.restore",
    "project.create",
    "project.edit",
    "project.assign to a client",
    "project.assign to another client",
    "project.assign to nobody",
    "finding.create",
    "finding.edit severity",
    "finding.edit all",
    "finding.triage",
    "finding.triage undo",
    "finding.release",
    "finding.release undo",
    "finding.place",
    "finding.place at another client",
    "finding.place out of every client",
    "finding.move in_progress",
    "finding.move pending_verification",
    "finding.move verified_fixed",
    "finding.move false_positive",
    "finding.move out_of_scope",
    "finding.move duplicate",
    "finding.move risk_accepted",
    "finding.move verdict verified_fixed",
    "finding.move verdict not_fixed",
    "finding.move verdict partial",
    "finding.move verdict inconclusive",
    "finding.move withdrawn",
    "finding.move reopened",
    "finding.move retest",
    "finding.move dismissed while pending",
    "finding.move original",
    "finding.move original becomes duplicate",
    "finding.move original stays open",
    "comment.add",
    "comment.add reply",
    "comment.add shared",
    "comment.audience share",
    "comment.audience internal",
];

/// Makes what a case needs, and gives the act itself.
pub async fn prepare(bench: &Bench, admin: &str, case: &str) -> Write {
    let n = uuid::Uuid::new_v4().simple().to_string();
    let (noun, rest) = case.split_once('.').unwrap();
    match noun {
        "client" => client(bench, admin, rest, &n).await,
        "project" => project(bench, admin, rest, &n).await,
        "comment" => comment(bench, admin, rest, &n).await,
        _ => decision(bench, admin, rest, &n).await,
    }
}

async fn client(bench: &Bench, admin: &str, rest: &str, n: &str) -> Write {
    let fields =
        json!({ "name": format!("New {n}"), "account_manager": "admin@alpha.test", "selected": ["ana@alpha.test"] });
    if rest == "create" {
        return write("POST", "/api/v1/clients", None, fields);
    }
    if rest == "create with projects" {
        let mut fields = fields;
        let loose = bench.project(admin, &format!("Loose {n}"), None).await;
        finding(bench, admin, loose["key"].as_str().unwrap(), json!({})).await;
        fields["projects"] = json!([loose["key"]]);
        return write("POST", "/api/v1/clients", None, fields);
    }
    let made = bench.post(admin, "/api/v1/clients", fields).await.ok();
    let at = format!("/api/v1/clients/{}", text(&made["key"]));
    bench.project(admin, &format!("Site {n}"), made["key"].as_str()).await;
    match rest {
        "edit" => {
            let edit = json!({
                "name": "Renamed", "contact_email": "c@x.test", "external_ref": "CRM-1", "notes": "Call first.",
                "state": "paused", "account_manager": "ana@alpha.test",
            });
            write("PATCH", at, Some(1), edit)
        }
        "access" => write(
            "PUT",
            format!("{at}/access"),
            Some(1),
            json!({ "agency_access": "admins_and_selected", "selected": [] }),
        ),
        "archive" => write("POST", format!("{at}/archive"), Some(1), json!({})),
        _ => {
            let archive = write("POST", format!("{at}/archive"), Some(1), json!({}));
            send(bench, admin, &archive).await.ok();
            write("POST", format!("{at}/restore"), Some(2), json!({}))
        }
    }
}

/// A project with a released finding, a shared and an internal comment.
async fn busy_project(bench: &Bench, admin: &str, name: &str, client: Option<&str>) -> Value {
    let project = bench.project(admin, name, client).await;
    let key = text(&project["key"]);
    let made = finding(bench, admin, &key, json!({})).await;
    finding(bench, admin, &key, json!({ "title": "Another" })).await;
    let comments = path(&made, "/comments");
    bench.post(admin, &comments, json!({ "text": "Internal." })).await.ok();
    if client.is_some() {
        bench
            .write(admin, "POST", &path(&made, "/release"), Some(1), json!({}))
            .await
            .ok();
        bench
            .post(admin, &comments, json!({ "text": "Shared.", "audience": "shared" }))
            .await
            .ok();
    }
    project
}

async fn project(bench: &Bench, admin: &str, rest: &str, n: &str) -> Write {
    let one = text(&bench.client(admin, &format!("One {n}"), "all_users").await["key"]);
    let two = text(&bench.client(admin, &format!("Two {n}"), "all_users").await["key"]);
    let team = json!(["ana@alpha.test", "admin@alpha.test"]);
    if rest == "create" {
        let fields = json!({ "name": format!("Site {n}"), "client": one, "lead": "ana@alpha.test", "team": team });
        return write("POST", "/api/v1/projects", None, fields);
    }
    let from = (rest != "assign to a client").then_some(one.as_str());
    let made = busy_project(bench, admin, &format!("Site {n}"), from).await;
    if rest == "edit" {
        let edit = json!({ "name": "Renamed", "lead": "ana@alpha.test", "team": team });
        return write(
            "PATCH",
            format!("/api/v1/projects/{}", text(&made["key"])),
            Some(1),
            edit,
        );
    }
    let to = match rest {
        "assign to a client" => json!(one),
        "assign to another client" => json!(two),
        _ => Value::Null,
    };
    let body = json!({ "projects": [{ "project": made["key"], "version": 1 }], "client": to });
    write("POST", "/api/v1/projects/assign", None, body)
}

async fn comment(bench: &Bench, admin: &str, rest: &str, n: &str) -> Write {
    let key = workspace(bench, admin, &format!("Talk {n}")).await;
    let made = finding(bench, admin, &key, json!({})).await;
    let at = path(&made, "/comments");
    let said = |audience: &str| json!({ "text": "Look, @ana.", "audience": audience });
    match rest {
        "add" => write("POST", at, None, said("internal")),
        "add shared" => write("POST", at, None, said("shared")),
        "add reply" => {
            let first = bench.post(admin, &at, said("shared")).await.ok();
            write("POST", at, None, json!({ "text": "And so?", "reply_to": first["id"] }))
        }
        _ => {
            let (from, to) = if rest == "audience share" {
                ("internal", "shared")
            } else {
                ("shared", "internal")
            };
            let first = bench.post(admin, &at, said(from)).await.ok();
            bench
                .post(admin, &at, json!({ "text": "And so?", "reply_to": first["id"] }))
                .await
                .ok();
            write(
                "PUT",
                format!("{at}/{}/audience", text(&first["id"])),
                Some(1),
                json!({ "audience": to }),
            )
        }
    }
}

async fn decision(bench: &Bench, admin: &str, rest: &str, n: &str) -> Write {
    let key = workspace(bench, admin, &format!("Work {n}")).await;
    let original = finding(bench, admin, &key, json!({ "title": "The first" })).await;
    let fields = json!({ "places": ["https://a.test/", "https://b.test/"], "cwe": [79], "cve": ["CVE-2024-1000"], "description": "Long." });
    if rest == "create" {
        let mut fields = fields;
        for (name, value) in [
            ("project", json!(key)),
            ("title", json!("By hand")),
            ("severity", json!("low")),
        ] {
            fields[name] = value;
        }
        return write("POST", "/api/v1/findings", None, fields);
    }
    if let Some(word) = rest.strip_prefix("move ") {
        return moving(bench, admin, word, &key, &original).await;
    }
    let mut made = finding(bench, admin, &key, fields).await;
    if rest != "release" {
        let release = write("POST", path(&made, "/release"), Some(1), json!({}));
        made = send(bench, admin, &release).await.ok();
    }
    let version = made["version"].as_i64();
    if rest.starts_with("place") {
        return placing(bench, admin, rest, n, &made).await;
    }
    match rest {
        "edit severity" => write("PATCH", path(&made, ""), version, json!({ "severity": "critical" })),
        "edit all" => {
            let edit = json!({
                "severity": "info", "assignee": "ana@alpha.test", "due_at": "2031-01-01T00:00:00Z",
                "cvss": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
            });
            write("PATCH", path(&made, ""), version, edit)
        }
        "triage" => {
            let not_yet = write("POST", path(&made, "/triage"), version, json!({ "undo": true }));
            let made = send(bench, admin, &not_yet).await.ok();
            write("POST", path(&made, "/triage"), made["version"].as_i64(), json!({}))
        }
        "triage undo" => write("POST", path(&made, "/triage"), version, json!({ "undo": true })),
        "release" => write("POST", path(&made, "/release"), version, json!({})),
        _ => write("POST", path(&made, "/release"), version, json!({ "undo": true })),
    }
}

async fn placing(bench: &Bench, admin: &str, rest: &str, n: &str, made: &Value) -> Write {
    let talk = json!({ "text": "Shared.", "audience": "shared" });
    bench.post(admin, &path(made, "/comments"), talk).await.ok();
    let edit = json!({ "assignee": "ana@alpha.test" });
    let edit = write("PATCH", path(made, ""), made["version"].as_i64(), edit);
    let made = send(bench, admin, &edit).await.ok();
    let other;
    let client = match rest {
        "place" => made["client"]["key"].as_str(),
        "place at another client" => {
            other = text(&bench.client(admin, &format!("Other {n}"), "admins_only").await["key"]);
            Some(other.as_str())
        }
        _ => None,
    };
    let to = bench.project(admin, &format!("Elsewhere {n}"), client).await;
    let body = json!({ "project": to["key"] });
    write("POST", path(&made, "/place"), made["version"].as_i64(), body)
}

async fn moving(bench: &Bench, admin: &str, word: &str, key: &str, original: &Value) -> Write {
    let at = |status| in_status(bench, admin, key, original, status);
    let (made, to) = match word {
        "verdict verified_fixed" => (at(Status::PendingVerification).await, "verified_fixed"),
        "verdict not_fixed" => (at(Status::PendingVerification).await, "not_fixed"),
        "verdict partial" => (at(Status::PendingVerification).await, "partial"),
        "verdict inconclusive" => (at(Status::PendingVerification).await, "inconclusive"),
        "withdrawn" => (at(Status::PendingVerification).await, "in_progress"),
        "dismissed while pending" => (at(Status::PendingVerification).await, "false_positive"),
        "reopened" => (at(Status::VerifiedFixed).await, "open"),
        "retest" => (at(Status::VerifiedFixed).await, "pending_verification"),
        // The last leaves its duplicates as they are, in both directions.
        "original" | "original becomes duplicate" | "original stays open" => {
            at(Status::Duplicate).await;
            at(Status::Duplicate).await;
            let to = match word {
                "original" => "verified_fixed",
                "original stays open" => "in_progress",
                _ => "duplicate",
            };
            (original.clone(), to)
        }
        to => (at(Status::Open).await, to),
    };
    let other = finding(bench, admin, key, json!({ "title": "Another first" })).await;
    let mut body = everything(bench, if word.starts_with("original") { &other } else { original });
    body["to"] = json!(to);
    if to == "partial" {
        body["occurrences"] = json!([{ "occurrence": first_place(bench, admin, &made).await, "fixed": true }]);
    }
    write("POST", path(&made, "/move"), made["version"].as_i64(), body)
}
