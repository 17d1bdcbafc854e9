//! Comments on findings: one audience per thread, read and unread.

use riskdesk::domain::access::Role;
use serde_json::{Value, json};

use crate::support::bench::{Bench, engines};
use crate::support::findings::{finding, keys, path, plant, step, workspace};

#[tokio::test]
async fn a_thread_has_one_audience() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let ana = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        bench.user(bench.alpha, "vera@alpha.test", Role::Viewer).await;
        let project = workspace(&bench, &admin, "Acme").await;
        let row = finding(&bench, &admin, &project, json!({})).await;
        let comments = path(&row, "/comments");
        let first = bench
            .post(&ana, &comments, json!({ "text": "Looks real.\nSee the log." }))
            .await
            .ok();
        assert_eq!(
            (&first["audience"], &first["from_client"]),
            (&json!("internal"), &json!(false))
        );
        let reply = json!({ "text": "Agreed.", "reply_to": first["id"] });
        let second = bench.post(&admin, &comments, reply.clone()).await.ok();
        let mut loud = reply;
        loud["audience"] = json!("shared");
        bench
            .post(&admin, &comments, loud)
            .await
            .refused(400, "invalid_request");
        bench
            .post(&admin, &comments, json!({ "text": " \n" }))
            .await
            .refused(400, "invalid_request");
        let strange = json!({ "text": "x", "reply_to": uuid::Uuid::now_v7() });
        bench.post(&admin, &comments, strange).await.refused(404, "not_found");
        // Unread until read.
        let unread = async |token: &str| keys(&bench.get(token, "/api/v1/findings?q=unread:yes").await.ok()).len();
        // Whoever answers has read.
        assert_eq!((unread(&ana).await, unread(&admin).await), (1, 0));
        bench.post(&ana, &format!("{comments}/read"), json!({})).await.ok();
        assert_eq!((unread(&ana).await, unread(&admin).await), (0, 0));
        // Sharing the thread's beginning shares the thread; a reply alone cannot be shared.
        let share = |comment: &Value, version, audience: &str| {
            let (bench, admin, path) = (
                &bench,
                &admin,
                format!("{comments}/{}/audience", comment["id"].as_str().unwrap()),
            );
            let body = json!({ "audience": audience });
            async move { bench.write(admin, "PUT", &path, Some(version), body).await }
        };
        share(&second, 1, "shared").await.refused(400, "invalid_request");
        share(&first, 7, "shared").await.refused(412, "version_conflict");
        assert_eq!(share(&first, 1, "shared").await.ok()["audience"], "shared");
        let listed = bench.get(&admin, &comments).await.ok();
        let audiences: Vec<&Value> = listed["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| &c["audience"])
            .collect();
        assert_eq!(audiences, ["shared", "shared"]);
        assert_eq!(
            bench
                .number("SELECT COUNT(*) FROM audit_event WHERE act = 'comment.audience' AND outcome = 'allowed'")
                .await,
            1
        );
        // The client wrote last: the finding waits for a reply until a shared one is written.
        plant(&bench, &row, "client_wrote_last", vec![true.into()]).await;
        let lane = async || keys(&bench.get(&admin, "/api/v1/findings?q=lane:reply").await.ok()).len();
        assert_eq!(lane().await, 1);
        bench
            .post(&admin, &comments, json!({ "text": "Among ourselves." }))
            .await
            .ok();
        assert_eq!(lane().await, 1);
        bench
            .post(
                &admin,
                &comments,
                json!({ "text": "Thank you.", "reply_to": first["id"] }),
            )
            .await
            .ok();
        assert_eq!(lane().await, 0);
        // Called by name: in the reply lane of the one who was called, whatever the status, until it is read.
        let closed = finding(&bench, &admin, &project, json!({})).await;
        let closed = step(&bench, &admin, &closed, "out_of_scope", json!({ "notes": "Sold." }))
            .await
            .ok();
        let call = json!({ "text": "Is that right, @ana? And @nobody, @vera@alpha.test." });
        bench.post(&admin, &path(&closed, "/comments"), call).await.ok();
        let replies = async |token: &str| {
            let listed = keys(&bench.get(token, "/api/v1/findings?q=lane:reply").await.ok());
            let queued = bench.get(token, "/api/v1/queue?q=lane:reply").await.ok()["items"]
                .as_array()
                .unwrap()
                .len();
            assert_eq!(listed.len(), queued);
            queued
        };
        assert_eq!((replies(&ana).await, replies(&admin).await), (1, 0));
        assert_eq!(bench.number("SELECT COUNT(*) FROM mention").await, 1);
        bench.post(&ana, &path(&closed, "/comments/read"), json!({})).await.ok();
        assert_eq!(replies(&ana).await, 0);
        bench.stop().await;
    }
}
