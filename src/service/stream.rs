//! Events for one reader: what of the stream the caller may see, by the rights of this moment.

use std::collections::HashMap;

use super::{Caller, Desk, Error, Result, audience, session};
use crate::api::event::{Event, Topic};
use crate::domain::access::Role;
use crate::store;
/// What the server's hub hands to its streams; only this module reads it.
pub use crate::store::event::EventRow;
use crate::store::identity::StandingRow;

/// Where the stream stands now.
pub async fn newest(desk: &Desk) -> Result<i64> {
    desk.store()
        .door_read(|door| Box::pin(async move { store::event::newest(door).await }))
        .await
        .map_err(Error::Store)
}

/// Whether the caller's stream can go on from a place: nothing after it was taken away, and it is none of the future.
pub async fn resumable(desk: &Desk, caller: &Caller, from: i64) -> Result<bool> {
    let agency = caller.agency;
    desk.store()
        .door_read(|door| {
            Box::pin(async move {
                let purged = store::event::purged(door, agency).await?;
                Ok((purged..=store::event::newest(door).await?).contains(&from))
            })
        })
        .await
        .map_err(Error::Store)
}

/// Changes whenever rights in the caller's agency do: what a reader has seen may not be its to see any more.
pub async fn epoch(desk: &Desk, caller: &Caller) -> Result<i64> {
    desk.read(caller, |tx| {
        Box::pin(async move { Ok(store::agency::get(tx).await?.access_epoch) })
    })
    .await
}

/// What open streams are known by.
pub type Token = [u8; 32];

/// The name of a bearer's stream.
#[must_use]
pub fn token(bearer: &str) -> Token {
    session::digest(bearer)
}

/// Tokens of one statement.
const AT_ONCE: usize = 200;

/// Of these streams the ones whose session and membership still hold, each with its role and its agency's epoch: one look
/// for all of them.
pub async fn standings(desk: &Desk, tokens: Vec<Token>) -> Result<HashMap<Token, (Role, i64)>> {
    let now = desk.now();
    let rows: Result<Vec<StandingRow>, store::Error> = desk
        .store()
        .door_read(|door| {
            Box::pin(async move {
                let mut out = Vec::with_capacity(tokens.len());
                for part in tokens.chunks(AT_ONCE) {
                    out.extend(store::identity::standings(door, part).await?);
                }
                Ok(out)
            })
        })
        .await;
    Ok(rows?
        .into_iter()
        .filter(|row| row.until > now)
        .map(|row| (row.token, (row.role, row.access_epoch)))
        .collect())
}

/// The next events of all agencies after `seq`, in commit order.
pub async fn after(desk: &Desk, seq: i64) -> Result<Vec<EventRow>> {
    desk.store()
        .door_read(|door| Box::pin(async move { store::event::after(door, seq).await }))
        .await
        .map_err(Error::Store)
}

/// Of a batch, what this caller may see. Rights are read in one snapshot, so that an event and the loss of the right to
/// see it cannot overtake each other.
pub async fn visible(desk: &Desk, caller: &Caller, batch: &[EventRow]) -> Result<Vec<(i64, Event)>> {
    let mine: Vec<EventRow> = batch.iter().filter(|e| e.agency == caller.agency).cloned().collect();
    if mine.is_empty() {
        return Ok(Vec::new());
    }
    let may_all = caller.role == Role::Admin;
    desk.read(caller, |tx| {
        Box::pin(async move {
            let mut known: HashMap<_, bool> = HashMap::new();
            let mut out = Vec::new();
            for row in mine {
                let place = (row.project, row.client);
                let seen = match known.get(&place) {
                    _ if may_all => true,
                    Some(seen) => *seen,
                    None => {
                        // An assignment may touch many places at once: those who may open none of them learn nothing.
                        let seen = match place {
                            (None, None) => matches!(row.topic.as_str(), "agency" | "user"),
                            (project, client) => audience::may_see(tx, project, client).await?,
                        };
                        known.insert(place, seen);
                        seen
                    }
                };
                if seen {
                    let topic: Topic = store::word(&row.topic)?;
                    let event = Event {
                        topic,
                        act: row.act,
                        id: row.object,
                        project: row.project,
                        client: row.client,
                        at: row.at,
                    };
                    out.push((row.seq, event));
                }
            }
            Ok(out)
        })
    })
    .await
}
