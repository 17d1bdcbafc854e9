//! Composition root of the decoding child: `riskdesk worker decode`, started by the server on one report.
//!
//! Hidden from help. It reads no configuration, opens nothing and prints nothing: a report comes in on standard input,
//! frames leave on standard output. What it may use shrinks before the first byte is read.

use std::fs::File;
use std::os::fd::AsFd;
use std::process::ExitCode;

use clap::Subcommand;

use crate::import::child;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Decode one scanner report from standard input.
    Decode {
        /// The format, where it is not to be told from the content.
        #[arg(long)]
        format: Option<String>,
    },
}

/// Runs the child's whole life. Fails only where nobody listens any more.
pub fn run(command: &Command) -> ExitCode {
    let Command::Decode { format } = command;
    let stdin = std::io::stdin();
    let stdout = std::io::stdout();
    let (Ok(input), Ok(output)) = (stdin.as_fd().try_clone_to_owned(), stdout.as_fd().try_clone_to_owned()) else {
        return ExitCode::FAILURE;
    };
    match child::decode_here(File::from(input), File::from(output), format.as_deref()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
