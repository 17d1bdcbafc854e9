//! Applying a plan: one act that decides, and is answered when all of it is there.

use super::{PlannedTool, ShowBatch, not_applied, open_for_work, rows, settle, shown, sweep_later};
use crate::api::event::Topic;
use crate::api::import::{ApplyBatch, Batch, BatchState};
use crate::api::problem::{Code, Problem};
use crate::domain::hex::unhex;
use crate::service::finding::transition;
use crate::service::job::{self, Kind};
use crate::service::{Caller, Desk, Error, Note, Result};
use crate::store::import::apply::{Applied, Committed};
use crate::store::import::before;
use crate::store::import::rest::Size;

pub async fn apply(desk: Desk, caller: Caller, request: ApplyBatch) -> Result<Batch> {
    let (now, by) = (desk.now(), caller.user);
    let batch = request.batch;
    let (plan, most) = (request.plan_id, desk.rooms().limits.rows_at_once);
    // The rows of a plan never change: counted before anybody waits for this.
    let size = desk
        .read(&caller, |tx| Box::pin(async move { Ok(Size::of(tx, plan).await?) }))
        .await?;
    let out = desk
        .act(&caller, "import.apply", move |tx, note| {
            Box::pin(async move {
                let row = open_for_work(tx, request.batch).await?;
                not_applied(&row)?;
                let (Some(plan), Some(base)) = (row.plan, row.base) else {
                    return Err(stale("This import has no plan, or files were added since it was made."));
                };
                if plan != request.plan_id {
                    return Err(stale("The import was planned again since."));
                }
                let applied = Applied {
                    batch: row.id,
                    plan,
                    project: row.project.id,
                    base,
                    now,
                    by,
                };
                if !rows::apply::claim(tx, &applied).await? {
                    return Err(stale(
                        "Another import into this project was applied since the plan was made.",
                    ));
                }
                let moved = rows::apply::moved(tx, &applied).await?;
                if moved > 0 {
                    let detail = format!("{moved} findings were verified fixed or reopened since the plan was made.");
                    return Err(stale(&detail));
                }
                let committed = rows::apply::commit(tx, &applied, size, most).await.map_err(|error| {
                    if error.is_unique("finding", "fingerprint") || error.is_unique("occurrence", "place") {
                        stale("Findings of this import came into the project since the plan was made.")
                    } else {
                        error.into()
                    }
                })?;
                match committed {
                    Committed::Whole => {}
                    Committed::Begun => job::enqueue(tx, Kind::Settle, row.id.0, now).await?,
                    Committed::Moved => {
                        return Err(stale(
                            "Findings were verified fixed or reopened while the plan was applied.",
                        ));
                    }
                }
                // What follows is kept as the import's, not as an act of its own.
                let mut follows = Note::default();
                transition::after_reopening(tx, &mut follows, plan, now).await?;
                note.absorb(follows);
                before::seal(tx, &applied).await?;
                let tools: Vec<PlannedTool> = serde_json::from_str(&row.tools).unwrap_or_default();
                for tool in tools.into_iter().filter(|t| t.latest) {
                    let evidence = unhex(&tool.evidence);
                    rows::apply::set_latest(tx, &applied, &tool.tool, evidence, tool.observed_at).await?;
                }
                let totals: serde_json::Value = row
                    .totals
                    .as_deref()
                    .and_then(|t| serde_json::from_str(t).ok())
                    .unwrap_or_default();
                // What it changed is kept beside it, by the set (`store/import/before.rs`).
                note.object(Topic::Import, row.id)
                    .changed("import", row.id, &(), 0)
                    .words(format!("Applied an import to {}", row.project.key))
                    .event(Topic::Finding, None)
                    .event(Topic::Queue, None)
                    .event(Topic::Project, Some(row.project.id.0))
                    .within(Some(row.project.id), row.project.client)
                    .detail(&serde_json::json!({ "totals": totals }));
                shown(tx, row.id).await
            })
        })
        .await?;
    if out.state != BatchState::Applying {
        sweep_later(&desk, &caller, batch, None);
        return Ok(out);
    }
    // Sent again, the first answer says how it began: how it stands is asked in any case.
    settle::finish(&desk, caller.agency, batch).await?;
    super::show(desk, caller, ShowBatch { batch }).await
}

fn stale(what: &str) -> Error {
    Problem::new(
        Code::StalePlan,
        format!("{what} Plan the import again and look at what it would do now."),
    )
    .into()
}
