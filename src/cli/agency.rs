//! `agency`: the plan, its allowances, and counts over everything one may see.

use clap::Subcommand;

use super::context::Context;
use super::error::Error;
use super::output::word;
use crate::api::agency::ShowAgency;
use crate::domain::plan::Allowance;

/// Your agency
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show plan, allowances and open findings
    Show,
}

pub async fn run(cx: &Context, command: Command) -> Result<(), Error> {
    let Command::Show = command;
    let agency = cx.remote()?.call(&ShowAgency {}).await?;
    let of = |a: Allowance| format!("{} of {}", a.used, a.limit);
    let open = agency.open_findings;
    let fields = [
        ("name", agency.name.clone()),
        ("kind", word(&agency.kind)),
        ("time zone", agency.time_zone.clone()),
        ("plan", word(&agency.plan)),
        ("clients", of(agency.clients)),
        ("projects", of(agency.projects)),
        ("seats", of(agency.seats)),
        (
            "open findings",
            format!(
                "{} critical, {} high, {} medium, {} low, {} info",
                open.critical, open.high, open.medium, open.low, open.info
            ),
        ),
    ];
    cx.out.record(&agency, &fields)
}
