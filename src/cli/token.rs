//! `token`: API tokens for scripts.

use clap::Subcommand;
use uuid::Uuid;

use super::context::{Context, word as read_word};
use super::error::Error;
use super::output::{Column, Row, col, long, when, word};
use crate::api::token::{ApiToken, CreateToken, ListTokens, RevokeToken};
use crate::domain::access::TokenScope;
use crate::remote::Write;

/// API tokens for scripts (`RISKDESK_TOKEN`)
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a token; it is printed once and kept nowhere
    #[command(after_help = "\
RISKDESK_TOKEN=$(riskdesk token create --name nightly --scope write --days 30) riskdesk import …
A token may do what you may at that moment, within its scope; it ends no sessions and makes no tokens.")]
    Create {
        /// What it is for
        #[arg(long, value_name = "NAME")]
        name: String,
        /// read; write (workspaces: findings, imports, projects, the queue); or admin (all that you may)
        #[arg(long, value_parser = read_word::<TokenScope>, default_value = "read")]
        scope: TokenScope,
        /// Days until it ends, 1 to 365
        #[arg(long, value_name = "N", default_value_t = 90)]
        days: u32,
    },
    /// List your tokens that still work
    List,
    /// End a token at once
    Revoke {
        /// Its id, as `token list` shows it
        id: Uuid,
    },
}

impl Row for ApiToken {
    const COLUMNS: &'static [Column] = &[
        col("id"),
        long("name"),
        col("scope"),
        col("made"),
        col("last used"),
        col("until"),
    ];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.name.clone(),
            word(&self.scope),
            when(self.created_at),
            when(self.last_used_at),
            when(self.expires_at),
        ]
    }
}

pub async fn run(cx: &Context, command: Command) -> Result<(), Error> {
    let remote = cx.remote()?;
    match command {
        Command::Create { name, scope, days } => {
            let request = CreateToken {
                name,
                scope,
                days: Some(days),
            };
            let made = remote.write(&request, &Write::fresh()).await?;
            cx.out.remark(&format!(
                "{} ends on {}; this is the only time it is shown",
                made.name,
                when(made.expires_at)
            ));
            cx.out.done(&made, &made.token)
        }
        Command::List => {
            let tokens = remote.call(&ListTokens {}).await?;
            cx.out.list(&tokens, &tokens.items)
        }
        Command::Revoke { id } => {
            remote.write(&RevokeToken { session: id }, &Write::fresh()).await?;
            cx.out.said("The token has ended.")
        }
    }
}
