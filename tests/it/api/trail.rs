//! Reading the audit trail, and asking why somebody may or may not open something: to those who may, and nobody else.

use riskdesk::domain::access::Role;
use serde_json::{Value, json};

use crate::support::bench::{Bench, engines};
use crate::support::checked;
use crate::support::findings::finding;

/// The acts of a page.
fn acts(page: &Value) -> Vec<&str> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|e| e["act"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_trail_is_read_by_those_who_may() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let analyst = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let viewer = bench.user(bench.alpha, "vera@alpha.test", Role::Viewer).await;
        let beta = bench.beta_admin().await;
        let (mut looked, mut failed) = (0, 0);
        let mut holds = |what: &str, right: bool| {
            looked += 1;
            if !right {
                failed += 1;
                println!("{engine:?}: {what}");
            }
        };
        for (name, access) in [("Open", "all_users"), ("Closed", "admins_only")] {
            bench.client(&admin, name, access).await;
            let project = bench.project(&admin, name, Some(&name.to_lowercase())).await;
            finding(&bench, &admin, project["key"].as_str().unwrap(), json!({})).await;
        }
        bench.project(&admin, "Loose", None).await;
        bench.client(&beta, "Theirs", "all_users").await;
        bench
            .post(&analyst, "/api/v1/clients", json!({ "name": "No" }))
            .await
            .refused(403, "forbidden");
        // Refusals take a path of their own.
        for _ in 0..400 {
            if bench
                .number("SELECT COUNT(*) FROM audit_event WHERE outcome = 'refused'")
                .await
                > 0
            {
                break;
            }
            tokio::task::yield_now().await;
        }
        let read = async |token: &str, query: &str| bench.get(token, &format!("/api/v1/audit?{query}")).await;
        let all = read(&admin, "limit=200&count=true").await.ok();
        let mine =
            "SELECT COUNT(*) FROM audit_event x JOIN agency a ON a.agency_id = x.agency_id WHERE a.name = 'Alpha'";
        holds("an admin reads all of it", all["count"] == bench.number(mine).await);
        holds("the newest stands first", {
            let at: Vec<&str> = all["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|e| e["at"].as_str().unwrap())
                .collect();
            let mut sorted = at.clone();
            sorted.sort_unstable();
            sorted.reverse();
            at == sorted
        });
        holds(
            "an act says who, what, where and when",
            all["items"].as_array().unwrap().iter().any(|e| {
                e["act"] == "finding.create"
                    && e["actor"]["email"] == "admin@alpha.test"
                    && e["object"]["kind"] == "finding"
                    && e["client"]["key"] == "open"
                    && e["outcome"] == "allowed"
                    && e["address"] == "127.0.0.1"
            }),
        );
        // An analyst reads what happened in the clients one may open, and nothing of the rest.
        let some = read(&analyst, "limit=200&count=true").await.ok();
        let clients: Vec<&Value> = some["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| &e["client"]["key"])
            .collect();
        holds("an analyst reads the open client", clients.len() >= 3);
        holds("and nothing else", clients.iter().all(|key| **key == "open"));
        holds("the count is of what is shown", some["count"] == clients.len());
        let never = read(&analyst, "client=never").await;
        for hidden in ["closed", "theirs"] {
            let answer = read(&analyst, &format!("client={hidden}")).await;
            holds(
                "a hidden client is one that never was",
                (answer.status, answer.anonymous()) == (404, never.anonymous()),
            );
        }
        holds("a viewer reads none of it", read(&viewer, "").await.status == 403);
        let theirs = read(&beta, "limit=200").await.ok();
        holds(
            "another agency reads its own",
            theirs["items"]
                .as_array()
                .unwrap()
                .iter()
                .all(|e| e["client"]["key"] != "open"),
        );
        // Filters.
        let project = bench.get(&admin, "/api/v1/projects?client=open").await.ok()["items"][0].clone();
        let (key, id) = (project["key"].as_str().unwrap(), project["id"].as_str().unwrap());
        for (query, expected) in [
            (format!("object={key}"), vec!["project.create"]),
            (format!("object={id}&act=project."), vec!["project.create"]),
            (format!("object={id}&act=finding."), vec![]),
            ("act=client.create&client=open".into(), vec!["client.create"]),
            ("act=client.create&client=open&outcome=refused".into(), vec![]),
            (
                "actor=ana@alpha.test&act=/api/v1/clients".into(),
                vec!["/api/v1/clients"],
            ),
            (
                "actor=ANA@alpha.test&outcome=refused&act=/api/v1/clients".into(),
                vec!["/api/v1/clients"],
            ),
            ("actor=nobody@alpha.test".into(), vec![]),
            ("actor=system".into(), vec![]),
            ("since=2100-01-01T00:00:00.000Z".into(), vec![]),
            ("until=2000-01-01T00:00:00.000Z".into(), vec![]),
            (
                "act=client.create&since=2000-01-01T00:00:00.000Z&client=closed".into(),
                vec!["client.create"],
            ),
            ("act=%25".into(), vec![]),
        ] {
            let page = read(&admin, &query).await.ok();
            holds(&format!("{query}: {:?}", acts(&page)), acts(&page) == expected);
        }
        holds(
            "a key of nothing is not found",
            read(&admin, "object=F-000000").await.status == 404,
        );
        // Pages hold every row once.
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = read(&admin, &format!("limit=3{cursor}")).await.ok();
            seen.extend(page["items"].as_array().unwrap().iter().map(|e| e["id"].clone()));
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        let whole: Vec<Value> = all["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["id"].clone())
            .collect();
        holds(
            "pages hold every row once",
            seen[seen.len() - whole.len()..] == whole[..],
        );
        // The chain, a checkpoint, and what tampering does.
        let chain = bench.get(&admin, "/api/v1/audit/chain").await.ok();
        holds(
            "the chain holds",
            chain["holds"] == true && chain["sealed"].as_i64().unwrap() >= whole.len() as i64,
        );
        let kept = format!("position={}&hash={}", chain["sealed"], chain["head"].as_str().unwrap());
        let at = |query: &str| format!("/api/v1/audit/chain?{query}");
        holds(
            "a checkpoint fits",
            bench.get(&admin, &at(&kept)).await.ok()["holds"] == true,
        );
        let other = format!("position=1&hash={}", "0".repeat(64));
        holds(
            "another trail's does not",
            bench.get(&admin, &at(&other)).await.ok()["broken_at"] == 1,
        );
        holds(
            "half a checkpoint is refused",
            bench.get(&admin, &at("position=1")).await.status == 400,
        );
        for (token, status) in [(&analyst, 403), (&viewer, 403)] {
            holds(
                "the chain is for admins",
                bench.get(token, &at("")).await.status == status,
            );
        }
        bench
            .plant("UPDATE audit_event SET act = 'nothing' WHERE act = 'client.create'")
            .await;
        let chain = bench.get(&admin, &at("")).await.ok();
        holds(
            "a changed row is noticed",
            chain["holds"] == false && chain["broken_at"].is_i64(),
        );
        checked(&format!("audit trail ({engine:?})"), looked, failed, 28);
        bench.stop().await;
    }
}

/// The explanation is the answer that the person gets, whoever is asked about and whatever about.
#[tokio::test]
async fn why_says_what_is() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let mut people = vec![("admin@alpha.test", admin.clone())];
        for (email, role) in [
            ("listed@alpha.test", Role::Analyst),
            ("other@alpha.test", Role::Analyst),
            ("viewer@alpha.test", Role::Viewer),
            ("lead@alpha.test", Role::Analyst),
        ] {
            people.push((email, bench.user(bench.alpha, email, role).await));
        }
        let mut objects = Vec::new();
        for (name, access) in [
            ("Open", "all_users"),
            ("Some", "admins_and_selected"),
            ("Closed", "admins_only"),
        ] {
            let client = bench.client(&admin, name, access).await;
            let key = client["key"].as_str().unwrap().to_owned();
            if access == "admins_and_selected" {
                let body = json!({ "agency_access": access, "selected": ["listed@alpha.test", "viewer@alpha.test"] });
                let at = format!("/api/v1/clients/{key}/access");
                // A viewer cannot be put on a list; the analyst can.
                bench
                    .write(&admin, "PUT", &at, client["version"].as_i64(), body)
                    .await
                    .refused(400, "invalid_request");
                let body = json!({ "agency_access": access, "selected": ["listed@alpha.test"] });
                bench
                    .write(&admin, "PUT", &at, client["version"].as_i64(), body)
                    .await
                    .ok();
            }
            let project = bench.project(&admin, name, Some(&key)).await["key"].clone();
            let found = finding(&bench, &admin, project.as_str().unwrap(), json!({})).await;
            objects.push(("client", key));
            objects.push(("project", project.as_str().unwrap().to_owned()));
            objects.push(("finding", found["key"].as_str().unwrap().to_owned()));
        }
        let body = json!({ "name": "Loose", "lead": "lead@alpha.test", "team": ["listed@alpha.test"] });
        let loose = bench.post(&admin, "/api/v1/projects", body).await.ok();
        objects.push(("project", loose["key"].as_str().unwrap().to_owned()));
        let (mut looked, mut failed) = (0, 0);
        for (email, token) in &people {
            for (kind, key) in &objects {
                looked += 1;
                let there = bench.get(token, &format!("/api/v1/{kind}s/{key}")).await.status == 200;
                let why = bench
                    .get(&admin, &format!("/api/v1/access/why?person={email}&{kind}={key}"))
                    .await
                    .ok();
                let rules = why["rules"].as_array().unwrap();
                let last = rules.last().unwrap();
                if why["allowed"] != there || last["grants"] != there || why["kind"] != *kind {
                    failed += 1;
                    println!("{engine:?}: {email} at {kind} {key}: really {there}, told {why}");
                }
                // Whoever cannot open it is not told about it, not even about oneself.
                let own = bench
                    .get(token, &format!("/api/v1/access/why?person={email}&{kind}={key}"))
                    .await;
                let expected = match (there, *email) {
                    (_, "viewer@alpha.test") => 403,
                    (true, _) => 200,
                    (false, _) => 404,
                };
                looked += 1;
                if own.status != expected {
                    failed += 1;
                    println!(
                        "{engine:?}: {email} asks about {kind} {key}: {} {}",
                        own.status, own.text
                    );
                }
            }
        }
        // Foreign people and objects are nobody and nothing.
        let beta = bench.beta_admin().await;
        bench.client(&beta, "Theirs", "all_users").await;
        let ask = async |query: &str| bench.get(&admin, &format!("/api/v1/access/why?{query}")).await;
        let (never, foreign) = (
            ask("person=admin@alpha.test&client=never").await,
            ask("person=admin@alpha.test&client=theirs").await,
        );
        assert_eq!((never.status, never.anonymous()), (404, foreign.anonymous()));
        let (nobody, theirs) = (
            ask("person=nobody@alpha.test&client=open").await,
            ask("person=admin@beta.test&client=open").await,
        );
        assert_eq!((nobody.status, nobody.anonymous()), (400, theirs.anonymous()));
        for none_or_two in [
            "person=admin@alpha.test",
            "person=admin@alpha.test&client=open&project=Open",
        ] {
            ask(none_or_two).await.refused(400, "invalid_request");
        }
        // A membership that is not active opens nothing, whatever it opened before.
        bench
            .plant("UPDATE agency_user SET state = 'suspended' WHERE email = 'listed@alpha.test'")
            .await;
        let why = ask("person=listed@alpha.test&client=some").await.ok();
        assert_eq!(
            (&why["allowed"], &why["rules"][0]["rule"]),
            (&json!(false), &json!("membership"))
        );
        checked(&format!("access why ({engine:?})"), looked, failed, 90);
        bench.stop().await;
    }
}
