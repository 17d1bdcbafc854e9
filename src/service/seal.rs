//! The audit trail's hash chain: one sealer per server gives each written row its position and the hash over it and the
//! one before, in order, within a second. Acts never wait for it: chaining in their transactions would serialise them.
//!
//! A row's hash is SHA-256 over the previous hash, the position and the row's fields, each with its length before it.
//! Whoever keeps a copy of a hash with its position (a checkpoint) can tell later whether anything up to it was
//! changed, removed or reordered: [`verify`].

use std::time::Duration;

use sha2::{Digest as _, Sha256};
use tokio::sync::watch;

use super::{Desk, Result};
use crate::domain::hex::hex;
use crate::domain::id::AgencyId;
use crate::store::audit::{self, Link};
use crate::store::{Scope, Store};

/// How often the sealer looks for rows that other processes wrote.
const LOOK: Duration = Duration::from_secs(1);
/// Rows sealed in one transaction.
const AT_ONCE: i64 = 500;

/// Starts the sealer. Ends when it is told to, or the desk's last clone goes.
pub(super) fn start(desk: &Desk, mut closing: watch::Receiver<bool>) {
    let store = desk.store().clone();
    let mut changed = desk.changed();
    tokio::spawn(async move {
        loop {
            match all(&store).await {
                Err(super::Error::Store(crate::store::Error::Stopping)) => return,
                Err(error) => tracing::error!(%error, "the audit trail could not be sealed; trying again"),
                Ok(()) => {}
            }
            let next = async {
                tokio::select! {
                    woken = changed.changed() => {
                        // Several acts share one sealing; a burst is sealed once, not once per act.
                        tokio::time::sleep(LOOK / 4).await;
                        woken.is_ok()
                    }
                    () = tokio::time::sleep(LOOK) => true,
                }
            };
            tokio::select! {
                _ = closing.wait_for(|closing| *closing) => return,
                go_on = next => if !go_on { return },
            }
        }
    });
}

/// Seals everything that is written by now.
pub async fn all(store: &Store) -> Result<()> {
    let agencies = store
        .door_read(|door| Box::pin(async move { audit::unsealed(door).await }))
        .await
        .map_err(super::Error::Store)?;
    for agency in agencies {
        while some(store, agency).await? == AT_ONCE {}
    }
    Ok(())
}

async fn some(store: &Store, agency: AgencyId) -> Result<i64> {
    store
        .write(&Scope::job(agency), |tx| {
            Box::pin(async move {
                if !audit::turn(tx).await? {
                    return Ok(0);
                }
                let (mut position, mut hash) = audit::head(tx).await?;
                let links = audit::next(tx, AT_ONCE).await?;
                let n = links.len() as i64;
                for link in links {
                    position += 1;
                    hash = chain(&hash, position, &link);
                    audit::seal(tx, link.id, position, hash.clone()).await?;
                }
                Ok(n)
            })
        })
        .await
}

fn chain(before: &[u8], position: i64, link: &Link) -> Vec<u8> {
    let mut out = Sha256::new();
    out.update(before);
    out.update(position.to_le_bytes());
    for field in &link.fields {
        match field {
            Some(text) => {
                out.update((text.len() as u64).to_le_bytes());
                out.update(text);
            }
            None => out.update(u64::MAX.to_le_bytes()),
        }
    }
    out.finalize().to_vec()
}

/// What a look through the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Rows that are sealed.
    pub sealed: i64,
    /// The first position at which the chain does not hold, counted from 1.
    pub broken_at: Option<i64>,
    /// The hash at the chain's end, in hexadecimal: keep it elsewhere as a checkpoint.
    pub head: String,
}

/// Follows the chain of an agency from its beginning. `checkpoint`: a position and the hash that was noted there.
pub async fn verify(store: &Store, agency: AgencyId, checkpoint: Option<(i64, String)>) -> Result<Verdict> {
    store
        .read(&Scope::job(agency), |tx| {
            Box::pin(async move {
                let (mut position, mut hash) = (0, Vec::new());
                loop {
                    let links = audit::sealed_after(tx, position, AT_ONCE).await?;
                    if links.is_empty() {
                        break;
                    }
                    for (at, stored, link) in links {
                        hash = chain(&hash, position + 1, &link);
                        let noted = checkpoint.as_ref().filter(|(p, _)| *p == at);
                        if at != position + 1 || stored != hash || noted.is_some_and(|(_, h)| *h != hex(&hash)) {
                            return Ok(Verdict {
                                sealed: position,
                                broken_at: Some(position + 1),
                                head: hex(&hash),
                            });
                        }
                        position = at;
                    }
                }
                // A chain that ends before the checkpoint was cut off.
                let cut = checkpoint.is_some_and(|(p, _)| p > position).then_some(position + 1);
                Ok(Verdict {
                    sealed: position,
                    broken_at: cut,
                    head: hex(&hash),
                })
            })
        })
        .await
}
