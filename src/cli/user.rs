//! `user`: the people of the agency.

use clap::Subcommand;

use super::context::Context;
use super::error::Error;
use super::output::{Column, Row, col, long, word};
use crate::api::agency::{ListUsers, User};

/// The agency's people
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List users with role and state
    List,
}

impl Row for User {
    const COLUMNS: &'static [Column] = &[long("name"), col("email"), col("role"), col("state")];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone(),
            self.email.clone(),
            word(&self.role),
            word(&self.state),
        ]
    }
}

pub async fn run(cx: &Context, command: Command) -> Result<(), Error> {
    let Command::List = command;
    let users = cx.remote()?.call(&ListUsers {}).await?;
    cx.out.list(&users, &users.items)
}
