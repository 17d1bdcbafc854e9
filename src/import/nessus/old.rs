//! Reports from before version 2: the XML of version 1 (`NessusClientData`) and the lines of NBE. Both say everything of
//! a plugin in one text with headings, which is taken apart here.

use std::io::BufRead as _;

use super::Item;
use crate::domain::severity::Severity;
use crate::domain::time::Time;
use crate::import::limits::{Kind, Limits, Refusal, clip_line, text};
use crate::import::metered::Metered;
use crate::import::record::Span;
use crate::import::source::{self, Source};
use crate::import::xml::{Node, Reader};
use crate::import::{Out, clock, names};

/// What NBE's lines begin with.
const LINES: [&[u8]; 2] = [b"timestamps|", b"results|"];

pub fn sniff(head: &[u8]) -> bool {
    LINES.iter().any(|start| head.trim_ascii_start().starts_with(start))
}

pub fn xml(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("ReportHost", 0);
    out.summary.count("ReportItem", 0);
    let mut reader = Reader::open(source.open(limits)?, limits);
    reader.root()?;
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "Report" => {}
            "Policies" | "Policy" | "Targets" => {
                reader.skip()?;
                continue;
            }
            _ => {
                reader.unknown(&tag, "", out)?;
                continue;
            }
        }
        while let Some(tag) = reader.child()? {
            match tag.name.as_str() {
                "ReportHost" => host(&mut reader, out)?,
                "ReportName" | "StartTime" | "StopTime" | "PolicyUUID" | "PluginSelection" | "policyName"
                | "policyComments" | "Policy" => reader.skip()?,
                _ => reader.unknown(&tag, " of the report", out)?,
            }
        }
    }
    reader.finish()?;
    out.summary.bytes = reader.offset();
    Ok(())
}

fn host<R: std::io::Read>(reader: &mut Reader<R>, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("ReportHost", 1);
    let (mut name, mut ended) = (String::new(), None);
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "HostName" => {
                name = clip_line(reader.element(tag)?.words().unwrap_or_default(), text::PLACE);
                let covered = names::Target::parse(&name).map_or(name.clone(), |t| t.host);
                out.cover(covered);
            }
            "startTime" | "stopTime" => {
                let node = reader.element(tag)?;
                ended = node.words().and_then(clock::time).max(ended);
            }
            "ReportItem" => {
                out.summary.count("ReportItem", 1);
                let node = reader.element(tag)?;
                out.entry(reader.offset())?;
                item(&node, &name, ended).emit(node.span, out)?;
            }
            "dead_host" | "netbios_name" | "mac_addr" | "dns_name" | "os_name" | "num_ports" | "num_lo" | "num_med"
            | "num_hi" => reader.skip()?,
            _ => reader.unknown(&tag, " of a host", out)?,
        }
    }
    out.summary.observed_at = out.summary.observed_at.max(ended);
    Ok(())
}

fn item(node: &Node, host: &str, ended: Option<Time>) -> Item {
    let get = |name: &str| node.get(name).unwrap_or_default();
    let mut item = Item {
        plugin: clip_line(get("pluginID"), text::WORD),
        name: get("pluginName").to_owned(),
        host: host.to_owned(),
        severity: get("severity").to_owned(),
        observed_at: ended,
        ..Item::default()
    };
    item.port(get("port"));
    item.said(get("data"));
    item
}

pub fn lines(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("lines", 0);
    let opened = source.open(limits)?;
    let mut offset = opened.base;
    let mut input = Metered::new(opened.reader, limits);
    let (mut line, mut ended) = (Vec::new(), None);
    loop {
        line.clear();
        let length = input.read_until(b'\n', &mut line).map_err(|e| {
            source::refusal_in(&e)
                .unwrap_or_else(|| Refusal::new(Kind::Machinery, format!("the report could not be read: {e}")))
                .at(input.line(), offset)
        })?;
        if length == 0 {
            break;
        }
        let span = Span {
            offset,
            length: length as u64,
        };
        offset += length as u64;
        input.settle();
        let words = String::from_utf8_lossy(&line);
        let words = words.trim();
        if words.is_empty() {
            continue;
        }
        let cells: Vec<&str> = words.splitn(7, '|').collect();
        match cells.as_slice() {
            // The last cell ends with a bar of its own.
            ["timestamps", _, _, kind, when, ..] => {
                if kind.ends_with("_end") || kind.ends_with("_start") {
                    ended = clock::time(when.trim_end_matches('|')).max(ended);
                }
            }
            ["results", _, host, port, rest @ ..] => {
                out.summary.count("lines", 1);
                out.entry(offset)?;
                let cell = |n: usize| rest.get(n).copied().unwrap_or_default();
                let mut item = Item {
                    plugin: clip_line(cell(0), text::WORD),
                    host: clip_line(host, text::PLACE),
                    severity: severity(cell(1)).to_owned(),
                    ..Item::default()
                };
                item.port(port);
                item.said(cell(2));
                item.emit(span, out)?;
            }
            _ => out.unreadable("lines that are no results", span.offset),
        }
    }
    out.summary.observed_at = ended;
    out.summary.bytes = offset;
    Ok(())
}

/// NBE's words for how bad it is.
fn severity(word: &str) -> &'static str {
    match word.trim() {
        "Security Hole" => "high",
        "Security Warning" => "medium",
        _ => "info",
    }
}

/// Headings inside a plugin's text, and where what follows belongs.
const HEADINGS: [&str; 18] = [
    "synopsis",
    "overview",
    "description",
    "solution",
    "risk factor",
    "plugin output",
    "see also",
    "cve",
    "bid",
    "other references",
    "cvss base score",
    "cvss temporal score",
    "public exploit available",
    "exploitable with",
    "references",
    "nessus id",
    "additional information",
    "plugin publication date",
];

/// The heading of a line and what follows it there.
fn heading(line: &str) -> Option<(&'static str, &str)> {
    let (head, rest) = line.split_once(':')?;
    let head = head.trim();
    let known = HEADINGS.iter().find(|h| head.eq_ignore_ascii_case(h))?;
    Some((known, rest.trim()))
}

impl Item {
    /// `http (80/tcp)`, `general/tcp`.
    fn port(&mut self, word: &str) {
        let inside = word
            .split_once('(')
            .map_or(word, |(_, rest)| rest.trim_end_matches(')'));
        let (port, protocol) = inside.split_once('/').unwrap_or((inside, ""));
        self.port = port.trim().parse().ok();
        protocol.trim().clone_into(&mut self.protocol);
    }

    /// Takes a plugin's text apart. What stands under no heading is its description.
    fn said(&mut self, data: &str) {
        let data = data.replace("\\r", "").replace("\\n", "\n");
        let mut at = "";
        let (mut risk, mut see) = (String::new(), String::new());
        for line in data.lines().map(str::trim_end) {
            let (to, rest) = match heading(line) {
                Some((heading, rest)) => {
                    at = heading;
                    (heading, rest)
                }
                None => (at, line),
            };
            let field = match to {
                "synopsis" | "overview" => &mut self.synopsis,
                "solution" => &mut self.solution,
                "risk factor" | "cvss base score" => &mut risk,
                "see also" | "references" => &mut see,
                "cve" | "bid" | "other references" | "nessus id" => {
                    self.refer(rest);
                    continue;
                }
                "" | "description" => &mut self.description,
                _ => &mut self.output,
            };
            field.push_str(rest);
            field.push('\n');
        }
        for link in see.split_whitespace().filter(|w| w.contains("://")) {
            names::add(&mut self.references, clip_line(link, text::PLACE));
        }
        for field in [
            &mut self.synopsis,
            &mut self.description,
            &mut self.solution,
            &mut self.output,
        ] {
            *field = field.trim().to_owned();
        }
        self.rate(&risk);
    }

    fn refer(&mut self, words: &str) {
        for cve in names::cves(words) {
            names::add(&mut self.cve, cve);
        }
        for word in words.split([',', ' ']) {
            if let Some(cwe) = word.strip_prefix("CWE:").and_then(names::cwe) {
                names::add(&mut self.cwe, cwe);
            }
        }
    }

    /// `Medium / CVSS Base Score : 5.0 (CVSS2#AV:N/AC:L/Au:N/C:P/I:N/A:N)`: its word stands above the port's severity,
    /// which knows nothing critical and calls notes low.
    fn rate(&mut self, risk: &str) {
        let word = risk.split_whitespace().next().unwrap_or_default();
        if word.eq_ignore_ascii_case("none") || word.parse::<Severity>().is_ok() {
            word.clone_into(&mut self.severity);
        }
        if let Some((_, rest)) = risk.split_once("CVSS2#") {
            let vector = rest.split(')').next().unwrap_or_default();
            self.cvss.push(super::vector(vector, ""));
        }
        let scored = risk.split_once("Base Score").map_or("", |(_, rest)| rest);
        let scored = scored.trim_start_matches([' ', ':']);
        let number = scored.split(|c: char| !(c.is_ascii_digit() || c == '.')).next();
        self.score = number.and_then(|n| n.parse().ok());
    }

    fn emit(mut self, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
        if self.plugin.is_empty() || self.plugin == "0" {
            if self.name.is_empty() {
                out.summary.leave_out("ports that are only open");
                return Ok(());
            }
            self.plugin.clear();
        }
        if self.name.is_empty() {
            // NBE does not name its plugins.
            let first = self.synopsis.lines().next().unwrap_or_default();
            self.name = clip_line(first, text::TITLE);
        }
        out.record(self.record(span))
    }
}
