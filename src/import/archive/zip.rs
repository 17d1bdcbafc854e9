//! The directory of a zip archive, read with caps, and its members as streams.
//!
//! Only what reports are packed with is understood: stored and deflated members on one disk, without encryption. Names
//! are data that people are shown; no path is ever made of them, nothing is written anywhere. A directory that says two
//! members share bytes is a bomb's and refuses the archive; two members of one name are two members.

use std::io::{self, Read};

use flate2::Crc;
use flate2::read::DeflateDecoder;

use crate::import::limits::{Kind, Limits, Refusal, clip_line};
use crate::import::source::{self, Bytes, Ratio};

/// Most entries of an archive, folders counted.
pub const ENTRIES: u16 = 1_000;

/// Most bytes of the directory.
const DIRECTORY: u64 = 1 << 20;

/// The record that ends an archive, without its comment, and the longest comment.
const END: u64 = 22;
const COMMENT: u64 = 0xFFFF;

/// An entry of the directory, without its name.
const ENTRY: usize = 46;
const LOCAL: u64 = 30;

/// A member that can be read.
#[derive(Debug, Clone)]
pub struct Member {
    /// For people: made short, never a path.
    pub name: String,
    from: u64,
    packed: u64,
    length: u64,
    crc: u32,
    deflated: bool,
}

/// What an archive holds.
#[derive(Debug, Default)]
pub struct Directory {
    pub members: Vec<Member>,
    /// What is no report by its kind: folders are not told, links are.
    pub links: Vec<String>,
}

fn damaged(what: &str) -> Refusal {
    let reason = format!("the zip archive is damaged ({what}); pack the reports again");
    Refusal::new(Kind::Malformed, reason)
}

fn number(bytes: &[u8], at: usize, length: usize) -> u64 {
    let bytes = bytes.get(at..at + length).unwrap_or_default();
    bytes.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b))
}

fn part(archive: Bytes<'_>, from: u64, length: u64) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    let mut reader = archive.from(from)?.take(length);
    reader.read_to_end(&mut bytes).map_err(|e| source::unreadable(&e))?;
    Ok(bytes)
}

/// Reads the directory.
///
/// # Errors
/// Where it is damaged, has too many entries, or speaks of members that nobody here can or will unpack.
pub fn directory(archive: Bytes<'_>) -> Result<Directory, Refusal> {
    let size = archive.size()?;
    let tail_from = size.saturating_sub(END + COMMENT);
    let tail = part(archive, tail_from, END + COMMENT)?;
    let end = memchr::memmem::rfind(&tail, b"PK\x05\x06").ok_or_else(|| damaged("its directory is missing"))?;
    let end = &tail[end..];
    if end.len() < END as usize {
        return Err(damaged("it was cut short"));
    }
    let (disk, entries, length, from) = (
        number(end, 4, 2),
        number(end, 10, 2),
        number(end, 12, 4),
        number(end, 16, 4),
    );
    if disk != 0 || number(end, 6, 2) != 0 || number(end, 8, 2) != entries {
        return Err(Refusal::new(
            Kind::Malformed,
            "the zip archive is one of several parts; pack the reports into one",
        ));
    }
    if entries > u64::from(ENTRIES) || length > DIRECTORY {
        return Err(Refusal::new(
            Kind::Limit,
            format!("the zip archive holds more than {ENTRIES} files; pack fewer together"),
        ));
    }
    if from.checked_add(length).is_none_or(|to| to > size) {
        return Err(damaged("its directory lies outside of it"));
    }
    let bytes = part(archive, from, length)?;
    let mut out = Directory::default();
    let mut taken = Vec::new();
    let mut at = 0;
    for _ in 0..entries {
        let entry = bytes.get(at..).unwrap_or_default();
        at += one(archive, entry, from, &mut out, &mut taken)?;
    }
    taken.sort_unstable();
    if taken.windows(2).any(|two| two[1].0 < two[0].1) {
        return Err(damaged("members overlap"));
    }
    Ok(out)
}

/// Takes in the entry that `bytes` begins with. Returns its length.
fn one(
    archive: Bytes<'_>,
    bytes: &[u8],
    directory: u64,
    out: &mut Directory,
    taken: &mut Vec<(u64, u64)>,
) -> Result<usize, Refusal> {
    if bytes.len() < ENTRY || !bytes.starts_with(b"PK\x01\x02") {
        return Err(damaged("an entry of its directory is none"));
    }
    let (name, extra, comment) = (
        number(bytes, 28, 2) as usize,
        number(bytes, 30, 2) as usize,
        number(bytes, 32, 2) as usize,
    );
    let length = ENTRY + name + extra + comment;
    if bytes.len() < length {
        return Err(damaged("an entry of its directory is cut short"));
    }
    let raw = &bytes[ENTRY..ENTRY + name];
    let (flags, method, crc) = (number(bytes, 8, 2), number(bytes, 10, 2), number(bytes, 16, 4) as u32);
    let (mut packed, mut unpacked, mut header) = (number(bytes, 20, 4), number(bytes, 24, 4), number(bytes, 42, 4));
    let wide = wide(&bytes[ENTRY + name..ENTRY + name + extra]);
    let mut wide = wide.chunks_exact(8).map(|n| number(n, 0, 8));
    for field in [&mut unpacked, &mut packed, &mut header] {
        if *field == 0xFFFF_FFFF {
            *field = wide.next().ok_or_else(|| damaged("a size is missing"))?;
        }
    }
    let name = clip_line(&String::from_utf8_lossy(raw), 200);
    if raw.ends_with(b"/") || raw.ends_with(b"\\") {
        return Ok(length);
    }
    let mode = number(bytes, 40, 2);
    if bytes[5] == 3 && mode & 0o17_0000 == 0o12_0000 {
        out.links.push(name);
        return Ok(length);
    }
    if flags & 1 != 0 {
        let reason = format!("`{name}` in the zip archive is encrypted; unpack it and import the reports in it");
        return Err(Refusal::new(Kind::Malformed, reason));
    }
    if !matches!(method, 0 | 8) {
        let reason =
            format!("`{name}` in the zip archive is packed in a way nobody here unpacks ({method}); use deflate");
        return Err(Refusal::new(Kind::Malformed, reason));
    }
    let local = part(archive, header.min(directory), LOCAL)?;
    if !local.starts_with(b"PK\x03\x04") || (local.len() as u64) < LOCAL {
        return Err(damaged("a member is not where its directory says"));
    }
    let from = header + LOCAL + number(&local, 26, 2) + number(&local, 28, 2);
    let to = from.checked_add(packed).filter(|to| *to <= directory);
    let to = to.ok_or_else(|| damaged("a member lies outside of it"))?;
    taken.push((header, to));
    out.members.push(Member {
        name,
        from,
        packed,
        length: unpacked,
        crc,
        deflated: method == 8,
    });
    Ok(length)
}

/// The extra field with sizes beyond four bytes.
fn wide(mut extra: &[u8]) -> &[u8] {
    while extra.len() >= 4 {
        let (id, length) = (number(extra, 0, 2), number(extra, 2, 2) as usize);
        let Some(field) = extra.get(4..4 + length) else { break };
        if id == 1 {
            return field;
        }
        extra = &extra[4 + length..];
    }
    &[]
}

impl Member {
    /// Bytes in the archive.
    #[must_use]
    pub fn packed(&self) -> u64 {
        self.packed
    }

    /// The member's bytes, unpacked while they are read; ends with a refusal where they are not what the directory says.
    ///
    /// # Errors
    /// Where the archive cannot be read.
    pub fn open<'s>(&self, archive: Bytes<'s>, limits: &Limits) -> Result<Box<dyn Read + 's>, Refusal> {
        let packed: Box<dyn Read + 's> = Box::new(archive.from(self.from)?.take(self.packed));
        let bytes: Box<dyn Read + 's> = if self.deflated {
            Box::new(Ratio::new(
                DeflateDecoder::new(packed),
                "zip",
                DeflateDecoder::total_in,
                limits,
            ))
        } else {
            packed
        };
        Ok(Box::new(Checked {
            inner: bytes,
            crc: Crc::new(),
            left: self.length,
            wanted: self.crc,
            name: self.name.clone(),
        }))
    }
}

/// Compares what was unpacked with the directory's word.
struct Checked<'s> {
    inner: Box<dyn Read + 's>,
    crc: Crc,
    left: u64,
    wanted: u32,
    name: String,
}

impl Read for Checked<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let n = self.inner.read(buf).map_err(|e| match source::refusal_in(&e) {
            Some(_) => e,
            None => io::Error::other(damaged(&format!("`{}` cannot be unpacked: {e}", self.name))),
        })?;
        self.crc.update(&buf[..n]);
        let left = self.left.checked_sub(n as u64);
        let wrong = if n == 0 {
            self.left != 0 || self.crc.sum() != self.wanted
        } else {
            left.is_none()
        };
        if wrong {
            let reason = damaged(&format!("`{}` is not what its directory says", self.name));
            return Err(io::Error::other(reason));
        }
        self.left = left.unwrap_or_default();
        Ok(n)
    }
}
