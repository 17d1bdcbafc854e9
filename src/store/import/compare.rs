//! Two imports side by side, by what their applied plans say of each finding.

use uuid::Uuid;

use super::BatchRow;
use crate::domain::severity::Severity;
use crate::store::page::{self, Key, Slice, SortColumn, Window};
use crate::store::{Result, Row, Sql, Tx, rollup};

/// A finding that at least one of them saw.
#[derive(Debug, Clone)]
pub struct ComparedRow {
    pub finding: Uuid,
    /// 0: only the other saw it; 1: only this one; 2: both, rated differently; 3: both.
    pub rank: i64,
    /// The worse of the two ratings.
    pub severity: i64,
    /// None where it is not in the project any more.
    pub key: Option<String>,
    pub title: Option<String>,
    pub this: Option<(Severity, i64)>,
    pub other: Option<(Severity, i64)>,
}

/// Findings seen by this import (`$2`), by the other (`$3`), or by both: one row each.
const BOTH: &str = "(SELECT l.finding_id, CAST(CASE WHEN m.finding_id IS NULL THEN 1 WHEN m.severity <> l.severity THEN 2 ELSE 3 END AS BIGINT) AS rank, \
       CASE WHEN m.severity > l.severity THEN m.severity ELSE l.severity END AS severity, l.severity AS this_severity, l.places AS this_places, \
       m.severity AS other_severity, m.places AS other_places FROM import_line l \
       LEFT JOIN import_line m ON m.agency_id = $1 AND m.finding_id = l.finding_id AND m.plan_id = $3 AND m.row_n IS NOT NULL \
       WHERE l.agency_id = $1 AND l.plan_id = $2 AND l.row_n IS NOT NULL \
     UNION ALL SELECT m.finding_id, 0, m.severity, NULL, NULL, m.severity, m.places FROM import_line m \
       WHERE m.agency_id = $1 AND m.plan_id = $3 AND m.row_n IS NOT NULL AND NOT EXISTS (SELECT 1 FROM import_line l \
         WHERE l.agency_id = $1 AND l.finding_id = m.finding_id AND l.plan_id = $2 AND l.row_n IS NOT NULL)) x";

const SORT: [SortColumn; 3] = [
    SortColumn::asc("x.rank"),
    SortColumn::desc("x.severity"),
    SortColumn::asc("x.finding_id"),
];

#[must_use]
pub fn keys(row: &ComparedRow) -> Vec<Key> {
    vec![Key::Int(row.rank), Key::Int(row.severity), Key::Id(row.finding)]
}

fn side(row: &Row, severity: &str, places: &str) -> Result<Option<(Severity, i64)>> {
    let rank: Option<i64> = row.get(severity)?;
    rank.map(|rank| Ok((rollup::severity(rank)?, row.get(places)?)))
        .transpose()
}

/// One page of what both saw. Findings that went to another project are not named: who may open this one need not be
/// able to open that one.
pub async fn lines(tx: &mut Tx, this: &BatchRow, other: &BatchRow, window: &Window) -> Result<Slice<ComparedRow>> {
    let mut sql = Sql::new("SELECT x.*, f.key, f.title FROM ")
        .bind(this.plan)
        .bind(other.plan);
    sql.push(BOTH)
        .push(" LEFT JOIN finding f ON f.agency_id = $1 AND f.id = x.finding_id AND f.project_id = ")
        .push_bind(this.project.id);
    sql.push(" WHERE TRUE");
    page::window(&mut sql, &SORT, window);
    let rows = tx.all(sql).await?;
    let rows = rows
        .iter()
        .map(|row| {
            Ok(ComparedRow {
                finding: row.get("finding_id")?,
                rank: row.get("rank")?,
                severity: row.get("severity")?,
                key: row.get("key")?,
                title: row.get("title")?,
                this: side(row, "this_severity", "this_places")?,
                other: side(row, "other_severity", "other_places")?,
            })
        })
        .collect::<Result<_>>()?;
    Ok(Slice::of(rows, window))
}

/// How many findings stand in each rank.
pub async fn totals(tx: &mut Tx, this: &BatchRow, other: &BatchRow) -> Result<[i64; 4]> {
    let mut sql = Sql::new("SELECT x.rank, COUNT(*) AS n FROM ")
        .bind(this.plan)
        .bind(other.plan);
    sql.push(BOTH).push(" GROUP BY x.rank");
    let mut out = [0; 4];
    for row in tx.all(sql).await? {
        let rank: i64 = row.get("rank")?;
        if let Some(n) = usize::try_from(rank).ok().and_then(|rank| out.get_mut(rank)) {
            *n = row.get("n")?;
        }
    }
    Ok(out)
}
