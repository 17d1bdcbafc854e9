//! Qualys Web Application Scanning: the XML of scan and web application reports.
//!
//! - **A finding** is the QID.
//! - **A place** is the URL (parameters by name, without values) and the attacked parameter; what was gathered without a
//!   URL stands at the web application.
//! - **Severity**: the level 1 to 5 as info, low, medium, high, critical; information gathered is info.
//! - Left out and counted: what Qualys calls fixed. Ignored findings are suppressed.
//! - The report covers the whole tool: it does not name the applications it looked at by address.

use std::io::Read;

use super::glossary::Glossary;
use super::{Kind, fingerprint};
use crate::import::detail::Detail;
use crate::import::head::Head;
use crate::import::limits::{Limits, Refusal, clip_line, text};
use crate::import::record::{Record, digest};
use crate::import::source::Source;
use crate::import::xml::{Node, Reader};
use crate::import::{About, Format, Out, clock, place};

const TOOL: &str = "qualys-was";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct QualysWas;

impl Format for QualysWas {
    fn about(&self) -> &'static About {
        &About {
            name: "qualys-was",
            title: "Qualys Web Application Scanning (XML)",
            records: "vulnerability elements, with that of the summary (what was gathered is counted beside them)",
            finding: "the QID",
            place: "the URL (parameters by name, without values) and the attacked parameter",
            severity: "the level 1 to 5 as info, low, medium, high, critical; information gathered is info",
            left_out: "what Qualys calls fixed, entries without a QID, numbers of the summary; all counted",
            covers: "everything of the tool: the report does not say by address where it looked",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        head.is_root("WAS_SCAN_REPORT") || head.is_root("WAS_WEBAPP_REPORT")
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.tool(TOOL);
        out.summary.count("VULNERABILITY", 0);
        out.summary.count("INFORMATION_GATHERED", 0);
        let glossary = Glossary::read(source, "QID_LIST", limits)?;
        let mut reader = Reader::open(source.open(limits)?, limits);
        reader.root()?;
        while let Some(tag) = reader.child()? {
            match tag.name.as_str() {
                "HEADER" => {
                    let node = reader.element(tag)?;
                    out.summary.observed_at = node.get("GENERATION_DATETIME").and_then(clock::time);
                }
                "RESULTS" => results(&mut reader, "", &glossary, out)?,
                "SUMMARY" => {
                    // Its numbers stand in elements of the same names.
                    let node = reader.element(tag)?;
                    let mut open = vec![&node];
                    while let Some(node) = open.pop() {
                        if matches!(node.name.as_str(), "VULNERABILITY" | "INFORMATION_GATHERED") {
                            out.summary.count(&node.name, 1);
                            out.summary.leave_out("numbers of the summary");
                        }
                        open.extend(&node.children);
                    }
                }
                "FILTERS" | "TARGET" | "GLOSSARY" | "APPENDIX" => reader.skip()?,
                _ => reader.unknown(&tag, "", out)?,
            }
        }
        reader.finish()?;
        out.summary.bytes = reader.offset();
        Ok(())
    }
}

/// Lists of entries, of one application or of several.
fn results<R: Read>(
    reader: &mut Reader<R>,
    application: &str,
    glossary: &Glossary,
    out: &mut Out<'_>,
) -> Result<(), Refusal> {
    let mut application = application.to_owned();
    while let Some(list) = reader.child()? {
        match list.name.as_str() {
            "WEB_APPLICATION" => results(reader, &application, glossary, out)?,
            "URL" => {
                let node = reader.element(list)?;
                application = clip_line(node.words().unwrap_or_default(), text::PLACE);
            }
            "VULNERABILITY_LIST" | "INFORMATION_GATHERED_LIST" | "SENSITIVE_CONTENT_LIST" => {
                while let Some(tag) = reader.child()? {
                    out.summary.count(&clip_line(&tag.name, 60), 1);
                    let node = reader.element(tag)?;
                    out.entry(reader.offset())?;
                    if node.get("STATUS").is_some_and(|s| s.eq_ignore_ascii_case("fixed")) {
                        out.summary.leave_out("findings that Qualys calls fixed");
                        continue;
                    }
                    let kind = node
                        .get("QID")
                        .and_then(|q| glossary.get(q))
                        .cloned()
                        .unwrap_or_default();
                    let record = record(&node, &application, &kind);
                    out.record_or(record, "entries without a QID", node.span.offset)?;
                }
            }
            "ID" | "NAME" | "OWNER" | "SCOPE" | "TAGS" => reader.skip()?,
            _ => reader.unknown(&list, " of the results", out)?,
        }
    }
    Ok(())
}

fn record(node: &Node, application: &str, kind: &Kind) -> Option<Record> {
    let qid = clip_line(node.get("QID")?, text::WORD);
    let informs = node.name == "INFORMATION_GATHERED";
    let parameter = clip_line(node.get("PARAM").unwrap_or_default(), text::PLACE);
    let url = node.get("URL").unwrap_or(application);
    let occurrence = place::url(url, &[&parameter]).unwrap_or_else(|| {
        let shown = clip_line(url, text::PLACE);
        let mut place = place::nowhere(&shown);
        place.key = digest(&["text", &shown, &parameter]);
        place
    });
    let mut detail = Detail::default();
    detail.add("Parameter", Some(&parameter));
    detail.add("Form", node.get("FORM_ENTRY_POINT").or_else(|| node.get("FORM_ACTION")));
    for payload in node.child("PAYLOADS").into_iter().flat_map(|p| p.all("PAYLOAD")) {
        detail.add("Payload", payload.get("PAYLOAD"));
        if let Some(request) = payload.child("REQUEST") {
            detail.add("Request", Some(&request_of(request)));
        }
        let contents = payload.child("RESPONSE").and_then(|r| r.child("CONTENTS"));
        encoded(&mut detail, "Response", contents);
    }
    encoded(&mut detail, "Data", node.child("DATA"));
    let base = Record {
        detail: detail.text(),
        suppressed: node.get("IGNORED").is_some_and(|i| i.eq_ignore_ascii_case("true")),
        observed_at: ["LAST_TIME_DETECTED", "DETECTION_DATE", "LAST_TIME_TESTED"]
            .iter()
            .find_map(|n| node.get(n).and_then(clock::time)),
        ..Record::new(TOOL, fingerprint(TOOL, VERSION, &qid), occurrence, node.span)
    };
    Some(kind.told(qid, informs, base).tidy())
}

/// A request out of its parts.
fn request_of(node: &Node) -> String {
    let mut lines = format!(
        "{} {}",
        node.get("METHOD").unwrap_or_default(),
        node.get("URL").unwrap_or_default()
    );
    for header in node.child("HEADERS").into_iter().flat_map(|h| h.all("HEADER")) {
        let (key, value) = (header.get("key"), header.get("value"));
        lines.push_str(&format!("\n{}: {}", key.unwrap_or_default(), value.unwrap_or_default()));
    }
    if let Some(body) = node.get("BODY") {
        lines.push_str(&format!("\n\n{body}"));
    }
    lines
}

fn encoded(detail: &mut Detail, label: &str, node: Option<&Node>) {
    if let Some((node, words)) = node.and_then(|n| n.words().map(|w| (n, w))) {
        if node.attr("base64") == Some("true") {
            detail.encoded(label, words);
        } else {
            detail.message(label, words.as_bytes());
        }
    }
}
