//! Accepting connections, with the timers that `axum::serve` does not set: half-sent headers are closed after
//! [`HEADERS`], and stopping waits at most [`DRAIN`] for requests under way.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt as _;

use super::endpoint::Peer;
use super::proxies::Proxies;

/// How long a client may take to send a request's headers.
pub const HEADERS: Duration = Duration::from_secs(10);
/// How many connections there may be at once.
const CONNECTIONS: usize = 4096;
/// How long stopping waits for requests under way.
pub const DRAIN: Duration = Duration::from_secs(2);

/// Serves until `stopping` turns true.
pub async fn serve(listener: TcpListener, router: Router, proxies: Proxies, mut stopping: watch::Receiver<bool>) {
    let proxies = Arc::new(proxies);
    // HTTP/1.1 alone: guessing the protocol from the first bytes has no timer, and the proxy in front speaks HTTP/1.1.
    let mut builder = http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEADERS);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stop| *stop) => break,
        };
        let (socket, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of file descriptors, most likely: let connections end before trying again.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        // Without a place the connection is closed at once; the ones that are there go on.
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            continue;
        };
        let _ = socket.set_nodelay(true);
        let (router, proxies) = (router.clone(), Arc::clone(&proxies));
        let service = hyper::service::service_fn(move |request: hyper::Request<Incoming>| {
            let mut request: Request = request.map(Body::new);
            let origin = proxies.origin(peer.ip(), request.headers());
            request.extensions_mut().insert(Peer(origin));
            router.clone().oneshot(request)
        });
        let connection = graceful.watch(builder.serve_connection(TokioIo::new(socket), service));
        tokio::spawn(async move {
            let _place = place;
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("stopped with requests under way");
    }
}
