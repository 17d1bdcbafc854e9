//! Wapiti: the JSON and XML reports, 2.x and 3.x.
//!
//! - **A finding** is the category and what Wapiti says (`Secure flag is not set in the cookie : csrftoken`), without
//!   the addresses in it: the cookie or parameter at fault is part of what has to be fixed, the page is where.
//! - **A place** is method, URL (parameters by name, without values) and parameter.
//! - **Severity**: the level: 4 critical, 3 high, 2 medium, 1 low, 0 info. Before version 2.3 it counts from 1, the worst,
//!   to 3.
//! - Anomalies (a server that answers with an error) and additional facts (technologies, methods) are findings too: they
//!   are in the report because somebody asked for them. They carry a tag; other tools do not read them.
//! - The report covers its target; before version 2.3 it does not name one: everything of the tool.

mod entry;
mod json;
mod xml;

use super::head::Head;
use super::limits::{Limits, Refusal};
use super::source::Source;
use super::{About, Format, Out};

const TOOL: &str = "wapiti";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Wapiti;

impl Format for Wapiti {
    fn about(&self) -> &'static About {
        &About {
            name: "wapiti",
            title: "Wapiti (JSON, XML)",
            records: "entries of vulnerabilities (anomalies and additional facts are counted beside them)",
            finding: "the category and what is said of it, without addresses",
            place: "method, URL (parameters by name, without values) and parameter",
            severity: "the level: 4 critical, 3 high, 2 medium, 1 low, 0 info; before version 2.3: 1 high, 2 medium, 3 low",
            left_out: "nothing; anomalies and additional facts are findings with a tag",
            covers: "the target of the scan; before version 2.3, which does not name it, everything of the tool",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        (head.is_root("report") && (head.has_inside("report_infos") || head.has_inside("generatedBy")))
            || (head.json.has("vulnerabilities") && head.json.has("classifications"))
            || (head.json.has("vulnerabilities") && head.json.has("anomalies") && head.json.has("infos"))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        for what in ["vulnerability_entry", "anomaly_entry", "additional_entry"] {
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

#[cfg(test)]
mod tests;
