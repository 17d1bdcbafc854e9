//! `demo`: a working desk in one command. A composition root: it starts the server inside this process, fills an agency
//! through the server's own API, signs in and opens the console (or says where it is and stays).

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde::Serialize;
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::console;
use super::context::Context;
use super::error::Error;
use crate::config;
use crate::service::clock::Clock;
use crate::tui;

mod acts;
mod agency;
mod colleague;
mod machine;
mod seat;
mod seed;
mod slot;

use machine::{Backstage, Machine};
use seat::Seat;
use slot::Slot;

/// Open a demo desk: server, database and an agency with findings, in one command
#[derive(Debug, Args)]
#[command(after_help = "\
riskdesk demo                          the console over a fresh desk; quitting leaves nothing behind
riskdesk demo --data-dir ~/desk        keeps the desk there and reopens it the next time
riskdesk demo --import scan.sarif      takes your own report into a project of its own first
riskdesk demo --tour                   opens with a checklist of what to try
riskdesk demo --colleague              somebody else works along: watch it happen
riskdesk demo --no-console             one line of JSON when ready, then runs until SIGINT or SIGTERM

Meanwhile, in another terminal: riskdesk --profile demo finding list -q 'sev:>=high is:open'
Others are signed in, too: --profile demo-analyst, demo-viewer, demo-rival (of a second agency)")]
pub struct Demo {
    /// Keep the desk's data in this folder, and reopen what is there
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Only serve; say where as one line of JSON
    #[arg(long)]
    no_console: bool,
    /// Show the README's tour: as a list now, and as a checklist when the console opens
    #[arg(long)]
    tour: bool,
    /// Somebody else works along, through the API, every few seconds
    #[arg(long)]
    colleague: bool,
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
    let clock = Clock::system();
    let (machine, store) = Machine::start(dir, clock.clone()).await?;
    let machine = Arc::new(machine);
    let url = machine.url();
    let seed = seed::Seed::new(cx, &url, &script, store, &clock);
    let shown = fill_and_show(cx, command, dir, &machine, &seed, ends).await;
    machine.stop().await;
    shown
}

async fn fill_and_show(
    cx: &Context,
    command: &Demo,
    dir: &Path,
    machine: &Arc<Machine>,
    seed: &seed::Seed<'_>,
    ends: &mut Ends,
) -> Result<(), Error> {
    let console = command.opens_console();
    if command.tour {
        tell_tour(cx);
    }
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

    let (script, url) = (seed.script(), machine.url());
    // The admin sits at the console; everybody who has a seat of their own is signed in beside.
    let mut seats = Vec::new();
    for (profile, person) in script.seats(&cx.profile) {
        seats.push(Seat::take(cx, &profile, &url, &person.email, &script.password).await?);
    }
    let colleague = if command.colleague {
        Some(colleague::begin(seed.colleague().await?))
    } else {
        None
    };
    let shown = match seats.first() {
        Some(seat) if console => {
            let extra = console::Extra {
                stage: Some(Arc::new(Backstage(machine.clone()))),
                tour: command.tour,
            };
            console::open(&seat.cx, dir, Some(seat.remote.clone()), Some(url), extra).await
        }
        _ => say_ready(cx, script, &url, dir, ends).await,
    };
    if let Some(colleague) = colleague {
        colleague.abort();
    }
    for seat in seats {
        seat.leave().await;
    }
    shown
}

/// Says where the desk is and who may sign in, and waits for the end.
async fn say_ready(cx: &Context, script: &agency::Script, url: &str, dir: &Path, ends: &mut Ends) -> Result<(), Error> {
    let seats = script.seats(&cx.profile);
    let profile = |email: &str| {
        seats
            .iter()
            .find(|(_, p)| p.email == email)
            .map(|(name, _)| name.clone())
    };
    let people = script.everybody().map(|(agency, p)| {
        json!({
            "email": p.email, "password": script.password, "role": p.role, "agency": agency, "profile": profile(&p.email),
        })
    });
    let ready = Ready {
        profile: &cx.profile,
        url,
        email: &script.admin().email,
        password: &script.password,
        data_dir: dir,
        people: people.collect(),
    };
    let said = cx.out.line(&ready);
    if said.is_ok() {
        ends.wait().await;
    }
    said
}

/// The tour as a list, for the terminal that the console leaves behind.
fn tell_tour(cx: &Context) {
    for (n, step) in tui::tour::steps().iter().enumerate() {
        cx.out.remark(&format!("[ ] {:>2}  {}", n + 1, step.press.join("  ")));
        cx.out.remark(&format!("        {}", step.told));
    }
}

impl Demo {
    fn opens_console(&self) -> bool {
        !self.no_console && std::io::stdout().is_terminal()
    }
}
