//! Acunetix's XML (version 10 and later, on premises). The JSON of Acunetix 360 is Invicti's: see `invicti`.
//!
//! - **A finding** is the vulnerability by its name.
//! - **A place** is the URL (start URL and what is affected; parameters by name, without values) and the attacked
//!   parameter.
//! - **Severity**: Acunetix's own. What somebody marked as a false positive is suppressed.
//! - The report covers the site of each scan's start URL, unless the scan was aborted.

use std::io::Read;

use super::detail::Detail;
use super::head::Head;
use super::limits::{Kind, Limits, Refusal, clip_line, text};
use super::markup::plain;
use super::record::{Fingerprint, Record, digest};
use super::source::Source;
use super::xml::{Node, Reader};
use super::{About, Format, Out, clock, names, place};
use crate::domain::severity::Severity;
use crate::domain::time::Time;

const TOOL: &str = "acunetix";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Acunetix;

impl Format for Acunetix {
    fn about(&self) -> &'static About {
        &About {
            name: "acunetix",
            title: "Acunetix (XML)",
            records: "report items",
            finding: "the vulnerability, by its name",
            place: "the URL (parameters by name, without values) and the attacked parameter",
            severity: "Acunetix's own; what is marked as a false positive is suppressed",
            left_out: "items without a name, counted; what the crawler found",
            covers: "the sites of the start URLs; nothing of scans that were aborted",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        head.is_root("ScanGroup")
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.tool(TOOL);
        out.summary.count("ReportItem", 0);
        let mut reader = Reader::open(source.open(limits)?, limits);
        let root = reader.root()?;
        if !root.name.eq_ignore_ascii_case("ScanGroup") {
            return Err(reader.refuse(
                Kind::Malformed,
                "the root of Acunetix' XML is ScanGroup; this is something else",
            ));
        }
        while let Some(tag) = reader.child()? {
            if tag.name == "Scan" {
                scan(&mut reader, out)?;
            } else {
                reader.unknown(&tag, "", out)?;
            }
        }
        reader.finish()?;
        out.summary.bytes = reader.offset();
        Ok(())
    }
}

/// What stands in front of a scan's items.
#[derive(Debug, Default)]
struct Scan {
    start: String,
    aborted: bool,
    finished: Option<Time>,
}

fn scan<R: Read>(reader: &mut Reader<R>, out: &mut Out<'_>) -> Result<(), Refusal> {
    let mut scan = Scan::default();
    while let Some(tag) = reader.child()? {
        match tag.name.as_str() {
            "StartURL" => scan.start = clip_line(reader.element(tag)?.words().unwrap_or_default(), text::PLACE),
            "Aborted" => {
                scan.aborted = reader
                    .element(tag)?
                    .words()
                    .is_some_and(|w| w.eq_ignore_ascii_case("true"));
            }
            "StartTime" | "FinishTime" => {
                let node = reader.element(tag)?;
                scan.finished = node.words().and_then(clock::time).max(scan.finished);
            }
            "ReportItems" => {
                while let Some(tag) = reader.child()? {
                    if tag.name != "ReportItem" {
                        reader.unknown(&tag, " among items", out)?;
                        continue;
                    }
                    out.summary.count("ReportItem", 1);
                    let node = reader.element(tag)?;
                    out.entry(reader.offset())?;
                    out.record_or(record(&node, &scan), "items without a name", node.span.offset)?;
                }
            }
            "Name" | "ShortName" | "ScanTime" | "Responsive" | "Banner" | "Os" | "WebServer" | "Technologies"
            | "Crawler" | "ScanProfile" | "ReportGenerated" => reader.skip()?,
            _ => reader.unknown(&tag, " of a scan", out)?,
        }
    }
    if scan.aborted {
        out.cover_nothing("the scan was aborted");
    } else if let Some(target) = names::Target::parse(&scan.start) {
        out.cover(target.origin());
    }
    out.summary.observed_at = out.summary.observed_at.max(scan.finished);
    Ok(())
}

fn record(node: &Node, scan: &Scan) -> Option<Record> {
    let get = |name: &str| node.get(name).unwrap_or_default();
    let name = clip_line(&plain(get("Name")), text::TITLE);
    if name.is_empty() {
        return None;
    }
    let parameter = Some(get("Parameter")).filter(|p| *p != "<empty>").unwrap_or_default();
    let affects = get("Affects");
    let origin = names::Target::parse(&scan.start).map(|t| match t.scheme {
        Some(_) => t.origin(),
        None => t.authority(),
    });
    let url = match origin {
        _ if affects.contains("://") => affects.to_owned(),
        // A page, or something that is none ("Web Server").
        Some(origin) if affects.starts_with('/') => format!("{origin}{affects}"),
        Some(origin) => format!("{origin}/"),
        None => affects.to_owned(),
    };
    let parameter = clip_line(parameter, text::PLACE);
    let occurrence = place::url(&url, &[&parameter]).unwrap_or_else(|| {
        let shown = clip_line(&url, text::PLACE);
        let mut place = place::nowhere(&shown);
        place.key = digest(&["text", &shown, &parameter]);
        place
    });
    let mut detail = Detail::default();
    detail.add("Affects", Some(affects).filter(|a| !a.starts_with('/')));
    detail.add("Parameter", Some(&parameter));
    detail.add("", Some(&plain(get("Details"))));
    let source_file = [get("AOP_SourceFile"), get("AOP_SourceLine")];
    detail.add("Source", Some(source_file.join(":").trim_matches(':')));
    detail.add("", Some(&plain(get("AOP_Additional"))));
    for technical in node.all("TechnicalDetails") {
        for (name, label) in [("Request", "Request"), ("Response", "Response")] {
            if let Some(message) = technical.get(name) {
                detail.message(label, message.as_bytes());
            }
        }
    }
    let mut description = Detail::default();
    description.add("", Some(&plain(get("Description"))));
    description.add("Impact", Some(&plain(get("Impact"))));
    let more = plain(get("DetailedInformation"));
    let lists = |list: &'static str, item: &'static str| node.all(list).flat_map(move |l| l.all(item));
    let cwe = lists("CWEList", "CWE")
        .filter_map(|c| c.attr("id").or_else(|| c.words()).and_then(names::cwe))
        .collect();
    let cve = lists("CVEList", "CVE")
        .flat_map(|c| names::cves(&format!("{} {}", c.text, c.get("ID").unwrap_or_default())))
        .collect();
    let scored = ["CVSS4", "CVSS3", "CVSS"].iter().filter_map(|v| node.child(v));
    let word = get("Severity");
    let fields = vec![("tool", TOOL.to_owned()), ("vulnerability", name.clone())];
    let record = Record {
        rule: get("ModuleName").to_owned(),
        title: name,
        description: [description.text(), more].join("\n\n"),
        remediation: plain(get("Recommendation")),
        references: lists("References", "Reference")
            .filter_map(|r| r.get("URL"))
            .map(str::to_owned)
            .collect(),
        severity: match word.to_lowercase().as_str() {
            "informational" | "information" => Severity::Info,
            other => names::rated(other),
        },
        severity_word: word.to_owned(),
        score: scored.clone().find_map(|c| c.get("Score")?.parse().ok()),
        cvss: scored.filter_map(|c| c.get("Descriptor")).map(str::to_owned).collect(),
        cwe,
        cve,
        tags: vec![get("Type").to_owned()],
        detail: detail.text(),
        suppressed: matches!(get("IsFalsePositive").to_lowercase().as_str(), "true" | "1" | "yes"),
        observed_at: scan.finished,
        ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, node.span)
    };
    Some(record.tidy())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::tests::read as decode;

    #[test]
    fn items_are_read_and_the_crawl_is_not() {
        let text = r#"<?xml version="1.0"?><ScanGroup ExportedOn="28/11/2026, 14:29:33"><Scan><Name>n</Name><StartURL>https://shop.example:8443/app</StartURL>
          <FinishTime>22/11/2026, 06:07:03</FinishTime><Aborted>False</Aborted><Crawler><SiteFiles><SiteFile/></SiteFiles></Crawler><ReportItems>
          <ReportItem id="1"><Name>Cross site scripting</Name><ModuleName>/Scripts/XSS.script</ModuleName><Details><![CDATA[Set to <b>x</b>]]></Details>
           <Affects>/a.php</Affects><Parameter>q</Parameter><Severity>high</Severity><Type>xss</Type><Description>D</Description><Impact>I</Impact>
           <Recommendation><![CDATA[Filter<br/>it]]></Recommendation><TechnicalDetails><Request>GET /a.php?q=1</Request></TechnicalDetails>
           <CWEList><CWE id="79">CWE-79</CWE></CWEList><CVEList><CVE><ID>CVE-2020-0001</ID></CVE></CVEList>
           <CVSS><Descriptor>AV:N</Descriptor><Score>6.4</Score></CVSS><CVSS3><Descriptor>CVSS:3.0/AV:N</Descriptor><Score>5.3</Score></CVSS3>
           <References><Reference><Database>x</Database><URL>https://r.example</URL></Reference></References></ReportItem>
          <ReportItem><Name>Old server</Name><Affects>Web Server</Affects><Severity>info</Severity><IsFalsePositive>True</IsFalsePositive></ReportItem>
          <ReportItem/></ReportItems><Odd/></Scan></ScanGroup>"#;
        let (records, summary) = decode(text);
        assert_eq!(
            (summary.format.as_str(), summary.records(), records.len()),
            ("acunetix", 3, 2)
        );
        let r = &records[0];
        assert_eq!(
            (r.severity, r.score, r.occurrence.place.as_str()),
            (Severity::High, Some(5.3), "https://shop.example:8443/a.php")
        );
        assert_eq!(r.cvss, ["CVSS:3.0/AV:N", "AV:N"]);
        assert_eq!(
            (r.cwe.as_slice(), r.cve.as_slice()),
            (&[79][..], &["CVE-2020-0001".to_owned()][..])
        );
        assert_eq!(
            (r.description.as_str(), r.remediation.as_str()),
            ("D\n\nImpact: I", "Filter\nit")
        );
        for part in ["Parameter: q", "Set to x", "Request: GET /a.php?q=1"] {
            assert!(r.detail.contains(part), "{part}: {}", r.detail);
        }
        assert!(records[1].suppressed && records[1].occurrence.place == "https://shop.example:8443/");
        assert_eq!(summary.covers, ["https://shop.example:8443"]);
        assert_eq!(summary.observed_at.unwrap().to_string(), "2026-11-22T06:07:03.000Z");
        let aborted = decode(&text.replace("<Aborted>False", "<Aborted>True")).1;
        assert_eq!(aborted.covers, ["nothing (the scan was aborted)"]);
        let left: Vec<_> = summary.left_out.iter().map(|c| c.what.as_str()).collect();
        assert_eq!(left, ["items without a name", "elements `Odd` of a scan"]);
    }
}
