//! The one place that prints. Everything that reaches a terminal goes through here and has become [`Safe`] by then.
//!
//! Four ways of showing the same answer: a table for a terminal, plain text for a pipe, tab-separated values
//! (`--plain`), or the API's own document (`--json`). Commands hand over rows and documents and never choose.

use std::io::{self, IsTerminal as _, Write as _};

use serde::Serialize;

use super::error::Error;
use super::pager::{Pager, overflows};
use crate::domain::safe::Safe;
use crate::domain::time::Time;

/// How answers are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Aligned columns, cut to the terminal's width, with a header.
    Table { width: usize, bold: bool },
    /// Aligned columns, nothing cut, with a header.
    Text,
    /// Values separated by tabs, one row a line, no header.
    Plain,
    /// One JSON document.
    Json,
}

/// A column of a list.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    pub name: &'static str,
    /// Numbers stand at the right.
    pub right: bool,
    /// Cut first where the terminal is narrow.
    pub gives: bool,
}

/// A column of short words.
#[must_use]
pub const fn col(name: &'static str) -> Column {
    Column {
        name,
        right: false,
        gives: false,
    }
}

/// A column of numbers.
#[must_use]
pub const fn num(name: &'static str) -> Column {
    Column {
        name,
        right: true,
        gives: false,
    }
}

/// A column of long text.
#[must_use]
pub const fn long(name: &'static str) -> Column {
    Column {
        name,
        right: false,
        gives: true,
    }
}

/// Something that is shown as one line of a list.
pub trait Row {
    const COLUMNS: &'static [Column];
    /// One text per column, as it came: the printer makes it safe.
    fn cells(&self) -> Vec<String>;
}

/// Prints answers on standard output and remarks on standard error.
#[derive(Debug, Clone)]
pub struct Printer {
    mode: Mode,
    pager: Option<Pager>,
}

impl Printer {
    #[must_use]
    pub fn new(json: bool, plain: bool, no_colour: bool) -> Self {
        let mode = if json {
            Mode::Json
        } else if plain {
            Mode::Plain
        } else if io::stdout().is_terminal() {
            Mode::Table {
                width: terminal_size().0,
                bold: !no_colour,
            }
        } else {
            Mode::Text
        };
        Self { mode, pager: None }
    }

    /// With what shows lists and details that are longer than the terminal.
    #[must_use]
    pub fn with_pager(self, pager: Option<Pager>) -> Self {
        Self { pager, ..self }
    }

    /// For what is printed before a question: both belong on the same screen.
    #[must_use]
    pub fn unpaged(&self) -> Self {
        self.clone().with_pager(None)
    }

    /// Writes an answer, through the pager where it is longer than the terminal.
    fn show(&self, text: &str) -> Result<(), Error> {
        if let (Mode::Table { width, .. }, Some(pager)) = (self.mode, &self.pager)
            && overflows(text, width, terminal_size().1)
            && pager.show(text)
        {
            return Ok(());
        }
        write_out(text)
    }

    #[must_use]
    pub fn is_json(&self) -> bool {
        self.mode == Mode::Json
    }

    /// A list: the document as it came for `--json`, its rows otherwise.
    pub fn list<D: Serialize, R: Row>(&self, document: &D, rows: &[R]) -> Result<(), Error> {
        if self.is_json() {
            return self.document(document);
        }
        let cells: Vec<Vec<Safe>> = rows
            .iter()
            .map(|r| r.cells().iter().map(Safe::from).collect())
            .collect();
        self.show(&self.table(R::COLUMNS, &cells))
    }

    /// One object: the document for `--json`, its fields one a line otherwise. Empty fields are left out of tables.
    pub fn record<D: Serialize>(&self, document: &D, fields: &[(&str, String)]) -> Result<(), Error> {
        if self.is_json() {
            return self.document(document);
        }
        let widest = fields.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        let mut text = String::new();
        for (name, value) in fields {
            match self.mode {
                Mode::Plain => text += &format!("{name}\t{}\n", Safe::new(value)),
                _ if value.is_empty() => {}
                _ => {
                    for (i, line) in Safe::block(value).lines().enumerate() {
                        let name = if i == 0 { *name } else { "" };
                        text += format!("{name:widest$}  {line}").trim_end();
                        text.push('\n');
                    }
                }
            }
        }
        self.show(&text)
    }

    /// An act is done: the document for `--json`, else one sentence.
    pub fn done<D: Serialize>(&self, document: &D, sentence: &str) -> Result<(), Error> {
        if self.is_json() {
            self.document(document)
        } else {
            write_out(&format!("{}\n", Safe::block(sentence)))
        }
    }

    /// An act without an answer is done: silence for `--json`, else one sentence.
    pub fn said(&self, sentence: &str) -> Result<(), Error> {
        if self.is_json() {
            Ok(())
        } else {
            write_out(&format!("{}\n", Safe::block(sentence)))
        }
    }

    /// A document on lines of its own, whatever the mode asks for.
    pub fn document<D: Serialize>(&self, document: &D) -> Result<(), Error> {
        let text = serde_json::to_string_pretty(document).map_err(|e| Error::Failed(format!("an answer: {e}")))?;
        write_out(&(json_safe(&text) + "\n"))
    }

    /// A document on one line, for streams.
    pub fn line<D: Serialize>(&self, document: &D) -> Result<(), Error> {
        let text = serde_json::to_string(document).map_err(|e| Error::Failed(format!("an answer: {e}")))?;
        write_out(&(json_safe(&text) + "\n"))
    }

    /// A piece of a document that was made to be one, safe for a terminal already: of [`json_safe`], of [`Safe`] cells.
    pub fn piece(&self, text: &str) -> Result<(), Error> {
        write_out(text)
    }

    /// Text of our own making that must arrive as it is: scripts, and answers to them, whose values were looked at
    /// character by character.
    pub fn raw(&self, bytes: &[u8]) -> Result<(), Error> {
        let mut out = io::stdout().lock();
        settle(out.write_all(bytes).and_then(|()| out.flush()))
    }

    /// Whether a person reads along, and not a script.
    #[must_use]
    pub fn talks(&self) -> bool {
        !matches!(self.mode, Mode::Json | Mode::Plain)
    }

    /// A remark for the person at the terminal, on standard error. Silent for `--json` and `--plain`.
    pub fn remark(&self, sentence: &str) {
        if self.talks() {
            complain(Safe::block(sentence).as_str());
        }
    }

    fn table(&self, columns: &[Column], rows: &[Vec<Safe>]) -> String {
        if self.mode == Mode::Plain {
            let line = |row: &Vec<Safe>| row.iter().map(Safe::as_str).collect::<Vec<_>>().join("\t") + "\n";
            return rows.iter().map(line).collect();
        }
        let mut widths: Vec<usize> = columns.iter().map(|c| c.name.len()).collect();
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        if let Mode::Table { width, .. } = self.mode {
            let gap = 2 * columns.len().saturating_sub(1);
            let mut over = (widths.iter().sum::<usize>() + gap).saturating_sub(width);
            for (column, width) in columns.iter().zip(&mut widths).filter(|(c, _)| c.gives) {
                let give = over.min(width.saturating_sub(column.name.len().max(12)));
                *width -= give;
                over -= give;
            }
        }
        let header: Vec<Safe> = columns.iter().map(|c| Safe::new(&c.name.to_uppercase())).collect();
        let mut text = String::new();
        for (i, row) in std::iter::once(&header).chain(rows).enumerate() {
            let mut line = String::new();
            for ((column, width), cell) in columns.iter().zip(&widths).zip(row) {
                let cell = if matches!(self.mode, Mode::Table { .. }) {
                    cell.truncate(*width)
                } else {
                    cell.clone()
                };
                let pad = " ".repeat(width.saturating_sub(cell.width()));
                if !line.is_empty() {
                    line += "  ";
                }
                line += &if column.right {
                    pad + cell.as_str()
                } else {
                    cell.into_string() + &pad
                };
            }
            let line = line.trim_end();
            let bold = i == 0 && matches!(self.mode, Mode::Table { bold: true, .. });
            text += &if bold {
                format!("\x1b[1m{line}\x1b[0m\n")
            } else {
                format!("{line}\n")
            };
        }
        text
    }
}

/// An instant in a list: minutes are enough for people, and it is always UTC.
#[must_use]
pub fn when(time: Time) -> String {
    time.to_string().get(..16).unwrap_or_default().replace('T', " ") + "Z"
}

/// An instant that may be missing.
#[must_use]
pub fn maybe_when(time: Option<Time>) -> String {
    time.map(when).unwrap_or_default()
}

/// A wire word (`admins_only`) of anything that serialises to one.
#[must_use]
pub fn word<T: Serialize>(value: &T) -> String {
    serde_json::to_value(value)
        .ok()
        .and_then(|v| v.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// A sentence on standard error. The caller has made it safe.
pub fn complain(text: &str) {
    // Nobody is left to be told that standard error is gone.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// A problem document on standard error.
pub fn complain_json<D: Serialize>(document: &D) {
    if let Ok(text) = serde_json::to_string_pretty(document) {
        complain(&json_safe(&text));
    }
}

/// A bar on standard error for long work, drawn over itself; its line ends where all is done. For terminals only.
pub fn progress(what: &str, done: usize, of: usize) {
    const WIDTH: usize = 30;
    let filled = WIDTH * done / of.max(1);
    let (bar, rest) = ("#".repeat(filled), " ".repeat(WIDTH - filled));
    let end = if done >= of { "\n" } else { "" };
    let mut err = io::stderr().lock();
    let _ = write!(err, "\r{what} [{bar}{rest}]{end}").and_then(|()| err.flush());
}

/// A question on standard error, without a line break. The caller has made it safe.
pub fn prompt(text: &str) {
    let mut err = io::stderr().lock();
    let _ = write!(err, "{text} ");
    let _ = err.flush();
}

/// Whether standard error can redraw a line.
#[must_use]
pub fn progress_redraws() -> bool {
    io::stderr().is_terminal()
}

/// How far something is, on standard error: one line that redraws itself on a terminal, plain lines elsewhere.
pub fn upload_progress(what: &str, done: u64, total: u64) {
    const WIDTH: u64 = 24;
    const ROOM: usize = 46;
    let part = |of: u64| (done.min(total) * of).checked_div(total).unwrap_or(of);
    let (share, percent) = (part(WIDTH), part(100));
    let mut err = io::stderr().lock();
    let _ = if progress_redraws() {
        let bar = "#".repeat(share as usize) + &"-".repeat((WIDTH - share) as usize);
        // A line that wraps cannot be drawn over.
        let what = Safe::new(what).truncate(ROOM);
        write!(err, "\r[{bar}] {percent:3}% {what}\x1b[K")
    } else {
        writeln!(err, "{percent:3}% {}", Safe::new(what))
    };
    let _ = err.flush();
}

/// Clears the line of [`upload_progress`].
pub fn settle_progress() {
    if progress_redraws() {
        let mut err = io::stderr().lock();
        let _ = write!(err, "\r\x1b[K");
        let _ = err.flush();
    }
}

fn write_out(text: &str) -> Result<(), Error> {
    let mut out = io::stdout().lock();
    settle(out.write_all(text.as_bytes()).and_then(|()| out.flush()))
}

/// A reader that went away (`| head`) has all it wanted.
fn settle(result: io::Result<()>) -> Result<(), Error> {
    match result {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Err(Error::ReaderGone),
        Err(e) => Err(Error::Failed(format!("standard output: {e}"))),
        Ok(()) => Ok(()),
    }
}

/// JSON whose strings steer no terminal: what [`Safe`] would mark is written as `\u` escapes, which read back the same.
/// JSON itself is ASCII outside its strings, and its writer escapes C0 already.
#[must_use]
pub fn json_safe(text: &str) -> String {
    if text.bytes().all(|b| b == b'\n' || (b' '..=b'~').contains(&b)) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut units = [0; 2];
    for c in text.chars() {
        let fine = c == '\n' || (' '..='~').contains(&c) || (!c.is_ascii() && is_safe(c));
        if fine {
            out.push(c);
        } else {
            for unit in c.encode_utf16(&mut units) {
                out += &format!("\\u{unit:04x}");
            }
        }
    }
    out
}

fn is_safe(c: char) -> bool {
    let mut bytes = [0; 4];
    let text = c.encode_utf8(&mut bytes);
    Safe::new(text).as_str() == text
}

/// Columns and rows.
fn terminal_size() -> (usize, usize) {
    #[cfg(unix)]
    if let Ok(size) = rustix::termios::tcgetwinsize(io::stdout())
        && size.ws_col > 0
        && size.ws_row > 0
    {
        return (usize::from(size.ws_col), usize::from(size.ws_row));
    }
    (80, 24)
}

#[cfg(test)]
mod tests;
