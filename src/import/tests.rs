//! All formats together: whatever the bytes, a decoder answers; and a report says the same in any order.

use proptest::prelude::*;

use super::*;

mod fuzz;
mod properties;
mod renamed;
mod strange;
mod writers;

/// A report of one of the formats that must be understood.
pub(super) fn read(text: &str) -> (Vec<Record>, Summary) {
    let mut records = Vec::new();
    let summary = decode(
        &mut Source::Memory(text.as_bytes()),
        None,
        &Limits::default(),
        &mut records,
    )
    .unwrap();
    (records, summary)
}

const SEEDS: [&str; 3] = [
    r#"{"template-id":"t","info":{"name":"N","severity":"high","tags":"a,b","reference":["https://r.test"],"classification":{"cve-id":["CVE-2020-1234"],"cwe-id":"cwe-79","cvss-metrics":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}},"type":"http","matched-at":"https://u@[::1]:80/a?b=c#d","port":80,"timestamp":"2026-01-01T00:00:00Z","extracted-results":["\u0000é"]}"#,
    r#"[{"templateID":"t","matched":"h:22"},{"template-id":"u","host":null}]"#,
    r#"{"$schema":"sarif","version":"2.1.0","runs":[{"results":[{"ruleId":"a/b","ruleIndex":0,"message":{"id":"m","arguments":["x","{0}"]},"locations":[{"physicalLocation":{"artifactLocation":{"uri":"a\\b.c","index":0},"region":{"startLine":3,"snippet":{"text":"x [y](1)"}}},"logicalLocations":[{"name":"f"}]}],"partialFingerprints":{"primaryLocationLineHash/v1":"h:1"},"suppressions":[{"status":"accepted"}],"taxa":[{"id":"79","toolComponent":{"name":"CWE"}}]}],"tool":{"driver":{"name":"T","rules":[{"id":"a","messageStrings":{"m":{"text":"{0} {{ }} {9}"}},"properties":{"security-severity":"9.8","tags":["CWE-79"]}}]},"extensions":[{}]},"artifacts":[{"location":{"uri":"z"}}],"invocations":[{"endTimeUtc":"2026-01-01T00:00:00Z"}],"taxonomies":[{"name":"CWE","taxa":[{"id":"1"}]}]}]}"#,
];

/// Reports of all formats, whole and good.
fn seeds() -> Vec<String> {
    let items = [(0, 0), (0, 1), (1, 0)];
    let written = writers::WRITERS.iter().map(|(_, write)| write(&items));
    SEEDS.iter().map(|s| (*s).to_owned()).chain(written).collect()
}

fn named(n: usize) -> Option<&'static str> {
    FORMATS.get(n).map(|f| f.name())
}

/// Small caps, so that they are met.
fn caps() -> Limits {
    Limits {
        bytes: 100_000,
        depth: 24,
        record: 4_000,
        records: 20,
        table: 10,
        table_bytes: 3_000,
        ..Limits::default()
    }
}

fn tried(bytes: &[u8], format: Option<&str>) -> Option<Summary> {
    let mut records: Vec<Record> = Vec::new();
    let outcome = decode(&mut Source::Memory(bytes), format, &caps(), &mut records);
    if let Ok(summary) = &outcome {
        assert_eq!(summary.occurrences + summary.repeats, records.len() as u64);
        assert!(
            records
                .iter()
                .all(|r| !r.title.contains('\0') && !r.detail.contains('\0'))
        );
    }
    outcome.ok()
}

#[test]
fn the_seeds_are_good() {
    for seed in seeds() {
        assert!(tried(seed.as_bytes(), None).is_some_and(|s| s.findings > 0), "{seed}");
    }
}

/// Read as an empty report, it would make everything that is known "not seen".
#[test]
fn a_report_of_which_nothing_can_be_read_is_refused() {
    for (text, part) in [
        (r#"{"info":{},"matched-at":"x"}"#, "entries without a template"),
        ("[7, null]", "no objects"),
        (r#"{"runs":[{"results":[7]}]}"#, "none of the 1 results of run 1"),
        (
            r#"{"runs":[{"results":[{}]},{"results":[null,"x"]}]}"#,
            "none of the 2 results of run 2",
        ),
        (r#"{"runs":["x"]}"#, "runs that are no objects"),
    ] {
        let mut records: Vec<Record> = Vec::new();
        let named = text.starts_with("[7").then_some("nuclei");
        let refusal = decode(
            &mut Source::Memory(text.as_bytes()),
            named,
            &Limits::default(),
            &mut records,
        )
        .unwrap_err();
        assert_eq!(refusal.kind, Kind::Malformed, "{text}");
        assert!(refusal.to_string().contains(part), "{text}: {refusal}");
    }
    // Partly readable: counted and named.
    let text = r#"[{"template-id":"a"}, 7]"#;
    assert!(tried(text.as_bytes(), None).is_some_and(|s| s.findings == 1 && s.left_out[0].count == 1));
}

/// What tools write when they found nothing.
#[test]
fn nothing_found_is_told_from_nothing_known() {
    for (text, format, tools) in [
        ("null", "", 0),
        (" [] ", "", 0),
        (r#"{"dependencies":[]}"#, "pip-audit", 1),
        (
            r#"{"ClusterName":"c","Vulnerabilities":null,"Misconfigurations":[]}"#,
            "trivy",
            1,
        ),
        (
            r#"{"ProductArn":"a","GeneratorId":"g","Title":"t","ProductName":"P","CompanyName":"C","Compliance":{"Status":"PASSED"}}"#,
            "asff",
            1,
        ),
    ] {
        let (records, summary) = read(text);
        assert_eq!(
            (records.len(), summary.format.as_str(), summary.tools.len()),
            (0, format, tools),
            "{text}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_damage_brings_a_decoder_down(
        seed in any::<prop::sample::Index>(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 0..6),
        wanted in 0..FORMATS.len() * 2,
    ) {
        let seeds = seeds();
        let mut bytes = seed.get(&seeds).as_bytes().to_vec();
        for (at, byte, what) in edits {
            if bytes.is_empty() {
                break;
            }
            let at = at.index(bytes.len());
            match what {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, b"{}[]\",:\\0-ntf\n<>/&;='!"[usize::from(byte) % 22]),
                2 => drop(bytes.remove(at)),
                _ => bytes.truncate(at),
            }
        }
        tried(&bytes, named(wanted));
    }

    #[test]
    fn no_bytes_bring_a_decoder_down(bytes in proptest::collection::vec(any::<u8>(), 0..300), wanted in 0..FORMATS.len()) {
        tried(&bytes, named(wanted));
    }
}
