//! The issues XML of Burp Suite Professional.

use super::Issue;
use crate::import::detail::Detail;
use crate::import::head::Head;
use crate::import::limits::{Kind, Limits, Refusal};
use crate::import::source::Source;
use crate::import::xml::{Node, Reader};
use crate::import::{Out, clock};

pub fn sniff(head: &Head<'_>) -> bool {
    head.is_root("issues")
        && (head.root.as_ref().is_some_and(|r| r.attr("burpVersion").is_some()) || head.has_inside("serialNumber"))
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("issue", 0);
    // Burp declares its own elements in every report.
    let mut reader = Reader::open(source.open(limits)?, limits).with_declarations();
    let root = reader.root()?;
    if !root.name.eq_ignore_ascii_case("issues") {
        return Err(reader.refuse(
            Kind::Malformed,
            "the root of Burp's XML is issues; this is something else",
        ));
    }
    let version = root.attr("burpVersion").map(str::to_owned);
    let observed_at = root.attr("exportTime").and_then(clock::time);
    out.summary.observed_at = observed_at;
    while let Some(tag) = reader.child()? {
        if tag.name != "issue" {
            reader.unknown(&tag, "", out)?;
            continue;
        }
        out.summary.count("issue", 1);
        let node = reader.element(tag)?;
        out.entry(reader.offset())?;
        let issue = Issue {
            version: version.clone(),
            observed_at,
            ..issue(&node)
        };
        out.record_or(issue.record(node.span), "issues without a name", node.span.offset)?;
    }
    reader.finish()?;
    out.summary.bytes = reader.offset();
    Ok(())
}

fn issue(node: &Node) -> Issue {
    let get = |name: &str| node.get(name).unwrap_or_default().to_owned();
    let host = node.child("host");
    let mut messages = Detail::default();
    if let Some(items) = node.child("issueDetailItems") {
        for item in items.each("issueDetailItem") {
            messages.add("Item", Some(&super::plain(item)));
        }
    }
    for pair in node.all("requestresponse") {
        for (name, label) in [("request", "Request"), ("response", "Response")] {
            message(&mut messages, label, pair.child(name));
        }
    }
    for event in node.all("collaboratorEvent") {
        let said = ["interactionType", "originIp", "time", "lookupType", "lookupHost"]
            .iter()
            .filter_map(|name| event.get(name))
            .collect::<Vec<_>>();
        messages.add("Collaborator event", Some(&said.join(", ")));
        for pair in event.all("requestresponse") {
            message(&mut messages, "Request to the collaborator", pair.child("request"));
        }
    }
    for (name, label) in [
        ("staticAnalysis", "Static analysis"),
        ("dynamicAnalysis", "Dynamic analysis"),
        ("infiltratorEvent", "Infiltrator event"),
    ] {
        for analysis in node.all(name) {
            let said = analysis
                .children
                .iter()
                .filter_map(|c| c.words().map(|w| format!("{}: {w}", c.name)))
                .collect::<Vec<_>>();
            messages.add(label, Some(&said.join("\n")));
        }
    }
    Issue {
        name: get("name"),
        kind: get("type"),
        origin: host.and_then(Node::words).unwrap_or_default().to_owned(),
        ip: host.and_then(|h| h.attr("ip")).unwrap_or_default().to_owned(),
        path: get("path"),
        caption: get("location"),
        severity: get("severity"),
        confidence: get("confidence"),
        background: get("issueBackground"),
        said: get("issueDetail"),
        remediation: get("remediationBackground"),
        remediation_said: get("remediationDetail"),
        references: get("references"),
        classifications: get("vulnerabilityClassifications"),
        messages,
        ..Issue::default()
    }
}

fn message(messages: &mut Detail, label: &str, node: Option<&Node>) {
    let Some((node, words)) = node.and_then(|n| n.words().map(|w| (n, w))) else {
        return;
    };
    if node.attr("base64").is_some_and(|b| b.eq_ignore_ascii_case("true")) {
        messages.encoded(label, words);
    } else {
        messages.message(label, words.as_bytes());
    }
}
