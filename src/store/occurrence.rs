//! The places a finding stands at, and whether each is fixed.

use serde::{Deserialize, Serialize};

use super::page::{self, Key, Slice, SortColumn, Window};
use super::{Result, Row, Sql, Tx};
use crate::domain::id::{FindingId, OccurrenceId, ProjectId, RoundId};
use crate::domain::time::Time;

#[derive(Debug, Clone)]
pub struct OccurrenceRow {
    pub id: OccurrenceId,
    pub place: String,
    pub fixed: bool,
    pub repeats: i64,
    pub first_seen: Time,
    pub last_seen: Time,
    pub seen_in_latest: bool,
    pub detail: String,
    pub place_key: Vec<u8>,
    pub host: Option<String>,
}

fn read(row: &Row) -> Result<OccurrenceRow> {
    Ok(OccurrenceRow {
        id: row.id("id")?,
        place: row.get("place")?,
        fixed: row.get("fixed")?,
        repeats: row.get("repeats")?,
        first_seen: row.time("first_seen")?,
        last_seen: row.time("last_seen")?,
        seen_in_latest: row.get("seen_in_latest")?,
        detail: row.get("detail")?,
        place_key: row.get("place_key")?,
        host: row.get("host")?,
    })
}

const SORT: [SortColumn; 1] = [SortColumn::asc("o.id")];

#[must_use]
pub fn keys(row: &OccurrenceRow) -> Vec<Key> {
    vec![Key::Id(row.id.0)]
}

pub async fn list(tx: &mut Tx, finding: FindingId, window: &Window) -> Result<Slice<OccurrenceRow>> {
    let mut sql = Sql::new("SELECT o.* FROM occurrence o WHERE o.agency_id = $1 AND o.finding_id = $2").bind(finding);
    page::window(&mut sql, &SORT, window);
    let rows = tx.all(sql).await?.iter().map(read).collect::<Result<_>>()?;
    Ok(Slice::of(rows, window))
}

/// The first places of each of these findings, up to `most` of one.
pub async fn first_of(tx: &mut Tx, findings: &[FindingId], most: i64) -> Result<Vec<(FindingId, OccurrenceRow)>> {
    if findings.is_empty() {
        return Ok(Vec::new());
    }
    let mut sql = Sql::new(
        "SELECT o.* FROM (SELECT i.*, ROW_NUMBER() OVER (PARTITION BY i.finding_id ORDER BY i.id) AS nth FROM occurrence i \
           WHERE i.agency_id = $1 AND i.finding_id IN ",
    );
    sql.push_list(findings.iter().copied());
    sql.push(") o WHERE o.nth <= ").push_bind(most);
    sql.push(" ORDER BY o.finding_id, o.id");
    let rows = tx.all(sql).await?;
    rows.iter().map(|row| Ok((row.id("finding_id")?, read(row)?))).collect()
}

/// A place written by hand.
#[derive(Debug, Clone)]
pub struct NewPlace {
    pub place: String,
    /// What makes it the same place again.
    pub key: [u8; 32],
    pub host: Option<String>,
}

pub async fn insert(tx: &mut Tx, finding: FindingId, places: &[NewPlace], now: Time) -> Result<()> {
    for part in places.chunks(100) {
        let mut sql = Sql::new(
            "INSERT INTO occurrence (agency_id, id, finding_id, place, place_key, host, first_seen, last_seen) VALUES ",
        );
        sql.push_rows(part.iter().map(|place| {
            vec![
                OccurrenceId::fresh().into(),
                finding.into(),
                place.place.clone().into(),
                place.key.into(),
                place.host.clone().into(),
                now.into(),
                now.into(),
            ]
        }));
        tx.run(sql).await?;
    }
    Ok(())
}

/// Sets every place of these findings.
pub async fn set_all(tx: &mut Tx, findings: &[FindingId], fixed: bool) -> Result<()> {
    for part in findings.chunks(Sql::rows_at_once(1)) {
        let mut sql =
            Sql::new("UPDATE occurrence SET fixed = $2 WHERE agency_id = $1 AND fixed <> $2 AND finding_id IN ")
                .bind(fixed);
        sql.push_list(part.iter().copied());
        tx.run(sql).await?;
    }
    Ok(())
}

/// Sets these places.
pub async fn set_some(tx: &mut Tx, places: &[OccurrenceId], fixed: bool) -> Result<()> {
    for part in places.chunks(Sql::rows_at_once(1)) {
        let mut sql = Sql::new("UPDATE occurrence SET fixed = $2 WHERE agency_id = $1 AND id IN ").bind(fixed);
        sql.push_list(part.iter().copied());
        tx.run(sql).await?;
    }
    Ok(())
}

/// The places of these findings that are fixed.
pub async fn fixed(tx: &mut Tx, findings: &[FindingId]) -> Result<Vec<(FindingId, OccurrenceId)>> {
    let mut out = Vec::new();
    for part in findings.chunks(Sql::rows_at_once(1)) {
        let mut sql =
            Sql::new("SELECT finding_id, id FROM occurrence WHERE agency_id = $1 AND fixed AND finding_id IN ");
        sql.push_list(part.iter().copied()).push(" ORDER BY finding_id, id");
        for row in tx.all(sql).await? {
            out.push((row.id("finding_id")?, row.id("id")?));
        }
    }
    Ok(out)
}

/// Sets one place. `false` where the finding has no such place.
pub async fn set(tx: &mut Tx, finding: FindingId, occurrence: OccurrenceId, fixed: bool) -> Result<bool> {
    let sql = Sql::new("UPDATE occurrence SET fixed = $4 WHERE agency_id = $1 AND finding_id = $2 AND id = $3");
    Ok(tx.run(sql.bind(finding).bind(occurrence).bind(fixed)).await? == 1)
}

/// How many places a finding has, and how many of them are fixed.
pub async fn count(tx: &mut Tx, finding: FindingId) -> Result<(i64, i64)> {
    let sql = Sql::new(
        "SELECT COUNT(*) AS n, CAST(COALESCE(SUM(CASE WHEN fixed THEN 1 ELSE 0 END), 0) AS BIGINT) AS fixed \
         FROM occurrence WHERE agency_id = $1 AND finding_id = $2",
    );
    let row = tx.one(sql.bind(finding)).await?;
    Ok((row.get("n")?, row.get("fixed")?))
}

/// What a round found at single places.
pub async fn record(tx: &mut Tx, round: RoundId, verdicts: &[(OccurrenceId, bool)]) -> Result<()> {
    for part in verdicts.chunks(100) {
        let mut sql = Sql::new("INSERT INTO round_occurrence (agency_id, round_id, occurrence_id, fixed) VALUES ");
        sql.push_rows(
            part.iter()
                .map(|(occurrence, fixed)| vec![round.into(), (*occurrence).into(), (*fixed).into()]),
        );
        tx.run(sql).await?;
    }
    Ok(())
}

/// A place written by hand, as undo keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WholePlace {
    pub id: OccurrenceId,
    pub place: String,
    pub key: Vec<u8>,
    pub host: Option<String>,
}

pub async fn whole(tx: &mut Tx, finding: FindingId) -> Result<Vec<WholePlace>> {
    let sql = Sql::new(
        "SELECT id, place, place_key, host FROM occurrence WHERE agency_id = $1 AND finding_id = $2 ORDER BY id",
    );
    tx.all(sql.bind(finding))
        .await?
        .iter()
        .map(|row| {
            Ok(WholePlace {
                id: row.id("id")?,
                place: row.get("place")?,
                key: row.get("place_key")?,
                host: row.get("host")?,
            })
        })
        .collect()
}

pub async fn bring_back(tx: &mut Tx, finding: FindingId, places: &[WholePlace], at: Time) -> Result<()> {
    for part in places.chunks(Sql::rows_at_once(7)) {
        let mut sql = Sql::new(
            "INSERT INTO occurrence (agency_id, id, finding_id, place, place_key, host, first_seen, last_seen) VALUES ",
        );
        sql.push_rows(part.iter().cloned().map(|p| {
            vec![
                p.id.into(),
                finding.into(),
                p.place.into(),
                p.key.into(),
                p.host.into(),
                at.into(),
                at.into(),
            ]
        }));
        tx.run(sql).await?;
    }
    Ok(())
}

/// Where in the kept reports a place's records lie.
#[derive(Debug, Clone)]
pub struct Traces {
    pub place: String,
    pub latest: Option<Trace>,
    pub before: Option<Trace>,
}

/// A record within a piece of a report's text.
#[derive(Debug, Clone)]
pub struct Trace {
    pub chunk: uuid::Uuid,
    pub offset: i64,
    pub length: i64,
}

/// Where the records of a place lie. `None` where the finding has no such place.
pub async fn traces(tx: &mut Tx, finding: FindingId, occurrence: OccurrenceId) -> Result<Option<Traces>> {
    let sql = Sql::new(
        "SELECT place, chunk_id, chunk_offset, chunk_length, before_chunk_id, before_chunk_offset, before_chunk_length \
         FROM occurrence WHERE agency_id = $1 AND finding_id = $2 AND id = $3",
    );
    let Some(row) = tx.opt(sql.bind(finding).bind(occurrence)).await? else {
        return Ok(None);
    };
    let trace = |chunk, offset, length| -> Result<Option<Trace>> {
        Ok(match (row.get(chunk)?, row.get(offset)?, row.get(length)?) {
            (Some(chunk), Some(offset), Some(length)) => Some(Trace { chunk, offset, length }),
            _ => None,
        })
    };
    Ok(Some(Traces {
        place: row.get("place")?,
        latest: trace("chunk_id", "chunk_offset", "chunk_length")?,
        before: trace("before_chunk_id", "before_chunk_offset", "before_chunk_length")?,
    }))
}

/// A piece of a report's text, compressed, and the report it is of.
#[derive(Debug, Clone)]
pub struct Piece {
    /// The project the report was imported into.
    pub project: ProjectId,
    pub data: Vec<u8>,
    /// Of the text, in bytes.
    pub length: i64,
    pub file: String,
    pub applied_at: Option<Time>,
}

/// `None` where the report is no longer kept.
pub async fn piece(tx: &mut Tx, chunk: uuid::Uuid) -> Result<Option<Piece>> {
    let sql = Sql::new(
        "SELECT c.data, c.length, f.name, b.applied_at, b.project_id FROM import_chunk c \
         JOIN import_file f ON f.agency_id = c.agency_id AND f.batch_id = c.batch_id AND f.id = c.file_id \
         JOIN import_batch b ON b.agency_id = c.agency_id AND b.id = c.batch_id WHERE c.agency_id = $1 AND c.id = $2",
    );
    let row = tx.opt(sql.bind(chunk)).await?;
    row.map(|row| {
        Ok(Piece {
            project: row.id("project_id")?,
            data: row.get("data")?,
            length: row.get("length")?,
            file: row.get("name")?,
            applied_at: row.opt_time("applied_at")?,
        })
    })
    .transpose()
}
