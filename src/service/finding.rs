//! Findings as they are read, and what every act on one begins and ends with. Writing one by hand is in [`create`],
//! decisions besides the status in [`decide`], moves between statuses in [`transition`], moves between projects in
//! [`mod@place`]; all of them are written by a
//! [`pen::Pen`].

use uuid::Uuid;

use super::client::{not_archived, person};
use super::{Caller, Desk, Error, Note, Result, conflict, cursor, not_found, refuse};
use crate::api::correction::{Correction, CorrectionKind};
use crate::api::event::Topic;
use crate::api::finding::{
    CvssRating, ExplainFinding, Explanation, Finding, FindingDetail, HistoryEntry, LegalMove, ListFindings,
    ListHistory, ListOccurrences, Occurrence, ShowFinding, Sighting,
};
use crate::api::problem::{Code, Problem};
use crate::api::{Page, Ref};
use crate::domain::clock;
use crate::domain::hex::hex;
use crate::domain::id::{FindingId, UserId};
use crate::domain::key::{self, Kind};
use crate::domain::query::{Query, QueryError};
use crate::domain::status::{Who, legal_moves};
use crate::domain::time::Time;
use crate::store::client::UserRef;
use crate::store::finding::FindingRow;
use crate::store::occurrence::OccurrenceRow;
use crate::store::query::{Asker, Filter};
use crate::store::{self, Tx};

pub mod bulk;
pub mod create;
pub mod decide;
pub mod export;
pub mod group;
pub mod merge;
pub(crate) mod pen;
pub mod place;
pub mod raw;
mod related;
pub mod split;
pub(crate) mod tags;
pub mod transition;

/// A row as the wire shows it.
pub(super) fn wire(row: FindingRow) -> Finding {
    let tags = tags::all(&row);
    let decided = row.decided;
    Finding {
        id: row.id,
        key: row.key,
        title: row.title,
        severity: decided.severity,
        scanner_severity: row.scanner_severity,
        cvss: decided.cvss.map(|c| CvssRating {
            version: c.version,
            vector: c.vector,
            score: c.score,
        }),
        cwe: row.cwe,
        cve: row.cve,
        tags,
        status: decided.status,
        assignee: row.assignee.map(person),
        due_at: decided.due_at,
        first_seen: row.first_seen,
        last_seen: row.last_seen,
        seen_in_latest: row.seen_in_latest,
        triaged_at: decided.triaged_at,
        released_at: decided.released_at,
        occurrence_count: row.occurrence_count,
        project: Ref {
            id: row.project.id.0,
            key: row.project.key,
            name: row.project.name,
        },
        client: row.client.map(|c| Ref {
            id: c.id.0,
            key: c.key,
            name: c.name,
        }),
        tool: row.tool,
        version: row.version,
    }
}

/// The refusal of a text that is no query: with the place and the nearest word.
fn not_understood(error: QueryError) -> Error {
    let mut problem = Problem::new(Code::InvalidQuery, error.to_string()).field("q");
    problem.at = Some(error.at);
    problem.suggestion = error.suggestion;
    problem.into()
}

/// Reads a query, before anything is asked of the database.
pub(super) fn parse(q: Option<&str>) -> Result<Query> {
    Query::parse(q.unwrap_or_default()).map_err(not_understood)
}

/// The query with further conditions. Where it stood in the list says nothing of them, so that its cursors stay what
/// they are.
pub(super) fn narrowed(mut query: Query, narrow: Option<&str>) -> Result<Query> {
    let narrow = parse(narrow)?;
    if narrow.sort.is_some() {
        return refuse(
            Code::InvalidRequest,
            "The order of a list stands in `q`: take `sort:` out of `narrow`.",
        );
    }
    query.terms.extend(narrow.terms);
    Ok(query)
}

/// Looks up the names of a query within what the caller may open.
pub(super) async fn filter(tx: &mut Tx, query: &Query, user: UserId, now: Time) -> Result<Filter> {
    let zone = clock::zone(&store::agency::get(tx).await?.time_zone);
    let asker = Asker { user, now, zone };
    store::query::resolve(tx, query, asker).await?.map_err(not_understood)
}

/// The finding that the caller may open, or "not found". A mistyped key is a key that was never issued.
pub(super) async fn open(tx: &mut Tx, wanted: &str) -> Result<FindingRow> {
    let typed = key::parse(Kind::Finding, wanted).unwrap_or_default();
    let id = wanted.trim().parse().unwrap_or(Uuid::nil());
    match store::finding::find(tx, &typed, id).await? {
        Some(row) => Ok(row),
        // One that became part of another one leads there.
        None => merge::survivor(tx, &typed, id).await,
    }
}

/// As [`open`], and its client is not put away.
pub(super) async fn open_for_work(tx: &mut Tx, wanted: &str) -> Result<FindingRow> {
    let row = open(tx, wanted).await?;
    if let Some(owner) = &row.client {
        not_archived(owner.state)?;
    }
    Ok(row)
}

/// As [`open_for_work`], for acts that share something with the client: the project cannot be moved to another one before
/// the act is done.
pub(super) async fn open_where_it_stays(tx: &mut Tx, wanted: &str) -> Result<FindingRow> {
    let mut row = open(tx, wanted).await?;
    loop {
        let held = row.project.id;
        store::project::hold(tx, held).await?;
        row = open_for_work(tx, &row.id.to_string()).await?;
        // The finding itself may have gone to another project meanwhile: that one must stay as well.
        if row.project.id == held {
            return Ok(row);
        }
    }
}

pub(super) async fn shown(tx: &mut Tx, id: FindingId) -> Result<Finding> {
    store::finding::find(tx, "", id.0)
        .await?
        .map(wire)
        .ok_or_else(not_found)
}

/// Says what was touched, and where, to the audit trail and to streams.
pub(super) fn touched(note: &mut Note, row: &FindingRow) {
    note.object(Topic::Finding, row.id)
        .within(Some(row.project.id), row.client.as_ref().map(|c| c.id));
}

pub async fn list(desk: Desk, caller: Caller, request: ListFindings) -> Result<Page<Finding>> {
    let query = parse(request.q.as_deref())?;
    let list = cursor::List::new(&caller, "findings", &query.to_string());
    let query = narrowed(query, request.narrow.as_deref())?;
    let window = desk
        .cursors()
        .window_from(&list, request.limit, request.cursor.as_deref(), request.end)?;
    let (of, now, user) = (desk.clone(), desk.now(), caller.user);
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let filter = filter(tx, &query, user, now).await?;
            let slice = store::finding::list(tx, &filter, &window).await?;
            // Who asks for one row asks for the count.
            let exactly = request.limit == Some(1);
            let count = if request.count {
                store::finding::count(tx, &filter, exactly).await?
            } else {
                None
            };
            let keys = |row: &FindingRow| store::finding::keys(&filter, row);
            let page = of.cursors().page(&list, slice, keys, wire);
            Ok(Page { count, ..page })
        })
    })
    .await
}

pub async fn show(desk: Desk, caller: Caller, request: ShowFinding) -> Result<FindingDetail> {
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let row = open(tx, &request.finding).await?;
            detail(tx, row).await
        })
    })
    .await
}

async fn detail(tx: &mut Tx, row: FindingRow) -> Result<FindingDetail> {
    let texts = store::finding::texts(tx, row.id).await?;
    let decided = row.decided.clone();
    let ids: Vec<Uuid> = [decided.triaged_by, decided.released_by]
        .into_iter()
        .flatten()
        .map(Uuid::from)
        .collect();
    let people = store::finding::people(tx, &ids).await?;
    let named = |id: Option<UserId>| people.iter().find(|p| Some(p.id) == id).cloned().map(person);
    let duplicate_of = match decided.duplicate_of {
        Some(id) => store::finding::find(tx, "", id.0).await?.map(|original| Ref {
            id: original.id.0,
            key: original.key,
            name: original.title,
        }),
        None => None,
    };
    let client_people = match &row.client {
        Some(client) => Some(store::portal::readers(tx, client.id, row.project.id).await?),
        None => None,
    };
    let corrections = corrections(tx, row.id).await?;
    let related = related::related(tx, &row).await?;
    let moves = legal_moves(decided.status, Who::Agency).iter();
    Ok(FindingDetail {
        description: texts.description,
        remediation: texts.remediation,
        references: texts.references,
        own_severity: decided.own_severity,
        own_tags: decided.own_tags,
        triaged_by: named(decided.triaged_by),
        released_by: named(decided.released_by),
        due_reason: decided.due_reason,
        accepted_until: decided.accepted_until,
        duplicate_of,
        moves: moves
            .map(|m| LegalMove {
                to: m.to,
                needs_notes: m.needs_notes,
            })
            .collect(),
        corrections,
        related,
        occurrences_open: row.occurrence_count - decided.occurrence_fixed,
        occurrences_fixed: decided.occurrence_fixed,
        client_people,
        finding: wire(row),
    })
}

/// What people corrected about a finding.
async fn corrections(tx: &mut Tx, id: FindingId) -> Result<Vec<Correction>> {
    let told = store::correction::of(tx, &[id]).await?;
    Ok(told.into_iter().map(correction).collect())
}

/// A correction as the wire shows it.
pub(super) fn correction(told: store::correction::Told) -> Correction {
    Correction {
        kind: if told.merged {
            CorrectionKind::Merged
        } else {
            CorrectionKind::Split
        },
        key: told.key,
        title: told.title,
        tool: told.tool,
        hash: hex(&told.fingerprint),
        fingerprint_version: told.version.unwrap_or(0),
        fields: told.fields,
        occurrences: told.places,
        by: told.by,
        at: told.at,
    }
}

/// Refuses a write that saw another version of the row.
pub(super) async fn seen_is(tx: &mut Tx, row: &FindingRow, seen: i64) -> Result<()> {
    if row.version == seen {
        return Ok(());
    }
    Err(conflict(&shown(tx, row.id).await?))
}

/// A place as the wire shows it.
fn place(o: OccurrenceRow) -> Occurrence {
    Occurrence {
        id: o.id,
        place: o.place,
        fixed: o.fixed,
        repeats: o.repeats,
        first_seen: o.first_seen,
        last_seen: o.last_seen,
        seen_in_latest: o.seen_in_latest,
        detail: o.detail,
        place_key: hex(&o.place_key),
        host: o.host,
    }
}

pub async fn occurrences(desk: Desk, caller: Caller, request: ListOccurrences) -> Result<Page<Occurrence>> {
    let of = desk.clone();
    let who = caller.clone();
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let row = open(tx, &request.finding).await?;
            let list = cursor::List::new(&who, "occurrences", &row.id.to_string());
            let window = of.cursors().window(&list, request.limit, request.cursor.as_deref())?;
            let slice = store::occurrence::list(tx, row.id, &window).await?;
            Ok(of.cursors().page(&list, slice, store::occurrence::keys, place))
        })
    })
    .await
}

fn entry(h: store::history::HistoryRow) -> HistoryEntry {
    HistoryEntry {
        at: h.at,
        by: h.by.map(|by: UserRef| person(by)),
        rule: h.rule,
        act: h.act,
        from: h.from,
        to: h.to,
        notes: h.notes,
        round: h.round,
        via: h.via,
    }
}

pub async fn history(desk: Desk, caller: Caller, request: ListHistory) -> Result<Page<HistoryEntry>> {
    let of = desk.clone();
    let who = caller.clone();
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let row = open(tx, &request.finding).await?;
            let list = cursor::List::new(&who, "history", &row.id.to_string());
            let window = of.cursors().window(&list, request.limit, request.cursor.as_deref())?;
            let slice = store::history::list(tx, row.id, &window).await?;
            Ok(of.cursors().page(&list, slice, store::history::keys, entry))
        })
    })
    .await
}

/// How many moves an explanation tells.
const MOVES: i64 = 100;

/// Why this is one finding: the fields of its fingerprint, the imports that spoke of it, and how it came to where it is.
pub async fn why(desk: Desk, caller: Caller, request: ExplainFinding) -> Result<Explanation> {
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let row = open(tx, &request.finding).await?;
            let made = store::sighting::fingerprint(tx, row.id).await?;
            let sightings = store::sighting::sightings(tx, row.id).await?;
            let moves = store::history::moves(tx, row.id, MOVES).await?;
            let imports = sightings.into_iter().map(|s| Sighting {
                batch: s.batch,
                at: s.at,
                files: s.files,
                outcome: s.outcome,
            });
            Ok(Explanation {
                // Written by hand: no tool's rule made it.
                fingerprint_version: made.version.unwrap_or(0),
                fields: made.fields,
                hash: hex(&made.hash),
                imports: imports.collect(),
                corrections: corrections(tx, row.id).await?,
                moves: moves.into_iter().map(entry).collect(),
            })
        })
    })
    .await
}
