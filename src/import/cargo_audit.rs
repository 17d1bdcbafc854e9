//! cargo-audit's JSON (`cargo audit --json`), all versions.
//!
//! - **A finding** is package and advisory (see [`super::package`]); a warning without an advisory (a yanked version) is
//!   package and kind of warning.
//! - **A place** is the version of the package in the lock file.
//! - **Severity**: by the advisory's CVSS vector; high without one, because a vulnerability nobody scored is still one.
//!   Warnings are hints: unsound is low, unmaintained, yanked and notices are info.
//! - Advisories that were withdrawn are kept and marked as suppressed.
//! - The report covers everything of the tool.

use std::io::Read;

use serde::Deserialize;

use super::entries::{each_entry, each_key, opens, strange_of, unknown};
use super::head::Head;
use super::json::Walker;
use super::limits::{Limits, Refusal};
use super::loose::{self, Word, Words};
use super::package::Flaw;
use super::record::{Record, Span};
use super::source::Source;
use super::{About, Format, Out};
use crate::domain::severity::Severity;

const TOOL: &str = "cargo-audit";

#[derive(Debug)]
pub struct CargoAudit;

impl Format for CargoAudit {
    fn about(&self) -> &'static About {
        &About {
            name: "cargo-audit",
            title: "cargo-audit (JSON)",
            records: "vulnerabilities (warnings are counted beside them)",
            finding: "package and advisory; of a warning without one package and kind of warning",
            place: "the version of the package in the lock file",
            severity: "by the CVSS vector, high without one; warnings: unsound low, others info",
            left_out: "nothing; withdrawn advisories are kept and marked as suppressed",
            covers: "everything of the tool: cargo-audit does not say what it looked at",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let json = &head.json;
        json.has("lockfile") && json.has("vulnerabilities") && (json.has("database") || json.has("warnings"))
            || json.item("vulnerabilities", &["found", "count", "list"])
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.summary.count("vulnerabilities", 0);
        out.tool(TOOL);
        let mut walker = Walker::open(source.open(limits)?, limits);
        each_key(&mut walker, &mut |walker, key| match key {
            "vulnerabilities" => {
                if !opens(walker, b'{', key, out)? || !walker.enter(b'{')? {
                    return Ok(());
                }
                let mut first = true;
                while let Some(key) = walker.next_key(&mut first)? {
                    match key.as_str() {
                        "list" => {
                            out.list();
                            list(walker, "vulnerabilities", "", out)?;
                        }
                        other => strange_of(walker, other, " of the vulnerabilities", out)?,
                    }
                }
                Ok(())
            }
            "warnings" => {
                // A list once, lists by their kind today.
                if !walker.enter(b'{')? {
                    return list(walker, "warnings", "", out);
                }
                let mut first = true;
                while let Some(kind) = walker.next_key(&mut first)? {
                    list(walker, "warnings", &kind, out)?;
                }
                Ok(())
            }
            "database" | "lockfile" | "settings" => walker.skip(),
            other => unknown(walker, other, out),
        })?;
        out.summary.bytes = walker.offset();
        Ok(())
    }
}

fn list<R: Read>(walker: &mut Walker<R>, what: &str, kind: &str, out: &mut Out<'_>) -> Result<(), Refusal> {
    each_entry(walker, out, what, &mut |walker, raw, span, out| {
        let entry: Entry<'_> = walker.read(raw, span)?;
        let record = entry.record(what == "warnings", kind, span);
        out.record_or(record, &format!("{what} without an advisory"), span.offset)
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    kind: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    advisory: Advisory<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    versions: Versions<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    package: Package<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Advisory<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    title: Word<'a>,
    #[serde(borrow)]
    description: Word<'a>,
    #[serde(borrow)]
    aliases: Words<'a>,
    #[serde(borrow)]
    related: Words<'a>,
    #[serde(borrow)]
    categories: Words<'a>,
    #[serde(borrow)]
    cvss: Word<'a>,
    #[serde(borrow)]
    informational: Word<'a>,
    #[serde(borrow)]
    references: Words<'a>,
    #[serde(borrow)]
    url: Word<'a>,
    #[serde(borrow)]
    withdrawn: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Versions<'a> {
    #[serde(borrow)]
    patched: Words<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Package<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    version: Word<'a>,
    #[serde(borrow)]
    source: Word<'a>,
}

impl Entry<'_> {
    fn record(&self, warning: bool, kind: &str, span: Span) -> Option<Record> {
        let get = |w: &Word<'_>| w.text().unwrap_or_default().to_owned();
        let advisory = &self.advisory;
        let kind = self.kind.text().or(advisory.informational.text()).unwrap_or(kind);
        let unrated = match (warning, kind) {
            (false, _) => Severity::High,
            (true, "unsound") => Severity::Low,
            (true, _) => Severity::Info,
        };
        let named = advisory.id.text().or(Some(kind).filter(|k| warning && !k.is_empty()));
        let mut flaw = Flaw {
            ecosystem: "cargo".into(),
            package: get(&self.package.name),
            version: get(&self.package.version),
            advisory: named?.to_owned(),
            title: get(&advisory.title),
            description: get(&advisory.description),
            fixed: self.versions.patched.iter().collect::<Vec<_>>().join(", "),
            suppressed: advisory.withdrawn.text().is_some(),
            unrated: Some(unrated),
            ..Flaw::of(TOOL)
        };
        for alias in advisory.aliases.iter().chain(advisory.related.iter()) {
            flaw.alias(Some(alias));
        }
        flaw.vector(advisory.cvss.text());
        flaw.reference(advisory.url.text());
        advisory.references.iter().for_each(|r| flaw.reference(Some(r)));
        if warning && !kind.is_empty() {
            flaw.tags
                .push(super::limits::clip_line(kind, super::limits::text::WORD));
        }
        flaw.tags.extend(advisory.categories.iter().take(10).map(str::to_owned));
        flaw.detail.add("Source", self.package.source.text());
        flaw.detail.add("Withdrawn", advisory.withdrawn.text());
        flaw.record(span)
    }
}

#[cfg(test)]
mod tests {
    use crate::domain::severity::Severity;
    use crate::import::tests::read as decode;

    #[test]
    fn vulnerabilities_and_warnings_are_read() {
        let entry = |cvss: &str| {
            format!(
                r#"{{"advisory":{{"id":"RUSTSEC-2030-0001","package":"p","title":"T","aliases":["CVE-2030-0001"],"cvss":{cvss},"url":"https://r.example/"}},
                "versions":{{"patched":[">=2.0"]}},"package":{{"name":"p","version":"1.0"}}}}"#
            )
        };
        let scored = entry(r#""CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H""#);
        let (records, summary) = decode(&format!(
            r#"{{"database":{{}},"lockfile":{{"dependency-count":2}},"settings":{{}},"vulnerabilities":{{"found":true,"count":2,"list":[{scored},{}]}},
            "warnings":{{"yanked":[{{"kind":"yanked","package":{{"name":"q","version":"0.1"}},"advisory":null}}],
            "unsound":[{{"kind":"unsound","package":{{"name":"r","version":"1"}},"advisory":{{"id":"RUSTSEC-2030-0002"}}}}]}}}}"#,
            entry("null")
        ));
        assert_eq!((summary.records(), summary.findings), (2, 3));
        let severities: Vec<Severity> = records.iter().map(|r| r.severity).collect();
        assert_eq!(
            severities,
            [Severity::Critical, Severity::High, Severity::Info, Severity::Low]
        );
        assert_eq!((records[0].score, records[2].rule.as_str()), (None, "yanked"));
        assert_eq!(records[0].remediation, "Update p to >=2.0.");
        assert_eq!(records[0].cve, ["CVE-2030-0001"]);
    }
}
