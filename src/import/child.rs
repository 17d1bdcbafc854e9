//! The parent's side of decoding: starts `riskdesk worker decode` on a report and reads what it writes.
//!
//! The report is the child's standard input, as a file, so that a format may read it twice; its standard output is
//! [`frame`]s. The child is killed when [`Child`] is dropped, whatever the reason. [`decode_here`] is the child's own
//! side, called by the composition root `cli/worker.rs`.
//!
//! What a child can do to its parent is bounded here: frames have a longest length, silence has a longest time, and a
//! child that dies without a last word is a refusal that says so.

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncReadExt, BufReader};
use tokio::process::{ChildStdout, Command};

use super::frame::{self, Frame, HEAD};
use super::limits::{Kind, Limits, Refusal};
use super::record::{Record, Summary};
use super::sandbox::{self, Allowance};
use super::sighted::{Holding, Sighted, Telling};
use super::source::Source;
use super::{Sink, decode};

/// The arguments that make this binary a decoder.
pub const ARGUMENTS: [&str; 2] = ["worker", "decode"];

/// Most records handed over at once.
const BATCH: usize = 1_000;

/// How long a child may say nothing. It tells its progress every megabyte, and CPU time has a cap of its own.
const SILENCE: Duration = Duration::from_mins(1);

/// What a child says.
#[derive(Debug)]
pub enum Said {
    /// The next piece of the report's text; only where that is not the file's own bytes.
    Text(Vec<u8>),
    Records(Vec<Sighted>),
    /// What some records say of their findings; all that counts has been said before their file ends.
    Facts(Vec<Telling>),
    /// All records of a member of an archive have been said.
    Member(String, Box<Summary>),
    /// So many bytes of text have been read.
    Progress(u64),
    /// The last word.
    End(Box<Summary>),
}

/// A running decoder.
#[derive(Debug)]
pub struct Child {
    process: tokio::process::Child,
    out: BufReader<ChildStdout>,
    pending: Option<Frame>,
    /// How far it is, where that is still to be said.
    progress: Option<u64>,
}

impl Child {
    /// Starts `exe` as a decoder of `report`, which must be readable from its start.
    ///
    /// # Errors
    /// Where the process cannot be started.
    pub fn start(exe: &Path, report: File, format: Option<&str>) -> Result<Self, Refusal> {
        let mut command = Command::new(exe);
        command.args(ARGUMENTS);
        if let Some(format) = format {
            command.arg("--format").arg(format);
        }
        command
            .env_clear()
            .stdin(Stdio::from(report))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let failed = |e: &dyn std::fmt::Display| {
            Refusal::new(
                Kind::Machinery,
                format!("the decoder could not be started ({e}); try again"),
            )
        };
        let mut process = command.spawn().map_err(|e| failed(&e))?;
        let out = process.stdout.take().ok_or_else(|| failed(&"no output"))?;
        Ok(Self {
            process,
            out: BufReader::with_capacity(256 << 10, out),
            pending: None,
            progress: None,
        })
    }

    /// The child's process id, for those who watch it.
    pub fn id(&self) -> Option<u32> {
        self.process.id()
    }

    /// What the child says next; records in batches. Not safe to cancel in the middle: drop the child instead.
    ///
    /// # Errors
    /// The child's refusal, or ours where it died, fell silent or spoke nonsense.
    pub async fn next(&mut self) -> Result<Said, Refusal> {
        if let Some(bytes) = self.progress.take() {
            return Ok(Said::Progress(bytes));
        }
        let (mut records, mut facts) = (Vec::new(), Vec::new());
        loop {
            let frame = match self.pending.take() {
                Some(frame) => frame,
                None => self.frame().await?,
            };
            match frame {
                Frame::Facts(told) if records.is_empty() => {
                    facts.push(*told);
                    if facts.len() == BATCH {
                        return Ok(Said::Facts(facts));
                    }
                }
                other if !facts.is_empty() => {
                    self.pending = Some(other);
                    return Ok(Said::Facts(facts));
                }
                Frame::Record(record) => {
                    records.push(*record);
                    if records.len() == BATCH {
                        return Ok(Said::Records(records));
                    }
                }
                // A word in between does not break a batch.
                Frame::Progress(bytes) if !records.is_empty() => self.progress = Some(bytes),
                other if !records.is_empty() => {
                    self.pending = Some(other);
                    return Ok(Said::Records(records));
                }
                Frame::Facts(told) => return Ok(Said::Facts(vec![*told])),
                Frame::Text(text) => return Ok(Said::Text(text)),
                Frame::Progress(bytes) => return Ok(Said::Progress(bytes)),
                Frame::Member(name, summary) => return Ok(Said::Member(name, summary)),
                Frame::End(summary) => return Ok(Said::End(summary)),
                Frame::Refused(refusal) => return Err(*refusal),
            }
        }
    }

    async fn frame(&mut self) -> Result<Frame, Refusal> {
        let nonsense = || {
            Refusal::new(
                Kind::Machinery,
                "the decoder spoke nonsense; nothing of the report was kept",
            )
        };
        let mut head = [0; HEAD];
        let read = async {
            self.out.read_exact(&mut head).await?;
            let Some(length) = frame::length(head) else {
                return Ok(None);
            };
            let mut payload = vec![0; length];
            self.out.read_exact(&mut payload).await?;
            Ok::<_, io::Error>(Some(payload))
        };
        match tokio::time::timeout(SILENCE, read).await {
            Ok(Ok(payload)) => payload.and_then(|p| frame::read(head[0], p)).ok_or_else(nonsense),
            Ok(Err(_)) => Err(self.died().await),
            Err(_) => {
                let _ = self.process.start_kill();
                Err(Refusal::new(
                    Kind::Limit,
                    "the report kept the decoder busy for too long; nothing of it was kept",
                ))
            }
        }
    }

    /// Why the output ended before the last word.
    async fn died(&mut self) -> Refusal {
        let status = tokio::time::timeout(SILENCE, self.process.wait()).await;
        match status {
            Ok(Ok(status)) => obituary(status),
            _ => Refusal::new(
                Kind::Machinery,
                "the decoder stopped without a word; nothing of the report was kept",
            ),
        }
    }
}

#[cfg(unix)]
fn obituary(status: ExitStatus) -> Refusal {
    use rustix::process::Signal;
    use std::os::unix::process::ExitStatusExt as _;
    let allowance = Allowance::default();
    let signal = status.signal();
    let is = |s: Signal| signal == Some(s.as_raw());
    // The hard limit on CPU time kills; a failed allocation aborts.
    if is(Signal::XCPU) || is(Signal::KILL) {
        return Refusal::new(
            Kind::Limit,
            format!(
                "decoding was ended: it took more than {} seconds of CPU time, or was killed; split the report",
                allowance.cpu
            ),
        );
    }
    if is(Signal::ABORT) {
        return Refusal::new(
            Kind::Limit,
            format!(
                "decoding needed more than {}; split the report",
                super::json::size(allowance.memory)
            ),
        );
    }
    unexplained(status)
}

#[cfg(not(unix))]
fn obituary(status: ExitStatus) -> Refusal {
    unexplained(status)
}

fn unexplained(status: ExitStatus) -> Refusal {
    Refusal::new(
        Kind::Machinery,
        format!("the decoder ended unexpectedly ({status}); nothing of the report was kept"),
    )
}

/// The child's own life: restricts itself, decodes standard input, writes frames to standard output.
///
/// # Errors
/// Where the parent is gone; there is nobody left to tell.
pub fn decode_here(input: File, output: File, format: Option<&str>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(256 << 10, output);
    if let Err(reason) = sandbox::restrict(&Allowance::default()) {
        let refusal = Refusal::new(Kind::Machinery, reason);
        frame::write(&mut out, &Frame::Refused(Box::new(refusal)))?;
        return out.flush();
    }
    let limits = Limits::default();
    let mut source = Source::File(input);
    let outcome = echo(&mut source, &limits, &mut out).and_then(|()| decode_to(&mut source, format, &limits, &mut out));
    let last = match outcome {
        Ok(summary) => Frame::End(Box::new(summary)),
        Err(refusal) => Frame::Refused(Box::new(refusal)),
    };
    frame::write(&mut out, &last)?;
    out.flush()
}

/// Sends the text ahead where it is not the file's own bytes: offsets of records count in it.
fn echo(source: &mut Source<'_>, limits: &Limits, out: &mut impl Write) -> Result<(), Refusal> {
    // The text of an archive's members comes with them.
    if source.archive()?.is_some() {
        return Ok(());
    }
    let mut text = source.open(limits)?;
    if text.verbatim {
        return Ok(());
    }
    let mut piece = vec![0; 64 << 10];
    loop {
        let n = text.reader.read(&mut piece).map_err(|e| {
            super::source::refusal_in(&e)
                .unwrap_or_else(|| Refusal::new(Kind::Machinery, format!("the report could not be read: {e}")))
        })?;
        if n == 0 {
            return Ok(());
        }
        frame::write(out, &Frame::Text(piece[..n].to_vec())).map_err(|e| gone(&e))?;
    }
}

fn gone(error: &io::Error) -> Refusal {
    Refusal::new(Kind::Machinery, format!("nobody listens any more: {error}"))
}

fn decode_to(
    source: &mut Source<'_>,
    format: Option<&str>,
    limits: &Limits,
    out: &mut impl Write,
) -> Result<Summary, Refusal> {
    let mut writer = Writer::to(out);
    let summary = decode(source, format, limits, &mut writer)?;
    let told = writer.holding.tell();
    tell(out, told)?;
    Ok(summary)
}

fn tell(out: &mut impl Write, told: Vec<Telling>) -> Result<(), Refusal> {
    for facts in told {
        frame::write(out, &Frame::Facts(Box::new(facts))).map_err(|e| gone(&e))?;
    }
    Ok(())
}

struct Writer<'w, W> {
    out: &'w mut W,
    holding: Holding,
}

impl<'w, W> Writer<'w, W> {
    fn to(out: &'w mut W) -> Self {
        Self {
            out,
            holding: Holding::default(),
        }
    }
}

impl<W: Write> Sink for Writer<'_, W> {
    fn record(&mut self, record: Record) -> Result<(), Refusal> {
        let (sighted, told) = self.holding.take(record);
        frame::write(self.out, &Frame::Record(Box::new(sighted))).map_err(|e| gone(&e))?;
        tell(self.out, told)
    }

    fn progress(&mut self, bytes: u64) -> Result<(), Refusal> {
        frame::write(self.out, &Frame::Progress(bytes))
            .and_then(|()| self.out.flush())
            .map_err(|e| gone(&e))
    }

    fn text(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        frame::write(self.out, &Frame::Text(piece.to_vec())).map_err(|e| gone(&e))
    }

    fn member(&mut self, name: &str, summary: &Summary) -> Result<(), Refusal> {
        // What is told is told of a file.
        let mut holding = std::mem::take(&mut self.holding);
        tell(self.out, holding.tell())?;
        let frame = Frame::Member(name.to_owned(), Box::new(summary.clone()));
        frame::write(self.out, &frame).map_err(|e| gone(&e))
    }
}
