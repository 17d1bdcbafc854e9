//! Staging in a task of its own: while one part of a file is written, the next is being read.

use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use crate::domain::id::BatchId;
use crate::service::{Caller, Desk, Error, Result};
use crate::store;
use crate::store::import::staging::{Part, stage};

/// Parts that may wait to be written: more would only cost memory.
const AHEAD: usize = 2;

/// Writes parts in their order, each in a short transaction. What waits is dropped with this.
pub struct Stager {
    parts: mpsc::Sender<(Uuid, Part)>,
    written: AbortOnDropHandle<store::Result<()>>,
}

impl Stager {
    pub fn start(desk: &Desk, caller: &Caller, batch: BatchId) -> Self {
        let (parts, mut waiting) = mpsc::channel::<(Uuid, Part)>(AHEAD);
        let (store, scope) = (desk.store().clone(), caller.scope);
        let written = tokio::spawn(async move {
            while let Some((file, part)) = waiting.recv().await {
                store
                    .write_behind(&scope, move |tx| {
                        Box::pin(async move { stage(tx, batch, file, part).await })
                    })
                    .await?;
            }
            Ok(())
        });
        Self {
            parts,
            written: AbortOnDropHandle::new(written),
        }
    }

    /// Hands over a part of `file`; waits where too many wait already. What became of earlier parts is told as soon as it
    /// is known.
    pub async fn put(&mut self, file: Uuid, part: Part) -> Result<()> {
        if self.parts.send((file, part)).await.is_ok() {
            return Ok(());
        }
        ended((&mut self.written).await)?;
        Err(Error::Failed("staging stopped in the middle of a report".into()))
    }

    /// Waits until all is written.
    pub async fn end(self) -> Result<()> {
        drop(self.parts);
        ended(self.written.await)
    }
}

fn ended(outcome: Result<store::Result<()>, tokio::task::JoinError>) -> Result<()> {
    match outcome {
        Ok(written) => written.map_err(Error::Store),
        Err(error) => Err(Error::Failed(error.to_string())),
    }
}
