//! What was shown must still be so when it is done, and all of it must be possible.

use std::collections::HashMap;

use super::{EXAMPLES, Worked};
use crate::api::bulk::BulkFindings;
use crate::api::problem::{Code, Obstacle, Problem};
use crate::domain::id::FindingId;
use crate::domain::time::Time;
use crate::service::{Result, not_found};
use crate::store::finding::FindingRow;
use crate::store::{self, Tx};

/// Refuses where something moved since it was shown: by the versions of named findings, or by the digest.
pub(super) async fn same_as_shown(tx: &mut Tx, request: &BulkFindings, worked: &Worked) -> Result<()> {
    let Some(shown) = &request.digest else {
        return same_versions(request, worked);
    };
    let hash = |digest: &str| digest.rsplit('-').next().unwrap_or_default().to_owned();
    if hash(shown) == hash(&worked.outcome.digest) {
        return Ok(());
    }
    let mut parts = shown.split('-').map(|part| part.parse::<i64>().unwrap_or_default());
    let (count, since) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let ids: Vec<FindingId> = worked.rows.iter().map(|r| r.id).collect();
    let busy = store::finding::busy_since(tx, &ids, Time(since)).await?;
    let now = worked.rows.len();
    let mut detail = format!("This is not what was shown: it was about {count} findings, and is about {now}");
    if !busy.is_empty() {
        detail.push_str(&format!("; {} of them changed since", busy.len()));
    }
    detail.push_str(". Look at it again, and do that.");
    let mut problem = Problem::new(Code::StalePlan, detail);
    problem.objects = busy
        .into_iter()
        .take(EXAMPLES)
        .map(|key| Obstacle {
            key,
            why: "was changed since".into(),
        })
        .collect();
    Err(problem.into())
}

fn same_versions(request: &BulkFindings, worked: &Worked) -> Result<()> {
    if request.q.is_some() {
        return Err(Problem::new(
            Code::PreconditionRequired,
            "A change by query needs the digest of a dry run: send `dry_run` first, and what it answers with the change.",
        )
        .field("digest")
        .into());
    }
    let by_id: HashMap<FindingId, &FindingRow> = worked.rows.iter().map(|r| (r.id, r)).collect();
    let mut objects = Vec::new();
    for one in &request.findings {
        let Some(seen) = one.version else {
            return Err(Problem::new(
                Code::PreconditionRequired,
                "State the version you saw of each finding, or send the digest of a dry run.",
            )
            .field("findings")
            .into());
        };
        let id = worked.named.get(one.finding.trim());
        let row = id.and_then(|id| by_id.get(id)).ok_or_else(not_found)?;
        if row.version != seen {
            objects.push(Obstacle {
                key: row.key.clone(),
                why: format!("has version {} by now", row.version),
            });
        }
    }
    if objects.is_empty() {
        return Ok(());
    }
    let mut problem = Problem::new(
        Code::VersionConflict,
        format!(
            "{} of {} findings were changed meanwhile, so that none was changed now. Look at them and decide again.",
            objects.len(),
            worked.rows.len()
        ),
    );
    objects.truncate(EXAMPLES);
    problem.objects = objects;
    Err(problem.into())
}

/// All or nothing.
pub(super) fn refuse_all(worked: &Worked) -> Result<()> {
    let Some((key, first)) = worked.refused.first() else {
        return Ok(());
    };
    let mut problem = Problem::new(
        Code::BulkRefused,
        format!(
            "{} of {} findings cannot change, so none did. {key}: {}",
            worked.refused.len(),
            worked.rows.len(),
            first.detail
        ),
    );
    problem.objects = worked
        .refused
        .iter()
        .take(EXAMPLES)
        .map(|(key, why)| Obstacle {
            key: key.clone(),
            why: why.detail.clone(),
        })
        .collect();
    Err(problem.into())
}
