//! A second opinion on imports that follow one another: the yardstick's own sequences of sample reports, through the
//! real path on both databases.
//!
//! "Closed" there is "not seen any more" here, a fact and no verdict; "reactivated" is "seen again". The yardstick keeps
//! one finding where we keep one, or one where we keep a place: a step fits if it fits by either count.

use std::collections::BTreeMap;

use serde_json::Value;

use super::flow;
use crate::support::bench::{Bench, engines};
use crate::support::{checked, scans, skipped};

/// Steps whose numbers differ, and why ours are better: sequence, its step from 0, our [`Counts`] by findings.
const ARGUED: &[(&str, usize, Counts, &str)] = &[
    (
        "05 import veracode reimport veracode same hash code different unique id",
        1,
        [2, 2, 0, 2],
        "Veracode keeps a flaw's number from scan to scan: another number is another flaw, also where its text is the same. \
         The yardstick takes either for enough",
    ),
    (
        "07 import veracode reimport veracode different hash code different unique id",
        1,
        [2, 2, 0, 2],
        "two of the four flaws have other numbers; the yardstick finds one of them again by its text",
    ),
    (
        "12 import 0 reimport 3 active verified",
        1,
        [0, 0, 0, 4],
        "a severity that changed is a fact about the same problem; the yardstick closes it and makes another",
    ),
];

/// What a step changed: created, not seen any more, seen again, there before and after.
type Counts = [usize; 4];

const NAMES: [&str; 4] = ["created", "closed", "reactivated", "untouched"];

/// What is known of a project, each with whether the latest import of its tool had it.
type Known = BTreeMap<String, bool>;

fn changes(before: &Known, after: &Known) -> Counts {
    let was = |key: &String| before.get(key).copied();
    let count =
        |wanted: fn(Option<bool>, bool) -> bool| after.iter().filter(|(k, seen)| wanted(was(k), **seen)).count();
    [
        count(|was, _| was.is_none()),
        count(|was, seen| was == Some(true) && !seen),
        count(|was, seen| was == Some(false) && seen),
        count(|was, seen| was == Some(true) && seen),
    ]
}

/// Findings and places of a project.
async fn known(bench: &Bench, token: &str, project: &str) -> (Known, Known) {
    let (mut findings, mut places) = (Known::new(), Known::new());
    for finding in flow::findings(bench, token, project).await {
        let key = finding["key"].as_str().unwrap();
        findings.insert(key.to_owned(), finding["seen_in_latest"].as_bool().unwrap());
        let path = format!("/api/v1/findings/{key}/occurrences?limit=200");
        for place in bench.get(token, &path).await.ok()["items"].as_array().unwrap() {
            places.insert(place["id"].to_string(), place["seen_in_latest"].as_bool().unwrap());
        }
    }
    (findings, places)
}

/// Whether what is asserted of a step is what came of it.
fn fits(step: &Value, counts: &Counts, known: &Known) -> bool {
    let stated = NAMES
        .iter()
        .zip(counts)
        .all(|(name, n)| step["changes"][name].as_u64().is_none_or(|stated| stated == *n as u64));
    let totals = step["findings_in_test"].as_array().into_iter().flatten().all(|total| {
        let active = total["filter"]["active"] == true;
        let n = known.values().filter(|seen| **seen || !active).count();
        total["count"] == n
    });
    stated && totals
}

#[tokio::test]
async fn sequences_of_reports_change_what_they_should() {
    let Some(dir) = scans() else {
        skipped(
            "scans",
            "no sample reports beside the repository (set RISKDESK_TEST_SCANS to their folder)",
        );
        return;
    };
    let sequences: Vec<Value> = serde_json::from_slice(&std::fs::read(dir.join("REIMPORT.json")).unwrap()).unwrap();
    let (mut steps, mut failed) = (0, Vec::new());
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        for sequence in &sequences {
            let name = sequence["name"].as_str().unwrap();
            let project = bench.project(&token, name, None).await["key"]
                .as_str()
                .unwrap()
                .to_owned();
            let mut before = (Known::new(), Known::new());
            for (n, step) in sequence["steps"].as_array().unwrap().iter().enumerate() {
                let report = std::fs::read(dir.join(step["file"].as_str().unwrap())).unwrap();
                let plan = flow::batch(&bench, &token, &project, vec![report]).await;
                flow::apply(&bench, &token, &plan).await.ok();
                let after = known(&bench, &token, &project).await;
                let (by_finding, by_place) = (changes(&before.0, &after.0), changes(&before.1, &after.1));
                let fitting = fits(step, &by_finding, &after.0) || fits(step, &by_place, &after.1);
                let argued = ARGUED.iter().find(|(s, at, ..)| (*s, *at) == (name, n));
                match argued {
                    None if fitting => {}
                    Some((_, _, ours, _)) if !fitting && *ours == by_finding => {}
                    Some(_) if fitting => failed.push(format!("{name}, step {n}: argued, but it fits: strike it")),
                    _ => failed.push(format!(
                        "{engine:?} {name}, step {n}: {by_finding:?} of {} findings, {by_place:?} of {} places; said are {} {}",
                        after.0.len(), after.1.len(), step["changes"], step["findings_in_test"]
                    )),
                }
                steps += 1;
                before = after;
            }
        }
        bench.stop().await;
    }
    for (name, step, ours, why) in ARGUED {
        println!("argued: {name}, step {step}: {ours:?}: {why}");
    }
    println!("{failed:#?}");
    checked("second opinion", steps, failed.len(), 35);
}
