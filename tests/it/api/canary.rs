//! Check 3: a canary of its own in every text that people or scanners can write, per tenant, client and column; then
//! every read, list, search, count and error as every kind of caller. Nobody may meet a canary of what they may not open.

use std::collections::{BTreeMap, BTreeSet};

use riskdesk::domain::access::{PortalRole, Role};
use riskdesk::service::admin;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::bench::{Answer, Bench, engines};
use crate::support::checked;
use crate::support::findings::{path, step};

/// A workspace in which every text is a canary, and the ids of what is in it.
struct Nest {
    canaries: Vec<String>,
    ids: BTreeMap<&'static str, Vec<String>>,
}

impl Nest {
    fn canary(&mut self, column: &str) -> String {
        let canary = format!("cnry{column}{}", Uuid::new_v4().simple());
        self.canaries.push(canary.clone());
        canary
    }

    fn keep(&mut self, kind: &'static str, object: &Value) {
        for field in ["id", "key"] {
            if let Some(id) = object[field].as_str() {
                self.ids.entry(kind).or_default().push(id.to_owned());
            }
        }
    }
}

/// A client (or an unassigned project) full of canaries.
async fn nest(bench: &Bench, token: &str, access: Option<&str>) -> Nest {
    let mut nest = Nest {
        canaries: Vec::new(),
        ids: BTreeMap::new(),
    };
    let client = match access {
        Some(access) => {
            let client = bench.client(token, &nest.canary("client"), access).await;
            let edit = json!({
                "contact_email": format!("{}@client.test", nest.canary("mail")),
                "external_ref": nest.canary("ref"),
                "notes": nest.canary("notes"),
            });
            let at = format!("/api/v1/clients/{}", client["id"].as_str().unwrap());
            bench
                .write(token, "PATCH", &at, client["version"].as_i64(), edit)
                .await
                .ok();
            nest.keep("client", &client);
            client["id"].as_str().map(str::to_owned)
        }
        None => None,
    };
    let project = bench.project(token, &nest.canary("project"), client.as_deref()).await;
    nest.keep("project", &project);
    for _ in 0..2 {
        let body = json!({
            "project": project["key"], "severity": "high", "title": nest.canary("title"), "description": nest.canary("description"),
            "remediation": nest.canary("remediation"), "places": [format!("https://{}.test/", nest.canary("place"))],
        });
        let finding = bench.post(token, "/api/v1/findings", body).await.ok();
        nest.keep("finding", &finding);
        let places = bench.get(token, &path(&finding, "/occurrences")).await.ok();
        nest.keep("occurrence", &places["items"][0]);
        let comments = path(&finding, "/comments");
        let internal = bench
            .post(token, &comments, json!({ "text": nest.canary("internal") }))
            .await
            .ok();
        nest.keep("comment", &internal);
        if client.is_some() {
            let shared = json!({ "text": nest.canary("shared"), "audience": "shared" });
            nest.keep("comment", &bench.post(token, &comments, shared).await.ok());
        }
        bench.post(token, &path(&finding, "/take"), json!({})).await.ok();
        let asked = json!({ "notes": nest.canary("asked") });
        let finding = step(bench, token, &finding, "pending_verification", asked).await.ok();
        let verdict = json!({ "notes": nest.canary("verdict") });
        step(bench, token, &finding, "not_fixed", verdict).await.ok();
    }
    nest
}

/// Every documented read, with every id of the right kind in its place; lists also filtered, counted and paged.
fn reads(document: &Value, nests: &[&Nest]) -> Vec<String> {
    let ids = |kind: &str| -> Vec<String> {
        let kept = nests.iter().flat_map(|n| n.ids.get(kind).cloned().unwrap_or_default());
        kept.chain([Uuid::now_v7().to_string()]).collect()
    };
    let mut out = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let Some(operation) = methods.get("get") else { continue };
        if path.ends_with("/events") {
            continue;
        }
        let mut filled = vec![String::new()];
        for part in path.split('/').skip(1) {
            let kind = part.strip_prefix('{').and_then(|p| p.strip_suffix('}'));
            let values = kind.map_or_else(|| vec![part.to_owned()], &ids);
            filled = filled
                .iter()
                .flat_map(|head| values.iter().map(move |v| format!("{head}/{v}")))
                .collect();
        }
        let asks = |name: &str| {
            let parameters = operation["parameters"].as_array();
            parameters.is_some_and(|all| all.iter().any(|p| p["name"] == name && p["in"] == "query"))
        };
        for one in filled {
            if asks("count") {
                out.push(format!("{one}?count=true&limit=200"));
                out.push(format!("{one}?limit=1"));
            }
            if asks("q") && (one.ends_with("/findings") || one.ends_with("/queue") || one.ends_with("/lanes")) {
                for q in [
                    "is:open",
                    "sort:client",
                    "sort:-title",
                    "-client:none",
                    "claimed:yes",
                    "asset:*.test",
                    "unread:yes",
                ] {
                    out.push(format!("{one}?q={q}"));
                }
                for (kind, field) in [("client", "client"), ("project", "project")] {
                    out.extend(ids(kind).into_iter().map(|id| format!("{one}?q={field}:{id}")));
                }
            }
            out.push(one);
        }
    }
    out
}

#[tokio::test]
async fn canary_crawl() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let beta = bench.beta_admin().await;
        let analyst = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let viewer = bench.user(bench.alpha, "vera@alpha.test", Role::Viewer).await;
        let open = nest(&bench, &admin, Some("all_users")).await;
        let hidden = nest(&bench, &admin, Some("admins_only")).await;
        let loose = nest(&bench, &admin, None).await;
        let foreign = nest(&bench, &beta, Some("all_users")).await;
        let client: Uuid = open.ids["client"][0].parse().unwrap();
        let portal = admin::portal_session(
            &bench.admin_store,
            bench.alpha,
            client,
            "pia@client.test",
            PortalRole::Manager,
            riskdesk::domain::access::PortalLevel::Full,
            bench.now(),
        )
        .await
        .unwrap();
        let document = bench.get("", "/api/v1/openapi.json").await.ok();
        let (mut open, mut foreign) = (open, foreign);
        for (token, nest) in [(&admin, &mut open), (&beta, &mut foreign)] {
            let acts = bench.get(token, "/api/v1/acts?limit=200").await.ok();
            for act in acts["items"].as_array().unwrap() {
                nest.keep("act", act);
            }
        }
        let all = [&open, &hidden, &loose, &foreign];
        let reads = reads(&document, &all);
        let (mut looked, mut failed) = (0, 0);
        let callers: [(&str, &str, &[&Nest]); 5] = [
            ("admin", &admin, &[&open, &hidden, &loose]),
            ("analyst", &analyst, &[&open]),
            ("viewer", &viewer, &[]),
            ("other agency", &beta, &[&foreign]),
            ("portal", &portal, &[]),
        ];
        for (caller, token, own) in callers {
            let allowed: BTreeSet<&String> = own.iter().flat_map(|n| &n.canaries).collect();
            let mut met: BTreeSet<&String> = BTreeSet::new();
            let mut meet = |what: &str, answer: &Answer| {
                looked += 1;
                let headers = format!("{:?}", answer.headers);
                for canary in all.iter().flat_map(|n| &n.canaries) {
                    if !answer.text.contains(canary.as_str()) && !headers.contains(canary.as_str()) {
                        continue;
                    }
                    met.insert(canary);
                    if !allowed.contains(canary) {
                        failed += 1;
                        println!("{engine:?}: {caller} met {canary} at {what}: {}", answer.text);
                    }
                }
            };
            for read in &reads {
                let answer = bench.get(token, read).await;
                assert_ne!(answer.status, 500, "{read}: {}", answer.text);
                meet(read, &answer);
            }
            // Refusals of writes on everything there is.
            for (kind, at) in [("client", "clients"), ("project", "projects"), ("finding", "findings")] {
                for id in all.iter().flat_map(|n| n.ids.get(kind).into_iter().flatten()) {
                    let at = format!("/api/v1/{at}/{id}");
                    meet(&at, &bench.write(token, "PATCH", &at, Some(9_999), json!({})).await);
                }
            }
            // A text one may not read cannot be found, counted or sorted by.
            for canary in all.iter().flat_map(|n| &n.canaries).filter(|c| !allowed.contains(c)) {
                for list in ["findings", "queue"] {
                    looked += 1;
                    let found = bench.get(token, &format!("/api/v1/{list}?count=true&q={canary}")).await;
                    let empty = found.json["items"] == json!([]) && found.json["count"] == 0;
                    if !(empty || (caller == "portal" && found.status == 404)) {
                        failed += 1;
                        println!("{engine:?}: {caller} found {canary} in {list}: {}", found.text);
                    }
                }
            }
            // The crawl itself is tested: what one may read was met, all of it.
            let missed: Vec<&&String> = allowed.iter().filter(|c| !met.contains(**c)).collect();
            assert!(missed.is_empty(), "{caller} never met {missed:?}");
        }
        checked(&format!("3 canary crawl ({engine:?})"), looked, failed, 1_500);
        bench.stop().await;
    }
}
