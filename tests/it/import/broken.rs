//! Uploads and plans that come to nothing leave nothing, and what others stage and plan meanwhile alone.

use riskdesk::domain::id::{BatchId, PlanId};
use riskdesk::store::import::staging::{Chunk, Part, stage};
use riskdesk::store::import::{find, plan};
use riskdesk::store::{Error, Scope};
use serde_json::json;
use tokio_util::bytes::Bytes;
use uuid::Uuid;

use super::flow::{apply, planned, report, totals, until, upload};
use crate::support::bench::{Bench, engines};

#[tokio::test]
async fn what_breaks_off_leaves_nothing_half() {
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
        let id = batch["id"].as_str().unwrap();

        // Another upload of the batch is staging meanwhile.
        let scope = Scope::job(bench.alpha);
        let into: BatchId = id.parse().unwrap();
        let staging = bench.desk.store().write(&scope, move |tx| {
            Box::pin(async move {
                let chunk = Chunk {
                    id: Uuid::now_v7(),
                    length: 1,
                    data: vec![0],
                };
                let part = Part {
                    chunks: vec![chunk],
                    ..Part::default()
                };
                stage(tx, into, Uuid::now_v7(), part).await
            })
        });
        staging.await.unwrap();

        // The line goes dead in the middle of an upload.
        let good = report(0..200, 2, 1);
        let half = Bytes::copy_from_slice(&good.as_bytes()[..good.len() / 2]);
        let broken = futures::stream::iter([Ok(half), Err(std::io::Error::other("gone"))]);
        let path = format!("/api/v1/imports/{id}/files/0?name=broken");
        let request = bench.request("PUT", &path).bearer_auth(&token);
        assert!(request.body(reqwest::Body::wrap_stream(broken)).send().await.is_err());

        // A report that turns out to be broken at its end, after thousands of good records.
        let mut bad = report(0..2_000, 2, 1);
        bad.push_str("{\"template-id\":");
        let refused = upload(&bench, &token, id, 0, bad).await.refused(422, "report_refused");
        assert!(refused["detail"].as_str().unwrap().contains("Line 4001"), "{refused}");
        upload(&bench, &token, id, 1, "plain words")
            .await
            .refused(422, "unknown_format");

        // A format nobody knows is said before anything is read; a report of which nothing can be read is no empty one.
        let path = format!("/api/v1/imports/{id}/files/0?name=x&format=nope");
        let request = bench.request("PUT", &path).bearer_auth(&token).body(good.clone());
        let refused = Bench::send(request).await.refused(422, "unknown_format");
        assert!(refused["detail"].as_str().unwrap().contains("`nope`"), "{refused}");
        let refused = upload(&bench, &token, id, 0, "{\"info\":{},\"matched-at\":\"h\"}").await;
        let refused = refused.refused(422, "report_refused");
        assert!(
            refused["detail"].as_str().unwrap().contains("without a template"),
            "{refused}"
        );

        // Nothing of it is in the batch, and what was staged is swept away; what another upload stages meanwhile is not.
        let shown = bench.get(&token, &format!("/api/v1/imports/{id}")).await.ok();
        assert_eq!(shown["files"], json!([]));
        bench
            .post(&token, &format!("/api/v1/imports/{id}/plan"), json!({}))
            .await
            .refused(400, "invalid_request");
        for (sql, left) in [
            ("SELECT COUNT(*) FROM import_staged", 0),
            ("SELECT COUNT(*) FROM import_facts", 0),
            ("SELECT COUNT(*) FROM import_chunk", 1),
        ] {
            until(&bench, sql, left).await;
        }

        // Sent whole under the same number, and then once more: one file.
        upload(&bench, &token, id, 0, good.clone()).await.ok();
        // Names are data.
        let path = format!("/api/v1/imports/{id}/files/0?name=%1B%5B31m%00red%0A");
        let named = Bench::send(bench.request("PUT", &path).bearer_auth(&token).body(good))
            .await
            .ok();
        assert_eq!(named["file"], "\u{1b}[31m\u{FFFD}red");
        let plan = bench
            .post(&token, &format!("/api/v1/imports/{id}/plan"), json!({}))
            .await
            .ok();
        assert_eq!(totals(&plan), [200, 0, 0, 0, 0]);
        assert_eq!(plan["files"].as_array().unwrap().len(), 1);
        apply(&bench, &token, &plan).await.ok();
        assert_eq!(bench.number("SELECT COUNT(*) FROM occurrence").await, 400);
        until(&bench, "SELECT COUNT(*) FROM import_staged", 0).await;
        // The raw record of every place is there, whole.
        assert_eq!(
            bench
                .number("SELECT COUNT(*) FROM occurrence o JOIN import_chunk c ON c.agency_id = o.agency_id AND c.id = o.chunk_id WHERE o.chunk_offset + o.chunk_length <= c.length")
                .await,
            400
        );
        bench.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_thrown_away_takes_all_along() {
    const LEFT: &str = "SELECT (SELECT COUNT(*) FROM import_staged) + (SELECT COUNT(*) FROM import_facts) + (SELECT COUNT(*) FROM import_chunk) \
        + (SELECT COUNT(*) FROM import_sighting) + (SELECT COUNT(*) FROM import_line) + (SELECT COUNT(*) FROM import_place)";
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let project = bench.project(&token, "Shop", None).await;
        let plan = planned(
            &bench,
            &token,
            project["key"].as_str().unwrap(),
            &[],
            &[&report(0..1_500, 2, 1)],
        )
        .await;
        let path = format!("/api/v1/imports/{}", plan["id"].as_str().unwrap());
        assert_eq!(totals(&plan), [1_500, 0, 0, 0, 0]);
        let staged = "SELECT (SELECT COUNT(*) FROM import_staged) + (SELECT COUNT(*) FROM import_place)";
        assert_eq!(bench.number(staged).await, 6_000);
        // Planned once more: the first plan's rows go, in parts.
        bench.post(&token, &format!("{path}/plan"), json!({})).await.ok();
        assert_eq!(bench.number(staged).await, 6_000);
        assert_eq!(bench.number("SELECT COUNT(*) FROM import_line").await, 1_500);
        bench.write(&token, "DELETE", &path, None, json!({})).await.ok();
        assert_eq!(bench.number(LEFT).await, 0);
        bench.stop().await;
    }
}

/// A plan that another server began and has not ended.
struct Elsewhere<'b> {
    bench: &'b Bench,
    batch: BatchId,
    plan: PlanId,
}

impl<'b> Elsewhere<'b> {
    async fn begin(bench: &'b Bench, batch: &str) -> Self {
        let (batch, plan): (BatchId, _) = (batch.parse().unwrap(), PlanId::fresh());
        let scope = Scope::job(bench.alpha);
        let begun = bench.desk.store().write(&scope, move |tx| {
            Box::pin(async move {
                let read = find(tx, batch).await?.ok_or(Error::Missing)?.version;
                plan::begin(tx, batch, read, plan).await
            })
        });
        // Not where it was applied: then nothing is begun.
        let _: bool = begun.await.unwrap();
        Self { bench, batch, plan }
    }

    /// Ends it, and gives up where nobody takes it. Whether the batch took it.
    async fn end(self) -> bool {
        let (batch, plan) = (self.batch, self.plan);
        let scope = Scope::job(self.bench.alpha);
        let ended = self.bench.desk.store().write(&scope, move |tx| {
            Box::pin(async move {
                let none = || "[]".to_owned();
                let taken = plan::adopt(tx, batch, plan, 0, none(), none(), "{}".into()).await?;
                if !taken {
                    plan::fail(tx, batch, plan).await?;
                }
                Ok::<_, Error>(taken)
            })
        });
        ended.await.unwrap()
    }
}

#[tokio::test]
async fn a_plan_counts_only_where_it_knows_all_there_is() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let project = bench.project(&token, "Shop", None).await;
        let body = json!({ "project": project["key"] });
        let batch = bench.post(&token, "/api/v1/imports", body).await.ok();
        let id = batch["id"].as_str().unwrap();
        let at = format!("/api/v1/imports/{id}");
        upload(&bench, &token, id, 0, report(0..3, 1, 1)).await.ok();

        // A file that comes in while it is planned.
        let other = Elsewhere::begin(&bench, id).await;
        assert_eq!(bench.get(&token, &at).await.ok()["state"], "planning");
        upload(&bench, &token, id, 1, report(3..5, 1, 1)).await.ok();
        assert!(!other.end().await);
        assert_eq!(bench.get(&token, &at).await.ok()["state"], "open");

        // Another plan: the later one counts, and the earlier one's end does not end it.
        let other = Elsewhere::begin(&bench, id).await;
        let planned = bench.post(&token, &format!("{at}/plan"), json!({})).await.ok();
        assert!(!other.end().await);
        assert_eq!(bench.get(&token, &at).await.ok()["state"], "planned");
        let first = Elsewhere::begin(&bench, id).await;
        let second = Elsewhere::begin(&bench, id).await;
        assert!(!first.end().await);
        assert_eq!(bench.get(&token, &at).await.ok()["state"], "planning");
        assert!(second.end().await);
        apply(&bench, &token, &planned).await.refused(409, "stale_plan");

        // Nobody else: it counts, and nothing is begun of what is applied.
        let planned = bench.post(&token, &format!("{at}/plan"), json!({})).await.ok();
        let applied = apply(&bench, &token, &planned).await.ok();
        assert_eq!(totals(&applied), [5, 0, 0, 0, 0]);
        let late = Elsewhere::begin(&bench, id).await;
        assert!(!late.end().await);
        assert_eq!(bench.get(&token, &at).await.ok()["state"], "applied");
        bench.stop().await;
    }
}
