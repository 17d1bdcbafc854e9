//! What a report says, row by row, before anybody decided to take it.

use uuid::Uuid;

use crate::domain::id::BatchId;
use crate::domain::severity::Severity;
use crate::domain::time::Time;
use crate::store::bulk::Rows;
use crate::store::{Result, Sql, Tx};

/// A piece of the report's text, compressed.
#[derive(Debug, Clone)]
pub struct Chunk {
    pub id: Uuid,
    pub length: i64,
    pub data: Vec<u8>,
}

/// What a record says of its finding.
#[derive(Debug, Clone)]
pub struct Facts {
    pub fingerprint: [u8; 32],
    pub facts: [u8; 32],
    pub fingerprint_version: i64,
    /// JSON, as all lists below.
    pub fingerprint_fields: String,
    pub title: String,
    pub title_fold: String,
    pub description: String,
    pub remediation: String,
    pub refs: String,
    pub severity: Severity,
    pub cvss: Option<(String, String, f64)>,
    pub cwe: String,
    pub cve: String,
    pub tags: String,
    pub suppressed: bool,
}

/// A record at its place.
#[derive(Debug, Clone)]
pub struct Staged {
    pub row: i64,
    pub tool: String,
    pub fingerprint: [u8; 32],
    pub facts: [u8; 32],
    pub place_key: [u8; 32],
    pub place_facts: [u8; 32],
    pub severity: Severity,
    pub observed_at: Option<Time>,
    pub place: String,
    pub host: Option<String>,
    pub detail: String,
    pub chunk: Uuid,
    pub chunk_offset: i64,
    pub chunk_length: i64,
    /// JSON: what an export of our own says besides.
    pub kept: Option<String>,
}

/// A part of a file on its way in.
#[derive(Debug, Clone, Default)]
pub struct Part {
    pub chunks: Vec<Chunk>,
    pub facts: Vec<Facts>,
    pub rows: Vec<Staged>,
}

pub async fn stage(tx: &mut Tx, batch: BatchId, file: Uuid, part: Part) -> Result<()> {
    let mut rows = Rows::new("INSERT INTO import_chunk (agency_id, id, batch_id, file_id, length, data)");
    for c in part.chunks {
        rows.push([c.id.into(), batch.into(), file.into(), c.length.into(), c.data.into()]);
    }
    tx.insert(rows).await?;
    let mut rows = Rows::new(
        "INSERT INTO import_facts (agency_id, batch_id, file_id, fingerprint, facts, fingerprint_version, fingerprint_fields, title, title_fold, \
           description, remediation, refs, severity, cvss_version, cvss_vector, cvss_score, cwe, cve, tags, suppressed)",
    );
    for f in part.facts {
        let (version, vector, score) = match f.cvss {
            Some((version, vector, score)) => (Some(version), Some(vector), Some(score)),
            None => (None, None, None),
        };
        rows.push([
            batch.into(),
            file.into(),
            f.fingerprint.into(),
            f.facts.into(),
            f.fingerprint_version.into(),
            f.fingerprint_fields.into(),
            f.title.into(),
            f.title_fold.into(),
            f.description.into(),
            f.remediation.into(),
            f.refs.into(),
            f.severity.into(),
            version.into(),
            vector.into(),
            score.into(),
            f.cwe.into(),
            f.cve.into(),
            f.tags.into(),
            f.suppressed.into(),
        ]);
    }
    tx.insert(rows).await?;
    let mut rows = Rows::new(
        "INSERT INTO import_staged (agency_id, batch_id, file_id, row_n, tool, fingerprint, facts, place_key, place, host, detail, chunk_id, chunk_offset, chunk_length, kept)",
    );
    super::compact::write(tx, batch, file, &part.rows).await?;
    for r in part.rows {
        rows.push([
            batch.into(),
            file.into(),
            r.row.into(),
            r.tool.into(),
            r.fingerprint.into(),
            r.facts.into(),
            r.place_key.into(),
            r.place.into(),
            r.host.into(),
            r.detail.into(),
            r.chunk.into(),
            r.chunk_offset.into(),
            r.chunk_length.into(),
            r.kept.into(),
        ]);
    }
    tx.insert(rows).await
}

/// Takes away some of what uploads that never ended left behind, or (`all`) of what an applied batch needs no more.
/// Returns whether there may be more.
pub async fn sweep(tx: &mut Tx, batch: BatchId, all: bool) -> Result<bool> {
    // Both engines: a subquery with a limit keeps the transaction short.
    const ROWS: i64 = 1_000;
    // Each holds what is planned of many rows, or a megabyte of text.
    const PARTS: i64 = 20;
    const ORPHANS: [(&str, i64); 4] = [
        (
            "DELETE FROM import_sighting WHERE agency_id = $1 AND batch_id = $2 AND (file_id, row_n) IN \
               (SELECT s.file_id, s.row_n FROM import_sighting s WHERE s.agency_id = $1 AND s.batch_id = $2 \
                  AND NOT EXISTS (SELECT 1 FROM import_file f WHERE f.agency_id = $1 AND f.batch_id = $2 AND f.id = s.file_id) LIMIT $3)",
            PARTS,
        ),
        (
            "DELETE FROM import_staged WHERE agency_id = $1 AND batch_id = $2 AND (file_id, row_n) IN \
               (SELECT s.file_id, s.row_n FROM import_staged s WHERE s.agency_id = $1 AND s.batch_id = $2 \
                  AND NOT EXISTS (SELECT 1 FROM import_file f WHERE f.agency_id = $1 AND f.batch_id = $2 AND f.id = s.file_id) LIMIT $3)",
            ROWS,
        ),
        (
            "DELETE FROM import_facts WHERE agency_id = $1 AND batch_id = $2 AND (file_id, fingerprint, facts) IN \
               (SELECT s.file_id, s.fingerprint, s.facts FROM import_facts s WHERE s.agency_id = $1 AND s.batch_id = $2 \
                  AND NOT EXISTS (SELECT 1 FROM import_file f WHERE f.agency_id = $1 AND f.batch_id = $2 AND f.id = s.file_id) LIMIT $3)",
            ROWS,
        ),
        (
            "DELETE FROM import_chunk WHERE agency_id = $1 AND id IN \
               (SELECT s.id FROM import_chunk s WHERE s.agency_id = $1 AND s.batch_id = $2 \
                  AND NOT EXISTS (SELECT 1 FROM import_file f WHERE f.agency_id = $1 AND f.batch_id = $2 AND f.id = s.file_id) LIMIT $3)",
            PARTS,
        ),
    ];
    const ALL: [(&str, i64); 4] = [
        (
            "DELETE FROM import_sighting WHERE agency_id = $1 AND batch_id = $2 AND (file_id, row_n) IN \
               (SELECT file_id, row_n FROM import_sighting WHERE agency_id = $1 AND batch_id = $2 LIMIT $3)",
            PARTS,
        ),
        (
            "DELETE FROM import_staged WHERE agency_id = $1 AND batch_id = $2 AND (file_id, row_n) IN \
               (SELECT file_id, row_n FROM import_staged WHERE agency_id = $1 AND batch_id = $2 LIMIT $3)",
            ROWS,
        ),
        (
            "DELETE FROM import_facts WHERE agency_id = $1 AND batch_id = $2 AND (file_id, fingerprint, facts) IN \
               (SELECT file_id, fingerprint, facts FROM import_facts WHERE agency_id = $1 AND batch_id = $2 LIMIT $3)",
            ROWS,
        ),
        (
            "DELETE FROM import_place WHERE agency_id = $1 AND (plan_id, occurrence_id) IN \
               (SELECT plan_id, occurrence_id FROM import_place WHERE agency_id = $1 AND batch_id = $2 LIMIT $3)",
            ROWS,
        ),
    ];
    let mut more = false;
    for (text, some) in if all { ALL } else { ORPHANS } {
        more |= tx.run(Sql::new(text).bind(batch).bind(some)).await? as i64 == some;
    }
    Ok(more)
}
