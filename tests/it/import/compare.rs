//! Two imports of one project side by side.

use riskdesk::domain::access::Role;
use serde_json::{Value, json};

use super::flow::{import, line, planned, report};
use crate::support::bench::{Bench, engines};
use crate::support::findings::workspace;

/// The ids of a project's imports, the oldest first.
async fn batches(bench: &Bench, token: &str, project: &str) -> Vec<String> {
    let list = bench
        .get(token, &format!("/api/v1/imports?project={project}"))
        .await
        .ok();
    let ids = list["items"].as_array().unwrap().iter().rev();
    ids.map(|b| b["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn two_imports_are_compared() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let project = workspace(&bench, &token, "Shop").await;
        import(&bench, &token, &project, &[&report(0..6, 2, 1)]).await;
        let second = report([1, 2, 3, 7, 8, 9], 1, 8) + &line(4, 0, "critical", 8);
        import(&bench, &token, &project, &[&second]).await;
        // The same again sees the same.
        import(&bench, &token, &project, &[&second]).await;
        let ids = batches(&bench, &token, &project).await;
        let path = |a: usize, b: usize| format!("/api/v1/imports/{}/compare/{}", ids[a], ids[b]);

        let all = bench.get(&token, &path(0, 1)).await.ok();
        assert_eq!(
            all["totals"],
            json!({ "only_other": 3, "only_this": 2, "rated": 1, "changed": 3, "both": 0 })
        );
        let stands = |page: &Value| -> Vec<(String, String)> {
            let lines = page["items"].as_array().unwrap().iter();
            lines
                .map(|l| {
                    (
                        l["stands"].as_str().unwrap().to_owned(),
                        l["title"].as_str().unwrap().to_owned(),
                    )
                })
                .collect()
        };
        let mut seen = stands(&all);
        assert_eq!(seen.len(), 9);
        assert_eq!(seen[5], ("rated".to_owned(), "Template 4".to_owned()));
        assert_eq!(
            (&all["items"][5]["this_severity"], &all["items"][5]["other_severity"]),
            (&json!("medium"), &json!("critical"))
        );
        assert_eq!(
            (&all["items"][6]["this_places"], &all["items"][6]["other_places"]),
            (&json!(2), &json!(1))
        );
        // Page by page it is the same list.
        let (mut paged, mut at) = (Vec::new(), format!("{}?limit=2", path(0, 1)));
        loop {
            let page = bench.get(&token, &at).await.ok();
            paged.extend(stands(&page));
            let Some(next) = page["next"].as_str() else { break };
            at = format!("{}?limit=2&cursor={next}", path(0, 1));
            assert!(bench.get(&token, &at).await.ok()["totals"].is_null());
        }
        assert_eq!(paged, seen);
        // Seen from the other side, it is the mirror image.
        let mirror = bench.get(&token, &path(1, 0)).await.ok();
        assert_eq!(
            mirror["totals"],
            json!({ "only_other": 2, "only_this": 3, "rated": 1, "changed": 3, "both": 0 })
        );
        let turned = |word: &str| match word {
            "only_other" => "only_this".to_owned(),
            "only_this" => "only_other".to_owned(),
            same => same.to_owned(),
        };
        let mut turned: Vec<_> = stands(&mirror).into_iter().map(|(s, t)| (turned(&s), t)).collect();
        turned.sort();
        seen.sort();
        assert_eq!(turned, seen);
        let same = bench.get(&token, &path(1, 2)).await.ok();
        assert_eq!(
            same["totals"],
            json!({ "only_other": 0, "only_this": 0, "rated": 0, "changed": 0, "both": 7 })
        );

        // A finding that went elsewhere is not named to who may not open that.
        let hidden = bench.client(&token, "Hidden", "admins_only").await;
        let hidden = bench.project(&token, "Hidden site", hidden["key"].as_str()).await;
        let moved = &all["items"][5];
        let from = format!("/api/v1/findings/{}/place", moved["finding"].as_str().unwrap());
        let version = bench.get(&token, from.trim_end_matches("/place")).await.ok()["version"].as_i64();
        let to = json!({ "project": hidden["key"] });
        bench.write(&token, "POST", &from, version, to).await.ok();
        let analyst = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let page = bench.get(&analyst, &path(0, 1)).await.ok();
        assert_eq!(
            (&page["items"][5]["finding"], &page["items"][5]["title"]),
            (&Value::Null, &json!("(not in this project any more)"))
        );

        // Not of two projects, not what is only planned, not what may not be opened or is not there.
        let other = workspace(&bench, &token, "Other").await;
        import(&bench, &token, &other, &[&report(0..2, 1, 1)]).await;
        let strange = batches(&bench, &token, &other).await.remove(0);
        let staged = planned(&bench, &token, &project, &[], &[&second]).await;
        for wrong in [strange.as_str(), staged["id"].as_str().unwrap()] {
            let path = format!("/api/v1/imports/{}/compare/{wrong}", ids[0]);
            bench.get(&token, &path).await.refused(400, "invalid_request");
        }
        bench
            .write(
                &token,
                "PUT",
                "/api/v1/clients/other/access",
                Some(1),
                json!({ "agency_access": "admins_only" }),
            )
            .await
            .ok();
        for (a, b) in [(&ids[0], &strange), (&strange, &ids[0])] {
            let path = format!("/api/v1/imports/{a}/compare/{b}");
            let never = format!("/api/v1/imports/{}/compare/{}", ids[0], uuid::Uuid::now_v7());
            let (hidden, never) = (bench.get(&analyst, &path).await, bench.get(&analyst, &never).await);
            assert_eq!((hidden.status, hidden.anonymous()), (404, never.anonymous()));
        }
        bench.stop().await;
    }
}

/// A Nuclei line of template `t` at a host, with a title, a description and a rating.
fn told(t: u32, host: &str, title: &str, text: &str, score: &str, day: u32) -> String {
    let line = json!({
        "template-id": format!("t-{t}"), "type": "http", "host": host, "matched-at": format!("https://{host}/a"),
        "timestamp": format!("2026-03-{day:02}T10:00:00Z"),
        "info": { "name": title, "severity": "medium", "description": text, "classification": { "cvss-metrics": score } },
    });
    format!("{line}\n")
}

const LOW: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N";
const HIGH: &str = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";

/// What changed between any two imports, and how: told from what each import wrote over.
#[tokio::test]
async fn what_changed_between_two_imports_is_told() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let project = workspace(&bench, &token, "Shop").await;
        let steady = |day| told(2, "a.test", "Steady", "Always so.", LOW, day);
        let reports = [
            told(1, "a.test", "First", "One.", LOW, 1) + &told(1, "b.test", "First", "One.", LOW, 1) + &steady(1),
            // Title, text and rating, and one place for another.
            told(1, "a.test", "Second", "Two.", HIGH, 2) + &told(1, "c.test", "Second", "Two.", HIGH, 2) + &steady(2),
            // The text alone, and the place that was gone is back.
            told(1, "a.test", "Second", "Three.", HIGH, 3)
                + &told(1, "b.test", "Second", "Three.", HIGH, 3)
                + &told(1, "c.test", "Second", "Three.", HIGH, 3)
                + &steady(3),
            // As at first.
            told(1, "a.test", "First", "One.", LOW, 4) + &told(1, "b.test", "First", "One.", LOW, 4) + &steady(4),
        ];
        for report in &reports {
            import(&bench, &token, &project, &[report]).await;
        }
        let ids = batches(&bench, &token, &project).await;
        let list = bench
            .get(&token, &format!("/api/v1/findings?q=project:{project}"))
            .await
            .ok();
        let items = list["items"].as_array().unwrap();
        let key = |title: &str| items.iter().find(|f| f["title"] == title).unwrap()["key"].clone();
        let (first, steady) = (key("First"), key("Steady"));
        let path = |a: usize, b: usize| format!("/api/v1/imports/{}/compare/{}", ids[a], ids[b]);
        let fact =
            |what: &str, this: Option<&str>, other: Option<&str>| json!({ "what": what, "this": this, "other": other });
        let (low, high) = (format!("5.3 {LOW}"), format!("9.8 {HIGH}"));
        let all = |from: (&str, &str), to: (&str, &str)| {
            json!([
                fact("title", Some(from.0), Some(to.0)),
                fact("cvss", Some(from.1), Some(to.1)),
                fact("description", None, None),
            ])
        };
        let (old, new) = (("First", low.as_str()), ("Second", high.as_str()));
        let text = json!([fact("description", None, None)]);
        let a = |hosts: &[&str]| -> Value { hosts.iter().map(|h| format!("https://{h}.test/a")).collect() };
        for (pair, facts, came, went) in [
            ((0, 1), all(old, new), a(&["c"]), a(&["b"])),
            ((1, 0), all(new, old), a(&["b"]), a(&["c"])),
            ((0, 2), all(old, new), a(&["c"]), a(&[])),
            ((1, 2), text, a(&["b"]), a(&[])),
            ((1, 3), all(new, old), a(&["b"]), a(&["c"])),
            // There and back again.
            ((0, 3), json!([]), a(&[]), a(&[])),
        ] {
            let page = bench.get(&token, &path(pair.0, pair.1)).await.ok();
            assert_eq!(
                page["totals"],
                json!({ "only_other": 0, "only_this": 0, "rated": 0, "changed": 1, "both": 1 }),
                "{engine:?} {pair:?}"
            );
            let line = &page["items"][0];
            assert_eq!((&line["stands"], &line["finding"]), (&json!("changed"), &first));
            let said = if facts == json!([]) { &Value::Null } else { &facts };
            assert_eq!(&line["changed"], said, "{engine:?} {pair:?}");
            assert_eq!(page["items"][1]["finding"], steady);
            let one = format!("{}?finding={}", path(pair.0, pair.1), first.as_str().unwrap());
            let one = bench.get(&token, &one).await.ok();
            assert_eq!(one["items"].as_array().unwrap().len(), 1);
            assert_eq!(&one["items"][0]["changed"], said);
            let places = &one["items"][0]["places"];
            assert_eq!(
                (&places["only_other"], &places["only_this"]),
                (&came, &went),
                "{engine:?} {pair:?}"
            );
            assert_eq!(places["only_other_count"], came.as_array().unwrap().len());
            assert_eq!(places["only_this_count"], went.as_array().unwrap().len());
        }
        // One that neither saw, and one of another project.
        let never = bench.get(&token, &format!("{}?finding=F-ZZZZZZ", path(0, 1))).await;
        assert_eq!(never.status, 404);
        bench.stop().await;
    }
}
