//! Transactions: of one tenant ([`Tx`]), before a tenant is known ([`Door`]), of the operator ([`Admin`]).

use futures::TryStreamExt as _;
use sqlx::pool::PoolConnection;
use sqlx::{AssertSqlSafe, Database, Postgres, Sqlite, SqliteConnection};
use uuid::Uuid;

use super::bulk::{Rows, postgres_columns};
use super::scope::Scope;
use super::sql::{Row, Sql, postgres_arguments, sqlite_arguments};
use super::{Error, Result};

/// An open connection inside a transaction. Text reaches the database here and nowhere else; it is built from
/// literals only ([`Sql`] takes `&'static str`), which is what `AssertSqlSafe` asserts.
#[derive(Debug)]
pub(super) enum Conn {
    /// The one writer's own connection.
    SqliteWriter(Box<SqliteConnection>),
    Sqlite(Lent<Sqlite>),
    Postgres(Lent<Postgres>),
}

/// A pooled connection inside a transaction. A request whose caller went away is dropped wherever it stands; then the
/// connection is closed instead of given back, or the next borrower would find itself inside somebody else's
/// transaction and commit its unfinished writes.
#[derive(Debug)]
pub(super) struct Lent<DB: Database> {
    connection: PoolConnection<DB>,
    /// Whether the transaction has ended in order.
    ended: bool,
}

impl<DB: Database> Lent<DB> {
    pub(super) fn new(connection: PoolConnection<DB>) -> Self {
        Self {
            connection,
            ended: false,
        }
    }
}

impl<DB: Database> Drop for Lent<DB> {
    fn drop(&mut self) {
        if !self.ended {
            self.connection.close_on_drop();
        }
    }
}

impl Conn {
    /// Says that the transaction has ended in order: the connection may be lent again.
    pub(super) fn ended(&mut self) {
        match self {
            Self::Postgres(lent) => lent.ended = true,
            Self::Sqlite(lent) => lent.ended = true,
            Self::SqliteWriter(_) => {}
        }
    }

    pub(super) async fn all(&mut self, first: Option<Uuid>, sql: Sql) -> Result<Vec<Row>> {
        let (text, values) = sql.into_parts();
        let sqlite = match self {
            Self::Postgres(Lent { connection: conn, .. }) => {
                let query = sqlx::query_with(AssertSqlSafe(text), postgres_arguments(first, values)?);
                return Ok(query
                    .fetch_all(&mut **conn)
                    .await?
                    .into_iter()
                    .map(Row::Postgres)
                    .collect());
            }
            Self::SqliteWriter(conn) => &mut **conn,
            Self::Sqlite(Lent { connection: conn, .. }) => &mut **conn,
        };
        let query = sqlx::query_with(AssertSqlSafe(text), sqlite_arguments(first, values)?);
        Ok(query.fetch_all(sqlite).await?.into_iter().map(Row::Sqlite).collect())
    }

    pub(super) async fn run(&mut self, first: Option<Uuid>, sql: Sql) -> Result<u64> {
        let (text, values) = sql.into_parts();
        let sqlite = match self {
            Self::Postgres(Lent { connection: conn, .. }) => {
                let query = sqlx::query_with(AssertSqlSafe(text), postgres_arguments(first, values)?);
                return Ok(query.execute(&mut **conn).await?.rows_affected());
            }
            Self::SqliteWriter(conn) => &mut **conn,
            Self::Sqlite(Lent { connection: conn, .. }) => &mut **conn,
        };
        let query = sqlx::query_with(AssertSqlSafe(text), sqlite_arguments(first, values)?);
        Ok(query.execute(sqlite).await?.rows_affected())
    }

    /// Hands over the rows of a statement as they come.
    async fn each(&mut self, first: Uuid, sql: Sql, mut each: impl FnMut(&Row) -> Result<()> + Send) -> Result<()> {
        let (text, values) = sql.into_parts();
        let sqlite = match self {
            Self::Postgres(Lent { connection: conn, .. }) => {
                let query = sqlx::query_with(AssertSqlSafe(text), postgres_arguments(Some(first), values)?);
                let mut rows = query.fetch(&mut **conn);
                while let Some(row) = rows.try_next().await? {
                    each(&Row::Postgres(row))?;
                }
                return Ok(());
            }
            Self::SqliteWriter(conn) => &mut **conn,
            Self::Sqlite(Lent { connection: conn, .. }) => &mut **conn,
        };
        let query = sqlx::query_with(AssertSqlSafe(text), sqlite_arguments(Some(first), values)?);
        let mut rows = query.fetch(sqlite);
        while let Some(row) = rows.try_next().await? {
            each(&Row::Sqlite(row))?;
        }
        Ok(())
    }

    /// Writes rows in bulk, the agency in each.
    async fn insert(&mut self, agency: Uuid, rows: Rows) -> Result<()> {
        let sqlite = match self {
            Self::Postgres(Lent { connection: conn, .. }) => {
                let (text, columns) = rows.for_postgres()?;
                let query = sqlx::query_with(AssertSqlSafe(text), postgres_columns(agency, columns)?);
                query.execute(&mut **conn).await?;
                return Ok(());
            }
            Self::SqliteWriter(conn) => &mut **conn,
            Self::Sqlite(Lent { connection: conn, .. }) => &mut **conn,
        };
        for (text, values) in rows.for_sqlite(agency)? {
            let query = sqlx::query_with(AssertSqlSafe(text), sqlite_arguments(None, values)?);
            query.execute(&mut *sqlite).await?;
        }
        Ok(())
    }

    /// Transaction control and other text without values.
    pub(super) async fn batch(&mut self, text: &'static str) -> Result<()> {
        match self {
            Self::Postgres(lent) => sqlx::raw_sql(text).execute(&mut *lent.connection).await.map(drop)?,
            Self::SqliteWriter(conn) => sqlx::raw_sql(text).execute(&mut **conn).await.map(drop)?,
            Self::Sqlite(lent) => sqlx::raw_sql(text).execute(&mut *lent.connection).await.map(drop)?,
        }
        Ok(())
    }

    /// The first statement of every transaction on PostgreSQL: role, agency and client, for this transaction only. And no
    /// compiler: our statements take milliseconds, compiling one takes tens of them.
    pub(super) async fn enter(&mut self, role: &'static str, agency: Option<Uuid>, client: Option<Uuid>) -> Result<()> {
        if let Self::Postgres(_) = self {
            let text = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
            let sql = Sql::new(
                "SELECT set_config('role', $1, true), set_config('riskdesk.agency', $2, true), \
                 set_config('riskdesk.client', $3, true), set_config('jit', 'off', true)",
            );
            self.all(None, sql.bind(role).bind(text(agency)).bind(text(client)))
                .await?;
        }
        Ok(())
    }

    pub(super) fn engine(&self) -> Engine {
        match self {
            Self::Postgres(_) => Engine::Postgres,
            Self::SqliteWriter(_) | Self::Sqlite(_) => Engine::Sqlite,
        }
    }
}

/// Which database there is, for the few statements that must differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A transaction of one tenant. See the module [`super`] for the rule of `$1`.
#[derive(Debug)]
pub struct Tx {
    pub(super) conn: Conn,
    scope: Scope,
}

impl Tx {
    pub(super) fn new(conn: Conn, scope: Scope) -> Self {
        Self { conn, scope }
    }

    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    #[must_use]
    pub fn engine(&self) -> Engine {
        self.conn.engine()
    }

    /// All rows of a statement. Give it a `LIMIT`.
    pub async fn all(&mut self, sql: Sql) -> Result<Vec<Row>> {
        let agency = self.tenant(&sql)?;
        self.conn.all(Some(agency), sql).await
    }

    /// The first row, if there is one.
    pub async fn opt(&mut self, sql: Sql) -> Result<Option<Row>> {
        Ok(self.all(sql).await?.into_iter().next())
    }

    /// The first row; [`Error::Missing`] without.
    pub async fn one(&mut self, sql: Sql) -> Result<Row> {
        self.opt(sql).await?.ok_or(Error::Missing)
    }

    /// Hands over the rows of a statement as they come: for whole sets, which have no `LIMIT`.
    pub async fn each(&mut self, sql: Sql, each: impl FnMut(&Row) -> Result<()> + Send) -> Result<()> {
        let agency = self.tenant(&sql)?;
        self.conn.each(agency, sql, each).await
    }

    /// Runs a statement and says how many rows it touched.
    pub async fn run(&mut self, sql: Sql) -> Result<u64> {
        let agency = self.tenant(&sql)?;
        self.conn.run(Some(agency), sql).await
    }

    /// Writes rows in bulk; the agency is bound in each.
    pub async fn insert(&mut self, rows: Rows) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        self.conn.insert(self.scope.agency().0, rows).await
    }

    /// The agency to bind as `$1`, and the refusal of a statement that does not ask for it.
    fn tenant(&self, sql: &Sql) -> Result<Uuid> {
        let mut rest = sql.text();
        while let Some(at) = rest.find("$1") {
            rest = &rest[at + 2..];
            if !rest.starts_with(|c: char| c.is_ascii_digit()) {
                return Ok(self.scope.agency().0);
            }
        }
        Err(Error::Statement(format!("no agency ($1) in: {}", sql.text())))
    }
}

macro_rules! tenantless {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name {
            pub(super) conn: Conn,
        }

        impl $name {
            /// All rows of a statement; values start at `$1`.
            pub async fn all(&mut self, sql: Sql) -> Result<Vec<Row>> {
                self.conn.all(None, sql).await
            }

            pub async fn opt(&mut self, sql: Sql) -> Result<Option<Row>> {
                Ok(self.all(sql).await?.into_iter().next())
            }

            pub async fn run(&mut self, sql: Sql) -> Result<u64> {
                self.conn.run(None, sql).await
            }

            #[must_use]
            pub fn engine(&self) -> Engine {
                self.conn.engine()
            }
        }
    };
}

tenantless! {
    /// A transaction before a tenant is known: sign-in and tokens. Used by `store/identity.rs` and by the event hub.
    Door
}
tenantless! {
    /// A transaction of the operator on the server's own machine: agencies, first users, plans.
    Admin
}
