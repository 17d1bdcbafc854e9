//! `agency`: the plan, its allowances, and counts over everything one may see.

use clap::Subcommand;

use super::context::Context;
use super::error::Error;
use super::output::{when, word};
use crate::api::agency::{DueCounts, Overview, SeverityCounts, ShowAgency, ShowOverview};
use crate::domain::plan::Allowance;

/// Your agency
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show plan, allowances and open findings
    Show,
    /// Show the agency at a glance: also what is due this week, the worst clients and recent acts
    Overview,
}

fn of(allowance: Allowance) -> String {
    format!("{} of {}", allowance.used, allowance.limit)
}

fn open(counts: &SeverityCounts) -> String {
    format!(
        "{} critical, {} high, {} medium, {} low, {} info",
        counts.critical, counts.high, counts.medium, counts.low, counts.info
    )
}

fn due(counts: DueCounts) -> String {
    format!("{} to fix, {} to verify", counts.fix, counts.verify)
}

fn fields(overview: &Overview) -> Vec<(&'static str, String)> {
    let (agency, clients) = (&overview.agency, overview.clients);
    let days = overview.due.days.iter();
    let mut out = vec![
        ("name", agency.name.clone()),
        ("as of", when(overview.as_of)),
        ("plan", word(&agency.plan)),
        ("clients", of(agency.clients)),
        ("projects", of(agency.projects)),
        ("seats", of(agency.seats)),
        (
            "client states",
            format!(
                "{} onboarding, {} active, {} paused, {} archived",
                clients.onboarding, clients.active, clients.paused, clients.archived
            ),
        ),
        ("open findings", open(&agency.open_findings)),
        ("overdue", due(overview.due.overdue)),
        (
            "due this week",
            days.map(|day| format!("{}  {}", day.date, due(day.due)))
                .collect::<Vec<_>>()
                .join("\n"),
        ),
    ];
    if let Some(worst) = &overview.worst {
        let line =
            |load: &crate::api::agency::ClientLoad| format!("{}  {}", load.client.key, open(&load.open_findings));
        out.push(("worst clients", worst.iter().map(line).collect::<Vec<_>>().join("\n")));
    }
    if let Some(acts) = &overview.acts {
        let line = |act: &crate::api::agency::RecentAct| {
            let actor = act.actor.as_deref().unwrap_or("a rule");
            let client = act.client.as_ref().map_or("-", |c| c.key.as_str());
            format!("{}  {}  {client}  {actor}", when(act.at), act.act)
        };
        out.push(("recent acts", acts.iter().map(line).collect::<Vec<_>>().join("\n")));
    }
    out
}

pub async fn run(cx: &Context, command: Command) -> Result<(), Error> {
    match command {
        Command::Show => {
            let agency = cx.remote()?.call(&ShowAgency {}).await?;
            let fields = [
                ("name", agency.name.clone()),
                ("kind", word(&agency.kind)),
                ("time zone", agency.time_zone.clone()),
                ("plan", word(&agency.plan)),
                ("clients", of(agency.clients)),
                ("projects", of(agency.projects)),
                ("seats", of(agency.seats)),
                ("open findings", open(&agency.open_findings)),
            ];
            cx.out.record(&agency, &fields)
        }
        Command::Overview => {
            let overview = cx.remote()?.call(&ShowOverview {}).await?;
            cx.out.record(&overview, &fields(&overview))
        }
    }
}
