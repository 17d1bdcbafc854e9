//! How many findings each group of a list has.

use clap::Args;

use super::super::context::{Context, word as read_word};
use super::super::error::Error;
use super::super::output::{Column, Row, col, long, num};
use crate::api::finding::{CountGroups, GroupBy, GroupCount};
use crate::remote::Remote;

#[derive(Debug, Args)]
pub struct Groups {
    /// severity, status, client, project, assignee or tool
    #[arg(long, value_parser = read_word::<GroupBy>)]
    by: GroupBy,
    /// Only of what a query finds
    #[arg(short, long, value_name = "QUERY")]
    q: Option<String>,
    /// Only of what stands in the queue
    #[arg(long)]
    queue: bool,
}

impl Row for GroupCount {
    const COLUMNS: &'static [Column] = &[long("group"), num("findings"), col("query"), long("client")];

    fn cells(&self) -> Vec<String> {
        vec![
            self.name.clone().unwrap_or_else(|| "none".into()),
            self.count.to_string(),
            self.term.clone(),
            self.client.clone().unwrap_or_default(),
        ]
    }
}

pub async fn show(cx: &Context, remote: &Remote, groups: Groups) -> Result<(), Error> {
    let request = CountGroups {
        by: groups.by,
        q: groups.q.clone(),
        queue: groups.queue,
    };
    let asked = remote.call(&request).await;
    let counts = asked.map_err(|e| Error::from(e).about(groups.q.as_deref()))?;
    cx.out.list(&counts, &counts.groups)
}
