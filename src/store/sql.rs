//! Statements as text with `$n` placeholders and typed values, and rows that decode alike on both engines.
//!
//! Why not a query builder: both engines read the same text with the same `$n`, so that a statement in the source is
//! the statement in the database's log. Only the parts that differ per request are glued, and only from literals.

use std::fmt::Write as _;

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Arguments as _, Row as _};
use uuid::Uuid;

use super::{Error, Result};
use crate::domain::time::Time;

/// A value to bind. Nulls carry their type, because PostgreSQL asks for it.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Uuid(Option<Uuid>),
    Int(Option<i64>),
    Real(Option<f64>),
    Bool(Option<bool>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

macro_rules! values {
    ($($variant:ident from $($source:ty = |$v:ident| $convert:expr),+);+ $(;)?) => {$($(
        impl From<$source> for Value {
            fn from($v: $source) -> Self {
                Self::$variant(Some($convert))
            }
        }
        impl From<Option<$source>> for Value {
            fn from(v: Option<$source>) -> Self {
                Self::$variant(v.map(|$v| $convert))
            }
        }
    )+)+};
}

values! {
    Uuid from Uuid = |v| v,
        crate::domain::id::AgencyId = |v| v.0, crate::domain::id::PersonId = |v| v.0, crate::domain::id::UserId = |v| v.0,
        crate::domain::id::PortalUserId = |v| v.0, crate::domain::id::ClientId = |v| v.0, crate::domain::id::ProjectId = |v| v.0,
        crate::domain::id::FindingId = |v| v.0, crate::domain::id::OccurrenceId = |v| v.0, crate::domain::id::CommentId = |v| v.0,
        crate::domain::id::RoundId = |v| v.0, crate::domain::id::BatchId = |v| v.0, crate::domain::id::PlanId = |v| v.0,
        crate::domain::id::SessionId = |v| v.0, crate::domain::id::ActId = |v| v.0;
    Int from i64 = |v| v, u32 = |v| i64::from(v), Time = |v| v.0, crate::domain::severity::Severity = |v| v.rank();
    Real from f64 = |v| v;
    Bool from bool = |v| v;
    Text from String = |v| v, &str = |v| v.to_owned();
    Bytes from Vec<u8> = |v| v, &[u8] = |v| v.to_vec(), [u8; 32] = |v| v.to_vec();
}

/// A statement under construction. `$1` is reserved for the agency, which [`super::Tx`] binds; values start at `$2`.
#[derive(Debug, Clone)]
pub struct Sql {
    text: String,
    values: Vec<Value>,
}

impl Sql {
    /// Begins with literal text, which may mention `$1` (the agency) and `$2…` (values bound in order).
    #[must_use]
    pub fn new(text: &'static str) -> Self {
        Self {
            text: text.to_owned(),
            values: Vec::new(),
        }
    }

    /// Binds the next value: `$2`, `$3`, …
    #[must_use]
    pub fn bind(mut self, value: impl Into<Value>) -> Self {
        self.values.push(value.into());
        self
    }

    /// Appends literal text.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Appends a placeholder and binds its value.
    pub fn push_bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        let _ = write!(self.text, "${}", self.values.len() + 1);
        self
    }

    /// As [`Self::push_bind`] for statements without a tenant, whose values start at `$1`.
    pub fn push_door_bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        let _ = write!(self.text, "${}", self.values.len());
        self
    }

    /// Appends `(a, b, c)` with a placeholder each.
    pub fn push_list<V: Into<Value>>(&mut self, values: impl IntoIterator<Item = V>) -> &mut Self {
        self.text.push('(');
        for (n, value) in values.into_iter().enumerate() {
            if n > 0 {
                self.text.push_str(", ");
            }
            self.push_bind(value);
        }
        self.text.push(')');
        self
    }

    /// How many rows of so many columns one statement should write. SQLite finds a parameter by walking all of them, so
    /// that the cost of a statement grows with their square: 11,000 took 600 ms where 25 statements of 450 take 20.
    #[must_use]
    pub const fn rows_at_once(columns: usize) -> usize {
        450 / columns
    }

    /// Appends `($1, a, b), ($1, c, d)`: rows for an `INSERT`, the agency first in each.
    pub fn push_rows(&mut self, rows: impl IntoIterator<Item = Vec<Value>>) -> &mut Self {
        for (n, row) in rows.into_iter().enumerate() {
            self.text.push_str(if n > 0 { ", ($1" } else { "($1" });
            for value in row {
                self.text.push_str(", ");
                self.push_bind(value);
            }
            self.text.push(')');
        }
        self
    }

    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    pub(super) fn into_parts(self) -> (String, Vec<Value>) {
        (self.text, self.values)
    }
}

/// Binds `first` (the agency, where there is one) and then the values.
macro_rules! arguments {
    ($name:ident, $arguments:ty) => {
        pub(super) fn $name(first: Option<Uuid>, values: Vec<Value>) -> Result<$arguments> {
            let mut out = <$arguments>::default();
            let failed = |e: sqlx::error::BoxDynError| Error::Statement(e.to_string());
            if let Some(agency) = first {
                out.add(agency).map_err(failed)?;
            }
            for value in values {
                match value {
                    Value::Uuid(v) => out.add(v),
                    Value::Int(v) => out.add(v),
                    Value::Real(v) => out.add(v),
                    Value::Bool(v) => out.add(v),
                    Value::Text(v) => out.add(v),
                    Value::Bytes(v) => out.add(v),
                }
                .map_err(failed)?;
            }
            Ok(out)
        }
    };
}

arguments!(sqlite_arguments, SqliteArguments);
arguments!(postgres_arguments, PgArguments);

/// A row of either engine.
#[derive(Debug)]
pub enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

/// What a column can be read as, on both engines.
pub trait Column:
    for<'r> sqlx::Decode<'r, sqlx::Sqlite>
    + sqlx::Type<sqlx::Sqlite>
    + for<'r> sqlx::Decode<'r, sqlx::Postgres>
    + sqlx::Type<sqlx::Postgres>
{
}

impl<T> Column for T where
    T: for<'r> sqlx::Decode<'r, sqlx::Sqlite>
        + sqlx::Type<sqlx::Sqlite>
        + for<'r> sqlx::Decode<'r, sqlx::Postgres>
        + sqlx::Type<sqlx::Postgres>
{
}

impl Row {
    /// A column by name: `i64`, `f64`, `bool`, `String`, `Vec<u8>`, `Uuid`, or an `Option` of these.
    pub fn get<T: Column>(&self, column: &str) -> Result<T> {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
        .map_err(Error::Database)
    }

    /// A typed id.
    pub fn id<T: From<Uuid>>(&self, column: &str) -> Result<T> {
        self.get::<Uuid>(column).map(T::from)
    }

    /// A typed id that may be null.
    pub fn opt_id<T: From<Uuid>>(&self, column: &str) -> Result<Option<T>> {
        Ok(self.get::<Option<Uuid>>(column)?.map(T::from))
    }

    pub fn time(&self, column: &str) -> Result<Time> {
        self.get(column).map(Time)
    }

    pub fn opt_time(&self, column: &str) -> Result<Option<Time>> {
        Ok(self.get::<Option<i64>>(column)?.map(Time))
    }

    /// A stored word as its enum.
    pub fn word<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T> {
        super::word(&self.get::<String>(column)?)
    }

    /// A stored JSON text.
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T> {
        serde_json::from_str(&self.get::<String>(column)?).map_err(|e| Error::Corrupt(format!("{column}: {e}")))
    }
}
