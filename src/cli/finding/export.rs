//! `finding export`: findings on their way out, page by page, in a form that others read.

mod sarif;
mod table;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::Serialize;
use tempfile::NamedTempFile;

use crate::api::export::{ExportFindings, Exported};
use crate::api::finding::ListOccurrences;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::output::{self, Printer, json_safe};
use crate::domain::query::Query;
use crate::remote::Remote;

/// Of the lines that `import` reads back.
pub const VERSION: u32 = 1;

#[derive(Debug, Args)]
#[command(after_help = "\
riskdesk finding export -q 'project:P-4Q7M' -o shop.jsonl
riskdesk finding export -q 'client:acme is:open' --format csv -o acme.csv
riskdesk import shop.jsonl --project P-9XK2

JSON lines hold everything but comments, rounds and history, and import back into any project (see `riskdesk import formats \
riskdesk` for what becomes of decisions). SARIF is version 2.1.0, one run for each tool. In CSV, cells that a spreadsheet \
would take for a formula begin with an apostrophe. A file is made readable for you alone.")]
pub struct Export {
    /// Which findings; all of them without one
    #[arg(short, long, value_name = "QUERY")]
    q: Option<String>,
    #[arg(long, value_enum, default_value_t = Form::Jsonl)]
    format: Form,
    /// Where to; standard output without one
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Take the place of a file that is there
    #[arg(long, requires = "output")]
    force: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// JSON lines, which import back
    Jsonl,
    /// SARIF 2.1.0
    Sarif,
    /// A table for spreadsheets
    Csv,
}

/// What was written, for `--json`.
#[derive(Debug, Serialize)]
struct Written {
    file: PathBuf,
    findings: usize,
    places: usize,
}

/// Writes findings in one form; pieces are safe for a terminal.
trait Writer {
    fn begin(&mut self) -> String {
        String::new()
    }

    fn finding(&mut self, finding: &Exported) -> Result<String, Error>;

    /// Whether places beyond a finding's first ones are wanted.
    fn wants_all_places(&self) -> bool {
        true
    }

    fn end(&mut self) -> String {
        String::new()
    }
}

/// Where the pieces go.
enum To {
    Out(Printer),
    /// Beside its place until it is whole: what breaks off leaves nothing.
    File(Box<NamedTempFile>),
}

impl To {
    fn open(out: Printer, path: Option<&Path>, force: bool) -> Result<Self, Error> {
        let Some(path) = path else {
            return Ok(Self::Out(out));
        };
        if !force && path.symlink_metadata().is_ok() {
            return Err(there_already(path));
        }
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty());
        // Made for its owner alone, which it stays.
        let file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")));
        file.map(|f| Self::File(Box::new(f))).map_err(|e| failed(path, &e))
    }

    fn piece(&mut self, text: &str, path: Option<&Path>) -> Result<(), Error> {
        match self {
            Self::Out(out) => out.piece(text),
            Self::File(file) => file
                .write_all(text.as_bytes())
                .map_err(|e| failed(path.unwrap_or(Path::new("the file")), &e)),
        }
    }

    fn keep(self, path: &Path, force: bool) -> Result<(), Error> {
        let Self::File(file) = self else { return Ok(()) };
        file.as_file().sync_all().map_err(|e| failed(path, &e))?;
        let kept = if force {
            file.persist(path)
        } else {
            file.persist_noclobber(path)
        };
        match kept {
            Ok(_) => Ok(()),
            Err(e) if e.error.kind() == std::io::ErrorKind::AlreadyExists => Err(there_already(path)),
            Err(e) => Err(failed(path, &e.error)),
        }
    }
}

fn there_already(path: &Path) -> Error {
    Error::Usage(format!(
        "{} is there already: choose another name, or say --force",
        path.display()
    ))
}

fn failed(path: &Path, e: &std::io::Error) -> Error {
    Error::Failed(format!("{}: {e}", path.display()))
}

/// JSON lines: each a finding and some of its places, so that no line is too long to be read back.
struct Lines;

#[derive(Serialize)]
struct Line<'a> {
    riskdesk_export: u32,
    #[serde(flatten)]
    finding: &'a Exported,
}

impl Writer for Lines {
    fn finding(&mut self, finding: &Exported) -> Result<String, Error> {
        let line = Line {
            riskdesk_export: VERSION,
            finding,
        };
        json(&line).map(|text| text + "\n")
    }
}

fn json<T: Serialize>(value: &T) -> Result<String, Error> {
    let text = serde_json::to_string(value).map_err(|e| Error::Failed(format!("a finding: {e}")))?;
    Ok(json_safe(&text))
}

pub async fn run(cx: &Context, remote: &Remote, wanted: Export) -> Result<(), Error> {
    let q = query(&wanted)?;
    let path = wanted.output.as_deref();
    let mut to = To::open(cx.out.clone(), path, wanted.force)?;
    let mut writer: Box<dyn Writer> = match wanted.format {
        Form::Jsonl => Box::new(Lines),
        Form::Sarif => Box::new(sarif::Sarif::default()),
        Form::Csv => Box::new(table::Table),
    };
    to.piece(&writer.begin(), path)?;
    let (mut findings, mut places) = (0, 0);
    let mut cursor = None;
    loop {
        let request = ExportFindings {
            q: q.clone(),
            limit: None,
            cursor,
        };
        let page = remote
            .call(&request)
            .await
            .map_err(|e| Error::from(e).about(q.as_deref()))?;
        for mut finding in page.items {
            findings += 1;
            places += finding.occurrences.len();
            let mut more = finding.more_occurrences.take().filter(|_| writer.wants_all_places());
            to.piece(&writer.finding(&finding)?, path)?;
            while let Some(cursor) = more {
                let request = ListOccurrences {
                    finding: finding.finding.id.to_string(),
                    limit: Some(crate::api::PAGE_MAX),
                    cursor: Some(cursor),
                };
                let next = remote.call(&request).await?;
                finding.occurrences = next.items;
                places += finding.occurrences.len();
                more = next.next;
                to.piece(&writer.finding(&finding)?, path)?;
            }
        }
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    to.piece(&writer.end(), path)?;
    let Some(path) = path else { return Ok(()) };
    to.keep(path, wanted.force)?;
    let written = Written {
        file: path.to_owned(),
        findings,
        places,
    };
    let sentence = format!("{findings} findings at {places} places written to {}.", path.display());
    cx.out.done(&written, &sentence)
}

/// The query in an order that stays: SARIF has one run for each tool.
fn query(wanted: &Export) -> Result<Option<String>, Error> {
    let q = wanted.q.as_deref().unwrap_or_default();
    if wanted.format != Form::Sarif {
        return Ok(wanted.q.clone());
    }
    if Query::parse(q).is_ok_and(|q| q.sort.is_some()) {
        return Err(Error::Usage(
            "SARIF goes by tool: leave `sort:` out of the query".into(),
        ));
    }
    Ok(Some(format!("{q} sort:tool").trim().to_owned()))
}

/// A status as people write it.
fn words(status: crate::domain::status::Status) -> String {
    output::word(&status)
}
