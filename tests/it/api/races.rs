//! What two requests at the same moment, a repeated one, or one that comes too late must not get.

use riskdesk::domain::access::{PortalLevel, PortalRole, Role};
use riskdesk::service::admin;
use riskdesk::store::{Error, Scope, comment, finding as rows};
use serde_json::{Value, json};

use crate::support::bench::{Answer, Bench, Engine, engines};
use crate::support::checked;
use crate::support::findings::{finding, path, step, workspace};

/// Moves projects, each over the version it has now.
async fn assign(bench: &Bench, token: &str, projects: &[&Value], client: Option<&str>, key: &str) -> Answer {
    let named: Vec<Value> = projects
        .iter()
        .map(|p| json!({ "project": p["id"], "version": p["version"] }))
        .collect();
    let body = json!({ "projects": named, "client": client });
    bench
        .write_as(token, "POST", "/api/v1/projects/assign", None, body, key)
        .await
}

/// The plan's counter is what it counts, whoever archives a client while projects are made in it and moved to it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn archiving_counts_the_projects_that_are_there() {
    const ROUNDS: usize = 20;
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let (mut looked, mut failed) = (0, 0);
        for round in 0..ROUNDS {
            let client = bench.client(&admin, &format!("Client {round}"), "all_users").await;
            let name = client["key"].as_str().unwrap();
            let loose = bench.project(&admin, &format!("Loose {round}"), None).await;
            let archive = format!("/api/v1/clients/{name}/archive");
            let makes = (0..3).map(|n| {
                let body = json!({ "name": format!("Project {n}"), "client": name });
                bench.post(&admin, "/api/v1/projects", body)
            });
            let (loose, move_key) = ([&loose], format!("move {round}"));
            let (archived, made, moved) = tokio::join!(
                bench.write(&admin, "POST", &archive, client["version"].as_i64(), json!({})),
                futures::future::join_all(makes),
                assign(&bench, &admin, &loose, Some(name), &move_key),
            );
            let all = made.iter().chain([&archived, &moved]);
            let odd = all.filter(|a| !matches!(a.status, 200 | 201 | 409 | 503)).count();
            let counted = bench
                .number("SELECT projects_used FROM agency WHERE name = 'Alpha'")
                .await;
            let there = bench
                .number(
                    "SELECT COUNT(*) FROM project p LEFT JOIN client c ON c.agency_id = p.agency_id AND c.id = p.client_id \
                     WHERE c.state IS NULL OR c.state <> 'archived'",
                )
                .await;
            looked += 2;
            failed += usize::from(counted != there) + odd;
            if counted != there || odd > 0 {
                println!("{engine:?} round {round}: counted {counted}, there are {there}; {odd} odd answers");
            }
        }
        checked(
            &format!("35 archive against create and move ({engine:?})"),
            looked,
            failed,
            2 * ROUNDS,
        );
        bench.stop().await;
    }
}

/// A repeats B and B repeats A, said at the same moment: one of the two stands.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_findings_never_repeat_each_other() {
    const ROUNDS: usize = 25;
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let project = workspace(&bench, &admin, "Acme").await;
        let mut failed = 0;
        for round in 0..ROUNDS {
            let one = finding(&bench, &admin, &project, json!({})).await;
            let two = finding(&bench, &admin, &project, json!({})).await;
            let (first, second) = tokio::join!(
                step(
                    &bench,
                    &admin,
                    &one,
                    "duplicate",
                    json!({ "of": two["key"], "notes": "Same." })
                ),
                step(
                    &bench,
                    &admin,
                    &two,
                    "duplicate",
                    json!({ "of": one["key"], "notes": "Same." })
                ),
            );
            let won = [&first, &second].iter().filter(|a| a.status == 200).count();
            let circles = bench
                .number(
                    "SELECT COUNT(*) FROM finding a JOIN finding b ON b.agency_id = a.agency_id AND b.id = a.duplicate_of \
                     WHERE b.duplicate_of IS NOT NULL",
                )
                .await;
            if won != 1 || circles != 0 {
                failed += 1;
                println!(
                    "{engine:?} round {round}: {won} won, {circles} chains: {} {}",
                    first.text, second.text
                );
            }
        }
        checked(&format!("duplicates in parallel ({engine:?})"), ROUNDS, failed, ROUNDS);
        bench.stop().await;
    }
}

/// A decision that was made while the client wrote does not unsay that it wrote.
#[tokio::test]
async fn a_decision_keeps_who_wrote_last() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let project = workspace(&bench, &admin, "Acme").await;
        let made = finding(&bench, &admin, &project, json!({})).await;
        let id: riskdesk::domain::id::FindingId = made["id"].as_str().unwrap().parse().unwrap();
        let scope = Scope::job(bench.alpha);
        let read: Result<_, Error> = bench
            .desk
            .store()
            .read(&scope, |tx| Box::pin(async move { rows::find(tx, "", id.0).await }))
            .await;
        let seen = read.unwrap().unwrap();
        let saved: Result<bool, Error> = bench
            .desk
            .store()
            .write(&scope, move |tx| {
                Box::pin(async move {
                    comment::set_client_wrote_last(tx, id, true).await?;
                    let all = [rows::Decided {
                        id,
                        seen: seen.version,
                        decided: seen.decided.clone(),
                    }];
                    Ok(rows::save(tx, &all).await?.len() == 1)
                })
            })
            .await;
        assert!(saved.unwrap());
        let flags = "SELECT COUNT(*) FROM finding WHERE client_wrote_last";
        assert_eq!(bench.number(flags).await, 1, "{engine:?}");
        bench.stop().await;
    }
}

/// An unassigned project goes back to those of creator, lead and team who could open it where it was.
#[tokio::test]
async fn unassigning_gives_nothing_back_to_those_who_lost_the_client() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let creator = bench.user(bench.alpha, "creator@alpha.test", Role::Analyst).await;
        let lead = bench.user(bench.alpha, "lead@alpha.test", Role::Analyst).await;
        let member = bench.user(bench.alpha, "member@alpha.test", Role::Analyst).await;
        let mover = bench.user(bench.alpha, "mover@alpha.test", Role::Analyst).await;
        let client = bench.client(&admin, "Acme", "all_users").await;
        let body = json!({ "name": "Shop", "client": "acme", "lead": "lead@alpha.test", "team": ["member@alpha.test", "mover@alpha.test"] });
        let project = bench.post(&creator, "/api/v1/projects", body).await.ok();
        let access = format!("/api/v1/clients/{}/access", client["key"].as_str().unwrap());
        let list =
            json!({ "agency_access": "admins_and_selected", "selected": ["member@alpha.test", "mover@alpha.test"] });
        bench
            .write(&admin, "PUT", &access, client["version"].as_i64(), list)
            .await
            .ok();
        assign(&bench, &mover, &[&project], None, "unassign").await.ok();
        let at = format!("/api/v1/projects/{}", project["id"].as_str().unwrap());
        for (who, token, status) in [
            ("creator", &creator, 404),
            ("lead", &lead, 404),
            ("member", &member, 200),
            ("mover", &mover, 200),
            ("admin", &admin, 200),
        ] {
            assert_eq!(bench.get(token, &at).await.status, status, "{engine:?}: {who}");
        }
        // A creator who may open the client keeps it, whoever moves it.
        let kept = bench.project(&mover, "Kept", Some("acme")).await;
        assign(&bench, &admin, &[&kept], None, "admin unassigns").await.ok();
        let at = format!("/api/v1/projects/{}", kept["id"].as_str().unwrap());
        bench.get(&mover, &at).await.ok();
        bench.stop().await;
    }
}

/// The stored answer of an act on many projects is given again to whoever may still open all of them.
#[tokio::test]
async fn an_act_on_many_is_not_told_again_to_one_who_lost_some() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let analyst = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        bench.client(&admin, "Open", "all_users").await;
        bench.client(&admin, "Closed", "admins_only").await;
        let one = bench.project(&analyst, "One", Some("open")).await;
        let two = bench.project(&analyst, "Two", Some("open")).await;
        let both = [&one, &two];
        let first = assign(&bench, &analyst, &both, None, "both").await.ok();
        assert_eq!(assign(&bench, &analyst, &both, None, "both").await.ok(), first);
        let now = bench
            .get(&admin, &format!("/api/v1/projects/{}", two["id"].as_str().unwrap()))
            .await
            .ok();
        assign(&bench, &admin, &[&now], Some("closed"), "away").await.ok();
        assign(&bench, &analyst, &both, None, "both")
            .await
            .refused(404, "not_found");
        bench.stop().await;
    }
}

/// There is no work to take in a client that was put away, however it is asked for.
#[tokio::test]
async fn next_takes_nothing_from_an_archived_client() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let project = workspace(&bench, &admin, "Acme").await;
        finding(&bench, &admin, &project, json!({})).await;
        let version = bench.get(&admin, "/api/v1/clients/acme").await.ok()["version"].as_i64();
        bench
            .write(&admin, "POST", "/api/v1/clients/acme/archive", version, json!({}))
            .await
            .ok();
        for q in ["", "client:acme", &format!("project:{project}")] {
            let taken = bench.post(&admin, "/api/v1/queue/next", json!({ "q": q })).await;
            assert!(taken.json["item"].is_null(), "{engine:?} {q:?}: {}", taken.text);
        }
        assert_eq!(bench.number("SELECT COUNT(*) FROM claim").await, 0);
        bench.stop().await;
    }
}

/// A token that nobody issued is answered while the one writer is busy.
#[tokio::test]
async fn a_made_up_refresh_token_does_not_wait_for_the_writer() {
    let bench = Bench::start(Engine::Sqlite).await;
    let (begun, has_begun) = tokio::sync::oneshot::channel();
    let (go_on, wait) = tokio::sync::oneshot::channel::<()>();
    let store = bench.desk.store().clone();
    let scope = Scope::job(bench.alpha);
    let busy = tokio::spawn(async move {
        let held: Result<(), Error> = store
            .write(&scope, move |_| {
                Box::pin(async move {
                    let _ = begun.send(());
                    let _ = wait.await;
                    Ok(())
                })
            })
            .await;
        held.unwrap();
    });
    has_begun.await.unwrap();
    for token in ["rdr_made-up", ""] {
        let body = json!({ "refresh_token": token });
        let request = bench.request("POST", "/api/v1/session/refresh").json(&body);
        Bench::send(request).await.refused(401, "session_revoked");
    }
    assert!(!busy.is_finished());
    go_on.send(()).unwrap();
    busy.await.unwrap();
    bench.stop().await;
}

/// Whoever tries the agency's routes with a portal token is found in the audit trail.
#[tokio::test]
async fn portal_tokens_on_agency_routes_are_recorded() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let client = bench.client(&admin, "Acme", "all_users").await;
        let token = admin::portal_session(
            &bench.admin_store,
            bench.alpha,
            client["id"].as_str().unwrap().parse().unwrap(),
            "pia@acme.test",
            PortalRole::Manager,
            PortalLevel::Full,
            bench.now(),
        )
        .await
        .unwrap();
        let routes = ["/api/v1/clients", "/api/v1/findings", "/api/v1/events"];
        for route in routes {
            bench.get(&token, route).await.refused(404, "not_found");
        }
        let upload = format!("/api/v1/imports/{}/files/0", uuid::Uuid::now_v7());
        let put = bench.request("PUT", &upload).bearer_auth(&token).body("{}");
        Bench::send(put).await.refused(404, "not_found");
        let mut seen = 0;
        for _ in 0..400 {
            seen = bench
                .number("SELECT COUNT(*) FROM audit_event WHERE actor_kind = 'portal' AND outcome = 'refused'")
                .await;
            if seen == 4 {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(seen, 4, "{engine:?}");
        bench.stop().await;
    }
}

/// What a sheet says a move would change is what it changes.
#[tokio::test]
async fn a_dry_run_counts_the_due_dates_that_change() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let project = workspace(&bench, &admin, "Acme").await;
        for name in ["Same days", "Strict"] {
            bench.client(&admin, name, "all_users").await;
        }
        bench
            .plant("UPDATE client SET days_high = 2 WHERE key = 'strict'")
            .await;
        // Released, released with a date set by hand, not released, and one whose days are the same everywhere.
        for (severity, release, by_hand) in [
            ("high", true, false),
            ("high", true, true),
            ("high", false, false),
            ("low", true, false),
        ] {
            let row = finding(&bench, &admin, &project, json!({ "severity": severity })).await;
            if release {
                bench
                    .write(&admin, "POST", &path(&row, "/release"), Some(1), json!({}))
                    .await
                    .ok();
            }
            if by_hand {
                let edit = json!({ "due_at": bench.now().plus_days(99) });
                bench.write(&admin, "PATCH", &path(&row, ""), Some(2), edit).await.ok();
            }
        }
        let shown = bench.get(&admin, &format!("/api/v1/projects/{project}")).await.ok();
        let sheet = async |client: Option<&str>, dry_run: bool| {
            let named = json!([{ "project": shown["id"], "version": shown["version"] }]);
            let body = json!({ "projects": named, "client": client, "dry_run": dry_run });
            let answer = bench.post(&admin, "/api/v1/projects/assign", body).await.ok();
            answer["moves"][0]["due_dates_recomputed"].clone()
        };
        assert_eq!(sheet(None, true).await, 0);
        // The sentence names the client: a date that stays the same gets another reason, and is written.
        assert_eq!(sheet(Some("strict"), true).await, 1);
        let before = bench
            .number("SELECT COUNT(*) FROM finding_history WHERE act = 'finding.due'")
            .await;
        assert_eq!(sheet(Some("strict"), false).await, 1);
        let after = bench
            .number("SELECT COUNT(*) FROM finding_history WHERE act = 'finding.due'")
            .await;
        assert_eq!(after - before, 1, "{engine:?}");
        bench.stop().await;
    }
}
