//! Texts that are not UTF-8 on their way to it: UTF-16 by its byte order mark or its first characters, Windows-1252 where
//! an XML declaration says so.

use std::io::{self, Read};

use super::smuggle;
use crate::import::limits::Kind;

/// How much is looked at to tell the encoding: an XML declaration fits.
pub(super) const HEAD: usize = 256;

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

/// Whether a text begins with ASCII in UTF-16: every other byte is none, the bytes `at` and every second after it are
/// characters.
fn is_wide(head: &[u8], at: usize) -> bool {
    /// Characters that are looked at.
    const LOOKED_AT: usize = 4;
    let pairs = head.chunks_exact(2).take(LOOKED_AT);
    pairs.len() == LOOKED_AT
        && pairs
            .into_iter()
            .all(|pair| pair[1 - at] == 0 && (pair[at].is_ascii_graphic() || pair[at].is_ascii_whitespace()))
}

/// The reader that yields UTF-8, the length of a UTF-8 byte order mark still to be skipped, and whether it was another
/// encoding.
pub(super) fn decoded<'s>(reader: Box<dyn Read + 's>, head: &[u8]) -> (Box<dyn Read + 's>, u64, bool) {
    match head {
        [0xEF, 0xBB, 0xBF, ..] => (reader, 3, false),
        [0xFF, 0xFE, ..] | [b'{' | b'[' | b'<', 0, _, 0, ..] => (Box::new(Utf16::new(reader, false)), 0, true),
        [0xFE, 0xFF, ..] | [0, b'{' | b'[' | b'<', 0, _, ..] => (Box::new(Utf16::new(reader, true)), 0, true),
        // Tables begin with any letter: spreadsheets write them so, not all with a mark.
        _ if is_wide(head, 0) => (Box::new(Utf16::new(reader, false)), 0, true),
        _ if is_wide(head, 1) => (Box::new(Utf16::new(reader, true)), 0, true),
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
    use super::*;

    #[test]
    fn however_little_is_asked_for_at_once() {
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
}
