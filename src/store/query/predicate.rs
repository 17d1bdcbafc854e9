//! Single predicates: what a term of a query says about finding `f`, in SQL.

use jiff::civil::Date;

use super::super::sql::{Sql, Value};
use super::super::tx::{Engine, Tx};
use super::{Asker, Filter, OPEN, in_projects, lane};
use crate::domain::clock;
use crate::domain::fold::fold;
use crate::domain::query::{Cmp, Import, Kind, Match, Score, Text, When};

pub(super) fn plain(sql: &mut Sql, engine: Engine, kind: &Kind, asker: &Asker) {
    match kind {
        Kind::Severity(Match::Any(list)) => {
            sql.push("f.severity IN ").push_list(list.iter().copied());
        }
        Kind::Severity(Match::Than(cmp, severity)) => {
            sql.push("f.severity").push(sign(*cmp)).push_bind(*severity);
        }
        Kind::Status(list) => {
            sql.push("f.status IN ").push_list(list.iter().map(|s| s.name()));
        }
        Kind::Open(open) => {
            // Half of all: an index on the status would be the wrong one to begin with.
            sql.push(if engine == Engine::Sqlite {
                "+f.status"
            } else {
                "f.status"
            });
            sql.push(if *open { " IN " } else { " NOT IN " });
            sql.push(OPEN);
        }
        Kind::Lane(lanes) => {
            lane(sql, asker);
            sql.push(" IN ").push_list(lanes.iter().map(|l| l.rank()));
        }
        Kind::Due(when) => self::when(sql, "f.due_at", *when, asker, Direction::Ahead),
        Kind::FirstSeen(when) => self::when(sql, "f.first_seen", *when, asker, Direction::Back),
        Kind::LastSeen(when) => self::when(sql, "f.last_seen", *when, asker, Direction::Back),
        Kind::Seen(yes) => {
            sql.push("f.seen_in_latest = ").push_bind(*yes);
        }
        Kind::Import(list) => imports(sql, list),
        Kind::Triaged(yes) => {
            sql.push("f.triaged_at").push(is(*yes));
        }
        Kind::Released(yes) => {
            sql.push("f.released_at").push(is(*yes));
        }
        Kind::Unread(yes) => {
            // Not correlated: what was written is less than what was found.
            sql.push(if *yes { "f.id IN " } else { "f.id NOT IN " });
            sql.push(
                "(SELECT k.finding_id FROM comment k LEFT JOIN finding_read r ON r.agency_id = k.agency_id AND r.finding_id = k.finding_id AND r.user_id = ",
            );
            sql.push_bind(asker.user);
            sql.push(" WHERE k.agency_id = $1 AND (k.author_id IS NULL OR k.author_id <> ")
                .push_bind(asker.user);
            sql.push(") AND k.created_at > COALESCE(r.read_at, 0))");
        }
        Kind::Tool(list) => any(sql, list, "f.tool"),
        Kind::Cve(list) => in_json(sql, engine, "f.cve", list),
        Kind::Tag(list) => {
            in_json(sql, engine, "f.tags", list);
            sql.push(" OR ");
            in_json(sql, engine, "f.own_tags", list);
        }
        Kind::Cwe(list) => {
            sql.push("FALSE");
            for number in list {
                // The list is stored as `[79,89]`.
                sql.push(" OR (',' || SUBSTR(f.cwe, 2, LENGTH(f.cwe) - 2) || ',') LIKE ");
                sql.push_bind(format!("%,{number},%"));
            }
        }
        Kind::Cvss(score) => self::score(sql, *score),
        Kind::Asset(_) => {
            // Not correlated: the places are looked through once, not once per finding.
            sql.push("f.id IN (SELECT o.finding_id FROM occurrence o WHERE o.agency_id = $1 AND (");
            at_places(sql, engine, kind);
            sql.push("))");
        }
        Kind::Text(_) => {
            labelled(sql, kind);
            sql.push(" OR f.id IN (SELECT o.finding_id FROM occurrence o WHERE o.agency_id = $1 AND (");
            at_places(sql, engine, kind);
            sql.push("))");
        }
        // Names were resolved before.
        Kind::Client(_) | Kind::Project(_) | Kind::Assignee(_) | Kind::Claimed(_) => {
            sql.push("FALSE");
        }
    }
}

/// Appends `(the term holds for finding f)`, to be asked row by row.
pub(super) fn each(sql: &mut Sql, engine: Engine, kind: &Kind, asker: &Asker) {
    match kind {
        Kind::Text(_) => {
            labelled(sql, kind);
            sql.push(" OR ");
            placed(sql, engine, kind);
        }
        Kind::Asset(_) => placed(sql, engine, kind),
        _ => plain(sql, engine, kind, asker),
    }
}

/// Appends `one of f's places is of this kind`.
fn placed(sql: &mut Sql, engine: Engine, kind: &Kind) {
    sql.push("EXISTS (SELECT 1 FROM occurrence o WHERE o.agency_id = $1 AND o.finding_id = f.id AND (");
    at_places(sql, engine, kind);
    sql.push("))");
}

/// Appends a statement that gives the findings a term about texts can hold for: those of the documents that match an
/// expression of the index (SQLite), less those that are known to stand elsewhere.
pub(super) fn candidates(sql: &mut Sql, tx: &Tx, filter: &Filter, kind: &Kind, expression: &str) {
    sql.push(
        "SELECT d.finding_id FROM finding_text t CROSS JOIN finding_doc d ON d.n = t.rowid WHERE t.finding_text MATCH ",
    )
    .push_bind(expression.to_owned())
    .push(" AND d.agency_id = $1");
    match kind {
        Kind::Asset(_) => {
            sql.push(" AND d.occurrence_id IS NOT NULL");
            return;
        }
        Kind::Text(_) => sql.push(" AND (d.occurrence_id IS NOT NULL OR d.project_id"),
        _ => sql.push(" AND (d.occurrence_id IS NULL AND d.project_id"),
    };
    in_projects(sql, tx, filter);
    sql.push(")");
}

/// Appends a statement that gives the findings that imports saw.
pub(super) fn imported(sql: &mut Sql, list: &[Import]) {
    sql.push(
        "SELECT l.finding_id FROM import_batch b JOIN import_line l ON l.agency_id = b.agency_id AND l.batch_id = b.id AND l.plan_id = b.plan_id \
         WHERE b.agency_id = $1 AND b.state = 'applied' AND b.undone_at IS NULL AND l.outcome <> 'not_seen' AND (FALSE",
    );
    for import in list {
        match import {
            Import::Last => sql.push(
                " OR b.id = (SELECT y.id FROM import_batch y WHERE y.agency_id = $1 AND y.project_id = b.project_id AND y.state = 'applied' AND y.undone_at IS NULL \
                 ORDER BY y.applied_at DESC, y.id DESC LIMIT 1)",
            ),
            Import::Batch(batch) => sql.push(" OR b.id = ").push_bind(*batch),
        };
    }
    sql.push(")");
}

/// Appends `title, key or CVE hold the text`.
fn labelled(sql: &mut Sql, kind: &Kind) {
    if let Kind::Text(text) = kind {
        titled(sql, text);
        sql.push(" OR ");
        keyed(sql, text);
    }
}

fn titled(sql: &mut Sql, text: &str) {
    // A lone accent folds to nothing, and nothing is in every title.
    match fold(text) {
        folded if folded.is_empty() => sql.push("FALSE"),
        folded => sql
            .push("f.title_fold LIKE ")
            .push_bind(format!("%{}%", escaped(&folded)))
            .push(" ESCAPE '\\'"),
    };
}

fn keyed(sql: &mut Sql, text: &str) {
    let within = format!("%{}%", escaped(&text.to_uppercase()));
    sql.push("f.key LIKE ").push_bind(within.clone()).push(" ESCAPE '\\'");
    sql.push(" OR f.cve LIKE ").push_bind(within).push(" ESCAPE '\\'");
}

/// Appends `the place o is of this kind`.
fn at_places(sql: &mut Sql, engine: Engine, kind: &Kind) {
    let place = match engine {
        // Its LIKE takes no notice of ASCII case, and its LOWER knows no other.
        Engine::Sqlite => " OR o.place LIKE ",
        Engine::Postgres => " OR LOWER(o.place) LIKE ",
    };
    sql.push("FALSE");
    match kind {
        Kind::Asset(list) => {
            for text in list {
                let text = lowered(text);
                match &text {
                    Text::Exact(host) => {
                        sql.push(" OR o.host = ").push_bind(host.clone());
                    }
                    Text::Glob(_) => like(sql, " OR o.host LIKE ", &text),
                }
                like(sql, place, &text);
            }
        }
        Kind::Text(text) => {
            like(
                sql,
                place,
                &Text::Glob(vec![String::new(), text.to_lowercase(), String::new()]),
            );
        }
        _ => {}
    }
}

/// What an applied import saw: the lines of the plan that its batch was applied with.
fn imports(sql: &mut Sql, list: &[Import]) {
    sql.push("FALSE");
    for import in list {
        sql.push(
            " OR EXISTS (SELECT 1 FROM import_line l JOIN import_batch b ON b.agency_id = l.agency_id AND b.id = l.batch_id AND b.plan_id = l.plan_id \
             WHERE l.agency_id = $1 AND l.finding_id = f.id AND b.state = 'applied' AND b.undone_at IS NULL AND l.outcome <> 'not_seen' AND b.id = ",
        );
        match import {
            // The latest one into the project, of whatever tool.
            Import::Last => sql.push(
                "(SELECT y.id FROM import_batch y WHERE y.agency_id = $1 AND y.project_id = f.project_id AND y.state = 'applied' AND y.undone_at IS NULL \
                 ORDER BY y.applied_at DESC, y.id DESC LIMIT 1))",
            ),
            Import::Batch(batch) => sql.push_bind(*batch).push(")"),
        };
    }
}

fn is(yes: bool) -> &'static str {
    if yes { " IS NOT NULL" } else { " IS NULL" }
}

fn sign(cmp: Cmp) -> &'static str {
    match cmp {
        Cmp::Lt => " < ",
        Cmp::Le => " <= ",
        Cmp::Gt => " > ",
        Cmp::Ge => " >= ",
    }
}

fn turned(cmp: Cmp) -> Cmp {
    match cmp {
        Cmp::Lt => Cmp::Gt,
        Cmp::Le => Cmp::Ge,
        Cmp::Gt => Cmp::Lt,
        Cmp::Ge => Cmp::Le,
    }
}

/// Which way a length of time points from now.
#[derive(Clone, Copy)]
enum Direction {
    Ahead,
    Back,
}

fn when(sql: &mut Sql, column: &'static str, when: When, asker: &Asker, direction: Direction) {
    let day = |date: Date| clock::start_of(date, &asker.zone);
    let next = |date: Date| day(date.tomorrow().unwrap_or(date));
    match when {
        When::Never => {
            sql.push(column).push(" IS NULL");
        }
        When::Away(cmp, span) => {
            let (cmp, at) = match direction {
                Direction::Ahead => (cmp, asker.now.plus_ms(span.ms())),
                // Less than a day ago is after yesterday.
                Direction::Back => (turned(cmp), asker.now.plus_ms(-span.ms())),
            };
            sql.push(column).push(sign(cmp)).push_bind(at);
        }
        When::Than(Cmp::Lt, date) => {
            sql.push(column).push(" < ").push_bind(day(date));
        }
        When::Than(Cmp::Le, date) => {
            sql.push(column).push(" < ").push_bind(next(date));
        }
        When::Than(Cmp::Gt, date) => {
            sql.push(column).push(" >= ").push_bind(next(date));
        }
        When::Than(Cmp::Ge, date) => {
            sql.push(column).push(" >= ").push_bind(day(date));
        }
        When::On(date) => {
            sql.push(column).push(" >= ").push_bind(day(date)).push(" AND ");
            sql.push(column).push(" < ").push_bind(next(date));
        }
    }
}

fn score(sql: &mut Sql, score: Score) {
    // Scores are tenths stored as binary fractions: half a tenth keeps both sides of a comparison apart.
    let (cmp, tenths, margin) = match score {
        Score::None => {
            sql.push("f.cvss_score IS NULL");
            return;
        }
        Score::Exactly(tenths) => {
            let value = f64::from(tenths) / 10.0;
            sql.push("f.cvss_score > ")
                .push_bind(value - 0.05)
                .push(" AND f.cvss_score < ")
                .push_bind(value + 0.05);
            return;
        }
        Score::Than(Cmp::Lt, tenths) => (" < ", tenths, -0.05),
        Score::Than(Cmp::Le, tenths) => (" < ", tenths, 0.05),
        Score::Than(Cmp::Gt, tenths) => (" > ", tenths, 0.05),
        Score::Than(Cmp::Ge, tenths) => (" > ", tenths, -0.05),
    };
    sql.push("f.cvss_score")
        .push(cmp)
        .push_bind(f64::from(tenths) / 10.0 + margin);
}

/// Appends `column = x OR column LIKE y …` for a list.
fn any(sql: &mut Sql, list: &[Text], column: &'static str) {
    sql.push("FALSE");
    for text in list {
        sql.push(" OR ").push(column);
        like(sql, " LIKE ", text);
    }
}

/// Appends `one of the column's list is of such a text`. The list as a text is looked at first, where the text stands in
/// it as it is typed: taking lists apart is slow.
fn in_json(sql: &mut Sql, engine: Engine, column: &'static str, list: &[Text]) {
    sql.push("FALSE");
    for text in list {
        let longest = match text {
            Text::Exact(text) => Some(text),
            Text::Glob(pieces) => pieces.iter().max_by_key(|piece| piece.len()),
        };
        sql.push(" OR (").push(column);
        match longest {
            Some(piece) if !piece.is_empty() && piece.chars().all(|c| c.is_ascii_graphic() && !"\"\\".contains(c)) => {
                like(
                    sql,
                    " LIKE ",
                    &Text::Glob(vec![String::new(), piece.clone(), String::new()]),
                );
            }
            _ => {
                sql.push(" <> '[]'");
            }
        }
        sql.push(" AND EXISTS (SELECT 1 FROM ");
        match engine {
            Engine::Sqlite => sql.push("json_each(").push(column).push(") j WHERE"),
            Engine::Postgres => sql
                .push("jsonb_array_elements_text(CAST(")
                .push(column)
                .push(" AS jsonb)) AS j (value) WHERE"),
        };
        like(sql, " j.value LIKE ", text);
        sql.push("))");
    }
}

/// Appends `head` and the pattern. An exact text is a pattern without wildcards.
pub(super) fn like(sql: &mut Sql, head: &'static str, text: &Text) {
    let pattern: Value = match text {
        Text::Exact(text) => escaped(text).into(),
        Text::Glob(pieces) => pieces
            .iter()
            .map(|piece| escaped(piece))
            .collect::<Vec<_>>()
            .join("%")
            .into(),
    };
    sql.push(head).push_bind(pattern).push(" ESCAPE '\\'");
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

fn mapped(text: &Text, map: impl Fn(&str) -> String) -> Text {
    match text {
        Text::Exact(text) => Text::Exact(map(text)),
        Text::Glob(pieces) => Text::Glob(pieces.iter().map(|piece| map(piece)).collect()),
    }
}

pub(super) fn lowered(text: &Text) -> Text {
    mapped(text, str::to_lowercase)
}

pub(super) fn folded(text: &Text) -> Text {
    mapped(text, fold)
}
