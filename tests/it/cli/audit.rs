//! The audit trail and the reasons of access from the command line.

use crate::support::desk::{ADMIN, Desk};

#[test]
fn the_trail_is_listed_and_verified_online_and_off() {
    let desk = Desk::sqlite();
    let home = desk.admin();
    home.run(&["client", "create", "--name", "Acme", "--manager", ADMIN, "--json"])
        .json();
    let listed = home
        .run(&["audit", "list", "--act", "client.", "--verify", "--json"])
        .json();
    assert_eq!(listed["items"][0]["act"], "client.create");
    let text = home.run(&["audit", "list", "--client", "acme"]);
    assert!(
        text.code == 0 && text.out.contains(ADMIN) && text.out.contains("client.create"),
        "{text:?}"
    );
    let chain = home.run(&["audit", "verify", "--json"]).json();
    let kept = format!("{}:{}", chain["sealed"], chain["head"].as_str().unwrap());
    assert_eq!(home.run(&["audit", "verify", "--checkpoint", &kept]).code, 0);
    assert_eq!(home.run(&["audit", "verify", "--checkpoint", "nonsense"]).code, 2);
    assert_eq!(home.run(&["audit", "list", "--since", "yesterday"]).code, 2);
    let why = home.run(&["access", "why", ADMIN, "acme", "--json"]).json();
    assert_eq!(why["allowed"], true);
    assert_eq!(home.run(&["access", "why", ADMIN, "F-000000"]).code, 5);
    // The operator, on the database itself.
    let offline = [
        "admin",
        "audit",
        "verify",
        "--database",
        &desk.database,
        "--agency",
        "Agency",
    ];
    let with = |kept: &str| {
        [&offline[..], &["--checkpoint", kept]]
            .concat()
            .iter()
            .map(|s| (*s).to_owned())
            .collect::<Vec<_>>()
    };
    let run = |arguments: &[String]| {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        desk.home.run(&arguments)
    };
    let ran = run(&with(&kept));
    assert!(ran.code == 0 && ran.out.contains("The trail holds"), "{ran:?}");
    let ran = run(&with(&format!("1:{}", "0".repeat(64))));
    assert!(ran.code == 1 && ran.err.contains("does not hold"), "{ran:?}");
    assert_eq!(run(&with("999999:")).code, 1);
}
