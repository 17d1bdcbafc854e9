//! What PostgreSQL's planner is told by those who know: rows that were written a moment ago have no statistics yet. SQLite
//! needs none of it: there the text of a statement says how it is run.

use crate::store::tx::Engine;
use crate::store::{Result, Sql, Tx};

/// Rows that are joined as a set. Fewer are found by their keys, in a table of whatever size.
const SET: i64 = 1_000;

/// Says how many rows the next statements of this transaction join. Thousands are hashed by all that they have in common: taken
/// for a handful, they are joined row by row or by a part of it, which takes minutes, or in so little memory that they go to
/// the disk and back. Whatever their number, they are joined in the order they are written in: the lines and the facts of a
/// file have its id in common too, and ten thousand of each, joined by that alone, filled a disk.
pub(super) async fn joins(tx: &mut Tx, rows: i64) -> Result<()> {
    if tx.engine() != Engine::Postgres {
        return Ok(());
    }
    let order = Sql::new("SELECT set_config('join_collapse_limit', '1', true) WHERE $1 IS NOT NULL");
    tx.all(order).await?;
    let text = if rows > SET {
        "SELECT set_config('enable_nestloop', 'off', true), set_config('enable_mergejoin', 'off', true), \
           set_config('work_mem', '32MB', true) WHERE $1 IS NOT NULL"
    } else {
        "SELECT set_config('enable_nestloop', 'on', true), set_config('enable_mergejoin', 'on', true) WHERE $1 IS NOT NULL"
    };
    tx.all(Sql::new(text)).await.map(drop)
}

/// Says that findings were written which so many rows will refer to (`migrations/0028_statistics.sql`).
pub(super) async fn findings_written(tx: &mut Tx, referring: i64) -> Result<()> {
    if tx.engine() == Engine::Postgres && referring > SET {
        tx.all(Sql::new("SELECT findings_counted() WHERE $1 IS NOT NULL"))
            .await?;
    }
    Ok(())
}
