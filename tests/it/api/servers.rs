//! Several servers over one database, and one that comes back: what happens at one is told by all, in order, once; what is
//! due is done once; a write sent to both happens once.

use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rand::RngExt as _;
use riskdesk::domain::time::DAY_MS;
use riskdesk::service::{admin, job, seal};
use riskdesk::store::event::{self, NewEvent};
use riskdesk::store::{self, Scope};
use serde_json::{Value, json};
use tokio::sync::Barrier;

use super::stream::Reader;
use crate::support::bench::{Bench, Engine, engines};
use crate::support::checked;
use crate::support::findings::{finding, step, workspace};

/// A bench on PostgreSQL, where there is one.
async fn postgres() -> Option<Bench> {
    if engines().contains(&Engine::Postgres) {
        Some(Bench::start(Engine::Postgres).await)
    } else {
        None
    }
}

#[tokio::test]
async fn what_happens_at_one_server_is_told_by_the_other() {
    const CHANGES: usize = 20;
    let Some(bench) = postgres().await else { return };
    let other = bench.beside().await;
    let admin = bench.alpha_admin().await;
    let mut reader = Reader::at(&bench.http, &other.url, &admin, None).await.unwrap();
    assert_eq!(reader.next().await.unwrap().event, "hello");
    let mut slowest = Duration::ZERO;
    let mut failed = 0;
    for n in 0..CHANGES {
        let project = bench.project(&admin, &format!("Project {n}"), None).await;
        let from = Instant::now();
        failed += usize::from(reader.next().await.unwrap().data["id"] != project["id"]);
        slowest = slowest.max(from.elapsed());
    }
    let name = format!(
        "a change through one of two servers at the other (slowest {} ms)",
        slowest.as_millis()
    );
    checked(&name, CHANGES, failed, 20);
    other.stop().await;
    bench.stop().await;
}

/// Two acts of different agencies overlap: the one whose event has the lower number commits last. A stream that has gone
/// past that number would never tell of it.
#[tokio::test]
async fn no_event_is_overtaken_for_good_by_a_later_one_that_commits_first() {
    let Some(bench) = postgres().await else { return };
    let tokens = [bench.alpha_admin().await, bench.beta_admin().await];
    let mut readers = Vec::new();
    for token in &tokens {
        let mut reader = Reader::open(&bench, token, None).await;
        assert_eq!(reader.next().await.unwrap().event, "hello");
        readers.push(reader);
    }
    let told = || {
        vec![NewEvent {
            topic: "agency".into(),
            act: "test",
            object: None,
            project: None,
            client: None,
        }]
    };
    let (started, is_started) = tokio::sync::oneshot::channel();
    let (go, may_go) = tokio::sync::oneshot::channel();
    let (wrote, has_written) = tokio::sync::oneshot::channel();
    let (end, may_end) = tokio::sync::oneshot::channel();
    let now = bench.now();
    // Beta's transaction is the older one, …
    let (store, beta) = (bench.desk.store().clone(), bench.beta);
    let second = tokio::spawn(async move {
        let scope = Scope::job(beta);
        let work = store.write::<_, store::Error, _>(&scope, move |tx| {
            Box::pin(async move {
                let touch = store::Sql::new("UPDATE agency SET name = name WHERE agency_id = $1");
                tx.run(touch).await?;
                started.send(()).unwrap();
                may_go.await.unwrap();
                event::write(tx, told(), now).await
            })
        });
        work.await.unwrap();
    });
    is_started.await.unwrap();
    // … Alpha's takes its number first, and ends later.
    let (store, alpha) = (bench.desk.store().clone(), bench.alpha);
    let first = tokio::spawn(async move {
        let scope = Scope::job(alpha);
        let work = store.write::<_, store::Error, _>(&scope, move |tx| {
            Box::pin(async move {
                event::write(tx, told(), now).await?;
                wrote.send(()).unwrap();
                may_end.await.unwrap();
                Ok(())
            })
        });
        work.await.unwrap();
    });
    has_written.await.unwrap();
    go.send(()).unwrap();
    // Either Beta's waits for Alpha's to end, or its event is told before.
    let waiting = "SELECT COUNT(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let mut early = false;
    while bench.number(waiting).await == 0 {
        if second.is_finished() {
            assert_eq!(readers[1].next().await.unwrap().data["act"], "test");
            early = true;
            break;
        }
        tokio::task::yield_now().await;
    }
    end.send(()).unwrap();
    first.await.unwrap();
    second.await.unwrap();
    bench.desk.wake();
    assert_eq!(readers[0].next().await.unwrap().data["act"], "test");
    if !early {
        assert_eq!(readers[1].next().await.unwrap().data["act"], "test");
    }
    bench.stop().await;
}

/// What one reader of check 31 knows.
#[derive(Default)]
struct Known {
    place: Option<String>,
    /// How often each change was applied.
    applied: HashMap<String, usize>,
    resyncs: usize,
}

/// Reads until it has seen `want` more changes, or the last one, or the stream ends.
async fn follow(reader: &mut Reader, known: &mut Known, want: usize, last: &str) {
    let mut seen = 0;
    while seen < want {
        let Some(read) = reader.next().await else { return };
        if read.event == "resync" {
            known.resyncs += 1;
        }
        known.place = Some(read.id);
        if read.event == "change" && read.data["act"] == "project.create" {
            seen += 1;
            let id = read.data["id"].as_str().unwrap().to_owned();
            let end = id == *last;
            *known.applied.entry(id).or_default() += 1;
            if end {
                return;
            }
        }
    }
}

/// Check 31's figures.
const READERS: usize = 10;
const DROPS: usize = 52;

/// Where the servers are, how many streams were dropped, and the last change of each agency once there is one.
#[derive(Default)]
struct Field {
    urls: Mutex<Vec<String>>,
    drops: AtomicUsize,
    last: Mutex<[String; 2]>,
}

/// One reader: opens a stream at any server where it was, reads a little, drops it; after its share of drops it reads to
/// the end.
async fn reads(field: Arc<Field>, http: reqwest::Client, token: String, agency: usize, begun: Arc<Barrier>) -> Known {
    let mut known = Known::default();
    let mut dropped = 0;
    loop {
        let (url, few) = {
            let urls = field.urls.lock().unwrap();
            let mut rng = rand::rng();
            (urls[rng.random_range(0..urls.len())].clone(), rng.random_range(0..4))
        };
        let Some(mut reader) = Reader::at(&http, &url, &token, known.place.as_deref()).await else {
            tokio::task::yield_now().await;
            continue;
        };
        if known.place.is_none() {
            known.place = Some(reader.next().await.unwrap().id);
            begun.wait().await;
        }
        if dropped < DROPS {
            follow(&mut reader, &mut known, few, "").await;
            dropped += 1;
            field.drops.fetch_add(1, Ordering::Relaxed);
            continue;
        }
        let last = field.last.lock().unwrap()[agency].clone();
        if known.applied.contains_key(&last) {
            return known;
        }
        let want = if last.is_empty() { 1 } else { usize::MAX };
        follow(&mut reader, &mut known, want, &last).await;
    }
}

/// Check 31: streams that are dropped at random places, again and again, while changes come in through every server and a
/// server is restarted: nothing is missed unless the reader is told to look again, nothing is told twice.
#[tokio::test]
async fn dropped_streams_miss_nothing_and_hear_nothing_twice() {
    for engine in engines() {
        let mut bench = Bench::start(engine).await;
        for agency in [bench.alpha, bench.beta] {
            admin::set_plan(&bench.admin_store, &agency.to_string(), 1000, 100_000, 100)
                .await
                .unwrap();
        }
        let other = match engine {
            Engine::Postgres => Some(bench.beside().await),
            Engine::Sqlite => None,
        };
        let tokens = [bench.alpha_admin().await, bench.beta_admin().await];
        let field: Arc<Field> = Arc::default();
        let publish = |bench: &Bench| {
            let urls = std::iter::once(&bench.url).chain(other.iter().map(|o| &o.url));
            *field.urls.lock().unwrap() = urls.cloned().collect();
        };
        publish(&bench);
        let begun = Arc::new(Barrier::new(READERS + 1));
        let readers: Vec<_> = (0..READERS)
            .map(|n| {
                let token = tokens[n % 2].clone();
                tokio::spawn(reads(field.clone(), bench.http.clone(), token, n % 2, begun.clone()))
            })
            .collect();
        begun.wait().await;
        let create = async |bench: &Bench, n: usize| {
            let urls = field.urls.lock().unwrap().clone();
            let path = format!("{}/api/v1/projects", urls[n / 2 % urls.len()]);
            let body = json!({ "name": format!("Project {n}") });
            let project = bench.post(&tokens[n % 2], &path, body).await.ok();
            project["id"].as_str().unwrap().to_owned()
        };
        let dropped = || field.drops.load(Ordering::Relaxed);
        let mut made = [HashSet::new(), HashSet::new()];
        let (mut n, mut restarted) = (0, false);
        while dropped() < READERS * DROPS {
            made[n % 2].insert(create(&bench, n).await);
            n += 1;
            if !restarted && dropped() >= READERS * DROPS / 2 {
                bench.restart().await;
                publish(&bench);
                restarted = true;
            }
        }
        for n in [0, 1] {
            let last = create(&bench, n).await;
            made[n].insert(last.clone());
            field.last.lock().unwrap()[n] = last;
            // For a reader that had the last one before it was known to be it.
            create(&bench, n).await;
        }
        let (mut missed, mut twice, mut resyncs, mut told) = (0, 0, 0, 0);
        for (n, reader) in readers.into_iter().enumerate() {
            let known = reader.await.unwrap();
            resyncs += known.resyncs;
            told += known.applied.len();
            twice += known.applied.values().filter(|times| **times > 1).count();
            if known.resyncs == 0 {
                missed += made[n % 2].iter().filter(|id| !known.applied.contains_key(*id)).count();
            }
        }
        assert!(restarted && resyncs < READERS / 2);
        let name = format!(
            "31 streams dropped at random ({engine:?}, {told} changes told, {resyncs} times told to look again)"
        );
        checked(&name, dropped(), missed + twice, 500);
        if let Some(other) = other {
            other.stop().await;
        }
        bench.stop().await;
    }
}

/// Work that is due, housekeeping and the audit trail's chain with two servers at them at the same time.
#[tokio::test]
async fn two_servers_do_what_is_due_once_and_keep_one_chain() {
    const DUE: usize = 30;
    let Some(bench) = postgres().await else { return };
    let other = bench.beside().await;
    let admin = bench.alpha_admin().await;
    let project = workspace(&bench, &admin, "Acme").await;
    for n in 0..DUE {
        let row = finding(&bench, &admin, &project, json!({ "title": format!("Finding {n}") })).await;
        let until = json!({ "notes": "Signed by the board.", "until": bench.now().plus_days(5) });
        step(&bench, &admin, &row, "risk_accepted", until).await.ok();
    }
    bench.clock.set_offset(6 * DAY_MS);
    let rounds = (0..4).map(|n| job::run_due(if n % 2 == 0 { &bench.desk } else { &other.desk }));
    for ran in futures::future::join_all(rounds).await {
        ran.unwrap();
    }
    // Acts at both, while both seal.
    bench.clock.set_offset(0);
    let admin = bench.alpha_admin().await;
    let acts = (0..40).map(|n| {
        let path = format!("{}/api/v1/projects", if n % 2 == 0 { &bench.url } else { &other.url });
        let (bench, admin) = (&bench, &admin);
        async move {
            bench
                .post(admin, &path, json!({ "name": format!("Project {n}") }))
                .await
                .ok()
        }
    });
    let sealing = (0..40).map(|n| {
        seal::all(if n % 2 == 0 {
            bench.desk.store()
        } else {
            other.desk.store()
        })
    });
    let (_, sealed) = tokio::join!(futures::future::join_all(acts), futures::future::join_all(sealing));
    let refused = sealed.iter().filter(|s| s.is_err()).count();
    while bench
        .number("SELECT COUNT(*) FROM audit_event WHERE position IS NULL")
        .await
        > 0
    {
        seal::all(other.desk.store()).await.unwrap();
    }
    let chain = seal::verify(bench.desk.store(), bench.alpha, None).await.unwrap();
    let rows = "SELECT COUNT(*) FROM audit_event";
    let ended = "SELECT COUNT(*) FROM audit_event WHERE act = 'finding.end_acceptance'";
    let open = "SELECT COUNT(*) FROM finding WHERE status = 'open'";
    let house = "SELECT COUNT(*) FROM job WHERE kind = 'housekeeping'";
    let left = "SELECT COUNT(*) FROM job WHERE kind <> 'housekeeping'";
    let wrong = [
        bench.number(ended).await != DUE as i64,
        bench.number(open).await != DUE as i64,
        bench.number(house).await != 2,
        bench.number(left).await != 0,
        chain.broken_at.is_some(),
        refused > 0,
    ];
    assert!(chain.sealed > 0 && chain.sealed <= bench.number(rows).await);
    let failed = wrong.iter().filter(|w| **w).count();
    checked(
        &format!("two servers: due once, one chain {wrong:?}"),
        DUE + wrong.len(),
        failed,
        36,
    );
    other.stop().await;
    bench.stop().await;
}

/// The same request with the same key at both servers at once: one object, and one answer.
#[tokio::test]
async fn a_write_sent_to_two_servers_happens_once() {
    const WRITES: usize = 40;
    let Some(bench) = postgres().await else { return };
    let other = bench.beside().await;
    let admin = bench.alpha_admin().await;
    let mut failed = 0;
    for n in 0..WRITES {
        let key = format!("key {n}");
        let body = json!({ "name": format!("Project {n}") });
        let send = |url: &str| {
            let (bench, admin, key, body) = (&bench, &admin, &key, body.clone());
            let path = format!("{url}/api/v1/projects");
            async move { bench.write_as(admin, "POST", &path, None, body, key).await }
        };
        let (one, two) = tokio::join!(send(&bench.url), send(&other.url));
        let ids: HashSet<Value> = [one, two]
            .into_iter()
            .filter(|answer| answer.json["code"] != "in_progress")
            .map(|answer| answer.ok()["id"].clone())
            .collect();
        // Whoever came too early asks again, anywhere.
        let again = send(&bench.url).await.ok()["id"].clone();
        failed += usize::from(ids != HashSet::from([again]));
    }
    let made = bench.number("SELECT COUNT(*) FROM project").await;
    checked(
        "a write with one key at two servers",
        WRITES,
        failed + usize::from(made != WRITES as i64),
        40,
    );
    other.stop().await;
    bench.stop().await;
}
