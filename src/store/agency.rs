//! The tenant's own row: plan, limits, counters.

use uuid::Uuid;

use super::{Admin, Error, Result, Row, Sql, Tx, name};
use crate::domain::access::{Role, UserState};
use crate::domain::id::{AgencyId, PersonId, UserId};
use crate::domain::plan::{AgencyKind, PlanState};
use crate::domain::time::Time;

#[derive(Debug, Clone)]
pub struct AgencyRow {
    pub id: AgencyId,
    pub name: String,
    pub kind: AgencyKind,
    pub time_zone: String,
    pub secret: Vec<u8>,
    pub plan_state: PlanState,
    pub client_limit: i64,
    pub clients_used: i64,
    pub project_limit: i64,
    pub projects_used: i64,
    pub seat_limit: i64,
    pub seats_used: i64,
    pub access_epoch: i64,
}

impl AgencyRow {
    fn read(row: &Row) -> Result<Self> {
        Ok(Self {
            id: row.id("agency_id")?,
            name: row.get("name")?,
            kind: row.word("kind")?,
            time_zone: row.get("time_zone")?,
            secret: row.get("secret")?,
            plan_state: row.word("plan_state")?,
            client_limit: row.get("client_limit")?,
            clients_used: row.get("clients_used")?,
            project_limit: row.get("project_limit")?,
            projects_used: row.get("projects_used")?,
            seat_limit: row.get("seat_limit")?,
            seats_used: row.get("seats_used")?,
            access_epoch: row.get("access_epoch")?,
        })
    }
}

pub async fn get(tx: &mut Tx) -> Result<AgencyRow> {
    AgencyRow::read(&tx.one(Sql::new("SELECT * FROM agency WHERE agency_id = $1")).await?)
}

/// The counters that the plan limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counter {
    Clients,
    Projects,
}

/// Takes `n` slots, or says that they are not there: the row's lock makes this exact under any concurrency.
pub async fn take_slots(tx: &mut Tx, counter: Counter, n: i64) -> Result<bool> {
    let sql = match counter {
        Counter::Clients => Sql::new(
            "UPDATE agency SET clients_used = clients_used + $2 WHERE agency_id = $1 AND clients_used + $2 <= client_limit",
        ),
        Counter::Projects => Sql::new(
            "UPDATE agency SET projects_used = projects_used + $2 WHERE agency_id = $1 AND projects_used + $2 <= project_limit",
        ),
    };
    Ok(tx.run(sql.bind(n)).await? == 1)
}

pub async fn give_slots(tx: &mut Tx, counter: Counter, n: i64) -> Result<()> {
    let sql = match counter {
        Counter::Clients => Sql::new("UPDATE agency SET clients_used = clients_used - $2 WHERE agency_id = $1"),
        Counter::Projects => Sql::new("UPDATE agency SET projects_used = projects_used - $2 WHERE agency_id = $1"),
    };
    tx.run(sql.bind(n)).await.map(drop)
}

/// Takes `n` numbers of a key counter and gives the first.
pub async fn next_numbers(tx: &mut Tx, finding: bool, n: i64) -> Result<i64> {
    let sql = if finding {
        Sql::new("UPDATE agency SET next_finding = next_finding + $2 WHERE agency_id = $1 RETURNING next_finding AS n")
    } else {
        Sql::new("UPDATE agency SET next_project = next_project + $2 WHERE agency_id = $1 RETURNING next_project AS n")
    };
    Ok(tx.one(sql.bind(n)).await?.get::<i64>("n")? - n)
}

/// Says that rights changed: open event streams look again before the next batch.
pub async fn bump_access_epoch(tx: &mut Tx) -> Result<()> {
    tx.run(Sql::new(
        "UPDATE agency SET access_epoch = access_epoch + 1 WHERE agency_id = $1",
    ))
    .await
    .map(drop)
}

/// What the operator decides about an agency.
#[derive(Debug, Clone)]
pub struct NewAgency {
    pub id: AgencyId,
    pub name: String,
    pub kind: AgencyKind,
    pub time_zone: String,
    pub secret: [u8; 32],
    pub plan_state: PlanState,
    pub client_limit: i64,
    pub project_limit: i64,
    pub seat_limit: i64,
}

pub async fn create(admin: &mut Admin, new: NewAgency, now: Time) -> Result<()> {
    let sql = Sql::new(
        "INSERT INTO agency (agency_id, name, kind, time_zone, secret, plan_state, client_limit, project_limit, seat_limit, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(new.id)
    .bind(new.name)
    .bind(name(new.kind))
    .bind(new.time_zone)
    .bind(new.secret)
    .bind(name(new.plan_state))
    .bind(new.client_limit)
    .bind(new.project_limit)
    .bind(new.seat_limit)
    .bind(now);
    admin.run(sql).await.map(drop)
}

/// Whether there is an agency at all.
pub async fn any(admin: &mut Admin) -> Result<bool> {
    Ok(!admin
        .all(Sql::new("SELECT agency_id FROM agency LIMIT 1"))
        .await?
        .is_empty())
}

/// An agency by id or name, for the operator.
pub async fn find(admin: &mut Admin, wanted: &str) -> Result<Option<AgencyRow>> {
    let id = wanted.parse::<Uuid>().unwrap_or(Uuid::nil());
    let rows = admin
        .all(
            Sql::new("SELECT * FROM agency WHERE agency_id = $1 OR name = $2")
                .bind(id)
                .bind(wanted),
        )
        .await?;
    match rows.as_slice() {
        [] => Ok(None),
        [row] => AgencyRow::read(row).map(Some),
        _ => Err(Error::Setup("Several agencies have that name: give the id.".into())),
    }
}

pub async fn set_plan(admin: &mut Admin, id: AgencyId, limits: (i64, i64, i64), state: PlanState) -> Result<bool> {
    let sql = Sql::new(
        "UPDATE agency SET client_limit = $2, project_limit = $3, seat_limit = $4, plan_state = $5, version = version + 1 WHERE agency_id = $1",
    );
    Ok(admin
        .run(
            sql.bind(id)
                .bind(limits.0)
                .bind(limits.1)
                .bind(limits.2)
                .bind(name(state)),
        )
        .await?
        == 1)
}

/// A new membership; the person is found by e-mail or made.
#[derive(Debug, Clone)]
pub struct NewUser {
    pub agency: AgencyId,
    pub email: String,
    pub name: String,
    pub role: Role,
    /// PHC string; kept as it is where the person exists and this is `None`.
    pub password_hash: Option<String>,
}

/// Makes a membership, taking a seat. `None` where no seat is left.
pub async fn add_user(admin: &mut Admin, new: NewUser, now: Time) -> Result<Option<UserId>> {
    let seat =
        Sql::new("UPDATE agency SET seats_used = seats_used + 1 WHERE agency_id = $1 AND seats_used < seat_limit");
    if admin.run(seat.bind(new.agency)).await? == 0 {
        return Ok(None);
    }
    let person = person(admin, &new.email, &new.name, new.password_hash, now).await?;
    let id = UserId::fresh();
    let sql = Sql::new(
        "INSERT INTO agency_user (agency_id, id, person_id, email, name, role, state, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    );
    let sql = sql
        .bind(new.agency)
        .bind(id)
        .bind(person)
        .bind(new.email)
        .bind(new.name);
    admin
        .run(sql.bind(name(new.role)).bind(name(UserState::Active)).bind(now))
        .await?;
    Ok(Some(id))
}

/// The person with this e-mail, made where there is none.
pub async fn person(
    admin: &mut Admin,
    email: &str,
    called: &str,
    password: Option<String>,
    now: Time,
) -> Result<PersonId> {
    if let Some(row) = admin
        .opt(Sql::new("SELECT id FROM person WHERE email = $1").bind(email))
        .await?
    {
        let id: PersonId = row.id("id")?;
        if let Some(hash) = password {
            let sql = Sql::new("UPDATE person SET password_hash = $2, version = version + 1 WHERE id = $1");
            admin.run(sql.bind(id).bind(hash)).await?;
        }
        return Ok(id);
    }
    let id = PersonId::fresh();
    let sql = Sql::new("INSERT INTO person (id, email, name, password_hash, created_at) VALUES ($1, $2, $3, $4, $5)");
    admin
        .run(sql.bind(id).bind(email).bind(called).bind(password).bind(now))
        .await?;
    Ok(id)
}
