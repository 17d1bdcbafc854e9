//! Zip archives: a batch in one upload; and what is done to those who build them.

use std::io::Write as _;

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use riskdesk::import::limits::{Limits, Refusal};
use riskdesk::import::record::{Record, Summary};
use riskdesk::import::source::Source;

use super::child::{decode, lines};
use super::flow::{self, findings};
use crate::support::bench::{Bench, engines};
use crate::support::checked;

/// A member and what its directory says of it.
#[derive(Clone)]
struct Member {
    name: String,
    bytes: Vec<u8>,
    deflated: bool,
    flags: u16,
    method: Option<u16>,
    /// Upper half: the mode of Unix.
    attributes: u32,
    /// Added to what the directory says of the length.
    longer: u32,
    crc: Option<u32>,
    /// The sizes stand in the field for large files.
    wide: bool,
}

fn member(name: &str, bytes: impl AsRef<[u8]>) -> Member {
    Member {
        name: name.to_owned(),
        bytes: bytes.as_ref().to_vec(),
        deflated: true,
        flags: 0,
        method: None,
        attributes: 0,
        longer: 0,
        crc: None,
        wide: false,
    }
}

/// An archive as the tools write it.
fn zip(members: &[Member]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for m in members {
        let mut crc = Crc::new();
        crc.update(&m.bytes);
        let packed = if m.deflated {
            let mut packer = DeflateEncoder::new(Vec::new(), Compression::best());
            packer.write_all(&m.bytes).unwrap();
            packer.finish().unwrap()
        } else {
            m.bytes.clone()
        };
        let method = m.method.unwrap_or(if m.deflated { 8 } else { 0 });
        let length = m.bytes.len() as u32 + m.longer;
        let header = out.len() as u32;
        let fields = |out: &mut Vec<u8>, extra: u16| {
            out.extend([20, 0]);
            out.extend(m.flags.to_le_bytes());
            out.extend(method.to_le_bytes());
            out.extend([0; 4]);
            out.extend(m.crc.unwrap_or(crc.sum()).to_le_bytes());
            let wide = [u32::MAX; 2];
            for size in if extra > 0 { wide } else { [packed.len() as u32, length] } {
                out.extend(size.to_le_bytes());
            }
            out.extend((m.name.len() as u16).to_le_bytes());
            out.extend(extra.to_le_bytes());
        };
        out.extend(b"PK\x03\x04");
        fields(&mut out, 0);
        out.extend(m.name.as_bytes());
        out.extend(&packed);
        directory.extend(b"PK\x01\x02\x14\x03");
        fields(&mut directory, if m.wide { 20 } else { 0 });
        directory.extend([0; 6]);
        directory.extend(m.attributes.to_le_bytes());
        directory.extend(header.to_le_bytes());
        directory.extend(m.name.as_bytes());
        if m.wide {
            directory.extend([1, 0, 16, 0]);
            directory.extend(u64::from(length).to_le_bytes());
            directory.extend((packed.len() as u64).to_le_bytes());
        }
    }
    let from = out.len() as u32;
    let entries = (members.len() as u16).to_le_bytes();
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(entries);
    out.extend(entries);
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(from.to_le_bytes());
    out.extend([0, 0]);
    out
}

fn read(bytes: &[u8]) -> Result<(Vec<Record>, Summary), Refusal> {
    let mut records: Vec<Record> = Vec::new();
    let summary = riskdesk::import::decode(&mut Source::Memory(bytes), None, &Limits::default(), &mut records)?;
    Ok((records, summary))
}

const SARIF: &str = r#"{"version":"2.1.0","runs":[{"tool":{"driver":{"name":"T"}},"results":[{"ruleId":"r","message":{"text":"m"},
  "locations":[{"physicalLocation":{"artifactLocation":{"uri":"a.c"},"region":{"startLine":3}}}]}]}]}"#;

#[tokio::test]
async fn each_report_in_an_archive_is_a_file() {
    let utf16: Vec<u8> = lines(3).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let archive = zip(&[
        member("reports/", ""),
        member("../../etc/nuclei.jsonl", lines(5)),
        Member {
            deflated: false,
            ..member("reports/a.sarif", SARIF)
        },
        member("README.txt", "what to do with these"),
        Member {
            wide: true,
            ..member("wide.jsonl", &utf16)
        },
        Member {
            attributes: 0o12_0777 << 16,
            ..member("link", "/etc/passwd")
        },
        // One name twice is two reports.
        member("reports/a.sarif", SARIF.replace("a.c", "b.c")),
        member("empty.json", ""),
    ]);
    let heard = decode(&archive, None).await.unwrap();
    let members: Vec<(&str, &str, u64)> = heard
        .members
        .iter()
        .map(|(name, s)| (name.as_str(), s.format.as_str(), s.findings))
        .collect();
    assert_eq!(
        members,
        [
            ("../../etc/nuclei.jsonl", "nuclei", 5),
            ("reports/a.sarif", "sarif", 1),
            ("wide.jsonl", "nuclei", 3),
            ("reports/a.sarif", "sarif", 1),
            ("empty.json", "", 0),
        ]
    );
    let left: Vec<&str> = heard.summary.left_out.iter().map(|c| c.what.as_str()).collect();
    assert_eq!(
        left,
        [
            "links in the archive",
            "file of no known format in the archive: README.txt"
        ]
    );
    assert_eq!(heard.summary.format, "nuclei, sarif");
    assert_eq!((heard.summary.findings, heard.records.len()), (10, 10));
    // What is shown as the scanner's own record stands where the record says.
    for record in &heard.records {
        let from = record.span.offset as usize;
        let raw = std::str::from_utf8(&heard.text[from..from + record.span.length as usize]).unwrap();
        assert!(raw.starts_with('{') && raw.ends_with('}'), "{raw}");
        assert!(
            raw.contains(if record.tool == "T" { "ruleId" } else { "template-id" }),
            "{raw}"
        );
    }
}

/// The part of check 19 that is about archives.
#[tokio::test]
async fn hostile_archives_are_refused_or_harmless() {
    let good = || member("a.jsonl", lines(2));
    let zeros = |n: usize| vec![b' '; n];
    let mut overlapping = zip(&[good(), member("b.jsonl", lines(4))]);
    // Both entries of the directory point at the first member.
    let second = memchr::memmem::rfind(&overlapping, b"PK\x01\x02").unwrap();
    overlapping[second + 42..second + 46].fill(0);
    let mut outside = zip(&[good()]);
    let at = outside.len() - 6;
    outside[at..at + 4].copy_from_slice(&[0xFF; 4]);
    let mut cut = zip(&[good()]);
    cut.truncate(cut.len() - 3);
    let mut flipped = zip(&[good()]);
    flipped[60] ^= 0x55;
    let many: Vec<Member> = (0..1_200).map(|n| member(&n.to_string(), "x")).collect();
    let padded = [lines(1).as_bytes(), &zeros(15 << 20)].concat();
    let stacked: Vec<Member> = (0..40).map(|n| member(&n.to_string(), &padded)).collect();
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        (
            "a bomb",
            zip(&[member("a.json", [&b"["[..], &zeros(200 << 20)].concat())]),
            "200 times|no report",
        ),
        (
            "a bomb that looks like a report",
            zip(&[member(
                "a.json",
                [&b"[{\"template-id\":"[..], &zeros(100 << 20)].concat(),
            )]),
            "200 times",
        ),
        ("many small bombs", zip(&stacked), "200 times"),
        ("too many files", zip(&many), "more than 1000 files"),
        (
            "an archive in an archive",
            zip(&[member("b.zip", zip(&[good()]))]),
            "archive inside an archive",
        ),
        (
            "gzip in an archive",
            zip(&[good(), member("b.gz", b"\x1f\x8b\x08\0\0\0\0\0")]),
            "archive inside an archive",
        ),
        (
            "an encrypted member",
            zip(&[Member { flags: 1, ..good() }]),
            "encrypted",
        ),
        (
            "an unknown packing",
            zip(&[Member {
                method: Some(12),
                ..good()
            }]),
            "nobody here unpacks",
        ),
        ("overlapping members", overlapping, "overlap|not where"),
        ("a directory outside", outside, "lies outside"),
        ("cut short", cut, "damaged"),
        (
            "damaged data",
            flipped,
            "cannot be unpacked|not what its directory says",
        ),
        (
            "a wrong sum",
            zip(&[Member { crc: Some(7), ..good() }]),
            "not what its directory says",
        ),
        (
            "a wrong length",
            zip(&[Member { longer: 3, ..good() }]),
            "not what its directory says",
        ),
        ("nothing in it", zip(&[]), "no report of a known format"),
        (
            "no report in it",
            zip(&[member("a.txt", "hello")]),
            "no report of a known format",
        ),
        (
            "one of two is damaged",
            zip(&[good(), member("b.jsonl", "{\"template-id\":\"x\",\"info\":{")]),
            "`b.jsonl` in the archive",
        ),
        (
            "entities in a member",
            zip(&[member(
                "b.xml",
                "<!DOCTYPE n [<!ENTITY a \"a\">]><NessusClientData_v2><Report>&a;</Report></NessusClientData_v2>",
            )]),
            "document type of its own",
        ),
    ];
    let n = cases.len();
    for (name, bytes, part) in cases {
        let Err(refusal) = decode(&bytes, None).await else {
            panic!("{name}: taken");
        };
        let text = refusal.to_string();
        assert!(part.split('|').any(|p| text.contains(p)), "{name}: {text}");
        // The decoder's own caps say the same without the child's.
        assert!(read(&bytes).is_err(), "{name}");
    }
    checked("hostile archives", n, 0, 18);
}

/// An archive whose bytes were changed anywhere is refused or read; nothing else.
#[test]
fn no_damage_to_an_archive_brings_a_decoder_down() {
    let whole = zip(&[member("a.jsonl", lines(3)), member("b.sarif", SARIF)]);
    let wanted = read(&whole).unwrap().0.len();
    let mut refused = 0;
    for at in 0..whole.len() {
        for value in [0, 0xFF, whole[at] ^ 1] {
            let mut bytes = whole.clone();
            bytes[at] = value;
            match read(&bytes) {
                Ok((records, _)) => assert!(records.len() <= wanted),
                Err(_) => refused += 1,
            }
        }
        let _ = read(&whole[..at]);
    }
    checked("damaged archives", whole.len() * 4, 0, 1_500);
    assert!(refused > whole.len());
}

#[tokio::test]
async fn an_archive_is_the_batch_of_its_files() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let token = bench.alpha_admin().await;
        let mut shown = Vec::new();
        for (name, uploads) in [
            ("Loose", vec![lines(6).into_bytes(), SARIF.into()]),
            (
                "Packed",
                vec![zip(&[member("a.jsonl", lines(6)), member("b.sarif", SARIF)])],
            ),
        ] {
            let project = bench.project(&token, name, None).await["key"]
                .as_str()
                .unwrap()
                .to_owned();
            let batch = flow::batch(&bench, &token, &project, uploads.clone()).await;
            assert_eq!(batch["files"].as_array().unwrap().len(), 2, "{batch}");
            assert_eq!(flow::totals(&batch), [7, 0, 0, 0, 0]);
            assert_eq!(batch["scope"].as_array().unwrap().len(), 2);
            flow::apply(&bench, &token, &batch).await.ok();
            // Again: nothing new. A file uploaded once more takes the place of all that it was.
            let again = flow::batch(&bench, &token, &project, uploads).await;
            assert_eq!(flow::totals(&again), [0, 7, 0, 0, 7]);
            let mut all = findings(&bench, &token, &project).await;
            for finding in &mut all {
                for own in [
                    "id",
                    "key",
                    "project",
                    "first_seen",
                    "last_seen",
                    "created_at",
                    "unread",
                    "due_at",
                ] {
                    finding.as_object_mut().unwrap().remove(own);
                }
            }
            shown.push(all);
        }
        assert_eq!(shown[0].len(), 7);
        assert_eq!(shown[0], shown[1]);
        bench.stop().await;
    }
}
