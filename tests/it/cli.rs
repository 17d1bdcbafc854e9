//! The command line from outside: exit codes, shapes that scripts read, and what reaches a terminal.

use serde_json::{Value, json};

use crate::support::binary::Home;
use crate::support::checked;
use crate::support::desk::{ADMIN, Desk};

mod audit;
mod completions;
mod demo;
mod export;
mod finding;
mod hostile;
mod import;
mod proxy;
mod undo;

/// Every field of `fields` is there.
#[track_caller]
fn has(value: &Value, fields: &str) {
    for field in fields.split_whitespace() {
        assert!(value.get(field).is_some(), "{field} is missing in {value}");
    }
}

#[test]
fn wrong_usage_is_2_and_help_teaches() {
    let home = Home::new();
    assert_eq!(home.run(&["client", "shwo"]).code, 2);
    let problem = home.run(&["--json", "client", "shwo"]).problem(2);
    assert!(problem["detail"].as_str().unwrap().contains("show"), "{problem}");
    assert_eq!(home.run(&["--json", "--plain", "whoami"]).code, 2);
    assert_eq!(
        home.run(&[
            "finding",
            "move",
            "F-1",
            "--to",
            "gone",
            "--server",
            "http://127.0.0.1:1"
        ])
        .code,
        2
    );
    for words in [
        &["--help"][..],
        &["finding", "list", "--help"],
        &["project", "assign", "--help"],
    ] {
        let ran = home.run(words);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{words:?}");
        assert!(ran.out.contains("Usage: riskdesk"), "{}", ran.out);
    }
    // The console needs a terminal, and says so.
    assert_eq!(home.run(&[]).code, 2);
}

#[test]
fn without_a_server_a_command_says_what_to_do() {
    let mut home = Home::new();
    let ran = home.run(&["client", "list"]);
    assert_eq!(ran.code, 3);
    assert!(ran.err.contains("riskdesk login --server"), "{}", ran.err);
    assert_eq!(home.run(&["whoami", "--server", "http://127.0.0.1:9"]).code, 3);
    // Nothing listens there: with something to call with, that is 7.
    home.set("RISKDESK_TOKEN", "t");
    home.set("RISKDESK_NETWORK_RETRIES", "0");
    let problem = home
        .run(&["whoami", "--json", "--server", "http://127.0.0.1:9"])
        .problem(7);
    assert_eq!(problem["code"], "unavailable");
    assert_eq!(home.run(&["whoami", "--server", "http://example.com"]).code, 1);
}

#[test]
fn clients_and_projects_have_the_shapes_scripts_rely_on() {
    let desk = Desk::sqlite();
    let ann = desk.admin();
    let create = ["client", "create", "--json", "--name", "ACME Ltd", "--manager", ADMIN];
    let more = [
        "--contact-email",
        "it@acme.test",
        "--external-ref",
        "CRM-7",
        "--notes",
        "First",
        "--access",
        "all-users",
    ];
    let client = ann.run(&[&create[..], &more].concat()).json();
    has(
        &client,
        "id key name contact_email external_ref notes state account_manager agency_access project_count open_findings version",
    );
    has(&client["account_manager"], "id name email");
    has(&client["open_findings"], "critical high medium low info");
    assert_eq!(client["agency_access"], "all_users");
    let key = client["key"].as_str().unwrap();

    let list = ann.run(&["client", "list", "--json"]).json();
    has(&list, "items next prev has_more");
    assert_eq!(list["items"][0]["id"], client["id"]);

    let loose = ann.run(&["project", "create", "--name", "Shop", "--json"]).json();
    has(&loose, "id key name client badges version");
    assert_eq!(loose["client"], Value::Null);
    has(&loose["badges"], "scan report fix handoff monitoring");
    has(&loose["badges"]["fix"], "state");
    let loose_key = loose["key"].as_str().unwrap();

    // A fresh assignment asks nobody; a move does, and without a terminal it says how to agree.
    let done = ann
        .run(&["project", "assign", loose_key, "--client", key, "--json"])
        .json();
    assert_eq!((&done["applied"], &done["client"]["key"]), (&json!(true), &json!(key)));
    let other = ann.run(&["client", "create", "--json", "--name", "Other"]).json();
    assert_eq!(
        other["account_manager"]["email"], ADMIN,
        "oneself, where nobody is named"
    );
    let other = other["key"].as_str().unwrap();
    let problem = ann
        .run(&["project", "assign", loose_key, "--client", other, "--json"])
        .problem(2);
    assert!(problem["detail"].as_str().unwrap().contains("--yes"), "{problem}");
    let sheet = ann
        .run(&["project", "assign", loose_key, "--client", other, "--dry-run", "--json"])
        .json();
    assert_eq!(
        (&sheet["applied"], &sheet["moves"][0]["from"]["key"]),
        (&json!(false), &json!(key))
    );
    let moved = ann
        .run(&["project", "assign", loose_key, "--client", other, "--yes", "--json"])
        .json();
    assert_eq!(moved["applied"], true);

    let under = ann
        .run(&["project", "create", "--name", "App", "--client", key, "--json"])
        .json();
    has(&under["client"], "id key name");
    let list = ann.run(&["project", "list", "--client", key, "--json"]).json();
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}

#[test]
fn refusals_have_exit_codes() {
    let desk = Desk::sqlite();
    let ann = desk.admin();
    desk.add_user("vic@agency.test", "viewer");
    let vic = desk.signed_in("vic@agency.test", crate::support::desk::PASSWORD);
    let create = ["client", "create", "--json", "--name", "ACME", "--manager", ADMIN];
    ann.run(&create).json();
    let mut cases = 0;
    let mut refused = |home: &Home, arguments: &[&str], exit: i32, code: &str| {
        let problem = home.run(arguments).problem(exit);
        assert_eq!(problem["code"], code, "{problem}");
        has(&problem, "type title status code detail trace_id retryable");
        cases += 1;
    };
    refused(&ann, &["client", "show", "nope", "--json"], 5, "not_found");
    refused(&vic, &["client", "show", "acme", "--json"], 5, "not_found");
    refused(&vic, &create, 4, "forbidden");
    refused(
        &ann,
        &["client", "edit", "acme", "--name", "New", "--version", "99", "--json"],
        6,
        "version_conflict",
    );
    refused(
        &ann,
        &["--read-only", "client", "edit", "acme", "--name", "New", "--json"],
        4,
        "forbidden",
    );
    refused(
        &ann,
        &["client", "list", "--cursor", "nonsense", "--json"],
        1,
        "invalid_cursor",
    );
    let plan = ["admin", "plan", "--database", &desk.database, "--agency", "Agency"];
    let ran = desk
        .home
        .run(&[&plan[..], &["--clients", "1", "--projects", "9", "--seats", "9"]].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    refused(
        &ann,
        &["client", "create", "--json", "--name", "Two", "--manager", ADMIN],
        8,
        "client_limit_reached",
    );
    assert_eq!(ann.run(&["logout"]).code, 0);
    refused(&ann, &["client", "list", "--json"], 3, "unauthenticated");
    assert_eq!(cases, 8);
}

#[test]
fn sessions_are_listed_and_ended() {
    let desk = Desk::sqlite();
    let (one, two) = (desk.admin(), desk.admin());
    let sessions = one.run(&["session", "list", "--json"]).json();
    let sessions = sessions["items"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    let other = sessions.iter().find(|s| s["current"] == false).unwrap()["id"]
        .as_str()
        .unwrap();
    assert_eq!(one.run(&["session", "revoke", other]).code, 0);
    assert_eq!(two.run(&["whoami"]).code, 3);
    assert_eq!(one.run(&["whoami"]).code, 0);
}

/// The cache is shared by all consoles and commands of a profile: what runs as one agency never goes on as another.
#[test]
fn a_session_is_switched_to_another_agency() {
    let desk = Desk::sqlite();
    let ann = desk.admin();
    desk.second_agency("Second");
    assert_ne!(ann.run(&["session", "switch", "Nowhere"]).code, 0);
    let listed = ann.run(&["session", "agencies"]);
    assert!(
        listed.out.contains("Second") && listed.out.contains("this session"),
        "{}",
        listed.out
    );
    let ran = ann.run(&["session", "switch", "second"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("Now at Second"), "{}", ran.out);
    assert_eq!(ann.run(&["whoami", "--json"]).json()["agency"]["name"], "Second");
    assert_eq!(ann.run(&["session", "switch", "Agency"]).code, 0);
    assert_eq!(ann.run(&["whoami", "--json"]).json()["agency"]["name"], "Agency");
}

/// Strings that steer a terminal, reorder what is read, or hide.
const HOSTILE: &[&str] = &[
    "\u{1b}[31mred",
    "\u{1b}]0;title\u{7}",
    "\u{1b}]8;;http://evil.test\u{1b}\\link",
    "\u{1b}]52;c;ZXZpbA==\u{7}",
    "\u{9b}31m",
    "\u{90}q\u{9c}",
    "a\u{202e}b",
    "a\u{2066}b\u{2069}",
    "zero\u{200b}width",
    "\u{feff}bom",
    "tag\u{e0041}",
    "back\u{8}space",
    "bell\u{7}",
    "del\u{7f}",
    "cr\rover",
    "\u{85}nel",
    "\u{2028}ls",
    "\u{ad}shy",
];

/// What must never stand in an output: control characters besides line breaks and tabs, and what [`HOSTILE`] hides with.
fn steers(text: &str) -> Option<char> {
    text.chars().find(|c| {
        (c.is_control() && !matches!(c, '\n' | '\t'))
            || matches!(*c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
            || ('\u{e0000}'..='\u{e007f}').contains(c)
    })
}

#[test]
fn nothing_hostile_is_printed_raw() {
    let desk = Desk::sqlite();
    let ann = desk.admin();
    let mut looked = 0;
    let mut failed = 0;
    let mut look = |arguments: &[&str]| {
        for form in [&[][..], &["--plain"], &["--json"]] {
            let ran = ann.run(&[arguments, form].concat());
            for text in [&ran.out, &ran.err] {
                looked += 1;
                if let Some(c) = steers(text) {
                    failed += 1;
                    println!("{arguments:?} {form:?} prints {c:?}");
                }
            }
        }
    };
    for (i, hostile) in HOSTILE.iter().enumerate() {
        // What a server refuses is quoted in no answer; what it takes comes back marked.
        let name = format!("{i} {hostile}");
        look(&["project", "create", "--name", &name]);
        look(&[
            "client",
            "create",
            "--name",
            &name,
            "--manager",
            ADMIN,
            "--notes",
            &name,
            "--external-ref",
            &name,
        ]);
        look(&["client", "show", &name]);
        look(&["finding", "list", "-q", &name]);
        look(&["client", &name]);
        look(&["--profile", &name, "whoami"]);
        look(&["--server", &name, "whoami"]);
    }
    look(&["project", "list", "--all"]);
    look(&["client", "list", "--all"]);
    checked("hostile text on the command line (of 8)", looked, failed, 300);
}

#[test]
fn a_pipe_gets_rows_and_plain_gets_tabs() {
    let desk = Desk::sqlite();
    let ann = desk.admin();
    for n in 0..3 {
        ann.run(&["project", "create", "--name", &format!("Project {n}"), "--json"])
            .json();
    }
    let text = ann.run(&["project", "list"]).out;
    assert!(text.starts_with("KEY") && text.lines().count() == 4, "{text}");
    let plain = ann.run(&["project", "list", "--plain"]).out;
    assert_eq!(
        plain.lines().map(|l| l.split('\t').count()).collect::<Vec<_>>(),
        [8, 8, 8]
    );
    // A page that ends says so, and how to go on; nothing is cut silently.
    let page = ann.run(&["project", "list", "--limit", "2"]);
    assert!(
        page.err.contains("--all") && page.err.contains("--cursor"),
        "{}",
        page.err
    );
    let first = ann.run(&["project", "list", "--limit", "2", "--json"]).json();
    assert_eq!(
        (&first["has_more"], first["items"].as_array().unwrap().len()),
        (&json!(true), 2)
    );
    let next = first["next"].as_str().unwrap();
    let second = ann
        .run(&["project", "list", "--limit", "2", "--cursor", next, "--json"])
        .json();
    assert_eq!(second["items"].as_array().unwrap().len(), 1);
    let all = ann.run(&["project", "list", "--limit", "1", "--all", "--json"]).json();
    assert_eq!(
        (&all["has_more"], all["items"].as_array().unwrap().len()),
        (&json!(false), 3)
    );
}

#[test]
fn paths_and_doctor_answer_without_a_server() {
    let home = Home::new();
    let paths = home.run(&["paths", "--json"]).json();
    assert_eq!(paths["state_dir"].as_str().unwrap(), home.state().display().to_string());
    has(
        &paths,
        "config_dir config_file keymap_file sessions_dir log_file cache_dir",
    );
    let report = home.run(&["doctor", "--json"]).json();
    for line in report["items"].as_array().unwrap() {
        has(line, "verdict what found");
        assert!(line["verdict"] == "ok" || line["mend"].is_string(), "{line}");
    }
    // A setting that does not exist is found before anything else, with its place.
    std::fs::create_dir_all(home.path().join("config")).unwrap();
    std::fs::write(home.path().join("config/config.toml"), "[console]\nthem = \"mono\"\n").unwrap();
    let ran = home.run(&["doctor"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("config.toml:2:1") && ran.err.contains("`theme`"),
        "{}",
        ran.err
    );
}

#[test]
fn the_reference_of_formats_is_read_without_a_server() {
    let home = Home::new();
    let all = home.run(&["import", "formats", "--json"]).json();
    let all = all["items"].as_array().unwrap();
    assert_eq!(all.len(), riskdesk::import::FORMATS.len());
    for format in all {
        has(format, "name title records finding occurrence severity left_out covers");
        let empty: Vec<_> = format.as_object().unwrap().iter().filter(|(_, v)| *v == "").collect();
        assert!(empty.is_empty(), "{format}");
    }
    let one = home.run(&["import", "formats", "gitleaks"]);
    assert_eq!(one.code, 0, "{}", one.err);
    assert!(
        one.out.contains("digest of the secret") && one.out.contains("covers"),
        "{}",
        one.out
    );
    let ran = home.run(&["import", "formats", "gitlaeks"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("known are"), "{}", ran.err);
}

#[test]
fn profiles_keep_servers_and_sessions_apart() {
    let (one, two) = (Desk::sqlite(), Desk::sqlite());
    let mut home = Home::new();
    home.set("RISKDESK_CREDENTIALS", "file");
    std::fs::create_dir_all(home.path().join("config")).unwrap();
    // The first address of `one` does not answer; the second does.
    let settings = format!(
        "profile = \"one\"\n[profiles.one]\nserver = [\"http://127.0.0.1:9\", \"{}\"]\nemail = \"{ADMIN}\"\n\
         [profiles.two]\nserver = [\"{}\"]\n",
        one.url, two.url
    );
    std::fs::write(home.path().join("config/config.toml"), settings).unwrap();
    let password = crate::support::desk::PASSWORD;
    assert_eq!(home.feed(&["login", "--password-stdin"], password).code, 0);
    assert_eq!(home.run(&["whoami"]).code, 0);
    assert_eq!(home.run(&["whoami", "--profile", "two"]).code, 3);
    let login = ["login", "--profile", "two", "--email", ADMIN, "--password-stdin"];
    assert_eq!(home.feed(&login, password).code, 0);
    home.run(&["project", "create", "--name", "Of two", "--profile", "two", "--json"])
        .json();
    let of_one = home.run(&["project", "list", "--json"]).json();
    assert_eq!(of_one["items"], json!([]));
    assert_eq!(home.run(&["logout"]).code, 0);
    assert_eq!(home.run(&["whoami"]).code, 3);
    assert_eq!(home.run(&["whoami", "--profile", "two"]).code, 0);
    // A name that nobody gave is told, by the console as well: it opens no first-run sheet for a slip.
    for words in [&["whoami", "--profile", "three"][..], &["--profile", "three"]] {
        let ran = home.run(words);
        assert_eq!(ran.code, 3, "{words:?}");
        assert!(
            ran.err.contains("no profile `three` (there is: one, two)"),
            "{}",
            ran.err
        );
    }
    assert_eq!(home.run(&["whoami", "--profile", "../two"]).code, 2);
}

#[test]
fn a_silent_server_is_spoken_of() {
    // It takes connections, as a stopped process does, and never answers.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut home = Home::new();
    home.set("RISKDESK_TOKEN", "t");
    home.set("RISKDESK_NETWORK_RETRIES", "0");
    home.set("RISKDESK_NETWORK_ANSWER_SECONDS", "4");
    let ran = home.run(&["whoami", "--server", &url]);
    assert_eq!(ran.code, 7);
    assert_eq!(ran.err.matches("has not answered yet").count(), 1, "{}", ran.err);
    let ran = home.run(&["whoami", "--json", "--server", &url]);
    assert_eq!(ran.problem(7)["code"], "unavailable");
}

#[test]
fn every_command_has_a_manual_page() {
    let home = Home::new();
    let page = home.run(&["man"]);
    assert_eq!(page.code, 0, "{}", page.err);
    assert!(
        page.out.starts_with(".ie") && page.out.contains(".TH riskdesk 1"),
        "{}",
        page.out
    );
    let dir = home.path().join("pages");
    let ran = home.run(&["man", "--dir", dir.to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for command in ["riskdesk", "riskdesk-finding-move", "riskdesk-import-apply"] {
        let text = std::fs::read_to_string(dir.join(format!("{command}.1"))).unwrap();
        assert!(text.contains(".SH SYNOPSIS"), "{command}: {text}");
    }
    assert!(!dir.join("riskdesk-worker.1").exists(), "the hidden command has a page");
}
