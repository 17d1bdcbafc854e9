//! testssl.sh: flat JSON (`--jsonfile`), pretty JSON (`--jsonfile-pretty`) and CSV (`--csvfile`), 2.9 to 3.2.
//!
//! - **A finding** is the test's id, and the CVE where the test names some: each is a problem of its own that people
//!   look up. What the test says of a host (`offered`, a date, a size) is not part of it.
//! - **A place** is host and port. A test that says several things there is one place with repeats.
//! - **Severity**: testssl.sh's own; INFO, WARN and FATAL are info (the latter two say that the scan had a problem, not
//!   the server), DEBUG too.
//! - Left out and counted: what is OK, and the lines that rate the whole server (scores, grade and its reasons): they
//!   sum up what stands in the other lines.
//! - The report covers the hosts it names, also those where all is well, but not those where the scan failed.

mod row;

use std::io::Read;

use serde::Deserialize;

use self::row::Line;
use super::head::Head;
use super::json::Walker;
use super::limits::{Kind, Limits, Refusal, clip_line};
use super::loose::Word;
use super::record::Span;
use super::source::Source;
use super::table::Table;
use super::{About, Format, Out, clock};
use crate::domain::time::Time;

const TOOL: &str = "testssl.sh";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Testssl;

impl Format for Testssl {
    fn about(&self) -> &'static About {
        &About {
            name: "testssl",
            title: "testssl.sh (JSON flat and pretty, CSV)",
            records: "lines of the JSON or rows of the CSV",
            finding: "the test's id, one per CVE where the test names some",
            place: "host and port",
            severity: "testssl.sh's own; INFO, WARN, FATAL and DEBUG are info",
            left_out: "what is OK, and the lines that rate the whole server (scores, grade, its reasons); all counted",
            covers: "the hosts the report names",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let json = &head.json;
        (["id", "ip", "port", "severity", "finding"].iter().all(|k| json.has(k)))
            || (json.first == Some(b'{') && json.has("scanResult") && (json.has("Invocation") || json.has("openssl")))
            || json.item("scanResult", &["targetHost"])
            || head.has_columns(&["id", "fqdn/ip", "port", "severity", "finding"])
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.tool(TOOL);
        let first = source.first_byte(limits)?;
        match first {
            Some(b'[') => {
                out.summary.count("lines", 0);
                let mut walker = Walker::open(source.open(limits)?, limits);
                lines(&mut walker, &Host::default(), None, out)?;
                walker.finish()?;
                out.summary.bytes = walker.offset();
                Ok(())
            }
            Some(b'{') => pretty(source, limits, out),
            _ => rows(source, limits, out),
        }
    }
}

fn rows(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("csv_rows", 0);
    let mut table = Table::open(source.open(limits)?, limits)?;
    let mut offset = 0;
    while let Some(row) = table.row()? {
        out.summary.count("csv_rows", 1);
        offset = row.span.offset + row.span.length;
        let get = |name: &str| row.get(&[name]).map(std::borrow::Cow::into_owned).unwrap_or_default();
        let target = get("fqdn/ip");
        // An unnamed host is its address alone.
        let (host, ip) = target.split_once('/').unwrap_or((&target, ""));
        let line = Line {
            id: get("id"),
            host: host.to_owned(),
            ip: ip.to_owned(),
            port: get("port"),
            severity: get("severity"),
            finding: get("finding"),
            cve: get("cve"),
            cwe: get("cwe"),
            hint: get("hint"),
            observed_at: None,
        };
        line.emit(row.span, offset, out)?;
    }
    out.summary.bytes = offset;
    Ok(())
}

/// Where lines without a place of their own stand.
#[derive(Debug, Clone, Default)]
struct Host {
    name: String,
    ip: String,
    port: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    ip: Word<'a>,
    #[serde(borrow)]
    port: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    finding: Word<'a>,
    #[serde(borrow)]
    cve: Word<'a>,
    #[serde(borrow)]
    cwe: Word<'a>,
    #[serde(borrow)]
    hint: Word<'a>,
}

/// A list of lines (or one).
fn lines<R: Read>(
    walker: &mut Walker<R>,
    at: &Host,
    observed_at: Option<Time>,
    out: &mut Out<'_>,
) -> Result<(), Refusal> {
    let mut raw = Vec::new();
    let mut one = |walker: &mut Walker<R>, out: &mut Out<'_>| {
        let object = walker.peek()? == Some(b'{');
        let span: Span = walker.capture(&mut raw)?;
        out.summary.count("lines", 1);
        if !object {
            out.entry(walker.offset())?;
            out.unreadable("lines that are no objects", span.offset);
            return Ok(());
        }
        let entry: Entry<'_> = walker.read(&raw, span)?;
        let get = |w: &Word<'_>| w.text().unwrap_or_default().to_owned();
        let target = get(&entry.ip);
        let (host, ip) = target.split_once('/').unwrap_or((&target, ""));
        let or = |own: &str, other: &str| {
            if own.is_empty() {
                other.to_owned()
            } else {
                own.to_owned()
            }
        };
        let line = Line {
            id: get(&entry.id),
            host: or(host, &at.name),
            ip: or(ip, &at.ip),
            port: or(&get(&entry.port), &at.port),
            severity: get(&entry.severity),
            finding: get(&entry.finding),
            cve: get(&entry.cve),
            cwe: get(&entry.cwe),
            hint: get(&entry.hint),
            observed_at,
        };
        line.emit(span, walker.offset(), out)
    };
    if !walker.enter(b'[')? {
        return one(walker, out);
    }
    let mut first = true;
    while walker.next_item(&mut first)? {
        one(walker, out)?;
    }
    Ok(())
}

/// The pretty JSON: a head, and a list of hosts with sections of lines.
fn pretty(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("lines", 0);
    // When it was made stands before the hosts in all versions, but nothing says so.
    let mut started = None;
    let mut hosts = Vec::new();
    {
        let mut walker = Walker::open(source.open(limits)?, limits);
        let mut raw = Vec::new();
        super::entries::each_key(&mut walker, &mut |walker, key| match key {
            "startTime" | "scanStart" => {
                let span = walker.capture(&mut raw)?;
                let word: Word<'_> = walker.read(&raw, span)?;
                started = word.text().and_then(clock::time);
                Ok(())
            }
            "scanResult" => each_object(walker, &mut |walker| {
                let mut host = Host::default();
                let mut first = true;
                while let Some(key) = walker.next_key(&mut first)? {
                    let slot = match key.as_str() {
                        "targetHost" => &mut host.name,
                        "ip" => &mut host.ip,
                        "port" => &mut host.port,
                        _ => {
                            walker.skip()?;
                            continue;
                        }
                    };
                    let span = walker.capture(&mut raw)?;
                    let word: Word<'_> = walker.read(&raw, span)?;
                    word.text().unwrap_or_default().clone_into(slot);
                }
                hosts.push(host);
                if hosts.len() > limits.table {
                    return Err(walker.refuse(Kind::Limit, format!("more than {} hosts", limits.table)));
                }
                Ok(())
            }),
            _ => walker.skip(),
        })?;
        out.summary.bytes = walker.offset();
    }
    out.summary.observed_at = started;
    let mut walker = Walker::open(source.open(limits)?, limits);
    let mut hosts = hosts.into_iter();
    super::entries::each_key(&mut walker, &mut |walker, key| match key {
        "scanResult" if !matches!(walker.peek()?, Some(b'{')) && !super::entries::opens(walker, b'[', key, out)? => {
            Ok(())
        }
        "scanResult" => each_object(walker, &mut |walker| {
            let host = hosts.next().unwrap_or_default();
            let mut first = true;
            while let Some(key) = walker.next_key(&mut first)? {
                match key.as_str() {
                    "targetHost" | "ip" | "port" | "rDNS" | "service" | "hostname" => walker.skip()?,
                    _ if walker.peek()? == Some(b'[') => lines(walker, &host, started, out)?,
                    other => super::entries::unknown(walker, other, out)?,
                }
            }
            Ok(())
        }),
        "Invocation" | "at" | "version" | "openssl" | "startTime" | "scanStart" | "scanTime" | "clientProblem" => {
            walker.skip()
        }
        other => {
            // Problems of the scan itself are lines too.
            if walker.peek()? == Some(b'[') {
                return lines(walker, &Host::default(), started, out);
            }
            super::entries::unknown(walker, &clip_line(other, 60), out)
        }
    })
}

/// Enters every object of a list; what is none is passed over.
fn each_object<R: Read>(
    walker: &mut Walker<R>,
    then: &mut dyn FnMut(&mut Walker<R>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    let list = walker.enter(b'[')?;
    let mut first = true;
    while !list || walker.next_item(&mut first)? {
        if walker.enter(b'{')? {
            then(walker)?;
        } else {
            walker.skip()?;
        }
        if !list {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
