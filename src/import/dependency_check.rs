//! OWASP Dependency-Check: the XML, the JSON and the CSV report, all versions.
//!
//! - **A finding** is kind of package, package and advisory (see [`super::package`]). The package is that of its package
//!   URL or Maven coordinates; a file nobody identified is taken by its name, without the version in it.
//! - **A place** is the file by the name Dependency-Check shows (`app.ear: lib.jar`) and its version. The path on the
//!   machine that built it changes from run to run: it stands in the detail, and so do files with the same content.
//! - **Severity**: the report's own word; what is unscored is rated by the CVSS base score. Vectors are put together
//!   from the metrics where the report spells those out.
//! - What a suppression file suppressed is kept and marked.
//! - The report covers everything of the tool: it does not say where it was pointed at.

mod entry;
mod json;
mod rows;
mod xml;

use super::head::Head;
use super::limits::{Limits, Refusal};
use super::source::Source;
use super::{About, Format, Out};

const TOOL: &str = "dependency-check";

#[derive(Debug)]
pub struct DependencyCheck;

impl Format for DependencyCheck {
    fn about(&self) -> &'static About {
        &About {
            name: "dependency-check",
            title: "OWASP Dependency-Check (XML, JSON, CSV)",
            records: "dependencies (their vulnerabilities are counted below them), or rows of the CSV",
            finding: "kind of package, package and advisory; of a file nobody identified its name without the version",
            place: "the file as the report names it, and its version",
            severity: "the report's own; unscored ones by the CVSS base score, else info",
            left_out: "evidence and dependencies without vulnerabilities; what was suppressed is kept and marked",
            covers: "everything of the tool: the report does not say where it was pointed at",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        rows::sniff(head)
            || (head.is_root("analysis") && (head.has_inside("scanInfo") || head.has_inside("projectInfo")))
            || (head.json.has("reportSchema") && (head.json.has("scanInfo") || head.json.has("dependencies")))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.tool(TOOL);
        let first = source.first_byte(limits)?;
        if !matches!(first, Some(b'<' | b'{' | b'[') | None) {
            return rows::decode(source, limits, out);
        }
        for what in ["dependency", "vulnerability", "suppressedVulnerability"] {
            out.summary.count(what, 0);
        }
        if first == Some(b'<') {
            xml::decode(source, limits, out)
        } else {
            json::decode(source, limits, out)
        }
    }
}

#[cfg(test)]
mod tests;
