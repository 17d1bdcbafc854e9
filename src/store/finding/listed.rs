//! Lists of findings, in any order and filter: a page at a time, and how many there are.

use uuid::Uuid;

use super::super::page::{self, Slice, SortColumn, Window};
use super::super::query::{self, Filter};
use super::super::tx::Engine;
use super::super::walk;
use super::{FindingRow, JOINS, Result, SortField, Sql, Tx, read, select};

fn sort_of(filter: &Filter) -> Vec<SortColumn> {
    let sort = filter.sort.unwrap_or(query::DEFAULT_SORT);
    let [first, id] = query::sort_columns(sort, filter.is_narrow());
    match sort.field {
        // Project by project, so that each is a walk of its own.
        SortField::Client | SortField::Project => vec![first, SortColumn { expr: "p.id", ..id }, id],
        _ => vec![first, id],
    }
}

pub async fn list(tx: &mut Tx, filter: &Filter, window: &Window) -> Result<Slice<FindingRow>> {
    let field = filter.sort.unwrap_or(query::DEFAULT_SORT).field;
    let sort = sort_of(filter);
    // The default order has an index; what is narrow is sorted.
    let walked = walk::lead(field).filter(|_| field != SortField::Severity && !filter.is_narrow());
    let Some(lead) = walked else {
        if let Some(rows) = glance(tx, filter, &sort, window).await? {
            return Ok(Slice::of(rows, window));
        }
        let rows = tx.all(page_of(tx, filter, &sort, window)).await?;
        let rows = rows.iter().map(read).collect::<Result<_>>()?;
        return Ok(Slice::of(rows, window));
    };
    let mut rows = Vec::new();
    for (group, here) in walk::from(tx, filter, &sort, window).await? {
        if rows.len() > window.limit as usize {
            break;
        }
        let mut sql = select();
        group.push(&mut sql);
        query::push(&mut sql, tx, filter);
        let part = walk::step(window, lead, here, rows.len());
        page::window(&mut sql, sort.get(lead..).unwrap_or_default(), &part);
        for row in &tx.all(sql).await? {
            rows.push(read(row)?);
        }
    }
    Ok(Slice::of(rows, window))
}

/// One page: which findings first, what they show then, so that no more than these are read whole.
fn page_of(tx: &Tx, filter: &Filter, sort: &[SortColumn], window: &Window) -> Sql {
    let mut sql = select();
    sql.push(" AND f.id IN (");
    query::push_ids(&mut sql, tx, filter, JOINS, sort, true);
    page::window(&mut sql, sort, window);
    sql.push(")");
    order_few(&mut sql, tx, sort, window);
    sql
}

/// How many rows of an order are looked at one by one for a text before its index is asked which can hold it: what is
/// nearly everywhere is there, and its index is long.
pub(in crate::store) const GLANCE: u32 = 100;

/// The page, where the first rows of the order fill it or are all there are.
async fn glance(tx: &mut Tx, filter: &Filter, sort: &[SortColumn], window: &Window) -> Result<Option<Vec<FindingRow>>> {
    if !filter.is_everywhere() {
        return Ok(None);
    }
    let mut sql = Sql::new("");
    query::push_ids(&mut sql, tx, filter, JOINS, sort, false);
    let ids = first(tx, sql, sort, window, GLANCE).await?;
    let mut sql = select();
    holding(&mut sql, tx, filter, sort, window, &ids);
    let rows = tx.all(sql).await?;
    if rows.len() <= window.limit as usize && ids.len() == GLANCE as usize {
        return Ok(None);
    }
    rows.iter().map(read).collect::<Result<_>>().map(Some)
}

/// Which findings a statement gives first from the window's row on, at most so many.
pub(in crate::store) async fn first(
    tx: &mut Tx,
    mut sql: Sql,
    sort: &[SortColumn],
    window: &Window,
    most: u32,
) -> Result<Vec<Uuid>> {
    let part = Window {
        limit: most - 1,
        ..window.clone()
    };
    page::window(&mut sql, sort, &part);
    tx.all(sql).await?.iter().map(|row| row.get("id")).collect()
}

/// Narrows a statement to those of these findings that hold the texts, and to the window's number of rows.
pub(in crate::store) fn holding(
    sql: &mut Sql,
    tx: &Tx,
    filter: &Filter,
    sort: &[SortColumn],
    window: &Window,
    ids: &[Uuid],
) {
    query::push_texts(sql, tx, filter, ids);
    order_few(sql, tx, sort, window);
    sql.push(" LIMIT ").push_bind(i64::from(window.limit) + 1);
}

/// Appends the order of a page whose rows are known.
pub(in crate::store) fn order_few(sql: &mut Sql, tx: &Tx, sort: &[SortColumn], window: &Window) {
    let sorted = tx.engine() == Engine::Sqlite;
    let sort: Vec<SortColumn> = sort.iter().map(|c| SortColumn { sorted, ..*c }).collect();
    page::order(sql, &sort, window.backward);
}

/// How many match. None where so many hold a text that counting them takes longer than the page, unless it must be known
/// (`exactly`).
pub async fn count(tx: &mut Tx, filter: &Filter, exactly: bool) -> Result<Option<i64>> {
    if let Some(kept) = query::count_of(tx, filter).await? {
        return Ok(Some(kept));
    }
    if filter.counts_slowly() && !exactly {
        return Ok(None);
    }
    let mut sql = Sql::new("SELECT COUNT(*) AS n");
    sql.push(query::from(filter)).push(" WHERE f.agency_id = $1");
    query::push_alone(&mut sql, tx, filter);
    tx.one(sql).await?.get("n").map(Some)
}
