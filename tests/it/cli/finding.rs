//! Findings and the queue on the command line, from hand-written finding to verified fix.

use serde_json::{Value, json};

use super::has;
use crate::support::binary::Home;
use crate::support::desk::{ADMIN, Desk, Engine};
use crate::support::postgres;

/// A client, a project of it and a finding in it: their keys.
fn finding(home: &Home) -> (String, String, String) {
    let key = |value: &Value| value["key"].as_str().unwrap().to_owned();
    let client = key(&home
        .run(&["client", "create", "--name", "ACME", "--manager", ADMIN, "--json"])
        .json());
    let project = key(&home
        .run(&["project", "create", "--name", "Shop", "--client", &client, "--json"])
        .json());
    let create = [
        "finding",
        "create",
        "--project",
        &project,
        "--title",
        "SQL injection in login",
        "--json",
    ];
    let cvss = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
    let more = [
        "--cvss",
        cvss,
        "--cwe",
        "89",
        "--cve",
        "CVE-2024-1234",
        "--place",
        "https://shop.acme.test/login",
    ];
    let made = home.run(&[&create[..], &more].concat()).json();
    has(
        &made,
        "id key title severity scanner_severity cvss cwe cve status assignee due_at first_seen last_seen \
         seen_in_latest triaged_at released_at occurrence_count project client version",
    );
    has(&made["cvss"], "version vector score");
    assert_eq!(
        (&made["severity"], &made["cwe"], &made["cve"]),
        (&json!("critical"), &json!([89]), &json!(["CVE-2024-1234"]))
    );
    assert_eq!(
        (&made["client"]["key"], &made["project"]["key"]),
        (&json!(client), &json!(project))
    );
    (client, project, key(&made))
}

#[test]
fn a_finding_is_driven_to_its_fix() {
    let desk = Desk::sqlite();
    let ann = desk.admin();
    let (client, project, key) = finding(&ann);
    let status = |ran: crate::support::binary::Ran| ran.json()["status"].as_str().unwrap().to_owned();

    let list = ann
        .run(&[
            "finding",
            "list",
            "-q",
            &format!("client:{client} sev:>=high is:open"),
            "--json",
        ])
        .json();
    has(&list, "items next prev has_more");
    assert_eq!(list["items"][0]["key"], key);
    let none = ann
        .run(&[
            "finding",
            "list",
            "-q",
            &format!("project:{project} status:closed"),
            "--json",
        ])
        .json();
    assert_eq!(none["items"], json!([]));

    assert!(ann.run(&["finding", "triage", &key, "--json"]).json()["triaged_at"].is_string());
    assert!(ann.run(&["finding", "release", &key, "--json"]).json()["released_at"].is_string());
    let edited = ann
        .run(&[
            "finding",
            "edit",
            &key,
            "--assignee",
            ADMIN,
            "--severity",
            "high",
            "--tag",
            "pci",
            "--tag",
            "q3",
            "--json",
        ])
        .json();
    assert_eq!(
        (&edited["severity"], &edited["assignee"]["email"], &edited["tags"]),
        (&json!("high"), &json!(ADMIN), &json!(["pci", "q3"]))
    );
    let untag = ["finding", "edit", "-q", "tag:q3", "--untag", "q3", "--yes", "--json"];
    assert_eq!(ann.run(&untag).json()["changed"], 1);
    assert_eq!(
        ann.run(&["finding", "show", &key, "--json"]).json()["tags"],
        json!(["pci"])
    );
    // No scanner rated it, so there is nothing to return to.
    let problem = ann
        .run(&["finding", "edit", &key, "--severity", "none", "--json"])
        .problem(1);
    assert_eq!(problem["field"], "severity");

    // A move that is not legal says which are; one that needs notes says so.
    let problem = ann
        .run(&["finding", "move", &key, "--to", "not_fixed", "--notes", "x", "--json"])
        .problem(6);
    assert!(
        problem["allowed"].as_array().unwrap().contains(&json!("in_progress")),
        "{problem}"
    );
    let problem = ann
        .run(&["finding", "move", &key, "--to", "pending_verification", "--json"])
        .problem(1);
    assert_eq!(problem["code"], "notes_required");

    assert_eq!(
        status(ann.run(&["finding", "move", &key, "--to", "in-progress", "--json"])),
        "in_progress"
    );
    let asked = [
        "finding",
        "move",
        &key,
        "--to",
        "pending_verification",
        "--notes",
        "fixed in 2.4",
        "--json",
    ];
    assert_eq!(status(ann.run(&asked)), "pending_verification");
    let proof = [
        "finding",
        "move",
        &key,
        "--to",
        "verified_fixed",
        "--notes",
        "retested",
        "--json",
    ];
    assert_eq!(status(ann.run(&proof)), "verified_fixed");

    let said = ann
        .run(&["finding", "comment", &key, "--text", "Thank you", "--share", "--json"])
        .json();
    assert_eq!(said["audience"], "shared");
    let comments = ann.run(&["finding", "comment", &key, "--list", "--json"]).json();
    assert_eq!(comments["items"].as_array().unwrap().len(), 1);
    let history = ann.run(&["finding", "history", &key, "--json"]).json();
    let moves = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|h| h["act"] == "finding.move")
        .count();
    assert_eq!(moves, 3, "{history}");
    let places = ann.run(&["finding", "occurrences", &key, "--json"]).json();
    assert_eq!(places["items"][0]["place"], "https://shop.acme.test/login");
    let shown = ann.run(&["finding", "show", &key]);
    assert!(
        shown.code == 0 && shown.out.contains("SQL injection in login"),
        "{}",
        shown.err
    );
    assert_eq!(
        ann.run(&["finding", "show", "F-000000", "--json"]).problem(5)["code"],
        "not_found"
    );
}

#[test]
fn a_wrong_query_points_at_the_word() {
    let desk = Desk::sqlite();
    let ann = desk.admin();
    let problem = ann
        .run(&["finding", "list", "-q", "sev:high stauts:open", "--json"])
        .problem(1);
    assert_eq!((&problem["code"], &problem["at"]), (&json!("invalid_query"), &json!(9)));
    assert!(problem["suggestion"].as_str().unwrap().contains("status"), "{problem}");
    let said = ann.run(&["finding", "list", "-q", "sev:high stauts:open"]).err;
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[1..], ["  sev:high stauts:open", "           ^"], "{said}");
    assert_eq!(said.matches("`status`").count(), 1, "{said}");
}

#[test]
fn the_queue_is_listed_counted_and_taken_from() {
    let desk = Desk::sqlite();
    let ann = desk.admin();
    let (_, _, key) = finding(&ann);
    let list = ann.run(&["queue", "list", "--json"]).json();
    has(&list, "items next prev has_more");
    has(&list["items"][0], "lane finding clock holder");
    assert_eq!(list["items"][0]["finding"]["key"], key);
    let lanes = ann.run(&["queue", "lanes", "--json"]).json();
    assert_eq!(lanes["lanes"].as_array().unwrap().len(), 9);
    let next = ann.run(&["queue", "next", "--json"]).json();
    assert_eq!(
        (
            &next["item"]["finding"]["key"],
            &next["item"]["holder"]["user"]["email"]
        ),
        (&json!(key), &json!(ADMIN))
    );
    desk.add_user("bob@agency.test", "admin");
    let bob = desk.signed_in("bob@agency.test", crate::support::desk::PASSWORD);
    assert_eq!(
        bob.run(&["queue", "take", &key, "--json"]).problem(6)["code"],
        "claimed"
    );
    assert_eq!(bob.run(&["queue", "next", "--json"]).json()["item"], Value::Null);
    assert_eq!(ann.run(&["queue", "put-back", &key]).code, 0);
    assert_eq!(bob.run(&["queue", "take", &key]).code, 0);
}

#[test]
fn findings_go_to_another_project_and_back() {
    for engine in [Some(Engine::Sqlite), postgres().map(Engine::Postgres)]
        .into_iter()
        .flatten()
    {
        let desk = Desk::over(&engine);
        let ann = desk.admin();
        let (client, project, key) = finding(&ann);
        let made = |args: &[&str]| ann.run(args).json()["key"].as_str().unwrap().to_owned();
        let second = made(&["project", "create", "--name", "Mail", "--client", &client, "--json"]);
        let bolt = made(&["client", "create", "--name", "Bolt", "--manager", ADMIN, "--json"]);
        let other = made(&["project", "create", "--name", "Bolt site", "--client", &bolt, "--json"]);
        let write = [
            "finding",
            "create",
            "--project",
            &project,
            "--title",
            "Weak cipher",
            "--severity",
            "low",
            "--json",
        ];
        let low = made(&write);
        // One, by the project's name.
        let placed = ann
            .run(&["finding", "place", &key, "--project", "Mail", "--json"])
            .json();
        assert_eq!(
            (&placed["project"]["key"], &placed["key"]),
            (&json!(second), &json!(key))
        );
        let again = ann.run(&["finding", "place", &key, "--project", &second, "--json"]);
        assert_eq!(again.problem(1)["code"], "invalid_request");
        assert_eq!(ann.run(&["undo", "--yes"]).code, 0);
        assert_eq!(
            ann.run(&["finding", "show", &key, "--json"]).json()["project"]["key"],
            project
        );
        // Several, to another client: what that takes is told first, and it needs a yes.
        assert_eq!(ann.run(&["finding", "release", &key]).code, 0);
        let comment = ["finding", "comment", &key, "--text", "Please look.", "--share"];
        assert_eq!(ann.run(&comment).code, 0);
        let both = ["finding", "place", &key, &low, "--project", &other];
        let asked = ann.run(&both);
        assert!(asked.code != 0 && asked.err.contains("--yes"), "{}", asked.err);
        let shown = ann.run(&[&both[..], &["--dry-run"]].concat());
        let said = format!("{}{}", shown.out, shown.err);
        assert!(
            said.contains("2 leave their client: 1 shared comments become internal, 1 releases are taken back."),
            "{said}"
        );
        let done = ann.run(&[&both[..], &["--yes", "--json"]].concat()).json();
        assert_eq!(
            (&done["changed"], &done["losses"]["leave_their_client"]),
            (&json!(2), &json!(2))
        );
        let counts = |key: &str| ann.run(&["project", "show", key, "--json"]).json()["badges"]["fix"].clone();
        assert_eq!(
            (&counts(&project)["state"], &counts(&other)["count"]),
            (&json!("clear"), &json!(2))
        );
        assert_eq!(ann.run(&["undo", "--yes"]).code, 0);
        assert_eq!(counts(&project)["count"], 2);
    }
}

#[test]
fn findings_become_one_and_places_go_their_own_way() {
    let desk = Desk::sqlite();
    let ann = desk.admin();
    let (_, project, first) = finding(&ann);
    let create = [
        "finding",
        "create",
        "--project",
        &project,
        "--title",
        "Also SQL",
        "--severity",
        "low",
    ];
    let places = [
        "--place",
        "https://shop.acme.test/a",
        "--place",
        "https://shop.acme.test/b",
        "--json",
    ];
    let second = ann.run(&[&create[..], &places].concat()).json();
    let second = second["key"].as_str().unwrap();
    // Without a terminal nothing is done unasked.
    let unasked = ann.run(&["finding", "merge", &first, second]);
    assert!(unasked.code != 0 && unasked.err.contains("--yes"), "{}", unasked.err);
    let dry = ann.run(&["finding", "merge", &first, second, "--dry-run"]);
    assert!(dry.out.contains("becomes part of") && dry.code == 0, "{}", dry.out);
    let done = ann
        .run(&["finding", "merge", second, "--into", &first, "--yes", "--json"])
        .json();
    has(&done, "applied act finding says client_sees");
    assert_eq!(
        (&done["finding"]["key"], &done["finding"]["occurrence_count"]),
        (&json!(first), &json!(3))
    );
    let led = ann.run(&["finding", "show", second]);
    assert!(
        led.out.contains(&first) && led.err.contains("is part of"),
        "{}",
        led.err
    );
    let why = ann.run(&["finding", "why", &first]);
    assert!(why.out.contains(&format!("{second} merged by")), "{}", why.out);
    let all = ann.run(&["finding", "occurrences", &first, "--json"]).json();
    let one = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|o| o["place"].as_str().unwrap().ends_with("/b"));
    let id = one.unwrap()["id"].as_str().unwrap();
    let made = ann
        .run(&["finding", "split", &first, "--occurrence", id, "--yes", "--json"])
        .json();
    assert_eq!(
        (&made["made"]["occurrence_count"], &made["finding"]["occurrence_count"]),
        (&json!(1), &json!(2))
    );
    // One line for both, and back.
    for left in [3, 1] {
        assert_eq!(ann.run(&["undo", "--yes"]).code, 0);
        let shown = ann.run(&["finding", "show", &first, "--json"]).json();
        assert_eq!(shown["occurrence_count"], left);
    }
    let again = ann.run(&["finding", "show", second, "--json"]).json();
    assert_eq!((&again["key"], &again["occurrence_count"]), (&json!(second), &json!(2)));
}
