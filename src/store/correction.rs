//! Corrections by hand: findings that became part of others, and places that were split off. What is merged leaves
//! `finding` and is kept whole in `finding_merged`: lists, counts and clocks know nothing of it, its key leads to what it
//! is part of, and its row comes back as it was. All that hung on it goes along, marked (`via`) with its key.
//!
//! What an import asks of these is in [`follow`], what people are told of them in [`of`].

use uuid::Uuid;

use super::tx::Engine;
use super::{Result, Sql, Tx, rollup};
use crate::domain::id::{FindingId, OccurrenceId, ProjectId, UserId};
use crate::domain::severity::Severity;
use crate::domain::status::Status;
use crate::domain::time::Time;

pub mod follow;
pub mod related;
mod told;

pub use told::{Told, of};

/// The columns of a finding, as both tables have them; project and version are written by themselves.
macro_rules! columns {
    () => {
        "key, title, title_fold, description, remediation, refs, tool, severity, scanner_severity, own_severity, cvss_version, cvss_vector, \
         cvss_score, cwe, cve, tags, own_tags, status, assignee_id, due_at, due_reason, first_seen, last_seen, seen_in_latest, suppressed, \
         reopened, client_wrote_last, triaged_at, triaged_by, released_at, released_by, verify_due_at, accepted_until, duplicate_of, \
         occurrence_count, occurrence_fixed, fingerprint, fingerprint_version, fingerprint_fields, facts, created_by, created_at"
    };
}

/// A finding goes into another one.
#[derive(Debug, Clone, Copy)]
pub struct Going {
    pub id: FindingId,
    /// The version that was seen.
    pub version: i64,
    pub into: FindingId,
    /// Merged by a person; else its split is taken back.
    pub merged: bool,
    pub by: UserId,
    pub at: Time,
}

/// Where what comes back stands now.
#[derive(Debug, Clone, Copy)]
pub struct Back {
    pub version: i64,
    pub project: ProjectId,
    pub status: Status,
    pub severity: Severity,
}

/// Nobody writes anything on these findings until the act is done.
pub async fn hold(tx: &mut Tx, findings: &[FindingId]) -> Result<()> {
    if tx.engine() == Engine::Postgres && !findings.is_empty() {
        let mut sql = Sql::new("SELECT id FROM finding WHERE agency_id = $1 AND id IN ");
        sql.push_list(findings.iter().copied()).push(" ORDER BY id FOR UPDATE");
        tx.all(sql).await?;
    }
    Ok(())
}

/// Puts a finding away as a part of another one of its project, with all that hangs on it. `false`: another version is
/// there by now.
pub async fn put_away(tx: &mut Tx, going: Going) -> Result<bool> {
    let sql = Sql::new(concat!(
        "INSERT INTO finding_merged (agency_id, id, kind, survivor_id, parent_id, merged_by, merged_at, head, was_first, was_last, was_seen, was_wrote, \
           project_id, version, ",
        columns!(),
        ") SELECT $1, f.id, $4, i.id, i.id, $6, $7, COALESCE((SELECT h.n FROM import_head h WHERE h.agency_id = $1 AND h.project_id = f.project_id), 0), \
           i.first_seen, i.last_seen, i.seen_in_latest, i.client_wrote_last, f.project_id, f.version, ",
        "f.key, f.title, f.title_fold, f.description, f.remediation, f.refs, f.tool, f.severity, f.scanner_severity, f.own_severity, f.cvss_version, \
         f.cvss_vector, f.cvss_score, f.cwe, f.cve, f.tags, f.own_tags, f.status, f.assignee_id, f.due_at, f.due_reason, f.first_seen, f.last_seen, \
         f.seen_in_latest, f.suppressed, f.reopened, f.client_wrote_last, f.triaged_at, f.triaged_by, f.released_at, f.released_by, \
         f.verify_due_at, f.accepted_until, f.duplicate_of, f.occurrence_count, f.occurrence_fixed, f.fingerprint, f.fingerprint_version, \
         f.fingerprint_fields, f.facts, f.created_by, f.created_at",
        " FROM finding f JOIN finding i ON i.agency_id = f.agency_id AND i.project_id = f.project_id \
         WHERE f.agency_id = $1 AND f.id = $2 AND f.version = $3 AND i.id = $5"
    ));
    let kind = if going.merged { "merged" } else { "unsplit" };
    let sql = sql.bind(going.id).bind(going.version).bind(kind);
    let sql = sql.bind(going.into).bind(going.by).bind(going.at);
    if tx.run(sql).await? != 1 {
        return Ok(false);
    }
    let places = Sql::new(
        "UPDATE occurrence SET finding_id = $3, via = CASE WHEN via = '' THEN (SELECT m.key FROM finding_merged m WHERE m.agency_id = $1 AND m.id = $2) \
           ELSE via END WHERE agency_id = $1 AND finding_id = $2",
    );
    tx.run(places.bind(going.id).bind(going.into)).await?;
    for text in [
        "UPDATE comment SET finding_id = $3, via = CASE WHEN via = '' THEN (SELECT m.key FROM finding_merged m WHERE m.agency_id = $1 AND m.id = $2) \
           ELSE via END WHERE agency_id = $1 AND finding_id = $2",
        "UPDATE round SET finding_id = $3, via = CASE WHEN via = '' THEN (SELECT m.key FROM finding_merged m WHERE m.agency_id = $1 AND m.id = $2) \
           ELSE via END WHERE agency_id = $1 AND finding_id = $2",
        "UPDATE finding_history SET finding_id = $3, via = CASE WHEN via = '' THEN (SELECT m.key FROM finding_merged m WHERE m.agency_id = $1 AND m.id = $2) \
           ELSE via END WHERE agency_id = $1 AND finding_id = $2",
        "UPDATE mention SET finding_id = $3 WHERE agency_id = $1 AND finding_id = $2",
        "UPDATE finding_merged SET survivor_id = $3 WHERE agency_id = $1 AND survivor_id = $2",
    ] {
        tx.run(Sql::new(text).bind(going.id).bind(going.into)).await?;
    }
    let sighted = Sql::new(
        "UPDATE finding SET first_seen = CASE WHEN m.first_seen < finding.first_seen THEN m.first_seen ELSE finding.first_seen END, \
           last_seen = CASE WHEN m.last_seen > finding.last_seen THEN m.last_seen ELSE finding.last_seen END, \
           seen_in_latest = (finding.seen_in_latest OR m.seen_in_latest), \
           client_wrote_last = (finding.client_wrote_last OR m.client_wrote_last) \
         FROM finding_merged m WHERE finding.agency_id = $1 AND finding.id = $3 AND m.agency_id = $1 AND m.id = $2",
    );
    tx.run(sighted.bind(going.id).bind(going.into)).await?;
    let gone = Sql::new(
        "DELETE FROM finding WHERE agency_id = $1 AND id = $2 AND version = $3 RETURNING project_id, status, severity",
    );
    let Some(row) = tx.opt(gone.bind(going.id).bind(going.version)).await? else {
        return Ok(false);
    };
    let (project, status): (ProjectId, Status) = (row.id("project_id")?, row.word("status")?);
    rollup::add(tx, project, status, rollup::severity(row.get("severity")?)?, -1).await?;
    recount(tx, going.into).await?;
    Ok(true)
}

/// Brings a finding back that was put away as a part of this one, with what came with it. `None`: it is no part of it.
pub async fn bring_back(tx: &mut Tx, id: FindingId, from: FindingId) -> Result<Option<Back>> {
    let sql = Sql::new(concat!(
        "INSERT INTO finding (agency_id, id, project_id, version, ",
        columns!(),
        ") SELECT $1, m.id, i.project_id, m.version + 1, ",
        "m.key, m.title, m.title_fold, m.description, m.remediation, m.refs, m.tool, m.severity, m.scanner_severity, m.own_severity, m.cvss_version, \
         m.cvss_vector, m.cvss_score, m.cwe, m.cve, m.tags, m.own_tags, m.status, m.assignee_id, m.due_at, m.due_reason, m.first_seen, m.last_seen, \
         m.seen_in_latest, m.suppressed, m.reopened, m.client_wrote_last, m.triaged_at, m.triaged_by, m.released_at, m.released_by, \
         m.verify_due_at, m.accepted_until, m.duplicate_of, m.occurrence_count, m.occurrence_fixed, m.fingerprint, m.fingerprint_version, \
         m.fingerprint_fields, m.facts, m.created_by, m.created_at",
        " FROM finding_merged m JOIN finding i ON i.agency_id = m.agency_id AND i.id = m.survivor_id \
         WHERE m.agency_id = $1 AND m.id = $2 AND m.survivor_id = $3"
    ));
    if tx.run(sql.bind(id).bind(from)).await? != 1 {
        return Ok(None);
    }
    let mut family = vec![id];
    let mut at = 0;
    while let Some(parent) = family.get(at).copied() {
        let sql = Sql::new("SELECT id FROM finding_merged WHERE agency_id = $1 AND parent_id = $2 ORDER BY id");
        for row in tx.all(sql.bind(parent)).await? {
            family.push(row.id("id")?);
        }
        at += 1;
    }
    for table in [
        "UPDATE occurrence SET finding_id = $2, via = CASE WHEN via = ",
        "UPDATE comment SET finding_id = $2, via = CASE WHEN via = ",
        "UPDATE round SET finding_id = $2, via = CASE WHEN via = ",
        "UPDATE finding_history SET finding_id = $2, via = CASE WHEN via = ",
    ] {
        let mut sql = Sql::new(table).bind(id).bind(from);
        sql.push(
            "(SELECT m.key FROM finding_merged m WHERE m.agency_id = $1 AND m.id = $2) THEN '' ELSE via END \
             WHERE agency_id = $1 AND finding_id = $3 AND via IN (SELECT m.key FROM finding_merged m WHERE m.agency_id = $1 AND m.id IN ",
        );
        sql.push_list(family.iter().copied()).push(")");
        tx.run(sql).await?;
    }
    for text in [
        "UPDATE mention SET finding_id = $2 WHERE agency_id = $1 AND finding_id = $3 AND comment_id IN \
           (SELECT c.id FROM comment c WHERE c.agency_id = $1 AND c.finding_id = $2)",
        // What came with it is part of it again. Its own row goes below.
        "UPDATE finding_merged SET survivor_id = $2 WHERE agency_id = $1 AND survivor_id = $3 AND id IN ",
    ] {
        let mut sql = Sql::new(text).bind(id).bind(from);
        if text.ends_with("IN ") {
            sql.push_list(family.iter().copied());
        }
        tx.run(sql).await?;
    }
    seen_again(tx, id, from).await?;
    tx.run(Sql::new("DELETE FROM finding_merged WHERE agency_id = $1 AND id = $2").bind(id))
        .await?;
    for finding in [id, from] {
        recount(tx, finding).await?;
    }
    let sql = Sql::new("SELECT project_id, version, status, severity FROM finding WHERE agency_id = $1 AND id = $2");
    let row = tx.one(sql.bind(id)).await?;
    let back = Back {
        version: row.get("version")?,
        project: row.id("project_id")?,
        status: row.word("status")?,
        severity: rollup::severity(row.get("severity")?)?,
    };
    rollup::add(tx, back.project, back.status, back.severity, 1).await?;
    Ok(Some(back))
}

/// Sightings of both go back to what they were; where imports came in between, to what their places say.
async fn seen_again(tx: &mut Tx, id: FindingId, from: FindingId) -> Result<()> {
    let sql = Sql::new(
        "SELECT m.was_first, m.was_last, m.was_seen, m.was_wrote, m.merged_at, m.head = COALESCE((SELECT h.n FROM import_head h WHERE h.agency_id = $1 AND h.project_id = f.project_id), 0) AS still \
         FROM finding_merged m JOIN finding f ON f.agency_id = m.agency_id AND f.id = m.id WHERE m.agency_id = $1 AND m.id = $2",
    );
    let row = tx.one(sql.bind(id)).await?;
    let was = Sql::new(
        "UPDATE finding SET first_seen = $3, last_seen = $4, seen_in_latest = $5 WHERE agency_id = $1 AND id = $2",
    );
    let (first, last): (i64, i64) = (row.get("was_first")?, row.get("was_last")?);
    let seen: bool = row.get("was_seen")?;
    tx.run(was.bind(from).bind(first).bind(last).bind(seen)).await?;
    // Who wrote last came along with the comments; what the client wrote since is the survivor's own.
    let wrote: bool = row.get("was_wrote")?;
    if !wrote && !super::comment::client_wrote_since(tx, from, row.time("merged_at")?).await? {
        super::comment::set_client_wrote_last(tx, from, false).await?;
    }
    let still: bool = row.get("still")?;
    if still {
        return Ok(());
    }
    for finding in [id, from] {
        by_places(tx, finding, true).await?;
    }
    Ok(())
}

/// Takes what a finding's places say of when it was seen; `besides`: together with what it says itself.
async fn by_places(tx: &mut Tx, finding: FindingId, besides: bool) -> Result<()> {
    let sql = Sql::new(
        "SELECT COUNT(*) AS n, MIN(first_seen) AS first_at, MAX(last_seen) AS last_at, \
           CAST(COALESCE(SUM(CASE WHEN seen_in_latest THEN 1 ELSE 0 END), 0) AS BIGINT) AS seen FROM occurrence WHERE agency_id = $1 AND finding_id = $2",
    );
    let row = tx.one(sql.bind(finding)).await?;
    let (Some(first), Some(last)) = (row.opt_time("first_at")?, row.opt_time("last_at")?) else {
        return Ok(());
    };
    let seen = row.get::<i64>("seen")? > 0;
    let sql = if besides {
        Sql::new(
            "UPDATE finding SET first_seen = CASE WHEN $3 < first_seen THEN $3 ELSE first_seen END, \
               last_seen = CASE WHEN $4 > last_seen THEN $4 ELSE last_seen END, seen_in_latest = $5 WHERE agency_id = $1 AND id = $2",
        )
    } else {
        Sql::new(
            "UPDATE finding SET first_seen = $3, last_seen = $4, seen_in_latest = $5 WHERE agency_id = $1 AND id = $2",
        )
    };
    tx.run(sql.bind(finding).bind(first).bind(last).bind(seen))
        .await
        .map(drop)
}

/// Brings the counts of a finding's places in line with them.
async fn recount(tx: &mut Tx, finding: FindingId) -> Result<()> {
    let sql = Sql::new(
        "UPDATE finding SET occurrence_count = (SELECT COUNT(*) FROM occurrence o WHERE o.agency_id = $1 AND o.finding_id = $2), \
           occurrence_fixed = (SELECT COUNT(*) FROM occurrence o WHERE o.agency_id = $1 AND o.finding_id = $2 AND o.fixed) \
         WHERE agency_id = $1 AND id = $2",
    );
    tx.run(sql.bind(finding)).await.map(drop)
}

/// A place as a split sees it.
#[derive(Debug, Clone)]
pub struct SplitPlace {
    pub id: OccurrenceId,
    pub via: String,
    pub fixed: bool,
}

/// Those of these places that the finding has.
pub async fn places(tx: &mut Tx, finding: FindingId, wanted: &[OccurrenceId]) -> Result<Vec<SplitPlace>> {
    let mut out = Vec::new();
    for part in wanted.chunks(Sql::rows_at_once(1)) {
        let mut sql =
            Sql::new("SELECT id, via, fixed FROM occurrence WHERE agency_id = $1 AND finding_id = $2 AND id IN ")
                .bind(finding);
        sql.push_list(part.iter().copied()).push(" ORDER BY id");
        for row in tx.all(sql).await? {
            out.push(SplitPlace {
                id: row.id("id")?,
                via: row.get("via")?,
                fixed: row.get("fixed")?,
            });
        }
    }
    Ok(out)
}

/// Places that become a finding of their own.
#[derive(Debug, Clone)]
pub struct Split {
    pub id: FindingId,
    pub from: FindingId,
    /// All of them came with this merged finding; empty: with none.
    pub via: String,
    pub places: Vec<OccurrenceId>,
    /// What an import will know it by, where one made the places.
    pub fingerprint: [u8; 32],
    pub by: UserId,
    pub at: Time,
}

/// Writes the finding that is split off: what was decided about the one it comes from holds for it, too.
pub async fn make(tx: &mut Tx, split: &Split, key: String) -> Result<()> {
    let sql = Sql::new(
        "INSERT INTO finding (agency_id, id, project_id, key, title, title_fold, description, remediation, refs, tool, severity, scanner_severity, \
           own_severity, cvss_version, cvss_vector, cvss_score, cwe, cve, tags, own_tags, status, assignee_id, due_at, due_reason, first_seen, \
           last_seen, seen_in_latest, suppressed, reopened, triaged_at, triaged_by, released_at, released_by, accepted_until, duplicate_of, \
           fingerprint, fingerprint_version, fingerprint_fields, facts, created_by, created_at) \
         SELECT $1, $3, project_id, $4, title, title_fold, description, remediation, refs, tool, severity, scanner_severity, own_severity, cvss_version, \
           cvss_vector, cvss_score, cwe, cve, tags, own_tags, status, assignee_id, due_at, due_reason, first_seen, last_seen, seen_in_latest, \
           suppressed, reopened, triaged_at, triaged_by, released_at, released_by, accepted_until, duplicate_of, \
           CASE WHEN fingerprint IS NULL THEN NULL ELSE $5 END, fingerprint_version, fingerprint_fields, facts, $6, $7 \
         FROM finding WHERE agency_id = $1 AND id = $2",
    );
    let sql = sql.bind(split.from).bind(split.id).bind(key);
    tx.run(sql.bind(split.fingerprint).bind(split.by).bind(split.at))
        .await?;
    if !split.via.is_empty() {
        // What came with a merged finding is what that one's scanner says.
        let said = Sql::new(
            "UPDATE finding SET title = m.title, title_fold = m.title_fold, description = m.description, remediation = m.remediation, refs = m.refs, \
               tool = m.tool, scanner_severity = m.scanner_severity, severity = COALESCE(finding.own_severity, m.scanner_severity, finding.severity), \
               cvss_version = m.cvss_version, cvss_vector = m.cvss_vector, cvss_score = m.cvss_score, cwe = m.cwe, cve = m.cve, tags = m.tags, \
               suppressed = m.suppressed, facts = m.facts, fingerprint_version = m.fingerprint_version, fingerprint_fields = m.fingerprint_fields, \
               fingerprint = CASE WHEN m.fingerprint IS NULL THEN NULL ELSE $4 END \
             FROM finding_merged m WHERE finding.agency_id = $1 AND finding.id = $2 AND m.agency_id = $1 AND m.key = $3",
        );
        tx.run(said.bind(split.id).bind(split.via.as_str()).bind(split.fingerprint))
            .await?;
    }
    move_places(tx, split).await
}

/// Hands the places over, and remembers it for imports to come.
async fn move_places(tx: &mut Tx, split: &Split) -> Result<()> {
    // What a scanner knows the places by: what they were split off before, or their finding's fingerprint.
    let known = if split.via.is_empty() {
        Sql::new("SELECT key, fingerprint FROM finding WHERE agency_id = $1 AND id = $2").bind(split.from)
    } else {
        Sql::new("SELECT key, fingerprint FROM finding_merged WHERE agency_id = $1 AND key = $2")
            .bind(split.via.as_str())
    };
    let row = tx.one(known).await?;
    let (key, fingerprint): (String, Option<Vec<u8>>) = (row.get("key")?, row.get("fingerprint")?);
    for part in split.places.chunks(Sql::rows_at_once(2)) {
        if let Some(fingerprint) = &fingerprint {
            let mut sql = Sql::new(
                "INSERT INTO finding_split (agency_id, finding_id, fingerprint, place_key, to_fingerprint, from_key, split_by, split_at) \
                 SELECT $1, $2, COALESCE((SELECT s.fingerprint FROM finding_split s WHERE s.agency_id = $1 AND s.to_fingerprint = $3 \
                     AND s.place_key = o.place_key LIMIT 1), $3), o.place_key, $4, $5, $6, $7 \
                 FROM occurrence o WHERE o.agency_id = $1 AND o.id IN ",
            )
            .bind(split.id)
            .bind(fingerprint.clone())
            .bind(split.fingerprint)
            .bind(key.as_str())
            .bind(split.by)
            .bind(split.at);
            sql.push_list(part.iter().copied());
            tx.run(sql).await?;
        }
        let mut sql = Sql::new(
            "UPDATE occurrence SET finding_id = $2, via = '' WHERE agency_id = $1 AND finding_id = $3 AND id IN ",
        )
        .bind(split.id)
        .bind(split.from);
        sql.push_list(part.iter().copied());
        tx.run(sql).await?;
    }
    for (finding, besides) in [(split.id, false), (split.from, true)] {
        recount(tx, finding).await?;
        by_places(tx, finding, besides).await?;
    }
    let sql = Sql::new("SELECT project_id, status, severity FROM finding WHERE agency_id = $1 AND id = $2");
    let row = tx.one(sql.bind(split.id)).await?;
    let severity = rollup::severity(row.get("severity")?)?;
    rollup::add(tx, row.id("project_id")?, row.word("status")?, severity, 1).await
}

/// Takes a split back: the places go where they came from, and imports follow. What was written on the finding stays,
/// marked with its key. `false`: another version is there by now.
pub async fn unmake(tx: &mut Tx, split: &Split, version: i64) -> Result<bool> {
    for part in split.places.chunks(Sql::rows_at_once(1)) {
        let mut sql = Sql::new(
            "UPDATE occurrence SET finding_id = $3, via = $4 WHERE agency_id = $1 AND finding_id = $2 AND id IN ",
        )
        .bind(split.id)
        .bind(split.from)
        .bind(split.via.as_str());
        sql.push_list(part.iter().copied());
        tx.run(sql).await?;
    }
    tx.run(Sql::new("DELETE FROM finding_split WHERE agency_id = $1 AND finding_id = $2").bind(split.id))
        .await?;
    let going = Going {
        id: split.id,
        version,
        into: split.from,
        merged: false,
        by: split.by,
        at: split.at,
    };
    if !put_away(tx, going).await? {
        return Ok(false);
    }
    by_places(tx, split.from, true).await?;
    Ok(true)
}

/// Splits off again what [`unmake`] put back. `None`: its places are not there any more.
pub async fn remake(tx: &mut Tx, split: &Split) -> Result<Option<i64>> {
    let there = places(tx, split.from, &split.places).await?;
    if there.len() != split.places.len() || there.iter().any(|p| p.via != split.via) {
        return Ok(None);
    }
    let Some(back) = bring_back(tx, split.id, split.from).await? else {
        return Ok(None);
    };
    // It is counted with its places.
    rollup::add(tx, back.project, back.status, back.severity, -1).await?;
    move_places(tx, split).await?;
    Ok(Some(back.version))
}

/// What a key or id of a finding that is part of another one leads to.
pub async fn survivor(tx: &mut Tx, key: &str, id: Uuid) -> Result<Option<FindingId>> {
    let sql = Sql::new("SELECT survivor_id FROM finding_merged WHERE agency_id = $1 AND (key = $2 OR id = $3)");
    let row = tx.opt(sql.bind(key).bind(id)).await?;
    row.map(|row| row.id("survivor_id")).transpose()
}

/// The same of many: each with the key and id that lead there.
pub async fn survivors(tx: &mut Tx, keys: &[String], ids: &[FindingId]) -> Result<Vec<(String, FindingId, FindingId)>> {
    const SELECT: &str = "SELECT key, id, survivor_id FROM finding_merged WHERE agency_id = $1 AND ";
    let mut out = Vec::new();
    let mut read = async |sql: Sql| -> Result<()> {
        for row in tx.all(sql).await? {
            out.push((row.get("key")?, row.id("id")?, row.id("survivor_id")?));
        }
        Ok(())
    };
    for part in keys.chunks(Sql::rows_at_once(1)) {
        let mut sql = Sql::new(SELECT);
        sql.push("key IN ").push_list(part.iter().map(String::as_str));
        read(sql).await?;
    }
    for part in ids.chunks(Sql::rows_at_once(1)) {
        let mut sql = Sql::new(SELECT);
        sql.push("id IN ").push_list(part.iter().copied());
        read(sql).await?;
    }
    Ok(out)
}

/// The key of a finding that is part of this one, as an undo asks.
pub async fn kept_key(tx: &mut Tx, id: FindingId, survivor: FindingId) -> Result<Option<String>> {
    let sql = Sql::new("SELECT key FROM finding_merged WHERE agency_id = $1 AND id = $2 AND survivor_id = $3");
    let row = tx.opt(sql.bind(id).bind(survivor)).await?;
    row.map(|row| row.get("key")).transpose()
}

/// How many comments each of these findings has, and how many of them are shared.
pub async fn comments(tx: &mut Tx, findings: &[FindingId]) -> Result<Vec<(FindingId, i64, i64)>> {
    let mut out = Vec::new();
    for part in findings.chunks(Sql::rows_at_once(1)) {
        let mut sql = Sql::new(
            "SELECT finding_id, COUNT(*) AS n, CAST(SUM(CASE WHEN audience = 'shared' THEN 1 ELSE 0 END) AS BIGINT) AS shared \
             FROM comment WHERE agency_id = $1 AND finding_id IN ",
        );
        sql.push_list(part.iter().copied()).push(" GROUP BY finding_id");
        for row in tx.all(sql).await? {
            out.push((row.id("finding_id")?, row.get("n")?, row.get("shared")?));
        }
    }
    Ok(out)
}
