//! A whole large import against its floor: the bare insertion of the rows it leaves behind; and what others wait meanwhile.
//!
//! Printed are seconds: everything new, the same file again, the rows inserted again without anything around it (SQLite:
//! by prepared statements, row by row in one transaction; PostgreSQL: by `COPY`), and the percentiles of lists, moves and
//! sign-ins while an import runs. `RISKDESK_BENCH_RESULTS` says how many results the report has (100,000).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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

use super::{Fixture, PASSWORD, desk, report};
use desk::Database;

/// What an import leaves in a project.
const TABLES: [&str; 3] = ["import_chunk", "finding", "occurrence"];

pub fn measure() {
    let results = std::env::var("RISKDESK_BENCH_RESULTS")
        .ok()
        .and_then(|n| n.parse().ok());
    let text = report(results.unwrap_or(100_000), 0);
    println!("{} bytes of Nuclei lines", text.len());
    let fixture = Fixture::new(Database::sqlite());
    let whole = both(&fixture, &text);
    let file = fixture.database.dir.path().join("desk.db");
    let floor = fixture
        .runtime
        .block_on(rows_again(&format!("sqlite:{}", file.display())));
    told("sqlite", whole, floor, "prepared statements");
    drop(fixture);
    meanwhile("sqlite", &Fixture::new(Database::sqlite()), &text);
    let Some(owner) = desk::owner() else { return };
    let fixture = Fixture::new(Database::postgres(owner.clone()));
    let whole = both(&fixture, &text);
    if let Some(url) = fixture.database.url() {
        let floor = fixture.runtime.block_on(copied_again(&url));
        told("postgres", whole, floor, "COPY");
    }
    drop(fixture);
    meanwhile("postgres", &Fixture::new(Database::postgres(owner)), &text);
}

/// Everything new, and the same again.
fn both(fixture: &Fixture, text: &str) -> [Duration; 2] {
    let timed = || {
        let start = Instant::now();
        fixture.import(text);
        start.elapsed()
    };
    let first = timed();
    fixture.runtime.block_on(fixture.database.settle());
    [first, timed()]
}

fn told(engine: &str, [new, again]: [Duration; 2], floor: Duration, how: &str) {
    let times = new.as_secs_f64() / floor.as_secs_f64();
    println!(
        "{engine}: new {:.2} s, again {:.2} s; the same rows by {how} {:.2} s: {times:.1} times that",
        new.as_secs_f64(),
        again.as_secs_f64(),
        floor.as_secs_f64()
    );
}

/// Takes the rows out and puts them back, row by row.
async fn rows_again(url: &str) -> Duration {
    let mut conn = SqliteConnection::connect(url).await.unwrap();
    conn.execute("PRAGMA synchronous = FULL").await.unwrap();
    conn.execute("PRAGMA cache_size = -16384").await.unwrap();
    let mut all = Vec::new();
    for table in TABLES {
        let columns = format!("SELECT name FROM pragma_table_info('{table}')");
        let names = sqlx::query_scalar::<_, String>(AssertSqlSafe(columns))
            .fetch_all(&mut conn)
            .await
            .unwrap();
        let select = format!("SELECT {} FROM {table} ORDER BY rowid", names.join(", "));
        let rows = sqlx::query(AssertSqlSafe(select)).fetch_all(&mut conn).await.unwrap();
        let holes = vec!["?"; names.len()].join(", ");
        all.push((
            format!("INSERT INTO {table} ({}) VALUES ({holes})", names.join(", ")),
            rows,
        ));
    }
    for table in TABLES.iter().rev() {
        conn.execute(AssertSqlSafe(format!("DELETE FROM {table}")))
            .await
            .unwrap();
    }
    conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
    let start = Instant::now();
    conn.execute("BEGIN IMMEDIATE").await.unwrap();
    for (text, rows) in &all {
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

/// Copies the rows out and in again.
async fn copied_again(url: &str) -> Duration {
    let mut conn = PgConnection::connect(url).await.unwrap();
    let mut all = Vec::new();
    for table in TABLES {
        let mut rows: Vec<u8> = Vec::new();
        let mut out = conn
            .copy_out_raw(&format!("COPY {table} TO STDOUT (FORMAT binary)"))
            .await
            .unwrap();
        while let Some(piece) = out.next().await {
            rows.extend_from_slice(&piece.unwrap());
        }
        drop(out);
        all.push((table, rows));
    }
    for table in TABLES.iter().rev() {
        conn.execute(AssertSqlSafe(format!("DELETE FROM {table}")))
            .await
            .unwrap();
    }
    conn.execute("VACUUM").await.unwrap();
    let start = Instant::now();
    conn.execute("BEGIN").await.unwrap();
    for (table, rows) in &all {
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

/// Asks for lists, moves a finding and signs in at a steady pace while a second report comes in.
fn meanwhile(engine: &str, fixture: &Fixture, text: &str) {
    fixture.import(&report(2_000, 0));
    fixture.runtime.block_on(fixture.database.settle());
    let over = Arc::new(AtomicBool::new(false));
    let (desk, caller) = (fixture.desk.clone(), fixture.caller.clone());
    let paced = |every: u64, what: &'static str| {
        let (over, desk, caller) = (Arc::clone(&over), desk.clone(), caller.clone());
        fixture.runtime.spawn(async move {
            let mut pace = tokio::time::interval(Duration::from_millis(every));
            let (mut took, mut n) = (Vec::new(), 0);
            while !over.load(Ordering::Relaxed) {
                pace.tick().await;
                let start = Instant::now();
                let done = match what {
                    "lists" => listed(&desk, &caller).await,
                    "moves" => moved(&desk, &caller, n).await,
                    _ => signed_in(&desk).await,
                };
                // What was refused costs less: it does not count.
                if done {
                    took.push(start.elapsed());
                }
                n += 1;
            }
            took.sort();
            (what, took)
        })
    };
    let others = [paced(20, "lists"), paced(50, "moves"), paced(250, "sign-ins")];
    let start = Instant::now();
    fixture.import(text);
    let whole = start.elapsed();
    over.store(true, Ordering::Relaxed);
    println!("{engine}: while a report comes in ({:.2} s):", whole.as_secs_f64());
    for other in others {
        let (what, took) = fixture.runtime.block_on(other).unwrap();
        if took.is_empty() {
            println!("  {what}: none went through");
            continue;
        }
        let at = |share: f64| took[((took.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
        println!(
            "  {what}: {} of them, p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms",
            took.len(),
            at(0.5),
            at(0.99),
            at(1.0)
        );
    }
}

async fn listed(desk: &Desk, caller: &Caller) -> bool {
    let request = ListFindings {
        limit: Some(50),
        ..ListFindings::default()
    };
    finding::list(desk.clone(), caller.clone(), request).await.is_ok()
}

/// Back and forth between two states.
async fn moved(desk: &Desk, caller: &Caller, n: usize) -> bool {
    let request = ListFindings {
        limit: Some(1),
        ..ListFindings::default()
    };
    let page = finding::list(desk.clone(), caller.clone(), request).await.unwrap();
    let one = &page.items[0];
    let mut caller = caller.clone();
    caller.version = Some(one.version);
    let request = MoveFinding {
        finding: one.key.clone(),
        to: if one.status == Status::Open {
            Status::InProgress
        } else {
            Status::Open
        },
        notes: format!("Looked at {n} times."),
        kind: None,
        reason: None,
        until: None,
        of: None,
        basis: None,
        occurrences: Vec::new(),
    };
    finding::transition::step(desk.clone(), caller, request).await.is_ok()
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
