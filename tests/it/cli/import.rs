//! Imports on the command line: where reports come from.

use crate::support::desk::Desk;

const LINE: &str =
    r#"{"template-id":"t","info":{"name":"T","severity":"high"},"type":"http","matched-at":"https://h.test/"}"#;

#[test]
fn a_report_comes_through_standard_input() {
    let desk = Desk::sqlite();
    let ann = desk.admin();
    let made = ann.run(&["project", "create", "--name", "Shop", "--json"]).json();
    let project = made["key"].as_str().unwrap();
    let import = ["import", "-", "--project", project];
    // The report stands where an answer would come from.
    let ran = ann.feed(&import, LINE);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("--yes"), "{}", ran.err);
    let twice = ["import", "-", "-", "--yes", "--project", project];
    assert_eq!(ann.feed(&twice, LINE).code, 2);
    let done = ann.feed(&[&import[..], &["--yes", "--json"]].concat(), LINE).json();
    assert_eq!((&done["applied"], &done["totals"]["new"]), (&true.into(), &1.into()));
    assert_eq!(done["files"][0]["file"], "-");
    let shown = ann
        .run(&["import", "show", done["batch_id"].as_str().unwrap(), "--json"])
        .json();
    assert_eq!(shown["files"][0]["file"], "standard input");
    // Nothing at all says so.
    let empty = ann.feed(&[&import[..], &["--yes"]].concat(), "");
    assert_eq!(empty.code, 0, "{}", empty.err);
    assert!(empty.err.contains("the file is empty"), "{}", empty.err);
}

#[test]
fn an_import_is_taken_back() {
    let desk = Desk::sqlite();
    let ann = desk.admin();
    let made = ann.run(&["project", "create", "--name", "Shop", "--json"]).json();
    let project = made["key"].as_str().unwrap();
    let import = ["import", "-", "--project", project, "--yes", "--json"];
    let first = ann.feed(&import, LINE).json();
    let (id, plan) = (first["batch_id"].as_str().unwrap(), first["plan_id"].as_str().unwrap());
    // First what it will do; without a yes nothing is done.
    let look = ann.run(&["import", "undo", id, "--dry-run"]);
    assert_eq!(look.code, 0, "{}", look.err);
    for said in [
        "1 new finding is taken away",
        "nuclei has no import into",
        "importing its reports again",
    ] {
        assert!(look.err.contains(said), "{}", look.err);
    }
    let look = ann.run(&["import", "undo", plan, "--dry-run", "--json"]).json();
    assert_eq!((&look["import"]["new"], &look["way"]), (&1.into(), &"undo".into()));
    assert_eq!(ann.run(&["import", "undo", id]).code, 2);
    let there = |n: usize| {
        let list = ann.run(&["finding", "list", "--json"]).json();
        assert_eq!(list["items"].as_array().unwrap().len(), n, "{list}");
    };
    there(1);
    let back = ann.run(&["import", "undo", id, "--yes"]);
    assert_eq!(back.code, 0, "{}", back.err);
    assert!(back.out.contains("Taken back: Applied an import to"), "{}", back.out);
    assert!(!back.out.contains("riskdesk redo"), "{}", back.out);
    there(0);
    let shown = ann.run(&["import", "show", id, "--json"]).json();
    assert_eq!(shown["state"], "undone");
    let twice = ann.run(&["import", "undo", id, "--yes"]);
    assert_eq!(twice.code, 1);
    assert!(twice.err.contains("was taken back at"), "{}", twice.err);
    // Two that stand are compared, one that was taken back is not.
    let refused = ann.run(&["import", "compare", id, id, "--json"]).problem(1);
    assert!(refused["detail"].as_str().unwrap().contains("taken back"));
    // Done again, it is the same; the general undo takes it back as well.
    assert_eq!(ann.feed(&import, LINE).json()["totals"]["new"], 1);
    there(1);
    let back = ann.run(&["undo", "--yes", "--json"]).json();
    assert_eq!(
        (&back["act"]["kind"], &back["act"]["state"]),
        (&"import.apply".into(), &"undone".into())
    );
    there(0);
    // What somebody worked on stays, and it is said what.
    let again = ann.feed(&import, LINE).json();
    let list = ann.run(&["finding", "list", "--json"]).json();
    let key = list["items"][0]["key"].as_str().unwrap();
    assert_eq!(ann.run(&["finding", "move", key, "--to", "in_progress"]).code, 0);
    let id = again["batch_id"].as_str().unwrap();
    let refused = ann.run(&["import", "undo", id, "--yes", "--json"]).problem(6);
    let same = ann.run(&["import", "compare", id, id]);
    assert_eq!(same.code, 0, "{}", same.err);
    assert!(
        same.out.contains("high (1)") && same.err.contains("the same in both: 1"),
        "{} {}",
        same.out,
        same.err
    );
    assert_eq!(refused["objects"][0]["key"], key);
    // A staged one is dropped, not taken back.
    let staged = ann
        .feed(&["import", "-", "--project", project, "--plan", "--json"], LINE)
        .json();
    let none = ann.run(&["import", "undo", staged["batch_id"].as_str().unwrap(), "--yes"]);
    assert_eq!(none.code, 1);
    assert!(none.err.contains("import drop"), "{}", none.err);
    assert_eq!(
        ann.run(&["import", "undo", &uuid::Uuid::now_v7().to_string(), "--yes"])
            .code,
        5
    );
}
