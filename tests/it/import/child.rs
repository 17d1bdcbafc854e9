//! The decoding child as a process: what it says, what it may not do, and what its parent makes of its end.

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use riskdesk::import::child::{Child, Said};
use riskdesk::import::limits::{Kind, Refusal};
use riskdesk::import::record::Summary;
use riskdesk::import::sighted::{Sighted, Telling};

use super::measured::{Cost, file, measured};
use crate::support::checked;

fn exe() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_riskdesk"))
}

pub struct Heard {
    pub records: Vec<Sighted>,
    pub facts: Vec<Telling>,
    pub text: Vec<u8>,
    pub members: Vec<(String, Summary)>,
    pub summary: Summary,
}

pub async fn decode(bytes: &[u8], format: Option<&str>) -> Result<Heard, Refusal> {
    let mut child = Child::start(exe(), file(bytes), format)?;
    let (mut records, mut text, mut members) = (Vec::new(), Vec::new(), Vec::new());
    let mut facts = Vec::new();
    loop {
        match child.next().await? {
            Said::Records(more) => records.extend(more),
            Said::Text(more) => text.extend(more),
            Said::Facts(more) => facts.extend(more),
            Said::Progress(_) => {}
            Said::Member(name, summary) => members.push((name, *summary)),
            Said::End(summary) => {
                return Ok(Heard {
                    records,
                    facts,
                    text,
                    members,
                    summary: *summary,
                });
            }
        }
    }
}

fn line(n: usize) -> String {
    format!(
        r#"{{"template-id":"t{}","info":{{"name":"T","severity":"high"}},"type":"http","matched-at":"https://h{n}.test/"}}"#,
        n % 7
    )
}

pub fn lines(n: usize) -> String {
    (0..n).map(|i| line(i) + "\n").collect()
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::best());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

#[tokio::test]
async fn a_child_says_what_the_decoder_says() {
    let text = lines(1_203);
    let heard = decode(text.as_bytes(), None).await.unwrap();
    assert_eq!(heard.records.len(), 1_203);
    assert_eq!((heard.summary.findings, heard.summary.occurrences), (7, 1_203));
    assert!(heard.text.is_empty());
    let zipped = decode(&gz(text.as_bytes()), Some("nuclei")).await.unwrap();
    assert_eq!(zipped.records, heard.records);
    assert_eq!(zipped.facts, heard.facts);
    assert_eq!(heard.facts.len(), 7, "each finding once");
    assert_eq!(zipped.text, text.as_bytes());
    let span = heard.records[1_000].span;
    let raw = &text.as_bytes()[span.offset as usize..(span.offset + span.length) as usize];
    assert_eq!(raw, line(1_000).as_bytes());
}

/// Check 19 for the formats there are: within the caps on time and memory, a clear refusal.
#[tokio::test]
async fn hostile_reports_are_refused_in_time() {
    let deep = "[".repeat(100_000);
    let deep_objects = r#"{"runs":"#.repeat(100_000);
    let deep_inside = format!(r#"{{"template-id":"x","info":{}"#, r#"{"a":["#.repeat(50_000));
    let huge = format!(r#"{{"template-id":"x","response":"{}"}}"#, "A".repeat(9 << 20));
    let bomb = gz(&vec![b' '; 64 << 20]);
    let nested_bomb = gz(format!(r#"[{{"template-id":"x","response":"{}"}}]"#, "A".repeat(60 << 20)).as_bytes());
    let many_keys = format!(
        "{{\"template-id\":\"x\",{}\"z\":1}}",
        (0..400_000).map(|i| format!("\"k{i}\":1,")).collect::<String>()
    );
    let rules = format!(
        r#"{{"runs":[{{"tool":{{"driver":{{"name":"T","rules":[{}{{}}]}}}},"results":[]}}]}}"#,
        "{},".repeat(300_000)
    );
    let latin = b"{\"template-id\":\"caf\xe9\"}".to_vec();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("deep arrays", deep.into_bytes(), "format"),
        ("deep objects", deep_objects.into_bytes(), "deeper than"),
        ("deep inside a record", deep_inside.into_bytes(), "deeper than"),
        ("a huge string", huge.into_bytes(), "larger than 8 MiB"),
        ("a gzip bomb", bomb, "200 times"),
        ("a bomb inside a record", nested_bomb, "larger than 8 MiB|200 times"),
        (
            "too many rules",
            rules.into_bytes(),
            "more than 200000 rules|more than 256 MiB",
        ),
        (
            "NaN",
            b"{\"template-id\":\"x\",\n\"port\":NaN}".to_vec(),
            "line 2 (byte",
        ),
        ("invalid UTF-8", latin, "UTF-8"),
        ("truncated", b"{\"template-id\":\"x\",\"info\":{".to_vec(), "cut short"),
        (
            "a truncated SARIF",
            b"{\"runs\":[{\"results\":[{\"ruleId\":\"x\"}".to_vec(),
            "cut short",
        ),
        ("XML", b"<!DOCTYPE x [<!ENTITY a \"b\">]><x>&a;</x>".to_vec(), "XML"),
        (
            "entities in a known report",
            b"<?xml version=\"1.0\"?><!DOCTYPE n [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><NessusClientData_v2><Report>&b;</Report></NessusClientData_v2>".to_vec(),
            "document type of its own",
        ),
        (
            "a billion laughs",
            format!(
                "<!DOCTYPE n [<!ENTITY a0 \"ha\">{}]><nmaprun><host>&a30;</host></nmaprun>",
                (1..=30).map(|n| format!("<!ENTITY a{n} \"&a{0};&a{0};\">", n - 1)).collect::<String>()
            )
            .into_bytes(),
            "document type of its own",
        ),
        (
            "a text in quotes without an end",
            format!("Plugin ID,Name,Host\n1,\"{}", "A\n".repeat(10 << 20)).into_bytes(),
            "larger than 8 MiB",
        ),
        (
            "results of many tools",
            format!(
                r#"{{"version":"2.1.0","runs":[{}]}}"#,
                (0..600).map(|n| format!(r#"{{"tool":{{"driver":{{"name":"T{n}"}}}},"results":[{{"ruleId":"r","message":{{"text":"m"}}}}]}}"#))
                    .collect::<Vec<_>>().join(",")
            )
            .into_bytes(),
            "more than 500 tools",
        ),
        (
            "an entity without a declaration",
            b"<nmaprun><host>&passwd;</host></nmaprun>".to_vec(),
            "no entity of XML's own",
        ),
        ("deep elements", format!("<nmaprun>{}", "<a>".repeat(100_000)).into_bytes(), "deeper than"),
        (
            "a million attributes",
            format!("<nmaprun {}/>", (0..1_000_000).map(|n| format!("a{n}=\"\" ")).collect::<String>()).into_bytes(),
            "no known tool|attributes|larger than",
        ),
        (
            "a million attributes inside",
            format!(
                "<nmaprun><host {}/></nmaprun>",
                (0..1_000_000).map(|n| format!("a{n}=\"\" ")).collect::<String>()
            )
            .into_bytes(),
            "attributes|larger than 8 MiB",
        ),
        (
            "many attributes inside",
            format!("<nmaprun><host {}/></nmaprun>", "a=\"\" ".repeat(80_000)).into_bytes(),
            "256 attributes",
        ),
        (
            "a huge text",
            format!("<OWASPZAPReport><site><alerts><alertitem><desc>{}", "A".repeat(20 << 20)).into_bytes(),
            "larger than 8 MiB",
        ),
        (
            "ten million columns",
            format!("Plugin ID,Name,Host\n{}\n", ",".repeat(10_000_000)).into_bytes(),
            "larger than 8 MiB|1000 cells",
        ),
        ("an XML cut short", b"<nmaprun><host><ports><port".to_vec(), "cut short"),
        ("a generic report of nothing", b"{\"findings\":[{}]}".to_vec(), "without a title"),
        ("nothing known", b"hello".to_vec(), "no known tool"),
        ("a zip without a directory", b"PK\x03\x04 ../../etc/passwd".to_vec(), "directory is missing"),
    ];
    let n = cases.len() + 1;
    let mut worst = Cost::default();
    for (name, bytes, part) in cases {
        let (outcome, cost) = measured(file(&bytes), None).await;
        let Err(refusal) = outcome else {
            panic!("{name}: taken");
        };
        let text = refusal.to_string();
        assert!(part.split('|').any(|p| text.contains(p)), "{name}: {text}");
        assert!(cost.within(), "{name}: {cost:?}");
        worst.worst(cost);
    }
    // Odd but harmless: one record of 400,000 keys.
    assert_eq!(decode(many_keys.as_bytes(), None).await.unwrap().records.len(), 1);
    println!("worst: {worst:?}");
    checked("hostile reports by hand", n, 0, 25);
}

#[tokio::test]
async fn a_killed_child_is_a_refusal_that_says_so() {
    let mut child = Child::start(exe(), file(lines(200_000).as_bytes()), None).unwrap();
    let Ok(Said::Records(_) | Said::Facts(_) | Said::Progress(_)) = child.next().await else {
        panic!("it should have said something");
    };
    let pid = rustix::process::Pid::from_raw(child.id().unwrap().try_into().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    let refusal = loop {
        match child.next().await {
            Ok(Said::End(_)) => panic!("it was killed"),
            Ok(_) => {}
            Err(refusal) => break refusal,
        }
    };
    assert_eq!(refusal.kind, Kind::Limit, "{refusal}");
}

#[tokio::test]
async fn what_is_no_decoder_is_not_trusted() {
    for (program, arguments) in [("/bin/echo", "nonsense"), ("/bin/false", "end")] {
        let mut child = Child::start(Path::new(program), file(b""), Some(arguments)).unwrap();
        let refusal = child.next().await.unwrap_err();
        assert_eq!(refusal.kind, Kind::Machinery, "{program}: {refusal}");
    }
    assert!(Child::start(Path::new("/nonexistent/riskdesk"), file(b""), None).is_err());
}
