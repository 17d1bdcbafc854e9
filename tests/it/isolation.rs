//! What keeps tenants apart below the services: the rule of `$1` (check 7) and PostgreSQL's row-level security (check 6).

use riskdesk::domain::id::AgencyId;
use riskdesk::domain::plan::AgencyKind;
use riskdesk::domain::time::Time;
use riskdesk::service::admin;
use riskdesk::store::{Error, Scope, Sql, Store};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, Row as _};

use crate::support::bench::{Bench, Engine, engines, role_of};
use crate::support::checked;

/// Check 7: a statement that forgets its tenant is refused on both engines, before it reaches the database.
#[tokio::test]
async fn a_statement_that_forgets_the_agency_is_refused() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        bench.client(&admin, "Acme", "all_users").await;
        let scope = Scope::job(bench.alpha);
        let planted = [
            "SELECT name FROM client",
            "SELECT name FROM client WHERE key = $2",
            "SELECT name FROM client WHERE key = '$10'",
            "UPDATE client SET notes = 'x'",
        ];
        let mut failed = 0;
        for text in planted {
            let out: Result<(), Error> = bench
                .desk
                .store()
                .read(&scope, |tx| {
                    Box::pin(async move { tx.all(Sql::new(text).bind("acme")).await.map(drop) })
                })
                .await;
            if !matches!(out, Err(Error::Statement(_))) {
                failed += 1;
                println!("{engine:?}: {text}: {out:?}");
            }
        }
        // And one that names it sees its own rows only.
        for (agency, rows) in [(bench.alpha, 1), (bench.beta, 0), (AgencyId::fresh(), 0)] {
            let seen: Result<usize, Error> = bench
                .desk
                .store()
                .read(&Scope::job(agency), |tx| {
                    Box::pin(async move {
                        Ok(tx
                            .all(Sql::new("SELECT name FROM client WHERE agency_id = $1"))
                            .await?
                            .len())
                    })
                })
                .await;
            failed += usize::from(seen.unwrap() != rows);
        }
        checked(
            &format!("7 the missing tenant is caught ({engine:?})"),
            planted.len() + 3,
            failed,
            7,
        );
        bench.stop().await;
    }
}

/// Check 6: the catalogue of PostgreSQL, read as an auditor would.
#[tokio::test]
async fn row_level_security_holds() {
    if !engines().contains(&Engine::Postgres) {
        return;
    }
    let bench = Bench::start(Engine::Postgres).await;
    let admin = bench.alpha_admin().await;
    let beta = bench.beta_admin().await;
    bench.client(&admin, "Acme", "all_users").await;
    bench.client(&beta, "Theirs", "all_users").await;
    let mut owner = sqlx::PgConnection::connect(&bench.database).await.unwrap();
    let (mut looked, mut failed) = (0, 0);
    let mut wrong = |looked_at: usize, what: Option<String>| {
        looked += looked_at;
        if let Some(what) = what {
            failed += 1;
            println!("{what}");
        }
    };
    // Every table with an agency_id has forced row-level security and a policy for the app role.
    let rows = owner
        .fetch_all(
            "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity, \
               (SELECT count(*) FROM pg_policy p JOIN pg_roles r ON r.oid = ANY (p.polroles) WHERE p.polrelid = c.oid AND r.rolname = 'riskdesk_app') AS policies, \
               has_table_privilege('riskdesk_app', c.oid, 'TRUNCATE, REFERENCES, TRIGGER') AS too_much \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace \
             WHERE n.nspname = 'public' AND c.relkind = 'r' \
               AND EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'agency_id')",
        )
        .await
        .unwrap();
    for row in &rows {
        let table: String = row.get("relname");
        let held = row.get::<bool, _>("relrowsecurity") && row.get::<bool, _>("relforcerowsecurity");
        let policies: i64 = row.get("policies");
        let bad = !held || policies != 1 || row.get::<bool, _>("too_much");
        wrong(1, bad.then(|| format!("{table}: forced {held}, policies {policies}")));
    }
    assert!(rows.len() >= 20, "{} tenant tables", rows.len());
    // The roles own nothing and bypass nothing, and cannot log in; the serve role inherits nothing.
    for row in owner
        .fetch_all(
            "SELECT rolname, rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb AS strong, rolcanlogin, \
               (SELECT count(*) FROM pg_class c WHERE c.relowner = r.oid) AS owns \
             FROM pg_roles r WHERE rolname IN ('riskdesk_app', 'riskdesk_portal', 'riskdesk_door', 'riskdesk_admin')",
        )
        .await
        .unwrap()
    {
        let bad = row.get::<bool, _>("strong") || row.get::<bool, _>("rolcanlogin") || row.get::<i64, _>("owns") > 0;
        wrong(1, bad.then(|| format!("role {}", row.get::<String, _>("rolname"))));
    }
    // What runs with the owner's rights is one function: it counts rows and tells nobody.
    let functions = owner
        .fetch_all(
            "SELECT p.proname, p.prosecdef, p.prorettype = 'void'::regtype AND p.pronargs = 0 AS tells_nothing, \
               COALESCE('search_path=public, pg_temp' = ANY (p.proconfig), FALSE) AS pinned, \
               EXISTS (SELECT 1 FROM aclexplode(p.proacl) a WHERE a.grantee = 0) OR p.proacl IS NULL AS anybody \
             FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public'",
        )
        .await
        .unwrap();
    for row in &functions {
        let name: String = row.get("proname");
        let held =
            row.get::<bool, _>("tells_nothing") && row.get::<bool, _>("pinned") && !row.get::<bool, _>("anybody");
        let bad = row.get::<bool, _>("prosecdef") && !(held && name == "findings_counted");
        wrong(1, bad.then(|| format!("function {name}")));
    }
    assert!(!functions.is_empty());
    // Without a scope there are no rows, whatever the role asks.
    let serve = serve_url(&bench);
    let mut app = sqlx::PgConnection::connect(&serve).await.unwrap();
    let tables: Vec<String> = rows.iter().map(|r| r.get("relname")).collect();
    for table in &tables {
        app.execute("BEGIN; SET LOCAL ROLE riskdesk_app").await.unwrap();
        let seen = app
            .fetch_one(AssertSqlSafe(format!("SELECT count(*) AS n FROM {table}")))
            .await;
        app.execute("ROLLBACK").await.unwrap();
        let bad = seen.is_ok_and(|row| row.get::<i64, _>("n") > 0);
        wrong(1, bad.then(|| format!("{table} shows rows without a scope")));
        let bare = app
            .fetch_one(AssertSqlSafe(format!("SELECT count(*) AS n FROM {table}")))
            .await;
        wrong(1, bare.is_ok().then(|| format!("{table} can be read without any role")));
    }
    checked("6 catalogue", looked, failed, 60);

    // The server refuses to start with more rights than it needs.
    let owner_url = bench.database.clone();
    let refused = Store::open(&owner_url).await;
    assert!(
        matches!(refused, Err(Error::Setup(ref why)) if why.contains("will not start")),
        "{refused:?}"
    );
    bench.stop().await;
}

/// What a transaction for a client's own people may touch: the tables stand here, each with what may be done to it. A new
/// tenant table is not among them until somebody decides that it is.
const PORTAL: [(&str, &str); 10] = [
    ("audit_event", "INSERT"),
    ("client", "SELECT"),
    ("comment", "INSERT"),
    ("event", "INSERT"),
    ("finding", "SELECT UPDATE(client_wrote_last)"),
    ("finding_merged", "SELECT"),
    ("idempotency", "INSERT SELECT UPDATE"),
    ("portal_user", "SELECT"),
    ("portal_user_project", "SELECT"),
    ("project", "SELECT UPDATE(version)"),
];

/// Check 6 for the portal: its role has the rights that are listed and no others, each under a policy on the client; and
/// with a client set it sees what was released to that client, whatever it asks.
#[tokio::test]
async fn the_portals_role_sees_one_client() {
    if !engines().contains(&Engine::Postgres) {
        return;
    }
    let bench = Bench::start(Engine::Postgres).await;
    let admin = bench.alpha_admin().await;
    let (mut looked, mut failed) = (0, 0);
    let mut wrong = |what: Option<String>| {
        looked += 1;
        if let Some(what) = what {
            failed += 1;
            println!("{what}");
        }
    };
    let mut owner = sqlx::PgConnection::connect(&bench.database).await.unwrap();
    let rows = owner
        .fetch_all(
            "SELECT c.relname AS name, \
               (SELECT string_agg(p.what, ' ' ORDER BY p.what) FROM ( \
                  SELECT a.privilege_type AS what FROM aclexplode(c.relacl) a JOIN pg_roles r ON r.oid = a.grantee WHERE r.rolname = 'riskdesk_portal' \
                  UNION ALL SELECT a.privilege_type || '(' || t.attname || ')' FROM pg_attribute t, aclexplode(t.attacl) a JOIN pg_roles r ON r.oid = a.grantee \
                    WHERE t.attrelid = c.oid AND r.rolname = 'riskdesk_portal') p) AS rights, \
               COALESCE((SELECT string_agg(pg_get_expr(p.polqual, c.oid) || pg_get_expr(p.polwithcheck, c.oid), ' ') FROM pg_policy p \
                  JOIN pg_roles r ON r.oid = ANY (p.polroles) WHERE p.polrelid = c.oid AND r.rolname = 'riskdesk_portal'), '') AS rule, \
               EXISTS (SELECT 1 FROM pg_attribute t WHERE t.attrelid = c.oid AND t.attname = 'agency_id') AS tenants \
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'public' AND c.relkind = 'r'",
        )
        .await
        .unwrap();
    for row in &rows {
        let (name, rights): (String, Option<String>) = (row.get("name"), row.get("rights"));
        let listed = PORTAL
            .iter()
            .find(|(table, _)| *table == name)
            .map(|(_, rights)| *rights);
        let expected = if name == "schema_migration" {
            Some("SELECT")
        } else {
            listed
        };
        wrong((rights.as_deref() != expected).then(|| format!("{name}: {rights:?}, decided {expected:?}")));
        let rule: String = row.get("rule");
        let held = rule.contains("riskdesk.agency") && (rule.contains("riskdesk.client") || name == "comment");
        wrong((listed.is_some() && !(held && row.get::<bool, _>("tenants"))).then(|| format!("{name}: policy {rule}")));
    }
    // Two clients, each with a released and an unreleased finding.
    let mut clients = Vec::new();
    for name in ["Own", "Other"] {
        let client = bench.client(&admin, name, "all_users").await;
        let project = bench.project(&admin, name, client["key"].as_str()).await;
        for release in [true, false] {
            let body = serde_json::json!({ "project": project["key"], "title": "Weak cipher", "severity": "high" });
            let finding = bench.post(&admin, "/api/v1/findings", body).await.ok();
            let at = format!("/api/v1/findings/{}", finding["key"].as_str().unwrap());
            let text = serde_json::json!({ "text": "Hello.", "audience": "internal" });
            bench.post(&admin, &format!("{at}/comments"), text).await.ok();
            if release {
                let at = format!("{at}/release");
                bench
                    .write(&admin, "POST", &at, Some(1), serde_json::json!({}))
                    .await
                    .ok();
            }
        }
        clients.push(client["id"].as_str().unwrap().to_owned());
    }
    let mut portal = sqlx::PgConnection::connect(&serve_url(&bench)).await.unwrap();
    let enter = format!(
        "BEGIN; SELECT set_config('role', 'riskdesk_portal', true), set_config('riskdesk.agency', '{}', true), \
         set_config('riskdesk.client', '{}', true)",
        bench.alpha, clients[0]
    );
    for row in &rows {
        let name: String = row.get("name");
        portal.execute(AssertSqlSafe(enter.clone())).await.unwrap();
        let seen = portal
            .fetch_one(AssertSqlSafe(format!("SELECT count(*) AS n FROM {name}")))
            .await;
        portal.execute("ROLLBACK").await.unwrap();
        let seen = seen.ok().map(|row| row.get::<i64, _>("n"));
        let expected = match name.as_str() {
            "finding" | "project" | "client" => Some(1),
            "finding_merged" | "idempotency" | "portal_user" | "portal_user_project" => Some(0),
            "schema_migration" => seen,
            _ => None,
        };
        wrong((seen != expected).then(|| format!("{name}: the portal sees {seen:?} rows, not {expected:?}")));
    }
    // Without a client there is nothing, and a statement of the portal's own code cannot leave it.
    let scope = Scope::session(
        bench.alpha,
        riskdesk::domain::access::Actor::Portal {
            client: clients[0].parse().unwrap(),
            role: riskdesk::domain::access::PortalRole::Manager,
        },
    );
    for (text, rows) in [
        ("SELECT id FROM finding WHERE agency_id = $1", Some(1)),
        ("SELECT id FROM client WHERE agency_id = $1", Some(1)),
        ("SELECT id FROM comment WHERE agency_id = $1", None),
        ("SELECT id FROM round WHERE agency_id = $1", None),
        ("SELECT id FROM occurrence WHERE agency_id = $1", None),
    ] {
        let seen: Result<usize, Error> = bench
            .desk
            .store()
            .read(&scope, |tx| {
                Box::pin(async move { Ok(tx.all(Sql::new(text)).await?.len()) })
            })
            .await;
        wrong((seen.as_ref().ok() != rows.as_ref()).then(|| format!("{text}: {seen:?}")));
    }
    checked("6 the portal's role", looked, failed, 60);
    bench.stop().await;
}

fn serve_url(bench: &Bench) -> String {
    let owner = &bench.database;
    let name = owner.rsplit('/').next().unwrap();
    owner.replace(&format!("{}@", role_of(owner)), &format!("{name}_serve@"))
}

/// Check 6, second half: thousands of interleaved transactions of two agencies over a small pool see no foreign row.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn interleaved_transactions_see_their_own() {
    for engine in engines() {
        let bench = Bench::start(engine).await;
        for (token, name) in [
            (bench.alpha_admin().await, "Acme"),
            (bench.beta_admin().await, "Theirs"),
        ] {
            bench.client(&token, name, "all_users").await;
        }
        let store = bench.desk.store().clone();
        let workers = (0..8).map(|worker| {
            let (store, alpha, beta) = (store.clone(), bench.alpha, bench.beta);
            tokio::spawn(async move {
                let mut foreign = 0;
                for n in 0..2500 {
                    let (agency, own) = if (worker + n) % 2 == 0 {
                        (alpha, "Acme")
                    } else {
                        (beta, "Theirs")
                    };
                    let seen: Result<Vec<String>, Error> = store
                        .read(&Scope::job(agency), |tx| {
                            Box::pin(async move {
                                let rows = tx
                                    .all(Sql::new(
                                        "SELECT name FROM client WHERE agency_id = $1 OR $1 IS NOT NULL",
                                    ))
                                    .await?;
                                rows.iter().map(|row| row.get("name")).collect()
                            })
                        })
                        .await;
                    // The statement asks for everything on purpose: PostgreSQL alone can hold it back.
                    foreign += match engine {
                        Engine::Postgres => usize::from(seen.unwrap() != [own]),
                        Engine::Sqlite => usize::from(!seen.unwrap().iter().any(|name| name == own)),
                    };
                }
                foreign
            })
        });
        let foreign: usize = futures::future::join_all(workers)
            .await
            .into_iter()
            .map(Result::unwrap)
            .sum();
        checked(
            &format!("6 interleaved transactions ({engine:?})"),
            20_000,
            foreign,
            20_000,
        );
        bench.stop().await;
    }
}

/// A caller that goes away in the middle of an act leaves nothing behind: not its half-done writes, and not a connection
/// that the next caller would find inside somebody else's transaction.
#[tokio::test]
async fn a_cancelled_act_leaves_nothing() {
    use futures::FutureExt as _;
    for engine in engines() {
        let bench = Bench::start(engine).await;
        let admin = bench.alpha_admin().await;
        bench.client(&admin, "Acme", "all_users").await;
        let store = bench.desk.store().clone();
        let (looked, mut failed) = (40, 0);
        for n in 0..looked {
            let scope = Scope::job(bench.alpha);
            let (wrote, written) = tokio::sync::oneshot::channel::<()>();
            let act = store.write::<(), Error, _>(&scope, move |tx| {
                Box::pin(async move {
                    tx.run(Sql::new("UPDATE client SET notes = 'half' WHERE agency_id = $1"))
                        .await?;
                    let _ = wrote.send(());
                    // PostgreSQL: dropped here. SQLite's writer goes on without its caller, and the act fails by itself.
                    if tx.engine() == riskdesk::store::tx::Engine::Postgres {
                        std::future::pending::<()>().await;
                    }
                    Err(Error::Missing)
                })
            });
            let mut act = Box::pin(act);
            let done = tokio::select! {
                _ = &mut act => true,
                _ = written => false,
            };
            if !done && n % 2 == 0 {
                let _ = act.as_mut().now_or_never();
            }
            drop(act);
            // Reads dropped half-way, too.
            let read = store.read::<(), Error, _>(&scope, |tx| {
                Box::pin(async move {
                    tx.all(Sql::new("SELECT 1 AS one WHERE $1 IS NOT NULL")).await?;
                    std::future::pending().await
                })
            });
            let _ = tokio::time::timeout(std::time::Duration::from_millis(5), read).await;
            let clients = bench.get(&admin, "/api/v1/clients").await;
            if clients.status != 200 || clients.json["items"][0]["notes"] != "" {
                failed += 1;
                println!("{engine:?}: {}", clients.text);
            }
        }
        checked(&format!("cancelled acts ({engine:?})"), looked, failed, 40);
        bench.stop().await;
    }
}

/// Two servers on one SQLite file would each believe to be its only writer: the second does not start.
#[tokio::test]
async fn one_server_per_sqlite_file() {
    let bench = Bench::start(Engine::Sqlite).await;
    let url = bench.database.clone();
    let second = Store::open(&url).await;
    assert!(
        matches!(second, Err(Error::Setup(ref why)) if why.contains("Another server")),
        "{second:?}"
    );
    bench.stop().await;
}

/// On most servers of others the database's owner is no superuser.
#[tokio::test]
async fn an_owner_who_is_no_superuser_sets_a_database_up() {
    let Some(above) = crate::support::postgres() else {
        return;
    };
    let name = format!("plain_{}", std::process::id());
    let mut connection = sqlx::PgConnection::connect(&above).await.unwrap();
    for text in [
        format!("CREATE ROLE {name} LOGIN"),
        format!("CREATE DATABASE {name} OWNER {name}"),
    ] {
        connection.execute(AssertSqlSafe(text)).await.unwrap();
    }
    let owner = crate::support::desk::with_database(&above, &name, Some(&name));
    let store = Store::open_admin(&owner).await.unwrap();
    let refused = store.migrate().await.unwrap_err().to_string();
    assert!(refused.contains("ALTER ROLE owner CREATEROLE"), "{refused}");
    let mut granted = vec![format!("ALTER ROLE {name} CREATEROLE")];
    for role in ["riskdesk_app", "riskdesk_portal", "riskdesk_door", "riskdesk_admin"] {
        // Roles belong to the cluster: another database's owner may have made them.
        granted.push(format!(
            "DO $$ BEGIN IF EXISTS (SELECT 1 FROM pg_roles WHERE rolname = '{role}') THEN \
             GRANT {role} TO {name} WITH ADMIN OPTION; END IF; END $$"
        ));
    }
    for text in granted {
        connection.execute(AssertSqlSafe(text)).await.unwrap();
    }
    store.migrate().await.unwrap();
    let role = format!("{name}_serve");
    store.grant_serve_role(&role, None).await.unwrap();
    let agency = admin::NewAgency {
        name: "Agency".into(),
        kind: AgencyKind::Agency,
        time_zone: "UTC".into(),
        clients: 1,
        projects: 1,
        seats: 1,
    };
    let now = Time::system_now();
    admin::init(&store, agency, "ann@agency.test", "Ann", "correct horse battery", now)
        .await
        .unwrap();
    store.close().await;
    let serving = Store::open(&crate::support::desk::with_database(&above, &name, Some(&role)))
        .await
        .unwrap();
    serving.close().await;
}
