//! Many findings at once: found by id or query, written in few statements, taken away and brought back.

use serde::{Deserialize, Serialize};

use super::{Decisions, FindingRow, NewFinding, insert, parts, read, select};
use crate::domain::id::FindingId;
use crate::domain::time::Time;
use crate::store::query::{self, Filter};
use crate::store::{Result, Sql, Tx, occurrence, visible};

/// A finding written by hand, whole, to be written again as it was: nothing was decided about it yet.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WholeFinding {
    pub new: NewFinding,
    pub created_at: Time,
    pub version: i64,
    pub places: Vec<occurrence::WholePlace>,
}

/// Takes away a finding on which nothing stands, with its places and its history. `false`: another version is there by now.
pub async fn remove(tx: &mut Tx, id: FindingId, seen: i64) -> Result<bool> {
    let sql = Sql::new("DELETE FROM finding WHERE agency_id = $1 AND id = $2 AND version = $3");
    Ok(tx.run(sql.bind(id).bind(seen)).await? == 1)
}

/// Writes a finding again that was taken away, under the next version.
pub async fn bring_back(tx: &mut Tx, whole: &WholeFinding) -> Result<()> {
    let id = whole.new.id;
    insert(tx, whole.new.clone(), whole.created_at).await?;
    let sql = Sql::new("UPDATE finding SET version = $3 WHERE agency_id = $1 AND id = $2");
    tx.run(sql.bind(id).bind(whole.version + 1)).await?;
    occurrence::bring_back(tx, id, &whole.places, whole.created_at).await
}

/// What people decided about one finding, over the version that was seen.
#[derive(Debug, Clone)]
pub struct Decided {
    pub id: FindingId,
    pub seen: i64,
    pub decided: Decisions,
}

/// Writes what people decide over the versions that were seen, and says which rows still had them. Who wrote last
/// is a fact about comments, kept by them without a new version: written from here it would be an old one.
pub async fn save(tx: &mut Tx, all: &[Decided]) -> Result<Vec<FindingId>> {
    let mut saved = Vec::with_capacity(all.len());
    let json = |e: serde_json::Error| crate::store::Error::Corrupt(e.to_string());
    for part in all.chunks(Sql::rows_at_once(22)) {
        let tags: Vec<String> = part
            .iter()
            .map(|one| serde_json::to_string(&one.decided.own_tags).map_err(json))
            .collect::<Result<_>>()?;
        let mut sql = Sql::new(
            "WITH v (agency_id, id, seen, severity, own_severity, cvss_version, cvss_vector, cvss_score, status, assignee_id, due_at, \
               due_reason, reopened, triaged_at, triaged_by, released_at, released_by, verify_due_at, accepted_until, duplicate_of, \
               occurrence_fixed, own_tags, project_id) AS (VALUES ",
        );
        sql.push_rows(part.iter().zip(tags).map(|(one, tags)| {
            let decided = one.decided.clone();
            let (version, vector, score) = parts(decided.cvss);
            vec![
                one.id.into(),
                one.seen.into(),
                decided.severity.into(),
                decided.own_severity.into(),
                version.into(),
                vector.into(),
                score.into(),
                decided.status.name().into(),
                decided.assignee.into(),
                decided.due_at.into(),
                decided.due_reason.into(),
                decided.reopened.into(),
                decided.triaged_at.into(),
                decided.triaged_by.into(),
                decided.released_at.into(),
                decided.released_by.into(),
                decided.verify_due_at.into(),
                decided.accepted_until.into(),
                decided.duplicate_of.into(),
                decided.occurrence_fixed.into(),
                tags.into(),
                decided.project.into(),
            ]
        }));
        sql.push(
            ") UPDATE finding SET severity = v.severity, own_severity = v.own_severity, cvss_version = v.cvss_version, \
             cvss_vector = v.cvss_vector, cvss_score = v.cvss_score, status = v.status, assignee_id = v.assignee_id, due_at = v.due_at, \
             due_reason = v.due_reason, reopened = v.reopened, triaged_at = v.triaged_at, triaged_by = v.triaged_by, \
             released_at = v.released_at, released_by = v.released_by, verify_due_at = v.verify_due_at, \
             accepted_until = v.accepted_until, duplicate_of = v.duplicate_of, occurrence_fixed = v.occurrence_fixed, own_tags = v.own_tags, \
             project_id = v.project_id, version = finding.version + 1 \
             FROM v WHERE finding.agency_id = $1 AND finding.id = v.id AND finding.version = v.seen \
             RETURNING finding.id AS id",
        );
        for row in tx.all(sql).await? {
            saved.push(row.id("id")?);
        }
    }
    Ok(saved)
}

/// Which of these findings have another version than the one that was seen; none where they are gone.
pub async fn moved(tx: &mut Tx, seen: &[(FindingId, i64)]) -> Result<Vec<FindingId>> {
    let mut now: std::collections::HashMap<FindingId, i64> = std::collections::HashMap::new();
    for part in seen.chunks(Sql::rows_at_once(1)) {
        let mut sql = Sql::new("SELECT id, version FROM finding WHERE agency_id = $1 AND id IN ");
        sql.push_list(part.iter().map(|(id, _)| *id));
        for row in tx.all(sql).await? {
            now.insert(row.id("id")?, row.get("version")?);
        }
    }
    let moved = seen.iter().filter(|(id, version)| now.get(id) != Some(version));
    Ok(moved.map(|(id, _)| *id).collect())
}

/// The findings of these ids that the actor may open, by id.
pub async fn by_ids(tx: &mut Tx, ids: &[FindingId]) -> Result<Vec<FindingRow>> {
    many(tx, ids, " AND f.id IN ").await
}

/// The findings of these keys that the actor may open.
pub async fn by_keys(tx: &mut Tx, keys: &[String]) -> Result<Vec<FindingRow>> {
    let mut out = Vec::new();
    for part in keys.chunks(Sql::rows_at_once(1)) {
        let mut sql = select();
        sql.push(" AND f.key IN ").push_list(part.iter().cloned());
        visible::projects(&mut sql, tx.scope().actor());
        for row in tx.all(sql).await? {
            out.push(read(&row)?);
        }
    }
    Ok(out)
}

/// The duplicates of these findings that the actor may open: those of the same projects.
pub async fn duplicates_of(tx: &mut Tx, originals: &[FindingId]) -> Result<Vec<FindingRow>> {
    many(tx, originals, " AND f.duplicate_of IN ").await
}

async fn many(tx: &mut Tx, ids: &[FindingId], which: &'static str) -> Result<Vec<FindingRow>> {
    let mut out = Vec::new();
    for part in ids.chunks(Sql::rows_at_once(1)) {
        let mut sql = select();
        sql.push(which).push_list(part.iter().copied());
        visible::projects(&mut sql, tx.scope().actor());
        for row in tx.all(sql).await? {
            out.push(read(&row)?);
        }
    }
    // Here and not there: for the order SQLite walks all findings and picks these from them.
    out.sort_by_key(|row| row.id);
    Ok(out)
}

/// All that a filter finds, by id; at most `limit`.
pub async fn matching(tx: &mut Tx, filter: &Filter, limit: usize) -> Result<Vec<FindingRow>> {
    let mut sql = select();
    query::push(&mut sql, tx, filter);
    sql.push(" ORDER BY f.id LIMIT ").push_bind(limit as i64);
    tx.all(sql).await?.iter().map(read).collect()
}

/// Which of these findings had something happen to them since, for whoever asks what moved.
pub async fn busy_since(tx: &mut Tx, ids: &[FindingId], since: Time) -> Result<Vec<String>> {
    let mut out = Vec::new();
    for part in ids.chunks(Sql::rows_at_once(1)) {
        let mut sql = Sql::new(
            "SELECT f.key FROM finding f WHERE f.agency_id = $1 AND EXISTS (SELECT 1 FROM finding_history h \
             WHERE h.agency_id = $1 AND h.finding_id = f.id AND h.at > ",
        );
        sql.push_bind(since)
            .push(") AND f.id IN ")
            .push_list(part.iter().copied());
        for row in tx.all(sql).await? {
            out.push(row.get("key")?);
        }
    }
    Ok(out)
}
