//! Dastardly's JUnit file: a suite per visited URL, a failure per issue whose text has headings.

use super::{Issue, names};
use crate::import::Out;
use crate::import::head::Head;
use crate::import::limits::{Limits, Refusal};
use crate::import::source::Source;
use crate::import::xml::{Node, Reader};

/// The headings of a failure's text.
const HEADINGS: [&str; 11] = [
    "Issue Detail",
    "Issue Background",
    "Issue Description",
    "Remediation Detail",
    "Remediation Background",
    "Issue Remediation",
    "References",
    "Vulnerability Classifications",
    "Evidence",
    "Request",
    "Response",
];

pub fn sniff(head: &Head<'_>) -> bool {
    head.is_root("testsuites")
        && head
            .root
            .as_ref()
            .and_then(|r| r.attr("name"))
            .is_some_and(|n| n.contains("Dastardly") || n.contains("Burp"))
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("failure", 0);
    let mut reader = Reader::open(source.open(limits)?, limits).with_declarations();
    reader.root()?;
    while let Some(tag) = reader.child()? {
        if tag.name != "testsuite" {
            reader.unknown(&tag, "", out)?;
            continue;
        }
        let visited = tag.attr("name").unwrap_or_default().to_owned();
        if let Some(at) = names::Target::parse(&visited) {
            out.cover(at.origin());
        }
        while let Some(tag) = reader.child()? {
            if tag.name != "testcase" {
                reader.unknown(&tag, " of a suite", out)?;
                continue;
            }
            let name = tag.attr("name").unwrap_or_default().to_owned();
            let case = reader.element(tag)?;
            if case.child("failure").is_none() {
                out.summary.leave_out("test cases without a failure");
                case.strange(
                    &["system-out", "system-err", "skipped", "properties"],
                    " of a test case",
                    out,
                );
            }
            for failure in case.all("failure") {
                out.summary.count("failure", 1);
                out.entry(reader.offset())?;
                let issue = issue(&name, &visited, failure);
                out.record_or(issue.record(failure.span), "issues without a name", failure.span.offset)?;
            }
        }
    }
    reader.finish()?;
    out.summary.bytes = reader.offset();
    Ok(())
}

fn issue(name: &str, visited: &str, failure: &Node) -> Issue {
    let mut issue = Issue {
        name: name.to_owned(),
        severity: failure.attr("type").unwrap_or_default().to_owned(),
        ..Issue::default()
    };
    let mut under = "";
    for line in failure.text.lines() {
        let bare = line.trim().trim_end_matches(':');
        if let Some(heading) = HEADINGS.iter().find(|h| h.eq_ignore_ascii_case(bare)) {
            under = heading;
            continue;
        }
        let field = match under {
            "" => {
                let (label, value) = line.split_once(':').unwrap_or_default();
                match label.trim() {
                    "Confidence" => value.trim().clone_into(&mut issue.confidence),
                    "Host" => value.trim().clone_into(&mut issue.origin),
                    "Path" => value.trim().clone_into(&mut issue.path),
                    "Severity" if issue.severity.is_empty() => value.trim().clone_into(&mut issue.severity),
                    _ => {}
                }
                continue;
            }
            "Issue Detail" => &mut issue.said,
            "Issue Background" | "Issue Description" => &mut issue.background,
            "Remediation Detail" => &mut issue.remediation_said,
            "References" => &mut issue.references,
            "Vulnerability Classifications" => &mut issue.classifications,
            "Evidence" | "Request" | "Response" => continue,
            _ => &mut issue.remediation,
        };
        field.push_str(line);
        field.push('\n');
    }
    for (from, to, label) in [("Request", "Response", "Request"), ("Response", "", "Response")] {
        if let Some(text) = section(&failure.text, from, to) {
            issue.messages.message(label, text.as_bytes());
        }
    }
    // The texts are plain: what looks like a tag in them is a payload.
    for field in [
        &mut issue.said,
        &mut issue.background,
        &mut issue.remediation,
        &mut issue.remediation_said,
    ] {
        *field = escape(field);
    }
    if issue.origin.is_empty() {
        visited.clone_into(&mut issue.origin);
    }
    issue
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('\n', "<br>")
}

/// The lines below a heading, up to another.
fn section<'t>(text: &'t str, from: &str, to: &str) -> Option<&'t str> {
    let heading = |name: &str, text: &'t str| {
        let mut at = 0;
        text.split_inclusive('\n').find_map(|line| {
            let start = at;
            at += line.len();
            let found = !name.is_empty() && line.trim().trim_end_matches(':').eq_ignore_ascii_case(name);
            found.then_some((start, at))
        })
    };
    let (_, begin) = heading(from, text)?;
    let rest = &text[begin..];
    let end = heading(to, rest).map_or(rest.len(), |(start, _)| start);
    Some(rest[..end].trim()).filter(|t| !t.is_empty())
}
