//! pip-audit's JSON (`-f json`): the old list of packages, and the object with `dependencies` since version 2.5.
//!
//! - **A finding** is package and advisory (see [`super::package`]).
//! - **A place** is the version: pip-audit does not say which file asked for it.
//! - **Severity**: pip-audit knows none. All are medium, so that nothing hides among hints before a person has looked.
//! - Packages that could not be audited are counted by that, packages without vulnerabilities are not.
//! - The report covers everything of the tool.

use serde::Deserialize;

use super::entries::{Inside, each_key, results, unknown};
use super::head::Head;
use super::json::Walker;
use super::limits::{Limits, Refusal};
use super::loose::{self, Word, Words};
use super::package::Flaw;
use super::record::Span;
use super::source::Source;
use super::{About, Format, Out};
use crate::domain::severity::Severity;

const TOOL: &str = "pip-audit";

#[derive(Debug)]
pub struct PipAudit;

impl Format for PipAudit {
    fn about(&self) -> &'static About {
        &About {
            name: "pip-audit",
            title: "pip-audit (JSON)",
            records: "vulnerabilities of all packages together",
            finding: "package and advisory",
            place: "the version of the package",
            severity: "medium: pip-audit knows none",
            left_out: "packages that could not be audited, counted; packages without vulnerabilities",
            covers: "everything of the tool: pip-audit does not say what it looked at",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let json = &head.json;
        let list = |keys: &[&str]| keys.iter().all(|k| json.has(k));
        (json.first == Some(b'[') && (list(&["name", "version", "vulns"]) || list(&["name", "skip_reason"])))
            || json.item("dependencies", &["name", "vulns"])
            || json.item("dependencies", &["name", "skip_reason"])
            || (json.has("dependencies") && json.has("fixes") && json.keys.len() == 2)
            || (json.has("dependencies") && json.keys.len() == 1 && json.inside.is_empty())
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.summary.count("vulns", 0);
        out.tool(TOOL);
        let first = source.first_byte(limits)?;
        let mut walker = Walker::open(source.open(limits)?, limits);
        if first == Some(b'[') {
            results(&mut walker, out, "packages", &mut take)?;
            walker.finish()?;
        } else {
            each_key(&mut walker, &mut |walker, key| match key {
                "dependencies" => results(walker, out, "packages", &mut take),
                "fixes" => walker.skip(),
                other => unknown(walker, other, out),
            })?;
        }
        out.summary.bytes = walker.offset();
        Ok(())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Package<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    version: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    vulns: Vec<Vulnerability<'a>>,
    #[serde(borrow)]
    skip_reason: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    fix_versions: Words<'a>,
    #[serde(borrow)]
    aliases: Words<'a>,
    #[serde(borrow)]
    description: Word<'a>,
}

/// What a package says that is no vulnerability.
const INSIDE: Inside = Inside {
    of: " of a package",
    known: &["vulns"],
    into: &[],
};

fn take<R: std::io::Read>(walker: &Walker<R>, raw: &[u8], span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
    let package: Package<'_> = walker.read(raw, span)?;
    if package.skip_reason.text().is_some() {
        out.summary.leave_out("packages that could not be audited");
    } else if package.name.text().is_none() {
        out.unreadable("packages without a name", span.offset);
    }
    if package.vulns.is_empty() && package.skip_reason.text().is_none() {
        INSIDE.strange(raw, span, out);
    }
    for vulnerability in &package.vulns {
        out.summary.count("vulns", 1);
        let get = |w: &Word<'_>| w.text().unwrap_or_default().to_owned();
        let mut flaw = Flaw {
            ecosystem: "pypi".into(),
            package: get(&package.name),
            version: get(&package.version),
            advisory: get(&vulnerability.id),
            description: get(&vulnerability.description),
            fixed: vulnerability.fix_versions.iter().collect::<Vec<_>>().join(", "),
            unrated: Some(Severity::Medium),
            ..Flaw::of(TOOL)
        };
        vulnerability.aliases.iter().for_each(|a| flaw.alias(Some(a)));
        out.record_or(flaw.record(span), "vulns without an id", span.offset)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::domain::severity::Severity;
    use crate::import::tests::read as decode;

    #[test]
    fn both_forms_are_one() {
        let packages = r#"[{"name":"My_Lib","version":"1.0","vulns":[{"id":"PYSEC-2030-1","fix_versions":["1.1","2.0"],"aliases":["CVE-2030-0001"],"description":"D"}]},
            {"name":"x","skip_reason":"not found"},{"name":"clean","version":"1","vulns":[]}]"#;
        let ((old, a), (new, b)) = (
            decode(packages),
            decode(&format!(r#"{{"dependencies":{packages},"fixes":[]}}"#)),
        );
        assert_eq!(old[0].fingerprint, new[0].fingerprint);
        assert_eq!((a.records(), b.records(), a.left_out.len()), (1, 1, 1));
        assert_eq!(
            (old[0].severity, old[0].cve[0].as_str(), old[0].remediation.as_str()),
            (Severity::Medium, "CVE-2030-0001", "Update My_Lib to 1.1, 2.0.")
        );
        assert_eq!(decode(r#"{"dependencies":[],"fixes":[]}"#).1.tools, ["pip-audit"]);
    }
}
