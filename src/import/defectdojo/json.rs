//! What the API lists: pages of results, with what they point to beside them.

use std::collections::HashMap;
use std::io::Read;

use serde_json::{Map, Value};

use super::State;
use crate::domain::time::Time;
use crate::import::entries::{each_key, keys_inside, results as results_of, unknown};
use crate::import::generic::{Entry, endpoint, word};
use crate::import::head::Head;
use crate::import::json::Walker;
use crate::import::limits::{Limits, Refusal, clip_line};
use crate::import::record::Span;
use crate::import::source::Source;
use crate::import::{Out, clock};

/// Keys of a page besides its results.
const PAGE: [&str; 4] = ["count", "next", "previous", "prefetch"];

/// Keys that [`Entry`] reads.
const READ: [&str; 27] = [
    "title",
    "severity",
    "description",
    "mitigation",
    "impact",
    "severity_justification",
    "references",
    "url",
    "file_path",
    "line",
    "component_name",
    "component_version",
    "fix_version",
    "service",
    "steps_to_reproduce",
    "param",
    "payload",
    "vuln_id_from_tool",
    "vulnerability_ids",
    "cwe",
    "cwes",
    "cvssv3",
    "cvssv4",
    "cvssv3_score",
    "cvssv4_score",
    "request_response",
    "tags",
];

/// Keys that say something else, or mean something on their server only.
const OTHERS: [&str; 64] = [
    "id",
    "date",
    "active",
    "verified",
    "false_p",
    "duplicate",
    "duplicate_finding",
    "out_of_scope",
    "risk_accepted",
    "accepted_risks",
    "under_review",
    "is_mitigated",
    "mitigated",
    "mitigated_by",
    "endpoints",
    "notes",
    "files",
    "related_fields",
    "found_by",
    "unique_id_from_tool",
    "nb_occurences",
    "epss_score",
    "epss_percentile",
    "known_exploited",
    "ransomware_used",
    "kev_date",
    "finding_meta",
    "last_reviewed",
    "last_status_update",
    "last_reviewed_by",
    "push_to_jira",
    "age",
    "sla_age",
    "sla_days_remaining",
    "sla_start_date",
    "sla_expiration_date",
    "jira_creation",
    "jira_change",
    "display_status",
    "finding_groups",
    "finding_group",
    "reporter",
    "test",
    "review_requested_by",
    "reviewers",
    "under_defect_review",
    "defect_review_requested_by",
    "thread_id",
    "numerical_severity",
    "hash_code",
    "static_finding",
    "dynamic_finding",
    "created",
    "updated",
    "scanner_confidence",
    "sonarqube_issue",
    "sast_source_object",
    "sast_sink_object",
    "sast_source_line",
    "sast_source_file_path",
    "publish_date",
    "planned_remediation_date",
    "planned_remediation_version",
    "effort_for_fixing",
];

/// Further keys of no meaning elsewhere, by how they begin.
const SERVER_ONLY: [&str; 3] = ["fix_available", "inherited_", "endpoint_status"];

pub fn sniff(head: &Head<'_>) -> bool {
    let json = &head.json;
    let page = ["count", "next", "previous"].iter().all(|k| json.has(k)) && json.has("results");
    let known = |k: &String| k == "results" || PAGE.contains(&k.as_str());
    json.item("results", &["title", "numerical_severity"])
        || json.item("results", &["title", "false_p"])
        || (page && json.keys.iter().all(known) && !json.inside.iter().any(|(k, _)| k == "results"))
        || (json.first == Some(b'[') && ["title", "numerical_severity", "false_p"].iter().all(|k| json.has(k)))
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("results", 0);
    let list = source.first_byte(limits)? == Some(b'[');
    let endpoints = if list {
        HashMap::new()
    } else {
        prefetched(source, limits)?
    };
    let mut walker = Walker::open(source.open(limits)?, limits);
    if list {
        results(&mut walker, &endpoints, out)?;
        walker.finish()?;
    } else {
        each_key(&mut walker, &mut |walker, key| match key {
            "results" => results(walker, &endpoints, out),
            "next" => {
                if walker.peek()? == Some(b'"') {
                    out.summary
                        .leave_out("pages that follow this one: ask for all findings with limit=…");
                }
                walker.skip()
            }
            known if PAGE.contains(&known) => walker.skip(),
            other => unknown(walker, other, out),
        })?;
    }
    out.summary.bytes = walker.offset();
    Ok(())
}

/// The endpoints that stand beside the results, as texts by their numbers.
fn prefetched(source: &mut Source<'_>, limits: &Limits) -> Result<HashMap<String, String>, Refusal> {
    let mut found = HashMap::new();
    let mut walker = Walker::open(source.open(limits)?, limits);
    let (mut raw, mut budget) = (Vec::new(), limits.table_bytes);
    each_key(&mut walker, &mut |walker, key| {
        if key != "prefetch" {
            return walker.skip();
        }
        keys_inside(walker, &mut |walker, kind| {
            if kind != "endpoints" {
                return walker.skip();
            }
            keys_inside(walker, &mut |walker, number| {
                let span = walker.capture_table(&mut raw, &mut budget)?;
                let value: Value = walker.read(&raw, span)?;
                if let Some(shown) = shown(&value).filter(|_| found.len() < limits.table) {
                    found.insert(number.to_owned(), shown);
                }
                Ok(())
            })
        })
    })?;
    Ok(found)
}

/// An endpoint of any version: its parts, or a location's text.
fn shown(value: &Value) -> Option<String> {
    let text = |key: &str| value.get(key).map(word).filter(|t| !t.is_empty());
    text("location_value")
        .or_else(|| text("string"))
        .or_else(|| endpoint(value))
}

fn results<R: Read>(
    walker: &mut Walker<R>,
    endpoints: &HashMap<String, String>,
    out: &mut Out<'_>,
) -> Result<(), Refusal> {
    results_of(walker, out, "results", &mut |walker, raw, span, out| {
        let value: Value = walker.read(raw, span)?;
        result(&value, endpoints, span, out)
    })
}

fn result(value: &Value, endpoints: &HashMap<String, String>, span: Span, out: &mut Out<'_>) -> Result<(), Refusal> {
    let mut read = Map::new();
    for (key, value) in value.as_object().into_iter().flatten() {
        let key = key.as_str();
        if READ.contains(&key) {
            read.insert(key.to_owned(), value.clone());
        } else if !OTHERS.contains(&key) && !SERVER_ONLY.iter().any(|k| key.starts_with(k)) {
            let what = format!("keys `{}` of findings", clip_line(key, 60));
            out.summary.leave_out(&what);
        }
    }
    let text = |key: &str| value.get(key).map(word).unwrap_or_default();
    let state = state(value);
    let mut entry = Entry::of_json(&Value::Object(read), out);
    entry.date = text("date");
    let list = |key: &str| value.get(key).and_then(Value::as_array).into_iter().flatten();
    for (key, what) in [("notes", "notes of people"), ("files", "attached files")] {
        out.summary.leave_out_many(what, list(key).count() as u64);
    }
    for one in list("endpoints") {
        let found = match one {
            Value::Number(number) => endpoints.get(&number.to_string()).cloned(),
            other => shown(other),
        };
        match found {
            Some(text) => entry.endpoints.push(text),
            None => out
                .summary
                .leave_out("endpoints that are numbers only: ask with prefetch=endpoints"),
        }
    }
    for (key, tag) in [
        ("known_exploited", "known exploited"),
        ("ransomware_used", "ransomware"),
    ] {
        if text(key) == "true" {
            entry.tags.push(tag.to_owned());
        }
    }
    let origin = &value["related_fields"]["test"];
    let detail = &mut entry.more;
    for (label, from) in [
        ("Found by", &origin["test_type"]["name"]),
        ("Test", &origin["title"]),
        ("Engagement", &origin["engagement"]["name"]),
        ("Product", &origin["engagement"]["product"]["name"]),
        ("Tool's id", &value["unique_id_from_tool"]),
        ("EPSS", &value["epss_score"]),
        ("EPSS percentile", &value["epss_percentile"]),
    ] {
        detail.add(label, Some(&word(from)));
    }
    super::emit(&text("id"), entry, &state, span, out)
}

fn state(value: &Value) -> State {
    let yes = |key: &str| value.get(key).is_some_and(|v| word(v).eq_ignore_ascii_case("true"));
    let time = |key: &str| value.get(key).and_then(|v| clock::time(&word(v)));
    // Of several acceptances the last to end holds; one without an end has none.
    let risks = value.get("accepted_risks").and_then(Value::as_array);
    let ends = risks.into_iter().flatten().filter_map(|r| r.get("expiration_date"));
    let ends: Vec<Option<Time>> = ends.map(|end| clock::time(&word(end))).collect();
    State {
        inactive: value
            .get("active")
            .is_some_and(|v| word(v).eq_ignore_ascii_case("false")),
        verified: yes("verified"),
        under_review: yes("under_review"),
        false_positive: yes("false_p"),
        out_of_scope: yes("out_of_scope"),
        accepted: yes("risk_accepted"),
        accepted_until: ends
            .into_iter()
            .collect::<Option<Vec<_>>>()
            .and_then(|e| e.into_iter().max()),
        mitigated: yes("is_mitigated"),
        duplicate: yes("duplicate"),
        found: time("date"),
        reviewed: time("last_reviewed"),
        changed: time("last_status_update"),
        times: value.get("nb_occurences").and_then(Value::as_i64),
    }
}
