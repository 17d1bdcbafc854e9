//! `queue`: the findings that need an act now, across every client one may open.

use clap::Subcommand;

use super::context::Context;
use super::error::Error;
use super::output::{Column, Row, col, long, num, when};
use super::paging::{Paging, list};
use crate::api::queue::{CountLanes, LaneCount, ListQueue, PutBackFinding, QueueItem, TakeFinding, TakeNext};
use crate::remote::Write;

/// The remediation queue
#[derive(Debug, Subcommand)]
#[command(after_help = "\
Lanes, in order: verify, reply, back, overdue, due_soon, new, gone, unassigned, waiting.
riskdesk queue list -q 'lane:verify client:acme'")]
pub enum Command {
    /// List the queue, by lane and by the nearest clock
    List {
        /// A query, e.g. 'sev:>=high lane:new'
        #[arg(short, long, value_name = "QUERY")]
        q: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Count the findings in each lane
    Lanes {
        #[arg(short, long, value_name = "QUERY")]
        q: Option<String>,
    },
    /// Take the next finding: the nearest or most breached clock, then severity
    Next {
        #[arg(short, long, value_name = "QUERY")]
        q: Option<String>,
    },
    /// Take a finding for 30 minutes, or renew your lease
    Take {
        /// Its key or id
        finding: String,
    },
    /// Put a finding you took back into the queue
    PutBack {
        /// Its key or id
        finding: String,
    },
}

impl Row for QueueItem {
    const COLUMNS: &'static [Column] = &[
        col("lane"),
        col("sev"),
        col("key"),
        col("client"),
        col("project"),
        long("title"),
        col("status"),
        col("clock"),
        col("holder"),
    ];

    fn cells(&self) -> Vec<String> {
        let finding = &self.finding;
        vec![
            self.lane.to_string(),
            finding.severity.to_string(),
            finding.key.clone(),
            finding.client.as_ref().map_or_else(|| "-".into(), |c| c.key.clone()),
            finding.project.key.clone(),
            finding.title.clone(),
            finding.status.to_string(),
            self.clock.as_ref().map(|c| when(c.due_at)).unwrap_or_default(),
            self.holder.as_ref().map(|h| h.user.name.clone()).unwrap_or_default(),
        ]
    }
}

impl Row for LaneCount {
    const COLUMNS: &'static [Column] = &[col("lane"), num("findings")];

    fn cells(&self) -> Vec<String> {
        vec![self.lane.to_string(), self.count.to_string()]
    }
}

pub async fn run(cx: &Context, command: Command) -> Result<(), Error> {
    let remote = cx.remote()?;
    match command {
        Command::List { q, paging } => list(cx, &paging, |limit, cursor| ListQueue {
            q: q.clone(),
            limit,
            cursor,
            count: paging.count,
            ..ListQueue::default()
        })
        .await
        .map_err(|e| e.about(q.as_deref())),
        Command::Lanes { q } => {
            let asked = remote.call(&CountLanes { q: q.clone() }).await;
            let counts = asked.map_err(|e| Error::from(e).about(q.as_deref()))?;
            cx.out.list(&counts, &counts.lanes)
        }
        Command::Next { q } => {
            let asked = remote.write(&TakeNext { q: q.clone() }, &Write::fresh()).await;
            let taken = asked.map_err(|e| Error::from(e).about(q.as_deref()))?;
            if taken.item.is_none() {
                cx.out.remark("nothing is left to take");
            }
            cx.out.list(&taken, taken.item.as_slice())
        }
        Command::Take { finding } => {
            let holder = remote.write(&TakeFinding { finding }, &Write::fresh()).await?;
            cx.out.done(&holder, &format!("Yours until {}.", when(holder.until)))
        }
        Command::PutBack { finding } => {
            remote.write(&PutBackFinding { finding }, &Write::fresh()).await?;
            cx.out.said("Back in the queue.")
        }
    }
}
