//! Applying a planned import, until all of it is there. Called by `import` and `import apply`.

use super::watch::watched;
use crate::api::import::{ApplyBatch, Batch, BatchState, ShowBatch};
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::remote::Remote;

/// How often an import that is being applied is asked how far it is.
const STEP: std::time::Duration = std::time::Duration::from_millis(200);

pub(super) async fn apply(cx: &Context, remote: &Remote, batch: &Batch) -> Result<Batch, Error> {
    let plan_id = batch
        .plan_id
        .ok_or_else(|| Error::Failed("this import has no plan; give its files again with `riskdesk import`".into()))?;
    let request = ApplyBatch {
        batch: batch.id,
        plan_id,
    };
    let mut batch = watched(cx, batch.id, "writing findings and places", &request).await?;
    // It is decided; what keeps its rest from being written is told, and mended by itself where it can be.
    while batch.state == BatchState::Applying {
        if let Some(problem) = &batch.problem {
            let id = batch.id;
            return Err(Error::Failed(format!(
                "the import is applied, and not done: {problem} `riskdesk import show {id}` says how far it is"
            )));
        }
        tokio::time::sleep(STEP).await;
        batch = remote.call(&ShowBatch { batch: batch.id }).await?;
    }
    Ok(batch)
}
