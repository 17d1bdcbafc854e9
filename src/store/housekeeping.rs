//! Taking away what is too old to be of use, a little at a time: a transaction of one of these is short, whatever lies
//! there, so that nobody waits for it. Called by the housekeeping job.

use super::tx::Engine;
use super::{Result, Sql, Tx};
use crate::domain::time::Time;

/// Rows of one transaction.
pub const AT_ONCE: i64 = 500;

/// Stored answers from before. Says how many went; fewer than [`AT_ONCE`]: that was all.
pub async fn answers(tx: &mut Tx, before: Time) -> Result<i64> {
    let sql = Sql::new(
        "DELETE FROM idempotency WHERE agency_id = $1 AND (user_id, key) IN (SELECT user_id, key FROM idempotency \
         WHERE agency_id = $1 AND created_at < $2 ORDER BY created_at LIMIT $3)",
    );
    Ok(tx.run(sql.bind(before).bind(AT_ONCE)).await? as i64)
}

/// Events from before, but the newest; whoever resumes below them is told to ask for everything again.
pub async fn events(tx: &mut Tx, before: Time) -> Result<i64> {
    let sql = Sql::new(
        "SELECT seq FROM event WHERE agency_id = $1 AND at < $2 AND seq < (SELECT MAX(seq) FROM event WHERE agency_id = $1) \
         ORDER BY seq LIMIT $3",
    );
    let rows = tx.all(sql.bind(before).bind(AT_ONCE)).await?;
    let gone: Vec<i64> = rows.iter().map(|row| row.get("seq")).collect::<Result<_>>()?;
    let Some(last) = gone.last().copied() else {
        return Ok(0);
    };
    // The mark first: with it a stream can never take a gap for the whole.
    let mark = Sql::new("UPDATE agency SET events_purged = $2 WHERE agency_id = $1 AND events_purged < $2");
    tx.run(mark.bind(last)).await?;
    let mut sql = Sql::new("DELETE FROM event WHERE agency_id = $1 AND seq IN ");
    sql.push_list(gone);
    Ok(tx.run(sql).await? as i64)
}

/// Sessions that ended before, with their tokens.
pub async fn sessions(tx: &mut Tx, before: Time) -> Result<i64> {
    let sql = Sql::new(
        "DELETE FROM session WHERE agency_id = $1 AND id IN (SELECT id FROM session WHERE agency_id = $1 \
         AND (expires_at < $2 OR revoked_at < $2) LIMIT $3)",
    );
    Ok(tx.run(sql.bind(before).bind(AT_ONCE)).await? as i64)
}

/// Search documents of rows that are gone (SQLite's: `migrations/0024_words_gone.sql`).
pub async fn words(tx: &mut Tx) -> Result<i64> {
    // The index is told what it knew; it keeps no texts.
    const SOME: &str = "(SELECT n FROM finding_doc_gone WHERE agency_id = $1 ORDER BY n LIMIT $2)";
    if tx.engine() != Engine::Sqlite {
        return Ok(0);
    }
    let mut gone = 0;
    for head in [
        "INSERT INTO finding_text (finding_text, rowid, text) SELECT 'delete', n, text FROM finding_doc_gone WHERE n IN ",
        "DELETE FROM finding_doc WHERE agency_id = $1 AND n IN ",
        "DELETE FROM finding_doc_gone WHERE agency_id = $1 AND n IN ",
    ] {
        let mut sql = Sql::new(head).bind(AT_ONCE);
        sql.push(SOME);
        gone = tx.run(sql).await? as i64;
    }
    Ok(gone)
}
