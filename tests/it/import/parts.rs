//! Imports taken back where people merged findings: what was known of the merged parts is known again.

use serde_json::{Value, json};

use super::flow::{apply, import, line, planned, totals, until};
use crate::support::bench::{Bench, Engine, engines};
use crate::support::findings::workspace;

/// What is kept of the merged parts' own scanner facts, by key.
const SAID: &str =
    "SELECT COUNT(*) FROM finding_merged m JOIN finding f ON f.id = m.survivor_id AND f.facts <> m.facts";

fn report(second: &str, day: u32) -> String {
    line(0, 0, "medium", day) + &line(1, 0, second, day)
}

async fn finding(bench: &Bench, token: &str, project: &str, title: &str) -> Value {
    let list = bench
        .get(token, &format!("/api/v1/findings?q=project:{project}"))
        .await
        .ok();
    let all = list["items"].as_array().unwrap();
    let found = all.iter().find(|f| f["title"] == title).cloned();
    found.unwrap_or_else(|| panic!("no {title} in {all:?}"))
}

/// The newest import that stands, taken back.
async fn take_back(bench: &Bench, token: &str, project: &str) {
    let list = bench
        .get(token, &format!("/api/v1/imports?project={project}"))
        .await
        .ok();
    let act = list["items"].as_array().unwrap().iter().find_map(|b| b["act"].as_str());
    let act = act.unwrap().to_owned();
    bench
        .post(token, &format!("/api/v1/acts/{act}/undo"), json!({}))
        .await
        .ok();
}

#[tokio::test]
async fn what_is_known_of_merged_parts_goes_back() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let project = workspace(&bench, &token, "Shop").await;
        import(&bench, &token, &project, &[&report("medium", 1)]).await;
        let (stays, part) = (
            finding(&bench, &token, &project, "Template 0").await,
            finding(&bench, &token, &project, "Template 1").await,
        );
        let named = [&stays, &part].map(|f| json!({ "finding": f["key"], "version": f["version"] }));
        let merge = json!({ "findings": named, "into": stays["key"] });
        bench.post(&token, "/api/v1/findings/merge", merge).await.ok();
        assert_eq!(
            import(&bench, &token, &project, &[&report("medium", 2)]).await,
            [0, 1, 0, 0, 1]
        );
        let facts = facts_of(&bench).await;

        // The part is told of otherwise: known, then the same again is nothing.
        let changed = report("high", 3);
        assert_eq!(import(&bench, &token, &project, &[&changed]).await, [0, 1, 0, 0, 0]);
        let after = facts_of(&bench).await;
        assert_ne!(after, facts, "{engine:?}");
        assert_eq!(
            import(&bench, &token, &project, &[&(changed.clone() + "\n")]).await,
            [0, 1, 0, 0, 1]
        );
        take_back(&bench, &token, &project).await;
        assert_eq!(facts_of(&bench).await, after, "{engine:?}");
        take_back(&bench, &token, &project).await;
        assert_eq!(facts_of(&bench).await, facts, "{engine:?}");
        assert_eq!(bench.number(SAID).await, 1);

        // What follows is as it was before: the report before changes nothing, the other one does.
        let plan = planned(&bench, &token, &project, &[], &[&report("medium", 4)]).await;
        assert_eq!(totals(&plan), [0, 1, 0, 0, 1], "{engine:?}");
        let plan = planned(&bench, &token, &project, &[], &[&changed]).await;
        assert_eq!(totals(&plan), [0, 1, 0, 0, 0], "{engine:?}");
        apply(&bench, &token, &plan).await.ok();
        assert_eq!(facts_of(&bench).await, after, "{engine:?}");
        bench.stop().await;
    }
}

/// What is kept of merged parts, as it stands.
async fn facts_of(bench: &Bench) -> Vec<String> {
    use riskdesk::store::{self, Scope, Sql};

    let scope = Scope::job(bench.alpha);
    let rows = bench.desk.store().read(&scope, |tx| {
        Box::pin(async move {
            let sql = Sql::new("SELECT key, facts FROM finding_merged WHERE agency_id = $1 ORDER BY key");
            let mut out = Vec::new();
            for row in tx.all(sql).await? {
                let (key, facts): (String, Option<Vec<u8>>) = (row.get("key")?, row.get("facts")?);
                out.push(format!("{key} {facts:02x?}"));
            }
            Ok::<_, store::Error>(out)
        })
    });
    rows.await.unwrap()
}

/// Findings that went leave nothing in the index of texts, once it was swept; those that stay are found.
#[tokio::test]
async fn no_words_are_left_of_what_went() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let project = workspace(&bench, &token, "Shop").await;
        import(&bench, &token, &project, &[&line(0, 0, "medium", 1)]).await;
        let many: String = (0..40).map(|t| line(t, 0, "medium", 2)).collect();
        import(&bench, &token, &project, &[&many]).await;
        let found = async |text: &str| {
            let q = format!("/api/v1/findings?limit=100&q=project:{project}%20{text}");
            bench.get(&token, &q).await.ok()["items"].as_array().unwrap().len()
        };
        assert_eq!(found("Template").await, 40);
        take_back(&bench, &token, &project).await;
        assert_eq!((found("Template").await, found("h0.test").await), (1, 1), "{engine:?}");
        // The same again, over what may not be swept yet.
        import(&bench, &token, &project, &[&many]).await;
        assert_eq!(found("%22Template%2039%22").await, 1);
        take_back(&bench, &token, &project).await;
        if bench.engine == Engine::Sqlite {
            let left = "SELECT (SELECT COUNT(*) FROM finding_doc_gone) + \
                 (SELECT COUNT(*) FROM finding_doc) - (SELECT COUNT(*) FROM finding) - (SELECT COUNT(*) FROM occurrence)";
            until(&bench, left, 0).await;
            assert_eq!(found("Template").await, 1);
        }
        bench.stop().await;
    }
}
