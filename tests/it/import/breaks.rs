//! Check 24: imports that are broken off at any moment, by real processes: the server is killed or told to end, or who
//! asked goes away. Whatever happens, an import is there whole or not at all, and a second try with the same key makes
//! it happen once. On SQLite its findings and places follow in parts of twenty: once it is decided, the server goes on with them.
//!
//! `RISKDESK_TEST_BREAKS=50000x40` runs so many rounds with so many records each, `50000x40@postgres` on one database alone;
//! the standard run is smaller.

use std::time::{Duration, Instant};

use reqwest::Method;
use riskdesk::service::job;
use serde_json::{Value, json};

use super::flow::{self, line};
use crate::support::bench::{self, Bench};
use crate::support::checked;
use crate::support::desk::{ADMIN, Desk, Engine, PASSWORD, engines};

/// Places of each finding.
const PLACES: u32 = 5;

/// Records of an import, and rounds; and the databases it is done on.
fn size() -> (u32, usize, Vec<Engine>) {
    let said = std::env::var("RISKDESK_TEST_BREAKS").unwrap_or_default();
    let (size, only) = said.split_once('@').unwrap_or((&said, ""));
    let (records, rounds) = size
        .split_once('x')
        .and_then(|(records, rounds)| Some((records.parse().ok()?, rounds.parse().ok()?)))
        .unwrap_or((1_000, 9));
    let mut engines = engines();
    engines.retain(|engine| format!("{engine:?}").to_lowercase().starts_with(only));
    (records, rounds, engines)
}

fn report(records: u32) -> String {
    (0..records).map(|n| line(n / PLACES, n % PLACES, "high", 1)).collect()
}

/// Of half of the findings some places: what a project knows before a report comes in that knows more.
fn half(records: u32) -> (String, i64, i64) {
    let (findings, places) = (records / PLACES / 2, PLACES / 2);
    let lines = (0..findings * places).map(|n| line(n / places, n % places, "high", 1));
    (lines.collect(), i64::from(findings), i64::from(findings * places))
}

/// What breaks in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Break {
    Kill,
    Terminate,
    /// The caller goes away.
    Disconnect,
}

const BREAKS: [Break; 3] = [Break::Kill, Break::Terminate, Break::Disconnect];

/// What an import takes, one request each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Open,
    Upload,
    Plan,
    Apply,
}

const STEPS: [Step; 4] = [Step::Open, Step::Upload, Step::Plan, Step::Apply];

/// Someone who imports a report, remembers how far it came, and sends again what got no answer.
struct Importer {
    http: reqwest::Client,
    token: String,
    project: String,
    /// For every step the same however often it is sent.
    keys: [String; 4],
    batch: String,
    plan: Value,
}

impl Importer {
    fn new(http: &reqwest::Client, token: &str, project: &str) -> Self {
        Self {
            http: http.clone(),
            token: token.to_owned(),
            project: project.to_owned(),
            keys: [(); 4].map(|()| uuid::Uuid::new_v4().to_string()),
            batch: String::new(),
            plan: Value::Null,
        }
    }

    fn request(&self, url: &str, step: Step, report: &str) -> reqwest::RequestBuilder {
        let at = format!("{url}/api/v1/imports");
        let (method, path) = match step {
            Step::Open => (Method::POST, at),
            Step::Upload => (Method::PUT, format!("{at}/{}/files/0?name=report", self.batch)),
            Step::Plan => (Method::POST, format!("{at}/{}/plan", self.batch)),
            Step::Apply => (Method::POST, format!("{at}/{}/apply", self.batch)),
        };
        let request = self
            .http
            .request(method, path)
            .bearer_auth(&self.token)
            .header("Idempotency-Key", &self.keys[step as usize]);
        match step {
            Step::Open => request.json(&json!({ "project": self.project })),
            Step::Upload => request.body(report.to_owned()),
            Step::Plan => request.json(&json!({})),
            Step::Apply => request.json(&json!({ "plan_id": self.plan })),
        }
    }

    async fn send(request: reqwest::RequestBuilder) -> reqwest::Result<(u16, Value)> {
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.json().await?))
    }

    /// Takes in what a step was answered with.
    fn heard(&mut self, step: Step, answer: &Value) {
        match step {
            Step::Open => answer["id"].as_str().unwrap().clone_into(&mut self.batch),
            Step::Plan => self.plan = answer["plan_id"].clone(),
            Step::Upload | Step::Apply => {}
        }
    }

    /// Takes the import back.
    async fn take_back(&self, url: &str) {
        let batch = format!("{url}/api/v1/imports/{}", self.batch);
        let (_, shown) = Self::send(self.http.get(batch).bearer_auth(&self.token)).await.unwrap();
        let act = format!("{url}/api/v1/acts/{}/undo", shown["act"].as_str().unwrap());
        let request = self.http.post(act).bearer_auth(&self.token).json(&json!({}));
        let request = request.header("Idempotency-Key", uuid::Uuid::new_v4().to_string());
        let (status, answer) = Self::send(request).await.unwrap();
        assert!(status < 300, "{answer}");
    }

    /// Sends a step until it is done: what is being done already is waited for.
    async fn finish(&mut self, url: &str, step: Step, report: &str) -> Value {
        let until = Instant::now() + Duration::from_mins(2);
        loop {
            let (status, answer) = Self::send(self.request(url, step, report)).await.unwrap();
            if status < 300 {
                self.heard(step, &answer);
                return answer;
            }
            assert!(answer["retryable"] == true, "{step:?}: {status} {answer}");
            assert!(Instant::now() < until, "{step:?} never comes to an end: {answer}");
        }
    }
}

async fn signed_in(http: &reqwest::Client, url: &str) -> String {
    let body = json!({ "email": ADMIN, "password": PASSWORD });
    let request = http.post(format!("{url}/api/v1/session")).json(&body);
    let (status, answer) = Importer::send(request).await.unwrap();
    assert!(status < 300, "{answer}");
    answer["access_token"].as_str().unwrap().to_owned()
}

async fn project(http: &reqwest::Client, url: &str, token: &str) -> String {
    let request = http
        .post(format!("{url}/api/v1/projects"))
        .bearer_auth(token)
        .header("Idempotency-Key", uuid::Uuid::new_v4().to_string())
        .json(&json!({ "name": "Shop" }));
    let (status, answer) = Importer::send(request).await.unwrap();
    assert!(status < 300, "{answer}");
    answer["key"].as_str().unwrap().to_owned()
}

/// Ends the server as a power cut would.
fn kill(desk: &mut Desk) {
    // The role that serves has another name in the URL: of PostgreSQL's only the end is the same.
    let name = match desk.database.strip_prefix("sqlite:") {
        Some(path) => path,
        None => desk.database.rsplit('/').next().unwrap(),
    };
    let mut entries = std::fs::read_dir("/proc").unwrap().flatten();
    let pid = entries
        .find_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let line = String::from_utf8(std::fs::read(entry.path().join("cmdline")).ok()?).ok()?;
            let ours = line.contains("\0serve\0") && line.split('\0').any(|word| word.ends_with(name));
            ours.then(|| rustix::process::Pid::from_raw(pid))?
        })
        .expect("the server runs");
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    assert!(desk.stop());
}

/// One value from the database as text, as the owner sees it.
async fn text(desk: &Desk, sql: &'static str) -> String {
    use sqlx::Connection as _;
    if let Some(path) = desk.database.strip_prefix("sqlite:") {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
        let mut connection = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        return sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap();
    }
    let mut connection = sqlx::PgConnection::connect(&desk.database).await.unwrap();
    sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
}

/// Rows that imports leave, all projects together, at one moment: findings, places, applied imports, their audit, the
/// counts kept beside the findings, the images of places from before, the counts of places.
type Rows = [i64; 7];

/// At a moment when no import has places to come: until then it is neither there nor not.
async fn rows(desk: &Desk) -> Rows {
    let sql = "SELECT (SELECT COUNT(*) FROM finding) || ' ' || (SELECT COUNT(*) FROM occurrence) || ' ' || \
                 (SELECT COUNT(*) FROM import_batch WHERE state = 'applied') || ' ' || \
                 (SELECT COUNT(*) FROM audit_event WHERE act = 'import.apply' AND outcome = 'allowed') || ' ' || \
                 (SELECT COALESCE(SUM(n), 0) FROM rollup) || ' ' || (SELECT COUNT(*) FROM import_before_place) || ' ' || \
                 (SELECT COALESCE(SUM(occurrence_count), 0) FROM finding) || ' ' || (SELECT COUNT(*) FROM import_rest)";
    let until = Instant::now() + Duration::from_mins(2);
    loop {
        let text = text(desk, sql).await;
        let numbers: Vec<i64> = text.split(' ').map(|n| n.parse().unwrap()).collect();
        if let [rows @ .., 0] = numbers.as_slice() {
            return rows.try_into().unwrap();
        }
        assert!(Instant::now() < until, "places of an import are never written");
    }
}

/// Rows that can be searched for, less those there are. PostgreSQL searches the rows themselves.
async fn documents(desk: &Desk) -> String {
    if !desk.database.starts_with("sqlite:") {
        return "0".into();
    }
    let sql = "SELECT '' || ((SELECT COUNT(*) FROM finding_doc d WHERE NOT EXISTS (SELECT 1 FROM finding_doc_gone g WHERE g.n = d.n)) \
                 - (SELECT COUNT(*) FROM finding) - (SELECT COUNT(*) FROM occurrence))";
    text(desk, sql).await
}

async fn staged(desk: &Desk) -> String {
    text(desk, "SELECT '' || COUNT(*) FROM import_staged").await
}

/// A fraction for a round, the same on every machine.
fn fraction(round: usize) -> f64 {
    (round as f64 * 0.618_034).fract()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_broken_off_is_there_whole_or_not_at_all() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let (records, rounds, engines) = size();
    let report = report(records);
    let (places, findings) = (i64::from(records), i64::from(records.div_ceil(PLACES)));
    let (known, known_findings, known_places) = half(records);
    for engine in engines {
        let name = format!("{engine:?}");
        let engine_name = name.split('(').next().unwrap();
        let parts = [("RISKDESK_LIMITS_ROWS_AT_ONCE", "20")];
        let mut desk = tokio::task::spawn_blocking(move || Desk::with(&engine, &parts))
            .await
            .unwrap();
        let http = reqwest::Client::new();
        let token = signed_in(&http, &desk.url).await;
        // How long each step takes where nothing breaks in.
        let mut took = [Duration::ZERO; 4];
        let first = project(&http, &desk.url, &token).await;
        let mut calm = Importer::new(&http, &token, &first);
        for step in STEPS {
            let started = Instant::now();
            calm.finish(&desk.url, step, &report).await;
            took[step as usize] = started.elapsed();
        }
        let (mut failed, mut broken, mut whole, mut between, mut done) = (Vec::new(), [0; 4], 0, 0, vec![calm]);
        for round in 0..rounds {
            let what = BREAKS[round % 3];
            let at = [Step::Upload, Step::Plan, Step::Apply][round / 3 % 3];
            let project = project(&http, &desk.url, &token).await;
            let mut importer = Importer::new(&http, &token, &project);
            let (mut new, mut one) = (findings, [findings, places, 1, 1, findings, 0, places]);
            if at == Step::Apply {
                let mut earlier = Importer::new(&http, &token, &project);
                for step in STEPS {
                    earlier.finish(&desk.url, step, &known).await;
                }
                new -= known_findings;
                let kept = known_findings * i64::from(PLACES);
                one = [new, places - known_places, 1, 1, new, kept, places - known_places];
            }
            let before = rows(&desk).await;
            let after: Vec<i64> = before.iter().zip(one).map(|(a, b)| a + b).collect();
            for step in STEPS {
                if step != at {
                    importer.finish(&desk.url, step, &report).await;
                    continue;
                }
                let request = importer.request(&desk.url, step, &report);
                let mut answer = Box::pin(tokio::spawn(Importer::send(request)));
                let moment = took[step as usize].mul_f64(fraction(round));
                let answered = tokio::time::timeout(moment, &mut answer).await.is_ok();
                match what {
                    Break::Kill => kill(&mut desk),
                    Break::Terminate => assert!(desk.stop(), "the server did not end by itself"),
                    Break::Disconnect => answer.abort(),
                }
                if !answered {
                    broken[step as usize] += 1;
                    let _ = answer.await;
                }
                if what != Break::Disconnect {
                    between += usize::from(text(&desk, "SELECT '' || COUNT(*) FROM import_rest").await != "0");
                    desk.start();
                }
                let now = rows(&desk).await;
                if now == *after {
                    whole += 1;
                } else if now != before {
                    failed.push(format!(
                        "{engine_name} round {round}: {what:?} in {step:?}: {before:?} became {now:?}"
                    ));
                }
                // Sent again, whatever came of it.
                importer.finish(&desk.url, step, &report).await;
            }
            let told = importer.finish(&desk.url, Step::Apply, &report).await;
            let now = rows(&desk).await;
            let searched = documents(&desk).await;
            if now != *after || told["totals"]["new"] != new || told["state"] != "applied" || searched != "0" {
                failed.push(format!(
                    "{engine_name} round {round}: after a second try {now:?} instead of {after:?}: {told}; {searched} documents"
                ));
            }
            if at == Step::Apply {
                importer.take_back(&desk.url).await;
                // What was kept for the way back goes afterwards; the next round counts it.
                let until = Instant::now() + Duration::from_mins(1);
                while rows(&desk).await[5] != before[5] && Instant::now() < until {
                    tokio::task::yield_now().await;
                }
                let now = rows(&desk).await;
                let same = [0, 1, 4, 6].into_iter().all(|n| now[n] == before[n]);
                if !same || documents(&desk).await != "0" {
                    failed.push(format!(
                        "{engine_name} round {round}: taken back, {before:?} became {now:?}"
                    ));
                }
            }
            done.push(importer);
        }
        // What was staged, also for uploads that never ended, is swept with the import; a server that ends meanwhile is
        // asked once more.
        for importer in &mut done {
            Importer::finish(importer, &desk.url, Step::Apply, &report).await;
        }
        let until = Instant::now() + Duration::from_mins(1);
        while staged(&desk).await != "0" && Instant::now() < until {
            tokio::task::yield_now().await;
        }
        let left = staged(&desk).await;
        if left != "0" {
            failed.push(format!("{engine_name}: {left} staged rows are left"));
        }
        assert!(desk.stop());
        println!("{failed:#?}");
        let [_, staging, planning, applying] = broken;
        println!(
            "{engine_name}: {records} records, steps took {took:.0?}; broken off while staging {staging}, planning {planning}, applying {applying}; \
             {whole} had been applied, {between} when the server ended had places to come"
        );
        checked(&format!("broken imports ({engine_name})"), rounds, failed.len(), 9);
    }
}

/// Nobody asks again, and what an applied import had staged goes all the same.
#[tokio::test]
async fn what_was_not_swept_goes_with_the_housekeeping() {
    for engine in bench::engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let project = bench.project(&token, "Shop", None).await["key"]
            .as_str()
            .unwrap()
            .to_owned();
        flow::import(&bench, &token, &project, &[&report(20)]).await;
        let staged = "SELECT COUNT(*) FROM import_staged";
        flow::until(&bench, staged, 0).await;
        bench
            .plant(
                "INSERT INTO import_staged (agency_id, batch_id, file_id, row_n, tool, fingerprint, facts, place_key, place, detail, chunk_id, \
                   chunk_offset, chunk_length) \
                 SELECT f.agency_id, f.batch_id, f.id, 1, 't', f.digest, f.digest, f.digest, '', '', f.id, 0, 0 FROM import_file f",
            )
            .await;
        assert_eq!(bench.number(staged).await, 1);
        bench.clock.set_offset(2 * 3_600_000);
        job::run_due(&bench.desk).await.unwrap();
        assert_eq!(bench.number(staged).await, 0, "{engine:?}");
        bench.stop().await;
    }
}
