//! What is too old goes, by the desk's clock, and nobody who resumes takes a gap for the whole.

use riskdesk::domain::time::DAY_MS;
use riskdesk::service::job;
use serde_json::json;

use super::stream::Reader;
use crate::support::bench::engines;
use crate::support::findings::{finding, workspace};

#[tokio::test]
async fn what_is_too_old_goes_and_the_rest_stays() {
    for engine in engines() {
        let bench = crate::support::bench::Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let project = workspace(&bench, &admin, "Acme").await;
        let mut early = Reader::open(&bench, &admin, None).await;
        let place = early.next().await.unwrap().id;
        // More rows than one transaction takes.
        for _ in 0..3 {
            finding(&bench, &admin, &project, json!({})).await;
        }
        match engine {
            crate::support::bench::Engine::Sqlite => {
                bench
                    .plant(
                        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) \
                         INSERT INTO idempotency (agency_id, user_id, key, request_hash, body, created_at) \
                         SELECT u.agency_id, u.id, 'planted ' || n.i, x'00', '{}', 0 FROM n, agency_user u WHERE u.email = 'admin@alpha.test'",
                    )
                    .await;
            }
            crate::support::bench::Engine::Postgres => {
                bench
                    .plant(
                        "INSERT INTO idempotency (agency_id, user_id, key, request_hash, body, created_at) \
                         SELECT u.agency_id, u.id, 'planted ' || i, '', '{}', 0 FROM generate_series(1, 1200) i, agency_user u WHERE u.email = 'admin@alpha.test'",
                    )
                    .await;
            }
        }
        let batch = bench
            .post(&admin, "/api/v1/imports", json!({ "project": project }))
            .await
            .ok();
        let applied = bench.number("SELECT COUNT(*) FROM audit_event").await;
        let count = async |sql: &'static str| bench.number(sql).await;
        let (answers, events, batches, sessions, expired) = (
            "SELECT COUNT(*) FROM idempotency",
            "SELECT COUNT(*) FROM event",
            "SELECT COUNT(*) FROM import_batch",
            "SELECT COUNT(*) FROM session",
            "SELECT COUNT(*) FROM audit_event WHERE act = 'import.expire' AND actor_kind = 'system' AND object_id IS NOT NULL AND client_id IS NOT NULL",
        );
        let sealed = "SELECT COUNT(*) FROM audit_event";
        // The planted answers are thirty days old at once; what was written just now stays.
        let before = count(answers).await - 1200;
        // The server ran it when it started; the next round is due in an hour.
        bench.clock.set_offset(2 * 3_600_000);
        job::run_due(&bench.desk).await.unwrap();
        assert_eq!(count(answers).await, before, "{engine:?}");
        assert!(count(events).await > 1);
        assert_eq!((count(batches).await, count(expired).await), (1, 0));
        // A week on: events and the forgotten import have gone, the newest event of each agency stays.
        bench.clock.set_offset(8 * DAY_MS);
        job::run_due(&bench.desk).await.unwrap();
        assert_eq!(
            count("SELECT COUNT(DISTINCT agency_id) FROM event").await,
            count("SELECT COUNT(*) FROM agency WHERE events_purged > 0").await
        );
        assert!(count(events).await <= 3, "{engine:?}: {} events", count(events).await);
        assert_eq!((count(batches).await, count(expired).await), (0, 1), "{engine:?}");
        assert_eq!(count(answers).await, before);
        let gone = format!("/api/v1/imports/{}", batch["id"].as_str().unwrap());
        let token = bench.alpha_admin().await;
        bench.get(&token, &gone).await.refused(404, "not_found");
        // Whoever comes back with a place from before must ask for everything; one from after goes on.
        let admin_again = bench.alpha_admin().await;
        let mut late = Reader::open(&bench, &admin_again, Some(&place)).await;
        let told = late.next().await.unwrap();
        assert_eq!(told.event, "resync", "{engine:?}");
        let mut on = Reader::open(&bench, &admin_again, Some(&told.id)).await;
        assert_eq!(on.next().await.unwrap().event, "hello", "{engine:?}");
        // A month on: answers and ended sessions; the audit trail has lost nothing.
        bench.clock.set_offset(40 * DAY_MS);
        job::run_due(&bench.desk).await.unwrap();
        assert_eq!(count(answers).await, 0, "{engine:?}");
        assert_eq!(count(sessions).await, 0, "{engine:?}");
        assert!(count(sealed).await > applied);
        bench.stop().await;
    }
}
