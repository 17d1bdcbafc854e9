//! What stands between the wire and a use case, once for all endpoints: who asks, what was sent, how it is answered.

use std::future::Future;
use std::net::IpAddr;
use std::time::Instant;

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts as _, RawPathParams, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::App;
use super::access::{gate, gate_token};
use super::problem::Refusal;
use super::rate::{Slot, Who};
use crate::api::problem::{Code, Problem};
use crate::api::{Access, Endpoint, Method, PIN};
use crate::domain::id::ClientId;
use crate::service::session::{Bearer, Visitor, authenticate};
use crate::service::{self, Caller, Desk, Idempotency, PortalCaller, refuse};

/// The largest JSON body taken. Reports are uploaded on a route of their own.
pub const BODY_MAX: usize = 1024 * 1024;

/// How long a JSON body may take to arrive.
const BODY_TIME: std::time::Duration = std::time::Duration::from_secs(30);

/// The address a request comes from; put into each by the listener.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Ties an answer to the log.
#[derive(Debug, Clone)]
pub struct Trace(pub String);

/// Answers an endpoint that needs a session.
pub async fn signed_in<E, F, Fut>(app: App, request: Request, answer: F) -> Response<Body>
where
    E: Endpoint,
    F: FnOnce(Desk, Caller, E) -> Fut,
    Fut: Future<Output = service::Result<E::Out>>,
{
    let (mut parts, body) = request.into_parts();
    let visitor = visitor(&parts);
    let trace = visitor.trace.clone();
    let act = E::PATH;
    let mut caller = match caller(&app, &parts, &visitor, act, E::ACCESS).await {
        Ok(caller) => caller,
        Err(refusal) => return refusal.respond(&trace),
    };
    let refused = |caller: &Caller, refusal: Refusal| {
        // What the caller was not allowed, or what is not there for it: both are recorded alike.
        app.desk.record_refusal(caller, act, refusal.0.code);
        refusal.respond(&trace)
    };
    if let Err(error) = gate(E::ACCESS, caller.role) {
        return refused(&caller, error.into());
    }
    let input = match input::<E>(&mut parts, body).await {
        Ok(input) => input,
        Err(refusal) => return refused(&caller, refusal),
    };
    match conditions::<E>(&parts, &input.bytes) {
        Ok((version, idempotency)) => (caller.version, caller.idempotency) = (version, idempotency),
        Err(error) => return refused(&caller, error.into()),
    }
    match pinned(&parts.headers) {
        Ok(pin) => caller.pin = pin,
        Err(error) => return refused(&caller, error.into()),
    }
    match answer(app.desk.clone(), caller.clone(), input.request).await {
        Ok(out) => respond::<E>(&out, &trace),
        Err(error) => refused(&caller, error.into()),
    }
}

/// Answers an endpoint of the portal. For an agency's own users there is no such route.
pub async fn portal<E, F, Fut>(app: App, request: Request, answer: F) -> Response<Body>
where
    E: Endpoint,
    F: FnOnce(Desk, PortalCaller, E) -> Fut,
    Fut: Future<Output = service::Result<E::Out>>,
{
    let (mut parts, body) = request.into_parts();
    let visitor = visitor(&parts);
    let trace = visitor.trace.clone();
    let bearer = match bearer_of(&app, &parts, &visitor).await {
        Ok(bearer) => bearer,
        Err(refusal) => return refusal.respond(&trace),
    };
    let mut caller = match bearer {
        Bearer::Portal(caller) => *caller,
        Bearer::User(caller) => {
            app.desk.record_refusal(&*caller, E::PATH, Code::NotFound);
            return Refusal::from(Problem::not_found()).respond(&trace);
        }
    };
    let refused = |caller: &PortalCaller, refusal: Refusal| {
        app.desk.record_refusal(caller, E::PATH, refusal.0.code);
        refusal.respond(&trace)
    };
    let input = match input::<E>(&mut parts, body).await {
        Ok(input) => input,
        Err(refusal) => return refused(&caller, refusal),
    };
    match conditions::<E>(&parts, &input.bytes) {
        Ok((_, idempotency)) => caller.idempotency = idempotency,
        Err(error) => return refused(&caller, error.into()),
    }
    match answer(app.desk.clone(), caller.clone(), input.request).await {
        Ok(out) => respond::<E>(&out, &trace),
        Err(error) => refused(&caller, error.into()),
    }
}

/// Answers an endpoint that anybody may ask.
pub async fn public<E, F, Fut>(app: App, request: Request, answer: F) -> Response<Body>
where
    E: Endpoint,
    F: FnOnce(Desk, Visitor, E) -> Fut,
    Fut: Future<Output = service::Result<E::Out>>,
{
    let (mut parts, body) = request.into_parts();
    let visitor = visitor(&parts);
    let trace = visitor.trace.clone();
    if let Err(refusal) = visit(&app, &parts, &visitor) {
        return refusal.respond(&trace);
    }
    let input = match input::<E>(&mut parts, body).await {
        Ok(input) => input,
        Err(refusal) => return refusal.respond(&trace),
    };
    match answer(app.desk, visitor, input.request).await {
        Ok(out) => respond::<E>(&out, &trace),
        Err(error) => Refusal::from(error).respond(&trace),
    }
}

/// Where a request comes from.
#[must_use]
pub fn visitor(parts: &Parts) -> Visitor {
    Visitor {
        address: parts.extensions.get::<Peer>().map(|p| p.0.to_string()),
        trace: parts.extensions.get::<Trace>().map(|t| t.0.clone()).unwrap_or_default(),
    }
}

/// The caller behind the bearer token.
///
/// # Errors
/// 401 without a good token; a portal user's is answered like an unknown route, and recorded as a refusal of `act`.
pub async fn caller(
    app: &App,
    parts: &Parts,
    visitor: &Visitor,
    act: &'static str,
    access: Access,
) -> Result<Caller, Refusal> {
    match bearer_of(app, parts, visitor).await? {
        Bearer::User(caller) => {
            let reads = parts.method == axum::http::Method::GET;
            if let Err(error) = gate_token(caller.token, reads, act, access) {
                let refusal = Refusal::from(error);
                app.desk.record_refusal(&*caller, act, refusal.0.code);
                return Err(refusal);
            }
            Ok(*caller)
        }
        Bearer::Portal(portal) => {
            app.desk.record_refusal(&*portal, act, Code::NotFound);
            Err(Problem::not_found().into())
        }
    }
}

async fn bearer_of(app: &App, parts: &Parts, visitor: &Visitor) -> Result<Bearer, Refusal> {
    let Some(token) = bearer(&parts.headers) else {
        visit(app, parts, visitor)?;
        return Err(Problem::new(Code::Unauthenticated, "This needs a session. Sign in: riskdesk login.").into());
    };
    match authenticate(&app.desk, token, visitor).await {
        Ok(bearer) => {
            let person = match &bearer {
                Bearer::User(caller) => caller.user.0,
                Bearer::Portal(caller) => caller.user.0,
            };
            count(app, parts, Who::Person(person))?;
            Ok(bearer)
        }
        Err(error) => {
            // Made-up tokens are counted like visits without one; who has a session does not suffer from a neighbour.
            visit(app, parts, visitor)?;
            Err(error.into())
        }
    }
}

/// Counts a request that nobody is signed in for.
///
/// # Errors
/// 429 where there were too many from the same address.
pub fn visit(app: &App, parts: &Parts, visitor: &Visitor) -> Result<(), Refusal> {
    count(app, parts, Who::at(visitor.address.as_deref()))
}

/// Takes a request out of its asker's bucket, and leaves what is left of it for the answer's headers.
fn count(app: &App, parts: &Parts, who: Who) -> Result<(), Refusal> {
    let taken = app.rates.take(who, Instant::now());
    let standing = match &taken {
        Ok(standing) => *standing,
        Err(refused) => Some(refused.0),
    };
    if let (Some(standing), Some(slot)) = (standing, parts.extensions.get::<Slot>()) {
        slot.leave(standing);
    }
    match taken {
        Ok(_) => Ok(()),
        Err(refused) => Err(refused.1.into()),
    }
}

#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (scheme.eq_ignore_ascii_case("bearer") && token.len() <= 200).then_some(token.trim())
}

struct Input<E> {
    request: E,
    bytes: Bytes,
}

/// The request from path, query and body. Fields nobody declared are refused.
async fn input<E: Endpoint>(parts: &mut Parts, body: Body) -> Result<Input<E>, Refusal> {
    let params = RawPathParams::from_request_parts(parts, &())
        .await
        .map_err(|_| Refusal::from(Problem::not_found()))?;
    let params: Vec<(String, String)> = params.iter().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    let whole = tokio::time::timeout(BODY_TIME, axum::body::to_bytes(body, BODY_MAX)).await;
    let bytes = whole
        .map_err(|_| {
            let seconds = BODY_TIME.as_secs();
            Refusal::from(Problem::new(
                Code::InvalidRequest,
                format!("The body did not arrive within {seconds} seconds. Send it again over a better connection."),
            ))
        })?
        .map_err(|_| {
            Refusal::from(Problem::new(
                Code::PayloadTooLarge,
                format!("The body is larger than {BODY_MAX} bytes, or did not arrive whole."),
            ))
        })?;
    // PostgreSQL cannot keep it and nobody types it: refused once for every field of every request.
    let nul = parts.uri.query().is_some_and(|q| q.contains("%00"))
        || params.iter().any(|(_, value)| value.contains('\0'))
        || bytes.windows(6).any(|w| w == b"\\u0000");
    if nul {
        return Err(invalid("a text holds U+0000", None));
    }
    let query = parts.uri.query().unwrap_or_default();
    if E::METHOD.has_query() {
        if !bytes.is_empty() {
            return Err(Problem::new(
                Code::InvalidRequest,
                "This request has no body: put its fields into the query.",
            )
            .into());
        }
        let request = from_query(&params, query)?;
        return Ok(Input {
            request,
            bytes: Bytes::copy_from_slice(query.as_bytes()),
        });
    }
    if !query.is_empty() {
        return Err(Problem::new(
            Code::InvalidRequest,
            "This request has no query: put its fields into the JSON body.",
        )
        .into());
    }
    let json = parts
        .headers
        .get(header::CONTENT_TYPE)
        .is_none_or(|v| v.as_bytes().starts_with(b"application/json"));
    if !json && !bytes.is_empty() {
        return Err(Problem::new(Code::UnsupportedMediaType, "The body must be application/json.").into());
    }
    let request = from_body(&params, &bytes)?;
    Ok(Input { request, bytes })
}

fn from_query<T: DeserializeOwned>(params: &[(String, String)], query: &str) -> Result<T, Refusal> {
    let mut pairs: Vec<(String, String)> =
        serde_html_form::from_str(query).map_err(|e| invalid(&e.to_string(), None))?;
    if let Some((name, _)) = pairs.iter().find(|(name, _)| params.iter().any(|(p, _)| p == name)) {
        return Err(invalid(&format!("`{name}` stands in the path"), Some(name.clone())));
    }
    pairs.extend_from_slice(params);
    let text = serde_html_form::to_string(&pairs).map_err(|e| invalid(&e.to_string(), None))?;
    serde_html_form::from_str(&text).map_err(|e| {
        // The only parameter that can be malformed in a path is an id: one that was never issued.
        if query.is_empty() && params.iter().any(|(_, v)| v.parse::<uuid::Uuid>().is_err()) {
            return Problem::not_found().into();
        }
        invalid(&e.to_string(), None)
    })
}

fn from_body<T: DeserializeOwned>(params: &[(String, String)], bytes: &[u8]) -> Result<T, Refusal> {
    let mut fields: Map<String, Value> = if bytes.is_empty() {
        Map::new()
    } else {
        serde_json::from_slice(bytes).map_err(|e| invalid(&format!("the body is no JSON object: {e}"), None))?
    };
    for (name, value) in params {
        if fields.insert(name.clone(), Value::String(value.clone())).is_some() {
            return Err(invalid(&format!("`{name}` stands in the path"), Some(name.clone())));
        }
    }
    serde_path_to_error::deserialize(Value::Object(fields)).map_err(|e| {
        let path = e.path().to_string();
        if params.iter().any(|(name, _)| *name == path) {
            return Problem::not_found().into();
        }
        invalid(&e.inner().to_string(), (path != ".").then_some(path))
    })
}

fn invalid(what: &str, field: Option<String>) -> Refusal {
    let mut problem = Problem::new(
        Code::InvalidRequest,
        format!("The request is not understood: {what}. See /api/v1/openapi.json."),
    );
    problem.field = field;
    problem.into()
}

/// What a write must state besides its fields.
fn conditions<E: Endpoint>(parts: &Parts, bytes: &[u8]) -> service::Result<(Option<i64>, Option<Idempotency>)> {
    let version = if E::VERSIONED {
        Some(seen_version(&parts.headers)?)
    } else {
        None
    };
    if E::METHOD == Method::Get || E::SECRET {
        return Ok((version, None));
    }
    let key = parts
        .headers
        .get("idempotency-key")
        .and_then(|v| v.to_str().ok())
        .map(str::trim);
    match key {
        Some(key) if (1..=100).contains(&key.len()) => {
            let route = format!("{} {}", E::METHOD.name(), E::PATH);
            let idempotency = Idempotency::new(key.to_owned(), &route, parts.uri.path(), version, bytes);
            Ok((version, Some(idempotency)))
        }
        Some(_) => refuse(
            Code::IdempotencyKeyRequired,
            "An Idempotency-Key has 1 to 100 visible characters.",
        ),
        None => refuse(
            Code::IdempotencyKeyRequired,
            "A write needs an Idempotency-Key header, so that it happens once however often it is sent. A random UUID will do.",
        ),
    }
}

/// The client the writer says is pinned. A name that is no id is refused: to ignore it would be to write anywhere.
fn pinned(headers: &HeaderMap) -> service::Result<Option<ClientId>> {
    let Some(value) = headers.get(PIN) else {
        return Ok(None);
    };
    let id = value.to_str().ok().and_then(|text| text.trim().parse().ok());
    id.map(Some).ok_or_else(|| {
        Problem::new(Code::InvalidRequest, "Riskdesk-Client must be the id of a client.")
            .field("Riskdesk-Client")
            .into()
    })
}

fn seen_version(headers: &HeaderMap) -> service::Result<i64> {
    let Some(value) = headers.get(header::IF_MATCH) else {
        return refuse(
            Code::PreconditionRequired,
            "State the version you saw with If-Match (the ETag of the answer you read), so that nobody's change is overwritten.",
        );
    };
    let text = value.to_str().unwrap_or_default().trim();
    let version = text
        .strip_prefix('"')
        .and_then(|t| t.strip_suffix('"'))
        .and_then(|t| t.parse().ok());
    version.ok_or_else(|| {
        Problem::new(
            Code::InvalidRequest,
            "If-Match must be the ETag of an earlier answer, such as \"3\".",
        )
        .field("If-Match")
        .into()
    })
}

/// A success: status, body, and the version as `ETag` where the answer has one.
fn respond<E: Endpoint>(out: &E::Out, trace: &str) -> Response<Body> {
    #[derive(serde::Deserialize)]
    struct Versioned {
        version: Option<i64>,
    }
    let bytes = match serde_json::to_vec(out) {
        Ok(bytes) => bytes,
        Err(error) => return Refusal::from(service::Error::Failed(error.to_string())).respond(trace),
    };
    let etag = match E::ACCESS {
        Access::Listing => None,
        _ => serde_json::from_slice::<Versioned>(&bytes).ok().and_then(|v| v.version),
    };
    let empty = E::STATUS == 204;
    let mut response = Response::new(if empty { Body::empty() } else { Body::from(bytes) });
    *response.status_mut() = StatusCode::from_u16(E::STATUS).unwrap_or(StatusCode::OK);
    let headers = response.headers_mut();
    if !empty {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Some(value) = etag.and_then(|v| HeaderValue::from_str(&format!("\"{v}\"")).ok()) {
        headers.insert(header::ETAG, value);
    }
    response
}
