//! Two imports of one project side by side.

use std::collections::HashMap;

use uuid::Uuid;

use super::{BatchRow, rows};
use crate::api::import::{
    CompareBatches, Compared, ComparedFact, ComparedLine, ComparedPlaces, ComparedTotals, Comparison,
};
use crate::api::problem::Code;
use crate::domain::id::BatchId;
use crate::service::{Caller, Desk, Result, cursor, finding, not_found, refuse};
use crate::store::Tx;
use crate::store::import::compare::{self, ComparedRow, Facts, Pair};

/// Places of a finding that are named on each side.
const PLACES: i64 = 100;

pub async fn compare(desk: Desk, caller: Caller, request: CompareBatches) -> Result<Comparison> {
    let about = request.finding.as_deref().unwrap_or_default().trim().to_uppercase();
    let list = cursor::List::new(
        &caller,
        "compare",
        &format!("{} {} {about}", request.batch, request.other),
    );
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
            let only = match &request.finding {
                Some(wanted) => {
                    let row = finding::open(tx, wanted).await?;
                    if row.project.id != this.project.id {
                        return Err(not_found());
                    }
                    Some(row.id)
                }
                None => None,
            };
            let pair = Pair::of(tx, &this, &other).await?;
            let totals = if first {
                let [only_other, only_this, rated, changed, both] = compare::totals(tx, &pair).await?;
                Some(ComparedTotals {
                    only_other,
                    only_this,
                    rated,
                    changed,
                    both,
                })
            } else {
                None
            };
            let slice = compare::lines(tx, &pair, only, &window).await?;
            let ids: Vec<Uuid> = slice.items.iter().filter(|r| r.differs()).map(|r| r.finding).collect();
            let said = compare::said(tx, &pair, &ids).await?;
            let mut page = of.cursors().page(&list, slice, compare::keys, |row| line(row, &said));
            if let (Some(only), Some(line)) = (only, page.items.first_mut()) {
                let [came, went] = compare::places(tx, &pair, only.0, PLACES).await?;
                line.places = Some(ComparedPlaces {
                    only_other_count: came.0,
                    only_other: came.1,
                    only_this_count: went.0,
                    only_this: went.1,
                });
            }
            Ok(Comparison { totals, page })
        })
    })
    .await
}

/// One whose findings are in the project.
async fn applied(tx: &mut Tx, id: BatchId) -> Result<BatchRow> {
    let row = rows::find(tx, id).await?.ok_or_else(not_found)?;
    match row.state.as_str() {
        "applied" | "applying" => Ok(row),
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

impl ComparedRow {
    /// Whether both saw it, and not as the same.
    fn differs(&self) -> bool {
        matches!(self.rank, 2 | 3) && self.key.is_some()
    }
}

fn line(row: ComparedRow, said: &HashMap<Uuid, (Facts, Facts)>) -> ComparedLine {
    let changed = said.get(&row.finding).map(|(this, other)| changed(this, other));
    let title = row.title.unwrap_or_else(|| "(not in this project any more)".to_owned());
    ComparedLine {
        stands: match row.rank {
            0 => Compared::OnlyOther,
            1 => Compared::OnlyThis,
            2 => Compared::Rated,
            3 => Compared::Changed,
            _ => Compared::Both,
        },
        finding: row.key,
        title,
        this_severity: row.this.map(|(severity, _)| severity),
        other_severity: row.other.map(|(severity, _)| severity),
        this_places: row.this.map(|(_, places)| places),
        other_places: row.other.map(|(_, places)| places),
        changed: changed.unwrap_or_default(),
        places: None,
    }
}

fn changed(this: &Facts, other: &Facts) -> Vec<ComparedFact> {
    let both = this.iter().zip(other).filter(|(this, other)| this != other);
    both.map(|((what, this), (_, other))| {
        let short = compare::SHORT.contains(what);
        ComparedFact {
            what: (*what).to_owned(),
            this: this.clone().filter(|_| short),
            other: other.clone().filter(|_| short),
        }
    })
    .collect()
}
