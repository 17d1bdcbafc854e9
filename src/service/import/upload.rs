//! Taking a report in: spooled to a file while it is hashed, decoded in the restricted child, staged in short
//! transactions. Whatever breaks off in between leaves rows that belong to no file, which nobody reads.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

use tokio::io::AsyncRead;
use uuid::Uuid;

use super::spool::{nameless, spool_to};
use super::stager::Stager;
use super::{file_wire, json, not_applied, open_for_work, rows, sweep_later};
use crate::api::event::Topic;
use crate::api::import::BatchFile;
use crate::api::problem::{Code, Problem};
use crate::domain::cvss::Cvss;
use crate::domain::fold::sort_key;
use crate::domain::id::BatchId;
use crate::import::archive::MEMBERS;
use crate::import::child::{Child, Said};
use crate::import::limits::{Kind, Limits, Refusal};
use crate::import::record::{Count, Summary};
use crate::import::sighted::{Led, Sighted, Telling};
use crate::service::limits::Spool;
use crate::service::{Caller, Desk, Error, Result, refuse};
use crate::store::event::{self, NewEvent};
use crate::store::import::FileRow;
use crate::store::import::staging::{Chunk, Facts, Part, Staged};

/// Files of one batch.
const FILES_MAX: usize = 500;

/// Most characters of a file's name that are kept.
const NAME_MAX: usize = 255;

/// Bytes of text that make a chunk.
const CHUNK: u64 = 1 << 20;

/// How often progress is told.
const TOLD: Duration = Duration::from_millis(500);

/// Takes file number `n` of a batch from `body`. Sent again, it takes the place of what was sent before.
pub async fn upload(
    desk: Desk,
    caller: Caller,
    batch: BatchId,
    n: usize,
    name: String,
    format: Option<String>,
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
    let spool = desk
        .data()
        .ok_or_else(|| Error::Failed("there is no folder for uploads".into()))?;
    let mut room = desk.rooms().spool(caller.agency.0)?;
    let max = desk.rooms().limits.upload_bytes.min(Limits::default().bytes);
    let spooled = spool_to(spool, body, max, &mut room).await?;
    let decoder = desk.rooms().decoder().await?;
    let bytes = spooled.bytes;
    let digest = spooled.digest.clone();
    let mut taking = Taking::new(&desk, &caller, batch, project.id.0, project.client, spooled.file, bytes);
    taking.room = Some(room);
    let taken = taking.take(format.as_deref()).await;
    drop(decoder);
    let members = std::mem::take(&mut taking.members);
    let file = taking.id;
    let summary = match taken {
        Ok(summary) => summary,
        Err(error) => {
            sweep_later(&desk, &caller, batch, false);
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
    let put = desk.act(&caller, "import.upload", move |tx, note| {
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
        sweep_later(&desk, &caller, batch, false);
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

/// A report being decoded and staged.
struct Taking<'d> {
    desk: &'d Desk,
    caller: &'d Caller,
    batch: BatchId,
    project: Uuid,
    client: Option<Uuid>,
    id: Uuid,
    /// The upload's bytes.
    report: File,
    bytes: u64,
    /// The report's text, where it is not the upload's bytes.
    text: Option<(File, u64)>,
    row: i64,
    led: Led,
    /// Tools' names as findings store them.
    tools: HashMap<String, String>,
    chunk: Option<Open>,
    told: Instant,
    /// What the upload and its text hold of the spool.
    room: Option<Spool>,
    /// The members of an archive that were read to their end.
    members: Vec<(Uuid, String, Summary)>,
}

/// A chunk that still grows: from its first record to the end of its last.
struct Open {
    id: Uuid,
    from: u64,
    to: u64,
}

impl<'d> Taking<'d> {
    fn new(
        desk: &'d Desk,
        caller: &'d Caller,
        batch: BatchId,
        project: Uuid,
        client: Option<Uuid>,
        report: File,
        bytes: u64,
    ) -> Self {
        Self {
            desk,
            caller,
            batch,
            project,
            client,
            id: Uuid::now_v7(),
            report,
            bytes,
            text: None,
            row: 0,
            led: Led::default(),
            tools: HashMap::new(),
            chunk: None,
            told: Instant::now(),
            room: None,
            members: Vec::new(),
        }
    }

    async fn take(&mut self, format: Option<&str>) -> Result<Summary> {
        let report = self.report.try_clone().map_err(|e| Error::Failed(e.to_string()))?;
        let mut child = Child::start(self.desk.decoder(), report, format).map_err(|r| refused(&r))?;
        let mut stager = Stager::start(self.desk, self.caller, self.batch);
        loop {
            match child.next().await.map_err(|r| refused(&r))? {
                Said::Text(piece) => self.keep_text(&piece)?,
                Said::Records(records) => {
                    let part = self.part(records).await?;
                    stager.put(self.id, part).await?;
                }
                Said::Facts(told) => {
                    let new = |t: &Telling| self.led.tell(t.fingerprint, t.digest);
                    let facts = told.into_iter().filter(new).map(facts_row).collect();
                    let part = Part {
                        facts,
                        ..Part::default()
                    };
                    stager.put(self.id, part).await?;
                }
                Said::Progress(bytes) => self.tell(bytes).await?,
                Said::Member(name, summary) => {
                    self.close(&mut stager).await?;
                    let id = std::mem::replace(&mut self.id, Uuid::now_v7());
                    self.members.push((id, name, *summary));
                    self.row = 0;
                }
                Said::End(summary) => {
                    self.close(&mut stager).await?;
                    stager.end().await?;
                    return Ok(*summary);
                }
            }
        }
    }

    /// Stages the last chunk of a file.
    async fn close(&mut self, stager: &mut Stager) -> Result<()> {
        if !std::mem::take(&mut self.led).complete() {
            return Err(Error::Failed("the decoder kept facts to itself".into()));
        }
        let Some(last) = self.chunk.take() else { return Ok(()) };
        let part = Part {
            chunks: vec![self.pack(last).await?],
            ..Part::default()
        };
        stager.put(self.id, part).await
    }

    fn keep_text(&mut self, piece: &[u8]) -> Result<()> {
        if let Some(room) = &mut self.room {
            room.grow(piece.len() as u64)?;
        }
        let failed = |e: io::Error| Error::Failed(format!("the text of an upload could not be spooled: {e}"));
        if self.text.is_none() {
            let folder = self
                .desk
                .data()
                .ok_or_else(|| Error::Failed("there is no folder for uploads".into()))?;
            self.text = Some((nameless(folder).map_err(failed)?, 0));
        }
        if let Some((file, length)) = &mut self.text {
            file.write_all_at(piece, *length).map_err(failed)?;
            *length += piece.len() as u64;
        }
        Ok(())
    }

    async fn part(&mut self, records: Vec<Sighted>) -> Result<Part> {
        let mut part = Part::default();
        part.rows.reserve(records.len());
        for record in records {
            let chunk = self.chunk_for(&record, &mut part).await?;
            self.led.leads(record.fingerprint, record.rank());
            let start = self.chunk.as_ref().map_or(0, |c| c.from);
            let tool = self.tools.entry(record.tool);
            part.rows.push(Staged {
                row: self.row,
                tool: tool.or_insert_with_key(|name| sort_key(name)).clone(),
                fingerprint: record.fingerprint,
                facts: record.facts,
                place_key: record.place_key,
                place_facts: record.place_facts,
                severity: record.severity,
                observed_at: record.observed_at,
                place: record.place,
                host: record.host,
                detail: record.detail,
                chunk,
                chunk_offset: (record.span.offset - start) as i64,
                chunk_length: record.span.length as i64,
                kept: record.kept.as_deref().map(json),
            });
            self.row += 1;
        }
        Ok(part)
    }

    /// The chunk a record lies in. Records come in the order of the text; one that does not, or does not fit, begins
    /// the next chunk.
    async fn chunk_for(&mut self, record: &Sighted, part: &mut Part) -> Result<Uuid> {
        let (from, to) = (
            record.span.offset,
            record.span.offset.saturating_add(record.span.length),
        );
        let text = self.text.as_ref().map_or(self.bytes, |(_, length)| *length);
        if to > text {
            return Err(Error::Failed("the decoder names a place outside the report".into()));
        }
        let fits = |open: &Open| from >= open.from && (to <= open.to || to - open.from <= CHUNK);
        match self.chunk.take() {
            Some(open) if fits(&open) => {
                let open = Open {
                    to: open.to.max(to),
                    ..open
                };
                let id = open.id;
                self.chunk = Some(open);
                return Ok(id);
            }
            Some(full) => part.chunks.push(self.pack(full).await?),
            None => {}
        }
        let id = Uuid::now_v7();
        self.chunk = Some(Open { id, from, to });
        Ok(id)
    }

    async fn pack(&self, open: Open) -> Result<Chunk> {
        let file = self.text.as_ref().map_or(&self.report, |(file, _)| file);
        let file = file.try_clone().map_err(|e| Error::Failed(e.to_string()))?;
        let packed = tokio::task::spawn_blocking(move || -> io::Result<Chunk> {
            let mut text = vec![0; (open.to - open.from) as usize];
            file.read_exact_at(&mut text, open.from)?;
            Ok(Chunk {
                id: open.id,
                length: text.len() as i64,
                data: zstd::bulk::compress(&text, 3)?,
            })
        });
        packed
            .await
            .map_err(|e| Error::Failed(e.to_string()))?
            .map_err(|e| Error::Failed(format!("a piece of an upload could not be packed: {e}")))
    }

    /// Writes how far decoding is and tells streams, not more than twice a second.
    async fn tell(&mut self, done: u64) -> Result<()> {
        if self.told.elapsed() < TOLD {
            return Ok(());
        }
        self.told = Instant::now();
        let total = self.text.as_ref().map_or(self.bytes, |(_, length)| *length);
        let (batch, now) = (self.batch, self.desk.now());
        let event = NewEvent {
            topic: crate::store::name(Topic::Import),
            act: "import.progress",
            object: Some(batch.0),
            project: Some(self.project),
            client: self.client,
        };
        self.desk
            .store()
            .write(&self.caller.scope, move |tx| {
                Box::pin(async move {
                    rows::set_progress(tx, batch, done.min(total) as i64, total as i64).await?;
                    event::write(tx, vec![event], now).await
                })
            })
            .await
            .map_err(Error::Store)?;
        self.desk.wake();
        Ok(())
    }
}

fn refused(refusal: &Refusal) -> Error {
    let code = match refusal.kind {
        Kind::UnknownFormat => Code::UnknownFormat,
        Kind::Malformed | Kind::Limit => Code::ReportRefused,
        Kind::Machinery => Code::Unavailable,
    };
    let sentence = refusal.to_string();
    let mut chars = sentence.chars();
    let sentence: String = chars
        .next()
        .map(|c| c.to_uppercase().chain(chars).collect())
        .unwrap_or_default();
    Problem::new(code, format!("{}.", sentence.trim_end_matches('.'))).into()
}

fn facts_row(told: Telling) -> Facts {
    let Telling {
        fingerprint,
        digest,
        facts: told,
    } = told;
    let rated = told.cvss.iter().filter_map(|v| Cvss::parse(v).ok());
    // The newest version a report gives.
    let cvss = rated.max_by_key(|c| c.version().name()).map(|c| {
        let vector = c.to_string();
        (c.version().name().to_owned(), vector, c.score())
    });
    Facts {
        fingerprint,
        facts: digest,
        fingerprint_version: i64::from(told.fingerprint.version),
        fingerprint_fields: json(&told.fingerprint.fields),
        title_fold: sort_key(&told.title),
        title: told.title,
        description: told.description,
        remediation: told.remediation,
        refs: json(&told.references),
        severity: told.severity,
        cvss,
        cwe: json(&told.cwe),
        cve: json(&told.cve),
        tags: json(&told.tags),
        suppressed: told.suppressed,
    }
}
