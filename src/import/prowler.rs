//! Prowler: the CSV and JSON lines of version 2, the CSV and JSON of version 3 and later, and its OCSF JSON.
//!
//! - **A finding** is the check, with the provider it is for. Account, region and resource are no part of it.
//! - **A place** is a resource in its account and region; of version 2, which names none, what the check says there.
//! - **Severity** is Prowler's own word; what only informs (INFO of version 2) is info.
//! - Checks that passed and what Prowler's own mutelist mutes are no findings: counted. What somebody has to look at
//!   by hand (MANUAL) is a finding with that tag.
//! - The report covers everything of the tool.

mod ocsf;
mod row;

use serde::Deserialize;

use super::detail::Detail;
use super::entries::results;
use super::head::Head;
use super::json::Walker;
use super::limits::{Limits, Refusal, clip, clip_line, text};
use super::record::{Fingerprint, Occurrence, Place, Record, Span, digest};
use super::source::Source;
use super::table::Table;
use super::{About, Format, Out, clock, names};
use crate::domain::severity::Severity;

const TOOL: &str = "prowler";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Prowler;

impl Format for Prowler {
    fn about(&self) -> &'static About {
        &About {
            name: "prowler",
            title: "Prowler 2, 3 and later (CSV, JSON, OCSF JSON)",
            records: "rows of the CSV, or results of the JSON",
            finding: "the check, with the provider it is for",
            place: "a resource in its account and region; of version 2 without one, what the check says there",
            severity: "Prowler's own words; what only informs is info",
            left_out: "checks that passed; what is muted; counted",
            covers: "everything of the tool: Prowler does not say which accounts it was asked for",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let json = &head.json;
        let all = |keys: &[&str]| keys.iter().all(|k| json.has(k));
        head.has_columns(&["check_id", "status", "resource_uid"])
            || head.has_columns(&["check_id", "status", "resource_id", "provider"])
            || head.has_columns(&["title_id", "check_result", "title_text"])
            || head.has_columns(&["title_id", "result", "title_text"])
            || all(&["Control", "Control ID", "Status", "Message"])
            || all(&["CheckID", "Status", "StatusExtended"])
            || ((json.item("metadata", &["event_code"]) || json.item("metadata", &["product"]))
                && (json.has("finding_info") || json.has("finding"))
                && (json.has("status_code") || json.has("status_detail")))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.tool(TOOL);
        let json = matches!(source.first_byte(limits)?, Some(b'{' | b'['));
        let opened = source.open(limits)?;
        if json {
            out.summary.count("results", 0);
            let mut walker = Walker::new(opened.reader, opened.base, limits);
            // A list, or one after the other.
            while walker.peek()?.is_some() {
                results(&mut walker, out, "results", &mut |walker, raw, span, out| {
                    let said: Said<'_> = walker.read(raw, span)?;
                    said.checks().into_iter().try_for_each(|check| check.take(span, out))
                })?;
            }
            out.summary.bytes = walker.offset();
            return Ok(());
        }
        out.summary.count("rows", 0);
        let mut table = Table::open(opened, limits)?;
        let mut end = 0;
        while let Some(row) = table.row()? {
            let (check, span) = (row::check(&row), row.span);
            end = span.offset + span.length;
            out.entry(end)?;
            out.summary.count("rows", 1);
            check.take(span, out)?;
        }
        out.summary.bytes = end;
        Ok(())
    }
}

/// A result as any layout of JSON says it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Said<'a> {
    #[serde(flatten, borrow)]
    ocsf: ocsf::Entry<'a>,
    #[serde(flatten, borrow)]
    flat: row::Flat<'a>,
}

impl Said<'_> {
    fn checks(&self) -> Vec<Check> {
        self.ocsf.checks().unwrap_or_else(|| vec![self.flat.check()])
    }
}

/// What a check says of a resource.
#[derive(Debug, Default)]
struct Check {
    id: String,
    title: String,
    /// PASS, FAIL, MANUAL, INFO
    status: String,
    message: String,
    severity: String,
    muted: bool,
    provider: String,
    account: String,
    region: String,
    resource: String,
    /// Its short name, and what it is.
    name: String,
    kind: String,
    service: String,
    description: String,
    risk: String,
    remediation: Vec<String>,
    references: Vec<String>,
    compliance: String,
    categories: Vec<String>,
    version: String,
    time: String,
}

impl Check {
    fn take(self, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
        let status = self.status.to_ascii_uppercase();
        if self.id.is_empty() || status.is_empty() {
            out.unreadable("results without a check or a status", span.offset);
            return Ok(());
        }
        if status.starts_with("PASS") || status == "SUCCESS" {
            out.summary.leave_out("checks that passed");
            return Ok(());
        }
        if self.muted || status == "MUTED" {
            out.summary.leave_out("muted results");
            return Ok(());
        }
        out.record(self.record(&status, span))
    }

    fn record(&self, status: &str, span: Span) -> Record {
        let provider = clip_line(&self.provider, text::WORD).to_lowercase();
        let rule = clip_line(&self.id, text::WORD);
        let fields = vec![
            ("tool", TOOL.to_owned()),
            ("provider", provider.clone()),
            ("check", rule.clone()),
        ];
        let mut record = Record::new(TOOL, Fingerprint::new(VERSION, fields), self.place(), span);
        let title = if self.title.is_empty() { &self.id } else { &self.title };
        record.title = clip_line(title, text::TITLE);
        record.rule = rule;
        record.tool_version = Some(clip_line(&self.version, text::WORD)).filter(|v| !v.is_empty());
        record.severity = if status == "INFO" {
            Severity::Info
        } else {
            severity(&self.severity)
        };
        record.severity_word = clip_line(&format!("{} {}", self.severity, status).to_lowercase(), text::WORD);
        let mut description = self.description.trim().to_owned();
        if !self.risk.trim().is_empty() {
            description = format!("{description}\n\nRisk: {}", self.risk.trim());
        }
        record.description = clip(&description, text::PARAGRAPH);
        let remediation: Vec<&str> = self
            .remediation
            .iter()
            .map(|r| r.trim())
            .filter(|r| !r.is_empty())
            .collect();
        record.remediation = clip(&remediation.join("\n"), text::PARAGRAPH);
        for url in self
            .references
            .iter()
            .flat_map(|r| r.split('|'))
            .map(str::trim)
            .filter(|r| !r.is_empty())
        {
            if record.references.len() < text::LIST {
                names::add(&mut record.references, clip_line(url, text::PLACE));
            }
        }
        let manual = (status == "MANUAL").then_some("manual");
        let words = [provider.as_str(), self.service.as_str()];
        for tag in words
            .into_iter()
            .chain(self.categories.iter().map(String::as_str))
            .chain(manual)
            .take(text::LIST)
        {
            let tag = clip_line(tag, text::WORD);
            if !tag.is_empty() {
                names::add(&mut record.tags, tag);
            }
        }
        record.cve = names::cves(&clip_line(&format!("{} {}", self.title, self.message), text::PLACE));
        record.observed_at = clock::time(self.time.split('.').next().unwrap_or_default());
        let mut detail = Detail::default();
        detail.add("", Some(&self.message));
        detail.add("Account", Some(&self.account));
        detail.add("Region", Some(&self.region));
        detail.add("Resource", Some(&self.name));
        detail.add("Type", Some(&self.kind));
        detail.add("Compliance", Some(&self.compliance));
        record.detail = detail.text();
        record
    }

    fn place(&self) -> Occurrence {
        let name = if self.resource.is_empty() {
            &self.name
        } else {
            &self.resource
        };
        let named = if name.is_empty() { &self.message } else { name };
        let named = clip_line(named, text::PLACE);
        // An address of its own says account and region.
        let parts: Vec<&str> = if named.starts_with("arn:") {
            vec![&named]
        } else {
            [&self.account, &self.region, &named]
                .into_iter()
                .map(String::as_str)
                .filter(|p| !p.is_empty())
                .collect()
        };
        let shown = clip_line(&parts.join(" "), text::PLACE);
        Occurrence {
            key: digest(&["resource", &self.account, &self.region, &named]),
            place: if shown.is_empty() {
                "(no resource given)".into()
            } else {
                shown
            },
            parts: Place {
                symbol: Some(clip_line(&self.kind, text::WORD)).filter(|k| !k.is_empty()),
                ..Place::default()
            },
        }
    }
}

fn severity(word: &str) -> Severity {
    match word.trim().to_ascii_lowercase().as_str() {
        "critical" | "fatal" => Severity::Critical,
        "high" => Severity::High,
        "medium" => Severity::Medium,
        "low" => Severity::Low,
        _ => Severity::Info,
    }
}

#[cfg(test)]
mod tests;
