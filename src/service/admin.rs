//! The operator's acts on the server's own machine: agencies, first users, plans. No caller: whoever may read the
//! database's URL is the operator.

use super::{Error, Result, password, refuse, text};
use crate::api::problem::Code;
use crate::domain::access::{PortalLevel, PortalRole, Role};
use crate::domain::id::AgencyId;
use crate::domain::plan::{AgencyKind, PlanState};
use crate::domain::time::Time;
use crate::store::{self, Store, agency};

/// What an agency starts with.
#[derive(Debug, Clone)]
pub struct NewAgency {
    pub name: String,
    pub kind: AgencyKind,
    pub time_zone: String,
    pub clients: i64,
    pub projects: i64,
    pub seats: i64,
}

impl NewAgency {
    /// An agency of this name on a generous plan.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: AgencyKind::Agency,
            time_zone: "UTC".into(),
            clients: 100,
            projects: 1000,
            seats: 50,
        }
    }
}

/// Makes an agency with its first admin. Refused where one of the same name exists: running it twice makes one.
pub async fn init(
    store: &Store,
    new: NewAgency,
    email: &str,
    admin_name: &str,
    password: &str,
    now: Time,
) -> Result<AgencyId> {
    let name = text::line("agency", &new.name, 120)?;
    let email = text::email("email", email)?;
    let admin_name = text::line("name", admin_name, 120)?;
    if jiff::tz::TimeZone::get(&new.time_zone).is_err() {
        return refuse(
            Code::InvalidRequest,
            "The time zone is not known. Write an IANA name such as Europe/Berlin.",
        );
    }
    let hash = password::Passwords::new(1, 0)?.hash(password).await?;
    let id = AgencyId::fresh();
    store
        .admin(move |tx| {
            Box::pin(async move {
                if agency::find(tx, &name).await?.is_some() {
                    return refuse(Code::AlreadyExists, "There is an agency of this name already. Choose another name, or add users with `riskdesk admin user add`.");
                }
                let row = agency::NewAgency {
                    id,
                    name,
                    kind: new.kind,
                    time_zone: new.time_zone,
                    secret: rand::random(),
                    plan_state: PlanState::Active,
                    client_limit: new.clients,
                    project_limit: new.projects,
                    seat_limit: new.seats,
                };
                agency::create(tx, row, now).await?;
                let user = agency::NewUser { agency: id, email, name: admin_name, role: Role::Admin, password_hash: Some(hash) };
                match agency::add_user(tx, user, now).await? {
                    Some(_) => Ok(id),
                    None => refuse(Code::SeatLimitReached, "The plan must have at least one seat."),
                }
            })
        })
        .await
}

/// Adds a user to an agency (by id or name). A person that exists keeps the password unless one is given.
pub async fn add_user(
    store: &Store,
    wanted: &str,
    email: &str,
    name: &str,
    role: Role,
    password: Option<&str>,
    now: Time,
) -> Result<()> {
    let email = text::email("email", email)?;
    let name = text::line("name", name, 120)?;
    let hash = match password {
        Some(password) => Some(password::Passwords::new(1, 0)?.hash(password).await?),
        None => None,
    };
    let wanted = wanted.to_owned();
    store
        .admin(move |tx| {
            Box::pin(async move {
                let Some(row) = agency::find(tx, &wanted).await? else {
                    return refuse(Code::NotFound, "There is no agency of this name or id.");
                };
                let new = agency::NewUser {
                    agency: row.id,
                    email,
                    name,
                    role,
                    password_hash: hash,
                };
                match agency::add_user(tx, new, now).await {
                    Ok(Some(_)) => Ok(()),
                    Ok(None) => refuse(
                        Code::SeatLimitReached,
                        format!(
                            "All {} seats of the agency are taken. Raise them with `riskdesk admin plan`.",
                            row.seat_limit
                        ),
                    ),
                    Err(store::Error::Unique(_)) => {
                        refuse(Code::AlreadyExists, "This person is a user of the agency already.")
                    }
                    Err(error) => Err(error.into()),
                }
            })
        })
        .await
}

/// Sets an agency's limits.
pub async fn set_plan(store: &Store, wanted: &str, clients: i64, projects: i64, seats: i64) -> Result<()> {
    if clients < 0 || projects < 0 || seats < 1 {
        return refuse(
            Code::InvalidRequest,
            "Limits cannot be negative, and an agency needs a seat.",
        );
    }
    let wanted = wanted.to_owned();
    store
        .admin(move |tx| {
            Box::pin(async move {
                let Some(row) = agency::find(tx, &wanted).await? else {
                    return refuse(Code::NotFound, "There is no agency of this name or id.");
                };
                agency::set_plan(tx, row.id, (clients, projects, seats), row.plan_state).await?;
                Ok(())
            })
        })
        .await
}

/// A portal user of a client with an open session of one hour, and the client's portal level: how portal users come to be
/// until the portal has screens. The client is given by id; the answer is the access token.
pub async fn portal_session(
    store: &Store,
    agency: AgencyId,
    client: uuid::Uuid,
    email: &str,
    role: PortalRole,
    level: PortalLevel,
    now: Time,
) -> Result<String> {
    let email = text::email("email", email)?;
    store
        .admin(move |tx| {
            Box::pin(async move {
                if !store::portal::set_level(tx, agency, client, level).await? {
                    return refuse(Code::NotFound, "There is no client of this id in the agency.");
                }
                let person = agency::person(tx, &email, &email, None, now).await?;
                store::portal::open(tx, agency, client, person, &email, role, now)
                    .await
                    .map_err(Error::Store)
            })
        })
        .await
}

/// Whether nobody can sign in yet, because no agency was made. `false` where this process may not look.
pub async fn is_bare(store: &Store) -> bool {
    let any: Result<bool> = store
        .admin(|tx| Box::pin(async move { Ok(agency::any(tx).await?) }))
        .await;
    any.is_ok_and(|any| !any)
}

/// Whether there is an agency of this name.
pub async fn exists(store: &Store, name: &str) -> Result<bool> {
    let name = name.to_owned();
    store
        .admin(move |tx| Box::pin(async move { Ok(agency::find(tx, &name).await?.is_some()) }))
        .await
}
