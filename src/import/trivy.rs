//! Trivy's JSON: schema 2, the bare list of results before it, clusters (`trivy k8s`, all and summary, new and old), and
//! the resources of its operator (vulnerabilities, exposed secrets, audits).
//!
//! - **A finding** is, of a package, its kind, name and advisory (see [`super::package`]); of a misconfiguration check,
//!   file and resource (the message where no resource is named); of a secret rule, file and line as Trivy masks it; of
//!   a licence its name, package and file.
//! - **A place** is target, file and version, or the lines in the file. An image counts without its tag, so that the
//!   next build of it is the same target; its full name stands in the detail.
//! - **Severity**: Trivy's own word; *unknown* by the CVSS score, info without one. The score is that of the source
//!   whose severity Trivy took, else the national database's; vectors of all sources arrive.
//! - Checks that passed are counted, not read. What a VEX document or an ignore file took out of the report
//!   (`ExperimentalModifiedFindings`), exceptions and `not_affected` are kept as suppressed.
//! - Secrets: Trivy masks them; a line that is not masked is masked here.
//! - A report of an image covers that image, whatever its tag. Other reports cover everything of the tool.

mod entry;
mod operator;
mod walk;

use self::walk::{Owners, Pass};
use super::head::Head;
use super::json::Walker;
use super::limits::{Limits, Refusal};
use super::source::Source;
use super::{About, Format, Out, package};

const TOOL: &str = "trivy";

/// Of the rule that makes fingerprints of what is no package, see the module's documentation.
const VERSION: u32 = 1;

#[derive(Debug)]
pub struct Trivy;

impl Format for Trivy {
    fn about(&self) -> &'static About {
        &About {
            name: "trivy",
            title: "Trivy (JSON; its operator's reports, too)",
            records: "vulnerabilities, misconfigurations, secrets and licences; the first kind that the report has",
            finding: "kind of package, package and advisory; check, file and resource; rule, file and masked line of a secret; licence and package",
            place: "target (an image without its tag), file and version; the lines in the file",
            severity: "Trivy's own; unknown by the CVSS score, else info",
            left_out: "checks that passed, counted; lists of packages; what was suppressed is kept and marked; secrets are shown masked only, the report keeps what Trivy wrote",
            covers: "the image, whatever its tag; of anything else everything of the tool",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let json = &head.json;
        let lists = [
            "Vulnerabilities",
            "Misconfigurations",
            "Secrets",
            "Licenses",
            "Class",
            "Type",
        ];
        operator::sniff(json)
            || (json.has("SchemaVersion")
                && (json.has("Results") || json.has("ArtifactName") || json.has("ArtifactType")))
            || (json.has("ClusterName")
                && (["Resources", "Findings", "Vulnerabilities", "Misconfigurations"]
                    .iter()
                    .any(|k| json.has(k))
                    || json.keys.len() == 1))
            || json.item("Results", &["Target"])
            || (json.first == Some(b'[') && json.has("Target") && lists.iter().any(|l| json.has(l)))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.tool(TOOL);
        if operator::sniff(&Head::of(&source.head(super::HEAD, limits)?).json) {
            return operator::decode(source, limits, out);
        }
        let mut owners = Owners::new(limits);
        {
            let mut walker = Walker::open(source.open(limits)?, limits);
            walk::objects(&mut walker, 0, None, &mut Pass::Owners(&mut owners))?;
            walker.finish()?;
            out.summary.bytes = walker.offset();
        }
        for owner in owners.all() {
            if owner.kind_of_artifact == "container_image" {
                out.cover(package::image(&owner.artifact));
            }
            out.summary.observed_at = out.summary.observed_at.max(package::time(Some(&owner.created)));
        }
        // The first number is the first kind that there is.
        for kind in walk::Kind::ALL {
            let n = owners.count(kind);
            if n > 0 {
                out.summary.count(kind.name(), 0);
            }
        }
        if out.summary.counted.is_empty() {
            out.summary.count(walk::Kind::Vulnerability.name(), 0);
        }
        let mut walker = Walker::open(source.open(limits)?, limits);
        walk::objects(&mut walker, 0, None, &mut Pass::Entries(&mut owners, out))?;
        walker.finish()
    }
}

#[cfg(test)]
mod tests;
