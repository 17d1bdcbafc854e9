//! The HTTP face of the desk: router, extraction, problems, event streams, and the listener with its timers.
//!
//! No rule lives here. A route names an [`crate::api::Endpoint`] and the service function that answers it; everything
//! between (who asks, what was sent, which status) is [`endpoint`]'s, once for all routes.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::service::Desk;

pub mod access;
pub mod endpoint;
pub mod events;
pub mod health;
pub mod listen;
pub mod metrics;
pub mod openapi;
pub mod problem;
pub mod proxies;
pub mod rate;
pub mod router;
pub mod traced;
pub mod upload;

/// What every request shares.
#[derive(Debug, Clone)]
pub struct App {
    pub desk: Desk,
    pub hub: events::Hub,
    pub rates: std::sync::Arc<rate::Rates>,
    pub metrics: std::sync::Arc<metrics::Metrics>,
    /// Turns true when the server begins to stop: streams end then.
    pub stopping: tokio::sync::watch::Receiver<bool>,
}

/// What an operator sets besides the limits.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Believed about where a request comes from.
    pub proxies: proxies::Proxies,
    /// Who has it may read the metrics from elsewhere than this machine.
    pub metrics_token: Option<secrecy::SecretString>,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    pub address: SocketAddr,
    stop: tokio::sync::watch::Sender<bool>,
    done: tokio::task::JoinHandle<()>,
    desk: Desk,
}

impl Server {
    /// Starts to serve on a listener.
    ///
    /// # Errors
    /// Where the event stream's position cannot be read or the listener has no address.
    pub async fn start(desk: Desk, listener: TcpListener) -> color_eyre::Result<Self> {
        Self::start_with(desk, listener, Options::default()).await
    }

    /// As [`Server::start`], as an operator wants it.
    ///
    /// # Errors
    /// Where the event stream's position cannot be read or the listener has no address.
    pub async fn start_with(desk: Desk, listener: TcpListener, options: Options) -> color_eyre::Result<Self> {
        let address = listener.local_addr()?;
        let (stop, stopping) = tokio::sync::watch::channel(false);
        let hub = events::Hub::start(desk.clone(), stopping.clone()).await?;
        let app = App {
            desk: desk.clone(),
            hub,
            rates: std::sync::Arc::new(rate::Rates::new(&desk.rooms().limits)),
            metrics: std::sync::Arc::new(metrics::Metrics::new(options.metrics_token)),
            stopping: stopping.clone(),
        };
        tokio::spawn(crate::service::job::keep_running(desk.clone(), stopping.clone()));
        let done = tokio::spawn(listen::serve(
            listener,
            router::build(app).into_router(),
            options.proxies,
            stopping,
        ));
        Ok(Self {
            address,
            stop,
            done,
            desk,
        })
    }

    /// Stops: no new connections, streams end, requests under way get a few seconds, then the database is closed.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        let _ = self.done.await;
        self.desk.close().await;
    }
}
