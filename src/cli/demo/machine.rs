//! The demo's server, which can be stopped and started under an open console: the same port, the same database, so that
//! everybody sees how the console goes on without it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use futures::future::BoxFuture;
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use crate::cli::Error;
use crate::server::Server;
use crate::service::Desk;
use crate::service::clock::Clock;
use crate::service::limits::Limits;
use crate::store::Store;
use crate::tui::stage::Stage;

/// See the module's description.
pub struct Machine {
    database: String,
    spool: PathBuf,
    clock: Clock,
    address: SocketAddr,
    running: Mutex<Option<Server>>,
}

impl Machine {
    /// Starts on a free loopback port; the store is for what the operator does (`admin`).
    pub async fn start(dir: &Path, clock: Clock) -> Result<(Self, Store), Error> {
        let spool = dir.join("uploads");
        crate::config::private_dir(&spool).map_err(|e| Error::Failed(e.to_string()))?;
        let mut machine = Self {
            database: format!("sqlite:{}", dir.join("desk.db").display()),
            spool,
            clock,
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            running: Mutex::default(),
        };
        let (server, store) = machine.serve().await?;
        machine.address = server.address;
        machine.running = Mutex::new(Some(server));
        Ok((machine, store))
    }

    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    async fn serve(&self) -> Result<(Server, Store), Error> {
        let failed = |e: &dyn std::fmt::Display| Error::Failed(e.to_string());
        let store = Store::open(&self.database).await.map_err(|e| failed(&e))?;
        // One person on their own machine, whose desk is filled as fast as it can be.
        let limits = Limits {
            requests_per_minute: 0,
            visits_per_minute: 0,
            ..Limits::default()
        };
        let desk = Desk::within(store.clone(), self.clock.clone(), Some(self.spool.clone()), limits)
            .await
            .map_err(crate::cli::admin::refused)?;
        let listener = TcpListener::bind(self.address).await.map_err(|e| failed(&e))?;
        let server = Server::start(desk, listener)
            .await
            .map_err(|e| Error::Failed(format!("{e:#}")))?;
        Ok((server, store))
    }

    /// Stops, if it runs: listener and connections are closed.
    pub async fn stop(&self) -> bool {
        // Held until it has stopped: a start in the meantime waits for the port and the database.
        let mut running = self.running.lock().await;
        match running.take() {
            Some(server) => {
                server.stop().await;
                true
            }
            None => false,
        }
    }

    /// Starts again where it listened before, unless it runs.
    async fn restart(&self) -> Result<bool, Error> {
        let mut running = self.running.lock().await;
        if running.is_some() {
            return Ok(false);
        }
        *running = Some(self.serve().await?.0);
        Ok(true)
    }
}

/// What `:demo …` does in the demo's console.
pub struct Backstage(pub std::sync::Arc<Machine>);

impl Stage for Backstage {
    fn order(&self, order: String) -> BoxFuture<'static, Result<String, String>> {
        let machine = self.0.clone();
        // A task of its own: an order that follows quickly takes the caller's place, and half a stop is none.
        let done = tokio::spawn(async move {
            match order.as_str() {
                "stop-server" if machine.stop().await => {
                    Ok("The server is stopped. Look around, write a comment; then :demo start-server.".into())
                }
                "stop-server" => Ok("The server is stopped already. :demo start-server starts it.".into()),
                "start-server" => match machine.restart().await {
                    Ok(true) => Ok("The server is back at the same address.".into()),
                    Ok(false) => Ok("The server is running. :demo stop-server stops it.".into()),
                    Err(error) => Err(error.to_string()),
                },
                _ => Err(":demo knows stop-server and start-server.".into()),
            }
        });
        Box::pin(async move { done.await.unwrap_or_else(|e| Err(e.to_string())) })
    }
}
