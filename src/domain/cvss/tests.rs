use proptest::prelude::*;
use proptest::sample::select;
use rstest::rstest;

use super::*;

/// Examples of FIRST's documents and user guides, and the corners of each formula: vector, base score, overall score.
#[rstest]
// 2.0 guide, section 3.3: CVE-2002-0392, CVE-2003-0818, CVE-2003-0062
#[case("AV:N/AC:L/Au:N/C:N/I:N/A:C", 7.8, 7.8)]
#[case("AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C", 7.8, 6.4)]
#[case("AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C/CDP:N/TD:N/CR:M/IR:M/AR:H", 7.8, 0.0)]
#[case("AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:H", 7.8, 9.2)]
#[case("(AV:N/AC:L/Au:N/C:C/I:C/A:C/E:F/RL:OF/RC:C)", 10.0, 8.3)]
#[case("AV:L/AC:H/Au:N/C:C/I:C/A:C", 6.2, 6.2)]
#[case("AV:L/AC:H/Au:N/C:C/I:C/A:C/E:POC/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:M", 6.2, 7.5)]
#[case("AV:N/AC:L/Au:N/C:N/I:N/A:N", 0.0, 0.0)]
// 3.0 and 3.1 examples documents
#[case("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1, 6.1)]
#[case("CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4, 6.4)]
#[case("CVSS:3.0/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N", 3.1, 3.1)]
#[case("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H", 9.9, 9.9)]
#[case("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, 9.8)]
#[case("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0, 10.0)]
#[case("CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N", 4.6, 4.6)]
#[case("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0, 0.0)]
// The impact of a changed scope, which differs between 3.0 and 3.1.
#[case(
    "CVSS:3.0/AV:N/AC:H/PR:H/UI:R/S:C/C:L/I:H/A:N/CR:H/IR:H/AR:M/MAC:H/MS:C/MA:L",
    6.2,
    7.6
)]
#[case(
    "CVSS:3.1/AV:N/AC:H/PR:H/UI:R/S:C/C:L/I:H/A:N/CR:H/IR:H/AR:M/MAC:H/MS:C/MA:L",
    6.2,
    7.7
)]
// Not defined is as good as not there.
#[case("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:X/RL:X/RC:X/MAV:X/CR:X", 9.8, 9.8)]
// 4.0 examples document
#[case("CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 7.3, 7.3)]
#[case("CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 7.7, 7.7)]
#[case("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", 10.0, 10.0)]
#[case("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N", 0.0, 0.0)]
fn known_vectors_have_their_known_scores(#[case] vector: &str, #[case] base: f64, #[case] overall: f64) {
    let cvss = Cvss::parse(vector).unwrap();
    assert_eq!((cvss.base_score(), cvss.score()), (base, overall));
}

#[test]
fn scores_agree_with_another_implementation() {
    let mut checked = 0;
    for line in include_str!("scores.txt").lines().filter(|l| !l.starts_with('#')) {
        let [vector, base, overall] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        let cvss = Cvss::parse(vector).unwrap();
        let ours = format!("{:.1} {:.1}", cvss.base_score(), cvss.score());
        assert_eq!(ours, format!("{base} {overall}"), "{vector}");
        checked += 1;
    }
    assert!(checked >= 150);
}

#[rstest]
#[case(
    "cvss:3.1/c:h/av:n/ac:l/pr:n/ui:n/s:u/i:h/a:h",
    "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
)]
#[case("(AV:N/AC:L/Au:N/C:N/I:N/A:C/E:ND)", "AV:N/AC:L/Au:N/C:N/I:N/A:C")]
#[case("CVSS:2.0/AV:N/AC:L/AU:N/C:N/I:N/A:C", "AV:N/AC:L/Au:N/C:N/I:N/A:C")]
#[case(
    "CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:X/S:N/U:RED",
    "CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/S:N/U:Red"
)]
fn vectors_are_written_in_one_form(#[case] vector: &str, #[case] canonical: &str) {
    assert_eq!(Cvss::parse(vector).unwrap().to_string(), canonical);
}

#[rstest]
#[case("", 0)]
#[case("AV:N/AC:L", 0)]
#[case("CVSS:3.2/AV:N", 5)]
#[case("CVSS:3.1/", 9)]
#[case("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H", 40)]
#[case("CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 14)]
#[case("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:Q", 43)]
#[case("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/XX:H", 45)]
#[case("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/", 45)]
#[case("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:X", 43)]
#[case("CVSS:3.1/AV:N /AC:L", 13)]
#[case("CVSS:3.1/é", 9)]
#[case("(AV:N/AC:L/Au:N/C:N/I:N", 23)]
fn what_is_no_vector_is_refused_at_the_character(#[case] vector: &str, #[case] at: usize) {
    let error = Cvss::parse(vector).unwrap_err();
    assert_eq!(error.at, at, "{error}");
}

#[test]
fn endless_vectors_are_refused() {
    assert!(Cvss::parse(&format!("CVSS:3.1/{}", "AV:N/".repeat(100_000))).is_err());
    assert!(Cvss::parse(&"/".repeat(500)).is_err());
    assert!(Cvss::parse(&":".repeat(500)).is_err());
}

#[rstest]
#[case("AV:N/AC:L/Au:N/C:C/I:C/A:C", Severity::High)]
#[case("AV:N/AC:L/Au:N/C:N/I:N/A:N", Severity::Info)]
#[case("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Severity::Critical)]
#[case("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", Severity::Medium)]
fn severity_follows_the_score(#[case] vector: &str, #[case] severity: Severity) {
    assert_eq!(Cvss::parse(vector).unwrap().severity(), severity);
}

/// A complete vector of any version, with any of the optional metrics.
fn any_vector() -> impl Strategy<Value = String> {
    select(vec![Version::V2, Version::V30, Version::V31, Version::V4]).prop_flat_map(|version| {
        let parts: Vec<BoxedStrategy<Option<String>>> = version
            .metrics()
            .iter()
            .map(|metric| {
                let value = select(metric.values.to_vec()).prop_map(|value| Some(format!("{}:{value}", metric.name)));
                if metric.group == Group::Base {
                    value.boxed()
                } else {
                    prop_oneof![Just(None), value].boxed()
                }
            })
            .collect();
        (parts, Just(version)).prop_map(|(parts, version)| {
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            format!("{}{}", version.prefix(), parts.join("/"))
        })
    })
}

proptest! {
    #[test]
    fn scores_are_tenths_from_0_to_10_and_the_written_form_scores_the_same(vector in any_vector()) {
        let cvss = Cvss::parse(&vector).map_err(|e| TestCaseError::fail(e.to_string()))?;
        for score in [cvss.score(), cvss.base_score()] {
            prop_assert!((0.0..=10.0).contains(&score));
            prop_assert!((score * 10.0 - (score * 10.0).round()).abs() < 1e-9);
        }
        let again = Cvss::parse(&cvss.to_string()).map_err(|e| TestCaseError::fail(e.to_string()))?;
        prop_assert_eq!(again, cvss);
    }

    #[test]
    fn no_text_brings_it_down(text in ".*|(CVSS:(2.0|3.1|4.0)/)?([A-Za-z]{0,3}:?[A-Za-z]?/){0,8}") {
        if let Err(error) = Cvss::parse(&text) {
            prop_assert!(error.at <= text.chars().count());
        }
    }
}
