//! `project`: bodies of work, and which client they belong to.

use clap::Subcommand;

use super::ask;
use super::client::Seen;
use super::context::Context;
use super::error::Error;
use super::output::{Column, Row, col, long, num};
use super::paging::{Paging, list};
use crate::api::project::{
    AssignProjects, Assignment, Badge, CreateProject, EditProject, ListProjects, Project, ProjectAt, ProjectMove,
    ShowProject,
};
use crate::remote::{Remote, Write};

/// Projects: sites, apps, networks, engagements
#[derive(Debug, Subcommand)]
#[command(after_help = "A project is named by its key (P-4Q7M), its id, or its name where that is unambiguous.")]
pub enum Command {
    /// List the projects you may open
    List {
        /// One client's projects (key or id), or `none` for unassigned ones
        #[arg(long, value_name = "KEY")]
        client: Option<String>,
        /// Words that must appear in name or key
        #[arg(short, long, value_name = "WORDS")]
        q: Option<String>,
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one project
    Show {
        /// Its key, id or name
        project: String,
    },
    /// Create a project, under a client or unassigned
    Create {
        #[arg(long)]
        name: String,
        /// The client's key or id; without it the project is unassigned
        #[arg(long, value_name = "KEY")]
        client: Option<String>,
        /// Who leads it: e-mail or user id
        #[arg(long, value_name = "EMAIL")]
        lead: Option<String>,
        /// Who works on it; may be repeated
        #[arg(long = "team", value_name = "EMAIL")]
        team: Vec<String>,
    },
    /// Change a project's name, lead or team
    Edit {
        project: String,
        #[arg(long)]
        name: Option<String>,
        /// E-mail or user id; an empty text: nobody
        #[arg(long, value_name = "EMAIL")]
        lead: Option<String>,
        /// Who works on it; may be repeated. The team given replaces the one there was
        #[arg(long = "team", value_name = "EMAIL")]
        team: Option<Vec<String>>,
        #[command(flatten)]
        seen: Seen,
    },
    /// Assign projects to a client, move them, or take them out
    #[command(after_help = "\
A project that is moved from one client to another loses what was shared with the old one: shared comments and notes \
become internal, claims end, due dates are computed anew. What would happen is shown first and must be agreed to \
(--yes in scripts). All projects move, or none.")]
    Assign {
        /// Keys or ids
        #[arg(required = true, value_name = "KEY")]
        projects: Vec<String>,
        /// The client's key or id, or `none` to take the projects out of every client
        #[arg(long, value_name = "KEY")]
        client: String,
        /// Only show what would happen
        #[arg(long)]
        dry_run: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

pub(super) fn badge(badge: &Badge) -> String {
    badge
        .count
        .map_or_else(|| badge.state.clone(), |n| format!("{} {n}", badge.state))
}

impl Row for Project {
    const COLUMNS: &'static [Column] = &[
        col("key"),
        long("name"),
        col("client"),
        col("scan"),
        col("report"),
        col("fix"),
        col("handoff"),
        col("monitoring"),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.key.clone(),
            self.name.clone(),
            self.client.as_ref().map_or_else(|| "-".into(), |c| c.key.clone()),
            badge(&self.badges.scan),
            badge(&self.badges.report),
            badge(&self.badges.fix),
            badge(&self.badges.handoff),
            badge(&self.badges.monitoring),
        ]
    }
}

impl Row for ProjectMove {
    const COLUMNS: &'static [Column] = &[
        col("project"),
        long("name"),
        col("from"),
        num("findings"),
        num("comments to internal"),
        num("rounds to internal"),
        num("claims ended"),
        num("due dates"),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.project.key.clone(),
            self.project.name.clone(),
            self.from.as_ref().map_or_else(|| "-".into(), |c| c.key.clone()),
            self.findings.to_string(),
            self.comments_made_internal.to_string(),
            self.rounds_made_internal.to_string(),
            self.claims_ended.to_string(),
            self.due_dates_recomputed.to_string(),
        ]
    }
}

fn show(cx: &Context, project: &Project) -> Result<(), Error> {
    let open = project.open_findings;
    let fields = [
        ("key", project.key.clone()),
        ("name", project.name.clone()),
        (
            "client",
            project
                .client
                .as_ref()
                .map_or_else(|| "none".into(), |c| format!("{} ({})", c.name, c.key)),
        ),
        (
            "lead",
            project
                .lead
                .as_ref()
                .map(|p| format!("{} <{}>", p.name, p.email))
                .unwrap_or_default(),
        ),
        (
            "team",
            project
                .team
                .iter()
                .map(|p| p.email.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        ),
        (
            "open findings",
            format!(
                "{} critical, {} high, {} medium, {} low, {} info",
                open.critical, open.high, open.medium, open.low, open.info
            ),
        ),
        ("scan", badge(&project.badges.scan)),
        ("report", badge(&project.badges.report)),
        ("fix", badge(&project.badges.fix)),
        ("handoff", badge(&project.badges.handoff)),
        ("monitoring", badge(&project.badges.monitoring)),
        ("version", project.version.to_string()),
        ("id", project.id.to_string()),
    ];
    cx.out.record(project, &fields)
}

pub async fn run(cx: &Context, command: Command) -> Result<(), Error> {
    let remote = cx.remote()?;
    match command {
        Command::List { client, q, paging } => {
            list(cx, &paging, |limit, cursor| ListProjects {
                client: client.clone(),
                q: q.clone(),
                limit,
                cursor,
                count: paging.count,
                ..ListProjects::default()
            })
            .await
        }
        Command::Show { project } => show(cx, &remote.call(&ShowProject { project }).await?),
        Command::Create {
            name,
            client,
            lead,
            team,
        } => {
            let request = CreateProject {
                name,
                client,
                lead,
                team,
            };
            show(cx, &remote.write(&request, &Write::fresh()).await?)
        }
        Command::Edit {
            project,
            name,
            lead,
            team,
            seen,
        } => {
            let version = match seen.version {
                Some(version) => version,
                None => {
                    remote
                        .call(&ShowProject {
                            project: project.clone(),
                        })
                        .await?
                        .version
                }
            };
            let request = EditProject {
                project,
                name,
                lead: lead.map(|l| (!l.is_empty()).then_some(l)),
                team,
            };
            show(cx, &remote.write(&request, &Write::over(version)).await?)
        }
        Command::Assign {
            projects,
            client,
            dry_run,
            yes,
        } => {
            let client = (client != "none").then_some(client);
            assign(cx, &remote, projects, client, dry_run, yes).await
        }
    }
}

/// The versions the act is over are those of the dry run: what was shown is what happens, or nothing.
async fn assign(
    cx: &Context,
    remote: &Remote,
    projects: Vec<String>,
    client: Option<String>,
    dry_run: bool,
    yes: bool,
) -> Result<(), Error> {
    let sheet = remote
        .write(
            &AssignProjects {
                projects: projects
                    .into_iter()
                    .map(|project| ProjectAt { project, version: None })
                    .collect(),
                client: client.clone(),
                dry_run: true,
            },
            &Write::fresh(),
        )
        .await?;
    if dry_run {
        return cx.out.list(&sheet, &sheet.moves);
    }
    // An unassigned project has been shared with nobody: there is nothing to agree to.
    let leaves_a_client = sheet.moves.iter().any(|m| m.from.is_some());
    if leaves_a_client && !yes {
        if !cx.out.is_json() {
            cx.out.unpaged().list(&sheet, &sheet.moves)?;
        }
        ask::agree(&question(&sheet), "--yes (or --dry-run to see what would happen)")?;
    }
    let request = AssignProjects {
        projects: sheet
            .moves
            .iter()
            .map(|m| ProjectAt {
                project: m.project.id.to_string(),
                version: Some(m.version),
            })
            .collect(),
        client,
        dry_run: false,
    };
    let done = remote.write(&request, &Write::fresh()).await?;
    let target = done
        .client
        .as_ref()
        .map_or_else(|| "no client".into(), |c| format!("{} ({})", c.name, c.key));
    cx.out
        .done(&done, &format!("{} now with {target}.", count(done.moves.len())))
}

fn question(sheet: &Assignment) -> String {
    let target = sheet
        .client
        .as_ref()
        .map_or_else(|| "no client".into(), |c| format!("{} ({})", c.name, c.key));
    let hidden: i64 = sheet
        .moves
        .iter()
        .map(|m| m.comments_made_internal + m.rounds_made_internal)
        .sum();
    let what = count(sheet.moves.len());
    format!("Move {what} to {target}? {hidden} shared texts become internal.")
}

fn count(n: usize) -> String {
    if n == 1 {
        "1 project".into()
    } else {
        format!("{n} projects")
    }
}
