//! What `riskdesk doctor` asks a server without being signed in.

use std::time::{Duration, Instant};

use super::request::Parts;
use super::transport::send;
use super::{Error, Remote};
use crate::api::{BASE, Method};

/// A server that answered.
#[derive(Debug, Clone)]
pub struct Probe {
    /// From the first byte out to the last byte in.
    pub took: Duration,
    /// By how many seconds the server's clock is ahead of ours; absent where it names no time.
    pub ahead_seconds: Option<i64>,
    /// Whether what answered is a riskdesk server.
    pub is_ours: bool,
}

pub(super) async fn probe(remote: &Remote) -> Result<Probe, Error> {
    let parts = Parts {
        method: Method::Get,
        path: format!("{BASE}/openapi.json"),
        query: String::new(),
        body: None,
        key: None,
        pin: None,
        version: None,
        repeatable: true,
    };
    let started = Instant::now();
    let answer = send(remote, &parts, false).await?;
    let took = started.elapsed();
    let date = answer.headers.get(reqwest::header::DATE).and_then(|d| d.to_str().ok());
    let ahead = date
        .and_then(|d| jiff::fmt::rfc2822::parse(d).ok())
        .map(|server| server.timestamp().as_second() - jiff::Timestamp::now().as_second());
    Ok(Probe {
        took,
        ahead_seconds: ahead,
        is_ours: answer.status == 200
            && answer.body.starts_with(b"{")
            && answer.body.windows(8).any(|w| w == b"riskdesk"),
    })
}
