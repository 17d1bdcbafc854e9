use proptest::prelude::*;
use proptest::sample::{Index, select};
use rstest::rstest;

use super::*;
use crate::tests::fuzz::Target;

fn kinds(text: &str) -> Vec<(bool, Kind)> {
    let query = Query::parse(text).unwrap_or_else(|e| panic!("{text}: {e} at {}", e.at));
    query.terms.into_iter().map(|t| (t.negated, t.kind)).collect()
}

fn one(text: &str) -> Kind {
    kinds(text).remove(0).1
}

fn exact(text: &str) -> Text {
    Text::Exact(text.to_owned())
}

#[test]
fn every_form_of_the_product_is_understood_and_printed_as_typed() {
    let text = "sev:>=high status:open,not_fixed is:open lane:new -status:closed client:acme client:none \
                project:P-4Q7M assignee:@me assignee:none due:<3d first:<1d seen:no import:last triaged:no released:no \
                claimed:me unread:yes tool:nuclei cve:CVE-2024-* cwe:79 asset:*.acme.test tag:pci \"free text\" sort:-cvss";
    let query = Query::parse(text).unwrap();
    assert_eq!(query.terms.len(), 24);
    assert_eq!(query.to_string(), text);
}

#[rstest]
#[case("sev:>=high", Kind::Severity(Match::Than(Cmp::Ge, Severity::High)))]
#[case("SEV:Low,info", Kind::Severity(Match::Any(vec![Severity::Low, Severity::Info])))]
#[case("status:in-progress", Kind::Status(vec![Status::InProgress]))]
#[case("status:open,open", Kind::Status(vec![Status::Open]))]
#[case("is:closed", Kind::Open(false))]
#[case("lane:due-soon", Kind::Lane(vec![Lane::DueSoon]))]
#[case("client:\"none\"", Kind::Client(vec![Owner::Named(exact("none"))]))]
#[case("client:\"Acme, Inc\",none", Kind::Client(vec![Owner::Named(exact("Acme, Inc")), Owner::None]))]
#[case("asset:*.acme.*", Kind::Asset(vec![Text::Glob(vec![String::new(), ".acme.".into(), String::new()])]))]
#[case("asset:a**b", Kind::Asset(vec![Text::Glob(vec!["a".into(), "b".into()])]))]
#[case("asset:\"a*b\"", Kind::Asset(vec![exact("a*b")]))]
#[case("due:none", Kind::Due(When::Never))]
#[case("due:2026-12-01", Kind::Due(When::On(jiff::civil::date(2026, 12, 1))))]
#[case(
    "last:>=2026-12-01",
    Kind::LastSeen(When::Than(Cmp::Ge, jiff::civil::date(2026, 12, 1)))
)]
#[case("first:>6mo", Kind::FirstSeen(When::Away(Cmp::Gt, Span { count: 6, unit: Unit::Month })))]
#[case("cvss:>7", Kind::Cvss(Score::Than(Cmp::Gt, 70)))]
#[case("cvss:9.8", Kind::Cvss(Score::Exactly(98)))]
#[case("cwe:CWE-79,89", Kind::Cwe(vec![79, 89]))]
#[case("cve:cve-2024-12345", Kind::Cve(vec![exact("CVE-2024-12345")]))]
#[case("\"sql \\\"injection\\\" \\\\ x\"", Kind::Text("sql \"injection\" \\ x".into()))]
fn terms_mean_what_they_say(#[case] text: &str, #[case] kind: Kind) {
    assert_eq!(one(text), kind);
}

#[rstest]
#[case("status:opne", 7, Some("open"))]
#[case("is:open  sevv:high", 9, Some("sev"))]
#[case("-staus:open", 1, Some("status"))]
#[case("sev:hihg", 4, Some("high"))]
#[case("sev:crit", 4, Some("critical"))]
#[case("sev:low,meduim", 8, Some("medium"))]
#[case("lane:verfy", 5, Some("verify"))]
#[case("é https://x", 2, None)]
#[case("\"open", 0, None)]
#[case("abc\"open", 3, None)]
#[case("client:", 7, None)]
#[case("client:a,", 9, None)]
#[case("client:,a", 7, None)]
#[case("sev:>=", 6, None)]
#[case("status:>open", 7, None)]
#[case("client:<acme", 7, None)]
#[case("sev:>=high,low", 11, None)]
#[case("due:3d", 4, Some("<3d"))]
#[case("due:<3", 5, None)]
#[case("due:<2026-02-30", 5, None)]
#[case("due:<99999999y", 5, None)]
#[case("first:none", 6, None)]
#[case("seen:maybe", 5, None)]
#[case("seen:yes,no", 9, None)]
#[case("cvss:11", 5, None)]
#[case("cvss:>none", 6, None)]
#[case("cve:2024-12345", 4, Some("CVE-2024-12345"))]
#[case("cwe:xss", 4, None)]
#[case("sort:sev sort:due", 9, None)]
#[case("-sort:sev", 0, None)]
#[case("sort:-titel", 5, Some("title"))]
#[case("assignee:a*", 9, None)]
#[case("import:lats", 7, Some("last"))]
#[case(":x", 0, None)]
#[case("-", 0, None)]
#[case("\"\"", 0, None)]
#[case("a\u{7}b", 1, None)]
fn errors_point_at_the_character_and_suggest(#[case] text: &str, #[case] at: usize, #[case] suggestion: Option<&str>) {
    let error = Query::parse(text).unwrap_err();
    assert_eq!(error.at, at, "{error}");
    if let Some(word) = suggestion {
        assert_eq!(error.suggestion.as_deref(), Some(word), "{error}");
    }
    assert!(error.message.ends_with('.'), "{error}");
}

#[test]
fn size_is_limited() {
    assert!(Query::parse(&"x ".repeat(TERMS_MAX)).is_ok());
    assert!(Query::parse(&"x ".repeat(TERMS_MAX + 1)).is_err());
    assert!(Query::parse(&"x".repeat(LENGTH_MAX + 1)).is_err());
    assert!(Query::parse(&format!("cwe:{}1", "1,".repeat(TERMS_MAX))).is_err());
    assert!(Query::parse(&format!("asset:{}", "*a".repeat(STARS_MAX))).is_ok());
    assert!(Query::parse(&format!("asset:{}", "*a".repeat(STARS_MAX + 1))).is_err());
}

#[test]
fn the_empty_query_narrows_nothing() {
    for text in ["", "   ", "sort:due"] {
        assert!(Query::parse(text).unwrap().is_empty());
    }
    assert!(!Query::parse("x").unwrap().is_empty());
}

#[rstest]
#[case("", 0, "sev:", 0..0)]
#[case("is:open s", 9, "status:", 8..9)]
#[case("-st", 3, "status:", 1..3)]
#[case("sev:>=hi", 8, "high", 6..8)]
#[case("status:open,not", 15, "not_fixed", 12..15)]
#[case("status:open,", 12, "partial", 12..12)]
#[case("sort:-cv", 8, "cvss", 6..8)]
#[case("sort:-", 6, "due", 6..6)]
#[case("client:ac rest", 9, "acme", 7..9)]
#[case("client:\"ac", 10, "acme", 7..10)]
#[case("client:", 7, "\"Beta, Inc\"", 7..7)]
fn completion_offers_what_fits(
    #[case] text: &str,
    #[case] cursor: usize,
    #[case] insert: &str,
    #[case] replace: std::ops::Range<usize>,
) {
    let known = |field| match field {
        Field::Client => vec!["acme".to_owned(), "Beta, Inc".to_owned()],
        _ => vec![],
    };
    let found = complete_with(text, cursor, known);
    let candidate = found.iter().find(|c| c.insert == insert);
    assert_eq!(candidate.map(|c| c.replace.clone()), Some(replace), "{found:?}");
}

#[test]
fn completed_words_parse() {
    let mut checked = 0;
    for field in complete("", 0) {
        for value in complete(&field.insert, field.insert.len()) {
            let text = format!("{}{}", field.insert, value.insert);
            assert!(Query::parse(&text).is_ok(), "{text}");
            checked += 1;
        }
    }
    assert!(checked > 50);
}

/// Terms in every shape, by the words and texts people could type.
fn any_term() -> impl Strategy<Value = String> {
    let text = "[a-zA-Zäß0-9 .,:<>@\"\\\\-]{1,12}";
    let quoted = text.prop_map(|t| format!("\"{}\"", t.replace('\\', "\\\\").replace('"', "\\\"")));
    let cmp = select(vec!["", "<", "<=", ">", ">="]);
    prop_oneof![
        quoted.clone(),
        "[a-z]{1,8}".prop_map(|w| w),
        (
            select(vec!["client", "project", "tool", "asset", "tag"]),
            quoted.clone(),
            any::<bool>()
        )
            .prop_map(|(f, v, star)| format!("{f}:{v}{}", if star { "*,none" } else { "" })),
        (select(vec!["assignee", "claimed"]), quoted).prop_map(|(f, v)| format!("{f}:{v},me")),
        (cmp.clone(), select(Severity::ALL.to_vec())).prop_map(|(c, s)| format!("sev:{c}{s}")),
        (cmp, 0_u16..=100).prop_map(|(c, s)| format!("cvss:{c}{}.{}", s / 10, s % 10)),
        (
            select(vec!["due", "first", "last"]),
            0_u32..99,
            select(vec!["h", "d", "w", "mo", "y"])
        )
            .prop_map(|(f, n, u)| format!("{f}:<{n}{u}")),
        (1_i16..=28, select(vec!["", "<", ">="])).prop_map(|(d, c)| format!("due:{c}2026-02-{d:02}")),
        proptest::collection::vec(select(Field::Status.words()), 1..4).prop_map(|v| format!("status:{}", v.join(","))),
        proptest::collection::vec(select(Field::Lane.words()), 1..4).prop_map(|v| format!("lane:{}", v.join(","))),
        any::<u32>().prop_map(|n| format!("cwe:{n}")),
    ]
}

fn without_places(mut query: Query) -> Query {
    for term in &mut query.terms {
        term.at = 0;
    }
    query
}

proptest! {
    #[test]
    fn the_printed_form_parses_back_to_the_same(
        terms in proptest::collection::vec((any::<bool>(), any_term()), 0..6),
        sort in proptest::option::of((any::<bool>(), any::<Index>())),
    ) {
        let mut text: Vec<String> =
            terms.iter().map(|(negated, term)| format!("{}{term}", if *negated { "-" } else { "" })).collect();
        if let Some((descending, field)) = sort {
            let field = field.get(&SortField::ALL).name();
            text.push(format!("sort:{}{field}", if descending { "-" } else { "" }));
        }
        let query = Query::parse(&text.join(" ")).map_err(|e| TestCaseError::fail(format!("{text:?}: {e}")))?;
        let printed = query.to_string();
        let again = Query::parse(&printed).map_err(|e| TestCaseError::fail(format!("{printed}: {e}")))?;
        prop_assert_eq!(without_places(again), without_places(query));
    }

    #[test]
    fn whatever_parses_prints_to_the_same(text in "(sev|client|due|-|:|,|\"|\\*|<|=|a|me| |\\\\|sort|cve|1|d){0,14}") {
        if let Ok(query) = Query::parse(&text) {
            let printed = query.to_string();
            let again = Query::parse(&printed).map_err(|e| TestCaseError::fail(format!("{printed}: {e}")))?;
            prop_assert_eq!(without_places(again), without_places(query));
        }
    }

    #[test]
    fn no_text_brings_it_down(text in "\\PC*", cursor in 0_usize..50) {
        if let Err(error) = Query::parse(&text) {
            prop_assert!(error.at <= text.chars().count());
        }
        for candidate in complete(&text, cursor) {
            prop_assert!(candidate.replace.end <= text.chars().count());
            prop_assert!(candidate.replace.start <= candidate.replace.end);
        }
    }
}

/// Check 20 for the query language.
#[test]
fn no_damage_brings_the_language_down() {
    let seeds = [
        "sev:>=high status:open,not_fixed is:open lane:new -status:closed client:acme client:none assignee:@me due:<3d",
        "first:<1d seen:no import:last triaged:no claimed:me unread:yes tool:nuclei cve:CVE-2024-* cwe:79 asset:*.acme.test",
        "tag:pci \"free \\\"text\\\" \\\\\" project:P-4Q7M sort:-cvss",
    ];
    let target = Target {
        name: "query",
        seeds: seeds.iter().map(|s| s.as_bytes().to_vec()).collect(),
        others: &[],
        words: &[
            "sev:",
            "-",
            "\"",
            "\\",
            ",",
            "sort:",
            ">=",
            "*",
            "due:<",
            "@me",
            "none",
            ":",
            "2026-01-01",
            "d",
        ],
        rounds: 3_000,
    };
    let (units, failed) = target.run(|bytes| {
        let text = String::from_utf8_lossy(bytes);
        let length = text.chars().count();
        let cursor = bytes.iter().fold(0, |h: usize, b| h.wrapping_mul(31) ^ usize::from(*b)) % (length + 2);
        for candidate in complete(&text, cursor) {
            assert!(candidate.replace.start <= candidate.replace.end && candidate.replace.end <= length);
        }
        match Query::parse(&text) {
            Ok(query) => {
                let printed = query.to_string();
                if printed.chars().count() <= LENGTH_MAX {
                    let again = Query::parse(&printed).unwrap_or_else(|e| panic!("{printed}: {e}"));
                    assert_eq!(without_places(again), without_places(query.clone()));
                }
                query
                    .terms
                    .iter()
                    .map(|t| format!("{t}").chars().take(6).collect::<String>())
                    .collect()
            }
            Err(error) => {
                assert!(error.at <= length && error.to_string().len() < 1_000);
                error.to_string()
            }
        }
    });
    assert!(failed.is_empty() && units >= 50, "{failed:#?}");
}
