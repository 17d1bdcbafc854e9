//! Some places of a finding become a finding of their own, by hand.

use std::collections::BTreeSet;
use std::slice::from_ref;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::merge::{agreed, counted, hold, invalid, no_verdict_open, told};
use super::pen::Pen;
use super::{open_for_work, seen_is, shown, touched, wire};
use crate::api::correction::{CorrectionDone, SPLIT_MAX, SplitFinding};
use crate::api::problem::{Code, Problem};
use crate::domain::id::{FindingId, OccurrenceId};
use crate::domain::key::{Kind, key};
use crate::service::finding::transition::spoken;
use crate::service::{Caller, Desk, Result};
use crate::store::correction::{self, Split};
use crate::store::finding::FindingRow;
use crate::store::history::NewEntry;
use crate::store::{self, Tx};

/// As undo keeps it: whether the finding was there, and what it is made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SplitBefore {
    pub there: bool,
    pub from: FindingId,
    pub via: String,
    pub places: Vec<OccurrenceId>,
}

/// What an import knows a split-off finding by. Made of its id: no report says the same.
pub(crate) fn fingerprint(id: FindingId) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(b"split off by hand\0");
    digest.update(id.0.as_bytes());
    digest.finalize().into()
}

/// The places that are split off, and what that means.
struct Parted {
    places: Vec<OccurrenceId>,
    via: String,
    fixed: i64,
    says: Vec<String>,
    client_sees: Vec<String>,
}

async fn parted(tx: &mut Tx, row: &FindingRow, wanted: &[OccurrenceId]) -> Result<Parted> {
    let wanted: BTreeSet<OccurrenceId> = wanted.iter().copied().collect();
    let wanted: Vec<OccurrenceId> = wanted.into_iter().collect();
    if wanted.is_empty() {
        return Err(invalid(
            "occurrences",
            "Name the places that are a finding of their own.",
        ));
    }
    if wanted.len() > SPLIT_MAX {
        let detail = format!("At most {SPLIT_MAX} places are split off in one act.");
        return Err(invalid("occurrences", detail));
    }
    let found = correction::places(tx, row.id, &wanted).await?;
    if found.len() != wanted.len() {
        let detail = format!("{} has no such place. Look at its places again.", row.key);
        return Err(invalid("occurrences", detail));
    }
    no_verdict_open(row)?;
    if found.len() as i64 >= row.occurrence_count {
        let detail = format!(
            "These are all the places of {}: there would be nothing left of it.",
            row.key
        );
        return Err(invalid("occurrences", detail));
    }
    let vias: BTreeSet<&str> = found.iter().map(|p| p.via.as_str()).collect();
    if vias.len() > 1 {
        let detail = "These places came from several findings that were merged. Split off those of one at a time, or undo the merge.";
        return Err(invalid("occurrences", detail));
    }
    let n = found.len() as i64;
    let mut says = vec![
        format!(
            "{} of {} become a finding of their own: {}, {}, with its assignee and what was decided.",
            counted(n, "place"),
            row.key,
            row.decided.severity,
            spoken(row.decided.status)
        ),
        format!(
            "{} stays with {}, its comments, rounds and history.",
            row.key,
            counted(row.occurrence_count - n, "place")
        ),
    ];
    if row.tool != "manual" {
        says.push("The next import's sightings of these places are the new finding's; other places stay where they are. Undo takes it back.".into());
    }
    let client = row.client.as_ref().filter(|_| row.decided.released_at.is_some());
    let client_sees = client
        .map(|c| {
            format!(
                "{} sees one finding more, released as {} is, with {} of it.",
                c.name,
                row.key,
                counted(n, "place")
            )
        })
        .into_iter()
        .collect();
    Ok(Parted {
        via: vias.first().map(|v| (*v).to_owned()).unwrap_or_default(),
        fixed: found.iter().filter(|p| p.fixed).count() as i64,
        places: wanted,
        says,
        client_sees,
    })
}

pub async fn split(desk: Desk, caller: Caller, request: SplitFinding) -> Result<CorrectionDone> {
    if request.dry_run {
        return desk
            .read(&caller, |tx| {
                Box::pin(async move {
                    let row = open_for_work(tx, &request.finding).await?;
                    let parted = parted(tx, &row, &request.occurrences).await?;
                    Ok(CorrectionDone {
                        applied: false,
                        act: None,
                        finding: wire(row),
                        made: None,
                        says: parted.says,
                        client_sees: parted.client_sees,
                    })
                })
            })
            .await;
    }
    let (now, user) = (desk.now(), caller.user);
    desk.act(&caller, "finding.split", move |tx, note| {
        Box::pin(async move {
            let row = open_for_work(tx, &request.finding).await?;
            let Some(seen) = request.version else {
                let detail = "Send the version of the finding that was seen, from a list or a dry run.";
                return Err(Problem::new(Code::PreconditionRequired, detail).field("version").into());
            };
            hold(tx, from_ref(&row)).await?;
            let row = open_for_work(tx, &row.id.to_string()).await?;
            seen_is(tx, &row, seen).await?;
            let parted = parted(tx, &row, &request.occurrences).await?;
            agreed(request.client_sees, &parted.client_sees)?;
            let id = FindingId::fresh();
            let number = store::agency::next_numbers(tx, true, 1).await?;
            let secret = store::agency::get(tx).await?.secret;
            let key = key(Kind::Finding, &secret, number.cast_unsigned());
            let split = Split {
                id,
                from: row.id,
                via: parted.via,
                places: parted.places,
                fingerprint: fingerprint(id),
                by: user,
                at: now,
            };
            let n = split.places.len() as i64;
            let mut pen = Pen::new(now);
            let mut decided = pen.decided(&row);
            decided.occurrence_fixed -= parted.fixed;
            pen.write(&row, decided);
            let entry = |notes: String| NewEntry {
                user: Some(user),
                act: "finding.split",
                notes,
                ..NewEntry::default()
            };
            pen.tell(row.id, entry(format!("{} became {key}.", counted(n, "place"))));
            pen.flush(tx, note).await?;
            correction::make(tx, &split, key.clone()).await?;
            let told_of_it = entry(format!("Split off from {}, with what was decided there.", row.key));
            store::history::insert(tx, vec![(id, told_of_it)], now).await?;
            let before = SplitBefore {
                there: false,
                from: split.from,
                via: split.via,
                places: split.places,
            };
            note.words(format!("Split {key} off from {}", row.key))
                .detail(&serde_json::json!({ "from": row.key, "made": key, "places": n }))
                .changed("split", id, &before, 1);
            touched(note, &row);
            told(note, &row, [id]);
            Ok(CorrectionDone {
                applied: true,
                act: Some(note.id()),
                finding: shown(tx, row.id).await?,
                made: Some(shown(tx, id).await?),
                says: parted.says,
                client_sees: parted.client_sees,
            })
        })
    })
    .await
}
