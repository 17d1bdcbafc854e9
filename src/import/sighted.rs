//! A record on its way from the child to its parent: what it says of its finding once, and what it says of its place.
//!
//! Thousands of records speak of one finding, each with the tool's whole text about it, and one of them is listened to in
//! the end ([`Rank`]). The others' facts are not even told. What is told travels as JSON; the rest as lengths and bytes, because requests and responses are long and full of what JSON would have to escape.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::plan::{self, Hash, Rank};
use super::record::{Fingerprint, Record, Span};
use crate::domain::hex::unhex;
use crate::domain::kept::Kept;
use crate::domain::severity::Severity;
use crate::domain::time::Time;

/// What a record says of its finding.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    pub fingerprint: Fingerprint,
    pub title: String,
    pub description: String,
    pub remediation: String,
    pub references: Vec<String>,
    pub severity: Severity,
    pub cvss: Vec<String>,
    pub cwe: Vec<u32>,
    pub cve: Vec<String>,
    pub tags: Vec<String>,
    pub suppressed: bool,
}

/// A finding seen at a place.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighted {
    pub tool: String,
    pub fingerprint: Hash,
    /// Digest of what the record says of the finding ([`plan::facts`]).
    pub facts: Hash,
    pub place_key: Hash,
    /// Digest of what it says of the place ([`plan::place_facts`]).
    pub place_facts: Hash,
    pub severity: Severity,
    pub observed_at: Option<Time>,
    pub place: String,
    pub host: Option<String>,
    pub detail: String,
    pub span: Span,
    /// What an export of our own says besides.
    pub kept: Option<Box<Kept>>,
}

/// Facts as they are told.
#[derive(Debug, Clone, PartialEq)]
pub struct Telling {
    pub fingerprint: Hash,
    /// Their digest.
    pub digest: Hash,
    pub facts: Facts,
}

/// Bytes of facts that are held back.
const HELD: usize = 8 << 20;

/// The child's side of telling facts, for one file.
#[derive(Debug, Default)]
pub struct Holding {
    led: Led,
    /// What leads and was not told yet, with the bytes it takes.
    held: HashMap<Hash, (Telling, usize)>,
    bytes: usize,
}

impl Holding {
    /// Digests a record; its facts are held back where they lead. Gives what must be told now.
    #[must_use]
    pub fn take(&mut self, record: Record) -> (Sighted, Vec<Telling>) {
        let (sighted, telling) = Sighted::of(record);
        if self.led.leads(sighted.fingerprint, sighted.rank()) {
            if let Some((_, bytes)) = self.held.remove(&sighted.fingerprint) {
                self.bytes -= bytes;
            }
            if !self.led.told(sighted.fingerprint, sighted.facts) {
                let bytes = telling.facts.bytes();
                self.bytes += bytes;
                self.held.insert(sighted.fingerprint, (telling, bytes));
            }
        }
        let full = self.bytes > HELD;
        (sighted, if full { self.tell() } else { Vec::new() })
    }

    /// Gives all that is held back.
    pub fn tell(&mut self) -> Vec<Telling> {
        self.bytes = 0;
        let mut held: Vec<Telling> = self.held.drain().map(|(_, (telling, _))| telling).collect();
        held.sort_unstable_by_key(|telling| telling.fingerprint);
        for telling in &held {
            self.led.tell(telling.fingerprint, telling.digest);
        }
        held
    }
}

/// Which record leads for each finding of a file, and whose facts were told. Both sides keep one.
#[derive(Debug, Default)]
pub struct Led {
    best: HashMap<Hash, Rank>,
    told: HashSet<(Hash, Hash)>,
}

impl Led {
    /// How many findings there are, as far as the file was read.
    #[must_use]
    pub fn findings(&self) -> i64 {
        self.best.len() as i64
    }

    /// Whether a record leads for its finding as far as the file was read.
    pub fn leads(&mut self, finding: Hash, rank: Rank) -> bool {
        let best = self.best.entry(finding);
        match best {
            Entry::Occupied(best) if *best.get() >= rank => false,
            best => {
                best.insert_entry(rank);
                true
            }
        }
    }

    fn told(&self, finding: Hash, facts: Hash) -> bool {
        self.told.contains(&(finding, facts))
    }

    /// Notes facts as told; false where they were before.
    pub fn tell(&mut self, finding: Hash, facts: Hash) -> bool {
        self.told.insert((finding, facts))
    }

    /// Whether the facts of every record that leads were told.
    #[must_use]
    pub fn complete(&self) -> bool {
        self.best.iter().all(|(finding, rank)| self.told(*finding, rank.2))
    }
}

impl Facts {
    /// About as many bytes as it takes.
    fn bytes(&self) -> usize {
        let lists = [&self.references, &self.cvss, &self.cve, &self.tags];
        let texts = [&self.title, &self.description, &self.remediation];
        let fields = self
            .fingerprint
            .fields
            .iter()
            .map(|(name, value)| name.len() + value.len() + 48);
        let lists = lists.into_iter().flatten().map(|text| text.len() + 24);
        512 + texts.into_iter().map(String::len).sum::<usize>() + lists.sum::<usize>() + fields.sum::<usize>()
    }
}

impl Telling {
    /// As bytes.
    pub(super) fn write(&self) -> serde_json::Result<Vec<u8>> {
        let mut out = Vec::with_capacity(self.facts.bytes());
        out.extend(self.fingerprint);
        out.extend(self.digest);
        serde_json::to_writer(&mut out, &self.facts)?;
        Ok(out)
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut from = Bytes(bytes);
        Some(Self {
            fingerprint: from.take()?,
            digest: from.take()?,
            facts: serde_json::from_slice(from.0).ok()?,
        })
    }
}

impl Sighted {
    /// Digests a record: what it says of its place, and what of its finding.
    pub(super) fn of(record: Record) -> (Self, Telling) {
        let (facts, place_facts) = (plan::facts(&record), plan::place_facts(&record));
        let fingerprint = digest_of(&record.fingerprint.hash);
        let telling = Telling {
            fingerprint,
            digest: facts,
            facts: Facts {
                fingerprint: record.fingerprint,
                title: record.title,
                description: record.description,
                remediation: record.remediation,
                references: record.references,
                severity: record.severity,
                cvss: record.cvss,
                cwe: record.cwe,
                cve: record.cve,
                tags: record.tags,
                suppressed: record.suppressed,
            },
        };
        let sighted = Self {
            tool: record.tool,
            fingerprint,
            facts,
            place_key: digest_of(&record.occurrence.key),
            place_facts,
            severity: record.severity,
            observed_at: record.observed_at,
            place: record.occurrence.place,
            host: record.occurrence.parts.host,
            detail: record.detail,
            span: record.span,
            kept: record.kept,
        };
        (sighted, telling)
    }

    /// Where it stands among the records of its finding.
    #[must_use]
    pub fn rank(&self) -> Rank {
        (self.severity, self.observed_at, self.facts)
    }

    /// As bytes.
    pub(super) fn write(&self) -> serde_json::Result<Vec<u8>> {
        let mut out = Vec::with_capacity(256 + self.place.len() + self.detail.len());
        for hash in [self.fingerprint, self.facts, self.place_key, self.place_facts] {
            out.extend(hash);
        }
        out.push(self.severity.rank() as u8);
        out.push(u8::from(self.observed_at.is_some()));
        out.extend(self.observed_at.map_or(0, |t| t.0).to_le_bytes());
        out.extend(self.span.offset.to_le_bytes());
        out.extend(self.span.length.to_le_bytes());
        let kept = self.kept.as_ref().map(serde_json::to_vec).transpose()?;
        let texts: [Option<&[u8]>; 5] = [
            Some(self.tool.as_bytes()),
            Some(self.place.as_bytes()),
            self.host.as_deref().map(str::as_bytes),
            Some(self.detail.as_bytes()),
            kept.as_deref(),
        ];
        for text in texts {
            // Lengths are counted from one: zero says that there is nothing.
            let length = text.map_or(0, |t| t.len() + 1);
            out.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
            out.extend(text.unwrap_or_default());
        }
        Ok(out)
    }

    /// From bytes that hold one and nothing else.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let mut from = Bytes(bytes);
        let (fingerprint, facts, place_key, place_facts) = (from.take()?, from.take()?, from.take()?, from.take()?);
        let [severity, timed] = from.take()?;
        let at = i64::from_le_bytes(from.take()?);
        let span = Span {
            offset: u64::from_le_bytes(from.take()?),
            length: u64::from_le_bytes(from.take()?),
        };
        let sighted = Self {
            fingerprint,
            facts,
            place_key,
            place_facts,
            severity: Severity::from_rank(i64::from(severity))?,
            observed_at: (timed == 1).then_some(Time(at)),
            span,
            tool: from.text()??,
            place: from.text()??,
            host: from.text()?,
            detail: from.text()??,
            kept: from.json()?,
        };
        from.0.is_empty().then_some(sighted)
    }
}

/// Bytes that are taken from their start.
struct Bytes<'b>(&'b [u8]);

impl<'b> Bytes<'b> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn piece(&mut self) -> Option<Option<&'b [u8]>> {
        let length = u32::from_le_bytes(self.take()?);
        let Some(length) = length.checked_sub(1) else {
            return Some(None);
        };
        let (taken, rest) = self.0.split_at_checked(length as usize)?;
        self.0 = rest;
        Some(Some(taken))
    }

    fn text(&mut self) -> Option<Option<String>> {
        let piece = self.piece()?;
        piece.map(|p| String::from_utf8(p.to_vec())).transpose().ok()
    }

    fn json<T: Deserialize<'b>>(&mut self) -> Option<Option<T>> {
        self.piece()?.map(serde_json::from_slice).transpose().ok()
    }
}

/// A digest of ours from its hexadecimal text.
fn digest_of(text: &str) -> Hash {
    // Formats hand over digests; anything else becomes a digest of itself and stays apart.
    unhex(text).try_into().unwrap_or_else(|_| Sha256::digest(text).into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::record::{Occurrence, Place, digest};

    fn record() -> Record {
        let occurrence = Occurrence {
            key: digest(&["there"]),
            place: "https://a.test/".into(),
            parts: Place {
                host: Some("a.test".into()),
                ..Place::default()
            },
        };
        let fingerprint = Fingerprint::new(1, vec![("rule", "r".into())]);
        let span = Span { offset: 7, length: 9 };
        let mut record = Record::new("tool", fingerprint, occurrence, span);
        (record.title, record.detail) = ("Title".into(), "GET / \"é\"\r\n".into());
        record.observed_at = Some(Time(-5));
        record.kept = Some(Box::default());
        record
    }

    #[test]
    fn bytes_come_back_as_they_were() {
        let (sighted, telling) = Sighted::of(record());
        let bytes = sighted.write().unwrap();
        assert_eq!(Sighted::read(&bytes), Some(sighted));
        for cut in 0..bytes.len() {
            assert_eq!(Sighted::read(&bytes[..cut]), None, "cut at {cut}");
        }
        assert_eq!(Sighted::read(&[&bytes[..], b"x"].concat()), None);
        let bytes = telling.write().unwrap();
        assert_eq!(Telling::read(&bytes), Some(telling));
        assert_eq!(Telling::read(&bytes[..63]), None);
    }

    #[test]
    fn only_facts_that_lead_are_told_in_the_end() {
        let mut holding = Holding::default();
        let mut parent = Led::default();
        let mut sees = |severity: Severity, at: i64, title: &str| {
            let mut record = record();
            (record.severity, record.observed_at) = (severity, Some(Time(at)));
            record.title = title.into();
            let (sighted, told) = holding.take(record);
            assert!(told.is_empty());
            parent.leads(sighted.fingerprint, sighted.rank());
        };
        sees(Severity::Low, 5, "a");
        sees(Severity::Low, 6, "b");
        sees(Severity::High, 1, "c");
        sees(Severity::Low, 9, "d");
        assert!(!parent.complete());
        let told = holding.tell();
        let titles: Vec<_> = told.iter().map(|t| t.facts.title.as_str()).collect();
        assert_eq!(titles, ["c"]);
        assert!(parent.tell(told[0].fingerprint, told[0].digest));
        assert!(parent.complete());
        assert!(holding.tell().is_empty());
    }

    #[test]
    fn what_is_held_back_has_a_bound() {
        let mut holding = Holding::default();
        let mut told = 0;
        for n in 0..1_000 {
            let mut record = record();
            record.fingerprint = Fingerprint::new(1, vec![("rule", n.to_string())]);
            record.description = "x".repeat(16_000);
            told += holding.take(record).1.len();
        }
        assert!((400..1_000).contains(&told), "{told}");
        assert_eq!(told + holding.tell().len(), 1_000);
    }

    #[test]
    fn bytes_that_lie_are_nothing() {
        let bytes = Sighted::of(record()).0.write().unwrap();
        let severity = 4 * 32;
        let mut wrong = bytes.clone();
        wrong[severity] = 200;
        assert_eq!(Sighted::read(&wrong), None);
        let tool = severity + 2 + 24;
        let mut wrong = bytes.clone();
        wrong[tool..tool + 4].copy_from_slice(&u32::MAX.to_le_bytes());
        assert_eq!(Sighted::read(&wrong), None);
        let mut wrong = bytes;
        wrong[tool + 4] = 0xFF;
        assert_eq!(Sighted::read(&wrong), None);
    }
}
