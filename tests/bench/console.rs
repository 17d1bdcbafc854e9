//! One frame of each pane of the console: 100 rows loaded, all four panes on a screen of 200 × 50, then each alone at
//! 80 × 24. A frame is drawn into memory; nothing goes to a terminal.
//!
//! `cargo bench --bench console`

#![allow(clippy::panic)]

use divan::Bencher;
use riskdesk::api::Page;
use riskdesk::api::client::{Client, ListClients};
use riskdesk::api::finding::{Finding, FindingDetail, ListFindings, ShowFinding};
use riskdesk::api::project::{ListProjects, Project};
use riskdesk::api::queue::{CountLanes, LaneCount, LaneCounts, ListQueue, QueueItem};
use riskdesk::domain::access::Role;
use riskdesk::domain::lane::Lane;
use riskdesk::tui::harness::Harness;
use serde_json::{Value, json};

const ROWS: usize = 100;

fn main() {
    divan::main();
}

/// Wire rows, as the server would send them.
fn rows<T: serde::de::DeserializeOwned>(row: impl Fn(usize) -> Value) -> Page<T> {
    Page {
        items: (0..ROWS)
            .map(|n| serde_json::from_value(row(n)).unwrap_or_else(|e| panic!("{e}")))
            .collect(),
        next: None,
        prev: None,
        has_more: false,
        count: Some(100_000),
    }
}

fn id(kind: usize, n: usize) -> String {
    uuid::Uuid::from_u128(((kind as u128) << 64) | n as u128).to_string()
}

fn person() -> Value {
    json!({"id": id(9, 1), "name": "Ada Admin", "email": "ada@agency.test"})
}

fn reference(kind: usize, n: usize, key: &str, name: &str) -> Value {
    json!({"id": id(kind, n), "key": format!("{key}{n}"), "name": format!("{name} {n}")})
}

fn client(n: usize) -> Value {
    json!({
        "id": id(1, n), "key": format!("client-{n}"), "name": format!("Client {n} Holdings"),
        "contact_email": "it@client.test", "external_ref": null, "notes": "", "state": "active",
        "account_manager": person(), "agency_access": "all_users", "selected": [], "project_count": 3,
        "open_findings": {"critical": 1, "high": 4, "medium": 12, "low": 0, "info": 3}, "version": 1,
    })
}

fn project(n: usize) -> Value {
    let badge = |state: &str| json!({"state": state});
    json!({
        "id": id(2, n), "key": format!("P-{n:04}"), "name": format!("Web shop {n}"),
        "client": reference(1, n, "client-", "Client"), "lead": person(), "team": [],
        "badges": {"scan": badge("done"), "report": badge("none"), "fix": {"state": "overdue", "count": 4},
                   "handoff": badge("not_started"), "monitoring": badge("off")},
        "open_findings": {"critical": 1, "high": 4, "medium": 12, "low": 0, "info": 3}, "version": 1,
    })
}

fn finding(n: usize) -> Value {
    let severities = ["critical", "high", "medium", "low", "info"];
    json!({
        "id": id(3, n), "key": format!("F-{n:06}"),
        "title": format!("The parameter `id` of request {n} reaches the database as it is"),
        "severity": severities[n % 5], "scanner_severity": severities[n % 5],
        "cvss": {"version": "3.1", "vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "score": 9.8},
        "cwe": [89], "cve": ["CVE-2024-1234"], "status": "open", "assignee": person(),
        "due_at": "2026-11-30T12:00:00.000Z", "first_seen": "2026-10-01T12:00:00.000Z",
        "last_seen": "2026-11-20T12:00:00.000Z", "seen_in_latest": true, "triaged_at": null, "released_at": null,
        "occurrence_count": 12, "project": reference(2, n, "P-", "Web shop"),
        "client": reference(1, n, "client-", "Client"), "tool": "nuclei", "version": 1,
    })
}

fn item(n: usize) -> Value {
    json!({
        "lane": Lane::ALL[n % 9].name(), "finding": finding(n),
        "clock": {"kind": "remediation", "due_at": "2026-11-30T12:00:00.000Z"}, "holder": null,
    })
}

/// A desk with every pane full.
fn desk(width: u16, height: u16) -> Harness {
    let mut desk = Harness::with_theme(width, height, "terminal").signed_in(Role::Admin);
    for _ in 0..2 {
        desk.reply::<ListClients>(rows::<Client>(client));
        desk.reply::<ListProjects>(rows::<Project>(project));
        desk.reply::<ListFindings>(rows::<Finding>(finding));
        desk.reply::<ListQueue>(rows::<QueueItem>(item));
    }
    let lanes = Lane::ALL
        .into_iter()
        .map(|lane| LaneCount { lane, count: 120 })
        .collect();
    desk.reply::<CountLanes>(LaneCounts { lanes });
    desk
}

#[divan::bench]
fn all_panes_at_200_by_50(bencher: Bencher) {
    let mut desk = desk(200, 50);
    bencher.bench_local(|| {
        desk.draw();
    });
}

#[divan::bench(args = ["1", "2", "3", "4"])]
fn pane_at_80_by_24(bencher: Bencher, pane: &str) {
    let mut desk = desk(80, 24);
    desk.press(pane);
    bencher.bench_local(|| {
        desk.draw();
    });
}

#[divan::bench]
fn detail_at_120_by_40(bencher: Bencher) {
    let mut desk = desk(120, 40);
    desk.press("3<enter>");
    let mut full = json!({
        "description": "A long description of what was found. ".repeat(60),
        "remediation": "Bind parameters. ".repeat(20), "references": ["https://cwe.example/89"],
        "own_severity": null, "triaged_by": null, "released_by": null, "due_reason": null, "accepted_until": null,
        "duplicate_of": null, "moves": [], "occurrences_open": 12, "occurrences_fixed": 0,
    });
    if let (Some(full), Value::Object(row)) = (full.as_object_mut(), finding(0)) {
        full.extend(row);
    }
    let detail: FindingDetail = serde_json::from_value(full).unwrap_or_else(|e| panic!("{e}"));
    desk.reply::<ShowFinding>(detail);
    bencher.bench_local(|| {
        desk.draw();
    });
}

/// From a key to the frame that shows it.
#[divan::bench]
fn a_step_and_its_frame_at_120_by_40(bencher: Bencher) {
    let mut desk = desk(120, 40);
    desk.press("3");
    bencher.bench_local(|| {
        desk.press("j");
        desk.press("k");
        desk.draw();
    });
}
