//! Opening a database, and transactions on it.

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use futures::future::BoxFuture;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Row as _};

use super::checkpoint::{self, Checkpoints};
use super::scope::Scope;
use super::tx::{Admin, Conn, Door, Engine, Lent, Tx};
use super::writer::Writer;
use super::{Error, Result, lock, migrate};

/// The first SQLite without the WAL-reset race (two connections that write and checkpoint can corrupt the database).
pub const SQLITE_FLOOR: (u32, u32, u32) = (3, 51, 3);

/// How many bytes of a database file its readers see as memory: what one of them has not read before is then in the system's
/// cache, once for all of them.
const MAPPED: &str = "1073741824";

/// A database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) engine: Db,
}

#[derive(Debug, Clone)]
pub(super) enum Db {
    Sqlite {
        readers: SqlitePool,
        writer: Writer,
        lock: lock::Lock,
    },
    Postgres {
        pool: PgPool,
    },
}

impl Store {
    /// Opens a database to serve from. SQLite (`sqlite:PATH`) is created and migrated by this; PostgreSQL
    /// (`postgres://…`) must have been migrated by its owner, and the role of the URL must have no more rights than
    /// serving needs.
    ///
    /// # Errors
    /// [`Error::Setup`] says what to do where the database cannot be used as it is.
    pub async fn open(url: &str) -> Result<Self> {
        let store = Self::connect(url).await?;
        match &store.engine {
            Db::Sqlite { lock, .. } => {
                lock.take()?;
                store.migrate().await?;
            }
            Db::Postgres { pool } => {
                migrate::check_postgres(pool).await?;
                refuse_more_rights(pool).await?;
            }
        }
        Ok(store)
    }

    /// Opens a database for the operator: whatever rights the role has, migrated or not.
    pub async fn open_admin(url: &str) -> Result<Self> {
        Self::connect(url).await
    }

    /// Brings the schema up to this program's version.
    pub async fn migrate(&self) -> Result<()> {
        match &self.engine {
            Db::Sqlite { writer, .. } => writer.exclusive(|tx| Box::pin(migrate::sqlite(tx))).await,
            Db::Postgres { pool } => migrate::postgres(pool).await,
        }
    }

    /// Whether the schema is the one of this program.
    ///
    /// # Errors
    /// [`Error::Setup`] where it is another one; another error where the database does not answer.
    pub async fn check_schema(&self) -> Result<()> {
        self.door_read(|door| Box::pin(migrate::check(door))).await
    }

    /// Makes (or refreshes) the login role that `serve` connects as. PostgreSQL only.
    pub async fn grant_serve_role(&self, role: &str, password: Option<&str>) -> Result<()> {
        match &self.engine {
            Db::Sqlite { .. } => Err(Error::Setup("SQLite has no roles: leave the role out.".into())),
            Db::Postgres { pool } => migrate::serve_role(pool, role, password).await,
        }
    }

    async fn connect(url: &str) -> Result<Self> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return Self::sqlite(Path::new(path)).await;
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(url)
                .map_err(|e| {
                    Error::Setup(format!(
                        "The database URL cannot be read: {e}. Write postgres://USER:PASSWORD@HOST/DATABASE."
                    ))
                })?
                .disable_statement_logging();
            let pool = PgPoolOptions::new()
                .max_connections(16)
                .acquire_timeout(Duration::from_secs(5))
                .connect_with(options)
                .await
                .map_err(|e| {
                    Error::Setup(format!(
                        "PostgreSQL cannot be reached: {e}. Check the URL's host, user and password."
                    ))
                })?;
            return Ok(Self {
                engine: Db::Postgres { pool },
            });
        }
        Err(Error::Setup(
            "The database URL must begin with sqlite: or postgres://, for example sqlite:riskdesk.db.".into(),
        ))
    }

    async fn sqlite(path: &Path) -> Result<Self> {
        let unusable = |e: sqlx::Error| {
            Error::Setup(format!(
                "The database file {} cannot be opened: {e}. Check that its folder exists and is writable.",
                path.display()
            ))
        };
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .pragma("cell_size_check", "true")
            .pragma("trusted_schema", "off")
            .pragma("cache_size", "-16384")
            .pragma("temp_store", "memory")
            .disable_statement_logging();
        let writing = options.clone().pragma("wal_autocheckpoint", checkpoint::LOG);
        let mut first = writing.connect().await.map_err(unusable)?;
        restrict_to_owner(path)?;
        let version: String = sqlx::query("SELECT sqlite_version()")
            .fetch_one(&mut first)
            .await?
            .try_get(0)?;
        if parse_version(&version) < Some(SQLITE_FLOOR) {
            let (a, b, c) = SQLITE_FLOOR;
            return Err(Error::Setup(format!(
                "This build holds SQLite {version}, which can corrupt a database under load; {a}.{b}.{c} or later is needed. Rebuild with the bundled SQLite."
            )));
        }
        let beside = options.clone().connect().await.map_err(unusable)?;
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(
                options
                    .pragma("query_only", "true")
                    .pragma("mmap_size", MAPPED)
                    // Memory is not kept by the page, so that each look at one would check it again; the writer does.
                    .pragma("cell_size_check", "false"),
            )
            .await
            .map_err(unusable)?;
        Ok(Self {
            engine: Db::Sqlite {
                lock: lock::Lock::beside(path),
                readers,
                writer: Writer::start(first, Checkpoints::start(beside)),
            },
        })
    }

    /// Runs a read in one snapshot of one tenant.
    ///
    /// # Errors
    /// Whatever the closure returns, or the database's own failure.
    pub async fn read<T, E, F>(&self, scope: &Scope, read: F) -> Result<T, E>
    where
        E: From<Error>,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send,
    {
        // One snapshot for all statements: what is read together belongs together.
        let mut tx = Tx::new(
            self.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?,
            *scope,
        );
        tx.conn
            .enter(role(scope), Some(scope.agency().0), scope.client().map(|c| c.0))
            .await?;
        let out = read(&mut tx).await;
        finish(tx.conn, false).await?;
        out
    }

    /// Runs an act of one tenant in one transaction: committed where the closure is `Ok`, answered after the commit.
    /// On SQLite acts of several callers share a commit; each stands under its own savepoint.
    ///
    /// # Errors
    /// Whatever the closure returns (nothing is written then), or the database's own failure.
    pub async fn write<T, E, F>(&self, scope: &Scope, act: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        self.write_in(scope, false, act).await
    }

    /// As [`Store::write`], for a step of long work: on SQLite, where there is one writer, it stands behind all others.
    pub async fn write_behind<T, E, F>(&self, scope: &Scope, act: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        self.write_in(scope, true, act).await
    }

    async fn write_in<T, E, F>(&self, scope: &Scope, behind: bool, act: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        match &self.engine {
            Db::Sqlite { writer, .. } => writer.act(*scope, behind, act).await,
            Db::Postgres { .. } => {
                let mut tx = Tx::new(self.begin("BEGIN").await?, *scope);
                tx.conn
                    .enter(role(scope), Some(scope.agency().0), scope.client().map(|c| c.0))
                    .await?;
                let out = act(&mut tx).await;
                finish(tx.conn, out.is_ok()).await?;
                out
            }
        }
    }

    /// Runs a look-up or write before a tenant is known. Short: on SQLite it holds the writer.
    pub async fn door<T, E, F>(&self, act: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Door) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        match &self.engine {
            Db::Sqlite { writer, .. } => writer.door(act).await,
            Db::Postgres { .. } => self.door_read(act).await,
        }
    }

    /// As [`Store::door`], for reads only: on SQLite it does not touch the writer.
    pub async fn door_read<T, E, F>(&self, read: F) -> Result<T, E>
    where
        E: From<Error>,
        F: for<'t> FnOnce(&'t mut Door) -> BoxFuture<'t, Result<T, E>> + Send,
    {
        let mut door = Door {
            conn: self.begin("BEGIN").await?,
        };
        door.conn.enter("riskdesk_door", None, None).await?;
        let out = read(&mut door).await;
        finish(door.conn, out.is_ok()).await?;
        out
    }

    /// Runs an act of the operator.
    pub async fn admin<T, E, F>(&self, act: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Admin) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        match &self.engine {
            Db::Sqlite { writer, .. } => writer.admin(act).await,
            Db::Postgres { .. } => {
                let mut admin = Admin {
                    conn: self.begin("BEGIN").await?,
                };
                admin.conn.enter("riskdesk_admin", None, None).await?;
                let out = act(&mut admin).await;
                finish(admin.conn, out.is_ok()).await?;
                out
            }
        }
    }

    /// Begins a transaction, on PostgreSQL with the statement `postgres`; SQLite's reads are snapshots by themselves. What
    /// happens to a request whose asker hangs up half-way: see [`Lent`].
    async fn begin(&self, postgres: &'static str) -> Result<Conn> {
        let mut conn = match &self.engine {
            Db::Sqlite { readers, .. } => Conn::Sqlite(Lent::new(readers.acquire().await?)),
            Db::Postgres { pool } => Conn::Postgres(Lent::new(pool.acquire().await?)),
        };
        let begin = match conn.engine() {
            Engine::Postgres => postgres,
            Engine::Sqlite => "BEGIN",
        };
        conn.batch(begin).await?;
        Ok(conn)
    }

    /// Lets writes under way finish and closes the database.
    pub async fn close(&self) {
        match &self.engine {
            Db::Sqlite { readers, writer, lock } => {
                writer.stop().await;
                readers.close().await;
                lock.give_up();
            }
            Db::Postgres { pool } => pool.close().await,
        }
    }
}

/// The role of a tenant's transaction: for a client's own people one that may do little.
fn role(scope: &Scope) -> &'static str {
    if scope.client().is_some() {
        "riskdesk_portal"
    } else {
        "riskdesk_app"
    }
}

/// Ends a transaction. A connection on which that fails, or which is dropped before, is not given back to its pool.
async fn finish(mut conn: Conn, commit: bool) -> Result<()> {
    conn.batch(if commit { "COMMIT" } else { "ROLLBACK" }).await?;
    conn.ended();
    Ok(())
}

fn parse_version(text: &str) -> Option<(u32, u32, u32)> {
    let mut parts = text.split('.').map(|p| p.parse::<u32>().ok());
    Some((parts.next()??, parts.next()??, parts.next()??))
}

/// The database holds every client's findings: nobody else on the machine may read it.
fn restrict_to_owner(path: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
            .map_err(|e| Error::Setup(format!("The mode of {} cannot be set to 0600: {e}.", path.display())))?;
    }
    Ok(())
}

/// `serve` runs as a role that owns nothing and bypasses nothing; with more rights row-level security would be a sham.
async fn refuse_more_rights(pool: &PgPool) -> Result<()> {
    let row = sqlx::query(
        "SELECT r.rolsuper, r.rolbypassrls, r.rolcreaterole, \
           EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
                   WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'v', 'S') \
                     AND pg_has_role(current_user, c.relowner, 'MEMBER')) AS owns, \
           pg_has_role(current_user, 'riskdesk_app', 'MEMBER') AND pg_has_role(current_user, 'riskdesk_portal', 'MEMBER') \
             AND pg_has_role(current_user, 'riskdesk_door', 'MEMBER') AS enough, \
           pg_has_role(current_user, 'riskdesk_admin', 'MEMBER') AS admin \
         FROM pg_roles r WHERE r.rolname = current_user",
    )
    .fetch_one(pool)
    .await?;
    let flag = |name: &str| row.try_get::<bool, _>(name).unwrap_or(true);
    let mend = "Run `riskdesk admin migrate --database OWNER_URL --serve-role NAME` as the owner and serve with that role's URL.";
    for (name, what) in [
        ("rolsuper", "is a superuser"),
        ("rolbypassrls", "bypasses row-level security"),
        ("rolcreaterole", "may create roles"),
        ("owns", "owns tables of the database"),
        ("admin", "is a member of riskdesk_admin"),
    ] {
        if flag(name) {
            return Err(Error::Setup(format!(
                "The server will not start: its database role {what}, which would let one agency's data reach another. {mend}"
            )));
        }
    }
    if !row.try_get::<bool, _>("enough").unwrap_or(false) {
        return Err(Error::Setup(format!(
            "The server's database role lacks the roles riskdesk_app, riskdesk_portal and riskdesk_door. {mend}"
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn a_read_that_is_dropped_half_way_does_not_spoil_its_connection() {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", dir.path().join("desk.db").display());
        let store = Store::open(&url).await.unwrap();
        for _ in 0..16 {
            let (told, begun) = tokio::sync::oneshot::channel();
            let read = store.door_read(move |_| {
                async move {
                    let _ = told.send(());
                    std::future::pending::<Result<()>>().await
                }
                .boxed()
            });
            tokio::select! {
                _ = read => {}
                begun = begun => begun.unwrap(),
            }
        }
        for _ in 0..16 {
            store.door_read(|_| async { Ok::<_, Error>(()) }.boxed()).await.unwrap();
        }
    }
}
