//! Pages of findings and of the queue at 100,000 findings, on both engines, as an analyst asks for them.
//!
//! `cargo bench --bench findings [WORDS]`; PostgreSQL takes part where `RISKDESK_TEST_POSTGRES` names an owner's URL. Each
//! list is asked for as its pane does, page and count in one; printed are the median and the 95th percentile of
//! sixty, and the processor time of one in this process.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout)]

use std::time::{Duration, Instant};

use riskdesk::api::agency::ShowOverview;
use riskdesk::api::client::{CreateClient, ListClients};
use riskdesk::api::finding::{ListFindings, ShowFinding};
use riskdesk::api::project::{CreateProject, ListProjects};
use riskdesk::api::queue::{CountLanes, ListQueue};
use riskdesk::domain::access::{AgencyAccess, Role};
use riskdesk::domain::fold::sort_key;
use riskdesk::domain::id::{AgencyId, FindingId, OccurrenceId, UserId};
use riskdesk::domain::key::{Kind, key};
use riskdesk::domain::severity::Severity;
use riskdesk::domain::status::Status;
use riskdesk::domain::time::DAY_MS;
use riskdesk::service::clock::Clock;
use riskdesk::service::{Caller, Desk, admin, agency, client, finding, project, queue};
use riskdesk::store::{Scope, Sql, Value};
use tokio::runtime::Runtime;

use self::desk::{Database, caller, user};

mod desk;

const FINDINGS: usize = 100_000;

/// A desk with its data, and the analyst who asks.
struct Full {
    runtime: Runtime,
    desk: Desk,
    analyst: Caller,
    one: String,
    /// Goes with what is measured.
    _database: Database,
}

fn fill(database: impl Future<Output = Database>) -> Full {
    let runtime = Runtime::new().unwrap();
    let (desk, analyst, one, database) = runtime.block_on(async {
        let database = database.await;
        let owner = &database.owner;
        let clock = Clock::system();
        let agency = admin::init(
            owner,
            admin::NewAgency::named("Alpha"),
            "admin@alpha.test",
            "Ada",
            "correct horse battery staple",
            clock.now(),
        )
        .await
        .unwrap();
        let add = admin::add_user(
            owner,
            "Alpha",
            "ana@alpha.test",
            "Ana",
            Role::Analyst,
            Some("correct horse battery staple"),
            clock.now(),
        );
        add.await.unwrap();
        let desk = Desk::new(database.store.clone(), clock, Some(database.dir.path().to_owned()))
            .await
            .unwrap();
        let boss = caller(agency, user(&desk, agency, "admin@alpha.test").await, Role::Admin);
        let analyst = caller(agency, user(&desk, agency, "ana@alpha.test").await, Role::Analyst);
        let mut projects = Vec::new();
        for n in 0..30 {
            let access = if n % 3 == 0 {
                AgencyAccess::AdminsOnly
            } else {
                AgencyAccess::AllUsers
            };
            let request = CreateClient {
                name: format!("Client {n}"),
                account_manager: Some("admin@alpha.test".into()),
                agency_access: Some(access),
                ..CreateClient::default()
            };
            let made = client::create(desk.clone(), boss.clone(), request).await.unwrap();
            let request = CreateProject {
                name: format!("Site {n}"),
                client: Some(made.key),
                ..CreateProject::default()
            };
            projects.push(project::create(desk.clone(), boss.clone(), request).await.unwrap().id);
        }
        let one = findings(&desk, agency, &projects, analyst.user).await;
        database.settle().await;
        (desk, analyst, one, database)
    });
    Full {
        runtime,
        desk,
        analyst,
        one,
        _database: database,
    }
}

/// Rows as a year of imports leaves them: mostly low, half closed, a tenth released and due. Gives one key.
async fn findings(
    desk: &Desk,
    agency: AgencyId,
    projects: &[riskdesk::domain::id::ProjectId],
    analyst: UserId,
) -> String {
    let now = desk.now();
    let words = [
        "SQL injection",
        "Weak cipher",
        "Open redirect",
        "Outdated jQuery",
        "Missing header",
        "Default password",
    ];
    for part in (0..FINDINGS).collect::<Vec<_>>().chunks(5_000) {
        let (mut rows, mut places): (Vec<Vec<Value>>, Vec<Vec<Value>>) = (Vec::new(), Vec::new());
        for n in part {
            let n = *n;
            let id = FindingId::fresh();
            let title = format!("{} in component {}", words[n % words.len()], n % 977);
            let severity = Severity::ALL[[4, 3, 3, 2, 2, 1, 4, 3, 2, 0][n % 10]];
            let status = if n / 11 % 2 == 0 {
                Status::ALL[n / 2 % 6]
            } else {
                Status::ALL[6 + n / 2 % 5]
            };
            let released = n % 10 == 2;
            rows.push(vec![
                id.into(),
                projects[n % projects.len()].into(),
                key(Kind::Finding, b"bench", n as u64).into(),
                title.clone().into(),
                sort_key(&title).into(),
                "nuclei".into(),
                severity.into(),
                status.name().into(),
                (n % 4 == 1).then_some(analyst).into(),
                released
                    .then(|| now.plus_ms((n % 60) as i64 * DAY_MS - 20 * DAY_MS))
                    .into(),
                now.plus_ms(-((n % 400) as i64) * DAY_MS).into(),
                now.into(),
                (n % 7 != 0).then_some(now).into(),
                released.then_some(now).into(),
                format!("[\"CVE-20{:02}-{:04}\"]", 10 + n % 15, 1000 + n % 9000).into(),
                now.into(),
            ]);
            let place = format!("https://host{}.client{}.test/path/{n}", n % 500, n % 30);
            let host = format!("host{}.client{}.test", n % 500, n % 30);
            places.push(vec![
                OccurrenceId::fresh().into(),
                id.into(),
                place.clone().into(),
                place.into_bytes().into(),
                host.into(),
                now.into(),
                now.into(),
            ]);
        }
        desk.store()
            .write(&Scope::job(agency), move |tx| {
                Box::pin(async move {
                    for some in rows.chunks(Sql::rows_at_once(16)) {
                        let mut sql = Sql::new(
                            "INSERT INTO finding (agency_id, id, project_id, key, title, title_fold, tool, severity, status, assignee_id, due_at, \
                             first_seen, last_seen, triaged_at, released_at, cve, created_at) VALUES ",
                        );
                        sql.push_rows(some.to_vec());
                        tx.run(sql).await?;
                    }
                    for some in places.chunks(Sql::rows_at_once(7)) {
                        let mut sql = Sql::new(
                            "INSERT INTO occurrence (agency_id, id, finding_id, place, place_key, host, first_seen, last_seen) VALUES ",
                        );
                        sql.push_rows(some.to_vec());
                        tx.run(sql).await?;
                    }
                    Ok::<_, riskdesk::store::Error>(())
                })
            })
            .await
            .unwrap();
    }
    // The counts that the acts themselves would have kept.
    desk.store()
        .write(&Scope::job(agency), |tx| {
            Box::pin(async move {
                tx.run(Sql::new(
                    "INSERT INTO rollup (agency_id, project_id, status, severity, n) \
                     SELECT agency_id, project_id, status, severity, COUNT(*) FROM finding WHERE agency_id = $1 \
                     GROUP BY agency_id, project_id, status, severity",
                ))
                .await
            })
        })
        .await
        .unwrap();
    key(Kind::Finding, b"bench", 1)
}

/// What the panes ask first, of a list's beginning and its count together, and what people type into them.
const FINDINGS_LISTS: [&str; 43] = [
    "is:open",
    "",
    "client:client-4 is:open",
    "project:\"site 4\" is:open",
    "sev:>=high is:open assignee:@me",
    "is:open due:<3d",
    "is:open due:<3d sort:due",
    "first:<1d",
    "status:partial",
    "triaged:no is:open",
    "claimed:me",
    "unread:yes sort:-last",
    "import:last",
    "tool:nuclei is:open",
    "cvss:>=9",
    "cve:CVE-2014-1004",
    "cve:CVE-2014-*",
    "cwe:79",
    "tag:pci",
    "asset:host7.client7.test",
    "asset:*.client7.test",
    "redirect",
    "redirect is:open",
    "-redirect",
    "\"component 976\"",
    "injection component",
    "https",
    "nowhere-to-be-found",
    "zq",
    "e",
    "is:open sort:-sev",
    "is:open sort:-cvss",
    "is:open sort:due",
    "is:open sort:-first",
    "is:open sort:-last",
    "is:open sort:status",
    "is:open sort:title",
    "is:open sort:-title",
    "is:open sort:client",
    "is:open sort:project",
    "is:open sort:assignee",
    "is:open sort:-assignee",
    "is:open sort:tool",
];

const QUEUE_LISTS: [(&str, bool); 14] = [
    ("", false),
    ("client:client-4", false),
    ("lane:overdue", false),
    ("lane:reply", false),
    ("assignee:@me lane:verify,reply,back,overdue,due_soon", false),
    ("redirect", false),
    ("sort:-sev", true),
    ("sort:assignee", true),
    ("sort:-sev", false),
    ("sort:-cvss", false),
    ("sort:due", false),
    ("sort:-first", false),
    ("sort:title", false),
    ("sort:client", false),
];

const CLIENT_SORTS: [&str; 4] = ["name", "key", "state", "manager"];
const PROJECT_SORTS: [&str; 4] = ["name", "key", "client", "lead"];

fn findings_list(full: &Full, q: &str, cursor: Option<String>, end: bool) -> Option<String> {
    let request = ListFindings {
        q: Some(q.into()),
        count: cursor.is_none(),
        cursor,
        end,
        ..ListFindings::default()
    };
    let page = finding::list(full.desk.clone(), full.analyst.clone(), request);
    full.runtime.block_on(page).unwrap().next
}

fn queue_list(full: &Full, q: &str, flat: bool) {
    let request = ListQueue {
        q: Some(q.into()),
        flat,
        count: true,
        ..ListQueue::default()
    };
    let page = queue::list(full.desk.clone(), full.analyst.clone(), request);
    full.runtime.block_on(page).unwrap();
}

fn lanes(full: &Full) {
    let counted = queue::lanes(full.desk.clone(), full.analyst.clone(), CountLanes::default());
    let counted = full.runtime.block_on(counted).unwrap();
    assert!(counted.lanes.iter().any(|l| l.count > 0));
}

/// What every role is shown first of the agency.
fn glance(full: &Full) {
    let shown = agency::overview(full.desk.clone(), full.analyst.clone(), ShowOverview {});
    let shown = full.runtime.block_on(shown).unwrap();
    assert!(shown.due.overdue.fix > 0 && shown.agency.open_findings.critical > 0);
}

fn show(full: &Full) {
    let request = ShowFinding {
        finding: full.one.clone(),
    };
    let shown = finding::show(full.desk.clone(), full.analyst.clone(), request);
    assert!(full.runtime.block_on(shown).is_ok());
}

/// The most that a list may take, ninety-five times of a hundred.
const BOUND: Duration = Duration::from_millis(20);

/// Measures one question and prints its median and 95th percentile. How many were over the bound.
fn measure(engine: &str, name: &str, wanted: &[String], mut ask: impl FnMut()) -> usize {
    if !wanted.is_empty() && !wanted.iter().any(|w| format!("{engine} {name}").contains(w.as_str())) {
        return 0;
    }
    let busy = processor();
    let mut times: Vec<Duration> = (0..63)
        .map(|_| {
            let from = Instant::now();
            ask();
            from.elapsed()
        })
        .skip(3)
        .collect();
    times.sort();
    let (median, most) = (times[times.len() / 2], times[times.len() * 95 / 100]);
    let over = most > BOUND;
    println!(
        "{engine:8}  {median:>9.1?}  {most:>9.1?}  {:>9.1?}  {}  {name}",
        processor().saturating_sub(busy) / 63,
        if over { "OVER" } else { "    " }
    );
    usize::from(over)
}

/// The processor time that this process has used: what a busy machine stretches least.
fn processor() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let times = tasks.filter_map(|task| std::fs::read_to_string(task.path().join("schedstat")).ok());
    let used = times.filter_map(|text| text.split(' ').next().and_then(|n| n.parse::<u64>().ok()));
    Duration::from_nanos(used.sum())
}

fn all(engine: &str, full: &Full, wanted: &[String]) {
    let mut over = 0;
    let mut one = |name: String, ask: &mut dyn FnMut()| over += measure(engine, &name, wanted, ask);
    for q in FINDINGS_LISTS {
        one(format!("findings {q}"), &mut || {
            drop(findings_list(full, q, None, false));
        });
    }
    for q in ["is:open", "is:open sort:title", "is:open sort:client"] {
        one(format!("findings, the end: {q}"), &mut || {
            drop(findings_list(full, q, None, true));
        });
        let mut cursor = findings_list(full, q, None, false);
        for _ in 0..50 {
            cursor = findings_list(full, q, cursor, false);
        }
        one(format!("findings, page 50: {q}"), &mut || {
            drop(findings_list(full, q, cursor.clone(), false));
        });
    }
    for (q, flat) in QUEUE_LISTS {
        let flatly = if flat { ", no lanes" } else { "" };
        one(format!("queue{flatly} {q}"), &mut || queue_list(full, q, flat));
    }
    for sort in CLIENT_SORTS {
        one(format!("clients sort={sort}"), &mut || {
            let request = ListClients {
                sort: Some(sort.into()),
                count: true,
                ..ListClients::default()
            };
            let page = client::list(full.desk.clone(), full.analyst.clone(), request);
            full.runtime.block_on(page).unwrap();
        });
    }
    for sort in PROJECT_SORTS {
        one(format!("projects sort={sort}"), &mut || {
            let request = ListProjects {
                sort: Some(sort.into()),
                count: true,
                ..ListProjects::default()
            };
            let page = project::list(full.desk.clone(), full.analyst.clone(), request);
            full.runtime.block_on(page).unwrap();
        });
    }
    one("queue, counts of lanes".into(), &mut || lanes(full));
    one("overview".into(), &mut || glance(full));
    one("one finding".into(), &mut || show(full));
    println!("{engine}: {over} over {BOUND:?}");
}

fn main() {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with("--")).collect();
    println!("engine       median        p95  processor        question, with what its pane asks beside the rows");
    all("sqlite", &fill(Database::sqlite()), &wanted);
    match desk::owner() {
        Some(owner) => all("postgres", &fill(Database::postgres(owner)), &wanted),
        None => println!("postgres: skipped, RISKDESK_TEST_POSTGRES is not set"),
    }
}
