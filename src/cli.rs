//! The command line: every act of the console as a command, for people, scripts and pipes.
//!
//! One file per noun. A command asks [`crate::remote`] and hands what it gets to the printer ([`output`], the only place
//! that prints); it decides nothing about rights or rules. The composition roots (`serve`, `admin`, `demo`, `worker`)
//! start servers and are the only files here that may name them. Called by `main`.

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser, Subcommand};

use crate::telemetry::{self, Face};

mod access;
mod act;
mod admin;
mod agency;
mod ask;
mod audit;
mod client;
mod completions;
mod console;
mod context;
mod demo;
mod doctor;
mod error;
mod events;
mod finding;
mod import;
mod man;
pub mod output;
mod pager;
mod paging;
mod paths;
mod project;
mod queue;
mod serve;
mod session;
mod token;
mod user;
mod worker;

pub use context::{Context, Global};
pub use error::Error;

/// The console of a security agency: clients, projects, findings and remediation, in a terminal.
#[derive(Debug, Parser)]
#[command(name = "riskdesk", version, max_term_width = 100, after_help = AFTER)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<Command>,
}

const AFTER: &str = "\
Without a command the console opens. Start with `riskdesk demo`, or with `riskdesk login --server URL`.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not signed in, 4 not allowed, 5 not found, 6 conflict, \
7 server unreachable, 8 a limit. With --json an answer is one document on standard output, and a refusal the \
problem document on standard error.";

#[derive(Debug, Subcommand)]
enum Command {
    Login(session::Login),
    Logout(session::Logout),
    Whoami(session::Whoami),
    #[command(subcommand)]
    Session(session::Command),
    #[command(subcommand)]
    Agency(agency::Command),
    #[command(subcommand)]
    Client(client::Command),
    #[command(subcommand)]
    Project(project::Command),
    #[command(subcommand)]
    Finding(finding::Command),
    Import(import::Import),
    #[command(subcommand)]
    Queue(queue::Command),
    Undo(act::Undo),
    Redo(act::Redo),
    #[command(subcommand)]
    User(user::Command),
    #[command(subcommand)]
    Token(token::Command),
    #[command(subcommand)]
    Audit(audit::Command),
    #[command(subcommand)]
    Access(access::Command),
    Events(events::Events),
    Paths(paths::Paths),
    Doctor(doctor::Doctor),
    Completions(completions::Completions),
    Man(man::Man),
    Demo(demo::Demo),
    Serve(serve::Serve),
    #[command(subcommand)]
    Admin(admin::Command),
    /// The server's own helper processes.
    #[command(subcommand, hide = true)]
    Worker(worker::Command),
}

/// Parses the arguments, runs what they ask for, and says how it went.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse_usage(&error),
    };
    // Before anything is read or started: a helper process has nothing to do with profiles, logs or threads.
    if let Some(Command::Worker(command)) = &cli.command {
        return worker::run(command);
    }
    if let Some(Command::Completions(command)) = &cli.command
        && command.asks()
    {
        completions::answer(command, Cli::command());
        return ExitCode::SUCCESS;
    }
    let json = cli.global.json;
    match start(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error.report(json);
            ExitCode::from(error.exit_code())
        }
    }
}

fn start(cli: Cli) -> Result<(), Error> {
    let cx = Context::new(cli.global)?;
    // Made from the tree of commands alone: no log, no threads.
    match &cli.command {
        Some(Command::Completions(command)) => return completions::run(&cx, command),
        Some(Command::Man(command)) => return man::run(&cx, command, Cli::command()),
        _ => {}
    }
    if let Some(Command::Demo(command)) = cli.command {
        // Its log is where its data is, and both are taken away with it.
        let demo = demo::Place::take(&cx, command)?;
        let log = demo.log_file();
        let face = if demo.opens_console() {
            Face::Console(&log)
        } else {
            Face::Command
        };
        let result = live(&cx, face, demo::run(&demo));
        demo.leave();
        return result;
    }
    let log = cx.paths.log_file();
    let face = match cli.command {
        None if console::prepare(&cx) => Face::Console(&log),
        Some(Command::Serve(_)) => Face::Server,
        _ => Face::Command,
    };
    live(&cx, face, run(&cx, cli.command))
}

/// Runs a command to its end, with a log and threads.
fn live(cx: &Context, face: Face<'_>, command: impl Future<Output = Result<(), Error>>) -> Result<(), Error> {
    let level = cx.environment.get("RISKDESK_LOG").unwrap_or(&cx.config.log.level);
    telemetry::start(face, level).map_err(|e| Error::Failed(format!("the log: {e}")))?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Error::Failed(format!("threads cannot be started: {e}")))?;
    let result = runtime.block_on(command);
    // A hung keyring or lock holds a thread; the process does not wait for it.
    runtime.shutdown_background();
    result
}

async fn run(cx: &Context, command: Option<Command>) -> Result<(), Error> {
    match command {
        None => console::run(cx).await,
        Some(Command::Login(command)) => session::login(cx, command).await,
        Some(Command::Logout(_)) => session::logout(cx).await,
        Some(Command::Whoami(_)) => session::whoami(cx).await,
        Some(Command::Session(command)) => session::run(cx, command).await,
        Some(Command::Agency(command)) => agency::run(cx, command).await,
        Some(Command::Client(command)) => client::run(cx, command).await,
        Some(Command::Project(command)) => project::run(cx, command).await,
        Some(Command::Finding(command)) => finding::run(cx, command).await,
        Some(Command::Import(command)) => import::run(cx, command).await,
        Some(Command::Queue(command)) => queue::run(cx, command).await,
        Some(Command::Undo(command)) => act::undo(cx, command).await,
        Some(Command::Redo(command)) => act::redo(cx, command).await,
        Some(Command::User(command)) => user::run(cx, command).await,
        Some(Command::Token(command)) => token::run(cx, command).await,
        Some(Command::Audit(command)) => audit::run(cx, command).await,
        Some(Command::Access(command)) => access::run(cx, command).await,
        Some(Command::Events(_)) => events::run(cx).await,
        Some(Command::Paths(_)) => paths::run(cx),
        Some(Command::Doctor(_)) => doctor::run(cx).await,
        Some(Command::Serve(command)) => serve::run(cx, command).await,
        Some(Command::Admin(command)) => admin::run(cx, command).await,
        // Each has a start of its own.
        Some(Command::Completions(_) | Command::Man(_) | Command::Demo(_) | Command::Worker(_)) => Ok(()),
    }
}

/// Help and versions are answers; anything else is wrong usage, as a document where one was asked for. What was typed is
/// quoted in it, and may have been pasted: it is made safe like any other text.
fn refuse_usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        // Our own help text; a reader that went away has seen enough of it.
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.render().to_string();
    let text = text.trim_start_matches("error: ").trim();
    let error = Error::Usage(text.to_owned());
    error.report(std::env::args_os().any(|a| a == "--json"));
    ExitCode::from(error.exit_code())
}

/// Keeps secrets in memory away from core files and from other processes of the same user.
pub fn harden() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // Best effort: a machine that forbids it still gets a working program.
    let _ = setrlimit(Resource::Core, none);
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_holds_together() {
        Cli::command().debug_assert();
    }
}
