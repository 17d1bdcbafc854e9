//! What is found out about a query before its statement is made: texts are looked up once, in the index of what can hold
//! them, and where few findings can match the list looks those up and sorts them instead of walking along its order until
//! enough have come by. For SQLite, which keeps no statistics; PostgreSQL decides the like by itself.
//!
//! Look-ups give ids of the agency, seen or not: they go into the statement's condition, never anywhere else.

use super::super::sql::Sql;
use super::super::tx::{Engine, Tx};
use super::text::{self, Told};
use super::{Asker, Condition, Filter, Result, in_projects, predicate, term};
use crate::domain::query::Kind;

/// How many rows are few.
const FEW: i64 = 2_000;

/// How many rows are so many that a list of them is made only where nothing else narrows.
const MANY: i64 = 5_000;

/// Why few rows can match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Few {
    /// A list of ids holds them.
    Ids,
    /// An index knows them.
    Indexed,
}

/// A term that few indexes serve: asked of the rows that can match it.
#[derive(Debug, Clone)]
pub(super) struct Sought {
    kind: Kind,
    told: Told,
}

impl Sought {
    /// Appends `(the term holds for finding f)`.
    pub(super) fn push(&self, sql: &mut Sql, tx: &Tx, filter: &Filter) {
        self.push_first(sql, tx, filter);
        if !matches!((&self.told, &self.kind), (Told::Nowhere, _) | (_, Kind::Import(_))) {
            sql.push(" AND (");
            self.push_row(sql, tx.engine(), &filter.asker);
            sql.push(")");
        }
    }

    /// Appends `(the term holds for finding f)`, as the row itself says.
    pub(super) fn push_row(&self, sql: &mut Sql, engine: Engine, asker: &Asker) {
        predicate::each(sql, engine, &self.kind, asker);
    }

    /// Appends `(the term can hold for finding f)`, as far as that is known without its row.
    pub(super) fn push_first(&self, sql: &mut Sql, tx: &Tx, filter: &Filter) {
        match (&self.told, &self.kind) {
            (Told::Nowhere, _) => {
                sql.push("FALSE");
            }
            (_, Kind::Import(list)) => {
                sql.push("f.id IN (");
                predicate::imported(sql, list);
                sql.push(")");
            }
            (Told::Within(expression), kind) => {
                sql.push("f.id IN (");
                predicate::candidates(sql, tx, filter, kind, expression);
                sql.push(")");
            }
            (Told::Among(ids), _) => {
                sql.push("f.id IN ");
                among(sql, ids.clone());
            }
            (Told::Anywhere, _) => {
                sql.push("TRUE");
            }
        }
    }

    /// How many rows can match; [`MANY`] or more are not counted to their end.
    async fn size(&self, tx: &mut Tx) -> Result<i64> {
        let mut sql = Sql::new("SELECT COUNT(*) AS n FROM (");
        match (&self.told, &self.kind) {
            (Told::Nowhere, _) => return Ok(0),
            (_, Kind::Import(list)) => predicate::imported(&mut sql, list),
            // Documents of all agencies: whose they are takes longer to ask.
            (Told::Within(expression), _) => {
                sql.push("SELECT t.rowid FROM finding_text t WHERE $1 = $1 AND t.finding_text MATCH ")
                    .push_bind(expression.clone());
            }
            (Told::Anywhere | Told::Among(_), _) => return Ok(MANY),
        }
        sql.push(" LIMIT ").push_bind(MANY).push(") x");
        tx.one(sql).await?.get("n")
    }

    /// Reads the few that can match, so that no statement asks the index again.
    async fn fetch(&mut self, tx: &mut Tx, filter: &Filter) -> Result<()> {
        if let Told::Within(expression) = &self.told {
            let mut sql = Sql::new("SELECT json_group_array(hex(x.finding_id)) AS ids FROM (");
            predicate::candidates(&mut sql, tx, filter, &self.kind, expression);
            sql.push(") x");
            self.told = Told::Among(tx.one(sql).await?.get("ids")?);
        }
        Ok(())
    }
}

/// Appends the ids of a JSON list, in hexadecimal.
pub(super) fn among(sql: &mut Sql, ids: String) {
    sql.push("(SELECT unhex(j.value) FROM json_each(")
        .push_bind(ids)
        .push(") j)");
}

/// Looks up what helps.
pub(super) async fn narrow(tx: &mut Tx, filter: &mut Filter) -> Result<()> {
    if tx.engine() != Engine::Sqlite {
        return Ok(());
    }
    if !filter.terms.is_empty() && rolled_up(tx, filter).await? <= FEW {
        filter.few = Some(Few::Indexed);
    }
    // What an index tells, before what has to be looked for.
    for n in 0..filter.terms.len() {
        if filter.few.is_none() && indexed(tx, filter, n).await? {
            filter.few = Some(Few::Indexed);
        }
    }
    let mut terms = std::mem::take(&mut filter.terms);
    // The one that the fewest rows can match.
    let mut least: Option<(i64, usize)> = None;
    let mut many = Vec::new();
    for (n, (negated, condition)) in terms.iter_mut().enumerate() {
        let Condition::Plain(kind) = &*condition else { continue };
        let told = match kind {
            // Few rows are asked one by one.
            kind if filter.few.is_some() && text::is_text(kind) => Told::Anywhere,
            kind if text::is_text(kind) => text::told(tx, kind).await?,
            Kind::Import(_) => Told::Anywhere,
            _ => continue,
        };
        let mut sought = Sought {
            kind: kind.clone(),
            told,
        };
        if filter.few.is_none() && !*negated {
            let size = sought.size(tx).await?;
            if size <= FEW {
                filter.few = Some(Few::Ids);
                sought.fetch(tx, filter).await?;
            }
            if size >= MANY {
                many.push(n);
            }
            if least.is_none_or(|(other, _)| size < other) {
                least = Some((size, n));
            }
        }
        *condition = Condition::Sought(sought);
    }
    filter.often = least.is_none_or(|(size, _)| size >= MANY);
    // A list of what is nearly everywhere costs more than it spares, unless there is no other.
    for n in many {
        if let (true, Some((_, Condition::Sought(sought)))) = (least.is_some_and(|(_, of)| of != n), terms.get_mut(n)) {
            sought.told = Told::Anywhere;
        }
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
    sql.push(" LIMIT ").push_bind(FEW + 1).push(") x");
    Ok(tx.one(sql).await?.get::<i64>("n")? <= FEW)
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
        "SELECT CAST(COALESCE(SUM(f.n), 0) AS BIGINT) AS n FROM rollup f WHERE f.agency_id = $1 AND f.project_id",
    );
    in_projects(&mut sql, tx, filter);
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
