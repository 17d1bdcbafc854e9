//! Sends a request until there is an answer: address after address, again after a break, once more after a renewal.

use std::error::Error as _;
use std::sync::atomic::Ordering;
use std::time::Duration;

use backon::{BackoffBuilder as _, ExponentialBuilder};
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, IF_MATCH};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;

use super::request::Parts;
use super::{Address, Error, Remote, SLOW};
use crate::api::Method;
use crate::api::problem::{Code, Problem};

/// More than any answer; a server that sends more is not ours.
const ANSWER_MAX: usize = 64 << 20;

/// The longest break that a server's `Retry-After` is obeyed for; longer ones are told to the caller.
const BREAK_MAX: Duration = Duration::from_secs(10);

/// The longest an upload may take from its first byte to its answer.
const UPLOAD: Duration = Duration::from_hours(6);

/// How often one call renews its session. A token that another process renewed may have expired again before it was used
/// here; that a session is over is said by the renewal itself.
pub(super) const RENEWALS: usize = 10;

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Why one try failed.
enum Failed {
    /// Nothing reached the server.
    NoConnection(String),
    /// It may or may not have got the request.
    NoAnswer(String),
}

impl Answer {
    /// The typed answer of a success, or the refusal.
    pub(super) fn read<Out: DeserializeOwned>(&self) -> Result<Out, Error> {
        if !(200..300).contains(&self.status) {
            return Err(self.refusal());
        }
        // `()` reads from null, which stands for the empty body of a 204.
        let body: &[u8] = if self.body.is_empty() { b"null" } else { &self.body };
        serde_json::from_slice(body).map_err(|e| {
            Error::Protocol(format!(
                "the server's answer does not fit this version of riskdesk ({e}); update the older of the two"
            ))
        })
    }

    /// The refusal an answer stands for.
    pub(super) fn refusal(&self) -> Error {
        if (300..400).contains(&self.status) {
            return Error::Protocol(
                "the server answers with a redirect, which is never followed; give the address it really has".into(),
            );
        }
        if let Ok(problem) = serde_json::from_slice::<Problem>(&self.body) {
            return problem.into();
        }
        // A newer server's code, or something between us and the server: the status still says what kind it is.
        let code = match self.status {
            401 => Code::Unauthenticated,
            403 => Code::Forbidden,
            404 => Code::NotFound,
            405 => Code::MethodNotAllowed,
            409 => Code::AlreadyExists,
            412 => Code::VersionConflict,
            413 => Code::PayloadTooLarge,
            429 => Code::RateLimited,
            502..=504 => Code::Unavailable,
            500.. => Code::Internal,
            _ => Code::InvalidRequest,
        };
        let said = serde_json::from_slice::<serde_json::Value>(&self.body).ok();
        let detail = said.as_ref().and_then(|v| v.get("detail")).and_then(|d| d.as_str());
        let detail = detail.map_or_else(
            || {
                format!(
                    "The answer was HTTP {} without an explanation. Is this address a riskdesk server?",
                    self.status
                )
            },
            str::to_owned,
        );
        Problem::new(code, detail).into()
    }

    /// The id the server's log knows this answer by.
    pub(super) fn trace(&self) -> Option<String> {
        self.headers.get("x-trace-id")?.to_str().ok().map(str::to_owned)
    }

    fn retry_after(&self) -> Option<Duration> {
        let seconds = self.headers.get("retry-after")?.to_str().ok()?.parse().ok()?;
        Some(Duration::from_secs(seconds))
    }
}

/// Breaks between tries: a fifth of a second at first, doubling, never more than four, with jitter.
pub(super) fn breaks(times: usize) -> impl Iterator<Item = Duration> + Send {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(200))
        .with_max_delay(Duration::from_secs(4))
        .with_max_times(times)
        .with_jitter()
        .build()
}

/// Sends until there is an answer that a second try would not change.
pub(super) async fn send(remote: &Remote, parts: &Parts, signed: bool) -> Result<Answer, Error> {
    let mut token = if signed { Some(remote.token().await?) } else { None };
    let mut renewals = 0;
    let mut breaks = breaks(remote.inner.network.retries);
    let mut slow = remote.inner.slow;
    loop {
        let (pause, failure) = match told_if_slow(remote, &mut slow, each_address(remote, parts, token.as_ref())).await
        {
            Ok(answer) if answer.status == 401 && renewals < RENEWALS && remote.inner.fixed.is_none() => {
                let Some(failed) = &token else { return Ok(answer) };
                token = Some(remote.renew(failed).await?);
                renewals += 1;
                continue;
            }
            Ok(answer) if answer.status == 401 && signed && remote.inner.fixed.is_none() => {
                return Err(Error::SignInNeeded);
            }
            Ok(answer) if matches!(answer.status, 502..=504) && parts.repeatable => {
                let asked = answer.retry_after().unwrap_or_default();
                if asked > BREAK_MAX {
                    return Ok(answer);
                }
                // Another address may be able to.
                remote.move_on(remote.present().0);
                (asked, Ok(answer))
            }
            Ok(answer) => return Ok(answer),
            Err(Failed::NoConnection(why)) => (Duration::ZERO, Err(Error::Unreachable(why))),
            Err(Failed::NoAnswer(why)) if parts.repeatable => (Duration::ZERO, Err(Error::Unreachable(why))),
            Err(Failed::NoAnswer(why)) => return Err(Error::Unreachable(why)),
        };
        match breaks.next() {
            Some(delay) => tokio::time::sleep(delay.max(pause)).await,
            None => return failure,
        }
    }
}

/// Says once, where there is somebody to tell, that the answer takes long.
async fn told_if_slow<T>(remote: &Remote, slow: &mut Option<fn(&Address)>, call: impl Future<Output = T>) -> T {
    tokio::pin!(call);
    if let Some(tell) = *slow {
        tokio::select! {
            answer = &mut call => return answer,
            () = tokio::time::sleep(SLOW) => {
                *slow = None;
                tell(remote.server());
            }
        }
    }
    call.await
}

/// One try, at the address that answered last, then at the others where nothing could be reached.
async fn each_address(remote: &Remote, parts: &Parts, token: Option<&SecretString>) -> Result<Answer, Failed> {
    let count = remote.inner.servers.len();
    let first = remote.present().0;
    let mut last = None;
    for step in 0..count {
        let at = (first + step) % count;
        match once(remote, &remote.inner.servers[at], parts, token).await {
            Err(Failed::NoConnection(why)) => last = Some(why),
            // It may hang or be gone with the line half open: a second try goes elsewhere.
            Err(silent) => {
                remote.inner.current.store((at + 1) % count, Ordering::Relaxed);
                return Err(silent);
            }
            Ok(answer) => {
                remote.inner.current.store(at, Ordering::Relaxed);
                return Ok(answer);
            }
        }
    }
    Err(Failed::NoConnection(last.unwrap_or_default()))
}

async fn once(
    remote: &Remote,
    server: &Address,
    parts: &Parts,
    token: Option<&SecretString>,
) -> Result<Answer, Failed> {
    let mut request = head(remote, server, parts, token);
    if let Some(body) = &parts.body {
        request = request.header(CONTENT_TYPE, "application/json").body(body.clone());
    }
    // Planning and applying an import take what its size takes.
    let import = parts.method == Method::Post && parts.path.starts_with("/api/v1/imports/");
    let patience = if import {
        UPLOAD
    } else {
        Duration::from_secs(remote.inner.network.answer_seconds)
    };
    answer(server, request, patience).await
}

/// Method, address and headers of a request, without its body.
pub(super) fn head(
    remote: &Remote,
    server: &Address,
    parts: &Parts,
    token: Option<&SecretString>,
) -> reqwest::RequestBuilder {
    let method = match parts.method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Patch => reqwest::Method::PATCH,
        Method::Delete => reqwest::Method::DELETE,
    };
    let http = if server.is_loopback() {
        &remote.inner.here
    } else {
        &remote.inner.http
    };
    let mut request = http.request(method, server.at(&parts.path, &parts.query));
    request = request.header(ACCEPT, "application/json");
    if let Some(token) = token {
        // A token that is no header value cannot be one of a server's.
        if let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret())) {
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
    }
    if let Some(key) = &parts.key {
        request = request.header("idempotency-key", key);
    }
    if let Some(pin) = parts.pin {
        request = request.header(crate::api::PIN, pin.to_string());
    }
    if let Some(version) = parts.version {
        request = request.header(IF_MATCH, format!("\"{version}\""));
    }
    request
}

/// Sends one request and reads its whole answer, piece by piece within the time given to each.
async fn answer(server: &Address, request: reqwest::RequestBuilder, patience: Duration) -> Result<Answer, Failed> {
    let silent = || Failed::NoAnswer(format!("{server} did not answer within {} seconds", patience.as_secs()));
    let response = tokio::time::timeout(patience, request.send())
        .await
        .map_err(|_| silent())?;
    let mut response = response.map_err(|e| {
        let why = format!("{server} cannot be reached: {}", words(&e));
        if e.is_connect() {
            Failed::NoConnection(why)
        } else {
            Failed::NoAnswer(why)
        }
    })?;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let mut body = Vec::new();
    loop {
        let piece = tokio::time::timeout(patience, response.chunk())
            .await
            .map_err(|_| silent())?;
        match piece.map_err(|e| Failed::NoAnswer(format!("{server} broke off its answer: {}", words(&e))))? {
            Some(piece) if body.len() + piece.len() > ANSWER_MAX => {
                return Err(Failed::NoAnswer(format!("{server} sends more than any answer is long")));
            }
            Some(piece) => body.extend_from_slice(&piece),
            None => return Ok(Answer { status, headers, body }),
        }
    }
}

/// [`answer`] for a body that only its caller can send again, and whose caller watches over the time it takes.
pub(super) async fn answer_of(server: &Address, request: reqwest::RequestBuilder) -> Result<Answer, Error> {
    answer(server, request, UPLOAD).await.map_err(|failed| match failed {
        Failed::NoConnection(why) | Failed::NoAnswer(why) => Error::Unreachable(why),
    })
}

/// The last cause of an error says most, and the address is named already.
pub(super) fn words(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    if error.source().is_none() {
        "the connection failed".to_owned()
    } else {
        cause.to_string()
    }
}
