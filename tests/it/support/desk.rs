//! A real server with a database of its own and an agency in it, as an operator would set it up: through `admin`.

use std::io::{BufRead as _, BufReader};
use std::process::Child;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::binary::{Home, Ran};

pub const ADMIN: &str = "ann@agency.test";
pub const PASSWORD: &str = "correct horse battery staple";

/// Which database lies below.
#[derive(Debug, Clone)]
pub enum Engine {
    Sqlite,
    /// The owner's URL of a server on which databases may be made.
    Postgres(String),
}

/// The databases that are at hand.
pub fn engines() -> Vec<Engine> {
    let postgres = super::postgres().map(Engine::Postgres);
    std::iter::once(Engine::Sqlite).chain(postgres).collect()
}

/// A running server. Ends with its owner.
pub struct Desk {
    /// The operator's surroundings; the database lies here.
    pub home: Home,
    pub url: String,
    pub database: String,
    serve: String,
    server: Option<Child>,
}

static NEXT: AtomicU32 = AtomicU32::new(0);

impl Desk {
    /// A server over a fresh SQLite file, with the agency "Agency" and its admin.
    pub fn sqlite() -> Self {
        Self::over(&Engine::Sqlite)
    }

    /// A server over a fresh database of this engine.
    pub fn over(engine: &Engine) -> Self {
        Self::with(engine, &[])
    }

    /// A server with variables of its own.
    pub fn with(engine: &Engine, variables: &[(&str, &str)]) -> Self {
        let home = Home::new();
        let (database, serve) = match engine {
            Engine::Sqlite => {
                let url = format!("sqlite:{}", home.path().join("desk.db").display());
                (url.clone(), url)
            }
            Engine::Postgres(owner) => {
                let name = format!("desk_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
                create_database(owner, &name);
                (
                    with_database(owner, &name, None),
                    with_database(owner, &name, Some(&format!("{name}_serve"))),
                )
            }
        };
        if let Engine::Postgres(_) = engine {
            let role = serve.split("://").nth(1).unwrap().split('@').next().unwrap();
            let ran = home.run(&["admin", "migrate", "--database", &database, "--serve-role", role]);
            assert_eq!(ran.code, 0, "{}", ran.err);
        }
        let init = [
            "admin",
            "init",
            "--database",
            &database,
            "--agency",
            "Agency",
            "--email",
            ADMIN,
            "--password-stdin",
        ];
        let ran = home.feed(&init, &format!("{PASSWORD}\n"));
        assert_eq!(ran.code, 0, "{}", ran.err);
        let mut home = home;
        for (name, value) in variables {
            home.set(name, value);
        }
        let mut desk = Self {
            home,
            url: String::new(),
            database,
            serve,
            server: None,
        };
        desk.start();
        desk
    }

    /// Starts the server (again) and waits until it listens. The address is new each time; the log goes on in one file.
    pub fn start(&mut self) {
        let (child, url) = self.serve_at("127.0.0.1:0");
        self.url = url;
        self.server = Some(child);
    }

    /// Another server over the same database, at an address of its own (`127.0.0.1:0`) or one that was there before.
    pub fn beside(&self, listen: &str) -> Beside {
        let (child, url) = self.serve_at(listen);
        Beside { url, child }
    }

    fn serve_at(&self, listen: &str) -> (Child, String) {
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.log())
            .unwrap();
        let mut child = self
            .home
            .command(&["--json", "serve", "--database", &self.serve, "--listen", listen])
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let said: serde_json::Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            panic!(
                "the server did not start: {}",
                std::fs::read_to_string(self.log()).unwrap()
            )
        });
        let url = said["url"].as_str().unwrap().to_owned();
        (child, url)
    }

    /// Where the server's standard error goes.
    pub fn log(&self) -> std::path::PathBuf {
        self.home.path().join("serve.log")
    }

    /// Stops the server as an operator would; says whether it went by itself.
    pub fn stop(&mut self) -> bool {
        let Some(mut child) = self.server.take() else {
            return true;
        };
        let pid = rustix::process::Pid::from_raw(child.id().cast_signed()).unwrap();
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let until = Instant::now() + Duration::from_secs(20);
        while Instant::now() < until {
            if child.try_wait().unwrap().is_some() {
                return true;
            }
            std::thread::park_timeout(Duration::from_millis(10));
        }
        let _ = child.kill();
        let _ = child.wait();
        false
    }

    /// The surroundings of a user who has signed in.
    pub fn signed_in(&self, email: &str, password: &str) -> Home {
        let mut home = Home::new();
        // No D-Bus here: "auto" would only take longer to come to the same.
        home.set("RISKDESK_CREDENTIALS", "file");
        let ran = home.feed(
            &["login", "--server", &self.url, "--email", email, "--password-stdin"],
            password,
        );
        assert_eq!(ran.code, 0, "{}", ran.err);
        home
    }

    /// The admin who was made with the agency, signed in.
    pub fn admin(&self) -> Home {
        self.signed_in(ADMIN, PASSWORD)
    }

    /// Makes another agency, of the same admin.
    pub fn second_agency(&self, name: &str) {
        let arguments = [
            "admin",
            "init",
            "--database",
            &self.database,
            "--agency",
            name,
            "--email",
            ADMIN,
            "--password-stdin",
        ];
        let ran = self.home.feed(&arguments, PASSWORD);
        assert_eq!(ran.code, 0, "{}", ran.err);
    }

    /// Adds a user of the agency through `admin`.
    pub fn add_user(&self, email: &str, role: &str) -> Ran {
        let arguments = [
            "admin",
            "user",
            "add",
            "--database",
            &self.database,
            "--agency",
            "Agency",
            "--email",
            email,
            "--name",
            email,
            "--role",
            role,
            "--password-stdin",
        ];
        let ran = self.home.feed(&arguments, PASSWORD);
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        if let Some(mut child) = self.server.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// One more server of a desk. Ends with its owner.
pub struct Beside {
    pub url: String,
    child: Child,
}

impl Beside {
    /// As when its machine goes: nothing is said, nothing is finished.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn pid(&self) -> rustix::process::Pid {
        rustix::process::Pid::from_raw(self.child.id().cast_signed()).unwrap()
    }

    /// `ADDRESS:PORT`, to be started again at.
    pub fn listen(&self) -> String {
        self.url.trim_start_matches("http://").to_owned()
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The owner's URL with another database, and another user where one is given.
/// The URL of a database on the server of another URL, for the same user or another one.
pub fn with_database(owner: &str, name: &str, user: Option<&str>) -> String {
    let (scheme, rest) = owner.split_once("://").unwrap();
    let (authority, _) = rest.split_once('/').unwrap_or((rest, ""));
    let authority = match (user, authority.rsplit_once('@')) {
        (Some(user), Some((_, host))) => format!("{user}@{host}"),
        (Some(user), None) => format!("{user}@{authority}"),
        (None, _) => authority.to_owned(),
    };
    format!("{scheme}://{authority}/{name}")
}

fn create_database(owner: &str, name: &str) {
    use sqlx::{Connection as _, Executor as _};
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut connection = sqlx::PgConnection::connect(owner).await.unwrap();
        connection
            .execute(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .await
            .unwrap();
    });
}
