//! `events`: what happens on the server, as JSON lines, for scripts that wait.

use clap::Args;
use futures::StreamExt as _;
use serde_json::json;

use super::context::Context;
use super::error::Error;
use crate::remote::{self, Incoming};

/// Print what changes on the server, one JSON document a line, until interrupted
#[derive(Debug, Args)]
#[command(after_help = "\
Each line has a `kind`: `up` (the stream stands), `change` (with `event`), `resync` (something may have been missed: ask \
again for what you show), `down` (with `reason`; the stream is reopened by itself).")]
pub struct Events {}

pub async fn run(cx: &Context) -> Result<(), Error> {
    let remote = cx.remote()?;
    if !remote.has_session().await? {
        return Err(remote::Error::SignInNeeded.into());
    }
    let mut events = remote.events();
    while let Some(incoming) = events.next().await {
        match incoming {
            Incoming::Up => cx.out.line(&json!({"kind": "up"}))?,
            Incoming::Change(event) => cx.out.line(&json!({"kind": "change", "event": event}))?,
            Incoming::Resync => cx.out.line(&json!({"kind": "resync"}))?,
            Incoming::Down(reason) => cx.out.line(&json!({"kind": "down", "reason": reason}))?,
            Incoming::SignInNeeded => return Err(remote::Error::SignInNeeded.into()),
        }
    }
    Ok(())
}
