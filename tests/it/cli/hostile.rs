//! What a scanner writes is hostile: it goes through a real import, and then through every printer, in a pipe and under
//! a terminal. Assurance 8, the command line's half.

use std::io::Read as _;

use serde_json::{Value, json};

use super::steers;
use crate::support::binary::Home;
use crate::support::checked;
use crate::support::desk::{ADMIN, Desk};

/// Sequences that terminals obey, characters that reorder or hide, each in a word of its own.
fn corpus() -> Vec<String> {
    let sequences = [
        "\u{1b}[31mred",
        "\u{1b}[2J",
        "\u{1b}[6n",
        "\u{1b}]0;title\u{7}",
        "\u{1b}]8;;http://evil.test\u{1b}\\link\u{1b}]8;;\u{1b}\\",
        "\u{1b}]52;c;ZXZpbA==\u{7}",
        "\u{1b}P+q544e\u{1b}\\",
        "\u{1b}c",
        "\u{1b}[?1049h",
        "\u{1b}[21t",
        "\u{9b}31m",
        "\u{9d}0;t\u{9c}",
        "over\rwrite",
        "back\u{8}\u{8}\u{8}space",
        "a\u{202e}txt.exe",
        "\u{2066}iso\u{2069}late",
        "zero\u{200b}width",
        "\u{e0041}\u{e0042}tag",
    ];
    let mut all: Vec<String> = sequences.map(str::to_owned).to_vec();
    let ranges = [
        0x01..=0x1f,
        0x7f..=0x9f,
        0x200b..=0x200f,
        0x2028..=0x202e,
        0x2060..=0x206f,
        0xfff9..=0xfffb,
        0xe0001..=0xe007f,
    ];
    for c in ranges.into_iter().flatten().filter_map(char::from_u32) {
        all.push(format!("a{c}b"));
    }
    all
}

/// A report each of whose results carries one of the strings wherever a text can stand.
fn report(corpus: &[String]) -> Value {
    let results: Vec<Value> = corpus
        .iter()
        .enumerate()
        .map(|(n, hostile)| {
            json!({
                "ruleId": format!("rule-{n}-{hostile}"),
                "level": "error",
                "message": {"text": format!("Message {hostile}")},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": format!("src/{hostile}/file{n}.c")},
                    "region": {"startLine": n + 1, "snippet": {"text": format!("code {hostile}")}},
                }}],
            })
        })
        .collect();
    let rules: Vec<Value> = corpus
        .iter()
        .enumerate()
        .map(|(n, hostile)| {
            json!({
                "id": format!("rule-{n}-{hostile}"),
                "name": format!("Name {hostile}"),
                "shortDescription": {"text": format!("Short {hostile}")},
                "fullDescription": {"text": format!("Full {hostile}")},
                "help": {"text": format!("Help {hostile}")},
                "helpUri": format!("https://evil.test/{hostile}"),
            })
        })
        .collect();
    let driver = json!({"name": "Canary", "rules": rules});
    json!({"version": "2.1.0", "runs": [{"tool": {"driver": driver}, "results": results}]})
}

/// What a command writes to a terminal, byte for byte.
fn under_a_terminal(home: &Home, arguments: &[&str]) -> String {
    let size = portable_pty::PtySize {
        rows: 50,
        cols: 160,
        pixel_width: 0,
        pixel_height: 0,
    };
    let pair = portable_pty::native_pty_system().openpty(size).unwrap();
    let plain = home.command(arguments);
    let mut command = portable_pty::CommandBuilder::new(plain.get_program());
    command.args(plain.get_args());
    command.env_clear();
    for (name, value) in plain.get_envs().filter_map(|(name, value)| Some((name, value?))) {
        command.env(name, value);
    }
    command.cwd(home.path());
    let mut child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut bytes = Vec::new();
    // The far end's going ends the reading, with an error on Linux.
    let _ = reader.read_to_end(&mut bytes);
    child.wait().unwrap();
    // The terminal's own line ends, and the one sequence we write.
    String::from_utf8_lossy(&bytes)
        .replace("\r\n", "\n")
        .replace("\u{1b}[1m", "")
        .replace("\u{1b}[0m", "")
}

#[test]
fn what_a_scanner_writes_steers_no_terminal() {
    let desk = Desk::sqlite();
    let ann = desk.admin();
    let key = |value: &Value| value["key"].as_str().unwrap().to_owned();
    ann.run(&["client", "create", "--name", "ACME", "--manager", ADMIN, "--json"])
        .json();
    let project = key(&ann
        .run(&["project", "create", "--name", "Shop", "--client", "acme", "--json"])
        .json());
    let corpus = corpus();
    let file = ann.path().join("report \u{202e}.sarif");
    std::fs::write(&file, serde_json::to_vec(&report(&corpus)).unwrap()).unwrap();
    let import = ["import", file.to_str().unwrap(), "--project", &project, "--yes"];
    let done = ann.run(&[&import[..], &["--json"]].concat());
    let counts = done.json();
    assert_eq!(counts["files"][0]["findings"], corpus.len(), "{counts}");

    let findings = ann.run(&["finding", "list", "--all", "--json"]).json();
    let findings: Vec<String> = findings["items"].as_array().unwrap().iter().map(key).collect();
    assert!(findings.len() > 200, "{} findings", findings.len());
    let batch = counts["batch_id"].as_str().unwrap();
    let mut printers: Vec<Vec<&str>> = vec![
        import.to_vec(),
        vec!["finding", "list", "--all"],
        vec!["queue", "list", "--all"],
        vec!["import", "show", batch],
        vec!["import", "show", batch, "--lines", "--all"],
        vec!["import", "list"],
        vec!["project", "show", &project],
    ];
    // Each detail view prints the same fields; a sample of the findings shows every kind of string through each.
    for finding in findings.iter().step_by(40) {
        for verb in ["show", "why", "occurrences", "history"] {
            printers.push(vec!["finding", verb, finding]);
        }
        let said = ann.run(&[
            "finding",
            "comment",
            finding,
            "--text",
            &corpus[printers.len() % corpus.len()],
        ]);
        assert!(said.code == 0 || said.code == 1, "{}", said.err);
        printers.push(vec!["finding", "comment", finding, "--list"]);
    }
    let mut looked = 0;
    let mut failed = 0;
    let mut look = |what: &[&str], text: &str| {
        looked += 1;
        if let Some(c) = steers(text) {
            failed += 1;
            let at = text.find(c).unwrap();
            let from = text.floor_char_boundary(at.saturating_sub(30));
            println!("{what:?}: {c:?} after {:?}", &text[from..at]);
        }
    };
    look(&["import --json"], &done.out);
    for printer in &printers {
        for form in [&[][..], &["--plain"], &["--json"]] {
            let arguments = [&printer[..], form].concat();
            let ran = ann.run(&arguments);
            look(&arguments, &ran.out);
            look(&arguments, &ran.err);
        }
        // What a pager would be handed.
        let mut shown = under_a_terminal(&ann, &[&printer[..], &["--no-pager"]].concat());
        if printer[0] == "import" {
            // The progress bar goes back to the line's start; what it shows is looked at in the pipe.
            shown = shown.replace("\u{1b}[K", "").replace('\r', "");
        }
        look(printer, &shown);
    }
    checked(
        &format!("8 hostile text from a scanner, {} strings", corpus.len()),
        looked,
        failed,
        200,
    );
    assert!(corpus.len() + super::HOSTILE.len() >= 250);
}
