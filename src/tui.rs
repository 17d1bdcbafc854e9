//! The console: what analysts look at all day.
//!
//! One queue with one owner. Keys, answers and server events become messages ([`msg`]); the app ([`app`]) hands them to
//! the pane or sheet they belong to, whose `update` answers with effects as data ([`effect`]); one [`runtime`] performs
//! them. Drawing cannot change anything, nothing waits for the network, and an idle console neither writes nor wakes.
//!
//! | file | what |
//! |---|---|
//! | [`command_line`] | a call as the command that does the same |
//! | [`app`] | the owner of all state: routing of keys, effects, calls, frame |
//! | [`runtime`] | the loop; performs calls, events, clipboard, drafts file |
//! | [`terminal`], [`input`] | the terminal taken and given back; bytes become keys |
//! | [`action`], [`keymap`] | the one table of acts, and which key does which |
//! | [`ink`], [`theme`], [`layout`], [`widgets`] | drawing: only safe text, tones instead of colours |
//! | [`window`] | a list as a window on the server's pages |
//! | [`memory`] | where it was left and the saved views, between runs |
//! | [`stage`] | the demo's own orders: stop the server, start it |
//! | [`tour`] | the steps of the README's tour |
//! | [`acts`] | what can be done with a finding, wherever one is shown |
//! | [`panes`], [`modals`] | what is on the screen, one file each |
//! | [`harness`] | drives an app without a terminal or server: tests, benchmarks |
//!
//! How to add a pane: `panes/<noun>s.rs`, a line in [`panes::registry`], a line in `assets/keymap.toml`.
//! How to add an act: a line in [`action`], a key in `assets/keymap.toml`, an arm in the pane that does it.
//!
//! May name `remote`, `api`, `domain`, `config`; never `store`, `service`, `server`.

use std::path::PathBuf;
use std::sync::Arc;

pub mod action;
mod acts;
pub mod app;
mod clock;
mod command_line;
mod drafts;
pub mod effect;
pub mod harness;
mod ink;
pub mod input;
pub mod keymap;
mod layout;
pub mod memory;
mod modals;
mod model;
pub mod msg;
mod panes;
mod runtime;
pub mod stage;
pub mod terminal;
pub mod theme;
pub mod tour;
mod widgets;
mod window;
mod words;

use effect::Gate;
pub use runtime::Outside;

use crate::domain::time::Time;
use crate::remote::Remote;

/// What the console needs to run. Made by the command line.
pub struct Console {
    /// The session's client; none where nobody is signed in.
    pub remote: Option<Remote>,
    /// Signs in, at the start or when a session ends.
    pub gate: Arc<dyn Gate>,
    /// The server as people know it; empty where no profile names one, which opens the first-run sheet.
    pub server: String,
    /// The e-mail the sign-in sheet offers.
    pub email: String,
    /// The name of a built-in theme.
    pub theme: String,
    /// The text of a theme file that replaces it.
    pub theme_file: Option<String>,
    /// The text of the user's `keymap.toml`.
    pub keymap: Option<String>,
    /// Where drafts are kept; none keeps them in memory only.
    pub state: Option<PathBuf>,
    /// Minutes without a key until the screen locks.
    pub idle_minutes: u64,
    pub outside: Outside,
    /// What `:demo` does; only the demo's console has it.
    pub stage: Option<Arc<dyn stage::Stage>>,
    /// Opens with the tour's checklist.
    pub tour: bool,
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Console({})", self.server)
    }
}

/// Runs the console until the user quits, the terminal goes away, or a signal ends it.
///
/// # Errors
/// Where keymap or theme cannot be read, or there is no terminal.
pub async fn run(console: Console) -> color_eyre::Result<()> {
    let keymap = keymap::Keymap::read(console.keymap.as_deref()).map_err(|e| color_eyre::eyre::eyre!(e))?;
    let theme = match &console.theme_file {
        Some(text) => theme::Theme::parse(text),
        None => theme::Theme::named(&console.theme),
    };
    let theme = theme.map_err(|e| color_eyre::eyre::eyre!(e))?;
    let drawer = console.state.as_deref().map(drafts::Drawer::new);
    let shelf = console.state.as_deref();
    let shelf = shelf.map(|state| memory::Shelf::new(state, &console.server, &console.email));
    let mut app = app::App::new(app::Setup {
        keymap,
        theme,
        drafts: drawer.as_ref().map(drafts::Drawer::load).unwrap_or_default(),
        memory: shelf.as_ref().map(memory::Shelf::load).unwrap_or_default(),
        server: console.server,
        email: console.email,
        now: Time::system_now(),
        idle_ms: i64::try_from(console.idle_minutes).ok().map(|m| m * 60_000),
    });
    if console.tour {
        app.open_tour();
    }
    let keep = (drawer, shelf);
    let host = effect::Host {
        remote: None,
        gate: console.gate,
        stage: console.stage,
        trace: Arc::default(),
    };
    runtime::run(app, console.remote, host, keep, console.outside).await
}
