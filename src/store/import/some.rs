//! Sets of rows that go a part at a time, so that each transaction is short.

use uuid::Uuid;

use crate::store::{Result, Sql, Tx};

/// Takes away the first rows of a set in the order of `by`, a column of its index: `some` of them, or a few more where it
/// names several rows. Says how many went: none, where that was all.
///
/// By their range, not by a list of keys: where PostgreSQL takes both for few it compares each row with each key. And by both
/// of its ends: of what lies below one value it expects a third of the table.
pub(super) async fn take_away(
    tx: &mut Tx,
    table: &'static str,
    of: &[(&'static str, Uuid)],
    by: &'static str,
    some: i64,
) -> Result<u64> {
    let mut sql = Sql::new("DELETE FROM ");
    within(&mut sql, table, of);
    sql.push(" AND ").push(by).push(" >= (SELECT ").push(by).push(" FROM ");
    within(&mut sql, table, of);
    sql.push(" ORDER BY ").push(by).push(" LIMIT 1)");
    sql.push(" AND ")
        .push(by)
        .push(" <= (SELECT ")
        .push(by)
        .push(" FROM (SELECT ");
    sql.push(by).push(" FROM ");
    within(&mut sql, table, of);
    sql.push(" ORDER BY ").push(by).push(" LIMIT ").push_bind(some);
    sql.push(") x ORDER BY ").push(by).push(" DESC LIMIT 1)");
    tx.run(sql).await
}

fn within(sql: &mut Sql, table: &'static str, of: &[(&'static str, Uuid)]) {
    sql.push(table).push(" WHERE agency_id = $1");
    for (column, id) in of {
        sql.push(" AND ").push(column).push(" = ").push_bind(*id);
    }
}
