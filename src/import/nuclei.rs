//! Nuclei: JSON lines (`-jsonl`), a JSON array (`-json-export`) or a lone object, old and new spellings of keys.
//!
//! - **A finding** is the template and its matcher (or extractor): that is one problem, fixed once. Where it stands is
//!   not part of it.
//! - **A place** is the URL for HTTP templates (host, port, path and the names of query parameters; values carry the
//!   scanner's payloads and change from run to run), and host and port for all others. Exact repeats are counted.
//! - **Severity**: Nuclei's words are ours. A word that is none of them (`unknown`) is rated by the CVSS score where
//!   there is one, else low: unknown is not harmless.
//! - A record with `matcher-status: false` says that the template did *not* match; it is left out and counted.
//! - Nuclei does not say what it covered: a host without a match leaves no trace. The report covers the whole tool.

mod entry;

use std::borrow::Cow;

use self::entry::Entry;
use super::head::Head;
use super::json::Walker;
use super::limits::{Limits, Refusal, clip, clip_line, text};
use super::loose::Word;
use super::names::{self, Target};
use super::record::{Fingerprint, Occurrence, Place, Record, Span, digest};
use super::source::Source;
use super::{About, Format, Out};
use crate::domain::severity::Severity;
use crate::domain::time::Time;

const TOOL: &str = "nuclei";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Nuclei;

impl Format for Nuclei {
    fn about(&self) -> &'static About {
        &About {
            name: "nuclei",
            title: "Nuclei (JSON, JSON lines)",
            records: "lines, or elements of the array",
            finding: "the template and its matcher (or extractor)",
            place: "the URL for HTTP templates (parameters by name, without values), else host and port",
            severity: "Nuclei's own words; one that is none of ours (unknown) follows the CVSS score, else low",
            left_out: "templates that did not match (matcher-status false); entries without a template, which nobody can read",
            covers: "everything of the tool: Nuclei does not say which hosts it looked at",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let shape = &head.json;
        ["template-id", "templateID", "template_id"]
            .iter()
            .any(|k| shape.has(k))
            || (shape.has("info") && ["matched-at", "matched", "template"].iter().any(|k| shape.has(k)))
            || ["template", "matched", "severity"].iter().all(|k| shape.has(k))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        let mut walker = Walker::open(source.open(limits)?, limits);
        let mut raw = Vec::new();
        out.tool(TOOL);
        out.summary.count("records", 0);
        // Values follow one another, each an object or a list of them: that is every layout Nuclei has had.
        while let Some(first) = walker.peek()? {
            if first == b'[' {
                walker.enter(b'[')?;
                let mut start = true;
                while walker.next_item(&mut start)? {
                    take(&mut walker, &mut raw, out)?;
                }
            } else {
                take(&mut walker, &mut raw, out)?;
            }
        }
        out.summary.bytes = walker.offset();
        Ok(())
    }
}

fn take<R: std::io::Read>(walker: &mut Walker<R>, raw: &mut Vec<u8>, out: &mut Out<'_>) -> Result<(), Refusal> {
    let object = walker.peek()? == Some(b'{');
    let span = walker.capture(raw)?;
    out.entry(walker.offset())?;
    out.summary.count("records", 1);
    if !object {
        out.unreadable("entries that are no objects", span.offset);
        return Ok(());
    }
    let mut entry: Entry<'_> = walker.read(raw, span)?;
    entry.settle();
    if entry.status() == Some("false") {
        out.summary.leave_out("templates that did not match");
        return Ok(());
    }
    out.record_or(entry.record(span), "entries without a template", span.offset)
}

/// The first word that says something.
fn first<'w>(words: &[&'w Word<'_>]) -> Option<&'w str> {
    words.iter().find_map(|w| w.text())
}

impl Entry<'_> {
    fn status(&self) -> Option<&str> {
        first(&[&self.matcher_status, &self.matcher_status_old])
    }

    fn record(&self, span: Span) -> Option<Record> {
        let template = first(&[
            &self.template_id,
            &self.template_id_old,
            &self.template_id_snake,
            &self.template,
        ])?;
        let template = clip_line(template, text::WORD);
        let matcher = first(&[&self.matcher, &self.matcher_old]);
        let part = matcher.or_else(|| first(&[&self.extractor, &self.extractor_old]));
        let part = clip_line(part.unwrap_or_default(), text::WORD);
        let name = clip_line(self.info.name.text().unwrap_or(&template), text::TITLE);
        let title = if part.is_empty() {
            name
        } else {
            clip_line(&format!("{name}: {part}"), text::TITLE)
        };
        let word = self.info.severity.text().unwrap_or_default();
        let score = self
            .info
            .classification
            .score
            .number()
            .filter(|s| (0.0..=10.0).contains(s));
        Some(Record {
            tool: TOOL.to_owned(),
            tool_version: None,
            fingerprint: Fingerprint::new(
                VERSION,
                vec![
                    ("tool", TOOL.to_owned()),
                    ("template", template.clone()),
                    ("matcher", part),
                ],
            ),
            occurrence: self.occurrence(),
            title,
            description: self.description(),
            remediation: clip(self.info.remediation.text().unwrap_or_default(), text::PARAGRAPH),
            references: self.references(),
            severity: severity(word, score),
            severity_word: clip_line(word, text::WORD),
            score,
            cvss: self
                .info
                .classification
                .vector
                .iter()
                .take(text::LIST)
                .map(|v| clip_line(v, text::WORD))
                .collect(),
            cwe: self.cwe(),
            cve: self.cve(&template),
            tags: self.tags(),
            detail: self.detail(),
            kept: None,
            suppressed: false,
            observed_at: self.timestamp.text().and_then(|t| Time::parse(t).ok()),
            rule: template,
            span,
        })
    }

    fn description(&self) -> String {
        let mut description = self.info.description.text().unwrap_or_default().to_owned();
        if let Some(impact) = self.info.impact.text() {
            description.push_str("\n\nImpact: ");
            description.push_str(impact);
        }
        clip(&description, text::PARAGRAPH)
    }

    /// A list, or one text with a bullet per line (old templates).
    fn references(&self) -> Vec<String> {
        let mut found = Vec::new();
        for line in self
            .info
            .reference
            .iter()
            .chain(self.info.references.iter())
            .flat_map(str::lines)
        {
            let line = line.trim().trim_start_matches("- ").trim();
            if !line.is_empty() {
                names::add(&mut found, clip_line(line, text::PLACE));
            }
        }
        found
    }

    fn tags(&self) -> Vec<String> {
        let mut found = Vec::new();
        for tag in self.info.tags.iter().flat_map(|t| t.split(',')).map(str::trim) {
            if !tag.is_empty() {
                names::add(&mut found, clip_line(tag, text::WORD).to_lowercase());
            }
        }
        found
    }

    fn cve(&self, template: &str) -> Vec<String> {
        let mut found = Vec::new();
        for text in self.info.classification.cve.iter().chain([template]) {
            for cve in names::cves(text) {
                names::add(&mut found, cve);
            }
        }
        found
    }

    fn cwe(&self) -> Vec<u32> {
        let mut found = Vec::new();
        for cwe in self
            .info
            .classification
            .cwe
            .iter()
            .flat_map(|t| t.split(','))
            .filter_map(names::cwe)
        {
            names::add(&mut found, cwe);
        }
        found
    }

    fn occurrence(&self) -> Occurrence {
        let matched = first(&[&self.matched_at, &self.matched_at_snake, &self.matched]);
        let given = first(&[&self.url, &self.host]);
        let shown = matched.or(given).or(self.ip.text()).unwrap_or("(no place given)");
        let shown = clip_line(shown, text::PLACE);
        let ip = self.ip.text().map(|t| clip_line(t.trim_end_matches('.'), text::WORD));
        let file = self.kind.text().is_some_and(|k| k.eq_ignore_ascii_case("file"));
        let target = if file {
            None
        } else {
            matched
                .and_then(Target::parse)
                .or_else(|| self.url.text().and_then(Target::parse))
                .or_else(|| self.host.text().and_then(Target::parse))
        };
        let Some(mut target) = target else {
            return Occurrence {
                key: digest(&["text", &shown]),
                parts: Place {
                    ip,
                    path: file.then(|| shown.clone()),
                    ..Place::default()
                },
                place: shown,
            };
        };
        let scheme = target
            .scheme
            .clone()
            .or_else(|| self.scheme.text().map(str::to_lowercase));
        target.port = target
            .port
            .or_else(|| self.port.text().and_then(|p| p.parse().ok()))
            .or(match scheme.as_deref() {
                Some("http") => Some(80),
                Some("https") => Some(443),
                _ => None,
            });
        let web = target
            .scheme
            .as_deref()
            .is_some_and(|s| matches!(s, "http" | "https" | "ws" | "wss"));
        let authority = target.authority();
        let key = if web {
            let path = if target.path.is_empty() { "/" } else { &target.path };
            let mut names = target.query.clone();
            names.sort();
            names.dedup();
            digest(&["url", &authority, path, &names.join("&")])
        } else {
            digest(&["host", &authority])
        };
        Occurrence {
            key,
            place: if web { shown.clone() } else { authority },
            parts: Place {
                ip,
                port: target.port,
                path: (web && !target.path.is_empty()).then_some(target.path),
                host: Some(target.host),
                url: web.then_some(shown),
                ..Place::default()
            },
        }
    }

    fn detail(&self) -> String {
        let mut detail = String::new();
        let mut add = |label: &str, body: &str, max: usize| {
            if !detail.is_empty() {
                detail.push_str("\n\n");
            }
            detail.push_str(label);
            detail.push_str(if body.contains('\n') { ":\n" } else { ": " });
            detail.push_str(&clip(body, max));
        };
        let matched = first(&[&self.matched_at, &self.matched_at_snake, &self.matched]);
        if let Some(matched) = matched {
            add("Matched at", matched, text::PLACE);
        }
        if let Some(name) = first(&[&self.matcher, &self.matcher_old]) {
            add("Matcher", name, text::WORD);
        }
        if let Some(name) = first(&[&self.extractor, &self.extractor_old]) {
            add("Extractor", name, text::WORD);
        }
        let extracted: Vec<Cow<'_, str>> = self
            .extracted
            .iter()
            .chain(self.extracted_old.iter())
            .take(text::LIST)
            .map(Cow::Borrowed)
            .collect();
        if !extracted.is_empty() {
            add("Extracted", &extracted.join("\n"), text::EXCERPT);
        }
        if let Some(curl) = first(&[&self.curl, &self.curl_old]) {
            add("Command", curl, text::EXCERPT);
        }
        if let Some(request) = self.request.text() {
            add("Request", request, text::EXCERPT);
        }
        if let Some(response) = self.response.text() {
            add("Response", response, text::EXCERPT);
        }
        clip(&detail, text::DETAIL)
    }
}

fn severity(word: &str, score: Option<f64>) -> Severity {
    word.parse().unwrap_or_else(|()| match score {
        Some(score) => Severity::from_score(score),
        None => match word.to_ascii_lowercase().as_str() {
            "informational" | "information" | "none" => Severity::Info,
            _ => Severity::Low,
        },
    })
}

#[cfg(test)]
mod tests;
