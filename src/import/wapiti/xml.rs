//! Wapiti's XML: categories with their description, each with its entries. The head of the report stands first. Before
//! version 2.3 the categories are types of bugs, described behind their bugs, and nothing says what the target was.

use std::io::Read;

use super::entry::{Category, Entry, Infos, List, emit};
use crate::import::Out;
use crate::import::limits::{Limits, Refusal, clip, clip_line, text};
use crate::import::source::Source;
use crate::import::xml::{Node, Reader};

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    let mut reader = Reader::open(source.open(limits)?, limits);
    reader.root()?;
    let mut infos = Infos::default();
    while let Some(tag) = reader.child()? {
        if tag.name == "report_infos" {
            let node = reader.element(tag)?;
            for info in node.all("info") {
                infos.set(info.attr("name").unwrap_or_default(), info.words().unwrap_or_default());
            }
            continue;
        }
        if tag.name == "bugTypeList" {
            while let Some(tag) = reader.child()? {
                let node = reader.element(tag)?;
                bugs(&node, &infos, reader.offset(), out)?;
            }
            continue;
        }
        if tag.name == "generatedBy" {
            infos.set("version", tag.attr("id").unwrap_or_default());
        }
        let Some(list) = List::named(&tag.name) else {
            if tag.name == "generatedBy" {
                reader.skip()?;
            } else {
                reader.unknown(&tag, "", out)?;
            }
            continue;
        };
        while let Some(tag) = reader.child()? {
            let name = tag.attr("name").unwrap_or_default().to_owned();
            category(&mut reader, &name, list, &infos, out)?;
        }
    }
    reader.finish()?;
    infos.tell(out);
    out.summary.bytes = reader.offset();
    Ok(())
}

/// One category: what it says stands before its entries.
fn category<R: Read>(
    reader: &mut Reader<R>,
    name: &str,
    list: List,
    infos: &Infos,
    out: &mut Out<'_>,
) -> Result<(), Refusal> {
    let mut category = Category {
        name: clip_line(name, text::WORD),
        ..Category::default()
    };
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "description" => category.description = said(&reader.element(tag)?),
            "solution" => category.solution = said(&reader.element(tag)?),
            "references" => category.references = references(&reader.element(tag)?),
            "entries" => {
                while let Some(tag) = reader.child()? {
                    let node = reader.element(tag)?;
                    emit(list, infos, &category, &entry(&node), (node.span, reader.offset()), out)?;
                }
            }
            _ => reader.unknown(&tag, " of a category", out)?,
        }
    }
    Ok(())
}

fn references(node: &Node) -> Vec<(String, String)> {
    let listed = node.all("reference").take(text::LIST).map(|reference| {
        let get = |name: &str| clip_line(reference.get(name).unwrap_or_default(), text::PLACE);
        (get("title"), get("url"))
    });
    listed.collect()
}

/// A type of bugs before version 2.3. Its levels count the other way: 1 is the worst of three.
fn bugs(kind: &Node, infos: &Infos, offset: u64, out: &mut Out<'_>) -> Result<(), Refusal> {
    let category = Category {
        name: clip_line(kind.attr("name").unwrap_or_default(), text::WORD),
        description: kind.child("description").map(said).unwrap_or_default(),
        solution: kind.child("solution").map(said).unwrap_or_default(),
        references: kind.child("references").map(references).unwrap_or_default(),
    };
    kind.strange(
        &["bugList", "description", "solution", "references"],
        " of a category",
        out,
    );
    for list in kind.all("bugList") {
        list.strange(&["bug"], " among bugs", out);
    }
    let list = kind.child("bugList").into_iter().flat_map(|list| list.all("bug"));
    for bug in list {
        let get = |name: &str| bug.get(name).unwrap_or_default().to_owned();
        let level = match bug.attr("level").unwrap_or_default() {
            "1" => "high",
            "2" => "medium",
            "3" => "low",
            other => other,
        };
        let entry = Entry {
            path: get("url"),
            info: get("info"),
            level: level.to_owned(),
            parameter: get("parameter"),
            ..Entry::default()
        };
        emit(List::Vulnerabilities, infos, &category, &entry, (bug.span, offset), out)?;
    }
    Ok(())
}

fn said(node: &Node) -> String {
    clip(node.words().unwrap_or_default(), text::PARAGRAPH)
}

fn entry(node: &Node) -> Entry {
    let get = |name: &str| node.get(name).unwrap_or_default().to_owned();
    Entry {
        method: get("method"),
        path: get("path"),
        info: get("info"),
        // Wapiti 2 has the level as an attribute.
        level: node
            .get("level")
            .or_else(|| node.attr("level"))
            .unwrap_or_default()
            .to_owned(),
        parameter: get("parameter"),
        module: get("module"),
        referer: get("referer"),
        request: get("http_request"),
        response: node
            .child("detail")
            .and_then(|d| d.get("response"))
            .unwrap_or_default()
            .to_owned(),
        curl: get("curl_command"),
        wstg: node
            .child("wstg")
            .map(|w| w.each("code").map(str::to_owned).collect())
            .unwrap_or_default(),
    }
}
