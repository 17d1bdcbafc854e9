//! Taking an import back: an undo like any other (`service/act.rs`), over whole sets. What stands in the way is named,
//! what it would do is counted, and nothing of it is done where anything was built on the import.

use super::{BatchId, BatchRow, PlannedTool, rows, settle};
use crate::api::act::ImportBack;
use crate::api::event::Topic;
use crate::api::problem::{Code, Obstacle, Problem};
use crate::domain::id::{ActId, UserId};
use crate::domain::time::Time;
use crate::service::{Caller, Desk, Error, Note, Result, not_found, project, refuse};
use crate::store::act::ActRow;
use crate::store::import::before;
use crate::store::import::undo::{self as kept, Counts, KEPT_DAYS, Moved};
use crate::store::{self, Tx, housekeeping};

/// The acts that this is about.
pub(in crate::service) const KIND: &str = "import.apply";

/// Why an import that was taken back is not done again.
pub(in crate::service) const NO_REDO: &str =
    "An import is done again by importing its reports again: the plan will be what it was the first time.";

/// How many obstacles a refusal names.
const NAMED: i64 = 5;

fn impossible(why: &str) -> Problem {
    Problem::new(
        Code::UndoNotPossible,
        format!("This import cannot be taken back: {why}"),
    )
}

async fn batch(tx: &mut Tx, act: ActId) -> Result<BatchRow> {
    let id = kept::batch_of(tx, act).await?.ok_or_else(not_found)?;
    rows::find(tx, id).await?.ok_or_else(not_found)
}

/// Why an import cannot be taken back, or, where it was, why it cannot be done again.
pub(in crate::service) async fn standing(tx: &mut Tx, act: &ActRow, now: Time) -> Result<Option<Problem>> {
    if act.undone_at.is_some() {
        return Ok(Some(Problem::new(Code::UndoNotPossible, NO_REDO)));
    }
    if act.at < now.plus_days(-KEPT_DAYS) {
        let why = format!("what was before an import is kept for {KEPT_DAYS} days. Import the right report instead.");
        return Ok(Some(impossible(&why)));
    }
    let batch = batch(tx, act.id).await?;
    match settle::settled(tx, batch.project.id).await {
        Err(Error::Refused(problem)) => return Ok(Some(*problem)),
        other => other?,
    }
    if let Some(problem) = overlapped(tx, &batch).await? {
        return Ok(Some(problem));
    }
    let (n, first) = kept::moved(tx, &batch, NAMED).await?;
    let Some(example) = first.first() else {
        return Ok(None);
    };
    let mut why = told(tx, example, act.at).await?;
    if n > 1 {
        why = format!("{why}; and {} more", n - 1);
    }
    let mut problem = impossible(&format!("{why}. Take that back first, or change the findings by hand."));
    problem.objects = first
        .iter()
        .map(|m| Obstacle {
            key: m.key.clone().unwrap_or_else(|| "a finding".to_owned()),
            why: reason(m).to_owned(),
        })
        .collect();
    Ok(Some(problem))
}

fn reason(moved: &Moved) -> &'static str {
    if moved.key.is_some() { moved.why } else { "is gone" }
}

/// What was done to a finding since, as a sentence without its end.
async fn told(tx: &mut Tx, moved: &Moved, since: Time) -> Result<String> {
    let (Some(id), Some(key)) = (moved.finding, &moved.key) else {
        return Ok("a finding it brought is gone".to_owned());
    };
    let last = match moved.why {
        "was changed since" => kept::last_told(tx, id, since).await?,
        _ => None,
    };
    Ok(match last {
        Some(last) => {
            let did = match last.to {
                Some(to) => format!("was moved to {}", to.replace('_', " ")),
                None => "was changed".to_owned(),
            };
            let by = last.by.as_deref().unwrap_or("a rule");
            format!("{key} {did} by {by} at {}", minute(last.at))
        }
        None => format!("{key} {}", moved.why),
    })
}

fn minute(at: Time) -> String {
    at.timestamp().strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn tools_of(json: &str) -> Vec<String> {
    let tools: Vec<PlannedTool> = serde_json::from_str(json).unwrap_or_default();
    tools.into_iter().map(|t| t.tool).collect()
}

/// A later import into the project that was planned over this one: of the same tool, or of the same findings.
async fn overlapped(tx: &mut Tx, batch: &BatchRow) -> Result<Option<Problem>> {
    let own = tools_of(&batch.tools);
    for later in kept::later(tx, batch).await? {
        let tools = tools_of(&later.tools);
        if !tools.iter().any(|t| own.contains(t)) && !kept::shares(tx, batch, &later).await? {
            continue;
        }
        let by = kept::acts(tx, &[later.id]).await?.pop();
        let by = by.map(|a| format!(" by {}", a.by.name)).unwrap_or_default();
        let why = format!(
            "a later import ({}) was applied{by} at {} and stands on it. Take that one back first.",
            tools.join(", "),
            minute(later.applied_at)
        );
        let mut problem = impossible(&why);
        problem.objects = vec![Obstacle {
            key: batch.project.key.clone(),
            why: "has a later import that stands on it".to_owned(),
        }];
        return Ok(Some(problem));
    }
    Ok(None)
}

/// What taking an import back does: in numbers, what else happens, and what does not go back.
pub(in crate::service) struct Preview {
    pub counts: ImportBack,
    pub also: Vec<String>,
    pub not_undone: Vec<String>,
}

pub(in crate::service) async fn preview(tx: &mut Tx, act: &ActRow) -> Result<Preview> {
    let batch = batch(tx, act.id).await?;
    let counts = kept::counts(tx, &batch).await?;
    let mut also = sentences(&counts);
    also.extend(latest(tx, &batch).await?);
    let mut not_undone = vec![
        "The import stays in the project's list, as taken back; its reports are not kept.".to_owned(),
        NO_REDO.to_owned(),
    ];
    if counts.new > 0 {
        not_undone.push("The keys of findings that are taken away are not used again.".to_owned());
    }
    if counts.reopened > 0 {
        not_undone.push("The history keeps that findings were opened again, and that this was taken back.".to_owned());
    }
    Ok(Preview {
        counts: in_numbers(&counts),
        also,
        not_undone,
    })
}

fn in_numbers(counts: &Counts) -> ImportBack {
    ImportBack {
        new: counts.new,
        reopened: counts.reopened,
        not_seen: counts.not_seen,
        facts: counts.facts,
        sightings: counts.seen,
        places: counts.new_places,
    }
}

fn sentences(counts: &Counts) -> Vec<String> {
    let all = [
        (
            counts.new,
            "1 new finding is taken away, with its places.",
            "new findings are taken away, with their places.",
        ),
        (
            counts.reopened,
            "1 finding that it opened again is closed again, as it was.",
            "findings that it opened again are closed again, as they were.",
        ),
        (counts.followed, "1 duplicate follows.", "duplicates follow."),
        (
            counts.not_seen,
            "1 not-seen mark is taken back: the finding counts as seen again.",
            "not-seen marks are taken back: the findings count as seen again.",
        ),
        (
            counts.facts,
            "1 finding gets back what the report before said of it.",
            "findings get back what the reports before said of them.",
        ),
        (
            counts.seen,
            "1 finding gets back the places and times of its sightings before.",
            "findings get back the places and times of their sightings before.",
        ),
        (
            counts.new_places,
            "1 new place of a finding that stays is taken away.",
            "new places of findings that stay are taken away.",
        ),
        (
            counts.claims,
            "1 claim on a new finding ends.",
            "claims on new findings end.",
        ),
    ];
    let all = all.into_iter().filter(|(n, ..)| *n > 0);
    let mut out: Vec<String> = all
        .map(|(n, one, many)| if n == 1 { one.to_owned() } else { format!("{n} {many}") })
        .collect();
    if out.is_empty() {
        out.push("It changed no finding, so that none changes now.".to_owned());
    }
    out
}

/// Which import of each tool is the latest one again.
async fn latest(tx: &mut Tx, batch: &BatchRow) -> Result<Vec<String>> {
    let before = kept::tools_before(tx, batch).await?;
    let now = before::tools(tx, batch.project.id).await?;
    let mut out = Vec::new();
    for tool in now.into_iter().filter(|t| t.batch == batch.id) {
        let was = before.iter().find(|b| b.tool == tool.tool);
        let at = match was {
            Some(was) => rows::find(tx, was.batch).await?.and_then(|b| b.applied_at),
            None => None,
        };
        out.push(match (was, at) {
            (None, _) => format!("{} has no import into {} any more.", tool.tool, batch.project.key),
            (Some(_), Some(at)) => format!("The latest import of {} is the one of {} again.", tool.tool, minute(at)),
            (Some(_), None) => format!("The latest import of {} is the one before again.", tool.tool),
        });
    }
    Ok(out)
}

/// Takes the import back, or says what stands in the way by now.
pub(in crate::service) async fn perform(
    tx: &mut Tx,
    note: &mut Note,
    act: &ActRow,
    user: UserId,
    now: Time,
) -> Result<()> {
    let batch = batch(tx, act.id).await?;
    project::open_for_work(tx, &batch.project.id.to_string()).await?;
    let counts = kept::counts(tx, &batch).await?;
    if !kept::claim(tx, &batch, now).await? {
        return refuse(Code::UndoNotPossible, "This import was taken back already.");
    }
    // From here on nobody else moves what it touched: looked at once more, it stays so.
    if let Some(problem) = standing(tx, act, now).await? {
        return Err(problem.into());
    }
    let restored = kept::restore(tx, &batch, user, now).await;
    let restored = restored.map_err(|error| match error {
        store::Error::Reference => moving(),
        other => other.into(),
    })?;
    if !restored {
        return Err(moving());
    }
    note.object(Topic::Import, batch.id)
        .changed("import", batch.id, &(), 0)
        .event(Topic::Finding, None)
        .event(Topic::Queue, None)
        .event(Topic::Project, Some(batch.project.id.0))
        .within(Some(batch.project.id), batch.project.client)
        .detail(&serde_json::json!({ "act": act.id, "kind": act.kind, "way": "undo", "import": in_numbers(&counts) }));
    Ok(())
}

fn moving() -> Error {
    impossible("what it brought was changed in this very moment. Look at it again.").into()
}

/// Takes away what an import leaves that was taken back, a little at a time, while nobody waits for it.
pub(in crate::service) fn sweep_later(desk: &Desk, caller: &Caller, act: ActId) {
    let (desk, scope) = (desk.clone(), caller.scope);
    tokio::spawn(async move {
        if let Err(error) = sweep(&desk, &scope, act).await {
            tracing::warn!(%error, "what an import left behind that was taken back could not be swept");
        }
    });
}

async fn sweep(desk: &Desk, scope: &store::Scope, act: ActId) -> store::Result<()> {
    let found: Option<BatchId> = desk
        .store()
        .read::<_, store::Error, _>(scope, |tx| Box::pin(async move { kept::batch_of(tx, act).await }))
        .await?;
    let Some(batch) = found else { return Ok(()) };
    while desk
        .store()
        .write_behind::<_, store::Error, _>(scope, move |tx| Box::pin(async move { kept::sweep(tx, batch).await }))
        .await?
    {}
    while desk
        .store()
        .write_behind::<_, store::Error, _>(scope, |tx| Box::pin(async move { housekeeping::words(tx).await }))
        .await?
        == housekeeping::AT_ONCE
    {}
    Ok(())
}
