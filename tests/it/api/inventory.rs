//! Check 1: mounted routes, documented operations and rows of the access table are the same set.

use crate::support::bench::{Bench, Engine};
use crate::support::checked;

#[tokio::test]
async fn routes_document_and_access_table_are_one_set() {
    let bench = Bench::start(Engine::Sqlite).await;
    let document = bench.get("", "/api/v1/openapi.json").await.ok();
    assert_eq!(document["openapi"], "3.1.0");
    let token = bench.alpha_admin().await;
    let (mut looked, mut failed) = (0, 0);
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            looked += 1;
            let filled = path
                .split('/')
                .map(|p| if p.starts_with('{') { "x" } else { p })
                .collect::<Vec<_>>()
                .join("/");
            let request = bench
                .request(method, &filled)
                .bearer_auth(&token)
                .header("Last-Event-ID", "x");
            let response = request.send().await.unwrap();
            let mounted = response.status().as_u16() != 405;
            let described = methods.get(method.to_lowercase());
            let has_rule = described.is_some_and(|o| o["x-access"].is_string());
            if mounted != described.is_some() || mounted != has_rule {
                failed += 1;
                println!(
                    "{method} {path}: mounted {mounted}, documented {}, access rule {has_rule}",
                    described.is_some()
                );
            }
        }
    }
    // No operation may share its id, no reference may lead nowhere.
    let text = document.to_string();
    for part in text.split("\"$ref\":\"#/").skip(1) {
        let pointer = format!("/{}", part.split('"').next().unwrap());
        looked += 1;
        if document.pointer(&pointer).is_none() {
            failed += 1;
            println!("nothing at {pointer}");
        }
    }
    checked("1 route inventory", looked, failed, 100);
    bench.stop().await;
}
