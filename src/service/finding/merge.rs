//! Several findings of a project become one, by hand. Nothing of them is lost, nothing of it is silent: what the client
//! sees changes only where the caller says so.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::pen::Pen;
use super::{open_for_work, seen_is, shown, touched, wire};
use crate::api::correction::{CorrectionDone, MERGED_MAX, MergeFindings};
use crate::api::event::Topic;
use crate::api::problem::{Code, Problem};
use crate::domain::id::{FindingId, UserId};
use crate::domain::safe::Safe;
use crate::domain::status::{Status, following};
use crate::domain::time::Time;
use crate::service::finding::transition::spoken;
use crate::service::import::settle;
use crate::service::{Caller, Desk, Error, Note, Result, conflict, not_found, refuse};
use crate::store::client::Hold;
use crate::store::correction::{self, Going};
use crate::store::finding::{FindingRow, placed};
use crate::store::history::NewEntry;
use crate::store::{self, Tx};

/// As undo keeps it: whether the finding was one of its own, and what it was or became part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct MergedBefore {
    pub there: bool,
    pub into: FindingId,
}

pub(super) fn invalid(field: &str, detail: impl Into<String>) -> Error {
    Problem::new(Code::InvalidRequest, detail).field(field).into()
}

/// `1 place`, `2 places`.
pub(super) fn counted(n: i64, one: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {one}s")
    }
}

/// Keys as a sentence names them: the first few, and how many more.
fn named(rows: &[FindingRow]) -> String {
    const FEW: usize = 3;
    let keys: Vec<&str> = rows.iter().take(FEW).map(|r| r.key.as_str()).collect();
    let keys = keys.join(", ");
    match rows.len().saturating_sub(FEW) {
        0 => keys,
        more => format!("{keys} and {more} more"),
    }
}

/// The findings that an act is about: the one that stays, and the others in the order they were named.
#[derive(Debug)]
struct Merge {
    into: FindingRow,
    others: Vec<FindingRow>,
    duplicates: Vec<FindingRow>,
    says: Vec<String>,
    client_sees: Vec<String>,
}

pub async fn merge(desk: Desk, caller: Caller, request: MergeFindings) -> Result<CorrectionDone> {
    if request.findings.len() > MERGED_MAX {
        let mut problem = Problem::new(
            Code::InvalidRequest,
            format!("At most {MERGED_MAX} findings become one in one act."),
        );
        problem.limit = Some(MERGED_MAX as i64);
        return Err(problem.into());
    }
    if request.dry_run {
        return desk
            .read(&caller, |tx| {
                Box::pin(async move {
                    let (into, others) = named_rows(tx, &request).await?;
                    let merge = Merge::of(tx, into, others).await?;
                    Ok(CorrectionDone {
                        applied: false,
                        act: None,
                        finding: wire(merge.into),
                        made: None,
                        says: merge.says,
                        client_sees: merge.client_sees,
                    })
                })
            })
            .await;
    }
    let (now, user) = (desk.now(), caller.user);
    desk.act(&caller, "finding.merge", move |tx, note| {
        Box::pin(async move {
            let (into, others) = named_rows(tx, &request).await?;
            let rows: Vec<FindingRow> = [into].into_iter().chain(others).collect();
            hold(tx, &rows).await?;
            // What was read before may be old by now.
            let (into, others) = named_rows(tx, &request).await?;
            for row in [&into].into_iter().chain(&others) {
                seen_is(tx, row, version_of(&request, row)?).await?;
            }
            let merge = Merge::of(tx, into, others).await?;
            agreed(request.client_sees, &merge.client_sees)?;
            let (says, client_sees) = (merge.says.clone(), merge.client_sees.clone());
            let id = merge.into.id;
            merge.write(tx, note, user, now).await?;
            Ok(CorrectionDone {
                applied: true,
                act: Some(note.id()),
                finding: shown(tx, id).await?,
                made: None,
                says,
                client_sees,
            })
        })
    })
    .await
}

/// Nothing that a client sees changes silently.
pub(super) fn agreed(client_sees: bool, lines: &[String]) -> Result<()> {
    if client_sees || lines.is_empty() {
        return Ok(());
    }
    let detail = format!(
        "This changes what the client sees: {} Send `client_sees` if that is meant.",
        lines.join(" ")
    );
    Err(Problem::new(Code::PreconditionRequired, detail)
        .field("client_sees")
        .into())
}

/// Nobody moves or writes on these findings until the act is done, and plans of imports that know them apart are good no
/// more.
pub(super) async fn hold(tx: &mut Tx, rows: &[FindingRow]) -> Result<()> {
    let Some(first) = rows.first() else { return Ok(()) };
    if let Some(client) = &first.client {
        store::client::hold(tx, client.id, Hold::AsItIs).await?;
    }
    store::project::hold_duplicates(tx, first.project.id).await?;
    settle::settled(tx, first.project.id).await?;
    store::import::outdate_plans(tx, first.project.id).await?;
    let ids: Vec<FindingId> = rows.iter().map(|r| r.id).collect();
    Ok(correction::hold(tx, &ids).await?)
}

async fn named_rows(tx: &mut Tx, request: &MergeFindings) -> Result<(FindingRow, Vec<FindingRow>)> {
    let into = open_for_work(tx, &request.into).await?;
    let mut others: Vec<FindingRow> = Vec::new();
    let mut stays = false;
    for one in &request.findings {
        let row = open_for_work(tx, &one.finding).await?;
        if row.id == into.id && !stays {
            stays = true;
            continue;
        }
        if row.id == into.id || others.iter().any(|o| o.id == row.id) {
            let detail = format!(
                "{} is named twice, or is part of {} already.",
                one.finding.trim(),
                row.key
            );
            return Err(invalid("findings", Safe::new(&detail).to_string()));
        }
        others.push(row);
    }
    if !stays {
        return Err(invalid(
            "into",
            "The finding that stays is not among those that are named.",
        ));
    }
    if others.is_empty() {
        return Err(invalid("findings", "Name two findings or more: they become one."));
    }
    if let Some(other) = others.iter().find(|o| o.project.id != into.project.id) {
        let detail = format!(
            "{} is in {}, {} in {}. Only findings of one project become one.",
            other.key, other.project.key, into.key, into.project.key
        );
        return Err(invalid("findings", detail));
    }
    Ok((into, others))
}

fn version_of(request: &MergeFindings, row: &FindingRow) -> Result<i64> {
    let id = row.id.to_string();
    let named = request
        .findings
        .iter()
        .find(|one| one.finding.trim().eq_ignore_ascii_case(&row.key) || one.finding.trim() == id);
    named.and_then(|one| one.version).ok_or_else(|| {
        let detail = format!(
            "Send the version of {} that was seen, from a list or a dry run.",
            row.key
        );
        Problem::new(Code::PreconditionRequired, detail)
            .field("findings")
            .into()
    })
}

fn not_now(detail: String) -> Error {
    Problem::new(Code::TransitionNotAllowed, detail).into()
}

impl Merge {
    /// Works out what would happen, or refuses.
    async fn of(tx: &mut Tx, into: FindingRow, others: Vec<FindingRow>) -> Result<Self> {
        let ids: Vec<FindingId> = others.iter().map(|r| r.id).collect();
        let going: HashSet<FindingId> = ids.iter().copied().collect();
        let duplicates: Vec<FindingRow> = store::finding::duplicates_of(tx, &ids)
            .await?
            .into_iter()
            .filter(|d| d.id != into.id && !going.contains(&d.id))
            .collect();
        let mut merge = Self {
            into,
            others,
            duplicates,
            says: Vec::new(),
            client_sees: Vec::new(),
        };
        merge.fits(&going)?;
        merge.say(tx).await?;
        Ok(merge)
    }

    fn fits(&self, going: &HashSet<FindingId>) -> Result<()> {
        let into = &self.into;
        if let Some(of) = into.decided.duplicate_of {
            let which = match self.others.iter().find(|o| o.id == of) {
                Some(original) => format!("Merge into {} instead.", original.key),
                None => "Merge into its original, or open it again first.".to_owned(),
            };
            return Err(not_now(format!("{} is a duplicate itself. {which}", into.key)));
        }
        for row in [into].into_iter().chain(&self.others) {
            if row.decided.status == Status::PendingVerification {
                return Err(not_now(format!(
                    "{} waits for a verdict on its places. Give it first.",
                    row.key
                )));
            }
        }
        for other in &self.others {
            let repeats = other.decided.duplicate_of == Some(into.id)
                || other.decided.duplicate_of.is_some_and(|of| going.contains(&of));
            let fixed = other.decided.status == Status::VerifiedFixed;
            if into.decided.status == Status::VerifiedFixed && !fixed && !repeats {
                return Err(not_now(format!(
                    "{} is verified fixed, {} is {}: merge into {} instead.",
                    into.key,
                    other.key,
                    spoken(other.decided.status),
                    other.key
                )));
            }
            if other.decided.released_at.is_some() && into.decided.released_at.is_none() {
                return Err(not_now(format!(
                    "The client sees {}, not {}: it would be gone from its sight. Merge into {}, or release {} first.",
                    other.key, into.key, other.key, into.key
                )));
            }
        }
        let follows = following(into.decided.status);
        if let Some(left) = self.duplicates.iter().find(|d| d.decided.status != follows) {
            return Err(not_now(format!(
                "{} is a duplicate of what would become part of {}, and would be {} with it. Move it first.",
                left.key,
                into.key,
                spoken(follows)
            )));
        }
        Ok(())
    }

    async fn say(&mut self, tx: &mut Tx) -> Result<()> {
        let into = &self.into;
        let comments = correction::comments(tx, &self.others.iter().map(|o| o.id).collect::<Vec<_>>()).await?;
        let by_id: BTreeMap<FindingId, (i64, i64)> = comments.into_iter().map(|c| (c.0, (c.1, c.2))).collect();
        for other in &self.others {
            let (all, shared) = by_id.get(&other.id).copied().unwrap_or_default();
            let mut line = format!(
                "{} ({}, {}) becomes part of {}, with {}",
                other.key,
                other.decided.severity,
                spoken(other.decided.status),
                into.key,
                counted(other.occurrence_count, "place")
            );
            if all > 0 {
                line.push_str(&format!(" and {}", counted(all, "comment")));
            }
            line.push('.');
            self.says.push(line);
            if other.tool != into.tool && other.tool != "manual" {
                self.says.push(format!(
                    "What {} reports of it is seen as {} from now on.",
                    Safe::new(&other.tool),
                    into.key
                ));
            }
            let open = other.decided.status.is_open();
            if open && !into.decided.status.is_open() {
                self.says.push(format!(
                    "{} is {}: that holds for what {} was, too.",
                    into.key,
                    spoken(into.decided.status),
                    other.key
                ));
            }
            let Some(client) = into.client.as_ref().filter(|_| into.decided.released_at.is_some()) else {
                continue;
            };
            if other.decided.released_at.is_some() {
                self.client_sees.push(format!(
                    "{} finds {} in {} from now on.",
                    client.name, other.key, into.key
                ));
            } else {
                let mut line = format!(
                    "{} sees {} more, of {}",
                    client.name,
                    counted(other.occurrence_count, "place"),
                    other.key
                );
                if shared > 0 {
                    line.push_str(&format!(", and {} shared before", counted(shared, "comment")));
                }
                line.push('.');
                self.client_sees.push(line);
            }
        }
        let claims = placed::claims(tx, &self.others.iter().map(|o| o.id).collect::<Vec<_>>()).await?;
        if claims > 0 {
            self.says
                .push(format!("{} in the queue ends.", counted(claims, "claim")));
        }
        if !self.duplicates.is_empty() {
            self.says.push(format!(
                "{} of them become duplicates of {}.",
                counted(self.duplicates.len() as i64, "duplicate"),
                into.key
            ));
        }
        self.says.push(format!(
            "{} stays {}, {}, with its assignee and its clocks. The next import follows, and undo takes it back.",
            into.key,
            into.decided.severity,
            spoken(into.decided.status)
        ));
        Ok(())
    }

    async fn write(self, tx: &mut Tx, note: &mut Note, user: UserId, now: Time) -> Result<()> {
        let Self {
            into,
            others,
            duplicates,
            ..
        } = self;
        let mut pen = Pen::new(now);
        let mut decided = pen.decided(&into);
        for other in &others {
            decided.occurrence_fixed += other.decided.occurrence_fixed;
            for tag in &other.decided.own_tags {
                if !decided.own_tags.contains(tag) {
                    decided.own_tags.push(tag.clone());
                }
            }
        }
        pen.write(&into, decided);
        let entry = |notes: String| NewEntry {
            user: Some(user),
            act: "finding.merge",
            notes,
            ..NewEntry::default()
        };
        let became = if others.len() == 1 { "became" } else { "all became" };
        pen.tell(into.id, entry(format!("{} {became} part of it.", named(&others))));
        for other in &others {
            pen.tell(other.id, entry(format!("Became part of {}.", into.key)));
        }
        for duplicate in &duplicates {
            let mut decided = pen.decided(duplicate);
            decided.duplicate_of = Some(into.id);
            pen.write(duplicate, decided);
            pen.tell(
                duplicate.id,
                entry(format!("Its original became part of {}.", into.key)),
            );
        }
        let keys: Vec<&str> = others.iter().map(|o| o.key.as_str()).collect();
        let detail = serde_json::json!({ "into": into.key, "findings": keys });
        note.words(format!("Merged {} into {}", named(&others), into.key))
            .detail(&detail);
        touched(note, &into);
        pen.flush(tx, note).await?;
        for other in &others {
            let going = Going {
                id: other.id,
                version: other.version,
                into: into.id,
                merged: true,
                by: user,
                at: now,
            };
            if !correction::put_away(tx, going).await? {
                return Err(conflict(&shown(tx, other.id).await?));
            }
            let before = MergedBefore {
                there: true,
                into: into.id,
            };
            note.changed("merged", other.id, &before, 0);
        }
        told(note, &into, others.iter().map(|o| o.id));
        Ok(())
    }
}

/// Streams learn which findings came or went, and that counts moved.
pub(crate) fn told(note: &mut Note, at: &FindingRow, moved: impl IntoIterator<Item = FindingId>) {
    let (project, client) = (at.project.id.0, at.client.as_ref().map(|c| c.id.0));
    for id in moved {
        note.event_at(Topic::Finding, Some(id.0), project, client);
    }
    note.event_at(Topic::Project, Some(project), project, client)
        .event_at(Topic::Queue, None, project, client);
}

/// What a key leads to whose finding is part of another one.
pub(super) async fn survivor(tx: &mut Tx, key: &str, id: uuid::Uuid) -> Result<FindingRow> {
    let Some(survivor) = correction::survivor(tx, key, id).await? else {
        return Err(not_found());
    };
    store::finding::find(tx, "", survivor.0).await?.ok_or_else(not_found)
}

/// Refuses where a split or merge cannot be as the status stands.
pub(super) fn no_verdict_open(row: &FindingRow) -> Result<()> {
    if row.decided.status == Status::PendingVerification {
        return refuse(
            Code::TransitionNotAllowed,
            format!("{} waits for a verdict on its places. Give it first.", row.key),
        );
    }
    Ok(())
}
