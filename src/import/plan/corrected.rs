//! What people corrected by hand, followed by a plan: places that were split off as findings of their own, and findings
//! that are part of others. Without corrections nothing here is called.
//!
//! A place that was split off is seen as the split-off finding's ([`split`]), before anything is compared. A merged finding
//! stays one thing that a scanner reports: it is compared by itself, as a [`Part`], and what comes out is said of the
//! finding it is part of ([`fold`]).

use std::collections::{BTreeMap, HashMap};

use super::{Hash, Known, Line, Outcome, Plan, Staged, StagedSet, stretch};
use crate::domain::id::FindingId;

/// Which places of a finding are another finding's: fingerprint and place to the fingerprint that one is known by.
pub type Splits = HashMap<(Hash, Hash), Hash>;

/// Hands the places that were split off to their own findings. Both keep what the tool says of the finding.
#[must_use]
pub fn split(mut set: StagedSet, splits: &Splits) -> StagedSet {
    let mut touched: Vec<Hash> = splits.keys().map(|(finding, _)| *finding).collect();
    touched.sort_unstable();
    touched.dedup();
    for finding in touched {
        let Some(whole) = set.remove(&finding) else { continue };
        let mut parts: BTreeMap<Hash, Staged> = BTreeMap::new();
        for (key, place) in whole.places {
            let to = splits.get(&(finding, key)).copied().unwrap_or(finding);
            let part = parts.entry(to).or_insert_with(|| Staged {
                tool: whole.tool.clone(),
                row: whole.row,
                facts: whole.facts,
                places: BTreeMap::new(),
                seen: None,
                rank: whole.rank,
            });
            for at in place.seen.into_iter().flat_map(|(first, last)| [first, last]) {
                part.seen = stretch(part.seen, Some(at));
            }
            part.places.insert(key, place);
        }
        set.append(&mut parts);
    }
    set
}

/// A finding that is part of another one: as a scanner knows it, under the other's id.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its own key.
    pub key: String,
    pub known: Known,
}

/// All that is known of findings with parts.
#[derive(Debug, Clone, Default)]
pub struct Parts {
    pub parts: Vec<Part>,
    /// The findings' own fingerprints; none where they were written by hand.
    pub own: HashMap<FindingId, Option<Hash>>,
    /// How many places of each were seen in the latest imports, whatever tool has them.
    pub seen: HashMap<FindingId, usize>,
}

/// What a batch says of a part: the digest of its scanner's facts.
pub type Said = (String, Hash);

/// One line for each finding: those of its parts are said of it. Places and dates come together, facts are those of the
/// finding's own record.
#[must_use]
pub fn fold(plan: Plan, parts: &Parts, set: &StagedSet) -> (Plan, Vec<Said>) {
    let keys: HashMap<Hash, &Part> = parts.parts.iter().map(|p| (p.known.finding, p)).collect();
    let mut said = Vec::new();
    let mut folded = Plan::default();
    let mut lines: BTreeMap<FindingId, Vec<Line>> = BTreeMap::new();
    for mut line in plan.lines {
        let Some(id) = line.id.filter(|id| parts.own.contains_key(id)) else {
            folded.push(line);
            continue;
        };
        // A fingerprint that the finding has itself is its own.
        let own = parts.own.get(&id).copied().flatten() == Some(line.finding);
        if let Some(part) = keys.get(&line.finding).filter(|_| !own) {
            line.via.clone_from(&part.key);
            for place in &mut line.places {
                place.via.clone_from(&part.key);
            }
            let facts = set.get(&line.finding).map(|s| s.facts).filter(|_| line.current);
            if let Some(facts) = facts.filter(|f| part.known.facts != Some(*f)) {
                said.push((part.key.clone(), facts));
            }
        }
        lines.entry(id).or_default().push(line);
    }
    for (id, of_one) in lines {
        let seen = parts.seen.get(&id).copied().unwrap_or_default();
        if let Some(line) = one(of_one, seen) {
            folded.push(line);
        }
    }
    folded.lines.sort_by_key(|l| (l.finding, l.id));
    (folded, said)
}

fn one(mut lines: Vec<Line>, seen: usize) -> Option<Line> {
    // Whoever may write facts speaks first, the finding itself before its parts.
    lines.sort_by_key(|l| (l.row.is_none(), !l.current, !l.via.is_empty(), l.finding));
    let mut lines = lines.into_iter();
    let mut line = lines.next()?;
    for other in lines {
        line.unchanged &= other.unchanged;
        line.current |= other.current;
        if other.outcome == Outcome::Reopened {
            line.outcome = Outcome::Reopened;
        }
        for at in other.seen.into_iter().flat_map(|(first, last)| [first, last]) {
            line.seen = stretch(line.seen, Some(at));
        }
        line.places.extend(other.places);
        line.gone.extend(other.gone);
    }
    if line.row.is_some() {
        if line.outcome == Outcome::NotSeen {
            line.outcome = Outcome::Recurring;
        }
    } else {
        line.outcome = if line.gone.len() >= seen {
            Outcome::NotSeen
        } else {
            Outcome::Recurring
        };
    }
    Some(line)
}
