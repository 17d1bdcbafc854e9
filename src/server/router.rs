//! The whole API on one page.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::header;
use axum::middleware;
use axum::response::Response;
use axum::routing::{MethodFilter, on};
use tower_http::compression::CompressionLayer;

use super::endpoint::{self, Trace};
use super::openapi::{Document, Operation};
use super::problem::Refusal;
use super::traced::traced;
use super::{App, events, health, metrics, upload};
use crate::api::problem::{Code, Problem};
use crate::api::{Access, BASE, Endpoint, Method, event, import as api_import};
use crate::service::session::Visitor;
use crate::service::{
    self, Caller, Desk, PortalCaller, access, act, agency, audit, client, comment, finding, import, portal, project,
    queue, session, token,
};

/// Every route there is.
#[must_use]
pub fn build(app: App) -> Api {
    Api::new(app)
        .open(session::sign_in)
        .open(session::refresh)
        .on(session::sign_out)
        .on(session::who_am_i)
        .on(session::list)
        .on(session::revoke)
        .on(session::agencies)
        .on(session::switch)
        .on(token::create)
        .on(token::list)
        .on(token::revoke)
        .on(agency::show)
        .on(agency::overview)
        .on(agency::users)
        .on(audit::list)
        .on(audit::verify)
        .on(access::why)
        .on(client::list)
        .on(client::show)
        .on(client::create)
        .on(client::edit)
        .on(client::set_access)
        .on(client::archive::archive)
        .on(client::archive::restore)
        .on(project::list)
        .on(project::show)
        .on(project::create)
        .on(project::edit)
        .on(project::assign::assign)
        .portal(portal::comment)
        .on(act::list)
        .on(act::show)
        .on(act::undo)
        .on(act::redo)
        .on(finding::list)
        .on(finding::export::page)
        .on(finding::show)
        .on(finding::group::count)
        .on(finding::create::by_hand)
        .on(finding::bulk::change)
        .on(finding::decide::edit)
        .on(finding::transition::step)
        .on(finding::decide::triage)
        .on(finding::decide::release)
        .on(finding::place::place)
        .on(finding::merge::merge)
        .on(finding::split::split)
        .on(finding::occurrences)
        .on(finding::raw::show)
        .on(finding::history)
        .on(finding::why)
        .on(comment::list)
        .on(comment::add)
        .on(comment::set_audience)
        .on(comment::read)
        .on(queue::list)
        .on(queue::lanes)
        .on(queue::take)
        .on(queue::put_back)
        .on(queue::next)
        .on(import::formats)
        .on(import::open)
        .on(import::show)
        .on(import::list)
        .on(import::plan)
        .on(import::list_plan)
        .on(import::apply)
        .on(import::drop_batch)
        .on(import::compare)
        .on(import::standing)
        .raw(
            Method::Put,
            api_import::UPLOAD,
            Access::Object,
            "Upload a report to an import batch (any content type; gzip is understood)",
            "application/json",
            upload::upload,
        )
        .raw(
            Method::Get,
            event::PATH,
            Access::Member,
            "What changes, as server-sent events",
            "text/event-stream",
            events::stream,
        )
        .raw(
            Method::Get,
            health::HEALTH,
            Access::Public,
            "Whether the process lives",
            "application/json",
            health::health,
        )
        .raw(
            Method::Get,
            health::READY,
            Access::Public,
            "Whether requests can be answered: 503 with the reason where not",
            "application/json",
            health::ready,
        )
        .raw(
            Method::Get,
            metrics::PATH,
            Access::Public,
            "Figures for Prometheus; for this machine, or with the token that the operator set",
            "text/plain",
            metrics::show,
        )
}

/// The router while it is being built, with the document that grows beside it.
#[derive(Debug)]
pub struct Api {
    app: App,
    router: Router<App>,
    document: Document,
}

impl Api {
    fn new(app: App) -> Self {
        Self {
            app,
            router: Router::new(),
            document: Document::default(),
        }
    }

    /// An endpoint for people with a session.
    fn on<E, F, Fut>(mut self, answer: F) -> Self
    where
        E: Endpoint,
        F: Fn(Desk, Caller, E) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = service::Result<E::Out>> + Send + 'static,
    {
        self.document.add::<E>();
        let handler = move |State(app): State<App>, request: Request| endpoint::signed_in(app, request, answer);
        self.router = self.router.route(E::PATH, on(filter(E::METHOD), handler));
        self
    }

    /// An endpoint for a client's own people.
    fn portal<E, F, Fut>(mut self, answer: F) -> Self
    where
        E: Endpoint,
        F: Fn(Desk, PortalCaller, E) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = service::Result<E::Out>> + Send + 'static,
    {
        self.document.add::<E>();
        let handler = move |State(app): State<App>, request: Request| endpoint::portal(app, request, answer);
        self.router = self.router.route(E::PATH, on(filter(E::METHOD), handler));
        self
    }

    /// An endpoint for everybody.
    fn open<E, F, Fut>(mut self, answer: F) -> Self
    where
        E: Endpoint,
        F: Fn(Desk, Visitor, E) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = service::Result<E::Out>> + Send + 'static,
    {
        self.document.add::<E>();
        let handler = move |State(app): State<App>, request: Request| endpoint::public(app, request, answer);
        self.router = self.router.route(E::PATH, on(filter(E::METHOD), handler));
        self
    }

    /// A route whose request or answer is no JSON document.
    fn raw<F, Fut>(
        mut self,
        method: Method,
        path: &'static str,
        access: Access,
        summary: &str,
        content_type: &str,
        answer: F,
    ) -> Self
    where
        F: Fn(App, Request) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Response> + Send + 'static,
    {
        self.document.add_raw(method, path, access, summary, content_type);
        let handler = move |State(app): State<App>, request: Request| answer(app, request);
        self.router = self.router.route(path, on(filter(method), handler));
        self
    }

    /// The access table: every mounted operation.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.document.operations
    }

    /// The finished router: the document, layers, and one answer for what does not exist.
    pub fn into_router(mut self) -> Router {
        const DOCUMENT: &str = "/api/v1/openapi.json";
        debug_assert!(DOCUMENT.starts_with(BASE));
        self.document.add_raw(
            Method::Get,
            DOCUMENT,
            Access::Public,
            "This document",
            "application/json",
        );
        let (document, _) = self.document.finish();
        let document: Arc<str> = document.to_string().into();
        let serve_document = move || {
            let document = document.clone();
            async move { ([(header::CONTENT_TYPE, "application/json")], document.to_string()) }
        };
        self.router
            .route(DOCUMENT, on(MethodFilter::GET, serve_document))
            .method_not_allowed_fallback(|request: Request| async move { unknown(&request, Code::MethodNotAllowed) })
            .fallback(|request: Request| async move { unknown(&request, Code::NotFound) })
            .layer(CompressionLayer::new())
            .layer(middleware::from_fn_with_state(Arc::clone(&self.app.metrics), traced))
            .with_state(self.app)
    }
}

fn filter(method: Method) -> MethodFilter {
    match method {
        Method::Get => MethodFilter::GET,
        Method::Post => MethodFilter::POST,
        Method::Put => MethodFilter::PUT,
        Method::Patch => MethodFilter::PATCH,
        Method::Delete => MethodFilter::DELETE,
    }
}

fn unknown(request: &Request, code: Code) -> Response {
    let trace = request
        .extensions()
        .get::<Trace>()
        .map(|t| t.0.clone())
        .unwrap_or_default();
    let problem = match code {
        Code::MethodNotAllowed => Problem::new(code, "This route has no such method. See /api/v1/openapi.json."),
        _ => Problem::not_found(),
    };
    Refusal::from(problem).respond(&trace)
}
