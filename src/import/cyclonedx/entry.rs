//! What a document says, however it is written: its subject, its components, and vulnerabilities that affect them.

use std::collections::HashMap;

use crate::domain::severity::Severity;
use crate::domain::time::Time;
use crate::import::Out;
use crate::import::limits::{Kind, Limits, Refusal, clip_line, text};
use crate::import::package::{self, Flaw, Purl};
use crate::import::record::Span;

/// What the document says of itself.
#[derive(Debug, Default)]
pub struct Document {
    pub made_by: String,
    pub made_by_version: String,
    pub subject: String,
    pub is_image: bool,
    pub time: String,
}

impl Document {
    /// The name of the tool, as records have it.
    pub fn tool(&self) -> String {
        if self.made_by.is_empty() {
            return "cyclonedx".to_owned();
        }
        clip_line(&format!("cyclonedx: {}", self.made_by), text::WORD)
    }

    /// What was looked at; the next build of an image is the same.
    pub fn target(&self) -> String {
        if self.is_image {
            return package::image(&self.subject);
        }
        clip_line(&self.subject, text::PLACE)
    }

    pub fn observed_at(&self) -> Option<Time> {
        package::time(Some(&self.time))
    }

    /// Tells the summary what belongs to the whole document.
    pub fn tell(&self, out: &mut Out<'_>) {
        out.tool(&self.tool());
        out.cover(self.target());
        out.summary.observed_at = out.summary.observed_at.max(self.observed_at());
    }
}

#[derive(Debug, Clone, Default)]
pub struct Component {
    pub reference: String,
    pub group: String,
    pub name: String,
    pub version: String,
    pub purl: String,
}

impl Component {
    pub fn set(&mut self, key: &str, value: &str) {
        let field = match key {
            "bom-ref" => &mut self.reference,
            "group" => &mut self.group,
            "name" => &mut self.name,
            "version" => &mut self.version,
            "purl" => &mut self.purl,
            _ => return,
        };
        *field = clip_line(value, text::PLACE);
    }

    fn size(&self) -> usize {
        let texts = [&self.reference, &self.group, &self.name, &self.version, &self.purl];
        size_of::<Self>() + texts.iter().map(|t| 2 * t.len()).sum::<usize>()
    }

    /// One that is only known by the reference to it: a package URL, or the end of a link into another document.
    fn of_reference(reference: &str) -> Self {
        let purl = reference.find("pkg:").map_or("", |at| &reference[at..]);
        let name = reference.rsplit_once('#').map_or(reference, |(_, end)| end);
        let mut component = Self::default();
        component.set("name", name);
        component.set("purl", purl);
        component
    }

    /// Kind, name and version of the package.
    fn package(&self) -> (String, String, String) {
        if let Some(purl) = Purl::parse(&self.purl) {
            let version = if self.version.is_empty() {
                purl.version
            } else {
                self.version.clone()
            };
            return (purl.kind, purl.name, version);
        }
        let name = match (self.group.as_str(), self.name.as_str()) {
            ("", name) => name.to_owned(),
            (group, name) => format!("{group}:{name}"),
        };
        (String::new(), name, self.version.clone())
    }
}

/// The document's components, by their references, within the caps on tables.
#[derive(Debug)]
pub struct Components {
    all: Vec<Component>,
    by_reference: HashMap<String, usize>,
    max: usize,
    budget: usize,
}

impl Components {
    pub fn new(limits: &Limits) -> Self {
        Self {
            all: Vec::new(),
            by_reference: HashMap::new(),
            max: limits.table,
            budget: limits.table_bytes,
        }
    }

    pub fn push(&mut self, component: Component) -> Result<usize, Refusal> {
        let at = self.all.len();
        self.all.push(Component::default());
        self.fill(at, component)?;
        Ok(at)
    }

    /// Says what a component is that was pushed before it was read to its end.
    pub fn fill(&mut self, at: usize, component: Component) -> Result<(), Refusal> {
        let left = self.budget.checked_sub(component.size());
        let (Some(left), true) = (left, self.all.len() <= self.max) else {
            let why = format!(
                "the document has more than {} components, or larger ones than fit",
                self.max
            );
            return Err(Refusal::new(Kind::Limit, why));
        };
        self.budget = left;
        if !component.reference.is_empty() {
            self.by_reference.entry(component.reference.clone()).or_insert(at);
        }
        if let Some(known) = self.all.get_mut(at) {
            *known = component;
        }
        Ok(())
    }

    pub fn at(&self, at: usize) -> Component {
        self.all.get(at).cloned().unwrap_or_default()
    }

    fn named(&self, reference: &str) -> Component {
        let reference = clip_line(reference, text::PLACE);
        let known = self.by_reference.get(&reference).map(|at| self.at(*at));
        known.unwrap_or_else(|| Component::of_reference(&reference))
    }
}

#[derive(Debug, Default)]
pub struct Rating {
    pub source: String,
    pub score: Option<f64>,
    pub severity: String,
    pub method: String,
    pub vector: String,
}

#[derive(Debug, Default)]
pub struct Vulnerability {
    pub id: String,
    pub source: String,
    pub address: String,
    pub aliases: Vec<String>,
    pub ratings: Vec<Rating>,
    pub cwe: Vec<String>,
    pub description: String,
    pub more: String,
    pub recommendation: String,
    pub advisories: Vec<String>,
    pub state: String,
    pub justification: String,
    pub response: Vec<String>,
    pub analysis: String,
    /// References to components.
    pub affects: Vec<String>,
    pub span: Span,
}

/// What an analysis may say that closes the matter.
const CLOSED: [&str; 4] = ["resolved", "resolved_with_pedigree", "false_positive", "not_affected"];

impl Vulnerability {
    /// Hands over a record per affected component. `inside`: the component that the vulnerability stands in.
    pub fn emit(
        &self,
        document: &Document,
        components: &Components,
        inside: Option<usize>,
        out: &mut Out<'_>,
    ) -> Result<(), Refusal> {
        let mut affected: Vec<Component> = inside.map(|at| components.at(at)).into_iter().collect();
        affected.extend(self.affects.iter().map(|reference| components.named(reference)));
        if affected.is_empty() {
            affected.push(Component::default());
        }
        for component in &affected {
            let record = self.flaw(document, component).record(self.span);
            out.record_or(record, "vulnerabilities without an id", self.span.offset)?;
        }
        Ok(())
    }

    fn flaw(&self, document: &Document, component: &Component) -> Flaw {
        let mut flaw = Flaw::of(&document.tool());
        flaw.tool_version = Some(document.made_by_version.clone()).filter(|v| !v.is_empty());
        flaw.observed_at = document.observed_at();
        (flaw.ecosystem, flaw.package, flaw.version) = component.package();
        flaw.target = document.target();
        flaw.advisory.clone_from(&self.id);
        self.aliases.iter().for_each(|a| flaw.alias(Some(a)));
        flaw.description.clone_from(&self.description);
        flaw.remedy.clone_from(&self.recommendation);
        flaw.reference(Some(&self.address));
        self.advisories.iter().for_each(|a| flaw.reference(Some(a)));
        self.cwe.iter().for_each(|c| flaw.weakness(c));
        self.rate(&mut flaw);
        let state = self.state.as_str();
        flaw.suppressed = CLOSED.contains(&state);
        if !state.is_empty() {
            flaw.tags.push(clip_line(&format!("vex:{state}"), text::WORD));
        }
        let detail = &mut flaw.detail;
        detail.add("Analysis", Some(state));
        detail.add("Justification", Some(&self.justification));
        detail.add("Response", Some(&self.response.join(", ")));
        detail.add("", Some(&self.analysis));
        detail.add("", Some(&self.more));
        detail.add("Source", Some(&self.source));
        detail.add(
            "Subject",
            Some(&document.subject)
                .filter(|s| **s != flaw.target)
                .map(String::as_str),
        );
        flaw
    }

    fn rate(&self, flaw: &mut Flaw) {
        // Newest version of CVSS first; the order of ratings of one version stays.
        let mut ratings: Vec<&Rating> = self.ratings.iter().collect();
        ratings.sort_by_key(|r| match r.method.to_lowercase().as_str() {
            "cvssv4" => 0,
            "cvssv31" => 1,
            "cvssv3" => 2,
            "cvssv2" => 4,
            _ => 3,
        });
        for rating in &ratings {
            flaw.vector(Some(&rating.vector));
            flaw.score = flaw.score.or(rating.score);
        }
        // A word nobody can read (`unknown`) is no rating, but what the report says.
        let says = |r: &&Rating| r.severity.parse::<Severity>().is_ok();
        let word = self
            .ratings
            .iter()
            .find(says)
            .or_else(|| self.ratings.iter().find(|r| !r.severity.is_empty()));
        if let Some(rating) = word {
            flaw.word.clone_from(&rating.severity);
        }
        let sources: Vec<&str> = ratings
            .iter()
            .map(|r| r.source.as_str())
            .filter(|s| !s.is_empty())
            .collect();
        flaw.detail.add("Rated by", Some(&sources.join(", ")));
    }
}
