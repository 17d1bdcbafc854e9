//! DefectDojo's own findings, for those who move: what its API lists (`/api/v2/findings/`, JSON) and its CSV and Excel
//! exports, which have the same columns. What scripts write for it is [`generic`](super::generic).
//!
//! - **A finding** is DefectDojo's, by its number: what was decided there was decided about that one. Exports of two
//!   servers belong into two projects. The tool is `defectdojo`; the test's type stands in the detail.
//! - **A place** is an endpoint, else a line of a file, else component and version. In the API's JSON endpoints are
//!   numbers; what they are stands beside the results where the list was asked for with `prefetch=endpoints`.
//! - **Severity** is DefectDojo's word.
//! - What people decided ([`state`]) is set on findings that are new in the project: false positive, out of scope, and
//!   an accepted risk whose end the export names. What cannot be set so (an accepted risk without an end, inactive for
//!   no stated reason) comes back open, marked as suppressed, and is counted by name.
//! - Left out and counted: what is mitigated (it is not there any more) and duplicates (their originals say the same).
//!   Notes and files of people stay behind, counted. Of the CSV, what its export cut short (`...`) is counted.
//! - An export is somebody's query, or a page of it: nothing counts as not seen any more.

mod json;
mod rows;
mod state;

use self::state::State;
use super::generic::Entry;
use super::head::Head;
use super::limits::{Limits, Refusal, clip_line, text};
use super::record::{Fingerprint, Span};
use super::source::Source;
use super::{About, Format, Out};

const TOOL: &str = "defectdojo";

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

/// What an export covers, in words that are no target.
const COVERS: &str = "only what the export holds";

#[derive(Debug)]
pub struct Defectdojo;

impl Format for Defectdojo {
    fn about(&self) -> &'static About {
        &About {
            name: "defectdojo",
            title: "DefectDojo's own export (API v2 findings JSON, CSV, Excel)",
            records: "results of the JSON or rows of the table",
            finding: "DefectDojo's finding, by its number there",
            place: "an endpoint (JSON: ask for the list with prefetch=endpoints); else a line of a file; else component and version",
            severity: "DefectDojo's own word",
            left_out: "what is mitigated, and duplicates, whose originals say the same; endpoints that are numbers only; notes and \
                       files; all counted. False positive, out of scope, and risk accepted until a stated day are set again, on new \
                       findings only; a risk accepted without an end, or inactive for no reason, comes back open and suppressed, \
                       counted by name. People stay behind",
            covers: "only what the export holds: nothing counts as not seen any more",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        json::sniff(head) || rows::sniff(head)
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.cover(COVERS.to_owned());
        out.tool(TOOL);
        if matches!(source.first_byte(limits)?, Some(b'{' | b'[')) {
            json::decode(source, limits, out)
        } else {
            rows::decode(source, limits, out)
        }
    }
}

/// Hands over a finding, unless it is not there any more, or said elsewhere.
fn emit(id: &str, mut entry: Entry, state: &State, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
    if id.is_empty() {
        out.unreadable("findings without a number", span.offset);
        return Ok(());
    }
    let Some(decided) = state.decided(out) else {
        return Ok(());
    };
    entry.suppressed = decided.suppressed;
    for (tag, yes) in [("verified", state.verified), ("under review", state.under_review)] {
        if yes {
            entry.tags.push(tag.to_owned());
        }
    }
    let fields = vec![("tool", TOOL.to_owned()), ("finding", clip_line(id, text::WORD))];
    let fingerprint = Fingerprint::new(VERSION, fields);
    entry.emit_as(TOOL, &fingerprint, Some(&decided.kept), span, out)
}

#[cfg(test)]
mod tests;
