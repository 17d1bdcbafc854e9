//! `admin`: the operator's acts on the server's own machine, straight on the database. A composition root.
//!
//! There is no sign-in: whoever may read the database's address is the operator.

use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use serde_json::json;

use super::ask;
use super::context::{Context, word as read_word};
use super::error::Error;
use crate::domain::access::Role;
use crate::domain::plan::AgencyKind;
use crate::domain::time::Time;
use crate::remote;
use crate::service::{self, admin, audit};
use crate::store::Store;

/// Set up a server's database: migrate it, make agencies, users and plans
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Bring the schema up to this version, and make the role the server connects as
    #[command(after_help = "\
SQLite needs no migration of its own: `admin init` and `serve` do it. On PostgreSQL run this as the owner of the database; \
the server then connects as --serve-role, which owns nothing.")]
    Migrate {
        #[command(flatten)]
        database: Database,
        /// PostgreSQL: the login role of the server, made where it is missing
        #[arg(long, value_name = "ROLE")]
        serve_role: Option<String>,
        /// Read that role's password from standard input's first line; without it the role has none
        #[arg(long, requires = "serve_role")]
        serve_password_stdin: bool,
    },
    /// Make an agency with its first admin
    Init {
        #[command(flatten)]
        database: Database,
        /// The agency's name
        #[arg(long, value_name = "NAME")]
        agency: String,
        /// The admin's e-mail
        #[arg(long)]
        email: String,
        /// The admin's name; the e-mail where it is missing
        #[arg(long)]
        name: Option<String>,
        /// Read the password from standard input's first line instead of asking
        #[arg(long)]
        password_stdin: bool,
        /// agency, or direct for one organisation that looks after itself
        #[arg(long, value_parser = read_word::<AgencyKind>, default_value = "agency")]
        kind: AgencyKind,
        /// The agency's time zone: due dates follow it
        #[arg(long, value_name = "ZONE", default_value = "UTC")]
        time_zone: String,
        #[command(flatten)]
        limits: Limits,
    },
    /// The people of an agency
    #[command(subcommand)]
    User(User),
    /// The audit trail, as it lies in the database
    #[command(subcommand)]
    Audit(Audit),
    /// Set an agency's limits, all of them
    Plan {
        #[command(flatten)]
        database: Database,
        /// The agency's name or id
        #[arg(long, value_name = "NAME")]
        agency: String,
        /// How many clients that are not archived
        #[arg(long, value_name = "N")]
        clients: i64,
        /// How many projects of such clients
        #[arg(long, value_name = "N")]
        projects: i64,
        /// How many active and invited users
        #[arg(long, value_name = "N")]
        seats: i64,
    },
}

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Follow the chain of an agency's audit trail, on the database itself
    #[command(after_help = "\
Run it where the server's word is not enough: it reads the rows straight from the database. With a checkpoint kept \
elsewhere it also notices a trail that was cut off or written anew.")]
    Verify {
        #[command(flatten)]
        database: Database,
        /// The agency's name or id
        #[arg(long, value_name = "NAME")]
        agency: String,
        #[command(flatten)]
        kept: super::audit::Kept,
    },
}

#[derive(Debug, Subcommand)]
pub enum User {
    /// Add a user to an agency; a person who exists keeps the password unless one is given
    Add {
        #[command(flatten)]
        database: Database,
        /// The agency's name or id
        #[arg(long, value_name = "NAME")]
        agency: String,
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: Option<String>,
        /// admin, analyst or viewer
        #[arg(long, value_parser = read_word::<Role>)]
        role: Role,
        /// Read the password from standard input's first line
        #[arg(long)]
        password_stdin: bool,
    },
}

/// Which database.
#[derive(Debug, Args)]
pub struct Database {
    /// sqlite:PATH or postgres://…; the settings' serve.database where it is missing
    #[arg(long, value_name = "URL")]
    database: Option<String>,
}

/// What an agency may use.
#[derive(Debug, Clone, Copy, Args)]
pub struct Limits {
    /// How many clients that are not archived
    #[arg(long, value_name = "N", default_value_t = 100)]
    clients: i64,
    /// How many projects of such clients
    #[arg(long, value_name = "N", default_value_t = 1000)]
    projects: i64,
    /// How many active and invited users
    #[arg(long, value_name = "N", default_value_t = 50)]
    seats: i64,
}

/// A service's refusal as a command ends with it.
pub(super) fn refused(error: service::Error) -> Error {
    match error {
        service::Error::Refused(problem) => Error::Remote(remote::Error::Problem(problem)),
        other => Error::Failed(other.to_string()),
    }
}

async fn open(cx: &Context, database: Database) -> Result<Store, Error> {
    let url = database.database.unwrap_or_else(|| cx.config.serve.database.clone());
    Store::open_admin(&url).await.map_err(|e| Error::Failed(e.to_string()))
}

async fn migrated(cx: &Context, database: Database) -> Result<Store, Error> {
    let store = open(cx, database).await?;
    store.migrate().await.map_err(|e| Error::Failed(e.to_string()))?;
    Ok(store)
}

pub async fn run(cx: &Context, command: Command) -> Result<(), Error> {
    let now = Time::system_now();
    match command {
        Command::Migrate {
            database,
            serve_role,
            serve_password_stdin,
        } => {
            let store = migrated(cx, database).await?;
            if let Some(role) = &serve_role {
                let password = if serve_password_stdin {
                    Some(ask::secret("Password:", true)?)
                } else {
                    None
                };
                let password = password.as_ref().map(ExposeSecret::expose_secret);
                store
                    .grant_serve_role(role, password)
                    .await
                    .map_err(|e| Error::Failed(e.to_string()))?;
            }
            store.close().await;
            cx.out.done(
                &json!({"migrated": true, "serve_role": serve_role}),
                "The database is up to date.",
            )
        }
        Command::Init {
            database,
            agency,
            email,
            name,
            password_stdin,
            kind,
            time_zone,
            limits,
        } => {
            let password = ask::secret(&format!("Password for {email}:"), password_stdin)?;
            let store = migrated(cx, database).await?;
            let new = admin::NewAgency {
                name: agency.clone(),
                kind,
                time_zone,
                clients: limits.clients,
                projects: limits.projects,
                seats: limits.seats,
            };
            let name = name.unwrap_or_else(|| email.clone());
            let id = admin::init(&store, new, &email, &name, password.expose_secret(), now)
                .await
                .map_err(refused)?;
            store.close().await;
            cx.out.done(
                &json!({"agency": {"id": id, "name": agency}, "email": email}),
                &format!("Agency {agency} stands; {email} may sign in once the server runs."),
            )
        }
        Command::User(User::Add {
            database,
            agency,
            email,
            name,
            role,
            password_stdin,
        }) => {
            let password = if password_stdin {
                Some(ask::secret("Password:", true)?)
            } else {
                None
            };
            let password = password.as_ref().map(ExposeSecret::expose_secret);
            let store = open(cx, database).await?;
            let name = name.unwrap_or_else(|| email.clone());
            admin::add_user(&store, &agency, &email, &name, role, password, now)
                .await
                .map_err(refused)?;
            store.close().await;
            cx.out.done(
                &json!({"email": email, "role": role}),
                &format!("{email} is a user of {agency}."),
            )
        }
        Command::Audit(Audit::Verify { database, agency, kept }) => {
            let store = open(cx, database).await?;
            let (position, hash) = kept.checkpoint.unzip();
            let kept = audit::checkpoint(position, hash).map_err(refused)?;
            let chain = audit::verify_offline(&store, &agency, kept).await.map_err(refused)?;
            store.close().await;
            super::audit::told(cx, &chain)
        }
        Command::Plan {
            database,
            agency,
            clients,
            projects,
            seats,
        } => {
            let store = open(cx, database).await?;
            admin::set_plan(&store, &agency, clients, projects, seats)
                .await
                .map_err(refused)?;
            store.close().await;
            cx.out.done(
                &json!({"clients": clients, "projects": projects, "seats": seats}),
                &format!("{agency}: {clients} clients, {projects} projects, {seats} seats."),
            )
        }
    }
}
