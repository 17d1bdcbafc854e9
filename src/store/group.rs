//! How many findings each group of a list has: by severity, status, client, project, assignee or tool. Where the query
//! asks for nothing that the roll-up does not know, the roll-up answers.

use std::collections::HashMap;

use uuid::Uuid;

use super::query::{self, Filter};
use super::rollup::severity;
use super::tx::Engine;
use super::{Result, Sql, Tx};
use crate::domain::severity::Severity;
use crate::domain::status::Status;

/// What a list is grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Severity,
    Status,
    Client,
    Project,
    Assignee,
    Tool,
}

/// A name with its key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Named {
    pub name: String,
    /// The e-mail of a person.
    pub key: String,
}

/// Which group it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Group {
    Severity(Severity),
    Status(Status),
    /// None: of projects without a client.
    Client(Option<Named>),
    Project(Named, Option<Named>),
    /// None: nobody's.
    Assignee(Option<Named>),
    Tool(String),
}

/// The groups that a filter's findings make, in no order. `queue`: only of those that stand in a lane.
pub async fn count(tx: &mut Tx, filter: &Filter, by: By, queue: bool) -> Result<Vec<(Group, i64)>> {
    let known = !queue && filter.is_in_rollup() && !matches!(by, By::Assignee | By::Tool);
    let column = match by {
        By::Severity => "f.severity",
        By::Status => "f.status",
        By::Client | By::Project => "f.project_id",
        By::Assignee => "f.assignee_id",
        By::Tool => "f.tool",
    };
    let mut sql = Sql::new("SELECT g, CAST(SUM(n) AS BIGINT) AS n FROM (SELECT ");
    sql.push(column).push(" AS g");
    if known {
        // The roll-up has the columns that such a query names.
        sql.push(", f.n AS n FROM rollup f WHERE f.agency_id = $1 AND f.n <> 0");
        query::push_alone(&mut sql, tx, filter);
        sql.push(") x GROUP BY g");
    } else {
        sql.push(", 1 AS n");
        if queue {
            sql.push(", ");
            query::lane(&mut sql, &filter.asker);
            sql.push(" AS lane");
        }
        sql.push(if tx.engine() == Engine::Sqlite && filter.is_in_rollup() && !queue {
            // Left to itself it reads every row of the projects.
            " FROM finding f INDEXED BY finding_by_group"
        } else {
            query::from(filter)
        });
        sql.push(" WHERE f.agency_id = $1");
        query::push_alone(&mut sql, tx, filter);
        sql.push(if queue {
            ") x WHERE lane IS NOT NULL GROUP BY g"
        } else {
            ") x GROUP BY g"
        });
    }
    let rows = tx.all(sql).await?;
    match by {
        By::Severity => rows
            .iter()
            .map(|row| Ok((Group::Severity(severity(row.get("g")?)?), row.get("n")?)))
            .collect(),
        By::Status => rows
            .iter()
            .map(|row| Ok((Group::Status(row.word("g")?), row.get("n")?)))
            .collect(),
        By::Tool => rows
            .iter()
            .map(|row| Ok((Group::Tool(row.get("g")?), row.get("n")?)))
            .collect(),
        By::Assignee => {
            let ids: Vec<(Option<Uuid>, i64)> = rows
                .iter()
                .map(|row| Ok((row.get("g")?, row.get("n")?)))
                .collect::<Result<_>>()?;
            let some: Vec<Uuid> = ids.iter().filter_map(|(id, _)| *id).collect();
            let people = super::finding::people(tx, &some).await?;
            let named = |id: Uuid| {
                let person = people.iter().find(|p| p.id.0 == id);
                person.map(|p| Named {
                    name: p.name.clone(),
                    key: p.email.clone(),
                })
            };
            Ok(ids
                .into_iter()
                .map(|(id, n)| (Group::Assignee(id.and_then(named)), n))
                .collect())
        }
        By::Client | By::Project => {
            let ids: Vec<(Uuid, i64)> = rows
                .iter()
                .map(|row| Ok((row.get("g")?, row.get("n")?)))
                .collect::<Result<_>>()?;
            places(tx, ids, by).await
        }
    }
}

/// Projects by name; their clients, where those are asked for.
async fn places(tx: &mut Tx, ids: Vec<(Uuid, i64)>, by: By) -> Result<Vec<(Group, i64)>> {
    let mut known: HashMap<Uuid, (Named, Option<Named>)> = HashMap::new();
    for part in ids.chunks(Sql::rows_at_once(1)) {
        let mut sql = Sql::new(
            "SELECT p.id, p.key, p.name, c.key AS client_key, c.name AS client_name FROM project p \
             LEFT JOIN client c ON c.agency_id = p.agency_id AND c.id = p.client_id WHERE p.agency_id = $1 AND p.id IN ",
        );
        sql.push_list(part.iter().map(|(id, _)| *id));
        for row in tx.all(sql).await? {
            let key: Option<String> = row.get("client_key")?;
            let client = match key {
                Some(key) => Some(Named {
                    name: row.get("client_name")?,
                    key,
                }),
                None => None,
            };
            let project = Named {
                name: row.get("name")?,
                key: row.get("key")?,
            };
            known.insert(row.get("id")?, (project, client));
        }
    }
    let mut out: Vec<(Group, i64)> = Vec::new();
    let mut clients: std::collections::BTreeMap<Option<Named>, i64> = std::collections::BTreeMap::new();
    for (id, n) in ids {
        let Some((project, client)) = known.remove(&id) else {
            continue;
        };
        if by == By::Client {
            *clients.entry(client).or_default() += n;
        } else {
            out.push((Group::Project(project, client), n));
        }
    }
    out.extend(clients.into_iter().map(|(client, n)| (Group::Client(client), n)));
    Ok(out)
}
