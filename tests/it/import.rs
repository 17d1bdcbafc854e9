//! Imports: the score against real samples, the child process, hostile reports.

mod archive;
#[cfg(target_os = "linux")]
mod breaks;
mod broken;
mod child;
mod compare;
mod flow;
mod hostile;
mod measured;
mod parts;
mod plans;
mod record;
mod resume;
mod score;
mod second;
mod settle;
mod table;
mod undo;

/// What writes small reports of every format, for the library's own tests and for these.
#[path = "../../src/import/tests/writers.rs"]
mod writers;
