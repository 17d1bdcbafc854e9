//! Corrections by hand: several findings become one, places become a finding of their own. Shown first, done after a yes.

use clap::Args;

use super::super::ask;
use super::super::context::Context;
use super::super::error::Error;
use crate::api::bulk::FindingAt;
use crate::api::correction::{CorrectionDone, MergeFindings, SplitFinding};
use crate::api::finding::{FindingDetail, ShowFinding};
use crate::domain::id::OccurrenceId;
use crate::remote::{Remote, Write};

#[derive(Debug, Args)]
#[command(after_help = "\
The one that stays keeps its status, severity, assignee and clocks; places, comments, rounds, history and tags of the others \
go to it. Their keys lead to it, the next import's sightings of them are its own, and `riskdesk undo` takes it back.")]
pub struct Merge {
    /// Keys or ids of findings of one project, two or more with --into
    #[arg(value_name = "KEY", required = true, num_args = 1..)]
    findings: Vec<String>,
    /// The one of them that stays; else the first
    #[arg(long, value_name = "KEY")]
    into: Option<String>,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The new finding gets what was decided about the one its places come from. The next import's sightings of these places are its \
own; `finding occurrences` lists places with their ids, and `riskdesk undo` takes it back.")]
pub struct Split {
    /// Its key or id
    finding: String,
    /// A place that is a finding of its own (its id); may be repeated
    #[arg(long = "occurrence", value_name = "ID", required = true)]
    occurrences: Vec<OccurrenceId>,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
struct How {
    /// What the client sees may change; needed beside --yes where it does
    #[arg(long)]
    client_sees: bool,
    /// Do it without asking
    #[arg(long)]
    yes: bool,
    /// Only show what would happen
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
}

impl How {
    /// Shows what would happen, and asks. `false`: showing it was all that was wanted.
    fn agreed(&self, cx: &Context, shown: &CorrectionDone) -> Result<bool, Error> {
        let lines: Vec<&str> = shown
            .says
            .iter()
            .chain(&shown.client_sees)
            .map(String::as_str)
            .collect();
        if self.dry_run {
            cx.out.done(shown, &lines.join("\n"))?;
            return Ok(false);
        }
        if !self.yes {
            ask::agree(
                &format!("{}\nDo that?", lines.join("\n")),
                "--yes (or --dry-run to see what would happen)",
            )?;
        }
        Ok(true)
    }

    /// A person who was shown it and said yes meant it; a script says so by the flag.
    fn client_sees(&self) -> bool {
        self.client_sees || !self.yes
    }
}

async fn shown(remote: &Remote, finding: &str) -> Result<FindingDetail, Error> {
    let finding = finding.to_owned();
    Ok(remote.call(&ShowFinding { finding }).await?)
}

pub(super) async fn merge(cx: &Context, remote: &Remote, merge: Merge) -> Result<(), Error> {
    let mut findings = Vec::with_capacity(merge.findings.len());
    let mut keys = Vec::with_capacity(merge.findings.len());
    for finding in merge.findings {
        let row = shown(remote, &finding).await?.finding;
        let version = Some(row.version);
        findings.push(FindingAt { finding, version });
        keys.push(row.key);
    }
    let into = match merge.into {
        Some(into) => {
            // Named by `--into` alone it is one of them all the same.
            let stays = shown(remote, &into).await?.finding;
            if !keys.contains(&stays.key) {
                findings.push(FindingAt {
                    finding: stays.key.clone(),
                    version: Some(stays.version),
                });
            }
            stays.key
        }
        None => keys.first().cloned().unwrap_or_default(),
    };
    let mut request = MergeFindings {
        findings,
        into,
        client_sees: merge.how.client_sees(),
        dry_run: true,
    };
    let would = remote.write(&request, &Write::fresh()).await?;
    if !merge.how.agreed(cx, &would)? {
        return Ok(());
    }
    request.dry_run = false;
    let done = remote.write(&request, &Write::fresh()).await?;
    cx.out.done(
        &done,
        &format!(
            "{} is one finding now, with {} places. `riskdesk undo` takes it back.",
            done.finding.key, done.finding.occurrence_count
        ),
    )
}

pub(super) async fn split(cx: &Context, remote: &Remote, split: Split) -> Result<(), Error> {
    let version = shown(remote, &split.finding).await?.finding.version;
    let mut request = SplitFinding {
        finding: split.finding,
        version: Some(version),
        occurrences: split.occurrences,
        client_sees: split.how.client_sees(),
        dry_run: true,
    };
    let would = remote.write(&request, &Write::fresh()).await?;
    if !split.how.agreed(cx, &would)? {
        return Ok(());
    }
    request.dry_run = false;
    let done = remote.write(&request, &Write::fresh()).await?;
    let made = done.made.as_ref().map_or("a new finding", |m| m.key.as_str());
    cx.out.done(
        &done,
        &format!(
            "Split {made} off from {}, which has {} places left. `riskdesk undo` takes it back.",
            done.finding.key, done.finding.occurrence_count
        ),
    )
}
