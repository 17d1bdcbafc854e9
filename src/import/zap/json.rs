//! ZAP's JSON, in two readings. Keys are those of the XML; attributes have an `@`.

use std::io::Read;

use serde::Deserialize;

use super::Alerts;
use super::alert::{Alert, Instance, Site, links, plain};
use crate::import::Out;
use crate::import::clock;
use crate::import::entries::{AtKey, unknown_of};
use crate::import::json::Walker;
use crate::import::limits::{Kind, Limits, Refusal, clip_line, text};
use crate::import::loose::{Bag, Word};
use crate::import::names;
use crate::import::record::Span;
use crate::import::source::Source;

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    let found = {
        let mut walker = Walker::open(source.open(limits)?, limits);
        let mut reading = First {
            found: Alerts::default(),
            limits,
        };
        let (observed_at, version) = reading.report(&mut walker, out)?;
        out.summary.bytes = walker.offset();
        out.summary.observed_at = observed_at.as_deref().and_then(clock::time);
        for alert in &mut reading.found.all {
            (alert.observed_at, alert.version) = (out.summary.observed_at, version.clone());
        }
        reading.found
    };
    for site in &found.sites {
        if let Some(covered) = site.covers() {
            out.cover(covered);
        }
    }
    let mut walker = Walker::open(source.open(limits)?, limits);
    let mut next = found.all.iter();
    let mut raw = Vec::new();
    each_site(&mut walker, &mut |walker, key| {
        if key != "alerts" {
            return walker.skip();
        }
        each(walker, &mut |walker| {
            if walker.peek()? != Some(b'{') {
                return walker.skip();
            }
            let Some(alert) = next.next() else {
                return Err(walker.refuse(Kind::Machinery, "the report changed while it was read"));
            };
            instances(walker, alert, found.sites.get(alert.site), &mut raw, out)
        })
    })
}

/// Calls `then` at every element of a list, or at a lone value.
fn each<R: Read>(
    walker: &mut Walker<R>,
    then: &mut dyn FnMut(&mut Walker<R>) -> Result<(), Refusal>,
) -> Result<(), Refusal> {
    if !walker.enter(b'[')? {
        return then(walker);
    }
    let mut first = true;
    while walker.next_item(&mut first)? {
        then(walker)?;
    }
    Ok(())
}

/// Steps to the sites and calls `then` at the value of each of their keys.
fn each_site<R: Read>(walker: &mut Walker<R>, then: &mut AtKey<'_, R>) -> Result<(), Refusal> {
    if !walker.enter(b'{')? {
        return Err(walker.refuse(
            Kind::Malformed,
            "a ZAP report is one JSON object with `site`; this is something else",
        ));
    }
    let mut first = true;
    while let Some(key) = walker.next_key(&mut first)? {
        if key != "site" {
            walker.skip()?;
            continue;
        }
        each(walker, &mut |walker| {
            if !walker.enter(b'{')? {
                return walker.skip();
            }
            let mut first = true;
            while let Some(key) = walker.next_key(&mut first)? {
                then(walker, &key)?;
            }
            Ok(())
        })?;
    }
    walker.finish()
}

/// The first reading: sites and alerts, without instances.
struct First<'l> {
    found: Alerts,
    limits: &'l Limits,
}

type Stamp = (Option<String>, Option<String>);

impl First<'_> {
    fn report<R: Read>(&mut self, walker: &mut Walker<R>, out: &mut Out<'_>) -> Result<Stamp, Refusal> {
        let mut stamp = Stamp::default();
        let mut raw = Vec::new();
        if !walker.enter(b'{')? {
            return Err(walker.refuse(
                Kind::Malformed,
                "a ZAP report is one JSON object with `site`; this is something else",
            ));
        }
        let mut first = true;
        while let Some(key) = walker.next_key(&mut first)? {
            match key.as_str() {
                "@generated" | "created" | "@created" => {
                    let text = word(walker, &mut raw)?;
                    if stamp.0.is_none() || key.ends_with("created") {
                        stamp.0 = text;
                    }
                }
                "@version" => stamp.1 = word(walker, &mut raw)?.map(|v| clip_line(&v, text::WORD)),
                "site" => {
                    each(walker, &mut |walker| self.site(walker, out))?;
                    if self.found.sites.is_empty() {
                        out.list();
                    }
                }
                "@programName" | "insights" | "statistics" | "sequences" => walker.skip()?,
                other => unknown_of(walker, other, "", out)?,
            }
        }
        walker.finish()?;
        Ok(stamp)
    }

    fn site<R: Read>(&mut self, walker: &mut Walker<R>, out: &mut Out<'_>) -> Result<(), Refusal> {
        let offset = walker.offset();
        if !walker.enter(b'{')? {
            out.unreadable("sites that are no objects", offset);
            return walker.skip();
        }
        out.summary.count("site", 1);
        let at = self.found.sites.len();
        self.found.sites.push(Site::default());
        if at > self.limits.table {
            return Err(walker.refuse(Kind::Limit, format!("more than {} sites", self.limits.table)));
        }
        let mut raw = Vec::new();
        let mut first = true;
        while let Some(key) = walker.next_key(&mut first)? {
            match key.as_str() {
                "@name" | "name" => {
                    self.found.sites[at].name = clip_line(&word(walker, &mut raw)?.unwrap_or_default(), text::PLACE);
                }
                "@host" | "host" => {
                    self.found.sites[at].host = clip_line(&word(walker, &mut raw)?.unwrap_or_default(), text::WORD);
                }
                "alerts" => {
                    out.list();
                    each(walker, &mut |walker| self.alert(walker, at, out))?;
                }
                "@port" | "@ssl" | "port" | "ssl" | "statistics" | "insights" => walker.skip()?,
                other => unknown_of(walker, other, " of a site", out)?,
            }
        }
        Ok(())
    }

    fn alert<R: Read>(&mut self, walker: &mut Walker<R>, site: usize, out: &mut Out<'_>) -> Result<(), Refusal> {
        walker.peek()?;
        let offset = walker.offset();
        if !walker.enter(b'{')? {
            out.entry(offset)?;
            out.unreadable("alerts that are no objects", offset);
            return walker.skip();
        }
        out.summary.count("alertitem", 1);
        let mut alert = Alert {
            site,
            ..Alert::default()
        };
        let mut raw = Vec::new();
        let mut fields: Vec<(String, String)> = Vec::new();
        let mut first = true;
        while let Some(key) = walker.next_key(&mut first)? {
            match key.as_str() {
                "instances" => each(walker, &mut |walker| {
                    alert.instances += 1;
                    out.summary.count("instance", 1);
                    walker.skip()
                })?,
                "tags" => {
                    let span = walker.capture(&mut raw)?;
                    let tags: Vec<Bag<'_>> = match raw.first() {
                        Some(b'[') => walker.read(&raw, span)?,
                        _ => Vec::new(),
                    };
                    for tag in tags.iter().flat_map(|bag| bag.get("tag")) {
                        names::add(&mut alert.tags, clip_line(tag, text::WORD).to_lowercase());
                    }
                }
                _ => {
                    if let Some(text) = word(walker, &mut raw)?
                        && fields.len() < 100
                    {
                        fields.push((key, text));
                    }
                }
            }
        }
        let get = |name: &str| fields.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str());
        let either = |a: &str, b: &str| {
            if get(a).is_empty() {
                get(b).to_owned()
            } else {
                get(a).to_owned()
            }
        };
        alert.name = clip_line(&either("alert", "name"), text::TITLE);
        alert.plugin = clip_line(get("pluginid"), text::WORD);
        alert.risk = either("riskcode", "riskdesc");
        alert.confidence = clip_line(get("confidence"), text::WORD);
        alert.description = plain(get("desc"));
        alert.solution = plain(get("solution"));
        alert.other = plain(get("otherinfo"));
        alert.references = links(get("reference"));
        alert.cwe = names::cwe(get("cweid"));
        alert.span = Span {
            offset,
            length: walker.offset() - offset,
        };
        self.found.push(alert, self.limits)
    }
}

/// A text or number; anything else is nothing.
fn word<R: Read>(walker: &mut Walker<R>, raw: &mut Vec<u8>) -> Result<Option<String>, Refusal> {
    let span = walker.capture(raw)?;
    let word: Word<'_> = walker.read(raw, span)?;
    Ok(word.text().map(str::to_owned))
}

/// An instance as it stands.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    uri: Word<'a>,
    #[serde(borrow)]
    method: Word<'a>,
    #[serde(borrow)]
    param: Word<'a>,
    #[serde(borrow)]
    attack: Word<'a>,
    #[serde(borrow)]
    evidence: Word<'a>,
    #[serde(borrow)]
    otherinfo: Word<'a>,
    #[serde(borrow, rename = "request-header")]
    request_header: Word<'a>,
    #[serde(borrow, rename = "request-body")]
    request_body: Word<'a>,
    #[serde(borrow, rename = "response-header")]
    response_header: Word<'a>,
    #[serde(borrow, rename = "response-body")]
    response_body: Word<'a>,
}

/// The second reading: the instances of one alert.
fn instances<R: Read>(
    walker: &mut Walker<R>,
    alert: &Alert,
    site: Option<&Site>,
    raw: &mut Vec<u8>,
    out: &mut Out<'_>,
) -> Result<(), Refusal> {
    let readable = !alert.name.is_empty() || !alert.plugin.is_empty();
    if !readable || alert.instances == 0 {
        out.entry(walker.offset())?;
    }
    if !readable {
        out.unreadable("alerts without a name", alert.span.offset);
        return walker.skip();
    }
    if alert.instances == 0 {
        out.record(alert.record(None, site, alert.span))?;
    }
    walker.enter(b'{')?;
    let mut first = true;
    while let Some(key) = walker.next_key(&mut first)? {
        if key != "instances" {
            walker.skip()?;
            continue;
        }
        each(walker, &mut |walker| {
            let object = walker.peek()? == Some(b'{');
            let span = walker.capture(raw)?;
            out.entry(walker.offset())?;
            if !object {
                out.unreadable("instances that are no objects", span.offset);
                return Ok(());
            }
            let entry: Entry<'_> = walker.read(raw, span)?;
            let get = |w: &Word<'_>| w.text().unwrap_or_default().to_owned();
            let joined = |a: &Word<'_>, b: &Word<'_>| format!("{}\n\n{}", get(a), get(b)).trim().to_owned();
            let instance = Instance {
                uri: get(&entry.uri),
                method: get(&entry.method),
                param: get(&entry.param),
                attack: get(&entry.attack),
                evidence: get(&entry.evidence),
                other: get(&entry.otherinfo),
                request: joined(&entry.request_header, &entry.request_body),
                response: joined(&entry.response_header, &entry.response_body),
            };
            out.record(alert.record(Some(&instance), site, span))
        })?;
    }
    Ok(())
}
