//! A client's own people: they see what was released to them, and nothing else exists.

use riskdesk::domain::access::{PortalLevel, PortalRole};
use riskdesk::domain::id::ClientId;
use riskdesk::service::admin;
use serde_json::{Value, json};

use crate::support::bench::{Bench, engines};
use crate::support::findings::{finding, path, workspace};

#[tokio::test]
async fn a_client_asks_about_what_was_released() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let own = bench.client(&admin, "Own", "all_users").await;
        bench.client(&admin, "Other", "all_users").await;
        let mut keys = Vec::new();
        for client in ["own", "own", "other"] {
            let project = bench.project(&admin, &format!("Site of {client}"), Some(client)).await;
            let body = json!({ "project": project["key"], "title": "Weak cipher", "severity": "high", "places": ["h.test:443"] });
            let finding = bench.post(&admin, "/api/v1/findings", body).await.ok();
            keys.push((finding["key"].as_str().unwrap().to_owned(), project));
        }
        // The first and the other client's are released; the second is not.
        for n in [0, 2] {
            let path = format!("/api/v1/findings/{}/release", keys[n].0);
            bench.write(&admin, "POST", &path, Some(1), json!({})).await.ok();
        }
        let client_id = own["id"].as_str().unwrap().parse().unwrap();
        let person = |email: &'static str, role, level| {
            let (store, alpha, now) = (&bench.admin_store, bench.alpha, bench.now());
            async move {
                admin::portal_session(store, alpha, client_id, email, role, level, now)
                    .await
                    .unwrap()
            }
        };
        let ask = |token: &str, key: &str| {
            let path = format!("/api/v1/portal/findings/{key}/comments");
            let (bench, token) = (&bench, token.to_owned());
            async move {
                bench
                    .post(&token, &path, json!({ "text": "When do you look at this?" }))
                    .await
            }
        };
        let collaborator = person("col@own.test", PortalRole::Collaborator, PortalLevel::Full).await;
        let asked = ask(&collaborator, &keys[0].0).await.ok();
        assert_eq!(asked["author"], "col@own.test");
        // Not released, another client's, never issued: one answer.
        let unknown = ask(&collaborator, "F-000000").await;
        for key in [&keys[1].0, &keys[2].0] {
            let hidden = ask(&collaborator, key).await;
            assert_eq!((hidden.status, hidden.anonymous()), (404, unknown.anonymous()));
        }
        // The agency finds the question in its queue, and whose it is.
        let queue = bench.get(&admin, "/api/v1/queue?q=lane%3Areply").await.ok();
        assert_eq!(queue["items"][0]["finding"]["key"], keys[0].0.as_str());
        let comments = bench
            .get(&admin, &format!("/api/v1/findings/{}/comments", keys[0].0))
            .await
            .ok();
        assert_eq!(
            (&comments["items"][0]["from_client"], &comments["items"][0]["audience"]),
            (&json!(true), &json!("shared"))
        );
        // Levels and roles.
        let viewer = person("view@own.test", PortalRole::Viewer, PortalLevel::Full).await;
        ask(&viewer, &keys[0].0).await.refused(403, "forbidden");
        let manager = person("man@own.test", PortalRole::Manager, PortalLevel::ReadOnly).await;
        ask(&manager, &keys[0].0).await.refused(403, "forbidden");
        person("x@own.test", PortalRole::Manager, PortalLevel::Disabled).await;
        ask(&collaborator, &keys[0].0).await.refused(404, "not_found");
        // Answered: it leaves the lane. And an agency user has no such route.
        let path = format!("/api/v1/findings/{}/comments", keys[0].0);
        bench
            .post(&admin, &path, json!({ "text": "Tomorrow.", "audience": "shared" }))
            .await
            .ok();
        assert_eq!(
            bench.get(&admin, "/api/v1/queue?q=lane%3Areply").await.ok()["items"],
            json!([])
        );
        ask(&admin, &keys[0].0).await.refused(404, "not_found");
        assert_eq!(
            bench.get(&collaborator, "/api/v1/clients").await.json["code"],
            Value::from("not_found")
        );
        bench.stop().await;
    }
}

#[tokio::test]
async fn the_send_line_knows_who_would_read() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let one = workspace(&bench, &token, "Acme").await;
        let two = bench.project(&token, "acme shop", Some("acme")).await;
        let shown = |token: &str, finding: &Value| {
            let (bench, token, at) = (&bench, token.to_owned(), path(finding, ""));
            async move { bench.get(&token, &at).await.ok() }
        };
        let loose = bench.project(&token, "Loose", None).await;
        let made = finding(&bench, &token, &one, json!({})).await;
        let beside = finding(&bench, &token, two["key"].as_str().unwrap(), json!({})).await;
        let nobodys = finding(&bench, &token, loose["key"].as_str().unwrap(), json!({})).await;
        assert_eq!(shown(&token, &made).await["client_people"], 0);
        assert!(shown(&token, &nobodys).await["client_people"].is_null());
        let acme = bench.get(&token, "/api/v1/clients/acme").await.ok();
        let client: ClientId = acme["id"].as_str().unwrap().parse().unwrap();
        let person = |email: &'static str, level| {
            let (store, alpha, now) = (&bench.admin_store, bench.alpha, bench.now());
            let client = client.0;
            async move {
                admin::portal_session(store, alpha, client, email, PortalRole::Collaborator, level, now)
                    .await
                    .unwrap()
            }
        };
        let asker = person("one@acme.test", PortalLevel::Full).await;
        person("two@acme.test", PortalLevel::Full).await;
        person("three@acme.test", PortalLevel::ReadOnly).await;
        assert_eq!(shown(&token, &made).await["client_people"], 3);
        // One of them sees one project alone, another cannot sign in any more.
        bench
            .plant(
                "INSERT INTO portal_user_project (agency_id, portal_user_id, project_id) \
                 SELECT w.agency_id, w.id, p.id FROM portal_user w JOIN project p ON p.agency_id = w.agency_id AND p.name = 'acme shop' \
                 WHERE w.email = 'two@acme.test'",
            )
            .await;
        bench
            .plant("UPDATE portal_user SET state = 'suspended' WHERE email = 'three@acme.test'")
            .await;
        assert_eq!(shown(&token, &made).await["client_people"], 1);
        assert_eq!(shown(&token, &beside).await["client_people"], 2);
        // The client's own people are told no such number.
        let release = path(&made, "/release");
        bench.write(&token, "POST", &release, Some(1), json!({})).await.ok();
        person("four@acme.test", PortalLevel::Full).await;
        let at = format!("/api/v1/portal/findings/{}/comments", made["key"].as_str().unwrap());
        let said = bench.post(&asker, &at, json!({ "text": "When?" })).await.ok();
        assert!(said.get("client_people").is_none());
        bench.get(&asker, &path(&made, "")).await.refused(404, "not_found");
        person("five@acme.test", PortalLevel::Disabled).await;
        assert_eq!(shown(&token, &made).await["client_people"], 0);
        bench.stop().await;
    }
}
