//! Nmap's XML (`-oX`): open ports, and what vulnerability scripts say of them.
//!
//! - **A finding** is an open port (number and protocol), or a vulnerability: by the id that `vulners` gives it, or by
//!   the script (and the id in it) that found it. An open port on ten hosts is one question with ten answers.
//! - **A place** is a host with the port. A host goes by the name it was scanned as, else its first name, else its
//!   address.
//! - **Severity**: an open port is info; a vulnerability follows its CVSS score where the script states one (of
//!   `vulners`), else the script's own risk factor, else its state: vulnerable is high, likely vulnerable medium.
//! - Left out and counted: ports that are closed or filtered, and scripts that say that something is *not* vulnerable.
//!   What other scripts print stands in the detail of their port.
//! - The report covers the hosts it looked at, down ones too. One without hosts covers nothing: nobody answered.

mod host;
mod script;

use self::host::Host;
use super::clock;
use super::head::Head;
use super::limits::{Kind, Limits, Refusal, clip_line, text};
use super::source::Source;
use super::xml::Reader;
use super::{About, Format, Out};
use crate::domain::time::Time;

const TOOL: &str = "nmap";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Nmap;

/// What is true of the whole run.
#[derive(Debug, Default)]
struct Run {
    version: Option<String>,
    observed_at: Option<Time>,
}

impl Format for Nmap {
    fn about(&self) -> &'static About {
        &About {
            name: "nmap",
            title: "Nmap (XML)",
            records: "hosts (their ports and open ports are counted below them)",
            finding: "an open port by number and protocol, or a vulnerability by its id or the script that found it",
            place: "the host with the port",
            severity: "an open port is info; a vulnerability follows its CVSS score, else the script's risk factor or state",
            left_out: "ports that are closed or filtered; scripts that say something is not vulnerable",
            covers: "the hosts the run looked at, also those that were down",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        head.is_root("nmaprun")
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        for what in ["host", "port", "open_port"] {
            out.summary.count(what, 0);
        }
        out.tool(TOOL);
        let mut reader = Reader::open(source.open(limits)?, limits);
        let root = reader.root()?;
        if !root.name.eq_ignore_ascii_case("nmaprun") {
            return Err(reader.refuse(
                Kind::Malformed,
                "an Nmap report's root is nmaprun; this is something else",
            ));
        }
        let run = Run {
            version: root.attr("version").map(|v| clip_line(v, text::WORD)),
            observed_at: root.attr("start").and_then(clock::time),
        };
        out.summary.observed_at = run.observed_at;
        while let Some(tag) = reader.child()? {
            match tag.name.as_str() {
                "host" => {
                    out.summary.count("host", 1);
                    let ended = tag.attr("endtime").and_then(clock::time);
                    let mut host = Host::new(ended.or(run.observed_at), tag.offset);
                    host.read(&mut reader, &run, out)?;
                }
                "runstats" => {
                    let node = reader.element(tag)?;
                    let finished = node
                        .child("finished")
                        .and_then(|f| f.attr("time"))
                        .and_then(clock::time);
                    out.summary.observed_at = out.summary.observed_at.max(finished);
                }
                "scaninfo" | "verbose" | "debugging" | "taskbegin" | "taskend" | "taskprogress" | "hosthint"
                | "target" | "prescript" | "postscript" | "output" => reader.skip()?,
                _ => reader.unknown(&tag, "", out)?,
            }
        }
        reader.finish()?;
        if out.summary.covers.is_empty() {
            // Not the same as a report that does not say: nothing was seen of anything.
            out.cover("no host (none answered)".to_owned());
        }
        out.summary.bytes = reader.offset();
        Ok(())
    }
}

#[cfg(test)]
mod tests;
