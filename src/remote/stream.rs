//! The event stream: server-sent events, resumed from the last one seen, given up for dead when it falls silent.

use std::time::Duration;

use futures::{Stream, StreamExt as _};
use reqwest::header::ACCEPT;
use sse_stream::SseByteStream;
use tokio::sync::mpsc;

use super::request::Parts;
use super::transport::{RENEWALS, breaks, head, words};
use super::{Error, Incoming, Remote};
use crate::api::Method;
use crate::api::event;

/// More changes than anybody looks at between two frames; a reader that is further behind makes the stream wait.
const AHEAD: usize = 256;

/// How one connection ended.
enum End {
    /// Reopen it.
    Lost(String),
    /// The reader has gone.
    Unwanted,
    SignInNeeded,
}

pub(super) fn open(remote: Remote) -> impl Stream<Item = Incoming> + Send + Unpin + 'static + use<> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    let runner = tokio::spawn(async move {
        let unwanted = sender.clone();
        tokio::select! {
            () = run(remote, sender) => {}
            () = unwanted.closed() => {}
        }
    });
    // The receiver's end closes the channel, which ends the task; the handle is not needed.
    drop(runner);
    Box::pin(futures::stream::unfold(receiver, |mut receiver| async {
        receiver.recv().await.map(|incoming| (incoming, receiver))
    }))
}

async fn run(remote: Remote, sender: mpsc::Sender<Incoming>) {
    let mut last_id = None;
    let mut pauses = breaks(usize::MAX);
    let mut failures = 0;
    loop {
        let mut stood = false;
        let end = connection(&remote, &sender, &mut last_id, &mut stood).await;
        if stood {
            pauses = breaks(usize::MAX);
            failures = 0;
        }
        match end {
            End::Unwanted => return,
            End::SignInNeeded => {
                // The reader may have gone at the same moment.
                let _ = sender.send(Incoming::SignInNeeded).await;
                return;
            }
            End::Lost(why) => {
                if sender.send(Incoming::Down(why)).await.is_err() {
                    return;
                }
            }
        }
        // The other addresses at once; a break when each has had its try.
        failures += 1;
        if failures % remote.inner.servers.len() == 0 {
            tokio::time::sleep(pauses.next().unwrap_or(Duration::from_secs(4))).await;
        }
    }
}

async fn connection(
    remote: &Remote,
    sender: &mpsc::Sender<Incoming>,
    last_id: &mut Option<String>,
    stood: &mut bool,
) -> End {
    let (at, response) = match request(remote, last_id.as_deref()).await {
        Ok(opened) => opened,
        Err(Error::SignInNeeded) => return End::SignInNeeded,
        Err(error) => return End::Lost(error.to_string()),
    };
    *stood = true;
    if sender.send(Incoming::Up).await.is_err() {
        return End::Unwanted;
    }
    // Silence is measured on bytes: a heartbeat is a comment, which the parser keeps to itself.
    let patience = Duration::from_secs(remote.inner.network.heartbeat_seconds);
    let pieces = futures::stream::unfold(Box::pin(response.bytes_stream()), move |mut bytes| async move {
        let piece = match tokio::time::timeout(patience, bytes.next()).await {
            Ok(None) => return None,
            Ok(Some(piece)) => piece.map_err(|e| std::io::Error::other(words(&e))),
            Err(_) => Err(std::io::Error::other("the server fell silent")),
        };
        Some((piece, bytes))
    });
    let mut events = SseByteStream::new(Box::pin(pieces));
    while let Some(block) = events.next().await {
        let block = match block {
            Ok(block) => block,
            // The cause is ours and says what happened; the parser's words around it do not help.
            Err(sse_stream::Error::Body(cause)) => {
                remote.move_on(at);
                return End::Lost(cause.to_string());
            }
            Err(error) => return End::Lost(error.to_string()),
        };
        let incoming = match block.event.as_deref() {
            Some(event::RESYNC) => Some(Incoming::Resync),
            Some(event::CHANGE) => match serde_json::from_str(block.data.as_deref().unwrap_or_default()) {
                Ok(change) => Some(Incoming::Change(change)),
                // A newer server's event: what it changed is not known, so everything may have.
                Err(_) => Some(Incoming::Resync),
            },
            _ => None,
        };
        if let Some(incoming) = incoming
            && sender.send(incoming).await.is_err()
        {
            return End::Unwanted;
        }
        // Remembered only when it has been handed on: what is lost in between comes again.
        if block.id.is_some() {
            *last_id = block.id;
        }
    }
    // It stops, most likely.
    remote.move_on(at);
    End::Lost("the server closed the event stream".into())
}

async fn request(remote: &Remote, last_id: Option<&str>) -> Result<(usize, reqwest::Response), Error> {
    let parts = Parts {
        method: Method::Get,
        path: event::PATH.to_owned(),
        query: String::new(),
        body: None,
        key: None,
        pin: None,
        version: None,
        repeatable: true,
    };
    let patience = Duration::from_secs(remote.inner.network.answer_seconds);
    let mut token = remote.token().await?;
    let mut renewals = 0;
    loop {
        let (at, server) = remote.present();
        let mut request = head(remote, server, &parts, Some(&token)).header(ACCEPT, "text/event-stream");
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let sent = tokio::time::timeout(patience, request.send()).await;
        let response = match sent {
            Ok(Ok(response)) => response,
            Ok(Err(e)) => {
                remote.move_on(at);
                return Err(Error::Unreachable(format!("{server} cannot be reached: {}", words(&e))));
            }
            Err(_) => {
                remote.move_on(at);
                return Err(Error::Unreachable(format!("{server} did not answer")));
            }
        };
        match response.status().as_u16() {
            200 => return Ok((at, response)),
            401 if renewals < RENEWALS && remote.inner.fixed.is_none() => {
                token = remote.renew(&token).await?;
                renewals += 1;
            }
            401 => return Err(Error::SignInNeeded),
            status => {
                remote.move_on(at);
                return Err(Error::Unreachable(format!(
                    "{server} refused the event stream (HTTP {status})"
                )));
            }
        }
    }
}
