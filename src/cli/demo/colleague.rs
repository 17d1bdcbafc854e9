//! Somebody who works along in the demo (`--colleague`): a second actor on the same API, so that a change made elsewhere
//! is seen to arrive. Takes a finding, writes about it, moves it; then the next.

use std::time::Duration;

use tokio::task::AbortHandle;

use super::acts::{asking, comment};
use crate::api::finding::{Finding, ListFindings, RoundKind};
use crate::api::queue::{PutBackFinding, TakeFinding};
use crate::domain::access::Audience;
use crate::remote::{Error, Remote, Write};

/// Between two acts: slow enough to be read.
const PACE: Duration = Duration::from_secs(4);

/// Works until it is aborted.
pub fn begin(desk: Remote) -> AbortHandle {
    tokio::spawn(async move {
        for n in 0.. {
            // The server may be stopped just now, or somebody was faster: there is a next one.
            if let Err(error) = work(&desk, n).await {
                tracing::debug!(%error, "the colleague tries the next one");
                tokio::time::sleep(PACE).await;
            }
        }
    })
    .abort_handle()
}

async fn work(desk: &Remote, n: usize) -> Result<(), Error> {
    let request = ListFindings {
        q: Some("status:in_progress,open released:yes sev:>=medium sort:due".to_owned()),
        limit: Some(50),
        count: false,
        ..ListFindings::default()
    };
    let mut all = desk.call(&request).await?.items;
    if all.is_empty() {
        tokio::time::sleep(PACE).await;
        return Ok(());
    }
    let finding = all.swap_remove(n % all.len());
    let take = TakeFinding {
        finding: finding.key.clone(),
    };
    desk.write(&take, &Write::fresh()).await?;
    tokio::time::sleep(PACE).await;
    let said = tell(desk, &finding, n).await;
    let back = PutBackFinding { finding: finding.key };
    desk.write(&back, &Write::fresh()).await?;
    said?;
    tokio::time::sleep(PACE).await;
    Ok(())
}

async fn tell(desk: &Remote, finding: &Finding, n: usize) -> Result<(), Error> {
    if n.is_multiple_of(3) {
        let notes = "The client deployed a fix this morning and asks for a retest.";
        let request = asking(finding, RoundKind::Remediated, notes);
        return desk.write(&request, &Write::over(finding.version)).await.map(drop);
    }
    let text = "Called the client: they have what they need and come back to us by Thursday.";
    comment(desk, finding, text, Audience::Internal).await
}
