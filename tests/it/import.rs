//! Imports: the score against real samples, the child process, hostile reports.

mod archive;
#[cfg(target_os = "linux")]
mod breaks;
mod child;
mod flow;
mod record;
mod score;
mod second;
mod table;
