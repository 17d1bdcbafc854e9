//! The plan as a table: every status in every situation, and properties of the set.

use proptest::prelude::*;
use rstest::rstest;

use super::*;

fn hash(n: u8) -> Hash {
    [n; 32]
}

fn sighting(row: i64, finding: u8, place: u8) -> Sighting {
    Sighting {
        row,
        tool: "t".into(),
        finding: hash(finding),
        place: hash(place),
        severity: Severity::Medium,
        observed_at: None,
        facts: hash(1),
        place_facts: hash(1),
    }
}

fn known(finding: u8, status: Status, places: &[(u8, &str)]) -> Known {
    Known {
        id: FindingId::fresh(),
        tool: "t".into(),
        finding: hash(finding),
        status,
        seen_in_latest: true,
        facts: Some(hash(1)),
        places: places
            .iter()
            .map(|(key, host)| KnownPlace {
                id: OccurrenceId::fresh(),
                key: hash(*key),
                seen_in_latest: true,
                host: Some((*host).to_owned()),
                place: format!("https://{host}/x"),
            })
            .collect(),
    }
}

fn scope(age: Age, covers: &[&str]) -> Scope {
    Scope {
        tools: BTreeMap::from([("t".to_owned(), age)]),
        covers: BTreeMap::from([("t".to_owned(), covers.iter().collect())]),
    }
}

/// What happens to a known finding: outcome (none: it is not even mentioned) and whether it counts as unchanged.
type Expected = Option<(Outcome, bool)>;

const SAME: Expected = Some((Outcome::Recurring, true));

#[rstest]
#[case::seen(&[(7, 1)], Age::Latest, &[], SAME, Some((Outcome::Reopened, false)))]
#[case::not_seen(&[], Age::Latest, &[], Some((Outcome::NotSeen, false)), Some((Outcome::NotSeen, false)))]
#[case::other_severity(&[(7, 2)], Age::Latest, &[], Some((Outcome::Recurring, false)), Some((Outcome::Reopened, false)))]
#[case::out_of_scope(&[], Age::Latest, &["other.test"], None, None)]
#[case::in_scope(&[], Age::Latest, &["*.acme.test", "other.test"], Some((Outcome::NotSeen, false)), Some((Outcome::NotSeen, false)))]
#[case::seen_by_an_older_report(&[(7, 2)], Age::Older, &[], SAME, SAME)]
#[case::missing_from_an_older_report(&[], Age::Older, &[], None, None)]
#[case::the_same_report(&[(7, 1)], Age::Same, &[], SAME, SAME)]
fn every_status_in_every_situation(
    #[case] seen: &[(u8, u8)],
    #[case] age: Age,
    #[case] covers: &[&str],
    #[case] expected: Expected,
    #[case] when_fixed: Expected,
) {
    for status in Status::ALL {
        let set = collect(seen.iter().map(|(finding, facts)| Sighting {
            facts: hash(*facts),
            severity: if *facts == 1 { Severity::Medium } else { Severity::High },
            ..sighting(1, *finding, 3)
        }));
        let known = known(7, status, &[(3, "shop.acme.test")]);
        let plan = plan(&set, std::slice::from_ref(&known), &scope(age, covers));
        let got = plan.lines.first().map(|l| (l.outcome, l.unchanged));
        let wanted = if status == Status::VerifiedFixed {
            when_fixed
        } else {
            expected
        };
        assert_eq!(got, wanted, "{status}");
        for line in &plan.lines {
            assert_eq!(line.id, Some(known.id));
            if line.outcome == Outcome::NotSeen {
                assert_eq!(line.gone, [known.places[0].id]);
            } else {
                assert_eq!(line.current, age == Age::Latest);
            }
        }
    }
}

#[test]
fn an_empty_report_of_a_tool_makes_everything_of_it_not_seen_and_one_of_no_tool_nothing() {
    let known = [known(1, Status::Open, &[(1, "a.test")]), known(2, Status::Open, &[])];
    assert_eq!(
        plan(&StagedSet::new(), &known, &scope(Age::Latest, &[]))
            .totals
            .not_seen,
        2
    );
    assert_eq!(plan(&StagedSet::new(), &known, &Scope::default()), Plan::default());
    let other = Scope {
        tools: BTreeMap::from([("u".to_owned(), Age::Latest)]),
        ..Scope::default()
    };
    assert_eq!(plan(&StagedSet::new(), &known, &other), Plan::default());
}

#[test]
fn a_finding_with_a_place_outside_the_scope_is_still_there() {
    let known = known(1, Status::Open, &[(1, "a.test"), (2, "b.test")]);
    let plan = plan(
        &StagedSet::new(),
        std::slice::from_ref(&known),
        &scope(Age::Latest, &["a.test"]),
    );
    assert_eq!(plan.lines[0].outcome, Outcome::Recurring);
    assert_eq!(plan.lines[0].gone, [known.places[0].id]);
    assert_eq!(plan.totals.not_seen, 0);
}

#[test]
fn places_that_come_and_go_are_changes() {
    let known = known(1, Status::Open, &[(1, "a.test"), (2, "a.test")]);
    let set = collect([sighting(1, 1, 2), sighting(2, 1, 3), sighting(3, 1, 3)]);
    let plan = plan(&set, std::slice::from_ref(&known), &scope(Age::Latest, &[]));
    let line = &plan.lines[0];
    assert_eq!((line.outcome, line.unchanged), (Outcome::Recurring, false));
    assert_eq!(line.gone, [known.places[0].id]);
    let places: Vec<_> = line.places.iter().map(|p| (p.row, p.repeats, p.id)).collect();
    assert_eq!(places, [(1, 1, Some(known.places[1].id)), (2, 2, None)]);
}

#[test]
fn what_was_not_seen_already_is_not_told_again() {
    let mut known = known(1, Status::Open, &[(1, "a.test")]);
    known.seen_in_latest = false;
    known.places[0].seen_in_latest = false;
    assert_eq!(
        plan(&StagedSet::new(), &[known.clone()], &scope(Age::Latest, &[])),
        Plan::default()
    );
    let back = plan(&collect([sighting(1, 1, 1)]), &[known], &scope(Age::Latest, &[]));
    assert_eq!((back.totals.recurring, back.totals.unchanged), (1, 0));
}

#[rstest]
#[case("shop.acme.test", "shop.acme.test", "shop.acme.test:443", true)]
#[case("SHOP.acme.test", "shop.acme.test", "x", true)]
#[case("acme.test", "shop.acme.test", "shop.acme.test:443", false)]
#[case("*.acme.test", "shop.acme.test", "x", true)]
#[case("*.acme.test", "badacme.test", "x", false)]
#[case("https://a.test/app/", "a.test", "https://a.test/app/login?x", true)]
#[case("https://a.test/app", "a.test", "https://a.test/apple", false)]
#[case("a.test/app", "a.test", "https://a.test/app", true)]
#[case("a.test:8443", "a.test", "a.test:8443", true)]
#[case("a.test:844", "a.test", "a.test:8443", false)]
#[case("src/lib", "", "src/lib/x.rs:12", true)]
#[case("src/li", "", "src/lib/x.rs:12", false)]
#[case("./src", "", "src/lib/x.rs:12", true)]
#[case("src/main.c", "", "src/main.c:3", true)]
fn covers_hold_what_people_mean(#[case] cover: &str, #[case] host: &str, #[case] place: &str, #[case] holds: bool) {
    let host = Some(host).filter(|h| !h.is_empty());
    assert_eq!(Cover::new(cover).holds(host, place), holds);
}

fn sightings() -> impl Strategy<Value = Vec<Sighting>> {
    let one = (0u8..6, 0u8..4, 0usize..5, proptest::option::of(0i64..4), 0u8..3, 0u8..3);
    proptest::collection::vec(one, 0..40).prop_map(|all| {
        all.into_iter()
            .map(|(finding, place, severity, at, facts, said)| Sighting {
                // The row is what the record says, so that equal records are interchangeable.
                row: i64::from(facts) * 100 + i64::from(said) * 10 + at.unwrap_or(9) + severity as i64 * 1000,
                tool: "t".into(),
                finding: hash(finding),
                place: hash(place),
                severity: Severity::ALL[severity],
                observed_at: at.map(Time),
                facts: hash(facts),
                place_facts: hash(said),
            })
            .collect()
    })
}

/// What apply leaves known of a set.
fn applied(set: &StagedSet) -> Vec<Known> {
    set.iter()
        .map(|(finding, staged)| Known {
            id: FindingId::fresh(),
            tool: staged.tool.clone(),
            finding: *finding,
            status: Status::Open,
            seen_in_latest: true,
            facts: Some(staged.facts),
            places: staged
                .places
                .keys()
                .map(|key| KnownPlace {
                    id: OccurrenceId::fresh(),
                    key: *key,
                    seen_in_latest: true,
                    host: None,
                    place: String::new(),
                })
                .collect(),
        })
        .collect()
}

type Essence = Vec<(Hash, Hash, Vec<(Hash, i64)>)>;

fn essence(set: &StagedSet) -> Essence {
    set.iter()
        .map(|(h, s)| (*h, s.facts, s.places.iter().map(|(k, p)| (*k, p.repeats)).collect()))
        .collect()
}

proptest! {
    #[test]
    fn order_and_files_change_nothing((all, seed) in (sightings(), any::<u64>())) {
        let straight = collect(all.clone());
        let mut shuffled = all.clone();
        let len = shuffled.len().max(1) as u64;
        for i in 0..shuffled.len() {
            let j = (seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(i as u64 * 977) % len) as usize;
            shuffled.swap(i, j);
        }
        let (head, tail) = shuffled.split_at(shuffled.len() / 2);
        let split = collect(tail.iter().chain(head).cloned());
        prop_assert_eq!(essence(&straight), essence(&split));
        prop_assert_eq!(evidence(&straight, "t"), evidence(&split, "t"));
    }

    #[test]
    fn the_second_time_changes_nothing(all in sightings()) {
        let set = collect(all);
        let first = plan(&set, &[], &scope(Age::Latest, &[]));
        prop_assert_eq!(first.totals.new, set.len() as i64);
        for age in [Age::Latest, Age::Older, Age::Same] {
            let again = plan(&set, &applied(&set), &scope(age, &[]));
            prop_assert_eq!(again.totals, Totals { recurring: set.len() as i64, unchanged: set.len() as i64, ..Totals::default() });
            prop_assert!(again.lines.iter().all(|l| l.gone.is_empty()));
        }
    }

    #[test]
    fn what_is_there_is_never_gone((before, after) in (sightings(), sightings())) {
        let (old, new) = (collect(before), collect(after));
        let known = applied(&old);
        let plan = plan(&new, &known, &scope(Age::Latest, &[]));
        for line in &plan.lines {
            prop_assert_eq!(line.outcome == Outcome::NotSeen, !new.contains_key(&line.finding));
            if let Some(staged) = new.get(&line.finding) {
                let places: Vec<_> = known.iter().flat_map(|k| &k.places).filter(|p| line.gone.contains(&p.id)).collect();
                prop_assert!(places.iter().all(|p| !staged.places.contains_key(&p.key)));
            }
        }
        let totals = plan.totals;
        prop_assert_eq!(totals.new + totals.recurring + totals.reopened, new.len() as i64);
    }
}
