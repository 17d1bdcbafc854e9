//! Two imports of one project side by side.

use super::{BatchRow, rows};
use crate::api::import::{CompareBatches, Compared, ComparedLine, ComparedTotals, Comparison};
use crate::api::problem::Code;
use crate::domain::id::BatchId;
use crate::service::{Caller, Desk, Result, cursor, not_found, refuse};
use crate::store::Tx;
use crate::store::import::compare::{self, ComparedRow};

pub async fn compare(desk: Desk, caller: Caller, request: CompareBatches) -> Result<Comparison> {
    let list = cursor::List::new(&caller, "compare", &format!("{} {}", request.batch, request.other));
    let window = desk.cursors().window(&list, request.limit, request.cursor.as_deref())?;
    let first = request.cursor.is_none();
    let of = desk.clone();
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let this = applied(tx, request.batch).await?;
            let other = applied(tx, request.other).await?;
            if this.project.id != other.project.id {
                return refuse(
                    Code::InvalidRequest,
                    "These are imports into two projects. Name two of the same project.",
                );
            }
            let totals = if first {
                let [only_other, only_this, rated, both] = compare::totals(tx, &this, &other).await?;
                Some(ComparedTotals {
                    only_other,
                    only_this,
                    rated,
                    both,
                })
            } else {
                None
            };
            let slice = compare::lines(tx, &this, &other, &window).await?;
            let page = of.cursors().page(&list, slice, compare::keys, line);
            Ok(Comparison { totals, page })
        })
    })
    .await
}

/// One whose findings are in the project.
async fn applied(tx: &mut Tx, id: BatchId) -> Result<BatchRow> {
    let row = rows::find(tx, id).await?.ok_or_else(not_found)?;
    match row.state.as_str() {
        "applied" => Ok(row),
        "undone" => refuse(
            Code::InvalidRequest,
            "One of these imports was taken back: nothing of it is in the project. Name two that were applied.",
        ),
        _ => refuse(
            Code::InvalidRequest,
            "One of these imports was not applied. Its plan says what it would do; name two that were applied.",
        ),
    }
}

fn line(row: ComparedRow) -> ComparedLine {
    let title = row.title.unwrap_or_else(|| "(not in this project any more)".to_owned());
    ComparedLine {
        stands: match row.rank {
            0 => Compared::OnlyOther,
            1 => Compared::OnlyThis,
            2 => Compared::Rated,
            _ => Compared::Both,
        },
        finding: row.key,
        title,
        this_severity: row.this.map(|(severity, _)| severity),
        other_severity: row.other.map(|(severity, _)| severity),
        this_places: row.this.map(|(_, places)| places),
        other_places: row.other.map(|(_, places)| places),
    }
}
