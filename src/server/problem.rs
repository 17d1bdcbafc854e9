//! Where a use case's error becomes an answer: the one place that maps errors to statuses.

use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};

use crate::api::problem::{Code, Problem};
use crate::service;

/// A refusal as a response.
#[derive(Debug)]
pub struct Refusal(pub Box<Problem>);

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl From<service::Error> for Refusal {
    fn from(error: service::Error) -> Self {
        match error {
            service::Error::Refused(problem) => Self(problem),
            service::Error::Store(service::StoreError::Stopping) => {
                Problem::new(Code::Unavailable, "The server is stopping. Try again in a moment.").into()
            }
            service::Error::Store(service::StoreError::Busy) => {
                let mut problem = Problem::new(
                    Code::Unavailable,
                    "Another write stood in the way of this one; nothing was changed. Send it again.",
                );
                problem.retry_after = Some(1);
                problem.into()
            }
            service::Error::Store(error @ service::StoreError::Away(_)) => {
                tracing::error!(%error, "a request failed");
                let mut problem = Problem::new(
                    Code::Unavailable,
                    "The server's database does not answer. Try again in a moment; the server's log has more under this trace id.",
                );
                problem.retry_after = Some(2);
                problem.into()
            }
            service::Error::Store(service::StoreError::Reference) => Problem::not_found().into(),
            error => {
                tracing::error!(error = %Chain(&error), "a request failed");
                Problem::new(
                    Code::Internal,
                    "The server could not do this. Its log has the reason under this trace id.",
                )
                .into()
            }
        }
    }
}

/// An error with its causes, for the log.
struct Chain<'e>(&'e dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(error) = next {
            write!(f, ": {error}")?;
            next = error.source();
        }
        Ok(())
    }
}

impl Refusal {
    /// The response, marked with the request's trace id.
    pub fn respond(mut self, trace: &str) -> Response<Body> {
        trace.clone_into(&mut self.0.trace_id);
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.0.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.0.status == 401 {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_away_is_no_fault_of_the_request() {
        let away = service::StoreError::Away("pool timed out".into());
        let Refusal(problem) = service::Error::Store(away).into();
        assert_eq!((problem.status, problem.retryable), (503, true));
        assert!(!problem.detail.contains("pool"), "{}", problem.detail);
    }
}
