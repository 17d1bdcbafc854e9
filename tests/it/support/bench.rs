//! A server inside the test's own process, over a fresh database of either engine, spoken to as the wire speaks.
//!
//! For checks that need the service's own hands (clock, planted rows, many callers at once). What a user sees is tested
//! against the built binary (`support::desk`).

use std::sync::atomic::{AtomicU32, Ordering};

use reqwest::Method;
use riskdesk::domain::access::Role;
use riskdesk::domain::id::AgencyId;
use riskdesk::domain::time::Time;
use riskdesk::server::Server;
use riskdesk::service::clock::Clock;
use riskdesk::service::limits::Limits;
use riskdesk::service::{Desk, admin, session};
use riskdesk::store::Store;
use serde_json::{Value, json};
use sqlx::{Connection as _, Executor as _};

pub const PASSWORD: &str = "correct horse battery staple";

/// Which database lies below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// The engines that are there: SQLite always, PostgreSQL where a server is given (else it says that it was skipped).
pub fn engines() -> Vec<Engine> {
    let mut engines = vec![Engine::Sqlite];
    if super::postgres().is_some() {
        engines.push(Engine::Postgres);
    }
    engines
}

/// An answer as it came over the wire.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub json: Value,
    pub text: String,
    pub headers: reqwest::header::HeaderMap,
}

impl Answer {
    #[track_caller]
    pub fn ok(self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.text);
        self.json
    }

    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Value {
        assert_eq!(
            (self.status, self.json["code"].as_str()),
            (status, Some(code)),
            "{}",
            self.text
        );
        self.json
    }

    /// The body without its trace id: what two refusals must have in common.
    pub fn anonymous(&self) -> Value {
        let mut json = self.json.clone();
        if let Some(map) = json.as_object_mut() {
            map.remove("trace_id");
        }
        json
    }
}

/// A running server with two agencies.
pub struct Bench {
    pub engine: Engine,
    pub desk: Desk,
    pub clock: Clock,
    pub url: String,
    pub http: reqwest::Client,
    /// For rows that tests look at or plant: the owner's connection.
    pub database: String,
    pub admin_store: Store,
    pub alpha: AgencyId,
    pub beta: AgencyId,
    server: Option<Server>,
    /// The URL to serve with, and within which limits.
    serve: String,
    limits: Limits,
    dir: tempfile::TempDir,
}

/// One more server over the database of a bench.
pub struct Beside {
    pub desk: Desk,
    pub url: String,
    server: Server,
}

impl Beside {
    pub async fn stop(self) {
        self.server.stop().await;
    }
}

static NEXT: AtomicU32 = AtomicU32::new(0);

impl Bench {
    /// A server over a fresh database with the agencies "Alpha" and "Beta", each with an admin `admin@alpha.test`
    /// (`admin@beta.test`).
    pub async fn start(engine: Engine) -> Self {
        // Checks ask as fast as they can; the rates have tests of their own.
        let limits = Limits {
            requests_per_minute: 0,
            visits_per_minute: 0,
            passwords_waiting: 1000,
            streams_per_person: 1000,
            // Where the places of an import may follow it in parts they do, however few there are.
            rows_at_once: 3,
            ..Limits::default()
        };
        Self::within(engine, limits).await
    }

    /// As [`Bench::start`], with other limits.
    pub async fn within(engine: Engine, limits: Limits) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = tempfile::tempdir().unwrap();
        let (owner, serve) = match engine {
            Engine::Sqlite => {
                let url = format!("sqlite:{}", dir.path().join("desk.db").display());
                (url.clone(), url)
            }
            Engine::Postgres => postgres_database().await,
        };
        let clock = Clock::system();
        let (store, admin_store) = match engine {
            // One writer: both faces share the store.
            Engine::Sqlite => {
                let store = Store::open(&serve).await.unwrap();
                (store.clone(), store)
            }
            Engine::Postgres => {
                let admin_store = Store::open_admin(&owner).await.unwrap();
                admin_store.migrate().await.unwrap();
                let role = role_of(&serve);
                admin_store.grant_serve_role(&role, None).await.unwrap();
                (Store::open(&serve).await.unwrap(), admin_store)
            }
        };
        let mut agencies = Vec::new();
        for name in ["Alpha", "Beta"] {
            let email = format!("admin@{}.test", name.to_lowercase());
            let new = admin::NewAgency::named(name);
            agencies.push(
                admin::init(&admin_store, new, &email, "Ada Admin", PASSWORD, clock.now())
                    .await
                    .unwrap(),
            );
        }
        let (desk, server) = serving(store, &clock, dir.path(), &limits).await;
        Self {
            engine,
            desk,
            clock,
            url: format!("http://{}", server.address),
            http: reqwest::Client::builder()
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            database: owner,
            admin_store,
            alpha: agencies[0],
            beta: agencies[1],
            server: Some(server),
            serve,
            limits,
            dir,
        }
    }

    /// Another server over the same PostgreSQL, as another process would be.
    pub async fn beside(&self) -> Beside {
        let store = Store::open(&self.serve).await.unwrap();
        let (desk, server) = serving(store, &self.clock, self.dir.path(), &self.limits).await;
        let url = format!("http://{}", server.address);
        Beside { desk, url, server }
    }

    /// Stops the server and starts it again, at another address.
    pub async fn restart(&mut self) {
        self.server.take().unwrap().stop().await;
        let store = Store::open(&self.serve).await.unwrap();
        if self.engine == Engine::Sqlite {
            self.admin_store = store.clone();
        }
        let (desk, server) = serving(store, &self.clock, self.dir.path(), &self.limits).await;
        self.url = format!("http://{}", server.address);
        (self.desk, self.server) = (desk, Some(server));
    }

    /// Stops the server and closes the database, waiting for both.
    pub async fn stop(mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
        self.admin_store.close().await;
        if self.engine == Engine::Postgres {
            drop_database(&self.database).await;
        }
    }

    /// Adds a user (by `admin`) and gives an access token of a new session.
    pub async fn user(&self, agency: AgencyId, email: &str, role: Role) -> String {
        let now = self.clock.now();
        admin::add_user(
            &self.admin_store,
            &agency.to_string(),
            email,
            email,
            role,
            Some(PASSWORD),
            now,
        )
        .await
        .unwrap();
        self.token(agency, email).await
    }

    /// An access token of a new session of this user.
    pub async fn token(&self, agency: AgencyId, email: &str) -> String {
        session::open_for(&self.desk, agency, email, "test")
            .await
            .unwrap()
            .unwrap()
            .access_token
    }

    pub async fn alpha_admin(&self) -> String {
        self.token(self.alpha, "admin@alpha.test").await
    }

    pub async fn beta_admin(&self) -> String {
        self.token(self.beta, "admin@beta.test").await
    }

    pub fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = if path.starts_with("http") {
            path.to_owned()
        } else {
            format!("{}{path}", self.url)
        };
        self.http.request(Method::from_bytes(method.as_bytes()).unwrap(), url)
    }

    pub async fn send(request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = response.text().await.unwrap();
        Answer {
            status,
            json: serde_json::from_str(&text).unwrap_or(Value::Null),
            text,
            headers,
        }
    }

    pub async fn get(&self, token: &str, path: &str) -> Answer {
        Self::send(self.request("GET", path).bearer_auth(token)).await
    }

    /// A write with a fresh key; `version` goes into `If-Match`.
    pub async fn write(&self, token: &str, method: &str, path: &str, version: Option<i64>, body: Value) -> Answer {
        self.write_as(token, method, path, version, body, &uuid::Uuid::new_v4().to_string())
            .await
    }

    /// A write with a given key.
    pub async fn write_as(
        &self,
        token: &str,
        method: &str,
        path: &str,
        version: Option<i64>,
        body: Value,
        key: &str,
    ) -> Answer {
        let mut request = self
            .request(method, path)
            .bearer_auth(token)
            .header("Idempotency-Key", key);
        if let Some(version) = version {
            request = request.header("If-Match", format!("\"{version}\""));
        }
        if method != "DELETE" {
            request = request.json(&body);
        }
        Self::send(request).await
    }

    pub async fn post(&self, token: &str, path: &str, body: Value) -> Answer {
        self.write(token, "POST", path, None, body).await
    }

    /// A client whose manager is the agency's admin; gives its JSON.
    #[track_caller]
    pub fn client<'a>(&'a self, token: &'a str, name: &'a str, access: &'a str) -> impl Future<Output = Value> + 'a {
        async move {
            let agency = self.get(token, "/api/v1/session").await.ok()["agency"]["name"]
                .as_str()
                .unwrap()
                .to_lowercase();
            let manager = format!("admin@{agency}.test");
            self.post(
                token,
                "/api/v1/clients",
                json!({ "name": name, "account_manager": manager, "agency_access": access }),
            )
            .await
            .ok()
        }
    }

    /// A project, in a client where one is given; gives its JSON.
    pub async fn project(&self, token: &str, name: &str, client: Option<&str>) -> Value {
        self.post(token, "/api/v1/projects", json!({ "name": name, "client": client }))
            .await
            .ok()
    }

    /// One number from the database, as the owner sees it.
    pub async fn number(&self, sql: &'static str) -> i64 {
        match self.engine {
            Engine::Sqlite => {
                let path = self.database.trim_start_matches("sqlite:");
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                let mut conn = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
                sqlx::query_scalar(sql).fetch_one(&mut conn).await.unwrap()
            }
            Engine::Postgres => {
                let mut conn = sqlx::PgConnection::connect(&self.database).await.unwrap();
                sqlx::query_scalar(sql).fetch_one(&mut conn).await.unwrap()
            }
        }
    }

    /// Runs statements as the owner: for what tests plant.
    pub async fn plant(&self, sql: &'static str) {
        match self.engine {
            Engine::Sqlite => {
                let path = self.database.trim_start_matches("sqlite:");
                let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
                let mut conn = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
                conn.execute(sql).await.unwrap();
            }
            Engine::Postgres => {
                let mut conn = sqlx::PgConnection::connect(&self.database).await.unwrap();
                conn.execute(sql).await.unwrap();
            }
        }
    }

    pub fn now(&self) -> Time {
        self.clock.now()
    }
}

async fn serving(store: Store, clock: &Clock, dir: &std::path::Path, limits: &Limits) -> (Desk, Server) {
    let desk = Desk::within(store, clock.clone(), Some(dir.to_owned()), limits.clone())
        .await
        .unwrap();
    // This process is the tests'; reports are decoded by the program itself.
    desk.set_decoder(env!("CARGO_BIN_EXE_riskdesk").into());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::start(desk.clone(), listener).await.unwrap();
    (desk, server)
}

/// The user name of a PostgreSQL URL.
pub fn role_of(url: &str) -> String {
    let authority = url.split("://").nth(1).unwrap_or_default();
    authority.split('@').next().unwrap_or_default().to_owned()
}

/// A cluster that serves many runs would fill up.
async fn drop_database(url: &str) {
    let owner = super::postgres().expect("engines() gave PostgreSQL");
    let (_, name) = url.rsplit_once('/').unwrap();
    let mut conn = sqlx::PgConnection::connect(&owner).await.unwrap();
    conn.execute(sqlx::AssertSqlSafe(format!("DROP DATABASE {name} WITH (FORCE)")))
        .await
        .unwrap();
    conn.execute(sqlx::AssertSqlSafe(format!("DROP ROLE IF EXISTS {name}_serve")))
        .await
        .unwrap();
}

/// A fresh database: the owner's URL and the one to serve with (its role is made by `grant_serve_role`).
async fn postgres_database() -> (String, String) {
    let owner = super::postgres().expect("engines() gave PostgreSQL");
    let name = format!("bench_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let mut conn = sqlx::PgConnection::connect(&owner).await.unwrap();
    conn.execute(sqlx::AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name}")))
        .await
        .unwrap();
    conn.execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .await
        .unwrap();
    let (scheme, rest) = owner.split_once("://").unwrap();
    let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    (
        format!("{scheme}://{authority}/{name}"),
        format!("{scheme}://{name}_serve@{host}/{name}"),
    )
}
