//! The JSON of the findings API (`_embedded.findings`, or a bare list of them) and of the pipeline scan.

use serde::Deserialize;

use super::{Item, plain};
use crate::import::entries::{each_key, keys_inside, opens, results, unknown};
use crate::import::head::Head;
use crate::import::json::Walker;
use crate::import::limits::{Limits, Refusal};
use crate::import::loose::{self, Bag, Word};
use crate::import::record::Span;
use crate::import::source::Source;
use crate::import::{Out, clock};

pub fn sniff(head: &Head<'_>) -> bool {
    let json = &head.json;
    json.item("_embedded", &["findings"])
        || json.item("findings", &["finding_details"])
        || json.item("findings", &["issue_id", "cwe_id"])
        || (json.has("pipeline_scan") && json.has("findings"))
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("findings", 0);
    let mut walker = Walker::open(source.open(limits)?, limits);
    let mut finding = |walker: &Walker<_>, raw: &[u8], span: Span, out: &mut Out<'_>| {
        let entry: Entry<'_> = walker.read(raw, span)?;
        entry.read().emit(span, out)
    };
    each_key(&mut walker, &mut |walker, key| match key {
        "findings" => results(walker, out, "findings", &mut finding),
        "_embedded" if !opens(walker, b'{', key, out)? => Ok(()),
        "_embedded" => keys_inside(walker, &mut |walker, key| match key {
            "findings" => results(walker, out, "findings", &mut finding),
            other => unknown(walker, other, out),
        }),
        "_links" | "page" | "scan_id" | "scan_status" | "message" | "modules" | "modules_count"
        | "selected_modules" | "pipeline_scan" | "dev_stage" | "project_name" | "project_uri" | "project_ref"
        | "commit_hash" => walker.skip(),
        other => unknown(walker, other, out),
    })?;
    out.summary.bytes = walker.offset();
    Ok(())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry<'a> {
    #[serde(borrow)]
    issue_id: Word<'a>,
    #[serde(borrow)]
    context_guid: Word<'a>,
    #[serde(borrow)]
    scan_type: Word<'a>,
    #[serde(borrow)]
    description: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    finding_status: Bag<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    finding_details: Details<'a>,
    // Of the pipeline scan:
    #[serde(borrow)]
    title: Word<'a>,
    #[serde(borrow)]
    issue_type: Word<'a>,
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow)]
    cwe_id: Word<'a>,
    #[serde(borrow)]
    display_text: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    files: Files<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Files<'a> {
    #[serde(borrow, deserialize_with = "loose::object")]
    source_file: Listing<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Listing<'a> {
    #[serde(borrow)]
    file: Word<'a>,
    #[serde(borrow)]
    line: Word<'a>,
    #[serde(borrow)]
    qualified_function_name: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details<'a> {
    #[serde(borrow)]
    severity: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    cwe: Named<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    finding_category: Named<'a>,
    #[serde(borrow)]
    file_path: Word<'a>,
    #[serde(borrow)]
    file_name: Word<'a>,
    #[serde(borrow)]
    file_line_number: Word<'a>,
    #[serde(borrow)]
    procedure: Word<'a>,
    #[serde(borrow)]
    module: Word<'a>,
    #[serde(borrow)]
    attack_vector: Word<'a>,
    #[serde(borrow, alias = "URL")]
    url: Word<'a>,
    #[serde(borrow)]
    vulnerable_parameter: Word<'a>,
    #[serde(borrow)]
    component_filename: Word<'a>,
    #[serde(borrow)]
    version: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::list")]
    component_path: Vec<Path<'a>>,
    #[serde(borrow, deserialize_with = "loose::object")]
    cve: Cve<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Path<'a> {
    #[serde(borrow)]
    path: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Named<'a> {
    #[serde(borrow)]
    id: Word<'a>,
    #[serde(borrow)]
    name: Word<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Cve<'a> {
    #[serde(borrow)]
    name: Word<'a>,
    #[serde(borrow)]
    cvss: Word<'a>,
    #[serde(borrow)]
    vector: Word<'a>,
    #[serde(borrow, deserialize_with = "loose::object")]
    cvss3: Score<'a>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Score<'a> {
    #[serde(borrow)]
    score: Word<'a>,
    #[serde(borrow)]
    vector: Word<'a>,
}

impl Entry<'_> {
    fn read(&self) -> Item {
        let said = |word: &Word<'_>| word.text().unwrap_or_default().to_owned();
        let either = |a: &Word<'_>, b: &Word<'_>| a.text().or(b.text()).unwrap_or_default().to_owned();
        let status = |name: &str, value: &str| self.finding_status.get(name).any(|s| s.eq_ignore_ascii_case(value));
        let (details, file) = (&self.finding_details, &self.files.source_file);
        let pipeline = file.file.text().is_some();
        let line = details.file_line_number.text().or(file.line.text());
        let package = details
            .component_filename
            .text()
            .filter(|_| details.cve.name.text().is_some());
        let mitigated = status("mitigation_review_status", "approved")
            || status("resolution_status", "approved")
            || status("resolution", "mitigated");
        let mut item = Item {
            application: said(&self.context_guid),
            // The pipeline scan numbers from one in every run.
            number: if pipeline { String::new() } else { said(&self.issue_id) },
            kind: said(&self.issue_type),
            title: details
                .finding_category
                .name
                .text()
                .or(details.cwe.name.text())
                .or(self.issue_type.text())
                .or(self.title.text())
                .unwrap_or_default()
                .to_owned(),
            severity: either(&details.severity, &self.severity),
            cwe: either(&details.cwe.id, &self.cwe_id),
            path: details
                .file_path
                .text()
                .or(details.file_name.text())
                .or(file.file.text())
                .unwrap_or_default()
                .to_owned(),
            line: line.and_then(|l| l.parse().ok()).filter(|l| *l > 0),
            function: either(&details.procedure, &file.qualified_function_name),
            url: said(&details.url),
            parameter: said(&details.vulnerable_parameter),
            advisory: said(&details.cve.name),
            description: either(&self.description, &self.display_text),
            fixed: status("status", "closed") && !mitigated || status("resolution", "fixed"),
            mitigated,
            observed_at: self.finding_status.get("last_seen_date").find_map(clock::time),
            tags: self.scan_type.text().map(str::to_owned).into_iter().collect(),
            ..Item::default()
        };
        item.package = package.map(|name| {
            let path = details
                .component_path
                .first()
                .map(|p| said(&p.path))
                .unwrap_or_default();
            (name.to_owned(), said(&details.version), path)
        });
        let cve = &details.cve;
        item.score = cve.cvss3.score.number().or(cve.cvss.number());
        for vector in [&cve.cvss3.vector, &cve.vector] {
            item.cvss.extend(vector.text().map(str::to_owned));
        }
        item.said.add("Module", details.module.text());
        item.said
            .add("Attack vector", details.attack_vector.text().map(plain).as_deref());
        item.said.add("Title", self.title.text());
        item
    }
}
