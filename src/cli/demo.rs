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
use crate::config;
use crate::remote::Remote;
use crate::server::Server;
use crate::service::Desk;
use crate::service::clock::Clock;
use crate::service::limits::Limits;
use crate::store::Store;

mod acts;
mod agency;
mod seed;
mod slot;

use slot::Slot;

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
    /// By which other terminals reach it: `demo`, or `demo-2` beside a running one.
    profile: &'a str,
    url: &'a str,
    email: &'a str,
    password: &'a str,
    data_dir: &'a Path,
    people: Vec<serde_json::Value>,
}

/// The signals that end a command; heard from before anything is made that must be cleaned up.
struct Ends {
    interrupt: Signal,
    terminate: Signal,
    hangup: Signal,
}

impl Ends {
    fn new() -> Result<Self, Error> {
        let on = |kind| signal(kind).map_err(|e| Error::Failed(format!("signals: {e}")));
        Ok(Self {
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
            hangup: on(SignalKind::hangup())?,
        })
    }

    async fn wait(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}

/// Where a demo lives: taken before anything is logged, since its log is there too.
pub struct Place {
    command: Demo,
    slot: Slot,
    dir: PathBuf,
}

impl Place {
    /// # Errors
    /// Where a report to be imported is not there, or the folder cannot be made.
    pub fn take(cx: &Context, command: Demo) -> Result<Self, Error> {
        for file in &command.import {
            // Before the desk is made: a wrong name should cost nothing.
            std::fs::metadata(file)
                .map_err(|e| Error::Usage(format!("{}: {e}; name a report that is there", file.display())))?;
        }
        let slot = Slot::take(cx)?;
        let dir = match &command.data_dir {
            Some(dir) => std::path::absolute(dir).unwrap_or_else(|_| dir.clone()),
            None => slot.dir.clone(),
        };
        if let Err(e) = config::private_dir(&dir) {
            slot.leave();
            return Err(Error::Failed(format!(
                "{}: {e}; name another --data-dir",
                dir.display()
            )));
        }
        Ok(Self { command, slot, dir })
    }

    /// Whether the console opens, or the demo only says where it is.
    #[must_use]
    pub fn opens_console(&self) -> bool {
        self.command.opens_console()
    }

    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        self.dir.join("console.log")
    }

    /// Takes away all that is not in a folder the user named.
    pub fn leave(self) {
        self.slot.leave();
    }
}

/// Runs the demo until it is quit.
///
/// # Errors
/// Where the desk cannot be made, opened or shown.
pub async fn run(place: &Place) -> Result<(), Error> {
    let mut ends = Ends::new()?;
    serve(&place.slot.cx, &place.command, &place.dir, &mut ends).await
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
    // One person on their own machine, whose desk is filled as fast as it can be.
    let limits = Limits {
        requests_per_minute: 0,
        visits_per_minute: 0,
        ..Limits::default()
    };
    let desk = Desk::within(store.clone(), clock.clone(), Some(spool), limits)
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
        console::open(&seat.cx, dir, Some(seat.remote.clone()), Some(url.to_owned())).await
    } else {
        let people = script
            .people
            .iter()
            .map(|p| json!({"email": p.email, "password": script.password, "role": p.role}))
            .collect();
        let ready = Ready {
            profile: &cx.profile,
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
    fn opens_console(&self) -> bool {
        !self.no_console && std::io::stdout().is_terminal()
    }
}

/// The signed-in session under the demo's profile, which other terminals share. Given up when the demo ends.
struct Seat {
    cx: Context,
    remote: Remote,
}

impl Seat {
    async fn take(cx: &Context, url: &str, email: &str, password: &str) -> Result<Self, Error> {
        let mut cx = cx.clone();
        cx.global.server = Some(url.to_owned());
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
        Ok(Self { cx, remote })
    }

    /// Signs out; the place forgets the profile.
    async fn leave(self) {
        if let Err(error) = self.remote.sign_out().await {
            tracing::debug!(%error, "the demo's session ends with its server");
        }
    }
}
