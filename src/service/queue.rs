//! The queue: what needs an act, in lanes; who holds what; what comes next.

use super::client::person;
use super::{Caller, Desk, Result, cursor, finding, refuse};
use crate::api::Page;
use crate::api::event::Topic;
use crate::api::problem::{Code, Problem};
use crate::api::queue::{
    Clock, ClockKind, CountLanes, Holder, LaneCount, LaneCounts, ListQueue, PutBackFinding, QueueItem, TakeFinding,
    TakeNext, Taken,
};
use crate::domain::lane::{LEASE_MS, Lane};
use crate::domain::status::Status;
use crate::store::queue::QueueRow;
use crate::store::{self};

fn holder(holder: store::queue::Holder) -> Holder {
    Holder {
        user: person(holder.user),
        until: holder.until,
    }
}

fn wire(row: QueueRow) -> QueueItem {
    let kind = match row.finding.decided.status {
        Status::PendingVerification => ClockKind::Verification,
        _ => ClockKind::Remediation,
    };
    QueueItem {
        lane: row.lane,
        clock: row.clock_at.map(|due_at| Clock { kind, due_at }),
        holder: row.holder.map(holder),
        finding: finding::wire(row.finding),
    }
}

pub async fn list(desk: Desk, caller: Caller, request: ListQueue) -> Result<Page<QueueItem>> {
    let query = finding::parse(request.q.as_deref())?;
    let list = cursor::List::new(
        &caller,
        "queue",
        &format!("{query}{}", if request.flat { " flat" } else { "" }),
    );
    let query = finding::narrowed(query, request.narrow.as_deref())?;
    let window = desk
        .cursors()
        .window_from(&list, request.limit, request.cursor.as_deref(), request.end)?;
    let (of, now, user) = (desk.clone(), desk.now(), caller.user);
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let filter = finding::filter(tx, &query, user, now).await?;
            let slice = store::queue::list(tx, &filter, request.flat, &window).await?;
            let count = if request.count && !filter.counts_slowly() {
                Some(store::queue::lanes(tx, &filter).await?.iter().map(|(_, n)| n).sum())
            } else {
                None
            };
            let keys = |row: &QueueRow| store::queue::keys(&filter, request.flat, row);
            let page = of.cursors().page(&list, slice, keys, wire);
            Ok(Page { count, ..page })
        })
    })
    .await
}

pub async fn lanes(desk: Desk, caller: Caller, request: CountLanes) -> Result<LaneCounts> {
    let query = finding::parse(request.q.as_deref())?;
    let (now, user) = (desk.now(), caller.user);
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let filter = finding::filter(tx, &query, user, now).await?;
            let counts = store::queue::lanes(tx, &filter).await?;
            let count = |lane| counts.iter().find(|(l, _)| *l == lane).map_or(0, |(_, n)| *n);
            let lanes = Lane::ALL.map(|lane| LaneCount {
                lane,
                count: count(lane),
            });
            Ok(LaneCounts { lanes: lanes.into() })
        })
    })
    .await
}

pub async fn take(desk: Desk, caller: Caller, request: TakeFinding) -> Result<Holder> {
    let (now, user) = (desk.now(), caller.user);
    desk.act(&caller, "queue.take", move |tx, note| {
        Box::pin(async move {
            let row = finding::open_for_work(tx, &request.finding).await?;
            let mine = store::queue::take(tx, row.id, user, now.plus_ms(LEASE_MS), now).await?;
            let held = store::queue::holder(tx, row.id, now).await?.map(holder);
            let Some(held) = held else {
                return refuse(
                    Code::Claimed,
                    "Somebody else was faster, and is done already. Take it again.",
                );
            };
            if !mine {
                return refuse(
                    Code::Claimed,
                    format!(
                        "{} holds this finding until {}. Take another one, or ask.",
                        held.user.name, held.until
                    ),
                );
            }
            note.object(Topic::Queue, row.id)
                .within(Some(row.project.id), row.client.as_ref().map(|c| c.id));
            Ok(held)
        })
    })
    .await
}

pub async fn put_back(desk: Desk, caller: Caller, request: PutBackFinding) -> Result<()> {
    let (now, user) = (desk.now(), caller.user);
    desk.act(&caller, "queue.put_back", move |tx, note| {
        Box::pin(async move {
            let row = finding::open(tx, &request.finding).await?;
            if let Some(held) = store::queue::holder(tx, row.id, now).await?
                && held.user.id != user
            {
                let detail = format!("{} holds this finding; only they can put it back.", held.user.name);
                return Err(Problem::new(Code::Claimed, detail).into());
            }
            store::queue::put_back(tx, row.id, user).await?;
            note.object(Topic::Queue, row.id)
                .within(Some(row.project.id), row.client.as_ref().map(|c| c.id));
            Ok(())
        })
    })
    .await
}

pub async fn next(desk: Desk, caller: Caller, request: TakeNext) -> Result<Taken> {
    let query = finding::parse(request.q.as_deref())?;
    let (now, user) = (desk.now(), caller.user);
    desk.act(&caller, "queue.next", move |tx, note| {
        Box::pin(async move {
            let filter = finding::filter(tx, &query, user, now).await?;
            // Two who ask at the same moment may be offered the same finding; the lease goes to one, the other looks again.
            while let Some(found) = store::queue::next(tx, &filter).await? {
                let id = found.finding.id;
                if !store::queue::take_free(tx, id, user, now.plus_ms(LEASE_MS), now).await? {
                    continue;
                }
                note.object(Topic::Queue, id).within(
                    Some(found.finding.project.id),
                    found.finding.client.as_ref().map(|c| c.id),
                );
                let item = store::queue::get(tx, id, &filter.asker).await?.map(wire);
                return Ok(Taken { item });
            }
            Ok(Taken { item: None })
        })
    })
    .await
}
