//! What two tools say of one problem: suggested, never merged by itself.

use serde_json::{Value, json};

use super::{called, hit, import, list};
use crate::support::bench::{Bench, engines};
use crate::support::findings::{finding, path, workspace};

#[tokio::test]
async fn what_two_tools_say_of_one_problem_is_suggested() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let site = workspace(&bench, &token, "Acme").await;
        let elsewhere = workspace(&bench, &token, "Bolt").await;
        let mut line: Value = serde_json::from_str(&hit("a", "h.test", "/login", 1)).unwrap();
        line["info"]["classification"] = json!({ "cve-id": ["CVE-2024-1234"], "cwe-id": ["cwe-89"] });
        import(&bench, &token, &site, line.to_string()).await;
        let a = called(&bench, &token, "Template a").await;
        let by_hand = |project: String, place: &'static str, more: Value| {
            let (bench, token) = (&bench, &token);
            async move {
                let mut body = json!({ "places": [place] });
                for (name, value) in more.as_object().unwrap() {
                    body[name] = value.clone();
                }
                finding(bench, token, &project, body).await
            }
        };
        let (cve, cwe) = (json!({ "cve": ["CVE-2024-1234"] }), json!({ "cwe": [89] }));
        let same_cve = by_hand(site.clone(), "https://h.test/other", cve.clone()).await;
        let same_place = by_hand(site.clone(), "https://h.test:443/login?next=1", cwe.clone()).await;
        by_hand(site.clone(), "https://h.test/else", cwe).await;
        by_hand(site.clone(), "https://g.test/login", cve.clone()).await;
        by_hand(elsewhere, "https://h.test/login", cve).await;
        let shown = bench.get(&token, &path(&a, "")).await.ok();
        let related: Vec<(&str, &str)> = shown["related"]
            .as_array()
            .unwrap()
            .iter()
            .map(|r| (r["finding"]["key"].as_str().unwrap(), r["why"].as_str().unwrap()))
            .collect();
        let mut wanted = vec![
            (same_cve["key"].as_str().unwrap(), "CVE-2024-1234 at h.test, by manual"),
            (same_place["key"].as_str().unwrap(), "CWE-89 at h.test/login, by manual"),
        ];
        wanted.sort_unstable();
        assert_eq!(related, wanted);
        // Never by itself: all of them are still there.
        assert_eq!(list(&bench, &token).await.len(), 6);
        bench.stop().await;
    }
}
