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
