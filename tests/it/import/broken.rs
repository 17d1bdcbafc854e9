//! Uploads that come to nothing leave nothing, and what others stage meanwhile alone.

use riskdesk::domain::id::BatchId;
use riskdesk::store::Scope;
use riskdesk::store::import::staging::{Chunk, Part, stage};
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
