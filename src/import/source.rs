//! A report as text that can be read more than once: gzip unpacked, UTF-16 and declared Latin-1 turned into UTF-8, byte
//! order marks gone. A zip archive is no text: its members are ([`archive`](super::archive)).
//!
//! What a file is, is read from its bytes; names play no part. Offsets of records count in the text as it leaves here.
//! [`Text::verbatim`] says whether that text is the file's own bytes.

mod encoding;

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek as _, SeekFrom};

use flate2::read::MultiGzDecoder;

pub use self::encoding::windows_1252;
use self::encoding::{HEAD, decoded};
use super::archive::zip::Member;
use super::json::size;
use super::limits::{Kind, Limits, Refusal};

/// Where the bytes come from.
#[derive(Debug)]
pub enum Source<'a> {
    Memory(&'a [u8]),
    /// A file that can be read from its start again.
    File(File),
    /// A member of an archive.
    Member(Bytes<'a>, Member),
}

/// Bytes as they lie there, readable from anywhere.
#[derive(Debug, Clone, Copy)]
pub enum Bytes<'a> {
    Memory(&'a [u8]),
    File(&'a File),
}

impl<'a> Bytes<'a> {
    /// Reads from an offset on; nothing where there is nothing.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn from(self, offset: u64) -> Result<Box<dyn Read + 'a>, Refusal> {
        Ok(match self {
            Self::Memory(bytes) => Box::new(bytes.get(offset as usize..).unwrap_or_default()),
            Self::File(mut file) => {
                file.seek(SeekFrom::Start(offset)).map_err(|e| unreadable(&e))?;
                Box::new(BufReader::with_capacity(256 << 10, file))
            }
        })
    }

    /// How many there are.
    ///
    /// # Errors
    /// Where the file cannot be asked.
    pub fn size(self) -> Result<u64, Refusal> {
        match self {
            Self::Memory(bytes) => Ok(bytes.len() as u64),
            Self::File(mut file) => file.seek(SeekFrom::End(0)).map_err(|e| unreadable(&e)),
        }
    }
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
            let mut raw = self.rewind(limits)?;
            peek(&mut raw, HEAD).map_err(|e| unreadable(&e))?
        };
        let gzip = head.starts_with(&GZIP);
        if zipped(&head) || gzip && matches!(self, Self::Member(..)) {
            return Err(Refusal::new(
                Kind::UnknownFormat,
                "this is an archive inside an archive, which is not opened; unpack the outer one",
            ));
        }
        let whole = matches!(self, Self::Memory(_) | Self::File(_));
        let rewound = self.rewind(limits)?;
        if !gzip {
            let (mut reader, base, recoded) = decoded(rewound, &head);
            if base > 0 {
                skip(&mut reader, base).map_err(|e| unreadable(&e))?;
            }
            return Ok(Text {
                reader: Box::new(Capped::new(reader, limits)),
                base: if whole { base } else { 0 },
                verbatim: whole && !recoded,
            });
        }
        let mut gz: Box<dyn Read + '_> = Box::new(gunzip(rewound, limits));
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

    /// The beginning of the text.
    ///
    /// # Errors
    /// Where the text cannot be opened or read.
    pub fn head(&mut self, length: u64, limits: &Limits) -> Result<Vec<u8>, Refusal> {
        let mut head = Vec::new();
        let mut reader = self.open(limits)?.reader.take(length);
        reader.read_to_end(&mut head).map_err(|e| unreadable(&e))?;
        Ok(head)
    }

    /// The archive that this is, if it is one; a member is none.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn archive(&self) -> Result<Option<Bytes<'_>>, Refusal> {
        let bytes = match self {
            Self::Memory(bytes) => Bytes::Memory(bytes),
            Self::File(file) => Bytes::File(file),
            Self::Member(..) => return Ok(None),
        };
        let head = peek(&mut bytes.from(0)?, HEAD).map_err(|e| unreadable(&e))?;
        Ok(zipped(&head).then_some(bytes))
    }

    fn rewind(&mut self, limits: &Limits) -> Result<Box<dyn Read + '_>, Refusal> {
        match self {
            Self::Memory(bytes) => Bytes::Memory(bytes).from(0),
            Self::File(file) => Bytes::File(file).from(0),
            Self::Member(archive, member) => member.open(*archive, limits),
        }
    }
}

const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Whether this is how a zip archive begins; the second is one without members.
fn zipped(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04") || head.starts_with(b"PK\x05\x06")
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

/// Ends a bomb: what unpacks to many times its size.
pub struct Ratio<R> {
    inner: R,
    out: u64,
    most: u64,
    what: &'static str,
    /// How much of the packed bytes was read.
    packed: fn(&R) -> u64,
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
pub const RATIO_FLOOR: u64 = 16 << 20;

impl<R: Read> Ratio<R> {
    pub fn new(inner: R, what: &'static str, packed: fn(&R) -> u64, limits: &Limits) -> Self {
        Self {
            inner,
            out: 0,
            most: limits.ratio,
            what,
            packed,
        }
    }
}

impl<R: Read> Read for Ratio<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.out += n as u64;
        let packed = (self.packed)(&self.inner).max(1);
        if self.out > RATIO_FLOOR && self.out / packed > self.most {
            return Err(smuggle(
                Kind::Limit,
                format!(
                    "the {} data unpacks to more than {} times its size",
                    self.what, self.most
                ),
            ));
        }
        Ok(n)
    }
}

/// Gzip data, one stream behind the other, whose damage is told as such.
struct Gzip<'s>(MultiGzDecoder<Counted<'s>>);

impl Read for Gzip<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        self.0
            .read(buf)
            .map_err(|e| refusal_in(&e).map_or_else(|| io::Error::other(bad_gzip(&e)), io::Error::other))
    }
}

fn gunzip<'s>(inner: Box<dyn Read + 's>, limits: &Limits) -> Ratio<Gzip<'s>> {
    let gz = MultiGzDecoder::new(Counted { inner, count: 0 });
    Ratio::new(Gzip(gz), "gzip", |gz| gz.0.get_ref().count, limits)
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
        // A table, which begins with any letter; too few of them say nothing.
        let table = "\"Host\",Name\r\nh,é";
        for order in [u16::to_le_bytes, u16::to_be_bytes] {
            let wide: Vec<u8> = table.encode_utf16().flat_map(order).collect();
            assert_eq!(read(&wide), (table.into(), 0, false));
        }
        assert_eq!(read(b"a\0b\0"), ("a\0b\0".into(), 0, true));
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
        assert!(refused(b"PK\x03\x04rest", &limits).contains("archive inside an archive"));
        assert!(refused(&[0xFF, 0xFE, 0x00, 0xD8, 0x41, 0x00], &limits).contains("UTF-16"));
        let small = Limits { bytes: 10, ..limits };
        assert!(refused(&[b' '; 11], &small).contains("larger than 10 bytes"));
    }
}
