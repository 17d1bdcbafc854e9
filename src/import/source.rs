//! A report as text that can be read more than once: gzip unpacked, UTF-16 and declared Latin-1 turned into UTF-8, byte
//! order marks gone.
//!
//! What a file is, is read from its bytes; names play no part. Offsets of records count in the text as it leaves here.
//! [`Text::verbatim`] says whether that text is the file's own bytes.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom};

use flate2::read::MultiGzDecoder;

use super::json::size;
use super::limits::{Kind, Limits, Refusal};

/// Where the bytes come from.
#[derive(Debug)]
pub enum Source<'a> {
    Memory(&'a [u8]),
    /// A file that can be read from its start again.
    File(File),
}

/// One reading of the text, from its start.
pub struct Text<'s> {
    pub reader: Box<dyn Read + 's>,
    /// What the first byte counts as (3 behind a UTF-8 byte order mark of a verbatim text).
    pub base: u64,
    /// Whether the text is the file's own bytes from `base` on.
    pub verbatim: bool,
}

impl Source<'_> {
    /// Opens the text from its start.
    ///
    /// # Errors
    /// Where the file cannot be read, or is an archive nobody here unpacks.
    pub fn open(&mut self, limits: &Limits) -> Result<Text<'_>, Refusal> {
        let head = {
            let mut raw = self.rewind()?;
            peek(&mut raw, HEAD).map_err(|e| unreadable(&e))?
        };
        if head.starts_with(b"PK\x03\x04") {
            return Err(Refusal::new(
                Kind::UnknownFormat,
                "this is a zip archive; unpack it and import the reports in it",
            ));
        }
        let rewound = self.rewind()?;
        if !head.starts_with(&[0x1f, 0x8b]) {
            let (mut reader, base, recoded) = decoded(rewound, &head);
            if base > 0 {
                skip(&mut reader, base).map_err(|e| unreadable(&e))?;
            }
            return Ok(Text {
                reader: Box::new(Capped::new(reader, limits)),
                base,
                verbatim: !recoded,
            });
        }
        let mut gz: Box<dyn Read + '_> = Box::new(Ratio::new(rewound, limits));
        let head = peek(&mut gz, HEAD).map_err(|e| refusal_in(&e).unwrap_or_else(|| bad_gzip(&e)))?;
        let again: Box<dyn Read + '_> = Box::new(Cursor::new(head.clone()).chain(gz));
        let (mut reader, base, _) = decoded(again, &head);
        skip(&mut reader, base).map_err(|e| unreadable(&e))?;
        Ok(Text {
            reader: Box::new(Capped::new(reader, limits)),
            base: 0,
            verbatim: false,
        })
    }

    /// The first byte that is not white space: what tells XML, JSON and tables of one tool apart.
    ///
    /// # Errors
    /// Where the text cannot be opened or read.
    pub fn first_byte(&mut self, limits: &Limits) -> Result<Option<u8>, Refusal> {
        let mut reader = self.open(limits)?.reader;
        let mut byte = [0];
        loop {
            match reader.read(&mut byte).map_err(|e| unreadable(&e))? {
                0 => return Ok(None),
                _ if byte[0].is_ascii_whitespace() => {}
                _ => return Ok(Some(byte[0])),
            }
        }
    }

    fn rewind(&mut self) -> Result<Box<dyn Read + '_>, Refusal> {
        Ok(match self {
            Self::Memory(bytes) => Box::new(Cursor::new(*bytes)),
            Self::File(file) => {
                file.seek(SeekFrom::Start(0)).map_err(|e| unreadable(&e))?;
                Box::new(BufReader::with_capacity(256 << 10, &*file))
            }
        })
    }
}

/// What is said of a text that cannot be read.
#[must_use]
pub fn unreadable(e: &io::Error) -> Refusal {
    refusal_in(e).unwrap_or_else(|| Refusal::new(Kind::Machinery, format!("the report could not be read: {e}")))
}

fn bad_gzip(e: &io::Error) -> Refusal {
    Refusal::new(
        Kind::Malformed,
        format!("the gzip data is damaged ({e}); compress the report again"),
    )
}

/// Reads up to `n` bytes; they are gone from `reader`.
fn peek(reader: &mut dyn Read, n: usize) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(n);
    reader.take(n as u64).read_to_end(&mut head)?;
    Ok(head)
}

fn skip(reader: &mut dyn Read, n: u64) -> io::Result<()> {
    io::copy(&mut reader.take(n), &mut io::sink()).map(|_| ())
}

/// How much is looked at to tell the encoding: an XML declaration fits.
const HEAD: usize = 256;

/// The encoding an XML declaration names, in lower case.
fn declared(head: &[u8]) -> Option<String> {
    let declaration = head.strip_prefix(b"<?xml")?;
    let declaration = &declaration[..memchr::memmem::find(declaration, b"?>")?];
    let text = std::str::from_utf8(declaration).ok()?;
    let (_, after) = text.split_once("encoding")?;
    let value = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let (name, _) = value[1..].split_once(quote)?;
    Some(name.trim().to_ascii_lowercase())
}

/// The encodings that are read as Windows-1252, which holds all of them but a few signs.
fn is_western(name: &str) -> bool {
    matches!(
        name,
        "iso-8859-1"
            | "iso8859-1"
            | "iso_8859-1"
            | "iso-8859-15"
            | "latin1"
            | "latin-1"
            | "l1"
            | "windows-1252"
            | "cp1252"
    )
}

/// What Windows-1252 has where Latin-1 has control characters; five of them stay undefined.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

fn western(byte: u8) -> char {
    match byte {
        0x80..=0x9F => HIGH[usize::from(byte - 0x80)],
        b => char::from(b),
    }
}

/// Bytes of Windows-1252 as text.
#[must_use]
pub fn windows_1252(bytes: &[u8]) -> String {
    bytes.iter().map(|b| western(*b)).collect()
}

/// Windows-1252 to UTF-8.
struct Western<'s> {
    inner: Box<dyn Read + 's>,
    /// The rest of a character that did not fit.
    rest: [u8; 4],
    left: usize,
}

impl Read for Western<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.left > 0 {
            let n = self.left.min(out.len());
            let from = self.rest.len() - self.left;
            out[..n].copy_from_slice(&self.rest[from..from + n]);
            self.left -= n;
            return Ok(n);
        }
        // A byte becomes three at most.
        let mut bytes = vec![0; (out.len() / 3).clamp(1, 64 << 10)];
        let n = self.inner.read(&mut bytes)?;
        let mut at = 0;
        for byte in &bytes[..n] {
            let mut encoded = [0; 4];
            let text = western(*byte).encode_utf8(&mut encoded).as_bytes();
            let fits = text.len().min(out.len() - at);
            out[at..at + fits].copy_from_slice(&text[..fits]);
            at += fits;
            if fits < text.len() {
                self.left = text.len() - fits;
                self.rest[4 - self.left..].copy_from_slice(&text[fits..]);
            }
        }
        Ok(at)
    }
}

/// The reader that yields UTF-8, the length of a UTF-8 byte order mark still to be skipped, and whether it was another
/// encoding.
fn decoded<'s>(reader: Box<dyn Read + 's>, head: &[u8]) -> (Box<dyn Read + 's>, u64, bool) {
    match head {
        [0xEF, 0xBB, 0xBF, ..] => (reader, 3, false),
        [0xFF, 0xFE, ..] | [b'{' | b'[' | b'<', 0, _, 0, ..] => (Box::new(Utf16::new(reader, false)), 0, true),
        [0xFE, 0xFF, ..] | [0, b'{' | b'[' | b'<', 0, _, ..] => (Box::new(Utf16::new(reader, true)), 0, true),
        _ if declared(head).is_some_and(|name| is_western(&name)) => {
            let western = Western {
                inner: reader,
                rest: [0; 4],
                left: 0,
            };
            (Box::new(western), 0, true)
        }
        _ => (reader, 0, false),
    }
}

/// A refusal that travelled through `io::Error`.
#[must_use]
pub fn refusal_in(error: &io::Error) -> Option<Refusal> {
    error.get_ref()?.downcast_ref::<Refusal>().cloned()
}

fn smuggle(kind: Kind, reason: String) -> io::Error {
    io::Error::other(Refusal::new(kind, reason))
}

/// Ends a text that is longer than allowed.
struct Capped<R> {
    inner: R,
    left: u64,
    max: u64,
}

impl<R: Read> Capped<R> {
    fn new(inner: R, limits: &Limits) -> Self {
        Self {
            inner,
            left: limits.bytes,
            max: limits.bytes,
        }
    }
}

impl<R: Read> Read for Capped<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.left = self.left.checked_sub(n as u64).ok_or_else(|| {
            smuggle(
                Kind::Limit,
                format!("the report is larger than {}; split it", size(self.max)),
            )
        })?;
        Ok(n)
    }
}

/// Unpacks gzip and ends a bomb.
struct Ratio<'s> {
    gz: MultiGzDecoder<Counted<'s>>,
    out: u64,
    most: u64,
}

struct Counted<'s> {
    inner: Box<dyn Read + 's>,
    count: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.count += n as u64;
        Ok(n)
    }
}

/// Below this much text a high ratio is just a small, repetitive report.
const RATIO_FLOOR: u64 = 16 << 20;

impl<'s> Ratio<'s> {
    fn new(inner: Box<dyn Read + 's>, limits: &Limits) -> Self {
        Self {
            gz: MultiGzDecoder::new(Counted { inner, count: 0 }),
            out: 0,
            most: limits.ratio,
        }
    }
}

impl Read for Ratio<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self
            .gz
            .read(buf)
            .map_err(|e| refusal_in(&e).map_or_else(|| io::Error::other(bad_gzip(&e)), io::Error::other))?;
        self.out += n as u64;
        let packed = self.gz.get_ref().count.max(1);
        if self.out > RATIO_FLOOR && self.out / packed > self.most {
            return Err(smuggle(
                Kind::Limit,
                format!("the gzip data unpacks to more than {} times its size", self.most),
            ));
        }
        Ok(n)
    }
}

/// UTF-16 to UTF-8. Lone surrogates are an error, as they are in UTF-8.
struct Utf16<'s> {
    inner: Box<dyn Read + 's>,
    big: bool,
    /// Bytes read but not decoded: at most an odd byte or half a pair.
    rest: Vec<u8>,
    out: Vec<u8>,
    taken: usize,
    started: bool,
    done: bool,
}

impl<'s> Utf16<'s> {
    fn new(inner: Box<dyn Read + 's>, big: bool) -> Self {
        Self {
            inner,
            big,
            rest: Vec::new(),
            out: Vec::new(),
            taken: 0,
            started: false,
            done: false,
        }
    }

    fn unit(&self, at: usize) -> u16 {
        let pair = [self.rest[at], self.rest[at + 1]];
        if self.big {
            u16::from_be_bytes(pair)
        } else {
            u16::from_le_bytes(pair)
        }
    }

    fn refill(&mut self) -> io::Result<()> {
        self.out.clear();
        self.taken = 0;
        let mut chunk = vec![0; 64 << 10];
        let n = self.inner.read(&mut chunk)?;
        self.done = n == 0;
        self.rest.extend_from_slice(&chunk[..n]);
        let whole = self.rest.len() & !1;
        let mut at = 0;
        while at < whole {
            let first = self.unit(at);
            let low = if (0xD800..0xDC00).contains(&first) {
                if at + 2 >= whole {
                    break;
                }
                Some(self.unit(at + 2))
            } else {
                None
            };
            let Some(Ok(c)) = char::decode_utf16([first].into_iter().chain(low)).next() else {
                return Err(smuggle(
                    Kind::Malformed,
                    "not valid UTF-16; export the report again".into(),
                ));
            };
            at += if low.is_some() { 4 } else { 2 };
            if c == '\u{FEFF}' && !self.started {
                self.started = true;
                continue;
            }
            self.started = true;
            self.out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        }
        self.rest.drain(..at);
        if self.done && !self.rest.is_empty() {
            return Err(smuggle(
                Kind::Malformed,
                "the UTF-16 text ends in the middle of a character".into(),
            ));
        }
        Ok(())
    }
}

impl Read for Utf16<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        while self.taken == self.out.len() {
            if self.done {
                return Ok(0);
            }
            self.refill()?;
        }
        let n = buf.len().min(self.out.len() - self.taken);
        buf[..n].copy_from_slice(&self.out[self.taken..self.taken + n]);
        self.taken += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn read(bytes: &[u8]) -> (String, u64, bool) {
        let mut source = Source::Memory(bytes);
        let mut text = source.open(&Limits::default()).unwrap();
        let mut out = String::new();
        text.reader.read_to_string(&mut out).unwrap();
        (out, text.base, text.verbatim)
    }

    fn gz(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    #[test]
    fn every_encoding_becomes_the_same_text() {
        let text = "{\"a\": \"é𝄞\"}";
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(read(text.as_bytes()), (text.into(), 0, true));
        assert_eq!(
            read(&[b"\xEF\xBB\xBF", text.as_bytes()].concat()),
            (text.into(), 3, true)
        );
        assert_eq!(read(&le), (text.into(), 0, false));
        assert_eq!(read(&[&[0xFF, 0xFE][..], &le].concat()), (text.into(), 0, false));
        assert_eq!(read(&[&[0xFE, 0xFF][..], &be].concat()), (text.into(), 0, false));
        assert_eq!(read(&gz(text.as_bytes())), (text.into(), 0, false));
        assert_eq!(
            read(&gz(&[b"\xEF\xBB\xBF", text.as_bytes()].concat())),
            (text.into(), 0, false)
        );
        assert_eq!(read(b""), (String::new(), 0, true));
        let latin = |name: &str| {
            [
                format!("<?xml version='1.0' encoding = \"{name}\" ?>").as_bytes(),
                b"<a>\x80 caf\xe9</a>",
            ]
            .concat()
        };
        for name in ["ISO-8859-1", "windows-1252", "Latin1"] {
            let (text, base, verbatim) = read(&latin(name));
            assert!(text.ends_with("<a>€ café</a>") && base == 0 && !verbatim, "{text}");
        }
        assert!(read(&gz(&latin("iso-8859-1"))).0.ends_with("€ café</a>"));
        // However little is asked for at once.
        let mut slow = Western {
            inner: Box::new(&b"\x80\xe9x"[..]),
            rest: [0; 4],
            left: 0,
        };
        let mut out = Vec::new();
        let mut one = [0];
        while slow.read(&mut one).unwrap() == 1 {
            out.push(one[0]);
        }
        assert_eq!(out, "€éx".as_bytes());
    }

    fn refused(bytes: &[u8], limits: &Limits) -> String {
        let mut source = Source::Memory(bytes);
        match source.open(limits) {
            Err(r) => r.to_string(),
            Ok(mut text) => {
                let e = io::copy(&mut text.reader, &mut io::sink()).unwrap_err();
                refusal_in(&e).unwrap().to_string()
            }
        }
    }

    #[test]
    fn bombs_and_damage_are_refused() {
        let limits = Limits::default();
        assert!(refused(&gz(&vec![b' '; 40 << 20]), &limits).contains("200 times"));
        assert!(refused(&gz(b"hello")[..12], &limits).contains("damaged"));
        assert!(refused(b"PK\x03\x04rest", &limits).contains("zip"));
        assert!(refused(&[0xFF, 0xFE, 0x00, 0xD8, 0x41, 0x00], &limits).contains("UTF-16"));
        let small = Limits { bytes: 10, ..limits };
        assert!(refused(&[b' '; 11], &small).contains("larger than 10 bytes"));
    }
}
