//! Logs and reports of what went wrong: set up once by `main`, before anything else runs.
//!
//! Where they go depends on the face: the console must not write on its own screen (a file in the state directory), a
//! command writes to standard error, the server writes JSON lines to standard error. Secrets are never values of a log
//! line: types that hold them have a `Debug` that says nothing.

use std::fs::OpenOptions;
use std::io;
use std::path::Path;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

use crate::domain::safe::Safe;

/// Which face of the program logs.
#[derive(Debug, Clone, Copy)]
pub enum Face<'a> {
    /// Lines to this file.
    Console(&'a Path),
    /// Lines to standard error.
    Command,
    /// JSON lines to standard error, from `info` on.
    Server,
}

/// The size at which the console begins a new log.
const LOG_MAX: u64 = 5 << 20;

/// Sends log lines where the face wants them. Later calls change nothing.
///
/// # Errors
/// Where the level cannot be read or the log file cannot be opened.
pub fn start(face: Face<'_>, level: &str) -> io::Result<()> {
    let wrong = |e| io::Error::new(io::ErrorKind::InvalidInput, format!("log.level: {e}"));
    match face {
        Face::Console(path) => {
            if std::fs::metadata(path).is_ok_and(|m| m.len() > LOG_MAX) {
                // One file back is enough to look into; failing to put it aside only lets the log grow.
                let _ = std::fs::rename(path, path.with_extension("log.1"));
            }
            let mut open = OpenOptions::new();
            open.create(true).append(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
            let file = open.open(path)?;
            install(filter(level, "warn").map_err(wrong)?, Mutex::new(file), false);
        }
        Face::Command => install(filter(level, "warn").map_err(wrong)?, io::stderr, false),
        Face::Server => install(filter(level, "info").map_err(wrong)?, io::stderr, true),
    }
    Ok(())
}

/// The default level of a face stands where the settings' own default was left alone.
fn filter(level: &str, face: &str) -> Result<EnvFilter, tracing_subscriber::filter::ParseError> {
    EnvFilter::builder().parse(if level == "warn" { face } else { level })
}

fn install<W: for<'w> MakeWriter<'w> + Send + Sync + 'static>(filter: EnvFilter, writer: W, json: bool) {
    let plain = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(writer);
    // A second subscriber in one process is a test's business, not an error.
    let _ = if json {
        // The request's span once: there is only one of them.
        plain.json().with_span_list(false).finish().try_init()
    } else {
        plain.finish().try_init()
    };
}

/// Reports of errors and panics. The console's own hook, installed later, restores the terminal and then calls this one.
///
/// # Errors
/// Where a hook stands already.
pub fn install_reports() -> color_eyre::Result<()> {
    let (panics, errors) = color_eyre::config::HookBuilder::new()
        .theme(color_eyre::config::Theme::new())
        .display_env_section(false)
        .into_hooks();
    errors.install()?;
    std::panic::set_hook(Box::new(move |info| {
        // A panic's message may quote a scanner; it reaches the terminal like any other text.
        let report = panics.panic_report(info).to_string();
        crate::cli::output::complain(Safe::block(&report).as_str());
    }));
    Ok(())
}
