//! What a report says, row by row, before anybody decided to take it.

use uuid::Uuid;

use super::some::take_away;
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

/// Takes away some of what an upload that came to nothing left behind (`files`: the ids it staged under; another upload of
/// the batch may be staging meanwhile), or of what an applied batch needs no more. Returns whether there may be more.
pub async fn sweep(tx: &mut Tx, batch: BatchId, files: Option<&[Uuid]>) -> Result<bool> {
    const ROWS: i64 = 1_000;
    // Each holds what is planned of many rows, or a megabyte of text.
    const PARTS: i64 = 20;
    let mut more = false;
    for (table, by, some) in [
        ("import_sighting", "row_n", PARTS),
        ("import_staged", "row_n", ROWS),
        ("import_facts", "fingerprint", ROWS),
    ] {
        let mut first = Sql::new("SELECT file_id FROM ");
        first
            .push(table)
            .push(" WHERE agency_id = $1 AND batch_id = ")
            .push_bind(batch);
        of_files(&mut first, files);
        first.push(" ORDER BY file_id LIMIT 1");
        if let Some(row) = tx.opt(first).await? {
            let of = [("batch_id", batch.0), ("file_id", row.get("file_id")?)];
            more |= take_away(tx, table, &of, by, some).await? > 0;
        }
    }
    let mut chunks = Sql::new(
        "DELETE FROM import_chunk WHERE agency_id = $1 AND id IN (SELECT id FROM import_chunk x WHERE x.agency_id = $1 AND x.batch_id = $2",
    )
    .bind(batch);
    of_files(&mut chunks, files);
    if files.is_none() {
        // They are the records of what was applied; a file that was sent anew has others.
        chunks.push(" AND NOT EXISTS (SELECT 1 FROM import_file f WHERE f.agency_id = $1 AND f.batch_id = x.batch_id AND f.id = x.file_id)");
    }
    chunks.push(" LIMIT ").push_bind(PARTS).push(")");
    more |= tx.run(chunks).await? > 0;
    Ok(more)
}

fn of_files(sql: &mut Sql, files: Option<&[Uuid]>) {
    if let Some(files) = files {
        sql.push(" AND file_id IN ").push_list(files.iter().copied());
    }
}
