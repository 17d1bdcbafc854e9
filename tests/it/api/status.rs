//! The life of a finding through the API: every status to every status, rounds, duplicates, accepted risks.

use riskdesk::domain::status::{Status, Who, legal_moves};
use riskdesk::domain::time::DAY_MS;
use riskdesk::service::job;
use serde_json::{Value, json};

use crate::support::bench::{Bench, engines};
use crate::support::checked;
use crate::support::findings::{everything, finding, first_place, in_status, path, step, workspace};

/// Every status to every status, with everything a move could need and without notes, through the API.
#[tokio::test]
async fn the_status_matrix() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let project = workspace(&bench, &admin, "Acme").await;
        let original = finding(&bench, &admin, &project, json!({ "title": "The original" })).await;
        let (mut looked, mut failed) = (0, 0);
        for from in Status::ALL {
            let legal = legal_moves(from, Who::Agency);
            let mut row = in_status(&bench, &admin, &project, &original, from).await;
            for to in Status::ALL {
                looked += 1;
                let mut more = everything(&bench, &original);
                if to == Status::Partial {
                    more["occurrences"] =
                        json!([{ "occurrence": first_place(&bench, &admin, &row).await, "fixed": true }]);
                }
                let mut mute = more.clone();
                mute.as_object_mut().unwrap().remove("notes");
                let found = legal.iter().find(|m| m.to == to);
                let right = match found {
                    None => {
                        let answer = step(&bench, &admin, &row, to.name(), more).await;
                        let allowed: Vec<&str> = legal.iter().map(|m| m.to.name()).collect();
                        answer.status == 422
                            && answer.json["code"] == "transition_not_allowed"
                            && answer.json["allowed"] == json!(allowed)
                    }
                    Some(found) => {
                        let told = !found.needs_notes || {
                            let answer = step(&bench, &admin, &row, to.name(), mute).await;
                            answer.status == 422
                                && answer.json["code"] == "notes_required"
                                && answer.json["field"] == "notes"
                        };
                        let answer = step(&bench, &admin, &row, to.name(), more).await;
                        row = in_status(&bench, &admin, &project, &original, from).await;
                        told && answer.status == 200 && answer.json["status"] == to.name()
                    }
                };
                if !right {
                    failed += 1;
                    println!("{engine:?}: {from} to {to}");
                }
            }
        }
        // Roll-ups kept in each act's transaction agree with the rows.
        let drift = "SELECT COUNT(*) FROM (SELECT project_id, status, severity, COUNT(*) AS n FROM finding GROUP BY project_id, status, severity) x \
                     LEFT JOIN rollup r ON r.project_id = x.project_id AND r.status = x.status AND r.severity = x.severity WHERE r.n IS NULL OR r.n <> x.n";
        assert_eq!(bench.number(drift).await, 0);
        checked(&format!("status matrix ({engine:?})"), looked, failed, 121);
        bench.stop().await;
    }
}

#[tokio::test]
async fn rounds_carry_verdicts_to_the_places() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let project = workspace(&bench, &admin, "Acme").await;
        let places: Vec<String> = (0..10).map(|n| format!("host{n}.acme.test:443")).collect();
        let row = finding(&bench, &admin, &project, json!({ "places": places })).await;
        let row = step(
            &bench,
            &admin,
            &row,
            "pending_verification",
            json!({ "notes": "All patched." }),
        )
        .await
        .ok();
        let listed = bench.get(&admin, &path(&row, "/occurrences")).await.ok();
        let ids: Vec<&Value> = listed["items"].as_array().unwrap().iter().map(|o| &o["id"]).collect();
        assert_eq!(ids.len(), 10);
        let verdicts = |n: usize| -> Value {
            ids[..n]
                .iter()
                .map(|id| json!({ "occurrence": id, "fixed": true }))
                .collect()
        };
        // Nine of ten is partial; all or none is not.
        for n in [0, 10] {
            let all = json!({ "notes": "x", "occurrences": verdicts(n) });
            step(&bench, &admin, &row, "partial", all)
                .await
                .refused(400, "invalid_request");
        }
        let strange = json!({ "notes": "x", "occurrences": [{ "occurrence": uuid::Uuid::now_v7(), "fixed": true }] });
        step(&bench, &admin, &row, "partial", strange)
            .await
            .refused(400, "invalid_request");
        let row = step(
            &bench,
            &admin,
            &row,
            "partial",
            json!({ "notes": "One left.", "occurrences": verdicts(9) }),
        )
        .await
        .ok();
        let detail = bench.get(&admin, &path(&row, "")).await.ok();
        assert_eq!(
            (&detail["occurrences_fixed"], &detail["occurrences_open"]),
            (&json!(9), &json!(1))
        );
        // Withdrawn, asked again, verified: every place is fixed. Seen again: none is.
        let row = step(
            &bench,
            &admin,
            &row,
            "pending_verification",
            json!({ "notes": "And the last.", "kind": "retest" }),
        )
        .await
        .ok();
        let row = step(&bench, &admin, &row, "in_progress", json!({})).await.ok();
        let row = step(&bench, &admin, &row, "pending_verification", json!({ "notes": "Now." }))
            .await
            .ok();
        let row = step(&bench, &admin, &row, "verified_fixed", json!({})).await.ok();
        assert_eq!(bench.get(&admin, &path(&row, "")).await.ok()["occurrences_fixed"], 10);
        let remediated = json!({ "notes": "x", "kind": "remediated" });
        step(&bench, &admin, &row, "pending_verification", remediated)
            .await
            .refused(400, "invalid_request");
        let row = step(&bench, &admin, &row, "open", json!({ "notes": "It is back." }))
            .await
            .ok();
        assert_eq!(bench.get(&admin, &path(&row, "")).await.ok()["occurrences_fixed"], 0);
        assert_eq!(bench.number("SELECT COUNT(*) FROM round").await, 3);
        assert_eq!(
            bench.number("SELECT COUNT(*) FROM round WHERE verdict IS NULL").await,
            0
        );
        assert_eq!(bench.number("SELECT COUNT(*) FROM round_occurrence").await, 9);
        let history = bench.get(&admin, &path(&row, "/history?limit=2")).await.ok();
        assert_eq!(
            (&history["items"][0]["from"], &history["items"][0]["to"]),
            (&json!("verified_fixed"), &json!("open"))
        );
        assert_eq!(history["has_more"], true);
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_duplicate_follows_its_original() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let project = workspace(&bench, &admin, "Acme").await;
        let elsewhere = workspace(&bench, &admin, "Beta").await;
        let original = finding(&bench, &admin, &project, json!({ "title": "Original" })).await;
        let copy = finding(&bench, &admin, &project, json!({ "title": "Copy" })).await;
        let foreign = finding(&bench, &admin, &elsewhere, json!({})).await;
        for of in [&foreign["key"], &copy["key"], &json!("F-000000")] {
            let refused = step(&bench, &admin, &copy, "duplicate", json!({ "of": of }))
                .await
                .refused(400, "invalid_request");
            assert_eq!(refused["detail"], "Name another finding of the same project.");
        }
        step(&bench, &admin, &copy, "duplicate", json!({ "of": original["key"] }))
            .await
            .ok();
        let status = async |row: &Value| bench.get(&admin, &path(row, "")).await.ok()["status"].clone();
        // Closed with it, a duplicate again when it reopens.
        let original = step(&bench, &admin, &original, "verified_fixed", json!({ "notes": "Gone." }))
            .await
            .ok();
        assert_eq!(status(&copy).await, "verified_fixed");
        let history = bench.get(&admin, &path(&copy, "/history")).await.ok();
        assert_eq!(
            (&history["items"][0]["rule"], &history["items"][0]["by"]),
            (&json!("rule:follows_original"), &Value::Null)
        );
        let original = step(&bench, &admin, &original, "open", json!({ "notes": "Back." }))
            .await
            .ok();
        assert_eq!(status(&copy).await, "duplicate");
        // The original repeats a third: both point there.
        let third = finding(&bench, &admin, &project, json!({ "title": "Third" })).await;
        step(&bench, &admin, &original, "duplicate", json!({ "of": third["key"] }))
            .await
            .ok();
        let copy = bench.get(&admin, &path(&copy, "")).await.ok();
        assert_eq!(copy["duplicate_of"]["key"], third["key"]);
        // A person decides otherwise: it follows nobody any more.
        step(&bench, &admin, &copy, "open", json!({ "notes": "Not the same." }))
            .await
            .ok();
        step(&bench, &admin, &third, "out_of_scope", json!({ "notes": "Sold." }))
            .await
            .ok();
        assert_eq!(status(&copy).await, "open");
        assert_eq!(status(&original).await, "out_of_scope");
        bench.stop().await;
    }
}

#[tokio::test]
async fn an_accepted_risk_comes_back_on_its_day() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let project = workspace(&bench, &admin, "Acme").await;
        let accept = |row: Value, days| {
            let (bench, admin) = (&bench, &admin);
            async move {
                let until = bench.now().plus_days(days);
                step(
                    bench,
                    admin,
                    &row,
                    "risk_accepted",
                    json!({ "notes": "Signed by the board.", "until": until }),
                )
                .await
            }
        };
        let row = finding(&bench, &admin, &project, json!({})).await;
        accept(row.clone(), -1).await.refused(400, "invalid_request");
        accept(row.clone(), 40_000).await.refused(400, "invalid_request");
        let row = accept(row, 30).await.ok();
        let other = finding(&bench, &admin, &project, json!({})).await;
        let other = accept(other, 30).await.ok();
        let other = step(&bench, &admin, &other, "open", json!({ "notes": "Changed our mind." }))
            .await
            .ok();
        job::run_due(&bench.desk).await.unwrap();
        assert_eq!(bench.get(&admin, &path(&row, "")).await.ok()["status"], "risk_accepted");
        bench.clock.set_offset(31 * DAY_MS);
        job::run_due(&bench.desk).await.unwrap();
        bench.clock.set_offset(0);
        // Housekeeping took the session away with its month.
        let admin = bench.alpha_admin().await;
        let back = bench.get(&admin, &path(&row, "")).await.ok();
        assert_eq!(
            (&back["status"], &back["accepted_until"]),
            (&json!("open"), &Value::Null)
        );
        let history = bench.get(&admin, &path(&row, "/history")).await.ok();
        assert_eq!(history["items"][0]["rule"], "rule:acceptance_ended");
        assert_eq!(
            bench.get(&admin, &path(&other, "")).await.ok()["version"],
            other["version"]
        );
        assert_eq!(
            bench
                .number("SELECT COUNT(*) FROM job WHERE kind <> 'housekeeping'")
                .await,
            0
        );
        let by_system = "SELECT COUNT(*) FROM audit_event WHERE actor_kind = 'system' AND act = 'finding.end_acceptance' AND object_id IS NOT NULL";
        assert_eq!(bench.number(by_system).await, 1);
        bench.stop().await;
    }
}
