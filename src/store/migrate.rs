//! The schema: migrations, roles, row-level security.
//!
//! One text serves both engines. Types are PostgreSQL's; for SQLite they are rewritten to its five. Lines that begin
//! with `--pg ` are PostgreSQL's alone, with `--lite ` SQLite's. `--@tenant TABLE RIGHTS [CLIENT column]` makes a table a tenant's: row-level
//! security enabled and forced, a policy on `agency_id` (and on the client where a transaction is a portal's), rights
//! for `riskdesk_app`. `--@portal TABLE RIGHTS WHEN condition` lets `riskdesk_portal`, the role of transactions for a
//! client's own people, at those rows of the agency (`CLIENT` stands for theirs); without such a line a table does not
//! exist for it. `--@door` and `--@admin` give the two tenantless roles what they need and no more.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};
use sqlx::postgres::PgPool;
use sqlx::{AssertSqlSafe, Row as _};

use super::tx::{Conn, Door, Engine};
use super::{Error, Result, Sql};
use crate::domain::hex::hex;
use crate::domain::time::Time;

/// In order; a shipped one never changes.
const MIGRATIONS: &[(&str, &str)] = &[
    ("0001_base", include_str!("migrations/0001_base.sql")),
    ("0002_findings", include_str!("migrations/0002_findings.sql")),
    ("0003_imports", include_str!("migrations/0003_imports.sql")),
    ("0004_mentions", include_str!("migrations/0004_mentions.sql")),
    ("0005_places", include_str!("migrations/0005_places.sql")),
    ("0006_portal", include_str!("migrations/0006_portal.sql")),
    ("0007_housekeeping", include_str!("migrations/0007_housekeeping.sql")),
    ("0008_lanes", include_str!("migrations/0008_lanes.sql")),
    ("0009_undo", include_str!("migrations/0009_undo.sql")),
    ("0010_records", include_str!("migrations/0010_records.sql")),
    ("0011_undo_stack", include_str!("migrations/0011_undo_stack.sql")),
    ("0012_tokens", include_str!("migrations/0012_tokens.sql")),
    ("0013_event_order", include_str!("migrations/0013_event_order.sql")),
    ("0014_overview", include_str!("migrations/0014_overview.sql")),
    ("0015_tags", include_str!("migrations/0015_tags.sql")),
    ("0016_groups", include_str!("migrations/0016_groups.sql")),
    ("0017_kept", include_str!("migrations/0017_kept.sql")),
    ("0018_orders", include_str!("migrations/0018_orders.sql")),
    ("0019_search", include_str!("migrations/0019_search.sql")),
    ("0020_corrections", include_str!("migrations/0020_corrections.sql")),
    ("0022_sightings", include_str!("migrations/0022_sightings.sql")),
    ("0023_import_undo", include_str!("migrations/0023_import_undo.sql")),
    ("0024_words_gone", include_str!("migrations/0024_words_gone.sql")),
    (
        "0025_search_projects",
        include_str!("migrations/0025_search_projects.sql"),
    ),
    ("0026_import_rest", include_str!("migrations/0026_import_rest.sql")),
    ("0027_kept_rows", include_str!("migrations/0027_kept_rows.sql")),
    ("0028_statistics", include_str!("migrations/0028_statistics.sql")),
    ("0029_import_lines", include_str!("migrations/0029_import_lines.sql")),
    (
        "0030_places_in_order",
        include_str!("migrations/0030_places_in_order.sql"),
    ),
];

/// The roles that transactions run as. None can log in, none owns anything.
const ROLES: [&str; 4] = ["riskdesk_app", "riskdesk_portal", "riskdesk_door", "riskdesk_admin"];

const BOOK: &str = "CREATE TABLE IF NOT EXISTS schema_migration (name TEXT NOT NULL PRIMARY KEY, digest TEXT NOT NULL, applied_at BIGINT NOT NULL)";

/// The text of a migration for one engine.
fn render(source: &str, engine: Engine) -> String {
    let mut out = String::with_capacity(source.len() * 2);
    for line in source.lines() {
        let only = [("--pg ", Engine::Postgres), ("--lite ", Engine::Sqlite)]
            .into_iter()
            .find_map(|(mark, of)| Some((line.trim_start().strip_prefix(mark)?, of)));
        if let Some((only, of)) = only {
            if engine == of {
                out.push_str(only);
                out.push('\n');
            }
        } else if let Some(rights) = line.strip_prefix("--@") {
            if engine == Engine::Postgres {
                expand_rights(&mut out, rights);
            }
        } else if !line.trim_start().starts_with("--") {
            match engine {
                Engine::Postgres => out.push_str(
                    &line
                        .replace(" FOLDED", " TEXT COLLATE \"C\"")
                        .replace(" IDENTITY", " BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY")
                        .replace(" COMPUTED", " STORED"),
                ),
                Engine::Sqlite if line == ");" => out.push_str(") STRICT;"),
                Engine::Sqlite => out.push_str(
                    &line
                        .replace(" IDENTITY", " INTEGER PRIMARY KEY AUTOINCREMENT")
                        .replace(" FOLDED", " TEXT")
                        .replace(" COMPUTED", " VIRTUAL")
                        .replace(" UUID", " BLOB")
                        .replace(" BYTEA", " BLOB")
                        .replace(" BIGINT", " INTEGER")
                        .replace(" BOOLEAN", " INTEGER")
                        .replace(" DOUBLE PRECISION", " REAL"),
                ),
            }
            out.push('\n');
        }
    }
    out
}

fn expand_rights(out: &mut String, line: &str) {
    let mut words = line.splitn(3, ' ');
    let (kind, table, rest) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let (rest, when) = match rest.split_once(" WHEN ") {
        Some((rest, when)) => (rest, Some(when)),
        None => (rest, None),
    };
    let (rights, client) = match rest.split_once(" CLIENT ") {
        Some((rights, column)) => (rights, Some(column)),
        None => (rest, None),
    };
    let _ = writeln!(
        out,
        "GRANT {rights} ON {table} TO riskdesk_{};",
        if kind == "tenant" { "app" } else { kind }
    );
    let mut rule = "agency_id = NULLIF(current_setting('riskdesk.agency', true), '')::uuid".to_owned();
    if kind == "tenant" {
        if let Some(column) = client {
            let _ = write!(
                rule,
                " AND (COALESCE(current_setting('riskdesk.client', true), '') = '' OR {column} = NULLIF(current_setting('riskdesk.client', true), '')::uuid)"
            );
        }
        let _ = writeln!(
            out,
            "ALTER TABLE {table} ENABLE ROW LEVEL SECURITY; ALTER TABLE {table} FORCE ROW LEVEL SECURITY;\n\
             CREATE POLICY tenant ON {table} TO riskdesk_app USING ({rule}) WITH CHECK ({rule});"
        );
    } else if let Some(when) = when {
        let own = when.replace("CLIENT", "NULLIF(current_setting('riskdesk.client', true), '')::uuid");
        let _ = write!(rule, " AND ({own})");
        let _ = writeln!(
            out,
            "CREATE POLICY {kind} ON {table} TO riskdesk_{kind} USING ({rule}) WITH CHECK ({rule});"
        );
    } else {
        let _ = writeln!(
            out,
            "CREATE POLICY {kind} ON {table} TO riskdesk_{kind} USING (true) WITH CHECK (true);"
        );
    }
}

fn digest(source: &str) -> String {
    hex(&Sha256::digest(source))
}

fn changed(name: &str) -> Error {
    Error::Setup(format!(
        "The database was migrated with another text of {name}: it belongs to a different build of riskdesk. Use that build, or start with a new database."
    ))
}

/// Migrates the writer's own SQLite database.
pub(super) async fn sqlite(conn: &mut Conn) -> Result<()> {
    conn.batch(BOOK).await?;
    for (name, source) in MIGRATIONS {
        let known = conn
            .all(
                None,
                Sql::new("SELECT digest FROM schema_migration WHERE name = $1").bind(*name),
            )
            .await?;
        if let Some(row) = known.first() {
            if row.get::<String>("digest")? != digest(source) {
                return Err(changed(name));
            }
            continue;
        }
        let Conn::SqliteWriter(raw) = conn else {
            return Err(Error::Statement("not the writer".into()));
        };
        let text = format!("BEGIN IMMEDIATE; {} COMMIT;", render(source, Engine::Sqlite));
        if let Err(error) = sqlx::raw_sql(AssertSqlSafe(text)).execute(&mut **raw).await {
            let _ = conn.batch("ROLLBACK").await;
            return Err(error.into());
        }
        let book = Sql::new("INSERT INTO schema_migration (name, digest, applied_at) VALUES ($1, $2, $3)");
        conn.run(None, book.bind(*name).bind(digest(source)).bind(Time::system_now()))
            .await?;
    }
    Ok(())
}

/// Migrates a PostgreSQL database as its owner.
pub(super) async fn postgres(pool: &PgPool) -> Result<()> {
    for role in ROLES {
        make_role(pool, role).await?;
    }
    let mut tx = pool.begin().await?;
    // One migration at a time, whoever starts it.
    sqlx::query("SELECT pg_advisory_xact_lock(7211300421)")
        .execute(&mut *tx)
        .await?;
    sqlx::query(BOOK).execute(&mut *tx).await?;
    sqlx::query("GRANT SELECT ON schema_migration TO riskdesk_app, riskdesk_portal, riskdesk_door, riskdesk_admin")
        .execute(&mut *tx)
        .await?;
    sqlx::raw_sql("GRANT USAGE ON SCHEMA public TO riskdesk_app, riskdesk_portal, riskdesk_door, riskdesk_admin")
        .execute(&mut *tx)
        .await?;
    for (name, source) in MIGRATIONS {
        let known = sqlx::query("SELECT digest FROM schema_migration WHERE name = $1")
            .bind(*name)
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(row) = known {
            if row.try_get::<String, _>("digest")? != digest(source) {
                return Err(changed(name));
            }
            continue;
        }
        sqlx::raw_sql(AssertSqlSafe(render(source, Engine::Postgres)))
            .execute(&mut *tx)
            .await?;
        sqlx::query("INSERT INTO schema_migration (name, digest, applied_at) VALUES ($1, $2, $3)")
            .bind(*name)
            .bind(digest(source))
            .bind(Time::system_now().0)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Makes a role that cannot log in, where the cluster lacks it, and lets the owner act as it. Roles belong to the
/// cluster: databases that are migrated at the same time race here, and the loser's attempt is simply repeated.
///
/// Since PostgreSQL 16 whoever makes a role is a member of it, but one that may not act as it, so there membership says
/// nothing.
async fn make_role(pool: &PgPool, role: &'static str) -> Result<()> {
    let text = format!(
        "DO $$ DECLARE may boolean; BEGIN \
           IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} NOLOGIN; END IF; \
           IF current_setting('server_version_num')::int >= 160000 THEN may := pg_has_role(current_user, '{role}', 'SET'); \
           ELSE may := pg_has_role(current_user, '{role}', 'MEMBER'); END IF; \
           IF NOT may THEN EXECUTE format('GRANT {role} TO %I', current_user); END IF; \
         END $$"
    );
    let mut last = None;
    for _ in 0..20 {
        match sqlx::raw_sql(AssertSqlSafe(text.clone())).execute(pool).await {
            Ok(_) => return Ok(()),
            Err(error) if is_denied(&error) => return Err(no_roles(role)),
            Err(error) => last = Some(error),
        }
    }
    Err(last.map_or(Error::Missing, Error::Database))
}

fn is_denied(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .and_then(sqlx::error::DatabaseError::code)
        .as_deref()
        == Some("42501")
}

/// The owner of the database is no superuser, and nobody let it make roles.
fn no_roles(role: &str) -> Error {
    Error::Setup(format!(
        "The owner of the database may not make the role {role} and act as it. Run as a superuser, once: \
         ALTER ROLE owner CREATEROLE; and, where {role} exists already: GRANT {role} TO owner WITH ADMIN OPTION;"
    ))
}

/// Makes the role that `serve` logs in as: a member of `riskdesk_app`, `riskdesk_portal` and `riskdesk_door` that inherits
/// nothing.
pub(super) async fn serve_role(pool: &PgPool, role: &str, password: Option<&str>) -> Result<()> {
    if role.is_empty()
        || role.len() > 60
        || !role
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    {
        return Err(Error::Setup(
            "A role's name is made of lower-case letters, digits and _, at most 60 of them.".into(),
        ));
    }
    // `format` quotes both; the values travel as settings because DO takes no parameters.
    let mut tx = pool.begin().await?;
    sqlx::query("SELECT set_config('riskdesk.new_role', $1, true), set_config('riskdesk.new_password', $2, true)")
        .bind(role)
        .bind(password.unwrap_or_default())
        .execute(&mut *tx)
        .await?;
    sqlx::raw_sql(
        "DO $$ DECLARE r text := current_setting('riskdesk.new_role'); p text := current_setting('riskdesk.new_password'); BEGIN \
           IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = r) THEN EXECUTE format('CREATE ROLE %I LOGIN NOINHERIT', r); END IF; \
           IF p <> '' THEN EXECUTE format('ALTER ROLE %I PASSWORD %L', r, p); END IF; \
           EXECUTE format('GRANT riskdesk_app, riskdesk_portal, riskdesk_door TO %I', r); \
           EXECUTE format('GRANT SELECT ON schema_migration TO %I', r); \
           EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', r); \
         END $$",
    )
    .execute(&mut *tx)
    .await
    .map_err(|error| if is_denied(&error) { no_roles(role) } else { error.into() })?;
    tx.commit().await?;
    Ok(())
}

const MEND: &str = "Run `riskdesk admin migrate --database OWNER_URL` as the database's owner first.";

/// Refuses to serve from a database of another version.
pub(super) async fn check_postgres(pool: &PgPool) -> Result<()> {
    let rows = sqlx::query("SELECT digest FROM schema_migration ORDER BY name")
        .fetch_all(pool)
        .await
        .map_err(|_| Error::Setup(format!("The database has no schema of riskdesk. {MEND}")))?;
    let digests: Result<Vec<String>, _> = rows.iter().map(|row| row.try_get("digest")).collect();
    compare(&digests?)
}

/// As [`check_postgres`], of either engine, while serving: another build may have migrated it meanwhile.
pub(super) async fn check(door: &mut Door) -> Result<()> {
    let rows = door
        .all(Sql::new("SELECT digest FROM schema_migration ORDER BY name"))
        .await?;
    let digests: Result<Vec<String>> = rows.iter().map(|row| row.get("digest")).collect();
    compare(&digests?)
}

fn compare(digests: &[String]) -> Result<()> {
    for (n, (name, source)) in MIGRATIONS.iter().enumerate() {
        match digests.get(n) {
            Some(known) if *known == digest(source) => {}
            Some(_) => return Err(changed(name)),
            None => return Err(Error::Setup(format!("The database lacks the migration {name}. {MEND}"))),
        }
    }
    if digests.len() > MIGRATIONS.len() {
        return Err(Error::Setup(
            "The database was migrated by a newer riskdesk. Upgrade this one.".into(),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_text_serves_both_engines() {
        let source = "CREATE TABLE t (\n  agency_id UUID NOT NULL,\n  --pg x xid8,\n  name FOLDED\n);\n--@tenant t SELECT CLIENT id\n";
        let lite = render(source, Engine::Sqlite);
        assert_eq!(
            lite,
            "CREATE TABLE t (\n  agency_id BLOB NOT NULL,\n  name TEXT\n) STRICT;\n"
        );
        let pg = render(source, Engine::Postgres);
        assert!(
            pg.contains("x xid8,") && pg.contains("COLLATE \"C\"") && pg.contains("FORCE ROW LEVEL SECURITY"),
            "{pg}"
        );
        assert!(pg.contains("riskdesk.client"), "{pg}");
    }
}
