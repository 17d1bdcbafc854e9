//! riskdesk: the console of a security agency. One binary, three faces: console, command line, server.
//!
//! # The map
//!
//! | module | what lives there | may import |
//! |---|---|---|
//! | [`domain`] | nouns and rules, pure: no I/O, no async | nothing of ours |
//! | [`api`] | the wire contract: requests, answers, problems, one file per noun | `domain` |
//! | [`remote`] | the typed HTTP side of a console or command: calls, session refresh, event stream | `api`, `domain`, `credentials`, `config` |
//! | [`import`] | scanner formats: bytes in, records out; the restricted child that runs them | `domain` |
//! | [`store`] | all SQL, both engines, migrations | `domain` |
//! | [`service`] | use cases: permission, validation, transaction, audit, events | `store`, `import`, `api`, `domain` |
//! | [`server`] | axum: routes, extractors, errors, event streams | `service`, `api`, `domain` |
//! | [`tui`] | the console | `remote`, `api`, `domain`, `config` |
//! | [`cli`] | the command line; its composition roots start servers, and `import formats` prints what `service` knows of them without one | `remote`, `api`, `domain`, `config`, `credentials` |
//! | [`config`] | settings and their layers; the only reader of the environment | nothing of ours |
//! | [`credentials`] | the session cache: keyring, file, memory | `domain`, `config` |
//! | [`telemetry`] | logs and reports of what went wrong | `domain`, the printer of `cli` |
//!
//! `tests/it/tidy.rs` holds these rules against the source.
//!
//! # How to add …
//!
//! - **an endpoint on a noun**: the request type in `api/<noun>.rs` (it implements [`api::Endpoint`]), one function in
//!   `service/<noun>.rs`, SQL in `store/<noun>.rs` if it needs any, one line in `server/router.rs`.
//! - **a pane**: `tui/panes/<noun>s.rs`, one registry line, one keymap line in `assets/keymap.toml`.
//! - **an import format**: `import/<format>.rs` and one registry line in `import.rs`; samples under `tests/it/fixtures`.
//! - **a command**: `cli/<noun>.rs` and two lines in `cli.rs`.

pub mod api;
pub mod cli;
pub mod config;
pub mod credentials;
pub mod domain;
pub mod import;
pub mod remote;
pub mod server;
pub mod service;
pub mod store;
pub mod telemetry;
#[cfg(test)]
mod tests;
pub mod tui;
