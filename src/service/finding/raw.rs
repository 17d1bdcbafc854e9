//! The scanner's own record of a place: cut out of the report's text, which is kept in compressed pieces.

use super::super::{Caller, Desk, Error, Result, audience, not_found};
use super::open;
use crate::api::finding::{RawRecord, RawRecords, ShowRecord};
use crate::store::{self, Tx};

/// The longest part of a record that is answered, in bytes.
const SHOWN_MAX: usize = 256 << 10;

/// A piece of a report holds about a megabyte, or one record that is longer.
const PIECE_MAX: usize = 64 << 20;

pub async fn show(desk: Desk, caller: Caller, request: ShowRecord) -> Result<RawRecords> {
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let row = open(tx, &request.finding).await?;
            let found = store::occurrence::traces(tx, row.id, request.occurrence).await?;
            let traces = found.ok_or_else(not_found)?;
            Ok(RawRecords {
                place: traces.place,
                latest: cut(tx, traces.latest).await?,
                before: cut(tx, traces.before).await?,
            })
        })
    })
    .await
}

/// The text a trace leads to; none where its report is no longer kept.
async fn cut(tx: &mut Tx, trace: Option<store::occurrence::Trace>) -> Result<Option<RawRecord>> {
    let Some(trace) = trace else { return Ok(None) };
    let Some(piece) = store::occurrence::piece(tx, trace.chunk).await? else {
        return Ok(None);
    };
    let damaged = |what: &str| Error::Failed(format!("a piece of a report cannot be read: {what}"));
    let length = usize::try_from(piece.length).unwrap_or(usize::MAX).min(PIECE_MAX);
    let text = zstd::bulk::decompress(&piece.data, length).map_err(|e| damaged(&e.to_string()))?;
    let from = usize::try_from(trace.offset).unwrap_or(usize::MAX);
    let whole = usize::try_from(trace.length).unwrap_or_default();
    let end = from.saturating_add(whole.min(SHOWN_MAX));
    let record = text
        .get(from..end)
        .ok_or_else(|| damaged("a record lies outside of it"))?;
    // The record is the finding's; the report's name is that of the project it was imported into.
    let seen = audience::may_see(tx, Some(piece.project.0), None).await?;
    Ok(Some(RawRecord {
        file: if seen {
            piece.file
        } else {
            "a report of another project".to_owned()
        },
        imported_at: piece.applied_at,
        text: String::from_utf8_lossy(record).into_owned(),
        truncated: whole > SHOWN_MAX,
    }))
}
