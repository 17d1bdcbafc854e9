//! API tokens: within their scope and their person's rights, until they end or are ended, and never for sessions.

use riskdesk::domain::access::Role;
use riskdesk::domain::time::DAY_MS;
use serde_json::{Value, json};

use super::route::{Route, Target};
use crate::support::bench::{Answer, Bench, engines};
use crate::support::checked;

async fn make(bench: &Bench, token: &str, name: &str, scope: &str) -> Value {
    bench
        .post(
            token,
            "/api/v1/tokens",
            json!({ "name": name, "scope": scope, "days": 30 }),
        )
        .await
        .ok()
}

/// Every route, with a token of every scope: what the scope does not reach is 403 whatever it is about, the rest is what
/// the person gets.
#[tokio::test]
async fn tokens_reach_as_far_as_their_scope() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let document = bench.get("", "/api/v1/openapi.json").await.ok();
        let never = Target::never();
        let (mut looked, mut failed) = (0, 0);
        for scope in ["read", "write", "admin"] {
            let made = make(&bench, &admin, scope, scope).await;
            let token = made["token"].as_str().unwrap();
            for (path, methods) in document["paths"].as_object().unwrap() {
                for (method, operation) in methods.as_object().unwrap() {
                    let route = Route {
                        method: method.to_uppercase(),
                        path,
                        operation,
                    };
                    if matches!(route.access(), "public" | "portal") {
                        continue;
                    }
                    let reads = route.method == "GET";
                    let of_people = path.starts_with("/api/v1/sessions")
                        || path.starts_with("/api/v1/tokens")
                        || (path == "/api/v1/session" && !reads);
                    let barred =
                        of_people || (scope == "read" && !reads) || (scope != "admin" && route.access() == "admin");
                    let answer: Answer = route.send(&bench, &document, Some(token), &never).await;
                    looked += 1;
                    if barred != (answer.status == 403) || answer.status == 401 {
                        failed += 1;
                        println!(
                            "{engine:?}: {method} {path} with {scope}: {} {}",
                            answer.status, answer.text
                        );
                    }
                }
            }
        }
        checked(&format!("2 token scopes ({engine:?})"), looked, failed, 100);
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_token_ends_with_its_day_its_person_or_a_word() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let analyst = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let viewer = bench.user(bench.alpha, "vera@alpha.test", Role::Viewer).await;
        bench.client(&admin, "Closed", "admins_only").await;
        let body = json!({ "name": "x", "scope": "read" });
        bench
            .post(&viewer, "/api/v1/tokens", body)
            .await
            .refused(403, "forbidden");
        for days in [0, 366] {
            let body = json!({ "name": "x", "scope": "read", "days": days });
            bench
                .post(&admin, "/api/v1/tokens", body)
                .await
                .refused(400, "invalid_request");
        }
        // A token is never more than its person.
        let mine = make(&bench, &analyst, "nightly", "admin").await;
        let token = mine["token"].as_str().unwrap().to_owned();
        assert!(token.starts_with("rdt_") && token.len() > 40);
        bench
            .get(&token, "/api/v1/clients/closed")
            .await
            .refused(404, "not_found");
        bench
            .post(&token, "/api/v1/clients", json!({ "name": "No" }))
            .await
            .refused(403, "forbidden");
        bench.project(&token, "Made by a script", None).await;
        // Sent again it is not shown again; another person may use the name.
        let body = json!({ "name": "nightly", "scope": "read" });
        bench
            .post(&analyst, "/api/v1/tokens", body)
            .await
            .refused(409, "already_exists");
        let theirs = make(&bench, &admin, "nightly", "read").await;
        // It is on its own list, not among sessions, and its secret is nowhere.
        let listed = bench.get(&analyst, "/api/v1/tokens").await;
        assert_eq!(listed.json["items"].as_array().unwrap().len(), 1, "{}", listed.text);
        assert_eq!(listed.json["items"][0]["id"], mine["id"]);
        assert!(!listed.text.contains(&token));
        let sessions = bench.get(&analyst, "/api/v1/sessions").await;
        assert!(
            !sessions.text.contains(mine["id"].as_str().unwrap()),
            "{}",
            sessions.text
        );
        let kept = bench
            .number("SELECT COUNT(*) FROM audit_event WHERE act = 'token.create' AND outcome = 'allowed' AND detail NOT LIKE '%rdt%'")
            .await;
        assert_eq!(kept, 2);
        // Nobody else's can be ended.
        let at = |made: &Value| format!("/api/v1/tokens/{}", made["id"].as_str().unwrap());
        bench
            .write(&analyst, "DELETE", &at(&theirs), None, Value::Null)
            .await
            .refused(404, "not_found");
        bench
            .write(&analyst, "DELETE", &at(&mine), None, Value::Null)
            .await
            .ok();
        assert_eq!(bench.get(&token, "/api/v1/session").await.status, 401);
        // Its name is free again. What ends the person ends the token; what lowers the person lowers it.
        let again = make(&bench, &analyst, "nightly", "write").await;
        let token = again["token"].as_str().unwrap().to_owned();
        bench
            .plant("UPDATE agency_user SET state = 'suspended' WHERE email = 'ana@alpha.test'")
            .await;
        assert_eq!(bench.get(&token, "/api/v1/session").await.status, 401);
        bench
            .plant("UPDATE agency_user SET state = 'active' WHERE email = 'ana@alpha.test'")
            .await;
        bench.clock.set_offset(29 * DAY_MS);
        bench.get(&token, "/api/v1/session").await.ok();
        bench.clock.set_offset(30 * DAY_MS + 1000);
        assert_eq!(bench.get(&token, "/api/v1/session").await.status, 401);
        bench.stop().await;
    }
}
