//! All SQL, both engines, and the only place that knows which database there is.
//!
//! - [`Store`] opens a database and hands out transactions: [`Store::read`], [`Store::write`] for one tenant,
//!   [`Store::door`] for the few look-ups before a tenant is known, [`Store::admin`] for the server's own machine.
//! - [`Tx`] belongs to one [`Scope`] and **binds the agency as `$1` in every statement**. A statement that forgets it
//!   is refused on both engines, so that a missing tenant predicate fails in the first test that runs it; PostgreSQL
//!   adds row-level security below.
//! - Statements are plain text with `$n` placeholders, the same for both engines ([`sql::Sql`]).
//! - One file per noun holds its statements as functions over `&mut Tx`. A `Tx` can be made from a `Scope` only, so that
//!   a call without a scope does not compile.
//!
//! Called by `service` alone. Rules, permissions and validation live there or in `domain`, not here.

pub mod act;
pub mod agency;
pub mod audit;
pub mod bulk;
mod checkpoint;
pub mod client;
pub mod comment;
pub mod connect;
pub mod correction;
pub mod event;
pub mod finding;
pub mod group;
pub mod history;
pub mod housekeeping;
pub mod identity;
pub mod import;
pub mod job;
mod lock;
pub mod migrate;
pub mod occurrence;
pub mod overview;
pub mod page;
pub mod portal;
pub mod project;
pub mod query;
pub mod queue;
pub mod record;
pub mod rollup;
pub mod round;
pub mod scope;
pub mod session;
pub mod sighting;
pub mod sql;
pub mod trail;
pub mod tx;
pub mod user;
pub mod visible;
pub mod walk;
mod writer;

pub use connect::Store;
pub use scope::Scope;
pub use sql::{Row, Sql, Value};
pub use tx::{Admin, Door, Tx};

/// What went wrong below.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A unique index refused a row; see [`Error::is_unique`].
    #[error("a row with the same {0} exists already")]
    Unique(String),
    /// A reference points nowhere (or at another tenant's row, which is the same).
    #[error("a reference does not lead to a row of this agency")]
    Reference,
    /// A `CHECK` refused a value.
    #[error("the database refused a value: {0}")]
    Check(String),
    /// A row that the statement must give is not there.
    #[error("a row that must exist is missing")]
    Missing,
    /// A statement was built wrongly; never the user's doing.
    #[error("statement refused: {0}")]
    Statement(String),
    /// A stored text does not decode to what the program knows.
    #[error("a stored value cannot be read: {0}")]
    Corrupt(String),
    /// The database cannot be used as it is; the text says what to do.
    #[error("{0}")]
    Setup(String),
    /// Two transactions stood in each other's way and this one gave in; nothing of it was written.
    #[error("another write stood in the way; send it again")]
    Busy,
    /// The writer has stopped, or the pool is closed: the server is going down.
    #[error("the server is stopping")]
    Stopping,
    /// The database does not answer, or not any more: it is stopping, gone, or has no connection left.
    #[error("the database does not answer: {0}")]
    Away(String),
    #[error("database: {0}")]
    Database(#[source] sqlx::Error),
}

impl Error {
    /// Whether the unique index on `table` that ends with `column` refused a row. Indexes are named
    /// `<table>_<column>_uq`; SQLite names the columns instead.
    #[must_use]
    pub fn is_unique(&self, table: &str, column: &str) -> bool {
        match self {
            Self::Unique(what) => {
                *what == format!("{table}_{column}_uq")
                    || what.split(", ").any(|part| part.trim() == format!("{table}.{column}"))
            }
            _ => false,
        }
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        let sqlx::Error::Database(db) = &error else {
            return match error {
                sqlx::Error::RowNotFound => Self::Missing,
                // Only this server closes it, as the last thing it does.
                sqlx::Error::PoolClosed => Self::Stopping,
                sqlx::Error::PoolTimedOut | sqlx::Error::Io(_) | sqlx::Error::Tls(_) => Self::Away(error.to_string()),
                other => Self::Database(other),
            };
        };
        let named = || {
            db.constraint().map_or_else(
                || {
                    db.message()
                        .rsplit("constraint failed: ")
                        .next()
                        .unwrap_or_default()
                        .to_owned()
                },
                str::to_owned,
            )
        };
        match db.kind() {
            sqlx::error::ErrorKind::UniqueViolation => Self::Unique(named()),
            sqlx::error::ErrorKind::ForeignKeyViolation => Self::Reference,
            sqlx::error::ErrorKind::CheckViolation => Self::Check(named()),
            // PostgreSQL: serialisation failure, deadlock, lock timeout.
            _ if matches!(db.code().as_deref(), Some("40001" | "40P01" | "55P03")) => Self::Busy,
            // PostgreSQL: shut down by its operator, crashed, starting, full.
            _ if matches!(db.code().as_deref(), Some("57P01" | "57P02" | "57P03" | "53300")) => {
                Self::Away(error.to_string())
            }
            _ => Self::Database(error),
        }
    }
}

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Reads a stored word back into its enum through the wire's own names.
///
/// # Errors
/// [`Error::Corrupt`] where the word is not one of the enum's.
pub fn word<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|e| Error::Corrupt(e.to_string()))
}

/// The stored word of an enum: the wire's own name.
pub fn name<T: serde::Serialize>(value: T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        _ => String::new(),
    }
}
