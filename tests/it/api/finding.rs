//! Findings over the wire: writing, editing, releasing, and what one may not open.

use riskdesk::domain::access::Role;
use riskdesk::domain::status::{Status, Who, legal_moves};
use riskdesk::domain::time::DAY_MS;
use serde_json::{Value, json};

use crate::support::bench::{Bench, engines};
use crate::support::findings::{finding, keys, path, step, workspace};

#[tokio::test]
async fn a_finding_is_written_read_and_edited() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let project = workspace(&bench, &admin, "Acme").await;
        let vector = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
        let body = json!({
            "title": "SQL injection in search", "severity": null, "cvss": vector, "cwe": [89], "cve": ["cve-2024-12345"],
            "description": "The term is pasted into the statement.", "remediation": "Bind it.",
            "places": ["https://shop.acme.test/search?q=", "https://shop.acme.test/search?q="],
        });
        let made = finding(&bench, &admin, &project, body).await;
        let key = made["key"].as_str().unwrap();
        assert!(key.len() == 8 && key.starts_with("F-"), "{key}");
        assert_eq!(
            (&made["severity"], &made["cvss"]["score"], &made["status"], &made["cve"]),
            (
                &json!("critical"),
                &json!(9.8),
                &json!("open"),
                &json!(["CVE-2024-12345"])
            )
        );
        assert_eq!(
            (&made["occurrence_count"], &made["tool"]),
            (&json!(1), &json!("manual"))
        );
        assert!(made["triaged_at"].is_string() && made["released_at"].is_null());

        // Its own fields stand beside the detail's; any case and an id will do.
        let detail = bench
            .get(&admin, &format!("/api/v1/findings/{}", key.to_lowercase()))
            .await;
        assert_eq!(detail.headers["etag"], "\"1\"");
        let detail = detail.ok();
        assert_eq!(
            (&detail["key"], &detail["remediation"]),
            (&made["key"], &json!("Bind it."))
        );
        assert_eq!(
            detail["moves"].as_array().unwrap().len(),
            legal_moves(Status::Open, Who::Agency).len()
        );
        let by_id = format!("/api/v1/findings/{}", made["id"].as_str().unwrap());
        assert_eq!(bench.get(&admin, &by_id).await.ok()["key"], made["key"]);

        // What cannot be taken names its field.
        for (field, value) in [
            ("severity", json!(null)),
            ("cvss", json!("CVSS:3.1/AV:Q")),
            ("title", json!("a\u{7}")),
            ("cve", json!(["x"])),
        ] {
            let mut body = json!({ "project": project, "title": "T", "severity": "low" });
            body[field] = value;
            let refused = bench
                .post(&admin, "/api/v1/findings", body)
                .await
                .refused(400, "invalid_request");
            assert_eq!(refused["field"], field);
        }

        // Edits go over the version that was seen.
        let edit = |version, body| bench.write(&admin, "PATCH", &by_id, version, body);
        let edited = edit(Some(1), json!({ "severity": "low", "assignee": "admin@alpha.test" }))
            .await
            .ok();
        assert_eq!(
            (&edited["severity"], &edited["assignee"]["email"]),
            (&json!("low"), &json!("admin@alpha.test"))
        );
        let conflict = edit(Some(1), json!({ "severity": "high" }))
            .await
            .refused(412, "version_conflict");
        assert_eq!(conflict["current"]["severity"], "low");
        edit(None, json!({ "severity": "high" }))
            .await
            .refused(428, "precondition_required");
        edit(Some(2), json!({ "severity": null }))
            .await
            .refused(400, "invalid_request");
        let due = bench.now().plus_days(3);
        let edited = edit(Some(2), json!({ "due_at": due, "assignee": null })).await.ok();
        assert_eq!((&edited["due_at"], &edited["assignee"]), (&json!(due), &Value::Null));
        assert!(
            bench.get(&admin, &by_id).await.ok()["due_reason"]
                .as_str()
                .unwrap()
                .starts_with("Set by Ada Admin")
        );

        // Counts follow, on the client and the project.
        let client = bench.get(&admin, "/api/v1/clients/acme").await.ok();
        assert_eq!(
            (&client["open_findings"]["low"], &client["open_findings"]["critical"]),
            (&json!(1), &json!(0))
        );
        let history = bench.get(&admin, &path(&made, "/history")).await.ok();
        let acts: Vec<&str> = history["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|h| h["act"].as_str().unwrap())
            .collect();
        assert_eq!(acts, ["finding.edit", "finding.edit", "finding.create"]);
        bench.stop().await;
    }
}

#[tokio::test]
async fn release_starts_the_clients_clock_and_verification_stops_it() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let project = workspace(&bench, &admin, "Acme").await;
        bench.plant("UPDATE client SET days_high = 10").await;
        let row = finding(&bench, &admin, &project, json!({})).await;
        let act = |token: &str, row: &Value, what: &str, body| {
            let (bench, token, path, version) = (&bench, token.to_owned(), path(row, what), row["version"].as_i64());
            async move { bench.write(&token, "POST", &path, version, body).await }
        };
        let due = |row: &Value| riskdesk::domain::time::Time::parse(row["due_at"].as_str().unwrap()).unwrap();
        let row = act(&admin, &row, "/release", json!({})).await.ok();
        assert!(row["released_at"].is_string());
        let first = due(&row);
        let days = (first.0 - bench.now().0) / DAY_MS;
        assert!((9..=10).contains(&days), "{days}");
        let reason = bench.get(&admin, &path(&row, "")).await.ok()["due_reason"].clone();
        assert!(
            reason
                .as_str()
                .unwrap()
                .starts_with("10 days for high (agreed with Acme), released on"),
            "{reason}"
        );
        // Two days in verification are two days more for the client.
        let row = step(
            &bench,
            &admin,
            &row,
            "pending_verification",
            json!({ "notes": "Done." }),
        )
        .await
        .ok();
        bench.clock.set_offset(2 * DAY_MS);
        let admin = bench.alpha_admin().await;
        let row = step(&bench, &admin, &row, "not_fixed", json!({ "notes": "Not so." }))
            .await
            .ok();
        assert!((due(&row).0 - first.0 - 2 * DAY_MS).abs() < 60_000);
        // Another severity has other days, counted from the release.
        let row = bench
            .write(
                &admin,
                "PATCH",
                &path(&row, ""),
                row["version"].as_i64(),
                json!({ "severity": "critical" }),
            )
            .await
            .ok();
        assert!(due(&row) < first);
        let row = act(&admin, &row, "/release", json!({ "undo": true })).await.ok();
        assert_eq!((&row["released_at"], &row["due_at"]), (&Value::Null, &Value::Null));
        let row = act(&admin, &row, "/triage", json!({ "undo": true })).await.ok();
        assert_eq!(row["triaged_at"], Value::Null);
        // Nobody to release to.
        let loose = bench.project(&admin, "Loose", None).await;
        let row = finding(&bench, &admin, loose["key"].as_str().unwrap(), json!({})).await;
        act(&admin, &row, "/release", json!({}))
            .await
            .refused(422, "project_unassigned");
        bench.stop().await;
    }
}

#[tokio::test]
async fn what_one_may_not_open_does_not_exist() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let ana = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let viewer = bench.user(bench.alpha, "vera@alpha.test", Role::Viewer).await;
        let beta = bench.beta_admin().await;
        bench.client(&admin, "Secret", "admins_only").await;
        let hidden = bench.project(&admin, "Hidden", Some("secret")).await;
        let loose = bench.project(&admin, "Loose", None).await;
        let open = workspace(&bench, &admin, "Open").await;
        let mut rows = Vec::new();
        for project in [hidden["key"].as_str().unwrap(), loose["key"].as_str().unwrap(), &open] {
            rows.push(finding(&bench, &admin, project, json!({ "places": ["x.test"] })).await);
        }
        let listed = async |token: &str, what: &str| keys(&bench.get(token, what).await.ok());
        assert_eq!(listed(&admin, "/api/v1/findings").await.len(), 3);
        assert_eq!(
            listed(&ana, "/api/v1/findings").await,
            [rows[2]["key"].as_str().unwrap()]
        );
        assert!(listed(&viewer, "/api/v1/findings").await.is_empty());
        assert!(listed(&beta, "/api/v1/findings").await.is_empty());
        let counted = bench
            .get(&ana, "/api/v1/findings?count=true&q=severity:high")
            .await
            .ok();
        assert_eq!(counted["count"], 1);
        let never = json!({ "key": "F-ZZZZZZ" });
        for (token, seen) in [(&ana, &rows[2..]), (&viewer, &rows[..0]), (&beta, &rows[..0])] {
            let unknown = bench.get(token, &path(&never, "")).await;
            for row in rows.iter().filter(|r| !seen.contains(r)) {
                for below in ["", "/history", "/occurrences", "/comments"] {
                    let answer = bench.get(token, &path(row, below)).await;
                    assert_eq!(
                        (answer.status, answer.anonymous()),
                        (404, unknown.anonymous()),
                        "{below}"
                    );
                }
                for below in [
                    "/move",
                    "/release",
                    "/triage",
                    "/take",
                    "/put-back",
                    "/comments",
                    "/comments/read",
                ] {
                    let body = match below {
                        "/move" => json!({ "to": "in_progress" }),
                        "/comments" => json!({ "text": "x" }),
                        _ => json!({}),
                    };
                    let answer = bench.write(token, "POST", &path(row, below), Some(1), body).await;
                    assert_eq!(
                        (answer.status, answer.anonymous()),
                        (404, unknown.anonymous()),
                        "{below}"
                    );
                }
            }
        }
        // A filter on what one may not open answers like a filter on what never was.
        let asked = async |q: &str| bench.get(&ana, &format!("/api/v1/findings?q={q}")).await;
        let known = asked("client:secret").await.refused(400, "invalid_query");
        let never = asked("client:nobody").await.refused(400, "invalid_query");
        let plain = |v: &Value, word: &str| v["detail"].as_str().unwrap().replace(word, "X");
        assert_eq!(
            plain(&known, "secret").split('.').next(),
            plain(&never, "nobody").split('.').next()
        );
        assert_eq!((&known["at"], &known["field"]), (&json!(0), &json!("q")));
        asked(&format!("project:{}", hidden["key"].as_str().unwrap()))
            .await
            .refused(400, "invalid_query");
        // A viewer does not see the list of users, nor its nearest word.
        let people = async |token: &str| {
            let asked = bench.get(token, "/api/v1/findings?q=assignee:admin@alpha.tes").await;
            asked.refused(400, "invalid_query")["suggestion"].clone()
        };
        assert_eq!(people(&ana).await, "admin@alpha.test");
        assert_eq!(people(&viewer).await, Value::Null);
        // Nobody is given work that they cannot see.
        let edit = json!({ "assignee": "ana@alpha.test" });
        bench
            .write(&admin, "PATCH", &path(&rows[0], ""), Some(1), edit.clone())
            .await
            .refused(400, "invalid_request");
        bench
            .write(&admin, "PATCH", &path(&rows[2], ""), Some(1), edit)
            .await
            .ok();
        bench.stop().await;
    }
}
