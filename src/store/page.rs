//! Keyset pages: which rows come after (or before) the last one seen, in any sort, nulls last on both engines.
//!
//! A list's statement is built by its noun; [`window`] appends the predicate, the order and the limit; [`Slice::of`]
//! turns one row too many into "there is more".

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::sql::{Sql, Value};

/// One column of a sort. The last one of a sort must be unique.
#[derive(Debug, Clone, Copy)]
pub struct SortColumn {
    /// An expression of the list's statement.
    pub expr: &'static str,
    pub descending: bool,
    /// Whether it can be null; nulls come last either way.
    pub nullable: bool,
    /// Whether the database is to sort by it and not to walk an index: few rows are left to sort. For SQLite, which keeps
    /// no statistics.
    pub sorted: bool,
}

impl SortColumn {
    #[must_use]
    pub const fn asc(expr: &'static str) -> Self {
        Self {
            expr,
            descending: false,
            nullable: false,
            sorted: false,
        }
    }

    #[must_use]
    pub const fn desc(expr: &'static str) -> Self {
        Self {
            expr,
            descending: true,
            nullable: false,
            sorted: false,
        }
    }

    #[must_use]
    pub const fn nullable(self) -> Self {
        Self { nullable: true, ..self }
    }
}

/// The value of one sort column in one row, as it travels (sealed) in a cursor.
/// Its kind travels with it: a title may look like an id or a number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    Null,
    Id(Uuid),
    Int(i64),
    Real(f64),
    Text(String),
}

impl Key {
    fn value(&self) -> Option<Value> {
        Some(match self {
            Self::Null => return None,
            Self::Id(v) => (*v).into(),
            Self::Int(v) => (*v).into(),
            Self::Real(v) => (*v).into(),
            Self::Text(v) => v.clone().into(),
        })
    }
}

impl From<Option<i64>> for Key {
    fn from(v: Option<i64>) -> Self {
        v.map_or(Self::Null, Self::Int)
    }
}

impl From<Option<f64>> for Key {
    fn from(v: Option<f64>) -> Self {
        v.map_or(Self::Null, Self::Real)
    }
}

/// Which part of a list to read.
#[derive(Debug, Clone)]
pub struct Window {
    pub limit: u32,
    /// The row to start beside, exclusive; where absent the list's beginning, or its end when reading backward.
    pub beside: Option<Vec<Key>>,
    /// Whether to read towards the beginning.
    pub backward: bool,
}

/// Appends ` AND (after the window's row) ORDER BY … LIMIT n+1`. The statement must already have a `WHERE`.
pub fn window(sql: &mut Sql, sort: &[SortColumn], window: &Window) {
    if let Some(keys) = &window.beside {
        if let (Some(first), Some(value)) = (sort.first(), keys.first().and_then(Key::value))
            && (!first.nullable || window.backward)
        {
            // Said again without an OR: where a walk along an index begins.
            sql.push(" AND ").push(first.expr);
            sql.push(if first.descending == window.backward {
                " >= "
            } else {
                " <= "
            })
            .push_bind(value);
        }
        sql.push(" AND (");
        // (a, b, c) after (x, y, z)  =  a after x OR (a = x AND (b after y OR (b = y AND c after z)))
        let mut open = 0;
        for (n, (column, key)) in sort.iter().zip(keys).enumerate() {
            if n > 0 {
                sql.push(" OR (");
                equal(sql, &sort[n - 1], &keys[n - 1]);
                sql.push(" AND (");
                open += 2;
            }
            after(sql, column, key, window.backward);
        }
        for _ in 0..open {
            sql.push(")");
        }
        sql.push(")");
    }
    order(sql, sort, window.backward);
    sql.push(" LIMIT ").push_bind(i64::from(window.limit) + 1);
}

/// Appends ` ORDER BY …`.
pub fn order(sql: &mut Sql, sort: &[SortColumn], backward: bool) {
    sql.push(" ORDER BY ");
    for (n, column) in sort.iter().enumerate() {
        if n > 0 {
            sql.push(", ");
        }
        if column.sorted {
            sql.push("+");
        }
        sql.push(column.expr);
        if column.descending != backward {
            sql.push(" DESC");
        }
        if column.nullable {
            sql.push(if backward { " NULLS FIRST" } else { " NULLS LAST" });
        }
    }
}

fn equal(sql: &mut Sql, column: &SortColumn, key: &Key) {
    sql.push(column.expr);
    match key.value() {
        Some(value) => sql.push(" = ").push_bind(value),
        None => sql.push(" IS NULL"),
    };
}

/// Strictly after the key in the window's direction.
fn after(sql: &mut Sql, column: &SortColumn, key: &Key, backward: bool) {
    match key.value() {
        Some(value) => {
            sql.push("(").push(column.expr);
            sql.push(if column.descending == backward { " > " } else { " < " })
                .push_bind(value);
            if column.nullable && !backward {
                sql.push(" OR ").push(column.expr).push(" IS NULL");
            }
            sql.push(")");
        }
        // Beside a null: nothing of this column comes after it; before it comes all that has a value.
        None if backward => {
            sql.push(column.expr).push(" IS NOT NULL");
        }
        None => {
            sql.push("FALSE");
        }
    }
}

/// A part of a list, in the list's own order.
#[derive(Debug, Clone)]
pub struct Slice<T> {
    pub items: Vec<T>,
    /// Whether rows stand before the first item.
    pub before: bool,
    /// Whether rows stand after the last item.
    pub after: bool,
}

impl<T> Slice<T> {
    /// From the rows a windowed statement gave (one more than asked for, where there is more).
    #[must_use]
    pub fn of(mut rows: Vec<T>, window: &Window) -> Self {
        let more = rows.len() > window.limit as usize;
        rows.truncate(window.limit as usize);
        let came_from = window.beside.is_some();
        if window.backward {
            rows.reverse();
            Self {
                items: rows,
                before: more,
                after: came_from,
            }
        } else {
            Self {
                items: rows,
                before: came_from,
                after: more,
            }
        }
    }
}
