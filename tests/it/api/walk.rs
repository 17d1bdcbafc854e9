//! A long walk of two people over two clients, at the same time, with every act and its way back: whatever is counted
//! beside the rows is then counted anew from the rows.

use riskdesk::domain::access::Role;
use serde_json::{Value, json};

use crate::support::bench::{Answer, Bench, Engine, engines};
use crate::support::checked;
use crate::support::findings::{finding, import, workspace};

const STEPS: usize = 240;
const LOOK_EVERY: usize = 20;

/// What must be nothing, and what it would be.
const DRIFTS: [(&str, &str); 9] = [
    (
        "roll-ups",
        "SELECT COUNT(*) FROM (SELECT project_id FROM (SELECT project_id, status, severity, 1 AS n FROM finding \
         UNION ALL SELECT project_id, status, severity, -n FROM rollup) x GROUP BY project_id, status, severity HAVING SUM(n) <> 0) y",
    ),
    (
        "places",
        "SELECT COUNT(*) FROM finding f WHERE occurrence_count <> (SELECT COUNT(*) FROM occurrence o WHERE o.agency_id = f.agency_id AND o.finding_id = f.id)",
    ),
    (
        "fixed places",
        "SELECT COUNT(*) FROM finding f WHERE occurrence_fixed <> (SELECT COUNT(*) FROM occurrence o WHERE o.agency_id = f.agency_id AND o.finding_id = f.id AND o.fixed)",
    ),
    (
        "projects of the plan",
        "SELECT COUNT(*) FROM agency a WHERE projects_used <> (SELECT COUNT(*) FROM project p LEFT JOIN client c ON c.agency_id = p.agency_id AND c.id = p.client_id \
         WHERE p.agency_id = a.agency_id AND (c.state IS NULL OR c.state <> 'archived'))",
    ),
    (
        "clients of the plan",
        "SELECT COUNT(*) FROM agency a WHERE clients_used <> (SELECT COUNT(*) FROM client c WHERE c.agency_id = a.agency_id AND c.state <> 'archived')",
    ),
    (
        "duplicates of duplicates",
        "SELECT COUNT(*) FROM finding a JOIN finding b ON b.agency_id = a.agency_id AND b.id = a.duplicate_of WHERE b.duplicate_of IS NOT NULL",
    ),
    (
        "duplicates elsewhere",
        "SELECT COUNT(*) FROM finding a JOIN finding b ON b.agency_id = a.agency_id AND b.id = a.duplicate_of WHERE b.project_id <> a.project_id",
    ),
    (
        "open rounds of what waits for none",
        "SELECT COUNT(*) FROM finding f WHERE (CASE WHEN status = 'pending_verification' THEN 1 ELSE 0 END) <> \
         (SELECT COUNT(*) FROM round r WHERE r.agency_id = f.agency_id AND r.finding_id = f.id AND r.verdict IS NULL)",
    ),
    (
        "duplicates of nothing",
        "SELECT COUNT(*) FROM finding WHERE status = 'duplicate' AND duplicate_of IS NULL",
    ),
];

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

struct Walk<'b> {
    bench: &'b Bench,
    projects: Vec<String>,
    clients: Vec<String>,
}

impl Walk<'_> {
    async fn some(&self, token: &str, dice: &mut Dice, most: usize) -> Vec<Value> {
        let page = self.bench.get(token, "/api/v1/findings?limit=100").await;
        let all = page.json["items"].as_array().cloned().unwrap_or_default();
        if all.is_empty() {
            return Vec::new();
        }
        let mut out: Vec<Value> = Vec::new();
        for _ in 0..=dice.below(most) {
            let one = dice.of(&all);
            if out.iter().all(|o| o["id"] != one["id"]) {
                out.push(one.clone());
            }
        }
        out
    }

    fn change(&self, dice: &mut Dice, all: &[Value]) -> Value {
        let statuses = [
            "open",
            "in_progress",
            "pending_verification",
            "not_fixed",
            "inconclusive",
            "verified_fixed",
            "false_positive",
            "out_of_scope",
            "duplicate",
            "duplicate",
            "risk_accepted",
        ];
        match dice.below(12) {
            8 => json!({ "place": { "project": dice.of(&self.projects) } }),
            0 => json!({ "edit": { "severity": dice.of(&["low", "high", "critical"]) } }),
            1 => json!({ "release": { "undo": dice.below(2) == 0 } }),
            2 => json!({ "triage": { "undo": dice.below(2) == 0 } }),
            3 => json!({ "edit": { "assignee": "ana@alpha.test" } }),
            _ => {
                let to = *dice.of(&statuses);
                let mut body = json!({
                    "to": to, "notes": "Checked.", "reason": "no_access", "until": self.bench.now().plus_days(30),
                });
                if to == "duplicate" {
                    body["of"] = dice.of(all)["key"].clone();
                }
                json!({ "move": body })
            }
        }
    }

    async fn step(&self, token: &str, dice: &mut Dice) -> Option<Answer> {
        let bench = self.bench;
        match dice.below(24) {
            20..=21 => {
                let some = self.some(token, dice, 3).await;
                let into = some.first()?;
                let named: Vec<Value> = some
                    .iter()
                    .filter(|f| f["project"]["key"] == into["project"]["key"])
                    .map(|f| json!({ "finding": f["key"], "version": f["version"] }))
                    .collect();
                let body = json!({ "findings": named, "into": into["key"], "client_sees": true });
                Some(bench.post(token, "/api/v1/findings/merge", body).await)
            }
            22..=23 => {
                let one = self.some(token, dice, 1).await.pop()?;
                let at = format!("/api/v1/findings/{}", one["key"].as_str()?);
                let places = bench.get(token, &format!("{at}/occurrences")).await;
                let id = places.json["items"][0]["id"].clone();
                let body = json!({ "occurrences": [id], "version": one["version"], "client_sees": true });
                Some(bench.post(token, &format!("{at}/split"), body).await)
            }
            0..=1 => {
                let body = json!({
                    "project": dice.of(&self.projects), "title": "By hand", "severity": "medium",
                    "places": ["https://a.test/", "https://b.test/"],
                });
                Some(bench.post(token, "/api/v1/findings", body).await)
            }
            2 => {
                let key = dice.of(&self.clients).clone();
                let client = bench.get(token, &format!("/api/v1/clients/{key}")).await;
                let way = if client.json["state"] == "archived" {
                    "restore"
                } else {
                    "archive"
                };
                let at = format!("/api/v1/clients/{key}/{way}");
                let version = client.json["version"].as_i64();
                Some(bench.write(token, "POST", &at, version, json!({})).await)
            }
            3 => {
                let key = dice.of(&self.projects);
                let project = bench.get(token, &format!("/api/v1/projects/{key}")).await;
                let to = if dice.below(3) == 0 {
                    Value::Null
                } else {
                    json!(dice.of(&self.clients))
                };
                let body =
                    json!({ "projects": [{ "project": key, "version": project.json["version"] }], "client": to });
                Some(bench.post(token, "/api/v1/projects/assign", body).await)
            }
            4..=5 => {
                let one = self.some(token, dice, 1).await.pop()?;
                let at = format!("/api/v1/findings/{}/place", one["key"].as_str()?);
                let elsewhere = self.projects.iter().find(|p| **p != one["project"]["key"])?;
                let body = json!({ "project": elsewhere });
                Some(bench.write(token, "POST", &at, one["version"].as_i64(), body).await)
            }
            6..=7 => {
                let one = self.some(token, dice, 1).await.pop()?;
                let mut all = self.some(token, dice, 30).await;
                all.push(one.clone());
                let mut change = self.change(dice, &all);
                let at = format!("/api/v1/findings/{}/move", one["key"].as_str()?);
                let body = change.get_mut("move")?.take();
                Some(bench.write(token, "POST", &at, one["version"].as_i64(), body).await)
            }
            8..=12 => {
                let some = self.some(token, dice, 6).await;
                some.first()?;
                let change = self.change(dice, &some);
                let named: Vec<Value> = some
                    .iter()
                    .map(|f| json!({ "finding": f["key"], "version": f["version"] }))
                    .collect();
                Some(
                    bench
                        .post(
                            token,
                            "/api/v1/findings/bulk",
                            json!({ "findings": named, "change": change }),
                        )
                        .await,
                )
            }
            way => {
                let (list, way) = if way < 17 {
                    ("/api/v1/acts", "undo")
                } else {
                    ("/api/v1/acts?undone=true", "redo")
                };
                let acts = bench.get(token, list).await;
                let acts = acts.json["items"].as_array().cloned().unwrap_or_default();
                let mostly: Vec<&Value> = acts.iter().take(1 + dice.below(4)).collect();
                if mostly.is_empty() {
                    return None;
                }
                let id = dice.of(&mostly)["id"].as_str()?;
                Some(bench.post(token, &format!("/api/v1/acts/{id}/{way}"), json!({})).await)
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn counts_hold_over_a_long_walk() {
    for engine in engines() {
        walk(engine).await;
    }
}

async fn walk(engine: Engine) {
    let bench = Bench::start(engine).await;
    let admin = bench.alpha_admin().await;
    let ana = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
    let mut projects = Vec::new();
    for name in ["Acme", "Bolt"] {
        projects.push(workspace(&bench, &admin, name).await);
    }
    for project in &projects {
        for _ in 0..3 {
            let body = json!({ "places": ["https://a.test/", "https://b.test/"] });
            finding(&bench, &admin, project, body).await;
        }
        import(&bench, &admin, project, &[1, 2, 3], 1).await;
    }
    let clients = bench.get(&admin, "/api/v1/clients").await.ok();
    let clients = clients["items"].as_array().unwrap();
    let walk = Walk {
        clients: clients.iter().map(|c| c["key"].as_str().unwrap().to_owned()).collect(),
        projects,
        bench: &bench,
    };
    let (mut looked, mut failed, mut done, mut sent) = (0, 0, 0, 0);
    let (mut one, mut two) = (Dice(0x9E37_79B9_7F4A_7C15), Dice(0xD1B5_4A32_D192_ED03));
    for step in 1..=STEPS {
        let (first, second) = tokio::join!(walk.step(&admin, &mut one), walk.step(&ana, &mut two));
        for answer in [first, second].into_iter().flatten() {
            sent += 1;
            done += usize::from(answer.status < 300);
            looked += 1;
            if answer.status >= 500 && answer.status != 503 {
                failed += 1;
                println!("{engine:?} step {step}: {} {}", answer.status, answer.text);
            }
        }
        if step % LOOK_EVERY == 0 {
            // A report that comes in between, where its client is not put away just now.
            let key = &walk.projects[step / LOOK_EVERY % 2];
            let project = bench.get(&admin, &format!("/api/v1/projects/{key}")).await.ok();
            let owner = project["client"]["key"].as_str().map(str::to_owned);
            let open = match owner {
                Some(owner) => bench.get(&admin, &format!("/api/v1/clients/{owner}")).await.ok()["state"] != "archived",
                None => true,
            };
            if open {
                let templates: Vec<u32> = (1..4).map(|_| 1 + one.below(5) as u32).collect();
                import(&bench, &admin, key, &templates, (2 + step / LOOK_EVERY) as u32).await;
            }
            for (what, sql) in DRIFTS {
                looked += 1;
                let off = bench.number(sql).await;
                if off != 0 {
                    failed += 1;
                    println!("{engine:?} step {step}: {off} {what} are off");
                }
            }
        }
    }
    println!("{engine:?}: {done} of {sent} acts were done");
    assert!(done * 3 > sent, "a walk of refusals looks at nothing");
    for act in [
        "SELECT COUNT(*) FROM finding_history WHERE act = 'finding.place'",
        "SELECT COUNT(*) FROM finding_history WHERE act = 'finding.merge'",
        "SELECT COUNT(*) FROM finding_history WHERE act = 'finding.split'",
    ] {
        assert!(bench.number(act).await > 2, "the walk went through all of them: {act}");
    }
    let floor = STEPS / LOOK_EVERY * DRIFTS.len();
    checked(&format!("counts over a long walk ({engine:?})"), looked, failed, floor);
    bench.stop().await;
}
