//! The XML of `CxSAST`: queries with their results.

use std::io::Read;

use super::{Item, Step, cwe};
use crate::domain::time::Time;
use crate::import::limits::{Kind, Limits, Refusal, clip_line, text};
use crate::import::source::Source;
use crate::import::xml::{Node, Reader, Tag};
use crate::import::{Out, clock};

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("Query", 0);
    out.summary.count("Result", 0);
    let mut reader = Reader::open(source.open(limits)?, limits);
    let root = reader.root()?;
    if !root.name.eq_ignore_ascii_case("CxXMLResults") {
        return Err(reader.refuse(
            Kind::Malformed,
            "the root of Checkmarx' XML is CxXMLResults; this is something else",
        ));
    }
    let scanned = root.attr("ScanStart").and_then(clock::time);
    out.summary.observed_at = scanned;
    while let Some(tag) = reader.child()? {
        if tag.name == "Query" {
            out.summary.count("Query", 1);
            query(&mut reader, &tag, scanned, out)?;
        } else {
            reader.unknown(&tag, "", out)?;
        }
    }
    reader.finish()?;
    out.summary.bytes = reader.offset();
    Ok(())
}

fn query<R: Read>(
    reader: &mut Reader<R>,
    query: &Tag,
    scanned: Option<Time>,
    out: &mut Out<'_>,
) -> Result<(), Refusal> {
    while let Some(tag) = reader.child()? {
        if tag.name != "Result" {
            reader.unknown(&tag, " of a query", out)?;
            continue;
        }
        out.summary.count("Result", 1);
        let node = reader.element(tag)?;
        out.entry(reader.offset())?;
        item(&node, query, scanned).emit(node.span, out)?;
    }
    Ok(())
}

fn item(node: &Node, query: &Tag, scanned: Option<Time>) -> Item {
    let of_query = |name: &str| query.attr(name).unwrap_or_default().to_owned();
    let own = |name: &str| node.attr(name).unwrap_or_default().to_owned();
    let path = node.child("Path");
    let mut steps: Vec<Step> = path.into_iter().flat_map(|p| p.all("PathNode")).map(step).collect();
    if steps.is_empty() {
        steps.push(Step {
            file: own("FileName"),
            line: own("Line").parse().ok(),
            column: own("Column").parse().ok(),
            ..Step::default()
        });
    }
    Item {
        query: of_query("name"),
        query_id: of_query("id"),
        group: of_query("group"),
        severity: node
            .attr("Severity")
            .or_else(|| query.attr("Severity"))
            .unwrap_or_default()
            .to_owned(),
        state: own("Status"),
        // State 1 is "not exploitable".
        suppressed: own("FalsePositive").eq_ignore_ascii_case("true") || own("state") == "1",
        similarity: path.and_then(|p| p.attr("SimilarityId")).unwrap_or_default().to_owned(),
        steps,
        description: of_query("categories").replace(';', ": ").replace(',', "\n"),
        remark: own("Remark"),
        cwe: cwe(&of_query("cweId")),
        references: vec![clip_line(&own("DeepLink"), text::PLACE)],
        observed_at: scanned,
        ..Item::default()
    }
}

fn step(node: &Node) -> Step {
    let get = |name: &str| node.get(name).unwrap_or_default().to_owned();
    let snippet = node.child("Snippet");
    let lines = snippet.into_iter().flat_map(|s| s.all("Line"));
    Step {
        file: get("FileName"),
        line: get("Line").parse().ok(),
        column: get("Column").parse().ok(),
        name: get("Name"),
        code: lines.filter_map(|l| l.get("Code")).collect::<Vec<_>>().join("\n"),
    }
}
