//! Counting the groups of a list.

use super::{filter, parse};
use crate::api::finding::{CountGroups, GroupBy, GroupCount, GroupCounts};
use crate::domain::fold::sort_key;
use crate::domain::query::{Kind, Text};
use crate::service::{Caller, Desk, Result};
use crate::store::group::{By, Group, Named};
use crate::store::{self, query};

pub async fn count(desk: Desk, caller: Caller, request: CountGroups) -> Result<GroupCounts> {
    let query = parse(request.q.as_deref())?;
    let (now, user) = (desk.now(), caller.user);
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let filter = filter(tx, &query, user, now).await?;
            let mut groups = store::group::count(tx, &filter, by(request.by), request.queue).await?;
            groups.sort_by_cached_key(|(group, _)| place(group));
            Ok(GroupCounts {
                by: request.by,
                groups: groups.into_iter().map(|(group, n)| wire(group, n)).collect(),
            })
        })
    })
    .await
}

fn by(by: GroupBy) -> By {
    match by {
        GroupBy::Severity => By::Severity,
        GroupBy::Status => By::Status,
        GroupBy::Client => By::Client,
        GroupBy::Project => By::Project,
        GroupBy::Assignee => By::Assignee,
        GroupBy::Tool => By::Tool,
    }
}

/// Worst severity first, statuses as work goes on, names by name, what has none last.
fn place(group: &Group) -> (bool, i64, String) {
    let named = |named: &Option<Named>| match named {
        Some(named) => (false, 0, sort_key(&named.name)),
        None => (true, 0, String::new()),
    };
    match group {
        Group::Severity(severity) => (false, -severity.rank(), String::new()),
        Group::Status(status) => (false, query::status_rank(*status), String::new()),
        Group::Client(client) => named(client),
        Group::Project(project, _) => (false, 0, sort_key(&project.name)),
        Group::Assignee(person) => named(person),
        Group::Tool(tool) => (false, 0, tool.clone()),
    }
}

fn wire(group: Group, count: i64) -> GroupCount {
    let (mut client, text) = (None, |text: String| vec![Text::Exact(text)]);
    let (term, name) = match group {
        Group::Severity(severity) => (format!("sev:{severity}"), Some(severity.name().to_owned())),
        Group::Status(status) => (format!("status:{status}"), Some(status.name().to_owned())),
        Group::Client(Some(named)) => (format!("client:{}", named.key), Some(named.name)),
        Group::Client(None) => ("client:none".to_owned(), None),
        Group::Project(named, of) => {
            client = of.map(|c| c.name);
            (format!("project:{}", named.key), Some(named.name))
        }
        Group::Assignee(Some(named)) => (format!("assignee:{}", named.key), Some(named.name)),
        Group::Assignee(None) => ("assignee:none".to_owned(), None),
        Group::Tool(tool) => (Kind::Tool(text(tool.clone())).to_string(), Some(tool)),
    };
    GroupCount {
        term,
        name,
        client,
        count,
    }
}
