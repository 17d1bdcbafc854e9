//! Takes corrections back, and does them again.

use super::{anew, moved, stands, told};
use crate::api::act::Way;
use crate::domain::id::{ProjectId, UserId};
use crate::domain::time::Time;
use crate::service::act::plan::{CorrectedBack, CorrectedBefore};
use crate::service::finding::merge::{self, MergedBefore};
use crate::service::finding::pen::Pen;
use crate::service::finding::split::{SplitBefore, fingerprint};
use crate::service::import::settle;
use crate::service::{Note, Result, not_found};
use crate::store::act::Again;
use crate::store::correction::{self, Going, Split};
use crate::store::history::NewEntry;
use crate::store::{self, Tx};

fn split_of(back: &CorrectedBack, before: &SplitBefore, by: UserId, at: Time) -> Split {
    Split {
        id: back.id,
        from: before.from,
        via: before.via.clone(),
        places: before.places.clone(),
        fingerprint: fingerprint(back.id),
        by,
        at,
    }
}

/// A finding that was part of another one, or whose split was taken back, is there again, in this project.
pub(super) async fn come(
    tx: &mut Tx,
    note: &mut Note,
    pen: &mut Pen,
    back: CorrectedBack,
    user: UserId,
    way: Way,
    now: Time,
) -> Result<(Again, ProjectId)> {
    let at = store::finding::by_ids(tx, &[back.other()])
        .await?
        .pop()
        .ok_or_else(not_found)?;
    correction::hold(tx, &[at.id]).await?;
    let (id, other) = (back.id, back.other());
    let version = match &back.before {
        CorrectedBefore::Merged(_) => {
            let found = correction::bring_back(tx, id, other).await.map_err(stands)?;
            let version = found.ok_or_else(moved)?.version;
            let before = MergedBefore {
                there: false,
                into: other,
            };
            note.changed("merged", id, &before, version);
            version
        }
        CorrectedBefore::Split(split) => {
            let found = correction::remake(tx, &split_of(&back, split, user, now)).await;
            let version = found.map_err(stands)?.ok_or_else(moved)?;
            let before = SplitBefore {
                there: false,
                ..split.clone()
            };
            note.changed("split", id, &before, version);
            version
        }
    };
    let entry = NewEntry {
        user: Some(user),
        act: told(way),
        notes: "A finding of its own again.".to_owned(),
        ..NewEntry::default()
    };
    pen.tell(id, entry);
    merge::told(note, &at, [id]);
    Ok((anew(id, version - 1), at.project.id))
}

/// A finding becomes part of another one again, or its split is taken back.
pub(super) async fn go(tx: &mut Tx, note: &mut Note, back: CorrectedBack, user: UserId, now: Time) -> Result<()> {
    let at = store::finding::by_ids(tx, &[back.other()])
        .await?
        .pop()
        .ok_or_else(not_found)?;
    settle::settled(tx, at.project.id).await?;
    store::import::outdate_plans(tx, at.project.id).await?;
    correction::hold(tx, &[back.id, at.id]).await?;
    let (id, other) = (back.id, back.other());
    let done = match &back.before {
        CorrectedBefore::Merged(_) => {
            let going = Going {
                id,
                version: back.version_after,
                into: other,
                merged: true,
                by: user,
                at: now,
            };
            let before = MergedBefore {
                there: true,
                into: other,
            };
            note.changed("merged", id, &before, 0);
            correction::put_away(tx, going).await
        }
        CorrectedBefore::Split(split) => {
            let before = SplitBefore {
                there: true,
                ..split.clone()
            };
            note.changed("split", id, &before, 0);
            correction::unmake(tx, &split_of(&back, split, user, now), back.version_after).await
        }
    };
    if !done.map_err(stands)? {
        return Err(moved());
    }
    merge::told(note, &at, [id]);
    Ok(())
}
