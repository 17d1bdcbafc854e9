//! A whole large import against its floor: the bare insertion of the rows it leaves behind; and what others wait meanwhile.
//!
//! Printed are seconds: everything new, the same file again, another scan of the same, the rows inserted again without
//! anything around it (SQLite: by prepared statements, row by row in one transaction; PostgreSQL: by `COPY`), and the
//! percentiles of lists, moves and sign-ins while an import runs. `floor meanwhile` measures the last alone, `floor sqlite`
//! and `floor postgres` one database. `RISKDESK_BENCH_RESULTS` says how many results the report has (100,000);
//! `RISKDESK_BENCH_REPORTS` names two scans to take instead (paths with `:` between).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use riskdesk::api::finding::{ListFindings, MoveFinding};
use riskdesk::api::session::SignIn;
use riskdesk::domain::status::Status;
use riskdesk::service::session::Visitor;
use riskdesk::service::{Caller, Desk, finding, session};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{
    AssertSqlSafe, Column as _, Connection as _, Executor as _, PgConnection, Row as _, TypeInfo as _, ValueRef as _,
};

use super::{Fixture, PASSWORD, desk, report, report_of};
use desk::Database;

/// What an import leaves in a project, and what that hangs on.
const TABLES: [&str; 4] = ["import_batch", "import_chunk", "finding", "occurrence"];

pub fn measure() {
    let results = std::env::var("RISKDESK_BENCH_RESULTS")
        .ok()
        .and_then(|n| n.parse().ok());
    let reports = Reports::named().unwrap_or_else(|| Reports::of(results.unwrap_or(100_000)));
    println!("{} bytes", reports.first.len());
    let words: Vec<String> = std::env::args().collect();
    let said = |word: &str| words.iter().any(|w| w == word);
    if said("sqlite") || !said("postgres") {
        if !said("meanwhile") {
            sqlite(&reports);
        }
        meanwhile("sqlite", &Fixture::new(Database::sqlite()), &reports);
    }
    let Some(owner) = desk::owner().filter(|_| said("postgres") || !said("sqlite")) else {
        return;
    };
    if !said("meanwhile") {
        postgres(owner.clone(), &reports);
    }
    meanwhile("postgres", &Fixture::new(Database::postgres(owner)), &reports);
}

/// Two scans of the same hosts.
struct Reports {
    first: String,
    /// Most of it known, a part new, a part gone.
    second: String,
}

impl Reports {
    fn named() -> Option<Self> {
        let paths = std::env::var("RISKDESK_BENCH_REPORTS").ok()?;
        let (first, second) = paths.split_once(':').expect("two paths with a colon between");
        let read = |path| std::fs::read_to_string(path).expect("a report");
        Some(Self {
            first: read(first),
            second: read(second),
        })
    }

    fn of(results: usize) -> Self {
        let known = results * 4 / 5;
        Self {
            first: report(results, 0),
            second: report(known, 1) + &report_of(results..results + results - known, 1),
        }
    }
}

fn sqlite(reports: &Reports) {
    let fixture = Fixture::new(Database::sqlite());
    let dir = fixture.database.dir.path();
    let at = |name: &str| format!("sqlite:{}", dir.join(name).display());
    // Copies from before the import: nothing was ever deleted in them.
    for copy in ["floor.db", "bare.db"] {
        let copied = format!("VACUUM INTO '{}'", dir.join(copy).display());
        fixture.runtime.block_on(run(&at("desk.db"), &copied));
    }
    let new = imported(&fixture, "sqlite: new", &reports.first);
    let rows = fixture.runtime.block_on(rows_of(&at("desk.db")));
    imported(&fixture, "sqlite: again", &reports.first);
    imported(&fixture, "sqlite: another scan", &reports.second);
    let floor = fixture.runtime.block_on(insert_all(&at("floor.db"), &rows));
    told(new, floor, "prepared statements");
    fixture.runtime.block_on(without_triggers(&at("bare.db")));
    let floor = fixture.runtime.block_on(insert_all(&at("bare.db"), &rows));
    told(
        new,
        floor,
        "prepared statements, without the triggers that make texts searchable",
    );
}

fn postgres(owner: String, reports: &Reports) {
    let fixture = Fixture::new(Database::postgres(owner));
    let new = imported(&fixture, "postgres: new", &reports.first);
    let url = fixture.database.url().expect("a database of PostgreSQL's");
    let copied = fixture.runtime.block_on(copied(&url));
    fixture.runtime.block_on(fixture.database.settle());
    imported(&fixture, "postgres: again", &reports.first);
    imported(&fixture, "postgres: another scan", &reports.second);
    let floor = fixture.runtime.block_on(copied_again(&url, &copied));
    told(new, floor, "COPY");
}

/// Imports a report, and says how long that and its parts took.
fn imported(fixture: &Fixture, what: &str, report: &str) -> Duration {
    let start = Instant::now();
    let (_, [upload, plan, apply]) = fixture.import_into(&fixture.project, report);
    let took = start.elapsed();
    println!(
        "{what} {:.2} s: upload {:.2}, plan {:.2}, apply {:.2}",
        took.as_secs_f64(),
        upload.as_secs_f64(),
        plan.as_secs_f64(),
        apply.as_secs_f64()
    );
    took
}

async fn run(url: &str, sql: &str) {
    let mut conn = SqliteConnection::connect(url).await.unwrap();
    conn.execute(AssertSqlSafe(sql.to_owned())).await.unwrap();
}

async fn without_triggers(url: &str) {
    let mut conn = SqliteConnection::connect(url).await.unwrap();
    let triggers = sqlx::query_scalar::<_, String>("SELECT name FROM sqlite_schema WHERE type = 'trigger'");
    for trigger in triggers.fetch_all(&mut conn).await.unwrap() {
        conn.execute(AssertSqlSafe(format!("DROP TRIGGER {trigger}")))
            .await
            .unwrap();
    }
}

fn told(new: Duration, floor: Duration, how: &str) {
    let times = new.as_secs_f64() / floor.as_secs_f64();
    println!(
        "  the same rows by {how}: {:.2} s; the import takes {times:.1} times that",
        floor.as_secs_f64()
    );
}

/// The rows that are there: how to insert one into each table, and the rows.
async fn rows_of(url: &str) -> Vec<(String, Vec<SqliteRow>)> {
    let mut conn = SqliteConnection::connect(url).await.unwrap();
    let mut all = Vec::new();
    for table in TABLES {
        let columns = format!("SELECT name FROM pragma_table_info('{table}')");
        let names = sqlx::query_scalar::<_, String>(AssertSqlSafe(columns));
        let names = names.fetch_all(&mut conn).await.unwrap();
        let select = format!("SELECT {} FROM {table} ORDER BY rowid", names.join(", "));
        let rows = sqlx::query(AssertSqlSafe(select)).fetch_all(&mut conn).await.unwrap();
        let holes = vec!["?"; names.len()].join(", ");
        all.push((
            format!("INSERT INTO {table} ({}) VALUES ({holes})", names.join(", ")),
            rows,
        ));
    }
    all
}

/// Inserts rows one by one in one transaction, with the settings that the server has.
async fn insert_all(url: &str, all: &[(String, Vec<SqliteRow>)]) -> Duration {
    let mut conn = SqliteConnection::connect(url).await.unwrap();
    for pragma in [
        "journal_mode = WAL",
        "synchronous = FULL",
        "cache_size = -16384",
        "temp_store = memory",
    ] {
        conn.execute(AssertSqlSafe(format!("PRAGMA {pragma}"))).await.unwrap();
    }
    let start = Instant::now();
    conn.execute("BEGIN IMMEDIATE").await.unwrap();
    for (text, rows) in all {
        for row in rows {
            insert(&mut conn, text, row).await;
        }
    }
    conn.execute("COMMIT").await.unwrap();
    start.elapsed()
}

async fn insert(conn: &mut SqliteConnection, text: &str, row: &SqliteRow) {
    let mut query = sqlx::query(AssertSqlSafe(text.to_owned()));
    for column in row.columns() {
        let value = row.try_get_raw(column.ordinal()).unwrap();
        let (null, kind) = (value.is_null(), value.type_info().name().to_owned());
        let at = column.ordinal();
        query = match kind.as_str() {
            _ if null => query.bind(None::<i64>),
            "TEXT" => query.bind(row.get_unchecked::<String, _>(at)),
            "REAL" => query.bind(row.get_unchecked::<f64, _>(at)),
            "BLOB" => query.bind(row.get_unchecked::<Vec<u8>, _>(at)),
            _ => query.bind(row.get_unchecked::<i64, _>(at)),
        };
    }
    query.execute(conn).await.unwrap();
}

/// What an import left but its batch, copied out.
async fn copied(url: &str) -> Vec<(&'static str, Vec<u8>)> {
    let mut conn = PgConnection::connect(url).await.unwrap();
    let mut all = Vec::new();
    for table in &TABLES[1..] {
        let mut rows: Vec<u8> = Vec::new();
        let mut out = conn
            .copy_out_raw(&format!("COPY {table} TO STDOUT (FORMAT binary)"))
            .await
            .unwrap();
        while let Some(piece) = out.next().await {
            rows.extend_from_slice(&piece.unwrap());
        }
        drop(out);
        all.push((*table, rows));
    }
    all
}

/// Copies it in again, into tables as new.
async fn copied_again(url: &str, all: &[(&str, Vec<u8>)]) -> Duration {
    let mut conn = PgConnection::connect(url).await.unwrap();
    let tables: Vec<&str> = all.iter().map(|(table, _)| *table).collect();
    let empty = format!("TRUNCATE {} CASCADE", tables.join(", "));
    conn.execute(AssertSqlSafe(empty)).await.unwrap();
    let start = Instant::now();
    conn.execute("BEGIN").await.unwrap();
    for (table, rows) in all {
        let mut into = conn
            .copy_in_raw(&format!("COPY {table} FROM STDIN (FORMAT binary)"))
            .await
            .unwrap();
        into.send(rows.as_slice()).await.unwrap();
        into.finish().await.unwrap();
    }
    conn.execute("COMMIT").await.unwrap();
    start.elapsed()
}

/// What others do while a report comes in: a kind of act, and one every so many milliseconds.
const OTHERS: [(&str, u64); 3] = [("lists", 20), ("moves", 10), ("sign-ins", 50)];

/// Asks for lists, moves findings and signs in while a report comes in that is all new, and while another scan of the same
/// comes in. Acts come at fixed times, whether or not those before were answered,
/// and each is measured from when it was to come: nobody waits for another's wait.
fn meanwhile(engine: &str, fixture: &Fixture, reports: &Reports) {
    // What is moved is another project's, so that there is always something to move.
    let moved = Arc::new(Moving {
        keys: fixture.elsewhere("Moved", &report(2_000, 0)),
        made: AtomicUsize::new(0),
    });
    fixture.runtime.block_on(fixture.database.settle());
    calm(engine, fixture, &moved);
    for (what, report) in [
        ("a new report", &reports.first),
        ("another scan of the same", &reports.second),
    ] {
        let others = Others::start(fixture, &moved);
        imported(fixture, &format!("{engine}: while others work, {what}"), report);
        others.told(fixture);
    }
}

/// The same acts with nothing beside them.
fn calm(engine: &str, fixture: &Fixture, moved: &Arc<Moving>) {
    let others = Others::start(fixture, moved);
    fixture
        .runtime
        .block_on(async { tokio::time::sleep(Duration::from_secs(5)).await });
    println!("{engine}: with nothing beside:");
    others.told(fixture);
}

struct Others {
    over: Arc<AtomicBool>,
    all: Vec<tokio::task::JoinHandle<Latencies>>,
}

/// A kind of act, how long each took, and how many were refused.
type Latencies = (&'static str, Vec<Duration>, usize);

impl Others {
    fn start(fixture: &Fixture, moved: &Arc<Moving>) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let all = OTHERS.map(|(what, every)| {
            let (over, desk, caller) = (Arc::clone(&over), fixture.desk.clone(), fixture.caller.clone());
            let moved = Arc::clone(moved);
            fixture.runtime.spawn(async move {
                let mut pace = tokio::time::interval(Duration::from_millis(every));
                pace.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Burst);
                let mut under_way = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    let due = pace.tick().await;
                    let (desk, caller, moved) = (desk.clone(), caller.clone(), Arc::clone(&moved));
                    under_way.push(tokio::spawn(async move {
                        let done = match what {
                            "lists" => listed(&desk, &caller).await,
                            "moves" => moved.on(&desk, &caller).await,
                            _ => signed_in(&desk).await,
                        };
                        (due.elapsed(), done)
                    }));
                }
                let (mut took, mut refused) = (Vec::new(), 0);
                for one in under_way {
                    match one.await.unwrap() {
                        (time, true) => took.push(time),
                        // What was refused costs less: it does not count.
                        (_, false) => refused += 1,
                    }
                }
                took.sort();
                (what, took, refused)
            })
        });
        Self { over, all: all.into() }
    }

    /// Ends them, and says how long they took.
    fn told(self, fixture: &Fixture) {
        self.over.store(true, Ordering::Relaxed);
        for other in self.all {
            let (what, took, refused) = fixture.runtime.block_on(other).unwrap();
            if took.is_empty() {
                println!("  {what}: none went through");
                continue;
            }
            // The least that so many of them are not above: of a few the 99th percentile is the longest.
            let at = |share: f64| took[(took.len() as f64 * share).ceil() as usize - 1].as_secs_f64() * 1000.0;
            println!(
                "  {what}: {} of them ({refused} refused), p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
                took.len(),
                at(0.5),
                at(0.99),
                at(1.0)
            );
        }
    }
}

async fn listed(desk: &Desk, caller: &Caller) -> bool {
    let request = ListFindings {
        limit: Some(50),
        ..ListFindings::default()
    };
    finding::list(desk.clone(), caller.clone(), request).await.is_ok()
}

/// Findings that are closed one after the other, then opened, then closed.
struct Moving {
    keys: Vec<String>,
    made: AtomicUsize,
}

impl Moving {
    async fn on(&self, desk: &Desk, caller: &Caller) -> bool {
        let n = self.made.fetch_add(1, Ordering::Relaxed);
        let (round, one) = (n / self.keys.len(), n % self.keys.len());
        let mut caller = caller.clone();
        caller.version = Some(round as i64 + 1);
        let request = MoveFinding {
            finding: self.keys[one].clone(),
            to: if round.is_multiple_of(2) {
                Status::FalsePositive
            } else {
                Status::Open
            },
            notes: "Looked at.".into(),
            kind: None,
            reason: None,
            until: None,
            of: None,
            basis: None,
            occurrences: Vec::new(),
        };
        finding::transition::step(desk.clone(), caller, request).await.is_ok()
    }
}

async fn signed_in(desk: &Desk) -> bool {
    let request = SignIn {
        email: "a@bench.test".into(),
        password: PASSWORD.into(),
        agency: None,
        label: None,
    };
    let visitor = Visitor {
        address: None,
        trace: "bench".into(),
    };
    session::sign_in(desk.clone(), visitor, request).await.is_ok()
}
