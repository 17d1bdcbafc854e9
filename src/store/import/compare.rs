//! Two imports side by side, by what their applied plans say of each finding, and by what imports changed between them
//! (`store/import/before.rs`).

use std::collections::HashMap;

use uuid::Uuid;

use super::BatchRow;
use crate::domain::id::FindingId;
use crate::domain::severity::Severity;
use crate::store::page::{self, Key, Slice, SortColumn, Window};
use crate::store::{Result, Row, Sql, Tx, rollup};

/// A finding that at least one of them saw.
#[derive(Debug, Clone)]
pub struct ComparedRow {
    pub finding: Uuid,
    /// 0: only the other saw it; 1: only this one; 2: both, rated differently; 3: both, changed otherwise; 4: both.
    pub rank: i64,
    /// The worse of the two ratings.
    pub severity: i64,
    /// None where it is not in the project any more.
    pub key: Option<String>,
    pub title: Option<String>,
    pub this: Option<(Severity, i64)>,
    pub other: Option<(Severity, i64)>,
}

/// Two imports into one project, and the way from one to the other.
pub struct Pair<'a> {
    pub this: &'a BatchRow,
    pub other: &'a BatchRow,
    /// Plans that were applied after the earlier one, up to the later one, and stand.
    between: Vec<Uuid>,
}

impl<'a> Pair<'a> {
    pub async fn of(tx: &mut Tx, this: &'a BatchRow, other: &'a BatchRow) -> Result<Self> {
        let sql = Sql::new(
            "SELECT plan_id FROM import_batch WHERE agency_id = $1 AND project_id = $2 AND state = 'applied' AND undone_at IS NULL \
               AND base > $3 AND base <= $4",
        );
        let sql = sql.bind(this.project.id);
        let sql = sql.bind(this.base.min(other.base)).bind(this.base.max(other.base));
        let rows = tx.all(sql).await?;
        Ok(Self {
            this,
            other,
            between: rows.iter().map(|r| r.get("plan_id")).collect::<Result<_>>()?,
        })
    }

    /// Findings seen by this import, by the other, or by both: one row each.
    fn both(&self, head: &'static str) -> Sql {
        let mut sql = Sql::new(head).bind(self.this.plan).bind(self.other.plan);
        sql.push(
            "(SELECT l.finding_id, CAST(CASE WHEN m.finding_id IS NULL THEN 1 WHEN m.severity <> l.severity THEN 2 WHEN ",
        );
        if self.between.is_empty() {
            sql.push("FALSE");
        } else {
            sql.push(
                "EXISTS (SELECT 1 FROM import_line x WHERE x.agency_id = $1 AND x.finding_id = l.finding_id AND NOT x.unchanged AND x.plan_id IN ",
            );
            sql.push_list(self.between.iter().copied()).push(")");
        }
        sql.push(
            " THEN 3 ELSE 4 END AS BIGINT) AS rank, \
               CASE WHEN m.severity > l.severity THEN m.severity ELSE l.severity END AS severity, l.severity AS this_severity, l.places AS this_places, \
               m.severity AS other_severity, m.places AS other_places FROM import_line l \
               LEFT JOIN import_line m ON m.agency_id = $1 AND m.finding_id = l.finding_id AND m.plan_id = $3 AND m.row_n IS NOT NULL \
               WHERE l.agency_id = $1 AND l.plan_id = $2 AND l.row_n IS NOT NULL \
             UNION ALL SELECT m.finding_id, 0, m.severity, NULL, NULL, m.severity, m.places FROM import_line m \
               WHERE m.agency_id = $1 AND m.plan_id = $3 AND m.row_n IS NOT NULL AND NOT EXISTS (SELECT 1 FROM import_line l \
                 WHERE l.agency_id = $1 AND l.finding_id = m.finding_id AND l.plan_id = $2 AND l.row_n IS NOT NULL)) x",
        );
        sql
    }
}

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

/// One page of what both saw, or one finding of it. Findings that went to another project are not named: who may open
/// this one need not be able to open that one.
pub async fn lines(
    tx: &mut Tx,
    pair: &Pair<'_>,
    only: Option<FindingId>,
    window: &Window,
) -> Result<Slice<ComparedRow>> {
    let mut sql = pair.both("SELECT x.*, f.key, f.title FROM ");
    sql.push(" LEFT JOIN finding f ON f.agency_id = $1 AND f.id = x.finding_id AND f.project_id = ")
        .push_bind(pair.this.project.id);
    sql.push(" WHERE TRUE");
    if let Some(only) = only {
        sql.push(" AND x.finding_id = ").push_bind(only);
    }
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
pub async fn totals(tx: &mut Tx, pair: &Pair<'_>) -> Result<[i64; 5]> {
    let mut sql = pair.both("SELECT x.rank, COUNT(*) AS n FROM ");
    sql.push(" GROUP BY x.rank");
    let mut out = [0; 5];
    for row in tx.all(sql).await? {
        let rank: i64 = row.get("rank")?;
        if let Some(n) = usize::try_from(rank).ok().and_then(|rank| out.get_mut(rank)) {
            *n = row.get("n")?;
        }
    }
    Ok(out)
}

/// What scanners tell of a finding besides its rating: names and values, in a fixed order.
pub type Facts = Vec<(&'static str, Option<String>)>;

/// Facts that are told whole; of the others only that they changed.
pub const SHORT: [&str; 6] = ["title", "cvss", "cwe", "cve", "tags", "suppressed"];

fn facts(row: &Row) -> Result<Facts> {
    let text = |column: &str| row.get::<Option<String>>(column);
    let score: Option<f64> = row.get("cvss_score")?;
    let cvss = text("cvss_vector")?.map(|vector| match score {
        Some(score) => format!("{score:.1} {vector}"),
        None => vector,
    });
    let suppressed = match row.get::<Option<bool>>("suppressed")? {
        Some(true) => "yes",
        _ => "no",
    };
    let list = |json: Option<String>| {
        let items: Vec<serde_json::Value> = json.and_then(|j| serde_json::from_str(&j).ok()).unwrap_or_default();
        let items: Vec<String> = items
            .iter()
            .map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned))
            .collect();
        (!items.is_empty()).then(|| items.join(", "))
    };
    Ok(vec![
        ("title", text("title")?),
        ("cvss", cvss),
        ("cwe", list(text("cwe")?)),
        ("cve", list(text("cve")?)),
        ("tags", list(text("tags")?)),
        ("suppressed", Some(suppressed.to_owned())),
        ("description", text("description")?),
        ("remediation", text("remediation")?),
        ("references", text("refs")?),
    ])
}

const FACTS: &str = "title, cvss_vector, cvss_score, cwe, cve, tags, suppressed, description, remediation, refs";

/// What was said of findings when each of the two was applied: what the first import after it wrote over, or what is said
/// now.
pub async fn said(tx: &mut Tx, pair: &Pair<'_>, findings: &[Uuid]) -> Result<HashMap<Uuid, (Facts, Facts)>> {
    let mut out = HashMap::new();
    for part in findings.chunks(Sql::rows_at_once(2)) {
        let mut sql = Sql::new("SELECT id, ");
        sql.push(FACTS)
            .push(" FROM finding WHERE agency_id = $1 AND id IN ")
            .push_list(part.iter().copied());
        for row in tx.all(sql).await? {
            let now = facts(&row)?;
            out.insert(row.get("id")?, (now.clone(), now));
        }
        for (at, later) in [(pair.this.base, false), (pair.other.base, true)] {
            let mut sql = Sql::new("SELECT x.finding_id, ").bind(pair.this.project.id).bind(at);
            sql.push(FACTS)
                .push(
                    " FROM import_before x JOIN import_batch b ON b.agency_id = x.agency_id AND b.id = x.batch_id \
                     WHERE x.agency_id = $1 AND b.project_id = $2 AND b.undone_at IS NULL AND b.base > $3 AND x.full_row AND x.finding_id IN ",
                )
                .push_list(part.iter().copied())
                .push(" ORDER BY b.base DESC");
            // The first one after it is read last.
            for row in tx.all(sql).await? {
                let said: &mut (Facts, Facts) = out.entry(row.get("finding_id")?).or_default();
                *(if later { &mut said.1 } else { &mut said.0 }) = facts(&row)?;
            }
        }
    }
    Ok(out)
}

/// Whether a place `o` was seen as things stood when the import of a base (`$3` this, `$4` the other) was applied.
macro_rules! seen {
    ($base:literal) => {
        concat!(
            "COALESCE((SELECT CASE WHEN p.is_new THEN FALSE ELSE p.seen_in_latest END FROM import_batch b \
               JOIN import_before_place p ON p.agency_id = b.agency_id AND p.batch_id = b.id AND p.occurrence_id = o.id \
               WHERE b.agency_id = $1 AND b.project_id = $5 AND b.undone_at IS NULL AND b.state = 'applied' AND b.base > ",
            $base,
            " ORDER BY b.base LIMIT 1), o.seen_in_latest)"
        )
    };
}

/// Places of a finding that only the other import saw, and those that only this one saw: how many, and the first.
pub async fn places(tx: &mut Tx, pair: &Pair<'_>, finding: Uuid, first: i64) -> Result<[(i64, Vec<String>); 2]> {
    const MOVED: [&str; 2] = [
        concat!(" WHERE ", seen!("$4"), " AND NOT ", seen!("$3")),
        concat!(" WHERE ", seen!("$3"), " AND NOT ", seen!("$4")),
    ];
    let mut out = [(0, Vec::new()), (0, Vec::new())];
    for (which, moved) in out.iter_mut().zip(MOVED) {
        for head in ["SELECT COUNT(*) AS n", "SELECT o.place"] {
            let mut sql = Sql::new(head)
                .bind(finding)
                .bind(pair.this.base)
                .bind(pair.other.base)
                .bind(pair.this.project.id);
            sql.push(" FROM occurrence o")
                .push(moved)
                .push(" AND o.agency_id = $1 AND o.finding_id = $2");
            if head == "SELECT o.place" {
                sql.push(" ORDER BY o.place, o.id LIMIT ").push_bind(first);
                for row in tx.all(sql).await? {
                    which.1.push(row.get("place")?);
                }
            } else {
                which.0 = tx.one(sql).await?.get("n")?;
            }
        }
    }
    Ok(out)
}
