//! Uploads: a file as a stream, with progress; where the connection broke it goes on after what the server has, or asks
//! what came of it.

use std::io::SeekFrom;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncSeek, AsyncSeekExt as _, ReadBuf};
use tokio_util::io::ReaderStream;

use super::request::Parts;
use super::transport::{answer_of, breaks, head};
use super::{Error, Remote, Write};
use crate::api::import::{BatchFile, Reading, ShowUpload, upload_path};
use crate::api::problem::{Code, Problem};
use crate::api::{Method, session};
use crate::domain::id::BatchId;

/// Between two questions whether a report was read.
const READING: Duration = Duration::from_millis(500);

/// How far an upload is: bytes sent, and once all of them are, how far the server has read them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Going {
    pub sent: u64,
    pub reading: Option<Reading>,
}

type Progress = Arc<dyn Fn(Going) + Send + Sync>;

/// A body that is lent to one try at a time and comes back when the try is over.
struct Lent<B> {
    body: Option<B>,
    back: Arc<Mutex<Option<B>>>,
    sent: u64,
    progress: Progress,
    gone: Arc<Gone>,
}

/// How much of the body has gone, for who watches over it.
#[derive(Default)]
struct Gone {
    bytes: AtomicU64,
    whole: AtomicBool,
}

impl<B: AsyncRead + Unpin> AsyncRead for Lent<B> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let before = buf.filled().len();
        let Some(body) = self.body.as_mut() else {
            return Poll::Ready(Ok(()));
        };
        let polled = Pin::new(body).poll_read(cx, buf);
        if let Poll::Ready(Ok(())) = polled {
            let piece = (buf.filled().len() - before) as u64;
            self.sent += piece;
            self.gone.bytes.store(self.sent, Ordering::Relaxed);
            self.gone.whole.store(piece == 0, Ordering::Relaxed);
            (self.progress)(Going {
                sent: self.sent,
                reading: None,
            });
        }
        polled
    }
}

impl<B> Drop for Lent<B> {
    fn drop(&mut self) {
        *self.back.lock().unwrap_or_else(PoisonError::into_inner) = self.body.take();
    }
}

pub(super) async fn upload<B: AsyncRead + AsyncSeek + Send + Unpin + 'static>(
    remote: &Remote,
    batch: BatchId,
    n: usize,
    (name, format): (&str, Option<&str>),
    mut body: B,
    progress: Progress,
) -> Result<BatchFile, Error> {
    if remote.inner.read_only {
        return Err(Problem::new(Code::Forbidden, "This runs read-only (--read-only): nothing was sent.").into());
    }
    let query = serde_html_form::to_string(
        [("name", Some(name)), ("format", format)]
            .into_iter()
            .filter_map(|(k, v)| Some((k, v?)))
            .collect::<Vec<_>>(),
    )
    .map_err(|e| Error::Protocol(e.to_string()))?;
    let mut parts = Parts {
        method: Method::Put,
        path: upload_path(batch, n),
        query,
        body: None,
        key: Some(Write::fresh().key),
        pin: None,
        version: None,
        repeatable: true,
    };
    // A large body must not travel only to learn that the token is old, or that it is too large.
    let ask = ShowUpload { batch, n };
    let max = remote.call(&ask).await?.max;
    let wrong = |e: std::io::Error| Error::Protocol(format!("{name}: cannot be read: {e}"));
    let length = body.seek(SeekFrom::End(0)).await.map_err(wrong)?;
    if length > max.unsigned_abs() {
        let detail = format!(
            "It has {} MiB, and the server takes up to {} MiB of a report. Split it, or send it compressed (gzip).",
            length.div_ceil(1 << 20),
            max >> 20
        );
        return Err(Problem::new(Code::PayloadTooLarge, detail).into());
    }
    let named = parts.query.clone();
    let mut from = 0;
    let back = Arc::new(Mutex::new(Some(body)));
    let mut breaks = breaks(remote.inner.network.retries);
    loop {
        let lent = back.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(mut body) = lent else {
            return Err(Error::Unreachable(
                "the connection broke during an upload; import the file again".into(),
            ));
        };
        body.seek(SeekFrom::Start(from)).await.map_err(wrong)?;
        parts.query = if from == 0 {
            named.clone()
        } else {
            format!("{named}&from={from}")
        };
        let gone = Arc::new(Gone::default());
        let reader = Lent {
            body: Some(body),
            back: Arc::clone(&back),
            sent: from,
            progress: Arc::clone(&progress),
            gone: Arc::clone(&gone),
        };
        let stream = reqwest::Body::wrap_stream(ReaderStream::with_capacity(reader, 64 << 10));
        let token = remote.token().await?;
        let (at, server) = remote.present();
        let request = head(remote, server, &parts, Some(&token))
            .header(reqwest::header::CONTENT_TYPE, "application/octet-stream")
            .body(stream);
        let answered = tokio::select! {
            answered = answer_of(server, request) => answered,
            why = stalled(remote, &gone) => Err(Error::Unreachable(why)),
            () = watched(remote, &ask, &gone, &progress) => continue,
        };
        match answered {
            Ok(answer) if answer.status == 503 => match breaks.next() {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return answer.read(),
            },
            Ok(answer) => return answer.read(),
            Err(error) => match breaks.next() {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            },
        }
        remote.move_on(at);
        match what_came_of_it(remote, &ask).await {
            Ok(Came::Here(bytes)) => from = bytes.min(length),
            Ok(Came::Taken(file)) => return Ok(*file),
            Err(error @ Error::Problem(_)) => return Err(error),
            // It is asked again when it is sent again.
            Err(_) => from = 0,
        }
    }
}

/// What the server has of an upload that broke off.
enum Came {
    Here(u64),
    Taken(Box<BatchFile>),
}

async fn what_came_of_it(remote: &Remote, ask: &ShowUpload) -> Result<Came, Error> {
    loop {
        let found = remote.call(ask).await?;
        match (found.file, found.refused) {
            (Some(file), _) => return Ok(Came::Taken(Box::new(file))),
            (None, Some(problem)) => return Err(problem.into()),
            (None, None) if found.reading.is_some() => tokio::time::sleep(READING).await,
            (None, None) => return Ok(Came::Here(found.received.unsigned_abs())),
        }
    }
}

/// Tells how far the server has read what it has whole. Never ends by itself.
async fn watched(remote: &Remote, ask: &ShowUpload, gone: &Gone, progress: &Progress) {
    loop {
        tokio::time::sleep(READING).await;
        if !gone.whole.load(Ordering::Relaxed) {
            continue;
        }
        // Who cannot ask is told by `stalled`.
        if let Ok(found) = remote.call(ask).await
            && let Some(reading) = found.reading
        {
            progress(Going {
                sent: gone.bytes.load(Ordering::Relaxed),
                reading: Some(reading),
            });
        }
    }
}

/// Ends when an upload makes no headway: no byte goes for as long as an answer may take, or, once all have gone and the
/// server reads the report (which takes as long as it takes), when the server does not answer other questions either.
async fn stalled(remote: &Remote, gone: &Gone) -> String {
    let patience = Duration::from_secs(remote.inner.network.answer_seconds);
    loop {
        let before = gone.bytes.load(Ordering::Relaxed);
        tokio::time::sleep(patience).await;
        if gone.bytes.load(Ordering::Relaxed) > before {
            continue;
        }
        if !gone.whole.load(Ordering::Relaxed) {
            return format!(
                "{} took nothing of the report for {} seconds",
                remote.server(),
                patience.as_secs()
            );
        }
        if let Err(Error::Unreachable(why)) = remote.call(&session::WhoAmI {}).await {
            return why;
        }
    }
}
