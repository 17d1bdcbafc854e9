//! `import undo`: an import is an act of whoever applied it, and goes back as acts do.

use super::super::act::{self, How};
use super::super::context::Context;
use super::super::error::Error;
use super::super::output::{maybe_when, when};
use crate::api::import::Batch;
use crate::remote::Remote;

pub(super) async fn take_back(cx: &Context, remote: &Remote, batch: &Batch, how: &How) -> Result<(), Error> {
    let act = batch.act.ok_or_else(|| Error::Failed(no_way_back(batch)))?;
    act::take_back(cx, remote, act, how).await
}

/// Why an import cannot be taken back by whoever asks.
fn no_way_back(batch: &Batch) -> String {
    if let Some(at) = batch.undone_at {
        return format!(
            "this import was taken back at {}; import its reports again to have it back",
            when(at)
        );
    }
    match &batch.applied_by {
        Some(by) => format!("{} applied this import: only they can take it back", by.name),
        None if batch.applied_at.is_some() => {
            "this import was applied before imports could be taken back; import the right report instead".to_owned()
        }
        None => format!(
            "this import was not applied, so there is nothing to take back; `riskdesk import drop {}` throws it away",
            batch.id
        ),
    }
}

/// When it was applied, and by whom.
pub(super) fn applied(batch: &Batch) -> String {
    let by = batch.applied_by.as_ref();
    maybe_when(batch.applied_at) + &by.map(|by| format!(" by {}", by.email)).unwrap_or_default()
}
