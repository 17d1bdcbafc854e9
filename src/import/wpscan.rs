//! WPScan's JSON (`--format json`), version 3.
//!
//! - **A finding** is what is vulnerable (WordPress itself, a plugin, a theme) and the entry in WPScan's database (its
//!   title where an old report has no number). Interesting findings are findings by kind: by what they say.
//! - **A place** is the address of the plugin or theme, else of the site; of an interesting finding its own address.
//! - **Severity**: by the CVSS score where the report has one, else medium; interesting findings are info.
//! - Configuration backups and database exports that can be downloaded, and user names, are findings too: high, high
//!   and info.
//! - A scan that was aborted is refused with WPScan's reason: it says nothing about what is gone.
//! - The report covers its target's host.

mod part;

use serde::Deserialize;

use self::part::{Interesting, Part, exposed};
use super::entries::{each_entry, each_key, opens, unknown};
use super::head::Head;
use super::json::Walker;
use super::limits::{Kind, Limits, Refusal, clip_line, text};
use super::loose::{Maybe, Word};
use super::names::Target;
use super::source::Source;
use super::{About, Format, Out, clock};
use crate::domain::time::Time;

const TOOL: &str = "wpscan";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Wpscan;

impl Format for Wpscan {
    fn about(&self) -> &'static About {
        &About {
            name: "wpscan",
            title: "WPScan (JSON)",
            records: "vulnerabilities of WordPress, plugins and themes (interesting findings are counted beside them)",
            finding: "what is vulnerable and the database's entry; of an interesting finding its kind and text",
            place: "the address of the plugin, theme or site",
            severity: "by the CVSS score, else medium; backups that can be downloaded and guessed passwords high; interesting findings and users info",
            left_out: "plugins and themes without vulnerabilities; figures of the scan",
            covers: "the host of the target",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let json = &head.json;
        (json.has("interesting_findings") && json.has("target_url"))
            || (json.item("banner", &["description", "version"])
                && (json.has("target_url") || json.has("scan_aborted")))
            || (json.has("scan_aborted") && json.has("target_url"))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        for what in ["vulnerabilities", "interesting_findings"] {
            out.summary.count(what, 0);
        }
        out.tool(TOOL);
        let mut site = Site::default();
        {
            let mut walker = Walker::open(source.open(limits)?, limits);
            let mut raw = Vec::new();
            each_key(&mut walker, &mut |walker, key| {
                if ![
                    "banner",
                    "target_url",
                    "effective_url",
                    "target_ip",
                    "stop_time",
                    "start_time",
                    "scan_aborted",
                ]
                .contains(&key)
                {
                    return walker.skip();
                }
                let span = walker.capture(&mut raw)?;
                if key == "banner" {
                    let banner: Maybe<Banner<'_>> = walker.read(&raw, span)?;
                    site.version = banner.0.version.text().map(|v| clip_line(v, text::WORD));
                    return Ok(());
                }
                let word: Word<'_> = walker.read(&raw, span)?;
                let word = word.text().unwrap_or_default();
                match key {
                    "target_url" => site.url = clip_line(word, text::PLACE),
                    "target_ip" => site.ip = clip_line(word, text::WORD),
                    "scan_aborted" => {
                        let why = clip_line(word, 200);
                        return Err(walker.refuse(Kind::Malformed, format!("the scan was aborted: {why}")));
                    }
                    "stop_time" | "start_time" => site.time = site.time.max(clock::time(word)),
                    _ => {}
                }
                Ok(())
            })?;
            out.summary.bytes = walker.offset();
        }
        out.summary.observed_at = site.time;
        if let Some(target) = Target::parse(&site.url) {
            out.cover(target.host);
        }
        let mut walker = Walker::open(source.open(limits)?, limits);
        each_key(&mut walker, &mut |walker, key| match key {
            "interesting_findings" => each_entry(walker, out, key, &mut |walker, raw, span, out| {
                let entry: Interesting<'_> = walker.read(raw, span)?;
                out.record_or(
                    entry.record(&site, span),
                    "interesting findings that say nothing",
                    span.offset,
                )
            }),
            "version" | "main_theme" => {
                let mut raw = Vec::new();
                let span = walker.capture(&mut raw)?;
                let part: Maybe<Part<'_>> = walker.read(&raw, span)?;
                let kind = if key == "version" { "wordpress" } else { "theme" };
                part.0.emit(kind, "", &site, span, out)
            }
            "plugins" | "themes" | "timthumbs" | "config_backups" | "db_exports" | "users" | "medias"
            | "password_attack"
                if !opens(walker, b'{', key, out)? =>
            {
                Ok(())
            }
            "plugins" | "themes" | "timthumbs" => by_name(walker, &mut |walker, name, raw, span| {
                out.list();
                let part: Maybe<Part<'_>> = walker.read(raw, span)?;
                let before = out.handed();
                part.0.emit(key.trim_end_matches('s'), name, &site, span, out)?;
                if out.handed() == before {
                    part::INSIDE.strange(raw, span, out);
                }
                Ok(())
            }),
            "config_backups" | "db_exports" | "users" | "medias" | "password_attack" => {
                by_name(walker, &mut |_, name, _, span| {
                    out.summary.count(key, 1);
                    out.record(exposed(key, name, &site, span))
                })
            }
            "banner"
            | "start_time"
            | "start_memory"
            | "target_url"
            | "target_ip"
            | "effective_url"
            | "vuln_api"
            | "stop_time"
            | "elapsed"
            | "requests_done"
            | "cached_requests"
            | "data_sent"
            | "data_sent_humanised"
            | "data_received"
            | "data_received_humanised"
            | "used_memory"
            | "used_memory_humanised" => walker.skip(),
            other => unknown(walker, other, out),
        })
    }
}

/// What is done with a value that has a name.
type Named<'f, R> = dyn FnMut(&Walker<R>, &str, &[u8], super::record::Span) -> Result<(), Refusal> + 'f;

/// Calls `then` at every value of an object; WPScan writes an empty list where there is none.
fn by_name<R: std::io::Read>(walker: &mut Walker<R>, then: &mut Named<'_, R>) -> Result<(), Refusal> {
    if !walker.enter(b'{')? {
        return walker.skip();
    }
    let (mut first, mut raw) = (true, Vec::new());
    while let Some(name) = walker.next_key(&mut first)? {
        let span = walker.capture(&mut raw)?;
        then(walker, &name, &raw, span)?;
    }
    Ok(())
}

/// What belongs to the whole site.
#[derive(Debug, Default)]
pub struct Site {
    pub url: String,
    pub ip: String,
    pub version: Option<String>,
    pub time: Option<Time>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Banner<'a> {
    #[serde(borrow)]
    version: Word<'a>,
}

#[cfg(test)]
mod tests;
