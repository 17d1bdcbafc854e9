//! `PUT /api/v1/imports/{batch}/files/{n}?name=…&format=…&from=…`: a report's bytes, as they stream in. The one route that is
//! no JSON document.

use axum::extract::{FromRequestParts as _, RawPathParams, Request};
use axum::response::Response;
use futures::TryStreamExt as _;
use serde::Deserialize;
use tokio_util::io::StreamReader;

use super::App;
use super::access::gate;
use super::endpoint::{caller, visitor};
use super::problem::Refusal;
use crate::api::Access;
use crate::api::import::BatchFile;
use crate::api::problem::{Code, Problem};
use crate::domain::id::BatchId;
use crate::service::{Caller, import};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Query {
    /// What the file is called: shown, never opened.
    name: Option<String>,
    format: Option<String>,
    /// How many bytes of it are here already: what follows is the rest.
    from: Option<u64>,
}

pub async fn upload(app: App, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let visitor = visitor(&parts);
    let caller = match caller(&app, &parts, &visitor, crate::api::import::UPLOAD, Access::Object).await {
        Ok(caller) => caller,
        Err(refusal) => return refusal.respond(&visitor.trace),
    };
    let params = RawPathParams::from_request_parts(&mut parts, &()).await.ok();
    let bytes = body.into_data_stream().map_err(std::io::Error::other);
    let query = parts.uri.query().unwrap_or_default();
    match take(&app, &caller, params, query, StreamReader::new(bytes)).await {
        Ok(file) => {
            let mut response = Response::new(serde_json::to_vec(&file).unwrap_or_default().into());
            let json = axum::http::HeaderValue::from_static("application/json");
            response.headers_mut().insert(axum::http::header::CONTENT_TYPE, json);
            response
        }
        Err(refusal) => {
            app.desk
                .record_refusal(&caller, crate::api::import::UPLOAD, refusal.0.code);
            refusal.respond(&visitor.trace)
        }
    }
}

async fn take(
    app: &App,
    caller: &Caller,
    params: Option<RawPathParams>,
    query: &str,
    body: impl tokio::io::AsyncRead + Send + Unpin,
) -> Result<BatchFile, Refusal> {
    gate(Access::Object, caller.role)?;
    let (mut batch, mut number) = (None, None);
    for (name, value) in params.iter().flatten() {
        match name {
            "batch" => batch = value.parse::<BatchId>().ok(),
            _ => number = value.parse::<usize>().ok(),
        }
    }
    let (Some(batch), Some(number)) = (batch, number) else {
        return Err(Problem::not_found().into());
    };
    let query: Query = serde_html_form::from_str(query).map_err(|e| {
        Problem::new(
            Code::InvalidRequest,
            format!("The query takes `name`, `format` and `from`: {e}. See /api/v1/openapi.json."),
        )
    })?;
    let name = query.name.unwrap_or_else(|| "report".to_owned());
    let (name, format) = (name, query.format.filter(|f| !f.is_empty()));
    Ok(import::upload(
        app.desk.clone(),
        caller.clone(),
        (batch, number),
        (name, format),
        query.from.unwrap_or_default(),
        body,
    )
    .await?)
}
