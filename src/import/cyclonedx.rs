//! CycloneDX with vulnerabilities: JSON and XML of versions 1.4 to 1.6 (bills of materials, VEX, VDR), and the XML of
//! version 1.2 with the vulnerability extension.
//!
//! - **A finding** is kind of package, package and advisory (see [`super::package`]), per affected component. A
//!   vulnerability that names no component is one finding of the whole.
//! - **A place** is the subject of the document (an image without its tag) and the component's version.
//! - **Severity**: the first rating with a word that says something, else the score of the newest CVSS version.
//! - **VEX**: what was analysed as resolved, false positive or not affected is kept and marked as suppressed, with
//!   state, justification and response in the detail; exploitable and in triage is open.
//! - The tool is called after the one that made the document (`cyclonedx: grype`), so that documents of different tools
//!   do not speak for one another, nor for reports in the tool's own format: those name packages differently.
//! - A document covers its subject. A bill of materials without vulnerabilities is an empty report.
//!
//! A document is read twice: components may stand before or after what affects them.

mod entry;
mod json;
mod xml;

use super::head::Head;
use super::limits::{Limits, Refusal};
use super::source::Source;
use super::{About, Format, Out};

#[derive(Debug)]
pub struct CycloneDx;

impl Format for CycloneDx {
    fn about(&self) -> &'static About {
        &About {
            name: "cyclonedx",
            title: "CycloneDX (JSON, XML; bills of materials with vulnerabilities, VEX, VDR)",
            records: "components (vulnerabilities and what they affect are counted below them)",
            finding: "kind of package, package and advisory, per affected component",
            place: "the subject of the document (an image without its tag) and the component's version",
            severity: "the first rating in words, else the score of the newest CVSS version, else info",
            left_out: "components without vulnerabilities; what VEX calls resolved, false positive or not affected is kept and marked as suppressed",
            covers: "the subject of the document; everything of the tool where none is named",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let json = &head.json;
        let namespace = |(name, value): &(String, String)| name == "xmlns" && value.contains("cyclonedx");
        (json.has("bomFormat") && json.has("specVersion"))
            || (head.is_root("bom")
                && (head.root.as_ref().is_some_and(|r| r.attributes.iter().any(namespace))
                    || head.has_inside("components")
                    || head.has_inside("vulnerabilities")))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        if source.first_byte(limits)? == Some(b'<') {
            xml::decode(source, limits, out)
        } else {
            json::decode(source, limits, out)
        }
    }
}

#[cfg(test)]
mod tests;
