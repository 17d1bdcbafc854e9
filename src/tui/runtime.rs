//! Performs what the app asks for: calls, the event stream, the clipboard, the drafts file. Owns the queue and the loop.
//!
//! The loop takes every message that is there before it draws, draws only when something changed, and sleeps until the
//! next message or the wake-up the app named. Nothing in it waits for the network.

use std::collections::HashMap;
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use futures::StreamExt;
use tempfile::NamedTempFile;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::AbortHandle;

use super::app::App;
use super::drafts::Drawer;
use super::effect::Host;
use super::memory::Shelf;
use super::msg::{Command, Msg};
use super::terminal::{self, Happened, Keys, Screen};
use crate::domain::time::Time;
use crate::remote::Remote;

/// See the module's description.
pub(super) struct Runtime {
    queue: UnboundedSender<Msg>,
    host: Host,
    jobs: HashMap<u64, AbortHandle>,
    events: Option<AbortHandle>,
    drawer: Option<Drawer>,
    shelf: Option<Shelf>,
    screen: Screen,
    keys: Keys,
    outside: Outside,
    /// What is being written in the editor; removed when it is dropped.
    away: Option<NamedTempFile>,
}

/// What the console knows of the world around its terminal.
#[derive(Debug, Clone)]
pub struct Outside {
    /// `$VISUAL`, `$EDITOR`, or what every system has; a shell reads it, so it may hold options.
    pub editor: String,
    /// Where texts are written that no clipboard takes.
    pub files: PathBuf,
    /// Whether this runs inside tmux.
    pub tmux: bool,
    pub mouse: bool,
}

/// The longest text taken back from the editor.
const EDITED_MAX: u64 = 1 << 20;

/// Runs the console until it quits.
///
/// # Errors
/// Where the terminal cannot be taken, or has gone for good.
pub(super) async fn run(
    mut app: App,
    remote: Option<Remote>,
    host: Host,
    (drawer, shelf): (Option<Drawer>, Option<Shelf>),
    outside: Outside,
) -> color_eyre::Result<()> {
    let (queue, mut messages) = unbounded_channel();
    let screen = Screen::take(outside.mouse)?;
    let size = screen.terminal.size()?;
    let mut runtime = Runtime {
        queue: queue.clone(),
        host,
        jobs: HashMap::new(),
        events: None,
        drawer,
        shelf,
        screen,
        keys: watch_terminal(&queue)?,
        outside,
        away: None,
    };
    app.update(Msg::Size(size.width, size.height), Time::system_now());
    let signed_in = remote.is_some();
    if let Some(remote) = remote {
        runtime.connect(remote);
    }
    app.start(signed_in);
    let drafts = runtime.drawer.clone();
    // A panic in update or view must not take what was typed with it.
    let end = runtime.turn(&mut app, &mut messages).await;
    if let Err(Stop::Panic(payload)) = end {
        terminal::restore();
        if let Some(drawer) = drafts {
            let _ = drawer.save(&app.rescue());
        }
        resume_unwind(payload);
    }
    if let Err(Stop::Output(error)) = end {
        // The terminal has gone: there is nobody to tell, the drafts are what matters.
        tracing::warn!(%error, "the terminal cannot be written; leaving");
        if let Some(drawer) = drafts {
            let _ = drawer.save(&app.rescue());
        }
    }
    Ok(())
}

enum Stop {
    Output(std::io::Error),
    Panic(Box<dyn std::any::Any + Send>),
}

fn watch_terminal(queue: &UnboundedSender<Msg>) -> std::io::Result<Keys> {
    let (sender, mut receiver) = unbounded_channel();
    let keys = terminal::watch(&sender)?;
    let queue = queue.clone();
    tokio::spawn(async move {
        while let Some(happened) = receiver.recv().await {
            let msg = match happened {
                Happened::Resized => match crossterm::terminal::size() {
                    Ok((width, height)) => Msg::Size(width, height),
                    Err(_) => continue,
                },
                other => Msg::Happened(other),
            };
            if queue.send(msg).is_err() {
                return;
            }
        }
    });
    Ok(keys)
}

impl Runtime {
    async fn turn(&mut self, app: &mut App, messages: &mut UnboundedReceiver<Msg>) -> Result<(), Stop> {
        loop {
            let commands = app.take_commands();
            self.perform(commands).map_err(Stop::Output)?;
            if app.has_quit() {
                return Ok(());
            }
            // While the terminal is lent, what is new waits.
            if self.away.is_none() && app.take_dirty() {
                self.draw(app)?;
            }
            let first = match app.next_wake() {
                None => messages.recv().await,
                Some(at) => {
                    let wait = at.0.saturating_sub(Time::system_now().0).max(10);
                    match tokio::time::timeout(Duration::from_millis(wait as u64), messages.recv()).await {
                        Ok(message) => message,
                        Err(_) => Some(Msg::Wake),
                    }
                }
            };
            let Some(first) = first else { return Ok(()) };
            let mut next = Some(first);
            while let Some(msg) = next {
                let msg = match msg {
                    Msg::Reply(id, answer) => {
                        self.jobs.remove(&id);
                        Msg::Reply(id, answer)
                    }
                    Msg::Edited(layer, ended) => Msg::Edited(layer, self.back(ended).map_err(Stop::Output)?),
                    other => other,
                };
                catch_unwind(AssertUnwindSafe(|| app.update(msg, Time::system_now()))).map_err(Stop::Panic)?;
                // A write must leave before the next key is looked at: the order of acts is the order of keys.
                let commands = app.take_commands();
                self.perform(commands).map_err(Stop::Output)?;
                if app.has_quit() {
                    return Ok(());
                }
                next = messages.try_recv().ok();
            }
        }
    }

    fn draw(&mut self, app: &App) -> Result<(), Stop> {
        let terminal = &mut self.screen.terminal;
        let drawn = catch_unwind(AssertUnwindSafe(|| {
            let drawn = terminal.draw(|frame| {
                let cursor = app.view(frame.buffer_mut());
                if let Some(place) = cursor {
                    frame.set_cursor_position(place);
                }
            });
            drawn.map(|_| ())
        }));
        match drawn {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(Stop::Output(error)),
            Err(payload) => Err(Stop::Panic(payload)),
        }
    }

    fn perform(&mut self, commands: Vec<Command>) -> std::io::Result<()> {
        for command in commands {
            match command {
                Command::Start(id, work) => {
                    let trace = Arc::new(OnceLock::new());
                    let host = Host {
                        trace: trace.clone(),
                        ..self.host.clone()
                    };
                    let queue = self.queue.clone();
                    let (progress, mut steps) = unbounded_channel();
                    let told = queue.clone();
                    tokio::spawn(async move {
                        while let Some(far) = steps.recv().await {
                            if told.send(Msg::Progress(id, far)).is_err() {
                                return;
                            }
                        }
                    });
                    let job = tokio::spawn(async move {
                        let answer = work.run(host, progress).await;
                        if let Some(trace) = trace.get() {
                            let _ = queue.send(Msg::Trace(id, trace.clone()));
                        }
                        let _ = queue.send(Msg::Reply(id, answer));
                    });
                    self.jobs.insert(id, job.abort_handle());
                }
                Command::Abort(id) => {
                    if let Some(job) = self.jobs.remove(&id) {
                        job.abort();
                    }
                }
                Command::Connect(remote) => self.connect(remote),
                Command::Reconnect => {
                    if let Some(remote) = self.host.remote.clone() {
                        self.connect(remote);
                    }
                }
                Command::Copy(text) => {
                    let mut out = std::io::stdout();
                    out.write_all(terminal::clipboard(&text, self.outside.tmux).as_bytes())?;
                    out.flush()?;
                }
                Command::Export(name, text) => {
                    let written = export(&self.outside.files, &name, &text).map_err(|e| e.to_string());
                    let _ = self.queue.send(Msg::Exported(written));
                }
                Command::Edit(layer, text) => self.edit(layer, &text),
                Command::Save(json) => {
                    if let Some(drawer) = &self.drawer
                        && let Err(error) = drawer.save(&json)
                    {
                        tracing::warn!(%error, "drafts cannot be kept");
                    }
                }
                Command::Remember(memory) => {
                    if let Some(shelf) = &self.shelf
                        && let Err(error) = shelf.save(&memory)
                    {
                        tracing::warn!(%error, "what was left where cannot be kept");
                    }
                }
                Command::Suspend => Screen::suspend(),
                // The editor, too, was stopped and goes on: the terminal is still its own.
                Command::Resume if self.away.is_some() => {}
                Command::Resume => self.screen.resume()?,
            }
        }
        Ok(())
    }

    /// Lends the terminal to the editor, with the text in a file only its owner can read. The loop goes on meanwhile.
    fn edit(&mut self, layer: u32, text: &str) {
        if self.away.is_some() {
            return;
        }
        let begun = (|| {
            let mut file = tempfile::Builder::new().prefix("riskdesk-").suffix(".txt").tempfile()?;
            file.write_all(text.as_bytes())?;
            file.flush()?;
            self.keys.lend();
            let child = std::process::Command::new("/bin/sh")
                .arg("-c")
                .arg(format!("{} \"$1\"", self.outside.editor))
                .arg("riskdesk")
                .arg(file.path())
                .spawn()?;
            Ok::<_, std::io::Error>((file, child))
        })();
        let (file, mut child) = match begun {
            Ok(begun) => begun,
            Err(error) => {
                let _ = self.queue.send(Msg::Edited(layer, Err(error.to_string())));
                return;
            }
        };
        self.away = Some(file);
        let queue = self.queue.clone();
        let waiting = std::thread::Builder::new().name("editor".into()).spawn(move || {
            let ended = match child.wait() {
                Ok(status) if status.success() => Ok(String::new()),
                Ok(status) => Err(format!("it ended with {status}")),
                Err(error) => Err(error.to_string()),
            };
            let _ = queue.send(Msg::Edited(layer, ended));
        });
        if let Err(error) = waiting {
            let _ = self.queue.send(Msg::Edited(layer, Err(error.to_string())));
        }
    }

    /// The editor has ended: the terminal is ours again, and the text is what the file says now.
    fn back(&mut self, ended: Result<String, String>) -> std::io::Result<Result<String, String>> {
        let file = self.away.take();
        self.screen.resume()?;
        self.keys.take_back();
        let editor = &self.outside.editor;
        let failed =
            |why: String| format!("The editor ({editor}) changed nothing: {why}. Set EDITOR to one that runs here.");
        let text = match (ended, file) {
            (Err(why), _) => Err(failed(why)),
            (Ok(_), None) => Err(failed("its file has gone".to_owned())),
            (Ok(_), Some(file)) => read_back(&file).map_err(|e| failed(e.to_string())),
        };
        Ok(text)
    }

    /// Calls and events go through this session from now on.
    fn connect(&mut self, remote: Remote) {
        let mut stream = remote.events();
        self.host.remote = Some(remote);
        let queue = self.queue.clone();
        let reader = tokio::spawn(async move {
            while let Some(incoming) = stream.next().await {
                if queue.send(Msg::Link(incoming)).is_err() {
                    return;
                }
            }
        });
        if let Some(older) = self.events.replace(reader.abort_handle()) {
            older.abort();
        }
    }
}

/// What the editor left; the line break it ends the last line with is its own.
fn read_back(file: &NamedTempFile) -> std::io::Result<String> {
    use std::io::Read as _;
    // By its name: most editors write a new file in the place of the old one.
    let mut bytes = Vec::new();
    std::fs::File::open(file.path())?
        .take(EDITED_MAX)
        .read_to_end(&mut bytes)?;
    let mut text = String::from_utf8_lossy(&bytes).replace("\r\n", "\n");
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text)
}

/// Writes a text to a new file that only its owner can read; its path.
fn export(folder: &Path, name: &str, text: &str) -> std::io::Result<PathBuf> {
    crate::config::private_dir(folder)?;
    let stem: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    for n in 1.. {
        let path = folder.join(format!("{stem}-{n}.txt"));
        match options.open(&path) {
            Ok(mut file) => {
                file.write_all(text.as_bytes())?;
                return Ok(path);
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(std::io::ErrorKind::AlreadyExists.into())
}
