//! Where decoders write to: counts, and the caps on what one report may hold.

use std::collections::HashSet;

use super::Sink;
use super::clock;
use super::limits::{self, Kind, Limits, Refusal};
use super::names;
use super::record::{self, Record, Summary};
use crate::domain::severity::Severity;
use crate::domain::time::Time;

/// What a decoder writes to: it counts, keeps the caps on entries, and passes records on.
pub struct Out<'a> {
    pub summary: Summary,
    sink: &'a mut dyn Sink,
    limits: Limits,
    entries: u64,
    findings: HashSet<u128>,
    places: HashSet<u128>,
    covered: HashSet<String>,
    covered_bytes: usize,
    reported: u64,
    /// Records handed over.
    handed: u64,
    /// Entries that nobody could read, and why the first of them could not be.
    unreadable: u64,
    first_unreadable: Option<String>,
    /// Whether a list of results was there under a name the format knows, empty or not.
    listed: bool,
    /// The first thing under an unknown name that may be the results: it holds entries.
    strange: Option<String>,
    /// The same inside an entry that said nothing else.
    strange_inside: Option<String>,
}

/// Most targets that a report states.
const COVERED: usize = 5_000;

/// Most bytes of them together: a summary travels as one frame.
const COVERED_BYTES: usize = 256 << 10;

/// Most tools whose results one report holds.
const TOOLS: usize = 500;

/// Progress is told in steps of this many bytes.
const STEP: u64 = 1 << 20;

impl<'a> Out<'a> {
    pub fn new(sink: &'a mut dyn Sink, limits: &Limits) -> Self {
        Self {
            summary: Summary::default(),
            sink,
            limits: *limits,
            entries: 0,
            findings: HashSet::new(),
            places: HashSet::new(),
            covered: HashSet::new(),
            covered_bytes: 0,
            reported: 0,
            handed: 0,
            unreadable: 0,
            first_unreadable: None,
            listed: false,
            strange: None,
            strange_inside: None,
        }
    }

    /// One more result of the report, whatever becomes of it; `offset` is how far the text has been read.
    pub fn entry(&mut self, offset: u64) -> Result<(), Refusal> {
        self.listed = true;
        self.beside(offset)
    }

    /// One more entry that is no result: an error of the scan.
    pub fn beside(&mut self, offset: u64) -> Result<(), Refusal> {
        self.entries += 1;
        if self.entries > self.limits.records {
            let max = self.limits.records;
            return Err(Refusal::new(
                Kind::Limit,
                format!("the report has more than {max} entries; split it"),
            ));
        }
        self.progress(offset)
    }

    /// How far the text has been read.
    pub fn progress(&mut self, offset: u64) -> Result<(), Refusal> {
        if offset >= self.reported + STEP {
            self.reported = offset;
            self.sink.progress(offset)?;
        }
        Ok(())
    }

    /// An entry that is not what the format says it should be: counted and named. `offset`: where it stands.
    pub fn unreadable(&mut self, what: &str, offset: u64) {
        self.unreadable += 1;
        self.summary.leave_out(what);
        if self.first_unreadable.is_none() {
            self.first_unreadable = Some(format!("{what}, the first at byte {offset}"));
        }
    }

    /// A list of results is there, under a name the format knows; it may be empty.
    pub fn list(&mut self) {
        self.listed = true;
    }

    /// Something under a name nobody knows, counted. `holds`: entries stand in it, which may be the results of a later
    /// version. `offset`: where it stands.
    pub fn unknown(&mut self, what: &str, holds: bool, offset: u64) {
        self.summary.leave_out(what);
        if holds && self.strange.is_none() {
            self.strange = Some(format!("{what} at byte {offset}"));
        }
    }

    /// The same inside an entry of which nothing else came.
    pub fn unknown_inside(&mut self, what: &str, offset: u64) {
        self.summary.leave_out(what);
        if self.strange_inside.is_none() {
            self.strange_inside = Some(format!("{what} at byte {offset}"));
        }
    }

    /// How many records were handed over.
    pub fn handed(&self) -> u64 {
        self.handed
    }

    /// A report of which nothing could be read is no empty report: taken as one, all that is known would count as gone.
    /// So it is too where no list of results was found and something else is there in its place.
    pub(super) fn nothing_read(&self) -> Option<Refusal> {
        if self.handed > 0 {
            return None;
        }
        let refuse = |reason| Some(Refusal::new(Kind::Malformed, reason));
        if let Some(first) = self.first_unreadable.as_deref()
            && self.unreadable >= self.entries
        {
            let n = self.unreadable;
            return refuse(format!(
                "none of the report's entries could be read ({n} {first}); nothing of it was kept"
            ));
        }
        let strange = self.strange.as_deref().filter(|_| !self.listed);
        let what = self.strange_inside.as_deref().or(strange)?;
        refuse(format!(
            "no results were found where they should be, and this is not understood: {what}; it may be of a version of \
             the tool that is not known yet, and nothing of it was kept"
        ))
    }

    pub fn record(&mut self, record: Record) -> Result<(), Refusal> {
        let record = record.within();
        self.handed += 1;
        if self.findings.insert(short(&record.fingerprint.hash)) {
            self.summary.findings += 1;
        }
        let place = short(&record::digest(&[&record.fingerprint.hash, &record.occurrence.key]));
        if self.places.insert(place) {
            self.summary.occurrences += 1;
        } else {
            self.summary.repeats += 1;
        }
        self.summary.observed_at = self.summary.observed_at.max(record.observed_at);
        if record.severity == Severity::Info {
            self.unrated(&record.severity_word);
        }
        self.tool(&record.tool);
        few_tools(&self.summary.tools)?;
        self.sink.record(record)
    }

    /// Names the word of a record that counts as info because nobody knows its word. Numbers are each format's own.
    fn unrated(&mut self, word: &str) {
        if names::severity(word).is_none() && word.trim().parse::<f64>().is_err() {
            let what = format!("severities `{}`, taken as info", limits::clip_line(word, 40));
            self.summary.leave_out(&what);
        }
    }

    /// What an entry became: a record, or something nobody could read.
    pub fn record_or(&mut self, record: Option<Record>, what: &str, offset: u64) -> Result<(), Refusal> {
        if let Some(record) = record {
            return self.record(record);
        }
        self.unreadable(what, offset);
        Ok(())
    }

    /// A target that the report says it covered.
    pub fn cover(&mut self, target: String) {
        if target.is_empty() || target.len() > limits::text::PLACE || self.covered.contains(&target) {
            return;
        }
        // What is beyond stays as it was: nothing there counts as gone.
        if self.covered.len() >= COVERED || self.covered_bytes + target.len() > COVERED_BYTES {
            self.summary.leave_out("targets beyond the first 5000 covered");
            return;
        }
        self.covered_bytes += target.len();
        self.covered.insert(target.clone());
        self.summary.covers.push(target);
    }

    /// What the report says cannot tell what is gone: it covers nothing but what else is covered, and says why.
    pub fn cover_nothing(&mut self, why: &str) {
        // No place begins so.
        self.cover(format!("nothing ({why})"));
    }

    /// A time as the report has it; one that is there and cannot be told is counted.
    pub fn time(&mut self, text: &str) -> Option<Time> {
        let time = clock::time(text);
        if time.is_none() && !text.trim().is_empty() {
            self.summary.leave_out("times whose day cannot be told");
        }
        time
    }

    /// The report holds this tool's results, even if there are none.
    pub fn tool(&mut self, name: &str) {
        let clipped;
        let name = if name.len() > limits::text::WORD || name.contains('\0') {
            clipped = limits::clip_line(name, limits::text::WORD);
            &clipped
        } else {
            name
        };
        if let Err(at) = self.summary.tools.binary_search_by(|t| t.as_str().cmp(name)) {
            self.summary.tools.insert(at, name.to_owned());
        }
    }
}

/// Refuses results of more tools than anybody has: they are named in one summary.
pub(super) fn few_tools(tools: &[String]) -> Result<(), Refusal> {
    if tools.len() <= TOOLS {
        return Ok(());
    }
    let reason = format!("the report holds results of more than {TOOLS} tools; split it");
    Err(Refusal::new(Kind::Limit, reason))
}

/// Half of a hexadecimal digest: enough to tell a million apart.
fn short(hash: &str) -> u128 {
    hash.get(..32)
        .and_then(|h| u128::from_str_radix(h, 16).ok())
        .unwrap_or_default()
}
