//! sslyze: JSON of version 1 to 6, XML of version 1 and 2.
//!
//! - **A finding** is a problem that follows from what sslyze lists: it rates nothing itself (see `tls`).
//! - **A place** is host and port.
//! - **Severity**: ours, by the problem, from Heartbleed (critical) to suites without forward secrecy (low).
//! - Left out and counted: checks that found nothing, and servers that were not reached. Whether a certificate has
//!   expired is taken from sslyze's validation, not from today's date.
//! - The report covers the servers it reached.

mod json;
mod xml;

use super::head::Head;
use super::limits::{Limits, Refusal};
use super::source::Source;
use super::{About, Format, Out};

const TOOL: &str = "sslyze";

#[derive(Debug)]
pub struct Sslyze;

impl Format for Sslyze {
    fn about(&self) -> &'static About {
        &About {
            name: "sslyze",
            title: "sslyze (JSON, XML)",
            records: "scanned servers",
            finding: "a problem that follows from what sslyze lists: an old version, weak suites, a certificate",
            place: "host and port",
            severity: "ours, by the problem: sslyze states none",
            left_out: "checks that found nothing, and servers that were not reached; all counted",
            covers: "the servers it reached",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let title = head.root.as_ref().and_then(|r| r.attr("title"));
        head.json.has("sslyze_version")
            || (head.json.has("server_scan_results"))
            || (head.is_root("document") && title.is_some_and(|t| t.to_lowercase().starts_with("sslyze")))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.tool(TOOL);
        if source.first_byte(limits)? == Some(b'<') {
            xml::decode(source, limits, out)
        } else {
            json::decode(source, limits, out)
        }
    }
}

#[cfg(test)]
mod tests;
