//! `doctor`: what could be wrong on this machine, each with the command that mends it.

use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::context::Context;
use super::error::Error;
use super::output::{Column, Row, col, long};
use crate::config::CredentialPlace;
use crate::credentials;

/// Check settings, files, keyring, server, clock and terminal; say what mends what is wrong
#[derive(Debug, Args)]
#[command(after_help = "Exit code 0 where nothing failed (warnings allowed), 1 otherwise.")]
pub struct Doctor {}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Ok,
    Warn,
    Fail,
}

#[derive(Debug, Serialize)]
struct Line {
    verdict: Verdict,
    what: &'static str,
    found: String,
    /// The command that mends it.
    #[serde(skip_serializing_if = "Option::is_none")]
    mend: Option<String>,
}

#[derive(Debug, Serialize)]
struct Report {
    items: Vec<Line>,
}

impl Row for Line {
    const COLUMNS: &'static [Column] = &[col(""), col("what"), long("found"), long("mend")];

    fn cells(&self) -> Vec<String> {
        let verdict = match self.verdict {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "fail",
        };
        vec![
            verdict.into(),
            self.what.into(),
            self.found.clone(),
            self.mend.clone().unwrap_or_default(),
        ]
    }
}

fn ok(what: &'static str, found: impl Into<String>) -> Line {
    Line {
        verdict: Verdict::Ok,
        what,
        found: found.into(),
        mend: None,
    }
}

fn warn(what: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Line {
    Line {
        verdict: Verdict::Warn,
        what,
        found: found.into(),
        mend: Some(mend.into()),
    }
}

fn fail(what: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Line {
    Line {
        verdict: Verdict::Fail,
        what,
        found: found.into(),
        mend: Some(mend.into()),
    }
}

/// SQLite below this can corrupt a database that two connections write and checkpoint.
const SQLITE_NEEDED: i32 = 3_051_003;

pub async fn run(cx: &Context) -> Result<(), Error> {
    // The settings were read before any command runs; being here means that they are fine.
    let mut items = vec![ok(
        "settings",
        crate::config::usual_file(&cx.paths).display().to_string(),
    )];
    items.push(files(cx));
    items.push(keyring(cx).await);
    items.extend(server(cx).await);
    items.push(terminal(cx));
    let version = libsqlite3_sys::SQLITE_VERSION_NUMBER;
    items.push(if version >= SQLITE_NEEDED {
        ok(
            "sqlite",
            format!("{}.{}.{}", version / 1_000_000, version / 1000 % 1000, version % 1000),
        )
    } else {
        fail(
            "sqlite",
            format!("version number {version} is older than {SQLITE_NEEDED}"),
            "cargo update -p libsqlite3-sys",
        )
    });
    let failed = items.iter().any(|l| l.verdict == Verdict::Fail);
    let report = Report { items };
    cx.out.list(&report, &report.items)?;
    if failed { Err(Error::Reported(1)) } else { Ok(()) }
}

fn files(cx: &Context) -> Line {
    let dir = cx.paths.sessions_dir();
    match credentials::probe_files(&dir) {
        Ok(()) => match cx.servers().map(|s| cx.cache(&s).load()) {
            Ok(Err(error @ credentials::Error::Unsafe { .. })) => unsafe_line(&error),
            Ok(Err(error)) => warn("files", error.to_string(), "riskdesk login"),
            _ => ok("files", dir.display().to_string()),
        },
        Err(error) => unsafe_line(&error),
    }
}

fn unsafe_line(error: &credentials::Error) -> Line {
    match error {
        credentials::Error::Unsafe { path, what, mend } => fail("files", format!("{path} {what}"), mend.clone()),
        other => fail(
            "files",
            other.to_string(),
            "export RISKDESK_STATE_DIR=\"$HOME/.riskdesk\"",
        ),
    }
}

async fn keyring(cx: &Context) -> Line {
    let place = cx.config.credentials;
    if matches!(place, CredentialPlace::File | CredentialPlace::Memory) {
        return ok("keyring", "not used, as the settings ask");
    }
    let answer = tokio::task::spawn_blocking(credentials::probe_keyring).await;
    match answer {
        Ok(Ok(())) => ok("keyring", "answers"),
        Ok(Err(error)) if place == CredentialPlace::Auto => warn(
            "keyring",
            format!("{error}; a file is used instead"),
            "export RISKDESK_CREDENTIALS=file",
        ),
        Ok(Err(error)) => fail("keyring", error.to_string(), "export RISKDESK_CREDENTIALS=file"),
        Err(_) => fail("keyring", "could not be asked", "export RISKDESK_CREDENTIALS=file"),
    }
}

async fn server(cx: &Context) -> Vec<Line> {
    let mend = "riskdesk login --server URL --email E";
    let remote = match cx.remote() {
        Ok(remote) => remote,
        Err(error) => return vec![warn("server", error.to_string(), mend)],
    };
    let probe = match tokio::time::timeout(Duration::from_secs(15), remote.probe()).await {
        Ok(Ok(probe)) => probe,
        Ok(Err(error)) => {
            return vec![fail(
                "server",
                error.to_string(),
                format!("curl -v {}", remote.server()),
            )];
        }
        Err(_) => {
            let found = format!("{} did not answer within 15 seconds", remote.server());
            return vec![fail("server", found, format!("curl -v {}", remote.server()))];
        }
    };
    let mut lines = vec![if probe.is_ours {
        ok(
            "server",
            format!("{} answered in {} ms", remote.server(), probe.took.as_millis()),
        )
    } else {
        fail("server", format!("{} is not a riskdesk server", remote.server()), mend)
    }];
    lines.push(match probe.ahead_seconds {
        None => warn("clock", "the server names no time", "timedatectl status"),
        Some(ahead) if ahead.abs() <= 5 => ok("clock", "agrees with the server's"),
        Some(ahead) if ahead > 0 => warn(
            "clock",
            format!("{ahead} s behind the server's"),
            "timedatectl set-ntp true",
        ),
        Some(ahead) => warn(
            "clock",
            format!("{} s ahead of the server's", -ahead),
            "timedatectl set-ntp true",
        ),
    });
    lines.push(match remote.call(&crate::api::session::WhoAmI {}).await {
        Ok(who) => ok("session", format!("{} at {}", who.email, who.agency.name)),
        Err(crate::remote::Error::SignInNeeded) => warn("session", "not signed in", "riskdesk login"),
        Err(error) => warn("session", error.to_string(), "riskdesk login"),
    });
    lines
}

fn terminal(cx: &Context) -> Line {
    let term = cx.environment.get("TERM").unwrap_or("unknown");
    if term == "dumb" || term == "unknown" {
        return warn(
            "terminal",
            format!("TERM is {term}: the console needs more"),
            "export TERM=xterm-256color",
        );
    }
    let utf8 = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| cx.environment.get(name));
    let utf8 = utf8.is_some_and(|l| l.to_lowercase().replace('-', "").contains("utf8"));
    if !utf8 {
        return warn(
            "terminal",
            format!("{term}, and the locale is not UTF-8"),
            "export LANG=C.UTF-8",
        );
    }
    let colours = match cx.environment.get("COLORTERM") {
        _ if cx.environment.plain_terminal() => "no colours, as asked",
        Some("truecolor" | "24bit") => "all colours",
        _ => "16 colours",
    };
    ok("terminal", format!("{term}, {colours}"))
}
