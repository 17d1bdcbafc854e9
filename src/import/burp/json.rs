//! The JSON of Burp's REST API (`issue_events`) and of its GraphQL API (`Issues`).

use std::io::Read;

use serde::Deserialize;

use super::Issue;
use crate::import::Out;
use crate::import::detail::Detail;
use crate::import::entries::{each_key, keys_inside, results, unknown};
use crate::import::head::Head;
use crate::import::json::Walker;
use crate::import::limits::{Limits, Refusal};
use crate::import::loose::{self, Word};
use crate::import::markup::verbatim;
use crate::import::source::Source;

pub fn sniff(head: &Head<'_>) -> bool {
    let json = &head.json;
    let issues = ["Issues", "issues"].iter().any(|list| {
        json.item(list, &["issue_type"])
            || json.item(list, &["origin", "path", "severity"])
            || (json.keys.len() == 1 && json.has(list))
    });
    json.first == Some(b'{') && (json.has("issue_events") || issues || json.item("data", &["scan"]))
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    let mut walker = Walker::open(source.open(limits)?, limits);
    each_key(&mut walker, &mut |walker, key| match key {
        "issue_events" => {
            out.summary.count("issue_found_events", 0);
            results(walker, out, "events", &mut |walker, raw, span, out| {
                let event: Event<'_> = walker.read(raw, span)?;
                if event.kind.text().is_some_and(|t| t != "issue_found") {
                    out.summary.leave_out("events that are no found issue");
                    return Ok(());
                }
                out.summary.count("issue_found_events", 1);
                out.record_or(event.issue.read().record(span), "issues without a name", span.offset)
            })
        }
        "Issues" | "issues" => issues(walker, out),
        "data" => keys_inside(walker, &mut |walker, key| match key {
            "scan" => keys_inside(walker, &mut |walker, key| match key {
                "issues" => issues(walker, out),
                _ => walker.skip(),
            }),
            _ => walker.skip(),
        }),
        "task_id" | "scan_status" | "scan_metrics" | "message" | "error_code" | "errors" | "extensions" => {
            walker.skip()
        }
        other => unknown(walker, other, out),
    })?;
    out.summary.bytes = walker.offset();
    Ok(())
}

fn issues<R: Read>(walker: &mut Walker<R>, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("issues", 0);
    results(walker, out, "issues", &mut |walker, raw, span, out| {
        let entry: Entry<'_> = walker.read(raw, span)?;
        out.record_or(entry.read().record(span), "issues without a name", span.offset)
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Event<'a> {
    #[serde(borrow, rename = "type")]
    kind: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    issue: Entry<'a>,
}

/// An issue of either API: the names of their fields do not clash.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    type_index: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    issue_type: Kind<'a>,
    #[serde(borrow)]
    origin: Word<'a>,
    #[serde(borrow)]
    path: Word<'a>,
    #[serde(borrow)]
    caption: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    confidence: Word<'a>,
    #[serde(borrow)]
    description: Word<'a>,
    #[serde(borrow)]
    description_html: Word<'a>,
    #[serde(borrow)]
    issue_background: Word<'a>,
    #[serde(borrow)]
    remediation: Word<'a>,
    #[serde(borrow)]
    remediation_html: Word<'a>,
    #[serde(borrow)]
    remediation_background: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    evidence: Vec<Evidence<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Kind<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    type_index: Word<'a>,
    #[serde(borrow)]
    description_html: Word<'a>,
    #[serde(borrow)]
    remediation_html: Word<'a>,
    #[serde(borrow)]
    vulnerability_classifications_html: Word<'a>,
    #[serde(borrow)]
    references_html: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Evidence<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    request_response: Pair<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    detail: Band<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    request_segments: Vec<Segment<'a>>,
    #[serde(borrow, deserialize_with = "loose::list")]
    response_segments: Vec<Segment<'a>>,
}

/// What was inserted, and where.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Band<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    payload: Payload<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Payload<'a> {
    /// In base64.
    #[serde(borrow)]
    bytes: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Pair<'a> {
    #[serde(borrow)]
    url: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    request: Vec<Segment<'a>>,
    #[serde(borrow, deserialize_with = "loose::list")]
    response: Vec<Segment<'a>>,
}

/// A part of a request or response.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Segment<'a> {
    /// In base64.
    #[serde(borrow)]
    data: Word<'a>,
    /// As HTML.
    #[serde(borrow)]
    data_html: Word<'a>,
    #[serde(borrow)]
    highlight_html: Word<'a>,
}

fn said(word: &Word<'_>) -> String {
    word.text().unwrap_or_default().to_owned()
}

fn segments(messages: &mut Detail, label: &str, list: &[Segment<'_>]) {
    // Segments are cut anywhere: each is decoded on its own, then they are one message.
    let mut bytes = Vec::new();
    for segment in list {
        if let Some(data) = segment.data.text() {
            bytes.extend(crate::import::detail::decoded(data));
        }
        for html in [&segment.data_html, &segment.highlight_html]
            .into_iter()
            .filter_map(|w| w.0.as_deref())
        {
            bytes.extend(verbatim(html).into_bytes());
        }
    }
    if !bytes.is_empty() {
        messages.message(label, &bytes);
    }
}

impl Entry<'_> {
    fn read(&self) -> Issue {
        let either = |a: &Word<'_>, b: &Word<'_>| if a.text().is_some() { said(a) } else { said(b) };
        let mut messages = Detail::default();
        for evidence in &self.evidence {
            let pair = &evidence.request_response;
            messages.add("URL", pair.url.text());
            if let Some(payload) = evidence.detail.payload.bytes.text() {
                messages.encoded("Payload", payload);
            }
            segments(&mut messages, "Request", &pair.request);
            segments(&mut messages, "Response", &pair.response);
            segments(&mut messages, "Request", &evidence.request_segments);
            segments(&mut messages, "Response", &evidence.response_segments);
        }
        let kind = &self.issue_type;
        Issue {
            name: either(&self.name, &kind.name),
            kind: either(&self.type_index, &kind.type_index),
            origin: said(&self.origin),
            path: said(&self.path),
            caption: said(&self.caption),
            severity: said(&self.severity),
            confidence: said(&self.confidence),
            background: either(&self.issue_background, &kind.description_html),
            said: either(&self.description, &self.description_html),
            remediation: either(&self.remediation_background, &kind.remediation_html),
            remediation_said: either(&self.remediation, &self.remediation_html),
            references: said(&kind.references_html),
            classifications: said(&kind.vulnerability_classifications_html),
            messages,
            ..Issue::default()
        }
    }
}
