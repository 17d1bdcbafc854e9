//! The console, which opens where no command is given: what it needs is put together here.

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::sync::Arc;

use futures::future::BoxFuture;

use super::context::{Context, Remembered};
use super::error::Error;
use crate::api::session::SignIn;
use crate::config::CredentialPlace;
use crate::remote::{self, Address, Options, Remote};
use crate::tui;
use crate::tui::effect::Gate;

/// Makes what the console needs before it takes the screen. Says whether a log file can be written.
pub fn prepare(cx: &Context) -> bool {
    crate::config::private_dir(&cx.paths.state_dir).is_ok()
}

/// Runs the console with the session of the profile; without one it opens its sign-in sheet.
///
/// # Errors
/// Where there is no such profile, no terminal, or theme or keymap cannot be read.
pub async fn run(cx: &Context) -> Result<(), Error> {
    let servers = cx.servers()?;
    // Who names a profile means one that is there; only without a name is this somebody's first run.
    if servers.is_empty() && cx.global.profile.is_some() {
        return Err(cx.no_server());
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(Error::Usage(
            "the console needs a terminal; `riskdesk --help` lists the commands for scripts".into(),
        ));
    }
    let remote = if servers.is_empty() {
        None
    } else {
        Some(cx.silent_remote()?)
    };
    let has_session = match &remote {
        Some(remote) => remote.has_session().await.unwrap_or(false),
        None => false,
    };
    open(
        cx,
        &cx.paths.state_dir,
        remote.filter(|_| has_session),
        servers.first().map(Address::to_string),
        Extra::default(),
    )
    .await
}

/// What the demo's console has beside a desk.
#[derive(Default)]
pub struct Extra {
    pub stage: Option<Arc<dyn tui::stage::Stage>>,
    /// Opens with the tour's checklist.
    pub tour: bool,
}

/// Runs the console on a session that is there already (the demo's), or without one. What it keeps of its own (drafts)
/// goes into `state_dir`.
///
/// # Errors
/// As [`run`].
pub async fn open(
    cx: &Context,
    state_dir: &Path,
    remote: Option<Remote>,
    server: Option<String>,
    extra: Extra,
) -> Result<(), Error> {
    let file = |name: &str| std::fs::read_to_string(cx.paths.config_dir.join(name)).ok();
    // NO_COLOR, TERM=dumb, or a terminal that has no colours: severity is a letter as well.
    let colours = supports_color::on(supports_color::Stream::Stdout).is_some();
    let theme = match cx.config.console.theme.as_str() {
        _ if cx.environment.plain_terminal() || !colours => "mono",
        theme => theme,
    };
    let console = tui::Console {
        remote,
        gate: Arc::new(Door(cx.clone())),
        server: server.unwrap_or_default(),
        email: cx.email().unwrap_or_default(),
        theme: theme.to_owned(),
        theme_file: file(&format!("themes/{theme}.toml")),
        keymap: file("keymap.toml"),
        idle_minutes: cx.config.console.idle_minutes,
        outside: tui::Outside {
            editor: ["VISUAL", "EDITOR"]
                .iter()
                .find_map(|name| cx.environment.get(name))
                .unwrap_or("vi")
                .to_owned(),
            files: cx.paths.written_dir(),
            tmux: cx.environment.get("TMUX").is_some(),
            mouse: cx.config.console.mouse,
        },
        stage: extra.stage,
        tour: extra.tour,
        state: (cx.config.credentials != CredentialPlace::Memory).then(|| state_dir.join("drafts")),
    };
    tui::run(console).await.map_err(|e| Error::Failed(e.to_string()))
}

/// Signs the console in, and remembers a server that no profile names.
struct Door(Context);

impl Gate for Door {
    fn sign_in(
        &self,
        server: Option<String>,
        email: String,
        password: String,
    ) -> BoxFuture<'static, Result<Remote, remote::Error>> {
        let cx = self.0.clone();
        Box::pin(async move {
            let wrong = |e: Error| remote::Error::Protocol(e.to_string());
            let servers = match server {
                Some(text) => vec![text.parse::<Address>()?],
                None => cx.servers().map_err(wrong)?,
            };
            let remote = Remote::new(Options {
                cache: cx.cache(&servers),
                servers: servers.clone(),
                token: None,
                network: cx.config.network.clone(),
                read_only: cx.global.read_only,
                slow: None,
            })?;
            let request = SignIn {
                email: email.clone(),
                password,
                agency: None,
                label: Some("console".into()),
            };
            remote.sign_in(&request).await?;
            let note = Remembered {
                server: servers.iter().map(Address::to_string).collect(),
                email: Some(email),
            };
            // Not remembering costs the next start a question, not this session.
            if let Err(error) = cx.remember(&note) {
                tracing::warn!(%error, "the server of this profile is not remembered");
            }
            Ok(remote)
        })
    }
}
