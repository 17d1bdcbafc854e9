//! Nikto: XML, JSON and CSV, versions 2.1 to 2.5.
//!
//! - **A finding** is the test's id and what it says, without long numbers: one test says several things
//!   (`Uncommon header 'x'`), and sizes and ETags change from run to run.
//! - **A place** is the URL and the method.
//! - **Severity**: Nikto states none: info; medium where it names an entry of OSVDB, the list of vulnerabilities that was.
//! - The report covers the hosts it names, with or without items.

use std::io::Read;

use serde::Deserialize;

use super::detail::Detail;
use super::entries::{keys_inside, results};
use super::head::Head;
use super::json::Walker;
use super::limits::{Limits, Refusal, clip_line, text};
use super::loose::{Word, Words};
use super::record::{Fingerprint, Record, Span, digest};
use super::source::Source;
use super::table::Table;
use super::xml::{Node, Reader, Tag};
use super::{About, Format, Out, clock, names, place};
use crate::domain::severity::Severity;
use crate::domain::time::Time;

const TOOL: &str = "nikto";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Nikto;

impl Format for Nikto {
    fn about(&self) -> &'static About {
        &About {
            name: "nikto",
            title: "Nikto (XML, JSON, CSV)",
            records: "items of the XML, vulnerabilities of the JSON, rows of the CSV",
            finding: "the test's id and what it says, without long numbers (sizes, ETags)",
            place: "the URL and the method",
            severity: "Nikto states none: info; medium where it names an entry of OSVDB",
            left_out: "items that say nothing; errors of the scan; rows of the CSV that only name a host; all counted",
            covers: "the hosts the report names",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let json = &head.json;
        head.is_root("niktoscan")
            || json.item("vulnerabilities", &["method", "msg"])
            || (["host", "ip", "port", "banner", "vulnerabilities"]
                .iter()
                .all(|k| json.has(k)))
            || head.columns.first().is_some_and(|c| c.starts_with("nikto - v"))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.tool(TOOL);
        match source.first_byte(limits)? {
            Some(b'<') => xml(source, limits, out),
            Some(b'{' | b'[') => json(source, limits, out),
            _ => rows(source, limits, out),
        }
    }
}

/// What is true of all items of a host.
#[derive(Debug, Clone, Default)]
struct Host {
    name: String,
    ip: String,
    port: String,
    /// The address of the site, where the report has it.
    site: String,
    version: Option<String>,
    observed_at: Option<Time>,
}

impl Host {
    fn url(&self, path: &str) -> String {
        let site = if self.site.is_empty() {
            let name = if self.name.is_empty() { &self.ip } else { &self.name };
            let scheme = if self.port == "443" { "https" } else { "http" };
            let mut target = names::Target::parse(name).unwrap_or_default();
            target.scheme = Some(scheme.to_owned());
            target.port = self.port.parse().ok().or(target.port);
            target.origin()
        } else {
            self.site.clone()
        };
        format!("{}/{}", site.trim_end_matches('/'), path.trim_start_matches('/'))
    }

    fn cover(&self, out: &mut Out<'_>) {
        let from = [&self.site, &self.name, &self.ip].into_iter().find(|t| !t.is_empty());
        if let Some(target) = from.and_then(|t| names::Target::parse(t)) {
            out.cover(target.host);
        }
        out.summary.observed_at = out.summary.observed_at.max(self.observed_at);
    }
}

#[derive(Debug, Default)]
struct Item {
    id: String,
    osvdb: String,
    method: String,
    path: String,
    url: String,
    said: String,
    references: Vec<String>,
    body: String,
}

/// What a message says, whatever sizes, times and ETags it says it with. The version that would be current is Nikto's
/// knowledge of that day.
fn without_numbers(said: &str) -> String {
    /// Shorter numbers are names: versions, codes, names of files.
    const DIGITS: usize = 5;
    let said = said.split(" (current is").next().unwrap_or_default();
    let changes = |word: &str| {
        let longest = word.split(|c: char| !c.is_ascii_digit()).map(str::len).max();
        word.starts_with("0x") || longest.is_some_and(|n| n >= DIGITS)
    };
    let words = said
        .split_whitespace()
        .map(|word| if changes(word) { "#" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

impl Item {
    /// Hands it over, unless it only says that Nikto could not do its work.
    fn emit(self, host: &Host, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
        if self.said.trim_start().starts_with("ERROR:") {
            out.summary.leave_out("errors of the scan");
            return Ok(());
        }
        out.record_or(self.record(host, span), "items that say nothing", span.offset)
    }

    fn record(self, host: &Host, span: Span) -> Option<Record> {
        // Version 2.5 begins with the path.
        let said = self.said.trim();
        let said = said
            .strip_prefix(self.path.trim())
            .and_then(|rest| rest.strip_prefix(':'))
            .unwrap_or(said)
            .trim();
        if said.is_empty() && self.id.trim().is_empty() {
            return None;
        }
        let known = self.osvdb.trim().trim_start_matches("OSVDB-");
        let known = known.parse::<u64>().is_ok_and(|n| n > 0).then_some(known);
        let method = self.method.trim().to_uppercase();
        let url = if self.url.trim().is_empty() {
            host.url(self.path.trim())
        } else {
            self.url
        };
        let mut occurrence = place::url(&url, &[&method]).unwrap_or_else(|| {
            let shown = clip_line(&url, text::PLACE);
            let mut place = place::nowhere(&shown);
            place.key = digest(&["text", &shown, &method]);
            place
        });
        occurrence.parts.ip = Some(clip_line(&host.ip, text::WORD)).filter(|ip| !ip.is_empty());
        let rule = clip_line(&self.id, text::WORD);
        let fields = vec![
            ("tool", TOOL.to_owned()),
            ("test", rule.clone()),
            ("says", clip_line(&without_numbers(said), text::PLACE)),
        ];
        let mut detail = Detail::default();
        detail.add("Method", Some(&method));
        detail.add("Response", Some(&self.body));
        let mut references = self.references;
        if let Some(n) = known {
            references.push(format!("OSVDB-{n}"));
        }
        let links = said.split_whitespace().filter(|w| w.contains("://"));
        references.extend(links.map(|w| w.trim_end_matches(['.', ',', ')']).to_owned()));
        let record = Record {
            tool_version: host.version.clone(),
            rule,
            title: said.to_owned(),
            description: said.to_owned(),
            cve: names::cves(&format!("{said} {}", references.join(" "))),
            references,
            severity: if known.is_some() {
                Severity::Medium
            } else {
                Severity::Info
            },
            detail: detail.text(),
            observed_at: host.observed_at,
            ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
        };
        Some(record.tidy())
    }
}

fn xml(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("item", 0);
    let mut reader = Reader::open(source.open(limits)?, limits);
    let root = reader.root()?;
    scan(&mut reader, &root, out)?;
    reader.finish()?;
    out.summary.bytes = reader.offset();
    Ok(())
}

/// A run: it holds hosts, or further runs.
fn scan<R: Read>(reader: &mut Reader<R>, run: &Tag, out: &mut Out<'_>) -> Result<(), Refusal> {
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "niktoscan" => scan(reader, &tag, out)?,
            "scandetails" => {
                let attr = |name: &str| tag.attr(name).unwrap_or_default().to_owned();
                let host = Host {
                    name: attr("targethostname"),
                    ip: attr("targetip"),
                    port: attr("targetport"),
                    site: attr("sitename"),
                    version: run.attr("version").map(str::to_owned),
                    observed_at: tag.attr("starttime").and_then(clock::time),
                };
                host.cover(out);
                while let Some(tag) = reader.child()? {
                    match tag.name.as_str() {
                        "item" => {
                            out.summary.count("item", 1);
                            let node = reader.element(tag)?;
                            out.entry(reader.offset())?;
                            let item = item(&node);
                            item.emit(&host, node.span, out)?;
                        }
                        "ssl" | "statistics" => reader.skip()?,
                        _ => reader.unknown(&tag, " of a host", out)?,
                    }
                }
            }
            _ => reader.unknown(&tag, "", out)?,
        }
    }
    Ok(())
}

fn item(node: &Node) -> Item {
    let attr = |name: &str| node.attr(name).unwrap_or_default().to_owned();
    let get = |name: &str| node.get(name).unwrap_or_default().to_owned();
    Item {
        id: attr("id"),
        osvdb: attr("osvdbid"),
        method: attr("method"),
        path: get("uri"),
        url: get("namelink"),
        said: get("description"),
        references: node.each("references").map(str::to_owned).collect(),
        ..Item::default()
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow, rename = "OSVDB")]
    osvdb: Word<'a>,
    #[serde(borrow)]
    method: Word<'a>,
    #[serde(borrow)]
    url: Word<'a>,
    #[serde(borrow)]
    msg: Word<'a>,
    #[serde(borrow)]
    references: Words<'a>,
}

fn said(word: &Word<'_>) -> String {
    word.text().unwrap_or_default().to_owned()
}

/// One object per host, alone or in a list. What is true of the host may stand behind its items: they are read after it.
fn json(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("vulnerabilities", 0);
    let mut hosts = Vec::new();
    {
        let mut walker = Walker::open(source.open(limits)?, limits);
        each_host(&mut walker, &mut |walker| {
            let mut host = Host::default();
            let mut raw = Vec::new();
            keys_inside(walker, &mut |walker, key| {
                let field = match key {
                    "host" => &mut host.name,
                    "ip" => &mut host.ip,
                    "port" => &mut host.port,
                    _ => return walker.skip(),
                };
                walker.capture(&mut raw)?;
                *field = said(&serde_json::from_slice(&raw).unwrap_or_default());
                Ok(())
            })?;
            if hosts.len() < limits.table {
                hosts.push(host);
            }
            Ok(())
        })?;
    }
    let mut walker = Walker::open(source.open(limits)?, limits);
    let mut hosts = hosts.into_iter();
    each_host(&mut walker, &mut |walker| {
        let host = hosts.next().unwrap_or_default();
        host.cover(out);
        keys_inside(walker, &mut |walker, key| match key {
            "vulnerabilities" => results(walker, out, "vulnerabilities", &mut |walker, raw, span, out| {
                let entry: Entry<'_> = walker.read(raw, span)?;
                let item = Item {
                    id: said(&entry.id),
                    osvdb: said(&entry.osvdb),
                    method: said(&entry.method),
                    path: said(&entry.url),
                    said: said(&entry.msg),
                    references: entry.references.iter().map(str::to_owned).collect(),
                    ..Item::default()
                };
                item.emit(&host, span, out)
            }),
            "host" | "ip" | "port" | "banner" => walker.skip(),
            other => super::entries::unknown(walker, other, out),
        })
    })?;
    out.summary.bytes = walker.offset();
    Ok(())
}

type At<'f, R> = dyn FnMut(&mut Walker<R>) -> Result<(), Refusal> + 'f;

fn each_host<R: Read>(walker: &mut Walker<R>, then: &mut At<'_, R>) -> Result<(), Refusal> {
    if walker.enter(b'[')? {
        let mut first = true;
        while walker.next_item(&mut first)? {
            then(walker)?;
        }
    } else {
        then(walker)?;
    }
    walker.finish()
}

/// The CSV has no header: its first line is Nikto's name, then rows of host, address, port, reference, method, path and
/// message.
fn rows(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    Table::open(source.open(limits)?, limits)?.each_row(out, &mut |row, out| {
        let at = |n: usize| row.at(n).unwrap_or_default().into_owned();
        let host = Host {
            name: at(0),
            ip: at(1),
            port: at(2),
            ..Host::default()
        };
        host.cover(out);
        let item = Item {
            osvdb: at(3),
            method: at(4),
            path: at(5),
            said: at(6),
            body: at(7),
            ..Item::default()
        };
        if item.said.is_empty() {
            out.summary.leave_out("rows that only name a host");
            return Ok(());
        }
        item.emit(&host, row.span, out)
    })
}

#[cfg(test)]
mod tests;
