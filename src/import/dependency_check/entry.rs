//! A dependency and what is wrong with it, however the report writes them.

use super::TOOL;
use crate::domain::time::Time;
use crate::import::Out;
use crate::import::limits::{Refusal, text};
use crate::import::package::{Flaw, Purl};
use crate::import::record::Span;

/// What the head of the report says of all entries.
#[derive(Debug, Default)]
pub struct Infos {
    pub version: Option<String>,
    pub observed_at: Option<Time>,
}

#[derive(Debug, Default)]
pub struct Dependency {
    pub file: String,
    pub path: String,
    /// Package URLs and Maven coordinates, in order.
    pub ids: Vec<String>,
    pub related: Vec<String>,
    pub projects: Vec<String>,
    pub found: Vec<Found>,
}

#[derive(Debug, Default)]
pub struct Found {
    pub suppressed: bool,
    pub name: String,
    pub source: String,
    pub severity: String,
    pub score: Option<f64>,
    pub vectors: Vec<String>,
    pub cwe: Vec<String>,
    pub description: String,
    pub notes: String,
    pub references: Vec<String>,
    pub span: Span,
}

/// A CVSS metric's value as vectors write it: `NETWORK` and `N` are `N`.
fn letter(value: &str) -> Option<char> {
    value.trim().chars().next().map(|c| c.to_ascii_uppercase())
}

/// A vector from metrics that are spelled out, if all of them are.
#[must_use]
pub fn vector<'v>(prefix: &str, metrics: &[Metric], value: impl Fn(&str) -> Option<&'v str>) -> Option<String> {
    let mut vector = prefix.to_owned();
    for (n, (metric, names)) in metrics.iter().enumerate() {
        if n > 0 {
            vector.push('/');
        }
        vector.push_str(metric);
        vector.push(':');
        vector.push(letter(names.iter().find_map(|name| value(name))?)?);
    }
    Some(vector)
}

/// A metric as a vector has it, and the names that reports give it.
pub type Metric = (&'static str, &'static [&'static str]);

/// The metrics of version 2 in the order of a vector. Reports from before there was a third version name them `cvss…`.
pub const V2: [Metric; 6] = [
    ("AV", &["accessVector", "attackVector", "cvssAccessVector"]),
    ("AC", &["accessComplexity", "attackComplexity", "cvssAccessComplexity"]),
    ("Au", &["authentication", "authenticationr", "cvssAuthenticationr"]),
    (
        "C",
        &["confidentialImpact", "confidentialityImpact", "cvssConfidentialImpact"],
    ),
    ("I", &["integrityImpact", "cvssIntegrityImpact"]),
    ("A", &["availabilityImpact", "cvssAvailabilityImpact"]),
];

/// Those of version 3.
pub const V3: [Metric; 8] = [
    ("AV", &["attackVector"]),
    ("AC", &["attackComplexity"]),
    ("PR", &["privilegesRequired"]),
    ("UI", &["userInteraction"]),
    ("S", &["scope"]),
    ("C", &["confidentialityImpact"]),
    ("I", &["integrityImpact"]),
    ("A", &["availabilityImpact"]),
];

/// `dom4j-2.1.1.jar` is dom4j in version 2.1.1; `app.ear: a.jar` is the jar.
fn by_file(file: &str) -> (String, String) {
    let name = file.rsplit(": ").next().unwrap_or(file);
    // A virtual dependency is `name:1.0`.
    if let Some((name, version)) = name.rsplit_once(':')
        && version.starts_with(|c: char| c.is_ascii_digit())
    {
        return (name.to_owned(), version.to_owned());
    }
    let stem = match name.rsplit_once('.') {
        Some((stem, ext)) if ext.len() <= 4 && ext.chars().all(|c| c.is_ascii_alphabetic()) => stem,
        _ => name,
    };
    let cut = stem
        .match_indices('-')
        .find(|(at, _)| stem[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
    match cut {
        Some((at, _)) if at > 0 => (stem[..at].to_owned(), stem[at + 1..].to_owned()),
        _ => (name.to_owned(), String::new()),
    }
}

impl Dependency {
    /// Kind, name and version of the package.
    fn package(&self) -> (String, String, String) {
        if let Some(purl) = self.ids.iter().find_map(|id| Purl::parse(id)) {
            return (purl.kind, purl.name, purl.version);
        }
        let maven = self.ids.iter().find_map(|id| {
            let mut parts = id.trim_matches(['(', ')']).split(':').map(str::trim);
            Some((parts.next()?, parts.next()?, parts.next()?))
        });
        if let Some((group, name, version)) = maven {
            return ("maven".into(), format!("{group}:{name}"), version.to_owned());
        }
        let (name, version) = by_file(&self.file);
        (String::new(), name, version)
    }

    pub fn emit(self, infos: &Infos, out: &mut Out<'_>) -> Result<(), Refusal> {
        let (ecosystem, package, version) = self.package();
        for found in self.found {
            let what = if found.suppressed {
                "suppressedVulnerability"
            } else {
                "vulnerability"
            };
            out.summary.count(what, 1);
            let mut flaw = Flaw::of(TOOL);
            flaw.tool_version.clone_from(&infos.version);
            flaw.observed_at = infos.observed_at;
            flaw.ecosystem.clone_from(&ecosystem);
            flaw.package.clone_from(&package);
            flaw.version.clone_from(&version);
            flaw.path.clone_from(&self.file);
            flaw.advisory = found.name;
            flaw.description = found.description;
            flaw.word = found.severity;
            flaw.score = found.score;
            found.vectors.iter().for_each(|v| flaw.vector(Some(v)));
            found.cwe.iter().for_each(|c| flaw.weakness(c));
            found.references.iter().for_each(|r| flaw.reference(Some(r)));
            flaw.suppressed = found.suppressed;
            let detail = &mut flaw.detail;
            detail.add("Suppressed because", Some(&found.notes));
            detail.add("Source", Some(&found.source));
            detail.add("File", Some(&self.path));
            let listed = |l: &[String]| l.iter().take(text::LIST).cloned().collect::<Vec<_>>().join("\n");
            detail.add("Used by", Some(&listed(&self.projects)));
            detail.add("Same content", Some(&listed(&self.related)));
            out.record_or(
                flaw.record(found.span),
                "vulnerabilities without a name",
                found.span.offset,
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_nobody_identified_are_named_without_their_version() {
        for (file, name, version) in [
            ("app.ear: dom4j-2.1.1.jar", "dom4j", "2.1.1"),
            ("yargs-parser:5.0.0", "yargs-parser", "5.0.0"),
            ("component1.dll", "component1.dll", ""),
            ("a.jar: jquery.js", "jquery.js", ""),
            ("-1.jar", "-1.jar", ""),
            ("", "", ""),
        ] {
            assert_eq!(by_file(file), (name.to_owned(), version.to_owned()), "{file}");
        }
    }
}
