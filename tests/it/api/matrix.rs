//! Check 2: every route, as every kind of caller, at one's own object, another client's, another agency's, and one that
//! was never issued. Generated from the document that the router makes, so that a new route is covered on the day it is
//! mounted. What belongs to others must be answered exactly as what never was.

use riskdesk::domain::access::{PortalRole, Role};
use riskdesk::domain::time::DAY_MS;
use riskdesk::service::admin;
use serde_json::{Value, json};
use uuid::Uuid;

use super::route::{Route, Target};
use crate::support::bench::{Answer, Bench, engines};
use crate::support::checked;

/// A workspace with one of everything that can be made in it.
async fn workspace(bench: &Bench, token: &str, name: &str, access: &str, documented: &Value) -> Target {
    let mut target = Target::never();
    let client = bench.client(token, name, access).await;
    let client_id = client["id"].as_str().unwrap().to_owned();
    let project = bench.project(token, &format!("{name} site"), Some(&client_id)).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    target.ids.insert("client", client_id);
    target.ids.insert("project", project.clone());
    if documented["paths"]["/api/v1/findings"]["post"].is_object() {
        let body =
            json!({ "project": project, "title": "Open redirect", "severity": "high", "places": ["https://x.test/"] });
        let finding = bench.post(token, "/api/v1/findings", body).await.ok();
        let id = finding["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/findings/{id}/comments");
        let comment = bench
            .post(token, &path, json!({ "text": "Seen on the login page." }))
            .await
            .ok();
        let places = bench
            .get(token, &format!("/api/v1/findings/{id}/occurrences"))
            .await
            .ok();
        let place = places["items"][0]["id"].as_str().unwrap().to_owned();
        target.ids.insert("occurrence", place);
        target.ids.insert("comment", comment["id"].as_str().unwrap().to_owned());
        target.ids.insert("finding", id);
    }
    if documented["paths"]["/api/v1/imports"]["post"].is_object() {
        let batch = bench
            .post(token, "/api/v1/imports", json!({ "project": project }))
            .await
            .ok();
        target.ids.insert("batch", batch["id"].as_str().unwrap().to_owned());
    }
    // The latest of the asker's own acts: one that takes nothing along when it is undone.
    let rename = json!({ "name": format!("{name} site") });
    let path = format!("/api/v1/projects/{}", target.ids["project"]);
    bench.write(token, "PATCH", &path, Some(1), rename).await.ok();
    let acts = bench.get(token, "/api/v1/acts?limit=1").await.ok();
    target
        .ids
        .insert("act", acts["items"][0]["id"].as_str().unwrap().to_owned());
    // A session to end: never the one that asks.
    let email = bench.get(token, "/api/v1/session").await.ok()["email"].clone();
    let agency = if email == "admin@alpha.test" {
        bench.alpha
    } else {
        bench.beta
    };
    let spare = bench.token(agency, email.as_str().unwrap()).await;
    let own = bench.get(&spare, "/api/v1/session").await.ok();
    target
        .ids
        .insert("session", own["session"].as_str().unwrap().to_owned());
    target
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Caller {
    Anonymous,
    Garbage,
    Expired,
    Revoked,
    Suspended,
    Admin,
    /// An analyst on the own client's list.
    Analyst,
    /// An analyst on no list.
    Stranger,
    Viewer,
    Portal(PortalRole),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Own,
    OtherClient,
    OtherAgency,
    Never,
}

#[derive(Debug, PartialEq, Eq)]
enum Expect {
    Status(u16),
    /// Through the door and to the object: whatever the request itself earns.
    Allowed,
}

fn expect(caller: Caller, access: &str, whose: Whose, names_target: bool) -> Expect {
    use Expect::{Allowed, Status};
    if access == "public" {
        return Allowed;
    }
    let hidden = |visible: bool| if names_target && !visible { Status(404) } else { Allowed };
    match caller {
        Caller::Anonymous | Caller::Garbage | Caller::Expired | Caller::Revoked | Caller::Suspended => Status(401),
        Caller::Portal(_) => Status(404),
        // For the agency's own users the portal's routes do not exist; nothing here is the portal users' own client's.
        _ if access == "portal" => Status(404),
        Caller::Viewer => match access {
            "staff" | "admin" => Status(403),
            "object" | "workspace" => Status(404),
            _ => hidden(false),
        },
        Caller::Analyst | Caller::Stranger if access == "admin" => Status(403),
        Caller::Analyst => hidden(whose == Whose::Own),
        Caller::Stranger => hidden(false),
        Caller::Admin => hidden(matches!(whose, Whose::Own | Whose::OtherClient)),
    }
}

#[tokio::test]
async fn access_matrix() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let (looked, failed, routes) = matrix(&bench).await;
        checked(
            &format!("2 access matrix ({engine:?})"),
            looked,
            failed,
            routes * 10 * 4,
        );
        bench.stop().await;
    }
}

async fn matrix(bench: &Bench) -> (usize, usize, usize) {
    // Room for a workspace per route and caller.
    for agency in [bench.alpha, bench.beta] {
        admin::set_plan(&bench.admin_store, &agency.to_string(), 100_000, 100_000, 100)
            .await
            .unwrap();
    }
    let admin_token = bench.alpha_admin().await;
    let document = bench.get("", "/api/v1/openapi.json").await.ok();
    let beta_token = bench.beta_admin().await;
    let analyst = bench.user(bench.alpha, "analyst@alpha.test", Role::Analyst).await;
    let stranger = bench.user(bench.alpha, "stranger@alpha.test", Role::Analyst).await;
    let viewer = bench.user(bench.alpha, "viewer@alpha.test", Role::Viewer).await;
    let suspended = bench.user(bench.alpha, "suspended@alpha.test", Role::Admin).await;
    bench
        .plant("UPDATE agency_user SET state = 'suspended' WHERE email = 'suspended@alpha.test'")
        .await;
    let revoked = bench.alpha_admin().await;
    bench
        .write(&revoked, "DELETE", "/api/v1/session", None, Value::Null)
        .await
        .ok();
    bench.clock.set_offset(-2 * DAY_MS);
    let expired = bench.alpha_admin().await;
    bench.clock.set_offset(0);

    let foreign = workspace(bench, &beta_token, "Other agency's", "all_users", &document).await;
    let mut other = workspace(bench, &admin_token, "Other client", "admins_only", &document).await;
    let portal_client: Uuid = {
        let client = bench.client(&admin_token, "Portal client", "all_users").await;
        client["id"].as_str().unwrap().parse().unwrap()
    };
    let mut portal = Vec::new();
    for role in [PortalRole::Viewer, PortalRole::Collaborator, PortalRole::Manager] {
        let email = format!("{role:?}@client.test");
        let token = admin::portal_session(
            &bench.admin_store,
            bench.alpha,
            portal_client,
            &email,
            role,
            riskdesk::domain::access::PortalLevel::Full,
            bench.now(),
        )
        .await
        .unwrap();
        portal.push((role, token));
    }

    let routes: Vec<Route<'_>> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods
                .as_object()
                .unwrap()
                .iter()
                .map(move |(method, operation)| Route {
                    method: method.to_uppercase(),
                    path,
                    operation,
                })
        })
        .collect();
    let mut callers = vec![
        (Caller::Anonymous, None),
        (Caller::Garbage, Some("rda_garbage".to_owned())),
        (Caller::Expired, Some(expired)),
        (Caller::Revoked, Some(revoked)),
        (Caller::Suspended, Some(suspended)),
        (Caller::Viewer, Some(viewer)),
        (Caller::Stranger, Some(stranger)),
        (Caller::Analyst, Some(analyst)),
        (Caller::Admin, Some(admin_token.clone())),
    ];
    callers.extend(
        portal
            .into_iter()
            .map(|(role, token)| (Caller::Portal(role), Some(token))),
    );

    let (mut looked, mut failed) = (0, 0);
    let mut wrong = |route: &Route<'_>, caller: Caller, whose: Whose, what: String| {
        failed += 1;
        println!("{} {} as {caller:?} at {whose:?}: {what}", route.method, route.path);
    };
    let unknown = bench.get(&admin_token, "/api/v1/no-such-route").await.anonymous();
    let mut deleted = false;
    for route in &routes {
        let names_target = route.names_target(&document);
        // What an admin may delete of another client is gone for the routes that follow.
        if deleted {
            other = workspace(bench, &admin_token, "Other client", "admins_only", &document).await;
        }
        deleted = route.method == "DELETE";
        for (caller, token) in &callers {
            // A fresh workspace per caller: what one changed must not decide the next one's answer.
            let own = workspace_for(bench, &admin_token, &document).await;
            let mut answers: Vec<(Whose, Answer)> = Vec::new();
            for whose in [Whose::Never, Whose::OtherAgency, Whose::OtherClient, Whose::Own] {
                looked += 1;
                let never = Target::never();
                let target = match whose {
                    Whose::Own => &own,
                    Whose::OtherClient => &other,
                    Whose::OtherAgency => &foreign,
                    Whose::Never => &never,
                };
                let signs_out = route.path == "/api/v1/session" && route.method == "DELETE";
                let token = match (signs_out, caller) {
                    (true, Caller::Admin) => Some(bench.alpha_admin().await),
                    (true, Caller::Analyst) => Some(bench.token(bench.alpha, "analyst@alpha.test").await),
                    (true, Caller::Stranger) => Some(bench.token(bench.alpha, "stranger@alpha.test").await),
                    (true, Caller::Viewer) => Some(bench.token(bench.alpha, "viewer@alpha.test").await),
                    _ => token.clone(),
                };
                // What only its owner may touch, whoever else may open the workspace.
                let own_session = route.path.contains("{session}");
                let own_act = route.path.contains("{act}");
                let answer = route.send(bench, &document, token.as_deref(), target).await;
                match expect(*caller, route.access(), whose, names_target) {
                    Expect::Allowed if own_session => {
                        if !matches!(answer.status, 204 | 404) {
                            wrong(route, *caller, whose, format!("got {} {}", answer.status, answer.text));
                        }
                    }
                    Expect::Status(status) if own_session && status == 404 => {}
                    // All acts here are the admin's.
                    Expect::Allowed if own_act => {
                        let right = match caller {
                            Caller::Admin => matches!(answer.status, 200 | 409),
                            _ => answer.status == 404,
                        };
                        if !right {
                            wrong(route, *caller, whose, format!("got {} {}", answer.status, answer.text));
                        }
                    }
                    Expect::Status(status) if answer.status != status => {
                        wrong(
                            route,
                            *caller,
                            whose,
                            format!("expected {status}, got {} {}", answer.status, answer.text),
                        );
                    }
                    Expect::Allowed
                        if route.access() != "public" && matches!(answer.status, 401 | 403 | 404)
                            || answer.status >= 500 =>
                    {
                        wrong(
                            route,
                            *caller,
                            whose,
                            format!("expected through the door, got {} {}", answer.status, answer.text),
                        );
                    }
                    _ => {}
                }
                if matches!(caller, Caller::Portal(_)) && route.access() != "public" && answer.anonymous() != unknown {
                    wrong(
                        route,
                        *caller,
                        whose,
                        format!("not answered like an unknown route: {}", answer.text),
                    );
                }
                answers.push((whose, answer));
            }
            // What is another's reads exactly like what never was.
            let never = answers[0].1.clone();
            let alike = |a: &Answer| a.status == never.status && a.anonymous() == never.anonymous();
            if names_target && route.access() != "public" {
                for (whose, answer) in answers.iter().filter(|(w, _)| matches!(w, Whose::OtherAgency)) {
                    if !alike(answer) {
                        wrong(
                            route,
                            *caller,
                            *whose,
                            format!(
                                "{} {} differs from never issued: {} {}",
                                answer.status, answer.text, never.status, never.text
                            ),
                        );
                    }
                }
                if matches!(caller, Caller::Analyst | Caller::Stranger | Caller::Viewer) {
                    let (whose, answer) = &answers[2];
                    if !alike(answer) {
                        wrong(
                            route,
                            *caller,
                            *whose,
                            format!(
                                "{} {} differs from never issued: {} {}",
                                answer.status, answer.text, never.status, never.text
                            ),
                        );
                    }
                }
            }
        }
    }
    (looked, failed, routes.len())
}

/// The workspace that the analyst stands on the list of. Made once; remade after something archived it.
async fn workspace_for(bench: &Bench, admin: &str, document: &Value) -> Target {
    let name = format!("Own {}", Uuid::new_v4().simple());
    let target = workspace(bench, admin, &name, "admins_and_selected", document).await;
    let client = target.ids["client"].clone();
    let body = json!({ "agency_access": "admins_and_selected", "selected": ["analyst@alpha.test"] });
    bench
        .write(admin, "PUT", &format!("/api/v1/clients/{client}/access"), Some(1), body)
        .await
        .ok();
    target
}
