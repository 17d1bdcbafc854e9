//! Packages with known vulnerabilities, as dependency scanners report them: one way to tell them apart, to place them
//! and to show them, so that all formats of the kind agree.
//!
//! - **A finding** is kind of package, package and advisory. The version is not part of it: somebody who updates to a
//!   version that is still vulnerable has not solved the problem, and what was decided about it still stands. Names of
//!   kinds differ from tool to tool and from version to version ([`ecosystem`] makes them one), names of packages by
//!   case, of Python packages also by `-`, `_` and `.`. The advisory is what the tool calls it: an advisory that gets a
//!   CVE number later keeps its name.
//! - **A place** is what was scanned (an image without its tag, a project), the file, the version and the way the
//!   package came in. The version is part of the place, because two versions of one package may stand side by side in
//!   one lock file, and each has to be mended on its own.
//! - **Severity** is the tool's word. What nobody has rated yet is rated by its score or vector, and is info without
//!   one (a format may say otherwise).

use super::detail::Detail;
use super::limits::{clip, clip_line, text};
use super::names;
use super::record::{Fingerprint, Occurrence, Place, Record, Span, digest};
use super::{clock, place};
use crate::domain::cvss::Cvss;
use crate::domain::severity::Severity;
use crate::domain::time::Time;

/// Of the rule that makes fingerprints, see the module's documentation.
const VERSION: u32 = 1;

/// A vulnerable package at one place, however a report writes it.
#[derive(Debug, Default)]
pub struct Flaw {
    pub tool: String,
    pub tool_version: Option<String>,
    /// What the tool or a package URL calls this kind of package.
    pub ecosystem: String,
    pub package: String,
    pub version: String,
    /// What was scanned, where it is no file: an image, a project.
    pub target: String,
    /// The file that names the package, or is it.
    pub path: String,
    pub line: Option<u32>,
    /// How it came in: `app > a > b`.
    pub through: String,
    pub advisory: String,
    /// Other names of the advisory; CVE numbers are taken out of them.
    pub aliases: Vec<String>,
    pub title: String,
    pub description: String,
    /// Versions that mend it, as they stand.
    pub fixed: String,
    /// What else the tool says about mending it.
    pub remedy: String,
    pub references: Vec<String>,
    /// The tool's own word or number.
    pub word: String,
    /// What it counts as where neither word, score nor vector says it; info if this does not.
    pub unrated: Option<Severity>,
    pub score: Option<f64>,
    pub cvss: Vec<String>,
    pub cwe: Vec<u32>,
    pub tags: Vec<String>,
    /// More that the tool says at this place.
    pub detail: Detail,
    pub suppressed: bool,
    pub observed_at: Option<Time>,
}

impl Flaw {
    #[must_use]
    pub fn of(tool: &str) -> Self {
        Self {
            tool: tool.to_owned(),
            ..Self::default()
        }
    }

    /// Another name of the advisory, a reference, a CVSS vector: kept once each, none of them blank.
    pub fn alias(&mut self, name: Option<&str>) {
        add_word(&mut self.aliases, name, text::WORD);
    }

    pub fn reference(&mut self, address: Option<&str>) {
        add_word(&mut self.references, address, text::PLACE);
    }

    pub fn vector(&mut self, vector: Option<&str>) {
        add_word(&mut self.cvss, vector, text::WORD);
    }

    pub fn weakness(&mut self, word: &str) {
        if let Some(cwe) = names::cwe(word) {
            names::add(&mut self.cwe, cwe);
        }
    }

    /// None where no advisory is named: nobody could tell what is wrong.
    #[must_use]
    pub fn record(mut self, span: Span) -> Option<Record> {
        let advisory = clip_line(&self.advisory, text::WORD);
        if advisory.is_empty() {
            return None;
        }
        let ecosystem = ecosystem(&self.ecosystem);
        let fields = vec![
            ("tool", self.tool.clone()),
            ("ecosystem", ecosystem.clone()),
            ("package", name_key(&ecosystem, &self.package)),
            ("advisory", advisory.clone()),
        ];
        let mut cve = Vec::new();
        for found in std::iter::once(&advisory)
            .chain(&self.aliases)
            .flat_map(|a| names::cves(a))
        {
            names::add(&mut cve, found);
        }
        let others: Vec<&str> = self
            .aliases
            .iter()
            .map(String::as_str)
            .filter(|a| *a != advisory)
            .collect();
        let mut detail = Detail::default();
        detail.add("Installed", Some(&self.version));
        detail.add("Fixed in", Some(&self.fixed));
        detail.add("Comes in through", Some(&self.through));
        detail.add("Also known as", Some(&others.join(", ")));
        let said = std::mem::take(&mut self.detail).text();
        detail.add("", Some(&said));
        if !ecosystem.is_empty() {
            self.tags.insert(0, ecosystem);
        }
        let score = self.score.filter(|s| (0.0..=10.0).contains(s));
        let rated = score.or_else(|| {
            self.cvss
                .iter()
                .find_map(|v| Cvss::parse(v).ok())
                .map(|v| v.base_score())
        });
        let severity = match severity(&self.word, rated) {
            Severity::Info if self.word.is_empty() && rated.is_none() => self.unrated.unwrap_or(Severity::Info),
            rated => rated,
        };
        let (title, remediation, occurrence) = (self.title(&advisory), self.remediation(), self.occurrence());
        Some(Record {
            tool_version: self.tool_version,
            title,
            description: clip(&self.description, text::PARAGRAPH),
            remediation,
            references: self.references,
            severity,
            severity_word: clip_line(&self.word, text::WORD),
            score,
            cvss: self.cvss,
            cwe: self.cwe,
            cve,
            tags: self.tags,
            detail: detail.text(),
            suppressed: self.suppressed,
            observed_at: self.observed_at,
            rule: advisory,
            ..Record::new(&self.tool, Fingerprint::new(VERSION, fields), occurrence, span)
        })
    }

    /// `lodash: Prototype Pollution (CVE-2018-16487)`: the version stays out, it is the place's.
    fn title(&self, advisory: &str) -> String {
        let mut title = clip_line(&self.title, text::TITLE);
        if title.is_empty() {
            advisory.clone_into(&mut title);
        } else if advisory.contains(|c: char| c.is_ascii_digit()) && !title.contains(advisory) {
            title = format!("{title} ({advisory})");
        }
        if !self.package.is_empty() && !title.to_lowercase().contains(&self.package.to_lowercase()) {
            title = format!("{}: {title}", self.package);
        }
        clip_line(&title, text::TITLE)
    }

    fn remediation(&self) -> String {
        let update = match (self.package.as_str(), self.fixed.as_str()) {
            (_, "") => String::new(),
            ("", fixed) => format!("Update to {fixed}."),
            (package, fixed) => format!("Update {package} to {fixed}."),
        };
        let said = [update.as_str(), self.remedy.trim()];
        let said: Vec<&str> = said.into_iter().filter(|t| !t.is_empty()).collect();
        clip(&said.join("\n\n"), text::PARAGRAPH)
    }

    fn occurrence(&self) -> Occurrence {
        let line = self.line.map(|l| l.to_string()).unwrap_or_default();
        let mut shown = String::new();
        for part in [&self.target, &self.path] {
            if !part.is_empty() {
                shown.push_str(part);
                shown.push_str(": ");
            }
        }
        shown.push_str(&self.package);
        if !self.version.is_empty() {
            shown.push(' ');
            shown.push_str(&self.version);
        }
        if !self.through.is_empty() {
            shown = format!("{shown} ({})", self.through);
        }
        let kept = |t: &str, max| Some(clip_line(t, max)).filter(|t| !t.is_empty());
        let shown = clip_line(shown.trim_end_matches(": "), text::PLACE);
        Occurrence {
            key: digest(&[
                "dependency",
                &self.target,
                &place::path_key(&self.path),
                &line,
                &self.version,
                &self.through,
            ]),
            place: if shown.is_empty() {
                "(no place given)".into()
            } else {
                shown
            },
            parts: Place {
                path: kept(&self.path, text::PLACE),
                line: self.line,
                symbol: kept(&self.through, text::PLACE),
                package: kept(&self.package, text::WORD),
                package_version: kept(&self.version, text::WORD),
                ..Place::default()
            },
        }
    }
}

fn add_word(list: &mut Vec<String>, word: Option<&str>, max: usize) {
    let word = clip_line(word.unwrap_or_default(), max);
    if !word.is_empty() {
        names::add(list, word);
    }
}

/// One name for each kind of package: what a package URL calls it.
#[must_use]
pub fn ecosystem(word: &str) -> String {
    let word = clip_line(word, text::WORD).to_lowercase();
    let one = match word.as_str() {
        "python" | "python-pkg" | "pip" | "pipenv" | "poetry" | "uv" | "wheel" | "setuptools" | "python_pip" => "pypi",
        "node" | "node-pkg" | "nodejs" | "javascript" | "js" | "yarn" | "pnpm" | "bun" => "npm",
        "jar" | "java" | "java-archive" | "pom" | "gradle" | "gradle-lockfile" | "sbt" | "sbt-lockfile"
        | "jenkins-plugin" => "maven",
        "go" | "gomod" | "gobinary" | "go-module" | "gomodules" | "golangdep" | "govendor" => "golang",
        "rust" | "rust-crate" | "rustbinary" | "rust-binary" | "crates.io" => "cargo",
        "ruby" | "rubygems" | "bundler" | "gemspec" => "gem",
        "php" | "php-composer" | "composer-vendor" | "packagist" => "composer",
        "dotnet" | "dotnet-core" | ".net" | "packages-props" | "csharp" => "nuget",
        "debian" | "ubuntu" | "dpkg" => "deb",
        "alpine" | "wolfi" | "chainguard" => "apk",
        "redhat"
        | "centos"
        | "rocky"
        | "alma"
        | "amazon"
        | "oracle"
        | "fedora"
        | "photon"
        | "cbl-mariner"
        | "azurelinux"
        | "opensuse"
        | "opensuse.leap"
        | "opensuse.tumbleweed"
        | "suse linux enterprise server"
        | "suse"
        | "rhel" => "rpm",
        _ => return word,
    };
    one.to_owned()
}

fn name_key(ecosystem: &str, name: &str) -> String {
    let name = clip_line(name, text::WORD).to_lowercase();
    if ecosystem != "pypi" {
        return name;
    }
    let words = name.split(['-', '_', '.']).filter(|w| !w.is_empty());
    words.collect::<Vec<_>>().join("-")
}

/// A package URL (`pkg:maven/org.apache/log4j@2.0?type=jar`), taken apart as far as it is needed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Purl {
    pub kind: String,
    /// With its namespace, as its ecosystem writes it.
    pub name: String,
    pub version: String,
}

impl Purl {
    #[must_use]
    pub fn parse(from: &str) -> Option<Self> {
        let rest = from.trim().strip_prefix("pkg:")?;
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let (kind, rest) = rest.trim_start_matches('/').split_once('/')?;
        // A scope's at sign stands in front of the name; the version's behind the last slash.
        let (name, version) = match rest.rsplit_once('@') {
            Some((name, version)) if !name.is_empty() && !version.contains('/') => (name, version),
            _ => (rest, ""),
        };
        let kind = kind.to_lowercase();
        let name = plain(name);
        // Of system packages the namespace is the distribution; Maven writes a colon.
        let name = match (kind.as_str(), name.rsplit_once('/')) {
            ("deb" | "apk" | "rpm" | "alpm", Some((_, bare))) => bare.to_owned(),
            ("maven", Some((group, bare))) => format!("{group}:{bare}"),
            _ => name,
        };
        (!name.is_empty()).then(|| Self {
            kind,
            name,
            version: plain(version),
        })
    }
}

/// Percent-encoded text in plain; what is not encoded rightly stays.
fn plain(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(|hex| std::str::from_utf8(hex).ok())
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(code.unwrap_or(bytes[at]));
        at += if code.is_some() { 3 } else { 1 };
    }
    String::from_utf8(out).unwrap_or_else(|_| text.to_owned())
}

/// An image's name without tag and digest: the next build of it is the same target.
#[must_use]
pub fn image(name: &str) -> String {
    let name = clip_line(name, text::PLACE);
    let bare = name.split_once('@').map_or(name.as_str(), |(bare, _)| bare);
    match bare.rsplit_once(':') {
        // A colon before a slash is the registry's port.
        Some((bare, tag)) if !bare.is_empty() && !tag.contains('/') => bare.to_owned(),
        _ => bare.to_owned(),
    }
}

/// A severity in any of the words dependency scanners use, else by the score.
#[must_use]
pub fn severity(word: &str, score: Option<f64>) -> Severity {
    match word.trim().to_lowercase().as_str() {
        // Clair's worst.
        "defcon1" => Severity::Critical,
        "important" | "error" => Severity::High,
        "moderate" | "warning" => Severity::Medium,
        "minor" => Severity::Low,
        "negligible" | "informational" | "none" | "note" => Severity::Info,
        other => other
            .parse()
            .unwrap_or_else(|()| score.map_or(Severity::Info, Severity::from_score)),
    }
}

/// A time as it stands, if it is one.
#[must_use]
pub fn time(word: Option<&str>) -> Option<Time> {
    word.and_then(clock::time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaw(version: &str, ecosystem: &str, package: &str) -> Record {
        let flaw = Flaw {
            ecosystem: ecosystem.into(),
            package: package.into(),
            version: version.into(),
            advisory: "GHSA-aaaa-bbbb-cccc".into(),
            aliases: vec!["cve-2020-1234".into()],
            path: "./requirements.txt".into(),
            fixed: "3.0".into(),
            ..Flaw::of("t")
        };
        flaw.record(Span::default()).unwrap()
    }

    #[test]
    fn an_update_that_solves_nothing_is_the_same_finding_at_another_place() {
        let (a, b) = (flaw("1.0", "python-pkg", "My_Lib"), flaw("2.0", "pip", "my.lib"));
        assert_eq!(a.fingerprint, b.fingerprint);
        assert_ne!(a.occurrence.key, b.occurrence.key);
        assert_ne!(a.fingerprint, flaw("1.0", "npm", "my-lib").fingerprint);
        assert_eq!(a.cve, ["CVE-2020-1234"]);
        assert_eq!(a.title, "My_Lib: GHSA-aaaa-bbbb-cccc");
        assert_eq!(a.remediation, "Update My_Lib to 3.0.");
        assert_eq!(a.occurrence.place, "./requirements.txt: My_Lib 1.0");
        assert!(Flaw::of("t").record(Span::default()).is_none());
    }

    #[test]
    fn package_urls_are_read() {
        let p = |t: &str| Purl::parse(t).map(|p| (p.kind, p.name, p.version));
        let some = |k: &str, n: &str, v: &str| Some((k.to_owned(), n.to_owned(), v.to_owned()));
        assert_eq!(p("pkg:maven/org.a/b@1.0?type=jar"), some("maven", "org.a:b", "1.0"));
        assert_eq!(p("pkg:npm/%40scope/name@2"), some("npm", "@scope/name", "2"));
        assert_eq!(p("pkg:npm/@scope/name"), some("npm", "@scope/name", ""));
        assert_eq!(p("pkg:deb/debian/curl@7%2B1?arch=x"), some("deb", "curl", "7+1"));
        assert_eq!(
            p("pkg:golang/golang.org/x/net@v0.1"),
            some("golang", "golang.org/x/net", "v0.1")
        );
        for odd in ["", "pkg:", "pkg:npm", "pkg:npm/", "npm/a", "pkg:a/%"] {
            let _ = p(odd);
        }
        assert_eq!(p("pkg:npm/"), None);
    }

    #[test]
    fn an_images_next_build_is_the_same_target() {
        for (from, to) in [
            ("app:1.2", "app"),
            ("registry.example:5000/team/app", "registry.example:5000/team/app"),
            (
                "registry.example:5000/team/app:1@sha256:00",
                "registry.example:5000/team/app",
            ),
            ("app@sha256:00", "app"),
            ("", ""),
        ] {
            assert_eq!(image(from), to);
        }
    }

    #[test]
    fn what_nobody_has_rated_goes_by_its_score() {
        assert_eq!(severity("UNKNOWN", Some(9.8)), Severity::Critical);
        assert_eq!(severity("Unknown", None), Severity::Info);
        assert_eq!(severity("Moderate", Some(9.8)), Severity::Medium);
    }
}
