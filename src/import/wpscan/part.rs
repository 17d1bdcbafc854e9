//! Parts of a site (WordPress itself, plugins, themes) with their vulnerabilities, and what else was noticed.

use serde::Deserialize;

use super::{Site, TOOL, VERSION};
use crate::domain::severity::Severity;
use crate::import::Out;
use crate::import::detail::Detail;
use crate::import::entries::Inside;
use crate::import::limits::{Refusal, clip_line, text};
use crate::import::loose::{self, Bag, Word, Words};
use crate::import::names;
use crate::import::place;
use crate::import::record::{Fingerprint, Occurrence, Record, Span};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Part<'a> {
    #[serde(borrow)]
    slug: Word<'a>,
    #[serde(borrow)]
    location: Word<'a>,
    #[serde(borrow)]
    latest_version: Word<'a>,
    /// WordPress itself has its version here, others an object.
    #[serde(borrow)]
    number: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    version: Version<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    vulnerabilities: Vec<Vulnerability<'a>>,
    #[serde(borrow, deserialize_with = "loose::list")]
    parents: Vec<Parent<'a>>,
}

/// A theme that another one is built on.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Parent<'a> {
    #[serde(borrow)]
    slug: Word<'a>,
    #[serde(borrow)]
    location: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    version: Version<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    vulnerabilities: Vec<Vulnerability<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Version<'a> {
    #[serde(borrow)]
    number: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vulnerability<'a> {
    #[serde(borrow)]
    title: Word<'a>,
    #[serde(borrow)]
    fixed_in: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    cvss: Cvss<'a>,
    #[serde(borrow)]
    poc: Word<'a>,
    #[serde(borrow)]
    references: Bag<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cvss<'a> {
    #[serde(borrow)]
    score: Word<'a>,
    #[serde(borrow)]
    vector: Word<'a>,
}

/// What a part says that is no vulnerability.
pub const INSIDE: Inside = Inside {
    of: " of a plugin or theme",
    known: &[
        "version",
        "vulnerabilities",
        "confirmed_by",
        "interesting_entries",
        "references",
    ],
    into: &["parents"],
};

/// What is vulnerable, and where.
struct Subject<'p> {
    kind: &'p str,
    slug: &'p str,
    version: &'p str,
    address: &'p str,
    latest: &'p str,
}

impl Part<'_> {
    pub fn emit(&self, kind: &str, name: &str, site: &Site, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
        let subject = Subject {
            kind,
            slug: self.slug.text().unwrap_or(name),
            version: self.number.text().or(self.version.number.text()).unwrap_or_default(),
            address: self.location.text().unwrap_or(&site.url),
            latest: self.latest_version.text().unwrap_or_default(),
        };
        subject.emit(&self.vulnerabilities, site, span, out)?;
        for parent in &self.parents {
            let subject = Subject {
                kind: "theme",
                slug: parent.slug.text().unwrap_or_default(),
                version: parent.version.number.text().unwrap_or_default(),
                address: parent.location.text().unwrap_or(&site.url),
                latest: "",
            };
            subject.emit(&parent.vulnerabilities, site, span, out)?;
        }
        Ok(())
    }
}

impl Subject<'_> {
    fn emit(&self, all: &[Vulnerability<'_>], site: &Site, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
        for vulnerability in all {
            out.summary.count("vulnerabilities", 1);
            out.entry(span.offset)?;
            let record = vulnerability.record(self, site, span);
            out.record_or(record, "vulnerabilities without a title", span.offset)?;
        }
        Ok(())
    }
}

fn at(address: &str, site: &Site) -> Occurrence {
    let mut occurrence = place::url(address, &[]).unwrap_or_else(|| place::nowhere(&clip_line(address, text::PLACE)));
    occurrence.parts.ip = Some(site.ip.clone()).filter(|ip| !ip.is_empty());
    occurrence
}

/// References as addresses; numbers of WPScan's and other databases become one.
fn references(bag: &Bag<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for (kind, words) in &bag.0 {
        for word in words.iter() {
            let address = match kind.as_ref() {
                "url" => word.to_owned(),
                "wpvulndb" => format!("https://wpscan.com/vulnerability/{word}"),
                "exploitdb" => format!("https://www.exploit-db.com/exploits/{word}/"),
                "youtube" if word.starts_with("http") => word.to_owned(),
                "cve" => continue,
                other => format!("{other}: {word}"),
            };
            names::add(&mut found, clip_line(&address, text::PLACE));
        }
    }
    found
}

impl Vulnerability<'_> {
    fn record(&self, of: &Subject<'_>, site: &Site, span: Span) -> Option<Record> {
        let title = self.title.text()?;
        let entry = self.references.get("wpvulndb").next();
        let rule = clip_line(entry.unwrap_or(title), text::WORD);
        let slug = clip_line(of.slug, text::WORD);
        let fields = vec![
            ("tool", TOOL.to_owned()),
            ("part", of.kind.to_owned()),
            ("name", slug.to_lowercase()),
            ("entry", rule.clone()),
        ];
        let mut cve = Vec::new();
        for word in self.references.get("cve") {
            let named = if word.starts_with(|c: char| c.is_ascii_digit()) {
                format!("CVE-{word}")
            } else {
                word.to_owned()
            };
            for found in names::cves(&named) {
                names::add(&mut cve, found);
            }
        }
        let mut occurrence = at(of.address, site);
        occurrence.parts.package = Some(if slug.is_empty() { of.kind.to_owned() } else { slug });
        occurrence.parts.package_version = Some(clip_line(of.version, text::WORD)).filter(|v| !v.is_empty());
        let score = self.cvss.score.number().filter(|s| (0.0..=10.0).contains(s));
        let mut detail = Detail::default();
        detail.add("Installed", Some(of.version));
        detail.add("Latest", Some(of.latest));
        detail.add("Proof of concept", self.poc.text());
        let fixed = self.fixed_in.text();
        Some(Record {
            tool_version: site.version.clone(),
            title: clip_line(title, text::TITLE),
            remediation: fixed
                .map(|v| clip_line(&format!("Update to {v}."), text::TITLE))
                .unwrap_or_default(),
            references: references(&self.references),
            severity: score.map_or(Severity::Medium, Severity::from_score),
            score,
            cvss: self
                .cvss
                .vector
                .text()
                .map(|v| clip_line(v, text::WORD))
                .into_iter()
                .collect(),
            cve,
            tags: vec![of.kind.to_owned()],
            detail: detail.text(),
            observed_at: site.time,
            rule,
            ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
        })
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Interesting<'a> {
    #[serde(borrow)]
    url: Word<'a>,
    #[serde(borrow)]
    to_s: Word<'a>,
    #[serde(borrow, rename = "type")]
    kind: Word<'a>,
    #[serde(borrow)]
    found_by: Word<'a>,
    #[serde(borrow)]
    confidence: Word<'a>,
    #[serde(borrow)]
    references: Bag<'a>,
    #[serde(borrow, rename = "interesting_entries")]
    entries: Words<'a>,
}

impl Interesting<'_> {
    pub fn record(&self, site: &Site, span: Span) -> Option<Record> {
        let said = self.to_s.text().or(self.kind.text())?;
        let kind = clip_line(self.kind.text().unwrap_or(said), text::WORD);
        // The address in the text is where it is, not what it is.
        let words: Vec<&str> = said.split_whitespace().filter(|w| !w.contains("://")).collect();
        let what = words.join(" ");
        let what = what.trim_end_matches([':', ' ']);
        let fields = vec![
            ("tool", TOOL.to_owned()),
            ("kind", kind.clone()),
            ("text", clip_line(what, text::PLACE)),
        ];
        let mut detail = Detail::default();
        detail.add(
            "",
            Some(&self.entries.iter().take(text::LIST).collect::<Vec<_>>().join("\n")),
        );
        detail.add("Found by", self.found_by.text());
        detail.add("Confidence", self.confidence.text());
        let title = if what.is_empty() { &kind } else { what };
        Some(Record {
            tool_version: site.version.clone(),
            title: clip_line(&format!("Interesting finding: {title}"), text::TITLE),
            references: references(&self.references),
            tags: vec!["interesting".to_owned()],
            detail: detail.text(),
            observed_at: site.time,
            rule: kind,
            ..Record::new(
                TOOL,
                Fingerprint::new(VERSION, fields),
                at(self.url.text().unwrap_or(&site.url), site),
                span,
            )
        })
    }
}

/// Something that stands open: a backup, an export, a name of a user.
pub fn exposed(kind: &str, name: &str, site: &Site, span: Span) -> Record {
    let (title, severity) = match kind {
        "config_backups" => ("Backup of the configuration can be downloaded", Severity::High),
        "db_exports" => ("Export of the database can be downloaded", Severity::High),
        // Whose, not which: the report has it.
        "password_attack" => ("A user's password was guessed", Severity::High),
        "users" => ("Names of users can be found out", Severity::Info),
        _ => ("Media can be found out", Severity::Info),
    };
    let fields = vec![("tool", TOOL.to_owned()), ("kind", kind.to_owned())];
    let name = clip_line(name, text::PLACE);
    let is_address = name.contains("://");
    let mut occurrence = at(if is_address { &name } else { &site.url }, site);
    if !is_address {
        occurrence.key = crate::import::record::digest(&[&occurrence.key, &name]);
        occurrence.place = clip_line(&format!("{} ({name})", occurrence.place), text::PLACE);
    }
    Record {
        tool_version: site.version.clone(),
        title: title.to_owned(),
        severity,
        detail: name,
        tags: vec!["exposed".to_owned()],
        observed_at: site.time,
        rule: kind.to_owned(),
        ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
    }
}
