//! Server-sent events: one hub reads the stream of all agencies in commit order, each open connection deals out what
//! its caller may see at that moment.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::response::sse::{Event as Sse, KeepAlive, Sse as SseResponse};
use axum::response::{IntoResponse as _, Response};
use futures::Stream;
use tokio::sync::{broadcast, mpsc, watch};

use super::App;
use super::endpoint::{bearer, caller, visitor};
use super::problem::Refusal;
use crate::api::Access;
use crate::api::event::{CHANGE, RESYNC};
use crate::domain::access::Role;
use crate::service::stream::{EventRow, Token};
use crate::service::{Caller, Desk, stream as desk_stream};

/// How long a quiet stream stays without a sign of life.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often the hub looks by itself: acts of other processes, lost rights.
const LOOK: Duration = Duration::from_secs(1);
/// How old a look at sessions and rights may be when events are dealt out.
const FRESH: Duration = Duration::from_millis(250);

/// Reads committed events once for all streams, and looks at all their sessions at once.
#[derive(Debug, Clone)]
pub struct Hub {
    deals: broadcast::Sender<Arc<Deal>>,
    /// The newest event that was dealt out.
    at: Arc<AtomicI64>,
    watched: Arc<Mutex<Watched>>,
}

/// What all streams are handed at once.
#[derive(Debug)]
struct Deal {
    /// Perhaps none: then it is the look that counts.
    batch: Vec<EventRow>,
    look: Arc<Look>,
}

/// The streams whose sessions held when they were looked at.
#[derive(Debug, Default)]
struct Look {
    /// Looks are numbered: a stream counts from the first that began after it was opened.
    n: u64,
    good: HashMap<Token, (Role, i64)>,
}

#[derive(Debug, Default)]
struct Watched {
    looks: u64,
    /// Each token with how many streams it has.
    tokens: HashMap<Token, usize>,
}

/// A stream that is watched until this goes.
struct Watch {
    of: Arc<Mutex<Watched>>,
    token: Token,
    /// The last look that did not know of it.
    since: u64,
}

impl Drop for Watch {
    fn drop(&mut self) {
        let mut watched = self.of.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(streams) = watched.tokens.get_mut(&self.token) {
            *streams -= 1;
            if *streams == 0 {
                watched.tokens.remove(&self.token);
            }
        }
    }
}

impl Hub {
    /// Starts the hub at the stream's present end.
    pub async fn start(desk: Desk, stopping: watch::Receiver<bool>) -> color_eyre::Result<Self> {
        let newest = desk_stream::newest(&desk).await?;
        let (deals, _) = broadcast::channel(256);
        let hub = Self {
            deals,
            at: Arc::new(AtomicI64::new(newest)),
            watched: Arc::default(),
        };
        tokio::spawn(hub.clone().run(desk, stopping));
        Ok(hub)
    }

    /// The newest event that was dealt out.
    #[must_use]
    pub fn position(&self) -> i64 {
        self.at.load(Ordering::Acquire)
    }

    fn watch(&self, token: Token) -> Watch {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        *watched.tokens.entry(token).or_default() += 1;
        Watch {
            of: Arc::clone(&self.watched),
            token,
            since: watched.looks,
        }
    }

    /// Begins a look: its number, and what it has to look at.
    fn begin_look(&self) -> (u64, Vec<Token>) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.looks += 1;
        (watched.looks, watched.tokens.keys().copied().collect())
    }

    /// The look that sees nothing: no stream may go on as if it heard of every change.
    fn blind(&self) -> Look {
        let (n, _) = self.begin_look();
        let good = HashMap::new();
        Look { n, good }
    }

    /// Looks at every stream's session. Where that fails nobody's is known to hold.
    async fn look(&self, desk: &Desk) -> Look {
        let (n, tokens) = self.begin_look();
        let looked = if tokens.is_empty() {
            Ok(HashMap::new())
        } else {
            desk_stream::standings(desk, tokens).await
        };
        let good = looked.unwrap_or_else(|error| {
            tracing::error!(%error, "the sessions of streams cannot be looked at");
            HashMap::new()
        });
        Look { n, good }
    }

    async fn run(self, desk: Desk, mut stopping: watch::Receiver<bool>) {
        let mut changed = desk.changed();
        let mut look = Arc::new(Look::default());
        let mut looked = Instant::now();
        loop {
            tokio::select! {
                () = stopped(&mut stopping) => return,
                _ = changed.changed() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
            loop {
                let batch = match desk_stream::after(&desk, self.at.load(Ordering::Acquire)).await {
                    Ok(batch) => batch,
                    Err(error) => {
                        // Streams end, and whoever reads them knows at once that this is not live any more.
                        tracing::error!(%error, "events cannot be read");
                        (look, looked) = (Arc::new(self.blind()), Instant::now());
                        let batch = Vec::new();
                        let look = Arc::clone(&look);
                        let _ = self.deals.send(Arc::new(Deal { batch, look }));
                        break;
                    }
                };
                let last = batch.last().map(|e| e.seq);
                let age = looked.elapsed();
                if age >= LOOK || (last.is_some() && age >= FRESH) {
                    (look, looked) = (Arc::new(self.look(&desk).await), Instant::now());
                } else if last.is_none() {
                    break;
                }
                let look = Arc::clone(&look);
                let _ = self.deals.send(Arc::new(Deal { batch, look }));
                match last {
                    Some(last) => self.at.store(last, Ordering::Release),
                    None => break,
                }
            }
        }
    }
}

/// `GET /api/v1/events`.
pub async fn stream(app: App, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let visitor = visitor(&parts);
    let who = match caller(&app, &parts, &visitor, crate::api::event::PATH, Access::Member).await {
        Ok(who) => who,
        Err(refusal) => return refusal.respond(&visitor.trace),
    };
    let place = match app.desk.rooms().stream(&who) {
        Ok(place) => place,
        Err(error) => {
            let refusal = Refusal::from(error);
            app.desk.record_refusal(&who, crate::api::event::PATH, refusal.0.code);
            return refusal.respond(&visitor.trace);
        }
    };
    let token = bearer(&parts.headers).unwrap_or_default().to_owned();
    let resume = parts
        .headers
        .get("last-event-id")
        .and_then(|v| v.to_str().ok())
        .map(str::to_owned);
    let (out, events) = mpsc::channel(64);
    tokio::spawn(async move {
        deal(app, who, token, resume, out).await;
        drop(place);
    });
    let mut response = SseResponse::new(Receiver(events))
        .keep_alive(KeepAlive::new().interval(HEARTBEAT).text("alive"))
        .into_response();
    // A proxy that buffers would hold events back.
    response
        .headers_mut()
        .insert("x-accel-buffering", axum::http::HeaderValue::from_static("no"));
    response.headers_mut().insert(
        axum::http::header::CACHE_CONTROL,
        axum::http::HeaderValue::from_static("no-store"),
    );
    response
}

struct Receiver(mpsc::Receiver<Sse>);

impl Stream for Receiver {
    type Item = Result<Sse, Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(cx).map(|event| event.map(Ok))
    }
}

/// Feeds one stream until the reader, the session or the server goes.
async fn deal(app: App, who: Caller, token: String, resume: Option<String>, out: mpsc::Sender<Sse>) {
    let mut stopping = app.stopping.clone();
    let mut deals = app.hub.deals.subscribe();
    let watch = app.hub.watch(desk_stream::token(&token));
    let mut at = app.hub.at.load(Ordering::Acquire);
    let desk = &app.desk;
    // The place a reader without one starts from is told at once, so that it can resume before the first event.
    let begun = match resume.as_deref() {
        None => Sse::default()
            .event("hello")
            .id(desk.cursors().seal_place(&who, at))
            .data("{}"),
        Some(id) => {
            let mut kind = RESYNC;
            if let Some(from) = desk.cursors().open_place(&who, id)
                && matches!(desk_stream::resumable(desk, &who, from).await, Ok(true))
            {
                (at, kind) = (from, "hello");
            }
            Sse::default()
                .event(kind)
                .id(desk.cursors().seal_place(&who, at))
                .data("{}")
        }
    };
    if out.send(begun).await.is_err() {
        return;
    }
    // What was missed, straight from the database; then the hub's batches.
    loop {
        let batch = match desk_stream::after(desk, at).await {
            Ok(batch) => batch,
            // The hub's next batch may lie further on: rather no stream than one with a hole.
            Err(error) => {
                tracing::error!(%error, "a stream could not catch up");
                return;
            }
        };
        let Some(last) = batch.last().map(|e| e.seq) else { break };
        if !send(desk, &who, &batch, &out).await {
            return;
        }
        at = last;
    }
    let mut epoch = desk_stream::epoch(desk, &who).await.ok();
    loop {
        tokio::select! {
            biased;
            () = stopped(&mut stopping) => return,
            () = out.closed() => return,
            deal = deals.recv() => match deal {
                Ok(deal) => {
                    if deal.look.n > watch.since {
                        let Some((role, rights)) = deal.look.good.get(&watch.token) else { return };
                        if *role != who.role {
                            return;
                        }
                        // Whoever lost a right hears nothing of what is hidden now: all that is shown must be asked for again.
                        if epoch != Some(*rights) && who.role != Role::Admin {
                            let resync = Sse::default().event(RESYNC).id(desk.cursors().seal_place(&who, at)).data("{}");
                            if out.send(resync).await.is_err() {
                                return;
                            }
                        }
                        epoch = Some(*rights);
                    }
                    let fresh: Vec<EventRow> = deal.batch.iter().filter(|e| e.seq > at).cloned().collect();
                    if let Some(last) = fresh.last().map(|e| e.seq) {
                        if !send(desk, &who, &fresh, &out).await {
                            return;
                        }
                        at = last;
                    }
                }
                Err(broadcast::error::RecvError::Lagged(_)) => {
                    at = app.hub.at.load(Ordering::Acquire);
                    let resync = Sse::default().event(RESYNC).id(desk.cursors().seal_place(&who, at)).data("{}");
                    if out.send(resync).await.is_err() {
                        return;
                    }
                }
                Err(broadcast::error::RecvError::Closed) => return,
            },
        }
    }
}

async fn send(desk: &Desk, who: &Caller, batch: &[EventRow], out: &mpsc::Sender<Sse>) -> bool {
    let visible = match desk_stream::visible(desk, who, batch).await {
        Ok(visible) => visible,
        Err(error) => {
            tracing::error!(%error, "events cannot be dealt out");
            return false;
        }
    };
    for (seq, event) in visible {
        let Ok(data) = serde_json::to_string(&event) else {
            return false;
        };
        let sse = Sse::default()
            .event(CHANGE)
            .id(desk.cursors().seal_place(who, seq))
            .data(data);
        if out.send(sse).await.is_err() {
            return false;
        }
    }
    true
}

async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stop| *stop).await;
}
