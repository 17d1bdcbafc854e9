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
use crate::domain::id::UserId;
use crate::domain::lane::{Lane, SOON_MS};
use crate::domain::query::{Kind, Query, QueryError, Sort, SortField, Text};
use crate::domain::status::Status;
use crate::domain::time::Time;

mod names;
mod narrow;
mod predicate;
mod text;

pub use narrow::count_of;
use narrow::{Few, Sought};
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
    /// What was found out before the statement is made: whether so few rows can match that they are better looked up and
    /// sorted than come across on a walk along an order.
    few: Option<Few>,
    /// Whether very many rows can match what is asked of texts.
    often: bool,
}

impl Filter {
    /// Whether it asks for nothing but place, severity and status: what the roll-up of counts knows.
    #[must_use]
    pub fn is_in_rollup(&self) -> bool {
        self.terms.iter().all(|(_, condition)| match condition {
            Condition::Client { .. } | Condition::Project { .. } => true,
            Condition::Plain(kind) => matches!(kind, Kind::Severity(_) | Kind::Status(_) | Kind::Open(_)),
            Condition::Sought(_) | Condition::Assignee { .. } | Condition::Claimed { .. } => false,
        })
    }

    /// Whether few rows can match.
    #[must_use]
    pub fn is_narrow(&self) -> bool {
        self.few.is_some()
    }

    /// Whether counting what matches means looking at every finding of the agency and at its places.
    #[must_use]
    pub fn counts_slowly(&self) -> bool {
        self.few.is_none()
            && self
                .terms
                .iter()
                .any(|(_, condition)| matches!(condition, Condition::Sought(_)))
    }

    /// Whether the first rows of an order are likely enough to hold what is asked of texts to be looked at one by one.
    #[must_use]
    pub fn is_everywhere(&self) -> bool {
        self.often && self.counts_slowly()
    }

    /// Whether a finding of this lane can match.
    #[must_use]
    pub fn admits(&self, lane: Lane) -> bool {
        self.terms.iter().all(|(negated, condition)| match condition {
            Condition::Plain(Kind::Lane(lanes)) => lanes.contains(&lane) != *negated,
            _ => true,
        })
    }
}

/// A term as SQL will see it: names are ids by now.
#[derive(Debug, Clone)]
enum Condition {
    Plain(Kind),
    /// A term that few indexes serve.
    Sought(Sought),
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
        few: None,
        often: false,
        asker,
    };
    for term in &query.terms {
        let condition = match names::condition(tx, &term.kind, term.at, filter.asker.user).await? {
            Ok(condition) => condition,
            Err(error) => return Ok(Err(error)),
        };
        filter.placed |= !term.negated && matches!(condition, Condition::Client { .. } | Condition::Project { .. });
        filter.terms.push((term.negated, condition));
    }
    narrow::narrow(tx, &mut filter).await?;
    Ok(Ok(filter))
}

/// ` FROM finding f` for a statement that ends in [`push`] or [`push_alone`].
#[must_use]
pub fn from(filter: &Filter) -> &'static str {
    if filter.few == Some(Few::Ids) {
        // Left to itself SQLite goes through all findings and asks of each whether it is in the list.
        " FROM finding f INDEXED BY sqlite_autoindex_finding_1"
    } else {
        " FROM finding f"
    }
}

/// Appends `SELECT f.id … WHERE …` for what matches, to be ordered by these columns: with what they need joined.
/// `texts`: whether terms about texts are asked too, or left to [`push_texts`].
pub fn push_ids(sql: &mut Sql, tx: &Tx, filter: &Filter, joins: &'static str, sort: &[SortColumn], texts: bool) {
    let asked = if texts { Asked::All } else { Asked::Beside };
    sql.push("SELECT f.id").push(from(filter));
    if tx.engine() == Engine::Sqlite && filter.counts_slowly() && sort.iter().all(|c| c.expr.starts_with("f.")) {
        // What many rows are asked is asked of the projects once and of the order's index, before the rows are read.
        sql.push(" WHERE f.agency_id = $1 AND +f.project_id");
        in_projects(sql, tx, filter);
    } else {
        sql.push(joins).push(" WHERE f.agency_id = $1");
        about_projects(sql, tx, filter, "f.project_id");
    }
    about_findings(sql, tx, filter, asked);
}

/// Appends ` AND …` for the actor's rights and every term, to a statement over findings `f` with `p` and `c` joined.
pub fn push(sql: &mut Sql, tx: &Tx, filter: &Filter) {
    about_projects(sql, tx, filter, "f.project_id");
    about_findings(sql, tx, filter, Asked::All);
}

/// The same to a statement over `f` alone: the projects are looked up once, not once per finding. For counts: a list
/// that is read in order and stops early is better off with [`push`].
pub fn push_alone(sql: &mut Sql, tx: &Tx, filter: &Filter) {
    // Few ids lead, and somebody's own findings, not the index of a project.
    let own = |(negated, condition): &(bool, Condition)| {
        !negated && matches!(condition, Condition::Assignee { nobody: false, .. })
    };
    let led = filter.few == Some(Few::Ids) || filter.terms.iter().any(own);
    sql.push(if led && tx.engine() == Engine::Sqlite {
        " AND +f.project_id"
    } else {
        " AND f.project_id"
    });
    in_projects(sql, tx, filter);
    about_findings(sql, tx, filter, Asked::All);
}

/// Appends ` IN (the projects that the actor's rights and the terms about projects leave)`.
fn in_projects(sql: &mut Sql, tx: &Tx, filter: &Filter) {
    sql.push(
        " IN (SELECT p.id FROM project p LEFT JOIN client c ON c.agency_id = p.agency_id AND c.id = p.client_id \
         WHERE p.agency_id = $1",
    );
    about_projects(sql, tx, filter, "p.id");
    sql.push(")");
}

/// Appends ` AND …` for the actor's rights and the terms about projects, to a statement over `p` with `c` joined.
pub fn push_projects(sql: &mut Sql, tx: &Tx, filter: &Filter) {
    about_projects(sql, tx, filter, "p.id");
}

fn about_projects(sql: &mut Sql, tx: &Tx, filter: &Filter, project: &'static str) {
    visible::projects(sql, tx.scope().actor());
    if !filter.placed {
        sql.push(" AND (c.state IS NULL OR c.state <> 'archived')");
    }
    for (negated, condition) in &filter.terms {
        if matches!(condition, Condition::Client { .. } | Condition::Project { .. }) {
            term(sql, *negated, |sql| place(sql, condition, project));
        }
    }
}

/// Which part of what terms about texts ask: whether a row can match at all costs less to know than whether it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    All,
    /// What is known without the row.
    First,
    /// Nothing: all other terms.
    Beside,
    /// Whether the row does, and nothing else.
    Row,
}

fn about_findings(sql: &mut Sql, tx: &Tx, filter: &Filter, asked: Asked) {
    for (negated, condition) in &filter.terms {
        match condition {
            Condition::Client { .. } | Condition::Project { .. } => {}
            Condition::Sought(sought) if asked == Asked::First => {
                if !negated {
                    term(sql, false, |sql| sought.push_first(sql, tx, filter));
                }
            }
            Condition::Sought(_) if asked == Asked::Beside => {}
            Condition::Sought(sought) if asked == Asked::Row => {
                term(sql, *negated, |sql| sought.push_row(sql, tx.engine(), &filter.asker));
            }
            Condition::Sought(sought) => term(sql, *negated, |sql| sought.push(sql, tx, filter)),
            _ if asked == Asked::Row => {}
            // Many: the order's index is the one to begin with, not the status's.
            Condition::Plain(Kind::Status(list)) if filter.few.is_none() && tx.engine() == Engine::Sqlite => {
                term(sql, *negated, |sql| {
                    sql.push("+f.status IN ").push_list(list.iter().map(|s| s.name()));
                });
            }
            _ => term(sql, *negated, |sql| one(sql, tx.engine(), condition, &filter.asker)),
        }
    }
}

/// Appends ` AND …` for what can be asked of a row of an index, to a statement over `f` alone.
pub fn push_first(sql: &mut Sql, tx: &Tx, filter: &Filter) {
    sql.push(" AND +f.project_id");
    in_projects(sql, tx, filter);
    about_findings(sql, tx, filter, Asked::First);
}

/// Appends ` AND …` for these findings, of which everything but texts was asked ([`push_ids`], [`push_first`]), and for the
/// texts, asked of the rows themselves.
pub fn push_texts(sql: &mut Sql, tx: &Tx, filter: &Filter, ids: &[Uuid]) {
    let ids: Vec<String> = ids.iter().map(|id| id.simple().to_string()).collect();
    sql.push(" AND f.id IN ");
    narrow::among(sql, serde_json::Value::from(ids).to_string());
    about_findings(sql, tx, filter, Asked::Row);
}

fn term(sql: &mut Sql, negated: bool, push: impl FnOnce(&mut Sql)) {
    // What is unknown (null) does not match, and so matches its negation.
    sql.push(if negated { " AND NOT COALESCE((" } else { " AND ((" });
    push(sql);
    sql.push(if negated { "), FALSE)" } else { "))" });
}

/// What a term says about the project `p` and its client `c`.
fn place(sql: &mut Sql, condition: &Condition, project: &'static str) {
    sql.push("FALSE");
    match condition {
        Condition::Client { ids, globs, none } => {
            if *none {
                sql.push(" OR p.client_id IS NULL");
            }
            if !ids.is_empty() {
                // Not `p.client_id`: an index on the finding's project can begin here.
                sql.push(" OR ")
                    .push(project)
                    .push(" IN (SELECT y.id FROM project y WHERE y.agency_id = $1 AND y.client_id IN ")
                    .push_list(ids.iter().copied())
                    .push(")");
            }
            for glob in globs {
                like(sql, " OR c.key LIKE ", &lowered(glob));
                like(sql, " OR c.name_fold LIKE ", &folded(glob));
            }
        }
        Condition::Project { ids, globs } => {
            if !ids.is_empty() {
                sql.push(" OR ")
                    .push(project)
                    .push(" IN ")
                    .push_list(ids.iter().copied());
            }
            for glob in globs {
                like(sql, " OR LOWER(p.key) LIKE ", &lowered(glob));
                like(sql, " OR p.name_fold LIKE ", &folded(glob));
            }
        }
        Condition::Plain(_) | Condition::Sought(_) | Condition::Assignee { .. } | Condition::Claimed { .. } => {}
    }
}

fn one(sql: &mut Sql, engine: Engine, condition: &Condition, asker: &Asker) {
    match condition {
        Condition::Assignee { ids, nobody } => {
            // Without an OR where it can be: an index can begin here.
            match (nobody, ids.as_slice()) {
                (true, []) => sql.push("f.assignee_id IS NULL"),
                (true, ids) => sql
                    .push("f.assignee_id IS NULL OR f.assignee_id IN ")
                    .push_list(ids.iter().copied()),
                (false, ids) => sql.push("f.assignee_id IN ").push_list(ids.iter().copied()),
            };
        }
        Condition::Claimed { ids, anyone, nobody } => {
            sql.push("FALSE");
            if *anyone {
                held(sql, asker, None);
            }
            if *nobody {
                sql.push(" OR NOT (FALSE");
                held(sql, asker, None);
                sql.push(")");
            }
            if !ids.is_empty() {
                held(sql, asker, Some(ids));
            }
        }
        Condition::Plain(kind) => plain(sql, engine, kind, asker),
        // About the project, or of texts.
        Condition::Sought(_) | Condition::Client { .. } | Condition::Project { .. } => {}
    }
}

/// Appends ` OR (somebody, or one of these, works on it)`. Not correlated: few findings are held at a time.
fn held(sql: &mut Sql, asker: &Asker, ids: Option<&[Uuid]>) {
    sql.push(" OR f.id IN (SELECT l.finding_id FROM claim l WHERE l.agency_id = $1 AND l.until > ")
        .push_bind(asker.now);
    if let Some(ids) = ids {
        sql.push(" AND l.user_id IN ").push_list(ids.iter().copied());
    }
    sql.push(")");
}

/// The open kinds, for `IN`.
pub const OPEN: &str = "('open', 'in_progress', 'pending_verification', 'not_fixed', 'partial', 'inconclusive')";

/// Appends `(the asker is called by name in what they have not read)`.
pub fn called(sql: &mut Sql, asker: &Asker) {
    sql.push("f.id IN (");
    calls(sql, asker);
    sql.push(")");
}

/// Appends a statement that gives the findings in which the asker is called by name in what they have not read.
pub fn calls(sql: &mut Sql, asker: &Asker) {
    sql.push(
        "SELECT m.finding_id FROM mention m LEFT JOIN finding_read r ON r.agency_id = m.agency_id \
           AND r.finding_id = m.finding_id AND r.user_id = m.user_id \
         WHERE m.agency_id = $1 AND m.at > COALESCE(r.read_at, 0) AND m.user_id = ",
    );
    sql.push_bind(asker.user);
}

/// The lane of finding `f` as its rank, null for none: `domain::lane::lane` in SQL, held to it by a test. What depends on
/// the finding alone is in `lane_base`; the asker and the clock come on top.
pub fn lane(sql: &mut Sql, asker: &Asker) {
    sql.push("CAST(CASE WHEN f.lane_base < 2 THEN f.lane_base WHEN ");
    called(sql, asker);
    sql.push(" THEN 1 WHEN f.lane_base = 2 THEN 2 WHEN f.clock_key <= ")
        .push_bind(asker.now);
    sql.push(" THEN 3 WHEN f.clock_key <= ")
        .push_bind(asker.now.plus_ms(SOON_MS));
    sql.push(" THEN 4 WHEN f.lane_base < 9 THEN f.lane_base END AS BIGINT)");
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
/// `narrow`: few rows match, which are sorted.
#[must_use]
pub fn sort_columns(sort: Sort, narrow: bool) -> [SortColumn; 2] {
    let column = |expr, nullable| SortColumn {
        expr,
        descending: sort.descending,
        nullable,
        sorted: narrow,
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
