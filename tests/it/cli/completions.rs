//! What a shell's completion script is answered: live values where there is a session, the program's own words anywhere,
//! and never an error, a question or a character that a shell or a terminal would act on.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

use serde_json::{Value, json};

use super::{HOSTILE, steers};
use crate::support::binary::Home;
use crate::support::checked;
use crate::support::desk::{ADMIN, Desk, PASSWORD};

/// Time enough for a machine that runs every other test as well.
const PATIENT: (&str, &str) = ("RISKDESK_NETWORK_COMPLETION_MILLISECONDS", "20000");

/// What may come next, as fish is told: values and what describes them. The last word is the one being typed.
#[track_caller]
fn next(home: &Home, words: &[&str]) -> Vec<(String, String)> {
    let at = words.len().to_string();
    let ran = home.run(&[&["completions", "fish", "--at", &at, "--", "riskdesk"], words].concat());
    assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{words:?}");
    let split = |line: &str| line.split_once('\t').unwrap_or((line, "")).to_owned_pair();
    ran.out.lines().skip(1).map(split).collect()
}

trait Pair {
    fn to_owned_pair(self) -> (String, String);
}

impl Pair for (&str, &str) {
    fn to_owned_pair(self) -> (String, String) {
        (self.0.to_owned(), self.1.to_owned())
    }
}

#[track_caller]
fn values(home: &Home, words: &[&str]) -> Vec<String> {
    next(home, words).into_iter().map(|(value, _)| value).collect()
}

#[test]
fn the_server_is_asked_for_what_only_it_knows() {
    let desk = Desk::sqlite();
    let mut ann = desk.admin();
    ann.set(PATIENT.0, PATIENT.1);
    for name in ["ACME Ltd", "Acorn", "Borealis"] {
        ann.run(&["client", "create", "--json", "--name", name, "--manager", ADMIN])
            .json();
    }
    let project = ann
        .run(&["project", "create", "--json", "--name", "Web shop", "--client", "acorn"])
        .json();
    let project = project["key"].as_str().unwrap();
    let create = [
        "finding",
        "create",
        "--json",
        "--title",
        "SQL injection",
        "--severity",
        "high",
    ];
    let finding = ann.run(&[&create[..], &["--project", project]].concat()).json();
    let finding = finding["key"].as_str().unwrap();

    assert_eq!(
        next(&ann, &["client", "show", "ac"]),
        [("acme-ltd", "ACME Ltd"), ("acorn", "Acorn")].map(Pair::to_owned_pair)
    );
    assert_eq!(values(&ann, &["client", "show", ""]), ["acme-ltd", "acorn", "borealis"]);
    assert_eq!(values(&ann, &["project", "list", "--client=bo"]), ["--client=borealis"]);
    assert_eq!(
        values(&ann, &["project", "assign", project, "--client", ""]),
        ["none", "acme-ltd", "acorn", "borealis"]
    );
    assert_eq!(
        next(&ann, &["project", "show", "p-"]),
        [(project, "Web shop (Acorn)")].map(Pair::to_owned_pair)
    );
    assert_eq!(values(&ann, &["queue", "take", "F-"]), [finding]);
    let (key, about) = next(&ann, &["access", "why", ADMIN, "F-"]).remove(0);
    assert!(key == finding && about.contains("high: SQL injection"), "{about}");
    assert_eq!(values(&ann, &["access", "why", "ann"]), [ADMIN]);
    assert_eq!(
        values(&ann, &["finding", "edit", finding, "--assignee", ""]),
        ["none", ADMIN]
    );
    assert_eq!(values(&ann, &["import", "--format", "sar"]), ["sarif"]);
    assert_eq!(values(&ann, &["session", "revoke", ""]).len(), 1);
    assert!(values(&ann, &["undo", ""]).len() >= 5);
    assert_eq!(values(&ann, &["--profile", ""]), ["default"]);

    // A query goes on inside one word, quoted or not.
    assert_eq!(values(&ann, &["finding", "list", "-q", "'sev:>=hi"]), ["sev:>=high"]);
    assert_eq!(
        values(&ann, &["queue", "next", "-q", "'is:open client:ac"]),
        ["is:open client:acme-ltd", "is:open client:acorn"]
    );
    assert_eq!(
        values(&ann, &["queue", "list", "-q", "assignee:an"]),
        [format!("assignee:{ADMIN}")]
    );
    assert!(values(&ann, &["queue", "list", "-q", "is:open st"]).contains(&"is:open status:".to_owned()));
}

#[test]
fn the_profile_and_the_server_on_the_line_are_the_ones_that_are_asked() {
    let (one, two) = (Desk::sqlite(), Desk::sqlite());
    let mut home = Home::new();
    home.set("RISKDESK_CREDENTIALS", "file");
    home.set(PATIENT.0, PATIENT.1);
    for (profile, desk) in [("one", &one), ("two", &two)] {
        let login = [
            "login",
            "--profile",
            profile,
            "--server",
            &desk.url,
            "--email",
            ADMIN,
            "--password-stdin",
        ];
        assert_eq!(home.feed(&login, PASSWORD).code, 0);
        let name = format!("Of {profile}");
        let create = [
            "client",
            "create",
            "--json",
            "--profile",
            profile,
            "--name",
            &name,
            "--manager",
            ADMIN,
        ];
        home.run(&create).json();
    }
    assert_eq!(values(&home, &["--profile", ""]), ["one", "two"]);
    assert_eq!(values(&home, &["--profile", "one", "client", "show", ""]), ["of-one"]);
    assert_eq!(values(&home, &["client", "--profile=two", "show", "of"]), ["of-two"]);
    // A session is its server's: another address gets none of it.
    let elsewhere = values(
        &home,
        &["--profile", "one", "--server", &two.url, "client", "show", "of"],
    );
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
}

#[test]
fn whatever_is_wrong_the_programs_own_words_come_and_nothing_else() {
    let mut desk = Desk::sqlite();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    let lost = desk.admin();
    let revoked = desk.admin();
    let mut damaged = desk.admin();
    let mut mute = Home::new();
    mute.set("RISKDESK_SERVER", &silent);
    mute.set("RISKDESK_TOKEN", "t");
    let other = desk.admin();
    let sessions = other.run(&["session", "list", "--json"]).json();
    for session in sessions["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|s| s["current"] == false)
    {
        other.run(&["session", "revoke", session["id"].as_str().unwrap()]);
    }
    for entry in std::fs::read_dir(damaged.state().join("sessions")).unwrap().flatten() {
        if entry.path().extension().is_some_and(|e| e == "json") {
            std::fs::write(entry.path(), "{").unwrap();
        }
    }
    damaged.set(PATIENT.0, PATIENT.1);
    let mut unusable = Home::new();
    unusable.set("RISKDESK_CONSOLE_MOUSE", "perhaps");
    assert!(desk.stop());
    let mut count = 0;
    for home in [Home::new(), lost, revoked, damaged, mute, unusable] {
        assert_eq!(values(&home, &["client", "show", "a"]), Vec::<String>::new());
        assert_eq!(values(&home, &["project", "list", "--client", ""]), ["none"]);
        assert_eq!(
            values(&home, &["finding", "move", "F-1", "--to", "in_"]),
            ["in_progress"]
        );
        assert_eq!(values(&home, &["que"]), ["queue"]);
        assert_eq!(values(&home, &["no", "such", "command"]), Vec::<String>::new());
        count += 5;
    }
    checked("completions without an answer", count, 0, 30);
}

#[test]
fn an_expired_session_is_renewed_for_a_completion_and_stays_good() {
    let desk = Desk::sqlite();
    let mut ann = desk.admin();
    ann.set(PATIENT.0, PATIENT.1);
    ann.run(&["client", "create", "--json", "--name", "ACME", "--manager", ADMIN])
        .json();
    // The access token is worn out: what is left is the one that renews.
    let dir = ann.state().join("sessions");
    let mut entries = std::fs::read_dir(&dir).unwrap().flatten().map(|e| e.path());
    let file = entries.find(|p| p.extension().is_some_and(|e| e == "json")).unwrap();
    let mut kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    kept["access_token"] = json!("rda_wornout");
    std::fs::write(&file, kept.to_string()).unwrap();
    assert_eq!(values(&ann, &["client", "show", ""]), ["acme"]);
    assert_eq!(ann.run(&["whoami"]).code, 0);
}

/// Answers every request with this document, as a server that means harm would.
fn answering(document: &Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let body = document.to_string();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let mut line = String::new();
            while reader.read_line(&mut line).unwrap_or(0) > 2 {
                line.clear();
            }
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
            let _ = write!(stream, "{head}content-length: {}\r\n\r\n{body}", body.len());
        }
    });
    url
}

#[test]
fn a_hostile_server_puts_nothing_into_a_shell() {
    let desk = Desk::sqlite();
    let ann = desk.admin();
    ann.run(&["client", "create", "--json", "--name", "ACME", "--manager", ADMIN])
        .json();
    let mut page = ann.run(&["client", "list", "--json"]).json();
    let plain = page["items"][0].clone();
    let evil = [
        "$(touch pwned)",
        "`id`",
        "a;b",
        "a b",
        "a\nb",
        "-rf",
        "--config=/x",
        "a'b",
        "a\"b",
        "a|b",
        "a>b",
        "a&b",
        "~root",
        "!!",
        "a*",
        "{a,b}",
        "a\\b",
        "#",
        "a\tb",
    ];
    let items: Vec<Value> = HOSTILE
        .iter()
        .chain(&evil)
        .map(|text| {
            let mut client = plain.clone();
            client["key"] = json!(text);
            client
        })
        .chain(HOSTILE.iter().chain(&evil).enumerate().map(|(i, text)| {
            let mut client = plain.clone();
            client["key"] = json!(format!("good-{i}"));
            client["name"] = json!(text);
            client
        }))
        .collect();
    page["items"] = json!(items);
    let mut home = Home::new();
    home.set("RISKDESK_SERVER", &answering(&page));
    home.set("RISKDESK_TOKEN", "t");
    home.set(PATIENT.0, PATIENT.1);
    let (mut looked, mut failed) = (0, 0);
    let mut look = |shell: &str, words: &[&str]| {
        let at = (words.len() - 1).to_string();
        let ran = home.run(&[&["completions", shell, "--at", &at, "--"], words].concat());
        assert_eq!((ran.code, ran.err.as_str()), (0, ""));
        let lines: Vec<&str> = ran.out.lines().skip(1).collect();
        assert_eq!(lines.len(), items.len() / 2, "{shell}: {lines:#?}");
        for line in lines {
            looked += 1;
            let fine = line
                .trim_start_matches("client\\:")
                .trim_start_matches("client:")
                .starts_with("good-");
            if !fine || steers(&line.replace('\t', "")).is_some() {
                failed += 1;
                println!("{shell} {words:?} is given {line:?}");
            }
        }
    };
    for shell in ["bash", "zsh", "fish"] {
        look(shell, &["riskdesk", "client", "show", ""]);
        look(shell, &["riskdesk", "queue", "list", "-q", "client:g"]);
    }
    checked("hostile values in a completion", looked, failed, 200);
}

#[test]
fn each_shell_has_a_script_and_files_are_left_to_it() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = home.run(&["completions", shell]);
        assert!(
            script.code == 0 && script.out.contains("riskdesk completions"),
            "{shell}"
        );
        for words in [&["import", "sc"][..], &["demo", "--data-dir", ""], &["--config", ""]] {
            let at = words.len().to_string();
            let ran = home.run(&[&["completions", shell, "--at", &at, "--", "riskdesk"], words].concat());
            assert_eq!(ran.out.lines().next(), Some("files"), "{words:?}");
        }
    }
    assert_eq!(home.run(&["completions", "tcsh"]).code, 2);
    let bash = home.run(&[
        "completions",
        "bash",
        "--at",
        "4",
        "--replaces=hi",
        "--",
        "riskdesk",
        "queue",
        "list",
        "-q",
        "sev:hi",
    ]);
    assert_eq!(bash.out, "words\nhigh\n");
}
