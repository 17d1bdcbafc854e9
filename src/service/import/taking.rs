//! A report that is here whole: decoded in the restricted child, staged in short transactions.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

use uuid::Uuid;

use super::held::Turn;
use super::spool::{Spooled, nameless};
use super::stager::Stager;
use super::{json, rows};
use crate::api::event::Topic;
use crate::api::import::Reading;
use crate::api::problem::{Code, Problem};
use crate::domain::cvss::Cvss;
use crate::domain::fold::sort_key;
use crate::domain::id::BatchId;
use crate::import::child::{Child, Said};
use crate::import::limits::{Kind, Refusal};
use crate::import::record::Summary;
use crate::import::sighted::{Led, Sighted, Telling};
use crate::service::limits::Spool;
use crate::service::{Caller, Desk, Error, Result};
use crate::store::event::{self, NewEvent};
use crate::store::import::OfProject;
use crate::store::import::staging::{Chunk, Facts, Part, Staged};

/// Bytes of text that make a chunk.
const CHUNK: u64 = 1 << 20;

/// How often progress is told.
const TOLD: Duration = Duration::from_millis(500);

/// A report being decoded and staged.
pub struct Taking<'d> {
    desk: &'d Desk,
    caller: &'d Caller,
    batch: BatchId,
    project: Uuid,
    client: Option<Uuid>,
    pub id: Uuid,
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
    turn: &'d Turn,
    /// What was found before the member that is read.
    before: (i64, i64),
    /// The members of an archive that were read to their end.
    pub members: Vec<(Uuid, String, Summary)>,
}

/// A chunk that still grows: from its first record to the end of its last.
struct Open {
    id: Uuid,
    from: u64,
    to: u64,
}

impl<'d> Taking<'d> {
    pub fn new(
        desk: &'d Desk,
        caller: &'d Caller,
        batch: BatchId,
        project: &OfProject,
        spooled: Spooled,
        turn: &'d Turn,
    ) -> Self {
        Self {
            desk,
            caller,
            batch,
            project: project.id.0,
            client: project.client,
            id: Uuid::now_v7(),
            report: spooled.file,
            bytes: spooled.bytes,
            text: None,
            row: 0,
            led: Led::default(),
            tools: HashMap::new(),
            chunk: None,
            told: Instant::now(),
            room: Some(spooled.room),
            turn,
            before: (0, 0),
            members: Vec::new(),
        }
    }

    /// Reads it to its end, or says why not: then what was staged belongs to nothing.
    pub async fn take(&mut self, format: Option<&str>) -> Result<Summary> {
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
                Said::Progress(bytes) => {
                    self.turn.reading(self.reading(bytes));
                    self.tell(bytes).await?;
                }
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

    /// What it staged under, so far: its members, and what is read.
    pub fn ids(&self) -> Vec<Uuid> {
        self.members.iter().map(|(id, ..)| *id).chain([self.id]).collect()
    }

    /// Stages the last chunk of a file.
    async fn close(&mut self, stager: &mut Stager) -> Result<()> {
        let led = std::mem::take(&mut self.led);
        self.before.0 += self.row;
        self.before.1 += led.findings();
        if !led.complete() {
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
    fn reading(&self, done: u64) -> Reading {
        let total = self.text.as_ref().map_or(self.bytes, |(_, length)| *length);
        Reading {
            done: done.min(total) as i64,
            total: total as i64,
            records: self.before.0 + self.row,
            findings: self.before.1 + self.led.findings(),
        }
    }

    async fn tell(&mut self, done: u64) -> Result<()> {
        if self.told.elapsed() < TOLD {
            return Ok(());
        }
        self.told = Instant::now();
        let Reading { done, total, .. } = self.reading(done);
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
                    rows::set_progress(tx, batch, done, total).await?;
                    event::write(tx, vec![event], now).await
                })
            })
            .await
            .map_err(Error::Store)?;
        self.desk.wake();
        Ok(())
    }
}

/// A decoder's refusal on the wire.
pub fn refused(refusal: &Refusal) -> Error {
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
