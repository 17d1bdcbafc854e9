//! Imports that follow their decision in parts, where the database has one writer: what happens while some are still to come. That
//! nothing is lost and nothing happens twice when the server ends in between is `breaks.rs`'s; that an import in parts does
//! what one in a single transaction does is shown by all other tests, which run both ways (`Bench::start`).

use riskdesk::service::job;
use serde_json::{Value, json};

use super::flow::{apply, line, planned, report, totals, until};
use crate::support::bench::{Bench, Engine};
use crate::support::dump::{difference, whole};
use crate::support::findings::{step, workspace};

/// Keeps the places at one host from being written, as a full disk would.
const NO_ROOM: &str = "CREATE TRIGGER no_room BEFORE INSERT ON occurrence WHEN new.host = 'h4.test' \
     BEGIN SELECT RAISE(ABORT, 'there is no room'); END";

async fn shown(bench: &Bench, token: &str, batch: &Value) -> Value {
    let path = format!("/api/v1/imports/{}", batch["id"].as_str().unwrap());
    bench.get(token, &path).await.ok()
}

/// Waits until the batch is told of so.
async fn told(bench: &Bench, token: &str, batch: &Value, so: impl Fn(&Value) -> bool) -> Value {
    let end = std::time::Instant::now() + std::time::Duration::from_mins(1);
    loop {
        let now = shown(bench, token, batch).await;
        if so(&now) {
            return now;
        }
        assert!(std::time::Instant::now() < end, "{now}");
        tokio::task::yield_now().await;
    }
}

async fn of(bench: &Bench, token: &str, template: u32) -> Value {
    let found = bench
        .get(token, &format!("/api/v1/findings?q=%22Template%20{template}%22"))
        .await
        .ok();
    let title = format!("Template {template}");
    let all = found["items"].as_array().unwrap();
    all.iter().find(|f| f["title"] == title.as_str()).unwrap().clone()
}

#[tokio::test]
async fn what_cannot_be_written_now_is_written_when_it_can() {
    let mut bench = Bench::start(Engine::Sqlite).await;
    let token = bench.alpha_admin().await;
    let project = workspace(&bench, &token, "Shop").await;
    let first = planned(&bench, &token, &project, &[], &[&report(0..4, 3, 1)]).await;
    let first = apply(&bench, &token, &first).await.ok();
    assert_eq!((&first["state"], &first["progress"]), (&json!("applied"), &Value::Null));
    let before = whole(&bench).await;

    bench.plant(NO_ROOM).await;
    let plan = planned(&bench, &token, &project, &[], &[&report(0..6, 6, 8)]).await;
    let stuck = apply(&bench, &token, &plan).await.ok();
    assert_eq!(stuck["state"], "applying");
    let why = stuck["problem"].as_str().unwrap();
    assert!(why.contains("there is no room"), "{why}");
    // What was known is written, and a part of what is new.
    let progress = &stuck["progress"];
    assert_eq!(progress["total"], 6 + 36);
    assert!(
        (6 + 12..6 + 24).contains(&progress["done"].as_i64().unwrap()),
        "{progress}"
    );
    assert_eq!(bench.number("SELECT COUNT(*) FROM finding").await, 6);
    let counted = "SELECT (SELECT SUM(occurrence_count) FROM finding) - (SELECT COUNT(*) FROM occurrence)";
    assert_eq!(bench.number(counted).await, 0);

    // Whatever reads or moves places has to wait, and says so.
    let other = json!({ "project": project });
    let other = bench.post(&token, "/api/v1/imports", other).await.ok();
    let id = other["id"].as_str().unwrap();
    let upload = bench.request("PUT", &format!("/api/v1/imports/{id}/files/0?name=r"));
    Bench::send(upload.bearer_auth(&token).body(report(0..1, 1, 9)))
        .await
        .ok();
    let refused = [
        bench
            .post(&token, &format!("/api/v1/imports/{id}/plan"), json!({}))
            .await,
        merge(&bench, &token).await,
        take_back(&bench, &token, &stuck).await,
    ];
    for answer in refused {
        let problem = answer.refused(409, "in_progress");
        assert_eq!(problem["retryable"], true, "{problem}");
    }
    let batch = stuck["id"].as_str().unwrap();
    let batch = format!("/api/v1/imports/{batch}");
    let drop = bench.write(&token, "DELETE", &batch, None, json!({})).await;
    drop.refused(409, "already_exists");
    apply(&bench, &token, &plan).await.refused(409, "already_exists");

    // People work on: what they prove fixed is, at the places that are still to come too.
    let five = of(&bench, &token, 5).await;
    let proof = json!({ "notes": "Gone.", "basis": "retest" });
    let proven = step(&bench, &token, &five, "verified_fixed", proof).await.ok();
    assert!(proven["occurrence_count"].as_i64().unwrap() < 6, "{proven}");

    // Nothing of what it needs is swept, and a server that starts anew goes on with it.
    bench.clock.set_offset(2 * 3_600_000);
    job::run_due(&bench.desk).await.unwrap();
    bench.restart().await;
    let token = bench.alpha_admin().await;
    let still = told(&bench, &token, &stuck, |b| b["problem"] != Value::Null).await;
    assert_eq!((&still["state"], &still["progress"]), (&stuck["state"], progress));
    bench.plant("DROP TRIGGER no_room").await;
    let done = told(&bench, &token, &stuck, |b| b["state"] == "applied").await;
    assert_eq!((&done["problem"], &done["totals"]["new"]), (&Value::Null, &json!(2)));

    assert_eq!(bench.number("SELECT COUNT(*) FROM occurrence").await, 36);
    assert_eq!(bench.number(counted).await, 0);
    let docs = "SELECT (SELECT COUNT(*) FROM finding_doc d WHERE NOT EXISTS (SELECT 1 FROM finding_doc_gone g WHERE g.n = d.n)) \
                 - (SELECT COUNT(*) FROM finding) - (SELECT COUNT(*) FROM occurrence)";
    assert_eq!(bench.number(docs).await, 0);
    let five = of(&bench, &token, 5).await;
    assert_eq!(
        (&five["occurrence_count"], &five["status"]),
        (&json!(6), &json!("verified_fixed"))
    );
    for sql in [
        "SELECT SUM(occurrence_fixed) FROM finding",
        "SELECT COUNT(*) FROM occurrence WHERE fixed",
    ] {
        assert_eq!(bench.number(sql).await, 6);
    }
    until(&bench, "SELECT COUNT(*) FROM import_place", 0).await;
    until(&bench, "SELECT COUNT(*) FROM job WHERE kind = 'import.settle'", 0).await;

    // It goes back as any other does, and what waited may be tried again.
    let page = bench.get(&token, "/api/v1/acts?limit=1").await.ok();
    assert_eq!(page["items"][0]["kind"], "finding.move", "{page}");
    let act = page["items"][0]["id"].as_str().unwrap();
    bench
        .post(&token, &format!("/api/v1/acts/{act}/undo"), json!({}))
        .await
        .ok();
    take_back(&bench, &token, &done).await.ok();
    assert_eq!(difference(&before, &whole(&bench).await), "");
    bench
        .post(&token, &format!("/api/v1/imports/{id}/plan"), json!({}))
        .await
        .ok();
    merge(&bench, &token).await.ok();
    bench.stop().await;
}

/// Keeps what a scanner says anew of two findings from being written.
const SAME_FACTS: &str = "CREATE TRIGGER same_facts BEFORE UPDATE OF facts ON finding WHEN old.title IN ('Template 3', 'Template 5') \
     BEGIN SELECT RAISE(ABORT, 'not now'); END";

/// What the counts beside the projects say is what there is.
const MISCOUNTED: &str = "SELECT (SELECT COUNT(*) FROM (SELECT project_id, status, severity, n FROM rollup WHERE n <> 0 \
       EXCEPT SELECT project_id, status, severity, COUNT(*) FROM finding GROUP BY project_id, status, severity)) \
     + (SELECT COUNT(*) FROM (SELECT project_id, status, severity, COUNT(*) FROM finding GROUP BY project_id, status, severity \
       EXCEPT SELECT project_id, status, severity, n FROM rollup))";

#[tokio::test]
async fn findings_follow_what_was_decided_and_people_work_on_meanwhile() {
    let mut bench = Bench::start(Engine::Sqlite).await;
    let token = bench.alpha_admin().await;
    let project = workspace(&bench, &token, "Shop").await;
    let first = planned(&bench, &token, &project, &[], &[&report(0..8, 2, 1)]).await;
    apply(&bench, &token, &first).await.ok();
    let proof = json!({ "notes": "Gone.", "basis": "retest" });
    let (one, two) = (of(&bench, &token, 1).await, of(&bench, &token, 2).await);
    let repeats = json!({ "notes": "The same.", "of": one["key"] });
    step(&bench, &token, &two, "duplicate", repeats).await.ok();
    step(&bench, &token, &one, "verified_fixed", proof.clone()).await.ok();
    let before = whole(&bench).await;

    // All are rated otherwise, one is gone, and there are many more.
    bench.plant(SAME_FACTS).await;
    let second: String = (0..7).chain(20..60).map(|t| line(t, 1, "high", 8)).collect();
    let plan = planned(&bench, &token, &project, &[], &[&second]).await;
    assert_eq!(totals(&plan), [40, 5, 2, 1, 0]);
    let stuck = apply(&bench, &token, &plan).await.ok();
    assert_eq!(stuck["state"], "applying", "{stuck}");
    assert!(stuck["problem"].as_str().unwrap().contains("not now"), "{stuck}");
    assert_eq!(bench.number(MISCOUNTED).await, 0);

    // What is opened again is decided at once, with what it says of itself.
    let reopened = of(&bench, &token, 1).await;
    assert_eq!(
        (&reopened["status"], &reopened["severity"]),
        (&json!("open"), &json!("high"))
    );
    assert_eq!(of(&bench, &token, 2).await["severity"], "high");
    // People decide on what an import is still to write to.
    let (three, five) = (of(&bench, &token, 3).await, of(&bench, &token, 5).await);
    assert_eq!(
        (&three["severity"], &five["severity"]),
        (&json!("medium"), &json!("medium"))
    );
    let path = format!("/api/v1/findings/{}", three["key"].as_str().unwrap());
    let worse = json!({ "severity": "critical" });
    bench
        .write(&token, "PATCH", &path, three["version"].as_i64(), worse)
        .await
        .ok();
    step(&bench, &token, &five, "verified_fixed", proof).await.ok();
    assert_eq!(bench.number(MISCOUNTED).await, 0);

    bench.restart().await;
    let token = bench.alpha_admin().await;
    bench.plant("DROP TRIGGER same_facts").await;
    let done = told(&bench, &token, &stuck, |b| b["state"] == "applied").await;
    assert_eq!(bench.number("SELECT COUNT(*) FROM finding").await, 48);
    assert_eq!(bench.number("SELECT COUNT(*) FROM occurrence").await, 56);
    assert_eq!(bench.number(MISCOUNTED).await, 0);
    let (three, five) = (of(&bench, &token, 3).await, of(&bench, &token, 5).await);
    assert_eq!(
        (&three["severity"], &three["scanner_severity"]),
        (&json!("critical"), &json!("high"))
    );
    assert_eq!(
        (&five["status"], &five["severity"]),
        (&json!("verified_fixed"), &json!("high"))
    );
    assert_eq!(of(&bench, &token, 7).await["seen_in_latest"], false);

    // What they decided stands when it is taken back, and goes back itself.
    take_back(&bench, &token, &done).await.ok();
    let (three, five) = (of(&bench, &token, 3).await, of(&bench, &token, 5).await);
    assert_eq!(
        (&three["severity"], &three["scanner_severity"], &five["status"]),
        (&json!("critical"), &json!("medium"), &json!("verified_fixed"))
    );
    for _ in 0..2 {
        let acts = bench.get(&token, "/api/v1/acts?limit=20").await.ok();
        let undone = |a: &&Value| a["kind"] == "finding.move" || a["kind"] == "finding.edit";
        let act = acts["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|a| undone(a) && a["undone_at"].is_null());
        let act = act.unwrap_or_else(|| panic!("{acts}"))["id"]
            .as_str()
            .unwrap()
            .to_owned();
        bench
            .post(&token, &format!("/api/v1/acts/{act}/undo"), json!({}))
            .await
            .ok();
    }
    assert_eq!(difference(&before, &whole(&bench).await), "");
    assert_eq!(bench.number(MISCOUNTED).await, 0);
    bench.stop().await;
}

/// Merges two findings of the project.
async fn merge(bench: &Bench, token: &str) -> crate::support::bench::Answer {
    let (into, other) = (of(bench, token, 0).await, of(bench, token, 1).await);
    let body = json!({
        "into": into["key"],
        "findings": [
            { "finding": into["key"], "version": into["version"] },
            { "finding": other["key"], "version": other["version"] },
        ],
    });
    bench.post(token, "/api/v1/findings/merge", body).await
}

async fn take_back(bench: &Bench, token: &str, batch: &Value) -> crate::support::bench::Answer {
    let batch = shown(bench, token, batch).await;
    let path = format!("/api/v1/acts/{}/undo", batch["act"].as_str().unwrap());
    bench.post(token, &path, json!({})).await
}
