//! Imports over the wire, on both databases: what they change, what they never change, and what a broken one leaves.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::bench::{Answer, Bench, engines};
use crate::support::checked;

/// Uploads a report as file `n` of a batch.
pub async fn upload(bench: &Bench, token: &str, batch: &str, n: usize, body: impl Into<reqwest::Body>) -> Answer {
    let path = format!("/api/v1/imports/{batch}/files/{n}?name=report-{n}");
    Bench::send(bench.request("PUT", &path).bearer_auth(token).body(body)).await
}

/// A batch with these reports, planned.
pub async fn planned(bench: &Bench, token: &str, project: &str, covers: &[&str], reports: &[&str]) -> Value {
    let body = json!({ "project": project, "covers": covers });
    let batch = bench.post(token, "/api/v1/imports", body).await.ok();
    let id = batch["id"].as_str().unwrap();
    for (n, report) in reports.iter().enumerate() {
        upload(bench, token, id, n, (*report).to_owned()).await.ok();
    }
    bench
        .post(token, &format!("/api/v1/imports/{id}/plan"), json!({}))
        .await
        .ok()
}

/// A batch of uploads as bytes, planned; the first is sent twice, as a second try would.
pub async fn batch(bench: &Bench, token: &str, project: &str, uploads: Vec<Vec<u8>>) -> Value {
    let body = json!({ "project": project });
    let opened = bench.post(token, "/api/v1/imports", body).await.ok();
    let id = opened["id"].as_str().unwrap();
    upload(bench, token, id, 0, uploads[0].clone()).await.ok();
    for (n, body) in uploads.into_iter().enumerate() {
        upload(bench, token, id, n, body).await.ok();
    }
    let path = format!("/api/v1/imports/{id}/plan");
    bench.post(token, &path, json!({})).await.ok()
}

pub async fn apply(bench: &Bench, token: &str, batch: &Value) -> Answer {
    let path = format!("/api/v1/imports/{}/apply", batch["id"].as_str().unwrap());
    bench.post(token, &path, json!({ "plan_id": batch["plan_id"] })).await
}

/// Imports reports together: the totals as (new, recurring, reopened, not seen, unchanged).
pub async fn import(bench: &Bench, token: &str, project: &str, reports: &[&str]) -> [i64; 5] {
    let plan = planned(bench, token, project, &[], reports).await;
    let applied = apply(bench, token, &plan).await.ok();
    assert_eq!(applied["totals"], plan["totals"]);
    totals(&applied)
}

pub fn totals(batch: &Value) -> [i64; 5] {
    ["new", "recurring", "reopened", "not_seen", "unchanged"].map(|name| batch["totals"][name].as_i64().unwrap())
}

/// Everything a list shows of the findings, in one order.
pub async fn findings(bench: &Bench, token: &str, project: &str) -> Vec<Value> {
    let path = format!("/api/v1/findings?limit=200&q=project:{project}%20sort:title");
    bench.get(token, &path).await.ok()["items"].as_array().unwrap().clone()
}

/// A Nuclei line: template `t`, host `h`, seen on day `d` of a month.
pub fn line(t: u32, h: u32, severity: &str, day: u32) -> String {
    format!(
        r#"{{"template-id":"t-{t}","info":{{"name":"Template {t}","severity":"{severity}","description":"What {t} is."}},"type":"http","host":"h{h}.test","matched-at":"https://h{h}.test/a","timestamp":"2026-03-{day:02}T10:00:00Z"}}
"#
    )
}

pub fn report(templates: impl IntoIterator<Item = u32>, hosts: u32, day: u32) -> String {
    templates
        .into_iter()
        .flat_map(|t| (0..hosts).map(move |h| line(t, h, "medium", day)))
        .collect()
}

#[tokio::test]
async fn imports_change_what_they_should_and_nothing_else() {
    let mut looked = 0;
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let project = bench.project(&token, "Shop", None).await["key"]
            .as_str()
            .unwrap()
            .to_owned();

        let first = report(0..5, 3, 1);
        assert_eq!(import(&bench, &token, &project, &[&first]).await, [5, 0, 0, 0, 0]);
        let before = findings(&bench, &token, &project).await;
        assert_eq!(before.len(), 5);
        assert_eq!(before[0]["occurrence_count"], 3);
        assert_eq!(before[0]["first_seen"], "2026-03-01T10:00:00.000Z");

        // Again, shuffled, and split in two: nothing changes, in no field of any finding.
        assert_eq!(import(&bench, &token, &project, &[&first]).await, [0, 5, 0, 0, 5]);
        let mut lines: Vec<&str> = first.split_inclusive('\n').collect();
        lines.reverse();
        let (head, tail) = lines.split_at(4);
        let (head, tail) = (head.concat(), tail.concat());
        assert_eq!(import(&bench, &token, &project, &[&head, &tail]).await, [0, 5, 0, 0, 5]);
        assert_eq!(findings(&bench, &token, &project).await, before);

        // A person decides; the scanner's facts move below, the decision stays.
        let key = before[1]["key"].as_str().unwrap();
        let path = format!("/api/v1/findings/{key}");
        bench
            .write(&token, "PATCH", &path, Some(1), json!({ "severity": "critical" }))
            .await
            .ok();
        let fixed = before[2]["key"].as_str().unwrap();
        let to = json!({ "to": "verified_fixed", "notes": "Gone.", "basis": "retest" });
        bench
            .write(&token, "POST", &format!("/api/v1/findings/{fixed}/move"), Some(1), to)
            .await
            .ok();
        // The same evidence is no new evidence.
        assert_eq!(import(&bench, &token, &project, &[&first]).await, [0, 5, 0, 0, 5]);
        // A later report: template 0 is gone, 1 and 2 are there, 2 after its fix, 3 is rated otherwise, 9 is new.
        let mut second = report([1, 2, 4, 9], 3, 8);
        for h in 0..3 {
            second += &line(3, h, "high", 8);
        }
        assert_eq!(import(&bench, &token, &project, &[&second]).await, [1, 3, 1, 1, 2]);
        let after = findings(&bench, &token, &project).await;
        let of = |t: u32| after.iter().find(|f| f["title"] == format!("Template {t}")).unwrap();
        assert_eq!(
            (of(0)["seen_in_latest"].clone(), of(0)["status"].clone()),
            (json!(false), json!("open"))
        );
        assert_eq!(
            (of(1)["severity"].clone(), of(1)["scanner_severity"].clone()),
            (json!("critical"), json!("medium"))
        );
        assert_eq!(of(1)["last_seen"], "2026-03-08T10:00:00.000Z");
        assert_eq!(of(2)["status"], "open");
        assert_eq!(
            (of(3)["severity"].clone(), of(9)["status"].clone()),
            (json!("high"), json!("open"))
        );
        let history = bench
            .get(&token, &format!("/api/v1/findings/{fixed}/history"))
            .await
            .ok();
        assert!(
            history["items"]
                .as_array()
                .unwrap()
                .iter()
                .any(|h| h["rule"] == "rule:seen_again" && h["to"] == "open"),
            "{history}"
        );
        // The counts beside the rows are the rows'.
        let shown = bench.get(&token, &format!("/api/v1/projects/{project}")).await.ok();
        assert_eq!(
            shown["open_findings"],
            json!({ "critical": 1, "high": 1, "medium": 4, "low": 0, "info": 0 })
        );

        // An older report only adds sightings: nothing is reopened or gone, what it alone knows is not in the latest.
        assert_eq!(
            import(&bench, &token, &project, &[&report([0, 7], 4, 2)]).await,
            [1, 1, 0, 0, 0]
        );
        let older = findings(&bench, &token, &project).await;
        let seven = older.iter().find(|f| f["title"] == "Template 7").unwrap();
        assert_eq!(seven["seen_in_latest"], false);
        let zero = older.iter().find(|f| f["title"] == "Template 0").unwrap();
        assert_eq!(
            (zero["seen_in_latest"].clone(), zero["occurrence_count"].clone()),
            (json!(false), json!(4))
        );

        // Nothing at all: an empty file says so and takes nothing away; an empty report of the tool does.
        assert_eq!(import(&bench, &token, &project, &[""]).await, [0, 0, 0, 0, 0]);
        // Within a scope, only the scope is gone.
        let narrow = planned(&bench, &token, &project, &["h0.test"], &[&line(1, 0, "medium", 9)]).await;
        assert_eq!(totals(&narrow)[3], 0, "every finding has places on other hosts");
        assert_eq!(narrow["scope"], json!(["nuclei: h0.test"]));
        looked += 14;
        bench.stop().await;
    }
    checked("imports", looked, 0, 14);
}

#[tokio::test]
async fn a_plan_is_good_for_what_it_saw() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let project = bench.project(&token, "Shop", None).await["key"]
            .as_str()
            .unwrap()
            .to_owned();
        let plan = planned(&bench, &token, &project, &[], &[&report(0..3, 1, 1)]).await;
        assert_eq!(
            bench.number("SELECT COUNT(*) FROM finding").await,
            0,
            "a plan writes nothing into the project"
        );
        let lines = bench
            .get(
                &token,
                &format!("/api/v1/imports/{}/plan", plan["id"].as_str().unwrap()),
            )
            .await
            .ok();
        assert_eq!(lines["items"].as_array().unwrap().len(), 3);
        assert!(
            lines["items"][0]["matched_by"]
                .as_str()
                .unwrap()
                .contains("template t-")
        );

        // Another import came first.
        let other = planned(&bench, &token, &project, &[], &[&report(1..4, 1, 2)]).await;
        apply(&bench, &token, &other).await.ok();
        apply(&bench, &token, &plan).await.refused(409, "stale_plan");
        assert_eq!(bench.number("SELECT COUNT(*) FROM finding").await, 3);

        // Planned again it fits; applied twice it is applied once.
        let id = plan["id"].as_str().unwrap();
        let again = bench
            .post(&token, &format!("/api/v1/imports/{id}/plan"), json!({}))
            .await
            .ok();
        apply(&bench, &token, &again).await.ok();
        apply(&bench, &token, &again).await.refused(409, "already_exists");
        assert_eq!(bench.number("SELECT COUNT(*) FROM finding").await, 4);
        upload(&bench, &token, id, 1, "late")
            .await
            .refused(409, "already_exists");

        // A verdict since the plan was made moves what it was made on.
        let late = planned(&bench, &token, &project, &[], &[&report(0..4, 1, 9)]).await;
        let all = findings(&bench, &token, &project).await;
        let first = &all[0];
        let path = format!("/api/v1/findings/{}/move", first["key"].as_str().unwrap());
        let to = json!({ "to": "verified_fixed", "notes": "Gone.", "basis": "retest" });
        bench
            .write(&token, "POST", &path, first["version"].as_i64(), to)
            .await
            .ok();
        apply(&bench, &token, &late).await.refused(409, "stale_plan");
        assert_eq!(
            bench
                .number("SELECT COUNT(*) FROM import_batch WHERE state = 'applied'")
                .await,
            2
        );
        bench.stop().await;
    }
}

/// Waits until a condition on the database holds.
pub async fn until(bench: &Bench, sql: &'static str, wanted: i64) {
    let holds = async {
        while bench.number(sql).await != wanted {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_mins(1), holds)
        .await
        .unwrap_or_else(|_| panic!("{sql} never became {wanted}"));
}

#[tokio::test]
async fn one_import_is_one_audit_row_and_compressed_reports_are_read() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let project = bench.project(&token, "Shop", None).await["key"]
            .as_str()
            .unwrap()
            .to_owned();
        let mut many = String::new();
        for t in 0..300 {
            let _ = write!(many, "{}", line(t, 0, "low", 1));
        }
        let packed = {
            use std::io::Write as _;
            let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            out.write_all(many.as_bytes()).unwrap();
            out.finish().unwrap()
        };
        let batch = bench
            .post(&token, "/api/v1/imports", json!({ "project": project }))
            .await
            .ok();
        let id = batch["id"].as_str().unwrap();
        let file = upload(&bench, &token, id, 0, packed).await.ok();
        assert_eq!(
            (file["records"].clone(), file["findings"].clone()),
            (json!(300), json!(300))
        );
        let plan = bench
            .post(&token, &format!("/api/v1/imports/{id}/plan"), json!({}))
            .await
            .ok();
        let audit = "SELECT COUNT(*) FROM audit_event WHERE outcome = 'allowed'";
        let before = bench.number(audit).await;
        apply(&bench, &token, &plan).await.ok();
        assert_eq!(bench.number(audit).await, before + 1);
        // The raw record comes out of its chunk as it stood in the text.
        let key = bench
            .get(&token, &format!("/api/v1/imports?project={project}"))
            .await
            .ok();
        assert_eq!(key["items"][0]["state"], "applied");
        bench.stop().await;
    }
}

#[tokio::test]
async fn a_finding_explains_itself() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let project = bench.project(&token, "Shop", None).await["key"]
            .as_str()
            .unwrap()
            .to_owned();
        import(&bench, &token, &project, &[&report(0..2, 1, 1)]).await;
        import(&bench, &token, &project, &[&report(0..1, 1, 2)]).await;
        let all = findings(&bench, &token, &project).await;
        let gone = all[1]["key"].as_str().unwrap();
        let why = bench.get(&token, &format!("/api/v1/findings/{gone}/why")).await.ok();
        assert_eq!(
            why["fields"],
            json!([["tool", "nuclei"], ["template", "t-1"], ["matcher", ""]])
        );
        let outcomes: Vec<&str> = why["imports"]
            .as_array()
            .unwrap()
            .iter()
            .map(|i| i["outcome"].as_str().unwrap())
            .collect();
        assert_eq!(outcomes, ["not_seen", "new"]);
        assert_eq!(why["imports"][0]["files"], json!(["report-0"]));
        bench.stop().await;
    }
}

/// The decoders of this process's own uploads that were told a format in capitals, which no other test does.
#[cfg(target_os = "linux")]
fn decoders() -> Vec<rustix::process::Pid> {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    entries
        .filter_map(|entry| {
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let line = std::fs::read(entry.path().join("cmdline")).ok()?;
            let line = String::from_utf8_lossy(&line).replace('\0', " ");
            let parent = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            let ours = parent.rsplit(") ").next()?.split(' ').nth(1)? == std::process::id().to_string();
            (ours && line.contains("worker decode --format NUCLEI")).then(|| rustix::process::Pid::from_raw(pid))?
        })
        .collect()
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_decoder_that_is_killed_leaves_nothing() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let project = bench.project(&token, "Shop", None).await["key"]
            .as_str()
            .unwrap()
            .to_owned();
        let batch = bench
            .post(&token, "/api/v1/imports", json!({ "project": project }))
            .await
            .ok();
        let path = format!(
            "/api/v1/imports/{}/files/0?name=r&format=NUCLEI",
            batch["id"].as_str().unwrap()
        );
        let request = bench
            .request("PUT", &path)
            .bearer_auth(&token)
            .body(report(0..20_000, 2, 1));
        let upload = tokio::spawn(Bench::send(request));
        let killed = async {
            loop {
                if let Some(pid) = decoders().first() {
                    rustix::process::kill_process(*pid, rustix::process::Signal::KILL).unwrap();
                    break;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_mins(1), killed)
            .await
            .unwrap();
        upload.await.unwrap().refused(422, "report_refused");
        until(&bench, "SELECT COUNT(*) FROM import_staged", 0).await;
        assert_eq!(bench.number("SELECT COUNT(*) FROM import_file").await, 0);
        bench.stop().await;
    }
}
