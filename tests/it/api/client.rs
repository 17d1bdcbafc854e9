//! Client accounts over the wire: shapes, validation, paging, conflict, archive.

use riskdesk::domain::access::Role;
use serde_json::{Value, json};

use crate::support::bench::{Bench, engines};

#[tokio::test]
async fn a_client_from_opening_to_archive() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        let loose = bench.project(&admin, "Unassigned site", None).await;
        let body = json!({
            "name": "Acme GmbH", "account_manager": "ana@alpha.test", "contact_email": "It@Acme.Test", "external_ref": "CRM-7",
            "notes": "two lines\nof notes", "projects": [loose["key"]],
        });
        let made = bench.post(&admin, "/api/v1/clients", body).await;
        assert_eq!((made.status, made.headers["etag"].to_str().unwrap()), (201, "\"1\""));
        let client = made.ok();
        for (field, value) in [
            ("key", json!("acme-gmbh")),
            ("contact_email", json!("it@acme.test")),
            ("external_ref", json!("CRM-7")),
            ("state", json!("onboarding")),
            ("agency_access", json!("admins_and_selected")),
            ("project_count", json!(1)),
            (
                "open_findings",
                json!({ "critical": 0, "high": 0, "medium": 0, "low": 0, "info": 0 }),
            ),
            ("version", json!(1)),
        ] {
            assert_eq!(client[field], value, "{field}");
        }
        assert_eq!(client["account_manager"]["email"], "ana@alpha.test");
        assert_eq!(
            client["selected"][0]["email"], "admin@alpha.test",
            "the creator stands on the list"
        );
        // By key, id and unambiguous name.
        for wanted in ["acme-gmbh", client["id"].as_str().unwrap(), "ACME%20gmbh"] {
            assert_eq!(
                bench.get(&admin, &format!("/api/v1/clients/{wanted}")).await.ok()["id"],
                client["id"]
            );
        }
        let twin = bench.client(&admin, "Acme GmbH", "all_users").await;
        assert_eq!(twin["key"], "acme-gmbh-2");
        assert_eq!(twin["warnings"], json!(["Acme GmbH has the same name."]));
        bench
            .get(&admin, "/api/v1/clients/acme%20gmbh")
            .await
            .refused(404, "not_found");

        let path = "/api/v1/clients/acme-gmbh";
        let edited = bench
            .write(
                &admin,
                "PATCH",
                path,
                Some(1),
                json!({ "contact_email": null, "state": "active" }),
            )
            .await
            .ok();
        assert_eq!(
            (&edited["contact_email"], &edited["state"], &edited["version"]),
            (&Value::Null, &json!("active"), &json!(2))
        );
        assert_eq!(edited["external_ref"], "CRM-7", "absent keeps");
        let conflict = bench
            .write(&admin, "PATCH", path, Some(1), json!({ "name": "Late" }))
            .await
            .refused(412, "version_conflict");
        assert_eq!(
            (&conflict["current"]["version"], &conflict["current"]["name"]),
            (&json!(2), &json!("Acme GmbH"))
        );

        let archived = bench
            .write(&admin, "POST", &format!("{path}/archive"), Some(2), json!({}))
            .await
            .ok();
        assert_eq!(archived["state"], "archived");
        bench
            .write(&admin, "PATCH", path, Some(3), json!({ "name": "X" }))
            .await
            .refused(409, "client_archived");
        let keys = |list: Value| {
            list["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|c| c["key"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(keys(bench.get(&admin, "/api/v1/clients").await.ok()), ["acme-gmbh-2"]);
        assert_eq!(
            keys(bench.get(&admin, "/api/v1/clients?state=archived").await.ok()),
            ["acme-gmbh"]
        );
        let agency = bench.get(&admin, "/api/v1/agency").await.ok();
        assert_eq!(
            (&agency["clients"]["used"], &agency["projects"]["used"]),
            (&json!(1), &json!(0))
        );
        bench
            .write(&admin, "POST", &format!("{path}/restore"), Some(3), json!({}))
            .await
            .ok();
        let agency = bench.get(&admin, "/api/v1/agency").await.ok();
        assert_eq!(
            (&agency["clients"]["used"], &agency["projects"]["used"]),
            (&json!(2), &json!(1))
        );
        bench.stop().await;
    }
}

#[tokio::test]
async fn bad_input_names_its_field_and_changes_nothing() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        let post = |body: Value| {
            let (bench, admin) = (&bench, &admin);
            async move { bench.post(admin, "/api/v1/clients", body).await }
        };
        let with = |name: &str, value: Value| {
            let mut body = json!({ "name": "Acme", "account_manager": "admin@alpha.test" });
            body[name] = value;
            body
        };
        for (field, value) in [
            ("name", json!("   ")),
            ("name", json!("a\u{1b}[31mb")),
            ("name", json!("n".repeat(121))),
            ("contact_email", json!("no address")),
            ("contact_email", json!("a@b@c.test")),
            ("key", json!("Not A Key")),
            ("account_manager", json!("admin@beta.test")),
            ("notes", json!("n".repeat(20_001))),
        ] {
            let problem = post(with(field, value)).await.refused(400, "invalid_request");
            assert_eq!(problem["field"], field);
        }
        post(json!({ "name": "Acme" }))
            .await
            .refused(422, "account_manager_required");
        // Fields nobody declared, read-only ones among them, are refused by name.
        for field in ["id", "version", "state", "agency_id", "open_findings"] {
            let refused = post(with(field, json!(1))).await.refused(400, "invalid_request");
            assert!(refused["detail"].as_str().unwrap().contains(field), "{refused}");
        }
        for query in [
            "?limit=0",
            "?limit=201",
            "?limit=x",
            "?nope=1",
            "?count=maybe",
            "?limit=1&limit=2",
        ] {
            bench
                .get(&admin, &format!("/api/v1/clients{query}"))
                .await
                .refused(400, "invalid_request");
        }
        let many = "x%20".repeat(40);
        bench
            .get(&admin, &format!("/api/v1/clients?q={many}"))
            .await
            .refused(400, "invalid_request");
        bench
            .get(&admin, "/api/v1/clients?q=%00")
            .await
            .refused(400, "invalid_request");
        bench
            .get(&admin, "/api/v1/clients/%00")
            .await
            .refused(400, "invalid_request");
        post(with("notes", json!("a\u{0}b")))
            .await
            .refused(400, "invalid_request");
        bench
            .get(&admin, "/api/v1/clients?cursor=abc")
            .await
            .refused(400, "invalid_cursor");
        let raw = |body: &'static str, kind: &'static str| {
            bench
                .request("POST", "/api/v1/clients")
                .bearer_auth(&admin)
                .header("Idempotency-Key", "k")
                .header("content-type", kind)
                .body(body)
        };
        Bench::send(raw("[1]", "application/json"))
            .await
            .refused(400, "invalid_request");
        Bench::send(raw("{", "application/json"))
            .await
            .refused(400, "invalid_request");
        Bench::send(raw("{}", "text/plain"))
            .await
            .refused(415, "unsupported_media_type");
        let large = "x".repeat(2 * 1024 * 1024);
        let request = bench
            .request("POST", "/api/v1/clients")
            .bearer_auth(&admin)
            .header("content-type", "application/json");
        Bench::send(request.body(large)).await.refused(413, "payload_too_large");
        assert_eq!(bench.number("SELECT COUNT(*) FROM client").await, 0);
        assert_eq!(bench.number("SELECT MAX(clients_used) FROM agency").await, 0);
        bench.stop().await;
    }
}

#[tokio::test]
async fn pages_lead_forth_and_back_and_fit_only_their_list() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        for n in 0..23 {
            bench.client(&admin, &format!("Client {n:02}"), "all_users").await;
        }
        let mut names = Vec::new();
        let mut pages = Vec::new();
        let mut path = "/api/v1/clients?limit=10&count=true".to_owned();
        loop {
            let page = bench.get(&admin, &path).await.ok();
            assert_eq!(page["count"], 23);
            names.extend(
                page["items"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|c| c["name"].as_str().unwrap().to_owned()),
            );
            let Some(next) = page["next"].as_str() else {
                assert_eq!(page["has_more"], false);
                pages.push(page);
                break;
            };
            path = format!("/api/v1/clients?limit=10&count=true&cursor={next}");
            pages.push(page);
        }
        assert_eq!(names, (0..23).map(|n| format!("Client {n:02}")).collect::<Vec<_>>());
        assert_eq!(pages[0]["prev"], Value::Null);
        let back = bench
            .get(
                &admin,
                &format!("/api/v1/clients?limit=10&cursor={}", pages[2]["prev"].as_str().unwrap()),
            )
            .await
            .ok();
        assert_eq!(back["items"], pages[1]["items"]);
        let first = bench
            .get(
                &admin,
                &format!("/api/v1/clients?limit=10&cursor={}", back["prev"].as_str().unwrap()),
            )
            .await
            .ok();
        assert_eq!((&first["items"], &first["prev"]), (&pages[0]["items"], &Value::Null));
        // A cursor of another filter or another person is refused.
        let cursor = pages[0]["next"].as_str().unwrap();
        bench
            .get(&admin, &format!("/api/v1/clients?q=client&cursor={cursor}"))
            .await
            .refused(400, "invalid_cursor");
        let analyst = bench.user(bench.alpha, "ana@alpha.test", Role::Analyst).await;
        bench
            .get(&analyst, &format!("/api/v1/clients?cursor={cursor}"))
            .await
            .refused(400, "invalid_cursor");
        let found = bench.get(&admin, "/api/v1/clients?q=client%2007").await.ok();
        assert_eq!(found["items"].as_array().unwrap().len(), 1);
        let wild = bench.get(&admin, "/api/v1/clients?q=%25").await.ok();
        assert_eq!(
            wild["items"],
            json!([]),
            "a percent sign is a character, not a wildcard"
        );
        bench.stop().await;
    }
}
