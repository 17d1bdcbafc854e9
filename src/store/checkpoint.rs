//! Bringing what was committed from SQLite's log into the database, on a connection of its own. Done by the writer, as
//! SQLite would by itself, everybody waited for it with every few megabytes that an import writes.
//!
//! A checkpoint of this kind waits for nobody and nobody waits for it. It cannot begin the log anew while the writer goes
//! on writing; where the log has grown to [`LOG`] pages the writer does what is left of it, and that is little.

use sqlx::{Connection as _, SqliteConnection};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Pages of the log (4 KiB each) at which the writer does a checkpoint by itself.
pub(super) const LOG: &str = "16384";

#[derive(Debug)]
pub(super) struct Checkpoints {
    nudges: mpsc::Sender<()>,
    task: JoinHandle<()>,
}

impl Checkpoints {
    pub(super) fn start(mut connection: SqliteConnection) -> Self {
        let (nudges, mut waiting) = mpsc::channel(1);
        let task = tokio::spawn(async move {
            while waiting.recv().await.is_some() {
                let done = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)")
                    .execute(&mut connection)
                    .await;
                if let Err(error) = done {
                    tracing::warn!(%error, "the database's log could not be brought in; the writer will");
                }
            }
            let _ = connection.close().await;
        });
        Self { nudges, task }
    }

    /// Says that there is something to bring in. Returns at once.
    pub(super) fn nudge(&self) {
        // One that waits already will see it.
        let _ = self.nudges.try_send(());
    }

    /// Waits for a checkpoint under way, and ends.
    pub(super) async fn stop(self) {
        drop(self.nudges);
        let _ = self.task.await;
    }
}
