//! Acts as their doer sees them again: what can be taken back, and what stands in the way.

use std::collections::HashMap;

use uuid::Uuid;

use super::page::{self, Key, Slice, SortColumn, Window};
use super::{Result, Row, Sql, Tx, visible};
use crate::domain::id::{ActId, UserId};
use crate::domain::time::Time;

/// An act with what became of it.
#[derive(Debug, Clone)]
pub struct ActRow {
    pub id: ActId,
    pub at: Time,
    pub kind: String,
    pub words: String,
    /// Why it cannot be taken back, where acts like it cannot.
    pub stays: Option<String>,
    /// The last link of its chain: the act itself, or what took it back or did it again.
    pub head: ActId,
    pub undone_at: Option<Time>,
}

fn read(row: &Row) -> Result<ActRow> {
    let id: ActId = row.id("id")?;
    Ok(ActRow {
        id,
        at: row.time("at")?,
        kind: row.get("kind")?,
        words: row.get("words")?,
        stays: row.get("stays")?,
        head: row.opt_id("head_id")?.unwrap_or(id),
        undone_at: row.opt_time("undone_at")?,
    })
}

/// Appends ` AND (the actor may open every workspace that act a touched)`. A project that is gone hides nothing: its
/// client does.
fn openable(sql: &mut Sql, tx: &Tx) {
    let actor = tx.scope().actor();
    sql.push(
        " AND NOT EXISTS (SELECT 1 FROM act_place ap JOIN project o ON o.agency_id = $1 AND o.id = ap.object_id \
         WHERE ap.agency_id = $1 AND ap.act_id = a.id AND ap.kind = 'project' AND NOT EXISTS (SELECT 1 FROM project p \
         LEFT JOIN client c ON c.agency_id = p.agency_id AND c.id = p.client_id WHERE p.agency_id = $1 AND p.id = o.id",
    );
    visible::projects(sql, actor);
    sql.push(
        ")) AND NOT EXISTS (SELECT 1 FROM act_place ap WHERE ap.agency_id = $1 AND ap.act_id = a.id AND ap.kind = 'client' \
         AND NOT EXISTS (SELECT 1 FROM client c WHERE c.agency_id = $1 AND c.id = ap.object_id",
    );
    visible::clients(sql, actor);
    sql.push("))");
}

/// A user's own acts, each once, whatever took it back or did it again.
pub async fn list(tx: &mut Tx, user: UserId, undone: bool, window: &Window) -> Result<Slice<ActRow>> {
    let mut sql = Sql::new("SELECT a.* FROM act a WHERE a.agency_id = $1 AND a.root_id IS NULL AND a.user_id = ");
    sql.push_bind(user);
    if undone {
        sql.push(" AND a.undone_at IS NOT NULL");
    }
    openable(&mut sql, tx);
    page::window(&mut sql, if undone { &BY_UNDONE } else { &BY_TIME }, window);
    let rows = tx.all(sql).await?.iter().map(read).collect::<Result<_>>()?;
    Ok(Slice::of(rows, window))
}

const BY_TIME: [SortColumn; 2] = [SortColumn::desc("a.at"), SortColumn::desc("a.id")];
const BY_UNDONE: [SortColumn; 2] = [SortColumn::desc("a.undone_at"), SortColumn::desc("a.id")];

#[must_use]
pub fn keys(row: &ActRow, undone: bool) -> Vec<Key> {
    let at = if undone { row.undone_at } else { Some(row.at) };
    vec![at.map(|t| t.0).into(), Key::Id(row.id.0)]
}

/// A user's own act, by its id or by the id of any link of its chain.
pub async fn find(tx: &mut Tx, user: UserId, id: ActId) -> Result<Option<ActRow>> {
    let mut sql = Sql::new("SELECT a.* FROM act a WHERE a.agency_id = $1 AND a.user_id = ");
    sql.push_bind(user)
        .push(" AND a.id = (SELECT COALESCE(x.root_id, x.id) FROM act x WHERE x.agency_id = $1 AND x.id = ")
        .push_bind(id)
        .push(")");
    openable(&mut sql, tx);
    tx.opt(sql).await?.as_ref().map(read).transpose()
}

/// Takes the last link of a chain for the one who goes on from it. `false`: somebody else was faster.
pub async fn go_on(tx: &mut Tx, root: ActId, head: ActId, next: ActId, undone_at: Option<Time>) -> Result<bool> {
    let sql = Sql::new("UPDATE act SET undone_by = $3 WHERE agency_id = $1 AND id = $2 AND undone_by IS NULL");
    if tx.run(sql.bind(head).bind(next)).await? == 0 {
        return Ok(false);
    }
    let sql = Sql::new("UPDATE act SET head_id = $3, undone_at = $4 WHERE agency_id = $1 AND id = $2");
    tx.run(sql.bind(root).bind(next).bind(undone_at)).await?;
    Ok(true)
}

/// A row that stands again as an earlier version had it, under a new one.
#[derive(Debug, Clone, Copy)]
pub struct Again {
    pub object: Uuid,
    pub was: i64,
    pub is: i64,
}

/// Acts that left rows as they stand again now: nothing is built on them any more.
pub async fn stand_again(tx: &mut Tx, rows: &[Again]) -> Result<()> {
    for part in rows.chunks(Sql::rows_at_once(3)) {
        let mut sql = Sql::new("WITH v (agency_id, object_id, was_at, is_at) AS (VALUES ");
        sql.push_rows(
            part.iter()
                .map(|row| vec![row.object.into(), row.was.into(), row.is.into()]),
        );
        sql.push(
            ") UPDATE act_change SET version_after = v.is_at FROM v \
             WHERE act_change.agency_id = $1 AND act_change.object_id = v.object_id AND act_change.version_after = v.was_at",
        );
        tx.run(sql).await?;
    }
    super::import::undo::stand_again(tx, rows).await
}

/// The workspaces an act touched, by id: whether it is a project, and its id.
pub async fn places(tx: &mut Tx, act: ActId) -> Result<Vec<(bool, Uuid)>> {
    let sql = Sql::new("SELECT kind, object_id FROM act_place WHERE agency_id = $1 AND act_id = $2 ORDER BY object_id");
    let rows = tx.all(sql.bind(act)).await?;
    rows.iter()
        .map(|row| Ok((row.get::<String>("kind")? == "project", row.get("object_id")?)))
        .collect()
}

/// A row as it was before an act.
#[derive(Debug, Clone)]
pub struct Kept {
    pub kind: String,
    pub object: Uuid,
    /// JSON.
    pub before: String,
    pub version_before: i64,
    pub version_after: i64,
}

pub async fn changes(tx: &mut Tx, act: ActId) -> Result<Vec<Kept>> {
    let sql = Sql::new(
        "SELECT object_kind, object_id, before, version_before, version_after FROM act_change WHERE agency_id = $1 AND act_id = $2 \
         ORDER BY n, object_kind, object_id",
    );
    let rows = tx.all(sql.bind(act)).await?;
    rows.iter()
        .map(|row| {
            Ok(Kept {
                kind: row.get("object_kind")?,
                object: row.get("object_id")?,
                before: row.get("before")?,
                version_before: row.get("version_before")?,
                version_after: row.get("version_after")?,
            })
        })
        .collect()
}

/// What an act touched, by name.
#[derive(Debug, Clone)]
pub struct Object {
    pub kind: &'static str,
    pub id: Uuid,
    pub key: String,
    pub name: String,
}

/// Which rows of an act are its objects: `n < …` keeps the first few.
const OBJECTS: [(&str, &str, &str); 5] = [
    (
        "finding",
        "finding.%",
        " JOIN finding o ON o.agency_id = $1 AND o.id = ac.object_id AND ac.object_kind IN ('finding', 'finding_made')",
    ),
    (
        "project",
        "project.%",
        " JOIN project o ON o.agency_id = $1 AND o.id = ac.object_id AND ac.object_kind IN ('project', 'project_moved', 'project_made')",
    ),
    (
        "client",
        "client.%",
        " JOIN client o ON o.agency_id = $1 AND o.id = ac.object_id AND ac.object_kind IN ('client', 'client_made')",
    ),
    (
        "finding",
        "comment.%",
        " JOIN comment k ON k.agency_id = $1 AND k.id = ac.object_id AND ac.object_kind IN ('comment', 'comment_made') \
         JOIN finding o ON o.agency_id = $1 AND o.id = k.finding_id",
    ),
    (
        "project",
        "import.%",
        " JOIN project o ON o.agency_id = $1 AND o.id = ac.object_id",
    ),
];

/// The first few objects of each of these acts, and how many each has. What is gone is not among them.
pub async fn objects(tx: &mut Tx, acts: &[ActId], first: i64) -> Result<HashMap<ActId, (i64, Vec<Object>)>> {
    let mut out: HashMap<ActId, (i64, Vec<Object>)> = HashMap::new();
    if acts.is_empty() {
        return Ok(out);
    }
    for (kind, like, join) in OBJECTS {
        let from = |sql: &mut Sql| {
            sql.push(if kind == "project" && like == "import.%" {
                " FROM act a JOIN (SELECT agency_id, act_id, object_id, kind AS object_kind, 0 AS n FROM act_place WHERE kind = 'project') ac"
            } else {
                " FROM act a JOIN act_change ac"
            });
            sql.push(" ON ac.agency_id = $1 AND ac.act_id = a.id").push(join);
            sql.push(" WHERE a.agency_id = $1 AND a.kind LIKE ")
                .push_bind(like)
                .push(" AND a.id IN ")
                .push_list(acts.iter().copied());
        };
        let mut sql = Sql::new("SELECT a.id AS act_id, COUNT(*) AS n");
        from(&mut sql);
        sql.push(" GROUP BY a.id");
        for row in tx.all(sql).await? {
            out.entry(row.id("act_id")?).or_default().0 += row.get::<i64>("n")?;
        }
        let name = if kind == "finding" { "o.title" } else { "o.name" };
        let mut sql = Sql::new("SELECT a.id AS act_id, o.id, o.key, ");
        sql.push(name).push(" AS name");
        from(&mut sql);
        sql.push(" AND ac.n < ")
            .push_bind(first)
            .push(" ORDER BY a.id, ac.n, o.id");
        for row in tx.all(sql).await? {
            let known = &mut out.entry(row.id("act_id")?).or_default().1;
            let object = Object {
                kind,
                id: row.get("id")?,
                key: row.get("key")?,
                name: row.get("name")?,
            };
            if (known.len() as i64) < first && known.iter().all(|k| k.id != object.id) {
                known.push(object);
            }
        }
    }
    Ok(out)
}

/// What stands on what an act left behind.
#[derive(Debug, Clone)]
pub struct Built {
    pub act: ActId,
    /// The first of them; none where it is gone.
    pub key: Option<String>,
    pub n: i64,
    pub why: &'static str,
}

/// Rows that are not as the act left them, and rows that came to stand on what it made.
const BUILT: [(&str, &str); 9] = [
    (
        "was changed since",
        " LEFT JOIN finding o ON o.agency_id = $1 AND o.id = ac.object_id \
         WHERE ac.object_kind IN ('finding', 'finding_made', 'merged', 'split') AND COALESCE(o.version, 0) <> ac.version_after",
    ),
    (
        "was changed since",
        " LEFT JOIN project o ON o.agency_id = $1 AND o.id = ac.object_id \
         WHERE ac.object_kind IN ('project', 'project_moved', 'project_made') AND COALESCE(o.version, 0) <> ac.version_after",
    ),
    (
        "was changed since",
        " LEFT JOIN client o ON o.agency_id = $1 AND o.id = ac.object_id \
         WHERE ac.object_kind IN ('client', 'client_made') AND COALESCE(o.version, 0) <> ac.version_after",
    ),
    (
        "has a comment that was changed since",
        " LEFT JOIN comment k ON k.agency_id = $1 AND k.id = ac.object_id LEFT JOIN finding o ON o.agency_id = $1 AND o.id = k.finding_id \
         WHERE ac.object_kind IN ('comment', 'comment_made') AND COALESCE(k.version, 0) <> ac.version_after",
    ),
    (
        "has findings or imports by now",
        " JOIN project o ON o.agency_id = $1 AND o.id = ac.object_id WHERE ac.object_kind = 'project_made' \
         AND (EXISTS (SELECT 1 FROM finding f WHERE f.agency_id = $1 AND f.project_id = o.id) \
           OR EXISTS (SELECT 1 FROM import_batch b WHERE b.agency_id = $1 AND b.project_id = o.id))",
    ),
    (
        "was commented on, or has duplicates by now",
        " JOIN finding o ON o.agency_id = $1 AND o.id = ac.object_id WHERE ac.object_kind IN ('finding_made', 'split') \
         AND (EXISTS (SELECT 1 FROM comment k WHERE k.agency_id = $1 AND k.finding_id = o.id) \
           OR EXISTS (SELECT 1 FROM finding d WHERE d.agency_id = $1 AND d.duplicate_of = o.id))",
    ),
    (
        "has an answer to the comment by now",
        " JOIN comment k ON k.agency_id = $1 AND k.id = ac.object_id JOIN finding o ON o.agency_id = $1 AND o.id = k.finding_id \
         WHERE ac.object_kind = 'comment_made' AND EXISTS (SELECT 1 FROM comment r WHERE r.agency_id = $1 AND r.reply_to = k.id)",
    ),
    (
        "has projects by now",
        " JOIN client o ON o.agency_id = $1 AND o.id = ac.object_id WHERE ac.object_kind = 'client_made' \
         AND EXISTS (SELECT 1 FROM project p WHERE p.agency_id = $1 AND p.client_id = o.id AND NOT EXISTS (SELECT 1 FROM act_change x \
           WHERE x.agency_id = $1 AND x.act_id = ac.act_id AND x.object_kind = 'project_moved' AND x.object_id = p.id))",
    ),
    (
        "has findings that came since",
        " JOIN project o ON o.agency_id = $1 AND o.id = ac.object_id WHERE ac.object_kind = 'project_moved' \
         AND EXISTS (SELECT 1 FROM finding f WHERE f.agency_id = $1 AND f.project_id = o.id AND NOT EXISTS (SELECT 1 FROM act_change x \
           WHERE x.agency_id = $1 AND x.act_id = ac.act_id AND x.object_kind = 'finding' AND x.object_id = f.id))",
    ),
];

/// What was built on these links since.
pub async fn built_on(tx: &mut Tx, heads: &[ActId]) -> Result<Vec<Built>> {
    let mut out = Vec::new();
    if heads.is_empty() {
        return Ok(out);
    }
    for (why, rest) in BUILT {
        let mut sql = Sql::new("SELECT ac.act_id, MIN(o.key) AS first_key, COUNT(*) AS n FROM act_change ac");
        sql.push(rest).push(" AND ac.agency_id = $1 AND ac.act_id IN ");
        sql.push_list(heads.iter().copied()).push(" GROUP BY ac.act_id");
        for row in tx.all(sql).await? {
            out.push(Built {
                act: row.id("act_id")?,
                key: row.get("first_key")?,
                n: row.get("n")?,
                why,
            });
        }
    }
    Ok(out)
}

/// The keys of the first few things that were built on one link, with why.
pub async fn obstacles(tx: &mut Tx, head: ActId, first: i64) -> Result<Vec<(String, &'static str)>> {
    let mut out = Vec::new();
    for (why, rest) in BUILT {
        let mut sql = Sql::new("SELECT o.key FROM act_change ac");
        sql.push(rest)
            .push(" AND o.key IS NOT NULL AND ac.agency_id = $1 AND ac.act_id = ");
        sql.push_bind(head).push(" ORDER BY o.key LIMIT ").push_bind(first);
        for row in tx.all(sql).await? {
            out.push((row.get("key")?, why));
        }
    }
    Ok(out)
}
