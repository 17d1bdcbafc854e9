//! `import`: scanner reports into a project, with a plan before anything changes.

mod apply;
mod compare;
mod files;
mod formats;
mod rows;
mod undo;
mod watch;

use clap::{Args, Subcommand};
use serde::Serialize;

use self::apply::apply;
use self::files::{Bar, STDIN, stdin};
use self::watch::watched;
use super::act;
use super::ask;
use super::context::Context;
use super::error::Error;
use super::output::{self, Column, Row, col, long, maybe_when, num, when, word};
use super::paging::{Paging, list};
use crate::api::import::{Batch, BatchFile, DropBatch, ListBatches, ListPlan, OpenBatch, PlanBatch, ShowBatch, Totals};
use crate::domain::id::{BatchId, PlanId};
use crate::remote::{self, Remote, Write};

/// Import scanner reports into a project
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    after_help = "\
riskdesk import scan.sarif nuclei.jsonl --project P-4Q7M
riskdesk import --plan --json scan.sarif --project P-4Q7M
riskdesk import apply ID
riskdesk import undo ID
nuclei -jsonl -u https://www.acme.example | riskdesk import - --project P-4Q7M --yes

Files given together form one batch. They are read first; then the plan says which findings would be new, recurring, \
reopened or no longer seen, and nothing in the project changes before you agree (--yes in scripts). --plan only stages \
the batch and prints its plan; `riskdesk import apply ID` applies it later. Each report in a zip archive is a file of \
the batch; what else is in the archive is left out by name, and archives inside it are not opened. What is missing from the reports counts as \
no longer seen; where they covered only a part of the project, say which with --covers."
)]
pub struct Import {
    #[command(subcommand)]
    command: Option<Command>,
    /// Report files, `-` for standard input; gzip is understood, and zip archives of reports
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// The project's key, id or name
    #[arg(long, value_name = "KEY", required = true)]
    project: Option<String>,
    /// The format of all files, where their content does not tell (see `riskdesk import formats`)
    #[arg(long, value_name = "NAME")]
    format: Option<String>,
    /// A target the reports covered: host, *.domain, URL prefix or path prefix; may be repeated
    #[arg(long, value_name = "TARGET", value_delimiter = ',')]
    covers: Vec<String>,
    /// Only stage the batch and print its plan
    #[arg(long, conflicts_with = "yes")]
    plan: bool,
    /// Apply the plan without asking
    #[arg(long)]
    yes: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Apply a staged import
    Apply {
        /// The id of the batch or of its plan, as `import --plan` printed them
        id: String,
        /// The batch, where the id is a plan's and it is not among the newest
        #[arg(long, value_name = "ID")]
        batch: Option<BatchId>,
    },
    /// List imports, newest first
    List {
        /// One project's
        #[arg(long, value_name = "KEY")]
        project: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one import, or with --lines what its plan does to each finding
    Show {
        id: BatchId,
        #[arg(long)]
        lines: bool,
        #[command(flatten)]
        paging: Paging,
    },
    /// Throw away a staged import
    Drop { id: BatchId },
    /// Take back an import you applied, while nothing was built on it; what will happen is shown first
    Undo {
        /// The id of the batch or of its plan, as `import list` shows it
        id: String,
        #[command(flatten)]
        how: act::How,
    },
    /// Compare what two imports of one project saw
    Compare {
        /// The earlier one: the id of the batch or of its plan
        this: String,
        /// The later one
        other: String,
        /// Only this finding, with the places that came and went
        #[arg(long, value_name = "KEY")]
        finding: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// List the formats that are understood, or say of one what its reports become
    Formats {
        /// The format's name
        name: Option<String>,
    },
}

/// What an import says with `--json`: one document, whatever it came to.
#[derive(Debug, Serialize)]
struct Report {
    batch_id: BatchId,
    plan_id: Option<PlanId>,
    applied: bool,
    files: Vec<FileReport>,
    totals: Totals,
    scope: Vec<String>,
}

#[derive(Debug, Serialize)]
struct FileReport {
    /// As it was given.
    file: String,
    format: String,
    records: i64,
    findings: i64,
    occurrences: i64,
    left_out: Vec<crate::api::import::LeftOut>,
}

impl Row for FileReport {
    const COLUMNS: &'static [Column] = &[
        long("file"),
        col("format"),
        num("records"),
        num("findings"),
        num("occurrences"),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.file.clone(),
            self.format.clone(),
            self.records.to_string(),
            self.findings.to_string(),
            self.occurrences.to_string(),
        ]
    }
}

pub async fn run(cx: &Context, command: Import) -> Result<(), Error> {
    let Some(sub) = command.command else {
        return import(cx, command).await;
    };
    if let Command::Formats { name } = sub {
        return formats::run(cx, name.as_deref());
    }
    let remote = cx.remote()?;
    match sub {
        // Said above: it asks nobody.
        Command::Formats { .. } => Ok(()),
        Command::Apply { id, batch } => {
            let batch = find(&remote, &id, batch).await?;
            let files = batch.files.clone();
            let batch = apply(cx, &remote, &batch).await?;
            told(cx, &batch, &files)
        }
        Command::List { project, paging } => {
            list(cx, &paging, |limit, cursor| ListBatches {
                project: project.clone(),
                limit,
                cursor,
            })
            .await
        }
        Command::Show { id, lines, paging } => {
            if lines {
                return list(cx, &paging, |limit, cursor| ListPlan {
                    batch: id,
                    limit,
                    cursor,
                })
                .await;
            }
            show(cx, &remote.call(&ShowBatch { batch: id }).await?)
        }
        Command::Drop { id } => {
            remote.write(&DropBatch { batch: id }, &Write::fresh()).await?;
            cx.out
                .said("The import was thrown away; nothing of it is in the project.")
        }
        Command::Undo { id, how } => {
            let batch = find(&remote, &id, None).await?;
            undo::take_back(cx, &remote, &batch, &how).await
        }
        Command::Compare {
            this,
            other,
            finding,
            paging,
        } => compare::run(cx, &remote, [&this, &other], finding, &paging).await,
    }
}

fn show(cx: &Context, batch: &Batch) -> Result<(), Error> {
    let totals = batch.totals.map(|t| sentence(&t)).unwrap_or_default();
    let files: Vec<String> = batch
        .files
        .iter()
        .map(|f| {
            let mut line = format!(
                "{} ({}, {}): {} records, {} findings, {} places",
                f.file, f.format, f.tool, f.records, f.findings, f.occurrences
            );
            for left in &f.left_out {
                line += &left_out(left);
            }
            line
        })
        .collect();
    let fields = [
        ("project", format!("{} ({})", batch.project.name, batch.project.key)),
        ("state", word(&batch.state)),
        ("files", files.join("\n")),
        ("covers", batch.covers.join(", ")),
        ("scope", batch.scope.join("\n")),
        ("plan", totals),
        ("problem", batch.problem.clone().unwrap_or_default()),
        (
            "created",
            format!("{} by {}", when(batch.created_at), batch.created_by.email),
        ),
        ("applied", undo::applied(batch)),
        ("taken back", maybe_when(batch.undone_at)),
        ("plan id", batch.plan_id.map(|p| p.to_string()).unwrap_or_default()),
        ("id", batch.id.to_string()),
    ];
    cx.out.record(batch, &fields)
}

fn left_out(left: &crate::api::import::LeftOut) -> String {
    match left.count {
        0 => format!("\n  {}", left.what),
        n => format!("\n  left out: {n} {}", left.what),
    }
}

fn sentence(t: &Totals) -> String {
    format!(
        "{} new, {} reopened, {} not seen any more, {} recurring ({} of them unchanged)",
        t.new, t.reopened, t.not_seen, t.recurring, t.unchanged
    )
}

/// A batch by its own id, or by its plan's among the newest.
async fn find(remote: &Remote, id: &str, batch: Option<BatchId>) -> Result<Batch, Error> {
    if let Some(batch) = batch {
        return Ok(remote.call(&ShowBatch { batch }).await?);
    }
    let wrong = || Error::Usage("an import is named by its id: see `riskdesk import list`".into());
    let batch: BatchId = id.parse().map_err(|_| wrong())?;
    match remote.call(&ShowBatch { batch }).await {
        Err(remote::Error::Problem(problem)) if problem.status == 404 => {
            let page = remote
                .call(&ListBatches {
                    limit: Some(crate::api::PAGE_MAX),
                    ..ListBatches::default()
                })
                .await?;
            let named = page
                .items
                .into_iter()
                .find(|b| b.plan_id.is_some_and(|p| p.0 == batch.0));
            named.ok_or(Error::Remote(remote::Error::Problem(problem)))
        }
        other => Ok(other?),
    }
}

/// Prints where an import stands: its document, or its files and one sentence.
fn told(cx: &Context, batch: &Batch, files: &[BatchFile]) -> Result<(), Error> {
    let applied = batch.applied_at.is_some();
    let report = Report {
        batch_id: batch.id,
        plan_id: batch.plan_id,
        applied,
        files: files.iter().map(file_report).collect(),
        totals: batch.totals.unwrap_or_default(),
        scope: batch.scope.clone(),
    };
    if cx.out.is_json() {
        return cx.out.document(&report);
    }
    // A question may follow.
    cx.out.unpaged().list(&report, &report.files)?;
    for file in &report.files {
        for left in &file.left_out {
            cx.out
                .remark(&format!("{}:{}", file.file, left_out(left).replace('\n', "")));
        }
    }
    for scope in &report.scope {
        cx.out.remark(&format!("covered: {scope}"));
    }
    let totals = sentence(&report.totals);
    if applied {
        cx.out.said(&format!("Imported into {}: {totals}.", batch.project.key))
    } else {
        cx.out.said(&format!("Plan for {}: {totals}.", batch.project.key))
    }
}

fn file_report(file: &BatchFile) -> FileReport {
    FileReport {
        file: file.file.clone(),
        format: file.format.clone(),
        records: file.records,
        findings: file.findings,
        occurrences: file.occurrences,
        left_out: file.left_out.clone(),
    }
}

async fn import(cx: &Context, command: Import) -> Result<(), Error> {
    let remote = cx.remote()?;
    let project = command.project.clone().unwrap_or_default();
    // Files that cannot be read are found before anything is sent.
    let mut files = Vec::new();
    if command.files.iter().filter(|f| *f == STDIN).count() > 1 {
        return Err(Error::Usage("standard input (`-`) can be given once".into()));
    }
    for path in &command.files {
        if path == STDIN {
            if !command.yes && !command.plan {
                let why = "standard input is the report, so that nobody can be asked: say --yes (or --plan to see what would happen)";
                return Err(Error::Usage(why.into()));
            }
            let (file, bytes) = stdin().await?;
            files.push((STDIN, file, bytes));
            continue;
        }
        let file = tokio::fs::File::open(path).await;
        let file = file.map_err(|e| Error::Failed(format!("{path}: {e}")))?;
        let meta = file
            .metadata()
            .await
            .map_err(|e| Error::Failed(format!("{path}: {e}")))?;
        if !meta.is_file() {
            return Err(Error::Failed(format!("{path}: not a file")));
        }
        files.push((path.as_str(), file, meta.len()));
    }
    let open = OpenBatch {
        project,
        covers: command.covers.clone(),
    };
    let batch = remote.write(&open, &Write::fresh()).await?;
    match staged(cx, &remote, &batch, files, command.format.as_deref()).await {
        Ok((planned, files)) => decide(cx, &remote, planned, &files, &command).await,
        Err(error) => {
            // Nothing of a failed import stays; if this fails too, the server sweeps it.
            let _ = remote.write(&DropBatch { batch: batch.id }, &Write::fresh()).await;
            Err(error)
        }
    }
}

/// Uploads the files and plans the batch.
async fn staged(
    cx: &Context,
    remote: &Remote,
    batch: &Batch,
    files: Vec<(&str, tokio::fs::File, u64)>,
    format: Option<&str>,
) -> Result<(Batch, Vec<BatchFile>), Error> {
    let mut taken = Vec::new();
    for (n, (path, file, bytes)) in files.into_iter().enumerate() {
        let bar = Bar::new(cx, path, bytes);
        let name = match path {
            STDIN => "standard input",
            path => path.rsplit('/').next().unwrap_or(path),
        };
        let sent = remote
            .upload(batch.id, n, name, format, file, move |going| bar.at(going))
            .await;
        let mut file = sent.map_err(|error| about(path, error))?;
        path.clone_into(&mut file.file);
        taken.push(file);
    }
    output::settle_progress();
    let planned = watched(cx, batch.id, "planning", &PlanBatch { batch: batch.id }).await?;
    Ok((planned, taken))
}

/// Says which of the files a refusal is about.
fn about(path: &str, error: remote::Error) -> Error {
    output::settle_progress();
    match error {
        remote::Error::Problem(mut problem) if problem.status == 422 => {
            problem.detail = format!("{path}: {}", problem.detail);
            Error::Remote(remote::Error::Problem(problem))
        }
        other => Error::Remote(other),
    }
}

async fn decide(
    cx: &Context,
    remote: &Remote,
    planned: Batch,
    files: &[BatchFile],
    command: &Import,
) -> Result<(), Error> {
    if command.plan {
        told(cx, &planned, files)?;
        cx.out
            .remark(&format!("apply it with: riskdesk import apply {}", planned.id));
        return Ok(());
    }
    if !command.yes {
        if !cx.out.is_json() {
            told(cx, &planned, files)?;
        }
        let agreed = ask::agree("Apply this plan?", "--yes (or --plan to see what would happen)");
        if let Err(no) = agreed {
            let _ = remote.write(&DropBatch { batch: planned.id }, &Write::fresh()).await;
            return Err(no);
        }
    }
    let applied = apply(cx, remote, &planned).await?;
    told(cx, &applied, files)
}
