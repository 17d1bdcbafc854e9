//! `undo` and `redo`: one's own acts, what their way back would do, and doing it after a yes.

use clap::Args;

use super::ask;
use super::context::Context;
use super::error::Error;
use super::output::{Column, Row, col, long, when, word};
use super::paging::{Paging, list};
use crate::api::act::{Act, ActChange, ActDone, ActPreview, ActState, ListActs, RedoAct, ShowAct, UndoAct, Way};
use crate::domain::id::ActId;
use crate::remote::{Remote, Write};

/// Take back what you did last, or the act you name
#[derive(Debug, Args)]
#[command(after_help = "\
Only your own acts can be taken back, and only while nothing was built on them. What will happen is shown first; \
`undo --list` shows your acts and which of them can go back.")]
pub struct Undo {
    /// The act's id, as --list shows it; without one, what you did last
    act: Option<ActId>,
    /// Show your own acts, newest first
    #[arg(long, conflicts_with_all = ["act", "yes", "dry_run"])]
    list: bool,
    #[command(flatten)]
    how: How,
    #[command(flatten)]
    paging: Paging,
}

/// Do again what you took back last, or the act you name
#[derive(Debug, Args)]
pub struct Redo {
    /// The act's id; without one, what you took back last
    act: Option<ActId>,
    #[command(flatten)]
    how: How,
}

#[derive(Debug, Args)]
pub(super) struct How {
    /// Do it without asking
    #[arg(long)]
    yes: bool,
    /// Only show what would happen
    #[arg(long)]
    dry_run: bool,
}

impl Row for Act {
    const COLUMNS: &'static [Column] = &[col("act"), col("when"), col("state"), long("what"), long("why not")];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            when(self.at),
            word(&self.state),
            self.summary.clone(),
            self.reason.clone().unwrap_or_default(),
        ]
    }
}

impl Row for ActChange {
    const COLUMNS: &'static [Column] = &[col("object"), col("field"), long("now"), long("then")];

    fn cells(&self) -> Vec<String> {
        vec![
            self.object.key.clone(),
            self.field.clone(),
            self.from.clone(),
            self.to.clone(),
        ]
    }
}

pub async fn undo(cx: &Context, command: Undo) -> Result<(), Error> {
    if command.list {
        return list(cx, &command.paging, |limit, cursor| ListActs {
            undone: false,
            limit,
            cursor,
        })
        .await;
    }
    let remote = cx.remote()?;
    let act = match command.act {
        Some(act) => act,
        None => last(&remote).await?,
    };
    take_back(cx, &remote, act, &command.how).await
}

/// Shows what taking an act back would do, asks, and does it.
pub(super) async fn take_back(cx: &Context, remote: &Remote, act: ActId, how: &How) -> Result<(), Error> {
    let preview = remote.call(&ShowAct { act }).await?;
    if agreed(cx, &preview, Way::Undo, how)? {
        done(cx, &remote.write(&UndoAct { act }, &Write::fresh()).await?)?;
    }
    Ok(())
}

pub async fn redo(cx: &Context, command: Redo) -> Result<(), Error> {
    let remote = cx.remote()?;
    let act = if let Some(act) = command.act {
        act
    } else {
        let undone = ListActs {
            undone: true,
            limit: Some(1),
            cursor: None,
        };
        let page = remote.call(&undone).await?;
        let first = page.items.first().map(|act| act.id);
        first.ok_or_else(|| Error::Failed("nothing was taken back that could be done again".into()))?
    };
    let preview = remote.call(&ShowAct { act }).await?;
    if agreed(cx, &preview, Way::Redo, &command.how)? {
        done(cx, &remote.write(&RedoAct { act }, &Write::fresh()).await?)?;
    }
    Ok(())
}

/// The latest act that stands. One that cannot go back is not passed over: what would be undone instead is not what the
/// person means.
async fn last(remote: &Remote) -> Result<ActId, Error> {
    let mut cursor = None;
    loop {
        let request = ListActs {
            undone: false,
            limit: None,
            cursor,
        };
        let page = remote.call(&request).await?;
        if let Some(act) = page.items.iter().find(|act| act.state != ActState::Undone) {
            return Ok(act.id);
        }
        match page.next {
            Some(next) => cursor = Some(next),
            None => return Err(Error::Failed("there is nothing to take back".into())),
        }
    }
}

/// Shows what will happen, and asks. A way that is barred is not asked about: the server says why.
fn agreed(cx: &Context, preview: &ActPreview, way: Way, how: &How) -> Result<bool, Error> {
    // An import says what it will do in numbers alone.
    if how.dry_run && (cx.out.is_json() || !preview.changes.is_empty()) {
        cx.out.list(preview, &preview.changes)?;
    }
    if preview.way != way || preview.refused.is_some() {
        if how.dry_run {
            if let Some(refused) = &preview.refused {
                cx.out.remark(&refused.detail);
            }
            return Ok(false);
        }
        return Ok(true);
    }
    let asks = !how.yes && !how.dry_run;
    if asks && !cx.out.is_json() && !preview.changes.is_empty() {
        cx.out.unpaged().list(preview, &preview.changes)?;
    }
    let more = preview.change_count - preview.changes.len() as i64;
    if more > 0 {
        cx.out.remark(&format!("and {more} more changes"));
    }
    for sentence in preview.also.iter().chain(&preview.not_undone) {
        cx.out.remark(sentence);
    }
    if asks {
        let question = match way {
            Way::Undo => format!("Take this back: {}?", preview.act.summary),
            Way::Redo => format!("Do this again: {}?", preview.act.summary),
        };
        ask::agree(&question, "--yes (or --dry-run to see what would happen)")?;
    }
    Ok(!how.dry_run)
}

fn done(cx: &Context, done: &ActDone) -> Result<(), Error> {
    let sentence = match done.way {
        // Where it cannot be done again, the act says why.
        Way::Undo if done.act.reason.is_some() => {
            let why = done.act.reason.as_deref().unwrap_or_default();
            format!("Taken back: {}. {why}", done.act.summary)
        }
        Way::Undo => format!("Taken back: {}. `riskdesk redo` does it again.", done.act.summary),
        Way::Redo => format!("Done again: {}.", done.act.summary),
    };
    cx.out.done(done, &sentence)
}
