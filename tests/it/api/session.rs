//! Sign-in and tokens: rotation, lost answers, replays (check 12), lockout, rights that change at once.

use riskdesk::domain::access::Role;
use serde_json::{Value, json};

use crate::support::bench::{Bench, PASSWORD, engines};
use crate::support::checked;

async fn sign_in(bench: &Bench, password: &str) -> crate::support::bench::Answer {
    let body = json!({ "email": "Admin@Alpha.test", "password": password });
    Bench::send(bench.request("POST", "/api/v1/session").json(&body)).await
}

async fn refresh(bench: &Bench, token: &Value) -> crate::support::bench::Answer {
    Bench::send(
        bench
            .request("POST", "/api/v1/session/refresh")
            .json(&json!({ "refresh_token": token })),
    )
    .await
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test]
async fn rotation_survives_lost_answers_and_punishes_replays() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let (mut looked, mut failed) = (0, 0);
        let mut holds = |what: &str, right: bool| {
            looked += 1;
            if !right {
                failed += 1;
                println!("{engine:?}: {what}");
            }
        };
        let first = sign_in(&bench, PASSWORD).await.ok();
        let works = |token: String| {
            let bench = &bench;
            async move { bench.get(&token, "/api/v1/session").await.status == 200 }
        };
        holds(
            "the first access token works",
            works(text(&first["access_token"]).to_owned()).await,
        );

        // The answer to a renewal is lost twice: the old token still renews, and what was lost never works.
        let lost = refresh(&bench, &first["refresh_token"]).await.ok();
        let lost_again = refresh(&bench, &first["refresh_token"]).await.ok();
        let second = refresh(&bench, &first["refresh_token"]).await.ok();
        holds(
            "a lost access token is dead",
            !works(text(&lost["access_token"]).to_owned()).await,
        );
        holds(
            "a lost refresh token differs",
            lost_again["refresh_token"] != second["refresh_token"],
        );
        holds(
            "the old access token still works until it expires",
            works(text(&first["access_token"]).to_owned()).await,
        );
        holds(
            "the renewed access token works",
            works(text(&second["access_token"]).to_owned()).await,
        );

        // Now the successor has been used: the old one is a replay and ends everything.
        let replay = refresh(&bench, &first["refresh_token"]).await;
        holds(
            "a replay is refused",
            replay.status == 401 && replay.json["code"] == "session_revoked",
        );
        holds(
            "a replay ends the session",
            !works(text(&second["access_token"]).to_owned()).await,
        );
        holds(
            "a replay ends the refresh token",
            refresh(&bench, &second["refresh_token"]).await.status == 401,
        );
        let audited = bench
            .number("SELECT COUNT(*) FROM audit_event WHERE act = 'session.replay' AND outcome = 'refused'")
            .await;
        holds("a replay is audited", audited == 1);

        // A refresh token counts as use as well: chain without any access.
        let mut current = sign_in(&bench, PASSWORD).await.ok();
        for _ in 0..5 {
            let next = refresh(&bench, &current["refresh_token"]).await.ok();
            let after = refresh(&bench, &next["refresh_token"]).await.ok();
            holds("the one before last is a replay", true);
            current = after;
        }
        let family = sign_in(&bench, PASSWORD).await.ok();
        let one = refresh(&bench, &family["refresh_token"]).await.ok();
        let two = refresh(&bench, &one["refresh_token"]).await.ok();
        holds(
            "two generations back is a replay",
            refresh(&bench, &family["refresh_token"]).await.status == 401,
        );
        holds(
            "and ends the newest",
            refresh(&bench, &two["refresh_token"]).await.status == 401,
        );
        holds(
            "an access token does not renew",
            refresh(&bench, &current["access_token"]).await.status == 401,
        );
        holds(
            "a refresh token opens nothing",
            !works(text(&current["refresh_token"]).to_owned()).await,
        );

        // Time: access for 15 minutes, renewal for 24 hours.
        bench.clock.set_offset(15 * 60_000 + 1_000);
        holds(
            "an access token ends after 15 minutes",
            !works(text(&current["access_token"]).to_owned()).await,
        );
        bench.clock.set_offset(23 * 3_600_000);
        let late = refresh(&bench, &current["refresh_token"]).await.ok();
        holds(
            "renewal works for a day",
            works(text(&late["access_token"]).to_owned()).await,
        );
        bench.clock.set_offset(24 * 3_600_000 + 60_000);
        holds(
            "and no longer",
            refresh(&bench, &late["refresh_token"]).await.status == 401,
        );
        bench.clock.set_offset(0);
        checked(&format!("12 rotation and replay ({engine:?})"), looked, failed, 20);
        bench.stop().await;
    }
}

#[tokio::test]
async fn guesses_are_slowed_down_and_say_nothing() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let body = json!({ "email": "nobody@nowhere.test", "password": "a wrong password" });
        let unknown = Bench::send(bench.request("POST", "/api/v1/session").json(&body)).await;
        let wrong = sign_in(&bench, "a wrong password").await;
        assert_eq!((unknown.status, unknown.anonymous()), (wrong.status, wrong.anonymous()));
        let mut tries = 1;
        while sign_in(&bench, "a wrong password").await.status == 401 {
            tries += 1;
            assert!(tries < 20, "no lock after {tries} guesses");
        }
        assert_eq!(tries, 5, "guesses that cost no wait");
        // The right password does not help while locked, and the answer says when to come back.
        let locked = sign_in(&bench, PASSWORD).await;
        let wait = locked.headers["retry-after"].to_str().unwrap().parse::<i64>().unwrap();
        locked.refused(429, "locked");
        bench.clock.set_offset((wait + 1) * 1000);
        sign_in(&bench, PASSWORD).await.ok();
        bench.clock.set_offset(0);
        // A day of patient guessing: never more than a hundred.
        let mut guesses = 0;
        let mut at = 3_600_000;
        while at < 25 * 3_600_000 {
            bench.clock.set_offset(at);
            let answer = sign_in(&bench, "a wrong password").await;
            match answer
                .headers
                .get("retry-after")
                .map(|v| v.to_str().unwrap().parse::<i64>().unwrap())
            {
                Some(wait) => at += wait * 1000,
                None => guesses += 1,
            }
        }
        assert!((5..=100).contains(&guesses), "{guesses} guesses in a day");
        bench.stop().await;
    }
}

#[tokio::test]
async fn rights_change_on_the_next_request() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let client = bench.client(&admin, "Acme", "all_users").await;
        let path = format!("/api/v1/clients/{}", client["key"].as_str().unwrap());
        let analyst = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        assert_eq!(bench.get(&analyst, &path).await.status, 200);
        let access = json!({ "agency_access": "admins_only" });
        bench
            .write(&admin, "PUT", &format!("{path}/access"), Some(1), access)
            .await
            .ok();
        bench.get(&analyst, &path).await.refused(404, "not_found");
        assert_eq!(bench.get(&analyst, "/api/v1/clients").await.ok()["items"], json!([]));
        let access = json!({ "agency_access": "admins_and_selected", "selected": ["ANA@alpha.test"] });
        bench
            .write(&admin, "PUT", &format!("{path}/access"), Some(2), access)
            .await
            .ok();
        assert_eq!(bench.get(&analyst, &path).await.status, 200);
        bench
            .plant("UPDATE agency_user SET role = 'viewer' WHERE email = 'ana@alpha.test'")
            .await;
        bench.get(&analyst, &path).await.refused(404, "not_found");
        bench.get(&analyst, "/api/v1/users").await.refused(403, "forbidden");
        bench
            .plant("UPDATE agency_user SET state = 'suspended' WHERE email = 'ana@alpha.test'")
            .await;
        bench
            .get(&analyst, "/api/v1/session")
            .await
            .refused(401, "session_revoked");
        bench.stop().await;
    }
}

/// A crowd of guesses is no faster than a queue of them, and the trail knows of those at a real account.
#[tokio::test]
async fn guesses_in_parallel_are_counted_one_by_one() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let guesses = (0..40).map(|_| sign_in(&bench, "a wrong password"));
        let answers = futures::future::join_all(guesses).await;
        let looked_at = answers.iter().filter(|a| a.status == 401).count();
        assert_eq!(looked_at, 5, "{engine:?}: guesses that were looked at");
        assert!(answers.iter().all(|a| matches!(a.status, 401 | 429)));
        // The right password while locked is not looked at either.
        sign_in(&bench, PASSWORD).await.refused(429, "locked");
        let failures = "SELECT COUNT(*) FROM audit_event WHERE act = 'session.open' AND outcome = 'refused'";
        while bench.number(failures).await < 5 {
            tokio::task::yield_now().await;
        }
        bench.stop().await;
    }
}

/// A person of two agencies goes from one to the other: what belongs to either is never in the other's session.
#[tokio::test]
async fn a_session_goes_on_in_another_agency() {
    let (mut looked, mut failed) = (0, 0);
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let mut holds = |what: &str, right: bool| {
            looked += 1;
            if !right {
                failed += 1;
                println!("{engine:?}: {what}");
            }
        };
        let here = bench.alpha_admin().await;
        bench.client(&here, "Acme", "all_users").await;
        // The same person, with less to say there.
        bench.user(bench.beta, "admin@alpha.test", Role::Viewer).await;
        let before = bench.get(&here, "/api/v1/session").await.ok();
        let agencies = bench.get(&here, "/api/v1/sessions/agencies").await.ok();
        let names: Vec<(&str, bool)> = agencies["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|of| (text(&of["agency"]["name"]), of["current"].as_bool().unwrap()))
            .collect();
        holds(
            "both are listed",
            names.len() == 2 && names.contains(&("Alpha", true)) && names.contains(&("Beta", false)),
        );
        let switch = |token: String, agency: String| {
            let bench = &bench;
            async move {
                bench
                    .post(&token, "/api/v1/sessions/switch", json!({ "agency": agency }))
                    .await
            }
        };
        for agency in ["Gamma", "alpha", "", "00000000-0000-4000-8000-000000000000"] {
            holds(agency, switch(here.clone(), agency.to_owned()).await.status == 400);
        }
        holds(
            "a refusal changes nothing",
            bench.get(&here, "/api/v1/session").await.status == 200,
        );
        let there = switch(here.clone(), "beta".into()).await.ok();
        let token = text(&there["access_token"]).to_owned();
        holds("the role is the one there", there["who"]["role"] == "viewer");
        holds(
            "the agency is the other",
            there["who"]["agency"]["id"] == json!(bench.beta),
        );
        holds(
            "nothing of the one is in the other",
            !bench
                .get(&token, "/api/v1/clients")
                .await
                .json
                .to_string()
                .contains("Acme"),
        );
        holds(
            "the session before has ended",
            bench.get(&here, "/api/v1/session").await.status == 401,
        );
        holds("it is another session", there["who"]["session"] != before["session"]);
        let first = bench.token(bench.alpha, "admin@alpha.test").await;
        let stranger = bench.beta_admin().await;
        holds(
            "others cannot come along",
            switch(stranger, "Alpha".into()).await.status == 400,
        );
        // Each agency's trail tells its own side.
        let acts = bench.get(&first, "/api/v1/audit?limit=20").await.ok();
        let acts: Vec<&str> = acts["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|a| text(&a["act"]))
            .collect();
        holds("the end is in the trail", acts.contains(&"session.close"));
        let back = switch(token, bench.alpha.to_string()).await.ok();
        holds(
            "it lasts no longer for that",
            back["refresh_expires_at"] == there["refresh_expires_at"],
        );
        holds(
            "back again",
            bench
                .get(text(&back["access_token"]), "/api/v1/clients")
                .await
                .json
                .to_string()
                .contains("Acme"),
        );
    }
    checked("sessions that go on elsewhere", looked, failed, 16);
}
