//! What happened to a finding, in order. Rows are written, never changed.

use uuid::Uuid;

use super::client::UserRef;
use super::page::{self, Key, Slice, SortColumn, Window};
use super::{Result, Row, Sql, Tx};
use crate::domain::id::{FindingId, RoundId, UserId};
use crate::domain::status::Status;
use crate::domain::time::Time;

#[derive(Debug, Clone)]
pub struct HistoryRow {
    pub id: Uuid,
    pub at: Time,
    pub by: Option<UserRef>,
    pub rule: Option<String>,
    pub act: String,
    pub from: Option<Status>,
    pub to: Option<Status>,
    pub notes: String,
    pub round: Option<RoundId>,
    /// The key of the merged finding it happened to.
    pub via: Option<String>,
}

fn read(row: &Row) -> Result<HistoryRow> {
    let status = |column| {
        row.get::<Option<String>>(column)?
            .map(|word| super::word(&word))
            .transpose()
    };
    Ok(HistoryRow {
        id: row.get("id")?,
        at: row.time("at")?,
        by: match row.opt_id("user_id")? {
            Some(id) => Some(UserRef {
                id,
                name: row.get("user_name")?,
                email: row.get("user_email")?,
            }),
            None => None,
        },
        rule: row.get("rule")?,
        act: row.get("act")?,
        from: status("from_status")?,
        to: status("to_status")?,
        notes: row.get("notes")?,
        round: row.opt_id("round_id")?,
        via: Some(row.get::<String>("via")?).filter(|via| !via.is_empty()),
    })
}

const SORT: [SortColumn; 2] = [SortColumn::desc("h.at"), SortColumn::desc("h.id")];

#[must_use]
pub fn keys(row: &HistoryRow) -> Vec<Key> {
    vec![Key::Int(row.at.0), Key::Id(row.id)]
}

const SELECT: &str = "SELECT h.*, u.name AS user_name, u.email AS user_email FROM finding_history h \
     LEFT JOIN agency_user u ON u.agency_id = h.agency_id AND u.id = h.user_id WHERE h.agency_id = $1 AND h.finding_id = $2";

/// Newest first.
pub async fn list(tx: &mut Tx, finding: FindingId, window: &Window) -> Result<Slice<HistoryRow>> {
    let mut sql = Sql::new(SELECT).bind(finding);
    page::window(&mut sql, &SORT, window);
    let rows = tx.all(sql).await?.iter().map(read).collect::<Result<_>>()?;
    Ok(Slice::of(rows, window))
}

/// The moves of a finding: from status to status, and from project to project; newest first.
pub async fn moves(tx: &mut Tx, finding: FindingId, limit: i64) -> Result<Vec<HistoryRow>> {
    let mut sql = Sql::new(SELECT).bind(finding);
    sql.push(" AND (h.to_status IS NOT NULL OR h.act = 'finding.place') ORDER BY h.at DESC, h.id DESC LIMIT ");
    sql.push_bind(limit);
    tx.all(sql).await?.iter().map(read).collect()
}

#[derive(Debug, Clone, Default)]
pub struct NewEntry {
    pub user: Option<UserId>,
    pub rule: Option<&'static str>,
    pub act: &'static str,
    pub from: Option<Status>,
    pub to: Option<Status>,
    pub notes: String,
    pub round: Option<RoundId>,
}

pub async fn insert(tx: &mut Tx, entries: Vec<(FindingId, NewEntry)>, now: Time) -> Result<()> {
    for part in entries.chunks(Sql::rows_at_once(10)) {
        let mut sql = Sql::new(
            "INSERT INTO finding_history (agency_id, id, finding_id, at, user_id, rule, act, from_status, to_status, notes, round_id) VALUES ",
        );
        sql.push_rows(part.iter().cloned().map(|(finding, new)| {
            vec![
                Uuid::now_v7().into(),
                finding.into(),
                now.into(),
                new.user.into(),
                new.rule.into(),
                new.act.into(),
                new.from.map(Status::name).into(),
                new.to.map(Status::name).into(),
                new.notes.into(),
                new.round.into(),
            ]
        }));
        tx.run(sql).await?;
    }
    Ok(())
}
