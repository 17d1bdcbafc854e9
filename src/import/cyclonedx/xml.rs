//! The XML form. In version 1.2 vulnerabilities stand inside the component they affect.

use std::io::Read;

use super::entry::{Component, Components, Document, Rating, Vulnerability};
use crate::import::Out;
use crate::import::limits::{Limits, Refusal, clip_line, text};
use crate::import::source::Source;
use crate::import::xml::{Node, Reader, Tag};

/// Which walk it is: the first gathers what the second refers to.
enum Pass<'p, 'o> {
    Components(&'p mut Document, &'p mut Components, &'p mut Out<'o>),
    Vulnerabilities(&'p Document, &'p Components, usize, &'p mut Out<'o>),
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    for what in ["component", "vulnerability"] {
        out.summary.count(what, 0);
    }
    let (mut document, mut table) = (Document::default(), Components::new(limits));
    {
        let mut reader = Reader::open(source.open(limits)?, limits);
        walk(&mut reader, &mut Pass::Components(&mut document, &mut table, out))?;
        out.summary.bytes = reader.offset();
    }
    document.tell(out);
    let mut reader = Reader::open(source.open(limits)?, limits);
    walk(&mut reader, &mut Pass::Vulnerabilities(&document, &table, 0, out))
}

fn walk<R: Read>(reader: &mut Reader<R>, pass: &mut Pass<'_, '_>) -> Result<(), Refusal> {
    reader.root()?;
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "metadata" => metadata(reader, tag, pass)?,
            "components" => components(reader, pass)?,
            "vulnerabilities" => vulnerabilities(reader, None, pass)?,
            "services" | "externalReferences" | "dependencies" | "compositions" | "properties" | "annotations"
            | "formulation" | "citations" | "declarations" | "definitions" | "Signature" => reader.skip()?,
            _ => {
                if let Pass::Vulnerabilities(_, _, _, out) = pass {
                    reader.unknown(&tag, "", out)?;
                } else {
                    reader.skip()?;
                }
            }
        }
    }
    reader.finish()
}

fn metadata<R: Read>(reader: &mut Reader<R>, tag: Tag, pass: &mut Pass<'_, '_>) -> Result<(), Refusal> {
    let (document, table, out) = match pass {
        Pass::Components(document, table, out) => (document, table, out),
        Pass::Vulnerabilities(_, _, next, _) => {
            // The subject is one of the components.
            *next += 1;
            return reader.skip();
        }
    };
    let node = reader.element(tag)?;
    out.summary.count("component", named(&node, "component"));
    let get =
        |node: Option<&Node>, name: &str| clip_line(node.and_then(|n| n.get(name)).unwrap_or_default(), text::PLACE);
    let tools = node.child("tools");
    let tool = tools.and_then(|t| t.child("tool").or_else(|| t.child("components")?.child("component")));
    let subject = node.child("component");
    **document = Document {
        made_by: get(tool, "name"),
        made_by_version: get(tool, "version"),
        subject: get(subject, "name"),
        is_image: subject.and_then(|s| s.attr("type")) == Some("container"),
        time: get(Some(&node), "timestamp"),
    };
    let mut component = Component::default();
    component.set("bom-ref", subject.and_then(|s| s.attr("bom-ref")).unwrap_or_default());
    for key in ["group", "name", "version", "purl"] {
        component.set(key, &get(subject, key));
    }
    table.push(component).map(drop)
}

/// How many elements of a name are in a tree.
fn named(node: &Node, name: &str) -> u64 {
    node.children
        .iter()
        .map(|c| u64::from(c.name == name) + named(c, name))
        .sum()
}

fn components<R: Read>(reader: &mut Reader<R>, pass: &mut Pass<'_, '_>) -> Result<(), Refusal> {
    while let Some(tag) = reader.child()? {
        if tag.name != "component" {
            match pass {
                Pass::Vulnerabilities(_, _, _, out) => reader.unknown(&tag, " among components", out)?,
                Pass::Components(..) => reader.skip()?,
            }
            continue;
        }
        component(reader, &tag, pass)?;
    }
    Ok(())
}

/// The text of the element whose tag was returned last.
fn words<R: Read>(reader: &mut Reader<R>, tag: Tag) -> Result<String, Refusal> {
    Ok(reader.element(tag)?.words().unwrap_or_default().to_owned())
}

fn component<R: Read>(reader: &mut Reader<R>, tag: &Tag, pass: &mut Pass<'_, '_>) -> Result<(), Refusal> {
    // Its number is taken before those inside it take theirs, in both walks.
    let me = match pass {
        Pass::Components(_, table, out) => {
            out.summary.count("component", 1);
            out.progress(reader.offset())?;
            table
                .push(Component::default())
                .map_err(|r| reader.refuse(r.kind, r.reason))?
        }
        Pass::Vulnerabilities(_, _, next, _) => {
            *next += 1;
            *next - 1
        }
    };
    let mut read = Component::default();
    read.set("bom-ref", tag.attr("bom-ref").unwrap_or_default());
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "group" | "name" | "version" | "purl" => {
                let name = tag.name.clone();
                let value = words(reader, tag)?;
                read.set(&name, &value);
            }
            "components" => components(reader, pass)?,
            "vulnerabilities" => vulnerabilities(reader, Some(me), pass)?,
            _ => reader.skip()?,
        }
    }
    if let Pass::Components(_, table, _) = pass {
        table.fill(me, read).map_err(|r| reader.refuse(r.kind, r.reason))?;
    }
    Ok(())
}

fn vulnerabilities<R: Read>(
    reader: &mut Reader<R>,
    inside: Option<usize>,
    pass: &mut Pass<'_, '_>,
) -> Result<(), Refusal> {
    let Pass::Vulnerabilities(document, table, _, out) = pass else {
        return reader.skip();
    };
    while let Some(tag) = reader.child()? {
        if tag.name != "vulnerability" {
            reader.unknown(&tag, "", out)?;
            continue;
        }
        let node = reader.element(tag)?;
        out.summary.count("vulnerability", 1);
        out.entry(reader.offset())?;
        vulnerability(&node).emit(document, table, inside, out)?;
    }
    Ok(())
}

fn vulnerability(node: &Node) -> Vulnerability {
    let get = |node: Option<&Node>, name: &str| node.and_then(|n| n.get(name)).unwrap_or_default().to_owned();
    let inner = |list: &str, item: &str| -> Vec<Node> { node.all(list).flat_map(|l| l.all(item)).cloned().collect() };
    let (source, analysis) = (node.child("source"), node.child("analysis"));
    let named = source.and_then(|s| s.attr("name")).map(str::to_owned);
    let more = [node.get("recommendation"), node.get("workaround")];
    // The extension of version 1.2 has one recommendation after another, and addresses as advisories' own text.
    let listed: Vec<Node> = inner("recommendations", "recommendation");
    let more = more.into_iter().flatten().chain(listed.iter().filter_map(Node::words));
    let advisories = inner("advisories", "advisory");
    let responses = analysis.and_then(|a| a.child("responses"));
    Vulnerability {
        id: get(Some(node), "id"),
        source: named.unwrap_or_else(|| get(source, "name")),
        address: get(source, "url"),
        aliases: inner("references", "reference")
            .iter()
            .map(|r| get(Some(r), "id"))
            .collect(),
        ratings: inner("ratings", "rating").iter().map(rating).collect(),
        cwe: node
            .all("cwes")
            .flat_map(|l| l.each("cwe"))
            .map(str::to_owned)
            .collect(),
        description: get(Some(node), "description"),
        more: get(Some(node), "detail"),
        recommendation: more.collect::<Vec<_>>().join("\n\n"),
        advisories: advisories
            .iter()
            .filter_map(|a| a.get("url").or_else(|| a.words()))
            .map(str::to_owned)
            .collect(),
        state: get(analysis, "state"),
        justification: get(analysis, "justification"),
        response: responses
            .map(|r| r.each("response").map(str::to_owned).collect())
            .unwrap_or_default(),
        analysis: get(analysis, "detail"),
        affects: inner("affects", "target")
            .iter()
            .filter_map(|t| t.get("ref"))
            .map(str::to_owned)
            .collect(),
        span: node.span,
    }
}

fn rating(node: &Node) -> Rating {
    let get = |name: &str| node.get(name).unwrap_or_default().to_owned();
    let score = node.get("score").or_else(|| node.child("score")?.get("base"));
    Rating {
        source: node
            .child("source")
            .and_then(|s| s.get("name"))
            .unwrap_or_default()
            .to_owned(),
        score: score.and_then(|s| s.parse().ok()),
        severity: get("severity"),
        method: get("method"),
        vector: get("vector"),
    }
}
