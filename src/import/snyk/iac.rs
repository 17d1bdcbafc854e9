//! Issues in infrastructure as code: a list of them for each file.

use std::io::Read;

use serde::Deserialize;

use super::Project;
use crate::import::detail::Detail;
use crate::import::entries::each_entry;
use crate::import::json::Walker;
use crate::import::limits::{Refusal, clip_line, text};
use crate::import::loose::{self, Word, Words};
use crate::import::record::{Fingerprint, Record, Span, digest};
use crate::import::{Out, place};

/// A tool of its own: a report about packages says nothing about infrastructure.
pub const TOOL: &str = "snyk iac";

/// Of the rule that makes fingerprints, see the format's documentation.
const VERSION: u32 = 1;

pub fn issues<R: Read>(walker: &mut Walker<R>, project: &Project, out: &mut Out<'_>) -> Result<(), Refusal> {
    each_entry(walker, out, "issues", &mut |walker, raw, span, out| {
        let issue: Entry<'_> = walker.read(raw, span)?;
        out.record_or(issue.record(project, span), "issues without an id", span.offset)
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Entry<'a> {
    #[serde(borrow)]
    public_id: Word<'a>,
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    title: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    line_number: Word<'a>,
    #[serde(borrow)]
    is_ignored: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    iac_description: Description<'a>,
    #[serde(borrow)]
    issue: Word<'a>,
    #[serde(borrow)]
    impact: Word<'a>,
    #[serde(borrow)]
    resolve: Word<'a>,
    #[serde(borrow)]
    msg: Word<'a>,
    #[serde(borrow)]
    sub_type: Word<'a>,
    #[serde(borrow)]
    path: Words<'a>,
    #[serde(borrow)]
    references: Words<'a>,
    #[serde(borrow)]
    documentation: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Description<'a> {
    #[serde(borrow)]
    issue: Word<'a>,
    #[serde(borrow)]
    impact: Word<'a>,
    #[serde(borrow)]
    resolve: Word<'a>,
}

impl Entry<'_> {
    fn record(&self, project: &Project, span: Span) -> Option<Record> {
        let rule = clip_line(self.public_id.text().or(self.id.text())?, text::WORD);
        let said = &self.iac_description;
        let path = &project.file;
        let fields = vec![
            ("tool", TOOL.to_owned()),
            ("rule", rule.clone()),
            ("path", place::path_key(path)),
        ];
        let line = self.line_number.text().and_then(|l| l.parse().ok()).filter(|l| *l > 0);
        let resource: Vec<&str> = self.path.iter().collect();
        let resource = clip_line(&resource.join(" > "), text::PLACE);
        let mut occurrence = place::code(path, line, None, None);
        if !resource.is_empty() {
            // Lines move; what they are about stays.
            occurrence.key = digest(&["resource", &place::path_key(path), &resource]);
            occurrence.place = clip_line(&format!("{} ({resource})", occurrence.place), text::PLACE);
            occurrence.parts.symbol = Some(resource);
        }
        let both = [
            said.issue.text().or(self.issue.text()),
            said.impact.text().or(self.impact.text()),
        ];
        let mut detail = Detail::default();
        detail.add("Resource", self.msg.text());
        let mut references: Vec<String> = self.documentation.text().map(str::to_owned).into_iter().collect();
        references.extend(self.references.iter().map(str::to_owned));
        let word = self.severity.text().unwrap_or_default();
        let record = Record {
            title: self.title.text().unwrap_or(&rule).to_owned(),
            description: both.into_iter().flatten().collect::<Vec<_>>().join("\n\n"),
            remediation: said
                .resolve
                .text()
                .or(self.resolve.text())
                .unwrap_or_default()
                .to_owned(),
            references,
            severity: crate::import::names::rated(word),
            severity_word: word.to_owned(),
            tags: vec![
                project.manager.clone(),
                self.sub_type.text().unwrap_or_default().to_owned(),
            ],
            detail: detail.text(),
            suppressed: self.is_ignored.text() == Some("true"),
            rule,
            ..Record::new(TOOL, Fingerprint::new(VERSION, fields), occurrence, span)
        };
        Some(record.tidy())
    }
}
