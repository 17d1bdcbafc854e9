//! The CSV exports: of Nessus, of Tenable.io (old and new), of Tenable.sc and of the web application scanner.

use super::{Item, vector};
use std::collections::HashMap;

use crate::import::Out;
use crate::import::head::Head;
use crate::import::limits::{Limits, Refusal, clip_line, text};
use crate::import::names;
use crate::import::source::Source;
use crate::import::table::{Row, Table};

const PLUGIN: [&str; 3] = ["plugin id", "plugin", "definition.id"];
const NAME: [&str; 3] = ["name", "plugin name", "definition.name"];
const CVE: [&str; 2] = ["cve", "definition.cve"];
const HOST: [&str; 9] = [
    "host",
    "dns name",
    "fqdn",
    "asset.display_fqdn",
    "asset.host_name",
    "asset.name",
    "ip address",
    "asset.display_ipv4_address",
    "asset name",
];

pub fn sniff(head: &Head<'_>) -> bool {
    let any = |names: &[&str]| names.iter().any(|n| head.has_columns(&[n]));
    any(&PLUGIN) && any(&NAME) && any(&HOST)
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    let known = cves(&mut Table::open(source.open(limits)?, limits)?, limits)?;
    Table::open(source.open(limits)?, limits)?.each_row(out, &mut |row, out| {
        let record = item(row, out).map(|mut item| {
            if let Some(all) = known.get(&item.plugin) {
                item.cve.clone_from(all);
            }
            item.record(row.span)
        });
        out.record_or(record, "rows without a plugin", row.span.offset)
    })
}

/// The CVEs of each plugin: some exports have a row for each of them.
fn cves(table: &mut Table<'_>, limits: &Limits) -> Result<HashMap<String, Vec<String>>, Refusal> {
    let mut known: HashMap<String, Vec<String>> = HashMap::new();
    while let Some(row) = table.row()? {
        let Some((plugin, cell)) = row.get(&PLUGIN).zip(row.get(&CVE)) else {
            continue;
        };
        let plugin = clip_line(&plugin, text::WORD);
        if known.len() >= limits.table && !known.contains_key(&plugin) {
            continue;
        }
        let list = known.entry(plugin).or_default();
        for cve in names::cves(&cell) {
            names::add(list, cve);
        }
    }
    for list in known.values_mut() {
        list.sort();
    }
    Ok(known)
}

fn item(row: &Row<'_>, out: &mut Out<'_>) -> Option<Item> {
    let get = |names: &[&str]| row.get(names).map(std::borrow::Cow::into_owned).unwrap_or_default();
    let name = get(&NAME);
    if name.is_empty() {
        return None;
    }
    let host = get(&HOST);
    let ip = get(&["ip address", "asset.display_ipv4_address", "asset.display_ipv6_address"]);
    let mut item = Item {
        plugin: clip_line(&get(&PLUGIN), text::WORD),
        name,
        family: get(&["plugin family", "family", "definition.family"]),
        host: clip_line(&host, text::PLACE),
        ip: clip_line(ip.split(',').next().unwrap_or_default(), text::WORD),
        port: row
            .get(&["port", "asset.port"])
            .and_then(|p| p.trim_end_matches(".0").parse().ok()),
        protocol: get(&["protocol"]),
        severity: get(&["risk", "severity", "risk factor", "definition.severity"]),
        synopsis: get(&["synopsis", "definition.synopsis"]),
        description: get(&["description", "definition.description"]),
        solution: get(&["solution", "definition.solution", "steps to remediate"]),
        output: get(&["plugin output", "plugin text", "output"]),
        accepted: get(&["risk_modified", "modification"]).eq_ignore_ascii_case("accepted"),
        ..Item::default()
    };
    for link in get(&["see also", "definition.see_also"])
        .split(['\n', ' ', ','])
        .map(str::trim)
        .filter(|l| !l.is_empty())
    {
        names::add(&mut item.references, clip_line(link, text::PLACE));
    }
    for cve in names::cves(&get(&CVE)) {
        names::add(&mut item.cve, cve);
    }
    for cwe in get(&["cwe", "definition.cwe"])
        .split([',', ' ', ';'])
        .filter_map(names::cwe)
    {
        names::add(&mut item.cwe, cwe);
    }
    for xref in get(&["xref", "cross references", "definition.references"]).split([',', '\n', ';']) {
        if let Some(cwe) = xref.trim().strip_prefix("CWE:").and_then(names::cwe) {
            names::add(&mut item.cwe, cwe);
        }
    }
    for (columns, version) in [
        (
            &[
                "cvss v4 vector",
                "cvss4 vector",
                "cvss v4.0 vector",
                "definition.cvss4.base_vector",
            ][..],
            "4.0",
        ),
        (
            &[
                "cvss v3 vector",
                "cvss3 vector",
                "cvss v3.0 vector",
                "definition.cvss3.base_vector",
            ][..],
            "3.0",
        ),
        (
            &[
                "cvss v2 vector",
                "cvss vector",
                "cvss v2.0 vector",
                "definition.cvss2.base_vector",
            ][..],
            "",
        ),
    ] {
        let vector = vector(&get(columns), version);
        if !vector.is_empty() {
            names::add(&mut item.cvss, vector);
        }
    }
    let scores: [&[&str]; 3] = [
        &["cvss v4.0 base score", "cvss v4 base score"],
        &[
            "cvss3 base score",
            "cvss v3 base score",
            "cvss v3.0 base score",
            "cvssv3",
            "definition.cvss3.base_score",
        ],
        &[
            "cvss base score",
            "cvss v2 base score",
            "cvss v2.0 base score",
            "cvss",
            "definition.cvss2.base_score",
        ],
    ];
    item.score = scores.iter().find_map(|names| row.get(names)?.parse().ok());
    let seen = get(&["last observed", "last found", "last_seen", "host end", "last seen"]);
    item.observed_at = out.time(&seen);
    Some(item)
}
