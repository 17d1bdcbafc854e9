//! Faraday's own vulnerabilities, for those who move: its CSV export, what its API lists (`/vulns`, JSON), the JSON of
//! hosts that it takes in and its plugins write, and its export in Metasploit's XML (`export_data`).
//!
//! - **A finding** is what Faraday calls the vulnerability: its name. Faraday keeps one for every host and service; here
//!   these are its places.
//! - **A place** is the URL with method and parameter where it has one; else host, port and protocol.
//! - **Severity** is Faraday's word; *med* is medium, *unclassified* is info. Metasploit's XML has one for web applications
//!   only, in which high is also what was critical; all else of it is unclassified. It says of nothing whether it is closed.
//! - Closed ones are not there any more: left out and counted. Faraday names no end of an accepted risk, and here one has
//!   an end: such a place comes back open, marked as suppressed, and is counted by name. What nobody confirmed has the tag
//!   `unconfirmed`.
//! - Comments, attached files, credentials and people stay behind, counted where the export holds them; the CSV's columns
//!   of custom fields stay in the raw record.
//! - An export is somebody's query: nothing counts as not seen any more.

mod json;
mod metasploit;
mod rows;
mod vuln;

use super::head::Head;
use super::limits::{Limits, Refusal};
use super::source::Source;
use super::{About, Format, Out};

const TOOL: &str = "faraday";

/// What an export covers, in words that are no target.
const COVERS: &str = "only what the export holds";

#[derive(Debug)]
pub struct Faraday;

impl Format for Faraday {
    fn about(&self) -> &'static About {
        &About {
            name: "faraday",
            title: "Faraday's own export (CSV, API JSON, JSON of hosts, Metasploit XML)",
            records: "vulnerabilities of the JSON and the XML, or rows of the CSV; of the JSON of hosts the hosts",
            finding: "the vulnerability, by its name",
            place: "the URL with method and parameter; else host, port and protocol",
            severity: "Faraday's own; med is medium, unclassified is info; the Metasploit XML has one for web applications only (high is high or \
                       critical), all else of it is info",
            left_out: "what is closed; comments, attached files and credentials; all counted. A risk accepted, which has no end there, \
                       comes back open and suppressed, counted by name. People and the CSV's custom fields stay behind",
            covers: "only what the export holds: nothing counts as not seen any more",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        json::sniff(head) || rows::sniff(head) || metasploit::sniff(head)
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.cover(COVERS.to_owned());
        out.tool(TOOL);
        match source.first_byte(limits)? {
            Some(b'{') => json::decode(source, limits, out),
            Some(b'<') => metasploit::decode(source, limits, out),
            _ => rows::decode(source, limits, out),
        }
    }
}

#[cfg(test)]
mod tests;
