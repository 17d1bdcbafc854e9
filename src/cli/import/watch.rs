//! The steps of an import that take what its size takes: how far the server is with one is asked for and told meanwhile.

use std::pin::pin;
use std::time::{Duration, Instant};

use crate::api::Endpoint;
use crate::api::import::ShowBatch;
use crate::cli::context::Context;
use crate::cli::error::Error;
use crate::cli::output;
use crate::domain::id::BatchId;
use crate::remote::Write;

/// How often it is asked.
const STEP: Duration = Duration::from_millis(500);

/// Sends a step of an import and waits for its answer. That it takes long is no reason to speak of a server that is silent:
/// whether it is, those who ask how far it is find out.
pub(super) async fn watched<E: Endpoint>(cx: &Context, batch: BatchId, what: &str, step: &E) -> Result<E::Out, Error> {
    let (asking, writing, key) = (cx.remote()?, cx.silent_remote()?, Write::fresh());
    let mut answer = pin!(writing.write(step, &key));
    let pause = if output::progress_redraws() {
        Duration::ZERO
    } else {
        Duration::from_secs(5)
    };
    let mut told: Option<Instant> = None;
    loop {
        if let Ok(answer) = tokio::time::timeout(STEP, &mut answer).await {
            output::settle_progress();
            return Ok(answer?);
        }
        if !cx.out.talks() || told.is_some_and(|at| at.elapsed() < pause) {
            continue;
        }
        let shown = asking.call(&ShowBatch { batch }).await;
        if let Some(at) = shown.ok().and_then(|batch| batch.progress) {
            output::upload_progress(what, at.done.unsigned_abs(), at.total.unsigned_abs());
            told = Some(Instant::now());
        }
    }
}
