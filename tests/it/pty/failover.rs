//! Two servers over one PostgreSQL, a console that knows both, and the one it talks to killed under it.

use std::time::{Duration, Instant};

use super::console::Console;
use crate::support::desk::{ADMIN, Desk, Engine, PASSWORD};
use crate::support::{binary::Home, checked, postgres};

/// How long a console may take to go on at another address. It takes a few tenths of a second where the machine is its own.
const PROMISE: Duration = Duration::from_secs(5);

fn signed_in_at(servers: &[&str]) -> Home {
    let mut home = Home::new();
    home.set("RISKDESK_CREDENTIALS", "file");
    let dir = home.path().join("config");
    std::fs::create_dir(&dir).unwrap();
    let profile = format!("[profiles.default]\nserver = {servers:?}\nemail = \"{ADMIN}\"\n");
    std::fs::write(dir.join("config.toml"), profile).unwrap();
    let ran = home.feed(&["login", "--password-stdin"], PASSWORD);
    assert_eq!(ran.code, 0, "{}", ran.err);
    home
}

fn is_live(screen: &str) -> bool {
    screen.lines().next().unwrap_or_default().trim_end().ends_with("live")
}

/// A client made at one server by somebody else.
fn made_elsewhere(elsewhere: &Home, url: &str, name: &str) {
    let arguments = ["--server", url, "client", "create", "--name", name, "--manager", ADMIN];
    let ran = elsewhere.run(&arguments);
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn a_server_killed_under_an_open_console_costs_nothing() {
    const ROUNDS: usize = 4;
    let Some(owner) = postgres() else { return };
    let mut desk = Desk::over(&Engine::Postgres(owner));
    let mut servers = [desk.beside("127.0.0.1:0"), desk.beside("127.0.0.1:0")];
    // The two are all there is.
    assert!(desk.stop());
    let urls: Vec<String> = servers.iter().map(|s| s.url.clone()).collect();
    let home = signed_in_at(&[&urls[0], &urls[1]]);
    let elsewhere: Vec<Home> = urls.iter().map(|url| signed_in_at(&[url])).collect();
    let mut console = Console::open(&home, 100, 30);
    console.wait("a live link", is_live);
    console.press("1");
    console.wait_for("All clients");
    let mut slowest = Duration::ZERO;
    for round in 0..ROUNDS {
        // The first kill falls on the address that answered last; then on the one that took over.
        let (dead, alive) = (round % 2, (round + 1) % 2);
        let name = format!("Kept {round} Ltd");
        console.press(&format!("\x0e{name}\tit@kept{round}.test"));
        console.wait_for(&format!("it@kept{round}.test"));
        console.wait_for("‹ ann@agency.test ›");
        // Under the fingers: half a word before, half after.
        console.press("\t2");
        let from = Instant::now();
        servers[dead].kill();
        console.press("nd of ");
        console.press(&format!("{round}"));
        // Saved at once: the write may be the first to find out.
        console.press("\x13");
        console.wait_for(&format!("{name} (kept-{round}-ltd) is created."));
        console.wait("a live link", is_live);
        slowest = slowest.max(from.elapsed());
        let theirs = format!("Elsewhere {round}");
        made_elsewhere(&elsewhere[alive], &urls[alive], &theirs);
        console.wait_for(&theirs);
        let listen = servers[dead].listen();
        servers[dead] = desk.beside(&listen);
    }
    // Each once, with everything that was typed.
    let clients = home.run(&["client", "list", "--json"]).json();
    let clients = clients["items"].as_array().unwrap();
    let failed = (0..ROUNDS)
        .filter(|round| {
            let name = format!("Kept {round} Ltd");
            let kept: Vec<_> = clients.iter().filter(|c| c["name"] == name.as_str()).collect();
            kept.len() != 1
                || kept[0]["contact_email"] != format!("it@kept{round}.test")
                || kept[0]["external_ref"] != format!("2nd of {round}")
        })
        .count();
    assert!(slowest < PROMISE, "{slowest:?}");
    let name = format!(
        "kill -9 of one of two servers under a console (slowest {} ms)",
        slowest.as_millis()
    );
    checked(&name, ROUNDS, failed, 4);
    console.press("q");
    assert_eq!(console.end().0, 0);
    console.is_restored();
}
