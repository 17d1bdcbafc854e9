//! The audit trail, the reasons of access, and tokens for scripts, from the command line.

use crate::support::binary::Home;
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

#[test]
fn a_script_works_with_a_token_and_nothing_else() {
    let desk = Desk::sqlite();
    let home = desk.admin();
    let token = |scope: &str| {
        let ran = home.run(&["token", "create", "--name", scope, "--scope", scope, "--days", "1"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out.trim().to_owned()
    };
    let (read, write) = (token("read"), token("write"));
    let script = |token: &str| {
        let mut script = Home::new();
        script.set("RISKDESK_TOKEN", token);
        script.set("RISKDESK_CREDENTIALS", "memory");
        script
    };
    let make = ["project", "create", "--name", "By a script", "--server", &desk.url];
    assert_eq!(script(&read).run(&make).code, 4);
    assert_eq!(script(&write).run(&make).code, 0);
    let list = ["project", "list", "--server", &desk.url, "--json"];
    assert_eq!(script(&read).run(&list).json()["items"][0]["name"], "By a script");
    assert_eq!(script(&write).run(&["token", "list", "--server", &desk.url]).code, 4);
    // Ended at once, and shown nowhere.
    let listed = home.run(&["token", "list", "--json"]).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
    assert!(!listed.to_string().contains(&read) && !listed.to_string().contains(&write));
    for item in listed["items"].as_array().unwrap() {
        assert_eq!(home.run(&["token", "revoke", item["id"].as_str().unwrap()]).code, 0);
    }
    assert_eq!(script(&read).run(&list).code, 3);
    assert_eq!(
        home.run(&["token", "create", "--name", "x", "--scope", "everything"])
            .code,
        2
    );
}
