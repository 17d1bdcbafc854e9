//! How much one person, one agency and everybody may hold of the server, and what they are told who ask for more.

use std::sync::Arc;
use std::time::Duration;

use riskdesk::domain::access::Role;
use riskdesk::service::limits::Limits;
use serde_json::{Value, json};

use super::stream::Reader;
use crate::support::bench::{Answer, Bench, Engine, PASSWORD};
use crate::support::findings::workspace;

fn limits() -> Limits {
    Limits {
        requests_per_minute: 0,
        visits_per_minute: 0,
        ..Limits::default()
    }
}

/// A refusal that says when to come back.
#[track_caller]
fn come_back(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status, answer.json["code"].as_str()),
        (status, Some(code)),
        "{}",
        answer.text
    );
    assert_eq!(answer.json["retryable"], true);
    let seconds = answer.headers["retry-after"].to_str().unwrap().parse::<u64>().unwrap();
    assert_eq!(answer.json["retry_after"], seconds);
    assert!(seconds > 0);
    assert!(
        answer.headers["content-type"]
            .to_str()
            .unwrap()
            .contains("problem+json")
    );
}

/// Waits for what the server does after an answer.
async fn until(what: impl Fn() -> bool) {
    for _ in 0..100_000 {
        if what() {
            return;
        }
        tokio::task::yield_now().await;
        std::thread::yield_now();
    }
    assert!(what(), "it never came");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_are_counted_per_person_agency_and_server() {
    let bench = Bench::within(
        Engine::Sqlite,
        Limits {
            streams_per_person: 2,
            streams_per_agency: 3,
            streams: 4,
            ..limits()
        },
    )
    .await;
    let admin = bench.alpha_admin().await;
    let analyst = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
    let other = bench.beta_admin().await;
    let ask = |token: &str| bench.request("GET", "/api/v1/events").bearer_auth(token);
    let mut open = Vec::new();
    for token in [&admin, &admin] {
        open.push(Reader::open(&bench, token, None).await);
    }
    // A second session of the same person is the same person.
    let again = bench.alpha_admin().await;
    come_back(&Bench::send(ask(&again)).await, 429, "rate_limited");
    open.push(Reader::open(&bench, &analyst, None).await);
    come_back(&Bench::send(ask(&analyst)).await, 429, "rate_limited");
    // The agency's are taken; another agency still gets the last one of all.
    let _theirs = Reader::open(&bench, &other, None).await;
    come_back(&Bench::send(ask(&other)).await, 503, "unavailable");
    // A stream that ends gives its place back.
    open.remove(0);
    until(|| bench.desk.rooms().streams_open() == 3).await;
    let _back = Reader::open(&bench, &again, None).await;
    bench.stop().await;
}

async fn upload(bench: &Bench, token: &str, project: &str, body: impl Into<reqwest::Body>) -> Answer {
    let batch = bench
        .post(token, "/api/v1/imports", json!({ "project": project }))
        .await
        .ok();
    let at = format!("/api/v1/imports/{}/files/0?name=r.jsonl", batch["id"].as_str().unwrap());
    Bench::send(bench.request("PUT", &at).bearer_auth(token).body(body)).await
}

/// A report of Nuclei of about this many bytes.
fn report(bytes: usize) -> String {
    let line = json!({
        "template-id": "t-1", "info": { "name": "Template", "severity": "high", "description": "x".repeat(1000) }, "type": "http",
        "host": "h.test", "matched-at": "https://h.test/a", "timestamp": "2026-03-01T10:00:00Z",
    })
    .to_string();
    vec![line; bytes / 1000].join("\n")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn uploads_are_bounded_each_and_together() {
    let bench = Bench::within(
        Engine::Sqlite,
        Limits {
            upload_bytes: 200_000,
            spool_bytes_per_agency: 300_000,
            spool_bytes: 400_000,
            ..limits()
        },
    )
    .await;
    let admin = bench.alpha_admin().await;
    let other = bench.beta_admin().await;
    let project = workspace(&bench, &admin, "Acme").await;
    let theirs = workspace(&bench, &other, "Theirs").await;
    upload(&bench, &admin, &project, report(20_000)).await.ok();
    upload(&bench, &admin, &project, report(400_000))
        .await
        .refused(413, "payload_too_large");
    assert_eq!(bench.desk.rooms().spooled(), 0, "what was refused holds nothing");
    // An upload that stays open holds what it has sent.
    let (send, body) = tokio::sync::mpsc::channel::<Result<Vec<u8>, std::io::Error>>(8);
    let body = reqwest::Body::wrap_stream(futures::stream::unfold(body, |mut body| async move {
        body.recv().await.map(|piece| (piece, body))
    }));
    let slow = upload(&bench, &admin, &project, body);
    let rest = async {
        send.send(Ok(report(150_000).into_bytes())).await.unwrap();
        until(|| bench.desk.rooms().spooled() > 150_000).await;
        come_back(
            &upload(&bench, &admin, &project, report(150_000)).await,
            429,
            "rate_limited",
        );
        // Another agency has room of its own, as long as there is some in all.
        upload(&bench, &other, &theirs, report(20_000)).await.ok();
        let held = bench
            .desk
            .rooms()
            .spool(bench.beta.0)
            .map(|mut room| room.grow(150_000).map(|()| room));
        let held = held.unwrap().unwrap();
        come_back(
            &upload(&bench, &other, &theirs, report(90_000)).await,
            503,
            "unavailable",
        );
        drop(held);
        drop(send);
    };
    let (slow, ()) = tokio::join!(slow, rest);
    slow.ok();
    until(|| bench.desk.rooms().spooled() == 0).await;
    bench.stop().await;
}

#[tokio::test]
async fn decoders_are_counted_and_waited_for() {
    let bench = Bench::within(
        Engine::Sqlite,
        Limits {
            decoders: 1,
            decoder_wait: Duration::ZERO,
            ..limits()
        },
    )
    .await;
    let admin = bench.alpha_admin().await;
    let project = workspace(&bench, &admin, "Acme").await;
    let turn = bench.desk.rooms().decoder().await.unwrap();
    come_back(
        &upload(&bench, &admin, &project, report(2_000)).await,
        503,
        "unavailable",
    );
    drop(turn);
    upload(&bench, &admin, &project, report(2_000)).await.ok();
    bench.stop().await;
}

#[tokio::test]
async fn requests_are_counted_per_person_and_visits_per_address() {
    let bench = Bench::within(
        Engine::Sqlite,
        Limits {
            requests_per_minute: 1,
            requests_burst: 3,
            visits_per_minute: 1,
            visits_burst: 4,
            ..Limits::default()
        },
    )
    .await;
    let admin = bench.alpha_admin().await;
    let analyst = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
    let header = |answer: &Answer, name: &str| answer.headers[name].to_str().unwrap().parse::<u64>().unwrap();
    for remaining in [2, 1, 0] {
        let answer = bench.get(&admin, "/api/v1/session").await;
        assert_eq!(answer.status, 200);
        let told = (
            header(&answer, "ratelimit-limit"),
            header(&answer, "ratelimit-remaining"),
        );
        assert_eq!(told, (3, remaining));
        assert!(header(&answer, "ratelimit-reset") > 0);
    }
    let refused = bench.get(&admin, "/api/v1/session").await;
    come_back(&refused, 429, "rate_limited");
    assert_eq!(header(&refused, "ratelimit-remaining"), 0);
    // Another session of the same person is the same person; another person is not; nor is who visits.
    let again = bench.alpha_admin().await;
    come_back(&bench.get(&again, "/api/v1/clients").await, 429, "rate_limited");
    bench.get(&analyst, "/api/v1/session").await.ok();
    let sign_in = async || {
        let body = json!({ "email": "admin@alpha.test", "password": PASSWORD });
        Bench::send(bench.request("POST", "/api/v1/session").json(&body)).await
    };
    assert_eq!(header(&sign_in().await, "ratelimit-remaining"), 3);
    assert_eq!(bench.get("rda_made-up", "/api/v1/session").await.status, 401);
    let bare = Bench::send(bench.request("GET", "/api/v1/clients")).await;
    assert_eq!((bare.status, header(&bare, "ratelimit-remaining")), (401, 1));
    let refresh = bench
        .request("POST", "/api/v1/session/refresh")
        .json(&json!({ "refresh_token": "x" }));
    Bench::send(refresh).await.refused(401, "session_revoked");
    for answer in [sign_in().await, bench.get("rda_made-up", "/api/v1/session").await] {
        come_back(&answer, 429, "rate_limited");
    }
    // Whoever has a session does not suffer from what comes from the same address without one.
    bench.get(&analyst, "/api/v1/session").await.ok();
    bench.stop().await;
}

/// A crowd that signs in is let in few at a time; the rest is sent away before its guess counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crowd_of_sign_ins_is_sent_away_uncounted() {
    let bench = Arc::new(
        Bench::within(
            Engine::Sqlite,
            Limits {
                passwords_at_once: 1,
                passwords_waiting: 2,
                ..limits()
            },
        )
        .await,
    );
    let turns: Vec<_> = (0..3).map(|_| bench.desk.passwords().turn().unwrap()).collect();
    let sign_in = async || {
        let body = json!({ "email": "admin@alpha.test", "password": PASSWORD });
        Bench::send(bench.request("POST", "/api/v1/session").json(&body)).await
    };
    come_back(&sign_in().await, 503, "unavailable");
    assert_eq!(bench.number("SELECT COUNT(*) FROM sign_in_guard").await, 0);
    drop(turns);
    let many = futures::future::join_all((0..30).map(|_| sign_in())).await;
    let count = |status| many.iter().filter(|a| a.status == status).count();
    assert!(count(200) >= 1, "{}", many[0].text);
    assert_eq!(count(200) + count(503) + count(429), many.len());
    Arc::into_inner(bench).unwrap().stop().await;
}

/// The audit trail names whom a trusted proxy names, and the proxy itself where none is trusted.
#[test]
fn the_address_behind_a_trusted_proxy_is_recorded() {
    use crate::support::desk::{ADMIN, Desk, Engine};
    for (trusted, expected) in [("127.0.0.0/8, ::1", "198.51.100.7"), ("", "127.0.0.1")] {
        let desk = Desk::with(&Engine::Sqlite, &[("RISKDESK_SERVE_TRUSTED_PROXIES", trusted)]);
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let status = runtime.block_on(async {
            let body: Value = json!({ "email": ADMIN, "password": crate::support::desk::PASSWORD });
            let request = reqwest::Client::new()
                .post(format!("{}/api/v1/session", desk.url))
                .header("X-Forwarded-For", "203.0.113.1, 198.51.100.7")
                .json(&body);
            request.send().await.unwrap().status().as_u16()
        });
        assert_eq!(status, 200);
        let path = desk.database.trim_start_matches("sqlite:").to_owned();
        let seen: String = runtime.block_on(async {
            use sqlx::Connection as _;
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            let mut conn = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
            sqlx::query_scalar("SELECT address FROM audit_event WHERE act = 'session.open'")
                .fetch_one(&mut conn)
                .await
                .unwrap()
        });
        assert_eq!(seen, expected, "trusted: {trusted:?}");
    }
}
