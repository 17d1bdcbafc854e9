//! The queue over the wire: lanes as the domain has them, leases, and what comes next.

use riskdesk::domain::access::Role;
use riskdesk::domain::lane::{LEASE_MS, Lane, LaneFacts, lane};
use riskdesk::domain::status::Status;
use riskdesk::domain::time::{DAY_MS, Time};
use serde_json::{Value, json};

use crate::support::bench::{Bench, engines};
use crate::support::checked;
use crate::support::findings::{finding, path, plant, step, workspace};

/// The rule in SQL is the rule of `domain::lane`, over every combination of what decides.
#[tokio::test]
async fn lanes_in_sql_are_the_domains_lanes() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let project = workspace(&bench, &admin, "Acme").await;
        let user: uuid::Uuid = bench.get(&admin, "/api/v1/session").await.ok()["user"]
            .as_str()
            .map_or_else(uuid::Uuid::nil, |t| t.parse().unwrap());
        assert!(!user.is_nil());
        let row = finding(&bench, &admin, &project, json!({})).await;
        let now = bench.now();
        let (mut looked, mut failed) = (0, 0);
        for status in Status::ALL {
            for bits in 0..32_u32 {
                for due in [None, Some(-DAY_MS), Some(DAY_MS), Some(9 * DAY_MS)] {
                    // Every second combination of the rarer facts, so that the whole takes seconds.
                    if !(bits + status as u32).is_multiple_of(4) && due.is_some() {
                        continue;
                    }
                    let flag = |n: u32| bits & (1 << n) != 0;
                    let facts = LaneFacts {
                        status,
                        needs_reply: bits == 31,
                        reopened: flag(0),
                        due_at: due.map(|ms| now.plus_ms(ms)),
                        verify_due_at: None,
                        triaged: flag(1),
                        seen_in_latest: flag(2),
                        assigned: flag(3),
                        released: flag(4),
                    };
                    let at = |yes: bool| yes.then_some(now);
                    plant(
                        &bench,
                        &row,
                        "status client_wrote_last reopened due_at triaged_at seen_in_latest assignee_id released_at",
                        vec![
                            status.name().into(),
                            facts.needs_reply.into(),
                            facts.reopened.into(),
                            facts.due_at.into(),
                            at(facts.triaged).into(),
                            facts.seen_in_latest.into(),
                            facts.assigned.then_some(user).into(),
                            at(facts.released).into(),
                        ],
                    )
                    .await;
                    let expected = lane(&facts, bench.now());
                    let listed = bench.get(&admin, "/api/v1/queue").await.ok();
                    let found = listed["items"][0]["lane"].as_str().map(|l| l.parse::<Lane>().unwrap());
                    looked += 1;
                    if found != expected {
                        failed += 1;
                        println!("{engine:?} {facts:?}: {found:?} instead of {expected:?}");
                    }
                }
            }
        }
        checked(&format!("lanes ({engine:?})"), looked, failed, 500);
        bench.stop().await;
    }
}

#[tokio::test]
async fn rows_stand_by_lane_then_clock_then_severity() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let project = workspace(&bench, &admin, "Acme").await;
        let now = bench.now();
        let make = async |title: &str, severity: &str, due: Option<i64>| {
            let row = finding(
                &bench,
                &admin,
                &project,
                json!({ "title": title, "severity": severity }),
            )
            .await;
            let due: Option<Time> = due.map(|d| now.plus_days(d));
            plant(&bench, &row, "due_at", vec![due.into()]).await;
            row
        };
        make("calm critical", "critical", None).await;
        make("calm low", "low", None).await;
        make("late low", "low", Some(-9)).await;
        make("late high", "high", Some(-1)).await;
        make("soon", "info", Some(2)).await;
        let asked = make("asked", "medium", None).await;
        step(
            &bench,
            &admin,
            &asked,
            "pending_verification",
            json!({ "notes": "Done." }),
        )
        .await
        .ok();
        let list = bench.get(&admin, "/api/v1/queue?count=true").await.ok();
        let rows: Vec<(&str, &str)> = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| (i["lane"].as_str().unwrap(), i["finding"]["title"].as_str().unwrap()))
            .collect();
        assert_eq!(
            rows,
            [
                ("verify", "asked"),
                ("overdue", "late low"),
                ("overdue", "late high"),
                ("due_soon", "soon"),
                ("unassigned", "calm critical"),
                ("unassigned", "calm low"),
            ]
        );
        assert_eq!(list["count"], 6);
        assert_eq!(
            (&list["items"][0]["clock"]["kind"], &list["items"][1]["clock"]["kind"]),
            (&json!("verification"), &json!("remediation"))
        );
        let lanes = bench.get(&admin, "/api/v1/queue/lanes?q=sev:%3C%3Dlow").await.ok();
        let counts: Vec<i64> = lanes["lanes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|l| l["count"].as_i64().unwrap())
            .collect();
        assert_eq!(counts, [0, 0, 0, 1, 1, 0, 0, 1, 0]);
        let narrowed = bench.get(&admin, "/api/v1/queue?q=lane:overdue%20sev:high").await.ok();
        assert_eq!(narrowed["items"].as_array().unwrap().len(), 1);
        bench.stop().await;
    }
}

#[tokio::test]
async fn one_holder_at_a_time_for_thirty_minutes() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let ana = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let project = workspace(&bench, &admin, "Acme").await;
        let row = finding(&bench, &admin, &project, json!({})).await;
        let (take, back) = (path(&row, "/take"), path(&row, "/put-back"));
        let held = bench.post(&ana, &take, json!({})).await.ok();
        assert_eq!(held["user"]["email"], "ana@alpha.test");
        let until = Time::parse(held["until"].as_str().unwrap()).unwrap();
        assert!((until.0 - bench.now().0 - LEASE_MS).abs() < 60_000);
        let refused = bench.post(&admin, &take, json!({})).await.refused(409, "claimed");
        assert!(
            refused["detail"]
                .as_str()
                .unwrap()
                .starts_with("ana@alpha.test holds this finding until")
        );
        bench.post(&admin, &back, json!({})).await.refused(409, "claimed");
        // Renewed after twenty minutes, it holds until the fiftieth, and not a minute longer.
        let later = async |minutes: i64| {
            bench.clock.set_offset(minutes * 60_000);
            (
                bench.alpha_admin().await,
                bench.token(bench.alpha, "ana@alpha.test").await,
            )
        };
        let (_, ana) = later(20).await;
        bench.post(&ana, &take, json!({})).await.ok();
        let (admin, _) = later(49).await;
        bench.post(&admin, &take, json!({})).await.refused(409, "claimed");
        assert_eq!(
            bench.get(&admin, "/api/v1/queue").await.ok()["items"][0]["holder"]["user"]["email"],
            "ana@alpha.test"
        );
        let (admin, ana) = later(51).await;
        assert_eq!(
            bench.get(&admin, "/api/v1/queue").await.ok()["items"][0]["holder"],
            Value::Null
        );
        bench.post(&admin, &take, json!({})).await.ok();
        bench.post(&admin, &back, json!({})).await.ok();
        bench.post(&ana, &take, json!({})).await.ok();
        bench.stop().await;
    }
}

#[tokio::test]
async fn next_takes_the_most_urgent_and_never_the_same_twice() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let ana = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let project = workspace(&bench, &admin, "Acme").await;
        let now = bench.now();
        for n in 0..10 {
            let row = finding(
                &bench,
                &admin,
                &project,
                json!({ "title": format!("row {n}"), "severity": if n % 2 == 0 { "low" } else { "high" } }),
            )
            .await;
            let due: Option<Time> = (n < 4).then(|| now.plus_days(-n));
            plant(&bench, &row, "due_at", vec![due.into()]).await;
        }
        let waiting = finding(
            &bench,
            &admin,
            &project,
            json!({ "title": "waiting", "severity": "critical" }),
        )
        .await;
        let user = bench.get(&admin, "/api/v1/session").await.ok()["user"]
            .as_str()
            .unwrap()
            .parse::<uuid::Uuid>()
            .unwrap();
        plant(
            &bench,
            &waiting,
            "released_at assignee_id",
            vec![now.into(), user.into()],
        )
        .await;
        let next = async |token: &str, q: Value| {
            bench.post(token, "/api/v1/queue/next", json!({ "q": q })).await.ok()["item"].clone()
        };
        // The most breached clock first, then severity; the filter is honoured.
        let first = next(&ana, Value::Null).await;
        assert_eq!(
            (&first["finding"]["title"], &first["holder"]["user"]["email"]),
            (&json!("row 3"), &json!("ana@alpha.test"))
        );
        assert_eq!(next(&ana, json!("sev:high")).await["finding"]["title"], "row 1");
        assert_eq!(next(&ana, json!("lane:waiting")).await, Value::Null);
        bench
            .post(&ana, "/api/v1/queue/next", json!({ "q": "sev:" }))
            .await
            .refused(400, "invalid_query");
        // Eight at once get the eight that are left, each another one; the ninth gets nothing.
        let crowd = futures::future::join_all((0..9).map(|n| {
            let token = if n % 2 == 0 { &ana } else { &admin };
            bench.post(token, "/api/v1/queue/next", json!({}))
        }))
        .await;
        let mut taken: Vec<String> = crowd
            .into_iter()
            .map(|a| a.ok()["item"]["finding"]["title"].to_string())
            .collect();
        taken.sort();
        taken.dedup();
        assert_eq!(taken.len(), 9, "{taken:?}");
        assert!(taken.contains(&"null".to_owned()) && !taken.contains(&"\"waiting\"".to_owned()));
        // The same send again is the same answer, not another finding.
        bench
            .post(&ana, &path(&first["finding"], "/put-back"), json!({}))
            .await
            .ok();
        let once = bench
            .write_as(&ana, "POST", "/api/v1/queue/next", None, json!({}), "next-once")
            .await
            .ok();
        let again = bench
            .write_as(&ana, "POST", "/api/v1/queue/next", None, json!({}), "next-once")
            .await
            .ok();
        assert_eq!((&once, &once["item"]["finding"]["title"]), (&again, &json!("row 3")));
        bench.stop().await;
    }
}
