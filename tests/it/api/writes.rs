//! Writes happen once (check 32), leave one audit row each (check 21), and stay within the plan under a crowd.

use riskdesk::domain::access::Role;
use riskdesk::service::admin;
use serde_json::{Value, json};

use crate::support::bench::{Bench, engines};
use crate::support::checked;

#[tokio::test]
async fn a_write_happens_once_however_often_it_is_sent() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let (mut looked, mut failed) = (0, 0);
        let mut holds = |what: &str, right: bool| {
            looked += 1;
            if !right {
                failed += 1;
                println!("{engine:?}: {what}");
            }
        };
        let body = json!({ "name": "Acme", "account_manager": "admin@alpha.test" });
        let send = |key: &'static str, body: Value| {
            let (bench, admin) = (&bench, &admin);
            async move { bench.write_as(admin, "POST", "/api/v1/clients", None, body, key).await }
        };
        let first = send("once", body.clone()).await.ok();
        let again = send("once", body.clone()).await;
        holds("the same answer again", again.status == 201 && again.json == first);
        // Ten at once with one key, from one person: one client.
        let crowd = futures::future::join_all((0..10).map(|_| {
            send(
                "crowd",
                json!({ "name": "Crowd", "account_manager": "admin@alpha.test" }),
            )
        }))
        .await;
        let ids: std::collections::BTreeSet<String> = crowd.into_iter().map(|a| a.ok()["id"].to_string()).collect();
        holds("ten sends, one client", ids.len() == 1);
        holds(
            "two clients in all",
            bench.number("SELECT COUNT(*) FROM client").await == 2,
        );
        let other = send(
            "once",
            json!({ "name": "Other", "account_manager": "admin@alpha.test" }),
        )
        .await;
        holds(
            "another body under the same key",
            other.status == 422 && other.json["code"] == "idempotency_key_reused",
        );
        // Somebody else's key is somebody else's.
        let beta = bench.beta_admin().await;
        let theirs = json!({ "name": "Acme", "account_manager": "admin@beta.test" });
        let theirs = bench
            .write_as(&beta, "POST", "/api/v1/clients", None, theirs, "once")
            .await;
        holds(
            "keys do not meet across agencies",
            theirs.status == 201 && theirs.json["id"] != first["id"],
        );
        let missing = Bench::send(bench.request("POST", "/api/v1/clients").bearer_auth(&admin).json(&body)).await;
        holds(
            "a write without a key",
            missing.status == 400 && missing.json["code"] == "idempotency_key_required",
        );
        // A refusal is not kept: mended, the same key may be tried again with the same body.
        let path = format!("/api/v1/clients/{}", first["id"].as_str().unwrap());
        let unversioned = bench.write(&admin, "PATCH", &path, None, json!({ "name": "A" })).await;
        holds("a versioned write without If-Match", unversioned.status == 428);
        // A replay is checked against the rights of now.
        let analyst = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        bench
            .write(
                &admin,
                "PUT",
                &format!("{path}/access"),
                Some(1),
                json!({ "agency_access": "all_users" }),
            )
            .await
            .ok();
        let edit = json!({ "notes": "mine" });
        let edited = bench
            .write_as(&analyst, "PATCH", &path, Some(2), edit.clone(), "edit")
            .await;
        holds("an edit", edited.status == 200);
        bench
            .write(
                &admin,
                "PUT",
                &format!("{path}/access"),
                Some(3),
                json!({ "agency_access": "admins_only" }),
            )
            .await
            .ok();
        let replay = bench.write_as(&analyst, "PATCH", &path, Some(2), edit, "edit").await;
        holds("no replay to one who may no longer see it", replay.status == 404);
        // Eight editors of one row: each version is won once, nothing is lost.
        let mut version = 4;
        for round in 0..10 {
            let edits = (0..8).map(|n| {
                bench.write(
                    &admin,
                    "PATCH",
                    &path,
                    Some(version),
                    json!({ "notes": format!("{round}.{n}") }),
                )
            });
            let answers = futures::future::join_all(edits).await;
            let won: Vec<_> = answers.iter().filter(|a| a.status == 200).collect();
            holds("one of eight wins", won.len() == 1);
            let lost = answers
                .iter()
                .filter(|a| a.status == 412)
                .all(|a| a.json["current"]["version"] == version + 1);
            holds(
                "the others see the row as it is",
                lost && answers.iter().filter(|a| a.status == 412).count() == 7,
            );
            let row = bench.get(&admin, &path).await.ok();
            holds("the winner's text stands", row["notes"] == won[0].json["notes"]);
            version += 1;
        }
        checked(&format!("32 idempotency and versions ({engine:?})"), looked, failed, 35);
        bench.stop().await;
    }
}

#[tokio::test]
async fn every_write_and_every_refusal_is_audited_once() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let analyst = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let before = bench
            .number("SELECT COUNT(*) FROM audit_event WHERE act NOT LIKE 'session.%'")
            .await;
        let (mut writes, mut refusals) = (0, 0);
        for n in 0..20 {
            let client = bench.client(&admin, &format!("Client {n}"), "admins_only").await;
            let path = format!("/api/v1/clients/{}", client["key"].as_str().unwrap());
            bench
                .write(&admin, "PATCH", &path, Some(1), json!({ "notes": "x" }))
                .await
                .ok();
            writes += 2;
            for answer in [
                bench
                    .write(&admin, "PATCH", &path, Some(1), json!({ "notes": "y" }))
                    .await,
                bench.get(&analyst, &path).await,
                bench
                    .get(&analyst, &format!("/api/v1/clients/{}", uuid::Uuid::now_v7()))
                    .await,
                bench.post(&analyst, "/api/v1/clients", json!({ "name": "No" })).await,
            ] {
                assert!(matches!(answer.status, 403 | 404 | 412), "{}", answer.text);
                refusals += 1;
            }
        }
        // The refusals' own path is asynchronous: closing the desk flushes it.
        let counts = "SELECT COUNT(*) FROM audit_event WHERE outcome = 'allowed' AND act NOT LIKE 'session.%'";
        let allowed = bench.number(counts).await - before;
        let mut refused = 0;
        for _ in 0..200 {
            refused = bench
                .number("SELECT COUNT(*) FROM audit_event WHERE outcome = 'refused' AND act NOT LIKE 'session.%'")
                .await;
            if refused >= refusals {
                break;
            }
            tokio::task::yield_now().await;
        }
        let failed = usize::from(allowed != writes) + usize::from(refused != refusals);
        assert_eq!((allowed, refused), (writes, refusals), "{engine:?}");
        // No audit, no act.
        match engine {
            crate::support::bench::Engine::Sqlite => {
                bench
                    .plant(
                        "CREATE TRIGGER no_audit BEFORE INSERT ON audit_event BEGIN SELECT RAISE(ABORT, 'full'); END",
                    )
                    .await;
            }
            crate::support::bench::Engine::Postgres => {
                bench.plant("CREATE FUNCTION no_audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'full'; END $$; CREATE TRIGGER no_audit BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION no_audit()").await;
            }
        }
        let clients = bench.number("SELECT COUNT(*) FROM client").await;
        let refused = bench
            .post(
                &admin,
                "/api/v1/clients",
                json!({ "name": "Unaudited", "account_manager": "admin@alpha.test" }),
            )
            .await;
        assert_eq!(refused.status, 500, "{}", refused.text);
        assert!(
            !refused.text.contains("full"),
            "the database's words stay in the log: {}",
            refused.text
        );
        assert_eq!(bench.number("SELECT COUNT(*) FROM client").await, clients);
        checked(
            &format!("21 audit complete ({engine:?})"),
            usize::try_from(writes + refusals).unwrap() + 1,
            failed,
            100,
        );
        bench.stop().await;
    }
}

#[tokio::test]
async fn the_last_slot_goes_to_one_of_two_hundred() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let (mut looked, mut failed) = (0, 0);
        for round in 0..5 {
            admin::set_plan(&bench.admin_store, "Alpha", round + 1, 1000, 50)
                .await
                .unwrap();
            let creates = (0..200).map(|n| {
                let body = json!({ "name": format!("Race {round} {n}"), "account_manager": "admin@alpha.test" });
                bench.post(&admin, "/api/v1/clients", body)
            });
            let answers = futures::future::join_all(creates).await;
            let made = answers.iter().filter(|a| a.status == 201).count();
            let told = answers
                .iter()
                .filter(|a| {
                    a.status == 409 && a.json["code"] == "client_limit_reached" && a.json["used"] == a.json["limit"]
                })
                .count();
            looked += answers.len();
            if made != 1 || told != 199 {
                failed += 1;
                println!("{engine:?} round {round}: {made} made, {told} told the limit");
            }
        }
        checked(&format!("35 the last client slot ({engine:?})"), looked, failed, 1000);
        bench.stop().await;
    }
}

/// Check 22: the sealed chain tells whether anything in it was changed, removed, swapped or cut off.
#[tokio::test]
async fn a_tampered_trail_is_told() {
    use riskdesk::service::seal;
    let bench = Bench::start(crate::support::bench::Engine::Sqlite).await;
    let admin = bench.alpha_admin().await;
    for n in 0..25 {
        bench.client(&admin, &format!("Client {n}"), "all_users").await;
    }
    let store = bench.desk.store();
    seal::all(store).await.unwrap();
    let whole = seal::verify(store, bench.alpha, None).await.unwrap();
    assert_eq!((whole.sealed >= 25, whole.broken_at), (true, None));
    let checkpoint = (whole.sealed, whole.head.clone());
    // Another agency's chain is its own.
    assert_eq!(seal::verify(store, bench.beta, None).await.unwrap().broken_at, None);
    let tamperings = [
        "UPDATE audit_event SET act = act || 'x' WHERE position = 7",
        "UPDATE audit_event SET actor_id = NULL WHERE position = 8",
        "UPDATE audit_event SET at = at + 1 WHERE position = 1",
        "UPDATE audit_event SET detail = '{\"x\":1}' WHERE position = 20",
        "UPDATE audit_event SET hash = zeroblob(32) WHERE position = 3",
        "DELETE FROM audit_event WHERE position = 5",
        "DELETE FROM audit_event WHERE position >= 24",
        "UPDATE audit_event SET position = CASE position WHEN 4 THEN 1004 ELSE 4 END WHERE position IN (4, 9)",
    ];
    let (looked, mut failed) = (tamperings.len(), 0);
    bench.plant("CREATE TABLE kept AS SELECT * FROM audit_event").await;
    for tampering in tamperings {
        bench.plant(tampering).await;
        let told = seal::verify(store, bench.alpha, Some(checkpoint.clone()))
            .await
            .unwrap();
        if told.broken_at.is_none() {
            failed += 1;
            println!("not told: {tampering}");
        }
        bench
            .plant("DELETE FROM audit_event; INSERT INTO audit_event SELECT * FROM kept")
            .await;
        assert_eq!(
            seal::verify(store, bench.alpha, Some(checkpoint.clone()))
                .await
                .unwrap()
                .broken_at,
            None
        );
    }
    checked("22 audit tamper", looked, failed, 8);
    bench.stop().await;
}
