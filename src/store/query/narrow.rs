//! What is found out about a query before its statement is made: what no index serves is looked up once, in narrow copies
//! of the columns it is about, and where few findings can match the list looks those up and sorts them instead of walking
//! along its order until enough have come by. For SQLite, which keeps no statistics; PostgreSQL decides the like by itself.
//!
//! Look-ups give ids of the agency, seen or not: they go into the statement's condition, never anywhere else.

use uuid::Uuid;

use super::super::sql::Sql;
use super::super::tx::{Engine, Tx};
use super::predicate::{self, Part};
use super::{Asker, Condition, Filter, Result, about_projects, term};
use crate::domain::query::Kind;

/// How many rows are few.
const FEW: usize = 2_000;

/// Why few rows can match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Few {
    /// Their ids are known.
    Ids,
    /// An index knows them.
    Indexed,
}

/// A term about texts, and the findings it was found in.
#[derive(Debug, Clone)]
pub(super) struct Found {
    kind: Kind,
    /// In the finding's own columns.
    own: Hits,
    /// At its places.
    places: Hits,
}

#[derive(Debug, Clone)]
enum Hits {
    All(Vec<Uuid>),
    /// More than [`FEW`]: the statement looks again, row by row.
    Many,
}

impl Found {
    pub(super) fn push(&self, sql: &mut Sql, engine: Engine, asker: &Asker) {
        let (mut ids, mut known) = (Vec::new(), false);
        sql.push("FALSE");
        for (hits, part) in [(&self.own, Part::Own), (&self.places, Part::Places)] {
            match hits {
                Hits::All(some) => {
                    known = true;
                    ids.extend(some.iter().map(|id| id.simple().to_string()));
                }
                Hits::Many => {
                    sql.push(" OR ");
                    predicate::part(sql, engine, &self.kind, part, asker);
                }
            }
        }
        if known && !ids.is_empty() {
            // One value, however many they are.
            sql.push(" OR f.id IN (SELECT unhex(j.value) FROM json_each(")
                .push_bind(serde_json::Value::from(ids).to_string())
                .push(") j)");
        }
    }

    fn is_few(&self) -> bool {
        matches!((&self.own, &self.places), (Hits::All(_), Hits::All(_)))
    }
}

/// Looks up what helps.
pub(super) async fn narrow(tx: &mut Tx, filter: &mut Filter) -> Result<()> {
    if tx.engine() != Engine::Sqlite {
        return Ok(());
    }
    if !filter.terms.is_empty() && rolled_up(tx, filter).await? <= FEW as i64 {
        filter.few = Some(Few::Indexed);
    }
    // What an index tells, before what has to be looked for.
    for n in 0..filter.terms.len() {
        if filter.few.is_none() && indexed(tx, filter, n).await? {
            filter.few = Some(Few::Indexed);
        }
    }
    let mut terms = std::mem::take(&mut filter.terms);
    for (negated, condition) in &mut terms {
        let Condition::Plain(kind) = &*condition else { continue };
        if filter.few.is_some()
            || !matches!(
                kind,
                Kind::Text(_) | Kind::Asset(_) | Kind::Cve(_) | Kind::Cwe(_) | Kind::Tag(_) | Kind::Import(_)
            )
        {
            continue;
        }
        let found = Found {
            own: look(tx, kind, Part::Own, &filter.asker).await?,
            places: look(tx, kind, Part::Places, &filter.asker).await?,
            kind: kind.clone(),
        };
        if found.is_few() && !*negated {
            filter.few = Some(Few::Ids);
        }
        *condition = Condition::Found(found);
    }
    filter.terms = terms;
    Ok(())
}

/// Whether a term holds for few findings, as its index knows.
async fn indexed(tx: &mut Tx, filter: &Filter, n: usize) -> Result<bool> {
    let Some((false, condition)) = filter.terms.get(n) else {
        return Ok(false);
    };
    let mut sql = Sql::new("SELECT COUNT(*) AS n FROM (SELECT 1 AS one FROM ");
    match condition {
        Condition::Claimed { nobody: false, .. } => return Ok(true),
        Condition::Plain(Kind::Unread(true)) => {
            sql.push("comment k WHERE k.agency_id = $1");
        }
        Condition::Assignee { nobody: false, .. }
        | Condition::Plain(Kind::Due(_) | Kind::FirstSeen(_) | Kind::LastSeen(_) | Kind::Cvss(_)) => {
            sql.push("finding f WHERE f.agency_id = $1");
            term(&mut sql, false, |sql| {
                super::one(sql, Engine::Sqlite, condition, &filter.asker);
            });
        }
        _ => return Ok(false),
    }
    sql.push(" LIMIT ").push_bind(FEW as i64 + 1).push(") x");
    Ok(tx.one(sql).await?.get::<i64>("n")? <= FEW as i64)
}

/// Looks for a term in one part of what findings are.
async fn look(tx: &mut Tx, kind: &Kind, part: Part, asker: &Asker) -> Result<Hits> {
    let mut sql = Sql::new("");
    if !predicate::search(&mut sql, kind, part, asker) {
        return Ok(Hits::All(Vec::new()));
    }
    sql.push(" LIMIT ").push_bind(FEW as i64 + 1);
    let rows = tx.all(sql).await?;
    if rows.len() > FEW {
        return Ok(Hits::Many);
    }
    let ids: Result<Vec<Uuid>> = rows.iter().map(|row| row.get("id")).collect();
    Ok(Hits::All(ids?))
}

/// How many findings match, where the kept counts say so.
pub async fn count_of(tx: &mut Tx, filter: &Filter) -> Result<Option<i64>> {
    if filter.is_in_rollup() {
        return rolled_up(tx, filter).await.map(Some);
    }
    Ok(None)
}

/// How many findings the terms leave that the kept counts are about.
async fn rolled_up(tx: &mut Tx, filter: &Filter) -> Result<i64> {
    let mut sql = Sql::new(
        "SELECT CAST(COALESCE(SUM(f.n), 0) AS BIGINT) AS n FROM rollup f WHERE f.agency_id = $1 AND f.project_id IN \
         (SELECT p.id FROM project p LEFT JOIN client c ON c.agency_id = p.agency_id AND c.id = p.client_id WHERE p.agency_id = $1",
    );
    about_projects(&mut sql, tx, filter, "p.id");
    sql.push(")");
    for (negated, condition) in &filter.terms {
        if let Condition::Plain(Kind::Severity(_) | Kind::Status(_) | Kind::Open(_)) = condition {
            let engine = tx.engine();
            term(&mut sql, *negated, |sql| {
                super::one(sql, engine, condition, &filter.asker);
            });
        }
    }
    tx.one(sql).await?.get("n")
}
