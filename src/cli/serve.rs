//! `serve`: the server, over SQLite or PostgreSQL. A composition root: it puts store, services and HTTP together.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::context::Context;
use super::error::Error;
use crate::config;
use crate::server::proxies::Proxies;
use crate::server::{Options, Server};
use crate::service::clock::Clock;
use crate::service::limits::Limits;
use crate::service::{Desk, admin};
use crate::store::Store;

mod unit;

/// Run the server until it is interrupted
#[derive(Debug, Args)]
#[command(after_help = "\
riskdesk serve --database sqlite:desk.db --listen 127.0.0.1:7430
riskdesk serve --database postgres://riskdesk_serve@db/desk

The server speaks plain HTTP: put a proxy that speaks TLS before it. When it listens it says where on standard output; \
its log goes to standard error as JSON lines (RISKDESK_LOG sets the level). SIGINT and SIGTERM stop it: what is under way \
gets a few seconds.")]
pub struct Serve {
    /// sqlite:PATH (made where it is missing) or postgres://… (migrated by `riskdesk admin migrate`)
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Address and port; port 0 takes a free one
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Where uploads lie while they are read
    #[arg(long, value_name = "DIR")]
    spool: Option<PathBuf>,
    /// Write a systemd unit that runs this binary with these flags, and end
    #[arg(long)]
    print_unit: bool,
}

pub async fn run(cx: &Context, command: Serve) -> Result<(), Error> {
    let database = command.database.unwrap_or_else(|| cx.config.serve.database.clone());
    let listen = command.listen.unwrap_or_else(|| cx.config.serve.listen.clone());
    if command.print_unit {
        let program = std::env::current_exe().map_err(|e| Error::Failed(format!("where this program is: {e}")))?;
        let unit = unit::Unit {
            program: &program,
            database: &database,
            listen: &listen,
            spool: command.spool.as_deref(),
        };
        return cx.out.said(unit.text().trim_end());
    }
    let proxies = Proxies::read(&cx.config.serve.trusted_proxies).map_err(|entry| {
        Error::Failed(format!(
            "serve.trusted_proxies: {entry:?} is no address and no range; write them as 10.0.0.1 or 10.0.0.0/8"
        ))
    })?;
    // Before anything is opened: a signal that arrives early stops the server in order, too.
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|e| Error::Failed(format!("signals: {e}")))?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|e| Error::Failed(format!("signals: {e}")))?;
    let spool = command.spool.unwrap_or_else(|| spool_of(&database, cx));
    config::private_dir(&spool)
        .map_err(|e| Error::Failed(format!("{}: {e}; name another --spool", spool.display())))?;

    let store = Store::open(&database).await.map_err(|e| Error::Failed(e.to_string()))?;
    let bare = admin::is_bare(&store).await;
    let desk = Desk::within(store, Clock::system(), Some(spool), limits(&cx.config.limits))
        .await
        .map_err(super::admin::refused)?;
    let listener = TcpListener::bind(&listen).await.map_err(|e| {
        Error::Failed(format!(
            "{listen}: {e}; give another --listen, or stop what listens there"
        ))
    })?;
    let token = &cx.config.serve.metrics_token;
    let options = Options {
        proxies,
        metrics_token: (!token.is_empty()).then(|| token.clone().into()),
    };
    let server = Server::start_with(desk, listener, options)
        .await
        .map_err(|e| Error::Failed(format!("{e:#}")))?;
    let url = format!("http://{}", server.address);
    tracing::info!(%url, "listening");
    if cx.out.is_json() {
        cx.out.line(&json!({"url": url}))?;
    } else {
        cx.out.said(&format!("listening at {url}"))?;
        if bare {
            cx.out.remark(&format!(
                "nobody can sign in yet; run: riskdesk admin init --database {database} --agency NAME --email E --password-stdin"
            ));
        }
    }
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    tracing::info!("stopping");
    server.stop().await;
    Ok(())
}

/// The settings in the units the server counts in.
fn limits(set: &config::Limits) -> Limits {
    Limits {
        streams_per_person: set.streams_per_person,
        streams_per_agency: set.streams_per_agency,
        streams: set.streams,
        decoders: set.decoders,
        decoder_wait: Duration::from_secs(set.decoder_wait_seconds),
        upload_bytes: set.upload_megabytes << 20,
        spool_bytes_per_agency: set.spool_megabytes_per_agency << 20,
        spool_bytes: set.spool_megabytes << 20,
        requests_per_minute: set.requests_per_minute,
        requests_burst: set.requests_burst,
        visits_per_minute: set.visits_per_minute,
        visits_burst: set.visits_burst,
        passwords_at_once: set.passwords_at_once,
        passwords_waiting: set.passwords_waiting,
        rows_at_once: set.rows_at_once,
    }
}

/// Beside the SQLite file, where its owner expects what belongs to it; else in this user's state directory.
fn spool_of(database: &str, cx: &Context) -> PathBuf {
    match database.strip_prefix("sqlite:") {
        Some(path) => PathBuf::from(format!("{}.uploads", path.strip_prefix("//").unwrap_or(path))),
        None => cx.paths.state_dir.join("uploads"),
    }
}
