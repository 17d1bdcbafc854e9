//! The query language in SQL, the same text for both engines but for one JSON function.
//!
//! Names are looked up first ([`resolve`]), within what the asker may open: a client nobody knows and a client of
//! somebody else are the same error at the same character. [`push`] then appends one predicate per term. Aliases are
//! fixed: `f` the finding, `p` its project, `c` the client where there is one, `a` the assignee.

use jiff::tz::TimeZone;
use uuid::Uuid;

use super::page::SortColumn;
use super::tx::Engine;
use super::{Result, Sql, Tx, visible};
use crate::domain::access::{Actor, Role};
use crate::domain::fold::sort_key;
use crate::domain::id::UserId;
use crate::domain::key;
use crate::domain::lane::{Lane, SOON_MS};
use crate::domain::query::{Claim, Kind, Owner, Person, Query, QueryError, Sort, SortField, Text, nearest};
use crate::domain::status::Status;
use crate::domain::time::Time;

mod predicate;

use predicate::{folded, like, lowered, plain};

/// For whom and when a query runs.
#[derive(Debug, Clone)]
pub struct Asker {
    pub user: UserId,
    pub now: Time,
    /// The agency's.
    pub zone: TimeZone,
}

/// A query whose names are known.
#[derive(Debug, Clone)]
pub struct Filter {
    terms: Vec<(bool, Condition)>,
    pub sort: Option<Sort>,
    pub asker: Asker,
    /// Whether the query says which workspaces it is about; otherwise archived clients are left out.
    placed: bool,
}

/// A term as SQL will see it: names are ids by now.
#[derive(Debug, Clone)]
enum Condition {
    Plain(Kind),
    Client {
        ids: Vec<Uuid>,
        globs: Vec<Text>,
        none: bool,
    },
    Project {
        ids: Vec<Uuid>,
        globs: Vec<Text>,
    },
    Assignee {
        ids: Vec<Uuid>,
        nobody: bool,
    },
    Claimed {
        ids: Vec<Uuid>,
        anyone: bool,
        nobody: bool,
    },
}

/// Looks up the names of a query. The inner error is the asker's, to be told where it stands.
pub async fn resolve(tx: &mut Tx, query: &Query, asker: Asker) -> Result<Result<Filter, QueryError>> {
    let mut filter = Filter {
        terms: Vec::new(),
        sort: query.sort,
        placed: false,
        asker,
    };
    for term in &query.terms {
        let condition = match condition(tx, &term.kind, term.at, filter.asker.user).await? {
            Ok(condition) => condition,
            Err(error) => return Ok(Err(error)),
        };
        filter.placed |= !term.negated && matches!(condition, Condition::Client { .. } | Condition::Project { .. });
        filter.terms.push((term.negated, condition));
    }
    Ok(Ok(filter))
}

async fn condition(tx: &mut Tx, kind: &Kind, at: usize, me: UserId) -> Result<Result<Condition, QueryError>> {
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

/// Appends ` AND …` for the actor's rights and every term.
pub fn push(sql: &mut Sql, tx: &Tx, filter: &Filter) {
    visible::projects(sql, tx.scope().actor());
    if !filter.placed {
        sql.push(" AND (c.state IS NULL OR c.state <> 'archived')");
    }
    for (negated, condition) in &filter.terms {
        // What is unknown (null) does not match, and so matches its negation.
        sql.push(if *negated { " AND NOT COALESCE((" } else { " AND ((" });
        one(sql, tx.engine(), condition, &filter.asker);
        sql.push(if *negated { "), FALSE)" } else { "))" });
    }
}

fn one(sql: &mut Sql, engine: Engine, condition: &Condition, asker: &Asker) {
    match condition {
        Condition::Client { ids, globs, none } => {
            sql.push("FALSE");
            if *none {
                sql.push(" OR p.client_id IS NULL");
            }
            if !ids.is_empty() {
                sql.push(" OR p.client_id IN ").push_list(ids.iter().copied());
            }
            for glob in globs {
                like(sql, " OR c.key LIKE ", &lowered(glob));
                like(sql, " OR c.name_fold LIKE ", &folded(glob));
            }
        }
        Condition::Project { ids, globs } => {
            sql.push("FALSE");
            if !ids.is_empty() {
                sql.push(" OR f.project_id IN ").push_list(ids.iter().copied());
            }
            for glob in globs {
                like(sql, " OR LOWER(p.key) LIKE ", &lowered(glob));
                like(sql, " OR p.name_fold LIKE ", &folded(glob));
            }
        }
        Condition::Assignee { ids, nobody } => {
            sql.push(if *nobody { "f.assignee_id IS NULL" } else { "FALSE" });
            if !ids.is_empty() {
                sql.push(" OR f.assignee_id IN ").push_list(ids.iter().copied());
            }
        }
        Condition::Claimed { ids, anyone, nobody } => {
            sql.push("FALSE");
            if *anyone {
                claimed(sql, " OR EXISTS ", asker, None);
            }
            if *nobody {
                claimed(sql, " OR NOT EXISTS ", asker, None);
            }
            if !ids.is_empty() {
                claimed(sql, " OR EXISTS ", asker, Some(ids));
            }
        }
        Condition::Plain(kind) => plain(sql, engine, kind, asker),
    }
}

fn claimed(sql: &mut Sql, head: &'static str, asker: &Asker, ids: Option<&[Uuid]>) {
    sql.push(head)
        .push("(SELECT 1 FROM claim l WHERE l.agency_id = $1 AND l.finding_id = f.id AND l.until > ")
        .push_bind(asker.now);
    if let Some(ids) = ids {
        sql.push(" AND l.user_id IN ").push_list(ids.iter().copied());
    }
    sql.push(")");
}

/// The open kinds, for `IN`.
pub const OPEN: &str = "('open', 'in_progress', 'pending_verification', 'not_fixed', 'partial', 'inconclusive')";

/// Appends `(the client wrote last, or the asker is called by name in what they have not read)`.
pub fn needs_reply(sql: &mut Sql, asker: &Asker) {
    sql.push(
        "(f.client_wrote_last OR f.id IN (SELECT m.finding_id FROM mention m LEFT JOIN finding_read r ON r.agency_id = m.agency_id \
           AND r.finding_id = m.finding_id AND r.user_id = m.user_id \
         WHERE m.agency_id = $1 AND m.at > COALESCE(r.read_at, 0) AND m.user_id = ",
    );
    sql.push_bind(asker.user).push("))");
}

/// The lane of finding `f` as its rank, null for none: `domain::lane::lane` in SQL, held to it by a test.
pub fn lane(sql: &mut Sql, asker: &Asker) {
    sql.push("CAST(CASE WHEN f.status = 'pending_verification' THEN 0 WHEN ");
    needs_reply(sql, asker);
    sql.push(" THEN 1 WHEN f.status NOT IN ")
        .push(OPEN)
        .push(" THEN NULL WHEN f.status IN ('not_fixed', 'partial', 'inconclusive') OR f.reopened THEN 2");
    sql.push(" WHEN f.due_at <= ").push_bind(asker.now).push(" THEN 3");
    sql.push(" WHEN f.due_at <= ")
        .push_bind(asker.now.plus_ms(SOON_MS))
        .push(" THEN 4");
    sql.push(
        " WHEN f.triaged_at IS NULL THEN 5 WHEN NOT f.seen_in_latest THEN 6 WHEN f.assignee_id IS NULL THEN 7 \
         WHEN f.released_at IS NOT NULL THEN 8 END AS BIGINT)",
    );
}

/// The lane of a stored rank.
pub fn lane_of(rank: i64) -> Result<Lane> {
    let found = Lane::ALL.into_iter().find(|l| l.rank() == rank);
    found.ok_or_else(|| super::Error::Corrupt(format!("lane {rank}")))
}

const BY_STATUS: &str = "CASE f.status WHEN 'open' THEN 0 WHEN 'in_progress' THEN 1 WHEN 'pending_verification' THEN 2 \
     WHEN 'not_fixed' THEN 3 WHEN 'partial' THEN 4 WHEN 'inconclusive' THEN 5 WHEN 'verified_fixed' THEN 6 \
     WHEN 'false_positive' THEN 7 WHEN 'out_of_scope' THEN 8 WHEN 'duplicate' THEN 9 ELSE 10 END";

/// The place of a status in [`BY_STATUS`].
#[must_use]
pub fn status_rank(status: Status) -> i64 {
    status as i64
}

/// The column a sort is by. The id that breaks ties runs the same way, so that one index serves both directions.
#[must_use]
pub fn sort_columns(sort: Sort) -> [SortColumn; 2] {
    let column = |expr, nullable| SortColumn {
        expr,
        descending: sort.descending,
        nullable,
    };
    let first = match sort.field {
        SortField::Severity => column("f.severity", false),
        SortField::Cvss => column("f.cvss_score", true),
        SortField::Due => column("f.due_at", true),
        SortField::First => column("f.first_seen", false),
        SortField::Last => column("f.last_seen", false),
        SortField::Status => column(BY_STATUS, false),
        SortField::Title => column("f.title_fold", false),
        SortField::Client => column("c.name_fold", true),
        SortField::Project => column("p.name_fold", false),
        SortField::Assignee => column("a.email", true),
        SortField::Tool => column("f.tool", false),
    };
    [first, column("f.id", false)]
}

/// Worst first, the newest of one severity first.
pub const DEFAULT_SORT: Sort = Sort {
    field: SortField::Severity,
    descending: true,
};
