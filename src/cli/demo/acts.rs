//! What the demo's people do, one act at a time: look at findings, move them, give verdicts, take reports in.

use std::io::Cursor;
use std::path::PathBuf;

use futures::StreamExt as _;

use crate::api::comment::AddComment;
use crate::api::finding::{
    Finding, InconclusiveReason, ListFindings, ListOccurrences, MoveFinding, OccurrenceVerdict, RoundKind,
};
use crate::api::import::{ApplyBatch, Batch, BatchState, OpenBatch, PlanBatch, ShowBatch};
use crate::cli::Error;
use crate::domain::access::Audience;
use crate::domain::status::Status;
use crate::domain::time::Time;
use crate::remote::{Remote, Write};

/// As many requests run at once.
const AT_ONCE: usize = 16;

/// What people do with a finding some days after its report came in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fate {
    Start,
    Verify,
    Dismiss(Status),
    Prove,
    Comment,
    Leave,
}

/// In the order of a project's list, worst first: every status is reached, most findings stay open.
pub(super) const FATES: [Fate; 16] = [
    Fate::Start,
    Fate::Verify,
    Fate::Leave,
    Fate::Verify,
    Fate::Comment,
    Fate::Dismiss(Status::RiskAccepted),
    Fate::Leave,
    Fate::Verify,
    Fate::Dismiss(Status::FalsePositive),
    Fate::Leave,
    Fate::Prove,
    Fate::Verify,
    Fate::Leave,
    Fate::Dismiss(Status::Duplicate),
    Fate::Leave,
    Fate::Dismiss(Status::OutOfScope),
];

/// Where a report's bytes are.
pub(super) enum Bytes {
    Built(&'static [u8]),
    File(PathBuf),
}

/// All findings of a query, in the list's own order.
pub(super) async fn findings(desk: &Remote, query: &str) -> Result<Vec<Finding>, Error> {
    let (mut all, mut cursor) = (Vec::new(), None);
    loop {
        let request = ListFindings {
            q: Some(query.to_owned()),
            limit: Some(200),
            cursor,
            count: false,
            ..ListFindings::default()
        };
        let page = desk.call(&request).await?;
        all.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            return Ok(all);
        }
    }
}

/// Does something to the findings that are chosen by place and content, several at once.
pub(super) async fn each<F, Fut>(
    list: Vec<Finding>,
    chosen: impl Fn(usize, &Finding) -> bool,
    act: F,
) -> Result<(), Error>
where
    F: Fn(usize, Finding) -> Fut,
    Fut: Future<Output = Result<(), crate::remote::Error>>,
{
    let acts = list
        .into_iter()
        .enumerate()
        .filter(|(n, f)| chosen(*n, f))
        .map(|(n, f)| act(n, f));
    let mut running = futures::stream::iter(acts).buffer_unordered(AT_ONCE);
    while let Some(done) = running.next().await {
        done?;
    }
    Ok(())
}

fn moving(finding: &Finding, to: Status, notes: &str) -> MoveFinding {
    MoveFinding {
        finding: finding.key.clone(),
        to,
        notes: notes.to_owned(),
        kind: None,
        reason: None,
        until: None,
        of: None,
        basis: None,
        occurrences: Vec::new(),
    }
}

pub(super) fn asking(finding: &Finding, kind: RoundKind, notes: &str) -> MoveFinding {
    MoveFinding {
        kind: Some(kind),
        ..moving(finding, Status::PendingVerification, notes)
    }
}

pub(super) async fn comment(
    desk: &Remote,
    finding: &Finding,
    text: &str,
    audience: Audience,
) -> Result<(), crate::remote::Error> {
    let request = AddComment {
        finding: finding.key.clone(),
        text: text.to_owned(),
        audience: Some(audience),
        reply_to: None,
    };
    desk.write(&request, &Write::fresh()).await.map(drop)
}

/// The first thing that happens to a finding after its release.
pub(super) async fn begin(
    desk: &Remote,
    finding: Finding,
    fate: Fate,
    first: Option<String>,
    now: Time,
) -> Result<(), crate::remote::Error> {
    let at = Write::over(finding.version);
    let request = match fate {
        Fate::Leave => return Ok(()),
        Fate::Comment => {
            let text = "Same pattern as in last year's test; the team knows the fix.";
            return comment(desk, &finding, text, Audience::Internal).await;
        }
        Fate::Start => moving(&finding, Status::InProgress, ""),
        Fate::Verify => asking(
            &finding,
            RoundKind::Remediated,
            "The client reports this as fixed and asks for a look.",
        ),
        Fate::Prove => MoveFinding {
            basis: Some("Checked by hand on the staging host".into()),
            ..moving(
                &finding,
                Status::VerifiedFixed,
                "The vulnerable call is gone; the endpoint answers 400 now.",
            )
        },
        Fate::Dismiss(Status::RiskAccepted) => MoveFinding {
            until: Some(now.plus_days(180)),
            ..moving(
                &finding,
                Status::RiskAccepted,
                "Accepted by the client until the replacement goes live.",
            )
        },
        Fate::Dismiss(Status::Duplicate) => match first.filter(|key| *key != finding.key) {
            Some(original) => MoveFinding {
                of: Some(original),
                ..moving(&finding, Status::Duplicate, "")
            },
            None => return Ok(()),
        },
        Fate::Dismiss(Status::FalsePositive) => moving(
            &finding,
            Status::FalsePositive,
            "Test fixture, not reachable in production.",
        ),
        Fate::Dismiss(other) => moving(&finding, other, "Belongs to a third party; out of the agreed scope."),
    };
    desk.write(&request, &at).await.map(drop)
}

/// The verdict of a round, in turn one of the four there are.
pub(super) async fn verdict(desk: &Remote, finding: Finding, n: usize) -> Result<(), crate::remote::Error> {
    let at = Write::over(finding.version);
    let request = match n % 4 {
        0 => moving(&finding, Status::VerifiedFixed, "Retested: not reproducible any more."),
        1 => moving(
            &finding,
            Status::NotFixed,
            "Still there: the filter is bypassed with a double-encoded value.",
        ),
        2 => {
            let places = ListOccurrences {
                finding: finding.key.clone(),
                ..ListOccurrences::default()
            };
            let places = desk.call(&places).await?.items;
            let verdicts = places
                .iter()
                .enumerate()
                .map(|(n, place)| OccurrenceVerdict {
                    occurrence: place.id,
                    fixed: n == 0,
                })
                .collect::<Vec<_>>();
            if verdicts.len() < 2 {
                moving(&finding, Status::NotFixed, "One place, and it is as it was.")
            } else {
                MoveFinding {
                    occurrences: verdicts,
                    ..moving(
                        &finding,
                        Status::Partial,
                        "Fixed in the first place, the others are untouched.",
                    )
                }
            }
        }
        _ => MoveFinding {
            reason: Some(InconclusiveReason::NotReachable),
            ..moving(
                &finding,
                Status::Inconclusive,
                "The staging host was down during the agreed window.",
            )
        },
    };
    desk.write(&request, &at).await.map(drop)
}

/// Takes reports into a project as one batch and applies it.
pub(super) async fn import(desk: &Remote, project: &str, reports: Vec<(String, Bytes)>) -> Result<Batch, Error> {
    let request = OpenBatch {
        project: project.to_owned(),
        covers: Vec::new(),
    };
    let mut batch = desk.write(&request, &Write::fresh()).await?;
    for (n, (name, bytes)) in reports.into_iter().enumerate() {
        match bytes {
            Bytes::Built(bytes) => {
                desk.upload(batch.id, n, &name, None, Cursor::new(bytes), |_| {})
                    .await?
            }
            Bytes::File(path) => {
                let file = tokio::fs::File::open(&path)
                    .await
                    .map_err(|e| Error::Failed(format!("{}: {e}", path.display())))?;
                desk.upload(batch.id, n, &name, None, file, |_| {}).await?
            }
        };
    }
    batch = settled(desk, desk.write(&PlanBatch { batch: batch.id }, &Write::fresh()).await?).await?;
    let Some(plan_id) = batch.plan_id else {
        return Err(Error::Failed(
            batch.problem.unwrap_or_else(|| "the import has no plan".into()),
        ));
    };
    let request = ApplyBatch {
        batch: batch.id,
        plan_id,
    };
    batch = settled(desk, desk.write(&request, &Write::fresh()).await?).await?;
    match batch.state {
        BatchState::Applied => Ok(batch),
        _ => Err(Error::Failed(
            batch.problem.unwrap_or_else(|| "the import was not applied".into()),
        )),
    }
}

/// Waits until no step of the batch runs.
async fn settled(desk: &Remote, mut batch: Batch) -> Result<Batch, Error> {
    while matches!(batch.state, BatchState::Planning | BatchState::Applying) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        batch = desk.call(&ShowBatch { batch: batch.id }).await?;
    }
    Ok(batch)
}
