//! The event stream: what changed, to those who may see it, at once, resumable, and cut when the session ends.

use futures::StreamExt as _;
use riskdesk::domain::access::Role;
use serde_json::{Value, json};

use crate::support::bench::{Bench, engines};

/// Reads one stream event by event.
pub(super) struct Reader {
    bytes: futures::stream::BoxStream<'static, Vec<u8>>,
    text: String,
}

#[derive(Debug, PartialEq)]
pub(super) struct Read {
    pub event: String,
    pub id: String,
    pub data: Value,
}

impl Reader {
    pub async fn open(bench: &Bench, token: &str, resume: Option<&str>) -> Self {
        Self::at(&bench.http, &bench.url, token, resume).await.unwrap()
    }

    /// A stream of the server at `url`; `None` where there is none.
    pub async fn at(http: &reqwest::Client, url: &str, token: &str, resume: Option<&str>) -> Option<Self> {
        let mut request = http.get(format!("{url}/api/v1/events")).bearer_auth(token);
        if let Some(id) = resume {
            request = request.header("Last-Event-ID", id);
        }
        let response = request.send().await.ok()?;
        assert_eq!(response.status(), 200);
        let bytes = response
            .bytes_stream()
            .take_while(|part| std::future::ready(part.is_ok()))
            .map(|part| part.unwrap().to_vec())
            .boxed();
        Some(Self {
            bytes,
            text: String::new(),
        })
    }

    /// The next event that names something. A change of rights may ask for a fresh look at any moment before it.
    async fn next_change(&mut self) -> Read {
        loop {
            let read = self.next().await.unwrap();
            if read.event != "resync" {
                return read;
            }
        }
    }

    /// The next event; `None` where the stream ended. Waits as long as a broken server would need to be noticed.
    pub async fn next(&mut self) -> Option<Read> {
        let wait = std::time::Duration::from_secs(30);
        loop {
            if let Some((block, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    block
                        .lines()
                        .find_map(|l| {
                            l.strip_prefix(name)
                                .map(|v| v.trim_start_matches(':').trim().to_owned())
                        })
                        .unwrap_or_default()
                };
                let read = Read {
                    event: field("event"),
                    id: field("id"),
                    data: serde_json::from_str(&field("data")).unwrap_or(Value::Null),
                };
                self.text = rest.to_owned();
                if !read.event.is_empty() {
                    return Some(read);
                }
                continue;
            }
            match tokio::time::timeout(wait, self.bytes.next())
                .await
                .expect("the stream says nothing")
            {
                Some(part) => self.text.push_str(&String::from_utf8_lossy(&part)),
                None => return None,
            }
        }
    }
}

#[tokio::test]
async fn changes_reach_those_who_may_see_them() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let analyst = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let beta = bench.beta_admin().await;
        let mut seen_by_admin = Reader::open(&bench, &admin, None).await;
        let mut seen_by_analyst = Reader::open(&bench, &analyst, None).await;
        let mut seen_by_beta = Reader::open(&bench, &beta, None).await;
        for reader in [&mut seen_by_admin, &mut seen_by_analyst, &mut seen_by_beta] {
            assert_eq!(reader.next().await.unwrap().event, "hello");
        }
        let closed = bench.client(&admin, "Closed", "admins_only").await;
        let open = bench.client(&admin, "Open", "all_users").await;
        let theirs = bench.client(&beta, "Theirs", "all_users").await;
        let first = seen_by_admin.next().await.unwrap();
        assert_eq!(
            (&first.data["topic"], &first.data["act"], &first.data["id"]),
            (&json!("client"), &json!("client.create"), &closed["id"])
        );
        assert_eq!(seen_by_admin.next().await.unwrap().data["id"], open["id"]);
        assert_eq!(
            seen_by_analyst.next_change().await.data["id"],
            open["id"],
            "the closed client says nothing to an analyst"
        );
        assert_eq!(
            seen_by_beta.next().await.unwrap().data["id"],
            theirs["id"],
            "nor does another agency"
        );

        // Resumed after the first: the second comes again, and nothing twice after it.
        let mut resumed = Reader::open(&bench, &admin, Some(&first.id)).await;
        assert_eq!(resumed.next().await.unwrap().event, "hello");
        assert_eq!(resumed.next().await.unwrap().data["id"], open["id"]);
        let project = bench.project(&admin, "Site", Some("open")).await;
        assert_eq!(resumed.next().await.unwrap().data["id"], project["id"]);
        // An id that is somebody else's, or made up, asks for a fresh start.
        for id in ["made-up", &foreign_id()] {
            let mut lost = Reader::open(&bench, &admin, Some(id)).await;
            assert_eq!(lost.next().await.unwrap().event, "resync");
        }
        // A project that leaves a client one may not open says nothing of that client.
        let hidden = bench.project(&admin, "Hidden site", Some("closed")).await;
        let at = json!([{ "project": hidden["key"], "version": hidden["version"] }]);
        let body = json!({ "projects": at, "client": "open" });
        bench.post(&admin, "/api/v1/projects/assign", body).await.ok();
        bench.client(&admin, "Last", "all_users").await;
        loop {
            let read = seen_by_analyst.next().await.unwrap();
            let text = read.data.to_string();
            assert!(!text.contains(closed["id"].as_str().unwrap()), "{text}");
            // Rights changed with the assignment: the reader is asked to look again.
            if read.event == "resync" {
                break;
            }
        }
        // A session that ends takes its streams along.
        bench
            .write(&analyst, "DELETE", "/api/v1/session", None, Value::Null)
            .await
            .ok();
        while let Some(read) = seen_by_analyst.next().await {
            assert!(matches!(read.event.as_str(), "change" | "resync"));
        }
        bench.stop().await;
    }
}

/// One look serves many streams, and each hears of what became of its own session: suspended and lowered people's end,
/// rights that changed ask for a fresh look, everybody else's go on.
#[tokio::test]
async fn each_of_many_streams_ends_with_its_own_rights() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        bench.client(&admin, "Acme", "all_users").await;
        let beta = bench.beta_admin().await;
        let mut readers = Vec::new();
        for email in ["gone@alpha.test", "lowered@alpha.test", "stays@alpha.test"] {
            let token = bench.user(bench.alpha, email, Role::Analyst).await;
            for _ in 0..20 {
                let mut reader = Reader::open(&bench, &token, None).await;
                assert_eq!(reader.next().await.unwrap().event, "hello");
                readers.push((email, reader));
            }
        }
        let mut theirs = Reader::open(&bench, &beta, None).await;
        assert_eq!(theirs.next().await.unwrap().event, "hello");
        bench
            .plant("UPDATE agency_user SET state = 'suspended' WHERE email = 'gone@alpha.test'; UPDATE agency_user SET role = 'viewer' WHERE email = 'lowered@alpha.test'")
            .await;
        for (email, reader) in &mut readers {
            if *email != "stays@alpha.test" {
                while let Some(read) = reader.next().await {
                    assert_ne!(read.event, "change", "{engine:?}: {email}");
                }
            }
        }
        // Nothing happened for the others but this.
        let access = json!({ "agency_access": "admins_only" });
        bench
            .write(&admin, "PUT", "/api/v1/clients/acme/access", Some(1), access)
            .await
            .ok();
        for (email, reader) in &mut readers {
            if *email == "stays@alpha.test" {
                assert_eq!(reader.next().await.unwrap().event, "resync", "{engine:?}");
            }
        }
        let client = bench.client(&beta, "Theirs", "all_users").await;
        assert_eq!(theirs.next().await.unwrap().data["id"], client["id"], "{engine:?}");
        bench.stop().await;
    }
}

/// An id that no server sealed.
fn foreign_id() -> String {
    "AAAA".repeat(20)
}

#[tokio::test]
async fn stopping_does_not_wait_for_streams() {
    let bench = Bench::start(crate::support::bench::Engine::Sqlite).await;
    let admin = bench.alpha_admin().await;
    let mut readers = Vec::new();
    for _ in 0..50 {
        let mut reader = Reader::open(&bench, &admin, None).await;
        assert_eq!(reader.next().await.unwrap().event, "hello");
        readers.push(reader);
    }
    bench.stop().await;
    for reader in &mut readers {
        assert_eq!(reader.next().await, None);
    }
}
