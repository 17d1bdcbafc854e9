//! Archives of reports: each member is read as a file of its own, one after the other.
//!
//! A zip archive is a batch in one upload: three reports in it are what the same three files given together are. What
//! in it is of no known format (a readme, a screenshot) is left out by name; an archive without a single report is
//! refused, and so is one of whose reports one is refused: nothing of it is kept then. Archives inside archives are not
//! opened. A workbook is an archive too, but one table to those who made it ([`sheet`]).

use std::io::Read as _;

use super::limits::{Kind, Limits, Refusal, clip_line};
use super::out::few_tools;
use super::record::{Record, Summary};
use super::source::{self, Bytes, RATIO_FLOOR, Source};
use super::{HEAD, Sink, json, one};

mod sheet;
pub mod zip;

/// Most members that are read: those that come with reports, and reports.
pub const MEMBERS: i64 = zip::ENTRIES as i64;

/// Hands the records of all members to `sink`, and after each member what it was.
///
/// # Errors
/// The refusal of the archive or of the first report that is refused.
pub fn decode(
    archive: Bytes<'_>,
    wanted: Option<&str>,
    limits: &Limits,
    sink: &mut dyn Sink,
) -> Result<Summary, Refusal> {
    let directory = zip::directory(archive)?;
    if let Some(member) = sheet::of(&directory) {
        let text = sheet::table(archive, &directory, member, limits)?;
        return workbook(&text, &member.name, wanted, limits, sink);
    }
    let mut total = Summary::default();
    for _ in &directory.links {
        total.leave_out("links in the archive");
    }
    let (mut base, mut packed, mut reports, mut entries) = (0, 0, Vec::new(), 0);
    for member in &directory.members {
        let name = member.name.clone();
        let within = |r: Refusal| Refusal {
            reason: format!("`{name}` in the archive: {}", r.reason),
            ..r
        };
        packed += member.packed();
        let mut source = Source::Member(archive, member.clone());
        // What no format knows is not worth reading to its end.
        let found = source.head(HEAD, limits).map_err(within)?;
        if wanted.is_none() && super::detect(&found).is_none() && !found.trim_ascii().is_empty() {
            total.leave_out(&format!(
                "file of no known format in the archive: {}",
                clip_line(&name, 80)
            ));
            continue;
        }
        let length = pass(&mut source, limits, base, sink).map_err(within)?;
        if base + length > RATIO_FLOOR && (base + length) / packed.max(1) > limits.ratio {
            let reason = format!("the zip archive unpacks to more than {} times its size", limits.ratio);
            return Err(Refusal::new(Kind::Limit, reason));
        }
        let left = Limits {
            records: limits.records.saturating_sub(entries),
            ..*limits
        };
        let mut shifted = Shifted { sink: &mut *sink, base };
        let mut summary = one(&mut source, wanted, &left, &mut shifted).map_err(within)?;
        entries += summary.records();
        summary.bytes = length;
        base += length;
        sink.member(&name, &summary)?;
        add(&mut total, &summary);
        few_tools(&total.tools)?;
        reports.push(name);
    }
    if reports.is_empty() {
        return Err(Refusal::new(
            Kind::UnknownFormat,
            "the zip archive holds no report of a known format; say --format if it should",
        ));
    }
    total.bytes = base;
    total.note = Some(format!("read from the archive: {}", list(&reports)));
    Ok(total)
}

/// Reads a workbook's sheet as the table it is.
fn workbook(
    text: &[u8],
    name: &str,
    wanted: Option<&str>,
    limits: &Limits,
    sink: &mut dyn Sink,
) -> Result<Summary, Refusal> {
    for piece in text.chunks(64 << 10) {
        sink.text(piece)?;
    }
    let mut shifted = Shifted {
        sink: &mut *sink,
        base: 0,
    };
    let mut summary = one(&mut Source::Memory(text), wanted, limits, &mut shifted)?;
    summary.bytes = text.len() as u64;
    sink.member(name, &summary)?;
    summary.note = Some("read from the workbook's first sheet".to_owned());
    Ok(summary)
}

/// A few names, and how many more.
fn list(names: &[String]) -> String {
    const SHOWN: usize = 10;
    let shown = names
        .iter()
        .take(SHOWN)
        .map(String::as_str)
        .collect::<Vec<_>>()
        .join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Reads a member to its end and passes its text on, which is where the offsets of its records count. Returns its
/// length. `before`: of the members before it.
fn pass(source: &mut Source<'_>, limits: &Limits, before: u64, sink: &mut dyn Sink) -> Result<u64, Refusal> {
    let mut text = source.open(limits)?;
    let mut piece = vec![0; 64 << 10];
    let mut length = 0;
    loop {
        let n = text.reader.read(&mut piece).map_err(|e| source::unreadable(&e))?;
        if n == 0 {
            return Ok(length);
        }
        length += n as u64;
        if before + length > limits.bytes {
            let reason = format!(
                "the reports in the archive are together larger than {}; pack fewer together",
                json::size(limits.bytes)
            );
            return Err(Refusal::new(Kind::Limit, reason));
        }
        sink.text(&piece[..n])?;
    }
}

/// Adds what a member held to what the archive holds.
fn add(total: &mut Summary, one: &Summary) {
    if !one.format.is_empty() && !total.format.split(", ").any(|f| f == one.format) {
        if !total.format.is_empty() {
            total.format.push_str(", ");
        }
        total.format.push_str(&one.format);
    }
    for tool in &one.tools {
        if let Err(at) = total.tools.binary_search(tool) {
            total.tools.insert(at, tool.clone());
        }
    }
    // The first number of each is its records: together they are the archive's.
    let mut counted = one.counted.iter();
    if let Some(first) = counted.next() {
        match total.counted.first_mut() {
            Some(records) => records.count += first.count,
            None => total.counted.push(first.clone()),
        }
    }
    for count in counted {
        total.count(&count.what, count.count);
    }
    total.findings += one.findings;
    total.occurrences += one.occurrences;
    total.repeats += one.repeats;
    for left in &one.left_out {
        total.leave_out_many(&left.what, left.count);
    }
    total.observed_at = total.observed_at.max(one.observed_at);
}

/// Moves the places of records behind the members before theirs.
struct Shifted<'s> {
    sink: &'s mut dyn Sink,
    base: u64,
}

impl Sink for Shifted<'_> {
    fn record(&mut self, mut record: Record) -> Result<(), Refusal> {
        record.span.offset += self.base;
        self.sink.record(record)
    }

    fn progress(&mut self, bytes: u64) -> Result<(), Refusal> {
        self.sink.progress(self.base + bytes)
    }
}
