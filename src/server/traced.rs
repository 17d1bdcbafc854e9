//! What stands around every answer: a trace id, a span for the log, figures, and the headers all answers have. A handler
//! that panics becomes an answer here, too, so that its problem document names the trace id like any other.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use futures::FutureExt as _;
use tracing::Instrument as _;

use super::endpoint::Trace;
use super::metrics::Metrics;
use super::problem::Refusal;
use super::rate::Slot;
use crate::service;

/// Gives each request a trace id, a span, and the headers every answer has.
pub async fn traced(State(metrics): State<Arc<Metrics>>, mut request: Request, next: Next) -> Response {
    let trace = uuid::Uuid::now_v7().simple().to_string();
    request.extensions_mut().insert(Trace(trace.clone()));
    let rate = Slot::default();
    request.extensions_mut().insert(rate.clone());
    // The path may hold ids, never secrets; the query may hold names and stays out of the log.
    let span = tracing::info_span!("request", %trace, method = %request.method(), path = request.uri().path());
    let started = Instant::now();
    let method = request.method().clone();
    // The template: the path itself may name a client.
    let route = request.extensions().get::<MatchedPath>().cloned();
    async move {
        let answered = AssertUnwindSafe(next.run(request)).catch_unwind().await;
        let mut response = answered.unwrap_or_else(|cause| panicked(&*cause).respond(&trace));
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&trace) {
            headers.insert("x-trace-id", value);
        }
        rate.head(headers);
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
        );
        let route = route.as_ref().map_or("none", MatchedPath::as_str);
        metrics.count(&method, route, response.status(), started.elapsed());
        tracing::info!(
            status = response.status().as_u16(),
            ms = started.elapsed().as_millis() as u64,
            "answered"
        );
        response
    }
    .instrument(span)
    .await
}

/// A panic is answered like any other failure of the server, and logged under the request's trace id.
fn panicked(cause: &(dyn Any + Send)) -> Refusal {
    let said = cause
        .downcast_ref::<&str>()
        .map(|s| (*s).to_owned())
        .or_else(|| cause.downcast_ref::<String>().cloned())
        .unwrap_or_default();
    Refusal::from(service::Error::Failed(format!("panicked: {said}")))
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::body::{Body, to_bytes};
    use axum::middleware::from_fn_with_state;
    use axum::routing::get;
    use tower::ServiceExt as _;

    use super::*;
    use crate::api::problem::Problem;

    async fn boom() -> &'static str {
        panic!("out of order")
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_that_names_its_trace() {
        let metrics = Arc::new(Metrics::new(None));
        let router = Router::new()
            .route("/boom", get(boom))
            .layer(from_fn_with_state(metrics, traced));
        let request = Request::get("/boom").body(Body::empty()).unwrap();
        let response = router.oneshot(request).await.unwrap();
        assert_eq!(response.status(), 500);
        let named = response.headers()["x-trace-id"].to_str().unwrap().to_owned();
        let body = to_bytes(response.into_body(), 10_000).await.unwrap();
        let problem: Problem = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem.trace_id, named);
        assert_eq!(named.len(), 32);
        assert!(!problem.detail.contains("out of order"), "{}", problem.detail);
    }
}
