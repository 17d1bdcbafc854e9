//! Free text in queries, with an index or without one.

use std::collections::BTreeSet;

use riskdesk::domain::fold::{fold, sort_key};
use serde_json::{Value, json};

use crate::support::bench::{Bench, engines};
use crate::support::checked;
use crate::support::findings::{finding, keys, plant, workspace};

/// As a part of an address.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// What a text term says of a finding, without any index.
fn holds(term: &str, title: &str, finding: &Value, place: &str) -> bool {
    let (folded, upper) = (fold(term), term.to_uppercase());
    let cve = serde_json::to_string(&finding["cve"]).unwrap();
    (!folded.is_empty() && sort_key(title).contains(&folded))
        || finding["key"].as_str().unwrap().contains(&upper)
        || cve.contains(&upper)
        || place.contains(&term.to_lowercase())
}

/// Terms of every length, cut out of what is there and put together anew, find the same with an index as by looking.
#[tokio::test]
async fn texts_are_found_wherever_they_stand() {
    let titles = [
        "Open redirect",
        "Öffne die Tür, Straße 5",
        "say \"hi\" \\ or not",
        "a-b_c%d 100% sure",
        "東京タワー の 脆弱性",
        "xx",
        "İstanbul ısı ΟΔΟΣ",
        "<script>alert('1')</script> AND OR NOT NEAR(x)",
    ];
    let places = [
        "https://shop.acme.test/a?b=1&redirect=%2f",
        "src/main.rs:12",
        "10.0.0.1:22",
        "pkg:npm/%40scope/name@1.2.3",
        "c:\\windows\\system32\\東京.dll",
        "https://i\u{307}stanbul.test/ısı",
    ];
    let mut checks = 0;
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let acme = workspace(&bench, &admin, "Acme").await;
        let mut rows = Vec::new();
        for (n, title) in titles.iter().enumerate() {
            let place = places[n % places.len()];
            let cve = if n % 2 == 0 {
                vec![format!("CVE-2024-{}", 1000 + n)]
            } else {
                Vec::new()
            };
            let fields = json!({ "title": title, "places": [place], "cve": cve });
            rows.push((finding(&bench, &admin, &acme, fields).await, *title, place));
        }
        // One of them is called otherwise by now.
        let (old, title, _) = &mut rows[0];
        *title = "Host header trusted";
        plant(
            &bench,
            old,
            "title title_fold",
            vec![(*title).into(), sort_key(title).into()],
        )
        .await;
        let mut terms: Vec<String> = [
            "redirect",
            "zq",
            "q",
            "host header",
            "trusted",
            "acme.test/a",
            "cve-2024-1002",
            "f-",
            "İstanbul",
        ]
        .map(str::to_owned)
        .into();
        for text in titles.iter().chain(&places) {
            let chars: Vec<char> = text.chars().collect();
            for length in 1..=6 {
                for cut in chars.windows(length).step_by(3) {
                    terms.push(cut.iter().collect());
                }
            }
        }
        terms.retain(|term| !term.trim().is_empty());
        terms.sort();
        terms.dedup();
        for term in &terms {
            // Two at once, too: the second is asked of what the first found.
            for other in [None, Some("a")] {
                let wanted: BTreeSet<&str> = rows
                    .iter()
                    .filter(|(finding, title, place)| {
                        holds(term, title, finding, place) && other.is_none_or(|t| holds(t, title, finding, place))
                    })
                    .map(|(finding, ..)| finding["key"].as_str().unwrap())
                    .collect();
                let quoted = format!(
                    "\"{}\" {}",
                    term.replace('\\', "\\\\").replace('"', "\\\""),
                    other.unwrap_or_default()
                );
                let page = bench
                    .get(&admin, &format!("/api/v1/findings?q={}", encoded(&quoted)))
                    .await
                    .ok();
                let found = keys(&page);
                assert_eq!(
                    found.iter().map(String::as_str).collect::<BTreeSet<_>>(),
                    wanted,
                    "{engine:?} {quoted}"
                );
                checks += 1;
            }
        }
    }
    checked("texts found", checks, 0, 500);
}
