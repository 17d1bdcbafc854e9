//! The console, which opens where no command is given.

use std::io::IsTerminal as _;

use super::context::Context;
use super::error::Error;

/// Makes what the console needs before it takes the screen. Says whether a log file can be written.
pub fn prepare(cx: &Context) -> bool {
    crate::config::private_dir(&cx.paths.state_dir).is_ok()
}

pub fn run(_cx: &Context) -> Result<(), Error> {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Error::Usage(
            "the console needs a terminal; `riskdesk --help` lists the commands for scripts".into(),
        ));
    }
    Err(Error::Failed(
        "this build has no console yet; `riskdesk --help` lists the commands".into(),
    ))
}
