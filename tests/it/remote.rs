//! The client's side of the network: addresses that fail over, writes that happen once, a stream that comes back.

use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::{Stream, StreamExt as _};
use riskdesk::api::project::{CreateProject, ListProjects};
use riskdesk::api::session::{RevokeSession, SignIn, WhoAmI};
use riskdesk::config::{Config, Network};
use riskdesk::credentials::Cache;
use riskdesk::remote::{self, Incoming, Options, Remote, Write};

use crate::support::between::Between;
use crate::support::checked;
use crate::support::desk::{ADMIN, Desk, Engine, PASSWORD};

fn network() -> Network {
    Config::defaults().unwrap().network
}

/// A client that keeps its session in memory.
fn client(servers: &[&str], network: Network) -> Remote {
    sharing(Cache::in_memory(), servers, network)
}

fn sharing(cache: Cache, servers: &[&str], network: Network) -> Remote {
    let _ = rustls::crypto::ring::default_provider().install_default();
    Remote::new(Options {
        servers: servers.iter().map(|s| s.parse().unwrap()).collect(),
        token: None,
        cache,
        network,
        read_only: false,
        slow: None,
    })
    .unwrap()
}

async fn signed_in(servers: &[&str], network: Network) -> Remote {
    let remote = client(servers, network);
    sign_in(&remote, ADMIN).await;
    remote
}

async fn sign_in(remote: &Remote, email: &str) {
    let request = SignIn {
        email: email.into(),
        password: PASSWORD.into(),
        agency: None,
        label: None,
    };
    remote.sign_in(&request).await.unwrap();
}

/// One cache is shared by all that run in a profile: when it comes to hold somebody else's session, nobody goes on as them.
#[tokio::test]
async fn another_persons_session_in_the_cache_is_not_gone_on_with() {
    let desk = Desk::sqlite();
    desk.add_user("bo@agency.test", "analyst");
    for signs_out in [false, true] {
        let cache = Cache::in_memory();
        let ann = sharing(cache.clone(), &[&desk.url], network());
        let other = sharing(cache, &[&desk.url], network());
        sign_in(&ann, ADMIN).await;
        let session = ann.call(&WhoAmI {}).await.unwrap().session;
        if signs_out {
            other.sign_out().await.unwrap();
            assert!(matches!(ann.call(&WhoAmI {}).await, Err(remote::Error::SignInNeeded)));
        }
        sign_in(&other, "bo@agency.test").await;
        if !signs_out {
            let elsewhere = signed_in(&[&desk.url], network()).await;
            let end = RevokeSession { session: session.0 };
            elsewhere.write(&end, &Write::fresh()).await.unwrap();
        }
        for _ in 0..2 {
            let answer = ann.call(&WhoAmI {}).await;
            assert!(matches!(answer, Err(remote::Error::SignInNeeded)), "{answer:?}");
        }
        assert_eq!(other.call(&WhoAmI {}).await.unwrap().email, "bo@agency.test");
        sign_in(&ann, ADMIN).await;
        assert_eq!(ann.call(&WhoAmI {}).await.unwrap().email, ADMIN);
    }
}

#[tokio::test]
async fn the_next_address_is_tried_where_one_does_not_answer() {
    let desk = Desk::sqlite();
    let remote = signed_in(&["http://127.0.0.1:9", &desk.url], network()).await;
    assert_eq!(remote.call(&WhoAmI {}).await.unwrap().email, ADMIN);
    assert_eq!(remote.server().to_string(), desk.url);
}

#[tokio::test]
async fn a_server_that_is_gone_is_unreachable_and_not_an_answer() {
    let remote = client(
        &["http://127.0.0.1:9"],
        Network {
            retries: 1,
            ..network()
        },
    );
    assert!(matches!(
        remote.call(&WhoAmI {}).await,
        Err(remote::Error::SignInNeeded)
    ));
    assert!(matches!(remote.probe().await, Err(remote::Error::Unreachable(_))));
}

#[tokio::test]
async fn writes_whose_answers_are_lost_happen_once() {
    const WRITES: usize = 40;
    let desk = Desk::sqlite();
    let between = Between::to(&desk.url);
    let remote = signed_in(&[&between.url], network()).await;
    between.seen.lose_one_in.store(3, Ordering::Relaxed);
    let mut keys = Vec::new();
    for n in 0..WRITES {
        let request = CreateProject {
            name: format!("Project {n}"),
            ..CreateProject::default()
        };
        keys.push(remote.write(&request, &Write::fresh()).await.unwrap().key);
    }
    between.seen.lose_one_in.store(0, Ordering::Relaxed);
    let request = ListProjects {
        limit: Some(200),
        ..ListProjects::default()
    };
    let there = remote.call(&request).await.unwrap().items;
    let lost = between.seen.lost.load(Ordering::Relaxed);
    let missing = keys.iter().filter(|key| !there.iter().any(|p| p.key == **key)).count();
    checked(
        &format!("writes with {lost} lost answers"),
        WRITES,
        missing + there.len().abs_diff(WRITES),
        WRITES,
    );
    assert!(lost >= WRITES / 3, "too few answers were lost");
}

#[tokio::test]
async fn read_only_sends_nothing() {
    let desk = Desk::sqlite();
    let home = desk.admin();
    let ran = home.run(&["--read-only", "project", "create", "--name", "Shop", "--json"]);
    assert_eq!(ran.problem(4)["code"], "forbidden");
    assert_eq!(
        home.run(&["project", "list", "--json"]).json()["items"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
}

/// The next thing a stream brings that is wanted.
async fn next(stream: &mut (impl Stream<Item = Incoming> + Unpin), wanted: impl Fn(&Incoming) -> bool) -> Incoming {
    let found = async {
        loop {
            let incoming = stream.next().await.expect("the stream ended");
            if wanted(&incoming) {
                return incoming;
            }
        }
    };
    tokio::time::timeout(Duration::from_mins(1), found)
        .await
        .expect("nothing of that kind came")
}

fn is_change(act: &str) -> impl Fn(&Incoming) -> bool {
    move |incoming| matches!(incoming, Incoming::Change(event) if event.act == act)
}

#[tokio::test]
async fn the_stream_brings_what_others_do_and_comes_back_after_a_restart() {
    let mut desk = Desk::sqlite();
    let between = Between::to(&desk.url);
    let remote = signed_in(&[&between.url], network()).await;
    let home = desk.admin();
    let mut events = remote.events();
    next(&mut events, |i| *i == Incoming::Up).await;
    home.run(&["project", "create", "--name", "One", "--json"]).json();
    next(&mut events, is_change("project.create")).await;

    // Stopping does not wait for open streams, and what happened meanwhile is not lost: told, or told to ask again.
    assert!(desk.stop(), "the server did not stop by itself");
    next(&mut events, |i| matches!(i, Incoming::Down(_))).await;
    desk.start();
    let home = desk.admin();
    home.run(&["project", "create", "--name", "Two", "--json"]).json();
    desk.url.clone_into(&mut between.seen.server.lock().unwrap());
    next(&mut events, |i| *i == Incoming::Up).await;
    next(&mut events, |i| {
        *i == Incoming::Resync || is_change("project.create")(i)
    })
    .await;
    home.run(&["project", "create", "--name", "Three", "--json"]).json();
    next(&mut events, is_change("project.create")).await;
}

#[tokio::test]
async fn a_stream_that_falls_silent_is_given_up() {
    let desk = Desk::sqlite();
    let between = Between::to(&desk.url);
    let remote = signed_in(
        &[&between.url],
        Network {
            heartbeat_seconds: 1,
            ..network()
        },
    )
    .await;
    let mut events = remote.events();
    next(&mut events, |i| *i == Incoming::Up).await;
    // The server's heartbeat is slower than this reader's patience.
    let down = next(&mut events, |i| matches!(i, Incoming::Down(_))).await;
    assert_eq!(down, Incoming::Down("the server fell silent".into()));
    next(&mut events, |i| *i == Incoming::Up).await;
}

#[tokio::test]
async fn a_revoked_session_ends_the_stream() {
    let desk = Desk::sqlite();
    let remote = signed_in(&[&desk.url], network()).await;
    let who = remote.call(&WhoAmI {}).await.unwrap();
    let mut events = remote.events();
    next(&mut events, |i| *i == Incoming::Up).await;
    assert_eq!(
        desk.admin().run(&["session", "revoke", &who.session.to_string()]).code,
        0
    );
    next(&mut events, |i| *i == Incoming::SignInNeeded).await;
    assert!(events.next().await.is_none());
}

/// A server that takes connections and says nothing is left like one that is gone: by calls, writes and the stream.
#[tokio::test]
async fn a_server_that_hangs_is_left_for_the_next() {
    let Some(owner) = crate::support::postgres() else {
        return;
    };
    let desk = tokio::task::spawn_blocking(|| Desk::over(&Engine::Postgres(owner)))
        .await
        .unwrap();
    let hangs = desk.beside("127.0.0.1:0");
    let hasty = Network {
        answer_seconds: 2,
        heartbeat_seconds: 2,
        ..network()
    };
    let remote = signed_in(&[&hangs.url, &desk.url], hasty).await;
    let mut events = remote.events();
    next(&mut events, |i| *i == Incoming::Up).await;
    rustix::process::kill_process(hangs.pid(), rustix::process::Signal::STOP).unwrap();
    let request = CreateProject {
        name: "Elsewhere".into(),
        ..CreateProject::default()
    };
    remote.write(&request, &Write::fresh()).await.unwrap();
    assert_eq!(remote.server().to_string(), desk.url);
    next(&mut events, |i| matches!(i, Incoming::Down(_))).await;
    next(&mut events, is_change("project.create")).await;
    assert_eq!(remote.call(&ListProjects::default()).await.unwrap().items.len(), 1);
}

/// Check 31: SIGTERM with 200 open streams.
#[tokio::test]
async fn a_server_told_to_stop_does_not_wait_for_two_hundred_streams() {
    const STREAMS: usize = 200;
    let mut over = vec![Engine::Sqlite];
    over.extend(crate::support::postgres().map(Engine::Postgres));
    let (mut count, mut failed, mut slowest) = (0, 0, Duration::ZERO);
    for engine in over {
        let more = [("RISKDESK_LIMITS_STREAMS_PER_PERSON", "300")];
        let mut desk = tokio::task::spawn_blocking(move || Desk::with(&engine, &more))
            .await
            .unwrap();
        let remote = signed_in(&[&desk.url], network()).await;
        let mut streams = Vec::new();
        for _ in 0..STREAMS {
            let mut events = remote.events();
            next(&mut events, |i| *i == Incoming::Up).await;
            streams.push(events);
        }
        let (stopped, took) = tokio::task::spawn_blocking(move || {
            let from = std::time::Instant::now();
            (desk.stop(), from.elapsed())
        })
        .await
        .unwrap();
        slowest = slowest.max(took);
        // Three seconds are the promise; the rest is for a machine that runs every other test at the same time.
        failed += usize::from(!stopped || took > Duration::from_secs(8));
        for events in &mut streams {
            next(events, |i| matches!(i, Incoming::Down(_))).await;
            count += 1;
        }
    }
    let name = format!(
        "31 SIGTERM with {STREAMS} open streams (slowest {} ms)",
        slowest.as_millis()
    );
    checked(&name, count, failed, STREAMS);
}
