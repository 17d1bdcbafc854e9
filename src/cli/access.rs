//! `access why`: the answer of the access rules, rule by rule.

use clap::Subcommand;

use super::context::Context;
use super::error::Error;
use super::output::{Column, Row, col, long};
use crate::api::access::{AccessRule, ExplainAccess};
use crate::domain::key::{self, Kind};

/// Who may open what, and why
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Explain why a person may or may not open a client, project or finding
    #[command(after_help = "\
riskdesk access why ann@agency.test acme
riskdesk access why ann@agency.test F-7K3QX2
riskdesk access why ann@agency.test project:Shop")]
    Why {
        /// A user of the agency: e-mail or id
        person: String,
        /// A client's key, a project's (P-…) or a finding's (F-…); or client:…, project:…, finding:… with any name or id
        object: String,
    },
}

impl Row for AccessRule {
    const COLUMNS: &'static [Column] = &[col("rule"), col("grants"), long("text")];

    fn cells(&self) -> Vec<String> {
        let grants = match self.grants {
            Some(true) => "yes",
            Some(false) => "no",
            None => "-",
        };
        vec![self.rule.clone(), grants.to_owned(), self.text.clone()]
    }
}

/// The request for an object as it was typed.
fn request(person: String, object: &str) -> ExplainAccess {
    let mut request = ExplainAccess {
        person,
        ..ExplainAccess::default()
    };
    let (kind, name) = match object.split_once(':') {
        Some((kind @ ("client" | "project" | "finding"), name)) => (kind, name),
        _ if key::parse(Kind::Finding, object).is_some() => ("finding", object),
        _ if key::parse(Kind::Project, object).is_some() => ("project", object),
        _ => ("client", object),
    };
    let place = match kind {
        "finding" => &mut request.finding,
        "project" => &mut request.project,
        _ => &mut request.client,
    };
    *place = Some(name.to_owned());
    request
}

pub async fn run(cx: &Context, command: Command) -> Result<(), Error> {
    let Command::Why { person, object } = command;
    let answer = cx.remote()?.call(&request(person, &object)).await?;
    cx.out.list(&answer, &answer.rules)?;
    let may = if answer.allowed { "may" } else { "may not" };
    cx.out.remark(&format!(
        "{} {may} open the {} {}",
        answer.person.name, answer.kind, answer.object.key
    ));
    Ok(())
}
