//! The JSON report.

use serde::Deserialize;

use super::{Item, cover};
use crate::import::entries::{each_key, results, unknown};
use crate::import::head::Head;
use crate::import::json::Walker;
use crate::import::limits::{Limits, Refusal};
use crate::import::loose::{self, Bag, Word, Words};
use crate::import::source::Source;
use crate::import::{Out, clock, names};

pub fn sniff(head: &Head<'_>) -> bool {
    let json = &head.json;
    // A list of targets with vulnerabilities is Trivy's.
    json.first == Some(b'{') && json.has("Vulnerabilities") && (json.has("Target") || json.has("Generated"))
        || json.item("Vulnerabilities", &["Type", "Certainty"])
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    let mut walker = Walker::open(source.open(limits)?, limits);
    let mut raw = Vec::new();
    each_key(&mut walker, &mut |walker, key| match key {
        "Generated" => {
            walker.capture(&mut raw)?;
            let word: Word<'_> = serde_json::from_slice(&raw).unwrap_or_default();
            out.summary.observed_at = word.text().and_then(clock::time);
            Ok(())
        }
        "Target" => {
            walker.capture(&mut raw)?;
            let target: Bag<'_> = serde_json::from_slice(&raw).unwrap_or_default();
            for url in target.get("Url") {
                cover(url, out);
            }
            Ok(())
        }
        "Vulnerabilities" => results(walker, out, "vulnerabilities", &mut |walker, raw, span, out| {
            let entry: Entry<'_> = walker.read(raw, span)?;
            let mut item = entry.read();
            item.observed_at = item.observed_at.or(out.summary.observed_at);
            item.emit(span, out)
        }),
        other => unknown(walker, other, out),
    })?;
    out.summary.bytes = walker.offset();
    Ok(())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Entry<'a> {
    #[serde(borrow)]
    url: Word<'a>,
    #[serde(borrow, rename = "Type")]
    kind: Word<'a>,
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    certainty: Word<'a>,
    #[serde(borrow)]
    confirmed: Word<'a>,
    #[serde(borrow)]
    state: Word<'a>,
    #[serde(borrow)]
    description: Word<'a>,
    #[serde(borrow)]
    impact: Word<'a>,
    #[serde(borrow)]
    remedial_actions: Word<'a>,
    #[serde(borrow)]
    remedial_procedure: Word<'a>,
    #[serde(borrow)]
    exploitation_skills: Word<'a>,
    #[serde(borrow)]
    external_references: Word<'a>,
    #[serde(borrow)]
    remedy_references: Word<'a>,
    #[serde(borrow)]
    proof_of_concept: Word<'a>,
    #[serde(borrow)]
    last_seen_date: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    classification: Classification<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    extra_information: Vec<Pair<'a>>,
    #[serde(borrow, deserialize_with = "loose::object")]
    http_request: Message<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    http_response: Message<'a>,
    #[serde(borrow)]
    known_vulnerabilities: Words<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Classification<'a> {
    #[serde(borrow)]
    cwe: Word<'a>,
    #[serde(borrow)]
    owasp: Word<'a>,
    #[serde(borrow)]
    wasc: Word<'a>,
    #[serde(borrow)]
    capec: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    cvss: Cvss<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    cvss31: Cvss<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    cvss40: Cvss<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Cvss<'a> {
    #[serde(borrow)]
    vector: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    base_score: Score<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Score<'a> {
    #[serde(borrow)]
    value: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Pair<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    value: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Message<'a> {
    #[serde(borrow)]
    method: Word<'a>,
    #[serde(borrow)]
    content: Word<'a>,
}

impl Entry<'_> {
    fn read(&self) -> Item {
        let said = |word: &Word<'_>| word.text().unwrap_or_default().to_owned();
        let class = &self.classification;
        let mut item = Item {
            kind: said(&self.kind),
            name: said(&self.name),
            url: said(&self.url),
            method: said(&self.http_request.method),
            severity: said(&self.severity),
            certainty: said(&self.certainty),
            confirmed: self.confirmed.text() == Some("true"),
            state: said(&self.state),
            description: said(&self.description),
            impact: said(&self.impact),
            remedy: vec![said(&self.remedial_actions), said(&self.remedial_procedure)],
            references: vec![said(&self.external_references), said(&self.remedy_references)],
            cwe: said(&class.cwe),
            observed_at: self.last_seen_date.text().and_then(clock::time),
            ..Item::default()
        };
        for cvss in [&class.cvss40, &class.cvss31, &class.cvss] {
            item.score = item.score.or(cvss.base_score.value.number());
            if let Some(vector) = cvss.vector.text() {
                item.cvss.push(vector.to_owned());
            }
        }
        for (label, word) in [("owasp", &class.owasp), ("wasc", &class.wasc), ("capec", &class.capec)] {
            if let Some(word) = word.text() {
                item.tags.push(format!("{label}:{word}"));
            }
        }
        for pair in &self.extra_information {
            let label = pair.name.text().unwrap_or("Extra");
            let value = super::plain(pair.value.text().unwrap_or_default());
            if matches!(label, "Parameter Name" | "ParameterName") {
                value.clone_into(&mut item.parameter);
            }
            item.said.add(&super::clip_line(label, 60), Some(&value));
        }
        for known in self.known_vulnerabilities.iter() {
            item.cve.extend(names::cves(known));
        }
        item.cve.extend(names::cves(&item.name));
        item.said
            .add("Proof of concept", Some(&super::plain(&said(&self.proof_of_concept))));
        item.said
            .add("To exploit it", Some(&super::plain(&said(&self.exploitation_skills))));
        for (label, message) in [("Request", &self.http_request), ("Response", &self.http_response)] {
            if let Some(content) = message.content.text() {
                item.said.message(label, content.as_bytes());
            }
        }
        item
    }
}
