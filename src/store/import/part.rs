//! What the statements that apply an import are about: whose rows they write, and which of them.

use super::apply::Applied;
use super::rest::Rest;
use crate::domain::id::{BatchId, PlanId, ProjectId, UserId};
use crate::domain::time::Time;
use crate::store::sql::{Column, Value};
use crate::store::{Result, Row, Sql};

/// Whose rows.
#[derive(Debug, Clone, Copy)]
pub struct Of {
    pub batch: BatchId,
    pub plan: PlanId,
    pub project: ProjectId,
    /// When it was applied.
    pub at: Time,
    /// Who applied it, where that is still known.
    pub by: Option<UserId>,
}

impl From<&Applied> for Of {
    fn from(a: &Applied) -> Self {
        Self {
            batch: a.batch,
            plan: a.plan,
            project: a.project,
            at: a.now,
            by: Some(a.by),
        }
    }
}

impl From<&Rest> for Of {
    fn from(rest: &Rest) -> Self {
        Self {
            batch: rest.batch,
            plan: rest.plan,
            project: rest.project,
            at: rest.at,
            by: rest.by,
        }
    }
}

/// Rows that follow one another: places in the order of their ids, findings in that of the plan's lines.
#[derive(Debug, Clone, Copy)]
pub struct Part<K> {
    pub after: K,
    /// The last of them; `None`: all that are left.
    pub upto: Option<K>,
    /// How many these are, where more are left.
    pub rows: i64,
}

impl<K: Copy + Into<Value>> Part<K> {
    /// The part that ends with the first of these rows, where there is one more behind it.
    pub(super) fn ending(after: K, some: i64, rows: &[Row], column: &str) -> Result<Self>
    where
        K: Column,
    {
        let upto = match rows {
            [last, _] => Some(last.get(column)?),
            _ => None,
        };
        Ok(Self {
            after,
            upto,
            rows: some,
        })
    }

    /// Narrows a statement to these, by the column that orders them.
    pub(super) fn narrow(&self, column: &'static str, sql: &mut Sql) {
        sql.push(" AND ").push(column).push(" > ").push_bind(self.after);
        if let Some(upto) = self.upto {
            sql.push(" AND ").push(column).push(" <= ").push_bind(upto);
        }
    }
}
