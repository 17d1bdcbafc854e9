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

/// Takes away some of what an upload that came to nothing left behind (`files`: the ids it staged under; another upload of
/// the batch may be staging meanwhile), or of what an applied batch needs no more. Returns whether there may be more.
pub async fn sweep(tx: &mut Tx, batch: BatchId, files: Option<&[Uuid]>) -> Result<bool> {
    // Both engines: a subquery with a limit keeps the transaction short.
    const ROWS: i64 = 1_000;
    // Each holds what is planned of many rows, or a megabyte of text.
    const PARTS: i64 = 20;
    const TABLES: [(&str, &str, i64); 5] = [
        ("import_sighting", "file_id, row_n", PARTS),
        ("import_staged", "file_id, row_n", ROWS),
        ("import_facts", "file_id, fingerprint, facts", ROWS),
        ("import_chunk", "id", PARTS),
        ("import_place", "plan_id, occurrence_id", ROWS),
    ];
    let mut more = false;
    for (table, key, some) in TABLES {
        let mut sql = Sql::new("DELETE FROM ");
        sql.push(table)
            .push(" WHERE agency_id = $1 AND batch_id = ")
            .push_bind(batch);
        sql.push(" AND (")
            .push(key)
            .push(") IN (SELECT ")
            .push(key)
            .push(" FROM ");
        sql.push(table)
            .push(" x WHERE x.agency_id = $1 AND x.batch_id = ")
            .push_bind(batch);
        match files {
            Some(_) if table == "import_place" => continue,
            Some(files) => {
                sql.push(" AND x.file_id IN ").push_list(files.iter().copied());
            }
            // Chunks are the records of what was applied; a file that was sent anew has others.
            None if table == "import_chunk" => {
                sql.push(" AND NOT EXISTS (SELECT 1 FROM import_file f WHERE f.agency_id = $1 AND f.batch_id = x.batch_id AND f.id = x.file_id)");
            }
            None => {}
        }
        sql.push(" LIMIT ").push_bind(some).push(")");
        more |= tx.run(sql).await? as i64 == some;
    }
    Ok(more)
}
