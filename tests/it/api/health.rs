//! What supervisors and Prometheus ask: lives, can answer, figures; and who is told them.

use riskdesk::server::proxies::Proxies;
use riskdesk::server::{Options, Server};
use riskdesk::service::Desk;
use riskdesk::service::clock::Clock;
use riskdesk::store::Store;

use crate::support::bench::{Bench, Engine, engines};

const TOKEN: &str = "a token for figures alone";

#[tokio::test]
async fn ready_means_that_requests_can_be_answered() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        for path in ["/health", "/ready"] {
            assert_eq!(bench.get("", path).await.ok()["status"], "ok", "{engine:?}");
        }
        // Another build has migrated the database meanwhile.
        bench
            .plant("INSERT INTO schema_migration (name, digest, applied_at) VALUES ('9999_later', 'x', 0)")
            .await;
        let why = bench.get("", "/ready").await.refused(503, "unavailable");
        assert!(why["detail"].as_str().unwrap().contains("newer riskdesk"), "{why}");
        bench
            .plant("DELETE FROM schema_migration WHERE name = '9999_later'")
            .await;
        bench.get("", "/ready").await.ok();
        // The database is gone; the process is not.
        bench.desk.store().close().await;
        let why = bench.get("", "/ready").await.refused(503, "unavailable");
        assert!(why["detail"].as_str().unwrap().contains("database"), "{why}");
        bench.get("", "/health").await.ok();
    }
}

#[tokio::test]
async fn figures_name_routes_and_nobody() {
    let bench = Bench::start(Engine::Sqlite).await;
    let admin = bench.alpha_admin().await;
    let client = bench.client(&admin, "Secret Client", "all_users").await;
    let key = client["key"].as_str().unwrap();
    bench.get(&admin, &format!("/api/v1/clients/{key}")).await.ok();
    bench
        .get(&admin, "/api/v1/clients/nobody")
        .await
        .refused(404, "not_found");
    bench.get(&admin, "/made/up").await.refused(404, "not_found");
    let text = bench.get("", "/metrics").await.text;
    for line in [
        "riskdesk_requests_total{route=\"/api/v1/clients/{client}\",method=\"GET\",class=\"2xx\"} 1",
        "riskdesk_requests_total{route=\"/api/v1/clients/{client}\",method=\"GET\",class=\"4xx\"} 1",
        "riskdesk_requests_total{route=\"none\",method=\"GET\",class=\"4xx\"} 1",
        "riskdesk_request_duration_seconds_count{route=\"/api/v1/clients/{client}\",method=\"GET\"} 2",
        "riskdesk_event_streams_open 0",
        "riskdesk_import_children 0",
        concat!("riskdesk_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    }
    for secret in [key, client["id"].as_str().unwrap(), "Secret", "nobody", "made"] {
        assert!(!text.contains(secret), "{secret} in\n{text}");
    }
    // Each line is a comment or a name, labels and a number.
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        let (name, value) = line.rsplit_once(' ').unwrap();
        assert!(name.starts_with("riskdesk_") && value.parse::<f64>().is_ok(), "{line}");
    }
    bench.stop().await;
}

/// Whoever comes through a proxy is not this machine, declared or not; the token opens from everywhere.
#[tokio::test]
async fn figures_are_for_this_machine_or_the_token() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let dir = tempfile::tempdir().unwrap();
    for (n, trusted) in [vec![], vec!["127.0.0.1".to_owned()]].into_iter().enumerate() {
        let url = format!("sqlite:{}", dir.path().join(format!("{n}.db")).display());
        let desk = Desk::new(Store::open(&url).await.unwrap(), Clock::system(), None)
            .await
            .unwrap();
        let options = Options {
            proxies: Proxies::read(&trusted).unwrap(),
            metrics_token: Some(TOKEN.into()),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server::start_with(desk, listener, options).await.unwrap();
        let at = format!("http://{}/metrics", server.address);
        let http = reqwest::Client::new();
        let ask = async |headers: &[(&str, &str)]| {
            let mut request = http.get(&at);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            request.send().await.unwrap().status().as_u16()
        };
        let bearer = format!("Bearer {TOKEN}");
        let away = ("x-forwarded-for", "198.51.100.1");
        assert_eq!(ask(&[]).await, 200);
        assert_eq!(ask(&[away]).await, 404);
        assert_eq!(ask(&[("x-forwarded-for", "127.0.0.1")]).await, 404);
        assert_eq!(ask(&[("forwarded", "for=127.0.0.1")]).await, 404);
        assert_eq!(ask(&[away, ("authorization", "Bearer something else")]).await, 404);
        assert_eq!(ask(&[away, ("authorization", &bearer)]).await, 200);
        server.stop().await;
    }
}
