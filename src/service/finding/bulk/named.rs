//! The findings that a request names.

use std::collections::{HashMap, HashSet};

use super::invalid;
use crate::api::bulk::{FindingAt, Led};
use crate::domain::id::FindingId;
use crate::domain::key::{self, Kind};
use crate::service::{Result, not_found};
use crate::store::finding::FindingRow;
use crate::store::{self, Tx, correction};

/// What a request is about.
#[derive(Default)]
pub(super) struct Named {
    pub rows: Vec<FindingRow>,
    /// Which of them each name means, as it was given.
    pub of: HashMap<String, FindingId>,
    /// Names of findings that are part of others.
    pub led: Vec<Led>,
}

/// The findings of these keys or ids, by id; one that became part of another leads there, as everywhere. One that the
/// caller may not open makes all of it "not found".
pub(super) async fn named(tx: &mut Tx, all: &[FindingAt]) -> Result<Named> {
    let (mut ids, mut keys) = (Vec::new(), Vec::new());
    for one in all {
        match one.finding.trim().parse::<FindingId>() {
            Ok(id) => ids.push(id),
            Err(_) => keys.push(key::parse(Kind::Finding, &one.finding).ok_or_else(not_found)?),
        }
    }
    let mut rows = store::finding::by_ids(tx, &ids).await?;
    rows.extend(store::finding::by_keys(tx, &keys).await?);
    let mut means: HashMap<String, FindingId> = HashMap::new();
    for row in &rows {
        means.insert(row.key.clone(), row.id);
        means.insert(row.id.to_string(), row.id);
    }
    let mut merged = HashMap::new();
    keys.retain(|key| !means.contains_key(key));
    ids.retain(|id| !means.contains_key(&id.to_string()));
    if !keys.is_empty() || !ids.is_empty() {
        for (key, id, survivor) in correction::survivors(tx, &keys, &ids).await? {
            merged.insert(key, survivor);
            merged.insert(id.to_string(), survivor);
        }
        let survivors: Vec<FindingId> = merged.values().copied().collect();
        rows.extend(store::finding::by_ids(tx, &survivors).await?);
    }
    rows.sort_unstable_by_key(|r| r.id);
    rows.dedup_by_key(|r| r.id);
    let by_id: HashMap<FindingId, &FindingRow> = rows.iter().map(|r| (r.id, r)).collect();
    let mut out = Named::default();
    let mut seen = HashSet::new();
    for one in all {
        let typed = one.finding.trim();
        let name = match typed.parse::<FindingId>() {
            Ok(id) => id.to_string(),
            Err(_) => key::parse(Kind::Finding, typed).ok_or_else(not_found)?,
        };
        let led = merged.get(&name).copied();
        let id = means.get(&name).copied().or(led).ok_or_else(not_found)?;
        let row = by_id.get(&id).ok_or_else(not_found)?;
        // One and another that is part of it are one finding; the same one twice is a mistake.
        if led.is_some() {
            out.led.push(Led {
                named: typed.to_owned(),
                finding: row.key.clone(),
            });
        }
        if !seen.insert(led.map_or_else(|| id.to_string(), |_| name)) {
            return Err(invalid("findings", format!("{} is named twice.", row.key)));
        }
        out.of.insert(typed.to_owned(), id);
    }
    out.rows = rows;
    Ok(out)
}
