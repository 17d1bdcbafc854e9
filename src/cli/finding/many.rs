//! One change to many findings: shown first, done after a yes, whole or not at all.

use clap::Args;

use super::super::ask;
use super::super::context::Context;
use super::super::error::Error;
use super::super::output::{Column, Row, col, long, num, word};
use crate::api::bulk::{BulkChange, BulkFindings, BulkLosses, BulkOutcome, BulkReason, FindingAt};
use crate::remote::{Remote, Write};

/// Which findings a change is for.
#[derive(Debug, Args)]
pub struct Which {
    /// Keys or ids: several change together, or none does
    #[arg(value_name = "KEY", required_unless_present = "q")]
    findings: Vec<String>,
    /// All that a query finds instead
    #[arg(short, long, value_name = "QUERY", conflicts_with = "findings")]
    q: Option<String>,
    /// Change many without asking
    #[arg(long)]
    yes: bool,
    /// Only show what would happen
    #[arg(long)]
    dry_run: bool,
}

impl Which {
    /// The one finding that is named, where it is one.
    pub fn one(&self) -> Option<String> {
        match self.findings.as_slice() {
            [only] if !self.dry_run => Some(only.clone()),
            _ => None,
        }
    }
}

/// Refuses flags that only one finding can have.
///
/// # Errors
/// Where one was given.
pub fn only_for_one(flags: &[(&str, bool)]) -> Result<(), Error> {
    match flags.iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(Error::Usage(format!("{flag} is for one finding at a time"))),
        None => Ok(()),
    }
}

impl Row for BulkReason {
    const COLUMNS: &'static [Column] = &[num("findings"), col("why not"), long("says"), long("such as")];

    fn cells(&self) -> Vec<String> {
        vec![
            self.count.to_string(),
            word(&self.code),
            self.detail.clone(),
            self.examples.join(", "),
        ]
    }
}

/// Shows what a change would do to many, asks, and does what was shown.
///
/// # Errors
/// Where the server refuses, or the person does.
pub async fn change(cx: &Context, remote: &Remote, which: Which, change: BulkChange, verb: &str) -> Result<(), Error> {
    let mut request = BulkFindings {
        findings: which
            .findings
            .into_iter()
            .map(|finding| FindingAt { finding, version: None })
            .collect(),
        q: which.q,
        digest: None,
        change,
        dry_run: true,
    };
    let shown = remote.write(&request, &Write::fresh()).await?;
    for led in &shown.led {
        cx.out.remark(&format!("{} is part of {} now.", led.named, led.finding));
    }
    if which.dry_run {
        cx.out.list(&shown, &shown.reasons)?;
        cx.out.remark(&counts(&shown));
        return Ok(());
    }
    // What cannot be done whole is not asked about: the server says why not.
    if shown.refused == 0 && shown.changed > 0 && !which.yes {
        ask::agree(
            &format!("{} {verb}?", counts(&shown)),
            "--yes (or --dry-run to see what would happen)",
        )?;
    }
    request.digest = Some(shown.digest);
    request.dry_run = false;
    let done = remote.write(&request, &Write::fresh()).await?;
    let undo = match done.act {
        Some(_) => " `riskdesk undo` takes it back.",
        None => "",
    };
    cx.out.done(
        &done,
        &format!(
            "{} changed, {} were so already.{undo}",
            findings(done.changed),
            done.already
        ),
    )
}

fn findings(n: i64) -> String {
    if n == 1 {
        "1 finding".into()
    } else {
        format!("{n} findings")
    }
}

/// What a dry run says, in a sentence.
fn counts(shown: &BulkOutcome) -> String {
    let mut said = format!("{} would change", findings(shown.changed));
    let clients: Vec<String> = shown
        .clients
        .iter()
        .map(|c| {
            let name = c.client.as_ref().map_or("no client", |client| client.name.as_str());
            format!("{} of {name}", c.count)
        })
        .collect();
    if !clients.is_empty() {
        said.push_str(&format!(" ({})", clients.join(", ")));
    }
    if shown.already > 0 {
        said.push_str(&format!(", {} are so already", shown.already));
    }
    if shown.refused > 0 {
        said.push_str(&format!(", {} cannot", shown.refused));
    }
    said.push('.');
    if let Some(losses) = shown.losses.filter(|l| l.leave_their_client > 0) {
        said.push_str(&format!(" {}", lost(&losses)));
    }
    said
}

/// What findings lose that leave their client, in a sentence.
fn lost(losses: &BulkLosses) -> String {
    let what = [
        (losses.comments_made_internal, "shared comments become internal"),
        (losses.rounds_made_internal, "rounds become internal"),
        (losses.claims_ended, "claims end"),
        (losses.releases_taken_back, "releases are taken back"),
        (losses.assignees_dropped, "lose their assignee"),
    ];
    let said: Vec<String> = what
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, what)| format!("{n} {what}"))
        .collect();
    let n = losses.leave_their_client;
    match said.as_slice() {
        [] => format!("{n} leave their client, with nothing shared there."),
        said => format!("{n} leave their client: {}.", said.join(", ")),
    }
}
