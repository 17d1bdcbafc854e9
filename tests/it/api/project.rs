//! Projects over the wire: unassigned ones, assignment, moves that leak nothing.

use riskdesk::domain::access::Role;
use serde_json::{Value, json};

use crate::support::bench::{Bench, engines};

#[tokio::test]
async fn unassigned_projects_belong_to_those_involved() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let creator = bench.user(bench.alpha, "creator@alpha.test", Role::Analyst).await;
        let lead = bench.user(bench.alpha, "lead@alpha.test", Role::Analyst).await;
        let member = bench.user(bench.alpha, "member@alpha.test", Role::Analyst).await;
        let stranger = bench.user(bench.alpha, "stranger@alpha.test", Role::Analyst).await;
        let body = json!({ "name": "Shop", "lead": "lead@alpha.test", "team": ["member@alpha.test"] });
        let project = bench.post(&creator, "/api/v1/projects", body).await.ok();
        let key = project["key"].as_str().unwrap();
        assert!(key.len() == 6 && key.starts_with("P-"), "{key}");
        assert_eq!(project["client"], Value::Null);
        assert_eq!(project["badges"]["handoff"]["state"], "unassigned");
        assert_eq!(project["badges"]["scan"]["state"], "none");
        assert_eq!(project["badges"]["fix"]["state"], "clear");
        let path = format!("/api/v1/projects/{}", key.to_lowercase());
        for token in [&admin, &creator, &lead, &member] {
            assert_eq!(bench.get(token, &path).await.ok()["key"], key);
            assert_eq!(
                bench.get(token, "/api/v1/projects?client=none").await.ok()["items"][0]["key"],
                key
            );
        }
        bench.get(&stranger, &path).await.refused(404, "not_found");
        assert_eq!(bench.get(&stranger, "/api/v1/projects").await.ok()["items"], json!([]));
        bench.stop().await;
    }
}

#[tokio::test]
async fn assigning_needs_both_ends_and_moves_are_all_or_nothing() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let analyst = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        bench.client(&admin, "Open", "all_users").await;
        bench.client(&admin, "Closed", "admins_only").await;
        let one = bench.project(&analyst, "One", None).await;
        let two = bench.project(&admin, "Two", Some("closed")).await;
        let assign = |token: &str, projects: Value, client: Value, dry_run: bool| {
            let (bench, token) = (&bench, token.to_owned());
            async move {
                bench
                    .post(
                        &token,
                        "/api/v1/projects/assign",
                        json!({ "projects": projects, "client": client, "dry_run": dry_run }),
                    )
                    .await
            }
        };
        let at = |project: &Value| json!({ "project": project["key"], "version": project["version"] });
        // Neither an unseen target nor an unseen source exists.
        assign(&analyst, json!([at(&one)]), json!("closed"), false)
            .await
            .refused(404, "not_found");
        assign(&analyst, json!([at(&one), at(&two)]), json!("open"), false)
            .await
            .refused(404, "not_found");
        assert_eq!(
            bench
                .get(&analyst, &format!("/api/v1/projects/{}", one["key"].as_str().unwrap()))
                .await
                .ok()["client"],
            Value::Null
        );
        let plan = assign(
            &admin,
            json!([{ "project": one["key"] }, { "project": two["key"] }]),
            json!("open"),
            true,
        )
        .await
        .ok();
        assert_eq!(
            (&plan["applied"], &plan["moves"][1]["from"]["key"]),
            (&json!(false), &json!("closed"))
        );
        // A stale version of one stops all.
        let stale = json!([at(&one), { "project": two["key"], "version": 7 }]);
        assign(&admin, stale, json!("open"), false)
            .await
            .refused(412, "version_conflict");
        let done = assign(&admin, json!([at(&one), at(&two)]), json!("open"), false)
            .await
            .ok();
        assert_eq!(
            (&done["applied"], &done["client"]["key"]),
            (&json!(true), &json!("open"))
        );
        let listed = bench.get(&analyst, "/api/v1/projects?client=open").await.ok();
        assert_eq!(listed["items"].as_array().unwrap().len(), 2);
        assert_eq!(listed["items"][0]["version"], done["moves"][0]["version"]);
        assign(
            &admin,
            json!([{ "project": one["key"], "version": 2 }]),
            json!("open"),
            false,
        )
        .await
        .refused(400, "invalid_request");
        assert_eq!(bench.get(&admin, "/api/v1/clients/open").await.ok()["project_count"], 2);
        bench.stop().await;
    }
}

/// What was seen of a finding at one client cannot be released to another one it was moved to meanwhile.
#[tokio::test]
async fn a_move_makes_what_was_seen_old() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        bench.client(&admin, "One", "all_users").await;
        bench.client(&admin, "Two", "all_users").await;
        let project = bench.project(&admin, "Site", Some("one")).await;
        let body =
            json!({ "project": project["key"], "title": "Weak cipher", "severity": "high", "places": ["h.test:443"] });
        let finding = bench.post(&admin, "/api/v1/findings", body).await.ok();
        let at = json!([{ "project": project["key"], "version": project["version"] }]);
        let body = json!({ "projects": at, "client": "two" });
        bench.post(&admin, "/api/v1/projects/assign", body).await.ok();
        let path = format!("/api/v1/findings/{}/release", finding["key"].as_str().unwrap());
        let seen = finding["version"].as_i64();
        bench
            .write(&admin, "POST", &path, seen, json!({}))
            .await
            .refused(412, "version_conflict");
        assert_eq!(
            bench
                .number("SELECT COUNT(*) FROM finding WHERE released_at IS NOT NULL")
                .await,
            0
        );
        bench.stop().await;
    }
}
