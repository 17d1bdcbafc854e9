//! Uploads that break off: they go on where they stopped, and what is here whole is read whoever went away.

use std::io::Cursor;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use riskdesk::api::import::{OpenBatch, PlanBatch};
use riskdesk::api::project::CreateProject;
use riskdesk::config::Config;
use riskdesk::credentials::Cache;
use riskdesk::domain::access::Role;
use riskdesk::remote::{Options, Remote, Write};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::flow::report;
use crate::support::bench::{Bench, engines};
use crate::support::desk::{ADMIN, Desk, PASSWORD};
use crate::support::findings::workspace;

/// Passes connections on and cuts the first one that has carried `cut` bytes to the server; what was carried in all.
async fn relay(server: &str, cut: u64) -> (String, Arc<AtomicU64>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = server.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let carried = Arc::new(AtomicU64::new(0));
    let (all, cuts) = (Arc::clone(&carried), Arc::new(AtomicU64::new(1)));
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let Ok(onward) = TcpStream::connect(&server).await else {
                continue;
            };
            let (all, cuts) = (Arc::clone(&all), Arc::clone(&cuts));
            tokio::spawn(async move {
                let ((mut from, mut to), (mut back, mut home)) = (client.into_split(), onward.into_split());
                let answers = tokio::spawn(async move { tokio::io::copy(&mut back, &mut to).await });
                let (mut piece, mut own) = (vec![0; 16 << 10], 0);
                while let Ok(n @ 1..) = from.read(&mut piece).await {
                    if home.write_all(&piece[..n]).await.is_err() {
                        break;
                    }
                    all.fetch_add(n as u64, Ordering::Relaxed);
                    own += n as u64;
                    if own > cut && cuts.swap(0, Ordering::Relaxed) == 1 {
                        break;
                    }
                }
                answers.abort();
            });
        }
    });
    (url, carried)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_goes_on_where_the_line_broke() {
    let desk = tokio::task::spawn_blocking(Desk::sqlite).await.unwrap();
    let body = report(0..3_000, 4, 1).into_bytes();
    let length = body.len() as u64;
    let (url, carried) = relay(&desk.url, length * 3 / 4).await;
    let remote = Remote::new(Options {
        servers: vec![url.parse().unwrap()],
        token: None,
        cache: Cache::in_memory(),
        network: Config::defaults().unwrap().network,
        read_only: false,
        slow: None,
    })
    .unwrap();
    let sign_in = riskdesk::api::session::SignIn {
        email: ADMIN.into(),
        password: PASSWORD.into(),
        agency: None,
        label: None,
    };
    remote.sign_in(&sign_in).await.unwrap();
    let create = CreateProject {
        name: "Site".into(),
        ..CreateProject::default()
    };
    let project = remote.write(&create, &Write::fresh()).await.unwrap();
    let open = OpenBatch {
        project: project.key.clone(),
        covers: Vec::new(),
    };
    let batch = remote.write(&open, &Write::fresh()).await.unwrap();
    let told = Arc::new(AtomicU64::new(0));
    let last = Arc::clone(&told);
    let file = remote
        .upload(batch.id, 0, "report.jsonl", None, Cursor::new(body), move |going| {
            last.store(going.sent, Ordering::Relaxed);
        })
        .await
        .unwrap();
    assert_eq!(
        (file.records, file.findings, file.bytes as u64),
        (12_000, 3_000, length)
    );
    assert_eq!(told.load(Ordering::Relaxed), length);
    let carried = carried.load(Ordering::Relaxed);
    assert!(carried > length && carried < length * 3 / 2, "{carried} of {length}");
    let planned = remote
        .write(&PlanBatch { batch: batch.id }, &Write::fresh())
        .await
        .unwrap();
    assert_eq!(planned.totals.unwrap().new, 3_000);
    tokio::task::spawn_blocking(move || drop(desk)).await.unwrap();
}

/// The head of an upload of so many bytes, as it goes over the line.
fn head(bench: &Bench, path: &str, token: &str, length: usize) -> String {
    let host = bench.url.trim_start_matches("http://").trim_end_matches('/');
    format!("PUT {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n")
}

async fn line(bench: &Bench) -> TcpStream {
    let host = bench.url.trim_start_matches("http://").trim_end_matches('/');
    TcpStream::connect(host).await.unwrap()
}

/// What is told of an upload, once that holds.
async fn standing(bench: &Bench, token: &str, path: &str, holds: impl Fn(&Value) -> bool) -> Value {
    let asked = async {
        loop {
            let told = bench.get(token, path).await.ok();
            if holds(&told) {
                return told;
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(1), asked)
        .await
        .unwrap()
}

#[tokio::test]
async fn what_came_is_kept_and_what_is_whole_is_read() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let other = bench.user(bench.alpha, "bo@alpha.test", Role::Admin).await;
        let project = workspace(&bench, &token, "Shop").await;
        let batch = bench
            .post(&token, "/api/v1/imports", json!({ "project": project }))
            .await
            .ok();
        let path = format!("/api/v1/imports/{}/files/0", batch["id"].as_str().unwrap());
        let body = report(0..200, 2, 1).into_bytes();
        let none = bench.get(&token, &path).await.ok();
        assert_eq!(
            (&none["received"], &none["reading"], &none["max"]),
            (&json!(0), &Value::Null, &json!(1_i64 << 30))
        );

        // A part of it comes, and its caller goes away.
        let mut half = line(&bench).await;
        half.write_all(head(&bench, &path, &token, body.len()).as_bytes())
            .await
            .unwrap();
        half.write_all(&body[..body.len() / 2]).await.unwrap();
        half.flush().await.unwrap();
        standing(&bench, &token, &path, |_| bench.desk.rooms().spooled() > 0).await;
        drop(half);
        let told = standing(&bench, &token, &path, |t| t["received"] != 0).await;
        let here = told["received"].as_u64().unwrap() as usize;
        assert!(here <= body.len() / 2);
        // Another's is another's; a wrong place is told, and the right one stays.
        assert_eq!(bench.get(&other, &path).await.ok()["received"], 0);
        let at = |from: usize| format!("{path}?name=r.jsonl&from={from}");
        let send = async |from: usize, bytes: &[u8]| {
            let request = bench.request("PUT", &at(from)).bearer_auth(&token);
            Bench::send(request.body(bytes.to_vec())).await
        };
        let refused = send(here + 1, &body[here..]).await.refused(400, "invalid_request");
        assert_eq!((&refused["field"], &refused["limit"]), (&json!("from"), &json!(here)));
        let file = send(here, &body[here..]).await.ok();
        assert_eq!((&file["records"], &file["bytes"]), (&json!(400), &json!(body.len())));
        let told = bench.get(&token, &path).await.ok();
        assert_eq!((&told["file"], &told["received"]), (&file, &json!(0)));
        assert_eq!(bench.desk.rooms().spooled(), 0);

        // All of it comes, and its caller goes away: it is read, and what came of it is told.
        for (bytes, taken) in [(body.as_slice(), true), (b"{ \"no\": \"report\" }".as_slice(), false)] {
            let path = path.replace("files/0", if taken { "files/1" } else { "files/2" });
            let mut whole = line(&bench).await;
            whole
                .write_all(head(&bench, &path, &token, bytes.len()).as_bytes())
                .await
                .unwrap();
            whole.write_all(bytes).await.unwrap();
            whole.flush().await.unwrap();
            standing(&bench, &token, &path, |t| {
                t["reading"].is_object() || t["file"].is_object() || t["refused"].is_object()
            })
            .await;
            drop(whole);
            let told = standing(&bench, &token, &path, |t| {
                t["reading"].is_null() && (t["file"].is_object() || t["refused"].is_object())
            })
            .await;
            assert_eq!(told["file"].is_object(), taken, "{told}");
            assert_eq!(told["refused"].is_object(), !taken, "{told}");
        }
        let plan = path.replace("files/0", "plan");
        let plan = bench.post(&token, &plan, json!({})).await.ok();
        assert_eq!(plan["totals"]["new"], 200);
        assert_eq!(plan["files"].as_array().unwrap().len(), 2);

        // What is kept makes way for what comes.
        let mut part = line(&bench).await;
        let fourth = path.replace("files/0", "files/4");
        part.write_all(head(&bench, &fourth, &token, body.len()).as_bytes())
            .await
            .unwrap();
        part.write_all(&body[..1000]).await.unwrap();
        standing(&bench, &token, &fourth, |_| bench.desk.rooms().spooled() > 0).await;
        drop(part);
        standing(&bench, &token, &fourth, |t| t["received"] == 1000).await;
        bench
            .write(&token, "DELETE", path.trim_end_matches("/files/0"), None, json!({}))
            .await
            .ok();
        bench.get(&token, &fourth).await.refused(404, "not_found");
        bench.stop().await;
    }
}
