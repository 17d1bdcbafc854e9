//! Putting clients away and taking them out again: they and their projects leave or re-enter what the plan counts.

use super::{limit_reached, open, save, shown};
use crate::api::client::{ArchiveClient, Client, RestoreClient};
use crate::api::problem::Code;
use crate::domain::access::ClientState;
use crate::service::{Caller, Desk, Result, refuse};
use crate::store::agency::Counter;
use crate::store::client::Hold;
use crate::store::{self, Tx};

pub async fn archive(desk: Desk, caller: Caller, request: ArchiveClient) -> Result<Client> {
    put_away(desk, caller, request.client, true).await
}

pub async fn restore(desk: Desk, caller: Caller, request: RestoreClient) -> Result<Client> {
    put_away(desk, caller, request.client, false).await
}

/// Archives or restores: the client and its projects leave or re-enter what the plan counts.
async fn put_away(desk: Desk, caller: Caller, wanted: String, archive: bool) -> Result<Client> {
    let seen = caller.seen_version()?;
    let now = desk.now();
    desk.act(
        &caller,
        if archive { "client.archive" } else { "client.restore" },
        move |tx, note| {
            Box::pin(async move {
                let found = open(tx, &wanted).await?;
                // Projects come and go while nobody looks: they are counted when none can any more.
                store::client::hold(tx, found.id, Hold::Alone).await?;
                let before = open(tx, &found.id.to_string()).await?;
                let archived = before.state == ClientState::Archived;
                if archived == archive {
                    return refuse(
                        if archive {
                            Code::ClientArchived
                        } else {
                            Code::InvalidRequest
                        },
                        if archive {
                            "This client is archived already."
                        } else {
                            "This client is not archived: there is nothing to restore."
                        },
                    );
                }
                let mut row = before.clone();
                row.state = if archive {
                    ClientState::Archived
                } else {
                    ClientState::Active
                };
                save(tx, note, &before, &row, seen, now).await?;
                count(tx, before.project_count, archive).await?;
                store::agency::bump_access_epoch(tx).await?;
                shown(tx, row.id, now).await
            })
        },
    )
    .await
}

/// A client and its projects leave what the plan counts, or come back into it where there is room.
pub(crate) async fn count(tx: &mut Tx, projects: i64, archive: bool) -> Result<()> {
    for (counter, n) in [(Counter::Clients, 1), (Counter::Projects, projects)] {
        if archive {
            store::agency::give_slots(tx, counter, n).await?;
        } else if !store::agency::take_slots(tx, counter, n).await? {
            return Err(limit_reached(tx, counter).await?);
        }
    }
    Ok(())
}
