//! The CSV export: columns called as DefectDojo's model calls them, and what belongs to a finding at the end of a row.

use super::State;
use crate::import::generic::Entry;
use crate::import::head::Head;
use crate::import::limits::{Limits, Refusal};
use crate::import::source::Source;
use crate::import::table::{Row, Table};
use crate::import::{Out, clock};

pub fn sniff(head: &Head<'_>) -> bool {
    head.has_columns(&["title", "severity", "numerical_severity", "false_p"])
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    Table::open(source.open(limits)?, limits)?.each_row(out, &mut finding)
}

fn finding(row: &Row<'_>, out: &mut Out<'_>) -> Result<(), Refusal> {
    // Line ends are written as a word.
    let get = |name: &str| {
        row.get(&[name])
            .map_or_else(String::new, |t| t.replace(" NEWLINE ", "\n"))
    };
    let yes = |name: &str| get(name).eq_ignore_ascii_case("true");
    let time = |name: &str| clock::time(&get(name));
    let mut listed = |name: &str, what: &str| {
        let mut list: Vec<String> = get(name).replace('\n', " ").split("; ").map(str::to_owned).collect();
        for text in &mut list {
            *text = text.trim().trim_end_matches(';').to_owned();
        }
        // An export cuts what is long; an address that was cut is another one.
        if list.last().is_some_and(|t| t.ends_with("...")) {
            list.pop();
            out.summary.leave_out(what);
        }
        list.retain(|t| !t.is_empty());
        list
    };
    let mut entry = Entry {
        title: get("title"),
        severity: get("severity"),
        description: get("description"),
        mitigation: get("mitigation"),
        impact: get("impact"),
        references: get("references").lines().map(str::to_owned).collect(),
        endpoints: listed("endpoints", "lists of endpoints that the export cut short"),
        path: get("file_path"),
        line: get("line").parse().ok(),
        component: get("component_name"),
        component_version: get("component_version"),
        fix_version: get("fix_version"),
        service: get("service"),
        steps: get("steps_to_reproduce"),
        parameter: get("param"),
        payload: get("payload"),
        rule: get("vuln_id_from_tool"),
        ids: listed(
            "vulnerability_ids",
            "lists of vulnerability ids that the export cut short",
        ),
        cwe: vec![get("cwe")],
        cvss: vec![get("cvssv4"), get("cvssv3")],
        score: get("cvssv3_score")
            .parse()
            .ok()
            .or_else(|| get("cvssv4_score").parse().ok()),
        tags: listed("tags", "lists of tags that the export cut short"),
        date: get("date"),
        ..Entry::default()
    };
    entry.cvss.retain(|v| !v.is_empty());
    if !get("notes").is_empty() {
        out.summary.leave_out("notes of people");
    }
    for (label, name) in [
        ("Found by", "found_by"),
        ("Test", "test"),
        ("Engagement", "engagement"),
        ("Product", "product"),
        ("Tool's id", "unique_id_from_tool"),
        ("EPSS", "epss_score"),
        ("EPSS percentile", "epss_percentile"),
    ] {
        entry.more.add(label, Some(&get(name)));
    }
    let state = State {
        inactive: get("active").eq_ignore_ascii_case("false"),
        verified: yes("verified"),
        under_review: yes("under_review"),
        false_positive: yes("false_p"),
        out_of_scope: yes("out_of_scope"),
        accepted: yes("risk_accepted"),
        accepted_until: None,
        mitigated: yes("is_mitigated"),
        duplicate: yes("duplicate"),
        found: time("date"),
        reviewed: time("last_reviewed"),
        changed: time("last_status_update"),
        times: get("nb_occurences").parse().ok(),
    };
    super::emit(&get("id"), entry, &state, row.span, out)
}
