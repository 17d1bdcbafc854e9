//! The CSV export: a row for every vulnerability of a host or service. Lists stand in it as Python writes them, and a
//! cell that a spreadsheet would take for a formula has an apostrophe in front.

use super::vuln::Vuln;
use crate::import::Out;
use crate::import::head::Head;
use crate::import::limits::{Limits, Refusal};
use crate::import::source::Source;
use crate::import::table::{Row, Table};

pub fn sniff(head: &Head<'_>) -> bool {
    head.has_columns(&["name", "severity", "target", "status", "confirmed", "easeofresolution"])
}

pub fn decode(source: &mut Source<'_>, limits: &Limits, out: &mut Out<'_>) -> Result<(), Refusal> {
    Table::open(source.open(limits)?, limits)?.each_row(out, &mut |row, out| {
        let comments = listed(&row.get(&["comments"]).unwrap_or_default()).len();
        out.summary.leave_out_many("comments", comments as u64);
        vuln(row).emit(row.span, out)
    })
}

/// A cell as it was before its export guarded it.
fn bare(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@']) => rest,
        _ => cell,
    }
}

/// The texts of a list (`['a', "b's"]`); of objects in it, the names. What is no list is one text.
fn listed(cell: &str) -> Vec<String> {
    let cell = cell.trim();
    if !cell.starts_with(['[', '{']) {
        return Some(cell.to_owned()).into_iter().filter(|c| !c.is_empty()).collect();
    }
    let named = cell.contains("'name': ");
    let (mut found, mut key) = (Vec::new(), String::new());
    let mut chars = cell.chars().peekable();
    while let Some(quote) = chars.next() {
        if !matches!(quote, '\'' | '"') {
            continue;
        }
        let mut word = String::new();
        while let Some(c) = chars.next().filter(|c| *c != quote) {
            match c {
                '\\' => word.extend(chars.next()),
                c => word.push(c),
            }
        }
        let is_key = chars.peek() == Some(&':');
        if is_key {
            key = word;
        } else if !named || key == "name" {
            found.push(word);
        }
    }
    found
}

fn vuln(row: &Row<'_>) -> Vuln {
    let get = |names: &[&str]| row.get(names).map_or_else(String::new, |t| bare(&t).to_owned());
    let list = |names: &[&str]| listed(&get(names));
    // `status:open - protocol:tcp - … - ports:443`, or the same as an object, where it has no columns of its own.
    let service = get(&["service"]);
    let of_service = |what: &str| {
        let (_, rest) = service.split_once(what)?;
        let rest = rest.trim_start_matches(['\'', ':', ' ', '[']);
        Some(rest.split([' ', ',', '\'', ']', '}']).next()?.to_owned())
    };
    let or = |own: String, what: &str| {
        if own.is_empty() {
            of_service(what).unwrap_or_default()
        } else {
            own
        }
    };
    Vuln {
        name: get(&["name"]),
        description: get(&["desc", "description"]),
        severity: get(&["severity"]),
        status: get(&["status"]),
        confirmed: get(&["confirmed"]),
        resolution: get(&["resolution"]),
        data: get(&["data"]),
        external_id: get(&["external_id"]),
        ease: get(&["easeofresolution"]),
        target: get(&["target"]),
        hostnames: list(&["hostnames"]),
        system: get(&["os", "host_os"]),
        port: or(get(&["port"]), "ports"),
        protocol: or(get(&["protocol"]), "protocol"),
        service: [or(get(&["service_name"]), "name"), get(&["version"])]
            .join(" ")
            .trim()
            .to_owned(),
        website: get(&["website"]),
        path: get(&["path"]),
        method: get(&["method"]),
        parameter: get(&["pname"]),
        params: get(&["params"]),
        query: get(&["query"]),
        request: get(&["request"]),
        response: get(&["response"]),
        references: list(&["refs"]),
        cve: list(&["cve"]),
        cwe: list(&["cwe"]),
        cvss: ["cvss4_vector_string", "cvss3_vector_string", "cvss2_vector_string"]
            .map(|name| get(&[name]))
            .to_vec(),
        score: ["cvss4_base_score", "cvss3_base_score", "cvss2_base_score"]
            .into_iter()
            .find_map(|name| get(&[name]).parse().ok().filter(|s| *s > 0.0)),
        tags: list(&["tags"]),
        policies: list(&["policyviolations"]),
        creator: get(&["tool"]),
        date: get(&["date"]),
        ..Vuln::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_as_python_writes_them() {
        assert_eq!(listed("['a', \"b's\", 'c\\'d']"), ["a", "b's", "c'd"]);
        assert_eq!(
            listed("[{'name': 'https://r.example', 'type': 'other'}]"),
            ["https://r.example"]
        );
        assert_eq!(listed("CVE-2020-0001"), ["CVE-2020-0001"]);
        assert!(listed("[]").is_empty() && listed("").is_empty());
        for odd in ["['a", "{'x", "[\\", "['\\", "'"] {
            let _ = listed(odd);
        }
        assert_eq!(
            (bare("'=cmd()"), bare("'quoted'"), bare("'")),
            ("=cmd()", "'quoted'", "'")
        );
    }
}
