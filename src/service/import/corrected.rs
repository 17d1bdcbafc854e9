//! What people corrected by hand in a project, as a plan follows it.

use std::collections::{HashMap, HashSet};

use crate::domain::id::{FindingId, ProjectId};
use crate::domain::severity::Severity;
use crate::import::plan::corrected::{Part, Parts, Splits};
use crate::import::plan::{Known, KnownPlace};
use crate::service::Result;
use crate::store::Tx;
use crate::store::correction::follow;

/// The corrections of a project.
#[derive(Debug, Default)]
pub(super) struct Corrections {
    pub splits: Splits,
    pub parts: Parts,
}

/// Reads the corrections, and gives each finding that is part of another one its own entry among what is known.
pub(super) async fn read(
    tx: &mut Tx,
    project: ProjectId,
    tools: &[String],
    known: &mut Vec<Known>,
    severities: &mut HashMap<FindingId, Severity>,
) -> Result<Corrections> {
    let splits = follow::splits(tx, project).await?;
    let own: HashMap<FindingId, Option<[u8; 32]>> = follow::having_parts(tx, project).await?.into_iter().collect();
    if own.is_empty() {
        return Ok(Corrections {
            splits,
            parts: Parts::default(),
        });
    }
    let mut ids: Vec<FindingId> = own.keys().copied().collect();
    ids.sort_unstable();
    let mut places: HashMap<(FindingId, String), Vec<KnownPlace>> = HashMap::new();
    let mut seen: HashMap<FindingId, usize> = HashMap::new();
    for (via, place) in follow::places(tx, &ids).await? {
        *seen.entry(place.finding).or_default() += usize::from(place.seen_in_latest);
        places.entry((place.finding, via)).or_default().push(KnownPlace {
            id: place.id,
            key: place.key,
            seen_in_latest: place.seen_in_latest,
            host: place.host,
            place: place.place,
        });
    }
    for known in known.iter_mut().filter(|k| own.contains_key(&k.id)) {
        let its = places.remove(&(known.id, String::new())).unwrap_or_default();
        known.seen_in_latest = seen_of(&its, known.seen_in_latest);
        known.places = its;
    }
    let taken: HashSet<(String, [u8; 32])> = known.iter().map(|k| (k.tool.clone(), k.finding)).collect();
    let mut parts = Vec::new();
    for row in follow::parts(tx, project, tools).await? {
        // A finding that is there by itself is itself.
        if taken.contains(&(row.tool.clone(), row.fingerprint)) {
            continue;
        }
        let its = places.remove(&(row.of, row.key.clone())).unwrap_or_default();
        severities.entry(row.of).or_insert(row.severity);
        let part = Known {
            id: row.of,
            tool: row.tool,
            finding: row.fingerprint,
            status: row.status,
            seen_in_latest: seen_of(&its, row.seen_in_latest),
            facts: row.facts,
            places: its,
        };
        known.push(part.clone());
        parts.push(Part {
            key: row.key,
            known: part,
        });
    }
    Ok(Corrections {
        splits,
        parts: Parts { parts, own, seen },
    })
}

/// Whether the latest import saw one of the places; without places, what was said before.
fn seen_of(places: &[KnownPlace], before: bool) -> bool {
    if places.is_empty() {
        before
    } else {
        places.iter().any(|p| p.seen_in_latest)
    }
}
