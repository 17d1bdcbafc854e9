//! `client`: client accounts.

use clap::Subcommand;

use super::ask;
use super::context::{Context, word as read_word};
use super::error::Error;
use super::output::{Column, Row, col, long, num, word};
use super::paging::{Paging, list};
use super::project;
use crate::api::client::{
    ArchiveClient, Client, CreateClient, EditClient, ListClients, RestoreClient, SetClientAccess, ShowClient,
};
use crate::api::session::WhoAmI;
use crate::domain::access::{AgencyAccess, ClientState};
use crate::remote::Write;

/// Client accounts: the isolated workspaces of client organisations
#[derive(Debug, Subcommand)]
#[command(after_help = "A client is named by its key (acme), its id, or its name where that is unambiguous.")]
pub enum Command {
    /// List the clients you may open
    List {
        /// Words that must appear in name, key, contact or reference
        #[arg(short, long, value_name = "WORDS")]
        q: Option<String>,
        /// One state: onboarding, active, paused, archived; without it all but archived
        #[arg(long, value_parser = read_word::<ClientState>)]
        state: Option<ClientState>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one client
    Show {
        /// Its key, id or name
        client: String,
    },
    /// Open a client account (admins)
    #[command(after_help = "\
riskdesk client create --name 'ACME Ltd' --manager ann@agency.test --access all-users
The creator always stands on the list of who may open it, and is the account manager where nobody else is named.")]
    Create {
        #[arg(long)]
        name: String,
        /// The account manager: e-mail or user id of an active admin or analyst; oneself where it is missing
        #[arg(long, value_name = "EMAIL")]
        manager: Option<String>,
        /// The key; made from the name where it is missing
        #[arg(long)]
        key: Option<String>,
        #[arg(long, value_name = "EMAIL")]
        contact_email: Option<String>,
        /// The client's id in another system
        #[arg(long, value_name = "REF")]
        external_ref: Option<String>,
        #[arg(long, value_name = "TEXT")]
        notes: Option<String>,
        /// Who may open it: all-users, admins-and-selected (the default), admins-only
        #[arg(long, value_parser = read_word::<AgencyAccess>)]
        access: Option<AgencyAccess>,
        /// A user on the list of who may open it; may be repeated
        #[arg(long = "select", value_name = "EMAIL")]
        selected: Vec<String>,
        /// An unassigned project to assign in the same act; may be repeated
        #[arg(long = "project", value_name = "KEY")]
        projects: Vec<String>,
    },
    /// Change a client's own fields; an empty text clears
    Edit {
        client: String,
        #[arg(long)]
        name: Option<String>,
        #[arg(long, value_name = "EMAIL")]
        contact_email: Option<String>,
        #[arg(long, value_name = "REF")]
        external_ref: Option<String>,
        #[arg(long, value_name = "TEXT")]
        notes: Option<String>,
        /// onboarding, active or paused
        #[arg(long, value_parser = read_word::<ClientState>)]
        state: Option<ClientState>,
        /// The account manager: e-mail or user id
        #[arg(long, value_name = "EMAIL")]
        manager: Option<String>,
        #[command(flatten)]
        seen: Seen,
    },
    /// Decide which agency users may open a client (admins)
    Access {
        client: String,
        /// all-users, admins-and-selected, admins-only
        #[arg(long, value_parser = read_word::<AgencyAccess>)]
        access: AgencyAccess,
        /// A user on the list; may be repeated. The list given replaces the one there was
        #[arg(long = "select", value_name = "EMAIL")]
        selected: Vec<String>,
        #[command(flatten)]
        seen: Seen,
    },
    /// Put a client away: nothing in it can change any more (admins)
    Archive {
        client: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
        #[command(flatten)]
        seen: Seen,
    },
    /// Take an archived client back into work (admins)
    Restore {
        client: String,
        #[command(flatten)]
        seen: Seen,
    },
}

/// The version a write is over.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Seen {
    /// The version you saw; without it, the one that stands now
    #[arg(long, value_name = "N")]
    pub version: Option<i64>,
}

impl Row for Client {
    const COLUMNS: &'static [Column] = &[
        col("key"),
        long("name"),
        col("state"),
        long("manager"),
        col("access"),
        num("projects"),
        col("fix"),
        col("scan"),
        num("crit"),
        num("high"),
        num("med"),
        num("low"),
        num("info"),
    ];

    fn cells(&self) -> Vec<String> {
        let open = self.open_findings;
        vec![
            self.key.clone(),
            self.name.clone(),
            word(&self.state),
            self.account_manager.email.clone(),
            word(&self.agency_access),
            self.project_count.to_string(),
            project::badge(&self.badges.fix),
            project::badge(&self.badges.scan),
            open.critical.to_string(),
            open.high.to_string(),
            open.medium.to_string(),
            open.low.to_string(),
            open.info.to_string(),
        ]
    }
}

fn show(cx: &Context, client: &Client) -> Result<(), Error> {
    let open = client.open_findings;
    let fields = [
        ("key", client.key.clone()),
        ("name", client.name.clone()),
        ("state", word(&client.state)),
        ("contact", client.contact_email.clone().unwrap_or_default()),
        ("reference", client.external_ref.clone().unwrap_or_default()),
        (
            "manager",
            format!("{} <{}>", client.account_manager.name, client.account_manager.email),
        ),
        ("access", word(&client.agency_access)),
        (
            "selected",
            client
                .selected
                .iter()
                .map(|p| p.email.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        ),
        ("projects", client.project_count.to_string()),
        ("scan", project::badge(&client.badges.scan)),
        ("report", project::badge(&client.badges.report)),
        ("fix", project::badge(&client.badges.fix)),
        ("handoff", project::badge(&client.badges.handoff)),
        ("monitoring", project::badge(&client.badges.monitoring)),
        (
            "open findings",
            format!(
                "{} critical, {} high, {} medium, {} low, {} info",
                open.critical, open.high, open.medium, open.low, open.info
            ),
        ),
        ("notes", client.notes.clone()),
        ("version", client.version.to_string()),
        ("id", client.id.to_string()),
    ];
    cx.out.record(client, &fields)?;
    for warning in &client.warnings {
        cx.out.remark(&format!("look twice: {warning}"));
    }
    Ok(())
}

/// An empty text on the command line clears the field.
fn or_null(text: Option<String>) -> Option<Option<String>> {
    text.map(|t| (!t.is_empty()).then_some(t))
}

pub async fn run(cx: &Context, command: Command) -> Result<(), Error> {
    let remote = cx.remote()?;
    let over = async |client: &str, seen: Seen| -> Result<Write, Error> {
        let version = match seen.version {
            Some(version) => version,
            None => {
                remote
                    .call(&ShowClient {
                        client: client.to_owned(),
                    })
                    .await?
                    .version
            }
        };
        Ok(Write::over(version))
    };
    match command {
        Command::List { q, state, paging } => {
            list(cx, &paging, |limit, cursor| ListClients {
                q: q.clone(),
                state,
                limit,
                cursor,
                count: paging.count,
                ..ListClients::default()
            })
            .await
        }
        Command::Show { client } => show(cx, &remote.call(&ShowClient { client }).await?),
        Command::Create {
            name,
            manager,
            key,
            contact_email,
            external_ref,
            notes,
            access,
            selected,
            projects,
        } => {
            let manager = match manager {
                Some(manager) => manager,
                None => remote.call(&WhoAmI {}).await?.email,
            };
            let request = CreateClient {
                name,
                account_manager: Some(manager),
                key,
                contact_email,
                external_ref,
                notes,
                agency_access: access,
                selected,
                projects,
            };
            show(cx, &remote.write(&request, &Write::fresh()).await?)
        }
        Command::Edit {
            client,
            name,
            contact_email,
            external_ref,
            notes,
            state,
            manager,
            seen,
        } => {
            let write = over(&client, seen).await?;
            let request = EditClient {
                client,
                name,
                contact_email: or_null(contact_email),
                external_ref: or_null(external_ref),
                notes,
                state,
                account_manager: manager,
            };
            show(cx, &remote.write(&request, &write).await?)
        }
        Command::Access {
            client,
            access,
            selected,
            seen,
        } => {
            let write = over(&client, seen).await?;
            let request = SetClientAccess {
                client,
                agency_access: access,
                selected,
            };
            show(cx, &remote.write(&request, &write).await?)
        }
        Command::Archive { client, yes, seen } => {
            let now = remote.call(&ShowClient { client: client.clone() }).await?;
            if !yes {
                let what = format!(
                    "Archive {} ({} projects)? Nothing in it can change until it is restored.",
                    now.name, now.project_count
                );
                ask::agree(&what, "--yes")?;
            }
            let write = Write::over(seen.version.unwrap_or(now.version));
            show(cx, &remote.write(&ArchiveClient { client }, &write).await?)
        }
        Command::Restore { client, seen } => {
            let write = over(&client, seen).await?;
            show(cx, &remote.write(&RestoreClient { client }, &write).await?)
        }
    }
}
