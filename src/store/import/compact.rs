//! What a plan needs of staged records: their digests, without texts, a part of a file in one row. A plan reads all of a
//! batch; row by row that took longer than comparing them.

use uuid::Uuid;

use super::staging::Staged;
use crate::domain::id::BatchId;
use crate::domain::severity::Severity;
use crate::domain::time::Time;
use crate::store::bulk::Rows;
use crate::store::{Error, Result, Sql, Tx, rollup};

/// Parts read at once.
const PAGE: i64 = 16;

/// Bytes of a record: four digests, a severity, a time that may be missing, a tool's number.
const RECORD: usize = 4 * 32 + 1 + 1 + 8 + 2;

/// A staged record, without its texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SightingRow {
    pub row: i64,
    pub tool: String,
    pub fingerprint: [u8; 32],
    pub place_key: [u8; 32],
    pub facts: [u8; 32],
    pub place_facts: [u8; 32],
    pub severity: Severity,
    pub observed_at: Option<Time>,
}

/// Packs records whose rows follow one another: the names of their tools, and the rest.
fn pack(rows: &[Staged]) -> (Vec<&str>, Vec<u8>) {
    let mut tools: Vec<&str> = Vec::new();
    let mut data = Vec::with_capacity(rows.len() * RECORD);
    for row in rows {
        let tool = tools.iter().position(|t| *t == row.tool).unwrap_or_else(|| {
            tools.push(&row.tool);
            tools.len() - 1
        });
        for digest in [&row.fingerprint, &row.facts, &row.place_key, &row.place_facts] {
            data.extend_from_slice(digest);
        }
        data.push(row.severity.rank() as u8);
        data.push(u8::from(row.observed_at.is_some()));
        data.extend(row.observed_at.map_or(0, |t| t.0).to_le_bytes());
        data.extend((tool as u16).to_le_bytes());
    }
    (tools, data)
}

/// What was packed, from row `first` on.
fn unpack(first: i64, tools: &[String], data: &[u8], each: &mut impl FnMut(SightingRow)) -> Result<()> {
    let (records, rest) = data.as_chunks::<RECORD>();
    if !rest.is_empty() {
        return Err(Error::Corrupt("a part of a report's sightings is cut short".into()));
    }
    for (row, record) in (first..).zip(records) {
        each(one(row, tools, record).ok_or_else(|| Error::Corrupt("a sighting names no tool".into()))??);
    }
    Ok(())
}

fn one(row: i64, tools: &[String], record: &[u8; RECORD]) -> Option<Result<SightingRow>> {
    let (digests, rest) = record.as_chunks::<32>();
    let [fingerprint, facts, place_key, place_facts] = *digests.first_chunk()?;
    let ([severity, timed], rest) = rest.split_first_chunk()?;
    let (at, tool) = rest.split_first_chunk()?;
    let tool = u16::from_le_bytes(tool.try_into().ok()?);
    let tool = tools.get(usize::from(tool))?.clone();
    Some(rollup::severity(i64::from(*severity)).map(|severity| SightingRow {
        row,
        tool,
        fingerprint,
        place_key,
        facts,
        place_facts,
        severity,
        observed_at: (*timed == 1).then(|| Time(i64::from_le_bytes(*at))),
    }))
}

/// Writes the digests of a part's records.
pub(super) async fn write(tx: &mut Tx, batch: BatchId, file: Uuid, rows: &[Staged]) -> Result<()> {
    let Some(first) = rows.first() else { return Ok(()) };
    let (tools, data) = pack(rows);
    let tools = serde_json::to_string(&tools).map_err(|e| Error::Corrupt(e.to_string()))?;
    let mut part = Rows::new("INSERT INTO import_sighting (agency_id, batch_id, file_id, row_n, tools, data)");
    part.push([batch.into(), file.into(), first.row.into(), tools.into(), data.into()]);
    tx.insert(part).await
}

/// Hands over every staged record of a file, in their order, a few parts of them in memory at once.
pub async fn sightings(
    tx: &mut Tx,
    batch: BatchId,
    file: Uuid,
    mut each: impl FnMut(SightingRow) + Send,
) -> Result<()> {
    let mut after = -1_i64;
    loop {
        let sql = Sql::new(
            "SELECT row_n, tools, data FROM import_sighting \
             WHERE agency_id = $1 AND batch_id = $2 AND file_id = $3 AND row_n > $4 ORDER BY row_n LIMIT $5",
        );
        let rows = tx.all(sql.bind(batch).bind(file).bind(after).bind(PAGE)).await?;
        for row in &rows {
            after = row.get("row_n")?;
            let (tools, data): (Vec<String>, Vec<u8>) = (row.json("tools")?, row.get("data")?);
            unpack(after, &tools, &data, &mut each)?;
        }
        if rows.len() < PAGE as usize {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn staged(row: i64, tool: &str, observed_at: Option<Time>) -> Staged {
        let digest = |n: u8| [n.wrapping_add(row as u8); 32];
        Staged {
            row,
            tool: tool.into(),
            fingerprint: digest(1),
            facts: digest(2),
            place_key: digest(3),
            place_facts: digest(4),
            severity: Severity::High,
            observed_at,
            place: String::new(),
            host: None,
            detail: String::new(),
            chunk: Uuid::nil(),
            chunk_offset: 0,
            chunk_length: 0,
            kept: None,
        }
    }

    #[test]
    fn digests_come_back_as_they_were() {
        let rows = [
            staged(7, "a", None),
            staged(8, "b", Some(Time(-3))),
            staged(9, "a", Some(Time(0))),
        ];
        let (tools, mut data) = pack(&rows);
        assert_eq!(tools, ["a", "b"]);
        let tools: Vec<String> = tools.into_iter().map(str::to_owned).collect();
        let mut back = Vec::new();
        unpack(7, &tools, &data, &mut |row| back.push(row)).unwrap();
        for (row, was) in back.iter().zip(&rows) {
            assert_eq!((row.row, &row.tool), (was.row, &was.tool));
            assert_eq!(
                (row.fingerprint, row.facts, row.place_key, row.place_facts),
                (was.fingerprint, was.facts, was.place_key, was.place_facts)
            );
            assert_eq!((row.severity, row.observed_at), (was.severity, was.observed_at));
        }
        assert_eq!(back.len(), 3);
        assert!(unpack(7, &tools[..1], &data, &mut |_| ()).is_err());
        data.pop();
        assert!(unpack(7, &tools, &data, &mut |_| ()).is_err());
    }
}
