//! What a supervisor asks: does the process live, can it answer requests. Says nothing that is anybody's secret.

use axum::extract::Request;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::App;
use super::endpoint::{visit, visitor};
use super::problem::Refusal;
use crate::api::problem::{Code, Problem};

pub const HEALTH: &str = "/health";
pub const READY: &str = "/ready";

fn fine() -> Response {
    (
        [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        "{\"status\":\"ok\"}",
    )
        .into_response()
}

/// `GET /health`: whoever gets this answer knows that the process lives; the database is not asked.
pub async fn health(_: App, _: Request) -> Response {
    fine()
}

/// `GET /ready`: send requests here, or (503, with the reason) elsewhere.
pub async fn ready(app: App, request: Request) -> Response {
    let (parts, _) = request.into_parts();
    let visitor = visitor(&parts);
    if let Err(refusal) = visit(&app, &parts, &visitor) {
        return refusal.respond(&visitor.trace);
    }
    let why = if *app.stopping.borrow() {
        Err("The server is stopping.".to_owned())
    } else {
        app.desk.ready().await
    };
    match why {
        Ok(()) => fine(),
        Err(why) => Refusal::from(Problem::new(Code::Unavailable, why)).respond(&visitor.trace),
    }
}
