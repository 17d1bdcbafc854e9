//! What benchmarks with a database share: a fresh one of either engine, and callers that need no sign-in.

use riskdesk::domain::access::{Actor, Role};
use riskdesk::domain::id::{AgencyId, SessionId, UserId};
use riskdesk::domain::plan::AgencyKind;
use riskdesk::domain::time::Time;
use riskdesk::service::{Caller, Desk};
use riskdesk::store::{Scope, Store};
use sqlx::{Connection as _, Executor as _};

/// The URL of PostgreSQL's owner, where there is one.
pub fn owner() -> Option<String> {
    std::env::var("RISKDESK_TEST_POSTGRES")
        .ok()
        .filter(|url| !url.is_empty())
}

/// A database with its schema; it goes when this is dropped.
pub struct Database {
    /// As the operator has it.
    pub owner: Store,
    /// As the server has it.
    pub store: Store,
    /// Where uploads are put.
    pub dir: tempfile::TempDir,
    postgres: Option<(String, String)>,
}

impl Database {
    pub async fn sqlite() -> Self {
        let dir = tempfile::tempdir().unwrap();
        // One writer: both faces share one store.
        let store = Store::open(&format!("sqlite:{}", dir.path().join("desk.db").display()))
            .await
            .unwrap();
        Self {
            owner: store.clone(),
            store,
            dir,
            postgres: None,
        }
    }

    pub async fn postgres(owner: String) -> Self {
        let name = format!("bench_{}", uuid::Uuid::new_v4().simple());
        run(&owner, &format!("CREATE DATABASE {name}")).await;
        let (head, _) = owner.rsplit_once('/').unwrap();
        let (scheme, host) = (head.split("://").next().unwrap(), head.rsplit('@').next().unwrap());
        let admin = Store::open_admin(&format!("{head}/{name}")).await.unwrap();
        admin.migrate().await.unwrap();
        admin.grant_serve_role(&format!("{name}_serve"), None).await.unwrap();
        let store = Store::open(&format!("{scheme}://{name}_serve@{host}/{name}"))
            .await
            .unwrap();
        Self {
            owner: admin,
            store,
            dir: tempfile::tempdir().unwrap(),
            postgres: Some((owner, name)),
        }
    }

    /// What the server's housekeeping does to a database that has stood for a minute: statistics, visibility.
    pub async fn settle(&self) {
        if let Some(url) = self.url() {
            run(&url, "VACUUM ANALYZE").await;
        }
    }

    /// Where its owner finds it, if it is PostgreSQL's.
    pub fn url(&self) -> Option<String> {
        let (owner, name) = self.postgres.as_ref()?;
        let (head, _) = owner.rsplit_once('/')?;
        Some(format!("{head}/{name}"))
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let Some((owner, name)) = self.postgres.take() else {
            return;
        };
        // A thread of its own: this may be dropped inside a runtime.
        let gone = std::thread::spawn(move || {
            tokio::runtime::Runtime::new().unwrap().block_on(async {
                run(&owner, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
                run(&owner, &format!("DROP ROLE IF EXISTS {name}_serve")).await;
            });
        });
        gone.join().unwrap();
    }
}

async fn run(url: &str, sql: &str) {
    let mut conn = sqlx::PgConnection::connect(url).await.unwrap();
    conn.execute(sqlx::AssertSqlSafe(sql.to_owned())).await.unwrap();
}

/// A request of this user, as if signed in.
pub fn caller(agency: AgencyId, user: UserId, role: Role) -> Caller {
    Caller {
        session: SessionId::fresh(),
        session_expires_at: Time(i64::MAX),
        user,
        name: "Bench".into(),
        email: "bench@alpha.test".into(),
        role,
        agency,
        agency_name: "Alpha".into(),
        agency_kind: AgencyKind::Agency,
        scope: Scope::session(agency, Actor::User { id: user, role }),
        token: None,
        idempotency: None,
        pin: None,
        version: None,
        address: None,
        trace: "bench".into(),
    }
}

pub async fn user(desk: &Desk, agency: AgencyId, email: &'static str) -> UserId {
    let scope = Scope::job(agency);
    let users = desk.store().read(&scope, |tx| {
        Box::pin(async move { riskdesk::store::user::list(tx).await })
    });
    users.await.unwrap().iter().find(|u| u.email == email).unwrap().id
}
