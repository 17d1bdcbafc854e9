//! ZAP: the XML and JSON reports, traditional and "plus" (with requests and responses), old and new.
//!
//! - **A finding** is the alert: the plugin's id and the alert's name (one plugin raises several). The site is where it
//!   stands, not what it is: an alert on three sites of one report is one problem with places on three sites.
//! - **A place** is an instance: method, URL (parameters by name, without values) and the parameter that was attacked.
//!   An alert without instances stands at its site. Exact repeats are counted.
//! - **Severity**: the risk code: 3 high, 2 medium, 1 low, 0 info. Confidence is a tag; one that says *false positive*
//!   marks the record as suppressed.
//! - The report covers the sites it names, with or without alerts.
//!
//! What belongs to an alert stands before and after its instances, and instances can carry whole responses: a report is
//! read twice, once for the alerts, once for their instances one at a time.

mod alert;
mod json;
mod xml;

use self::alert::{Alert, Site};
use super::head::Head;
use super::limits::{Kind, Limits, Refusal};
use super::source::Source;
use super::{About, Format, Out};

const TOOL: &str = "zap";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Zap;

impl Format for Zap {
    fn about(&self) -> &'static About {
        &About {
            name: "zap",
            title: "ZAP (XML, JSON)",
            records: "sites (their alerts and instances are counted below them)",
            finding: "the alert: the plugin's id and the alert's name, over all sites of the report",
            place: "an instance: method, URL (parameters by name, without values) and the attacked parameter",
            severity: "the risk code: 3 high, 2 medium, 1 low, 0 info; a confidence of false positive marks it suppressed",
            left_out: "alerts without a name, which nobody can read; statistics and insights of the scan itself",
            covers: "the sites the report names",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        head.is_root("OWASPZAPReport")
            || head.json.has("@programName")
            || (head.json.first == Some(b'{')
                // GitLab keeps the sites of ZAP in its own reports.
                && !head.json.has("scan")
                && (head.json.item("site", &["@name"])
                    || head.json.item("site", &["alerts"])
                    || (head.json.has("@generated") && head.json.has("site"))))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        for what in ["site", "alertitem", "instance"] {
            out.summary.count(what, 0);
        }
        out.tool(TOOL);
        let first = source.first_byte(limits)?;
        if first == Some(b'<') {
            xml::decode(source, limits, out)
        } else {
            json::decode(source, limits, out)
        }
    }
}

/// What is known of a report before its instances are read.
#[derive(Debug, Default)]
struct Alerts {
    sites: Vec<Site>,
    /// Of all sites, in the order of the report.
    all: Vec<Alert>,
    bytes: usize,
}

impl Alerts {
    fn push(&mut self, alert: Alert, limits: &Limits) -> Result<(), Refusal> {
        self.bytes += alert.bytes();
        self.all.push(alert);
        if self.all.len() > limits.table || self.bytes > limits.table_bytes {
            let reason = format!(
                "the report has more than {} alerts, or their texts are larger than {}; split it",
                limits.table,
                super::json::size(limits.table_bytes as u64)
            );
            return Err(Refusal::new(Kind::Limit, reason));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
