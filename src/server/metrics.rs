//! Figures for Prometheus, counted by the router for every answer. Routes are told by their template: no figure names a
//! client, a person or an id.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use secrecy::{ExposeSecret as _, SecretString};

use super::App;
use super::endpoint::{Peer, bearer, visit, visitor};
use super::problem::Refusal;
use crate::api::problem::Problem;
use crate::service::stream::token;

pub const PATH: &str = "/metrics";

/// Upper ends of the histogram, in milliseconds.
const BUCKETS: [u64; 10] = [5, 10, 25, 50, 100, 250, 500, 1000, 2500, 10_000];
const CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

#[derive(Debug, Default, Clone, Copy)]
struct Series {
    classes: [u64; 5],
    buckets: [u64; BUCKETS.len()],
    count: u64,
    sum: Duration,
}

/// What was answered since the start.
#[derive(Debug)]
pub struct Metrics {
    /// By route template and method: as many as there are routes.
    answered: Mutex<BTreeMap<(String, &'static str), Series>>,
    token: Option<SecretString>,
}

/// Methods are the client's to make up: what no route has is one word.
fn word(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        _ => "other",
    }
}

impl Metrics {
    #[must_use]
    pub fn new(token: Option<SecretString>) -> Self {
        Self {
            answered: Mutex::default(),
            token,
        }
    }

    /// Counts one answer; a stream's is its beginning.
    pub fn count(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        let mut answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        let series = answered.entry((route.to_owned(), word(method))).or_default();
        let class = usize::from(status.as_u16() / 100).clamp(1, CLASSES.len());
        series.classes[class - 1] += 1;
        for (bucket, end) in series.buckets.iter_mut().zip(BUCKETS) {
            *bucket += u64::from(took <= Duration::from_millis(end));
        }
        series.count += 1;
        series.sum += took;
    }

    /// This machine's own, past no proxy, or whoever has the token. A proxy on this machine that nobody declared as
    /// trusted makes everybody look like this machine: where something was forwarded, only the token counts.
    fn may_read(&self, parts: &Parts) -> bool {
        let forwarded = ["forwarded", "x-forwarded-for", "x-real-ip", "via"];
        let here = parts.extensions.get::<Peer>().is_some_and(|peer| peer.0.is_loopback())
            && !forwarded.iter().any(|name| parts.headers.contains_key(*name));
        let knows = match (&self.token, bearer(&parts.headers)) {
            // Digests: how long it takes tells nothing about the token.
            (Some(wanted), Some(sent)) => token(wanted.expose_secret()) == token(sent),
            _ => false,
        };
        here || knows
    }

    fn write(&self, out: &mut String) {
        let answered = self.answered.lock().unwrap_or_else(PoisonError::into_inner).clone();
        head(
            out,
            "riskdesk_requests_total",
            "counter",
            "Answers by route, method and class of status.",
        );
        for ((route, method), series) in &answered {
            for (class, n) in CLASSES.iter().zip(series.classes).filter(|(_, n)| *n > 0) {
                let _ = writeln!(
                    out,
                    "riskdesk_requests_total{{route=\"{route}\",method=\"{method}\",class=\"{class}\"}} {n}"
                );
            }
        }
        let name = "riskdesk_request_duration_seconds";
        head(
            out,
            name,
            "histogram",
            "Time to an answer, or to the beginning of a stream.",
        );
        for ((route, method), series) in &answered {
            let labels = format!("route=\"{route}\",method=\"{method}\"");
            for (end, n) in BUCKETS.iter().zip(series.buckets) {
                let end = Duration::from_millis(*end).as_secs_f64();
                let _ = writeln!(out, "{name}_bucket{{{labels},le=\"{end}\"}} {n}");
            }
            let _ = writeln!(out, "{name}_bucket{{{labels},le=\"+Inf\"}} {}", series.count);
            let _ = writeln!(out, "{name}_sum{{{labels}}} {}", series.sum.as_secs_f64());
            let _ = writeln!(out, "{name}_count{{{labels}}} {}", series.count);
        }
    }
}

fn head(out: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

/// `GET /metrics`. For all others it does not exist.
pub async fn show(app: App, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let visitor = visitor(&parts);
    if let Err(refusal) = visit(&app, &parts, &visitor) {
        return refusal.respond(&visitor.trace);
    }
    if !app.metrics.may_read(&parts) {
        return Refusal::from(Problem::not_found()).respond(&visitor.trace);
    }
    let mut out = String::with_capacity(32 << 10);
    head(
        &mut out,
        "riskdesk_build_info",
        "gauge",
        "1; the version is in the label.",
    );
    let _ = writeln!(
        out,
        "riskdesk_build_info{{version=\"{}\"}} 1",
        env!("CARGO_PKG_VERSION")
    );
    let rooms = app.desk.rooms();
    let gauges = [
        (
            "riskdesk_event_streams_open",
            "Event streams that are open.",
            rooms.streams_open() as i64,
        ),
        (
            "riskdesk_import_children",
            "Reports that are being decoded.",
            rooms.decoding() as i64,
        ),
        (
            "riskdesk_spool_bytes",
            "Bytes of uploads that are being read.",
            rooms.spooled() as i64,
        ),
        (
            "riskdesk_events_position",
            "The newest event that was dealt out.",
            app.hub.position(),
        ),
    ];
    for (name, help, value) in gauges {
        head(&mut out, name, "gauge", help);
        let _ = writeln!(out, "{name} {value}");
    }
    app.metrics.write(&mut out);
    (
        [
            (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        out,
    )
        .into_response()
}
