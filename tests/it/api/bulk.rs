//! Acts on many findings: shown first, done whole or not at all, taken back at once.

use riskdesk::domain::access::Role;
use serde_json::{Value, json};

use crate::support::bench::{Answer, Bench, engines};
use crate::support::checked;
use crate::support::dump::{difference, dump};
use crate::support::findings::{everything, finding, import, keys, path, plant, step, workspace};

const BULK: &str = "/api/v1/findings/bulk";

async fn bulk(bench: &Bench, token: &str, body: Value) -> Answer {
    bench.post(token, BULK, body).await
}

/// A project with findings `n` of them, all open; gives its key and their JSON.
async fn many(bench: &Bench, token: &str, name: &str, n: usize) -> (String, Vec<Value>) {
    let key = workspace(bench, token, name).await;
    let mut all = Vec::new();
    for n in 0..n {
        let body = json!({ "title": format!("Finding {n}"), "places": ["https://a.test/", "https://b.test/"] });
        all.push(finding(bench, token, &key, body).await);
    }
    (key, all)
}

fn at(all: &[Value]) -> Value {
    let one = |f: &Value| json!({ "finding": f["key"], "version": f["version"] });
    all.iter().map(one).collect()
}

#[tokio::test]
async fn every_change_to_many_goes_back_at_once() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let (mut looked, mut failed) = (0, 0);
        let (_, firsts) = many(&bench, &admin, "First", 1).await;
        let to = |to: &str| {
            let mut body = everything(&bench, &firsts[0]);
            body["to"] = json!(to);
            body.as_object_mut().unwrap().remove("of");
            json!({ "move": body })
        };
        let changes = [
            ("in_progress", "open", to("in_progress")),
            ("pending_verification", "open", to("pending_verification")),
            ("verified_fixed", "open", to("verified_fixed")),
            ("false_positive", "open", to("false_positive")),
            ("risk_accepted", "open", to("risk_accepted")),
            ("inconclusive", "pending_verification", to("inconclusive")),
            ("duplicate", "open", to("duplicate")),
            ("verdict", "pending_verification", to("verified_fixed")),
            ("not fixed", "pending_verification", to("not_fixed")),
            ("reopened", "verified_fixed", to("open")),
            ("severity", "open", json!({ "edit": { "severity": "low" } })),
            ("assignee", "open", json!({ "edit": { "assignee": "ana@alpha.test" } })),
            ("due", "open", json!({ "edit": { "due_at": "2031-01-01T00:00:00Z" } })),
            (
                "tags",
                "open",
                json!({ "edit": { "add_tags": ["pci", "Q3/External"] } }),
            ),
            ("triage", "open", json!({ "triage": { "undo": true } })),
            ("release", "open", json!({ "release": {} })),
            ("place", "open", json!({ "place": {} })),
            ("place elsewhere", "pending_verification", json!({ "place": {} })),
        ];
        for (n, (name, from, change)) in changes.into_iter().enumerate() {
            let (project, mut all) = many(&bench, &admin, &format!("Client {n}"), 4).await;
            let mut change = change;
            if name == "duplicate" {
                change["move"]["of"] = finding(&bench, &admin, &project, json!({})).await["key"].clone();
            }
            if name.starts_with("place") {
                let client = match name {
                    "place" => format!("client-{n}"),
                    _ => bench.client(&admin, "Elsewhere", "all_users").await["key"]
                        .as_str()
                        .unwrap()
                        .to_owned(),
                };
                let other = bench.project(&admin, &format!("Other {n}"), Some(&client)).await;
                change["place"]["project"] = other["key"].clone();
            }
            if from != "open" {
                for one in &mut all {
                    let mut body = everything(&bench, &firsts[0]);
                    body.as_object_mut().unwrap().remove("of");
                    *one = step(&bench, &admin, one, from, body).await.ok();
                }
            }
            let mut holds = |what: &str, right: bool, seen: String| {
                looked += 1;
                if !right {
                    failed += 1;
                    println!("{engine:?} {name}: {what}\n{seen}");
                }
            };
            let before = dump(&bench).await;
            let q = format!("project:{project} \"Finding\"");
            let shown = bulk(&bench, &admin, json!({ "q": q, "change": change, "dry_run": true }))
                .await
                .ok();
            holds("a dry run changes nothing", dump(&bench).await == before, String::new());
            holds(
                "it counts",
                shown["count"] == 4 && shown["changed"] == 4 && shown["clients"][0]["count"] == 4,
                shown.to_string(),
            );
            let events = bench
                .number("SELECT COUNT(*) FROM audit_event WHERE act = 'finding.bulk' AND outcome = 'allowed'")
                .await;
            let body = json!({ "q": q, "change": change, "digest": shown["digest"] });
            let done = bench
                .write_as(&admin, "POST", BULK, None, body.clone(), name)
                .await
                .ok();
            holds(
                "done",
                done["applied"] == true && done["changed"] == 4,
                done.to_string(),
            );
            let audited = bench
                .number("SELECT COUNT(*) FROM audit_event WHERE act = 'finding.bulk' AND outcome = 'allowed'")
                .await;
            holds("audited once", audited == events + 1, format!("{events} {audited}"));
            let after = dump(&bench).await;
            let replay = bench.write_as(&admin, "POST", BULK, None, body, name).await.ok();
            holds("a second send is answered alike", replay == done, replay.to_string());
            holds("and done once", dump(&bench).await == after, String::new());
            let act = done["act"].as_str().unwrap().to_owned();
            let preview = bench.get(&admin, &format!("/api/v1/acts/{act}")).await.ok();
            holds(
                "shown as one act",
                preview["object_count"].as_i64() >= Some(4)
                    && preview["refused"].is_null()
                    && preview["change_count"].as_i64() >= Some(4),
                preview.to_string(),
            );
            bench
                .post(&admin, &format!("/api/v1/acts/{act}/undo"), json!({}))
                .await
                .ok();
            let now = dump(&bench).await;
            holds("back to before", now == before, difference(&before, &now));
            bench
                .post(&admin, &format!("/api/v1/acts/{act}/redo"), json!({}))
                .await
                .ok();
            let now = dump(&bench).await;
            holds("on to after", now == after, difference(&after, &now));
        }
        checked(&format!("acts on many and back ({engine:?})"), looked, failed, 16 * 9);
        bench.stop().await;
    }
}

#[tokio::test]
async fn one_illegal_member_and_nothing_happens() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let analyst = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let (project, mut all) = many(&bench, &admin, "Acme", 4).await;
        let dismiss = json!({ "notes": "Not ours." });
        all[3] = step(&bench, &admin, &all[3], "out_of_scope", dismiss).await.ok();
        let start = json!({ "move": { "to": "in_progress" } });
        let before = dump(&bench).await;
        let named = json!({ "findings": at(&all), "change": start });
        let refused = bulk(&bench, &admin, named).await.refused(422, "bulk_refused");
        assert_eq!(refused["objects"][0]["key"], all[3]["key"]);
        let shown = json!({ "findings": at(&all), "change": start, "dry_run": true });
        let shown = bulk(&bench, &admin, shown).await.ok();
        assert_eq!(
            (shown["changed"].as_i64(), shown["refused"].as_i64()),
            (Some(3), Some(1))
        );
        assert_eq!(shown["reasons"][0]["code"], "transition_not_allowed");
        assert_eq!(shown["reasons"][0]["examples"], json!([all[3]["key"]]));
        // Notes that are missing are missing for all.
        let mute = json!({ "findings": at(&all[..3]), "change": { "move": { "to": "false_positive" } } });
        bulk(&bench, &admin, mute).await.refused(422, "bulk_refused");
        // What one may not name, and what says nothing.
        for (body, status, code) in [
            (json!({ "change": start }), 400, "invalid_request"),
            (
                json!({ "q": " ", "change": start, "dry_run": true }),
                400,
                "invalid_request",
            ),
            (
                json!({ "q": "sort:title", "change": start, "dry_run": true }),
                400,
                "invalid_request",
            ),
            (
                json!({ "q": "colour:red", "change": start, "dry_run": true }),
                400,
                "invalid_query",
            ),
            (json!({ "q": "is:open", "change": start }), 428, "precondition_required"),
            (
                json!({ "q": "is:open", "findings": at(&all), "change": start }),
                400,
                "invalid_request",
            ),
            (
                json!({ "findings": [{ "finding": all[0]["key"] }], "change": start }),
                428,
                "precondition_required",
            ),
            (
                json!({ "findings": [at(&all)[0], at(&all)[0]], "change": start }),
                400,
                "invalid_request",
            ),
            (
                json!({ "findings": [at(&all)[0], { "finding": all[0]["id"], "version": 1 }], "change": start }),
                400,
                "invalid_request",
            ),
            (
                json!({ "findings": at(&all), "change": { "move": { "to": "partial" } } }),
                400,
                "invalid_request",
            ),
            (
                json!({ "findings": at(&all), "change": { "edit": {} } }),
                400,
                "invalid_request",
            ),
        ] {
            bulk(&bench, &admin, body).await.refused(status, code);
        }
        // Somebody else's finding among one's own: none of it is there.
        let (_, hidden) = many(&bench, &admin, "Hidden", 1).await;
        let access = json!({ "agency_access": "admins_only" });
        bench
            .write(&admin, "PUT", "/api/v1/clients/hidden/access", Some(1), access)
            .await
            .ok();
        let mut mixed = all[..3].to_vec();
        mixed.push(hidden[0].clone());
        let foreign = bulk(&bench, &analyst, json!({ "findings": at(&mixed), "change": start })).await;
        let never = json!([at(&all)[0], { "finding": uuid::Uuid::now_v7().to_string(), "version": 1 }]);
        let never = bulk(&bench, &analyst, json!({ "findings": never, "change": start })).await;
        assert_eq!((foreign.status, foreign.anonymous()), (404, never.anonymous()));
        let by_query = json!({ "q": "title", "change": start, "dry_run": true });
        assert_eq!(bulk(&bench, &analyst, by_query).await.ok()["count"], 0);
        let found = bulk(
            &bench,
            &analyst,
            json!({ "q": "is:open", "change": start, "dry_run": true }),
        )
        .await
        .ok();
        assert_eq!(found["count"], 3, "the hidden one is not counted: {found}");
        let now = dump(&bench).await;
        let only_hidden: Vec<String> = now.iter().filter(|l| !before.contains(l)).cloned().collect();
        assert!(
            only_hidden.iter().all(|l| !l.contains("in_progress")),
            "{only_hidden:?}"
        );
        assert_eq!(
            keys(
                &bench
                    .get(&admin, &format!("/api/v1/findings?q=project%3A{project}"))
                    .await
                    .ok()
            )
            .len(),
            4
        );
        bench.stop().await;
    }
}

#[tokio::test]
async fn what_moved_since_it_was_shown_is_told() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let (project, all) = many(&bench, &admin, "Acme", 3).await;
        let change = json!({ "edit": { "severity": "critical" } });
        let q = format!("project:{project}");
        let shown = bulk(&bench, &admin, json!({ "q": q, "change": change, "dry_run": true }))
            .await
            .ok();
        // Another change under the same digest.
        let other = json!({ "q": q, "change": { "edit": { "severity": "low" } }, "digest": shown["digest"] });
        bulk(&bench, &admin, other).await.refused(409, "stale_plan");
        bench.clock.set_offset(1_000);
        step(&bench, &admin, &all[1], "in_progress", json!({})).await.ok();
        let body = json!({ "q": q, "change": change, "digest": shown["digest"] });
        let refused = bulk(&bench, &admin, body).await.refused(409, "stale_plan");
        assert_eq!(refused["objects"][0]["key"], all[1]["key"], "{refused}");
        // By versions it is the same.
        let refused = bulk(&bench, &admin, json!({ "findings": at(&all), "change": change })).await;
        let refused = refused.refused(412, "version_conflict");
        assert_eq!(refused["objects"][0]["key"], all[1]["key"]);
        // One more came.
        let shown = bulk(&bench, &admin, json!({ "q": q, "change": change, "dry_run": true }))
            .await
            .ok();
        import(&bench, &admin, &project, &[1], 1).await;
        let body = json!({ "q": q, "change": change, "digest": shown["digest"] });
        let refused = bulk(&bench, &admin, body).await.refused(409, "stale_plan");
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains("about 3") && detail.contains("about 4"), "{detail}");
        // What is so already is left alone, and an act that changes nothing leaves nothing to take back.
        let same = bulk(
            &bench,
            &admin,
            json!({ "q": q, "change": { "triage": {} }, "dry_run": true }),
        )
        .await
        .ok();
        assert_eq!((same["already"].as_i64(), same["changed"].as_i64()), (Some(3), Some(1)));
        let by_hand = json!({ "q": format!("{q} tool:manual"), "change": { "triage": {} }, "dry_run": true });
        let same = bulk(&bench, &admin, by_hand).await.ok();
        let body = json!({ "q": format!("{q} tool:manual"), "change": { "triage": {} }, "digest": same["digest"] });
        let done = bulk(&bench, &admin, body).await.ok();
        assert_eq!((done["applied"].as_bool(), done["act"].is_null()), (Some(true), true));
        // Eight at once over the same versions: one wins.
        let all: Vec<Value> = bench
            .get(&admin, &format!("/api/v1/findings?q=project%3A{project}"))
            .await
            .ok()["items"]
            .as_array()
            .unwrap()
            .clone();
        let body = json!({ "findings": at(&all), "change": { "edit": { "severity": "info" } } });
        let crowd = futures::future::join_all((0..8).map(|_| bulk(&bench, &admin, body.clone()))).await;
        let won = crowd.iter().filter(|a| a.status == 200).count();
        assert_eq!(won, 1, "{:?}", crowd.iter().map(|a| &a.text).collect::<Vec<_>>());
        assert!(crowd.iter().all(|a| matches!(a.status, 200 | 412)));
        let moved = bench.get(&admin, &path(&all[0], "")).await.ok();
        assert_eq!(moved["severity"], "info");
        bench.stop().await;
    }
}

#[tokio::test]
async fn originals_and_their_duplicates_in_one_act() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let (project, all) = many(&bench, &admin, "Acme", 3).await;
        let repeats = json!({ "of": all[0]["key"] });
        step(&bench, &admin, &all[1], "duplicate", repeats).await.ok();
        let before = dump(&bench).await;
        // The duplicate follows its original, and is one of the many itself.
        let change = json!({ "move": { "to": "verified_fixed", "notes": "Seen fixed." } });
        let body = json!({ "q": format!("project:{project} is:open"), "change": change, "dry_run": true });
        let shown = bulk(&bench, &admin, body).await.ok();
        assert_eq!(shown["changed"], 2);
        let body = json!({ "q": format!("project:{project} is:open"), "change": change, "digest": shown["digest"] });
        let done = bulk(&bench, &admin, body).await.ok();
        let statuses = bench
            .get(
                &admin,
                &format!("/api/v1/findings?q=project%3A{project}%20status%3Averified_fixed"),
            )
            .await
            .ok();
        assert_eq!(keys(&statuses).len(), 3);
        let act = done["act"].as_str().unwrap();
        bench
            .post(&admin, &format!("/api/v1/acts/{act}/undo"), json!({}))
            .await
            .ok();
        let now = dump(&bench).await;
        assert_eq!(now, before, "{}", difference(&before, &now));
        bench.stop().await;
    }
}

/// Tags of people's stand beside the scanner's: found by the same word, put on and taken off many at once and back.
#[tokio::test]
async fn tags_are_put_on_and_taken_off_many() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let (project, all) = many(&bench, &admin, "Acme", 3).await;
        plant(&bench, &all[2], "tags", vec![r#"["cve","wordpress"]"#.into()]).await;
        let found = async |tag: &str| {
            let q = format!("/api/v1/findings?q=project%3A{project}%20tag%3A{tag}");
            keys(&bench.get(&admin, &q).await.ok()).len()
        };
        let edit = |edit: Value| json!({ "findings": at(&all), "change": { "edit": edit }, "dry_run": true });
        let shown = bulk(&bench, &admin, edit(json!({ "add_tags": ["PCI", "pci", "wordpress"] })))
            .await
            .ok();
        assert_eq!(shown["changed"], 3, "{shown}");
        let mut body = edit(json!({ "add_tags": ["PCI", "wordpress"] }));
        body["dry_run"] = json!(false);
        let done = bulk(&bench, &admin, body).await.ok();
        assert_eq!((found("pci").await, found("wordpress").await), (3, 3));
        let detail = bench.get(&admin, &path(&all[2], "")).await.ok();
        assert_eq!(
            (&detail["tags"], &detail["own_tags"]),
            (&json!(["cve", "pci", "wordpress"]), &json!(["pci"])),
            "the scanner's is not written twice"
        );
        let history = bench.get(&admin, &path(&all[0], "/history")).await.ok();
        assert_eq!(history["items"][0]["notes"], "tags +pci +wordpress");
        // A scanner's tag is not people's to take off: none of them changes.
        let all: Vec<Value> = bench
            .get(&admin, &format!("/api/v1/findings?q=project%3A{project}"))
            .await
            .ok()["items"]
            .as_array()
            .unwrap()
            .clone();
        let off = |tag: &str| json!({ "findings": at(&all), "change": { "edit": { "remove_tags": [tag] } } });
        let refused = bulk(&bench, &admin, off("wordpress"))
            .await
            .refused(422, "bulk_refused");
        assert_eq!(refused["objects"][0]["key"], detail["key"], "{refused}");
        assert!(refused["detail"].as_str().unwrap().contains("scanner"), "{refused}");
        assert_eq!(bulk(&bench, &admin, off("pci")).await.ok()["changed"], 3);
        assert_eq!(found("pci").await, 0);
        let same = bulk(&bench, &admin, off("nobody-has-it")).await;
        assert_eq!(same.status, 412, "the versions are old by now: {}", same.text);
        for wrong in [
            json!({ "add_tags": ["two words"] }),
            json!({ "add_tags": ["a"], "remove_tags": ["A"] }),
            json!({ "add_tags": (0..21).map(|n| format!("t{n}")).collect::<Vec<_>>() }),
        ] {
            bulk(&bench, &admin, edit(wrong)).await.refused(400, "invalid_request");
        }
        let act = done["act"].as_str().unwrap();
        let late = bench.post(&admin, &format!("/api/v1/acts/{act}/undo"), json!({})).await;
        assert_ne!(late.status, 200, "something was built on it: {}", late.text);
        // One finding's own edit knows them too.
        let one = bench.get(&admin, &path(&detail, "")).await.ok();
        let edit = async |body: Value| {
            let version = one["version"].as_i64();
            bench.write(&admin, "PATCH", &path(&one, ""), version, body).await
        };
        edit(json!({ "remove_tags": ["cve"] }))
            .await
            .refused(400, "invalid_request");
        let edited = edit(json!({ "add_tags": ["retest-q4"] })).await.ok();
        assert_eq!(edited["tags"], json!(["cve", "retest-q4", "wordpress"]));
        bench.stop().await;
    }
}

/// Duplicates have their original in their own project: one from elsewhere among them, and nothing happens.
#[tokio::test]
async fn duplicates_of_another_project_are_refused_before_anything_happens() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let (_, mut all) = many(&bench, &admin, "Acme", 3).await;
        let (_, others) = many(&bench, &admin, "Borealis", 1).await;
        let original = all.remove(0);
        let change = json!({ "move": { "to": "duplicate", "of": original["key"] } });
        let mut mixed = all.clone();
        mixed.extend(others.clone());
        mixed.push(original.clone());
        let before = dump(&bench).await;
        let shown = bulk(
            &bench,
            &admin,
            json!({ "findings": at(&mixed), "change": change, "dry_run": true }),
        )
        .await
        .ok();
        assert_eq!(
            (shown["changed"].as_i64(), shown["refused"].as_i64()),
            (Some(2), Some(2)),
            "one is of another project, one is itself: {shown}"
        );
        bulk(&bench, &admin, json!({ "findings": at(&mixed), "change": change }))
            .await
            .refused(422, "bulk_refused");
        let only = json!({ "findings": at(&others), "change": change });
        bulk(&bench, &admin, only).await.refused(422, "bulk_refused");
        let now = dump(&bench).await;
        let moved: Vec<_> = now.iter().filter(|l| l.contains("duplicate")).collect();
        assert!(now == before || moved.is_empty(), "{moved:?}");
        let done = bulk(&bench, &admin, json!({ "findings": at(&all), "change": change }))
            .await
            .ok();
        assert_eq!(done["changed"], 2);
        bench.stop().await;
    }
}
