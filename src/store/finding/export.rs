//! What an export takes along besides the rows of the list.

use std::collections::HashMap;

use crate::domain::id::FindingId;
use crate::store::{Result, Sql, Tx};

/// A finding's texts, and what made it one finding.
#[derive(Debug, Clone)]
pub struct Along {
    pub description: String,
    pub remediation: String,
    pub references: Vec<String>,
    pub tags: Vec<String>,
    pub suppressed: bool,
    /// The key of the finding it repeats.
    pub original: Option<String>,
    pub fingerprint: Option<Fingerprint>,
}

#[derive(Debug, Clone)]
pub struct Fingerprint {
    pub version: i64,
    pub fields: Vec<(String, String)>,
    pub hash: Vec<u8>,
}

/// Of these findings, which the caller has read already.
pub async fn along(tx: &mut Tx, findings: &[FindingId]) -> Result<HashMap<FindingId, Along>> {
    if findings.is_empty() {
        return Ok(HashMap::new());
    }
    let mut sql = Sql::new(
        "SELECT f.id, f.description, f.remediation, f.refs, f.tags, f.suppressed, f.fingerprint, f.fingerprint_version, f.fingerprint_fields, \
           d.key AS original FROM finding f LEFT JOIN finding d ON d.agency_id = f.agency_id AND d.id = f.duplicate_of \
         WHERE f.agency_id = $1 AND f.id IN ",
    );
    sql.push_list(findings.iter().copied());
    let mut found = HashMap::new();
    for row in tx.all(sql).await? {
        let hash: Option<Vec<u8>> = row.get("fingerprint")?;
        let fingerprint = match hash {
            Some(hash) => Some(Fingerprint {
                version: row.get::<Option<i64>>("fingerprint_version")?.unwrap_or_default(),
                fields: row.json("fingerprint_fields")?,
                hash,
            }),
            None => None,
        };
        let along = Along {
            description: row.get("description")?,
            remediation: row.get("remediation")?,
            references: row.json("refs")?,
            tags: row.json("tags")?,
            suppressed: row.get("suppressed")?,
            original: row.get("original")?,
            fingerprint,
        };
        found.insert(row.id("id")?, along);
    }
    Ok(found)
}
