//! The tables of a run that its results refer to, kept small: rules with their texts clipped, artifacts as paths.

use std::collections::HashMap;
use std::io::Read;

use super::model::{ArtifactEntry, Component, Descriptor, Invocation, Message, Reference, Result as Entry, Tool};
use crate::domain::time::Time;
use crate::import::json::{self, Walker};
use crate::import::limits::{Kind, Limits, Refusal, clip, clip_line, text};
use crate::import::loose::{self, Bag, Maybe, Word};
use crate::import::names;

/// A rule as results need it.
#[derive(Debug, Default)]
pub struct Rule {
    pub id: String,
    pub name: String,
    pub short: String,
    pub full: String,
    pub help: String,
    pub help_uri: String,
    pub level: String,
    pub security_severity: String,
    pub tags: Vec<String>,
    pub cwe: Vec<u32>,
    pub cve: Vec<String>,
    pub cvss: Vec<String>,
    /// Message strings by id.
    pub messages: HashMap<String, String>,
}

/// Rules of one component, found by id or index.
#[derive(Debug, Default)]
pub struct Rules {
    name: String,
    guid: String,
    all: Vec<Rule>,
    by_id: HashMap<String, usize>,
    by_guid: HashMap<String, usize>,
    messages: HashMap<String, String>,
}

/// What the results of one run refer to.
#[derive(Debug, Default)]
pub struct RunTables {
    pub tool: String,
    pub tool_version: Option<String>,
    pub observed_at: Option<Time>,
    pub has_results: bool,
    /// The driver first, then extensions in their order.
    components: Vec<Rules>,
    artifacts: Vec<String>,
}

impl RunTables {
    /// Reads one run; its results are passed over.
    pub fn read<R: Read>(walker: &mut Walker<R>, limits: &Limits, budget: &mut usize) -> Result<Self, Refusal> {
        let mut run = Self::default();
        if !walker.enter(b'{')? {
            walker.skip()?;
            run.name_tool(None);
            return Ok(run);
        }
        let mut raw = Vec::new();
        // Names of taxonomies decide what a relationship's target is; rules may stand before them.
        let mut tool: Option<Vec<u8>> = None;
        let mut taxonomies: Vec<Taxonomy> = Vec::new();
        let mut first = true;
        while let Some(key) = walker.next_key(&mut first)? {
            match key.as_str() {
                "tool" => {
                    let span = walker.capture_table(&mut raw, budget)?;
                    // Parsed once here, so that an error names its place.
                    let _: Maybe<Tool<'_>> = walker.read(&raw, span)?;
                    tool = Some(std::mem::take(&mut raw));
                }
                "taxonomies" => {
                    let span = walker.capture_table(&mut raw, budget)?;
                    let parsed: Listed<Component<'_>> = walker.read(&raw, span)?;
                    taxonomies = parsed.0.iter().map(Taxonomy::of).collect();
                }
                "invocations" => {
                    let span = walker.capture_table(&mut raw, budget)?;
                    let parsed: Listed<Invocation<'_>> = walker.read(&raw, span)?;
                    run.observed_at = parsed.0.iter().filter_map(time_of).max();
                }
                "artifacts" => run.read_artifacts(walker, limits, budget, &mut raw)?,
                "results" => {
                    run.has_results = walker.peek()? == Some(b'[');
                    walker.skip()?;
                }
                _ => walker.skip()?,
            }
        }
        let Maybe(tool): Maybe<Tool<'_>> = tool
            .as_deref()
            .map(json::parse)
            .transpose()
            .map_err(|e| walker.refuse(Kind::Malformed, e.to_string()))?
            .unwrap_or_default();
        run.name_tool(Some(&tool.driver));
        for component in std::iter::once(&tool.driver).chain(&tool.extensions) {
            let rules = Rules::of(component, &taxonomies);
            if rules.all.len() > limits.table {
                return Err(walker.refuse(Kind::Limit, format!("more than {} rules", limits.table)));
            }
            run.components.push(rules);
        }
        Ok(run)
    }

    fn name_tool(&mut self, driver: Option<&Component<'_>>) {
        let name = driver.and_then(|d| d.name.text().or_else(|| d.full_name.text()));
        self.tool = clip_line(name.unwrap_or("unnamed tool"), text::WORD);
        self.tool_version = driver
            .and_then(|d| d.semantic_version.text().or_else(|| d.version.text()))
            .map(|v| clip_line(v, text::WORD));
    }

    fn read_artifacts<R: Read>(
        &mut self,
        walker: &mut Walker<R>,
        limits: &Limits,
        budget: &mut usize,
        raw: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        if !walker.enter(b'[')? {
            return walker.skip();
        }
        let mut first = true;
        while walker.next_item(&mut first)? {
            let object = walker.peek()? == Some(b'{');
            let span = walker.capture(raw)?;
            let mut uri = String::new();
            if object {
                let entry: ArtifactEntry<'_> = walker.read(raw, span)?;
                uri = clip_line(entry.location.uri.text().unwrap_or_default(), text::PLACE);
            }
            walker.spend(budget, uri.len() + 24)?;
            self.artifacts.push(uri);
            if self.artifacts.len() > limits.table {
                return Err(walker.refuse(Kind::Limit, format!("more than {} artifacts", limits.table)));
            }
        }
        Ok(())
    }

    /// The path of an artifact by its index.
    pub fn artifact(&self, index: &Word<'_>) -> Option<&str> {
        let at = index_of(index)?;
        self.artifacts.get(at).map(String::as_str).filter(|p| !p.is_empty())
    }

    /// The rule of a result, by whatever the result says of it, and the component it stands in.
    pub fn rule_of(&self, result: &Entry<'_>) -> (Option<&Rule>, Option<&Rules>) {
        let id = result.rule_id.text().or_else(|| result.rule.id.text());
        let index = index_of(&result.rule_index).or_else(|| index_of(&result.rule.index));
        let named = self.component(&result.rule);
        let home = named.or_else(|| self.components.first());
        if let Some(rules) = home {
            let found = rules.find(id, index, result.rule.guid.text());
            if found.is_some() {
                return (found, home);
            }
        }
        for rules in &self.components {
            if let Some(rule) = rules.find(id, None, result.rule.guid.text()) {
                return (Some(rule), Some(rules));
            }
        }
        (None, home)
    }

    fn component(&self, rule: &Reference<'_>) -> Option<&Rules> {
        let wanted = &rule.tool_component;
        if let Some(at) = index_of(&wanted.index) {
            // Index counts extensions; the driver is what no index says.
            return self.components.get(at + 1);
        }
        if let Some(guid) = wanted.guid.text() {
            return self.components.iter().find(|c| c.guid.eq_ignore_ascii_case(guid));
        }
        wanted
            .name
            .text()
            .and_then(|name| self.components.iter().find(|c| c.name == name))
    }
}

impl Rules {
    fn of(component: &Component<'_>, taxonomies: &[Taxonomy]) -> Self {
        let mut rules = Self {
            name: component.name.text().unwrap_or_default().to_owned(),
            guid: component.guid.text().unwrap_or_default().to_owned(),
            messages: strings(&component.global_message_strings),
            ..Self::default()
        };
        for (at, descriptor) in component.rules.iter().enumerate() {
            let rule = Rule::of(descriptor, taxonomies);
            rules.by_id.entry(rule.id.clone()).or_insert(at);
            if let Some(guid) = descriptor.guid.text() {
                rules.by_guid.entry(guid.to_ascii_lowercase()).or_insert(at);
            }
            rules.all.push(rule);
        }
        rules
    }

    /// By index where the ids agree, by id, by guid, by index alone; a hierarchical id (`CA1000/1`) finds its parent.
    fn find(&self, id: Option<&str>, index: Option<usize>, guid: Option<&str>) -> Option<&Rule> {
        let at_index = index.and_then(|i| self.all.get(i));
        let Some(id) = id else {
            return at_index.or_else(|| self.all.get(*self.by_guid.get(&guid?.to_ascii_lowercase())?));
        };
        if let Some(rule) = at_index
            && (rule.id == id || id.strip_prefix(&rule.id).is_some_and(|rest| rest.starts_with('/')))
        {
            return Some(rule);
        }
        let mut prefix = id;
        loop {
            if let Some(at) = self.by_id.get(prefix) {
                return self.all.get(*at);
            }
            match prefix.rsplit_once('/') {
                Some((parent, _)) => prefix = parent,
                None => break,
            }
        }
        guid.and_then(|g| self.by_guid.get(&g.to_ascii_lowercase()))
            .and_then(|at| self.all.get(*at))
            .or(at_index)
    }

    /// A message string by id: the rule's own, else the component's.
    pub fn message<'m>(&'m self, rule: Option<&'m Rule>, id: &str) -> Option<&'m str> {
        rule.and_then(|r| r.messages.get(id))
            .or_else(|| self.messages.get(id))
            .map(String::as_str)
    }
}

impl Rule {
    fn of(d: &Descriptor<'_>, taxonomies: &[Taxonomy]) -> Self {
        let line = |w: &Word<'_>| clip_line(w.text().unwrap_or_default(), text::PLACE);
        let mut rule = Self {
            id: line(&d.id),
            name: line(&d.name),
            short: clip(&plain(&d.short_description), text::PARAGRAPH),
            full: clip(&plain(&d.full_description), text::PARAGRAPH),
            help: clip(
                d.help
                    .text
                    .text()
                    .or_else(|| d.help.markdown.text())
                    .unwrap_or_default(),
                text::PARAGRAPH,
            ),
            help_uri: line(&d.help_uri),
            level: line(&d.default_configuration.level),
            security_severity: clip_line(d.properties.get("security-severity").next().unwrap_or_default(), 40),
            messages: strings(&d.message_strings),
            ..Self::default()
        };
        let hints = Hints::of(&d.properties);
        rule.tags = hints.tags;
        rule.cwe = hints.cwe;
        rule.cvss = hints.cvss;
        rule.cve = hints.cve;
        for relation in &d.relationships {
            if let Some(cwe) = taxon_cwe(&relation.target, taxonomies) {
                names::add(&mut rule.cwe, cwe);
            }
        }
        let help_uri = rule.help_uri.clone();
        for from in [rule.id.clone(), rule.name.clone(), help_uri] {
            for cve in names::cves(&from) {
                names::add(&mut rule.cve, cve);
            }
        }
        rule
    }
}

/// What a bag of properties says in the words tools share.
#[derive(Debug, Default)]
pub struct Hints {
    pub tags: Vec<String>,
    pub cwe: Vec<u32>,
    pub cve: Vec<String>,
    pub cvss: Vec<String>,
}

impl Hints {
    pub fn of(bag: &Bag<'_>) -> Self {
        let mut hints = Self::default();
        for (key, words) in &bag.0 {
            let folded: String = key
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|c| c.to_ascii_lowercase())
                .collect();
            for word in words.iter() {
                match folded.as_str() {
                    "tags" => {
                        names::add(&mut hints.tags, clip_line(word, text::WORD).to_lowercase());
                        if let Some(cwe) = names::cwe(word).filter(|_| word.to_ascii_lowercase().contains("cwe")) {
                            names::add(&mut hints.cwe, cwe);
                        }
                        for cve in names::cves(word) {
                            names::add(&mut hints.cve, cve);
                        }
                    }
                    "cwe" | "cwes" | "cweid" | "cweids" => {
                        for cwe in word.split([',', ';']).filter_map(names::cwe) {
                            names::add(&mut hints.cwe, cwe);
                        }
                    }
                    "cve" | "cves" | "cveid" | "cveids" | "aliases" | "vulnerabilityid" => {
                        for cve in names::cves(word) {
                            names::add(&mut hints.cve, cve);
                        }
                    }
                    _ if word.starts_with("CVSS:") || (word.starts_with("AV:") && word.contains("/Au:")) => {
                        names::add(&mut hints.cvss, clip_line(word, text::WORD));
                    }
                    _ => {}
                }
            }
        }
        hints
    }
}

/// A taxonomy's name and the ids of its taxa.
#[derive(Debug)]
struct Taxonomy {
    name: String,
    guid: String,
    taxa: Vec<String>,
}

impl Taxonomy {
    fn of(component: &Component<'_>) -> Self {
        Self {
            name: component.name.text().unwrap_or_default().to_owned(),
            guid: component.guid.text().unwrap_or_default().to_owned(),
            taxa: component
                .taxa
                .iter()
                .map(|t| clip_line(t.id.text().unwrap_or_default(), text::WORD))
                .collect(),
        }
    }
}

/// The CWE a reference points to, if the taxonomy it names is CWE.
fn taxon_cwe(target: &Reference<'_>, taxonomies: &[Taxonomy]) -> Option<u32> {
    let component = &target.tool_component;
    let named = index_of(&component.index).and_then(|i| taxonomies.get(i)).or_else(|| {
        let guid = component.guid.text()?;
        taxonomies.iter().find(|t| t.guid.eq_ignore_ascii_case(guid))
    });
    let name = component.name.text().or(named.map(|t| t.name.as_str()));
    let id = target
        .id
        .text()
        .or_else(|| named?.taxa.get(index_of(&target.index)?).map(String::as_str))?;
    let is_cwe =
        name.is_some_and(|n| n.to_ascii_uppercase().contains("CWE")) || id.to_ascii_uppercase().starts_with("CWE");
    names::cwe(id).filter(|_| is_cwe)
}

/// The CWE a result's taxon points to (its name must say so; results rarely carry indexes).
pub fn result_taxon_cwe(target: &Reference<'_>) -> Option<u32> {
    taxon_cwe(target, &[])
}

/// A list of objects at the root of a text.
struct Listed<T>(Vec<T>);

impl<'de, T: serde::Deserialize<'de> + Default> serde::Deserialize<'de> for Listed<T> {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        loose::list(d).map(Self)
    }
}

fn time_of(i: &Invocation<'_>) -> Option<Time> {
    let read = |w: &Word<'_>| w.text().and_then(|t| Time::parse(t).ok());
    read(&i.end_time_utc).or_else(|| read(&i.start_time_utc))
}

/// An index as SARIF means it: -1 and what is no number are none.
pub fn index_of(word: &Word<'_>) -> Option<usize> {
    word.text()?.parse().ok()
}

/// A description's text, however it is given.
fn plain(message: &Message<'_>) -> String {
    message
        .text
        .text()
        .or_else(|| message.markdown.text())
        .unwrap_or_default()
        .to_owned()
}

fn strings(bag: &Bag<'_>) -> HashMap<String, String> {
    bag.0
        .iter()
        .filter_map(|(name, words)| Some((clip_line(name, text::WORD), clip(words.iter().next()?, text::PARAGRAPH))))
        .collect()
}
