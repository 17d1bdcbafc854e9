//! The scanner's own record of a place: word for word, with the one of the import before.

use serde_json::Value;
use uuid::Uuid;

use super::flow::{findings, import, line};
use crate::support::bench::{Bench, engines};

async fn records(bench: &Bench, token: &str, project: &str) -> Value {
    let finding = findings(bench, token, project).await[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let places = bench
        .get(token, &format!("/api/v1/findings/{finding}/occurrences"))
        .await
        .ok();
    let place = places["items"][0]["id"].as_str().unwrap();
    let path = format!("/api/v1/findings/{finding}/occurrences/{place}/record");
    bench.get(token, &path).await.ok()
}

#[tokio::test]
async fn a_record_is_shown_word_for_word_with_the_one_before() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let project = bench.project(&token, "Shop", None).await["key"]
            .as_str()
            .unwrap()
            .to_owned();
        let first = line(1, 0, "medium", 1);
        let second = line(1, 0, "high", 2);
        import(&bench, &token, &project, &[&first]).await;
        let shown = records(&bench, &token, &project).await;
        assert_eq!(shown["latest"]["text"].as_str().unwrap().trim(), first.trim());
        assert_eq!(shown["latest"]["file"], "report-0");
        assert!(shown["before"].is_null() && shown["latest"]["truncated"] == false);
        import(&bench, &token, &project, &[&second]).await;
        let shown = records(&bench, &token, &project).await;
        assert_eq!(shown["latest"]["text"].as_str().unwrap().trim(), second.trim());
        assert_eq!(shown["before"]["text"].as_str().unwrap().trim(), first.trim());

        // A place of another finding is none of this one's, and one written by hand has no record.
        let hand =
            serde_json::json!({ "project": project, "title": "By hand", "severity": "low", "places": ["x.test:1"] });
        let hand = bench.post(&token, "/api/v1/findings", hand).await.ok()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        let places = bench
            .get(&token, &format!("/api/v1/findings/{hand}/occurrences"))
            .await
            .ok();
        let place = places["items"][0]["id"].as_str().unwrap().to_owned();
        let own = bench
            .get(&token, &format!("/api/v1/findings/{hand}/occurrences/{place}/record"))
            .await
            .ok();
        assert!(own["latest"].is_null() && own["before"].is_null(), "{own}");
        for wrong in [
            format!("/api/v1/findings/{}/occurrences/{place}/record", Uuid::now_v7()),
            format!("/api/v1/findings/{hand}/occurrences/{}/record", Uuid::now_v7()),
        ] {
            bench.get(&token, &wrong).await.refused(404, "not_found");
        }
        bench.stop().await;
    }
}
