//! Writing what is left of an applied import in parts (`store/import/rest.rs`), until all is there.
//!
//! Whoever applied it waits for this, and whoever needs the project's findings settled may. It goes on without them: a task
//! of its own here, and a job where the server ended in the middle. What fails (a full disk) is tried again until it
//! works; meanwhile the batch says what the matter is.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::rows;
use crate::api::event::Topic;
use crate::api::problem::{Code, Problem};
use crate::domain::id::{AgencyId, BatchId, ProjectId};
use crate::service::job::{self, Kind};
use crate::service::{Caller, Desk, Error, Result};
use crate::store::event::{self, NewEvent};
use crate::store::import::lines::Which;
use crate::store::import::part::Of;
use crate::store::import::rest::{After, Rest};
use crate::store::{self, Scope, Tx};

/// How long a part may take: everybody's acts wait so long, one after another's.
const PART: Duration = Duration::from_millis(15);

/// The fewest rows of a part.
const FEWEST: i64 = 50;

/// How long it waits after a failure: first, and at most.
const PAUSE: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));

/// How often progress is told.
const TOLD: Duration = Duration::from_millis(500);

/// How it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stand {
    Runs,
    /// It failed for this reason and will be tried again.
    Stuck(String),
    Done,
}

/// The imports of this server that are being written.
#[derive(Debug, Default)]
pub(in crate::service) struct Settling {
    runs: Mutex<HashMap<BatchId, watch::Receiver<Stand>>>,
}

type Runs<'s> = std::sync::MutexGuard<'s, HashMap<BatchId, watch::Receiver<Stand>>>;

impl Settling {
    fn runs(&self) -> Runs<'_> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What keeps an import from going on.
    pub(super) fn problem(&self, batch: BatchId) -> Option<String> {
        match &*self.runs().get(&batch)?.borrow() {
            Stand::Stuck(why) => Some(why.clone()),
            Stand::Runs | Stand::Done => None,
        }
    }
}

/// Writes what is left of an import, or joins whoever does. Returns when all is written or when something went wrong,
/// with what that was: it goes on by itself then.
///
/// # Errors
/// Where the server ends.
pub(in crate::service) async fn finish(desk: &Desk, agency: AgencyId, batch: BatchId) -> Result<Option<String>> {
    let mut stand = join(desk, agency, batch);
    let told = stand.wait_for(|s| *s != Stand::Runs).await;
    match told.map_err(|_| Error::Store(store::Error::Stopping))?.clone() {
        Stand::Stuck(why) => Ok(Some(why)),
        Stand::Runs | Stand::Done => Ok(None),
    }
}

fn join(desk: &Desk, agency: AgencyId, batch: BatchId) -> watch::Receiver<Stand> {
    let mut runs = desk.settling().runs();
    if let Some(stand) = runs.get(&batch) {
        return stand.clone();
    }
    let (tell, stand) = watch::channel(Stand::Runs);
    runs.insert(batch, stand.clone());
    let run = Run {
        desk: desk.clone(),
        scope: Scope::job(agency),
        batch,
        tell,
    };
    tokio::spawn(async move { run.go_on().await });
    stand
}

struct Run {
    desk: Desk,
    scope: Scope,
    batch: BatchId,
    tell: watch::Sender<Stand>,
}

impl Drop for Run {
    fn drop(&mut self) {
        self.desk.settling().runs().remove(&self.batch);
    }
}

impl Run {
    async fn go_on(self) {
        let most = self.desk.rooms().limits.rows_at_once;
        let (mut some, mut pause, mut told) = (most.min(500), PAUSE.0, Instant::now());
        loop {
            let tell = told.elapsed() >= TOLD;
            match self.part(some, tell).await {
                Ok(Some(took)) => {
                    some = next_size(some, took).min(most);
                    pause = PAUSE.0;
                    if tell {
                        told = Instant::now();
                        self.desk.wake();
                    }
                    self.stands(Stand::Runs);
                }
                Ok(None) => break,
                Err(store::Error::Stopping) => return,
                Err(error) => {
                    tracing::warn!(%error, "a part of an import could not be written; it is tried again");
                    let why = format!(
                        "It is applied, and not yet all of it is written: {error} The server tries again by itself."
                    );
                    self.stands(Stand::Stuck(why));
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(PAUSE.1);
                }
            }
        }
        self.desk.wake();
        self.stands(Stand::Done);
        if let Err(error) = super::sweep(&self.desk, &self.scope, self.batch, None).await {
            tracing::warn!(%error, "what an import left behind could not be swept");
        }
    }

    fn stands(&self, now: Stand) {
        self.tell.send_if_modified(|was| {
            let differs = *was != now;
            *was = now;
            differs
        });
    }

    /// Writes some of it, and says how long the writer was held for that; `None`: all is there.
    async fn part(&self, some: i64, tell: bool) -> store::Result<Option<Duration>> {
        let (batch, now) = (self.batch, self.desk.now());
        self.desk
            .store()
            .write_behind(&self.scope, move |tx| {
                Box::pin(async move {
                    let began = Instant::now();
                    let Some(rest) = rows::rest::of(tx, batch).await? else {
                        job::done(tx, Kind::Settle, batch.0).await?;
                        return Ok(None);
                    };
                    let stage = write(tx, &rest, some).await?;
                    if stage == Stage::Over {
                        job::done(tx, Kind::Settle, batch.0).await?;
                    }
                    if stage != Stage::Amid || tell {
                        event::write(tx, news(&rest, stage), now).await?;
                    }
                    Ok((stage != Stage::Over).then(|| began.elapsed()))
                })
            })
            .await
    }
}

/// Where a part leaves an import.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Amid,
    /// All findings are there.
    Found,
    Over,
}

/// Writes the next findings, or, when all are there, the next places.
async fn write(tx: &mut Tx, rest: &Rest, some: i64) -> store::Result<Stage> {
    let of = Of::from(rest);
    match rest.after {
        After::Line(after) => {
            let part = rows::lines::next(tx, rest.plan, after, some).await?;
            rows::lines::write(tx, &of, Which::Part(&part)).await?;
            rows::rest::lines_written(tx, rest, &part).await?;
            Ok(part.upto.map_or(Stage::Found, |_| Stage::Amid))
        }
        After::Place(after) => {
            let part = rows::places::next(tx, rest.plan, after, some).await?;
            rows::places::write(tx, &of, Some(&part)).await?;
            rows::rest::places_written(tx, rest, &part).await?;
            Ok(part.upto.map_or(Stage::Over, |_| Stage::Amid))
        }
    }
}

/// So many that they take as long as they may, by what the last ones took.
fn next_size(some: i64, took: Duration) -> i64 {
    let fits = some as f64 * PART.as_secs_f64() / took.as_secs_f64().max(1e-4);
    // One that was held up by something else says little: no more than twice as many, and no fewer than half.
    (fits as i64).clamp(some / 2, some * 2).max(FEWEST)
}

fn news(rest: &Rest, stage: Stage) -> Vec<NewEvent> {
    let event = |topic: Topic, act, object| NewEvent {
        topic: store::name(topic),
        act,
        object,
        project: Some(rest.project.0),
        client: rest.client,
    };
    let mut all = vec![event(Topic::Import, "import.progress", Some(rest.batch.0))];
    if stage != Stage::Amid {
        all.push(event(Topic::Finding, "import.apply", None));
    }
    all
}

/// Refuses what reads or moves whole sets of a project's findings while some of them are still to come.
pub(in crate::service) async fn settled(tx: &mut Tx, project: ProjectId) -> Result<()> {
    match rows::rest::in_project(tx, project).await? {
        Some(_) => Err(unsettled(None)),
        None => Ok(()),
    }
}

/// Waits until the findings of a project are settled.
pub(super) async fn wait(desk: &Desk, caller: &Caller, project: ProjectId) -> Result<()> {
    let rest = desk
        .store()
        .read::<_, store::Error, _>(&caller.scope, |tx| {
            Box::pin(async move { rows::rest::in_project(tx, project).await })
        })
        .await?;
    let Some(batch) = rest else { return Ok(()) };
    match finish(desk, caller.agency, batch).await? {
        Some(why) => Err(unsettled(Some(&why))),
        None => Ok(()),
    }
}

fn unsettled(why: Option<&str>) -> Error {
    let mut problem = Problem::new(
        Code::InProgress,
        match why {
            Some(why) => format!("An import into this project is not done yet. {why} Try again when it is."),
            None => "An import into this project is still being written. Try again in a few seconds.".to_owned(),
        },
    );
    problem.retry_after = Some(2);
    problem.into()
}

/// Goes on with an import whose server ended before it was done, unless somebody is at it.
pub(in crate::service) fn start(desk: &Desk, agency: AgencyId, batch: BatchId) {
    join(desk, agency, batch);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_grow_and_shrink_towards_their_time() {
        let ms = Duration::from_millis;
        assert_eq!(next_size(500, PART), 500);
        assert_eq!(next_size(500, ms(0)), 1000);
        assert_eq!(next_size(500, ms(1000)), 250);
        assert_eq!(next_size(500, PART * 2 / 3), 750);
        assert_eq!(next_size(60, ms(1000)), FEWEST);
    }
}
