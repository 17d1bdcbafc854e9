//! A record on its way from the child to its parent: what it says of its finding once, and what it says of its place.
//!
//! Thousands of records speak of one finding, each with the tool's whole text about it, and one of them is listened to in
//! the end ([`Rank`]). The others' facts are not even told. What is told travels as JSON; the rest as lengths and bytes, because requests and responses are long and full of what JSON would have to escape.

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
    /// The facts themselves, where they may count.
    pub told: Option<Box<Facts>>,
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

/// Which facts of a file were told. Both sides keep one: the child tells no more than may count, the parent takes no less.
#[derive(Debug, Default)]
pub struct Told {
    /// Of the record that speaks for each finding so far.
    best: HashMap<Hash, Rank>,
    facts: HashSet<(Hash, Hash)>,
}

impl Told {
    /// Whether a record's facts must be told: it speaks for its finding as far as the file was read, and nobody told them.
    pub fn needs(&mut self, finding: Hash, rank: Rank) -> bool {
        let best = self.best.get(&finding);
        if best.is_some_and(|best| *best >= rank) {
            return false;
        }
        self.best.insert(finding, rank);
        self.facts.insert((finding, rank.2))
    }

    /// Another file begins.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

impl Sighted {
    /// Digests a record; its facts go along where they must be told.
    #[must_use]
    pub fn of(record: Record, told: &mut Told) -> Self {
        let (facts, place_facts) = (plan::facts(&record), plan::place_facts(&record));
        let fingerprint = digest_of(&record.fingerprint.hash);
        let telling = told
            .needs(fingerprint, (record.severity, record.observed_at, facts))
            .then(|| {
                Box::new(Facts {
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
                })
            });
        Self {
            tool: record.tool,
            fingerprint,
            facts,
            told: telling,
            place_key: digest_of(&record.occurrence.key),
            place_facts,
            severity: record.severity,
            observed_at: record.observed_at,
            place: record.occurrence.place,
            host: record.occurrence.parts.host,
            detail: record.detail,
            span: record.span,
            kept: record.kept,
        }
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
        let told = self.told.as_ref().map(serde_json::to_vec).transpose()?;
        let kept = self.kept.as_ref().map(serde_json::to_vec).transpose()?;
        let texts: [Option<&[u8]>; 6] = [
            Some(self.tool.as_bytes()),
            Some(self.place.as_bytes()),
            self.host.as_deref().map(str::as_bytes),
            Some(self.detail.as_bytes()),
            told.as_deref(),
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
            told: from.json()?,
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
    fn bytes_come_back_as_they_were_and_facts_are_told_once() {
        let mut told = Told::default();
        let first = Sighted::of(record(), &mut told);
        let again = Sighted::of(record(), &mut told);
        assert!(first.told.is_some() && again.told.is_none());
        assert_eq!((first.fingerprint, first.facts), (again.fingerprint, again.facts));
        for sighted in [first, again] {
            let bytes = sighted.write().unwrap();
            assert_eq!(Sighted::read(&bytes), Some(sighted));
            for cut in 0..bytes.len() {
                assert_eq!(Sighted::read(&bytes[..cut]), None, "cut at {cut}");
            }
            assert_eq!(Sighted::read(&[&bytes[..], b"x"].concat()), None);
        }
    }

    #[test]
    fn facts_that_no_plan_listens_to_are_not_told() {
        let mut told = Told::default();
        let mut tells = |severity: Severity, at: i64, title: &str| {
            let mut record = record();
            (record.severity, record.observed_at) = (severity, Some(Time(at)));
            record.title = title.into();
            Sighted::of(record, &mut told).told.is_some()
        };
        assert!(tells(Severity::Low, 5, "a"));
        assert!(!tells(Severity::Low, 4, "b"), "an earlier one");
        assert!(!tells(Severity::Info, 9, "c"), "a lesser one");
        assert!(!tells(Severity::Low, 6, "a"), "the same facts, later");
        assert!(tells(Severity::Low, 7, "b"));
        assert!(!tells(Severity::Low, 8, "a"), "told before");
        assert!(tells(Severity::High, 1, "a"));
    }

    #[test]
    fn bytes_that_lie_are_nothing() {
        let bytes = Sighted::of(record(), &mut Told::default()).write().unwrap();
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
