//! The JSON of Veracode's agent (`srcclr scan --json`): libraries, and vulnerabilities that point at versions of them.

use std::collections::HashMap;
use std::io::Read;

use serde::Deserialize;

use super::Item;
use crate::import::Out;
use crate::import::entries::{each_key, keys_inside, results, unknown, unknown_of};
use crate::import::head::Head;
use crate::import::json::Walker;
use crate::import::limits::{Limits, Refusal, clip_line, text};
use crate::import::loose::{self, Bag, Word, Words};
use crate::import::source::Source;

pub fn sniff(head: &Head<'_>) -> bool {
    let json = &head.json;
    json.item("records", &["libraries", "vulnerabilities"]) || json.item("records", &["graphs", "libraries"])
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("findings", 0);
    let mut libraries = Libraries::default();
    {
        let (mut walker, mut record) = (Walker::open(source.open(limits)?, limits), 0);
        let mut budget = limits.table_bytes;
        each_key(&mut walker, &mut |walker, key| match key {
            "records" => each_record(walker, &mut |walker| {
                keys_inside(walker, &mut |walker, key| match key {
                    "libraries" => libraries.read(walker, record, &mut budget),
                    _ => walker.skip(),
                })?;
                record += 1;
                Ok(())
            }),
            _ => walker.skip(),
        })?;
    }
    let mut walker = Walker::open(source.open(limits)?, limits);
    let known = &libraries;
    each_key(&mut walker, &mut |walker, key| match key {
        "records" => each_record(walker, &mut |walker| {
            keys_inside(walker, &mut |walker, key| match key {
                "vulnerabilities" => results(walker, out, "findings", &mut |walker, raw, span, out| {
                    let entry: Entry<'_> = walker.read(raw, span)?;
                    for item in entry.items(known) {
                        item.emit(span, out)?;
                    }
                    Ok(())
                }),
                "metadata" | "graphs" | "libraries" | "vulnMethods" | "unmatchedLibraries" => walker.skip(),
                other => unknown_of(walker, other, " of a record", out),
            })
        }),
        "metadata" => walker.skip(),
        other => unknown(walker, other, out),
    })?;
    out.summary.bytes = walker.offset();
    Ok(())
}

type AtRecord<'f, R> = dyn FnMut(&mut Walker<R>) -> Result<(), Refusal> + 'f;

fn each_record<R: Read>(walker: &mut Walker<R>, then: &mut AtRecord<'_, R>) -> Result<(), Refusal> {
    if !walker.enter(b'[')? {
        return walker.skip();
    }
    let mut first = true;
    while walker.next_item(&mut first)? {
        then(walker)?;
    }
    Ok(())
}

/// Name and versions of each library, by what points at it: `/records/0/libraries/4`.
#[derive(Debug, Default)]
struct Libraries(HashMap<String, (String, Vec<String>)>);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Library<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    coordinate1: Word<'a>,
    #[serde(borrow)]
    coordinate2: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    versions: Vec<Version<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Version<'a> {
    #[serde(borrow)]
    version: Word<'a>,
}

impl Libraries {
    fn read<R: Read>(&mut self, walker: &mut Walker<R>, record: usize, budget: &mut usize) -> Result<(), Refusal> {
        if !walker.enter(b'[')? {
            return walker.skip();
        }
        let (mut first, mut raw, mut n) = (true, Vec::new(), 0);
        while walker.next_item(&mut first)? {
            let span = walker.capture_table(&mut raw, budget)?;
            let library: loose::Maybe<Library<'_>> = walker.read(&raw, span)?;
            let library = library.0;
            let parts = [&library.coordinate1, &library.coordinate2];
            let parts: Vec<&str> = parts.into_iter().filter_map(Word::text).collect();
            let name = if parts.is_empty() {
                library.name.text().unwrap_or_default().to_owned()
            } else {
                parts.join(":")
            };
            let versions = library.versions.iter();
            let versions = versions.map(|v| clip_line(v.version.text().unwrap_or_default(), text::WORD));
            self.0.insert(
                format!("/records/{record}/libraries/{n}"),
                (clip_line(&name, text::WORD), versions.collect()),
            );
            n += 1;
        }
        Ok(())
    }

    /// Name and version of what a reference points at: `/records/0/libraries/4/versions/0`.
    fn get(&self, reference: &str) -> Option<(String, String)> {
        let (library, version) = reference.split_once("/versions/").unwrap_or((reference, "0"));
        let (name, versions) = self.0.get(library)?;
        let version = version.parse().ok().and_then(|n: usize| versions.get(n));
        Some((name.clone(), version.cloned().unwrap_or_default()))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow)]
    cve: Word<'a>,
    #[serde(borrow)]
    title: Word<'a>,
    #[serde(borrow)]
    overview: Word<'a>,
    #[serde(borrow)]
    language: Word<'a>,
    #[serde(borrow)]
    cvss_score: Word<'a>,
    #[serde(borrow)]
    cvss3_score: Word<'a>,
    #[serde(borrow)]
    cvss_vector: Word<'a>,
    #[serde(borrow)]
    cvss3_vector: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    libraries: Vec<Affected<'a>>,
    #[serde(borrow, rename = "_links")]
    links: Bag<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Affected<'a> {
    #[serde(borrow, deserialize_with = "loose::list")]
    details: Vec<Advice<'a>>,
    #[serde(borrow, rename = "_links")]
    links: Bag<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Advice<'a> {
    #[serde(borrow)]
    update_to_version: Word<'a>,
    #[serde(borrow)]
    fix_text: Word<'a>,
    #[serde(borrow)]
    version_range: Words<'a>,
}

impl Entry<'_> {
    /// The number of a CVE stands without its letters; what has none is called as Veracode's database does.
    fn advisory(&self) -> String {
        if let Some(cve) = self.cve.text() {
            let bare = cve.starts_with(|c: char| c.is_ascii_digit());
            return if bare { format!("CVE-{cve}") } else { cve.to_owned() };
        }
        let address = self.links.get("html").next().unwrap_or_default();
        let sid = address.split('/').find(|part| part.to_lowercase().starts_with("sid-"));
        sid.map_or_else(|| self.title.text().unwrap_or_default().to_owned(), str::to_uppercase)
    }

    /// One for each library; one alone where none is named.
    fn items(&self, known: &Libraries) -> Vec<Item> {
        let one = |affected: Option<&Affected<'_>>| {
            let reference = affected.and_then(|a| a.links.get("ref").next()).unwrap_or_default();
            let (name, version) = known.get(reference).unwrap_or((reference.to_owned(), String::new()));
            let advice = affected.and_then(|a| a.details.first());
            let update = advice.and_then(|a| a.update_to_version.text());
            let remedy = [
                update.map(|to| format!("Update {name} to {to}.")),
                advice.and_then(|a| a.fix_text.text()).map(str::to_owned),
            ];
            let score = self.cvss3_score.number().or(self.cvss_score.number());
            let mut item = Item {
                advisory: self.advisory(),
                title: self.title.text().unwrap_or_default().to_owned(),
                description: self.overview.text().unwrap_or_default().to_owned(),
                remedy: remedy.into_iter().flatten().collect::<Vec<_>>().join("\n\n"),
                score: score.filter(|s| *s > 0.0),
                cvss: [&self.cvss3_vector, &self.cvss_vector]
                    .into_iter()
                    .filter_map(|v| v.text().map(str::to_owned))
                    .collect(),
                tags: self.language.text().map(str::to_owned).into_iter().collect(),
                package: Some((name, version, String::new())),
                ..Item::default()
            };
            let ranges: Vec<&str> = advice.into_iter().flat_map(|a| a.version_range.iter()).collect();
            item.said.add("Title", self.title.text());
            item.said.add("Affected versions", Some(&ranges.join(", ")));
            item.said.add("More", self.links.get("html").next());
            item
        };
        if self.libraries.is_empty() {
            return vec![one(None)];
        }
        self.libraries.iter().map(|affected| one(Some(affected))).collect()
    }
}
