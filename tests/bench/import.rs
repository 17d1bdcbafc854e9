//! How long an import takes: decode → plan → apply of 10,000 Nuclei results, and its parts.
//!
//! `cargo bench --bench import`. The database is SQLite in a fresh folder; with `RISKDESK_TEST_POSTGRES` (an owner's URL)
//! it also runs on PostgreSQL. First of all 100,000 results go in, against the bare insertion of the rows they leave, and
//! while others work (`floor.rs`; alone: `cargo bench --bench import -- floor`). The decoder runs as the restricted child, as it does in the server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::fmt::Write as _;
use std::hint::black_box;
use std::ops::Range;
use std::time::{Duration, Instant};

use divan::{Bencher, counter::BytesCount, counter::ItemsCount};
use riskdesk::api::finding::ListFindings;
use riskdesk::api::import::{ApplyBatch, OpenBatch, PlanBatch};
use riskdesk::api::project::CreateProject;
use riskdesk::domain::access::Role;
use riskdesk::domain::time::Time;
use riskdesk::import::limits::Limits;
use riskdesk::import::plan::{Scope, Sighting, collect, facts, place_facts, plan};
use riskdesk::import::record::Record;
use riskdesk::import::source::Source;
use riskdesk::service::clock::Clock;
use riskdesk::service::{Caller, Desk, admin, finding, import, project};
use tokio::runtime::Runtime;

use self::desk::{Database, caller, user};

mod desk;
mod floor;

const RESULTS: usize = 10_000;

const PASSWORD: &str = "correct horse battery staple";

fn main() {
    // Words choose benchmarks; a hundred thousand results take part where none does, or `floor`.
    let words = std::env::args().skip(1).filter(|word| !word.starts_with('-'));
    let words: Vec<String> = words.collect();
    let floor = words.iter().any(|word| word == "floor");
    if floor || words.is_empty() {
        floor::measure();
    }
    if !floor {
        divan::main();
    }
}

/// Nuclei lines of about two kilobytes: 400 templates over as many hosts as it takes.
fn report(results: usize, run: usize) -> String {
    report_of(0..results, run)
}

fn report_of(results: Range<usize>, run: usize) -> String {
    let mut out = String::with_capacity(results.len() * 2_200);
    let body = "Lorem ipsum dolor sit amet, consectetur adipiscing elit. ".repeat(18);
    for i in results {
        let (template, host) = (i % 400, i / 400);
        let severity = ["info", "low", "medium", "high", "critical"][template % 5];
        let _ = writeln!(
            out,
            r#"{{"template":"http/t-{template}.yaml","template-id":"t-{template}","info":{{"name":"Template {template}","author":["a"],"tags":["http","t{template}"],"description":"What template {template} is about, in a sentence or two.","reference":["https://advisories.test/{template}"],"severity":"{severity}","classification":{{"cve-id":null,"cwe-id":["cwe-79"],"cvss-metrics":"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N","cvss-score":6.1}}}},"type":"http","host":"h{host}.test:443","port":"443","scheme":"https","url":"https://h{host}.test","matched-at":"https://h{host}.test/app/{template}","ip":"10.0.0.1","timestamp":"2026-03-0{day}T10:00:00Z","matcher-name":"body","request":"GET /app/{template} HTTP/1.1\r\nHost: h{host}.test\r\n\r\n","response":"HTTP/1.1 200 OK\r\nX-Run: {run}\r\n\r\n{body}","curl-command":"curl 'https://h{host}.test/app/{template}'"}}"#,
            day = 1 + run % 9,
        );
    }
    out
}

fn decode(text: &str) -> Vec<Record> {
    let mut records = Vec::new();
    riskdesk::import::decode(
        &mut Source::Memory(text.as_bytes()),
        None,
        &Limits::default(),
        &mut records,
    )
    .expect("the report is good");
    records
}

/// Text to records, in this process.
#[divan::bench]
fn decode_10_000(bencher: Bencher) {
    let text = report(RESULTS, 0);
    bencher
        .counter(BytesCount::of_str(&text))
        .counter(ItemsCount::new(RESULTS))
        .bench(|| black_box(decode(&text)).len());
}

/// Records to a plan against nothing, in memory.
#[divan::bench]
fn plan_10_000(bencher: Bencher) {
    let records = decode(&report(RESULTS, 0));
    let unhex = |hash: &str| {
        let mut out = [0; 32];
        for (byte, at) in out.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&hash[at..at + 2], 16).expect("a digest");
        }
        out
    };
    bencher.counter(ItemsCount::new(RESULTS)).bench(|| {
        let sightings = records.iter().enumerate().map(|(row, r)| Sighting {
            row: row as i64,
            tool: r.tool.clone(),
            finding: unhex(&r.fingerprint.hash),
            place: unhex(&r.occurrence.key),
            severity: r.severity,
            observed_at: r.observed_at,
            facts: facts(r),
            place_facts: place_facts(r),
        });
        black_box(plan(&collect(sightings), &[], &Scope::default())).totals.new
    });
}

/// A desk over a fresh database with one admin and one project.
struct Fixture {
    desk: Desk,
    caller: Caller,
    project: String,
    database: Database,
    runtime: Runtime,
}

impl Fixture {
    fn new(database: impl Future<Output = Database>) -> Self {
        let runtime = Runtime::new().expect("threads");
        let (desk, caller, project, database) = runtime.block_on(async {
            let database = database.await;
            let now = Time::system_now();
            let new = admin::NewAgency::named("Bench");
            let agency = admin::init(&database.owner, new, "a@bench.test", "Ada", PASSWORD, now)
                .await
                .expect("an agency");
            let desk = Desk::new(
                database.store.clone(),
                Clock::system(),
                Some(database.dir.path().to_owned()),
            )
            .await
            .expect("a desk");
            desk.set_decoder(env!("CARGO_BIN_EXE_riskdesk").into());
            let caller = caller(agency, user(&desk, agency, "a@bench.test").await, Role::Admin);
            let request = CreateProject {
                name: "Shop".into(),
                ..CreateProject::default()
            };
            let project = project::create(desk.clone(), caller.clone(), request)
                .await
                .expect("a project");
            (desk, caller, project.key, database)
        });
        Self {
            desk,
            caller,
            project,
            database,
            runtime,
        }
    }

    /// One whole import, as the command line does it.
    fn import(&self, text: &str) -> i64 {
        self.import_into(&self.project, text).0
    }

    /// The same into another project; with how long its upload, its plan and its application took.
    fn import_into(&self, project: &str, text: &str) -> (i64, [Duration; 3]) {
        self.runtime.block_on(async {
            let open = OpenBatch {
                project: project.to_owned(),
                covers: Vec::new(),
            };
            let (desk, caller) = (|| self.desk.clone(), || self.caller.clone());
            let batch = import::open(desk(), caller(), open).await.expect("a batch").id;
            let mut started = Instant::now();
            let mut lap = || std::mem::replace(&mut started, Instant::now()).elapsed();
            import::upload(desk(), caller(), (batch, 0), ("r".into(), None), 0, text.as_bytes())
                .await
                .expect("an upload");
            let uploading = lap();
            let planned = import::plan(desk(), caller(), PlanBatch { batch })
                .await
                .expect("a plan");
            let planning = lap();
            let apply = ApplyBatch {
                batch,
                plan_id: planned.plan_id.expect("a plan"),
            };
            let applied = import::apply(desk(), caller(), apply).await.expect("applied");
            let results = applied.totals.map_or(0, |t| t.new + t.recurring);
            (results, [uploading, planning, lap()])
        })
    }

    /// A project of its own with this report in it, and its findings' keys.
    fn elsewhere(&self, name: &str, text: &str) -> Vec<String> {
        let request = CreateProject {
            name: name.into(),
            ..CreateProject::default()
        };
        let made = project::create(self.desk.clone(), self.caller.clone(), request);
        let project = self.runtime.block_on(made).expect("a project").key;
        self.import_into(&project, text);
        let (mut keys, mut cursor) = (Vec::new(), None);
        loop {
            let request = ListFindings {
                q: Some(format!("project:{project}")),
                limit: Some(100),
                cursor,
                ..ListFindings::default()
            };
            let page = finding::list(self.desk.clone(), self.caller.clone(), request);
            let page = self.runtime.block_on(page).expect("a page");
            keys.extend(page.items.into_iter().map(|f| f.key));
            cursor = page.next;
            if cursor.is_none() {
                return keys;
            }
        }
    }
}

fn all_new(bencher: Bencher, fixture: impl Fn() -> Fixture) {
    let text = report(RESULTS, 0);
    bencher
        .counter(ItemsCount::new(RESULTS))
        .with_inputs(fixture)
        .bench_local_values(|fixture| {
            let n = fixture.import(&text);
            // Dropping a database is not importing.
            (n, fixture)
        });
}

fn all_known(bencher: Bencher, fixture: impl Fn() -> Fixture) {
    let (first, second) = (report(RESULTS, 0), report(RESULTS, 1));
    bencher
        .counter(ItemsCount::new(RESULTS))
        .with_inputs(|| {
            let fixture = fixture();
            fixture.import(&first);
            fixture.runtime.block_on(fixture.database.settle());
            fixture
        })
        .bench_local_values(|fixture| (fixture.import(&second), fixture));
}

/// Upload, child, staging, plan, apply of 10,000: everything new, and a month later, everything known.
#[divan::bench_group(sample_count = 5, sample_size = 1)]
mod sqlite {
    use super::{Bencher, Database, Fixture, all_known, all_new};

    #[divan::bench]
    fn import_10_000_new(bencher: Bencher) {
        all_new(bencher, || Fixture::new(Database::sqlite()));
    }

    #[divan::bench]
    fn import_10_000_recurring(bencher: Bencher) {
        all_known(bencher, || Fixture::new(Database::sqlite()));
    }
}

/// The same where PostgreSQL is there.
#[divan::bench_group(sample_count = 5, sample_size = 1)]
mod postgres {
    use super::{Bencher, Database, Fixture, all_known, all_new, desk};

    #[divan::bench]
    fn import_10_000_new(bencher: Bencher) {
        if let Some(owner) = desk::owner() {
            all_new(bencher, || Fixture::new(Database::postgres(owner.clone())));
        }
    }

    #[divan::bench]
    fn import_10_000_recurring(bencher: Bencher) {
        if let Some(owner) = desk::owner() {
            all_known(bencher, || Fixture::new(Database::postgres(owner.clone())));
        }
    }
}
