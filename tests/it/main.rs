//! The one integration binary: everything that needs more than one module, a database, a process or a screen.

// What clippy.toml allows in test functions holds for their helpers too: all of this binary is a test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::items_after_statements,
    clippy::assigning_clones,
    clippy::explicit_counter_loop,
    clippy::manual_async_fn,
    clippy::collapsible_match,
    clippy::similar_names
)]

mod api;
mod cli;
mod import;
mod isolation;
mod pty;
mod remote;
mod session;
mod support;
mod tidy;
mod tui;
