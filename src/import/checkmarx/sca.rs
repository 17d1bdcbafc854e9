//! Packages of Checkmarx' older engines: the JSON of OSA (vulnerabilities, or libraries and vulnerabilities as two lists),
//! and the risk report of SCA with its packages, or its vulnerabilities alone.
//!
//! What is true of a package stands in a list of its own, in front of the vulnerabilities or behind them: it is read
//! first.

use std::collections::HashMap;
use std::io::Read;

use serde::Deserialize;

use super::{Item, cwe};
use crate::import::entries::{each_key, keys_inside, unknown};
use crate::import::head::Head;
use crate::import::json::Walker;
use crate::import::limits::{Limits, Refusal, clip_line, text};
use crate::import::loose::{self, Bag, Word, Words};
use crate::import::record::Span;
use crate::import::source::Source;
use crate::import::{Out, names};

pub fn sniff(head: &Head<'_>) -> bool {
    let json = &head.json;
    let list = json.first == Some(b'[');
    let osa = |keys: &[&str]| list && keys.iter().all(|k| json.has(k));
    osa(&["cveName", "libraryId"])
        || osa(&["cveName", "packageId"])
        || (json.has("RiskReportSummary") && (json.has("Packages") || json.has("Vulnerabilities")))
        || lists(head.bytes)
}

/// Whether it begins as two lists in one: libraries and vulnerabilities of OSA.
fn lists(head: &[u8]) -> bool {
    let Some(inner) = head.trim_ascii_start().strip_prefix(b"[") else {
        return false;
    };
    let mut inner = inner.trim_ascii_start();
    if let Some(rest) = inner
        .strip_prefix(b"[")
        .and_then(|r| r.trim_ascii_start().strip_prefix(b"]"))
    {
        let rest = rest.trim_ascii_start();
        inner = rest.strip_prefix(b",").unwrap_or(rest).trim_ascii_start();
    }
    let head = Head::of(inner);
    let of = |keys: &[&str]| keys.iter().all(|k| head.json.has(k));
    inner.starts_with(b"[") && (of(&["cveName", "libraryId"]) || of(&["id", "highVulnerabilityCount"]))
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("results", 0);
    let mut packages = Packages::new(limits);
    {
        let mut walker = Walker::open(source.open(limits)?, limits);
        if walker.peek()? == Some(b'[') {
            packages.lists(&mut walker)?;
            walker.finish()?;
        } else {
            each_key(&mut walker, &mut |walker, key| match key {
                "Packages" => packages.list(walker),
                _ => walker.skip(),
            })?;
        }
    }
    let mut walker = Walker::open(source.open(limits)?, limits);
    let known = &packages;
    if walker.peek()? == Some(b'[') {
        inside(&mut walker, known, out)?;
        walker.finish()?;
    } else {
        each_key(&mut walker, &mut |walker, key| match key {
            "Vulnerabilities" => flaws(walker, known, out),
            "Packages" | "RiskReportSummary" => walker.skip(),
            other => unknown(walker, other, out),
        })?;
    }
    out.summary.bytes = walker.offset();
    Ok(())
}

/// The entries of a list, or of the lists in it; libraries among them have been read already.
fn inside<R: Read>(walker: &mut Walker<R>, packages: &Packages, out: &mut Out<'_>) -> Result<(), Refusal> {
    if !walker.enter(b'[')? {
        return flaws(walker, packages, out);
    }
    let mut first = true;
    while walker.next_item(&mut first)? {
        flaws(walker, packages, out)?;
    }
    Ok(())
}

/// Vulnerabilities of packages: a list of them, or one. Libraries between them are only counted.
pub fn flaws<R: Read>(walker: &mut Walker<R>, packages: &Packages, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.list();
    let mut raw = Vec::new();
    let list = walker.enter(b'[')?;
    let mut first = true;
    while !list || walker.next_item(&mut first)? {
        let object = walker.peek()? == Some(b'{');
        let span = walker.capture(&mut raw)?;
        out.beside(walker.offset())?;
        let entry: loose::Maybe<Entry<'_>> = walker.read(&raw, span)?;
        if entry.0.is_library() {
            out.summary.count("libraries", 1);
        } else {
            out.summary.count("results", 1);
            if object {
                entry.0.emit(packages, span, out)?;
            } else if raw != b"null" {
                out.unreadable("results that are no objects", span.offset);
            }
        }
        if !list {
            break;
        }
    }
    Ok(())
}

/// What is known of packages, by their ids.
#[derive(Debug)]
pub struct Packages {
    known: HashMap<String, Package>,
    max: usize,
    budget: usize,
}

#[derive(Debug, Clone, Default)]
pub struct Package {
    name: String,
    version: String,
    path: String,
    /// Where else it was found, and how it came in.
    more: String,
    direct: bool,
}

impl Packages {
    pub fn new(limits: &Limits) -> Self {
        Self {
            known: HashMap::new(),
            max: limits.table,
            budget: limits.table_bytes,
        }
    }

    /// The libraries among a list's entries, or in the lists in it.
    fn lists<R: Read>(&mut self, walker: &mut Walker<R>) -> Result<(), Refusal> {
        if !walker.enter(b'[')? {
            return walker.skip();
        }
        let mut first = true;
        while walker.next_item(&mut first)? {
            if walker.peek()? == Some(b'[') {
                self.list(walker)?;
            } else {
                walker.skip()?;
            }
        }
        Ok(())
    }

    /// A list of packages.
    pub fn list<R: Read>(&mut self, walker: &mut Walker<R>) -> Result<(), Refusal> {
        if !walker.enter(b'[')? {
            return walker.skip();
        }
        let (mut first, mut raw) = (true, Vec::new());
        while walker.next_item(&mut first)? {
            let span = walker.capture_table(&mut raw, &mut self.budget)?;
            let read: loose::Maybe<Listed<'_>> = walker.read(&raw, span)?;
            let id = clip_line(read.0.id.text().unwrap_or_default(), text::PLACE);
            if !id.is_empty() && self.known.len() < self.max {
                self.known.insert(id, read.0.package());
            }
        }
        Ok(())
    }

    fn get(&self, id: &str) -> Option<&Package> {
        self.known.get(&clip_line(id, text::PLACE))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Listed<'a> {
    #[serde(borrow, alias = "Id")]
    id: Word<'a>,
    #[serde(borrow, alias = "Name")]
    name: Word<'a>,
    #[serde(borrow, alias = "Version")]
    version: Word<'a>,
    #[serde(borrow, alias = "Locations")]
    locations: Words<'a>,
    #[serde(borrow, alias = "IsDirectDependency")]
    is_direct_dependency: Word<'a>,
    #[serde(borrow)]
    direct_dependency: Word<'a>,
}

impl Listed<'_> {
    fn package(&self) -> Package {
        /// Locations that are shown.
        const SHOWN: usize = 10;
        let said = |word: &Word<'_>| clip_line(word.text().unwrap_or_default(), text::WORD);
        let mut found: Vec<&str> = self.locations.iter().collect();
        // Their order means nothing; the place stays what it was.
        found.sort_unstable();
        found.dedup();
        let more: Vec<&str> = found.iter().skip(1).take(SHOWN).copied().collect();
        Package {
            name: said(&self.name),
            version: said(&self.version),
            path: clip_line(found.first().copied().unwrap_or_default(), text::PLACE),
            more: clip_line(&more.join(", "), text::PLACE),
            direct: [&self.direct_dependency, &self.is_direct_dependency]
                .iter()
                .any(|w| w.text() == Some("true")),
        }
    }
}

/// A vulnerability of a package; its keys begin with small letters or capitals.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Entry<'a> {
    #[serde(borrow, alias = "Id")]
    id: Word<'a>,
    #[serde(borrow, alias = "CveName")]
    cve_name: Word<'a>,
    #[serde(borrow)]
    cve: Word<'a>,
    #[serde(borrow, alias = "Score")]
    score: Word<'a>,
    /// A word, or an object with a number and a name.
    #[serde(borrow, alias = "Severity")]
    severity: Words<'a>,
    #[serde(borrow, alias = "Description")]
    description: Word<'a>,
    #[serde(borrow, alias = "Recommendations")]
    recommendations: Word<'a>,
    #[serde(borrow)]
    recommendation: Word<'a>,
    #[serde(borrow, alias = "References")]
    references: Words<'a>,
    #[serde(borrow)]
    url: Word<'a>,
    #[serde(borrow, alias = "PackageId")]
    package_id: Word<'a>,
    #[serde(borrow)]
    library_id: Word<'a>,
    #[serde(borrow, alias = "PackageName")]
    package_name: Word<'a>,
    #[serde(borrow, alias = "PackageVersion")]
    package_version: Word<'a>,
    #[serde(borrow)]
    version: Word<'a>,
    #[serde(borrow, alias = "PackageManager")]
    package_manager: Word<'a>,
    #[serde(borrow, alias = "FixResolutionText")]
    fix_resolution_text: Word<'a>,
    #[serde(borrow, alias = "IsIgnored")]
    is_ignored: Word<'a>,
    #[serde(borrow)]
    ignored: Word<'a>,
    /// A word, or an object with a number and a name.
    #[serde(borrow)]
    state: Words<'a>,
    #[serde(borrow, alias = "RiskState")]
    risk_state: Words<'a>,
    #[serde(borrow, alias = "RiskStatus")]
    risk_status: Word<'a>,
    #[serde(borrow, alias = "Cwe")]
    cwe: Word<'a>,
    #[serde(borrow, alias = "Cvss4")]
    cvss4: Bag<'a>,
    #[serde(borrow, alias = "Cvss3")]
    cvss3: Bag<'a>,
    #[serde(borrow)]
    cvss: Bag<'a>,
    #[serde(borrow, alias = "Cvss2")]
    cvss2: Bag<'a>,
    #[serde(borrow)]
    high_vulnerability_count: Word<'a>,
}

/// The word of a field that is one, or an object of numbers and names.
fn word(field: &Words<'_>) -> String {
    const STATES: [&str; 5] = [
        "toverify",
        "notexploitable",
        "proposednotexploitable",
        "confirmed",
        "urgent",
    ];
    let letters = |w: &&str| w.starts_with(|c: char| c.is_ascii_alphabetic());
    let state = |w: &&str| STATES.contains(&bare(w).as_str());
    let found = field.iter().find(state).or_else(|| field.iter().find(letters));
    found.or(field.iter().next()).unwrap_or_default().to_owned()
}

fn bare(word: &str) -> String {
    word.to_lowercase().replace([' ', '_'], "")
}

impl Entry<'_> {
    fn is_library(&self) -> bool {
        self.high_vulnerability_count.text().is_some() && self.cve_name.text().is_none()
    }

    pub fn emit(&self, packages: &Packages, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
        self.item(packages).emit(span, out)
    }

    fn item(&self, packages: &Packages) -> Item {
        let said = |word: &Word<'_>| word.text().unwrap_or_default().to_owned();
        let either = |a: &Word<'_>, b: &Word<'_>| a.text().or(b.text()).unwrap_or_default().to_owned();
        let id = either(&self.package_id, &self.library_id);
        let listed = packages.get(&id).cloned().unwrap_or_default();
        let (of_id, version_of_id) = super::json::package(&id).unwrap_or_else(|| (id.clone(), String::new()));
        let first = |words: [&str; 3]| words.into_iter().find(|w| !w.is_empty()).unwrap_or_default().to_owned();
        let name = first([self.package_name.text().unwrap_or_default(), &listed.name, &of_id]);
        let version = first([
            &either(&self.package_version, &self.version),
            &listed.version,
            &version_of_id,
        ]);
        let names = [&self.cve_name, &self.cve, &self.id];
        let advisory = names.into_iter().find_map(Word::text).unwrap_or_default().to_owned();
        let update = self
            .fix_resolution_text
            .text()
            .map(|fixed| format!("Update {name} to {fixed}."));
        let state = [&self.risk_state, &self.state]
            .map(word)
            .into_iter()
            .find(|s| !s.is_empty());
        let state = state.unwrap_or_default();
        let remedy: Vec<&str> = [
            update.as_deref(),
            self.recommendations.text(),
            self.recommendation.text(),
        ]
        .into_iter()
        .flatten()
        .collect();
        let mut remark = String::new();
        if !listed.more.is_empty() {
            remark = format!("also found in {}", listed.more);
        }
        Item {
            severity: word(&self.severity),
            suppressed: bare(&state) == "notexploitable"
                || [&self.is_ignored, &self.ignored]
                    .iter()
                    .any(|w| w.text() == Some("true")),
            state: self.risk_status.text().map_or(state, str::to_owned),
            description: said(&self.description),
            remedy: remedy.join("\n\n"),
            remark,
            cwe: cwe(&said(&self.cwe)),
            cve: names::cves(&advisory),
            score: self.score.number(),
            cvss: [&self.cvss4, &self.cvss3, &self.cvss, &self.cvss2]
                .into_iter()
                .filter_map(vector)
                .collect(),
            tags: [
                Some("sca"),
                self.package_manager.text(),
                listed.direct.then_some("direct"),
            ]
            .into_iter()
            .flatten()
            .map(str::to_owned)
            .collect(),
            references: self
                .references
                .iter()
                .chain(self.url.text())
                .map(str::to_owned)
                .collect(),
            query: advisory,
            package: Some((name, version)),
            path: listed.path,
            ..Item::default()
        }
    }
}

/// A CVSS vector, as it stands or put together from its words (`attackVector: NETWORK`), where all of them are there.
pub fn vector(said: &Bag<'_>) -> Option<String> {
    let get = |key: &str| {
        said.0
            .iter()
            .find(|(k, _)| bare(k) == key)
            .and_then(|(_, words)| words.iter().next())
    };
    if let Some(whole) = get("vector").or_else(|| get("vectorstring")) {
        return Some(whole.to_owned());
    }
    let version = get("version").unwrap_or("3");
    let version = match version {
        "3.1" => "3.1",
        v if v.starts_with('3') => "3.0",
        _ => return None,
    };
    let mut vector = format!("CVSS:{version}");
    for (short, names, letters) in [
        ("AV", ["attackvector", "attackvector"], "NALP"),
        ("AC", ["attackcomplexity", "attackcomplexity"], "LH"),
        ("PR", ["privilegesrequired", "privilegesrequired"], "NLH"),
        ("UI", ["userinteraction", "userinteraction"], "NR"),
        ("S", ["scope", "scope"], "UC"),
        ("C", ["confidentiality", "confidentialityimpact"], "NLH"),
        ("I", ["integrity", "integrityimpact"], "NLH"),
        ("A", ["availability", "availabilityimpact"], "NLH"),
    ] {
        let word = names.iter().find_map(|n| get(n))?;
        let letter = word.chars().next()?.to_ascii_uppercase();
        if !letters.contains(letter) {
            return None;
        }
        vector.push_str(&format!("/{short}:{letter}"));
    }
    Some(vector)
}

/// The packages of an object that has a list of them, and the vulnerabilities at `key` of it.
pub fn packages_of<R: Read>(walker: &mut Walker<R>, packages: &mut Packages) -> Result<(), Refusal> {
    keys_inside(walker, &mut |walker, key| match key {
        "packages" => packages.list(walker),
        _ => walker.skip(),
    })
}
