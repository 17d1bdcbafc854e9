//! `finding`: issues, what people decide about them, and what happened to them.

use clap::{Args, Subcommand};

use super::client::Seen;
use super::context::Context;
use super::error::Error;
use super::output::{Column, Row, col, long, maybe_when, num};
use super::paging::{Paging, list};
use crate::api::bulk::{BulkChange, BulkEdit, BulkMark, BulkMove, BulkPlace};
use crate::api::comment::{AddComment, ListComments};
use crate::api::finding::{
    CreateFinding, EditFinding, Finding, InconclusiveReason, ListFindings, ListHistory, ListOccurrences, MoveFinding,
    OccurrenceVerdict, ReleaseFinding, RoundKind, ShowFinding, TriageFinding,
};
use crate::api::place::PlaceFinding;
use crate::domain::access::Audience;
use crate::domain::id::OccurrenceId;
use crate::domain::severity::Severity;
use crate::domain::status::Status;
use crate::domain::time::Time;
use crate::remote::{Remote, Write};

mod correct;
mod detail;
mod export;
mod groups;
mod many;

use super::context::word as read_word;
use many::{Which, only_for_one};

/// Findings: issues, their places and their fate
#[derive(Debug, Subcommand)]
#[command(after_help = "\
A finding is named by its key (F-7K3QX2) or its id. Queries: sev:>=high status:open,not_fixed is:open lane:new -status:closed \
client:acme project:P-4Q7M assignee:@me due:<3d first:<1d seen:no tool:nuclei cve:CVE-2024-* cwe:79 asset:*.acme.test \
triaged:no released:no sort:-cvss \"free text\"")]
pub enum Command {
    /// List findings, worst first
    List {
        /// A query, e.g. 'client:acme sev:>=high is:open'
        #[arg(short, long, value_name = "QUERY")]
        q: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one finding and the moves that are legal now
    Show {
        /// Its key or id
        finding: String,
    },
    /// Count the findings of each group: by severity, client, assignee …
    Groups(groups::Groups),
    /// Write a finding by hand
    Create(Create),
    /// Set severity, assignee, due date, tags or CVSS, of one or many
    Edit(Edit),
    /// Move a finding, or many, to another status
    Move(Move),
    /// Say that a person has looked at it, or at many
    Triage(Mark),
    /// Release it, or many, to the client; the remediation clock starts
    Release(Mark),
    /// Put a finding, or many, into another project
    Place(Place),
    /// Make one finding of several of a project
    Merge(correct::Merge),
    /// Make a finding of its own of some places of a finding
    Split(correct::Split),
    /// Write a comment, internal unless --share
    Comment {
        /// Its key or id
        finding: String,
        /// What to say
        #[arg(long, value_name = "TEXT", required_unless_present = "list")]
        text: Option<String>,
        /// Share it with the client
        #[arg(long)]
        share: bool,
        /// The comment it answers; a reply has its parent's audience
        #[arg(long, value_name = "ID")]
        reply_to: Option<uuid::Uuid>,
        /// List the comments instead
        #[arg(long, conflicts_with_all = ["text", "share", "reply_to"])]
        list: bool,
        #[command(flatten)]
        paging: Paging,
    },
    /// List what happened to it, newest first
    History {
        finding: String,
        #[command(flatten)]
        paging: Paging,
    },
    /// List its places
    Occurrences {
        finding: String,
        #[command(flatten)]
        paging: Paging,
    },
    /// Explain what made it one finding, and which imports saw it
    Why { finding: String },
    /// Take findings out: as JSON lines that import back, as SARIF, or as a table
    Export(export::Export),
}

#[derive(Debug, Args)]
pub struct Create {
    /// The project's key or id
    #[arg(long, value_name = "KEY")]
    project: String,
    #[arg(long)]
    title: String,
    /// critical, high, medium, low or info; rated by --cvss where it is missing
    #[arg(long, value_parser = read_word::<Severity>)]
    severity: Option<Severity>,
    /// A CVSS vector of any version
    #[arg(long, value_name = "VECTOR")]
    cvss: Option<String>,
    /// A CWE number; may be repeated
    #[arg(long, value_name = "N")]
    cwe: Vec<u32>,
    /// A CVE id; may be repeated
    #[arg(long, value_name = "ID")]
    cve: Vec<String>,
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    description: String,
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    remediation: String,
    /// Where it is; may be repeated
    #[arg(long = "place", value_name = "PLACE")]
    places: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Edit {
    #[command(flatten)]
    which: Which,
    /// Your own severity, above the scanner's; `none` returns to the scanner's
    #[arg(long)]
    severity: Option<String>,
    /// E-mail or user id; `none`: nobody
    #[arg(long, value_name = "EMAIL")]
    assignee: Option<String>,
    /// An instant (2026-12-24T12:00:00Z); `none` returns to the computed one
    #[arg(long, value_name = "TIME")]
    due: Option<String>,
    /// A CVSS vector; `none` takes it away
    #[arg(long, value_name = "VECTOR")]
    cvss: Option<String>,
    /// Put a tag on it; may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// Take a tag off it (not one of its scanner's); may be repeated
    #[arg(long = "untag", value_name = "TAG")]
    untags: Vec<String>,
    #[command(flatten)]
    seen: Seen,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Statuses: open, in_progress, pending_verification, not_fixed, partial, inconclusive, verified_fixed, false_positive, \
out_of_scope, duplicate, risk_accepted. `finding show` says which are legal now and which need --notes.")]
pub struct Move {
    #[command(flatten)]
    which: Which,
    /// The status to move to
    #[arg(long, value_parser = read_word::<Status>)]
    to: Status,
    /// Why; most moves need it
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    notes: String,
    /// For pending_verification: remediated (the default) or retest
    #[arg(long, value_parser = read_word::<RoundKind>)]
    kind: Option<RoundKind>,
    /// For inconclusive: not_reachable, no_access, environment_changed, not_reproducible, other
    #[arg(long, value_parser = read_word::<InconclusiveReason>)]
    reason: Option<InconclusiveReason>,
    /// For risk_accepted: until when (2027-01-31T00:00:00Z)
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Time>,
    /// For duplicate: the finding it repeats
    #[arg(long, value_name = "KEY")]
    of: Option<String>,
    /// For verified_fixed in one act: what the proof is
    #[arg(long, value_name = "TEXT")]
    basis: Option<String>,
    /// For partial: a place that is fixed (its id); may be repeated
    #[arg(long, value_name = "ID")]
    fixed: Vec<OccurrenceId>,
    /// For partial: a place that is not fixed (its id); may be repeated
    #[arg(long, value_name = "ID")]
    not_fixed: Vec<OccurrenceId>,
    #[command(flatten)]
    seen: Seen,
}

#[derive(Debug, Args)]
pub struct Mark {
    #[command(flatten)]
    which: Which,
    /// Take it back
    #[arg(long)]
    undo: bool,
    #[command(flatten)]
    seen: Seen,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Within a client everything goes along. At another client nothing of the old one is shared: comments and rounds become internal, \
the release is taken back with its due date, claims end. `riskdesk undo` takes it back. A later import into the old project that \
sees the issue again makes a new finding there.")]
pub struct Place {
    #[command(flatten)]
    which: Which,
    /// The project's key, id or unambiguous name
    #[arg(long, value_name = "KEY")]
    project: String,
    #[command(flatten)]
    seen: Seen,
}

fn time(text: &str) -> Result<Time, String> {
    Time::parse(text).map_err(|e| e.to_string())
}

/// `none` clears, anything else is read as a value.
fn or_none<T>(text: Option<&str>, read: impl Fn(&str) -> Result<T, String>) -> Result<Option<Option<T>>, Error> {
    match text {
        None => Ok(None),
        Some("none" | "") => Ok(Some(None)),
        Some(text) => read(text)
            .map(|value| Some(Some(value)))
            .map_err(|e| Error::Usage(format!("{text}: {e}"))),
    }
}

impl Row for Finding {
    const COLUMNS: &'static [Column] = &[
        col("key"),
        col("sev"),
        col("status"),
        long("title"),
        num("places"),
        col("client"),
        col("project"),
        col("due"),
        long("assignee"),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.key.clone(),
            self.severity.to_string(),
            self.status.to_string(),
            self.title.clone(),
            self.occurrence_count.to_string(),
            self.client.as_ref().map_or_else(|| "-".into(), |c| c.key.clone()),
            self.project.key.clone(),
            maybe_when(self.due_at),
            self.assignee.as_ref().map(|a| a.email.clone()).unwrap_or_default(),
        ]
    }
}

async fn over(remote: &Remote, finding: &str, seen: Seen) -> Result<Write, Error> {
    if let Some(version) = seen.version {
        return Ok(Write::over(version));
    }
    let finding = finding.to_owned();
    Ok(Write::over(
        remote.call(&ShowFinding { finding }).await?.finding.version,
    ))
}

async fn step(cx: &Context, remote: &Remote, to: Move) -> Result<(), Error> {
    let Some(finding) = to.which.one() else {
        only_for_one(&[
            ("--fixed", !to.fixed.is_empty()),
            ("--not-fixed", !to.not_fixed.is_empty()),
            ("--version", to.seen.version.is_some()),
        ])?;
        let verb = format!("Move them to {}", to.to);
        let change = BulkChange::Move(BulkMove {
            to: to.to,
            notes: to.notes,
            kind: to.kind,
            reason: to.reason,
            until: to.until,
            of: to.of,
            basis: to.basis,
        });
        return many::change(cx, remote, to.which, change, &verb).await;
    };
    let write = over(remote, &finding, to.seen).await?;
    let verdict = |fixed| move |occurrence| OccurrenceVerdict { occurrence, fixed };
    let request = MoveFinding {
        finding,
        to: to.to,
        notes: to.notes,
        kind: to.kind,
        reason: to.reason,
        until: to.until,
        of: to.of,
        basis: to.basis,
        occurrences: to
            .fixed
            .into_iter()
            .map(verdict(true))
            .chain(to.not_fixed.into_iter().map(verdict(false)))
            .collect(),
    };
    detail::brief(cx, &remote.write(&request, &write).await?)
}

pub async fn run(cx: &Context, command: Command) -> Result<(), Error> {
    let remote = cx.remote()?;
    match command {
        Command::List { q, paging } => list(cx, &paging, |limit, cursor| ListFindings {
            q: q.clone(),
            limit,
            cursor,
            count: paging.count,
            ..ListFindings::default()
        })
        .await
        .map_err(|e| e.about(q.as_deref())),
        Command::Show { finding } => {
            let asked = finding.clone();
            detail::show(cx, &asked, &remote.call(&ShowFinding { finding }).await?)
        }
        Command::Groups(by) => groups::show(cx, &remote, by).await,
        Command::Create(create) => {
            let request = CreateFinding {
                project: create.project,
                title: create.title,
                severity: create.severity,
                cvss: create.cvss,
                cwe: create.cwe,
                cve: create.cve,
                description: create.description,
                remediation: create.remediation,
                places: create.places,
            };
            detail::brief(cx, &remote.write(&request, &Write::fresh()).await?)
        }
        Command::Edit(edit) => {
            let severity = or_none(edit.severity.as_deref(), read_word)?;
            let assignee = or_none(edit.assignee.as_deref(), |text| Ok(text.to_owned()))?;
            let due_at = or_none(edit.due.as_deref(), time)?;
            let Some(finding) = edit.which.one() else {
                only_for_one(&[
                    ("--cvss", edit.cvss.is_some()),
                    ("--version", edit.seen.version.is_some()),
                ])?;
                let change = BulkChange::Edit(BulkEdit {
                    severity,
                    assignee,
                    due_at,
                    add_tags: edit.tags,
                    remove_tags: edit.untags,
                });
                return many::change(cx, &remote, edit.which, change, "Edit them").await;
            };
            let request = EditFinding {
                finding,
                severity,
                assignee,
                due_at,
                cvss: or_none(edit.cvss.as_deref(), |text| Ok(text.to_owned()))?,
                add_tags: edit.tags,
                remove_tags: edit.untags,
            };
            let write = over(&remote, &request.finding, edit.seen).await?;
            detail::brief(cx, &remote.write(&request, &write).await?)
        }
        Command::Move(to) => step(cx, &remote, to).await,
        Command::Triage(mark) => {
            let Some(finding) = mark.which.one() else {
                only_for_one(&[("--version", mark.seen.version.is_some())])?;
                let change = BulkChange::Triage(BulkMark { undo: mark.undo });
                return many::change(cx, &remote, mark.which, change, "Triage them").await;
            };
            let write = over(&remote, &finding, mark.seen).await?;
            let request = TriageFinding {
                finding,
                undo: mark.undo,
            };
            detail::brief(cx, &remote.write(&request, &write).await?)
        }
        Command::Release(mark) => {
            let Some(finding) = mark.which.one() else {
                only_for_one(&[("--version", mark.seen.version.is_some())])?;
                let verb = if mark.undo { "Recall them" } else { "Release them" };
                let change = BulkChange::Release(BulkMark { undo: mark.undo });
                return many::change(cx, &remote, mark.which, change, verb).await;
            };
            let write = over(&remote, &finding, mark.seen).await?;
            let request = ReleaseFinding {
                finding,
                undo: mark.undo,
            };
            detail::brief(cx, &remote.write(&request, &write).await?)
        }
        Command::Place(place) => {
            let Some(finding) = place.which.one() else {
                only_for_one(&[("--version", place.seen.version.is_some())])?;
                let change = BulkChange::Place(BulkPlace { project: place.project });
                return many::change(cx, &remote, place.which, change, "Move them").await;
            };
            let write = over(&remote, &finding, place.seen).await?;
            let request = PlaceFinding {
                finding,
                project: place.project,
            };
            detail::brief(cx, &remote.write(&request, &write).await?)
        }
        Command::Merge(merge) => correct::merge(cx, &remote, merge).await,
        Command::Split(split) => correct::split(cx, &remote, split).await,
        Command::Comment {
            finding,
            text: Some(text),
            share,
            reply_to,
            ..
        } => {
            let request = AddComment {
                finding,
                text,
                audience: share.then_some(Audience::Shared),
                reply_to: reply_to.map(Into::into),
            };
            let comment = remote.write(&request, &Write::fresh()).await?;
            cx.out
                .done(&comment, &format!("Said ({}).", super::output::word(&comment.audience)))
        }
        Command::Comment { finding, paging, .. } => {
            list(cx, &paging, |limit, cursor| ListComments {
                finding: finding.clone(),
                limit,
                cursor,
            })
            .await
        }
        Command::History { finding, paging } => {
            list(cx, &paging, |limit, cursor| ListHistory {
                finding: finding.clone(),
                limit,
                cursor,
            })
            .await
        }
        Command::Occurrences { finding, paging } => {
            list(cx, &paging, |limit, cursor| ListOccurrences {
                finding: finding.clone(),
                limit,
                cursor,
            })
            .await
        }
        Command::Why { finding } => detail::why(cx, &remote, finding).await,
        Command::Export(wanted) => export::run(cx, &remote, wanted).await,
    }
}
