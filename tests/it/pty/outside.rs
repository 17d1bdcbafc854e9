//! What leaves the console for the world around its terminal: the editor, the clipboard, files.

use rustix::process::Signal;

use super::console::Console;
use crate::support::desk::{ADMIN, Desk};

/// An editor that notes what it was given and how the file was kept, and writes something else.
fn editor(home: &crate::support::binary::Home, script: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let path = home.path().join("editor.sh");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path.display().to_string()
}

fn desk() -> (Desk, crate::support::binary::Home) {
    let desk = Desk::sqlite();
    let home = desk.admin();
    let made = home.run(&["client", "create", "--name", "Acme", "--manager", ADMIN]);
    assert_eq!(made.code, 0);
    (desk, home)
}

#[test]
fn the_editor_gets_the_terminal_and_the_text_and_leaves_no_file() {
    let (_desk, mut home) = desk();
    let seen = home.path().join("seen");
    let script = format!(
        "stat -c %a \"$1\" > {seen}\necho \"$1\" >> {seen}\ncat \"$1\" >> {seen}\nprintf 'press a key: ' > /dev/tty\nread answer < /dev/tty\n\
         printf 'From the editor, %s\\nsecond line\\n' \"$answer\" > \"$1\"",
        seen = seen.display()
    );
    let program = editor(&home, &script);
    home.set("EDITOR", &program);
    let mut console = Console::open(&home, 100, 30);
    console.wait_for("live");
    console.press("1");
    console.wait_for("Acme");
    console.press("je");
    console.wait_for("Edit Acme");
    console.press("\t\t\tbegun here");
    console.wait_for("begun here");
    console.press("\x18");
    console.wait_for("press a key:");
    // What is typed now is the editor's alone.
    console.press("jkq\n");
    console.wait_for("From the editor, jkq");
    console.wait_for("second line");
    let seen = std::fs::read_to_string(&seen).unwrap();
    let mut lines = seen.lines();
    assert_eq!(lines.next(), Some("600"));
    let file = lines.next().unwrap();
    assert!(!std::path::Path::new(file).exists(), "{file} is still there");
    assert_eq!(lines.next(), Some("begun here"));
    console.press("\x13");
    console.wait_for("Acme (acme) is saved.");
    console.press("q");
    assert_eq!(console.end().0, 0);
    console.is_restored();
}

#[test]
fn an_editor_that_is_not_there_is_said_and_nothing_is_lost() {
    let (_desk, mut home) = desk();
    home.set("EDITOR", "/nowhere/editor");
    let mut console = Console::open(&home, 100, 30);
    console.wait_for("live");
    console.press("1");
    console.wait_for("Acme");
    console.press("je");
    console.wait_for("Edit Acme");
    console.press("\t\t\tkept text\x18");
    console.wait_for("Set EDITOR to one that runs here.");
    console.wait_for("kept text");
    console.press("\x1b");
    console.wait_for("1 draft ");
}

#[test]
fn hanging_up_while_the_editor_has_the_terminal_keeps_the_draft() {
    let (_desk, mut home) = desk();
    let program = editor(&home, "printf 'editing now' > /dev/tty\nread answer < /dev/tty");
    home.set("EDITOR", &program);
    let mut console = Console::open(&home, 100, 30);
    console.wait_for("live");
    console.press("1");
    console.wait_for("Acme");
    console.press("je");
    console.wait_for("Edit Acme");
    console.press("\t\t\tkept text");
    console.wait_for("kept text");
    console.press("\x18");
    console.wait_for("editing now");
    console.signal(Signal::HUP);
    console.end();
    assert!(super::drafts(&home).contains("kept text"));
}

#[test]
fn copying_sends_to_the_terminal_and_through_tmux() {
    let (_desk, mut home) = desk();
    // "acme" in base64.
    let plain = b"\x1b]52;c;YWNtZQ==\x07";
    let has = |raw: &[u8], wanted: &[u8]| raw.windows(wanted.len()).any(|w| w == wanted);
    for tmux in [false, true] {
        if tmux {
            home.set("TMUX", "/tmp/tmux-0/default,1,0");
        }
        let mut console = Console::open(&home, 100, 30);
        console.wait_for("live");
        console.press("1");
        console.wait_for("Acme");
        console.press("jy");
        console.wait_for("acme: sent to the terminal's clipboard.");
        let raw = console.raw();
        assert!(has(&raw, plain));
        assert_eq!(has(&raw, b"\x1bPtmux;\x1b\x1b]52;c;YWNtZQ==\x07\x1b\\"), tmux);
        console.press("Yf");
        console.wait_for("Written to ");
        console.press("q");
        assert_eq!(console.end().0, 0);
    }
    let mut written: Vec<_> = std::fs::read_dir(home.state().join("written"))
        .unwrap()
        .flatten()
        .collect();
    written.sort_by_key(std::fs::DirEntry::file_name);
    assert_eq!(written.len(), 2);
    assert!(
        std::fs::read_to_string(written[0].path())
            .unwrap()
            .contains("name: Acme")
    );
}
