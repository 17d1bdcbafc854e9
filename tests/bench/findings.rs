//! Pages of findings and of the queue at 100,000 findings, on both engines, as an analyst asks for them.
//!
//! `cargo bench --bench findings`; PostgreSQL takes part where `RISKDESK_TEST_POSTGRES` names an owner's URL.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use divan::Bencher;
use riskdesk::api::agency::ShowOverview;
use riskdesk::api::client::CreateClient;
use riskdesk::api::finding::{ListFindings, ShowFinding};
use riskdesk::api::project::CreateProject;
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
}

static SQLITE: LazyLock<Full> = LazyLock::new(|| fill(Database::sqlite()));

static POSTGRES: LazyLock<Option<Full>> = LazyLock::new(|| Some(fill(Database::postgres(desk::owner()?))));

fn fill(database: impl Future<Output = Database>) -> Full {
    let runtime = Runtime::new().unwrap();
    let (desk, analyst, one) = runtime.block_on(async {
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
        // Kept until the process ends: what is static is never dropped.
        std::mem::forget(database);
        (desk, analyst, one)
    });
    Full {
        runtime,
        desk,
        analyst,
        one,
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
    for part in (0..FINDINGS).collect::<Vec<_>>().chunks(250) {
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
                    let mut sql = Sql::new(
                        "INSERT INTO finding (agency_id, id, project_id, key, title, title_fold, tool, severity, status, assignee_id, due_at, \
                         first_seen, last_seen, triaged_at, released_at, cve, created_at) VALUES ",
                    );
                    sql.push_rows(rows);
                    tx.run(sql).await?;
                    let mut sql = Sql::new(
                        "INSERT INTO occurrence (agency_id, id, finding_id, place, place_key, host, first_seen, last_seen) VALUES ",
                    );
                    sql.push_rows(places);
                    tx.run(sql).await
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

/// The queries that screens and people send.
static QUERIES: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| {
    BTreeMap::from([
        ("all", ""),
        ("client", "client:client-4 is:open"),
        ("due", "is:open due:<3d sort:due"),
        ("high", "sev:>=high is:open assignee:@me"),
        ("rare text", "\"component 976\""),
        ("text", "redirect"),
        ("title", "is:open sort:title"),
        ("asset", "asset:host7.client7.test"),
    ])
});

const NAMES: [&str; 8] = ["all", "client", "due", "high", "rare text", "text", "title", "asset"];

fn page(full: &Full, name: &str) {
    let request = ListFindings {
        q: Some(QUERIES[name].into()),
        ..ListFindings::default()
    };
    let page = full
        .runtime
        .block_on(finding::list(full.desk.clone(), full.analyst.clone(), request))
        .unwrap();
    assert!(!page.items.is_empty(), "{name}");
}

fn queue_page(full: &Full, q: &str) {
    let request = ListQueue {
        q: Some(q.into()),
        ..ListQueue::default()
    };
    let page = full
        .runtime
        .block_on(queue::list(full.desk.clone(), full.analyst.clone(), request))
        .unwrap();
    assert!(!page.items.is_empty());
}

/// How many match: what a pane says of its list.
fn count(full: &Full, name: &str) {
    let request = ListFindings {
        q: Some(QUERIES[name].into()),
        limit: Some(1),
        count: true,
        ..ListFindings::default()
    };
    let page = full
        .runtime
        .block_on(finding::list(full.desk.clone(), full.analyst.clone(), request))
        .unwrap();
    assert!(page.count.is_some_and(|n| n > 0), "{name}");
}

fn lanes(full: &Full) {
    let counted = full
        .runtime
        .block_on(queue::lanes(
            full.desk.clone(),
            full.analyst.clone(),
            CountLanes::default(),
        ))
        .unwrap();
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

macro_rules! on {
    ($module:ident, $full:expr) => {
        #[divan::bench_group(sample_count = 30)]
        mod $module {
            use super::*;

            #[divan::bench(args = NAMES)]
            fn findings_page(bencher: Bencher, name: &str) {
                if let Some(full) = $full {
                    bencher.bench_local(|| page(full, name));
                }
            }

            #[divan::bench(args = ["all", "client", "due"])]
            fn findings_count(bencher: Bencher, name: &str) {
                if let Some(full) = $full {
                    bencher.bench_local(|| count(full, name));
                }
            }

            #[divan::bench(args = ["", "client:client-4", "lane:overdue"])]
            fn queue(bencher: Bencher, q: &str) {
                if let Some(full) = $full {
                    bencher.bench_local(|| queue_page(full, q));
                }
            }

            #[divan::bench]
            fn overview(bencher: Bencher) {
                if let Some(full) = $full {
                    bencher.bench_local(|| glance(full));
                }
            }

            #[divan::bench]
            fn lane_counts(bencher: Bencher) {
                if let Some(full) = $full {
                    bencher.bench_local(|| lanes(full));
                }
            }

            #[divan::bench]
            fn show_one(bencher: Bencher) {
                if let Some(full) = $full {
                    bencher.bench_local(|| show(full));
                }
            }
        }
    };
}

on!(sqlite, Some(&*SQLITE));
on!(postgres, POSTGRES.as_ref());

fn main() {
    divan::main();
}
