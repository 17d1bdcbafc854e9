//! One finding in words: its record, its comments, its history and places, and why it is one.

use super::super::context::Context;
use super::super::error::Error;
use super::super::output::{Column, Row, col, long, maybe_when, num, when, word};
use crate::api::comment::Comment;
use crate::api::correction::Correction;
use crate::api::finding::{ExplainFinding, Finding, FindingDetail, HistoryEntry, Occurrence};
use crate::remote::Remote;

fn fields(finding: &Finding) -> Vec<(&'static str, String)> {
    let cvss = finding.cvss.as_ref();
    vec![
        ("key", finding.key.clone()),
        ("title", finding.title.clone()),
        ("severity", finding.severity.to_string()),
        (
            "scanner says",
            finding.scanner_severity.map(|s| s.to_string()).unwrap_or_default(),
        ),
        ("status", finding.status.to_string()),
        (
            "cvss",
            cvss.map(|c| format!("{} (v{}) {}", c.score, c.version, c.vector))
                .unwrap_or_default(),
        ),
        (
            "cwe",
            finding
                .cwe
                .iter()
                .map(|n| format!("CWE-{n}"))
                .collect::<Vec<_>>()
                .join(", "),
        ),
        ("cve", finding.cve.join(", ")),
        ("tags", finding.tags.join(", ")),
        (
            "client",
            finding
                .client
                .as_ref()
                .map_or_else(|| "none".into(), |c| format!("{} ({})", c.name, c.key)),
        ),
        ("project", format!("{} ({})", finding.project.name, finding.project.key)),
        (
            "assignee",
            finding.assignee.as_ref().map(|a| a.email.clone()).unwrap_or_default(),
        ),
        ("due", maybe_when(finding.due_at)),
        ("places", finding.occurrence_count.to_string()),
        ("tool", finding.tool.clone()),
        ("first seen", when(finding.first_seen)),
        (
            "last seen",
            format!(
                "{}{}",
                when(finding.last_seen),
                if finding.seen_in_latest {
                    ""
                } else {
                    ", not in the latest import"
                }
            ),
        ),
        ("triaged", maybe_when(finding.triaged_at)),
        ("released", maybe_when(finding.released_at)),
        ("version", finding.version.to_string()),
        ("id", finding.id.to_string()),
    ]
}

/// What a write answers with.
pub(super) fn brief(cx: &Context, finding: &Finding) -> Result<(), Error> {
    cx.out.record(finding, &fields(finding))
}

/// `asked`: the key that led to it.
pub(super) fn show(cx: &Context, asked: &str, detail: &FindingDetail) -> Result<(), Error> {
    let asked = asked.trim();
    let led = detail.corrections.iter().find(|c| c.key.eq_ignore_ascii_case(asked));
    if let Some(led) = led {
        cx.out
            .remark(&format!("{}: it is part of {} now.", led.words(), detail.finding.key));
    }
    let mut fields = fields(&detail.finding);
    let moves: Vec<String> = detail
        .moves
        .iter()
        .map(|m| format!("{}{}", m.to, if m.needs_notes { " (notes)" } else { "" }))
        .collect();
    fields.extend([
        ("why due then", detail.due_reason.clone().unwrap_or_default()),
        ("accepted until", maybe_when(detail.accepted_until)),
        (
            "duplicate of",
            detail
                .duplicate_of
                .as_ref()
                .map(|d| format!("{} {}", d.key, d.name))
                .unwrap_or_default(),
        ),
        (
            "made of",
            detail
                .corrections
                .iter()
                .map(Correction::words)
                .collect::<Vec<_>>()
                .join("\n"),
        ),
        (
            "may be the same",
            detail
                .related
                .iter()
                .map(|r| format!("{} ({})", r.finding.key, r.why))
                .collect::<Vec<_>>()
                .join("\n"),
        ),
        (
            "places fixed",
            format!(
                "{} of {}",
                detail.occurrences_fixed,
                detail.occurrences_fixed + detail.occurrences_open
            ),
        ),
        ("may move to", moves.join(", ")),
        ("description", detail.description.clone()),
        ("remediation", detail.remediation.clone()),
        ("references", detail.references.join("\n")),
    ]);
    cx.out.record(detail, &fields)
}

impl Row for Comment {
    const COLUMNS: &'static [Column] = &[
        col("id"),
        col("at"),
        col("by"),
        col("audience"),
        col("written on"),
        long("text"),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            when(self.created_at),
            self.author.name.clone(),
            word(&self.audience),
            self.via.clone().unwrap_or_default(),
            self.text.clone(),
        ]
    }
}

impl Row for HistoryEntry {
    const COLUMNS: &'static [Column] = &[col("at"), col("by"), col("act"), col("from"), col("to"), long("notes")];

    fn cells(&self) -> Vec<String> {
        let by = self.by.as_ref().map(|p| p.email.clone()).or_else(|| self.rule.clone());
        vec![
            when(self.at),
            by.unwrap_or_default(),
            self.act.clone(),
            self.from.map(|s| s.to_string()).unwrap_or_default(),
            self.to.map(|s| s.to_string()).unwrap_or_default(),
            self.notes.clone(),
        ]
    }
}

impl Row for Occurrence {
    const COLUMNS: &'static [Column] = &[
        col("id"),
        long("place"),
        col("fixed"),
        num("repeats"),
        col("first seen"),
        col("last seen"),
        col("in latest"),
    ];

    fn cells(&self) -> Vec<String> {
        let yes = |b: bool| if b { "yes" } else { "no" }.to_owned();
        vec![
            self.id.to_string(),
            self.place.clone(),
            yes(self.fixed),
            self.repeats.to_string(),
            when(self.first_seen),
            when(self.last_seen),
            yes(self.seen_in_latest),
        ]
    }
}

/// `2026-… open → verified_fixed by …: notes`.
fn moved(entry: &HistoryEntry) -> String {
    let by = entry
        .by
        .as_ref()
        .map(|p| p.email.clone())
        .or_else(|| entry.rule.clone());
    let mut said = format!(
        "{} {} by {}",
        when(entry.at),
        entry.step(),
        by.unwrap_or_else(|| "the system".into())
    );
    if let Some(via) = &entry.via {
        said.push_str(&format!(", as {via}"));
    }
    if !entry.notes.is_empty() {
        said.push_str(&format!(": {}", entry.notes.replace('\n', " ")));
    }
    said
}

pub(super) async fn why(cx: &Context, remote: &Remote, finding: String) -> Result<(), Error> {
    let why = remote.call(&ExplainFinding { finding }).await?;
    let mut fields = vec![("fingerprint", format!("v{} {}", why.fingerprint_version, why.hash))];
    for (name, value) in &why.fields {
        fields.push(("made of", format!("{name}: {value}")));
    }
    for correction in &why.corrections {
        let places = match correction.occurrences {
            1 => "1 place".to_owned(),
            n => format!("{n} places"),
        };
        let mut said = format!("{} ({places}, {})", correction.words(), correction.tool);
        for (name, value) in &correction.fields {
            said.push_str(&format!("\n  {name}: {value}"));
        }
        fields.push(("by hand", said));
    }
    for import in &why.imports {
        fields.push((
            "import",
            format!("{} {} ({})", when(import.at), import.outcome, import.files.join(", ")),
        ));
    }
    for entry in &why.moves {
        fields.push(("move", moved(entry)));
    }
    cx.out.record(&why, &fields)
}
