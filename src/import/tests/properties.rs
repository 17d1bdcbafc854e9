//! What is true of every format: order, splitting and repetition change nothing; more items are more, and nothing else.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::writers::{Item, WRITERS};
use crate::domain::id::{FindingId, OccurrenceId};
use crate::domain::status::Status;
use crate::import::limits::Limits;
use crate::import::plan::{self, Age, Known, KnownPlace, Scope, Sighting, StagedSet};
use crate::import::record::{Record, Summary};
use crate::import::source::Source;
use crate::import::{FORMATS, decode};
use crate::tests::mutate::zip;

fn hash(text: &str) -> [u8; 32] {
    let mut out = [0; 32];
    for (n, byte) in out.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[n * 2..n * 2 + 2], 16).unwrap();
    }
    out
}

fn read(text: &str, name: &str) -> (Vec<Sighting>, Summary) {
    read_bytes(text.as_bytes(), name)
}

fn read_bytes(bytes: &[u8], name: &str) -> (Vec<Sighting>, Summary) {
    let mut records: Vec<Record> = Vec::new();
    // By its content alone, unless there is nothing in it to tell.
    let summary = decode(&mut Source::Memory(bytes), None, &Limits::default(), &mut records)
        .unwrap_or_else(|r| panic!("{name}: {r}: {}", String::from_utf8_lossy(bytes)));
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

/// What a project knows after a set was imported into it.
fn known_after(set: &StagedSet) -> Vec<Known> {
    let place = |key: &[u8; 32]| KnownPlace {
        id: OccurrenceId::fresh(),
        key: *key,
        seen_in_latest: true,
        host: None,
        place: String::new(),
    };
    set.iter()
        .map(|(finding, staged)| Known {
            id: FindingId::fresh(),
            tool: staged.tool.clone(),
            finding: *finding,
            status: Status::Open,
            seen_in_latest: true,
            facts: Some(staged.facts),
            places: staged.places.keys().map(place).collect(),
        })
        .collect()
}

/// A report, then one with more in it: only the difference is new. Then the first again: only the difference is gone.
fn imported_one_after_the_other(name: &str, few: &[Sighting], all: &[Sighting]) {
    let (small, large) = (plan::collect(few.iter().cloned()), plan::collect(all.iter().cloned()));
    let tools = large.values().map(|s| (s.tool.clone(), Age::Latest)).collect();
    let scope = Scope {
        tools,
        ..Scope::default()
    };
    let difference: BTreeSet<_> = pairs(&large).difference(&pairs(&small)).copied().collect();
    let fresh = large.keys().filter(|f| !small.contains_key(*f)).count() as i64;

    let grown = plan::plan(&large, &known_after(&small), &scope);
    assert_eq!(
        (grown.totals.new, grown.totals.reopened, grown.totals.not_seen),
        (fresh, 0, 0),
        "{name}"
    );
    let new_places = grown
        .lines
        .iter()
        .flat_map(|l| &l.places)
        .filter(|p| p.id.is_none())
        .count();
    assert_eq!(new_places, difference.len(), "{name}");
    for line in grown.lines.iter().filter(|l| l.id.is_some()) {
        let touched = difference.iter().any(|(finding, _)| *finding == line.finding);
        assert_eq!(line.unchanged, !touched, "{name}");
        assert!(line.gone.is_empty(), "{name}");
    }

    let shrunk = plan::plan(&small, &known_after(&large), &scope);
    assert_eq!(
        (shrunk.totals.new, shrunk.totals.reopened, shrunk.totals.not_seen),
        (0, 0, fresh),
        "{name}"
    );
    let gone: usize = shrunk.lines.iter().map(|l| l.gone.len()).sum();
    assert_eq!(gone, difference.len(), "{name}");
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
    #![proptest_config(ProptestConfig::with_cases(80))]

    #[test]
    fn order_splitting_and_repetition_change_nothing(
        items in proptest::collection::vec((0..6_u8, 1..6_u8), 1..12),
        order in Just((0..12).collect::<Vec<usize>>()).prop_shuffle(),
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
            let other: Vec<Item> = order.iter().filter_map(|at| items.get(*at)).copied().collect();
            let turned = plan::collect(read(&write(&other), name).0);
            prop_assert_eq!(digest(&set), digest(&turned), "{}", name);
            // In two files, whichever comes first, and in an archive of them.
            let (head, tail) = items.split_at(cut.index(items.len()));
            let mut files: Vec<String> = [head, tail].into_iter().filter(|p| !p.is_empty()).map(write).collect();
            let packed: Vec<(&str, &[u8])> = files.iter().map(|text| ("report", text.as_bytes())).collect();
            prop_assert_eq!(digest(&set), digest(&plan::collect(read_bytes(&zip(&packed), name).0)), "{}", name);
            for _ in 0..2 {
                let both = files.iter().flat_map(|text| read(text, name).0);
                prop_assert_eq!(digest(&set), digest(&plan::collect(both)), "{}", name);
                files.reverse();
            }
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
            imported_one_after_the_other(name, &read(&write(&few), name).0, &read(&write(&all), name).0);
        }
    }
}
