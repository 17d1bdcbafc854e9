//! Check 19: hostile reports of every format, each decoded by a process whose CPU time and memory are measured. Each ends
//! in a refusal that names its reason, or harmlessly; nothing of it is kept where it is refused.
//!
//! `RISKDESK_TEST_HOSTILE=all` tries every attack at its full size on every variant of every format; the standard run
//! turns through the large ones. `RISKDESK_TEST_DECODER` names an optimised program whose decoder is measured instead.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures::StreamExt as _;
use riskdesk::import::FORMATS;
use riskdesk::import::limits::{Kind, Refusal};
use serde_json::json;

use super::flow;
use super::measured::{CPU, Cost, PEAK, file, measured, optimised};
use super::writers::WRITERS;
use crate::support::bench::{Bench, Engine};
use crate::support::checked;

fn all() -> bool {
    std::env::var("RISKDESK_TEST_HOSTILE").is_ok_and(|v| v == "all")
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::best());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

/// What must come of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// The same as of the report nobody touched.
    Same,
    /// Refused, and the refusal names a line or a byte.
    RefusedThere,
    Refused,
    /// Refused or read: neither costs too much.
    Either,
}

use Wanted::{Either, Refused, RefusedThere, Same};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Family {
    Json,
    /// One object a line: cut at a line's end it is a shorter report.
    Lines,
    Xml,
    /// A page of HTML: whatever it is, browsers show something.
    Page,
    Table,
}

fn family(name: &str, text: &str) -> Family {
    match text.trim_start().as_bytes().first() {
        Some(b'{')
            if ["nuclei", "riskdesk"].contains(&name) || serde_json::from_str::<serde_json::Value>(text).is_err() =>
        {
            Family::Lines
        }
        Some(b'{' | b'[') => Family::Json,
        Some(b'<') if text.contains("<html") => Family::Page,
        Some(b'<') => Family::Xml,
        _ => Family::Table,
    }
}

/// Where the last text that a report says of a finding begins: what stands behind it is the end of its entry.
fn place(family: Family, text: &str) -> usize {
    let bytes = text.as_bytes();
    let found = match family {
        Family::Json | Family::Lines => text.rfind(":\"").map(|at| at + 2),
        Family::Xml | Family::Page => bytes
            .windows(2)
            .rposition(|w| w[0] == b'>' && w[1].is_ascii_alphanumeric())
            .or_else(|| text.rfind("=\"").map(|at| at + 1))
            .map(|at| at + 1),
        Family::Table => text.trim_end().rfind('\n').map(|at| at + 1),
    };
    found.unwrap_or(text.len() / 2)
}

fn with(text: &str, at: usize, piece: &str) -> Vec<u8> {
    [&text.as_bytes()[..at], piece.as_bytes(), &text.as_bytes()[at..]].concat()
}

fn attribute_bomb(n: usize) -> String {
    (0..n).fold(String::new(), |mut out, n| {
        let _ = write!(out, " a{n}=\"\"");
        out
    })
}

/// A name, what must come of it, the report.
type Attack = (&'static str, Wanted, Vec<u8>);

/// Makes a large one, where the family has it; the number is where in the report.
type Large = fn(Family, &str, usize) -> Option<Attack>;

/// A name, what it took, what is wrong, and the report where it was refused.
type Outcome = (String, Cost, Option<String>, Option<Vec<u8>>);

/// What is done to every format, cheap ones first.
fn attacks(family: Family, text: &str, turn: usize) -> Vec<Attack> {
    let at = place(family, text);
    let utf16 = |order: fn(u16) -> [u8; 2], mark: &[u8]| {
        [mark.to_vec(), text.encode_utf16().flat_map(order).collect()].concat()
    };
    let strict = matches!(family, Family::Json | Family::Xml);
    let damaged = if strict { RefusedThere } else { Either };
    let mut out = vec![
        (
            "UTF-16, little end first, with a mark",
            Same,
            utf16(u16::to_le_bytes, b"\xFF\xFE"),
        ),
        (
            "UTF-16, big end first, with a mark",
            Same,
            utf16(u16::to_be_bytes, b"\xFE\xFF"),
        ),
        (
            "UTF-16, little end first, without a mark",
            Same,
            utf16(u16::to_le_bytes, b""),
        ),
        (
            "UTF-16, big end first, without a mark",
            Same,
            utf16(u16::to_be_bytes, b""),
        ),
        ("UTF-8 with a mark", Same, [b"\xEF\xBB\xBF", text.as_bytes()].concat()),
        ("gzip", Same, gz(text.as_bytes())),
        ("gzip of gzip", Refused, gz(&gz(text.as_bytes()))),
        ("invalid UTF-8", Either, {
            let mut bytes = text.as_bytes().to_vec();
            bytes.insert(at, 0xFF);
            bytes
        }),
        ("a NUL", Either, with(text, at, "\0")),
        (
            "a NUL as an escape",
            Either,
            with(text, at, if family == Family::Xml { "&#0;" } else { "\\u0000" }),
        ),
        (
            "RTL, ANSI and OSC",
            Either,
            with(text, at, "\u{202e}\u{9b}31m\u{e0041}&#27;]0;t&#7;"),
        ),
        ("cut in its entry", damaged, text.as_bytes()[..at].to_vec()),
        (
            "cut before its end",
            damaged,
            text.trim_end().as_bytes()[..text.trim_end().len() - 1].to_vec(),
        ),
        (
            "cut in the middle",
            if strict { Refused } else { Either },
            text.as_bytes()[..text.len() / 2].to_vec(),
        ),
        ("more behind its end", damaged, [text.as_bytes(), b" x"].concat()),
    ];
    if family != Family::Table && family != Family::Page {
        let mut numbers = String::new();
        for c in text.chars() {
            if c.is_ascii_digit() {
                numbers.push_str("1e999");
            } else {
                numbers.push(c);
            }
        }
        out.push(("numbers nobody holds", Either, numbers.into_bytes()));
    }
    match family {
        Family::Json | Family::Lines => {
            out.push(("NaN", RefusedThere, with(text, at - 1, "NaN,\"x\":")));
            out.push(("100,000 levels", RefusedThere, with(text, at - 1, &"[".repeat(100_000))));
            let first = text.find('{').unwrap();
            let same = "\"severity\":\"low\",".repeat(20_000);
            out.push(("20,000 equal keys", Either, with(text, first + 1, &same)));
            out.push((
                "100,000 levels of objects in front",
                RefusedThere,
                with(text, first + 1, &"\"zz\":{".repeat(100_000)),
            ));
        }
        Family::Xml | Family::Page => {
            let declared = "<!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
            let fetched = "<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>";
            let body = text.split_once("?>").map_or(text, |(_, body)| body);
            let body = body.split_once("<!DOCTYPE").map_or(body, |(_, rest)| {
                rest.split_once('>')
                    .map_or(rest, |(_, rest)| rest.trim_start_matches("]>"))
            });
            let wanted = if family == Family::Xml { RefusedThere } else { Either };
            out.push(("entities", wanted, format!("{declared}{body}").into_bytes()));
            out.push(("an external entity", wanted, format!("{fetched}{body}").into_bytes()));
            out.push(("an entity nobody declared", Either, with(text, at, "&passwd;")));
            out.push((
                "100,000 levels",
                wanted,
                with(text, text.rfind("</").unwrap_or(at), &"<a>".repeat(100_000)),
            ));
        }
        Family::Table => {}
    }
    // The large ones: 10 MiB each, and a decoder without optimisation takes its time.
    let large: [Large; 3] = [
        |_, text, at| Some(("a giant text", Either, with(text, at, &"A".repeat(12 << 20)))),
        |family, text, at| match family {
            Family::Xml | Family::Page => {
                let tag = text[..at].rfind('<').filter(|tag| text.as_bytes()[tag + 1] != b'/')?;
                let end = tag + 1 + text[tag + 1..].find(|c: char| !c.is_alphanumeric()).unwrap_or(0);
                Some((
                    "a million attributes",
                    Either,
                    with(text, end, &attribute_bomb(1_000_000)),
                ))
            }
            Family::Table => Some(("ten million columns", Refused, with(text, at, &",".repeat(10_000_000)))),
            Family::Json | Family::Lines => {
                let first = text.find('{').unwrap();
                let keys = (0..500_000).fold(String::new(), |mut keys, n| {
                    let _ = write!(keys, "\"k{n}\":{n},");
                    keys
                });
                Some(("half a million keys", Either, with(text, first + 1, &keys)))
            }
        },
        |family, text, at| {
            let piece = match family {
                Family::Json | Family::Lines => "A\\\"".repeat(8 << 20),
                _ => "&amp;".repeat(5 << 20),
            };
            Some(("a gzip bomb", Refused, gz(&with(text, at, &piece))))
        },
    ];
    for (n, make) in large.iter().enumerate() {
        if (all() || turn % 6 == n)
            && let Some(attack) = make(family, text, at)
        {
            out.push(attack);
        }
    }
    out
}

/// What is wrong with what came of a report, if anything.
fn complaint(
    wanted: Wanted,
    whole: (u64, u64),
    outcome: &Result<super::measured::Heard, Refusal>,
    cost: &Cost,
) -> Option<String> {
    if !cost.within() {
        return Some(format!("took {:?} and {} MiB", cost.cpu, cost.peak >> 20));
    }
    match outcome {
        Err(refusal) => {
            let sentence = refusal.to_string();
            if refusal.kind == Kind::Machinery || sentence.contains("decoding") {
                return Some(format!("no clean refusal: {sentence}"));
            }
            if sentence.len() > 500 || sentence.chars().any(char::is_control) {
                return Some(format!("a sentence nobody can print: {sentence:?}"));
            }
            match wanted {
                Same => Some(format!("refused: {sentence}")),
                RefusedThere
                    if refusal.line.is_none() && refusal.byte.is_none() && refusal.kind != Kind::UnknownFormat =>
                {
                    Some(format!("no place in: {sentence}"))
                }
                _ => None,
            }
        }
        Ok(heard) => {
            let came = (heard.summary.findings, heard.summary.occurrences);
            let told = heard.facts.iter().map(|t| &t.facts);
            let texts = heard.records.iter().flat_map(|r| [&r.detail, &r.place, &r.tool]);
            let mut texts = texts.chain(told.flat_map(|t| [&t.title, &t.description]));
            if texts.any(|t| t.contains('\0')) {
                return Some("a NUL came through".into());
            }
            match wanted {
                Same if came != whole => Some(format!("{came:?} findings and places instead of {whole:?}")),
                Refused | RefusedThere => Some(format!("taken: {came:?} {:?}", heard.summary.left_out)),
                _ => None,
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hostile_reports_of_every_format() {
    let items = [(0, 1), (1, 2), (2, 3)];
    let mut tried = BTreeMap::<&str, usize>::new();
    let mut cases = Vec::new();
    for (turn, (name, write)) in WRITERS.iter().enumerate() {
        let seen = tried.entry(name).or_default();
        *seen += 1;
        if *seen > 1 && !all() {
            continue;
        }
        let text = write(&items);
        let family = family(name, &text);
        for (attack, wanted, bytes) in attacks(family, &text, turn) {
            cases.push((*name, attack, wanted, bytes, text.clone()));
        }
    }
    for format in FORMATS {
        assert!(
            tried.contains_key(format.name()),
            "{}: nobody attacks it",
            format.name()
        );
    }
    let n = cases.len();
    let outcomes: Vec<Outcome> = futures::stream::iter(cases)
        .map(|(name, attack, wanted, bytes, text)| async move {
            let whole = {
                let mut records: Vec<riskdesk::import::record::Record> = Vec::new();
                let mut source = riskdesk::import::source::Source::Memory(text.as_bytes());
                let summary = riskdesk::import::decode(
                    &mut source,
                    None,
                    &riskdesk::import::limits::Limits::default(),
                    &mut records,
                )
                .unwrap();
                (summary.findings, summary.occurrences)
            };
            let (outcome, cost) = measured(file(&bytes), None).await;
            let wrong = complaint(wanted, whole, &outcome, &cost);
            let refused = outcome.is_err() && bytes.len() < 1 << 20;
            (format!("{name}: {attack}"), cost, wrong, refused.then_some(bytes))
        })
        .buffer_unordered(3)
        .collect()
        .await;
    let (mut worst, mut failed, mut refused) = (Cost::default(), Vec::new(), Vec::new());
    for (name, cost, wrong, bytes) in outcomes {
        worst.worst(cost);
        failed.extend(wrong.map(|w| format!("{name}: {w}")));
        refused.extend(bytes);
    }
    println!("{failed:#?}");
    println!(
        "worst: {:?} of CPU time ({:?} allowed, {}), {} MiB ({} allowed)",
        worst.cpu,
        CPU,
        if optimised() {
            "counted"
        } else {
            "not counted in a build without optimisation"
        },
        worst.peak >> 20,
        PEAK >> 20,
    );
    checked("hostile reports", n, failed.len(), FORMATS.len() * 12);
    nothing_stays(refused).await;
}

/// What was refused leaves no row and no file, through the whole server.
async fn nothing_stays(refused: Vec<Vec<u8>>) {
    let bench = Bench::start(Engine::Sqlite).await;
    let token = bench.alpha_admin().await;
    let project = bench.project(&token, "Shop", None).await["key"]
        .as_str()
        .unwrap()
        .to_owned();
    let body = json!({ "project": project });
    let batch = bench.post(&token, "/api/v1/imports", body).await.ok()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let folder = std::path::Path::new(bench.database.trim_start_matches("sqlite:"))
        .parent()
        .unwrap()
        .to_owned();
    let files = || {
        let mut names: Vec<_> = std::fs::read_dir(&folder)
            .unwrap()
            .flatten()
            .map(|e| e.file_name())
            .collect();
        names.sort();
        names
    };
    let before = files();
    let step = if all() { 1 } else { 5 };
    let mut n = 0;
    for (at, bytes) in refused.into_iter().step_by(step).enumerate() {
        let path = format!("/api/v1/imports/{batch}/files/{}?name=..%2F..%2Fetc%2Fpasswd", at % 400);
        let answer = Bench::send(bench.request("PUT", &path).bearer_auth(&token).body(bytes)).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        assert!(
            ["report_refused", "unknown_format"].contains(&answer.json["code"].as_str().unwrap()),
            "{}",
            answer.text
        );
        n += 1;
    }
    for sql in [
        "SELECT COUNT(*) FROM import_staged",
        "SELECT COUNT(*) FROM import_facts",
        "SELECT COUNT(*) FROM import_chunk",
        "SELECT COUNT(*) FROM import_file",
        "SELECT COUNT(*) FROM finding",
    ] {
        flow::until(&bench, sql, 0).await;
    }
    assert_eq!(files(), before);
    checked("refused reports leave nothing", n, 0, 30);
    bench.stop().await;
}
