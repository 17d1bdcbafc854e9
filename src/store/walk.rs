//! Lists in an order of few values: walked value by value, each along an index, until the page is full. Sorting all that
//! match to show fifty of them costs the whole list, however far down it is read.

use uuid::Uuid;

use super::page::{self, Key, SortColumn, Window};
use super::query::{self, Filter};
use super::{Result, Sql, Tx};
use crate::domain::query::SortField;
use crate::domain::severity::Severity;
use crate::domain::status::Status;

/// What the rows of one step have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Project(Uuid),
    Assignee(Option<Uuid>),
    Severity(i64),
    Status(Status),
}

impl Group {
    /// Appends ` AND (finding f is of it)`.
    pub fn push(self, sql: &mut Sql) {
        match self {
            Self::Project(id) => sql.push(" AND f.project_id = ").push_bind(id),
            Self::Assignee(Some(id)) => sql.push(" AND f.assignee_id = ").push_bind(id),
            Self::Assignee(None) => sql.push(" AND f.assignee_id IS NULL"),
            Self::Severity(rank) => sql.push(" AND f.severity = ").push_bind(rank),
            Self::Status(status) => sql.push(" AND f.status = ").push_bind(status.name()),
        };
    }
}

/// The columns that lead to a group: what stands before the rest in the order and in cursors. None: no order of few values.
#[must_use]
pub fn lead(field: SortField) -> Option<usize> {
    match field {
        SortField::Client | SortField::Project => Some(2),
        SortField::Assignee | SortField::Status | SortField::Severity => Some(1),
        _ => None,
    }
}

/// The groups of an order from the window's row on, and whether it stands in that group: the first at most.
pub async fn from(tx: &mut Tx, filter: &Filter, columns: &[SortColumn], window: &Window) -> Result<Vec<(Group, bool)>> {
    let field = filter.sort.unwrap_or(query::DEFAULT_SORT).field;
    let Some(lead) = lead(field) else {
        return Ok(Vec::new());
    };
    let at = window.beside.as_deref().and_then(|keys| keys.get(..lead));
    let descending = columns.first().is_some_and(|c| c.descending) != window.backward;
    match field {
        SortField::Client | SortField::Project => {
            let mut sql = Sql::new(
                "SELECT p.id FROM project p LEFT JOIN client c ON c.agency_id = p.agency_id AND c.id = p.client_id WHERE p.agency_id = $1",
            );
            query::push_projects(&mut sql, tx, filter);
            page::window(&mut sql, columns.get(..lead).unwrap_or_default(), &after(window, at));
            let mut groups = match at {
                Some([_, Key::Id(id)]) => vec![(Group::Project(*id), true)],
                _ => Vec::new(),
            };
            for row in tx.all(sql).await? {
                groups.push((Group::Project(row.get("id")?), false));
            }
            Ok(groups)
        }
        SortField::Assignee => {
            let mut sql = Sql::new("SELECT a.id, a.email FROM agency_user a WHERE a.agency_id = $1");
            let nobody = Group::Assignee(None);
            let mut groups = Vec::new();
            match at {
                // After nobody comes nothing.
                Some([Key::Null]) if !window.backward => return Ok(vec![(nobody, true)]),
                Some([Key::Text(email)]) => {
                    sql.push(if descending {
                        " AND a.email <= "
                    } else {
                        " AND a.email >= "
                    })
                    .push_bind(email.as_str());
                }
                at if window.backward => groups.push((nobody, at.is_some())),
                _ => {}
            }
            sql.push(if descending {
                " ORDER BY a.email DESC"
            } else {
                " ORDER BY a.email"
            });
            for row in tx.all(sql).await? {
                let here = at == Some(&[Key::Text(row.get("email")?)]);
                groups.push((Group::Assignee(Some(row.get("id")?)), here));
            }
            if !window.backward {
                groups.push((nobody, false));
            }
            Ok(groups)
        }
        SortField::Severity => Ok(ranked(
            Severity::ALL.map(|s| (s.rank(), Group::Severity(s.rank()))),
            at,
            descending,
        )),
        _ => Ok(ranked(
            Status::ALL.map(|s| (query::status_rank(s), Group::Status(s))),
            at,
            descending,
        )),
    }
}

/// All groups after the one that the window's row is of.
fn after(window: &Window, at: Option<&[Key]>) -> Window {
    Window {
        limit: u32::MAX - 1,
        beside: at.map(<[Key]>::to_vec),
        backward: window.backward,
    }
}

fn ranked<const N: usize>(mut all: [(i64, Group); N], at: Option<&[Key]>, descending: bool) -> Vec<(Group, bool)> {
    all.sort_by_key(|(rank, _)| if descending { -rank } else { *rank });
    let from = match at {
        Some([Key::Int(from)]) => Some(*from),
        _ => None,
    };
    let there = all
        .into_iter()
        .filter(|(rank, _)| from.is_none_or(|from| if descending { *rank <= from } else { *rank >= from }));
    there.map(|(rank, group)| (group, Some(rank) == from)).collect()
}

/// The part of a window that a step reads: `have` rows were read before it. `here`: the window's row stands in this step,
/// and its place in it follows the columns that lead to it.
#[must_use]
pub fn step(window: &Window, lead: usize, here: bool, have: usize) -> Window {
    // One more than asked for says that there is more.
    let wanted = window.limit as usize + 1;
    let beside = window.beside.as_deref().filter(|_| here);
    Window {
        limit: u32::try_from(wanted.saturating_sub(have + 1)).unwrap_or(u32::MAX),
        beside: beside.and_then(|keys| keys.get(lead..)).map(<[Key]>::to_vec),
        backward: window.backward,
    }
}
