//! What the decoding child writes to its parent: frames of one kind byte, a length and a payload.
//!
//! Records travel as [`Sighted`], the rest as compact JSON: they are read back into the same types, and a frame that does
//! not fit is an error of the child, whose word is not trusted further than that.

use std::io::{self, Write};

use serde::{Deserialize, Serialize};

use super::limits::Refusal;
use super::record::Summary;
use super::sighted::{Sighted, Telling};

/// Longest payload a parent reads: the longest record there can be, all of it in characters that JSON writes as six.
pub const MAX: usize = 4 << 20;

/// Bytes before the payload: the kind, and the length as four bytes, low first.
pub const HEAD: usize = 5;

#[derive(Debug, Clone, PartialEq)]
pub enum Frame {
    /// A piece of the report's text, where that is not the file's own bytes; in order, before any record of it.
    Text(Vec<u8>),
    /// The records since the last member were this one's of an archive.
    Member(String, Box<Summary>),
    Record(Box<Sighted>),
    /// What a record before it, or an earlier one, says of its finding.
    Facts(Box<Telling>),
    /// So many bytes of text have been read.
    Progress(u64),
    /// All is read.
    End(Box<Summary>),
    Refused(Box<Refusal>),
}

const TEXT: u8 = b't';
const RECORD: u8 = b'r';
const FACTS: u8 = b'f';
const PROGRESS: u8 = b'p';
const MEMBER: u8 = b'm';
const END: u8 = b'e';
const REFUSED: u8 = b'x';

fn json<T: Serialize>(value: &T) -> io::Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(io::Error::other)
}

/// Writes one frame.
///
/// # Errors
/// Where the pipe is gone.
pub fn write(out: &mut impl Write, frame: &Frame) -> io::Result<()> {
    let (kind, payload) = match frame {
        Frame::Text(bytes) => return put(out, TEXT, bytes),
        Frame::Progress(n) => return put(out, PROGRESS, &n.to_le_bytes()),
        Frame::Record(record) => (RECORD, record.write().map_err(io::Error::other)?),
        Frame::Facts(told) => (FACTS, told.write().map_err(io::Error::other)?),
        Frame::Member(name, summary) => (MEMBER, json(&(name, summary))?),
        Frame::End(summary) => (END, json(summary)?),
        Frame::Refused(refusal) => (REFUSED, json(refusal)?),
    };
    put(out, kind, &payload)
}

fn put(out: &mut impl Write, kind: u8, payload: &[u8]) -> io::Result<()> {
    let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
    out.write_all(&[kind])?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(payload)
}

/// The payload's length, if the head is one of ours.
#[must_use]
pub fn length(head: [u8; HEAD]) -> Option<usize> {
    let n = u32::from_le_bytes([head[1], head[2], head[3], head[4]]) as usize;
    (n <= MAX && matches!(head[0], TEXT | RECORD | FACTS | PROGRESS | MEMBER | END | REFUSED)).then_some(n)
}

/// Reads a payload.
#[must_use]
pub fn read(kind: u8, payload: Vec<u8>) -> Option<Frame> {
    fn of<'a, T: Deserialize<'a>>(payload: &'a [u8]) -> Option<Box<T>> {
        serde_json::from_slice(payload).ok().map(Box::new)
    }
    match kind {
        TEXT => Some(Frame::Text(payload)),
        RECORD => Sighted::read(&payload).map(|r| Frame::Record(Box::new(r))),
        FACTS => Telling::read(&payload).map(|t| Frame::Facts(Box::new(t))),
        PROGRESS => Some(Frame::Progress(u64::from_le_bytes(payload.try_into().ok()?))),
        MEMBER => of(&payload).map(|named: Box<(String, Box<Summary>)>| Frame::Member(named.0, named.1)),
        END => of(&payload).map(Frame::End),
        REFUSED => of(&payload).map(Frame::Refused),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::limits::{Kind, text};
    use crate::import::record::{Fingerprint, Occurrence, Place, Record, Span};

    #[test]
    fn frames_come_back_as_they_were() {
        for frame in [
            Frame::Text(vec![1, 2, 3]),
            Frame::Progress(7 << 40),
            Frame::Member("a".into(), Box::default()),
            Frame::End(Box::default()),
            Frame::Refused(Box::new(Refusal::new(Kind::Limit, "too much").at(1, 2))),
        ] {
            let mut bytes = Vec::new();
            write(&mut bytes, &frame).unwrap();
            let head: [u8; HEAD] = bytes[..HEAD].try_into().unwrap();
            assert_eq!(length(head), Some(bytes.len() - HEAD));
            assert_eq!(read(head[0], bytes[HEAD..].to_vec()), Some(frame));
        }
        let long = |max: usize| "\u{1}".repeat(max);
        let list = |max: usize| vec![long(max); text::LIST];
        let fingerprint = Fingerprint::new(1, vec![("tool", long(text::WORD)), ("rule", long(text::PLACE))]);
        let occurrence = Occurrence {
            key: fingerprint.hash.clone(),
            place: long(text::PLACE),
            parts: Place::default(),
        };
        let mut record = Record::new(&long(text::WORD), fingerprint, occurrence, Span::default());
        (record.title, record.rule) = (long(text::TITLE), long(text::WORD));
        (record.description, record.remediation) = (long(text::PARAGRAPH), long(text::PARAGRAPH));
        (record.detail, record.references) = (long(text::DETAIL), list(text::PLACE));
        (record.cvss, record.cve, record.tags) = (list(text::WORD), list(text::WORD), list(text::WORD));
        let (sighted, facts) = Sighted::of(record);
        for frame in [Frame::Record(Box::new(sighted)), Frame::Facts(Box::new(facts))] {
            let mut bytes = Vec::new();
            write(&mut bytes, &frame).unwrap();
            assert!(
                length(bytes[..HEAD].try_into().unwrap()).is_some(),
                "{} bytes",
                bytes.len()
            );
            assert_eq!(read(bytes[0], bytes[HEAD..].to_vec()), Some(frame));
        }
        assert_eq!(length([b'?', 0, 0, 0, 0]), None);
        assert_eq!(length([TEXT, 255, 255, 255, 255]), None);
        assert_eq!(read(RECORD, b"{}".to_vec()), None);
        assert_eq!(read(FACTS, b"{}".to_vec()), None);
    }
}
