//! Many rows into one table: an import writes hundreds of thousands.
//!
//! SQLite takes rows as a list of `VALUES` with nameless placeholders: it looks a named one up by walking all of them,
//! which costs the square of a statement. PostgreSQL takes each column as one array. Both ways the text of a statement
//! is the same from part to part, so that it is prepared once. The agency is bound here, as the first column of each row.

use uuid::Uuid;

use super::sql::Value;
use super::{Error, Result};

/// How many rows a statement for SQLite has. What is left over is written with the largest that fits, so that few texts
/// of statements take part.
const STEPS: [usize; 4] = [64, 16, 4, 1];

/// Rows on their way into one table.
#[derive(Debug)]
pub struct Rows {
    /// `INSERT INTO t (agency_id, a, b)`.
    head: &'static str,
    columns: usize,
    values: Vec<Value>,
}

impl Rows {
    /// `head`: `INSERT INTO t (agency_id, a, b)`. Rows are given without the agency.
    #[must_use]
    pub fn new(head: &'static str) -> Self {
        Self {
            head,
            columns: 0,
            values: Vec::new(),
        }
    }

    /// Adds a row; all have the same columns, of the same types.
    pub fn push<const COLUMNS: usize>(&mut self, row: [Value; COLUMNS]) {
        debug_assert!(self.values.is_empty() || self.columns == COLUMNS);
        self.columns = COLUMNS;
        self.values.extend(row);
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The head, if its first column is the agency.
    pub(super) fn head(&self) -> Result<&'static str> {
        let columns = self.head.split_once('(').map(|(_, columns)| columns.trim_start());
        if columns.is_some_and(|columns| columns.starts_with("agency_id,")) {
            return Ok(self.head);
        }
        Err(Error::Statement(format!(
            "no agency as the first column: {}",
            self.head
        )))
    }

    /// Statements for SQLite: text and values, the agency in each row.
    pub(super) fn for_sqlite(self, agency: Uuid) -> Result<impl Iterator<Item = (String, Vec<Value>)>> {
        let (head, columns) = (self.head()?, self.columns.max(1));
        let mut values = self.values.into_iter();
        Ok(std::iter::from_fn(move || {
            let left = values.len() / columns;
            let rows = STEPS.into_iter().find(|step| *step <= left)?;
            let mut row = String::from("(?");
            row.extend(std::iter::repeat_n(", ?", columns));
            row.push(')');
            let text = format!("{head} VALUES {}", vec![row.as_str(); rows].join(", "));
            let mut bound = Vec::with_capacity(rows * (columns + 1));
            for _ in 0..rows {
                bound.push(agency.into());
                bound.extend(values.by_ref().take(columns));
            }
            Some((text, bound))
        }))
    }

    /// The statement for PostgreSQL, whose `$1` is the agency, and its columns.
    pub(super) fn for_postgres(self) -> Result<(String, Vec<Vec<Value>>)> {
        let head = self.head()?;
        let rows = self.values.len() / self.columns.max(1);
        let mut columns: Vec<Vec<Value>> = (0..self.columns).map(|_| Vec::with_capacity(rows)).collect();
        let mut values = self.values.into_iter();
        while values.len() > 0 {
            for (column, value) in columns.iter_mut().zip(values.by_ref()) {
                column.push(value);
            }
        }
        let arrays: Vec<String> = columns
            .iter()
            .zip(2..)
            .map(|(column, n)| format!("${n}::{}[]", column.first().map_or("text", kind)))
            .collect();
        let text = format!("{head} SELECT $1, * FROM UNNEST({})", arrays.join(", "));
        Ok((text, columns))
    }
}

/// PostgreSQL's name of a value's type.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Uuid(_) => "uuid",
        Value::Int(_) => "bigint",
        Value::Real(_) => "double precision",
        Value::Bool(_) => "boolean",
        Value::Text(_) => "text",
        Value::Bytes(_) => "bytea",
    }
}

/// Binds the agency and then each column as an array.
pub(super) fn postgres_columns(agency: Uuid, columns: Vec<Vec<Value>>) -> Result<sqlx::postgres::PgArguments> {
    use sqlx::Arguments as _;
    macro_rules! array {
        ($out:ident, $column:ident, $variant:ident) => {
            $out.add(
                $column
                    .into_iter()
                    .map(|value| match value {
                        Value::$variant(v) => Ok(v),
                        other => Err(Error::Statement(format!("a column of two types: {other:?}"))),
                    })
                    .collect::<Result<Vec<_>>>()?,
            )
        };
    }
    let mut out = sqlx::postgres::PgArguments::default();
    let failed = |e: sqlx::error::BoxDynError| Error::Statement(e.to_string());
    out.add(agency).map_err(failed)?;
    for column in columns {
        match column.first() {
            Some(Value::Uuid(_)) => array!(out, column, Uuid),
            Some(Value::Int(_)) => array!(out, column, Int),
            Some(Value::Real(_)) => array!(out, column, Real),
            Some(Value::Bool(_)) => array!(out, column, Bool),
            Some(Value::Bytes(_)) => array!(out, column, Bytes),
            Some(Value::Text(_)) | None => array!(out, column, Text),
        }
        .map_err(failed)?;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n: i64) -> Rows {
        let mut rows = Rows::new("INSERT INTO t (agency_id, a, b)");
        for i in 0..n {
            rows.push([i.into(), i.to_string().into()]);
        }
        rows
    }

    #[test]
    fn sqlite_gets_few_texts_and_every_row_with_its_agency() {
        let agency = Uuid::now_v7();
        let statements: Vec<_> = rows(64 + 64 + 16 + 2).for_sqlite(agency).unwrap().collect();
        let rows_of = |values: &[Value]| values.len() / 3;
        let sizes: Vec<_> = statements.iter().map(|(_, values)| rows_of(values)).collect();
        assert_eq!(sizes, [64, 64, 16, 1, 1]);
        assert_eq!(statements[4].0, "INSERT INTO t (agency_id, a, b) VALUES (?, ?, ?)");
        let all: Vec<Value> = statements.into_iter().flat_map(|(_, values)| values).collect();
        for (i, row) in all.chunks(3).enumerate() {
            assert_eq!(row, [agency.into(), (i as i64).into(), i.to_string().into()]);
        }
    }

    #[test]
    fn postgres_gets_columns() {
        let (text, columns) = rows(3).for_postgres().unwrap();
        assert_eq!(
            text,
            "INSERT INTO t (agency_id, a, b) SELECT $1, * FROM UNNEST($2::bigint[], $3::text[])"
        );
        let a: Vec<Value> = vec![0_i64.into(), 1_i64.into(), 2_i64.into()];
        assert_eq!(columns[0], a);
        assert_eq!(columns[1].len(), 3);
    }

    #[test]
    fn rows_without_an_agency_are_refused() {
        let mut rows = Rows::new("INSERT INTO t (a, b)");
        rows.push([1_i64.into(), 2_i64.into()]);
        assert!(rows.for_sqlite(Uuid::now_v7()).is_err());
    }

    #[test]
    fn a_column_of_two_types_is_refused() {
        let columns = vec![vec![Value::from(1_i64), Value::from("a")]];
        assert!(postgres_columns(Uuid::now_v7(), columns).is_err());
    }
}
