//! The JSON form.

use std::io::Read;

use serde::Deserialize;

use super::entry::{Component, Components, Document, Rating, Vulnerability};
use crate::import::Out;
use crate::import::entries::{each_key, results, unknown};
use crate::import::json::Walker;
use crate::import::limits::{Limits, Refusal, clip_line, text};
use crate::import::loose::{self, Maybe, Word, Words};
use crate::import::record::Span;
use crate::import::source::Source;

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    for what in ["components", "vulnerabilities", "affects"] {
        out.summary.count(what, 0);
    }
    let (mut document, mut table) = (Document::default(), Components::new(limits));
    {
        let mut walker = Walker::open(source.open(limits)?, limits);
        each_key(&mut walker, &mut |walker, key| match key {
            "metadata" => {
                let mut raw = Vec::new();
                let span = walker.capture(&mut raw)?;
                let of: Maybe<Metadata<'_>> = walker.read(&raw, span)?;
                document = of.0.document();
                table.push(of.0.component.component()).map(drop)
            }
            "components" => components(walker, &mut table, out),
            _ => walker.skip(),
        })?;
        out.summary.bytes = walker.offset();
    }
    document.tell(out);
    let mut walker = Walker::open(source.open(limits)?, limits);
    each_key(&mut walker, &mut |walker, key| match key {
        "vulnerabilities" => results(walker, out, "vulnerabilities", &mut |walker, raw, span, out| {
            let entry: Entry<'_> = walker.read(raw, span)?;
            out.summary.count("affects", entry.affects.len() as u64);
            entry.vulnerability(span).emit(&document, &table, None, out)
        }),
        "bomFormat" | "specVersion" | "serialNumber" | "version" | "metadata" | "components" | "services"
        | "externalReferences" | "dependencies" | "compositions" | "properties" | "annotations" | "formulation"
        | "declarations" | "definitions" | "citations" | "signature" | "$schema" => walker.skip(),
        other => unknown(walker, other, out),
    })
}

/// Components, and those inside them.
fn components<R: Read>(walker: &mut Walker<R>, table: &mut Components, out: &mut Out<'_>) -> Result<(), Refusal> {
    if !walker.enter(b'[')? {
        return walker.skip();
    }
    let (mut first, mut raw) = (true, Vec::new());
    while walker.next_item(&mut first)? {
        if !walker.enter(b'{')? {
            out.summary.leave_out("components that are no objects");
            walker.skip()?;
            continue;
        }
        out.summary.count("components", 1);
        out.progress(walker.offset())?;
        let (mut start, mut component) = (true, Component::default());
        while let Some(key) = walker.next_key(&mut start)? {
            match key.as_str() {
                "bom-ref" | "group" | "name" | "version" | "purl" => {
                    let span = walker.capture(&mut raw)?;
                    let word: Word<'_> = walker.read(&raw, span)?;
                    component.set(&key, word.text().unwrap_or_default());
                }
                "components" => components(walker, table, out)?,
                _ => walker.skip()?,
            }
        }
        table.push(component).map_err(|r| walker.refuse(r.kind, r.reason))?;
    }
    Ok(())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata<'a> {
    #[serde(borrow)]
    timestamp: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    tools: Vec<Tool<'a>>,
    #[serde(borrow, deserialize_with = "loose::object")]
    component: Part<'a>,
}

/// A tool; or, since version 1.5, all of them as components.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tool<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    version: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    components: Vec<Part<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Part<'a> {
    #[serde(borrow, rename = "type")]
    kind: Word<'a>,
    #[serde(borrow, rename = "bom-ref")]
    reference: Word<'a>,
    #[serde(borrow)]
    group: Word<'a>,
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    version: Word<'a>,
    #[serde(borrow)]
    purl: Word<'a>,
}

impl Part<'_> {
    fn component(&self) -> Component {
        let mut component = Component::default();
        for (key, word) in [
            ("bom-ref", &self.reference),
            ("group", &self.group),
            ("name", &self.name),
            ("version", &self.version),
            ("purl", &self.purl),
        ] {
            component.set(key, word.text().unwrap_or_default());
        }
        component
    }
}

impl Metadata<'_> {
    fn document(&self) -> Document {
        let get = |w: Option<&Word<'_>>| clip_line(w.and_then(Word::text).unwrap_or_default(), text::PLACE);
        let named = self.tools.first().filter(|t| t.name.text().is_some());
        let part = self.tools.first().and_then(|t| t.components.first());
        Document {
            made_by: get(named.map(|t| &t.name).or(part.map(|p| &p.name))),
            made_by_version: get(named.map(|t| &t.version).or(part.map(|p| &p.version))),
            subject: get(Some(&self.component.name)),
            is_image: self.component.kind.text() == Some("container"),
            time: get(Some(&self.timestamp)),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    source: Origin<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    references: Vec<Reference<'a>>,
    #[serde(borrow, deserialize_with = "loose::list")]
    ratings: Vec<Rated<'a>>,
    #[serde(borrow)]
    cwes: Words<'a>,
    #[serde(borrow)]
    description: Word<'a>,
    #[serde(borrow)]
    detail: Word<'a>,
    #[serde(borrow)]
    recommendation: Word<'a>,
    #[serde(borrow)]
    workaround: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    advisories: Vec<Origin<'a>>,
    #[serde(borrow, deserialize_with = "loose::object")]
    analysis: Analysis<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    affects: Vec<Affects<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Origin<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    url: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Reference<'a> {
    #[serde(borrow)]
    id: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Rated<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    source: Origin<'a>,
    #[serde(borrow)]
    score: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    method: Word<'a>,
    #[serde(borrow)]
    vector: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Analysis<'a> {
    #[serde(borrow)]
    state: Word<'a>,
    #[serde(borrow)]
    justification: Word<'a>,
    #[serde(borrow)]
    response: Words<'a>,
    #[serde(borrow)]
    detail: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Affects<'a> {
    #[serde(borrow, rename = "ref")]
    reference: Word<'a>,
}

impl Entry<'_> {
    fn vulnerability(&self, span: Span) -> Vulnerability {
        let get = |w: &Word<'_>| w.text().unwrap_or_default().to_owned();
        let said = [&self.recommendation, &self.workaround];
        let said: Vec<&str> = said.into_iter().filter_map(Word::text).collect();
        Vulnerability {
            id: get(&self.id),
            source: get(&self.source.name),
            address: get(&self.source.url),
            aliases: self.references.iter().map(|r| get(&r.id)).collect(),
            ratings: self
                .ratings
                .iter()
                .map(|r| Rating {
                    source: get(&r.source.name),
                    score: r.score.number(),
                    severity: get(&r.severity),
                    method: get(&r.method),
                    vector: get(&r.vector),
                })
                .collect(),
            cwe: self.cwes.iter().map(str::to_owned).collect(),
            description: get(&self.description),
            more: get(&self.detail),
            recommendation: said.join("\n\n"),
            advisories: self.advisories.iter().map(|a| get(&a.url)).collect(),
            state: get(&self.analysis.state),
            justification: get(&self.analysis.justification),
            response: self.analysis.response.iter().map(str::to_owned).collect(),
            analysis: get(&self.analysis.detail),
            affects: self
                .affects
                .iter()
                .map(|a| get(&a.reference))
                .filter(|r| !r.is_empty())
                .collect(),
            span,
        }
    }
}
