//! The one writer of a SQLite database, as an actor.
//!
//! Acts are closures. As many as wait (up to [`GROUP`], for up to [`GROUP_TIME`]) share one transaction and one `fsync`,
//! each under its own savepoint, and are answered after the `COMMIT`: an fsync costs 0.1 ms on one disk and 4 ms on
//! another. An act that fails or panics is rolled back to its savepoint; the others are not touched.
//!
//! Steps of long work (an import's) stand behind: one at a time, with a commit of its own, when nobody else waits, or when
//! one has waited for [`PATIENCE`]. Whoever comes meanwhile waits for one step and no more. What is committed is brought
//! from the log into the database beside the writer (`checkpoint.rs`).

use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use sqlx::SqliteConnection;
use tokio::sync::{mpsc, oneshot};

use super::checkpoint::Checkpoints;
use super::scope::Scope;
use super::tx::{Admin, Conn, Door, Tx};
use super::{Error, Result};

/// The most acts that share one commit, and when no more are taken in: the first of them waits for the last.
const GROUP: usize = 64;
const GROUP_TIME: Duration = Duration::from_millis(10);

/// How long a step of long work waits at most while others keep coming.
const PATIENCE: Duration = Duration::from_millis(50);

/// Groups of acts after which the log is worth a checkpoint; a step of long work is worth one by itself.
const WORTH: usize = 64;

/// Tells the caller how it ended, once the commit has: `Err` with the reason where nothing was kept.
type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;

/// Runs on the writer's connection and gives it back, with whether to keep what it did, and whom to tell.
type Work = Box<dyn FnOnce(Conn) -> BoxFuture<'static, (Conn, bool, Answer)> + Send>;

enum Order {
    Act(Work),
    /// Alone, outside any transaction of ours: migrations.
    Exclusive(Box<dyn FnOnce(Conn) -> BoxFuture<'static, Conn> + Send>),
    Stop(oneshot::Sender<()>),
}

#[derive(Debug, Clone)]
pub(super) struct Writer {
    orders: mpsc::Sender<Order>,
    behind: mpsc::Sender<Order>,
}

impl Writer {
    pub(super) fn start(connection: SqliteConnection, checkpoints: Checkpoints) -> Self {
        let (orders, inbox) = mpsc::channel(1024);
        let (behind, later) = mpsc::channel(64);
        let inbox = Inbox {
            orders: inbox,
            behind: later,
            last: Instant::now(),
        };
        tokio::spawn(run(Conn::SqliteWriter(Box::new(connection)), inbox, checkpoints));
        Self { orders, behind }
    }

    /// Performs an act of a tenant, or a step of long work (`behind`).
    pub(super) async fn act<T, E, F>(&self, scope: Scope, behind: bool, act: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Tx) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        let queue = if behind { &self.behind } else { &self.orders };
        Self::submit(queue, move |conn| {
            Box::pin(async move {
                let mut tx = Tx::new(conn, scope);
                let out = AssertUnwindSafe(act(&mut tx)).catch_unwind().await;
                (tx.conn, out)
            })
        })
        .await
    }

    pub(super) async fn door<T, E, F>(&self, act: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Door) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        Self::submit(&self.orders, move |conn| {
            Box::pin(async move {
                let mut door = Door { conn };
                let out = AssertUnwindSafe(act(&mut door)).catch_unwind().await;
                (door.conn, out)
            })
        })
        .await
    }

    pub(super) async fn admin<T, E, F>(&self, act: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: for<'t> FnOnce(&'t mut Admin) -> BoxFuture<'t, Result<T, E>> + Send + 'static,
    {
        Self::submit(&self.orders, move |conn| {
            Box::pin(async move {
                let mut admin = Admin { conn };
                let out = AssertUnwindSafe(act(&mut admin)).catch_unwind().await;
                (admin.conn, out)
            })
        })
        .await
    }

    async fn submit<T, E, F>(queue: &mpsc::Sender<Order>, run: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
        F: FnOnce(Conn) -> BoxFuture<'static, (Conn, std::thread::Result<Result<T, E>>)> + Send + 'static,
    {
        let (tell, told) = oneshot::channel::<Result<T, E>>();
        let work: Work = Box::new(move |conn| {
            Box::pin(async move {
                let (conn, out) = run(conn).await;
                let out = out
                    .unwrap_or_else(|_| Err(Error::Statement("the act panicked; nothing was written".into()).into()));
                let keep = out.is_ok();
                let answer: Answer = Box::new(move |committed| {
                    // The caller may have gone; what was committed stays committed.
                    let _ = tell.send(match committed {
                        Ok(()) => out,
                        Err(reason) => Err(Error::Setup(reason).into()),
                    });
                });
                (conn, keep, answer)
            })
        });
        queue.send(Order::Act(work)).await.map_err(|_| Error::Stopping)?;
        told.await.map_err(|_| Error::Stopping)?
    }

    /// Runs something alone on the connection, with no transaction open.
    pub(super) async fn exclusive<F>(&self, run: F) -> Result<()>
    where
        F: for<'t> FnOnce(&'t mut Conn) -> BoxFuture<'t, Result<()>> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let order = Order::Exclusive(Box::new(move |mut conn| {
            Box::pin(async move {
                let _ = tell.send(run(&mut conn).await);
                conn
            })
        }));
        self.orders.send(order).await.map_err(|_| Error::Stopping)?;
        told.await.map_err(|_| Error::Stopping)?
    }

    pub(super) async fn stop(&self) {
        let (tell, told) = oneshot::channel();
        if self.orders.send(Order::Stop(tell)).await.is_ok() {
            let _ = told.await;
        }
    }
}

/// What waits for the writer.
struct Inbox {
    orders: mpsc::Receiver<Order>,
    behind: mpsc::Receiver<Order>,
    /// When a step of long work was done last.
    last: Instant,
}

impl Inbox {
    /// The next order, and whether it stands behind the others.
    async fn next(&mut self) -> Option<(Order, bool)> {
        if self.last.elapsed() >= PATIENCE
            && let Ok(order) = self.behind.try_recv()
        {
            return Some((order, true));
        }
        tokio::select! {
            biased;
            order = self.orders.recv() => order.map(|order| (order, false)),
            Some(order) = self.behind.recv() => Some((order, true)),
        }
    }
}

async fn run(mut conn: Conn, mut inbox: Inbox, checkpoints: Checkpoints) {
    let mut groups = 0;
    while let Some((order, behind)) = inbox.next().await {
        let mut order = Some(order);
        let mut answers = Vec::new();
        let mut failed = None;
        let began = Instant::now();
        // The group: whatever waits, while acts keep coming.
        while let Some(Order::Act(work)) = order.take_if(|o| matches!(o, Order::Act(_))) {
            if answers.is_empty() {
                failed = conn.batch("BEGIN IMMEDIATE").await.err();
            }
            if failed.is_none() {
                failed = conn.batch("SAVEPOINT act").await.err();
            }
            if let Some(error) = &failed {
                // Without a transaction nothing may run: tell the act's caller through an empty group.
                tracing::error!(%error, "the writer cannot begin");
                drop(work);
                break;
            }
            let (back, keep, answer) = work(conn).await;
            conn = back;
            let end = if keep {
                "RELEASE act"
            } else {
                "ROLLBACK TO act; RELEASE act"
            };
            failed = conn.batch(end).await.err();
            answers.push(answer);
            if failed.is_some() || behind || answers.len() == GROUP || began.elapsed() >= GROUP_TIME {
                break;
            }
            order = inbox.orders.try_recv().ok();
        }
        if !answers.is_empty() || failed.is_some() {
            let ended = match failed {
                None => conn.batch("COMMIT").await.err(),
                some => some,
            };
            if let Some(error) = &ended {
                tracing::error!(%error, "a commit failed; nothing of it was kept");
                let _ = conn.batch("ROLLBACK").await;
            }
            let ended =
                ended.map(|e| format!("The database could not keep the change ({e}); nothing was written. Try again."));
            for answer in answers {
                answer(ended.clone().map_or(Ok(()), Err));
            }
            if behind {
                inbox.last = Instant::now();
            }
            groups += if behind { WORTH } else { 1 };
            if groups >= WORTH {
                groups = 0;
                checkpoints.nudge();
            }
        }
        match order {
            Some(Order::Exclusive(run)) => conn = run(conn).await,
            Some(Order::Stop(tell)) => {
                checkpoints.stop().await;
                if let Conn::SqliteWriter(connection) = conn {
                    use sqlx::Connection as _;
                    let _ = connection.close().await;
                }
                let _ = tell.send(());
                return;
            }
            _ => {}
        }
    }
}
