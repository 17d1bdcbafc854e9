//! What may be the same problem, reported by another tool: suggested with the reason, never merged by itself.

use std::collections::{BTreeMap, BTreeSet};

use super::wire;
use crate::api::correction::Related;
use crate::domain::id::FindingId;
use crate::service::Result;
use crate::store::correction::related::{self as rows, PlaceOf};
use crate::store::finding::FindingRow;
use crate::store::{self, Tx};

/// The most that are suggested.
const MOST: usize = 5;

/// Findings of other tools in its project: the same CVE at the same host or file, or the same CWE at the same place.
pub(super) async fn related(tx: &mut Tx, row: &FindingRow) -> Result<Vec<Related>> {
    if row.cve.is_empty() && row.cwe.is_empty() {
        return Ok(Vec::new());
    }
    let tools = rows::other_tools(tx, row.project.id, &row.tool).await?;
    if tools.is_empty() {
        return Ok(Vec::new());
    }
    let own = rows::own(tx, row.id).await?;
    let hosts: BTreeSet<String> = own.iter().filter_map(|p| p.host.clone()).collect();
    let hosts: Vec<String> = hosts.into_iter().collect();
    let mut others = rows::at_hosts(tx, row.project.id, &tools, &hosts).await?;
    if own.iter().any(|p| p.host.is_none()) {
        others.extend(rows::in_files(tx, row.project.id, &tools).await?);
    }
    let mut near: BTreeMap<FindingId, Vec<PlaceOf>> = BTreeMap::new();
    for place in others {
        near.entry(place.finding).or_default().push(place);
    }
    let ids: Vec<FindingId> = near.keys().copied().collect();
    let mut found = Vec::new();
    for other in store::finding::by_ids(tx, &ids).await? {
        let places = near.get(&other.id).map(Vec::as_slice).unwrap_or_default();
        if let Some(why) = why(row, &own, &other, places) {
            found.push(Related {
                why,
                finding: wire(other),
            });
        }
    }
    found.sort_by_key(|r| (std::cmp::Reverse(r.finding.severity), r.finding.key.clone()));
    found.truncate(MOST);
    Ok(found)
}

/// Why the two may be one problem, where they may.
fn why(row: &FindingRow, own: &[PlaceOf], other: &FindingRow, places: &[PlaceOf]) -> Option<String> {
    let cve = row.cve.iter().find(|c| other.cve.contains(c));
    if let Some(cve) = cve {
        let where_to = |p: &PlaceOf| p.host.clone().unwrap_or_else(|| place_of(&p.place));
        let here: BTreeSet<String> = own.iter().map(where_to).collect();
        let at = places.iter().map(where_to).find(|at| here.contains(at))?;
        return Some(format!("{cve} at {at}, by {}", other.tool));
    }
    let cwe = row.cwe.iter().find(|c| other.cwe.contains(c))?;
    let here: BTreeSet<String> = own.iter().map(|p| place_of(&p.place)).collect();
    let at = places.iter().map(|p| place_of(&p.place)).find(|at| here.contains(at))?;
    Some(format!("CWE-{cwe} at {at}, by {}", other.tool))
}

/// A place as tools write it differently: without scheme, query, default port and the column of a line.
fn place_of(place: &str) -> String {
    let Some((scheme, rest)) = place.split_once("://") else {
        let mut parts = place.split(':');
        let path = parts.next().unwrap_or_default();
        let line = parts.next().filter(|l| l.bytes().all(|b| b.is_ascii_digit()));
        return line.map_or_else(|| path.to_owned(), |line| format!("{path}:{line}"));
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let port = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => "",
    };
    let authority = authority.strip_suffix(port).unwrap_or(authority).to_lowercase();
    format!("{authority}/{path}").trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_the_same_however_tools_write_them() {
        for (one, other, same) in [
            (
                "https://Shop.example/login?x=1",
                "https://shop.example:443/login/",
                true,
            ),
            ("http://shop.example", "http://shop.example:80/", true),
            ("https://shop.example/a", "https://shop.example/b", false),
            ("https://shop.example:8443/a", "https://shop.example/a", false),
            ("src/a.rs:3", "src/a.rs:3:14", true),
            ("src/a.rs:3", "src/a.rs:4", false),
            ("src/a.rs", "src/a.rs:rule", true),
        ] {
            assert_eq!(place_of(one) == place_of(other), same, "{one} {other}");
        }
    }
}
