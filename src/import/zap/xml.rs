//! ZAP's XML, in two readings.

use std::io::Read;

use super::Alerts;
use super::alert::{Alert, Instance, Site, links, plain};
use crate::import::Out;
use crate::import::clock;
use crate::import::limits::{Kind, Limits, Refusal, clip_line, text};
use crate::import::names;
use crate::import::record::Span;
use crate::import::source::Source;
use crate::import::xml::{Node, Reader, Tag};

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    let found = {
        let mut reader = Reader::open(source.open(limits)?, limits);
        let found = alerts(&mut reader, limits, out)?;
        out.summary.bytes = reader.offset();
        found
    };
    for site in &found.sites {
        if let Some(covered) = site.covers() {
            out.cover(covered);
        }
    }
    let mut reader = Reader::open(source.open(limits)?, limits);
    let mut next = found.all.iter();
    let root = reader.root()?;
    debug_assert!(!root.name.is_empty());
    while let Some(site) = reader.child()? {
        if !is(&site, "site") {
            reader.skip()?;
            continue;
        }
        while let Some(tag) = reader.child()? {
            if !is(&tag, "alerts") {
                reader.skip()?;
                continue;
            }
            while let Some(item) = reader.child()? {
                if !is(&item, "alertitem") {
                    reader.skip()?;
                    continue;
                }
                let Some(alert) = next.next() else {
                    return Err(reader.refuse(Kind::Machinery, "the report changed while it was read"));
                };
                instances(&mut reader, alert, found.sites.get(alert.site), out)?;
            }
        }
    }
    reader.finish()
}

fn is(tag: &Tag, name: &str) -> bool {
    tag.name.eq_ignore_ascii_case(name)
}

/// The first reading: sites and alerts, without instances.
fn alerts<R: Read>(reader: &mut Reader<R>, limits: &Limits, out: &mut Out<'_>) -> Result<Alerts, Refusal> {
    let root = reader.root()?;
    if !is(&root, "OWASPZAPReport") {
        return Err(reader.refuse(
            Kind::Malformed,
            "a ZAP report's root is OWASPZAPReport; this is something else",
        ));
    }
    let observed_at = root
        .attr("created")
        .or_else(|| root.attr("generated"))
        .and_then(clock::time);
    out.summary.observed_at = observed_at;
    let version = root.attr("version").map(|v| clip_line(v, text::WORD));
    let mut found = Alerts::default();
    while let Some(site) = reader.child()? {
        if !is(&site, "site") {
            if matches!(site.name.as_str(), "statistics" | "insights" | "sequences" | "contexts") {
                reader.skip()?;
            } else {
                reader.unknown(&site, "", out)?;
            }
            continue;
        }
        out.summary.count("site", 1);
        found.sites.push(Site {
            name: clip_line(site.attr("name").unwrap_or_default(), text::PLACE),
            host: clip_line(site.attr("host").unwrap_or_default(), text::WORD),
        });
        if found.sites.len() > limits.table {
            return Err(reader.refuse(Kind::Limit, format!("more than {} sites", limits.table)));
        }
        while let Some(tag) = reader.child()? {
            if !is(&tag, "alerts") {
                if matches!(tag.name.as_str(), "statistics" | "insights") {
                    reader.skip()?;
                } else {
                    reader.unknown(&tag, " of a site", out)?;
                }
                continue;
            }
            while let Some(item) = reader.child()? {
                if !is(&item, "alertitem") {
                    reader.unknown(&item, " among alerts", out)?;
                    continue;
                }
                out.summary.count("alertitem", 1);
                let mut alert = head(reader, &item, out)?;
                alert.site = found.sites.len() - 1;
                (alert.observed_at, alert.version) = (observed_at, version.clone());
                found.push(alert, limits)?;
            }
        }
    }
    reader.finish()?;
    Ok(found)
}

/// What stands beside an alert's instances.
fn head<R: Read>(reader: &mut Reader<R>, item: &Tag, out: &mut Out<'_>) -> Result<Alert, Refusal> {
    let mut alert = Alert::default();
    let mut fields: Vec<(String, String)> = Vec::new();
    while let Some(tag) = reader.child()? {
        if tag.name == "instances" {
            while let Some(tag) = reader.child()? {
                if tag.name == "instance" {
                    alert.instances += 1;
                    out.summary.count("instance", 1);
                }
                reader.skip()?;
            }
            continue;
        }
        let node = reader.element(tag)?;
        if node.name == "tags" {
            for tag in node.all("tag") {
                if let Some(name) = tag.get("tag").or_else(|| tag.words()) {
                    names::add(&mut alert.tags, clip_line(name, text::WORD).to_lowercase());
                }
            }
        } else if let Some(words) = node.words()
            && fields.len() < 100
            // Reports before 2.5 say the same of every place, one after the other.
            && !fields.iter().any(|(name, _)| *name == node.name)
        {
            fields.push((node.name.clone(), words.to_owned()));
        }
    }
    let get = |name: &str| fields.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.as_str());
    let name = [get("alert"), get("name")]
        .into_iter()
        .find(|n| !n.is_empty())
        .unwrap_or_default();
    alert.name = clip_line(name, text::TITLE);
    alert.plugin = clip_line(get("pluginid"), text::WORD);
    let risk = [get("riskcode"), get("riskdesc")];
    alert.risk = clip_line(risk.into_iter().find(|n| !n.is_empty()).unwrap_or_default(), text::WORD);
    let confidence = [get("confidence"), get("reliability")];
    let confidence = confidence.into_iter().find(|c| !c.is_empty()).unwrap_or_default();
    alert.confidence = clip_line(confidence, text::WORD);
    alert.description = plain(get("desc"));
    alert.solution = plain(get("solution"));
    alert.other = plain(get("otherinfo"));
    alert.references = links(get("reference"));
    // 0 and -1 say that there is none.
    alert.cwe = names::cwe(get("cweid"));
    alert.span = Span {
        offset: item.offset,
        length: reader.offset() - item.offset,
    };
    // Reports before 2.5 have no instances: what else is said is said of a place.
    if alert.instances == 0 && !get("uri").is_empty() {
        alert.other.clear();
    }
    Ok(alert)
}

/// The second reading: the instances of one alert.
fn instances<R: Read>(
    reader: &mut Reader<R>,
    alert: &Alert,
    site: Option<&Site>,
    out: &mut Out<'_>,
) -> Result<(), Refusal> {
    let readable = !alert.name.is_empty() || !alert.plugin.is_empty();
    if !readable {
        out.entry(reader.offset())?;
        out.unreadable("alerts without a name", alert.span.offset);
    }
    if readable && alert.instances == 0 {
        return flat(reader, alert, site, out);
    }
    while let Some(tag) = reader.child()? {
        if tag.name != "instances" {
            reader.skip()?;
            continue;
        }
        while let Some(tag) = reader.child()? {
            if !readable || tag.name != "instance" {
                if readable {
                    reader.unknown(&tag, " among instances", out)?;
                } else {
                    reader.skip()?;
                }
                continue;
            }
            let node = reader.element(tag)?;
            out.entry(reader.offset())?;
            out.record(alert.record(Some(&instance(&node)), site, node.span))?;
        }
    }
    Ok(())
}

/// An alert before 2.5: its places stand one after the other, each begins with its address. One without any is at its site.
fn flat<R: Read>(reader: &mut Reader<R>, alert: &Alert, site: Option<&Site>, out: &mut Out<'_>) -> Result<(), Refusal> {
    let mut at: Option<(Instance, Span)> = None;
    let mut told = false;
    let mut tell = |at: Option<(Instance, Span)>, offset: u64, out: &mut Out<'_>| {
        if at.is_none() && told {
            return Ok(());
        }
        told = true;
        out.entry(offset)?;
        let (instance, span) = at.unzip();
        out.record(alert.record(instance.as_ref(), site, span.unwrap_or(alert.span)))
    };
    while let Some(tag) = reader.child()? {
        let node = reader.element(tag)?;
        let words = node.words().unwrap_or_default();
        if node.name == "uri" {
            if at.is_some() {
                tell(at.take(), reader.offset(), out)?;
            }
            let instance = Instance {
                uri: words.to_owned(),
                ..Instance::default()
            };
            at = Some((instance, node.span));
            continue;
        }
        let Some((instance, span)) = &mut at else { continue };
        let field = match node.name.as_str() {
            "method" => &mut instance.method,
            "param" => &mut instance.param,
            "attack" => &mut instance.attack,
            "evidence" => &mut instance.evidence,
            "otherinfo" => &mut instance.other,
            "requestheader" | "requestbody" => &mut instance.request,
            "responseheader" | "responsebody" => &mut instance.response,
            _ => continue,
        };
        if !field.is_empty() {
            field.push_str("\n\n");
        }
        field.push_str(words);
        span.length = node.span.offset + node.span.length - span.offset;
    }
    tell(at, reader.offset(), out)
}

fn instance(node: &Node) -> Instance {
    let get = |name: &str| node.get(name).unwrap_or_default().to_owned();
    let joined = |head: &str, body: &str| format!("{}\n\n{}", get(head), get(body)).trim().to_owned();
    Instance {
        uri: get("uri"),
        method: get("method"),
        param: get("param"),
        attack: get("attack"),
        evidence: get("evidence"),
        other: get("otherinfo"),
        request: joined("requestheader", "requestbody"),
        response: joined("responseheader", "responsebody"),
    }
}
