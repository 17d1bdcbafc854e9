//! Completion in real shells: their own quoting and word breaking, over a real server.

use std::path::Path;
use std::process::{Command, Stdio};

use super::console::Console;
use crate::support::binary::Home;
use crate::support::desk::{ADMIN, Desk};

/// A shell as a user would start it, with the binary on its path; `None` where it is not installed.
fn shell(home: &Home, program: &str, arguments: &[&str]) -> Option<Console> {
    let there = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !there.is_ok_and(|status| status.success()) {
        println!("skipped: {program} is not installed");
        return None;
    }
    let plain = home.command(&[]);
    let mut command = Command::new(program);
    command.args(arguments).env_clear();
    for (name, value) in plain.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    let binary = Path::new(env!("CARGO_BIN_EXE_riskdesk"))
        .parent()
        .unwrap()
        .display()
        .to_string();
    let path = format!("{binary}:{}", std::env::var("PATH").unwrap_or_default());
    command.env("PATH", path).env("PS1", "$ ").env("INPUTRC", "/dev/null");
    Some(Console::over(&command, home.path(), 100, 30))
}

/// A desk with something to complete, and somebody signed in to it.
fn desk() -> (Desk, Home) {
    let desk = Desk::sqlite();
    let mut ann = desk.admin();
    ann.set("RISKDESK_NETWORK_COMPLETION_MILLISECONDS", "20000");
    for name in ["ACME Ltd", "Borealis"] {
        ann.run(&["client", "create", "--json", "--name", name, "--manager", ADMIN])
            .json();
    }
    std::fs::write(ann.path().join("my scan.sarif"), "{}").unwrap();
    (desk, ann)
}

/// Waits for the script to be read, then for a prompt on an empty screen: what is typed before it is echoed twice.
fn begin(shell: &mut Console) {
    let prompts = |screen: &str| screen.lines().last().is_some_and(|line| line.trim() == "$");
    shell.wait("the script to be read", |screen| {
        screen.contains("ready") && prompts(screen)
    });
    shell.press("clear\r");
    shell.wait("an empty screen", |screen| screen.trim() == "$");
}

/// Types, asks for completion, and waits for what the line becomes.
#[track_caller]
fn becomes(shell: &mut Console, typed: &str, line: &str) {
    shell.press(&format!("{typed}\t"));
    shell.wait(&format!("{typed:?} to become {line:?}"), |screen| {
        screen
            .lines()
            .rev()
            .any(|l| l.trim_start_matches("$ ").starts_with(line))
    });
    // Away with it: the next one begins on an empty line.
    shell.press("\x15");
    shell.wait("an empty line", |screen| !screen.contains("riskdesk"));
}

#[test]
fn bash_completes_words_keys_queries_and_files() {
    let (_desk, home) = desk();
    let Some(mut bash) = shell(&home, "bash", &["--norc", "--noprofile", "-i"]) else {
        return;
    };
    bash.press("source <(riskdesk completions bash); echo rea''dy\r");
    begin(&mut bash);
    becomes(&mut bash, "riskdesk que", "riskdesk queue ");
    becomes(&mut bash, "riskdesk client show ac", "riskdesk client show acme-ltd");
    becomes(
        &mut bash,
        "riskdesk project list --client=bo",
        "riskdesk project list --client=borealis",
    );
    becomes(
        &mut bash,
        "riskdesk project create --lead an",
        "riskdesk project create --lead ann@agency.test",
    );
    becomes(
        &mut bash,
        "riskdesk project create --lead ann@a",
        "riskdesk project create --lead ann@agency.test",
    );
    becomes(
        &mut bash,
        "riskdesk queue list -q client:bo",
        "riskdesk queue list -q client:borealis",
    );
    becomes(
        &mut bash,
        "riskdesk queue list -q stat",
        "riskdesk queue list -q status:",
    );
    becomes(
        &mut bash,
        "riskdesk queue list -q 'is:open client:ac",
        "riskdesk queue list -q 'is:open client:acme-ltd",
    );
    becomes(&mut bash, "riskdesk import my", "riskdesk import my\\ scan.sarif");
}

#[test]
fn zsh_completes_words_keys_queries_and_files() {
    let (_desk, home) = desk();
    let Some(mut zsh) = shell(&home, "zsh", &["-f", "-i"]) else {
        return;
    };
    zsh.press("autoload -Uz compinit; compinit -u -D; source <(riskdesk completions zsh); bindkey -e; echo rea''dy\r");
    begin(&mut zsh);
    becomes(&mut zsh, "riskdesk que", "riskdesk queue ");
    becomes(&mut zsh, "riskdesk client show ac", "riskdesk client show acme-ltd");
    becomes(
        &mut zsh,
        "riskdesk project list --client=bo",
        "riskdesk project list --client=borealis",
    );
    becomes(
        &mut zsh,
        "riskdesk queue list -q client:bo",
        "riskdesk queue list -q client:borealis",
    );
    becomes(
        &mut zsh,
        "riskdesk queue list -q stat",
        "riskdesk queue list -q status:",
    );
    becomes(
        &mut zsh,
        "riskdesk queue list -q 'is:open client:ac",
        "riskdesk queue list -q 'is:open client:acme-ltd",
    );
    becomes(&mut zsh, "riskdesk import my", "riskdesk import my\\ scan.sarif");
}

#[test]
fn fish_completes_words_keys_queries_and_files() {
    let (_desk, home) = desk();
    let Some(mut fish) = shell(&home, "fish", &["--no-config", "--interactive", "--private"]) else {
        return;
    };
    fish.press("function fish_prompt; echo '$ '; end; riskdesk completions fish | source; echo rea''dy\r");
    begin(&mut fish);
    becomes(&mut fish, "riskdesk que", "riskdesk queue ");
    becomes(&mut fish, "riskdesk client show ac", "riskdesk client show acme-ltd");
    becomes(
        &mut fish,
        "riskdesk project list --client=bo",
        "riskdesk project list --client=borealis",
    );
    becomes(
        &mut fish,
        "riskdesk queue list -q client:bo",
        "riskdesk queue list -q client:borealis",
    );
    becomes(
        &mut fish,
        "riskdesk queue list -q stat",
        "riskdesk queue list -q status:",
    );
    becomes(
        &mut fish,
        "riskdesk queue list -q 'is:open client:ac",
        "riskdesk queue list -q 'is:open client:acme-ltd",
    );
    becomes(&mut fish, "riskdesk import my", "riskdesk import my\\ scan.sarif");
}
