//! `audit`: who did what, and whether the trail is whole.

use clap::{Args, Subcommand};

use super::context::{Context, word as read_word};
use super::error::Error;
use super::output::{Column, Row, col, long, num, when, word};
use super::paging::{Paging, list};
use crate::api::audit::{AuditEvent, Chain, ListAudit, Outcome, VerifyAudit};
use crate::domain::time::Time;

/// The audit trail
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List what was done and refused, newest first
    #[command(after_help = "\
riskdesk audit list --client acme --act finding. --since 2026-11-01T00:00:00Z
riskdesk audit list --actor ann@agency.test --outcome refused --all --json")]
    List(List),
    /// Follow the chain over the whole trail: nothing changed, nothing missing
    Verify(Kept),
}

#[derive(Debug, Args)]
pub struct List {
    /// An e-mail, a user's id, or `system`
    #[arg(long, value_name = "WHO")]
    actor: Option<String>,
    /// The key or id of what was acted on
    #[arg(long, value_name = "OBJECT")]
    object: Option<String>,
    /// An act (finding.move), or with a full stop at its end all that begin so (finding.)
    #[arg(long, value_name = "ACT")]
    act: Option<String>,
    /// allowed or refused
    #[arg(long, value_parser = read_word::<Outcome>)]
    outcome: Option<Outcome>,
    /// A client you may open
    #[arg(long, value_name = "CLIENT")]
    client: Option<String>,
    /// From this moment on (2026-11-01T00:00:00Z)
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Time>,
    /// Before this moment
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<Time>,
    /// Follow the chain first, and fail where it is broken (admins)
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    paging: Paging,
}

/// A checkpoint that was noted before.
#[derive(Debug, Default, Args)]
pub struct Kept {
    /// A position and the hash noted there, as an earlier run printed them: 1234:9f86d0…
    #[arg(long, value_name = "POSITION:HASH", value_parser = split)]
    pub checkpoint: Option<(i64, String)>,
}

fn split(text: &str) -> Result<(i64, String), String> {
    let parts = text
        .split_once(':')
        .and_then(|(at, hash)| Some((at.parse().ok()?, hash.to_owned())));
    parts.ok_or_else(|| "write it as POSITION:HASH, as `audit verify` prints it".to_owned())
}

fn moment(text: &str) -> Result<Time, String> {
    Time::parse(text).map_err(|_| "write a time as 2026-11-01T00:00:00Z".to_owned())
}

impl Row for AuditEvent {
    const COLUMNS: &'static [Column] = &[
        num("#"),
        col("at"),
        col("actor"),
        col("act"),
        col("outcome"),
        col("client"),
        long("object"),
        col("address"),
    ];

    fn cells(&self) -> Vec<String> {
        let object = self.object.as_ref().map(|o| match o.id {
            Some(id) => format!("{} {id}", o.kind),
            None => o.kind.clone(),
        });
        vec![
            self.position.map(|n| n.to_string()).unwrap_or_default(),
            when(self.at),
            self.actor.email.clone().unwrap_or_else(|| self.actor.kind.clone()),
            self.act.clone(),
            self.code.clone().unwrap_or_else(|| word(&self.outcome)),
            self.client.as_ref().map_or_else(|| "-".into(), |c| c.key.clone()),
            object.unwrap_or_default(),
            self.address.clone().unwrap_or_default(),
        ]
    }
}

/// Says what following the chain found; a broken one is a failure.
pub fn told(cx: &Context, chain: &Chain) -> Result<(), Error> {
    if let Some(at) = chain.broken_at {
        return Err(Error::Failed(format!(
            "the audit trail does not hold from position {at} on: a row there was changed, removed or added, or the checkpoint is another trail's; compare with a backup"
        )));
    }
    let text = format!(
        "The trail holds: {} rows. Keep this elsewhere as a checkpoint: {}:{}",
        chain.sealed, chain.sealed, chain.head
    );
    cx.out.done(chain, &text)
}

pub async fn run(cx: &Context, command: Command) -> Result<(), Error> {
    match command {
        Command::List(wanted) => {
            if wanted.verify {
                let chain = cx.remote()?.call(&VerifyAudit::default()).await?;
                if let Some(at) = chain.broken_at {
                    return Err(Error::Failed(format!(
                        "the audit trail does not hold from position {at} on; run `riskdesk audit verify` with a checkpoint you kept"
                    )));
                }
                cx.out
                    .remark(&format!("the trail holds: {}:{}", chain.sealed, chain.head));
            }
            list(cx, &wanted.paging, |limit, cursor| ListAudit {
                actor: wanted.actor.clone(),
                object: wanted.object.clone(),
                act: wanted.act.clone(),
                outcome: wanted.outcome,
                client: wanted.client.clone(),
                since: wanted.since,
                until: wanted.until,
                limit,
                cursor,
                count: wanted.paging.count,
            })
            .await
        }
        Command::Verify(kept) => {
            let (position, hash) = kept.checkpoint.unzip();
            told(cx, &cx.remote()?.call(&VerifyAudit { position, hash }).await?)
        }
    }
}
