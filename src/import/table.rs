//! A reader over CSV text: one row at a time, columns by name.
//!
//! Commas, semicolons, tabs and bars are told apart by the first line; names of columns count without case and outer
//! blanks. Cells are data: what looks like a formula stays as it is (exports guard against it, not imports). A row may
//! have fewer or more cells than there are columns. Cells that are not UTF-8 are read as Windows-1252, which is what
//! spreadsheets write.

use std::borrow::Cow;
use std::io::{self, Read};

use super::Out;
use super::limits::{Kind, Limits, Refusal, clip_line};
use super::metered::Metered;
use super::record::Span;
use super::source::{self, Text};

/// Most columns of a table.
const COLUMNS: usize = 1_000;

/// How much of the first line is looked at.
const FIRST: usize = 32 << 10;

pub struct Table<'s> {
    inner: csv::Reader<Metered<Box<dyn Read + 's>>>,
    header: Vec<String>,
    row: csv::ByteRecord,
    base: u64,
}

/// A row that was read.
#[derive(Debug)]
pub struct Row<'t> {
    header: &'t [String],
    cells: &'t csv::ByteRecord,
    pub span: Span,
}

impl<'s> Table<'s> {
    /// Reads the first line.
    pub fn open(text: Text<'s>, limits: &Limits) -> Result<Self, Refusal> {
        let mut input = Metered::new(text.reader, limits);
        let ahead = input.ahead().map_err(|e| unreadable(&e))?;
        let (delimiter, skip) = delimiter_of(ahead);
        io::copy(&mut input.by_ref().take(skip as u64), &mut io::sink()).map_err(|e| unreadable(&e))?;
        let inner = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(input);
        let mut table = Self {
            inner,
            header: Vec::new(),
            row: csv::ByteRecord::new(),
            base: text.base + skip as u64,
        };
        table.read()?;
        table.header = table.row.iter().map(|cell| name_of(&text_of(cell))).collect();
        Ok(table)
    }

    /// Takes the first line that has all of these columns for the header; exports write who made them above it. How many
    /// lines stood there, or none where there is no such line among the first.
    pub fn header_with(&mut self, names: &[&str]) -> Result<Option<u64>, Refusal> {
        /// Lines above a header.
        const ABOVE: u64 = 40;
        for above in 0..=ABOVE {
            if names.iter().all(|name| self.header.iter().any(|h| h == name)) {
                return Ok(Some(above));
            }
            if !self.read()? {
                return Ok(None);
            }
            self.header = self.row.iter().map(|cell| name_of(&text_of(cell))).collect();
        }
        Ok(None)
    }

    /// The names of the columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.header
    }

    #[must_use]
    pub fn offset(&self) -> u64 {
        self.base + self.inner.position().byte()
    }

    fn refuse(&self, kind: Kind, reason: impl Into<String>) -> Refusal {
        Refusal::new(kind, reason).at(self.inner.position().line(), self.offset())
    }

    fn read(&mut self) -> Result<bool, Refusal> {
        let more = match self.inner.read_byte_record(&mut self.row) {
            Ok(more) => more,
            Err(e) => {
                return Err(match e.kind() {
                    csv::ErrorKind::Io(io) => match source::refusal_in(io) {
                        Some(r) => self.refuse(r.kind, r.reason),
                        None => self.refuse(Kind::Machinery, format!("the report could not be read: {io}")),
                    },
                    _ => self.refuse(Kind::Malformed, clip_line(&e.to_string(), 160)),
                });
            }
        };
        self.inner.get_mut().settle();
        if self.row.len() > COLUMNS {
            return Err(self.refuse(Kind::Limit, format!("a row has more than {COLUMNS} cells")));
        }
        Ok(more)
    }

    /// The next row that is not blank.
    pub fn row(&mut self) -> Result<Option<Row<'_>>, Refusal> {
        loop {
            if !self.read()? {
                return Ok(None);
            }
            if self.row.iter().any(|cell| !cell.trim_ascii().is_empty()) {
                break;
            }
        }
        let start = self.base + self.row.position().map_or(0, csv::Position::byte);
        let span = Span {
            offset: start,
            length: self.offset() - start,
        };
        Ok(Some(Row {
            header: &self.header,
            cells: &self.row,
            span,
        }))
    }
}

/// What happens with a row.
pub type WithRow<'f> = dyn FnMut(&Row<'_>, &mut Out<'_>) -> Result<(), Refusal> + 'f;

impl Table<'_> {
    /// Takes every row that is left: each is counted, and is an entry of the report.
    pub fn each_row(&mut self, out: &mut Out<'_>, then: &mut WithRow<'_>) -> Result<(), Refusal> {
        out.summary.count("csv_rows", 0);
        out.list();
        while let Some(row) = self.row()? {
            let end = row.span.offset + row.span.length;
            out.summary.count("csv_rows", 1);
            out.entry(end)?;
            out.summary.bytes = end;
            then(&row, out)?;
        }
        Ok(())
    }
}

impl Row<'_> {
    /// The cell at a place, for tables without names.
    #[must_use]
    pub fn at(&self, n: usize) -> Option<Cow<'_, str>> {
        self.cells.get(n).map(text_of)
    }

    /// The cell of the first of these columns that says something.
    #[must_use]
    pub fn get(&self, names: &[&str]) -> Option<Cow<'_, str>> {
        names.iter().find_map(|name| {
            let cells = self.header.iter().zip(self.cells.iter()).filter(|(h, _)| h == name);
            cells
                .map(|(_, cell)| text_of(cell))
                .find(|text| !text.trim().is_empty())
                .map(|text| match text {
                    Cow::Borrowed(t) => Cow::Borrowed(t.trim()),
                    Cow::Owned(t) => Cow::Owned(t.trim().to_owned()),
                })
        })
    }
}

fn unreadable(e: &io::Error) -> Refusal {
    source::refusal_in(e).unwrap_or_else(|| Refusal::new(Kind::Machinery, format!("the report could not be read: {e}")))
}

/// What separates cells, and how many bytes stand before the header (Excel's `sep=;` line).
fn delimiter_of(ahead: &[u8]) -> (u8, usize) {
    let line = |bytes: &[u8]| memchr::memchr(b'\n', bytes).unwrap_or(bytes.len());
    if let Some(rest) = ahead.strip_prefix(b"sep=")
        && let Some(delimiter) = rest.first()
    {
        return (*delimiter, (line(ahead) + 1).min(ahead.len()));
    }
    let first = &ahead[..line(ahead).min(FIRST)];
    let (mut quoted, mut counts) = (false, [0_usize; 4]);
    for b in first {
        match b {
            b'"' => quoted = !quoted,
            b if !quoted => {
                if let Some(n) = b",;\t|".iter().position(|d| d == b) {
                    counts[n] += 1;
                }
            }
            _ => {}
        }
    }
    let most = (0..counts.len()).rev().max_by_key(|n| counts[*n]).unwrap_or_default();
    (b",;\t|"[most], 0)
}

fn name_of(cell: &str) -> String {
    clip_line(cell, 200).to_lowercase()
}

fn text_of(cell: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(cell) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Owned(source::windows_1252(cell)),
    }
}

/// The names of the columns, as far as the beginning of a text shows them; none for what is no table.
#[must_use]
pub fn header(head: &[u8]) -> Vec<String> {
    if matches!(head.trim_ascii_start().first(), None | Some(b'{' | b'[' | b'<')) {
        return Vec::new();
    }
    let text = Text {
        reader: Box::new(head),
        base: 0,
        verbatim: true,
    };
    Table::open(text, &Limits::default())
        .map(|t| t.header)
        .unwrap_or_default()
}

/// Whether a table begins so, with these columns below some lines of something else.
#[must_use]
pub fn has_header(head: &[u8], names: &[&str]) -> bool {
    if matches!(head.trim_ascii_start().first(), None | Some(b'{' | b'[' | b'<')) {
        return false;
    }
    let text = Text {
        reader: Box::new(head),
        base: 0,
        verbatim: true,
    };
    let found = Table::open(text, &Limits::default()).and_then(|mut table| table.header_with(names));
    found.is_ok_and(|above| above.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8]) -> Vec<(Option<String>, Option<String>, String)> {
        let opened = Text {
            reader: Box::new(text),
            base: 0,
            verbatim: true,
        };
        let mut table = Table::open(opened, &Limits::default()).unwrap();
        let mut out = Vec::new();
        while let Some(row) = table.row().unwrap() {
            let own = |c: Option<Cow<'_, str>>| c.map(Cow::into_owned);
            let raw = &text[row.span.offset as usize..(row.span.offset + row.span.length) as usize];
            out.push((
                own(row.get(&["a"])),
                own(row.get(&["x", "b c"])),
                text_of(raw).trim().to_owned(),
            ));
        }
        out
    }

    #[test]
    fn separators_names_and_ragged_rows() {
        let some = |a: &str, b: &str, raw: &str| (Some(a.to_owned()), Some(b.to_owned()), raw.to_owned());
        assert_eq!(
            rows(b"A,B C\n1,\"x, \"\"y\"\"\nz\"\n"),
            [some("1", "x, \"y\"\nz", "1,\"x, \"\"y\"\"\nz\"")]
        );
        assert_eq!(
            rows(b"a;b c\r\n\r\n;;\r\n=1+1;2;3;4\r\n"),
            [some("=1+1", "2", "=1+1;2;3;4")]
        );
        assert_eq!(rows(b"sep=;\r\na;b c\r\n1;2"), [some("1", "2", "1;2")]);
        assert_eq!(rows(b"\" a \"\tb c\ncaf\xe9\t2"), [some("café", "2", "café\t2")]);
        assert_eq!(rows(b"a,b c\n1"), [(Some("1".into()), None, "1".into())]);
        assert!(rows(b"a,b").is_empty());
    }

    #[test]
    fn too_many_columns_and_endless_cells_are_refused() {
        let open = |text: &[u8]| {
            let opened = Text {
                reader: Box::new(text),
                base: 0,
                verbatim: true,
            };
            Table::open(opened, &Limits::default()).and_then(|mut t| t.row().map(|_| ()))
        };
        let wide = ",".repeat(10_000_000);
        assert_eq!(open(wide.as_bytes()).unwrap_err().kind, Kind::Limit);
        assert!(
            open(&wide.as_bytes()[..5_000])
                .unwrap_err()
                .reason
                .contains("1000 cells")
        );
        let endless = format!("a,b\n\"{}", "x".repeat(9 << 20));
        assert!(
            open(endless.as_bytes())
                .unwrap_err()
                .reason
                .contains("larger than 8 MiB")
        );
    }
}
