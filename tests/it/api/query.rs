//! The query language against real rows, and pages of every sort.

use std::collections::BTreeSet;

use riskdesk::domain::access::Role;
use riskdesk::store::{Scope, Sql};
use serde_json::{Value, json};

use crate::support::bench::{Bench, engines};
use crate::support::checked;
use crate::support::findings::{finding, import, keys, path, plant, step, workspace};

#[tokio::test]
async fn queries_find_what_they_say() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let acme = workspace(&bench, &admin, "Acme").await;
        let other = workspace(&bench, &admin, "Zürich AG").await;
        let loose = bench.project(&admin, "Loose", None).await["key"]
            .as_str()
            .unwrap()
            .to_owned();
        let sqli = json!({
            "title": "SQL injection", "severity": "critical", "cwe": [89, 79], "cve": ["CVE-2024-1111"],
            "cvss": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "places": ["https://shop.acme.test/a?b=1"],
        });
        let a = finding(&bench, &admin, &acme, sqli).await;
        let b = finding(
            &bench,
            &admin,
            &other,
            json!({ "title": "Café_100%", "severity": "low", "cwe": [7], "places": ["10.0.0.1:22"] }),
        )
        .await;
        let c = finding(
            &bench,
            &admin,
            &loose,
            json!({ "title": "Weak cipher", "severity": "medium", "cve": ["CVE-2023-9999", "CVE-2024-2222"] }),
        )
        .await;
        let now = bench.now();
        plant(
            &bench,
            &b,
            "due_at released_at first_seen seen_in_latest tool tags",
            vec![
                now.plus_days(2).into(),
                now.into(),
                now.plus_days(-40).into(),
                false.into(),
                "nuclei".into(),
                "[\"pci\",\"web\"]".into(),
            ],
        )
        .await;
        plant(
            &bench,
            &c,
            "due_at triaged_at triaged_by",
            vec![now.plus_days(-1).into(), None::<i64>.into(), None::<uuid::Uuid>.into()],
        )
        .await;
        let c = step(
            &bench,
            &admin,
            &c,
            "risk_accepted",
            json!({ "notes": "x", "until": now.plus_days(9) }),
        )
        .await
        .ok();
        bench
            .write(
                &admin,
                "PATCH",
                &path(&a, ""),
                Some(1),
                json!({ "assignee": "ana@alpha.test" }),
            )
            .await
            .ok();
        bench.post(&admin, &path(&a, "/take"), json!({})).await.ok();
        let (project_a, key_a) = (acme.to_lowercase(), a["key"].as_str().unwrap().to_owned());
        let tomorrow = now.plus_days(3).to_string()[..10].to_owned();
        let table: Vec<(String, &str)> = [
            ("", "abc"),
            ("sev:>=medium", "ac"),
            ("sev:low,critical", "ab"),
            ("-sev:low", "ac"),
            ("sev:<medium", "b"),
            ("status:open", "ab"),
            ("is:open", "ab"),
            ("is:closed", "c"),
            ("-status:closed", "ab"),
            ("status:risk_accepted,open", "abc"),
            ("client:acme", "a"),
            ("client:none", "c"),
            ("client:none,acme", "ac"),
            ("-client:acme", "bc"),
            ("client:\"zurich ag\"", "b"),
            ("client:z*", "b"),
            ("project:loose", "c"),
            ("project:*site", "ab"),
            ("assignee:none", "bc"),
            ("assignee:ana@alpha.test", "a"),
            ("assignee:@me", ""),
            ("-assignee:none", "a"),
            ("due:<3d", "bc"),
            ("due:<0d", "c"),
            ("due:>1d", "b"),
            ("due:none", "a"),
            ("-due:<3d", "a"),
            ("first:<1d", "ac"),
            ("first:>30d", "b"),
            ("last:<1d", "abc"),
            ("seen:no", "b"),
            ("triaged:no", "c"),
            ("released:yes", "b"),
            ("claimed:me", "a"),
            ("claimed:yes", "a"),
            ("claimed:no", "bc"),
            ("-claimed:me", "bc"),
            ("unread:yes", ""),
            ("tool:nuclei", "b"),
            ("tool:man*", "ac"),
            ("cve:CVE-2024-1111", "a"),
            ("cve:CVE-2024-*", "ac"),
            ("cve:CVE-2024-*9", ""),
            ("-cve:*", "b"),
            ("cwe:79", "a"),
            ("cwe:7", "b"),
            ("cwe:89,7", "ab"),
            ("cvss:>=9.8", "a"),
            ("cvss:>9.8", ""),
            ("cvss:9.8", "a"),
            ("cvss:none", "bc"),
            ("asset:*.acme.test", "a"),
            ("asset:10.0.0.1", "b"),
            ("asset:*b=1", "a"),
            ("tag:pci", "b"),
            ("tag:w*", "b"),
            ("-tag:pci", "ac"),
            ("cafe", "b"),
            ("\"100%25\"", "b"),
            ("_100", "b"),
            ("injection SQL", "a"),
            ("shop.acme", "a"),
            ("-injection", "bc"),
            ("cve-2023", "c"),
            ("lane:overdue", ""),
            ("lane:due_soon", "b"),
            ("-lane:due_soon", "ac"),
            ("lane:unassigned,due_soon", "b"),
            ("is:open sev:critical client:acme", "a"),
        ]
        .into_iter()
        .map(|(q, rows)| (q.to_owned(), rows))
        .chain([
            (format!("project:{project_a}"), "a"),
            (key_a, "a"),
            (format!("due:<{tomorrow}"), "bc"),
            (format!("due:>={tomorrow}"), ""),
        ])
        .collect();
        let (mut looked, mut failed) = (0, 0);
        for (q, expected) in table {
            looked += 1;
            let url = format!(
                "/api/v1/findings?q={}",
                q.replace('%', "%25")
                    .replace("%2525", "%25")
                    .replace('+', "%2B")
                    .replace('"', "%22")
                    .replace('<', "%3C")
                    .replace('>', "%3E")
                    .replace(' ', "%20")
            );
            let found: BTreeSet<String> = keys(&bench.get(&admin, &url).await.ok()).into_iter().collect();
            let expected: BTreeSet<String> = expected
                .chars()
                .map(|l| {
                    (match l {
                        'a' => &a,
                        'b' => &b,
                        _ => &c,
                    })["key"]
                        .as_str()
                        .unwrap()
                        .to_owned()
                })
                .collect();
            if found != expected {
                failed += 1;
                println!("{engine:?} {q}: {found:?} instead of {expected:?}");
            }
        }
        checked(&format!("queries ({engine:?})"), looked, failed, 70);
        let wrong = bench
            .get(&admin, "/api/v1/findings?q=is:open%20sevv:high")
            .await
            .refused(400, "invalid_query");
        assert_eq!((&wrong["at"], &wrong["suggestion"]), (&json!(8), &json!("sev")));
        let wrong = bench
            .get(&admin, "/api/v1/findings?q=client:acmee")
            .await
            .refused(400, "invalid_query");
        assert_eq!((&wrong["at"], &wrong["suggestion"]), (&json!(0), &json!("acme")));
        bench.stop().await;
    }
}

/// Pages of every sort, forwards and back, hold every row once and in order.
#[tokio::test]
async fn pages_of_every_sort_hold_every_row_once() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let acme = workspace(&bench, &admin, "Acme").await;
        let loose = bench.project(&admin, "Loose", None).await["key"]
            .as_str()
            .unwrap()
            .to_owned();
        let severities = ["low", "high", "critical", "info"];
        let vectors = [
            Value::Null,
            json!("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"),
            json!("AV:N/AC:L/Au:N/C:N/I:N/A:C"),
        ];
        for n in 0..13 {
            let project = if n % 3 == 0 { &loose } else { &acme };
            // A title may look like an id: the page that ends with one must go on all the same.
            let title = match n % 5 {
                3 | 4 => format!("01a200bf-6888-76a8-913a-1aeaf8cb34d{n:x}"),
                n => format!("Ä title {n}"),
            };
            let body = json!({ "title": title, "severity": severities[n % 4], "cvss": vectors[n % 3] });
            let row = finding(&bench, &admin, project, body).await;
            if n % 2 == 0 {
                let edit = json!({ "due_at": bench.now().plus_days((n % 3) as i64), "assignee": "admin@alpha.test" });
                bench.write(&admin, "PATCH", &path(&row, ""), Some(1), edit).await.ok();
            }
        }
        let sorts = [
            "sev", "cvss", "due", "first", "last", "status", "title", "client", "project", "assignee", "tool",
        ];
        let signed = |words: &[&str]| -> Vec<String> {
            let both = words.iter().flat_map(|s| [(*s).to_owned(), format!("-{s}")]);
            both.collect()
        };
        let mut lists = Vec::new();
        for (list, shape, more) in [
            ("findings", "", ""),
            ("queue", "/finding", ""),
            ("queue", "/finding", "&flat=true"),
        ] {
            lists.push((list, shape, format!("q={more}")));
            lists.extend(
                signed(&sorts)
                    .into_iter()
                    .map(|s| (list, shape, format!("q=sort:{s}{more}"))),
            );
        }
        for n in 0..6 {
            bench.client(&admin, &format!("Client {}", 9 - n), "all_users").await;
        }
        for (list, words) in [
            ("clients", ["name", "key", "state", "manager"]),
            ("projects", ["name", "key", "client", "lead"]),
        ] {
            lists.extend(signed(&words).into_iter().map(|s| (list, "", format!("sort={s}"))));
        }
        let (mut looked, mut failed) = (0, 0);
        for (list, shape, asked) in lists {
            looked += 1;
            let base = format!("/api/v1/{list}?limit=4&{asked}");
            let whole = bench
                .get(&admin, &format!("/api/v1/{list}?limit=200&{asked}"))
                .await
                .ok();
            let key = |item: &Value| {
                item.pointer(&format!("{shape}/key"))
                    .unwrap()
                    .as_str()
                    .unwrap()
                    .to_owned()
            };
            let all: Vec<String> = whole["items"].as_array().unwrap().iter().map(key).collect();
            let (mut forth, mut back) = (Vec::new(), Vec::new());
            let mut page = bench.get(&admin, &base).await.ok();
            loop {
                forth.extend(page["items"].as_array().unwrap().iter().map(key));
                let Some(next) = page["next"].as_str().map(str::to_owned) else {
                    break;
                };
                page = bench.get(&admin, &format!("{base}&cursor={next}")).await.ok();
            }
            // The end without having walked there, and from it to the beginning.
            let mut page = bench.get(&admin, &format!("{base}&end=true&count=true")).await.ok();
            let ends = page["has_more"] == false && page["next"].is_null();
            let counted = page["count"].as_i64() == Some(all.len() as i64);
            loop {
                back.splice(0..0, page["items"].as_array().unwrap().iter().map(key));
                let Some(prev) = page["prev"].as_str().map(str::to_owned) else {
                    break;
                };
                page = bench.get(&admin, &format!("{base}&cursor={prev}")).await.ok();
            }
            let once: BTreeSet<&String> = all.iter().collect();
            let least = match list {
                "findings" => 13,
                "projects" => 2,
                _ => 6,
            };
            let right = forth == all && back == all && ends && counted && once.len() == all.len();
            if !right || all.len() < least {
                failed += 1;
                println!(
                    "{engine:?} {list} {asked}: {} rows, {} forth, {} back, ends {ends}, counted {counted}",
                    all.len(),
                    forth.len(),
                    back.len()
                );
            }
        }
        bench
            .get(&admin, "/api/v1/clients?sort=colour")
            .await
            .refused(400, "invalid_request");
        // Nulls last either way, worst first by default.
        for sort in ["due", "-due", "cvss", "-cvss"] {
            let rows = bench.get(&admin, &format!("/api/v1/findings?q=sort:{sort}")).await.ok();
            let field = if sort.ends_with("due") { "due_at" } else { "cvss" };
            let nulls: Vec<bool> = rows["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|f| f[field].is_null())
                .collect();
            assert!(
                nulls.is_sorted() && nulls.contains(&true) && nulls.contains(&false),
                "{sort}: {nulls:?}"
            );
        }
        let rows = bench.get(&admin, "/api/v1/findings").await.ok();
        assert_eq!(rows["items"][0]["severity"], "critical");
        assert_eq!(rows["items"][12]["severity"], "info");
        // A cursor fits its own list, filter and reader only.
        let first = bench.get(&admin, "/api/v1/findings?limit=2").await.ok();
        let cursor = first["next"].as_str().unwrap();
        bench
            .get(&admin, &format!("/api/v1/findings?limit=2&q=sort:due&cursor={cursor}"))
            .await
            .refused(400, "invalid_cursor");
        bench
            .get(&admin, &format!("/api/v1/queue?cursor={cursor}"))
            .await
            .refused(400, "invalid_cursor");
        checked(&format!("pages ({engine:?})"), looked, failed, 85);
        bench.stop().await;
    }
}

/// What many hold is walked past, what few hold is looked up: both find the same, and only the few are counted beside a page.
/// The whole queue, page by page from its beginning (`next`) or its end (`prev`): keys and titles in its order.
async fn queue(bench: &Bench, token: &str, q: &str, way: &str) -> Vec<(String, String)> {
    let url = format!("/api/v1/queue?limit=200&q={q}");
    let mut page = bench.get(token, &format!("{url}&end={}", way == "prev")).await.ok();
    let mut rows = Vec::new();
    loop {
        let mut some: Vec<(String, String)> = page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| {
                ["key", "title"]
                    .map(|field| item["finding"][field].as_str().unwrap().to_owned())
                    .into()
            })
            .collect();
        if way == "next" {
            rows.append(&mut some);
        } else {
            some.append(&mut rows);
            rows = some;
        }
        let Some(cursor) = page[way].as_str() else { return rows };
        page = bench.get(token, &format!("{url}&cursor={cursor}")).await.ok();
    }
}

#[tokio::test]
async fn texts_that_many_hold_are_found_like_those_of_few() {
    const MANY: usize = 2_100;
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let acme = workspace(&bench, &admin, "Acme").await;
        let body = json!({ "title": "Rare bird", "severity": "low", "cve": ["CVE-2001-0001"], "places": ["https://rare.h.test/"] });
        finding(&bench, &admin, &acme, body).await;
        let templates: Vec<u32> = (0..MANY as u32).collect();
        import(&bench, &admin, &acme, &templates, 1).await;
        let (mut looked, mut failed) = (0, 0);
        for (q, expected) in [
            ("template", MANY),
            ("h.test", MANY + 1),
            ("-template", 1),
            ("-rare", MANY),
            ("rare", 1),
            ("template%20rare", 0),
            ("cve:CVE-2001-*", 1),
            ("-cve:CVE-2001-*", MANY),
            ("asset:h.test", MANY),
            ("asset:*.h.test%20bird", 1),
            ("is:open%20template%20sort:title", MANY),
            ("template%20sort:client", MANY),
            ("template%20sort:-assignee", MANY),
            ("e", MANY + 1),
        ] {
            looked += 1;
            let url = format!("/api/v1/findings?limit=200&q={q}");
            let mut page = bench.get(&admin, &format!("{url}&count=true")).await.ok();
            let told = page["count"].as_u64();
            let mut found: Vec<String> = keys(&page);
            while let Some(next) = page["next"].as_str().map(str::to_owned) {
                page = bench.get(&admin, &format!("{url}&cursor={next}")).await.ok();
                found.extend(keys(&page));
            }
            let once: BTreeSet<&String> = found.iter().collect();
            let exactly = bench
                .get(&admin, &format!("/api/v1/findings?limit=1&count=true&q={q}"))
                .await
                .ok();
            let right =
                found.len() == expected && once.len() == expected && told.is_none_or(|n| n as usize == expected);
            if !right || exactly["count"].as_u64() != Some(expected as u64) {
                failed += 1;
                println!(
                    "{engine:?} {q}: {} rows, counted {told:?} and {}",
                    found.len(),
                    exactly["count"]
                );
            }
        }
        let scope = Scope::job(bench.alpha);
        let moved = bench.desk.store().write(&scope, |tx| {
            let sql = Sql::new("UPDATE finding SET status = 'not_fixed' WHERE agency_id = $1 AND key < 'F-G'");
            Box::pin(async move { tx.run(sql).await })
        });
        assert!(moved.await.unwrap() > 100);
        // The queue shows them lane by lane, in its own order, whichever way it is read.
        let all = queue(&bench, &admin, "", "next").await;
        // What many hold, and what nearly all do.
        for (q, part, way) in [
            ("template", "emplate", "next"),
            ("template", "emplate", "prev"),
            ("e", "", "next"),
            ("e", "", "prev"),
        ] {
            looked += 1;
            let wanted: Vec<&String> = all
                .iter()
                .filter(|(_, title)| title.contains(part))
                .map(|(key, _)| key)
                .collect();
            let found = queue(&bench, &admin, q, way).await;
            if found.len() < MANY || !found.iter().map(|(key, _)| key).eq(wanted.iter().copied()) {
                failed += 1;
                println!("{engine:?} queue {q}, {way}: {} rows of {}", found.len(), wanted.len());
            }
        }
        checked(&format!("many and few ({engine:?})"), looked, failed, 18);
        bench.stop().await;
    }
}
