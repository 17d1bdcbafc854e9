//! Wapiti's JSON: categories by name, their entries by name. What belongs to all entries may stand before or after
//! them, so the report is read twice.

use std::collections::HashMap;
use std::io::Read;

use serde::Deserialize;

use super::entry::{Category, Entry, Infos, List, emit};
use crate::import::Out;
use crate::import::entries::{each_key, opens, unknown};
use crate::import::json::Walker;
use crate::import::limits::{Limits, Refusal, clip, clip_line, text};
use crate::import::loose::{self, Bag, Maybe, Word, Words};
use crate::import::source::Source;

type Categories = HashMap<String, Category>;

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    let (mut infos, mut categories) = (Infos::default(), Categories::new());
    {
        let mut walker = Walker::open(source.open(limits)?, limits);
        let mut budget = limits.table_bytes;
        let mut raw = Vec::new();
        each_key(&mut walker, &mut |walker, key| match key {
            "infos" => {
                let span = walker.capture(&mut raw)?;
                let bag: Bag<'_> = walker.read(&raw, span)?;
                for (name, values) in &bag.0 {
                    infos.set(name, values.iter().next().unwrap_or_default());
                }
                Ok(())
            }
            "classifications" => {
                let span = walker.capture_table(&mut raw, &mut budget)?;
                let table: Maybe<HashMap<String, Maybe<Classification<'_>>>> = walker.read(&raw, span)?;
                for (name, Maybe(of)) in table.0 {
                    categories.insert(name.clone(), of.category(&name));
                }
                Ok(())
            }
            _ => walker.skip(),
        })?;
        out.summary.bytes = walker.offset();
    }
    infos.tell(out);
    let mut walker = Walker::open(source.open(limits)?, limits);
    each_key(&mut walker, &mut |walker, key| match List::named(key) {
        Some(_) if !opens(walker, b'{', key, out)? => Ok(()),
        Some(list) => entries(walker, list, &infos, &categories, out),
        None if matches!(key, "infos" | "classifications") => walker.skip(),
        None => unknown(walker, key, out),
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Classification<'a> {
    #[serde(borrow)]
    desc: Word<'a>,
    #[serde(borrow)]
    sol: Word<'a>,
    #[serde(borrow, rename = "ref", deserialize_with = "loose::object")]
    references: Bag<'a>,
}

impl Classification<'_> {
    fn category(&self, name: &str) -> Category {
        let long = |w: &Word<'_>| clip(w.text().unwrap_or_default(), text::PARAGRAPH);
        let references = self.references.0.iter().take(text::LIST).map(|(title, address)| {
            let address = address.iter().next().unwrap_or_default();
            (clip_line(title, text::PLACE), clip_line(address, text::PLACE))
        });
        Category {
            name: clip_line(name, text::WORD),
            description: long(&self.desc),
            solution: long(&self.sol),
            references: references.collect(),
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Line<'a> {
    #[serde(borrow)]
    method: Word<'a>,
    #[serde(borrow)]
    path: Word<'a>,
    #[serde(borrow)]
    info: Word<'a>,
    #[serde(borrow)]
    level: Word<'a>,
    #[serde(borrow)]
    parameter: Word<'a>,
    #[serde(borrow)]
    module: Word<'a>,
    #[serde(borrow)]
    referer: Word<'a>,
    #[serde(borrow)]
    http_request: Word<'a>,
    #[serde(borrow)]
    curl_command: Word<'a>,
    #[serde(borrow)]
    wstg: Words<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    detail: Bag<'a>,
}

fn entries<R: Read>(
    walker: &mut Walker<R>,
    list: List,
    infos: &Infos,
    categories: &Categories,
    out: &mut Out<'_>,
) -> Result<(), Refusal> {
    if !walker.enter(b'{')? {
        return walker.skip();
    }
    if matches!(list, List::Vulnerabilities) {
        out.list();
    }
    let mut raw = Vec::new();
    let mut first = true;
    while let Some(name) = walker.next_key(&mut first)? {
        let bare = Category {
            name: clip_line(&name, text::WORD),
            ..Category::default()
        };
        let category = categories.get(&name).unwrap_or(&bare);
        if !opens(walker, b'[', &name, out)? || !walker.enter(b'[')? {
            continue;
        }
        let mut start = true;
        while walker.next_item(&mut start)? {
            let object = walker.peek()? == Some(b'{');
            let span = walker.capture(&mut raw)?;
            if !object {
                out.entry(walker.offset())?;
                out.unreadable("entries that are no objects", span.offset);
                continue;
            }
            let line: Line<'_> = walker.read(&raw, span)?;
            let get = |w: &Word<'_>| w.text().unwrap_or_default().to_owned();
            let entry = Entry {
                method: get(&line.method),
                path: get(&line.path),
                info: get(&line.info),
                level: get(&line.level),
                parameter: get(&line.parameter),
                module: get(&line.module),
                referer: get(&line.referer),
                request: get(&line.http_request),
                response: line.detail.get("response").collect::<Vec<_>>().join("\n"),
                curl: get(&line.curl_command),
                wstg: line.wstg.iter().map(str::to_owned).collect(),
            };
            emit(list, infos, category, &entry, (span, walker.offset()), out)?;
        }
    }
    Ok(())
}
