//! Check 20 for reports: every format over damaged reports of its own, with pieces of all others.

use super::writers::WRITERS;
use super::{SEEDS, caps};
use crate::import::frame::{self, Frame};
use crate::import::limits::{Limits, Refusal, text};
use crate::import::record::{Record, Summary};
use crate::import::sighted::Sighted;
use crate::import::source::Source;
use crate::import::{FORMATS, Sink, decode};
use crate::tests::fuzz::Target;
use crate::tests::mutate::{gzip, zip};

/// Words of all formats: their writers' own.
fn words(seeds: &[Vec<u8>]) -> Vec<String> {
    let mut words = std::collections::BTreeSet::new();
    for seed in seeds {
        let text = String::from_utf8_lossy(seed);
        for word in text.split(|c: char| !(c.is_alphanumeric() || "_-@$".contains(c))) {
            if (2..30).contains(&word.len()) && !word.bytes().all(|b| b.is_ascii_digit()) {
                words.insert(format!("\"{word}\":"));
                words.insert(format!("<{word}>"));
                words.insert(word.to_owned());
            }
        }
    }
    words.into_iter().collect()
}

/// What was decoded, and how much text its places count in.
#[derive(Default)]
struct Taken {
    records: Vec<Record>,
    text: u64,
    members: usize,
}

impl Sink for Taken {
    fn record(&mut self, record: Record) -> Result<(), Refusal> {
        self.records.push(record);
        Ok(())
    }

    fn text(&mut self, piece: &[u8]) -> Result<(), Refusal> {
        self.text += piece.len() as u64;
        Ok(())
    }

    fn member(&mut self, _: &str, _: &Summary) -> Result<(), Refusal> {
        self.members += 1;
        Ok(())
    }
}

/// The parent reads what the child wrote, whatever is in it.
fn travels(frame: &Frame) {
    let mut bytes = Vec::new();
    frame::write(&mut bytes, frame).unwrap();
    let head = bytes[..frame::HEAD].try_into().unwrap();
    assert_eq!(
        frame::length(head),
        Some(bytes.len() - frame::HEAD),
        "too long for the pipe"
    );
    assert_eq!(
        frame::read(head[0], bytes[frame::HEAD..].to_vec()).as_ref(),
        Some(frame)
    );
}

fn keeps_the_caps(record: &Record) {
    let short = |what: &str, value: &str, max: usize| {
        assert!(
            value.len() <= max && !value.contains('\0'),
            "{what}: {} bytes",
            value.len()
        );
    };
    let (place, parts) = (&record.occurrence, &record.occurrence.parts);
    short("tool", &record.tool, text::WORD);
    short("rule", &record.rule, text::WORD);
    short("title", &record.title, text::TITLE);
    short("description", &record.description, text::PARAGRAPH);
    short("remediation", &record.remediation, text::PARAGRAPH);
    short("detail", &record.detail, text::DETAIL);
    short("place", &place.place, text::PLACE);
    for part in [
        &parts.host,
        &parts.ip,
        &parts.url,
        &parts.path,
        &parts.symbol,
        &parts.package,
        &parts.package_version,
    ] {
        short("part of a place", part.as_deref().unwrap_or_default(), text::PLACE);
    }
    for (name, value) in &record.fingerprint.fields {
        short("field of a fingerprint", name, text::PLACE);
        short("field of a fingerprint", value, text::PARAGRAPH);
    }
    for list in [&record.references, &record.cvss, &record.cve, &record.tags] {
        assert!(list.len() <= text::LIST, "{} entries", list.len());
        for entry in list {
            short("entry of a list", entry, text::PLACE);
        }
    }
    assert!(!record.title.is_empty(), "a record without a title");
    assert!(
        record.title.lines().count() == 1 && place.place.lines().count() <= 1,
        "two lines in one"
    );
    assert!(record.score.is_none_or(|s| (0.0..=10.0).contains(&s)));
    for hash in [&record.fingerprint.hash, &place.key] {
        assert!(
            hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()),
            "{hash}"
        );
    }
    let (sighted, facts) = Sighted::of(record.clone());
    travels(&Frame::Record(Box::new(sighted)));
    travels(&Frame::Facts(Box::new(facts)));
}

/// Decodes one unit and says what came of it.
fn unit(bytes: &[u8]) -> String {
    let odd = bytes
        .iter()
        .fold(bytes.len(), |h, b| h.wrapping_mul(31).wrapping_add(usize::from(*b)));
    // Mostly by content, as people do it; sometimes as what it is not.
    let wanted = (odd % 5 == 0).then(|| FORMATS[odd / 5 % FORMATS.len()].name());
    let limits = if odd % 7 == 0 { caps() } else { Limits::default() };
    let mut taken = Taken::default();
    let summary = match decode(&mut Source::Memory(bytes), wanted, &limits, &mut taken) {
        Ok(summary) => summary,
        Err(refusal) => {
            travels(&Frame::Refused(Box::new(refusal.clone())));
            let sentence = refusal.to_string();
            assert!(
                sentence.len() < 1_000 && !sentence.contains('\0'),
                "a sentence of {} bytes",
                sentence.len()
            );
            return sentence;
        }
    };
    assert_eq!(summary.occurrences + summary.repeats, taken.records.len() as u64);
    assert!(summary.findings <= summary.occurrences);
    if taken.members == 0 {
        let mut source = Source::Memory(bytes);
        taken.text = std::io::copy(&mut source.open(&limits).unwrap().reader, &mut std::io::sink()).unwrap();
        taken.text += source.open(&limits).unwrap().base;
    }
    for record in &taken.records {
        let end = record.span.offset.checked_add(record.span.length);
        assert!(
            end.is_some_and(|end| end <= taken.text),
            "{:?} of {}",
            record.span,
            taken.text
        );
    }
    taken.records.iter().take(20).for_each(keeps_the_caps);
    travels(&Frame::End(Box::new(summary.clone())));
    let left: Vec<&str> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
    format!("{} {} {left:?}", summary.format, summary.findings.min(3))
}

#[test]
fn no_format_is_brought_down_by_damage() {
    let items = [(0, 0), (0, 1), (1, 0)];
    let written = |name: Option<&str>| -> Vec<Vec<u8>> {
        WRITERS
            .iter()
            .filter(|(n, _)| name.is_none_or(|name| *n == name))
            .map(|(_, write)| write(&items).into_bytes())
            .collect()
    };
    let mut all = written(None);
    all.extend(SEEDS.iter().map(|s| s.as_bytes().to_vec()));
    let words = words(&all);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (mut units, mut failed) = (0, Vec::new());
    for format in FORMATS {
        let mut seeds = written(Some(format.name()));
        seeds.extend(
            SEEDS
                .iter()
                .filter(|s| super::super::detect(s.as_bytes()).is_some_and(|f| f.name() == format.name()))
                .map(|s| s.as_bytes().to_vec()),
        );
        assert!(!seeds.is_empty(), "{}: nobody writes it", format.name());
        let target = Target {
            name: format.name(),
            seeds,
            others: &all,
            words: &words,
            rounds: 60,
        };
        let ran = target.run(unit);
        units += ran.0;
        failed.extend(ran.1);
    }
    let coats = vec![
        gzip(&all[0]),
        gzip(&gzip(&all[0])),
        zip(&[("a.json", &all[0]), ("../b.sarif", &all[1])]),
        zip(&[("a.gz", &gzip(&all[0]))]),
        String::from_utf8_lossy(&all[2])
            .encode_utf16()
            .flat_map(u16::to_le_bytes)
            .collect(),
    ];
    let target = Target {
        name: "archives and encodings",
        seeds: coats,
        others: &all,
        words: &words,
        rounds: 200,
    };
    let ran = target.run(unit);
    units += ran.0;
    failed.extend(ran.1);
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(units >= FORMATS.len() * 10, "only {units} units");
}

/// A child that was taken over may write what it likes: its parent reads frames or nonsense.
#[test]
fn no_frame_brings_the_parent_down() {
    let record = super::read(&WRITERS[0].1(&[(0, 0)])).0.remove(0);
    let (sighted, facts) = Sighted::of(record);
    let frames = [
        Frame::Record(Box::new(sighted)),
        Frame::Facts(Box::new(facts)),
        Frame::Progress(7),
        Frame::Member("a".into(), Box::default()),
        Frame::End(Box::default()),
    ];
    let seeds = frames
        .iter()
        .map(|f| {
            let mut bytes = Vec::new();
            frame::write(&mut bytes, f).unwrap();
            bytes
        })
        .collect();
    let target = Target {
        name: "frames",
        seeds,
        others: &[],
        words: &[],
        rounds: 500,
    };
    let (units, failed) = target.run(|bytes| {
        let Some((head, payload)) = bytes.split_first_chunk::<{ frame::HEAD }>() else {
            return "short".into();
        };
        match frame::length(*head) {
            Some(n) if n <= payload.len() => frame::read(head[0], payload[..n].to_vec())
                .map_or("nonsense".into(), |f| format!("{f:?}").chars().take(12).collect()),
            Some(_) => "cut".into(),
            None => "no head".into(),
        }
    });
    assert!(failed.is_empty() && units >= 20, "{failed:#?}");
}
