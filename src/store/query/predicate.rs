//! Single predicates: what a term of a query says about finding `f`, in SQL.

use jiff::civil::Date;

use super::super::sql::{Sql, Value};
use super::super::tx::Engine;
use super::{Asker, OPEN, lane};
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
            sql.push(if *open { "f.status IN " } else { "f.status NOT IN " });
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
            sql.push(if *yes { "EXISTS " } else { "NOT EXISTS " });
            sql.push(
                "(SELECT 1 FROM comment k WHERE k.agency_id = $1 AND k.finding_id = f.id AND (k.author_id IS NULL OR k.author_id <> ",
            );
            sql.push_bind(asker.user);
            sql.push(") AND k.created_at > COALESCE((SELECT r.read_at FROM finding_read r WHERE r.agency_id = $1 AND r.finding_id = f.id AND r.user_id = ");
            sql.push_bind(asker.user).push("), 0))");
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
        Kind::Asset(list) => {
            // Not correlated: the places are looked through once, not once per finding.
            sql.push("FALSE");
            for text in list {
                let text = lowered(text);
                if let Text::Exact(host) = &text {
                    sql.push(" OR f.id IN (SELECT o.finding_id FROM occurrence o WHERE o.agency_id = $1 AND o.host = ");
                    sql.push_bind(host.clone()).push(")");
                    at_place(sql, engine, &text);
                } else {
                    sql.push(" OR f.id IN (SELECT o.finding_id FROM occurrence o WHERE o.agency_id = $1 AND (FALSE");
                    like(sql, " OR o.host LIKE ", &text);
                    like(sql, " OR LOWER(o.place) LIKE ", &text);
                    sql.push("))");
                }
            }
        }
        Kind::Text(text) => {
            // A lone accent folds to nothing, and nothing is in every title.
            match fold(text) {
                folded if folded.is_empty() => sql.push("FALSE"),
                folded => sql
                    .push("f.title_fold LIKE ")
                    .push_bind(format!("%{}%", escaped(&folded)))
                    .push(" ESCAPE '\\'"),
            };
            let within = format!("%{}%", escaped(&text.to_uppercase()));
            sql.push(" OR f.key LIKE ")
                .push_bind(within.clone())
                .push(" ESCAPE '\\'");
            sql.push(" OR f.cve LIKE ").push_bind(within).push(" ESCAPE '\\'");
            at_place(
                sql,
                engine,
                &Text::Glob(vec![String::new(), text.to_lowercase(), String::new()]),
            );
        }
        // Names were resolved before.
        Kind::Client(_) | Kind::Project(_) | Kind::Assignee(_) | Kind::Claimed(_) => {
            sql.push("FALSE");
        }
    }
}

/// Appends ` OR (it stands at such a place)`.
fn at_place(sql: &mut Sql, engine: Engine, place: &Text) {
    sql.push(" OR f.id IN (SELECT o.finding_id FROM occurrence o WHERE o.agency_id = $1");
    let head = match engine {
        // Its LIKE takes no notice of ASCII case, and its LOWER knows no other.
        Engine::Sqlite => " AND o.place LIKE ",
        Engine::Postgres => " AND LOWER(o.place) LIKE ",
    };
    like(sql, head, place);
    sql.push(")");
}

/// What an applied import saw: the lines of the plan that its batch was applied with.
fn imports(sql: &mut Sql, list: &[Import]) {
    sql.push("FALSE");
    for import in list {
        sql.push(
            " OR EXISTS (SELECT 1 FROM import_line l JOIN import_batch b ON b.agency_id = l.agency_id AND b.id = l.batch_id AND b.plan_id = l.plan_id \
             WHERE l.agency_id = $1 AND l.finding_id = f.id AND b.state = 'applied' AND l.outcome <> 'not_seen' AND b.id = ",
        );
        match import {
            // The latest one into the project, of whatever tool.
            Import::Last => sql.push(
                "(SELECT y.id FROM import_batch y WHERE y.agency_id = $1 AND y.project_id = f.project_id AND y.state = 'applied' \
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

fn in_json(sql: &mut Sql, engine: Engine, column: &'static str, list: &[Text]) {
    sql.push("EXISTS (SELECT 1 FROM ");
    match engine {
        Engine::Sqlite => sql.push("json_each(").push(column).push(") j WHERE FALSE"),
        Engine::Postgres => sql
            .push("jsonb_array_elements_text(CAST(")
            .push(column)
            .push(" AS jsonb)) AS j (value) WHERE FALSE"),
    };
    any_or(sql, list);
    sql.push(")");
}

fn any_or(sql: &mut Sql, list: &[Text]) {
    for text in list {
        like(sql, " OR j.value LIKE ", text);
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
