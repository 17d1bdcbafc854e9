//! The CSV exports: of the asset report, of VMDR (by QID or by CVE) and of PCI. Lines of who made it stand above the
//! header of some.

use std::collections::HashMap;

use super::{Item, Kind, scored};
use crate::import::limits::{Kind as Of, Limits, Refusal, clip_line, text};
use crate::import::source::Source;
use crate::import::table::{Row, Table, has_header};
use crate::import::{Out, names};

const QID: &[&str] = &["qid"];
const CVE: &[&str] = &["cve id", "cveid", "cve"];

/// Columns that each of the exports has, besides the QID.
const OTHERS: [&[&str]; 5] = [
    &["qid", "title", "ip"],
    &["qid", "title", "asset name"],
    &["qid", "vuln title", "ip"],
    // What the API says of hosts.
    &["qid", "ip address", "tracking method"],
    &["qid", "host id", "ip address"],
];

pub fn sniff(head: &[u8]) -> bool {
    OTHERS.iter().any(|columns| has_header(head, columns))
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    out.summary.count("csv_rows", 0);
    let known = {
        let mut table = Table::open(source.open(limits)?, limits)?;
        let Some(above) = table.header_with(QID)? else {
            return Err(Refusal::new(
                Of::Malformed,
                "the table has no column QID; export the report again as CSV with all columns",
            ));
        };
        for _ in 0..above {
            out.summary.leave_out("lines above the header");
        }
        out.summary.count("csv_rows", above);
        cves(&mut table, limits)?
    };
    let mut table = Table::open(source.open(limits)?, limits)?;
    table.header_with(QID)?;
    table.each_row(out, &mut |row, out| {
        // The API marks where its parts begin and end.
        if row.at(0).is_some_and(|cell| cell.starts_with("----")) {
            out.summary.leave_out("lines around the table");
            return Ok(());
        }
        let (item, mut kind) = read(row, out);
        if let Some(all) = known.get(&item.qid) {
            kind.cve.clone_from(all);
        }
        item.emit(&kind, row.span, out)
    })
}

/// The CVEs of each QID: an export by CVE has a row for each of them.
fn cves(table: &mut Table<'_>, limits: &Limits) -> Result<HashMap<String, Vec<String>>, Refusal> {
    let mut known: HashMap<String, Vec<String>> = HashMap::new();
    while let Some(row) = table.row()? {
        let Some((qid, cell)) = row.get(QID).zip(row.get(CVE)) else {
            continue;
        };
        let qid = clip_line(&qid, text::WORD);
        if known.len() >= limits.table && !known.contains_key(&qid) {
            continue;
        }
        let list = known.entry(qid).or_default();
        for cve in names::cves(&cell) {
            names::add(list, cve);
        }
    }
    for list in known.values_mut() {
        list.sort();
    }
    Ok(known)
}

fn read(row: &Row<'_>, out: &mut Out<'_>) -> (Item, Kind) {
    let get = |names: &[&str]| row.get(names).unwrap_or_default().into_owned();
    let yes = |names: &[&str]| {
        row.get(names)
            .is_some_and(|w| ["yes", "true", "1"].iter().any(|y| w.eq_ignore_ascii_case(y)))
    };
    let named = [
        "fqdn",
        "dns",
        "dns name",
        "hostname",
        "asset name",
        "netbios",
        "netbios name",
    ];
    let mut item = Item {
        qid: clip_line(&get(QID), text::WORD),
        ip: get(&["ip", "asset ipv4", "asset ipv6", "ip address", "ipv6 address"])
            .split([',', ' '])
            .next()
            .unwrap_or_default()
            .to_owned(),
        names: named.iter().map(|n| get(&[n])).filter(|n| !n.is_empty()).collect(),
        port: row.get(&["port"]).and_then(|p| p.parse().ok()),
        protocol: get(&["protocol"]),
        category: get(&["type", "type detected"]),
        status: get(&["vuln status", "status"]),
        suppressed: yes(&["disabled", "is disabled"])
            || yes(&["ignored", "is ignored"])
            || row
                .get(&["false positive status"])
                .is_some_and(|w| w.eq_ignore_ascii_case("approved")),
        result: get(&["results", "result"]),
        observed_at: out.time(&get(&[
            "last detected",
            "last scan",
            "last found datetime",
            "last scan datetime",
        ])),
        ..Item::default()
    };
    // VMDR tracks assets, which have names; only the asset report says by what it tracks.
    let by = row.get(&["tracking method"]).map_or_else(
        || {
            if row.get(&["asset name"]).is_some() {
                "DNS"
            } else {
                "IP"
            }
            .to_owned()
        },
        std::borrow::Cow::into_owned,
    );
    item.track(&by);
    let mut kind = Kind {
        title: get(&["title", "vuln title"]),
        severity: get(&["severity", "kb severity"]),
        category: get(&["category"]),
        threat: get(&["threat", "cve-description"]),
        impact: get(&["impact"]),
        solution: get(&["solution"]),
        cve: names::cves(&get(CVE)),
        ..Kind::default()
    };
    for (columns, prefix) in [
        (&["cvss4 base", "cvssv4 base"][..], "CVSS:4.0/"),
        (
            &["cvss3.1 base", "cvssv3.1 base (nvd)", "cvssv3.1 base"][..],
            "CVSS:3.1/",
        ),
        (&["cvss3 base", "cvssv3 base (nvd)"][..], "CVSS:3.0/"),
        (&["cvss base", "cvss_base", "cvssv2 base (nvd)"][..], ""),
    ] {
        let (score, vector) = scored(&get(columns), prefix);
        kind.score = kind.score.or(score);
        kind.cvss.extend(vector);
    }
    for tag in get(&["associated tags", "asset tags"]).split(',') {
        kind.tags.push(tag.trim().to_owned());
    }
    kind.references = super::super::markup::links(&kind.solution);
    (item, kind)
}
