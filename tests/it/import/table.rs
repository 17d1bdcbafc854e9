//! Every status a finding can have, in every situation an import can find it in: what becomes of its status, its
//! severity, its seen marks, its history and its lane. On both databases, through the real path.

use std::collections::HashMap;

use riskdesk::domain::status::Status;
use serde_json::{Value, json};

use super::flow::{self, line};
use crate::support::bench::{Bench, engines};
use crate::support::checked;
use crate::support::findings::{brought_to, path};

/// What the second import says of a finding that the first one brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Situation {
    Seen,
    SeenWithOtherSeverity,
    /// At one of its two places.
    SeenInPart,
    NotSeen,
    /// Not in a report that covers something else.
    OutOfScope,
    /// In a report that is older than the first one, with another severity.
    InOlderReport,
    /// Not in a report that is older than the first one.
    NotInOlderReport,
    /// The first report once more, in another order.
    SameEvidence,
}

use Situation::{
    InOlderReport, NotInOlderReport, NotSeen, OutOfScope, SameEvidence, Seen, SeenInPart, SeenWithOtherSeverity,
};

const SITUATIONS: [Situation; 8] = [
    Seen,
    SeenWithOtherSeverity,
    SeenInPart,
    NotSeen,
    OutOfScope,
    InOlderReport,
    NotInOlderReport,
    SameEvidence,
];

/// Two findings of every status: the second of each has a severity that a person set. One more is what duplicates follow.
const ORIGINAL: u32 = 2 * Status::ALL.len() as u32;

fn report(templates: impl IntoIterator<Item = u32>, hosts: u32, severity: &str, day: u32) -> String {
    let lines = templates
        .into_iter()
        .map(|t| (0..hosts).map(|h| line(t, h, severity, day)).collect::<String>());
    lines.collect()
}

fn first() -> String {
    report(0..=ORIGINAL, 2, "medium", 10)
}

impl Situation {
    fn report(self) -> String {
        match self {
            Seen => report(0..=ORIGINAL, 2, "medium", 20),
            SeenWithOtherSeverity => report(0..=ORIGINAL, 2, "high", 20),
            SeenInPart => report(0..=ORIGINAL, 1, "medium", 20),
            NotSeen => report([ORIGINAL], 2, "medium", 20),
            OutOfScope => line(99, 7, "medium", 20),
            InOlderReport => report(0..=ORIGINAL, 2, "low", 2),
            NotInOlderReport => report([ORIGINAL], 2, "medium", 2),
            SameEvidence => {
                let first = first();
                let mut lines: Vec<&str> = first.split_inclusive('\n').collect();
                lines.reverse();
                lines.concat()
            }
        }
    }

    fn covers(self) -> &'static [&'static str] {
        if self == OutOfScope { &["h7.test"] } else { &[] }
    }

    /// New, recurring, reopened, not seen, of which unchanged.
    fn totals(self) -> [i64; 5] {
        let all = i64::from(ORIGINAL) + 1;
        match self {
            Seen => [0, all - 2, 2, 0, all - 2],
            SeenWithOtherSeverity | SeenInPart => [0, all - 2, 2, 0, 0],
            NotSeen => [0, 1, 0, all - 1, 1],
            OutOfScope => [1, 0, 0, 0, 0],
            InOlderReport | SameEvidence => [0, all, 0, 0, all],
            NotInOlderReport => [0, 1, 0, 0, 1],
        }
    }

    /// What is shown of a finding afterwards, but for what stays as it was.
    fn expected(self, before: &Value, status: Status, own: bool) -> Value {
        let mut after = before.clone();
        let there = matches!(self, Seen | SeenWithOtherSeverity | SeenInPart);
        if there {
            after["last_seen"] = json!("2026-03-20T10:00:00.000Z");
        }
        if self == InOlderReport {
            after["first_seen"] = json!("2026-03-02T10:00:00.000Z");
        }
        if self == NotSeen {
            after["seen_in_latest"] = json!(false);
        }
        // The scanner's word is a fact beside what a person said.
        if self == SeenWithOtherSeverity {
            after["scanner_severity"] = json!("high");
            if !own {
                after["severity"] = json!("high");
            }
        }
        // The only verdict that an import takes back.
        if there && status == Status::VerifiedFixed {
            after["status"] = json!("open");
        }
        after
    }

    fn lane(self, status: Status) -> Option<&'static str> {
        let there = matches!(self, Seen | SeenWithOtherSeverity | SeenInPart);
        match status {
            Status::PendingVerification => Some("verify"),
            Status::NotFixed | Status::Partial | Status::Inconclusive => Some("back"),
            Status::VerifiedFixed if there => Some("back"),
            Status::Open | Status::InProgress if self == NotSeen => Some("gone"),
            Status::Open | Status::InProgress => Some("unassigned"),
            _ => None,
        }
    }
}

/// All findings of a project by title.
async fn shown(bench: &Bench, token: &str, project: &str) -> HashMap<String, Value> {
    let findings = flow::findings(bench, token, project).await;
    findings
        .into_iter()
        .map(|f| (f["title"].as_str().unwrap().to_owned(), f))
        .collect()
}

/// The first report imported, and every finding triaged, rated and moved as the table wants it.
async fn prepared(bench: &Bench, token: &str, project: &str) {
    assert_eq!(
        flow::import(bench, token, project, &[&first()]).await[0],
        i64::from(ORIGINAL) + 1
    );
    let all = shown(bench, token, project).await;
    let original = &all[&format!("Template {ORIGINAL}")];
    for (n, status) in Status::ALL.into_iter().enumerate() {
        for own in [0, 1] {
            let mut finding = all[&format!("Template {}", n * 2 + own)].clone();
            let at = path(&finding, "/triage");
            let version = finding["version"].as_i64();
            finding = bench.write(token, "POST", &at, version, json!({})).await.ok();
            if own == 1 {
                let (at, version) = (path(&finding, ""), finding["version"].as_i64());
                let rated = json!({ "severity": "critical" });
                finding = bench.write(token, "PATCH", &at, version, rated).await.ok();
            }
            brought_to(bench, token, finding, original, status).await;
        }
    }
}

const HISTORY: &str = "SELECT COUNT(*) FROM finding_history";
const ROUNDS: &str = "SELECT COUNT(*) FROM round";
const REOPENED: &str =
    "SELECT COUNT(*) FROM finding_history WHERE rule = 'rule:seen_again' AND from_status = 'verified_fixed'";

#[tokio::test]
async fn every_status_in_every_situation() {
    let (mut looked, mut failed) = (0, Vec::new());
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        for situation in SITUATIONS {
            let project = bench.project(&token, "Table", None).await["key"]
                .as_str()
                .unwrap()
                .to_owned();
            prepared(&bench, &token, &project).await;
            let before = shown(&bench, &token, &project).await;
            let (mut counts, mut places) = (Vec::new(), 0);
            for sql in [HISTORY, ROUNDS, REOPENED] {
                counts.push(bench.number(sql).await);
            }
            let plan = flow::planned(&bench, &token, &project, situation.covers(), &[&situation.report()]).await;
            assert_eq!(flow::totals(&plan), situation.totals(), "{engine:?} {situation:?}");
            // A plan is only a plan.
            assert_eq!(
                shown(&bench, &token, &project).await,
                before,
                "{engine:?} {situation:?}"
            );
            flow::apply(&bench, &token, &plan).await.ok();
            let after = shown(&bench, &token, &project).await;
            let queue = bench
                .get(&token, &format!("/api/v1/queue?limit=200&q=project:{project}"))
                .await
                .ok();
            let lanes: HashMap<&str, &str> = queue["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| {
                    (
                        item["finding"]["title"].as_str().unwrap(),
                        item["lane"].as_str().unwrap(),
                    )
                })
                .collect();
            for (n, status) in Status::ALL.into_iter().enumerate() {
                for own in [false, true] {
                    let title = format!("Template {}", n * 2 + usize::from(own));
                    let (mut was, mut is) = (before[&title].clone(), after[&title].clone());
                    for finding in [&mut was, &mut is] {
                        finding.as_object_mut().unwrap().remove("version");
                    }
                    let wanted = situation.expected(&was, status, own);
                    let lane = lanes.get(title.as_str()).copied();
                    looked += 1;
                    if is != wanted || lane != situation.lane(status) {
                        failed.push(format!(
                            "{engine:?} {situation:?} {status} own={own}: {is} in {lane:?} instead of {wanted} in {:?}",
                            situation.lane(status)
                        ));
                    }
                    // A version that moves without a change makes people's edits conflict with nothing.
                    let moved = before[&title]["version"] != after[&title]["version"];
                    let quiet = matches!(situation, OutOfScope | NotInOlderReport | SameEvidence)
                        || situation == Seen && status != Status::VerifiedFixed;
                    if moved == quiet && situation != InOlderReport {
                        failed.push(format!("{engine:?} {situation:?} {status}: the version moved: {moved}"));
                    }
                    if situation == SeenInPart && status == Status::Open {
                        let path = path(&after[&title], "/occurrences");
                        let listed = bench.get(&token, &path).await.ok();
                        let seen = listed["items"]
                            .as_array()
                            .unwrap()
                            .iter()
                            .filter(|p| p["seen_in_latest"] == true);
                        places += seen.count();
                    }
                }
            }
            let reopened = situation.totals()[2];
            for (sql, was) in [HISTORY, ROUNDS, REOPENED].into_iter().zip(counts) {
                let more = if sql == ROUNDS { 0 } else { reopened };
                let is = bench.number(sql).await;
                if is != was + more {
                    failed.push(format!(
                        "{engine:?} {situation:?}: {sql}: {was} became {is}, not {}",
                        was + more
                    ));
                }
            }
            if situation == SeenInPart && places != 2 {
                failed.push(format!(
                    "{engine:?}: two findings are still seen at one place each, not at {places}"
                ));
            }
        }
        bench.stop().await;
    }
    println!("{failed:#?}");
    checked("status and situation", looked, failed.len(), 176);
}
