//! Refusals on their way into the audit trail: one asynchronous, grouped path, the same for what belongs to others and
//! for what never was, so that the trail's timing tells nothing.

use tokio::sync::{mpsc, oneshot};

use super::Hand;
use crate::api::problem::Code;
use crate::domain::id::AgencyId;
use crate::domain::time::Time;
use crate::store::{Scope, Store, audit};

/// As many refusals may wait; callers beyond that wait for nothing, the count of what was dropped is logged.
const WAITING: usize = 4096;

#[derive(Debug)]
pub struct Refusals {
    orders: mpsc::Sender<Order>,
}

enum Order {
    Record(AgencyId, Box<audit::NewAudit>),
    Flush(oneshot::Sender<()>),
}

impl Refusals {
    pub(super) fn start(store: Store) -> Self {
        let (orders, inbox) = mpsc::channel(WAITING);
        tokio::spawn(run(store, inbox));
        Self { orders }
    }

    pub(super) fn record(&self, by: Hand, act: &'static str, code: Code, now: Time) {
        let row = audit::NewAudit {
            at: now,
            actor_kind: by.kind,
            actor: Some(by.id),
            act: act.to_owned(),
            object_kind: None,
            object: None,
            project: None,
            client: None,
            refused: Some(code.name()),
            address: by.address,
            trace: Some(by.trace),
            detail: "{}".to_owned(),
        };
        if self
            .orders
            .try_send(Order::Record(by.scope.agency(), Box::new(row)))
            .is_err()
        {
            tracing::error!(
                act,
                code = code.name(),
                "a refusal could not be recorded: too many wait"
            );
        }
    }

    /// Waits until what was recorded before is written.
    pub(super) async fn flush(&self) {
        let (tell, told) = oneshot::channel();
        if self.orders.send(Order::Flush(tell)).await.is_ok() {
            let _ = told.await;
        }
    }
}

async fn run(store: Store, mut inbox: mpsc::Receiver<Order>) {
    let mut orders = Vec::new();
    while inbox.recv_many(&mut orders, 256).await > 0 {
        let mut flushed = Vec::new();
        let mut rows: Vec<(AgencyId, Vec<audit::NewAudit>)> = Vec::new();
        for order in orders.drain(..) {
            match order {
                Order::Flush(tell) => flushed.push(tell),
                Order::Record(agency, row) => match rows.iter_mut().find(|(a, _)| *a == agency) {
                    Some((_, list)) => list.push(*row),
                    None => rows.push((agency, vec![*row])),
                },
            }
        }
        for (agency, list) in rows {
            let written: Result<(), crate::store::Error> = store
                .write(&Scope::job(agency), move |tx| {
                    Box::pin(async move {
                        for row in list {
                            audit::write(tx, row).await?;
                        }
                        Ok(())
                    })
                })
                .await;
            if let Err(error) = written {
                tracing::error!(%error, "refusals could not be recorded");
            }
        }
        for tell in flushed {
            let _ = tell.send(());
        }
    }
}
