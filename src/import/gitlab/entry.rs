//! A vulnerability as it stands: what all kinds share, packages, and what was found on the web.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Run, Scanner, VERSION, code, tool};
use crate::import::Out;
use crate::import::detail::Detail;
use crate::import::limits::{clip, clip_line, text};
use crate::import::loose::{self, Bag, Word, Words};
use crate::import::names;
use crate::import::package::{self, Flaw};
use crate::import::place;
use crate::import::record::{Fingerprint, Record, Span};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entry<'a> {
    #[serde(borrow)]
    pub category: Word<'a>,
    #[serde(borrow)]
    pub name: Word<'a>,
    #[serde(borrow)]
    pub message: Word<'a>,
    #[serde(borrow)]
    pub description: Word<'a>,
    /// GitLab's compare key; for some kinds a CVE.
    #[serde(borrow)]
    pub cve: Word<'a>,
    #[serde(borrow)]
    pub severity: Word<'a>,
    #[serde(borrow)]
    pub confidence: Word<'a>,
    #[serde(borrow)]
    pub solution: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    pub scanner: Scanner<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    pub location: Location<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    pub identifiers: Vec<Identifier<'a>>,
    #[serde(borrow, deserialize_with = "loose::list")]
    links: Vec<Link<'a>>,
    #[serde(borrow, deserialize_with = "loose::list")]
    cvss_vectors: Vec<Vector<'a>>,
    #[serde(borrow, deserialize_with = "loose::list")]
    flags: Vec<Flag<'a>>,
    #[serde(borrow, deserialize_with = "loose::object")]
    evidence: Evidence<'a>,
    #[serde(borrow)]
    pub raw_source_code_extract: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    pub tracking: Tracking<'a>,
    #[serde(borrow)]
    discovered_at: Word<'a>,
    /// Named facts: the vulnerable package, addresses, commits.
    #[serde(borrow, deserialize_with = "loose::object")]
    details: BTreeMap<String, loose::Maybe<Fact<'a>>>,
    // Of the first versions:
    #[serde(borrow)]
    tool: Word<'a>,
    #[serde(borrow)]
    pub file: Word<'a>,
    #[serde(borrow)]
    pub line: Word<'a>,
    #[serde(borrow)]
    url: Word<'a>,
    #[serde(borrow)]
    priority: Word<'a>,
    // As Clair wrote them:
    #[serde(borrow)]
    featurename: Word<'a>,
    #[serde(borrow)]
    featureversion: Word<'a>,
    #[serde(borrow)]
    vulnerability: Word<'a>,
    #[serde(borrow)]
    namespace: Word<'a>,
    #[serde(borrow)]
    link: Word<'a>,
    #[serde(borrow)]
    fixedby: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fact<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    value: Words<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Location<'a> {
    #[serde(borrow)]
    pub file: Word<'a>,
    #[serde(borrow)]
    pub start_line: Word<'a>,
    #[serde(borrow)]
    pub end_line: Word<'a>,
    #[serde(borrow)]
    pub class: Word<'a>,
    #[serde(borrow)]
    pub method: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    pub commit: Commit<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    dependency: Dependency<'a>,
    #[serde(borrow)]
    image: Word<'a>,
    #[serde(borrow)]
    operating_system: Word<'a>,
    #[serde(borrow)]
    kubernetes_resource: Bag<'a>,
    #[serde(borrow)]
    hostname: Word<'a>,
    #[serde(borrow)]
    path: Word<'a>,
    #[serde(borrow)]
    param: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Commit<'a> {
    #[serde(borrow)]
    pub sha: Word<'a>,
    #[serde(borrow)]
    pub author: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Dependency<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    package: Package<'a>,
    #[serde(borrow)]
    version: Word<'a>,
    #[serde(borrow)]
    direct: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Package<'a> {
    #[serde(borrow)]
    name: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Identifier<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Word<'a>,
    #[serde(borrow)]
    pub name: Word<'a>,
    #[serde(borrow)]
    pub value: Word<'a>,
    #[serde(borrow)]
    url: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Link<'a> {
    #[serde(borrow)]
    url: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Vector<'a> {
    #[serde(borrow)]
    vector: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Flag<'a> {
    #[serde(borrow, rename = "type")]
    kind: Word<'a>,
    #[serde(borrow)]
    description: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Tracking<'a> {
    #[serde(borrow, deserialize_with = "loose::list")]
    pub items: Vec<Tracked<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Tracked<'a> {
    #[serde(borrow, deserialize_with = "loose::list")]
    pub signatures: Vec<Signature<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Signature<'a> {
    #[serde(borrow)]
    pub value: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Evidence<'a> {
    #[serde(borrow)]
    summary: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    request: Message<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    response: Message<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message<'a> {
    #[serde(borrow)]
    method: Word<'a>,
    #[serde(borrow)]
    url: Word<'a>,
    #[serde(borrow)]
    status_code: Word<'a>,
    #[serde(borrow)]
    reason_phrase: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    headers: Vec<Header<'a>>,
    #[serde(borrow)]
    body: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Header<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    value: Word<'a>,
}

impl Message<'_> {
    fn text(&self) -> String {
        let first = [&self.method, &self.url, &self.status_code, &self.reason_phrase];
        let mut text = first.into_iter().filter_map(Word::text).collect::<Vec<_>>().join(" ");
        for header in self.headers.iter().take(text::LIST) {
            let (name, value) = (
                header.name.text().unwrap_or_default(),
                header.value.text().unwrap_or_default(),
            );
            for part in ["\n", name, ": ", value] {
                text.push_str(part);
            }
        }
        if let Some(body) = self.body.text() {
            text.push_str("\n\n");
            text.push_str(body);
        }
        text
    }
}

impl Identifier<'_> {
    pub fn is(&self, kind: &str) -> bool {
        self.kind.text().is_some_and(|k| k.eq_ignore_ascii_case(kind))
    }

    /// A short id where there is one; some analysers write whole sentences into it.
    pub fn shown(&self) -> Option<&str> {
        let short = self.value.text().filter(|v| !v.contains(' '));
        short.or(self.name.text()).or(self.value.text())
    }
}

impl Entry<'_> {
    pub fn record(&self, run: &Run, span: Span, out: &mut Out<'_>) -> Option<Record> {
        let analyser = if run.analyser.is_empty() {
            self.scanner.id.text().or(self.tool.text()).unwrap_or_default()
        } else {
            &run.analyser
        };
        let tool = tool(analyser);
        let kind = if run.kind.is_empty() {
            self.category.text().unwrap_or_default()
        } else {
            &run.kind
        };
        let (place, package) = (&self.location, &self.location.dependency.package.name);
        let is_package = matches!(
            kind,
            "dependency_scanning" | "container_scanning" | "cluster_image_scanning"
        ) || package.text().is_some()
            || self.featurename.text().is_some();
        if is_package {
            let image = place.image.text().map_or_else(|| run.image.clone(), package::image);
            out.cover(image.clone());
            return self.flaw(&tool, image).record(span).map(|r| self.fill(r, run));
        }
        let record = if place.hostname.text().is_some() || (place.path.text().is_some() && place.file.text().is_none())
        {
            self.web(&tool, span)?
        } else {
            code::record(self, kind == "secret_detection", &tool, span)?
        };
        Some(self.fill(record, run))
    }

    /// The primary identifier; a compare key or a name where there is none.
    pub fn primary(&self) -> Option<Cow<'_, str>> {
        let of = self.identifiers.first().and_then(|i| {
            let value = i.value.text().or(i.name.text())?;
            Some(Cow::Owned(format!(
                "{}:{value}",
                i.kind.text().unwrap_or_default().to_lowercase()
            )))
        });
        of.or_else(|| {
            self.vulnerability
                .text()
                .or(self.cve.text())
                .or(self.name.text())
                .or(self.message.text())
                .map(Cow::Borrowed)
        })
    }

    pub fn rule(&self) -> String {
        let shown = self.identifiers.first().and_then(Identifier::shown);
        let shown = shown.or(self.name.text()).or(self.message.text()).or(self.cve.text());
        clip_line(shown.unwrap_or_default(), text::WORD)
    }

    pub fn title(&self) -> String {
        let named = self.identifiers.first().and_then(|i| i.name.text());
        let title = self
            .name
            .text()
            .or(self.message.text())
            .or(named)
            .map_or_else(|| self.rule(), str::to_owned);
        clip_line(&title, text::TITLE)
    }

    fn flaw(&self, tool: &str, image: String) -> Flaw {
        let get = |w: &Word<'_>| w.text().unwrap_or_default().to_owned();
        let place = &self.location;
        let either = |a: &Word<'_>, b: &Word<'_>| a.text().or(b.text()).unwrap_or_default().to_owned();
        let primary = self.identifiers.first().and_then(|i| i.value.text().or(i.name.text()));
        let names = [&self.vulnerability, &self.cve, &self.name, &self.message];
        let advisory = primary.or_else(|| names.into_iter().find_map(Word::text));
        let mut flaw = Flaw {
            package: either(&place.dependency.package.name, &self.featurename),
            version: either(&place.dependency.version, &self.featureversion),
            target: image,
            path: either(&place.file, &self.file),
            advisory: advisory.unwrap_or_default().to_owned(),
            title: either(&self.name, &self.message),
            description: get(&self.description),
            fixed: get(&self.fixedby),
            remedy: get(&self.solution),
            word: self.severity().to_owned(),
            ..Flaw::of(tool)
        };
        flaw.reference(self.link.text());
        self.cvss_vectors.iter().for_each(|v| flaw.vector(v.vector.text()));
        for identifier in self.identifiers.iter().filter(|i| !i.is("cwe")) {
            flaw.alias(identifier.value.text());
        }
        flaw.alias(self.cve.text().filter(|c| !names::cves(c).is_empty()));
        flaw.detail.add("Distribution", self.namespace.text());
        flaw.detail.add("Image", place.image.text());
        flaw.detail.add("System", place.operating_system.text());
        let resource: Vec<String> = place
            .kubernetes_resource
            .0
            .iter()
            .map(|(key, said)| format!("{key} {}", said.iter().collect::<Vec<_>>().join(" ")))
            .collect();
        flaw.detail.add("Resource", Some(&resource.join(", ")));
        if place.dependency.direct.text() == Some("true") {
            flaw.tags.push("direct".into());
        }
        flaw
    }

    fn web(&self, tool: &str, span: Span) -> Option<Record> {
        let primary = self.primary()?;
        let get = |w: &Word<'_>| w.text().unwrap_or_default().to_owned();
        let place = &self.location;
        let (method, param) = (get(&place.method), get(&place.param));
        let address = format!("{}{}", get(&place.hostname), get(&place.path));
        let occurrence = place::url(&address, &[&method, &param])
            .unwrap_or_else(|| place::nowhere(&clip_line(&address, text::PLACE)));
        let fields = vec![("tool", tool.to_owned()), ("rule", clip_line(&primary, text::PLACE))];
        let evidence = &self.evidence;
        let mut detail = Detail::default();
        detail.add("Method", Some(&method));
        detail.add("Parameter", Some(&param));
        detail.add("Evidence", evidence.summary.text());
        detail.add("Request", Some(&evidence.request.text()));
        detail.add("Response", Some(&evidence.response.text()));
        Some(Record {
            title: self.title(),
            detail: detail.text(),
            ..Record::new(tool, Fingerprint::new(VERSION, fields), occurrence, span)
        })
    }

    /// Its word; the first versions called it a priority.
    fn severity(&self) -> &str {
        self.severity.text().or(self.priority.text()).unwrap_or_default()
    }

    /// What all kinds share.
    fn fill(&self, mut record: Record, run: &Run) -> Record {
        let word = self.severity();
        record.tool_version.clone_from(&run.version);
        if record.rule.is_empty() {
            record.rule = self.rule();
            record.description = clip(self.description.text().unwrap_or_default(), text::PARAGRAPH);
            record.remediation = clip(self.solution.text().unwrap_or_default(), text::PARAGRAPH);
            record.severity = package::severity(word, None);
            record.severity_word = clip_line(word, text::WORD);
            for vector in self.cvss_vectors.iter().filter_map(|v| v.vector.text()) {
                names::add(&mut record.cvss, clip_line(vector, text::WORD));
            }
        }
        for identifier in &self.identifiers {
            if identifier.is("cwe") {
                let words = [&identifier.value, &identifier.name];
                let cwe = words.into_iter().filter_map(Word::text).find_map(names::cwe);
                if let Some(cwe) = cwe {
                    names::add(&mut record.cwe, cwe);
                }
            }
            for cve in identifier.value.text().map(names::cves).unwrap_or_default() {
                names::add(&mut record.cve, cve);
            }
            if let Some(url) = identifier.url.text() {
                names::add(&mut record.references, clip_line(url, text::PLACE));
            }
        }
        for url in self.links.iter().filter_map(|l| l.url.text()).chain(self.url.text()) {
            names::add(&mut record.references, clip_line(url, text::PLACE));
        }
        if record.cve.is_empty() {
            record.cve = self.cve.text().map(names::cves).unwrap_or_default();
        }
        let kind = if run.kind.is_empty() {
            self.category.text().unwrap_or_default()
        } else {
            &run.kind
        };
        let confidence = self.confidence.text().filter(|c| !c.eq_ignore_ascii_case("unknown"));
        let confidence = confidence.map(|c| format!("confidence:{}", c.to_lowercase()));
        let flags = self.flags.iter().filter_map(|f| f.kind.text()).map(str::to_owned);
        for tag in Some(kind.to_owned())
            .into_iter()
            .chain(confidence)
            .chain(flags)
            .filter(|t| !t.is_empty())
        {
            names::add(&mut record.tags, clip_line(&tag, text::WORD));
        }
        let flags = self
            .flags
            .iter()
            .filter_map(|f| f.description.text())
            .map(str::to_owned);
        let facts = self
            .details
            .iter()
            .filter(|_| kind != "secret_detection")
            .filter_map(|(key, fact)| {
                let value = fact.0.value.iter().collect::<Vec<_>>().join(", ");
                let name = fact.0.name.text().unwrap_or(key);
                (!value.is_empty()).then(|| format!("{name}: {value}"))
            });
        let said: Vec<String> = flags.chain(facts).collect();
        if !said.is_empty() {
            let said = [record.detail.as_str(), &said.join("\n")].join("\n\n");
            record.detail = clip(&said, text::DETAIL);
        }
        record.observed_at = package::time(self.discovered_at.text());
        record
    }
}
