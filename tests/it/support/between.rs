//! What stands between a client and its server: passes requests on, counts them, and loses answers on demand.

use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::{Body, Bytes};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;

/// What has passed.
#[derive(Default)]
pub struct Seen {
    /// Renewals that the server granted, answered or not.
    pub renewals: AtomicUsize,
    /// Granted renewals whose answer was lost.
    pub lost_renewals: AtomicUsize,
    /// Answers lost in all.
    pub lost: AtomicUsize,
    /// Successes that reached their client.
    pub answered: AtomicUsize,
    /// Lose one answer in this many; 0 loses none.
    pub lose_one_in: AtomicU32,
    /// Answer everything with a redirect to this address instead.
    pub redirect: Mutex<Option<String>>,
    /// Whether any request carried a token or a password.
    pub secrets: AtomicBool,
    /// Where requests go.
    pub server: Mutex<String>,
    turn: AtomicU32,
}

/// A running relay; ends with its owner.
pub struct Between {
    pub url: String,
    pub seen: Arc<Seen>,
    runtime: Option<tokio::runtime::Runtime>,
}

impl Between {
    /// Listens on a free port and passes everything on to `server`.
    pub fn to(server: &str) -> Self {
        // Some tests reach the network before any server has set this up; a second time changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let seen = Arc::new(Seen {
            server: Mutex::new(server.to_owned()),
            ..Seen::default()
        });
        // Bound without waiting, so that a test that is itself asynchronous can make one.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let shared = Arc::clone(&seen);
        runtime.spawn(async move {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((stream, _)) = listener.accept().await {
                let (http, seen) = (http.clone(), Arc::clone(&shared));
                let pass = service_fn(move |request| pass(http.clone(), Arc::clone(&seen), request));
                tokio::spawn(async move {
                    // A lost answer ends its connection with an error; that is what it is for.
                    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), pass).await;
                });
            }
        });
        Self {
            url,
            seen,
            runtime: Some(runtime),
        }
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn pass(
    http: reqwest::Client,
    seen: Arc<Seen>,
    request: Request<Incoming>,
) -> Result<Response<Body>, std::io::Error> {
    let (head, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(Body::new(body), 1 << 20)
        .await
        .map_err(std::io::Error::other)?;
    if head.headers.contains_key("authorization") || body.windows(8).any(|w| w == b"password") {
        seen.secrets.store(true, Ordering::Relaxed);
    }
    let redirect = seen.redirect.lock().unwrap().clone();
    if let Some(to) = redirect {
        let to = format!("{to}{}", head.uri.path());
        return Ok(Response::builder()
            .status(307)
            .header("location", to)
            .body(Body::empty())
            .unwrap());
    }
    let server = seen.server.lock().unwrap().clone();
    let mut onward = http
        .request(head.method.clone(), format!("{server}{}", head.uri))
        .body(body);
    for (name, value) in &head.headers {
        if name != "host" && name != "content-length" && name != "accept-encoding" {
            onward = onward.header(name, value);
        }
    }
    let answer = onward.send().await.map_err(std::io::Error::other)?;
    let (status, kind) = (answer.status(), answer.headers().get("content-type").cloned());
    let renewal = head.uri.path().ends_with("/session/refresh") && status.is_success();
    if renewal {
        seen.renewals.fetch_add(1, Ordering::SeqCst);
    }
    let one_in = seen.lose_one_in.load(Ordering::Relaxed);
    if one_in > 0 && seen.turn.fetch_add(1, Ordering::Relaxed) % one_in == one_in - 1 {
        seen.lost.fetch_add(1, Ordering::SeqCst);
        if renewal {
            seen.lost_renewals.fetch_add(1, Ordering::SeqCst);
        }
        return Err(std::io::Error::other("lost"));
    }
    if status.is_success() {
        seen.answered.fetch_add(1, Ordering::SeqCst);
    }
    let mut response = Response::builder().status(status);
    if let Some(kind) = kind {
        response = response.header("content-type", kind);
    }
    Ok(response.body(Body::from_stream(answer.bytes_stream())).unwrap())
}
