//! Our own JSON lines, as `riskdesk finding export` writes them: findings move from one project, server or agency to
//! another.
//!
//! - **A finding** is what its own fingerprint says, made again from its fields: what the export's tools find later is the
//!   same finding here. One that was written by hand is told by its key, under the tool `riskdesk`.
//! - **A place** is what its own key says. A line holds a part of a finding's places; more lines may follow.
//! - **Severity** is the scanner's, as it stands; a severity that a person set comes beside it.
//! - What people decided ([`Kept`]) is set on findings that are new in the project, and on no others: decisions there
//!   stay. A status that hangs on more than the finding itself (a proof that is waited for, the original of a duplicate)
//!   is left out by name, and so are assignee, due date and release: they mean something only where they were made.
//!   Comments, rounds and history are not in an export.
//! - An export says nothing about what is not in it: nothing counts as not seen any more.

use std::io::Read;

use serde::Deserialize;

use super::head::Head;
use super::json::Walker;
use super::limits::{Kind, Limits, Refusal, clip, clip_line, text};
use super::record::{Fingerprint, Occurrence, Place, Record, Span, digest};
use super::source::Source;
use super::{About, Format, Out, place};
use crate::domain::kept::{Kept, KeptPlace};
use crate::domain::severity::Severity;
use crate::domain::status::Status;
use crate::domain::time::Time;

/// The tool of findings that were written by hand.
const TOOL: &str = "riskdesk";

/// Of the lines that are understood.
const VERSION: u32 = 1;

/// Columns of the export as a table.
const TABLE: [&str; 5] = ["key", "status", "title", "seen in latest", "where"];

/// What an export covers, in words that are no target.
const COVERS: &str = "only what the export holds";

#[derive(Debug)]
pub struct Riskdesk;

impl Format for Riskdesk {
    fn about(&self) -> &'static About {
        &About {
            name: "riskdesk",
            title: "riskdesk's own export (JSON lines)",
            records: "lines",
            finding: "what its fingerprint says, made again from its fields; one written by hand is told by its key",
            place: "what its own key says",
            severity: "the scanner's as it stands; one that a person set is set again",
            left_out: "pending verification and duplicates come back open, by name; assignee, due date, release and triage's author \
                       stay behind; comments, rounds, history and the scanners' own records are not in an export. Decisions are set on \
                       new findings only",
            covers: "only what the export holds: nothing counts as not seen any more",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        head.json.has("riskdesk_export") || head.has_columns(&TABLE)
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        // Read as anybody's table, findings of one title would become one, at no place.
        if source.first_byte(limits)? != Some(b'{') {
            let why = "this is riskdesk's table for spreadsheets, which says too little to import; export the findings as JSON \
                       lines (`riskdesk finding export`) and import those";
            return Err(Refusal::new(Kind::UnknownFormat, why).at(1, 0));
        }
        let mut walker = Walker::open(source.open(limits)?, limits);
        let mut raw = Vec::new();
        out.summary.count("lines", 0);
        out.cover(COVERS.to_owned());
        while walker.peek()?.is_some() {
            take(&mut walker, &mut raw, out)?;
        }
        out.summary.bytes = walker.offset();
        Ok(())
    }
}

fn take<R: Read>(walker: &mut Walker<R>, raw: &mut Vec<u8>, out: &mut Out<'_>) -> Result<(), Refusal> {
    let span = walker.capture(raw)?;
    out.entry(walker.offset())?;
    out.summary.count("lines", 1);
    let Ok(line) = serde_json::from_slice::<Line>(raw) else {
        out.unreadable("lines that are no findings", span.offset);
        return Ok(());
    };
    if line.riskdesk_export > VERSION || line.title.trim().is_empty() {
        out.unreadable("lines of a later version, or without a title", span.offset);
        return Ok(());
    }
    line.records(span, out)
}

#[derive(Debug, Deserialize)]
struct Line {
    riskdesk_export: u32,
    #[serde(default)]
    key: String,
    title: String,
    tool: String,
    severity: Severity,
    #[serde(default)]
    scanner_severity: Option<Severity>,
    #[serde(default)]
    own_severity: Option<Severity>,
    #[serde(default)]
    own_tags: Vec<String>,
    #[serde(default)]
    cvss: Option<Rating>,
    #[serde(default)]
    cwe: Vec<u32>,
    #[serde(default)]
    cve: Vec<String>,
    #[serde(default)]
    scanner_tags: Vec<String>,
    #[serde(default)]
    description: String,
    #[serde(default)]
    remediation: String,
    #[serde(default)]
    references: Vec<String>,
    #[serde(default)]
    suppressed: bool,
    #[serde(default)]
    status: Option<Status>,
    #[serde(default)]
    accepted_until: Option<Time>,
    #[serde(default)]
    triaged_at: Option<Time>,
    #[serde(default)]
    first_seen: Option<Time>,
    #[serde(default)]
    last_seen: Option<Time>,
    #[serde(default = "yes")]
    seen_in_latest: bool,
    #[serde(default)]
    fingerprint: Option<Made>,
    #[serde(default)]
    occurrences: Vec<At>,
}

#[derive(Debug, Deserialize)]
struct Rating {
    vector: String,
}

#[derive(Debug, Deserialize)]
struct Made {
    version: u32,
    fields: Vec<(String, String)>,
}

#[derive(Debug, Deserialize)]
struct At {
    place: String,
    #[serde(default)]
    place_key: String,
    #[serde(default)]
    host: Option<String>,
    #[serde(default)]
    fixed: bool,
    #[serde(default = "one")]
    repeats: i64,
    #[serde(default)]
    first_seen: Option<Time>,
    #[serde(default)]
    last_seen: Option<Time>,
    #[serde(default = "yes")]
    seen_in_latest: bool,
    #[serde(default)]
    detail: String,
}

fn yes() -> bool {
    true
}

fn one() -> i64 {
    1
}

/// The status where an import may set it alone.
fn alone(status: Status) -> Option<Status> {
    (!matches!(status, Status::PendingVerification | Status::Duplicate)).then_some(status)
}

fn list(texts: &[String], max: usize) -> Vec<String> {
    texts.iter().take(text::LIST).map(|t| clip_line(t, max)).collect()
}

impl Line {
    fn records(&self, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
        let fingerprint = self.fingerprint();
        let by_hand = self.fingerprint.is_none();
        let tool = if by_hand {
            TOOL.to_owned()
        } else {
            clip_line(&self.tool, text::WORD)
        };
        let status = self.status.unwrap_or(Status::Open);
        let set = alone(status);
        if set.is_none() {
            out.summary
                .leave_out(&format!("decisions: {} comes back as open", status.name()));
        }
        // Of one written by hand the severity is a person's.
        let own = self.own_severity.or(by_hand.then_some(self.severity));
        let kept = Kept {
            status: set.filter(|s| *s != Status::Open),
            own_severity: own,
            own_tags: list(&self.own_tags, text::WORD),
            triaged_at: self.triaged_at,
            accepted_until: self.accepted_until.filter(|_| status == Status::RiskAccepted),
            first_seen: self.first_seen,
            last_seen: self.last_seen,
            in_latest: self.seen_in_latest,
            place: KeptPlace::default(),
        };
        let mut record = Record::new(&tool, fingerprint, place::nowhere(""), span);
        record.title = clip_line(&self.title, text::TITLE);
        record.description = clip(&self.description, text::PARAGRAPH);
        record.remediation = clip(&self.remediation, text::PARAGRAPH);
        record.references = list(&self.references, text::PLACE);
        record.severity = self.scanner_severity.unwrap_or(self.severity);
        record.cvss = self.cvss.iter().map(|c| clip_line(&c.vector, text::WORD)).collect();
        record.cwe = self.cwe.iter().copied().take(text::LIST).collect();
        record.cve = list(&self.cve, text::WORD);
        record.tags = list(&self.scanner_tags, text::WORD);
        record.suppressed = self.suppressed;
        record.observed_at = self.last_seen;
        if self.occurrences.is_empty() {
            record.kept = Some(Box::new(kept));
            return out.record(record);
        }
        for at in &self.occurrences {
            let mut record = record.clone();
            record.occurrence = at.occurrence();
            record.detail = clip(&at.detail, text::DETAIL);
            record.observed_at = at.last_seen.or(self.last_seen);
            record.kept = Some(Box::new(Kept {
                place: KeptPlace {
                    fixed: at.fixed,
                    repeats: at.repeats.max(1),
                    first_seen: at.first_seen,
                    last_seen: at.last_seen,
                    in_latest: at.seen_in_latest,
                },
                ..kept.clone()
            }));
            out.record(record)?;
        }
        Ok(())
    }

    fn fingerprint(&self) -> Fingerprint {
        match &self.fingerprint {
            Some(made) => {
                let clipped = |t: &String| clip(t, text::PLACE);
                let fields = made.fields.iter().take(text::LIST);
                let fields = fields.map(|(name, value)| (clipped(name), clipped(value))).collect();
                Fingerprint::of(made.version, fields)
            }
            None => Fingerprint::new(
                VERSION,
                vec![("tool", TOOL.to_owned()), ("finding", clip_line(&self.key, text::WORD))],
            ),
        }
    }
}

impl At {
    fn occurrence(&self) -> Occurrence {
        let shown = clip_line(&self.place, text::PLACE);
        let key = self.place_key.to_ascii_lowercase();
        let ours = key.len() == 64 && key.bytes().all(|b| b.is_ascii_hexdigit());
        Occurrence {
            key: if ours { key } else { digest(&["text", &shown]) },
            place: shown,
            parts: Place {
                host: self.host.as_deref().map(|h| clip_line(h, text::WORD)),
                ..Place::default()
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::tests::read;

    const LINE: &str = r#"{"riskdesk_export":1,"id":"0","key":"F-1","title":"T","tool":"nuclei","severity":"critical","scanner_severity":"low",
      "own_severity":"critical","status":"duplicate","triaged_at":"2026-01-02T00:00:00.000Z","first_seen":"2026-01-01T00:00:00.000Z",
      "last_seen":"2026-01-03T00:00:00.000Z","seen_in_latest":false,"fingerprint":{"version":1,"fields":[["tool","nuclei"],["template","t"]],
      "hash":"made up"},"occurrences":[{"place":"h.example:443","place_key":"00","host":"h.example","fixed":true,"repeats":3}],"unknown":1}"#;

    #[test]
    fn a_line_is_a_finding_with_what_was_decided() {
        let (records, summary) = read(LINE);
        let record = &records[0];
        let same = Fingerprint::new(1, vec![("tool", "nuclei".into()), ("template", "t".into())]);
        assert_eq!(record.fingerprint, same, "its word on its own hash counts for nothing");
        assert_eq!((record.severity, record.tool.as_str()), (Severity::Low, "nuclei"));
        let kept = record.kept.as_deref().unwrap();
        assert_eq!((kept.status, kept.own_severity), (None, Some(Severity::Critical)));
        assert_eq!((kept.place.repeats, kept.place.fixed, kept.in_latest), (3, true, false));
        assert_eq!(summary.left_out[0].what, "decisions: duplicate comes back as open");
        assert_eq!(summary.covers, [COVERS]);
        let by_hand = LINE.replace("\"fingerprint\":{", "\"was\":{");
        let (records, _) = read(&by_hand);
        assert_eq!(
            (records[0].tool.as_str(), records[0].fingerprint.fields[1].1.as_str()),
            (TOOL, "F-1")
        );
    }

    #[test]
    fn the_table_for_spreadsheets_is_refused_by_name() {
        let table = "key,severity,status,title,first seen,last seen,seen in latest,places,where,description\nF-1,high,open,T,,,yes,1,h.example:443,d\n";
        let mut source = Source::Memory(table.as_bytes());
        let refusal = crate::import::decode(&mut source, None, &Limits::default(), &mut Vec::new()).unwrap_err();
        assert!(
            refusal.reason.contains("export the findings as JSON lines"),
            "{refusal}"
        );
    }
}
