//! The built binary in a real terminal, over a real server: painting, resizing, leaving, and every way a terminal can go
//! away. Waits for what the screen shows; deadlines only prove that something happens at all.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::support::binary::Home;
use crate::support::checked;
use crate::support::desk::Desk;

mod console;
mod failover;
mod pager;
mod panes;
mod shells;
mod tour;

use console::{Console, PATIENCE};

fn server_pid(desk: &Desk) -> Pid {
    // The one process that has this database open and is not us.
    let database = desk.database.trim_start_matches("sqlite:").to_owned();
    let found = std::fs::read_dir("/proc").unwrap().flatten().find_map(|entry| {
        let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
        let line = std::fs::read_to_string(entry.path().join("cmdline")).ok()?;
        (line.contains("serve") && line.contains(&database)).then_some(pid)
    });
    Pid::from_raw(found.unwrap()).unwrap()
}

#[test]
fn it_paints_follows_the_window_and_gives_the_terminal_back() {
    let desk = Desk::sqlite();
    let home = desk.admin();
    let mut console = Console::open(&home, 80, 24);
    console.wait_for("live");
    console.wait_for("4 Queue");
    for i in 0..40 {
        console.resize(80 + i, 24 + i / 4);
    }
    console.resize(120, 36);
    console.wait("all four panes", |s| {
        ["1 Clients", "2 Projects", "3 Findings", "4 Queue"]
            .iter()
            .all(|p| s.contains(p))
    });
    console.resize(40, 10);
    console.wait_for("riskdesk needs 60 columns");
    console.resize(80, 24);
    console.press("1");
    console.wait_for("All clients");
    console.press("q");
    assert_eq!(console.end().0, 0);
    console.is_restored();
}

#[test]
fn a_change_made_elsewhere_shows_and_one_made_here_is_kept() {
    let desk = Desk::sqlite();
    let home = desk.admin();
    let mut console = Console::open(&home, 100, 30);
    console.wait_for("live");
    console.press("1");
    console.wait_for("All clients");
    assert_eq!(
        home.run(&[
            "client",
            "create",
            "--name",
            "Elsewhere Ltd",
            "--manager",
            crate::support::desk::ADMIN
        ])
        .code,
        0
    );
    console.wait_for("Elsewhere Ltd");
    console.press("\x0eHere Ltd\x13");
    console.wait_for("Here Ltd (here-ltd) is created.");
    assert!(home.run(&["client", "list"]).out.contains("Here Ltd"));
}

#[test]
fn without_a_session_it_asks_for_one_and_goes_on() {
    let desk = Desk::sqlite();
    let mut home = Home::new();
    home.set("RISKDESK_CREDENTIALS", "file");
    home.set("RISKDESK_SERVER", &desk.url);
    let mut console = Console::open(&home, 80, 24);
    console.wait_for("Sign in");
    console.press(&format!(
        "{}\t{}\r",
        crate::support::desk::ADMIN,
        crate::support::desk::PASSWORD
    ));
    console.wait_for("live");
    console.press("q");
    assert_eq!(console.end().0, 0);
    console.is_restored();
}

/// Check 29, once, over the whole loop: the session is revoked elsewhere while an edit is open.
#[test]
fn a_session_revoked_in_the_middle_of_an_edit_costs_a_sign_in_and_nothing_else() {
    let desk = Desk::sqlite();
    let (home, elsewhere) = (desk.admin(), desk.admin());
    let mut console = Console::open(&home, 100, 30);
    console.wait_for("live");
    console.press("1");
    console.wait_for("All clients");
    console.press("\x0e");
    console.wait_for("Create client");
    console.wait_for("‹ ann");
    console.press("Kept Ltd\tit@kept.test");
    console.wait_for("it@kept.test");
    let sessions = elsewhere.run(&["session", "list", "--json"]).json();
    for session in sessions["items"].as_array().unwrap() {
        if session["current"] == false {
            let id = session["id"].as_str().unwrap();
            assert_eq!(elsewhere.run(&["session", "revoke", id]).code, 0);
        }
    }
    console.press("\x13");
    console.wait_for("Your session has ended");
    console.press(&format!("{}\r", crate::support::desk::PASSWORD));
    console.wait_for("Kept Ltd (kept-ltd) is created.");
    let clients = elsewhere.run(&["client", "list", "--json"]).json();
    let kept: Vec<_> = clients["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|c| c["name"] == "Kept Ltd")
        .collect();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept[0]["contact_email"], "it@kept.test");
}

#[test]
fn keys_work_while_the_server_is_stopped_and_when_it_is_gone() {
    let mut desk = Desk::sqlite();
    let home = desk.admin();
    for name in ["Acme", "Borealis", "Cinder"] {
        assert_eq!(
            home.run(&[
                "client",
                "create",
                "--name",
                name,
                "--manager",
                crate::support::desk::ADMIN
            ])
            .code,
            0
        );
    }
    let mut console = Console::open(&home, 100, 30);
    console.wait_for("live");
    console.press("1");
    console.wait_for("Cinder");
    let server = server_pid(&desk);
    kill_process(server, Signal::STOP).unwrap();
    console.press("rjj");
    console.wait_for("2 of 3");
    console.press("?");
    console.wait_for("What works here");
    console.press("\x1b");
    console.wait("the honest state", |s| {
        !s.lines().next().unwrap_or_default().ends_with("live")
    });
    kill_process(server, Signal::CONT).unwrap();
    console.wait_for("live");
    desk.stop();
    console.wait("the lost link", |s| {
        !s.lines().next().unwrap_or_default().ends_with("live")
    });
    console.press("j");
    console.wait_for("3 of 3");
    console.press("q");
    assert_eq!(console.end().0, 0);
}

/// Commands say on their standard error that a server is slow; a console's screen is its own.
#[test]
fn nothing_but_the_console_writes_on_its_screen() {
    // It takes connections and never answers.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let mut home = Home::new();
    home.set("RISKDESK_TOKEN", "t");
    home.set("RISKDESK_NETWORK_RETRIES", "0");
    home.set("RISKDESK_NETWORK_ANSWER_SECONDS", "4");
    let url = format!("http://{}", silent.local_addr().unwrap());
    let mut console = Console::of(&home, &["--server", &url], home.path(), 100, 30);
    console.wait_for("did not answer");
    let raw = String::from_utf8_lossy(&console.seen.0.lock().unwrap().raw).into_owned();
    assert!(!raw.contains("still waiting"), "{raw}");
    console.press("q");
    assert_eq!(console.end().0, 0);
}

#[test]
fn an_idle_console_writes_nothing() {
    let desk = Desk::sqlite();
    let home = desk.admin();
    let console = Console::open(&home, 120, 36);
    console.wait_for("live");
    // Quiet begins when nothing has come for a while; from then on nothing may come and no work be done.
    let quiet = |for_ms| {
        let seen = console.seen.0.lock().unwrap();
        let before = seen.raw.len();
        let (seen, _) = console
            .seen
            .1
            .wait_timeout_while(seen, Duration::from_millis(for_ms), |s| s.raw.len() == before)
            .unwrap();
        seen.raw.len() == before
    };
    let until = Instant::now() + PATIENCE;
    while !quiet(700) {
        assert!(Instant::now() < until, "it never comes to rest");
    }
    let (_, before) = console.state();
    assert!(quiet(3_000), "an idle console wrote");
    let (_, after) = console.state();
    assert!(
        after - before <= 2,
        "an idle console worked for {} ticks",
        after - before
    );
}

#[test]
fn a_panic_while_drawing_gives_the_terminal_back_and_keeps_what_was_typed() {
    let desk = Desk::sqlite();
    let home = desk.admin();
    let mut console = Console::open(&home, 100, 30);
    console.wait_for("live");
    console.press("1");
    console.wait_for("All clients");
    console.press("\x0eHalf a client");
    console.wait_for("Half a client");
    console.press("\x1b");
    console.wait_for("1 draft");
    console.press(":panic while drawing\r");
    assert_ne!(console.end().0, 0);
    console.is_restored();
    console.wait_for("the trap was sprung");
    assert!(drafts(&home).contains("Half a client"));
}

fn drafts(home: &Home) -> String {
    std::fs::read_to_string(home.state().join("drafts/drafts.json")).unwrap_or_default()
}

#[derive(Debug, Clone, Copy)]
enum Leave {
    /// The terminal closes: SIGHUP, reads of nothing, EIO on output.
    Close,
    Hangup,
    Terminate,
}

/// Check 30: gone within two seconds, no spinning processor, the draft saved, the terminal restored.
#[test]
fn however_the_terminal_goes_away_the_console_leaves_and_the_draft_stays() {
    const ROUNDS: usize = 17;
    let desk = Desk::sqlite();
    let (mut count, mut failed) = (0, Vec::new());
    let ways = [Leave::Close, Leave::Hangup, Leave::Terminate];
    std::thread::scope(|scope| {
        let workers: Vec<_> = ways
            .into_iter()
            .map(|way| {
                let desk = &desk;
                scope.spawn(move || {
                    let home = desk.admin();
                    (0..ROUNDS).map(|round| leave(&home, way, round)).collect::<Vec<_>>()
                })
            })
            .collect();
        for (worker, way) in workers.into_iter().zip(ways) {
            for (round, outcome) in worker.join().unwrap().into_iter().enumerate() {
                count += 1;
                if let Err(why) = outcome {
                    failed.push(format!("{way:?} {round}: {why}"));
                }
            }
        }
    });
    assert!(failed.is_empty(), "{failed:#?}");
    checked("check 30: the terminal goes away", count, failed.len(), 50);
}

fn leave(home: &Home, way: Leave, round: usize) -> Result<(), String> {
    let _ = std::fs::remove_file(home.state().join("drafts/drafts.json"));
    let typed = format!("Round {round}");
    let mut console = Console::open(home, 90, 26);
    console.wait_for("live");
    console.press("1");
    console.wait_for("All clients");
    console.press(&format!("\x0e{typed}"));
    console.wait_for(&typed);
    let before = console.worked().unwrap_or_default();
    match way {
        Leave::Close => console.close(),
        Leave::Hangup => console.signal(Signal::HUP),
        Leave::Terminate => console.signal(Signal::TERM),
    }
    let from = Instant::now();
    let mut worked = 0;
    let took = loop {
        if console.child.try_wait().unwrap().is_some() {
            break from.elapsed();
        }
        if from.elapsed() > PATIENCE {
            return Err("it never ended".into());
        }
        worked = console.worked().map_or(worked, |now| now - before);
        std::thread::park_timeout(Duration::from_millis(5));
    };
    // Two seconds are the promise; the rest is for a machine that runs every other test at the same time.
    if took > Duration::from_secs(10) || worked > 50 {
        return Err(format!("it took {took:?} and {worked} ticks of the processor"));
    }
    if !drafts(home).contains(&typed) {
        return Err(format!("the draft is not there: {}", drafts(home)));
    }
    if !matches!(way, Leave::Close) {
        console.is_restored();
    }
    Ok(())
}

#[test]
fn suspending_gives_the_terminal_back_and_resuming_takes_it_again() {
    let desk = Desk::sqlite();
    let home = desk.admin();
    let mut console = Console::open(&home, 80, 24);
    console.wait_for("live");
    for _ in 0..3 {
        console.signal(Signal::TSTP);
        console.is_restored();
        let until = Instant::now() + PATIENCE;
        while console.state().0 != 'T' {
            assert!(Instant::now() < until, "it does not stop");
            std::thread::park_timeout(Duration::from_millis(5));
        }
        console.signal(Signal::CONT);
        console.wait_for("4 Queue");
    }
    console.press("q");
    assert_eq!(console.end().0, 0);
    console.is_restored();
}

/// Check 8 on the wire: what a hostile name makes the console send is nothing but its own few sequences.
#[test]
fn hostile_names_send_no_sequence_of_their_own() {
    let desk = Desk::sqlite();
    let home = desk.admin();
    let names = [
        "a\u{1b}]0;owned\u{7}b",
        "c\u{1b}[2Jd\u{9b}31m",
        "e\u{202e}fdp.exe",
        "g\u{200b}h\u{2066}i",
        "\u{1b}P+q544e\u{1b}\\j",
    ];
    for name in names {
        let ran = home.run(&[
            "client",
            "create",
            "--name",
            name,
            "--manager",
            crate::support::desk::ADMIN,
        ]);
        assert!(ran.code == 0 || !ran.err.is_empty());
    }
    let mut console = Console::open(&home, 120, 36);
    console.wait_for("live");
    console.press("1G");
    console.wait_for("All clients");
    console.press("q");
    console.end();
    let raw = String::from_utf8_lossy(&console.raw()).into_owned();
    let mut rest = raw.as_str();
    let mut sequences = 0;
    while let Some(at) = rest.find('\u{1b}') {
        rest = &rest[at + 1..];
        let own = rest.starts_with('[') || rest.starts_with("(B") || rest.starts_with('7') || rest.starts_with('8');
        assert!(
            own,
            "a sequence that is not ours: {:?}",
            rest.chars().take(12).collect::<String>()
        );
        sequences += 1;
    }
    assert!(sequences > 20);
    for hostile in ['\u{202e}', '\u{200b}', '\u{2066}', '\u{9b}', '\u{7}'] {
        assert!(
            !raw.contains(hostile),
            "{:04X} reached the terminal",
            u32::from(hostile)
        );
    }
}
