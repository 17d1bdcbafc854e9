//! The form of version 7 and newer: vulnerable packages by name, each with advisories of its own, names of packages it
//! is affected through, or both.

use std::io::Read;

use serde::Deserialize;
use serde_json::Value;

use super::{Cvss, TOOL, github_name};
use crate::import::Out;
use crate::import::entries::opens;
use crate::import::json::Walker;
use crate::import::limits::Refusal;
use crate::import::loose::{self, Maybe, Word, Words};
use crate::import::package::Flaw;
use crate::import::record::Span;

/// What stands for an advisory where a package is only affected through others.
const THROUGH: &str = "vulnerable-dependency";

pub fn packages<R: Read>(walker: &mut Walker<R>, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("vulnerabilities", 0);
    if !opens(walker, b'{', "vulnerabilities", out)? || !walker.enter(b'{')? {
        return Ok(());
    }
    out.list();
    let (mut first, mut raw) = (true, Vec::new());
    while let Some(name) = walker.next_key(&mut first)? {
        let object = walker.peek()? == Some(b'{');
        let span = walker.capture(&mut raw)?;
        out.summary.count("vulnerabilities", 1);
        out.entry(walker.offset())?;
        if !object {
            out.unreadable("vulnerabilities that are no objects", span.offset);
            continue;
        }
        let package: Package<'_> = walker.read(&raw, span)?;
        package.emit(&name, span, out)?;
    }
    Ok(())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Package<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow, rename = "isDirect")]
    direct: Word<'a>,
    /// Advisories as objects, packages as names.
    via: Value,
    #[serde(borrow)]
    effects: Words<'a>,
    #[serde(borrow)]
    range: Word<'a>,
    #[serde(borrow)]
    nodes: Words<'a>,
    #[serde(borrow, rename = "fixAvailable")]
    fix: Maybe<Fix<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Fix<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    version: Word<'a>,
    #[serde(borrow, rename = "isSemVerMajor")]
    major: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Advisory<'a> {
    #[serde(borrow)]
    source: Word<'a>,
    #[serde(borrow)]
    title: Word<'a>,
    #[serde(borrow)]
    url: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    cwe: Words<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    cvss: Cvss<'a>,
    #[serde(borrow)]
    range: Word<'a>,
}

impl Package<'_> {
    fn emit(&self, key: &str, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
        let name = self.name.text().unwrap_or(key);
        let via = self.via.as_array().map(Vec::as_slice).unwrap_or_default();
        let through: Vec<&str> = via.iter().filter_map(Value::as_str).collect();
        let own: Vec<Advisory<'_>> = via
            .iter()
            .filter(|v| v.is_object())
            .filter_map(|v| Advisory::deserialize(v).ok())
            .collect();
        let nodes: Vec<&str> = self.nodes.iter().collect();
        let nodes = if nodes.is_empty() { vec![""] } else { nodes };
        for node in nodes {
            for advisory in &own {
                let mut flaw = self.flaw(name, node, &through);
                advisory.tell(&mut flaw, own.len() == 1);
                out.record_or(flaw.record(span), "advisories without a name", span.offset)?;
            }
            if own.is_empty() {
                let mut flaw = self.flaw(name, node, &through);
                flaw.advisory = THROUGH.into();
                flaw.title = format!("{name} depends on vulnerable versions of {}", through.join(", "));
                out.record_or(flaw.record(span), "advisories without a name", span.offset)?;
            }
        }
        Ok(())
    }

    /// What all advisories of the package share.
    fn flaw(&self, name: &str, node: &str, through: &[&str]) -> Flaw {
        let fix = &self.fix.0;
        let major = if fix.major.text() == Some("true") {
            " (a breaking change)"
        } else {
            ""
        };
        let remedy = match (fix.name.text(), fix.version.text()) {
            (Some(name), Some(version)) => format!("Update {name} to {version}{major}."),
            _ => String::new(),
        };
        let mut flaw = Flaw {
            ecosystem: "npm".into(),
            package: name.to_owned(),
            path: node.to_owned(),
            remedy,
            word: self.severity.text().unwrap_or_default().to_owned(),
            ..Flaw::of(TOOL)
        };
        if self.direct.text() == Some("true") {
            flaw.tags.push("direct".into());
        }
        let detail = &mut flaw.detail;
        detail.add("Vulnerable versions", self.range.text());
        detail.add("Affected through", Some(&through.join(", ")));
        detail.add("Affects", Some(&self.effects.iter().collect::<Vec<_>>().join(", ")));
        flaw
    }
}

impl Advisory<'_> {
    fn tell(&self, flaw: &mut Flaw, alone: bool) {
        let named = self.url.text().and_then(github_name).or(self.source.text());
        named.unwrap_or_default().clone_into(&mut flaw.advisory);
        self.title.text().unwrap_or_default().clone_into(&mut flaw.title);
        flaw.reference(self.url.text());
        // Of several, the package's word is the worst one's.
        if let (false, Some(word)) = (alone, self.severity.text()) {
            word.clone_into(&mut flaw.word);
        }
        self.cwe.iter().for_each(|c| flaw.weakness(c));
        self.cvss.tell(flaw);
        flaw.detail.add("The advisory's versions", self.range.text());
    }
}
