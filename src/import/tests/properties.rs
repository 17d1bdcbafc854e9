//! What is true of every format: order, splitting and repetition change nothing; more items are more, and nothing else.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::writers::{Item, WRITERS};
use crate::import::limits::Limits;
use crate::import::plan::{self, Sighting, StagedSet};
use crate::import::record::{Record, Summary};
use crate::import::source::Source;
use crate::import::{FORMATS, decode};

fn hash(text: &str) -> [u8; 32] {
    let mut out = [0; 32];
    for (n, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[n * 2..n * 2 + 2], 16).unwrap();
    }
    out
}

fn read(text: &str, name: &str) -> (Vec<Sighting>, Summary) {
    let mut records: Vec<Record> = Vec::new();
    // By its content alone, unless there is nothing in it to tell.
    let summary = decode(
        &mut Source::Memory(text.as_bytes()),
        None,
        &Limits::default(),
        &mut records,
    )
    .unwrap_or_else(|r| panic!("{name}: {r}: {text}"));
    assert!(
        summary.format == name || records.is_empty(),
        "{name}: taken for {}",
        summary.format
    );
    let sightings = records.iter().enumerate().map(|(n, r)| Sighting {
        row: n as i64,
        tool: r.tool.clone(),
        finding: hash(&r.fingerprint.hash),
        place: hash(&r.occurrence.key),
        severity: r.severity,
        observed_at: r.observed_at,
        facts: plan::facts(r),
        place_facts: plan::place_facts(r),
    });
    (sightings.collect(), summary)
}

/// The set without what depends on where its records stand.
fn digest(set: &StagedSet) -> Vec<[u8; 32]> {
    let tools: BTreeSet<&str> = set.values().map(|s| s.tool.as_str()).collect();
    tools.into_iter().map(|tool| plan::evidence(set, tool)).collect()
}

fn pairs(set: &StagedSet) -> BTreeSet<([u8; 32], [u8; 32])> {
    set.iter()
        .flat_map(|(f, s)| s.places.keys().map(move |p| (*f, *p)))
        .collect()
}

#[test]
fn every_format_is_written() {
    for format in FORMATS {
        assert!(
            WRITERS.iter().any(|(name, _)| *name == format.name()),
            "{}",
            format.name()
        );
        let about = format.about();
        for text in [
            about.title,
            about.records,
            about.finding,
            about.place,
            about.severity,
            about.left_out,
            about.covers,
        ] {
            assert!(!text.is_empty(), "{}", format.name());
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn order_splitting_and_repetition_change_nothing(
        items in proptest::collection::vec((0..6_u8, 1..6_u8), 1..12),
        shuffled in any::<prop::sample::Index>(),
        cut in any::<prop::sample::Index>(),
    ) {
        for (name, write) in WRITERS.iter().copied() {
            let (first, summary) = read(&write(&items), name);
            let set = plan::collect(first.iter().cloned());
            prop_assert!(summary.records() > 0);
            prop_assert_eq!(set.len() as u64, summary.findings, "{}", name);
            prop_assert_eq!(pairs(&set).len() as u64, summary.occurrences, "{}", name);
            // Twice: the same evidence.
            let again = plan::collect(read(&write(&items), name).0);
            prop_assert_eq!(digest(&set), digest(&again), "{}", name);
            // In another order.
            let mut other = items.clone();
            other.reverse();
            let turn = shuffled.index(other.len());
            other.rotate_left(turn);
            let turned = plan::collect(read(&write(&other), name).0);
            prop_assert_eq!(digest(&set), digest(&turned), "{}", name);
            // In two files.
            let (head, tail) = items.split_at(cut.index(items.len()));
            let mut both = Vec::new();
            for part in [head, tail].into_iter().filter(|p| !p.is_empty()) {
                both.extend(read(&write(part), name).0);
            }
            prop_assert_eq!(digest(&set), digest(&plan::collect(both)), "{}", name);
        }
    }

    #[test]
    fn more_items_are_more_and_nothing_else(
        few in proptest::collection::vec((0..6_u8, 1..6_u8), 1..8),
        more in proptest::collection::vec((0..6_u8, 1..6_u8), 1..8),
    ) {
        let all: Vec<Item> = few.iter().chain(&more).copied().collect();
        let distinct = |items: &[Item]| items.iter().collect::<BTreeSet<_>>().len();
        for (name, write) in WRITERS.iter().copied() {
            let small = pairs(&plan::collect(read(&write(&few), name).0));
            let large = pairs(&plan::collect(read(&write(&all), name).0));
            prop_assert!(small.is_subset(&large), "{}", name);
            prop_assert_eq!(large.len() - small.len(), distinct(&all) - distinct(&few), "{}", name);
        }
    }
}
