//! Reading the audit trail: all of it for admins, the clients one may open for analysts.

use super::{Caller, Desk, Result, client, cursor, finding, not_found, project, refuse, seal, text};
use crate::api::audit::{AuditActor, AuditEvent, AuditObject, Chain, ListAudit, Outcome, VerifyAudit};
use crate::api::problem::{Code, Problem};
use crate::api::{Page, Ref};
use crate::domain::hex::hex;
use crate::domain::id::AgencyId;
use crate::domain::key::{self, Kind};
use crate::store::trail::{Filter, TrailRow};
use crate::store::{self, Store, Tx};

fn wire(row: TrailRow) -> AuditEvent {
    AuditEvent {
        id: row.id,
        at: row.at,
        actor: AuditActor {
            kind: row.actor_kind,
            id: row.actor,
            name: row.actor_name,
            email: row.actor_email,
        },
        act: row.act,
        object: row.object_kind.map(|kind| AuditObject { kind, id: row.object }),
        project: row.project,
        client: row.client.map(|(id, key, name)| Ref { id, key, name }),
        outcome: if row.outcome == "refused" {
            Outcome::Refused
        } else {
            Outcome::Allowed
        },
        code: row.code,
        address: row.address,
        trace_id: row.trace,
        detail: serde_json::from_str(&row.detail).unwrap_or_default(),
        position: row.position,
        hash: row.hash.as_deref().map(hex),
    }
}

/// An object by id, or by the key of a finding, project or client that the caller may open.
async fn object(tx: &mut Tx, wanted: &str) -> Result<uuid::Uuid> {
    let wanted = wanted.trim();
    if let Ok(id) = wanted.parse() {
        return Ok(id);
    }
    if key::parse(Kind::Finding, wanted).is_some() {
        return Ok(finding::open(tx, wanted).await?.id.0);
    }
    if key::parse(Kind::Project, wanted).is_some() {
        return Ok(project::open(tx, wanted).await?.id.0);
    }
    Ok(client::open(tx, wanted).await?.id.0)
}

pub async fn list(desk: Desk, caller: Caller, request: ListAudit) -> Result<Page<AuditEvent>> {
    for (field, value) in [
        ("actor", &request.actor),
        ("object", &request.object),
        ("act", &request.act),
        ("client", &request.client),
    ] {
        text::optional(field, value.as_deref().unwrap_or_default(), 254)?;
    }
    let about = format!(
        "{:?}{:?}{:?}{:?}{:?}{:?}{:?}",
        request.actor, request.object, request.act, request.outcome, request.client, request.since, request.until
    );
    let list = cursor::List::new(&caller, "audit", &about);
    let window = desk.cursors().window(&list, request.limit, request.cursor.as_deref())?;
    let of = desk.clone();
    desk.read(&caller, |tx| {
        Box::pin(async move {
            let filter = Filter {
                actor: request.actor.map(|a| a.trim().to_lowercase()),
                object: match request.object.as_deref() {
                    Some(wanted) => Some(object(tx, wanted).await?),
                    None => None,
                },
                act: request.act,
                refused: request.outcome.map(|o| o == Outcome::Refused),
                client: match request.client.as_deref() {
                    Some(wanted) => Some(client::open(tx, wanted).await?.id),
                    None => None,
                },
                since: request.since,
                until: request.until,
            };
            let slice = store::trail::list(tx, &filter, &window).await?;
            let count = if request.count {
                Some(store::trail::count(tx, &filter).await?)
            } else {
                None
            };
            let page = of.cursors().page(&list, slice, store::trail::keys, wire);
            Ok(Page { count, ..page })
        })
    })
    .await
}

/// A checkpoint from its two halves.
pub fn checkpoint(position: Option<i64>, hash: Option<String>) -> Result<Option<(i64, String)>> {
    match (position, hash) {
        (None, None) => Ok(None),
        (Some(position), Some(hash))
            if position > 0 && hash.len() == 64 && hash.chars().all(|c| c.is_ascii_hexdigit()) =>
        {
            Ok(Some((position, hash.to_lowercase())))
        }
        _ => refuse(
            Code::InvalidRequest,
            "A checkpoint is a position from 1 and the hash noted there, 64 hexadecimal digits: give both, or none.",
        ),
    }
}

async fn follow(store: &Store, agency: AgencyId, kept: Option<(i64, String)>) -> Result<Chain> {
    let verdict = seal::verify(store, agency, kept).await?;
    Ok(Chain {
        holds: verdict.broken_at.is_none(),
        sealed: verdict.sealed,
        broken_at: verdict.broken_at,
        head: verdict.head,
    })
}

pub async fn verify(desk: Desk, caller: Caller, request: VerifyAudit) -> Result<Chain> {
    let kept = checkpoint(request.position, request.hash)?;
    // What was written a moment ago is sealed first, so that the answer speaks of all of it.
    seal::all(desk.store()).await?;
    follow(desk.store(), caller.agency, kept).await
}

/// The same for the operator, on the database itself: of an agency by name or id.
pub async fn verify_offline(store: &Store, wanted: &str, kept: Option<(i64, String)>) -> Result<Chain> {
    let name = wanted.to_owned();
    let agency = store
        .admin(move |tx| Box::pin(async move { Ok::<_, super::Error>(store::agency::find(tx, &name).await?) }))
        .await?;
    let agency = agency
        .ok_or_else(not_found)
        .map_err(|_| super::Error::from(Problem::new(Code::NotFound, "There is no agency of this name or id.")))?;
    follow(store, agency.id, kept).await
}
