//! `demo`: a working desk in one command. A composition root: it starts the server inside this process, fills an agency
//! through the server's own API, signs in and opens the console (or says where it is and stays).

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::console;
use super::context::{Context, Remembered};
use super::error::Error;
use crate::api::session::SignIn;
use crate::config::{self, CredentialPlace};
use crate::remote::Remote;
use crate::server::Server;
use crate::service::Desk;
use crate::service::clock::Clock;
use crate::store::Store;

mod acts;
mod agency;
mod seed;

/// The profile by which other terminals reach a running demo.
const PROFILE: &str = "demo";

/// Open a demo desk: server, database and an agency with findings, in one command
#[derive(Debug, Args)]
#[command(after_help = "\
riskdesk demo                          the console over a fresh desk; quitting leaves nothing behind
riskdesk demo --data-dir ~/desk        keeps the desk there and reopens it the next time
riskdesk demo --import scan.sarif      takes your own report into a project of its own first
riskdesk demo --no-console             one line of JSON when ready, then runs until SIGINT or SIGTERM

Meanwhile, in another terminal: riskdesk --profile demo finding list -q 'sev:>=high is:open'")]
pub struct Demo {
    /// Keep the desk's data in this folder, and reopen what is there
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Only serve; say where as one line of JSON
    #[arg(long)]
    no_console: bool,
    /// Reports of your own, taken into a project "My own report" first
    #[arg(long, value_name = "FILE", num_args = 1..)]
    import: Vec<PathBuf>,
}

/// What scripts are told when the desk is ready.
#[derive(Debug, Serialize)]
struct Ready<'a> {
    url: &'a str,
    email: &'a str,
    password: &'a str,
    data_dir: &'a Path,
    people: Vec<serde_json::Value>,
}

/// Both signals that end a command; heard from before anything is made that must be cleaned up.
struct Ends {
    interrupt: Signal,
    terminate: Signal,
}

impl Ends {
    fn new() -> Result<Self, Error> {
        let on = |kind| signal(kind).map_err(|e| Error::Failed(format!("signals: {e}")));
        Ok(Self {
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Runs the demo until it is quit.
///
/// # Errors
/// Where the desk cannot be made, opened or shown.
pub async fn run(cx: &Context, command: Demo) -> Result<(), Error> {
    let mut ends = Ends::new()?;
    for file in &command.import {
        // Before the desk is made: a wrong name should cost nothing.
        std::fs::metadata(file)
            .map_err(|e| Error::Usage(format!("{}: {e}; name a report that is there", file.display())))?;
    }
    let kept = command.data_dir.is_some();
    let dir = match &command.data_dir {
        Some(dir) => std::path::absolute(dir).unwrap_or_else(|_| dir.clone()),
        None => cx
            .paths
            .state_dir
            .join(format!("demo-{}", uuid::Uuid::new_v4().simple())),
    };
    let unwritable = |e: std::io::Error| Error::Failed(format!("{}: {e}; name another --data-dir", dir.display()));
    config::private_dir(&dir).map_err(unwritable)?;
    let cx = Context {
        profile: PROFILE.to_owned(),
        ..cx.clone()
    };
    let result = serve(&cx, &command, &dir, &mut ends).await;
    if !kept {
        std::fs::remove_dir_all(&dir).map_err(unwritable)?;
    }
    result
}

/// Makes or reopens the desk, and shows it.
async fn serve(cx: &Context, command: &Demo, dir: &Path, ends: &mut Ends) -> Result<(), Error> {
    let script = agency::Script::read()?;
    let failed = |e: &dyn std::fmt::Display| Error::Failed(e.to_string());
    let database = dir.join("desk.db");
    let store = Store::open(&format!("sqlite:{}", database.display()))
        .await
        .map_err(|e| failed(&e))?;
    let clock = Clock::system();
    let spool = dir.join("uploads");
    config::private_dir(&spool).map_err(|e| failed(&e))?;
    let desk = Desk::new(store.clone(), clock.clone(), Some(spool))
        .await
        .map_err(super::admin::refused)?;
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|e| failed(&e))?;
    let server = Server::start(desk, listener)
        .await
        .map_err(|e| Error::Failed(format!("{e:#}")))?;
    let url = format!("http://{}", server.address);
    let seed = seed::Seed::new(cx, &url, &script, store, &clock);
    let shown = fill_and_show(cx, command, dir, &url, &seed, ends).await;
    server.stop().await;
    shown
}

async fn fill_and_show(
    cx: &Context,
    command: &Demo,
    dir: &Path,
    url: &str,
    seed: &seed::Seed<'_>,
    ends: &mut Ends,
) -> Result<(), Error> {
    let console = command.opens_console();
    let fill = async {
        if !seed.is_made().await? {
            seed.make(console).await?;
        }
        seed.own_reports(&command.import).await
    };
    tokio::select! {
        filled = fill => filled?,
        () = ends.wait() => return Ok(()),
    }

    let script = seed.script();
    let admin = script.admin();
    let seat = Seat::take(cx, url, &admin.email, &script.password).await?;
    let shown = if console {
        console::open(&seat.cx, Some(seat.remote.clone()), Some(url.to_owned())).await
    } else {
        let people = script
            .people
            .iter()
            .map(|p| json!({"email": p.email, "password": script.password, "role": p.role}))
            .collect();
        let ready = Ready {
            url,
            email: &admin.email,
            password: &script.password,
            data_dir: dir,
            people,
        };
        let said = cx.out.line(&ready);
        if said.is_ok() {
            ends.wait().await;
        }
        said
    };
    seat.leave().await;
    shown
}

impl Demo {
    /// Whether the console opens, or the demo only says where it is.
    pub(super) fn opens_console(&self) -> bool {
        !self.no_console && std::io::stdout().is_terminal()
    }
}

/// Takes away what a demo made outside its own folder, where nothing else is in it: an empty log, empty directories.
pub(super) fn leave_nothing(paths: &config::Paths) {
    let log = paths.log_file();
    if std::fs::metadata(&log).is_ok_and(|m| m.len() == 0) {
        let _ = std::fs::remove_file(log);
    }
    for dir in [
        paths.sessions_dir(),
        paths.profiles_dir(),
        paths.drafts_dir(),
        paths.state_dir.clone(),
    ] {
        // Refused for one that holds something, which is somebody's.
        let _ = std::fs::remove_dir(dir);
    }
}

/// The signed-in session under the profile `demo`, which other terminals share. Given up when the demo ends.
struct Seat {
    cx: Context,
    remote: Remote,
    url: String,
}

impl Seat {
    async fn take(cx: &Context, url: &str, email: &str, password: &str) -> Result<Self, Error> {
        let mut cx = cx.clone();
        cx.global.server = Some(url.to_owned());
        // The demo's session is worth nothing elsewhere: no keyring is asked for it. "memory" stays what it is.
        if cx.config.credentials != CredentialPlace::Memory {
            cx.config.credentials = CredentialPlace::File;
        }
        let remote = cx.remote()?;
        let request = SignIn {
            email: email.to_owned(),
            password: password.to_owned(),
            agency: None,
            label: Some("demo".into()),
        };
        remote.sign_in(&request).await?;
        let note = Remembered {
            server: vec![url.to_owned()],
            email: Some(email.to_owned()),
        };
        cx.remember(&note)?;
        Ok(Self {
            cx,
            remote,
            url: url.to_owned(),
        })
    }

    /// Signs out and forgets the profile, unless another demo has taken it over.
    async fn leave(self) {
        if let Err(error) = self.remote.sign_out().await {
            tracing::debug!(%error, "the demo's session ends with its server");
        }
        if let Err(error) = self.cx.forget(&self.url) {
            tracing::warn!(%error, "the demo's profile is not forgotten");
        }
    }
}
