//! Findings written by hand.

use sha2::{Digest as _, Sha256};

use super::shown;
use crate::api::event::Topic;
use crate::api::finding::{CreateFinding, Finding};
use crate::api::problem::{Code, Problem};
use crate::domain::cvss::Cvss;
use crate::domain::fold::sort_key;
use crate::domain::id::FindingId;
use crate::domain::key::{Kind, key};
use crate::domain::query::Query;
use crate::domain::safe::Safe;
use crate::domain::severity::Severity;
use crate::domain::status::Status;
use crate::service::{Caller, Desk, Result, project, text};
use crate::store;
use crate::store::finding::{NewFinding, Rating, WholeFinding};
use crate::store::history::NewEntry;
use crate::store::occurrence::NewPlace;

const TITLE_MAX: usize = 300;
const TEXT_MAX: usize = 100_000;
const PLACE_MAX: usize = 2_000;
/// The most places, CWEs or CVEs of a finding written by hand.
const LIST_MAX: usize = 1_000;

/// A vector as it is stored: in its one form, with its score.
pub(super) fn rating(vector: &str) -> Result<(Rating, Severity)> {
    let cvss = Cvss::parse(vector.trim()).map_err(|error| {
        let mut problem = Problem::new(Code::InvalidRequest, error.message).field("cvss");
        problem.at = Some(error.at);
        problem
    })?;
    let rating = Rating {
        version: cvss.version().name().to_owned(),
        vector: cvss.to_string(),
        score: cvss.score(),
    };
    Ok((rating, cvss.severity()))
}

fn bounded<T>(field: &str, list: &[T]) -> Result<()> {
    if list.len() > LIST_MAX {
        let detail = format!("The field {field} has {} entries; {LIST_MAX} are possible.", list.len());
        return Err(Problem::new(Code::InvalidRequest, detail).field(field).into());
    }
    Ok(())
}

fn cves(list: &[String]) -> Result<Vec<String>> {
    bounded("cve", list)?;
    list.iter()
        .map(|cve| {
            let cve = cve.trim().to_ascii_uppercase();
            // The grammar of queries knows a CVE's number when it sees one. What would end its quotes is no part of one.
            if cve.contains(['"', '\\', '*']) {
                let shown = Safe::new(&cve);
                let detail = format!("`{shown}` is no CVE number: write it as CVE-2024-12345.");
                return Err(Problem::new(Code::InvalidRequest, detail).field("cve").into());
            }
            match Query::parse(&format!("cve:\"{cve}\"")) {
                Ok(_) => Ok(cve),
                Err(error) => Err(Problem::new(Code::InvalidRequest, error.to_string())
                    .field("cve")
                    .into()),
            }
        })
        .collect()
}

/// Places written by hand, each once.
fn places(list: &[String]) -> Result<Vec<NewPlace>> {
    bounded("places", list)?;
    let mut out: Vec<NewPlace> = Vec::new();
    for place in list {
        let place = text::line("places", place, PLACE_MAX)?;
        let key: [u8; 32] = Sha256::digest(place.as_bytes()).into();
        if out.iter().all(|p| p.key != key) {
            let host = host_of(&place);
            out.push(NewPlace { place, key, host });
        }
    }
    Ok(out)
}

/// The host a place begins with, for `asset:`; none for paths and packages.
fn host_of(place: &str) -> Option<String> {
    let rest = place.split_once("://").map_or(place, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => host,
    };
    let whole = place.contains("://") || !rest.contains('/');
    (whole && host.contains(['.', ':']) && !host.contains(char::is_whitespace)).then(|| host.to_lowercase())
}

pub async fn by_hand(desk: Desk, caller: Caller, request: CreateFinding) -> Result<Finding> {
    let (now, creator) = (desk.now(), caller.user);
    desk.act(&caller, "finding.create", move |tx, note| {
        Box::pin(async move {
            // The project first: whoever may not open it learns nothing about the rest of the request.
            let owner = project::open_for_work(tx, &request.project).await?;
            let title = text::line("title", &request.title, TITLE_MAX)?;
            let description = text::block("description", &request.description, TEXT_MAX)?;
            let remediation = text::block("remediation", &request.remediation, TEXT_MAX)?;
            let rated = request.cvss.as_deref().map(rating).transpose()?;
            let Some(severity) = request.severity.or(rated.as_ref().map(|(_, severity)| *severity)) else {
                let detail = "A finding needs a severity, or a CVSS vector that gives it one.";
                return Err(Problem::new(Code::InvalidRequest, detail).field("severity").into());
            };
            bounded("cwe", &request.cwe)?;
            let cve = cves(&request.cve)?;
            let places = places(&request.places)?;
            let number = store::agency::next_numbers(tx, true, 1).await?;
            let secret = store::agency::get(tx).await?.secret;
            let new = NewFinding {
                id: FindingId::fresh(),
                project: owner.id,
                key: key(Kind::Finding, &secret, number.cast_unsigned()),
                title_fold: sort_key(&title),
                title,
                description,
                remediation,
                severity,
                cvss: rated.map(|(rating, _)| rating),
                cwe: request.cwe,
                cve,
                occurrences: places.len() as i64,
                created_by: creator,
            };
            let (id, shown_key) = (new.id, new.key.clone());
            store::finding::insert(tx, new, now).await?;
            store::occurrence::insert(tx, id, &places, now).await?;
            store::rollup::add(tx, owner.id, Status::Open, severity, 1).await?;
            let entry = NewEntry {
                user: Some(creator),
                act: "finding.create",
                to: Some(Status::Open),
                ..NewEntry::default()
            };
            store::history::insert(tx, vec![(id, entry)], now).await?;
            note.object(Topic::Finding, id)
                .event(Topic::Project, Some(owner.id.0))
                .within(Some(owner.id), owner.client.as_ref().map(|c| c.id))
                .words(format!("Wrote {shown_key}"))
                .changed("finding_made", id, &None::<WholeFinding>, 1);
            shown(tx, id).await
        })
    })
    .await
}
