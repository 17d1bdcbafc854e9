//! `demo`, as a script uses it: ready with one line of JSON, reachable by its profile, gone without a trace.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Child;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::has;
use crate::support::binary::Home;

/// A demo that has begun to fill its desk.
fn begun(home: &Home) -> Child {
    let mut command = home.command(&["demo", "--no-console"]);
    let mut demo = command.env("RISKDESK_LOG", "info").spawn().unwrap();
    let mut first = String::new();
    BufReader::new(demo.stderr.as_mut().unwrap())
        .read_line(&mut first)
        .unwrap();
    assert!(first.contains("request"), "the first line of its log: {first}");
    demo
}

fn send(demo: &Child, signal: Signal) {
    kill_process(Pid::from_raw(demo.id().cast_signed()).unwrap(), signal).unwrap();
}

#[test]
fn a_demo_says_where_it_is_and_leaves_nothing_behind() {
    let home = Home::new();
    let scratch = home.path().join("tmp");
    std::fs::create_dir(&scratch).unwrap();
    // One that is killed has no chance to tidy up: the next one does.
    let mut killed = begun(&home);
    send(&killed, Signal::KILL);
    killed.wait().unwrap();
    assert!(
        home.state().join("demo").is_dir(),
        "nothing was left: the test shows nothing"
    );

    let mut command = home.command(&["demo", "--no-console"]);
    let mut demo = command.env("TMPDIR", &scratch).spawn().unwrap();
    let mut out = BufReader::new(demo.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let mut said = String::new();
    if line.is_empty() {
        demo.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    }
    let ready: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line} {said}"));
    has(&ready, "profile url email password data_dir people");
    assert_eq!(ready["profile"], "demo");
    for person in ready["people"].as_array().unwrap() {
        has(person, "email password role");
    }

    let ask = |arguments: &[&str]| home.run(&[&["--profile", "demo", "--json"], arguments].concat()).json();
    assert_eq!(ask(&["whoami"])["email"], ready["email"]);
    let agency = ask(&["agency", "show"]);
    assert_eq!(
        (&agency["clients"]["used"], &agency["clients"]["limit"]),
        (&12.into(), &14.into())
    );
    assert_eq!(
        (&agency["projects"]["limit"], &agency["seats"]["limit"]),
        (&200.into(), &10.into())
    );
    let overview = ask(&["agency", "overview"]);
    assert_eq!(overview["agency"]["clients"], agency["clients"]);
    assert_eq!(overview["due"]["days"].as_array().map(Vec::len), Some(7));
    assert!(
        overview["worst"].as_array().is_some_and(|w| !w.is_empty()),
        "{overview}"
    );
    let projects = ask(&["project", "list", "--all"]);
    let projects = projects["items"].as_array().unwrap();
    assert!((25..=35).contains(&projects.len()), "{} projects", projects.len());
    assert_eq!(projects.iter().filter(|p| p["client"].is_null()).count(), 2);
    for status in [
        "open",
        "in_progress",
        "pending_verification",
        "not_fixed",
        "partial",
        "inconclusive",
        "verified_fixed",
        "false_positive",
        "out_of_scope",
        "duplicate",
        "risk_accepted",
    ] {
        let query = format!("status:{status}");
        let found = ask(&["finding", "list", "-q", &query]);
        assert!(!found["items"].as_array().unwrap().is_empty(), "no finding is {status}");
    }
    let waiting = ask(&["finding", "list", "-q", "status:pending_verification"]);
    assert_eq!(waiting["items"].as_array().unwrap().len(), 3);

    // A second one beside it has a place of its own, and a hangup ends it without a trace as well.
    let mut second = begun(&home);
    assert!(home.state().join("demo-2").is_dir());
    send(&second, Signal::HUP);
    assert_eq!(second.wait().unwrap().code(), Some(0));
    assert!(!home.state().join("demo-2").exists());
    assert_eq!(ask(&["whoami"])["email"], ready["email"]);

    send(&demo, Signal::TERM);
    assert_eq!(demo.wait().unwrap().code(), Some(0));
    let mut rest = String::new();
    out.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "", "more than one line on standard output");
    let left: Vec<_> = std::fs::read_dir(&scratch)
        .unwrap()
        .map(|e| e.unwrap().path())
        .collect();
    assert!(left.is_empty(), "{left:?}");
    let entries: Vec<_> = std::fs::read_dir(home.path())
        .unwrap()
        .map(|e| e.unwrap().file_name())
        .collect();
    assert_eq!(entries, ["tmp"], "left behind in the user's directories");
}
