//! Findings that an act made part of others, and places it split off, as they go back.

use super::{Plan, changed_since, impossible, kept};
use crate::domain::id::FindingId;
use crate::service::Result;
use crate::service::finding::merge::MergedBefore;
use crate::service::finding::split::SplitBefore;
use crate::store::act::Kept;
use crate::store::{self, Tx};

/// A correction as it goes back.
#[derive(Debug)]
pub(in crate::service::act) struct CorrectedBack {
    pub id: FindingId,
    pub version_after: i64,
    pub before: CorrectedBefore,
}

#[derive(Debug)]
pub(in crate::service::act) enum CorrectedBefore {
    Merged(MergedBefore),
    Split(SplitBefore),
}

impl CorrectedBack {
    pub(super) fn of(change: &Kept) -> Result<Self> {
        let before = if change.kind == "merged" {
            CorrectedBefore::Merged(kept(change)?)
        } else {
            CorrectedBefore::Split(kept(change)?)
        };
        Ok(Self {
            id: FindingId(change.object),
            version_after: change.version_after,
            before,
        })
    }

    /// The finding at the other end: what it is part of, or was split off from.
    pub(in crate::service::act) fn other(&self) -> FindingId {
        match &self.before {
            CorrectedBefore::Merged(merged) => merged.into,
            CorrectedBefore::Split(split) => split.from,
        }
    }

    /// Whether the finding is there now and goes.
    pub(in crate::service::act) fn goes(&self) -> bool {
        !match &self.before {
            CorrectedBefore::Merged(merged) => merged.there,
            CorrectedBefore::Split(split) => split.there,
        }
    }

    /// Whether this finding is not there yet and comes.
    pub(super) fn comes(&self, id: FindingId) -> bool {
        self.id == id && !self.goes()
    }
}

impl Plan {
    /// Whether each correction can still be taken back, and what that means.
    pub(super) async fn corrections(&mut self, tx: &mut Tx) -> Result<()> {
        let mut also = Vec::new();
        let mut refusal = None;
        for back in &self.corrected {
            let other = store::finding::by_ids(tx, &[back.other()]).await?.pop();
            let Some(other) = other else {
                refusal.get_or_insert(impossible(
                    "A finding it touched is gone. Change the others by hand instead.",
                ));
                continue;
            };
            if back.goes() {
                match store::finding::by_ids(tx, &[back.id]).await?.pop() {
                    Some(row) if row.version != back.version_after => {
                        refusal.get_or_insert(changed_since(&row.key));
                    }
                    Some(row) if row.project.id != other.project.id => {
                        refusal.get_or_insert(changed_since(&row.key));
                    }
                    Some(row) => also.push(match back.before {
                        CorrectedBefore::Merged(_) => format!("{} becomes part of {} again.", row.key, other.key),
                        CorrectedBefore::Split(_) => {
                            format!("{} goes, and its places are {}'s again.", row.key, other.key)
                        }
                    }),
                    None => {
                        refusal.get_or_insert(impossible("The finding is gone already."));
                    }
                }
                continue;
            }
            match store::correction::kept_key(tx, back.id, other.id).await? {
                Some(key) => also.push(match back.before {
                    CorrectedBefore::Merged(_) => {
                        format!("{key} is a finding of its own again, with its places, comments and history.")
                    }
                    CorrectedBefore::Split(_) => format!("{key} is split off from {} again.", other.key),
                }),
                None => {
                    refusal.get_or_insert(changed_since(&other.key));
                }
            }
        }
        self.also.extend(also);
        if let Some(problem) = refusal {
            self.refuse(problem);
        }
        Ok(())
    }
}
