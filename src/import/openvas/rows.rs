//! The CSV results.

use super::Item;
use crate::import::limits::{Limits, Refusal};
use crate::import::source::Source;
use crate::import::table::{Row, Table};
use crate::import::{Out, names};

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    Table::open(source.open(limits)?, limits)?.each_row(out, &mut |row, out| {
        let record = item(row, out).record(row.span);
        out.record_or(record, "rows without a test", row.span.offset)
    })
}

fn item(row: &Row<'_>, out: &mut Out<'_>) -> Item {
    let get = |name: &str| row.get(&[name]).unwrap_or_default().into_owned();
    let mut item = Item {
        oid: get("nvt oid"),
        name: get("nvt name"),
        host: get("ip"),
        host_name: get("hostname"),
        port: get("port").parse().ok(),
        protocol: get("port protocol"),
        threat: get("severity"),
        score: get("cvss").parse().ok(),
        qod: get("qod"),
        solution: get("solution"),
        cve: names::cves(&get("cves")),
        said: get("specific result"),
        observed_at: out.time(&get("timestamp")),
        ..Item::default()
    };
    for (label, column) in [
        ("", "summary"),
        ("Insight", "vulnerability insight"),
        ("Impact", "impact"),
        ("Affected", "affected software/os"),
        ("Detected by", "vulnerability detection method"),
    ] {
        item.about.add(label, Some(&get(column)));
    }
    for column in ["other references", "certs"] {
        for word in get(column).split([',', '\n', ' ']) {
            names::add(&mut item.references, word.trim().to_owned());
        }
    }
    item
}
