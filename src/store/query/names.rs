//! The names in a query: looked up within what the asker may open. A client nobody knows and a client of somebody else are
//! the same error at the same character.

use uuid::Uuid;

use super::super::{Sql, Tx, visible};
use super::{Condition, Result};
use crate::domain::access::{Actor, Role};
use crate::domain::fold::sort_key;
use crate::domain::id::UserId;
use crate::domain::key;
use crate::domain::query::{Claim, Kind, Owner, Person, QueryError, Text, nearest};

pub(super) async fn condition(
    tx: &mut Tx,
    kind: &Kind,
    at: usize,
    me: UserId,
) -> Result<Result<Condition, QueryError>> {
    Ok(Ok(match kind {
        Kind::Client(owners) => {
            let (mut ids, mut globs, mut none) = (Vec::new(), Vec::new(), false);
            for owner in owners {
                match owner {
                    Owner::None => none = true,
                    Owner::Named(Text::Exact(name)) => match clients(tx, name).await? {
                        found if found.is_empty() => return Ok(Err(unknown_client(tx, name, at).await?)),
                        found => ids.extend(found),
                    },
                    Owner::Named(glob @ Text::Glob(_)) => globs.push(glob.clone()),
                }
            }
            Condition::Client { ids, globs, none }
        }
        Kind::Project(names) => {
            let (mut ids, mut globs) = (Vec::new(), Vec::new());
            for name in names {
                match name {
                    Text::Exact(name) => match projects(tx, name).await? {
                        found if found.is_empty() => return Ok(Err(unknown_project(tx, name, at).await?)),
                        found => ids.extend(found),
                    },
                    glob @ Text::Glob(_) => globs.push(glob.clone()),
                }
            }
            Condition::Project { ids, globs }
        }
        Kind::Assignee(people) => {
            let (mut ids, mut nobody) = (Vec::new(), false);
            for person in people {
                match person {
                    Person::Me => ids.push(me.0),
                    Person::Nobody => nobody = true,
                    Person::Named(name) => match users(tx, name).await? {
                        found if found.is_empty() => return Ok(Err(unknown_user(tx, name, at).await?)),
                        found => ids.extend(found),
                    },
                }
            }
            Condition::Assignee { ids, nobody }
        }
        Kind::Claimed(claims) => {
            let (mut ids, mut anyone, mut nobody) = (Vec::new(), false, false);
            for claim in claims {
                match claim {
                    Claim::Me => ids.push(me.0),
                    Claim::Anyone => anyone = true,
                    Claim::Nobody => nobody = true,
                    Claim::Named(name) => match users(tx, name).await? {
                        found if found.is_empty() => return Ok(Err(unknown_user(tx, name, at).await?)),
                        found => ids.extend(found),
                    },
                }
            }
            Condition::Claimed { ids, anyone, nobody }
        }
        other => Condition::Plain(other.clone()),
    }))
}

const CLIENTS: &str = "SELECT c.id, c.key AS word FROM client c WHERE c.agency_id = $1";
const PROJECTS: &str = "SELECT p.id, p.key AS word FROM project p \
     LEFT JOIN client c ON c.agency_id = p.agency_id AND c.id = p.client_id WHERE p.agency_id = $1";
const USERS: &str = "SELECT id, email AS word FROM agency_user WHERE agency_id = $1";

/// How many words are compared to find the nearest one.
const NEAREST_OF: i64 = 2_000;

async fn clients(tx: &mut Tx, name: &str) -> Result<Vec<Uuid>> {
    let mut sql = Sql::new(CLIENTS);
    sql.push(" AND (c.key = ").push_bind(name.to_lowercase());
    sql.push(" OR c.name_fold = ").push_bind(sort_key(name));
    sql.push(" OR c.id = ").push_bind(id(name)).push(")");
    visible::clients(&mut sql, tx.scope().actor());
    ids(tx, sql).await
}

async fn unknown_client(tx: &mut Tx, name: &str, at: usize) -> Result<QueryError> {
    let mut sql = Sql::new(CLIENTS);
    visible::clients(&mut sql, tx.scope().actor());
    unknown(tx, sql, "client", name, at).await
}

async fn projects(tx: &mut Tx, name: &str) -> Result<Vec<Uuid>> {
    let mut sql = Sql::new(PROJECTS);
    let typed = key::parse(key::Kind::Project, name).unwrap_or_else(|| name.to_uppercase());
    sql.push(" AND (p.key = ").push_bind(typed);
    sql.push(" OR p.name_fold = ").push_bind(sort_key(name));
    sql.push(" OR p.id = ").push_bind(id(name)).push(")");
    visible::projects(&mut sql, tx.scope().actor());
    ids(tx, sql).await
}

async fn unknown_project(tx: &mut Tx, name: &str, at: usize) -> Result<QueryError> {
    let mut sql = Sql::new(PROJECTS);
    visible::projects(&mut sql, tx.scope().actor());
    unknown(tx, sql, "project", name, at).await
}

/// The agency's people as the asker may know them: a viewer does not see the list.
fn people(tx: &Tx) -> Sql {
    let mut sql = Sql::new(USERS);
    if let Actor::User { role: Role::Viewer, .. } | Actor::Portal { .. } = tx.scope().actor() {
        sql.push(" AND FALSE");
    }
    sql
}

async fn users(tx: &mut Tx, name: &str) -> Result<Vec<Uuid>> {
    let mut sql = people(tx);
    sql.push(" AND (email = ").push_bind(name.to_lowercase());
    sql.push(" OR LOWER(name) = ").push_bind(name.to_lowercase());
    sql.push(" OR id = ").push_bind(id(name)).push(")");
    ids(tx, sql).await
}

async fn unknown_user(tx: &mut Tx, name: &str, at: usize) -> Result<QueryError> {
    let sql = people(tx);
    unknown(tx, sql, "person", name, at).await
}

fn id(name: &str) -> Uuid {
    name.parse().unwrap_or(Uuid::nil())
}

async fn ids(tx: &mut Tx, sql: Sql) -> Result<Vec<Uuid>> {
    tx.all(sql).await?.iter().map(|row| row.get("id")).collect()
}

async fn unknown(tx: &mut Tx, mut sql: Sql, noun: &str, name: &str, at: usize) -> Result<QueryError> {
    sql.push(" LIMIT ").push_bind(NEAREST_OF);
    let rows = tx.all(sql).await?;
    let words: Vec<String> = rows.iter().map(|row| row.get("word")).collect::<Result<_>>()?;
    Ok(QueryError {
        at,
        message: format!("There is no {noun} `{name}` that you may see."),
        suggestion: nearest(name, words.iter().map(String::as_str)),
    })
}
