//! One's own acts and the way back: the list, what an undo would do, and doing it. What becomes of each row is in
//! [`plan`] (decides, reads) and [`perform`] (writes).
//!
//! An undo is an act like any other. It records how the rows stood before it, so that taking the undo back does the act
//! again: the links of such a chain stand under the id of the act that began it.

use super::import::undo as import;
use super::{Caller, Desk, Hand, Note, Result, cursor, not_found, refuse};
use crate::api::Page;
use crate::api::act::{
    Act, ActDone, ActObject, ActPreview, ActRefusal, ActState, ListActs, RedoAct, ShowAct, UndoAct, Way,
};
use crate::api::problem::{Code, Obstacle, Problem};
use crate::domain::access::{TokenScope, may_administer};
use crate::domain::id::{ActId, ClientId, ProjectId};
use crate::domain::time::Time;
use crate::store::act::{ActRow, Built, Object};
use crate::store::client::Hold;
use crate::store::{self, Tx};

mod perform;
mod plan;

use plan::Plan;

/// How many objects a line of the list names.
const NAMED: i64 = 5;

/// How many changes a preview shows.
const SHOWN: usize = 200;

fn object(object: Object) -> ActObject {
    ActObject {
        kind: object.kind.to_owned(),
        id: object.id,
        key: object.key,
        name: object.name,
    }
}

/// What an act was, where it did not say so itself.
fn summary(row: &ActRow, objects: &[ActObject], count: i64) -> String {
    if !row.words.is_empty() {
        return row.words.clone();
    }
    let what = match objects {
        [only] => only.key.clone(),
        [] => String::new(),
        _ => format!("{count} {}s", objects[0].kind),
    };
    let did = match row.kind.as_str() {
        import::KIND => "Applied an import to",
        "client.create" => "Made the client",
        "client.edit" => "Edited the client",
        "client.access" => "Set who may open the client",
        "client.archive" => "Archived the client",
        "client.restore" => "Restored the client",
        "project.create" => "Made the project",
        "project.edit" => "Edited the project",
        other => other,
    };
    format!("{did} {what}").trim_end().to_owned()
}

/// Acts that only admins may do, and so take back.
fn needs_admin(kind: &str) -> bool {
    matches!(
        kind,
        "client.create" | "client.access" | "client.archive" | "client.restore"
    )
}

/// Why this caller may not do what is for admins: the door asks only what the way back of an act asks.
fn not_for(caller: &Caller) -> Option<&'static str> {
    if !may_administer(caller.role) {
        Some("Only admins of the agency may do this. Ask one of them.")
    } else if caller.token.is_some_and(|scope| scope != TokenScope::Admin) {
        Some(
            "This API token does not reach what is for admins. Make one with that scope: riskdesk token create --scope admin.",
        )
    } else {
        None
    }
}

/// The same, where this act is for admins.
fn barred(kind: &str, not_for: Option<&'static str>) -> Option<&'static str> {
    not_for.filter(|_| needs_admin(kind))
}

/// What was built on an act, in a sentence.
fn built(built: &[&Built]) -> Option<String> {
    let first = built.first()?;
    let what = first.key.as_deref().unwrap_or("Something it touched");
    let why = if first.key.is_some() { first.why } else { "is gone" };
    let more: i64 = built.iter().map(|b| b.n).sum::<i64>() - 1;
    Some(match more {
        0 => format!("{what} {why}."),
        1 => format!("{what} {why}, and so it is with one more."),
        n => format!("{what} {why}, and so it is with {n} more."),
    })
}

/// Rows as the wire shows them.
async fn wire(tx: &mut Tx, rows: Vec<ActRow>, not_for: Option<&'static str>, now: Time) -> Result<Vec<Act>> {
    let ids: Vec<ActId> = rows.iter().map(|r| r.id).collect();
    let heads: Vec<ActId> = rows.iter().filter(|r| r.stays.is_none()).map(|r| r.head).collect();
    let mut objects = store::act::objects(tx, &ids, NAMED).await?;
    let standing = store::act::built_on(tx, &heads).await?;
    let mut out = Vec::new();
    for row in rows {
        let (count, known) = objects.remove(&row.id).unwrap_or_default();
        let known: Vec<ActObject> = known.into_iter().map(object).collect();
        let on_it: Vec<&Built> = standing.iter().filter(|b| b.act == row.head).collect();
        let (state, reason) = if let Some(why) = &row.stays {
            (ActState::Final, Some(why.clone()))
        } else if let Some(why) = barred(&row.kind, not_for) {
            (ActState::Final, Some(why.to_owned()))
        } else {
            let on_it = if row.kind == import::KIND {
                import::standing(tx, &row, now).await?.map(|problem| problem.detail)
            } else {
                built(&on_it)
            };
            match (row.undone_at, on_it) {
                (Some(_), reason) => (ActState::Undone, reason),
                (None, Some(reason)) => (ActState::BuiltOn, Some(reason)),
                (None, None) => (ActState::Undoable, None),
            }
        };
        out.push(Act {
            id: row.id,
            summary: summary(&row, &known, count),
            kind: row.kind,
            at: row.at,
            objects: known,
            object_count: count,
            state,
            reason,
            undone_at: row.undone_at,
        });
    }
    Ok(out)
}

pub async fn list(desk: Desk, caller: Caller, request: ListActs) -> Result<Page<Act>> {
    let undone = request.undone;
    let list = cursor::List::new(&caller, "acts", if undone { "undone" } else { "" });
    let window = desk.cursors().window(&list, request.limit, request.cursor.as_deref())?;
    let of = desk.clone();
    let (user, not_for, now) = (caller.user, not_for(&caller), desk.now());
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let slice = store::act::list(tx, user, undone, &window).await?;
            let around = of.cursors().around(&list, &slice, |row| store::act::keys(row, undone));
            Ok(Page {
                items: wire(tx, slice.items, not_for, now).await?,
                ..around
            })
        })
    })
    .await
}

/// The way that comes next.
fn way(row: &ActRow) -> Way {
    if row.undone_at.is_some() { Way::Redo } else { Way::Undo }
}

/// Why an act cannot go its way, besides what its rows say.
async fn standing(tx: &mut Tx, row: &ActRow, not_for: Option<&'static str>, now: Time) -> Result<Option<Problem>> {
    if let Some(why) = barred(&row.kind, not_for) {
        return Ok(Some(Problem::new(Code::Forbidden, why)));
    }
    if let Some(why) = &row.stays {
        return Ok(Some(Problem::new(Code::UndoNotPossible, why.clone())));
    }
    if row.kind == import::KIND {
        return import::standing(tx, row, now).await;
    }
    let on_it = store::act::built_on(tx, &[row.head]).await?;
    let Some(why) = built(&on_it.iter().collect::<Vec<_>>()) else {
        return Ok(None);
    };
    let detail = match way(row) {
        Way::Undo => format!("This cannot be taken back any more: {why} Change it by hand instead."),
        Way::Redo => format!("This cannot be done again: {why} Change it by hand instead."),
    };
    let mut problem = Problem::new(Code::UndoNotPossible, detail);
    let obstacles = store::act::obstacles(tx, row.head, NAMED).await?;
    problem.objects = obstacles
        .into_iter()
        .map(|(key, why)| Obstacle {
            key,
            why: why.to_owned(),
        })
        .collect();
    Ok(Some(problem))
}

pub async fn show(desk: Desk, caller: Caller, request: ShowAct) -> Result<ActPreview> {
    let (user, not_for, now) = (caller.user, not_for(&caller), desk.now());
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let row = store::act::find(tx, user, request.act).await?.ok_or_else(not_found)?;
            let way = way(&row);
            let refused = standing(tx, &row, not_for, now).await?;
            let mut whole = None;
            let (mut plan, refused) = if refused.is_some() {
                (Plan::default(), refused)
            } else if row.kind == import::KIND {
                let preview = import::preview(tx, &row).await?;
                whole = Some(preview.counts);
                let plan = Plan {
                    also: preview.also,
                    not_undone: preview.not_undone,
                    ..Plan::default()
                };
                (plan, None)
            } else {
                let plan = Plan::of(tx, &row, now).await?;
                let refused = plan.refusal.clone();
                (plan, refused)
            };
            let act = wire(tx, vec![row], not_for, now).await?.pop().ok_or_else(not_found)?;
            let change_count = plan.lines.len() as i64;
            plan.lines.truncate(SHOWN);
            Ok(ActPreview {
                act,
                way,
                changes: plan.lines,
                change_count,
                also: plan.also,
                not_undone: plan.not_undone,
                refused: refused.map(|p| ActRefusal {
                    code: p.code,
                    detail: p.detail,
                }),
                import: whole,
            })
        })
    })
    .await
}

pub async fn undo(desk: Desk, caller: Caller, request: UndoAct) -> Result<ActDone> {
    go(desk, caller, request.act, Way::Undo).await
}

pub async fn redo(desk: Desk, caller: Caller, request: RedoAct) -> Result<ActDone> {
    go(desk, caller, request.act, Way::Redo).await
}

/// Takes the next link of an act's chain, if it leads where it is asked to.
async fn go(desk: Desk, caller: Caller, asked: ActId, wanted: Way) -> Result<ActDone> {
    let (user, not_for, now) = (caller.user, not_for(&caller), desk.now());
    let name = match wanted {
        Way::Undo => "act.undo",
        Way::Redo => "act.redo",
    };
    let done = desk.act(Hand::from(&caller), name, move |tx, note| {
        Box::pin(async move {
            let row = store::act::find(tx, user, asked).await?.ok_or_else(not_found)?;
            let next = way(&row);
            // By its own id an act goes one way; the last link of its chain can always be taken back.
            let by_link = asked != row.id && asked == row.head && wanted == Way::Undo;
            if asked != row.id && !by_link {
                return refuse(
                    Code::UndoNotPossible,
                    "That was taken back already. Ask for the act itself.",
                );
            }
            if !by_link && next != wanted {
                let detail = match wanted {
                    Way::Undo => "This was taken back already. Redo does it again.",
                    Way::Redo => "This was not taken back: there is nothing to do again.",
                };
                return refuse(Code::UndoNotPossible, detail);
            }
            if let Some(problem) = standing(tx, &row, not_for, now).await? {
                return Err(problem.into());
            }
            let undone_at = (next == Way::Undo).then_some(now);
            if !store::act::go_on(tx, row.id, row.head, note.id(), undone_at).await? {
                return refuse(
                    Code::UndoNotPossible,
                    "Another of your consoles was faster. Look at the list of acts again.",
                );
            }
            hold(tx, &row).await?;
            let mut act = wire(tx, vec![row.clone()], not_for, now)
                .await?
                .pop()
                .ok_or_else(not_found)?;
            if row.kind == import::KIND {
                remember(tx, note, &row, next, &Plan::default()).await?;
                import::perform(tx, note, &row, user, now).await?;
                act.reason = Some(import::NO_REDO.to_owned());
            } else {
                let plan = Plan::of(tx, &row, now).await?;
                if let Some(problem) = plan.refusal.clone() {
                    return Err(problem.into());
                }
                remember(tx, note, &row, next, &plan).await?;
                perform::perform(tx, note, plan, &row, next, user, now).await?;
            }
            act.undone_at = undone_at;
            act.state = match next {
                Way::Undo => ActState::Undone,
                Way::Redo => ActState::Undoable,
            };
            Ok(ActDone {
                done: note.id(),
                way: next,
                act,
            })
        })
    });
    let done = done.await?;
    if done.act.kind == import::KIND {
        import::sweep_later(&desk, &caller, done.act.id);
    }
    Ok(done)
}

/// What goes back to repeating another finding, or to another project, looks when a move of that one is done, as moves do
/// among themselves: clients first, then projects.
async fn hold(tx: &mut Tx, row: &ActRow) -> Result<()> {
    if row.kind.starts_with("finding.") {
        let places = store::act::places(tx, row.id).await?;
        for (_, client) in places.iter().filter(|(project, _)| !project) {
            store::client::hold(tx, ClientId(*client), Hold::AsItIs).await?;
        }
        for (_, project) in places.iter().filter(|(project, _)| *project) {
            store::project::hold_duplicates(tx, ProjectId(*project)).await?;
        }
    }
    Ok(())
}

/// Says which act this is the way back of, and where.
async fn remember(tx: &mut Tx, note: &mut Note, row: &ActRow, way: Way, plan: &Plan) -> Result<()> {
    let (mut projects, mut clients) = (Vec::new(), Vec::new());
    for (project, id) in store::act::places(tx, row.id).await? {
        if !project {
            clients.push(id);
        } else if !plan
            .made_projects
            .iter()
            .any(|back| back.id.0 == id && back.whole.is_none())
        {
            // A project that goes is no place to look at later.
            projects.push(id);
        }
    }
    for project in &projects {
        note.place(Some(*project), None);
    }
    for client in &clients {
        note.place(None, Some(*client));
    }
    if projects.len() <= 1 && clients.len() <= 1 {
        note.within(projects.pop(), clients.pop());
    }
    let did = match way {
        Way::Undo => "Took back",
        Way::Redo => "Did again",
    };
    note.way_of(row.id)
        .words(format!("{did}: {}", row.words))
        .detail(&serde_json::json!({ "act": row.id, "kind": row.kind, "way": way }));
    Ok(())
}
