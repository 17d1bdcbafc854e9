//! Findings on their way out: pages of whole ones.

use std::collections::HashMap;

use super::{filter, parse, place, wire};
use crate::api::Page;
use crate::api::export::{ExportFindings, Exported, ExportedFingerprint, PLACES};
use crate::api::problem::Code;
use crate::domain::hex::hex;
use crate::domain::id::FindingId;
use crate::service::{Caller, Desk, Result, cursor, refuse};
use crate::store;
use crate::store::occurrence::OccurrenceRow;
use crate::store::page::{Slice, Window};

/// Most findings of a page: each may bring kilobytes of text.
const MOST: u32 = 100;

pub async fn page(desk: Desk, caller: Caller, request: ExportFindings) -> Result<Page<Exported>> {
    let query = parse(request.q.as_deref())?;
    let list = cursor::List::new(&caller, "exports", &query.to_string());
    let limit = request.limit.unwrap_or(MOST);
    if limit > MOST {
        return refuse(
            Code::InvalidRequest,
            format!("A page of an export has 1 to {MOST} findings: change `limit`."),
        );
    }
    let window = desk.cursors().window(&list, Some(limit), request.cursor.as_deref())?;
    let (of, now, user) = (desk.clone(), desk.now(), caller.user);
    let who = caller.clone();
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let filter = filter(tx, &query, user, now).await?;
            let slice = store::finding::list(tx, &filter, &window).await?;
            let ids: Vec<FindingId> = slice.items.iter().map(|row| row.id).collect();
            let mut along = store::finding::export::along(tx, &ids).await?;
            let mut places: HashMap<FindingId, Vec<OccurrenceRow>> = HashMap::new();
            for (finding, row) in store::occurrence::first_of(tx, &ids, i64::from(PLACES) + 1).await? {
                places.entry(finding).or_default().push(row);
            }
            let first = Window {
                limit: PLACES,
                beside: None,
                backward: false,
            };
            let keys = |row: &store::finding::FindingRow| store::finding::keys(&filter, row);
            let around = of.cursors().around(&list, &slice, keys);
            let mut items = Vec::new();
            for row in slice.items {
                let Some(more) = along.remove(&row.id) else { continue };
                // The same list that the places of one finding are, so that it goes on there.
                let of_one = cursor::List::new(&who, "occurrences", &row.id.to_string());
                let rows = Slice::of(places.remove(&row.id).unwrap_or_default(), &first);
                let shown = of.cursors().page(&of_one, rows, store::occurrence::keys, place);
                items.push(Exported {
                    own_tags: row.decided.own_tags.clone(),
                    own_severity: row.decided.own_severity,
                    accepted_until: row.decided.accepted_until,
                    finding: wire(row),
                    description: more.description,
                    remediation: more.remediation,
                    references: more.references,
                    scanner_tags: more.tags,
                    suppressed: more.suppressed,
                    duplicate_of: more.original,
                    fingerprint: more.fingerprint.map(|f| ExportedFingerprint {
                        version: f.version,
                        fields: f.fields,
                        hash: hex(&f.hash),
                    }),
                    occurrences: shown.items,
                    more_occurrences: shown.next,
                });
            }
            Ok(Page { items, ..around })
        })
    })
    .await
}
