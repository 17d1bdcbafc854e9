//! `login`, `logout`, `whoami` and `session`: who one is, here and elsewhere.

use clap::{Args, Subcommand};
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::ask;
use super::context::{Context, Remembered};
use super::error::Error;
use super::output::{Column, Row, col, long, when, word};
use crate::api::session::{
    ListAgencies, ListSessions, Membership, RevokeSession, Session, SignIn, SwitchAgency, Who, WhoAmI,
};
use crate::config::CredentialPlace;
use crate::credentials;
use crate::remote::{Address, Write};

/// Sign in to a server and keep the session for later commands and the console
#[derive(Debug, Args)]
pub struct Login {
    /// Who you are; asked for at a terminal where it is missing
    #[arg(long)]
    email: Option<String>,
    /// Read the password from standard input's first line instead of asking
    #[arg(long)]
    password_stdin: bool,
}

/// End the session, here and on the server
#[derive(Debug, Args)]
pub struct Logout {}

/// Say who this session is
#[derive(Debug, Args)]
pub struct Whoami {}

/// Your own sessions, on every machine
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List your sessions
    List,
    /// End one of your sessions
    Revoke {
        /// Its id, as `session list` shows it
        id: Uuid,
    },
    /// List the agencies you belong to
    Agencies,
    /// End this session and go on in another of your agencies
    Switch {
        /// Its name or id
        agency: String,
    },
}

pub async fn login(cx: &Context, command: Login) -> Result<(), Error> {
    let remote = cx.remote()?;
    if cx.config.credentials == CredentialPlace::Memory {
        return Err(credentials::Error::MemoryOnly.into());
    }
    let email = match command.email.or_else(|| cx.email()) {
        Some(email) => email,
        None => ask::line("E-mail:", "--email")?,
    };
    let password = ask::secret(
        &format!("Password of {email} at {}:", remote.server()),
        command.password_stdin,
    )?;
    let request = SignIn {
        email: email.clone(),
        password: password.expose_secret().to_owned(),
        agency: None,
        label: Some("command line".into()),
    };
    let kept = remote.sign_in(&request).await?;
    let server = cx.servers()?.iter().map(Address::to_string).collect();
    cx.remember(&Remembered {
        server,
        email: Some(email),
    })?;
    let place = match kept.place {
        CredentialPlace::Keyring => "the keyring",
        _ => "a file only you can read",
    };
    let who = &kept.who;
    cx.out.done(
        who,
        &format!(
            "Signed in as {} ({}) at {}; the session is kept in {place}.",
            who.email,
            word(&who.role),
            who.agency.name
        ),
    )
}

pub async fn logout(cx: &Context) -> Result<(), Error> {
    cx.remote()?.sign_out().await?;
    cx.out.said("Signed out.")
}

pub async fn whoami(cx: &Context) -> Result<(), Error> {
    let remote = cx.remote()?;
    let who = remote.call(&WhoAmI {}).await?;
    cx.out.record(&who, &fields(&who, remote.server()))
}

fn fields(who: &Who, server: &Address) -> Vec<(&'static str, String)> {
    vec![
        ("name", who.name.clone()),
        ("email", who.email.clone()),
        ("role", word(&who.role)),
        ("agency", who.agency.name.clone()),
        ("server", server.to_string()),
        ("session", who.session.to_string()),
    ]
}

impl Row for Session {
    const COLUMNS: &'static [Column] = &[
        col("id"),
        long("label"),
        col("signed in"),
        col("last used"),
        col("until"),
        col(""),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.label.clone(),
            when(self.created_at),
            when(self.last_used_at),
            when(self.expires_at),
            if self.current { "this one".into() } else { String::new() },
        ]
    }
}

impl Row for Membership {
    const COLUMNS: &'static [Column] = &[long("agency"), col("role"), col("")];

    fn cells(&self) -> Vec<String> {
        vec![
            self.agency.name.clone(),
            word(&self.role),
            if self.current {
                "this session".into()
            } else {
                String::new()
            },
        ]
    }
}

pub async fn run(cx: &Context, command: Command) -> Result<(), Error> {
    let remote = cx.remote()?;
    match command {
        Command::List => {
            let sessions = remote.call(&ListSessions {}).await?;
            cx.out.list(&sessions, &sessions.items)
        }
        Command::Revoke { id } => {
            remote.write(&RevokeSession { session: id }, &Write::fresh()).await?;
            cx.out.said("That session has ended.")
        }
        Command::Agencies => {
            let found = remote.call(&ListAgencies {}).await?;
            cx.out.list(&found, &found.items)
        }
        Command::Switch { agency } => {
            if cx.config.credentials == CredentialPlace::Memory {
                return Err(credentials::Error::MemoryOnly.into());
            }
            let kept = remote.switch(&SwitchAgency { agency }).await?;
            let who = &kept.who;
            cx.out.done(
                who,
                &format!("Now at {}, as {} ({}).", who.agency.name, who.email, word(&who.role)),
            )
        }
    }
}
