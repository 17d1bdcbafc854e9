//! Imports: the score against real samples, the child process, hostile reports.

mod archive;
mod child;
mod flow;
mod record;
mod score;
