//! What an import would do: the staged sightings of a batch against what the project has. Pure.
//!
//! [`collect`] turns sightings into findings with places, whatever their order, however they were split over files.
//! [`plan`] compares them with what is known:
//!
//! - a finding nobody knows is **new**;
//! - a known one that is there is **recurring**, and **unchanged** where neither its facts nor its places differ; one
//!   that was verified fixed is **reopened**;
//! - a known one within the scope that is not there is **not seen** any more. The scope is: the tools whose result
//!   lists the batch holds, and the targets it covers. A finding with a place outside the scope is still there.
//! - A report **older** than the latest one of its tool (by the reports' own clocks) only adds sightings: nothing is
//!   reopened, no fact changes, nothing becomes not seen, and what it alone knows starts as not seen in the latest.
//! - The **same** set of sightings as the tool's latest import changes nothing at all, not even a verified verdict:
//!   it is the same evidence, not new evidence.

pub mod corrected;
mod covers;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use sha2::{Digest as _, Sha256};

pub use self::covers::{Cover, Covers};
use super::record::Record;
use crate::domain::id::{FindingId, OccurrenceId};
use crate::domain::severity::Severity;
use crate::domain::status::Status;
use crate::domain::time::Time;

/// SHA-256, as bytes.
pub type Hash = [u8; 32];

/// Which record speaks for a finding: the worst, then the latest, then any fixed choice (its facts).
pub type Rank = (Severity, Option<Time>, Hash);

/// What the plan needs to know of one staged record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sighting {
    /// Where the whole record is staged.
    pub row: i64,
    pub tool: String,
    /// The finding's fingerprint.
    pub finding: Hash,
    /// The place's key within it.
    pub place: Hash,
    pub severity: Severity,
    pub observed_at: Option<Time>,
    /// Digest of what the record says of the finding, see [`facts`].
    pub facts: Hash,
    /// Digest of what it says of the place, see [`place_facts`].
    pub place_facts: Hash,
}

/// A finding of the batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Staged {
    pub tool: String,
    /// The record that speaks for the finding: the worst, then the latest, then any fixed choice.
    pub row: i64,
    pub facts: Hash,
    pub places: BTreeMap<Hash, StagedPlace>,
    /// The first and last time its records state.
    pub seen: Option<(Time, Time)>,
    rank: Rank,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StagedPlace {
    /// The record that speaks for the place: the latest, then any fixed choice.
    pub row: i64,
    /// How often the batch repeats it.
    pub repeats: i64,
    pub seen: Option<(Time, Time)>,
    rank: (Option<Time>, Hash),
}

/// What a batch holds, whatever the order of its records and files.
pub type StagedSet = BTreeMap<Hash, Staged>;

/// Digest of the scanner's facts about a finding. Times and places are not among them.
#[must_use]
pub fn facts(record: &Record) -> Hash {
    let said = (
        (
            &record.title,
            &record.description,
            &record.remediation,
            &record.references,
        ),
        (
            record.severity.rank(),
            &record.severity_word,
            record.score.map(f64::to_bits),
        ),
        (&record.cvss, &record.cwe, &record.cve, &record.tags),
        (&record.rule, record.suppressed),
    );
    of_json(&said)
}

/// Digest of what a record says at its place.
#[must_use]
pub fn place_facts(record: &Record) -> Hash {
    of_json(&(&record.occurrence.place, &record.detail))
}

fn of_json<T: serde::Serialize>(value: &T) -> Hash {
    let mut digest = Sha256::new();
    digest.update(serde_json::to_vec(value).unwrap_or_default());
    digest.finalize().into()
}

/// Gathers sightings into findings and places.
#[must_use]
pub fn collect(sightings: impl IntoIterator<Item = Sighting>) -> StagedSet {
    let mut set = StagedSet::new();
    for sighting in sightings {
        add(&mut set, sighting);
    }
    set
}

/// Adds a sighting to a set.
pub fn add(set: &mut StagedSet, s: Sighting) {
    let rank = (s.severity, s.observed_at, s.facts);
    let place_rank = (s.observed_at, s.place_facts);
    let staged = set.entry(s.finding).or_insert_with(|| Staged {
        tool: s.tool,
        row: s.row,
        facts: s.facts,
        places: BTreeMap::new(),
        seen: None,
        rank,
    });
    staged.seen = stretch(staged.seen, s.observed_at);
    if rank > staged.rank {
        (staged.row, staged.facts, staged.rank) = (s.row, s.facts, rank);
    }
    let place = staged.places.entry(s.place).or_insert(StagedPlace {
        row: s.row,
        repeats: 0,
        seen: None,
        rank: place_rank,
    });
    place.repeats += 1;
    place.seen = stretch(place.seen, s.observed_at);
    if place_rank > place.rank {
        (place.row, place.rank) = (s.row, place_rank);
    }
}

fn stretch(seen: Option<(Time, Time)>, at: Option<Time>) -> Option<(Time, Time)> {
    match (seen, at) {
        (Some((first, last)), Some(at)) => Some((first.min(at), last.max(at))),
        (None, Some(at)) => Some((at, at)),
        (seen, None) => seen,
    }
}

/// Digest of everything a set says of one tool: two batches with the same digest are the same evidence.
#[must_use]
pub fn evidence(set: &StagedSet, tool: &str) -> Hash {
    let mut digest = Sha256::new();
    for (hash, staged) in set.iter().filter(|(_, s)| s.tool == tool) {
        digest.update(hash);
        digest.update(staged.facts);
        digest.update(staged.rank.1.map_or(i64::MIN, |t| t.0).to_be_bytes());
        digest.update((staged.places.len() as u64).to_be_bytes());
        for (key, place) in &staged.places {
            digest.update(key);
            digest.update(place.repeats.to_be_bytes());
            digest.update(place.rank.1);
        }
    }
    digest.finalize().into()
}

/// How far a batch speaks for what is *not* in it.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Tools with a result list in the batch, each with what is known of its latest import.
    pub tools: BTreeMap<String, Age>,
    /// What each of them covered; one that is not here, or covers nothing in particular, covers everything.
    pub covers: BTreeMap<String, Covers>,
}

impl Scope {
    fn covers(&self, tool: &str) -> Option<&Covers> {
        self.covers.get(tool).filter(|c| !c.is_empty())
    }
}

/// How a tool's reports in the batch relate to its latest import into the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// The newest yet, or there is no telling.
    Latest,
    /// Older than what was imported already.
    Older,
    /// The very same evidence.
    Same,
}

/// What the project knows of one finding that imports made.
#[derive(Debug, Clone)]
pub struct Known {
    pub id: FindingId,
    pub tool: String,
    pub finding: Hash,
    pub status: Status,
    pub seen_in_latest: bool,
    /// Of the record that spoke for it last; none where it is not known.
    pub facts: Option<Hash>,
    pub places: Vec<KnownPlace>,
}

#[derive(Debug, Clone)]
pub struct KnownPlace {
    pub id: OccurrenceId,
    pub key: Hash,
    pub seen_in_latest: bool,
    pub host: Option<String>,
    pub place: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    New,
    Reopened,
    NotSeen,
    Recurring,
}

impl Outcome {
    pub const ALL: [Self; 4] = [Self::New, Self::Reopened, Self::NotSeen, Self::Recurring];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Reopened => "reopened",
            Self::NotSeen => "not_seen",
            Self::Recurring => "recurring",
        }
    }
}

/// What happens to one finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub outcome: Outcome,
    pub finding: Hash,
    /// The known finding; none for a new one.
    pub id: Option<FindingId>,
    /// The staged record that speaks for it; none for one that is not there.
    pub row: Option<i64>,
    /// Neither its facts nor its places differ from what is known.
    pub unchanged: bool,
    /// Whether the batch may write the scanner's facts (it is not older than what is known, nor the same).
    pub current: bool,
    pub seen: Option<(Time, Time)>,
    /// Places of the batch.
    pub places: Vec<LinePlace>,
    /// Known places within the scope that are not there any more.
    pub gone: Vec<OccurrenceId>,
    /// Whose record speaks for it, where that is a merged finding's: its key.
    pub via: String,
}

/// What happens to one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinePlace {
    pub row: i64,
    pub repeats: i64,
    /// The known place; none for a new one.
    pub id: Option<OccurrenceId>,
    pub seen: Option<(Time, Time)>,
    /// As of the line.
    pub current: bool,
    pub via: String,
}

/// Numbers of findings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    pub new: i64,
    /// Known and still there, the unchanged ones too.
    pub recurring: i64,
    pub reopened: i64,
    pub not_seen: i64,
    pub unchanged: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub lines: Vec<Line>,
    pub totals: Totals,
}

/// Compares a batch with what is known. Lines come in the order of the findings' fingerprints.
#[must_use]
pub fn plan(set: &StagedSet, known: &[Known], scope: &Scope) -> Plan {
    let mut plan = Plan::default();
    let by_hash: HashMap<&Hash, &Known> = known.iter().map(|k| (&k.finding, k)).collect();
    for (hash, staged) in set {
        let age = scope.tools.get(&staged.tool).copied().unwrap_or(Age::Latest);
        let line = match by_hash.get(hash) {
            // The latest import said so already, and a person took the finding elsewhere: said again it changes nothing.
            None if age == Age::Same => continue,
            None => Line {
                outcome: Outcome::New,
                finding: *hash,
                id: None,
                row: Some(staged.row),
                unchanged: false,
                current: age != Age::Older,
                seen: staged.seen,
                places: places(staged, None, age != Age::Older),
                gone: Vec::new(),
                via: String::new(),
            },
            Some(known) => still_there(hash, staged, known, age, scope),
        };
        plan.push(line);
    }
    for known in known {
        let speaks = scope.tools.get(&known.tool) == Some(&Age::Latest);
        if speaks && !set.contains_key(&known.finding) {
            plan.push_missing(known, scope);
        }
    }
    plan.lines.sort_by_key(|l| (l.finding, l.id));
    plan
}

fn places(staged: &Staged, known: Option<&Known>, current: bool) -> Vec<LinePlace> {
    let ids: HashMap<&Hash, OccurrenceId> = known.iter().flat_map(|k| &k.places).map(|p| (&p.key, p.id)).collect();
    let place = |(key, place): (&Hash, &StagedPlace)| LinePlace {
        row: place.row,
        repeats: place.repeats,
        id: ids.get(key).copied(),
        seen: place.seen,
        current,
        via: String::new(),
    };
    staged.places.iter().map(place).collect()
}

fn still_there(hash: &Hash, staged: &Staged, known: &Known, age: Age, scope: &Scope) -> Line {
    let known_places: BTreeSet<&Hash> = known.places.iter().map(|p| &p.key).collect();
    let added = staged.places.keys().any(|key| !known_places.contains(key));
    let (mut outcome, mut unchanged, mut gone) = (Outcome::Recurring, !added, Vec::new());
    if age == Age::Latest {
        let returned = known
            .places
            .iter()
            .any(|p| !p.seen_in_latest && staged.places.contains_key(&p.key));
        gone = leaving(known, scope, |key| staged.places.contains_key(key));
        unchanged &= known.seen_in_latest && !returned && gone.is_empty() && known.facts == Some(staged.facts);
        if known.status == Status::VerifiedFixed {
            (outcome, unchanged) = (Outcome::Reopened, false);
        }
    }
    Line {
        outcome,
        finding: *hash,
        id: Some(known.id),
        row: Some(staged.row),
        unchanged: unchanged || age == Age::Same,
        current: age == Age::Latest,
        seen: staged.seen,
        places: if age == Age::Same {
            Vec::new()
        } else {
            places(staged, Some(known), age == Age::Latest)
        },
        gone,
        via: String::new(),
    }
}

/// Places seen so far, within the scope, that are not there any more.
fn leaving(known: &Known, scope: &Scope, there: impl Fn(&Hash) -> bool) -> Vec<OccurrenceId> {
    known
        .places
        .iter()
        .filter(|p| p.seen_in_latest && !there(&p.key) && covered(scope, &known.tool, p))
        .map(|p| p.id)
        .collect()
}

fn covered(scope: &Scope, tool: &str, place: &KnownPlace) -> bool {
    let covers = scope.covers(tool);
    covers.is_none_or(|c| c.holds(place.host.as_deref(), &place.place))
}

impl Plan {
    fn push(&mut self, line: Line) {
        match line.outcome {
            Outcome::New => self.totals.new += 1,
            Outcome::Recurring => self.totals.recurring += 1,
            Outcome::Reopened => self.totals.reopened += 1,
            Outcome::NotSeen => self.totals.not_seen += 1,
        }
        if line.unchanged {
            self.totals.unchanged += 1;
        }
        self.lines.push(line);
    }

    /// A known finding that the batch does not hold: not seen any more once none of its places is left.
    fn push_missing(&mut self, known: &Known, scope: &Scope) {
        if !known.seen_in_latest {
            return;
        }
        let gone = leaving(known, scope, |_| false);
        let left = known.places.iter().filter(|p| p.seen_in_latest).count() - gone.len();
        // One without places belongs to the scope only where the scope is everything.
        if left > 0 && gone.is_empty() || known.places.is_empty() && scope.covers(&known.tool).is_some() {
            return;
        }
        self.push(Line {
            outcome: if left == 0 {
                Outcome::NotSeen
            } else {
                Outcome::Recurring
            },
            finding: known.finding,
            id: Some(known.id),
            row: None,
            unchanged: false,
            current: true,
            seen: None,
            places: Vec::new(),
            gone,
            via: String::new(),
        });
    }
}

#[cfg(test)]
mod tests;
