//! Long answers on a terminal go through a pager, short ones and those for programs do not; colour only where it is seen.

use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use super::console::Console;
use crate::support::binary::Home;
use crate::support::desk::Desk;

/// Somebody signed in to a desk of thirty projects, with a pager that says that it was there.
fn desk() -> (Desk, Home) {
    let desk = Desk::sqlite();
    let home = desk.admin();
    for n in 0..30 {
        home.run(&["project", "create", "--json", "--name", &format!("Project {n:02}")])
            .json();
    }
    let pager = home.path().join("pager");
    std::fs::write(
        &pager,
        "#!/bin/sh\necho \"paged with $1, $LESS\"\ncat\necho end of page\n",
    )
    .unwrap();
    std::fs::set_permissions(&pager, std::fs::Permissions::from_mode(0o755)).unwrap();
    (desk, home)
}

/// The whole of what a command writes to a terminal of this height, and its exit code.
#[track_caller]
fn shown(home: &Home, variables: &[(&str, &str)], arguments: &[&str], rows: u16) -> (String, u32) {
    let mut command = home.command(arguments);
    command.envs(variables.iter().copied());
    let mut console = Console::over(&command, home.path(), 100, rows);
    let code = console.end().0;
    let mut seen = console.seen.0.lock().unwrap();
    while !seen.ended {
        seen = console.seen.1.wait(seen).unwrap();
    }
    (String::from_utf8_lossy(&seen.raw).into_owned(), code)
}

const LIST: &[&str] = &["project", "list"];

#[test]
fn what_is_longer_than_the_screen_is_paged() {
    let (_desk, home) = desk();
    let own = home.path().join("pager").display().to_string();
    let own = format!("{own} flag");
    let mine = [("RISKDESK_PAGER", own.as_str())];
    let (text, code) = shown(&home, &mine, LIST, 20);
    assert_eq!(code, 0);
    assert!(
        text.starts_with("paged with flag, FRX") && text.contains("end of page"),
        "{text}"
    );
    assert!(text.contains("Project 00") && text.contains("Project 29"), "{text}");
    assert!(text.contains("\x1b[1m"), "the header is not bold: {text}");
    let usual = [("PAGER", own.as_str()), ("LESS", "S")];
    assert!(shown(&home, &usual, LIST, 20).0.starts_with("paged with flag, S"));
    let detail = shown(&home, &mine, &["project", "show", "Project 07"], 4).0;
    assert!(detail.starts_with("paged"), "{detail}");

    let plain = |variables: &[(&str, &str)], arguments: &[&str], rows| {
        let (text, code) = shown(&home, variables, arguments, rows);
        assert_eq!(code, 0);
        assert!(
            !text.contains("paged") && text.contains("Project 29"),
            "{arguments:?}: {text}"
        );
        text
    };
    plain(&mine, LIST, 60);
    plain(&mine, &["project", "list", "--no-pager"], 20);
    plain(&mine, &["project", "list", "--json"], 20);
    plain(&mine, &["project", "list", "--plain"], 20);
    plain(&[("RISKDESK_PAGER", "")], LIST, 20);
    plain(&[("PAGER", "cat")], LIST, 20);
    let none = plain(&[("RISKDESK_PAGER", "no-such-pager-anywhere")], LIST, 20);
    assert!(none.contains("no-such-pager-anywhere"), "{none}");
    let dumb = plain(&[mine[0], ("TERM", "dumb")], LIST, 20);
    assert!(!dumb.contains('\x1b'), "{dumb:?}");
    let grey = plain(&[("PAGER", "cat"), ("NO_COLOR", "1")], LIST, 20);
    assert!(!grey.contains('\x1b'), "{grey:?}");
    std::fs::create_dir_all(home.path().join("config")).unwrap();
    std::fs::write(home.path().join("config/config.toml"), "pager = \"\"\n").unwrap();
    plain(&[("PAGER", own.as_str())], LIST, 20);
    let piped = home.command(LIST).envs(mine).output().unwrap();
    let piped = String::from_utf8_lossy(&piped.stdout).into_owned();
    assert!(piped.starts_with("KEY") && !piped.contains('\x1b'), "{piped}");
}

#[test]
fn a_reader_who_leaves_early_is_no_error() {
    let (_desk, home) = desk();
    let (text, code) = shown(&home, &[("RISKDESK_PAGER", "head -n 1")], LIST, 20);
    assert_eq!(code, 0);
    assert!(
        text.contains("KEY") && !text.contains("Project 29") && !text.contains("riskdesk:"),
        "{text}"
    );
}

#[test]
fn less_shows_a_screen_at_a_time_and_ctrl_c_stays_its_own() {
    let there = Command::new("less").arg("--version").stdout(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        println!("skipped: less is not installed");
        return;
    }
    let (_desk, home) = desk();
    let mut console = Console::over(&home.command(LIST), home.path(), 100, 20);
    console.wait("the first screen", |s| {
        s.contains("Project 00") && s.lines().last().is_some_and(|l| l.starts_with(':'))
    });
    assert!(!String::from_utf8_lossy(&console.raw()).contains("Project 29"));
    console.press("\x03");
    // What less is handed while it is interrupted, it throws away.
    console.press_until("G", "Project 29");
    console.press("q");
    assert_eq!(console.end().0, 0);
}
