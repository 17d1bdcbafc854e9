//! The counts of a list's groups are those of the list, whatever it is grouped by and whoever asks.

use riskdesk::domain::access::Role;
use serde_json::{Value, json};

use crate::support::bench::{Bench, engines};
use crate::support::checked;
use crate::support::findings::{finding, import, path, step, workspace};

fn escaped(q: &str) -> String {
    q.replace(' ', "%20")
        .replace(':', "%3A")
        .replace('"', "%22")
        .replace('@', "%40")
}

async fn count(bench: &Bench, token: &str, list: &str, q: &str) -> i64 {
    let page = bench
        .get(token, &format!("{list}?count=true&limit=1&q={}", escaped(q)))
        .await
        .ok();
    page["count"].as_i64().unwrap()
}

#[tokio::test]
async fn every_group_has_what_the_list_has() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let ana = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        for name in ["Acme", "Borealis"] {
            let project = workspace(&bench, &admin, name).await;
            let first = finding(&bench, &admin, &project, json!({ "severity": "critical" })).await;
            for (n, severity) in ["low", "low", "high"].into_iter().enumerate() {
                let one = finding(&bench, &admin, &project, json!({ "severity": severity })).await;
                if n == 0 {
                    let body = json!({ "assignee": "ana@alpha.test" });
                    let version = one["version"].as_i64();
                    bench.write(&admin, "PATCH", &path(&one, ""), version, body).await.ok();
                }
                if n == 1 {
                    step(&bench, &admin, &one, "duplicate", json!({ "of": first["key"] }))
                        .await
                        .ok();
                }
                if n == 2 {
                    let body = json!({ "notes": "Done." });
                    step(&bench, &admin, &one, "pending_verification", body).await.ok();
                }
            }
            import(&bench, &admin, &project, &[1, 2], 1).await;
        }
        let stray = bench.project(&admin, "Stray", None).await;
        finding(&bench, &admin, stray["key"].as_str().unwrap(), json!({})).await;
        let hidden = workspace(&bench, &admin, "Hidden").await;
        finding(&bench, &admin, &hidden, json!({})).await;
        let access = json!({ "agency_access": "admins_only" });
        bench
            .write(&admin, "PUT", "/api/v1/clients/hidden/access", Some(1), access)
            .await
            .ok();
        let (mut looked, mut failed) = (0, 0);
        for token in [&admin, &ana] {
            for queue in [false, true] {
                for q in [
                    "",
                    "is:open",
                    "sev:<=high client:acme",
                    "redirect",
                    "assignee:none -tool:nuclei",
                ] {
                    for by in ["severity", "status", "client", "project", "assignee", "tool"] {
                        let at = format!("/api/v1/findings/groups?by={by}&queue={queue}&q={}", escaped(q));
                        let groups = bench.get(token, &at).await.ok();
                        let groups: Vec<Value> = groups["groups"].as_array().unwrap().clone();
                        let list = if queue { "/api/v1/queue" } else { "/api/v1/findings" };
                        let mut sum = 0;
                        for group in &groups {
                            let n = group["count"].as_i64().unwrap();
                            sum += n;
                            let term = group["term"].as_str().unwrap();
                            let same = count(&bench, token, list, &format!("{q} {term}")).await;
                            looked += 1;
                            if n != same || n == 0 {
                                failed += 1;
                                println!("{engine:?} {at}: {group} but the list has {same}");
                            }
                        }
                        let all = count(&bench, token, list, q).await;
                        looked += 1;
                        if sum != all {
                            failed += 1;
                            println!("{engine:?} {at}: {sum} in groups, {all} in the list");
                        }
                    }
                }
            }
        }
        checked(&format!("counts of groups ({engine:?})"), looked, failed, 250);
        bench.stop().await;
    }
}

/// A client's row has the badges of its projects as one.
#[tokio::test]
async fn a_client_shows_the_badges_of_its_projects() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let badges = async || {
            let list = bench.get(&admin, "/api/v1/clients").await.ok();
            let row = list["items"]
                .as_array()
                .unwrap()
                .iter()
                .find(|c| c["key"] == "acme")
                .unwrap()
                .clone();
            let shown = bench.get(&admin, "/api/v1/clients/acme").await.ok();
            assert_eq!(row["badges"], shown["badges"]);
            row["badges"].clone()
        };
        bench.client(&admin, "Acme", "all_users").await;
        assert_eq!(
            (&badges().await["scan"], &badges().await["fix"]),
            (&json!({ "state": "none" }), &json!({ "state": "clear" }))
        );
        let mut projects = Vec::new();
        for name in ["Shop", "Intranet"] {
            let project = bench.project(&admin, name, Some("acme")).await;
            projects.push(project["key"].as_str().unwrap().to_owned());
        }
        let one = finding(&bench, &admin, &projects[0], json!({})).await;
        let two = finding(&bench, &admin, &projects[0], json!({})).await;
        let now = badges().await;
        assert_eq!(
            now["scan"],
            json!({ "state": "none", "count": 1 }),
            "one of two was not: {now}"
        );
        assert_eq!(now["fix"], json!({ "state": "open", "count": 2 }));
        assert_eq!(
            (
                &now["handoff"]["state"],
                &now["report"]["state"],
                &now["monitoring"]["state"]
            ),
            (&json!("not_started"), &json!("none"), &json!("off"))
        );
        let three = finding(&bench, &admin, &projects[1], json!({})).await;
        let now = badges().await;
        assert_eq!(
            (&now["scan"], &now["fix"]["count"]),
            (&json!({ "state": "done" }), &json!(3))
        );
        step(
            &bench,
            &admin,
            &three,
            "pending_verification",
            json!({ "notes": "Done." }),
        )
        .await
        .ok();
        assert_eq!(badges().await["fix"], json!({ "state": "verifying", "count": 1 }));
        for late in [&one, &two] {
            let body = json!({ "due_at": bench.now().plus_days(-1) });
            bench
                .write(&admin, "PATCH", &path(late, ""), late["version"].as_i64(), body)
                .await
                .ok();
        }
        assert_eq!(badges().await["fix"], json!({ "state": "overdue", "count": 2 }));
        // Another client's are another client's.
        workspace(&bench, &admin, "Borealis").await;
        assert_eq!(badges().await["fix"]["count"], 2);
        bench.stop().await;
    }
}

async fn walk(bench: &Bench, token: &str, from: &str, limit: usize) -> (Vec<String>, Option<String>) {
    let page = bench.get(token, &format!("{from}&limit={limit}")).await.ok();
    // The queue's rows hold the finding.
    let key = |row: &Value| {
        let finding = row.get("finding").unwrap_or(row);
        finding["key"].as_str().unwrap().to_owned()
    };
    let keys = page["items"].as_array().unwrap().iter().map(key).collect();
    (keys, page["next"].as_str().map(str::to_owned))
}

/// A reader folds a group in the middle of a list and goes on from where it is: the cursor it has still leads on.
#[tokio::test]
async fn a_list_is_narrowed_under_its_cursors() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        for name in ["Acme", "Borealis"] {
            let project = workspace(&bench, &admin, name).await;
            for severity in ["critical", "high", "low", "low", "medium"] {
                finding(&bench, &admin, &project, json!({ "severity": severity })).await;
            }
        }
        let (mut looked, mut failed) = (0, 0);
        for list in ["/api/v1/findings?q=", "/api/v1/queue?flat=true&q="] {
            for (by, sort) in [("severity", "-sev"), ("client", "client"), ("status", "status")] {
                let base = format!("{list}{}", escaped(&format!("is:open sort:{sort}")));
                let (all, _) = walk(&bench, &admin, &base, 100).await;
                assert_eq!(all.len(), 10);
                let groups = bench
                    .get(&admin, &format!("/api/v1/findings/groups?by={by}&q=is%3Aopen"))
                    .await
                    .ok();
                for group in groups["groups"].as_array().unwrap() {
                    let term = group["term"].as_str().unwrap();
                    let (folded, _) = walk(&bench, &admin, &format!("{list}{}", escaped(term)), 100).await;
                    let narrow = format!("{base}&narrow={}", escaped(&format!("-{term}")));
                    let (first, mut next) = walk(&bench, &admin, &base, 3).await;
                    let mut rest = Vec::new();
                    while let Some(cursor) = next {
                        let page;
                        (page, next) = walk(&bench, &admin, &format!("{narrow}&cursor={cursor}"), 2).await;
                        rest.extend(page);
                    }
                    looked += 1;
                    let wanted: Vec<_> = all[first.len()..].iter().filter(|key| !folded.contains(key)).collect();
                    if folded.is_empty() || rest.iter().collect::<Vec<_>>() != wanted {
                        failed += 1;
                        println!("{list} without {term}: {rest:?} is not {wanted:?}");
                    }
                }
            }
            // The order is the list's own: cursors would not hold.
            let refused = bench.get(&admin, &format!("{list}&narrow=sort%3Asev")).await;
            refused.refused(400, "invalid_request");
        }
        checked("lists narrowed under their cursors", looked, failed, 14);
        bench.stop().await;
    }
}
