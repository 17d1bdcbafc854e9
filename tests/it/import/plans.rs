//! Plans of one batch that are made at once, and files that come meanwhile: what is applied was made from all there is.

use serde_json::json;

use super::flow::{apply, report, totals, upload};
use crate::support::bench::{Bench, engines};
use crate::support::checked;

const ROUNDS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn plans_made_at_once_are_one() {
    let (mut looked, mut overtaken) = (0, 0);
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        for round in 0..ROUNDS {
            let project = bench.project(&token, &format!("Shop {round}"), None).await;
            let open = json!({ "project": project["key"] });
            let batch = bench.post(&token, "/api/v1/imports", open).await.ok();
            let id = batch["id"].as_str().unwrap();
            upload(&bench, &token, id, 0, report(0..600, 2, 1)).await.ok();
            let path = format!("/api/v1/imports/{id}/plan");
            let plan = async |key: &str| bench.write_as(&token, "POST", &path, None, json!({}), key).await;
            // One is sent twice, as after an answer that was lost; a file comes in every other round.
            let more = round % 2 == 1;
            let another = async {
                if more {
                    upload(&bench, &token, id, 1, report(600..700, 2, 1)).await.ok();
                }
            };
            let same = format!("same {round}");
            let other = format!("other {round}");
            let (first, second, third, ()) = tokio::join!(plan(&same), plan(&same), plan(&other), another);
            let mut made = Vec::new();
            for answer in [first, second, third] {
                if answer.status == 200 {
                    made.push(answer.ok()["plan_id"].clone());
                } else {
                    answer.refused(409, "stale_plan");
                    overtaken += 1;
                }
            }
            assert!(more || !made.is_empty(), "round {round}: nobody planned it");
            let shown = bench.get(&token, &format!("/api/v1/imports/{id}")).await.ok();
            let shown = if shown["state"] == "planned" {
                shown
            } else {
                plan(&format!("last {round}")).await.ok()
            };
            let findings = if more { 700 } else { 600 };
            assert_eq!(totals(&shown), [findings, 0, 0, 0, 0], "round {round}");
            let before = bench.number("SELECT COUNT(*) FROM occurrence").await;
            assert_eq!(apply(&bench, &token, &shown).await.ok()["state"], "applied");
            let places = bench.number("SELECT COUNT(*) FROM occurrence").await - before;
            assert_eq!(places, findings * 2, "round {round}");
            // Of the others' rows none are left.
            let plans = "SELECT COUNT(DISTINCT plan_id) FROM import_line";
            assert_eq!(bench.number(plans).await, round as i64 + 1);
            looked += 1;
        }
        bench.stop().await;
    }
    println!("{overtaken} plans were overtaken");
    checked("plans of one batch at once", looked, 0, ROUNDS);
}
