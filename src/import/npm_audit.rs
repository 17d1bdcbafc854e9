//! npm's audit report (`npm audit --json`): version 6 and older, 7 and newer, and what pnpm writes in the old form.
//!
//! - **A finding** is package and advisory (see [`super::package`]). The advisory goes by its GitHub name where the
//!   report has one: npm's own numbers change whenever an advisory is edited. So both forms agree. A package that is
//!   only affected through others is a finding of its own, because it is what has to be updated.
//! - **A place** is the version at a dependency path of the old form, the folder in `node_modules` of the new one, which
//!   names no version.
//! - **Severity**: the advisory's word, *moderate* is medium. A package with one advisory counts as npm counts it.
//! - A report that says `error` is no audit and refused with npm's reason.
//! - The report covers everything of the tool: npm does not say what project it looked at.

mod new;
mod old;

use serde::Deserialize;

pub use self::old::Advisory;
use super::head::Head;
use super::json::Walker;
use super::limits::{Kind, Limits, Refusal, clip_line};
use super::loose::{self, Word};
use super::package::Flaw;
use super::source::Source;
use super::{About, Format, Out};

const TOOL: &str = "npm audit";

#[derive(Debug)]
pub struct NpmAudit;

impl Format for NpmAudit {
    fn about(&self) -> &'static About {
        &About {
            name: "npm-audit",
            title: "npm audit (JSON of version 6 and of 7 and newer), pnpm audit",
            records: "advisories (6), or vulnerable packages (7 and newer)",
            finding: "package and advisory; of a package that is only affected through others the package",
            place: "version and dependency path (6), or the folder in node_modules (7 and newer)",
            severity: "the advisory's, moderate is medium; a package with one advisory as npm counts it",
            left_out: "actions and totals; muted advisories, counted",
            covers: "everything of the tool: npm does not say what project it looked at",
        }
    }

    fn sniff(&self, head: &Head<'_>) -> bool {
        let json = &head.json;
        json.first == Some(b'{')
            && (json.has("auditReportVersion")
                || (json.has("advisories") && ["actions", "muted", "metadata"].iter().any(|k| json.has(k)))
                || (json.item("error", &["code", "summary"]) && json.keys.len() <= 3))
    }

    fn decode(&self, source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
        out.tool(TOOL);
        let mut walker = Walker::open(source.open(limits)?, limits);
        super::entries::each_key(&mut walker, &mut |walker, key| match key {
            "advisories" => old::advisories(walker, out),
            "vulnerabilities" => new::packages(walker, out),
            "muted" => {
                let mut muted = Vec::new();
                let mut nothing = Out::new(&mut muted, limits);
                super::entries::each_entry(walker, &mut nothing, "muted", &mut |_, _, _, _| {
                    out.summary.leave_out("muted advisories");
                    Ok(())
                })
            }
            "error" => {
                let mut raw = Vec::new();
                let span = walker.capture(&mut raw)?;
                let error: loose::Maybe<Error<'_>> = walker.read(&raw, span)?;
                let why = clip_line(error.0.summary.text().unwrap_or("no reason given"), 200);
                Err(walker.refuse(Kind::Malformed, format!("npm could audit nothing: {why}")))
            }
            "actions" | "metadata" | "runId" | "auditReportVersion" => walker.skip(),
            other => super::entries::unknown(walker, other, out),
        })?;
        if out.summary.counted.is_empty() {
            out.summary.count("advisories", 0);
        }
        out.summary.bytes = walker.offset();
        Ok(())
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Error<'a> {
    #[serde(borrow)]
    summary: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cvss<'a> {
    #[serde(borrow)]
    score: Word<'a>,
    #[serde(borrow, rename = "vectorString")]
    vector: Word<'a>,
}

impl Cvss<'_> {
    /// npm writes a score of nought where there is none.
    fn tell(&self, flaw: &mut Flaw) {
        flaw.score = self.score.number().filter(|s| *s > 0.0);
        flaw.vector(self.vector.text());
    }
}

/// The GitHub name of an advisory in an address (`https://github.com/advisories/GHSA-…`).
#[must_use]
pub fn github_name(address: &str) -> Option<&str> {
    let name = address.trim_end_matches('/').rsplit('/').next()?;
    name.starts_with("GHSA-").then_some(name)
}

#[cfg(test)]
mod tests;
