//! A line of a Nuclei report as it stands: every field may be missing, null or of another type.

use serde::Deserialize;

use crate::import::loose::{self, Word, Words};

/// A line of the report. Fields that several versions spell differently are all read; the first with a value counts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Entry<'a> {
    #[serde(borrow, rename = "template-id")]
    pub template_id: Word<'a>,
    #[serde(borrow, rename = "templateID")]
    pub template_id_old: Word<'a>,
    #[serde(borrow, rename = "template_id")]
    pub template_id_snake: Word<'a>,
    #[serde(borrow)]
    pub template: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    pub info: Info<'a>,
    #[serde(borrow, rename = "type")]
    pub kind: Word<'a>,
    #[serde(borrow, rename = "matcher-name")]
    pub matcher: Word<'a>,
    #[serde(borrow, rename = "matcher_name")]
    pub matcher_old: Word<'a>,
    #[serde(borrow, rename = "extractor-name")]
    pub extractor: Word<'a>,
    #[serde(borrow, rename = "extractor_name")]
    pub extractor_old: Word<'a>,
    #[serde(borrow, rename = "matcher-status")]
    pub matcher_status: Word<'a>,
    #[serde(borrow, rename = "matcher_status")]
    pub matcher_status_old: Word<'a>,
    #[serde(borrow)]
    pub host: Word<'a>,
    #[serde(borrow)]
    pub ip: Word<'a>,
    #[serde(borrow)]
    pub port: Word<'a>,
    #[serde(borrow)]
    pub scheme: Word<'a>,
    #[serde(borrow)]
    pub url: Word<'a>,
    #[serde(borrow, rename = "matched-at")]
    pub matched_at: Word<'a>,
    #[serde(borrow, rename = "matched_at")]
    pub matched_at_snake: Word<'a>,
    #[serde(borrow)]
    pub matched: Word<'a>,
    #[serde(borrow, rename = "extracted-results")]
    pub extracted: Words<'a>,
    #[serde(borrow, rename = "extracted_results")]
    pub extracted_old: Words<'a>,
    #[serde(borrow)]
    pub request: Word<'a>,
    #[serde(borrow)]
    pub response: Word<'a>,
    #[serde(borrow, rename = "curl-command")]
    pub curl: Word<'a>,
    #[serde(borrow, rename = "curl_command")]
    pub curl_old: Word<'a>,
    #[serde(borrow)]
    pub timestamp: Word<'a>,
    /// Version 1 says beside a match what later versions say in `info`.
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    description: Word<'a>,
}

impl Entry<'_> {
    /// Puts what version 1 says to where later versions say it.
    pub fn settle(&mut self) {
        let info = &mut self.info;
        for (place, word) in [
            (&mut info.name, &mut self.name),
            (&mut info.severity, &mut self.severity),
            (&mut info.description, &mut self.description),
        ] {
            if place.0.is_none() {
                *place = std::mem::take(word);
            }
        }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Info<'a> {
    #[serde(borrow)]
    pub name: Word<'a>,
    #[serde(borrow)]
    pub severity: Word<'a>,
    #[serde(borrow)]
    pub description: Word<'a>,
    #[serde(borrow)]
    pub impact: Word<'a>,
    #[serde(borrow)]
    pub remediation: Word<'a>,
    #[serde(borrow)]
    pub tags: Words<'a>,
    #[serde(borrow)]
    pub reference: Words<'a>,
    #[serde(borrow)]
    pub references: Words<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    pub classification: Classification<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Classification<'a> {
    #[serde(borrow, rename = "cve-id")]
    pub cve: Words<'a>,
    #[serde(borrow, rename = "cwe-id")]
    pub cwe: Words<'a>,
    #[serde(borrow, rename = "cvss-metrics")]
    pub vector: Words<'a>,
    #[serde(borrow, rename = "cvss-score")]
    pub score: Word<'a>,
}
