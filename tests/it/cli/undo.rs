//! The way back on the command line, and changes to many findings.

use serde_json::json;

use crate::support::binary::{Home, Ran};
use crate::support::desk::{ADMIN, Desk};

#[track_caller]
fn ok(home: &Home, arguments: &[&str]) -> Ran {
    let ran = home.run(arguments);
    assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.err);
    ran
}

#[test]
fn many_change_together_and_go_back() {
    let desk = Desk::sqlite();
    let ann = desk.admin();
    ok(&ann, &["client", "create", "--name", "ACME", "--manager", ADMIN]);
    let project = ann
        .run(&["project", "create", "--name", "Shop", "--client", "acme", "--json"])
        .json();
    let project = project["key"].as_str().unwrap().to_owned();
    let mut keys = Vec::new();
    for title in ["One", "Two", "Three"] {
        let create = [
            "finding",
            "create",
            "--project",
            &project,
            "--severity",
            "high",
            "--title",
            title,
            "--json",
        ];
        keys.push(ann.run(&create).json()["key"].as_str().unwrap().to_owned());
    }
    let status = |key: &str| ann.run(&["finding", "show", key, "--json"]).json()["status"].clone();
    let [one, two, three] = &keys[..] else {
        panic!("{keys:?}")
    };
    // Nobody can be asked here, so that nothing happens without a yes.
    let asked = ann.run(&["finding", "move", one, two, "--to", "in_progress"]);
    assert_eq!(asked.code, 2, "{}", asked.err);
    assert!(
        asked.err.contains("2 findings would change (2 of ACME)"),
        "{}",
        asked.err
    );
    assert_eq!(status(one), "open");
    let shown = ann
        .run(&[
            "finding",
            "move",
            "-q",
            "is:open",
            "--to",
            "in_progress",
            "--dry-run",
            "--json",
        ])
        .json();
    assert_eq!((&shown["applied"], &shown["changed"]), (&json!(false), &json!(3)));
    let done = ann
        .run(&["finding", "move", one, two, "--to", "in_progress", "--yes", "--json"])
        .json();
    assert_eq!(
        (&done["changed"], status(one), status(three)),
        (&json!(2), json!("in_progress"), json!("open"))
    );
    // One that cannot, and none does.
    let problem = ann
        .run(&[
            "finding",
            "move",
            "-q",
            "client:acme",
            "--to",
            "open",
            "--notes",
            "x",
            "--yes",
            "--json",
        ])
        .problem(6);
    assert_eq!(problem["code"], "bulk_refused");
    let edit = ["finding", "edit", "-q", "client:acme", "--severity", "low", "--yes"];
    let said = ok(&ann, &edit);
    assert!(said.out.contains("3 findings changed"), "{}", said.out);
    ok(&ann, &["finding", "release", one, two, three, "--yes"]);
    ok(&ann, &["finding", "triage", one, two, "--undo", "--yes"]);
    // One alone is moved as ever.
    let moved = ann
        .run(&["finding", "move", three, "--to", "in_progress", "--json"])
        .json();
    assert_eq!(moved["key"], json!(three));
    // Back, step by step: shown, and then done.
    let look = ann.run(&["undo", "--dry-run", "--json"]).json();
    assert_eq!(
        (&look["way"], &look["changes"][0]["field"]),
        (&json!("undo"), &json!("status"))
    );
    assert_eq!(ann.run(&["undo"]).code, 2);
    let back = ann.run(&["undo", "--yes", "--json"]).json();
    assert_eq!(
        (&back["act"]["state"], status(three)),
        (&json!("undone"), json!("open"))
    );
    for _ in 0..4 {
        ok(&ann, &["undo", "--yes"]);
    }
    assert_eq!(status(one), "open");
    ok(&ann, &["redo", "--yes"]);
    assert_eq!(status(one), "in_progress");
    let list = ann.run(&["undo", "--list", "--json"]).json();
    let acts = list["items"].as_array().unwrap();
    let moved = acts
        .iter()
        .find(|a| a["summary"] == "Moved 2 findings to in progress")
        .unwrap();
    assert_eq!(moved["state"], "undoable", "{list:#}");
    // What something was built on stays: findings that were edited, a project that has findings.
    let project = acts.iter().find(|a| a["kind"] == "project.create").unwrap();
    let refused = ann.run(&["undo", project["id"].as_str().unwrap(), "--yes", "--json"]);
    assert_eq!(refused.problem(6)["code"], "undo_not_possible");
}
