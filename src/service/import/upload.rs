//! Uploads: spooled to a file while they are hashed, then read ([`super::taking`]) and put into their batch. Whatever
//! breaks off in between leaves rows that belong to no file, which nobody reads.

use tokio::io::AsyncRead;
use uuid::Uuid;

use super::held::{self, Turn};
use super::spool::{Spooled, empty, spool_to};
use super::taking::{Taking, refused};
use super::{file_wire, json, not_applied, open_for_work, rows, sweep_later};
use crate::api::event::Topic;
use crate::api::import::{BatchFile, ShowUpload, Upload};
use crate::api::problem::Code;
use crate::domain::id::BatchId;
use crate::import::archive::MEMBERS;
use crate::import::limits::Limits;
use crate::import::record::{Count, Summary};
use crate::service::{Caller, Desk, Error, Result, refuse};
use crate::store::import::{FileRow, OfProject};

/// Files of one batch.
const FILES_MAX: usize = 500;

/// Most characters of a file's name that are kept.
const NAME_MAX: usize = 255;

/// How far an upload of one's own is.
pub async fn standing(desk: Desk, caller: Caller, request: ShowUpload) -> Result<Upload> {
    desk.read(&caller, |tx| {
        Box::pin(async move { open_for_work(tx, request.batch).await.map(drop) })
    })
    .await?;
    let standing = desk.uploads().standing(&held::key(&caller, request.batch, request.n));
    Ok(Upload {
        received: standing.received as i64,
        reading: standing.reading,
        file: standing.taken,
        refused: standing.refused,
        max: most(&desk) as i64,
    })
}

/// The most bytes of one upload.
fn most(desk: &Desk) -> u64 {
    desk.rooms().limits.upload_bytes.min(Limits::default().bytes)
}

/// Takes file number `n` of a batch from `body`, which goes on after the `from` bytes that are here. Sent again, it takes
/// the place of what was sent before. Once all of it is here, it is read and staged even if the caller goes away.
pub async fn upload(
    desk: Desk,
    caller: Caller,
    (batch, n): (BatchId, usize),
    (name, format): (String, Option<String>),
    from: u64,
    body: impl AsyncRead + Send + Unpin,
) -> Result<BatchFile> {
    if n >= FILES_MAX {
        return refuse(
            Code::InvalidRequest,
            format!("A batch holds up to {FILES_MAX} files: start another one."),
        );
    }
    let name = name_of(&name, n);
    if let Some(wanted) = &format
        && crate::import::format(wanted).is_none()
    {
        let refusal = crate::import::unknown_name(wanted);
        return Err(refused(&refusal));
    }
    let project = desk
        .read(&caller, |tx| {
            Box::pin(async move {
                let row = open_for_work(tx, batch).await?;
                not_applied(&row)?;
                Ok(row.project)
            })
        })
        .await?;
    let folder = desk
        .data()
        .ok_or_else(|| Error::Failed("there is no folder for uploads".into()))?;
    let (turn, part) = desk.uploads().begin(held::key(&caller, batch, n), from)?;
    let part = match part {
        Some(part) => part,
        None => empty(folder, desk.rooms().spool(caller.agency.0)?)?,
    };
    let spooled = spool_to(part, body, most(&desk), &turn, desk.uploads()).await?;
    let reading = tokio::spawn(async move {
        let read = read(&desk, &caller, (batch, n), (name, format), project, spooled, &turn).await;
        match &read {
            Ok(file) => turn.taken(file),
            // One that may go well the next time is sent again.
            Err(Error::Refused(problem)) if !problem.retryable => turn.refused((**problem).clone()),
            Err(_) => turn.over(),
        }
        read
    });
    reading.await.map_err(|e| Error::Failed(e.to_string()))?
}

/// Reads a report that is here, stages it, and puts it into its batch.
async fn read(
    desk: &Desk,
    caller: &Caller,
    (batch, n): (BatchId, usize),
    (name, format): (String, Option<String>),
    project: OfProject,
    spooled: Spooled,
    turn: &Turn,
) -> Result<BatchFile> {
    let decoder = desk.rooms().decoder().await?;
    let (bytes, digest) = (spooled.bytes, spooled.digest.clone());
    let mut taking = Taking::new(desk, caller, batch, &project, spooled, turn);
    let taken = taking.take(format.as_deref()).await;
    drop(decoder);
    let staged = taking.ids();
    let members = std::mem::take(&mut taking.members);
    let file = taking.id;
    let summary = match taken {
        Ok(summary) => summary,
        Err(error) => {
            sweep_later(desk, caller, batch, Some(staged));
            return Err(error);
        }
    };
    let row = |id: Uuid, at: usize, name: String, bytes: u64, summary: &Summary| FileRow {
        batch,
        id,
        n: n as i64 * MEMBERS + at as i64,
        name,
        format: summary.format.clone(),
        tools: summary.tools.clone(),
        bytes: bytes as i64,
        digest: digest.clone(),
        records: summary.records() as i64,
        findings: summary.findings as i64,
        occurrences: summary.occurrences as i64,
        left_out: json(&left_out(summary)),
        covers: summary.covers.clone(),
        observed_at: summary.observed_at,
    };
    let whole = row(file, 0, name.clone(), bytes, &summary);
    let detail = serde_json::json!({ "records": whole.records, "findings": whole.findings, "bytes": whole.bytes });
    let wire = file_wire(whole.clone());
    // Each member of an archive is a file of the batch.
    let mut files: Vec<FileRow> = members
        .into_iter()
        .enumerate()
        .map(|(at, (id, member, summary))| {
            let name = name_of(&format!("{name}: {member}"), n);
            row(id, at, name, summary.bytes, &summary)
        })
        .collect();
    match files.first_mut() {
        // What was left out of the archive itself is told with its first member.
        Some(first) => first.left_out.clone_from(&whole.left_out),
        None => files.push(whole),
    }
    if !turn.stands() {
        sweep_later(desk, caller, batch, Some(staged));
        return refuse(
            Code::AlreadyExists,
            "The same file was sent once more meanwhile; that one counts.",
        );
    }
    let put = desk.act(caller, "import.upload", move |tx, note| {
        Box::pin(async move {
            let now = open_for_work(tx, batch).await?;
            not_applied(&now)?;
            rows::put_files(tx, batch, n as i64 * MEMBERS..(n as i64 + 1) * MEMBERS, files).await?;
            note.object(Topic::Import, batch)
                .within(Some(project.id), project.client)
                .detail(&detail);
            Ok(wire)
        })
    });
    let out = put.await;
    if out.is_err() {
        // Applied meanwhile: what was staged for this file belongs to nothing.
        sweep_later(desk, caller, batch, Some(staged));
    }
    out
}

/// What a report held that was left out, and what is to be said of it as a whole.
fn left_out(summary: &Summary) -> Vec<Count> {
    let note = summary.note.clone().map(|what| Count { what, count: 0 });
    summary.left_out.iter().cloned().chain(note).collect()
}

/// The name of a file, whatever characters it has: names are data. Cut to what is kept; printers make it safe.
fn name_of(given: &str, n: usize) -> String {
    let name: String = given
        .trim()
        .chars()
        .map(|c| if c == '\0' { '\u{FFFD}' } else { c })
        .take(NAME_MAX)
        .collect();
    if name.is_empty() {
        format!("file {}", n + 1)
    } else {
        name
    }
}
